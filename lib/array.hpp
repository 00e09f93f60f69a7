/* gst-framewise: what is behind GstFramewiseArray.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "array.h"
#include "layout.hpp"

namespace framewise {

struct GFree {
  void operator()(void *p) const { g_free(p); }
};
using CopiedBytes = std::unique_ptr<guint8, GFree>;

/* `from` without gaps between rows, nor between planes, at offset 0; pixels keep their stride. */
StridedArray packed(const StridedArray &from);
/* Room for all elements of such an array; NULL when out of memory. */
CopiedBytes allocate(const StridedArray &array);
/* Copies elements from memory laid out as `from` into memory laid out as packed(from). */
void copy_rows(const StridedArray &from, const guint8 *source, guint8 *target);

} // namespace framewise

struct _GstFramewiseArray {
  gatomicrefcount references;
  GstFramewiseLayout layout;
  framewise::StridedArray array; /* as it lies at `data`: offset 0 */
  guint8 *data = nullptr;
  bool read_only = true;

  /* Either these, which the mapping needs, or `copied`, */
  GstBuffer *buffer = nullptr;
  GstMemory *memory = nullptr;
  GstMapInfo map = GST_MAP_INFO_INIT;
  framewise::CopiedBytes copied;
  /* or these, which were made for the array and belong to nobody else. */
  framewise::CopiedBytes owned;

  ~_GstFramewiseArray() {
    if (!memory)
      return;
    gst_memory_unmap(memory, &map);
    gst_memory_unref(memory);
    gst_buffer_unref(buffer);
  }
};
