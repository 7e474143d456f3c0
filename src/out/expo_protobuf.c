/*
 * io.prometheus.client.MetricFamily, each preceded by its length (proto2; field numbers of
 * metrics.proto). Samples of a histogram or summary that differ in `le` or `quantile` only are one
 * metric.
 */
#include "out/expo.h"
#include <math.h>

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2 };

static void add_varint(struct xm_buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		xm_buf_addc(b, (char)(v | 0x80));
	xm_buf_addc(b, (char)v);
}

static void add_tag(struct xm_buf *b, unsigned field, enum wire wire)
{
	add_varint(b, field << 3 | wire);
}

static void add_bytes(struct xm_buf *b, unsigned field, const void *data, size_t len)
{
	add_tag(b, field, BYTES);
	add_varint(b, len);
	xm_buf_add(b, data, len);
}

static void add_number(struct xm_buf *b, unsigned field, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	bits = htole64(bits);
	add_tag(b, field, FIXED64);
	xm_buf_add(b, &bits, sizeof bits);
}

static void add_count(struct xm_buf *b, unsigned field, double v)
{
	add_tag(b, field, VARINT);
	add_varint(b, v > 0 && v < 1.8e19 ? (uint64_t)v : 0);
}

/* Bytes of one message while it is written: a nested one begins where `start` says, and its length
 * is put in front when it ends. */
static void end_message(struct xm_buf *b, size_t start)
{
	char length[10];
	size_t len = b->len - start, n = 0, rest = len;

	do {
		length[n++] = (char)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
		rest >>= 7;
	} while (rest);
	if (xm_buf_reserve(b, n) < 0)
		return;
	memmove(b->data + start + n, b->data + start, len);
	memcpy(b->data + start, length, n);
	b->len += n;
}

static size_t begin_message(struct xm_buf *b, unsigned field)
{
	add_tag(b, field, BYTES);
	return b->len;
}

/* a label value as it was before it was escaped for text */
static void add_unescaped(struct xm_buf *b, unsigned field, struct xm_str v)
{
	size_t at = begin_message(b, field);

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\\' && i + 1 < v.n) {
			i++;
			xm_buf_addc(b, v.p[i] == 'n' ? '\n' : v.p[i]);
		} else {
			xm_buf_addc(b, v.p[i]);
		}
	}
	end_message(b, at);
}

/* All labels but `without`, which is parsed instead. Its value, or NaN if there is none. */
static double add_labels(struct xm_buf *b, const char *labels, const char *without)
{
	struct xm_str name, value;
	double v = (double)NAN;

	while (xm_label_next(&labels, &name, &value)) {
		size_t at;

		if (without && xm_str_eq(name, without)) {
			if (xm_parse_double(value, &v) < 0)
				v = (double)NAN;
			continue;
		}
		at = begin_message(b, 1);
		add_bytes(b, 1, name.p, name.n);
		add_unescaped(b, 2, value);
		end_message(b, at);
	}
	return v;
}

static void add_plain(struct xm_buf *b, const char *labels, enum xm_metric_type type, double v)
{
	static const unsigned field[] = {
		[XM_METRIC_UNTYPED] = 5, [XM_METRIC_COUNTER] = 3, [XM_METRIC_GAUGE] = 2
	};
	size_t metric = begin_message(b, 4), at;

	add_labels(b, labels, NULL);
	at = begin_message(b, field[type]);
	add_number(b, 1, v);
	end_message(b, at);
	end_message(b, metric);
}

/* Labels without `without`, as a key to compare */
static void copy_without(const char *labels, const char *without, struct xm_buf *ret)
{
	struct xm_str name, value;

	xm_buf_reset(ret);
	while (xm_label_next(&labels, &name, &value))
		if (!xm_str_eq(name, without))
			xm_buf_addf(ret, "%.*s=%.*s,", (int)name.n, name.p, (int)value.n, value.p);
}

/* One histogram (buckets: field 3 of {count 1, bound 2}) or summary (quantiles: {quantile 1,
 * value 2}) of the samples from k on that share their labels; returns the first that does not. */
static uint32_t add_grouped(struct xm_buf *b, const struct xm_layout *l,
			    const struct xm_layout_family *f, const double *values, uint32_t k,
			    const struct xm_expo_filter *filter)
{
	bool histogram = f->type == XM_METRIC_HISTOGRAM;
	const char *without = histogram ? "le" : "quantile";
	const struct xm_layout_sample *s = xm_layout_samples(l);
	_cleanup_buf_ struct xm_buf mine = XM_BUF_INIT, other = XM_BUF_INIT;
	size_t metric = begin_message(b, 4), at;

	copy_without(xm_layout_text(l, s[k].labels), without, &mine);
	add_labels(b, xm_layout_text(l, s[k].labels), without);
	at = begin_message(b, histogram ? 7 : 4);
	for (; k < f->first + f->n; k++) {
		const char *suffix = xm_layout_text(l, s[k].suffix),
			   *labels = xm_layout_text(l, s[k].labels);
		double v = values[s[k].value], bound;
		size_t point;

		copy_without(labels, without, &other);
		if (strcmp(mine.data, other.data))
			break;
		if (xm_is_absent(v) || !xm_expo_shows(filter, s[k].source))
			continue;
		if (!strcmp(suffix, "_count")) {
			add_count(b, 1, v);
		} else if (!strcmp(suffix, "_sum")) {
			add_number(b, 2, v);
		} else {
			_cleanup_buf_ struct xm_buf skipped = XM_BUF_INIT;

			bound = add_labels(&skipped, labels, without);
			point = begin_message(b, 3);
			if (histogram) {
				add_count(b, 1, v);
				add_number(b, 2, bound);
			} else {
				add_number(b, 1, bound);
				add_number(b, 2, v);
			}
			end_message(b, point);
		}
	}
	end_message(b, at);
	end_message(b, metric);
	return k;
}

static bool any_shown(const struct xm_layout *l, const struct xm_layout_family *f,
		      const double *values, const struct xm_expo_filter *filter)
{
	const struct xm_layout_sample *s = xm_layout_samples(l);

	for (uint32_t k = f->first; k < f->first + f->n; k++)
		if (!xm_is_absent(values[s[k].value]) && xm_expo_shows(filter, s[k].source))
			return true;
	return false;
}

static void add_family(struct xm_buf *b, const struct xm_layout *l,
		       const struct xm_layout_family *f, const double *values,
		       const struct xm_expo_filter *filter)
{
	static const uint64_t number[] = { [XM_METRIC_UNTYPED] = 3,
					   [XM_METRIC_COUNTER] = 0,
					   [XM_METRIC_GAUGE] = 1,
					   [XM_METRIC_HISTOGRAM] = 4,
					   [XM_METRIC_SUMMARY] = 2 };
	const struct xm_layout_sample *s = xm_layout_samples(l);
	const char *name = xm_layout_text(l, f->name), *help = xm_layout_text(l, f->help);
	size_t start = b->len;
	enum xm_metric_type type = f->type <= XM_METRIC_SUMMARY ? f->type : XM_METRIC_UNTYPED;

	add_bytes(b, 1, name, strlen(name));
	add_bytes(b, 2, help, strlen(help));
	add_tag(b, 3, VARINT);
	add_varint(b, number[type]);
	for (uint32_t k = f->first; k < f->first + f->n;) {
		double v = values[s[k].value];

		if (xm_is_absent(v) || !xm_expo_shows(filter, s[k].source))
			k++;
		else if (type >= XM_METRIC_HISTOGRAM)
			k = add_grouped(b, l, f, values, k, filter);
		else
			add_plain(b, xm_layout_text(l, s[k++].labels), type, v);
	}
	end_message(b, start);
}

int xm_expo_protobuf(const struct xm_layout *l, const double *values,
		     const struct xm_expo_filter *filter, struct xm_buf *out)
{
	const struct xm_layout_family *f = xm_layout_families(l);

	for (uint32_t i = 0; i < l->n_families; i++, f++)
		if (any_shown(l, f, values, filter))
			add_family(out, l, f, values, filter);
	return out->failed ? -ENOMEM : 0;
}
