#include "collect/cpu_info.h"
#include "host/cpu_set.h"

/* Turns between two looks at /proc/cpuinfo, which may wake every CPU to ask for its frequency */
#define TURNS 60

#define KEY(m, h) XM_FIELD(struct xm_cpuinfo, m, XM_STR, h, .flags = XM_KEY)

static const struct xm_field info_cols[] = { KEY(cachesize, "cache"),
					     KEY(core, "core"),
					     KEY(cpu, "CPU"),
					     KEY(family, "family"),
					     KEY(microcode, "microcode"),
					     KEY(model, "model"),
					     KEY(model_name, "model for people"),
					     KEY(package, "package"),
					     KEY(stepping, "stepping"),
					     KEY(vendor, "vendor"),
					     XM_FIELD_INFO("info", "node_cpu_info",
							   "CPU information from /proc/cpuinfo."),
					     {} };
const struct xm_table xm_cpu_info_table =
	XM_TABLE(struct xm_cpuinfo, "cpu_info", "kind of CPUs", info_cols);

static const struct xm_field frequency_cols[] = {
	KEY(core, "core"),
	KEY(cpu, "CPU"),
	KEY(package, "package"),
	XM_FIELD(struct xm_cpuinfo, frequency_hertz, XM_DOUBLE,
		 "CPU frequency in hertz from /proc/cpuinfo.",
		 .metric = "node_cpu_frequency_hertz"),
	{}
};
const struct xm_table xm_cpu_frequency_table =
	XM_TABLE(struct xm_cpuinfo, "cpu_frequency", "clock frequencies", frequency_cols);

static const struct xm_field flag_cols[] = {
	XM_FIELD(struct xm_cpu_word, word, XM_STR, "feature", .label = "flag", .flags = XM_KEY),
	XM_FIELD_INFO("info", "node_cpu_flag_info",
		      "The `flags` field of CPU information from /proc/cpuinfo taken from the "
		      "first core."),
	{}
};
const struct xm_table xm_cpu_flag_table =
	XM_TABLE(struct xm_cpu_word, "cpu_flag", "features of the CPUs", flag_cols);

static const struct xm_field bug_cols[] = {
	XM_FIELD(struct xm_cpu_word, word, XM_STR, "bug", .label = "bug", .flags = XM_KEY),
	XM_FIELD_INFO("info", "node_cpu_bug_info",
		      "The `bugs` field of CPU information from /proc/cpuinfo taken from the "
		      "first core."),
	{}
};
const struct xm_table xm_cpu_bug_table =
	XM_TABLE(struct xm_cpu_word, "cpu_bug", "bugs of the CPUs", bug_cols);

int xm_cpu_infos_open(struct xm_cpu_infos *s, const struct xm_cpu_info_conf *conf,
		      struct xm_err *err)
{
	int r = xm_filter_open(&s->flags.filter, "cpu.info.flags", conf->flags_include, "", err);

	if (r >= 0)
		r = xm_filter_open(&s->bugs.filter, "cpu.info.bugs", conf->bugs_include, "", err);
	s->on = conf->on || s->flags.filter.includes || s->bugs.filter.includes;
	return r;
}

void xm_cpu_infos_close(struct xm_cpu_infos *s)
{
	xm_filter_close(&s->flags.filter);
	xm_filter_close(&s->bugs.filter);
	free(s->cpu);
	s->cpu = NULL;
}

static void keep_words(struct xm_cpu_words *words, struct xm_str text, struct xm_coll *c)
{
	struct xm_cpu_word word;
	struct xm_str next;

	words->n = 0;
	while (words->filter.includes && xm_word_next(&text, &next)) {
		if (next.n >= sizeof word.word || words->n == XM_CPU_WORDS_MAX) {
			xm_coll_bad(c);
			continue;
		}
		xm_str_copy(next, word.word, sizeof word.word);
		if (xm_filter_shows(&words->filter, word.word))
			words->word[words->n++] = word;
	}
}

static int keep_cpu(struct xm_cpu_infos *s, const struct xm_cpuinfo *info)
{
	unsigned cap = s->cap ? s->cap * 2 : 16;
	struct xm_cpuinfo *cpu;

	if (s->n == s->cap) {
		cpu = reallocarray(s->cpu, cap, sizeof *cpu);
		if (!cpu)
			return -ENOMEM;
		s->cpu = cpu;
		s->cap = cap;
	}
	s->cpu[s->n++] = *info;
	return 0;
}

static int read_infos(struct xm_cpu_infos *s, struct xm_coll *c)
{
	int r = xm_read_text(c->host->fd[XM_PROC], "cpuinfo", &c->text);
	struct xm_str rest = { c->text.data, c->text.len };
	struct xm_cpuinfo info;

	s->n = s->flags.n = s->bugs.n = 0;
	if (r < 0)
		return r == -ENOMEM ? r : 0; /* no such file: the times matter more */
	while (r >= 0 && s->n < XM_CPUS_MAX && xm_cpuinfo_next(&rest, &info)) {
		if (!s->n) {
			keep_words(&s->flags, info.flags, c);
			keep_words(&s->bugs, info.bugs, c);
		}
		info.flags = info.bugs = (struct xm_str){};
		r = keep_cpu(s, &info);
	}
	return r;
}

static int emit_words(const struct xm_cpu_words *words, const struct xm_table *t,
		      struct xm_out *out)
{
	int r = 0;

	for (unsigned i = 0; i < words->n && r >= 0; i++)
		r = xm_out_row(out, t, &words->word[i]);
	return r;
}

int xm_cpu_infos_emit(struct xm_cpu_infos *s, struct xm_coll *c, struct xm_out *out)
{
	int r = s->on && s->turn++ % TURNS == 0 ? read_infos(s, c) : 0;

	for (unsigned i = 0; i < s->n && r >= 0; i++)
		r = xm_out_row(out, &xm_cpu_info_table, &s->cpu[i]);
	for (unsigned i = 0; i < s->n && r >= 0; i++)
		r = xm_out_row(out, &xm_cpu_frequency_table, &s->cpu[i]);
	if (r >= 0)
		r = emit_words(&s->flags, &xm_cpu_flag_table, out);
	return r < 0 ? r : emit_words(&s->bugs, &xm_cpu_bug_table, out);
}
