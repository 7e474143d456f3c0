/* Clocks, in nanoseconds. */
#pragma once
#include "base/base.h"
#include <time.h>

static inline uint64_t xm_clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * XM_NS_PER_SEC + (uint64_t)ts.tv_nsec;
}
/* Since boot, without the time asleep; never set back */
static inline uint64_t xm_mono_ns(void)
{
	return xm_clock_ns(CLOCK_MONOTONIC);
}
/* Since 1970; may jump */
static inline uint64_t xm_wall_ns(void)
{
	return xm_clock_ns(CLOCK_REALTIME);
}
static inline struct timespec xm_timespec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / XM_NS_PER_SEC),
				  .tv_nsec = (long)(ns % XM_NS_PER_SEC) };
}
