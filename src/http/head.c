/* The strict check of a request's head. */
#include "http/head.h"
#include <strings.h>

size_t xm_http_head_end(const char *text, size_t len, size_t from)
{
	const char *end = text + len, *nl = text + from;

	while ((nl = memchr(nl, '\n', (size_t)(end - nl)))) {
		nl++;
		if (nl < end && *nl == '\n')
			return (size_t)(nl + 1 - text);
		if (end - nl >= 2 && nl[0] == '\r' && nl[1] == '\n')
			return (size_t)(nl + 2 - text);
	}
	return 0;
}

static int refuse(struct xm_http_refusal *no, int status, const char *why)
{
	*no = (struct xm_http_refusal){ status, why };
	return -EBADMSG;
}

static bool is_token(struct xm_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c && strchr("!#$%&'*+-.^_`|~", c))))
			return false;
	}
	return s.n > 0;
}

/* Printable ASCII */
static bool is_visible(struct xm_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0;
}

/* Everything but control characters; a tab is none, and bytes above ASCII pass */
static bool is_text(struct xm_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool same_word(struct xm_str s, const char *word)
{
	return s.n == strlen(word) && !strncasecmp(s.p, word, s.n);
}

/* The methods evhttp knows: it answers any other with status 0 */
static bool known_method(struct xm_str method)
{
	static const char *const names[] = { "GET",     "HEAD",  "POST",    "PUT",  "DELETE",
					     "OPTIONS", "TRACE", "CONNECT", "PATCH" };

	for (size_t i = 0; i < XM_ARRAY_LEN(names); i++)
		if (xm_str_eq(method, names[i]))
			return true;
	return false;
}

static int check_request_line(struct xm_str line, struct xm_http_head *h,
			      struct xm_http_refusal *no)
{
	if (!xm_str_cut(&line, ' ', &h->method) || !xm_str_cut(&line, ' ', &h->target) ||
	    !is_token(h->method) || !xm_str_starts(line, "HTTP/"))
		return refuse(no, 400, "this is not an HTTP request");
	if (!xm_str_eq(line, "HTTP/1.1") && !xm_str_eq(line, "HTTP/1.0"))
		return refuse(no, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
	h->minor = line.p[line.n - 1] == '1';
	if (!known_method(h->method))
		return refuse(no, 501, "this method is unknown");
	if (!is_visible(h->target))
		return refuse(no, 400, "the path has characters that must be written as %XX");
	if (h->target.p[0] != '/' || xm_str_starts(h->target, "//"))
		return refuse(no, 400, "the request must be for a path that begins with one /");
	if (memchr(h->target.p, '#', h->target.n))
		return refuse(no, 400, "the path has a fragment");
	return 0;
}

static int check_length(struct xm_str value, struct xm_http_head *h, struct xm_http_refusal *no)
{
	if (h->lengths++)
		return refuse(no, 400, "Content-Length is given twice");
	if (xm_parse_u64(value, &h->content_length) < 0)
		return refuse(no, 400, "Content-Length is not a number");
	return 0;
}

static int check_encoding(struct xm_str value, struct xm_http_head *h, struct xm_http_refusal *no)
{
	if (h->encodings++ || !same_word(value, "chunked"))
		return refuse(no, 400, "the only Transfer-Encoding accepted is chunked");
	h->chunked = true;
	return 0;
}

static int check_header(struct xm_str line, struct xm_http_head *h, struct xm_http_refusal *no)
{
	struct xm_str name, value = line;

	if (!xm_str_cut(&value, ':', &name) || !is_token(name))
		return refuse(no, 400, "a header line has no proper name");
	if (!is_text(value))
		return refuse(no, 400, "a header has control characters");
	value = xm_str_trim(value);
	if (same_word(name, "Host"))
		h->hosts++;
	else if (same_word(name, "Content-Length"))
		return check_length(value, h, no);
	else if (same_word(name, "Transfer-Encoding"))
		return check_encoding(value, h, no);
	else if (same_word(name, "Expect") && !same_word(value, "100-continue"))
		return refuse(no, 417, "the only expectation met is 100-continue");
	return 0;
}

/* What must hold between the header lines */
static int check_whole(const struct xm_http_head *h, const struct xm_http_limits *limits,
		       struct xm_http_refusal *no)
{
	bool body = h->content_length || h->chunked;

	if (h->hosts > 1 || (h->minor == 1 && !h->hosts))
		return refuse(no, 400, "there must be exactly one Host");
	if (h->chunked && (h->lengths || h->minor == 0))
		return refuse(no, 400, "the length of the body is ambiguous");
	/* evhttp would take such a body for the next request */
	if (body && (xm_str_eq(h->method, "HEAD") || xm_str_eq(h->method, "TRACE")))
		return refuse(no, 400, "this method has no body");
	if (h->content_length > limits->max_body_bytes)
		return refuse(no, 413, "the body is too large");
	return 0;
}

int xm_http_head_check(struct xm_str text, const struct xm_http_limits *limits,
		       struct xm_http_head *ret, struct xm_http_refusal *ret_no)
{
	struct xm_http_head h = {};
	struct xm_str line;
	int r;

	if (text.n > limits->max_header_bytes)
		return refuse(ret_no, 431, "the headers are too large");
	if (!xm_line_next(&text, &line))
		return refuse(ret_no, 400, "this is not an HTTP request");
	r = check_request_line(line, &h, ret_no);
	while (r == 0 && xm_line_next(&text, &line) && line.n)
		r = check_header(line, &h, ret_no);
	if (r == 0)
		r = check_whole(&h, limits, ret_no);
	if (r == 0)
		*ret = h;
	return r;
}
