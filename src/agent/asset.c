#include "agent/asset.h"
#include "base/map.h"
#include <zlib.h>

#define ASSET(id) extern const char xm_asset_##id[], xm_asset_##id##_end[]
ASSET(index_html);
ASSET(app_js);
ASSET(app_css);

static const struct asset {
	const char *path, *mime, *begin, *end;
} assets[] = {
	{ "/", "text/html; charset=utf-8", xm_asset_index_html, xm_asset_index_html_end },
	{ "/app.js", "text/javascript; charset=utf-8", xm_asset_app_js, xm_asset_app_js_end },
	{ "/app.css", "text/css; charset=utf-8", xm_asset_app_css, xm_asset_app_css_end },
};

/* For the rare client that does not take gzip */
static int unpack(const struct asset *a, struct xm_buf *ret)
{
	z_stream z = { .next_in = (Bytef *)a->begin, .avail_in = (uInt)(a->end - a->begin) };
	char part[16384];
	int r;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return -ENOMEM;
	do {
		z.next_out = (Bytef *)part;
		z.avail_out = sizeof part;
		r = inflate(&z, Z_NO_FLUSH);
		xm_buf_add(ret, part, sizeof part - z.avail_out);
	} while (r == Z_OK);
	inflateEnd(&z);
	return r == Z_STREAM_END && !ret->failed ? 0 : -EIO;
}

static void send_asset(struct xm_http_req *req, const struct asset *a)
{
	_cleanup_buf_ struct xm_buf plain = XM_BUF_INIT;
	struct xm_http_body *body = NULL;
	bool gzip = xm_http_accepts_gzip(req);
	int r = gzip ? xm_http_body_borrow(a->begin, (size_t)(a->end - a->begin), &body)
		     : unpack(a, &plain);

	if (!gzip && r >= 0)
		r = xm_http_body_new(&plain, &body);
	if (r < 0) {
		xm_http_error(req, 500, "cannot unpack %s: %s", a->path, strerror(-r));
		return;
	}
	if (gzip)
		xm_http_set_header(req, "Content-Encoding", "gzip");
	xm_http_reply_shared(req, 200, a->mime, body);
	xm_http_body_unref(body);
}

void xm_asset_serve(struct xm_http_req *req)
{
	const char *path = xm_http_path(req);
	char etag[32];

	for (size_t i = 0; i < XM_ARRAY_LEN(assets); i++) {
		const struct asset *a = &assets[i];

		if (strcmp(a->path, path))
			continue;
		snprintf(etag, sizeof etag, "\"%016llx\"",
			 (unsigned long long)xm_hash(a->begin, (size_t)(a->end - a->begin)));
		xm_http_set_header(req, "Vary", "Accept-Encoding");
		/* the page names its script and style by their hash: these never change */
		xm_http_set_header(req, "Cache-Control",
				   i ? "public, max-age=31536000, immutable" : "no-cache");
		if (!xm_http_not_modified(req, etag))
			send_asset(req, a);
		return;
	}
	xm_http_error(req, 404, "there is no %s", path);
}
