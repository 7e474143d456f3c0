/*
 * What the agent says of itself: health and cost of every source, punctuality of the sampler, and
 * CPU time and memory of its two processes.
 */
#pragma once
#include "agent/source.h"

#define XM_PROCESSES 2 /* core and web */

extern const struct xm_table *const xm_self_tables[]; /* NULL-terminated */

/* Filled in by whoever serves the row */
#define XM_SNAPSHOT_AGE "xmon_agent_snapshot_age_seconds"

struct xm_self {
	uint32_t source; /* in the set of series: "agent" */
	int proc;        /* of the machine we run on, whatever the sources read */
	struct {
		pid_t pid;
		clockid_t cpu;
		struct xm_file statm;
		bool known;
		double cpu_seconds, cpu_before; /* of those it had before this one, too */
		double rss_bytes, vsize_bytes, open_fds;
	} process[XM_PROCESSES];
	_Atomic pid_t web_pid; /* set by main when web is (re)started; 0 = none */
	_Atomic uint64_t web_starts;
	struct xm_buf text;
	double start_seconds, max_fds;
	uint64_t ticks, missed, rt_overruns, delay_ns;
	uint64_t slowest_ns[60]; /* delay of each of the last 60 ticks */
};

int xm_self_open(struct xm_self *self, struct xm_series *series) XM_MUST;
void xm_self_close(struct xm_self *self);
/* Take the places of its own series before the sources take all that there are */
void xm_self_reserve(struct xm_self *self, struct xm_series *series,
		     struct xm_agent_source *const *source, unsigned n);
void xm_self_note_tick(struct xm_self *self, uint64_t delay_ns);
void xm_self_emit(struct xm_self *self, struct xm_series *series,
		  struct xm_agent_source *const *source, unsigned n);
