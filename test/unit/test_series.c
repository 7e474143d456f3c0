/* Rows become series: born, kept in place, missing, back, forgotten; names that clash; the cap. */
#include "exposition.h"
#include "out/series_types.h"
#include <math.h>

struct disk_row {
	char device[32];
	uint64_t reads;
	double celsius;
};

static const struct xm_field disk_cols[] = {
	XM_FIELD(struct disk_row, device, XM_STR, "name", .flags = XM_KEY),
	XM_FIELD(struct disk_row, reads, XM_U64, "Reads.", .metric = "disk_reads_total",
		 .flags = XM_COUNTER),
	XM_FIELD(struct disk_row, celsius, XM_DOUBLE, "Heat.", .metric = "disk_celsius"),
	{}
};
static const struct xm_table disk = XM_TABLE(struct disk_row, "disk", "disks", disk_cols);

/* Another table that knows the heat of disks */
static const struct xm_field smart_cols[] = {
	XM_FIELD(struct disk_row, device, XM_STR, "name", .flags = XM_KEY),
	XM_FIELD(struct disk_row, celsius, XM_DOUBLE, "Heat, by SMART.", .metric = "disk_celsius"),
	{}
};
static const struct xm_table smart = XM_TABLE(struct disk_row, "smart", "disks", smart_cols);

struct set {
	struct xm_series s;
	uint32_t a, b; /* two sources */
};

static void open_set(struct set *t, uint32_t max_values)
{
	CHECK_EQ_INT(xm_series_open(&t->s, max_values), 0);
	t->a = (uint32_t)xm_series_source(&t->s, "a");
	t->b = (uint32_t)xm_series_source(&t->s, "b");
}

static void close_set(struct set *t)
{
	xm_series_close(&t->s);
}

#define SET(t, max_values)                                                                         \
	_cleanup_(close_set) struct set t;                                                         \
	open_set(&t, max_values)

static void put(struct set *t, const struct xm_table *table, const char *device, uint64_t reads,
		double celsius)
{
	struct disk_row row = { .reads = reads, .celsius = celsius };

	snprintf(row.device, sizeof row.device, "%s", device);
	CHECK_EQ_INT(xm_series_row(&t->s, table, &row), 0);
}

/* One pass of source a with these disks: "ab" = a and b; reads = base + 1, base + 2, … */
static void pass(struct set *t, const char *disks, uint64_t base)
{
	xm_series_begin(&t->s, t->a);
	for (const char *d = disks; *d; d++)
		put(t, &disk, (char[]){ *d, 0 }, ++base, (double)NAN);
	xm_series_end(&t->s);
}

static void test_born(void)
{
	SET(t, 100);

	CHECK_EXPOSES(&t.s, "");
	xm_series_begin(&t.s, t.a);
	put(&t, &disk, "sda", 5, 40.5);
	put(&t, &disk, "sdb", 6, (double)NAN);
	xm_series_end(&t.s);
	CHECK_EXPOSES(&t.s, "# HELP disk_celsius Heat.\n"
			    "# TYPE disk_celsius gauge\n"
			    "disk_celsius{device=\"sda\"} 40.5\n"
			    "# HELP disk_reads_total Reads.\n"
			    "# TYPE disk_reads_total counter\n"
			    "disk_reads_total{device=\"sda\"} 5\n"
			    "disk_reads_total{device=\"sdb\"} 6\n");
	CHECK_EQ_INT(t.s.n_series, 4);
	CHECK_EQ_INT(t.s.n_values, 4);
}

#define READS(rows) "# HELP disk_reads_total Reads.\n# TYPE disk_reads_total counter\n" rows
#define READ(d, n)  "disk_reads_total{device=\"" d "\"} " n "\n"

static void test_same_order(void)
{
	uint64_t generation;
	SET(t, 100);

	pass(&t, "abc", 0);
	generation = t.s.generation;
	for (uint64_t i = 1; i < 10; i++)
		pass(&t, "abc", 10 * i);
	CHECK_EQ_INT(t.s.generation, generation);
	CHECK_EXPOSES(&t.s, READS(READ("a", "91") READ("b", "92") READ("c", "93")));
}

static void test_reordered(void)
{
	uint64_t generation;
	SET(t, 100);

	pass(&t, "abc", 0);
	generation = t.s.generation;
	pass(&t, "cab", 10);
	CHECK(t.s.generation > generation);
	CHECK_EXPOSES(&t.s, READS(READ("c", "11") READ("a", "12") READ("b", "13")));
	generation = t.s.generation;
	pass(&t, "cab", 20);
	CHECK_EQ_INT(t.s.generation, generation);
	CHECK_EXPOSES(&t.s, READS(READ("c", "21") READ("a", "22") READ("b", "23")));
	CHECK_EQ_INT(t.s.n_values, 6);
}

static void test_new_in_between(void)
{
	SET(t, 100);

	pass(&t, "ac", 0);
	pass(&t, "abc", 10);
	CHECK_EXPOSES(&t.s, READS(READ("a", "11") READ("b", "12") READ("c", "13")));
}

static void test_missing_has_no_value(void)
{
	uint32_t values;
	SET(t, 100);

	pass(&t, "abc", 0);
	values = t.s.n_values;
	pass(&t, "ac", 10);
	CHECK_EXPOSES(&t.s, READS(READ("a", "11") READ("c", "12")));
	CHECK_EQ_INT(t.s.n_series, 6);
	pass(&t, "", 20);
	CHECK_EXPOSES(&t.s, "");
	pass(&t, "b", 30);
	CHECK_EXPOSES(&t.s, READS(READ("b", "31")));
	CHECK_EQ_INT(t.s.n_values, values);
}

/* While rows are missing the order stays, so a reader need not look at the layout again */
static void test_missing_keeps_the_layout(void)
{
	uint64_t generation;
	SET(t, 100);

	pass(&t, "abc", 0);
	pass(&t, "ab", 10);
	generation = t.s.generation;
	for (uint64_t i = 0; i < XM_SERIES_KEEP - 1; i++)
		pass(&t, "ab", 100 + i);
	CHECK_EQ_INT(t.s.generation, generation);
	pass(&t, "ab", 999);
	CHECK(t.s.generation > generation);
}

static void test_forgotten(void)
{
	uint32_t values;
	SET(t, 100);

	pass(&t, "abc", 0);
	values = t.s.n_values;
	for (unsigned i = 0; i < XM_SERIES_KEEP; i++)
		pass(&t, "ac", i);
	CHECK_EQ_INT(t.s.n_series, 6);
	pass(&t, "ac", 0);
	CHECK_EQ_INT(t.s.n_series, 4);
	pass(&t, "acd", 10); /* d lives where b was */
	CHECK_EQ_INT(t.s.n_series, 6);
	CHECK_EQ_INT(t.s.n_values, values);
	CHECK_EXPOSES(&t.s, READS(READ("a", "11") READ("c", "12") READ("d", "13")));
}

/* Devices that come and go for ever take no more room than those that are there */
static void test_churn(void)
{
	char name[8];
	SET(t, 1000);

	for (unsigned i = 0; i < 10 * XM_SERIES_KEEP; i++) {
		xm_series_begin(&t.s, t.a);
		snprintf(name, sizeof name, "d%u", i);
		put(&t, &disk, name, i, (double)NAN);
		xm_series_end(&t.s);
	}
	CHECK(t.s.n_values <= 2 * (XM_SERIES_KEEP + 2));
	CHECK(t.s.n_rows <= XM_SERIES_KEEP + 3);
	CHECK_EQ_INT(t.s.dropped, 0);
}

static void test_twice_in_a_pass(void)
{
	SET(t, 100);

	for (unsigned i = 1; i <= 3; i++) {
		xm_series_begin(&t.s, t.a);
		put(&t, &disk, "a", 1, (double)NAN);
		put(&t, &disk, "a", 2, (double)NAN);
		put(&t, &disk, "b", 3, (double)NAN);
		xm_series_end(&t.s);
		CHECK_EXPOSES(&t.s, READS(READ("a", "1") READ("b", "3")));
		CHECK_EQ_INT(t.s.duplicates, 2 * i);
	}
}

#define HEAT(v)                                                                                    \
	"# HELP disk_celsius Heat.\n# TYPE disk_celsius gauge\ndisk_celsius{device=\"a\"} " v "\n"

/* Two rows of different tables that have one name: the first has it until it is forgotten */
static void test_name_passed_on(void)
{
	SET(t, 100);

	for (unsigned i = 0; i <= XM_SERIES_KEEP; i++) {
		xm_series_begin(&t.s, t.a);
		if (i == 0)
			put(&t, &disk, "a", 1, 40);
		put(&t, &smart, "a", 0, 41);
		xm_series_end(&t.s);
		if (i == 0)
			CHECK_EXPOSES(&t.s, HEAT("40") READS(READ("a", "1")));
		else
			CHECK_EXPOSES(&t.s, "");
		CHECK_EQ_INT(t.s.duplicates, 1);
		CHECK_EQ_INT(t.s.n_series, 2);
	}
	xm_series_begin(&t.s, t.a);
	put(&t, &smart, "a", 0, 42);
	xm_series_end(&t.s);
	CHECK_EXPOSES(&t.s, HEAT("42"));
	CHECK_EQ_INT(t.s.n_series, 1);
}

static void test_name_passed_on_to_another_source(void)
{
	SET(t, 100);

	xm_series_begin(&t.s, t.a);
	put(&t, &disk, "a", 1, 40);
	xm_series_end(&t.s);
	xm_series_begin(&t.s, t.b);
	put(&t, &smart, "a", 0, 41);
	xm_series_end(&t.s);
	CHECK_EXPOSES(&t.s, HEAT("40") READS(READ("a", "1")));
	xm_series_drop(&t.s, t.a);
	CHECK_EXPOSES(&t.s, HEAT("41"));
}

/* One and the same row from two sources: it is the first one's as long as that is there */
static void test_same_row_of_two_sources(void)
{
	SET(t, 100);

	for (unsigned i = 1; i <= 2; i++) {
		xm_series_begin(&t.s, t.a);
		put(&t, &disk, "a", 1, (double)NAN);
		xm_series_end(&t.s);
		xm_series_begin(&t.s, t.b);
		put(&t, &disk, "a", 2, (double)NAN);
		put(&t, &disk, "b", 3, (double)NAN);
		xm_series_end(&t.s);
		CHECK_EXPOSES(&t.s, READS(READ("a", "1") READ("b", "3")));
		CHECK_EQ_INT(t.s.duplicates, 2 * i);
	}
	xm_series_drop(&t.s, t.a);
	CHECK_EXPOSES(&t.s, READS(READ("b", "3")));
	xm_series_begin(&t.s, t.b);
	put(&t, &disk, "a", 4, (double)NAN);
	xm_series_end(&t.s);
	CHECK_EXPOSES(&t.s, READS(READ("a", "4")));
}

static void test_dropped_source_comes_back(void)
{
	SET(t, 100);

	pass(&t, "ab", 0);
	xm_series_drop(&t.s, t.a);
	CHECK_EXPOSES(&t.s, "");
	CHECK_EQ_INT(t.s.n_series, 0);
	pass(&t, "ba", 10);
	CHECK_EXPOSES(&t.s, READS(READ("b", "11") READ("a", "12")));
	CHECK_EQ_INT(t.s.n_values, 4);
}

static void test_cap(void)
{
	SET(t, 5); /* two rows of two values; a third does not fit, one of one value does */

	for (unsigned i = 1; i <= 2; i++) {
		xm_series_begin(&t.s, t.a);
		put(&t, &disk, "a", 1, (double)NAN);
		put(&t, &disk, "b", 2, (double)NAN);
		put(&t, &disk, "c", 3, (double)NAN);
		put(&t, &smart, "x", 0, 50);
		put(&t, &disk, "d", 4, (double)NAN);
		xm_series_end(&t.s);
		CHECK_EXPOSES(&t.s, "# HELP disk_celsius Heat.\n# TYPE disk_celsius gauge\n"
				    "disk_celsius{device=\"x\"} 50\n" READS(
					    READ("a", "1") READ("b", "2")));
		CHECK_EQ_INT(t.s.dropped, 4 * i);
	}
	for (unsigned i = 0; i <= XM_SERIES_KEEP; i++)
		pass(&t, "b", 10);
	pass(&t, "bcd", 20); /* a has made room for one of them */
	CHECK_EXPOSES(&t.s, READS(READ("b", "21") READ("c", "22")));
	CHECK_EQ_INT(t.s.dropped, 10);
}

static void test_too_many_sources(void)
{
	char name[16];
	SET(t, 10);

	for (unsigned i = 2; i < XM_SERIES_SOURCES_MAX; i++) {
		snprintf(name, sizeof name, "s%u", i);
		CHECK_EQ_INT(xm_series_source(&t.s, name), i);
	}
	CHECK_EQ_INT(xm_series_source(&t.s, "one more"), -ENOSPC);
	CHECK_EQ_INT(xm_series_source(&t.s, "b"), t.b);
}

static void test_samples(void)
{
	SET(t, 100);

	for (unsigned i = 0; i < 2; i++) {
		xm_series_begin(&t.s, t.a);
		put_sample(&t.s, "h", "_bucket", XM_METRIC_HISTOGRAM, "le=\"1\"", 3);
		put_sample(&t.s, "h", "_bucket", XM_METRIC_HISTOGRAM, "le=\"+Inf\"", 4 + i);
		put_sample(&t.s, "h", "_count", XM_METRIC_HISTOGRAM, "", 4 + i);
		put_sample(&t.s, "h", "_count", XM_METRIC_HISTOGRAM, "", 99);
		put_gauge(&t.s, "g", "", (double)NAN); /* measured: not absent */
		xm_series_end(&t.s);
		CHECK_EQ_INT(t.s.duplicates, i + 1);
	}
	CHECK_EXPOSES(&t.s, "# TYPE g gauge\ng NaN\n"
			    "# TYPE h histogram\n"
			    "h_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 5\nh_count 5\n");
}

/* Keys of every type tell rows apart; "{key}" gives each row metrics of its own */
struct odd_row {
	uint32_t cpu;
	uint64_t big;
	char what[8];
	const char *text;
	double value;
};
static const struct xm_field odd_cols[] = {
	XM_FIELD(struct odd_row, cpu, XM_U32, "cpu", .flags = XM_KEY),
	XM_FIELD(struct odd_row, big, XM_U64, "big", .flags = XM_KEY, .label = "n"),
	XM_FIELD(struct odd_row, what, XM_STR, "what", .flags = XM_KEY | XM_NAME),
	XM_FIELD(struct odd_row, text, XM_TEXT, "text", .flags = XM_KEY),
	XM_FIELD(struct odd_row, value, XM_DOUBLE, "The {what}.", .metric = "odd_{what}_x",
		 .labels = "mode=\"m\"", .scale = 0.5),
	XM_FIELD_INFO("info", "odd_info", "Info."),
	{}
};
static const struct xm_table odd = XM_TABLE(struct odd_row, "odd", "odd", odd_cols);

static void test_keys(void)
{
	static const struct odd_row row[] = { { 1, UINT64_MAX, "a b", "", 1 },
					      { 2, UINT64_MAX, "a b", "", 2 },
					      { 1, UINT64_MAX - 1, "a b", "t", 3 },
					      { 1, UINT64_MAX, "c", NULL, 4 },
					      { 1, UINT64_MAX, "a b", "\xff\"\\\n", 5 } };
	SET(t, 100);

	xm_series_begin(&t.s, t.a);
	for (unsigned i = 0; i < XM_ARRAY_LEN(row); i++)
		CHECK_EQ_INT(xm_series_row(&t.s, &odd, &row[i]), 0);
	xm_series_end(&t.s);
#define N "n=\"18446744073709551615\""
	CHECK_EXPOSES(&t.s, "# HELP odd_a_b_x The a b.\n# TYPE odd_a_b_x gauge\n"
			    "odd_a_b_x{cpu=\"1\"," N ",mode=\"m\"} 0.5\n"
			    "odd_a_b_x{cpu=\"2\"," N ",mode=\"m\"} 1\n"
			    "odd_a_b_x{cpu=\"1\",n=\"18446744073709551614\",text=\"t\","
			    "mode=\"m\"} 1.5\n"
			    "odd_a_b_x{cpu=\"1\"," N ",text=\"\xef\xbf\xbd\\\"\\\\\\n\","
			    "mode=\"m\"} 2.5\n"
			    "# HELP odd_c_x The c.\n# TYPE odd_c_x gauge\n"
			    "odd_c_x{cpu=\"1\"," N ",mode=\"m\"} 2\n"
			    "# HELP odd_info Info.\n# TYPE odd_info gauge\n"
			    "odd_info{cpu=\"1\"," N "} 1\n"
			    "odd_info{cpu=\"2\"," N "} 1\n"
			    "odd_info{cpu=\"1\",n=\"18446744073709551614\",text=\"t\"} 1\n"
			    "odd_info{cpu=\"1\"," N ",text=\"\xef\xbf\xbd\\\"\\\\\\n\"} 1\n");
	CHECK_EQ_INT(t.s.duplicates, 1); /* odd_info of "c" and of "a b": what is no label */
}

int main(void)
{
	RUN(test_born);
	RUN(test_same_order);
	RUN(test_reordered);
	RUN(test_new_in_between);
	RUN(test_missing_has_no_value);
	RUN(test_missing_keeps_the_layout);
	RUN(test_forgotten);
	RUN(test_churn);
	RUN(test_twice_in_a_pass);
	RUN(test_name_passed_on);
	RUN(test_name_passed_on_to_another_source);
	RUN(test_same_row_of_two_sources);
	RUN(test_dropped_source_comes_back);
	RUN(test_cap);
	RUN(test_too_many_sources);
	RUN(test_samples);
	RUN(test_keys);
	return check_summary();
}
