/* gzip, in one go. */
#pragma once
#include "base/buf.h"

/* A compressor that is used again and again: making one costs as much as a small body does */
struct xm_gzip;

/* level 1 (fast) to 9 (small) */
int xm_gzip_new(int level, struct xm_gzip **ret) XM_MUST;
void xm_gzip_free(struct xm_gzip *z); /* NULL is fine */
/* Append `data` compressed, as one gzip member */
int xm_gzip_add(struct xm_gzip *z, const void *data, size_t len, struct xm_buf *ret) XM_MUST;
