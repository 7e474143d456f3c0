/* CSV (RFC 4180): a header line a table, raw numbers, units in the header. */
#include "out/out.h"
#include <math.h>

static void add_cell(struct xm_buf *b, const char *text)
{
	if (!text[strcspn(text, "\",\r\n")]) {
		xm_buf_adds(b, text);
		return;
	}
	xm_buf_addc(b, '"');
	for (; *text; text++) {
		if (*text == '"')
			xm_buf_addc(b, '"');
		xm_buf_addc(b, *text);
	}
	xm_buf_addc(b, '"');
}

static int csv_begin(struct xm_out *o, const struct xm_table *t)
{
	if (o->buf.len)
		xm_buf_adds(&o->buf, "\r\n");
	for (const struct xm_field *f = t->cols; f->type; f++)
		if (f->type != XM_INFO)
			xm_buf_addf(&o->buf, "%s%s", f == t->cols ? "" : ",", f->name);
	xm_buf_adds(&o->buf, "\r\n");
	return 0;
}

static int csv_row(struct xm_out *o, const struct xm_table *t, const void *row)
{
	for (const struct xm_field *f = t->cols; f->type; f++) {
		const char *text = xm_field_text(f, row);

		if (f->type == XM_INFO)
			continue;
		if (f != t->cols)
			xm_buf_addc(&o->buf, ',');
		if (text)
			add_cell(&o->buf, text);
		else if (!XM_IS_FLOAT(f->type) || !isnan(xm_field_number(f, row)))
			xm_field_print(f, row, true, &o->buf);
	}
	xm_buf_adds(&o->buf, "\r\n");
	return 0;
}

const struct xm_sink xm_sink_csv = {
	.name = "csv",
	.mime = "text/csv",
	.begin = csv_begin,
	.row = csv_row,
};
