/* Counters of the network protocols: /proc/net/netstat, snmp and snmp6. */
#include "collect/collector.h"
#include "host/verdicts.h"

#define FIELDS                                                                                     \
	"^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|"                     \
	"Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|"         \
	"TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|"           \
	"RetransSegs|CurrEstab)|"                                                                  \
	"Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$"

struct netstat_conf {
	char fields[512];
};

struct netstat_row {
	char protocol[24], name[64];
	double value;
};

struct netstat_state {
	struct xm_filter filter;
	struct xm_verdicts file[3]; /* one a source */
};

static const struct xm_field opts[] = {
	XM_FIELD(struct netstat_conf, fields, XM_STR,
		 "counters to show, as Protocol_Name: a regular expression", .def = FIELDS),
	{},
};

static const struct xm_field cols[] = {
	XM_FIELD(struct netstat_row, protocol, XM_STR, "protocol", .flags = XM_KEY | XM_NAME),
	XM_FIELD(struct netstat_row, name, XM_STR, "counter", .flags = XM_KEY | XM_NAME),
	XM_FIELD(struct netstat_row, value, XM_DOUBLE, "Statistic {protocol}{name}.",
		 .metric = "node_netstat_{protocol}_{name}", .flags = XM_UNTYPED),
	{},
};
static const struct xm_table table =
	XM_TABLE(struct netstat_row, "netstat", "counters of network protocols", cols);

/* Emit one counter if its Protocol_Name is among the fields. Negative only if out failed. */
static int emit(struct xm_coll *c, struct xm_verdicts *v, struct xm_str protocol,
		struct xm_str name, struct xm_str value, struct xm_out *out)
{
	struct netstat_row row;
	char key[sizeof row.protocol + sizeof row.name];

	if (protocol.n >= sizeof row.protocol || name.n >= sizeof row.name) {
		xm_coll_bad(c);
		return 0;
	}
	memcpy(key, protocol.p, protocol.n);
	key[protocol.n] = '_';
	memcpy(key + protocol.n + 1, name.p, name.n);
	if (!xm_verdicts_next(v, (struct xm_str){ key, protocol.n + 1 + name.n }))
		return 0;
	if (xm_parse_double(value, &row.value) < 0) {
		xm_coll_bad(c);
		return 0;
	}
	xm_str_copy(protocol, row.protocol, sizeof row.protocol);
	xm_str_copy(name, row.name, sizeof row.name);
	return xm_out_row(out, &table, &row);
}

static size_t count_words(struct xm_str s)
{
	struct xm_str word;
	size_t n = 0;

	while (xm_word_next(&s, &word))
		n++;
	return n;
}

/* "InSegs OutSegs" and "12 34" */
static int emit_pair(struct xm_coll *c, struct xm_verdicts *v, struct xm_str protocol,
		     struct xm_str names, struct xm_str values, struct xm_out *out)
{
	struct xm_str name, value;
	int r = 0;

	if (count_words(names) != count_words(values)) {
		xm_coll_bad(c); /* which value is whose? */
		return 0;
	}
	while (r >= 0 && xm_word_next(&names, &name) && xm_word_next(&values, &value))
		r = emit(c, v, protocol, name, value, out);
	return r;
}

static bool numbers(struct xm_str s)
{
	struct xm_str word;

	return xm_word_next(&s, &word) && (*word.p == '-' || (*word.p >= '0' && *word.p <= '9'));
}

/* "Tcp: InSegs OutSegs", then "Tcp: 12 34". A line without its other half is counted. */
static int parse_pairs(struct xm_coll *c, struct xm_verdicts *v, struct xm_str text,
		       struct xm_out *out)
{
	const struct netstat_state *st = c->state;
	struct xm_str line, protocol, names = {}, names_protocol = {};
	int r = 0;

	xm_verdicts_start(v, &st->filter);
	while (r >= 0 && xm_line_next(&text, &line)) {
		if (!xm_str_cut(&line, ':', &protocol)) {
			xm_coll_bad(c);
			continue;
		}
		if (!numbers(line)) {
			c->bad += names_protocol.n > 0;
			names_protocol = protocol;
			names = line;
			continue;
		}
		if (names_protocol.n && names_protocol.n == protocol.n &&
		    !memcmp(names_protocol.p, protocol.p, protocol.n))
			r = emit_pair(c, v, protocol, names, line, out);
		else
			c->bad += 1 + (names_protocol.n > 0);
		names_protocol.n = 0;
	}
	c->bad += names_protocol.n > 0;
	return r;
}

static int parse_netstat(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct netstat_state *st = c->state;

	return parse_pairs(c, &st->file[0], text, out);
}

static int parse_snmp(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct netstat_state *st = c->state;

	return parse_pairs(c, &st->file[1], text, out);
}

/* "Ip6InReceives   5": the protocol ends with its 6. A line without one is of no protocol. */
static int parse_snmp6(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct netstat_state *st = c->state;
	struct xm_str line, key, value;
	int r = 0;

	xm_verdicts_start(&st->file[2], &st->filter);
	while (r >= 0 && xm_line_next(&text, &line)) {
		const char *six;

		if (!xm_word_next(&line, &key) || !xm_word_next(&line, &value)) {
			xm_coll_bad(c);
			continue;
		}
		six = memchr(key.p, '6', key.n);
		if (six) {
			size_t n = (size_t)(six + 1 - key.p);

			r = emit(c, &st->file[2], (struct xm_str){ key.p, n },
				 (struct xm_str){ key.p + n, key.n - n }, value, out);
		}
	}
	return r;
}

static int netstat_open(struct xm_coll *c)
{
	const struct netstat_conf *conf = c->conf;
	struct netstat_state *st = c->state;

	return xm_filter_open(&st->filter, "netstat.fields", conf->fields, "", &c->err);
}

static void netstat_close(struct xm_coll *c)
{
	struct netstat_state *st = c->state;

	xm_filter_close(&st->filter);
}

const struct xm_collector xm_collector_netstat = {
	.name = "netstat",
	.help = "counters of the network protocols",
	.opts = opts,
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.sources = (const struct xm_source[]){ { XM_PROC, "net/netstat", parse_netstat },
					       { XM_PROC, "net/snmp", parse_snmp },
					       { XM_PROC, "net/snmp6", parse_snmp6 },
					       {} },
	.conf_size = sizeof(struct netstat_conf),
	.state_size = sizeof(struct netstat_state),
	.open = netstat_open,
	.close = netstat_close,
};
