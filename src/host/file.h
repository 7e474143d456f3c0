/* Reading the small text files of /proc and /sys: whole, into a buffer that is used again. */
#pragma once
#include "base/buf.h"
#include "base/text.h"

#define XM_FILE_MAX (4U << 20) /* bytes; what is longer is cut there: no kernel file we read is */

/* A file that is kept open and read again from its start. {-1} = not open yet. */
struct xm_file {
	int fd;
};

void xm_file_close(struct xm_file *f);
/* Fill text with the whole file, opening it below dir if it is not open. A file that went away is
 * opened once more by name, then reported: -ENOENT, -EIO, … */
int xm_file_read(struct xm_file *f, int dir, const char *path, struct xm_buf *ret_text) XM_MUST;

/* The same for a file that is read rarely: open, read, close */
int xm_read_text(int dir, const char *path, struct xm_buf *ret_text) XM_MUST;
/* A value file of sysfs (up to size - 1 bytes) without the newline; for buffers on the stack */
int xm_read_line(int dir, const char *path, char *ret_text, size_t size) XM_MUST;
/* A value file with one decimal integer; -EINVAL when it holds anything else */
int xm_read_u64(int dir, const char *path, uint64_t *ret) XM_MUST;
int xm_read_i64(int dir, const char *path, int64_t *ret) XM_MUST;

/* Call fn for each entry of a directory except those with a leading dot, in the order of their
 * names with runs of digits compared as numbers (cpu2 before cpu10). A negative result of fn ends
 * the walk and is returned. At most XM_DIR_MAX entries; more are left out. */
#define XM_DIR_MAX 8192
int xm_dir_each(int dir, const char *path, int (*fn)(int dir, const char *name, void *arg),
		void *arg) XM_MUST;
