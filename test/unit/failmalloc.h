/*
 * Make the nth allocation of this program fail, and count what is not freed. Included by the one
 * file of a test program that wants it: it defines malloc and its kin, which then serve the C
 * library and every other library too. Not under ASan or TSan, which do the same.
 */
#pragma once
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#ifdef __has_feature
#define FAILMALLOC_CLANG_SANITIZES                                                                 \
	(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define FAILMALLOC_CLANG_SANITIZES 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || FAILMALLOC_CLANG_SANITIZES
#define FAILMALLOC_WORKS 0
#else
#define FAILMALLOC_WORKS 1
#endif

static _Atomic long failmalloc_countdown; /* this allocation from now on fails; 0 = none */
static _Atomic long failmalloc_failures, failmalloc_live;

/* From now on let the nth allocation fail (n from 1), and, if sticky, all after it; 0 = none */
static bool failmalloc_sticky;
static inline void failmalloc_start(long n, bool sticky)
{
	failmalloc_failures = 0;
	failmalloc_sticky = sticky;
	failmalloc_countdown = n;
}

/* Stop failing; how many did */
static inline long failmalloc_stop(void)
{
	failmalloc_countdown = 0;
	failmalloc_sticky = false;
	return failmalloc_failures;
}

/* Allocations that were not freed since the program started */
static inline long failmalloc_held(void)
{
	return failmalloc_live;
}

#if FAILMALLOC_WORKS
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void __libc_free(void *);

static bool failmalloc_now(void)
{
	if (!failmalloc_countdown || (failmalloc_countdown > 1 && failmalloc_countdown--))
		return false;
	if (!failmalloc_sticky)
		failmalloc_countdown = 0;
	failmalloc_failures++;
	errno = ENOMEM;
	return true;
}

static void *failmalloc_count(void *p)
{
	failmalloc_live += p != NULL;
	return p;
}

void *malloc(size_t size)
{
	return failmalloc_now() ? NULL : failmalloc_count(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
	return failmalloc_now() ? NULL : failmalloc_count(__libc_calloc(n, size));
}

void *realloc(void *old, size_t size)
{
	void *p;

	if (failmalloc_now())
		return NULL;
	p = __libc_realloc(old, size);
	failmalloc_live += (p && !old) - (!p && old && !size);
	return p;
}

void free(void *p)
{
	failmalloc_live -= p != NULL;
	__libc_free(p);
}
#endif
