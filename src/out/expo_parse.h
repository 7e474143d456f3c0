/*
 * Prometheus's text exposition format 0.0.4, read: of a textfile, of a plugin. All or nothing: a
 * text that breaks the format anywhere yields an error, not half of its samples.
 */
#pragma once
#include "base/text.h"
#include "out/out.h"

/* Offsets point to NUL-terminated texts in xm_expo_doc.text */
struct xm_expo_family {
	uint32_t name, help;
	bool has_help, has_type;
	enum xm_metric_type type;
	uint32_t n; /* samples */
};

struct xm_expo_point {
	uint32_t family;
	uint32_t labels; /* sorted by name, le or quantile last; empty ones left out */
	uint32_t name;   /* name{labels: what no other point of the document has */
	uint8_t suffix;  /* see xm_expo_doc_sample() */
	double value;
};

struct xm_expo_doc {
	struct xm_buf text;
	struct xm_expo_family *family;
	struct xm_expo_point *point; /* in the order of the text */
	uint32_t n_families, families_cap, n_points, points_cap;
	uint32_t ignored;    /* lines that say nothing: a series again, a bucket without le */
	bool has_timestamps; /* which are not kept */
};

#define XM_EXPO_DOC_INIT ((struct xm_expo_doc){ .text = XM_BUF_INIT })

/* Replaces what the document held. -EBADMSG: not in the format; the sentence in err tells the line
 * and quotes nothing. -E2BIG: more than max samples. After a failure the document is empty. */
int xm_expo_parse(struct xm_expo_doc *d, struct xm_str text, uint32_t max,
		  struct xm_err *err) XM_MUST;
void xm_expo_doc_done(struct xm_expo_doc *d);

static inline const char *xm_expo_doc_text(const struct xm_expo_doc *d, uint32_t off)
{
	return d->text.data + off;
}
/* The i-th sample; its texts are borrowed, its help is "" if the document has none */
struct xm_sample xm_expo_doc_sample(const struct xm_expo_doc *d, uint32_t i);
