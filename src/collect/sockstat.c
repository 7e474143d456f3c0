/* Sockets in use per protocol and the memory they hold. */
#include "collect/collector.h"
#include <math.h>

struct used_row {
	uint64_t used;
};

struct sockstat_row {
	char protocol[24];
	double inuse, orphan, tw, alloc, mem, mem_bytes, memory;
};

static const struct xm_field used_cols[] = {
	XM_FIELD(struct used_row, used, XM_U64, "Number of IPv4 sockets in use.",
		 .metric = "node_sockstat_sockets_used"),
	{},
};
static const struct xm_table used_table =
	XM_TABLE(struct used_row, "sockets", "sockets of all kinds", used_cols);

#define COL(m, t)                                                                                  \
	XM_FIELD(struct sockstat_row, m, t, "Number of {protocol} sockets in state " #m ".",       \
		 .metric = "node_sockstat_{protocol}_" #m)

static const struct xm_field cols[] = {
	XM_FIELD(struct sockstat_row, protocol, XM_STR, "protocol", .flags = XM_KEY | XM_NAME),
	COL(inuse, XM_DOUBLE),
	COL(orphan, XM_DOUBLE),
	COL(tw, XM_DOUBLE),
	COL(alloc, XM_DOUBLE),
	XM_FIELD(struct sockstat_row, mem, XM_DOUBLE, "Number of {protocol} sockets in state mem.",
		 .metric = "node_sockstat_{protocol}_mem", .label = "pages"),
	COL(mem_bytes, XM_DBYTES),
	COL(memory, XM_DBYTES), /* of fragments */
	{},
};
static const struct xm_table table =
	XM_TABLE(struct sockstat_row, "sockstat", "sockets per protocol", cols);

/* "inuse 6 orphan 0 tw 0 alloc 6 mem 235"; a word that a newer kernel adds is skipped */
static int parse_pairs(struct xm_str rest, struct sockstat_row *row)
{
	const struct {
		const char *key;
		double *value;
	} known[] = {
		{ "inuse", &row->inuse }, { "orphan", &row->orphan }, { "tw", &row->tw },
		{ "alloc", &row->alloc }, { "mem", &row->mem },       { "memory", &row->memory },
	};
	struct xm_str key, word;
	int64_t value;

	while (xm_word_next(&rest, &key)) {
		if (!xm_word_next(&rest, &word) || xm_parse_i64(word, &value) < 0)
			return -EBADMSG;
		for (unsigned i = 0; i < XM_ARRAY_LEN(known); i++)
			if (xm_str_eq(key, known[i].key))
				*known[i].value = (double)value;
	}
	row->mem_bytes = row->mem * (double)sysconf(_SC_PAGESIZE);
	return 0;
}

/* "sockets: used 89" */
static int parse_used(struct xm_coll *c, struct xm_str rest, struct xm_out *out)
{
	struct used_row row;
	struct xm_str key, word;

	if (xm_word_next(&rest, &key) && xm_str_eq(key, "used") && xm_word_next(&rest, &word) &&
	    xm_parse_u64(word, &row.used) == 0)
		return xm_out_row(out, &used_table, &row);
	xm_coll_bad(c);
	return 0;
}

static int parse_line(struct xm_coll *c, struct xm_str line, struct xm_out *out)
{
	struct sockstat_row row = { "", NAN, NAN, NAN, NAN, NAN, NAN, NAN };
	struct xm_str protocol;

	if (xm_str_cut(&line, ':', &protocol) && protocol.n && protocol.n < sizeof row.protocol) {
		if (xm_str_eq(protocol, "sockets"))
			return parse_used(c, line, out);
		xm_str_copy(protocol, row.protocol, sizeof row.protocol);
		if (parse_pairs(line, &row) == 0)
			return xm_out_row(out, &table, &row);
	}
	xm_coll_bad(c);
	return 0;
}

static int parse(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct xm_str line;
	int r = 0;

	while (r >= 0 && xm_line_next(&text, &line))
		r = parse_line(c, line, out);
	return r;
}

const struct xm_collector xm_collector_sockstat = {
	.name = "sockstat",
	.help = "sockets in use per protocol",
	.tables = (const struct xm_table *const[]){ &used_table, &table, NULL },
	.sources = (const struct xm_source[]){ { XM_PROC, "net/sockstat", parse },
					       { XM_PROC, "net/sockstat6", parse },
					       {} },
};
