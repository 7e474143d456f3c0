/*
 * A growing byte buffer. `data` is never NULL and always NUL-terminated after an add, so it can be
 * printed at any time. A failed allocation makes the buffer `failed`; later adds do nothing, so a
 * writer checks once, at the end.
 */
#pragma once
#include "base/base.h"

struct xm_buf {
	char *data;
	size_t len, cap; /* cap 0: data is the shared empty string */
	bool failed;
};

extern char xm_buf_empty[1];
#define XM_BUF_INIT ((struct xm_buf){ .data = xm_buf_empty })

void xm_buf_done(struct xm_buf *b);
#define _cleanup_buf_ _cleanup_(xm_buf_done)

static inline void xm_buf_reset(struct xm_buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->cap)
		b->data[0] = 0;
}

/* Room for `more` bytes and the NUL after them. -ENOMEM marks the buffer failed. */
int xm_buf_reserve(struct xm_buf *b, size_t more);
void xm_buf_add(struct xm_buf *b, const void *data, size_t len);
void xm_buf_adds(struct xm_buf *b, const char *text);
void xm_buf_addc(struct xm_buf *b, char c);
void XM_PRINTF(2, 3) xm_buf_addf(struct xm_buf *b, const char *fmt, ...);
/* Shortest decimal that reads back as v; integers up to 2^53 exactly; NaN, +Inf, -Inf */
void xm_buf_add_double(struct xm_buf *b, double v);
void xm_buf_add_u64(struct xm_buf *b, uint64_t v);
/* The text as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD */
void xm_buf_add_json(struct xm_buf *b, const char *text);
