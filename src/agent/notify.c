#include "agent/notify.h"
#include "base/text.h"
#include <sys/socket.h>
#include <sys/un.h>

void xm_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;
	size_t n = path ? strlen(path) : 0;

	if (!n || n >= sizeof addr.sun_path || (*path != '/' && *path != '@'))
		return;
	memcpy(addr.sun_path, path, n);
	if (*path == '@')
		addr.sun_path[0] = 0; /* abstract: no file, and no NUL at the end either */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)sendto(
			fd, state, strlen(state), MSG_NOSIGNAL, (void *)&addr,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (*path == '/')));
}

uint64_t xm_notify_watchdog_ns(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t us, whose;

	if (!usec || xm_parse_u64(XM_STR_OF(usec), &us) < 0)
		return 0;
	if (pid && (xm_parse_u64(XM_STR_OF(pid), &whose) < 0 || whose != (uint64_t)getpid()))
		return 0;
	return us * 1000 / 2;
}
