#include "host/resolve.h"
#include <fcntl.h>
#include <sys/stat.h>

#define LINKS_MAX 16

/* Take the last component off */
static void go_up(char *path)
{
	char *slash = strrchr(path, '/');

	*(slash ? slash : path) = 0;
}

static int append(char *path, const char *name, size_t n)
{
	size_t len = strlen(path);

	if (len + 1 + n >= XM_RESOLVE_MAX)
		return -ENAMETOOLONG;
	if (len)
		path[len++] = '/';
	memcpy(path + len, name, n);
	path[len + n] = 0;
	return 0;
}

/* Put a link's target in front of what is still to be walked */
static int follow(int dir, const char *link, char *rest)
{
	char target[XM_RESOLVE_MAX];
	ssize_t n = readlinkat(dir, link, target, sizeof target);
	size_t more = strlen(rest);

	if (n < 0)
		return -errno;
	if (n && target[0] == '/')
		return -EXDEV;
	if ((size_t)n + 1 + more >= XM_RESOLVE_MAX)
		return -ENAMETOOLONG;
	memmove(rest + n + 1, rest, more + 1);
	memcpy(rest, target, (size_t)n);
	rest[n] = '/';
	return 0;
}

/* Walk one name further; a link is replaced by what it says */
static int step(int dir, char *path, const char *name, size_t n, char *rest, unsigned *links)
{
	struct stat st;
	int r = append(path, name, n);

	if (r < 0)
		return r;
	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISLNK(st.st_mode))
		return 0;
	if (++*links > LINKS_MAX)
		return -ELOOP;
	r = follow(dir, path, rest);
	go_up(path);
	return r;
}

int xm_resolve(int dir, const char *path, char ret_path[XM_RESOLVE_MAX])
{
	char rest[XM_RESOLVE_MAX], name[XM_RESOLVE_MAX];
	unsigned links = 0;
	int r = 0;

	ret_path[0] = 0;
	if (strlen(path) >= sizeof rest)
		return -ENAMETOOLONG;
	memcpy(rest, path, strlen(path) + 1);
	while (r >= 0 && rest[0]) {
		size_t n = strcspn(rest, "/"), skip = n + (rest[n] == '/');

		memcpy(name, rest, n);
		memmove(rest, rest + skip, strlen(rest + skip) + 1);
		if (n == 2 && !memcmp(name, "..", 2))
			go_up(ret_path);
		else if (n && !(n == 1 && name[0] == '.'))
			r = step(dir, ret_path, name, n, rest, &links);
	}
	return r;
}
