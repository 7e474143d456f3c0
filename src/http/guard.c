/* Host, Origin and the bearer token. */
#include "http/guard.h"
#include "base/text.h"
#include <arpa/inet.h>
#include <strings.h>

static bool is_port(struct xm_str s)
{
	uint64_t port;

	return xm_parse_u64(s, &port) == 0 && port <= UINT16_MAX;
}

/* "name:port", "[::1]:port" or either without port: the name, without brackets */
static bool host_name(const char *host, char *buf, size_t size)
{
	struct xm_str rest = XM_STR_OF(host), name;

	if (rest.n && rest.p[0] == '[') {
		rest = (struct xm_str){ rest.p + 1, rest.n - 1 };
		if (!xm_str_cut(&rest, ']', &name))
			return false;
		if (rest.n && rest.p[0] != ':')
			return false;
		if (rest.n && !is_port((struct xm_str){ rest.p + 1, rest.n - 1 }))
			return false;
	} else if (!xm_str_cut(&rest, ':', &name)) {
		name = rest;
	} else if (!is_port(rest)) {
		return false;
	}
	if (!name.n || name.n >= size)
		return false;
	xm_str_copy(name, buf, size);
	return true;
}

/* The same IP address, however it is written */
static bool same_address(const char *a, const char *b)
{
	struct in6_addr x, y;
	int family = strchr(a, ':') ? AF_INET6 : AF_INET;

	return inet_pton(family, a, &x) == 1 && inet_pton(family, b, &y) == 1 &&
	       !memcmp(&x, &y, family == AF_INET ? sizeof(struct in_addr) : sizeof x);
}

bool xm_guard_host(const struct xm_http_guard *g, const char *host, const char *local)
{
	static const char *const loopback[] = { "localhost", "127.0.0.1", "::1" };
	char name[256];

	if (!host_name(host, name, sizeof name))
		return false;
	for (size_t i = 0; i < XM_ARRAY_LEN(loopback); i++)
		if (!strcasecmp(name, loopback[i]))
			return true;
	for (const char *const *h = g->hosts; h && *h; h++)
		if (!strcmp(*h, "*") || !strcasecmp(name, *h))
			return true;
	return local && same_address(name, local);
}

bool xm_guard_same_origin(const char *origin, const char *host)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < XM_ARRAY_LEN(schemes); i++)
		if (!strncasecmp(origin, schemes[i], strlen(schemes[i])))
			return !strcasecmp(origin + strlen(schemes[i]), host);
	return false;
}

/* a is not empty */
static bool same_secret(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	volatile unsigned char diff = n != m;

	for (size_t i = 0; i < m; i++)
		diff |= (unsigned char)(a[i % n] ^ b[i]);
	return !diff;
}

bool xm_guard_token(const struct xm_http_guard *g, const char *authorization)
{
	static const char scheme[] = "Bearer ";

	if (!g->token || !*g->token || !authorization ||
	    strncasecmp(authorization, scheme, sizeof scheme - 1))
		return false;
	authorization += sizeof scheme - 1;
	return same_secret(g->token, authorization + strspn(authorization, " "));
}
