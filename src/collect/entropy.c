/* The kernel's entropy pool. */
#include "collect/collector.h"
#include <math.h>

struct entropy_row {
	double available_bits, pool_size_bits;
};

static const struct xm_field cols[] = {
	XM_FIELD(struct entropy_row, available_bits, XM_DOUBLE, "Bits of available entropy.",
		 .metric = "node_entropy_available_bits"),
	XM_FIELD(struct entropy_row, pool_size_bits, XM_DOUBLE, "Bits of entropy pool.",
		 .metric = "node_entropy_pool_size_bits"),
	{}
};
static const struct xm_table table = XM_TABLE(struct entropy_row, "entropy", "entropy pool", cols);

static int read_bits(struct xm_coll *c, const char *path, double *ret)
{
	uint64_t bits;
	int r = xm_read_u64(c->host->fd[XM_PROC], path, &bits);

	*ret = r < 0 ? (double)NAN : (double)bits;
	return r < 0 && r != -ENOENT ? xm_fail(&c->err, r, "%s: %s", path, strerror(-r)) : r;
}

static int collect(struct xm_coll *c, struct xm_out *out)
{
	struct entropy_row row;
	int available = read_bits(c, "sys/kernel/random/entropy_avail", &row.available_bits);
	int pool_size = read_bits(c, "sys/kernel/random/poolsize", &row.pool_size_bits);

	return available < 0 && pool_size < 0 ? available : xm_out_row(out, &table, &row);
}

const struct xm_collector xm_collector_entropy = {
	.name = "entropy",
	.help = "the entropy pool",
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.period_ms = 5000,
	.collect = collect,
};
