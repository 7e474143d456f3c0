#include "out/series.h"
#include "out/naming.h"
#include "out/series_types.h"

static const void *family_key(const void *owner, uint32_t i, size_t *ret_len)
{
	const struct xm_series *s = owner;

	*ret_len = strlen(s->family[i].name);
	return s->family[i].name;
}

static const void *row_key(const void *owner, uint32_t i, size_t *ret_len)
{
	const struct xm_series *s = owner;

	*ret_len = s->row[i].key_len;
	return s->row[i].block;
}

static const void *cell_key(const void *owner, uint32_t i, size_t *ret_len)
{
	const struct xm_series *s = owner;

	*ret_len = s->cell[i].name_len;
	return s->cell[i].name;
}

int xm_series_open(struct xm_series *s, uint32_t max_values)
{
	*s = (struct xm_series){ .values_max = max_values,
				 .key = XM_BUF_INIT,
				 .text = XM_BUF_INIT,
				 .family_by_name = { .key = family_key, .owner = s },
				 .row_by_key = { .key = row_key, .owner = s },
				 .cell_by_name = { .key = cell_key, .owner = s } };
	s->source = calloc(XM_SERIES_SOURCES_MAX, sizeof *s->source);
	return s->source ? 0 : -ENOMEM;
}

void xm_series_close(struct xm_series *s)
{
	for (uint32_t i = 0; i < s->n_rows; i++)
		free(s->row[i].block);
	for (uint32_t i = 0; i < s->n_families; i++)
		free(s->family[i].name);
	for (uint32_t i = 0; i < s->n_sources; i++) {
		free(s->source[i].name);
		free(s->source[i].order);
		free(s->source[i].fresh);
	}
	xm_map_done(&s->family_by_name);
	xm_map_done(&s->row_by_key);
	xm_map_done(&s->cell_by_name);
	xm_buf_done(&s->key);
	xm_buf_done(&s->text);
	free(s->source);
	free(s->family);
	free(s->row);
	free(s->cell);
	free(s->value);
	*s = (struct xm_series){};
}

/* Room for one more element (or `more`) in an array */
static int grow(void *array, uint32_t *cap, uint32_t need, size_t each)
{
	uint32_t n = *cap ? *cap : 64;
	void *p;

	if (need <= *cap)
		return 0;
	while (n < need)
		n *= 2;
	p = reallocarray(*(void **)array, n, each);
	if (!p)
		return -ENOMEM;
	*(void **)array = p;
	*cap = n;
	return 0;
}

int xm_series_source(struct xm_series *s, const char *name)
{
	for (uint32_t i = 0; i < s->n_sources; i++)
		if (!strcmp(s->source[i].name, name))
			return (int)i;
	if (s->n_sources == XM_SERIES_SOURCES_MAX)
		return -ENOSPC;
	s->source[s->n_sources].name = strdup(name);
	if (!s->source[s->n_sources].name)
		return -ENOMEM;
	s->generation++;
	return (int)s->n_sources++;
}

static int find_family(struct xm_series *s, const char *name, const char *help,
		       enum xm_metric_type type, uint32_t *ret)
{
	size_t name_len = strlen(name), help_len = strlen(help);
	struct xm_series_family *f;
	int r;

	*ret = xm_map_find(&s->family_by_name, name, name_len);
	if (*ret != XM_MAP_NONE)
		return 0;
	r = grow(&s->family, &s->families_cap, s->n_families + 1, sizeof *s->family);
	if (r < 0)
		return r;
	f = &s->family[s->n_families];
	f->name = malloc(name_len + help_len + 2);
	if (!f->name)
		return -ENOMEM;
	memcpy(f->name, name, name_len + 1);
	f->help = f->name + name_len + 1;
	memcpy(f->help, help, help_len + 1);
	f->type = type;
	r = xm_map_add(&s->family_by_name, s->n_families);
	if (r < 0) {
		free(f->name);
		return r;
	}
	*ret = s->n_families++;
	return 0;
}

static int grow_values(struct xm_series *s, uint32_t need)
{
	struct xm_series_cell *cell;
	uint32_t cap = s->values_cap;
	int r = grow(&s->value, &s->values_cap, need, sizeof *s->value);

	if (r < 0 || cap == s->values_cap)
		return r;
	cell = reallocarray(s->cell, s->values_cap, sizeof *s->cell);
	if (!cell) {
		s->values_cap = cap;
		return -ENOMEM;
	}
	s->cell = cell;
	return 0;
}

/* A row with n places in the arrays of values and cells: one that was forgotten, or new */
static int find_vacant(struct xm_series *s, uint32_t n, uint32_t *ret_row)
{
	int r;

	if (s->vacant[n]) {
		*ret_row = s->vacant[n] - 1;
		s->vacant[n] = s->row[*ret_row].next;
		return 0;
	}
	if (n > s->values_max - s->n_values)
		return -ENOSPC;
	r = grow(&s->row, &s->rows_cap, s->n_rows + 1, sizeof *s->row);
	if (r >= 0)
		r = grow_values(s, s->n_values + n);
	if (r < 0)
		return r;
	s->row[s->n_rows] = (struct xm_series_row){ .first = s->n_values, .n = n };
	s->n_values += n;
	*ret_row = s->n_rows++;
	return 0;
}

/* One value of a row being born: its texts stand in s->text from `name` on */
struct birth {
	uint32_t family;
	size_t name, labels, suffix; /* offsets in s->text */
	size_t name_len;
};

/* Give the cell its name, which is free */
static int expose_cell(struct xm_series *s, uint32_t i)
{
	int r = xm_map_add(&s->cell_by_name, i);

	if (r < 0)
		return r;
	s->cell[i].exposed = true;
	s->n_series++;
	return 0;
}

static int bear_cell(struct xm_series *s, uint32_t i, uint32_t row, const struct birth *b)
{
	struct xm_series_cell *cell = &s->cell[i];
	const char *block = s->row[row].block;

	*cell = (struct xm_series_cell){ .row = row,
					 .family = b->family,
					 .name = block + b->name,
					 .labels = block + b->labels,
					 .suffix = block + b->suffix,
					 .name_len = (uint32_t)b->name_len };
	s->value[i] = xm_absent();
	if (xm_map_find(&s->cell_by_name, cell->name, cell->name_len) == XM_MAP_NONE)
		return expose_cell(s, i);
	s->duplicates++;
	cell->next = s->hidden;
	s->hidden = i + 1;
	return 0;
}

static void forget_row(struct xm_series *s, uint32_t i);

/* Make a row of s->text, whose first key_len bytes are its key, with n cells */
static int bear_row(struct xm_series *s, const struct xm_table *t, size_t key_len,
		    const struct birth *births, uint32_t n, uint32_t *ret_row)
{
	_cleanup_free_ char *block = NULL;
	struct xm_series_row *row;
	uint32_t i;
	int r;

	if (s->text.failed)
		return -ENOMEM;
	block = malloc(s->text.len + 1);
	if (!block)
		return -ENOMEM;
	memcpy(block, s->text.data, s->text.len + 1);
	r = find_vacant(s, n, &i);
	if (r < 0)
		return r;
	row = &s->row[i];
	*row = (struct xm_series_row){ .table = t,
				       .block = TAKE_PTR(block),
				       .key_len = (uint32_t)key_len,
				       .first = row->first,
				       .n = n,
				       .source = s->now };
	for (uint32_t k = 0; k < n; k++) {
		int failed = bear_cell(s, row->first + k, i, &births[k]);

		r = XM_MIN(r, failed);
	}
	if (r >= 0)
		r = xm_map_add(&s->row_by_key, i);
	if (r < 0)
		forget_row(s, i);
	s->generation++;
	*ret_row = i;
	return r;
}

/* name{labels} NUL suffix NUL; the name is already at the end of s->text */
static void end_birth(struct xm_series *s, struct birth *b, const char *suffix)
{
	b->name_len = s->text.len - b->name;
	xm_buf_addc(&s->text, 0);
	b->suffix = s->text.len;
	xm_buf_adds(&s->text, suffix);
	xm_buf_addc(&s->text, 0);
}

static int bear_table_row(struct xm_series *s, const struct xm_table *t, const void *row,
			  uint32_t *ret_row)
{
	struct birth births[XM_SERIES_COLS_MAX];
	_cleanup_buf_ struct xm_buf help = XM_BUF_INIT, name = XM_BUF_INIT;
	uint32_t n = 0;
	int r;

	xm_buf_reset(&s->text);
	xm_buf_add(&s->text, s->key.data, s->key.len);
	for (const struct xm_field *f = t->cols; f->type && n < XM_SERIES_COLS_MAX; f++) {
		if (!xm_metric_column(f))
			continue;
		xm_buf_reset(&name);
		xm_buf_reset(&help);
		xm_metric_name(t, f, row, &name);
		xm_metric_help(t, f, row, &help);
		if (name.failed || help.failed)
			return -ENOMEM;
		r = find_family(s, name.data, help.data, xm_metric_type(f), &births[n].family);
		if (r < 0)
			return r;
		births[n].name = s->text.len;
		xm_buf_adds(&s->text, name.data);
		xm_buf_addc(&s->text, '{');
		births[n].labels = s->text.len;
		xm_metric_labels(t, f, row, &s->text);
		end_birth(s, &births[n++], "");
	}
	return bear_row(s, t, s->key.len, births, n, ret_row);
}

/* A row that is expected next, or one that is known, or XM_MAP_NONE */
static uint32_t find_row(struct xm_series *s)
{
	struct xm_series_source *src = &s->source[s->now];
	const struct xm_series_row *row;

	if (src->cursor < src->n_order && !src->reordered) {
		row = &s->row[src->order[src->cursor]];
		if (row->key_len == s->key.len && !memcmp(row->block, s->key.data, s->key.len))
			return src->order[src->cursor];
	}
	return xm_map_find(&s->row_by_key, s->key.data, s->key.len);
}

/* From here on this pass differs from the last one's order */
static int reorder(struct xm_series_source *src)
{
	int r;

	if (src->reordered)
		return 0;
	r = grow(&src->fresh, &src->fresh_cap, src->cursor + src->n_order, sizeof *src->fresh);
	if (r < 0)
		return r;
	if (src->cursor)
		memcpy(src->fresh, src->order, src->cursor * sizeof *src->fresh);
	src->n_fresh = src->cursor;
	src->reordered = true;
	return 0;
}

/* Room for a row more in this pass's order, and behind it for all that will not have come */
static int expect_row(struct xm_series_source *src)
{
	int r = reorder(src);

	return r < 0 ? r
		     : grow(&src->fresh, &src->fresh_cap, src->n_fresh + 1 + src->n_order,
			    sizeof *src->fresh);
}

/* Note that the row was seen. -EEXIST: it was seen already in this pass. */
static int see_row(struct xm_series *s, uint32_t i)
{
	struct xm_series_source *src = &s->source[s->now];
	struct xm_series_row *row = &s->row[i];

	if (row->pass == src->pass || row->source != s->now) {
		s->duplicates += row->n;
		return -EEXIST;
	}
	if (!src->reordered && src->cursor < src->n_order && src->order[src->cursor] == i) {
		src->cursor++;
	} else {
		int r = expect_row(src);

		if (r < 0)
			return r;
		src->fresh[src->n_fresh++] = i;
	}
	row->pass = src->pass;
	row->missed = 0;
	return 0;
}

static void make_key(struct xm_series *s, const struct xm_table *t, const void *row)
{
	xm_buf_reset(&s->key);
	xm_buf_add(&s->key, &t, sizeof t);
	for (const struct xm_field *f = t->cols; f->type; f++) {
		const char *text;

		if (!(f->flags & XM_KEY))
			continue;
		text = xm_field_text(f, row);
		if (text)
			xm_buf_add(&s->key, text, strlen(text) + 1);
		else
			xm_buf_add(&s->key, (const char *)row + f->off, f->size);
	}
}

static void write_values(struct xm_series *s, const struct xm_table *t, const void *row,
			 const struct xm_series_row *place)
{
	uint32_t i = place->first, end = i + place->n;

	for (const struct xm_field *f = t->cols; f->type && i < end; f++) {
		double v;

		if (!xm_metric_column(f))
			continue;
		v = xm_field_number(f, row);
		s->value[i++] = v == v ? v : xm_absent();
	}
}

/* Is it over the cap? Then it is counted and the pass goes on. */
static int over_cap(struct xm_series *s, int r, uint32_t n)
{
	if (r != -ENOSPC)
		return r;
	s->dropped += n;
	return 0;
}

static uint32_t count_values(const struct xm_table *t)
{
	uint32_t n = 0;

	for (const struct xm_field *f = t->cols; f->type; f++)
		n += xm_metric_column(f);
	return n;
}

int xm_series_row(struct xm_series *s, const struct xm_table *t, const void *row)
{
	uint32_t i;
	int r;

	make_key(s, t, row);
	if (s->key.failed)
		return -ENOMEM;
	i = find_row(s);
	if (i == XM_MAP_NONE) {
		r = expect_row(&s->source[s->now]);
		if (r >= 0)
			r = bear_table_row(s, t, row, &i);
		if (r < 0)
			return over_cap(s, r, count_values(t));
	}
	r = see_row(s, i);
	if (r < 0)
		return r == -EEXIST ? 0 : r;
	write_values(s, t, row, &s->row[i]);
	return 0;
}

static int bear_sample(struct xm_series *s, const struct xm_sample *sample, uint32_t *ret_row)
{
	struct birth birth;
	int r = find_family(s, sample->family, sample->help, sample->type, &birth.family);

	if (r < 0)
		return r;
	xm_buf_reset(&s->text);
	xm_buf_add(&s->text, s->key.data, s->key.len);
	birth.name = s->text.len;
	xm_buf_adds(&s->text, sample->family);
	xm_buf_adds(&s->text, sample->suffix);
	xm_buf_addc(&s->text, '{');
	birth.labels = s->text.len;
	xm_buf_adds(&s->text, sample->labels);
	end_birth(s, &birth, sample->suffix);
	return bear_row(s, NULL, s->key.len, &birth, 1, ret_row);
}

int xm_series_sample(struct xm_series *s, const struct xm_sample *sample)
{
	static const struct xm_table *const none;
	uint32_t i;
	int r;

	xm_buf_reset(&s->key);
	xm_buf_add(&s->key, &none, sizeof none);
	xm_buf_add(&s->key, sample->family, strlen(sample->family) + 1);
	xm_buf_add(&s->key, sample->suffix, strlen(sample->suffix) + 1);
	xm_buf_adds(&s->key, sample->labels);
	if (s->key.failed)
		return -ENOMEM;
	i = find_row(s);
	if (i == XM_MAP_NONE) {
		r = expect_row(&s->source[s->now]);
		if (r >= 0)
			r = bear_sample(s, sample, &i);
		if (r < 0)
			return over_cap(s, r, 1);
	}
	r = see_row(s, i);
	if (r < 0)
		return r == -EEXIST ? 0 : r;
	s->value[s->row[i].first] = sample->value;
	return 0;
}

void xm_series_begin(struct xm_series *s, uint32_t source)
{
	struct xm_series_source *src = &s->source[source];

	s->now = source;
	src->pass++;
	src->cursor = 0;
	src->reordered = false;
}

/* The place that refers to a hidden cell: the head of their list, or the one before it */
static uint32_t *find_hidden(struct xm_series *s, const struct xm_series_cell *like, uint32_t i)
{
	uint32_t *at = &s->hidden;

	for (; *at; at = &s->cell[*at - 1].next) {
		const struct xm_series_cell *cell = &s->cell[*at - 1];

		if (like ? cell->row != like->row && cell->name_len == like->name_len &&
				    !memcmp(cell->name, like->name, like->name_len)
			 : *at == i + 1)
			break;
	}
	return at;
}

/* A cell that was left out because this one had its name takes it over */
static void pass_on_name(struct xm_series *s, const struct xm_series_cell *from)
{
	uint32_t *at = find_hidden(s, from, 0), i = *at;

	if (!i || expose_cell(s, i - 1) < 0)
		return;
	*at = s->cell[i - 1].next;
}

static void hide_cell(struct xm_series *s, uint32_t i)
{
	struct xm_series_cell cell = s->cell[i];

	if (cell.exposed) {
		xm_map_remove(&s->cell_by_name, i);
		s->n_series--;
		pass_on_name(s, &cell);
	} else {
		uint32_t *at = find_hidden(s, NULL, i);

		if (*at)
			*at = cell.next;
	}
	s->cell[i] = (struct xm_series_cell){};
}

static void forget_row(struct xm_series *s, uint32_t i)
{
	struct xm_series_row *row = &s->row[i];

	for (uint32_t c = row->first; c < row->first + row->n; c++)
		hide_cell(s, c);
	xm_map_remove(&s->row_by_key, i);
	free(row->block);
	row->block = NULL;
	row->next = s->vacant[row->n];
	s->vacant[row->n] = i + 1;
	s->generation++;
}

/* The rows that did not come again have no value */
static void blank_rows(struct xm_series *s, const struct xm_series_source *src)
{
	for (uint32_t k = 0; k < src->n_order; k++) {
		const struct xm_series_row *row = &s->row[src->order[k]];

		if (row->pass == src->pass)
			continue;
		for (uint32_t c = row->first; c < row->first + row->n; c++)
			s->value[c] = xm_absent();
	}
}

/* After a while they are gone; until then they go to the end of the order */
static void age_rows(struct xm_series *s, struct xm_series_source *src)
{
	for (uint32_t k = 0; k < src->n_order; k++) {
		uint32_t i = src->order[k];

		if (s->row[i].pass == src->pass)
			continue;
		if (++s->row[i].missed > XM_SERIES_KEEP)
			forget_row(s, i);
		else
			src->fresh[src->n_fresh++] = i;
	}
}

void xm_series_end(struct xm_series *s)
{
	struct xm_series_source *src = &s->source[s->now];

	if (!src->reordered && src->cursor == src->n_order)
		return;
	blank_rows(s, src);
	if (reorder(src) < 0)
		return; /* no memory: the order of the last pass stays, and is compared again */
	age_rows(s, src);
	if (src->n_fresh != src->n_order ||
	    (src->n_order &&
	     memcmp(src->fresh, src->order, src->n_order * sizeof *src->order) != 0))
		s->generation++;
	XM_SWAP(src->order, src->fresh);
	XM_SWAP(src->order_cap, src->fresh_cap);
	src->n_order = src->n_fresh;
}

void xm_series_drop(struct xm_series *s, uint32_t source)
{
	struct xm_series_source *src = &s->source[source];

	for (uint32_t k = 0; k < src->n_order; k++)
		forget_row(s, src->order[k]);
	src->n_order = 0;
}

static int sink_row(struct xm_out *o, const struct xm_table *t, const void *row)
{
	return xm_series_row(o->state, t, row);
}

static int sink_sample(struct xm_out *o, const struct xm_sample *sample)
{
	return xm_series_sample(o->state, sample);
}

const struct xm_sink xm_sink_series = { .name = "series", .row = sink_row, .sample = sink_sample };

struct xm_out xm_series_out(struct xm_series *s)
{
	return (struct xm_out){ .sink = &xm_sink_series, .state = s, .buf = XM_BUF_INIT };
}
