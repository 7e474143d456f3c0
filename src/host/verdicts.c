#include "host/verdicts.h"

bool xm_verdicts_next(struct xm_verdicts *v, struct xm_str name)
{
	unsigned i = v->at++;
	char text[256];

	if (i < XM_VERDICTS_MAX && v->known[i].name[0] && xm_str_eq(name, v->known[i].name))
		return v->known[i].shown;
	if (!name.n || name.n >= sizeof text)
		return false;
	xm_str_copy(name, text, sizeof text);
	if (i >= XM_VERDICTS_MAX || name.n >= sizeof v->known[i].name)
		return xm_filter_shows(v->filter, text);
	memcpy(v->known[i].name, text, name.n + 1);
	return v->known[i].shown = xm_filter_shows(v->filter, text);
}
