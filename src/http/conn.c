/* Connections: tracking them, collecting the head of each request, one timer for each. */
#include "http/conn.h"
#include "loop/loop.h"
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <sys/socket.h>

#define SINGLE_WRITE (1 << 20)          /* evhttp's 16 KiB a turn mean a Nagle stall each */
#define NEVER_READ   SIZE_MAX           /* low watermark: evhttp is not woken */
#define MIN_PROGRESS ((size_t)64 << 10) /* bytes of a reply to be taken in stall_timeout_ns */

void xm_conn_arm(struct xm_conn *c, uint64_t ns)
{
	struct timeval tv = { .tv_sec = (time_t)(ns / XM_NS_PER_SEC),
			      .tv_usec = (suseconds_t)(ns % XM_NS_PER_SEC / 1000) };

	event_add(&c->timer, &tv);
}

/* Run the timer's callback after what runs now */
static void arm_now(struct xm_conn *c)
{
	event_active(&c->timer, EV_TIMEOUT, 1);
}

static struct evbuffer *input_of(struct xm_conn *c)
{
	return bufferevent_get_input(c->bev);
}

size_t xm_conn_unwritten(const struct xm_conn *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

/* Whether evhttp is woken when bytes come. What piles up is bounded in any case. */
static void wake_evhttp(struct xm_conn *c, bool on)
{
	const struct xm_http_opts *o = &c->server->opts;

	bufferevent_setwatermark(c->bev, EV_READ, on ? 0 : NEVER_READ,
				 o->max_header_bytes + o->max_body_bytes);
}

static void refuse_malformed(struct xm_conn *c, const struct xm_http_refusal *no)
{
	c->server->stats.malformed++;
	xm_conn_refuse(c, no);
}

static void head_reset(struct xm_conn *c)
{
	xm_buf_reset(&c->head);
	c->head_done = false;
	c->parsed = (struct xm_http_head){};
	c->body_seen = 0;
	wake_evhttp(c, false);
}

/* evhttp bounds the content of a chunked body, but not what stands between the chunks. */
static void body_feed(struct xm_conn *c, size_t n)
{
	static const struct xm_http_refusal no = { 413, "the body is too large" };

	c->body_seen += n;
	if (c->parsed.chunked && c->body_seen > c->server->opts.max_body_bytes)
		refuse_malformed(c, &no);
}

/* The head is the first len bytes of what was collected; `beyond` bytes have come after it. */
static void head_complete(struct xm_conn *c, size_t len, size_t beyond)
{
	const struct xm_http_opts *o = &c->server->opts;
	struct xm_http_limits limits = { o->max_header_bytes, o->max_body_bytes };
	struct xm_http_refusal no;

	if (xm_http_head_check((struct xm_str){ c->head.data, len }, &limits, &c->parsed, &no) <
	    0) {
		refuse_malformed(c, &no);
		return;
	}
	c->head_done = true;
	wake_evhttp(c, true);
	body_feed(c, beyond);
}

static void head_too_long(struct xm_conn *c)
{
	static const struct xm_http_refusal line = { 414, "the address is too long" };
	static const struct xm_http_refusal headers = { 431, "the headers are too large" };

	refuse_malformed(c, memchr(c->head.data, '\n', c->head.len) ? &headers : &line);
}

/* The last n bytes of the input are part of a head */
static void head_feed(struct xm_conn *c, size_t n)
{
	size_t before = c->head.len, end, limit = c->server->opts.max_header_bytes;
	size_t take = XM_MIN(n, limit + 1 - before);
	struct evbuffer *in = input_of(c);
	struct evbuffer_ptr at;

	evbuffer_ptr_set(in, &at, evbuffer_get_length(in) - n, EVBUFFER_PTR_SET);
	if (xm_buf_reserve(&c->head, take) < 0) {
		xm_conn_cut(c);
		return;
	}
	evbuffer_copyout_from(in, &at, c->head.data + before, take);
	c->head.len += take;
	c->head.data[c->head.len] = 0;
	end = xm_http_head_end(c->head.data, c->head.len, before > 3 ? before - 3 : 0);
	if (end)
		head_complete(c, end, before + n - end);
	else if (c->head.len > limit)
		head_too_long(c);
}

static void feed(struct xm_conn *c, size_t n)
{
	if (c->head_done)
		body_feed(c, n);
	else
		head_feed(c, n);
}

/* Called before evhttp's own read callback */
static void on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct xm_conn *c = arg;

	(void)in;
	if (!info->n_added)
		return;
	if (c->state == XM_CONN_IDLE) {
		c->state = XM_CONN_READING;
		xm_conn_arm(c, c->server->opts.request_timeout_ns);
	}
	if (c->state == XM_CONN_READING)
		feed(c, info->n_added);
}

static int by_fd_set(struct xm_http_server *s, int fd, struct xm_conn *c)
{
	if ((size_t)fd >= s->n_by_fd) {
		size_t n = (size_t)fd + 64;
		struct xm_conn **more = reallocarray(s->by_fd, n, sizeof *more);

		if (!more)
			return -ENOMEM;
		memset(more + s->n_by_fd, 0, (n - s->n_by_fd) * sizeof *more);
		s->by_fd = more;
		s->n_by_fd = n;
	}
	s->by_fd[fd] = c;
	return 0;
}

static void learn_address(struct xm_conn *c)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_storage room;
	} a = {};
	socklen_t len = sizeof a;

	if (getsockname(c->fd, &a.any, &len) < 0)
		return;
	c->over_unix = a.any.sa_family == AF_UNIX;
	if (a.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &a.in.sin_addr, c->local, sizeof c->local);
	else if (a.any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a.in6.sin6_addr, c->local, sizeof c->local);
}

/* Called by evhttp from evhttp_connection_free(), whoever wanted that */
static void on_close(struct evhttp_connection *evcon, void *arg)
{
	struct xm_conn *c = arg;

	(void)evcon;
	c->server->open[c->over_unix]--;
	c->server->by_fd[c->fd] = NULL;
	if (c->stream) {
		/* A request that is still being answered when its client leaves becomes ours. */
		if (!evhttp_request_get_connection(c->req.ev))
			evhttp_request_free(c->req.ev);
		xm_stream_lost(TAKE_PTR(c->stream));
	}
	xm_conn_free(c);
}

/* First thing after evhttp has accepted a connection. Only now can it be told to report its end. */
static void adopt(struct xm_conn *c)
{
	static const struct xm_http_refusal full = { 503, "too many connections" };
	struct xm_http_server *s = c->server;
	bufferevent_event_cb event_cb = NULL;
	void *evcon = NULL;

	bufferevent_getcb(c->bev, NULL, NULL, &event_cb, &evcon);
	c->fd = bufferevent_getfd(c->bev);
	if (!event_cb || c->fd < 0 || by_fd_set(s, c->fd, c) < 0) {
		if (event_cb) /* else evhttp had no memory for it and has dropped it */
			evhttp_connection_free(evcon);
		xm_conn_free(c);
		return;
	}
	c->evcon = evcon; /* evhttp's argument to its own callbacks, in every 2.x */
	evhttp_connection_set_closecb(c->evcon, on_close, c);
	learn_address(c);
	s->stats.connections++;
	if (s->open[c->over_unix]++ >= s->opts.max_connections) {
		s->stats.refused++;
		xm_conn_turn_away(c, &full);
		return;
	}
	c->state = XM_CONN_READING;
	xm_conn_arm(c, s->opts.request_timeout_ns);
}

void xm_conn_free(struct xm_conn *c)
{
	LIST_REMOVE(c, link);
	event_del(&c->timer);
	evbuffer_remove_cb(input_of(c), on_input, c);
	bufferevent_decref(c->bev);
	xm_buf_done(&c->head);
	free(c);
}

static void cut_late(struct xm_conn *c)
{
	static const struct xm_http_refusal late = { 408, "the request took too long" };

	c->server->stats.late++;
	if (c->head.len)
		xm_conn_refuse(c, &late);
	else
		evhttp_connection_free(c->evcon);
}

static void check_progress(struct xm_conn *c)
{
	size_t left = xm_conn_unwritten(c);

	if (c->unwritten < left + MIN_PROGRESS) {
		c->server->stats.stalled++;
		evhttp_connection_free(c->evcon);
		return;
	}
	c->unwritten = left;
	xm_conn_arm(c, c->server->opts.stall_timeout_ns);
}

/* Bytes of the next request came with the last one. */
static void read_more(struct xm_conn *c)
{
	size_t n = evbuffer_get_length(input_of(c));

	c->state = XM_CONN_READING;
	xm_conn_arm(c, c->server->opts.request_timeout_ns);
	feed(c, n);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct xm_conn *c = arg;

	(void)fd;
	(void)what;
	switch (c->state) {
	case XM_CONN_NEW: adopt(c); break;
	case XM_CONN_MORE: read_more(c); break;
	case XM_CONN_READING: cut_late(c); break;
	case XM_CONN_WRITING: check_progress(c); break;
	case XM_CONN_IDLE:
	case XM_CONN_REFUSED:
	case XM_CONN_CUT: evhttp_connection_free(c->evcon); break;
	case XM_CONN_HANDLING:
	case XM_CONN_STREAMING: break; /* set for what came before */
	}
}

struct bufferevent *xm_conn_bev(struct event_base *base, void *arg)
{
	struct xm_conn *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!c->bev) {
		free(c);
		return NULL;
	}
	bufferevent_incref(c->bev); /* evhttp may be gone before we look */
	bufferevent_set_max_single_write(c->bev, SINGLE_WRITE);
	evbuffer_add_cb(input_of(c), on_input, c);
	c->server = arg;
	c->head = XM_BUF_INIT;
	LIST_INSERT_HEAD(&c->server->conns, c, link);
	head_reset(c);
	evtimer_assign(&c->timer, base, on_timer, c);
	arm_now(c);
	return c->bev;
}

struct xm_conn *xm_conn_of(struct xm_http_server *server, struct evhttp_request *ev)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(ev);
	int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(evcon));

	return fd >= 0 && (size_t)fd < server->n_by_fd ? server->by_fd[fd] : NULL;
}

void xm_conn_handling(struct xm_conn *c)
{
	c->state = XM_CONN_HANDLING;
}

/* The reply is written; evhttp goes on to read the next request, or closes. */
static void on_complete(struct evhttp_request *ev, void *arg)
{
	struct xm_conn *c = arg;

	(void)ev;
	head_reset(c);
	if (evbuffer_get_length(input_of(c))) {
		c->state = XM_CONN_MORE;
		arm_now(c); /* runs before evhttp's deferred read: callbacks run in order */
	} else {
		c->state = XM_CONN_IDLE;
		xm_conn_arm(c, c->server->opts.idle_timeout_ns);
	}
}

void xm_conn_writing(struct xm_conn *c)
{
	evhttp_request_set_on_complete_cb(c->req.ev, on_complete, c);
	/* Nobody reads what comes now, and a client that has shut down its side for writing is
	 * still one: evhttp would take that for the end. */
	bufferevent_disable(c->bev, EV_READ);
	c->state = XM_CONN_WRITING;
	c->unwritten = xm_conn_unwritten(c);
	xm_conn_arm(c, c->server->opts.stall_timeout_ns);
}

void xm_conn_streaming(struct xm_conn *c)
{
	c->state = XM_CONN_STREAMING;
}

void xm_conn_cut(struct xm_conn *c)
{
	c->state = XM_CONN_CUT;
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	arm_now(c);
}
