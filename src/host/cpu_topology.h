/*
 * Which CPUs a machine has, in which package and core each one is, and how often packages and cores
 * were throttled. Read whole when the set of CPUs changes; between those times only the throttle
 * counters are read again, a few at a time.
 */
#pragma once
#include "host/cpu_set.h"

enum xm_throttle { XM_THROTTLE_CORE, XM_THROTTLE_PACKAGE, XM_THROTTLES };

struct xm_cpu_place {
	uint32_t cpu;
	bool online;
	bool placed; /* package and core are known */
	uint64_t package, core;
	/* Does this CPU stand for its core, or package, and how often was that throttled? The first
	 * one that has the file does. */
	bool counts[XM_THROTTLES];
	uint64_t throttled[XM_THROTTLES];
};

struct xm_cpu_topology {
	struct xm_cpu_place *cpu; /* at most XM_CPUS_MAX, by number */
	unsigned n, cap;
	unsigned next; /* whose counters are read next */
};

/* Read everything anew. -ENOENT: sysfs knows no CPUs. */
int xm_cpu_topology_read(struct xm_cpu_topology *t, int sys) XM_MUST;
/* Read the counters of the next `max` CPUs that have any; one that is off line keeps its own. */
void xm_cpu_topology_refresh(struct xm_cpu_topology *t, int sys, unsigned max);
void xm_cpu_topology_done(struct xm_cpu_topology *t);
