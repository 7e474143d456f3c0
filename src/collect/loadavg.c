/* Load averages: runnable and uninterruptible tasks, exponentially damped. */
#include "collect/collector.h"

struct loadavg_row {
	double load1, load5, load15;
};

static const struct xm_field cols[] = {
	XM_FIELD(struct loadavg_row, load1, XM_DOUBLE, "1m load average.", .metric = "node_load1"),
	XM_FIELD(struct loadavg_row, load5, XM_DOUBLE, "5m load average.", .metric = "node_load5"),
	XM_FIELD(struct loadavg_row, load15, XM_DOUBLE, "15m load average.",
		 .metric = "node_load15"),
	{}
};
static const struct xm_table table = XM_TABLE(struct loadavg_row, "loadavg", "load averages", cols);

/* "0.20 0.18 0.12 1/80 11206" */
static int parse(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct loadavg_row row;
	double *const value[] = { &row.load1, &row.load5, &row.load15 };
	struct xm_str word;

	(void)c;
	for (unsigned i = 0; i < XM_ARRAY_LEN(value); i++)
		if (!xm_word_next(&text, &word) || xm_parse_double(word, value[i]) < 0)
			return -EBADMSG;
	return xm_out_row(out, &table, &row);
}

const struct xm_collector xm_collector_loadavg = {
	.name = "loadavg",
	.help = "load averages",
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.sources = (const struct xm_source[]){ { XM_PROC, "loadavg", parse }, {} },
};
