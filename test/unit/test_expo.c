/* The three formats of an exposition: what they say, and what it costs. */
#include "base/clock.h"
#include "exposition.h"
#include "protobuf.h"
#include <math.h>

static void open_set(struct xm_series *s)
{
	CHECK_EQ_INT(xm_series_open(s, 10000), 0);
	xm_series_begin(s, (uint32_t)xm_series_source(s, "one"));
}

#define SET(s)                                                                                     \
	_cleanup_(xm_series_close) struct xm_series s;                                             \
	open_set(&s)

static int put_help(struct xm_series *s, const char *family, const char *help,
		    enum xm_metric_type type, double value)
{
	return xm_series_sample(s, &(struct xm_sample){ .family = family,
							.suffix = "",
							.help = help,
							.labels = "",
							.type = type,
							.value = value });
}

#define CHECK_OPENMETRICS(s, want)                                                                 \
	do {                                                                                       \
		_cleanup_free_ char *_text = expose(s, XM_EXPO_OPENMETRICS, NULL);                 \
		CHECK_STR(_text, want "# EOF\n");                                                  \
	} while (0)

static char *expose_protobuf(struct xm_series *s, const struct xm_expo_filter *filter)
{
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT, bytes = XM_BUF_INIT;
	struct xm_buf text = XM_BUF_INIT;

	CHECK_EQ_INT(xm_series_layout(s, &layout), 0);
	CHECK_EQ_INT(xm_expo_protobuf((const void *)layout.data, s->value, filter, &bytes), 0);
	pb_families(bytes.data, bytes.len, &text);
	return text.cap ? text.data : strdup("");
}

#define CHECK_PROTOBUF(s, want)                                                                    \
	do {                                                                                       \
		_cleanup_free_ char *_text = expose_protobuf(s, NULL);                             \
		CHECK_STR(_text, want);                                                            \
	} while (0)

static void test_types(void)
{
	SET(s);

	put_help(&s, "b_total", "B.", XM_METRIC_COUNTER, 1);
	put_help(&s, "a", "A.", XM_METRIC_GAUGE, -2.5);
	put_help(&s, "c", "C.", XM_METRIC_UNTYPED, 3e300);
	xm_series_end(&s);
	CHECK_EXPOSES(&s, "# HELP a A.\n# TYPE a gauge\na -2.5\n"
			  "# HELP b_total B.\n# TYPE b_total counter\nb_total 1\n"
			  "# HELP c C.\n# TYPE c untyped\nc 3e+300\n");
	CHECK_OPENMETRICS(&s, "# HELP a A.\n# TYPE a gauge\na -2.5\n"
			      "# HELP b B.\n# TYPE b counter\nb_total 1\n"
			      "# HELP c C.\n# TYPE c unknown\nc 3e+300\n");
	CHECK_PROTOBUF(&s, "\na A. type=1\n  { } gauge 1=-2.5\n"
			   "\nb_total B. type=0\n  { } counter 1=1\n"
			   "\nc C. type=3\n  { } untyped 1=3.0000000000000002e+300\n");
}

/* A counter's family has no _total in OpenMetrics; where it cannot lose it the type is unknown */
static void test_counter_names(void)
{
	SET(s);

	put_help(&s, "odd_counter", "", XM_METRIC_COUNTER, 1);
	put_help(&s, "x", "", XM_METRIC_GAUGE, 2);
	put_help(&s, "x_total", "", XM_METRIC_COUNTER, 3);
	put_help(&s, "_total", "", XM_METRIC_COUNTER, 4);
	put_help(&s, "y_total", "", XM_METRIC_GAUGE, 5);
	xm_series_end(&s);
	CHECK_OPENMETRICS(&s, "# TYPE _total unknown\n_total 4\n"
			      "# TYPE odd_counter unknown\nodd_counter 1\n"
			      "# TYPE x gauge\nx 2\n"
			      "# TYPE x_total unknown\nx_total 3\n"
			      "# TYPE y_total gauge\ny_total 5\n");
}

static void test_help_escaped(void)
{
	SET(s);

	put_help(&s, "a", "one\ntwo \\ \"three\"", XM_METRIC_GAUGE, 1);
	xm_series_end(&s);
	CHECK_EXPOSES(&s, "# HELP a one\\ntwo \\\\ \"three\"\n# TYPE a gauge\na 1\n");
	CHECK_OPENMETRICS(&s, "# HELP a one\\ntwo \\\\ \\\"three\\\"\n# TYPE a gauge\na 1\n");
	CHECK_PROTOBUF(&s, "\na one\ntwo \\ \"three\" type=1\n  { } gauge 1=1\n");
}

static void test_labels_unescaped(void)
{
	SET(s);

	put_gauge(&s, "a", "x=\"\\\\ \\\" \\n é\",y=\"\"", 1);
	xm_series_end(&s);
	CHECK_EXPOSES(&s, "# TYPE a gauge\na{x=\"\\\\ \\\" \\n é\",y=\"\"} 1\n");
	CHECK_PROTOBUF(&s, "\na  type=1\n  { x=\\ \" \n é y= } gauge 1=1\n");
}

static void test_special_values(void)
{
	SET(s);

	put_gauge(&s, "a", "v=\"nan\"", (double)NAN);
	put_gauge(&s, "a", "v=\"inf\"", (double)INFINITY);
	put_gauge(&s, "a", "v=\"-inf\"", -(double)INFINITY);
	put_gauge(&s, "a", "v=\"-0\"", -0.0);
	put_gauge(&s, "a", "v=\"tiny\"", 5e-324);
	put_gauge(&s, "a", "v=\"2^53\"", 9007199254740992);
	put_gauge(&s, "a", "v=\"2^64\"", 18446744073709551616.0);
	put_gauge(&s, "a", "v=\"0.1\"", 0.1);
	put_gauge(&s, "a", "v=\"sum\"", 0.1 + 0.2);
	put_gauge(&s, "a", "v=\"us\"", 1234567.000001);
	xm_series_end(&s);
	CHECK_EXPOSES(&s,
		      "# TYPE a gauge\na{v=\"nan\"} NaN\na{v=\"inf\"} +Inf\n"
		      "a{v=\"-inf\"} -Inf\na{v=\"-0\"} -0\na{v=\"tiny\"} 4.94065645841247e-324\n"
		      "a{v=\"2^53\"} 9007199254740992\na{v=\"2^64\"} 1.8446744073709552e+19\n"
		      "a{v=\"0.1\"} 0.1\na{v=\"sum\"} 0.30000000000000004\n"
		      "a{v=\"us\"} 1234567.000001\n");
}

/* What is absent is not there at all; a family without any sample neither */
static void test_absent(void)
{
	SET(s);

	put_gauge(&s, "a", "i=\"1\"", xm_absent());
	put_gauge(&s, "b", "i=\"1\"", xm_absent());
	put_gauge(&s, "b", "i=\"2\"", 5);
	put_sample(&s, "h", "_count", XM_METRIC_HISTOGRAM, "", xm_absent());
	xm_series_end(&s);
	CHECK_EXPOSES(&s, "# TYPE b gauge\nb{i=\"2\"} 5\n");
	CHECK_OPENMETRICS(&s, "# TYPE b gauge\nb{i=\"2\"} 5\n");
	CHECK_PROTOBUF(&s, "\nb  type=1\n  { i=2 } gauge 1=5\n");
}

static void put_histogram(struct xm_series *s, const char *family, const char *label, double scale)
{
	char labels[64];

	snprintf(labels, sizeof labels, "%s,le=\"0.5\"", label);
	put_sample(s, family, "_bucket", XM_METRIC_HISTOGRAM, labels, 1 * scale);
	snprintf(labels, sizeof labels, "%s,le=\"+Inf\"", label);
	put_sample(s, family, "_bucket", XM_METRIC_HISTOGRAM, labels, 3 * scale);
	put_sample(s, family, "_sum", XM_METRIC_HISTOGRAM, label, 4.5 * scale);
	put_sample(s, family, "_count", XM_METRIC_HISTOGRAM, label, 3 * scale);
}

static void test_histogram(void)
{
	SET(s);

	put_histogram(&s, "h", "d=\"a\"", 1);
	put_histogram(&s, "h", "d=\"b\"", 10);
	xm_series_end(&s);
	CHECK_OPENMETRICS(&s, "# TYPE h histogram\n"
			      "h_bucket{d=\"a\",le=\"0.5\"} 1\nh_bucket{d=\"a\",le=\"+Inf\"} 3\n"
			      "h_sum{d=\"a\"} 4.5\nh_count{d=\"a\"} 3\n"
			      "h_bucket{d=\"b\",le=\"0.5\"} 10\nh_bucket{d=\"b\",le=\"+Inf\"} 30\n"
			      "h_sum{d=\"b\"} 45\nh_count{d=\"b\"} 30\n");
	CHECK_PROTOBUF(&s, "\nh  type=4\n"
			   "  { d=a } histogram 3( 1:1 2=0.5 ) 3( 1:3 2=inf ) 2=4.5 1:3\n"
			   "  { d=b } histogram 3( 1:10 2=0.5 ) 3( 1:30 2=inf ) 2=45 1:30\n");
}

/* One of two histograms has gone, and half of another: no empty metric is left in its place */
static void test_histogram_absent(void)
{
	SET(s);

	put_histogram(&s, "h", "d=\"a\"", 1);
	put_histogram(&s, "h", "d=\"b\"", 10);
	put_sample(&s, "h", "_bucket", XM_METRIC_HISTOGRAM, "d=\"c\",le=\"1\"", 5);
	put_sample(&s, "h", "_count", XM_METRIC_HISTOGRAM, "d=\"c\"", 5);
	xm_series_end(&s);
	xm_series_begin(&s, 0);
	put_histogram(&s, "h", "d=\"b\"", 1);
	put_sample(&s, "h", "_count", XM_METRIC_HISTOGRAM, "d=\"c\"", 6);
	xm_series_end(&s);
	CHECK_PROTOBUF(&s, "\nh  type=4\n"
			   "  { d=b } histogram 3( 1:1 2=0.5 ) 3( 1:3 2=inf ) 2=4.5 1:3\n"
			   "  { d=c } histogram 1:6\n");
}

static void test_summary(void)
{
	SET(s);

	put_sample(&s, "q", "", XM_METRIC_SUMMARY, "quantile=\"0.5\"", 1.5);
	put_sample(&s, "q", "", XM_METRIC_SUMMARY, "quantile=\"0.99\"", (double)NAN);
	put_sample(&s, "q", "_sum", XM_METRIC_SUMMARY, "", 9);
	put_sample(&s, "q", "_count", XM_METRIC_SUMMARY, "", 4);
	xm_series_end(&s);
	CHECK_EXPOSES(&s, "# TYPE q summary\nq{quantile=\"0.5\"} 1.5\nq{quantile=\"0.99\"} NaN\n"
			  "q_sum 9\nq_count 4\n");
	CHECK_PROTOBUF(&s, "\nq  type=2\n"
			   "  { } summary 3( 1=0.5 2=1.5 ) 3( 1=0.98999999999999999 2=nan ) 2=9 "
			   "1:4\n");
}

/* Counts that are no counts: negative, not a number, beyond 64 bits */
static void test_odd_counts(void)
{
	SET(s);

	put_sample(&s, "h", "_bucket", XM_METRIC_HISTOGRAM, "le=\"1\"", -5);
	put_sample(&s, "h", "_bucket", XM_METRIC_HISTOGRAM, "le=\"x\"", (double)NAN);
	put_sample(&s, "h", "_count", XM_METRIC_HISTOGRAM, "", 1e300);
	xm_series_end(&s);
	CHECK_PROTOBUF(&s, "\nh  type=4\n  { } histogram 3( 1:0 2=1 ) 3( 1:0 2=nan ) 1:0\n");
}

static void test_filter(void)
{
	struct xm_expo_filter only = { .bits = { 2 } }; /* source 1 */
	_cleanup_free_ char *text = NULL, *openmetrics = NULL, *protobuf = NULL;
	SET(s);

	put_gauge(&s, "a", "i=\"1\"", 1);
	put_gauge(&s, "b", "i=\"1\"", 2);
	xm_series_end(&s);
	xm_series_begin(&s, (uint32_t)xm_series_source(&s, "two"));
	put_gauge(&s, "a", "i=\"2\"", 3);
	xm_series_end(&s);
	text = expose(&s, XM_EXPO_TEXT, &only);
	CHECK_STR(text, "# TYPE a gauge\na{i=\"2\"} 3\n");
	openmetrics = expose(&s, XM_EXPO_OPENMETRICS, &only);
	CHECK_STR(openmetrics, "# TYPE a gauge\na{i=\"2\"} 3\n# EOF\n");
	protobuf = expose_protobuf(&s, &only);
	CHECK_STR(protobuf, "\na  type=1\n  { i=2 } gauge 1=3\n");
}

/* Lengths of one, two and three bytes */
static void test_protobuf_lengths(void)
{
	static char value[20001];
	char labels[20100];
	SET(s);

	for (size_t n = 1; n < sizeof value; n *= 5) {
		_cleanup_free_ char *text = NULL;

		memset(value, 'x', n);
		snprintf(labels, sizeof labels, "l=\"%s\"", value);
		xm_series_begin(&s, 0);
		put_gauge(&s, "a", labels, (double)n);
		xm_series_end(&s);
		text = expose_protobuf(&s, NULL);
		CHECK(strlen(text) > n && strstr(text, value));
		CHECK_CONTAINS(text, "x } gauge 1=");
	}
}

static void test_mime(void)
{
	CHECK_STR(xm_expo_mime[XM_EXPO_TEXT], "text/plain; version=0.0.4; charset=utf-8");
	CHECK_STR(xm_expo_mime[XM_EXPO_OPENMETRICS],
		  "application/openmetrics-text; version=1.0.0; charset=utf-8");
	CHECK_STR(xm_expo_mime[XM_EXPO_PROTOBUF],
		  "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
		  "encoding=delimited");
}

#define SERIES 3000

/* Numbers as /proc gives them: counters, sizes, times with two decimals, microseconds */
static double typical(unsigned i)
{
	switch (i % 4) {
	case 0: return 1000003.0 * i;
	case 1: return 4096.0 * i * i;
	case 2: return 12345.67 + i;
	default: return (123456789.0 + i) / 1e6;
	}
}

static uint64_t time_exposition(const struct xm_expo *expo, const struct xm_layout *l,
				const double *value, struct xm_buf *out)
{
	uint64_t start = xm_clock_ns(CLOCK_THREAD_CPUTIME_ID);

	xm_buf_reset(out);
	CHECK_EQ_INT(xm_expo_text(expo, l, value, NULL, XM_EXPO_TEXT, out), 0);
	return xm_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

static uint64_t time_snprintf(void)
{
	uint64_t start = xm_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	char text[64];

	for (unsigned i = 0; i < SERIES; i++)
		snprintf(text, sizeof text, "%.17g", typical(i));
	return xm_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

static void test_speed(void)
{
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT, out = XM_BUF_INIT;
	uint64_t ours = UINT64_MAX, theirs = UINT64_MAX;
	struct xm_expo expo;
	char labels[64];
	SET(s);

	for (unsigned i = 0; i < SERIES; i++) {
		snprintf(labels, sizeof labels, "device=\"disk%u\",mode=\"%u\"", i / 8, i % 8);
		put_gauge(&s, i % 2 ? "node_some_metric_total" : "node_other_metric", labels,
			  typical(i));
	}
	xm_series_end(&s);
	CHECK_EQ_INT(xm_series_layout(&s, &layout), 0);
	REQUIRE(xm_expo_open(&expo, (const void *)layout.data, XM_EXPO_TEXT) == 0);
	for (unsigned i = 0; i < 30; i++) {
		uint64_t a = time_exposition(&expo, (const void *)layout.data, s.value, &out);
		uint64_t b = time_snprintf();

		ours = XM_MIN(ours, a);
		theirs = XM_MIN(theirs, b);
	}
	xm_expo_close(&expo);
	printf("%d samples of %zu bytes: %.1f ns each; snprintf(\"%%.17g\"): %.1f ns\n", SERIES,
	       out.len / SERIES, (double)ours / SERIES, (double)theirs / SERIES);
	if (!XMON_SANITIZED)
		CHECK(ours < theirs);
}

int main(void)
{
	RUN(test_types);
	RUN(test_counter_names);
	RUN(test_help_escaped);
	RUN(test_labels_unescaped);
	RUN(test_special_values);
	RUN(test_absent);
	RUN(test_histogram);
	RUN(test_histogram_absent);
	RUN(test_summary);
	RUN(test_odd_counts);
	RUN(test_filter);
	RUN(test_protobuf_lengths);
	RUN(test_mime);
	RUN(test_speed);
	return check_summary();
}
