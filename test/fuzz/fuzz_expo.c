/* Fuzz the exposition parser: whatever is accepted must, written again, read as the same. */
#include "out/expo_parse.h"

static void write_doc(const struct xm_expo_doc *d, struct xm_buf *b)
{
	static const char *const type[] = { "untyped", "counter", "gauge", "histogram", "summary" };

	for (uint32_t i = 0; i < d->n_families; i++)
		xm_buf_addf(b, "# TYPE %s %s\n", xm_expo_doc_text(d, d->family[i].name),
			    type[d->family[i].type]);
	for (uint32_t i = 0; i < d->n_points; i++) {
		struct xm_sample s = xm_expo_doc_sample(d, i);

		xm_buf_addf(b, "%s%s{%s} ", s.family, s.suffix, s.labels);
		xm_buf_add_double(b, s.value);
		xm_buf_addc(b, '\n');
	}
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void compare(const struct xm_expo_doc *a, const struct xm_expo_doc *b)
{
	must(a->n_points == b->n_points);
	for (uint32_t i = 0; i < a->n_points; i++) {
		struct xm_sample x = xm_expo_doc_sample(a, i), y = xm_expo_doc_sample(b, i);

		must(!strcmp(x.family, y.family) && !strcmp(x.suffix, y.suffix) &&
		     !strcmp(x.labels, y.labels) && x.type == y.type);
		must(x.value == y.value || (x.value != x.value && y.value != y.value));
	}
}

/* Did a metric get the name of another one's part, x_sum, after that part? It would go to the
 * metric of that name if it came again. */
static bool is_ambiguous(const struct xm_expo_doc *d)
{
	char name[8192];

	for (uint32_t i = 0; i < d->n_points; i++) {
		struct xm_sample s = xm_expo_doc_sample(d, i);

		snprintf(name, sizeof name, "%s%s", s.family, s.suffix);
		for (uint32_t f = 0; *s.suffix && f < d->n_families; f++)
			if (!strcmp(xm_expo_doc_text(d, d->family[f].name), name))
				return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(xm_expo_doc_done) struct xm_expo_doc first = XM_EXPO_DOC_INIT,
						       again = XM_EXPO_DOC_INIT;
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
	struct xm_err err = {};

	xm_buf_add(&text, data, size); /* so that a byte too far is seen */
	if (xm_expo_parse(&first, (struct xm_str){ text.data, text.len }, 1000, &err) < 0) {
		must(err.code && !first.n_points);
		return 0;
	}
	if (is_ambiguous(&first))
		return 0;
	xm_buf_reset(&text);
	write_doc(&first, &text);
	must(xm_expo_parse(&again, (struct xm_str){ text.data, text.len }, 1000, &err) == 0);
	compare(&first, &again);
	return 0;
}
