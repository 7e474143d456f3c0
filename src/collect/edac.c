/* Memory errors that the hardware found: per controller, chip-select row, channel and DIMM. */
#include "collect/collector.h"
#include <math.h>

#define DIR          "devices/system/edac/mc"
#define LABEL_SIZE   64
#define CHANNELS_MAX 16 /* of a chip-select row; the kernel names at most 12 */

struct controller_row {
	uint32_t controller;
	double correctable, uncorrectable;
};

struct csrow_row {
	uint32_t controller;
	char csrow[16]; /* "unknown": errors of the controller that no row could be blamed for */
	double correctable, uncorrectable;
};

struct channel_row {
	uint32_t channel, controller, csrow;
	char dimm_label[LABEL_SIZE];
	double correctable, uncorrectable;
};

struct dimm_row {
	uint32_t controller, dimm;
	char dimm_label[LABEL_SIZE];
	double correctable, uncorrectable;
};

#define ERRORS(S, name, what)                                                                      \
	XM_FIELD(S, correctable, XM_DOUBLE, "Total correctable memory errors" what,                \
		 .metric = name "correctable_errors_total", .flags = XM_COUNTER),                  \
		XM_FIELD(S, uncorrectable, XM_DOUBLE, "Total uncorrectable memory errors" what,    \
			 .metric = name "uncorrectable_errors_total", .flags = XM_COUNTER)

static const struct xm_field controller_cols[] = {
	XM_FIELD(struct controller_row, controller, XM_U32, "memory controller", .flags = XM_KEY),
	ERRORS(struct controller_row, "node_edac_", "."),
	{}
};
static const struct xm_table controller_table =
	XM_TABLE(struct controller_row, "edac", "memory errors per controller", controller_cols);

static const struct xm_field csrow_cols[] = {
	XM_FIELD(struct csrow_row, controller, XM_U32, "memory controller", .flags = XM_KEY),
	XM_FIELD(struct csrow_row, csrow, XM_STR, "chip-select row", .flags = XM_KEY),
	ERRORS(struct csrow_row, "node_edac_csrow_", " for this csrow."),
	{}
};
static const struct xm_table csrow_table =
	XM_TABLE(struct csrow_row, "edac_csrow", "memory errors per chip-select row", csrow_cols);

static const struct xm_field channel_cols[] = {
	XM_FIELD(struct channel_row, channel, XM_U32, "channel", .flags = XM_KEY),
	XM_FIELD(struct channel_row, controller, XM_U32, "memory controller", .flags = XM_KEY),
	XM_FIELD(struct channel_row, csrow, XM_U32, "chip-select row", .flags = XM_KEY),
	XM_FIELD(struct channel_row, dimm_label, XM_STR, "slot", .flags = XM_KEY),
	ERRORS(struct channel_row, "node_edac_channel_", " for this channel."),
	{}
};
static const struct xm_table channel_table =
	XM_TABLE(struct channel_row, "edac_channel", "memory errors per channel", channel_cols);

/* Kernels without CONFIG_EDAC_LEGACY_SYSFS have no csrows, but these */
static const struct xm_field dimm_cols[] = {
	XM_FIELD(struct dimm_row, controller, XM_U32, "memory controller", .flags = XM_KEY),
	XM_FIELD(struct dimm_row, dimm, XM_U32, "module", .flags = XM_KEY),
	XM_FIELD(struct dimm_row, dimm_label, XM_STR, "slot", .flags = XM_KEY),
	ERRORS(struct dimm_row, "xmon_edac_dimm_", " for this DIMM."),
	{}
};
static const struct xm_table dimm_table =
	XM_TABLE(struct dimm_row, "edac_dimm", "memory errors per module", dimm_cols);

struct walk {
	struct xm_coll *coll;
	struct xm_out *out;
	uint32_t controller, csrow;
	unsigned found;
};

/* The number in "mc0", "csrow3", … */
static bool numbered(const char *name, const char *prefix, uint32_t *ret)
{
	struct xm_str s = XM_STR_OF(name);
	uint64_t v;

	if (!xm_str_starts(s, prefix))
		return false;
	s.p += strlen(prefix);
	s.n -= strlen(prefix);
	if (xm_parse_u64(s, &v) < 0 || v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* NaN when there is no such file; what is no number is counted too */
static double read_count(struct walk *w, int dir, const char *name, const char *file)
{
	char path[320];
	uint64_t v;
	int r;

	snprintf(path, sizeof path, "%s/%s", name, file);
	r = xm_read_u64(dir, path, &v);
	if (r < 0 && r != -ENOENT)
		xm_coll_bad(w->coll);
	return r < 0 ? (double)NAN : (double)v;
}

static void add_text(char *buf, size_t *len, const char *text, size_t n)
{
	n = XM_MIN(n, LABEL_SIZE - 1 - *len);
	memcpy(buf + *len, text, n);
	*len += n;
	buf[*len] = 0;
}

/* As node_exporter writes it: "mc#0csrow#2channel#1" → "mc0_csrow2_channel1" */
static void read_label(int dir, const char *name, const char *file, char *ret)
{
	char path[320], text[LABEL_SIZE], *p = text;
	size_t len = 0;

	snprintf(path, sizeof path, "%s/%s", name, file);
	if (xm_read_line(dir, path, text, sizeof text) < 0)
		snprintf(text, sizeof text, "unknown");
	ret[0] = 0;
	for (; *p; p++) {
		if (!strncmp(p, "csrow", 5) || !strncmp(p, "channel", 7))
			add_text(ret, &len, "_", 1);
		if (*p != '#')
			add_text(ret, &len, p, 1);
	}
}

static int emit_controller(int dir, const char *name, void *arg)
{
	struct walk *w = arg;
	struct controller_row row;

	if (!numbered(name, "mc", &row.controller))
		return 0;
	w->found++;
	row.correctable = read_count(w, dir, name, "ce_count");
	row.uncorrectable = read_count(w, dir, name, "ue_count");
	return xm_out_row(w->out, &controller_table, &row);
}

static int emit_csrow(int dir, const char *name, void *arg)
{
	struct walk *w = arg;
	struct csrow_row row = { .controller = w->controller };
	uint32_t number;

	if (!numbered(name, "csrow", &number))
		return 0;
	snprintf(row.csrow, sizeof row.csrow, "%u", number);
	row.correctable = read_count(w, dir, name, "ce_count");
	row.uncorrectable = read_count(w, dir, name, "ue_count");
	return xm_out_row(w->out, &csrow_table, &row);
}

static int emit_csrows(int dir, const char *name, void *arg)
{
	struct walk *w = arg;
	struct csrow_row row = { .csrow = "unknown" };
	int r;

	if (!numbered(name, "mc", &w->controller))
		return 0;
	row.controller = w->controller;
	row.correctable = read_count(w, dir, name, "ce_noinfo_count");
	row.uncorrectable = read_count(w, dir, name, "ue_noinfo_count");
	r = xm_out_row(w->out, &csrow_table, &row);
	return r < 0 ? r : xm_dir_each(dir, name, emit_csrow, w);
}

/* csrow/ch<N>_ce_count, _ue_count, _dimm_label */
static int emit_channel(int dir, const char *name, void *arg)
{
	struct walk *w = arg;
	int r = 0;

	if (!numbered(name, "csrow", &w->csrow))
		return 0;
	for (uint32_t i = 0; i < CHANNELS_MAX && r >= 0; i++) {
		struct channel_row row = { .channel = i,
					   .controller = w->controller,
					   .csrow = w->csrow };
		char file[32];

		snprintf(file, sizeof file, "ch%u_ce_count", i);
		row.correctable = read_count(w, dir, name, file);
		snprintf(file, sizeof file, "ch%u_ue_count", i);
		row.uncorrectable = read_count(w, dir, name, file);
		if (isnan(row.correctable) && isnan(row.uncorrectable))
			continue;
		snprintf(file, sizeof file, "ch%u_dimm_label", i);
		read_label(dir, name, file, row.dimm_label);
		r = xm_out_row(w->out, &channel_table, &row);
	}
	return r;
}

static int emit_channels(int dir, const char *name, void *arg)
{
	struct walk *w = arg;

	return numbered(name, "mc", &w->controller) ? xm_dir_each(dir, name, emit_channel, w) : 0;
}

static int emit_dimm(int dir, const char *name, void *arg)
{
	struct walk *w = arg;
	struct dimm_row row = { .controller = w->controller };

	if (!numbered(name, "dimm", &row.dimm) && !numbered(name, "rank", &row.dimm))
		return 0;
	row.correctable = read_count(w, dir, name, "dimm_ce_count");
	row.uncorrectable = read_count(w, dir, name, "dimm_ue_count");
	read_label(dir, name, "dimm_label", row.dimm_label);
	return xm_out_row(w->out, &dimm_table, &row);
}

static int emit_dimms(int dir, const char *name, void *arg)
{
	struct walk *w = arg;

	return numbered(name, "mc", &w->controller) ? xm_dir_each(dir, name, emit_dimm, w) : 0;
}

/* One walk a table, so that the rows of each stand together */
static int collect(struct xm_coll *c, struct xm_out *out)
{
	static int (*const walks[])(int, const char *, void *) = { emit_controller, emit_csrows,
								   emit_channels, emit_dimms };
	struct walk w = { .coll = c, .out = out };
	int r = 0;

	for (unsigned i = 0; i < XM_ARRAY_LEN(walks) && r >= 0; i++)
		r = xm_dir_each(c->host->fd[XM_SYS], DIR, walks[i], &w);
	return r < 0 ? r : w.found ? 0 : -ENOENT;
}

const struct xm_collector xm_collector_edac = {
	.name = "edac",
	.help = "memory errors that the hardware found",
	.tables = (const struct xm_table *const[]){ &controller_table, &csrow_table, &channel_table,
						    &dimm_table, NULL },
	.period_ms = 10000,
	.flags = XM_LANE,
	.collect = collect,
};
