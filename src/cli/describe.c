#include "cli/describe.h"
#include "agent/self.h"
#include "collect/collector.h"
#include "field/help.h"
#include "out/naming.h"

static void add_labels(const struct xm_table *t, const struct xm_field *f, struct xm_buf *out)
{
	const char *sep = "";

	for (const struct xm_field *key = t->cols; key->type; key++) {
		if (!(key->flags & XM_KEY) || key->flags & XM_NAME)
			continue;
		xm_buf_addf(out, "%s%s", sep, key->label ? key->label : key->name);
		sep = ", ";
	}
	if (f->labels)
		xm_buf_addf(out, "%s%s", sep, f->labels);
}

static const char *type_name(const struct xm_field *f)
{
	enum xm_metric_type type = xm_metric_type(f);

	return type == XM_METRIC_COUNTER ? "counter"
	       : type == XM_METRIC_GAUGE ? "gauge"
					 : "untyped";
}

static void add_table(const struct xm_table *t, struct xm_buf *out)
{
	for (const struct xm_field *f = t->cols; f->type; f++) {
		if (!xm_metric_column(f))
			continue;
		xm_buf_adds(out, "| `");
		xm_metric_pattern(t, f, out);
		xm_buf_addf(out, "` | %s | ", type_name(f));
		add_labels(t, f, out);
		xm_buf_addf(out, " | %s |\n", f->help);
	}
}

static void add_tables(const struct xm_table *const *tables, struct xm_buf *out)
{
	if (!tables)
		return;
	xm_buf_adds(out, "\n| metric | type | labels | help |\n|---|---|---|---|\n");
	for (; *tables; tables++)
		add_table(*tables, out);
}

static void add_options(const struct xm_field *f, struct xm_buf *out)
{
	if (!f || !f->type)
		return;
	xm_buf_adds(out, "\n| option | meaning |\n|---|---|\n");
	for (; f->type; f++) {
		_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
		char label[XM_LABEL_MAX];

		xm_field_label(f, label, sizeof label);
		xm_help_describe(f, &text);
		xm_buf_addf(out, "| `%s` | ", label);
		for (const char *p = text.data; *p; p++)
			xm_buf_addf(out, *p == '|' ? "\\%c" : "%c", *p);
		xm_buf_adds(out, " |\n");
	}
}

static void add_collector(const struct xm_collector *c, struct xm_buf *out)
{
	xm_buf_addf(out, "\n## %s\n\n%c%s", c->name,
		    c->help[0] >= 'a' && c->help[0] <= 'z' ? c->help[0] - 'a' + 'A' : c->help[0],
		    c->help + 1);
	if (c->period_ms > 1000)
		xm_buf_addf(out, "; every %u s", c->period_ms / 1000);
	if (c->flags & XM_OFF)
		xm_buf_adds(out, "; off unless turned on");
	xm_buf_adds(out, ".\n");
	add_options(c->opts, out);
	add_tables(c->tables, out);
}

void xm_describe_metrics(struct xm_buf *out)
{
	xm_buf_adds(out,
		    "# Metrics\n\nMade by `xmon metrics --describe` from the tables in the "
		    "source. `{…}` in a name stands for a\ncolumn of the kernel's file, so that a "
		    "new kernel's new key appears by itself. Every collector also has the options\n"
		    "`enabled`, `period` and `deadline`.\n");
	for (const struct xm_collector *const *p = xm_collectors; *p; p++)
		add_collector(*p, out);
	xm_buf_adds(out, "\n## The agent itself\n");
	add_tables(xm_self_tables, out);
}
