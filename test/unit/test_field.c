/* field: every type in and out, limits, labels, numbers; and the usage text made of them. */
#include "check.h"
#include "field/field.h"
#include "field/help.h"
#include <math.h>
#include <sys/wait.h>

static const char *const colours[] = { "red", "green", "blue", NULL };

struct all {
	bool flag;
	uint32_t count, pid, colour;
	uint64_t big, wait_ns, size_bytes;
	int64_t delta;
	double ratio, age_seconds, rate_bytes, busy_pct;
	char name[8];
	const char *text;
};

#define F(m, t, ...) XM_FIELD(struct all, m, t, "help of " #m, ##__VA_ARGS__)

static const struct xm_field fields[] = {
	F(flag, XM_BOOL, .def = "true"),
	F(count, XM_U32, .def = "7", .min = 1, .max = 100, .letter = 'n'),
	F(pid, XM_PID, .flags = XM_POS),
	F(colour, XM_ENUM, .choices = colours, .def = "green"),
	F(big, XM_U64),
	F(wait_ns, XM_NS, .def = "10ms", .min = 1000, .max = 60000000000),
	F(size_bytes, XM_BYTES, .def = "64k"),
	F(delta, XM_I64, .def = "-3"),
	F(ratio, XM_DOUBLE, .def = "0.5"),
	F(age_seconds, XM_SECONDS),
	F(rate_bytes, XM_DBYTES),
	F(busy_pct, XM_PCT),
	F(name, XM_STR, .def = "anna"),
	{}
};

static const struct xm_field columns[] = { F(text, XM_TEXT),
					   XM_FIELD_INFO("info", "xmon_info", "always one"),
					   {} };

static const struct xm_field *field(const char *label)
{
	const struct xm_field *f = xm_field_find(fields, label, 0);

	return f ? f : xm_field_find(columns, label, 0);
}

static void test_defaults(void)
{
	struct all a = {};

	xm_fields_default(fields, &a);
	CHECK(a.flag);
	CHECK_EQ_INT(a.count, 7);
	CHECK_EQ_INT(a.colour, 1);
	CHECK_EQ_INT(a.wait_ns, 10000000);
	CHECK_EQ_INT(a.size_bytes, 65536);
	CHECK_EQ_INT(a.delta, -3);
	CHECK(a.ratio == 0.5);
	CHECK_STR(a.name, "anna");
	CHECK_EQ_INT(a.big, 0);
	xm_fields_default(NULL, &a);
}

static void test_bad_default_aborts(void)
{
	static const struct xm_field bad[] = { F(count, XM_U32, .def = "seven"), {} };
	struct all a = {};
	int status = 0;
	pid_t child = fork();

	if (!child) {
		xm_fields_default(bad, &a);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void test_labels(void)
{
	static const struct xm_field odd[] = {
		F(wait_ns, XM_U64),                        /* not a time: keeps its suffix */
		F(big, XM_U64, .label = "path.procfs_ns"), /* as it is */
		{ .name = "_ns", .type = XM_NS },          /* nothing would be left */
		{ .name = "a_b_c_seconds", .type = XM_SECONDS },
		{}
	};
	static const char *const label[] = { "wait-ns", "path.procfs_ns", "-ns", "a-b-c" };
	char buf[XM_LABEL_MAX], cut[5];

	for (size_t i = 0; i < XM_ARRAY_LEN(label); i++) {
		CHECK_EQ_INT(xm_field_label(&odd[i], buf, sizeof buf), strlen(label[i]));
		CHECK_STR(buf, label[i]);
	}
	CHECK_EQ_INT(xm_field_label(&odd[0], cut, sizeof cut), 4);
	CHECK_STR(cut, "wait");
	CHECK_STR(field("wait")->name, "wait_ns");
	CHECK_STR(field("size")->name, "size_bytes");
	CHECK_STR(field("age")->name, "age_seconds");
	CHECK_STR(field("rate")->name, "rate_bytes");
	CHECK_STR(field("busy")->name, "busy_pct");
	CHECK(!field("wait_ns") && !field("wait-ns") && !field("") && !field("flagg"));
	CHECK(xm_field_find(fields, NULL, 'n') == field("count"));
	CHECK(!xm_field_find(fields, NULL, 'q') && !xm_field_find(fields, NULL, 0));
	CHECK(!xm_field_find(NULL, "flag", 0));
}

struct parse_case {
	const char *label, *text;
	int r;
	const char *want; /* the value printed raw, or the sentence */
};

/* Parse into a struct that holds the defaults; a refused value must leave it alone */
static void check_parse(const struct parse_case *c)
{
	_cleanup_buf_ struct xm_buf raw = XM_BUF_INIT;
	const struct xm_field *f = field(c->label);
	struct all a = {}, before;
	struct xm_err err = {};

	REQUIRE(f);
	xm_fields_default(fields, &a);
	before = a;
	if (!CHECK_EQ_INT(xm_field_parse(f, &a, c->text, &err), c->r))
		fprintf(stderr, "%s: '%s'\n", c->label, c->text);
	if (c->r < 0) {
		CHECK(!memcmp(&a, &before, sizeof a));
		CHECK_STR(err.msg, c->want);
		return;
	}
	CHECK_EQ_INT(err.code, 0);
	xm_field_print(f, &a, true, &raw);
	CHECK_STR(raw.data, c->want);
}

#define TIME_WANTED "it takes a time such as 500ms, 10s or 2m"
#define SIZE_WANTED "it takes a size such as 64k, 16M or 1G"

static const struct parse_case parse_cases[] = {
	{ "flag", "true", 0, "true" },
	{ "flag", "false", 0, "false" },
	{ "flag", "yes", 0, "true" },
	{ "flag", "no", 0, "false" },
	{ "flag", "on", 0, "true" },
	{ "flag", "off", 0, "false" },
	{ "flag", "1", 0, "true" },
	{ "flag", "0", 0, "false" },
	{ "flag", "yes please", -EINVAL,
	  "flag: 'yes please' is not such a value; it takes true or false" },
	{ "flag", "2", -EINVAL, "flag: '2' is not such a value; it takes true or false" },
	{ "flag", "", -EINVAL, "flag: '' is not such a value; it takes true or false" },
	{ "count", "1", 0, "1" },
	{ "count", "100", 0, "100" },
	{ "count", "0", -ERANGE, "count: '0' is out of range; it takes 1 to 100" },
	{ "count", "101", -ERANGE, "count: '101' is out of range; it takes 1 to 100" },
	{ "count", "18446744073709551616", -ERANGE,
	  "count: '18446744073709551616' is out of range; it takes 1 to 100" },
	{ "count", "ten", -EINVAL, "count: 'ten' is not such a value; it takes a number" },
	{ "count", "1.5", -EINVAL, "count: '1.5' is not such a value; it takes a number" },
	{ "count", "5k", -EINVAL, "count: '5k' is not such a value; it takes a number" },
	{ "count", "-1", -EINVAL, "count: '-1' is not such a value; it takes a number" },
	{ "count", " 1", -EINVAL, "count: ' 1' is not such a value; it takes a number" },
	{ "pid", "4294967295", 0, "4294967295" },
	{ "pid", "4294967296", -ERANGE,
	  "pid: '4294967296' is out of range; it takes 0 to 4294967295" },
	{ "colour", "blue", 0, "blue" },
	{ "colour", "Blue", -EINVAL,
	  "colour: 'Blue' is not such a value; it takes one of red, green, blue" },
	{ "colour", "0", -EINVAL,
	  "colour: '0' is not such a value; it takes one of red, green, blue" },
	{ "big", "18446744073709551615", 0, "18446744073709551615" },
	{ "big", "18446744073709551616", -ERANGE,
	  "big: '18446744073709551616' is out of range; it takes 0 to 18446744073709551615" },
	{ "wait", "1us", 0, "1000" },
	{ "wait", "1500ns", 0, "1500" },
	{ "wait", "3ms", 0, "3000000" },
	{ "wait", "1.5s", 0, "1500000000" },
	{ "wait", "5", 0, "5000000000" }, /* seconds are meant */
	{ "wait", "0.25ms", 0, "250000" },
	{ "wait", "1.001ms", 0, "1001000" }, /* the product is a little less */
	{ "wait", "1m", 0, "60000000000" },
	{ "wait", "61s", -ERANGE, "wait: '61s' is out of range; it takes 1.0us to 60.00s" },
	{ "wait", "1h", -ERANGE, "wait: '1h' is out of range; it takes 1.0us to 60.00s" },
	{ "wait", "999999999d", -ERANGE,
	  "wait: '999999999d' is out of range; it takes 1.0us to 60.00s" },
	{ "wait", "999999999.5d", -ERANGE,
	  "wait: '999999999.5d' is out of range; it takes 1.0us to 60.00s" },
	{ "wait", "999ns", -ERANGE, "wait: '999ns' is out of range; it takes 1.0us to 60.00s" },
	{ "wait", "1.5ns", -EINVAL, "wait: '1.5ns' is not such a value; " TIME_WANTED },
	{ "wait", "1.2.3s", -EINVAL, "wait: '1.2.3s' is not such a value; " TIME_WANTED },
	{ "wait", ".s", -EINVAL, "wait: '.s' is not such a value; " TIME_WANTED },
	{ "wait", "ms", -EINVAL, "wait: 'ms' is not such a value; " TIME_WANTED },
	{ "wait", "1 s", -EINVAL, "wait: '1 s' is not such a value; " TIME_WANTED },
	{ "wait", "1sec", -EINVAL, "wait: '1sec' is not such a value; " TIME_WANTED },
	{ "wait", "-1s", -EINVAL, "wait: '-1s' is not such a value; " TIME_WANTED },
	{ "wait", "", -EINVAL, "wait: '' is not such a value; " TIME_WANTED },
	{ "size", "0", 0, "0" },
	{ "size", "123", 0, "123" },
	{ "size", "1k", 0, "1024" },
	{ "size", "1K", 0, "1024" },
	{ "size", "2KiB", 0, "2048" },
	{ "size", "1.5M", 0, "1572864" },
	{ "size", "1MiB", 0, "1048576" },
	{ "size", "1G", 0, "1073741824" },
	{ "size", "1GiB", 0, "1073741824" },
	{ "size", "2T", 0, "2199023255552" },
	{ "size", "2TiB", 0, "2199023255552" },
	{ "size", "16777215T", 0, "18446742974197923840" },
	{ "size", "16777216T", -ERANGE,
	  "size: '16777216T' is out of range; it takes 0B to 16384.0PiB" },
	{ "size", "1.5", -EINVAL, "size: '1.5' is not such a value; " SIZE_WANTED },
	{ "size", "1kb", -EINVAL, "size: '1kb' is not such a value; " SIZE_WANTED },
	{ "delta", "-9223372036854775808", 0, "-9223372036854775808" },
	{ "delta", "9223372036854775807", 0, "9223372036854775807" },
	{ "delta", "9223372036854775808", -ERANGE,
	  "delta: '9223372036854775808' is out of range; it takes at most 9223372036854775807" },
	{ "delta", "+1", -EINVAL, "delta: '+1' is not such a value; it takes a number" },
	{ "ratio", "-1.25", 0, "-1.25" },
	{ "ratio", "1e3", 0, "1000" },
	{ "ratio", "nan", -EINVAL, "ratio: 'nan' is not such a value; it takes a number" },
	{ "ratio", "inf", -EINVAL, "ratio: 'inf' is not such a value; it takes a number" },
	{ "ratio", "1e999", -ERANGE, "ratio: '1e999' is out of range; it takes a number" },
	{ "age", "-0.5", 0, "-0.5" },
	{ "rate", "1e6", 0, "1000000" },
	{ "rate", "-1", -ERANGE, "rate: '-1' is out of range; it takes at least 0B" },
	{ "busy", "100", 0, "100" },
	{ "busy", "100.1", -ERANGE, "busy: '100.1' is out of range; it takes 0.0% to 100.0%" },
	{ "busy", "-1", -ERANGE, "busy: '-1' is out of range; it takes 0.0% to 100.0%" },
	{ "name", "", 0, "" },
	{ "name", "1234567", 0, "1234567" },
	{ "name", "12345678", -E2BIG, "name: longer than 7 bytes" },
};

static void test_parse(void)
{
	for (size_t i = 0; i < XM_ARRAY_LEN(parse_cases); i++)
		check_parse(&parse_cases[i]);
}

static void test_signed_limits(void)
{
	static const struct xm_field limited[] = { F(delta, XM_I64, .min = (uint64_t)-10,
						     .max = 10),
						   F(ratio, XM_DOUBLE, .max = 2),
						   F(delta, XM_I64, .min = 5),
						   {} };
	struct xm_err err = {};
	struct all a = {};

	CHECK_EQ_INT(xm_field_parse(&limited[0], &a, "-10", &err), 0);
	CHECK_EQ_INT(xm_field_parse(&limited[0], &a, "10", &err), 0);
	CHECK_EQ_INT(xm_field_parse(&limited[0], &a, "-11", &err), -ERANGE);
	CHECK_STR(err.msg, "delta: '-11' is out of range; it takes -10 to 10");
	CHECK_EQ_INT(xm_field_parse(&limited[0], &a, "11", &err), -ERANGE);
	CHECK_EQ_INT(xm_field_parse(&limited[1], &a, "2", &err), 0);
	CHECK_EQ_INT(xm_field_parse(&limited[1], &a, "2.01", &err), -ERANGE);
	CHECK_EQ_INT(xm_field_parse(&limited[1], &a, "-0.1", &err), -ERANGE);
	CHECK_EQ_INT(xm_field_parse(&limited[2], &a, "4", &err), -ERANGE);
	CHECK_EQ_INT(xm_field_parse(&limited[2], &a, "5", &err), 0);
}

/* A shorter text leaves nothing of a longer one behind: structs are compared as bytes */
static void test_string_is_padded(void)
{
	static const char zeros[8];
	struct xm_err err = {};
	struct all a = {};

	CHECK_EQ_INT(xm_field_parse(field("name"), &a, "longest", &err), 0);
	CHECK_EQ_INT(xm_field_parse(field("name"), &a, "ab", &err), 0);
	CHECK(!memcmp(a.name + 2, zeros, 6));
}

static void check_print(const char *label, const struct all *a, const char *human, const char *raw)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

	REQUIRE(field(label));
	xm_field_print(field(label), a, false, &b);
	CHECK_STR(b.data, human);
	xm_buf_reset(&b);
	xm_field_print(field(label), a, true, &b);
	CHECK_STR(b.data, raw);
}

static void test_print_plain(void)
{
	struct all a = { .count = 5,
			 .pid = 1,
			 .colour = 2,
			 .big = UINT64_MAX,
			 .delta = -7,
			 .ratio = 0.1,
			 .name = "x",
			 .text = "borrowed" };

	check_print("flag", &a, "false", "false");
	check_print("count", &a, "5", "5");
	check_print("pid", &a, "1", "1");
	check_print("colour", &a, "blue", "blue");
	check_print("big", &a, "18446744073709551615", "18446744073709551615");
	check_print("delta", &a, "-7", "-7");
	check_print("ratio", &a, "0.1", "0.1");
	check_print("name", &a, "x", "x");
	check_print("text", &a, "borrowed", "borrowed");
	check_print("info", &a, "1", "1");
	a.colour = 3;
	a.text = NULL;
	a.ratio = (double)NAN;
	check_print("colour", &a, "?", "?");
	check_print("text", &a, "", "");
	check_print("ratio", &a, "-", "NaN");
}

static void test_print_times(void)
{
	static const struct {
		uint64_t ns;
		const char *human, *raw;
	} cases[] = { { 0, "0ns", "0" },
		      { 999, "999ns", "999" },
		      { 1000, "1.0us", "1000" },
		      { 131071, "131.1us", "131071" },
		      { 1000000, "1.0ms", "1000000" },
		      { 1000000000, "1.00s", "1000000000" },
		      { 119990000000, "119.99s", "119990000000" },
		      { 120000000000, "2.0m", "120000000000" },
		      { 7200000000000, "2.0h", "7200000000000" },
		      { 172800000000000, "2.0d", "172800000000000" } };
	struct all a = { .age_seconds = -0.0025 };

	for (size_t i = 0; i < XM_ARRAY_LEN(cases); i++) {
		a.wait_ns = cases[i].ns;
		check_print("wait", &a, cases[i].human, cases[i].raw);
	}
	check_print("age", &a, "-2.5ms", "-0.0025");
	a.age_seconds = 90000;
	check_print("age", &a, "25.0h", "90000");
	a.age_seconds = -(double)INFINITY;
	check_print("age", &a, "-Inf", "-Inf");
}

static void test_print_sizes(void)
{
	struct all a = { .size_bytes = 1023, .rate_bytes = 1536, .busy_pct = 12.345 };

	check_print("size", &a, "1023B", "1023");
	a.size_bytes = 4096;
	check_print("size", &a, "4.0KiB", "4096");
	a.size_bytes = UINT64_MAX;
	check_print("size", &a, "16384.0PiB", "18446744073709551615");
	check_print("rate", &a, "1.5KiB", "1536");
	check_print("busy", &a, "12.3%", "12.345");
	a.rate_bytes = -3 * 1048576.0;
	check_print("rate", &a, "-3.0MiB", "-3145728");
	a.busy_pct = (double)NAN;
	check_print("busy", &a, "-", "NaN");
}

static void test_numbers(void)
{
	static const struct xm_field scaled = F(big, XM_U64, .scale = 0.01);
	static const struct xm_field own = F(wait_ns, XM_NS, .scale = 1);
	struct all a = { .flag = true,
			 .count = 5,
			 .big = 250,
			 .wait_ns = 1500000000,
			 .size_bytes = 7,
			 .delta = -9,
			 .ratio = 0.5,
			 .colour = 2 };

	CHECK(xm_field_number(field("flag"), &a) == 1);
	CHECK(xm_field_number(field("count"), &a) == 5);
	CHECK(xm_field_number(field("colour"), &a) == 2);
	CHECK(xm_field_number(field("big"), &a) == 250);
	CHECK(xm_field_number(&scaled, &a) == 2.5);
	CHECK(xm_field_number(field("wait"), &a) == 1.5);
	CHECK(xm_field_number(&own, &a) == 1500000000);
	CHECK(xm_field_number(field("size"), &a) == 7);
	CHECK(xm_field_number(field("delta"), &a) == -9);
	CHECK(xm_field_number(field("ratio"), &a) == 0.5);
	CHECK(xm_field_number(field("info"), &a) == 1);
	CHECK(isnan(xm_field_number(field("name"), &a)));
	CHECK(isnan(xm_field_number(field("text"), &a)));
	CHECK(!xm_field_text(field("count"), &a));
	CHECK_STR(xm_field_text(field("colour"), &a), "blue");
}

/* xm_help_value() is what xm_field_parse() reads back */
static void check_value(const char *label, uint64_t v, const char *want)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;
	const struct xm_field *f = field(label);
	struct all a = {}, back = {};
	struct xm_err err = {};

	memcpy((char *)&a + f->off, &v, sizeof v);
	xm_help_value(f, &a, &b);
	CHECK_STR(b.data, want);
	CHECK_EQ_INT(xm_field_parse(f, &back, b.data, &err), 0);
	CHECK(!memcmp(&a, &back, sizeof a));
}

static void test_help_value(void)
{
	check_value("wait", 1000, "1us");
	check_value("wait", 1001, "1001ns");
	check_value("wait", 1500000000, "1500ms");
	check_value("wait", 60000000000, "1m");
	check_value("size", 0, "0");
	check_value("size", 1000, "1000");
	check_value("size", 65536, "64k");
	check_value("size", 3ULL << 40, "3T");
	check_value("size", UINT64_MAX, "18446744073709551615");
	check_value("big", UINT64_MAX, "18446744073709551615");
	check_value("delta", (uint64_t)-5, "-5");
}

static void test_help_wrap(void)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

	xm_help_wrap("", "", 0, &b);
	CHECK_STR(b.data, "\n");
	xm_buf_reset(&b);
	xm_help_wrap("one  two", "  ", 73, &b);
	CHECK_STR(b.data, "one two\n"); /* ends in column 80 */
	xm_buf_reset(&b);
	xm_help_wrap("one two", "  ", 74, &b);
	CHECK_STR(b.data, "one\n  two\n");
	xm_buf_reset(&b);
	xm_help_wrap("word", "  ", 79, &b);
	CHECK_STR(b.data, "word\n"); /* the first word has no better place */
}

static void test_help_suggest(void)
{
	char best[XM_LABEL_MAX] = "";

	xm_help_suggest("wat", fields, best);
	CHECK_STR(best, "wait");
	xm_help_suggest_name("wat", "what", best); /* as near: the first stays */
	CHECK_STR(best, "wait");
	xm_help_suggest_name("wat", "wat", best);
	CHECK_STR(best, "wat");
	best[0] = 0;
	xm_help_suggest("nothing-like-it", fields, best);
	CHECK_STR(best, "");
}

static const struct xm_field common[] = { F(flag, XM_BOOL, .letter = 'a', .label = "all"),
					  F(big, XM_U64, .label = "a-rather-long-option-name"),
					  {} };
static const struct xm_field nothing[] = { {} };

static void test_help(void)
{
	static const struct xm_opts tables[] = { { "Options", fields, NULL },
						 { "Nothing", nothing, NULL },
						 { "Common options", common, NULL },
						 {} };
	static const char *const examples[] = { "xmon thing -n 3", "xmon thing --no-flag", NULL };
	static const struct xm_help help = {
		.usage = "xmon thing [options] [PID]",
		.summary = "Shows a thing. Its summary is long enough that it does not fit on a "
			   "single line of eighty.",
		.tables = tables,
		.examples = examples,
	};
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

	xm_help_print(&help, &b);
	CHECK(!b.failed);
	CHECK_STR(
		b.data,
		"Usage: xmon thing [options] [PID]\n"
		"Shows a thing. Its summary is long enough that it does not fit on a single line\n"
		"of eighty.\n"
		"\n"
		"Options:\n"
		"      --[no-]flag           help of flag (default true)\n"
		"  -n, --count N             help of count (1 to 100; default 7)\n"
		"      --pid PID             help of pid\n"
		"      --colour WORD         help of colour (red, green, blue; default green)\n"
		"      --big N               help of big\n"
		"      --wait TIME           help of wait_ns (1us to 1m; default 10ms)\n"
		"      --size SIZE           help of size_bytes (default 64k)\n"
		"      --delta N             help of delta (default -3)\n"
		"      --ratio NUMBER        help of ratio (default 0.5)\n"
		"      --age SECONDS         help of age_seconds\n"
		"      --rate BYTES          help of rate_bytes\n"
		"      --busy PERCENT        help of busy_pct\n"
		"      --name TEXT           help of name (default anna)\n"
		"\n"
		"Common options:\n"
		"  -a, --all                 help of flag\n"
		"      --a-rather-long-option-name N\n"
		"                            help of big\n"
		"\n"
		"Examples:\n"
		"  xmon thing -n 3\n"
		"  xmon thing --no-flag\n");
}

static void check_described(const struct xm_field *f, const char *want)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

	xm_help_describe(f, &b);
	CHECK_STR(b.data, want);
}

static void test_help_describe(void)
{
	static const struct xm_field limits[] = {
		F(size_bytes, XM_BYTES, .max = 1 << 20),
		F(size_bytes, XM_BYTES, .min = 512, .def = "4k"),
		F(delta, XM_I64, .min = (uint64_t)-5, .max = 5),
		F(name, XM_STR, .def = ""),
		F(ratio, XM_DOUBLE, .min = 1, .max = 2),
	};

	check_described(&limits[0], "help of size_bytes (at most 1M)");
	check_described(&limits[1], "help of size_bytes (at least 512; default 4k)");
	check_described(&limits[2], "help of delta (-5 to 5)");
	check_described(&limits[3], "help of name");
	check_described(&limits[4], "help of ratio (1 to 2)");
}

static void test_help_fits(void)
{
	static const struct xm_field wordy[] = {
		XM_FIELD(struct all, count, XM_U32,
			 "a description that goes on and on, so that it has to be broken into "
			 "several lines of at most eighty columns each",
			 .min = 5),
		{}
	};
	static const struct xm_opts tables[] = { { NULL, wordy, NULL }, {} };
	static const struct xm_help help = { .usage = "x", .tables = tables };
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

	xm_help_print(&help, &b);
	CHECK_STR(b.data,
		  "Usage: x\n"
		  "\n"
		  "Options:\n"
		  "      --count N             a description that goes on and on, so that it "
		  "has to\n"
		  "                            be broken into several lines of at most "
		  "eighty\n"
		  "                            columns each (at least 5)\n");
}

int main(void)
{
	RUN(test_defaults);
	RUN(test_bad_default_aborts);
	RUN(test_labels);
	RUN(test_parse);
	RUN(test_signed_limits);
	RUN(test_string_is_padded);
	RUN(test_print_plain);
	RUN(test_print_times);
	RUN(test_print_sizes);
	RUN(test_numbers);
	RUN(test_help_value);
	RUN(test_help_wrap);
	RUN(test_help_suggest);
	RUN(test_help);
	RUN(test_help_describe);
	RUN(test_help_fits);
	return check_summary();
}
