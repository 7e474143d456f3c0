/* Bytes that wait in the queues of UDP sockets, summed over all of them. */
#include "collect/collector.h"
#include <fcntl.h>

#define CHUNK 16384 /* bytes read at once; the kernel gives a page or less */
#define LINE  256   /* bytes; a longer one is not of this file */

struct udp_row {
	const char *ip;
	uint64_t tx, rx;
};

struct udp_state {
	bool opened;
	int fd[2]; /* kept open; -1 = not open */
	char text[CHUNK + 1];
};

#define COL(m)                                                                                     \
	XM_FIELD(struct udp_row, m, XM_BYTES,                                                      \
		 "Number of allocated memory in the kernel for UDP datagrams in bytes.",           \
		 .metric = "node_udp_queues", .labels = "queue=\"" #m "\"")

static const struct xm_field cols[] = {
	XM_FIELD(struct udp_row, ip, XM_TEXT, "IP version", .flags = XM_KEY),
	COL(tx),
	COL(rx),
	{},
};
static const struct xm_table table =
	XM_TABLE(struct udp_row, "udp_queues", "bytes waiting in UDP sockets", cols);

/* "  7: 00000000:0044 00000000:0000 07 TX:RX 00:00000000 …", all hexadecimal */
static int add_line(struct xm_str line, struct udp_row *row)
{
	struct xm_str word, tx;
	uint64_t t, r;

	for (unsigned i = 0; i < 5; i++)
		if (!xm_word_next(&line, &word))
			return -EBADMSG;
	if (!xm_str_cut(&word, ':', &tx) || xm_parse_hex(tx, &t) < 0 || xm_parse_hex(word, &r) < 0)
		return -EBADMSG;
	row->tx += t;
	row->rx += r;
	return 0;
}

/* Add up the whole lines of the text. Returns the bytes of the last one if it is not whole. */
static size_t add_lines(struct xm_coll *c, struct xm_str text, struct udp_row *row)
{
	struct xm_str line, word;

	while (xm_str_cut(&text, '\n', &line)) {
		struct xm_str rest = line;

		if (xm_word_next(&rest, &word) && xm_str_eq(word, "sl")) /* headings */
			continue;
		if (add_line(line, row) < 0)
			xm_coll_bad(c);
	}
	return text.n;
}

static ssize_t read_chunk(int fd, char *buf, size_t size, off_t at)
{
	ssize_t n;

	do
		n = pread(fd, buf, size, at);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* There may be a line a socket, of hundreds of thousands: only a chunk of them is held at a time */
static int add_file(struct xm_coll *c, int fd, struct udp_row *row)
{
	struct udp_state *st = c->state;
	size_t kept = 0, len;
	off_t at = 0;
	ssize_t n;

	do {
		n = read_chunk(fd, st->text + kept, CHUNK - kept, at);
		if (n < 0)
			return (int)n;
		at += n;
		len = kept + (size_t)n;
		if (!n && kept) /* the last line has no end */
			st->text[len++] = '\n';
		kept = add_lines(c, (struct xm_str){ st->text, len }, row);
		if (kept > LINE) {
			xm_coll_bad(c);
			kept = 0;
		}
		memmove(st->text, st->text + len - kept, kept);
	} while (n);
	return 0;
}

static int emit_file(struct xm_coll *c, unsigned i, struct xm_out *out)
{
	static const char *const path[] = { "net/udp", "net/udp6" }, *const ip[] = { "v4", "v6" };
	struct udp_state *st = c->state;
	struct udp_row row = { .ip = ip[i] };
	int r;

	if (st->fd[i] < 0)
		st->fd[i] = openat(c->host->fd[XM_PROC], path[i], O_RDONLY | O_CLOEXEC);
	if (st->fd[i] < 0)
		return errno == ENOENT
			       ? -ENOENT
			       : xm_fail(&c->err, -errno, "%s: %s", path[i], strerror(errno));
	r = add_file(c, st->fd[i], &row);
	if (r >= 0)
		return xm_out_row(out, &table, &row);
	close(st->fd[i]);
	st->fd[i] = -1;
	return xm_fail(&c->err, r, "%s: %s", path[i], strerror(-r));
}

/* Each of the two may be absent */
static int udp_collect(struct xm_coll *c, struct xm_out *out)
{
	int v4 = emit_file(c, 0, out), v6 = emit_file(c, 1, out);

	if (v4 < 0 && v4 != -ENOENT)
		return v4;
	return v6 == -ENOENT ? v4 : v6;
}

static int udp_open(struct xm_coll *c)
{
	struct udp_state *st = c->state;

	st->fd[0] = st->fd[1] = -1;
	st->opened = true;
	return 0;
}

static void udp_close(struct xm_coll *c)
{
	struct udp_state *st = c->state;

	for (unsigned i = 0; st->opened && i < XM_ARRAY_LEN(st->fd); i++)
		xm_closep(&st->fd[i]);
}

const struct xm_collector xm_collector_udp_queues = {
	.name = "udp_queues",
	.help = "bytes waiting in the queues of UDP sockets",
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.period_ms = 5000,
	.flags = XM_LANE, /* takes as long as there are sockets */
	.state_size = sizeof(struct udp_state),
	.open = udp_open,
	.collect = udp_collect,
	.close = udp_close,
};
