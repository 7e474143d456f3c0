/* gzip, in one go. */
#pragma once
#include "base/buf.h"

/* Append `data` compressed, as one gzip member. level 1 (fast) to 9 (small). */
int xm_gzip(const void *data, size_t len, int level, struct xm_buf *ret) XM_MUST;
