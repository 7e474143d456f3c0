/* The agent's configuration: defaults, file, arguments; collectors' options beside their common
 * ones; what may change while it runs. */
#include "agent/conf.h"
#include "check.h"

struct conf {
	struct xm_agent_conf *c;
	struct xm_buf errors;
	char *dir, *file;
};

static void open_conf(struct conf *t)
{
	*t = (struct conf){ .errors = XM_BUF_INIT, .dir = strdup("/tmp/xmon-conf-XXXXXX") };
	CHECK_EQ_INT(xm_agent_conf_new(&t->c), 0);
	CHECK(mkdtemp(t->dir) && asprintf(&t->file, "%s/x.yaml", t->dir) > 0);
}

static void close_conf(struct conf *t)
{
	xm_agent_conf_free(t->c);
	xm_buf_done(&t->errors);
	unlink(t->file);
	rmdir(t->dir);
	free(t->file);
	free(t->dir);
}

#define CONF(t)                                                                                    \
	_cleanup_(close_conf) struct conf t;                                                       \
	open_conf(&t)

static int load(struct conf *t, const char *text)
{
	_cleanup_fclose_ FILE *f = fopen(t->file, "w");

	CHECK(f && fputs(text, f) >= 0 && fflush(f) == 0);
	xm_buf_reset(&t->errors);
	return xm_agent_conf_load(t->c, t->file, &t->errors);
}

/* The words of a command line, separated by blanks */
static int arguments(struct conf *t, const char *line, struct xm_err *err)
{
	char words[512], *rest = words, *argv[16];
	int argc = 0;

	snprintf(words, sizeof words, "%s", line);
	while (argc < 16 && (argv[argc] = strsep(&rest, " ")))
		argc++;
	*err = (struct xm_err){};
	return xm_agent_conf_args(t->c, NULL, argc, argv, err);
}

static struct xm_conf_collector *collector(struct conf *t, const char *name)
{
	for (unsigned i = 0; i < t->c->n_collectors; i++)
		if (!strcmp(t->c->collector[i].desc->name, name))
			return &t->c->collector[i];
	fprintf(stderr, "there is no collector %s\n", name);
	abort();
}

static const struct xm_source_conf *source(struct conf *t, const char *name)
{
	return xm_conf_source(collector(t, name));
}

/* A text option of a collector, by the name a user types */
static const char *option(struct conf *t, const char *name, const char *label)
{
	struct xm_conf_collector *cc = collector(t, name);
	const struct xm_field *f = xm_field_find(cc->fields, label, 0);

	CHECK(f);
	return f ? xm_field_text(f, cc->block) : NULL;
}

static void test_defaults(void)
{
	CONF(t);

	CHECK_STR(t.c->listen, "127.0.0.1:8000,[::1]:8000");
	CHECK_STR(t.c->user, "nobody");
	CHECK_STR(t.c->procfs, "/proc");
	CHECK_STR(t.c->udev_data, "/run/udev/data");
	CHECK_EQ_INT(t.c->log_level, 2);
	CHECK_EQ_INT(t.c->max_series, 20000);
	CHECK(t.c->realtime && t.c->lock_memory);
	for (unsigned i = 0; i < t.c->n_collectors; i++) {
		const struct xm_conf_collector *cc = &t.c->collector[i];

		CHECK_EQ_INT(xm_conf_source(cc)->enabled, !(cc->desc->flags & XM_OFF));
		CHECK(xm_conf_source(cc)->period_ns >= XM_NS_PER_SEC);
		CHECK(xm_conf_source(cc)->deadline_ns >= XM_NS_PER_MS);
		CHECK(!cc->desc->opts || cc->desc->conf_size);
	}
	CHECK(t.c->n_collectors >= 5);
}

/* Where things are kept, by who runs it and what the environment says */
static void test_default_paths(void)
{
	struct xm_agent_conf *c;
	bool root = geteuid() == 0;

	setenv("XDG_STATE_HOME", "/s", 1);
	setenv("XDG_RUNTIME_DIR", "/r", 1);
	CHECK_EQ_INT(xm_agent_conf_new(&c), 0);
	CHECK_STR(c->data_dir, root ? "/var/lib/xmon" : "/s/xmon");
	CHECK_STR(c->socket, root ? "/run/xmon/xmon.sock" : "/r/xmon/xmon.sock");
	xm_agent_conf_free(c);
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	setenv("HOME", "/h", 1);
	CHECK_EQ_INT(xm_agent_conf_new(&c), 0);
	CHECK_STR(c->data_dir, root ? "/var/lib/xmon" : "/h/.local/state/xmon");
	CHECK_STR(c->socket, root ? "/run/xmon/xmon.sock" : "");
	xm_agent_conf_free(c);
}

static void test_file(void)
{
	CONF(t);

	CHECK_EQ_INT(load(&t, "listen: [127.0.0.1:1, '[::1]:2']\n"
			      "log-level: debug\n"
			      "path.procfs: /x\n"
			      "collectors:\n"
			      "  loadavg:\n"
			      "    enabled: no\n"
			      "  netdev:\n"
			      "    period: 5s\n"
			      "    device-exclude: ^veth\n"),
		     0);
	CHECK_STR(t.errors.data, "");
	CHECK_STR(t.c->listen, "127.0.0.1:1,[::1]:2");
	CHECK_EQ_INT(t.c->log_level, 3);
	CHECK_STR(t.c->procfs, "/x");
	CHECK(!source(&t, "loadavg")->enabled);
	CHECK(source(&t, "netdev")->enabled);
	CHECK_EQ_INT(source(&t, "netdev")->period_ns, 5 * XM_NS_PER_SEC);
	CHECK_STR(option(&t, "netdev", "device-exclude"), "^veth");
	CHECK_STR(option(&t, "netdev", "device-include"), ""); /* keeps its default */
	CHECK(source(&t, "meminfo")->enabled);
}

/* The collector's own options come to it, and only they */
static void test_own_options(void)
{
	struct xm_conf_collector *cc;
	const char *exclude;
	CONF(t);

	CHECK_EQ_INT(load(&t, "collectors: {netdev: {device-exclude: abc, enabled: false}}"), 0);
	cc = collector(&t, "netdev");
	exclude =
		xm_field_text(xm_field_find(cc->desc->opts, "device-exclude", 0), xm_conf_own(cc));
	CHECK_STR(exclude, "abc");
	CHECK(!xm_conf_source(cc)->enabled);
}

static void test_errors_of_a_file(void)
{
	char want[1024];
	CONF(t);

	CHECK_EQ_INT(load(&t, "lisen: x\n"
			      "max-series: 5\n"
			      "collectors:\n"
			      "  netdevv:\n"
			      "    enabled: true\n"
			      "  netdev:\n"
			      "    device-exclud: x\n"
			      "    period: ten\n"
			      "    enabled: perhaps\n"),
		     -EINVAL);
	snprintf(
		want, sizeof want,
		"%s:1:1: unknown key 'lisen' (did you mean 'listen'?)\n"
		"%s:2:13: max-series: '5' is out of range; it takes 100 to 32768\n"
		"%s:4:3: unknown key 'netdevv' in collectors (did you mean 'netdev'?)\n"
		"%s:7:5: unknown key 'device-exclud' in collectors.netdev (did you mean "
		"'device-exclude'?)\n"
		"%s:8:13: period: 'ten' is not such a value; it takes a time such as 500ms, 10s or "
		"2m\n"
		"%s:9:14: enabled: 'perhaps' is not such a value; it takes true or false\n",
		t.file, t.file, t.file, t.file, t.file, t.file);
	CHECK_STR(t.errors.data, want);
}

static void test_no_file(void)
{
	CONF(t);

	CHECK_EQ_INT(xm_agent_conf_load(t.c, "/nonexistent/x.yaml", &t.errors), -ENOENT);
	CHECK_CONTAINS(t.errors.data, "/nonexistent/x.yaml");
}

static void test_arguments(void)
{
	struct xm_err err;
	CONF(t);

	CHECK_EQ_INT(load(&t, "listen: 127.0.0.1:1\nlog-level: error\n"
			      "collectors: {loadavg: {enabled: false}, netdev: {period: 3s}}\n"),
		     0);
	CHECK_EQ_INT(arguments(&t,
			       "--listen 127.0.0.1:2 --collector.loadavg --no-collector.meminfo "
			       "--collector.netdev.device-exclude=^br --no-realtime "
			       "--path.rootfs=/host --collector.stat=false",
			       &err),
		     7 + 1);
	CHECK_STR(t.c->listen, "127.0.0.1:2");
	CHECK_EQ_INT(t.c->log_level, 0);
	CHECK(source(&t, "loadavg")->enabled);
	CHECK(!source(&t, "meminfo")->enabled);
	CHECK(!source(&t, "stat")->enabled);
	CHECK_STR(option(&t, "netdev", "device-exclude"), "^br");
	CHECK_EQ_INT(source(&t, "netdev")->period_ns, 3 * XM_NS_PER_SEC);
	CHECK(!t.c->realtime);
	CHECK_STR(t.c->rootfs, "/host");
	CHECK_STR(xm_agent_conf_paths(t.c).dir[XM_ROOT], "/host");
	CHECK_STR(xm_agent_conf_paths(t.c).dir[XM_SYS], "/sys");
}

static void test_errors_of_arguments(void)
{
	static const struct {
		const char *line, *why;
	} wrong[] = {
		{ "--collector.netdevv", "unknown collector 'netdevv' (did you mean 'netdev'?)" },
		{ "--no-collector.qqqqqqqq", "unknown option --no-collector.qqqqqqqq" },
		{ "--collector.netdev.colour=x", "unknown option 'colour' of collector 'netdev'" },
		{ "--collector.netdev.period=1ms", "out of range" },
		{ "--collector.=1", "unknown collector ''" },
		{ "--lissten=x", "--listen" },
		{ "--max-series=99999", "out of range" },
	};
	CONF(t);

	for (unsigned i = 0; i < XM_ARRAY_LEN(wrong); i++) {
		struct xm_err err;

		CHECK(arguments(&t, wrong[i].line, &err) < 0);
		CHECK_CONTAINS(err.msg, wrong[i].why);
	}
}

/* What is printed loads to the same configuration */
static void test_print(void)
{
	_cleanup_buf_ struct xm_buf first = XM_BUF_INIT, second = XM_BUF_INIT;
	char label[XM_LABEL_MAX];
	struct xm_err err;
	CONF(t);
	CONF(u);

	CHECK_EQ_INT(arguments(&t,
			       "--listen=127.0.0.1:7 --log-level=warning --no-collector.stat "
			       "--collector.netdev.device-exclude=^(a|\"b\"):#$ "
			       "--collector.loadavg.period=90s",
			       &err),
		     5);
	xm_agent_conf_print(t.c, &first);
	CHECK_EQ_INT(load(&u, first.data), 0);
	CHECK_STR(u.errors.data, "");
	CHECK_STR(option(&u, "netdev", "device-exclude"), "^(a|\"b\"):#$");
	CHECK_EQ_INT(source(&u, "loadavg")->period_ns, 90 * XM_NS_PER_SEC);
	CHECK(!source(&u, "stat")->enabled);
	CHECK(!xm_agent_conf_fixed(t.c, u.c, label));
	xm_agent_conf_print(u.c, &second);
	CHECK_STR(second.data, first.data);
}

/* What only a restart can change, by the name that the user has typed */
static void test_fixed(void)
{
	static const char *const line[][2] = {
		{ "--listen=127.0.0.1:9", "listen" },   { "--data-dir=/x", "data-dir" },
		{ "--socket-group=x", "socket-group" }, { "--user=daemon", "user" },
		{ "--max-series=500", "max-series" },   { "--no-realtime", "realtime" },
		{ "--path.procfs=/x", "path.procfs" },
	};
	char label[XM_LABEL_MAX];
	struct xm_err err;
	CONF(t);

	for (unsigned i = 0; i < XM_ARRAY_LEN(line); i++) {
		CONF(u);

		CHECK(!xm_agent_conf_fixed(t.c, u.c, label));
		CHECK(arguments(&u, line[i][0], &err) >= 0);
		CHECK(xm_agent_conf_fixed(t.c, u.c, label));
		CHECK_STR(label, line[i][1]);
	}
	CHECK(arguments(&t, "--log-level=debug --no-collector.stat", &err) >= 0);
	CONF(v);
	CHECK(!xm_agent_conf_fixed(t.c, v.c, label));
	/* a longer value that is taken back leaves no trace */
	CHECK(arguments(&v, "--listen=127.0.0.1:8000,[::1]:8000,127.0.0.1:8001", &err) >= 0);
	CHECK(arguments(&v, "--listen=127.0.0.1:8000,[::1]:8000", &err) >= 0);
	CHECK(!xm_agent_conf_fixed(t.c, v.c, label));
}

int main(void)
{
	RUN(test_defaults);
	RUN(test_default_paths);
	RUN(test_file);
	RUN(test_own_options);
	RUN(test_errors_of_a_file);
	RUN(test_no_file);
	RUN(test_arguments);
	RUN(test_errors_of_arguments);
	RUN(test_print);
	RUN(test_fixed);
	return check_summary();
}
