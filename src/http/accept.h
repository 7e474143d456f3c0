/* Choosing a representation by Accept and Accept-Encoding (RFC 9110, 12.4 and 12.5). */
#pragma once
#include "base/base.h"

/*
 * Choose among media types ("text/plain;version=0.0.4", NULL-terminated, best first).
 *
 * Each offer has the weight of the most specific range that matches it: one with matching
 * parameters before one without, before "any subtype", before "anything". A parameter of a range
 * must have the same value in the offer; one that the offer lacks (escaping=) is no obstacle.
 * The heaviest offer wins, the earlier one of equals. What cannot be read in the header is skipped.
 *
 * No header, or an empty one: the first offer. -ENOENT: none is acceptable.
 */
int xm_http_negotiate(const char *accept, const char *const *offers, int *ret_index) XM_MUST;

/* Whether a content coding ("gzip") may be used and is not liked less than none at all */
bool xm_http_coding_ok(const char *accept_encoding, const char *coding);
