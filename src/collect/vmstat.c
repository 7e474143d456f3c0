/* Counters and gauges of the virtual memory system: those whose name matches an expression. */
#include "collect/collector.h"
#include "host/verdicts.h"

#define KEYS_MAX 4096 /* lines: 192 in Linux 6.18; more are left out and counted */

struct vmstat_conf {
	char fields[512];
};

struct vmstat_state {
	struct xm_filter fields;
	struct xm_verdicts verdicts;
};

struct vmstat_row {
	char key[64];
	double value;
};

static const struct xm_field opts[] = { XM_FIELD(struct vmstat_conf, fields, XM_STR,
						 "names to report, an extended regular expression",
						 .def = "^(oom_kill|pgpg|pswp|pg.*fault).*"),
					{} };

static const struct xm_field cols[] = {
	XM_FIELD(struct vmstat_row, key, XM_STR, "what is counted", .flags = XM_KEY | XM_NAME),
	XM_FIELD(struct vmstat_row, value, XM_DOUBLE, "/proc/vmstat information field {key}.",
		 .metric = "node_vmstat_{key}", .flags = XM_UNTYPED),
	{}
};
static const struct xm_table table =
	XM_TABLE(struct vmstat_row, "vmstat", "virtual memory counters", cols);

static int vmstat_open(struct xm_coll *c)
{
	const struct vmstat_conf *conf = c->conf;
	struct vmstat_state *st = c->state;

	return xm_filter_open(&st->fields, "vmstat.fields", conf->fields, "", &c->err);
}

/* "pgpgin 1726365" */
static int parse_line(struct vmstat_state *st, struct xm_str line, struct vmstat_row *ret)
{
	struct xm_str key, word;
	uint64_t value;

	if (!xm_word_next(&line, &key) || key.n >= sizeof ret->key)
		return -EBADMSG;
	if (!xm_verdicts_next(&st->verdicts, key))
		return -ENOENT;
	if (!xm_word_next(&line, &word) || xm_parse_u64(word, &value) < 0)
		return -EBADMSG;
	xm_str_copy(key, ret->key, sizeof ret->key);
	ret->value = (double)value;
	return 0;
}

static int parse(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct vmstat_state *st = c->state;
	struct vmstat_row row;
	struct xm_str line;
	int r = 0;

	xm_verdicts_start(&st->verdicts, &st->fields);
	for (unsigned i = 0; r >= 0 && i < KEYS_MAX && xm_line_next(&text, &line); i++) {
		int wanted = parse_line(st, line, &row);

		if (wanted >= 0)
			r = xm_out_row(out, &table, &row);
		else if (wanted != -ENOENT)
			xm_coll_bad(c);
	}
	if (text.n)
		xm_coll_bad(c);
	return r;
}

static void vmstat_close(struct xm_coll *c)
{
	struct vmstat_state *st = c->state;

	xm_filter_close(&st->fields);
}

const struct xm_collector xm_collector_vmstat = {
	.name = "vmstat",
	.help = "virtual memory counters",
	.opts = opts,
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.sources = (const struct xm_source[]){ { XM_PROC, "vmstat", parse }, {} },
	.conf_size = sizeof(struct vmstat_conf),
	.state_size = sizeof(struct vmstat_state),
	.open = vmstat_open,
	.close = vmstat_close,
};
