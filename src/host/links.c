#include "host/links.h"
#include <sys/socket.h>

static void start_names(void *arg)
{
	struct xm_links *l = arg;

	l->n_names = 0;
}

static int take_name(void *arg, uint16_t type, const void *body, size_t n)
{
	struct xm_links *l = arg;

	if (type != RTM_NEWLINK || l->n_names == XM_LINKS_MAX)
		return 0;
	return xm_link_name_decode(body, n, &l->name[l->n_names]) < 0 ? -EBADMSG
								      : (int)l->n_names++;
}

static void start_stats(void *arg)
{
	struct xm_links *l = arg;

	l->n_stats = 0;
}

static int take_stats(void *arg, uint16_t type, const void *body, size_t n)
{
	struct xm_links *l = arg;

	if (type != RTM_NEWSTATS)
		return 0;
	if (l->n_stats == XM_LINKS_MAX) {
		l->left_out++;
		return 0;
	}
	return xm_link_stats_decode(body, n, &l->stats[l->n_stats]) < 0 ? -EBADMSG
									: (int)l->n_stats++;
}

static int by_index(const void *a, const void *b)
{
	const struct xm_link_name *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

/* All links, without the statistics of their protocols and virtual functions */
static int read_names(struct xm_links *l)
{
	const struct {
		struct ifinfomsg head;
		struct rtattr attr;
		uint32_t mask;
	} body = { .head = { .ifi_family = AF_UNSPEC },
		   .attr = { .rta_len = RTA_LENGTH(sizeof body.mask), .rta_type = IFLA_EXT_MASK },
		   .mask = RTEXT_FILTER_SKIP_STATS };
	int r;

	l->nl.links_changed = false; /* what changes from here on is noticed */
	r = xm_netlink_dump(&l->nl, RTM_GETLINK, &body, sizeof body,
			    &(struct xm_netlink_reader){ start_names, take_name, l });
	if (r < 0) {
		l->nl.links_changed = true;
		return r;
	}
	qsort(l->name, l->n_names, sizeof *l->name, by_index);
	return 0;
}

static int read_stats(struct xm_links *l)
{
	const struct if_stats_msg body = {
		.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64),
	};

	return xm_netlink_dump(&l->nl, RTM_GETSTATS, &body, sizeof body,
			       &(struct xm_netlink_reader){ start_stats, take_stats, l });
}

int xm_links_open(struct xm_links *l)
{
	*l = (struct xm_links){
		.nl = { .fd = -1, .groups = RTMGRP_LINK, .links_changed = true },
		.name = calloc(XM_LINKS_MAX, sizeof *l->name),
		.stats = calloc(XM_LINKS_MAX, sizeof *l->stats),
	};
	return l->name && l->stats ? 0 : -ENOMEM;
}

void xm_links_close(struct xm_links *l)
{
	if (l->name)
		xm_netlink_close(&l->nl);
	free(l->name);
	free(l->stats);
	*l = (struct xm_links){};
}

int xm_links_read(struct xm_links *l)
{
	int r = read_stats(l);

	return r < 0 || !l->nl.links_changed ? r : read_names(l);
}

const char *xm_links_name(const struct xm_links *l, uint32_t index)
{
	const struct xm_link_name key = { .index = index }, *found;

	found = bsearch(&key, l->name, l->n_names, sizeof key, by_index);
	return found ? found->name : NULL;
}
