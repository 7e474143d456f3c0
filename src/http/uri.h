/* The target of a request taken apart: path, query. Works in place, allocates nothing. */
#pragma once
#include "base/base.h"

struct xm_http_pair {
	const char *key, *value; /* decoded; "" for a key without '=' */
};

/* Decode %XX in place, and '+' as a blank if asked. -EINVAL: a bad escape, or an escaped NUL. */
int xm_uri_decode(char *text, bool plus) XM_MUST;
/* A decoded path that may be looked up: absolute, no control characters, no "." or ".." segment */
bool xm_uri_path_ok(const char *path);
/* Cut a query in place into at most max pairs, in their order; returns how many. -EINVAL: a bad
 * escape; -E2BIG: more than max. */
int xm_uri_query(char *text, struct xm_http_pair *ret, size_t max) XM_MUST;
