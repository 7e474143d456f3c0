#include "agent/sandbox.h"
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

int xm_find_user(const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
	_cleanup_fclose_ FILE *f = fopen("/etc/passwd", "re");
	struct passwd *p;

	while (f && (p = fgetpwent(f)))
		if (!strcmp(p->pw_name, name)) {
			*ret_uid = p->pw_uid;
			*ret_gid = p->pw_gid;
			return 0;
		}
	return -ENOENT;
}

int xm_find_group(const char *name, gid_t *ret_gid)
{
	_cleanup_fclose_ FILE *f = fopen("/etc/group", "re");
	struct group *g;

	while (f && (g = fgetgrent(f)))
		if (!strcmp(g->gr_name, name)) {
			*ret_gid = g->gr_gid;
			return 0;
		}
	return -ENOENT;
}

static int become(uid_t uid, gid_t gid)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	return 0;
}

/* Before the user changes: it takes a capability to give up the bounding set */
static void bound_capabilities(void)
{
	for (int cap = 0; cap <= 63; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0,
			    0); /* fails past the last, or unprivileged */
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};

	return syscall(SYS_capset, &head, none) < 0 ? -errno : 0;
}

static void limit_resources(void)
{
	static const struct rlimit none = {};

	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_NPROC, &none);
}

#ifdef __x86_64__
#define OUR_ARCH AUDIT_ARCH_X86_64
#else
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#define ALLOW(name)                                                                                \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1),                                     \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* What serving needs: descriptors that are open, memory, time. Everything else is EPERM. */
static const struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	ALLOW(read),
	ALLOW(write),
	ALLOW(readv),
	ALLOW(writev),
	ALLOW(recvfrom),
	ALLOW(recvmsg),
	ALLOW(sendto),
	ALLOW(sendmsg),
	ALLOW(accept4),
	ALLOW(accept),
	ALLOW(shutdown),
	ALLOW(close),
	ALLOW(getsockname),
	ALLOW(getpeername),
	ALLOW(getsockopt),
	ALLOW(setsockopt),
	ALLOW(fcntl),
	ALLOW(ioctl),
	ALLOW(fstat),
	ALLOW(newfstatat),
	ALLOW(epoll_ctl),
	ALLOW(epoll_pwait),
#ifdef SYS_epoll_wait
	ALLOW(epoll_wait),
#endif
	ALLOW(epoll_create1),
	ALLOW(ppoll),
#ifdef SYS_poll
	ALLOW(poll),
#endif
	ALLOW(timerfd_settime),
	ALLOW(eventfd2),
	ALLOW(mmap),
	ALLOW(munmap),
	ALLOW(mremap),
	ALLOW(mprotect),
	ALLOW(madvise),
	ALLOW(brk),
	ALLOW(futex),
	ALLOW(clock_gettime),
	ALLOW(clock_nanosleep),
	ALLOW(nanosleep),
	ALLOW(gettimeofday),
	ALLOW(getrandom),
	ALLOW(getpid),
	ALLOW(gettid),
	ALLOW(getuid),
	ALLOW(geteuid),
	ALLOW(rt_sigaction),
	ALLOW(rt_sigprocmask),
	ALLOW(rt_sigreturn),
	ALLOW(restart_syscall),
	ALLOW(sched_yield),
	ALLOW(tgkill),
	ALLOW(exit),
	ALLOW(exit_group),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
};

static int filter_system_calls(void)
{
	struct sock_fprog prog = { .len = XM_ARRAY_LEN(filter),
				   .filter = (struct sock_filter *)filter };

	if (XMON_SANITIZED)
		return 0; /* the sanitizers' own run time needs more than this */
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0 ? -errno : 0;
}

int xm_sandbox_enter(uid_t uid, gid_t gid, struct xm_err *err)
{
	int r;

	bound_capabilities();
	r = become(uid, gid);
	if (r < 0)
		return xm_fail(err, r, "cannot become user %u: %s", uid, strerror(-r));
	r = drop_capabilities();
	if (r < 0)
		return xm_fail(err, r, "cannot drop capabilities: %s", strerror(-r));
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* changing the user has cleared it */
	limit_resources();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return xm_fail(err, -errno, "cannot set no_new_privs: %s", strerror(errno));
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r = filter_system_calls();
	return r < 0 ? xm_fail(err, r, "cannot filter system calls: %s", strerror(-r)) : 0;
}
