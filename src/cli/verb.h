/* The verbs that are not modules, and what they share. */
#pragma once
#include "base/base.h"

enum xm_exit { XM_EXIT_OK, XM_EXIT_FAILED, XM_EXIT_USAGE, XM_EXIT_IMPOSSIBLE, XM_EXIT_LOST };

struct xm_verb {
	const char *name, *summary;
	/* argv[0] is the verb. Returns an enum xm_exit. */
	int (*run)(int argc, char **argv);
};

int xm_verb_agent(int argc, char **argv);
int xm_verb_metrics(int argc, char **argv);
int xm_verb_version(int argc, char **argv);
int xm_verb_help(int argc, char **argv);

extern const struct xm_verb xm_verbs[]; /* ends without name */

/* Print "xmon VERB: sentence" on stderr and return status */
int XM_PRINTF(3, 4) xm_complain(const char *verb, int status, const char *fmt, ...);
