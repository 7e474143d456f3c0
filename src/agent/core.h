/* The core process: its state, and the parts that its files share. */
#pragma once
#include "agent/agent.h"
#include "agent/plan.h"
#include "agent/token.h"
#include "agent/web.h"
#include "loop/loop.h"

struct xm_core {
	const struct xm_agent_start *start;
	struct xm_agent_conf *conf;
	struct xm_host host;
	struct xm_loop *loop;
	struct xm_sampler sampler;
	struct xm_plan *plan; /* the newest; the sampler has it, or takes it at the next tick */
	bool sampling, has_socket;
	bool reload_again; /* one was asked for before the last one was in place */

	char token[XM_TOKEN_SIZE];
	struct xm_web_start web;
	int core_door;
	pid_t web_pid;
	uint64_t web_started_ns, web_backoff_ns;

	struct xm_watch *on_term, *on_int, *on_hup, *on_web, *on_door, *on_second, *on_restart,
		*on_watchdog;
	bool greeted;
};

/* child.c: the web process, started again when it ends by itself */
int xm_core_start_web(struct xm_core *a, struct xm_err *err) XM_MUST;
void xm_core_stop_web(struct xm_core *a);

/* reload.c: read the configuration again and put it in place, or keep the old one. What happened
 * goes to the log and, in words, to ret_words. */
int xm_core_reload(struct xm_core *a, struct xm_buf *ret_words);
/* Free what an earlier reload has replaced, once the sampler has left it */
void xm_core_free_retired(struct xm_core *a);

/* greet.c: to the person who started it, on stdout: where to look; what is on, and what is not and
 * why, once every source has had its turn */
void xm_core_print_addresses(const struct xm_core *a);
void xm_core_print_sources(const struct xm_core *a);
