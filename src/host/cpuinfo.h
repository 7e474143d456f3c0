/* /proc/cpuinfo: what kind of CPU each one is. */
#pragma once
#include "base/text.h"

struct xm_cpuinfo {
	char cachesize[16], core[16], cpu[16], family[16], microcode[16], model[16], model_name[64],
		package[16], stepping[16], vendor[32];
	double frequency_hertz;    /* NaN: the file does not say */
	struct xm_str flags, bugs; /* words, in the text that was parsed */
};

/* Cut the next CPU off the text: the lines up to an empty one, with a "processor" among them. False
 * at the end. */
bool xm_cpuinfo_next(struct xm_str *rest, struct xm_cpuinfo *ret);
