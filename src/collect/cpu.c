/* Where the CPUs spend their time; which of them are on line, isolated, throttled. */
#include "collect/collector.h"
#include "collect/cpu_info.h"
#include "host/cpu_topology.h"
#include <math.h>

#define REFRESH 16 /* CPUs a turn whose throttle counters are read */

enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, GUEST, GUEST_NICE, MODES };
#define MODES_MIN  (IDLE + 1) /* what every kernel has; the others came with 2.6 */
#define NOT_A_TIME UINT64_MAX

struct cpu_conf {
	bool guest;
	struct xm_cpu_info_conf info;
};

struct cpu_state {
	uint64_t hz; /* of /proc/stat */
	uint64_t ticks[XM_CPUS_MAX][MODES];
	struct xm_cpu_set seen; /* in /proc/stat, which has those on line */
	bool changed;           /* since the topology was read */
	bool found;             /* /proc/stat, in this turn */
	struct xm_cpu_topology topology;
	struct xm_cpu_infos infos;
};

struct cpu_row {
	uint32_t cpu;
	union {
		struct {
			double user_seconds, nice_seconds, system_seconds, idle_seconds,
				iowait_seconds, irq_seconds, softirq_seconds, steal_seconds,
				guest_seconds, guest_nice_seconds;
		};
		double seconds[MODES];
	};
};

struct online_row {
	uint32_t cpu;
	bool online;
};

struct throttle_row {
	uint64_t core, package, throttles;
};

static const struct xm_field opts[] = {
	XM_FIELD(struct cpu_conf, guest, XM_BOOL, "time spent in guests", .def = "true"),
	XM_FIELD(struct cpu_conf, info.on, XM_BOOL, "kind of CPUs, from /proc/cpuinfo",
		 .label = "info"),
	XM_FIELD(struct cpu_conf, info.flags_include, XM_STR,
		 "features to report, an extended regular expression; turns info on",
		 .label = "info.flags-include"),
	XM_FIELD(struct cpu_conf, info.bugs_include, XM_STR,
		 "CPU bugs to report, an extended regular expression; turns info on",
		 .label = "info.bugs-include"),
	{}
};

#define MODE(m, mode)                                                                              \
	XM_FIELD(struct cpu_row, m, XM_SECONDS, "Seconds the CPUs spent in each mode.",            \
		 .metric = "node_cpu_seconds_total", .labels = "mode=\"" mode "\"",                \
		 .flags = XM_COUNTER)
#define GUEST_MODE(m, mode)                                                                        \
	XM_FIELD(struct cpu_row, m, XM_SECONDS,                                                    \
		 "Seconds the CPUs spent in guests (VMs) for each mode.",                          \
		 .metric = "node_cpu_guest_seconds_total", .labels = "mode=\"" mode "\"",          \
		 .flags = XM_COUNTER)

static const struct xm_field cpu_cols[] = { XM_FIELD(struct cpu_row, cpu, XM_U32, "CPU",
						     .flags = XM_KEY),
					    MODE(user_seconds, "user"),
					    MODE(nice_seconds, "nice"),
					    MODE(system_seconds, "system"),
					    MODE(idle_seconds, "idle"),
					    MODE(iowait_seconds, "iowait"),
					    MODE(irq_seconds, "irq"),
					    MODE(softirq_seconds, "softirq"),
					    MODE(steal_seconds, "steal"),
					    GUEST_MODE(guest_seconds, "user"),
					    GUEST_MODE(guest_nice_seconds, "nice"),
					    {} };
static const struct xm_table cpu_table = XM_TABLE(struct cpu_row, "cpu", "time by mode", cpu_cols);

static const struct xm_field isolated_cols[] = {
	XM_FIELD(struct online_row, cpu, XM_U32, "CPU", .flags = XM_KEY),
	XM_FIELD_INFO("isolated", "node_cpu_isolated",
		      "Whether each core is isolated, information from "
		      "/sys/devices/system/cpu/isolated."),
	{}
};
static const struct xm_table isolated_table =
	XM_TABLE(struct online_row, "cpu_isolated", "isolated CPUs", isolated_cols);

static const struct xm_field online_cols[] = {
	XM_FIELD(struct online_row, cpu, XM_U32, "CPU", .flags = XM_KEY),
	XM_FIELD(struct online_row, online, XM_BOOL, "CPUs that are online and being scheduled.",
		 .metric = "node_cpu_online"),
	{}
};
static const struct xm_table online_table =
	XM_TABLE(struct online_row, "cpu_online", "CPUs on line", online_cols);

static const struct xm_field core_cols[] = {
	XM_FIELD(struct throttle_row, core, XM_U64, "core", .flags = XM_KEY),
	XM_FIELD(struct throttle_row, package, XM_U64, "package", .flags = XM_KEY),
	XM_FIELD(struct throttle_row, throttles, XM_U64,
		 "Number of times this CPU core has been throttled.",
		 .metric = "node_cpu_core_throttles_total", .flags = XM_COUNTER),
	{}
};
static const struct xm_table core_table =
	XM_TABLE(struct throttle_row, "cpu_core", "cores throttled", core_cols);

static const struct xm_field package_cols[] = {
	XM_FIELD(struct throttle_row, package, XM_U64, "package", .flags = XM_KEY),
	XM_FIELD(struct throttle_row, throttles, XM_U64,
		 "Number of times this CPU package has been throttled.",
		 .metric = "node_cpu_package_throttles_total", .flags = XM_COUNTER),
	{}
};
static const struct xm_table package_table =
	XM_TABLE(struct throttle_row, "cpu_package", "packages throttled", package_cols);

static int cpu_open(struct xm_coll *c)
{
	const struct cpu_conf *conf = c->conf;
	struct cpu_state *st = c->state;

	st->hz = c->host->live ? (uint64_t)sysconf(_SC_CLK_TCK) : 100;
	return xm_cpu_infos_open(&st->infos, &conf->info, &c->err);
}

/* As many as this kernel has, and zeros. The kernel counts nanoseconds, and a time below zero
 * (steal times are, under some hypervisors) reads as one over 2^63: what cannot be a time is
 * NOT_A_TIME. */
static int parse_modes(struct xm_coll *c, struct xm_str line, uint64_t *ret)
{
	const struct cpu_state *st = c->state;
	uint64_t max = INT64_MAX / XM_NS_PER_SEC * st->hz;
	struct xm_str word;
	int n = 0;

	memset(ret, 0, MODES * sizeof *ret);
	for (; n < MODES && xm_word_next(&line, &word); n++)
		if (xm_parse_u64(word, &ret[n]) < 0 || ret[n] > max) {
			xm_coll_bad(c);
			ret[n] = NOT_A_TIME;
		}
	return n < MODES_MIN ? -EBADMSG : 0;
}

/* The kernel's idle and iowait times now and then go back a little: then the old value stands. An
 * idle time that falls by 3 s or more was reset, by taking the CPU off line (kernels before 6.8).
 */
static void keep_monotonic(uint64_t *last, const uint64_t *now, uint64_t hz)
{
	bool reset = last[IDLE] > now[IDLE] && last[IDLE] - now[IDLE] >= 3 * hz;

	for (int i = 0; i < MODES; i++)
		if (now[i] != NOT_A_TIME && (reset || now[i] > last[i]))
			last[i] = now[i];
}

static int emit_seconds(const struct xm_coll *c, uint32_t cpu, const uint64_t *now,
			struct xm_out *out)
{
	const struct cpu_conf *conf = c->conf;
	const struct cpu_state *st = c->state;
	struct cpu_row row = { .cpu = cpu };

	for (int i = 0; i < MODES; i++)
		row.seconds[i] = now[i] == NOT_A_TIME ? (double)NAN
						      : (double)st->ticks[cpu][i] / (double)st->hz;
	if (!conf->guest)
		row.guest_seconds = row.guest_nice_seconds = (double)NAN;
	return xm_out_row(out, &cpu_table, &row);
}

/* "cpu0 2642 36 2162 145153 213 0 17 2680 0 0"; "cpu …" is the sum, which is left to the reader */
static int parse_stat(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	static const struct xm_cpu_set none;
	struct cpu_state *st = c->state;
	struct xm_cpu_set seen = {};
	struct xm_str line, word;
	uint64_t now[MODES];
	uint32_t cpu;
	int r = 0;

	while (r >= 0 && xm_line_next(&text, &line)) {
		if (!xm_str_starts(line, "cpu") || !xm_word_next(&line, &word) ||
		    xm_str_eq(word, "cpu"))
			continue;
		if (xm_cpu_number(word, &cpu) < 0 || parse_modes(c, line, now) < 0) {
			xm_coll_bad(c);
			continue;
		}
		xm_cpu_set_add(&seen, cpu);
		keep_monotonic(st->ticks[cpu], now, st->hz);
		r = emit_seconds(c, cpu, now, out);
	}
	st->changed = st->changed || memcmp(&seen, &st->seen, sizeof seen);
	st->seen = seen;
	st->found = true;
	return r >= 0 && !memcmp(&seen, &none, sizeof none) ? -EBADMSG : r;
}

static int parse_isolated(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct xm_cpu_set set;
	int r = 0;

	(void)c;
	if (xm_cpu_set_parse(text, &set) < 0)
		return -EBADMSG;
	for (uint32_t cpu = 0; cpu < XM_CPUS_MAX && r >= 0; cpu++)
		if (xm_cpu_set_has(&set, cpu))
			r = xm_out_row(out, &isolated_table, &(struct online_row){ .cpu = cpu });
	return r;
}

static int emit_online(const struct xm_cpu_topology *t, struct xm_out *out)
{
	int r = 0;

	for (unsigned i = 0; i < t->n && r >= 0; i++)
		r = xm_out_row(out, &online_table,
			       &(struct online_row){ t->cpu[i].cpu, t->cpu[i].online });
	return r;
}

static int emit_throttles(const struct xm_cpu_topology *t, enum xm_throttle what,
			  const struct xm_table *table, struct xm_out *out)
{
	int r = 0;

	for (unsigned i = 0; i < t->n && r >= 0; i++)
		if (t->cpu[i].counts[what])
			r = xm_out_row(out, table,
				       &(struct throttle_row){ t->cpu[i].core, t->cpu[i].package,
							       t->cpu[i].throttled[what] });
	return r;
}

static int emit_topology(struct xm_coll *c, struct xm_out *out)
{
	struct cpu_state *st = c->state;
	int sys = c->host->fd[XM_SYS], r = 0;

	if (st->changed)
		r = xm_cpu_topology_read(&st->topology, sys);
	else
		xm_cpu_topology_refresh(&st->topology, sys, REFRESH);
	if (r == -ENOMEM)
		return r;
	st->changed = false; /* also when sysfs is not there */
	r = emit_online(&st->topology, out);
	if (r >= 0)
		r = emit_throttles(&st->topology, XM_THROTTLE_CORE, &core_table, out);
	return r < 0 ? r : emit_throttles(&st->topology, XM_THROTTLE_PACKAGE, &package_table, out);
}

static int collect(struct xm_coll *c, struct xm_out *out)
{
	struct cpu_state *st = c->state;
	bool found = st->found;
	int r = emit_topology(c, out);

	st->found = false;
	if (r >= 0)
		r = xm_cpu_infos_emit(&st->infos, c, out);
	return r < 0 || found ? r : -ENOENT;
}

static void cpu_close(struct xm_coll *c)
{
	struct cpu_state *st = c->state;

	xm_cpu_topology_done(&st->topology);
	xm_cpu_infos_close(&st->infos);
}

const struct xm_collector xm_collector_cpu = {
	.name = "cpu",
	.help = "where the CPUs spend their time",
	.opts = opts,
	.tables = (const struct xm_table *const[]){ &cpu_table, &isolated_table, &online_table,
						    &core_table, &package_table, &xm_cpu_info_table,
						    &xm_cpu_frequency_table, &xm_cpu_flag_table,
						    &xm_cpu_bug_table, NULL },
	.sources = (const struct xm_source[]){ { XM_PROC, "stat", parse_stat },
					       { XM_SYS, "devices/system/cpu/isolated",
						 parse_isolated },
					       {} },
	.conf_size = sizeof(struct cpu_conf),
	.state_size = sizeof(struct cpu_state),
	.open = cpu_open,
	.collect = collect,
	.close = cpu_close,
};
