#include "agent/token.h"
#include "host/file.h"
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#define TOKEN_MIN 16 /* of one that somebody else made */

static int make_token(char ret[XM_TOKEN_SIZE])
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char random[XM_TOKEN_SIZE - 1];

	if (getrandom(random, sizeof random, 0) != sizeof random)
		return -EIO;
	for (size_t i = 0; i < sizeof random; i++)
		ret[i] = digit[random[i] % 64];
	ret[XM_TOKEN_SIZE - 1] = 0;
	return 0;
}

/* mkdir -p; the last one is private */
static int make_dirs(const char *path)
{
	char part[256];

	if (!*path)
		return -ENOENT;
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		xm_str_copy((struct xm_str){ path, (size_t)(slash - path) }, part, sizeof part);
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int save_token(int dir, const char *token)
{
	_cleanup_close_ int fd =
		openat(dir, "token", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t len = strlen(token);

	if (fd < 0)
		return -errno;
	if (write(fd, token, len) == (ssize_t)len && write(fd, "\n", 1) == 1)
		return 0;
	(void)unlinkat(dir, "token", 0); /* half of one would be refused at the next start */
	return -EIO;
}

static bool private_file(int dir)
{
	struct stat st;

	return !fstatat(dir, "token", &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode) &&
	       !(st.st_mode & 077);
}

static int check_token(const char *data_dir, int dir, const char *token, struct xm_err *err)
{
	if (!private_file(dir))
		return xm_fail(err, -EPERM, "%s/token can be read by others: chmod 600 it",
			       data_dir);
	if (strlen(token) < TOKEN_MIN)
		return xm_fail(err, -EINVAL, "%s/token holds no token: remove it", data_dir);
	if (strlen(token) >= XM_TOKEN_SIZE)
		return xm_fail(err, -EINVAL, "%s/token is longer than %d characters", data_dir,
			       XM_TOKEN_SIZE - 1);
	return 0;
}

int xm_token_get(const char *data_dir, char ret[XM_TOKEN_SIZE], struct xm_err *err)
{
	char text[XM_TOKEN_SIZE + 1];
	_cleanup_close_ int dir = -1;
	int r = make_dirs(data_dir);

	dir = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && xm_read_line(dir, "token", text, sizeof text) >= 0) {
		r = check_token(data_dir, dir, text, err);
		memcpy(ret, text, XM_TOKEN_SIZE);
		return r;
	}
	if (dir < 0 && r >= 0)
		r = -errno;
	if (make_token(ret) < 0)
		return xm_fail(err, -EIO, "no random numbers for a token");
	if (dir >= 0)
		r = save_token(dir, ret);
	if (r < 0) {
		(void)xm_fail(err, r, "data-dir %s: %s; the token is good until the agent ends",
			      data_dir, strerror(-r));
		return 1;
	}
	return 0;
}
