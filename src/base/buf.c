#include "base/buf.h"
#include "base/utf8.h"
#include <math.h>

char xm_buf_empty[1];

void xm_buf_done(struct xm_buf *b)
{
	if (b->cap)
		free(b->data);
	*b = XM_BUF_INIT;
}

int xm_buf_reserve(struct xm_buf *b, size_t more)
{
	size_t need, cap = XM_MAX(b->cap, (size_t)64);
	char *data;

	if (b->failed)
		return -ENOMEM;
	if (__builtin_add_overflow(b->len, more + 1, &need) || more + 1 == 0)
		goto fail;
	if (need <= b->cap)
		return 0;
	while (cap < need)
		if (__builtin_mul_overflow(cap, (size_t)2, &cap))
			goto fail;
	data = realloc(b->cap ? b->data : NULL, cap);
	if (!data)
		goto fail;
	b->data = data;
	b->cap = cap;
	b->data[b->len] = 0;
	return 0;
fail:
	b->failed = true;
	return -ENOMEM;
}

void xm_buf_add(struct xm_buf *b, const void *data, size_t len)
{
	if (xm_buf_reserve(b, len) < 0)
		return;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = 0;
}

void xm_buf_adds(struct xm_buf *b, const char *text)
{
	xm_buf_add(b, text, strlen(text));
}

void xm_buf_addc(struct xm_buf *b, char c)
{
	xm_buf_add(b, &c, 1);
}

void xm_buf_addf(struct xm_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || xm_buf_reserve(b, (size_t)n) < 0)
		return;
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void xm_buf_add_u64(struct xm_buf *b, uint64_t v)
{
	char digits[20];
	size_t i = sizeof digits;

	do
		digits[--i] = (char)('0' + v % 10);
	while (v /= 10);
	xm_buf_add(b, digits + i, sizeof digits - i);
}

/* The fewest significant digits, from 15 up, that read back as the same number */
static void add_shortest(struct xm_buf *b, double v)
{
	char text[32];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	xm_buf_adds(b, text);
}

/* Numbers with few decimals, as /proc has them, without the cost of printf */
static bool add_scaled(struct xm_buf *b, double v, uint64_t scale, int digits)
{
	double scaled = v * (double)scale;
	uint64_t whole;

	if (!(scaled < 9e15))
		return false;
	whole = (uint64_t)(scaled + 0.5);
	if ((double)whole / (double)scale != v)
		return false;
	xm_buf_add_u64(b, whole / scale);
	if (whole % scale) {
		char frac[16];
		uint64_t rest = whole % scale;
		int n = digits;

		for (int i = digits; i-- > 0; rest /= 10)
			frac[i] = (char)('0' + rest % 10);
		while (n > 1 && frac[n - 1] == '0')
			n--;
		xm_buf_addc(b, '.');
		xm_buf_add(b, frac, (size_t)n);
	}
	return true;
}

void xm_buf_add_double(struct xm_buf *b, double v)
{
	if (isnan(v)) {
		xm_buf_adds(b, "NaN");
	} else if (isinf(v)) {
		xm_buf_adds(b, v > 0 ? "+Inf" : "-Inf");
	} else {
		if (signbit(v)) {
			xm_buf_addc(b, '-');
			v = -v;
		}
		if (!add_scaled(b, v, 1000, 3) && !add_scaled(b, v, 1000000, 6) &&
		    !add_scaled(b, v, 1000000000, 9))
			add_shortest(b, v);
	}
}

void xm_buf_add_json(struct xm_buf *b, const char *text)
{
	size_t n;

	xm_buf_addc(b, '"');
	while (*text) {
		n = xm_utf8_len(text);
		if (!n) {
			xm_buf_adds(b, "\\ufffd");
			text++;
			continue;
		}
		if (*text == '"' || *text == '\\')
			xm_buf_addc(b, '\\');
		if ((unsigned char)*text < 0x20)
			xm_buf_addf(b, "\\u%04x", *text);
		else
			xm_buf_add(b, text, n);
		text += n;
	}
	xm_buf_addc(b, '"');
}
