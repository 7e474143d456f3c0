#include "out/out.h"

int xm_out_open(struct xm_out *o, const struct xm_sink *sink)
{
	*o = (struct xm_out){ .sink = sink, .buf = XM_BUF_INIT };
	if (!sink->state_size)
		return 0;
	o->state = calloc(1, sink->state_size);
	return o->state ? 0 : -ENOMEM;
}

void xm_out_close(struct xm_out *o)
{
	if (o->sink && o->sink->close && o->state)
		o->sink->close(o);
	free(o->state);
	o->state = NULL;
	xm_buf_done(&o->buf);
}

int xm_out_row(struct xm_out *o, const struct xm_table *t, const void *row)
{
	int r = 0;

	if (o->table != t) {
		o->table = t;
		r = o->sink->begin ? o->sink->begin(o, t) : 0;
	}
	return r < 0 ? r : o->sink->row(o, t, row);
}

int xm_out_sample(struct xm_out *o, const struct xm_sample *s)
{
	return o->sink->sample ? o->sink->sample(o, s) : 0;
}

void xm_out_finding(struct xm_out *o, enum xm_severity s, const char *id, const char *fmt, ...)
{
	va_list ap;

	if (o->findings == XM_FINDINGS_MAX) {
		o->findings_dropped++;
		return;
	}
	o->finding[o->findings].severity = s;
	snprintf(o->finding[o->findings].id, sizeof o->finding[0].id, "%s", id);
	va_start(ap, fmt);
	vsnprintf(o->finding[o->findings++].text, sizeof o->finding[0].text, fmt, ap);
	va_end(ap);
}

int xm_out_end(struct xm_out *o)
{
	int r = 0;

	for (unsigned i = 0; i < o->findings && r >= 0; i++)
		if (o->sink->finding)
			r = o->sink->finding(o, o->finding[i].severity, o->finding[i].id,
					     o->finding[i].text);
	o->findings = 0;
	o->table = NULL;
	if (r >= 0 && o->sink->end)
		r = o->sink->end(o);
	return r < 0 ? r : o->buf.failed ? -ENOMEM : 0;
}

int xm_out_flush(struct xm_out *o, int fd)
{
	size_t done = 0;

	while (done < o->buf.len) {
		ssize_t n = write(fd, o->buf.data + done, o->buf.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	xm_buf_reset(&o->buf);
	return 0;
}
