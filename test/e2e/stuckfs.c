/*
 * A file system that never answers, for tests: a FUSE server that answers FUSE_INIT and nothing
 *else.
 *
 *	stuckfs [--swallow] MOUNTPOINT
 *
 * prints "ready" when the mount is stuck, stays until SIGTERM, SIGINT or the end of its parent, and
 * then takes the mount away, so that whoever hangs in it comes back. With --swallow it reads the
 * questions: those who asked cannot be killed then. Mount it in a mount namespace of the test's own
 * (unshare -m): a df in any other terminal would hang as well.
 *
 * Exit status 77: mounting is not permitted here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SKIP 77

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int fail(const char *what)
{
	fprintf(stderr, "stuckfs: %s: %s\n", what, strerror(errno));
	return errno == EPERM || errno == EACCES || errno == ENOENT || errno == ENODEV ? SKIP : 1;
}

static bool answer_init(int fd)
{
	union {
		struct fuse_in_header head;
		char bytes[FUSE_MIN_READ_BUFFER];
	} question;
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} answer = { .head.len = sizeof answer,
		     .init = { .major = FUSE_KERNEL_VERSION,
			       .minor = 31,
			       .max_readahead = 4096,
			       .max_background = 1,
			       .congestion_threshold = 1,
			       .max_write = 4096 } };
	ssize_t n = read(fd, &question, sizeof question);

	if (n < (ssize_t)sizeof question.head || question.head.opcode != FUSE_INIT)
		return false;
	answer.head.unique = question.head.unique;
	return write(fd, &answer, sizeof answer) == (ssize_t)sizeof answer;
}

static void wait_for_end(int fd, bool swallow, const sigset_t *unblocked)
{
	char bytes[FUSE_MIN_READ_BUFFER];
	struct pollfd p = { .fd = swallow ? fd : -1, .events = POLLIN };

	while (!stop) {
		if (ppoll(&p, 1, NULL, unblocked) > 0 && read(fd, bytes, sizeof bytes) < 0 &&
		    errno == ENODEV)
			return; /* somebody else took the mount away */
	}
}

static int serve(const char *mountpoint, bool swallow, const sigset_t *unblocked)
{
	char options[80];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC), status = 0;

	if (fd < 0)
		return fail("/dev/fuse");
	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 fd);
	if (mount("stuckfs", mountpoint, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		return fail(mountpoint);
	if (answer_init(fd)) {
		puts("ready");
		fflush(stdout);
		wait_for_end(fd, swallow, unblocked);
	} else {
		status = fail("FUSE_INIT");
	}
	umount2(mountpoint, MNT_DETACH);
	close(fd); /* the kernel answers in our place now: ENOTCONN */
	return status;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	bool swallow = argc == 3 && !strcmp(argv[1], "--swallow");
	sigset_t blocked, unblocked;

	if (argc != 2 + swallow) {
		fprintf(stderr, "usage: stuckfs [--swallow] MOUNTPOINT\n");
		return 2;
	}
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	sigdelset(&unblocked, SIGTERM);
	sigdelset(&unblocked, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return serve(argv[argc - 1], swallow, &unblocked);
}
