/* Is this text UTF-8? Names from the kernel need not be. */
#pragma once
#include <stddef.h>

/* Length in bytes (1 to 4) of the well-formed character at s, 0 if there is none. Reads no byte
 * past a NUL. */
size_t xm_utf8_len(const char *s);
