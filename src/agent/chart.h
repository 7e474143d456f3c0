/*
 * The charts of the dashboard: what each shows, computed from every row, and the last ten minutes
 * of it. A chart's series are sums of metrics or of their rates, one for each value of a label.
 */
#pragma once
#include "agent/head.h"

#define XM_CHART_POINTS 600 /* one a second */
#define XM_CHART_SERIES 16  /* of one chart; further devices are left out */

struct xm_chart_series {
	char name[64];
	float point[XM_CHART_POINTS]; /* a ring; NaN = no value */
};

struct xm_chart_tap; /* one sample that goes into one series */

struct xm_chart {
	const struct xm_chart_def *def;
	struct xm_chart_series *series[XM_CHART_SERIES];
	unsigned n_series;
	struct xm_chart_tap *tap;
	unsigned n_taps, taps_cap;
	bool changed; /* its set of series is another one than at the last tick */
};

struct xm_charts {
	struct xm_chart *chart;
	unsigned n_charts;
	uint64_t layout_seq;
	double *before; /* the values of the row before, for rates */
	uint32_t n_before;
	uint32_t *owner; /* whose value stands at an index: a hash of its name and labels */
	uint64_t before_ns;
	unsigned at, n; /* the newest point in the rings; how many there are */
	int64_t second; /* of the newest point, since 1970 */
};

int xm_charts_open(struct xm_charts *c) XM_MUST;
void xm_charts_close(struct xm_charts *c);
/* Take a new row in. Seconds that are missing become points without values. */
int xm_charts_add(struct xm_charts *c, const struct xm_snapshot *s) XM_MUST;

/* Events of the live stream, as the page expects them: data is one line of JSON */
void xm_charts_hello(const struct xm_charts *c, const struct xm_snapshot *s, struct xm_buf *out);
void xm_charts_history(const struct xm_charts *c, unsigned i, struct xm_buf *out);
void xm_charts_tick(const struct xm_charts *c, const struct xm_snapshot *s, struct xm_buf *out);
