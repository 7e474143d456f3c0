/* field/config: what a file may say, every error with its place, printing what loads again. */
#include "check.h"
#include "failmalloc.h"
#include "field/config.h"
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

static const char *const levels[] = { "error", "info", "debug", NULL };

struct top {
	char listen[64];
	uint32_t level;
	bool quiet;
	uint64_t interval_ns, cache_bytes;
};
struct cpu {
	bool enabled, guest;
};
struct netdev {
	bool enabled;
	char device_exclude[64];
	uint32_t max_devices;
	int64_t nice;
	double ratio;
};

static const struct xm_field top_fields[] = {
	XM_FIELD(struct top, listen, XM_STR, "where to serve", .def = "127.0.0.1:8000"),
	XM_FIELD(struct top, level, XM_ENUM, "what to log", .label = "log-level", .choices = levels,
		 .def = "info"),
	XM_FIELD(struct top, quiet, XM_BOOL, "say nothing"),
	XM_FIELD(struct top, interval_ns, XM_NS, "between two samples", .def = "1s",
		 .min = 100000000, .max = 60000000000),
	XM_FIELD(struct top, cache_bytes, XM_BYTES, "memory to use", .def = "16M"),
	{}
};
static const struct xm_field cpu_fields[] = {
	XM_FIELD(struct cpu, enabled, XM_BOOL, "collect it", .def = "true"),
	XM_FIELD(struct cpu, guest, XM_BOOL, "guest time too"),
	{}
};
static const struct xm_field netdev_fields[] = {
	XM_FIELD(struct netdev, enabled, XM_BOOL, "collect it", .def = "true"),
	XM_FIELD(struct netdev, device_exclude, XM_STR, "regular expression of names to leave out"),
	XM_FIELD(struct netdev, max_devices, XM_U32, "no more than these", .def = "100", .min = 1),
	XM_FIELD(struct netdev, nice, XM_I64, "priority", .min = (uint64_t)-20, .max = 19),
	XM_FIELD(struct netdev, ratio, XM_DOUBLE, "a number"),
	{}
};

/* Compared as bytes: always cleared as a whole first */
static struct conf {
	struct top top;
	struct cpu cpu;
	struct netdev netdev;
} conf;

static const struct xm_section collectors[] = {
	{ .name = "cpu", .help = "processors", .fields = cpu_fields, .obj = &conf.cpu },
	{ .name = "netdev", .fields = netdev_fields, .obj = &conf.netdev },
	{ .name = "bare", .help = "has no keys" },
	{}
};
static const struct xm_section sections[] = {
	{ .name = "collectors", .help = "what is read each second", .subs = collectors }, {}
};
static const struct xm_section root = { .fields = top_fields, .obj = &conf.top, .subs = sections };

static void set_defaults(void)
{
	memset(&conf, 0, sizeof conf);
	xm_fields_default(top_fields, &conf.top);
	xm_fields_default(cpu_fields, &conf.cpu);
	xm_fields_default(netdev_fields, &conf.netdev);
}

static void set_listen(const char *text)
{
	memset(conf.top.listen, 0, sizeof conf.top.listen);
	memcpy(conf.top.listen, text, strlen(text));
}

static int load(const char *text, size_t len, struct xm_buf *errors)
{
	set_defaults();
	return xm_config_load_text("x.yaml", text, len, &root, errors);
}

static void check_load(const char *text)
{
	_cleanup_buf_ struct xm_buf errors = XM_BUF_INIT;

	CHECK_EQ_INT(load(text, strlen(text), &errors), 0);
	CHECK_STR(errors.data, "");
}

static void check_refused(const char *text, size_t len, const char *want)
{
	_cleanup_buf_ struct xm_buf errors = XM_BUF_INIT;

	CHECK_EQ_INT(load(text, len, &errors), -EINVAL);
	CHECK_STR(errors.data, want);
}

static void test_values(void)
{
	check_load("# comment\n"
		   "listen: 0.0.0.0:9100   # all addresses\n"
		   "log-level: debug\n"
		   "quiet: yes\n"
		   "interval: 1.5s\n"
		   "cache: 64M\n"
		   "collectors:\n"
		   "  cpu: { enabled: off, guest: true }\n"
		   "  netdev:\n"
		   "    device-exclude: '^(lo|docker[0-9]+)$'\n"
		   "    max-devices: 7\n"
		   "    nice: -5\n"
		   "    ratio: -1e-3\n");
	CHECK_STR(conf.top.listen, "0.0.0.0:9100");
	CHECK_EQ_INT(conf.top.level, 2);
	CHECK(conf.top.quiet && !conf.cpu.enabled && conf.cpu.guest && conf.netdev.enabled);
	CHECK_EQ_INT(conf.top.interval_ns, 1500000000);
	CHECK_EQ_INT(conf.top.cache_bytes, 64 << 20);
	CHECK_STR(conf.netdev.device_exclude, "^(lo|docker[0-9]+)$");
	CHECK_EQ_INT(conf.netdev.max_devices, 7);
	CHECK_EQ_INT(conf.netdev.nice, -5);
	CHECK(conf.netdev.ratio == -0.001);
}

static void test_nothing_said(void)
{
	static const char *const empty[] = { "",
					     "\n\n",
					     "# only a comment",
					     "---",
					     "---\n...\n",
					     "{}",
					     "~",
					     "null",
					     "\xef\xbb\xbf",
					     "%YAML 1.1\n---\n",
					     "collectors:\n",
					     "collectors:\n  cpu:\n",
					     "collectors: {cpu: {}, bare: }" };
	struct conf before;

	set_defaults();
	before = conf;
	for (size_t i = 0; i < XM_ARRAY_LEN(empty); i++) {
		check_load(empty[i]);
		CHECK(!memcmp(&conf, &before, sizeof conf));
	}
}

static void test_texts(void)
{
	static const struct {
		const char *yaml, *value;
	} cases[] = { { "listen: \"\"", "" },
		      { "listen: ''", "" },
		      { "listen: 'null'", "null" },
		      { "listen: 8000", "8000" },
		      { "listen: true", "true" },
		      { "listen: \"a\\tb\\x41\\u20ac\"", "a\tbA\xe2\x82\xac" },
		      { "listen: it's", "it's" },
		      { "listen: a #b", "a" },
		      { "listen: a#b", "a#b" },
		      { "listen: |\n  one\n  two\n", "one\ntwo\n" },
		      { "listen: >-\n  one\n  two\n", "one two" },
		      { "listen: [a, b, 'c d']", "a,b,c d" },
		      { "listen:\n- a\n- b\n", "a,b" },
		      { "listen: []", "" },
		      { "\xef\xbb\xbflisten: bom", "bom" },
		      { "listen: dos\r\nquiet: true\r\n", "dos" },
		      { "'listen' : quoted", "quoted" },
		      { "? listen\n: question", "question" } };

	for (size_t i = 0; i < XM_ARRAY_LEN(cases); i++) {
		check_load(cases[i].yaml);
		CHECK_STR(conf.top.listen, cases[i].value);
	}
}

static const struct {
	const char *text, *errors;
} refused[] = {
	/* keys */
	{ "collectors:\n  cpu:\n    enabledd: true\n",
	  "x.yaml:3:5: unknown key 'enabledd' in collectors.cpu (did you mean 'enabled'?)\n" },
	{ "collector: {}", "x.yaml:1:1: unknown key 'collector' (did you mean 'collectors'?)\n" },
	{ "colectors:\n  cpu: [1, {a: 2}]\nquiet: 7\n",
	  "x.yaml:1:1: unknown key 'colectors' (did you mean 'collectors'?)\n"
	  "x.yaml:3:8: quiet: '7' is not such a value; it takes true or false\n" },
	{ "collectors: {gpu: {}}",
	  "x.yaml:1:14: unknown key 'gpu' in collectors (did you mean 'cpu'?)\n" },
	{ "frequency: 5", "x.yaml:1:1: unknown key 'frequency'\n" },
	{ "interval_ns: 5s", "x.yaml:1:1: unknown key 'interval_ns' (did you mean 'interval'?)\n" },
	{ "\"a\\nb\\e[31m\": 1", "x.yaml:1:1: unknown key 'a?b?[31m'\n" },
	{ "\"listen\\0\": 1", "x.yaml:1:1: a key must be a word\n" },
	{ "[listen]: 1\nquiet: 7", "x.yaml:1:1: a key must be a word\n"
				   "x.yaml:2:8: quiet: '7' is not such a value; it takes true or "
				   "false\n" },
	{ "? {a: b}\n: {c: d}\n", "x.yaml:1:3: a key must be a word\n" },
	{ "quiet: true\nlisten: a\nquiet: false\n",
	  "x.yaml:3:1: duplicate key 'quiet' (first on line 1)\n" },
	{ "collectors: {}\ncollectors: {x: 1}\n",
	  "x.yaml:2:1: duplicate key 'collectors' (first on line 1)\n" },
	{ "\xc3\xa4\xc3\xb6: {\xc3\xbc: 1}\nquiet: \xe2\x82\xac",
	  "x.yaml:1:1: unknown key '\xc3\xa4\xc3\xb6'\n"
	  "x.yaml:2:8: quiet: '\xe2\x82\xac' is not such a value; it takes true or false\n" },
	/* values */
	{ "interval: 5m\nlog-level: loud\n",
	  "x.yaml:1:11: interval: '5m' is out of range; it takes 100.0ms to 60.00s\n"
	  "x.yaml:2:12: log-level: 'loud' is not such a value; it takes one of error, info, "
	  "debug\n" },
	{ "quiet: yes please", "x.yaml:1:8: quiet: 'yes please' is not such a value; it takes true "
			       "or false\n" },
	{ "listen: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "x.yaml:1:9: listen: longer than 63 bytes\n" },
	{ "quiet:\n", "x.yaml:1:7: quiet: no value\n" },
	{ "quiet: ~\ninterval: null", "x.yaml:1:8: quiet: no value\n"
				      "x.yaml:2:11: interval: no value\n" },
	{ "listen:", "x.yaml:1:8: listen: no value, write \"\" for an empty text\n" },
	{ "listen: \"a\\0b\"", "x.yaml:1:9: listen: a NUL byte in the text\n" },
	{ "listen: {a: b}\nquiet: [true]\nlog-level: {}\n",
	  "x.yaml:1:9: listen: expected a single value, found a section of keys\n"
	  "x.yaml:2:8: quiet: expected a single value, found a list\n"
	  "x.yaml:3:12: log-level: expected a single value, found a section of keys\n" },
	{ "listen: [a, [b, {}], {c: d}, e]\n",
	  "x.yaml:1:13: listen: expected a single value, found a list\n"
	  "x.yaml:1:22: listen: expected a single value, found a section of keys\n" },
	{ "listen: [a, '', 'b,c', ~]\n",
	  "x.yaml:1:13: listen: an item of a list cannot be empty\n"
	  "x.yaml:1:17: listen: an item of a list cannot contain ','\n"
	  "x.yaml:1:24: listen: no value, write \"\" for an empty text\n" },
	{ "listen: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]",
	  "x.yaml:1:9: listen: longer than 63 bytes\n" },
	{ "listen: ['', aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]",
	  "x.yaml:1:10: listen: an item of a list cannot be empty\n" },
	/* sections */
	{ "collectors: on\n",
	  "x.yaml:1:13: collectors: expected a section of keys, found a single value\n" },
	{ "collectors:\n- cpu\n- netdev\nquiet: x",
	  "x.yaml:2:1: collectors: expected a section of keys, found a list\n"
	  "x.yaml:4:8: quiet: 'x' is not such a value; it takes true or false\n" },
	{ "- a\n- b\n", "x.yaml:1:1: expected 'key: value', found a list\n" },
	{ "just words", "x.yaml:1:1: expected 'key: value', found a single value\n" },
	{ "listen:x", "x.yaml:1:1: expected 'key: value', found a single value\n" },
	{ "collectors: {bare: {x: 1}}", "x.yaml:1:21: unknown key 'x' in collectors.bare\n" },
	/* of YAML, what is not for us */
	{ "listen: &here a\nquiet: *here\n",
	  "x.yaml:1:9: '&here': anchors are not supported\n"
	  "x.yaml:2:8: '*here': aliases are not supported, repeat the value\n" },
	{ "collectors: &c\n  cpu: &d {enabled: 5}\n",
	  "x.yaml:1:13: '&c': anchors are not supported\n"
	  "x.yaml:2:8: '&d': anchors are not supported\n"
	  "x.yaml:2:21: enabled: '5' is not such a value; it takes true or false\n" },
	{ "listen: [&a x, *a]",
	  "x.yaml:1:10: '&a': anchors are not supported\n"
	  "x.yaml:1:16: '*a': aliases are not supported, repeat the value\n" },
	{ "collectors: *a", "x.yaml:1:13: '*a': aliases are not supported, repeat the value\n" },
	{ "*a : 1", "x.yaml:1:1: '*a': aliases are not supported, repeat the value\n" },
	{ "<<: *base\n", "x.yaml:1:1: unknown key '<<'\n"
			 "x.yaml:1:5: '*base': aliases are not supported, repeat the value\n" },
	{ "quiet: !!bool true\nlisten: !mine a\n",
	  "x.yaml:1:8: '!!bool': tags are not supported\n"
	  "x.yaml:2:9: '!mine': tags are not supported\n" },
	{ "listen: a\n---\nlisten: b\n", "x.yaml:2:1: a second document, a file holds one\n" },
	{ "listen: a\n...\nlisten: b\n",
	  "x.yaml:3:1: nothing may follow here, a file holds one document\n" },
	{ "{}}", "x.yaml:1:3: nothing may follow here, a file holds one document\n" },
	{ "listen: a\n...\n%YAML 1.1\n%TAG !a! b\n---\nlisten: b\n",
	  "x.yaml:3:1: a second document, a file holds one\n" },
	/* not YAML */
	{ "quiet: 7\n\tlisten: a\n",
	  "x.yaml:2:1: a tab cannot indent, use spaces\n" }, /* found while looking where 7 ends */
	{ "collectors:\n\tcpu:\n", "x.yaml:2:1: a tab cannot indent, use spaces\n" },
	{ "quiet: true\nlisten\ncollectors: {}\n",
	  "x.yaml:2:1: expected 'key: value', there is no ':'\n" },
	{ "quiet: true\n  listen: a\n",
	  "x.yaml:1:8: quiet: 'true listen' is not such a value; it takes true or false\n"
	  "x.yaml:2:9: unexpected ':', check the indentation or put the value in quotes\n" },
	{ "listen: a: b\n",
	  "x.yaml:1:10: unexpected ':', check the indentation or put the value in quotes\n" },
	{ "listen: a\n- b\n", "x.yaml:2:1: expected 'key: value' here, check the indentation\n" },
	{ "collectors:\n    cpu: {}\n  netdev: {}\n",
	  "x.yaml:3:3: expected 'key: value' here, check the indentation\n" },
	{ "listen: @home", "x.yaml:1:9: '@' cannot start a value, put the value in quotes\n" },
	{ "quiet: true\nlisten: \"abc\n\n\n", "x.yaml:2:9: a quote that is not closed\n" },
	{ "listen: [a, b\nquiet: true\n",
	  "x.yaml:2:6: did not find expected ',' or ']', while parsing a flow sequence that "
	  "starts on line 1\n" },
	{ "listen: \"\\q\"", "x.yaml:1:10: found unknown escape character, while parsing a quoted "
			     "scalar that starts on line 1\n" },
	{ "quiet: 7\nlisten: \xc3\xa4\xff\n",
	  "x.yaml:2:10: cannot be read as text: invalid leading UTF-8 octet\n" },
	{ "listen: a\x01",
	  "x.yaml:1:10: cannot be read as text: control characters are not allowed\n" },
	{ "\xff\xfe\x6c", "x.yaml:1:1: cannot be read as text: invalid leading UTF-8 octet\n" },
	{ "%YAML 2.0\n---\nquiet: on\n", "x.yaml:1:1: found incompatible YAML document\n" },
	/* too deep */
	{ "a: {b: {c: {d: {e: {f: {g: {h: 1}}}}}}}", /* eight is allowed, but unknown */
	  "x.yaml:1:1: unknown key 'a'\n" },
	{ "a: {b: {c: {d: {e: {f: {g: {h: [1]}}}}}}}\nb: 1\n",
	  "x.yaml:1:1: unknown key 'a'\n"
	  "x.yaml:1:32: nested deeper than 8, not read further\n" },
};

static void test_refused(void)
{
	for (size_t i = 0; i < XM_ARRAY_LEN(refused); i++)
		check_refused(refused[i].text, strlen(refused[i].text), refused[i].errors);
}

static void test_nul(void)
{
	check_refused("quiet: true\nlis\0ten: a\n", 23, "x.yaml:2:4: a NUL byte, not UTF-8 text\n");
	check_refused("\0", 1, "x.yaml:1:1: a NUL byte, not UTF-8 text\n");
}

/* What stands before the first error that ends the reading was read */
static void test_reads_on_after_errors(void)
{
	_cleanup_buf_ struct xm_buf errors = XM_BUF_INIT;
	static const char text[] = "bogus: 1\nquiet: maybe\ncollectors:\n  cpu: {enabled: false}\n";

	CHECK_EQ_INT(load(text, strlen(text), &errors), -EINVAL);
	CHECK(!conf.cpu.enabled);
}

static void test_long_words(void)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT, errors = XM_BUF_INIT;

	for (int i = 0; i < 10000; i++)
		xm_buf_addc(&text, 'k');
	xm_buf_adds(&text, ": 1\nquiet: ");
	for (int i = 0; i < 10000; i++)
		xm_buf_addc(&text, 'v');
	CHECK_EQ_INT(load(text.data, text.len, &errors), -EINVAL);
	CHECK(errors.len < 1000); /* each is cut, and each ends its line */
	CHECK(strstr(errors.data, "x.yaml:") == errors.data);
	CHECK(errors.data[errors.len - 1] == '\n');
}

static void test_many_errors(void)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT, errors = XM_BUF_INIT;
	size_t lines = 0;

	for (int i = 0; i < 1000; i++)
		xm_buf_addf(&text, "zzzzz%d: 1\n", i);
	CHECK_EQ_INT(load(text.data, text.len, &errors), -EINVAL);
	for (const char *p = errors.data; (p = strchr(p, '\n')); p++)
		lines++;
	CHECK_EQ_INT(lines, XM_CONFIG_ERRORS + 1);
	CHECK_CONTAINS(errors.data, "x.yaml:100:1: unknown key 'zzzzz99'\n"
				    "x.yaml: more than 99 errors, not read further\n");
}

/* Errors are added to what the buffer holds */
static void test_errors_are_appended(void)
{
	_cleanup_buf_ struct xm_buf errors = XM_BUF_INIT;

	xm_buf_adds(&errors, "before\n");
	CHECK_EQ_INT(load("q: 1", 4, &errors), -EINVAL);
	CHECK_STR(errors.data, "before\nx.yaml:1:1: unknown key 'q'\n");
}

/* A file in a directory of its own, gone at the end of the scope */
struct temporary {
	char dir[32], path[48];
};

static struct temporary write_file(const void *data, size_t len)
{
	struct temporary t = { .dir = "/tmp/xmon-config-XXXXXX" };
	FILE *f;

	CHECK(mkdtemp(t.dir));
	snprintf(t.path, sizeof t.path, "%s/x.yaml", t.dir);
	f = fopen(t.path, "w");
	CHECK(f && fwrite(data, 1, len, f) == len);
	if (f)
		fclose(f);
	return t;
}

static void remove_file(struct temporary *t)
{
	unlink(t->path);
	rmdir(t->dir);
}

static void check_file(const char *path, int want, const char *sentence)
{
	_cleanup_buf_ struct xm_buf errors = XM_BUF_INIT, expected = XM_BUF_INIT;

	set_defaults();
	CHECK_EQ_INT(xm_config_load(path, &root, &errors), want);
	if (want < 0)
		xm_buf_addf(&expected, "%s%s\n", path, sentence);
	CHECK_STR(errors.data, expected.data);
}

static void test_file(void)
{
	_cleanup_(remove_file) struct temporary t = write_file("quiet: on\nlog-level: x", 22);
	_cleanup_(remove_file) struct temporary good = write_file("quiet: on\n", 10);

	check_file(t.path, -EINVAL,
		   ":2:12: log-level: 'x' is not such a value; it takes one of error, info, debug");
	check_file(good.path, 0, "");
	CHECK(conf.top.quiet);
	check_file(t.dir, -EISDIR, ": cannot be read: Is a directory");
	check_file("/nonexistent/x.yaml", -ENOENT, ": cannot be read: No such file or directory");
	check_file("/dev/null", 0, "");
	check_file("/dev/zero", -EFBIG, ": larger than 1048576 bytes");
	if (geteuid() == 0) /* who may read every file is not refused */
		return;
	chmod(good.path, 0);
	check_file(good.path, -EACCES, ": cannot be read: Permission denied");
}

static void test_file_size(void)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;

	xm_buf_adds(&text, "quiet: on\n");
	while (text.len < XM_CONFIG_SIZE)
		xm_buf_addc(&text, text.len % 64 ? '#' : '\n');
	{
		_cleanup_(remove_file) struct temporary t = write_file(text.data, text.len);

		check_file(t.path, 0, "");
		CHECK(conf.top.quiet);
	}
	xm_buf_addc(&text, '\n');
	_cleanup_(remove_file) struct temporary t = write_file(text.data, text.len);
	check_file(t.path, -EFBIG, ": larger than 1048576 bytes");
}

static void test_print(void)
{
	_cleanup_buf_ struct xm_buf out = XM_BUF_INIT;

	set_defaults();
	conf.netdev.max_devices = 0; /* below min: no file can say it */
	conf.netdev.ratio = (double)NAN;
	set_listen("a\"b\\\n");
	xm_config_print(&root, &out);
	CHECK(!out.failed);
	CHECK_STR(out.data, "# where to serve (default 127.0.0.1:8000)\n"
			    "listen: \"a\\\"b\\\\\\U0000000a\"\n"
			    "# what to log (error, info, debug; default info)\n"
			    "log-level: info\n"
			    "# say nothing\n"
			    "quiet: false\n"
			    "# between two samples (100ms to 1m; default 1s)\n"
			    "interval: 1s\n"
			    "# memory to use (default 16M)\n"
			    "cache: 16M\n"
			    "\n"
			    "# what is read each second\n"
			    "collectors:\n"
			    "\n"
			    "  # processors\n"
			    "  cpu:\n"
			    "    # collect it (default true)\n"
			    "    enabled: true\n"
			    "    # guest time too\n"
			    "    guest: false\n"
			    "\n"
			    "  netdev:\n"
			    "    # collect it (default true)\n"
			    "    enabled: true\n"
			    "    # regular expression of names to leave out\n"
			    "    device-exclude: \"\"\n"
			    "    # no more than these (at least 1; default 100)\n"
			    "    # max-devices: 0\n"
			    "    # priority (-20 to 19)\n"
			    "    nice: 0\n"
			    "    # a number\n"
			    "    # ratio: NaN\n"
			    "\n"
			    "  # has no keys\n"
			    "  bare:\n");
}

/* Print the objects, load that over the defaults, and have the same bytes again */
static void check_round_trip(void)
{
	_cleanup_buf_ struct xm_buf out = XM_BUF_INIT, errors = XM_BUF_INIT;
	struct conf before = conf;

	xm_config_print(&root, &out);
	CHECK_EQ_INT(load(out.data, out.len, &errors), 0);
	CHECK_STR(errors.data, "");
	if (!CHECK(!memcmp(&conf, &before, sizeof conf)))
		fprintf(stderr, "printed as:\n%s", out.data);
}

static void test_round_trip(void)
{
	static const char *const texts[] = {
		"",
		"null",
		"~",
		" a ",
		"a: b",
		"# x",
		"'",
		"\"",
		"\\",
		"\t\r\n\f",
		"\x7f\x01\x1b",
		"\xc3\xa4",
		"\xc2\x80",
		"a \xc2\x85 b",
		"- a",
		"@",
		"%",
		"[a, b]",
		"{a: b}",
		"&a",
		"*a",
		"!x",
		"? x",
		"a\n\n b",
		"trailing\n",
		"a \xe2\x80\xa8 b",
		"a \xe2\x80\xa9 b",
		"\xef\xbb\xbf",
		"\xef\xbf\xbe",
		"\xf0\x9f\x98\x80",
		"\xf4\x8f\xbf\xbf",
		"\xee\x80\x80",
		"a,b,c",
	};

	set_defaults();
	check_round_trip();
	for (size_t i = 0; i < XM_ARRAY_LEN(texts); i++) {
		set_defaults();
		set_listen(texts[i]);
		check_round_trip();
	}
	set_defaults();
	conf.top.interval_ns = 1234567891;
	conf.top.cache_bytes = UINT64_MAX;
	conf.top.quiet = true;
	conf.top.level = 0;
	conf.netdev.nice = -20;
	conf.netdev.ratio = 0.1 + 0.2;
	check_round_trip();
}

/* Every ASCII character, also doubled and between letters */
static void test_round_trip_characters(void)
{
	for (int c = 1; c < 128; c++) {
		set_defaults();
		set_listen((char[]){ (char)c, (char)c, 'x', (char)c, 0 });
		check_round_trip();
	}
}

/* Bytes that are no UTF-8 cannot be kept; what is printed still loads */
static void test_print_not_utf8(void)
{
	_cleanup_buf_ struct xm_buf out = XM_BUF_INIT, errors = XM_BUF_INIT;

	set_defaults();
	set_listen("a\xff\xc3");
	xm_config_print(&root, &out);
	CHECK_EQ_INT(load(out.data, out.len, &errors), 0);
	CHECK_STR(conf.top.listen, "a\xef\xbf\xbd\xef\xbf\xbd");
}

/* Load with the nth allocation failing; false once there is no nth */
static bool load_without_memory(long n, bool sticky, const char *path, int healthy)
{
	struct xm_buf errors = XM_BUF_INIT;
	long held = failmalloc_held(), failures;
	int r;

	failmalloc_start(n, sticky);
	r = xm_config_load(path, &root, &errors);
	failures = failmalloc_stop();
	xm_buf_done(&errors);
	CHECK_EQ_INT(failmalloc_held(), held);
	CHECK_EQ_INT(r, failures ? -ENOMEM : healthy);
	return failures;
}

static void check_without_memory(const char *text, int healthy)
{
	_cleanup_(remove_file) struct temporary t = write_file(text, strlen(text));
	long n = 1;

	while (load_without_memory(n, false, t.path, healthy))
		n++;
	CHECK(n > 5);
	n = 1;
	while (load_without_memory(n, true, t.path, healthy))
		n++;
	CHECK(n > 5);
}

static void test_load_without_memory(void)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;

	set_defaults();
	xm_config_print(&root, &text);
	check_without_memory(text.data, 0);
	check_without_memory("listen: [a, b, c]\ncollectors: {cpu: {guest: on}}\n", 0);
	for (size_t i = 0; i < XM_ARRAY_LEN(refused); i++)
		check_without_memory(refused[i].text, -EINVAL);
}

static void test_print_without_memory(void)
{
	struct xm_buf out = XM_BUF_INIT;
	long held, failures = 1, n;

	set_defaults();
	for (n = 1; failures; n++) {
		held = failmalloc_held();
		failmalloc_start(n, false);
		xm_config_print(&root, &out);
		failures = failmalloc_stop();
		CHECK(out.failed == (failures > 0));
		xm_buf_done(&out);
		CHECK_EQ_INT(failmalloc_held(), held);
	}
	CHECK(n > 20);
}

int main(void)
{
	RUN(test_values);
	RUN(test_nothing_said);
	RUN(test_texts);
	RUN(test_refused);
	RUN(test_nul);
	RUN(test_reads_on_after_errors);
	RUN(test_long_words);
	RUN(test_many_errors);
	RUN(test_errors_are_appended);
	RUN(test_file);
	RUN(test_file_size);
	RUN(test_print);
	RUN(test_round_trip);
	RUN(test_round_trip_characters);
	RUN(test_print_not_utf8);
	if (FAILMALLOC_WORKS) {
		RUN(test_load_without_memory);
		RUN(test_print_without_memory);
	} else {
		puts("skipped: failing allocations, the sanitizer owns malloc");
	}
	return check_summary();
}
