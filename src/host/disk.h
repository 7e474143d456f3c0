/* What does not change about a block device: udev's properties of it, and whether it rotates. */
#pragma once
#include "base/buf.h"
#include "host/host.h"

/* Texts are "" where udev has no such property */
struct xm_disk {
	char path[128], wwn[64], model[128], serial[128], revision[32];
	char fs_type[32], fs_usage[32], fs_uuid[64], fs_version[32];
	char dm_name[128], dm_uuid[192], dm_vg_name[128], dm_lv_name[128], dm_lv_layer[64];
	char ata[8], ata_write_cache[8], ata_write_cache_enabled[8], ata_rotation_rate_rpm[16];
	bool rotational;
};

/* name is that of /proc/diskstats; scratch is used for reading */
void xm_disk_read(const struct xm_host *host, const char *name, uint32_t major, uint32_t minor,
		  struct xm_buf *scratch, struct xm_disk *ret);
