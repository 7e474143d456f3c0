#include "host/file.h"
#include <dirent.h>
#include <fcntl.h>

#define CHUNK 4096

void xm_file_close(struct xm_file *f)
{
	xm_closep(&f->fd);
	f->fd = -1;
}

/* -1 is a directory that this machine does not have: struct xm_host */
static int open_below(int dir, const char *path, int flags)
{
	int fd = dir == -1 ? -1 : openat(dir, path, flags | O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? fd : dir == -1 ? -ENOENT : -errno;
}

/* /proc gives a page or less at a time, so a short read is not the end; only 0 is */
static int read_all(int fd, struct xm_buf *text)
{
	ssize_t n;

	xm_buf_reset(text);
	do {
		if (xm_buf_reserve(text, text->cap > text->len + CHUNK ? text->cap - text->len - 1
								       : CHUNK) < 0)
			return -ENOMEM;
		n = pread(fd, text->data + text->len, text->cap - text->len - 1, (off_t)text->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text->len += (size_t)n;
		text->data[text->len] = 0;
	} while (n != 0 && text->len < XM_FILE_MAX);
	return 0;
}

int xm_file_read(struct xm_file *f, int dir, const char *path, struct xm_buf *ret_text)
{
	bool fresh = false;
	int r;

	for (;;) {
		if (f->fd < 0) {
			r = open_below(dir, path, O_NONBLOCK);
			if (r < 0)
				return r;
			f->fd = r;
			fresh = true;
		}
		r = read_all(f->fd, ret_text);
		if (r >= 0 || r == -ENOMEM)
			return r;
		xm_file_close(f);
		if (fresh)
			return r;
	}
}

int xm_read_text(int dir, const char *path, struct xm_buf *ret_text)
{
	_cleanup_close_ int fd = open_below(dir, path, O_NONBLOCK);

	return fd < 0 ? fd : read_all(fd, ret_text);
}

int xm_read_line(int dir, const char *path, char *ret_text, size_t size)
{
	_cleanup_close_ int fd = open_below(dir, path, O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, ret_text, size - 1);
	if (n < 0)
		return -errno;
	ret_text[n] = 0;
	ret_text[strcspn(ret_text, "\r\n")] = 0;
	return 0;
}

int xm_read_u64(int dir, const char *path, uint64_t *ret)
{
	char text[64];
	int r = xm_read_line(dir, path, text, sizeof text);

	return r < 0 ? r : xm_parse_u64(xm_str_trim(XM_STR_OF(text)), ret);
}

int xm_read_i64(int dir, const char *path, int64_t *ret)
{
	char text[64];
	int r = xm_read_line(dir, path, text, sizeof text);

	return r < 0 ? r : xm_parse_i64(xm_str_trim(XM_STR_OF(text)), ret);
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void free_entries(struct dirent **entries, int n)
{
	while (n > 0)
		free(entries[--n]);
	free(entries);
}

int xm_dir_each(int dir, const char *path, int (*fn)(int dir, const char *name, void *arg),
		void *arg)
{
	_cleanup_close_ int fd = open_below(dir, path, O_DIRECTORY);
	struct dirent **entries;
	int n, r = 0;

	if (fd < 0)
		return fd;
	n = scandirat(fd, ".", &entries, visible, versionsort);
	if (n < 0)
		return -errno;
	for (int i = 0; i < XM_MIN(n, XM_DIR_MAX) && r >= 0; i++)
		r = fn(fd, entries[i]->d_name, arg);
	free_entries(entries, n);
	return r < 0 ? r : 0;
}
