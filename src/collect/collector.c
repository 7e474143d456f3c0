/* The engine under every collector: keeps files open, reads them, hands the text to the parsers. */
#include "collect/collector.h"

static size_t count_sources(const struct xm_collector *desc)
{
	size_t n = 0;

	while (desc->sources && desc->sources[n].path)
		n++;
	return n;
}

int xm_coll_open(struct xm_coll *c, const struct xm_collector *desc, const struct xm_host *host,
		 const void *conf)
{
	size_t n = count_sources(desc);
	void *own_conf = calloc(1, desc->conf_size + 1);

	*c = (struct xm_coll){ .desc = desc,
			       .host = host,
			       .conf = own_conf,
			       .state = calloc(1, desc->state_size + 1),
			       .file = calloc(n + 1, sizeof *c->file),
			       .text = XM_BUF_INIT };
	if (!own_conf || !c->state || !c->file)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		c->file[i].fd = -1;
	if (desc->conf_size && conf)
		memcpy(own_conf, conf, desc->conf_size);
	if (desc->flags & XM_LIVE_ONLY && !host->live)
		return xm_fail(&c->err, -ENOENT, "%s asks the running kernel, not files",
			       desc->name);
	return desc->open ? desc->open(c) : 0;
}

static int run_source(struct xm_coll *c, size_t i, struct xm_out *out)
{
	const struct xm_source *s = &c->desc->sources[i];
	int r = xm_file_read(&c->file[i], c->host->fd[s->dir], s->path, &c->text);

	if (r < 0)
		return r == -ENOENT ? r : xm_fail(&c->err, r, "%s: %s", s->path, strerror(-r));
	r = s->parse(c, (struct xm_str){ c->text.data, c->text.len }, out);
	return r < 0 ? xm_fail(&c->err, r, "%s: %s", s->path,
			       r == -EBADMSG ? "not in the expected form" : strerror(-r))
		     : 0;
}

int xm_coll_run(struct xm_coll *c, struct xm_out *out)
{
	size_t n = count_sources(c->desc), absent = 0;
	int r, failed = 0;

	c->err.code = 0;
	for (size_t i = 0; i < n; i++) {
		r = run_source(c, i, out);
		if (r == -ENOENT)
			absent++;
		else if (r < 0 && !failed)
			failed = r;
	}
	if (c->desc->collect) {
		r = c->desc->collect(c, out);
		if (r < 0 && !failed)
			failed = r;
	} else if (n && absent == n) {
		return -ENOENT;
	}
	return failed;
}

void xm_coll_close(struct xm_coll *c)
{
	if (!c->desc)
		return;
	if (c->desc->close && c->state)
		c->desc->close(c);
	for (size_t i = 0; c->file && i < count_sources(c->desc); i++)
		xm_file_close(&c->file[i]);
	free(c->file);
	free((void *)c->conf);
	free(c->state);
	xm_buf_done(&c->text);
	*c = (struct xm_coll){};
}

const struct xm_collector *xm_collector_find(const char *name)
{
	for (const struct xm_collector *const *p = xm_collectors; *p; p++)
		if (!strcmp((*p)->name, name))
			return *p;
	return NULL;
}
