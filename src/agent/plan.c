#include "agent/plan.h"

static struct xm_agent_source *find(const struct xm_plan *plan, const struct xm_collector *desc)
{
	for (unsigned i = 0; plan && i < plan->n; i++)
		if (plan->source[i]->desc == desc)
			return plan->source[i];
	return NULL;
}

static bool has(const struct xm_plan *plan, const struct xm_agent_source *s)
{
	return plan && find(plan, s->desc) == s;
}

static void note(struct xm_buf *changes, const char *what, const char *name)
{
	if (changes)
		xm_buf_addf(changes, "%s%s %s", changes->len ? ", " : "", what, name);
}

void xm_plan_free(struct xm_plan *plan, const struct xm_plan *kept)
{
	for (unsigned i = 0; plan && i < plan->n; i++)
		if (!has(kept, plan->source[i]))
			xm_agent_source_free(plan->source[i]);
	free(plan);
}

int xm_plan_new(const struct xm_agent_conf *conf, const struct xm_host *host,
		const struct xm_plan *old, struct xm_plan **ret, struct xm_buf *ret_changes)
{
	struct xm_plan *plan =
		calloc(1, sizeof *plan + conf->n_collectors * sizeof plan->source[0]);

	if (!plan)
		return -ENOMEM;
	for (unsigned i = 0; i < conf->n_collectors; i++) {
		const struct xm_conf_collector *cc = &conf->collector[i];
		const struct xm_source_conf *sc = xm_conf_source(cc);
		struct xm_agent_source *s = find(old, cc->desc);
		int r = 0;

		if (s && !sc->enabled)
			note(ret_changes, "off:", cc->desc->name);
		if (!sc->enabled)
			continue;
		if (s && !xm_agent_source_same(s, sc, xm_conf_own(cc))) {
			note(ret_changes, "changed:", cc->desc->name);
			s = NULL;
		} else if (old && !s) {
			note(ret_changes, "on:", cc->desc->name);
		}
		if (!s)
			r = xm_agent_source_new(cc->desc, host, sc, xm_conf_own(cc), &s);
		if (r < 0) {
			xm_plan_free(plan, old);
			return r;
		}
		plan->source[plan->n++] = s;
	}
	*ret = plan;
	return 0;
}
