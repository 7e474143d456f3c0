/* Traffic and errors of each network device: by rtnetlink, or from /proc/net/dev. */
#include "collect/collector.h"
#include "host/address.h"
#include "host/links.h"
#include "host/verdicts.h"
#include <math.h>

struct netdev_conf {
	char device_include[512], device_exclude[512];
	bool netlink, address_info;
};

struct netdev_row {
	char device[XM_IFNAME];
	uint64_t rx_bytes, rx_packets, rx_errs, rx_drop, rx_fifo, rx_frame, rx_compressed,
		rx_multicast;
	double rx_nohandler; /* only netlink tells */
	uint64_t tx_bytes, tx_packets, tx_errs, tx_drop, tx_fifo, tx_colls, tx_carrier,
		tx_compressed;
};

struct netdev_address_row {
	char device[XM_IFNAME], address[46], netmask[12];
	const char *scope;
};

struct netdev_state {
	struct xm_filter filter;
	struct xm_verdicts verdicts;
	struct xm_links links;
	struct xm_file file;
	bool opened, netlink;
};

static const struct xm_field opts[] = {
	XM_FIELD(struct netdev_conf, device_include, XM_STR,
		 "devices to show: a regular expression"),
	XM_FIELD(struct netdev_conf, device_exclude, XM_STR, "devices not to show"),
	XM_FIELD(struct netdev_conf, netlink, XM_BOOL, "ask rtnetlink, not /proc/net/dev",
		 .def = "true"),
	XM_FIELD(struct netdev_conf, address_info, XM_BOOL, "addresses of each device"),
	{}
};

#define COL(m, t, n)                                                                               \
	XM_FIELD(struct netdev_row, m, t, "Network device statistic " n ".",                       \
		 .metric = "node_network_" n "_total", .flags = XM_COUNTER)

static const struct xm_field cols[] = {
	XM_FIELD(struct netdev_row, device, XM_STR, "network device", .flags = XM_KEY),
	COL(rx_bytes, XM_BYTES, "receive_bytes"),
	COL(rx_packets, XM_U64, "receive_packets"),
	COL(rx_errs, XM_U64, "receive_errs"),
	COL(rx_drop, XM_U64, "receive_drop"),
	COL(rx_fifo, XM_U64, "receive_fifo"),
	COL(rx_frame, XM_U64, "receive_frame"),
	COL(rx_compressed, XM_U64, "receive_compressed"),
	COL(rx_multicast, XM_U64, "receive_multicast"),
	COL(rx_nohandler, XM_DOUBLE, "receive_nohandler"),
	COL(tx_bytes, XM_BYTES, "transmit_bytes"),
	COL(tx_packets, XM_U64, "transmit_packets"),
	COL(tx_errs, XM_U64, "transmit_errs"),
	COL(tx_drop, XM_U64, "transmit_drop"),
	COL(tx_fifo, XM_U64, "transmit_fifo"),
	COL(tx_colls, XM_U64, "transmit_colls"),
	COL(tx_carrier, XM_U64, "transmit_carrier"),
	COL(tx_compressed, XM_U64, "transmit_compressed"),
	{},
};
static const struct xm_table table =
	XM_TABLE(struct netdev_row, "netdev", "traffic of network devices", cols);

static const struct xm_field address_cols[] = {
	XM_FIELD(struct netdev_address_row, device, XM_STR, "network device", .flags = XM_KEY),
	XM_FIELD(struct netdev_address_row, address, XM_STR, "IP address", .flags = XM_KEY),
	XM_FIELD(struct netdev_address_row, netmask, XM_STR, "bits of the network",
		 .flags = XM_KEY),
	XM_FIELD(struct netdev_address_row, scope, XM_TEXT, "how far it reaches", .flags = XM_KEY),
	XM_FIELD_INFO("info", "node_network_address_info", "node network address by device"),
	{}
};
static const struct xm_table address_table = XM_TABLE(struct netdev_address_row, "netdev_address",
						      "addresses of network devices", address_cols);

static void fill_row(struct netdev_row *row, const struct rtnl_link_stats64 *s)
{
	row->rx_bytes = s->rx_bytes;
	row->rx_packets = s->rx_packets;
	row->rx_errs = s->rx_errors;
	row->rx_drop = xm_link_rx_drop(s);
	row->rx_fifo = s->rx_fifo_errors;
	row->rx_frame = xm_link_rx_frame(s);
	row->rx_compressed = s->rx_compressed;
	row->rx_multicast = s->multicast;
	row->rx_nohandler = (double)s->rx_nohandler;
	row->tx_bytes = s->tx_bytes;
	row->tx_packets = s->tx_packets;
	row->tx_errs = s->tx_errors;
	row->tx_drop = s->tx_dropped;
	row->tx_fifo = s->tx_fifo_errors;
	row->tx_colls = s->collisions;
	row->tx_carrier = xm_link_tx_carrier(s);
	row->tx_compressed = s->tx_compressed;
}

static int emit_links(struct xm_coll *c, struct xm_out *out)
{
	struct netdev_state *st = c->state;
	struct netdev_row row;
	int r = 0;

	for (unsigned i = 0; i < st->links.n_stats && r >= 0; i++) {
		const char *name = xm_links_name(&st->links, st->links.stats[i].index);

		if (!name || !xm_verdicts_next(&st->verdicts, XM_STR_OF(name)))
			continue;
		memcpy(row.device, name, sizeof row.device);
		fill_row(&row, &st->links.stats[i].stats);
		r = xm_out_row(out, &table, &row);
	}
	return r;
}

/* "  eth0: 1296 14 0 0 0 0 0 0 1216 12 0 0 0 0 0 0"; a name may contain colons, as "eth0:1" */
static int parse_line(struct xm_str line, struct xm_str *ret_name, struct netdev_row *ret)
{
	uint64_t v[16];
	const char *colon = memrchr(line.p, ':', line.n);
	struct xm_str rest;

	if (!colon)
		return -EBADMSG;
	*ret_name = xm_str_trim((struct xm_str){ line.p, (size_t)(colon - line.p) });
	rest = (struct xm_str){ colon + 1, line.n - (size_t)(colon + 1 - line.p) };
	if (!ret_name->n || ret_name->n >= sizeof ret->device ||
	    memchr(ret_name->p, ' ', ret_name->n) || xm_parse_u64s(rest, v, 16) != 16)
		return -EBADMSG;
	xm_str_copy(*ret_name, ret->device, sizeof ret->device);
	ret->rx_bytes = v[0], ret->rx_packets = v[1], ret->rx_errs = v[2], ret->rx_drop = v[3];
	ret->rx_fifo = v[4], ret->rx_frame = v[5], ret->rx_compressed = v[6];
	ret->rx_multicast = v[7], ret->rx_nohandler = (double)NAN;
	ret->tx_bytes = v[8], ret->tx_packets = v[9], ret->tx_errs = v[10], ret->tx_drop = v[11];
	ret->tx_fifo = v[12], ret->tx_colls = v[13], ret->tx_carrier = v[14];
	ret->tx_compressed = v[15];
	return 0;
}

/* Two lines of headings, which have a '|', then one a device */
static int parse(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct netdev_state *st = c->state;
	struct xm_str line, name;
	struct netdev_row row;
	int r = 0;

	while (r >= 0 && xm_line_next(&text, &line)) {
		if (memchr(line.p, '|', line.n))
			continue;
		if (parse_line(line, &name, &row) < 0)
			xm_coll_bad(c);
		else if (xm_verdicts_next(&st->verdicts, name))
			r = xm_out_row(out, &table, &row);
	}
	return r;
}

static int emit_address(const struct xm_address *a, void *arg)
{
	struct netdev_address_row row = { .scope = a->scope };

	snprintf(row.device, sizeof row.device, "%s", a->device);
	snprintf(row.address, sizeof row.address, "%s", a->text);
	snprintf(row.netmask, sizeof row.netmask, "%u", a->bits);
	return xm_out_row(arg, &address_table, &row);
}

static int netdev_open(struct xm_coll *c)
{
	const struct netdev_conf *conf = c->conf;
	struct netdev_state *st = c->state;
	int r;

	st->file.fd = -1;
	st->opened = true;
	r = xm_filter_open(&st->filter, "netdev.device", conf->device_include, conf->device_exclude,
			   &c->err);
	if (r < 0)
		return r;
	st->netlink = c->host->live && conf->netlink;
	return xm_links_open(&st->links);
}

/* Where netlink does not answer, the file does */
static int netdev_collect(struct xm_coll *c, struct xm_out *out)
{
	const struct netdev_conf *conf = c->conf;
	struct netdev_state *st = c->state;
	int r;

	xm_verdicts_start(&st->verdicts, &st->filter);
	if (st->netlink && xm_links_read(&st->links) == 0) {
		c->bad += st->links.nl.broken + st->links.left_out;
		st->links.nl.broken = st->links.left_out = 0;
		r = emit_links(c, out);
	} else {
		r = xm_file_read(&st->file, c->host->fd[XM_PROC], "net/dev", &c->text);
		if (r >= 0)
			r = parse(c, (struct xm_str){ c->text.data, c->text.len }, out);
	}
	return r < 0 || !conf->address_info || !c->host->live ? r
							      : xm_address_each(emit_address, out);
}

static void netdev_close(struct xm_coll *c)
{
	struct netdev_state *st = c->state;

	xm_links_close(&st->links);
	xm_filter_close(&st->filter);
	if (st->opened)
		xm_file_close(&st->file);
}

const struct xm_collector xm_collector_netdev = {
	.name = "netdev",
	.help = "traffic and errors of network devices",
	.opts = opts,
	.tables = (const struct xm_table *const[]){ &table, &address_table, NULL },
	.flags = XM_LANE, /* the kernel answers rtnetlink under RTNL, which others may hold long */
	.conf_size = sizeof(struct netdev_conf),
	.state_size = sizeof(struct netdev_state),
	.open = netdev_open,
	.collect = netdev_collect,
	.close = netdev_close,
};
