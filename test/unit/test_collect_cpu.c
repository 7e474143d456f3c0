/* The cpu and cpufreq collectors. */
#include "coll_case.h"

#define PLAIN "cpu  3 0 0 0 0 0 0 0 0 0\n"

static void test_seconds(void)
{
	COLL_CASE(t, cpu);

	tree_put(&t.tree, "proc/stat",
		 PLAIN "cpu0 2642 36 2162 145153 213 1 17 2680 5 6\n"
		       "cpu12 100 200 300 400 500 600 700 800 0 0\n"
		       "intr 267714 0 0\nctxt 537148\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(t.text,
		  "# HELP node_cpu_guest_seconds_total Seconds the CPUs spent in guests (VMs) for "
		  "each mode.\n"
		  "# TYPE node_cpu_guest_seconds_total counter\n"
		  "node_cpu_guest_seconds_total{cpu=\"0\",mode=\"user\"} 0.05\n"
		  "node_cpu_guest_seconds_total{cpu=\"0\",mode=\"nice\"} 0.06\n"
		  "node_cpu_guest_seconds_total{cpu=\"12\",mode=\"user\"} 0\n"
		  "node_cpu_guest_seconds_total{cpu=\"12\",mode=\"nice\"} 0\n"
		  "# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.\n"
		  "# TYPE node_cpu_seconds_total counter\n"
		  "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 26.42\n"
		  "node_cpu_seconds_total{cpu=\"0\",mode=\"nice\"} 0.36\n"
		  "node_cpu_seconds_total{cpu=\"0\",mode=\"system\"} 21.62\n"
		  "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 1451.53\n"
		  "node_cpu_seconds_total{cpu=\"0\",mode=\"iowait\"} 2.13\n"
		  "node_cpu_seconds_total{cpu=\"0\",mode=\"irq\"} 0.01\n"
		  "node_cpu_seconds_total{cpu=\"0\",mode=\"softirq\"} 0.17\n"
		  "node_cpu_seconds_total{cpu=\"0\",mode=\"steal\"} 26.8\n"
		  "node_cpu_seconds_total{cpu=\"12\",mode=\"user\"} 1\n"
		  "node_cpu_seconds_total{cpu=\"12\",mode=\"nice\"} 2\n"
		  "node_cpu_seconds_total{cpu=\"12\",mode=\"system\"} 3\n"
		  "node_cpu_seconds_total{cpu=\"12\",mode=\"idle\"} 4\n"
		  "node_cpu_seconds_total{cpu=\"12\",mode=\"iowait\"} 5\n"
		  "node_cpu_seconds_total{cpu=\"12\",mode=\"irq\"} 6\n"
		  "node_cpu_seconds_total{cpu=\"12\",mode=\"softirq\"} 7\n"
		  "node_cpu_seconds_total{cpu=\"12\",mode=\"steal\"} 8\n");
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

/* One row of the table cpu as JSON, from hundredths of a second */
#define ROW(cpu, user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice)         \
	"{\"table\":\"cpu\",\"cpu\":" #cpu ",\"user_seconds\":" #user ",\"nice_seconds\":" #nice   \
	",\"system_seconds\":" #system ",\"idle_seconds\":" #idle ",\"iowait_seconds\":" #iowait   \
	",\"irq_seconds\":" #irq ",\"softirq_seconds\":" #softirq ",\"steal_seconds\":" #steal     \
	",\"guest_seconds\":" #guest ",\"guest_nice_seconds\":" #guest_nice "}\n"

static void check_stat(struct coll_case *t, const char *stat, const char *want)
{
	tree_put(&t->tree, "proc/stat", stat);
	CHECK_EQ_INT(coll_case_run(t, &xm_sink_json), 0);
	CHECK_STR(t->text, want);
}

static void test_old_kernel(void)
{
	COLL_CASE(t, cpu);

	/* 2.4 had four columns; 2.6.11 to 2.6.23 eight */
	check_stat(&t, "cpu0 100 200 300 400\n", ROW(0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0));
	check_stat(&t, "cpu0 100 200 300 400 500 600 700 800\n",
		   ROW(0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0));
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

static void test_guest_off(void)
{
	COLL_CASE(t, cpu);

	coll_case_set(&t, "guest", "false");
	check_stat(&t, "cpu0 100 200 300 400 0 0 0 0 500 600\n",
		   ROW(0, 1, 2, 3, 4, 0, 0, 0, 0, null, null));
}

static void test_never_backwards(void)
{
	COLL_CASE(t, cpu);

	check_stat(&t, "cpu0 1000 0 0 1000 1000 0 0 0 0 0\n",
		   ROW(0, 10, 0, 0, 10, 10, 0, 0, 0, 0, 0));
	/* iowait back by 5 s, idle by 2.99 s: both stand; user goes on */
	check_stat(&t, "cpu0 1100 0 0 701 500 0 0 0 0 0\n",
		   ROW(0, 11, 0, 0, 10, 10, 0, 0, 0, 0, 0));
	check_stat(&t, "cpu0 1200 0 0 1001 1001 0 0 0 0 0\n",
		   ROW(0, 12, 0, 0, 10.01, 10.01, 0, 0, 0, 0, 0));
	/* idle back by exactly 3 s: the CPU was off line; all values are new */
	check_stat(&t, "cpu0 1199 0 0 701 3 0 0 0 0 0\n",
		   ROW(0, 11.99, 0, 0, 7.01, 0.03, 0, 0, 0, 0, 0));
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

static void test_hotplug(void)
{
	COLL_CASE(t, cpu);

	check_stat(&t, "cpu0 0 0 0 100\ncpu1 0 0 0 900\n",
		   ROW(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) ROW(1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0));
	check_stat(&t, "cpu0 0 0 0 200\n", ROW(0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0));
	check_stat(&t, "cpu0 0 0 0 300\ncpu1 0 0 0 100\n",
		   ROW(0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0) ROW(1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0));
}

static void test_odd_lines(void)
{
	COLL_CASE(t, cpu);

	check_stat(&t, "cpu0 100 100 100 100 100 100 100 100 100 100\r\n",
		   ROW(0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
	CHECK_EQ_INT(t.run.coll.bad, 0);
	/* a value that is none, below zero as 2^64-1, below zero, over 64 bits: the old one stands
	 */
	check_stat(&t,
		   "cpu0 200 x 200 200 18446744073709551615 -3 99999999999999999999 200 200 200\n",
		   ROW(0, 2, null, 2, 2, null, null, null, 2, 2, 2));
	CHECK_EQ_INT(t.run.coll.bad, 4);
	/* names that are no CPU of ours, and lines that end too early */
	check_stat(&t, "cpu4096 1 1 1 1\ncpux 1 1 1 1\ncpu\ncpu1 1 2 3\ncpu0 300 300 300 300",
		   ROW(0, 3, 3, 3, 3, 1, 1, 1, 2, 2, 2)); /* and nothing went back */
	CHECK_EQ_INT(t.run.coll.bad, 7);
}

/* A hypervisor's negative steal time must not become the highest value for ever */
static void test_negative_steal(void)
{
	COLL_CASE(t, cpu);

	check_stat(&t, "cpu0 0 0 0 100 0 0 0 700 0 0\n", ROW(0, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0));
	check_stat(&t, "cpu0 0 0 0 200 0 0 0 1844674407370 0 0\n",
		   ROW(0, 0, 0, 0, 2, 0, 0, 0, null, 0, 0));
	CHECK_EQ_INT(t.run.coll.bad, 1);
	check_stat(&t, "cpu0 0 0 0 300 0 0 0 800 0 0\n", ROW(0, 0, 0, 0, 3, 0, 0, 0, 8, 0, 0));
	/* 285 years are a time */
	check_stat(&t, "cpu0 0 0 0 900000000000 0 0 0 900 0 0\n",
		   ROW(0, 0, 0, 0, 9000000000, 0, 0, 0, 9, 0, 0));
	CHECK_EQ_INT(t.run.coll.bad, 1);
}

static void test_truncated(void)
{
	static const char whole[] = "cpu0 100 100 100 100 100\ncpu1 100 100 100 100 100\n";
	char part[sizeof whole];
	COLL_CASE(t, cpu);

	for (size_t n = 0; n < sizeof whole; n++) {
		memcpy(part, whole, n);
		part[n] = 0;
		tree_put(&t.tree, "proc/stat", part);
		/* a CPU counts from "cpu0 100 100 100 1" on */
		CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), n < 18 ? -EBADMSG : 0);
		CHECK_EQ_INT(strstr(t.text, "\"cpu\":0,\"user") != NULL, n >= 18);
		CHECK_EQ_INT(strstr(t.text, "\"cpu\":1,\"user") != NULL, n >= 25 + 18);
	}
}

static void test_many(void)
{
	_cleanup_buf_ struct xm_buf stat = XM_BUF_INIT;
	unsigned rows = 0;
	COLL_CASE(t, cpu);

	for (unsigned i = 0; i < 5000; i++)
		xm_buf_addf(&stat, "cpu%u 1 2 3 4 5 6 7 8 9 10\n", i);
	tree_put(&t.tree, "proc/stat", stat.data);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	for (const char *p = t.text; (p = strchr(p, '\n')); p++)
		rows++;
	CHECK_EQ_INT(rows, 4096);
	CHECK_EQ_INT(t.run.coll.bad, 5000 - 4096);
}

static void test_absent(void)
{
	COLL_CASE(t, cpu);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "proc/stat", "cpu 1 1 1 1\nintr 5\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EBADMSG);
	CHECK_STR(t.run.coll.err.msg, "stat: not in the expected form");
	tree_put(&t.tree, "proc/stat", "cpu3 1 1 1 1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

#define CPU "sys/devices/system/cpu/"

static void put_place(struct coll_case *t, unsigned cpu, const char *package, const char *core)
{
	char path[128];

	snprintf(path, sizeof path, CPU "cpu%u/topology/physical_package_id", cpu);
	tree_put(&t->tree, path, package);
	snprintf(path, sizeof path, CPU "cpu%u/topology/core_id", cpu);
	tree_put(&t->tree, path, core);
}

static void put_throttles(struct coll_case *t, unsigned cpu, const char *core, const char *package)
{
	char path[128];

	snprintf(path, sizeof path, CPU "cpu%u/thermal_throttle/core_throttle_count", cpu);
	tree_put(&t->tree, path, core);
	if (!package)
		return;
	snprintf(path, sizeof path, CPU "cpu%u/thermal_throttle/package_throttle_count", cpu);
	tree_put(&t->tree, path, package);
}

/* The text from the first row of a table other than cpu on */
static const char *after_seconds(const struct coll_case *t)
{
	const char *p = t->text;

	while (!strncmp(p, "{\"table\":\"cpu\"", 14))
		p = strchr(p, '\n') + 1;
	return p;
}

static void test_throttles(void)
{
	COLL_CASE(t, cpu);

	tree_put(&t.tree, "proc/stat", "cpu0 0 0 0 1\n");
	put_place(&t, 0, "0\n", "7\n");
	put_place(&t, 1, "0\n", "7\n"); /* sibling of 0 */
	put_place(&t, 2, "0\n", "8\n");
	put_place(&t, 10, "1\n", "7\n");
	put_place(&t, 11, "-1\n", "0\n");  /* not known: some virtual machines say so */
	put_throttles(&t, 0, "5\n", NULL); /* the package is counted by its next CPU */
	put_throttles(&t, 1, "5\n", "9\n");
	put_throttles(&t, 2, "6\n", "9\n");
	put_throttles(&t, 10, "18446744073709551615\n", "0\n");
	put_throttles(&t, 11, "1\n", "1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text,
		       "# HELP node_cpu_core_throttles_total Number of times this CPU core has "
		       "been throttled.\n"
		       "# TYPE node_cpu_core_throttles_total counter\n"
		       "node_cpu_core_throttles_total{core=\"7\",package=\"0\"} 5\n"
		       "node_cpu_core_throttles_total{core=\"8\",package=\"0\"} 6\n"
		       "node_cpu_core_throttles_total{core=\"7\",package=\"1\"} "
		       "1.8446744073709552e+19\n");
	CHECK_CONTAINS(t.text,
		       "# HELP node_cpu_package_throttles_total Number of times this CPU package "
		       "has been throttled.\n"
		       "# TYPE node_cpu_package_throttles_total counter\n"
		       "node_cpu_package_throttles_total{package=\"0\"} 9\n"
		       "node_cpu_package_throttles_total{package=\"1\"} 0\n");
}

/* The counters are read again in turns of 16 CPUs; what is gone keeps its value */
static void test_throttles_refresh(void)
{
	COLL_CASE(t, cpu);

	tree_put(&t.tree, "proc/stat", "cpu0 0 0 0 1\n");
	for (unsigned i = 0; i < 20; i++) {
		char core[8];

		snprintf(core, sizeof core, "%u", i);
		put_place(&t, i, "0", core);
		put_throttles(&t, i, "1", NULL);
	}
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	put_throttles(&t, 0, "2", NULL);
	put_throttles(&t, 15, "2", NULL);
	put_throttles(&t, 16, "2", NULL);
	tree_remove(&t.tree, CPU "cpu3");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_CONTAINS(t.text, "\"core\":0,\"package\":0,\"throttles\":2}");
	CHECK_CONTAINS(t.text, "\"core\":3,\"package\":0,\"throttles\":1}");
	CHECK_CONTAINS(t.text, "\"core\":15,\"package\":0,\"throttles\":2}");
	CHECK_CONTAINS(t.text, "\"core\":16,\"package\":0,\"throttles\":1}");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_CONTAINS(t.text, "\"core\":16,\"package\":0,\"throttles\":2}");
}

#define ONLINE(cpu, on) "{\"table\":\"cpu_online\",\"cpu\":" #cpu ",\"online\":" #on "}\n"

static void test_online(void)
{
	COLL_CASE(t, cpu);

	tree_put(&t.tree, "proc/stat", "cpu0 0 0 0 1\ncpu2 0 0 0 1\n");
	tree_put(&t.tree, CPU "cpu0/topology/core_id", "0\n"); /* no file: it cannot go off line */
	tree_put(&t.tree, CPU "cpu1/online", "0\n");
	tree_put(&t.tree, CPU "cpu2/online", "1\n");
	tree_put(&t.tree, CPU "cpu10/online", "1\n");
	tree_put(&t.tree, CPU "cpufreq/policy0", "");
	tree_put(&t.tree, CPU "cpu9999/online", "1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(after_seconds(&t),
		  ONLINE(0, true) ONLINE(1, false) ONLINE(2, true) ONLINE(10, true));
	/* looked at again when /proc/stat lists other CPUs */
	tree_put(&t.tree, CPU "cpu1/online", "1\n");
	tree_put(&t.tree, CPU "cpu2/online", "0\n");
	tree_put(&t.tree, "proc/stat", "cpu0 0 0 0 1\ncpu1 0 0 0 1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(after_seconds(&t),
		  ONLINE(0, true) ONLINE(1, true) ONLINE(2, false) ONLINE(10, true));
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "# HELP node_cpu_online CPUs that are online and being scheduled.\n"
			       "# TYPE node_cpu_online gauge\nnode_cpu_online{cpu=\"0\"} 1\n"
			       "node_cpu_online{cpu=\"1\"} 1\nnode_cpu_online{cpu=\"2\"} 0\n");
}

static void test_isolated(void)
{
	COLL_CASE(t, cpu);

	tree_put(&t.tree, "proc/stat", "cpu0 0 0 0 1\n");
	tree_put(&t.tree, CPU "isolated", "1,3-5,9\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text,
		       "# HELP node_cpu_isolated Whether each core is isolated, information from "
		       "/sys/devices/system/cpu/isolated.\n"
		       "# TYPE node_cpu_isolated gauge\nnode_cpu_isolated{cpu=\"1\"} 1\n"
		       "node_cpu_isolated{cpu=\"3\"} 1\nnode_cpu_isolated{cpu=\"4\"} 1\n"
		       "node_cpu_isolated{cpu=\"5\"} 1\nnode_cpu_isolated{cpu=\"9\"} 1\n"
		       "# HELP node_cpu_seconds_total");
	tree_put(&t.tree, CPU "isolated", "4090-9000\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_CONTAINS(t.text, "{\"table\":\"cpu_isolated\",\"cpu\":4090}");
	CHECK_CONTAINS(t.text, "{\"table\":\"cpu_isolated\",\"cpu\":4095}");
	CHECK(!strstr(t.text, "4096"));
	tree_put(&t.tree, CPU "isolated", "\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK(!strstr(t.text, "cpu_isolated"));
	/* not a list: said, and the seconds are there all the same */
	tree_put(&t.tree, CPU "isolated", "5-3\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EBADMSG);
	CHECK_STR(t.run.coll.err.msg, "devices/system/cpu/isolated: not in the expected form");
	CHECK_STR(t.text, ROW(0, 0, 0, 0, 0.01, 0, 0, 0, 0, 0, 0));
	CHECK(!strstr(t.text, "cpu_isolated"));
}

#define X86                                                                                        \
	"processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\n"              \
	"model name\t: AMD EPYC\nstepping\t: 1\nmicrocode\t: 0x1000065\n"                          \
	"cpu MHz\t\t: 2445.428\ncache size\t: 512 KB\nphysical id\t: 0\ncore id\t\t: 3\n"          \
	"flags\t\t: fpu aes avx avx2\nbugs\t\t: spectre_v1 srso\nTLB size\t: 2560 4K pages\n"      \
	"power management:\n\n"

static void test_info(void)
{
	COLL_CASE(t, cpu);

	tree_put(&t.tree, "proc/stat", "cpu0 0 0 0 1\n");
	tree_put(&t.tree, "proc/cpuinfo",
		 X86 "processor\t: 1\nmodel name\t: say \"hi\"\nflags\t: avx512f\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK(!strstr(t.text, "cpu_info"));
	coll_case_close(&t);
	coll_case_set(&t, "info", "true");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text,
		       "# HELP node_cpu_frequency_hertz CPU frequency in hertz from "
		       "/proc/cpuinfo.\n# TYPE node_cpu_frequency_hertz gauge\n"
		       "node_cpu_frequency_hertz{core=\"3\",cpu=\"0\",package=\"0\"} 2445428000\n"
		       "# HELP node_cpu_guest");
	CHECK_CONTAINS(t.text,
		       "# HELP node_cpu_info CPU information from /proc/cpuinfo.\n"
		       "# TYPE node_cpu_info gauge\n"
		       "node_cpu_info{cachesize=\"512 KB\",core=\"3\",cpu=\"0\",family=\"25\","
		       "microcode=\"0x1000065\",model=\"1\",model_name=\"AMD EPYC\","
		       "package=\"0\",stepping=\"1\",vendor=\"AuthenticAMD\"} 1\n"
		       "node_cpu_info{cpu=\"1\",model_name=\"say \\\"hi\\\"\"} 1\n");
	CHECK(!strstr(t.text, "flag_info"));
}

/* Of the first CPU, and each alone turns info on */
static void test_info_words(void)
{
	COLL_CASE(t, cpu);

	tree_put(&t.tree, "proc/stat", "cpu0 0 0 0 1\n");
	tree_put(&t.tree, "proc/cpuinfo", X86 "processor\t: 1\nflags\t: avx512f\n");
	coll_case_set(&t, "info.flags-include", "^avx");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text,
		       "# HELP node_cpu_flag_info The `flags` field of CPU information from "
		       "/proc/cpuinfo taken from the first core.\n"
		       "# TYPE node_cpu_flag_info gauge\n"
		       "node_cpu_flag_info{flag=\"avx\"} 1\nnode_cpu_flag_info{flag=\"avx2\"} 1\n"
		       "# HELP");
	CHECK_CONTAINS(t.text, "node_cpu_info{");
	CHECK(!strstr(t.text, "bug_info"));
	coll_case_close(&t);
	coll_case_set(&t, "info.flags-include", "");
	coll_case_set(&t, "info.bugs-include", "spectre");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text,
		       "# HELP node_cpu_bug_info The `bugs` field of CPU information from "
		       "/proc/cpuinfo taken from the first core.\n"
		       "# TYPE node_cpu_bug_info gauge\nnode_cpu_bug_info{bug=\"spectre_v1\"} 1\n"
		       "# HELP");
	CHECK(!strstr(t.text, "flag_info"));
	coll_case_close(&t);
	tree_remove(&t.tree, "proc/cpuinfo");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "node_cpu_seconds_total{");
	CHECK(!strstr(t.text, "_info{"));
	coll_case_close(&t);
	tree_put(&t.tree, "proc/cpuinfo", "processor : 0\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "node_cpu_info{cpu=\"0\"} 1\n");
	CHECK(!strstr(t.text, "bug_info"));
	coll_case_close(&t);
	coll_case_set(&t, "info.bugs-include", "(");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EINVAL);
	CHECK_CONTAINS(t.run.coll.err.msg,
		       "cpu.info.bugs-include: '(' is not a regular expression");
}

static void test_info_arm(void)
{
	COLL_CASE(t, cpu);

	tree_put(&t.tree, "proc/stat", "cpu0 0 0 0 1\n");
	tree_put(&t.tree, "proc/cpuinfo",
		 "processor\t: 0\r\nBogoMIPS\t: 50.00\r\nFeatures\t: fp asimd\r\n"
		 "CPU implementer\t: 0x41\r\nCPU architecture: 8\r\nCPU variant\t: 0x3\r\n"
		 "CPU part\t: 0xd0c\r\nCPU revision\t: 1\r\n\r\n"
		 "Hardware\t: board\r\nSerial\t: 0\r\n\r\n");
	coll_case_set(&t, "info.flags-include", "simd");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text,
		       "node_cpu_info{cpu=\"0\",family=\"8\",model=\"0xd0c\",stepping=\"1\","
		       "vendor=\"0x41\"} 1\n# HELP");
	CHECK_CONTAINS(t.text, "node_cpu_flag_info{flag=\"asimd\"} 1\n");
	CHECK(!strstr(t.text, "node_cpu_frequency_hertz{"));
}

static void test_cpufreq(void)
{
	COLL_CASE(t, cpufreq);

	tree_put(&t.tree, CPU "cpu0/cpufreq/cpuinfo_cur_freq", "1699981\n");
	tree_put(&t.tree, CPU "cpu0/cpufreq/cpuinfo_avg_freq", "1500000\n");
	tree_put(&t.tree, CPU "cpu0/cpufreq/cpuinfo_min_freq", "800000\n");
	tree_put(&t.tree, CPU "cpu0/cpufreq/cpuinfo_max_freq", "3700000\n");
	tree_put(&t.tree, CPU "cpu0/cpufreq/scaling_cur_freq", "1699982\n");
	tree_put(&t.tree, CPU "cpu0/cpufreq/scaling_min_freq", "800001\n");
	tree_put(&t.tree, CPU "cpu0/cpufreq/scaling_max_freq", "3700001\n");
	tree_put(&t.tree, CPU "cpu0/cpufreq/scaling_governor", "powersave\n");
	tree_put(&t.tree, CPU "cpu0/cpufreq/scaling_available_governors",
		 "performance powersave \n");
	tree_put(&t.tree, CPU "cpu10/cpufreq/scaling_cur_freq", "1000000\n");
	tree_put(&t.tree, CPU "cpu2/cpufreq/scaling_cur_freq", "<unknown>\n");
	tree_put(&t.tree, CPU "cpu2/cpufreq/scaling_max_freq", "2000000\n");
	tree_put(&t.tree, CPU "cpu2/cpufreq/scaling_governor", "userspace\n");
	tree_put(&t.tree, CPU "cpu3/online", "1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(t.text,
		  "# HELP node_cpu_frequency_avg_hertz Average CPU thread frequency in hertz.\n"
		  "# TYPE node_cpu_frequency_avg_hertz gauge\n"
		  "node_cpu_frequency_avg_hertz{cpu=\"0\"} 1500000000\n"
		  "# HELP node_cpu_frequency_hertz Current CPU thread frequency in hertz.\n"
		  "# TYPE node_cpu_frequency_hertz gauge\n"
		  "node_cpu_frequency_hertz{cpu=\"0\"} 1699981000\n"
		  "# HELP node_cpu_frequency_max_hertz Maximum CPU thread frequency in hertz.\n"
		  "# TYPE node_cpu_frequency_max_hertz gauge\n"
		  "node_cpu_frequency_max_hertz{cpu=\"0\"} 3700000000\n"
		  "# HELP node_cpu_frequency_min_hertz Minimum CPU thread frequency in hertz.\n"
		  "# TYPE node_cpu_frequency_min_hertz gauge\n"
		  "node_cpu_frequency_min_hertz{cpu=\"0\"} 800000000\n"
		  "# HELP node_cpu_scaling_frequency_hertz Current scaled CPU thread frequency in "
		  "hertz.\n"
		  "# TYPE node_cpu_scaling_frequency_hertz gauge\n"
		  "node_cpu_scaling_frequency_hertz{cpu=\"0\"} 1699982000\n"
		  "node_cpu_scaling_frequency_hertz{cpu=\"10\"} 1000000000\n"
		  "# HELP node_cpu_scaling_frequency_max_hertz Maximum scaled CPU thread frequency "
		  "in hertz.\n"
		  "# TYPE node_cpu_scaling_frequency_max_hertz gauge\n"
		  "node_cpu_scaling_frequency_max_hertz{cpu=\"0\"} 3700001000\n"
		  "node_cpu_scaling_frequency_max_hertz{cpu=\"2\"} 2000000000\n"
		  "# HELP node_cpu_scaling_frequency_min_hertz Minimum scaled CPU thread frequency "
		  "in hertz.\n"
		  "# TYPE node_cpu_scaling_frequency_min_hertz gauge\n"
		  "node_cpu_scaling_frequency_min_hertz{cpu=\"0\"} 800001000\n"
		  "# HELP node_cpu_scaling_governor Current enabled CPU frequency governor.\n"
		  "# TYPE node_cpu_scaling_governor gauge\n"
		  "node_cpu_scaling_governor{cpu=\"0\",governor=\"performance\"} 0\n"
		  "node_cpu_scaling_governor{cpu=\"0\",governor=\"powersave\"} 1\n"
		  "node_cpu_scaling_governor{cpu=\"2\",governor=\"userspace\"} 1\n");
}

static void test_cpufreq_absent(void)
{
	COLL_CASE(t, cpufreq);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, CPU "cpu0/online", "1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	CHECK_STR(t.text, "");
}

static void test_live(void)
{
	COLL_CASE(t, cpu);

	coll_case_live(&t);
	coll_case_set(&t, "info", "true");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_CONTAINS(t.text, "{\"table\":\"cpu\",\"cpu\":0,");
	CHECK_CONTAINS(t.text, "{\"table\":\"cpu_online\",\"cpu\":0,\"online\":true}");
	CHECK_CONTAINS(t.text, "{\"table\":\"cpu_info\",");
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

static void test_cpufreq_live(void)
{
	LIVE(cpufreq);
}

int main(void)
{
	RUN(test_seconds);
	RUN(test_old_kernel);
	RUN(test_guest_off);
	RUN(test_never_backwards);
	RUN(test_hotplug);
	RUN(test_odd_lines);
	RUN(test_negative_steal);
	RUN(test_truncated);
	RUN(test_many);
	RUN(test_absent);
	RUN(test_throttles);
	RUN(test_throttles_refresh);
	RUN(test_online);
	RUN(test_isolated);
	RUN(test_info);
	RUN(test_info_words);
	RUN(test_info_arm);
	RUN(test_cpufreq);
	RUN(test_cpufreq_absent);
	RUN(test_live);
	RUN(test_cpufreq_live);
	return check_summary();
}
