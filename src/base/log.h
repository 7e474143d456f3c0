/*
 * The program's log: one line an entry on stderr. Under a service manager (JOURNAL_STREAM set) each
 * line carries its syslog priority as "<3>"; on a terminal it carries the time.
 */
#pragma once
#include "base/base.h"

enum xm_log_level { XM_LOG_ERROR, XM_LOG_WARNING, XM_LOG_INFO, XM_LOG_DEBUG };

/* Name of this process in front of each line ("core", "web"); borrowed */
void xm_log_open(const char *who);
void xm_log_set_level(enum xm_log_level level);
enum xm_log_level xm_log_get_level(void);
/* One write() a line, so that lines of two processes do not mix. Cut at 1,000 bytes. At most 100
 * lines a second below ERROR; how many were dropped is said afterwards. */
void XM_PRINTF(2, 3) xm_log(enum xm_log_level level, const char *fmt, ...);

#define xm_error(...)   xm_log(XM_LOG_ERROR, __VA_ARGS__)
#define xm_warning(...) xm_log(XM_LOG_WARNING, __VA_ARGS__)
#define xm_info(...)    xm_log(XM_LOG_INFO, __VA_ARGS__)
#define xm_debug(...)   xm_log(XM_LOG_DEBUG, __VA_ARGS__)
