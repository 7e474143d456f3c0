/* The bearer token: what a caller over TCP must know to do more than look. */
#pragma once
#include "base/base.h"

#define XM_TOKEN_SIZE 44 /* 43 characters of base64url, 256 random bits */

/* Read data_dir/token, or make it (0600; the directory too) at the first start. Where nothing can
 * be written the token lives only as long as the process, and err says so with a return of 1. */
int xm_token_get(const char *data_dir, char ret[XM_TOKEN_SIZE], struct xm_err *err) XM_MUST;
