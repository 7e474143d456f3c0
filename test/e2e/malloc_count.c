/*
 * Preloaded into a program (LD_PRELOAD), it counts the allocations of all threads, and of those
 * named "sampler", and makes some fail. It talks through a file that both sides have mapped:
 *
 *	XMON_MALLOC_FILE	that file, at least sizeof(struct shared) bytes
 *
 * A forked child shares the counts with its parent.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PLACES 32

struct shared {
	_Atomic uint64_t all, sampler; /* allocations so far */
	uint64_t fail_from, fail_to;   /* of `all`, from 1, both inclusive; 0: none fails */
	_Atomic uint64_t failed;
	_Atomic uint64_t place[PLACES]; /* return addresses of the sampler's last ones */
};

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static struct shared own;
static struct shared *_Atomic shared = &own;
static _Thread_local bool sampler __attribute__((tls_model("initial-exec")));

static void __attribute__((constructor)) open_shared(void)
{
	const char *path = getenv("XMON_MALLOC_FILE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0)
		return;
	p = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return;
	((struct shared *)p)->all = own.all;
	shared = p;
}

/* Count one; false: it shall fail */
static bool allow(void *from)
{
	struct shared *s = shared;
	uint64_t n = atomic_fetch_add(&s->all, 1) + 1;

	if (sampler)
		s->place[atomic_fetch_add(&s->sampler, 1) % PLACES] = (uintptr_t)from;
	if (!s->fail_from || n < s->fail_from || n > s->fail_to)
		return true;
	atomic_fetch_add(&s->failed, 1);
	errno = ENOMEM;
	return false;
}

void *malloc(size_t size)
{
	return allow(__builtin_return_address(0)) ? __libc_malloc(size) : NULL;
}

void *calloc(size_t n, size_t size)
{
	return allow(__builtin_return_address(0)) ? __libc_calloc(n, size) : NULL;
}

void *realloc(void *old, size_t size)
{
	return allow(__builtin_return_address(0)) ? __libc_realloc(old, size) : NULL;
}

void *memalign(size_t align, size_t size)
{
	return allow(__builtin_return_address(0)) ? __libc_memalign(align, size) : NULL;
}

void *aligned_alloc(size_t align, size_t size)
{
	return allow(__builtin_return_address(0)) ? __libc_memalign(align, size) : NULL;
}

int posix_memalign(void **ret, size_t align, size_t size)
{
	*ret = allow(__builtin_return_address(0)) ? __libc_memalign(align, size) : NULL;
	return *ret ? 0 : ENOMEM;
}

/* A thread says who it is by its name */
int prctl(int option, ...)
{
	unsigned long arg[4];
	va_list ap;

	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		arg[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (option == PR_SET_NAME)
		sampler = !strcmp((const char *)arg[0], "sampler");
	return (int)syscall(SYS_prctl, option, arg[0], arg[1], arg[2], arg[3]);
}
