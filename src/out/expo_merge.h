/* Several documents of metrics beside each other, in which the same metric may come. */
#pragma once
#include "out/expo_parse.h"

#define XM_EXPO_LEFT_OUT UINT32_MAX

struct xm_expo_origin {
	const char *name; /* for the help of a metric that has none: "Metric read from <name>" */
	const struct xm_expo_doc *doc;
	uint32_t *help; /* one a family: the result */
};

/* Decide what each family is: its type and help are those of the first document that says so. The
 * help's text goes into ret_helps, its offset into origin.help, or XM_EXPO_LEFT_OUT if the family
 * contradicts an earlier document. Returns how many do, or -ENOMEM. */
int xm_expo_merge(const struct xm_expo_origin *origin, uint32_t n,
		  struct xm_buf *ret_helps) XM_MUST;
