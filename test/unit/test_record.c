/* A record gives back what was put in, when what it was made of is long gone. */
#include "exposition.h"
#include "failmalloc.h"
#include "out/record.h"

struct thing {
	char name[16];
	const char *model;
	uint64_t n;
	double x;
};
static const struct xm_field thing_cols[] = {
	XM_FIELD(struct thing, name, XM_STR, "name", .flags = XM_KEY),
	XM_FIELD(struct thing, model, XM_TEXT, "model", .flags = XM_KEY),
	XM_FIELD(struct thing, n, XM_U64, "N."),
	XM_FIELD(struct thing, x, XM_DOUBLE, "X."),
	{}
};
static const struct xm_table things = XM_TABLE(struct thing, "things", "things", thing_cols);

struct pair {
	const char *a, *b;
};
static const struct xm_field pair_cols[] = { XM_FIELD(struct pair, a, XM_TEXT, "a"),
					     XM_FIELD(struct pair, b, XM_TEXT, "b"),
					     {} };
static const struct xm_table pairs = XM_TABLE(struct pair, "pairs", "pairs", pair_cols);

/* Rows whose texts do not outlive this function */
static int fill(struct xm_out *out, unsigned n)
{
	char model[64], family[16], labels[32];
	int r = 0;

	for (unsigned i = 0; i < n && r >= 0; i++) {
		struct thing t = { .model = model, .n = UINT64_MAX - i, .x = i + 0.5 };
		struct pair p = { i % 2 ? NULL : model, family };
		struct xm_sample s = { .family = family,
				       .suffix = i % 2 ? "_sum" : "",
				       .help = "",
				       .labels = labels,
				       .value = i };

		snprintf(t.name, sizeof t.name, "t%u", i);
		snprintf(model, sizeof model, "%.*s", (int)(i % 40),
			 "a model whose name is of another length each time");
		snprintf(family, sizeof family, "f%u", i);
		snprintf(labels, sizeof labels, "i=\"%u\"", i);
		r = xm_out_row(out, &things, &t);
		if (r >= 0)
			r = xm_out_row(out, &pairs, &p);
		if (r >= 0)
			r = xm_out_sample(out, &s);
		memset(model, '!', sizeof model);
		memset(family, '!', sizeof family);
		memset(labels, '!', sizeof labels);
	}
	return r;
}

static char *as_json(int (*emit)(struct xm_out *out, const struct xm_record *rec, unsigned n),
		     const struct xm_record *rec, unsigned n)
{
	struct xm_out out;
	char *text;

	CHECK_EQ_INT(xm_out_open(&out, &xm_sink_json), 0);
	CHECK_EQ_INT(emit(&out, rec, n), 0);
	CHECK_EQ_INT(xm_out_end(&out), 0);
	text = strdup(out.buf.data);
	xm_out_close(&out);
	return text;
}

static int emit_directly(struct xm_out *out, const struct xm_record *rec, unsigned n)
{
	(void)rec;
	return fill(out, n);
}

static int emit_again(struct xm_out *out, const struct xm_record *rec, unsigned n)
{
	(void)n;
	return xm_record_replay(rec, out);
}

static void check_same(unsigned n, struct xm_record *rec)
{
	struct xm_out out = xm_record_out(rec);
	_cleanup_free_ char *want = as_json(emit_directly, NULL, n), *got = NULL, *again = NULL;

	xm_record_reset(rec);
	CHECK_EQ_INT(fill(&out, n), 0);
	CHECK_EQ_INT(rec->n, 3 * n);
	got = as_json(emit_again, rec, n);
	CHECK_STR(got, want);
	again = as_json(emit_again, rec, n);
	CHECK_STR(again, want);
}

static void test_replay(void)
{
	struct xm_record rec = { .rows = XM_BUF_INIT };

	check_same(0, &rec);
	check_same(1, &rec);
	check_same(500, &rec); /* the memory moves on the way */
	check_same(3, &rec);
	xm_record_done(&rec);
}

static void test_text(void)
{
	struct xm_record rec = { .rows = XM_BUF_INIT };
	struct xm_out out = xm_record_out(&rec);
	_cleanup_free_ char *got = NULL;

	CHECK_EQ_INT(fill(&out, 2), 0);
	got = as_json(emit_again, &rec, 0);
	CHECK_STR(got, "{\"table\":\"things\",\"name\":\"t0\",\"model\":\"\","
		       "\"n\":18446744073709551615,\"x\":0.5}\n"
		       "{\"table\":\"pairs\",\"a\":\"\",\"b\":\"f0\"}\n"
		       "{\"metric\":\"f0\",\"labels\":\"i=\\\"0\\\"\",\"value\":0}\n"
		       "{\"table\":\"things\",\"name\":\"t1\",\"model\":\"a\","
		       "\"n\":18446744073709551614,\"x\":1.5}\n"
		       "{\"table\":\"pairs\",\"a\":\"\",\"b\":\"f1\"}\n"
		       "{\"metric\":\"f1_sum\",\"labels\":\"i=\\\"1\\\"\",\"value\":1}\n");
	xm_record_done(&rec);
}

/* Into series, as the agent does: as if the rows had come at once */
static void test_replay_into_series(void)
{
	struct xm_record rec = { .rows = XM_BUF_INIT };
	struct xm_out out = xm_record_out(&rec), to;
	_cleanup_free_ char *text = NULL;
	struct xm_series s;

	CHECK_EQ_INT(fill(&out, 2), 0);
	CHECK_EQ_INT(xm_series_open(&s, 100), 0);
	xm_series_begin(&s, (uint32_t)xm_series_source(&s, "x"));
	to = xm_series_out(&s);
	CHECK_EQ_INT(xm_record_replay(&rec, &to), 0);
	xm_series_end(&s);
	text = expose(&s, XM_EXPO_TEXT, NULL);
	CHECK_CONTAINS(text, "\nf1_sum{i=\"1\"} 1\n");
	CHECK_CONTAINS(text, "\nxmon_things_x{name=\"t1\",model=\"a\"} 1.5\n");
	xm_series_close(&s);
	xm_record_done(&rec);
}

static int refuse_second(struct xm_out *o, const struct xm_table *t, const void *row)
{
	(void)t;
	(void)row;
	return ++*(unsigned *)o->state == 2 ? -EIO : 0;
}

static void test_replay_stops(void)
{
	static const struct xm_sink stubborn = { .name = "stubborn", .row = refuse_second };
	struct xm_record rec = { .rows = XM_BUF_INIT };
	struct xm_out out = xm_record_out(&rec);
	unsigned rows = 0;
	struct xm_out to = { .sink = &stubborn, .state = &rows, .buf = XM_BUF_INIT };

	CHECK_EQ_INT(fill(&out, 5), 0);
	CHECK_EQ_INT(xm_record_replay(&rec, &to), -EIO);
	CHECK_EQ_INT(rows, 2);
	xm_record_done(&rec);
}

static void test_steady_state_allocates_nothing(void)
{
	struct xm_record rec = { .rows = XM_BUF_INIT };
	struct xm_out out = xm_record_out(&rec);

	if (!FAILMALLOC_WORKS) {
		printf("skipped under this sanitizer: counting allocations\n");
		return;
	}
	CHECK_EQ_INT(fill(&out, 100), 0);
	failmalloc_start(1, true);
	for (unsigned i = 0; i < 10; i++) {
		xm_record_reset(&rec);
		CHECK_EQ_INT(fill(&out, 100), 0);
	}
	CHECK_EQ_INT(failmalloc_stop(), 0);
	xm_record_done(&rec);
}

static void test_out_of_memory(void)
{
	for (long n = 1; FAILMALLOC_WORKS; n++) {
		struct xm_record rec = { .rows = XM_BUF_INIT };
		struct xm_out out = xm_record_out(&rec);
		int r;

		failmalloc_start(n, true);
		r = fill(&out, 200);
		if (!failmalloc_stop()) {
			CHECK(r == 0 && n > 5);
			xm_record_done(&rec);
			return;
		}
		CHECK_EQ_INT(r, -ENOMEM);
		check_same(2, &rec);
		xm_record_done(&rec);
	}
}

int main(void)
{
	RUN(test_replay);
	RUN(test_text);
	RUN(test_replay_into_series);
	RUN(test_replay_stops);
	RUN(test_steady_state_allocates_nothing);
	RUN(test_out_of_memory);
	return check_summary();
}
