/* gzip with zlib. */
#include "http/gzip.h"
#include <limits.h>
#include <zlib.h>

#define GZIP_WINDOW (MAX_WBITS + 16) /* + 16: gzip's header and trailer, not zlib's */

int xm_gzip(const void *data, size_t len, int level, struct xm_buf *ret)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)len };
	size_t bound;
	int r;

	if (len > UINT_MAX / 2)
		return -E2BIG;
	if (deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	bound = deflateBound(&z, len);
	r = xm_buf_reserve(ret, bound);
	if (r == 0) {
		z.next_out = (Bytef *)ret->data + ret->len;
		z.avail_out = (uInt)bound;
		r = deflate(&z, Z_FINISH) == Z_STREAM_END ? 0 : -EIO;
	}
	if (r == 0) {
		ret->len += z.total_out;
		ret->data[ret->len] = 0;
	}
	deflateEnd(&z);
	return r;
}
