/* gzip with zlib. */
#include "http/gzip.h"
#include <limits.h>
#include <zlib.h>

#define GZIP_WINDOW (14 + 16) /* 16 KiB, half the largest; + 16: gzip's header, not zlib's */
#define GZIP_MEMORY 6         /* of 9; both cost metrics no compression, and save 200 KiB */

struct xm_gzip {
	z_stream stream;
};

int xm_gzip_new(int level, struct xm_gzip **ret)
{
	struct xm_gzip *z = calloc(1, sizeof *z);

	if (!z || deflateInit2(&z->stream, level, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
			       Z_DEFAULT_STRATEGY) != Z_OK) {
		free(z);
		return -ENOMEM;
	}
	*ret = z;
	return 0;
}

void xm_gzip_free(struct xm_gzip *z)
{
	if (z)
		deflateEnd(&z->stream);
	free(z);
}

int xm_gzip_add(struct xm_gzip *z, const void *data, size_t len, struct xm_buf *ret)
{
	size_t bound;
	int r;

	if (len > UINT_MAX / 2)
		return -E2BIG;
	if (deflateReset(&z->stream) != Z_OK)
		return -EIO;
	bound = deflateBound(&z->stream, len);
	r = xm_buf_reserve(ret, bound);
	if (r < 0)
		return r;
	z->stream.next_in = (Bytef *)(uintptr_t)data;
	z->stream.avail_in = (uInt)len;
	z->stream.next_out = (Bytef *)ret->data + ret->len;
	z->stream.avail_out = (uInt)bound;
	if (deflate(&z->stream, Z_FINISH) != Z_STREAM_END)
		return -EIO;
	ret->len += z->stream.total_out;
	ret->data[ret->len] = 0;
	return 0;
}
