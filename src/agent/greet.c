/* What the agent says on stdout when it starts. */
#include "agent/core.h"
#include "http/listen.h"

void xm_core_print_addresses(const struct xm_core *a)
{
	char address[160];

	printf("xmon %s\n", XMON_VERSION);
	for (unsigned i = 0; i < a->web.n_listen; i++) {
		if (xm_listen_address(a->web.listen[i], address, sizeof address) < 0)
			continue;
		if (!strncmp(address, "unix:", 5))
			printf("  control    %s\n", address);
		else if (i == 0)
			printf("  dashboard  http://%s/%s%s\n  metrics    http://%s/metrics\n",
			       address, isatty(STDOUT_FILENO) ? "#token=" : "",
			       isatty(STDOUT_FILENO) ? a->token : "", address);
		else
			printf("  and on     http://%s/\n", address);
	}
	printf("  token      %s/token (for what anonymous callers may not do)\n",
	       a->conf->data_dir);
	fflush(stdout);
}

/* Absent for the plain reason, which is told once for all of them */
static bool plainly_absent(const struct xm_agent_source *s)
{
	return s->state == XM_SOURCE_ABSENT && !*xm_agent_source_why(s);
}

static bool up(const struct xm_agent_source *s)
{
	return s->state == XM_SOURCE_UP;
}

static bool waiting(const struct xm_agent_source *s)
{
	return s->state == XM_SOURCE_NEW;
}

/* "  on         arp cpu …", broken before 80 columns */
static void print_names(const struct xm_core *a, const char *title,
			bool (*is)(const struct xm_agent_source *s))
{
	int column = 0;

	for (unsigned i = 0; i < a->plan->n; i++) {
		const char *name = a->plan->source[i]->desc->name;

		if (!is(a->plan->source[i]))
			continue;
		if (!column)
			column = printf("  %-10s", title);
		else if (column + (int)strlen(name) > 78)
			column = printf("\n%12s", "") - 1;
		column += printf(" %s", name);
	}
	if (column)
		printf("\n");
}

/* "  down       filesystem: no answer for 2.0 s", one a line */
static void print_reasons(const struct xm_core *a, const char *title, enum xm_source_state state)
{
	for (unsigned i = 0; i < a->plan->n; i++) {
		const struct xm_agent_source *s = a->plan->source[i];

		if (s->state == state && !plainly_absent(s)) {
			printf("  %-10s %s: %s\n", title, s->desc->name, xm_agent_source_why(s));
			title = "";
		}
	}
}

void xm_core_print_sources(const struct xm_core *a)
{
	print_names(a, "on", up);
	print_names(a, "none here", plainly_absent);
	print_reasons(a, "off", XM_SOURCE_ABSENT);
	print_reasons(a, "down", XM_SOURCE_DOWN);
	print_names(a, "not yet", waiting);
	fflush(stdout);
}
