/* Clock frequencies of the CPUs, their limits, and who sets them. */
#include "collect/collector.h"
#include "host/cpu_set.h"
#include <math.h>

#define DIR "devices/system/cpu"

struct freq_row {
	uint32_t cpu;
	double frequency_hertz, frequency_avg_hertz, frequency_min_hertz, frequency_max_hertz,
		scaling_frequency_hertz, scaling_frequency_min_hertz, scaling_frequency_max_hertz;
};

struct governor_row {
	uint32_t cpu;
	char governor[32];
	bool active;
};

#define COL(m, h) XM_FIELD(struct freq_row, m, XM_DOUBLE, h, .metric = "node_cpu_" #m)

static const struct xm_field freq_cols[] = {
	XM_FIELD(struct freq_row, cpu, XM_U32, "CPU", .flags = XM_KEY),
	COL(frequency_hertz, "Current CPU thread frequency in hertz."),
	COL(frequency_avg_hertz, "Average CPU thread frequency in hertz."),
	COL(frequency_min_hertz, "Minimum CPU thread frequency in hertz."),
	COL(frequency_max_hertz, "Maximum CPU thread frequency in hertz."),
	COL(scaling_frequency_hertz, "Current scaled CPU thread frequency in hertz."),
	COL(scaling_frequency_min_hertz, "Minimum scaled CPU thread frequency in hertz."),
	COL(scaling_frequency_max_hertz, "Maximum scaled CPU thread frequency in hertz."),
	{}
};
static const struct xm_table freq_table =
	XM_TABLE(struct freq_row, "cpufreq", "clock frequencies", freq_cols);

static const struct xm_field governor_cols[] = {
	XM_FIELD(struct governor_row, cpu, XM_U32, "CPU", .flags = XM_KEY),
	XM_FIELD(struct governor_row, governor, XM_STR, "frequency governor", .flags = XM_KEY),
	XM_FIELD(struct governor_row, active, XM_BOOL, "Current enabled CPU frequency governor.",
		 .metric = "node_cpu_scaling_governor"),
	{}
};
static const struct xm_table governor_table =
	XM_TABLE(struct governor_row, "cpufreq_governor", "frequency governors", governor_cols);

struct walk {
	struct xm_coll *coll;
	struct xm_out *out;
	unsigned found;
};

static int read_text(int dir, uint32_t cpu, const char *file, char *ret, size_t size)
{
	char path[80];

	snprintf(path, sizeof path, "cpu%u/cpufreq/%s", cpu, file);
	return xm_read_line(dir, path, ret, size);
}

/* The files say kHz. Not every driver has each, cpuinfo_cur_freq is root's, and "<unknown>" is an
 * answer too: no value, but none of these is an error. */
static double read_hertz(int dir, uint32_t cpu, const char *file)
{
	char text[32];
	uint64_t khz;

	if (read_text(dir, cpu, file, text, sizeof text) < 0 ||
	    xm_parse_u64(xm_str_trim(XM_STR_OF(text)), &khz) < 0)
		return (double)NAN;
	return (double)khz * 1000;
}

static bool has_value(const struct freq_row *row)
{
	return !isnan(row->frequency_hertz) || !isnan(row->frequency_avg_hertz) ||
	       !isnan(row->frequency_min_hertz) || !isnan(row->frequency_max_hertz) ||
	       !isnan(row->scaling_frequency_hertz) || !isnan(row->scaling_frequency_min_hertz) ||
	       !isnan(row->scaling_frequency_max_hertz);
}

static int emit_frequencies(int dir, const char *name, void *arg)
{
	struct walk *w = arg;
	struct freq_row row;

	if (xm_cpu_number(XM_STR_OF(name), &row.cpu) < 0)
		return 0;
	row.frequency_hertz = read_hertz(dir, row.cpu, "cpuinfo_cur_freq");
	row.frequency_avg_hertz = read_hertz(dir, row.cpu, "cpuinfo_avg_freq");
	row.frequency_min_hertz = read_hertz(dir, row.cpu, "cpuinfo_min_freq");
	row.frequency_max_hertz = read_hertz(dir, row.cpu, "cpuinfo_max_freq");
	row.scaling_frequency_hertz = read_hertz(dir, row.cpu, "scaling_cur_freq");
	row.scaling_frequency_min_hertz = read_hertz(dir, row.cpu, "scaling_min_freq");
	row.scaling_frequency_max_hertz = read_hertz(dir, row.cpu, "scaling_max_freq");
	if (!has_value(&row))
		return 0;
	w->found++;
	return xm_out_row(w->out, &freq_table, &row);
}

static int emit_governor(struct walk *w, uint32_t cpu, struct xm_str name, const char *current)
{
	struct governor_row row = { .cpu = cpu, .active = xm_str_eq(name, current) };

	if (name.n >= sizeof row.governor) {
		xm_coll_bad(w->coll);
		return 0;
	}
	xm_str_copy(name, row.governor, sizeof row.governor);
	return xm_out_row(w->out, &governor_table, &row);
}

static int emit_governors(int dir, const char *name, void *arg)
{
	struct walk *w = arg;
	char current[32], available[512];
	struct xm_str rest, word;
	uint32_t cpu;
	int r = 0;

	if (xm_cpu_number(XM_STR_OF(name), &cpu) < 0 ||
	    read_text(dir, cpu, "scaling_governor", current, sizeof current) < 0 || !current[0])
		return 0;
	if (read_text(dir, cpu, "scaling_available_governors", available, sizeof available) < 0)
		return emit_governor(w, cpu, XM_STR_OF(current), current);
	rest = XM_STR_OF(available);
	while (r >= 0 && xm_word_next(&rest, &word))
		r = emit_governor(w, cpu, word, current);
	return r;
}

static int collect(struct xm_coll *c, struct xm_out *out)
{
	struct walk w = { c, out, 0 };
	int sys = c->host->fd[XM_SYS], r = xm_dir_each(sys, DIR, emit_frequencies, &w);

	if (r >= 0)
		r = xm_dir_each(sys, DIR, emit_governors, &w);
	return r < 0 ? r : w.found ? 0 : -ENOENT;
}

/* A lane, because reading a frequency may wait for the CPU it is of (10 ms and more before 5.18) */
const struct xm_collector xm_collector_cpufreq = {
	.name = "cpufreq",
	.help = "clock frequencies of the CPUs",
	.tables = (const struct xm_table *const[]){ &freq_table, &governor_table, NULL },
	.period_ms = 10000,
	.flags = XM_LANE,
	.collect = collect,
};
