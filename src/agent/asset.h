/* The dashboard's files, which are part of the binary. */
#pragma once
#include "http/server.h"

/* Reply with the file that stands for the request's path */
void xm_asset_serve(struct xm_http_req *req);
