/* Reload by difference: a bad configuration changes nothing. */
#include "agent/core.h"
#include "agent/notify.h"
#include "base/log.h"

void xm_core_free_retired(struct xm_core *a)
{
	xm_plan_free(xm_sampler_retired(&a->sampler), a->plan);
}

/* Read the configuration again and put it in place, or keep the old one. What happened, in words.
 */
static int reload(struct xm_core *a, struct xm_buf *ret_words)
{
	_cleanup_(xm_agent_conf_freep) struct xm_agent_conf *conf = NULL;
	_cleanup_buf_ struct xm_buf changes = XM_BUF_INIT;
	struct xm_plan *plan;
	char fixed[XM_LABEL_MAX];
	int r = a->start->reload(a->start->arg, &conf, ret_words);

	if (r < 0)
		return r;
	if (xm_agent_conf_fixed(a->conf, conf, fixed)) {
		xm_buf_addf(ret_words,
			    "'%s' has changed, which takes a restart; nothing was changed", fixed);
		return -EINVAL;
	}
	xm_core_free_retired(a);
	r = xm_plan_new(conf, &a->host, a->plan, &plan, &changes);
	if (r >= 0) {
		r = xm_sampler_replace(&a->sampler, plan);
		if (r < 0)
			xm_plan_free(plan, a->plan);
	}
	if (r == -EBUSY) {
		a->reload_again = true; /* in a second */
		xm_buf_adds(ret_words, "the last reload is not finished yet, this one follows");
		return 0;
	}
	if (r < 0) {
		xm_buf_adds(ret_words, strerror(-r));
		return r;
	}
	a->plan = plan;
	xm_log_set_level((enum xm_log_level)conf->log_level);
	xm_agent_conf_free(a->conf);
	a->conf = TAKE_PTR(conf);
	a->web.conf = a->conf;
	xm_buf_addf(ret_words, "reloaded: %s", changes.len ? changes.data : "no source changed");
	return 0;
}

static void log_lines(enum xm_log_level level, const char *text)
{
	struct xm_str rest = XM_STR_OF(text), line;

	while (xm_line_next(&rest, &line))
		xm_log(level, "%.*s", (int)line.n, line.p);
}

int xm_core_reload(struct xm_core *a, struct xm_buf *words)
{
	int r;

	a->reload_again = false;
	xm_notify("RELOADING=1");
	r = reload(a, words);
	log_lines(r < 0 ? XM_LOG_ERROR : XM_LOG_INFO, words->data);
	if (r < 0)
		xm_error("the old configuration stays");
	xm_notify("READY=1");
	return r;
}
