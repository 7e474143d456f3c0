/*
 * A source: one collector as the agent runs it, with its period, its health and its cost. The
 * sampler runs quick ones itself; one that may block (XM_LANE) has a lane, a thread of its own that
 * gathers rows into a record, so that a file system that hangs delays nobody.
 */
#pragma once
#include "collect/collector.h"
#include "out/record.h"
#include "out/series.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/* Options that every collector has */
struct xm_source_conf {
	bool enabled;
	uint64_t period_ns, deadline_ns;
};
extern const struct xm_field xm_source_opts[];
struct xm_source_conf xm_source_conf_default(const struct xm_collector *desc);

enum xm_source_state {
	XM_SOURCE_NEW, /* no turn has ended yet */
	XM_SOURCE_UP,
	XM_SOURCE_ABSENT, /* this machine has none; looked for again every XM_SOURCE_RETRY_NS */
	XM_SOURCE_DOWN,   /* the last turn failed, or is overdue */
};
#define XM_SOURCE_RETRY_NS (60 * XM_NS_PER_SEC)

enum xm_lane_state {
	XM_LANE_IDLE, /* the sampler may use coll and record */
	XM_LANE_BUSY, /* the lane uses them */
	XM_LANE_DONE, /* the sampler's again: a turn has ended */
};

struct xm_turn {
	int result;
	uint64_t cost_ns, wall_ns;
	uint64_t bad; /* lines and values not understood, so far */
};

/* Written by the sampler; what lane_state gives to the lane for a time: coll, turn, err, record */
struct xm_agent_source {
	const struct xm_collector *desc;
	struct xm_source_conf conf;
	void *own_conf; /* desc->conf_size bytes */
	uint32_t id;    /* in the set of series */
	bool opened;    /* coll is open */

	struct xm_coll coll;
	struct xm_turn turn;         /* the one that is being taken */
	struct xm_err err;           /* why it failed */
	struct xm_turn last;         /* the last one that has ended */
	uint64_t due_ns, started_ns; /* monotonic */

	_Atomic enum xm_source_state state;
	/* It is absent or down; "": there is none here, and no more to say. Two, so that another
	 * thread may read the one while the other is written. */
	char why[2][sizeof(((struct xm_err *)0)->msg)];
	_Atomic unsigned why_at;
	uint64_t turns, failures, overdue;
	uint64_t success_wall_ns;

	bool lane;
	_Atomic enum xm_lane_state lane_state;
	_Atomic bool stop;
	sem_t wanted;
	pthread_t thread;
	struct xm_record record;
};

/* own_conf is copied. The host must outlive the source. */
int xm_agent_source_new(const struct xm_collector *desc, const struct xm_host *host,
			const struct xm_source_conf *conf, const void *own_conf,
			struct xm_agent_source **ret) XM_MUST;
/* Ends the lane. One that hangs in the kernel is left behind with its memory. */
void xm_agent_source_free(struct xm_agent_source *s);
bool xm_agent_source_same(const struct xm_agent_source *s, const struct xm_source_conf *conf,
			  const void *own_conf);

/* For any thread; good until it has changed twice */
static inline const char *xm_agent_source_why(const struct xm_agent_source *s)
{
	return s->why[atomic_load(&s->why_at)];
}

/* The sampler's turn: run it if it is due, or take over what its lane has gathered */
void xm_agent_source_tick(struct xm_agent_source *s, struct xm_series *series, uint64_t now_ns);
