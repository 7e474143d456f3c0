/*
 * A field describes one member of a C struct: how to parse text into it and how to print it.
 * Options are fields parsed into a conf struct; result columns are fields printed from a row.
 * One option table serves flags (--warn 10ms), configuration keys (warn: 10ms) and HTTP
 * (?warn=10ms); one column table serves text, JSON, CSV and Prometheus.
 */
#pragma once
#include "base/buf.h"

enum xm_type {
	XM_END, /* zero, so that {} ends a table */
	XM_BOOL,
	XM_U32,
	XM_U64,
	XM_I64,
	XM_DOUBLE,  /* NaN: no value in this row */
	XM_STR,     /* char array, NUL-terminated */
	XM_TEXT,    /* const char *, borrowed for the duration of the call; columns only */
	XM_PID,     /* uint32_t */
	XM_NS,      /* uint64_t nanoseconds; seconds in Prometheus */
	XM_SECONDS, /* double */
	XM_BYTES,   /* uint64_t */
	XM_DBYTES,  /* double; NaN: no value */
	XM_PCT,     /* double, 0 to 100 */
	XM_ENUM,    /* uint32_t, index into choices */
	XM_INFO,    /* no member: always 1, the row's keys are the information */
	XM_TYPE_MAX,
};

enum xm_field_flags {
	XM_KEY = 1 << 0,     /* column: identifies the row; a Prometheus label unless empty */
	XM_COUNTER = 1 << 1, /* column: only grows */
	XM_UNTYPED = 1 << 2, /* column: neither counter nor gauge is known */
	XM_NAME = 1 << 3,    /* column, with XM_KEY: part of metric names, not a label */
	XM_POS = 1 << 4,     /* option: may also be given without its name, in table order */
	XM_LIVE = 1 << 5,    /* option: may change while running */
};

struct xm_field {
	const char *name; /* the member's name; its unit is its suffix */
	const char *help;
	const char *def;            /* default, in the syntax a user would type; NULL = zero */
	const char *const *choices; /* XM_ENUM only, NULL-terminated */
	const char *label;          /* what a person types, where the name cannot be derived */
	const char *metric;         /* whole metric name; "{key}" stands for an XM_NAME column */
	const char *labels;         /* constant labels of this column: mode="user" */
	double scale;               /* to Prometheus's unit; 0 = the type's own */
	uint64_t min, max;          /* max 0 = the type's own */
	uint16_t off, size;
	uint8_t type, flags;
	char letter; /* short option, 0 = none */
};

/* Bytes of the member; 0 = any */
#define XM_WIDTH(t)                                                                                \
	((t) == XM_STR || (t) == XM_INFO                    ? 0                                    \
	 : (t) == XM_BOOL                                   ? 1                                    \
	 : (t) == XM_U32 || (t) == XM_PID || (t) == XM_ENUM ? 4                                    \
							    : 8)
#define XM_IS_FLOAT(t)        ((t) == XM_DOUBLE || (t) == XM_SECONDS || (t) == XM_DBYTES || (t) == XM_PCT)
#define XM_MEMBER_FLOAT(S, m) __builtin_types_compatible_p(__typeof__(((S *)0)->m), double)

/* Name and offset come from the member; a mismatch of size or float-ness does not compile */
#define XM_FIELD(S, m, t, h, ...)                                                                  \
	{                                                                                          \
		.name = #m, .help = h, .type = t, .size = sizeof(((S *)0)->m),                     \
		.off = offsetof(S, m) +                                                            \
		       0 * sizeof(char[(XM_WIDTH(t) == 0 || sizeof(((S *)0)->m) == XM_WIDTH(t)) && \
						       XM_IS_FLOAT(t) == XM_MEMBER_FLOAT(S, m)     \
					       ? 1                                                 \
					       : -1]),                                             \
		##__VA_ARGS__                                                                      \
	}
/* A metric that is always 1 and carries the row's keys */
#define XM_FIELD_INFO(n, metric_name, h)                                                           \
	{                                                                                          \
		.name = n, .help = h, .type = XM_INFO, .metric = metric_name                       \
	}

#define XM_LABEL_MAX 48 /* longest option name, NUL included */

/* The name a person types or reads: the member's, less its unit suffix, '_' as '-':
 * warn_ns → "warn". Returns its length. */
size_t xm_field_label(const struct xm_field *f, char *buf, size_t size);
/* Set every member from .def. Programming errors in a table abort here, in every test. */
void xm_fields_default(const struct xm_field *f, void *obj);
/* Parse the text into its member; the sentence in err names the option and what it takes.
 * -EINVAL: not such a value; -ERANGE: outside min..max; -E2BIG: too long. */
int xm_field_parse(const struct xm_field *f, void *obj, const char *text,
		   struct xm_err *err) XM_MUST;
/* By label, or by letter when name is NULL */
const struct xm_field *xm_field_find(const struct xm_field *f, const char *name, char letter);
/* Append the value: human form ("1.2ms", "4.0 MiB") or raw. No value prints as "-", raw "NaN". */
void xm_field_print(const struct xm_field *f, const void *obj, bool raw, struct xm_buf *out);
/* The value as a number in Prometheus's unit. NaN for texts. */
double xm_field_number(const struct xm_field *f, const void *obj);
/* The text of a XM_STR, XM_TEXT or XM_ENUM member; NULL for numbers */
const char *xm_field_text(const struct xm_field *f, const void *obj);
