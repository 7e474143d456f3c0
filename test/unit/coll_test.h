/*
 * For tests of collectors: a machine made of given texts below a temporary directory (proc, sys,
 * root, udev), a collector opened on it, and what it emits as text.
 *
 *	struct tree t;
 *	struct coll_run run;
 *
 *	tree_open(&t);
 *	tree_put(&t, "proc/loadavg", "0.20 0.18 0.12 1/80 11206\n");
 *	coll_open(&run, &t, &xm_collector_loadavg, NULL);
 *	CHECK_STR(coll_text(&run, &xm_sink_json), "{\"table\":…}\n");
 *	coll_close(&run);
 *	tree_close(&t);
 */
#pragma once
#include "check.h"
#include "collect/collector.h"
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

struct tree {
	char path[64];
	struct xm_host host;
};

/* A test cannot go on without its files */
static inline void tree_need(bool ok, const char *path)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	abort();
}

static inline void tree_mkdirs(struct tree *t, const char *path)
{
	char full[512];

	snprintf(full, sizeof full, "%s/%s", t->path, path);
	for (char *p = full + strlen(t->path) + 1; (p = strchr(p, '/')); p++) {
		*p = 0;
		tree_need(mkdir(full, 0755) == 0 || errno == EEXIST, full);
		*p = '/';
	}
}

/* Write a file, with the directories above it; a path that ends in '/' is a directory */
static inline void tree_put_bytes(struct tree *t, const char *path, const void *bytes, size_t n)
{
	char full[512];
	int fd;

	tree_mkdirs(t, path);
	snprintf(full, sizeof full, "%s/%s", t->path, path);
	if (full[strlen(full) - 1] == '/')
		return;
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	tree_need(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && close(fd) == 0, full);
}

static inline void tree_put(struct tree *t, const char *path, const char *text)
{
	tree_put_bytes(t, path, text, strlen(text));
}

static inline void tree_link(struct tree *t, const char *path, const char *target)
{
	char full[512];

	tree_mkdirs(t, path);
	snprintf(full, sizeof full, "%s/%s", t->path, path);
	unlink(full);
	tree_need(symlink(target, full) == 0, full);
}

static inline int tree_remove_entry(const char *path, const struct stat *st, int type,
				    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Remove a file or a whole directory */
static inline void tree_remove(struct tree *t, const char *path)
{
	char full[512];

	snprintf(full, sizeof full, "%s/%s", t->path, path);
	nftw(full, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* An empty machine */
static inline void tree_open(struct tree *t)
{
	char dir[XM_DIRS][96];
	static const char *const name[XM_DIRS] = { "proc", "sys", "root", "udev" };
	struct xm_host_paths paths;
	struct xm_err err = {};

	snprintf(t->path, sizeof t->path, "/tmp/xmon-test-XXXXXX");
	tree_need(mkdtemp(t->path), t->path);
	for (int d = 0; d < XM_DIRS; d++) {
		snprintf(dir[d], sizeof dir[d], "%s/%s", t->path, name[d]);
		tree_need(mkdir(dir[d], 0755) == 0, dir[d]);
		paths.dir[d] = dir[d];
	}
	tree_need(xm_host_open(&t->host, &paths, &err) == 0, err.msg);
}

static inline void tree_close(struct tree *t)
{
	xm_host_close(&t->host);
	tree_remove(t, "");
}

struct coll_run {
	struct xm_coll coll;
	struct xm_out out;
	int opened, ran; /* what open and the last run returned */
};

/* conf NULL: the defaults */
static inline void coll_open_on(struct coll_run *run, const struct xm_host *host,
				const struct xm_collector *desc, const void *conf)
{
	void *defaults = calloc(1, desc->conf_size + 1);

	*run = (struct coll_run){};
	xm_fields_default(desc->opts, defaults);
	run->opened = xm_coll_open(&run->coll, desc, host, conf ? conf : defaults);
	free(defaults);
}

static inline void coll_open(struct coll_run *run, struct tree *t, const struct xm_collector *desc,
			     const void *conf)
{
	coll_open_on(run, &t->host, desc, conf);
}

/* One turn. The text is valid until the next turn. */
static inline const char *coll_text(struct coll_run *run, const struct xm_sink *sink)
{
	if (run->out.sink)
		xm_out_close(&run->out);
	tree_need(xm_out_open(&run->out, sink) == 0, "out");
	run->ran = xm_coll_run(&run->coll, &run->out);
	tree_need(xm_out_end(&run->out) == 0, "out");
	return run->out.buf.data;
}

static inline void coll_close(struct coll_run *run)
{
	if (run->out.sink)
		xm_out_close(&run->out);
	xm_coll_close(&run->coll);
}

/* Open, one turn, close; for collectors without options. The caller frees the text. */
static inline char *coll_once(struct tree *t, const struct xm_collector *desc,
			      const struct xm_sink *sink)
{
	struct coll_run run;
	char *text;

	coll_open(&run, t, desc, NULL);
	text = strdup(coll_text(&run, sink));
	coll_close(&run);
	return text;
}
