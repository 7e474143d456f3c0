#include "host/disk.h"
#include "host/file.h"
#include "host/udev.h"

#define PROPERTY(n, m)                                                                             \
	{                                                                                          \
		n, offsetof(struct xm_disk, m), sizeof(((struct xm_disk *)0)->m)                   \
	}
static const struct property {
	const char *name;
	size_t off, size;
} properties[] = {
	PROPERTY("ID_PATH", path),
	PROPERTY("ID_WWN", wwn),
	PROPERTY("ID_MODEL", model),
	PROPERTY("ID_REVISION", revision),
	PROPERTY("ID_FS_TYPE", fs_type),
	PROPERTY("ID_FS_USAGE", fs_usage),
	PROPERTY("ID_FS_UUID", fs_uuid),
	PROPERTY("ID_FS_VERSION", fs_version),
	PROPERTY("DM_NAME", dm_name),
	PROPERTY("DM_UUID", dm_uuid),
	PROPERTY("DM_VG_NAME", dm_vg_name),
	PROPERTY("DM_LV_NAME", dm_lv_name),
	PROPERTY("DM_LV_LAYER", dm_lv_layer),
	PROPERTY("ID_ATA", ata),
	PROPERTY("ID_ATA_WRITE_CACHE", ata_write_cache),
	PROPERTY("ID_ATA_WRITE_CACHE_ENABLED", ata_write_cache_enabled),
	PROPERTY("ID_ATA_ROTATION_RATE_RPM", ata_rotation_rate_rpm),
};

/* Best first: what is printed on the disk's label; what virtio disks have */
static const char *const serials[] = { "SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL" };

static void take_property(struct xm_disk *d, struct xm_str name, struct xm_str value)
{
	for (const struct property *p = properties; p < properties + XM_ARRAY_LEN(properties); p++)
		if (xm_str_eq(name, p->name)) {
			xm_str_copy(value, (char *)d + p->off, p->size);
			return;
		}
}

static void take_serial(struct xm_disk *d, struct xm_str name, struct xm_str value, unsigned *best)
{
	for (unsigned i = 0; i < *best; i++)
		if (xm_str_eq(name, serials[i]) && value.n) {
			xm_str_copy(value, d->serial, sizeof d->serial);
			*best = i;
			return;
		}
}

static void take_properties(struct xm_disk *d, struct xm_str text)
{
	unsigned best_serial = XM_ARRAY_LEN(serials);
	struct xm_str name, value;

	while (xm_udev_next(&text, &name, &value)) {
		take_property(d, name, value);
		take_serial(d, name, value, &best_serial);
	}
}

/* "cciss/c0d0" is the directory "cciss!c0d0" */
static bool is_rotational(int sys, const char *name)
{
	char path[128];
	uint64_t value;
	size_t at = (size_t)snprintf(path, sizeof path, "block/");

	for (; *name && at + 1 < sizeof path; name++)
		path[at++] = *name == '/' ? '!' : *name;
	if (*name)
		return false;
	snprintf(path + at, sizeof path - at, "/queue/rotational");
	return xm_read_u64(sys, path, &value) == 0 && value;
}

void xm_disk_read(const struct xm_host *host, const char *name, uint32_t major, uint32_t minor,
		  struct xm_buf *scratch, struct xm_disk *ret)
{
	*ret = (struct xm_disk){ .rotational = is_rotational(host->fd[XM_SYS], name) };
	if (xm_udev_read_block(host->fd[XM_UDEV], major, minor, scratch) == 0)
		take_properties(ret, (struct xm_str){ scratch->data, scratch->len });
}
