/* Paths and queries, decoded in place. */
#include "http/uri.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int xm_uri_decode(char *text, bool plus)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (*p == '%') {
			int hi = hex(p[1]), lo = hi < 0 ? -1 : hex(p[2]);

			if (lo < 0 || (hi | lo) == 0)
				return -EINVAL;
			*to++ = (char)(hi << 4 | lo);
			p += 2;
		} else {
			*to++ = plus && *p == '+' ? ' ' : *p;
		}
	}
	*to = 0;
	return 0;
}

static bool dots(const char *segment, size_t n)
{
	return (n == 1 || n == 2) && segment[0] == '.' && segment[n - 1] == '.';
}

bool xm_uri_path_ok(const char *path)
{
	if (*path != '/')
		return false;
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	while (*path) {
		size_t n = strcspn(++path, "/");

		if (dots(path, n))
			return false;
		path += n;
	}
	return true;
}

static int pair_parse(char *text, struct xm_http_pair *ret)
{
	char *eq = strchr(text, '=');
	char *value = eq ? eq + 1 : text + strlen(text);

	if (eq)
		*eq = 0;
	if (xm_uri_decode(text, true) < 0 || xm_uri_decode(value, true) < 0)
		return -EINVAL;
	*ret = (struct xm_http_pair){ text, value };
	return 0;
}

int xm_uri_query(char *text, struct xm_http_pair *ret, size_t max)
{
	size_t n = 0;

	while (text) {
		char *piece = strsep(&text, "&");

		if (!*piece)
			continue;
		if (n == max)
			return -E2BIG;
		if (pair_parse(piece, &ret[n]) < 0)
			return -EINVAL;
		n++;
	}
	return (int)n;
}
