/* The parts of http/ that need no connection: heads, targets, negotiation, guard, gzip, sockets. */
#include "check.h"
#include "http/accept.h"
#include "http/guard.h"
#include "http/gzip.h"
#include "http/head.h"
#include "http/listen.h"
#include "http/uri.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <zlib.h>

/* What real clients send */
#define PROMETHEUS                                                                                 \
	"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"   \
	"q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
#define PROMETHEUS_NATIVE                                                                          \
	"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"                 \
	"encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,"                     \
	"application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.3,"        \
	"*/*;q=0.2"
#define PROMETHEUS_3                                                                               \
	"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"                   \
	"application/openmetrics-text;version=0.0.1;q=0.5,"                                        \
	"text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"      \
	"*/*;q=0.2"
#define CHROMIUM                                                                                   \
	"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"  \
	"*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"

enum { TEXT, OPENMETRICS, PROTOBUF, JSON };
static const char *const formats[] = {
	"text/plain;version=0.0.4", "application/openmetrics-text;version=1.0.0",
	"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding="
	"delimited",
	"application/json", NULL
};

static const struct {
	const char *accept;
	int want; /* index into formats, or -ENOENT */
} accepts[] = {
	{ NULL, TEXT },
	{ "", TEXT },
	{ "  ", TEXT },
	{ "*/*", TEXT },
	{ PROMETHEUS, OPENMETRICS },
	{ PROMETHEUS_NATIVE, PROTOBUF },
	{ PROMETHEUS_3, OPENMETRICS },
	{ CHROMIUM, TEXT },
	{ "text/plain", TEXT },
	{ "TEXT/Plain; Version=0.0.4", TEXT },
	{ "text/*", TEXT },
	{ "application/*", OPENMETRICS }, /* the earlier of equals */
	{ "application/json", JSON },
	{ "application/json;charset=utf-8", JSON },
	{ "application/json;q=0.5, text/plain;q=0.4", JSON },
	{ "application/json;q=0.5, text/plain;q=0.500", TEXT },
	{ "application/json;q=0.5, */*;q=0.4", JSON },
	/* the specific range decides, not the heavy one */
	{ "*/*, text/plain;q=0, application/*;q=0.1", OPENMETRICS },
	{ "text/*;q=0.9, text/plain;q=0.1, application/json;q=0.2", JSON },
	{ "text/plain;q=0.1, text/plain;version=0.0.4;q=0.9, application/json;q=0.5", TEXT },
	/* a parameter that differs */
	{ "text/plain;version=1.0.0", -ENOENT },
	{ "application/openmetrics-text;version=0.0.1, application/json;q=0.1", JSON },
	{ "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
	  -ENOENT },
	{ "application/vnd.google.protobuf;proto=\"io.prometheus.client.MetricFamily\";encoding="
	  "delimited",
	  PROTOBUF },
	{ "image/png", -ENOENT },
	{ "text/plain;q=0", -ENOENT },
	{ "*/*;q=0", -ENOENT },
	{ "*/*;q=0.0, application/json", JSON },
	/* nonsense is skipped */
	{ "text, /, */html, ;q=1, ,,application/json;q=0.3", JSON },
	{ "text/plain;q=2, application/json;q=0.1", JSON },
	{ "text/plain;q=0.1234, application/json;q=0.1", JSON },
	{ "text/plain;q=x, application/json;q=0.1", JSON },
	{ "text/plain;v=\"a,b;c\\\"d\", application/json;q=0.5", TEXT },
	{ "text/plain;v=\"never closed, application/json", TEXT },
	{ "\"", -ENOENT },
};

static void test_negotiate(void)
{
	for (size_t i = 0; i < XM_ARRAY_LEN(accepts); i++) {
		int got = -1, r = xm_http_negotiate(accepts[i].accept, formats, &got);

		if (!CHECK_EQ_INT(r < 0 ? r : got, accepts[i].want))
			fprintf(stderr, "  for %s\n", accepts[i].accept);
	}
}

static void test_coding(void)
{
	static const struct {
		const char *accept;
		bool want;
	} t[] = {
		{ NULL, false },
		{ "", false },
		{ "gzip", true },
		{ "GZip", true },
		{ "gzip, deflate, br, zstd", true },
		{ "deflate, gzip;q=1.0, *;q=0.5", true },
		{ "gzip;q=0", false },
		{ "gzip;q=0.0", false },
		{ "gzip ; q=0.001", true },
		{ "*", true },
		{ "*;q=0", false },
		{ "*, gzip;q=0", false },
		{ "identity", false },
		{ "identity;q=1, gzip;q=0.5", false },
		{ "identity;q=0.5, gzip;q=1.0", true },
		{ "identity;q=0, *;q=0.1", true },
		{ "br", false },
		{ "gzipped", false },
		{ "gzip;q=nonsense", false },
	};

	for (size_t i = 0; i < XM_ARRAY_LEN(t); i++)
		if (!CHECK_EQ_INT(xm_http_coding_ok(t[i].accept, "gzip"), t[i].want))
			fprintf(stderr, "  for %s\n", t[i].accept);
}

#define HOST "Host: localhost\r\n"

static const struct {
	const char *text;
	int want; /* 0, or the status of the refusal */
} heads[] = {
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", 0 },
	{ "GET / HTTP/1.1\n" HOST "\n", 0 },
	{ "GET / HTTP/1.0\r\n\r\n", 0 },
	{ "GET /a?b=c%20d HTTP/1.1\r\nhost:x\r\nX-Empty:\r\n\r\n", 0 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\n", 0 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n", 0 },
	{ "POST / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n\r\n", 0 },
	{ "HEAD / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 0 },
	{ "OPTIONS / HTTP/1.1\r\n" HOST "\r\n", 0 },
	/* the request line */
	{ "\r\n\r\n", 400 },
	{ "GET\r\n\r\n", 400 },
	{ "GET /\r\n\r\n", 400 },
	{ "GET  / HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET / x HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ " GET / HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "G@T / HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET / http/1.1\r\n" HOST "\r\n", 400 },
	{ "FOO / HTTP/1.1\r\n" HOST "\r\n", 501 },
	{ "get / HTTP/1.1\r\n" HOST "\r\n", 501 },
	{ "PRI * HTTP/2.0\r\n\r\n", 505 },
	{ "GET / HTTP/1.2\r\n" HOST "\r\n", 505 },
	{ "GET / HTTP/0.9\r\n" HOST "\r\n", 505 },
	{ "GET / HTTP/1.10\r\n" HOST "\r\n", 505 },
	{ "GET http://localhost/ HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET //evil/ HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET * HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "CONNECT localhost:80 HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET index HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /a\x01 HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /a\x7f HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /a\rb HTTP/1.1\r\n" HOST "\r\n", 400 },
	/* header lines */
	{ "GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X : y\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X y: z\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X: a\r\n\tb: c\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X: a\x02\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400 },
	{ "GET / HTTP/1.0\r\n" HOST HOST "\r\n", 400 },
	/* the length of the body */
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 101\r\n\r\n", 413 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551615\r\n\r\n", 413 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, gzip\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked;x=y\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: "
	  "chunked\r\n\r\n",
	  400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
	  400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
	  400 },
	{ "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	{ "HEAD / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", 400 },
	{ "HEAD / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Expect: the-unexpected\r\n\r\n", 417 },
};

static int check_head(struct xm_str text)
{
	static const struct xm_http_limits limits = { 4096, 100 };
	struct xm_http_refusal no = {};
	struct xm_http_head head;

	if (xm_http_head_check(text, &limits, &head, &no) == 0)
		return 0;
	CHECK(no.why && *no.why);
	return no.status;
}

static void test_head(void)
{
	char big[5000];

	for (size_t i = 0; i < XM_ARRAY_LEN(heads); i++) {
		struct xm_str text = XM_STR_OF(heads[i].text);

		CHECK_EQ_INT(xm_http_head_end(text.p, text.n, 0), text.n);
		if (!CHECK_EQ_INT(check_head(text), heads[i].want))
			fprintf(stderr, "  for %s\n", heads[i].text);
	}
	/* NUL, wherever it stands */
	for (size_t at = 0; at < 33; at++) {
		char text[] = "GET / HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\n";

		text[at] = 0;
		CHECK(check_head((struct xm_str){ text, sizeof text - 1 }) >= 400);
	}
	snprintf(big, sizeof big, "GET / HTTP/1.1\r\n" HOST "X: %04500d\r\n\r\n", 0);
	CHECK_EQ_INT(check_head(XM_STR_OF(big)), 431);
	CHECK_EQ_INT(check_head((struct xm_str){ "", 0 }), 400);
}

static void test_head_parts(void)
{
	static const char text[] = "POST /a?b HTTP/1.1\r\n" HOST "Content-Length: 42\r\n\r\n";
	static const struct xm_http_limits limits = { 4096, 100 };
	struct xm_http_refusal no = {};
	struct xm_http_head h;

	REQUIRE(xm_http_head_check(XM_STR_OF(text), &limits, &h, &no) == 0);
	CHECK(xm_str_eq(h.method, "POST"));
	CHECK(xm_str_eq(h.target, "/a?b"));
	CHECK_EQ_INT(h.minor, 1);
	CHECK_EQ_INT(h.content_length, 42);
	CHECK(!h.chunked);
}

static void test_head_end(void)
{
	static const char text[] = "GET / HTTP/1.1\r\nA: b\r\n\r\nrest";
	size_t want = sizeof text - 1 - strlen("rest");

	for (size_t len = 0; len < want; len++)
		CHECK_EQ_INT(xm_http_head_end(text, len, 0), 0);
	/* however the bytes come */
	for (size_t from = 0; from + 3 <= want; from++)
		CHECK_EQ_INT(xm_http_head_end(text, sizeof text - 1, from), want);
	CHECK_EQ_INT(xm_http_head_end("\n\n", 2, 0), 2);
	CHECK_EQ_INT(xm_http_head_end("a\r\r\n\r", 5, 0), 0);
}

static void test_decode(void)
{
	static const struct {
		const char *in, *want; /* NULL: refused */
		bool plus;
	} t[] = {
		{ "", "", false },
		{ "plain", "plain", false },
		{ "a%20b%2fC%2F", "a b/C/", false },
		{ "a+b", "a+b", false },
		{ "a+b%2B", "a b+", true },
		{ "%e2%82%ac", "€", false },
		{ "%", NULL, false },
		{ "%2", NULL, false },
		{ "%zz", NULL, false },
		{ "%2g", NULL, false },
		{ "%%20", NULL, false },
		{ "a%00b", NULL, false },
	};

	for (size_t i = 0; i < XM_ARRAY_LEN(t); i++) {
		_cleanup_free_ char *s = strdup(t[i].in);
		int r = xm_uri_decode(s, t[i].plus);

		CHECK_EQ_INT(r, t[i].want ? 0 : -EINVAL);
		if (t[i].want)
			CHECK_STR(s, t[i].want);
	}
}

static void test_path(void)
{
	static const char *const good[] = { "/", "/a", "/a/", "/a.b/..c/c../...", "/a//b", "/ä ö" };
	static const char *const bad[] = { "",      "a",    "/.",      "/..",   "/../", "/a/..",
					   "/a/./", "/./a", "/../etc", "/a\tb", "/\x7f" };

	for (size_t i = 0; i < XM_ARRAY_LEN(good); i++)
		if (!CHECK(xm_uri_path_ok(good[i])))
			fprintf(stderr, "  %s\n", good[i]);
	for (size_t i = 0; i < XM_ARRAY_LEN(bad); i++)
		if (!CHECK(!xm_uri_path_ok(bad[i])))
			fprintf(stderr, "  %s\n", bad[i]);
}

static void test_query(void)
{
	char text[] = "collect%5B%5D=cpu&collect[]=me+m&&flag&empty=&=x&a=b=c&";
	char bad[] = "a=1&b=%4", full[] = "a&b&c&d";
	struct xm_http_pair p[8], few[3];

	CHECK_EQ_INT(xm_uri_query(text, p, XM_ARRAY_LEN(p)), 6);
	CHECK_STR(p[0].key, "collect[]");
	CHECK_STR(p[0].value, "cpu");
	CHECK_STR(p[1].key, "collect[]");
	CHECK_STR(p[1].value, "me m");
	CHECK_STR(p[2].key, "flag");
	CHECK_STR(p[2].value, "");
	CHECK_STR(p[3].value, "");
	CHECK_STR(p[4].key, "");
	CHECK_STR(p[4].value, "x");
	CHECK_STR(p[5].value, "b=c");
	CHECK_EQ_INT(xm_uri_query(bad, p, XM_ARRAY_LEN(p)), -EINVAL);
	CHECK_EQ_INT(xm_uri_query(full, few, XM_ARRAY_LEN(few)), -E2BIG);
}

static void test_guard_host(void)
{
	static const char *const names[] = { "mon.example", "10.0.0.9", NULL };
	static const char *const any[] = { "*", NULL };
	struct xm_http_guard g = { .hosts = names }, open = { .hosts = any }, none = {};
	static const char *const good[] = { "localhost",   "localhost:8000", "LOCALHOST:1",
					    "127.0.0.1",   "127.0.0.1:8000", "[::1]",
					    "[::1]:8000",  "mon.example",    "Mon.Example:9100",
					    "10.0.0.9:80", "192.168.1.2",    "192.168.1.2:9100" };
	static const char *const bad[] = { "",
					   "evil.example",
					   "evil.example:8000",
					   "localhost.evil.example",
					   "localhost:8000:1",
					   "localhost:x",
					   "localhost:",
					   "localhost:65536",
					   "[::1",
					   "[::1]8000",
					   "::1",
					   "127.0.0.1.",
					   "192.168.1.3",
					   "192.168.1.20",
					   "a@localhost",
					   "localhost/" };

	for (size_t i = 0; i < XM_ARRAY_LEN(good); i++)
		if (!CHECK(xm_guard_host(&g, good[i], "192.168.1.2")))
			fprintf(stderr, "  %s\n", good[i]);
	for (size_t i = 0; i < XM_ARRAY_LEN(bad); i++)
		if (!CHECK(!xm_guard_host(&g, bad[i], "192.168.1.2")))
			fprintf(stderr, "  %s\n", bad[i]);
	CHECK(xm_guard_host(&none, "[2001:DB8:0::7]:80", "2001:db8::7"));
	CHECK(!xm_guard_host(&none, "[2001:db8::8]:80", "2001:db8::7"));
	CHECK(!xm_guard_host(&none, "192.168.1.2", NULL));
	CHECK(xm_guard_host(&open, "anything.example:1", NULL));
}

static void test_guard_origin(void)
{
	CHECK(xm_guard_same_origin("http://localhost:8000", "localhost:8000"));
	CHECK(xm_guard_same_origin("https://Mon.Example", "mon.example"));
	CHECK(xm_guard_same_origin("http://[::1]:8000", "[::1]:8000"));
	CHECK(!xm_guard_same_origin("http://localhost:8001", "localhost:8000"));
	CHECK(!xm_guard_same_origin("http://localhost", "localhost:8000"));
	CHECK(!xm_guard_same_origin("http://localhost:8000.evil.example", "localhost:8000"));
	CHECK(!xm_guard_same_origin("http://evil.example", "localhost:8000"));
	CHECK(!xm_guard_same_origin("null", "localhost:8000"));
	CHECK(!xm_guard_same_origin("", "localhost:8000"));
	CHECK(!xm_guard_same_origin("localhost:8000", "localhost:8000"));
}

static void test_guard_token(void)
{
	struct xm_http_guard g = { .token = "s3cret" }, none = {}, empty = { .token = "" };

	CHECK(xm_guard_token(&g, "Bearer s3cret"));
	CHECK(xm_guard_token(&g, "bearer  s3cret"));
	CHECK(!xm_guard_token(&g, NULL));
	CHECK(!xm_guard_token(&g, "s3cret"));
	CHECK(!xm_guard_token(&g, "Basic s3cret"));
	CHECK(!xm_guard_token(&g, "Bearer "));
	CHECK(!xm_guard_token(&g, "Bearer s3cre"));
	CHECK(!xm_guard_token(&g, "Bearer s3cret2"));
	CHECK(!xm_guard_token(&g, "Bearer s3cres"));
	CHECK(!xm_guard_token(&g, "Bearer s3crets3cret"));
	CHECK(!xm_guard_token(&none, "Bearer s3cret"));
	CHECK(!xm_guard_token(&none, "Bearer "));
	CHECK(!xm_guard_token(&empty, "Bearer "));
}

static void check_gzip(const void *data, size_t len, int level)
{
	_cleanup_buf_ struct xm_buf z = XM_BUF_INIT;
	_cleanup_free_ char *back = malloc(len + 1);
	z_stream s = { .next_out = (Bytef *)back, .avail_out = (uInt)len + 1 };

	struct xm_gzip *gzip = NULL;

	CHECK_EQ_INT(xm_gzip_new(level, &gzip), 0);
	CHECK_EQ_INT(xm_gzip_add(gzip, "another", 7, &z), 0); /* the next starts afresh */
	xm_buf_reset(&z);
	xm_buf_adds(&z, "before"); /* it appends */
	CHECK_EQ_INT(xm_gzip_add(gzip, data, len, &z), 0);
	xm_gzip_free(gzip);
	s.next_in = (Bytef *)z.data + 6;
	s.avail_in = (uInt)z.len - 6;
	CHECK_EQ_INT(inflateInit2(&s, MAX_WBITS + 16), Z_OK);
	CHECK_EQ_INT(inflate(&s, Z_FINISH), Z_STREAM_END);
	CHECK_EQ_INT(s.total_out, len);
	CHECK_EQ_INT(s.avail_in, 0);
	CHECK(!memcmp(back, data, len));
	inflateEnd(&s);
}

static void test_gzip(void)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
	uint32_t seed = 1;

	check_gzip("", 0, 1);
	check_gzip("hello", 5, 9);
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		xm_buf_addf(&text, "metric_%u %u\n", seed >> 20, seed);
	}
	check_gzip(text.data, text.len, 1);
	check_gzip(text.data, text.len, 6);
}

static void test_listen_tcp(void)
{
	static const char *const bad[] = { "",       "8000",        "localhost:8000",
					   ":8000",  "127.0.0.1:x", "127.0.0.1:65536",
					   "::1:80", "127.0.0.1:",  "[127.0.0.1:80",
					   "[::1]",  "[]:80",       "127.0.0.1.1:80" };
	_cleanup_close_ int fd = -1;
	struct xm_err err = {};
	char address[64];

	for (size_t i = 0; i < XM_ARRAY_LEN(bad); i++) {
		struct xm_err e = {};

		CHECK_EQ_INT(xm_listen_tcp(bad[i], &e), -EINVAL);
		CHECK_CONTAINS(e.msg, "is not an address");
	}
	fd = xm_listen_tcp("127.0.0.1:0", &err);
	REQUIRE(fd >= 0);
	CHECK_EQ_INT(xm_listen_address(fd, address, sizeof address), 0);
	CHECK(!strncmp(address, "127.0.0.1:", 10) && strcmp(address, "127.0.0.1:0"));
	CHECK_EQ_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK_EQ_INT(xm_listen_tcp(address, &err), -EADDRINUSE);
	CHECK_CONTAINS(err.msg, address);
	CHECK_CONTAINS(err.msg, "is in use; another agent? use --listen");
}

static void test_listen_tcp6(void)
{
	_cleanup_close_ int fd = -1;
	struct xm_err err = {};
	int only = 0;
	socklen_t len = sizeof only;
	char address[64];

	fd = xm_listen_tcp("[::1]:0", &err);
	if (fd == -EADDRNOTAVAIL || fd == -EAFNOSUPPORT) {
		fprintf(stderr, "skipped: no IPv6 here\n");
		return;
	}
	REQUIRE(fd >= 0);
	CHECK_EQ_INT(xm_listen_address(fd, address, sizeof address), 0);
	CHECK(!strncmp(address, "[::1]:", 6));
	CHECK_EQ_INT(getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &len), 0);
	CHECK_EQ_INT(only, 1);
}

/* Accepted sockets inherit what the listener has. */
static void test_nodelay(void)
{
	_cleanup_close_ int fd = -1, client = -1, accepted = -1;
	struct sockaddr_in a = {};
	socklen_t len = sizeof a;
	int nodelay = 0, keepalive = 0;

	fd = xm_listen_tcp("127.0.0.1:0", NULL);
	REQUIRE(fd >= 0);
	CHECK_EQ_INT(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	REQUIRE(connect(client, (struct sockaddr *)&a, sizeof a) == 0);
	accepted = accept(fd, NULL, NULL);
	REQUIRE(accepted >= 0);
	len = sizeof nodelay;
	CHECK_EQ_INT(getsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len), 0);
	CHECK(nodelay);
	CHECK_EQ_INT(getsockopt(accepted, SOL_SOCKET, SO_KEEPALIVE, &keepalive, &len), 0);
	CHECK(keepalive);
}

static void test_listen_unix(void)
{
	char dir[] = "/tmp/xmon-test-XXXXXX", path[64], want[80], got[128];
	struct xm_err err = {}, taken = {}, file = {}, missing = {}, longer = {};
	int fd, other;
	struct stat st;

	REQUIRE(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/sock", dir);
	umask(0077);
	fd = xm_listen_unix(path, 0660, &err);
	REQUIRE(fd >= 0);
	CHECK_EQ_INT(stat(path, &st), 0);
	CHECK_EQ_INT(st.st_mode, S_IFSOCK | 0660); /* whatever the umask is */
	snprintf(want, sizeof want, "unix:%s", path);
	CHECK_EQ_INT(xm_listen_address(fd, got, sizeof got), 0);
	CHECK_STR(got, want);
	CHECK_EQ_INT(xm_listen_unix(path, 0660, &taken), -EADDRINUSE);
	CHECK_CONTAINS(taken.msg, "in use; another agent?");
	close(fd); /* the file stays, and nobody answers */
	CHECK_EQ_INT(stat(path, &st), 0);
	fd = xm_listen_unix(path, 0600, &err);
	CHECK(fd >= 0);
	close(fd);
	unlink(path);
	other = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(other);
	CHECK_EQ_INT(xm_listen_unix(path, 0600, &file), -EEXIST);
	CHECK_CONTAINS(file.msg, "is not a socket");
	CHECK_EQ_INT(stat(path, &st), 0); /* and is left alone */
	unlink(path);
	rmdir(dir);
	CHECK_EQ_INT(xm_listen_unix(path, 0600, &missing), -ENOENT);
	memset(got, 'x', sizeof got - 1);
	got[sizeof got - 1] = 0;
	CHECK_EQ_INT(xm_listen_unix(got, 0600, &longer), -ENAMETOOLONG);
}

int main(void)
{
	RUN(test_negotiate);
	RUN(test_coding);
	RUN(test_head);
	RUN(test_head_parts);
	RUN(test_head_end);
	RUN(test_decode);
	RUN(test_path);
	RUN(test_query);
	RUN(test_guard_host);
	RUN(test_guard_origin);
	RUN(test_guard_token);
	RUN(test_gzip);
	RUN(test_listen_tcp);
	RUN(test_listen_tcp6);
	RUN(test_nodelay);
	RUN(test_listen_unix);
	return check_summary();
}
