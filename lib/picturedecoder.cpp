/* gst-framewise: a decoder whose pictures say which packet they are from.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "picturedecoder.hpp"

#include <algorithm>

GST_DEBUG_CATEGORY_STATIC(decoder_debug);
#define GST_CAT_DEFAULT decoder_debug

namespace framewise {

static void register_category() {
  static const bool registered = [] {
    GST_DEBUG_CATEGORY_INIT(decoder_debug, "framewisedecoder", 0, "picture decoder");
    return true;
  }();
  (void)registered;
}

/* Threads that work on several frames at once may hand one out before they note its flaws. These
 * two decoders can be told to stop at any; the others work on one frame at a time then. (In
 * libavcodec 5.1 that of MPEG-4 aborts the process over the former.) */
static void find_every_flaw(AVCodecContext *codec) {
  if (codec->codec_id == AV_CODEC_ID_H264 || codec->codec_id == AV_CODEC_ID_HEVC)
    codec->err_recognition |= AV_EF_EXPLODE;
  else
    codec->thread_type = FF_THREAD_SLICE;
}

Result<std::unique_ptr<PictureDecoder>>
PictureDecoder::open(const AVStream *stream, const DecoderSettings &settings, Purpose purpose) {
  register_category();
  std::unique_ptr<PictureDecoder> self(new PictureDecoder);
  const AVCodec *decoder = avcodec_find_decoder(stream->codecpar->codec_id);
  if (!decoder)
    return FRAMEWISE_FAIL_STREAM(
        CODEC_NOT_FOUND, format("This libavcodec has no decoder for %s. `ffmpeg -decoders` lists "
                                "what it has.",
                                avcodec_get_name(stream->codecpar->codec_id)));
  self->codec_ = new_codec_context(decoder);
  AVCodecContext *codec = self->codec_.get();
  if (!codec || avcodec_parameters_to_context(codec, stream->codecpar) < 0)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  codec->pkt_timebase = stream->time_base;
  if (purpose == Purpose::order)
    codec->skip_loop_filter = AVDISCARD_ALL;
  /* Cover art is one packet and must come out at once. */
  const bool still = stream->disposition & AV_DISPOSITION_ATTACHED_PIC;
  codec->thread_count = still ? 1 : settings.thread_count;
  switch (settings.thread_type) {
  case ThreadType::automatic:
    break;
  case ThreadType::frame:
    codec->thread_type = FF_THREAD_FRAME;
    break;
  case ThreadType::slice:
    codec->thread_type = FF_THREAD_SLICE;
    break;
  }
  if (purpose != Purpose::pictures)
    find_every_flaw(codec);
  Dictionary options = settings.options;
  if (int ret = avcodec_open2(codec, decoder, options.address()); ret < 0) {
    const std::string with =
        settings.options.empty()
            ? format("with %d threads", settings.thread_count)
            : format("with codec-options %s", settings.options.quoted_keys().c_str());
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
                   format("The decoder `%s` could not be opened %s.", decoder->name, with.c_str()));
  }
  if (!options.empty())
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS,
        format("The decoder `%s` has no option %s. `ffmpeg -h decoder=%s` lists its options.",
               decoder->name, options.quoted_keys().c_str(), decoder->name));
  self->skip_frame_ = codec->skip_frame;
  return self;
}

static int get_painted_buffer(AVCodecContext *codec, AVFrame *picture, int flags) {
  const int ret = avcodec_default_get_buffer2(codec, picture, flags);
  if (ret >= 0)
    for (AVBufferRef *buffer : picture->buf)
      if (buffer)
        memset(buffer->data, *static_cast<const uint8_t *>(codec->opaque), buffer->size);
  return ret;
}

void PictureDecoder::set_ground(uint8_t ground) {
  ground_ = ground;
  codec_->opaque = &ground_;
  codec_->get_buffer2 = get_painted_buffer;
}

void PictureDecoder::flush() {
  avcodec_flush_buffers(codec_.get());
  ended_ = false;
}

void PictureDecoder::keep(Keep what) {
  codec_->skip_frame =
      what == Keep::references ? std::max(skip_frame_, AVDISCARD_NONREF) : skip_frame_;
}

/* HEVC is not among them: what is no reference in its own temporal layer may be one in the next. */
bool PictureDecoder::can_keep_references() const {
  switch (codec_->codec_id) {
  case AV_CODEC_ID_H264:
  case AV_CODEC_ID_MPEG1VIDEO:
  case AV_CODEC_ID_MPEG2VIDEO:
    return true;
  default:
    return false;
  }
}

Result<void> PictureDecoder::send(AVPacket *packet, int64_t tag) {
  if (packet)
    compat::set_tag(codec_.get(), packet, tag);
  int ret = avcodec_send_packet(codec_.get(), packet);
  if (ret == AVERROR(ENOMEM))
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  if (ret < 0 && ret != AVERROR_EOF) {
    /* A linear decode goes on with the next packet. */
    damage_++;
    GST_WARNING("packet %" G_GINT64_FORMAT " refused: %s", tag, av_error_text(ret).c_str());
  }
  return {};
}

Result<FramePtr> PictureDecoder::receive() {
  FramePtr picture = new_frame();
  for (;;) {
    int ret = avcodec_receive_frame(codec_.get(), picture.get());
    if (ret == 0)
      return picture;
    if (ret == AVERROR(EAGAIN))
      return FramePtr();
    if (ret == AVERROR_EOF) {
      ended_ = true;
      return FramePtr();
    }
    if (ret == AVERROR(ENOMEM))
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
    /* The decoder gave up on a picture; a linear decode goes on with the next. */
    damage_++;
    GST_WARNING("picture not decoded: %s", av_error_text(ret).c_str());
  }
}

} // namespace framewise
