/*
 * Calls that may never come back: statfs of a mount whose server is gone, a read from a sensor that
 * died. A helper thread makes them, one item after the other; the caller waits for each no longer
 * than it says, then leaves that helper behind with the call it hangs in and goes on with a fresh
 * one. A helper that was left behind ends by itself when its call returns; until then its item is
 * not called again.
 *
 * One caller at a time. The helpers may outlive xm_stuck_close(): fn and what it uses must be code,
 * not data of the caller.
 */
#pragma once
#include "base/base.h"

/* The first member of an item */
struct xm_stuck_item {
	uint64_t key; /* tells that an item is the same as one of an earlier run */
	int result;   /* what fn returned, 0 or a negative errno. -ETIMEDOUT: it did not come back;
		       * -EAGAIN: not called, too many did not come back */
	uint32_t index; /* used inside */
};

struct xm_stuck_conf {
	/* May use its item only, which is a copy; the copy comes back when fn returned in time */
	int (*fn)(void *item);
	size_t size;   /* of an item */
	unsigned lost; /* when so many helpers are lost, only items that answered in the run before
			* are called; when twice as many, none */
	int proc;      /* /proc of this machine, to tell a helper that waits for a CPU from one that
			* hangs; -1: not told apart */
};

struct xm_stuck;

int xm_stuck_open(struct xm_stuck **ret, const struct xm_stuck_conf *conf) XM_MUST;
void xm_stuck_close(struct xm_stuck *s); /* never waits for a lost helper; NULL is fine */

/* Call fn for each of the n items, whose keys differ, and set their results. -ENOMEM, -EAGAIN: no
 * helper could be started; the items it was needed for say -EAGAIN. */
int xm_stuck_run(struct xm_stuck *s, void *items, uint32_t n, uint64_t wait_ns) XM_MUST;
/* Helpers that have not come back */
unsigned xm_stuck_lost(const struct xm_stuck *s);
