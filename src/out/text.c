/* Aligned columns for people. A table is held back until it is complete, so that widths fit. */
#include "base/utf8.h"
#include "out/out.h"
#include <ctype.h>

#define COLS_MAX 64

struct text_state {
	struct xm_buf cells; /* the table's cells, each ended by NUL; the header is the first row */
	size_t width[COLS_MAX];
	const struct xm_table *table;
};

static bool shown(const struct xm_field *f)
{
	return f->type != XM_INFO;
}

/* Columns of the terminal that a text takes: characters, not bytes */
static size_t text_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* Bytes of a control character (C0, DEL, or C1 in UTF-8) or of a byte that is no character; 0: of
 * none of these */
static size_t control_len(const char *s)
{
	if (!xm_utf8_len(s) || iscntrl((unsigned char)*s))
		return 1;
	return s[0] == '\xc2' && (unsigned char)s[1] < 0xa0 ? 2 : 0;
}

/* Close the cell that was appended from `start` on: no control characters, and note its width */
static void end_cell(struct text_state *st, size_t start, unsigned col)
{
	struct xm_buf *b = &st->cells;

	if (b->failed)
		return;
	for (size_t i = start; i < b->len;) {
		size_t n = control_len(b->data + i);

		memset(b->data + i, '?', n);
		i += n ? n : xm_utf8_len(b->data + i);
	}
	st->width[col] = XM_MAX(st->width[col], text_width(b->data + start));
	xm_buf_addc(b, 0);
}

static void pad(struct xm_buf *b, size_t n)
{
	while (n--)
		xm_buf_addc(b, ' ');
}

static void print_cell(struct xm_out *o, const struct xm_field *f, const char *cell, size_t width,
		       bool last)
{
	bool left = f->type == XM_STR || f->type == XM_TEXT || f->type == XM_ENUM;
	size_t gap = width - text_width(cell);

	if (!left)
		pad(&o->buf, gap);
	xm_buf_adds(&o->buf, cell);
	if (left && !last)
		pad(&o->buf, gap);
	if (!last)
		xm_buf_adds(&o->buf, "  ");
}

static void print_table(struct xm_out *o)
{
	struct text_state *st = o->state;
	const char *cell = st->cells.data, *end;

	if (!st->table || st->cells.failed)
		return;
	end = cell + st->cells.len;
	if (o->buf.len)
		xm_buf_addc(&o->buf, '\n');
	while (cell < end) {
		unsigned col = 0;
		const struct xm_field *f = st->table->cols, *next;

		for (; f->type && cell < end; f = next) {
			for (next = f + 1; next->type && !shown(next); next++)
				;
			if (!shown(f))
				continue;
			print_cell(o, f, cell, st->width[col++], !next->type);
			cell += strlen(cell) + 1;
		}
		xm_buf_addc(&o->buf, '\n');
	}
	st->table = NULL;
}

static int text_begin(struct xm_out *o, const struct xm_table *t)
{
	struct text_state *st = o->state;
	char label[XM_LABEL_MAX];
	unsigned col = 0;

	print_table(o);
	if (!st->cells.data)
		st->cells = XM_BUF_INIT;
	xm_buf_reset(&st->cells);
	memset(st->width, 0, sizeof st->width);
	st->table = t;
	for (const struct xm_field *f = t->cols; f->type && col < COLS_MAX; f++) {
		size_t start = st->cells.len;

		if (!shown(f))
			continue;
		xm_field_label(f, label, sizeof label);
		for (char *p = label; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		xm_buf_adds(&st->cells, label);
		end_cell(st, start, col++);
	}
	return 0;
}

static int text_row(struct xm_out *o, const struct xm_table *t, const void *row)
{
	struct text_state *st = o->state;
	unsigned col = 0;

	for (const struct xm_field *f = t->cols; f->type && col < COLS_MAX; f++) {
		size_t start = st->cells.len;

		if (!shown(f))
			continue;
		xm_field_print(f, row, false, &st->cells);
		end_cell(st, start, col++);
	}
	return st->cells.failed ? -ENOMEM : 0;
}

static int text_finding(struct xm_out *o, enum xm_severity s, const char *id, const char *text)
{
	static const char *const mark[] = { "info", "note", "WARNING", "CRITICAL" };

	print_table(o);
	xm_buf_addf(&o->buf, "%s: %s [%s]\n", mark[s], text, id);
	return 0;
}

static int text_end(struct xm_out *o)
{
	print_table(o);
	return 0;
}

static void text_close(struct xm_out *o)
{
	struct text_state *st = o->state;

	if (st->cells.data)
		xm_buf_done(&st->cells);
}

const struct xm_sink xm_sink_text = {
	.name = "text",
	.mime = "text/plain; charset=utf-8",
	.state_size = sizeof(struct text_state),
	.begin = text_begin,
	.row = text_row,
	.finding = text_finding,
	.end = text_end,
	.close = text_close,
};
