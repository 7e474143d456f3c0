/*
 * Rows in, series out: remembers which rows of which tables there are, gives each of their values a
 * place in one array of doubles, and renders names and labels when a row is first seen. The row
 * path expects the order of the last pass, so that it compares a few bytes and writes doubles; it
 * allocates only when something new appears.
 *
 * One thread at a time. A source (a collector) announces a pass with begin, emits its rows into
 * the out, and ends the pass; rows of an earlier pass that did not come again have no value, and
 * are forgotten XM_SERIES_KEEP passes later.
 */
#pragma once
#include "base/map.h"
#include "out/layout.h"

#define XM_SERIES_SOURCES_MAX 512
#define XM_SERIES_KEEP        60
#define XM_SERIES_COLS_MAX    96 /* value columns of one table; further ones are left out */

struct xm_series {
	struct xm_series_family *family;
	uint32_t n_families, families_cap;
	struct xm_map family_by_name;

	struct xm_series_row *row;
	uint32_t n_rows, rows_cap;
	uint32_t vacant[XM_SERIES_COLS_MAX + 1]; /* forgotten rows by their number of cells */
	struct xm_map row_by_key;

	struct xm_series_cell *cell; /* parallel to value */
	double *value;
	uint32_t n_values, values_cap, values_max;
	struct xm_map cell_by_name;
	uint32_t hidden; /* list of cells */

	struct xm_series_source *source;
	uint32_t n_sources, now; /* now: the source whose pass is running */

	struct xm_buf key, text;      /* scratch */
	uint64_t generation;          /* grows whenever the layout changes */
	uint64_t dropped, duplicates; /* values left out: over the cap; of a name already taken */
	uint32_t n_series;            /* values that stand in the layout */
};

/* At most max_values values; more are left out and counted */
int xm_series_open(struct xm_series *s, uint32_t max_values) XM_MUST;
void xm_series_close(struct xm_series *s);

/* The number of a source, made if new. name is copied. -ENOSPC over XM_SERIES_SOURCES_MAX. */
int xm_series_source(struct xm_series *s, const char *name) XM_MUST;

void xm_series_begin(struct xm_series *s, uint32_t source);
int xm_series_row(struct xm_series *s, const struct xm_table *t, const void *row) XM_MUST;
int xm_series_sample(struct xm_series *s, const struct xm_sample *sample) XM_MUST;
void xm_series_end(struct xm_series *s);
/* Take away every row of a source that was switched off */
void xm_series_drop(struct xm_series *s, uint32_t source);

/* Describe all series; the text goes into ret, which begins with a struct xm_layout */
int xm_series_layout(struct xm_series *s, struct xm_buf *ret) XM_MUST;

/* An out whose rows go to the series; `o->state` is the series. No findings. */
extern const struct xm_sink xm_sink_series;
struct xm_out xm_series_out(struct xm_series *s);
