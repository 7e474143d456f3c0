/* Pressure stall information: time that tasks lost waiting for CPU, memory, I/O, interrupts. */
#include "collect/collector.h"
#include <math.h>

enum { CPU, MEMORY, IO, IRQ, RESOURCES };

struct pressure_state {
	struct xm_file file[RESOURCES];
	bool opened; /* file[] is valid */
};

struct pressure_row {
	const char *resource, *kind;
	double total_seconds, avg10_pct, avg60_pct, avg300_pct;
	const char *meaning;
};

/* The system's "full" line of cpu is left out: it says nothing, and is always zero */
static const struct pressure_line {
	const char *word, *kind, *meaning;
} lines[RESOURCES][2] = {
	[CPU] = { { "some", "waiting", "that processes have waited for CPU time" } },
	[MEMORY] = { { "some", "waiting", "that processes have waited for memory" },
		     { "full", "stalled",
		       "no process could make progress due to memory congestion" } },
	[IO] = { { "some", "waiting", "that processes have waited due to IO congestion" },
		 { "full", "stalled", "no process could make progress due to IO congestion" } },
	[IRQ] = { { "full", "stalled", "no process could make progress due to IRQ congestion" } },
};
static const char *const resource[RESOURCES] = { "cpu", "memory", "io", "irq" };

#define AVG(m, t, span)                                                                            \
	XM_FIELD(struct pressure_row, m, XM_PCT, "Share of the last " span " {meaning}.",          \
		 .metric = "xmon_pressure_{resource}_{kind}_" t "_ratio", .scale = 0.01)

static const struct xm_field cols[] = {
	XM_FIELD(struct pressure_row, resource, XM_TEXT, "what was short",
		 .flags = XM_KEY | XM_NAME),
	XM_FIELD(struct pressure_row, kind, XM_TEXT, "waiting: some tasks; stalled: all of them",
		 .flags = XM_KEY | XM_NAME),
	XM_FIELD(struct pressure_row, total_seconds, XM_SECONDS, "Total time in seconds {meaning}",
		 .metric = "node_pressure_{resource}_{kind}_seconds_total", .flags = XM_COUNTER),
	AVG(avg10_pct, "avg10", "10 s"),
	AVG(avg60_pct, "avg60", "60 s"),
	AVG(avg300_pct, "avg300", "300 s"),
	XM_FIELD(struct pressure_row, meaning, XM_TEXT, "what the time is"),
	{}
};
static const struct xm_table table =
	XM_TABLE(struct pressure_row, "pressure", "time lost waiting", cols);

static int pressure_open(struct xm_coll *c)
{
	struct pressure_state *st = c->state;

	for (int i = 0; i < RESOURCES; i++)
		st->file[i].fd = -1;
	st->opened = true;
	return 0;
}

/* "avg10=0.81 avg60=3.02 avg300=2.77 total=36801484" (µs); keys we do not know are skipped */
static int parse_values(struct xm_str line, struct pressure_row *row)
{
	struct xm_str word, key;
	uint64_t us = UINT64_MAX;
	int r = 0;

	while (r >= 0 && xm_word_next(&line, &word)) {
		if (!xm_str_cut(&word, '=', &key))
			r = -EBADMSG;
		else if (xm_str_eq(key, "total"))
			r = xm_parse_u64(word, &us);
		else if (xm_str_eq(key, "avg10"))
			r = xm_parse_double(word, &row->avg10_pct);
		else if (xm_str_eq(key, "avg60"))
			r = xm_parse_double(word, &row->avg60_pct);
		else if (xm_str_eq(key, "avg300"))
			r = xm_parse_double(word, &row->avg300_pct);
	}
	row->total_seconds = (double)us / 1e6;
	return r < 0 ? r : us == UINT64_MAX ? -EBADMSG : 0;
}

static int emit(struct xm_coll *c, int i, struct xm_str text, struct xm_out *out)
{
	struct xm_str line, word;
	int r = 0;

	while (r >= 0 && xm_line_next(&text, &line)) {
		struct pressure_row row = { .resource = resource[i],
					    .avg10_pct = NAN,
					    .avg60_pct = NAN,
					    .avg300_pct = NAN };

		if (!xm_word_next(&line, &word))
			continue;
		for (unsigned k = 0; k < 2 && lines[i][k].word; k++)
			if (xm_str_eq(word, lines[i][k].word)) {
				row.kind = lines[i][k].kind;
				row.meaning = lines[i][k].meaning;
			}
		if (!row.kind)
			continue;
		if (parse_values(line, &row) < 0)
			xm_coll_bad(c);
		else
			r = xm_out_row(out, &table, &row);
	}
	return r;
}

/* Why nothing at all was found, in words */
static int explain(struct xm_coll *c, int r)
{
	if (r == -EOPNOTSUPP)
		return xm_fail(&c->err, r, "PSI is off: boot with psi=1");
	if (r == -ENOENT)
		return xm_fail(
			&c->err, r,
			"this kernel (older than 4.20, or built without) has no PSI, or it is "
			"off: boot with psi=1");
	return xm_fail(&c->err, r, "pressure: %s", strerror(-r));
}

static int collect(struct xm_coll *c, struct xm_out *out)
{
	struct pressure_state *st = c->state;
	int failed = 0, found = 0, r;
	char path[32];

	for (int i = 0; i < RESOURCES; i++) {
		snprintf(path, sizeof path, "pressure/%s", resource[i]);
		r = xm_file_read(&st->file[i], c->host->fd[XM_PROC], path, &c->text);
		if (r < 0) {
			failed = failed ? failed : r;
			continue;
		}
		found++;
		r = emit(c, i, (struct xm_str){ c->text.data, c->text.len }, out);
		if (r < 0)
			return r;
	}
	return found ? 0 : explain(c, failed);
}

static void pressure_close(struct xm_coll *c)
{
	struct pressure_state *st = c->state;

	for (int i = 0; st->opened && i < RESOURCES; i++)
		xm_file_close(&st->file[i]);
}

const struct xm_collector xm_collector_pressure = {
	.name = "pressure",
	.help = "time lost waiting for CPU, memory, I/O, interrupts (PSI)",
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.state_size = sizeof(struct pressure_state),
	.open = pressure_open,
	.collect = collect,
	.close = pressure_close,
};
