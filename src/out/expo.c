#include "out/expo.h"

const char *const xm_expo_mime[XM_EXPO_FORMATS] = {
	[XM_EXPO_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
	[XM_EXPO_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	[XM_EXPO_PROTOBUF] = ("application/vnd.google.protobuf; "
			      "proto=io.prometheus.client.MetricFamily; encoding=delimited"),
};

/* HELP: one line; OpenMetrics escapes quotes too */
static void add_help(struct xm_buf *b, const char *help, bool openmetrics)
{
	for (; *help; help++)
		if (*help == '\n')
			xm_buf_adds(b, "\\n");
		else if (*help == '\\' || (openmetrics && *help == '"'))
			xm_buf_addf(b, "\\%c", *help);
		else
			xm_buf_addc(b, *help);
}

static bool ends_in_total(const char *name)
{
	size_t n = strlen(name);

	return n > 6 && !strcmp(name + n - 6, "_total");
}

/* OpenMetrics names a counter's family without _total; one that cannot be is of unknown type */
struct om_name {
	int len; /* of the family's name */
	const char *type;
};

static struct om_name om_name(const struct xm_layout *l, const struct xm_layout_family *f)
{
	static const char *const word[] = { "unknown", "counter", "gauge", "histogram", "summary" };
	const char *name = xm_layout_text(l, f->name);
	int n = (int)strlen(name);
	char base[256];

	if (f->type != XM_METRIC_COUNTER)
		return (struct om_name){ n, word[f->type % XM_ARRAY_LEN(word)] };
	if (!ends_in_total(name) || n >= (int)sizeof base)
		return (struct om_name){ n, "unknown" };
	snprintf(base, sizeof base, "%.*s", n - 6, name);
	if (xm_layout_find(l, base))
		return (struct om_name){ n, "unknown" };
	return (struct om_name){ n - 6, "counter" };
}

static void add_family(struct xm_buf *b, const struct xm_layout *l,
		       const struct xm_layout_family *f, enum xm_expo_format format)
{
	static const char *const word[] = { "untyped", "counter", "gauge", "histogram", "summary" };
	const char *name = xm_layout_text(l, f->name), *help = xm_layout_text(l, f->help);
	struct om_name om = { (int)strlen(name), word[f->type % XM_ARRAY_LEN(word)] };

	if (format == XM_EXPO_OPENMETRICS)
		om = om_name(l, f);
	if (*help) {
		xm_buf_addf(b, "# HELP %.*s ", om.len, name);
		add_help(b, help, format == XM_EXPO_OPENMETRICS);
		xm_buf_addc(b, '\n');
	}
	xm_buf_addf(b, "# TYPE %.*s %s\n", om.len, name, om.type);
}

static void add_sample(struct xm_buf *b, const struct xm_layout *l,
		       const struct xm_layout_family *f, const struct xm_layout_sample *s)
{
	const char *labels = xm_layout_text(l, s->labels);

	xm_buf_adds(b, xm_layout_text(l, f->name));
	xm_buf_adds(b, xm_layout_text(l, s->suffix));
	if (*labels)
		xm_buf_addf(b, "{%s}", labels);
	xm_buf_addc(b, ' ');
}

static struct xm_expo_piece piece_since(const struct xm_buf *b, size_t start)
{
	return (struct xm_expo_piece){ (uint32_t)start, (uint32_t)(b->len - start) };
}

int xm_expo_open(struct xm_expo *e, const struct xm_layout *l, enum xm_expo_format format)
{
	const struct xm_layout_family *f = xm_layout_families(l);
	const struct xm_layout_sample *s = xm_layout_samples(l);

	*e = (struct xm_expo){ .text = XM_BUF_INIT,
			       .family = calloc(l->n_families + 1, sizeof *e->family),
			       .sample = calloc(l->n_samples + 1, sizeof *e->sample) };
	for (uint32_t i = 0; e->family && e->sample && i < l->n_families; i++, f++) {
		size_t start = e->text.len;

		add_family(&e->text, l, f, format);
		e->family[i] = piece_since(&e->text, start);
		for (uint32_t k = f->first; k < f->first + f->n; k++) {
			start = e->text.len;
			add_sample(&e->text, l, f, &s[k]);
			e->sample[k] = piece_since(&e->text, start);
		}
	}
	if (e->family && e->sample && !e->text.failed)
		return 0;
	xm_expo_close(e);
	return -ENOMEM;
}

void xm_expo_close(struct xm_expo *e)
{
	if (e->text.data)
		xm_buf_done(&e->text);
	free(e->family);
	free(e->sample);
	*e = (struct xm_expo){};
}

int xm_expo_text(const struct xm_expo *e, const struct xm_layout *l, const double *values,
		 const struct xm_expo_filter *filter, enum xm_expo_format format,
		 struct xm_buf *out)
{
	const struct xm_layout_family *f = xm_layout_families(l);
	const struct xm_layout_sample *s = xm_layout_samples(l);

	for (uint32_t i = 0; i < l->n_families; i++, f++) {
		bool named = false;

		for (uint32_t k = f->first; k < f->first + f->n; k++) {
			double v = values[s[k].value];

			if (xm_is_absent(v) || !xm_expo_shows(filter, s[k].source))
				continue;
			if (!named)
				xm_buf_add(out, e->text.data + e->family[i].off, e->family[i].len);
			named = true;
			xm_buf_add(out, e->text.data + e->sample[k].off, e->sample[k].len);
			xm_buf_add_double(out, v);
			xm_buf_addc(out, '\n');
		}
	}
	if (format == XM_EXPO_OPENMETRICS)
		xm_buf_adds(out, "# EOF\n");
	return out->failed ? -ENOMEM : 0;
}
