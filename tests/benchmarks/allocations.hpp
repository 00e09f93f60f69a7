/* gst-framewise: counts what a benchmark program allocates.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Replaces malloc and its kin, so it is for one source file of a program. The memory itself is the
 * C library's (glibc).
 */
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>

/* Of the whole process: g_malloc, av_malloc and operator new come through here as well. So does
 * g_slice from GLib 2.76 on; before, it has caches of its own, which are not seen. */
static std::atomic<long> allocations;

extern "C" {
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
  allocations++;
  return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  allocations++;
  return __libc_calloc(count, size);
}
void *realloc(void *p, size_t size) {
  allocations++;
  return __libc_realloc(p, size);
}
int posix_memalign(void **p, size_t alignment, size_t size) {
  allocations++;
  *p = __libc_memalign(alignment, size);
  return *p ? 0 : ENOMEM;
}
}
