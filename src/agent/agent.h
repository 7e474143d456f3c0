/* `xmon agent`: two processes, core and web, until a signal ends them. */
#pragma once
#include "agent/conf.h"

struct xm_agent_start {
	struct xm_agent_conf *conf; /* taken over */
	/* Make the configuration anew as it was made at the start; all errors in ret_errors */
	int (*reload)(void *arg, struct xm_agent_conf **ret, struct xm_buf *ret_errors);
	void *arg;
};

/* Returns 0 after TERM or INT; negative: it could not start, or core failed; a sentence in err */
int xm_agent_main(const struct xm_agent_start *start, struct xm_err *err) XM_MUST;
