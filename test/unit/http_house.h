/* A house for HTTP tests: a server with some routes in a thread, and how to ask it. */
#pragma once
#include "http/listen.h"
#include "http/server.h"
#include "http_client.h"
#include "loop/loop.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#define HOST      "Host: localhost\r\n"
#define CLOSE     "Connection: close\r\n"
#define BIG_LEN   ((size_t)200 << 10)
#define TOKEN     "s3cret"
#define WITH_AUTH "Authorization: Bearer " TOKEN "\r\n"

/* As in the agent's web process. "plain" as an argument: the other kind, for the thread sanitizer,
 * which takes the late epoll_ctl() on a descriptor that is closed by then for a race. */
static int (*loop_new)(struct xm_loop **ret) = xm_loop_new_server;

/* The server of a test and what its routes share */
struct house {
	struct xm_loop *loop;
	struct xm_http_server *server;
	struct xm_watch *stop, *tick;
	struct xm_http_body *big;
	struct xm_http_req *waiting;   /* of /later */
	struct xm_http_stream *stream; /* of /stream, /flood */
	_Atomic int kept;              /* requests of /never */
	_Atomic int streams_lost;
	_Atomic int flood_result;
	int stop_fd;
	uint16_t port;
	char path[64];
	pthread_t thread;
};

static void on_hello(struct xm_http_req *req, void *arg)
{
	(void)arg;
	xm_http_reply(req, 200, "text/plain", "hello\n", 6);
}

static void on_big(struct xm_http_req *req, void *arg)
{
	struct house *h = arg;

	xm_http_reply_shared(req, 200, "text/plain", h->big);
}

static void on_huge(struct xm_http_req *req, void *arg)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

	(void)arg;
	CHECK_EQ_INT(xm_buf_reserve(&b, (size_t)32 << 20), 0);
	memset(b.data, 'x', (size_t)32 << 20);
	xm_http_reply(req, 200, "text/plain", b.data, (size_t)32 << 20);
}

static void on_echo(struct xm_http_req *req, void *arg)
{
	size_t len;
	const void *data = xm_http_body(req, &len);

	(void)arg;
	xm_http_reply(req, 200, "application/octet-stream", data, len);
}

static void on_query(struct xm_http_req *req, void *arg)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;
	const char *key, *value;

	(void)arg;
	for (size_t i = 0; xm_http_query_at(req, i, &key, &value); i++)
		xm_buf_addf(&b, "%s=%s;", key, value);
	xm_buf_addf(&b, " second a: %s", xm_http_query(req, "a", 1) ?: "none");
	xm_http_reply(req, 200, "text/plain", b.data, b.len);
}

static void on_who(struct xm_http_req *req, void *arg)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

	(void)arg;
	xm_buf_addf(&b, "method %u, path %s, rest %s, %s, %s, %s", xm_http_method(req),
		    xm_http_path(req), xm_http_rest(req), xm_http_over_unix(req) ? "unix" : "tcp",
		    xm_http_trusted(req) ? "trusted" : "stranger",
		    xm_http_accepts_gzip(req) ? "gzip" : "plain");
	xm_http_reply(req, 200, "text/plain", b.data, b.len);
}

static void on_asset(struct xm_http_req *req, void *arg)
{
	(void)arg;
	xm_http_set_header(req, "Cache-Control", "max-age=60");
	if (!xm_http_not_modified(req, "\"v1\""))
		xm_http_reply(req, 200, "text/css", "body{}", 6);
}

static void on_fail(struct xm_http_req *req, void *arg)
{
	(void)arg;
	xm_http_error(req, 422, "no \"such\" thing as %s", xm_http_query(req, "what", 0) ?: "?");
}

static void reply_now(void *arg)
{
	struct house *h = arg;

	xm_watch_free(TAKE_PTR(h->tick));
	on_hello(TAKE_PTR(h->waiting), h);
}

static void on_later(struct xm_http_req *req, void *arg)
{
	struct house *h = arg;

	h->waiting = req;
	CHECK_EQ_INT(xm_loop_after(h->loop, 400 * XM_NS_PER_MS, reply_now, h, &h->tick), 0);
}

/* Keeps its request for ever */
static void on_never(struct xm_http_req *req, void *arg)
{
	struct house *h = arg;

	h->waiting = req;
	h->kept++;
}

static void on_lost(void *arg)
{
	struct house *h = arg;

	h->streams_lost++;
	CHECK_EQ_INT(xm_http_stream_send(h->stream, "x", 1), -EPIPE);
	xm_watch_free(TAKE_PTR(h->tick));
	xm_http_stream_close(TAKE_PTR(h->stream));
}

static void send_event(void *arg)
{
	struct house *h = arg;

	CHECK_EQ_INT(xm_http_stream_send(h->stream, "data: tick\n\n", 12), 0);
}

static void on_stream(struct xm_http_req *req, void *arg)
{
	struct house *h = arg;

	h->stream = xm_http_stream_open(req, "text/event-stream", on_lost, h);
	if (!h->stream)
		return;
	send_event(h);
	CHECK_EQ_INT(xm_loop_every(h->loop, 20 * XM_NS_PER_MS, send_event, h, &h->tick), 0);
}

/* Three events, then the server itself ends it */
static void on_short(struct xm_http_req *req, void *arg)
{
	struct house *h = arg;
	struct xm_http_stream *s = xm_http_stream_open(req, "text/event-stream", on_lost, h);

	for (int i = 0; i < 3; i++)
		CHECK_EQ_INT(xm_http_stream_send(s, "data: 1\n\n", 9), 0);
	xm_http_stream_close(s);
}

static void flood(void *arg)
{
	static const char block[16 << 10];
	struct house *h = arg;
	int r = xm_http_stream_send(h->stream, block, sizeof block);

	if (r < 0)
		h->flood_result = r;
}

static void on_flood(struct xm_http_req *req, void *arg)
{
	struct house *h = arg;

	h->stream = xm_http_stream_open(req, "text/event-stream", on_lost, h);
	CHECK_EQ_INT(xm_loop_every(h->loop, XM_NS_PER_MS, flood, h, &h->tick), 0);
}

/* More than the backlog at once, in the handler itself */
static void on_burst(struct xm_http_req *req, void *arg)
{
	static const char block[300 << 10];
	struct house *h = arg;

	h->stream = xm_http_stream_open(req, "text/event-stream", on_lost, h);
	h->flood_result = xm_http_stream_send(h->stream, block, sizeof block);
}

static void on_stats(struct xm_http_req *req, void *arg)
{
	struct house *h = arg;
	struct xm_http_stats s;
	char text[200];
	int n;

	xm_http_server_stats(h->server, &s);
	n = snprintf(text, sizeof text,
		     "open=%u connections=%ju refused=%ju requests=%ju malformed=%ju late=%ju "
		     "stalled=%ju errors=%ju ",
		     s.open, s.connections, s.refused, s.requests, s.malformed, s.late, s.stalled,
		     s.accept_errors);
	xm_http_reply(req, 200, "text/plain", text, (size_t)n);
}

static const struct xm_http_route routes[] = {
	{ "/hello", XM_GET | XM_HEAD, on_hello, 0 },
	{ "/big", XM_GET | XM_HEAD, on_big, 0 },
	{ "/huge", XM_GET, on_huge, 0 },
	{ "/echo", XM_POST, on_echo, 0 },
	{ "/query", XM_GET, on_query, 0 },
	{ "/both", XM_GET, on_who, 0 },
	{ "/both", XM_POST, on_who, XM_ROUTE_TRUSTED },
	{ "/secret", XM_GET | XM_POST, on_who, XM_ROUTE_TRUSTED },
	{ "/who/*", XM_GET, on_who, 0 },
	{ "/asset", XM_GET | XM_HEAD, on_asset, 0 },
	{ "/fail", XM_GET, on_fail, 0 },
	{ "/later", XM_GET, on_later, 0 },
	{ "/never", XM_GET, on_never, 0 },
	{ "/stream", XM_GET | XM_HEAD, on_stream, 0 },
	{ "/short", XM_GET, on_short, 0 },
	{ "/flood", XM_GET, on_flood, 0 },
	{ "/burst", XM_GET, on_burst, 0 },
	{ "/stats", XM_GET, on_stats, 0 },
	{},
};

static void on_stop(void *arg)
{
	xm_loop_stop(((struct house *)arg)->loop, 0);
}

static void *house_thread(void *arg)
{
	struct house *h = arg;

	CHECK_EQ_INT(xm_loop_run(h->loop), 0);
	return NULL;
}

static void house_listen(struct house *h)
{
	struct xm_err err = {};
	char address[64];
	int tcp = xm_listen_tcp("127.0.0.1:0", &err), un;

	snprintf(h->path, sizeof h->path, "/tmp/xmon-test-http-%d", (int)getpid());
	un = xm_listen_unix(h->path, 0600, &err);
	CHECK(tcp >= 0 && un >= 0);
	CHECK_EQ_INT(xm_listen_address(tcp, address, sizeof address), 0);
	h->port = (uint16_t)atoi(strrchr(address, ':') + 1);
	CHECK_EQ_INT(xm_http_listen(h->server, tcp), 0);
	CHECK_EQ_INT(xm_http_listen(h->server, un), 0);
}

static inline struct house *house_open(struct xm_http_opts opts)
{
	static const struct xm_http_guard guard = { .token = TOKEN };
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;
	struct house *h = calloc(1, sizeof *h);

	opts.guard = &guard;
	while (b.len < BIG_LEN)
		xm_buf_addf(&b, "%09zu\n", b.len);
	b.len = BIG_LEN;
	CHECK_EQ_INT(xm_http_body_new(&b, &h->big), 0);
	CHECK_EQ_INT(loop_new(&h->loop), 0);
	CHECK_EQ_INT(xm_http_server_new(h->loop, &opts, routes, h, &h->server), 0);
	house_listen(h);
	h->stop_fd = eventfd(0, EFD_CLOEXEC);
	CHECK_EQ_INT(xm_loop_readable(h->loop, h->stop_fd, on_stop, h, &h->stop), 0);
	CHECK_EQ_INT(pthread_create(&h->thread, NULL, house_thread, h), 0);
	return h;
}

/* Stop the loop, with whatever is going on in it */
static void house_halt(struct house *h)
{
	CHECK_EQ_INT(write(h->stop_fd, &(uint64_t){ 1 }, 8), 8);
	pthread_join(h->thread, NULL);
	xm_http_server_free(h->server);
}

static void house_close(struct house *h)
{
	house_halt(h);
	xm_watch_free(h->stop);
	xm_watch_free(h->tick);
	xm_loop_free(h->loop);
	xm_http_body_unref(h->big);
	close(h->stop_fd);
	unlink(h->path);
	free(h);
}

static struct answer answer; /* of the last request; the tests run one after the other */

/* Send this on a new connection and read until the server closes it */
static int ask_raw(const struct house *h, const void *text, size_t len)
{
	_cleanup_close_ int fd = dial_tcp(h->port);

	answer = (struct answer){};
	CHECK(fd >= 0 && send_bytes(fd, text, len));
	CHECK(read_to_end(fd, &answer));
	return status_of(&answer);
}

static int ask(const struct house *h, const char *text)
{
	return ask_raw(h, text, strlen(text));
}

/* The same over the unix socket */
static int ask_unix(const struct house *h, const char *text)
{
	_cleanup_close_ int fd = dial_unix(h->path);

	answer = (struct answer){};
	CHECK(fd >= 0 && send_text(fd, text));
	CHECK(read_to_end(fd, &answer));
	return status_of(&answer);
}

/* A figure of /stats, asked for over the unix socket so that it works when TCP is full */
static uintmax_t stat_of(const struct house *h, const char *name)
{
	const char *at;

	CHECK_EQ_INT(ask_unix(h, "GET /stats HTTP/1.0\r\n\r\n"), 200);
	at = strstr(answer.data, name);
	return at ? strtoumax(at + strlen(name), NULL, 10) : UINTMAX_MAX;
}

static bool wait_for_stat(const struct house *h, const char *name, uintmax_t want)
{
	uint64_t until = xm_mono_ns() + PATIENCE_MS * XM_NS_PER_MS;

	while (stat_of(h, name) != want) {
		if (xm_mono_ns() > until)
			return false;
		poll(NULL, 0, 2);
	}
	return true;
}

static void check_security_headers(void)
{
	CHECK_STR(header_of(&answer, "X-Content-Type-Options"), "nosniff");
	CHECK_STR(header_of(&answer, "X-Frame-Options"), "DENY");
	CHECK_STR(header_of(&answer, "Referrer-Policy"), "no-referrer");
	CHECK_CONTAINS(header_of(&answer, "Content-Security-Policy"), "default-src 'self'");
	CHECK_CONTAINS(header_of(&answer, "Cache-Control"), "");
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

/* The start of main(): "plain" as the argument asks for the loop without late epoll_ctl() */
static inline void house_arguments(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "plain"))
		loop_new = xm_loop_new;
}
