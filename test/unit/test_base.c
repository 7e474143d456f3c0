/* base: buffers and numbers, text, UTF-8, the hash table, errors, the log. */
#include "base/base.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/text.h"
#include "base/utf8.h"
#include "check.h"
#include "failmalloc.h"
#include <ctype.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <sys/mman.h>

static uint64_t seed = 0x9e3779b97f4a7c15;

/* The same numbers in every run */
static uint64_t rnd(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void test_buf(void)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;
	char want[1001];

	CHECK_STR(b.data, "");
	xm_buf_add(&b, NULL, 0);
	CHECK_STR(b.data, "");
	xm_buf_adds(&b, "one ");
	xm_buf_addc(&b, '2');
	xm_buf_addf(&b, " %s %d", "three", 4);
	CHECK_STR(b.data, "one 2 three 4");
	CHECK_EQ_INT(b.len, 13);
	xm_buf_reset(&b);
	CHECK_STR(b.data, "");
	for (int i = 0; i < 1000; i++)
		xm_buf_addc(&b, want[i] = (char)('a' + i % 26));
	want[1000] = 0;
	CHECK_STR(b.data, want);
	xm_buf_reset(&b);
	xm_buf_addf(&b, "%s%s", want, want);
	CHECK_EQ_INT(b.len, 2000);
	CHECK(!memcmp(b.data + 1000, want, 1001));
	xm_buf_done(&b);
	CHECK(b.data == xm_buf_empty && !b.cap && !b.len);
}

static void test_buf_without_memory(void)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

	CHECK_EQ_INT(xm_buf_reserve(&b, SIZE_MAX), -ENOMEM);
	CHECK(b.failed);
	CHECK_STR(b.data, "");
	xm_buf_reset(&b);
	xm_buf_adds(&b, "kept");
	CHECK_EQ_INT(xm_buf_reserve(&b, SIZE_MAX - 4), -ENOMEM);
	xm_buf_reset(&b);
	xm_buf_adds(&b, "kept");
	CHECK_EQ_INT(xm_buf_reserve(&b, SIZE_MAX / 2), -ENOMEM);
	CHECK_STR(b.data, "kept");
	xm_buf_adds(&b, " not this");
	CHECK_STR(b.data, "kept");
	CHECK(b.failed);
}

static void test_buf_u64(void)
{
	static const struct {
		uint64_t v;
		const char *text;
	} cases[] = { { 0, "0" },
		      { 9, "9" },
		      { 10, "10" },
		      { 1234567890123456789, "1234567890123456789" },
		      { UINT64_MAX, "18446744073709551615" } };

	for (size_t i = 0; i < XM_ARRAY_LEN(cases); i++) {
		_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

		xm_buf_add_u64(&b, cases[i].v);
		CHECK_STR(b.data, cases[i].text);
	}
}

static void test_buf_json(void)
{
	static const struct {
		const char *text, *json;
	} cases[] = { { "", "\"\"" },
		      { "a\"b\\c", "\"a\\\"b\\\\c\"" },
		      { "\n\t\x01\x1f", "\"\\u000a\\u0009\\u0001\\u001f\"" },
		      { "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
			"\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		      { "a\xff\xc3(\xe2\x82", "\"a\\ufffd\\ufffd(\\ufffd\\ufffd\"" },
		      { "/</script>", "\"/</script>\"" } };

	for (size_t i = 0; i < XM_ARRAY_LEN(cases); i++) {
		_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

		xm_buf_add_json(&b, cases[i].text);
		CHECK_STR(b.data, cases[i].json);
	}
}

static void test_double_text(void)
{
	static const struct {
		double v;
		const char *text;
	} cases[] = { { 0, "0" },
		      { -0.0, "-0" },
		      { 1, "1" },
		      { -1, "-1" },
		      { 0.1, "0.1" },
		      { -0.25, "-0.25" },
		      { 0.30000000000000004, "0.30000000000000004" },
		      { 1.005, "1.005" },
		      { 123456.789, "123456.789" },
		      { 0.000001, "0.000001" },
		      { 0.123456789, "0.123456789" },
		      { 1e-9, "0.000000001" },
		      { 1e-10, "1e-10" },
		      { 1e300, "1e+300" },
		      { 5e-324, "4.94065645841247e-324" },
		      { DBL_MAX, "1.7976931348623157e+308" },
		      { 9007199254740991.0, "9007199254740991" },
		      { 1700000000.123, "1700000000.123" },
		      { (double)INFINITY, "+Inf" },
		      { -(double)INFINITY, "-Inf" },
		      { (double)NAN, "NaN" },
		      { -(double)NAN, "NaN" } };

	for (size_t i = 0; i < XM_ARRAY_LEN(cases); i++) {
		_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

		xm_buf_add_double(&b, cases[i].v);
		CHECK_STR(b.data, cases[i].text);
	}
}

static int significant_digits(const char *text)
{
	int digits = 0, zeros = 0;

	for (; *text && *text != 'e'; text++) {
		if (!isdigit(*text) || (*text == '0' && !digits))
			continue;
		digits++;
		zeros = *text == '0' ? zeros + 1 : 0;
	}
	return digits - zeros;
}

/* Reads back as the same bits, and with fewer digits (but at least 15) would not */
static bool prints_well(double v, struct xm_buf *b)
{
	char shorter[40];
	int digits;
	double back;

	xm_buf_reset(b);
	xm_buf_add_double(b, v);
	back = strtod(b->data, NULL);
	digits = significant_digits(b->data);
	if (memcmp(&back, &v, sizeof v) || digits > 17)
		return false;
	if (digits <= 15)
		return true;
	snprintf(shorter, sizeof shorter, "%.*g", digits - 1, v);
	return strtod(shorter, NULL) != v;
}

static double random_double(unsigned kind)
{
	uint64_t bits = rnd();
	double v;

	switch (kind % 6) {
	case 0: /* any bits */ memcpy(&v, &bits, sizeof v); return isfinite(v) ? v : 1;
	case 1: return (double)(bits >> 11);                     /* integers up to 2^53 */
	case 2: return (double)(bits % 100000000000) / 1000;     /* milliseconds */
	case 3: return (double)(bits % 10000000000000000) / 1e9; /* nanoseconds */
	case 4: return (double)(bits >> 11) * 0x1p-53;           /* 0 to 1 */
	default: return -(double)(bits % 1000000) / (double)(1 + rnd() % 1000);
	}
}

static void test_double_round_trip(void)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;
	unsigned bad = 0;

	for (unsigned i = 0; i < 2000000; i++) {
		double v = random_double(i);

		if (!prints_well(v, &b) && bad++ < 10)
			fprintf(stderr, "%a is printed as %s\n", v, b.data);
	}
	CHECK_EQ_INT(bad, 0);
}

/* Powers of ten and two and the 64 numbers on either side of each */
static void test_double_borders(void)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;
	unsigned bad = 0;

	for (int e = -1074; e < 1330; e++) {
		double middle = e < 1024 ? ldexp(1, e) : pow(10, e - 1024), v = middle;

		for (int i = 0; i < 64; i++)
			v = nextafter(v, 0);
		for (int i = 0; i < 128; i++, v = nextafter(v, (double)INFINITY))
			if (isfinite(v) && !prints_well(v, &b) && bad++ < 10)
				fprintf(stderr, "%a is printed as %s\n", v, b.data);
	}
	CHECK_EQ_INT(bad, 0);
}

static void test_lines(void)
{
	struct xm_str rest = XM_STR_OF("a\n\nb c\r\n\rlast"), line;

	CHECK(xm_line_next(&rest, &line) && xm_str_eq(line, "a"));
	CHECK(xm_line_next(&rest, &line) && xm_str_eq(line, ""));
	CHECK(xm_line_next(&rest, &line) && xm_str_eq(line, "b c"));
	CHECK(xm_line_next(&rest, &line) && xm_str_eq(line, "\rlast"));
	CHECK(!xm_line_next(&rest, &line));
	rest = XM_STR_OF("");
	CHECK(!xm_line_next(&rest, &line));
	rest = XM_STR_OF("\n");
	CHECK(xm_line_next(&rest, &line) && !line.n);
	CHECK(!xm_line_next(&rest, &line));
}

static void test_words(void)
{
	struct xm_str rest = XM_STR_OF("  cpu0\t12  x "), word, head;
	char buf[4];

	CHECK(xm_word_next(&rest, &word) && xm_str_eq(word, "cpu0"));
	CHECK(xm_str_starts(word, "cpu") && !xm_str_starts(word, "cpu00") &&
	      xm_str_starts(word, ""));
	CHECK(xm_word_next(&rest, &word) && xm_str_eq(word, "12"));
	CHECK(xm_word_next(&rest, &word) && xm_str_eq(word, "x"));
	CHECK(!xm_word_next(&rest, &word));
	rest = XM_STR_OF("eth0:1:");
	CHECK(xm_str_cut(&rest, ':', &head) && xm_str_eq(head, "eth0") && xm_str_eq(rest, "1:"));
	CHECK(xm_str_cut(&rest, ':', &head) && xm_str_eq(head, "1") && xm_str_eq(rest, ""));
	CHECK(!xm_str_cut(&rest, ':', &head));
	CHECK(xm_str_eq(xm_str_trim(XM_STR_OF(" \t a b\r\n ")), "a b"));
	CHECK(xm_str_eq(xm_str_trim(XM_STR_OF(" \n")), ""));
	xm_str_copy(XM_STR_OF("abcdef"), buf, sizeof buf);
	CHECK_STR(buf, "abc");
	xm_str_copy(XM_STR_OF(""), buf, sizeof buf);
	CHECK_STR(buf, "");
}

static void test_parse_u64(void)
{
	static const struct {
		const char *text;
		int r;
		uint64_t v;
	} cases[] = { { "0", 0, 0 },
		      { "007", 0, 7 },
		      { "18446744073709551615", 0, UINT64_MAX },
		      { "18446744073709551616", -ERANGE, 99 },
		      { "99999999999999999999999", -ERANGE, 99 },
		      { "", -EINVAL, 99 },
		      { "+1", -EINVAL, 99 },
		      { "-1", -EINVAL, 99 },
		      { " 1", -EINVAL, 99 },
		      { "1 ", -EINVAL, 99 },
		      { "1x", -EINVAL, 99 },
		      { "0x1", -EINVAL, 99 } };

	for (size_t i = 0; i < XM_ARRAY_LEN(cases); i++) {
		uint64_t v = 99;

		CHECK_EQ_INT(xm_parse_u64(XM_STR_OF(cases[i].text), &v), cases[i].r);
		CHECK(v == cases[i].v);
	}
}

static void test_parse_i64(void)
{
	static const struct {
		const char *text;
		int r;
		int64_t v;
	} cases[] = { { "-9223372036854775808", 0, INT64_MIN },
		      { "-9223372036854775809", -ERANGE, 99 },
		      { "9223372036854775807", 0, INT64_MAX },
		      { "9223372036854775808", -ERANGE, 99 },
		      { "-0", 0, 0 },
		      { "-", -EINVAL, 99 },
		      { "--1", -EINVAL, 99 },
		      { "+1", -EINVAL, 99 },
		      { "", -EINVAL, 99 } };

	for (size_t i = 0; i < XM_ARRAY_LEN(cases); i++) {
		int64_t v = 99;

		CHECK_EQ_INT(xm_parse_i64(XM_STR_OF(cases[i].text), &v), cases[i].r);
		CHECK(v == cases[i].v);
	}
}

static void test_parse_hex(void)
{
	static const struct {
		const char *text;
		int r;
		uint64_t v;
	} cases[] = { { "0", 0, 0 },
		      { "dEaD", 0, 0xdead },
		      { "0xffffffffffffffff", 0, UINT64_MAX },
		      { "0000000000000000001", 0, 1 },
		      { "10000000000000000", -ERANGE, 99 },
		      { "0x", -EINVAL, 99 },
		      { "", -EINVAL, 99 },
		      { "g", -EINVAL, 99 },
		      { "0x0x1", -EINVAL, 99 } };

	for (size_t i = 0; i < XM_ARRAY_LEN(cases); i++) {
		uint64_t v = 99;

		CHECK_EQ_INT(xm_parse_hex(XM_STR_OF(cases[i].text), &v), cases[i].r);
		CHECK(v == cases[i].v);
	}
}

static void test_parse_double(void)
{
	static const struct {
		struct xm_str text;
		int r;
		double v;
	} cases[] = { { { "1.5", 3 }, 0, 1.5 },
		      { { "1.5xyz", 3 }, 0, 1.5 },
		      { { "-2e3", 4 }, 0, -2000 },
		      { { ".5", 2 }, 0, 0.5 },
		      { { "1e-400", 6 }, 0, 0 },
		      { { "+Inf", 4 }, 0, (double)INFINITY },
		      { { "-Inf", 4 }, 0, -(double)INFINITY },
		      { { "Inf", 3 }, 0, (double)INFINITY },
		      { { "1e999", 5 }, -ERANGE, 99 },
		      { { "-1e999", 6 }, -ERANGE, 99 },
		      { { "", 0 }, -EINVAL, 99 },
		      { { ".", 1 }, -EINVAL, 99 },
		      { { "e", 1 }, -EINVAL, 99 },
		      { { " 1", 2 }, -EINVAL, 99 },
		      { { "1 ", 2 }, -EINVAL, 99 },
		      { { "1.2.3", 5 }, -EINVAL, 99 },
		      { { "0x10", 4 }, -EINVAL, 99 },
		      { { "infinity", 8 }, -EINVAL, 99 },
		      { { "nan(1)", 6 }, -EINVAL, 99 },
		      { { "1\0002", 3 }, -EINVAL, 99 },
		      { { "1,5", 3 }, -EINVAL, 99 } };
	double v;

	for (size_t i = 0; i < XM_ARRAY_LEN(cases); i++) {
		v = 99;
		CHECK_EQ_INT(xm_parse_double(cases[i].text, &v), cases[i].r);
		CHECK(v == cases[i].v);
	}
	CHECK_EQ_INT(xm_parse_double(XM_STR_OF("NaN"), &v), 0);
	CHECK(isnan(v));
	v = 99;
	CHECK_EQ_INT(xm_parse_double(XM_STR_OF("0000000000000000000000000000000000000000000000000"
					       "00000000000000"),
				     &v),
		     0);
	CHECK_EQ_INT(xm_parse_double(XM_STR_OF("0000000000000000000000000000000000000000000000000"
					       "000000000000000"),
				     &v),
		     -EINVAL);
}

static void test_parse_u64s(void)
{
	uint64_t v[4] = {};

	CHECK_EQ_INT(xm_parse_u64s(XM_STR_OF(" 1 22  333\t4444 5"), v, 4), 4);
	CHECK(v[0] == 1 && v[1] == 22 && v[2] == 333 && v[3] == 4444);
	CHECK_EQ_INT(xm_parse_u64s(XM_STR_OF("7 x 8"), v, 4), 1);
	CHECK(v[0] == 7);
	CHECK_EQ_INT(xm_parse_u64s(XM_STR_OF(""), v, 4), 0);
	CHECK_EQ_INT(xm_parse_u64s(XM_STR_OF("1"), v, 0), 0);
}

static void test_did_you_mean(void)
{
	static const char *const names[] = { "enabled", "listen", "log-level", "lists", NULL };
	static const char *const none[] = { NULL };

	CHECK_STR(xm_did_you_mean("enabledd", names), "enabled");
	CHECK_STR(xm_did_you_mean("enbaled", names), "enabled");
	CHECK_STR(xm_did_you_mean("listn", names), "listen");
	CHECK_STR(xm_did_you_mean("listss", names), "lists");
	CHECK_STR(xm_did_you_mean("loglevel", names), "log-level");
	CHECK_STR(xm_did_you_mean("enabled", names), "enabled");
	CHECK_STR(xm_did_you_mean("frequency", names), NULL);
	CHECK_STR(xm_did_you_mean("", names), NULL);
	CHECK_STR(xm_did_you_mean("x", none), NULL);
	CHECK_STR(xm_did_you_mean("a-word-that-is-longer-than-sixty-three-characters-which-"
				  "no-name-of-ours-is",
				  names),
		  NULL);
}

/* Table 3-7 of the Unicode standard */
static size_t utf8_oracle(const unsigned char *s)
{
	static const struct {
		unsigned char first[2], second[2];
		size_t n;
	} row[] = { { { 0xc2, 0xdf }, { 0x80, 0xbf }, 2 }, { { 0xe0, 0xe0 }, { 0xa0, 0xbf }, 3 },
		    { { 0xe1, 0xec }, { 0x80, 0xbf }, 3 }, { { 0xed, 0xed }, { 0x80, 0x9f }, 3 },
		    { { 0xee, 0xef }, { 0x80, 0xbf }, 3 }, { { 0xf0, 0xf0 }, { 0x90, 0xbf }, 4 },
		    { { 0xf1, 0xf3 }, { 0x80, 0xbf }, 4 }, { { 0xf4, 0xf4 }, { 0x80, 0x8f }, 4 } };

	if (s[0] < 0x80)
		return 1;
	for (size_t i = 0; i < XM_ARRAY_LEN(row); i++) {
		if (s[0] < row[i].first[0] || s[0] > row[i].first[1])
			continue;
		if (s[1] < row[i].second[0] || s[1] > row[i].second[1])
			return 0;
		for (size_t k = 2; k < row[i].n; k++)
			if (s[k] < 0x80 || s[k] > 0xbf)
				return 0;
		return row[i].n;
	}
	return 0;
}

static size_t utf8_encode(uint32_t c, char *s)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; c >>= 6)
		s[i] = (char)(0x80 | (c & 0x3f));
	s[0] = (char)(lead[n] | c);
	s[n] = 0;
	return n;
}

static void test_utf8_every_character(void)
{
	unsigned bad = 0;
	char s[8];

	for (uint32_t c = 0; c < 0x110000; c++) {
		bool surrogate = c >= 0xd800 && c <= 0xdfff;
		size_t n = utf8_encode(c, s);

		bad += xm_utf8_len(s) != (surrogate ? 0 : n);
		for (size_t cut = 1; cut < n; cut++) {
			s[cut] = 0;
			bad += xm_utf8_len(s) != 0;
			utf8_encode(c, s);
			s[cut] = 'a';
			bad += xm_utf8_len(s) != 0;
			utf8_encode(c, s);
		}
	}
	CHECK_EQ_INT(bad, 0);
}

/* All sequences of three bytes; all of four with the border cases of the last two */
static void test_utf8_malformed(void)
{
	static const unsigned char border[] = { 0, 0x7f, 0x80, 0xbf, 0xc0, 0xff };
	unsigned char s[8] = {};
	unsigned bad = 0;

	for (uint32_t i = 0; i < 1 << 24; i++) {
		s[0] = (unsigned char)(i >> 16);
		s[1] = (unsigned char)(i >> 8);
		s[2] = (unsigned char)i;
		bad += xm_utf8_len((char *)s) != utf8_oracle(s);
	}
	for (uint32_t i = 0; i < 1 << 16; i++)
		for (size_t k = 0; k < 36; k++) {
			s[0] = (unsigned char)(i >> 8);
			s[1] = (unsigned char)i;
			s[2] = border[k / 6];
			s[3] = border[k % 6];
			bad += xm_utf8_len((char *)s) != utf8_oracle(s);
		}
	CHECK_EQ_INT(bad, 0);
}

/* A text that ends where the readable memory ends */
static void test_utf8_stops_at_nul(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *last = p + page - 1;

	REQUIRE(p != MAP_FAILED);
	REQUIRE(mprotect(p + page, page, PROT_NONE) == 0);
	*last = 0;
	for (int lead = 1; lead < 256; lead++) {
		last[-1] = (char)lead;
		CHECK_EQ_INT(xm_utf8_len(last - 1), lead < 0x80);
	}
	munmap(p, 2 * page);
}

#define KEYS 3000

struct model {
	char key[KEYS][12];
	bool in[KEYS];
	uint32_t len;
};

static const void *model_key(const void *owner, uint32_t value, size_t *ret_len)
{
	const struct model *m = owner;

	*ret_len = strlen(m->key[value]);
	return m->key[value];
}

static unsigned count_wrong(const struct xm_map *map, const struct model *m)
{
	unsigned wrong = map->len != m->len;

	for (uint32_t i = 0; i < KEYS; i++)
		wrong += xm_map_find(map, m->key[i], strlen(m->key[i])) !=
			 (m->in[i] ? i : XM_MAP_NONE);
	return wrong;
}

static void test_map_random(void)
{
	_cleanup_free_ struct model *m = calloc(1, sizeof *m);
	struct xm_map map = { .key = model_key, .owner = m };
	unsigned wrong = 0, failed = 0;

	REQUIRE(m);
	for (unsigned i = 0; i < KEYS; i++)
		snprintf(m->key[i], sizeof m->key[i], "k%u", i * 7919);
	for (unsigned op = 0; op < 400000; op++) {
		uint32_t i = (uint32_t)(rnd() % KEYS);
		unsigned want_full = op / 50000 % 2; /* grow for a while, shrink for a while */

		if (!m->in[i] && rnd() % 4 < 1 + 2 * want_full) {
			failed += xm_map_add(&map, i) < 0;
			m->in[i] = true;
			m->len++;
		} else if (m->in[i] && rnd() % 4 < 3 - 2 * want_full) {
			xm_map_remove(&map, i);
			m->in[i] = false;
			m->len--;
		}
		if (op % 4096 == 0)
			wrong += count_wrong(&map, m);
	}
	wrong += count_wrong(&map, m);
	CHECK_EQ_INT(failed, 0);
	CHECK_EQ_INT(wrong, 0);
	xm_map_clear(&map);
	memset(m->in, 0, sizeof m->in);
	m->len = 0;
	CHECK_EQ_INT(count_wrong(&map, m), 0);
	xm_map_done(&map);
	CHECK_EQ_INT(count_wrong(&map, m), 0);
}

/* 48 keys in 64 slots, 2,000 times a random one goes and comes back: runs wrap round the end */
static void test_map_full(void)
{
	_cleanup_free_ struct model *m = calloc(1, sizeof *m);
	struct xm_map map = { .key = model_key, .owner = m };
	unsigned wrong = 0, failed = 0;

	REQUIRE(m);
	for (uint32_t i = 0; i < KEYS; i++)
		snprintf(m->key[i], sizeof m->key[i], "%x", i * 2654435761U);
	for (uint32_t i = 0; i < 48; i++, m->len++) {
		failed += xm_map_add(&map, i) < 0;
		m->in[i] = true;
	}
	CHECK_EQ_INT(map.cap, 64);
	for (unsigned n = 0; n < 2000; n++) {
		uint32_t i = (uint32_t)(rnd() % 48);

		xm_map_remove(&map, i);
		m->in[i] = false;
		m->len--;
		wrong += count_wrong(&map, m);
		xm_map_remove(&map, i); /* not there: nothing happens */
		failed += xm_map_add(&map, i) < 0;
		m->in[i] = true;
		m->len++;
		wrong += count_wrong(&map, m);
	}
	CHECK_EQ_INT(failed, 0);
	CHECK_EQ_INT(wrong, 0);
	xm_map_done(&map);
}

static void test_map_without_memory(void)
{
	struct model *m = calloc(1, sizeof *m);
	struct xm_map map = { .key = model_key, .owner = m };
	uint32_t added = 0;
	int r = 0;

	REQUIRE(m);
	for (uint32_t i = 0; i < KEYS; i++)
		snprintf(m->key[i], sizeof m->key[i], "%u", i);
	for (failmalloc_start(3, true); r == 0; added += r == 0)
		r = xm_map_add(&map, added);
	failmalloc_stop();
	CHECK_EQ_INT(r, -ENOMEM);
	CHECK_EQ_INT(map.len, added);
	CHECK_EQ_INT(added, 96); /* three quarters of 128 slots */
	for (; m->len < added; m->len++)
		m->in[m->len] = true;
	CHECK_EQ_INT(count_wrong(&map, m), 0);
	xm_map_done(&map);
	free(m);
}

static void test_hash(void)
{
	/* FNV-1a of "a" and of nothing, as published, then folded */
	CHECK(xm_hash("a", 1) == (0xaf63dc4c8601ec8cULL ^ 0xaf63dc4c8601ec8cULL >> 32));
	CHECK(xm_hash("", 0) == (0xcbf29ce484222325ULL ^ 0xcbf29ce484222325ULL >> 32));
}

static void test_err(void)
{
	struct xm_err e = {};

	CHECK_STR(xm_err_text(&e, -ENOENT), "No such file or directory");
	CHECK_EQ_INT(xm_fail(&e, -EACCES, "open %s", "/x"), -EACCES);
	CHECK_EQ_INT(xm_fail(&e, -EIO, "later"), -EIO);
	CHECK_EQ_INT(e.code, -EACCES);
	CHECK_STR(xm_err_text(&e, -EIO), "open /x");
}

static void test_cleanup(void)
{
	int pipes[2], kept;
	char *text = strdup("x"), *taken;

	REQUIRE(pipe(pipes) == 0);
	{
		_cleanup_close_ int closed = pipes[0], given = pipes[1];
		_cleanup_free_ char *freed = text;

		kept = TAKE_FD(given);
		taken = TAKE_PTR(freed);
		CHECK(closed == pipes[0] && given == -1 && !freed);
	}
	CHECK(fcntl(pipes[0], F_GETFD) < 0);
	CHECK(fcntl(kept, F_GETFD) >= 0);
	CHECK_STR(taken, "x");
	close(kept);
	free(taken);
}

/* What the log writes on stderr while n lines of `text` are logged */
static void capture_log(enum xm_log_level level, unsigned n, const char *text, char *out,
			size_t size)
{
	int pipes[2], saved = dup(2);
	ssize_t len;

	if (pipe2(pipes, O_NONBLOCK) < 0)
		return;
	fcntl(pipes[1], F_SETPIPE_SZ, 1 << 18);
	dup2(pipes[1], 2);
	while (n--)
		xm_log(level, "%s", text);
	dup2(saved, 2);
	len = read(pipes[0], out, size - 1);
	out[XM_MAX(len, (ssize_t)0)] = 0;
	close(saved);
	close(pipes[0]);
	close(pipes[1]);
}

static size_t count_text(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static char logged[1 << 17];

static void test_log_lines(void)
{
	static char big[3000];

	setenv("JOURNAL_STREAM", "8:1", 1);
	xm_log_open("core");
	capture_log(XM_LOG_WARNING, 1, "disk full", logged, sizeof logged);
	CHECK_STR(logged, "<4>core: disk full\n");
	capture_log(XM_LOG_DEBUG, 1, "not shown", logged, sizeof logged);
	CHECK_STR(logged, "");
	CHECK_EQ_INT(xm_log_get_level(), XM_LOG_INFO);
	xm_log_set_level(XM_LOG_DEBUG);
	capture_log(XM_LOG_DEBUG, 1, "shown", logged, sizeof logged);
	CHECK_STR(logged, "<7>core: shown\n");
	xm_log_set_level(XM_LOG_INFO);
	memset(big, 'x', sizeof big - 1);
	capture_log(XM_LOG_INFO, 1, big, logged, sizeof logged);
	CHECK(strlen(logged) > 1000 && strlen(logged) <= 1024);
	CHECK_EQ_INT(logged[strlen(logged) - 1], '\n');
	unsetenv("JOURNAL_STREAM");
	xm_log_open("web");
	capture_log(XM_LOG_ERROR, 1, "disk full", logged, sizeof logged);
	CHECK_EQ_INT(strspn(logged, "0123456789:"), 8);
	CHECK_STR(logged + 8, " web: error: disk full\n");
}

/* 100 lines a second, all errors, and word of what was dropped */
static void test_log_rate(void)
{
	uint64_t deadline = xm_mono_ns() + 5 * XM_NS_PER_SEC;
	size_t lines;

	capture_log(XM_LOG_ERROR, 350, "many", logged, sizeof logged);
	CHECK_EQ_INT(count_text(logged, "web: error: many\n"), 350);
	capture_log(XM_LOG_INFO, 350, "many", logged, sizeof logged);
	lines = count_text(logged, "web: many\n");
	CHECK(lines <= 200); /* the second may turn once in between */
	do
		capture_log(XM_LOG_INFO, 1, "again", logged, sizeof logged);
	while (!strstr(logged, " log lines dropped\n") && xm_mono_ns() < deadline);
	CHECK_CONTAINS(logged, " web: warning: ");
	CHECK_CONTAINS(logged, " log lines dropped\n");
	CHECK_CONTAINS(logged, " web: again\n");
}

int main(void)
{
	RUN(test_buf);
	RUN(test_buf_without_memory);
	RUN(test_buf_u64);
	RUN(test_buf_json);
	RUN(test_double_text);
	RUN(test_double_round_trip);
	RUN(test_double_borders);
	RUN(test_lines);
	RUN(test_words);
	RUN(test_parse_u64);
	RUN(test_parse_i64);
	RUN(test_parse_hex);
	RUN(test_parse_double);
	RUN(test_parse_u64s);
	RUN(test_did_you_mean);
	RUN(test_utf8_every_character);
	RUN(test_utf8_malformed);
	RUN(test_utf8_stops_at_nul);
	RUN(test_map_random);
	RUN(test_map_full);
	if (FAILMALLOC_WORKS)
		RUN(test_map_without_memory);
	else
		puts("skipped: test_map_without_memory, the sanitizer owns malloc");
	RUN(test_hash);
	RUN(test_err);
	RUN(test_cleanup);
	RUN(test_log_lines);
	RUN(test_log_rate);
	return check_summary();
}
