#include "agent/conf.h"

static const char *const log_levels[] = { "error", "warning", "info", "debug", NULL };

#define OPT(m, t, h, ...) XM_FIELD(struct xm_agent_conf, m, t, h, ##__VA_ARGS__)

const struct xm_field xm_agent_opts[] = {
	OPT(listen, XM_STR, "addresses to serve on, separated by commas",
	    .def = "127.0.0.1:8000,[::1]:8000"),
	OPT(hosts, XM_STR,
	    "names in a request's Host besides loopback and the addresses served on"),
	OPT(data_dir, XM_STR, "where the token and the history are kept"),
	OPT(socket, XM_STR, "unix socket for those who may do everything"),
	OPT(socket_group, XM_STR, "group that may use it"),
	OPT(user, XM_STR, "whom the web process runs as, when started by root", .def = "nobody"),
	OPT(log_level, XM_ENUM, "what to log", .def = "info", .choices = log_levels,
	    .flags = XM_LIVE),
	OPT(max_series, XM_U32, "series kept at most", .def = "20000", .min = 100,
	    .max = XM_HEAD_VALUES_MAX),
	OPT(realtime, XM_BOOL, "give the sampler real-time priority", .def = "true"),
	OPT(lock_memory, XM_BOOL, "keep the core process in memory", .def = "true"),
	OPT(procfs, XM_STR, "procfs mount point", .label = "path.procfs", .def = "/proc"),
	OPT(sysfs, XM_STR, "sysfs mount point", .label = "path.sysfs", .def = "/sys"),
	OPT(rootfs, XM_STR, "rootfs mount point", .label = "path.rootfs", .def = "/"),
	OPT(udev_data, XM_STR, "udev data path", .label = "path.udev.data",
	    .def = "/run/udev/data"),
	{}
};

static unsigned count_fields(const struct xm_field *f)
{
	unsigned n = 0;

	while (f && f[n].type)
		n++;
	return n;
}

/* The common options and the collector's own as one table over one block */
static int add_collector(struct xm_agent_conf *c, const struct xm_collector *desc)
{
	unsigned common = count_fields(xm_source_opts), own = count_fields(desc->opts);
	struct xm_conf_collector *cc = &c->collector[c->n_collectors];
	struct xm_source_conf def = xm_source_conf_default(desc);

	cc->desc = desc;
	cc->fields = calloc(common + own + 1, sizeof *cc->fields);
	cc->block = calloc(1, sizeof def + desc->conf_size);
	c->n_collectors++;
	if (!cc->fields || !cc->block)
		return -ENOMEM;
	memcpy(cc->fields, xm_source_opts, common * sizeof *cc->fields);
	for (unsigned i = 0; i < own; i++) {
		cc->fields[common + i] = desc->opts[i];
		cc->fields[common + i].off += sizeof def;
	}
	memcpy(cc->block, &def, sizeof def);
	xm_fields_default(desc->opts, cc->block + sizeof def);
	c->section[c->n_collectors - 1] = (struct xm_section){
		.name = desc->name, .help = desc->help, .fields = cc->fields, .obj = cc->block
	};
	return 0;
}

static void set_default_paths(struct xm_agent_conf *c)
{
	const char *state = getenv("XDG_STATE_HOME"), *run = getenv("XDG_RUNTIME_DIR"),
		   *home = getenv("HOME");

	if (geteuid() == 0) {
		snprintf(c->data_dir, sizeof c->data_dir, "/var/lib/xmon");
		snprintf(c->socket, sizeof c->socket, "/run/xmon/xmon.sock");
		return;
	}
	if (state)
		snprintf(c->data_dir, sizeof c->data_dir, "%s/xmon", state);
	else
		snprintf(c->data_dir, sizeof c->data_dir, "%s/.local/state/xmon", home ? home : "");
	if (run)
		snprintf(c->socket, sizeof c->socket, "%s/xmon/xmon.sock", run);
}

int xm_agent_conf_new(struct xm_agent_conf **ret)
{
	_cleanup_(xm_agent_conf_freep) struct xm_agent_conf *c = calloc(1, sizeof *c);

	if (!c)
		return -ENOMEM;
	xm_fields_default(xm_agent_opts, c);
	set_default_paths(c);
	for (const struct xm_collector *const *p = xm_collectors;
	     *p && c->n_collectors < XM_COLLECTORS_MAX; p++) {
		int r = add_collector(c, *p);

		if (r < 0)
			return r;
	}
	c->top[0] = (struct xm_section){ .name = "collectors",
					 .help = "what is collected",
					 .subs = c->section };
	*ret = TAKE_PTR(c);
	return 0;
}

void xm_agent_conf_free(struct xm_agent_conf *c)
{
	for (unsigned i = 0; c && i < c->n_collectors; i++) {
		free(c->collector[i].fields);
		free(c->collector[i].block);
	}
	free(c);
}

static struct xm_section root_of(struct xm_agent_conf *c)
{
	return (struct xm_section){
		.name = "", .help = "the agent", .fields = xm_agent_opts, .obj = c, .subs = c->top
	};
}

int xm_agent_conf_load(struct xm_agent_conf *c, const char *path, struct xm_buf *ret_errors)
{
	struct xm_section root = root_of(c);

	return xm_config_load(path, &root, ret_errors);
}

void xm_agent_conf_print(struct xm_agent_conf *c, struct xm_buf *out)
{
	struct xm_section root = root_of(c);

	xm_config_print(&root, out);
}

static struct xm_conf_collector *find_collector(struct xm_agent_conf *c, struct xm_str name)
{
	for (unsigned i = 0; i < c->n_collectors; i++)
		if (xm_str_eq(name, c->collector[i].desc->name))
			return &c->collector[i];
	return NULL;
}

static int unknown_collector(struct xm_agent_conf *c, struct xm_str name, struct xm_err *err)
{
	const char *names[XM_COLLECTORS_MAX + 1] = {}, *near;
	char word[40];

	for (unsigned i = 0; i < c->n_collectors; i++)
		names[i] = c->collector[i].desc->name;
	xm_str_copy(name, word, sizeof word);
	near = xm_did_you_mean(word, names);
	return xm_fail(err, -EINVAL, "unknown collector '%s'%s%s%s", word,
		       near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

/* collector.netdev.device-exclude; collector.netdev alone is its `enabled` */
static int find_option(const char *name, void *arg, const struct xm_field **ret_field,
		       void **ret_obj, struct xm_err *err)
{
	struct xm_agent_conf *c = arg;
	struct xm_str rest = XM_STR_OF(name), head;
	struct xm_conf_collector *cc;
	const char *option = "enabled";

	if (!xm_str_starts(rest, "collector."))
		return -ENOENT;
	rest.p += strlen("collector.");
	rest.n -= strlen("collector.");
	if (xm_str_cut(&rest, '.', &head))
		option = rest.p;
	else
		head = rest;
	cc = find_collector(c, head);
	if (!cc)
		return unknown_collector(c, head, err);
	*ret_field = xm_field_find(cc->fields, option, 0);
	*ret_obj = cc->block;
	return *ret_field ? 0
			  : xm_fail(err, -EINVAL, "unknown option '%s' of collector '%s'", option,
				    cc->desc->name);
}

int xm_agent_conf_args(struct xm_agent_conf *c, const struct xm_opts *more, int argc,
		       char *const *argv, struct xm_err *err)
{
	struct xm_opts tables[] = { { .title = "Agent", .fields = xm_agent_opts, .obj = c },
				    more ? *more : (struct xm_opts){},
				    {} };
	struct xm_args args = { .tables = tables, .find = find_option, .arg = c };

	return xm_args_parse(&args, argc, argv, err);
}

struct xm_host_paths xm_agent_conf_paths(const struct xm_agent_conf *c)
{
	return (struct xm_host_paths){ .dir = { [XM_PROC] = c->procfs,
						[XM_SYS] = c->sysfs,
						[XM_ROOT] = c->rootfs,
						[XM_UDEV] = c->udev_data } };
}

bool xm_agent_conf_fixed(const struct xm_agent_conf *a, const struct xm_agent_conf *b,
			 char ret_label[XM_LABEL_MAX])
{
	for (const struct xm_field *f = xm_agent_opts; f->type; f++)
		if (!(f->flags & XM_LIVE) &&
		    memcmp((const char *)a + f->off, (const char *)b + f->off, f->size) != 0) {
			xm_field_label(f, ret_label, XM_LABEL_MAX);
			return true;
		}
	return false;
}
