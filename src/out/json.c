/* JSON Lines: one object a row, raw numbers, units in the key. */
#include "out/out.h"
#include <math.h>

static void add_value(struct xm_buf *b, const struct xm_field *f, const void *row)
{
	const char *text = xm_field_text(f, row);

	if (text)
		xm_buf_add_json(b, text);
	else if (XM_IS_FLOAT(f->type) && !isfinite(xm_field_number(f, row)))
		xm_buf_adds(b, "null");
	else
		xm_field_print(f, row, true, b);
}

static int json_row(struct xm_out *o, const struct xm_table *t, const void *row)
{
	xm_buf_adds(&o->buf, "{\"table\":");
	xm_buf_add_json(&o->buf, t->name);
	for (const struct xm_field *f = t->cols; f->type; f++) {
		if (f->type == XM_INFO)
			continue;
		xm_buf_addf(&o->buf, ",\"%s\":", f->name);
		add_value(&o->buf, f, row);
	}
	xm_buf_adds(&o->buf, "}\n");
	return 0;
}

static int json_sample(struct xm_out *o, const struct xm_sample *s)
{
	xm_buf_adds(&o->buf, "{\"metric\":");
	xm_buf_addf(&o->buf, "\"%s%s\",\"labels\":", s->family, s->suffix);
	xm_buf_add_json(&o->buf, s->labels);
	xm_buf_adds(&o->buf, ",\"value\":");
	if (isfinite(s->value))
		xm_buf_add_double(&o->buf, s->value);
	else
		xm_buf_adds(&o->buf, "null");
	xm_buf_adds(&o->buf, "}\n");
	return 0;
}

static int json_finding(struct xm_out *o, enum xm_severity s, const char *id, const char *text)
{
	static const char *const name[] = { "info", "notice", "warning", "critical" };

	xm_buf_addf(&o->buf, "{\"finding\":\"%s\",\"severity\":\"%s\",\"text\":", id, name[s]);
	xm_buf_add_json(&o->buf, text);
	xm_buf_adds(&o->buf, "}\n");
	return 0;
}

const struct xm_sink xm_sink_json = {
	.name = "json",
	.mime = "application/x-ndjson",
	.row = json_row,
	.sample = json_sample,
	.finding = json_finding,
};
