/* A raw HTTP client for tests: bytes out, bytes in, nothing added. Every wait ends by a deadline.
 */
#pragma once
#include "base/base.h"
#include "base/clock.h"
#include "check.h"
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <poll.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PATIENCE_MS 10000

/* What has been read from a connection */
struct answer {
	size_t len;
	bool eof; /* ended by the server, or reset */
	char data[1 << 20];
};

static inline int dial_tcp(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline int dial_unix(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline bool send_bytes(int fd, const void *data, size_t len)
{
	return send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static inline bool send_text(int fd, const char *text)
{
	return send_bytes(fd, text, strlen(text));
}

/* Wait until the server has read all that was sent; over a unix socket only */
static inline bool wait_taken(int fd)
{
	uint64_t until = xm_mono_ns() + PATIENCE_MS * XM_NS_PER_MS;
	int left = 1;

	while (ioctl(fd, SIOCOUTQ, &left) == 0 && left && xm_mono_ns() < until)
		poll(NULL, 0, 0);
	return !left;
}

/* Read once, after waiting for up to ms. False at the end or when nothing came. */
static inline bool read_some(int fd, struct answer *a, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (a->eof || poll(&p, 1, ms) <= 0)
		return false;
	n = read(fd, a->data + a->len, sizeof a->data - 1 - a->len);
	a->eof = n <= 0;
	if (n > 0)
		a->len += (size_t)n;
	a->data[a->len] = 0;
	return n > 0;
}

static inline bool read_to_end(int fd, struct answer *a)
{
	uint64_t until = xm_mono_ns() + PATIENCE_MS * XM_NS_PER_MS;

	while (!a->eof && xm_mono_ns() < until)
		read_some(fd, a, PATIENCE_MS);
	return a->eof;
}

/* Until what has been read contains this text */
static inline bool read_until(int fd, struct answer *a, const char *text)
{
	uint64_t until = xm_mono_ns() + PATIENCE_MS * XM_NS_PER_MS;

	while (!strstr(a->data, text) && !a->eof && xm_mono_ns() < until)
		read_some(fd, a, PATIENCE_MS);
	return strstr(a->data, text);
}

static inline const char *body_of(const struct answer *a)
{
	const char *end = strstr(a->data, "\r\n\r\n");

	return end ? end + 4 : NULL;
}

static inline int status_of(const struct answer *a)
{
	int status = 0;

	return sscanf(a->data, "HTTP/1.%*1[01] %d ", &status) == 1 ? status : 0;
}

/* The value of the first header of this name, in a static buffer; NULL if there is none */
static inline const char *header_of(const struct answer *a, const char *name)
{
	static char value[512];
	const char *end = body_of(a), *p = a->data;

	while (end && (p = strchr(p, '\n')) && ++p < end) {
		size_t n = strlen(name);

		if (strncasecmp(p, name, n) || p[n] != ':')
			continue;
		snprintf(value, sizeof value, "%.*s", (int)strcspn(p + n + 2, "\r\n"), p + n + 2);
		return value;
	}
	return NULL;
}

/* One whole reply with a Content-Length, and not a byte more */
static inline bool read_reply(int fd, struct answer *a)
{
	size_t want;

	*a = (struct answer){};
	if (!read_until(fd, a, "\r\n\r\n") || !header_of(a, "Content-Length"))
		return false;
	want = (size_t)(body_of(a) - a->data) + strtoul(header_of(a, "Content-Length"), NULL, 10);
	while (a->len < want && read_some(fd, a, PATIENCE_MS))
		;
	return a->len == want;
}
