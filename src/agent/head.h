/*
 * The live head: the newest snapshot of all series, in memory that core writes and web reads.
 * Nobody waits for anybody: core writes the next of three rows of values, then moves the tick on; a
 * reader that was overtaken tries again. The layout (names, labels) changes seldom and has a
 * sequence number that is odd while it is being written.
 */
#pragma once
#include "out/layout.h"
#include <stdatomic.h>

#define XM_HEAD_VALUES_MAX 32768U     /* series kept at most, with room for those in between */
#define XM_HEAD_LAYOUT_MAX (8U << 20) /* bytes; memory is touched only as far as it is used */
#define XM_HEAD_ROWS       3

struct xm_head_row {
	uint64_t wall_ns; /* when the sampler woke for it, since 1970 */
	uint64_t mono_ns;
	uint64_t layout_seq;
	uint32_t n_values;
};

struct xm_head_memory {
	_Atomic uint64_t layout_seq;
	_Atomic uint64_t tick; /* rows published so far; row n stands at n % XM_HEAD_ROWS */
	uint32_t layout_size;
	struct xm_head_row row[XM_HEAD_ROWS];
	double value[XM_HEAD_ROWS][XM_HEAD_VALUES_MAX];
	char layout[XM_HEAD_LAYOUT_MAX];
};

/* Make the shared memory; *ret_fd is to be handed to readers */
int xm_head_create(struct xm_head_memory **ret, int *ret_fd) XM_MUST;
/* Map it read-only */
int xm_head_map(int fd, const struct xm_head_memory **ret) XM_MUST;
void xm_head_unmap(const struct xm_head_memory *m);

/* -E2BIG: over XM_HEAD_LAYOUT_MAX; the old layout stays */
int xm_head_set_layout(struct xm_head_memory *m, const void *layout, size_t size) XM_MUST;
void xm_head_publish(struct xm_head_memory *m, const double *value, uint32_t n, uint64_t wall_ns,
		     uint64_t mono_ns);

/* A reader's own copy of one snapshot */
struct xm_snapshot {
	uint64_t tick, wall_ns, mono_ns, layout_seq;
	struct xm_buf layout_text; /* begins with a struct xm_layout */
	double *value, *next;      /* XM_HEAD_VALUES_MAX each; next: scratch of a reading */
	uint32_t n_values;
};

int xm_snapshot_open(struct xm_snapshot *s) XM_MUST;
void xm_snapshot_close(struct xm_snapshot *s);
/* Bring the copy up to the newest row. 1: it changed; 0: it stays as it was, being the newest or as
 * the writer was in the way again and again; -EAGAIN: there is none yet. After an error it stays as
 * it was too. A change of layout_seq tells that the layout is another one. */
int xm_snapshot_read(struct xm_snapshot *s, const struct xm_head_memory *m) XM_MUST;
static inline const struct xm_layout *xm_snapshot_layout(const struct xm_snapshot *s)
{
	return (const void *)s->layout_text.data;
}
