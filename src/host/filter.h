/* Which devices, mounts, … to show: names that match `include`, less those that match `exclude`. */
#pragma once
#include "base/base.h"
#include <regex.h>

struct xm_filter {
	regex_t include, exclude;
	bool includes, excludes; /* false: no such expression */
};

/* POSIX extended regular expressions; an empty one is none. `what` names the option in the error:
 * "diskstats.device", the expressions being its -include and -exclude. */
int xm_filter_open(struct xm_filter *f, const char *what, const char *include, const char *exclude,
		   struct xm_err *err) XM_MUST;
void xm_filter_close(struct xm_filter *f);
bool xm_filter_shows(const struct xm_filter *f, const char *name);
