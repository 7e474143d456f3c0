/*
 * The configuration file: YAML, a tree of sections whose keys are the labels of field tables.
 *
 *   listen: 127.0.0.1:8000
 *   collectors:
 *     netdev:
 *       device-exclude: [lo, docker0]
 *
 * Of YAML: mappings, single values, and a list of them where the field is a text (joined with ',').
 * Not: anchors, aliases, tags, several documents, nesting over XM_CONFIG_DEPTH.
 */
#pragma once
#include "field/field.h"

#define XM_CONFIG_SIZE   (1U << 20) /* bytes of a file */
#define XM_CONFIG_DEPTH  8
#define XM_CONFIG_ERRORS 100 /* reported of one file; reading ends there */

struct xm_section {
	const char *name, *help;       /* the root's name is not used */
	const struct xm_field *fields; /* NULL: none */
	void *obj;
	const struct xm_section *subs; /* ends with name == NULL; NULL: none */
};

/*
 * Read a file into the objects of the tree; what it does not mention keeps its value. All errors of
 * the file are appended to ret_errors, a line each: "file:line:col: sentence", lines and columns
 * (characters) from 1. Returns 0; -EINVAL for what the file says; another -errno if it cannot be
 * read. After an error the objects are half filled: load into copies, take them over on 0. On
 * -ENOMEM the errors may be incomplete.
 */
int xm_config_load(const char *path, const struct xm_section *root,
		   struct xm_buf *ret_errors) XM_MUST;
/* The same of a text; name stands for the file in the errors */
int xm_config_load_text(const char *name, const char *text, size_t len,
			const struct xm_section *root, struct xm_buf *ret_errors) XM_MUST;

/* The values in effect, as a file that loads to the same ones, with help as comments. A value that
 * no file could give (a zero below min: "not set") is a comment too. */
void xm_config_print(const struct xm_section *root, struct xm_buf *out);
