#include "host/netlink.h"
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define ATTEMPTS      3
#define DATAGRAMS_MAX 16384 /* of one answer and the notifications between; 512 MB: never */
#define BODY_MAX      64

/* Room for the message at p of the n bytes left; 0: it is cut */
static size_t message_length(const uint8_t *p, size_t n, struct nlmsghdr *ret)
{
	if (n < sizeof *ret)
		return 0;
	memcpy(ret, p, sizeof *ret);
	return ret->nlmsg_len >= sizeof *ret && ret->nlmsg_len <= n ? ret->nlmsg_len : 0;
}

/* NLMSG_ERROR and NLMSG_DONE begin with an int: 0 or a negative errno */
static void end_answer(struct xm_netlink_answer *a, uint16_t type, const uint8_t *body, size_t n)
{
	int32_t code = 0;

	if (n >= sizeof code)
		memcpy(&code, body, sizeof code);
	else if (type == NLMSG_ERROR)
		a->broken++;
	a->error = code < 0 && code > -4096 ? code : 0;
	a->done = true;
}

static void take_message(struct xm_netlink_answer *a, const struct nlmsghdr *h, const uint8_t *body,
			 size_t n, const struct xm_netlink_reader *reader)
{
	/* A notification carries the number and port of whoever caused it */
	if (h->nlmsg_seq != a->seq || h->nlmsg_pid != a->port) {
		a->links_changed |= h->nlmsg_type == RTM_NEWLINK || h->nlmsg_type == RTM_DELLINK;
		return;
	}
	a->changed |= h->nlmsg_flags & NLM_F_DUMP_INTR || h->nlmsg_type == NLMSG_OVERRUN;
	if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
		end_answer(a, h->nlmsg_type, body, n);
	else if (h->nlmsg_type >= NLMSG_MIN_TYPE &&
		 reader->message(reader->arg, h->nlmsg_type, body, n) < 0)
		a->broken++;
}

void xm_netlink_parse(struct xm_netlink_answer *a, const void *data, size_t n,
		      const struct xm_netlink_reader *reader)
{
	const uint8_t *p = data;

	while (n && !a->done) {
		struct nlmsghdr h;
		size_t len = message_length(p, n, &h), step = NLMSG_ALIGN(len);

		if (!len) {
			a->broken++;
			return;
		}
		take_message(a, &h, p + sizeof h, len - sizeof h, reader);
		step = XM_MIN(step, n);
		p += step;
		n -= step;
	}
}

/* The attribute of that type behind a header; NULL: there is none */
static const void *find_attribute(const void *body, size_t n, size_t header, uint16_t type,
				  size_t *ret_len)
{
	const uint8_t *p = body;
	struct rtattr a;

	for (size_t at = NLMSG_ALIGN(header); at < n && n - at >= sizeof a;
	     at += RTA_ALIGN(a.rta_len)) {
		memcpy(&a, p + at, sizeof a);
		if (a.rta_len < sizeof a || a.rta_len > n - at)
			return NULL;
		if ((a.rta_type & NLA_TYPE_MASK) == type) {
			*ret_len = a.rta_len - sizeof a;
			return p + at + sizeof a;
		}
	}
	return NULL;
}

int xm_link_name_decode(const void *body, size_t n, struct xm_link_name *ret)
{
	struct ifinfomsg head;
	const char *name;
	size_t len;

	if (n < sizeof head)
		return -EBADMSG;
	memcpy(&head, body, sizeof head);
	name = find_attribute(body, n, sizeof head, IFLA_IFNAME, &len);
	len = name ? strnlen(name, len) : 0;
	if (!len || len >= XM_IFNAME)
		return -EBADMSG;
	*ret = (struct xm_link_name){ .index = (uint32_t)head.ifi_index };
	memcpy(ret->name, name, len);
	return 0;
}

int xm_link_stats_decode(const void *body, size_t n, struct xm_link_stats *ret)
{
	struct if_stats_msg head;
	const void *stats;
	size_t len;

	if (n < sizeof head)
		return -EBADMSG;
	memcpy(&head, body, sizeof head);
	stats = find_attribute(body, n, sizeof head, IFLA_STATS_LINK_64, &len);
	if (!stats || len < offsetof(struct rtnl_link_stats64, rx_nohandler))
		return -EBADMSG;
	*ret = (struct xm_link_stats){ .index = head.ifindex };
	memcpy(&ret->stats, stats, XM_MIN(len, sizeof ret->stats));
	return 0;
}

int xm_neighbour_decode(const void *body, size_t n, struct xm_neighbour *ret)
{
	struct ndmsg head;

	if (n < sizeof head)
		return -EBADMSG;
	memcpy(&head, body, sizeof head);
	*ret = (struct xm_neighbour){ .index = (uint32_t)head.ndm_ifindex,
				      .state = head.ndm_state,
				      .family = head.ndm_family };
	return 0;
}

static void drop_socket(struct xm_netlink *nl)
{
	xm_closep(&nl->fd);
	nl->fd = -1;
}

void xm_netlink_close(struct xm_netlink *nl)
{
	drop_socket(nl);
	free(nl->buf);
	nl->buf = NULL;
}

static int open_socket(struct xm_netlink *nl)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK, .nl_groups = nl->groups };
	socklen_t len = sizeof self;
	_cleanup_close_ int fd = -1;

	if (nl->fd >= 0)
		return 0;
	if (!nl->buf)
		nl->buf = malloc(XM_NETLINK_BUF);
	if (!nl->buf)
		return -ENOMEM;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof self) < 0 ||
	    getsockname(fd, (struct sockaddr *)&self, &len) < 0)
		return -errno;
	nl->port = self.nl_pid;
	nl->fd = TAKE_FD(fd);
	nl->links_changed = true; /* nobody was listening until now */
	return 0;
}

static int ask(struct xm_netlink *nl, uint16_t type, const void *body, size_t n)
{
	struct {
		struct nlmsghdr head;
		uint8_t body[BODY_MAX];
	} msg = { .head = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(n),
			    .nlmsg_type = type,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };

	if (n > sizeof msg.body)
		return -EINVAL;
	if (!++nl->seq) /* 0 is that of notifications */
		nl->seq = 1;
	msg.head.nlmsg_seq = nl->seq;
	memcpy(msg.body, body, n);
	return send(nl->fd, &msg, msg.head.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* One datagram. The kernel makes the next part of a dump when the one before is taken, so there is
 * always something to read until the end. */
static int receive(struct xm_netlink *nl, struct xm_netlink_answer *a,
		   const struct xm_netlink_reader *reader)
{
	struct sockaddr_nl from = {};
	socklen_t len = sizeof from;
	ssize_t n = recvfrom(nl->fd, nl->buf, XM_NETLINK_BUF, MSG_DONTWAIT | MSG_TRUNC,
			     (struct sockaddr *)&from, &len);

	if (n < 0 && errno == ENOBUFS) { /* notifications were lost, not the answer */
		a->links_changed = true;
		return 0;
	}
	if (n < 0)
		return errno == EINTR ? 0 : errno == EAGAIN ? -EIO : -errno;
	if (from.nl_pid) /* not from the kernel */
		return 0;
	xm_netlink_parse(a, nl->buf, XM_MIN((size_t)n, (size_t)XM_NETLINK_BUF), reader);
	return 0;
}

static int try_dump(struct xm_netlink *nl, uint16_t type, const void *body, size_t n,
		    const struct xm_netlink_reader *reader, bool *ret_changed)
{
	int r = ask(nl, type, body, n);
	struct xm_netlink_answer a = { .seq = nl->seq, .port = nl->port };

	for (unsigned i = 0; r >= 0 && !a.done; i++)
		r = i < DATAGRAMS_MAX ? receive(nl, &a, reader) : -EIO;
	nl->broken += a.broken;
	nl->links_changed |= a.links_changed;
	*ret_changed = a.changed;
	return r < 0 ? r : a.error;
}

int xm_netlink_dump(struct xm_netlink *nl, uint16_t type, const void *body, size_t n,
		    const struct xm_netlink_reader *reader)
{
	bool changed = true;
	int r = open_socket(nl);

	for (unsigned i = 0; i < ATTEMPTS && changed && r >= 0; i++) {
		reader->start(reader->arg);
		r = try_dump(nl, type, body, n, reader, &changed);
	}
	if (r < 0)
		drop_socket(nl); /* half an answer may still be in it */
	return r;
}

int xm_netlink_ifname(struct xm_netlink *nl, uint32_t index, char ret_name[XM_IFNAME])
{
	struct ifreq req = { .ifr_ifindex = (int)index };
	int r = open_socket(nl);

	if (r < 0)
		return r;
	if (ioctl(nl->fd, SIOCGIFNAME, &req) < 0)
		return -errno;
	req.ifr_name[sizeof req.ifr_name - 1] = 0;
	memcpy(ret_name, req.ifr_name, XM_IFNAME);
	return 0;
}
