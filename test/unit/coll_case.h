/*
 * One collector on one machine made of texts, gone at the end of the block:
 *
 *	COLL_CASE(t, loadavg);
 *	tree_put(&t.tree, "proc/loadavg", "0.20 0.18 0.12 1/80 11206\n");
 *	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
 *	CHECK_STR(t.text, "{\"table\":\"loadavg\",...}\n");
 */
#pragma once
#include "coll_test.h"

struct coll_case {
	struct tree tree;
	const struct xm_host *host;
	const struct xm_collector *desc;
	void *conf; /* desc->opts, at their defaults */
	struct coll_run run;
	bool opened;
	const char *text; /* what the last turn put out */
};

#define COLL_CASE(t, name)                                                                         \
	extern const struct xm_collector xm_collector_##name;                                      \
	_cleanup_(coll_case_end) struct coll_case t;                                               \
	coll_case_begin(&t, &xm_collector_##name)

static inline void coll_case_begin(struct coll_case *t, const struct xm_collector *desc)
{
	*t = (struct coll_case){ .desc = desc, .conf = calloc(1, desc->conf_size + 1), .text = "" };
	tree_open(&t->tree);
	t->host = &t->tree.host;
	xm_fields_default(desc->opts, t->conf);
}

/* Close the collector; the next turn opens it anew */
static inline void coll_case_close(struct coll_case *t)
{
	if (t->opened)
		coll_close(&t->run);
	t->opened = false;
	t->text = "";
}

static inline void coll_case_end(struct coll_case *t)
{
	coll_case_close(t);
	if (t->host != &t->tree.host)
		xm_host_close((struct xm_host *)t->host);
	tree_close(&t->tree);
	free(t->conf);
}

/* Run on the machine we are on, before the first turn */
static inline void coll_case_live(struct coll_case *t)
{
	static struct xm_host live;
	struct xm_err err = {};

	tree_need(xm_host_open(&live, NULL, &err) == 0, err.msg);
	t->host = &live;
}

/* Set an option by the name a user would type, before the first turn */
static inline void coll_case_set(struct coll_case *t, const char *name, const char *value)
{
	const struct xm_field *f = xm_field_find(t->desc->opts, name, 0);
	struct xm_err err = {};

	errno = EINVAL;
	tree_need(f && xm_field_parse(f, t->conf, value, &err) == 0, name);
}

/* One turn; opens the collector if it is not open. Returns what open or the turn returned. */
static inline int coll_case_run(struct coll_case *t, const struct xm_sink *sink)
{
	if (!t->opened)
		coll_open_on(&t->run, t->host, t->desc, t->conf);
	t->opened = true;
	if (t->run.opened < 0)
		return t->run.opened;
	t->text = coll_text(&t->run, sink);
	return t->run.ran;
}

/* On the machine the test runs on: it works, or there is none of it; and nothing is odd */
#define LIVE(name)                                                                                 \
	do {                                                                                       \
		int r;                                                                             \
		COLL_CASE(t, name);                                                                \
                                                                                                   \
		coll_case_live(&t);                                                                \
		r = coll_case_run(&t, &xm_sink_prometheus);                                        \
		CHECK(r == 0 || r == -ENOENT || r == -EOPNOTSUPP);                                 \
		CHECK_EQ_INT(t.text[0] != 0, r == 0);                                              \
		CHECK_EQ_INT(t.run.coll.bad, 0);                                                   \
	} while (0)
