/* The web process: forked, watched, answered, and started again when it ends. */
#include "agent/api.h"
#include "agent/core.h"
#include "base/clock.h"
#include "base/log.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define WEB_BACKOFF_MAX (30 * XM_NS_PER_SEC)
#define WEB_STABLE      (60 * XM_NS_PER_SEC) /* running so long, the back-off starts anew */

static void restart_web(void *arg)
{
	struct xm_core *a = arg;
	struct xm_err err = {};
	int r;

	xm_watch_free(TAKE_PTR(a->on_restart));
	r = xm_core_start_web(a, &err);
	if (r < 0) {
		xm_error("start the web process: %s", xm_err_text(&err, r));
		xm_loop_stop(a->loop, r);
	}
}

static void on_web_end(pid_t pid, int status, void *arg)
{
	struct xm_core *a = arg;

	(void)pid;
	xm_watch_free(TAKE_PTR(a->on_web));
	xm_watch_free(TAKE_PTR(a->on_door));
	close(TAKE_FD(a->core_door));
	a->web_pid = 0;
	atomic_store(&a->sampler.self.web_pid, 0);
	if (xm_mono_ns() - a->web_started_ns > WEB_STABLE)
		a->web_backoff_ns = 0;
	a->web_backoff_ns = XM_MIN(a->web_backoff_ns ? a->web_backoff_ns * 2 : XM_NS_PER_SEC / 4,
				   WEB_BACKOFF_MAX);
	xm_error("the web process ended (%s %d); again in %.2f s",
		 WIFSIGNALED(status) ? "signal" : "status",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		 (double)a->web_backoff_ns / 1e9);
	if (xm_loop_after(a->loop, a->web_backoff_ns, restart_web, a, &a->on_restart) < 0)
		xm_loop_stop(a->loop, -ENOMEM);
}

/* In the child: whatever is core's alone is closed, then it is web. Core keeps the listening
 * sockets open, so that a web process that is started again serves the same addresses. */
static void __attribute__((noreturn)) be_web(struct xm_core *a, int door)
{
	munlockall();
	xm_host_close(&a->host);
	if (a->core_door >= 0)
		close(a->core_door);
	a->web.door = door;
	_exit(xm_web_main(&a->web));
}

static void on_request(void *arg)
{
	struct xm_core *a = arg;
	struct xm_api_request q;

	while (xm_api_take_request(a->core_door, &q) >= 0) {
		_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
		int r = 0;

		if (q.op == XM_API_RELOAD)
			r = xm_core_reload(a, &text);
		else
			xm_agent_conf_print(a->conf, &text);
		(void)!xm_api_reply(a->core_door, q.id, r, text.data);
	}
}

int xm_core_start_web(struct xm_core *a, struct xm_err *err)
{
	int door[2], r = xm_api_pair(door);
	pid_t pid;

	if (r < 0)
		return xm_fail(err, r, "socketpair: %s", strerror(-r));
	pid = fork();
	if (pid == 0) {
		close(door[0]);
		be_web(a, door[1]);
	}
	close(door[1]);
	if (pid < 0) {
		close(door[0]);
		return xm_fail(err, -errno, "fork: %s", strerror(errno));
	}
	a->core_door = door[0];
	a->web_pid = pid;
	a->web_started_ns = xm_mono_ns();
	atomic_store(&a->sampler.self.web_pid, pid);
	atomic_fetch_add(&a->sampler.self.web_starts, 1);
	r = xm_loop_child(a->loop, pid, on_web_end, a, &a->on_web);
	if (r >= 0)
		r = xm_loop_readable(a->loop, a->core_door, on_request, a, &a->on_door);
	return r < 0 ? xm_fail(err, r, "watch the web process: %s", strerror(-r)) : 0;
}

void xm_core_stop_web(struct xm_core *a)
{
	struct timespec pause = xm_timespec(5 * XM_NS_PER_MS);

	xm_watch_free(TAKE_PTR(a->on_restart));
	xm_watch_free(TAKE_PTR(a->on_web));
	xm_watch_free(TAKE_PTR(a->on_door));
	if (a->core_door >= 0)
		close(TAKE_FD(a->core_door)); /* web sees the end of the door and leaves */
	for (int i = 0; a->web_pid > 0 && i < 100; i++) {
		if (waitpid(a->web_pid, NULL, WNOHANG) == a->web_pid)
			return;
		nanosleep(&pause, NULL);
	}
	if (a->web_pid > 0) {
		kill(a->web_pid, SIGKILL);
		waitpid(a->web_pid, NULL, 0);
	}
}
