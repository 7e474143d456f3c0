#include "base/map.h"

void xm_map_done(struct xm_map *m)
{
	free(m->slot);
	m->slot = NULL;
	m->cap = m->len = 0;
}

void xm_map_clear(struct xm_map *m)
{
	if (m->cap)
		memset(m->slot, 0, m->cap * sizeof *m->slot);
	m->len = 0;
}

uint64_t xm_hash(const void *key, size_t len)
{
	const unsigned char *p = key;
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3ULL;
	return h ^ h >> 32;
}

static uint32_t home(const struct xm_map *m, uint32_t value)
{
	size_t len;
	const void *key = m->key(m->owner, value, &len);

	return (uint32_t)xm_hash(key, len) & (m->cap - 1);
}

uint32_t xm_map_find(const struct xm_map *m, const void *key, size_t len)
{
	size_t n;

	if (!m->len)
		return XM_MAP_NONE;
	for (uint32_t i = (uint32_t)xm_hash(key, len) & (m->cap - 1); m->slot[i];
	     i = (i + 1) & (m->cap - 1)) {
		const void *k = m->key(m->owner, m->slot[i] - 1, &n);

		if (n == len && !memcmp(k, key, len))
			return m->slot[i] - 1;
	}
	return XM_MAP_NONE;
}

static void put(struct xm_map *m, uint32_t value)
{
	uint32_t i = home(m, value);

	while (m->slot[i])
		i = (i + 1) & (m->cap - 1);
	m->slot[i] = value + 1;
}

static int grow(struct xm_map *m)
{
	uint32_t cap = m->cap ? m->cap * 2 : 64;
	struct xm_map old = *m;
	uint32_t *slot = calloc(cap, sizeof *slot);

	if (!slot)
		return -ENOMEM;
	m->slot = slot;
	m->cap = cap;
	for (uint32_t i = 0; i < old.cap; i++)
		if (old.slot[i])
			put(m, old.slot[i] - 1);
	free(old.slot);
	return 0;
}

int xm_map_add(struct xm_map *m, uint32_t value)
{
	int r = m->len + 1 > m->cap / 4 * 3 ? grow(m) : 0;

	if (r < 0)
		return r;
	put(m, value);
	m->len++;
	return 0;
}

/* Close the hole at i: move back every later entry of the run that may live there */
static void close_hole(struct xm_map *m, uint32_t hole)
{
	uint32_t mask = m->cap - 1;

	for (uint32_t i = (hole + 1) & mask; m->slot[i]; i = (i + 1) & mask) {
		uint32_t h = home(m, m->slot[i] - 1);

		if (((i - h) & mask) >= ((i - hole) & mask)) {
			m->slot[hole] = m->slot[i];
			hole = i;
		}
	}
	m->slot[hole] = 0;
}

void xm_map_remove(struct xm_map *m, uint32_t value)
{
	uint32_t i;

	if (!m->len)
		return;
	for (i = home(m, value); m->slot[i]; i = (i + 1) & (m->cap - 1))
		if (m->slot[i] - 1 == value) {
			close_hole(m, i);
			m->len--;
			return;
		}
}
