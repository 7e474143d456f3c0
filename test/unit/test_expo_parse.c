/* Prometheus text read: what is accepted, what is refused, and which lines say nothing. */
#include "check.h"
#include "failmalloc.h"
#include "out/expo_merge.h"
#include "out/expo_parse.h"
#include <math.h>

#define MAX 1000

/* Every sample as a line: family|suffix|labels|type|value|help */
static const char *list(const struct xm_expo_doc *d)
{
	static struct xm_buf b = { .data = xm_buf_empty };

	xm_buf_reset(&b);
	for (uint32_t i = 0; i < d->n_points; i++) {
		struct xm_sample s = xm_expo_doc_sample(d, i);

		xm_buf_addf(&b, "%s|%s|%s|%d|", s.family, s.suffix, s.labels, s.type);
		xm_buf_add_double(&b, s.value);
		xm_buf_addf(&b, "|%s\n", s.help);
	}
	return b.data;
}

/* The samples of a text, or the sentence that refuses it */
static const char *read_text(const char *text)
{
	static struct xm_expo_doc d;
	static struct xm_err err;
	int r;

	if (!d.text.data)
		d = XM_EXPO_DOC_INIT;
	err = (struct xm_err){};
	r = xm_expo_parse(&d, XM_STR_OF(text), MAX, &err);
	if (r < 0) {
		CHECK_EQ_INT(r, -EBADMSG);
		CHECK_EQ_INT(d.n_points, 0);
		return err.msg;
	}
	return list(&d);
}

static void test_samples(void)
{
	CHECK_STR(read_text(""), "");
	CHECK_STR(read_text("\n\n \t\n"), "");
	CHECK_STR(read_text("a 1\n"), "a|||0|1|\n");
	CHECK_STR(read_text("a{} 1\r\nb:c_9{x=\"y\"}2\r\n"), "a|||0|1|\nb:c_9||x=\"y\"|0|2|\n");
	CHECK_STR(read_text("  a \t { b = \"1\" , c=\"2\" , } \t 5e-3 \n"),
		  "a||b=\"1\",c=\"2\"|0|0.005|\n");
	CHECK_STR(read_text("a +Inf\nb -Inf\nc NaN\nd -0.5\ne 18446744073709551615\n"),
		  "a|||0|+Inf|\nb|||0|-Inf|\nc|||0|NaN|\nd|||0|-0.5|\n"
		  "e|||0|1.8446744073709552e+19|\n");
}

static void test_labels_are_put_in_order(void)
{
	CHECK_STR(read_text("a{zone=\"z\",b=\"x\",bb=\"y\",le=\"1.0\"} 1\n"),
		  "a||b=\"x\",bb=\"y\",zone=\"z\",le=\"1.0\"|0|1|\n");
	CHECK_STR(read_text("a{x=\"\",y=\"1\"} 1\n"), "a||y=\"1\"|0|1|\n");
	CHECK_STR(read_text("a{x=\"q\\\"b\\\\n\\n}, \"} 1\n"), "a||x=\"q\\\"b\\\\n\\n}, \"|0|1|\n");
	CHECK_STR(read_text("a{x=\"\xc3\xa4\xf0\x9f\x98\x80\"} 1\n"),
		  "a||x=\"\xc3\xa4\xf0\x9f\x98\x80\"|0|1|\n");
}

static void test_comments(void)
{
	CHECK_STR(read_text("# TYPE a counter\n# HELP a Two\\nlines, one \\\\ and \\t.\na 1\n"),
		  "a|||1|1|Two\nlines, one \\ and \\t.\n");
	CHECK_STR(
		read_text(
			"#\n# \n#HELP a  x \n# TYPE\n# TYPE a\n# HELP\n# UNIT a s\n# EOF\n#a 2\na "
			"1\n"),
		"a|||0|1|x \n");
	CHECK_STR(read_text("a 1\n# HELP a late\n"), "a|||0|1|late\n");
	CHECK_STR(read_text("\t# TYPE a \t gauge  \n# HELP b only help\na 1\n"), "a|||2|1|\n");
}

static void test_histograms_and_summaries(void)
{
	CHECK_STR(read_text("# TYPE h histogram\n"
			    "h_bucket{le=\"0.10\",x=\"a\"} 1\nh_bucket{le=\"+inf\",x=\"a\"} 2\n"
			    "h_bucket{le=\"1000000\"} 3\nh_bucket{le=\"1e-05\"} "
			    "4\nh_bucket{le=\"00123\"} 5\n"
			    "h_sum{x=\"a\"} 3\nh_count{x=\"a\"} 2\n"),
		  "h|_bucket|x=\"a\",le=\"0.1\"|3|1|\nh|_bucket|x=\"a\",le=\"+Inf\"|3|2|\n"
		  "h|_bucket|le=\"1e+06\"|3|3|\nh|_bucket|le=\"1e-05\"|3|4|\n"
		  "h|_bucket|le=\"123\"|3|5|\n"
		  "h|_sum|x=\"a\"|3|3|\nh|_count|x=\"a\"|3|2|\n");
	CHECK_STR(read_text("# TYPE s summary\ns{quantile=\"0.50\"} 1\ns_sum 3\ns_count "
			    "2\ns_bucket 9\n"),
		  "s||quantile=\"0.5\"|4|1|\ns|_sum||4|3|\ns|_count||4|2|\ns_bucket|||0|9|\n");
	/* no TYPE before: these are metrics of their own */
	CHECK_STR(read_text("x_sum 1\nx_count 2\n"), "x_sum|||0|1|\nx_count|||0|2|\n");
	CHECK_STR(read_text("# TYPE c counter\nc_sum 1\n"), "c_sum|||0|1|\n");
	CHECK_STR(read_text("_sum 1\n_bucket 2\n"), "_sum|||0|1|\n_bucket|||0|2|\n");
}

static void test_lines_that_say_nothing(void)
{
	struct xm_expo_doc d = XM_EXPO_DOC_INIT;
	struct xm_err err = {};

	/* a series again (1, 2), buckets without le (3), a bare sample of a histogram (4) and of a
	 * summary (5) */
	CHECK_EQ_INT(
		xm_expo_parse(&d,
			      XM_STR_OF("a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\na{y=\"2\",x="
					"\"1\",z=\"\"} 3\n# TYPE h histogram\nh_bucket 4\nh 5\n"
					"# TYPE s summary\ns 6\nlast 7\n"),
			      MAX, &err),
		0);
	CHECK_STR(list(&d), "a||x=\"1\",y=\"2\"|0|1|\nlast|||0|7|\n");
	CHECK_EQ_INT(d.ignored, 5);
	CHECK(!d.has_timestamps);
	CHECK_EQ_INT(xm_expo_parse(&d, XM_STR_OF("a 1 -1700000000000\n"), MAX, &err), 0);
	CHECK(d.has_timestamps);
	CHECK_EQ_INT(d.ignored, 0);
	xm_expo_doc_done(&d);
}

static void test_refused(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "a 1", "the last line has no end" },
		{ "a 1\nb 2", "the last line has no end" },
		{ "9a 1\n", "line 1: not a metric name" },
		{ "ok 1\n{a=\"b\"} 1\n", "line 2: not a metric name" },
		{ "a-b 1\n", "line 1: not a metric name" },
		{ "a\n", "line 1: not a number" },
		{ "a x\n", "line 1: not a number" },
		{ "a 1e\n", "line 1: not a number" },
		{ "a 0x10\n", "line 1: not a number" },
		{ "a 1_000\n", "line 1: not a number" },
		{ "a 1 1.5\n", "line 1: not a time" },
		{ "a 1 99999999999999999999\n", "line 1: not a time" },
		{ "a 1 2 3\n", "line 1: more than a value and a time" },
		{ "a 1 # {} 1\n", "line 1: not a time" },
		{ "a{b=\"c\" 1\n", "line 1: no comma or brace" },
		{ "a{b=\"c\"\n", "line 1: no comma or brace" },
		{ "a{\n", "line 1: not a label name" },
		{ "a{,} 1\n", "line 1: not a label name" },
		{ "a{b} 1\n", "line 1: not a label name" },
		{ "a{9=\"c\"} 1\n", "line 1: not a label name" },
		{ "a{b:c=\"c\"} 1\n", "line 1: not a label name" },
		{ "a{b=c} 1\n", "line 1: a label value without its opening quote" },
		{ "a{b=\"c} 1\n", "line 1: a label value without its closing quote" },
		{ "a{b=\"c\\\"} 1\n", "line 1: a label value without its closing quote" },
		{ "a{b=\"\\x\"} 1\n", "line 1: a backslash that escapes nothing" },
		{ "a{b=\"\\\n", "line 1: a backslash that escapes nothing" },
		{ "a{b=\"\xff\"} 1\n", "line 1: a label value that is not UTF-8" },
		{ "a{b=\"\xc3\"} 1\n", "line 1: a label value that is not UTF-8" },
		{ "a{b=\"1\",b=\"2\"} 1\n", "line 1: a label twice" },
		{ "a{__name__=\"b\"} 1\n", "line 1: the label __name__" },
		{ "# TYPE a sundial\n", "line 1: a TYPE that is not" },
		{ "# TYPE a counter\n# TYPE a counter\n", "line 2: a second TYPE" },
		{ "a 1\n# TYPE a counter\n", "line 2: a second TYPE for the metric, or one after" },
		{ "# HELP a x\n# HELP a x\n", "line 2: a second HELP" },
		{ "# HELP a \xff\n", "line 1: a HELP that is not UTF-8" },
		{ "# TYPE a-b counter\n", "line 1: not a metric name after" },
		{ "# TYPE h histogram\nh_bucket{le=\"x\"} 1\n", "line 2: a bound" },
		{ "# TYPE s summary\ns{quantile=\"\"} 1\n", "line 2: a bound" },
	};

	for (unsigned i = 0; i < XM_ARRAY_LEN(cases); i++)
		CHECK_CONTAINS(read_text(cases[i].text), cases[i].why);
}

static void test_bytes_and_caps(void)
{
	struct xm_expo_doc d = XM_EXPO_DOC_INIT;
	struct xm_err err = {};

	CHECK_EQ_INT(xm_expo_parse(&d, (struct xm_str){ "a 1\0\n", 5 }, MAX, &err), -EBADMSG);
	CHECK_CONTAINS(err.msg, "zero byte");
	err = (struct xm_err){};
	CHECK_EQ_INT(xm_expo_parse(&d, XM_STR_OF("a 1\nb 2\nc 3\n"), 3, &err), 0);
	CHECK_EQ_INT(d.n_points, 3);
	CHECK_EQ_INT(xm_expo_parse(&d, XM_STR_OF("a 1\nb 2\nc 3\n"), 2, &err), -E2BIG);
	CHECK_STR(err.msg, "more than 2 samples");
	CHECK_EQ_INT(d.n_points, 0);
	xm_expo_doc_done(&d);
}

static void test_too_many_labels(void)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

	xm_buf_adds(&b, "a{");
	for (int i = 0; i < 64; i++)
		xm_buf_addf(&b, "l%d=\"\",", i);
	xm_buf_adds(&b, "} 1\n");
	CHECK_STR(read_text(b.data), "a|||0|1|\n");
	b.len -= 4;
	xm_buf_adds(&b, "m=\"\"} 1\n");
	CHECK_STR(read_text(b.data), "line 1: too many labels");
}

/* A reader that sees only a part of a file gets an error, or samples that are in the whole file */
static void test_truncated(void)
{
	static const char whole[] =
		"# HELP a Text.\n# TYPE a counter\na{b=\"c\",d=\"e\\\"\"} 12.5\n"
		"# TYPE h histogram\nh_bucket{le=\"1\"} 3\nh_sum 4\nh_count 5\n";
	struct xm_expo_doc d = XM_EXPO_DOC_INIT;
	unsigned good = 0;

	for (size_t n = 0; n < sizeof whole; n++) {
		_cleanup_free_ char *part = malloc(n + 1);
		struct xm_err err = {};

		memcpy(part, whole, n);
		part[n] = 0;
		if (xm_expo_parse(&d, (struct xm_str){ part, n }, MAX, &err) == 0) {
			CHECK(!n || part[n - 1] == '\n');
			good++;
		}
	}
	CHECK_EQ_INT(good, 8); /* nothing, and after each of 7 lines */
	xm_expo_doc_done(&d);
}

static int parse(struct xm_expo_doc *d, const char *text)
{
	struct xm_err err = {};

	*d = XM_EXPO_DOC_INIT;
	return xm_expo_parse(d, XM_STR_OF(text), MAX, &err);
}

static void test_merge(void)
{
	static const char *const text[] = {
		"# TYPE a counter\n# HELP a First.\na 1\nnohelp{f=\"1\"} 1\nlater{f=\"1\"} 1\n",
		"# TYPE a counter\n# HELP a Other.\na{f=\"2\"} 2\nnohelp{f=\"2\"} 2\n"
		"# HELP later Known later.\nlater{f=\"2\"} 2\n# HELP unused x\n",
		"# TYPE a gauge\na{f=\"3\"} 3\n",
		"# TYPE a counter\na{f=\"4\"} 4\n",
	};
	struct xm_expo_doc d[4];
	uint32_t help[4][8];
	struct xm_expo_origin o[4];
	struct xm_buf helps = XM_BUF_INIT;

	for (unsigned i = 0; i < 4; i++) {
		CHECK_EQ_INT(parse(&d[i], text[i]), 0);
		o[i] = (struct xm_expo_origin){
			(const char *const[]){ "one", "two", "three", "four" }[i], &d[i], help[i]
		};
	}
	CHECK_EQ_INT(xm_expo_merge(o, 4, &helps), 2);
	CHECK_STR(helps.data + help[0][0], "First.");
	CHECK_STR(helps.data + help[0][1], "Metric read from one, two");
	CHECK_STR(helps.data + help[0][2], "Known later.");
	CHECK(help[1][0] == XM_EXPO_LEFT_OUT);
	CHECK_STR(helps.data + help[1][1], "Metric read from one, two");
	CHECK_STR(helps.data + help[1][2], "Known later.");
	CHECK(help[2][0] == XM_EXPO_LEFT_OUT);
	CHECK_STR(helps.data + help[3][0], "First.");
	CHECK_EQ_INT(xm_expo_merge(o, 0, &helps), 0);
	for (unsigned i = 0; i < 4; i++)
		xm_expo_doc_done(&d[i]);
	xm_buf_done(&helps);
}

/* Whichever allocation fails: an error or the whole, and nothing leaks */
static void test_no_memory(void)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
	long failed = 1, held;
	unsigned refused = 0;

	xm_buf_adds(&text, "# TYPE a counter\n# HELP a x\n");
	for (int i = 0; i < 200; i++)
		xm_buf_addf(&text, "a{i=\"%d\"} %d\nb%d 1\n", i, i, i);
	held = failmalloc_held();
	for (long n = 1; failed; n++) {
		struct xm_expo_doc d = XM_EXPO_DOC_INIT;
		struct xm_err err = {};
		int r;

		failmalloc_start(n, false);
		r = xm_expo_parse(&d, (struct xm_str){ text.data, text.len }, MAX, &err);
		failed = failmalloc_stop();
		CHECK_EQ_INT(r, failed ? -ENOMEM : 0);
		CHECK_EQ_INT(d.n_points, failed ? 0 : 400);
		refused += failed > 0;
		xm_expo_doc_done(&d);
		CHECK_EQ_INT(failmalloc_held(), held);
	}
	CHECK(!FAILMALLOC_WORKS || refused > 20);
}

int main(void)
{
	RUN(test_samples);
	RUN(test_labels_are_put_in_order);
	RUN(test_comments);
	RUN(test_histograms_and_summaries);
	RUN(test_lines_that_say_nothing);
	RUN(test_refused);
	RUN(test_bytes_and_caps);
	RUN(test_too_many_labels);
	RUN(test_truncated);
	RUN(test_merge);
	RUN(test_no_memory);
	return check_summary();
}
