/* gst-framewise: frames across the border between libav and GStreamer, without copying.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framebridge.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

#include <algorithm>
#include <array>
#include <atomic>
#include <span>

namespace framewise {

/* ---- libav -> GStreamer -----------------------------------------------------------------------
 */

static int count_planes(const AVFrame *frame) {
  auto format = static_cast<AVPixelFormat>(frame->format);
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
  return desc->flags & AV_PIX_FMT_FLAG_PAL ? 2 : av_pix_fmt_count_planes(format);
}

static bool is_palette(const AVFrame *frame, int plane) {
  return plane == 1 && av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame->format))->flags &
                           AV_PIX_FMT_FLAG_PAL;
}

static int count_rows(const AVFrame *frame, int plane) {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame->format));
  return plane == 1 || plane == 2 ? AV_CEIL_RSHIFT(frame->height, desc->log2_chroma_h)
                                  : frame->height;
}

/* Bytes from the first to past the last sample of a plane, rows at `stride`. */
static size_t plane_extent(const AVFrame *frame, int plane, int stride) {
  if (is_palette(frame, plane))
    return AVPALETTE_SIZE;
  int row = av_image_get_linesize(static_cast<AVPixelFormat>(frame->format), frame->width, plane);
  return size_t(stride) * (count_rows(frame, plane) - 1) + row;
}

static int find_buffer(const AVFrame *frame, int plane, size_t extent) {
  for (int i = 0; i < AV_NUM_DATA_POINTERS && frame->buf[i]; i++) {
    const AVBufferRef *buf = frame->buf[i];
    if (frame->data[plane] >= buf->data && frame->data[plane] + extent <= buf->data + buf->size)
      return i;
  }
  return -1;
}

static void unref_av_buffer(gpointer data) {
  auto *buf = static_cast<AVBufferRef *>(data);
  av_buffer_unref(&buf);
}

BufferPtr wrap_frame(const AVFrame *frame, Sharing sharing) {
  const int n_planes = count_planes(frame);
  if (!is_software(static_cast<AVPixelFormat>(frame->format)))
    return nullptr;

  int home[4];
  struct Range {
    const uint8_t *start = nullptr, *end = nullptr;
    size_t base = 0; /* where the memory begins in the GstBuffer */
  } ranges[AV_NUM_DATA_POINTERS];

  for (int i = 0; i < n_planes; i++) {
    if (!is_palette(frame, i) && frame->linesize[i] <= 0)
      return nullptr;
    size_t extent = plane_extent(frame, i, frame->linesize[i]);
    home[i] = find_buffer(frame, i, extent);
    if (home[i] < 0)
      return nullptr;
    const AVBufferRef *buf = frame->buf[home[i]];
    const uint8_t *start = frame->data[i];
    /* whole rows where the memory has them */
    const uint8_t *end = start + extent;
    if (!is_palette(frame, i)) {
      size_t whole = size_t(frame->linesize[i]) * count_rows(frame, i);
      end = start + std::min<size_t>(whole, buf->data + buf->size - start);
    }
    Range &range = ranges[home[i]];
    range.start = range.start ? std::min(range.start, start) : start;
    range.end = range.end ? std::max(range.end, end) : end;
  }

  bool writable =
      sharing == Sharing::as_refcount && av_frame_is_writable(const_cast<AVFrame *>(frame)) > 0;
  auto flags = writable ? GstMemoryFlags(0) : GST_MEMORY_FLAG_READONLY;
  BufferPtr buffer(gst_buffer_new());
  size_t base = 0;
  for (int i = 0; i < AV_NUM_DATA_POINTERS && frame->buf[i]; i++) {
    Range &range = ranges[i];
    if (!range.start)
      continue;
    AVBufferRef *ref = av_buffer_ref(frame->buf[i]);
    if (!ref)
      return nullptr;
    range.base = base;
    size_t size = range.end - range.start;
    gst_buffer_append_memory(buffer.get(), gst_memory_new_wrapped(flags, ref->data, ref->size,
                                                                  range.start - ref->data, size,
                                                                  ref, unref_av_buffer));
    base += size;
  }

  gsize offset[GST_VIDEO_MAX_PLANES] = {};
  gint stride[GST_VIDEO_MAX_PLANES] = {};
  for (int i = 0; i < n_planes; i++) {
    const Range &range = ranges[home[i]];
    offset[i] = range.base + (frame->data[i] - range.start);
    stride[i] = is_palette(frame, i) ? 4 : frame->linesize[i];
  }
  GstVideoFormat twin = to_gst_format(static_cast<AVPixelFormat>(frame->format));
  gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                 twin == GST_VIDEO_FORMAT_UNKNOWN ? GST_VIDEO_FORMAT_ENCODED : twin,
                                 frame->width, frame->height, n_planes, offset, stride);
  return buffer;
}

bool has_default_layout(const AVFrame *frame, GstVideoInterlaceMode interlace_mode) {
  auto layout = default_layout(static_cast<AVPixelFormat>(frame->format), frame->width,
                               frame->height, interlace_mode);
  if (!layout || !frame->buf[0] || frame->buf[1])
    return false;
  for (int i = 0; i < layout->n_planes; i++) {
    if (size_t(frame->data[i] - frame->data[0]) != layout->offset[i] - layout->offset[0])
      return false;
    if (!is_palette(frame, i) && frame->linesize[i] != layout->stride[i])
      return false;
  }
  const AVBufferRef *buf = frame->buf[0];
  return layout->offset[0] == 0 && frame->data[0] >= buf->data &&
         frame->data[0] + layout->size <= buf->data + buf->size;
}

Result<void> copy_frame(const AVFrame *frame, GstBuffer *buffer,
                        GstVideoInterlaceMode interlace_mode) {
  VideoParams params = from_frame(frame);
  params.interlace_mode = interlace_mode;
  auto view = writable_view(buffer, params);
  if (!view)
    return Failure(view.error());
  const auto format = static_cast<AVPixelFormat>(frame->format);
  const uint8_t *source[4] = {frame->data[0], frame->data[1], frame->data[2], frame->data[3]};
  av_image_copy((*view)->data, (*view)->linesize, source, frame->linesize, format, frame->width,
                frame->height);
  return {};
}

/* ---- GStreamer -> libav -----------------------------------------------------------------------
 */

namespace {

/* The mapped memories of a buffer, one GstMapInfo each; unmaps, then lets the buffer go. Once
 * shared it belongs to its owners, of whom the last one deletes it. */
class Mapping {
 public:
  /* Takes the buffer. */
  explicit Mapping(BufferPtr buffer) : owned_(std::move(buffer)), buffer_(owned_.get()) {}
  /* Borrows it; it must outlive the mapping. */
  explicit Mapping(GstBuffer *buffer) : buffer_(buffer) {}
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;
  ~Mapping() { unmap(); }

  GstBuffer *buffer() const { return buffer_; }

  struct Part {
    size_t base; /* offset of the memory in the buffer */
    GstMapInfo info;
  };
  std::span<const Part> parts() const { return {parts_.data(), n_parts_}; }

  /* False where that cannot be, or where there are more than an AVFrame has room for. */
  bool map_each(GstMapFlags flags) {
    const guint n = gst_buffer_n_memory(buffer_);
    size_t base = 0;
    for (guint i = 0; i < n; i++) {
      if (n_parts_ == parts_.size() ||
          !gst_buffer_map_range(buffer_, i, 1, &parts_[n_parts_].info, flags))
        return false;
      Part &part = parts_[n_parts_++];
      part.base = base;
      base += part.info.size;
    }
    return true;
  }
  /* All memories as one piece: copies where there are several. */
  bool map_merged(GstMapFlags flags) {
    unmap();
    if (!gst_buffer_map(buffer_, &parts_[0].info, flags))
      return false;
    parts_[0].base = 0;
    n_parts_ = 1;
    return true;
  }

  void share(int owners) { owners_.store(owners); }
  void leave(int owners) {
    if (owners_.fetch_sub(owners) == owners)
      delete this;
  }

 private:
  void unmap() {
    while (n_parts_ > 0)
      gst_buffer_unmap(buffer_, &parts_[--n_parts_].info);
  }

  BufferPtr owned_;
  GstBuffer *buffer_;
  std::array<Part, AV_NUM_DATA_POINTERS> parts_;
  size_t n_parts_ = 0;
  std::atomic<int> owners_ = 0;
};

} // namespace

static void leave_mapping(void *opaque, uint8_t *) { static_cast<Mapping *>(opaque)->leave(1); }

static PlaneLayout layout_of(GstBuffer *buffer, const PlaneLayout &by_default) {
  PlaneLayout layout = by_default;
  if (const GstVideoMeta *meta = gst_buffer_get_video_meta(buffer);
      meta && int(meta->n_planes) == layout.n_planes)
    for (int i = 0; i < layout.n_planes; i++) {
      layout.offset[i] = meta->offset[i];
      layout.stride[i] = meta->stride[i];
    }
  return layout;
}

/* Bytes from the first to past the last sample of a plane. */
static size_t plane_extent(const PlaneLayout &layout, int plane) {
  return size_t(layout.stride[plane]) * (layout.rows[plane] - 1) + layout.row_size[plane];
}

/* Points the planes of `frame` into the mapped parts; false where a plane spans two of them. */
static bool place_planes(AVFrame *frame, const PlaneLayout &layout, const Mapping &mapping) {
  for (int i = 0; i < layout.n_planes; i++) {
    const size_t extent = plane_extent(layout, i);
    const Mapping::Part *home = nullptr;
    for (const auto &part : mapping.parts())
      if (layout.offset[i] >= part.base && layout.offset[i] + extent <= part.base + part.info.size)
        home = &part;
    if (!home)
      return false;
    frame->data[i] = home->info.data + (layout.offset[i] - home->base);
    frame->linesize[i] = is_palette(frame, i) ? 0 : layout.stride[i];
  }
  return true;
}

static Result<FramePtr> frame_over(std::unique_ptr<Mapping> mapping, const VideoParams &params,
                                   const PlaneLayout &layout, GstMapFlags flags, FramePtr frame) {
  describe_frame(frame.get(), params);
  for (int i = 0; i < layout.n_planes; i++)
    if (layout.stride[i] < layout.row_size[i] && !is_palette(frame.get(), i))
      return FRAMEWISE_FAIL_STREAM(
          FORMAT, format("A buffer's stride of %d bytes is too small for a row of %s.",
                         layout.stride[i], params.describe().c_str()));

  bool placed = mapping->map_each(flags) && place_planes(frame.get(), layout, *mapping);
  if (!placed)
    placed = mapping->map_merged(flags) && place_planes(frame.get(), layout, *mapping);
  if (!placed)
    return FRAMEWISE_FAIL_STREAM(
        FORMAT, format("A buffer of %" G_GSIZE_FORMAT " bytes holds no frame of %s.",
                       gst_buffer_get_size(mapping->buffer()), params.describe().c_str()));

  Mapping *shared = mapping.release();
  const auto parts = shared->parts();
  shared->share(int(parts.size()));
  for (size_t i = 0; i < parts.size(); i++) {
    frame->buf[i] = av_buffer_create(parts[i].info.data, parts[i].info.maxsize, leave_mapping,
                                     shared, flags & GST_MAP_WRITE ? 0 : AV_BUFFER_FLAG_READONLY);
    if (!frame->buf[i]) {
      shared->leave(int(parts.size() - i));
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
    }
  }
  return frame;
}

static bool suits_simd(const AVFrame *frame, const PlaneLayout &layout) {
  const uintptr_t mask = frame_alignment() - 1;
  for (int i = 0; i < layout.n_planes; i++) {
    if (is_palette(frame, i))
      continue;
    if ((reinterpret_cast<uintptr_t>(frame->data[i]) | frame->linesize[i]) & mask)
      return false;
    if (find_buffer(frame, i, plane_extent(layout, i) + frame_padding) < 0)
      return false;
  }
  return true;
}

static void read_interlace_flags(AVFrame *frame, GstBuffer *buffer, const VideoParams &params) {
  bool interlaced = false, top_first = false;
  switch (params.interlace_mode) {
  case GST_VIDEO_INTERLACE_MODE_PROGRESSIVE:
    break;
  case GST_VIDEO_INTERLACE_MODE_MIXED:
    interlaced = GST_BUFFER_FLAG_IS_SET(buffer, GST_VIDEO_BUFFER_FLAG_INTERLACED);
    top_first = GST_BUFFER_FLAG_IS_SET(buffer, GST_VIDEO_BUFFER_FLAG_TFF);
    break;
  default:
    interlaced = true;
    top_first = params.field_order == GST_VIDEO_FIELD_ORDER_UNKNOWN
                    ? GST_BUFFER_FLAG_IS_SET(buffer, GST_VIDEO_BUFFER_FLAG_TFF)
                    : params.field_order == GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST;
    break;
  }
  compat::set_interlacing(frame, interlaced, top_first);
  frame->repeat_pict = GST_BUFFER_FLAG_IS_SET(buffer, GST_VIDEO_BUFFER_FLAG_RFF) ? 1 : 0;
}

/* GStreamer calls read-only memory writable where it has one owner, and copies it when it is
 * mapped. */
static bool may_be_written(GstBuffer *buffer) {
  if (!gst_buffer_is_writable(buffer) || !gst_buffer_is_all_memory_writable(buffer))
    return false;
  for (guint i = 0; i < gst_buffer_n_memory(buffer); i++)
    if (GST_MEMORY_IS_READONLY(gst_buffer_peek_memory(buffer, i)))
      return false;
  return true;
}

Result<FramePtr> FrameImporter::import(BufferPtr buffer, const VideoParams &params, Access access,
                                       FramePtr blank) {
  const Geometry geometry{params.format, params.width, params.height, params.interlace_mode};
  if (!(geometry == geometry_)) {
    auto layout = default_layout(params.format, params.width, params.height, params.interlace_mode);
    if (!layout)
      return Failure(layout.error());
    geometry_ = geometry;
    default_layout_ = *layout;
  }
  GstMapFlags flags = GST_MAP_READ;
  if (access == Access::write_if_owned && may_be_written(buffer.get()))
    flags = GST_MAP_READWRITE;

  GstBuffer *mapped = buffer.get(); /* the frame's, from here on */
  const PlaneLayout layout = layout_of(mapped, default_layout_);
  auto frame = frame_over(std::make_unique<Mapping>(std::move(buffer)), params, layout, flags,
                          std::move(blank));
  if (!frame)
    return frame;
  read_interlace_flags(frame->get(), mapped, params);
  return suits_simd(frame->get(), layout) ? std::move(frame) : copy(frame->get(), params);
}

Result<FramePtr> FrameImporter::copy(const AVFrame *source, const VideoParams &params) {
  auto layout = aligned_layout(params.format, params.width, params.height);
  if (!layout)
    return Failure(layout.error());
  const size_t alignment = frame_alignment();
  if (size_t size = layout->size + alignment; !pool_ || pool_size_ != size) {
    pool_.reset(av_buffer_pool_init(size, nullptr));
    pool_size_ = size;
  }
  FramePtr frame = new_frame();
  if (av_frame_copy_props(frame.get(), source) < 0 ||
      !(frame->buf[0] = pool_ ? av_buffer_pool_get(pool_.get()) : nullptr))
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  frame->format = source->format;
  frame->width = source->width;
  frame->height = source->height;
  auto *start = reinterpret_cast<uint8_t *>(
      FFALIGN(reinterpret_cast<uintptr_t>(frame->buf[0]->data), uintptr_t(alignment)));
  for (int i = 0; i < layout->n_planes; i++) {
    frame->data[i] = start + layout->offset[i];
    frame->linesize[i] = is_palette(source, i) ? 0 : layout->stride[i];
  }
  const uint8_t *planes[4] = {source->data[0], source->data[1], source->data[2], source->data[3]};
  av_image_copy(frame->data, frame->linesize, planes, source->linesize, params.format, params.width,
                params.height);
  return frame;
}

Result<FramePtr> writable_view(GstBuffer *buffer, const VideoParams &params) {
  auto layout = default_layout(params.format, params.width, params.height, params.interlace_mode);
  if (!layout)
    return Failure(layout.error());
  return frame_over(std::make_unique<Mapping>(buffer), params, layout_of(buffer, *layout),
                    GST_MAP_READWRITE, new_frame());
}

void set_interlace_flags(GstBuffer *buffer, const AVFrame *frame, const VideoParams &params) {
  if (params.interlace_mode == GST_VIDEO_INTERLACE_MODE_PROGRESSIVE)
    return;
  if (compat::is_interlaced(frame)) {
    GST_BUFFER_FLAG_SET(buffer, GST_VIDEO_BUFFER_FLAG_INTERLACED);
    if (compat::is_top_field_first(frame))
      GST_BUFFER_FLAG_SET(buffer, GST_VIDEO_BUFFER_FLAG_TFF);
  }
  if (frame->repeat_pict > 0)
    GST_BUFFER_FLAG_SET(buffer, GST_VIDEO_BUFFER_FLAG_RFF);
}

} // namespace framewise
