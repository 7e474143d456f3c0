#include "host/cpu_set.h"

/* "8" or "0-3" */
static int add_range(struct xm_str range, struct xm_cpu_set *set)
{
	uint64_t first, last;
	struct xm_str head;
	bool one = !xm_str_cut(&range, '-', &head);

	if (xm_parse_u64(range, &last) < 0 || (!one && xm_parse_u64(head, &first) < 0))
		return -EINVAL;
	if (one)
		first = last;
	if (first > last)
		return -EINVAL;
	for (; first <= XM_MIN(last, XM_CPUS_MAX - 1); first++)
		xm_cpu_set_add(set, (uint32_t)first);
	return 0;
}

int xm_cpu_set_parse(struct xm_str list, struct xm_cpu_set *ret)
{
	struct xm_cpu_set set = {};
	struct xm_str range;
	int r = 0;

	list = xm_str_trim(list);
	while (r >= 0 && xm_str_cut(&list, ',', &range))
		r = add_range(range, &set);
	if (r >= 0 && list.n)
		r = add_range(list, &set);
	if (r >= 0)
		*ret = set;
	return r;
}

int xm_cpu_number(struct xm_str name, uint32_t *ret)
{
	uint64_t cpu;

	if (!xm_str_starts(name, "cpu"))
		return -EINVAL;
	name.p += strlen("cpu");
	name.n -= strlen("cpu");
	if (xm_parse_u64(name, &cpu) < 0)
		return -EINVAL;
	if (cpu >= XM_CPUS_MAX)
		return -ERANGE;
	*ret = (uint32_t)cpu;
	return 0;
}
