/* The rows that say what a block device is, rather than what it did: for the collector diskstats.
 */
#pragma once
#include "host/disk.h"
#include "out/out.h"

struct xm_disk_id {
	const char *name;
	uint32_t major, minor;
};

enum xm_disk_info {
	XM_DISK_INFO,
	XM_DISK_INFO_FS,
	XM_DISK_INFO_DM,
	XM_DISK_INFO_ATA,
	XM_DISK_INFOS
};

extern const struct xm_table xm_disk_info_table, xm_disk_fs_table, xm_disk_dm_table,
	xm_disk_ata_table;

/* The row of one of the tables, if the disk has such a thing */
int xm_disk_info_emit(const struct xm_disk_id *d, const struct xm_disk *x, enum xm_disk_info which,
		      struct xm_out *out) XM_MUST;
