#include "field/help.h"
#include "base/text.h"

#define HELP_COLUMN 28 /* where descriptions start */
#define HELP_INDENT "                            "
_Static_assert(sizeof HELP_INDENT == HELP_COLUMN + 1, "as wide as the column");

static void add_label(const struct xm_field *f, struct xm_buf *out)
{
	char label[XM_LABEL_MAX];

	xm_field_label(f, label, sizeof label);
	xm_buf_adds(out, label);
}

static const char *placeholder(const struct xm_field *f)
{
	static const char *const word[XM_TYPE_MAX] = {
		[XM_U32] = "N",         [XM_U64] = "N",       [XM_I64] = "N",
		[XM_DOUBLE] = "NUMBER", [XM_STR] = "TEXT",    [XM_PID] = "PID",
		[XM_NS] = "TIME",       [XM_BYTES] = "SIZE",  [XM_SECONDS] = "SECONDS",
		[XM_DBYTES] = "BYTES",  [XM_PCT] = "PERCENT", [XM_ENUM] = "WORD",
	};

	return word[f->type] ? word[f->type] : "";
}

static bool on_by_default(const struct xm_field *f)
{
	bool on = false;
	struct xm_field alone = *f;
	struct xm_err err = {};

	alone.off = 0;
	return f->def && xm_field_parse(&alone, &on, f->def, &err) == 0 && on;
}

void xm_help_option(const struct xm_field *f, struct xm_buf *out)
{
	if (f->letter)
		xm_buf_addf(out, "-%c, ", f->letter);
	else
		xm_buf_adds(out, "    ");
	xm_buf_adds(out, f->type == XM_BOOL && on_by_default(f) ? "--[no-]" : "--");
	add_label(f, out);
	if (f->type != XM_BOOL)
		xm_buf_addf(out, " %s", placeholder(f));
}

/* The largest unit that leaves no rest; unit[0] is the smallest, of size 1 */
static void add_in_units(uint64_t v, const char *const *unit, const uint64_t *size, size_t n,
			 struct xm_buf *out)
{
	size_t i = n - 1;

	while (i && (!v || v % size[i]))
		i--;
	xm_buf_add_u64(out, v / size[i]);
	xm_buf_adds(out, unit[i]);
}

static void add_time(uint64_t ns, struct xm_buf *out)
{
	static const char *const unit[] = { "ns", "us", "ms", "s", "m", "h", "d" };
	static const uint64_t size[] = { 1,
					 1000,
					 XM_NS_PER_MS,
					 XM_NS_PER_SEC,
					 60 * XM_NS_PER_SEC,
					 3600 * XM_NS_PER_SEC,
					 86400 * XM_NS_PER_SEC };

	add_in_units(ns, unit, size, XM_ARRAY_LEN(unit), out);
}

static void add_size(uint64_t bytes, struct xm_buf *out)
{
	static const char *const unit[] = { "", "k", "M", "G", "T" };
	static const uint64_t size[] = { 1, 1 << 10, 1 << 20, 1 << 30, 1ULL << 40 };

	add_in_units(bytes, unit, size, XM_ARRAY_LEN(unit), out);
}

void xm_help_value(const struct xm_field *f, const void *obj, struct xm_buf *out)
{
	uint64_t v;

	if (f->type != XM_NS && f->type != XM_BYTES) {
		xm_field_print(f, obj, true, out);
		return;
	}
	memcpy(&v, (const char *)obj + f->off, sizeof v);
	if (f->type == XM_NS)
		add_time(v, out);
	else
		add_size(v, out);
}

/* min and max hold integers, also those of a floating-point field */
static void add_bound(const struct xm_field *f, uint64_t v, struct xm_buf *out)
{
	if (f->type == XM_NS)
		add_time(v, out);
	else if (f->type == XM_BYTES)
		add_size(v, out);
	else if (f->type == XM_I64)
		xm_buf_addf(out, "%lld", (long long)v);
	else
		xm_buf_add_u64(out, v);
}

static const char *start_note(bool *any)
{
	const char *mark = *any ? "; " : " (";

	*any = true;
	return mark;
}

static void add_limits(const struct xm_field *f, bool *any, struct xm_buf *out)
{
	if (!f->min && !f->max)
		return;
	xm_buf_adds(out, start_note(any));
	if (!f->max)
		xm_buf_adds(out, "at least ");
	else if (!f->min)
		xm_buf_adds(out, "at most ");
	if (f->min)
		add_bound(f, f->min, out);
	if (f->min && f->max)
		xm_buf_adds(out, " to ");
	if (f->max)
		add_bound(f, f->max, out);
}

void xm_help_describe(const struct xm_field *f, struct xm_buf *out)
{
	bool any = false;

	xm_buf_adds(out, f->help ? f->help : "");
	if (f->type == XM_ENUM)
		for (size_t i = 0; f->choices[i]; i++)
			xm_buf_addf(out, "%s%s", i ? ", " : start_note(&any), f->choices[i]);
	add_limits(f, &any, out);
	if (f->def && *f->def)
		xm_buf_addf(out, "%sdefault %s", start_note(&any), f->def);
	if (any)
		xm_buf_addc(out, ')');
}

void xm_help_wrap(const char *text, const char *indent, size_t column, struct xm_buf *out)
{
	struct xm_str rest = XM_STR_OF(text), word;

	for (bool first = true; xm_word_next(&rest, &word); first = false) {
		if (!first && column + 1 + word.n > XM_HELP_WIDTH) {
			xm_buf_addf(out, "\n%s", indent);
			column = strlen(indent);
		} else if (!first) {
			xm_buf_addc(out, ' ');
			column++;
		}
		xm_buf_add(out, word.p, word.n);
		column += word.n;
	}
	xm_buf_addc(out, '\n');
}

static void add_row(const struct xm_field *f, struct xm_buf *out)
{
	_cleanup_buf_ struct xm_buf option = XM_BUF_INIT, description = XM_BUF_INIT;

	xm_help_option(f, &option);
	xm_help_describe(f, &description);
	xm_buf_addf(out, "  %s", option.data);
	if (option.len + 4 > HELP_COLUMN)
		xm_buf_adds(out, "\n" HELP_INDENT);
	else
		xm_buf_add(out, HELP_INDENT, HELP_COLUMN - 2 - option.len);
	xm_help_wrap(description.data, HELP_INDENT, HELP_COLUMN, out);
	out->failed |= option.failed || description.failed;
}

static void add_groups(const struct xm_opts *tables, struct xm_buf *out)
{
	for (const struct xm_opts *t = tables; t && t->fields; t++) {
		if (t->fields->type == XM_END)
			continue;
		xm_buf_addf(out, "\n%s:\n", t->title ? t->title : "Options");
		for (const struct xm_field *f = t->fields; f->type != XM_END; f++)
			add_row(f, out);
	}
}

void xm_help_print(const struct xm_help *h, struct xm_buf *out)
{
	xm_buf_addf(out, "Usage: %s\n", h->usage);
	if (h->summary)
		xm_help_wrap(h->summary, "", 0, out);
	add_groups(h->tables, out);
	if (h->examples && *h->examples)
		xm_buf_adds(out, "\nExamples:\n");
	for (const char *const *e = h->examples; e && *e; e++)
		xm_buf_addf(out, "  %s\n", *e);
}

void xm_help_suggest_name(const char *word, const char *name, char best[XM_LABEL_MAX])
{
	const char *pair[] = { name, NULL, NULL }, *nearest;

	if (*best) {
		pair[0] = best;
		pair[1] = name;
	}
	nearest = xm_did_you_mean(word, pair);
	if (nearest == name)
		xm_str_copy(XM_STR_OF(name), best, XM_LABEL_MAX);
}

void xm_help_suggest(const char *word, const struct xm_field *fields, char best[XM_LABEL_MAX])
{
	char label[XM_LABEL_MAX];

	for (const struct xm_field *f = fields; f && f->type != XM_END; f++) {
		xm_field_label(f, label, sizeof label);
		xm_help_suggest_name(word, label, best);
	}
}
