#include "field/field.h"
#include "base/text.h"
#include <math.h>

static uint64_t get(const struct xm_field *f, const void *obj)
{
	const char *p = (const char *)obj + f->off;
	uint32_t u32;
	uint64_t u64;

	switch (XM_WIDTH(f->type)) {
	case 1: return *(const bool *)p;
	case 4: memcpy(&u32, p, 4); return u32;
	default: memcpy(&u64, p, 8); return u64;
	}
}

static void put(const struct xm_field *f, void *obj, uint64_t v)
{
	char *p = (char *)obj + f->off;
	uint32_t u32 = (uint32_t)v;

	switch (XM_WIDTH(f->type)) {
	case 1: *(bool *)p = v; break;
	case 4: memcpy(p, &u32, 4); break;
	default: memcpy(p, &v, 8);
	}
}

static double get_double(const struct xm_field *f, const void *obj)
{
	double v;

	memcpy(&v, (const char *)obj + f->off, sizeof v);
	return v;
}

/* The multipliers a value of this type may carry; the first entry is the default */
static const struct unit {
	const char *suffix;
	uint64_t mul;
} ns_units[] = { { "s", 1000000000 },
		 { "ns", 1 },
		 { "us", 1000 },
		 { "ms", 1000000 },
		 { "m", 60000000000ULL },
		 { "h", 3600000000000ULL },
		 { "d", 86400000000000ULL },
		 {} },
  byte_units[] = { { "", 1 },
		   { "k", 1ULL << 10 },
		   { "K", 1ULL << 10 },
		   { "M", 1ULL << 20 },
		   { "G", 1ULL << 30 },
		   { "T", 1ULL << 40 },
		   { "KiB", 1ULL << 10 },
		   { "MiB", 1ULL << 20 },
		   { "GiB", 1ULL << 30 },
		   { "TiB", 1ULL << 40 },
		   {} },
  no_units[] = { { "", 1 }, {} };

static const struct unit *units(const struct xm_field *f)
{
	return f->type == XM_NS ? ns_units : f->type == XM_BYTES ? byte_units : no_units;
}

static uint64_t type_max(const struct xm_field *f)
{
	return f->max                   ? f->max
	       : f->type == XM_PCT      ? 100
	       : f->type == XM_I64      ? INT64_MAX
	       : XM_WIDTH(f->type) == 4 ? UINT32_MAX
					: UINT64_MAX;
}

/* Types that may be negative are bounded below only if the field says a bound */
static bool has_min(const struct xm_field *f)
{
	return f->min || f->max ||
	       (f->type != XM_I64 && f->type != XM_DOUBLE && f->type != XM_SECONDS);
}

static bool has_max(const struct xm_field *f)
{
	return f->max || f->type == XM_PCT || !XM_IS_FLOAT(f->type);
}

/* Digits, an optional decimal fraction ("1.5s"), a unit */
static int parse_scaled(const char *text, const struct unit *units_of_type, uint64_t *ret)
{
	size_t digits = strspn(text, "0123456789.");
	const char *suffix = text + digits;
	double fraction;
	uint64_t v;

	for (const struct unit *u = units_of_type; u->suffix; u++) {
		if (strcmp(suffix, u->suffix) && (*suffix || u != units_of_type))
			continue;
		if (memchr(text, '.', digits)) {
			if (xm_parse_double((struct xm_str){ text, digits }, &fraction) < 0 ||
			    u->mul == 1)
				return -EINVAL;
			fraction *= (double)u->mul;
			if (fraction >= 1.8e19)
				return -ERANGE;
			*ret = (uint64_t)(fraction + 0.5);
			return 0;
		}
		int r = xm_parse_u64((struct xm_str){ text, digits }, &v);
		if (r < 0)
			return r;
		return __builtin_mul_overflow(v, u->mul, ret) ? -ERANGE : 0;
	}
	return -EINVAL;
}

static int parse_number(const struct xm_field *f, const char *text, uint64_t *ret)
{
	int r = parse_scaled(text, units(f), ret);

	if (r < 0)
		return r;
	return *ret < f->min || *ret > type_max(f) ? -ERANGE : 0;
}

static int parse_signed(const struct xm_field *f, const char *text, uint64_t *ret)
{
	int64_t v;
	int r = xm_parse_i64(XM_STR_OF(text), &v);

	if (r < 0)
		return r;
	if ((has_min(f) && v < (int64_t)f->min) || v > (int64_t)type_max(f))
		return -ERANGE;
	*ret = (uint64_t)v;
	return 0;
}

static int parse_float(const struct xm_field *f, const char *text, uint64_t *ret)
{
	double v;
	int r = xm_parse_double(XM_STR_OF(text), &v);

	if (r < 0 || !isfinite(v))
		return r < 0 ? r : -EINVAL;
	if ((has_min(f) && v < (double)f->min) || (has_max(f) && v > (double)type_max(f)))
		return -ERANGE;
	memcpy(ret, &v, sizeof v);
	return 0;
}

static int parse_choice(const struct xm_field *f, const char *text, uint64_t *ret)
{
	for (uint64_t i = 0; f->choices[i]; i++)
		if (!strcmp(f->choices[i], text)) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

static int parse_bool(const char *text, uint64_t *ret)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };

	for (unsigned i = 0; i < XM_ARRAY_LEN(words); i++)
		if (!strcmp(words[i], text)) {
			*ret = i & 1;
			return 0;
		}
	return -EINVAL;
}

static int parse_value(const struct xm_field *f, const char *text, uint64_t *ret)
{
	if (XM_IS_FLOAT(f->type))
		return parse_float(f, text, ret);
	switch (f->type) {
	case XM_BOOL: return parse_bool(text, ret);
	case XM_ENUM: return parse_choice(f, text, ret);
	case XM_I64: return parse_signed(f, text, ret);
	default: return parse_number(f, text, ret);
	}
}

/* What would have been right, for the sentence of an error */
static void add_expected(const struct xm_field *f, struct xm_buf *b)
{
	switch (f->type) {
	case XM_BOOL: xm_buf_adds(b, "true or false"); break;
	case XM_NS: xm_buf_adds(b, "a time such as 500ms, 10s or 2m"); break;
	case XM_BYTES: xm_buf_adds(b, "a size such as 64k, 16M or 1G"); break;
	case XM_ENUM:
		xm_buf_adds(b, "one of");
		for (size_t i = 0; f->choices[i]; i++)
			xm_buf_addf(b, "%s %s", i ? "," : "", f->choices[i]);
		break;
	default: xm_buf_adds(b, "a number");
	}
}

/* min and max are integers, also those of a floating-point field */
static void add_bound(const struct xm_field *f, uint64_t v, struct xm_buf *b)
{
	struct xm_field bound = *f;
	double as_double = (double)v;
	char member[8];

	bound.off = 0;
	if (XM_IS_FLOAT(f->type))
		memcpy(member, &as_double, sizeof as_double);
	else
		put(&bound, member, v);
	xm_field_print(&bound, member, false, b);
}

static void add_range(const struct xm_field *f, struct xm_buf *b)
{
	if (!has_max(f))
		xm_buf_adds(b, "at least ");
	else if (!has_min(f))
		xm_buf_adds(b, "at most ");
	if (has_min(f))
		add_bound(f, f->min, b);
	if (has_min(f) && has_max(f))
		xm_buf_adds(b, " to ");
	if (has_max(f))
		add_bound(f, type_max(f), b);
}

static int refuse(const struct xm_field *f, const char *text, int r, struct xm_err *err)
{
	_cleanup_buf_ struct xm_buf expected = XM_BUF_INIT;
	char label[XM_LABEL_MAX];

	xm_field_label(f, label, sizeof label);
	if (r == -ERANGE && (has_min(f) || has_max(f)))
		add_range(f, &expected);
	else
		add_expected(f, &expected);
	if (expected.failed)
		return xm_fail(err, -ENOMEM, "%s: out of memory", label);
	return xm_fail(err, r, "%s: '%s' is %s; it takes %s", label, text,
		       r == -ERANGE ? "out of range" : "not such a value", expected.data);
}

int xm_field_parse(const struct xm_field *f, void *obj, const char *text, struct xm_err *err)
{
	char label[XM_LABEL_MAX];
	uint64_t v = 0;
	int r;

	if (f->type == XM_STR) {
		if (strlen(text) >= f->size) {
			xm_field_label(f, label, sizeof label);
			return xm_fail(err, -E2BIG, "%s: longer than %d bytes", label, f->size - 1);
		}
		memset((char *)obj + f->off, 0, f->size);
		memcpy((char *)obj + f->off, text, strlen(text));
		return 0;
	}
	r = parse_value(f, text, &v);
	if (r < 0)
		return refuse(f, text, r, err);
	put(f, obj, v);
	return 0;
}

void xm_fields_default(const struct xm_field *f, void *obj)
{
	struct xm_err err = {};

	for (; f && f->type != XM_END; f++)
		if (f->def && xm_field_parse(f, obj, f->def, &err) < 0)
			abort();
}

size_t xm_field_label(const struct xm_field *f, char *buf, size_t size)
{
	static const char *const unit[XM_TYPE_MAX] = { [XM_NS] = "_ns",
						       [XM_SECONDS] = "_seconds",
						       [XM_BYTES] = "_bytes",
						       [XM_DBYTES] = "_bytes",
						       [XM_PCT] = "_pct" };
	const char *name = f->label ? f->label : f->name;
	size_t n = strlen(name), cut = !f->label && unit[f->type] ? strlen(unit[f->type]) : 0, i;

	if (n > cut && cut && !strcmp(name + n - cut, unit[f->type]))
		n -= cut;
	for (i = 0; i < n && i + 1 < size; i++)
		buf[i] = name[i] == '_' && !f->label ? '-' : name[i];
	buf[i] = 0;
	return i;
}

const struct xm_field *xm_field_find(const struct xm_field *f, const char *name, char letter)
{
	char label[XM_LABEL_MAX];

	for (; f && f->type != XM_END; f++) {
		xm_field_label(f, label, sizeof label);
		if (name ? !strcmp(label, name) : letter && f->letter == letter)
			return f;
	}
	return NULL;
}

const char *xm_field_text(const struct xm_field *f, const void *obj)
{
	const char *text;
	uint64_t choice;

	switch (f->type) {
	case XM_STR: return (const char *)obj + f->off;
	case XM_TEXT:
		memcpy(&text, (const char *)obj + f->off, sizeof text);
		return text ? text : "";
	case XM_ENUM:
		choice = get(f, obj);
		for (uint64_t i = 0; f->choices[i]; i++)
			if (i == choice)
				return f->choices[i];
		return "?";
	default: return NULL;
	}
}

static void print_ns(double ns, struct xm_buf *out)
{
	double size = fabs(ns);

	if (size < 1e3)
		xm_buf_addf(out, "%.0fns", ns);
	else if (size < 1e6)
		xm_buf_addf(out, "%.1fus", ns / 1e3);
	else if (size < 1e9)
		xm_buf_addf(out, "%.1fms", ns / 1e6);
	else if (size < 120e9)
		xm_buf_addf(out, "%.2fs", ns / 1e9);
	else if (size < 7200e9)
		xm_buf_addf(out, "%.1fm", ns / 60e9);
	else if (size < 172800e9)
		xm_buf_addf(out, "%.1fh", ns / 3600e9);
	else
		xm_buf_addf(out, "%.1fd", ns / 86400e9);
}

static void print_bytes(double bytes, struct xm_buf *out)
{
	static const char *const unit[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	unsigned i = 0;

	while (fabs(bytes) >= 1024 && i + 1 < XM_ARRAY_LEN(unit)) {
		bytes /= 1024;
		i++;
	}
	xm_buf_addf(out, i ? "%.1f%s" : "%.0f%s", bytes, unit[i]);
}

static void print_human(const struct xm_field *f, double v, struct xm_buf *out)
{
	switch (f->type) {
	case XM_NS: print_ns(v, out); break;
	case XM_SECONDS: print_ns(v * 1e9, out); break;
	case XM_BYTES:
	case XM_DBYTES: print_bytes(v, out); break;
	case XM_PCT: xm_buf_addf(out, "%.1f%%", v); break;
	default: xm_buf_add_double(out, v);
	}
}

void xm_field_print(const struct xm_field *f, const void *obj, bool raw, struct xm_buf *out)
{
	double v;

	if (f->type == XM_STR || f->type == XM_TEXT || f->type == XM_ENUM) {
		xm_buf_adds(out, xm_field_text(f, obj));
	} else if (f->type == XM_BOOL) {
		xm_buf_adds(out, get(f, obj) ? "true" : "false");
	} else if (f->type == XM_INFO) {
		xm_buf_addc(out, '1');
	} else if (f->type == XM_I64) {
		xm_buf_addf(out, "%lld", (long long)get(f, obj));
	} else if (XM_IS_FLOAT(f->type)) {
		v = get_double(f, obj);
		if (isnan(v))
			xm_buf_adds(out, raw ? "NaN" : "-");
		else if (raw || isinf(v))
			xm_buf_add_double(out, v);
		else
			print_human(f, v, out);
	} else if (raw || (f->type != XM_NS && f->type != XM_BYTES)) {
		xm_buf_add_u64(out, get(f, obj));
	} else {
		print_human(f, (double)get(f, obj), out);
	}
}

double xm_field_number(const struct xm_field *f, const void *obj)
{
	double v;

	if (f->type == XM_STR || f->type == XM_TEXT)
		return (double)NAN;
	v = f->type == XM_INFO     ? 1
	    : XM_IS_FLOAT(f->type) ? get_double(f, obj)
	    : f->type == XM_I64    ? (double)(int64_t)get(f, obj)
				   : (double)get(f, obj);
	if (f->scale != 0)
		return v * f->scale;
	return f->type == XM_NS ? v / 1e9 : v;
}
