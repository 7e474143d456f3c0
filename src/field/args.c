/* Hand-written: getopt_long prints its own sentences, abbreviates, and cannot resolve names. */
#include "field/args.h"
#include "field/help.h"

#define NAME_SIZE (2 * XM_LABEL_MAX) /* of a name as typed; what is longer is cut and unknown */

struct walk {
	const struct xm_args *args;
	int argc, i; /* argv[i] is being read */
	char *const *argv;
	unsigned positionals; /* how many were taken */
	struct xm_err *err;
};

struct option {
	const struct xm_field *field;
	void *obj;
	char shown[NAME_SIZE + 2]; /* as it was typed, for sentences */
};

static int set(struct walk *w, const struct option *o, const char *text)
{
	struct xm_field as_typed = *o->field;

	as_typed.label = o->shown;
	return xm_field_parse(&as_typed, o->obj, text, w->err);
}

/* "-5" is a value where a number may be negative, otherwise it is an option in the wrong place */
static bool looks_like_value(const struct xm_field *f, const char *text)
{
	if (text[0] != '-' || !text[1])
		return true;
	return (f->type == XM_I64 || XM_IS_FLOAT(f->type)) && strchr("0123456789.", text[1]);
}

static int set_from_next(struct walk *w, const struct option *o)
{
	if (w->i + 1 >= w->argc)
		return xm_fail(w->err, -EINVAL, "%s needs a value", o->shown);
	if (!looks_like_value(o->field, w->argv[w->i + 1]))
		return xm_fail(w->err, -EINVAL, "%s needs a value, '%s' is an option", o->shown,
			       w->argv[w->i + 1]);
	return set(w, o, w->argv[++w->i]);
}

static int find(const struct walk *w, const char *name, struct option *ret, struct xm_err *err)
{
	for (const struct xm_opts *t = w->args->tables; t && t->fields; t++) {
		ret->field = xm_field_find(t->fields, name, 0);
		ret->obj = t->obj;
		if (ret->field)
			return 0;
	}
	if (!w->args->find)
		return -ENOENT;
	return w->args->find(name, w->args->arg, &ret->field, &ret->obj, err);
}

static int unknown(struct walk *w, const char *name, const struct xm_err *why)
{
	char best[XM_LABEL_MAX] = "";

	if (why->code)
		return xm_fail(w->err, -EINVAL, "%s", why->msg);
	for (const struct xm_opts *t = w->args->tables; t && t->fields; t++)
		xm_help_suggest(name, t->fields, best);
	if (*best)
		return xm_fail(w->err, -EINVAL, "unknown option --%s (did you mean --%s?)", name,
			       best);
	return xm_fail(w->err, -EINVAL, "unknown option --%s", name);
}

/* A name that was not found, `why`: --no-flag, where --flag is one that can be on or off? */
static int read_negated(struct walk *w, const char *name, const char *value,
			const struct xm_err *why)
{
	struct xm_err ignored = {};
	struct option o;

	if (strncmp(name, "no-", 3) || find(w, name + 3, &o, &ignored) < 0 ||
	    o.field->type != XM_BOOL)
		return unknown(w, name, why);
	if (value)
		return xm_fail(w->err, -EINVAL, "--%s takes no value", name);
	snprintf(o.shown, sizeof o.shown, "--%s", name);
	return set(w, &o, "false");
}

static int read_long(struct walk *w, const char *arg)
{
	const char *value = strchr(arg, '=');
	size_t len = value ? (size_t)(value++ - arg) : strlen(arg);
	char name[NAME_SIZE];
	struct xm_err why = {};
	struct option o;
	int r;

	snprintf(name, sizeof name, "%.*s", (int)XM_MIN(len, sizeof name), arg);
	r = find(w, name, &o, &why);
	if (r == -ENOENT)
		return read_negated(w, name, value, &why);
	if (r < 0)
		return xm_fail(w->err, r, "%s", xm_err_text(&why, r));
	snprintf(o.shown, sizeof o.shown, "--%s", name);
	if (value)
		return set(w, &o, value);
	if (o.field->type == XM_BOOL)
		return set(w, &o, "true");
	return set_from_next(w, &o);
}

static int find_letter(const struct walk *w, char letter, struct option *ret)
{
	for (const struct xm_opts *t = w->args->tables; t && t->fields; t++) {
		ret->field = xm_field_find(t->fields, NULL, letter);
		ret->obj = t->obj;
		if (ret->field) {
			snprintf(ret->shown, sizeof ret->shown, "-%c", letter);
			return 0;
		}
	}
	return -ENOENT;
}

/* Letters after one '-': flags, until one takes the rest, or the next argument, as its value */
static int read_letters(struct walk *w, const char *letters)
{
	struct option o;
	int r = 0;

	for (; r >= 0 && *letters; letters++) {
		if (find_letter(w, *letters, &o) < 0)
			return xm_fail(w->err, -EINVAL, "unknown option -%c", *letters);
		if (o.field->type != XM_BOOL)
			return letters[1] ? set(w, &o, letters + 1) : set_from_next(w, &o);
		r = set(w, &o, "true");
	}
	return r;
}

static int read_positional(struct walk *w, const char *arg)
{
	unsigned n = 0;

	for (const struct xm_opts *t = w->args->tables; t && t->fields; t++)
		for (const struct xm_field *f = t->fields; f->type != XM_END; f++)
			if (f->flags & XM_POS && n++ == w->positionals) {
				w->positionals++;
				return xm_field_parse(f, t->obj, arg, w->err);
			}
	return xm_fail(w->err, -EINVAL, "unexpected argument '%s'", arg);
}

static int read_arg(struct walk *w)
{
	const char *arg = w->argv[w->i];

	if (arg[0] != '-' || !arg[1])
		return read_positional(w, arg);
	return arg[1] == '-' ? read_long(w, arg + 2) : read_letters(w, arg + 1);
}

int xm_args_parse(const struct xm_args *args, int argc, char *const *argv, struct xm_err *err)
{
	struct walk w = { .args = args, .argc = argc, .argv = argv, .err = err };
	int r;

	for (; w.i < argc; w.i++) {
		if (!strcmp(argv[w.i], "--"))
			return w.i + 1;
		r = read_arg(&w);
		if (r < 0)
			return r;
	}
	return argc;
}
