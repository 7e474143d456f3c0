#include "host/udev.h"
#include "host/file.h"

int xm_udev_read_block(int dir, uint32_t major, uint32_t minor, struct xm_buf *ret_text)
{
	char name[32];

	snprintf(name, sizeof name, "b%u:%u", major, minor);
	return xm_read_text(dir, name, ret_text);
}

bool xm_udev_next(struct xm_str *rest, struct xm_str *ret_name, struct xm_str *ret_value)
{
	struct xm_str line;

	while (xm_line_next(rest, &line)) {
		if (!xm_str_starts(line, "E:"))
			continue;
		line.p += 2;
		line.n -= 2;
		if (!xm_str_cut(&line, '=', ret_name))
			continue;
		*ret_value = line;
		return true;
	}
	return false;
}
