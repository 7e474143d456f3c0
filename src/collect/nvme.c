/* NVMe controllers, and their namespaces where one is reached over several paths. */
#include "collect/collector.h"

struct info_row {
	char device[32], firmware_revision[32], model[64], serial[64], state[32], cntlid[16];
};

static const struct xm_field info_cols[] = {
	XM_FIELD(struct info_row, device, XM_STR, "controller", .flags = XM_KEY),
	XM_FIELD(struct info_row, firmware_revision, XM_STR, "firmware", .flags = XM_KEY),
	XM_FIELD(struct info_row, model, XM_STR, "model", .flags = XM_KEY),
	XM_FIELD(struct info_row, serial, XM_STR, "serial number", .flags = XM_KEY),
	XM_FIELD(struct info_row, state, XM_STR, "live, resetting, connecting, dead, …",
		 .flags = XM_KEY),
	XM_FIELD(struct info_row, cntlid, XM_STR, "number in its subsystem", .flags = XM_KEY),
	XM_FIELD_INFO("info", "node_nvme_info",
		      "Non-numeric data from /sys/class/nvme/<device>, value is always 1."),
	{}
};
static const struct xm_table info_table =
	XM_TABLE(struct info_row, "nvme", "NVMe controllers", info_cols);

struct namespace_row {
	char device[32], nsid[16], ana_state[32];
};

static const struct xm_field namespace_cols[] = {
	XM_FIELD(struct namespace_row, device, XM_STR, "controller", .flags = XM_KEY),
	XM_FIELD(struct namespace_row, nsid, XM_STR, "namespace", .flags = XM_KEY),
	XM_FIELD(struct namespace_row, ana_state, XM_STR, "optimized, non-optimized, …",
		 .flags = XM_KEY),
	XM_FIELD_INFO("info", "node_nvme_namespace_info",
		      "Information about NVMe namespaces. Value is always 1"),
	{}
};
static const struct xm_table namespace_table = XM_TABLE(struct namespace_row, "nvme_namespace",
							"paths to NVMe namespaces", namespace_cols);

struct size_row {
	char device[32], nsid[16];
	double capacity_bytes, size_bytes, used_bytes, block_bytes;
};

static const struct xm_field size_cols[] = {
	XM_FIELD(struct size_row, device, XM_STR, "controller", .flags = XM_KEY),
	XM_FIELD(struct size_row, nsid, XM_STR, "namespace", .flags = XM_KEY),
	XM_FIELD(struct size_row, capacity_bytes, XM_DBYTES,
		 "Capacity of the NVMe namespace in bytes. Computed as namespace_size * "
		 "namespace_logical_block_size",
		 .metric = "node_nvme_namespace_capacity_bytes"),
	XM_FIELD(struct size_row, size_bytes, XM_DBYTES,
		 "Size of the NVMe namespace in bytes. Available in "
		 "/sys/class/nvme/<device>/<namespace>/size",
		 .metric = "node_nvme_namespace_size_bytes"),
	XM_FIELD(struct size_row, used_bytes, XM_DBYTES,
		 "Used space of the NVMe namespace in bytes. Available in "
		 "/sys/class/nvme/<device>/<namespace>/nuse",
		 .metric = "node_nvme_namespace_used_bytes"),
	XM_FIELD(struct size_row, block_bytes, XM_DBYTES,
		 "Logical block size of the NVMe namespace in bytes. Usually 4Kb. Available in "
		 "/sys/class/nvme/<device>/<namespace>/queue/logical_block_size",
		 .metric = "node_nvme_namespace_logical_block_size_bytes"),
	{}
};
static const struct xm_table size_table =
	XM_TABLE(struct size_row, "nvme_namespace_size", "sizes of NVMe namespaces", size_cols);

struct walk {
	struct xm_coll *c;
	struct xm_out *out;
	const char *controller;
	int (*emit)(struct walk *walk, int dir, const char *name, struct xm_str nsid);
};

/* A value file, trimmed; "" when it is not there. False when it cannot be read. */
static bool read_text(int dir, const char *in, const char *file, char *buf, size_t size)
{
	char path[300], text[256];
	int r;

	snprintf(path, sizeof path, "%s/%s", in, file);
	r = xm_read_line(dir, path, text, sizeof text);
	xm_str_copy(r < 0 ? (struct xm_str){ "", 0 } : xm_str_trim(XM_STR_OF(text)), buf, size);
	return r >= 0 || r == -ENOENT;
}

static int emit_info(int dir, const char *name, void *arg)
{
	struct walk *walk = arg;
	struct info_row row = {};

	if (strlen(name) >= sizeof row.device)
		return 0;
	memcpy(row.device, name, strlen(name));
	if (!read_text(dir, name, "firmware_rev", row.firmware_revision,
		       sizeof row.firmware_revision) ||
	    !read_text(dir, name, "model", row.model, sizeof row.model) ||
	    !read_text(dir, name, "serial", row.serial, sizeof row.serial) ||
	    !read_text(dir, name, "state", row.state, sizeof row.state) ||
	    !read_text(dir, name, "cntlid", row.cntlid, sizeof row.cntlid))
		xm_coll_bad(walk->c);
	return xm_out_row(walk->out, &info_table, &row);
}

static bool skip_digits(struct xm_str *s)
{
	size_t n = 0;

	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	s->p += n;
	s->n -= n;
	return n > 0;
}

/* "nvme0c1n2", a path to a namespace: its number is what follows the n */
static bool parse_path(const char *name, struct xm_str *ret_nsid)
{
	struct xm_str s = XM_STR_OF(name);
	const char *const before[] = { "nvme", "c", "n" };

	for (unsigned i = 0; i < XM_ARRAY_LEN(before); i++) {
		if (!xm_str_starts(s, before[i]))
			return false;
		s.p += strlen(before[i]);
		s.n -= strlen(before[i]);
		*ret_nsid = s;
		if (!skip_digits(&s))
			return false;
	}
	return !s.n;
}

static int emit_namespace(struct walk *walk, int dir, const char *name, struct xm_str nsid)
{
	struct namespace_row row = {};

	snprintf(row.device, sizeof row.device, "%s", walk->controller);
	xm_str_copy(nsid, row.nsid, sizeof row.nsid);
	if (!read_text(dir, name, "ana_state", row.ana_state, sizeof row.ana_state) ||
	    !*row.ana_state)
		snprintf(row.ana_state, sizeof row.ana_state, "unknown");
	return xm_out_row(walk->out, &namespace_table, &row);
}

/* As upstream computes them: sysfs counts `size` in 512 bytes, whatever the block size */
static int emit_size(struct walk *walk, int dir, const char *name, struct xm_str nsid)
{
	static const char *const file[] = { "queue/logical_block_size", "size", "nuse" };
	struct size_row row = {};
	uint64_t value[XM_ARRAY_LEN(file)];
	char path[300];

	for (unsigned i = 0; i < XM_ARRAY_LEN(file); i++) {
		snprintf(path, sizeof path, "%s/%s", name, file[i]);
		if (xm_read_u64(dir, path, &value[i]) < 0) {
			xm_coll_bad(walk->c);
			return 0;
		}
	}
	snprintf(row.device, sizeof row.device, "%s", walk->controller);
	xm_str_copy(nsid, row.nsid, sizeof row.nsid);
	row.block_bytes = (double)value[0];
	row.size_bytes = row.capacity_bytes = (double)value[1] * row.block_bytes;
	row.used_bytes = (double)value[2] * row.block_bytes;
	return xm_out_row(walk->out, &size_table, &row);
}

static int visit_namespace(int dir, const char *name, void *arg)
{
	struct walk *walk = arg;
	struct xm_str nsid;

	return parse_path(name, &nsid) ? walk->emit(walk, dir, name, nsid) : 0;
}

static int visit_controller(int dir, const char *name, void *arg)
{
	struct walk *walk = arg;
	int r;

	walk->controller = name;
	r = xm_dir_each(dir, name, visit_namespace, walk);
	return r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

static int nvme_collect(struct xm_coll *c, struct xm_out *out)
{
	struct walk walk = { .c = c, .out = out };
	int sys = c->host->fd[XM_SYS], r = xm_dir_each(sys, "class/nvme", emit_info, &walk);

	if (r < 0)
		return r;
	walk.emit = emit_namespace;
	r = xm_dir_each(sys, "class/nvme", visit_controller, &walk);
	if (r < 0)
		return r;
	walk.emit = emit_size;
	return xm_dir_each(sys, "class/nvme", visit_controller, &walk);
}

const struct xm_collector xm_collector_nvme = {
	.name = "nvme",
	.help = "NVMe controllers and namespaces",
	.tables = (const struct xm_table *const[]){ &info_table, &namespace_table, &size_table,
						    NULL },
	.period_ms = 30000,
	.flags = XM_LANE, /* nuse asks the controller */
	.collect = nvme_collect,
};
