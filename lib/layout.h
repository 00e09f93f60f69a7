/* gst-framewise
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/framewise/framewise-prelude.h>

G_BEGIN_DECLS

/**
 * GST_TYPE_FRAMEWISE_LAYOUT:
 *
 * Since: 0.1
 */
#define GST_TYPE_FRAMEWISE_LAYOUT (gst_framewise_layout_get_type())

/**
 * GstFramewiseLayout:
 *
 * How the memory of a video frame looks as n-dimensional arrays: type of the elements, shape,
 * strides and offset, for any pixel format of FFmpeg.
 *
 * A frame is either one array (is_strided()): (height, width), (height, width, channels) or, where
 * each channel has a plane of its own, (channels, height, width). Or only its planes are arrays,
 * each with its shape; get_plane() then gives a layout of each, with the same accessors. Channels
 * are in the order of memory, and get_channel_name() says which is which.
 *
 * Samples of 9 to 15 bits lie in 16-bit elements; get_channel_depth() and get_channel_shift() say
 * in which bits. Where an element holds several channels (rgb565, x2rgb10) or an index (pal8, whose
 * plane 1 is its palette) the array has one element for a pixel. Where some pixels share their
 * chroma in one plane (yuyv422, pairs of pixels) it has one row of samples for such a group. Bytes
 * that pad a pixel (rgb0) are skipped by the strides, or make a channel named `x` in
 * with_padding().
 *
 * Of formats that have several pixels in a byte, and of those of hardware, there is no layout.
 *
 * Since: 0.1
 */
typedef struct _GstFramewiseLayout GstFramewiseLayout;

GST_FRAMEWISE_API
GType gst_framewise_layout_get_type(void);

GST_FRAMEWISE_API
GstFramewiseLayout *gst_framewise_layout_new(const gchar *pixel_format, gint width, gint height,
                                             GError **error);

GST_FRAMEWISE_API
GstFramewiseLayout *gst_framewise_layout_new_from_caps(const GstCaps *caps, GError **error);

GST_FRAMEWISE_API
GstFramewiseLayout *gst_framewise_layout_new_from_sample(GstSample *sample, GError **error);

GST_FRAMEWISE_API
gboolean gst_framewise_layout_update(GstFramewiseLayout *layout, GstBuffer *buffer, GError **error);

GST_FRAMEWISE_API
GstFramewiseLayout *gst_framewise_layout_with_padding(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
GstFramewiseLayout *gst_framewise_layout_copy(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
void gst_framewise_layout_free(GstFramewiseLayout *layout);

GST_FRAMEWISE_API
const gchar *gst_framewise_layout_get_pixel_format(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
gint gst_framewise_layout_get_width(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
gint gst_framewise_layout_get_height(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
GstCaps *gst_framewise_layout_to_caps(const GstFramewiseLayout *layout, gint fps_n, gint fps_d);

GST_FRAMEWISE_API
gboolean gst_framewise_layout_is_strided(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
gboolean gst_framewise_layout_check_strided(const GstFramewiseLayout *layout, GError **error);

GST_FRAMEWISE_API
gboolean gst_framewise_layout_is_mappable(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
guint gst_framewise_layout_get_n_planes(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
GstFramewiseLayout *gst_framewise_layout_get_plane(const GstFramewiseLayout *layout, guint plane);

GST_FRAMEWISE_API
const gchar *gst_framewise_layout_get_typestr(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
guint gst_framewise_layout_get_item_size(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
const gchar *gst_framewise_layout_get_axes(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
const gint64 *gst_framewise_layout_get_shape(const GstFramewiseLayout *layout, gsize *n_dims);

GST_FRAMEWISE_API
const gint64 *gst_framewise_layout_get_strides(const GstFramewiseLayout *layout, gsize *n_dims);

GST_FRAMEWISE_API
gsize gst_framewise_layout_get_offset(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
gsize gst_framewise_layout_get_size(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
guint gst_framewise_layout_get_n_channels(const GstFramewiseLayout *layout);

GST_FRAMEWISE_API
const gchar *gst_framewise_layout_get_channel_name(const GstFramewiseLayout *layout, guint channel);

GST_FRAMEWISE_API
guint gst_framewise_layout_get_channel_depth(const GstFramewiseLayout *layout, guint channel);

GST_FRAMEWISE_API
guint gst_framewise_layout_get_channel_shift(const GstFramewiseLayout *layout, guint channel);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstFramewiseLayout, gst_framewise_layout_free)

G_END_DECLS
