/*
 * A YAML text as libyaml's events, with what xmon refuses in any place (anchors, aliases, tags,
 * deep nesting, too many errors) refused, and every error a line "file:line:col: sentence".
 */
#pragma once
#include "base/buf.h"
#include <yaml.h>

struct xm_yaml {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	unsigned depth;     /* mappings and lists around what follows it */
	const char *file, *text;
	size_t len;
	struct xm_buf *errors;
	unsigned n_errors;
	int r; /* negative: why reading ended before the end */
};

/* Name, text and errors are borrowed until close. After a failure there is nothing to close. */
int xm_yaml_open(struct xm_yaml *y, const char *file, const char *text, size_t len,
		 struct xm_buf *errors) XM_MUST;
/* Why reading ended, -EINVAL after any report, or 0 */
int xm_yaml_close(struct xm_yaml *y) XM_MUST;
/* Go on to the next event; false when reading ended, with the reason in y->r */
bool xm_yaml_next(struct xm_yaml *y);
/* Leave out the rest of the node that the current event begins */
void xm_yaml_skip(struct xm_yaml *y);
void XM_PRINTF(3, 4) xm_yaml_report(struct xm_yaml *y, yaml_mark_t at, const char *fmt, ...);
