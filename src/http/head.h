/*
 * The strict check of a request's head: the request line and the header lines. evhttp reads much
 * that RFC 9112 forbids (two lengths, nameless headers, NUL, any version), so it is shown a head
 * only after this check.
 */
#pragma once
#include "base/text.h"

struct xm_http_limits {
	size_t max_header_bytes; /* request line, header lines and the empty line */
	size_t max_body_bytes;
};

struct xm_http_head {
	struct xm_str method, target;       /* the target begins with one '/' */
	unsigned minor;                     /* HTTP/1.minor: 0 or 1 */
	unsigned hosts, lengths, encodings; /* header lines of that name */
	uint64_t content_length;
	bool chunked;
};

/* Why a request is refused: an HTTP status and a sentence without its full stop */
struct xm_http_refusal {
	int status;
	const char *why;
};

/* Where the head ends, past its empty line, looking from byte `from` on; 0 = not here yet */
size_t xm_http_head_end(const char *text, size_t len, size_t from);

/* Check a whole head. 0, or -EBADMSG with the refusal filled in. */
int xm_http_head_check(struct xm_str text, const struct xm_http_limits *limits,
		       struct xm_http_head *ret, struct xm_http_refusal *ret_no) XM_MUST;
