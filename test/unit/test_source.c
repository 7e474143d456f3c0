/* A source's turns, its health and its values, with collectors that do as they are told. The time
 * is the test's own, except where a lane works. */
#include "agent/source.h"
#include "base/clock.h"
#include "exposition.h"
#include "failmalloc.h"
#include <sys/mman.h>
#include <unistd.h>

#define S XM_NS_PER_SEC

/* What the collector shall do at its next turns, and what it did */
static struct {
	int open, collect; /* what these return */
	unsigned rows;     /* emitted before collect returns */
	const char *why;   /* its sentence for a failure */
	bool hang;         /* collect waits for `go` */
	sem_t go;
	_Atomic unsigned opens, collects, closes, hanging;
} told;

struct row {
	uint32_t n, turn;
};
static const struct xm_field cols[] = { XM_FIELD(struct row, n, XM_U32, "n", .flags = XM_KEY),
					XM_FIELD(struct row, turn, XM_U32, "Turn.",
						 .metric = "turn"),
					{} };
static const struct xm_table table = XM_TABLE(struct row, "row", "rows", cols);

static int fake_open(struct xm_coll *c)
{
	told.opens++;
	return told.open < 0 && told.why ? xm_fail(&c->err, told.open, "%s", told.why) : told.open;
}

static int fake_collect(struct xm_coll *c, struct xm_out *out)
{
	int r = 0;

	told.collects++;
	if (told.hang) {
		told.hanging++;
		while (sem_wait(&told.go) < 0)
			;
		told.hanging--;
	}
	for (uint32_t i = 0; i < told.rows && r >= 0; i++)
		r = xm_out_row(out, &table, &(struct row){ i, told.collects });
	if (told.collect < 0 && told.why)
		return xm_fail(&c->err, told.collect, "%s", told.why);
	return r < 0 ? r : told.collect;
}

static void fake_close(struct xm_coll *c)
{
	(void)c;
	told.closes++;
}

static const struct xm_collector inline_fake = {
	.name = "fake",
	.help = "does as it is told",
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.open = fake_open,
	.collect = fake_collect,
	.close = fake_close,
};
static const struct xm_collector lane_fake = {
	.name = "fake",
	.help = "does as it is told",
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.flags = XM_LANE,
	.open = fake_open,
	.collect = fake_collect,
	.close = fake_close,
};

struct stage {
	struct xm_agent_source *source;
	struct xm_series series;
	struct xm_host host;
	uint64_t now;
};

static void open_stage(struct stage *t, const struct xm_collector *desc, uint64_t period_ns)
{
	struct xm_source_conf conf = { true, period_ns, 2 * S };

	sem_destroy(&told.go);
	memset(&told, 0, sizeof told);
	sem_init(&told.go, 0, 0);
	told.rows = 1;
	*t = (struct stage){ .now = 1000 * S };
	CHECK_EQ_INT(xm_series_open(&t->series, 100), 0);
	CHECK_EQ_INT(xm_agent_source_new(desc, &t->host, &conf, "", &t->source), 0);
	t->source->id = (uint32_t)xm_series_source(&t->series, "fake");
}

static void close_stage(struct stage *t)
{
	xm_agent_source_free(t->source);
	xm_series_close(&t->series);
	CHECK_EQ_INT(told.opens, told.closes);
}

#define STAGE(t, desc, period)                                                                     \
	_cleanup_(close_stage) struct stage t;                                                     \
	open_stage(&t, &desc, period)

static void tick_after(struct stage *t, double seconds)
{
	t->now += (uint64_t)(seconds * 1e9);
	xm_agent_source_tick(t->source, &t->series, t->now);
}

static void tick(struct stage *t)
{
	tick_after(t, 1);
}

#define TURN(n) "# HELP turn Turn.\n# TYPE turn gauge\nturn{n=\"0\"} " n "\n"

static void test_each_second(void)
{
	STAGE(t, inline_fake, S);

	CHECK_EQ_INT(t.source->state, XM_SOURCE_NEW);
	for (unsigned i = 1; i <= 5; i++) {
		tick(&t);
		CHECK_EQ_INT(told.collects, i);
		CHECK_EQ_INT(t.source->state, XM_SOURCE_UP);
	}
	CHECK_EXPOSES(&t.series, TURN("5"));
	CHECK_EQ_INT(told.opens, 1);
	CHECK_EQ_INT(t.source->turns, 5);
	CHECK_EQ_INT(t.source->failures, 0);
	CHECK(t.source->success_wall_ns + 60 * S > xm_wall_ns());
}

/* Values stay until the next turn; a tick that is a little late puts nothing off */
static void test_period(void)
{
	static const double late[] = { 1.3, 0.7, 1, 1, 1, 1, 1.4, 0.6, 1, 1, 1, 1 };
	STAGE(t, inline_fake, 3 * S);

	for (unsigned i = 0; i < XM_ARRAY_LEN(late); i++) {
		tick_after(&t, late[i]);
		CHECK_EQ_INT(told.collects, 1 + i / 3);
		CHECK_EQ_INT(t.source->state, XM_SOURCE_UP);
	}
	CHECK_EXPOSES(&t.series, TURN("4"));
}

static void test_turn_fails(void)
{
	STAGE(t, inline_fake, S);

	tick(&t);
	told.collect = -EIO;
	told.rows = 0;
	told.why = "the sensor is broken";
	tick(&t);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_DOWN);
	CHECK_STR(xm_agent_source_why(t.source), "the sensor is broken");
	CHECK_EXPOSES(&t.series, "");
	tick(&t);
	CHECK_EQ_INT(t.source->failures, 2);
	told.why = NULL;
	tick(&t);
	CHECK_STR(xm_agent_source_why(t.source), "Input/output error");
	told.collect = 0;
	told.rows = 1;
	tick(&t);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_UP);
	CHECK_EXPOSES(&t.series, TURN("5"));
	CHECK_EQ_INT(told.opens, 1);
}

/* What a turn emitted before it failed counts; what it did not get to has no value */
static void test_turn_fails_halfway(void)
{
	STAGE(t, inline_fake, S);

	told.rows = 2;
	tick(&t);
	told.rows = 1;
	told.collect = -EIO;
	tick(&t);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_DOWN);
	CHECK_EXPOSES(&t.series, TURN("2"));
}

static void test_absent(void)
{
	STAGE(t, inline_fake, S);

	told.collect = -ENOENT;
	told.rows = 0;
	tick(&t);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_ABSENT);
	CHECK_STR(xm_agent_source_why(t.source), "");
	CHECK_EQ_INT(t.source->failures, 0);
	for (unsigned i = 0; i < 59; i++)
		tick(&t);
	CHECK_EQ_INT(told.collects, 1);
	told.collect = 0;
	told.rows = 1;
	tick(&t); /* a minute later it looks again: there it is */
	CHECK_EQ_INT(told.collects, 2);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_UP);
	CHECK_EXPOSES(&t.series, TURN("2"));
	tick(&t);
	CHECK_EQ_INT(told.collects, 3);
}

static void test_absent_when_opened(void)
{
	STAGE(t, inline_fake, S);

	told.open = -ENOENT;
	told.why = "no such bus";
	tick(&t);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_ABSENT);
	CHECK_STR(xm_agent_source_why(t.source), "no such bus");
	CHECK_EQ_INT(told.closes, 1);
	told.open = 0;
	for (unsigned i = 0; i < 60; i++)
		tick(&t);
	CHECK_EQ_INT(told.opens, 2);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_UP);
}

/* Other than for what is absent, it tries at each turn, and closes what it could not open */
static void test_open_fails(void)
{
	STAGE(t, inline_fake, S);

	told.open = -EACCES;
	told.why = "may not read it";
	for (unsigned i = 1; i <= 3; i++) {
		tick(&t);
		CHECK_EQ_INT(t.source->state, XM_SOURCE_DOWN);
		CHECK_STR(xm_agent_source_why(t.source), "may not read it");
		CHECK_EQ_INT(told.opens, i);
		CHECK_EQ_INT(told.closes, i);
		CHECK_EQ_INT(t.source->failures, i);
	}
	CHECK_EQ_INT(told.collects, 0);
	told.open = 0;
	tick(&t);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_UP);
	CHECK_EXPOSES(&t.series, TURN("1"));
}

static bool wait_for_lane(struct stage *t, enum xm_lane_state state)
{
	uint64_t until = xm_mono_ns() + 10 * S;

	while (atomic_load(&t->source->lane_state) != state && xm_mono_ns() < until)
		usleep(200);
	return CHECK(atomic_load(&t->source->lane_state) == state);
}

static bool wait_until_hanging(void)
{
	uint64_t until = xm_mono_ns() + 10 * S;

	while (!told.hanging && xm_mono_ns() < until)
		usleep(200);
	return CHECK(told.hanging);
}

/* The lane works between two ticks; the next tick takes over what it found */
static void test_lane(void)
{
	STAGE(t, lane_fake, S);

	tick(&t);
	CHECK_EXPOSES(&t.series, "");
	CHECK_EQ_INT(t.source->state, XM_SOURCE_NEW);
	for (unsigned i = 1; i <= 3; i++) {
		char want[64];

		if (!wait_for_lane(&t, XM_LANE_DONE))
			return;
		tick(&t);
		snprintf(want, sizeof want, TURN("%u"), i);
		CHECK_EXPOSES(&t.series, want);
		CHECK_EQ_INT(t.source->state, XM_SOURCE_UP);
		CHECK_EQ_INT(t.source->turns, i);
	}
	(void)wait_for_lane(&t, XM_LANE_DONE);
	CHECK_EQ_INT(told.opens, 1);
}

static void test_lane_with_period(void)
{
	STAGE(t, lane_fake, 3 * S);

	tick(&t); /* 1 */
	if (!wait_for_lane(&t, XM_LANE_DONE))
		return;
	tick(&t);
	tick(&t);
	CHECK_EQ_INT(told.collects, 1);
	CHECK_EXPOSES(&t.series, TURN("1"));
	tick(&t); /* 4 */
	(void)wait_for_lane(&t, XM_LANE_DONE);
	CHECK_EQ_INT(told.collects, 2);
}

/* One that hangs keeps its last values until its deadline, then it has none and is down; when it
 * comes back everything is as before */
static void test_lane_overdue(void)
{
	STAGE(t, lane_fake, S);

	tick(&t);
	if (!wait_for_lane(&t, XM_LANE_DONE))
		return;
	told.hang = true;
	tick(&t);
	if (!wait_until_hanging())
		return;
	tick(&t);
	CHECK_EXPOSES(&t.series, TURN("1"));
	CHECK_EQ_INT(t.source->state, XM_SOURCE_UP);
	tick_after(&t, 1.1);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_DOWN);
	CHECK_STR(xm_agent_source_why(t.source), "no answer for 2.1 s");
	CHECK_EXPOSES(&t.series, "");
	for (unsigned i = 0; i < 5; i++)
		tick(&t);
	CHECK_EQ_INT(t.source->overdue, 1); /* one turn, however long */
	CHECK_EQ_INT(t.source->turns, 1);
	CHECK_EQ_INT(told.collects, 2);

	told.hang = false;
	sem_post(&told.go);
	if (!wait_for_lane(&t, XM_LANE_DONE))
		return;
	tick(&t);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_UP);
	CHECK_EXPOSES(&t.series, TURN("2"));
	CHECK_EQ_INT(t.source->turns, 2);
	(void)wait_for_lane(&t, XM_LANE_DONE);
}

static void test_lane_fails(void)
{
	STAGE(t, lane_fake, S);

	told.collect = -EIO;
	told.rows = 0;
	told.why = "broken";
	tick(&t);
	if (!wait_for_lane(&t, XM_LANE_DONE))
		return;
	told.collect = 0;
	told.rows = 1;
	tick(&t);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_DOWN);
	CHECK_STR(xm_agent_source_why(t.source), "broken");
	CHECK_EQ_INT(t.source->failures, 1);
	if (!wait_for_lane(&t, XM_LANE_DONE))
		return;
	tick(&t);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_UP);
	(void)wait_for_lane(&t, XM_LANE_DONE);
}

static void test_lane_absent(void)
{
	STAGE(t, lane_fake, S);

	told.open = -ENOENT;
	tick(&t);
	if (!wait_for_lane(&t, XM_LANE_DONE))
		return;
	tick(&t);
	CHECK_EQ_INT(t.source->state, XM_SOURCE_ABSENT);
	CHECK_EQ_INT(atomic_load(&t.source->lane_state), XM_LANE_IDLE);
	for (unsigned i = 0; i < 30; i++)
		tick(&t);
	CHECK_EQ_INT(told.opens, 1);
}

static void test_same(void)
{
	STAGE(t, inline_fake, S);

	CHECK(xm_agent_source_same(t.source, &(struct xm_source_conf){ true, S, 2 * S }, ""));
	CHECK(!xm_agent_source_same(t.source, &(struct xm_source_conf){ true, 2 * S, 2 * S }, ""));
	CHECK(!xm_agent_source_same(t.source, &(struct xm_source_conf){ true, S, S }, ""));
}

static unsigned count(const char *text, const char *word)
{
	unsigned n = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		n++;
	return n;
}

/* A source that fails for long is a line in the log when it begins, and one when it is over */
static void test_log(void)
{
	int log = memfd_create("log", MFD_CLOEXEC), old = dup(STDERR_FILENO);
	char text[1000] = "";
	STAGE(t, inline_fake, S);

	CHECK(log >= 0 && old >= 0 && dup2(log, STDERR_FILENO) >= 0);
	told.collect = -EIO;
	for (unsigned i = 0; i < 5; i++)
		tick(&t);
	told.collect = 0;
	for (unsigned i = 0; i < 5; i++)
		tick(&t);
	dup2(old, STDERR_FILENO);
	CHECK(pread(log, text, sizeof text - 1, 0) > 0);
	CHECK_EQ_INT(count(text, "fake: Input/output error"), 1);
	CHECK_EQ_INT(count(text, "fake: works again"), 1);
	CHECK_EQ_INT(count(text, "\n"), 2);
	close(log);
	close(old);
}

static void test_default_conf(void)
{
	struct xm_source_conf conf = xm_source_conf_default(&inline_fake);

	CHECK(conf.enabled);
	CHECK_EQ_INT(conf.period_ns, S);
	conf = xm_source_conf_default(
		&(struct xm_collector){ .name = "x", .period_ms = 5000, .flags = XM_OFF });
	CHECK(!conf.enabled);
	CHECK_EQ_INT(conf.period_ns, 5 * S);
}

static void test_steady_state_allocates_nothing(void)
{
	STAGE(t, lane_fake, S);

	if (!FAILMALLOC_WORKS) {
		printf("skipped under this sanitizer: counting allocations\n");
		return;
	}
	told.rows = 50;
	for (unsigned i = 0; i < 20; i++) {
		if (i == 3)
			failmalloc_start(1, true);
		tick(&t);
		if (!wait_for_lane(&t, XM_LANE_DONE))
			return;
	}
	CHECK_EQ_INT(failmalloc_stop(), 0);
	CHECK_EQ_INT(told.collects, 20);
}

/* A lane that hangs is left behind: whoever frees its source does not hang with it. Last, as its
 * thread stays to the end. */
static void test_free_while_hanging(void)
{
	struct stage t;
	uint64_t start;

	open_stage(&t, &lane_fake, S);
	told.hang = true;
	tick(&t);
	if (!wait_until_hanging())
		return;
	start = xm_mono_ns();
	xm_agent_source_free(t.source);
	CHECK(xm_mono_ns() - start < 5 * S);
	CHECK_EQ_INT(told.closes, 0); /* its memory is in use */
	xm_series_close(&t.series);
}

int main(void)
{
	RUN(test_each_second);
	RUN(test_period);
	RUN(test_turn_fails);
	RUN(test_turn_fails_halfway);
	RUN(test_absent);
	RUN(test_absent_when_opened);
	RUN(test_open_fails);
	RUN(test_lane);
	RUN(test_lane_with_period);
	RUN(test_lane_overdue);
	RUN(test_lane_fails);
	RUN(test_lane_absent);
	RUN(test_same);
	RUN(test_log);
	RUN(test_default_conf);
	RUN(test_steady_state_allocates_nothing);
	RUN(test_free_while_hanging);
	return check_summary();
}
