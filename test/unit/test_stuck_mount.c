/*
 * The filesystem collector beside a mount that really never answers: a FUSE server that answers
 * nothing (the program stuckfs, which stands beside this one), in a mount namespace of our own.
 */
#include "base/clock.h"
#include "coll_case.h"
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define SKIP    77
#define SOON_MS 20000
#define STUCK                                                                                      \
	"device=\"dead\",mountpoint=\"/stuck\",fstype=\"fuse\",device_error=\"mountpoint "         \
	"timeout\""
#define ANSWERED "device=\"dead\",mountpoint=\"/stuck\",fstype=\"fuse\"}"
#define LAST     "device=\"/dev/last\",mountpoint=\"/last\",fstype=\"ext4\"}"

static char stuckfs[512];

static void find_stuckfs(void)
{
	ssize_t n = readlink("/proc/self/exe", stuckfs, sizeof stuckfs - 16);

	tree_need(n > 0, "/proc/self/exe");
	stuckfs[n] = 0;
	memcpy(strrchr(stuckfs, '/') + 1, "stuckfs", sizeof "stuckfs");
}

/* Start the server and wait until it says so. Its exit status instead if it ended: then *ret = 0.
 */
static int start_stuckfs(const char *mountpoint, bool swallow, pid_t *ret)
{
	int out[2], status = 0;
	char word[16] = "";
	struct pollfd p;

	tree_need(pipe2(out, O_CLOEXEC) == 0, "pipe");
	*ret = fork();
	if (!*ret) {
		dup2(out[1], 1);
		if (swallow)
			execl(stuckfs, stuckfs, "--swallow", mountpoint, NULL);
		else
			execl(stuckfs, stuckfs, mountpoint, NULL);
		perror(stuckfs);
		_exit(1);
	}
	close(out[1]);
	p = (struct pollfd){ .fd = out[0], .events = POLLIN };
	if (poll(&p, 1, SOON_MS) != 1 || read(out[0], word, sizeof word - 1) < 5) {
		kill(*ret, SIGKILL);
		waitpid(*ret, &status, 0);
		*ret = 0;
	}
	close(out[0]);
	return WEXITSTATUS(status);
}

static void stop_stuckfs(pid_t pid)
{
	int status = 0;

	kill(pid, SIGTERM);
	CHECK_EQ_INT(waitpid(pid, &status, 0), pid);
	CHECK_EQ_INT(status, 0);
}

/* A turn, and how long it took */
static uint64_t turn_ns(struct coll_case *t)
{
	uint64_t before = xm_mono_ns();

	CHECK_EQ_INT(coll_case_run(t, &xm_sink_prometheus), 0);
	return xm_mono_ns() - before;
}

static void check_stuck(struct coll_case *t)
{
	CHECK_CONTAINS(t->text, "node_filesystem_device_error{" STUCK "} 1\n");
	CHECK_CONTAINS(t->text, "node_filesystem_readonly{" STUCK "} 0\n");
	CHECK(!strstr(t->text, "node_filesystem_size_bytes{" STUCK));
	CHECK_CONTAINS(t->text, "node_filesystem_device_error{" LAST " 0\n");
	CHECK_CONTAINS(t->text, "node_filesystem_size_bytes{" LAST);
	CHECK_CONTAINS(t->text, "xmon_filesystem_stuck_calls 1\n");
}

/* status 77 of the server goes to *ret_status: mounting is not possible here */
static void run_beside(bool swallow, int *ret_status)
{
	COLL_CASE(t, filesystem);
	char mountpoint[128];
	uint64_t end;
	pid_t pid;

	tree_put(&t.tree, "proc/1/mountinfo",
		 "27 1 8:1 / / rw - ext4 /dev/root rw\n"
		 "28 27 0:9 / /stuck rw - fuse dead rw\n"
		 "29 27 8:2 / /last rw - ext4 /dev/last rw\n");
	tree_put(&t.tree, "root/stuck/", "");
	tree_put(&t.tree, "root/last/", "");
	coll_case_set(&t, "mount-timeout", "1s");
	snprintf(mountpoint, sizeof mountpoint, "%s/root/stuck", t.tree.path);
	*ret_status = start_stuckfs(mountpoint, swallow, &pid);
	if (!pid)
		return;

	CHECK(turn_ns(&t) >= XM_NS_PER_SEC);
	check_stuck(&t);
	/* nobody waits for it a second time */
	CHECK(turn_ns(&t) < XM_NS_PER_SEC);
	check_stuck(&t);

	/* the server goes away, and the mount with it: an empty directory answers */
	stop_stuckfs(pid);
	end = xm_mono_ns() + SOON_MS * XM_NS_PER_MS;
	do
		CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	while (!strstr(t.text, "node_filesystem_size_bytes{" ANSWERED) && xm_mono_ns() < end);
	CHECK_CONTAINS(t.text, "node_filesystem_device_error{" ANSWERED " 0\n");
	CHECK_CONTAINS(t.text, "xmon_filesystem_stuck_calls 0\n");
}

/* The agent ends while a mount hangs: closing does not wait */
static void close_beside(int *ret_status)
{
	COLL_CASE(t, filesystem);
	char mountpoint[128];
	pid_t pid;

	tree_put(&t.tree, "proc/1/mountinfo", "28 27 0:9 / /stuck rw - fuse dead rw\n");
	tree_put(&t.tree, "root/stuck/", "");
	snprintf(mountpoint, sizeof mountpoint, "%s/root/stuck", t.tree.path);
	*ret_status = start_stuckfs(mountpoint, true, &pid);
	if (!pid)
		return;
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "{" STUCK "} 1\n");
	coll_case_close(&t); /* would never return if it waited */
	stop_stuckfs(pid);
}

int main(void)
{
	int status[3] = { 0 };

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		printf("skipped: no mount namespace of our own: %s\n", strerror(errno));
		return SKIP;
	}
	find_stuckfs();
	run_beside(false, &status[0]);
	run_beside(true, &status[1]);
	close_beside(&status[2]);
	for (unsigned i = 0; i < XM_ARRAY_LEN(status); i++) {
		if (status[i] == SKIP)
			printf("skipped: no FUSE mount is permitted here\n");
		if (status[i])
			return status[i];
	}
	return check_summary();
}
