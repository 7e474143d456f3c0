/*
 * What the files of a hwmon directory mean, by their names: "temp1_crit" is a temperature in
 * millidegrees, shown as node_hwmon_temp_crit_celsius of the sensor temp1. Pure.
 */
#pragma once
#include "base/text.h"

/* <type><number>_<property>; a missing number is 0, a missing property "" */
struct xm_hwmon_file {
	char type[16]; /* "temp" */
	uint32_t number;
	char property[48]; /* "crit" */
};

struct xm_hwmon_metric {
	char name[96]; /* without its node_hwmon_ */
	char help[160];
	double mul, div; /* what the file holds × mul ÷ div is in the metric's unit */
	bool counter;
	bool flag; /* the value is whether the file holds "1" */
};

/* False: not a file of a sensor that we know */
bool xm_hwmon_split(const char *file_name, struct xm_hwmon_file *ret);
/* How a file is shown; `bare`: its sensor has a file without property too. False: not at all. */
bool xm_hwmon_describe(const struct xm_hwmon_file *f, bool bare, struct xm_hwmon_metric *ret);
/* Lower case, '_' for everything but letters, digits, ':' and '_', none of them at the ends */
void xm_hwmon_clean(struct xm_str name, char *buf, size_t size);
