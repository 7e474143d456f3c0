/* libyaml's events, not its documents: those have lost anchors and tags, and where errors are. */
#include "field/reader.h"
#include "field/config.h"

static int add_sentence(struct xm_yaml *y, const char *fmt, va_list ap)
{
	char sentence[600];

	vsnprintf(sentence, sizeof sentence, fmt, ap);
	for (char *p = sentence; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	xm_buf_addf(y->errors, "%s\n", sentence);
	if (++y->n_errors < XM_CONFIG_ERRORS)
		return 0;
	xm_buf_addf(y->errors, "%s: more than %d errors, not read further\n", y->file,
		    XM_CONFIG_ERRORS - 1);
	return -EINVAL;
}

void xm_yaml_report(struct xm_yaml *y, yaml_mark_t at, const char *fmt, ...)
{
	va_list ap;

	if (y->r < 0)
		return;
	xm_buf_addf(y->errors, "%s:%zu:%zu: ", y->file, at.line + 1, at.column + 1);
	va_start(ap, fmt);
	y->r = add_sentence(y, fmt, ap);
	va_end(ap);
}

static yaml_mark_t mark_of_byte(const struct xm_yaml *y, size_t offset)
{
	yaml_mark_t at = { .index = offset };

	for (size_t i = 0; i < offset && i < y->len; i++)
		if (y->text[i] == '\n') {
			at.line++;
			at.column = 0;
		} else if ((y->text[i] & 0xc0) != 0x80) {
			at.column++;
		}
	return at;
}

/* The byte at a mark whose line is ASCII up to there; 0 if there is none */
static char byte_at(const struct xm_yaml *y, yaml_mark_t at)
{
	const char *p = y->text, *end = y->text + y->len;

	for (size_t line = 0; p && line < at.line; line++) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	return p && at.column < (size_t)(end - p) ? p[at.column] : 0;
}

static void report_bad_start(struct xm_yaml *y, yaml_mark_t at)
{
	char c = byte_at(y, at);

	if (c == '\t')
		xm_yaml_report(y, at, "a tab cannot indent, use spaces");
	else
		xm_yaml_report(y, at, "'%c' cannot start a value, put the value in quotes",
			       c ? c : '?');
}

/* Our words where people err most */
static const struct {
	const char *theirs, *ours; /* ours NULL: by the character there */
	bool at_context;           /* where what failed began, not where it failed */
} problems[] = {
	{ "cannot start any token", NULL, false },
	{ "tab character", "a tab cannot indent, use spaces", false },
	{ "could not find expected ':'", "expected 'key: value', there is no ':'", true },
	{ "mapping values are not allowed",
	  "unexpected ':', check the indentation or put the value in quotes", false },
	{ "did not find expected key", "expected 'key: value' here, check the indentation", false },
	{ "unexpected end of stream", "a quote that is not closed", true },
	{ "expected <document start>", "nothing may follow here, a file holds one document",
	  false },
};

static void report_parser(struct xm_yaml *y)
{
	const yaml_parser_t *p = &y->parser;

	for (size_t i = 0; i < XM_ARRAY_LEN(problems); i++) {
		if (!strstr(p->problem, problems[i].theirs))
			continue;
		if (!problems[i].ours)
			report_bad_start(y, p->problem_mark);
		else
			xm_yaml_report(y,
				       problems[i].at_context ? p->context_mark : p->problem_mark,
				       "%s", problems[i].ours);
		return;
	}
	if (p->context)
		xm_yaml_report(y, p->problem_mark, "%s, %s that starts on line %zu", p->problem,
			       p->context, p->context_mark.line + 1);
	else
		xm_yaml_report(y, p->problem_mark, "%s", p->problem);
}

static void report_syntax(struct xm_yaml *y)
{
	const yaml_parser_t *p = &y->parser;

	if (p->error == YAML_MEMORY_ERROR || !p->problem) { /* 0.2.5 may fail to say so */
		y->r = -ENOMEM;
		return;
	}
	if (p->error == YAML_READER_ERROR)
		xm_yaml_report(y, mark_of_byte(y, p->problem_offset), "cannot be read as text: %s",
			       p->problem);
	else
		report_parser(y);
	y->r = -EINVAL;
}

static void refuse_anchor(struct xm_yaml *y, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	static const char standard[] = "tag:yaml.org,2002:";
	const char *name = (const char *)tag;
	bool short_form = tag && !strncmp(name, standard, strlen(standard));

	if (anchor)
		xm_yaml_report(y, y->event.start_mark, "'&%.40s': anchors are not supported",
			       anchor);
	if (tag)
		xm_yaml_report(y, y->event.start_mark, "'%s%.40s': tags are not supported",
			       short_form ? "!!" : "", short_form ? name + strlen(standard) : name);
}

/* What is the same for every event, wherever it stands */
static void inspect(struct xm_yaml *y)
{
	const yaml_event_t *e = &y->event;

	switch (e->type) {
	case YAML_SCALAR_EVENT: refuse_anchor(y, e->data.scalar.anchor, e->data.scalar.tag); break;
	case YAML_SEQUENCE_START_EVENT:
		refuse_anchor(y, e->data.sequence_start.anchor, e->data.sequence_start.tag);
		y->depth++;
		break;
	case YAML_MAPPING_START_EVENT:
		refuse_anchor(y, e->data.mapping_start.anchor, e->data.mapping_start.tag);
		y->depth++;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: y->depth--; break;
	case YAML_ALIAS_EVENT:
		xm_yaml_report(y, e->start_mark,
			       "'*%.40s': aliases are not supported, repeat the value",
			       e->data.alias.anchor);
		break;
	default: break;
	}
	if (y->depth > XM_CONFIG_DEPTH) {
		xm_yaml_report(y, e->start_mark, "nested deeper than %d, not read further",
			       XM_CONFIG_DEPTH);
		y->r = -EINVAL;
	}
}

bool xm_yaml_next(struct xm_yaml *y)
{
	yaml_event_delete(&y->event);
	if (y->r < 0)
		return false;
	if (yaml_parser_parse(&y->parser, &y->event))
		inspect(y);
	else
		report_syntax(y);
	return y->r >= 0;
}

void xm_yaml_skip(struct xm_yaml *y)
{
	bool opens = y->event.type == YAML_MAPPING_START_EVENT ||
		     y->event.type == YAML_SEQUENCE_START_EVENT;
	unsigned outside = y->depth - 1;

	while (opens && y->depth > outside && xm_yaml_next(y))
		;
}

int xm_yaml_open(struct xm_yaml *y, const char *file, const char *text, size_t len,
		 struct xm_buf *errors)
{
	const char *nul = len ? memchr(text, 0, len) : NULL;

	*y = (struct xm_yaml){ .file = file, .text = text, .len = len, .errors = errors };
	if (len > XM_CONFIG_SIZE) {
		xm_buf_addf(errors, "%s: larger than %u bytes\n", file, XM_CONFIG_SIZE);
		return -EFBIG;
	}
	if (nul) {
		xm_yaml_report(y, mark_of_byte(y, (size_t)(nul - text)),
			       "a NUL byte, not UTF-8 text");
		return -EINVAL;
	}
	if (!yaml_parser_initialize(&y->parser))
		return -ENOMEM;
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) { /* libyaml skips it when it guesses */
		y->text += 3;
		y->len -= 3;
	}
	yaml_parser_set_encoding(&y->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&y->parser, (const unsigned char *)y->text, y->len);
	return 0;
}

int xm_yaml_close(struct xm_yaml *y)
{
	yaml_event_delete(&y->event);
	yaml_parser_delete(&y->parser);
	return y->r < 0 ? y->r : y->n_errors ? -EINVAL : 0;
}
