/* The token: made once, kept private, refused when it is not. */
#include "agent/token.h"
#include "check.h"
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

struct place {
	char dir[64], data[96], token[128];
};

static void open_place(struct place *p)
{
	snprintf(p->dir, sizeof p->dir, "/tmp/xmon-token-XXXXXX");
	if (!mkdtemp(p->dir))
		abort();
	snprintf(p->data, sizeof p->data, "%s/a/b", p->dir);
	snprintf(p->token, sizeof p->token, "%s/token", p->data);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void close_place(struct place *p)
{
	nftw(p->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

#define PLACE(p)                                                                                   \
	_cleanup_(close_place) struct place p;                                                     \
	open_place(&p)

static int get(const struct place *p, char ret[XM_TOKEN_SIZE], struct xm_err *err)
{
	*err = (struct xm_err){};
	memset(ret, 'x', XM_TOKEN_SIZE);
	return xm_token_get(p->data, ret, err);
}

static bool put(const struct place *p, const char *text, mode_t mode)
{
	_cleanup_close_ int fd = open(p->token, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	return fd >= 0 && fchmod(fd, mode) == 0 &&
	       write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? 0 : st.st_mode & 07777;
}

static bool looks_random(const char *token)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned different = 0;
	bool seen[256] = {};

	for (const char *p = token; *p; p++) {
		different += !seen[(unsigned char)*p];
		seen[(unsigned char)*p] = true;
	}
	return strspn(token, digits) == XM_TOKEN_SIZE - 1 && !token[XM_TOKEN_SIZE - 1] &&
	       different > 12;
}

static void test_made_once(void)
{
	char first[XM_TOKEN_SIZE], second[XM_TOKEN_SIZE];
	struct xm_err err;
	PLACE(p);

	umask(0);
	CHECK_EQ_INT(get(&p, first, &err), 0);
	CHECK(looks_random(first));
	CHECK_EQ_INT(mode_of(p.token), 0600);
	CHECK_EQ_INT(mode_of(p.data), 0700);
	CHECK_EQ_INT(get(&p, second, &err), 0);
	CHECK_STR(second, first);
	umask(022);
}

static void test_every_one_is_another(void)
{
	char first[XM_TOKEN_SIZE], second[XM_TOKEN_SIZE];
	struct xm_err err;
	PLACE(p);

	CHECK_EQ_INT(get(&p, first, &err), 0);
	unlink(p.token);
	CHECK_EQ_INT(get(&p, second, &err), 0);
	CHECK(strcmp(first, second) != 0);
}

static void test_own_token(void)
{
	char token[XM_TOKEN_SIZE];
	struct xm_err err;
	PLACE(p);

	CHECK_EQ_INT(get(&p, token, &err), 0);
	CHECK(put(&p, "sixteen-or-more!\n", 0600));
	CHECK_EQ_INT(get(&p, token, &err), 0);
	CHECK_STR(token, "sixteen-or-more!");
	CHECK(put(&p, "0123456789012345678901234567890123456789012", 0400)); /* 43, no newline */
	CHECK_EQ_INT(get(&p, token, &err), 0);
	CHECK_STR(token, "0123456789012345678901234567890123456789012");
}

static void test_refused(void)
{
	char token[XM_TOKEN_SIZE];
	struct xm_err err;
	PLACE(p);

	CHECK_EQ_INT(get(&p, token, &err), 0);
	CHECK(put(&p, "sixteen-or-more!\n", 0640));
	CHECK_EQ_INT(get(&p, token, &err), -EPERM);
	CHECK_CONTAINS(err.msg, "can be read by others: chmod 600");
	CHECK(put(&p, "sixteen-or-more!\n", 0604));
	CHECK_EQ_INT(get(&p, token, &err), -EPERM);
	CHECK(put(&p, "short\n", 0600));
	CHECK_EQ_INT(get(&p, token, &err), -EINVAL);
	CHECK_CONTAINS(err.msg, "holds no token");
	CHECK(put(&p, "", 0600));
	CHECK_EQ_INT(get(&p, token, &err), -EINVAL);
	/* one that would be cut is refused, not half of it taken */
	CHECK(put(&p, "01234567890123456789012345678901234567890123\n", 0600));
	CHECK_EQ_INT(get(&p, token, &err), -EINVAL);
	CHECK_CONTAINS(err.msg, "longer than");
}

/* A link is not followed: neither to read another's file nor to write one */
static void test_symlink(void)
{
	char token[XM_TOKEN_SIZE], other[160];
	struct xm_err err;
	PLACE(p);

	CHECK_EQ_INT(get(&p, token, &err), 0);
	snprintf(other, sizeof other, "%s/other", p.data);
	CHECK(rename(p.token, other) == 0 && symlink(other, p.token) == 0);
	CHECK_EQ_INT(get(&p, token, &err), -EPERM);
	CHECK(unlink(other) == 0); /* now it dangles */
	CHECK_EQ_INT(get(&p, token, &err), 1);
	CHECK(access(other, F_OK) < 0);
}

/* Where nothing can be written there is a token all the same, and a sentence */
static void test_nowhere_to_write(void)
{
	char token[XM_TOKEN_SIZE];
	struct xm_err err = {};
	PLACE(p);

	CHECK_EQ_INT(xm_token_get("/dev/null/xmon", token, &err), 1);
	CHECK(looks_random(token));
	CHECK_CONTAINS(err.msg,
		       "data-dir /dev/null/xmon: Not a directory; the token is good until");
	err = (struct xm_err){};
	CHECK_EQ_INT(xm_token_get("", token, &err), 1);
	CHECK(looks_random(token));
}

int main(void)
{
	RUN(test_made_once);
	RUN(test_every_one_is_another);
	RUN(test_own_token);
	RUN(test_refused);
	RUN(test_symlink);
	RUN(test_nowhere_to_write);
	return check_summary();
}
