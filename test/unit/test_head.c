/*
 * The live head between one writer and readers that nobody makes wait: what a reader gets is one
 * row of one moment with the layout that belongs to it, however fast the writer is.
 */
#include "agent/head.h"
#include "base/clock.h"
#include "exposition.h"
#include <pthread.h>
#include <sys/mman.h>

#ifdef __has_feature
#define TSAN __has_feature(thread_sanitizer)
#elif defined(__SANITIZE_THREAD__)
#define TSAN 1
#else
#define TSAN 0
#endif

/* Layout k has k gauges, "n"{i="0"} … ; k itself is in the help of another family */
#define LAYOUTS 40

struct layouts {
	struct xm_buf block[LAYOUTS];
};

static void make_layout(unsigned k, struct xm_buf *ret)
{
	struct xm_series s;
	char labels[32];

	CHECK_EQ_INT(xm_series_open(&s, 1000), 0);
	xm_series_begin(&s, (uint32_t)xm_series_source(&s, "x"));
	for (unsigned i = 0; i < 20 * k + 4; i++) {
		snprintf(labels, sizeof labels, "i=\"%u\",k=\"%u\"", i, k);
		put_gauge(&s, "n", labels, 0);
	}
	xm_series_end(&s);
	*ret = XM_BUF_INIT;
	CHECK_EQ_INT(xm_series_layout(&s, ret), 0);
	xm_series_close(&s);
}

/* A row that tells by itself whether it is whole: its tick, its layout, and numbers from these */
static unsigned make_row(double *value, uint64_t tick, unsigned k)
{
	unsigned n = 20 * k + 4;

	value[0] = (double)tick;
	value[1] = k;
	for (unsigned i = 2; i < n; i++)
		value[i] = (double)(tick * 31 + i * 7 + k);
	return n;
}

static bool row_is_whole(const struct xm_snapshot *s)
{
	const struct xm_layout *l = xm_snapshot_layout(s);
	const struct xm_layout_family *f = xm_layout_find(l, "n");
	uint64_t tick = (uint64_t)s->value[0];
	unsigned k = (unsigned)s->value[1];
	char text[16];

	if (!f || tick != s->tick || k >= LAYOUTS || s->n_values != 20 * k + 4 ||
	    l->n_values != s->n_values || f->n != s->n_values || s->wall_ns != tick * 1000 ||
	    s->mono_ns != tick * 10)
		return false;
	for (unsigned i = 2; i < s->n_values; i++)
		if (s->value[i] != (double)(tick * 31 + i * 7 + k))
			return false;
	xm_label_value(xm_layout_text(l, xm_layout_samples(l)[f->first + f->n - 1].labels), "k",
		       text, sizeof text);
	return (unsigned)atoi(text) == k;
}

struct head {
	struct xm_head_memory *memory;
	const struct xm_head_memory *read_only;
	int fd;
};

static void open_head(struct head *h)
{
	CHECK_EQ_INT(xm_head_create(&h->memory, &h->fd), 0);
	CHECK_EQ_INT(xm_head_map(h->fd, &h->read_only), 0);
}

static void close_head(struct head *h)
{
	xm_head_unmap(h->memory);
	xm_head_unmap(h->read_only);
	close(h->fd);
}

static void publish(struct head *h, uint64_t tick, unsigned k)
{
	static double value[XM_HEAD_VALUES_MAX];
	unsigned n = make_row(value, tick, k);

	xm_head_publish(h->memory, value, n, tick * 1000, tick * 10);
}

static void test_one_after_the_other(void)
{
	struct xm_buf layout[2];
	struct xm_snapshot s;
	struct head h;

	open_head(&h);
	for (unsigned k = 0; k < 2; k++)
		make_layout(k, &layout[k]);
	CHECK_EQ_INT(xm_snapshot_open(&s), 0);
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), -EAGAIN); /* nothing yet */
	CHECK_EQ_INT(xm_head_set_layout(h.memory, layout[0].data, layout[0].len), 0);
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), -EAGAIN);
	publish(&h, 1, 0);
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), 1);
	CHECK(row_is_whole(&s));
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), 0);
	for (uint64_t tick = 2; tick < 20; tick++) {
		publish(&h, tick, 0);
		if (tick % 5)
			continue; /* a reader may leave rows out */
		CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), 1);
		CHECK_EQ_INT(s.tick, tick);
		CHECK(row_is_whole(&s));
	}
	CHECK_EQ_INT(xm_head_set_layout(h.memory, layout[1].data, layout[1].len), 0);
	publish(&h, 20, 1);
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), 1);
	CHECK(row_is_whole(&s));
	xm_snapshot_close(&s);
	for (unsigned k = 0; k < 2; k++)
		xm_buf_done(&layout[k]);
	close_head(&h);
}

/* A new layout whose row is not there yet, or one that is being written: who has a row keeps it */
static void test_layout_without_row(void)
{
	struct xm_buf layout[2];
	struct xm_snapshot s, fresh;
	struct head h;

	open_head(&h);
	for (unsigned k = 0; k < 2; k++)
		make_layout(k, &layout[k]);
	CHECK_EQ_INT(xm_snapshot_open(&s), 0);
	CHECK_EQ_INT(xm_snapshot_open(&fresh), 0);
	CHECK_EQ_INT(xm_head_set_layout(h.memory, layout[0].data, layout[0].len), 0);
	publish(&h, 1, 0);
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), 1);
	publish(&h, 2, 0);
	CHECK_EQ_INT(xm_head_set_layout(h.memory, layout[1].data, layout[1].len), 0);
	CHECK_EQ_INT(xm_snapshot_read(&fresh, h.read_only), -EAGAIN);
	CHECK_EQ_INT(fresh.tick, 0);
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), 1); /* it knows the older layout */
	CHECK(row_is_whole(&s));
	atomic_fetch_add(&h.memory->layout_seq, 1); /* as in the middle of a change */
	CHECK_EQ_INT(xm_snapshot_read(&fresh, h.read_only), -EAGAIN);
	atomic_fetch_sub(&h.memory->layout_seq, 1);
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), 0);
	CHECK(row_is_whole(&s));
	publish(&h, 3, 1);
	atomic_fetch_add(&h.memory->layout_seq, 1);
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), 0); /* overtaken: still the row before */
	CHECK_EQ_INT(s.tick, 2);
	CHECK(row_is_whole(&s));
	atomic_fetch_sub(&h.memory->layout_seq, 1);
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), 1);
	CHECK(row_is_whole(&s));
	CHECK_EQ_INT(xm_snapshot_read(&fresh, h.read_only), 1);
	CHECK(row_is_whole(&fresh));
	xm_snapshot_close(&s);
	xm_snapshot_close(&fresh);
	for (unsigned k = 0; k < 2; k++)
		xm_buf_done(&layout[k]);
	close_head(&h);
}

/* Memory that a broken core has filled: nothing of it is believed */
static void test_rubbish(void)
{
	struct xm_buf layout;
	struct xm_snapshot s;
	struct head h;

	open_head(&h);
	make_layout(1, &layout);
	CHECK_EQ_INT(xm_snapshot_open(&s), 0);
	CHECK_EQ_INT(xm_head_set_layout(h.memory, layout.data, layout.len), 0);
	publish(&h, 1, 1);
	h.memory->layout_size = XM_HEAD_LAYOUT_MAX + 1;
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), -EAGAIN);
	h.memory->layout_size = (uint32_t)layout.len - 1;
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), -EAGAIN);
	h.memory->layout_size = (uint32_t)layout.len;
	h.memory->layout[3] ^= 0x40;
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), -EAGAIN);
	h.memory->layout[3] ^= 0x40;
	h.memory->row[0].n_values = 3; /* fewer than the layout speaks of */
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), -EAGAIN);
	h.memory->row[0].n_values = UINT32_MAX; /* more than there is room for */
	CHECK_EQ_INT(xm_snapshot_read(&s, h.read_only), 1);
	CHECK_EQ_INT(s.n_values, XM_HEAD_VALUES_MAX);
	xm_snapshot_close(&s);
	xm_buf_done(&layout);
	close_head(&h);
}

static void test_too_large(void)
{
	static double value[XM_HEAD_VALUES_MAX + 10];
	struct head h;

	open_head(&h);
	CHECK_EQ_INT(xm_head_set_layout(h.memory, value, XM_HEAD_LAYOUT_MAX + 1), -E2BIG);
	xm_head_publish(h.memory, value, XM_HEAD_VALUES_MAX + 10, 0, 0);
	CHECK_EQ_INT(h.memory->row[0].n_values, XM_HEAD_VALUES_MAX);
	close_head(&h);
}

/* The one who got the descriptor can do nothing to the one who writes */
static void test_reader_cannot_write(void)
{
	struct head h;

	open_head(&h);
	CHECK(mprotect((void *)h.read_only, 4096, PROT_READ | PROT_WRITE) < 0);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, h.fd, 0) == MAP_FAILED);
	CHECK(ftruncate(h.fd, 0) < 0);
	CHECK(write(h.fd, "x", 1) < 0);
	close_head(&h);
}

#define READERS 3
#define ENOUGH  3000 /* rows that each reader must have seen whole */

struct reader {
	struct head *head;
	pthread_t thread;
	uint64_t whole, torn, backwards, layouts;
	_Atomic bool done;
};

static void *reader_main(void *arg)
{
	struct reader *r = arg;
	uint64_t last = 0, layout = 0, until = xm_mono_ns() + 60 * XM_NS_PER_SEC;
	struct xm_snapshot s;

	CHECK_EQ_INT(xm_snapshot_open(&s), 0);
	while (r->whole < ENOUGH && xm_mono_ns() < until) {
		int n = xm_snapshot_read(&s, r->head->read_only);

		if (n <= 0 && s.tick && !row_is_whole(&s))
			r->torn++;
		if (n <= 0)
			continue;
		if (row_is_whole(&s))
			r->whole++;
		else
			r->torn++;
		r->backwards += s.tick <= last;
		last = s.tick;
		r->layouts += s.layout_seq != layout;
		layout = s.layout_seq;
	}
	xm_snapshot_close(&s);
	r->done = true;
	return NULL;
}

static bool all_done(const struct reader *reader)
{
	for (unsigned i = 0; i < READERS; i++)
		if (!reader[i].done)
			return false;
	return true;
}

/* As fast as it can, with now and then another layout, until every reader has had enough */
static uint64_t write_for(struct reader *reader, struct head *h, const struct layouts *layouts)
{
	uint64_t tick = 0;
	unsigned k = 0;

	while (!all_done(reader)) {
		if (tick % 16 == 0) {
			k = (k + 1) % LAYOUTS;
			CHECK_EQ_INT(xm_head_set_layout(h->memory, layouts->block[k].data,
							layouts->block[k].len),
				     0);
		}
		publish(h, ++tick, k);
	}
	return tick;
}

static void test_full_speed(void)
{
	struct reader reader[READERS] = {};
	struct layouts layouts;
	struct head h;
	uint64_t ticks;

	if (TSAN) {
		printf("skipped under this sanitizer: it does not know sequence locks\n");
		return;
	}
	open_head(&h);
	for (unsigned k = 0; k < LAYOUTS; k++)
		make_layout(k, &layouts.block[k]);
	for (unsigned i = 0; i < READERS; i++) {
		reader[i].head = &h;
		CHECK_EQ_INT(pthread_create(&reader[i].thread, NULL, reader_main, &reader[i]), 0);
	}
	ticks = write_for(reader, &h, &layouts);
	for (unsigned i = 0; i < READERS; i++) {
		pthread_join(reader[i].thread, NULL);
		CHECK_EQ_INT(reader[i].torn, 0);
		CHECK_EQ_INT(reader[i].backwards, 0);
		CHECK_EQ_INT(reader[i].whole, ENOUGH);
		CHECK(reader[i].layouts > 10);
		printf("reader: %" PRIu64 " rows, %" PRIu64 " layouts\n", reader[i].whole,
		       reader[i].layouts);
	}
	printf("writer: %" PRIu64 " rows\n", ticks);
	for (unsigned k = 0; k < LAYOUTS; k++)
		xm_buf_done(&layouts.block[k]);
	close_head(&h);
}

int main(void)
{
	RUN(test_one_after_the_other);
	RUN(test_layout_without_row);
	RUN(test_rubbish);
	RUN(test_too_large);
	RUN(test_reader_cannot_write);
	RUN(test_full_speed);
	return check_summary();
}
