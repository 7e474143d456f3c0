#include "base/text.h"
#include <math.h>
#include <strings.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

bool xm_str_cut(struct xm_str *rest, char sep, struct xm_str *ret_head)
{
	const char *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;

	if (!at)
		return false;
	*ret_head = (struct xm_str){ rest->p, (size_t)(at - rest->p) };
	rest->n -= ret_head->n + 1;
	rest->p = at + 1;
	return true;
}

bool xm_line_next(struct xm_str *rest, struct xm_str *ret_line)
{
	if (!rest->n)
		return false;
	if (!xm_str_cut(rest, '\n', ret_line)) {
		*ret_line = *rest;
		*rest = (struct xm_str){ rest->p + rest->n, 0 };
	}
	if (ret_line->n && ret_line->p[ret_line->n - 1] == '\r')
		ret_line->n--;
	return true;
}

bool xm_word_next(struct xm_str *rest, struct xm_str *ret_word)
{
	size_t n = 0;

	while (rest->n && blank(*rest->p)) {
		rest->p++;
		rest->n--;
	}
	while (n < rest->n && !blank(rest->p[n]))
		n++;
	*ret_word = (struct xm_str){ rest->p, n };
	rest->p += n;
	rest->n -= n;
	return n > 0;
}

struct xm_str xm_str_trim(struct xm_str s)
{
	while (s.n && (blank(*s.p) || *s.p == '\n' || *s.p == '\r')) {
		s.p++;
		s.n--;
	}
	while (s.n && (blank(s.p[s.n - 1]) || s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

bool xm_str_eq(struct xm_str s, const char *text)
{
	return strlen(text) == s.n && !memcmp(s.p, text, s.n);
}

bool xm_str_starts(struct xm_str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return n <= s.n && !memcmp(s.p, prefix, n);
}

void xm_str_copy(struct xm_str s, char *buf, size_t size)
{
	size_t n = XM_MIN(s.n, size - 1);

	memcpy(buf, s.p, n);
	buf[n] = 0;
}

int xm_parse_u64(struct xm_str s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!s.n)
		return -EINVAL;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

int xm_parse_i64(struct xm_str s, int64_t *ret)
{
	bool negative = s.n && *s.p == '-';
	uint64_t v;
	int r;

	if (negative) {
		s.p++;
		s.n--;
	}
	r = xm_parse_u64(s, &v);
	if (r < 0)
		return r;
	if (v > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

int xm_parse_hex(struct xm_str s, uint64_t *ret)
{
	uint64_t v = 0;

	if (xm_str_starts(s, "0x")) {
		s.p += 2;
		s.n -= 2;
	}
	if (!s.n)
		return -EINVAL;
	for (size_t i = 0; i < s.n; i++) {
		int digit = hex_digit(s.p[i]);

		if (digit < 0)
			return -EINVAL;
		if (v >> 60)
			return -ERANGE;
		v = v << 4 | (uint64_t)digit;
	}
	*ret = v;
	return 0;
}

static bool decimal_notation(const char *text)
{
	return text[strspn(text, "0123456789+-.eE")] == 0;
}

static bool names_no_number(const char *text)
{
	static const char *const word[] = { "nan", "inf", "+inf", "-inf" };

	for (size_t i = 0; i < XM_ARRAY_LEN(word); i++)
		if (!strcasecmp(text, word[i]))
			return true;
	return false;
}

int xm_parse_double(struct xm_str s, double *ret)
{
	char text[64], *end;
	bool word;
	double v;

	if (!s.n || s.n >= sizeof text || memchr(s.p, 0, s.n))
		return -EINVAL;
	xm_str_copy(s, text, sizeof text);
	word = names_no_number(text);
	if (!word && !decimal_notation(text))
		return -EINVAL;
	v = strtod(text, &end);
	if (*end || end == text)
		return -EINVAL;
	if (!word && isinf(v))
		return -ERANGE;
	*ret = v;
	return 0;
}

size_t xm_parse_u64s(struct xm_str s, uint64_t *ret, size_t max)
{
	struct xm_str word;
	size_t n = 0;

	while (n < max && xm_word_next(&s, &word) && xm_parse_u64(word, &ret[n]) == 0)
		n++;
	return n;
}

/* Levenshtein distance, for words of at most 63 characters */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[64];
	size_t m = strlen(a), n = strlen(b);

	if (m > 63 || n > 63)
		return 99;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= m; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned above = row[j], least = diagonal + (a[i - 1] != b[j - 1]);

			least = XM_MIN(least, above + 1);
			row[j] = XM_MIN(least, row[j - 1] + 1);
			diagonal = above;
		}
	}
	return row[n];
}

const char *xm_did_you_mean(const char *word, const char *const *names)
{
	unsigned least = (unsigned)strlen(word) / 3 + 1;
	const char *best = NULL;

	for (; *names; names++) {
		unsigned d = edit_distance(word, *names);

		if (d <= least && (!best || d < least)) {
			least = d;
			best = *names;
		}
	}
	return best;
}
