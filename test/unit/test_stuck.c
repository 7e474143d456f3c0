/* Calls that may never come back: what is waited for, what is left behind, and that it comes back.
 */
#include "base/clock.h"
#include "check.h"
#include "host/stuck.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>

#define WAIT_NS (50 * XM_NS_PER_MS)
#define SOON_NS (20 * XM_NS_PER_SEC) /* whatever is waited for here happens far sooner */

/* An item's call hangs while its gate is shut */
#define GATES 64
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static bool shut[GATES];
static unsigned calls[GATES];

struct call {
	struct xm_stuck_item item;
	unsigned gate, answer;
	pid_t tid;
};

static int through_gate(void *p)
{
	struct call *call = p;

	pthread_mutex_lock(&lock);
	calls[call->gate]++;
	while (shut[call->gate])
		pthread_cond_wait(&moved, &lock);
	pthread_mutex_unlock(&lock);
	call->answer = call->gate * 10;
	call->tid = gettid();
	return call->gate == 13 ? -EIO : 0;
}

static void set_gate(unsigned gate, bool to)
{
	pthread_mutex_lock(&lock);
	shut[gate] = to;
	pthread_cond_broadcast(&moved);
	pthread_mutex_unlock(&lock);
}

static unsigned called(unsigned gate)
{
	unsigned n;

	pthread_mutex_lock(&lock);
	n = calls[gate];
	pthread_mutex_unlock(&lock);
	return n;
}

static unsigned alone; /* threads without any helper: a sanitizer may have one of its own */
static int proc;

static unsigned threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned n = 0;

	for (struct dirent *e; dir && (e = readdir(dir));)
		n += e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n;
}

/* Every helper of an earlier test has ended */
static void wait_alone(void)
{
	uint64_t end = xm_mono_ns() + SOON_NS;

	while (threads() > alone && xm_mono_ns() < end)
		sched_yield();
	CHECK_EQ_INT(threads(), alone);
}

static struct xm_stuck *begin(unsigned lost)
{
	struct xm_stuck_conf conf = {
		.fn = through_gate, .size = sizeof(struct call), .lost = lost, .proc = proc
	};
	struct xm_stuck *s;

	memset(calls, 0, sizeof calls);
	if (xm_stuck_open(&s, &conf) < 0)
		abort();
	return s;
}

/* Gates first, first + 1, … */
static void fill(struct call *call, unsigned first, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		call[i] = (struct call){ .item.key = first + i, .gate = first + i };
}

static void test_all_answer(void)
{
	struct xm_stuck *s = begin(4);
	struct call call[20];
	pid_t tid;

	fill(call, 0, 20);
	CHECK_EQ_INT(xm_stuck_run(s, call, 20, SOON_NS), 0);
	tid = call[0].tid;
	for (unsigned i = 0; i < 20; i++) {
		CHECK_EQ_INT(call[i].item.result, i == 13 ? -EIO : 0);
		CHECK_EQ_INT(call[i].answer, i * 10);
		CHECK(call[i].tid == tid && tid != gettid());
	}
	CHECK_EQ_INT(xm_stuck_run(s, call, 20, SOON_NS), 0);
	CHECK(call[19].tid == tid); /* the helper is kept */
	CHECK_EQ_INT(xm_stuck_run(s, call, 0, SOON_NS), 0);
	CHECK_EQ_INT(xm_stuck_lost(s), 0);
	CHECK_EQ_INT(threads(), alone + 1);
	xm_stuck_close(s);
	wait_alone();
}

static void test_one_hangs(void)
{
	struct xm_stuck *s = begin(4);
	struct call call[5];
	uint64_t before, took, end;

	fill(call, 0, 5);
	set_gate(2, true);
	before = xm_mono_ns();
	CHECK_EQ_INT(xm_stuck_run(s, call, 5, WAIT_NS), 0);
	took = xm_mono_ns() - before;
	CHECK(took >= WAIT_NS);
	for (unsigned i = 0; i < 5; i++)
		CHECK_EQ_INT(call[i].item.result, i == 2 ? -ETIMEDOUT : 0);
	CHECK_EQ_INT(call[4].answer, 40);
	CHECK_EQ_INT(xm_stuck_lost(s), 1);

	/* it is not asked again, so nobody waits */
	for (unsigned k = 0; k < 3; k++)
		CHECK_EQ_INT(xm_stuck_run(s, call, 5, 1000 * SOON_NS), 0);
	CHECK_EQ_INT(call[2].item.result, -ETIMEDOUT);
	CHECK_EQ_INT(call[4].item.result, 0);
	CHECK_EQ_INT(called(2), 1);
	CHECK_EQ_INT(called(4), 4);
	CHECK_EQ_INT(threads(), alone + 2);

	/* it comes back, and is asked again */
	set_gate(2, false);
	end = xm_mono_ns() + SOON_NS;
	do
		CHECK_EQ_INT(xm_stuck_run(s, call, 5, SOON_NS), 0);
	while (call[2].item.result && xm_mono_ns() < end);
	CHECK_EQ_INT(call[2].item.result, 0);
	CHECK_EQ_INT(call[2].answer, 20);
	CHECK_EQ_INT(called(2), 2);
	CHECK_EQ_INT(xm_stuck_lost(s), 0);
	xm_stuck_close(s);
	wait_alone();
}

static void test_too_many_hang(void)
{
	struct xm_stuck *s = begin(2);
	struct call good[2], bad[8], all[10];

	fill(good, 0, 2);
	fill(bad, 20, 8);
	CHECK_EQ_INT(xm_stuck_run(s, good, 2, SOON_NS), 0);
	for (unsigned i = 20; i < 28; i++)
		set_gate(i, true);
	memcpy(all, bad, sizeof bad);
	memcpy(all + 8, good, sizeof good);
	CHECK_EQ_INT(xm_stuck_run(s, all, 10, WAIT_NS), 0);
	for (unsigned i = 0; i < 8; i++)
		CHECK_EQ_INT(all[i].item.result, i < 2 ? -ETIMEDOUT : -EAGAIN);
	CHECK_EQ_INT(all[8].item.result, 0); /* these have answered before */
	CHECK_EQ_INT(all[9].item.result, 0);
	CHECK_EQ_INT(called(22), 0);
	CHECK_EQ_INT(xm_stuck_lost(s), 2);

	/* those that answered hang as well: twice as many may be lost, then nothing is asked */
	set_gate(0, true);
	set_gate(1, true);
	CHECK_EQ_INT(xm_stuck_run(s, all, 10, WAIT_NS), 0);
	CHECK_EQ_INT(all[8].item.result, -ETIMEDOUT);
	CHECK_EQ_INT(all[9].item.result, -ETIMEDOUT);
	CHECK_EQ_INT(xm_stuck_lost(s), 4);
	fill(good, 5, 2);
	CHECK_EQ_INT(xm_stuck_run(s, good, 2, WAIT_NS), 0);
	CHECK_EQ_INT(good[0].item.result, -EAGAIN);
	CHECK_EQ_INT(xm_stuck_lost(s), 4);
	CHECK(threads() <= alone + 4);

	/* the helpers outlive their owner, and end when they can */
	xm_stuck_close(s);
	for (unsigned i = 0; i < GATES; i++)
		set_gate(i, false);
	wait_alone();
}

/* Asks for a CPU all the time, for four times as long as it may take */
static int be_busy(void *p)
{
	uint64_t end = xm_mono_ns() + 4 * WAIT_NS;

	(void)p;
	while (xm_mono_ns() < end)
		;
	return 0;
}

static void run_busy(int its_proc, int result)
{
	struct xm_stuck_conf conf = {
		.fn = be_busy, .size = sizeof(struct call), .lost = 2, .proc = its_proc
	};
	struct call call = {};
	struct xm_stuck *s;

	if (xm_stuck_open(&s, &conf) < 0)
		abort();
	CHECK_EQ_INT(xm_stuck_run(s, &call, 1, WAIT_NS), 0);
	CHECK_EQ_INT(call.item.result, result);
	xm_stuck_close(s);
	wait_alone();
}

/* A helper that has no CPU, on a loaded machine, does not hang */
static void test_starved(void)
{
	run_busy(proc, 0);
	run_busy(-1, -ETIMEDOUT);
}

static void *nothing(void *arg)
{
	return arg;
}

int main(void)
{
	pthread_t first;

	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0 || pthread_create(&first, NULL, nothing, NULL) || pthread_join(first, NULL))
		return 1;
	alone = threads();
	RUN(test_all_answer);
	RUN(test_one_hangs);
	RUN(test_too_many_hang);
	RUN(test_starved);
	xm_stuck_close(NULL);
	close(proc);
	return check_summary();
}
