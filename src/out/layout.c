#include "out/layout.h"

#define ABSENT_BITS 0x7ff0000000000002ULL

double xm_absent(void)
{
	uint64_t bits = ABSENT_BITS;
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

bool xm_is_absent(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	return bits == ABSENT_BITS;
}

static bool array_inside(uint32_t off, uint32_t n, size_t each, size_t size)
{
	return off % 4 == 0 && off <= size && n <= (size - off) / each;
}

static bool families_valid(const struct xm_layout *l)
{
	const struct xm_layout_family *f = xm_layout_families(l);

	for (uint32_t i = 0; i < l->n_families; i++)
		if (f[i].name >= l->size || f[i].help >= l->size || f[i].first > l->n_samples ||
		    f[i].n > l->n_samples - f[i].first)
			return false;
	return true;
}

static bool samples_valid(const struct xm_layout *l)
{
	const struct xm_layout_sample *s = xm_layout_samples(l);

	for (uint32_t i = 0; i < l->n_samples; i++)
		if (s[i].value >= l->n_values || s[i].labels >= l->size || s[i].suffix >= l->size ||
		    s[i].source >= l->n_sources)
			return false;
	return true;
}

static bool sources_valid(const struct xm_layout *l)
{
	for (uint32_t i = 0; i < l->n_sources; i++)
		if (((const uint32_t *)((const char *)l + l->sources))[i] >= l->size)
			return false;
	return true;
}

bool xm_layout_valid(const struct xm_layout *l, size_t size)
{
	return size > sizeof *l && l->size == size && !((const char *)l)[size - 1] &&
	       array_inside(l->sources, l->n_sources, sizeof(uint32_t), size) &&
	       array_inside(l->families, l->n_families, sizeof(struct xm_layout_family), size) &&
	       array_inside(l->samples, l->n_samples, sizeof(struct xm_layout_sample), size) &&
	       sources_valid(l) && families_valid(l) && samples_valid(l);
}

const struct xm_layout_family *xm_layout_find(const struct xm_layout *l, const char *name)
{
	const struct xm_layout_family *f = xm_layout_families(l);
	uint32_t low = 0, high = l->n_families;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = strcmp(xm_layout_text(l, f[mid].name), name);

		if (!order)
			return &f[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool xm_label_next(const char **labels, struct xm_str *ret_name, struct xm_str *ret_value)
{
	const char *p = *labels, *eq;

	if (*p == ',')
		p++;
	eq = strstr(p, "=\"");
	if (!*p || !eq)
		return false;
	*ret_name = (struct xm_str){ p, (size_t)(eq - p) };
	p = eq + 2;
	ret_value->p = p;
	while (*p && *p != '"')
		p += p[0] == '\\' && p[1] ? 2 : 1;
	if (!*p)
		return false;
	ret_value->n = (size_t)(p - ret_value->p);
	*labels = p + 1;
	return true;
}

static void copy_unescaped(struct xm_str s, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n + 1 < size; i++) {
		if (s.p[i] != '\\' || i + 1 == s.n)
			buf[n++] = s.p[i];
		else
			buf[n++] = s.p[++i] == 'n' ? '\n' : s.p[i];
	}
	buf[n] = 0;
}

void xm_label_value(const char *labels, const char *name, char *buf, size_t size)
{
	struct xm_str key, value;

	*buf = 0;
	while (xm_label_next(&labels, &key, &value))
		if (xm_str_eq(key, name))
			copy_unescaped(value, buf, size);
}
