/* The web process: talks to the network, and has nothing else it could do. */
#pragma once
#include "agent/conf.h"
#include "agent/head.h"

struct xm_web_start {
	const struct xm_agent_conf *conf;
	const char *token;
	int door; /* to core */
	int tick; /* eventfd: a row was published */
	int head; /* the live head */
	int listen[XM_LISTEN_MAX + 1];
	unsigned n_listen;
	uid_t uid;
	gid_t gid;
};

/* Serve until core closes the door. Returns the process's exit status. All descriptors are its
 * own afterwards. */
int xm_web_main(const struct xm_web_start *start);
