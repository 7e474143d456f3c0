#include "agent/head.h"
#include <fcntl.h>
#include <sys/mman.h>

#define TRIES 8

int xm_head_create(struct xm_head_memory **ret, int *ret_fd)
{
	_cleanup_close_ int fd = memfd_create("xmon-head", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *p;

	if (fd < 0 || ftruncate(fd, sizeof **ret) < 0)
		return -errno;
	p = mmap(NULL, sizeof **ret, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	/* whoever else gets it can neither write nor cut it off */
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE); /* 5.1 */
	*ret = p;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int xm_head_map(int fd, const struct xm_head_memory **ret)
{
	void *p = mmap(NULL, sizeof **ret, PROT_READ, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	*ret = p;
	return 0;
}

void xm_head_unmap(const struct xm_head_memory *m)
{
	if (m)
		munmap((void *)m, sizeof *m);
}

int xm_head_set_layout(struct xm_head_memory *m, const void *layout, size_t size)
{
	uint64_t seq = atomic_load(&m->layout_seq);

	if (size > XM_HEAD_LAYOUT_MAX)
		return -E2BIG;
	atomic_store(&m->layout_seq, seq + 1);
	atomic_thread_fence(memory_order_seq_cst);
	memcpy(m->layout, layout, size);
	m->layout_size = (uint32_t)size;
	atomic_store(&m->layout_seq, seq + 2);
	return 0;
}

void xm_head_publish(struct xm_head_memory *m, const double *value, uint32_t n, uint64_t wall_ns,
		     uint64_t mono_ns)
{
	uint64_t tick = atomic_load(&m->tick);
	unsigned at = tick % XM_HEAD_ROWS;

	n = XM_MIN(n, XM_HEAD_VALUES_MAX);
	/* the row before is out before this one begins */
	atomic_thread_fence(memory_order_seq_cst);
	memcpy(m->value[at], value, n * sizeof *value);
	m->row[at] = (struct xm_head_row){ .wall_ns = wall_ns,
					   .mono_ns = mono_ns,
					   .layout_seq = atomic_load(&m->layout_seq),
					   .n_values = n };
	atomic_store(&m->tick, tick + 1);
}

int xm_snapshot_open(struct xm_snapshot *s)
{
	*s = (struct xm_snapshot){ .layout_text = XM_BUF_INIT };
	s->value = calloc(XM_HEAD_VALUES_MAX, sizeof *s->value);
	s->next = calloc(XM_HEAD_VALUES_MAX, sizeof *s->next);
	if (s->value && s->next)
		return 0;
	xm_snapshot_close(s);
	return -ENOMEM;
}

void xm_snapshot_close(struct xm_snapshot *s)
{
	xm_buf_done(&s->layout_text);
	free(s->value);
	free(s->next);
	s->value = s->next = NULL;
}

/* The layout, if it is the one of that number and stays it. 0 when it is not. */
static int copy_layout(const struct xm_head_memory *m, uint64_t seq, struct xm_buf *ret)
{
	uint32_t size = m->layout_size;

	if (seq & 1 || size > XM_HEAD_LAYOUT_MAX || atomic_load(&m->layout_seq) != seq)
		return 0;
	xm_buf_add(ret, m->layout, size);
	if (ret->failed)
		return -ENOMEM;
	atomic_thread_fence(memory_order_seq_cst);
	return atomic_load(&m->layout_seq) == seq && xm_layout_valid((const void *)ret->data, size);
}

/* One try. 1: done; 0: overtaken, and the snapshot is as it was. */
static int read_row(struct xm_snapshot *s, const struct xm_head_memory *m, uint64_t tick)
{
	_cleanup_buf_ struct xm_buf layout = XM_BUF_INIT;
	unsigned at = (tick - 1) % XM_HEAD_ROWS;
	struct xm_head_row row = m->row[at];
	uint32_t n = XM_MIN(row.n_values, XM_HEAD_VALUES_MAX);
	int r = 1;

	memcpy(s->next, m->value[at], n * sizeof *s->next);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&m->tick) - tick >= XM_HEAD_ROWS - 1)
		return 0;
	if (row.layout_seq != s->layout_seq)
		r = copy_layout(m, row.layout_seq, &layout);
	if (r <= 0)
		return r;
	if ((layout.len ? (const struct xm_layout *)layout.data : xm_snapshot_layout(s))->n_values >
	    n)
		return 0;
	if (layout.len)
		XM_SWAP(s->layout_text, layout);
	XM_SWAP(s->value, s->next);
	s->layout_seq = row.layout_seq;
	s->tick = tick;
	s->wall_ns = row.wall_ns;
	s->mono_ns = row.mono_ns;
	s->n_values = n;
	return 1;
}

int xm_snapshot_read(struct xm_snapshot *s, const struct xm_head_memory *m)
{
	for (int try = 0; try < TRIES; try++) {
		uint64_t tick = atomic_load(&m->tick);
		int r;

		if (tick == s->tick)
			break;
		r = read_row(s, m, tick);
		if (r)
			return r;
	}
	return s->tick ? 0 : -EAGAIN;
}
