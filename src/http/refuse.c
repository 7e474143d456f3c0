/* Turning a client away with an error of our own, past evhttp. */
#include "http/conn.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <sys/socket.h>

#define LINGER_NS XM_NS_PER_SEC /* for the client to read why */

static void refusal_text(const struct xm_conn *c, const struct xm_http_refusal *no,
			 struct xm_buf *ret)
{
	xm_buf_addf(ret, "HTTP/1.1 %d %s\r\n", no->status, xm_http_phrase(no->status));
	for (const char *const *h = xm_http_fixed_headers; *h; h += 2)
		xm_buf_addf(ret, "%s: %s\r\n", h[0], h[1]);
	xm_buf_adds(ret, "Cache-Control: no-store\r\n"
			 "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n");
	xm_buf_addf(ret, "Content-Length: %zu\r\n\r\n", strlen(no->why) + 2);
	if (!xm_str_starts((struct xm_str){ c->head.data, c->head.len }, "HEAD "))
		xm_buf_addf(ret, "%s.\n", no->why);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	(void)arg; /* not ours if evhttp had a read pending */
	evbuffer_drain(bufferevent_get_input(bev), SIZE_MAX);
}

static void on_written(struct bufferevent *bev, void *arg)
{
	struct xm_conn *c = arg;

	if (bufferevent_get_enabled(bev) & EV_READ)
		shutdown(c->fd, SHUT_WR);
	else
		evhttp_connection_free(c->evcon); /* its end has been read */
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
	struct xm_conn *c = arg;

	(void)bev;
	if (what & BEV_EVENT_READING && what & BEV_EVENT_EOF && xm_conn_unwritten(c))
		return; /* a client may shut down its side and still listen */
	evhttp_connection_free(c->evcon);
}

/* To close with input unread would reset the connection, and the client would not see why. */
void xm_conn_refuse(struct xm_conn *c, const struct xm_http_refusal *no)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;

	refusal_text(c, no, &text);
	c->state = XM_CONN_REFUSED;
	bufferevent_setcb(c->bev, on_read, on_written, on_end, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, 0);
	bufferevent_write(c->bev, text.data, text.len);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	xm_conn_arm(c, LINGER_NS);
}

void xm_conn_turn_away(struct xm_conn *c, const struct xm_http_refusal *no)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;

	refusal_text(c, no, &text);
	(void)send(c->fd, text.data, text.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	evhttp_connection_free(c->evcon);
}
