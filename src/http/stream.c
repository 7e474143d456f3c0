/* Streams: replies without a known end. */
#include "http/conn.h"
#include <event2/buffer.h>
#include <event2/http.h>

struct xm_http_stream {
	struct xm_conn *conn; /* NULL: the connection has ended */
	struct evbuffer *chunk;
	void (*on_close)(void *arg);
	void *arg;
};

static struct xm_http_stream *stream_new(struct xm_conn *c, void (*on_close)(void *arg), void *arg)
{
	struct xm_http_stream *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	*s = (struct xm_http_stream){ c, evbuffer_new(), on_close, arg };
	if (!s->chunk) {
		free(s);
		return NULL;
	}
	return s;
}

struct xm_http_stream *xm_http_stream_open(struct xm_http_req *req, const char *mime,
					   void (*on_close)(void *arg), void *arg)
{
	struct xm_http_stream *s;

	if (req->method == XM_HEAD) {
		xm_reply_headers(req, mime);
		evhttp_send_reply(req->ev, 200, xm_http_phrase(200), NULL);
		xm_conn_writing(req->conn);
		return NULL;
	}
	s = stream_new(req->conn, on_close, arg);
	if (!s) {
		xm_http_error(req, 503, "there is no memory for this");
		return NULL;
	}
	req->conn->stream = s;
	xm_reply_headers(req, mime);
	xm_http_set_header(req, "Connection", "close");
	evhttp_send_reply_start(req->ev, 200, xm_http_phrase(200));
	xm_conn_streaming(req->conn);
	return s;
}

void xm_stream_lost(struct xm_http_stream *stream)
{
	stream->conn = NULL;
	stream->on_close(stream->arg);
}

int xm_http_stream_send(struct xm_http_stream *stream, const void *data, size_t len)
{
	struct xm_conn *c = stream ? stream->conn : NULL;

	if (!c)
		return -EPIPE;
	if (xm_conn_unwritten(c) + len > c->server->opts.max_stream_backlog) {
		c->server->stats.stalled++;
		c->stream = NULL;
		xm_conn_cut(c);
		xm_stream_lost(stream);
		return -ENOBUFS;
	}
	if (evbuffer_add(stream->chunk, data, len) < 0)
		return -ENOMEM;
	evhttp_send_reply_chunk(c->req.ev, stream->chunk);
	return 0;
}

void xm_http_stream_close(struct xm_http_stream *stream)
{
	struct xm_conn *c;

	if (!stream)
		return;
	c = stream->conn;
	evbuffer_free(stream->chunk);
	free(stream);
	if (!c)
		return;
	c->stream = NULL;
	xm_conn_writing(c);
	evhttp_send_reply_end(c->req.ev); /* closes the connection, perhaps at once */
}
