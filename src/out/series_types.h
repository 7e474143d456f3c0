/* What series.c keeps, and series_layout.c describes. */
#pragma once
#include "out/series.h"

struct xm_series_family {
	char *name, *help; /* one allocation, name first */
	enum xm_metric_type type;
};

struct xm_series_cell {
	uint32_t row;
	uint32_t family;
	const char *name;   /* family, suffix and labels as one key: x_bucket{le="1" */
	const char *labels; /* like name and suffix, in the row's block */
	const char *suffix;
	uint32_t name_len;
	bool exposed;  /* false: hidden, as another row's cell has its name */
	uint32_t next; /* hidden cell + 1 */
};

struct xm_series_row {
	const struct xm_table *table; /* NULL: a vacant row, or a sample without a table */
	char *block;                  /* key bytes, then the cells' texts; NULL = vacant */
	uint32_t key_len;
	uint32_t first, n; /* its cells */
	uint32_t source;
	uint32_t pass;   /* the source's pass that last saw it */
	uint32_t missed; /* passes since */
	uint32_t next;   /* vacant row of as many cells + 1 */
};

struct xm_series_source {
	char *name;
	uint32_t pass;
	uint32_t *order, *fresh; /* rows in the order of the last pass; of this one if it differs */
	uint32_t n_order, n_fresh, order_cap, fresh_cap;
	uint32_t cursor;
	bool reordered;
};
