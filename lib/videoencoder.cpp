/* gst-framewise: one encoder of video, with the conversion before it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "videoencoder.hpp"

#include "closestformat.hpp"
#include "encoders.hpp"
#include "framebridge.hpp"
#include "streamtimecode.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <algorithm>
#include <string_view>

namespace framewise {

GST_DEBUG_CATEGORY_STATIC(encoder_debug);
#define GST_CAT_DEFAULT encoder_debug

static void init_debug() {
  static const bool done = [] {
    GST_DEBUG_CATEGORY_INIT(encoder_debug, "framewiseencoder", 0, "video encoding");
    return true;
  }();
  (void)done;
}

/* ---- What an encoder can do ----------------------------------------------------------------- */

Result<const AVCodec *> VideoEncoder::find(const std::string &name) {
  return find_encoder(name, AVMEDIA_TYPE_VIDEO);
}

/* JPEG knows full range only. Its encoders list the plain names too, and refuse them later. */
static bool is_full_range_only(const AVCodec *codec) {
  return codec->id == AV_CODEC_ID_MJPEG || codec->id == AV_CODEC_ID_LJPEG ||
         codec->id == AV_CODEC_ID_AMV;
}

/* Empty where the encoder takes anything. */
static std::vector<AVPixelFormat> listed_formats(const AVCodec *codec) {
  std::vector<AVPixelFormat> formats;
  const AVPixelFormat *list = compat::encoder_pixel_formats(codec);
  for (; list && *list != AV_PIX_FMT_NONE; list++) {
    bool refused = is_full_range_only(codec) && with_full_range(*list) != AV_PIX_FMT_NONE;
    if (!refused)
      formats.push_back(*list);
  }
  return formats;
}

static std::string quoted_names(const std::vector<AVPixelFormat> &formats) {
  std::string names;
  for (AVPixelFormat f : formats)
    names += format("%s`%s`", names.empty() ? "" : ", ", av_get_pix_fmt_name(f));
  return names;
}

static bool contains(const std::vector<AVPixelFormat> &formats, AVPixelFormat format) {
  return std::find(formats.begin(), formats.end(), format) != formats.end();
}

/* The format that the user asks for by name. */
static Result<AVPixelFormat> named_format(const AVCodec *codec, const std::string &name) {
  AVPixelFormat wanted = av_get_pix_fmt(name.c_str());
  if (wanted == AV_PIX_FMT_NONE)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS,
        format("No pixel format `%s`. `ffmpeg -pix_fmts` lists what there is.", name.c_str()));
  if (!is_software(wanted))
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, format("Pixel format `%s` is no format of frames in memory.", name.c_str()));
  if (is_full_range_only(codec) && with_full_range(wanted) != AV_PIX_FMT_NONE)
    wanted = with_full_range(wanted);
  auto listed = listed_formats(codec);
  if (!listed.empty() && !contains(listed, wanted))
    return FRAMEWISE_FAIL_LIBRARY(SETTINGS,
                                  format("The encoder `%s` does not take pixel format `%s`. It "
                                         "takes %s.",
                                         codec->name, name.c_str(), quoted_names(listed).c_str()));
  return wanted;
}

static Result<AVPixelFormat> choose_format(const AVCodec *codec, const std::string &name,
                                           const VideoParams &input) {
  if (!name.empty())
    return named_format(codec, name);
  auto listed = listed_formats(codec);
  if (listed.empty())
    return input.format;

  std::vector<AVPixelFormat> candidates;
  for (AVPixelFormat f : listed)
    if (without_range(f) == input.format || (is_software(f) && sws_isSupportedOutput(f)))
      candidates.push_back(f);
  AVPixelFormat source = input.format;
  if (AVPixelFormat full = with_full_range(source);
      input.range == AVCOL_RANGE_JPEG && full != AV_PIX_FMT_NONE &&
      (contains(candidates, full) || !contains(candidates, source)))
    source = full;
  AVPixelFormat best = closest_format(candidates, source);
  if (best == AV_PIX_FMT_NONE)
    return FRAMEWISE_FAIL_STREAM(
        FORMAT, format("The encoder `%s` takes only %s, which nothing here converts to.",
                       codec->name, quoted_names(listed).c_str()));
  return best;
}

std::vector<AVPixelFormat> VideoEncoder::formats(const AVCodec *codec,
                                                 const VideoEncoderSettings &settings) {
  std::vector<AVPixelFormat> result;
  auto add = [&](AVPixelFormat format) {
    if (AVPixelFormat plain = without_range(format); is_software(plain) && !contains(result, plain))
      result.push_back(plain);
  };
  if (!settings.pixel_format.empty()) {
    if (auto format = named_format(codec, settings.pixel_format))
      add(*format);
    return result;
  }
  for (AVPixelFormat format : listed_formats(codec))
    add(format);
  return result;
}

Result<void> VideoEncoder::check(const AVCodec *codec, const VideoEncoderSettings &settings) {
  if (!settings.pixel_format.empty())
    if (auto format = named_format(codec, settings.pixel_format); !format)
      return Failure(format.error());
  CodecContextPtr scratch = new_codec_context(codec);
  if (!scratch)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  return apply_encoder_options(scratch.get(), settings.options, PassLog::option);
}

/* ---- Opening -------------------------------------------------------------------------------- */

static bool encodes_fields(AVCodecID id) {
  return id == AV_CODEC_ID_H264 || id == AV_CODEC_ID_MPEG2VIDEO || id == AV_CODEC_ID_MPEG4 ||
         id == AV_CODEC_ID_PRORES;
}

static void describe_picture(AVCodecContext *context, const VideoParams &params) {
  context->width = params.width;
  context->height = params.height;
  context->sample_aspect_ratio = params.sample_aspect_ratio;
  context->color_range = params.range;
  context->colorspace = params.matrix;
  context->color_trc = params.transfer;
  context->color_primaries = params.primaries;
  context->chroma_sample_location = params.chroma_location;

  switch (params.interlace_mode) {
  case GST_VIDEO_INTERLACE_MODE_PROGRESSIVE:
    context->field_order = AV_FIELD_PROGRESSIVE;
    break;
  case GST_VIDEO_INTERLACE_MODE_INTERLEAVED: {
    bool top_first = params.field_order != GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
    /* Motion JPEG codes the fields one by one, the others both in one picture. */
    if (context->codec_id == AV_CODEC_ID_MJPEG)
      context->field_order = top_first ? AV_FIELD_TT : AV_FIELD_BB;
    else
      context->field_order = top_first ? AV_FIELD_TB : AV_FIELD_BT;
    if (encodes_fields(context->codec_id))
      context->flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
    break;
  }
  default: /* changes from frame to frame */
    break;
  }
}

/* libavcodec's own encoders of MPEG refuse it beside key pictures at changes of scene. */
static void close_groups(AVCodecContext *context) {
  context->flags |= AV_CODEC_FLAG_CLOSED_GOP;
  const bool of_another_library = context->codec->wrapper_name != nullptr;
  if (!of_another_library)
    av_opt_set(context, "sc_threshold", "1000000000", AV_OPT_SEARCH_CHILDREN);
}

/* Rate control and levels need some rate even where it varies. */
static AVRational nominal_rate(const VideoParams &input, const StreamTiming &timing) {
  if (timing.framerate.num > 0)
    return timing.framerate;
  if (input.max_framerate.num > 0)
    return input.max_framerate;
  AVRational rate{25, 1};
  if (timing.first.duration > 0)
    av_reduce(&rate.num, &rate.den, gst_time_base.den, timing.first.duration, 60000);
  return rate.num > 0 ? rate : AVRational{25, 1};
}

Failure VideoEncoder::open_failure(int averror, const VideoEncoderSettings &settings) const {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(encoded_.format);
  const bool odd = (encoded_.width & ((1 << desc->log2_chroma_w) - 1)) ||
                   (encoded_.height & ((1 << desc->log2_chroma_h) - 1));
  std::string message =
      format("The encoder `%s` does not open for %s.", codec_->name, encoded_.describe().c_str());
  if (odd) {
    message += format(" The colours of %s lie %dx%d apart, so the size should be a multiple of "
                      "that: put `graphfilter filter-sequence=crop=%d:%d` before it, or set a "
                      "pixel-format without subsampled colours.",
                      desc->name, 1 << desc->log2_chroma_w, 1 << desc->log2_chroma_h,
                      encoded_.width >> desc->log2_chroma_w << desc->log2_chroma_w,
                      encoded_.height >> desc->log2_chroma_h << desc->log2_chroma_h);
    return fail_av(averror, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, std::move(message));
  }
  if (averror == AVERROR_EXPERIMENTAL)
    return fail_av(
        averror, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        format("The encoder `%s` is experimental: codec-options=\"o,strict=experimental\" "
               "allows it.",
               codec_->name));
  const AVRational *rates = compat::encoder_frame_rates(codec_);
  bool rate_listed = !rates;
  for (const AVRational *r = rates; r && r->den; r++)
    rate_listed = rate_listed || av_cmp_q(*r, encoded_.framerate) == 0;
  if (!rate_listed) {
    AVRational near = rates[av_find_nearest_q_idx(encoded_.framerate, rates)];
    message += format(" It has no rate of %d/%d; `graphfilter filter-sequence=fps=%d/%d` before it "
                      "makes the nearest that it has.",
                      encoded_.framerate.num, encoded_.framerate.den, near.num, near.den);
    return fail_av(averror, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, std::move(message));
  }
  message += " libav's log, on standard error, tells why.";
  if (averror == AVERROR(EINVAL) && !settings.options.empty()) {
    message +=
        format(" It may be the value of codec-option %s.", settings.options.quoted_keys().c_str());
    return fail_av(averror, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, std::move(message));
  }
  return fail_av(averror, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE, std::move(message));
}

Result<VideoEncoder> VideoEncoder::open(const AVCodec *codec, const VideoEncoderSettings &settings,
                                        const VideoParams &input, const StreamTiming &caps_timing,
                                        const ContainerTraits &container) {
  init_debug();
  auto format = choose_format(codec, settings.pixel_format, input);
  if (!format)
    return Failure(format.error());

  StreamTiming timing = caps_timing;
  if (settings.framerate.num > 0)
    timing.framerate = settings.framerate;
  ClockLimits limits;
  limits.tick = container.tick;
  limits.fixed_rate = container.fixed_rate || compat::encoder_frame_rates(codec);
  if (codec->id == AV_CODEC_ID_MPEG4)
    limits.max_denominator = 65535; /* vop_time_increment_resolution has 16 bits */
  if (limits.fixed_rate && timing.framerate.num <= 0)
    return FRAMEWISE_FAIL_STREAM(
        FORMAT,
        framewise::format("%s needs a frame rate, and the caps give none: set framerate= "
                          "(such as framerate=25/1).",
                          container.fixed_rate
                              ? "This container"
                              : framewise::format("The encoder `%s`", codec->name).c_str()));

  VideoEncoder encoder(codec, FrameClock(timing, limits));
  encoder.input_ = input;
  encoder.encoded_ = input;
  const bool same_range = !implies_full_range(*format) || input.range == AVCOL_RANGE_JPEG;
  if (without_range(*format) != input.format || !same_range) {
    auto converter = FrameConverter::create(input, *format, settings.thread_count);
    if (!converter)
      return Failure(converter.error());
    encoder.encoded_ = converter->output();
    encoder.converter_ = std::move(*converter);
  }
  encoder.encoded_.format = *format;
  encoder.encoded_.framerate = timing.framerate;

  encoder.context_ = new_codec_context(codec);
  AVCodecContext *context = encoder.context_.get();
  if (!context)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  describe_picture(context, encoder.encoded_);
  context->pix_fmt = *format;
  context->time_base = encoder.clock_.time_base();
  context->framerate = nominal_rate(input, timing);
  if (!encoder.clock_.is_grid())
    compat::set_ticks_per_frame(
        context,
        int(std::clamp<int64_t>(av_rescale_q(1, av_inv_q(context->framerate), context->time_base),
                                1, INT_MAX)));
  if (container.global_header)
    context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  context->thread_count = settings.thread_count;
  if (settings.max_keyframe_interval >= 0)
    context->gop_size = settings.max_keyframe_interval;
  if (settings.closed_gop == ClosedGop::on)
    close_groups(context);
  else if (settings.closed_gop == ClosedGop::off)
    context->flags &= ~AV_CODEC_FLAG_CLOSED_GOP;
  /* The encoders that have this option refuse alpha with it. */
  if (av_pix_fmt_desc_get(*format)->flags & AV_PIX_FMT_FLAG_ALPHA)
    av_opt_set(context, "auto-alt-ref", "0", AV_OPT_SEARCH_CHILDREN);
  /* MPEG-1 and MPEG-2 count by it in the headers of groups of pictures. */
  if (!timing.timecode.empty() && is_timecode(timing.timecode.c_str(), context->framerate))
    av_opt_set(context->priv_data, "gop_timecode", timing.timecode.c_str(), 0);
  if (auto applied = apply_encoder_options(context, settings.options, PassLog::option); !applied)
    return Failure(applied.error());
  const AVDictionaryEntry *prefix =
      av_dict_get(settings.options.get(), PassLog::option, nullptr, 0);
  auto pass_log =
      PassLog::attach(context, prefix ? prefix->value : nullptr, settings.stream_number);
  if (!pass_log)
    return Failure(pass_log.error());
  encoder.pass_log_ = std::move(*pass_log);

  if (int ret = avcodec_open2(context, codec, nullptr); ret < 0)
    return encoder.open_failure(ret, settings);
  GST_INFO("%s: %s as %s, time base %d/%d", codec->name, input.describe().c_str(),
           av_get_pix_fmt_name(*format), context->time_base.num, context->time_base.den);
  return encoder;
}

/* ---- Encoding ------------------------------------------------------------------------------- */

Result<FramePtr> VideoEncoder::convert(const AVFrame *source) {
  const size_t alignment = frame_alignment();
  if (!pool_) {
    auto layout = aligned_layout(encoded_.format, encoded_.width, encoded_.height);
    if (!layout)
      return Failure(layout.error());
    pool_layout_ = *layout;
    pool_.reset(av_buffer_pool_init(layout->size + alignment, nullptr));
  }
  FramePtr target = new_frame();
  if (!pool_ || av_frame_copy_props(target.get(), source) < 0 ||
      !(target->buf[0] = av_buffer_pool_get(pool_.get())))
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  auto *start = reinterpret_cast<uint8_t *>(
      FFALIGN(reinterpret_cast<uintptr_t>(target->buf[0]->data), uintptr_t(alignment)));
  for (int i = 0; i < pool_layout_.n_planes; i++) {
    target->data[i] = start + pool_layout_.offset[i];
    target->linesize[i] = pool_layout_.stride[i];
  }
  if (auto converted = converter_->convert(source, target.get()); !converted)
    return Failure(converted.error());
  return target;
}

Result<void> VideoEncoder::send(FramePtr frame, const FrameTime &time) {
  auto tick = clock_.place(time);
  if (!tick)
    return Failure(tick.error());
  if (tick->pts != tick->moved_from)
    GST_WARNING("a frame for tick %" G_GINT64_FORMAT " of %d/%d s comes when that is taken: moved "
                "to %" G_GINT64_FORMAT,
                tick->moved_from, clock_.time_base().num, clock_.time_base().den, tick->pts);
  if (converter_) {
    auto converted = convert(frame.get());
    if (!converted)
      return Failure(converted.error());
    frame = std::move(*converted);
  }
  frame->format = encoded_.format;
  frame->pts = tick->pts;
  int ret = avcodec_send_frame(context_.get(), frame.get());
  if (ret < 0)
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
                   format("The encoder `%s` fails on a frame of %s.", codec_->name,
                          encoded_.describe().c_str()));
  return {};
}

Result<void> VideoEncoder::send_end() {
  ending_ = true;
  int ret = avcodec_send_frame(context_.get(), nullptr);
  if (ret < 0 && ret != AVERROR_EOF)
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
                   format("The encoder `%s` does not finish.", codec_->name));
  return {};
}

Result<PacketPtr> VideoEncoder::receive() {
  PacketPtr packet = new_packet();
  if (!packet)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  int ret = avcodec_receive_packet(context_.get(), packet.get());
  if (ret == AVERROR(EAGAIN))
    return PacketPtr();
  if (ret >= 0 || ret == AVERROR_EOF)
    if (auto noted = pass_log_.note(context_.get()); !noted)
      return Failure(noted.error());
  if (ret == AVERROR_EOF) {
    if (auto kept = pass_log_.finish(); !kept)
      return Failure(kept.error());
    return PacketPtr();
  }
  if (ret < 0)
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
                   format("The encoder `%s` fails.", codec_->name));
  if (int64_t duration = clock_.take_duration(packet->pts); duration > 0)
    packet->duration = duration;
  return packet;
}

} // namespace framewise
