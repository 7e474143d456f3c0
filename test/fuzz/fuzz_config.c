/* The YAML loader over a tree with a field of every type: it never fails without a sentence, and
 * what it accepts is printed as a file that loads to the same bytes. */
#include "field/config.h"

static const char *const words[] = { "one", "two-three", NULL };

struct section {
	bool flag;
	uint32_t count, pid, word;
	uint64_t big, wait_ns, size_bytes;
	int64_t delta;
	double ratio, age_seconds, rate_bytes, busy_pct;
	char text[24];
};

static const struct xm_field fields[] = {
	XM_FIELD(struct section, flag, XM_BOOL, "h", .def = "true"),
	XM_FIELD(struct section, count, XM_U32, "h", .def = "7", .min = 1, .max = 100),
	XM_FIELD(struct section, pid, XM_PID, "h"),
	XM_FIELD(struct section, word, XM_ENUM, "h", .choices = words),
	XM_FIELD(struct section, big, XM_U64, "h"),
	XM_FIELD(struct section, wait_ns, XM_NS, "h", .def = "10ms", .min = 1000),
	XM_FIELD(struct section, size_bytes, XM_BYTES, "h"),
	XM_FIELD(struct section, delta, XM_I64, "h", .min = (uint64_t)-20, .max = 19),
	XM_FIELD(struct section, ratio, XM_DOUBLE, "h"),
	XM_FIELD(struct section, age_seconds, XM_SECONDS, "h"),
	XM_FIELD(struct section, rate_bytes, XM_DBYTES, "h"),
	XM_FIELD(struct section, busy_pct, XM_PCT, "h"),
	XM_FIELD(struct section, text, XM_STR, "h", .def = "abc"),
	{}
};

static struct section objects[3];

static const struct xm_section leaves[] = {
	{ .name = "cpu", .fields = fields, .obj = &objects[1] },
	{ .name = "net-dev", .help = "h", .fields = fields, .obj = &objects[2] },
	{}
};
static const struct xm_section branches[] = { { .name = "collectors", .help = "h", .subs = leaves },
					      { .name = "empty" },
					      {} };
static const struct xm_section root = { .fields = fields, .obj = &objects[0], .subs = branches };

static int load(const char *text, size_t len, struct xm_buf *errors)
{
	memset(objects, 0, sizeof objects);
	for (size_t i = 0; i < XM_ARRAY_LEN(objects); i++)
		xm_fields_default(fields, &objects[i]);
	return xm_config_load_text("f", text, len, &root, errors);
}

/* Whole lines, each of which names the file */
static bool well_formed(const struct xm_buf *errors)
{
	const char *p = errors->data;

	if (!*p || strlen(p) != errors->len)
		return false;
	for (; *p; p = strchr(p, '\n') + 1)
		if (strncmp(p, "f:", 2) || !strchr(p, '\n'))
			return false;
	return true;
}

static void check_round_trip(void)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT, errors = XM_BUF_INIT;
	struct section before[3];

	memcpy(before, objects, sizeof before);
	xm_config_print(&root, &text);
	if (load(text.data, text.len, &errors) < 0 || memcmp(before, objects, sizeof before)) {
		fprintf(stderr, "%s\nprinted as:\n%s", errors.data, text.data);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct xm_buf errors = XM_BUF_INIT;
	int r = load((const char *)data, size, &errors);

	if (r < 0 ? !well_formed(&errors) : errors.len > 0)
		abort();
	if (r == 0)
		check_round_trip();
	return 0;
}
