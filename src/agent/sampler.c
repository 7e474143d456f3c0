#include "agent/sampler.h"
#include "base/clock.h"
#include "base/log.h"
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define STACK      (256U << 10)
#define RT_BUDGET  200000 /* µs of FIFO time without a pause, then SIGXCPU */
#define NICE_BUSY  (-15)  /* where FIFO is refused */
#define NICE_SPENT (-10)  /* after the budget was overrun */

static _Atomic pid_t sampler_tid;
static _Atomic uint64_t rt_overruns;

/* The sampler has run as FIFO for too long: it goes on as an ordinary thread */
static void on_cpu_budget(int signo)
{
	static const struct sched_param none;

	(void)signo;
	sched_setscheduler(sampler_tid, SCHED_OTHER | SCHED_RESET_ON_FORK, &none);
	setpriority(PRIO_PROCESS, (id_t)sampler_tid, NICE_SPENT);
	rt_overruns++;
}

static void be_punctual(struct xm_sampler *s)
{
	static const struct sched_param fifo = { .sched_priority = 1 };
	struct rlimit limit;

	sampler_tid = (pid_t)syscall(SYS_gettid);
	if (!s->realtime)
		return;
	if (!getrlimit(RLIMIT_RTTIME, &limit)) {
		limit.rlim_cur = XM_MIN(RT_BUDGET, limit.rlim_max);
		setrlimit(RLIMIT_RTTIME, &limit);
	}
	signal(SIGXCPU, on_cpu_budget);
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &fifo) < 0 &&
	    setpriority(PRIO_PROCESS, (id_t)sampler_tid, NICE_BUSY) < 0)
		xm_info("the sampler runs at ordinary priority: %s", strerror(errno));
}

static bool in_plan(const struct xm_plan *p, const struct xm_collector *desc)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->source[i]->desc == desc)
			return true;
	return false;
}

static void register_sources(struct xm_sampler *s)
{
	for (unsigned i = 0; i < s->plan->n; i++) {
		int id = xm_series_source(&s->series, s->plan->source[i]->desc->name);

		s->plan->source[i]->id = id < 0 ? 0 : (uint32_t)id;
	}
}

static void take_next_plan(struct xm_sampler *s)
{
	struct xm_plan *next = atomic_exchange(&s->next, NULL), *old = s->plan;

	if (!next)
		return;
	s->plan = next;
	register_sources(s);
	for (unsigned i = 0; i < old->n; i++)
		if (!in_plan(next, old->source[i]->desc))
			xm_series_drop(&s->series, old->source[i]->id);
	atomic_store(&s->retired, old);
}

static void publish(struct xm_sampler *s, uint64_t wall_ns, uint64_t mono_ns)
{
	static const uint64_t one = 1;

	if (s->layout_generation != s->series.generation) {
		if (xm_series_layout(&s->series, &s->layout) < 0 ||
		    xm_head_set_layout(s->head, s->layout.data, s->layout.len) < 0)
			return; /* out of memory or room: the last row stays; its age shows */
		s->layout_generation = s->series.generation;
	}
	xm_head_publish(s->head, s->series.value, s->series.n_values, wall_ns, mono_ns);
	(void)!write(s->tick_fd, &one, sizeof one);
}

static void tick(struct xm_sampler *s, uint64_t wall_ns, uint64_t target_ns)
{
	uint64_t now = xm_mono_ns();

	take_next_plan(s);
	for (unsigned i = 0; i < s->plan->n; i++)
		xm_agent_source_tick(s->plan->source[i], &s->series, target_ns);
	s->self.rt_overruns = rt_overruns;
	xm_self_note_tick(&s->self, now - target_ns);
	xm_self_emit(&s->self, &s->series, s->plan->source, s->plan->n);
	publish(s, wall_ns, target_ns);
	if (xm_mono_ns() - target_ns > XM_TICK_LATE_NS)
		s->self.missed++;
	atomic_store(&s->last_tick_ns, xm_mono_ns());
	atomic_fetch_add(&s->ticks, 1);
}

/* Sleep to the next whole second of the wall clock; measured on the monotonic one, so that a clock
 * that is set does not hold us up. False when it is time to stop. */
static bool wait_for_second(struct xm_sampler *s, uint64_t *ret_wall_ns, uint64_t *ret_mono_ns)
{
	uint64_t wall = xm_wall_ns(), rest = XM_NS_PER_SEC - wall % XM_NS_PER_SEC;
	struct timespec until;

	*ret_wall_ns = wall + rest;
	*ret_mono_ns = xm_mono_ns() + rest;
	until = xm_timespec(*ret_mono_ns);
	while (sem_clockwait(&s->stop, CLOCK_MONOTONIC, &until) < 0)
		if (errno == ETIMEDOUT)
			return true;
	return false;
}

static void *sampler_main(void *arg)
{
	struct xm_sampler *s = arg;
	uint64_t wall, mono, last = 0;

	prctl(PR_SET_NAME, "sampler");
	be_punctual(s);
	while (wait_for_second(s, &wall, &mono)) {
		if (last && mono - last > XM_NS_PER_SEC * 3 / 2)
			s->self.missed += (mono - last + XM_NS_PER_SEC / 2) / XM_NS_PER_SEC - 1;
		last = mono;
		tick(s, wall, mono);
	}
	return NULL;
}

int xm_sampler_start(struct xm_sampler *s, struct xm_plan *plan, uint32_t max_series,
		     struct xm_err *err)
{
	pthread_attr_t attr;
	int r = xm_series_open(&s->series, max_series);

	if (r < 0)
		return xm_fail(err, r, "sampler: %s", strerror(-r));
	sem_init(&s->stop, 0, 0);
	s->layout = XM_BUF_INIT;
	s->plan = plan;
	register_sources(s);
	r = xm_self_open(&s->self, &s->series);
	if (r < 0)
		return xm_fail(err, r, "own metrics: %s", strerror(-r));
	xm_self_reserve(&s->self, &s->series, plan->source, plan->n);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	r = -pthread_create(&s->thread, &attr, sampler_main, s);
	pthread_attr_destroy(&attr);
	return r < 0 ? xm_fail(err, r, "start the sampler: %s", strerror(-r)) : 0;
}

void xm_sampler_stop(struct xm_sampler *s)
{
	sem_post(&s->stop);
	pthread_join(s->thread, NULL);
	sem_destroy(&s->stop);
	xm_self_close(&s->self);
	xm_series_close(&s->series);
	xm_buf_done(&s->layout);
}

int xm_sampler_replace(struct xm_sampler *s, struct xm_plan *plan)
{
	struct xm_plan *none = NULL;

	if (atomic_load(&s->retired) || !atomic_compare_exchange_strong(&s->next, &none, plan))
		return -EBUSY;
	return 0;
}

struct xm_plan *xm_sampler_retired(struct xm_sampler *s)
{
	return atomic_exchange(&s->retired, NULL);
}
