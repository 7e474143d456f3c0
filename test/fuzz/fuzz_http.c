/*
 * Fuzzing the HTTP request path: the input is what a client sends over one connection to a real
 * server in this process, and besides an Accept header, a path and a query. Whatever comes in,
 * what goes out must be HTTP.
 */
#include "http/accept.h"
#include "http/head.h"
#include "http/listen.h"
#include "http/server.h"
#include "http/uri.h"
#include "loop/loop.h"
#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define MAX_TURNS 10000 /* of the loop, for one input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define ALWAYS(cond)                                                                               \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static struct xm_loop *loop;
static struct xm_http_server *server;
static char path[64];

static void on_any(struct xm_http_req *req, void *arg)
{
	const char *key, *value;
	size_t len, total = 0;

	(void)arg;
	ALWAYS(xm_uri_path_ok(xm_http_path(req)));
	for (size_t i = 0; xm_http_query_at(req, i, &key, &value); i++) {
		ALWAYS(xm_http_query(req, key, 0));
		total += strlen(key) + strlen(value);
	}
	ALWAYS(total <= 16 << 10);
	if (xm_http_accepts_gzip(req))
		xm_http_set_header(req, "Vary", "Accept-Encoding");
	if (!xm_http_not_modified(req, "\"v1\"")) {
		const void *body = xm_http_body(req, &len);

		xm_http_reply(req, 200, "text/plain", body, len);
	}
}

static void on_lost(void *arg)
{
	(void)arg;
}

static void on_stream(struct xm_http_req *req, void *arg)
{
	struct xm_http_stream *s = xm_http_stream_open(req, "text/plain", on_lost, arg);

	xm_http_stream_send(s, "data", 4);
	xm_http_stream_close(s);
}

static const struct xm_http_route routes[] = {
	{ "/s", XM_GET | XM_HEAD, on_stream, 0 },
	{ "/t", XM_GET, on_any, XM_ROUTE_TRUSTED },
	{ "/*", XM_GET | XM_POST, on_any, 0 },
	{},
};

static void remove_socket(void)
{
	unlink(path);
}

static void open_server(void)
{
	/* Small limits, so that short inputs reach them */
	struct xm_http_opts opts = { .max_header_bytes = 512, .max_body_bytes = 256 };
	struct xm_err err = {};
	int fd;

	snprintf(path, sizeof path, "/tmp/xmon-fuzz-http-%d", (int)getpid());
	fd = xm_listen_unix(path, 0600, &err);
	ALWAYS(fd >= 0 && atexit(remove_socket) == 0);
	ALWAYS(xm_loop_new_server(&loop) == 0);
	ALWAYS(xm_http_server_new(loop, &opts, routes, NULL, &server) == 0);
	ALWAYS(xm_http_listen(server, fd) == 0);
}

static int dial(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(a.sun_path, path, sizeof path);
	ALWAYS(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
	return fd;
}

/* The first bytes that came back, if any */
static void check_reply(const char *text, size_t n)
{
	ALWAYS(n >= 12 && (!memcmp(text, "HTTP/1.1 ", 9) || !memcmp(text, "HTTP/1.0 ", 9)));
	ALWAYS(text[9] >= '1' && text[9] <= '5');
}

/* Let the server work until it has closed the connection */
static void drain(int fd)
{
	static char buf[64 << 10];
	size_t total = 0;
	ssize_t n = -1;

	for (int i = 0; i < MAX_TURNS && n; i++) {
		event_base_loop(xm_loop_base(loop), EVLOOP_NONBLOCK);
		n = read(fd, buf, sizeof buf);
		if (n < 0 && errno != EAGAIN)
			n = 0; /* reset */
		if (n > 0 && !total)
			check_reply(buf, (size_t)n);
		total += n > 0 ? (size_t)n : 0;
	}
	ALWAYS(n == 0);
}

/* In two packets, cut where the first byte says */
static void fuzz_connection(const uint8_t *data, size_t len)
{
	size_t cut = len ? data[0] * len / 256 : 0;
	int fd = dial();
	struct xm_http_stats stats;

	if (cut) {
		ALWAYS(send(fd, data, cut, MSG_NOSIGNAL) == (ssize_t)cut);
		for (int i = 0; i < 3; i++)
			event_base_loop(xm_loop_base(loop), EVLOOP_NONBLOCK);
	}
	(void)!send(fd, data + cut, len - cut, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	drain(fd);
	close(fd);
	for (int i = 0; i < 3; i++)
		event_base_loop(xm_loop_base(loop), EVLOOP_NONBLOCK);
	xm_http_server_stats(server, &stats);
	ALWAYS(stats.open == 0);
}

static void fuzz_text(char *text)
{
	static const char *const offers[] = { "text/plain;version=0.0.4", "application/json",
					      NULL };
	struct xm_http_pair pairs[8];
	int choice = 0, n;

	if (xm_http_negotiate(text, offers, &choice) == 0)
		ALWAYS(choice == 0 || choice == 1);
	(void)xm_http_coding_ok(text, "gzip");
	(void)xm_uri_path_ok(text);
	n = xm_uri_query(text, pairs, XM_ARRAY_LEN(pairs));
	for (int i = 0; i < n; i++)
		ALWAYS(pairs[i].key && pairs[i].value);
}

static void fuzz_head(const char *text, size_t len)
{
	struct xm_http_limits limits = { 4096, 1000 };
	struct xm_http_refusal no = {};
	struct xm_http_head h;

	if (xm_http_head_check((struct xm_str){ text, len }, &limits, &h, &no) < 0) {
		ALWAYS(no.status >= 400 && no.status < 600 && no.why);
		return;
	}
	ALWAYS(h.target.n && h.target.p[0] == '/');
	ALWAYS(!h.chunked || !h.lengths);
	ALWAYS(h.content_length <= limits.max_body_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text;

	if (!server)
		open_server();
	fuzz_connection(data, len);
	fuzz_head((const char *)data, len);
	text = malloc(len + 1);
	ALWAYS(text);
	memcpy(text, data, len);
	text[len] = 0;
	fuzz_text(text);
	free(text);
	return 0;
}
