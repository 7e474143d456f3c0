/* The live stream of the dashboard: server-sent events, one stream a page. */
#pragma once
#include "agent/chart.h"
#include "http/server.h"

#define XM_LIVE_STREAMS 64

struct xm_live {
	struct xm_charts charts;
	const struct xm_snapshot *snapshot;
	struct xm_live_stream {
		struct xm_live *live;
		struct xm_http_stream *stream; /* NULL: free */
	} stream[XM_LIVE_STREAMS];
	struct xm_buf text;
};

int xm_live_open(struct xm_live *l, const struct xm_snapshot *snapshot) XM_MUST;
void xm_live_close(struct xm_live *l);
/* The route's handler */
void xm_live_serve(struct xm_live *l, struct xm_http_req *req);
/* The snapshot is a new one: draw it, and tell everybody */
void xm_live_tick(struct xm_live *l);
