/*
 * The least that a punctual program can be late here: SCHED_FIFO, its memory locked, waking on
 * every whole second of the monotonic clock for SECONDS, doing nothing. Prints each delay in
 * seconds, and "off" first if real-time priority is refused.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct sched_param fifo = { .sched_priority = 1 };
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 60;
	struct timespec at, now;

	mlockall(MCL_CURRENT | MCL_FUTURE);
	if (sched_setscheduler(0, SCHED_FIFO, &fifo) < 0)
		puts("off");
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec = 0;
	while (n-- > 0) {
		at.tv_sec++;
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL))
			;
		clock_gettime(CLOCK_MONOTONIC, &now);
		printf("%.9f\n",
		       (double)(now.tv_sec - at.tv_sec) + (double)(now.tv_nsec - at.tv_nsec) / 1e9);
	}
	return 0;
}
