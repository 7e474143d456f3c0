#include "host/mountinfo.h"

static int parse_device(struct xm_str s, struct xm_mount *ret)
{
	struct xm_str major;
	uint64_t number[2];

	if (!xm_str_cut(&s, ':', &major) || xm_parse_u64(major, &number[0]) < 0 ||
	    xm_parse_u64(s, &number[1]) < 0 || number[0] > UINT32_MAX || number[1] > UINT32_MAX)
		return -EBADMSG;
	ret->major = (uint32_t)number[0];
	ret->minor = (uint32_t)number[1];
	return 0;
}

/* "36 35 98:0 /root /mnt/point rw,noatime master:1 - ext3 /dev/root rw,errors=continue", with any
 * number of fields before the "-". A blank separates; two in a row enclose an empty field. */
int xm_mount_parse(struct xm_str line, struct xm_mount *ret)
{
	struct xm_str id, parent, device, root, field;

	if (!xm_str_cut(&line, ' ', &id) || !xm_str_cut(&line, ' ', &parent) ||
	    !xm_str_cut(&line, ' ', &device) || parse_device(device, ret) < 0 ||
	    !xm_str_cut(&line, ' ', &root) || !xm_str_cut(&line, ' ', &ret->point) ||
	    !xm_str_cut(&line, ' ', &ret->options) || !ret->point.n)
		return -EBADMSG;
	do
		if (!xm_str_cut(&line, ' ', &field))
			return -EBADMSG;
	while (!xm_str_eq(field, "-"));
	if (!xm_str_cut(&line, ' ', &ret->type) || !xm_str_cut(&line, ' ', &ret->source))
		return -EBADMSG;
	ret->super = line;
	return 0;
}

bool xm_mount_has_option(struct xm_str options, const char *word)
{
	struct xm_str head;

	while (xm_str_cut(&options, ',', &head))
		if (xm_str_eq(head, word))
			return true;
	return xm_str_eq(options, word);
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

int xm_octal_decode(struct xm_str s, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *p = s.p + i;

		if (n + 1 >= size)
			return -ENAMETOOLONG;
		if (*p == '\\' && s.n - i > 3 && p[1] <= '3' && is_octal(p[1]) && is_octal(p[2]) &&
		    is_octal(p[3])) {
			buf[n++] = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			i += 3;
		} else {
			buf[n++] = *p;
		}
	}
	buf[n] = 0;
	return 0;
}
