/* The table of charts. */
#pragma once
#include <stdbool.h>

#define XM_TERMS_MAX 6

/* One line, band or family of them in a chart */
struct xm_chart_line {
	const char *name; /* NULL: the value of `by`; otherwise, with `by`, appended to it */
	const char *by;   /* label that tells the series apart; NULL: all samples are one */
	bool rate;        /* per second, of counters */
	double scale;     /* 0 = 1 */
	struct {
		const char *family; /* NULL ends */
		double factor;
	} term[XM_TERMS_MAX], divisor[2];
	const char *except; /* value of `by` that is not shown; it counts in `share` */
	bool share;         /* each series as a part of the sum of all, the excepted one included */
};

struct xm_chart_def {
	const char *id, *section, *title, *help, *unit, *kind;
	double max;                       /* 0 = by the data */
	const char *off;                  /* why, when this machine has none of its metrics */
	const struct xm_chart_line *line; /* ends with no term */
};

extern const struct xm_chart_def xm_chart_defs[]; /* ends without id */
