/*
 * Fuzzing the parsers of all collectors that read whole files: the first byte chooses one of them,
 * the second where the rest is cut in two. Three turns, of the one part, the other, and the first
 * again, so that what went comes back. What is then exposed must be right in form.
 *
 * With XMON_FUZZ_SEEDS=DIR in the environment, the fixtures' files are put there as inputs.
 */
#include "collect/collector.h"
#include "expo_check.h"
#include <fcntl.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PARSERS_MAX 256
#define VALUES_MAX  20000
#define SEED_MAX    4000 /* bytes: longer inputs only take longer */

static struct parser {
	const struct xm_collector *desc;
	const struct xm_source *source;
	void *conf; /* the defaults */
} parsers[PARSERS_MAX];
static unsigned n_parsers;

static void list_parsers(void)
{
	for (const struct xm_collector *const *p = xm_collectors; *p; p++) {
		void *conf = (*p)->sources ? calloc(1, (*p)->conf_size + 1) : NULL;

		if (!conf)
			continue;
		xm_fields_default((*p)->opts, conf);
		for (const struct xm_source *s = (*p)->sources; s && s->path; s++) {
			ALWAYS(n_parsers < PARSERS_MAX);
			parsers[n_parsers++] = (struct parser){ *p, s, conf };
		}
	}
}

static void write_seed(const char *dir, const char *tree, unsigned parser)
{
	static const char *const below[XM_DIRS] = { "proc", "sys", "rootfs", "udev" };
	const struct parser *p = &parsers[parser];
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
	char path[512];
	uint8_t head[2] = { (uint8_t)parser, 128 };
	_cleanup_close_ int fd = -1;

	snprintf(path, sizeof path, "test/fixture/%s/%s/%s", tree, below[p->source->dir],
		 p->source->path);
	if (xm_read_text(AT_FDCWD, path, &text) < 0)
		return;
	snprintf(path, sizeof path, "%s/%s-%s-%u", dir, p->desc->name, tree, parser);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ALWAYS(fd >= 0);
	ALWAYS(write(fd, head, sizeof head) == sizeof head);
	ALWAYS(write(fd, text.data, XM_MIN(text.len, SEED_MAX)) >= 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const trees[] = { "db7", "k310", "k618", "odd" };
	const char *dir = getenv("XMON_FUZZ_SEEDS");

	(void)argc;
	(void)argv;
	list_parsers();
	for (unsigned i = 0; dir && i < n_parsers; i++)
		for (size_t t = 0; t < XM_ARRAY_LEN(trees); t++)
			write_seed(dir, trees[t], i);
	return 0;
}

/* One turn over a copy of the text that ends where its memory ends */
static void take_turn(struct xm_coll *c, const struct parser *p, struct xm_series *series,
		      const uint8_t *data, size_t size)
{
	struct xm_out out = xm_series_out(series);
	char *text = malloc(size + 1);
	int r;

	ALWAYS(text);
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	c->err.code = 0;
	xm_series_begin(series, 0);
	r = p->source->parse(c, (struct xm_str){ text, size }, &out);
	ALWAYS(r <= 0 && r > -4096 && r != -EBADF);
	if (c->desc->collect) {
		r = c->desc->collect(c, &out);
		ALWAYS(r <= 0 && r > -4096 && r != -EBADF);
	}
	xm_series_end(series);
	free(text);
	expo_check_series(series, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct xm_host nowhere = { .fd = { -1, -1, -1, -1 } };
	const struct parser *p;
	struct xm_series series;
	struct xm_coll c;
	size_t cut;

	if (size < 2)
		return -1;
	p = &parsers[data[0] % n_parsers];
	cut = (size - 2) * data[1] / 255;
	data += 2;
	size -= 2;
	ALWAYS(xm_series_open(&series, VALUES_MAX) == 0);
	ALWAYS(xm_series_source(&series, p->desc->name) == 0);
	ALWAYS(xm_coll_open(&c, p->desc, &nowhere, p->conf) == 0);
	take_turn(&c, p, &series, data, cut);
	take_turn(&c, p, &series, data + cut, size - cut);
	take_turn(&c, p, &series, data, cut);
	xm_coll_close(&c);
	xm_series_close(&series);
	return 0;
}
