/* Replies: headers, errors, entity tags. */
#include "http/accept.h"
#include "http/conn.h"
#include <event2/buffer.h>
#include <event2/http.h>

const char *const xm_http_fixed_headers[] = {
	"X-Content-Type-Options",
	"nosniff",
	"X-Frame-Options",
	"DENY",
	"Referrer-Policy",
	"no-referrer",
	"Content-Security-Policy",
	"default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
	NULL,
};

const char *xm_http_phrase(int status)
{
	switch (status) {
	case 200: return "OK";
	case 202: return "Accepted";
	case 204: return "No Content";
	case 304: return "Not Modified";
	case 400: return "Bad Request";
	case 401: return "Unauthorized";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 406: return "Not Acceptable";
	case 408: return "Request Timeout";
	case 409: return "Conflict";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 415: return "Unsupported Media Type";
	case 417: return "Expectation Failed";
	case 422: return "Unprocessable Content";
	case 429: return "Too Many Requests";
	case 431: return "Request Header Fields Too Large";
	case 500: return "Internal Server Error";
	case 501: return "Not Implemented";
	case 503: return "Service Unavailable";
	case 504: return "Gateway Timeout";
	case 505: return "HTTP Version Not Supported";
	default: return status < 400 ? "OK" : "Error";
	}
}

static struct evkeyvalq *reply_headers(struct xm_http_req *req)
{
	return evhttp_request_get_output_headers(req->ev);
}

void xm_http_set_header(struct xm_http_req *req, const char *name, const char *value)
{
	evhttp_remove_header(reply_headers(req), name);
	evhttp_add_header(reply_headers(req), name, value);
}

void xm_reply_headers(struct xm_http_req *req, const char *mime)
{
	struct evkeyvalq *headers = reply_headers(req);

	for (const char *const *h = xm_http_fixed_headers; *h; h += 2)
		evhttp_add_header(headers, h[0], h[1]);
	if (!evhttp_find_header(headers, "Cache-Control"))
		evhttp_add_header(headers, "Cache-Control", "no-store");
	if (mime)
		evhttp_add_header(headers, "Content-Type", mime);
	/* evhttp reads chunks laxly: what follows them is not to be taken for a request. */
	if (req->conn->parsed.chunked)
		xm_http_set_header(req, "Connection", "close");
}

static void finish(struct xm_http_req *req, int status, const char *mime, size_t len)
{
	char text[24];

	xm_reply_headers(req, mime);
	if (status != 304 && status != 204) {
		snprintf(text, sizeof text, "%zu", len);
		evhttp_add_header(reply_headers(req), "Content-Length", text);
	}
	evhttp_send_reply(req->ev, status, xm_http_phrase(status), NULL);
	xm_conn_writing(req->conn);
}

void xm_http_reply(struct xm_http_req *req, int status, const char *mime, const void *data,
		   size_t len)
{
	if (req->method != XM_HEAD && len)
		evbuffer_add(evhttp_request_get_output_buffer(req->ev), data, len);
	finish(req, status, mime, len);
}

static void body_sent(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	xm_http_body_unref(arg);
}

void xm_http_reply_shared(struct xm_http_req *req, int status, const char *mime,
			  struct xm_http_body *body)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(req->ev);

	if (req->method != XM_HEAD && body->len &&
	    evbuffer_add_reference(out, body->data, body->len, body_sent, body) == 0)
		xm_http_body_ref(body);
	finish(req, status, mime, body->len);
}

void xm_http_error(struct xm_http_req *req, int status, const char *fmt, ...)
{
	static const char *const offers[] = { "text/plain", "application/json", NULL };
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;
	char sentence[400];
	int kind = 0;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sentence, sizeof sentence, fmt, ap);
	va_end(ap);
	if (xm_http_negotiate(xm_http_header(req, "Accept"), offers, &kind) < 0)
		kind = 0;
	if (kind == 1) {
		xm_buf_adds(&b, "{\"error\":");
		xm_buf_add_json(&b, sentence);
		xm_buf_adds(&b, "}\n");
	} else {
		xm_buf_addf(&b, "%s.\n", sentence);
	}
	xm_http_reply(req, status, kind == 1 ? offers[1] : "text/plain; charset=utf-8", b.data,
		      b.len);
}

/* Whether a list of entity tags has this one; weak or strong makes no difference here */
static bool etag_listed(const char *list, const char *etag)
{
	struct xm_str rest = XM_STR_OF(list), item;
	bool more = true;

	while (more) {
		more = xm_str_cut(&rest, ',', &item);
		item = xm_str_trim(more ? item : rest);
		if (xm_str_starts(item, "W/"))
			item = (struct xm_str){ item.p + 2, item.n - 2 };
		if (xm_str_eq(item, etag) || xm_str_eq(item, "*"))
			return true;
	}
	return false;
}

bool xm_http_not_modified(struct xm_http_req *req, const char *etag)
{
	const char *have = xm_http_header(req, "If-None-Match");

	xm_http_set_header(req, "ETag", etag);
	if (!have || !etag_listed(have, etag))
		return false;
	xm_http_reply(req, 304, NULL, NULL, 0);
	return true;
}
