#include "out/expo_parse.h"
#include "base/map.h"
#include "out/label_set.h"

static const char *const suffixes[] = { "", "_bucket", "_sum", "_count" };
enum suffix { NO_SUFFIX, BUCKET, SUM, COUNT };

struct parser {
	struct xm_expo_doc *d;
	struct xm_map family_by_name, point_by_name;
	uint32_t max; /* points */
	unsigned line;
	struct xm_err *err;
	struct xm_label_set labels; /* of the sample at hand */
};

static int broken(struct parser *p, const char *what)
{
	return xm_fail(p->err, -EBADMSG, "line %u: %s", p->line, what);
}

static const void *text_key(const struct xm_expo_doc *d, uint32_t off, size_t *ret_len)
{
	const char *text = xm_expo_doc_text(d, off);

	*ret_len = strlen(text);
	return text;
}

static const void *family_key(const void *owner, uint32_t i, size_t *ret_len)
{
	const struct xm_expo_doc *d = owner;

	return text_key(d, d->family[i].name, ret_len);
}

static const void *point_key(const void *owner, uint32_t i, size_t *ret_len)
{
	const struct xm_expo_doc *d = owner;

	return text_key(d, d->point[i].name, ret_len);
}

/* Room for one more of n */
static int grow(void *array, uint32_t *cap, uint32_t n, size_t each)
{
	uint32_t more = *cap ? 2 * *cap : 16;
	void *grown;

	if (n < *cap)
		return 0;
	grown = reallocarray(*(void **)array, more, each);
	if (!grown)
		return -ENOMEM;
	*(void **)array = grown;
	*cap = more;
	return 0;
}

static uint32_t add_text(struct xm_buf *b, struct xm_str s)
{
	uint32_t at = (uint32_t)b->len;

	xm_buf_add(b, s.p, s.n);
	xm_buf_addc(b, 0);
	return at;
}

static uint32_t find_family(const struct parser *p, struct xm_str name)
{
	return xm_map_find(&p->family_by_name, name.p, name.n);
}

static int make_family(struct parser *p, struct xm_str name, uint32_t *ret)
{
	struct xm_expo_doc *d = p->d;

	*ret = find_family(p, name);
	if (*ret != XM_MAP_NONE)
		return 0;
	if (grow(&d->family, &d->families_cap, d->n_families, sizeof *d->family) < 0)
		return -ENOMEM;
	d->family[d->n_families] = (struct xm_expo_family){ .name = add_text(&d->text, name) };
	if (d->text.failed)
		return -ENOMEM;
	*ret = d->n_families++;
	return xm_map_add(&p->family_by_name, *ret);
}

/* Is name_sum a part of the summary or histogram `name`? */
static bool has_part(enum xm_metric_type type, unsigned suffix)
{
	return type == XM_METRIC_HISTOGRAM || (type == XM_METRIC_SUMMARY && suffix != BUCKET);
}

/* The family that a sample of this name belongs to, and its suffix there */
static int place_sample(struct parser *p, struct xm_str name, struct xm_expo_point *ret)
{
	ret->suffix = NO_SUFFIX;
	ret->family = find_family(p, name);
	for (uint8_t i = BUCKET; i <= COUNT && ret->family == XM_MAP_NONE; i++) {
		size_t n = strlen(suffixes[i]);
		uint32_t f;

		if (name.n <= n || memcmp(name.p + name.n - n, suffixes[i], n))
			continue;
		f = find_family(p, (struct xm_str){ name.p, name.n - n });
		if (f == XM_MAP_NONE || !has_part(p->d->family[f].type, i))
			continue;
		ret->family = f;
		ret->suffix = i;
	}
	return ret->family == XM_MAP_NONE ? make_family(p, name, &ret->family) : 0;
}

/* Has the sample the bound that its place asks for? 1: yes, or none is asked for; 0: no, so it says
 * nothing. */
static int check_bound(struct parser *p, enum xm_metric_type type, unsigned suffix)
{
	const char *label = type == XM_METRIC_HISTOGRAM && suffix == BUCKET    ? "le"
			    : type == XM_METRIC_SUMMARY && suffix == NO_SUFFIX ? "quantile"
									       : NULL;
	struct xm_str value;
	double bound;

	if (!label)
		return type != XM_METRIC_HISTOGRAM || suffix != NO_SUFFIX;
	if (!xm_labels_find(&p->labels, label, &value))
		return 0;
	return xm_parse_double(value, &bound) < 0 ? broken(p, "a bound that is not a number") : 1;
}

/* Keep a sample, unless its series is there already */
static int add_point(struct parser *p, struct xm_str name, struct xm_expo_point point)
{
	struct xm_expo_doc *d = p->d;
	struct xm_expo_family *f = &d->family[point.family];
	bool bounds = f->type == XM_METRIC_HISTOGRAM || f->type == XM_METRIC_SUMMARY;

	if (d->n_points == p->max)
		return xm_fail(p->err, -E2BIG, "more than %u samples", p->max);
	if (grow(&d->point, &d->points_cap, d->n_points, sizeof *d->point) < 0)
		return -ENOMEM;
	point.name = (uint32_t)d->text.len;
	xm_buf_add(&d->text, name.p, name.n);
	xm_buf_addc(&d->text, '{');
	point.labels = (uint32_t)d->text.len;
	xm_labels_write(&p->labels, bounds, &d->text);
	xm_buf_addc(&d->text, 0);
	if (d->text.failed)
		return -ENOMEM;
	if (xm_map_find(&p->point_by_name, d->text.data + point.name,
			d->text.len - 1 - point.name) != XM_MAP_NONE) {
		d->text.len = point.name;
		d->ignored++;
		return 0;
	}
	d->point[d->n_points] = point;
	f->n++;
	return xm_map_add(&p->point_by_name, d->n_points++);
}

/* The value, and the time that may follow it */
static int parse_value(struct parser *p, struct xm_str s, double *ret)
{
	struct xm_str word;
	int64_t time_ms;

	if (!xm_word_next(&s, &word) || xm_parse_double(word, ret) < 0)
		return broken(p, "not a number where the value should be");
	if (!xm_word_next(&s, &word))
		return 0;
	if (xm_parse_i64(word, &time_ms) < 0)
		return broken(p, "not a time in milliseconds after the value");
	p->d->has_timestamps = true;
	return xm_word_next(&s, &word) ? broken(p, "more than a value and a time") : 0;
}

static int parse_sample(struct parser *p, struct xm_str line)
{
	struct xm_str name = xm_name_cut(&line, true);
	struct xm_expo_point point = {};
	const char *wrong;
	int r;

	if (!name.n || (line.n && !strchr(" \t{", *line.p)))
		return broken(p, "not a metric name");
	wrong = xm_labels_parse(&p->labels, &line);
	r = wrong ? broken(p, wrong) : parse_value(p, line, &point.value);
	if (r >= 0)
		r = place_sample(p, name, &point);
	if (r >= 0)
		r = check_bound(p, p->d->family[point.family].type, point.suffix);
	if (r > 0)
		return add_point(p, name, point);
	p->d->ignored += r == 0;
	return r;
}

/* "\\" and "\n" decoded */
static uint32_t add_help(struct xm_buf *b, struct xm_str s)
{
	uint32_t at = (uint32_t)b->len;

	for (size_t i = 0; i < s.n; i++) {
		bool escape =
			s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '\\' || s.p[i + 1] == 'n');

		i += escape;
		xm_buf_addc(b, escape && s.p[i] == 'n' ? '\n' : s.p[i]);
	}
	xm_buf_addc(b, 0);
	return at;
}

static int set_help(struct parser *p, struct xm_expo_family *f, struct xm_str text)
{
	if (f->has_help)
		return broken(p, "a second HELP for the metric");
	if (!xm_str_is_utf8(text))
		return broken(p, "a HELP that is not UTF-8");
	f->help = add_help(&p->d->text, text);
	f->has_help = true;
	return 0;
}

static int set_type(struct parser *p, struct xm_expo_family *f, struct xm_str text)
{
	static const struct {
		const char *word;
		enum xm_metric_type type;
	} types[] = { { "counter", XM_METRIC_COUNTER },
		      { "gauge", XM_METRIC_GAUGE },
		      { "histogram", XM_METRIC_HISTOGRAM },
		      { "summary", XM_METRIC_SUMMARY },
		      { "untyped", XM_METRIC_UNTYPED } };

	if (f->has_type || f->n)
		return broken(p, "a second TYPE for the metric, or one after its samples");
	text = xm_str_trim(text);
	for (unsigned i = 0; i < XM_ARRAY_LEN(types); i++)
		if (xm_str_eq(text, types[i].word)) {
			f->type = types[i].type;
			f->has_type = true;
			return 0;
		}
	return broken(p, "a TYPE that is not counter, gauge, histogram, summary or untyped");
}

/* "# HELP name text", "# TYPE name counter", or anything else, which is skipped. Neither is an
 * error when the line ends before it says anything. */
static int parse_comment(struct parser *p, struct xm_str line)
{
	struct xm_str keyword, name;
	uint32_t f;
	bool help;
	int r;

	if (!xm_word_next(&line, &keyword))
		return 0;
	help = xm_str_eq(keyword, "HELP");
	xm_blanks_skip(&line);
	if ((!help && !xm_str_eq(keyword, "TYPE")) || !line.n)
		return 0;
	name = xm_name_cut(&line, true);
	if (!name.n || (line.n && !strchr(" \t", *line.p)))
		return broken(p, "not a metric name after HELP or TYPE");
	xm_blanks_skip(&line);
	if (!line.n)
		return 0;
	r = make_family(p, name, &f);
	if (r < 0)
		return r;
	return help ? set_help(p, &p->d->family[f], line) : set_type(p, &p->d->family[f], line);
}

static int parse_lines(struct parser *p, struct xm_str text)
{
	struct xm_str line;
	int r = 0;

	while (r >= 0 && xm_line_next(&text, &line)) {
		p->line++;
		xm_blanks_skip(&line);
		if (line.n)
			r = xm_char_cut(&line, '#') ? parse_comment(p, line)
						    : parse_sample(p, line);
	}
	return r >= 0 && p->d->text.failed ? -ENOMEM : r;
}

static void clear(struct xm_expo_doc *d)
{
	xm_buf_reset(&d->text);
	d->n_families = d->n_points = d->ignored = 0;
	d->has_timestamps = false;
}

int xm_expo_parse(struct xm_expo_doc *d, struct xm_str text, uint32_t max, struct xm_err *err)
{
	struct parser p = { .d = d,
			    .family_by_name = { .key = family_key, .owner = d },
			    .point_by_name = { .key = point_key, .owner = d },
			    .max = max,
			    .err = err };
	int r;

	clear(d);
	xm_buf_addc(&d->text, 0); /* offset 0 is "" */
	if (memchr(text.p, 0, text.n))
		r = xm_fail(err, -EBADMSG, "a zero byte: this is not text");
	else if (text.n && text.p[text.n - 1] != '\n')
		r = xm_fail(err, -EBADMSG,
			    "the last line has no end: perhaps it is still being written");
	else
		r = parse_lines(&p, text);
	xm_map_done(&p.family_by_name);
	xm_map_done(&p.point_by_name);
	if (r < 0)
		clear(d);
	return r < 0 ? r : 0;
}

void xm_expo_doc_done(struct xm_expo_doc *d)
{
	xm_buf_done(&d->text);
	free(d->family);
	free(d->point);
	*d = XM_EXPO_DOC_INIT;
}

struct xm_sample xm_expo_doc_sample(const struct xm_expo_doc *d, uint32_t i)
{
	const struct xm_expo_point *point = &d->point[i];
	const struct xm_expo_family *f = &d->family[point->family];

	return (struct xm_sample){ .family = xm_expo_doc_text(d, f->name),
				   .suffix = suffixes[point->suffix],
				   .help = xm_expo_doc_text(d, f->help),
				   .labels = xm_expo_doc_text(d, point->labels),
				   .type = f->type,
				   .value = point->value };
}
