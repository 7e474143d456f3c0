/*
 * The agent's configuration: what the file and the command line may say. Every collector has one
 * section, in which the options common to all stand beside its own.
 */
#pragma once
#include "agent/head.h"
#include "agent/source.h"
#include "field/args.h"
#include "field/config.h"

#define XM_COLLECTORS_MAX 128
#define XM_LISTEN_MAX     8 /* addresses */

struct xm_conf_collector {
	const struct xm_collector *desc;
	struct xm_field *fields; /* of both, offsets from block */
	char *block;             /* struct xm_source_conf, then desc->conf_size bytes */
};

struct xm_agent_conf {
	char listen[256], socket[108], socket_group[32], hosts[512];
	char data_dir[256], user[32];
	char procfs[256], sysfs[256], rootfs[256], udev_data[256];
	uint32_t log_level, max_series;
	bool realtime, lock_memory;

	unsigned n_collectors;
	struct xm_conf_collector collector[XM_COLLECTORS_MAX];
	struct xm_section section[XM_COLLECTORS_MAX + 1], top[2];
};

extern const struct xm_field xm_agent_opts[];

/* The defaults */
int xm_agent_conf_new(struct xm_agent_conf **ret) XM_MUST;
void xm_agent_conf_free(struct xm_agent_conf *c);
static inline void xm_agent_conf_freep(struct xm_agent_conf **c)
{
	xm_agent_conf_free(*c);
}

/* What a file says, on top of the defaults. All errors of the file, a line each, in ret_errors. */
int xm_agent_conf_load(struct xm_agent_conf *c, const char *path,
		       struct xm_buf *ret_errors) XM_MUST;
/* Arguments on top of that; `more` (may be NULL) is a table of the caller's own */
int xm_agent_conf_args(struct xm_agent_conf *c, const struct xm_opts *more, int argc,
		       char *const *argv, struct xm_err *err) XM_MUST;
/* Everything in effect, as a configuration file */
void xm_agent_conf_print(struct xm_agent_conf *c, struct xm_buf *out);

struct xm_host_paths xm_agent_conf_paths(const struct xm_agent_conf *c);
static inline const struct xm_source_conf *xm_conf_source(const struct xm_conf_collector *c)
{
	return (const void *)c->block;
}
static inline const void *xm_conf_own(const struct xm_conf_collector *c)
{
	return c->block + sizeof(struct xm_source_conf);
}
/* Does an option differ that only a restart can change? The first one, as a user types it. */
bool xm_agent_conf_fixed(const struct xm_agent_conf *a, const struct xm_agent_conf *b,
			 char ret_label[XM_LABEL_MAX]);
