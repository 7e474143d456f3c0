/*
 * Checks for unit tests. A test program calls its tests one by one with RUN() and returns
 * check_summary() from main(). A failed check is printed with its place and counted; the test goes
 * on, except after REQUIRE(), which leaves the function.
 */
#pragma once
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Checks may be made in any thread. */
static _Atomic unsigned check_passed, check_failed;

static inline bool check_count(bool ok, const char *file, int line)
{
	if (ok)
		check_passed++;
	else
		check_failed++;
	if (!ok)
		fprintf(stderr, "%s:%d: ", file, line);
	return ok;
}

static inline bool check_true(bool ok, const char *text, const char *file, int line)
{
	if (!check_count(ok, file, line))
		fprintf(stderr, "not true: %s\n", text);
	return ok;
}

static inline bool check_int(intmax_t got, intmax_t want, const char *text, const char *file,
			     int line)
{
	if (!check_count(got == want, file, line))
		fprintf(stderr, "%s is %" PRIdMAX ", not %" PRIdMAX "\n", text, got, want);
	return got == want;
}

static inline bool check_str(const char *got, const char *want, const char *text, const char *file,
			     int line)
{
	bool ok = got && want ? !strcmp(got, want) : got == want;

	if (!check_count(ok, file, line))
		fprintf(stderr, "%s is\n  \"%s\", not\n  \"%s\"\n", text, got ? got : "(null)",
			want ? want : "(null)");
	return ok;
}

/* `want` stands somewhere in `got` */
static inline bool check_has(const char *got, const char *want, const char *text, const char *file,
			     int line)
{
	bool ok = got && strstr(got, want);

	if (!check_count(ok, file, line))
		fprintf(stderr, "%s is\n  \"%s\",\n  without \"%s\"\n", text, got ? got : "(null)",
			want);
	return ok;
}

/* Each is an expression: true if the check held. */
#define CHECK(cond)               check_true(cond, #cond, __FILE__, __LINE__)
#define CHECK_EQ_INT(got, want)   check_int(got, want, #got, __FILE__, __LINE__)
#define CHECK_STR(got, want)      check_str(got, want, #got, __FILE__, __LINE__)
#define CHECK_CONTAINS(got, want) check_has(got, want, #got, __FILE__, __LINE__)
#define REQUIRE(cond)                                                                              \
	do {                                                                                       \
		if (!CHECK(cond))                                                                  \
			return;                                                                    \
	} while (0)

/* Name the test on stderr if one of its checks failed */
#define RUN(test)                                                                                  \
	do {                                                                                       \
		unsigned _before = check_failed;                                                   \
		test();                                                                            \
		if (check_failed > _before)                                                        \
			fprintf(stderr, "failed: %s\n", #test);                                    \
	} while (0)

/* The last words of a test program, and its exit status. A program that checked nothing fails. */
static inline int check_summary(void)
{
	printf("%u passed, %u failed\n", check_passed, check_failed);
	return check_failed || !check_passed;
}
