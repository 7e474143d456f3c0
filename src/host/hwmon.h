/*
 * The sensors below class/hwmon: which there are, looked up each minute, and what they say. A file
 * that is slow to read is read less often: its driver may talk to a device that others need.
 */
#pragma once
#include "host/filter.h"
#include "host/hwmon_name.h"

/* What is beyond is left out and counted */
#define XM_HWMON_CHIPS_MAX  128
#define XM_HWMON_FILES_MAX  2048
#define XM_HWMON_LABELS_MAX 1024

#define XM_HWMON_RESCAN_NS (60 * XM_NS_PER_SEC)
#define XM_HWMON_REST_NS   (120 * XM_NS_PER_SEC)

/* How long a file rests after a read that took so long: no sensor is kept busy by us for more than
 * half a percent of the time, unless that were once in two minutes. */
static inline uint64_t xm_hwmon_rest_ns(uint64_t took_ns)
{
	return XM_MIN(took_ns, XM_HWMON_REST_NS / 200) * 200;
}

struct xm_hwmon_chip {
	char dir[32];    /* "hwmon0" */
	char label[160]; /* after its device, "platform_coretemp_0": not two have the same */
	char name[64];   /* after its own name file, "coretemp"; may be empty */
	bool shown;
	/* Of the last reading */
	uint32_t files, unreadable, resting;
	uint64_t read_ns;
};

struct xm_hwmon_value {
	uint32_t chip;
	char name[80];  /* "temp1_input" */
	bool in_device; /* it is not in the chip's directory but in its device's */
	bool bare;      /* its sensor also has a file without property */
	bool seen;
	struct xm_hwmon_file file;
	double value;     /* as the file has it; NaN: could not be read */
	uint64_t next_ns; /* when it may be read again */
};

struct xm_hwmon_label {
	uint32_t chip;
	struct xm_hwmon_file file;
	char text[128];
};

struct xm_hwmon {
	struct xm_filter chips, sensors; /* sensors are matched as "chip;temp1" */
	struct xm_hwmon_chip chip[XM_HWMON_CHIPS_MAX];
	struct xm_hwmon_value value[XM_HWMON_FILES_MAX]; /* chip by chip */
	struct xm_hwmon_label label[XM_HWMON_LABELS_MAX];
	unsigned n_chips, n_values, n_labels;
	uint64_t scan_ns; /* when to look which there are */
	uint64_t left_out;
};

/* Read what is due, below the sysfs directory; now is xm_mono_ns(). -ENOENT: no hwmon at all. */
int xm_hwmon_read(struct xm_hwmon *h, int sys, uint64_t now) XM_MUST;
/* The label text of the sensor that the file belongs to; NULL: it has none */
const char *xm_hwmon_label(const struct xm_hwmon *h, uint32_t chip,
			   const struct xm_hwmon_file *file);
/* "temp1" */
void xm_hwmon_sensor(const struct xm_hwmon_file *file, char *buf, size_t size);
