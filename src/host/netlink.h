/*
 * rtnetlink, reading only: one socket, one question at a time, and what the answers say. Everything
 * that looks at bytes is pure and takes any bytes.
 */
#pragma once
#include "base/base.h"
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#define XM_NETLINK_BUF 32768 /* bytes; the kernel makes no longer datagram of a dump */
#define XM_IFNAME      16    /* bytes of a network device's name, NUL included */

/* Who takes the messages of an answer */
struct xm_netlink_reader {
	/* Another attempt begins: forget what the last one said */
	void (*start)(void *arg);
	/* The contents of one message, behind its header. Negative: not understood. */
	int (*message)(void *arg, uint16_t type, const void *body, size_t n);
	void *arg;
};

/* What an answer says beside its messages */
struct xm_netlink_answer {
	uint32_t seq, port; /* of the question; set by who asks */
	int error;          /* the kernel refused: negative errno */
	bool done;          /* the last message has been seen */
	bool changed;       /* the table changed meanwhile: a row may be missing or double */
	bool links_changed; /* a notification came along: some link came, went, was renamed, … */
	uint32_t broken;    /* messages that were cut or not understood */
};

/* Walk over one datagram. Pure. */
void xm_netlink_parse(struct xm_netlink_answer *a, const void *data, size_t n,
		      const struct xm_netlink_reader *reader);

struct xm_link_name {
	uint32_t index;
	char name[XM_IFNAME];
};
struct xm_link_stats {
	uint32_t index;
	struct rtnl_link_stats64 stats; /* what an older kernel does not have is 0 */
};
struct xm_neighbour {
	uint32_t index; /* of the link */
	uint16_t state; /* NUD_… */
	uint8_t family;
};

/* Bodies of RTM_NEWLINK, RTM_NEWSTATS and RTM_NEWNEIGH. Pure. -EBADMSG. */
int xm_link_name_decode(const void *body, size_t n, struct xm_link_name *ret) XM_MUST;
int xm_link_stats_decode(const void *body, size_t n, struct xm_link_stats *ret) XM_MUST;
int xm_neighbour_decode(const void *body, size_t n, struct xm_neighbour *ret) XM_MUST;

/* {-1} = not open yet; opened by the first question, and again after one that failed */
struct xm_netlink {
	int fd;
	uint32_t groups; /* RTMGRP_…: notifications wanted; set before the first question */
	uint32_t seq, port;
	void *buf;
	bool links_changed; /* since who asks last set it to false */
	uint64_t broken;    /* messages that were cut or not understood */
};

void xm_netlink_close(struct xm_netlink *nl);
/* Ask for a whole table: type is RTM_GET…, body what follows the message's header. A table that
 * changes meanwhile is asked for again, three times in all; then the last answer counts. Never
 * waits for an answer, but the kernel may hold RTNL against the question. */
int xm_netlink_dump(struct xm_netlink *nl, uint16_t type, const void *body, size_t n,
		    const struct xm_netlink_reader *reader) XM_MUST;
/* The name of a link. -ENODEV: it has gone. */
int xm_netlink_ifname(struct xm_netlink *nl, uint32_t index, char ret_name[XM_IFNAME]) XM_MUST;
