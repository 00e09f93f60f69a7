/* gst-framewise: what every room of the library needs of FFmpeg.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owning handles, errors, and every difference between versions of libav. No other file tests a
 * libav version or calls an av_*_free.
 */
#pragma once

#include "visibility.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/buffer.h>
#include <libavutil/dict.h>
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <gst/gst.h>
#include <tl/expected.hpp>

#include <cstring>
#include <memory>
#include <string>

namespace framewise {

/* ---- Errors ------------------------------------------------------------------------------- */

/* What went wrong, in a form that both a GError and a GstMessage can be made of. `message` is for
 * people: it names the thing, the value and the way out. `debug` holds libav's own words. */
struct FRAMEWISE_INTERNAL Error {
  GQuark domain;
  int code;
  std::string message;
  std::string debug;

  GError *to_gerror() const; /* transfer full */
  /* Posts an ERROR message on `element`. Call without locks. */
  void post(GstElement *element) const;
  void post_warning(GstElement *element) const;
  bool is_cancelled() const; /* the work was interrupted, and nobody needs to hear of it */
};

template <typename T> using Result = tl::expected<T, Error>;
using Failure = tl::unexpected<Error>;

/* G_PRINTF-like formatting into a std::string. */
FRAMEWISE_INTERNAL std::string format(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
/* libav's text for an AVERROR code. */
FRAMEWISE_INTERNAL std::string av_error_text(int averror);

FRAMEWISE_INTERNAL Failure fail(GQuark domain, int code, std::string message,
                                std::string debug = {});
/* The same with libav's text as debug part. AVERROR_EXIT always makes a cancelled error and ENOSPC
 * (also EDQUOT, EFBIG) always RESOURCE/NO_SPACE_LEFT, whatever domain and code are given. */
FRAMEWISE_INTERNAL Failure fail_av(int averror, GQuark domain, int code, std::string message);
FRAMEWISE_INTERNAL Failure fail_cancelled();

#define FRAMEWISE_FAIL_RESOURCE(code, ...)                                                         \
  ::framewise::fail(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_##code, __VA_ARGS__)
#define FRAMEWISE_FAIL_STREAM(code, ...)                                                           \
  ::framewise::fail(GST_STREAM_ERROR, GST_STREAM_ERROR_##code, __VA_ARGS__)
#define FRAMEWISE_FAIL_LIBRARY(code, ...)                                                          \
  ::framewise::fail(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_##code, __VA_ARGS__)

/* ---- Owning handles ----------------------------------------------------------------------- */

template <auto Free> struct ByAddress { /* for av_x_free(X **) */
  template <typename T> void operator()(T *p) const { Free(&p); }
};
template <auto Free> struct ByValue { /* for x_unref(X *) */
  template <typename T> void operator()(T *p) const { Free(p); }
};

using FramePtr = std::unique_ptr<AVFrame, ByAddress<av_frame_free>>;
using PacketPtr = std::unique_ptr<AVPacket, ByAddress<av_packet_free>>;
using CodecContextPtr = std::unique_ptr<AVCodecContext, ByAddress<avcodec_free_context>>;
using FormatInputPtr = std::unique_ptr<AVFormatContext, ByAddress<avformat_close_input>>;
using BufferRefPtr = std::unique_ptr<AVBufferRef, ByAddress<av_buffer_unref>>;
using BufferPoolPtr = std::unique_ptr<AVBufferPool, ByAddress<av_buffer_pool_uninit>>;
using FilterGraphPtr = std::unique_ptr<AVFilterGraph, ByAddress<avfilter_graph_free>>;
using FilterInOutPtr = std::unique_ptr<AVFilterInOut, ByAddress<avfilter_inout_free>>;
using SwsContextPtr = std::unique_ptr<SwsContext, ByValue<sws_freeContext>>;
using OutputContextPtr = std::unique_ptr<AVFormatContext, ByValue<avformat_free_context>>;

template <typename T> struct AvFree {
  void operator()(T *p) const { av_free(p); }
};
template <typename T> using AvPtr = std::unique_ptr<T, AvFree<T>>;

struct GstUnref {
  void operator()(GstCaps *p) const { gst_caps_unref(p); }
  void operator()(GstBuffer *p) const { gst_buffer_unref(p); }
  void operator()(GstEvent *p) const { gst_event_unref(p); }
  void operator()(GstQuery *p) const { gst_query_unref(p); }
  void operator()(GstSample *p) const { gst_sample_unref(p); }
  void operator()(GstTagList *p) const { gst_tag_list_unref(p); }
  void operator()(GstStructure *p) const { gst_structure_free(p); }
  void operator()(GstBufferPool *p) const { gst_object_unref(p); }
  void operator()(GstPad *p) const { gst_object_unref(p); }
  void operator()(GstElement *p) const { gst_object_unref(p); }
  void operator()(GError *p) const { g_error_free(p); }
  void operator()(char *p) const { g_free(p); }
};
template <typename T> using GstPtr = std::unique_ptr<T, GstUnref>;
using CapsPtr = GstPtr<GstCaps>;
using BufferPtr = GstPtr<GstBuffer>;
using StructurePtr = GstPtr<GstStructure>;
using CString = GstPtr<char>;
template <typename T> using GObjectPtr = std::unique_ptr<T, ByValue<g_object_unref>>;

inline FramePtr new_frame() { return FramePtr(av_frame_alloc()); }
inline PacketPtr new_packet() { return PacketPtr(av_packet_alloc()); }
inline FramePtr clone_frame(const AVFrame *frame) { return FramePtr(av_frame_clone(frame)); }

/* An AVDictionary that owns itself. */
class FRAMEWISE_INTERNAL Dictionary {
 public:
  Dictionary() = default;
  Dictionary(const Dictionary &other);
  Dictionary(Dictionary &&other) noexcept : dict_(other.dict_) { other.dict_ = nullptr; }
  Dictionary &operator=(Dictionary other) noexcept {
    std::swap(dict_, other.dict_);
    return *this;
  }
  ~Dictionary() { av_dict_free(&dict_); }

  /* Every field of `structure` (may be NULL) as text, the way av_opt_set reads it. */
  static Dictionary from_structure(const GstStructure *structure);

  void set(const std::string &key, const std::string &value) {
    av_dict_set(&dict_, key.c_str(), value.c_str(), 0);
  }
  bool has(const std::string &key) const {
    return av_dict_get(dict_, key.c_str(), nullptr, 0) != nullptr;
  }
  bool empty() const { return av_dict_count(dict_) == 0; }
  /* "`a`, `b`": the keys, for messages. */
  std::string quoted_keys() const;
  AVDictionary **address() { return &dict_; }
  const AVDictionary *get() const { return dict_; }

 private:
  AVDictionary *dict_ = nullptr;
};

/* A codec context that keeps its words off standard error: what matters comes back as an Error or
 * is logged by us. Whoever sets libav's log level, or callback, to `debug` still sees them. */
FRAMEWISE_INTERNAL CodecContextPtr new_codec_context(const AVCodec *codec);

/* ---- Differences between libav versions ----------------------------------------------------- */

namespace compat {

inline bool is_key_frame(const AVFrame *frame) {
#ifdef AV_FRAME_FLAG_KEY
  return frame->flags & AV_FRAME_FLAG_KEY;
#else
  return frame->key_frame;
#endif
}
inline void set_key_frame(AVFrame *frame, bool is_key) {
#ifdef AV_FRAME_FLAG_KEY
  frame->flags = is_key ? frame->flags | AV_FRAME_FLAG_KEY : frame->flags & ~AV_FRAME_FLAG_KEY;
#else
  frame->key_frame = is_key;
#endif
}
inline bool is_interlaced(const AVFrame *frame) {
#ifdef AV_FRAME_FLAG_INTERLACED
  return frame->flags & AV_FRAME_FLAG_INTERLACED;
#else
  return frame->interlaced_frame;
#endif
}
inline bool is_top_field_first(const AVFrame *frame) {
#ifdef AV_FRAME_FLAG_TOP_FIELD_FIRST
  return frame->flags & AV_FRAME_FLAG_TOP_FIELD_FIRST;
#else
  return frame->top_field_first;
#endif
}
inline void set_interlacing(AVFrame *frame, bool interlaced, bool top_field_first) {
#ifdef AV_FRAME_FLAG_INTERLACED
  frame->flags &= ~(AV_FRAME_FLAG_INTERLACED | AV_FRAME_FLAG_TOP_FIELD_FIRST);
  if (interlaced)
    frame->flags |= AV_FRAME_FLAG_INTERLACED;
  if (top_field_first)
    frame->flags |= AV_FRAME_FLAG_TOP_FIELD_FIRST;
#else
  frame->interlaced_frame = interlaced;
  frame->top_field_first = top_field_first;
#endif
}
/* A number that goes with a packet through the decoder and comes out with its picture. Set it right
 * before the packet is sent, when the decoder has nothing else left to take in. */
inline void set_tag(AVCodecContext *decoder, AVPacket *packet, int64_t tag) {
#if LIBAVCODEC_VERSION_MAJOR >= 60
  decoder->flags |= AV_CODEC_FLAG_COPY_OPAQUE;
  packet->opaque = reinterpret_cast<void *>(intptr_t(tag + 1));
#else
  (void)packet;
  decoder->reordered_opaque = tag;
#endif
}
/* -1 where the decoder lost it. */
inline int64_t tag_of(const AVFrame *frame) {
#if LIBAVCODEC_VERSION_MAJOR >= 60
  return int64_t(reinterpret_cast<intptr_t>(frame->opaque)) - 1;
#else
  return frame->reordered_opaque < 0 ? -1 : frame->reordered_opaque;
#endif
}
/* In the frame's time base; 0 when unknown. */
inline int64_t duration(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  return frame->duration;
#else
  return frame->pkt_duration;
#endif
}
inline void set_duration(AVFrame *frame, int64_t duration) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  frame->duration = duration;
#else
  frame->pkt_duration = duration;
#endif
}
/* Stream-level side data, NULL where there is none. */
inline const uint8_t *stream_side_data(const AVStream *stream, AVPacketSideDataType type,
                                       size_t *size) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 100)
  const AVPacketSideData *sd = av_packet_side_data_get(stream->codecpar->coded_side_data,
                                                       stream->codecpar->nb_coded_side_data, type);
  if (!sd)
    return nullptr;
  *size = sd->size;
  return sd->data;
#else
  return av_stream_get_side_data(stream, type, size);
#endif
}
/* The pixel formats that `codec` encodes, ended by AV_PIX_FMT_NONE; NULL where it takes any. */
inline const AVPixelFormat *encoder_pixel_formats(const AVCodec *codec) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
  const void *formats = nullptr;
  if (avcodec_get_supported_config(nullptr, codec, AV_CODEC_CONFIG_PIX_FORMAT, 0, &formats,
                                   nullptr) < 0)
    return nullptr;
  return static_cast<const AVPixelFormat *>(formats);
#else
  return codec->pix_fmts;
#endif
}
/* The frame rates that `codec` encodes, ended by 0/0; NULL where it takes any. */
inline const AVRational *encoder_frame_rates(const AVCodec *codec) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
  const void *rates = nullptr;
  if (avcodec_get_supported_config(nullptr, codec, AV_CODEC_CONFIG_FRAME_RATE, 0, &rates, nullptr) <
      0)
    return nullptr;
  return static_cast<const AVRational *>(rates);
#else
  return codec->supported_framerates;
#endif
}
/* What `codec` encodes of sample formats (ended by AV_SAMPLE_FMT_NONE), sample rates (by 0) and
 * layouts (by one without channels); NULL where it takes any. */
inline const AVSampleFormat *encoder_sample_formats(const AVCodec *codec) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
  const void *formats = nullptr;
  if (avcodec_get_supported_config(nullptr, codec, AV_CODEC_CONFIG_SAMPLE_FORMAT, 0, &formats,
                                   nullptr) < 0)
    return nullptr;
  return static_cast<const AVSampleFormat *>(formats);
#else
  return codec->sample_fmts;
#endif
}
inline const int *encoder_sample_rates(const AVCodec *codec) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
  const void *rates = nullptr;
  if (avcodec_get_supported_config(nullptr, codec, AV_CODEC_CONFIG_SAMPLE_RATE, 0, &rates,
                                   nullptr) < 0)
    return nullptr;
  return static_cast<const int *>(rates);
#else
  return codec->supported_samplerates;
#endif
}
inline const AVChannelLayout *encoder_channel_layouts(const AVCodec *codec) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
  const void *layouts = nullptr;
  if (avcodec_get_supported_config(nullptr, codec, AV_CODEC_CONFIG_CHANNEL_LAYOUT, 0, &layouts,
                                   nullptr) < 0)
    return nullptr;
  return static_cast<const AVChannelLayout *>(layouts);
#else
  return codec->ch_layouts;
#endif
}
/* Whether a filter's value without a key goes to the option after the last one that was named; if
 * not, the walk over the options begins anew after a named one. */
constexpr bool positional_options_follow_named =
    LIBAVFILTER_VERSION_INT < AV_VERSION_INT(8, 53, 100);
/* Whether filters keep AVFrame's duration up to date in their output's time base. */
constexpr bool filters_keep_durations = LIBAVFILTER_VERSION_INT >= AV_VERSION_INT(9, 4, 100);
/* Matrix and range of the frames to come, where libavfilter negotiates them. */
inline void set_source_colors(AVBufferSrcParameters *source, AVColorSpace matrix,
                              AVColorRange range) {
#if LIBAVFILTER_VERSION_INT >= AV_VERSION_INT(9, 16, 100)
  source->color_space = matrix;
  source->color_range = range;
#else
  (void)source, (void)matrix, (void)range;
#endif
}
/* Of a configured link; 0/0 where that is unknown, as in newer versions, which keep it to
 * themselves. */
inline AVRational link_frame_rate(const AVFilterLink *link) {
#if LIBAVFILTER_VERSION_MAJOR < 10
  return link->frame_rate;
#else
  (void)link;
  return {0, 0};
#endif
}
/* Whether running filters of this kind take commands; newer versions do not tell. */
inline bool may_take_commands(const AVFilter *filter) {
#if LIBAVFILTER_VERSION_MAJOR < 10
  return filter->process_command != nullptr;
#else
  (void)filter;
  return true;
#endif
}
/* Adds a copy of `size` bytes to what the stream's header says; false when out of memory. */
inline bool add_stream_side_data(AVStream *stream, AVPacketSideDataType type, const void *data,
                                 size_t size) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 100)
  AVPacketSideData *sd = av_packet_side_data_new(
      &stream->codecpar->coded_side_data, &stream->codecpar->nb_coded_side_data, type, size, 0);
  uint8_t *target = sd ? sd->data : nullptr;
#else
  uint8_t *target = av_stream_new_side_data(stream, type, size);
#endif
  if (!target)
    return false;
  std::memcpy(target, data, size);
  return true;
}
/* What avcodec_parameters_from_context() leaves behind in older versions. */
inline bool copy_encoder_side_data(AVStream *stream, const AVCodecContext *encoder) {
#if LIBAVCODEC_VERSION_INT < AV_VERSION_INT(60, 31, 100)
  for (int i = 0; i < encoder->nb_coded_side_data; i++) {
    const AVPacketSideData &sd = encoder->coded_side_data[i];
    if (!add_stream_side_data(stream, sd.type, sd.data, sd.size))
      return false;
  }
#endif
  return true;
}
/* How many ticks of its time base an encoder's rate control shall take for one frame. Newer
 * versions read that from AVCodecContext.framerate. */
inline void set_ticks_per_frame(AVCodecContext *encoder, int ticks) {
#if LIBAVCODEC_VERSION_MAJOR < 60
  encoder->ticks_per_frame = ticks;
#endif
}
/* Components are X, Y and Z. Older descriptors have no flag that tells them from YUV. */
inline bool is_xyz(const AVPixFmtDescriptor *desc) {
#ifdef AV_PIX_FMT_FLAG_XYZ
  return desc->flags & AV_PIX_FMT_FLAG_XYZ;
#else
  return std::strncmp(desc->name, "xyz", 3) == 0;
#endif
}
/* Whether Matroska's muxer adds the delay of an encoder of Opus to the timestamps. */
constexpr bool matroska_adds_delay_of_opus = LIBAVFORMAT_VERSION_MAJOR >= 60;
/* Whether Matroska's muxer writes how pictures are to be turned: that of 59 does not, those that
 * find side data in codecpar (FFmpeg 6.1) do, by their source; what is between was not looked at.
 */
constexpr bool matroska_is_turned = LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 16, 100);
/* What an AVIOContext's write callback gets. */
#if LIBAVFORMAT_VERSION_MAJOR >= 61
using WriteData = const uint8_t;
#else
using WriteData = uint8_t;
#endif

} // namespace compat

} // namespace framewise
