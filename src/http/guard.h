/*
 * Who may ask: the Host and Origin of browsers, the bearer token. Pure functions.
 *
 * A page of another site can make a browser send requests here. It cannot choose Host, unless its
 * own name resolves to this machine (DNS rebinding): hence the list of hosts. It cannot hide
 * Origin when it writes.
 */
#pragma once
#include "base/base.h"

struct xm_http_guard {
	const char *token;        /* NULL: nobody is trusted over TCP */
	const char *const *hosts; /* names besides the loopback ones, without port, NULL-terminated;
				     "*" = any; NULL = none */
};

/* A Host header, with or without port. local: the numeric address that the client has reached. */
bool xm_guard_host(const struct xm_http_guard *g, const char *host, const char *local);
/* An Origin header ("http://127.0.0.1:8000") against the Host of the same request */
bool xm_guard_same_origin(const char *origin, const char *host);
/* An Authorization header, "Bearer TOKEN"; takes as long for a near miss as for a far one */
bool xm_guard_token(const struct xm_http_guard *g, const char *authorization);
