#include "collect/disk_info.h"
#include "base/text.h"
#include <math.h>

struct info_row {
	const char *device;
	uint32_t major, minor;
	const char *path, *wwn, *model, *serial, *revision;
	uint32_t rotational;
};

#define KEY(S, m, t, h) XM_FIELD(S, m, t, h, .flags = XM_KEY)
static const struct xm_field info_cols[] = {
	KEY(struct info_row, device, XM_TEXT, "block device"),
	KEY(struct info_row, major, XM_U32, "device number, first part"),
	KEY(struct info_row, minor, XM_U32, "device number, second part"),
	KEY(struct info_row, path, XM_TEXT, "how it is connected"),
	KEY(struct info_row, wwn, XM_TEXT, "world wide name"),
	KEY(struct info_row, model, XM_TEXT, "model"),
	KEY(struct info_row, serial, XM_TEXT, "serial number"),
	KEY(struct info_row, revision, XM_TEXT, "firmware revision"),
	KEY(struct info_row, rotational, XM_U32, "1 if it has turning disks"),
	XM_FIELD_INFO("info", "node_disk_info", "Info of /sys/block/<block_device>."),
	{}
};
const struct xm_table xm_disk_info_table =
	XM_TABLE(struct info_row, "disk_info", "block devices", info_cols);

struct fs_row {
	const char *device, *type, *usage, *uuid, *version;
};

static const struct xm_field fs_cols[] = {
	KEY(struct fs_row, device, XM_TEXT, "block device"),
	KEY(struct fs_row, type, XM_TEXT, "ext4, LVM2_member, …"),
	KEY(struct fs_row, usage, XM_TEXT, "filesystem, raid, crypto, …"),
	KEY(struct fs_row, uuid, XM_TEXT, "UUID"),
	KEY(struct fs_row, version, XM_TEXT, "version of the format"),
	XM_FIELD_INFO("info", "node_disk_filesystem_info", "Info about disk filesystem."),
	{}
};
const struct xm_table xm_disk_fs_table =
	XM_TABLE(struct fs_row, "disk_filesystem", "what is on block devices", fs_cols);

struct dm_row {
	const char *device, *name, *uuid, *vg_name, *lv_name, *lv_layer;
};

static const struct xm_field dm_cols[] = {
	KEY(struct dm_row, device, XM_TEXT, "block device"),
	KEY(struct dm_row, name, XM_TEXT, "name below /dev/mapper"),
	KEY(struct dm_row, uuid, XM_TEXT, "UUID"),
	KEY(struct dm_row, vg_name, XM_TEXT, "volume group"),
	KEY(struct dm_row, lv_name, XM_TEXT, "logical volume"),
	KEY(struct dm_row, lv_layer, XM_TEXT, "layer of the logical volume"),
	XM_FIELD_INFO("info", "node_disk_device_mapper_info", "Info about disk device mapper."),
	{}
};
const struct xm_table xm_disk_dm_table =
	XM_TABLE(struct dm_row, "disk_device_mapper", "device mapper devices", dm_cols);

struct ata_row {
	const char *device;
	double write_cache, write_cache_enabled, rotation_rate_rpm;
};

static const struct xm_field ata_cols[] = { KEY(struct ata_row, device, XM_TEXT, "block device"),
					    XM_FIELD(struct ata_row, write_cache, XM_DOUBLE,
						     "ATA disk has a write cache.",
						     .metric = "node_disk_ata_write_cache"),
					    XM_FIELD(struct ata_row, write_cache_enabled, XM_DOUBLE,
						     "ATA disk has its write cache enabled.",
						     .metric = "node_disk_ata_write_cache_enabled"),
					    XM_FIELD(struct ata_row, rotation_rate_rpm, XM_DOUBLE,
						     "ATA disk rotation rate in RPMs (0 for SSDs).",
						     .metric = "node_disk_ata_rotation_rate_rpm"),
					    {} };
const struct xm_table xm_disk_ata_table =
	XM_TABLE(struct ata_row, "disk_ata", "ATA disks", ata_cols);

static int emit_info(const struct xm_disk_id *d, const struct xm_disk *x, struct xm_out *out)
{
	return xm_out_row(out, &xm_disk_info_table,
			  &(struct info_row){ d->name, d->major, d->minor, x->path, x->wwn,
					      x->model, x->serial, x->revision, x->rotational });
}

static int emit_fs(const struct xm_disk_id *d, const struct xm_disk *x, struct xm_out *out)
{
	if (!*x->fs_type)
		return 0;
	return xm_out_row(
		out, &xm_disk_fs_table,
		&(struct fs_row){ d->name, x->fs_type, x->fs_usage, x->fs_uuid, x->fs_version });
}

static int emit_dm(const struct xm_disk_id *d, const struct xm_disk *x, struct xm_out *out)
{
	if (!*x->dm_name)
		return 0;
	return xm_out_row(out, &xm_disk_dm_table,
			  &(struct dm_row){ d->name, x->dm_name, x->dm_uuid, x->dm_vg_name,
					    x->dm_lv_name, x->dm_lv_layer });
}

static double number_or_nan(const char *text)
{
	double v;

	return xm_parse_double(XM_STR_OF(text), &v) < 0 ? (double)NAN : v;
}

static int emit_ata(const struct xm_disk_id *d, const struct xm_disk *x, struct xm_out *out)
{
	if (!*x->ata)
		return 0;
	return xm_out_row(out, &xm_disk_ata_table,
			  &(struct ata_row){ d->name, number_or_nan(x->ata_write_cache),
					     number_or_nan(x->ata_write_cache_enabled),
					     number_or_nan(x->ata_rotation_rate_rpm) });
}

int xm_disk_info_emit(const struct xm_disk_id *d, const struct xm_disk *x, enum xm_disk_info which,
		      struct xm_out *out)
{
	switch (which) {
	case XM_DISK_INFO: return emit_info(d, x, out);
	case XM_DISK_INFO_FS: return emit_fs(d, x, out);
	case XM_DISK_INFO_DM: return emit_dm(d, x, out);
	case XM_DISK_INFO_ATA: return emit_ata(d, x, out);
	default: return -EINVAL;
	}
}
