#include "out/naming.h"
#include "base/text.h"
#include "base/utf8.h"
#include <ctype.h>

enum xm_metric_type xm_metric_type(const struct xm_field *f)
{
	return f->flags & XM_COUNTER   ? XM_METRIC_COUNTER
	       : f->flags & XM_UNTYPED ? XM_METRIC_UNTYPED
				       : XM_METRIC_GAUGE;
}

static const struct xm_field *find_column(const struct xm_table *t, struct xm_str name)
{
	for (const struct xm_field *f = t->cols; f->type; f++)
		if (xm_str_eq(name, f->name))
			return f;
	return NULL;
}

/* The pattern with each {column} replaced by the row's value of it */
static void expand(const struct xm_table *t, const char *pattern, const void *row,
		   struct xm_buf *out)
{
	struct xm_str rest = XM_STR_OF(pattern), head, name;

	while (xm_str_cut(&rest, '{', &head)) {
		const struct xm_field *f;

		xm_buf_add(out, head.p, head.n);
		if (!xm_str_cut(&rest, '}', &name))
			break;
		f = find_column(t, name);
		if (f)
			xm_field_print(f, row, true, out);
	}
	xm_buf_add(out, rest.p, rest.n);
}

void xm_metric_pattern(const struct xm_table *t, const struct xm_field *f, struct xm_buf *out)
{
	size_t n = strlen(f->name);
	bool ns = f->type == XM_NS && n > 3 && !strcmp(f->name + n - 3, "_ns");

	if (f->metric) {
		xm_buf_adds(out, f->metric);
		return;
	}
	xm_buf_addf(out, "xmon_%s_%.*s%s%s", t->name, (int)(ns ? n - 3 : n), f->name,
		    ns ? "_seconds" : "", f->flags & XM_COUNTER ? "_total" : "");
}

void xm_metric_name(const struct xm_table *t, const struct xm_field *f, const void *row,
		    struct xm_buf *out)
{
	size_t start = out->len;

	if (f->metric)
		expand(t, f->metric, row, out);
	else
		xm_metric_pattern(t, f, out);
	for (size_t i = start; i < out->len; i++)
		if (!isalnum((unsigned char)out->data[i]) && out->data[i] != ':')
			out->data[i] = '_';
}

void xm_metric_help(const struct xm_table *t, const struct xm_field *f, const void *row,
		    struct xm_buf *out)
{
	size_t start = out->len, n;

	expand(t, f->help, row, out);
	for (size_t i = start; i < out->len; i += n) {
		n = xm_utf8_len(out->data + i);
		if (!n) {
			out->data[i] = '?';
			n = 1;
		}
	}
}

void xm_label_escape(struct xm_buf *out, const char *value)
{
	while (*value) {
		size_t n = xm_utf8_len(value);

		if (!n) {
			xm_buf_adds(out, "\xef\xbf\xbd");
			value++;
			continue;
		}
		if (*value == '\n') {
			xm_buf_adds(out, "\\n");
		} else {
			if (*value == '"' || *value == '\\')
				xm_buf_addc(out, '\\');
			xm_buf_add(out, value, n);
		}
		value += n;
	}
}

static void add_label(const struct xm_field *f, const void *row, struct xm_buf *out, bool first)
{
	const char *text = xm_field_text(f, row);

	if (text && !*text)
		return;
	xm_buf_addf(out, "%s%s=\"", first ? "" : ",", f->label ? f->label : f->name);
	if (text)
		xm_label_escape(out, text);
	else
		xm_field_print(f, row, true, out);
	xm_buf_addc(out, '"');
}

void xm_metric_labels(const struct xm_table *t, const struct xm_field *f, const void *row,
		      struct xm_buf *out)
{
	size_t start = out->len;

	for (const struct xm_field *key = t->cols; key->type; key++)
		if (key->flags & XM_KEY && !(key->flags & XM_NAME))
			add_label(key, row, out, out->len == start);
	if (f->labels)
		xm_buf_addf(out, "%s%s", out->len == start ? "" : ",", f->labels);
}
