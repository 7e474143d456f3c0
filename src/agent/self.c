#include "agent/self.h"
#include "base/clock.h"
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <sys/resource.h>

struct source_row {
	char source[32];
	bool present, up;
	double last_success_seconds, cost_seconds, wall_seconds;
	uint64_t turns, failures, overdue, bad;
};

static const struct xm_field source_cols[] = {
	XM_FIELD(struct source_row, source, XM_STR, "collector", .flags = XM_KEY),
	XM_FIELD(struct source_row, present, XM_BOOL,
		 "1 if this machine has what the source reads.", .metric = "xmon_source_present"),
	XM_FIELD(struct source_row, up, XM_BOOL, "1 if the source's last turn succeeded in time.",
		 .metric = "xmon_source_up"),
	XM_FIELD(struct source_row, last_success_seconds, XM_SECONDS,
		 "When the source last succeeded, in seconds since 1970.",
		 .metric = "xmon_source_last_success_seconds"),
	XM_FIELD(struct source_row, cost_seconds, XM_SECONDS, "CPU time of the source's last turn.",
		 .metric = "xmon_source_cost_seconds"),
	XM_FIELD(struct source_row, wall_seconds, XM_SECONDS,
		 "Time from the start to the end of the source's last turn.",
		 .metric = "xmon_source_duration_seconds"),
	XM_FIELD(struct source_row, turns, XM_U64, "Turns of the source that have ended.",
		 .metric = "xmon_source_turns_total", .flags = XM_COUNTER),
	XM_FIELD(struct source_row, failures, XM_U64, "Turns of the source that failed.",
		 .metric = "xmon_source_failures_total", .flags = XM_COUNTER),
	XM_FIELD(struct source_row, overdue, XM_U64,
		 "Turns of the source that did not end by their deadline.",
		 .metric = "xmon_source_overdue_total", .flags = XM_COUNTER),
	XM_FIELD(struct source_row, bad, XM_U64,
		 "Lines and values of the source that were not understood.",
		 .metric = "xmon_source_bad_total", .flags = XM_COUNTER),
	{}
};
static const struct xm_table source_table =
	XM_TABLE(struct source_row, "source", "health and cost of each source", source_cols);

/* The same under node_exporter's names, for its dashboards */
struct scrape_row {
	char collector[32];
	double duration_seconds, success;
};

static const struct xm_field scrape_cols[] = {
	XM_FIELD(struct scrape_row, collector, XM_STR, "collector", .flags = XM_KEY),
	XM_FIELD(struct scrape_row, duration_seconds, XM_SECONDS,
		 "node_exporter: Duration of a collector scrape.",
		 .metric = "node_scrape_collector_duration_seconds"),
	XM_FIELD(struct scrape_row, success, XM_DOUBLE,
		 "node_exporter: Whether a collector succeeded.",
		 .metric = "node_scrape_collector_success"),
	{}
};
static const struct xm_table scrape_table = XM_TABLE(
	struct scrape_row, "scrape", "collectors as node_exporter names them", scrape_cols);

struct process_row {
	char process[8];
	double cpu_seconds, rss_bytes;
};

static const struct xm_field process_cols[] = {
	XM_FIELD(struct process_row, process, XM_STR, "core or web", .flags = XM_KEY),
	XM_FIELD(struct process_row, cpu_seconds, XM_SECONDS, "CPU time of the agent's processes.",
		 .metric = "xmon_agent_cpu_seconds_total", .flags = XM_COUNTER),
	XM_FIELD(struct process_row, rss_bytes, XM_DBYTES,
		 "Resident memory of the agent's processes; shared pages count in each.",
		 .metric = "xmon_agent_resident_memory_bytes"),
	{}
};
static const struct xm_table process_table =
	XM_TABLE(struct process_row, "process", "cost of the agent's processes", process_cols);

struct agent_row {
	double cpu_seconds, rss_bytes, vsize_bytes, open_fds, max_fds, start_seconds;
	double delay_seconds, delay_max_seconds, snapshot_age_seconds;
	uint64_t ticks, missed, rt_overruns, web_starts, series, dropped, duplicates;
};

static const struct xm_field agent_cols[] = {
	XM_FIELD(struct agent_row, cpu_seconds, XM_SECONDS,
		 "Total user and system CPU time spent in seconds.",
		 .metric = "process_cpu_seconds_total", .flags = XM_COUNTER),
	XM_FIELD(struct agent_row, rss_bytes, XM_DBYTES, "Resident memory size in bytes.",
		 .metric = "process_resident_memory_bytes"),
	XM_FIELD(struct agent_row, vsize_bytes, XM_DBYTES, "Virtual memory size in bytes.",
		 .metric = "process_virtual_memory_bytes"),
	XM_FIELD(struct agent_row, open_fds, XM_DOUBLE, "Number of open file descriptors.",
		 .metric = "process_open_fds"),
	XM_FIELD(struct agent_row, max_fds, XM_DOUBLE, "Maximum number of open file descriptors.",
		 .metric = "process_max_fds"),
	XM_FIELD(struct agent_row, start_seconds, XM_SECONDS,
		 "Start time of the process since unix epoch in seconds.",
		 .metric = "process_start_time_seconds"),
	XM_FIELD(struct agent_row, delay_seconds, XM_SECONDS,
		 "How long after its second the last tick began.",
		 .metric = "xmon_agent_tick_delay_seconds"),
	XM_FIELD(struct agent_row, delay_max_seconds, XM_SECONDS,
		 "The longest delay of the last 60 ticks.",
		 .metric = "xmon_agent_tick_delay_max_seconds"),
	XM_FIELD(struct agent_row, snapshot_age_seconds, XM_SECONDS,
		 "How old the row was when it was rendered.", .metric = XM_SNAPSHOT_AGE),
	XM_FIELD(struct agent_row, ticks, XM_U64, "Rows of values taken.",
		 .metric = "xmon_agent_ticks_total", .flags = XM_COUNTER),
	XM_FIELD(struct agent_row, missed, XM_U64,
		 "Seconds without a row, or with one more than 500 ms late.",
		 .metric = "xmon_agent_ticks_missed_total", .flags = XM_COUNTER),
	XM_FIELD(struct agent_row, rt_overruns, XM_U64,
		 "Times the sampler lost its real-time priority for using too much of it.",
		 .metric = "xmon_agent_realtime_overruns_total", .flags = XM_COUNTER),
	XM_FIELD(struct agent_row, web_starts, XM_U64, "Starts of the web process.",
		 .metric = "xmon_agent_web_starts_total", .flags = XM_COUNTER),
	XM_FIELD(struct agent_row, series, XM_U64,
		 "Series there is a place for; some may have no value now.",
		 .metric = "xmon_agent_series"),
	XM_FIELD(struct agent_row, dropped, XM_U64,
		 "Values left out because there were more series than allowed.",
		 .metric = "xmon_agent_values_dropped_total", .flags = XM_COUNTER),
	XM_FIELD(struct agent_row, duplicates, XM_U64,
		 "Values left out because their name was already taken.",
		 .metric = "xmon_agent_values_duplicate_total", .flags = XM_COUNTER),
	{}
};
static const struct xm_table agent_table =
	XM_TABLE(struct agent_row, "agent", "the agent's own health", agent_cols);

struct build_row {
	char version[16];
};
static const struct xm_field build_cols[] = {
	XM_FIELD(struct build_row, version, XM_STR, "of xmon", .flags = XM_KEY),
	XM_FIELD_INFO("build", "xmon_build_info", "The version of xmon, in labels."),
	{}
};
static const struct xm_table build_table =
	XM_TABLE(struct build_row, "build", "the version of xmon", build_cols);

const struct xm_table *const xm_self_tables[] = { &agent_table,  &build_table,  &process_table,
						  &scrape_table, &source_table, NULL };

static void know_process(struct xm_self *self, unsigned i, pid_t pid)
{
	if (self->process[i].pid == pid)
		return;
	xm_file_close(&self->process[i].statm);
	self->process[i].cpu_before = self->process[i].cpu_seconds;
	self->process[i].pid = pid;
	self->process[i].known = pid > 0 && !clock_getcpuclockid(pid, &self->process[i].cpu);
}

int xm_self_open(struct xm_self *self, struct xm_series *series)
{
	int r = xm_series_source(series, "agent");
	struct rlimit limit;

	if (r < 0)
		return r;
	self->source = (uint32_t)r;
	self->proc = open(xm_host_live_proc, O_PATH | O_DIRECTORY | O_CLOEXEC);
	self->text = XM_BUF_INIT;
	for (unsigned i = 0; i < XM_PROCESSES; i++)
		self->process[i].statm.fd = -1;
	know_process(self, 0, getpid());
	self->start_seconds = (double)xm_wall_ns() / 1e9;
	self->max_fds = getrlimit(RLIMIT_NOFILE, &limit) ? (double)NAN : (double)limit.rlim_cur;
	return 0;
}

void xm_self_close(struct xm_self *self)
{
	for (unsigned i = 0; i < XM_PROCESSES; i++)
		xm_file_close(&self->process[i].statm);
	xm_closep(&self->proc);
	xm_buf_done(&self->text);
}

void xm_self_note_tick(struct xm_self *self, uint64_t delay_ns)
{
	self->delay_ns = delay_ns;
	self->slowest_ns[self->ticks++ % XM_ARRAY_LEN(self->slowest_ns)] = delay_ns;
}

static int add_source(struct xm_agent_source *s, struct xm_series *series)
{
	bool present = s->state != XM_SOURCE_ABSENT;
	struct source_row row = {
		.present = present,
		.up = s->state == XM_SOURCE_UP,
		.last_success_seconds =
			s->success_wall_ns ? (double)s->success_wall_ns / 1e9 : (double)NAN,
		.cost_seconds = (double)s->last.cost_ns / 1e9,
		.wall_seconds = (double)s->last.wall_ns / 1e9,
		.turns = s->turns,
		.failures = s->failures,
		.overdue = s->overdue,
		.bad = s->last.bad,
	};
	struct scrape_row scrape = { .duration_seconds = row.wall_seconds, .success = row.up };
	int r;

	snprintf(row.source, sizeof row.source, "%s", s->desc->name);
	snprintf(scrape.collector, sizeof scrape.collector, "%s", s->desc->name);
	r = xm_series_row(series, &source_table, &row);
	return r < 0 ? r : xm_series_row(series, &scrape_table, &scrape);
}

/* "12345 678 …": pages of address space, pages resident */
static void read_memory(struct xm_self *self, unsigned i)
{
	double page = (double)sysconf(_SC_PAGESIZE);
	uint64_t pages[2];
	char path[24];

	snprintf(path, sizeof path, "%d/statm", self->process[i].pid);
	self->process[i].rss_bytes = self->process[i].vsize_bytes = 0;
	if (xm_file_read(&self->process[i].statm, self->proc, path, &self->text) < 0 ||
	    xm_parse_u64s((struct xm_str){ self->text.data, self->text.len }, pages, 2) < 2)
		return;
	self->process[i].vsize_bytes = (double)pages[0] * page;
	self->process[i].rss_bytes = (double)pages[1] * page;
}

/* The sum over the process and those it has replaced, so that it never goes backwards */
static void read_cpu(struct xm_self *self, unsigned i)
{
	struct timespec ts;

	if (!clock_gettime(self->process[i].cpu, &ts))
		self->process[i].cpu_seconds =
			self->process[i].cpu_before + (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Entries of a directory of numbers, without the allocation of opendir() */
static double count_fds(int proc, pid_t pid)
{
	char path[24], entries[4096] __attribute__((aligned(8)));
	_cleanup_close_ int fd = -1;
	double n = -2; /* . and .. */
	ssize_t len;

	snprintf(path, sizeof path, "%d/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && (len = getdents64(fd, entries, sizeof entries)) > 0)
		for (ssize_t at = 0; at < len; n++) {
			const struct dirent64 *e = (const void *)(entries + at);

			at += e->d_reclen;
		}
	return XM_MAX(n, 0);
}

#define SLOW_TICKS 30 /* between counts of open files, which list a directory */

static void look_at_processes(struct xm_self *self, struct agent_row *ret,
			      struct process_row *ret_process)
{
	static const char *const name[XM_PROCESSES] = { "core", "web" };

	know_process(self, 1, atomic_load(&self->web_pid));
	for (unsigned i = 0; i < XM_PROCESSES; i++) {
		struct process_row *p = &ret_process[i];

		snprintf(p->process, sizeof p->process, "%s", name[i]);
		p->rss_bytes = (double)NAN;
		if (self->process[i].known)
			read_cpu(self, i);
		p->cpu_seconds = self->process[i].cpu_seconds;
		ret->cpu_seconds += p->cpu_seconds;
		if (!self->process[i].known)
			continue;
		read_memory(self, i);
		if (self->ticks % SLOW_TICKS == 1)
			self->process[i].open_fds = count_fds(self->proc, self->process[i].pid);
		p->rss_bytes = self->process[i].rss_bytes;
		ret->rss_bytes += p->rss_bytes;
		ret->vsize_bytes += self->process[i].vsize_bytes;
		ret->open_fds += self->process[i].open_fds;
	}
}

static double slowest(const struct xm_self *self)
{
	uint64_t max = 0;

	for (unsigned i = 0; i < XM_ARRAY_LEN(self->slowest_ns); i++)
		max = XM_MAX(max, self->slowest_ns[i]);
	return (double)max / 1e9;
}

/* all: of sources, too, that had no turn yet */
static void emit(struct xm_self *self, struct xm_series *series,
		 struct xm_agent_source *const *source, unsigned n, bool all)
{
	struct process_row process[XM_PROCESSES];
	struct agent_row row = {
		.start_seconds = self->start_seconds,
		.max_fds = self->max_fds,
		.delay_seconds = (double)self->delay_ns / 1e9,
		.delay_max_seconds = slowest(self),
		.ticks = self->ticks,
		.missed = self->missed,
		.rt_overruns = self->rt_overruns,
		.web_starts = atomic_load(&self->web_starts),
		.series = series->n_series,
		.dropped = series->dropped,
		.duplicates = series->duplicates,
	};
	static const struct build_row build = { .version = XMON_VERSION };
	int r;

	look_at_processes(self, &row, process);
	xm_series_begin(series, self->source);
	r = xm_series_row(series, &agent_table, &row);
	if (r >= 0)
		r = xm_series_row(series, &build_table, &build);
	for (unsigned i = 0; i < XM_PROCESSES && r >= 0; i++)
		r = xm_series_row(series, &process_table, &process[i]);
	for (unsigned i = 0; i < n && r >= 0; i++)
		if (all || source[i]->state != XM_SOURCE_NEW)
			r = add_source(source[i], series);
	xm_series_end(series);
}

void xm_self_reserve(struct xm_self *self, struct xm_series *series,
		     struct xm_agent_source *const *source, unsigned n)
{
	emit(self, series, source, n, true);
}

void xm_self_emit(struct xm_self *self, struct xm_series *series,
		  struct xm_agent_source *const *source, unsigned n)
{
	emit(self, series, source, n, false);
}
