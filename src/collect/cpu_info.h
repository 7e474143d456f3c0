/* The part of the cpu collector that tells what kind of CPUs there are. Off unless asked for. */
#pragma once
#include "collect/collector.h"
#include "host/cpuinfo.h"
#include "host/filter.h"

#define XM_CPU_WORDS_MAX 256 /* flags, and bugs, of a CPU; more are left out and counted */

struct xm_cpu_info_conf {
	bool on;
	char flags_include[512], bugs_include[512]; /* "": none */
};

struct xm_cpu_word {
	char word[32];
};

struct xm_cpu_words {
	struct xm_filter filter;
	struct xm_cpu_word word[XM_CPU_WORDS_MAX];
	unsigned n;
};

struct xm_cpu_infos {
	bool on;
	struct xm_cpuinfo *cpu; /* at most XM_CPUS_MAX */
	unsigned n, cap, turn;
	struct xm_cpu_words flags, bugs; /* of the first CPU */
};

extern const struct xm_table xm_cpu_info_table, xm_cpu_frequency_table, xm_cpu_flag_table,
	xm_cpu_bug_table;

int xm_cpu_infos_open(struct xm_cpu_infos *s, const struct xm_cpu_info_conf *conf,
		      struct xm_err *err) XM_MUST;
void xm_cpu_infos_close(struct xm_cpu_infos *s);
int xm_cpu_infos_emit(struct xm_cpu_infos *s, struct xm_coll *c, struct xm_out *out) XM_MUST;
