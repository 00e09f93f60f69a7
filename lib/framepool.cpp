/* gst-framewise: a buffer pool whose frames libav can work on as they are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framepool.hpp"

#include <algorithm>

namespace framewise {
namespace {

struct FramePoolPrivate {
  VideoParams params;
  PlaneLayout layout;
  bool add_video_meta = false;
};

struct FramePool {
  GstBufferPool parent;
  FramePoolPrivate *priv;
};
struct FramePoolClass {
  GstBufferPoolClass parent_class;
};

GST_DEBUG_CATEGORY_STATIC(pool_debug);
#define GST_CAT_DEFAULT pool_debug

G_DEFINE_TYPE_WITH_CODE(FramePool, framewise_frame_pool, GST_TYPE_BUFFER_POOL,
                        GST_DEBUG_CATEGORY_INIT(pool_debug, "framewisepool", 0,
                                                "frame buffer pool"))

FramePool *as_frame_pool(gpointer object) { return static_cast<FramePool *>(object); }

const gchar **get_options(GstBufferPool *) {
  static const gchar *options[] = {GST_BUFFER_POOL_OPTION_VIDEO_META, nullptr};
  return options;
}

gboolean set_config(GstBufferPool *pool, GstStructure *config) {
  auto *priv = as_frame_pool(pool)->priv;
  GstCaps *caps;
  guint size, min, max;
  if (!gst_buffer_pool_config_get_params(config, &caps, &size, &min, &max) || !caps) {
    GST_WARNING_OBJECT(pool, "no caps in the configuration");
    return FALSE;
  }
  auto params = from_caps(caps);
  if (!params) {
    GST_WARNING_OBJECT(pool, "%s", params.error().message.c_str());
    return FALSE;
  }
  bool video_meta = gst_buffer_pool_config_has_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  auto layout = video_meta ? aligned_layout(params->format, params->width, params->height)
                           : default_layout(params->format, params->width, params->height,
                                            params->interlace_mode);
  if (!layout) {
    GST_WARNING_OBJECT(pool, "%s", layout.error().message.c_str());
    return FALSE;
  }
  priv->params = *params;
  priv->layout = *layout;
  priv->add_video_meta = video_meta;
  gst_buffer_pool_config_set_params(config, caps, guint(layout->size), min, max);
  return GST_BUFFER_POOL_CLASS(framewise_frame_pool_parent_class)->set_config(pool, config);
}

GstFlowReturn alloc_buffer(GstBufferPool *pool, GstBuffer **buffer, GstBufferPoolAcquireParams *) {
  const auto *priv = as_frame_pool(pool)->priv;
  const PlaneLayout &layout = priv->layout;
  GstAllocationParams alloc = {};
  alloc.align = frame_alignment() - 1;
  alloc.padding = frame_padding;
  *buffer = gst_buffer_new_allocate(nullptr, layout.size, &alloc);
  if (!*buffer)
    return GST_FLOW_ERROR;
  if (priv->add_video_meta) {
    gsize offset[GST_VIDEO_MAX_PLANES] = {};
    gint stride[GST_VIDEO_MAX_PLANES] = {};
    std::copy(layout.offset.begin(), layout.offset.end(), offset);
    std::copy(layout.stride.begin(), layout.stride.end(), stride);
    GstVideoFormat twin = to_gst_format(priv->params.format);
    gst_buffer_add_video_meta_full(
        *buffer, GST_VIDEO_FRAME_FLAG_NONE,
        twin == GST_VIDEO_FORMAT_UNKNOWN ? GST_VIDEO_FORMAT_ENCODED : twin, priv->params.width,
        priv->params.height, layout.n_planes, offset, stride);
  }
  return GST_FLOW_OK;
}

void finalize(GObject *object) {
  delete as_frame_pool(object)->priv;
  G_OBJECT_CLASS(framewise_frame_pool_parent_class)->finalize(object);
}

void framewise_frame_pool_class_init(FramePoolClass *klass) {
  G_OBJECT_CLASS(klass)->finalize = finalize;
  auto *pool_class = GST_BUFFER_POOL_CLASS(klass);
  pool_class->get_options = get_options;
  pool_class->set_config = set_config;
  pool_class->alloc_buffer = alloc_buffer;
}

void framewise_frame_pool_init(FramePool *pool) { pool->priv = new FramePoolPrivate(); }

} // namespace

GstPtr<GstBufferPool> new_frame_pool() {
  auto *pool = GST_BUFFER_POOL(g_object_new(framewise_frame_pool_get_type(), nullptr));
  gst_object_ref_sink(pool);
  return GstPtr<GstBufferPool>(pool);
}

Result<void> configure_frame_pool(GstBufferPool *pool, const VideoParams &params,
                                  WithVideoMeta video_meta, unsigned min_buffers,
                                  unsigned max_buffers) {
  CapsPtr caps = to_caps(params);
  GstStructure *config = gst_buffer_pool_get_config(pool);
  gst_buffer_pool_config_set_params(config, caps.get(), 0, min_buffers, max_buffers);
  if (video_meta == WithVideoMeta::yes)
    gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (!gst_buffer_pool_set_config(pool, config))
    return FRAMEWISE_FAIL_RESOURCE(SETTINGS,
                                   format("No buffer pool for %s.", params.describe().c_str()));
  return {};
}

void propose_frame_allocation(GstQuery *query, unsigned extra_buffers) {
  GstCaps *caps;
  gboolean need_pool;
  gst_query_parse_allocation(query, &caps, &need_pool);
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  GstAllocationParams alloc = {};
  alloc.align = frame_alignment() - 1;
  alloc.padding = frame_padding;
  gst_query_add_allocation_param(query, nullptr, &alloc);
  if (!caps)
    return;
  auto params = from_caps(caps);
  if (!params)
    return;
  auto layout = aligned_layout(params->format, params->width, params->height);
  if (!layout)
    return;
  GstPtr<GstBufferPool> pool;
  if (need_pool) {
    pool = new_frame_pool();
    if (!configure_frame_pool(pool.get(), *params, WithVideoMeta::yes, extra_buffers, 0))
      pool.reset();
  }
  gst_query_add_allocation_pool(query, pool.get(), guint(layout->size), extra_buffers, 0);
}

} // namespace framewise
