/* Temperatures, fans, voltages, currents and powers, as the chips on the board measure them. */
#include "host/hwmon.h"
#include "base/clock.h"
#include "collect/collector.h"

struct hwmon_conf {
	char chip_include[512], chip_exclude[512], sensor_include[512], sensor_exclude[512];
};

struct chip_row {
	const char *chip, *chip_name;
};

struct reading_row {
	const char *chip;
	uint32_t files, unreadable, resting;
	uint64_t read_ns;
};

struct label_row {
	const char *chip, *sensor, *label;
};

struct value_row {
	const char *chip, *sensor, *metric, *meaning;
	double value;
};

static const struct xm_field opts[] = {
	XM_FIELD(struct hwmon_conf, chip_include, XM_STR, "chips to show: a regular expression"),
	XM_FIELD(struct hwmon_conf, chip_exclude, XM_STR, "chips not to show"),
	XM_FIELD(struct hwmon_conf, sensor_include, XM_STR, "sensors to show, as chip;sensor"),
	XM_FIELD(struct hwmon_conf, sensor_exclude, XM_STR, "sensors not to show"),
	{},
};

static const struct xm_field chip_cols[] = {
	XM_FIELD(struct chip_row, chip, XM_TEXT, "chip, after its device", .flags = XM_KEY),
	XM_FIELD(struct chip_row, chip_name, XM_TEXT, "name the driver gives it", .flags = XM_KEY),
	XM_FIELD_INFO("info", "node_hwmon_chip_names",
		      "Annotation metric for human-readable chip names"),
	{},
};
static const struct xm_table chip_table =
	XM_TABLE(struct chip_row, "hwmon_chips", "chips that measure", chip_cols);

static const struct xm_field reading_cols[] = {
	XM_FIELD(struct reading_row, chip, XM_TEXT, "chip, after its device", .flags = XM_KEY),
	XM_FIELD(struct reading_row, files, XM_U32, "Values that the chip offers.",
		 .metric = "xmon_hwmon_files"),
	XM_FIELD(struct reading_row, unreadable, XM_U32, "Values that could not be read.",
		 .metric = "xmon_hwmon_files_unreadable"),
	XM_FIELD(struct reading_row, resting, XM_U32,
		 "Values that are read less often because reading them is slow.",
		 .metric = "xmon_hwmon_files_resting"),
	XM_FIELD(struct reading_row, read_ns, XM_NS, "Time that the last reading took.",
		 .metric = "xmon_hwmon_read_seconds"),
	{},
};
static const struct xm_table reading_table =
	XM_TABLE(struct reading_row, "hwmon_reading", "cost of reading the chips", reading_cols);

static const struct xm_field label_cols[] = {
	XM_FIELD(struct label_row, chip, XM_TEXT, "chip, after its device", .flags = XM_KEY),
	XM_FIELD(struct label_row, sensor, XM_TEXT, "sensor", .flags = XM_KEY),
	XM_FIELD(struct label_row, label, XM_TEXT, "what it measures", .flags = XM_KEY),
	XM_FIELD_INFO("info", "node_hwmon_sensor_label", "Label for given chip and sensor"),
	{},
};
static const struct xm_table label_table =
	XM_TABLE(struct label_row, "hwmon_labels", "what the sensors measure", label_cols);

#define VALUE_COLS(f)                                                                              \
	XM_FIELD(struct value_row, chip, XM_TEXT, "chip, after its device", .flags = XM_KEY),      \
		XM_FIELD(struct value_row, sensor, XM_TEXT, "sensor", .flags = XM_KEY),            \
		XM_FIELD(struct value_row, metric, XM_TEXT, "metric", .flags = XM_KEY | XM_NAME),  \
		XM_FIELD(struct value_row, value, XM_DOUBLE, "{meaning}",                          \
			 .metric = "node_hwmon_{metric}", .flags = f),                             \
		XM_FIELD(struct value_row, meaning, XM_TEXT, "meaning")

static const struct xm_field value_cols[] = { VALUE_COLS(0), {} };
static const struct xm_table value_table =
	XM_TABLE(struct value_row, "hwmon", "values of the sensors", value_cols);

static const struct xm_field counter_cols[] = { VALUE_COLS(XM_COUNTER), {} };
static const struct xm_table counter_table =
	XM_TABLE(struct value_row, "hwmon_energy", "energy meters", counter_cols);

static int emit_chips(const struct xm_hwmon *h, struct xm_out *out)
{
	int r = 0;

	for (unsigned i = 0; i < h->n_chips && r >= 0; i++)
		if (h->chip[i].shown && h->chip[i].name[0])
			r = xm_out_row(out, &chip_table,
				       &(struct chip_row){ h->chip[i].label, h->chip[i].name });
	for (unsigned i = 0; i < h->n_chips && r >= 0; i++) {
		const struct xm_hwmon_chip *chip = &h->chip[i];
		const struct reading_row row = { chip->label, chip->files, chip->unreadable,
						 chip->resting, chip->read_ns };

		if (chip->shown)
			r = xm_out_row(out, &reading_table, &row);
	}
	return r;
}

static int emit_labels(const struct xm_hwmon *h, struct xm_out *out)
{
	char sensor[32];
	int r = 0;

	for (unsigned i = 0; i < h->n_labels && r >= 0; i++) {
		const struct xm_hwmon_label *l = &h->label[i];

		xm_hwmon_sensor(&l->file, sensor, sizeof sensor);
		r = xm_out_row(out, &label_table,
			       &(struct label_row){ h->chip[l->chip].label, sensor, l->text });
	}
	return r;
}

static double convert(const struct xm_hwmon_metric *m, double v)
{
	return m->flag ? v == 1 : v * m->mul / m->div;
}

/* A GPU's clock is known by its label only: without one it is not shown */
static bool is_clock(const struct xm_hwmon_file *f)
{
	return !strcmp(f->type, "freq") && !strcmp(f->property, "input");
}

static int emit_value(const struct xm_hwmon *h, const struct xm_hwmon_value *v, bool counters,
		      struct xm_out *out)
{
	const char *label = is_clock(&v->file) ? xm_hwmon_label(h, v->chip, &v->file) : NULL;
	struct xm_hwmon_metric metric;
	char sensor[128];

	if (v->value != v->value || !xm_hwmon_describe(&v->file, v->bare, &metric) ||
	    metric.counter != counters || (is_clock(&v->file) && !label))
		return 0;
	if (label)
		xm_hwmon_clean(XM_STR_OF(label), sensor, sizeof sensor);
	else
		xm_hwmon_sensor(&v->file, sensor, sizeof sensor);
	return xm_out_row(out, counters ? &counter_table : &value_table,
			  &(struct value_row){ h->chip[v->chip].label, sensor, metric.name,
					       metric.help, convert(&metric, v->value) });
}

static int emit_values(const struct xm_hwmon *h, bool counters, struct xm_out *out)
{
	int r = 0;

	for (unsigned i = 0; i < h->n_values && r >= 0; i++)
		r = emit_value(h, &h->value[i], counters, out);
	return r;
}

static int hwmon_collect(struct xm_coll *c, struct xm_out *out)
{
	struct xm_hwmon *h = c->state;
	int r = xm_hwmon_read(h, c->host->fd[XM_SYS], xm_mono_ns());

	c->bad += h->left_out;
	h->left_out = 0;
	if (r >= 0)
		r = emit_chips(h, out);
	if (r >= 0)
		r = emit_labels(h, out);
	if (r >= 0)
		r = emit_values(h, false, out);
	return r < 0 ? r : emit_values(h, true, out);
}

static int hwmon_open(struct xm_coll *c)
{
	const struct hwmon_conf *conf = c->conf;
	struct xm_hwmon *h = c->state;
	int r = xm_filter_open(&h->chips, "hwmon.chip", conf->chip_include, conf->chip_exclude,
			       &c->err);

	return r < 0 ? r
		     : xm_filter_open(&h->sensors, "hwmon.sensor", conf->sensor_include,
				      conf->sensor_exclude, &c->err);
}

static void hwmon_close(struct xm_coll *c)
{
	struct xm_hwmon *h = c->state;

	xm_filter_close(&h->chips);
	xm_filter_close(&h->sensors);
}

const struct xm_collector xm_collector_hwmon = {
	.name = "hwmon",
	.help = "temperatures, fans, voltages and powers of the board",
	.opts = opts,
	.tables = (const struct xm_table *const[]){ &chip_table, &reading_table, &label_table,
						    &value_table, &counter_table, NULL },
	.period_ms = 5000,
	.flags = XM_LANE, /* some sensors answer after a second, some never */
	.conf_size = sizeof(struct hwmon_conf),
	.state_size = sizeof(struct xm_hwmon),
	.open = hwmon_open,
	.collect = hwmon_collect,
	.close = hwmon_close,
};
