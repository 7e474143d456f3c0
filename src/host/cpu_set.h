/* A set of CPUs, and the kernel's way of writing one: "0-3,8". */
#pragma once
#include "base/text.h"

#define XM_CPUS_MAX 4096 /* CPUs with a higher number are left out */

struct xm_cpu_set {
	uint64_t bits[XM_CPUS_MAX / 64];
};

static inline void xm_cpu_set_add(struct xm_cpu_set *s, uint32_t cpu)
{
	s->bits[cpu / 64] |= 1ULL << cpu % 64;
}
static inline bool xm_cpu_set_has(const struct xm_cpu_set *s, uint32_t cpu)
{
	return cpu < XM_CPUS_MAX && s->bits[cpu / 64] >> cpu % 64 & 1;
}
/* -EINVAL: not such a list. An empty one is an empty set. */
int xm_cpu_set_parse(struct xm_str list, struct xm_cpu_set *ret) XM_MUST;

/* The number in "cpu12"; -EINVAL for other names, -ERANGE from XM_CPUS_MAX on */
int xm_cpu_number(struct xm_str name, uint32_t *ret) XM_MUST;
