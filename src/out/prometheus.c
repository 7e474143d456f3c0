/* The Prometheus sink: rows become series, and one report becomes one exposition. */
#include "out/expo.h"
#include "out/series.h"

#define REPORT_VALUES_MAX 1000000

struct prometheus_state {
	struct xm_series series;
	bool open;
};

static int start(struct prometheus_state *st)
{
	int r;

	if (st->open)
		return 0;
	r = xm_series_open(&st->series, REPORT_VALUES_MAX);
	if (r < 0)
		return r;
	st->open = true;
	r = xm_series_source(&st->series, "report");
	if (r >= 0)
		xm_series_begin(&st->series, (uint32_t)r);
	return r < 0 ? r : 0;
}

static int prometheus_row(struct xm_out *o, const struct xm_table *t, const void *row)
{
	struct prometheus_state *st = o->state;
	int r = start(st);

	return r < 0 ? r : xm_series_row(&st->series, t, row);
}

static int prometheus_sample(struct xm_out *o, const struct xm_sample *sample)
{
	struct prometheus_state *st = o->state;
	int r = start(st);

	return r < 0 ? r : xm_series_sample(&st->series, sample);
}

static int prometheus_finding(struct xm_out *o, enum xm_severity s, const char *id,
			      const char *text)
{
	char labels[64];

	(void)text;
	snprintf(labels, sizeof labels, "id=\"%s\"", id);
	return prometheus_sample(
		o, &(struct xm_sample){ .family = "xmon_finding",
					.suffix = "",
					.help = "Findings and their severity, 0 to 3.",
					.labels = labels,
					.type = XM_METRIC_GAUGE,
					.value = s });
}

static int prometheus_end(struct xm_out *o)
{
	struct prometheus_state *st = o->state;
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT;
	const struct xm_layout *l;
	struct xm_expo expo;
	int r = start(st);

	if (r < 0)
		return r;
	xm_series_end(&st->series);
	r = xm_series_layout(&st->series, &layout);
	if (r < 0)
		return r;
	l = (const void *)layout.data;
	r = xm_expo_open(&expo, l, XM_EXPO_TEXT);
	if (r < 0)
		return r;
	r = xm_expo_text(&expo, l, st->series.value, NULL, XM_EXPO_TEXT, &o->buf);
	xm_expo_close(&expo);
	xm_series_begin(&st->series, 0);
	return r;
}

static void prometheus_close(struct xm_out *o)
{
	struct prometheus_state *st = o->state;

	if (st->open)
		xm_series_close(&st->series);
}

const struct xm_sink xm_sink_prometheus = {
	.name = "prometheus",
	.mime = "text/plain; version=0.0.4; charset=utf-8",
	.state_size = sizeof(struct prometheus_state),
	.row = prometheus_row,
	.sample = prometheus_sample,
	.finding = prometheus_finding,
	.end = prometheus_end,
	.close = prometheus_close,
};
