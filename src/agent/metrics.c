#include "agent/metrics.h"
#include "agent/self.h"
#include "base/clock.h"
#include "http/accept.h"

#define STALE_NS   (60 * XM_NS_PER_SEC) /* an older row is no answer */
#define GZIP_LEVEL 1                    /* a scrape a second: cheap beats small */

void xm_metrics_open(struct xm_metrics *m, const struct xm_head_memory *head,
		     struct xm_snapshot *snapshot)
{
	*m = (struct xm_metrics){ .head = head, .snapshot = snapshot, .text = XM_BUF_INIT };
}

void xm_metrics_close(struct xm_metrics *m)
{
	for (int f = 0; f < XM_EXPO_FORMATS; f++) {
		xm_expo_close(&m->expo[f]);
		xm_http_body_unref(m->cached[f][0].body);
		xm_http_body_unref(m->cached[f][1].body);
	}
	xm_gzip_free(m->gzip);
	xm_buf_done(&m->text);
}

static uint64_t age_ns(const struct xm_metrics *m)
{
	uint64_t now = xm_mono_ns();

	return now > m->snapshot->mono_ns ? now - m->snapshot->mono_ns : 0;
}

/* The row says how old it is, as of now */
static void stamp_age(struct xm_metrics *m)
{
	const struct xm_layout *l = xm_snapshot_layout(m->snapshot);
	const struct xm_layout_family *f = xm_layout_find(l, XM_SNAPSHOT_AGE);

	if (f && f->n)
		m->snapshot->value[xm_layout_samples(l)[f->first].value] = (double)age_ns(m) / 1e9;
}

static int prepare(struct xm_metrics *m, enum xm_expo_format format)
{
	int r;

	if (format == XM_EXPO_PROTOBUF || m->layout_seq[format] == m->snapshot->layout_seq)
		return 0;
	xm_expo_close(&m->expo[format]);
	m->layout_seq[format] = 0;
	r = xm_expo_open(&m->expo[format], xm_snapshot_layout(m->snapshot), format);
	if (r >= 0)
		m->layout_seq[format] = m->snapshot->layout_seq;
	return r;
}

/* Render into m->text */
static int render(struct xm_metrics *m, enum xm_expo_format format,
		  const struct xm_expo_filter *filter)
{
	const struct xm_layout *l = xm_snapshot_layout(m->snapshot);
	int r = prepare(m, format);

	if (r < 0)
		return r;
	stamp_age(m);
	xm_buf_reset(&m->text);
	if (format == XM_EXPO_PROTOBUF)
		return xm_expo_protobuf(l, m->snapshot->value, filter, &m->text);
	return xm_expo_text(&m->expo[format], l, m->snapshot->value, filter, format, &m->text);
}

/* m->text as a body, gzipped if wanted */
static int make_body(struct xm_metrics *m, bool gzip, struct xm_http_body **ret)
{
	_cleanup_buf_ struct xm_buf packed = XM_BUF_INIT;
	int r = gzip && !m->gzip ? xm_gzip_new(GZIP_LEVEL, &m->gzip) : 0;

	if (gzip && r >= 0)
		r = xm_gzip_add(m->gzip, m->text.data, m->text.len, &packed);
	if (r < 0)
		return r;
	if (!gzip)
		xm_buf_add(&packed, m->text.data, m->text.len);
	return packed.failed ? -ENOMEM : xm_http_body_new(&packed, ret);
}

/* The body of this tick, rendered unless it is there already */
static int cached_body(struct xm_metrics *m, enum xm_expo_format format, bool gzip,
		       struct xm_http_body **ret)
{
	struct xm_metrics_body *c = &m->cached[format][gzip];
	uint64_t now = xm_mono_ns();
	int r;

	if (!c->body || c->tick != m->snapshot->tick || now - c->rendered_ns > XM_NS_PER_SEC) {
		xm_http_body_unref(TAKE_PTR(c->body));
		r = render(m, format, NULL);
		if (r >= 0)
			r = make_body(m, gzip, &c->body);
		if (r < 0)
			return r;
		c->tick = m->snapshot->tick;
		c->rendered_ns = now;
	}
	*ret = xm_http_body_ref(c->body);
	return 0;
}

static bool find_source(const struct xm_layout *l, const char *name, uint32_t *ret)
{
	for (*ret = 0; *ret < l->n_sources; ++*ret)
		if (!strcmp(xm_layout_source(l, *ret), name))
			return true;
	return false;
}

/* Set the bits of the sources that the query names. Their number; -ENOENT: *ret_name is none. */
static int named_sources(const struct xm_metrics *m, struct xm_http_req *req, const char *key,
			 struct xm_expo_filter *ret, const char **ret_name)
{
	const struct xm_layout *l = xm_snapshot_layout(m->snapshot);
	uint32_t source;
	int n = 0;

	while ((*ret_name = xm_http_query(req, key, (size_t)n))) {
		if (!find_source(l, *ret_name, &source))
			return -ENOENT;
		ret->bits[source / 64] |= 1ULL << (source % 64);
		n++;
	}
	return n;
}

/* 1: the query asks for a part; 0: for everything; negative: the request was refused */
static int make_filter(const struct xm_metrics *m, struct xm_http_req *req,
		       struct xm_expo_filter *ret)
{
	struct xm_expo_filter collect = {}, exclude = {};
	const char *name;
	int n_collect = named_sources(m, req, "collect[]", &collect, &name), n_exclude;

	if (n_collect >= 0) {
		n_exclude = named_sources(m, req, "exclude[]", &exclude, &name);
		if (n_exclude >= 0 && (!n_collect || !n_exclude)) {
			for (unsigned i = 0; i < XM_ARRAY_LEN(ret->bits); i++)
				ret->bits[i] = n_collect ? collect.bits[i] : ~exclude.bits[i];
			return n_collect || n_exclude;
		}
		if (n_exclude >= 0) {
			xm_http_error(req, 400, "collect[] and exclude[] cannot be combined");
			return -EINVAL;
		}
	}
	xm_http_error(req, 400, "missing collector: %s", name);
	return -EINVAL;
}

static enum xm_expo_format negotiate(struct xm_http_req *req)
{
	static const char *const offers[] = {
		"text/plain;version=0.0.4", "application/openmetrics-text;version=1.0.0",
		("application/vnd.google.protobuf;"
		 "proto=io.prometheus.client.MetricFamily;encoding=delimited"),
		NULL
	};
	int index = 0;

	/* A client that wants none of them gets text, as from every exporter */
	if (xm_http_negotiate(xm_http_header(req, "Accept"), offers, &index) < 0)
		index = XM_EXPO_TEXT;
	return (enum xm_expo_format)index;
}

static int body_for(struct xm_metrics *m, struct xm_http_req *req, enum xm_expo_format format,
		    struct xm_http_body **ret)
{
	bool gzip = xm_http_accepts_gzip(req);
	struct xm_expo_filter filter;
	int r = make_filter(m, req, &filter);

	if (r < 0)
		return r;
	if (!r)
		r = cached_body(m, format, gzip, ret);
	else
		r = render(m, format, &filter) < 0 ? -ENOMEM : make_body(m, gzip, ret);
	if (r < 0)
		xm_http_error(req, 500, "out of memory");
	else if (gzip)
		xm_http_set_header(req, "Content-Encoding", "gzip");
	return r;
}

void xm_metrics_serve(struct xm_metrics *m, struct xm_http_req *req)
{
	struct xm_http_body *body = NULL;
	enum xm_expo_format format = negotiate(req);

	if (xm_snapshot_read(m->snapshot, m->head) < 0) {
		xm_http_error(req, 503, "no values yet");
		return;
	}
	if (age_ns(m) > STALE_NS) {
		xm_http_error(req, 503, "the sampler has not taken a row for %.0f s",
			      (double)age_ns(m) / 1e9);
		return;
	}
	if (body_for(m, req, format, &body) < 0)
		return;
	xm_http_set_header(req, "Vary", "Accept, Accept-Encoding");
	xm_http_reply_shared(req, 200, xm_expo_mime[format], body);
	xm_http_body_unref(body);
}
