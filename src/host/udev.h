/* What udev knows about a device: its database, one file a device. */
#pragma once
#include "base/buf.h"
#include "base/text.h"

/* Read the entry of a block device below udev's data directory. -ENOENT: it has none. */
int xm_udev_read_block(int dir, uint32_t major, uint32_t minor, struct xm_buf *ret_text) XM_MUST;
/* Cut the next property ("E:ID_MODEL=QEMU") off an entry. False at the end. */
bool xm_udev_next(struct xm_str *rest, struct xm_str *ret_name, struct xm_str *ret_value);
