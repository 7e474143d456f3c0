/*
 * What a metric collector implements. Cheap, always on, no probes. A collector that reads whole
 * files declares them with a pure parser each and needs nothing else; one that walks directories
 * or asks the kernel implements collect().
 */
#pragma once
#include "base/text.h"
#include "host/file.h"
#include "host/host.h"
#include "out/out.h"

struct xm_coll;

/* A file the engine keeps open and reads at each turn */
struct xm_source {
	enum xm_dir dir;
	const char *path;
	/* Emit rows for the text. Pure: looks at the text and at c->state only. What it cannot
	 * understand costs that line: xm_coll_bad(c). Negative: the whole file is unusable.
	 * The text is NUL-terminated at text.p[text.n]. */
	int (*parse)(struct xm_coll *c, struct xm_str text, struct xm_out *out);
};

enum xm_collector_flags {
	XM_LANE = 1 << 0,      /* may block: runs in a lane of its own, with a deadline */
	XM_OFF = 1 << 1,       /* not on unless the configuration says so */
	XM_LIVE_ONLY = 1 << 2, /* asks the running kernel, not files: off on another root */
};

struct xm_collector {
	const char *name; /* configuration section: collectors.<name> */
	const char *help;
	const struct xm_field *opts;          /* NULL: only the common ones (enabled, period) */
	const struct xm_table *const *tables; /* NULL-terminated: all it may emit rows of */
	const struct xm_source *sources;      /* ended by a NULL path; NULL: none */
	unsigned period_ms;                   /* 0 = every tick */
	unsigned flags;
	size_t conf_size, state_size;

	/* Optional. -ENOENT = this machine has none: not an error, the collector stays off. After
	 * a failure the engine still calls close(). */
	int (*open)(struct xm_coll *c);
	/* Optional; called after the sources have been parsed. -ENOENT as for open(). */
	int (*collect)(struct xm_coll *c, struct xm_out *out);
	/* Optional. Undo open(), however far it got; must accept a zeroed state. */
	void (*close)(struct xm_coll *c);
};

/* One running collector. Used by one thread at a time. */
struct xm_coll {
	const struct xm_collector *desc;
	const struct xm_host *host;
	const void *conf;     /* desc->conf_size bytes, parsed and in range; constant while open */
	void *state;          /* desc->state_size bytes, zeroed before open() */
	struct xm_file *file; /* one a source */
	struct xm_buf text;   /* what a source held; collect() may use it as scratch */
	uint64_t bad;         /* lines and values not understood, since open */
	struct xm_err err;    /* why the last call failed, in words */
};

/* conf is copied */
int xm_coll_open(struct xm_coll *c, const struct xm_collector *desc, const struct xm_host *host,
		 const void *conf) XM_MUST;
/* Read, parse, emit. -ENOENT: nothing of what it reads exists here. A source that is absent or
 * broken does not keep the others from being read; the first failure is returned at the end. */
int xm_coll_run(struct xm_coll *c, struct xm_out *out) XM_MUST;
void xm_coll_close(struct xm_coll *c);

static inline void xm_coll_bad(struct xm_coll *c)
{
	c->bad++;
}

extern const struct xm_collector *const xm_collectors[]; /* NULL-terminated, made by the build */
const struct xm_collector *xm_collector_find(const char *name);
