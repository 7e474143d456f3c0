/*
 * Fuzzing what looks at rtnetlink's bytes: the input is a datagram as if the kernel had sent it,
 * and each of its messages goes to every decoder. What they hand on must lie in the datagram and be
 * of the promised form.
 */
#include "host/netlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define ALWAYS(cond)                                                                               \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct input {
	const uint8_t *data;
	size_t len;
	unsigned messages;
};

static void start(void *arg)
{
	struct input *in = arg;

	in->messages = 0;
}

static void decode(const void *body, size_t n)
{
	struct xm_link_name name;
	struct xm_link_stats stats;
	struct xm_neighbour neighbour;

	if (xm_link_name_decode(body, n, &name) == 0) {
		ALWAYS(name.name[0] && memchr(name.name, 0, sizeof name.name));
		ALWAYS(n >= sizeof(struct ifinfomsg) + sizeof(struct rtattr) + 1);
	}
	if (xm_link_stats_decode(body, n, &stats) == 0)
		ALWAYS(n >= sizeof(struct if_stats_msg) + sizeof(struct rtattr) +
				    offsetof(struct rtnl_link_stats64, rx_nohandler));
	if (xm_neighbour_decode(body, n, &neighbour) == 0)
		ALWAYS(n >= sizeof(struct ndmsg));
}

static int take(void *arg, uint16_t type, const void *body, size_t n)
{
	struct input *in = arg;
	const uint8_t *p = body;

	ALWAYS(type >= NLMSG_MIN_TYPE);
	ALWAYS(p >= in->data + sizeof(struct nlmsghdr) && n <= in->len &&
	       p + n <= in->data + in->len);
	in->messages++;
	decode(body, n);
	return n % 2 ? -EBADMSG : 0;
}

/* The question is the one that the first message answers, so that mutations get past that check */
static struct xm_netlink_answer question(const uint8_t *data, size_t len)
{
	struct xm_netlink_answer a = { .seq = 1, .port = 2 };
	struct nlmsghdr head;

	if (len >= sizeof head) {
		memcpy(&head, data, sizeof head);
		a.seq = head.nlmsg_seq;
		a.port = head.nlmsg_pid;
	}
	return a;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { .data = data, .len = len };
	struct xm_netlink_answer a = question(data, len);

	xm_netlink_parse(&a, data, len, &(struct xm_netlink_reader){ start, take, &in });
	ALWAYS(in.messages + a.broken <= 2 * (len / sizeof(struct nlmsghdr)) + 1);
	ALWAYS(a.error <= 0 && a.error > -4096);
	ALWAYS(!a.error || a.done);
	ALWAYS(!a.done || len >= sizeof(struct nlmsghdr));
	decode(data, len);
	return 0;
}
