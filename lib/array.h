/* gst-framewise
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/framewise/framewise-prelude.h>
#include <gst/framewise/layout.h>

/* Of <dlpack/dlpack.h>, which only those need who look inside. */
struct DLManagedTensor;

G_BEGIN_DECLS

/**
 * GST_TYPE_FRAMEWISE_ARRAY:
 *
 * Since: 0.1
 */
#define GST_TYPE_FRAMEWISE_ARRAY (gst_framewise_array_get_type())

/**
 * GstFramewiseArray:
 *
 * An n-dimensional array over a frame's memory, which it keeps mapped and alive.
 *
 * Since: 0.1
 */
typedef struct _GstFramewiseArray GstFramewiseArray;

/**
 * GstFramewiseAccess:
 * @GST_FRAMEWISE_ACCESS_READ: for reading
 * @GST_FRAMEWISE_ACCESS_WRITE: for reading and writing; fails where the memory is read only, and
 *   where the array could only be had as a copy
 * @GST_FRAMEWISE_ACCESS_AS_MEMORY: for writing too where the memory allows it, else for reading
 *
 * What an array is wanted for.
 *
 * Since: 0.1
 */
typedef enum {
  GST_FRAMEWISE_ACCESS_READ,
  GST_FRAMEWISE_ACCESS_WRITE,
  GST_FRAMEWISE_ACCESS_AS_MEMORY,
} GstFramewiseAccess;

/**
 * GST_TYPE_FRAMEWISE_ACCESS:
 *
 * Since: 0.1
 */
#define GST_TYPE_FRAMEWISE_ACCESS (gst_framewise_access_get_type())

/**
 * GstFramewiseCopy:
 * @GST_FRAMEWISE_COPY_NEVER: an error is returned where a copy would be needed
 * @GST_FRAMEWISE_COPY_IF_NEEDED: read-only memory is copied
 * @GST_FRAMEWISE_COPY_ALWAYS: the tensor has memory of its own
 *
 * What to do for a DLPack tensor, which cannot say that its memory must not be written.
 *
 * Since: 0.1
 */
typedef enum {
  GST_FRAMEWISE_COPY_NEVER,
  GST_FRAMEWISE_COPY_IF_NEEDED,
  GST_FRAMEWISE_COPY_ALWAYS,
} GstFramewiseCopy;

/**
 * GST_TYPE_FRAMEWISE_COPY:
 *
 * Since: 0.1
 */
#define GST_TYPE_FRAMEWISE_COPY (gst_framewise_copy_get_type())

GST_FRAMEWISE_API
GType gst_framewise_access_get_type(void);

GST_FRAMEWISE_API
GType gst_framewise_copy_get_type(void);

GST_FRAMEWISE_API
GType gst_framewise_array_get_type(void);

GST_FRAMEWISE_API
GstFramewiseArray *gst_framewise_layout_map(const GstFramewiseLayout *layout, GstBuffer *buffer,
                                            GstFramewiseAccess access, GError **error);

GST_FRAMEWISE_API
GstFramewiseArray *gst_framewise_array_ref(GstFramewiseArray *array);

GST_FRAMEWISE_API
void gst_framewise_array_unref(GstFramewiseArray *array);

GST_FRAMEWISE_API
gpointer gst_framewise_array_get_data(const GstFramewiseArray *array);

GST_FRAMEWISE_API
const gint64 *gst_framewise_array_get_shape(const GstFramewiseArray *array, gsize *n_dims);

GST_FRAMEWISE_API
const gint64 *gst_framewise_array_get_strides(const GstFramewiseArray *array, gsize *n_dims);

GST_FRAMEWISE_API
const GstFramewiseLayout *gst_framewise_array_get_layout(const GstFramewiseArray *array);

GST_FRAMEWISE_API
gboolean gst_framewise_array_is_read_only(const GstFramewiseArray *array);

GST_FRAMEWISE_API
gboolean gst_framewise_array_is_copy(const GstFramewiseArray *array);

GST_FRAMEWISE_API
struct DLManagedTensor *gst_framewise_array_to_dlpack(GstFramewiseArray *array,
                                                      GstFramewiseCopy copy, GError **error);

GST_FRAMEWISE_API
GstBuffer *gst_framewise_layout_wrap_dlpack(const GstFramewiseLayout *layout,
                                            struct DLManagedTensor **tensors, guint n_tensors,
                                            gboolean read_only, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstFramewiseArray, gst_framewise_array_unref)

G_END_DECLS
