/* Sockets to listen on, TCP and unix. */
#include "http/listen.h"
#include "base/text.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 128

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* The port: what follows the last colon. host gets the rest, without brackets. */
static int address_cut(const char *text, char *host, size_t size, uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	struct xm_str h;
	uint64_t port;

	if (!colon || xm_parse_u64(XM_STR_OF(colon + 1), &port) < 0 || port > UINT16_MAX)
		return -EINVAL;
	h = (struct xm_str){ text, (size_t)(colon - text) };
	if (h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = (struct xm_str){ h.p + 1, h.n - 2 };
	else if (memchr(h.p, ':', h.n))
		return -EINVAL; /* an IPv6 address without brackets */
	if (h.n >= size)
		return -EINVAL;
	xm_str_copy(h, host, size);
	*ret_port = (uint16_t)port;
	return 0;
}

static int address_parse(const char *text, union address *ret, socklen_t *ret_len)
{
	char host[INET6_ADDRSTRLEN];
	uint16_t port;

	if (address_cut(text, host, sizeof host, &port) < 0)
		return -EINVAL;
	*ret = (union address){};
	if (strchr(host, ':') ? inet_pton(AF_INET6, host, &ret->in6.sin6_addr) == 1 : false) {
		ret->in6.sin6_family = AF_INET6;
		ret->in6.sin6_port = htons(port);
		*ret_len = sizeof ret->in6;
		return 0;
	}
	if (inet_pton(AF_INET, host, &ret->in.sin_addr) != 1)
		return -EINVAL;
	ret->in.sin_family = AF_INET;
	ret->in.sin_port = htons(port);
	*ret_len = sizeof ret->in;
	return 0;
}

static int socket_new(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

static int switch_on(int fd, int level, int option)
{
	return setsockopt(fd, level, option, &(int){ 1 }, sizeof(int)) < 0 ? -errno : 0;
}

/* Keep-alive probes find a stream's client that has vanished without a word. */
static int tcp_prepare(int fd, int family)
{
	int r = switch_on(fd, SOL_SOCKET, SO_REUSEADDR);

	if (r == 0)
		r = switch_on(fd, SOL_SOCKET, SO_KEEPALIVE);
	if (r == 0)
		r = switch_on(fd, IPPROTO_TCP, TCP_NODELAY);
	if (r == 0 && family == AF_INET6)
		r = switch_on(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	return r;
}

static int bind_and_listen(int fd, const union address *a, socklen_t len)
{
	if (bind(fd, &a->any, len) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

int xm_listen_tcp(const char *address, struct xm_err *err)
{
	_cleanup_close_ int fd = -1;
	union address a;
	socklen_t len;
	int r;

	if (address_parse(address, &a, &len) < 0)
		return xm_fail(err, -EINVAL,
			       "%s is not an address to listen on; write 127.0.0.1:8000 or "
			       "[::1]:8000",
			       address);
	fd = socket_new(a.any.sa_family);
	r = fd < 0 ? fd : tcp_prepare(fd, a.any.sa_family);
	if (r == 0)
		r = bind_and_listen(fd, &a, len);
	if (r == -EADDRINUSE)
		return xm_fail(err, r, "address %s is in use; another agent? use --listen",
			       address);
	if (r < 0)
		return xm_fail(err, r, "cannot listen on %s: %s", address, strerror(-r));
	return TAKE_FD(fd);
}

/* 0: nothing is there now. -EADDRINUSE: somebody answers. -EEXIST: it is not a socket. */
static int unix_clear(const union address *a)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (lstat(a->un.sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket_new(AF_UNIX);
	if (fd < 0)
		return fd;
	/* EAGAIN: its queue of connections is full */
	if (connect(fd, &a->any, sizeof a->un) == 0 || errno == EAGAIN)
		return -EADDRINUSE;
	if (errno != ECONNREFUSED)
		return -errno;
	return unlink(a->un.sun_path) < 0 ? -errno : 0;
}

/* The mode is set before the file exists, so that nobody slips in; bind() takes the umask off. */
static int unix_bind(int fd, const union address *a, mode_t mode)
{
	int r;

	if (fchmod(fd, mode) < 0)
		return -errno;
	r = bind_and_listen(fd, a, sizeof a->un);
	if (r == 0 && chmod(a->un.sun_path, mode) < 0)
		r = -errno;
	return r;
}

int xm_listen_unix(const char *path, mode_t mode, struct xm_err *err)
{
	union address a = { .un.sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;
	int r;

	if (!*path || strlen(path) >= sizeof a.un.sun_path)
		return xm_fail(err, -ENAMETOOLONG, "%s is too long for a socket's path", path);
	memcpy(a.un.sun_path, path, strlen(path));
	r = unix_clear(&a);
	if (r == -EADDRINUSE)
		return xm_fail(err, r, "%s is in use; another agent?", path);
	if (r == -EEXIST)
		return xm_fail(err, r, "%s is not a socket", path);
	if (r == 0)
		r = fd = socket_new(AF_UNIX);
	if (r >= 0)
		r = unix_bind(fd, &a, mode);
	if (r < 0)
		return xm_fail(err, r, "cannot listen on %s: %s", path, strerror(-r));
	return TAKE_FD(fd);
}

int xm_listen_address(int fd, char *buf, size_t size)
{
	union address a = {};
	socklen_t len = sizeof a;
	char host[INET6_ADDRSTRLEN];

	if (getsockname(fd, &a.any, &len) < 0)
		return -errno;
	if (a.any.sa_family == AF_UNIX)
		snprintf(buf, size, "unix:%.*s", (int)sizeof a.un.sun_path, a.un.sun_path);
	else if (a.any.sa_family == AF_INET)
		snprintf(buf, size, "%s:%u", inet_ntop(AF_INET, &a.in.sin_addr, host, sizeof host),
			 ntohs(a.in.sin_port));
	else if (a.any.sa_family == AF_INET6)
		snprintf(buf, size, "[%s]:%u",
			 inet_ntop(AF_INET6, &a.in6.sin6_addr, host, sizeof host),
			 ntohs(a.in6.sin6_port));
	else
		return -EAFNOSUPPORT;
	return 0;
}
