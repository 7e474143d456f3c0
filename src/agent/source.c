#include "agent/source.h"
#include "base/clock.h"
#include "base/log.h"
#include <sys/prctl.h>

#define LANE_STACK (256U << 10)

const struct xm_field xm_source_opts[] = {
	XM_FIELD(struct xm_source_conf, enabled, XM_BOOL, "collect it"),
	XM_FIELD(struct xm_source_conf, period_ns, XM_NS, "how often; whole seconds",
		 .min = XM_NS_PER_SEC, .max = 86400 * XM_NS_PER_SEC),
	XM_FIELD(struct xm_source_conf, deadline_ns, XM_NS, "when a turn counts as stuck",
		 .min = XM_NS_PER_MS, .max = 600 * XM_NS_PER_SEC),
	{}
};

struct xm_source_conf xm_source_conf_default(const struct xm_collector *desc)
{
	return (struct xm_source_conf){
		.enabled = !(desc->flags & XM_OFF),
		.period_ns = XM_MAX(desc->period_ms * XM_NS_PER_MS, XM_NS_PER_SEC),
		.deadline_ns = 2 * XM_NS_PER_SEC,
	};
}

/* A failed open is undone at once: the next turn tries afresh */
static int open_collector(struct xm_agent_source *s)
{
	const struct xm_host *host = s->coll.host;
	int r = xm_coll_open(&s->coll, s->desc, host, s->own_conf);

	s->opened = r >= 0;
	if (r >= 0)
		return 0;
	s->err = s->coll.err;
	xm_coll_close(&s->coll);
	s->coll.host = host;
	return r;
}

/* Open if needed, then one turn into out. Runs in the sampler or in the lane. */
static void take_turn(struct xm_agent_source *s, struct xm_out *out)
{
	uint64_t wall = xm_mono_ns(), cost = xm_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	int r = s->opened ? 0 : open_collector(s);

	if (r >= 0) {
		r = xm_coll_run(&s->coll, out);
		s->err = s->coll.err;
	}
	s->turn = (struct xm_turn){ .result = r,
				    .cost_ns = xm_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cost,
				    .wall_ns = xm_mono_ns() - wall,
				    .bad = s->coll.bad };
}

static void *lane_main(void *arg)
{
	struct xm_agent_source *s = arg;
	char name[16];

	snprintf(name, sizeof name, "%s", s->desc->name);
	prctl(PR_SET_NAME, name);
	while (!sem_wait(&s->wanted) || errno == EINTR) {
		struct xm_out out = xm_record_out(&s->record);

		if (atomic_load(&s->stop))
			break;
		if (atomic_load(&s->lane_state) != XM_LANE_BUSY)
			continue;
		xm_record_reset(&s->record);
		take_turn(s, &out);
		atomic_store(&s->lane_state, XM_LANE_DONE);
	}
	return NULL;
}

static int start_lane(struct xm_agent_source *s)
{
	pthread_attr_t attr;
	int r;

	if (sem_init(&s->wanted, 0, 0) < 0)
		return -errno;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, LANE_STACK);
	r = -pthread_create(&s->thread, &attr, lane_main, s);
	pthread_attr_destroy(&attr);
	return r;
}

int xm_agent_source_new(const struct xm_collector *desc, const struct xm_host *host,
			const struct xm_source_conf *conf, const void *own_conf,
			struct xm_agent_source **ret)
{
	struct xm_agent_source *s = calloc(1, sizeof *s);
	int r = 0;

	if (!s)
		return -ENOMEM;
	*s = (struct xm_agent_source){ .desc = desc,
				       .conf = *conf,
				       .coll = { .host = host },
				       .lane = desc->flags & XM_LANE,
				       .record = { .rows = XM_BUF_INIT } };
	s->own_conf = malloc(desc->conf_size + 1);
	if (!s->own_conf) {
		free(s);
		return -ENOMEM;
	}
	if (desc->conf_size)
		memcpy(s->own_conf, own_conf, desc->conf_size);
	if (s->lane)
		r = start_lane(s);
	if (r < 0) {
		free(s->own_conf);
		free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void xm_agent_source_free(struct xm_agent_source *s)
{
	struct timespec deadline = xm_timespec(xm_wall_ns() + 100 * XM_NS_PER_MS);

	if (!s)
		return;
	if (s->lane) {
		atomic_store(&s->stop, true);
		sem_post(&s->wanted);
		if (pthread_timedjoin_np(s->thread, NULL, &deadline)) {
			pthread_detach(s->thread);
			return;
		}
		sem_destroy(&s->wanted);
	}
	xm_coll_close(&s->coll);
	xm_record_done(&s->record);
	free(s->own_conf);
	free(s);
}

bool xm_agent_source_same(const struct xm_agent_source *s, const struct xm_source_conf *conf,
			  const void *own_conf)
{
	return s->conf.period_ns == conf->period_ns && s->conf.deadline_ns == conf->deadline_ns &&
	       !memcmp(s->own_conf, own_conf, s->desc->conf_size);
}

static void XM_PRINTF(2, 3) explain(struct xm_agent_source *s, const char *fmt, ...)
{
	unsigned at = !atomic_load(&s->why_at);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->why[at], sizeof s->why[at], fmt, ap);
	va_end(ap);
	atomic_store(&s->why_at, at);
}

static void set_state(struct xm_agent_source *s, enum xm_source_state state)
{
	if (s->state == state)
		return;
	if (state == XM_SOURCE_DOWN)
		xm_warning("%s: %s", s->desc->name, xm_agent_source_why(s));
	else if (s->state == XM_SOURCE_DOWN && state == XM_SOURCE_UP)
		xm_info("%s: works again", s->desc->name);
	s->state = state;
}

/* Account for a turn that has ended, and say when the next one is */
static void end_turn(struct xm_agent_source *s)
{
	int r = s->turn.result;

	s->last = s->turn;
	s->turns++;
	if (r >= 0) {
		s->success_wall_ns = xm_wall_ns();
		set_state(s, XM_SOURCE_UP);
		return;
	}
	if (r == -ENOENT || r == -EOPNOTSUPP) {
		explain(s, "%s", s->err.code ? s->err.msg : "");
		set_state(s, XM_SOURCE_ABSENT);
		s->due_ns = s->started_ns + XM_MAX(XM_SOURCE_RETRY_NS, s->conf.period_ns);
	} else {
		explain(s, "%s", xm_err_text(&s->err, r));
		s->failures++;
		set_state(s, XM_SOURCE_DOWN);
	}
}

static bool due(struct xm_agent_source *s, uint64_t now_ns)
{
	if (now_ns < s->due_ns)
		return false;
	s->started_ns = now_ns;
	/* half a second of grace, so that a late tick does not put off the one after it */
	s->due_ns = now_ns + s->conf.period_ns - XM_NS_PER_SEC / 2;
	return true;
}

static void tick_lane(struct xm_agent_source *s, struct xm_series *series, uint64_t now_ns)
{
	struct xm_out out = xm_series_out(series);
	enum xm_lane_state state = atomic_load(&s->lane_state);

	if (state == XM_LANE_DONE) {
		xm_series_begin(series, s->id);
		(void)!xm_record_replay(&s->record, &out);
		xm_series_end(series);
		end_turn(s);
		atomic_store(&s->lane_state, state = XM_LANE_IDLE);
	}
	if (state == XM_LANE_BUSY) {
		if (now_ns - s->started_ns > s->conf.deadline_ns && s->state != XM_SOURCE_DOWN) {
			explain(s, "no answer for %.1f s", (double)(now_ns - s->started_ns) / 1e9);
			s->overdue++;
			xm_series_begin(series, s->id);
			xm_series_end(series);
			set_state(s, XM_SOURCE_DOWN);
		}
	} else if (due(s, now_ns)) {
		atomic_store(&s->lane_state, XM_LANE_BUSY);
		sem_post(&s->wanted);
	}
}

void xm_agent_source_tick(struct xm_agent_source *s, struct xm_series *series, uint64_t now_ns)
{
	struct xm_out out = xm_series_out(series);

	if (s->lane) {
		tick_lane(s, series, now_ns);
		return;
	}
	if (!due(s, now_ns))
		return;
	xm_series_begin(series, s->id);
	take_turn(s, &out);
	xm_series_end(series);
	end_turn(s);
}
