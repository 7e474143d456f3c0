#include "agent/agent.h"
#include "agent/core.h"
#include "agent/notify.h"
#include "agent/sandbox.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/listen.h"
#include <malloc.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define HUNG           (10 * XM_NS_PER_SEC) /* no row for so long: no WATCHDOG=1 */
#define GREETING_TICKS 2                    /* by then every source has had a turn */

static void close_listeners(struct xm_web_start *web)
{
	while (web->n_listen)
		close(web->listen[--web->n_listen]);
}

static void on_stop(int signo, void *arg)
{
	struct xm_core *a = arg;

	xm_info("%s: stopping", signo == SIGTERM ? "SIGTERM" : "SIGINT");
	xm_notify("STOPPING=1");
	xm_loop_stop(a->loop, 0);
}

static void on_hup(int signo, void *arg)
{
	_cleanup_buf_ struct xm_buf words = XM_BUF_INIT;

	(void)signo;
	(void)xm_core_reload(arg, &words);
}

static bool sampler_hangs(struct xm_core *a)
{
	uint64_t last = atomic_load(&a->sampler.last_tick_ns);

	return last && xm_mono_ns() > last + HUNG;
}

static void on_watchdog(void *arg)
{
	if (!sampler_hangs(arg))
		xm_notify("WATCHDOG=1");
}

static void on_second(void *arg)
{
	struct xm_core *a = arg;

	xm_core_free_retired(a);
	if (a->reload_again)
		on_hup(SIGHUP, a);
	if (!a->greeted && atomic_load(&a->sampler.ticks) >= GREETING_TICKS) {
		xm_core_print_sources(a);
		a->greeted = true;
	}
}

static int listen_tcp(struct xm_core *a, struct xm_err *err)
{
	static const char ipv6_default[] = "[::1]:8000";
	char list[sizeof a->conf->listen], *rest = list, *address;

	memcpy(list, a->conf->listen, sizeof list);
	while ((address = strsep(&rest, ","))) {
		struct xm_err why = {};
		int fd;

		if (!*address)
			continue;
		if (a->web.n_listen == XM_LISTEN_MAX)
			return xm_fail(err, -E2BIG, "listen: more than %d addresses",
				       XM_LISTEN_MAX);
		fd = xm_listen_tcp(address, &why);
		if (fd < 0 && !strcmp(address, ipv6_default) &&
		    (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)) {
			xm_info("no IPv6 here: not listening on %s", address);
			continue;
		}
		if (fd < 0) {
			*err = why;
			return fd;
		}
		a->web.listen[a->web.n_listen++] = fd;
	}
	return a->web.n_listen ? 0 : xm_fail(err, -EINVAL, "listen: no address given");
}

/* The socket for those who may do everything. Without it the agent runs all the same. */
static void listen_unix(struct xm_core *a)
{
	mode_t mode = *a->conf->socket_group ? 0660 : 0600;
	char dir[sizeof a->conf->socket], *slash;
	struct xm_err err = {};
	gid_t gid;
	int fd;

	if (!*a->conf->socket)
		return;
	snprintf(dir, sizeof dir, "%s", a->conf->socket);
	slash = strrchr(dir, '/');
	if (slash && slash != dir) {
		*slash = 0;
		(void)mkdir(dir, 0755);
	}
	fd = xm_listen_unix(a->conf->socket, mode, &err);
	if (fd < 0) {
		xm_warning("socket: %s", xm_err_text(&err, fd));
		return;
	}
	if (*a->conf->socket_group && (xm_find_group(a->conf->socket_group, &gid) < 0 ||
				       chown(a->conf->socket, (uid_t)-1, gid) < 0))
		xm_warning("socket: cannot give it to group '%s'", a->conf->socket_group);
	a->web.listen[a->web.n_listen++] = fd;
	a->has_socket = true;
}

static void find_web_user(struct xm_core *a)
{
	a->web.uid = a->web.gid = 65534;
	if (geteuid() == 0 && xm_find_user(a->conf->user, &a->web.uid, &a->web.gid) < 0)
		xm_warning("user '%s' does not exist: the web process runs as uid %u",
			   a->conf->user, a->web.uid);
}

/* Keep what is in memory there: a machine short of memory is when we are needed. Only pages that
 * are used are locked. */
static void lock_memory(const struct xm_core *a)
{
	if (a->conf->lock_memory && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
		xm_info("memory is not locked: %s", strerror(errno));
}

static int watch_all(struct xm_core *a)
{
	uint64_t watchdog = xm_notify_watchdog_ns();
	int r = xm_loop_signal(a->loop, SIGTERM, on_stop, a, &a->on_term);

	if (r >= 0)
		r = xm_loop_signal(a->loop, SIGINT, on_stop, a, &a->on_int);
	if (r >= 0)
		r = xm_loop_signal(a->loop, SIGHUP, on_hup, a, &a->on_hup);
	if (r >= 0)
		r = xm_loop_every(a->loop, XM_NS_PER_SEC, on_second, a, &a->on_second);
	if (r >= 0 && watchdog)
		r = xm_loop_every(a->loop, watchdog, on_watchdog, a, &a->on_watchdog);
	return r;
}

static int prepare(struct xm_core *a, struct xm_err *err)
{
	struct xm_host_paths paths = xm_agent_conf_paths(a->conf);
	struct xm_err words = {};
	int r = xm_host_open(&a->host, &paths, err);

	if (r >= 0)
		r = listen_tcp(a, err);
	if (r < 0)
		return r;
	listen_unix(a);
	find_web_user(a);
	r = xm_token_get(a->conf->data_dir, a->token, &words);
	if (r < 0)
		return xm_fail(err, r, "%s", words.msg);
	if (r > 0)
		xm_warning("%s", words.msg);
	a->web.token = a->token;
	a->web.conf = a->conf;
	a->web.tick = a->sampler.tick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->web.tick < 0)
		return xm_fail(err, -errno, "eventfd: %s", strerror(errno));
	r = xm_head_create(&a->sampler.head, &a->web.head);
	if (r < 0)
		return xm_fail(err, r, "shared memory: %s", strerror(-r));
	r = xm_loop_new(&a->loop);
	return r < 0 ? xm_fail(err, r, "event loop: %s", strerror(-r)) : 0;
}

static int run(struct xm_core *a, struct xm_err *err)
{
	int r = prepare(a, err);

	if (r >= 0)
		r = xm_core_start_web(a, err); /* before there are threads */
	if (r < 0)
		return r;
	lock_memory(a);
	a->sampler.realtime = a->conf->realtime;
	r = xm_plan_new(a->conf, &a->host, NULL, &a->plan, NULL);
	if (r < 0)
		return xm_fail(err, r, "start the sources: %s", strerror(-r));
	r = xm_sampler_start(&a->sampler, a->plan, a->conf->max_series, err);
	if (r < 0)
		return r;
	a->sampling = true;
	r = watch_all(a);
	if (r < 0)
		return xm_fail(err, r, "event loop: %s", strerror(-r));
	xm_core_print_addresses(a);
	xm_notify("READY=1");
	r = xm_loop_run(a->loop);
	return r < 0 ? xm_fail(err, r, "the core process failed: %s", strerror(-r)) : 0;
}

static void finish(struct xm_core *a)
{
	xm_core_stop_web(a);
	if (a->sampling) {
		xm_core_free_retired(a);
		xm_sampler_stop(&a->sampler);
		if (a->sampler.plan != a->plan)
			xm_plan_free(a->sampler.plan, a->plan);
	}
	xm_plan_free(a->plan, NULL);
	xm_watch_free(a->on_term);
	xm_watch_free(a->on_int);
	xm_watch_free(a->on_hup);
	xm_watch_free(a->on_second);
	xm_watch_free(a->on_watchdog);
	xm_loop_free(a->loop);
	close_listeners(&a->web);
	if (a->has_socket)
		unlink(a->conf->socket);
	xm_closep(&a->web.tick);
	xm_closep(&a->web.head);
	xm_head_unmap(a->sampler.head);
	xm_host_close(&a->host);
	xm_agent_conf_free(a->conf);
}

int xm_agent_main(const struct xm_agent_start *start, struct xm_err *err)
{
	struct xm_core a = { .start = start,
			     .conf = start->conf,
			     .host = { .fd = { -1, -1, -1, -1 } },
			     .core_door = -1,
			     .web = { .tick = -1, .head = -1, .door = -1 } };
	int r;

	signal(SIGPIPE, SIG_IGN); /* whoever reads the log may go */
	mallopt(M_ARENA_MAX, 2);  /* each thread's own would cost more than it saves */
	xm_log_open("core");
	xm_log_set_level((enum xm_log_level)a.conf->log_level);
	r = run(&a, err);
	finish(&a);
	return r;
}
