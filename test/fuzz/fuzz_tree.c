/*
 * Fuzzing collectors on whole machines: the input chooses a fixture tree, a collector (or all of
 * them), and what happens to which of the files that it reads: cut, changed, gone, of another
 * kind. Turns before, meanwhile and after; what is exposed must be right in form.
 */
#include "base/log.h"
#include "collect/collector.h"
#include "expo_check.h"
#include "tree_copy.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COLLECTORS_MAX 128
#define VALUES_MAX     20000

static const char *const fixtures[] = { "db7", "k310", "k618", "odd" };

/* The collector at the end of the list, which there is not, stands for all of them */
static struct machine {
	struct tree_copy tree;
	struct {
		unsigned *entry, n; /* of the tree, that it reads */
	} reads[COLLECTORS_MAX + 1];
} machines[XM_ARRAY_LEN(fixtures)];
static unsigned n_collectors;
static char base[96];

static struct running {
	struct xm_coll coll;
	bool open;
} running[COLLECTORS_MAX];
static struct xm_series series;

/* The defaults; or everything on that is off */
static void make_conf(const struct machine *m, const struct xm_collector *desc, bool all,
		      void *conf)
{
	char textfiles[256];
	struct xm_err err = {};

	xm_fields_default(desc->opts, conf);
	for (const struct xm_field *f = desc->opts; all && f && f->type; f++)
		if (f->type == XM_BOOL)
			ALWAYS(xm_field_parse(f, conf, "true", &err) == 0);
	if (strcmp(desc->name, "textfile") != 0)
		return;
	snprintf(textfiles, sizeof textfiles, "%s/textfile", m->tree.root);
	ALWAYS(xm_field_parse(xm_field_find(desc->opts, "directory", 0), conf, textfiles, &err) ==
	       0);
}

static void open_one(const struct machine *m, unsigned i, bool all_options)
{
	const struct xm_collector *desc = xm_collectors[i];
	void *conf = calloc(1, desc->conf_size + 1);

	ALWAYS(conf);
	ALWAYS(xm_series_source(&series, desc->name) == (int)i);
	make_conf(m, desc, all_options, conf);
	running[i].open = xm_coll_open(&running[i].coll, desc, &m->tree.host, conf) >= 0;
	if (!running[i].open)
		xm_coll_close(&running[i].coll);
	free(conf);
}

static void open_all(const struct machine *m, unsigned chosen, bool all_options)
{
	ALWAYS(xm_series_open(&series, VALUES_MAX) == 0);
	for (unsigned i = 0; i < n_collectors; i++) {
		running[i].open = false;
		if (chosen == i || chosen == n_collectors)
			open_one(m, i, all_options);
		else
			ALWAYS(xm_series_source(&series, xm_collectors[i]->name) == (int)i);
	}
}

static void take_turn(void)
{
	struct xm_out out = xm_series_out(&series);
	bool foreign = false;

	for (unsigned i = 0; i < n_collectors; i++) {
		int r;

		if (!running[i].open)
			continue;
		foreign |= !strcmp(xm_collectors[i]->name, "textfile");
		xm_series_begin(&series, i);
		r = xm_coll_run(&running[i].coll, &out);
		xm_series_end(&series);
		ALWAYS(r <= 0 && r > -4096 && r != -EBADF && r != -EFAULT);
	}
	expo_check_series(&series, !foreign);
}

static void close_all(void)
{
	for (unsigned i = 0; i < n_collectors; i++)
		if (running[i].open)
			xm_coll_close(&running[i].coll);
	xm_series_close(&series);
}

/* Which entries does it read? Those whose time of access has moved. */
static void learn_reads(struct machine *m, unsigned collector)
{
	m->reads[collector].entry = calloc(m->tree.n, sizeof *m->reads[collector].entry);
	ALWAYS(m->reads[collector].entry);
	tree_untouch(&m->tree);
	open_all(m, collector, true);
	take_turn();
	close_all();
	for (unsigned i = 0; i < m->tree.n; i++)
		if (tree_touched(&m->tree, i))
			m->reads[collector].entry[m->reads[collector].n++] = i;
}

static void remove_base(void)
{
	tree_remove(base);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *dir = getenv("TMPDIR");
	char from[128], to[128];

	(void)argc;
	(void)argv;
	xm_log_set_level(XM_LOG_ERROR);
	snprintf(base, sizeof base, "%s/xmon-fuzz-tree-%d", dir ? dir : "/tmp", (int)getpid());
	tree_need(mkdir(base, 0700) == 0, base);
	atexit(remove_base);
	while (xm_collectors[n_collectors])
		ALWAYS(++n_collectors < COLLECTORS_MAX);
	for (size_t i = 0; i < XM_ARRAY_LEN(fixtures); i++) {
		snprintf(from, sizeof from, "test/fixture/%s", fixtures[i]);
		snprintf(to, sizeof to, "%s/%s", base, fixtures[i]);
		tree_copy_open(&machines[i].tree, from, to);
		for (unsigned c = 0; c <= n_collectors; c++)
			learn_reads(&machines[i], c);
	}
	return 0;
}

struct input {
	const uint8_t *p;
	size_t n;
};

static uint8_t take_byte(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->p++;
}

static struct input take_piece(struct input *in)
{
	size_t n = take_byte(in);
	struct input piece;

	n = XM_MIN(n, in->n);
	piece = (struct input){ in->p, n };
	in->p += n;
	in->n -= n;
	return piece;
}

/* Put `with` in place of the bytes from `at` to `end`, unless the text got too long already */
static void replace(struct xm_buf *text, size_t at, size_t end, const void *with, size_t n)
{
	_cleanup_buf_ struct xm_buf tail = XM_BUF_INIT;

	if (text->len > 2 * TREE_FILE_MAX)
		return;
	xm_buf_add(&tail, text->data + end, text->len - end);
	text->len = at;
	xm_buf_add(text, with, n);
	xm_buf_add(text, tail.data, tail.len);
	ALWAYS(!text->failed && !tail.failed);
}

static void make_crlf(struct xm_buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] == '\n') {
			replace(text, i, i, "\r", 1);
			i++;
		}
}

/* Another number in place of the one at `at` or after it */
static void change_number(struct xm_buf *text, size_t at, uint8_t choice)
{
	static const char *const odd[] = { "18446744073709551615",
					   "18446744073709551616",
					   "-1",
					   "4294967296",
					   "0",
					   "",
					   "0x7f",
					   "1e309",
					   "NaN",
					   "+7",
					   "9223372036854775808",
					   "1.5",
					   "00000000000000000000000000000000000000000000000001" };
	const char *with = odd[choice % XM_ARRAY_LEN(odd)];
	size_t end;

	while (at < text->len && !isdigit((unsigned char)text->data[at]))
		at++;
	end = at;
	while (end < text->len && isdigit((unsigned char)text->data[end]))
		end++;
	replace(text, at, end, with, strlen(with));
}

static size_t line_start(const struct xm_buf *text, size_t at)
{
	while (at && text->data[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(const struct xm_buf *text, size_t at)
{
	while (at < text->len && text->data[at] != '\n')
		at++;
	return at + (at < text->len);
}

/* What can happen to a file's text */
static void change_text(struct xm_buf *text, struct input *in, uint8_t kind)
{
	size_t at = text->len * take_byte(in) / 255, start = line_start(text, at),
	       end = line_end(text, at);
	_cleanup_buf_ struct xm_buf line = XM_BUF_INIT;
	struct input piece;

	switch (kind % 7) {
	case 0: replace(text, at, text->len, "", 0); break;
	case 1: make_crlf(text); break;
	case 2: change_number(text, at, take_byte(in)); break;
	case 3: replace(text, start, end, "", 0); break;
	case 4:
		xm_buf_add(&line, text->data + start, end - start);
		replace(text, start, start, line.data, line.len);
		break;
	case 5:
		piece = take_piece(in);
		replace(text, at, at, piece.p, piece.n);
		break;
	default:
		piece = take_piece(in);
		replace(text, at, XM_MIN(at + piece.n, text->len), piece.p, piece.n);
		break;
	}
}

/* What can happen to an entry as a whole. False: nothing of that kind. */
static bool change_kind(const char *path, struct input *in, uint8_t kind)
{
	static const char *const targets[] = { "gone", ".", "..", "/nowhere/else", "" };
	const char *target = targets[take_byte(in) % XM_ARRAY_LEN(targets)];
	const char *own = strrchr(path, '/') + 1;

	switch (kind) {
	case 0: return true; /* it is not there any more */
	case 1: tree_need(mkdir(path, 0755) == 0, path); return true;
	case 2: tree_need(symlink(*target ? target : own, path) == 0, path); return true;
	default: return false;
	}
}

static void change_entry(struct machine *m, unsigned collector, struct input *in)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
	unsigned n = m->reads[collector].n, entry = take_byte(in);
	uint8_t kind = take_byte(in);
	char path[512];

	if (n > 256)
		entry |= (unsigned)take_byte(in) << 8;
	if (!n)
		return;
	entry = m->reads[collector].entry[entry % n];
	if (!tree_take(&m->tree, entry))
		return;
	tree_path(&m->tree, entry, path);
	if (change_kind(path, in, kind % 10))
		return;
	tree_read_taken(&m->tree, &text);
	do
		change_text(&text, in, kind);
	while ((kind = take_byte(in)) & 0x80); /* several things to one file */
	tree_put(&m->tree, entry, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct machine *m = &machines[take_byte(&in) % XM_ARRAY_LEN(machines)];
	unsigned collector = take_byte(&in) % (n_collectors + 1);
	uint8_t flags = take_byte(&in);

	open_all(m, collector, flags & 1);
	if (flags & 2)
		take_turn();
	while (in.n)
		change_entry(m, collector, &in);
	take_turn();
	if (flags & 4) {
		tree_restore(&m->tree);
		take_turn();
	}
	close_all();
	tree_restore(&m->tree);
	return 0;
}
