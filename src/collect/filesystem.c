/* Space and inodes of mounted file systems. A mount that does not answer delays nobody: its row
 * says so, and it is left alone until the call that hangs in it has come back. */
#include "base/map.h"
#include "collect/collector.h"
#include "host/filter.h"
#include "host/mountinfo.h"
#include "host/stuck.h"
#include <ctype.h>
#include <math.h>
#include <sys/statfs.h>

#define MOUNTS_MAX 2048 /* that are shown; more are left out and counted */
#define PATH_BYTES 1024 /* rootfs and mount point; what is longer is left out and counted */
#define LOST_MAX   16   /* threads that may hang in as many mounts before new ones are not asked */

struct filesystem_conf {
	char mount_points_exclude[512], mount_points_include[512];
	char fs_types_exclude[512], fs_types_include[512];
	uint64_t mount_timeout_ns;
};

static const struct xm_field opts[] = {
	XM_FIELD(struct filesystem_conf, mount_points_exclude, XM_STR,
		 "Regexp of mount points to exclude for filesystem collector.",
		 .def = "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|"
			"var/lib/containers/storage/.+)($|/)"),
	XM_FIELD(struct filesystem_conf, mount_points_include, XM_STR,
		 "Regexp of mount points to include for filesystem collector."),
	XM_FIELD(
		struct filesystem_conf, fs_types_exclude, XM_STR,
		"Regexp of filesystem types to exclude for filesystem collector.",
		.def = "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|"
		       "hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|"
		       "securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$"),
	XM_FIELD(struct filesystem_conf, fs_types_include, XM_STR,
		 "Regexp of filesystem types to include for filesystem collector."),
	XM_FIELD(struct filesystem_conf, mount_timeout_ns, XM_NS,
		 "how long a mount may take to answer before it is stuck", .def = "250ms",
		 .min = XM_NS_PER_MS, .max = 60 * XM_NS_PER_SEC),
	{}
};

struct fs_row {
	const char *device, *mountpoint, *fstype, *error;
	double size_bytes, free_bytes, avail_bytes, files, files_free;
	double readonly, device_error;
};

static const struct xm_field fs_cols[] = {
	XM_FIELD(struct fs_row, device, XM_TEXT, "what is mounted", .flags = XM_KEY),
	XM_FIELD(struct fs_row, mountpoint, XM_TEXT, "where", .flags = XM_KEY),
	XM_FIELD(struct fs_row, fstype, XM_TEXT, "type of file system", .flags = XM_KEY),
	XM_FIELD(struct fs_row, error, XM_TEXT, "why there are no figures", .flags = XM_KEY,
		 .label = "device_error"),
	XM_FIELD(struct fs_row, size_bytes, XM_DBYTES, "Filesystem size in bytes.",
		 .metric = "node_filesystem_size_bytes"),
	XM_FIELD(struct fs_row, free_bytes, XM_DBYTES, "Filesystem free space in bytes.",
		 .metric = "node_filesystem_free_bytes"),
	XM_FIELD(struct fs_row, avail_bytes, XM_DBYTES,
		 "Filesystem space available to non-root users in bytes.",
		 .metric = "node_filesystem_avail_bytes"),
	XM_FIELD(struct fs_row, files, XM_DOUBLE, "Filesystem total file nodes.",
		 .metric = "node_filesystem_files"),
	XM_FIELD(struct fs_row, files_free, XM_DOUBLE, "Filesystem total free file nodes.",
		 .metric = "node_filesystem_files_free"),
	XM_FIELD(struct fs_row, readonly, XM_DOUBLE, "Filesystem read-only status.",
		 .metric = "node_filesystem_readonly"),
	XM_FIELD(struct fs_row, device_error, XM_DOUBLE,
		 "Whether an error occurred while getting statistics for the given device.",
		 .metric = "node_filesystem_device_error"),
	{}
};
static const struct xm_table fs_table =
	XM_TABLE(struct fs_row, "filesystem", "space and inodes of file systems", fs_cols);

struct mount_row {
	const char *device;
	uint32_t major, minor;
	const char *mountpoint;
};

static const struct xm_field mount_cols[] = {
	XM_FIELD(struct mount_row, device, XM_TEXT, "what is mounted", .flags = XM_KEY),
	XM_FIELD(struct mount_row, major, XM_U32, "device number, first part", .flags = XM_KEY),
	XM_FIELD(struct mount_row, minor, XM_U32, "device number, second part", .flags = XM_KEY),
	XM_FIELD(struct mount_row, mountpoint, XM_TEXT, "where", .flags = XM_KEY),
	XM_FIELD_INFO("info", "node_filesystem_mount_info", "Filesystem mount information."),
	{}
};
static const struct xm_table mount_table =
	XM_TABLE(struct mount_row, "filesystem_mount", "which device is mounted where", mount_cols);

struct stuck_row {
	uint32_t calls;
};

static const struct xm_field stuck_cols[] = {
	XM_FIELD(struct stuck_row, calls, XM_U32,
		 "Questions to mounts that have not been answered; a thread waits in each.",
		 .metric = "xmon_filesystem_stuck_calls"),
	{}
};
static const struct xm_table stuck_table =
	XM_TABLE(struct stuck_row, "filesystem_stuck", "mounts that do not answer", stuck_cols);

struct mount {
	uint32_t major, minor;
	uint32_t device, type; /* offsets in names */
	uint64_t id;           /* of device, mount point and type: shown once */
	bool readonly;
};

struct call {
	struct xm_stuck_item item;
	struct statfs result;
	char path[PATH_BYTES]; /* below rootfs; the mount point begins at root_len */
};

struct filesystem_state {
	struct xm_filter points, types;
	char root[256]; /* rootfs without a trailing '/' */
	size_t root_len;
	bool ask; /* may statfs at all */
	struct xm_stuck *stuck;
	struct xm_file mountinfo, own_mountinfo;
	struct xm_buf text; /* the mountinfo that is described below */
	struct mount *mount;
	struct call *call; /* parallel to mount */
	uint32_t n, cap;
	struct xm_buf names;
};

static int ask_mount(void *item)
{
	struct call *call = item;

	return statfs(call->path, &call->result) < 0 ? -errno : 0;
}

static void set_root(struct filesystem_state *st, const char *rootfs)
{
	snprintf(st->root, sizeof st->root, "%s", rootfs);
	st->root_len = strlen(st->root);
	while (st->root_len && st->root[st->root_len - 1] == '/')
		st->root[--st->root_len] = 0;
}

static int filesystem_open(struct xm_coll *c)
{
	const struct filesystem_conf *conf = c->conf;
	struct filesystem_state *st = c->state;
	struct xm_stuck_conf stuck = { .fn = ask_mount,
				       .size = sizeof(struct call),
				       .lost = LOST_MAX,
				       .proc = c->host->live ? c->host->fd[XM_PROC] : -1 };
	int r;

	st->mountinfo.fd = st->own_mountinfo.fd = -1;
	st->text = st->names = XM_BUF_INIT;
	set_root(st, c->host->rootfs);
	st->ask = c->host->live || st->root_len;
	r = xm_filter_open(&st->points, "collector.filesystem.mount-points",
			   conf->mount_points_include, conf->mount_points_exclude, &c->err);
	if (r < 0)
		return r;
	r = xm_filter_open(&st->types, "collector.filesystem.fs-types", conf->fs_types_include,
			   conf->fs_types_exclude, &c->err);
	return r < 0 ? r : xm_stuck_open(&st->stuck, &stuck);
}

static void filesystem_close(struct xm_coll *c)
{
	struct filesystem_state *st = c->state;

	if (!st->text.data)
		return;
	xm_stuck_close(st->stuck);
	xm_filter_close(&st->points);
	xm_filter_close(&st->types);
	xm_file_close(&st->mountinfo);
	xm_file_close(&st->own_mountinfo);
	xm_buf_done(&st->text);
	xm_buf_done(&st->names);
	free(st->mount);
	free(st->call);
}

static int grow(struct filesystem_state *st)
{
	uint32_t cap = st->cap ? 2 * st->cap : 32;
	struct mount *mount = reallocarray(st->mount, cap, sizeof *mount);
	struct call *call;

	if (!mount)
		return -ENOMEM;
	st->mount = mount;
	call = reallocarray(st->call, cap, sizeof *call);
	if (!call)
		return -ENOMEM;
	st->call = call;
	st->cap = cap;
	return 0;
}

/* rootfs and mount point. In a container that sees the host's root at /host, the host's /home is
 * mounted at /host/home: the mount point is /home then. */
static int make_path(const struct filesystem_state *st, struct xm_str point, char *buf, size_t size)
{
	char *at = buf + st->root_len;
	int r;

	memcpy(buf, st->root, st->root_len + 1);
	r = xm_octal_decode(point, at, size - st->root_len);
	if (r < 0 || !st->root_len || strncmp(at, st->root, st->root_len))
		return r;
	if (!at[st->root_len])
		memcpy(at, "/", 2);
	else if (at[st->root_len] == '/')
		memmove(at, at + st->root_len, strlen(at + st->root_len) + 1);
	return 0;
}

static uint32_t add_name(struct xm_buf *names, struct xm_str name)
{
	uint32_t at = (uint32_t)names->len;

	xm_buf_add(names, name.p, name.n);
	xm_buf_addc(names, 0);
	return at;
}

static bool is_readonly(const struct xm_mount *m)
{
	return xm_mount_has_option(m->options, "ro") || xm_mount_has_option(m->super, "ro") ||
	       xm_mount_has_option(m->super, "emergency_ro"); /* ext4 after an error, 6.16 */
}

static bool is_known(const struct filesystem_state *st, uint64_t id)
{
	for (uint32_t i = 0; i < st->n; i++)
		if (st->mount[i].id == id)
			return true;
	return false;
}

/* What makes two lines the same row, put together behind the names, as a number */
static uint64_t row_id(struct xm_buf *names, const struct xm_mount *m, const char *point)
{
	size_t start = names->len;
	uint64_t id;

	add_name(names, m->source);
	add_name(names, m->type);
	add_name(names, XM_STR_OF(point));
	id = xm_hash(names->data + start, names->len - start);
	names->len = start;
	return id;
}

/* The same path is another question when something else is mounted there */
static uint64_t call_key(const struct xm_mount *m, const char *path)
{
	uint64_t part[3] = { xm_hash(path, strlen(path)), m->major, m->minor };

	return xm_hash(part, sizeof part);
}

/* Add a mount, unless it is not to be shown. -EBADMSG: it should be, and cannot. */
static int add_mount(struct filesystem_state *st, struct xm_str line)
{
	struct xm_mount m;
	struct mount *mount;
	struct call *call;
	uint32_t keep = (uint32_t)st->names.len, type, device;
	const char *point;

	if (xm_mount_parse(line, &m) < 0)
		return -EBADMSG;
	if (st->n == st->cap && grow(st) < 0)
		return -ENOMEM;
	mount = &st->mount[st->n];
	call = &st->call[st->n];
	if (make_path(st, m.point, call->path, sizeof call->path) < 0)
		return -EBADMSG;
	point = call->path + st->root_len;
	type = add_name(&st->names, m.type);
	device = add_name(&st->names, m.source);
	if (st->names.failed)
		return -ENOMEM;
	*mount = (struct mount){ .major = m.major,
				 .minor = m.minor,
				 .device = device,
				 .type = type,
				 .id = row_id(&st->names, &m, point),
				 .readonly = is_readonly(&m) };
	call->item = (struct xm_stuck_item){ .key = call_key(&m, call->path) };
	if (!xm_filter_shows(&st->points, point) ||
	    !xm_filter_shows(&st->types, st->names.data + type) || is_known(st, mount->id))
		st->names.len = keep;
	else if (st->n == MOUNTS_MAX)
		return -EBADMSG;
	else
		st->n++;
	return 0;
}

static int parse_mounts(struct xm_coll *c, struct xm_str text)
{
	struct filesystem_state *st = c->state;
	struct xm_str line;
	int r = 0;

	st->n = 0;
	xm_buf_reset(&st->names);
	while (r >= 0 && xm_line_next(&text, &line)) {
		r = add_mount(st, line);
		if (r == -EBADMSG) {
			xm_coll_bad(c);
			r = 0;
		}
	}
	return r;
}

/* PID 1's mounts are the machine's; where it is hidden, those that we see */
static int read_mounts(struct xm_coll *c)
{
	struct filesystem_state *st = c->state;
	struct xm_buf old;
	int proc = c->host->fd[XM_PROC],
	    r = xm_file_read(&st->mountinfo, proc, "1/mountinfo", &c->text);

	if (r < 0 && r != -ENOMEM)
		r = xm_file_read(&st->own_mountinfo, proc, "self/mountinfo", &c->text);
	if (r < 0)
		return r == -ENOENT ? r : xm_fail(&c->err, r, "mountinfo: %s", strerror(-r));
	if (c->text.len == st->text.len && !memcmp(c->text.data, st->text.data, st->text.len))
		return 0;
	r = parse_mounts(c, (struct xm_str){ c->text.data, c->text.len });
	if (r < 0) {
		xm_buf_reset(&st->text);
		return r;
	}
	old = st->text;
	st->text = c->text;
	c->text = old;
	return 0;
}

/* As node_exporter words it */
static void word_error(int r, char *buf, size_t size)
{
	const char *text = r == -ETIMEDOUT ? "mountpoint timeout"
			   : r == -EAGAIN  ? "too many stuck mounts"
			   : r == -ESTALE  ? "stale NFS file handle"
					   : strerrordesc_np(-r);

	snprintf(buf, size, "%s", text ? text : "unknown error");
	if (islower((unsigned char)buf[1]))
		buf[0] = (char)tolower((unsigned char)buf[0]);
}

static int emit_fs(struct filesystem_state *st, uint32_t i, struct xm_out *out)
{
	const struct mount *m = &st->mount[i];
	const struct call *call = &st->call[i];
	const struct statfs *fs = &call->result;
	double block = (double)fs->f_bsize, none = (double)NAN;
	int r = call->item.result;
	bool known = st->ask && r >= 0;
	char error[80] = "";

	if (st->ask && r < 0)
		word_error(r, error, sizeof error);
	return xm_out_row(
		out, &fs_table,
		&(struct fs_row){ .device = st->names.data + m->device,
				  .mountpoint = call->path + st->root_len,
				  .fstype = st->names.data + m->type,
				  .error = error,
				  .size_bytes = known ? (double)fs->f_blocks * block : none,
				  .free_bytes = known ? (double)fs->f_bfree * block : none,
				  .avail_bytes = known ? (double)fs->f_bavail * block : none,
				  .files = known ? (double)fs->f_files : none,
				  .files_free = known ? (double)fs->f_ffree : none,
				  .readonly = m->readonly,
				  .device_error = st->ask ? r < 0 : none });
}

static int emit_mount(struct filesystem_state *st, uint32_t i, struct xm_out *out)
{
	const struct mount *m = &st->mount[i];

	if (st->ask && st->call[i].item.result < 0)
		return 0;
	return xm_out_row(out, &mount_table,
			  &(struct mount_row){ st->names.data + m->device, m->major, m->minor,
					       st->call[i].path + st->root_len });
}

static int filesystem_collect(struct xm_coll *c, struct xm_out *out)
{
	const struct filesystem_conf *conf = c->conf;
	struct filesystem_state *st = c->state;
	int r = read_mounts(c), failed = 0;

	if (r < 0)
		return r;
	if (st->ask)
		failed = xm_stuck_run(st->stuck, st->call, st->n, conf->mount_timeout_ns);
	for (uint32_t i = 0; i < st->n && r >= 0; i++)
		r = emit_fs(st, i, out);
	for (uint32_t i = 0; i < st->n && r >= 0; i++)
		r = emit_mount(st, i, out);
	if (r >= 0)
		r = xm_out_row(out, &stuck_table, &(struct stuck_row){ xm_stuck_lost(st->stuck) });
	if (failed < 0)
		return xm_fail(&c->err, failed, "no thread to ask the mounts: %s",
			       strerror(-failed));
	return r;
}

const struct xm_collector xm_collector_filesystem = {
	.name = "filesystem",
	.help = "space and inodes of mounted file systems",
	.opts = opts,
	.tables = (const struct xm_table *const[]){ &fs_table, &mount_table, &stuck_table, NULL },
	.period_ms = 5000,
	.flags = XM_LANE,
	.conf_size = sizeof(struct filesystem_conf),
	.state_size = sizeof(struct filesystem_state),
	.open = filesystem_open,
	.collect = filesystem_collect,
	.close = filesystem_close,
};
