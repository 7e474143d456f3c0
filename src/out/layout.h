/*
 * What there is to expose, without the numbers: families of metrics sorted by name, each with its
 * samples; a sample says where in an array of doubles its value stands. One relocatable block of
 * memory (offsets, no pointers), so that it can be handed to another process as it is.
 */
#pragma once
#include "base/text.h"
#include "out/out.h"

struct xm_layout {
	uint32_t size; /* bytes of the whole block */
	uint32_t n_sources, n_families, n_samples;
	uint32_t n_values; /* length of the array of values */
	uint32_t sources;  /* offset of uint32_t[n_sources]: offsets of their names */
	uint32_t families, samples;
};

struct xm_layout_family {
	uint32_t name, help; /* offsets of NUL-terminated text */
	uint32_t type;       /* enum xm_metric_type */
	uint32_t first, n;   /* its samples */
};

struct xm_layout_sample {
	uint32_t value;  /* index */
	uint32_t labels; /* offset of a="b",c="d" */
	uint32_t suffix; /* offset of "" or "_bucket", … */
	uint32_t source;
};

static inline const char *xm_layout_text(const struct xm_layout *l, uint32_t off)
{
	return (const char *)l + off;
}
static inline const struct xm_layout_family *xm_layout_families(const struct xm_layout *l)
{
	return (const void *)((const char *)l + l->families);
}
static inline const struct xm_layout_sample *xm_layout_samples(const struct xm_layout *l)
{
	return (const void *)((const char *)l + l->samples);
}
static inline const char *xm_layout_source(const struct xm_layout *l, uint32_t i)
{
	return xm_layout_text(l, ((const uint32_t *)((const char *)l + l->sources))[i]);
}

/* Every offset and index inside `size` bytes? For a block that somebody else wrote. */
bool xm_layout_valid(const struct xm_layout *l, size_t size);
/* The family of that name, or NULL. Binary search. */
const struct xm_layout_family *xm_layout_find(const struct xm_layout *l, const char *name);

/* A value that a series does not have at the moment. It is Prometheus's stale marker, a NaN that no
 * computation yields, so a NaN that was measured remains one. */
double xm_absent(void);
bool xm_is_absent(double v);

/* One label at a time from rendered label text: a="b",c="d". The value is still escaped. False at
 * the end or when the text is broken. */
bool xm_label_next(const char **labels, struct xm_str *ret_name, struct xm_str *ret_value);
/* Copy the value of one label, unescaped and cut at size - 1 bytes; "" if there is none */
void xm_label_value(const char *labels, const char *name, char *buf, size_t size);
