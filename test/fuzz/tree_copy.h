/*
 * For fuzz targets: a copy of a fixture tree in memory, a list of what is in it, and changes to it
 * that can be undone.
 */
#pragma once
#include "base/buf.h"
#include "host/host.h"
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#define TREE_ENTRIES_MAX 2048
#define TREE_CHANGES_MAX 8
#define TREE_FILE_MAX    (64U << 10) /* bytes of a file that is changed; the rest is lost */

struct tree_copy {
	char root[128];
	char *entry[TREE_ENTRIES_MAX]; /* below root, sorted */
	unsigned n;
	struct xm_host host;
	unsigned changed[TREE_CHANGES_MAX]; /* entries; the originals stand at root/saved/<i> */
	unsigned n_changed;
};

static inline void tree_need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1); /* the surroundings, not xmon */
}

static inline void tree_path(const struct tree_copy *t, unsigned entry, char ret[512])
{
	snprintf(ret, 512, "%s/%s", t->root, t->entry[entry]);
}

static inline void tree_saved(const struct tree_copy *t, unsigned change, char ret[512])
{
	snprintf(ret, 512, "%s/saved/%u", t->root, change);
}

static struct tree_copy *tree_listed; /* nftw() has no argument for its callback */

static int tree_list_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	struct tree_copy *t = tree_listed;

	(void)st;
	(void)type;
	if (at->level < 2) /* root/proc, root/sys, … stay */
		return 0;
	tree_need(t->n < TREE_ENTRIES_MAX, "too large a tree");
	t->entry[t->n] = strdup(path + strlen(t->root) + 1);
	tree_need(t->entry[t->n++] != NULL, "strdup");
	return 0;
}

static inline int tree_by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline int tree_remove_entry(const char *path, const struct stat *st, int type,
				    struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void tree_remove(const char *path)
{
	nftw(path, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Copy the fixture `from` to `root` and open it as a machine */
static inline void tree_copy_open(struct tree_copy *t, const char *from, const char *root)
{
	static const char *const names[XM_DIRS] = { "proc", "sys", "rootfs", "udev" };
	struct xm_host_paths paths;
	struct xm_err err = {};
	char dir[XM_DIRS][160], command[512];

	snprintf(t->root, sizeof t->root, "%s", root);
	snprintf(command, sizeof command, "cp -a '%s' '%s'", from, root);
	tree_need(system(command) == 0, command);
	tree_listed = t;
	tree_need(nftw(root, tree_list_entry, 16, FTW_PHYS) == 0, root);
	qsort(t->entry, t->n, sizeof *t->entry, tree_by_name);
	for (int d = 0; d < XM_DIRS; d++) {
		snprintf(dir[d], sizeof dir[d], "%s/%s", root, names[d]);
		paths.dir[d] = dir[d];
	}
	tree_need(xm_host_open(&t->host, &paths, &err) == 0, err.msg);
	snprintf(command, sizeof command, "%s/saved", root);
	tree_need(mkdir(command, 0700) == 0, command);
}

/* Forget when the entries were last read */
static inline void tree_untouch(const struct tree_copy *t)
{
	static const struct timespec never[2] = { {}, { .tv_nsec = UTIME_OMIT } };
	char path[512];

	for (unsigned i = 0; i < t->n; i++) {
		tree_path(t, i, path);
		tree_need(utimensat(AT_FDCWD, path, never, AT_SYMLINK_NOFOLLOW) == 0, path);
	}
}

static inline bool tree_touched(const struct tree_copy *t, unsigned entry)
{
	char path[512];
	struct stat st;

	tree_path(t, entry, path);
	return lstat(path, &st) == 0 && st.st_atim.tv_sec > 0;
}

/* Move the entry away, so that something else can be put in its place. False if it is not there
 * (a directory above it was taken), or has been moved. */
static inline bool tree_take(struct tree_copy *t, unsigned entry)
{
	char path[512], saved[512];

	if (t->n_changed == TREE_CHANGES_MAX)
		return false;
	tree_path(t, entry, path);
	tree_saved(t, t->n_changed, saved);
	for (unsigned i = 0; i < t->n_changed; i++)
		if (t->changed[i] == entry)
			return false;
	if (rename(path, saved) < 0)
		return false;
	t->changed[t->n_changed++] = entry;
	return true;
}

/* What the entry taken last held; nothing if it was no file */
static inline void tree_read_taken(const struct tree_copy *t, struct xm_buf *ret)
{
	char saved[512];
	_cleanup_close_ int fd = -1;
	ssize_t n;

	tree_saved(t, t->n_changed - 1, saved);
	fd = open(saved, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	xm_buf_reset(ret);
	tree_need(xm_buf_reserve(ret, TREE_FILE_MAX) == 0, "memory");
	n = fd < 0 ? -1 : read(fd, ret->data, TREE_FILE_MAX);
	ret->len = n > 0 ? (size_t)n : 0;
	ret->data[ret->len] = 0;
}

/* A file in place of the entry */
static inline void tree_put(const struct tree_copy *t, unsigned entry, const struct xm_buf *text)
{
	char path[512];
	_cleanup_close_ int fd = -1;

	tree_path(t, entry, path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	tree_need(fd >= 0 && write(fd, text->data, text->len) == (ssize_t)text->len, path);
}

/* Undo all changes, the last one first */
static inline void tree_restore(struct tree_copy *t)
{
	char path[512], saved[512];

	while (t->n_changed) {
		t->n_changed--;
		tree_path(t, t->changed[t->n_changed], path);
		tree_saved(t, t->n_changed, saved);
		if (remove(path) < 0 && errno != ENOENT)
			tree_remove(path);
		tree_need(rename(saved, path) == 0, path);
	}
}
