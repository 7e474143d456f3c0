/* Block devices: operations, bytes and time of each, and what udev knows about it. */
#include "base/clock.h"
#include "collect/collector.h"
#include "collect/disk_info.h"
#include "host/filter.h"
#include <math.h>

#define DISKS_MAX        4096 /* lines of /proc/diskstats, hidden devices included */
#define REFRESH_NS       (60 * XM_NS_PER_SEC)
#define REFRESH_PER_TURN 8   /* so that a thousand disks do not cost one turn dearly */
#define SECTOR           512 /* /proc/diskstats counts in these, whatever the device's sectors */

struct diskstats_conf {
	char device_exclude[512], device_include[512];
};

static const struct xm_field opts[] = {
	XM_FIELD(struct diskstats_conf, device_exclude, XM_STR,
		 "Regexp of diskstats devices to exclude.",
		 .def = "^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme[0-9]+n[0-9]+p)[0-9]+$"),
	XM_FIELD(struct diskstats_conf, device_include, XM_STR,
		 "Regexp of diskstats devices to include."),
	{}
};

struct stats_row {
	const char *device;
	double reads, reads_merged, read_bytes, read_time_seconds;
	double writes, writes_merged, written_bytes, write_time_seconds;
	double io_now, io_time_seconds, io_weighted_time_seconds;
	double discards, discards_merged, discarded_sectors, discard_time_seconds;
	double flushes, flush_time_seconds;
};

#define COUNTER(m, t, metric_name, h)                                                              \
	XM_FIELD(struct stats_row, m, t, h, .metric = "node_disk_" metric_name, .flags = XM_COUNTER)
static const struct xm_field stats_cols[] = {
	XM_FIELD(struct stats_row, device, XM_TEXT, "block device", .flags = XM_KEY),
	COUNTER(reads, XM_DOUBLE, "reads_completed_total",
		"The total number of reads completed successfully."),
	COUNTER(reads_merged, XM_DOUBLE, "reads_merged_total", "The total number of reads merged."),
	COUNTER(read_bytes, XM_DBYTES, "read_bytes_total",
		"The total number of bytes read successfully."),
	COUNTER(read_time_seconds, XM_SECONDS, "read_time_seconds_total",
		"The total number of seconds spent by all reads."),
	COUNTER(writes, XM_DOUBLE, "writes_completed_total",
		"The total number of writes completed successfully."),
	COUNTER(writes_merged, XM_DOUBLE, "writes_merged_total", "The number of writes merged."),
	COUNTER(written_bytes, XM_DBYTES, "written_bytes_total",
		"The total number of bytes written successfully."),
	COUNTER(write_time_seconds, XM_SECONDS, "write_time_seconds_total",
		"This is the total number of seconds spent by all writes."),
	XM_FIELD(struct stats_row, io_now, XM_DOUBLE, "The number of I/Os currently in progress.",
		 .metric = "node_disk_io_now"),
	COUNTER(io_time_seconds, XM_SECONDS, "io_time_seconds_total",
		"Total seconds spent doing I/Os."),
	COUNTER(io_weighted_time_seconds, XM_SECONDS, "io_time_weighted_seconds_total",
		"The weighted # of seconds spent doing I/Os."),
	COUNTER(discards, XM_DOUBLE, "discards_completed_total",
		"The total number of discards completed successfully."),
	COUNTER(discards_merged, XM_DOUBLE, "discards_merged_total",
		"The total number of discards merged."),
	COUNTER(discarded_sectors, XM_DOUBLE, "discarded_sectors_total",
		"The total number of sectors discarded successfully."),
	COUNTER(discard_time_seconds, XM_SECONDS, "discard_time_seconds_total",
		"This is the total number of seconds spent by all discards."),
	COUNTER(flushes, XM_DOUBLE, "flush_requests_total",
		"The total number of flush requests completed successfully"),
	COUNTER(flush_time_seconds, XM_SECONDS, "flush_requests_time_seconds_total",
		"This is the total number of seconds spent by all flush requests."),
	{}
};
static const struct xm_table stats_table =
	XM_TABLE(struct stats_row, "diskstats", "block device counters", stats_cols);

/* The kernel's columns: 11, with discards (4.18) 15, with flushes (5.5) 17. Milliseconds are
 * multiplied, not divided, so that the same double comes out as in node_exporter. */
#define MS 0.001
static const struct column {
	size_t off;
	double scale;
} columns[] = {
	{ offsetof(struct stats_row, reads), 1 },
	{ offsetof(struct stats_row, reads_merged), 1 },
	{ offsetof(struct stats_row, read_bytes), SECTOR },
	{ offsetof(struct stats_row, read_time_seconds), MS },
	{ offsetof(struct stats_row, writes), 1 },
	{ offsetof(struct stats_row, writes_merged), 1 },
	{ offsetof(struct stats_row, written_bytes), SECTOR },
	{ offsetof(struct stats_row, write_time_seconds), MS },
	{ offsetof(struct stats_row, io_now), 1 },
	{ offsetof(struct stats_row, io_time_seconds), MS },
	{ offsetof(struct stats_row, io_weighted_time_seconds), MS },
	{ offsetof(struct stats_row, discards), 1 },
	{ offsetof(struct stats_row, discards_merged), 1 },
	{ offsetof(struct stats_row, discarded_sectors), 1 },
	{ offsetof(struct stats_row, discard_time_seconds), MS },
	{ offsetof(struct stats_row, flushes), 1 },
	{ offsetof(struct stats_row, flush_time_seconds), MS },
};

struct disk {
	char name[64];
	uint32_t major, minor;
	struct xm_disk *info; /* NULL: hidden */
	uint64_t read_ns;     /* when info was read */
};

struct diskstats_state {
	struct xm_filter filter;
	struct disk *disk; /* in the order of the file */
	uint32_t n, cap;
	struct xm_buf text; /* scratch */
};

static int diskstats_open(struct xm_coll *c)
{
	const struct diskstats_conf *conf = c->conf;
	struct diskstats_state *st = c->state;

	st->text = XM_BUF_INIT;
	return xm_filter_open(&st->filter, "collector.diskstats.device", conf->device_include,
			      conf->device_exclude, &c->err);
}

static void diskstats_close(struct xm_coll *c)
{
	struct diskstats_state *st = c->state;

	xm_filter_close(&st->filter);
	for (uint32_t i = 0; i < st->cap; i++)
		free(st->disk[i].info);
	free(st->disk);
	if (st->text.data)
		xm_buf_done(&st->text);
}

static void read_info(struct xm_coll *c, struct disk *d)
{
	struct diskstats_state *st = c->state;

	xm_disk_read(c->host, d->name, d->major, d->minor, &st->text, d->info);
	d->read_ns = xm_mono_ns();
}

static int grow(struct diskstats_state *st)
{
	uint32_t cap = st->cap ? 2 * st->cap : 32;
	struct disk *disk = reallocarray(st->disk, cap, sizeof *disk);

	if (!disk)
		return -ENOMEM;
	memset(disk + st->cap, 0, (cap - st->cap) * sizeof *disk);
	st->disk = disk;
	st->cap = cap;
	return 0;
}

/* The i-th disk is now another one than in the last turn */
static int replace_disk(struct xm_coll *c, struct disk *d, const struct disk *by)
{
	struct diskstats_state *st = c->state;
	struct xm_disk *info = TAKE_PTR(d->info);

	*d = *by;
	if (!xm_filter_shows(&st->filter, d->name)) {
		free(info);
		return 0;
	}
	d->info = info ? info : malloc(sizeof *info);
	if (!d->info)
		return -ENOMEM;
	read_info(c, d);
	return 0;
}

static bool same_disk(const struct disk *a, const struct disk *b)
{
	return a->major == b->major && a->minor == b->minor && !strcmp(a->name, b->name);
}

/* The disk of the i-th line. Nothing to do if it was there the last time too. */
static int find_disk(struct xm_coll *c, uint32_t i, const struct disk *read, struct disk **ret_disk)
{
	struct diskstats_state *st = c->state;
	int r = 0;

	if (i >= st->cap && grow(st) < 0)
		return -ENOMEM;
	*ret_disk = &st->disk[i];
	if (i >= st->n || !same_disk(&st->disk[i], read))
		r = replace_disk(c, &st->disk[i], read);
	return r;
}

/* " 254 0 vda 58470 12605 …": the disk, and the columns there are into the row. 1 if that is as
 * many as some kernel writes, 0 if the rest could not be read. */
static int parse_line(struct xm_str line, struct disk *ret_disk, struct stats_row *ret_row)
{
	uint64_t number[2], value[XM_ARRAY_LEN(columns)];
	struct xm_str name, word;
	size_t n;

	for (unsigned i = 0; i < 2; i++)
		if (!xm_word_next(&line, &word) || xm_parse_u64(word, &number[i]) < 0 ||
		    number[i] > UINT32_MAX)
			return -EBADMSG;
	if (!xm_word_next(&line, &name) || name.n >= sizeof ret_disk->name)
		return -EBADMSG;
	*ret_disk = (struct disk){ .major = (uint32_t)number[0], .minor = (uint32_t)number[1] };
	xm_str_copy(name, ret_disk->name, sizeof ret_disk->name);
	n = xm_parse_u64s(line, value, XM_ARRAY_LEN(value));
	for (unsigned i = 0; i < XM_ARRAY_LEN(columns); i++) {
		double v = i < n ? (double)value[i] * columns[i].scale : (double)NAN;

		memcpy((char *)ret_row + columns[i].off, &v, sizeof v);
	}
	return n < 11 ? -EBADMSG : n == 11 || n == 15 || n == 17;
}

static int emit_info(const struct diskstats_state *st, enum xm_disk_info which, struct xm_out *out)
{
	int r = 0;

	for (uint32_t i = 0; i < st->n && r >= 0; i++) {
		const struct disk *d = &st->disk[i];

		if (d->info)
			r = xm_disk_info_emit(&(struct xm_disk_id){ d->name, d->major, d->minor },
					      d->info, which, out);
	}
	return r;
}

static void refresh(struct xm_coll *c)
{
	struct diskstats_state *st = c->state;
	uint64_t now = xm_mono_ns();
	unsigned left = REFRESH_PER_TURN;

	for (uint32_t i = 0; i < st->n && left; i++)
		if (st->disk[i].info && now - st->disk[i].read_ns >= REFRESH_NS) {
			read_info(c, &st->disk[i]);
			left--;
		}
}

static int parse_stats(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct diskstats_state *st = c->state;
	struct xm_str line;
	uint32_t n = 0;
	int r = 0;

	while (r >= 0 && xm_line_next(&text, &line)) {
		struct stats_row row;
		struct disk read, *disk;

		r = n == DISKS_MAX ? -EBADMSG : parse_line(line, &read, &row);
		if (r <= 0)
			xm_coll_bad(c);
		if (r < 0) {
			r = 0;
			continue;
		}
		r = find_disk(c, n, &read, &disk);
		if (r < 0)
			break;
		n++;
		row.device = disk->name;
		if (disk->info)
			r = xm_out_row(out, &stats_table, &row);
	}
	st->n = n;
	return r;
}

static int parse(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	int r = parse_stats(c, text, out);

	refresh(c);
	for (int i = 0; i < XM_DISK_INFOS && r >= 0; i++)
		r = emit_info(c->state, (enum xm_disk_info)i, out);
	return r;
}

const struct xm_collector xm_collector_diskstats = {
	.name = "diskstats",
	.help = "block devices: operations, bytes and time of each",
	.opts = opts,
	.tables = (const struct xm_table *const[]){ &stats_table, &xm_disk_info_table,
						    &xm_disk_fs_table, &xm_disk_dm_table,
						    &xm_disk_ata_table, NULL },
	.sources = (const struct xm_source[]){ { XM_PROC, "diskstats", parse }, {} },
	.conf_size = sizeof(struct diskstats_conf),
	.state_size = sizeof(struct diskstats_state),
	.open = diskstats_open,
	.close = diskstats_close,
};
