/*
 * The set of series against a naive model of it: thousands of passes of several sources, whose rows
 * come, go, change places, come twice and clash; after each the two expositions are the same.
 */
#include "exposition.h"
#include <math.h>

#define PASSES  4000
#define SOURCES 3
#define TABLES  3
#define KEYS    24
#define ROWS    (SOURCES * TABLES * KEYS)

struct row {
	uint32_t key;
	double x, y;
};

/* two and three know the same metric, so their rows of one key clash */
static const struct xm_field one_cols[] = {
	XM_FIELD(struct row, key, XM_U32, "key", .flags = XM_KEY),
	XM_FIELD(struct row, x, XM_DOUBLE, "", .metric = "one_x"),
	XM_FIELD(struct row, y, XM_DOUBLE, "", .metric = "one_y"),
	{}
};
static const struct xm_field two_cols[] = {
	XM_FIELD(struct row, key, XM_U32, "key", .flags = XM_KEY),
	XM_FIELD(struct row, x, XM_DOUBLE, "", .metric = "shared"),
	XM_FIELD(struct row, y, XM_DOUBLE, "", .metric = "two_y"),
	{}
};
static const struct xm_field three_cols[] = {
	XM_FIELD(struct row, key, XM_U32, "key", .flags = XM_KEY),
	XM_FIELD(struct row, x, XM_DOUBLE, "", .metric = "shared"),
	{}
};
static const struct xm_table table[TABLES] = {
	XM_TABLE(struct row, "one", "", one_cols),
	XM_TABLE(struct row, "two", "", two_cols),
	XM_TABLE(struct row, "three", "", three_cols),
};
static const unsigned columns[TABLES] = { 2, 2, 1 };
static const char *const family[TABLES][2] = { { "one_x", "one_y" },
					       { "shared", "two_y" },
					       { "shared", NULL } };

/* The model: who has which row and which name, and since when a row is missing */
struct model_row {
	bool there;
	unsigned source, missed;
	struct row row; /* NaN: no value */
	bool hidden_x;  /* the other table's row has the name */
};

struct model {
	struct model_row row[TABLES][KEYS];
	struct {
		unsigned table, key;
	} order[SOURCES][TABLES * KEYS];
	unsigned n_order[SOURCES];
};

static uint64_t random_state = 88172645463325252ULL;

static unsigned pick(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % n;
}

static struct model_row *rival(struct model *m, unsigned t, unsigned key)
{
	return t == 0 ? NULL : &m->row[3 - t][key];
}

static void model_forget(struct model *m, unsigned t, unsigned key)
{
	struct model_row *r = &m->row[t][key], *other = rival(m, t, key);

	if (other && !r->hidden_x)
		other->hidden_x = false;
	*r = (struct model_row){};
}

/* A row of a running pass. True if it counts, false for one that is someone else's or came twice */
static bool model_row(struct model *m, unsigned source, unsigned t, const struct row *row,
		      bool seen[TABLES][KEYS])
{
	struct model_row *r = &m->row[t][row->key], *other = rival(m, t, row->key);

	if (seen[t][row->key] || (r->there && r->source != source))
		return false;
	if (!r->there)
		r->hidden_x = other && other->there;
	r->there = true;
	r->source = source;
	r->missed = 0;
	r->row = *row;
	seen[t][row->key] = true;
	return true;
}

/* Seen rows in the order they came; behind them those that did not come, until they are forgotten
 */
static void model_end(struct model *m, unsigned source, bool seen[TABLES][KEYS],
		      const unsigned (*came)[2], unsigned n_came)
{
	unsigned n = n_came, old[TABLES * KEYS][2], n_old = m->n_order[source];

	for (unsigned i = 0; i < n_old; i++) {
		old[i][0] = m->order[source][i].table;
		old[i][1] = m->order[source][i].key;
	}
	for (unsigned i = 0; i < n_came; i++) {
		m->order[source][i].table = came[i][0];
		m->order[source][i].key = came[i][1];
	}
	for (unsigned i = 0; i < n_old; i++) {
		struct model_row *r = &m->row[old[i][0]][old[i][1]];

		if (seen[old[i][0]][old[i][1]])
			continue;
		r->row.x = r->row.y = (double)NAN;
		if (++r->missed > XM_SERIES_KEEP) {
			model_forget(m, old[i][0], old[i][1]);
			continue;
		}
		m->order[source][n].table = old[i][0];
		m->order[source][n++].key = old[i][1];
	}
	m->n_order[source] = n;
}

static void model_drop(struct model *m, unsigned source)
{
	for (unsigned i = 0; i < m->n_order[source]; i++)
		model_forget(m, m->order[source][i].table, m->order[source][i].key);
	m->n_order[source] = 0;
}

static void model_expose_family(const struct model *m, const char *name, struct xm_buf *out)
{
	bool named = false;

	for (unsigned s = 0; s < SOURCES; s++)
		for (unsigned i = 0; i < m->n_order[s]; i++) {
			unsigned t = m->order[s][i].table;
			const struct model_row *r = &m->row[t][m->order[s][i].key];

			for (unsigned c = 0; c < columns[t]; c++) {
				double v = c ? r->row.y : r->row.x;

				if (strcmp(family[t][c], name) || isnan(v) || (!c && r->hidden_x))
					continue;
				if (!named)
					xm_buf_addf(out, "# TYPE %s gauge\n", name);
				named = true;
				xm_buf_addf(out, "%s{key=\"%u\"} %g\n", name, r->row.key, v);
			}
		}
}

static char *model_expose(const struct model *m)
{
	struct xm_buf out = XM_BUF_INIT;

	model_expose_family(m, "one_x", &out);
	model_expose_family(m, "one_y", &out);
	model_expose_family(m, "shared", &out);
	model_expose_family(m, "two_y", &out);
	return out.cap ? out.data : strdup("");
}

/* What a source emits changes a little from pass to pass, and sometimes a lot */
struct script {
	struct {
		unsigned table, key;
		unsigned away_until; /* pass */
	} item[TABLES * KEYS];
	unsigned n;
};

static void script_change(struct script *s, unsigned pass)
{
	unsigned what = pick(10);

	if (what < 2 && s->n < XM_ARRAY_LEN(s->item)) {
		s->item[s->n].table = pick(TABLES);
		s->item[s->n].key = pick(KEYS);
		s->item[s->n++].away_until = 0;
	} else if (what == 2 && s->n) {
		s->n--;
		s->item[pick(s->n + 1)] = s->item[s->n];
	} else if (what < 6 && s->n) {
		s->item[pick(s->n)].away_until = pass + pick(300);
	} else if (what == 6 && s->n > 1) {
		XM_SWAP(s->item[0], s->item[pick(s->n)]);
	} else if (what == 7 && !pick(20)) {
		s->n = 0;
	}
}

struct run {
	struct xm_series s;
	struct model m;
	struct script script[SOURCES];
};

static void run_pass(struct run *run, unsigned source, unsigned pass)
{
	struct script *script = &run->script[source];
	bool seen[TABLES][KEYS] = {};
	unsigned came[TABLES * KEYS][2], n_came = 0;

	xm_series_begin(&run->s, source);
	for (unsigned i = 0; i < script->n; i++) {
		unsigned t = script->item[i].table;
		struct row row = { .key = script->item[i].key,
				   .x = pass,
				   .y = pick(4) ? (double)pick(100) : (double)NAN };

		if (script->item[i].away_until > pass)
			continue;
		CHECK_EQ_INT(xm_series_row(&run->s, &table[t], &row), 0);
		if (model_row(&run->m, source, t, &row, seen)) {
			came[n_came][0] = t;
			came[n_came++][1] = row.key;
		}
	}
	xm_series_end(&run->s);
	model_end(&run->m, source, seen, came, n_came);
}

static void drop(struct run *run, unsigned source)
{
	xm_series_drop(&run->s, source);
	model_drop(&run->m, source);
}

static bool compare(struct run *run, unsigned pass)
{
	_cleanup_free_ char *got = expose(&run->s, XM_EXPO_TEXT, NULL),
			    *want = model_expose(&run->m);

	if (CHECK_STR(got, want))
		return true;
	fprintf(stderr, "after pass %u\n", pass);
	return false;
}

static void test_against_model(void)
{
	static struct run run;
	char name[] = "s0";
	uint64_t forgotten = 0;

	REQUIRE(xm_series_open(&run.s, 10000) == 0);
	for (unsigned i = 0; i < SOURCES; i++, name[1]++)
		CHECK_EQ_INT(xm_series_source(&run.s, name), i);
	for (unsigned pass = 1; pass <= PASSES; pass++) {
		unsigned source = pick(SOURCES);
		uint32_t before = run.s.n_series;

		script_change(&run.script[source], pass);
		run_pass(&run, source, pass);
		if (!pick(300))
			drop(&run, pick(SOURCES));
		forgotten += run.s.n_series < before;
		if (!compare(&run, pass))
			break;
	}
	CHECK(run.s.duplicates > 1000); /* the test went where it was meant to go */
	CHECK(forgotten > 50);
	CHECK(run.s.n_values <= 2 * ROWS);
	xm_series_close(&run.s);
}

int main(void)
{
	RUN(test_against_model);
	return check_summary();
}
