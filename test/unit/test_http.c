/* The HTTP server against raw sockets: requests, replies, who may ask, streams. */
#include "http_house.h"

static void test_get_head(void)
{
	struct house *h = house_open((struct xm_http_opts){});

	CHECK_EQ_INT(ask(h, "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"), 200);
	CHECK_STR(body_of(&answer), "hello\n");
	CHECK_STR(header_of(&answer, "Content-Type"), "text/plain");
	CHECK_STR(header_of(&answer, "Cache-Control"), "no-store");
	CHECK_STR(header_of(&answer, "Content-Length"), "6");
	check_security_headers();
	CHECK_EQ_INT(ask(h, "HEAD /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"), 200);
	CHECK_STR(body_of(&answer), "");
	CHECK_STR(header_of(&answer, "Content-Length"), "6");
	CHECK_STR(header_of(&answer, "Content-Type"), "text/plain");
	check_security_headers();
	CHECK_EQ_INT(ask(h, "HEAD /big HTTP/1.1\r\n" HOST CLOSE "\r\n"), 200);
	CHECK_STR(body_of(&answer), "");
	CHECK_STR(header_of(&answer, "Content-Length"), "204800");
	house_close(h);
}

/* Over one connection: replies complete, exact, in order */
static void test_keep_alive(void)
{
	struct house *h = house_open((struct xm_http_opts){});
	_cleanup_close_ int fd = dial_tcp(h->port);

	for (int i = 0; i < 20; i++) {
		CHECK(send_text(fd, "GET /big HTTP/1.1\r\n" HOST "\r\n"));
		REQUIRE(read_reply(fd, &answer));
		CHECK_EQ_INT(answer.len - (size_t)(body_of(&answer) - answer.data), BIG_LEN);
		CHECK_CONTAINS(answer.data, "000204790\n");
		CHECK(send_text(fd, "HEAD /hello HTTP/1.1\r\n" HOST "\r\n"
				    "GET /hello HTTP/1.1\r\n" HOST "\r\n"));
		answer = (struct answer){};
		CHECK(read_until(fd, &answer, "hello\n"));
	}
	CHECK_EQ_INT(stat_of(h, "connections="), 2);
	CHECK_EQ_INT(stat_of(h, "requests="), 62);
	house_close(h);
}

static void test_http10(void)
{
	struct house *h = house_open((struct xm_http_opts){});
	_cleanup_close_ int fd = -1;

	CHECK_EQ_INT(ask(h, "GET /hello HTTP/1.0\r\n\r\n"), 200); /* closed without being asked */
	CHECK_EQ_INT(ask(h, "GET /hello HTTP/1.0\n\n"), 200);
	fd = dial_tcp(h->port);
	for (int i = 0; i < 2; i++) {
		CHECK(send_text(fd, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
		CHECK(read_reply(fd, &answer));
		CHECK_STR(header_of(&answer, "Connection"), "keep-alive");
	}
	house_close(h);
}

/* Send `text` cut into two packets at `cut`, which the server reads one by one. */
static void check_split(const struct house *h, const char *text, size_t cut)
{
	_cleanup_close_ int fd = dial_unix(h->path);

	CHECK(cut == 0 || send_bytes(fd, text, cut));
	CHECK(wait_taken(fd));
	CHECK(send_text(fd, text + cut));
	answer = (struct answer){};
	CHECK(read_to_end(fd, &answer));
	CHECK_EQ_INT(count(answer.data, "HTTP/1.1 200 OK"), 2);
	CHECK_CONTAINS(answer.data, "\r\n\r\nhello\n");
	if (!CHECK_CONTAINS(answer.data, "\r\n\r\nbody"))
		fprintf(stderr, "  cut at %zu\n", cut);
}

/* However requests are cut into packets */
static void test_split_and_pipelined(void)
{
	static const char two[] =
		"GET /hello HTTP/1.1\r\n" HOST "\r\n"
		"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\n" CLOSE "\r\nbody";
	struct house *h = house_open((struct xm_http_opts){});
	_cleanup_close_ int fd = dial_unix(h->path);

	for (size_t cut = 0; cut < sizeof two - 1; cut++)
		check_split(h, two, cut);
	for (size_t i = 0; i < sizeof two - 1; i++) {
		CHECK(send_bytes(fd, two + i, 1));
		CHECK(wait_taken(fd));
	}
	answer = (struct answer){};
	CHECK(read_to_end(fd, &answer));
	CHECK_EQ_INT(count(answer.data, "HTTP/1.1 200 OK"), 2);
	house_close(h);
}

static void test_bodies(void)
{
	struct house *h = house_open((struct xm_http_opts){});
	_cleanup_close_ int fd = -1;

	CHECK_EQ_INT(ask(h, "POST /echo HTTP/1.1\r\n" HOST CLOSE "\r\n"), 200);
	CHECK_STR(body_of(&answer), "");
	/* the connection ends after chunks, asked or not: what follows them is no request */
	CHECK_EQ_INT(ask(h, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
			    "5\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
			    "GET /hello HTTP/1.1\r\n" HOST "\r\n"),
		     200);
	CHECK_STR(body_of(&answer), "hello world");
	CHECK_STR(header_of(&answer, "Connection"), "close");
	CHECK(ask(h, "POST /echo HTTP/1.1\r\n" HOST
		     "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n") >= 400);
	CHECK_EQ_INT(count(answer.data, "HTTP/1.1 "), 1);
	/* 100-continue */
	fd = dial_tcp(h->port);
	CHECK(send_text(fd, "POST /echo HTTP/1.1\r\n" HOST
			    "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n"));
	answer = (struct answer){};
	CHECK(read_until(fd, &answer, "HTTP/1.1 100 Continue\r\n\r\n"));
	CHECK(send_text(fd, "body"));
	CHECK(read_until(fd, &answer, "\r\n\r\nbody"));
	house_close(h);
}

static void test_routes(void)
{
	struct house *h = house_open((struct xm_http_opts){});

	CHECK_EQ_INT(ask(h, "GET / HTTP/1.1\r\n" HOST CLOSE "\r\n"), 404);
	check_security_headers();
	CHECK_EQ_INT(ask(h, "GET /hello/ HTTP/1.1\r\n" HOST CLOSE "\r\n"), 404);
	CHECK_EQ_INT(ask(h, "GET /%68ello?x HTTP/1.1\r\n" HOST CLOSE "\r\n"), 200);
	CHECK_EQ_INT(ask(h, "POST /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"), 405);
	CHECK_STR(header_of(&answer, "Allow"), "GET, HEAD");
	check_security_headers();
	CHECK_EQ_INT(ask(h, "DELETE /both HTTP/1.1\r\n" HOST CLOSE "\r\n"), 405);
	CHECK_STR(header_of(&answer, "Allow"), "GET, POST");
	CHECK_EQ_INT(ask(h, "OPTIONS /echo HTTP/1.1\r\n" HOST CLOSE "\r\n"), 405);
	CHECK_STR(header_of(&answer, "Allow"), "POST");
	CHECK_EQ_INT(ask(h, "HEAD /query HTTP/1.1\r\n" HOST CLOSE "\r\n"), 405);
	CHECK_STR(body_of(&answer), "");
	CHECK_EQ_INT(ask(h, "GET /who HTTP/1.1\r\n" HOST CLOSE "\r\n"), 404);
	CHECK_EQ_INT(ask(h, "GET /who/a/b%20c?d HTTP/1.1\r\n" HOST CLOSE
			    "Accept-Encoding: br, gzip\r\n\r\n"),
		     200);
	CHECK_STR(body_of(&answer), "method 1, path /who/a/b c, rest a/b c, tcp, stranger, gzip");
	CHECK_EQ_INT(ask(h, "GET /query?a=1&b%5b%5d=x+y&a=2 HTTP/1.1\r\n" HOST CLOSE "\r\n"), 200);
	CHECK_STR(body_of(&answer), "a=1;b[]=x y;a=2; second a: 2");
	CHECK_EQ_INT(ask(h, "GET /query HTTP/1.1\r\n" HOST CLOSE "\r\n"), 200);
	CHECK_STR(body_of(&answer), " second a: none");
	house_close(h);
}

static void test_errors(void)
{
	struct house *h = house_open((struct xm_http_opts){});

	CHECK_EQ_INT(ask(h, "GET /fail?what=x HTTP/1.1\r\n" HOST CLOSE "\r\n"), 422);
	CHECK_STR(body_of(&answer), "no \"such\" thing as x.\n");
	CHECK_STR(header_of(&answer, "Content-Type"), "text/plain; charset=utf-8");
	CHECK_EQ_INT(ask(h, "GET /fail?what=x HTTP/1.1\r\n" HOST CLOSE
			    "Accept: application/json\r\n\r\n"),
		     422);
	CHECK_STR(body_of(&answer), "{\"error\":\"no \\\"such\\\" thing as x\"}\n");
	CHECK_STR(header_of(&answer, "Content-Type"), "application/json");
	CHECK_EQ_INT(ask(h, "GET /nowhere HTTP/1.1\r\n" HOST CLOSE "Accept: image/png\r\n\r\n"),
		     404);
	CHECK_STR(header_of(&answer, "Content-Type"), "text/plain; charset=utf-8");
	house_close(h);
}

static int ask_asset(struct house *h, const char *if_none_match)
{
	char text[300];

	snprintf(text, sizeof text,
		 "GET /asset HTTP/1.1\r\n" HOST CLOSE "If-None-Match: %s\r\n\r\n", if_none_match);
	return ask(h, text);
}

static void test_not_modified(void)
{
	static const char *const same[] = { "\"v1\"", "*", "W/\"v1\"", "\"v0\", \"v1\"",
					    "\"v0\",W/\"v1\" ,\"v2\"" };
	struct house *h = house_open((struct xm_http_opts){});

	CHECK_EQ_INT(ask_asset(h, "\"v0\""), 200);
	CHECK_STR(body_of(&answer), "body{}");
	CHECK_STR(header_of(&answer, "ETag"), "\"v1\"");
	CHECK_STR(header_of(&answer, "Cache-Control"), "max-age=60");
	for (size_t i = 0; i < XM_ARRAY_LEN(same); i++) {
		CHECK_EQ_INT(ask_asset(h, same[i]), 304);
		CHECK_STR(body_of(&answer), "");
		CHECK_STR(header_of(&answer, "ETag"), "\"v1\"");
		CHECK_STR(header_of(&answer, "Cache-Control"), "max-age=60");
		CHECK_STR(header_of(&answer, "Content-Length"), NULL);
	}
	CHECK_EQ_INT(ask_asset(h, "v1"), 200);
	house_close(h);
}

static void test_guard(void)
{
	static const struct {
		const char *text;
		int want;
	} t[] = {
		/* DNS rebinding */
		{ "GET /hello HTTP/1.1\r\nHost: evil.example:8000\r\n", 403 },
		{ "GET /hello HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n", 200 },
		{ "GET /hello HTTP/1.1\r\nHost: [::1]\r\n", 200 },
		{ "GET /nowhere HTTP/1.1\r\nHost: evil.example\r\n", 403 },
		/* another page reads what all may read; the browser hides it from the page */
		{ "GET /hello HTTP/1.1\r\n" HOST "Origin: http://evil.example\r\n", 200 },
		/* another page writes */
		{ "POST /echo HTTP/1.1\r\n" HOST, 200 },
		{ "POST /echo HTTP/1.1\r\n" HOST "Origin: http://localhost\r\n", 200 },
		{ "POST /echo HTTP/1.1\r\n" HOST "Origin: http://evil.example\r\n", 403 },
		{ "POST /echo HTTP/1.1\r\n" HOST "Origin: http://localhost:81\r\n", 403 },
		{ "POST /echo HTTP/1.1\r\n" HOST "Origin: null\r\n", 403 },
		/* trust */
		{ "GET /secret HTTP/1.1\r\n" HOST, 401 },
		{ "GET /secret HTTP/1.1\r\n" HOST "Authorization: Bearer wrong\r\n", 401 },
		{ "GET /secret HTTP/1.1\r\n" HOST WITH_AUTH, 200 },
		{ "POST /secret HTTP/1.1\r\n" HOST WITH_AUTH, 200 },
		{ "GET /secret HTTP/1.1\r\n" HOST WITH_AUTH "Origin: http://localhost\r\n", 200 },
		{ "GET /secret HTTP/1.1\r\n" HOST WITH_AUTH "Origin: http://evil.example\r\n",
		  403 },
		{ "GET /both HTTP/1.1\r\n" HOST, 200 },
		{ "POST /both HTTP/1.1\r\n" HOST, 401 },
	};
	struct house *h = house_open((struct xm_http_opts){});
	char text[300];

	for (size_t i = 0; i < XM_ARRAY_LEN(t); i++) {
		snprintf(text, sizeof text, "%s" CLOSE "\r\n", t[i].text);
		if (!CHECK_EQ_INT(ask(h, text), t[i].want))
			fprintf(stderr, "  for %s\n", text);
		CHECK_STR(header_of(&answer, "WWW-Authenticate"),
			  t[i].want == 401 ? "Bearer" : NULL);
		check_security_headers();
	}
	house_close(h);
}

static void test_unix(void)
{
	struct house *h = house_open((struct xm_http_opts){});

	CHECK_EQ_INT(ask_unix(h, "GET /secret HTTP/1.1\r\nHost: anything\r\n" CLOSE "\r\n"), 200);
	CHECK_STR(body_of(&answer), "method 1, path /secret, rest , unix, trusted, plain");
	CHECK_EQ_INT(ask_unix(h, "POST /secret HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n" CLOSE
				 "\r\n"),
		     403);
	house_close(h);
}

/* A client that shuts down its side after the request still gets its reply. */
static void test_half_closed(void)
{
	struct house *h = house_open((struct xm_http_opts){});

	_cleanup_close_ int fd = dial_tcp(h->port);
	size_t len = 0;
	ssize_t n;

	CHECK(send_text(fd, "GET /huge HTTP/1.1\r\n" HOST "\r\n"));
	CHECK_EQ_INT(shutdown(fd, SHUT_WR), 0);
	while ((n = read(fd, answer.data, sizeof answer.data)) > 0)
		len += (size_t)n;
	CHECK(len > (size_t)32 << 20);
	close(fd);
	for (int i = 0; i < 20; i++) { /* a refusal reaches it as well */
		fd = dial_unix(h->path);
		CHECK(send_text(fd, "GET /hello HTTP/1.1\r\n\r\n"));
		CHECK_EQ_INT(shutdown(fd, SHUT_WR), 0);
		answer = (struct answer){};
		CHECK(read_to_end(fd, &answer));
		CHECK_EQ_INT(status_of(&answer), 400);
		close(fd);
	}
	fd = -1;
	house_close(h);
}

static void test_reply_later(void)
{
	struct xm_http_opts opts = { .request_timeout_ns = 300 * XM_NS_PER_MS };
	struct house *h = house_open(opts); /* the deadline ends with the request */
	int fd;

	CHECK_EQ_INT(ask(h, "GET /later HTTP/1.1\r\n" HOST CLOSE "\r\n"), 200);
	CHECK_STR(body_of(&answer), "hello\n");
	/* the client does not wait for it */
	fd = dial_tcp(h->port);
	CHECK(send_text(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n"));
	CHECK(wait_for_stat(h, "open=", 2));
	close(fd);
	CHECK(wait_for_stat(h, "open=", 1));
	house_close(h);
}

static void test_stream(void)
{
	struct xm_http_opts opts = { .request_timeout_ns = 300 * XM_NS_PER_MS,
				     .idle_timeout_ns = 300 * XM_NS_PER_MS,
				     .stall_timeout_ns = 300 * XM_NS_PER_MS };
	struct house *h = house_open(opts);
	int fd = dial_tcp(h->port);

	CHECK(send_text(fd, "GET /stream HTTP/1.1\r\n" HOST "\r\n"));
	answer = (struct answer){};
	/* no deadline holds for it */
	while (count(answer.data, "data: tick\n\n") < 25 && read_some(fd, &answer, PATIENCE_MS))
		;
	CHECK_EQ_INT(status_of(&answer), 200);
	CHECK_STR(header_of(&answer, "Content-Type"), "text/event-stream");
	CHECK_STR(header_of(&answer, "Transfer-Encoding"), "chunked");
	CHECK_STR(header_of(&answer, "Cache-Control"), "no-store");
	check_security_headers();
	CHECK(count(answer.data, "c\r\ndata: tick\n\n\r\n") >= 25);
	CHECK_EQ_INT(h->streams_lost, 0);
	close(fd);
	CHECK(wait_for_stat(h, "open=", 1));
	CHECK_EQ_INT(h->streams_lost, 1);
	house_close(h);
}

static void test_stream_ends(void)
{
	struct house *h = house_open((struct xm_http_opts){});

	CHECK_EQ_INT(ask(h, "GET /short HTTP/1.1\r\n" HOST "\r\n"), 200);
	CHECK_EQ_INT(count(answer.data, "data: 1\n\n"), 3);
	CHECK_CONTAINS(answer.data, "\r\n0\r\n\r\n");
	CHECK_EQ_INT(ask(h, "GET /short HTTP/1.0\r\n\r\n"), 200); /* no chunks in 1.0 */
	CHECK_STR(body_of(&answer), "data: 1\n\ndata: 1\n\ndata: 1\n\n");
	CHECK_EQ_INT(ask(h, "HEAD /stream HTTP/1.1\r\n" HOST CLOSE "\r\n"), 200);
	CHECK_STR(header_of(&answer, "Content-Type"), "text/event-stream");
	CHECK_STR(body_of(&answer), "");
	CHECK_EQ_INT(h->streams_lost, 0);
	CHECK(wait_for_stat(h, "open=", 1));
	house_close(h);
}

int main(int argc, char **argv)
{
	house_arguments(argc, argv);
	RUN(test_get_head);
	RUN(test_keep_alive);
	RUN(test_http10);
	RUN(test_split_and_pipelined);
	RUN(test_bodies);
	RUN(test_routes);
	RUN(test_errors);
	RUN(test_not_modified);
	RUN(test_guard);
	RUN(test_unix);
	RUN(test_half_closed);
	RUN(test_reply_later);
	RUN(test_stream);
	RUN(test_stream_ends);
	return check_summary();
}
