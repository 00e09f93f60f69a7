/* gst-framewise: GstFramewiseArray, a frame's memory mapped as an array.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "array.hpp"

#include <cstring>
#include <optional>

using namespace framewise;

static GstDebugCategory *performance_category() {
  static GstDebugCategory *category = _gst_debug_get_category("GST_PERFORMANCE");
  return category;
}
#define GST_CAT_DEFAULT performance_category()

GType gst_framewise_access_get_type(void) {
  static const GEnumValue values[] = {
      {GST_FRAMEWISE_ACCESS_READ, "GST_FRAMEWISE_ACCESS_READ", "read"},
      {GST_FRAMEWISE_ACCESS_WRITE, "GST_FRAMEWISE_ACCESS_WRITE", "write"},
      {GST_FRAMEWISE_ACCESS_AS_MEMORY, "GST_FRAMEWISE_ACCESS_AS_MEMORY", "as-memory"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static("GstFramewiseAccess", values);
  return type;
}

GType gst_framewise_copy_get_type(void) {
  static const GEnumValue values[] = {
      {GST_FRAMEWISE_COPY_NEVER, "GST_FRAMEWISE_COPY_NEVER", "never"},
      {GST_FRAMEWISE_COPY_IF_NEEDED, "GST_FRAMEWISE_COPY_IF_NEEDED", "if-needed"},
      {GST_FRAMEWISE_COPY_ALWAYS, "GST_FRAMEWISE_COPY_ALWAYS", "always"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static("GstFramewiseCopy", values);
  return type;
}

G_DEFINE_BOXED_TYPE(GstFramewiseArray, gst_framewise_array, gst_framewise_array_ref,
                    gst_framewise_array_unref)

namespace framewise {

StridedArray packed(const StridedArray &from) {
  StridedArray to = from;
  to.offset = 0;
  if (to.n_dims > 1) {
    const int row = to.is_planes_first() ? 1 : 0;
    to.strides[row] = to.shape[row + 1] * to.strides[row + 1];
    if (row == 1)
      to.strides[0] = to.shape[1] * to.strides[1];
  }
  return to;
}

CopiedBytes allocate(const StridedArray &array) {
  return CopiedBytes(static_cast<guint8 *>(g_try_malloc(array.shape[0] * array.strides[0])));
}

void copy_rows(const StridedArray &from, const guint8 *source, guint8 *target) {
  const StridedArray to = packed(from);
  if (from.n_dims == 1) {
    memcpy(target, source, from.extent());
    return;
  }
  const int64_t n_planes = from.is_planes_first() ? from.shape[0] : 1;
  const int row = from.is_planes_first() ? 1 : 0;
  for (int64_t plane = 0; plane < n_planes; plane++)
    for (int64_t y = 0; y < from.shape[row]; y++)
      memcpy(target + (row ? plane * to.strides[0] : 0) + y * to.strides[row],
             source + (row ? plane * from.strides[0] : 0) + y * from.strides[row],
             from.row_extent());
}

} // namespace framewise

/* ---- Mapping -----------------------------------------------------------------------------------
 */

namespace {

struct Home {
  GstMemory *memory; /* of the buffer */
  gsize base;        /* where it begins in the buffer */
};

} // namespace

/* The one memory that holds all elements of `array`, if there is one. */
static std::optional<Home> find_home(GstBuffer *buffer, const StridedArray &array) {
  const gsize first = gsize(array.offset), extent = gsize(array.extent());
  gsize base = 0;
  for (guint i = 0; i < gst_buffer_n_memory(buffer); i++) {
    GstMemory *memory = gst_buffer_peek_memory(buffer, i);
    if (first >= base && first - base <= memory->size && extent <= memory->size - (first - base))
      return Home{memory, base};
    base += memory->size;
  }
  return std::nullopt;
}

/* Maps as asked, or tells by false that memory or mapping do not allow it. */
static bool map_memory(GstFramewiseArray *array, GstMemory *memory, GstFramewiseAccess access) {
  const bool may_write = !GST_MEMORY_IS_READONLY(memory);
  if (access != GST_FRAMEWISE_ACCESS_READ && may_write &&
      gst_memory_map(memory, &array->map, GST_MAP_READWRITE)) {
    array->read_only = false;
    return true;
  }
  return access != GST_FRAMEWISE_ACCESS_WRITE && gst_memory_map(memory, &array->map, GST_MAP_READ);
}

/* Brings the planes, or the pieces of one plane, together in memory of their own. */
static Result<void> gather(GstFramewiseArray *array, GstBuffer *buffer) {
  const GstFramewiseLayout &layout = array->layout;
  const StridedArray &wanted = layout.array();
  const bool by_plane = layout.plane == GstFramewiseLayout::whole && wanted.is_planes_first();
  array->array = packed(wanted);
  array->copied = allocate(array->array);
  if (!array->copied)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  array->data = array->copied.get();

  const int64_t n_planes = by_plane ? wanted.shape[0] : 1;
  for (int64_t i = 0; i < n_planes; i++) {
    const StridedArray &source = by_plane ? layout.frame.planes()[i] : wanted;
    guint8 *target = array->data + (by_plane ? i * array->array.strides[0] : 0);
    const int64_t rows = source.n_dims == 1 ? 1 : source.shape[0];
    const gsize row_bytes = gsize(source.n_dims == 1 ? source.extent() : source.row_extent());
    const int64_t target_stride = packed(source).strides[0];
    for (int64_t y = 0; y < rows; y++)
      if (gst_buffer_extract(buffer, gsize(source.offset + y * source.strides[0]),
                             target + y * target_stride, row_bytes) != row_bytes)
        return FRAMEWISE_FAIL_RESOURCE(READ, "A buffer's memory cannot be mapped for reading.");
  }
  GST_INFO("a frame of %s %dx%d whose planes do not lie evenly spaced in one memory was copied",
           av_get_pix_fmt_name(layout.frame.format()), layout.frame.pixel_width(),
           layout.frame.pixel_height());
  return {};
}

static Result<void> map_or_gather(GstFramewiseArray *array, GstBuffer *buffer,
                                  GstFramewiseAccess access) {
  const GstFramewiseLayout &layout = array->layout;
  if (!layout.is_array())
    return Failure(layout.frame.why_not());
  const bool whole = layout.plane == GstFramewiseLayout::whole;
  if (const gsize size = gst_buffer_get_size(buffer);
      !(whole ? layout.frame.fits(size) : layout.array().fits(size)))
    return FRAMEWISE_FAIL_STREAM(
        FORMAT,
        format("A buffer of %" G_GSIZE_FORMAT " bytes is too small for this layout of `%s`: "
               "it ends at byte %" G_GINT64_FORMAT ".",
               size, av_get_pix_fmt_name(layout.frame.format()),
               whole ? layout.frame.end() : layout.array().offset + layout.array().extent()));
  if (layout.is_strided())
    if (auto home = find_home(buffer, layout.array())) {
      if (!map_memory(array, home->memory, access))
        return FRAMEWISE_FAIL_RESOURCE(
            FAILED, access == GST_FRAMEWISE_ACCESS_WRITE
                        ? "The memory of a buffer is read only, or shared, and cannot be written."
                        : "The memory of a buffer cannot be mapped for reading.");
      array->buffer = gst_buffer_ref(buffer);
      array->memory = gst_memory_ref(home->memory);
      array->array = layout.array();
      array->data = array->map.data + (layout.array().offset - home->base);
      array->array.offset = 0;
      return {};
    }
  if (access == GST_FRAMEWISE_ACCESS_WRITE)
    return FRAMEWISE_FAIL_STREAM(FORMAT,
                                 "A frame whose planes do not lie evenly spaced in one memory "
                                 "cannot be written as one array. Its planes may be.");
  return gather(array, buffer);
}

/**
 * gst_framewise_layout_map:
 * @layout: a layout of a frame, or of one of its planes, that is an array (is_mappable())
 * @buffer: the buffer that @layout describes
 * @access: what the array is wanted for
 * @error: return location for an error
 *
 * The elements of @buffer as @layout describes them. Where they lie in one memory, evenly spaced,
 * this takes no copy, and the array keeps that memory mapped and @buffer alive, which a buffer pool
 * may miss. Else they are copied once, and is_copy() says so.
 *
 * Writing is the caller's to judge: others that hold @buffer see it too.
 *
 * Returns: (transfer full): the array; %NULL, with @error set, where there is none or the memory is
 *   not to be had in this way.
 *
 * Since: 0.1
 */
GstFramewiseArray *gst_framewise_layout_map(const GstFramewiseLayout *layout, GstBuffer *buffer,
                                            GstFramewiseAccess access, GError **error) {
  g_return_val_if_fail(layout, nullptr);
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  auto *array = new GstFramewiseArray{};
  g_atomic_ref_count_init(&array->references);
  array->layout = *layout;
  if (auto mapped = map_or_gather(array, buffer, access); !mapped) {
    gst_framewise_array_unref(array);
    g_propagate_error(error, mapped.error().to_gerror());
    return nullptr;
  }
  return array;
}

/**
 * gst_framewise_array_ref:
 * @array: an array
 *
 * Returns: (transfer full): @array.
 *
 * Since: 0.1
 */
GstFramewiseArray *gst_framewise_array_ref(GstFramewiseArray *array) {
  g_return_val_if_fail(array, nullptr);
  g_atomic_ref_count_inc(&array->references);
  return array;
}

/**
 * gst_framewise_array_unref:
 * @array: (transfer full): an array
 *
 * With the last reference the memory is unmapped. Safe from any thread.
 *
 * Since: 0.1
 */
void gst_framewise_array_unref(GstFramewiseArray *array) {
  g_return_if_fail(array);
  if (g_atomic_ref_count_dec(&array->references))
    delete array;
}

/**
 * gst_framewise_array_get_data:
 * @array: an array
 *
 * Returns: (transfer none): the address of the first element, valid as long as @array is.
 *
 * Since: 0.1
 */
gpointer gst_framewise_array_get_data(const GstFramewiseArray *array) {
  g_return_val_if_fail(array, nullptr);
  return array->data;
}

/**
 * gst_framewise_array_get_shape:
 * @array: an array
 * @n_dims: (out): number of dimensions
 *
 * Returns: (array length=n_dims) (transfer none): the length of each axis, valid as long as @array
 * is.
 *
 * Since: 0.1
 */
const gint64 *gst_framewise_array_get_shape(const GstFramewiseArray *array, gsize *n_dims) {
  g_return_val_if_fail(n_dims, nullptr);
  *n_dims = 0;
  g_return_val_if_fail(array, nullptr);
  *n_dims = gsize(array->array.n_dims);
  return array->array.shape.data();
}

/**
 * gst_framewise_array_get_strides:
 * @array: an array
 * @n_dims: (out): number of dimensions
 *
 * Returns: (array length=n_dims) (transfer none): the bytes from one element to the next along each
 *   axis, valid as long as @array is. Those of a copy are not those of the frame.
 *
 * Since: 0.1
 */
const gint64 *gst_framewise_array_get_strides(const GstFramewiseArray *array, gsize *n_dims) {
  g_return_val_if_fail(n_dims, nullptr);
  *n_dims = 0;
  g_return_val_if_fail(array, nullptr);
  *n_dims = gsize(array->array.n_dims);
  return array->array.strides.data();
}

/**
 * gst_framewise_array_get_layout:
 * @array: an array
 *
 * Returns: (transfer none): the layout that was mapped: type, channels, and where the frame was.
 *
 * Since: 0.1
 */
const GstFramewiseLayout *gst_framewise_array_get_layout(const GstFramewiseArray *array) {
  g_return_val_if_fail(array, nullptr);
  return &array->layout;
}

/**
 * gst_framewise_array_is_read_only:
 * @array: an array
 *
 * Returns: whether the elements must not be written. A copy counts as read only, as writing to it
 *   would not change the frame.
 *
 * Since: 0.1
 */
gboolean gst_framewise_array_is_read_only(const GstFramewiseArray *array) {
  g_return_val_if_fail(array, TRUE);
  return array->read_only;
}

/**
 * gst_framewise_array_is_copy:
 * @array: an array
 *
 * Returns: whether the elements had to be copied, as they do not lie evenly spaced in one memory.
 *
 * Since: 0.1
 */
gboolean gst_framewise_array_is_copy(const GstFramewiseArray *array) {
  g_return_val_if_fail(array, FALSE);
  return array->copied != nullptr;
}
