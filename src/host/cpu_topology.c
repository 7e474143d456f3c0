#include "host/cpu_topology.h"
#include "host/file.h"

#define DIR "devices/system/cpu"

static const char *const counter[XM_THROTTLES] = {
	[XM_THROTTLE_CORE] = "thermal_throttle/core_throttle_count",
	[XM_THROTTLE_PACKAGE] = "thermal_throttle/package_throttle_count",
};

static int read_value(int dir, uint32_t cpu, const char *file, uint64_t *ret)
{
	char path[80];

	snprintf(path, sizeof path, "cpu%u/%s", cpu, file);
	return xm_read_u64(dir, path, ret);
}

static bool same_unit(const struct xm_cpu_place *a, const struct xm_cpu_place *b,
		      enum xm_throttle what)
{
	return a->package == b->package && (what == XM_THROTTLE_PACKAGE || a->core == b->core);
}

static bool counted_before(const struct xm_cpu_topology *t, const struct xm_cpu_place *p,
			   enum xm_throttle what)
{
	for (unsigned i = 0; i < t->n; i++)
		if (t->cpu[i].counts[what] && same_unit(&t->cpu[i], p, what))
			return true;
	return false;
}

static void read_place(const struct xm_cpu_topology *t, int dir, struct xm_cpu_place *p)
{
	uint64_t online;

	/* CPUs that cannot be switched off have no such file */
	p->online = read_value(dir, p->cpu, "online", &online) < 0 || online == 1;
	p->placed = read_value(dir, p->cpu, "topology/physical_package_id", &p->package) == 0 &&
		    read_value(dir, p->cpu, "topology/core_id", &p->core) == 0;
	for (int what = 0; p->placed && what < XM_THROTTLES; what++)
		p->counts[what] = !counted_before(t, p, what) &&
				  read_value(dir, p->cpu, counter[what], &p->throttled[what]) == 0;
}

static int grow(struct xm_cpu_topology *t)
{
	unsigned cap = t->cap ? t->cap * 2 : 16;
	struct xm_cpu_place *cpu;

	if (t->n < t->cap)
		return 0;
	cpu = reallocarray(t->cpu, cap, sizeof *cpu);
	if (!cpu)
		return -ENOMEM;
	t->cpu = cpu;
	t->cap = cap;
	return 0;
}

static int add_cpu(int dir, const char *name, void *arg)
{
	struct xm_cpu_topology *t = arg;
	struct xm_cpu_place place = {};

	if (xm_cpu_number(XM_STR_OF(name), &place.cpu) < 0)
		return 0;
	if (grow(t) < 0)
		return -ENOMEM;
	read_place(t, dir, &place);
	t->cpu[t->n++] = place;
	return 0;
}

int xm_cpu_topology_read(struct xm_cpu_topology *t, int sys)
{
	t->n = t->next = 0;
	return xm_dir_each(sys, DIR, add_cpu, t);
}

void xm_cpu_topology_refresh(struct xm_cpu_topology *t, int sys, unsigned max)
{
	for (unsigned i = 0; i < t->n && max; i++) {
		struct xm_cpu_place *p = &t->cpu[t->next++ % t->n];
		char path[96];

		max -= p->counts[XM_THROTTLE_CORE] || p->counts[XM_THROTTLE_PACKAGE];
		for (int what = 0; what < XM_THROTTLES; what++) {
			if (!p->counts[what])
				continue;
			snprintf(path, sizeof path, DIR "/cpu%u/%s", p->cpu, counter[what]);
			(void)!xm_read_u64(sys, path, &p->throttled[what]);
		}
	}
}

void xm_cpu_topology_done(struct xm_cpu_topology *t)
{
	free(t->cpu);
	*t = (struct xm_cpu_topology){};
}
