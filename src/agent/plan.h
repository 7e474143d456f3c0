/* Making the sampler's list of sources from a configuration, and replacing it on reload. */
#pragma once
#include "agent/conf.h"
#include "agent/sampler.h"

/* A plan for the configuration. Sources of `old` (may be NULL) that stay as they are are in it too,
 * so they go on counting. ret_changes: what was opened or closed, in words; may be NULL. */
int xm_plan_new(const struct xm_agent_conf *conf, const struct xm_host *host,
		const struct xm_plan *old, struct xm_plan **ret,
		struct xm_buf *ret_changes) XM_MUST;
/* Free a plan and its sources but those that `kept` (may be NULL) has too */
void xm_plan_free(struct xm_plan *plan, const struct xm_plan *kept);
