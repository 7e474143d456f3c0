/* Error context: the innermost cause is recorded once, in words. */
#include "base/base.h"

int xm_fail(struct xm_err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e->code)
		return code;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof e->msg, fmt, ap);
	va_end(ap);
	return code;
}

const char *xm_err_text(const struct xm_err *e, int r)
{
	return e->code ? e->msg : strerror(r < 0 ? -r : r);
}
