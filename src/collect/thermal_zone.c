/* Temperatures of thermal zones, and how far cooling devices are turned up against them. */
#include "collect/collector.h"
#include <fcntl.h>
#include <math.h>

#define DIR         "class/thermal"
#define DEVICES_MAX 512 /* of each kind; more are left out and counted */

struct zone_row {
	char zone[16], type[64];
	double temp;
};

struct cooling_row {
	char name[16], type[64];
	double cur_state, max_state;
};

struct thermal_state {
	struct zone_row zone[DEVICES_MAX];
	struct cooling_row cooling[DEVICES_MAX];
	unsigned n_zones, n_coolings, left_out;
};

static const struct xm_field zone_cols[] = {
	XM_FIELD(struct zone_row, zone, XM_STR, "number of the zone", .flags = XM_KEY),
	XM_FIELD(struct zone_row, type, XM_STR, "what is measured", .flags = XM_KEY),
	XM_FIELD(struct zone_row, temp, XM_DOUBLE, "Zone temperature in Celsius",
		 .metric = "node_thermal_zone_temp"),
	{},
};
static const struct xm_table zone_table =
	XM_TABLE(struct zone_row, "thermal_zone", "temperatures", zone_cols);

static const struct xm_field cooling_cols[] = {
	XM_FIELD(struct cooling_row, name, XM_STR, "number of the device", .flags = XM_KEY),
	XM_FIELD(struct cooling_row, type, XM_STR, "what cools", .flags = XM_KEY),
	XM_FIELD(struct cooling_row, cur_state, XM_DOUBLE,
		 "Current throttle state of the cooling device",
		 .metric = "node_cooling_device_cur_state"),
	XM_FIELD(struct cooling_row, max_state, XM_DOUBLE,
		 "Maximum throttle state of the cooling device",
		 .metric = "node_cooling_device_max_state"),
	{},
};
static const struct xm_table cooling_table =
	XM_TABLE(struct cooling_row, "cooling_device", "cooling devices", cooling_cols);

/* "thermal_zone12" → "12" */
static const char *number_of(const char *name, const char *kind)
{
	size_t n = strlen(kind);

	return !strncmp(name, kind, n) && name[n] >= '0' && name[n] <= '9' ? name + n : NULL;
}

/* NaN: there is no such file, or it does not answer now */
static double read_number(struct xm_coll *c, int dir, const char *path)
{
	char text[64];
	int64_t v;

	if (xm_read_line(dir, path, text, sizeof text) < 0)
		return (double)NAN;
	if (xm_parse_i64(xm_str_trim(XM_STR_OF(text)), &v) == 0)
		return (double)v;
	xm_coll_bad(c);
	return (double)NAN;
}

static void read_zone(struct xm_coll *c, int dir, const char *number)
{
	struct thermal_state *st = c->state;
	struct zone_row *row = &st->zone[st->n_zones];

	if (st->n_zones == DEVICES_MAX || strlen(number) >= sizeof row->zone) {
		st->left_out++;
		return;
	}
	memcpy(row->zone, number, strlen(number) + 1);
	if (xm_read_line(dir, "type", row->type, sizeof row->type) < 0)
		return;
	row->temp = read_number(c, dir, "temp") / 1000;
	st->n_zones += !isnan(row->temp);
}

static void read_cooling(struct xm_coll *c, int dir, const char *number)
{
	struct thermal_state *st = c->state;
	struct cooling_row *row = &st->cooling[st->n_coolings];

	if (st->n_coolings == DEVICES_MAX || strlen(number) >= sizeof row->name) {
		st->left_out++;
		return;
	}
	memcpy(row->name, number, strlen(number) + 1);
	if (xm_read_line(dir, "type", row->type, sizeof row->type) < 0)
		return;
	row->cur_state = read_number(c, dir, "cur_state");
	row->max_state = read_number(c, dir, "max_state");
	st->n_coolings++;
}

static int read_device(int dir, const char *name, void *arg)
{
	const char *zone = number_of(name, "thermal_zone"),
		   *cooling = number_of(name, "cooling_device");
	_cleanup_close_ int fd = -1;

	if (!zone && !cooling)
		return 0;
	fd = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) /* gone meanwhile */
		return 0;
	if (zone)
		read_zone(arg, fd, zone);
	else
		read_cooling(arg, fd, cooling);
	return 0;
}

static int thermal_collect(struct xm_coll *c, struct xm_out *out)
{
	struct thermal_state *st = c->state;
	int r;

	st->n_zones = st->n_coolings = st->left_out = 0;
	r = xm_dir_each(c->host->fd[XM_SYS], DIR, read_device, c);
	c->bad += st->left_out;
	for (unsigned i = 0; i < st->n_zones && r >= 0; i++)
		r = xm_out_row(out, &zone_table, &st->zone[i]);
	for (unsigned i = 0; i < st->n_coolings && r >= 0; i++)
		r = xm_out_row(out, &cooling_table, &st->cooling[i]);
	return r;
}

const struct xm_collector xm_collector_thermal_zone = {
	.name = "thermal_zone",
	.help = "temperatures of thermal zones and cooling devices",
	.tables = (const struct xm_table *const[]){ &zone_table, &cooling_table, NULL },
	.period_ms = 5000,
	.flags = XM_LANE, /* firmware may take its time */
	.state_size = sizeof(struct thermal_state),
	.collect = thermal_collect,
};
