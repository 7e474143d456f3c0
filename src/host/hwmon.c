#include "host/hwmon.h"
#include "base/clock.h"
#include "host/file.h"
#include "host/resolve.h"
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

#define DIR "class/hwmon"

/* One directory being looked through */
struct scan {
	struct xm_hwmon *h;
	uint32_t chip;
	bool in_device;
};

void xm_hwmon_sensor(const struct xm_hwmon_file *file, char *buf, size_t size)
{
	snprintf(buf, size, "%s%u", file->type, file->number);
}

static bool same_sensor(const struct xm_hwmon_file *a, const struct xm_hwmon_file *b)
{
	return a->number == b->number && !strcmp(a->type, b->type);
}

static struct xm_hwmon_label *find_label(struct xm_hwmon *h, uint32_t chip,
					 const struct xm_hwmon_file *file)
{
	for (unsigned i = 0; i < h->n_labels; i++)
		if (h->label[i].chip == chip && same_sensor(&h->label[i].file, file))
			return &h->label[i];
	return NULL;
}

const char *xm_hwmon_label(const struct xm_hwmon *h, uint32_t chip,
			   const struct xm_hwmon_file *file)
{
	const struct xm_hwmon_label *l = find_label((struct xm_hwmon *)h, chip, file);

	return l ? l->text : NULL;
}

/* A chip is called after its device, which is the same after the next boot:
 * "…/platform/coretemp.0" → "platform_coretemp_0" */
static bool label_by_device(int sys, struct xm_hwmon_chip *chip)
{
	char path[XM_RESOLVE_MAX], link[80], parent[80], name[80];
	struct xm_str dir, last;
	const char *slash;

	snprintf(link, sizeof link, DIR "/%s/device", chip->dir);
	if (xm_resolve(sys, link, path) < 0)
		return false;
	slash = strrchr(path, '/');
	last = XM_STR_OF(slash ? slash + 1 : path);
	dir = (struct xm_str){ path, slash ? (size_t)(slash - path) : 0 };
	slash = memrchr(dir.p, '/', dir.n);
	if (slash)
		dir = (struct xm_str){ slash + 1, (size_t)(dir.p + dir.n - slash - 1) };
	xm_hwmon_clean(dir, parent, sizeof parent);
	xm_hwmon_clean(last, name, sizeof name);
	snprintf(chip->label, sizeof chip->label, "%s%s%s", parent, *parent ? "_" : "", name);
	return *name;
}

static int add_chip(int dir, const char *name, void *arg)
{
	struct xm_hwmon *h = arg;
	struct xm_hwmon_chip *chip = &h->chip[h->n_chips];
	char path[80], text[128];
	struct stat st;

	if (fstatat(dir, name, &st, 0) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	if (h->n_chips == XM_HWMON_CHIPS_MAX || strlen(name) >= sizeof chip->dir) {
		h->left_out++;
		return 0;
	}
	*chip = (struct xm_hwmon_chip){};
	snprintf(chip->dir, sizeof chip->dir, "%s", name);
	snprintf(path, sizeof path, "%s/name", chip->dir);
	if (xm_read_line(dir, path, text, sizeof text) == 0)
		xm_hwmon_clean(XM_STR_OF(text), chip->name, sizeof chip->name);
	h->n_chips++;
	return 0;
}

/* Chips on one device get the same label; then their own names tell them apart, or else their
 * directories. */
static void separate_chips(struct xm_hwmon *h)
{
	bool shared[XM_HWMON_CHIPS_MAX] = {}, same_name[XM_HWMON_CHIPS_MAX] = {};

	for (unsigned i = 0; i < h->n_chips; i++)
		for (unsigned k = 0; k < h->n_chips; k++) {
			if (k == i || strcmp(h->chip[i].label, h->chip[k].label))
				continue;
			shared[i] = true;
			same_name[i] |= !strcmp(h->chip[i].name, h->chip[k].name);
		}
	for (unsigned i = 0; i < h->n_chips; i++) {
		struct xm_hwmon_chip *chip = &h->chip[i];
		const char *own = chip->name[0] && !same_name[i] ? chip->name : chip->dir;
		size_t n = strlen(chip->label);

		if (shared[i])
			snprintf(chip->label + n, sizeof chip->label - n, "_%s", own);
	}
}

static int scan_chips(struct xm_hwmon *h, int sys)
{
	int r;

	h->n_chips = 0;
	r = xm_dir_each(sys, DIR, add_chip, h);
	for (unsigned i = 0; i < h->n_chips; i++) {
		struct xm_hwmon_chip *chip = &h->chip[i];

		if (!label_by_device(sys, chip))
			xm_hwmon_clean(XM_STR_OF(chip->name[0] ? chip->name : chip->dir),
				       chip->label, sizeof chip->label);
	}
	separate_chips(h);
	for (unsigned i = 0; i < h->n_chips; i++)
		h->chip[i].shown = xm_filter_shows(&h->chips, h->chip[i].label);
	return r;
}

static bool sensor_shown(const struct xm_hwmon *h, uint32_t chip, const struct xm_hwmon_file *file)
{
	char text[200], sensor[32];

	xm_hwmon_sensor(file, sensor, sizeof sensor);
	snprintf(text, sizeof text, "%s;%s", h->chip[chip].label, sensor);
	return xm_filter_shows(&h->sensors, text);
}

static void add_label(struct xm_hwmon *h, const struct scan *s, const struct xm_hwmon_file *file,
		      int dir, const char *name)
{
	struct xm_hwmon_label *l = find_label(h, s->chip, file);
	char text[sizeof l->text];

	if (xm_read_line(dir, name, text, sizeof text) < 0)
		return;
	if (!l && h->n_labels == XM_HWMON_LABELS_MAX) {
		h->left_out++;
		return;
	}
	if (!l)
		l = &h->label[h->n_labels++];
	*l = (struct xm_hwmon_label){ .chip = s->chip, .file = *file };
	memcpy(l->text, text, strlen(text) + 1);
}

static struct xm_hwmon_value *find_value(struct xm_hwmon *h, uint32_t chip,
					 const struct xm_hwmon_file *file)
{
	for (unsigned i = 0; i < h->n_values; i++)
		if (h->value[i].chip == chip && same_sensor(&h->value[i].file, file) &&
		    !strcmp(h->value[i].file.property, file->property))
			return &h->value[i];
	return NULL;
}

/* A file that is there already goes on resting; one of the device takes the place of the chip's */
static void add_value(struct xm_hwmon *h, const struct scan *s, const struct xm_hwmon_file *file,
		      const char *name)
{
	struct xm_hwmon_value *v = find_value(h, s->chip, file);

	if (strlen(name) >= sizeof v->name || (!v && h->n_values == XM_HWMON_FILES_MAX)) {
		h->left_out++;
		return;
	}
	if (!v) {
		v = &h->value[h->n_values++];
		*v = (struct xm_hwmon_value){ .chip = s->chip, .file = *file, .value = NAN };
	}
	v->seen = true;
	v->in_device = s->in_device;
	memcpy(v->name, name, strlen(name) + 1);
}

static int add_file(int dir, const char *name, void *arg)
{
	const struct scan *s = arg;
	struct xm_hwmon_file file;
	struct stat st;

	if (!xm_hwmon_split(name, &file) || !sensor_shown(s->h, s->chip, &file) ||
	    fstatat(dir, name, &st, 0) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0444))
		return 0;
	if (!strcmp(file.property, "label"))
		add_label(s->h, s, &file, dir, name);
	else
		add_value(s->h, s, &file, name);
	return 0;
}

/* A chip may vanish meanwhile */
static void scan_files(struct xm_hwmon *h, int sys, uint32_t chip)
{
	struct scan s = { .h = h, .chip = chip };
	char path[80];

	snprintf(path, sizeof path, DIR "/%s", h->chip[chip].dir);
	if (!h->chip[chip].shown || xm_dir_each(sys, path, add_file, &s) < 0)
		return;
	s.in_device = true;
	snprintf(path, sizeof path, DIR "/%s/device", h->chip[chip].dir);
	if (xm_dir_each(sys, path, add_file, &s) < 0)
		return;
}

static bool same_chips(const struct xm_hwmon_chip *a, const struct xm_hwmon_chip *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(a[i].dir, b[i].dir) || strcmp(a[i].label, b[i].label))
			return false;
	return true;
}

static int by_chip(const void *a, const void *b)
{
	const struct xm_hwmon_value *x = a, *y = b;
	int type = strcmp(x->file.type, y->file.type);

	if (x->chip != y->chip)
		return x->chip < y->chip ? -1 : 1;
	if (type)
		return type;
	if (x->file.number != y->file.number)
		return x->file.number < y->file.number ? -1 : 1;
	return strcmp(x->file.property, y->file.property);
}

static void drop_unseen(struct xm_hwmon *h)
{
	unsigned n = 0;

	for (unsigned i = 0; i < h->n_values; i++)
		if (h->value[i].seen)
			h->value[n++] = h->value[i];
	h->n_values = n;
	for (unsigned i = 0; i < n; i++) {
		struct xm_hwmon_file bare = h->value[i].file;

		memset(bare.property, 0, sizeof bare.property);
		h->value[i].bare = find_value(h, h->value[i].chip, &bare);
	}
	qsort(h->value, n, sizeof h->value[0], by_chip);
}

static int scan(struct xm_hwmon *h, int sys)
{
	_cleanup_free_ struct xm_hwmon_chip *before = malloc(sizeof h->chip);
	unsigned n = h->n_chips;
	int r;

	if (!before)
		return -ENOMEM;
	memcpy(before, h->chip, n * sizeof *before);
	r = scan_chips(h, sys);
	if (r < 0)
		return r;
	if (n != h->n_chips || !same_chips(before, h->chip, n))
		h->n_values = 0;
	h->n_labels = 0;
	for (unsigned i = 0; i < h->n_values; i++)
		h->value[i].seen = false;
	for (uint32_t i = 0; i < h->n_chips; i++)
		scan_files(h, sys, i);
	drop_unseen(h);
	return 0;
}

/* A sensor that does not answer now may do so later, but one whose file has gone is looked for */
static void read_value(struct xm_hwmon *h, int sys, struct xm_hwmon_value *v)
{
	struct xm_hwmon_chip *chip = &h->chip[v->chip];
	uint64_t start = xm_mono_ns(), took;
	char path[160], text[128];
	int r;

	snprintf(path, sizeof path, DIR "/%s/%s%s", chip->dir, v->in_device ? "device/" : "",
		 v->name);
	r = xm_read_line(sys, path, text, sizeof text);
	took = xm_mono_ns() - start;
	v->next_ns = start + took + xm_hwmon_rest_ns(took);
	chip->read_ns += took;
	if (r == -ENOENT || r == -ENODEV)
		h->scan_ns = 0;
	if (r < 0 || xm_parse_double(XM_STR_OF(text), &v->value) < 0)
		v->value = (double)NAN;
}

int xm_hwmon_read(struct xm_hwmon *h, int sys, uint64_t now)
{
	int r = 0;

	if (now >= h->scan_ns) {
		r = scan(h, sys);
		h->scan_ns = r < 0 ? 0 : now + XM_HWMON_RESCAN_NS;
	}
	for (unsigned i = 0; i < h->n_chips; i++) {
		h->chip[i].files = h->chip[i].unreadable = h->chip[i].resting = 0;
		h->chip[i].read_ns = 0;
	}
	for (unsigned i = 0; i < h->n_values && r >= 0; i++) {
		struct xm_hwmon_value *v = &h->value[i];
		struct xm_hwmon_chip *chip = &h->chip[v->chip];

		if (now >= v->next_ns)
			read_value(h, sys, v);
		else
			chip->resting++;
		chip->files++;
		chip->unreadable += isnan(v->value);
	}
	return r;
}
