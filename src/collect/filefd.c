/* Open files of the whole machine, and how many there may be. */
#include "collect/collector.h"

struct filefd_row {
	uint64_t allocated, maximum;
};

static const struct xm_field cols[] = {
	XM_FIELD(struct filefd_row, allocated, XM_U64, "File descriptor statistics: allocated.",
		 .metric = "node_filefd_allocated"),
	XM_FIELD(struct filefd_row, maximum, XM_U64, "File descriptor statistics: maximum.",
		 .metric = "node_filefd_maximum"),
	{}
};
static const struct xm_table table = XM_TABLE(struct filefd_row, "filefd", "open files", cols);

/* "459	0	2466193": allocated, free (always 0 since 2.6), maximum */
static int parse(struct xm_coll *c, struct xm_str text, struct xm_out *out)
{
	uint64_t value[3];

	(void)c;
	if (xm_parse_u64s(xm_str_trim(text), value, 3) < 3)
		return -EBADMSG;
	return xm_out_row(out, &table, &(struct filefd_row){ value[0], value[2] });
}

const struct xm_collector xm_collector_filefd = {
	.name = "filefd",
	.help = "open files",
	.tables = (const struct xm_table *const[]){ &table, NULL },
	.sources = (const struct xm_source[]){ { XM_PROC, "sys/fs/file-nr", parse }, {} },
};
