/* What each network device is and how it is set: the value files below /sys/class/net. */
#include "collect/collector.h"
#include "host/filter.h"
#include <fcntl.h>
#include <math.h>

#define DEVICES_MAX 1024 /* more are left out and counted */
#define IFF_UP      1

struct netclass_conf {
	char ignored_devices[512];
	bool ignore_invalid_speed;
};

struct info_row {
	char device[64], address[100], broadcast[100], duplex[16], operstate[20], ifalias[260];
	const char *adminstate;
};

struct netclass_row {
	const char *device;
	double up, address_assign_type, carrier, carrier_changes, carrier_up_changes,
		carrier_down_changes, device_id, dormant, flags, iface_id, iface_link,
		iface_link_mode, mtu_bytes, name_assign_type, net_dev_group, speed_bytes,
		transmit_queue_length, protocol_type;
};

struct netclass_state {
	struct xm_filter ignored;
	struct info_row info[DEVICES_MAX];
	struct netclass_row row[DEVICES_MAX];
	unsigned n;
};

static const struct xm_field opts[] = {
	XM_FIELD(struct netclass_conf, ignored_devices, XM_STR,
		 "devices not to show: a regular expression", .def = "^$"),
	XM_FIELD(struct netclass_conf, ignore_invalid_speed, XM_BOOL,
		 "leave a speed of -1 (unknown) out"),
	{},
};

static const struct xm_field info_cols[] = {
	XM_FIELD(struct info_row, device, XM_STR, "network device", .flags = XM_KEY),
	XM_FIELD(struct info_row, address, XM_STR, "hardware address", .flags = XM_KEY),
	XM_FIELD(struct info_row, broadcast, XM_STR, "broadcast address", .flags = XM_KEY),
	XM_FIELD(struct info_row, duplex, XM_STR, "half or full", .flags = XM_KEY),
	XM_FIELD(struct info_row, operstate, XM_STR, "can it carry packets?", .flags = XM_KEY),
	XM_FIELD(struct info_row, adminstate, XM_TEXT, "is it switched on?", .flags = XM_KEY),
	XM_FIELD(struct info_row, ifalias, XM_STR, "name given by people", .flags = XM_KEY),
	XM_FIELD_INFO("info", "node_network_info",
		      "Non-numeric data from /sys/class/net/<iface>, value is always 1."),
	{},
};
static const struct xm_table info_table =
	XM_TABLE(struct info_row, "netclass_info", "network devices", info_cols);

#define COL(m, n, f)                                                                               \
	XM_FIELD(struct netclass_row, m, XM_DOUBLE, "Network device property: " n,                 \
		 .metric = "node_network_" n, .flags = f)

static const struct xm_field cols[] = {
	XM_FIELD(struct netclass_row, device, XM_TEXT, "network device", .flags = XM_KEY),
	XM_FIELD(struct netclass_row, up, XM_DOUBLE,
		 "Value is 1 if operstate is 'up', 0 otherwise.", .metric = "node_network_up"),
	COL(address_assign_type, "address_assign_type", 0),
	COL(carrier, "carrier", 0),
	COL(carrier_changes, "carrier_changes_total", XM_COUNTER),
	COL(carrier_up_changes, "carrier_up_changes_total", XM_COUNTER),
	COL(carrier_down_changes, "carrier_down_changes_total", XM_COUNTER),
	COL(device_id, "device_id", 0),
	COL(dormant, "dormant", 0),
	COL(flags, "flags", 0),
	COL(iface_id, "iface_id", 0),
	COL(iface_link, "iface_link", 0),
	COL(iface_link_mode, "iface_link_mode", 0),
	COL(mtu_bytes, "mtu_bytes", 0),
	COL(name_assign_type, "name_assign_type", 0),
	COL(net_dev_group, "net_dev_group", 0),
	COL(speed_bytes, "speed_bytes", 0),
	COL(transmit_queue_length, "transmit_queue_length", 0),
	COL(protocol_type, "protocol_type", 0),
	{},
};
static const struct xm_table table =
	XM_TABLE(struct netclass_row, "netclass", "properties of network devices", cols);

/* "1500", "-1" or "0x1003". NaN: there is no such file, or it does not answer, as the speed of a
 * device that is down. */
static double read_number(struct xm_coll *c, int dir, const char *path)
{
	char text[64];
	struct xm_str s;
	uint64_t hex;
	int64_t v;

	if (xm_read_line(dir, path, text, sizeof text) < 0)
		return (double)NAN;
	s = xm_str_trim(XM_STR_OF(text));
	if (xm_str_starts(s, "0x")) {
		if (xm_parse_hex(s, &hex) == 0 && hex <= INT64_MAX)
			return (double)hex;
	} else if (xm_parse_i64(s, &v) == 0) {
		return (double)v;
	}
	xm_coll_bad(c);
	return (double)NAN;
}

static void read_text(int dir, const char *path, char *buf, size_t size)
{
	if (xm_read_line(dir, path, buf, size) < 0)
		buf[0] = 0;
}

/* Of Mbit/s; unknown is -1 */
static double speed_bytes(const struct netclass_conf *conf, double mbits)
{
	if (mbits < 0 && conf->ignore_invalid_speed)
		return (double)NAN;
	return mbits * 1000 * 1000 / 8;
}

static void read_numbers(struct xm_coll *c, int dir, struct netclass_row *row)
{
	const struct {
		const char *path;
		double *value;
	} file[] = {
		{ "addr_assign_type", &row->address_assign_type },
		{ "carrier", &row->carrier },
		{ "carrier_changes", &row->carrier_changes },
		{ "carrier_up_count", &row->carrier_up_changes },
		{ "carrier_down_count", &row->carrier_down_changes },
		{ "dev_id", &row->device_id },
		{ "dormant", &row->dormant },
		{ "flags", &row->flags },
		{ "ifindex", &row->iface_id },
		{ "iflink", &row->iface_link },
		{ "link_mode", &row->iface_link_mode },
		{ "mtu", &row->mtu_bytes },
		{ "name_assign_type", &row->name_assign_type },
		{ "netdev_group", &row->net_dev_group },
		{ "speed", &row->speed_bytes },
		{ "tx_queue_len", &row->transmit_queue_length },
		{ "type", &row->protocol_type },
	};

	for (unsigned i = 0; i < XM_ARRAY_LEN(file); i++)
		*file[i].value = read_number(c, dir, file[i].path);
	row->speed_bytes = speed_bytes(c->conf, row->speed_bytes);
}

static const char *adminstate(double flags)
{
	if (!(flags >= 0 && flags <= UINT32_MAX))
		return "unknown";
	return (uint32_t)flags & IFF_UP ? "up" : "down";
}

static void read_texts(int dir, double flags, struct info_row *row)
{
	read_text(dir, "address", row->address, sizeof row->address);
	read_text(dir, "broadcast", row->broadcast, sizeof row->broadcast);
	read_text(dir, "duplex", row->duplex, sizeof row->duplex);
	read_text(dir, "operstate", row->operstate, sizeof row->operstate);
	read_text(dir, "ifalias", row->ifalias, sizeof row->ifalias);
	row->adminstate = adminstate(flags);
}

static int read_device(int dir, const char *name, void *arg)
{
	struct xm_coll *c = arg;
	struct netclass_state *st = c->state;
	struct info_row *info = &st->info[st->n];
	struct netclass_row *row = &st->row[st->n];
	_cleanup_close_ int fd = -1;

	if (!xm_filter_shows(&st->ignored, name))
		return 0;
	fd = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) /* gone meanwhile, or no device: bonding_masters */
		return 0;
	if (st->n == DEVICES_MAX || strlen(name) >= sizeof info->device) {
		xm_coll_bad(c);
		return 0;
	}
	memcpy(info->device, name, strlen(name) + 1);
	row->device = info->device;
	read_numbers(c, fd, row);
	read_texts(fd, row->flags, info);
	row->up = !strcmp(info->operstate, "up");
	st->n++;
	return 0;
}

static int netclass_collect(struct xm_coll *c, struct xm_out *out)
{
	struct netclass_state *st = c->state;
	int r;

	st->n = 0;
	r = xm_dir_each(c->host->fd[XM_SYS], "class/net", read_device, c);
	for (unsigned i = 0; i < st->n && r >= 0; i++)
		r = xm_out_row(out, &info_table, &st->info[i]);
	for (unsigned i = 0; i < st->n && r >= 0; i++)
		r = xm_out_row(out, &table, &st->row[i]);
	return r;
}

static int netclass_open(struct xm_coll *c)
{
	const struct netclass_conf *conf = c->conf;
	struct netclass_state *st = c->state;

	return xm_filter_open(&st->ignored, "netclass.ignored-devices", "", conf->ignored_devices,
			      &c->err);
}

static void netclass_close(struct xm_coll *c)
{
	struct netclass_state *st = c->state;

	xm_filter_close(&st->ignored);
}

const struct xm_collector xm_collector_netclass = {
	.name = "netclass",
	.help = "properties of network devices",
	.opts = opts,
	.tables = (const struct xm_table *const[]){ &info_table, &table, NULL },
	.period_ms = 5000,
	.flags = XM_LANE, /* speed and carrier are read under RTNL, which others may hold long */
	.conf_size = sizeof(struct netclass_conf),
	.state_size = sizeof(struct netclass_state),
	.open = netclass_open,
	.collect = netclass_collect,
	.close = netclass_close,
};
