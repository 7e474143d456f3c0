/* xmon metrics: one look through the collectors, without an agent. */
#include "agent/conf.h"
#include "cli/describe.h"
#include "cli/verb.h"
#include "field/help.h"

static const char *const formats[] = { "prometheus", "text", "json", "csv", NULL };
static const struct xm_sink *const sinks[] = { &xm_sink_prometheus, &xm_sink_text, &xm_sink_json,
					       &xm_sink_csv };

struct metrics_verb {
	char collectors[512];
	uint32_t format;
	bool describe, help;
};

static const struct xm_field verb_opts[] = {
	XM_FIELD(struct metrics_verb, collectors, XM_STR,
		 "only these, separated by commas (all that are on)", .flags = XM_POS),
	XM_FIELD(struct metrics_verb, format, XM_ENUM, "how to print", .letter = 'f',
		 .choices = formats, .def = "prometheus"),
	XM_FIELD(struct metrics_verb, describe, XM_BOOL,
		 "print which metrics there are, as Markdown"),
	XM_FIELD(struct metrics_verb, help, XM_BOOL, "this text", .letter = 'h'),
	{}
};

static int print_help(struct metrics_verb *v)
{
	static const char *const examples[] = { "xmon metrics", "xmon metrics diskstats -f text",
						"xmon metrics cpu,meminfo -f json",
						"xmon metrics --path.procfs=/host/proc", NULL };
	struct xm_opts tables[] = { { "Options", verb_opts, v }, {} };
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
	struct xm_help help = {
		.usage = "xmon metrics [COLLECTOR,...] [options]",
		.summary = "Read every collector once and print what it sees. The options of "
			   "'xmon agent' for paths and collectors are understood too.",
		.tables = tables,
		.examples = examples,
	};

	xm_help_print(&help, &text);
	fputs(text.data, stdout);
	return XM_EXIT_OK;
}

static int print_description(void)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;

	xm_describe_metrics(&text);
	fputs(text.data, stdout);
	return XM_EXIT_OK;
}

/* Turn everything off but the named ones */
static int select_collectors(struct xm_agent_conf *conf, const char *list, struct xm_err *err)
{
	struct xm_str rest = XM_STR_OF(list), name;
	bool last = !*list;

	for (unsigned i = 0; *list && i < conf->n_collectors; i++)
		((struct xm_source_conf *)conf->collector[i].block)->enabled = false;
	while (!last) {
		char argument[64];
		int r;

		last = !xm_str_cut(&rest, ',', &name);
		if (last)
			name = rest;
		snprintf(argument, sizeof argument, "--collector.%.*s", (int)XM_MIN(name.n, 40),
			 name.p);
		r = xm_agent_conf_args(conf, NULL, 1, (char *const[]){ argument, NULL }, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One collector's turn. What keeps it from working is said, and does not keep others. */
static int run_collector(const struct xm_conf_collector *cc, const struct xm_host *host,
			 struct xm_out *out, bool say_absent)
{
	struct xm_coll c;
	int r = xm_coll_open(&c, cc->desc, host, xm_conf_own(cc));

	if (r >= 0)
		r = xm_coll_run(&c, out);
	if (r < 0 && ((r != -ENOENT && r != -EOPNOTSUPP) || say_absent))
		(void)xm_complain("metrics", 0, "%s: %s", cc->desc->name,
				  c.err.code     ? c.err.msg
				  : r == -ENOENT ? "this machine has none"
						 : strerror(-r));
	xm_coll_close(&c);
	return r;
}

static int run_all(const struct xm_agent_conf *conf, const struct metrics_verb *v,
		   struct xm_err *err)
{
	struct xm_host_paths paths = xm_agent_conf_paths(conf);
	struct xm_host host;
	struct xm_out out;
	int r = xm_host_open(&host, &paths, err), failed = 0;

	if (r < 0)
		return r;
	r = xm_out_open(&out, sinks[v->format]);
	for (unsigned i = 0; r >= 0 && i < conf->n_collectors; i++) {
		int c = 0;

		if (!xm_conf_source(&conf->collector[i])->enabled)
			continue;
		c = run_collector(&conf->collector[i], &host, &out, *v->collectors);
		if (c < 0 && *v->collectors)
			failed = c;
	}
	if (r >= 0)
		r = xm_out_end(&out);
	if (r >= 0)
		r = xm_out_flush(&out, STDOUT_FILENO);
	xm_out_close(&out);
	xm_host_close(&host);
	return r < 0 ? xm_fail(err, r, "%s", strerror(-r)) : failed;
}

int xm_verb_metrics(int argc, char **argv)
{
	_cleanup_(xm_agent_conf_freep) struct xm_agent_conf *conf = NULL;
	struct metrics_verb v = {};
	struct xm_opts own = { "Options", verb_opts, &v };
	struct xm_err err = {};
	int r = xm_agent_conf_new(&conf);

	xm_fields_default(verb_opts, &v);
	if (r >= 0)
		r = xm_agent_conf_args(conf, &own, argc - 1, argv + 1, &err);
	if (r >= 0 && v.help)
		return print_help(&v);
	if (r >= 0 && v.describe)
		return print_description();
	if (r >= 0)
		r = select_collectors(conf, v.collectors, &err);
	if (r < 0)
		return xm_complain("metrics", XM_EXIT_USAGE, "%s", xm_err_text(&err, r));
	r = run_all(conf, &v, &err);
	if (r == -EPIPE)
		return XM_EXIT_OK; /* whoever read it has seen enough */
	if (err.code)
		return xm_complain("metrics", XM_EXIT_FAILED, "%s", err.msg);
	return r == -ENOENT || r == -EOPNOTSUPP ? XM_EXIT_IMPOSSIBLE
	       : r < 0                          ? XM_EXIT_FAILED
						: XM_EXIT_OK;
}
