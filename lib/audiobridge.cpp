/* gst-framewise: audio across the border between libav and GStreamer, without copying.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "audiobridge.hpp"

#include <atomic>

namespace framewise {

static void unref_av_buffer(gpointer data) {
  auto *buf = static_cast<AVBufferRef *>(data);
  av_buffer_unref(&buf);
}

/* ---- libav -> GStreamer -----------------------------------------------------------------------
 */

static const AVBufferRef *buffer_of(const AVFrame *frame, int plane) {
  return av_frame_get_plane_buffer(const_cast<AVFrame *>(frame), plane);
}

/* Planar: a memory for each channel, in GStreamer's order; NULL where that cannot be. */
static BufferPtr wrap_planes(const AVFrame *frame, const AudioParams &params, size_t skip,
                             size_t size) {
  const std::vector<int> order = channel_order(params.layout);
  if (params.planes() > int(gst_buffer_get_max_memory()))
    return nullptr;
  BufferPtr buffer(gst_buffer_new());
  for (int i = 0; i < params.planes(); i++) {
    const int plane = order.empty() ? i : order[i];
    const AVBufferRef *home = buffer_of(frame, plane);
    AVBufferRef *ref = home ? av_buffer_ref(home) : nullptr;
    if (!ref)
      return nullptr;
    const size_t offset = size_t(frame->extended_data[plane] - ref->data) + skip;
    gst_buffer_append_memory(buffer.get(),
                             gst_memory_new_wrapped(GST_MEMORY_FLAG_READONLY, ref->data, ref->size,
                                                    offset, size, ref, unref_av_buffer));
  }
  return buffer;
}

static Result<BufferPtr> copy_planes(const AVFrame *frame, const AudioParams &params, size_t skip,
                                     size_t size) {
  const std::vector<int> order = channel_order(params.layout);
  const size_t total = size * size_t(params.planes());
  BufferPtr buffer(gst_buffer_new_allocate(nullptr, total, nullptr));
  GstMapInfo map;
  if (!buffer || !gst_buffer_map(buffer.get(), &map, GST_MAP_WRITE))
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  for (int i = 0; i < params.planes(); i++) {
    const int plane = params.is_planar() && !order.empty() ? order[i] : i;
    memcpy(map.data + size * size_t(i), frame->extended_data[plane] + skip, size);
  }
  gst_buffer_unmap(buffer.get(), &map);
  return buffer;
}

/* Interleaved samples from one order of channels into the other. */
static void reorder(const uint8_t *from, uint8_t *to, size_t samples, size_t bytes,
                    const std::vector<int> &order, bool to_gst) {
  const size_t channels = order.size();
  for (size_t n = 0; n < samples; n++, from += bytes * channels, to += bytes * channels)
    for (size_t i = 0; i < channels; i++) {
      const size_t source = to_gst ? size_t(order[i]) : i, target = to_gst ? i : size_t(order[i]);
      memcpy(to + target * bytes, from + source * bytes, bytes);
    }
}

Result<BufferPtr> wrap_audio(const AVFrame *frame, const AudioParams &params, int first,
                             int samples) {
  const size_t skip = size_t(first) * size_t(params.stride());
  const size_t size = size_t(samples) * size_t(params.stride());
  const std::vector<int> order = channel_order(params.layout);
  if (!params.is_planar() && !order.empty()) {
    BufferPtr buffer(gst_buffer_new_allocate(nullptr, size, nullptr));
    GstMapInfo map;
    if (!buffer || !gst_buffer_map(buffer.get(), &map, GST_MAP_WRITE))
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
    reorder(frame->extended_data[0] + skip, map.data, size_t(samples),
            size_t(av_get_bytes_per_sample(params.format)), order, true);
    gst_buffer_unmap(buffer.get(), &map);
    return buffer;
  }
  BufferPtr buffer = wrap_planes(frame, params, skip, size);
  if (!buffer) {
    auto copied = copy_planes(frame, params, skip, size);
    if (!copied)
      return copied;
    buffer = std::move(*copied);
  }
  if (params.is_planar()) {
    GstAudioInfo info;
    CapsPtr caps = to_caps(params);
    gst_audio_info_from_caps(&info, caps.get());
    gst_buffer_add_audio_meta(buffer.get(), &info, gsize(samples), nullptr);
  }
  return buffer;
}

/* ---- GStreamer -> libav -----------------------------------------------------------------------
 */

namespace {

/* A mapped buffer, that belongs to its AVBufferRef. */
struct MappedAudio {
  BufferPtr owned;
  GstAudioBuffer audio;
};

void release(void *opaque, uint8_t *) {
  std::unique_ptr<MappedAudio> mapped(static_cast<MappedAudio *>(opaque));
  gst_audio_buffer_unmap(&mapped->audio);
}

Result<FramePtr> blank_frame(const AudioParams &params, int samples) {
  FramePtr frame = new_frame();
  if (!frame || av_channel_layout_copy(&frame->ch_layout, params.layout.get()) < 0)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  frame->format = params.format;
  frame->sample_rate = params.sample_rate;
  frame->nb_samples = samples;
  return frame;
}

} // namespace

Result<FramePtr> import_audio(BufferPtr buffer, const AudioParams &params) {
  GstAudioInfo info;
  CapsPtr caps = to_caps(params);
  gst_audio_info_from_caps(&info, caps.get());
  const bool has_meta = gst_buffer_get_audio_meta(buffer.get());
  const size_t bytes = gst_buffer_get_size(buffer.get());
  const size_t frame_bytes = size_t(GST_AUDIO_INFO_BPF(&info));
  auto mapped = std::make_unique<MappedAudio>();
  const bool whole = has_meta || bytes % frame_bytes == 0;
  if (!whole || !gst_audio_buffer_map(&mapped->audio, &info, buffer.get(), GST_MAP_READ))
    return FRAMEWISE_FAIL_STREAM(FORMAT,
                                 format("A buffer of %" G_GSIZE_FORMAT " bytes holds no whole "
                                        "number of samples of %s.",
                                        bytes, params.describe().c_str()));
  mapped->owned = std::move(buffer);
  const size_t samples = GST_AUDIO_BUFFER_N_SAMPLES(&mapped->audio);
  auto unmap = [&] { gst_audio_buffer_unmap(&mapped->audio); };
  if (samples == 0 || samples > size_t(INT_MAX)) {
    unmap();
    return FRAMEWISE_FAIL_STREAM(FORMAT, format("A buffer holds %" G_GSIZE_FORMAT " samples, which "
                                                "is no number that can be worked with.",
                                                samples));
  }
  auto frame = blank_frame(params, int(samples));
  if (!frame) {
    unmap();
    return frame;
  }
  const std::vector<int> order = channel_order(params.layout);
  const bool beyond = params.planes() > AV_NUM_DATA_POINTERS;
  if ((!params.is_planar() && !order.empty()) || beyond) {
    if (av_frame_get_buffer(frame->get(), 0) < 0) {
      unmap();
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
    }
    const size_t size = samples * size_t(params.stride());
    if (!params.is_planar() && !order.empty())
      reorder(static_cast<const uint8_t *>(mapped->audio.planes[0]), (*frame)->extended_data[0],
              samples, size_t(av_get_bytes_per_sample(params.format)), order, false);
    else
      for (int i = 0; i < params.planes(); i++)
        memcpy((*frame)->extended_data[order.empty() ? i : order[i]], mapped->audio.planes[i],
               size);
    unmap();
    return frame;
  }
  for (int i = 0; i < params.planes(); i++)
    (*frame)->data[order.empty() ? i : order[i]] = static_cast<uint8_t *>(mapped->audio.planes[i]);
  (*frame)->linesize[0] = int(samples) * params.stride();
  (*frame)->extended_data = (*frame)->data;
  auto *first = static_cast<uint8_t *>(mapped->audio.planes[0]);
  (*frame)->buf[0] = av_buffer_create(first, samples * size_t(params.stride()), release,
                                      mapped.get(), AV_BUFFER_FLAG_READONLY);
  if (!(*frame)->buf[0]) {
    unmap();
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  }
  mapped.release();
  return frame;
}

} // namespace framewise
