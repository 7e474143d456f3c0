/*
 * Fuzzing the check that web makes of what core wrote: any bytes as a layout. What passes as valid
 * can be rendered in every format, searched and taken apart without leaving the block.
 */
#include "expo_check.h"
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAYOUT_MAX 1024 /* of a layout: what is rendered grows with its third power */
#define VALUES     64
#define SLACK      8 /* offsets that far outside */

/* Offsets inside the block, or just outside, as most of the input's words are not */
static void mend_offsets(struct xm_layout *l)
{
	uint32_t *source = (uint32_t *)((char *)l + l->sources);
	struct xm_layout_family *f = (void *)((char *)l + l->families);
	struct xm_layout_sample *s = (void *)((char *)l + l->samples);

	for (uint32_t i = 0; i < l->n_sources; i++)
		source[i] %= l->size + SLACK;
	for (uint32_t i = 0; i < l->n_families; i++, f++) {
		f->name %= l->size + SLACK;
		f->help %= l->size + SLACK;
		f->first %= l->n_samples + 2;
		f->n %= l->n_samples + 2;
	}
	for (uint32_t i = 0; i < l->n_samples; i++, s++) {
		s->value %= l->n_values + 1;
		s->labels %= l->size + SLACK;
		s->suffix %= l->size + SLACK;
		s->source %= l->n_sources + 1;
	}
}

/* Take a header that says how many of what there are where, but for its size, which is known. Half
 * of the inputs get one that fits, so that what stands in the arrays is looked at. */
static void mend(struct xm_layout *l, size_t size)
{
	size_t at = sizeof *l, room = size - sizeof *l;

	l->size = (uint32_t)size;
	l->n_values %= VALUES;
	((char *)l)[size - 1] = 0;
	if (l->n_values % 2)
		return;
	l->n_sources %= 8;
	l->n_families %= 8;
	l->n_samples %= 16;
	if (l->n_sources * sizeof(uint32_t) + l->n_families * sizeof(struct xm_layout_family) +
		    l->n_samples * sizeof(struct xm_layout_sample) >
	    room)
		l->n_sources = l->n_families = l->n_samples = 0;
	l->sources = (uint32_t)at;
	l->families = l->sources + l->n_sources * (uint32_t)sizeof(uint32_t);
	l->samples = l->families + l->n_families * (uint32_t)sizeof(struct xm_layout_family);
	if (l->n_values % 4)
		mend_offsets(l);
}

static void use(const struct xm_layout *l, const double *values)
{
	const struct xm_layout_family *f = xm_layout_families(l);
	const struct xm_layout_sample *s = xm_layout_samples(l);
	char value[16];

	for (uint32_t i = 0; i < l->n_sources; i++)
		ALWAYS(strlen(xm_layout_source(l, i)) < l->size);
	for (uint32_t i = 0; i < l->n_families; i++)
		(void)xm_layout_find(l, xm_layout_text(l, f[i].name));
	for (uint32_t i = 0; i < l->n_samples; i++)
		xm_label_value(xm_layout_text(l, s[i].labels), "le", value, sizeof value);
	expo_check_layout(l, values, false, false);
}

static double some_value(uint32_t i)
{
	static const double odd[] = { 0, 1,  2,      (double)NAN,       3,     (double)INFINITY,
				      4, -1, 1.9e19, -(double)INFINITY, 1e300, 0.5 };

	return i % 13 == 12 ? xm_absent() : odd[i % 13];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xm_layout *l;
	double *values;

	if (size <= sizeof *l || size > LAYOUT_MAX)
		return -1;
	l = malloc(size);
	ALWAYS(l);
	memcpy(l, data, size);
	(void)xm_layout_valid(l, size);
	mend(l, size);
	values = malloc(l->n_values * sizeof *values + 1);
	ALWAYS(values);
	for (uint32_t i = 0; i < l->n_values; i++)
		values[i] = some_value(i);
	if (xm_layout_valid(l, size))
		use(l, values);
	free(values);
	free(l);
	return 0;
}
