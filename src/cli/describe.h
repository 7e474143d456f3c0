/* The metrics of every collector, as a page of documentation. */
#pragma once
#include "base/buf.h"

/* Markdown: one section a collector, one line a metric */
void xm_describe_metrics(struct xm_buf *out);
