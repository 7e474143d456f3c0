#include "field/config.h"
#include "base/utf8.h"
#include "field/help.h"
#include "field/reader.h"
#include <fcntl.h>

#define KEY_SIZE (XM_LABEL_MAX + 16) /* longer than any label: a key cut to it is unknown */

/* A section and those around it */
struct place {
	const struct xm_section *section;
	const struct place *up; /* NULL: this is the root */
	unsigned *lines;        /* of each field, then of each sub-section: where it stands, or 0 */
};

static bool is_null(const yaml_event_t *e)
{
	static const char *const word[] = { "", "~", "null", "Null", "NULL" };

	if (e->type != YAML_SCALAR_EVENT || e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < XM_ARRAY_LEN(word); i++)
		if (!strcmp((const char *)e->data.scalar.value, word[i]))
			return true;
	return false;
}

static const char *kind(const yaml_event_t *e)
{
	return e->type == YAML_MAPPING_START_EVENT    ? "a section of keys"
	       : e->type == YAML_SEQUENCE_START_EVENT ? "a list"
						      : "a single value";
}

static const char *label_of(const struct xm_field *f, char buf[XM_LABEL_MAX])
{
	xm_field_label(f, buf, XM_LABEL_MAX);
	return buf;
}

/* The current event as text; NULL after a report if it is not one */
static const char *scalar_text(struct xm_yaml *y, const struct xm_field *f)
{
	const yaml_event_t *e = &y->event;
	const char *text = (const char *)e->data.scalar.value;
	char label[XM_LABEL_MAX];

	if (e->type == YAML_ALIAS_EVENT)
		return NULL;
	if (e->type != YAML_SCALAR_EVENT)
		xm_yaml_report(y, e->start_mark, "%s: expected a single value, found %s",
			       label_of(f, label), kind(e));
	else if (is_null(e))
		xm_yaml_report(y, e->start_mark, "%s: no value%s", label_of(f, label),
			       f->type == XM_STR ? ", write \"\" for an empty text" : "");
	else if (strlen(text) != e->data.scalar.length)
		xm_yaml_report(y, e->start_mark, "%s: a NUL byte in the text", label_of(f, label));
	else
		return text;
	xm_yaml_skip(y);
	return NULL;
}

static void parse(struct xm_yaml *y, const struct place *at, const struct xm_field *f,
		  yaml_mark_t mark, const char *text)
{
	struct xm_err err = {};
	int r = xm_field_parse(f, at->section->obj, text, &err);

	if (r == -ENOMEM)
		y->r = r;
	else if (r < 0)
		xm_yaml_report(y, mark, "%s", err.msg);
}

/* Items of a text field that is a list, joined with ',' */
static void read_list(struct xm_yaml *y, const struct place *at, const struct xm_field *f)
{
	_cleanup_buf_ struct xm_buf joined = XM_BUF_INIT;
	yaml_mark_t start = y->event.start_mark;
	unsigned before = y->n_errors;
	char label[XM_LABEL_MAX];
	const char *text;

	while (xm_yaml_next(y) && y->event.type != YAML_SEQUENCE_END_EVENT) {
		text = scalar_text(y, f);
		if (!text)
			continue;
		if (!*text || strchr(text, ','))
			xm_yaml_report(y, y->event.start_mark, "%s: an item of a list %s",
				       label_of(f, label),
				       *text ? "cannot contain ','" : "cannot be empty");
		xm_buf_addf(&joined, "%s%s", joined.len ? "," : "", text);
	}
	if (joined.failed)
		y->r = -ENOMEM;
	if (y->r >= 0 && y->n_errors == before)
		parse(y, at, f, start, joined.data);
}

static void read_field(struct xm_yaml *y, const struct place *at, const struct xm_field *f)
{
	const char *text;

	if (y->event.type == YAML_SEQUENCE_START_EVENT && f->type == XM_STR) {
		read_list(y, at, f);
		return;
	}
	text = scalar_text(y, f);
	if (text)
		parse(y, at, f, y->event.start_mark, text);
}

static void read_section(struct xm_yaml *y, const struct xm_section *s, const struct place *up);

static size_t count_fields(const struct xm_section *s)
{
	size_t n = 0;

	while (s->fields && s->fields[n].type != XM_END)
		n++;
	return n;
}

static size_t count_subs(const struct xm_section *s)
{
	size_t n = 0;

	while (s->subs && s->subs[n].name)
		n++;
	return n;
}

/* Index among the fields, then the sub-sections; -ENOENT */
static int find_key(const struct xm_section *s, const char *key)
{
	const struct xm_field *f = xm_field_find(s->fields, key, 0);
	size_t n = count_subs(s);

	if (f)
		return (int)(f - s->fields);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(s->subs[i].name, key))
			return (int)(count_fields(s) + i);
	return -ENOENT;
}

/* " in collectors.cpu", nothing for the root */
static void add_place(const struct place *at, struct xm_buf *out)
{
	if (!at->up)
		return;
	add_place(at->up, out);
	xm_buf_addf(out, "%s%s", at->up->up ? "." : " in ", at->section->name);
}

static void report_unknown(struct xm_yaml *y, const struct place *at, const char *key)
{
	_cleanup_buf_ struct xm_buf where = XM_BUF_INIT;
	char best[XM_LABEL_MAX] = "";

	add_place(at, &where);
	xm_help_suggest(key, at->section->fields, best);
	for (size_t i = 0; i < count_subs(at->section); i++)
		xm_help_suggest_name(key, at->section->subs[i].name, best);
	xm_yaml_report(y, y->event.start_mark, "unknown key '%s'%s%s%s%s", key, where.data,
		       *best ? " (did you mean '" : "", best, *best ? "'?)" : "");
	if (where.failed)
		y->r = -ENOMEM;
}

/* The current event as a key; false after a report if it cannot be one */
static bool take_key(struct xm_yaml *y, char key[KEY_SIZE])
{
	const yaml_event_t *e = &y->event;

	if (e->type == YAML_SCALAR_EVENT &&
	    strlen((char *)e->data.scalar.value) == e->data.scalar.length) {
		snprintf(key, KEY_SIZE, "%s", (char *)e->data.scalar.value);
		return true;
	}
	if (e->type != YAML_ALIAS_EVENT)
		xm_yaml_report(y, e->start_mark, "a key must be a word");
	xm_yaml_skip(y);
	return false;
}

/* Which key of the section the current event names, once only; -ENOENT after a report */
static int read_key(struct xm_yaml *y, const struct place *at)
{
	char key[KEY_SIZE];
	int i;

	if (!take_key(y, key))
		return -ENOENT;
	i = find_key(at->section, key);
	if (i < 0) {
		report_unknown(y, at, key);
	} else if (at->lines[i]) {
		xm_yaml_report(y, y->event.start_mark, "duplicate key '%s' (first on line %u)", key,
			       at->lines[i]);
		return -ENOENT;
	} else {
		at->lines[i] = (unsigned)y->event.start_mark.line + 1;
	}
	return i;
}

static void read_pair(struct xm_yaml *y, const struct place *at)
{
	size_t fields = count_fields(at->section);
	int i = read_key(y, at);

	if (!xm_yaml_next(y))
		return;
	if (i < 0)
		xm_yaml_skip(y);
	else if ((size_t)i < fields)
		read_field(y, at, &at->section->fields[i]);
	else
		read_section(y, &at->section->subs[(size_t)i - fields], at);
}

static void read_pairs(struct xm_yaml *y, const struct xm_section *s, const struct place *up)
{
	_cleanup_free_ unsigned *lines = calloc(count_fields(s) + count_subs(s) + 1, sizeof *lines);
	struct place at = { .section = s, .up = up, .lines = lines };

	if (!lines)
		y->r = -ENOMEM;
	while (xm_yaml_next(y) && y->event.type != YAML_MAPPING_END_EVENT)
		read_pair(y, &at);
}

/* The current event begins the section. One without a value ("cpu:") is empty. */
static void read_section(struct xm_yaml *y, const struct xm_section *s, const struct place *up)
{
	if (y->event.type == YAML_MAPPING_START_EVENT) {
		read_pairs(y, s, up);
		return;
	}
	if (y->event.type == YAML_ALIAS_EVENT || is_null(&y->event))
		return;
	if (up)
		xm_yaml_report(y, y->event.start_mark, "%s: expected a section of keys, found %s",
			       s->name, kind(&y->event));
	else
		xm_yaml_report(y, y->event.start_mark, "expected 'key: value', found %s",
			       kind(&y->event));
	xm_yaml_skip(y);
}

static void read_stream(struct xm_yaml *y, const struct xm_section *root)
{
	bool document = false;

	while (xm_yaml_next(y) && y->event.type != YAML_STREAM_END_EVENT) {
		if (y->event.type != YAML_DOCUMENT_START_EVENT)
			continue;
		if (document) {
			xm_yaml_report(y, y->event.start_mark,
				       "a second document, a file holds one");
			return;
		}
		document = true;
		if (xm_yaml_next(y))
			read_section(y, root, NULL);
	}
}

int xm_config_load_text(const char *name, const char *text, size_t len,
			const struct xm_section *root, struct xm_buf *ret_errors)
{
	struct xm_yaml y;
	int r = xm_yaml_open(&y, name, text, len, ret_errors);

	if (r == 0) {
		read_stream(&y, root);
		r = xm_yaml_close(&y);
	}
	return ret_errors->failed ? -ENOMEM : r;
}

/* One byte more than allowed is enough to know */
static int read_file(int fd, struct xm_buf *ret)
{
	ssize_t n;

	while (ret->len <= XM_CONFIG_SIZE) {
		if (xm_buf_reserve(ret, 16384) < 0)
			return -ENOMEM;
		n = read(fd, ret->data + ret->len, 16384);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		ret->len += (size_t)n;
	}
	return 0;
}

int xm_config_load(const char *path, const struct xm_section *root, struct xm_buf *ret_errors)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? -errno : read_file(fd, &text);

	if (r < 0) {
		xm_buf_addf(ret_errors, "%s: cannot be read: %s\n", path, strerror(-r));
		return ret_errors->failed ? -ENOMEM : r;
	}
	return xm_config_load_text(path, text.data, text.len, root, ret_errors);
}

/* A character that a double-quoted YAML text may hold as it is */
static bool is_printable(uint32_t c)
{
	return (c >= 0x20 && c < 0x7f) || (c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff &&
					   c != 0xfffe && c != 0xffff);
}

static uint32_t code_point(const char *s, size_t n)
{
	uint32_t c = (unsigned char)s[0] & (n == 1 ? 0x7f : 0x7f >> n);

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

/* Bytes that are not UTF-8 become U+FFFD: YAML cannot hold them */
static void add_quoted(const char *text, struct xm_buf *out)
{
	uint32_t c;
	size_t n;

	xm_buf_addc(out, '"');
	for (; *text; text += XM_MAX(n, (size_t)1)) {
		n = xm_utf8_len(text);
		c = n ? code_point(text, n) : 0xfffd;
		if (*text == '"' || *text == '\\')
			xm_buf_addc(out, '\\');
		if (n && is_printable(c))
			xm_buf_add(out, text, n);
		else
			xm_buf_addf(out, "\\U%08x", c);
	}
	xm_buf_addc(out, '"');
}

/* True if a file could say so: NaN, a choice out of range or a zero below min cannot be written */
static bool can_load(const struct xm_field *f, const char *text)
{
	struct xm_field alone = *f;
	struct xm_err err = {};
	uint64_t scratch;

	alone.off = 0;
	return f->type == XM_STR || xm_field_parse(&alone, &scratch, text, &err) == 0;
}

static void print_field(const struct xm_field *f, const void *obj, const char *indent,
			struct xm_buf *out)
{
	_cleanup_buf_ struct xm_buf value = XM_BUF_INIT, help = XM_BUF_INIT;
	char label[XM_LABEL_MAX], hash[4 * XM_CONFIG_DEPTH + 3];

	xm_help_describe(f, &help);
	snprintf(hash, sizeof hash, "%s# ", indent);
	xm_buf_adds(out, hash);
	xm_help_wrap(help.data, hash, strlen(hash), out);
	xm_help_value(f, obj, &value);
	xm_field_label(f, label, sizeof label);
	xm_buf_addf(out, "%s%s: ", can_load(f, value.data) ? indent : hash, label);
	if (f->type == XM_STR)
		add_quoted(value.data, out);
	else
		xm_buf_adds(out, value.data);
	xm_buf_addc(out, '\n');
	out->failed |= value.failed || help.failed;
}

static void print_section(const struct xm_section *s, unsigned depth, struct xm_buf *out)
{
	char indent[4 * XM_CONFIG_DEPTH];

	snprintf(indent, sizeof indent, "%*s", 2 * (int)depth, "");
	for (const struct xm_field *f = s->fields; f && f->type != XM_END; f++)
		print_field(f, s->obj, indent, out);
	for (const struct xm_section *sub = s->subs; sub && sub->name; sub++) {
		if (sub->help)
			xm_buf_addf(out, "\n%s# %s", indent, sub->help);
		xm_buf_addf(out, "\n%s%s:\n", indent, sub->name);
		print_section(sub, depth + 1, out);
	}
}

void xm_config_print(const struct xm_section *root, struct xm_buf *out)
{
	print_section(root, 0, out);
}
