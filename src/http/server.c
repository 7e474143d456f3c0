/* The server: its options, its listening sockets, its end. */
#include "http/conn.h"
#include "loop/loop.h"
#include <event2/http.h>
#include <event2/listener.h>
#include <signal.h>

#define ACCEPT_PAUSE_MS 100 /* after accept() failed, for want of descriptors or memory */

/* All servers of the process: a listener's error callback is not told whose it is. */
static LIST_HEAD(, xm_http_server) servers = LIST_HEAD_INITIALIZER(servers);

static const struct xm_http_guard no_guard;

static struct xm_http_opts with_defaults(const struct xm_http_opts *given)
{
	struct xm_http_opts o = given ? *given : (struct xm_http_opts){};

	o.max_connections = o.max_connections ?: 256;
	o.max_header_bytes = o.max_header_bytes ?: (size_t)16 << 10;
	o.max_body_bytes = o.max_body_bytes ?: (size_t)64 << 10;
	o.max_stream_backlog = o.max_stream_backlog ?: (size_t)256 << 10;
	o.request_timeout_ns = o.request_timeout_ns ?: 10 * XM_NS_PER_SEC;
	o.idle_timeout_ns = o.idle_timeout_ns ?: 60 * XM_NS_PER_SEC;
	o.stall_timeout_ns = o.stall_timeout_ns ?: 10 * XM_NS_PER_SEC;
	o.guard = o.guard ?: &no_guard;
	return o;
}

static void pause_listener(struct evhttp_bound_socket *b, void *arg)
{
	(void)arg;
	evconnlistener_disable(evhttp_bound_socket_get_listener(b));
}

static void resume_listener(struct evhttp_bound_socket *b, void *arg)
{
	(void)arg;
	evconnlistener_enable(evhttp_bound_socket_get_listener(b));
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct xm_http_server *s = arg;

	(void)fd;
	(void)what;
	evhttp_foreach_bound_socket(s->http, resume_listener, NULL);
}

/* Without a pause the loop would spin: the connection stays in the queue. arg is evhttp's own. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct timeval pause = { .tv_usec = ACCEPT_PAUSE_MS * 1000 };
	struct xm_http_server *s = LIST_FIRST(&servers);

	(void)listener;
	while (s && s->http != arg)
		s = LIST_NEXT(s, link);
	if (!s)
		return;
	s->stats.accept_errors++;
	evhttp_foreach_bound_socket(s->http, pause_listener, NULL);
	event_add(&s->resume, &pause);
}

int xm_http_listen(struct xm_http_server *server, int fd)
{
	struct evconnlistener *l =
		evconnlistener_new(xm_loop_base(server->loop), NULL, NULL,
				   LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE, 0, fd);

	if (!l)
		return -ENOMEM;
	evconnlistener_set_error_cb(l, on_accept_error);
	if (!evhttp_bind_listener(server->http, l)) {
		evconnlistener_free(l);
		return -ENOMEM;
	}
	/* evhttp has tried, and tells nobody whether it worked */
	return evconnlistener_enable(l) < 0 ? -ENOMEM : 0;
}

int xm_http_server_new(struct xm_loop *loop, const struct xm_http_opts *opts,
		       const struct xm_http_route *routes, void *arg, struct xm_http_server **ret)
{
	struct xm_http_server *s = calloc(1, sizeof *s);

	if (!s)
		return -ENOMEM;
	s->http = evhttp_new(xm_loop_base(loop));
	if (!s->http) {
		free(s);
		return -ENOMEM;
	}
	s->loop = loop;
	s->opts = with_defaults(opts);
	s->routes = routes;
	s->arg = arg;
	LIST_INIT(&s->conns);
	LIST_INSERT_HEAD(&servers, s, link);
	evtimer_assign(&s->resume, xm_loop_base(loop), on_resume, s);
	evhttp_set_bevcb(s->http, xm_conn_bev, s);
	evhttp_set_gencb(s->http, xm_http_on_request, s);
	evhttp_set_allowed_methods(s->http, UINT16_MAX); /* 405 is said here, with Allow */
	evhttp_set_max_headers_size(s->http, (ev_ssize_t)s->opts.max_header_bytes); /* trailers */
	signal(SIGPIPE, SIG_IGN); /* libevent writes with writev() */
	*ret = s;
	return 0;
}

void xm_http_server_free(struct xm_http_server *server)
{
	struct xm_conn *c, *next;

	if (!server)
		return;
	LIST_REMOVE(server, link);
	event_del(&server->resume);
	evhttp_free(server->http);
	for (c = LIST_FIRST(&server->conns); c; c = next) { /* accepted in this turn */
		next = LIST_NEXT(c, link);
		xm_conn_free(c);
	}
	free(server->by_fd);
	free(server);
}

void xm_http_server_stats(const struct xm_http_server *server, struct xm_http_stats *ret)
{
	*ret = server->stats;
	ret->open = server->open[0] + server->open[1];
}
