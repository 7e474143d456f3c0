/*
 * What the hot paths cost, in nanoseconds a sample, each the best of several rounds: rows into
 * series, and series into the formats, beside snprintf of the same lines. A line of output is
 * "name value".
 */
#include "base/clock.h"
#include "collect/collector.h"
#include "http/gzip.h"
#include "out/expo.h"
#include "out/record.h"
#include "out/series.h"

#define ROUNDS     15
#define MIN_NS     (20 * XM_NS_PER_MS) /* of one round */
#define DEVICES    300
#define SAMPLES    3000
#define VALUES_MAX 20000

struct narrow_row {
	char device[16];
	double value;
};

static const struct xm_field narrow_cols[] = {
	XM_FIELD(struct narrow_row, device, XM_STR, "device", .flags = XM_KEY),
	XM_FIELD(struct narrow_row, value, XM_DOUBLE, "A value.", .metric = "node_bench_narrow"),
	{}
};
static const struct xm_table narrow_table =
	XM_TABLE(struct narrow_row, "narrow", "one value a row", narrow_cols);

struct wide_row {
	char device[16];
	double a, b, c, d, e, f, g, h, i, j;
};

#define COL(m)                                                                                     \
	XM_FIELD(struct wide_row, m, XM_DOUBLE, "Total number of things done by the device.",      \
		 .metric = "node_bench_things_" #m "_total", .flags = XM_COUNTER)
static const struct xm_field wide_cols[] = { XM_FIELD(struct wide_row, device, XM_STR, "device",
						      .flags = XM_KEY),
					     COL(a),
					     COL(b),
					     COL(c),
					     COL(d),
					     COL(e),
					     COL(f),
					     COL(g),
					     COL(h),
					     COL(i),
					     COL(j),
					     {} };
static const struct xm_table wide_table =
	XM_TABLE(struct wide_row, "wide", "ten values a row", wide_cols);

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "micro: %s failed\n", what);
	exit(1);
}

/* ns a sample: fn(arg) handles n of them at a time */
static double measure(void (*fn)(void *), void *arg, double n)
{
	double best = 1e18;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = xm_clock_ns(CLOCK_THREAD_CPUTIME_ID), spent;
		double times = 0;

		do {
			fn(arg);
			times++;
			spent = xm_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
		} while (spent < MIN_NS);
		best = XM_MIN(best, (double)spent / times / n);
	}
	return best;
}

static void report(const char *name, double value)
{
	printf("%s %.1f\n", name, value);
}

static struct xm_series series;

/* Numbers as they come: counters, large and small, and seconds with a fraction */
static double some_value(unsigned i)
{
	static const double kinds[] = { 0, 7, 1234567, 98765432109, 12345.67, 0.000125 };

	return kinds[i % XM_ARRAY_LEN(kinds)] + (double)(i / XM_ARRAY_LEN(kinds));
}

static struct narrow_row narrow[SAMPLES];
static struct wide_row wide[DEVICES];

static void make_rows(void)
{
	for (unsigned i = 0; i < SAMPLES; i++) {
		snprintf(narrow[i].device, sizeof narrow[i].device, "eth%u", i);
		narrow[i].value = some_value(i);
	}
	for (unsigned i = 0; i < DEVICES; i++) {
		double *v = &wide[i].a;

		snprintf(wide[i].device, sizeof wide[i].device, "nvme%un1", i);
		for (unsigned k = 0; k < SAMPLES / DEVICES; k++)
			v[k] = some_value(i * 10 + k);
	}
}

static void add_narrow(void *arg)
{
	(void)arg;
	xm_series_begin(&series, 0);
	for (unsigned i = 0; i < SAMPLES; i++)
		need(xm_series_row(&series, &narrow_table, &narrow[i]) >= 0, "row");
	xm_series_end(&series);
}

static void add_wide(void *arg)
{
	(void)arg;
	xm_series_begin(&series, 0);
	for (unsigned i = 0; i < DEVICES; i++)
		need(xm_series_row(&series, &wide_table, &wide[i]) >= 0, "row");
	xm_series_end(&series);
}

static void open_series(void)
{
	need(xm_series_open(&series, VALUES_MAX) >= 0, "series");
	need(xm_series_source(&series, "bench") == 0, "source");
}

static void bench_rows(void)
{
	open_series();
	report("row-narrow", measure(add_narrow, NULL, SAMPLES));
	xm_series_close(&series);
	open_series();
	report("row-wide", measure(add_wide, NULL, SAMPLES));
	xm_series_close(&series);
}

/* The rows of this machine, as its collectors emit them */
static struct xm_record record = { .rows = { .data = xm_buf_empty } };

static void run_collector(const struct xm_collector *desc, const struct xm_host *host)
{
	struct xm_out out = xm_record_out(&record);
	void *conf = calloc(1, desc->conf_size + 1);
	struct xm_coll c;

	need(conf != NULL, "memory");
	xm_fields_default(desc->opts, conf);
	if (xm_coll_open(&c, desc, host, conf) >= 0 && xm_coll_run(&c, &out) < 0 && c.err.code &&
	    c.err.code != -ENOENT)
		fprintf(stderr, "micro: %s: %s\n", desc->name, c.err.msg);
	xm_coll_close(&c);
	free(conf);
}

static void add_live(void *arg)
{
	struct xm_out out = xm_series_out(&series);

	(void)arg;
	xm_series_begin(&series, 0);
	need(xm_record_replay(&record, &out) >= 0, "replay");
	xm_series_end(&series);
}

static int take_row(struct xm_out *o, const struct xm_table *t, const void *row)
{
	(void)o;
	(void)t;
	(void)row;
	return 0;
}

static int take_sample(struct xm_out *o, const struct xm_sample *s)
{
	(void)o;
	(void)s;
	return 0;
}

static void replay_only(void *arg)
{
	static const struct xm_sink nothing = { .name = "nothing",
						.row = take_row,
						.sample = take_sample };
	struct xm_out out = { .sink = &nothing, .buf = XM_BUF_INIT };

	(void)arg;
	need(xm_record_replay(&record, &out) >= 0, "replay");
}

/* Without the replaying, which the agent's sampler does not do for most rows */
static void bench_live_rows(void)
{
	struct xm_host host;
	struct xm_err err = {};
	double all, idle;

	need(xm_host_open(&host, NULL, &err) >= 0, err.msg);
	for (const struct xm_collector *const *p = xm_collectors; *p; p++)
		run_collector(*p, &host);
	open_series();
	all = measure(add_live, NULL, 1);
	idle = measure(replay_only, NULL, 1);
	report("row-live", (all - idle) / series.n_series);
	report("row-live-samples", series.n_series);
	report("row-live-rows", record.n);
	xm_series_close(&series);
	xm_record_done(&record);
	xm_host_close(&host);
}

struct rendering {
	const struct xm_layout *layout;
	enum xm_expo_format format;
	struct xm_expo expo;
	struct xm_buf text, packed;
	struct xm_gzip *gzip;
};

static void render(void *arg)
{
	struct rendering *r = arg;

	xm_buf_reset(&r->text);
	if (r->format == XM_EXPO_PROTOBUF)
		need(xm_expo_protobuf(r->layout, series.value, NULL, &r->text) >= 0, "protobuf");
	else
		need(xm_expo_text(&r->expo, r->layout, series.value, NULL, r->format, &r->text) >=
			     0,
		     "text");
}

static void prepare(void *arg)
{
	struct rendering *r = arg;

	xm_expo_close(&r->expo);
	need(xm_expo_open(&r->expo, r->layout, r->format) >= 0, "expo");
}

static void pack(void *arg)
{
	struct rendering *r = arg;

	xm_buf_reset(&r->packed);
	need(xm_gzip_add(r->gzip, r->text.data, r->text.len, &r->packed) >= 0, "gzip");
}

/* The obvious way to write the same lines */
static void print_lines(void *arg)
{
	static char text[SAMPLES * 128];
	size_t at = 0;

	(void)arg;
	for (unsigned k = 0; k < SAMPLES / DEVICES; k++) {
		at += (size_t)snprintf(text + at, sizeof text - at,
				       "# HELP node_bench_things_%c_total %s\n"
				       "# TYPE node_bench_things_%c_total counter\n",
				       'a' + k, wide_cols[k + 1].help, 'a' + k);
		for (unsigned i = 0; i < DEVICES; i++)
			at += (size_t)snprintf(text + at, sizeof text - at,
					       "node_bench_things_%c_total{device=\"%s\"} %.17g\n",
					       'a' + k, wide[i].device, (&wide[i].a)[k]);
	}
	need(at < sizeof text, "snprintf");
}

static void bench_renderings(void)
{
	static const char *const name[] = { "text", "openmetrics", "protobuf" };
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT;
	struct rendering r = { .text = XM_BUF_INIT, .packed = XM_BUF_INIT };

	open_series();
	add_wide(NULL);
	need(xm_gzip_new(1, &r.gzip) >= 0, "gzip");
	need(xm_series_layout(&series, &layout) >= 0, "layout");
	r.layout = (const void *)layout.data;
	report("snprintf", measure(print_lines, NULL, SAMPLES));
	for (r.format = XM_EXPO_TEXT; r.format < XM_EXPO_FORMATS; r.format++) {
		if (r.format != XM_EXPO_PROTOBUF)
			prepare(&r);
		report(name[r.format], measure(render, &r, SAMPLES));
		if (r.format != XM_EXPO_TEXT)
			continue;
		report("text-bytes", (double)r.text.len / SAMPLES);
		report("gzip", measure(pack, &r, SAMPLES));
		report("gzip-bytes", (double)r.packed.len / SAMPLES);
		report("text-prepare", measure(prepare, &r, SAMPLES));
	}
	xm_expo_close(&r.expo);
	xm_gzip_free(r.gzip);
	xm_buf_done(&r.text);
	xm_buf_done(&r.packed);
	xm_series_close(&series);
}

int main(void)
{
	make_rows();
	bench_rows();
	bench_live_rows();
	bench_renderings();
	return 0;
}
