/*
 * The sampler: a thread that wakes on each whole second, gives every source its turn and publishes
 * one row of values. It never touches the disk, waits for nobody, and allocates only when something
 * new appears.
 */
#pragma once
#include "agent/head.h"
#include "agent/self.h"
#include "agent/source.h"

/* The sources in the order of their turns. Replaced as a whole, so that a reload is one step. */
struct xm_plan {
	unsigned n;
	struct xm_agent_source *source[];
};

#define XM_TICK_LATE_NS (500 * XM_NS_PER_MS) /* a row later than this is a missed tick */

struct xm_sampler {
	struct xm_head_memory *head;
	int tick_fd; /* eventfd: +1 for each row */
	bool realtime;
	struct xm_self self;

	struct xm_series series;
	struct xm_buf layout;
	uint64_t layout_generation;
	struct xm_plan *plan;
	_Atomic(struct xm_plan *) next;    /* set by main, taken by the sampler */
	_Atomic(struct xm_plan *) retired; /* set by the sampler, taken by main */

	pthread_t thread;
	sem_t stop;
	_Atomic uint64_t last_tick_ns; /* monotonic; for the watchdog */
	_Atomic uint64_t ticks;
};

/* Start with a plan. tick_fd is borrowed. */
int xm_sampler_start(struct xm_sampler *s, struct xm_plan *plan, uint32_t max_series,
		     struct xm_err *err) XM_MUST;
/* Wait for its tick to end and free everything but s->plan, which the caller frees, and `next` if
 * it was not taken yet */
void xm_sampler_stop(struct xm_sampler *s);
/* Put another plan in place at the next tick. -EBUSY while the one before is not in place yet. */
int xm_sampler_replace(struct xm_sampler *s, struct xm_plan *plan) XM_MUST;
/* The plan that was replaced, once the sampler has left it; NULL if there is none. The caller frees
 * it, and those of its sources that the new plan does not have. */
struct xm_plan *xm_sampler_retired(struct xm_sampler *s);
