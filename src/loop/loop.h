/*
 * The event loop of a process: descriptors, timers, signals, children. One thread runs a loop, and
 * only that thread calls the functions below.
 */
#pragma once
#include "base/base.h"
#include <sys/types.h>

struct event_base;
struct xm_loop;
struct xm_watch;

int xm_loop_new(struct xm_loop **ret) XM_MUST;
/* The same for a process that serves many connections and does not fork: what a turn changes in the
 * interest in descriptors reaches epoll in one go. A HTTP request then takes 2 epoll_ctl(), not 6;
 * but a descriptor that a forked child still holds would go on to fire after it is closed here. */
int xm_loop_new_server(struct xm_loop **ret) XM_MUST;
/* Free the watches first. NULL is fine. */
void xm_loop_free(struct xm_loop *loop);

/* Run until xm_loop_stop(); returns the code given to it, or a negative errno if waiting failed.
 * Can be run again afterwards. */
int xm_loop_run(struct xm_loop *loop);
/* The running callback is finished first. Before xm_loop_run(): that one returns at once. */
void xm_loop_stop(struct xm_loop *loop, int code);
/* For those who need libevent itself: HTTP, DNS */
struct event_base *xm_loop_base(struct xm_loop *loop);

/*
 * A watch calls fn in the loop. It belongs to whoever made it, also when it has fired for the last
 * time, and may be freed at any time, in its own callback too. Timers are good to some 10 ms:
 * libevent reads the kernel's coarse clock.
 */
/* -EPERM: a regular file, which is always ready */
int xm_loop_readable(struct xm_loop *loop, int fd, void (*fn)(void *arg), void *arg,
		     struct xm_watch **ret) XM_MUST;
/* Every period, without drift; periods missed are not made up for */
int xm_loop_every(struct xm_loop *loop, uint64_t period_ns, void (*fn)(void *arg), void *arg,
		  struct xm_watch **ret) XM_MUST;
/* Once */
int xm_loop_after(struct xm_loop *loop, uint64_t delay_ns, void (*fn)(void *arg), void *arg,
		  struct xm_watch **ret) XM_MUST;
/* Only one loop of a process can watch signals */
int xm_loop_signal(struct xm_loop *loop, int signo, void (*fn)(int signo, void *arg), void *arg,
		   struct xm_watch **ret) XM_MUST;
/* Once, when the child has ended: it is reaped, and status is that of waitpid(2), or -1 if somebody
 * else has reaped it. Needs pidfd_open (5.3). */
int xm_loop_child(struct xm_loop *loop, pid_t pid, void (*fn)(pid_t pid, int status, void *arg),
		  void *arg, struct xm_watch **ret) XM_MUST;

void xm_watch_free(struct xm_watch *watch); /* NULL is fine */

static inline void xm_watch_freep(struct xm_watch **watch)
{
	xm_watch_free(*watch);
}
static inline void xm_loop_freep(struct xm_loop **loop)
{
	xm_loop_free(*loop);
}
#define _cleanup_watch_ _cleanup_(xm_watch_freep)
#define _cleanup_loop_  _cleanup_(xm_loop_freep)
