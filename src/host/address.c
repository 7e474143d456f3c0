#include "host/address.h"
#include <arpa/inet.h>
#include <ifaddrs.h>

static unsigned count_bits(const void *mask, size_t n)
{
	const uint8_t *p = mask;
	unsigned bits = 0;

	for (size_t i = 0; i < n; i++)
		bits += (unsigned)__builtin_popcount(p[i]);
	return bits;
}

static const char *scope4(uint32_t ip)
{
	if (ip >> 24 == 127 || ip >> 16 == 0xa9fe || ip >> 8 == 0xe00000)
		return "link-local";
	return !ip || ip == UINT32_MAX || ip >> 28 == 0xe ? "" : "global";
}

static const char *scope6(const struct in6_addr *ip)
{
	if (IN6_IS_ADDR_LOOPBACK(ip) || IN6_IS_ADDR_LINKLOCAL(ip) || IN6_IS_ADDR_MC_LINKLOCAL(ip))
		return "link-local";
	if (IN6_IS_ADDR_MC_NODELOCAL(ip))
		return "interface-local";
	return IN6_IS_ADDR_UNSPECIFIED(ip) || IN6_IS_ADDR_MULTICAST(ip) ? "" : "global";
}

static void describe4(const struct ifaddrs *a, struct xm_address *ret)
{
	const struct sockaddr_in *ip = (const void *)a->ifa_addr;
	const struct sockaddr_in *mask = (const void *)a->ifa_netmask;

	inet_ntop(AF_INET, &ip->sin_addr, ret->text, sizeof ret->text);
	ret->bits = count_bits(&mask->sin_addr, sizeof mask->sin_addr);
	ret->scope = scope4(ntohl(ip->sin_addr.s_addr));
}

static void describe6(const struct ifaddrs *a, struct xm_address *ret)
{
	const struct sockaddr_in6 *ip = (const void *)a->ifa_addr;
	const struct sockaddr_in6 *mask = (const void *)a->ifa_netmask;

	inet_ntop(AF_INET6, &ip->sin6_addr, ret->text, sizeof ret->text);
	ret->bits = count_bits(&mask->sin6_addr, sizeof mask->sin6_addr);
	ret->scope = scope6(&ip->sin6_addr);
}

int xm_address_each(int (*fn)(const struct xm_address *a, void *arg), void *arg)
{
	struct ifaddrs *list;
	int r = 0;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (const struct ifaddrs *a = list; a && r >= 0; a = a->ifa_next) {
		struct xm_address address = { .device = a->ifa_name };

		if (!a->ifa_addr || !a->ifa_netmask)
			continue;
		if (a->ifa_addr->sa_family == AF_INET)
			describe4(a, &address);
		else if (a->ifa_addr->sa_family == AF_INET6)
			describe6(a, &address);
		else
			continue;
		r = fn(&address, arg);
	}
	freeifaddrs(list);
	return r < 0 ? r : 0;
}
