/* Time that tasks ran and waited on each CPU, as the scheduler counts it (CONFIG_SCHEDSTATS). */
#include "collect/collector.h"

struct schedstat_row {
	uint32_t cpu;
	uint64_t running_ns, waiting_ns, timeslices;
};

static const struct xm_field cols[] = {
	XM_FIELD(struct schedstat_row, cpu, XM_U32, "CPU", .flags = XM_KEY),
	XM_FIELD(struct schedstat_row, running_ns, XM_NS,
		 "Number of seconds CPU spent running a process.",
		 .metric = "node_schedstat_running_seconds_total", .flags = XM_COUNTER),
	XM_FIELD(struct schedstat_row, waiting_ns, XM_NS,
		 "Number of seconds spent by processing waiting for this CPU.",
		 .metric = "node_schedstat_waiting_seconds_total", .flags = XM_COUNTER),
	XM_FIELD(struct schedstat_row, timeslices, XM_U64, "Number of timeslices executed by CPU.",
		 .metric = "node_schedstat_timeslices_total", .flags = XM_COUNTER),
	{}
};
static const struct xm_table table =
	XM_TABLE(struct schedstat_row, "schedstat", "running and waiting per CPU", cols);

/* What follows "cpu": "0 0 0 0 0 0 0 RUNNING WAITING TIMESLICES", the same in versions 14 to 17 */
static int parse_cpu(struct xm_str line, struct schedstat_row *ret)
{
	uint64_t value[10];

	if (xm_parse_u64s(line, value, XM_ARRAY_LEN(value)) < XM_ARRAY_LEN(value) ||
	    value[0] > UINT32_MAX)
		return -EBADMSG;
	*ret = (struct schedstat_row){ (uint32_t)value[0], value[7], value[8], value[9] };
	return 0;
}

static int parse(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct schedstat_row row;
	struct xm_str line;
	int r = 0;

	while (r >= 0 && xm_line_next(&text, &line)) {
		if (!xm_str_starts(line, "cpu"))
			continue;
		line.p += strlen("cpu");
		line.n -= strlen("cpu");
		if (parse_cpu(line, &row) < 0)
			xm_coll_bad(c);
		else
			r = xm_out_row(out, &table, &row);
	}
	return r;
}

const struct xm_collector xm_collector_schedstat = {
	.name = "schedstat",
	.help = "running and waiting per CPU",
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.sources = (const struct xm_source[]){ { XM_PROC, "schedstat", parse }, {} },
};
