/* The HTTP server against clients that are malformed, greedy, slow, many, or gone. */
#include "http_house.h"
#include <sys/resource.h>

/* The request after a good one gets the same scrutiny, also when both come in one packet. */
static void test_pipelined_malformed(void)
{
	struct house *h = house_open((struct xm_http_opts){});
	static const char nul[] = "GET /hello HTTP/1.1\r\n" HOST "\r\n"
				  "GET /hello HTTP/1.1\r\n" HOST "\0X: y\r\n\r\n";

	CHECK_EQ_INT(ask(h, "GET /hello HTTP/1.1\r\n" HOST "\r\n"
			    "GET /hello HTTP/1.1\r\n" HOST HOST "\r\n"),
		     200);
	CHECK_CONTAINS(answer.data, "hello\n");
	CHECK_CONTAINS(answer.data, "HTTP/1.1 400 Bad Request");
	CHECK_EQ_INT(ask_raw(h, nul, sizeof nul - 1), 200);
	CHECK_EQ_INT(count(answer.data, "hello\n"), 1);
	CHECK_CONTAINS(answer.data, "HTTP/1.1 400 Bad Request");
	/* evhttp takes a line that begins with NUL for the end of the headers */
	static const char part[] = "GET /hello HTTP/1.1\r\n" HOST "\r\n"
				   "GET /hello HTTP/1.1\r\n" HOST "\0\r\n";
	CHECK_EQ_INT(ask_raw(h, part, sizeof part - 1), 200);
	CHECK_EQ_INT(count(answer.data, "hello\n"), 1);
	CHECK_EQ_INT(stat_of(h, "malformed="), 2);
	house_close(h);
}

/* The last answer is one of our refusals, and nothing else */
static void check_refusal(const char *text)
{
	check_security_headers();
	CHECK_EQ_INT(count(answer.data, "X-Frame-Options"), 1);
	if (!CHECK_CONTAINS(answer.data, ".\n")) /* a sentence */
		fprintf(stderr, "  for %s\n", text);
}

/* The first line in a packet of its own, which the server has read before the rest comes */
static int ask_in_two(const struct house *h, const char *text)
{
	_cleanup_close_ int fd = dial_unix(h->path);
	size_t first = strcspn(text, "\n") + 1;

	CHECK(send_bytes(fd, text, first));
	CHECK(wait_taken(fd));
	CHECK(send_text(fd, text + first));
	answer = (struct answer){};
	CHECK(read_to_end(fd, &answer));
	return status_of(&answer);
}

/* What the head must be is in test_http_parts.c; this is that every refusal reaches the client. */
static void test_malformed(void)
{
	static const struct {
		const char *text;
		int want;
	} t[] = {
		{ "GET /hello HTTP/1.1\r\n\r\n", 400 },
		{ "GET /hello HTTP/1.1\r\n" HOST HOST "\r\n", 400 },
		{ "GET /hello HTTP/1.1\r\n" HOST ": nameless\r\n\r\n", 400 },
		{ "POST /echo HTTP/1.1\r\n" HOST
		  "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		  400 },
		{ "POST /echo HTTP/1.1\r\n" HOST
		  "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		  400 },
		{ "POST /echo HTTP/1.1\r\n" HOST
		  "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		  400 },
		{ "GET http://localhost/hello HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /../etc/passwd HTTP/1.1\r\n" HOST CLOSE "\r\n", 400 },
		{ "GET /who/%2e%2e/hello HTTP/1.1\r\n" HOST CLOSE "\r\n", 400 },
		{ "GET /who/..%2fhello HTTP/1.1\r\n" HOST CLOSE "\r\n", 400 },
		{ "GET /hello%00 HTTP/1.1\r\n" HOST CLOSE "\r\n", 400 },
		{ "GET /hello%0a HTTP/1.1\r\n" HOST CLOSE "\r\n", 400 },
		{ "GET /hello%zz HTTP/1.1\r\n" HOST CLOSE "\r\n", 400 },
		{ "GET /query?a=%00 HTTP/1.1\r\n" HOST CLOSE "\r\n", 400 },
		{ "FOO /hello HTTP/1.1\r\n" HOST "\r\n", 501 },
		{ "GET /hello HTTP/2.0\r\n" HOST "\r\n", 505 },
		{ "POST /echo HTTP/1.1\r\n" HOST "Expect: wonders\r\n\r\n", 417 },
		{ "\x16\x03\x01\x02\r\n\r\n", 400 }, /* TLS knocking */
	};
	struct house *h = house_open((struct xm_http_opts){});

	for (size_t i = 0; i < XM_ARRAY_LEN(t); i++) {
		CHECK_EQ_INT(ask(h, t[i].text), t[i].want);
		check_refusal(t[i].text);
		CHECK_EQ_INT(ask_in_two(h, t[i].text), t[i].want);
		check_refusal(t[i].text);
	}
	house_close(h);
}

static void test_limits(void)
{
	struct xm_http_opts opts = { .max_header_bytes = 1000, .max_body_bytes = 2000 };
	struct house *h = house_open(opts);
	char text[9000];

	snprintf(text, sizeof text, "GET /%01500d HTTP/1.1\r\n" HOST "\r\n", 0);
	CHECK_EQ_INT(ask(h, text), 414); /* came whole */
	snprintf(text, sizeof text, "GET /%05000d", 0);
	CHECK_EQ_INT(ask(h, text), 414); /* and no end in sight */
	snprintf(text, sizeof text, "GET / HTTP/1.1\r\n" HOST "X: %01500d\r\n\r\n", 0);
	CHECK_EQ_INT(ask(h, text), 431);
	snprintf(text, sizeof text, "GET / HTTP/1.1\r\n" HOST "X: %05000d", 0);
	CHECK_EQ_INT(ask(h, text), 431);
	snprintf(text, sizeof text,
		 "POST /echo HTTP/1.1\r\n" HOST CLOSE "Content-Length: 2000\r\n\r\n%02000d", 0);
	CHECK_EQ_INT(ask(h, text), 200);
	CHECK_EQ_INT(strlen(body_of(&answer)), 2000);
	snprintf(text, sizeof text,
		 "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2001\r\n\r\n%02001d", 0);
	CHECK_EQ_INT(ask(h, text), 413);
	check_security_headers();
	/* refused before the body is sent */
	CHECK_EQ_INT(ask(h, "POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
			    "Content-Length: 2001\r\n\r\n"),
		     413);
	snprintf(text, sizeof text,
		 "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n7d1\r\n%02001d",
		 0);
	CHECK_EQ_INT(ask(h, text), 413);
	house_close(h);
}

/* A client that is busy sending is heard out for a while, so that it learns what was wrong. */
static void test_refused_while_sending(void)
{
	static const char body[4 << 20];
	struct house *h = house_open((struct xm_http_opts){});
	_cleanup_close_ int fd = dial_tcp(h->port);

	CHECK(send_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4194304\r\n\r\n"));
	CHECK(send_bytes(fd, body, sizeof body));
	answer = (struct answer){};
	CHECK(read_to_end(fd, &answer));
	CHECK_EQ_INT(status_of(&answer), 413);
	house_close(h);
}

/* Only the body counts, not what comes after it. */
static void test_limit_and_pipeline(void)
{
	struct house *h = house_open((struct xm_http_opts){ .max_body_bytes = 10 });

	CHECK_EQ_INT(ask(h, "GET /hello HTTP/1.1\r\n" HOST "\r\n"
			    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n0123456789"
			    "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"),
		     200);
	CHECK_EQ_INT(count(answer.data, "HTTP/1.1 200 OK"), 3);
	house_close(h);
}

/* A body of chunks whose framing outweighs its content is too large as well. */
static void test_limit_chunk_framing(void)
{
	struct house *h = house_open((struct xm_http_opts){ .max_body_bytes = 2000 });
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

	xm_buf_adds(&b, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 400; i++)
		xm_buf_adds(&b, "1\r\nx\r\n");
	CHECK_EQ_INT(ask_raw(h, b.data, b.len), 413);
	house_close(h);
}

/* A client that sends a byte now and then: each byte is in time, the request is not. */
static void check_slow_loris(const char *start)
{
	struct house *h =
		house_open((struct xm_http_opts){ .request_timeout_ns = 500 * XM_NS_PER_MS });
	_cleanup_close_ int fd = dial_tcp(h->port);
	uint64_t t0 = xm_mono_ns();

	answer = (struct answer){};
	CHECK(send_text(fd, start));
	while (!answer.len && !answer.eof && xm_mono_ns() - t0 < 20 * XM_NS_PER_SEC) {
		read_some(fd, &answer, 20);
		(void)!send_text(fd, "x");
	}
	CHECK(xm_mono_ns() - t0 >= 450 * XM_NS_PER_MS);
	CHECK_EQ_INT(status_of(&answer), 408);
	CHECK(read_to_end(fd, &answer));
	close(TAKE_FD(fd));
	CHECK_EQ_INT(stat_of(h, "late="), 1);
	CHECK(wait_for_stat(h, "open=", 1));
	house_close(h);
}

static void test_slow_loris(void)
{
	check_slow_loris("GET /hello HTTP/1.1\r\n" HOST "X: ");
	check_slow_loris("G");
	check_slow_loris("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n");
	check_slow_loris("POST /echo HTTP/1.1\r\n" HOST
			 "Transfer-Encoding: chunked\r\n\r\nf000\r\n");
}

/* The second request of a connection has a deadline of its own. */
static void test_slow_second_request(void)
{
	struct house *h =
		house_open((struct xm_http_opts){ .request_timeout_ns = 500 * XM_NS_PER_MS });
	_cleanup_close_ int fd = dial_tcp(h->port);

	CHECK(send_text(fd, "GET /hello HTTP/1.1\r\n" HOST "\r\n"));
	CHECK(read_reply(fd, &answer));
	CHECK(!read_some(fd, &answer, 800) && !answer.eof); /* idle: longer than that */
	CHECK(send_text(fd, "GET /hel"));
	CHECK(read_to_end(fd, &answer));
	CHECK_CONTAINS(answer.data, "HTTP/1.1 408 ");
	house_close(h);
}

static void test_idle(void)
{
	struct xm_http_opts opts = { .idle_timeout_ns = 300 * XM_NS_PER_MS,
				     .request_timeout_ns = 1000 * XM_NS_PER_MS };
	struct house *h = house_open(opts);
	_cleanup_close_ int quiet = dial_tcp(h->port), used = dial_tcp(h->port);

	CHECK(send_text(used, "GET /hello HTTP/1.1\r\n" HOST "\r\n"));
	CHECK(read_reply(used, &answer));
	CHECK(read_to_end(used, &answer));
	answer = (struct answer){};
	CHECK(read_to_end(quiet, &answer));
	CHECK_EQ_INT(answer.len, 0); /* nobody asked anything */
	CHECK(wait_for_stat(h, "open=", 1));
	house_close(h);
}

/* A client that asks and does not read */
static void test_stall(void)
{
	struct house *h =
		house_open((struct xm_http_opts){ .stall_timeout_ns = 200 * XM_NS_PER_MS });
	_cleanup_close_ int fd = dial_tcp(h->port);

	CHECK(send_text(fd, "GET /huge HTTP/1.1\r\n" HOST "\r\n"));
	CHECK(wait_for_stat(h, "stalled=", 1));
	CHECK(wait_for_stat(h, "open=", 1));
	house_close(h);
}

/* One that reads slowly but steadily is served: longer than the timeout, faster than the limit. */
static void test_slow_reader(void)
{
	struct house *h = house_open((struct xm_http_opts){ .stall_timeout_ns = XM_NS_PER_SEC });
	_cleanup_close_ int fd = dial_tcp(h->port);
	uint64_t t0 = xm_mono_ns();
	size_t len = 0;
	ssize_t n = 1;

	CHECK(send_text(fd, "GET /huge HTTP/1.1\r\n" HOST CLOSE "\r\n"));
	while (n > 0) {
		n = read(fd, answer.data, sizeof answer.data / 2);
		len += n > 0 ? (size_t)n : 0;
		poll(NULL, 0, len < 26 << 20 ? 20 : 0); /* the client's pace */
	}
	CHECK(len > (size_t)32 << 20);
	CHECK(xm_mono_ns() - t0 > XM_NS_PER_SEC);
	CHECK_EQ_INT(stat_of(h, "stalled="), 0);
	house_close(h);
}

static void test_connection_cap(void)
{
	struct house *h = house_open((struct xm_http_opts){ .max_connections = 4 });
	int fd[5];

	for (int i = 0; i < 4; i++) {
		fd[i] = dial_tcp(h->port);
		CHECK(send_text(fd[i], "GET /hello HTTP/1.1\r\n" HOST "\r\n"));
		CHECK(read_reply(fd[i], &answer));
	}
	fd[4] = dial_tcp(h->port);
	answer = (struct answer){};
	CHECK(read_to_end(fd[4], &answer));
	CHECK_EQ_INT(status_of(&answer), 503);
	check_security_headers();
	CHECK_EQ_INT(stat_of(h, "refused="), 1); /* the unix socket is still served */
	for (int i = 0; i < 5; i++)
		close(fd[i]);
	CHECK(wait_for_stat(h, "open=", 1));
	CHECK_EQ_INT(ask(h, "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"), 200);
	house_close(h);
}

/* Connections opened and dropped in any state leave nothing behind. */
static void test_dropped(void)
{
	static const char *const starts[] = { "",
					      "G",
					      "GET /hello HTTP/1.1\r\n",
					      "GET /hello HTTP/1.1\r\n" HOST "\r\n",
					      "GET /huge HTTP/1.1\r\n" HOST "\r\n",
					      "POST /echo HTTP/1.1\r\n" HOST
					      "Content-Length: 9\r\n\r\nab",
					      "GET /hello HTTP/1.1\r\n" HOST HOST "\r\n" };
	struct house *h = house_open((struct xm_http_opts){ .max_connections = 8 });

	for (int i = 0; i < 200; i++) {
		const char *start = starts[(size_t)i % XM_ARRAY_LEN(starts)];
		int fd = dial_tcp(h->port);

		(void)!send_text(fd, start);
		if (i & 1) /* a reset instead of an orderly end */
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
				   sizeof(struct linger));
		close(fd);
	}
	CHECK(wait_for_stat(h, "open=", 1));
	CHECK_EQ_INT(ask(h, "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"), 200);
	house_close(h);
}

/* A stream's client that does not read is cut off when its backlog is full. */
static void test_stream_backlog(void)
{
	struct house *h = house_open((struct xm_http_opts){});
	_cleanup_close_ int fd = dial_tcp(h->port);

	CHECK(send_text(fd, "GET /flood HTTP/1.1\r\n" HOST "\r\n"));
	CHECK(wait_for_stat(h, "stalled=", 1));
	CHECK_EQ_INT(h->flood_result, -ENOBUFS);
	CHECK_EQ_INT(h->streams_lost, 1);
	CHECK(wait_for_stat(h, "open=", 1));
	CHECK_EQ_INT(ask(h, "GET /burst HTTP/1.1\r\n" HOST "\r\n"), 0);
	CHECK_EQ_INT(h->flood_result, -ENOBUFS);
	CHECK_EQ_INT(h->streams_lost, 2);
	CHECK(wait_for_stat(h, "open=", 1));
	house_close(h);
}

/* What a stream's client sends is neither read for ever nor taken for a request. */
static void test_stream_input(void)
{
	static const char junk[64 << 10];
	struct house *h = house_open((struct xm_http_opts){});
	_cleanup_close_ int fd = dial_tcp(h->port);
	size_t sent = 0;
	ssize_t n;

	CHECK(send_text(fd, "GET /stream HTTP/1.1\r\n" HOST "\r\n"));
	answer = (struct answer){};
	CHECK(read_until(fd, &answer, "data: tick"));
	while (sent < (size_t)64 << 20) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		if (poll(&p, 1, 300) <= 0)
			break; /* the server has stopped reading */
		n = send(fd, junk, sizeof junk, MSG_DONTWAIT | MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
	}
	CHECK(sent < (size_t)64 << 20);
	answer = (struct answer){};
	CHECK(read_until(fd, &answer, "data: tick")); /* and goes on */
	house_close(h);
}

/* The server ends with streams open, replies pending, requests half read. */
static void test_end_in_the_middle(void)
{
	struct house *h = house_open((struct xm_http_opts){});
	int stream = dial_tcp(h->port), never = dial_tcp(h->port), half = dial_tcp(h->port),
	    huge = dial_tcp(h->port);

	CHECK(send_text(stream, "GET /stream HTTP/1.1\r\n" HOST "\r\n"));
	CHECK(send_text(never, "GET /never HTTP/1.1\r\n" HOST "\r\n"));
	CHECK(send_text(half, "GET /he"));
	CHECK(send_text(huge, "GET /huge HTTP/1.1\r\n" HOST "\r\n"));
	answer = (struct answer){};
	CHECK(read_until(huge, &answer, "HTTP/1.1 200")); /* the others came before */
	answer = (struct answer){};
	CHECK(read_until(stream, &answer, "data: tick"));
	CHECK(wait_for_stat(h, "open=", 5));
	CHECK_EQ_INT(h->kept, 1);
	house_close(h);
	for (int fd = 0; fd < 4; fd++)
		close((int[]){ stream, never, half, huge }[fd]);
}

/* accept() fails for want of descriptors: the server waits, and does not spin. */
static void test_no_descriptors(void)
{
	struct house *h = house_open((struct xm_http_opts){});
	_cleanup_close_ int stats = dial_tcp(h->port), fd = -1;
	struct rlimit old, low;
	uintmax_t errors = 0;

	CHECK(send_text(stats, "GET /stats HTTP/1.1\r\n" HOST "\r\n"));
	CHECK(read_reply(stats, &answer));
	fd = dial_tcp(h->port);
	close(fd);
	CHECK(wait_for_stat(h, "open=", 2));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_EQ_INT(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = (struct rlimit){ .rlim_cur = (rlim_t)fd + 1, .rlim_max = old.rlim_max };
	CHECK_EQ_INT(setrlimit(RLIMIT_NOFILE, &low), 0);
	CHECK_EQ_INT(connect(fd,
			     (struct sockaddr *)&(struct sockaddr_in){
				     .sin_family = AF_INET,
				     .sin_port = htons(h->port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
			     sizeof(struct sockaddr_in)),
		     0);
	CHECK(send_text(fd, "GET /hello HTTP/1.1\r\n" HOST "\r\n"));
	answer = (struct answer){};
	CHECK(!read_some(fd, &answer, 550)); /* five pauses long */
	CHECK(send_text(stats, "GET /stats HTTP/1.1\r\n" HOST "\r\n"));
	CHECK(read_reply(stats, &answer));
	errors = strtoumax(strstr(answer.data, "errors=") + 7, NULL, 10);
	CHECK(errors >= 2 && errors <= 12);
	CHECK_EQ_INT(setrlimit(RLIMIT_NOFILE, &old), 0);
	CHECK(read_reply(fd, &answer)); /* it has waited in the queue */
	CHECK_STR(body_of(&answer), "hello\n");
	house_close(h);
}

int main(int argc, char **argv)
{
	house_arguments(argc, argv);
	RUN(test_pipelined_malformed);
	RUN(test_malformed);
	RUN(test_limits);
	RUN(test_refused_while_sending);
	RUN(test_limit_chunk_framing);
	RUN(test_limit_and_pipeline);
	RUN(test_slow_loris);
	RUN(test_slow_second_request);
	RUN(test_idle);
	RUN(test_stall);
	RUN(test_slow_reader);
	RUN(test_connection_cap);
	RUN(test_dropped);
	RUN(test_stream_backlog);
	RUN(test_stream_input);
	RUN(test_end_in_the_middle);
	RUN(test_no_descriptors);
	return check_summary();
}
