/* The IP addresses of this machine's network devices, as the running kernel has them. */
#pragma once
#include "base/base.h"

struct xm_address {
	const char *device;
	char text[46];     /* as INET6_ADDRSTRLEN */
	unsigned bits;     /* of the network */
	const char *scope; /* "global", "link-local" (also loopback), "interface-local", "" */
};

/* Call fn for each; a negative result ends the walk and is returned */
int xm_address_each(int (*fn)(const struct xm_address *a, void *arg), void *arg) XM_MUST;
