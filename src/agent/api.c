#include "agent/api.h"
#include <sys/socket.h>
#include <sys/uio.h>

int xm_api_pair(int ret_fd[2])
{
	int size = 2 * XM_API_TEXT_MAX;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret_fd) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		(void)setsockopt(ret_fd[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	return 0;
}

int xm_api_ask(int fd, const struct xm_api_request *q)
{
	return send(fd, q, sizeof *q, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int xm_api_take_request(int fd, struct xm_api_request *ret)
{
	ssize_t n = recv(fd, ret, sizeof *ret, MSG_TRUNC);

	if (n < 0)
		return -errno;
	if (n == 0)
		return -EPIPE;
	return n == sizeof *ret && ret->op < XM_API_OPS ? 0 : -EBADMSG;
}

int xm_api_reply(int fd, uint32_t id, int status, const char *text)
{
	struct xm_api_answer answer = { .id = id, .status = status };
	struct iovec part[] = { { &answer, sizeof answer },
				{ (void *)text, strnlen(text, XM_API_TEXT_MAX) } };
	struct msghdr msg = { .msg_iov = part, .msg_iovlen = XM_ARRAY_LEN(part) };

	return sendmsg(fd, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int xm_api_take_answer(int fd, struct xm_api_answer *ret, struct xm_buf *ret_text)
{
	struct iovec part[2] = { { ret, sizeof *ret } };
	struct msghdr msg = { .msg_iov = part, .msg_iovlen = XM_ARRAY_LEN(part) };
	ssize_t n;

	xm_buf_reset(ret_text);
	if (xm_buf_reserve(ret_text, XM_API_TEXT_MAX) < 0)
		return -ENOMEM;
	part[1] = (struct iovec){ ret_text->data, XM_API_TEXT_MAX };
	n = recvmsg(fd, &msg, 0);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -EPIPE;
	if ((size_t)n < sizeof *ret)
		return -EBADMSG;
	ret_text->len = (size_t)n - sizeof *ret;
	ret_text->data[ret_text->len] = 0;
	return 0;
}
