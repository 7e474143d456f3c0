/* What the set of series costs: no allocation in the steady state, survival without memory, time.
 */
#include "failmalloc.h"
/* failmalloc.h first: it defines malloc */
#include "base/clock.h"
#include "exposition.h"
#include "out/series_types.h"
#include <math.h>

struct dev_row {
	char device[32];
	uint64_t a, b, c;
	double d;
};

static const struct xm_field dev_cols[] = {
	XM_FIELD(struct dev_row, device, XM_STR, "name", .flags = XM_KEY),
	XM_FIELD(struct dev_row, a, XM_U64, "A.", .metric = "dev_a_total", .flags = XM_COUNTER),
	XM_FIELD(struct dev_row, b, XM_NS, "B.", .metric = "dev_b_seconds"),
	XM_FIELD(struct dev_row, c, XM_BYTES, "C.", .metric = "dev_c_bytes"),
	XM_FIELD(struct dev_row, d, XM_DOUBLE, "D.", .metric = "dev_d"),
	{}
};
static const struct xm_table dev = XM_TABLE(struct dev_row, "dev", "devices", dev_cols);

/* The first failure; the pass goes on, as another collector's would */
static int pass(struct xm_series *s, unsigned from, unsigned to, unsigned samples, uint64_t v)
{
	int r, first = 0;

	xm_series_begin(s, 0);
	for (unsigned i = from; i < to; i++) {
		struct dev_row row = { .a = v, .b = v + i, .c = v, .d = (double)v };

		snprintf(row.device, sizeof row.device, "dev%u", i);
		r = xm_series_row(s, &dev, &row);
		first = first ? first : r;
	}
	for (unsigned i = 0; i < samples; i++) {
		char labels[32];

		snprintf(labels, sizeof labels, "i=\"%u\"", i);
		r = put_gauge(s, "sample", labels, (double)v);
		first = first ? first : r;
	}
	xm_series_end(s);
	return first;
}

static void open_set(struct xm_series *s, uint32_t max)
{
	CHECK_EQ_INT(xm_series_open(s, max), 0);
	CHECK_EQ_INT(xm_series_source(s, "x"), 0);
}

static void test_steady_state_allocates_nothing(void)
{
	struct xm_series s;

	if (!FAILMALLOC_WORKS) {
		printf("skipped under this sanitizer: counting allocations\n");
		return;
	}
	open_set(&s, 10000);
	CHECK_EQ_INT(pass(&s, 0, 200, 200, 1), 0);
	CHECK_EQ_INT(pass(&s, 0, 200, 200, 2), 0);
	failmalloc_start(1, true);
	for (unsigned i = 0; i < 100; i++)
		CHECK_EQ_INT(pass(&s, 0, 200, 200, i), 0);
	CHECK_EQ_INT(failmalloc_stop(), 0);
	/* also while devices are missing, and when they come back */
	CHECK_EQ_INT(pass(&s, 10, 200, 200, 1), 0);
	CHECK_EQ_INT(pass(&s, 0, 200, 200, 1), 0);
	failmalloc_start(1, true);
	for (unsigned i = 0; i < 100; i++)
		CHECK_EQ_INT(pass(&s, i % 10, 200, 200, i), 0);
	CHECK_EQ_INT(failmalloc_stop(), 0);
	xm_series_close(&s);
}

/* Every row is in one source's order, every cell belongs to its row, and the counts are right */
static void check_sound(const struct xm_series *s)
{
	uint32_t exposed = 0;

	for (uint32_t i = 0; i < s->n_rows; i++) {
		const struct xm_series_row *row = &s->row[i];
		unsigned found = 0;

		for (uint32_t k = 0; row->block && k < s->source[row->source].n_order; k++)
			found += s->source[row->source].order[k] == i;
		CHECK_EQ_INT(found, row->block != NULL);
		for (uint32_t c = row->first; row->block && c < row->first + row->n; c++) {
			CHECK_EQ_INT(s->cell[c].row, i);
			exposed += s->cell[c].exposed;
		}
	}
	CHECK_EQ_INT(s->n_series, exposed);
	CHECK_EQ_INT(s->cell_by_name.len, exposed);
}

/* What the set does while memory fails at its nth allocation */
static int go_through(struct xm_series *s)
{
	int r = pass(s, 0, 20, 10, 1), worst = r;
	_cleanup_free_ char *text = NULL;

	r = pass(s, 5, 40, 80, 2);
	worst = worst ? worst : r;
	text = expose(s, XM_EXPO_TEXT, NULL);
	for (unsigned i = 0; i <= XM_SERIES_KEEP; i++) {
		r = pass(s, 30, 45, 70, i);
		worst = worst ? worst : r;
	}
	return worst;
}

/* When memory is back, a few passes bring the set to where it would be anyway */
static void check_recovers(struct xm_series *s, const char *want)
{
	_cleanup_free_ char *text = NULL;

	for (unsigned i = 0; i <= XM_SERIES_KEEP; i++)
		CHECK_EQ_INT(pass(s, 0, 30, 30, 7), 0);
	text = expose(s, XM_EXPO_TEXT, NULL);
	CHECK_STR(text, want);
	check_sound(s);
	CHECK_EQ_INT(s->n_series, 30 * 4 + 30);
}

static char *wanted(void)
{
	struct xm_series s;
	char *text;

	open_set(&s, 10000);
	pass(&s, 0, 30, 30, 7);
	text = expose(&s, XM_EXPO_TEXT, NULL);
	xm_series_close(&s);
	return text;
}

/* Fail the nth allocation of the scenario. False: it has fewer. */
static bool fail_nth(long n, bool sticky, const char *want)
{
	struct xm_series s;
	long failed, held = failmalloc_held();
	int r;

	open_set(&s, 10000);
	failmalloc_start(n, sticky);
	r = go_through(&s);
	failed = failmalloc_stop();
	CHECK(r == 0 || r == -ENOMEM);
	if (sticky && failed)
		CHECK_EQ_INT(r, -ENOMEM);
	check_recovers(&s, want);
	xm_series_close(&s);
	CHECK_EQ_INT(failmalloc_held(), held);
	return failed;
}

static void test_out_of_memory(void)
{
	_cleanup_free_ char *want = wanted();
	long n;

	if (!FAILMALLOC_WORKS) {
		printf("skipped under this sanitizer: failing allocations\n");
		return;
	}
	for (n = 1; fail_nth(n, false, want) && !check_failed; n++)
		;
	CHECK(n > 100);
	for (long k = 1; k < n && !check_failed; k += 3)
		fail_nth(k, true, want);
}

static void test_open_without_memory(void)
{
	struct xm_series s;

	if (!FAILMALLOC_WORKS)
		return;
	failmalloc_start(1, true);
	CHECK_EQ_INT(xm_series_open(&s, 10), -ENOMEM);
	failmalloc_stop();
	open_set(&s, 10);
	failmalloc_start(1, true);
	CHECK_EQ_INT(xm_series_source(&s, "y"), -ENOMEM);
	failmalloc_stop();
	CHECK_EQ_INT(xm_series_source(&s, "y"), 1);
	xm_series_close(&s);
}

static uint64_t time_of(struct xm_series *s, unsigned from, unsigned to)
{
	uint64_t start = xm_clock_ns(CLOCK_THREAD_CPUTIME_ID);

	CHECK_EQ_INT(pass(s, from, to, 0, 1), 0);
	return xm_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

/* That many devices appear at once, then all vanish but one; the time of the slower */
static uint64_t time_of_change(unsigned devices)
{
	uint64_t born, forgotten = 0;
	struct xm_series s;

	open_set(&s, 100000);
	born = time_of(&s, 0, devices);
	for (unsigned i = 0; i <= XM_SERIES_KEEP; i++)
		forgotten = time_of(&s, 0, 1); /* the last one forgets them */
	CHECK_EQ_INT(s.n_series, 4);
	born += time_of(&s, 0, devices); /* into the places of those before */
	xm_series_close(&s);
	return XM_MAX(born, forgotten);
}

/* Ten times the devices take some ten times as long, not a hundred: the sampler has other work */
static void test_change_is_linear(void)
{
	uint64_t few = UINT64_MAX, many = UINT64_MAX;

	for (unsigned i = 0; i < 5; i++) {
		few = XM_MIN(few, time_of_change(500));
		many = XM_MIN(many, time_of_change(5000));
	}
	printf("500 devices of 4 values appear or vanish in %.2f ms, 5000 in %.2f ms\n",
	       (double)few / 1e6, (double)many / 1e6);
	CHECK(many < 40 * few);
}

/* The path of a row whose place is known: ns a value, beside printing a value with snprintf */
static void test_row_path(void)
{
	const unsigned devices = 750, passes = 40;
	uint64_t best = UINT64_MAX, printing = UINT64_MAX;
	struct dev_row *row = calloc(devices, sizeof *row);
	struct xm_series s;
	char text[64];

	open_set(&s, 10000);
	for (unsigned i = 0; i < devices; i++)
		snprintf(row[i].device, sizeof row[i].device, "dev%u", i);
	for (unsigned k = 0; k < passes; k++) {
		uint64_t start = xm_clock_ns(CLOCK_THREAD_CPUTIME_ID);

		xm_series_begin(&s, 0);
		for (unsigned i = 0; i < devices; i++) {
			row[i].a += k;
			if (xm_series_row(&s, &dev, &row[i]) < 0)
				check_failed++;
		}
		xm_series_end(&s);
		best = XM_MIN(best, xm_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start);
		start = xm_clock_ns(CLOCK_THREAD_CPUTIME_ID);
		for (unsigned i = 0; i < devices * 4; i++)
			snprintf(text, sizeof text, "%.17g", (double)(i + k) * 0.01);
		printing = XM_MIN(printing, xm_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start);
	}
	CHECK_EQ_INT(s.n_series, devices * 4);
	printf("a known row: %.1f ns a value; snprintf(\"%%.17g\"): %.1f ns\n",
	       (double)best / (devices * 4), (double)printing / (devices * 4));
	if (!XMON_SANITIZED)
		CHECK(best < printing / 2);
	xm_series_close(&s);
	free(row);
}

int main(void)
{
	RUN(test_steady_state_allocates_nothing);
	RUN(test_open_without_memory);
	RUN(test_out_of_memory);
	RUN(test_change_is_linear);
	RUN(test_row_path);
	return check_summary();
}
