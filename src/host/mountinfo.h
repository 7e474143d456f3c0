/* /proc/PID/mountinfo: one mount a line. */
#pragma once
#include "base/text.h"

/* Slices of the line, octal escapes as they are */
struct xm_mount {
	uint32_t major, minor;
	struct xm_str point;   /* where it is mounted */
	struct xm_str options; /* of this mount: "rw,nosuid" */
	struct xm_str type;    /* "ext4", "fuse.sshfs" */
	struct xm_str source;  /* "/dev/sda1", "server:/export"; may be empty */
	struct xm_str super;   /* options of the file system */
};

int xm_mount_parse(struct xm_str line, struct xm_mount *ret) XM_MUST;
/* Is the word one of a comma-separated list? */
bool xm_mount_has_option(struct xm_str options, const char *word);
/* Copy with "\040" and the like decoded: the kernel escapes blank, tab, newline, backslash and '#'.
 * -ENAMETOOLONG when buf is too small; nothing that is cut is the name of anything. */
int xm_octal_decode(struct xm_str s, char *buf, size_t size) XM_MUST;
