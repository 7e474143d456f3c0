/*
 * Walking over text that came from the kernel: lines, words, numbers. Nothing here allocates or
 * writes; a slice borrows the text it was cut from.
 */
#pragma once
#include "base/base.h"

struct xm_str {
	const char *p;
	size_t n;
};

#define XM_STR_OF(text) ((struct xm_str){ text, strlen(text) })

/* Cut the next line off *rest, without its "\n" or "\r\n". False at the end. */
bool xm_line_next(struct xm_str *rest, struct xm_str *ret_line);
/* Cut the next run of non-blank characters (blank = space or tab). False when none is left. */
bool xm_word_next(struct xm_str *rest, struct xm_str *ret_word);
/* Cut off what stands before the first `sep`, and drop the sep. False if there is no sep. */
bool xm_str_cut(struct xm_str *rest, char sep, struct xm_str *ret_head);
struct xm_str xm_str_trim(struct xm_str s);
bool xm_str_eq(struct xm_str s, const char *text);
bool xm_str_starts(struct xm_str s, const char *prefix);
/* Copy into buf, cut at size - 1 bytes, NUL-terminated */
void xm_str_copy(struct xm_str s, char *buf, size_t size);

/* The whole slice as a number. -EINVAL: not one; -ERANGE: does not fit. Leading '+' or blanks are
 * refused. */
int xm_parse_u64(struct xm_str s, uint64_t *ret) XM_MUST;
int xm_parse_i64(struct xm_str s, int64_t *ret) XM_MUST;
int xm_parse_hex(struct xm_str s, uint64_t *ret) XM_MUST; /* with or without 0x */
/* Decimal notation, NaN and ±Inf as Prometheus writes them. At most 63 characters. */
int xm_parse_double(struct xm_str s, double *ret) XM_MUST;

/* Up to max unsigned numbers separated by blanks; stops at the first word that is not one.
 * Returns how many. */
size_t xm_parse_u64s(struct xm_str s, uint64_t *ret, size_t max);

/* The name in `names` (NULL-terminated) that is closest to `word`, or NULL if none is close */
const char *xm_did_you_mean(const char *word, const char *const *names);
