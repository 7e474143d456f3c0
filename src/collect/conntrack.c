/* Connection tracking: entries in use, their limit, and what happened to packets. */
#include "collect/collector.h"
#include <math.h>

struct entries_row {
	double entries, limit;
};

struct stat_row {
	double found, invalid, ignore, insert, insert_failed, drop, early_drop, search_restart,
		clash_resolve, chain_too_long;
};

struct conntrack_state {
	struct entries_row row; /* of this turn; NaN = its file is absent */
	bool found;             /* anything, in this turn */
};

static const struct xm_field entries_cols[] = {
	XM_FIELD(struct entries_row, entries, XM_DOUBLE,
		 "Number of currently allocated flow entries for connection tracking.",
		 .metric = "node_nf_conntrack_entries"),
	XM_FIELD(struct entries_row, limit, XM_DOUBLE, "Maximum size of connection tracking table.",
		 .metric = "node_nf_conntrack_entries_limit"),
	{}
};
static const struct xm_table entries_table =
	XM_TABLE(struct entries_row, "conntrack", "connections tracked", entries_cols);

/* node_exporter declares these counters as gauges */
#define COL(m, h) XM_FIELD(struct stat_row, m, XM_DOUBLE, h, .metric = "node_nf_conntrack_stat_" #m)

static const struct xm_field stat_cols[] = {
	COL(found, "Number of searched entries which were successful."),
	COL(invalid, "Number of packets seen which can not be tracked."),
	COL(ignore, "Number of packets seen which are already connected to a conntrack entry."),
	COL(insert, "Number of entries inserted into the list."),
	COL(insert_failed, "Number of entries for which list insertion was attempted but failed."),
	COL(drop, "Number of packets dropped due to conntrack failure."),
	COL(early_drop, "Number of dropped conntrack entries to make room for new ones, if maximum "
			"table size was reached."),
	COL(search_restart, "Number of conntrack table lookups which had to be restarted due to "
			    "hashtable resizes."),
	XM_FIELD(struct stat_row, clash_resolve, XM_DOUBLE,
		 "Insertions that met an equal entry and were resolved.", .flags = XM_COUNTER),
	XM_FIELD(struct stat_row, chain_too_long, XM_DOUBLE,
		 "Insertions refused because the chain of the hash table was too long.",
		 .flags = XM_COUNTER),
	{}
};
static const struct xm_table stat_table =
	XM_TABLE(struct stat_row, "conntrack_stat", "what happened to packets", stat_cols);

#define COLUMNS_MAX 24 /* 17 in Linux 6.18 */

/* Where the column of that name in the header adds up; NULL: we do not count it. The first was
 * "searched" before 5.9, and "chainlength" was "delete_list" before 5.16. */
static double *find_sum(struct xm_str name, struct stat_row *row)
{
	const struct {
		const char *name;
		double *sum;
	} known[] = {
		{ "found", &row->found },
		{ "invalid", &row->invalid },
		{ "ignore", &row->ignore },
		{ "insert", &row->insert },
		{ "insert_failed", &row->insert_failed },
		{ "drop", &row->drop },
		{ "early_drop", &row->early_drop },
		{ "search_restart", &row->search_restart },
		{ "clashres", &row->clash_resolve },
		{ "chainlength", &row->chain_too_long },
	};

	for (unsigned i = 0; i < XM_ARRAY_LEN(known); i++)
		if (xm_str_eq(name, known[i].name))
			return known[i].sum;
	return NULL;
}

/* One line a CPU: hexadecimal words under the header's names. Only a whole line counts. */
static int add_line(struct xm_str line, double *const *sum, unsigned n)
{
	uint64_t value[COLUMNS_MAX];
	struct xm_str word;

	for (unsigned i = 0; i < n; i++)
		if (!xm_word_next(&line, &word) || xm_parse_hex(word, &value[i]) < 0)
			return -EBADMSG;
	for (unsigned i = 0; i < n; i++)
		if (sum[i])
			*sum[i] += (double)value[i];
	return 0;
}

static int parse_stat(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct conntrack_state *st = c->state;
	double *sum[COLUMNS_MAX];
	struct stat_row row = { NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN };
	struct xm_str line, name;
	unsigned n = 0;

	if (!xm_line_next(&text, &line))
		return -EBADMSG;
	for (; n < COLUMNS_MAX && xm_word_next(&line, &name); n++) {
		sum[n] = find_sum(name, &row);
		if (sum[n])
			*sum[n] = 0;
	}
	while (xm_line_next(&text, &line))
		if (add_line(line, sum, n) < 0)
			xm_coll_bad(c);
	st->found = true;
	return xm_out_row(out, &stat_table, &row);
}

static int parse_number(struct xm_coll *c, struct xm_str text, double *ret)
{
	struct conntrack_state *st = c->state;
	uint64_t value;

	if (xm_parse_u64(xm_str_trim(text), &value) < 0)
		return -EBADMSG;
	st->found = true;
	*ret = (double)value;
	return 0;
}

static int parse_count(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	(void)out;
	return parse_number(c, text, &((struct conntrack_state *)c->state)->row.entries);
}

static int parse_max(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	(void)out;
	return parse_number(c, text, &((struct conntrack_state *)c->state)->row.limit);
}

static int conntrack_open(struct xm_coll *c)
{
	*(struct conntrack_state *)c->state = (struct conntrack_state){ .row = { NAN, NAN } };
	return 0;
}

static int collect(struct xm_coll *c, struct xm_out *out)
{
	struct conntrack_state turn = *(struct conntrack_state *)c->state;

	(void)conntrack_open(c);
	return turn.found ? xm_out_row(out, &entries_table, &turn.row) : -ENOENT;
}

const struct xm_collector xm_collector_conntrack = {
	.name = "conntrack",
	.help = "connection tracking",
	.tables = (const struct xm_table *const[]){ &entries_table, &stat_table, NULL },
	.sources =
		(const struct xm_source[]){
			{ XM_PROC, "sys/net/netfilter/nf_conntrack_count", parse_count },
			{ XM_PROC, "sys/net/netfilter/nf_conntrack_max", parse_max },
			{ XM_PROC, "net/stat/nf_conntrack", parse_stat },
			{} },
	.state_size = sizeof(struct conntrack_state),
	.open = conntrack_open,
	.collect = collect,
};
