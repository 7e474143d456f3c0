/* The collectors of what a machine is: names, clock, connection tracking, memory errors. */
#include "base/clock.h"
#include "coll_case.h"
#include <math.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <time.h>

static void test_uname(void)
{
	COLL_CASE(t, uname);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "proc/sys/kernel/ostype", "Linux\n");
	tree_put(&t.tree, "proc/sys/kernel/osrelease", "4.18.0-80.el8.x86_64\n");
	tree_put(&t.tree, "proc/sys/kernel/version", "#1 SMP Wed Mar 13 12:02:46 UTC 2019\n");
	tree_put(&t.tree, "proc/sys/kernel/hostname", "a\"b\n");
	tree_put(&t.tree, "proc/sys/kernel/domainname", "(none)\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(t.text,
		  "# HELP node_uname_info Labeled system information as provided by the uname "
		  "system call.\n"
		  "# TYPE node_uname_info gauge\n"
		  "node_uname_info{domainname=\"(none)\",nodename=\"a\\\"b\","
		  "release=\"4.18.0-80.el8.x86_64\",sysname=\"Linux\","
		  "version=\"#1 SMP Wed Mar 13 12:02:46 UTC 2019\"} 1\n");
	tree_put(&t.tree, "proc/sys/kernel/arch", "aarch64\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "machine=\"aarch64\"");
}

static void test_uname_live(void)
{
	char want[512];
	struct utsname u;
	COLL_CASE(t, uname);

	coll_case_live(&t);
	REQUIRE(uname(&u) == 0);
	snprintf(
		want, sizeof want,
		"{\"table\":\"uname\",\"domainname\":\"%s\",\"machine\":\"%s\",\"nodename\":\"%s\","
		"\"release\":\"%s\",\"sysname\":\"Linux\",\"version\":\"%s\"}\n",
		u.domainname, u.machine, u.nodename, u.release, u.version);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, want);
}

static void test_os(void)
{
	COLL_CASE(t, os);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "root/usr/lib/os-release",
		 "# Ubuntu's\nPRETTY_NAME=\"Ubuntu 22.04.1 LTS\"\nNAME=\"Ubuntu\"\n"
		 "VERSION_ID=\"22.04\"\nVERSION='22.04 (Jammy \"J\")'\n"
		 "VERSION_CODENAME=jammy\r\nID=ubuntu\nID_LIKE=debian\n\nSUPPORT_END=2027-04-01\n"
		 "HOME_URL=\"https://www.ubuntu.com/\"\nVARIANT=\"a \\\"b\\\\c\\$\"\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(
		t.text,
		"# HELP node_os_info A metric with a constant '1' value labeled by build_id, id, "
		"id_like, image_id, image_version, name, pretty_name, variant, variant_id, "
		"version, version_codename, version_id.\n"
		"# TYPE node_os_info gauge\n"
		"node_os_info{id=\"ubuntu\",id_like=\"debian\",name=\"Ubuntu\","
		"pretty_name=\"Ubuntu 22.04.1 LTS\",variant=\"a \\\"b\\\\c$\","
		"version=\"22.04 (Jammy \\\"J\\\")\",version_codename=\"jammy\","
		"version_id=\"22.04\"} 1\n"
		"# HELP node_os_support_end_timestamp_seconds Metric containing the end-of-life "
		"date timestamp of the OS.\n"
		"# TYPE node_os_support_end_timestamp_seconds gauge\n"
		"node_os_support_end_timestamp_seconds 1806537600\n"
		"# HELP node_os_version Metric containing the major.minor part of the OS version.\n"
		"# TYPE node_os_version gauge\n"
		"node_os_version{id=\"ubuntu\",id_like=\"debian\",name=\"Ubuntu\"} 22.04\n");
	CHECK_EQ_INT(t.run.coll.bad, 0);
	/* etc goes first */
	tree_put(&t.tree, "root/etc/os-release", "ID=x\nVERSION_ID=12.4.1-rc2\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "node_os_info{id=\"x\",version_id=\"12.4.1-rc2\"} 1\n");
	CHECK_CONTAINS(t.text, "node_os_version{id=\"x\"} 12.4\n");
}

static void test_os_odd(void)
{
	COLL_CASE(t, os);

	tree_put(&t.tree, "root/etc/os-release",
		 "no equals\nNAME=\"open\nID='\nSUPPORT_END=2027-13-01\nVERSION_ID=rolling\n"
		 "BUILD_ID=\nVARIANT_ID="
		 "0123456789012345678901234567890123456789012345678901234567890"
		 "123456789\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text,
		       "\nnode_os_info{variant_id=\"0123456789012345678901234567890123456789012345"
		       "67890123456789012\",version_id=\"rolling\"} 1\n");
	CHECK(!strstr(t.text, "node_os_version"));
	CHECK(!strstr(t.text, "support_end"));
	CHECK_EQ_INT(t.run.coll.bad, 4);
	tree_put(&t.tree, "root/etc/os-release", "VERSION_ID=0\nSUPPORT_END=1970-01-02\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK(!strstr(t.text, "node_os_version"));
	CHECK_CONTAINS(t.text, "node_os_support_end_timestamp_seconds 86400\n");
}

/* A link of another root leads below that root, not to the machine's own file */
static void test_os_link(void)
{
	COLL_CASE(t, os);

	tree_put(&t.tree, "root/usr/lib/os-release", "ID=inner\n");
	tree_link(&t.tree, "root/etc/os-release", "/usr/lib/os-release");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "\nnode_os_info{id=\"inner\"} 1\n");
	tree_link(&t.tree, "root/etc/os-release", "../usr/lib/os-release");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "\nnode_os_info{id=\"inner\"} 1\n");
}

#define CLOCK "sys/devices/system/clocksource/clocksource0/"

static void test_time(void)
{
	COLL_CASE(t, time);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	coll_case_close(&t);
	tree_put(&t.tree, CLOCK "available_clocksource", "tsc hpet acpi_pm \n");
	tree_put(&t.tree, CLOCK "current_clocksource", "tsc\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(t.text,
		  "# HELP node_time_clocksource_available_info Available clocksources read from "
		  "'/sys/devices/system/clocksource'.\n"
		  "# TYPE node_time_clocksource_available_info gauge\n"
		  "node_time_clocksource_available_info{clocksource=\"tsc\",device=\"0\"} 1\n"
		  "node_time_clocksource_available_info{clocksource=\"hpet\",device=\"0\"} 1\n"
		  "node_time_clocksource_available_info{clocksource=\"acpi_pm\",device=\"0\"} 1\n"
		  "# HELP node_time_clocksource_current_info Current clocksource read from "
		  "'/sys/devices/system/clocksource'.\n"
		  "# TYPE node_time_clocksource_current_info gauge\n"
		  "node_time_clocksource_current_info{clocksource=\"tsc\",device=\"0\"} 1\n");
	/* a change is seen within ten turns */
	tree_put(&t.tree, CLOCK "current_clocksource", "hpet\n");
	for (int i = 0; i < 10; i++)
		CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_CONTAINS(
		t.text,
		"{\"table\":\"clocksource\",\"clocksource\":\"tsc\",\"device\":0,\"available\":1,"
		"\"current\":null}\n"
		"{\"table\":\"clocksource\",\"clocksource\":\"hpet\",\"device\":0,\"available\":1,"
		"\"current\":1}\n");
}

static void test_time_live(void)
{
	const char *text;
	double seconds, before;
	COLL_CASE(t, time);

	setenv("TZ", "XYZ-5:30", 1);
	tzset();
	coll_case_live(&t);
	before = (double)xm_wall_ns() / 1e9;
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	text = strstr(t.text, "\nnode_time_seconds ");
	REQUIRE(text);
	seconds = strtod(text + strlen("\nnode_time_seconds "), NULL);
	CHECK(before <= seconds && seconds <= (double)xm_wall_ns() / 1e9);
	CHECK_CONTAINS(t.text,
		       "# HELP node_time_seconds System time in seconds since epoch (1970).\n"
		       "# TYPE node_time_seconds gauge\n");
	CHECK_CONTAINS(t.text, "# HELP node_time_zone_offset_seconds System time zone offset in "
			       "seconds.\n"
			       "# TYPE node_time_zone_offset_seconds gauge\n"
			       "node_time_zone_offset_seconds{time_zone=\"XYZ\"} 19800\n");
	unsetenv("TZ");
	tzset();
}

/* The value of a metric without labels; NaN if it is not there */
static double value_of(const char *text, const char *metric)
{
	char line[128];
	const char *at;

	snprintf(line, sizeof line, "\n%s ", metric);
	at = strstr(text, line);
	return at ? strtod(at + strlen(line), NULL) : (double)NAN;
}

static void test_timex(void)
{
	struct timex now = { .modes = 0 };
	int state;
	COLL_CASE(t, timex);

	/* another machine's files say nothing of its clock */
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	CHECK_CONTAINS(t.run.coll.err.msg, "asks the running kernel");
	coll_case_close(&t);
	coll_case_live(&t);
	state = adjtimex(&now);
	if (state < 0) {
		CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
		return;
	}
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK(value_of(t.text, "node_timex_sync_status") == (state != TIME_ERROR));
	CHECK(value_of(t.text, "node_timex_status") == now.status);
	CHECK(value_of(t.text, "node_timex_tick_seconds") == (double)now.tick / 1e6);
	CHECK(value_of(t.text, "node_timex_tai_offset_seconds") == now.tai);
	CHECK(value_of(t.text, "node_timex_loop_time_constant") == (double)now.constant);
	CHECK(value_of(t.text, "node_timex_pps_error_total") == (double)now.errcnt);
	/* at most 500 ppm either way */
	CHECK(fabs(value_of(t.text, "node_timex_frequency_adjustment_ratio") - 1) < 0.0006);
	CHECK(fabs(value_of(t.text, "node_timex_offset_seconds")) <= 1);
	CHECK_CONTAINS(t.text, "# HELP node_timex_pps_stability_exceeded_total Pulse per second "
			       "count of stability limit exceeded events.\n"
			       "# TYPE node_timex_pps_stability_exceeded_total counter\n");
}

#define CONNTRACK_NEW                                                                              \
	"entries  clashres found new invalid ignore delete chainlength insert insert_failed drop " \
	"early_drop icmp_error  expect_new expect_create expect_delete search_restart\n"           \
	"00000021  00000001 00000002 00000000 00000003 00000004 00000000 00000005 00000006 "       \
	"00000007 00000008 00000009 00000000  00000000 00000000 00000000 0000000a\n"               \
	"00000021  00000010 00000020 00000000 00000030 00000040 00000000 00000050 00000060 "       \
	"00000070 00000080 00000090 00000000  00000000 00000000 00000000 000000a0\n"

static void test_conntrack(void)
{
	COLL_CASE(t, conntrack);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "proc/sys/net/netfilter/nf_conntrack_count", "33\n");
	tree_put(&t.tree, "proc/sys/net/netfilter/nf_conntrack_max", "262144\n");
	tree_put(&t.tree, "proc/net/stat/nf_conntrack", CONNTRACK_NEW);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(
		t.text,
		"# HELP node_nf_conntrack_entries Number of currently allocated flow entries for "
		"connection tracking.\n"
		"# TYPE node_nf_conntrack_entries gauge\nnode_nf_conntrack_entries 33\n"
		"# HELP node_nf_conntrack_entries_limit Maximum size of connection tracking "
		"table.\n"
		"# TYPE node_nf_conntrack_entries_limit gauge\n"
		"node_nf_conntrack_entries_limit 262144\n"
		"# HELP node_nf_conntrack_stat_drop Number of packets dropped due to conntrack "
		"failure.\n"
		"# TYPE node_nf_conntrack_stat_drop gauge\nnode_nf_conntrack_stat_drop 136\n"
		"# HELP node_nf_conntrack_stat_early_drop Number of dropped conntrack entries to "
		"make room for new ones, if maximum table size was reached.\n"
		"# TYPE node_nf_conntrack_stat_early_drop gauge\n"
		"node_nf_conntrack_stat_early_drop 153\n"
		"# HELP node_nf_conntrack_stat_found Number of searched entries which were "
		"successful.\n"
		"# TYPE node_nf_conntrack_stat_found gauge\nnode_nf_conntrack_stat_found 34\n"
		"# HELP node_nf_conntrack_stat_ignore Number of packets seen which are already "
		"connected to a conntrack entry.\n"
		"# TYPE node_nf_conntrack_stat_ignore gauge\nnode_nf_conntrack_stat_ignore 68\n"
		"# HELP node_nf_conntrack_stat_insert Number of entries inserted into the list.\n"
		"# TYPE node_nf_conntrack_stat_insert gauge\nnode_nf_conntrack_stat_insert 102\n"
		"# HELP node_nf_conntrack_stat_insert_failed Number of entries for which list "
		"insertion was attempted but failed.\n"
		"# TYPE node_nf_conntrack_stat_insert_failed gauge\n"
		"node_nf_conntrack_stat_insert_failed 119\n"
		"# HELP node_nf_conntrack_stat_invalid Number of packets seen which can not be "
		"tracked.\n"
		"# TYPE node_nf_conntrack_stat_invalid gauge\nnode_nf_conntrack_stat_invalid 51\n"
		"# HELP node_nf_conntrack_stat_search_restart Number of conntrack table lookups "
		"which had to be restarted due to hashtable resizes.\n"
		"# TYPE node_nf_conntrack_stat_search_restart gauge\n"
		"node_nf_conntrack_stat_search_restart 170\n"
		"# HELP xmon_conntrack_stat_chain_too_long_total Insertions refused because the "
		"chain of the hash table was too long.\n"
		"# TYPE xmon_conntrack_stat_chain_too_long_total counter\n"
		"xmon_conntrack_stat_chain_too_long_total 85\n"
		"# HELP xmon_conntrack_stat_clash_resolve_total Insertions that met an equal entry "
		"and were resolved.\n"
		"# TYPE xmon_conntrack_stat_clash_resolve_total counter\n"
		"xmon_conntrack_stat_clash_resolve_total 17\n");
}

/* Without the last column; a line that is cut off does not count at all */
static void test_conntrack_old(void)
{
	COLL_CASE(t, conntrack);

	tree_put(&t.tree, "proc/net/stat/nf_conntrack",
		 "entries  searched found new invalid ignore delete delete_list insert "
		 "insert_failed "
		 "drop early_drop icmp_error  expect_new expect_create expect_delete\n"
		 "1 1 2 0 3 4 0 5 6 7 8 9 0 0 0 0\n1 1 2 0 3 4 0 5 6 7 8 9 0 0 0\n"
		 "1 1 2 0 3 4 0 5 6 7 8 9 0 0 0 -1\n1 1 2 0 3 4 0 5 6 7 8 9 0 0 0 0\r\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text,
		  "{\"table\":\"conntrack_stat\",\"found\":4,\"invalid\":6,\"ignore\":8,"
		  "\"insert\":12,\"insert_failed\":14,\"drop\":16,\"early_drop\":18,"
		  "\"search_restart\":null,\"clash_resolve\":null,\"chain_too_long\":null}\n"
		  "{\"table\":\"conntrack\",\"entries\":null,\"limit\":null}\n");
	CHECK_EQ_INT(t.run.coll.bad, 2);
	tree_put(&t.tree, "proc/net/stat/nf_conntrack", "");
	tree_put(&t.tree, "proc/sys/net/netfilter/nf_conntrack_count", "33\n");
	tree_put(&t.tree, "proc/sys/net/netfilter/nf_conntrack_max", "many\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EBADMSG);
	CHECK_STR(t.text, "{\"table\":\"conntrack\",\"entries\":33,\"limit\":null}\n");
	CHECK_STR(t.run.coll.err.msg,
		  "sys/net/netfilter/nf_conntrack_max: not in the expected form");
}

#define MC "sys/devices/system/edac/mc/"

static void test_edac(void)
{
	COLL_CASE(t, edac);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, MC "power/control", "auto\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, MC "mc0/ce_count", "1\n");
	tree_put(&t.tree, MC "mc0/ce_noinfo_count", "2\n");
	tree_put(&t.tree, MC "mc0/ue_count", "5\n");
	tree_put(&t.tree, MC "mc0/ue_noinfo_count", "6\n");
	tree_put(&t.tree, MC "mc0/csrow10/ce_count", "7\n");
	tree_put(&t.tree, MC "mc0/csrow10/ue_count", "8\n");
	tree_put(&t.tree, MC "mc0/csrow2/ce_count", "3\n");
	tree_put(&t.tree, MC "mc0/csrow2/ue_count", "4\n");
	tree_put(&t.tree, MC "mc0/csrow2/ch0_ce_count", "9\n");
	tree_put(&t.tree, MC "mc0/csrow2/ch0_dimm_label", "mc#0csrow#2channel#0\n");
	tree_put(&t.tree, MC "mc0/csrow2/ch1_ce_count", "10\n");
	tree_put(&t.tree, MC "mc0/csrow2/ch1_ue_count", "11\n");
	tree_put(&t.tree, MC "mc0/dimm3/dimm_ce_count", "12\n");
	tree_put(&t.tree, MC "mc0/dimm3/dimm_ue_count", "13\n");
	tree_put(&t.tree, MC "mc0/dimm3/dimm_label", "CPU_SrcID#0_DIMM#1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(
		t.text,
		"# HELP node_edac_channel_correctable_errors_total Total correctable memory errors "
		"for this channel.\n"
		"# TYPE node_edac_channel_correctable_errors_total counter\n"
		"node_edac_channel_correctable_errors_total{channel=\"0\",controller=\"0\","
		"csrow=\"2\",dimm_label=\"mc0_csrow2_channel0\"} 9\n"
		"node_edac_channel_correctable_errors_total{channel=\"1\",controller=\"0\","
		"csrow=\"2\",dimm_label=\"unknown\"} 10\n"
		"# HELP node_edac_channel_uncorrectable_errors_total Total uncorrectable memory "
		"errors for this channel.\n"
		"# TYPE node_edac_channel_uncorrectable_errors_total counter\n"
		"node_edac_channel_uncorrectable_errors_total{channel=\"1\",controller=\"0\","
		"csrow=\"2\",dimm_label=\"unknown\"} 11\n"
		"# HELP node_edac_correctable_errors_total Total correctable memory errors.\n"
		"# TYPE node_edac_correctable_errors_total counter\n"
		"node_edac_correctable_errors_total{controller=\"0\"} 1\n"
		"# HELP node_edac_csrow_correctable_errors_total Total correctable memory errors "
		"for "
		"this csrow.\n"
		"# TYPE node_edac_csrow_correctable_errors_total counter\n"
		"node_edac_csrow_correctable_errors_total{controller=\"0\",csrow=\"unknown\"} 2\n"
		"node_edac_csrow_correctable_errors_total{controller=\"0\",csrow=\"2\"} 3\n"
		"node_edac_csrow_correctable_errors_total{controller=\"0\",csrow=\"10\"} 7\n"
		"# HELP node_edac_csrow_uncorrectable_errors_total Total uncorrectable memory "
		"errors "
		"for this csrow.\n"
		"# TYPE node_edac_csrow_uncorrectable_errors_total counter\n"
		"node_edac_csrow_uncorrectable_errors_total{controller=\"0\",csrow=\"unknown\"} 6\n"
		"node_edac_csrow_uncorrectable_errors_total{controller=\"0\",csrow=\"2\"} 4\n"
		"node_edac_csrow_uncorrectable_errors_total{controller=\"0\",csrow=\"10\"} 8\n"
		"# HELP node_edac_uncorrectable_errors_total Total uncorrectable memory errors.\n"
		"# TYPE node_edac_uncorrectable_errors_total counter\n"
		"node_edac_uncorrectable_errors_total{controller=\"0\"} 5\n"
		"# HELP xmon_edac_dimm_correctable_errors_total Total correctable memory errors "
		"for "
		"this DIMM.\n"
		"# TYPE xmon_edac_dimm_correctable_errors_total counter\n"
		"xmon_edac_dimm_correctable_errors_total{controller=\"0\",dimm=\"3\","
		"dimm_label=\"CPU_SrcID0_DIMM1\"} 12\n"
		"# HELP xmon_edac_dimm_uncorrectable_errors_total Total uncorrectable memory "
		"errors "
		"for this DIMM.\n"
		"# TYPE xmon_edac_dimm_uncorrectable_errors_total counter\n"
		"xmon_edac_dimm_uncorrectable_errors_total{controller=\"0\",dimm=\"3\","
		"dimm_label=\"CPU_SrcID0_DIMM1\"} 13\n");
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

/* One count that cannot be read costs that count */
static void test_edac_odd(void)
{
	COLL_CASE(t, edac);

	tree_put(&t.tree, MC "mc1/ce_count", "-1\n");
	tree_put(&t.tree, MC "mc1/ue_count", "18446744073709551615\n");
	tree_put(&t.tree, MC "mc1/rank0/dimm_ce_count", "1\n");
	tree_put(&t.tree, MC "mc1/rank0/dimm_label",
		 "csrowcsrowcsrowcsrowcsrowcsrowcsrowcsrowcsrowcsrowcsrowcsrowcsrowcsrow\n");
	tree_put(&t.tree, MC "mcx/ce_count", "1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, "{\"table\":\"edac\",\"controller\":1,\"correctable\":null,"
			  "\"uncorrectable\":1.8446744073709552e+19}\n"
			  "{\"table\":\"edac_csrow\",\"controller\":1,\"csrow\":\"unknown\","
			  "\"correctable\":null,\"uncorrectable\":null}\n"
			  "{\"table\":\"edac_dimm\",\"controller\":1,\"dimm\":0,\"dimm_label\":"
			  "\"_csrow_csrow_csrow_csrow_csrow_csrow_csrow_csrow_csrow_csrow_cs\","
			  "\"correctable\":1,\"uncorrectable\":null}\n");
	CHECK_EQ_INT(t.run.coll.bad, 1);
}

static void test_live(void)
{
	LIVE(uname);
	LIVE(os);
	LIVE(time);
	LIVE(timex);
	LIVE(conntrack);
	LIVE(edac);
}

int main(void)
{
	RUN(test_uname);
	RUN(test_uname_live);
	RUN(test_os);
	RUN(test_os_odd);
	RUN(test_os_link);
	RUN(test_time);
	RUN(test_time_live);
	RUN(test_timex);
	RUN(test_conntrack);
	RUN(test_conntrack_old);
	RUN(test_edac);
	RUN(test_edac_odd);
	RUN(test_live);
	return check_summary();
}
