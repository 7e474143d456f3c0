/* The charts of the dashboard, drawn from rows whose numbers are known. */
#include "agent/chart.h"
#include "agent/chart_defs.h"
#include "exposition.h"
#include <math.h>

/* Charts, and the snapshot that they are drawn from: made of series like the agent's */
struct stage {
	struct xm_charts charts;
	struct xm_series series;
	struct xm_snapshot snapshot;
	uint64_t generation;
	struct xm_buf text;
};

#define T0 1700000000ULL

static void open_stage(struct stage *t)
{
	*t = (struct stage){ .text = XM_BUF_INIT };
	CHECK_EQ_INT(xm_charts_open(&t->charts), 0);
	CHECK_EQ_INT(xm_series_open(&t->series, 1000), 0);
	CHECK_EQ_INT(xm_series_source(&t->series, "x"), 0);
	CHECK_EQ_INT(xm_snapshot_open(&t->snapshot), 0);
	t->snapshot.wall_ns = T0 * XM_NS_PER_SEC;
	t->snapshot.mono_ns = 1000 * XM_NS_PER_SEC;
}

static void close_stage(struct stage *t)
{
	xm_charts_close(&t->charts);
	xm_series_close(&t->series);
	xm_snapshot_close(&t->snapshot);
	xm_buf_done(&t->text);
}

#define STAGE(t)                                                                                   \
	_cleanup_(close_stage) struct stage t;                                                     \
	open_stage(&t)

static void begin(struct stage *t)
{
	xm_series_begin(&t->series, 0);
}

/* Values like "device=\"sda\"" are the labels */
static void put(struct stage *t, const char *family, const char *labels, double value)
{
	CHECK_EQ_INT(put_gauge(&t->series, family, labels, value), 0);
}

/* End the row, which is this much later than the one before, and draw it */
static void draw_after(struct stage *t, double wall_seconds, double mono_seconds)
{
	struct xm_snapshot *s = &t->snapshot;

	xm_series_end(&t->series);
	if (t->generation != t->series.generation) {
		CHECK_EQ_INT(xm_series_layout(&t->series, &s->layout_text), 0);
		s->layout_seq += 2;
		t->generation = t->series.generation;
	}
	memcpy(s->value, t->series.value, t->series.n_values * sizeof *s->value);
	s->n_values = t->series.n_values;
	s->wall_ns += (uint64_t)(int64_t)(wall_seconds * 1e9);
	s->mono_ns += (uint64_t)(mono_seconds * 1e9);
	s->tick++;
	CHECK_EQ_INT(xm_charts_add(&t->charts, s), 0);
}

static void draw(struct stage *t)
{
	draw_after(t, 1, 1);
}

static unsigned find_chart(struct stage *t, const char *id)
{
	for (unsigned i = 0; i < t->charts.n_charts; i++)
		if (!strcmp(t->charts.chart[i].def->id, id))
			return i;
	CHECK(!"there is such a chart");
	return 0;
}

/* The series of a chart as "name=v,v,… name=v,…", as far back as there are points */
static const char *history(struct stage *t, const char *id)
{
	const struct xm_charts *c = &t->charts;
	const struct xm_chart *chart = &c->chart[find_chart(t, id)];

	xm_buf_reset(&t->text);
	for (unsigned k = 0; k < chart->n_series; k++) {
		xm_buf_addf(&t->text, "%s%s=", k ? " " : "", chart->series[k]->name);
		for (unsigned n = 0; n < c->n; n++) {
			float v = chart->series[k]->point[(c->at + XM_CHART_POINTS - c->n + 1 + n) %
							  XM_CHART_POINTS];

			xm_buf_addf(&t->text, isnan(v) ? "%s-" : "%s%.5g", n ? "," : "", (double)v);
		}
	}
	return t->text.data;
}

static void load_row(struct stage *t, double v)
{
	begin(t);
	put(t, "node_load1", "", v);
	put(t, "node_load5", "", v + 1);
}

static void test_gauges(void)
{
	STAGE(t);

	for (unsigned i = 1; i <= 3; i++) {
		load_row(&t, i);
		draw(&t);
	}
	CHECK_STR(history(&t, "load"), "1 min=1,2,3 5 min=2,3,4");
	CHECK_STR(history(&t, "disk_util"), "");
}

static void counter_row(struct stage *t, double switches, double interrupts)
{
	begin(t);
	put(t, "node_context_switches_total", "", switches);
	put(t, "node_intr_total", "", interrupts);
}

static void test_rates(void)
{
	STAGE(t);

	counter_row(&t, 1000, 50);
	draw(&t); /* nothing to compare with */
	counter_row(&t, 1500, 50);
	draw(&t);
	counter_row(&t, 1600, 60);
	draw_after(&t, 1, 1.25); /* it took longer than a second */
	counter_row(&t, 10, 70);
	draw(&t); /* the first one went backwards */
	counter_row(&t, 20, 75);
	draw(&t);
	CHECK_STR(history(&t, "switches"), "switches=-,500,80,-,10 interrupts=-,0,8,10,5");
}

static void cpu_row(struct stage *t, double user, double system, double idle)
{
	begin(t);
	put(t, "node_cpu_seconds_total", "cpu=\"0\",mode=\"idle\"", 100 + idle);
	put(t, "node_cpu_seconds_total", "cpu=\"0\",mode=\"user\"", 10 + user / 2);
	put(t, "node_cpu_seconds_total", "cpu=\"0\",mode=\"system\"", 20 + system);
	put(t, "node_cpu_seconds_total", "cpu=\"1\",mode=\"idle\"", 1000);
	put(t, "node_cpu_seconds_total", "cpu=\"1\",mode=\"user\"", 30 + user / 2);
	put(t, "node_cpu_seconds_total", "cpu=\"1\",mode=\"system\"", 5);
}

/* Of all CPUs' time; idle counts, but is not drawn */
static void test_share(void)
{
	STAGE(t);

	cpu_row(&t, 0, 0, 0);
	draw(&t);
	cpu_row(&t, 0.5, 0.25, 0.25);
	draw(&t);
	cpu_row(&t, 0.5, 0.25, 2.25);
	draw(&t);
	cpu_row(&t, 0.5, 0.25, 2.25); /* no time has passed: no share of it */
	draw(&t);
	CHECK_STR(history(&t, "cpu"), "user=-,50,0,- system=-,25,0,-");
}

static void await_row(struct stage *t, double reads, double read_time, double writes,
		      double write_time)
{
	begin(t);
	put(t, "node_disk_reads_completed_total", "device=\"sda\"", reads);
	put(t, "node_disk_writes_completed_total", "device=\"sda\"", writes);
	put(t, "node_disk_read_time_seconds_total", "device=\"sda\"", read_time);
	put(t, "node_disk_write_time_seconds_total", "device=\"sda\"", write_time);
}

static void test_divisor(void)
{
	STAGE(t);

	await_row(&t, 0, 0, 0, 0);
	draw(&t);
	await_row(&t, 10, 0.5, 30, 1.5);
	draw(&t); /* 2 s for 40 requests */
	await_row(&t, 10, 0.5, 30, 1.5);
	draw(&t); /* none: not a gap, and not a division by zero */
	await_row(&t, 11, 1, 30, 1.5);
	draw_after(&t, 2, 2); /* half a request a second, however long it took */
	CHECK_STR(history(&t, "disk_await"), "sda=-,0.05,0,-,0.5");
}

static void test_divided_gauges(void)
{
	STAGE(t);

	begin(&t);
	put(&t, "node_filesystem_size_bytes", "device=\"a\",mountpoint=\"/\"", 200);
	put(&t, "node_filesystem_free_bytes", "device=\"a\",mountpoint=\"/\"", 50);
	put(&t, "node_filesystem_size_bytes", "device=\"b\",mountpoint=\"/srv\"", 0);
	put(&t, "node_filesystem_free_bytes", "device=\"b\",mountpoint=\"/srv\"", 0);
	draw(&t);
	CHECK_STR(history(&t, "fs"), "/=75 /srv=0");
}

static void test_sum_of_terms(void)
{
	STAGE(t);

	begin(&t);
	put(&t, "node_memory_MemTotal_bytes", "", 1000);
	put(&t, "node_memory_MemFree_bytes", "", 300);
	put(&t, "node_memory_Buffers_bytes", "", 50);
	put(&t, "node_memory_Cached_bytes", "", 150);
	draw(&t); /* without SReclaimable, which old kernels have not */
	CHECK_STR(history(&t, "memory"), "used=500 cache=200 free=300");
}

/* A second without a row is a gap; a rate is then taken over both */
static void test_gap(void)
{
	STAGE(t);

	counter_row(&t, 0, 0);
	draw(&t);
	counter_row(&t, 100, 0);
	draw(&t);
	counter_row(&t, 400, 0);
	draw_after(&t, 3, 3);
	CHECK_STR(history(&t, "switches"), "switches=-,100,-,-,100 interrupts=-,0,-,-,0");
	CHECK_EQ_INT(t.charts.second, T0 + 5);
}

/* The wall clock is set: the points go on, one a row, and the rates are right */
static void test_clock_is_set(void)
{
	static const double jump[] = { -3600, 0.4, 86400, -1 };
	STAGE(t);

	counter_row(&t, 0, 0);
	draw(&t);
	for (unsigned i = 0; i < XM_ARRAY_LEN(jump); i++) {
		counter_row(&t, 100 * (i + 1), 0);
		draw_after(&t, jump[i], 1);
	}
	CHECK_STR(history(&t, "switches"), "switches=-,100,100,100,100 interrupts=-,0,0,0,0");
	CHECK_EQ_INT(t.charts.second, T0 + 1 - 3600 + 86400 - 1);
}

static void test_row_drawn_once(void)
{
	STAGE(t);

	load_row(&t, 1);
	draw(&t);
	CHECK_EQ_INT(xm_charts_add(&t.charts, &t.snapshot), 0);
	CHECK_STR(history(&t, "load"), "1 min=1 5 min=2");
}

static void disk_row(struct stage *t, unsigned from, unsigned to, double v)
{
	char labels[32];

	begin(t);
	for (unsigned i = from; i < to; i++) {
		snprintf(labels, sizeof labels, "device=\"sd%u\"", i);
		put(t, "node_disk_io_time_seconds_total", labels, v);
	}
}

static void test_too_many_devices(void)
{
	STAGE(t);

	disk_row(&t, 0, XM_CHART_SERIES + 4, 1);
	draw(&t);
	disk_row(&t, 0, XM_CHART_SERIES + 4, 1.5);
	draw(&t);
	CHECK_EQ_INT(t.charts.chart[find_chart(&t, "disk_util")].n_series, XM_CHART_SERIES);
	CHECK_CONTAINS(history(&t, "disk_util"), "sd0=-,50 sd1=-,50 ");
	CHECK_CONTAINS(history(&t, "disk_util"), "sd15=-,50");
	CHECK(!strstr(history(&t, "disk_util"), "sd16"));
}

/* A device that has gone is drawn until its last point has left, then makes room for another */
static void test_forgotten_device(void)
{
	unsigned disk;
	STAGE(t);

	disk = find_chart(&t, "disk_util");
	disk_row(&t, 0, XM_CHART_SERIES, 0);
	draw(&t);
	CHECK(t.charts.chart[disk].changed);
	disk_row(&t, 0, XM_CHART_SERIES, 0.5);
	draw(&t);
	CHECK(!t.charts.chart[disk].changed);
	for (unsigned i = 0; i < XM_CHART_POINTS; i++) {
		disk_row(&t, 1, XM_CHART_SERIES, i + 1.0);
		draw(&t);
		if (i + 2 < XM_CHART_POINTS)
			CHECK_STR(t.charts.chart[disk].series[0]->name, "sd0");
	}
	disk_row(&t, 1, XM_CHART_SERIES + 1, 1000);
	draw(&t);
	CHECK(t.charts.chart[disk].changed);
	CHECK_EQ_INT(t.charts.chart[disk].n_series, XM_CHART_SERIES);
	CHECK(strncmp(history(&t, "disk_util"), "sd1=", 4) == 0);
	CHECK_CONTAINS(history(&t, "disk_util"), " sd16=");
}

/* A device whose place in the row was another's a moment ago starts without a rate */
static void test_place_of_another(void)
{
	STAGE(t);

	disk_row(&t, 0, 1, 5);
	draw(&t);
	xm_series_drop(&t.series, 0);
	disk_row(&t, 1, 2, 9);
	draw(&t);
	disk_row(&t, 1, 2, 9.5);
	draw(&t);
	CHECK_STR(history(&t, "disk_util"), "sd1=-,-,50");
}

static const char *event(struct stage *t, void (*make)(const struct xm_charts *,
						       const struct xm_snapshot *, struct xm_buf *))
{
	xm_buf_reset(&t->text);
	make(&t->charts, &t->snapshot, &t->text);
	CHECK(t->text.len > 2 && !strcmp(t->text.data + t->text.len - 2, "\n\n"));
	return t->text.data;
}

static void test_tick_event(void)
{
	STAGE(t);

	load_row(&t, 1.5);
	put(&t, "xmon_source_up", "source=\"cpu\"", 1);
	put(&t, "xmon_source_present", "source=\"cpu\"", 1);
	put(&t, "xmon_source_up", "source=\"hwmon\"", 0);
	put(&t, "xmon_source_present", "source=\"hwmon\"", 1);
	put(&t, "xmon_source_up", "source=\"edac\"", 0);
	put(&t, "xmon_source_present", "source=\"edac\"", 0);
	put(&t, "xmon_agent_ticks_missed_total", "", 7);
	draw(&t);
	CHECK_STR(event(&t, xm_charts_tick),
		  "event: tick\ndata: {\"t\":1700000001,\"v\":{\"load\":[1.5,2.5]},"
		  "\"sources_down\":[\"hwmon\"],\"missed_ticks\":7}\n\n");
}

static void test_history_event(void)
{
	STAGE(t);

	load_row(&t, 1.23456789);
	draw(&t);
	load_row(&t, 1e12);
	draw_after(&t, 2, 2);
	xm_charts_history(&t.charts, find_chart(&t, "load"), &t.text);
	CHECK_STR(t.text.data,
		  "event: history\ndata: {\"chart\":\"load\",\"series\":[\"1 min\",\"5 min\"],"
		  "\"t0\":1700000001,\"values\":[[1.2346,null,1e+12],[2.2346,null,1e+12]]}\n\n");
}

static void test_hello_event(void)
{
	const char *text;
	STAGE(t);

	load_row(&t, 1);
	put(&t, "node_uname_info", "nodename=\"db\\\"7\",release=\"6.1\"", 1);
	put(&t, "node_os_info", "pretty_name=\"Debian 12\"", 1);
	put(&t, "node_memory_MemTotal_bytes", "", 4294967296);
	put(&t, "node_boot_time_seconds", "", (double)T0 + 1 - 86400 * 2.5);
	put(&t, "node_cpu_seconds_total", "cpu=\"0\",mode=\"idle\"", 1);
	put(&t, "node_cpu_seconds_total", "cpu=\"1\",mode=\"idle\"", 1);
	draw(&t);
	text = event(&t, xm_charts_hello);
	CHECK(!strncmp(text, "event: hello\ndata: {\"schema\":1,", 31));
	CHECK_CONTAINS(text, "\"host\":\"db\\\"7\"");
	CHECK_CONTAINS(text, "\"step_ms\":1000,\"facts\":["
			     "{\"name\":\"system\",\"value\":\"Debian 12\"},"
			     "{\"name\":\"kernel\",\"value\":\"6.1\"},"
			     "{\"name\":\"CPUs\",\"value\":\"2\"},"
			     "{\"name\":\"memory\",\"value\":\"4.0GiB\"},"
			     "{\"name\":\"up\",\"value\":\"2.5 days\"}],\"charts\":[");
	CHECK_CONTAINS(text, "{\"id\":\"load\",\"section\":\"CPU\",\"title\":\"Load\",");
	CHECK_CONTAINS(text, "\"off\":\"PSI is off: boot with psi=1\"");
	CHECK(!strstr(text, "\"off\":\"no load averages\""));
}

/* What the page relies on */
static void test_definitions(void)
{
	static const char *const kinds[] = { "line", "stack" };

	for (const struct xm_chart_def *d = xm_chart_defs; d->id; d++) {
		CHECK(*d->id && *d->section && *d->title && *d->help && *d->unit && *d->off);
		CHECK(!strcmp(d->kind, kinds[0]) || !strcmp(d->kind, kinds[1]));
		CHECK(d->line[0].term[0].family);
		for (const struct xm_chart_line *l = d->line; l->term[0].family; l++)
			CHECK(l->name || l->by);
		for (const struct xm_chart_def *e = xm_chart_defs; e != d; e++)
			CHECK(strcmp(d->id, e->id) != 0);
	}
}

int main(void)
{
	RUN(test_gauges);
	RUN(test_rates);
	RUN(test_share);
	RUN(test_divisor);
	RUN(test_divided_gauges);
	RUN(test_sum_of_terms);
	RUN(test_gap);
	RUN(test_clock_is_set);
	RUN(test_row_drawn_once);
	RUN(test_too_many_devices);
	RUN(test_forgotten_device);
	RUN(test_place_of_another);
	RUN(test_tick_event);
	RUN(test_history_event);
	RUN(test_hello_event);
	RUN(test_definitions);
	return check_summary();
}
