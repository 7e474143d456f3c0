/*
 * The narrow door between web and core: a socketpair of whole messages. Web may ask for what is
 * listed here and nothing else; a request carries no text that core would have to parse.
 */
#pragma once
#include "base/buf.h"

enum xm_api_op {
	XM_API_RELOAD,   /* read the configuration again; text: what changed, or the errors */
	XM_API_SETTINGS, /* text: the configuration in effect, as YAML */
	XM_API_OPS,
};

#define XM_API_TEXT_MAX (128U << 10)

struct xm_api_request {
	uint32_t op, id; /* id: chosen by web, comes back with the answer */
};

struct xm_api_answer {
	uint32_t id;
	int32_t status; /* 0 or negative errno */
			/* the text follows in the same message */
};

/* A pair of non-blocking descriptors, close-on-exec: [0] core's, [1] web's */
int xm_api_pair(int ret_fd[2]) XM_MUST;
int xm_api_ask(int fd, const struct xm_api_request *q) XM_MUST;
/* -EPIPE: the other side has gone; -EBADMSG: not a request */
int xm_api_take_request(int fd, struct xm_api_request *ret) XM_MUST;
int xm_api_reply(int fd, uint32_t id, int status, const char *text) XM_MUST;
int xm_api_take_answer(int fd, struct xm_api_answer *ret, struct xm_buf *ret_text) XM_MUST;
