#include "host/cpuinfo.h"
#include <math.h>

#define PLACE(k, m)                                                                                \
	{                                                                                          \
		k, offsetof(struct xm_cpuinfo, m), sizeof(((struct xm_cpuinfo *)0)->m)             \
	}

/* x86 first, then what arm64 says instead */
static const struct {
	const char *key;
	uint16_t off, size;
} places[] = {
	PLACE("processor", cpu),          PLACE("physical id", package),
	PLACE("core id", core),           PLACE("vendor_id", vendor),
	PLACE("cpu family", family),      PLACE("model", model),
	PLACE("model name", model_name),  PLACE("stepping", stepping),
	PLACE("microcode", microcode),    PLACE("cache size", cachesize),
	PLACE("CPU implementer", vendor), PLACE("CPU architecture", family),
	PLACE("CPU part", model),         PLACE("CPU revision", stepping),
};

static void set_value(struct xm_cpuinfo *info, struct xm_str key, struct xm_str value)
{
	double mhz;

	if (xm_str_eq(key, "flags") || xm_str_eq(key, "Features"))
		info->flags = value;
	else if (xm_str_eq(key, "bugs"))
		info->bugs = value;
	else if (xm_str_eq(key, "cpu MHz") && xm_parse_double(value, &mhz) == 0)
		info->frequency_hertz = mhz * 1e6;
	for (unsigned i = 0; i < XM_ARRAY_LEN(places); i++)
		if (xm_str_eq(key, places[i].key))
			xm_str_copy(value, (char *)info + places[i].off, places[i].size);
}

static struct xm_cpuinfo nothing_known(void)
{
	return (struct xm_cpuinfo){ .frequency_hertz = (double)NAN,
				    .flags = XM_STR_OF(""),
				    .bugs = XM_STR_OF("") };
}

bool xm_cpuinfo_next(struct xm_str *rest, struct xm_cpuinfo *ret)
{
	struct xm_str line, key;

	*ret = nothing_known();
	while (xm_line_next(rest, &line)) {
		if (xm_str_cut(&line, ':', &key))
			set_value(ret, xm_str_trim(key), xm_str_trim(line));
		else if (!xm_str_trim(line).n && ret->cpu[0])
			return true;
		else if (!xm_str_trim(line).n)
			*ret = nothing_known();
	}
	return ret->cpu[0];
}
