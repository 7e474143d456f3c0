#include "out/record.h"

#define ALIGN 8

/* Before each row: what follows. table NULL: a struct xm_sample and its texts. */
struct head {
	const struct xm_table *table;
	size_t size; /* to the next head */
};

static struct head *add_head(struct xm_record *rec, const struct xm_table *t, const void *body,
			     size_t size, size_t texts)
{
	size_t at = rec->rows.len,
	       all = (sizeof(struct head) + size + texts + ALIGN - 1) / ALIGN * ALIGN;
	struct head *h;

	if (xm_buf_reserve(&rec->rows, all) < 0)
		return NULL;
	h = (void *)(rec->rows.data + at);
	memset(h, 0, all);
	*h = (struct head){ .table = t, .size = all };
	memcpy(h + 1, body, size);
	rec->rows.len += all;
	rec->n++;
	return h;
}

/* A text that moves in memory is kept as its offset from the head */
static void keep_text(struct head *h, size_t member, const char *text, size_t *at)
{
	size_t len = strlen(text) + 1, off = *at;

	memcpy((char *)h + off, text, len);
	memcpy((char *)(h + 1) + member, &off, sizeof off);
	*at += len;
}

static int record_row(struct xm_out *o, const struct xm_table *t, const void *row)
{
	size_t texts = 0, at = sizeof(struct head) + t->row_size;
	struct head *h;

	for (const struct xm_field *f = t->cols; f->type; f++)
		if (f->type == XM_TEXT)
			texts += strlen(xm_field_text(f, row)) + 1;
	h = add_head(o->state, t, row, t->row_size, texts);
	if (!h)
		return -ENOMEM;
	for (const struct xm_field *f = t->cols; f->type; f++)
		if (f->type == XM_TEXT)
			keep_text(h, f->off, xm_field_text(f, row), &at);
	return 0;
}

static const size_t sample_texts[] = { offsetof(struct xm_sample, family),
				       offsetof(struct xm_sample, suffix),
				       offsetof(struct xm_sample, help),
				       offsetof(struct xm_sample, labels) };

static const char *sample_text(const struct xm_sample *s, unsigned i)
{
	const char *text;

	memcpy(&text, (const char *)s + sample_texts[i], sizeof text);
	return text;
}

static int record_sample(struct xm_out *o, const struct xm_sample *s)
{
	size_t texts = 0, at = sizeof(struct head) + sizeof *s;
	struct head *h;

	for (unsigned i = 0; i < XM_ARRAY_LEN(sample_texts); i++)
		texts += strlen(sample_text(s, i)) + 1;
	h = add_head(o->state, NULL, s, sizeof *s, texts);
	if (!h)
		return -ENOMEM;
	for (unsigned i = 0; i < XM_ARRAY_LEN(sample_texts); i++)
		keep_text(h, sample_texts[i], sample_text(s, i), &at);
	return 0;
}

static const struct xm_sink record_sink = { .name = "record",
					    .row = record_row,
					    .sample = record_sample };

struct xm_out xm_record_out(struct xm_record *rec)
{
	return (struct xm_out){ .sink = &record_sink, .state = rec, .buf = XM_BUF_INIT };
}

/* Turn the offset that stands in a member back into the text's address */
static void point_at_text(const struct head *h, void *body, size_t member)
{
	const char *text;
	size_t off;

	memcpy(&off, (char *)body + member, sizeof off);
	text = (const char *)h + off;
	memcpy((char *)body + member, &text, sizeof text);
}

static int replay_row(const struct head *h, struct xm_out *out)
{
	char body[4096] __attribute__((aligned(ALIGN)));

	if (h->table->row_size > sizeof body)
		return -E2BIG;
	memcpy(body, h + 1, h->table->row_size);
	for (const struct xm_field *f = h->table->cols; f->type; f++)
		if (f->type == XM_TEXT)
			point_at_text(h, body, f->off);
	return xm_out_row(out, h->table, body);
}

static int replay_sample(const struct head *h, struct xm_out *out)
{
	struct xm_sample s;

	memcpy(&s, h + 1, sizeof s);
	for (unsigned i = 0; i < XM_ARRAY_LEN(sample_texts); i++)
		point_at_text(h, &s, sample_texts[i]);
	return xm_out_sample(out, &s);
}

int xm_record_replay(const struct xm_record *rec, struct xm_out *out)
{
	int r = 0;

	for (size_t at = 0; at < rec->rows.len && r >= 0;) {
		const struct head *h = (const void *)(rec->rows.data + at);

		r = h->table ? replay_row(h, out) : replay_sample(h, out);
		at += h->size;
	}
	return r;
}

void xm_record_reset(struct xm_record *rec)
{
	xm_buf_reset(&rec->rows);
	rec->n = 0;
}

void xm_record_done(struct xm_record *rec)
{
	xm_buf_done(&rec->rows);
}
