/* field/args: every spelling of an option, names from a resolver, and what is refused in words. */
#include "check.h"
#include "field/args.h"

struct own {
	bool json, header, verbose;
	uint64_t warn_ns;
	uint32_t pid, depth;
	int64_t offset;
	double ratio;
	char name[16];
};
struct shared {
	char procfs[32];
	uint32_t count;
};
struct collector {
	bool enabled;
	char device_exclude[32];
};

static const struct xm_field own_fields[] = {
	XM_FIELD(struct own, json, XM_BOOL, "h", .letter = 'j'),
	XM_FIELD(struct own, header, XM_BOOL, "h", .def = "true"),
	XM_FIELD(struct own, verbose, XM_BOOL, "h", .letter = 'v'),
	XM_FIELD(struct own, warn_ns, XM_NS, "h", .def = "10ms", .letter = 'w', .max = 1000000000),
	XM_FIELD(struct own, pid, XM_PID, "h", .flags = XM_POS),
	XM_FIELD(struct own, depth, XM_U32, "h", .flags = XM_POS, .letter = 'd'),
	XM_FIELD(struct own, offset, XM_I64, "h", .letter = 'o'),
	XM_FIELD(struct own, ratio, XM_DOUBLE, "h"),
	{}
};
static const struct xm_field shared_fields[] = {
	XM_FIELD(struct shared, procfs, XM_STR, "h", .label = "path.procfs", .def = "/proc"),
	XM_FIELD(struct shared, count, XM_U32, "h", .letter = 'n', .def = "1"),
	{}
};
static const struct xm_field named_fields[] = {
	XM_FIELD(struct own, name, XM_STR, "h", .flags = XM_POS, .letter = 'N'), {}
};
static const struct xm_field collector_fields[] = {
	XM_FIELD(struct collector, enabled, XM_BOOL, "h", .def = "true"),
	XM_FIELD(struct collector, device_exclude, XM_STR, "h"),
	{}
};

static struct own own;
static struct shared shared;
static struct collector wifi;

/* collector.wifi is its switch, collector.wifi.KEY one of its options */
static int find_collector(const char *name, void *arg, const struct xm_field **ret_field,
			  void **ret_obj, struct xm_err *err)
{
	const char *key;

	if (strncmp(name, "collector.", 10))
		return -ENOENT;
	if (strncmp(name + 10, "wifi", 4) || !strchr(".", name[14]))
		return xm_fail(err, -ENOENT, "there is no collector for --%s", name);
	key = name[14] ? name + 15 : "enabled";
	*ret_field = xm_field_find(collector_fields, key, 0);
	*ret_obj = arg;
	if (!strcmp(key, "broken"))
		return xm_fail(err, -EIO, "the resolver failed");
	return *ret_field ? 0 : -ENOENT;
}

static char sentence[400];

/* Parse words into fresh structs */
static int parse(const char *const *words)
{
	static const struct xm_field fields[] = { {} };
	const struct xm_opts tables[] = { { "Options", own_fields, &own },
					  { "Empty", fields, NULL },
					  { "Common", shared_fields, &shared },
					  { "Names", named_fields, &own },
					  {} };
	const struct xm_args args = { .tables = tables, .find = find_collector, .arg = &wifi };
	struct xm_err err = {};
	int argc = 0, r;

	memset(&own, 0, sizeof own);
	memset(&shared, 0, sizeof shared);
	memset(&wifi, 0, sizeof wifi);
	xm_fields_default(own_fields, &own);
	xm_fields_default(shared_fields, &shared);
	xm_fields_default(collector_fields, &wifi);
	while (words[argc])
		argc++;
	r = xm_args_parse(&args, argc, (char *const *)(uintptr_t)words, &err);
	snprintf(sentence, sizeof sentence, "%s", err.msg);
	CHECK_EQ_INT(err.code, r < 0 ? r : 0);
	return r;
}

#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })
#define CHECK_REFUSED(why, ...)                                                                    \
	do {                                                                                       \
		CHECK(PARSE(__VA_ARGS__) < 0);                                                     \
		CHECK_STR(sentence, why);                                                          \
	} while (0)

static void test_nothing(void)
{
	CHECK_EQ_INT(parse((const char *const[]){ NULL }), 0);
	CHECK(own.header && !own.json && own.warn_ns == 10000000 && shared.count == 1);
}

static void test_long(void)
{
	CHECK_EQ_INT(PARSE("--warn=3ms", "--json", "--count", "4", "--no-header"), 5);
	CHECK_EQ_INT(own.warn_ns, 3000000);
	CHECK(own.json && !own.header && !own.verbose);
	CHECK_EQ_INT(shared.count, 4);
	CHECK_EQ_INT(PARSE("--warn", "3us", "--header=false", "--json=yes"), 4);
	CHECK_EQ_INT(own.warn_ns, 3000);
	CHECK(own.json && !own.header);
	CHECK_EQ_INT(PARSE("--name=a=b", "--path.procfs="), 2);
	CHECK_STR(own.name, "a=b");
	CHECK_STR(shared.procfs, "");
}

static void test_short(void)
{
	CHECK_EQ_INT(PARSE("-w", "5ms", "-n3"), 3);
	CHECK_EQ_INT(own.warn_ns, 5000000);
	CHECK_EQ_INT(shared.count, 3);
	CHECK_EQ_INT(PARSE("-jvw7ms"), 1);
	CHECK(own.json && own.verbose && own.warn_ns == 7000000);
	CHECK_EQ_INT(PARSE("-vn", "9", "-j"), 3);
	CHECK(own.json && own.verbose && shared.count == 9);
}

static void test_last_wins(void)
{
	CHECK_EQ_INT(PARSE("-n1", "--count=2", "-n", "3", "--json", "--no-json"), 6);
	CHECK_EQ_INT(shared.count, 3);
	CHECK(!own.json);
}

static void test_negative_values(void)
{
	CHECK_EQ_INT(PARSE("--offset", "-5", "--ratio", "-.5"), 4);
	CHECK_EQ_INT(own.offset, -5);
	CHECK(own.ratio == -0.5);
	CHECK_EQ_INT(PARSE("-o-7"), 1);
	CHECK_EQ_INT(own.offset, -7);
	CHECK_EQ_INT(PARSE("--name", "-"), 2);
	CHECK_STR(own.name, "-");
	CHECK_EQ_INT(PARSE("--name=-x"), 1);
	CHECK_STR(own.name, "-x");
}

/* pid and depth of the first table, then name of the last one */
static void test_positionals(void)
{
	CHECK_EQ_INT(PARSE("12", "--json", "3", "me"), 4);
	CHECK(own.pid == 12 && own.depth == 3 && own.json);
	CHECK_STR(own.name, "me");
	CHECK_EQ_INT(PARSE("1", "2", "-"), 3);
	CHECK_STR(own.name, "-");
	CHECK_REFUSED("unexpected argument 'more'", "1", "2", "three", "more");
	CHECK_REFUSED("pid: 'x' is not such a value; it takes a number", "x");
}

static void test_rest(void)
{
	CHECK_EQ_INT(PARSE("--json", "--", "ls", "--warn"), 2);
	CHECK(own.json && own.warn_ns == 10000000);
	CHECK_EQ_INT(PARSE("--"), 1);
	CHECK_EQ_INT(PARSE("--name=--", "4"), 2);
	CHECK_EQ_INT(own.pid, 4);
}

static void test_resolver(void)
{
	CHECK_EQ_INT(PARSE("--path.procfs", "/host", "--collector.wifi.device-exclude=^lo$"), 3);
	CHECK_STR(shared.procfs, "/host");
	CHECK_STR(wifi.device_exclude, "^lo$");
	CHECK_EQ_INT(PARSE("--collector.wifi.device-exclude", "a|b"), 2);
	CHECK_STR(wifi.device_exclude, "a|b");
	CHECK_EQ_INT(PARSE("--no-collector.wifi"), 1);
	CHECK(!wifi.enabled);
	CHECK_EQ_INT(PARSE("--no-collector.wifi", "--collector.wifi"), 2);
	CHECK(wifi.enabled);
	CHECK_REFUSED("there is no collector for --collector.wlan", "--collector.wlan");
	CHECK_REFUSED("unknown option --no-collector.wlan", "--no-collector.wlan");
	CHECK_REFUSED("unknown option --collector.wifi.x", "--collector.wifi.x=1");
	CHECK_REFUSED("unknown option --no-collector.wifi.device-exclude",
		      "--no-collector.wifi.device-exclude");
	CHECK_EQ_INT(PARSE("--collector.wifi.broken"), -EIO);
	CHECK_STR(sentence, "the resolver failed");
}

static void test_unknown(void)
{
	CHECK_REFUSED("unknown option --warm (did you mean --warn?)", "--warm", "3ms");
	CHECK_REFUSED("unknown option --warm (did you mean --warn?)", "--warm=3ms");
	CHECK_REFUSED("unknown option --path.procfz (did you mean --path.procfs?)",
		      "--path.procfz=x");
	CHECK_REFUSED("unknown option --warn_ns (did you mean --warn?)", "--warn_ns=1");
	CHECK_REFUSED("unknown option --something-else", "--something-else");
	CHECK_REFUSED("unknown option --no-warn (did you mean --warn?)", "--no-warn");
	CHECK_REFUSED("unknown option --no-", "--no-");
	CHECK_REFUSED("unknown option --", "--=x");
	CHECK_REFUSED("unknown option -q", "-q");
	CHECK_REFUSED("unknown option -q", "-vq");
	CHECK_REFUSED("unknown option -5", "-5");
	CHECK_EQ_INT(PARSE("--a-name-which-is-so-long-that-no-option-can-have-it-because-labels-"
			   "end-after-forty-seven-characters=1"),
		     -EINVAL);
	CHECK(strlen(sentence) < 130);
}

static void test_values_refused(void)
{
	CHECK_REFUSED("--warn needs a value", "--warn");
	CHECK_REFUSED("-w needs a value", "-vw");
	CHECK_REFUSED("--warn needs a value, '--json' is an option", "--warn", "--json");
	CHECK_REFUSED("-w needs a value, '-v' is an option", "-w", "-v");
	CHECK_REFUSED("--name needs a value, '--' is an option", "--name", "--");
	CHECK_REFUSED("--offset needs a value, '-v' is an option", "--offset", "-v");
	CHECK_REFUSED("--no-json takes no value", "--no-json=true");
	CHECK_REFUSED("--warn: 'soon' is not such a value; it takes a time such as 500ms, 10s or "
		      "2m",
		      "--warn=soon");
	CHECK_REFUSED("-w: '2s' is out of range; it takes 0ns to 1.00s", "-w2s");
	CHECK_REFUSED("--json: 'maybe' is not such a value; it takes true or false",
		      "--json=maybe");
	CHECK_REFUSED("--name: longer than 15 bytes", "--name", "1234567890123456");
}

static void test_without_resolver(void)
{
	static const struct xm_opts tables[] = { { NULL, own_fields, &own }, {} };
	const struct xm_args args = { .tables = tables };
	char *const argv[] = { (char[]){ "--collector.wifi" }, NULL };
	struct xm_err err = {};

	CHECK_EQ_INT(xm_args_parse(&args, 1, argv, &err), -EINVAL);
	CHECK_STR(err.msg, "unknown option --collector.wifi");
}

int main(void)
{
	RUN(test_nothing);
	RUN(test_long);
	RUN(test_short);
	RUN(test_last_wins);
	RUN(test_negative_values);
	RUN(test_positionals);
	RUN(test_rest);
	RUN(test_resolver);
	RUN(test_unknown);
	RUN(test_values_refused);
	RUN(test_without_resolver);
	return check_summary();
}
