/*
 * Words about fields: usage text, and the pieces of it that the configuration printer, the manual
 * pages and shell completion share. Plain text into a buffer; b->failed tells of a lack of memory.
 */
#pragma once
#include "field/args.h"

#define XM_HELP_WIDTH 80 /* columns */

struct xm_help {
	const char *usage;            /* "xmon agent [options]" */
	const char *summary;          /* what it does; NULL = nothing */
	const struct xm_opts *tables; /* their titles head the groups */
	const char *const *examples;  /* command lines, NULL-terminated; NULL = none */
};

void xm_help_print(const struct xm_help *h, struct xm_buf *out);

/* How the option is written: "-w, --warn TIME", "    --[no-]enabled" */
void xm_help_option(const struct xm_field *f, struct xm_buf *out);
/* What it means, and in parentheses its choices, limits and default */
void xm_help_describe(const struct xm_field *f, struct xm_buf *out);
/* The value as a person would type it: xm_field_parse() of that text gives this value again */
void xm_help_value(const struct xm_field *f, const void *obj, struct xm_buf *out);
/* Words of `text`, broken before XM_HELP_WIDTH; `indent` opens every line after the first, which
 * starts at `column`. Ends with a newline. */
void xm_help_wrap(const char *text, const char *indent, size_t column, struct xm_buf *out);
/* The labels of `fields` compete for being meant by `word`; the nearest so far is in best, which
 * starts empty. */
void xm_help_suggest(const char *word, const struct xm_field *fields, char best[XM_LABEL_MAX]);
/* The same for one name */
void xm_help_suggest_name(const char *word, const char *name, char best[XM_LABEL_MAX]);
