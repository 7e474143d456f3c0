/*
 * Command line arguments into structs, after their tables of fields:
 * --name=value, --name value, -x value, -xvalue, -abc, --flag, --no-flag, and words without a name
 * for the XM_POS fields in table order. An option given twice: the last one wins.
 */
#pragma once
#include "field/field.h"

/* A table and the struct it fills. Arrays of these end with fields == NULL; who walks one for
 * another purpose (help, manual, completion) does it with two plain loops. */
struct xm_opts {
	const char *title; /* heads the group in the usage text */
	const struct xm_field *fields;
	void *obj;
};

struct xm_args {
	const struct xm_opts *tables;
	/* For names that are in no table ("collector.netdev.device-exclude"): which field of which
	 * struct is meant. -ENOENT: none; a sentence in err replaces the usual one. NULL: there
	 * are no such names. */
	int (*find)(const char *name, void *arg, const struct xm_field **ret_field, void **ret_obj,
		    struct xm_err *err);
	void *arg;
};

/*
 * argv holds the arguments only, without the program's name. Returns the index of the first one
 * after "--", or argc; negative: -EINVAL and the like, one sentence in err, and structs half
 * filled. A value that starts with '-' and is no number must be attached: --name=-value.
 */
int xm_args_parse(const struct xm_args *args, int argc, char *const *argv,
		  struct xm_err *err) XM_MUST;
