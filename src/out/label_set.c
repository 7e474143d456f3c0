#include "out/label_set.h"
#include "base/utf8.h"
#include <math.h>

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

struct xm_str xm_name_cut(struct xm_str *s, bool metric)
{
	size_t n = 0;

	while (n < s->n && (is_alpha(s->p[n]) || (metric && s->p[n] == ':') ||
			    (n && s->p[n] >= '0' && s->p[n] <= '9')))
		n++;
	s->p += n;
	s->n -= n;
	return (struct xm_str){ s->p - n, n };
}

void xm_blanks_skip(struct xm_str *s)
{
	while (s->n && (*s->p == ' ' || *s->p == '\t')) {
		s->p++;
		s->n--;
	}
}

bool xm_char_cut(struct xm_str *s, char c)
{
	if (!s->n || *s->p != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

bool xm_str_is_utf8(struct xm_str s)
{
	while (s.n) {
		size_t n = *s.p ? xm_utf8_len(s.p) : 0;

		if (!n || n > s.n)
			return false;
		s.p += n;
		s.n -= n;
	}
	return true;
}

/* Cut a quoted value off, the opening quote being gone */
static const char *cut_value(struct xm_str *s, struct xm_str *ret)
{
	size_t n = 0;

	while (n < s->n && s->p[n] != '"') {
		bool escape = s->p[n] == '\\';

		if (escape && (n + 1 == s->n || !strchr("\\\"n", s->p[n + 1])))
			return "a backslash that escapes nothing in a label value";
		n += escape ? 2 : 1;
	}
	if (n >= s->n)
		return "a label value without its closing quote";
	*ret = (struct xm_str){ s->p, n };
	s->p += n + 1;
	s->n -= n + 1;
	return xm_str_is_utf8(*ret) ? NULL : "a label value that is not UTF-8";
}

static bool same(struct xm_str a, struct xm_str b)
{
	return a.n == b.n && !memcmp(a.p, b.p, a.n);
}

static const char *parse_label(struct xm_label_set *set, struct xm_str *s)
{
	struct xm_str name = xm_name_cut(s, false), value;
	const char *wrong;

	if (set->n == XM_LABELS_MAX)
		return "too many labels";
	xm_blanks_skip(s);
	if (!name.n || !xm_char_cut(s, '='))
		return "not a label name";
	xm_blanks_skip(s);
	if (!xm_char_cut(s, '"'))
		return "a label value without its opening quote";
	wrong = cut_value(s, &value);
	if (wrong)
		return wrong;
	if (xm_str_eq(name, "__name__"))
		return "the label __name__, which is reserved";
	for (unsigned i = 0; i < set->n; i++)
		if (same(name, set->label[i].name))
			return "a label twice";
	set->label[set->n].name = name;
	set->label[set->n++].value = value;
	return NULL;
}

const char *xm_labels_parse(struct xm_label_set *set, struct xm_str *s)
{
	const char *wrong = NULL;

	set->n = 0;
	xm_blanks_skip(s);
	if (!xm_char_cut(s, '{'))
		return NULL;
	xm_blanks_skip(s);
	while (!wrong && !xm_char_cut(s, '}')) {
		wrong = parse_label(set, s);
		xm_blanks_skip(s);
		if (!wrong && !xm_char_cut(s, ',') && (!s->n || *s->p != '}'))
			wrong = "no comma or brace after a label";
		xm_blanks_skip(s);
	}
	return wrong;
}

bool xm_labels_find(const struct xm_label_set *set, const char *name, struct xm_str *ret_value)
{
	for (unsigned i = 0; i < set->n; i++)
		if (xm_str_eq(set->label[i].name, name)) {
			*ret_value = set->label[i].value;
			return true;
		}
	return false;
}

static bool is_bound(struct xm_str name)
{
	return xm_str_eq(name, "le") || xm_str_eq(name, "quantile");
}

/* The name comes first in the label, and so in what is sorted */
static int by_name(const void *a, const void *b)
{
	const struct xm_str *x = a, *y = b;
	int order = is_bound(*x) - is_bound(*y);

	if (!order)
		order = memcmp(x->p, y->p, XM_MIN(x->n, y->n));
	return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* As Go's strconv 'g' writes a float, and so the client libraries: bounds are compared as text */
static void add_bound(struct xm_buf *b, double v)
{
	char text[40];
	int digits, exponent;

	if (isnan(v) || isinf(v) || v == 0) {
		xm_buf_add_double(b, v);
		return;
	}
	for (digits = 0; digits < 17; digits++) {
		snprintf(text, sizeof text, "%.*e", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	if (exponent >= -4 && exponent < 6)
		snprintf(text, sizeof text, "%.*f", XM_MAX(digits - exponent, 0), v);
	xm_buf_adds(b, text);
}

void xm_labels_write(struct xm_label_set *set, bool bounds, struct xm_buf *out)
{
	size_t start = out->len;
	double bound;

	qsort(set->label, set->n, sizeof *set->label, by_name);
	for (unsigned i = 0; i < set->n; i++) {
		struct xm_str name = set->label[i].name, value = set->label[i].value;

		if (!value.n)
			continue;
		if (out->len > start)
			xm_buf_addc(out, ',');
		xm_buf_add(out, name.p, name.n);
		xm_buf_adds(out, "=\"");
		if (bounds && is_bound(name) && xm_parse_double(value, &bound) == 0)
			add_bound(out, bound);
		else
			xm_buf_add(out, value.p, value.n);
		xm_buf_addc(out, '"');
	}
}
