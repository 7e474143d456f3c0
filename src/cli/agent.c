/* xmon agent: options and configuration file, then the agent itself. */
#include "agent/agent.h"
#include "cli/verb.h"
#include "field/help.h"

struct agent_verb {
	char config[256];
	bool check, print_config, help;
	int argc;
	char **argv;
};

static const struct xm_field verb_opts[] = {
	XM_FIELD(struct agent_verb, config, XM_STR, "configuration file (YAML)", .letter = 'c'),
	XM_FIELD(struct agent_verb, check, XM_BOOL, "only check the configuration"),
	XM_FIELD(struct agent_verb, print_config, XM_BOOL,
		 "print the configuration in effect, and every option there is"),
	XM_FIELD(struct agent_verb, help, XM_BOOL, "this text", .letter = 'h'),
	{}
};

static int print_help(void)
{
	static const char *const examples[] = {
		"xmon agent",
		"xmon agent --listen 0.0.0.0:9100 --hosts db7.example.com",
		"xmon agent -c /etc/xmon/xmon.yaml --check",
		"xmon agent --no-collector.hwmon --collector.netdev.device-exclude='^veth'",
		"xmon agent --print-config > xmon.yaml",
		NULL
	};
	struct agent_verb v = {};
	_cleanup_(xm_agent_conf_freep) struct xm_agent_conf *conf = NULL;
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;

	if (xm_agent_conf_new(&conf) < 0)
		return xm_complain("agent", XM_EXIT_FAILED, "out of memory");
	struct xm_opts tables[] = { { "Options", verb_opts, &v },
				    { "Agent", xm_agent_opts, conf },
				    {} };
	struct xm_help help = {
		.usage = "xmon agent [options]",
		.summary = "Monitor this machine every second: dashboard, /metrics, history. "
			   "--collector.NAME.OPTION sets an option of a collector and "
			   "--no-collector.NAME turns it off; --print-config shows them all.",
		.tables = tables,
		.examples = examples,
	};

	xm_help_print(&help, &text);
	fputs(text.data, stdout);
	return XM_EXIT_OK;
}

/* Defaults, then the file, then the arguments. Errors go to ret_errors, a line each. */
static int make_conf(struct agent_verb *v, struct xm_agent_conf **ret, struct xm_buf *ret_errors)
{
	_cleanup_(xm_agent_conf_freep) struct xm_agent_conf *conf = NULL;
	struct xm_opts own = { "Options", verb_opts, v };
	struct xm_err err = {};
	int r = xm_agent_conf_new(&conf);

	if (r < 0)
		return r;
	r = xm_agent_conf_args(conf, &own, v->argc, v->argv, &err);
	if (r >= 0 && *v->config) {
		/* the arguments count more: they come again, over the file */
		r = xm_agent_conf_load(conf, v->config, ret_errors);
		if (r < 0)
			return r;
		r = xm_agent_conf_args(conf, &own, v->argc, v->argv, &err);
	}
	if (r < 0) {
		xm_buf_adds(ret_errors, xm_err_text(&err, r));
		return r;
	}
	if (r < v->argc) {
		xm_buf_addf(ret_errors, "unexpected argument '%s'", v->argv[r]);
		return -EINVAL;
	}
	*ret = TAKE_PTR(conf);
	return 0;
}

static int reload(void *arg, struct xm_agent_conf **ret, struct xm_buf *ret_errors)
{
	return make_conf(arg, ret, ret_errors);
}

static void complain_lines(const char *text)
{
	size_t n = strcspn(text, "\n");

	while (*text) {
		(void)xm_complain("agent", 0, "%.*s", (int)n, text);
		text += n + (text[n] == '\n');
		n = strcspn(text, "\n");
	}
}

int xm_verb_agent(int argc, char **argv)
{
	struct agent_verb v = { .argc = argc - 1, .argv = argv + 1 };
	_cleanup_(xm_agent_conf_freep) struct xm_agent_conf *conf = NULL;
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
	struct xm_err err = {};
	int r = make_conf(&v, &conf, &text);

	if (v.help)
		return print_help();
	if (r < 0) {
		complain_lines(text.len ? text.data : strerror(-r));
		return XM_EXIT_USAGE;
	}
	if (v.print_config) {
		xm_agent_conf_print(conf, &text);
		fputs(text.data, stdout);
		return XM_EXIT_OK;
	}
	if (v.check) {
		printf("%s%sthe configuration is valid\n", v.config, *v.config ? ": " : "");
		return XM_EXIT_OK;
	}
	r = xm_agent_main(
		&(struct xm_agent_start){ .conf = TAKE_PTR(conf), .reload = reload, .arg = &v },
		&err);
	if (r < 0)
		return xm_complain("agent", XM_EXIT_FAILED, "%s", xm_err_text(&err, r));
	return XM_EXIT_OK;
}
