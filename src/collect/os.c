/* The operating system, as its os-release file describes it. */
#include "collect/collector.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <math.h>
#include <sys/syscall.h>
#include <time.h>

struct os_info {
	char build_id[128], id[64], id_like[128], image_id[64], image_version[64], name[128],
		pretty_name[256], variant[128], variant_id[64], version[128], version_codename[64],
		version_id[64];
};

/* No column of a table: read and used */
struct os_release {
	struct os_info info;
	char support_end[16];
};

struct os_version {
	char id[64], id_like[128], name[128];
	double version;
};

struct os_support {
	double support_end_timestamp_seconds;
};

#define KEY(m, h) XM_FIELD(struct os_info, m, XM_STR, h, .flags = XM_KEY)

static const struct xm_field info_cols[] = {
	KEY(build_id, "build of the image"),
	KEY(id, "system"),
	KEY(id_like, "systems it derives from"),
	KEY(image_id, "image"),
	KEY(image_version, "version of the image"),
	KEY(name, "name"),
	KEY(pretty_name, "name for people"),
	KEY(variant, "variant for people"),
	KEY(variant_id, "variant"),
	KEY(version, "version for people"),
	KEY(version_codename, "code name"),
	KEY(version_id, "version"),
	XM_FIELD_INFO("info", "node_os_info",
		      "A metric with a constant '1' value labeled by build_id, id, id_like, "
		      "image_id, image_version, name, pretty_name, variant, variant_id, version, "
		      "version_codename, version_id."),
	{}
};
static const struct xm_table info_table =
	XM_TABLE(struct os_info, "os", "operating system", info_cols);

static const struct xm_field version_cols[] = {
	XM_FIELD(struct os_version, id, XM_STR, "system", .flags = XM_KEY),
	XM_FIELD(struct os_version, id_like, XM_STR, "systems it derives from", .flags = XM_KEY),
	XM_FIELD(struct os_version, name, XM_STR, "name", .flags = XM_KEY),
	XM_FIELD(struct os_version, version, XM_DOUBLE,
		 "Metric containing the major.minor part of the OS version.",
		 .metric = "node_os_version"),
	{}
};
static const struct xm_table version_table =
	XM_TABLE(struct os_version, "os_version", "version as a number", version_cols);

static const struct xm_field support_cols[] = {
	XM_FIELD(struct os_support, support_end_timestamp_seconds, XM_DOUBLE,
		 "Metric containing the end-of-life date timestamp of the OS.",
		 .metric = "node_os_support_end_timestamp_seconds"),
	{}
};
static const struct xm_table support_table =
	XM_TABLE(struct os_support, "os_support", "end of support", support_cols);

#define PLACE(k, m)                                                                                \
	{                                                                                          \
		k, offsetof(struct os_release, m), sizeof(((struct os_release *)0)->m)             \
	}

static const struct {
	const char *key;
	uint16_t off, size;
} places[] = {
	PLACE("BUILD_ID", info.build_id),
	PLACE("ID", info.id),
	PLACE("ID_LIKE", info.id_like),
	PLACE("IMAGE_ID", info.image_id),
	PLACE("IMAGE_VERSION", info.image_version),
	PLACE("NAME", info.name),
	PLACE("PRETTY_NAME", info.pretty_name),
	PLACE("SUPPORT_END", support_end),
	PLACE("VARIANT", info.variant),
	PLACE("VARIANT_ID", info.variant_id),
	PLACE("VERSION", info.version),
	PLACE("VERSION_CODENAME", info.version_codename),
	PLACE("VERSION_ID", info.version_id),
};

/* The value as a shell would understand it: "…" with \ before a character, '…', or bare. What does
 * not fit is cut. */
static int unquote(struct xm_str s, char *ret, size_t size)
{
	char quote = s.n && (*s.p == '"' || *s.p == '\'') ? *s.p : 0;
	size_t n = 0;

	if (quote && (s.n < 2 || s.p[s.n - 1] != quote))
		return -EBADMSG;
	if (quote)
		s = (struct xm_str){ s.p + 1, s.n - 2 };
	for (size_t i = 0; i < s.n && n + 1 < size; i++) {
		if (s.p[i] == '\\' && quote != '\'' && i + 1 < s.n)
			i++;
		ret[n++] = s.p[i];
	}
	ret[n] = 0;
	return 0;
}

static int parse_line(struct xm_str line, struct os_release *ret)
{
	struct xm_str key;

	line = xm_str_trim(line);
	if (!line.n || *line.p == '#')
		return 0;
	if (!xm_str_cut(&line, '=', &key))
		return -EBADMSG;
	for (unsigned i = 0; i < XM_ARRAY_LEN(places); i++)
		if (xm_str_eq(key, places[i].key))
			return unquote(line, (char *)ret + places[i].off, places[i].size);
	return 0;
}

/* The leading "22.04" of a version, as a number; NaN: it does not begin with one */
static double version_number(const char *text)
{
	size_t n = strspn(text, "0123456789");
	double v;

	if (n && text[n] == '.')
		n += 1 + strspn(text + n + 1, "0123456789");
	return n && xm_parse_double((struct xm_str){ text, n }, &v) == 0 ? v : (double)NAN;
}

/* "2028-06-30", midnight UTC */
static int parse_date(const char *text, double *ret)
{
	struct xm_str rest = XM_STR_OF(text), year, month;
	uint64_t y, m, d;
	struct tm tm = {};

	if (!xm_str_cut(&rest, '-', &year) || !xm_str_cut(&rest, '-', &month) ||
	    xm_parse_u64(year, &y) < 0 || xm_parse_u64(month, &m) < 0 ||
	    xm_parse_u64(rest, &d) < 0 || y < 1970 || y > 9999 || m < 1 || m > 12 || d < 1 ||
	    d > 31)
		return -EBADMSG;
	tm.tm_year = (int)y - 1900;
	tm.tm_mon = (int)m - 1;
	tm.tm_mday = (int)d;
	*ret = (double)timegm(&tm);
	return 0;
}

static int emit_version(const struct os_info *info, struct xm_out *out)
{
	struct os_version row = { .version = version_number(info->version_id) };

	if (!(row.version > 0))
		return 0;
	memcpy(row.id, info->id, sizeof row.id);
	memcpy(row.id_like, info->id_like, sizeof row.id_like);
	memcpy(row.name, info->name, sizeof row.name);
	return xm_out_row(out, &version_table, &row);
}

static int emit_support(struct xm_coll *c, const char *date, struct xm_out *out)
{
	struct os_support row;

	if (!*date)
		return 0;
	if (parse_date(date, &row.support_end_timestamp_seconds) < 0) {
		xm_coll_bad(c);
		return 0;
	}
	return xm_out_row(out, &support_table, &row);
}

/* The file is often a link, and one that begins with '/' is meant below the root it is in. The
 * kernel knows how since 5.6; before, and where openat2 is forbidden, such links are believed. */
static int read_release(int root, const char *path, struct xm_buf *ret)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	struct xm_file f = { (int)syscall(SYS_openat2, root, path, &how, sizeof how) };
	int r;

	if (f.fd < 0 && errno != ENOSYS && errno != EPERM)
		return -errno;
	r = xm_file_read(&f, root, path, ret);
	xm_file_close(&f);
	return r;
}

static int collect(struct xm_coll *c, struct xm_out *out)
{
	struct os_release os = {};
	struct xm_str text, line;
	int root = c->host->fd[XM_ROOT];
	int r = read_release(root, "etc/os-release", &c->text);

	if (r == -ENOENT)
		r = read_release(root, "usr/lib/os-release", &c->text);
	if (r < 0)
		return r;
	text = (struct xm_str){ c->text.data, c->text.len };
	while (xm_line_next(&text, &line))
		if (parse_line(line, &os) < 0)
			xm_coll_bad(c);
	r = xm_out_row(out, &info_table, &os.info);
	if (r >= 0)
		r = emit_version(&os.info, out);
	return r < 0 ? r : emit_support(c, os.support_end, out);
}

const struct xm_collector xm_collector_os = {
	.name = "os",
	.help = "the operating system",
	.tables = (const struct xm_table *const[]){ &info_table, &version_table, &support_table,
						    NULL },
	.period_ms = 60000,
	.collect = collect,
};
