/* The sinks that people and programs read: text, JSON, CSV, Prometheus; and what every table must
 * keep to so that they can. */
#include "check.h"
#include "collect/collector.h"
#include "out/naming.h"
#include "out/series.h"
#include <math.h>

struct row {
	char name[40];
	const char *model;
	uint32_t state;
	bool on;
	int64_t delta;
	uint64_t size, wait_ns;
	double share, celsius, seconds;
};
static const char *const states[] = { "good", "bad", NULL };
static const struct xm_field cols[] = {
	XM_FIELD(struct row, name, XM_STR, "name", .flags = XM_KEY),
	XM_FIELD(struct row, model, XM_TEXT, "model"),
	XM_FIELD(struct row, state, XM_ENUM, "state", .choices = states),
	XM_FIELD(struct row, on, XM_BOOL, "On."),
	XM_FIELD(struct row, delta, XM_I64, "Delta."),
	XM_FIELD(struct row, size, XM_BYTES, "Size."),
	XM_FIELD(struct row, wait_ns, XM_NS, "Wait.", .flags = XM_COUNTER),
	XM_FIELD(struct row, share, XM_PCT, "Share."),
	XM_FIELD(struct row, celsius, XM_DOUBLE, "Heat.", .flags = XM_UNTYPED),
	XM_FIELD(struct row, seconds, XM_SECONDS, "Time."),
	XM_FIELD_INFO("info", "thing_info", "Info."),
	{}
};
static const struct xm_table table = XM_TABLE(struct row, "thing", "things", cols);

struct small {
	char key[8];
	uint32_t n;
};
static const struct xm_field small_cols[] = { XM_FIELD(struct small, key, XM_STR, "key",
						       .flags = XM_KEY),
					      XM_FIELD(struct small, n, XM_U32, "n"),
					      {} };
static const struct xm_table small = XM_TABLE(struct small, "small", "small", small_cols);

static const struct row plain = { "sda", "WD 40", 0, true, -5, 4096, 1500000, 12.5, 40.25, 0.25 };
/* Quotes, a comma, a newline, an escape sequence, UTF-8, and bytes that are none */
static const struct row odd = { .name = "a\"b,c\nd\x1b[2J\té\xff",
				.model = "日本",
				.state = 1,
				.delta = INT64_MIN,
				.size = UINT64_MAX,
				.wait_ns = UINT64_MAX,
				.share = (double)NAN,
				.celsius = (double)INFINITY,
				.seconds = -(double)INFINITY };

struct report {
	struct xm_out out;
};

static void open_report(struct report *r, const struct xm_sink *sink)
{
	CHECK_EQ_INT(xm_out_open(&r->out, sink), 0);
}

static void close_report(struct report *r)
{
	xm_out_close(&r->out);
}

#define REPORT(r, sink)                                                                            \
	_cleanup_(close_report) struct report r;                                                   \
	open_report(&r, sink)

#define ROW(r, t, row) CHECK_EQ_INT(xm_out_row(&(r).out, t, row), 0)
#define CHECK_ENDS(r, want)                                                                        \
	do {                                                                                       \
		CHECK_EQ_INT(xm_out_end(&(r).out), 0);                                             \
		CHECK_STR((r).out.buf.data, want);                                                 \
	} while (0)

static void test_text(void)
{
	REPORT(r, &xm_sink_text);

	ROW(r, &table, &plain);
	ROW(r, &table, &odd);
	CHECK_ENDS(r, "NAME            MODEL  STATE     ON                 DELTA        SIZE       "
		      "WAIT  SHARE  CELSIUS  SECONDS\n"
		      "sda             WD 40  good    true                    -5      4.0KiB      "
		      "1.5ms  12.5%    40.25  250.0ms\n"
		      "a\"b,c?d?[2J?é?  日本     bad    false  -9223372036854775808  16384.0PiB  "
		      "213504.0d      -     +Inf     -Inf\n");
}

static void test_text_of_two_tables(void)
{
	REPORT(r, &xm_sink_text);

	ROW(r, &small, &((struct small){ "long", 1 }));
	ROW(r, &small, &((struct small){ "a", 4294967295 }));
	ROW(r, &table, &plain);
	ROW(r, &small, &((struct small){ "b", 2 }));
	xm_out_finding(&r.out, XM_WARNING, "too-hot", "sda is at %d °C", 60);
	xm_out_finding(&r.out, XM_NOTE, "x", "fine");
	CHECK_ENDS(r, "KEY            N\nlong           1\na     4294967295\n"
		      "\n"
		      "NAME  MODEL  STATE    ON  DELTA    SIZE   WAIT  SHARE  CELSIUS  SECONDS\n"
		      "sda   WD 40  good   true     -5  4.0KiB  1.5ms  12.5%    40.25  250.0ms\n"
		      "\n"
		      "KEY  N\nb    2\n"
		      "WARNING: sda is at 60 °C [too-hot]\ninfo: fine [x]\n");
}

/* What a terminal would obey does not get there: C0, DEL, and C1 as UTF-8 has it */
static void test_text_controls(void)
{
	REPORT(r, &xm_sink_text);

	ROW(r, &small, &((struct small){ "\x01\x7f", 1 }));
	ROW(r, &small,
	    &((struct small){ "\xc2\x9b"
			      "3m",
			      2 }));
	ROW(r, &small, &((struct small){ "\xc2\xa0", 3 })); /* no control: a blank */
	CHECK_EQ_INT(xm_out_end(&r.out), 0);
	CHECK_CONTAINS(r.out.buf.data, "\n??  ");
	CHECK(!strstr(r.out.buf.data, "\xc2\x9b"));
	CHECK_CONTAINS(r.out.buf.data, "3m");
	CHECK_CONTAINS(r.out.buf.data, "\xc2\xa0");
}

static void test_json(void)
{
	REPORT(r, &xm_sink_json);

	ROW(r, &table, &plain);
	ROW(r, &table, &odd);
	CHECK_EQ_INT(xm_out_sample(&r.out, &(struct xm_sample){ .family = "f",
								.suffix = "_sum",
								.help = "",
								.labels = "a=\"\\\"\"",
								.value = (double)NAN }),
		     0);
	xm_out_finding(&r.out, XM_CRITICAL, "id", "say \"no\"");
	CHECK_ENDS(r,
		   "{\"table\":\"thing\",\"name\":\"sda\",\"model\":\"WD 40\",\"state\":\"good\","
		   "\"on\":true,\"delta\":-5,\"size\":4096,\"wait_ns\":1500000,\"share\":12.5,"
		   "\"celsius\":40.25,\"seconds\":0.25}\n"
		   "{\"table\":\"thing\",\"name\":\"a\\\"b,c\\u000ad\\u001b[2J\\u0009é\\ufffd\","
		   "\"model\":\"日本\",\"state\":\"bad\",\"on\":false,"
		   "\"delta\":-9223372036854775808,\"size\":18446744073709551615,"
		   "\"wait_ns\":18446744073709551615,\"share\":null,\"celsius\":null,"
		   "\"seconds\":null}\n"
		   "{\"metric\":\"f_sum\",\"labels\":\"a=\\\"\\\\\\\"\\\"\",\"value\":null}\n"
		   "{\"finding\":\"id\",\"severity\":\"critical\",\"text\":\"say \\\"no\\\"\"}\n");
}

static void test_csv(void)
{
	REPORT(r, &xm_sink_csv);

	ROW(r, &table, &plain);
	ROW(r, &table, &odd);
	ROW(r, &small, &((struct small){ "b", 2 }));
	CHECK_ENDS(r, "name,model,state,on,delta,size,wait_ns,share,celsius,seconds\r\n"
		      "sda,WD 40,good,true,-5,4096,1500000,12.5,40.25,0.25\r\n"
		      "\"a\"\"b,c\nd\x1b[2J\té\xff\",日本,bad,false,-9223372036854775808,"
		      "18446744073709551615,18446744073709551615,,+Inf,-Inf\r\n"
		      "\r\nkey,n\r\nb,2\r\n");
}

static void test_prometheus(void)
{
	REPORT(r, &xm_sink_prometheus);

	ROW(r, &table, &plain);
	ROW(r, &table, &odd);
	xm_out_finding(&r.out, XM_CRITICAL, "bad", "very");
	CHECK_ENDS(r,
#define ODD "{name=\"a\\\"b,c\\nd\x1b[2J\té\xef\xbf\xbd\"}"
		   "# HELP thing_info Info.\n# TYPE thing_info gauge\n"
		   "thing_info{name=\"sda\"} 1\nthing_info" ODD " 1\n"
		   "# HELP xmon_finding Findings and their severity, 0 to 3.\n"
		   "# TYPE xmon_finding gauge\nxmon_finding{id=\"bad\"} 3\n"
		   "# HELP xmon_thing_celsius Heat.\n# TYPE xmon_thing_celsius untyped\n"
		   "xmon_thing_celsius{name=\"sda\"} 40.25\nxmon_thing_celsius" ODD " +Inf\n"
		   "# HELP xmon_thing_delta Delta.\n# TYPE xmon_thing_delta gauge\n"
		   "xmon_thing_delta{name=\"sda\"} -5\n"
		   "xmon_thing_delta" ODD " -9.223372036854776e+18\n"
		   "# HELP xmon_thing_on On.\n# TYPE xmon_thing_on gauge\n"
		   "xmon_thing_on{name=\"sda\"} 1\nxmon_thing_on" ODD " 0\n"
		   "# HELP xmon_thing_seconds Time.\n# TYPE xmon_thing_seconds gauge\n"
		   "xmon_thing_seconds{name=\"sda\"} 0.25\nxmon_thing_seconds" ODD " -Inf\n"
		   "# HELP xmon_thing_share Share.\n# TYPE xmon_thing_share gauge\n"
		   "xmon_thing_share{name=\"sda\"} 12.5\n"
		   "# HELP xmon_thing_size Size.\n# TYPE xmon_thing_size gauge\n"
		   "xmon_thing_size{name=\"sda\"} 4096\n"
		   "xmon_thing_size" ODD " 1.8446744073709552e+19\n"
		   "# HELP xmon_thing_state state\n# TYPE xmon_thing_state gauge\n"
		   "xmon_thing_state{name=\"sda\"} 0\nxmon_thing_state" ODD " 1\n"
		   "# HELP xmon_thing_wait_seconds_total Wait.\n"
		   "# TYPE xmon_thing_wait_seconds_total counter\n"
		   "xmon_thing_wait_seconds_total{name=\"sda\"} 0.0015\n"
		   "xmon_thing_wait_seconds_total" ODD " 18446744073.709553\n");
}

/* Reports are independent of each other, but for the order of what comes again */
static void test_reports_follow_each_other(void)
{
	static const struct xm_sink *const sinks[] = { &xm_sink_text, &xm_sink_json, &xm_sink_csv,
						       &xm_sink_prometheus };

	for (unsigned i = 0; i < XM_ARRAY_LEN(sinks); i++) {
		_cleanup_free_ char *first = NULL;
		REPORT(r, sinks[i]);

		ROW(r, &small, &((struct small){ "a", 1 }));
		ROW(r, &small, &((struct small){ "b", 2 }));
		CHECK_EQ_INT(xm_out_end(&r.out), 0);
		first = strdup(r.out.buf.data);
		CHECK(*first);
		xm_buf_reset(&r.out.buf);
		ROW(r, &small, &((struct small){ "a", 1 }));
		ROW(r, &small, &((struct small){ "b", 2 }));
		CHECK_ENDS(r, first);
	}
}

static void test_empty_reports(void)
{
	static const struct xm_sink *const sinks[] = { &xm_sink_text, &xm_sink_json, &xm_sink_csv,
						       &xm_sink_prometheus };

	for (unsigned i = 0; i < XM_ARRAY_LEN(sinks); i++) {
		REPORT(r, sinks[i]);
		CHECK_ENDS(r, "");
	}
}

static void test_findings_alone(void)
{
	REPORT(r, &xm_sink_text);

	xm_out_finding(&r.out, XM_NOTICE, "n", "no disk here");
	CHECK_ENDS(r, "note: no disk here [n]\n");
}

static void test_too_many_findings(void)
{
	REPORT(r, &xm_sink_json);

	for (unsigned i = 0; i < XM_FINDINGS_MAX + 3; i++)
		xm_out_finding(&r.out, XM_NOTE, "n", "%u", i);
	CHECK_EQ_INT(r.out.findings_dropped, 3);
	CHECK_EQ_INT(xm_out_end(&r.out), 0);
	CHECK_CONTAINS(r.out.buf.data, "\"text\":\"15\"");
	CHECK(!strstr(r.out.buf.data, "\"text\":\"16\""));
}

/* The limits that the sinks, the record and the series have are kept by every table there is */
static void check_table(const struct xm_table *t)
{
	unsigned all = 0, values = 0;

	CHECK(*t->name && *t->help);
	CHECK(t->row_size <= 4096);
	for (const struct xm_field *f = t->cols; f->type; f++) {
		all++;
		values += xm_metric_column(f);
		CHECK(f->name && *f->name);
		if (xm_metric_column(f) && !CHECK(f->help && *f->help))
			fprintf(stderr, "%s.%s has no help\n", t->name, f->name);
	}
	if (!CHECK(all <= 64 && values <= XM_SERIES_COLS_MAX && all > 0))
		fprintf(stderr, "%s has %u columns\n", t->name, all);
}

static void test_tables_of_collectors(void)
{
	unsigned n = 0;

	for (const struct xm_collector *const *c = xm_collectors; *c; c++)
		for (const struct xm_table *const *t = (*c)->tables; t && *t; t++, n++)
			check_table(*t);
	CHECK(n > 5);
}

int main(void)
{
	RUN(test_text);
	RUN(test_text_of_two_tables);
	RUN(test_text_controls);
	RUN(test_json);
	RUN(test_csv);
	RUN(test_prometheus);
	RUN(test_reports_follow_each_other);
	RUN(test_empty_reports);
	RUN(test_findings_alone);
	RUN(test_too_many_findings);
	RUN(test_tables_of_collectors);
	return check_summary();
}
