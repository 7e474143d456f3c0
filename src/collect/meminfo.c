/* Memory as the kernel accounts for it; a new kernel's new key appears by itself. */
#include "collect/collector.h"

struct meminfo_row {
	char key[64];
	double value;
};

static const struct xm_field cols[] = {
	XM_FIELD(struct meminfo_row, key, XM_STR, "what is counted", .flags = XM_KEY | XM_NAME),
	XM_FIELD(struct meminfo_row, value, XM_DOUBLE, "Memory information field {key}.",
		 .metric = "node_memory_{key}"),
	{}
};
static const struct xm_table table = XM_TABLE(struct meminfo_row, "meminfo", "memory in use", cols);

/* "Active(anon)" → "Active_anon" */
static void copy_key(struct xm_str key, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < key.n && n + 1 < size; i++)
		if (key.p[i] != ')')
			buf[n++] = key.p[i] == '(' ? '_' : key.p[i];
	buf[n] = 0;
}

/* "MemTotal:       24606808 kB" or "HugePages_Total:       0" */
static int parse_line(struct xm_str line, struct meminfo_row *ret)
{
	struct xm_str key, word;
	uint64_t value;

	if (!xm_str_cut(&line, ':', &key) || !key.n || !xm_word_next(&line, &word) ||
	    xm_parse_u64(word, &value) < 0)
		return -EBADMSG;
	copy_key(key, ret->key, sizeof ret->key - strlen("_bytes"));
	ret->value = (double)value;
	if (!xm_word_next(&line, &word))
		return 0;
	if (!xm_str_eq(word, "kB"))
		return -EBADMSG;
	ret->value *= 1024;
	memcpy(ret->key + strlen(ret->key), "_bytes", sizeof "_bytes");
	return 0;
}

static int parse(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct xm_str line;
	int r = 0;

	while (r >= 0 && xm_line_next(&text, &line)) {
		struct meminfo_row row;

		if (parse_line(line, &row) < 0)
			xm_coll_bad(c);
		else
			r = xm_out_row(out, &table, &row);
	}
	return r;
}

const struct xm_collector xm_collector_meminfo = {
	.name = "meminfo",
	.help = "memory as the kernel accounts for it",
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.sources = (const struct xm_source[]){ { XM_PROC, "meminfo", parse }, {} },
};
