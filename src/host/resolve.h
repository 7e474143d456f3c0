/* Where a path leads, symbolic links followed, without leaving the directory it starts from. */
#pragma once
#include "base/base.h"

#define XM_RESOLVE_MAX 512 /* bytes of a path, NUL included */

/* "class/hwmon/hwmon0/device" → "devices/platform/coretemp.0", for links as sysfs makes them. ".."
 * does not lead above dir. -ELOOP; -ENAMETOOLONG; -EXDEV: an absolute link; -ENOENT, … */
int xm_resolve(int dir, const char *path, char ret_path[XM_RESOLVE_MAX]) XM_MUST;
