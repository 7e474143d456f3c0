/* The charts as events of the live stream. */
#include "agent/chart.h"
#include "agent/chart_defs.h"
#include <inttypes.h>
#include <math.h>

/* Four significant digits are more than a chart can show */
static void add_point(struct xm_buf *b, float v)
{
	if (!isfinite(v))
		xm_buf_adds(b, "null");
	else if (v == floorf(v) && fabsf(v) < 1e7f)
		xm_buf_addf(b, "%d", (int)v);
	else
		xm_buf_addf(b, "%.5g", (double)v);
}

static void add_member(struct xm_buf *b, const char *key, const char *value)
{
	xm_buf_addf(b, "\"%s\":", key);
	xm_buf_add_json(b, value);
	xm_buf_addc(b, ',');
}

static void add_def(const struct xm_chart *chart, struct xm_buf *out)
{
	const struct xm_chart_def *d = chart->def;

	xm_buf_addc(out, '{');
	add_member(out, "id", d->id);
	add_member(out, "section", d->section);
	add_member(out, "title", d->title);
	add_member(out, "help", d->help);
	add_member(out, "unit", d->unit);
	add_member(out, "kind", d->kind);
	if (!chart->n_series)
		add_member(out, "off", d->off);
	if (d->max > 0)
		xm_buf_addf(out, "\"max\":%g}", d->max);
	else
		xm_buf_adds(out, "\"max\":null}");
}

/* The value of a family without labels, NaN if there is none */
static double single(const struct xm_snapshot *s, const char *name)
{
	const struct xm_layout *l = xm_snapshot_layout(s);
	const struct xm_layout_family *f = xm_layout_find(l, name);

	return f && f->n == 1 ? s->value[xm_layout_samples(l)[f->first].value] : (double)NAN;
}

/* A label of an info metric's only sample */
static void info_label(const struct xm_snapshot *s, const char *name, const char *label, char *buf,
		       size_t size)
{
	const struct xm_layout *l = xm_snapshot_layout(s);
	const struct xm_layout_family *f = xm_layout_find(l, name);

	*buf = 0;
	if (f && f->n)
		xm_label_value(xm_layout_text(l, xm_layout_samples(l)[f->first].labels), label, buf,
			       size);
}

static void add_fact(struct xm_buf *b, const char *name, const char *value)
{
	if (!*value)
		return;
	xm_buf_adds(b, b->data[b->len - 1] == '[' ? "{" : ",{");
	add_member(b, "name", name);
	xm_buf_adds(b, "\"value\":");
	xm_buf_add_json(b, value);
	xm_buf_addc(b, '}');
}

static unsigned count_cpus(const struct xm_snapshot *s)
{
	const struct xm_layout *l = xm_snapshot_layout(s);
	const struct xm_layout_family *f = xm_layout_find(l, "node_cpu_seconds_total");
	char mode[16];
	unsigned n = 0;

	for (uint32_t i = 0; f && i < f->n; i++) {
		const struct xm_layout_sample *sample = &xm_layout_samples(l)[f->first + i];

		xm_label_value(xm_layout_text(l, sample->labels), "mode", mode, sizeof mode);
		n += !strcmp(mode, "idle") && !xm_is_absent(s->value[sample->value]);
	}
	return n;
}

static void add_facts(const struct xm_snapshot *s, struct xm_buf *out)
{
	static const struct xm_field size = { .type = XM_DBYTES };
	double memory = single(s, "node_memory_MemTotal_bytes"),
	       boot = single(s, "node_boot_time_seconds");
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
	char value[128];

	info_label(s, "node_os_info", "pretty_name", value, sizeof value);
	add_fact(out, "system", value);
	info_label(s, "node_uname_info", "release", value, sizeof value);
	add_fact(out, "kernel", value);
	snprintf(value, sizeof value, "%u", count_cpus(s));
	add_fact(out, "CPUs", value);
	if (!isnan(memory)) {
		xm_field_print(&size, &memory, false, &text);
		add_fact(out, "memory", text.data);
	}
	if (!isnan(boot)) {
		snprintf(value, sizeof value, "%.1f days",
			 ((double)s->wall_ns / 1e9 - boot) / 86400);
		add_fact(out, "up", value);
	}
}

void xm_charts_hello(const struct xm_charts *c, const struct xm_snapshot *s, struct xm_buf *out)
{
	char host[128];

	info_label(s, "node_uname_info", "nodename", host, sizeof host);
	xm_buf_adds(out, "event: hello\ndata: {\"schema\":1,");
	add_member(out, "version", XMON_VERSION);
	add_member(out, "host", host);
	xm_buf_adds(out, "\"step_ms\":1000,\"facts\":[");
	add_facts(s, out);
	xm_buf_adds(out, "],\"charts\":[");
	for (unsigned i = 0; i < c->n_charts; i++) {
		if (i)
			xm_buf_addc(out, ',');
		add_def(&c->chart[i], out);
	}
	xm_buf_adds(out, "]}\n\n");
}

void xm_charts_history(const struct xm_charts *c, unsigned i, struct xm_buf *out)
{
	const struct xm_chart *chart = &c->chart[i];

	xm_buf_addf(out, "event: history\ndata: {\"chart\":\"%s\",\"series\":[", chart->def->id);
	for (unsigned k = 0; k < chart->n_series; k++) {
		if (k)
			xm_buf_addc(out, ',');
		xm_buf_add_json(out, chart->series[k]->name);
	}
	xm_buf_addf(out, "],\"t0\":%" PRId64 ",\"values\":[", c->second - (int64_t)c->n + 1);
	for (unsigned k = 0; k < chart->n_series; k++) {
		xm_buf_adds(out, k ? ",[" : "[");
		for (unsigned n = 0; n < c->n; n++) {
			unsigned at = (c->at + XM_CHART_POINTS - c->n + 1 + n) % XM_CHART_POINTS;

			if (n)
				xm_buf_addc(out, ',');
			add_point(out, chart->series[k]->point[at]);
		}
		xm_buf_addc(out, ']');
	}
	xm_buf_adds(out, "]}\n\n");
}

/* Sources that are present and not up */
static void add_sources_down(const struct xm_snapshot *s, struct xm_buf *out)
{
	const struct xm_layout *l = xm_snapshot_layout(s);
	const struct xm_layout_family *up = xm_layout_find(l, "xmon_source_up"),
				      *present = xm_layout_find(l, "xmon_source_present");
	const struct xm_layout_sample *sample = xm_layout_samples(l);
	char name[40];
	bool first = true;

	for (uint32_t i = 0; up && present && up->n == present->n && i < up->n; i++) {
		if (s->value[sample[up->first + i].value] != 0 ||
		    s->value[sample[present->first + i].value] != 1)
			continue;
		xm_label_value(xm_layout_text(l, sample[up->first + i].labels), "source", name,
			       sizeof name);
		if (!first)
			xm_buf_addc(out, ',');
		xm_buf_add_json(out, name);
		first = false;
	}
}

void xm_charts_tick(const struct xm_charts *c, const struct xm_snapshot *s, struct xm_buf *out)
{
	double missed = single(s, "xmon_agent_ticks_missed_total");
	bool first = true;

	xm_buf_addf(out, "event: tick\ndata: {\"t\":%" PRId64 ",\"v\":{", c->second);
	for (unsigned i = 0; i < c->n_charts; i++) {
		const struct xm_chart *chart = &c->chart[i];

		if (!chart->n_series)
			continue;
		xm_buf_addf(out, "%s\"%s\":[", first ? "" : ",", chart->def->id);
		first = false;
		for (unsigned k = 0; k < chart->n_series; k++) {
			if (k)
				xm_buf_addc(out, ',');
			add_point(out, chart->series[k]->point[c->at]);
		}
		xm_buf_addc(out, ']');
	}
	xm_buf_adds(out, "},\"sources_down\":[");
	add_sources_down(s, out);
	xm_buf_addf(out, "],\"missed_ticks\":%.0f}\n\n", isnan(missed) ? 0 : missed);
}
