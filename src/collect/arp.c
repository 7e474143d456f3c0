/* Neighbours known by IPv4 per network device, and in which state: by rtnetlink, or /proc/net/arp.
 */
#include "collect/collector.h"
#include "host/filter.h"
#include "host/netlink.h"
#include <math.h>
#include <sys/socket.h>

#define DEVICES_MAX 1024 /* the neighbours of more are left out and counted */

struct arp_conf {
	char device_include[512], device_exclude[512];
	bool netlink;
};

struct arp_row {
	char device[XM_IFNAME];
	uint32_t index; /* 0: from the file, which tells names only */
	uint32_t entries;
	/* NaN: the file does not tell */
	double incomplete, reachable, stale, delay, probe, failed, permanent;
};

struct arp_state {
	struct xm_filter filter;
	struct xm_netlink nl;
	struct xm_file file;
	bool opened, netlink;
	unsigned n, left_out;
	struct arp_row row[DEVICES_MAX]; /* sorted by index, then by name */
};

static const struct xm_field opts[] = {
	XM_FIELD(struct arp_conf, device_include, XM_STR, "devices to show: a regular expression"),
	XM_FIELD(struct arp_conf, device_exclude, XM_STR, "devices not to show"),
	XM_FIELD(struct arp_conf, netlink, XM_BOOL, "ask rtnetlink, not /proc/net/arp",
		 .def = "true"),
	{},
};

#define STATE(m)                                                                                   \
	XM_FIELD(struct arp_row, m, XM_DOUBLE, "IPv4 neighbours by device and state.",             \
		 .metric = "xmon_arp_states", .labels = "state=\"" #m "\"")

static const struct xm_field cols[] = {
	XM_FIELD(struct arp_row, device, XM_STR, "network device", .flags = XM_KEY),
	XM_FIELD(struct arp_row, entries, XM_U32, "ARP entries by device",
		 .metric = "node_arp_entries"),
	STATE(incomplete),
	STATE(reachable),
	STATE(stale),
	STATE(delay),
	STATE(probe),
	STATE(failed),
	STATE(permanent),
	{},
};
static const struct xm_table table =
	XM_TABLE(struct arp_row, "arp", "neighbours per network device", cols);

static int compare(const struct arp_row *row, uint32_t index, const char *device)
{
	return row->index != index ? (row->index > index) - (row->index < index)
				   : strcmp(row->device, device);
}

/* The device's row, made if it is new; NULL: too many devices */
static struct arp_row *find_row(struct arp_state *st, uint32_t index, const char *device)
{
	double none = index ? 0 : (double)NAN;
	unsigned low = 0, high = st->n;

	while (low < high) {
		unsigned mid = (low + high) / 2;
		int order = compare(&st->row[mid], index, device);

		if (!order)
			return &st->row[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (st->n == DEVICES_MAX)
		return NULL;
	memmove(&st->row[low + 1], &st->row[low], (st->n++ - low) * sizeof st->row[0]);
	st->row[low] = (struct arp_row){ .index = index,
					 .incomplete = none,
					 .reachable = none,
					 .stale = none,
					 .delay = none,
					 .probe = none,
					 .failed = none,
					 .permanent = none };
	snprintf(st->row[low].device, sizeof st->row[low].device, "%s", device);
	return &st->row[low];
}

static void start(void *arg)
{
	struct arp_state *st = arg;

	st->n = 0;
}

static void count_state(struct arp_row *row, uint16_t state)
{
	row->entries++;
	switch (state) {
	case NUD_INCOMPLETE: row->incomplete++; break;
	case NUD_REACHABLE: row->reachable++; break;
	case NUD_STALE: row->stale++; break;
	case NUD_DELAY: row->delay++; break;
	case NUD_PROBE: row->probe++; break;
	case NUD_FAILED: row->failed++; break;
	case NUD_PERMANENT: row->permanent++; break;
	}
}

/* Those without ARP (of lo, of tunnels) are not in the file either */
static int take_neighbour(void *arg, uint16_t type, const void *body, size_t n)
{
	struct arp_state *st = arg;
	struct xm_neighbour neighbour;
	struct arp_row *row;

	if (type != RTM_NEWNEIGH)
		return 0;
	if (xm_neighbour_decode(body, n, &neighbour) < 0)
		return -EBADMSG;
	if (neighbour.family != AF_INET || neighbour.state & NUD_NOARP)
		return 0;
	row = find_row(st, neighbour.index, "");
	if (row)
		count_state(row, neighbour.state);
	else
		st->left_out++;
	return 0;
}

static int read_netlink(struct xm_coll *c)
{
	const struct ndmsg body = { .ndm_family = AF_INET };
	struct arp_state *st = c->state;
	int r = xm_netlink_dump(&st->nl, RTM_GETNEIGH, &body, sizeof body,
				&(struct xm_netlink_reader){ start, take_neighbour, st });

	for (unsigned i = 0; r >= 0 && i < st->n; i++)
		if (xm_netlink_ifname(&st->nl, st->row[i].index, st->row[i].device) < 0)
			st->row[i].device[0] = 0; /* gone meanwhile */
	c->bad += st->nl.broken;
	st->nl.broken = 0;
	return r;
}

/* "192.0.2.1  0x1  0x2  02:fc:00:00:00:05  *  eth0", below a line of headings */
static int parse(struct xm_coll *c, struct xm_str text)
{
	struct arp_state *st = c->state;
	struct xm_str line, word[7];
	char device[XM_IFNAME];
	struct arp_row *row;

	start(st);
	for (bool first = true; xm_line_next(&text, &line); first = false) {
		unsigned n = 0;

		while (n < XM_ARRAY_LEN(word) && xm_word_next(&line, &word[n]))
			n++;
		if (first && n && xm_str_eq(word[0], "IP"))
			continue;
		if (n != 6 || word[5].n >= sizeof device) {
			xm_coll_bad(c);
			continue;
		}
		xm_str_copy(word[5], device, sizeof device);
		row = find_row(st, 0, device);
		if (row)
			row->entries++;
		else
			st->left_out++;
	}
	return 0;
}

static int read_file(struct xm_coll *c)
{
	struct arp_state *st = c->state;
	int r = xm_file_read(&st->file, c->host->fd[XM_PROC], "net/arp", &c->text);

	return r < 0 ? r : parse(c, (struct xm_str){ c->text.data, c->text.len });
}

static int arp_collect(struct xm_coll *c, struct xm_out *out)
{
	struct arp_state *st = c->state;
	int r = st->netlink ? read_netlink(c) : -ENOENT;

	if (r < 0)
		r = read_file(c);
	for (unsigned i = 0; i < st->n && r >= 0; i++)
		if (st->row[i].device[0] && xm_filter_shows(&st->filter, st->row[i].device))
			r = xm_out_row(out, &table, &st->row[i]);
	c->bad += st->left_out;
	st->left_out = 0;
	return r;
}

static int arp_open(struct xm_coll *c)
{
	const struct arp_conf *conf = c->conf;
	struct arp_state *st = c->state;

	st->file.fd = st->nl.fd = -1;
	st->opened = true;
	st->netlink = c->host->live && conf->netlink;
	return xm_filter_open(&st->filter, "arp.device", conf->device_include, conf->device_exclude,
			      &c->err);
}

static void arp_close(struct xm_coll *c)
{
	struct arp_state *st = c->state;

	xm_filter_close(&st->filter);
	if (!st->opened)
		return;
	xm_netlink_close(&st->nl);
	xm_file_close(&st->file);
}

const struct xm_collector xm_collector_arp = {
	.name = "arp",
	.help = "IPv4 neighbours and their states",
	.opts = opts,
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.period_ms = 5000,
	.flags = XM_LANE, /* a large table takes long, and older kernels hold RTNL meanwhile */
	.conf_size = sizeof(struct arp_conf),
	.state_size = sizeof(struct arp_state),
	.open = arp_open,
	.collect = arp_collect,
	.close = arp_close,
};
