/* A layout is one block of memory that another process wrote: whole ones are read, broken ones are
 * refused, and none makes a reader leave the block. */
#include "exposition.h"

struct reader {
	uint64_t accepted, refused, bytes;
};

static void put_some_series(struct xm_series *s)
{
	CHECK_EQ_INT(xm_series_open(s, 100), 0);
	xm_series_begin(s, (uint32_t)xm_series_source(s, "first"));
	put_gauge(s, "load", "", 1.5);
	put_gauge(s, "temp", "chip=\"a\\\"b\",sensor=\"t1\"", 40);
	put_gauge(s, "temp", "chip=\"c\",sensor=\"t2\"", 41);
	xm_series_end(s);
	xm_series_begin(s, (uint32_t)xm_series_source(s, "second"));
	put_sample(s, "h", "_bucket", XM_METRIC_HISTOGRAM, "le=\"1\"", 3);
	put_sample(s, "h", "_sum", XM_METRIC_HISTOGRAM, "", 4);
	put_sample(s, "reads_total", "", XM_METRIC_COUNTER, "", 5);
	xm_series_end(s);
}

/* Look at everything a layout says, as web does. Under ASan, leaving the block ends the program. */
static void read_all(const struct xm_layout *l, struct reader *ret)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
	double *values = calloc(l->n_values + 1, sizeof *values);
	struct xm_expo expo;

	/* only as many as there are: one byte more is not ours */
	values = reallocarray(values, XM_MAX(l->n_values, 1), sizeof *values);
	for (uint32_t i = 0; i < l->n_sources; i++)
		ret->bytes += strlen(xm_layout_source(l, i));
	for (int f = XM_EXPO_TEXT; f <= XM_EXPO_OPENMETRICS; f++) {
		if (xm_expo_open(&expo, l, (enum xm_expo_format)f) < 0)
			continue;
		CHECK_EQ_INT(xm_expo_text(&expo, l, values, NULL, (enum xm_expo_format)f, &text),
			     0);
		xm_expo_close(&expo);
	}
	CHECK_EQ_INT(xm_expo_protobuf(l, values, NULL, &text), 0);
	(void)xm_layout_find(l, "temp");
	(void)xm_layout_find(l, "zzz");
	free(values);
	ret->accepted++;
}

/* A copy of exactly so many bytes */
static void try(const void *layout, size_t size, struct reader *ret)
{
	void *copy = malloc(XM_MAX(size, 1));

	memcpy(copy, layout, size);
	if (size < sizeof(struct xm_layout) || !xm_layout_valid(copy, size))
		ret->refused++;
	else if (((struct xm_layout *)copy)->n_values < 100000)
		read_all(copy, ret);
	free(copy);
}

static void open_layout(struct xm_series *s, struct xm_buf *layout)
{
	put_some_series(s);
	CHECK_EQ_INT(xm_series_layout(s, layout), 0);
}

static void test_whole(void)
{
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT;
	struct xm_series s;
	const struct xm_layout *l;
	const struct xm_layout_family *f;

	open_layout(&s, &layout);
	l = (const void *)layout.data;
	CHECK(xm_layout_valid(l, layout.len));
	CHECK_EQ_INT(l->n_sources, 2);
	CHECK_STR(xm_layout_source(l, 1), "second");
	CHECK_EQ_INT(l->n_families, 4);
	CHECK_EQ_INT(l->n_samples, 6);
	CHECK_EQ_INT(l->n_values, 6);
	f = xm_layout_find(l, "temp");
	REQUIRE(f);
	CHECK_EQ_INT(f->n, 2);
	CHECK_EQ_INT(f->type, XM_METRIC_GAUGE);
	CHECK_STR(xm_layout_text(l, xm_layout_samples(l)[f->first].labels),
		  "chip=\"a\\\"b\",sensor=\"t1\"");
	CHECK(!xm_layout_find(l, "tem") && !xm_layout_find(l, "temp2") && !xm_layout_find(l, ""));
	xm_series_close(&s);
}

static void test_empty(void)
{
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT;
	struct reader reader = {};
	struct xm_series s;

	CHECK_EQ_INT(xm_series_open(&s, 100), 0);
	CHECK_EQ_INT(xm_series_layout(&s, &layout), 0);
	CHECK(!xm_layout_valid((const void *)layout.data, layout.len)); /* not even a NUL in it */
	CHECK_EQ_INT(xm_series_source(&s, "x"), 0);
	CHECK_EQ_INT(xm_series_layout(&s, &layout), 0);
	try(layout.data, layout.len, &reader);
	CHECK_EQ_INT(reader.accepted, 1);
	xm_series_close(&s);
}

static void test_truncated(void)
{
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT;
	struct reader reader = {};
	struct xm_series s;

	open_layout(&s, &layout);
	for (size_t n = 0; n < layout.len; n++)
		try(layout.data, n, &reader);
	CHECK_EQ_INT(reader.refused, layout.len);
	/* also when the size in it is the one that is there */
	for (size_t n = sizeof(struct xm_layout); n < layout.len; n++) {
		((struct xm_layout *)layout.data)->size = (uint32_t)n;
		try(layout.data, n, &reader);
	}
	xm_series_close(&s);
}

/* Each 32-bit word set to each of these; texts are hit too, which does no harm */
static void test_words(void)
{
	static const uint32_t odd[] = { 0,          1,          3,          4,
					0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffc,
					0xffffffff, 0x55555555, 1000,       65536 };
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT;
	struct reader reader = {};
	struct xm_series s;

	open_layout(&s, &layout);
	for (size_t at = 0; at + 4 <= layout.len; at++)
		for (unsigned i = 0; i < XM_ARRAY_LEN(odd); i++) {
			char saved[4];

			memcpy(saved, layout.data + at, 4);
			memcpy(layout.data + at, &odd[i], 4);
			try(layout.data, layout.len, &reader);
			memcpy(layout.data + at, saved, 4);
		}
	CHECK(reader.refused > 500);
	CHECK(reader.accepted > 500);
	xm_series_close(&s);
}

static uint32_t pick(uint32_t n)
{
	static uint64_t x = 0x9e3779b97f4a7c15ULL;

	x = x * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(x >> 33) % n;
}

static void test_several_bytes(void)
{
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT, copy = XM_BUF_INIT;
	struct reader reader = {};
	struct xm_series s;

	open_layout(&s, &layout);
	for (unsigned i = 0; i < 20000; i++) {
		xm_buf_reset(&copy);
		xm_buf_add(&copy, layout.data, layout.len);
		for (unsigned n = 1 + pick(6); n; n--)
			copy.data[pick((uint32_t)copy.len)] = (char)pick(256);
		copy.data[copy.len - 1] = 0;
		try(copy.data, copy.len, &reader);
	}
	CHECK(reader.refused > 1000);
	CHECK(reader.accepted > 1000);
	xm_series_close(&s);
}

/* What each check of the validity is for */
static void test_refused(void)
{
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT;
	struct xm_layout *l, saved;
	struct xm_layout_sample *sample;
	struct xm_layout_family *family;
	struct xm_series s;

	open_layout(&s, &layout);
	l = (void *)layout.data;
	saved = *l;
	sample = (void *)(layout.data + l->samples);
	family = (void *)(layout.data + l->families);
#define REFUSES(change, undo)                                                                      \
	do {                                                                                       \
		change;                                                                            \
		CHECK(!xm_layout_valid(l, layout.len));                                            \
		undo;                                                                              \
		CHECK(xm_layout_valid(l, layout.len));                                             \
	} while (0)
	REFUSES(l->size++, *l = saved);
	REFUSES(l->n_families = UINT32_MAX / 20 + 2, *l = saved); /* times 20: wraps to little */
	REFUSES(l->n_samples = 1U << 28, *l = saved);
	REFUSES(l->n_sources = 1U << 30, *l = saved);
	REFUSES(l->samples++, *l = saved);
	REFUSES(l->families = (uint32_t)layout.len & ~3U, *l = saved);
	REFUSES(l->n_values--, *l = saved);
	REFUSES(sample->labels += (uint32_t)layout.len, sample->labels -= (uint32_t)layout.len);
	REFUSES(sample->source += 2, sample->source -= 2);
	REFUSES(family->n += 6, family->n -= 6);
	REFUSES(family->first = UINT32_MAX, family->first = 0);
	REFUSES(layout.data[layout.len - 1] = 'x', layout.data[layout.len - 1] = 0);
	xm_series_close(&s);
}

static void test_labels(void)
{
	const char *labels = "a=\"1\",b=\"x\\\"y,c=\\\"\",c=\"\"", *rest = labels;
	struct xm_str name, value;
	char buf[16];

	CHECK(xm_label_next(&rest, &name, &value));
	CHECK(xm_str_eq(name, "a") && xm_str_eq(value, "1"));
	CHECK(xm_label_next(&rest, &name, &value));
	CHECK(xm_str_eq(name, "b") && xm_str_eq(value, "x\\\"y,c=\\\""));
	CHECK(xm_label_next(&rest, &name, &value));
	CHECK(xm_str_eq(name, "c") && value.n == 0);
	CHECK(!xm_label_next(&rest, &name, &value));
	xm_label_value(labels, "b", buf, sizeof buf);
	CHECK_STR(buf, "x\"y,c=\"");
	xm_label_value(labels, "b", buf, 4);
	CHECK_STR(buf, "x\"y");
	xm_label_value("a=\"1\\n2\\\\3\"", "a", buf, sizeof buf);
	CHECK_STR(buf, "1\n2\\3");
	xm_label_value(labels, "none", buf, sizeof buf);
	CHECK_STR(buf, "");
	static const char *const broken[] = { "", ",", "a", "a=", "a=\"", "a=\"b", "a=\"b\\", "=" };
	for (unsigned i = 0; i < XM_ARRAY_LEN(broken); i++) {
		rest = broken[i];
		CHECK(!xm_label_next(&rest, &name, &value));
	}
}

static void test_absent(void)
{
	double nan = strtod("nan", NULL);

	CHECK(xm_absent() != xm_absent()); /* NaN */
	CHECK(xm_is_absent(xm_absent()));
	CHECK(!xm_is_absent(nan) && !xm_is_absent(-nan) && !xm_is_absent(0));
}

int main(void)
{
	RUN(test_whole);
	RUN(test_empty);
	RUN(test_truncated);
	RUN(test_words);
	RUN(test_several_bytes);
	RUN(test_refused);
	RUN(test_labels);
	RUN(test_absent);
	return check_summary();
}
