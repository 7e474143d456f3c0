/*
 * A sink that keeps rows and samples as they are, so that one thread can gather them and another
 * can emit them again later. Texts are copied.
 */
#pragma once
#include "out/out.h"

struct xm_record {
	struct xm_buf rows;
	unsigned n; /* rows and samples held */
};

struct xm_out xm_record_out(struct xm_record *rec);
/* Emit everything into out; the record stays as it is. Stops at the first failure. */
int xm_record_replay(const struct xm_record *rec, struct xm_out *out) XM_MUST;
void xm_record_reset(struct xm_record *rec);
void xm_record_done(struct xm_record *rec);
