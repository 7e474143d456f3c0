/* What /proc/stat counts for the whole machine: interrupts, context switches, forks, tasks. */
#include "collect/collector.h"
#include <math.h>

struct stat_conf {
	bool softirq;
};

struct stat_row {
	double interrupts, context_switches, forks, boot_time_seconds, procs_running, procs_blocked;
};

struct softirq_row {
	const char *vector;
	uint64_t calls;
};

static const struct xm_field opts[] = {
	XM_FIELD(struct stat_conf, softirq, XM_BOOL, "softirq calls per vector"), {}
};

static const struct xm_field cols[] = {
	XM_FIELD(struct stat_row, interrupts, XM_DOUBLE, "Total number of interrupts serviced.",
		 .metric = "node_intr_total", .flags = XM_COUNTER),
	XM_FIELD(struct stat_row, context_switches, XM_DOUBLE, "Total number of context switches.",
		 .metric = "node_context_switches_total", .flags = XM_COUNTER),
	XM_FIELD(struct stat_row, forks, XM_DOUBLE, "Total number of forks.",
		 .metric = "node_forks_total", .flags = XM_COUNTER),
	XM_FIELD(struct stat_row, boot_time_seconds, XM_DOUBLE, "Node boot time, in unixtime.",
		 .metric = "node_boot_time_seconds"),
	XM_FIELD(struct stat_row, procs_running, XM_DOUBLE,
		 "Number of processes in runnable state.", .metric = "node_procs_running"),
	XM_FIELD(struct stat_row, procs_blocked, XM_DOUBLE,
		 "Number of processes blocked waiting for I/O to complete.",
		 .metric = "node_procs_blocked"),
	{}
};
static const struct xm_table table =
	XM_TABLE(struct stat_row, "stat", "interrupts, switches, tasks", cols);

static const struct xm_field softirq_cols[] = {
	XM_FIELD(struct softirq_row, vector, XM_TEXT, "kind of softirq", .flags = XM_KEY),
	XM_FIELD(struct softirq_row, calls, XM_U64, "Number of softirq calls.",
		 .metric = "node_softirqs_total", .flags = XM_COUNTER),
	{}
};
static const struct xm_table softirq_table =
	XM_TABLE(struct softirq_row, "stat_softirq", "softirq calls per vector", softirq_cols);

/* "softirq TOTAL HI TIMER …" in the kernel's order, which has not changed since 2.6.36 */
static int emit_softirqs(struct xm_str line, struct xm_out *out)
{
	static const char *const vector[] = { "hi",      "timer",        "net_tx",  "net_rx",
					      "block",   "block_iopoll", "tasklet", "sched",
					      "hrtimer", "rcu" };
	uint64_t value[1 + XM_ARRAY_LEN(vector)];
	size_t n = xm_parse_u64s(line, value, XM_ARRAY_LEN(value));
	int r = 0;

	for (size_t i = 1; i < n && r >= 0; i++)
		r = xm_out_row(out, &softirq_table,
			       &(struct softirq_row){ vector[i - 1], value[i] });
	return r;
}

/* The first number of a line, into its place */
static void parse_value(struct xm_coll *c, struct xm_str key, struct xm_str line,
			struct stat_row *row)
{
	const struct {
		const char *key;
		double *value;
	} known[] = {
		{ "intr", &row->interrupts },
		{ "ctxt", &row->context_switches },
		{ "processes", &row->forks },
		{ "btime", &row->boot_time_seconds },
		{ "procs_running", &row->procs_running },
		{ "procs_blocked", &row->procs_blocked },
	};
	struct xm_str word;
	uint64_t value;

	for (unsigned i = 0; i < XM_ARRAY_LEN(known); i++) {
		if (!xm_str_eq(key, known[i].key))
			continue;
		if (xm_word_next(&line, &word) && xm_parse_u64(word, &value) == 0)
			*known[i].value = (double)value;
		else
			xm_coll_bad(c);
	}
}

static int parse(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	const struct stat_conf *conf = c->conf;
	struct stat_row row = { NAN, NAN, NAN, NAN, NAN, NAN };
	struct xm_str line, key, softirqs = XM_STR_OF("");
	int r;

	while (xm_line_next(&text, &line)) {
		if (!xm_word_next(&line, &key))
			continue;
		if (xm_str_eq(key, "softirq"))
			softirqs = line;
		else
			parse_value(c, key, line, &row);
	}
	r = xm_out_row(out, &table, &row);
	return r < 0 || !conf->softirq ? r : emit_softirqs(softirqs, out);
}

const struct xm_collector xm_collector_stat = {
	.name = "stat",
	.help = "interrupts, context switches, forks, tasks",
	.opts = opts,
	.tables = (const struct xm_table *const[]){ &table, &softirq_table, NULL },
	.sources = (const struct xm_source[]){ { XM_PROC, "stat", parse }, {} },
	.conf_size = sizeof(struct stat_conf),
};
