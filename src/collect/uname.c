/* The name of the machine and of its kernel. */
#include "collect/collector.h"
#include <sys/utsname.h>

struct uname_row {
	char domainname[65], machine[65], nodename[65], release[65], sysname[65], version[65];
};
_Static_assert(sizeof(((struct utsname *)0)->release) == 65, "a row holds what uname(2) tells");

static const struct xm_field cols[] = {
	XM_FIELD(struct uname_row, domainname, XM_STR, "NIS domain", .flags = XM_KEY),
	XM_FIELD(struct uname_row, machine, XM_STR, "hardware", .flags = XM_KEY),
	XM_FIELD(struct uname_row, nodename, XM_STR, "host name", .flags = XM_KEY),
	XM_FIELD(struct uname_row, release, XM_STR, "kernel release", .flags = XM_KEY),
	XM_FIELD(struct uname_row, sysname, XM_STR, "kernel", .flags = XM_KEY),
	XM_FIELD(struct uname_row, version, XM_STR, "kernel build", .flags = XM_KEY),
	XM_FIELD_INFO("info", "node_uname_info",
		      "Labeled system information as provided by the uname system call."),
	{}
};
static const struct xm_table table =
	XM_TABLE(struct uname_row, "uname", "machine and kernel", cols);

static int ask_kernel(struct uname_row *ret)
{
	struct utsname u;

	if (uname(&u) < 0)
		return -errno;
	memcpy(ret->domainname, u.domainname, sizeof u.domainname);
	memcpy(ret->machine, u.machine, sizeof u.machine);
	memcpy(ret->nodename, u.nodename, sizeof u.nodename);
	memcpy(ret->release, u.release, sizeof u.release);
	memcpy(ret->sysname, u.sysname, sizeof u.sysname);
	memcpy(ret->version, u.version, sizeof u.version);
	return 0;
}

/* Of another machine, as far as its files tell; the hardware only since Linux 6.1 */
static int read_files(int proc, struct uname_row *ret)
{
	const struct {
		const char *path;
		char *text;
	} files[] = {
		{ "sys/kernel/osrelease", ret->release },
		{ "sys/kernel/ostype", ret->sysname },
		{ "sys/kernel/version", ret->version },
		{ "sys/kernel/hostname", ret->nodename },
		{ "sys/kernel/domainname", ret->domainname },
		{ "sys/kernel/arch", ret->machine },
	};
	unsigned found = 0;

	for (unsigned i = 0; i < XM_ARRAY_LEN(files); i++)
		found += xm_read_line(proc, files[i].path, files[i].text, sizeof ret->release) >= 0;
	return found ? 0 : -ENOENT;
}

static int collect(struct xm_coll *c, struct xm_out *out)
{
	struct uname_row row = {};
	int r = c->host->live ? ask_kernel(&row) : read_files(c->host->fd[XM_PROC], &row);

	return r < 0 ? r : xm_out_row(out, &table, &row);
}

const struct xm_collector xm_collector_uname = {
	.name = "uname",
	.help = "the name of the machine and of its kernel",
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.period_ms = 10000,
	.collect = collect,
};
