/* Metrics that other programs leave in files: *.prom in some directories. One bad file costs
 * itself. */
#include "base/clock.h"
#include "base/log.h"
#include "collect/collector.h"
#include "out/expo_merge.h"
#include <fcntl.h>
#include <glob.h>
#include <math.h>
#include <sys/stat.h>

#define FILES_MAX 256                 /* in all directories; more are left out and counted */
#define YOUNG_NS  (2 * XM_NS_PER_SEC) /* a file may change again and still have the same mtime */

struct textfile_conf {
	char directory[512];
	uint32_t max_samples;
};

static const struct xm_field opts[] = {
	XM_FIELD(struct textfile_conf, directory, XM_STR,
		 "directories of *.prom files, separated by commas; may be glob patterns"),
	XM_FIELD(struct textfile_conf, max_samples, XM_U32,
		 "how many samples all files may have together", .def = "10000", .min = 1,
		 .max = 1000000),
	{}
};

struct file_row {
	const char *file;
	double mtime_seconds, samples, broken;
	const char *error;
};

static const struct xm_field file_cols[] = {
	XM_FIELD(struct file_row, file, XM_TEXT, "path", .flags = XM_KEY),
	XM_FIELD(struct file_row, mtime_seconds, XM_DOUBLE,
		 "Unixtime mtime of textfiles successfully read.",
		 .metric = "node_textfile_mtime_seconds"),
	XM_FIELD(struct file_row, samples, XM_DOUBLE, "Samples read from the file.",
		 .metric = "xmon_textfile_samples"),
	XM_FIELD(struct file_row, broken, XM_DOUBLE, "1 if the file could not be used.",
		 .metric = "xmon_textfile_broken"),
	XM_FIELD(struct file_row, error, XM_TEXT, "why it could not be used"),
	{}
};
static const struct xm_table file_table =
	XM_TABLE(struct file_row, "textfile", "files with metrics of other programs", file_cols);

struct error_row {
	double scrape_error;
};

static const struct xm_field error_cols[] = {
	XM_FIELD(struct error_row, scrape_error, XM_DOUBLE,
		 "1 if there was an error opening or reading a file, 0 otherwise",
		 .metric = "node_textfile_scrape_error"),
	{}
};
static const struct xm_table error_table =
	XM_TABLE(struct error_row, "textfile_state", "could all files be read", error_cols);

/* Tells whether a file is still the one that was read; all zero: read it again in any case */
struct stamp {
	uint64_t dev, ino, size, mtime_ns;
};

/* A file, or a directory that cannot be read */
struct prom_file {
	char *path;
	struct stamp stamp;
	double mtime_seconds;
	char error[200]; /* "": none */
	char excess[64]; /* why its samples are left out although it is right; "": they are not */
	struct xm_expo_doc doc;
	uint32_t *help; /* a family's, in state.helps; XM_EXPO_LEFT_OUT: it contradicts an earlier
			   file */
};

struct textfile_state {
	struct prom_file *file[FILES_MAX]; /* in the order they were met */
	uint32_t n, at;                    /* at: how many were met in this turn */
	bool changed;                      /* the families must be compared again */
	bool conflict;
	struct xm_buf helps, text;
};

static void file_free(struct prom_file *f)
{
	xm_expo_doc_done(&f->doc);
	free(f->help);
	free(f->path);
	free(f);
}

static struct prom_file *file_new(const char *path)
{
	struct prom_file *f = calloc(1, sizeof *f);

	if (!f)
		return NULL;
	f->doc = XM_EXPO_DOC_INIT;
	f->path = strdup(path);
	if (f->path)
		return f;
	free(f);
	return NULL;
}

static void move_file(struct textfile_state *st, uint32_t from, uint32_t to)
{
	struct prom_file *f = st->file[from];

	memmove(st->file + to + 1, st->file + to, (from - to) * sizeof *st->file);
	st->file[to] = f;
}

/* The next file of this turn: the one that was met at this place the last time, or from further
 * back, or a new one. -ENFILE: one too many. */
static int meet_file(struct xm_coll *c, const char *path, struct prom_file **ret)
{
	struct textfile_state *st = c->state;
	uint32_t i = st->at;

	while (i < st->n && strcmp(st->file[i]->path, path))
		i++;
	if (i == FILES_MAX) {
		xm_coll_bad(c);
		return -ENFILE;
	}
	if (i == st->n) {
		st->file[i] = file_new(path);
		if (!st->file[i])
			return -ENOMEM;
		st->n++;
		st->changed = true;
	}
	if (i != st->at) {
		move_file(st, i, st->at);
		st->changed = true;
	}
	*ret = st->file[st->at++];
	return 0;
}

static void forget_unmet(struct textfile_state *st)
{
	while (st->n > st->at) {
		file_free(st->file[--st->n]);
		st->changed = true;
	}
}

/* Note what is wrong with a file, and say so once */
static void set_error(struct prom_file *f, const char *error)
{
	if (*error && strcmp(f->error, error))
		xm_warning("textfile: %s: %s", f->path, error);
	snprintf(f->error, sizeof f->error, "%s", error);
}

static struct stamp make_stamp(const struct stat *s)
{
	return (struct stamp){ .dev = s->st_dev,
			       .ino = s->st_ino,
			       .size = (uint64_t)s->st_size,
			       .mtime_ns = (uint64_t)s->st_mtim.tv_sec * XM_NS_PER_SEC +
					   (uint64_t)s->st_mtim.tv_nsec };
}

static int read_file(struct textfile_state *st, struct prom_file *f, struct xm_file *file,
		     uint32_t max, struct xm_err *err)
{
	struct stat s;
	int r;

	if (fstat(file->fd, &s) < 0)
		return -errno;
	f->stamp = make_stamp(&s);
	f->mtime_seconds = (double)s.st_mtim.tv_sec;
	if (!S_ISREG(s.st_mode))
		return xm_fail(err, -EINVAL, "not a regular file");
	if (s.st_size >= XM_FILE_MAX)
		return xm_fail(err, -EFBIG, "larger than %u MiB", XM_FILE_MAX >> 20);
	r = xm_file_read(file, AT_FDCWD, f->path, &st->text);
	if (r >= 0)
		r = xm_expo_parse(&f->doc, (struct xm_str){ st->text.data, st->text.len }, max,
				  err);
	if (r >= 0 && f->doc.has_timestamps)
		r = xm_fail(err, -EBADMSG, "it has timestamps, which are not supported");
	return r;
}

/* Read the file if it is not the one that was read */
static void visit_file(struct xm_coll *c, struct prom_file *f)
{
	const struct textfile_conf *conf = c->conf;
	struct textfile_state *st = c->state;
	struct xm_file file = { -1 };
	struct xm_err err = {};
	struct stat s;
	struct stamp now = {};
	int r = 0;

	if (stat(f->path, &s) == 0)
		now = make_stamp(&s);
	if (now.ino && !memcmp(&now, &f->stamp, sizeof now))
		return;
	st->changed = true;
	f->stamp = (struct stamp){};
	file.fd = open(f->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	r = file.fd < 0 ? -errno : read_file(st, f, &file, conf->max_samples, &err);
	xm_file_close(&file);
	if (r < 0)
		f->doc.n_points = f->doc.n_families = 0;
	if (xm_wall_ns() - f->stamp.mtime_ns < YOUNG_NS)
		f->stamp = (struct stamp){};
	set_error(f, r < 0 ? xm_err_text(&err, r) : "");
}

struct walk {
	struct xm_coll *c;
	const char *dir;
};

static int visit_entry(int dir, const char *name, void *arg)
{
	struct walk *walk = arg;
	struct prom_file *f;
	char path[1024];
	size_t n = strlen(name);
	int r;

	(void)dir;
	if (n < 5 || strcmp(name + n - 5, ".prom"))
		return 0;
	n = strlen(walk->dir);
	while (n > 1 && walk->dir[n - 1] == '/')
		n--;
	if (snprintf(path, sizeof path, "%.*s/%s", (int)n, walk->dir, name) >= (int)sizeof path) {
		xm_coll_bad(walk->c);
		return 0;
	}
	r = meet_file(walk->c, path, &f);
	if (r >= 0)
		visit_file(walk->c, f);
	return r == -ENFILE ? 0 : r;
}

static int visit_directory(struct xm_coll *c, const char *dir)
{
	struct walk walk = { c, dir };
	struct prom_file *f;
	int r = xm_dir_each(AT_FDCWD, dir, visit_entry, &walk), r2;

	if (r >= 0 || r == -ENOMEM)
		return r;
	r2 = meet_file(c, dir, &f);
	if (r2 >= 0)
		set_error(f, strerror(-r));
	return r2 == -ENFILE ? 0 : r2;
}

/* A pattern that matches nothing stands for itself: a directory that is not there */
static int visit_pattern(struct xm_coll *c, struct xm_str pattern)
{
	char text[512];
	glob_t found = {};
	int r;

	xm_str_copy(pattern, text, sizeof text);
	if (!*text)
		return 0;
	if (!strpbrk(text, "*?["))
		return visit_directory(c, text);
	if (glob(text, GLOB_NOCHECK, NULL, &found) != 0)
		return -ENOMEM;
	r = 0;
	for (size_t i = 0; i < found.gl_pathc && r >= 0; i++)
		r = visit_directory(c, found.gl_pathv[i]);
	globfree(&found);
	return r;
}

static int visit_all(struct xm_coll *c)
{
	const struct textfile_conf *conf = c->conf;
	struct textfile_state *st = c->state;
	struct xm_str rest = XM_STR_OF(conf->directory), pattern;
	int r = 0;

	st->at = 0;
	while (r >= 0 && xm_str_cut(&rest, ',', &pattern))
		r = visit_pattern(c, xm_str_trim(pattern));
	if (r >= 0)
		r = visit_pattern(c, xm_str_trim(rest));
	forget_unmet(st);
	return r;
}

/* Is the file's content shown at all? */
static bool is_shown(const struct prom_file *f)
{
	return !*f->error && !*f->excess;
}

/* Leave out the files that come after max samples */
static void cap_samples(struct textfile_state *st, uint32_t max)
{
	uint32_t total = 0;

	for (uint32_t k = 0; k < st->n; k++) {
		struct prom_file *f = st->file[k];

		*f->excess = 0;
		if (f->doc.n_points > max - total)
			snprintf(f->excess, sizeof f->excess,
				 "more than %u samples with the files before it", max);
		else
			total += f->doc.n_points;
	}
}

/* The same metric may come in several files: the first says what it is */
static int compare_families(struct textfile_state *st, uint32_t max)
{
	struct xm_expo_origin origin[FILES_MAX];
	uint32_t n = 0;
	int r;

	cap_samples(st, max);
	for (uint32_t k = 0; k < st->n; k++) {
		struct prom_file *f = st->file[k];
		uint32_t *help = reallocarray(f->help, f->doc.n_families + 1, sizeof *help);

		if (!help)
			return -ENOMEM;
		f->help = help;
		if (is_shown(f))
			origin[n++] = (struct xm_expo_origin){ f->path, &f->doc, help };
	}
	r = xm_expo_merge(origin, n, &st->helps);
	if (r > 0 && !st->conflict)
		xm_warning("textfile: %d metrics have another TYPE or HELP in an earlier file", r);
	st->conflict = r > 0;
	return r;
}

static int emit_samples(const struct textfile_state *st, const struct prom_file *f,
			struct xm_out *out)
{
	int r = 0;

	for (uint32_t i = 0; i < f->doc.n_points && r >= 0; i++) {
		uint32_t help = f->help[f->doc.point[i].family];
		struct xm_sample sample = xm_expo_doc_sample(&f->doc, i);

		if (help == XM_EXPO_LEFT_OUT)
			continue;
		sample.help = st->helps.data + help;
		r = xm_out_sample(out, &sample);
	}
	return r;
}

static int emit_file(const struct prom_file *f, struct xm_out *out)
{
	bool good = is_shown(f);

	return xm_out_row(
		out, &file_table,
		&(struct file_row){ .file = f->path,
				    .mtime_seconds = good ? f->mtime_seconds : (double)NAN,
				    .samples = good ? f->doc.n_points : (double)NAN,
				    .broken = !good,
				    .error = *f->error ? f->error : f->excess });
}

static int emit(const struct textfile_state *st, struct xm_out *out)
{
	bool error = st->conflict;
	int r = 0;

	for (uint32_t k = 0; k < st->n && r >= 0; k++) {
		error |= !is_shown(st->file[k]);
		r = emit_file(st->file[k], out);
	}
	if (r >= 0)
		r = xm_out_row(out, &error_table, &(struct error_row){ error });
	for (uint32_t k = 0; k < st->n && r >= 0; k++)
		if (is_shown(st->file[k]))
			r = emit_samples(st, st->file[k], out);
	return r;
}

static int textfile_open(struct xm_coll *c)
{
	struct textfile_state *st = c->state;

	st->helps = st->text = XM_BUF_INIT;
	return 0;
}

static int textfile_collect(struct xm_coll *c, struct xm_out *out)
{
	const struct textfile_conf *conf = c->conf;
	struct textfile_state *st = c->state;
	int r = visit_all(c);

	if (r >= 0 && st->changed)
		r = compare_families(st, conf->max_samples);
	if (r < 0)
		return r;
	st->changed = false;
	return emit(st, out);
}

static void textfile_close(struct xm_coll *c)
{
	struct textfile_state *st = c->state;

	while (st->n)
		file_free(st->file[--st->n]);
	if (st->text.data) {
		xm_buf_done(&st->text);
		xm_buf_done(&st->helps);
	}
}

const struct xm_collector xm_collector_textfile = {
	.name = "textfile",
	.help = "metrics that other programs leave in *.prom files",
	.opts = opts,
	.tables = (const struct xm_table *const[]){ &file_table, &error_table, NULL },
	.period_ms = 5000,
	.flags = XM_LANE,
	.conf_size = sizeof(struct textfile_conf),
	.state_size = sizeof(struct textfile_state),
	.open = textfile_open,
	.collect = textfile_collect,
	.close = textfile_close,
};
