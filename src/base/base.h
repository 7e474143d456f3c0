/* Cleanup, ownership and error context: what every file of xmon may rely on. */
#pragma once
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* XM_MIN and XM_MAX evaluate an argument twice */
#define XM_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define XM_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define XM_MUST         __attribute__((warn_unused_result))
#define XM_MIN(a, b)    ((a) < (b) ? (a) : (b))
#define XM_MAX(a, b)    ((a) > (b) ? (a) : (b))

#define XM_SWAP(a, b)                                                                              \
	do {                                                                                       \
		__typeof__(a) _t = (a);                                                            \
		(a) = (b);                                                                         \
		(b) = _t;                                                                          \
	} while (0)

#define XM_NS_PER_SEC 1000000000ULL
#define XM_NS_PER_MS  1000000ULL

/* Run fn(&variable) when the variable leaves its scope. Initialise it where it is declared. */
#define _cleanup_(fn) __attribute__((cleanup(fn)))
/* Hand the value over: the variable is empty afterwards and its cleanup does nothing. */
#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *_pp = &(p), _v = *_pp;                                              \
		*_pp = NULL;                                                                       \
		_v;                                                                                \
	})
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int *_pp = &(fd), _v = *_pp;                                                       \
		*_pp = -1;                                                                         \
		_v;                                                                                \
	})

static inline void xm_freep(void *p)
{
	free(*(void **)p);
}
static inline void xm_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
static inline void xm_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}
#define _cleanup_free_   _cleanup_(xm_freep)
#define _cleanup_close_  _cleanup_(xm_closep)
#define _cleanup_fclose_ _cleanup_(xm_fclosep)

/* What went wrong, in words, for the person who asked. Holds the innermost cause. */
struct xm_err {
	int code; /* negative errno; 0 = nothing recorded */
	char msg[400];
};

/* Record a cause and return its code, so that it reads `return xm_fail(...)`. First one wins. */
int XM_PRINTF(3, 4) xm_fail(struct xm_err *e, int code, const char *fmt, ...);

/* The recorded sentence, or the name of errno -r when nobody recorded one */
const char *xm_err_text(const struct xm_err *e, int r);
