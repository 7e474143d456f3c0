/*
 * A hash table from byte strings to 32-bit numbers (usually an index into the owner's array). Open
 * addressing, linear probing. It stores no keys: the owner's array does, and tells them by `key`.
 */
#pragma once
#include "base/base.h"

struct xm_map {
	uint32_t *slot; /* value + 1; 0 = empty */
	uint32_t cap;   /* a power of two, or 0 */
	uint32_t len;
	/* Key of a stored value */
	const void *(*key)(const void *owner, uint32_t value, size_t *ret_len);
	const void *owner;
};

#define XM_MAP_NONE UINT32_MAX

void xm_map_done(struct xm_map *m);
uint64_t xm_hash(const void *key, size_t len); /* FNV-1a, 64 bits */
uint32_t xm_map_find(const struct xm_map *m, const void *key, size_t len);
/* Add a value whose key is not in the map yet; key() must already answer for it. */
int xm_map_add(struct xm_map *m, uint32_t value) XM_MUST;
/* Take a value out, while key() still answers for it */
void xm_map_remove(struct xm_map *m, uint32_t value);
void xm_map_clear(struct xm_map *m);
