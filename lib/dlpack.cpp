/* gst-framewise: arrays to and from DLPack tensors.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "array.hpp"

#include <dlpack/dlpack.h>

#include <cstdint>
#include <vector>

using namespace framewise;

/* ---- Array -> tensor ---------------------------------------------------------------------------
 */

namespace {

struct ExportedTensor {
  DLManagedTensor tensor{};
  std::array<int64_t, StridedArray::max_dims> shape{}, strides{};
  GstFramewiseArray *array = nullptr; /* or */
  CopiedBytes copied;

  ~ExportedTensor() { g_clear_pointer(&array, gst_framewise_array_unref); }
};

} // namespace

static void delete_exported(DLManagedTensor *tensor) {
  delete static_cast<ExportedTensor *>(tensor->manager_ctx);
}

/* Why a tensor cannot be made of this memory as it is; NULL where it can. */
static const char *copy_reason(const GstFramewiseArray *array) {
  if (array->read_only && !array->copied)
    return "the memory is read only";
  const int64_t bytes = array->array.type.bytes;
  if (reinterpret_cast<guintptr>(array->data) % bytes)
    return "the elements lie at odd addresses";
  for (int i = 0; i < array->array.n_dims; i++)
    if (array->array.strides[i] % bytes)
      return "the strides are no whole elements";
  return nullptr;
}

static DLDataType tensor_type(const SampleType &type) {
  return {uint8_t(type.floating ? kDLFloat : kDLUInt), uint8_t(8 * type.bytes), 1};
}

static bool in_machine_order(const SampleType &type) {
  return type.bytes == 1 || type.big_endian == (G_BYTE_ORDER == G_BIG_ENDIAN);
}

static Result<DLManagedTensor *> export_tensor(GstFramewiseArray *array, GstFramewiseCopy copy) {
  const char *name = av_get_pix_fmt_name(array->layout.frame.format());
  if (!in_machine_order(array->array.type))
    return FRAMEWISE_FAIL_STREAM(
        WRONG_TYPE,
        format("`%s` has elements of type %s, and DLPack has none of the other byte order. "
               "Use `pixel-format=` to select a format to convert into.",
               name, array->array.type.typestr()));
  const char *reason = copy_reason(array);
  if (reason && copy == GST_FRAMEWISE_COPY_NEVER)
    return FRAMEWISE_FAIL_STREAM(
        WRONG_TYPE, format("A DLPack tensor of this `%s` frame takes a copy: %s.", name, reason));

  auto exported = std::make_unique<ExportedTensor>();
  StridedArray shown = array->array;
  void *data = array->data;
  if (reason || copy == GST_FRAMEWISE_COPY_ALWAYS) {
    shown = packed(array->array);
    exported->copied = allocate(shown);
    if (!exported->copied)
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
    copy_rows(array->array, array->data, exported->copied.get());
    data = exported->copied.get();
  } else {
    exported->array = gst_framewise_array_ref(array);
  }
  for (int i = 0; i < shown.n_dims; i++) {
    exported->shape[i] = shown.shape[i];
    exported->strides[i] = shown.strides[i] / shown.type.bytes;
  }
  DLManagedTensor &tensor = exported->tensor;
  tensor.dl_tensor.data = data;
  tensor.dl_tensor.device = {kDLCPU, 0};
  tensor.dl_tensor.ndim = shown.n_dims;
  tensor.dl_tensor.dtype = tensor_type(shown.type);
  tensor.dl_tensor.shape = exported->shape.data();
  tensor.dl_tensor.strides = exported->strides.data();
  tensor.deleter = delete_exported;
  tensor.manager_ctx = exported.get();
  return &exported.release()->tensor;
}

/**
 * gst_framewise_array_to_dlpack:
 * @array: an array
 * @copy: what to do where the memory cannot be handed out as it is: it is read only, or the strides
 *   are no whole elements
 * @error: return location for an error
 *
 * The array as a `DLManagedTensor` of `<dlpack/dlpack.h>` (DLPack before 1.0) on the CPU. Until its
 * deleter is called, which any thread may do, it keeps the frame's memory mapped and alive. In
 * other languages this is the tensor's address.
 *
 * Returns: (type gpointer) (transfer full): the tensor; %NULL, with @error set, where it would take
 *   a copy that @copy forbids, or where the elements are not in the byte order of the machine.
 *
 * Since: 0.1
 */
struct DLManagedTensor *gst_framewise_array_to_dlpack(GstFramewiseArray *array,
                                                      GstFramewiseCopy copy, GError **error) {
  g_return_val_if_fail(array, nullptr);
  auto tensor = export_tensor(array, copy);
  if (!tensor) {
    g_propagate_error(error, tensor.error().to_gerror());
    return nullptr;
  }
  return *tensor;
}

/* ---- Tensors -> buffer -------------------------------------------------------------------------
 */

static void delete_imported(gpointer data) {
  auto *tensor = static_cast<DLManagedTensor *>(data);
  if (tensor->deleter)
    tensor->deleter(tensor);
}

/* "|u1 (480, 640, 3)" */
static std::string describe(const char *typestr, const int64_t *shape, int n_dims) {
  std::string text = std::string(typestr) + " (";
  for (int i = 0; i < n_dims; i++)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + (n_dims == 1 ? ",)" : ")");
}

static std::string describe(const DLTensor &tensor) {
  static constexpr const char *codes[] = {"int", "uint", "float"};
  std::string type =
      tensor.dtype.code < G_N_ELEMENTS(codes) ? codes[tensor.dtype.code] : "another type";
  return describe((type + std::to_string(tensor.dtype.bits)).c_str(), tensor.shape, tensor.ndim);
}

/* What it takes before anything is read through it. */
static Result<void> check_complete(const DLManagedTensor *managed, guint which) {
  if (!managed)
    return FRAMEWISE_FAIL_STREAM(WRONG_TYPE, framewise::format("Tensor %u is NULL.", which));
  const DLTensor &tensor = managed->dl_tensor;
  if (tensor.ndim < 0 || (tensor.ndim > 0 && !tensor.shape))
    return FRAMEWISE_FAIL_STREAM(
        WRONG_TYPE,
        framewise::format("Tensor %u has no shape for its %d dimensions.", which, tensor.ndim));
  if (!tensor.data)
    return FRAMEWISE_FAIL_STREAM(WRONG_TYPE, framewise::format("Tensor %u has no data.", which));
  return {};
}

/* More than this no memory is: sums of two neither wrap nor pass ptrdiff_t. */
static constexpr int64_t max_extent = PTRDIFF_MAX / 2;

/* `array.extent()` of strides that anyone may have given, in memory that begins at `data`. */
static bool lies_in_memory(const StridedArray &array, const DLTensor &tensor) {
  int64_t extent = array.type.bytes, axis;
  for (int i = 0; i < array.n_dims; i++)
    if (__builtin_mul_overflow(array.shape[i] - 1, array.strides[i], &axis) ||
        __builtin_add_overflow(extent, axis, &extent) || extent > max_extent)
      return false;
  guintptr end = reinterpret_cast<guintptr>(tensor.data);
  return !__builtin_add_overflow(end, tensor.byte_offset, &end) &&
         !__builtin_add_overflow(end, guintptr(extent), &end);
}

static Failure mismatch(const StridedLayout &frame, int plane, const StridedArray &wanted,
                        const DLTensor &tensor) {
  std::string which =
      plane < 0 ? std::string("A frame") : framewise::format("Plane %d of a frame", plane);
  return FRAMEWISE_FAIL_STREAM(
      WRONG_TYPE,
      framewise::format("%s of `%s` %dx%d takes an array of %s; this one is of %s.", which.c_str(),
                        av_get_pix_fmt_name(frame.format()), frame.pixel_width(),
                        frame.pixel_height(),
                        describe(wanted.type.typestr(), wanted.shape.data(), wanted.n_dims).c_str(),
                        describe(tensor).c_str()));
}

/* `wanted` with the strides of rows and planes that the tensor has. */
static Result<StridedArray> fit(const StridedLayout &frame, int plane, const StridedArray &wanted,
                                const DLTensor &tensor) {
  const DLDataType type = tensor_type(wanted.type);
  bool same = tensor.dtype.code == type.code && tensor.dtype.bits == type.bits &&
              tensor.dtype.lanes == 1 && tensor.ndim == wanted.n_dims;
  for (int i = 0; same && i < wanted.n_dims; i++)
    same = tensor.shape[i] == wanted.shape[i];
  if (!same)
    return mismatch(frame, plane, wanted, tensor);
  if (tensor.device.device_type != kDLCPU)
    return FRAMEWISE_FAIL_STREAM(WRONG_TYPE, "The tensor's memory is not that of the CPU.");

  StridedArray found = packed(wanted);
  const int rows = wanted.is_planes_first() ? 1 : 0;
  int64_t compact = wanted.type.bytes;
  for (int i = wanted.n_dims - 1; i >= 0; i--) {
    int64_t stride = compact;
    if (tensor.strides &&
        __builtin_mul_overflow(tensor.strides[i], int64_t(wanted.type.bytes), &stride))
      stride = tensor.strides[i] < 0 ? INT64_MIN : INT64_MAX;
    compact *= wanted.shape[i];
    if (wanted.shape[i] == 1)
      continue; /* means nothing */
    const bool free = i <= rows && wanted.n_dims > 1;
    const int64_t needed = i < rows
                               ? (found.shape[rows] - 1) * found.strides[rows] + found.row_extent()
                               : found.strides[i];
    if (free ? stride < needed : stride != needed)
      return FRAMEWISE_FAIL_STREAM(
          WRONG_TYPE,
          framewise::format(
              "Along axis %d a frame of `%s` %dx%d takes a stride of %s%" G_GINT64_FORMAT
              " bytes; this array's is %" G_GINT64_FORMAT ". A contiguous copy of it would do.",
              i, av_get_pix_fmt_name(frame.format()), frame.pixel_width(), frame.pixel_height(),
              free ? "at least " : "", needed, stride));
    if (i == rows && found.n_dims > 1 && stride > G_MAXINT)
      return FRAMEWISE_FAIL_STREAM(WRONG_TYPE, "The rows of this array are too long.");
    found.strides[i] = stride;
  }
  if (!lies_in_memory(found, tensor))
    return FRAMEWISE_FAIL_STREAM(WRONG_TYPE, "This array is larger than any memory.");
  return found;
}

static Result<BufferPtr> wrap_tensors(const GstFramewiseLayout &layout, DLManagedTensor **tensors,
                                      guint n_tensors, bool read_only) {
  /* Memory holds the padding of a pixel too, so the array must. */
  auto padded = StridedLayout::create(layout.frame.format(), layout.frame.pixel_width(),
                                      layout.frame.pixel_height(), Padding::channel);
  if (!padded)
    return Failure(padded.error());
  if (auto placed = padded->place(layout.defaults); !placed)
    return Failure(placed.error());
  const StridedLayout &frame = *padded;
  const auto planes = frame.planes();
  const bool one = n_tensors == 1 && frame.has_whole() &&
                   (frame.whole().is_planes_first() || planes.size() == 1);
  if (!one && n_tensors != planes.size())
    return FRAMEWISE_FAIL_STREAM(
        WRONG_TYPE,
        planes.size() == 1
            ? format("A frame of `%s` takes 1 array; these are %u.",
                     av_get_pix_fmt_name(frame.format()), n_tensors)
            : format("A frame of `%s` takes %s%" G_GSIZE_FORMAT " arrays, one for each plane; "
                     "these are %u.",
                     av_get_pix_fmt_name(frame.format()),
                     frame.has_whole() && frame.whole().is_planes_first() ? "one array, or " : "",
                     planes.size(), n_tensors));

  std::vector<StridedArray> found;
  int64_t total = 0;
  for (guint i = 0; i < n_tensors; i++) {
    if (auto complete = check_complete(tensors[i], i); !complete)
      return Failure(complete.error());
    auto fitting =
        fit(frame, one ? -1 : int(i), one ? frame.whole() : planes[i], tensors[i]->dl_tensor);
    if (!fitting)
      return Failure(fitting.error());
    if (__builtin_add_overflow(total, fitting->extent(), &total) || total > max_extent)
      return FRAMEWISE_FAIL_STREAM(WRONG_TYPE, "These arrays are larger than any memory.");
    found.push_back(*fitting);
  }

  /* From here on nothing fails, so the tensors can be taken. */
  BufferPtr buffer(gst_buffer_new());
  gsize offset[GST_VIDEO_MAX_PLANES] = {};
  gint stride[GST_VIDEO_MAX_PLANES] = {};
  gsize base = 0;
  for (guint i = 0; i < n_tensors; i++) {
    const DLTensor &tensor = tensors[i]->dl_tensor;
    const StridedArray &array = found[i];
    const gsize size = gsize(array.extent());
    auto *data = static_cast<guint8 *>(tensor.data) + tensor.byte_offset;
    gst_buffer_append_memory(
        buffer.get(),
        gst_memory_new_wrapped(read_only ? GST_MEMORY_FLAG_READONLY : GstMemoryFlags(0), data, size,
                               0, size, tensors[i], delete_imported));
    if (one && array.is_planes_first())
      for (int64_t plane = 0; plane < array.shape[0]; plane++) {
        offset[plane] = gsize(plane * array.strides[0]);
        stride[plane] = gint(array.strides[1]);
      }
    else {
      offset[i] = base;
      stride[i] = gint(array.strides[0]); /* of a palette 4, as GStreamer has it */
    }
    base += size;
  }
  GstVideoFormat twin = to_gst_format(frame.format());
  gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                 twin == GST_VIDEO_FORMAT_UNKNOWN ? GST_VIDEO_FORMAT_ENCODED : twin,
                                 guint(frame.pixel_width()), guint(frame.pixel_height()),
                                 guint(planes.size()), offset, stride);
  return buffer;
}

/**
 * gst_framewise_layout_wrap_dlpack:
 * @layout: the format and size of the frame
 * @tensors: (type gpointer): address of an array of @n_tensors pointers to `DLManagedTensor`: one
 * of the whole frame, where the format has such an array, or one for each plane
 * @n_tensors: their number
 * @read_only: whether the memory must not be written
 * @error: return location for an error
 *
 * A buffer over the memory of tensors, without copying, with a #GstVideoMeta that says where the
 * planes are. Types and shapes must be those of @layout with its padding as a channel
 * (gst_framewise_layout_with_padding()), and pixels must lie as close as the format has them; rows
 * and planes may be apart. Elements are taken to be in the byte order of the format.
 *
 * On success the buffer owns the tensors and calls their deleters, from any thread, when nobody
 * needs their memory any more. On failure they stay the caller's.
 *
 * Returns: (transfer full): a buffer; %NULL, with @error set to a sentence that says what was
 *   expected, where the tensors are not as they should be.
 *
 * Since: 0.1
 */
GstBuffer *gst_framewise_layout_wrap_dlpack(const GstFramewiseLayout *layout,
                                            struct DLManagedTensor **tensors, guint n_tensors,
                                            gboolean read_only, GError **error) {
  g_return_val_if_fail(layout, nullptr);
  g_return_val_if_fail(tensors, nullptr);
  auto buffer = wrap_tensors(*layout, tensors, n_tensors, read_only);
  if (!buffer) {
    g_propagate_error(error, buffer.error().to_gerror());
    return nullptr;
  }
  return buffer->release();
}
