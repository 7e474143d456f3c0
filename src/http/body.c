/* Bodies shared by replies: counted references to one piece of memory. */
#include "http/conn.h"

static int body_make(const void *data, size_t len, char *owned, struct xm_http_body **ret)
{
	struct xm_http_body *b = malloc(sizeof *b);

	if (!b) {
		free(owned);
		return -ENOMEM;
	}
	*b = (struct xm_http_body){ .refs = 1, .data = data, .len = len, .owned = owned };
	*ret = b;
	return 0;
}

int xm_http_body_new(struct xm_buf *data, struct xm_http_body **ret)
{
	struct xm_buf b = *data;

	*data = XM_BUF_INIT;
	if (b.failed) {
		xm_buf_done(&b);
		return -ENOMEM;
	}
	return body_make(b.data, b.len, b.cap ? b.data : NULL, ret);
}

int xm_http_body_borrow(const void *data, size_t len, struct xm_http_body **ret)
{
	return body_make(data, len, NULL, ret);
}

struct xm_http_body *xm_http_body_ref(struct xm_http_body *body)
{
	body->refs++;
	return body;
}

void xm_http_body_unref(struct xm_http_body *body)
{
	if (!body || --body->refs)
		return;
	free(body->owned);
	free(body);
}

size_t xm_http_body_len(const struct xm_http_body *body)
{
	return body->len;
}
