/* Giving up what a process that talks to the network must not have. */
#pragma once
#include "base/base.h"
#include <sys/types.h>

/* Numbers of a user or group by name, from /etc/passwd and /etc/group below root (a directory);
 * -ENOENT if there is none. Without the C library's resolver, which a static binary must not use.
 */
int xm_find_user(const char *name, uid_t *ret_uid, gid_t *ret_gid) XM_MUST;
int xm_find_group(const char *name, gid_t *ret_gid) XM_MUST;

/* Become that user (when root), without any capability, without ever getting one, unable to write
 * files, to open any, to make sockets or to start programs. For good. It ends with its parent. */
int xm_sandbox_enter(uid_t uid, gid_t gid, struct xm_err *err) XM_MUST;
