/* xmon VERB [options]: find the verb and hand over. */
#include "base/text.h"
#include "cli/verb.h"
#include <signal.h>

const struct xm_verb xm_verbs[] = {
	{ "agent", "monitor this machine: dashboard, /metrics, history", xm_verb_agent },
	{ "metrics", "print what the agent's collectors see now, once", xm_verb_metrics },
	{ "version", "print the version", xm_verb_version },
	{ "help", "explain xmon, or one verb", xm_verb_help },
	{}
};

int xm_complain(const char *verb, int status, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "xmon%s%s: ", verb ? " " : "", verb ? verb : "");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

int xm_verb_version(int argc, char **argv)
{
	if (argc > 1)
		return xm_complain(argv[0], XM_EXIT_USAGE, "takes no arguments");
	printf("xmon %s\n", XMON_VERSION);
	return XM_EXIT_OK;
}

static const struct xm_verb *find_verb(const char *name)
{
	for (const struct xm_verb *v = xm_verbs; v->name; v++)
		if (!strcmp(v->name, name))
			return v;
	return NULL;
}

static int unknown_verb(const char *name)
{
	const char *names[XM_ARRAY_LEN(xm_verbs)] = {}, *near;

	for (size_t i = 0; xm_verbs[i].name; i++)
		names[i] = xm_verbs[i].name;
	near = xm_did_you_mean(name, names);
	if (near)
		return xm_complain(NULL, XM_EXIT_USAGE, "unknown verb '%s' (did you mean '%s'?)",
				   name, near);
	return xm_complain(NULL, XM_EXIT_USAGE, "unknown verb '%s'; 'xmon help' lists them", name);
}

static int overview(void)
{
	printf("xmon %s: what a Linux machine is doing, and why it is slow\n\n"
	       "usage: xmon VERB [options]\n\n",
	       XMON_VERSION);
	for (const struct xm_verb *v = xm_verbs; v->name; v++)
		printf("  %-10s %s\n", v->name, v->summary);
	printf("\nexamples:\n"
	       "  xmon agent                       # then open http://127.0.0.1:8000/\n"
	       "  xmon metrics diskstats -f text   # one look at the disks\n"
	       "  xmon help agent                  # all options of a verb\n");
	return XM_EXIT_OK;
}

int xm_verb_help(int argc, char **argv)
{
	char *args[] = { NULL, (char *)"--help", NULL };
	const struct xm_verb *v;

	if (argc < 2)
		return overview();
	v = find_verb(argv[1]);
	if (!v)
		return unknown_verb(argv[1]);
	if (v->run == xm_verb_help || v->run == xm_verb_version) {
		printf("usage: xmon %s\n\n%s\n", v->name, v->summary);
		return XM_EXIT_OK;
	}
	args[0] = argv[1];
	return v->run(2, args);
}

int main(int argc, char **argv)
{
	const struct xm_verb *v;

	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return overview();
	if (!strcmp(argv[1], "--version"))
		return xm_verb_version(1, argv);
	v = find_verb(argv[1]);
	return v ? v->run(argc - 1, argv + 1) : unknown_verb(argv[1]);
}
