/* Telling the service manager how we are: the protocol of sd_notify(3). */
#pragma once
#include "base/base.h"

/* "READY=1", "RELOADING=1", "WATCHDOG=1", "STOPPING=1", "STATUS=…"; does nothing without
 * $NOTIFY_SOCKET */
void xm_notify(const char *state);
/* How often the manager wants WATCHDOG=1, halved so that one may be late; 0 = it does not */
uint64_t xm_notify_watchdog_ns(void);
