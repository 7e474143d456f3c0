#include "host/filter.h"

static int compile(regex_t *re, bool *ret_used, const char *what, const char *which,
		   const char *text, struct xm_err *err)
{
	char why[120];
	int code;

	if (!*text)
		return 0;
	code = regcomp(re, text, REG_EXTENDED | REG_NOSUB);
	if (code) {
		regerror(code, re, why, sizeof why);
		return xm_fail(err, code == REG_ESPACE ? -ENOMEM : -EINVAL,
			       "%s-%s: '%s' is not a regular expression: %s", what, which, text,
			       why);
	}
	*ret_used = true;
	return 0;
}

int xm_filter_open(struct xm_filter *f, const char *what, const char *include, const char *exclude,
		   struct xm_err *err)
{
	int r;

	*f = (struct xm_filter){};
	r = compile(&f->include, &f->includes, what, "include", include, err);
	if (r < 0)
		return r;
	return compile(&f->exclude, &f->excludes, what, "exclude", exclude, err);
}

void xm_filter_close(struct xm_filter *f)
{
	if (f->includes)
		regfree(&f->include);
	if (f->excludes)
		regfree(&f->exclude);
	*f = (struct xm_filter){};
}

bool xm_filter_shows(const struct xm_filter *f, const char *name)
{
	if (f->includes && regexec(&f->include, name, 0, NULL, 0))
		return false;
	return !f->excludes || regexec(&f->exclude, name, 0, NULL, 0);
}
