#include "out/expo_merge.h"
#include "base/map.h"

/* A family of metrics over all documents */
struct merged {
	const char *name, *help; /* help NULL: no document has one */
	enum xm_metric_type type;
	uint32_t text; /* what is shown, in helps; 0 = not written yet */
};

struct merger {
	const struct xm_expo_origin *origin;
	uint32_t n_origins;
	struct xm_buf *helps;
	struct merged *family;
	uint32_t n, cap;
	struct xm_map by_name;
};

static const void *merged_key(const void *owner, uint32_t i, size_t *ret_len)
{
	const struct merger *m = owner;

	*ret_len = strlen(m->family[i].name);
	return m->family[i].name;
}

static void merger_done(struct merger *m)
{
	free(m->family);
	xm_map_done(&m->by_name);
}

/* fn for each family that has samples; the first failure ends it */
static int each_family(struct merger *m,
		       int (*fn)(struct merger *m, const struct xm_expo_origin *o, uint32_t i))
{
	int r = 0;

	for (const struct xm_expo_origin *o = m->origin; o < m->origin + m->n_origins; o++)
		for (uint32_t i = 0; i < o->doc->n_families && r >= 0; i++)
			if (o->doc->family[i].n)
				r = fn(m, o, i);
	return r;
}

static const char *name_of(const struct xm_expo_origin *o, uint32_t i)
{
	return xm_expo_doc_text(o->doc, o->doc->family[i].name);
}

/* NULL: it has none */
static const char *help_of(const struct xm_expo_origin *o, uint32_t i)
{
	const struct xm_expo_family *f = &o->doc->family[i];

	return f->has_help ? xm_expo_doc_text(o->doc, f->help) : NULL;
}

static struct merged *find(const struct merger *m, const char *name)
{
	uint32_t at = xm_map_find(&m->by_name, name, strlen(name));

	return at == XM_MAP_NONE ? NULL : &m->family[at];
}

static int add_family(struct merger *m, struct merged family)
{
	if (!m->family || m->n == m->cap) {
		uint32_t cap = m->cap ? 2 * m->cap : 64;
		struct merged *grown = reallocarray(m->family, cap, sizeof *grown);

		if (!grown)
			return -ENOMEM;
		m->family = grown;
		m->cap = cap;
	}
	m->family[m->n] = family;
	return xm_map_add(&m->by_name, m->n++);
}

static int gather(struct merger *m, const struct xm_expo_origin *o, uint32_t i)
{
	struct merged *family = find(m, name_of(o, i));

	if (!family)
		return add_family(m, (struct merged){ .name = name_of(o, i),
						      .help = help_of(o, i),
						      .type = o->doc->family[i].type });
	if (!family->help)
		family->help = help_of(o, i);
	return 0;
}

static bool has_family(const struct xm_expo_origin *o, const char *name)
{
	for (uint32_t i = 0; i < o->doc->n_families; i++)
		if (o->doc->family[i].n && !strcmp(name_of(o, i), name))
			return true;
	return false;
}

/* Where no document has a help: "Metric read from a.prom, b.prom" */
static void add_origins(struct merger *m, const char *name)
{
	const char *between = "Metric read from ";

	for (const struct xm_expo_origin *o = m->origin; o < m->origin + m->n_origins; o++)
		if (has_family(o, name)) {
			xm_buf_adds(m->helps, between);
			xm_buf_adds(m->helps, o->name);
			between = ", ";
		}
}

static int write_help(struct merger *m, const struct xm_expo_origin *o, uint32_t i)
{
	struct merged *family = find(m, name_of(o, i));

	if (!family || family->text)
		return 0;
	family->text = (uint32_t)m->helps->len;
	if (family->help)
		xm_buf_adds(m->helps, family->help);
	else
		add_origins(m, family->name);
	xm_buf_addc(m->helps, 0);
	return 0;
}

static int place(struct merger *m, const struct xm_expo_origin *o, uint32_t i)
{
	const struct merged *family = find(m, name_of(o, i));
	const char *help = help_of(o, i);
	bool agrees = family && o->doc->family[i].type == family->type &&
		      (!help || !strcmp(help, family->help));

	o->help[i] = agrees ? family->text : XM_EXPO_LEFT_OUT;
	return 0;
}

static int count_left_out(const struct merger *m)
{
	int n = 0;

	for (const struct xm_expo_origin *o = m->origin; o < m->origin + m->n_origins; o++)
		for (uint32_t i = 0; i < o->doc->n_families; i++)
			n += o->doc->family[i].n && o->help[i] == XM_EXPO_LEFT_OUT;
	return n;
}

int xm_expo_merge(const struct xm_expo_origin *origin, uint32_t n, struct xm_buf *ret_helps)
{
	_cleanup_(merger_done) struct merger m = { .origin = origin,
						   .n_origins = n,
						   .helps = ret_helps };
	int r;

	m.by_name = (struct xm_map){ .key = merged_key, .owner = &m };
	xm_buf_reset(ret_helps);
	xm_buf_addc(ret_helps, 0); /* so that no text begins at 0 */
	r = each_family(&m, gather);
	if (r >= 0)
		r = each_family(&m, write_help);
	if (r >= 0)
		r = each_family(&m, place);
	if (r < 0 || ret_helps->failed)
		return -ENOMEM;
	return count_left_out(&m);
}
