/*
 * Where this machine's files are: the live machine, or a copy of one below other directories. Every
 * reader opens below one of these; nothing below cli/ names /proc itself.
 */
#pragma once
#include "base/base.h"

enum xm_dir { XM_PROC, XM_SYS, XM_ROOT, XM_UDEV, XM_DIRS };

struct xm_host_paths {
	const char *dir[XM_DIRS]; /* NULL = the live machine's own */
};

struct xm_host {
	int fd[XM_DIRS]; /* O_PATH; -1 = there is no such directory: its readers answer -ENOENT */
	/* Of the machine we run on: system calls and netlink may answer for files. False as soon as
	 * procfs, sysfs or rootfs is another's. */
	bool live;
	char rootfs[256]; /* for statfs of mount points below it: "" when it is "/" */
};

extern const char xm_host_live_proc[]; /* procfs of the running machine: for ourselves */

int xm_host_open(struct xm_host *h, const struct xm_host_paths *paths, struct xm_err *err) XM_MUST;
void xm_host_close(struct xm_host *h);
