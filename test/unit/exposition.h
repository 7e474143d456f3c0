/* For tests of series and of their expositions: rows of plain samples in, the exposition out. */
#pragma once
#include "check.h"
#include "out/expo.h"
#include "out/series.h"

/* All series as text; the caller frees it. "!" and a reason when that fails. */
static inline char *expose(struct xm_series *s, enum xm_expo_format format,
			   const struct xm_expo_filter *filter)
{
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT, text = XM_BUF_INIT;
	const struct xm_layout *l;
	struct xm_expo expo;

	if (xm_series_layout(s, &layout) < 0)
		return strdup("!layout");
	l = (const void *)layout.data;
	if (!xm_layout_valid(l, layout.len))
		return strdup("!invalid");
	if (xm_expo_open(&expo, l, format) < 0)
		return strdup("!expo");
	if (xm_expo_text(&expo, l, s->value, filter, format, &text) < 0)
		xm_buf_adds(&text, "!text");
	xm_expo_close(&expo);
	return strdup(text.data);
}

/* check.h's CHECK_STR on all of the exposition in text format */
#define CHECK_EXPOSES(s, want)                                                                     \
	do {                                                                                       \
		_cleanup_free_ char *_text = expose(s, XM_EXPO_TEXT, NULL);                        \
		CHECK_STR(_text, want);                                                            \
	} while (0)

static inline int put_sample(struct xm_series *s, const char *family, const char *suffix,
			     enum xm_metric_type type, const char *labels, double value)
{
	return xm_series_sample(s, &(struct xm_sample){ .family = family,
							.suffix = suffix,
							.help = "",
							.labels = labels,
							.type = type,
							.value = value });
}

static inline int put_gauge(struct xm_series *s, const char *family, const char *labels,
			    double value)
{
	return put_sample(s, family, "", XM_METRIC_GAUGE, labels, value);
}
