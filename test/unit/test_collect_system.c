/* The collectors of what the kernel counts: load, memory, interrupts, pressure, files. */
#include "coll_case.h"
#include <sys/syscall.h>

/* Our own pread(2), for files whose read fails as no regular file's does */
static int pread_error;

ssize_t pread(int fd, void *buf, size_t n, off_t off)
{
	if (!pread_error)
		return syscall(SYS_pread64, fd, buf, n, off);
	errno = pread_error;
	return -1;
}

static void test_loadavg(void)
{
	COLL_CASE(t, loadavg);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "proc/loadavg", "0.20 10.18 1000.12 1/80 11206\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(t.text, "# HELP node_load1 1m load average.\n"
			  "# TYPE node_load1 gauge\nnode_load1 0.2\n"
			  "# HELP node_load15 15m load average.\n"
			  "# TYPE node_load15 gauge\nnode_load15 1000.12\n"
			  "# HELP node_load5 5m load average.\n"
			  "# TYPE node_load5 gauge\nnode_load5 10.18\n");
	tree_put(&t.tree, "proc/loadavg", "1 2 3 1/80 11206\r\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, "{\"table\":\"loadavg\",\"load1\":1,\"load5\":2,\"load15\":3}\n");
}

static void test_loadavg_odd(void)
{
	static const char *const odd[] = { "", "\n", "0.20 0.18", "0.20 x 0.12", "0x1 0 0" };
	COLL_CASE(t, loadavg);

	for (unsigned i = 0; i < XM_ARRAY_LEN(odd); i++) {
		tree_put(&t.tree, "proc/loadavg", odd[i]);
		CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EBADMSG);
		CHECK_STR(t.text, "");
		CHECK_STR(t.run.coll.err.msg, "loadavg: not in the expected form");
	}
}

#define MEM(key, value) "{\"table\":\"meminfo\",\"key\":\"" key "\",\"value\":" #value "}\n"

static void test_meminfo(void)
{
	COLL_CASE(t, meminfo);

	tree_put(&t.tree, "proc/meminfo",
		 "MemTotal:       24606808 kB\nActive(anon):     10 kB\nHugePages_Total:       7\n"
		 "NewOfTomorrow:  18446744073709551615\r\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text,
		  MEM("MemTotal_bytes", 25197371392) MEM("Active_anon_bytes", 10240)
			  MEM("HugePages_Total", 7) MEM("NewOfTomorrow", 1.8446744073709552e+19));
	CHECK_EQ_INT(t.run.coll.bad, 0);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "# HELP node_memory_Active_anon_bytes Memory information field "
			       "Active_anon_bytes.\n"
			       "# TYPE node_memory_Active_anon_bytes gauge\n"
			       "node_memory_Active_anon_bytes 10240\n");
}

static void test_meminfo_odd(void)
{
	COLL_CASE(t, meminfo);

	tree_put(&t.tree, "proc/meminfo",
		 "no colon\n: 5 kB\nA: -5 kB\nB: 5 MB\nC:\nD: 99999999999999999999 kB\nE: 5 kB");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, MEM("E_bytes", 5120));
	CHECK_EQ_INT(t.run.coll.bad, 6);
}

#define VM(key, value) "{\"table\":\"vmstat\",\"key\":\"" key "\",\"value\":" #value "}\n"

static void test_vmstat(void)
{
	COLL_CASE(t, vmstat);

	tree_put(&t.tree, "proc/vmstat",
		 "nr_free_pages 1\npgpgin 2\npswpout 3\npgfault 4\npgmajfault 5\n"
		 "pgsteal_kswapd 6\noom_kill 7\nthp_fault_alloc 8\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, VM("pgpgin", 2) VM("pswpout", 3) VM("pgfault", 4) VM("pgmajfault", 5)
				  VM("oom_kill", 7));
	/* the same lines in another order: the remembered verdicts must not be mixed up */
	tree_put(&t.tree, "proc/vmstat", "pgpgin 3\nnr_free_pages 1\noom_kill 8\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, VM("pgpgin", 3) VM("oom_kill", 8));
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "# HELP node_vmstat_oom_kill /proc/vmstat information field "
			       "oom_kill.\n"
			       "# TYPE node_vmstat_oom_kill untyped\nnode_vmstat_oom_kill 8\n");
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

static void test_vmstat_fields(void)
{
	COLL_CASE(t, vmstat);

	tree_put(&t.tree, "proc/vmstat", "nr_dirty 1\nthp_a 2\npgfault 3\n");
	coll_case_set(&t, "fields", "^thp_|dirty$");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, VM("nr_dirty", 1) VM("thp_a", 2));
	coll_case_close(&t);
	coll_case_set(&t, "fields", "");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, VM("nr_dirty", 1) VM("thp_a", 2) VM("pgfault", 3));
	coll_case_close(&t);
	coll_case_set(&t, "fields", "[");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EINVAL);
	CHECK_CONTAINS(t.run.coll.err.msg, "vmstat.fields");
	CHECK_CONTAINS(t.run.coll.err.msg, "'[' is not a regular expression");
}

static void test_vmstat_odd(void)
{
	COLL_CASE(t, vmstat);

	tree_put(&t.tree, "proc/vmstat",
		 "pgpgin\npgpgout -1\n\npswpin 1x\npswpout 18446744073709551615\r\nnr_x "
		 "-1\npgfault 5");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, VM("pswpout", 1.8446744073709552e+19) VM("pgfault", 5));
	CHECK_EQ_INT(t.run.coll.bad, 4);
}

static void test_vmstat_many(void)
{
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;
	COLL_CASE(t, vmstat);

	for (unsigned i = 0; i < 4096; i++)
		xm_buf_addf(&text, "nr_%u 1\n", i);
	xm_buf_adds(&text, "pgpgin 1\n");
	tree_put(&t.tree, "proc/vmstat", text.data);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, "");
	CHECK_EQ_INT(t.run.coll.bad, 1);
}

#define STAT                                                                                       \
	"cpu  1 2 3 4\nintr 267714 0 5 6\nctxt 537148\nbtime 1795258229\nprocesses 5372\n"         \
	"procs_running 4\nprocs_blocked 1\n"                                                       \
	"softirq 255 1 2 3 4 5 6 7 8 9 210\n"

static void test_stat(void)
{
	COLL_CASE(t, stat);

	tree_put(&t.tree, "proc/stat", STAT);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(t.text,
		  "# HELP node_boot_time_seconds Node boot time, in unixtime.\n"
		  "# TYPE node_boot_time_seconds gauge\nnode_boot_time_seconds 1795258229\n"
		  "# HELP node_context_switches_total Total number of context switches.\n"
		  "# TYPE node_context_switches_total counter\nnode_context_switches_total 537148\n"
		  "# HELP node_forks_total Total number of forks.\n"
		  "# TYPE node_forks_total counter\nnode_forks_total 5372\n"
		  "# HELP node_intr_total Total number of interrupts serviced.\n"
		  "# TYPE node_intr_total counter\nnode_intr_total 267714\n"
		  "# HELP node_procs_blocked Number of processes blocked waiting for I/O to "
		  "complete.\n"
		  "# TYPE node_procs_blocked gauge\nnode_procs_blocked 1\n"
		  "# HELP node_procs_running Number of processes in runnable state.\n"
		  "# TYPE node_procs_running gauge\nnode_procs_running 4\n");
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

static void test_stat_softirq(void)
{
	COLL_CASE(t, stat);

	tree_put(&t.tree, "proc/stat", STAT);
	coll_case_set(&t, "softirq", "true");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "# HELP node_softirqs_total Number of softirq calls.\n"
			       "# TYPE node_softirqs_total counter\n"
			       "node_softirqs_total{vector=\"hi\"} 1\n"
			       "node_softirqs_total{vector=\"timer\"} 2\n"
			       "node_softirqs_total{vector=\"net_tx\"} 3\n"
			       "node_softirqs_total{vector=\"net_rx\"} 4\n"
			       "node_softirqs_total{vector=\"block\"} 5\n"
			       "node_softirqs_total{vector=\"block_iopoll\"} 6\n"
			       "node_softirqs_total{vector=\"tasklet\"} 7\n"
			       "node_softirqs_total{vector=\"sched\"} 8\n"
			       "node_softirqs_total{vector=\"hrtimer\"} 9\n"
			       "node_softirqs_total{vector=\"rcu\"} 210\n");
}

static void test_stat_odd(void)
{
	COLL_CASE(t, stat);

	coll_case_set(&t, "softirq", "true");
	tree_put(&t.tree, "proc/stat",
		 "intr\nctxt x\nbtime -1\nprocesses 7\r\n\nnew 5\nsoftirq 1 2");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, "{\"table\":\"stat\",\"interrupts\":null,\"context_switches\":null,"
			  "\"forks\":7,\"boot_time_seconds\":null,\"procs_running\":null,"
			  "\"procs_blocked\":null}\n"
			  "{\"table\":\"stat_softirq\",\"vector\":\"hi\",\"calls\":2}\n");
	CHECK_EQ_INT(t.run.coll.bad, 3);
	tree_put(&t.tree, "proc/stat", "processes 8\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK(!strstr(t.text, "stat_softirq"));
	/* what there is not, is not zero */
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK(!strstr(t.text, "node_intr_total"));
}

#define HEX9 "0000000a 00000002 00000003 00000000 00000000 00000000 00000000 00000000 00000009"

static void test_softnet(void)
{
	COLL_CASE(t, softnet);

	/* Linux 6.6: the CPU is told, and lines of CPUs off line are left out */
	tree_put(&t.tree, "proc/net/softnet_stat",
		 HEX9 " 00000001 00000004 00000005 00000000 00000006 00000007\n" HEX9
		      " ffffffff 00000000 00000000 00000002 00000000 00000000\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(t.text,
		  "# HELP node_softnet_backlog_len Softnet backlog status\n"
		  "# TYPE node_softnet_backlog_len gauge\n"
		  "node_softnet_backlog_len{cpu=\"0\"} 5\nnode_softnet_backlog_len{cpu=\"2\"} 0\n"
		  "# HELP node_softnet_cpu_collision_total Number of collision occur while "
		  "obtaining device lock while transmitting\n"
		  "# TYPE node_softnet_cpu_collision_total counter\n"
		  "node_softnet_cpu_collision_total{cpu=\"0\"} 9\n"
		  "node_softnet_cpu_collision_total{cpu=\"2\"} 9\n"
		  "# HELP node_softnet_dropped_total Number of dropped packets\n"
		  "# TYPE node_softnet_dropped_total counter\n"
		  "node_softnet_dropped_total{cpu=\"0\"} 2\n"
		  "node_softnet_dropped_total{cpu=\"2\"} 2\n"
		  "# HELP node_softnet_flow_limit_count_total Number of times flow limit has been "
		  "reached\n"
		  "# TYPE node_softnet_flow_limit_count_total counter\n"
		  "node_softnet_flow_limit_count_total{cpu=\"0\"} 4\n"
		  "node_softnet_flow_limit_count_total{cpu=\"2\"} 0\n"
		  "# HELP node_softnet_processed_total Number of processed packets\n"
		  "# TYPE node_softnet_processed_total counter\n"
		  "node_softnet_processed_total{cpu=\"0\"} 10\n"
		  "node_softnet_processed_total{cpu=\"2\"} 10\n"
		  "# HELP node_softnet_received_rps_total Number of times cpu woken up "
		  "received_rps\n"
		  "# TYPE node_softnet_received_rps_total counter\n"
		  "node_softnet_received_rps_total{cpu=\"0\"} 1\n"
		  "node_softnet_received_rps_total{cpu=\"2\"} 4294967295\n"
		  "# HELP node_softnet_times_squeezed_total Number of times processing packets ran "
		  "out of quota\n"
		  "# TYPE node_softnet_times_squeezed_total counter\n"
		  "node_softnet_times_squeezed_total{cpu=\"0\"} 3\n"
		  "node_softnet_times_squeezed_total{cpu=\"2\"} 3\n"
		  "# HELP xmon_softnet_input_queue Packets in the input queue of the CPU.\n"
		  "# TYPE xmon_softnet_input_queue gauge\n"
		  "xmon_softnet_input_queue{cpu=\"0\"} 6\nxmon_softnet_input_queue{cpu=\"2\"} 0\n"
		  "# HELP xmon_softnet_process_queue Packets that the CPU took off its input queue "
		  "and has not processed yet.\n"
		  "# TYPE xmon_softnet_process_queue gauge\n"
		  "xmon_softnet_process_queue{cpu=\"0\"} 7\n"
		  "xmon_softnet_process_queue{cpu=\"2\"} 0\n");
}

#define SOFTNET(cpu, rps, flow, backlog, input, process)                                           \
	"{\"table\":\"softnet\",\"cpu\":" #cpu ",\"processed\":10,\"dropped\":2,"                  \
	"\"times_squeezed\":3,\"cpu_collision\":9,\"received_rps\":" #rps ",\"flow_limit\":" #flow \
	",\"backlog\":" #backlog ",\"input_queue\":" #input ",\"process_queue\":" #process "}\n"

static void test_softnet_old(void)
{
	COLL_CASE(t, softnet);

	/* 9 columns: 2.6.23; 10: 2.6.35; 11: 3.11; 13: 5.10. The CPU is the line's number. */
	tree_put(&t.tree, "proc/net/softnet_stat",
		 HEX9 "\n" HEX9 " 1\n" HEX9 " 1 4\r\n" HEX9 " 1 4 5 9\n" HEX9 " 1 4 5");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text,
		  SOFTNET(0, null, null, null, null, null) SOFTNET(1, 1, null, null, null, null)
			  SOFTNET(2, 1, 4, null, null, null) SOFTNET(9, 1, 4, 5, null, null)
				  SOFTNET(4, 1, 4, null, null, null));
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

static void test_softnet_odd(void)
{
	COLL_CASE(t, softnet);

	tree_put(&t.tree, "proc/net/softnet_stat",
		 "1 2 3 4 5 6 7 8\n\n1 2 3 4 -5 6 7 8 9 10\n11111111111111111 2 3 4 5 6 7 8 "
		 "9\n" HEX9);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, SOFTNET(4, null, null, null, null, null));
	CHECK_EQ_INT(t.run.coll.bad, 4);
}

static void test_schedstat(void)
{
	COLL_CASE(t, schedstat);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "proc/schedstat",
		 "version 15\ntimestamp 15819019232\n"
		 "cpu0 498494191 0 3533438552 2553969831 3853684107 2465731542 2045936778 "
		 "343796328169 4767485306\n"
		 "domain0 00000000,00000003 212499247 210112015\n"
		 "cpu1 0 0 0 0 0 0 1500000000 2000000000 3\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(
		t.text,
		"# HELP node_schedstat_running_seconds_total Number of seconds CPU spent running "
		"a process.\n"
		"# TYPE node_schedstat_running_seconds_total counter\n"
		"node_schedstat_running_seconds_total{cpu=\"0\"} 2.045936778\n"
		"node_schedstat_running_seconds_total{cpu=\"1\"} 1.5\n"
		"# HELP node_schedstat_timeslices_total Number of timeslices executed by CPU.\n"
		"# TYPE node_schedstat_timeslices_total counter\n"
		"node_schedstat_timeslices_total{cpu=\"0\"} 4767485306\n"
		"node_schedstat_timeslices_total{cpu=\"1\"} 3\n"
		"# HELP node_schedstat_waiting_seconds_total Number of seconds spent by processing "
		"waiting for this CPU.\n"
		"# TYPE node_schedstat_waiting_seconds_total counter\n"
		"node_schedstat_waiting_seconds_total{cpu=\"0\"} 343.796328169\n"
		"node_schedstat_waiting_seconds_total{cpu=\"1\"} 2\n");
	tree_put(&t.tree, "proc/schedstat",
		 "cpu0 1 2 3\ncpux 1 2 3 4 5 6 7 8 9\ncpu2 0 0 0 0 0 0 7 8 9");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, "{\"table\":\"schedstat\",\"cpu\":2,\"running_ns\":7,\"waiting_ns\":8,"
			  "\"timeslices\":9}\n");
	CHECK_EQ_INT(t.run.coll.bad, 2);
}

#define SOME "some avg10=0.50 avg60=3.02 avg300=2.77 total=36801484\n"
#define FULL "full avg10=0.00 avg60=1.00 avg300=100.00 total=1500000\n"

static void put_pressure(struct coll_case *t)
{
	tree_put(&t->tree, "proc/pressure/cpu", SOME "full avg10=0 avg60=0 avg300=0 total=0\n");
	tree_put(&t->tree, "proc/pressure/memory", SOME FULL);
	tree_put(&t->tree, "proc/pressure/io", SOME FULL);
	tree_put(&t->tree, "proc/pressure/irq", FULL);
}

static void test_pressure(void)
{
	COLL_CASE(t, pressure);

	put_pressure(&t);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(
		t.text,
		"# HELP node_pressure_cpu_waiting_seconds_total Total time in seconds that "
		"processes have waited for CPU time\n"
		"# TYPE node_pressure_cpu_waiting_seconds_total counter\n"
		"node_pressure_cpu_waiting_seconds_total 36.801484\n"
		"# HELP node_pressure_io_stalled_seconds_total Total time in seconds no "
		"process could make progress due to IO congestion\n"
		"# TYPE node_pressure_io_stalled_seconds_total counter\n"
		"node_pressure_io_stalled_seconds_total 1.5\n"
		"# HELP node_pressure_io_waiting_seconds_total Total time in seconds that "
		"processes have waited due to IO congestion\n"
		"# TYPE node_pressure_io_waiting_seconds_total counter\n"
		"node_pressure_io_waiting_seconds_total 36.801484\n"
		"# HELP node_pressure_irq_stalled_seconds_total Total time in seconds no "
		"process could make progress due to IRQ congestion\n"
		"# TYPE node_pressure_irq_stalled_seconds_total counter\n"
		"node_pressure_irq_stalled_seconds_total 1.5\n"
		"# HELP node_pressure_memory_stalled_seconds_total Total time in seconds no "
		"process could make progress due to memory congestion\n"
		"# TYPE node_pressure_memory_stalled_seconds_total counter\n"
		"node_pressure_memory_stalled_seconds_total 1.5\n"
		"# HELP node_pressure_memory_waiting_seconds_total Total time in seconds that "
		"processes have waited for memory\n"
		"# TYPE node_pressure_memory_waiting_seconds_total counter\n"
		"node_pressure_memory_waiting_seconds_total 36.801484\n");
	CHECK_CONTAINS(t.text,
		       "# HELP xmon_pressure_cpu_waiting_avg10_ratio Share of the last 10 s that "
		       "processes have waited for CPU time.\n"
		       "# TYPE xmon_pressure_cpu_waiting_avg10_ratio gauge\n"
		       "xmon_pressure_cpu_waiting_avg10_ratio 0.005\n");
	CHECK_CONTAINS(t.text, "\nxmon_pressure_irq_stalled_avg300_ratio 1\n");
	/* at the system level it means nothing */
	CHECK(!strstr(t.text, "cpu_stalled"));
}

/* Kernels before 6.1 have no irq; one file that is broken costs its own lines */
static void test_pressure_odd(void)
{
	COLL_CASE(t, pressure);

	put_pressure(&t);
	tree_remove(&t.tree, "proc/pressure/irq");
	tree_put(&t.tree, "proc/pressure/io",
		 "some avg10=0.00 avg60=0.00 avg300=0.00\nfull total=5 max=7\nsome total=-1\n"
		 "some total\nmost total=5\n\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "\nnode_pressure_memory_stalled_seconds_total 1.5\n");
	CHECK(!strstr(t.text, "node_pressure_io_waiting"));
	CHECK_CONTAINS(t.text, "\nnode_pressure_io_stalled_seconds_total 0.000005\n");
	CHECK(!strstr(t.text, "io_stalled_avg"));
	CHECK(!strstr(t.text, "irq"));
	CHECK_EQ_INT(t.run.coll.bad, 3);
}

static void test_pressure_off(void)
{
	COLL_CASE(t, pressure);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	CHECK_CONTAINS(t.run.coll.err.msg, "no PSI");
	CHECK_CONTAINS(t.run.coll.err.msg, "boot with psi=1");
	/* Red Hat's kernels have the files, and they answer this */
	put_pressure(&t);
	pread_error = EOPNOTSUPP;
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EOPNOTSUPP);
	CHECK_STR(t.run.coll.err.msg, "PSI is off: boot with psi=1");
	pread_error = EIO;
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EIO);
	CHECK_STR(t.run.coll.err.msg, "pressure: Input/output error");
	pread_error = 0;
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_CONTAINS(t.text, "{\"table\":\"pressure\",\"resource\":\"cpu\",");
}

static void test_filefd(void)
{
	COLL_CASE(t, filefd);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "proc/sys/fs/file-nr", "459\t0\t9223372036854775807\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(t.text, "# HELP node_filefd_allocated File descriptor statistics: allocated.\n"
			  "# TYPE node_filefd_allocated gauge\nnode_filefd_allocated 459\n"
			  "# HELP node_filefd_maximum File descriptor statistics: maximum.\n"
			  "# TYPE node_filefd_maximum gauge\n"
			  "node_filefd_maximum 9.223372036854776e+18\n");
	tree_put(&t.tree, "proc/sys/fs/file-nr", "459\t0\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EBADMSG);
	CHECK_STR(t.text, "");
}

static void test_entropy(void)
{
	COLL_CASE(t, entropy);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "proc/sys/kernel/random/entropy_avail", "1337\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text,
		  "{\"table\":\"entropy\",\"available_bits\":1337,\"pool_size_bits\":null}\n");
	tree_put(&t.tree, "proc/sys/kernel/random/poolsize", "4096\r\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(t.text,
		  "# HELP node_entropy_available_bits Bits of available entropy.\n"
		  "# TYPE node_entropy_available_bits gauge\nnode_entropy_available_bits 1337\n"
		  "# HELP node_entropy_pool_size_bits Bits of entropy pool.\n"
		  "# TYPE node_entropy_pool_size_bits gauge\nnode_entropy_pool_size_bits 4096\n");
	tree_put(&t.tree, "proc/sys/kernel/random/entropy_avail", "many\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text,
		  "{\"table\":\"entropy\",\"available_bits\":null,\"pool_size_bits\":4096}\n");
	tree_put(&t.tree, "proc/sys/kernel/random/poolsize", "");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EINVAL);
	CHECK_STR(t.run.coll.err.msg, "sys/kernel/random/entropy_avail: Invalid argument");
}

static void test_live(void)
{
	LIVE(loadavg);
	LIVE(meminfo);
	LIVE(vmstat);
	LIVE(stat);
	LIVE(softnet);
	LIVE(schedstat);
	LIVE(pressure);
	LIVE(filefd);
	LIVE(entropy);
}

int main(void)
{
	RUN(test_loadavg);
	RUN(test_loadavg_odd);
	RUN(test_meminfo);
	RUN(test_meminfo_odd);
	RUN(test_vmstat);
	RUN(test_vmstat_fields);
	RUN(test_vmstat_odd);
	RUN(test_vmstat_many);
	RUN(test_stat);
	RUN(test_stat_softirq);
	RUN(test_stat_odd);
	RUN(test_softnet);
	RUN(test_softnet_old);
	RUN(test_softnet_odd);
	RUN(test_schedstat);
	RUN(test_pressure);
	RUN(test_pressure_odd);
	RUN(test_pressure_off);
	RUN(test_filefd);
	RUN(test_entropy);
	RUN(test_live);
	return check_summary();
}
