/*
 * A filter's answers, remembered. Matching allocates, and the same names come in the same order at
 * each turn: so a name is matched only where another one stood at the last turn.
 */
#pragma once
#include "base/text.h"
#include "host/filter.h"

#define XM_VERDICTS_MAX 1024 /* names a turn; what comes after them is matched each time */

struct xm_verdicts {
	const struct xm_filter *filter;
	unsigned at; /* names seen in this turn */
	struct {
		char name[63];
		bool shown;
	} known[XM_VERDICTS_MAX];
};

static inline void xm_verdicts_start(struct xm_verdicts *v, const struct xm_filter *filter)
{
	v->filter = filter;
	v->at = 0;
}
/* Is the next name of this turn shown? Names over 255 bytes are not. */
bool xm_verdicts_next(struct xm_verdicts *v, struct xm_str name);
