/*
 * For fuzz targets: what a set of series exposes, held against the format's rules by a second
 * reader that shares no code with the first. What breaks a rule is printed, and aborts.
 */
#pragma once
#include "out/expo.h"
#include "out/series.h"
#include <ctype.h>

#define ALWAYS(cond)                                                                               \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define FAMILY_MAX 4096

struct expo_check {
	const char *at, *line; /* the line is for the message */
	char family[FAMILY_MAX];
	const char *type;
	bool sampled;
	/* The collectors' own counters do not go below zero; those of a textfile may */
	bool counters_positive;
	uint64_t *seen; /* hashes of name{labels}; 0 = none */
	size_t places;
};

static inline void expo_need(const struct expo_check *c, bool ok, const char *rule)
{
	if (ok)
		return;
	fprintf(stderr, "%s:\n%.*s\n", rule, (int)strcspn(c->line, "\n"), c->line);
	abort();
}

/* Bytes of the well-formed character at s (Unicode's table 3-7), or 0 */
static inline size_t expo_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned low = 0x80, high = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return s[0] != 0;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;
	if (s[0] == 0xed)
		high = 0x9f;
	if (s[0] == 0xf0)
		low = 0x90;
	if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

/* Walk over a name: of a metric, or of a label, which has no colon */
static inline void expo_name(struct expo_check *c, const char *more)
{
	expo_need(c, isalpha((unsigned char)*c->at) || strchr(more, *c->at), "not a name");
	while (isalnum((unsigned char)*c->at) || (*c->at && strchr(more, *c->at)))
		c->at++;
}

/* Walk over text up to `end`; what follows a backslash is one of `escapes` */
static inline void expo_text(struct expo_check *c, char end, const char *escapes)
{
	while (*c->at != end) {
		size_t n = expo_utf8(c->at);

		expo_need(c, n > 0, "not UTF-8");
		expo_need(c, *c->at != '\n', "line ends within text");
		if (*c->at == '\\') {
			c->at++;
			expo_need(c, *c->at && strchr(escapes, *c->at), "unknown escape");
		}
		c->at += n;
	}
}

static inline void expo_expect(struct expo_check *c, const char *text)
{
	expo_need(c, !strncmp(c->at, text, strlen(text)), text);
	c->at += strlen(text);
}

/* {a="b",c="d"}, no name twice */
static inline void expo_labels(struct expo_check *c)
{
	struct xm_str name[64];
	unsigned n = 0;

	do {
		c->at++;
		name[n].p = c->at;
		expo_name(c, "_");
		name[n].n = (size_t)(c->at - name[n].p);
		for (unsigned i = 0; i < n; i++)
			expo_need(c,
				  name[i].n != name[n].n ||
					  memcmp(name[i].p, name[n].p, name[n].n) != 0,
				  "a label twice");
		expo_need(c, ++n < XM_ARRAY_LEN(name), "too many labels");
		expo_expect(c, "=\"");
		expo_text(c, '"', "\\\"n");
		c->at++;
	} while (*c->at == ',');
	expo_expect(c, "}");
}

static inline double expo_value(struct expo_check *c)
{
	static const char *const words[] = { "NaN\n", "+Inf\n", "-Inf\n" };
	bool word = false;
	char *end;
	double v = strtod(c->at, &end);

	for (size_t i = 0; i < XM_ARRAY_LEN(words); i++)
		word |= !strncmp(c->at, words[i], strlen(words[i]));
	expo_need(c, word || c->at[strspn(c->at, "0123456789.e+-")] == '\n', "not a number");
	expo_need(c, end > c->at && *end == '\n', "not a number");
	c->at = end;
	return v;
}

/* No series twice */
static inline void expo_once(struct expo_check *c, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ULL;
	size_t at;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)c->line[i]) * 0x100000001b3ULL;
	h |= 1;
	for (at = h % c->places; c->seen[at]; at = (at + 1) % c->places)
		expo_need(c, c->seen[at] != h, "a series twice");
	c->seen[at] = h;
}

/* The family's name, with a suffix if its type has parts */
static inline bool expo_belongs(const struct expo_check *c, const char *name, size_t n)
{
	static const char *const parts[] = { "_bucket", "_sum", "_count" };
	size_t family = strlen(c->family);

	if (n < family || memcmp(name, c->family, family) != 0)
		return false;
	if (n == family)
		return strcmp(c->type, "histogram") != 0;
	if (strcmp(c->type, "histogram") != 0 && strcmp(c->type, "summary") != 0)
		return false;
	for (size_t i = 0; i < XM_ARRAY_LEN(parts); i++)
		if (strlen(parts[i]) == n - family && !memcmp(name + family, parts[i], n - family))
			return true;
	return false;
}

static inline void expo_sample(struct expo_check *c)
{
	double v;

	expo_name(c, "_:");
	expo_need(c, c->type && expo_belongs(c, c->line, (size_t)(c->at - c->line)),
		  "a sample away from its family");
	if (*c->at == '{')
		expo_labels(c);
	expo_once(c, (size_t)(c->at - c->line));
	expo_expect(c, " ");
	v = expo_value(c);
	if (c->counters_positive && !strcmp(c->type, "counter"))
		expo_need(c, !(v < 0), "a counter below zero");
	c->sampled = true;
}

/* "HELP name" or "TYPE name": families come in the order of their names */
static inline void expo_family(struct expo_check *c, bool first_line)
{
	const char *name = c->at;
	char before[FAMILY_MAX];
	size_t n;

	expo_name(c, "_:");
	n = (size_t)(c->at - name);
	expo_need(c, n < sizeof c->family, "a name that long");
	if (!first_line) {
		expo_need(c, n == strlen(c->family) && !memcmp(name, c->family, n),
			  "TYPE of another family than HELP");
		return;
	}
	expo_need(c, c->sampled || !*c->family, "a family without samples");
	memcpy(before, c->family, sizeof before);
	memcpy(c->family, name, n);
	c->family[n] = 0;
	expo_need(c, strcmp(before, c->family) < 0, "families out of order");
	c->sampled = false;
	c->type = NULL;
}

static inline void expo_help(struct expo_check *c)
{
	expo_family(c, true);
	expo_expect(c, " ");
	expo_text(c, '\n', "\\n");
}

static inline void expo_type(struct expo_check *c, bool first_line)
{
	static const char *const types[] = { "untyped", "counter", "gauge", "histogram",
					     "summary" };
	size_t n;

	expo_family(c, first_line);
	expo_expect(c, " ");
	n = strcspn(c->at, "\n");
	for (size_t i = 0; i < XM_ARRAY_LEN(types); i++)
		if (strlen(types[i]) == n && !memcmp(c->at, types[i], n))
			c->type = types[i];
	expo_need(c, c->type != NULL, "unknown type");
	c->at += n;
}

static inline size_t expo_lines(const char *text)
{
	size_t n = 0;

	while ((text = strchr(text, '\n'))) {
		text++;
		n++;
	}
	return n;
}

/* Text format 0.0.4, as strictly as any reader takes it */
static inline void expo_check_text(const struct xm_buf *text, bool counters_positive)
{
	struct expo_check c = { .at = text->data,
				.counters_positive = counters_positive,
				.places = 2 * expo_lines(text->data) + 1 };
	bool helped = false;

	ALWAYS(strlen(text->data) == text->len);
	c.seen = calloc(c.places, sizeof *c.seen);
	ALWAYS(c.seen);
	while (*c.at) {
		c.line = c.at;
		if (!strncmp(c.at, "# HELP ", 7)) {
			c.at += 7;
			expo_help(&c);
			helped = true;
		} else if (!strncmp(c.at, "# TYPE ", 7)) {
			c.at += 7;
			expo_type(&c, !helped);
			helped = false;
		} else {
			expo_sample(&c);
		}
		expo_expect(&c, "\n");
	}
	c.line = "the end";
	expo_need(&c, c.sampled || !*c.family, "a family without samples");
	free(c.seen);
}

static inline uint64_t expo_varint(const uint8_t **p, const uint8_t *end)
{
	uint64_t v = 0;

	for (unsigned shift = 0;; shift += 7) {
		ALWAYS(*p < end && shift < 64);
		v |= (uint64_t)(**p & 0x7f) << shift;
		if (!(*(*p)++ & 0x80))
			return v;
	}
}

/* MetricFamily, Metric and what is in them: which fields of which message hold messages */
enum expo_message {
	EXPO_FAMILY,
	EXPO_METRIC,
	EXPO_LABEL,
	EXPO_SIMPLE,
	EXPO_GROUP,
	EXPO_POINT,
	EXPO_SPAN
};

static inline int expo_inner(enum expo_message m, uint64_t field)
{
	switch (m) {
	case EXPO_FAMILY: return field == 4 ? EXPO_METRIC : -1;
	case EXPO_METRIC:
		return field == 1                 ? EXPO_LABEL
		       : field == 4 || field == 7 ? EXPO_GROUP
						  : EXPO_SIMPLE;
	case EXPO_GROUP:
		return field == 3 ? EXPO_POINT : field == 9 || field == 12 ? EXPO_SPAN : -1;
	default: return -1;
	}
}

static inline void expo_message(enum expo_message m, const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		uint64_t tag = expo_varint(&p, end), n;
		int inner = expo_inner(m, tag >> 3);

		ALWAYS(tag >> 3 && tag >> 3 <= 16);
		if ((tag & 7) == 0) {
			expo_varint(&p, end);
		} else if ((tag & 7) == 1) {
			ALWAYS(end - p >= 8);
			p += 8;
		} else {
			ALWAYS((tag & 7) == 2);
			n = expo_varint(&p, end);
			ALWAYS(n <= (uint64_t)(end - p));
			if (inner >= 0)
				expo_message((enum expo_message)inner, p, p + n);
			p += n;
		}
	}
}

/* Delimited protobuf: lengths and wire types fit into each other */
static inline void expo_check_protobuf(const struct xm_buf *bytes)
{
	const uint8_t *p = (const uint8_t *)bytes->data, *end = p + bytes->len;

	while (p < end) {
		uint64_t n = expo_varint(&p, end);

		ALWAYS(n <= (uint64_t)(end - p));
		expo_message(EXPO_FAMILY, p, p + n);
		p += n;
	}
}

/* Every format of a layout; the text of the first is checked if it is said to be well-named */
static inline void expo_check_layout(const struct xm_layout *l, const double *values,
				     bool well_named, bool counters_positive)
{
	_cleanup_buf_ struct xm_buf out = XM_BUF_INIT;
	struct xm_expo expo;

	for (int f = 0; f < XM_EXPO_PROTOBUF; f++) {
		ALWAYS(xm_expo_open(&expo, l, (enum xm_expo_format)f) == 0);
		xm_buf_reset(&out);
		ALWAYS(xm_expo_text(&expo, l, values, NULL, (enum xm_expo_format)f, &out) == 0);
		if (f == XM_EXPO_TEXT && well_named)
			expo_check_text(&out, counters_positive);
		if (f == XM_EXPO_OPENMETRICS)
			ALWAYS(out.len >= 6 && !strcmp(out.data + out.len - 6, "# EOF\n"));
		xm_expo_close(&expo);
	}
	xm_buf_reset(&out);
	ALWAYS(xm_expo_protobuf(l, values, NULL, &out) == 0);
	expo_check_protobuf(&out);
}

static inline void expo_check_series(struct xm_series *s, bool counters_positive)
{
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT;
	const struct xm_layout *l;

	ALWAYS(xm_series_layout(s, &layout) == 0);
	l = (const void *)layout.data;
	ALWAYS(xm_layout_valid(l, layout.len));
	ALWAYS(l->n_samples == s->n_series && l->n_values == s->n_values);
	expo_check_layout(l, s->value, true, counters_positive);
}
