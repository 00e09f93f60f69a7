/* gst-framewise: GstFramewiseLayout.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "layout.hpp"

#include <algorithm>

using namespace framewise;

namespace framewise {

/* The corner of a picture as large as `frame` in one of `width` x `height` pixels. */
static Result<Corner> corner_of(const GstVideoCropMeta *crop, const StridedLayout &frame,
                                guint width, guint height) {
  auto inside = [](guint begin, int length, guint room) {
    return guint64(begin) + guint64(length) <= std::min<guint64>(room, G_MAXINT);
  };
  if (!inside(crop->x, frame.pixel_width(), width) ||
      !inside(crop->y, frame.pixel_height(), height))
    return FRAMEWISE_FAIL_STREAM(
        FORMAT, format("A buffer's GstVideoCropMeta begins at %u,%u, and a picture of %dx%d from "
                       "there does not lie inside the %ux%u that the buffer holds.",
                       crop->x, crop->y, frame.pixel_width(), frame.pixel_height(), width, height));
  return Corner{int(crop->x), int(crop->y)};
}

Result<BufferPlanes> planes_of(GstBuffer *buffer, const StridedLayout &frame,
                               const PlaneLayout &defaults) {
  BufferPlanes at{defaults, {}};
  guint width = guint(frame.pixel_width()), height = guint(frame.pixel_height());
  if (const GstVideoMeta *meta = gst_buffer_get_video_meta(buffer)) {
    if (int(meta->n_planes) != defaults.n_planes)
      return FRAMEWISE_FAIL_STREAM(
          FORMAT,
          format("A buffer's GstVideoMeta has %u planes where the format in its caps has %d.",
                 meta->n_planes, defaults.n_planes));
    const gsize size = gst_buffer_get_size(buffer);
    for (int i = 0; i < defaults.n_planes; i++) {
      if (meta->offset[i] > size)
        return FRAMEWISE_FAIL_STREAM(
            FORMAT, format("A buffer's GstVideoMeta has plane %d at byte %" G_GSIZE_FORMAT
                           ", outside of the buffer, which has %" G_GSIZE_FORMAT " bytes.",
                           i, meta->offset[i], size));
      at.planes.offset[i] = meta->offset[i];
      at.planes.stride[i] = meta->stride[i];
    }
    width = meta->width;
    height = meta->height;
  }
  if (const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta(buffer)) {
    auto corner = corner_of(crop, frame, width, height);
    if (!corner)
      return Failure(corner.error());
    at.corner = *corner;
  }
  return at;
}

Result<GstFramewiseLayout> layout_of(const VideoParams &params) {
  auto frame = StridedLayout::create(params.format, params.width, params.height);
  if (!frame)
    return Failure(frame.error());
  auto planes = default_layout(params.format, params.width, params.height, params.interlace_mode);
  if (!planes)
    return Failure(planes.error());
  if (auto placed = frame->place(*planes); !placed)
    return Failure(placed.error());
  return GstFramewiseLayout{*frame, *planes, GstFramewiseLayout::whole, planes->size};
}

} // namespace framewise

G_DEFINE_BOXED_TYPE(GstFramewiseLayout, gst_framewise_layout, gst_framewise_layout_copy,
                    gst_framewise_layout_free)

static GstFramewiseLayout *to_boxed(const Result<GstFramewiseLayout> &layout, GError **error) {
  if (!layout) {
    g_propagate_error(error, layout.error().to_gerror());
    return nullptr;
  }
  return new GstFramewiseLayout(*layout);
}

/**
 * gst_framewise_layout_new:
 * @pixel_format: a pixel format by FFmpeg's name, such as `rgb24` or `yuv420p10le`; names without
 *   their byte order mean that of the machine
 * @width: width in pixels
 * @height: height in pixels
 * @error: return location for an error
 *
 * The layout of frames in buffers without #GstVideoMeta: that of #GstVideoInfo where GStreamer has
 * a name for the format, else every row at a multiple of four bytes and the planes in turn.
 *
 * Returns: (transfer full): the layout; %NULL, with @error set, where there is no such format or
 *   size, or where the format is no array even plane by plane.
 *
 * Since: 0.1
 */
GstFramewiseLayout *gst_framewise_layout_new(const gchar *pixel_format, gint width, gint height,
                                             GError **error) {
  g_return_val_if_fail(pixel_format, nullptr);
  VideoParams params;
  params.format = av_get_pix_fmt(pixel_format);
  params.width = width;
  params.height = height;
  if (params.format == AV_PIX_FMT_NONE) {
    auto unknown = FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, format("No pixel format `%s`. `ffmpeg -pix_fmts` lists what this libavutil has.",
                         pixel_format));
    g_propagate_error(error, unknown.value().to_gerror());
    return nullptr;
  }
  return to_boxed(layout_of(params), error);
}

/**
 * gst_framewise_layout_new_from_caps:
 * @caps: fixed caps of `video/x-raw` or `video/x-framewise`, in system memory
 * @error: return location for an error
 *
 * The layout of frames with these caps in buffers without #GstVideoMeta. Use update() for each
 * buffer that may have one.
 *
 * Returns: (transfer full): the layout; %NULL, with @error set, where the caps describe none.
 *
 * Since: 0.1
 */
GstFramewiseLayout *gst_framewise_layout_new_from_caps(const GstCaps *caps, GError **error) {
  g_return_val_if_fail(GST_IS_CAPS(caps), nullptr);
  auto params = geometry_from_caps(caps);
  if (!params) {
    g_propagate_error(error, params.error().to_gerror());
    return nullptr;
  }
  return to_boxed(layout_of(*params), error);
}

/**
 * gst_framewise_layout_new_from_sample:
 * @sample: a sample with caps and buffer
 * @error: return location for an error
 *
 * The layout of the sample's frame, as its #GstVideoMeta and #GstVideoCropMeta have it. Offsets are
 * those in the buffer as a whole, whether it has one memory or several.
 *
 * Returns: (transfer full): the layout; %NULL, with @error set, where the caps describe none or the
 *   buffer is too small for it.
 *
 * Since: 0.1
 */
GstFramewiseLayout *gst_framewise_layout_new_from_sample(GstSample *sample, GError **error) {
  g_return_val_if_fail(GST_IS_SAMPLE(sample), nullptr);
  GstCaps *caps = gst_sample_get_caps(sample);
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  if (!caps || !buffer) {
    auto missing =
        FRAMEWISE_FAIL_STREAM(FORMAT, format("The sample has no %s, so there is no frame in it.",
                                             caps ? "buffer" : "caps"));
    g_propagate_error(error, missing.value().to_gerror());
    return nullptr;
  }
  GstFramewiseLayout *layout = gst_framewise_layout_new_from_caps(caps, error);
  if (layout && !gst_framewise_layout_update(layout, buffer, error))
    g_clear_pointer(&layout, gst_framewise_layout_free);
  return layout;
}

/**
 * gst_framewise_layout_update:
 * @layout: a layout
 * @buffer: a buffer with a frame of the same format and size
 * @error: return location for an error
 *
 * Moves @layout to where @buffer has the planes, as its #GstVideoMeta and #GstVideoCropMeta say.
 * This is for every frame of a stream: it takes little time and no memory.
 *
 * Returns: %TRUE; %FALSE, with @error set and @layout of no further use but to be updated or freed,
 *   where the buffer holds no such frame.
 *
 * Since: 0.1
 */
gboolean gst_framewise_layout_update(GstFramewiseLayout *layout, GstBuffer *buffer,
                                     GError **error) {
  g_return_val_if_fail(layout, FALSE);
  g_return_val_if_fail(GST_IS_BUFFER(buffer), FALSE);
  auto at = planes_of(buffer, layout->frame, layout->defaults);
  if (!at) {
    g_propagate_error(error, at.error().to_gerror());
    return FALSE;
  }
  if (auto placed = layout->frame.place(at->planes, at->corner); !placed) {
    g_propagate_error(error, placed.error().to_gerror());
    return FALSE;
  }
  layout->buffer_size = gst_buffer_get_size(buffer);
  if (!layout->frame.fits(layout->buffer_size)) {
    auto small = FRAMEWISE_FAIL_STREAM(
        FORMAT, format("A buffer of %" G_GSIZE_FORMAT " bytes holds no frame of %s %dx%d.",
                       layout->buffer_size, av_get_pix_fmt_name(layout->frame.format()),
                       layout->frame.pixel_width(), layout->frame.pixel_height()));
    g_propagate_error(error, small.value().to_gerror());
    return FALSE;
  }
  return TRUE;
}

/**
 * gst_framewise_layout_with_padding:
 * @layout: a layout
 *
 * The same memory with the bytes that pad each pixel as a channel named `x`: rgb0 is then of shape
 * (height, width, 4) instead of (height, width, 3).
 *
 * Returns: (transfer full): a layout, equal to @layout where its pixels have no padding.
 *
 * Since: 0.1
 */
GstFramewiseLayout *gst_framewise_layout_with_padding(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, nullptr);
  const StridedLayout &frame = layout->frame;
  auto *padded = new GstFramewiseLayout(*layout);
  auto wide = StridedLayout::create(frame.format(), frame.pixel_width(), frame.pixel_height(),
                                    Padding::channel);
  /* Where the planes lie in this buffer. A plane begins before the channels by what was skipped. */
  PlaneLayout planes = layout->defaults;
  for (int i = 0; i < planes.n_planes; i++) {
    const StridedArray &now = frame.planes()[i];
    planes.offset[i] = size_t(now.offset - frame.lead(i));
    if (now.n_dims > 1)
      planes.stride[i] = int(now.strides[0]);
  }
  if (wide && wide->place(planes))
    padded->frame = *wide;
  return padded;
}

/**
 * gst_framewise_layout_copy:
 * @layout: a layout
 *
 * Returns: (transfer full): a copy.
 *
 * Since: 0.1
 */
GstFramewiseLayout *gst_framewise_layout_copy(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, nullptr);
  return new GstFramewiseLayout(*layout);
}

/**
 * gst_framewise_layout_free:
 * @layout: (transfer full): a layout
 *
 * Since: 0.1
 */
void gst_framewise_layout_free(GstFramewiseLayout *layout) { delete layout; }

/**
 * gst_framewise_layout_get_pixel_format:
 * @layout: a layout
 *
 * Returns: the pixel format by FFmpeg's name.
 *
 * Since: 0.1
 */
const gchar *gst_framewise_layout_get_pixel_format(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, nullptr);
  return av_get_pix_fmt_name(layout->frame.format());
}

/**
 * gst_framewise_layout_get_width:
 * @layout: a layout
 *
 * Returns: the width of the frame in pixels, also in the layout of a plane.
 *
 * Since: 0.1
 */
gint gst_framewise_layout_get_width(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, 0);
  return layout->frame.pixel_width();
}

/**
 * gst_framewise_layout_get_height:
 * @layout: a layout
 *
 * Returns: the height of the frame in pixels, also in the layout of a plane.
 *
 * Since: 0.1
 */
gint gst_framewise_layout_get_height(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, 0);
  return layout->frame.pixel_height();
}

/**
 * gst_framewise_layout_to_caps:
 * @layout: a layout
 * @fps_n: numerator of the frame rate; 0 where it varies or is not known
 * @fps_d: its denominator, at least 1
 *
 * Returns: (transfer full): caps of frames of this format and size, progressive, of unknown
 *   colorimetry: `video/x-raw` where GStreamer has a name for the format, else `video/x-framewise`.
 *
 * Since: 0.1
 */
GstCaps *gst_framewise_layout_to_caps(const GstFramewiseLayout *layout, gint fps_n, gint fps_d) {
  g_return_val_if_fail(layout, nullptr);
  g_return_val_if_fail(fps_n >= 0 && fps_d >= 1, nullptr);
  VideoParams params;
  params.format = without_range(layout->frame.format());
  if (implies_full_range(layout->frame.format()))
    params.range = AVCOL_RANGE_JPEG;
  params.width = layout->frame.pixel_width();
  params.height = layout->frame.pixel_height();
  params.framerate = {fps_n, fps_d};
  return to_caps(params).release();
}

/**
 * gst_framewise_layout_is_strided:
 * @layout: a layout
 *
 * Returns: whether get_shape(), get_strides() and get_offset() describe the whole frame as it lies
 *   in memory. Always so in the layout of a plane.
 *
 * Since: 0.1
 */
gboolean gst_framewise_layout_is_strided(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, FALSE);
  return layout->is_strided();
}

/**
 * gst_framewise_layout_check_strided:
 * @layout: a layout
 * @error: return location for the reason
 *
 * Returns: what is_strided() does, with the reason in @error where that is %FALSE.
 *
 * Since: 0.1
 */
gboolean gst_framewise_layout_check_strided(const GstFramewiseLayout *layout, GError **error) {
  g_return_val_if_fail(layout, FALSE);
  if (layout->is_strided())
    return TRUE;
  g_propagate_error(error, layout->frame.why_not().to_gerror());
  return FALSE;
}

/**
 * gst_framewise_layout_is_mappable:
 * @layout: a layout
 *
 * Returns: whether map() gives an array of the whole frame: is_strided(), or the format has such an
 *   array but the planes of this frame do not lie evenly spaced, so that it takes a copy.
 *
 * Since: 0.1
 */
gboolean gst_framewise_layout_is_mappable(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, FALSE);
  return layout->is_array();
}

/**
 * gst_framewise_layout_get_n_planes:
 * @layout: a layout
 *
 * Returns: the number of planes, a palette being one; of the layout of a plane, 1.
 *
 * Since: 0.1
 */
guint gst_framewise_layout_get_n_planes(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, 0);
  return layout->plane == GstFramewiseLayout::whole ? guint(layout->frame.planes().size()) : 1;
}

/**
 * gst_framewise_layout_get_plane:
 * @layout: a layout
 * @plane: less than get_n_planes()
 *
 * Returns: (transfer full) (nullable): the layout of one plane, which always is an array; %NULL
 *   where there is no such plane.
 *
 * Since: 0.1
 */
GstFramewiseLayout *gst_framewise_layout_get_plane(const GstFramewiseLayout *layout, guint plane) {
  g_return_val_if_fail(layout, nullptr);
  if (plane >= gst_framewise_layout_get_n_planes(layout))
    return nullptr;
  auto *one = new GstFramewiseLayout(*layout);
  if (one->plane == GstFramewiseLayout::whole)
    one->plane = int(plane);
  return one;
}

/**
 * gst_framewise_layout_get_typestr:
 * @layout: a layout
 *
 * Returns: the type of the elements as NumPy's array interface has it, `|u1`, `<u2`, `>u2`, `<u4`,
 *   `<f2`, `<f4` and so on; where the frame is no single array, that of its planes.
 *
 * Since: 0.1
 */
const gchar *gst_framewise_layout_get_typestr(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, nullptr);
  return layout->array().type.typestr();
}

/**
 * gst_framewise_layout_get_item_size:
 * @layout: a layout
 *
 * Returns: the bytes of one element.
 *
 * Since: 0.1
 */
guint gst_framewise_layout_get_item_size(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, 0);
  return layout->array().type.bytes;
}

/**
 * gst_framewise_layout_get_axes:
 * @layout: a layout
 *
 * Returns: (nullable): a letter for each axis of the array, `H` for rows, `W` for columns, `C` for
 *   channels: `HW`, `HWC` or `CHW`, of a palette `W`; %NULL where the frame is no single array.
 *
 * Since: 0.1
 */
const gchar *gst_framewise_layout_get_axes(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, nullptr);
  return layout->is_array() ? layout->array().axes : nullptr;
}

/**
 * gst_framewise_layout_get_shape:
 * @layout: a layout
 * @n_dims: (out): number of dimensions
 *
 * Returns: (array length=n_dims) (transfer none) (nullable): the length of each axis, valid as long
 *   as @layout is; %NULL where the frame is no single array.
 *
 * Since: 0.1
 */
const gint64 *gst_framewise_layout_get_shape(const GstFramewiseLayout *layout, gsize *n_dims) {
  g_return_val_if_fail(n_dims, nullptr);
  *n_dims = 0;
  g_return_val_if_fail(layout, nullptr);
  if (!layout->is_array())
    return nullptr;
  *n_dims = gsize(layout->array().n_dims);
  return layout->array().shape.data();
}

/**
 * gst_framewise_layout_get_strides:
 * @layout: a layout
 * @n_dims: (out): number of dimensions
 *
 * Returns: (array length=n_dims) (transfer none) (nullable): the bytes from one element to the next
 *   along each axis, valid as long as @layout is; %NULL where the frame is no single array, or does
 *   not lie in memory as one.
 *
 * Since: 0.1
 */
const gint64 *gst_framewise_layout_get_strides(const GstFramewiseLayout *layout, gsize *n_dims) {
  g_return_val_if_fail(n_dims, nullptr);
  *n_dims = 0;
  g_return_val_if_fail(layout, nullptr);
  if (!layout->is_strided())
    return nullptr;
  *n_dims = gsize(layout->array().n_dims);
  return layout->array().strides.data();
}

/**
 * gst_framewise_layout_get_offset:
 * @layout: a layout
 *
 * Returns: the bytes from the start of the buffer to the first element; where the frame is no
 * single array, to the first element of its first plane.
 *
 * Since: 0.1
 */
gsize gst_framewise_layout_get_offset(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, 0);
  return gsize(layout->is_strided() ? layout->array().offset : layout->frame.planes()[0].offset);
}

/**
 * gst_framewise_layout_get_size:
 * @layout: a layout
 *
 * Returns: the size in bytes of the buffer that holds the frame; of the layout of a plane, the
 * bytes from its first element to past its last.
 *
 * Since: 0.1
 */
gsize gst_framewise_layout_get_size(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, 0);
  return layout->plane == GstFramewiseLayout::whole ? layout->buffer_size
                                                    : gsize(layout->array().extent());
}

/**
 * gst_framewise_layout_get_n_channels:
 * @layout: a layout
 *
 * Returns: the number of channels: the length of the axis `C` where there is one; more than 1
 *   without such an axis where each element holds several (rgb565); 0 where the frame is no single
 *   array.
 *
 * Since: 0.1
 */
guint gst_framewise_layout_get_n_channels(const GstFramewiseLayout *layout) {
  g_return_val_if_fail(layout, 0);
  return layout->is_array() ? guint(layout->array().n_channels) : 0;
}

static const Channel *channel_at(const GstFramewiseLayout *layout, guint channel) {
  return channel < gst_framewise_layout_get_n_channels(layout) ? &layout->array().channels[channel]
                                                               : nullptr;
}

/**
 * gst_framewise_layout_get_channel_name:
 * @layout: a layout
 * @channel: less than get_n_channels()
 *
 * Returns: (nullable): `R`, `G`, `B`; `Y`, `U`, `V`, with a number after the Y in a group of pixels
 *   that share their chroma; `X`, `Y`, `Z`; `A` for alpha; `x` for padding; `index` into a palette;
 *   `bayer`. %NULL where there is no such channel.
 *
 * Since: 0.1
 */
const gchar *gst_framewise_layout_get_channel_name(const GstFramewiseLayout *layout,
                                                   guint channel) {
  g_return_val_if_fail(layout, nullptr);
  const Channel *found = channel_at(layout, channel);
  return found ? found->name : nullptr;
}

/**
 * gst_framewise_layout_get_channel_depth:
 * @layout: a layout
 * @channel: less than get_n_channels()
 *
 * Returns: the number of significant bits; 0 where there is no such channel.
 *
 * Since: 0.1
 */
guint gst_framewise_layout_get_channel_depth(const GstFramewiseLayout *layout, guint channel) {
  g_return_val_if_fail(layout, 0);
  const Channel *found = channel_at(layout, channel);
  return found ? found->depth : 0;
}

/**
 * gst_framewise_layout_get_channel_shift:
 * @layout: a layout
 * @channel: less than get_n_channels()
 *
 * Returns: the number of bits below the significant ones in an element: 6 in p010, for one.
 *
 * Since: 0.1
 */
guint gst_framewise_layout_get_channel_shift(const GstFramewiseLayout *layout, guint channel) {
  g_return_val_if_fail(layout, 0);
  const Channel *found = channel_at(layout, channel);
  return found ? found->shift : 0;
}
