#include "host/hwmon_name.h"
#include "base/utf8.h"
#include <ctype.h>

static const char *const types[] = {
	"vrm",  "beep_enable", "update_interval", "in",       "cpu",       "fan",  "pwm", "temp",
	"curr", "power",       "energy",          "humidity", "intrusion", "freq", NULL
};

static bool known(const char *const *list, const char *word)
{
	while (*list && strcmp(*list, word))
		list++;
	return *list;
}

bool xm_hwmon_split(const char *file_name, struct xm_hwmon_file *ret)
{
	size_t n = strcspn(file_name, "0123456789");
	size_t digits = strspn(file_name + n, "0123456789");
	const char *rest = file_name + n + digits;
	uint64_t number = 0;

	*ret = (struct xm_hwmon_file){};
	if (!n || n >= sizeof ret->type || (*rest && (*rest != '_' || !rest[1])) ||
	    strlen(rest) > sizeof ret->property)
		return false;
	if (digits && (xm_parse_u64((struct xm_str){ file_name + n, digits }, &number) < 0 ||
		       number > UINT32_MAX))
		return false;
	memcpy(ret->type, file_name, n);
	ret->number = (uint32_t)number;
	if (*rest)
		memcpy(ret->property, rest + 1, strlen(rest + 1));
	return known(types, ret->type);
}

void xm_hwmon_clean(struct xm_str name, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < name.n && n + 1 < size;) {
		char c = (char)tolower((unsigned char)name.p[i]);
		size_t len = (unsigned char)c < 0x80 ? 1 : xm_utf8_len(name.p + i);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != ':')
			c = '_';
		if (n || c != '_')
			buf[n++] = c;
		i += len ? len : 1;
	}
	while (n && buf[n - 1] == '_')
		n--;
	buf[n] = 0;
}

#define MILLI 1e-3, 1
#define MICRO 1, 1e6
#define ONE   1, 1

/* Sensors that are one file and have a name of their own */
static const struct single {
	const char *type, *name, *help;
	double mul, div;
	bool flag;
} singles[] = {
	{ "beep_enable", "beep_enabled", "Hardware beep enabled", ONE, true },
	{ "vrm", "voltage_regulator_version", "Hardware voltage regulator", ONE, false },
	{ "update_interval", "update_interval_seconds", "Hardware monitor update interval", MILLI,
	  false },
};

#define INTERVAL "Hardware monitor power usage update interval "
#define RPM      "Hardware monitor for fan revolutions per minute "
#define HUMIDITY                                                                                   \
	"Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the humidity as a " \
	"percentage) "

/* The unit of a property: the first rule that fits. A NULL property fits all; HELP goes on with the
 * property in parentheses where it ends in a blank; a NULL help says that there is no unit. */
static const struct unit {
	const char *type, *property, *suffix;
	double mul, div;
	const char *help;
	bool counter;
} units[] = {
	{ "in", NULL, "_volts", MILLI, "Hardware monitor for voltage ", false },
	{ "cpu", NULL, "_volts", MILLI, "Hardware monitor for voltage ", false },
	{ "temp", "type", "", ONE, NULL, false },
	{ "temp", NULL, "_celsius", MILLI, "Hardware monitor for temperature ", false },
	{ "curr", NULL, "_amps", MILLI, "Hardware monitor for current ", false },
	{ "energy", NULL, "_joule_total", MICRO, "Hardware monitor for joules used so far ", true },
	{ "power", "accuracy", "", MICRO, "Hardware monitor power meter accuracy, as a ratio",
	  false },
	{ "power", "average_interval", "_seconds", MILLI, INTERVAL, false },
	{ "power", "average_interval_min", "_seconds", MILLI, INTERVAL, false },
	{ "power", "average_interval_max", "_seconds", MILLI, INTERVAL, false },
	{ "power", NULL, "_watt", MICRO, "Hardware monitor for power usage in watts ", false },
	{ "humidity", NULL, "", MICRO, HUMIDITY, false },
	{ "fan", "input", "_rpm", ONE, RPM, false },
	{ "fan", "min", "_rpm", ONE, RPM, false },
	{ "fan", "max", "_rpm", ONE, RPM, false },
	{ "fan", "target", "_rpm", ONE, RPM, false },
	{ "freq", "input", "_freq_mhz", MICRO, "Hardware monitor for GPU frequency in MHz", false },
};

static const struct single *find_single(const struct xm_hwmon_file *f)
{
	for (size_t i = 0; i < XM_ARRAY_LEN(singles); i++)
		if (!strcmp(singles[i].type, f->type))
			return &singles[i];
	return NULL;
}

static bool describe_single(const struct xm_hwmon_file *f, const struct single *s,
			    struct xm_hwmon_metric *ret)
{
	if (f->property[0])
		return false;
	*ret = (struct xm_hwmon_metric){ .mul = s->mul, .div = s->div, .flag = s->flag };
	snprintf(ret->name, sizeof ret->name, "%s", s->name);
	snprintf(ret->help, sizeof ret->help, "%s", s->help);
	return true;
}

/* "temp_crit"; the input of a sensor is its value, unless a bare file already is */
static void name_metric(const struct xm_hwmon_file *f, bool bare, char *buf, size_t size)
{
	char property[sizeof f->property];

	xm_hwmon_clean(XM_STR_OF(f->property), property, sizeof property);
	if (!f->property[0] || (!strcmp(f->property, "input") && !bare))
		snprintf(buf, size, "%s", f->type);
	else
		snprintf(buf, size, "%s_%s", f->type, property);
}

static const struct unit *find_unit(const struct xm_hwmon_file *f)
{
	for (size_t i = 0; i < XM_ARRAY_LEN(units); i++)
		if (!strcmp(units[i].type, f->type) &&
		    (!units[i].property || !strcmp(units[i].property, f->property)))
			return units[i].help ? &units[i] : NULL;
	return NULL;
}

/* States have no unit, whatever the sensor */
static bool describe_state(const struct xm_hwmon_file *f, const char *name,
			   struct xm_hwmon_metric *ret)
{
	static const char *const states[] = { "fault", "alarm", NULL };
	bool beep = !strcmp(f->property, "beep");

	if (!beep && !known(states, f->property))
		return false;
	snprintf(ret->name, sizeof ret->name, "%s%s", name, beep ? "_enabled" : "");
	if (beep)
		snprintf(ret->help, sizeof ret->help,
			 "Hardware monitor sensor has beeping enabled");
	else
		snprintf(ret->help, sizeof ret->help, "Hardware sensor %s status (%s)", f->property,
			 f->type);
	return true;
}

static void describe_value(const struct xm_hwmon_file *f, const char *name,
			   struct xm_hwmon_metric *ret)
{
	const struct unit *u = find_unit(f);
	const char *property = f->property;

	if (!u) {
		snprintf(ret->name, sizeof ret->name, "%s", name);
		snprintf(ret->help, sizeof ret->help, "Hardware monitor %s element %s", f->type,
			 property);
		return;
	}
	if (!*property && !strcmp(f->type, "temp"))
		property = "input";
	ret->mul = u->mul;
	ret->div = u->div;
	ret->counter = u->counter;
	snprintf(ret->name, sizeof ret->name, "%s%s", name, u->suffix);
	if (u->help[strlen(u->help) - 1] == ' ')
		snprintf(ret->help, sizeof ret->help, "%s(%s)", u->help, property);
	else
		snprintf(ret->help, sizeof ret->help, "%s", u->help);
}

bool xm_hwmon_describe(const struct xm_hwmon_file *f, bool bare, struct xm_hwmon_metric *ret)
{
	const struct single *single = find_single(f);
	char name[80];

	if (single)
		return describe_single(f, single, ret);
	if (!strcmp(f->property, "label"))
		return false;
	*ret = (struct xm_hwmon_metric){ .mul = 1, .div = 1 };
	name_metric(f, bare, name, sizeof name);
	if (!describe_state(f, name, ret))
		describe_value(f, name, ret);
	return true;
}
