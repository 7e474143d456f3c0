#include "host/host.h"
#include <fcntl.h>

const char xm_host_live_proc[] = "/proc";

static const struct {
	const char *label, *path;
	bool required;
} standard[XM_DIRS] = {
	[XM_PROC] = { "path.procfs", xm_host_live_proc, true },
	[XM_SYS] = { "path.sysfs", "/sys", false },
	[XM_ROOT] = { "path.rootfs", "/", false },
	[XM_UDEV] = { "path.udev.data", "/run/udev/data", false },
};

static bool same_place(const char *a, const char *b)
{
	return !strcmp(a, b);
}

int xm_host_open(struct xm_host *h, const struct xm_host_paths *paths, struct xm_err *err)
{
	*h = (struct xm_host){ .fd = { -1, -1, -1, -1 }, .live = true };
	for (int d = 0; d < XM_DIRS; d++) {
		const char *path =
			paths && paths->dir[d] && *paths->dir[d] ? paths->dir[d] : standard[d].path;
		bool given = !same_place(path, standard[d].path);

		h->fd[d] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (h->fd[d] < 0 && (given || standard[d].required)) {
			int r = xm_fail(err, -errno, "%s: cannot open directory '%s': %s",
					standard[d].label, path, strerror(errno));

			xm_host_close(h);
			return r;
		}
		if (given && d != XM_UDEV)
			h->live = false;
		if (given && d == XM_ROOT)
			snprintf(h->rootfs, sizeof h->rootfs, "%s", path);
	}
	return 0;
}

void xm_host_close(struct xm_host *h)
{
	for (int d = 0; d < XM_DIRS; d++) {
		xm_closep(&h->fd[d]);
		h->fd[d] = -1;
	}
}
