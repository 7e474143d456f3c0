/* Sockets to listen on. Numeric addresses only: names would need the resolver of the C library. */
#pragma once
#include "base/base.h"
#include <sys/types.h>

/* "127.0.0.1:8000", "[::1]:8000", "0.0.0.0:9100"; port 0 = any free one. Accepted sockets inherit
 * TCP_NODELAY and SO_KEEPALIVE (Linux). Returns the descriptor. */
int xm_listen_tcp(const char *address, struct xm_err *err) XM_MUST;

/* A socket file with these permissions. One that nobody answers on is replaced; anything else in
 * the way is an error. Returns the descriptor. */
int xm_listen_unix(const char *path, mode_t mode, struct xm_err *err) XM_MUST;

/* What a socket is bound to: "127.0.0.1:8000", "[::1]:8000", "unix:/run/xmon/xmon.sock" */
int xm_listen_address(int fd, char *buf, size_t size) XM_MUST;
