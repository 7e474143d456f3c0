/* Results are produced once, as rows of declared tables and findings; a sink renders them. */
#pragma once
#include "field/field.h"

struct xm_table {
	const char *name; /* "diskstats"; default metric names are xmon_<table>_<column> */
	const char *help;
	const struct xm_field *cols;
	size_t row_size;
};
#define XM_TABLE(S, n, h, c)                                                                       \
	{                                                                                          \
		.name = n, .help = h, .cols = c, .row_size = sizeof(S)                             \
	}

enum xm_metric_type {
	XM_METRIC_UNTYPED,
	XM_METRIC_COUNTER,
	XM_METRIC_GAUGE,
	XM_METRIC_HISTOGRAM,
	XM_METRIC_SUMMARY,
};

/* One sample of a metric that no table declares: of a textfile, of a plugin. All borrowed. */
struct xm_sample {
	const char *family; /* metric name without suffix */
	const char *suffix; /* "", "_bucket", "_sum", "_count", … */
	const char *help;
	const char *labels; /* rendered: a="b",c="d"; "" = none */
	enum xm_metric_type type;
	double value;
};

enum xm_severity { XM_NOTE, XM_NOTICE, XM_WARNING, XM_CRITICAL };

struct xm_out;

struct xm_sink {
	const char *name; /* "text": --format=text, ?format=text */
	const char *mime;
	size_t state_size;
	int (*begin)(struct xm_out *o,
		     const struct xm_table *t); /* rows of t follow; may be NULL */
	int (*row)(struct xm_out *o, const struct xm_table *t, const void *row);
	int (*sample)(struct xm_out *o, const struct xm_sample *s); /* NULL: left out */
	int (*finding)(struct xm_out *o, enum xm_severity s, const char *id, const char *text);
	int (*end)(struct xm_out *o); /* end of one report */
	void (*close)(struct xm_out *o);
};

#define XM_FINDINGS_MAX 16 /* one report makes its point with so many; more are counted */

struct xm_out {
	const struct xm_sink *sink;
	void *state;                  /* the sink's */
	struct xm_buf buf;            /* rendered text; taken or written by whoever drives */
	const struct xm_table *table; /* the table rows are being added to */
	struct {
		enum xm_severity severity;
		char id[40], text[160];
	} finding[XM_FINDINGS_MAX];
	unsigned findings, findings_dropped; /* held back to the end of the report */
};

extern const struct xm_sink xm_sink_text, xm_sink_json, xm_sink_csv, xm_sink_prometheus;

int xm_out_open(struct xm_out *o, const struct xm_sink *sink) XM_MUST;
void xm_out_close(struct xm_out *o);

int xm_out_row(struct xm_out *o, const struct xm_table *t, const void *row) XM_MUST;
int xm_out_sample(struct xm_out *o, const struct xm_sample *s) XM_MUST;
void XM_PRINTF(4, 5)
	xm_out_finding(struct xm_out *o, enum xm_severity s, const char *id, const char *fmt, ...);
/* End of one report: the whole of it is in o->buf afterwards. -ENOMEM when it did not fit. */
int xm_out_end(struct xm_out *o) XM_MUST;
/* Write o->buf to fd and empty it */
int xm_out_flush(struct xm_out *o, int fd) XM_MUST;
