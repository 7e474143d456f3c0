/* /metrics: the newest snapshot in the format that the client asks for, rendered at most once a
 * tick, format and coding. */
#pragma once
#include "agent/head.h"
#include "http/gzip.h"
#include "http/server.h"
#include "out/expo.h"

struct xm_metrics {
	const struct xm_head_memory *head;
	struct xm_snapshot *snapshot; /* shared with the charts; brought up to date when asked */
	uint64_t layout_seq[XM_EXPO_FORMATS];
	struct xm_expo expo[XM_EXPO_FORMATS];
	struct xm_metrics_body {
		struct xm_http_body *body;
		uint64_t tick, rendered_ns;
	} cached[XM_EXPO_FORMATS][2]; /* as it is; gzipped */
	struct xm_gzip *gzip;         /* made when first needed */
	struct xm_buf text;
};

void xm_metrics_open(struct xm_metrics *m, const struct xm_head_memory *head,
		     struct xm_snapshot *snapshot);
void xm_metrics_close(struct xm_metrics *m);
/* The route's handler. ?collect[]=NAME shows only these sources, ?exclude[]=NAME all but these. */
void xm_metrics_serve(struct xm_metrics *m, struct xm_http_req *req);
