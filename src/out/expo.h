/*
 * Exposition: a layout and its values as Prometheus's text format 0.0.4, as OpenMetrics 1.0, or as
 * delimited protobuf (io.prometheus.client.MetricFamily). What does not change between two scrapes
 * is rendered once a layout.
 */
#pragma once
#include "out/layout.h"

enum xm_expo_format { XM_EXPO_TEXT, XM_EXPO_OPENMETRICS, XM_EXPO_PROTOBUF, XM_EXPO_FORMATS };

/* Content-Type of a format; also what is offered when a client negotiates */
extern const char *const xm_expo_mime[XM_EXPO_FORMATS];

/* Which sources to show: one bit each; NULL = all */
struct xm_expo_filter {
	uint64_t bits[8];
};
static inline bool xm_expo_shows(const struct xm_expo_filter *f, uint32_t source)
{
	return !f || (f->bits[source / 64 % 8] >> (source % 64) & 1);
}

/* The unchanging text of one layout in one text format */
struct xm_expo {
	struct xm_buf text;
	struct xm_expo_piece {
		uint32_t off, len;
	} * family, *sample; /* "# HELP … # TYPE …"; name{labels} and a blank */
};

/* Prepare for a layout (not kept). XM_EXPO_PROTOBUF needs no preparation. */
int xm_expo_open(struct xm_expo *e, const struct xm_layout *l, enum xm_expo_format format) XM_MUST;
void xm_expo_close(struct xm_expo *e);

/* Append one exposition. Absent values are left out, and families without any. -ENOMEM. */
int xm_expo_text(const struct xm_expo *e, const struct xm_layout *l, const double *values,
		 const struct xm_expo_filter *filter, enum xm_expo_format format,
		 struct xm_buf *out) XM_MUST;
int xm_expo_protobuf(const struct xm_layout *l, const double *values,
		     const struct xm_expo_filter *filter, struct xm_buf *out) XM_MUST;
