/*
 * A connection, around what evhttp makes of it. Private to http/.
 *
 * evhttp has no limit on connections, none on the time a request takes, and a lax parser. So each
 * bufferevent is made here: the head of each request is collected from its input and checked
 * strictly (head.h) before evhttp is woken for it, one timer runs for whatever the connection
 * waits for, and a connection that breaks a rule is taken out of evhttp's hands.
 */
#pragma once
#include "http/head.h"
#include "http/server.h"
#include "http/uri.h"
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <sys/queue.h>

#define XM_HTTP_MAX_QUERY 128 /* pairs; more is a malformed request */

struct bufferevent;
struct evhttp_connection;
struct evhttp_request;

enum xm_conn_state {
	XM_CONN_NEW,       /* accepted in this turn of the loop */
	XM_CONN_IDLE,      /* between requests */
	XM_CONN_MORE,      /* between requests, but bytes of the next one are here */
	XM_CONN_READING,   /* part of a request has come */
	XM_CONN_HANDLING,  /* its handler has not replied yet */
	XM_CONN_WRITING,   /* the reply is on its way */
	XM_CONN_STREAMING, /* a stream is open */
	XM_CONN_REFUSED,   /* not evhttp's any more: an error is written, the rest is drained */
	XM_CONN_CUT,       /* freed in the next turn of the loop */
};

struct xm_http_body {
	_Atomic unsigned refs;
	const void *data;
	size_t len;
	char *owned; /* NULL: borrowed */
};

struct xm_http_req {
	struct xm_conn *conn;
	struct evhttp_request *ev;
	const struct xm_http_route *route;
	enum xm_http_method method;
	bool trusted;
	char *path; /* decoded, in conn->head like the query */
	size_t n_query;
	struct xm_http_pair query[XM_HTTP_MAX_QUERY];
};

struct xm_conn {
	LIST_ENTRY(xm_conn) link;
	struct xm_http_server *server;
	struct bufferevent *bev;         /* one reference is ours */
	struct evhttp_connection *evcon; /* NULL until the end of the turn it was accepted in */
	struct event timer;
	enum xm_conn_state state;
	int fd;
	bool over_unix;
	char local[INET6_ADDRSTRLEN]; /* the address the client has reached; "" over unix */
	struct xm_buf head;           /* of the current request, whole or still coming */
	bool head_done;
	struct xm_http_head parsed; /* borrows from head */
	size_t body_seen;           /* bytes after the head */
	size_t unwritten;           /* when the stall timer was set */
	struct xm_http_req req;     /* while HANDLING or STREAMING */
	struct xm_http_stream *stream;
};

struct xm_http_server {
	LIST_ENTRY(xm_http_server) link;
	struct xm_loop *loop;
	struct evhttp *http;
	struct xm_http_opts opts; /* defaults filled in */
	const struct xm_http_route *routes;
	void *arg;
	LIST_HEAD(, xm_conn) conns;
	struct xm_conn **by_fd; /* n_by_fd of them: grows to the highest descriptor met */
	size_t n_by_fd;
	unsigned open[2];    /* connections over TCP, over unix sockets */
	struct event resume; /* accept again after an error */
	struct xm_http_stats stats;
};

/* For evhttp_set_bevcb(): the bufferevent of a new connection. arg is the server. */
struct bufferevent *xm_conn_bev(struct event_base *base, void *arg);
/* The connection of an evhttp request, NULL if there was no memory to track it */
struct xm_conn *xm_conn_of(struct xm_http_server *server, struct evhttp_request *ev);
void xm_conn_free(struct xm_conn *c);
/* Run the timer, whose meaning is the state's, in so many ns */
void xm_conn_arm(struct xm_conn *c, uint64_t ns);

/* Answer with an error and close: take the connection from evhttp, linger until the client has read
 * it, a second at most (refuse.c) */
void xm_conn_refuse(struct xm_conn *c, const struct xm_http_refusal *no);
/* The same at once, for a client that there is no room for; c is gone afterwards */
void xm_conn_turn_away(struct xm_conn *c, const struct xm_http_refusal *no);

/* A request is complete: no deadline from here */
void xm_conn_handling(struct xm_conn *c);
/* Its reply has been given to evhttp: watch that the client takes it */
void xm_conn_writing(struct xm_conn *c);
void xm_conn_streaming(struct xm_conn *c);
/* Close, but not in the middle of what is running */
void xm_conn_cut(struct xm_conn *c);

/* The connection has ended under the stream (stream.c) */
void xm_stream_lost(struct xm_http_stream *stream);

/* Bytes given to the connection that its client has not taken */
size_t xm_conn_unwritten(const struct xm_conn *c);

/* What replies and streams have in common (reply.c); mime may be NULL */
void xm_reply_headers(struct xm_http_req *req, const char *mime);
const char *xm_http_phrase(int status);
/* evhttp's callback for a complete request (request.c); arg is the server */
void xm_http_on_request(struct evhttp_request *ev, void *arg);
/* Headers that every reply has, as "Name", "value" pairs, NULL at the end */
extern const char *const xm_http_fixed_headers[];
