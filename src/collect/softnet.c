/* How each CPU takes packets off the network: processed, dropped, out of budget, queued. */
#include "collect/collector.h"
#include <math.h>

#define WORDS_MIN 9 /* 2.6.23; 10 since 2.6.35, 11 since 3.11, 13 since 5.10, 15 since 6.6 */
#define WORDS     15

struct softnet_row {
	uint32_t cpu;
	double processed, dropped, times_squeezed, cpu_collision, received_rps, flow_limit, backlog,
		input_queue, process_queue;
};

#define COL(m, t, f, h)                                                                            \
	XM_FIELD(struct softnet_row, m, XM_DOUBLE, h, .metric = "node_softnet_" t, .flags = f)

static const struct xm_field cols[] = {
	XM_FIELD(struct softnet_row, cpu, XM_U32, "CPU", .flags = XM_KEY),
	COL(processed, "processed_total", XM_COUNTER, "Number of processed packets"),
	COL(dropped, "dropped_total", XM_COUNTER, "Number of dropped packets"),
	COL(times_squeezed, "times_squeezed_total", XM_COUNTER,
	    "Number of times processing packets ran out of quota"),
	COL(cpu_collision, "cpu_collision_total", XM_COUNTER,
	    "Number of collision occur while obtaining device lock while transmitting"),
	COL(received_rps, "received_rps_total", XM_COUNTER,
	    "Number of times cpu woken up received_rps"),
	COL(flow_limit, "flow_limit_count_total", XM_COUNTER,
	    "Number of times flow limit has been reached"),
	COL(backlog, "backlog_len", 0, "Softnet backlog status"),
	XM_FIELD(struct softnet_row, input_queue, XM_DOUBLE,
		 "Packets in the input queue of the CPU."),
	XM_FIELD(struct softnet_row, process_queue, XM_DOUBLE,
		 "Packets that the CPU took off its input queue and has not processed yet."),
	{}
};
static const struct xm_table table =
	XM_TABLE(struct softnet_row, "softnet", "packets received per CPU", cols);

/* Hexadecimal words; how many there are depends on the kernel */
static size_t parse_words(struct xm_str line, uint64_t *ret)
{
	struct xm_str word;
	size_t n = 0;

	while (n < WORDS && xm_word_next(&line, &word) && xm_parse_hex(word, &ret[n]) == 0)
		n++;
	return n;
}

static int emit(const uint64_t *word, size_t n, uint32_t line_number, struct xm_out *out)
{
	struct softnet_row row = {
		.cpu = n > 12 ? (uint32_t)word[12] : line_number,
		.processed = (double)word[0],
		.dropped = (double)word[1],
		.times_squeezed = (double)word[2],
		.cpu_collision = (double)word[8],
		.received_rps = n > 9 ? (double)word[9] : (double)NAN,
		.flow_limit = n > 10 ? (double)word[10] : (double)NAN,
		.backlog = n > 12 ? (double)word[11] : (double)NAN,
		.input_queue = n > 14 ? (double)word[13] : (double)NAN,
		.process_queue = n > 14 ? (double)word[14] : (double)NAN,
	};

	return xm_out_row(out, &table, &row);
}

static int parse(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	uint64_t word[WORDS];
	struct xm_str line;
	int r = 0;

	for (uint32_t i = 0; r >= 0 && xm_line_next(&text, &line); i++) {
		size_t n = parse_words(line, word);

		if (n < WORDS_MIN)
			xm_coll_bad(c);
		else
			r = emit(word, n, i, out);
	}
	return r;
}

const struct xm_collector xm_collector_softnet = {
	.name = "softnet",
	.help = "packets received per CPU",
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.sources = (const struct xm_source[]){ { XM_PROC, "net/softnet_stat", parse }, {} },
};
