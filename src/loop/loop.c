/* The event loop of a process, over libevent. */
#include "loop/loop.h"
#include "base/clock.h"
#include "base/log.h"
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

struct xm_loop {
	struct event_base *base;
	int code;
	bool stopped;
};

struct xm_watch {
	struct event event;
	union {
		void (*plain)(void *arg);
		void (*signal)(int signo, void *arg);
		void (*child)(pid_t pid, int status, void *arg);
	} fn;
	void *arg;
	pid_t pid;
	int pidfd;
};

static void on_libevent_log(int severity, const char *msg)
{
	(void)severity;
	xm_debug("libevent: %s", msg);
}

static struct event_base *base_new(int extra)
{
	struct event_config *cfg = event_config_new();
	struct event_base *base;

	if (!cfg)
		return NULL;
	/* One thread: no locks. EVENT_NOEPOLL and the like in the environment mean nothing to us.
	 */
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(cfg, EVENT_BASE_FLAG_IGNORE_ENV);
	event_config_set_flag(cfg, extra);
	base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	return base;
}

/* extra: one more of libevent's flags, or 0 */
static int loop_new(int extra, struct xm_loop **ret)
{
	_cleanup_loop_ struct xm_loop *loop = calloc(1, sizeof *loop);

	if (!loop)
		return -ENOMEM;
	event_set_log_callback(on_libevent_log);
	loop->base = base_new(extra);
	if (!loop->base)
		return errno == EMFILE || errno == ENFILE ? -errno : -ENOMEM;
	*ret = TAKE_PTR(loop);
	return 0;
}

int xm_loop_new(struct xm_loop **ret)
{
	return loop_new(0, ret);
}

int xm_loop_new_server(struct xm_loop **ret)
{
	return loop_new(EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST, ret);
}

void xm_loop_free(struct xm_loop *loop)
{
	if (!loop)
		return;
	if (loop->base)
		event_base_free(loop->base);
	free(loop);
}

int xm_loop_run(struct xm_loop *loop)
{
	int code;

	while (!loop->stopped)
		if (event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
			return errno ? -errno : -EIO;
	code = loop->code;
	loop->stopped = false;
	return code;
}

void xm_loop_stop(struct xm_loop *loop, int code)
{
	loop->stopped = true;
	loop->code = code;
	event_base_loopbreak(loop->base);
}

struct event_base *xm_loop_base(struct xm_loop *loop)
{
	return loop->base;
}

static struct timeval timeval_of(uint64_t ns)
{
	return (struct timeval){ .tv_sec = (time_t)(ns / XM_NS_PER_SEC),
				 .tv_usec = (suseconds_t)(ns % XM_NS_PER_SEC / 1000) };
}

/* A watch that is not armed yet; its fn is for the caller to fill in */
static struct xm_watch *watch_new(struct xm_loop *loop, int fd, short what, event_callback_fn call,
				  void *arg)
{
	struct xm_watch *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->arg = arg;
	w->pidfd = -1;
	if (event_assign(&w->event, loop->base, fd, what, call, w) < 0) {
		free(w);
		return NULL;
	}
	return w;
}

static int watch_arm(struct xm_watch *watch, const struct timeval *after, struct xm_watch **ret)
{
	_cleanup_watch_ struct xm_watch *w = watch;

	errno = 0;
	if (event_add(&w->event, after) < 0)
		return errno ? -errno : -ENOMEM;
	*ret = TAKE_PTR(w);
	return 0;
}

void xm_watch_free(struct xm_watch *watch)
{
	if (!watch)
		return;
	event_del(&watch->event);
	xm_closep(&watch->pidfd);
	free(watch);
}

static void call_plain(evutil_socket_t fd, short what, void *arg)
{
	struct xm_watch *w = arg;

	(void)fd;
	(void)what;
	w->fn.plain(w->arg);
}

static int watch_plain(struct xm_loop *loop, int fd, short what, const struct timeval *after,
		       void (*fn)(void *arg), void *arg, struct xm_watch **ret)
{
	struct xm_watch *w = watch_new(loop, fd, what, call_plain, arg);

	if (!w)
		return -ENOMEM;
	w->fn.plain = fn;
	return watch_arm(w, after, ret);
}

/* As epoll will say, but perhaps only when the loop runs and nobody is there to hear it */
static int check_pollable(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? -EPERM : 0;
}

int xm_loop_readable(struct xm_loop *loop, int fd, void (*fn)(void *arg), void *arg,
		     struct xm_watch **ret)
{
	int r = check_pollable(fd);

	if (r < 0)
		return r;
	return watch_plain(loop, fd, EV_READ | EV_PERSIST, NULL, fn, arg, ret);
}

int xm_loop_every(struct xm_loop *loop, uint64_t period_ns, void (*fn)(void *arg), void *arg,
		  struct xm_watch **ret)
{
	struct timeval tv = timeval_of(period_ns);

	return watch_plain(loop, -1, EV_PERSIST, &tv, fn, arg, ret);
}

int xm_loop_after(struct xm_loop *loop, uint64_t delay_ns, void (*fn)(void *arg), void *arg,
		  struct xm_watch **ret)
{
	struct timeval tv = timeval_of(delay_ns);

	return watch_plain(loop, -1, 0, &tv, fn, arg, ret);
}

static void call_signal(evutil_socket_t signo, short what, void *arg)
{
	struct xm_watch *w = arg;

	(void)what;
	w->fn.signal((int)signo, w->arg);
}

int xm_loop_signal(struct xm_loop *loop, int signo, void (*fn)(int signo, void *arg), void *arg,
		   struct xm_watch **ret)
{
	struct xm_watch *w = watch_new(loop, signo, EV_SIGNAL | EV_PERSIST, call_signal, arg);

	if (!w)
		return -ENOMEM;
	w->fn.signal = fn;
	return watch_arm(w, NULL, ret);
}

static void call_child(evutil_socket_t fd, short what, void *arg)
{
	struct xm_watch *w = arg;
	int status = -1;

	(void)fd;
	(void)what;
	if (waitpid(w->pid, &status, WNOHANG) == 0)
		return;
	event_del(&w->event);
	w->fn.child(w->pid, status, w->arg);
}

int xm_loop_child(struct xm_loop *loop, pid_t pid, void (*fn)(pid_t pid, int status, void *arg),
		  void *arg, struct xm_watch **ret)
{
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec as it is */
	struct xm_watch *w;

	if (fd < 0)
		return -errno;
	w = watch_new(loop, fd, EV_READ | EV_PERSIST, call_child, arg);
	if (!w)
		return -ENOMEM;
	w->fn.child = fn;
	w->pid = pid;
	w->pidfd = TAKE_FD(fd);
	return watch_arm(w, NULL, ret);
}
