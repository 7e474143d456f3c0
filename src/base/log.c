#include "base/log.h"
#include "base/clock.h"
#include <stdatomic.h>

#define LINES_PER_SECOND 100

static struct {
	const char *who;
	_Atomic enum xm_log_level level;
	bool journal;
	_Atomic uint64_t second;
	_Atomic unsigned lines, dropped;
} log_state = { .who = "xmon", .level = XM_LOG_INFO };

void xm_log_open(const char *who)
{
	log_state.who = who;
	log_state.journal = getenv("JOURNAL_STREAM");
}

void xm_log_set_level(enum xm_log_level level)
{
	log_state.level = level;
}

enum xm_log_level xm_log_get_level(void)
{
	return log_state.level;
}

static int prefix(char *buf, size_t size, enum xm_log_level level)
{
	static const int priority[] = { 3, 4, 6, 7 };
	static const char *const word[] = { "error: ", "warning: ", "", "debug: " };
	time_t now = time(NULL);
	struct tm tm;

	if (log_state.journal)
		return snprintf(buf, size, "<%d>%s: ", priority[level], log_state.who);
	localtime_r(&now, &tm);
	return snprintf(buf, size, "%02d:%02d:%02d %s: %s", tm.tm_hour, tm.tm_min, tm.tm_sec,
			log_state.who, word[level]);
}

static void put_line(enum xm_log_level level, const char *fmt, va_list ap)
{
	char line[1024];
	int n = prefix(line, sizeof line, level), m;

	m = vsnprintf(line + n, sizeof line - (size_t)n - 1, fmt, ap);
	n = XM_MIN(n + XM_MAX(m, 0), (int)sizeof line - 2);
	line[n++] = '\n';
	(void)!write(STDERR_FILENO, line, (size_t)n);
}

static void XM_PRINTF(2, 3) put(enum xm_log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(level, fmt, ap);
	va_end(ap);
}

/* False when this second has had its share */
static bool may_log(enum xm_log_level level)
{
	uint64_t second = xm_mono_ns() / XM_NS_PER_SEC;
	unsigned dropped;

	if (atomic_exchange(&log_state.second, second) != second) {
		atomic_store(&log_state.lines, 0);
		dropped = atomic_exchange(&log_state.dropped, 0);
		if (dropped)
			put(XM_LOG_WARNING, "%u log lines dropped", dropped);
	}
	if (level == XM_LOG_ERROR || atomic_fetch_add(&log_state.lines, 1) < LINES_PER_SECOND)
		return true;
	atomic_fetch_add(&log_state.dropped, 1);
	return false;
}

void xm_log(enum xm_log_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > log_state.level || !may_log(level))
		return;
	va_start(ap, fmt);
	put_line(level, fmt, ap);
	va_end(ap);
}
