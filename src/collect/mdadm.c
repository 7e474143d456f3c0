/* Software RAID: the state of each array, its disks, and how far it is in sync. */
#include "collect/collector.h"
#include <math.h>

enum state { ACTIVE, INACTIVE, RECOVERING, RESYNC, CHECK, STATES };

struct md_row {
	char device[32];
	double state[STATES]; /* one of them 1; none while it reshapes or is broken */
	double reshaping;
	double disks_active, disks_failed, disks_spare, disks_down, disks_required;
	double blocks, blocks_synced;
};

#define STATE(i, n)                                                                                \
	{                                                                                          \
		.name = n, .help = "Indicates the state of md-device.", .type = XM_DOUBLE,         \
		.metric = "node_md_state", .labels = "state=\"" n "\"", .size = sizeof(double),    \
		.off = offsetof(struct md_row, state) + (i) * sizeof(double)                       \
	}
#define DISKS(m, n)                                                                                \
	XM_FIELD(struct md_row, m, XM_DOUBLE, "Number of active/failed/spare disks of device.",    \
		 .metric = "node_md_disks", .labels = "state=\"" n "\"")

static const struct xm_field md_cols[] = {
	XM_FIELD(struct md_row, device, XM_STR, "array", .flags = XM_KEY),
	STATE(ACTIVE, "active"),
	STATE(INACTIVE, "inactive"),
	STATE(RECOVERING, "recovering"),
	STATE(RESYNC, "resync"),
	STATE(CHECK, "check"),
	XM_FIELD(struct md_row, reshaping, XM_DOUBLE, "1 while the array changes its shape.",
		 .metric = "xmon_md_reshaping"),
	DISKS(disks_active, "active"),
	DISKS(disks_failed, "failed"),
	DISKS(disks_spare, "spare"),
	XM_FIELD(struct md_row, disks_down, XM_DOUBLE,
		 "Places of the array without a working disk.", .metric = "xmon_md_disks_down"),
	XM_FIELD(struct md_row, disks_required, XM_DOUBLE, "Total number of disks of device.",
		 .metric = "node_md_disks_required"),
	XM_FIELD(struct md_row, blocks, XM_DOUBLE, "Total number of blocks on device.",
		 .metric = "node_md_blocks"),
	XM_FIELD(struct md_row, blocks_synced, XM_DOUBLE, "Number of blocks synced on device.",
		 .metric = "node_md_blocks_synced"),
	{}
};
static const struct xm_table md_table =
	XM_TABLE(struct md_row, "mdadm", "software RAID arrays", md_cols);

struct raid_row {
	char device[32];
	double raid_disks, degraded;
};

static const struct xm_field raid_cols[] = {
	XM_FIELD(struct raid_row, device, XM_STR, "array", .flags = XM_KEY),
	XM_FIELD(struct raid_row, raid_disks, XM_DOUBLE, "Number of raid disks on device.",
		 .metric = "node_md_raid_disks"),
	XM_FIELD(struct raid_row, degraded, XM_DOUBLE, "Number of degraded disks on device.",
		 .metric = "node_md_degraded"),
	{}
};
static const struct xm_table raid_table = XM_TABLE(
	struct raid_row, "mdadm_raid", "software RAID arrays, as sysfs has them", raid_cols);

static unsigned count(struct xm_str s, const char *part)
{
	size_t n = strlen(part);
	unsigned found = 0;

	for (size_t i = 0; i + n <= s.n; i++)
		found += !memcmp(s.p + i, part, n);
	return found;
}

/* "[12/10]" with these brackets: both numbers */
static bool parse_fraction(struct xm_str word, char open, char close, uint64_t ret[2])
{
	struct xm_str first;

	if (word.n < 5 || word.p[0] != open || word.p[word.n - 1] != close)
		return false;
	word = (struct xm_str){ word.p + 1, word.n - 2 };
	return xm_str_cut(&word, '/', &first) && xm_parse_u64(first, &ret[0]) == 0 &&
	       xm_parse_u64(word, &ret[1]) == 0;
}

/* "md3 : active (auto-read-only) raid6 sda1[8] sdh1[7](F) sdg1[6](S)". Striped: of a level that
 * has no redundancy, so that every disk counts and the status line does not say how many. */
static int parse_device(struct xm_str line, struct md_row *ret, bool *ret_striped)
{
	struct xm_str rest = line, name, colon, state, level;

	if (!xm_word_next(&rest, &name) || !xm_word_next(&rest, &colon) || !xm_str_eq(colon, ":") ||
	    !xm_word_next(&rest, &state) || name.n >= sizeof ret->device)
		return -EBADMSG;
	*ret = (struct md_row){ .disks_failed = count(line, "(F)"),
				.disks_spare = count(line, "(S)") };
	xm_str_copy(name, ret->device, sizeof ret->device);
	ret->state[ACTIVE] = xm_str_eq(state, "active");
	ret->state[INACTIVE] = xm_str_eq(state, "inactive");
	do
		if (!xm_word_next(&rest, &level))
			break;
	while (*level.p == '(');
	*ret_striped = xm_str_eq(level, "raid0") || xm_str_eq(level, "linear");
	if (*ret_striped)
		ret->disks_active = ret->disks_required = count(line, "[");
	return 0;
}

/* "5853468288 blocks super 1.2 level 6, 64k chunk, algorithm 2 [8/7] [UUUU_UUU]" */
static int parse_status(struct xm_str line, bool striped, struct md_row *ret)
{
	struct xm_str word;
	uint64_t blocks, disks[2];
	bool counted = striped || ret->state[INACTIVE] == 1;

	if (!xm_word_next(&line, &word) || xm_parse_u64(word, &blocks) < 0 ||
	    !xm_word_next(&line, &word) || !xm_str_eq(word, "blocks"))
		return -EBADMSG;
	ret->blocks = ret->blocks_synced = (double)blocks;
	while (!counted && xm_word_next(&line, &word))
		if (parse_fraction(word, '[', ']', disks)) {
			ret->disks_required = (double)disks[0];
			ret->disks_active = (double)disks[1];
			counted = true;
		}
	if (xm_word_next(&line, &word) && *word.p == '[')
		ret->disks_down = count(word, "_");
	return counted ? 0 : -EBADMSG;
}

/* What goes on, by the first word of the line after its bar: -1 = nothing that is known */
static int find_activity(struct xm_str line, struct xm_str *ret_value)
{
	static const struct {
		const char *word;
		int state; /* STATES: reshape, which is none of them */
	} known[] = { { "recovery", RECOVERING },
		      { "reshape", STATES },
		      { "check", CHECK },
		      { "resync", RESYNC } };
	struct xm_str word;

	while (xm_word_next(&line, &word))
		for (unsigned i = 0; i < XM_ARRAY_LEN(known); i++) {
			size_t n = strlen(known[i].word);

			if (!xm_str_starts(word, known[i].word) || (word.n > n && word.p[n] != '='))
				continue;
			*ret_value = word.n > n + 1
					     ? (struct xm_str){ word.p + n + 1, word.n - n - 1 }
					     : line;
			return known[i].state;
		}
	return -1;
}

/* "[>....]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec", or
 * "resync=PENDING", "…=DELAYED", "…=REMOTE", when none of it is done yet */
static int parse_activity(struct xm_str line, struct md_row *ret)
{
	struct xm_str value, word;
	uint64_t blocks[2];
	int state = find_activity(line, &value);

	if (state < 0)
		return 0;
	memset(ret->state, 0, sizeof ret->state);
	if (state < STATES)
		ret->state[state] = 1;
	ret->reshaping = state == STATES;
	ret->blocks_synced = 0;
	if (xm_str_eq(value, "PENDING") || xm_str_eq(value, "DELAYED") ||
	    xm_str_eq(value, "REMOTE"))
		return 0;
	while (xm_word_next(&value, &word))
		if (parse_fraction(word, '(', ')', blocks)) {
			ret->blocks_synced = (double)blocks[0];
			return 0;
		}
	return -EBADMSG;
}

static bool is_indented(struct xm_str text)
{
	return text.n && (*text.p == ' ' || *text.p == '\t');
}

/* One array: its line, and the indented ones that follow, of which the first is the status */
static int parse_array(struct xm_str line, struct xm_str *rest, struct md_row *ret)
{
	bool striped = false, first = true;
	int r = parse_device(line, ret, &striped);

	while (is_indented(*rest) && xm_line_next(rest, &line)) {
		if (r < 0 || !xm_str_trim(line).n)
			continue;
		r = first ? parse_status(line, striped, ret) : parse_activity(line, ret);
		first = false;
	}
	return r < 0 || first ? -EBADMSG : 0;
}

struct mdadm_state {
	bool has_mdstat; /* in this turn */
};

static int parse(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	struct mdadm_state *st = c->state;
	struct xm_str line;
	int r = 0;

	st->has_mdstat = true;
	while (r >= 0 && xm_line_next(&text, &line)) {
		struct md_row row;

		if (!xm_str_trim(line).n || is_indented(line) ||
		    xm_str_starts(line, "Personalities") || xm_str_starts(line, "unused"))
			continue;
		if (parse_array(line, &text, &row) < 0)
			xm_coll_bad(c);
		else
			r = xm_out_row(out, &md_table, &row);
	}
	return r;
}

struct walk {
	struct xm_coll *c;
	struct xm_out *out;
};

/* "4", or "4 (3)" while it grows from 3. Absent is 0. */
static int read_disks(int dir, const char *array, const char *file, double *ret)
{
	char path[300], text[64];
	struct xm_str rest, word;
	uint64_t disks;
	int r;

	*ret = 0;
	snprintf(path, sizeof path, "%s/md/%s", array, file);
	r = xm_read_line(dir, path, text, sizeof text);
	if (r < 0)
		return r;
	rest = XM_STR_OF(text);
	if (!xm_word_next(&rest, &word) || xm_parse_u64(word, &disks) < 0)
		return -EBADMSG;
	*ret = (double)disks;
	return 0;
}

/* Levels without redundancy have no "degraded" */
static int emit_raid(int dir, const char *name, void *arg)
{
	struct walk *walk = arg;
	struct raid_row row = {};
	int r;

	if (strncmp(name, "md", 2) || strlen(name) >= sizeof row.device)
		return 0;
	memcpy(row.device, name, strlen(name));
	r = read_disks(dir, name, "raid_disks", &row.raid_disks);
	if (r == -ENOENT)
		return 0;
	if (r >= 0)
		r = read_disks(dir, name, "degraded", &row.degraded);
	if (r < 0 && r != -ENOENT) {
		xm_coll_bad(walk->c);
		return 0;
	}
	return xm_out_row(walk->out, &raid_table, &row);
}

static int mdadm_collect(struct xm_coll *c, struct xm_out *out)
{
	struct mdadm_state *st = c->state;
	struct walk walk = { c, out };
	int r;

	if (!st->has_mdstat)
		return -ENOENT;
	st->has_mdstat = false;
	r = xm_dir_each(c->host->fd[XM_SYS], "block", emit_raid, &walk);
	return r == -ENOENT ? 0 : r;
}

const struct xm_collector xm_collector_mdadm = {
	.name = "mdadm",
	.help = "software RAID arrays",
	.tables = (const struct xm_table *const[]){ &md_table, &raid_table, NULL },
	.sources = (const struct xm_source[]){ { XM_PROC, "mdstat", parse }, {} },
	.period_ms = 5000,
	.state_size = sizeof(struct mdadm_state),
	.collect = mdadm_collect,
};
