/* The clock, its time zone, and what the kernel takes the time from. */
#include "base/clock.h"
#include "collect/collector.h"
#include <math.h>

#define CLOCKSOURCES_MAX 4  /* devices; every kernel so far has one */
#define TURNS            10 /* between two looks at them: a clock found unstable is changed */

struct clocksource {
	char available[256], current[32];
};

struct time_state {
	struct clocksource device[CLOCKSOURCES_MAX];
	unsigned n, turn;
};

struct time_row {
	double seconds;
};

struct zone_row {
	char time_zone[16];
	double offset_seconds;
};

struct clocksource_row {
	char clocksource[32];
	uint32_t device;
	double available, current; /* 1, or NaN: it is not */
};

static const struct xm_field time_cols[] = { XM_FIELD(struct time_row, seconds, XM_DOUBLE,
						      "System time in seconds since epoch (1970).",
						      .metric = "node_time_seconds"),
					     {} };
static const struct xm_table time_table = XM_TABLE(struct time_row, "time", "the clock", time_cols);

static const struct xm_field zone_cols[] = {
	XM_FIELD(struct zone_row, time_zone, XM_STR, "abbreviated", .flags = XM_KEY),
	XM_FIELD(struct zone_row, offset_seconds, XM_DOUBLE, "System time zone offset in seconds.",
		 .metric = "node_time_zone_offset_seconds"),
	{}
};
static const struct xm_table zone_table =
	XM_TABLE(struct zone_row, "time_zone", "time zone", zone_cols);

static const struct xm_field clocksource_cols[] = {
	XM_FIELD(struct clocksource_row, clocksource, XM_STR, "clock", .flags = XM_KEY),
	XM_FIELD(struct clocksource_row, device, XM_U32, "number", .flags = XM_KEY),
	XM_FIELD(struct clocksource_row, available, XM_DOUBLE,
		 "Available clocksources read from '/sys/devices/system/clocksource'.",
		 .metric = "node_time_clocksource_available_info"),
	XM_FIELD(struct clocksource_row, current, XM_DOUBLE,
		 "Current clocksource read from '/sys/devices/system/clocksource'.",
		 .metric = "node_time_clocksource_current_info"),
	{}
};
static const struct xm_table clocksource_table = XM_TABLE(
	struct clocksource_row, "clocksource", "what the time is taken from", clocksource_cols);

static void read_clocksources(struct time_state *st, int sys)
{
	char path[80];

	for (st->n = 0; st->n < CLOCKSOURCES_MAX; st->n++) {
		struct clocksource *d = &st->device[st->n];
		int len = snprintf(path, sizeof path, "devices/system/clocksource/clocksource%u/",
				   st->n);

		snprintf(path + len, sizeof path - len, "available_clocksource");
		if (xm_read_line(sys, path, d->available, sizeof d->available) < 0)
			break;
		snprintf(path + len, sizeof path - len, "current_clocksource");
		if (xm_read_line(sys, path, d->current, sizeof d->current) < 0)
			d->current[0] = 0;
	}
}

static int emit_clocksource(uint32_t device, struct xm_str name, bool available, bool current,
			    struct xm_out *out)
{
	struct clocksource_row row = { .device = device,
				       .available = available ? 1 : (double)NAN,
				       .current = current ? 1 : (double)NAN };

	xm_str_copy(name, row.clocksource, sizeof row.clocksource);
	return xm_out_row(out, &clocksource_table, &row);
}

static int emit_device(const struct clocksource *d, uint32_t device, struct xm_out *out)
{
	struct xm_str rest = XM_STR_OF(d->available), word;
	bool listed = !d->current[0];
	int r = 0;

	while (r >= 0 && xm_word_next(&rest, &word)) {
		bool current = xm_str_eq(word, d->current);

		listed = listed || current;
		r = emit_clocksource(device, word, true, current, out);
	}
	if (r >= 0 && !listed)
		r = emit_clocksource(device, XM_STR_OF(d->current), false, true, out);
	return r;
}

static int emit_clocksources(struct xm_coll *c, struct xm_out *out)
{
	struct time_state *st = c->state;
	int r = 0;

	if (st->turn++ % TURNS == 0)
		read_clocksources(st, c->host->fd[XM_SYS]);
	for (unsigned i = 0; i < st->n && r >= 0; i++)
		r = emit_device(&st->device[i], i, out);
	return r;
}

static int emit_clock(struct xm_out *out)
{
	uint64_t now = xm_wall_ns();
	time_t seconds = (time_t)(now / XM_NS_PER_SEC);
	struct zone_row zone = {};
	struct tm tm = {};
	int r = xm_out_row(out, &time_table, &(struct time_row){ (double)now / 1e9 });

	if (r < 0 || !localtime_r(&seconds, &tm))
		return r;
	xm_str_copy(XM_STR_OF(tm.tm_zone), zone.time_zone, sizeof zone.time_zone);
	zone.offset_seconds = (double)tm.tm_gmtoff;
	return xm_out_row(out, &zone_table, &zone);
}

/* Another machine's files say nothing of its clock */
static int collect(struct xm_coll *c, struct xm_out *out)
{
	int r = c->host->live ? emit_clock(out) : 0;

	if (r >= 0)
		r = emit_clocksources(c, out);
	return r < 0 || c->host->live || ((struct time_state *)c->state)->n ? r : -ENOENT;
}

const struct xm_collector xm_collector_time = {
	.name = "time",
	.help = "the clock, its time zone and source",
	.tables = (const struct xm_table *const[]){ &time_table, &zone_table, &clocksource_table,
						    NULL },
	.state_size = sizeof(struct time_state),
	.collect = collect,
};
