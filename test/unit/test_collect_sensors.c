/* The collectors hwmon and thermal_zone, and what hwmon's file names mean. */
#include "base/clock.h"
#include "coll_case.h"
#include "host/hwmon.h"

static void test_split(void)
{
	static const struct {
		const char *name, *type, *property;
		uint32_t number;
	} good[] = {
		{ "temp1_input", "temp", "input", 1 },
		{ "temp1", "temp", "", 1 },
		{ "in0_crit_alarm", "in", "crit_alarm", 0 },
		{ "pwm3_auto_point1_temp", "pwm", "auto_point1_temp", 3 },
		{ "update_interval", "update_interval", "", 0 },
		{ "temp", "temp", "", 0 },
		{ "fan007_min", "fan", "min", 7 },
		{ "temp4294967295_max", "temp", "max", 4294967295 },
	};
	static const char *const none[] = { "",
					    "1temp",
					    "temp_input",
					    "name",
					    "uevent",
					    "temp1x",
					    "temp1_",
					    "temp4294967296",
					    "powerful1",
					    "device1",
					    "temp18446744073709551616_x" };
	struct xm_hwmon_file f;

	for (unsigned i = 0; i < XM_ARRAY_LEN(good); i++) {
		CHECK(xm_hwmon_split(good[i].name, &f));
		CHECK_STR(f.type, good[i].type);
		CHECK_STR(f.property, good[i].property);
		CHECK_EQ_INT(f.number, good[i].number);
	}
	for (unsigned i = 0; i < XM_ARRAY_LEN(none); i++)
		CHECK(!xm_hwmon_split(none[i], &f));
}

static void check_metric(const char *file, bool bare, const char *name, const char *help,
			 double value)
{
	struct xm_hwmon_file f;
	struct xm_hwmon_metric m = {};

	CHECK(xm_hwmon_split(file, &f) && xm_hwmon_describe(&f, bare, &m));
	CHECK_STR(m.name, name);
	CHECK_STR(m.help, help);
	CHECK(3000 * m.mul / m.div == value); /* of a file that holds 3000 */
}

static void test_meaning(void)
{
	struct xm_hwmon_file f;
	struct xm_hwmon_metric m;

	check_metric("temp1_input", false, "temp_celsius",
		     "Hardware monitor for temperature (input)", 3);
	check_metric("temp", false, "temp_celsius", "Hardware monitor for temperature (input)", 3);
	check_metric("temp1_crit_alarm", false, "temp_crit_alarm_celsius",
		     "Hardware monitor for temperature (crit_alarm)", 3);
	check_metric("temp1_type", false, "temp_type", "Hardware monitor temp element type", 3000);
	check_metric("temp1_alarm", false, "temp_alarm", "Hardware sensor alarm status (temp)",
		     3000);
	check_metric("temp1_fault", false, "temp_fault", "Hardware sensor fault status (temp)",
		     3000);
	check_metric("in0_input", false, "in_volts", "Hardware monitor for voltage (input)", 3);
	check_metric("cpu0_vid", false, "cpu_vid_volts", "Hardware monitor for voltage (vid)", 3);
	check_metric("curr1_max", false, "curr_max_amps", "Hardware monitor for current (max)", 3);
	check_metric("energy1_input", false, "energy_joule_total",
		     "Hardware monitor for joules used so far (input)", 0.003);
	check_metric("power1_accuracy", false, "power_accuracy",
		     "Hardware monitor power meter accuracy, as a ratio", 0.003);
	check_metric("power1_average_interval_max", false, "power_average_interval_max_seconds",
		     "Hardware monitor power usage update interval (average_interval_max)", 3);
	check_metric("power1_average", false, "power_average_watt",
		     "Hardware monitor for power usage in watts (average)", 0.003);
	check_metric("humidity1_input", false, "humidity",
		     "Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the "
		     "humidity as a percentage) (input)",
		     0.003);
	check_metric("fan1_target", false, "fan_target_rpm",
		     "Hardware monitor for fan revolutions per minute (target)", 3000);
	check_metric("fan1_pulses", false, "fan_pulses", "Hardware monitor fan element pulses",
		     3000);
	check_metric("fan1_input", true, "fan_input_rpm",
		     "Hardware monitor for fan revolutions per minute (input)", 3000);
	check_metric("pwm1", false, "pwm", "Hardware monitor pwm element ", 3000);
	check_metric("pwm1_enable", true, "pwm_enable", "Hardware monitor pwm element enable",
		     3000);
	check_metric("intrusion0_alarm", false, "intrusion_alarm",
		     "Hardware sensor alarm status (intrusion)", 3000);
	check_metric("fan1_beep", false, "fan_beep_enabled",
		     "Hardware monitor sensor has beeping enabled", 3000);
	check_metric("beep_enable", false, "beep_enabled", "Hardware beep enabled", 3000);
	check_metric("vrm", false, "voltage_regulator_version", "Hardware voltage regulator", 3000);
	check_metric("update_interval", false, "update_interval_seconds",
		     "Hardware monitor update interval", 3);
	check_metric("freq1_input", false, "freq_freq_mhz",
		     "Hardware monitor for GPU frequency in MHz", 0.003);
	CHECK(xm_hwmon_split("temp1_label", &f) && !xm_hwmon_describe(&f, false, &m));
	CHECK(xm_hwmon_split("vrm1_x", &f) && !xm_hwmon_describe(&f, false, &m));
}

static void check_clean(const char *text, const char *want)
{
	char buf[32];

	xm_hwmon_clean(XM_STR_OF(text), buf, sizeof buf);
	CHECK_STR(buf, want);
}

static void test_clean(void)
{
	check_clean("coretemp.0", "coretemp_0");
	check_clean("  CPU Fan #1\n", "cpu_fan__1");
	check_clean("0000:00:1f.3", "0000:00:1f_3");
	check_clean("___", "");
	check_clean("", "");
	check_clean("a\xc2\xb0"
		    "b\xff"
		    "c",
		    "a_b_c"); /* a character is one '_', so is a bad byte */
	check_clean("abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz01234");
}

static void test_rest(void)
{
	CHECK(xm_hwmon_rest_ns(0) == 0);
	CHECK(xm_hwmon_rest_ns(10 * XM_NS_PER_MS) == 2 * XM_NS_PER_SEC);
	CHECK(xm_hwmon_rest_ns(XM_NS_PER_SEC) == 120 * XM_NS_PER_SEC);
	CHECK(xm_hwmon_rest_ns(UINT64_MAX) == 120 * XM_NS_PER_SEC);
}

/* A chip as the kernel lays it out: class/hwmon/NAME → …/hwmon/NAME, device → its parent */
static void make_chip(struct tree *t, const char *hwmon, const char *device, const char *name)
{
	char path[300], text[300];

	snprintf(path, sizeof path, "sys/class/hwmon/%s", hwmon);
	snprintf(text, sizeof text, "../../devices/%s/hwmon/%s", device, hwmon);
	tree_link(t, path, text);
	snprintf(path, sizeof path, "sys/devices/%s/hwmon/%s/device", device, hwmon);
	snprintf(text, sizeof text, "../../../%s", strrchr(device, '/') + 1);
	tree_link(t, path, text);
	snprintf(path, sizeof path, "sys/devices/%s/hwmon/%s/name", device, hwmon);
	tree_put(t, path, name);
}

#define CHIP "sys/devices/platform/coretemp.0/hwmon/hwmon2/"

static void test_hwmon(void)
{
	COLL_CASE(t, hwmon);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), -ENOENT);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), -ENOENT);
	make_chip(&t.tree, "hwmon2", "platform/coretemp.0", "coretemp\n");
	tree_put(&t.tree, CHIP "temp2_input", "35500\n");
	tree_put(&t.tree, CHIP "temp2_label", "Core \"0\"\xff\n");
	tree_put(&t.tree, CHIP "energy1_input", "1500000\n");
	tree_put(&t.tree, CHIP "freq1_input", "2200000000\n");
	tree_put(&t.tree, CHIP "freq1_label", "S.Clk\n");
	tree_put(&t.tree, CHIP "freq2_input", "1\n"); /* no label: not shown */
	tree_put(&t.tree, CHIP "beep_enable", "1\n");
	tree_put(&t.tree, CHIP "power/", ""); /* a directory is not a sensor */
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "# HELP node_hwmon_chip_names Annotation metric for human-readable "
			       "chip names\n"
			       "# TYPE node_hwmon_chip_names gauge\n"
			       "node_hwmon_chip_names{chip=\"platform_coretemp_0\","
			       "chip_name=\"coretemp\"} 1\n");
	CHECK_CONTAINS(t.text, "# HELP node_hwmon_sensor_label Label for given chip and sensor\n"
			       "# TYPE node_hwmon_sensor_label gauge\n");
	CHECK_CONTAINS(t.text, "node_hwmon_sensor_label{chip=\"platform_coretemp_0\","
			       "sensor=\"temp2\",label=\"Core \\\"0\\\"\xef\xbf\xbd\"} 1\n");
	CHECK_CONTAINS(t.text, "# HELP node_hwmon_temp_celsius Hardware monitor for temperature "
			       "(input)\n"
			       "# TYPE node_hwmon_temp_celsius gauge\n"
			       "node_hwmon_temp_celsius{chip=\"platform_coretemp_0\","
			       "sensor=\"temp2\"} 35.5\n");
	CHECK_CONTAINS(t.text, "# TYPE node_hwmon_energy_joule_total counter\n"
			       "node_hwmon_energy_joule_total{chip=\"platform_coretemp_0\","
			       "sensor=\"energy1\"} 1.5\n");
	CHECK_CONTAINS(t.text, "node_hwmon_freq_freq_mhz{chip=\"platform_coretemp_0\","
			       "sensor=\"s_clk\"} 2200\n");
	CHECK_CONTAINS(t.text, "node_hwmon_beep_enabled{chip=\"platform_coretemp_0\","
			       "sensor=\"beep_enable0\"} 1\n");
	CHECK_CONTAINS(t.text, "\nxmon_hwmon_files{chip=\"platform_coretemp_0\"} 5\n");
	CHECK(!strstr(t.text, "freq2") && !strstr(t.text, "node_hwmon_power"));
}

static void test_hwmon_text(void)
{
	COLL_CASE(t, hwmon);

	make_chip(&t.tree, "hwmon2", "platform/coretemp.0", "coretemp\n");
	tree_put(&t.tree, CHIP "temp10_input", "2000\n");
	tree_put(&t.tree, CHIP "temp2_input", "1000\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_text), 0);
	CHECK_CONTAINS(t.text,
		       "CHIP                 SENSOR  METRIC        VALUE  MEANING\n"
		       "platform_coretemp_0  temp2   temp_celsius      1  Hardware monitor for "
		       "temperature (input)\n"
		       "platform_coretemp_0  temp10  temp_celsius      2  Hardware monitor for "
		       "temperature (input)\n");
}

/* A file of the device takes the place of the chip's; a bare file moves the input aside */
static void test_hwmon_device(void)
{
	COLL_CASE(t, hwmon);

	make_chip(&t.tree, "hwmon2", "platform/coretemp.0", "");
	tree_put(&t.tree, CHIP "fan1_input", "1000\n");
	tree_put(&t.tree, CHIP "fan1_label", "old\n");
	tree_put(&t.tree, "sys/devices/platform/coretemp.0/fan1_input", "2000\n");
	tree_put(&t.tree, "sys/devices/platform/coretemp.0/fan1_label", "new\n");
	tree_put(&t.tree, "sys/devices/platform/coretemp.0/fan1", "3\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "\nnode_hwmon_fan_input_rpm{chip=\"platform_coretemp_0\","
			       "sensor=\"fan1\"} 2000\n");
	CHECK_CONTAINS(t.text,
		       "\nnode_hwmon_fan{chip=\"platform_coretemp_0\",sensor=\"fan1\"} 3\n");
	CHECK_CONTAINS(t.text, "label=\"new\"");
	CHECK(!strstr(t.text, "old") && !strstr(t.text, "chip_names"));
}

/* Chips without a device, without a name, with the same device, with the same name on top of it */
static void test_hwmon_names(void)
{
	COLL_CASE(t, hwmon);

	tree_put(&t.tree, "sys/class/hwmon/hwmon0/temp1_input", "1000\n");
	tree_put(&t.tree, "sys/class/hwmon/hwmon1/temp1_input", "2000\n");
	tree_put(&t.tree, "sys/class/hwmon/hwmon1/name", "ACPI tz\n");
	make_chip(&t.tree, "hwmon2", "platform/asus-wmi", "fans\n");
	make_chip(&t.tree, "hwmon3", "platform/asus-wmi", "temps\n");
	make_chip(&t.tree, "hwmon4", "pci/0000:01:00.0", "twin\n");
	make_chip(&t.tree, "hwmon5", "pci/0000:01:00.0", "twin\n");
	make_chip(&t.tree, "hwmon6", "pci/0000:01:00.0", "");
	tree_link(&t.tree, "sys/class/hwmon/hwmon7", "../../devices/gone");
	tree_put(&t.tree, "sys/class/hwmon/README", "no chip\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_CONTAINS(t.text, "\"chip\":\"hwmon0\",\"sensor\":\"temp1\"");
	CHECK_CONTAINS(t.text, "\"chip\":\"acpi_tz\",\"sensor\":\"temp1\"");
	CHECK_CONTAINS(t.text, "\"chip\":\"platform_asus_wmi_fans\",\"chip_name\":\"fans\"}");
	CHECK_CONTAINS(t.text, "\"chip\":\"platform_asus_wmi_temps\",\"chip_name\":\"temps\"}");
	CHECK_CONTAINS(t.text, "\"chip\":\"pci_0000:01:00_0_hwmon4\",\"chip_name\":\"twin\"}");
	CHECK_CONTAINS(t.text, "\"chip\":\"pci_0000:01:00_0_hwmon5\",\"chip_name\":\"twin\"}");
	CHECK_CONTAINS(t.text, "{\"table\":\"hwmon_reading\",\"chip\":\"pci_0000:01:00_0_hwmon6\"");
	CHECK(!strstr(t.text, "hwmon7") && !strstr(t.text, "README"));
}

static void test_hwmon_filter(void)
{
	COLL_CASE(t, hwmon);

	make_chip(&t.tree, "hwmon2", "platform/coretemp.0", "coretemp\n");
	tree_put(&t.tree, CHIP "temp1_input", "1000\n");
	tree_put(&t.tree, CHIP "temp2_input", "2000\n");
	tree_put(&t.tree, "sys/class/hwmon/hwmon0/temp1_input", "1000\n");
	coll_case_set(&t, "chip-exclude", "^hwmon0$");
	coll_case_set(&t, "sensor-exclude", "^platform_coretemp_0;temp2$");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_CONTAINS(t.text, "\"sensor\":\"temp1\"");
	CHECK(!strstr(t.text, "temp2") && !strstr(t.text, "hwmon0"));
	coll_case_close(&t);
	coll_case_set(&t, "sensor-include", "*");
	coll_case_set(&t, "sensor-exclude", "(");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EINVAL);
}

static void test_hwmon_odd(void)
{
	COLL_CASE(t, hwmon);

	tree_put(&t.tree, "sys/class/hwmon/hwmon0/temp1_input", "n/a\n");
	tree_put(&t.tree, "sys/class/hwmon/hwmon0/temp2_input", "");
	tree_put(&t.tree, "sys/class/hwmon/hwmon0/temp3_input", "-40000\r\n");
	tree_put(&t.tree, "sys/class/hwmon/hwmon0/temp4_input", "18446744073709551615\n");
	tree_put(&t.tree, "sys/class/hwmon/hwmon0/temp5_input/", "");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "# TYPE node_hwmon_temp_celsius gauge\n"
			       "node_hwmon_temp_celsius{chip=\"hwmon0\",sensor=\"temp3\"} -40\n"
			       "node_hwmon_temp_celsius{chip=\"hwmon0\",sensor=\"temp4\"} "
			       "1.844674407370955e+16\n");
	CHECK_CONTAINS(t.text, "\nxmon_hwmon_files_unreadable{chip=\"hwmon0\"} 2\n");
	CHECK(!strstr(t.text, "temp5"));
}

/* The reader itself, with the clock in our hands */
static void test_hwmon_pace(void)
{
	_cleanup_free_ struct xm_hwmon *h = calloc(1, sizeof *h);
	struct tree t;
	uint64_t next;
	int sys;

	tree_open(&t);
	sys = t.host.fd[XM_SYS];
	tree_put(&t, "sys/class/hwmon/hwmon0/temp1_input", "1000\n");
	CHECK_EQ_INT(xm_hwmon_read(h, sys, 1), 0);
	REQUIRE(h->n_values == 1);
	CHECK(h->value[0].value == 1000);
	CHECK(h->value[0].next_ns > 2); /* in the past, it still rests */
	CHECK_EQ_INT(h->chip[0].resting, 0);

	tree_put(&t, "sys/class/hwmon/hwmon0/temp1_input", "2000\n");
	CHECK_EQ_INT(xm_hwmon_read(h, sys, 2), 0);
	CHECK(h->value[0].value == 1000); /* what it said last */
	CHECK_EQ_INT(h->chip[0].resting, 1);
	CHECK_EQ_INT(h->chip[0].read_ns, 0);
	CHECK_EQ_INT(xm_hwmon_read(h, sys, h->value[0].next_ns), 0);
	CHECK(h->value[0].value == 2000 && h->chip[0].resting == 0);

	/* A look at which sensors there are does not wake one that rests */
	next = h->value[0].next_ns = UINT64_MAX;
	tree_put(&t, "sys/class/hwmon/hwmon0/temp0_input", "5\n");
	CHECK_EQ_INT(xm_hwmon_read(h, sys, h->scan_ns), 0);
	REQUIRE(h->n_values == 2);
	CHECK(h->value[0].value == 5 && h->value[1].value == 2000);
	CHECK(h->value[1].next_ns == next);
	tree_close(&t);
}

/* Chips and sensors come and go; one that went is looked for at the next turn */
static void test_hwmon_hotplug(void)
{
	COLL_CASE(t, hwmon);
	uint64_t deadline = xm_mono_ns() + 30 * XM_NS_PER_SEC;

	tree_put(&t.tree, "sys/class/hwmon/hwmon0/temp1_input", "1000\n");
	tree_put(&t.tree, "sys/class/hwmon/hwmon1/temp1_input", "1000\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_CONTAINS(t.text, "\"chip\":\"hwmon1\",\"sensor\":\"temp1\"");
	tree_remove(&t.tree, "sys/class/hwmon/hwmon1");
	while (strstr(t.text, "hwmon1") && xm_mono_ns() < deadline)
		CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK(!strstr(t.text, "hwmon1"));
	CHECK_CONTAINS(t.text, "\"chip\":\"hwmon0\",\"sensor\":\"temp1\"");
}

static void test_thermal_zone(void)
{
	COLL_CASE(t, thermal_zone);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), -ENOENT);
	tree_put(&t.tree, "sys/class/thermal/thermal_zone10/type", "x86_pkg_temp\n");
	tree_put(&t.tree, "sys/class/thermal/thermal_zone10/temp", "-2500\n");
	tree_put(&t.tree, "sys/class/thermal/thermal_zone2/type", "acpitz\n");
	tree_put(&t.tree, "sys/class/thermal/thermal_zone2/temp", "49925\n");
	tree_put(&t.tree, "sys/class/thermal/cooling_device0/type", "Processor\n");
	tree_put(&t.tree, "sys/class/thermal/cooling_device0/cur_state", "0\n");
	tree_put(&t.tree, "sys/class/thermal/cooling_device0/max_state", "3\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(t.text,
		  "# HELP node_cooling_device_cur_state Current throttle state of the cooling "
		  "device\n"
		  "# TYPE node_cooling_device_cur_state gauge\n"
		  "node_cooling_device_cur_state{name=\"0\",type=\"Processor\"} 0\n"
		  "# HELP node_cooling_device_max_state Maximum throttle state of the cooling "
		  "device\n"
		  "# TYPE node_cooling_device_max_state gauge\n"
		  "node_cooling_device_max_state{name=\"0\",type=\"Processor\"} 3\n"
		  "# HELP node_thermal_zone_temp Zone temperature in Celsius\n"
		  "# TYPE node_thermal_zone_temp gauge\n"
		  "node_thermal_zone_temp{zone=\"2\",type=\"acpitz\"} 49.925\n"
		  "node_thermal_zone_temp{zone=\"10\",type=\"x86_pkg_temp\"} -2.5\n");
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

/* A zone that does not answer or answers nonsense is left out, and so is each state by itself */
static void test_thermal_zone_odd(void)
{
	COLL_CASE(t, thermal_zone);

	tree_put(&t.tree, "sys/class/thermal/thermal_zone0/type", "a\n");
	tree_put(&t.tree, "sys/class/thermal/thermal_zone0/temp/", "");
	tree_put(&t.tree, "sys/class/thermal/thermal_zone1/temp", "1\n"); /* no type */
	tree_put(&t.tree, "sys/class/thermal/thermal_zone2/type", "a\n"); /* no temp */
	tree_put(&t.tree, "sys/class/thermal/thermal_zone3/type", "a\n");
	tree_put(&t.tree, "sys/class/thermal/thermal_zone3/temp", "hot\n");
	tree_put(&t.tree, "sys/class/thermal/thermal_zone4/type", "a\r\n");
	tree_put(&t.tree, "sys/class/thermal/thermal_zone4/temp", "1000\r\n");
	tree_put(&t.tree, "sys/class/thermal/thermal_zone5", "a file\n");
	tree_put(&t.tree, "sys/class/thermal/thermal_zone/temp", "1\n");
	tree_link(&t.tree, "sys/class/thermal/thermal_zone6", "gone");
	tree_put(&t.tree, "sys/class/thermal/cooling_device1/type", "Fan\n");
	tree_put(&t.tree, "sys/class/thermal/cooling_device1/max_state", "9223372036854775808\n");
	tree_put(&t.tree, "sys/class/thermal/cooling_device1/cur_state", "-1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, "{\"table\":\"thermal_zone\",\"zone\":\"4\",\"type\":\"a\",\"temp\":1}\n"
			  "{\"table\":\"cooling_device\",\"name\":\"1\",\"type\":\"Fan\","
			  "\"cur_state\":-1,\"max_state\":null}\n");
	CHECK_EQ_INT(t.run.coll.bad, 2);
}

int main(void)
{
	RUN(test_split);
	RUN(test_meaning);
	RUN(test_clean);
	RUN(test_rest);
	RUN(test_hwmon);
	RUN(test_hwmon_text);
	RUN(test_hwmon_device);
	RUN(test_hwmon_names);
	RUN(test_hwmon_filter);
	RUN(test_hwmon_odd);
	RUN(test_hwmon_pace);
	RUN(test_hwmon_hotplug);
	RUN(test_thermal_zone);
	RUN(test_thermal_zone_odd);
	return check_summary();
}
