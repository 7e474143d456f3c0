/* netdev and arp on the running kernel, in a network namespace where nothing happens but this. */
#include "coll_case.h"
#include "failmalloc.h"
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* A request to rtnetlink being made: body and attributes behind the header */
struct request {
	struct nlmsghdr head;
	uint8_t data[160];
};

static struct request make_request(uint16_t type, const void *body, size_t n)
{
	struct request req = { .head = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(n),
					 .nlmsg_type = type,
					 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE |
							NLM_F_EXCL } };

	memcpy(req.data, body, n);
	return req;
}

static void add_attr(struct request *req, uint16_t type, const void *data, size_t n)
{
	struct rtattr a = { .rta_len = (uint16_t)RTA_LENGTH(n), .rta_type = type };
	uint8_t *at = (uint8_t *)req + req->head.nlmsg_len;

	memcpy(at, &a, sizeof a);
	memcpy(at + sizeof a, data, n);
	req->head.nlmsg_len += (uint32_t)RTA_ALIGN(a.rta_len);
}

/* 0, or the negative errno that the kernel answers */
static int do_request(const struct request *req)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), r = 0;
	struct {
		struct nlmsghdr head;
		struct nlmsgerr err;
	} answer = {};

	if (send(fd, req, req->head.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0)
		r = -errno;
	close(fd);
	return r < 0 ? r : answer.err.error;
}

/* A pair of virtual network cards: `name` and one the kernel names */
static int make_veth(const char *name)
{
	struct request req =
		make_request(RTM_NEWLINK, &(struct ifinfomsg){}, sizeof(struct ifinfomsg));
	const struct {
		struct rtattr head;
		char name[4];
	} kind = { { .rta_len = sizeof kind, .rta_type = IFLA_INFO_KIND }, "veth" };

	add_attr(&req, IFLA_IFNAME, name, strlen(name) + 1);
	add_attr(&req, IFLA_LINKINFO, &kind, sizeof kind);
	return do_request(&req);
}

static int make_neighbour(unsigned index, const char *ip, uint16_t state)
{
	const struct ndmsg body = { .ndm_family = AF_INET,
				    .ndm_ifindex = (int)index,
				    .ndm_state = state };
	struct request req = make_request(RTM_NEWNEIGH, &body, sizeof body);
	struct in_addr address;

	CHECK_EQ_INT(inet_pton(AF_INET, ip, &address), 1);
	add_attr(&req, NDA_DST, &address, sizeof address);
	add_attr(&req, NDA_LLADDR, "\2\0\0\0\0\1", 6);
	return do_request(&req);
}

static void set_up(const char *name)
{
	struct ifreq req = { .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(req.ifr_name, sizeof req.ifr_name, "%s", name);
	CHECK_EQ_INT(ioctl(fd, SIOCSIFFLAGS, &req), 0);
	close(fd);
}

/* Neighbours that we made, in states that we chose */
static void test_arp_live(void)
{
	COLL_CASE(t, arp);
	unsigned index;
	int r = make_veth("left");

	if (r < 0) {
		fprintf(stderr, "skipped: neighbours: no veth: %s\n", strerror(-r));
		return;
	}
	set_up("left");
	index = if_nametoindex("left");
	CHECK_EQ_INT(make_neighbour(index, "192.0.2.1", NUD_PERMANENT), 0);
	CHECK_EQ_INT(make_neighbour(index, "192.0.2.2", NUD_PERMANENT), 0);
	CHECK_EQ_INT(make_neighbour(index, "192.0.2.3", NUD_STALE), 0);
	CHECK_EQ_INT(make_neighbour(index, "192.0.2.4", NUD_NOARP), 0);
	coll_case_live(&t);
	for (unsigned turn = 0; turn < 2; turn++) {
		CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
		CHECK_STR(t.text, "{\"table\":\"arp\",\"device\":\"left\",\"entries\":3,"
				  "\"incomplete\":0,\"reachable\":0,\"stale\":1,\"delay\":0,"
				  "\"probe\":0,\"failed\":0,\"permanent\":2}\n");
	}
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "\nxmon_arp_states{device=\"left\",state=\"permanent\"} 2\n");
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

/* A copy without the value that only netlink tells */
static char *without_nohandler(const char *text)
{
	static const char *const tell[] = { "\"rx_nohandler\":0,", "\"rx_nohandler\":null," };
	char *copy = strdup(text), *at;

	for (unsigned i = 0; i < XM_ARRAY_LEN(tell); i++)
		while ((at = strstr(copy, tell[i])))
			memmove(at, at + strlen(tell[i]), strlen(at + strlen(tell[i])) + 1);
	return copy;
}

/* Both ways to ask the kernel say the same */
static void test_netdev_live(void)
{
	COLL_CASE(t, netdev);
	_cleanup_free_ char *asked = NULL, *read = NULL;

	set_up("lo");
	coll_case_live(&t);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_CONTAINS(t.text, "{\"table\":\"netdev\",\"device\":\"lo\",");
	CHECK_CONTAINS(t.text, "\"rx_nohandler\":0,");
	asked = without_nohandler(t.text);
	coll_case_close(&t);
	coll_case_set(&t, "netlink", "false");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_CONTAINS(t.text, "\"rx_nohandler\":null,");
	read = without_nohandler(t.text);
	CHECK_STR(read, asked);
}

static int drop_row(struct xm_out *o, const struct xm_table *t, const void *row)
{
	(void)o;
	(void)t;
	(void)row;
	return 0;
}

/* The steady state allocates nothing, nor does it open anything */
static void test_netdev_steady(void)
{
	static const struct xm_sink none = { .name = "none", .row = drop_row };
	COLL_CASE(t, netdev);
	struct xm_out out;
	int fd;

	coll_case_live(&t);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_EQ_INT(xm_out_open(&out, &none), 0);
	CHECK_EQ_INT(xm_coll_run(&t.run.coll, &out), 0);
	fd = dup(0);
	close(fd);
	failmalloc_start(1, true);
	for (unsigned turn = 0; turn < 5; turn++)
		CHECK_EQ_INT(xm_coll_run(&t.run.coll, &out), 0);
	CHECK_EQ_INT(failmalloc_stop(), 0);
	CHECK_EQ_INT(dup(0), fd);
	close(fd);
	xm_out_close(&out);
}

static void test_netdev_addresses(void)
{
	COLL_CASE(t, netdev);

	coll_case_live(&t);
	coll_case_set(&t, "address-info", "true");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "# HELP node_network_address_info node network address by device\n"
			       "# TYPE node_network_address_info gauge\n"
			       "node_network_address_info{device=\"lo\",address=\"127.0.0.1\","
			       "netmask=\"8\",scope=\"link-local\"} 1\n");
}

int main(void)
{
	if (unshare(CLONE_NEWNET) < 0) {
		fprintf(stderr, "skipped: no network namespace: %s\n", strerror(errno));
		return 77;
	}
	RUN(test_netdev_live);
	RUN(test_netdev_steady);
	RUN(test_netdev_addresses);
	RUN(test_arp_live);
	return check_summary();
}
