/*
 * An HTTP/1.1 server: routes, replies, streams. It knows nothing of xmon. One server runs in one
 * loop, and all functions below are called from that loop's thread.
 *
 * Besides its routes it answers by itself: 400 (malformed, ambiguous), 401, 403 (guard.h), 404, 405
 * with Allow, 408, 413, 414, 417, 431, 501, 503 (too many connections), 505.
 */
#pragma once
#include "base/buf.h"
#include "http/guard.h"

struct xm_loop;
struct xm_http_server;
struct xm_http_req;
struct xm_http_body;
struct xm_http_stream;

enum xm_http_method {
	XM_GET = 1 << 0,
	XM_HEAD = 1 << 1,
	XM_POST = 1 << 2,
	XM_METHOD_OTHER = 1 << 3, /* for no route: PUT, OPTIONS, … */
};

enum xm_http_route_flags {
	XM_ROUTE_TRUSTED = 1 << 0, /* over the unix socket or with the token only; else 401 */
};

struct xm_http_route {
	const char *path; /* exact and decoded; with "/" and an asterisk at its end: a prefix */
	unsigned methods; /* enum xm_http_method; a path may have several routes */
	/* Replies now, or keeps req and replies later, but exactly once. Until then req is valid
	 * and its client is not looked at; there is no deadline for it. */
	void (*handle)(struct xm_http_req *req, void *arg);
	unsigned flags; /* enum xm_http_route_flags */
};

/* 0 = the default */
struct xm_http_opts {
	unsigned max_connections;    /* 256 over TCP, and as many over unix sockets */
	size_t max_header_bytes;     /* 16 KiB */
	size_t max_body_bytes;       /* 64 KiB; of a chunked body all bytes count */
	size_t max_stream_backlog;   /* 256 KiB of a stream that its client has not taken */
	uint64_t request_timeout_ns; /* 10 s from a request's first byte (of a connection's first
					request: from the start) to its last */
	uint64_t idle_timeout_ns;    /* 60 s between requests */
	uint64_t stall_timeout_ns;   /* 10 s in which a client must take 64 KiB of its reply, or
					the rest */
	const struct xm_http_guard *guard; /* borrowed; NULL: no token, loopback names only */
};

/* Counted since the server was made, but for `open` */
struct xm_http_stats {
	unsigned open;        /* connections now */
	uint64_t connections; /* accepted */
	uint64_t refused;     /* of these: over the limit */
	uint64_t requests;    /* that were well formed */
	uint64_t malformed;   /* answered with 400, 413, … */
	uint64_t late;        /* cut off: request not complete in time */
	uint64_t stalled;     /* cut off: reply or stream not taken in time */
	uint64_t accept_errors;
};

/*
 * routes end with one without a path; they and opts->guard are borrowed. Of two routes for a path
 * the earlier one counts. From here on the process ignores SIGPIPE.
 */
int xm_http_server_new(struct xm_loop *loop, const struct xm_http_opts *opts,
		       const struct xm_http_route *routes, void *arg,
		       struct xm_http_server **ret) XM_MUST;
/* Closes what listens and all connections; streams get their on_close. Requests that wait for their
 * reply are gone: whoever keeps one must be stopped before. NULL is fine. */
void xm_http_server_free(struct xm_http_server *server);

/* Accept on a descriptor that is bound and listens, TCP or AF_UNIX. It is the server's then. */
int xm_http_listen(struct xm_http_server *server, int fd) XM_MUST;
void xm_http_server_stats(const struct xm_http_server *server, struct xm_http_stats *ret);

/* A request: what the pointers point to is valid until it is replied to */

enum xm_http_method xm_http_method(const struct xm_http_req *req);
const char *xm_http_path(const struct xm_http_req *req); /* decoded */
const char *xm_http_rest(const struct xm_http_req *req); /* what the route's asterisk stands for */
/* The value of the nth pair (from 0) with this key, NULL if there is none */
const char *xm_http_query(const struct xm_http_req *req, const char *key, size_t nth);
/* Pair i of all, in their order; false past the last */
bool xm_http_query_at(const struct xm_http_req *req, size_t i, const char **ret_key,
		      const char **ret_value);
const char *xm_http_header(const struct xm_http_req *req, const char *name); /* first; or NULL */
const void *xm_http_body(struct xm_http_req *req, size_t *ret_len);          /* no NUL after it */
bool xm_http_over_unix(const struct xm_http_req *req);
bool xm_http_trusted(const struct xm_http_req *req);
bool xm_http_accepts_gzip(const struct xm_http_req *req);

/* A reply: one of these ends a request, and req is no longer valid */

/* Set a header of the reply, instead of what was there or the default. Cache-Control is "no-store"
 * by default; the security headers are on every reply. */
void xm_http_set_header(struct xm_http_req *req, const char *name, const char *value);
void xm_http_reply(struct xm_http_req *req, int status, const char *mime, const void *data,
		   size_t len);
/* The same without a copy: the body keeps one more reference until it is sent */
void xm_http_reply_shared(struct xm_http_req *req, int status, const char *mime,
			  struct xm_http_body *body);
/* One sentence, as text or, if the client prefers that, as {"error":"..."} */
void XM_PRINTF(3, 4) xm_http_error(struct xm_http_req *req, int status, const char *fmt, ...);
/* Set ETag (a quoted string). If the client has that version: reply 304 and return true. */
bool xm_http_not_modified(struct xm_http_req *req, const char *etag) XM_MUST;

/* A body shared by replies; any thread may make, reference and drop one */

/* Takes over what the buffer holds, also on failure, and leaves it empty */
int xm_http_body_new(struct xm_buf *data, struct xm_http_body **ret) XM_MUST;
/* Data that lives for ever */
int xm_http_body_borrow(const void *data, size_t len, struct xm_http_body **ret) XM_MUST;
struct xm_http_body *xm_http_body_ref(struct xm_http_body *body);
void xm_http_body_unref(struct xm_http_body *body); /* NULL is fine */
size_t xm_http_body_len(const struct xm_http_body *body);

/* A stream: a reply (200) without a known end, as for server-sent events */

/*
 * Ends the request as a reply does, and has no deadline. on_close(arg) is called once when the
 * connection ends from the other side, backlog and end of the server included. NULL: the request
 * is answered but there is nothing to stream to (HEAD, no memory); on_close is not called.
 */
struct xm_http_stream *xm_http_stream_open(struct xm_http_req *req, const char *mime,
					   void (*on_close)(void *arg), void *arg) XM_MUST;
/* -ENOBUFS: the client does not keep up and is cut off now, on_close included. -EPIPE: it is
 * gone, or stream is NULL. */
int xm_http_stream_send(struct xm_http_stream *stream, const void *data, size_t len);
/* To be called once for each stream, also after or in its on_close; never calls that. NULL ok. */
void xm_http_stream_close(struct xm_http_stream *stream);
