/* How a column of a table becomes a Prometheus metric: its name, help, type and labels. */
#pragma once
#include "out/out.h"

/* Does the column carry a value of its own (not a key, not a text)? */
static inline bool xm_metric_column(const struct xm_field *f)
{
	return !(f->flags & XM_KEY) && f->type != XM_STR && f->type != XM_TEXT;
}
enum xm_metric_type xm_metric_type(const struct xm_field *f);
/* The name as it is declared: with {key}s, or xmon_<table>_<column> */
void xm_metric_pattern(const struct xm_table *t, const struct xm_field *f, struct xm_buf *out);
/* The column's own metric with its {key}s filled in from the row, or xmon_<table>_<column> in base
 * units, with _total for counters. What a metric name may not hold becomes '_'. */
void xm_metric_name(const struct xm_table *t, const struct xm_field *f, const void *row,
		    struct xm_buf *out);
void xm_metric_help(const struct xm_table *t, const struct xm_field *f, const void *row,
		    struct xm_buf *out);
/* a="b",c="d": the row's keys that are not part of the name and not empty, then the column's own */
void xm_metric_labels(const struct xm_table *t, const struct xm_field *f, const void *row,
		      struct xm_buf *out);
/* Append a label value, escaped: \, " and newline; bytes that are not UTF-8 become U+FFFD */
void xm_label_escape(struct xm_buf *out, const char *value);
