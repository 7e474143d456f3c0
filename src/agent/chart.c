#include "agent/chart.h"
#include "agent/chart_defs.h"
#include "base/map.h"
#include <math.h>

enum part { TERM, DIVISOR, WHOLE }; /* WHOLE: counts only in the sum of all */

struct xm_chart_tap {
	uint32_t value; /* index into the row */
	uint8_t series, part;
	bool rate;
	float factor, scale;
};

static unsigned count_defs(void)
{
	unsigned n = 0;

	while (xm_chart_defs[n].id)
		n++;
	return n;
}

int xm_charts_open(struct xm_charts *c)
{
	*c = (struct xm_charts){ .n_charts = count_defs(), .at = XM_CHART_POINTS - 1 };
	c->chart = calloc(c->n_charts + 1, sizeof *c->chart);
	c->before = calloc(XM_HEAD_VALUES_MAX, sizeof *c->before);
	c->owner = calloc(XM_HEAD_VALUES_MAX, sizeof *c->owner);
	if (!c->chart || !c->before || !c->owner)
		return -ENOMEM;
	for (unsigned i = 0; i < c->n_charts; i++)
		c->chart[i].def = &xm_chart_defs[i];
	return 0;
}

void xm_charts_close(struct xm_charts *c)
{
	for (unsigned i = 0; c->chart && i < c->n_charts; i++) {
		for (unsigned k = 0; k < c->chart[i].n_series; k++)
			free(c->chart[i].series[k]);
		free(c->chart[i].tap);
	}
	free(c->chart);
	free(c->before);
	free(c->owner);
	*c = (struct xm_charts){};
}

/* The series of that name, made if new. -ENOSPC: the chart has enough. */
static int find_series(struct xm_chart *chart, const char *name)
{
	struct xm_chart_series *s;

	for (unsigned i = 0; i < chart->n_series; i++)
		if (!strcmp(chart->series[i]->name, name))
			return (int)i;
	if (chart->n_series == XM_CHART_SERIES)
		return -ENOSPC;
	s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	snprintf(s->name, sizeof s->name, "%s", name);
	for (unsigned i = 0; i < XM_CHART_POINTS; i++)
		s->point[i] = NAN;
	chart->series[chart->n_series] = s;
	chart->changed = true;
	return (int)chart->n_series++;
}

static int add_tap(struct xm_chart *chart, struct xm_chart_tap tap)
{
	if (chart->n_taps == chart->taps_cap) {
		unsigned cap = chart->taps_cap ? chart->taps_cap * 2 : 16;
		void *p = reallocarray(chart->tap, cap, sizeof tap);

		if (!p)
			return -ENOMEM;
		chart->tap = p;
		chart->taps_cap = cap;
	}
	chart->tap[chart->n_taps++] = tap;
	return 0;
}

static void series_name(const struct xm_chart_line *line, const char *by, char *buf, size_t size)
{
	if (!line->by)
		snprintf(buf, size, "%s", line->name);
	else if (line->name)
		snprintf(buf, size, "%.50s %s", by, line->name);
	else
		snprintf(buf, size, "%.63s", by);
}

static int tap_sample(struct xm_chart *chart, const struct xm_chart_line *line, enum part part,
		      double factor, const char *labels, uint32_t value)
{
	char by[64] = "", name[64];
	int series = 0;

	if (line->by)
		xm_label_value(labels, line->by, by, sizeof by);
	if (line->except && !strcmp(by, line->except)) {
		part = WHOLE;
	} else {
		series_name(line, by, name, sizeof name);
		series = find_series(chart, name);
		if (series < 0)
			return series == -ENOSPC ? 0 : series;
	}
	return add_tap(chart,
		       (struct xm_chart_tap){ .value = value,
					      .series = (uint8_t)series,
					      .part = (uint8_t)part,
					      .rate = line->rate,
					      .factor = (float)factor,
					      .scale = (float)(line->scale ? line->scale : 1) });
}

static int tap_family(struct xm_chart *chart, const struct xm_chart_line *line, enum part part,
		      const char *name, double factor, const struct xm_layout *l)
{
	const struct xm_layout_family *f = xm_layout_find(l, name);
	int r = 0;

	for (uint32_t i = 0; f && i < f->n && r >= 0; i++) {
		const struct xm_layout_sample *s = &xm_layout_samples(l)[f->first + i];

		r = tap_sample(chart, line, part, factor, xm_layout_text(l, s->labels), s->value);
	}
	return r;
}

static bool has_points(const struct xm_chart_series *s)
{
	for (unsigned i = 0; i < XM_CHART_POINTS; i++)
		if (!isnan(s->point[i]))
			return true;
	return false;
}

/* A device that has been gone for ten minutes makes room for others */
static void forget_series(struct xm_chart *chart)
{
	unsigned n = 0;

	for (unsigned i = 0; i < chart->n_series; i++)
		if (has_points(chart->series[i]))
			chart->series[n++] = chart->series[i];
		else
			free(chart->series[i]);
	chart->changed |= n != chart->n_series;
	chart->n_series = n;
}

/* Find out again which samples go where: the layout is another one */
static int tap_chart(struct xm_chart *chart, const struct xm_layout *l)
{
	int r = 0;

	chart->n_taps = 0;
	forget_series(chart);
	for (const struct xm_chart_line *line = chart->def->line; line->term[0].family; line++) {
		for (unsigned i = 0; i < XM_TERMS_MAX && line->term[i].family && r >= 0; i++)
			r = tap_family(chart, line, TERM, line->term[i].family,
				       line->term[i].factor, l);
		for (unsigned i = 0;
		     i < XM_ARRAY_LEN(line->divisor) && line->divisor[i].family && r >= 0; i++)
			r = tap_family(chart, line, DIVISOR, line->divisor[i].family,
				       line->divisor[i].factor, l);
	}
	return r;
}

/* A value whose place in the row was another series' until now has nothing to be compared with */
static void know_owners(struct xm_charts *c, const struct xm_layout *l)
{
	const struct xm_layout_family *f = xm_layout_families(l);
	const struct xm_layout_sample *s = xm_layout_samples(l);

	for (uint32_t i = 0; i < l->n_families; i++, f++) {
		const char *name = xm_layout_text(l, f->name);
		uint32_t family = (uint32_t)xm_hash(name, strlen(name));

		for (uint32_t k = f->first; k < f->first + f->n; k++) {
			const char *labels = xm_layout_text(l, s[k].labels);
			uint32_t id = family ^ (uint32_t)xm_hash(labels, strlen(labels));

			if (c->owner[s[k].value] != id)
				c->before[s[k].value] = (double)NAN;
			c->owner[s[k].value] = id;
		}
	}
}

/* What a sample adds, NaN when it has no value, or a counter none to compare with */
static double tap_value(const struct xm_charts *c, const struct xm_chart_tap *tap,
			const struct xm_snapshot *s, double seconds)
{
	double v = s->value[tap->value], before;

	if (!tap->rate || isnan(v))
		return v * (double)tap->factor;
	before = tap->value < c->n_before ? c->before[tap->value] : (double)NAN;
	if (seconds <= 0 || !(v >= before))
		return (double)NAN;
	return (v - before) / seconds * (double)tap->factor;
}

static void draw_point(struct xm_charts *c, struct xm_chart *chart, const struct xm_snapshot *s,
		       double seconds)
{
	double sum[XM_CHART_SERIES] = {}, divisor[XM_CHART_SERIES] = {}, whole = 0;
	bool any[XM_CHART_SERIES] = {}, divided[XM_CHART_SERIES] = {};
	float scale[XM_CHART_SERIES] = {};

	for (unsigned i = 0; i < chart->n_taps; i++) {
		const struct xm_chart_tap *tap = &chart->tap[i];
		double v = tap_value(c, tap, s, seconds);

		divided[tap->series] |= tap->part == DIVISOR;
		if (isnan(v))
			continue;
		scale[tap->series] = tap->scale;
		if (tap->part != DIVISOR)
			whole += v;
		if (tap->part == TERM) {
			sum[tap->series] += v;
			any[tap->series] = true;
		} else if (tap->part == DIVISOR) {
			divisor[tap->series] += v;
		}
	}
	for (unsigned i = 0; i < chart->n_series; i++) {
		double d = chart->def->line->share ? whole : divided[i] ? divisor[i] : 1;
		bool idle = divided[i] && any[i] && d == 0; /* nothing happened: no ratio, no gap */

		chart->series[i]->point[c->at] = idle ? 0
						 : any[i] && d > 0
							 ? (float)(sum[i] / d * (double)scale[i])
							 : NAN;
	}
}

/* Move on to the second of the row; what lies between has no points */
static void advance(struct xm_charts *c, int64_t second)
{
	int64_t steps = c->n ? second - c->second : 1;

	if (steps <= 0 || steps > XM_CHART_POINTS)
		steps = 1; /* the clock was set: the rings go on from here */
	for (int64_t k = 0; k < steps; k++) {
		c->at = (c->at + 1) % XM_CHART_POINTS;
		c->n = XM_MIN(c->n + 1, XM_CHART_POINTS);
		for (unsigned i = 0; i < c->n_charts; i++)
			for (unsigned j = 0; j < c->chart[i].n_series; j++)
				c->chart[i].series[j]->point[c->at] = NAN;
	}
	c->second = second;
}

int xm_charts_add(struct xm_charts *c, const struct xm_snapshot *s)
{
	double seconds = c->before_ns ? (double)(s->mono_ns - c->before_ns) / 1e9 : 0;
	int r = 0;

	if (s->mono_ns == c->before_ns)
		return 0; /* this row was drawn already */
	for (unsigned i = 0; i < c->n_charts; i++)
		c->chart[i].changed = false;
	if (c->layout_seq != s->layout_seq) {
		for (unsigned i = 0; i < c->n_charts && r >= 0; i++)
			r = tap_chart(&c->chart[i], xm_snapshot_layout(s));
		if (r < 0)
			return r;
		know_owners(c, xm_snapshot_layout(s));
		c->layout_seq = s->layout_seq;
	}
	advance(c, (int64_t)((s->wall_ns + XM_NS_PER_SEC / 2) / XM_NS_PER_SEC));
	for (unsigned i = 0; i < c->n_charts; i++)
		draw_point(c, &c->chart[i], s, seconds);
	memcpy(c->before, s->value, s->n_values * sizeof *s->value);
	c->n_before = s->n_values;
	c->before_ns = s->mono_ns;
	return 0;
}
