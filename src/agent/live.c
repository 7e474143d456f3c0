#include "agent/live.h"
#include "base/log.h"

int xm_live_open(struct xm_live *l, const struct xm_snapshot *snapshot)
{
	*l = (struct xm_live){ .snapshot = snapshot, .text = XM_BUF_INIT };
	return xm_charts_open(&l->charts);
}

void xm_live_close(struct xm_live *l)
{
	for (unsigned i = 0; i < XM_LIVE_STREAMS; i++)
		xm_http_stream_close(l->stream[i].stream);
	xm_charts_close(&l->charts);
	xm_buf_done(&l->text);
}

static void on_close(void *arg)
{
	struct xm_live_stream *s = arg;

	xm_http_stream_close(TAKE_PTR(s->stream));
}

static struct xm_live_stream *free_stream(struct xm_live *l)
{
	for (unsigned i = 0; i < XM_LIVE_STREAMS; i++)
		if (!l->stream[i].stream)
			return &l->stream[i];
	return NULL;
}

void xm_live_serve(struct xm_live *l, struct xm_http_req *req)
{
	struct xm_live_stream *s = free_stream(l);

	if (!s) {
		xm_http_error(req, 503, "%d pages are open already", XM_LIVE_STREAMS);
		return;
	}
	if (!l->charts.n) {
		xm_http_error(req, 503, "no values yet");
		return;
	}
	s->live = l;
	s->stream = xm_http_stream_open(req, "text/event-stream", on_close, s);
	if (!s->stream)
		return;
	xm_buf_reset(&l->text);
	xm_charts_hello(&l->charts, l->snapshot, &l->text);
	for (unsigned i = 0; i < l->charts.n_charts; i++)
		if (l->charts.chart[i].n_series)
			xm_charts_history(&l->charts, i, &l->text);
	if (!l->text.failed)
		xm_http_stream_send(s->stream, l->text.data, l->text.len);
}

static bool anybody(const struct xm_live *l)
{
	for (unsigned i = 0; i < XM_LIVE_STREAMS; i++)
		if (l->stream[i].stream)
			return true;
	return false;
}

void xm_live_tick(struct xm_live *l)
{
	if (xm_charts_add(&l->charts, l->snapshot) < 0) {
		xm_warning("charts: out of memory");
		return;
	}
	if (!anybody(l))
		return;
	xm_buf_reset(&l->text);
	for (unsigned i = 0; i < l->charts.n_charts; i++)
		if (l->charts.chart[i].changed)
			xm_charts_history(&l->charts, i, &l->text);
	xm_charts_tick(&l->charts, l->snapshot, &l->text);
	for (unsigned i = 0; i < XM_LIVE_STREAMS && !l->text.failed; i++)
		if (l->stream[i].stream)
			xm_http_stream_send(l->stream[i].stream, l->text.data, l->text.len);
}
