/* The layout of a set of series: families sorted by name, samples in the order of their rows. */
#include "out/series_types.h"

static int by_name(const void *a, const void *b, void *arg)
{
	const struct xm_series *s = arg;

	return strcmp(s->family[*(const uint32_t *)a].name, s->family[*(const uint32_t *)b].name);
}

/* fn for every exposed cell, in the order of sources and rows */
#define FOR_EACH_CELL(s, c)                                                                        \
	for (uint32_t _s = 0; _s < (s)->n_sources; _s++)                                           \
		for (uint32_t _k = 0; _k < (s)->source[_s].n_order; _k++)                          \
			for (const struct xm_series_row *                                          \
				     _r = &(s)->row[(s)->source[_s].order[_k]],                    \
				    *_once = _r;                                                   \
			     _once; _once = NULL)                                                  \
				for (uint32_t c = _r->first; c < _r->first + _r->n; c++)           \
					if ((s)->cell[c].exposed)

static uint32_t add_text(struct xm_buf *b, const char *text)
{
	size_t at = b->len;

	xm_buf_add(b, text, strlen(text) + 1);
	return (uint32_t)at;
}

struct plan {
	uint32_t *sorted; /* families by name */
	uint32_t *place;  /* per family: index of its next sample */
	uint32_t n_families, n_samples;
};

static void plan_done(struct plan *p)
{
	free(p->sorted);
	free(p->place);
}

/* Which families have samples, sorted, and where the samples of each begin */
static int plan_families(struct xm_series *s, struct plan *ret)
{
	uint32_t at = 0;

	ret->sorted = calloc(s->n_families + 1, sizeof *ret->sorted);
	ret->place = calloc(s->n_families + 1, sizeof *ret->place);
	if (!ret->sorted || !ret->place)
		return -ENOMEM;
	FOR_EACH_CELL(s, c)
	ret->place[s->cell[c].family]++;
	for (uint32_t f = 0; f < s->n_families; f++)
		if (ret->place[f])
			ret->sorted[ret->n_families++] = f;
	qsort_r(ret->sorted, ret->n_families, sizeof *ret->sorted, by_name, s);
	for (uint32_t i = 0; i < ret->n_families; i++) {
		uint32_t n = ret->place[ret->sorted[i]];

		ret->place[ret->sorted[i]] = at;
		at += n;
	}
	ret->n_samples = at;
	return 0;
}

static void fill_families(struct xm_series *s, const struct plan *p, struct xm_buf *b, size_t at)
{
	for (uint32_t i = 0; i < p->n_families; i++) {
		const struct xm_series_family *f = &s->family[p->sorted[i]];
		uint32_t first = p->place[p->sorted[i]],
			 end = i + 1 < p->n_families ? p->place[p->sorted[i + 1]] : p->n_samples;
		struct xm_layout_family out = { .name = add_text(b, f->name),
						.help = add_text(b, f->help),
						.type = f->type,
						.first = first,
						.n = end - first };

		if (!b->failed)
			memcpy(b->data + at + i * sizeof out, &out, sizeof out);
	}
}

static void fill_samples(struct xm_series *s, const struct plan *p, struct xm_buf *b, size_t at)
{
	FOR_EACH_CELL(s, c)
	{
		const struct xm_series_cell *cell = &s->cell[c];
		struct xm_layout_sample out = { .value = c,
						.labels = add_text(b, cell->labels),
						.suffix = add_text(b, cell->suffix),
						.source = s->row[cell->row].source };

		if (!b->failed)
			memcpy(b->data + at + p->place[cell->family]++ * sizeof out, &out,
			       sizeof out);
	}
}

static uint32_t add_zeros(struct xm_buf *b, size_t n)
{
	size_t at = b->len;

	if (xm_buf_reserve(b, n) < 0)
		return 0;
	memset(b->data + at, 0, n);
	b->len += n;
	return (uint32_t)at;
}

int xm_series_layout(struct xm_series *s, struct xm_buf *ret)
{
	_cleanup_(plan_done) struct plan p = {};
	struct xm_layout l = { .n_sources = s->n_sources, .n_values = s->n_values };
	int r = plan_families(s, &p);

	if (r < 0)
		return r;
	l.n_families = p.n_families;
	l.n_samples = p.n_samples;
	xm_buf_reset(ret);
	add_zeros(ret, sizeof l);
	l.sources = add_zeros(ret, l.n_sources * sizeof(uint32_t));
	l.families = add_zeros(ret, l.n_families * sizeof(struct xm_layout_family));
	l.samples = add_zeros(ret, l.n_samples * sizeof(struct xm_layout_sample));
	for (uint32_t i = 0; i < s->n_sources; i++) {
		uint32_t name = add_text(ret, s->source[i].name);

		if (!ret->failed)
			memcpy(ret->data + l.sources + i * sizeof name, &name, sizeof name);
	}
	fill_families(s, &p, ret, l.families);
	fill_samples(s, &p, ret, l.samples);
	if (ret->failed || ret->len > UINT32_MAX)
		return -ENOMEM;
	l.size = (uint32_t)ret->len;
	memcpy(ret->data, &l, sizeof l);
	return 0;
}
