/* Reads io.prometheus.client.MetricFamily messages for tests, and writes what they say as text. */
#pragma once
#include "base/buf.h"
#include "check.h"

struct pb {
	const unsigned char *p, *end;
	bool broken;
};

struct pb_field {
	uint64_t number, value; /* of a varint */
	unsigned wire;          /* 0 varint, 1 fixed64, 2 bytes */
	double real;            /* of a fixed64 */
	struct pb bytes;
};

static inline uint64_t pb_varint(struct pb *b)
{
	uint64_t v = 0;

	for (unsigned shift = 0; b->p < b->end && shift < 64; shift += 7) {
		unsigned char c = *b->p++;

		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return v;
	}
	b->broken = true;
	return 0;
}

static inline struct pb pb_bytes(struct pb *b, uint64_t n)
{
	struct pb part = { b->p, b->p + n, false };

	if (n > (uint64_t)(b->end - b->p)) {
		b->broken = true;
		return (struct pb){ b->end, b->end, true };
	}
	b->p += n;
	return part;
}

/* The next field of a message; false at its end, or when it is broken */
static inline bool pb_next(struct pb *b, struct pb_field *f)
{
	uint64_t tag;

	if (b->p == b->end || b->broken)
		return false;
	tag = pb_varint(b);
	*f = (struct pb_field){ .number = tag >> 3, .wire = tag & 7 };
	if (f->wire == 0)
		f->value = pb_varint(b);
	else if (f->wire == 1 && b->end - b->p >= 8)
		memcpy(&f->real, pb_bytes(b, 8).p, 8);
	else if (f->wire == 2)
		f->bytes = pb_bytes(b, pb_varint(b));
	else
		b->broken = true;
	return CHECK(!b->broken);
}

static inline void pb_text(struct pb b, struct xm_buf *out)
{
	xm_buf_add(out, b.p, (size_t)(b.end - b.p));
}

/* LabelPair: name 1, value 2 */
static inline void pb_label(struct pb b, struct xm_buf *out)
{
	struct pb_field f;

	while (pb_next(&b, &f)) {
		CHECK(f.wire == 2 && (f.number == 1 || f.number == 2));
		if (f.number == 2)
			xm_buf_addc(out, '=');
		pb_text(f.bytes, out);
	}
}

/* Histogram: count 1, sum 2, bucket 3 {count 1, bound 2}. Summary: quantile 3 {quantile 1, value
 * 2}. Counter, Gauge, Untyped: value 1. Numbers are written as count/number:value. */
static inline void pb_value(struct pb b, struct xm_buf *out)
{
	struct pb_field f;

	while (pb_next(&b, &f)) {
		xm_buf_addf(out, " %" PRIu64, f.number);
		if (f.wire == 0) {
			xm_buf_addf(out, ":%" PRIu64, f.value);
		} else if (f.wire == 1) {
			xm_buf_addf(out, "=%.17g", f.real);
		} else {
			xm_buf_addc(out, '(');
			pb_value(f.bytes, out);
			xm_buf_adds(out, " )");
		}
	}
}

/* Metric: label 1; gauge 2, counter 3, summary 4, untyped 5, histogram 7 */
static inline void pb_metric(struct pb b, struct xm_buf *out)
{
	static const char *const kind[] = { NULL,      NULL,      "gauge", "counter",
					    "summary", "untyped", NULL,    "histogram" };
	struct pb_field f;

	xm_buf_adds(out, "  {");
	while (pb_next(&b, &f)) {
		if (f.number == 1) {
			xm_buf_addc(out, ' ');
			pb_label(f.bytes, out);
		} else if (CHECK(f.number < XM_ARRAY_LEN(kind) && kind[f.number])) {
			xm_buf_addf(out, " } %s", kind[f.number]);
			pb_value(f.bytes, out);
		}
	}
	xm_buf_addc(out, '\n');
}

/* MetricFamily: name 1, help 2, type 3, metric 4. All of them, each preceded by its length. */
static inline void pb_families(const void *data, size_t len, struct xm_buf *out)
{
	struct pb b = { data, (const unsigned char *)data + len, false };
	struct pb_field f;

	while (b.p < b.end && !b.broken) {
		struct pb family = pb_bytes(&b, pb_varint(&b));

		while (pb_next(&family, &f)) {
			if (f.number == 4) {
				pb_metric(f.bytes, out);
				continue;
			}
			xm_buf_addc(out, f.number == 1 ? '\n' : ' ');
			if (f.wire == 2)
				pb_text(f.bytes, out);
			else
				xm_buf_addf(out, "type=%" PRIu64 "\n", f.value);
		}
	}
	CHECK(!b.broken);
}
