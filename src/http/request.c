/* From a complete request to its route, and what the handler may ask about it. */
#include "http/accept.h"
#include "http/conn.h"
#include <event2/buffer.h>
#include <event2/http.h>

static enum xm_http_method method_of(struct evhttp_request *ev)
{
	switch (evhttp_request_get_command(ev)) {
	case EVHTTP_REQ_GET: return XM_GET;
	case EVHTTP_REQ_HEAD: return XM_HEAD;
	case EVHTTP_REQ_POST: return XM_POST;
	default: return XM_METHOD_OTHER;
	}
}

/* Cut and decode the target in the collected head. False if it is malformed. */
static bool parse_target(struct xm_http_req *req)
{
	const struct xm_http_head *h = &req->conn->parsed;
	char *query;
	int n = 0;

	req->path = req->conn->head.data + (h->target.p - req->conn->head.data);
	req->path[h->target.n] = 0;
	query = strchr(req->path, '?');
	if (query) {
		*query++ = 0;
		n = xm_uri_query(query, req->query, XM_HTTP_MAX_QUERY);
	}
	req->n_query = n < 0 ? 0 : (size_t)n;
	return n >= 0 && xm_uri_decode(req->path, false) == 0 && xm_uri_path_ok(req->path);
}

/* The length of a prefix route's prefix, its last '/' included; 0 for an exact route */
static size_t prefix_len(const struct xm_http_route *r)
{
	size_t n = strlen(r->path);

	return n >= 2 && !strcmp(r->path + n - 2, "/*") ? n - 1 : 0;
}

static bool route_matches(const struct xm_http_route *r, const char *path)
{
	size_t n = prefix_len(r);

	return n ? !strncmp(path, r->path, n) : !strcmp(path, r->path);
}

/* The first route for this path and method; all methods the path knows are or-ed into *allowed */
static const struct xm_http_route *route_find(const struct xm_http_route *routes,
					      const struct xm_http_req *req, unsigned *allowed)
{
	const struct xm_http_route *found = NULL;

	for (const struct xm_http_route *r = routes; r->path; r++) {
		if (!route_matches(r, req->path))
			continue;
		*allowed |= r->methods;
		if (!found && r->methods & req->method)
			found = r;
	}
	return found;
}

static void reply_not_allowed(struct xm_http_req *req, unsigned allowed)
{
	char list[32];

	snprintf(list, sizeof list, "%s%s%s", allowed & XM_GET ? ", GET" : "",
		 allowed & XM_HEAD ? ", HEAD" : "", allowed & XM_POST ? ", POST" : "");
	xm_http_set_header(req, "Allow", list + 2);
	xm_http_error(req, 405, "%s takes %s only", req->path, list + 2);
}

/* HTTP/1.0 without Host comes from no browser. */
static bool host_ok(const struct xm_http_req *req)
{
	const char *host = xm_http_header(req, "Host");

	return req->conn->over_unix || !host ||
	       xm_guard_host(req->conn->server->opts.guard, host, req->conn->local);
}

/* A page of another site may neither write nor learn what is for the trusted. */
static bool origin_ok(const struct xm_http_req *req)
{
	const char *origin = xm_http_header(req, "Origin"), *host = xm_http_header(req, "Host");

	if (!origin || (req->method != XM_POST && !(req->route->flags & XM_ROUTE_TRUSTED)))
		return true;
	return host && xm_guard_same_origin(origin, host);
}

static void reply_untrusted(struct xm_http_req *req)
{
	xm_http_set_header(req, "WWW-Authenticate", "Bearer");
	xm_http_error(req, 401, "this needs the token or the unix socket");
}

static void dispatch(struct xm_http_req *req)
{
	const struct xm_http_server *s = req->conn->server;
	unsigned allowed = 0;

	if (!parse_target(req)) {
		xm_http_error(req, 400, "the path or the query is malformed");
		return;
	}
	if (!host_ok(req)) {
		xm_http_error(req, 403, "this Host is not served here");
		return;
	}
	req->route = route_find(s->routes, req, &allowed);
	if (!allowed)
		xm_http_error(req, 404, "there is no such page");
	else if (!req->route)
		reply_not_allowed(req, allowed);
	else if (!origin_ok(req))
		xm_http_error(req, 403, "a page of another origin may not do this");
	else if (req->route->flags & XM_ROUTE_TRUSTED && !req->trusted)
		reply_untrusted(req);
	else
		req->route->handle(req, s->arg);
}

void xm_http_on_request(struct evhttp_request *ev, void *arg)
{
	struct xm_http_server *s = arg;
	struct xm_conn *c = xm_conn_of(s, ev);
	struct xm_http_req *req;

	if (!c || !c->head_done) { /* no memory to track it, or evhttp saw an end where none is */
		evhttp_connection_free(evhttp_request_get_connection(ev));
		return;
	}
	xm_conn_handling(c);
	s->stats.requests++;
	req = &c->req;
	req->conn = c;
	req->ev = ev;
	req->route = NULL;
	req->method = method_of(ev);
	req->trusted =
		c->over_unix || xm_guard_token(s->opts.guard, xm_http_header(req, "Authorization"));
	dispatch(req);
}

enum xm_http_method xm_http_method(const struct xm_http_req *req)
{
	return req->method;
}

const char *xm_http_path(const struct xm_http_req *req)
{
	return req->path;
}

const char *xm_http_rest(const struct xm_http_req *req)
{
	size_t n = prefix_len(req->route);

	return n ? req->path + n : "";
}

const char *xm_http_query(const struct xm_http_req *req, const char *key, size_t nth)
{
	for (size_t i = 0; i < req->n_query; i++)
		if (!strcmp(req->query[i].key, key) && !nth--)
			return req->query[i].value;
	return NULL;
}

bool xm_http_query_at(const struct xm_http_req *req, size_t i, const char **ret_key,
		      const char **ret_value)
{
	if (i >= req->n_query)
		return false;
	*ret_key = req->query[i].key;
	*ret_value = req->query[i].value;
	return true;
}

const char *xm_http_header(const struct xm_http_req *req, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(req->ev), name);
}

const void *xm_http_body(struct xm_http_req *req, size_t *ret_len)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req->ev);
	const void *data;

	*ret_len = evbuffer_get_length(in);
	data = evbuffer_pullup(in, -1);
	if (!data)
		*ret_len = 0;
	return data ?: "";
}

bool xm_http_over_unix(const struct xm_http_req *req)
{
	return req->conn->over_unix;
}

bool xm_http_trusted(const struct xm_http_req *req)
{
	return req->trusted;
}

bool xm_http_accepts_gzip(const struct xm_http_req *req)
{
	return xm_http_coding_ok(xm_http_header(req, "Accept-Encoding"), "gzip");
}
