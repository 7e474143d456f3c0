/*
 * The network devices of the running machine and their counters. Only the counters are asked for at
 * each turn (RTM_GETSTATS, Linux 4.7); the names when a notification says that some link changed.
 */
#pragma once
#include "host/netlink.h"

#define XM_LINKS_MAX 1024 /* devices; more are left out and counted */

/* What the kernel adds up for /proc/net/dev */
static inline uint64_t xm_link_rx_drop(const struct rtnl_link_stats64 *s)
{
	return s->rx_dropped + s->rx_missed_errors;
}
static inline uint64_t xm_link_rx_frame(const struct rtnl_link_stats64 *s)
{
	return s->rx_length_errors + s->rx_over_errors + s->rx_crc_errors + s->rx_frame_errors;
}
static inline uint64_t xm_link_tx_carrier(const struct rtnl_link_stats64 *s)
{
	return s->tx_carrier_errors + s->tx_aborted_errors + s->tx_window_errors +
	       s->tx_heartbeat_errors;
}

struct xm_links {
	struct xm_netlink nl;
	struct xm_link_name *name; /* sorted by index */
	struct xm_link_stats *stats;
	unsigned n_names, n_stats;
	uint64_t left_out;
};

int xm_links_open(struct xm_links *l) XM_MUST;
/* Must accept a zeroed struct */
void xm_links_close(struct xm_links *l);
/* Read all counters. Afterwards stats[0 … n_stats - 1] are in the kernel's order, which stays. */
int xm_links_read(struct xm_links *l) XM_MUST;
/* NULL: the link came or went meanwhile */
const char *xm_links_name(const struct xm_links *l, uint32_t index);
