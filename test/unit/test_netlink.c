/* rtnetlink: the parser on made messages, the reader on a network namespace of its own. */
#include "check.h"
#include "host/address.h"
#include "host/links.h"
#include "host/resolve.h"
#include "host/verdicts.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define SEQ  7
#define PORT 4711

/* A datagram being made */
struct gram {
	uint8_t data[4096];
	size_t n;
};

/* Append a message; its attributes follow by attr() until the next one. Returns where it starts. */
static size_t message(struct gram *g, uint16_t type, uint16_t flags, const void *body, size_t n)
{
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(n),
			      .nlmsg_type = type,
			      .nlmsg_flags = flags,
			      .nlmsg_seq = SEQ,
			      .nlmsg_pid = PORT };
	size_t at = g->n;

	memcpy(g->data + at, &h, sizeof h);
	memcpy(g->data + at + sizeof h, body, n);
	g->n += NLMSG_ALIGN(h.nlmsg_len);
	return at;
}

static void attr(struct gram *g, size_t at, uint16_t type, const void *data, size_t n)
{
	struct rtattr a = { .rta_len = (uint16_t)RTA_LENGTH(n), .rta_type = type };
	uint32_t len;

	memcpy(g->data + g->n, &a, sizeof a);
	memcpy(g->data + g->n + sizeof a, data, n);
	g->n += RTA_ALIGN(a.rta_len);
	len = (uint32_t)(g->n - at);
	memcpy(g->data + at, &len, sizeof len);
}

static size_t link_message(struct gram *g, int index, const char *name)
{
	size_t at = message(g, RTM_NEWLINK, NLM_F_MULTI, &(struct ifinfomsg){ .ifi_index = index },
			    sizeof(struct ifinfomsg));

	attr(g, at, IFLA_TXQLEN, "\1\0\0\0", 4);
	attr(g, at, IFLA_IFNAME, name, strlen(name) + 1);
	return at;
}

static void done(struct gram *g, int32_t code)
{
	message(g, NLMSG_DONE, NLM_F_MULTI, &code, sizeof code);
}

/* What the parser handed over */
struct seen {
	unsigned n;
	struct xm_link_name name[8];
};

static void start(void *arg)
{
	((struct seen *)arg)->n = 0;
}

static int take(void *arg, uint16_t type, const void *body, size_t n)
{
	struct seen *seen = arg;

	if (type != RTM_NEWLINK || seen->n == 8)
		return -EBADMSG;
	return xm_link_name_decode(body, n, &seen->name[seen->n]) < 0 ? -EBADMSG : (int)seen->n++;
}

static struct xm_netlink_answer parse(const struct gram *g, size_t n, struct seen *seen)
{
	struct xm_netlink_answer a = { .seq = SEQ, .port = PORT };

	start(seen);
	xm_netlink_parse(&a, g->data, n, &(struct xm_netlink_reader){ start, take, seen });
	return a;
}

static void test_answer(void)
{
	struct gram g = {};
	struct seen seen;
	struct xm_netlink_answer a;

	link_message(&g, 1, "lo");
	link_message(&g, 4, "eth0");
	done(&g, 0);
	a = parse(&g, g.n, &seen);
	CHECK(a.done && !a.error && !a.changed && !a.links_changed && !a.broken);
	REQUIRE(seen.n == 2);
	CHECK_STR(seen.name[0].name, "lo");
	CHECK_EQ_INT(seen.name[0].index, 1);
	CHECK_STR(seen.name[1].name, "eth0");
	CHECK_EQ_INT(seen.name[1].index, 4);
}

/* Cut anywhere, the datagram yields the messages that are whole, and says that one was not */
static void test_cut(void)
{
	struct gram g = {};
	struct seen seen;
	struct xm_netlink_answer a;
	size_t second;

	link_message(&g, 1, "lo");
	second = g.n;
	link_message(&g, 4, "eth0");
	for (size_t n = 0; n < g.n; n++) {
		a = parse(&g, n, &seen);
		CHECK_EQ_INT(seen.n, n >= second);
		CHECK_EQ_INT(a.broken, n != 0 && n != second);
		CHECK(!a.done);
	}
}

static void test_lengths(void)
{
	static const uint32_t odd[] = { 0, 1, 15, 4097, INT32_MAX, UINT32_MAX };
	struct seen seen;

	for (unsigned i = 0; i < XM_ARRAY_LEN(odd); i++) {
		struct gram g = {};

		link_message(&g, 1, "lo");
		link_message(&g, 2, "eth0");
		memcpy(g.data, &odd[i], sizeof odd[i]);
		CHECK_EQ_INT(parse(&g, g.n, &seen).broken, 1);
		CHECK_EQ_INT(seen.n, 0);
	}
}

/* The last message may lack the padding to four bytes */
static void test_no_padding(void)
{
	struct gram g = {};
	struct seen seen;
	uint32_t len;
	size_t at = link_message(&g, 3, "a");

	g.n -= 2; /* "a" and its NUL are two bytes of four */
	len = (uint32_t)(g.n - at);
	memcpy(g.data + at, &len, sizeof len);
	CHECK_EQ_INT(parse(&g, g.n, &seen).broken, 0);
	REQUIRE(seen.n == 1);
	CHECK_STR(seen.name[0].name, "a");
}

static void test_errors(void)
{
	struct gram refused = {}, failed = {}, odd = {}, positive = {};
	struct seen seen;
	struct xm_netlink_answer a;

	message(&refused, NLMSG_ERROR, 0, &(struct nlmsgerr){ .error = -EPERM },
		sizeof(struct nlmsgerr));
	a = parse(&refused, refused.n, &seen);
	CHECK(a.done && a.error == -EPERM);

	link_message(&failed, 1, "lo");
	done(&failed, -EMSGSIZE);
	a = parse(&failed, failed.n, &seen);
	CHECK(a.done && a.error == -EMSGSIZE && seen.n == 1);

	message(&odd, NLMSG_ERROR, 0, "", 0);
	a = parse(&odd, odd.n, &seen);
	CHECK(a.done && !a.error && a.broken == 1);

	done(&positive, 77);
	a = parse(&positive, positive.n, &seen);
	CHECK(a.done && !a.error);
}

/* What comes after the end of the answer is not looked at */
static void test_after_done(void)
{
	struct gram g = {};
	struct seen seen;

	done(&g, 0);
	link_message(&g, 1, "lo");
	CHECK(parse(&g, g.n, &seen).done);
	CHECK_EQ_INT(seen.n, 0);
}

static void test_interrupted(void)
{
	struct gram g = {};
	struct seen seen;
	size_t at = link_message(&g, 1, "lo");
	const uint16_t flags = NLM_F_MULTI | NLM_F_DUMP_INTR;

	memcpy(g.data + at + offsetof(struct nlmsghdr, nlmsg_flags), &flags, sizeof flags);
	CHECK(parse(&g, g.n, &seen).changed);
	CHECK_EQ_INT(seen.n, 1);
}

/* A notification is not part of the answer, even when it has the number of our question */
static void test_notification(void)
{
	struct gram g = {};
	struct seen seen;
	struct xm_netlink_answer a;
	size_t at = link_message(&g, 9, "veth1");

	memcpy(g.data + at + offsetof(struct nlmsghdr, nlmsg_pid), &(uint32_t){ 1 }, 4);
	at = link_message(&g, 9, "veth2");
	memcpy(g.data + at + offsetof(struct nlmsghdr, nlmsg_seq), &(uint32_t){ 0 }, 4);
	link_message(&g, 1, "lo");
	a = parse(&g, g.n, &seen);
	CHECK(a.links_changed && !a.broken);
	REQUIRE(seen.n == 1);
	CHECK_STR(seen.name[0].name, "lo");
}

static int decode_name(const char *name, size_t n, struct xm_link_name *ret)
{
	struct gram g = {};
	struct ifinfomsg head = { .ifi_index = 5 };
	size_t at = message(&g, RTM_NEWLINK, 0, &head, sizeof head);

	attr(&g, at, IFLA_IFNAME, name, n);
	return xm_link_name_decode(g.data + sizeof(struct nlmsghdr), g.n - sizeof(struct nlmsghdr),
				   ret);
}

static void test_names(void)
{
	struct xm_link_name name;
	struct ifinfomsg head = { .ifi_index = 5 };

	CHECK_EQ_INT(decode_name("abcdefghijklmno", 16, &name), 0);
	CHECK_STR(name.name, "abcdefghijklmno");
	CHECK_EQ_INT(decode_name("eth0", 4, &name), 0); /* without NUL */
	CHECK_STR(name.name, "eth0");
	CHECK_EQ_INT(decode_name("abcdefghijklmnop", 16, &name), -EBADMSG);
	CHECK_EQ_INT(decode_name("", 1, &name), -EBADMSG);
	CHECK_EQ_INT(decode_name("", 0, &name), -EBADMSG);
	CHECK_EQ_INT(xm_link_name_decode(&head, sizeof head, &name), -EBADMSG);
	CHECK_EQ_INT(xm_link_name_decode(&head, sizeof head - 1, &name), -EBADMSG);
	CHECK_EQ_INT(xm_link_name_decode("", 0, &name), -EBADMSG);
}

/* An attribute that claims more than there is ends the search */
static void test_attributes(void)
{
	static const uint16_t odd[] = { 0, 3, 200, UINT16_MAX };
	struct xm_link_name name;

	for (unsigned i = 0; i < XM_ARRAY_LEN(odd); i++) {
		struct gram g = {};
		size_t at = link_message(&g, 1, "lo") + NLMSG_LENGTH(sizeof(struct ifinfomsg));

		memcpy(g.data + at, &odd[i], sizeof odd[i]); /* of the first attribute */
		CHECK_EQ_INT(xm_link_name_decode(g.data + sizeof(struct nlmsghdr),
						 g.n - sizeof(struct nlmsghdr), &name),
			     -EBADMSG);
	}
}

static void test_last_attribute(void)
{
	struct gram g = {};
	size_t at = link_message(&g, 1, "lo");
	const uint16_t longer = RTA_LENGTH(3) + 8; /* than the message */
	struct xm_link_name name;

	g.data[g.n] = 'x';
	memcpy(g.data + g.n - RTA_SPACE(3), &longer, sizeof longer);
	CHECK_EQ_INT(xm_link_name_decode(g.data + at + sizeof(struct nlmsghdr),
					 g.n - sizeof(struct nlmsghdr), &name),
		     -EBADMSG);
}

/* The upper bits of a type are flags */
static void test_attribute_flags(void)
{
	struct gram g = {};
	struct xm_link_name name;
	size_t at = message(&g, RTM_NEWLINK, 0, &(struct ifinfomsg){}, sizeof(struct ifinfomsg));

	attr(&g, at, IFLA_IFNAME | NLA_F_NESTED, "lo", 3);
	CHECK_EQ_INT(xm_link_name_decode(g.data + sizeof(struct nlmsghdr),
					 g.n - sizeof(struct nlmsghdr), &name),
		     0);
	CHECK_STR(name.name, "lo");
}

static int decode_stats(size_t n, struct xm_link_stats *ret)
{
	struct gram g = {};
	uint64_t stats[32];
	size_t at = message(&g, RTM_NEWSTATS, 0, &(struct if_stats_msg){ .ifindex = 3 },
			    sizeof(struct if_stats_msg));

	for (unsigned i = 0; i < XM_ARRAY_LEN(stats); i++)
		stats[i] = UINT64_MAX - i;
	attr(&g, at, IFLA_STATS_LINK_64, stats, n);
	return xm_link_stats_decode(g.data + sizeof(struct nlmsghdr), g.n - sizeof(struct nlmsghdr),
				    ret);
}

static void test_stats(void)
{
	const size_t old = offsetof(struct rtnl_link_stats64, rx_nohandler);
	struct xm_link_stats s;

	CHECK_EQ_INT(decode_stats(sizeof s.stats, &s), 0);
	CHECK_EQ_INT(s.index, 3);
	CHECK(s.stats.rx_packets == UINT64_MAX && s.stats.tx_bytes == UINT64_MAX - 3);
	CHECK_EQ_INT(decode_stats(32 * 8, &s), 0); /* of a newer kernel */
	CHECK(s.stats.rx_nohandler == UINT64_MAX - 23);
	CHECK_EQ_INT(decode_stats(old, &s), 0); /* before 4.6 */
	CHECK(s.stats.tx_compressed == UINT64_MAX - 22 && s.stats.rx_nohandler == 0);
	CHECK_EQ_INT(decode_stats(old - 1, &s), -EBADMSG);
	CHECK_EQ_INT(decode_stats(0, &s), -EBADMSG);
	CHECK_EQ_INT(xm_link_stats_decode("1234567", 7, &s), -EBADMSG);
}

/* Bit n for the nth counter: a sum tells what was added */
static void test_sums(void)
{
	struct rtnl_link_stats64 s = {};

	s.rx_dropped = 1, s.rx_missed_errors = 2;
	s.rx_length_errors = 4, s.rx_over_errors = 8, s.rx_crc_errors = 16;
	s.rx_frame_errors = 32, s.rx_fifo_errors = 64;
	s.tx_carrier_errors = 128, s.tx_aborted_errors = 256, s.tx_window_errors = 512;
	s.tx_heartbeat_errors = 1024, s.tx_fifo_errors = 2048;
	CHECK_EQ_INT(xm_link_rx_drop(&s), 1 + 2);
	CHECK_EQ_INT(xm_link_rx_frame(&s), 4 + 8 + 16 + 32);
	CHECK_EQ_INT(xm_link_tx_carrier(&s), 128 + 256 + 512 + 1024);
}

static void test_neighbours(void)
{
	const struct ndmsg head = { .ndm_family = AF_INET, .ndm_ifindex = 12, .ndm_state = 4 };
	struct xm_neighbour n;

	CHECK_EQ_INT(xm_neighbour_decode(&head, sizeof head, &n), 0);
	CHECK(n.family == AF_INET && n.index == 12 && n.state == NUD_STALE);
	CHECK_EQ_INT(xm_neighbour_decode(&head, sizeof head - 1, &n), -EBADMSG);
}

/* A question the kernel does not know, then one it does, over the same struct */
static void test_refused(void)
{
	struct xm_netlink nl = { .fd = -1 };
	struct seen seen;
	const struct xm_netlink_reader reader = { start, take, &seen };
	const struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	char name[XM_IFNAME];

	CHECK_EQ_INT(xm_netlink_dump(&nl, RTM_MAX + 100, &head, sizeof head, &reader), -EOPNOTSUPP);
	CHECK_EQ_INT(nl.fd, -1);
	CHECK_EQ_INT(xm_netlink_dump(&nl, RTM_GETLINK, &head, sizeof head, &reader), 0);
	CHECK(nl.fd >= 0 && seen.n > 0);
	CHECK_EQ_INT(xm_netlink_ifname(&nl, 1, name), 0);
	CHECK_STR(name, "lo");
	CHECK_EQ_INT(xm_netlink_ifname(&nl, INT32_MAX, name), -ENODEV);
	xm_netlink_close(&nl);
}

/* From here on this program is alone on a network of its own. False: it may not be. */
static bool leave_network(void)
{
	if (unshare(CLONE_NEWNET) == 0)
		return true;
	fprintf(stderr, "skipped: no network namespace: %s\n", strerror(errno));
	return false;
}

static void change_link(int op, struct ifreq *req)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	CHECK_EQ_INT(ioctl(fd, (unsigned long)op, req), 0);
	close(fd);
}

static void set_up(const char *name, bool up)
{
	struct ifreq req = { .ifr_flags = up ? IFF_UP : 0 };

	snprintf(req.ifr_name, sizeof req.ifr_name, "%s", name);
	change_link(SIOCSIFFLAGS, &req);
}

static void rename_link(const char *from, const char *to)
{
	struct ifreq req = {};

	snprintf(req.ifr_name, sizeof req.ifr_name, "%s", from);
	snprintf(req.ifr_newname, sizeof req.ifr_newname, "%s", to);
	change_link(SIOCSIFNAME, &req);
}

static struct rtnl_link_stats64 stats_of(const struct xm_links *l, const char *name)
{
	for (unsigned i = 0; i < l->n_stats; i++) {
		const char *known = xm_links_name(l, l->stats[i].index);

		if (known && !strcmp(known, name))
			return l->stats[i].stats;
	}
	return (struct rtnl_link_stats64){ .rx_packets = UINT64_MAX };
}

static bool has_link(const struct xm_links *l, const char *name)
{
	return stats_of(l, name).rx_packets != UINT64_MAX;
}

/* n datagrams of 100 bytes from a socket to itself */
static void send_to_self(unsigned n)
{
	struct sockaddr_in self = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof self;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char data[100] = {};

	CHECK(bind(fd, (void *)&self, sizeof self) == 0 &&
	      getsockname(fd, (void *)&self, &len) == 0);
	for (unsigned i = 0; i < n; i++) {
		CHECK_EQ_INT(sendto(fd, data, sizeof data, 0, (void *)&self, sizeof self), 100);
		CHECK_EQ_INT(recv(fd, data, sizeof data, 0), 100);
	}
	close(fd);
}

/* On a network where nobody else is, each datagram counts: 100 bytes + 8 of UDP + 20 of IP */
static void test_traffic(void)
{
	struct xm_links l;
	struct rtnl_link_stats64 before, after;

	CHECK_EQ_INT(xm_links_open(&l), 0);
	set_up("lo", true);
	CHECK_EQ_INT(xm_links_read(&l), 0);
	before = stats_of(&l, "lo");
	send_to_self(50);
	CHECK_EQ_INT(xm_links_read(&l), 0);
	after = stats_of(&l, "lo");
	CHECK_EQ_INT(after.rx_packets - before.rx_packets, 50);
	CHECK_EQ_INT(after.rx_bytes - before.rx_bytes, 50 * 128);
	CHECK_EQ_INT(after.tx_bytes - before.tx_bytes, 50 * 128);
	CHECK_EQ_INT(l.nl.broken, 0);
	set_up("lo", false);
	xm_links_close(&l);
}

/* The names are read anew when, and only when, some link changed */
static void test_rename(void)
{
	struct xm_links l;
	uint32_t seq;

	CHECK_EQ_INT(xm_links_open(&l), 0);
	CHECK_EQ_INT(xm_links_read(&l), 0);
	CHECK(has_link(&l, "lo"));
	CHECK_EQ_INT(xm_links_read(&l), 0); /* takes what is left of the test before */
	seq = l.nl.seq;
	CHECK_EQ_INT(xm_links_read(&l), 0);
	CHECK_EQ_INT(l.nl.seq, seq + 1); /* one question */
	rename_link("lo", "lo9");
	CHECK_EQ_INT(xm_links_read(&l), 0);
	CHECK(has_link(&l, "lo9") && !has_link(&l, "lo"));
	CHECK_EQ_INT(l.nl.seq, seq + 3);
	rename_link("lo9", "lo");
	CHECK_EQ_INT(xm_links_read(&l), 0);
	CHECK(has_link(&l, "lo"));
	CHECK(!xm_links_name(&l, 12345));
	xm_links_close(&l);
}

/* More notifications than the socket holds: the kernel drops some, and the names are still right */
static void test_overflow(void)
{
	struct xm_links l;
	int small = 1;

	CHECK_EQ_INT(xm_links_open(&l), 0);
	CHECK_EQ_INT(xm_links_read(&l), 0);
	CHECK_EQ_INT(setsockopt(l.nl.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
	for (unsigned i = 0; i < 200; i++)
		rename_link(i % 2 ? "lo1" : "lo", i % 2 ? "lo" : "lo1");
	rename_link("lo", "last");
	CHECK_EQ_INT(xm_links_read(&l), 0);
	CHECK_EQ_INT(l.n_stats, l.n_names);
	CHECK(has_link(&l, "last"));
	rename_link("last", "lo");
	CHECK_EQ_INT(xm_links_read(&l), 0);
	CHECK(has_link(&l, "lo"));
	xm_links_close(&l);
}

static int find_loopback(const struct xm_address *a, void *arg)
{
	if (!strcmp(a->text, "127.0.0.1")) {
		CHECK_STR(a->device, "lo");
		CHECK_STR(a->scope, "link-local");
		CHECK_EQ_INT(a->bits, 8);
		++*(unsigned *)arg;
	}
	return 0;
}

static void test_addresses(void)
{
	unsigned found = 0;

	set_up("lo", true);
	CHECK_EQ_INT(xm_address_each(find_loopback, &found), 0);
	CHECK_EQ_INT(found, 1);
	set_up("lo", false);
}

static void test_verdicts(void)
{
	static struct xm_verdicts v;
	struct xm_filter filter;
	struct xm_err err = {};
	char longest[300];

	CHECK_EQ_INT(xm_filter_open(&filter, "test", "^(a|long.*)$", "", &err), 0);
	for (unsigned turn = 0; turn < 3; turn++) {
		xm_verdicts_start(&v, &filter);
		CHECK(xm_verdicts_next(&v, XM_STR_OF("a")));
		CHECK(!xm_verdicts_next(&v, XM_STR_OF("b")));
		CHECK(!xm_verdicts_next(&v, XM_STR_OF("")));
	}
	xm_verdicts_start(&v, &filter); /* another name where "a" was, and the other way round */
	CHECK(!xm_verdicts_next(&v, XM_STR_OF("aa")));
	CHECK(xm_verdicts_next(&v, XM_STR_OF("a")));
	memset(longest, 'x', sizeof longest);
	memcpy(longest, "long", 4);
	CHECK(xm_verdicts_next(&v, (struct xm_str){ longest, 62 }));
	CHECK(xm_verdicts_next(&v, (struct xm_str){ longest, 255 }));
	CHECK(!xm_verdicts_next(&v, (struct xm_str){ longest, 256 }));
	xm_verdicts_start(&v, &filter);
	for (unsigned i = 0; i < XM_VERDICTS_MAX + 10; i++)
		CHECK_EQ_INT(xm_verdicts_next(&v, XM_STR_OF(i % 2 ? "a" : "b")), i % 2);
	xm_filter_close(&filter);
}

/* links: "d/up" → "..", "d/loop" → "loop", "abs" → "/", "link" → "d/e/../e" */
static void test_resolve(void)
{
	char root[] = "/tmp/xmon-test-XXXXXX", path[XM_RESOLVE_MAX], longest[XM_RESOLVE_MAX + 1];
	int dir;

	REQUIRE(mkdtemp(root));
	dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(mkdirat(dir, "d", 0755) == 0 && mkdirat(dir, "d/e", 0755) == 0);
	CHECK(symlinkat("..", dir, "d/up") == 0 && symlinkat("loop", dir, "d/loop") == 0);
	CHECK(symlinkat("/", dir, "abs") == 0 && symlinkat("d/e/../e", dir, "link") == 0);

	CHECK_EQ_INT(xm_resolve(dir, "d/e", path), 0);
	CHECK_STR(path, "d/e");
	CHECK_EQ_INT(xm_resolve(dir, "link", path), 0);
	CHECK_STR(path, "d/e");
	CHECK_EQ_INT(xm_resolve(dir, "./d//up/d/e/../up/link/", path), 0);
	CHECK_STR(path, "d/e");
	CHECK_EQ_INT(xm_resolve(dir, "../../d", path), 0); /* not above the directory */
	CHECK_STR(path, "d");
	CHECK_EQ_INT(xm_resolve(dir, "d/up/..", path), 0);
	CHECK_STR(path, "");
	CHECK_EQ_INT(xm_resolve(dir, "d/loop", path), -ELOOP);
	CHECK_EQ_INT(xm_resolve(dir, "abs", path), -EXDEV);
	CHECK_EQ_INT(xm_resolve(dir, "none/x", path), -ENOENT);
	memset(longest, 'x', sizeof longest);
	longest[XM_RESOLVE_MAX] = 0;
	CHECK_EQ_INT(xm_resolve(dir, longest, path), -ENAMETOOLONG);

	unlinkat(dir, "d/up", 0);
	unlinkat(dir, "d/loop", 0);
	unlinkat(dir, "abs", 0);
	unlinkat(dir, "link", 0);
	unlinkat(dir, "d/e", AT_REMOVEDIR);
	unlinkat(dir, "d", AT_REMOVEDIR);
	close(dir);
	rmdir(root);
}

int main(void)
{
	RUN(test_answer);
	RUN(test_cut);
	RUN(test_lengths);
	RUN(test_no_padding);
	RUN(test_errors);
	RUN(test_after_done);
	RUN(test_interrupted);
	RUN(test_notification);
	RUN(test_names);
	RUN(test_attributes);
	RUN(test_last_attribute);
	RUN(test_attribute_flags);
	RUN(test_stats);
	RUN(test_sums);
	RUN(test_neighbours);
	RUN(test_verdicts);
	RUN(test_resolve);
	RUN(test_refused);
	if (leave_network()) {
		RUN(test_traffic);
		RUN(test_rename);
		RUN(test_overflow);
		RUN(test_addresses);
	}
	return check_summary();
}
