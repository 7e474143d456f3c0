/* A set of labels, {a="b",c="d"}: read, put in order, written. */
#pragma once
#include "base/buf.h"
#include "base/text.h"

#define XM_LABELS_MAX 64 /* of one sample */

struct xm_label_set {
	struct {
		struct xm_str name, value; /* of the text; the value is still escaped */
	} label[XM_LABELS_MAX];
	unsigned n;
};

/* Cut a name off: of a label, or of a metric, which may have colons. Empty if there is none. */
struct xm_str xm_name_cut(struct xm_str *s, bool metric);
void xm_blanks_skip(struct xm_str *s);
/* Cut the character off if it comes next */
bool xm_char_cut(struct xm_str *s, char c);
/* Is all of it UTF-8, without a zero byte? What follows it in memory must not be a part of its last
 * character. */
bool xm_str_is_utf8(struct xm_str s);

/* Cut a set in braces off, if one comes next. NULL, or what is wrong with it. */
const char *xm_labels_parse(struct xm_label_set *set, struct xm_str *s) XM_MUST;
/* The value of a label; false if there is no such label */
bool xm_labels_find(const struct xm_label_set *set, const char *name, struct xm_str *ret_value);
/* Append them sorted by name, with le or quantile last, without those that are empty: the same for
 * every way to write the same set. With `bounds`, le and quantile are written as numbers are. */
void xm_labels_write(struct xm_label_set *set, bool bounds, struct xm_buf *out);
