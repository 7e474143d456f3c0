/* The event loop: what fires, how often, in which order, and who may free what when. */
#include "base/clock.h"
#include "check.h"
#include "loop/loop.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#define PATIENCE_NS (5 * XM_NS_PER_SEC)

/* What the callbacks of a test share */
struct scene {
	struct xm_loop *loop;
	struct xm_watch *watch, *patience;
	int fd, calls, stop_after, status;
	pid_t pid;
};

static void lose_patience(void *arg)
{
	xm_loop_stop(((struct scene *)arg)->loop, -ETIMEDOUT);
}

static int (*loop_new)(struct xm_loop **ret) = xm_loop_new;

static struct scene scene_open(void)
{
	struct scene s = { .fd = -1, .stop_after = 1 };

	CHECK_EQ_INT(loop_new(&s.loop), 0);
	return s;
}

/* Run until a callback stops the loop; -ETIMEDOUT if none does in five seconds */
static int scene_run(struct scene *s)
{
	int r = xm_loop_after(s->loop, PATIENCE_NS, lose_patience, s, &s->patience);

	if (r < 0)
		return r;
	r = xm_loop_run(s->loop);
	xm_watch_free(TAKE_PTR(s->patience));
	return r;
}

static void scene_close(struct scene *s)
{
	xm_watch_free(s->watch);
	xm_loop_free(s->loop);
	xm_closep(&s->fd);
}

static void on_call(void *arg)
{
	struct scene *s = arg;

	if (++s->calls >= s->stop_after)
		xm_loop_stop(s->loop, 7);
}

static void test_stop(void)
{
	struct scene s = scene_open();

	xm_loop_stop(s.loop, 3);
	CHECK_EQ_INT(xm_loop_run(s.loop), 3); /* stopped before it ran */
	CHECK_EQ_INT(xm_loop_after(s.loop, 0, on_call, &s, &s.watch), 0);
	CHECK_EQ_INT(scene_run(&s), 7); /* and it runs again */
	CHECK_EQ_INT(s.calls, 1);
	scene_close(&s);
}

static void test_after(void)
{
	struct scene s = scene_open();
	uint64_t t0 = xm_mono_ns();

	CHECK_EQ_INT(xm_loop_after(s.loop, 50 * XM_NS_PER_MS, on_call, &s, &s.watch), 0);
	CHECK_EQ_INT(scene_run(&s), 7);
	CHECK(xm_mono_ns() - t0 >= 40 * XM_NS_PER_MS);
	CHECK_EQ_INT(s.calls, 1);
	scene_close(&s);
}

static void test_every(void)
{
	struct scene s = scene_open();
	uint64_t t0 = xm_mono_ns();

	s.stop_after = 5;
	CHECK_EQ_INT(xm_loop_every(s.loop, 20 * XM_NS_PER_MS, on_call, &s, &s.watch), 0);
	CHECK_EQ_INT(scene_run(&s), 7);
	CHECK_EQ_INT(s.calls, 5);
	CHECK(xm_mono_ns() - t0 >= 90 * XM_NS_PER_MS);
	scene_close(&s);
}

static void on_byte(void *arg)
{
	struct scene *s = arg;
	char c;

	CHECK_EQ_INT(read(s->fd, &c, 1), 1);
	on_call(s);
}

static void test_readable(void)
{
	struct scene s = scene_open();
	_cleanup_close_ int wr = -1;
	int p[2];

	REQUIRE(pipe2(p, O_CLOEXEC | O_NONBLOCK) == 0);
	s.fd = p[0];
	wr = p[1];
	s.stop_after = 3;
	CHECK_EQ_INT(xm_loop_readable(s.loop, s.fd, on_byte, &s, &s.watch), 0);
	CHECK_EQ_INT(write(wr, "abc", 3), 3);
	CHECK_EQ_INT(scene_run(&s), 7);
	CHECK_EQ_INT(s.calls, 3);
	scene_close(&s);
}

static void test_readable_refused(void)
{
	struct scene s = scene_open();

	CHECK_EQ_INT(xm_loop_readable(s.loop, 12345, on_call, &s, &s.watch), -EBADF);
	s.fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	CHECK_EQ_INT(xm_loop_readable(s.loop, s.fd, on_call, &s, &s.watch), -EPERM);
	CHECK(!s.watch);
	scene_close(&s);
}

static void free_self(void *arg)
{
	struct scene *s = arg;

	xm_watch_free(TAKE_PTR(s->watch));
	on_call(s);
}

static void free_self_signal(int signo, void *arg)
{
	CHECK_EQ_INT(signo, SIGUSR1);
	free_self(arg);
}

/* A watch may be freed in its own callback, whatever its kind */
static void test_free_in_callback(void)
{
	struct scene s = scene_open();
	int p[2];

	CHECK_EQ_INT(xm_loop_after(s.loop, 0, free_self, &s, &s.watch), 0);
	CHECK_EQ_INT(scene_run(&s), 7);
	CHECK_EQ_INT(xm_loop_every(s.loop, XM_NS_PER_MS, free_self, &s, &s.watch), 0);
	CHECK_EQ_INT(scene_run(&s), 7);
	REQUIRE(pipe2(p, O_CLOEXEC) == 0);
	close(p[1]); /* the end of file is readable */
	CHECK_EQ_INT(xm_loop_readable(s.loop, p[0], free_self, &s, &s.watch), 0);
	CHECK_EQ_INT(scene_run(&s), 7);
	close(p[0]);
	CHECK_EQ_INT(xm_loop_signal(s.loop, SIGUSR1, free_self_signal, &s, &s.watch), 0);
	raise(SIGUSR1);
	CHECK_EQ_INT(scene_run(&s), 7);
	CHECK_EQ_INT(s.calls, 4);
	CHECK(!s.watch);
	scene_close(&s);
}

static void on_signal(int signo, void *arg)
{
	CHECK_EQ_INT(signo, SIGUSR1);
	on_call(arg);
}

static void test_signal(void)
{
	struct scene s = scene_open();

	CHECK_EQ_INT(xm_loop_signal(s.loop, SIGUSR1, on_signal, &s, &s.watch), 0);
	for (int i = 1; i <= 2; i++) {
		raise(SIGUSR1);
		CHECK_EQ_INT(scene_run(&s), 7);
		CHECK_EQ_INT(s.calls, i);
	}
	scene_close(&s);
}

static void on_child(pid_t pid, int status, void *arg)
{
	struct scene *s = arg;

	CHECK_EQ_INT(pid, s->pid);
	s->status = status;
	on_call(s);
}

static pid_t child_that(int exit_code, int signo)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (signo)
			raise(signo);
		_exit(exit_code);
	}
	return pid;
}

static void test_child(void)
{
	struct scene s = scene_open();

	s.pid = child_that(9, 0);
	CHECK_EQ_INT(xm_loop_child(s.loop, s.pid, on_child, &s, &s.watch), 0);
	CHECK_EQ_INT(scene_run(&s), 7);
	CHECK(WIFEXITED(s.status) && WEXITSTATUS(s.status) == 9);
	CHECK_EQ_INT(waitpid(s.pid, NULL, WNOHANG), -1); /* reaped */
	xm_watch_free(TAKE_PTR(s.watch));

	s.pid = child_that(0, SIGKILL);
	CHECK_EQ_INT(xm_loop_child(s.loop, s.pid, on_child, &s, &s.watch), 0);
	CHECK_EQ_INT(scene_run(&s), 7);
	CHECK(WIFSIGNALED(s.status) && WTERMSIG(s.status) == SIGKILL);
	CHECK_EQ_INT(s.calls, 2);
	scene_close(&s);
}

static void test_child_reaped_elsewhere(void)
{
	struct scene s = scene_open();

	s.pid = child_that(0, 0);
	CHECK_EQ_INT(xm_loop_child(s.loop, s.pid, on_child, &s, &s.watch), 0);
	CHECK_EQ_INT(waitpid(s.pid, NULL, 0), s.pid);
	CHECK_EQ_INT(scene_run(&s), 7);
	CHECK_EQ_INT(s.status, -1);
	xm_watch_free(TAKE_PTR(s.watch));
	CHECK_EQ_INT(xm_loop_child(s.loop, s.pid, on_child, &s, &s.watch), -ESRCH);
	scene_close(&s);
}

static void test_all(void)
{
	RUN(test_stop);
	RUN(test_after);
	RUN(test_every);
	RUN(test_readable);
	RUN(test_readable_refused);
	RUN(test_free_in_callback);
	RUN(test_signal);
	RUN(test_child);
	RUN(test_child_reaped_elsewhere);
}

int main(void)
{
	test_all();
	loop_new = xm_loop_new_server;
	test_all();
	xm_watch_free(NULL);
	xm_loop_free(NULL);
	return check_summary();
}
