/* gst-framewise: the decoded frames of one stream, each with its number and its time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framereader.hpp"
#include "framebridge.hpp"

extern "C" {
#include <libavutil/mastering_display_metadata.h>
}

#include <algorithm>
#include <cstring>

GST_DEBUG_CATEGORY_STATIC(reader_debug);
#define GST_CAT_DEFAULT reader_debug

namespace framewise {

constexpr int64_t ns_per_second = 1000000000;

Result<std::unique_ptr<FrameReader>> FrameReader::open(const ReaderSettings &settings,
                                                       Interruption &interruption) {
  static const bool registered = [] {
    GST_DEBUG_CATEGORY_INIT(reader_debug, "framewisereader", 0, "frame reader");
    return true;
  }();
  (void)registered;
  std::unique_ptr<FrameReader> reader(new FrameReader(settings));
  auto input = ContainerInput::open(settings.input, interruption);
  if (!input)
    return Failure(input.error());
  reader->input_ = std::move(*input);
  reader->framerate_ = reader->input_->constant_framerate();
  if (reader->framerate_.num == 0) {
    AVRational real = reader->input_->stream()->r_frame_rate;
    if (real.num > 0 && real.den > 0)
      reader->max_framerate_ = real;
  }
  if (auto opened = reader->open_decoder(); !opened)
    return Failure(opened.error());
  return reader;
}

Result<void> FrameReader::open_decoder() {
  const AVStream *stream = input_->stream();
  const AVCodec *decoder = avcodec_find_decoder(stream->codecpar->codec_id);
  const char *codec_name = avcodec_get_name(stream->codecpar->codec_id);
  if (!decoder)
    return FRAMEWISE_FAIL_STREAM(
        CODEC_NOT_FOUND, format("This libavcodec has no decoder for %s. `ffmpeg -decoders` lists "
                                "what it has.",
                                codec_name));
  codec_ = new_codec_context(decoder);
  if (!codec_ || avcodec_parameters_to_context(codec_.get(), stream->codecpar) < 0)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  codec_->pkt_timebase = stream->time_base;
  /* Cover art is one packet and must come out at once. */
  const bool still = stream->disposition & AV_DISPOSITION_ATTACHED_PIC;
  codec_->thread_count = still ? 1 : settings_.thread_count;
  switch (settings_.thread_type) {
  case ThreadType::automatic:
    break;
  case ThreadType::frame:
    codec_->thread_type = FF_THREAD_FRAME;
    break;
  case ThreadType::slice:
    codec_->thread_type = FF_THREAD_SLICE;
    break;
  }
  Dictionary options = settings_.codec_options;
  int ret = avcodec_open2(codec_.get(), decoder, options.address());
  if (ret < 0)
    return fail_av(
        ret, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
        format("The decoder `%s` could not be opened with codec-options %s.", decoder->name,
               settings_.codec_options.empty() ? "left empty"
                                               : settings_.codec_options.quoted_keys().c_str()));
  if (!options.empty())
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS,
        format("The decoder `%s` has no option %s. `ffmpeg -h decoder=%s` lists its options.",
               decoder->name, options.quoted_keys().c_str(), decoder->name));
  return {};
}

void FrameReader::forget_pictures() {
  avcodec_flush_buffers(codec_.get());
  av_packet_unref(packet_.get());
  packet_waits_ = draining_ = false;
  ready_.clear();
  ended_ = false;
  last_time_.reset();
  last_duration_ = 0;
  first_good_pts_ = AV_NOPTS_VALUE;
}

Result<void> FrameReader::finish_restart() {
  if (!restart_due_)
    return {};
  return restart();
}

Result<void> FrameReader::restart() {
  restart_due_ = true;
  if (auto reopened = input_->reopen(); !reopened)
    return reopened;
  /* Flushed decoders may differ from new ones in what they conceal; a new one never does. */
  if (auto opened = open_decoder(); !opened)
    return opened;
  forget_pictures();
  next_number_ = 0;
  clock_offset_ = 0;
  restart_due_ = false;
  return {};
}

/* ---- Decoding ---------------------------------------------------------------------------------
 */

Result<bool> FrameReader::feed() {
  if (draining_)
    return false;
  if (!packet_waits_) {
    auto read = input_->read_packet(packet_.get());
    if (!read)
      return Failure(read.error());
    if (!*read) {
      draining_ = true;
      avcodec_send_packet(codec_.get(), nullptr);
      return true;
    }
  }
  int ret = avcodec_send_packet(codec_.get(), packet_.get());
  packet_waits_ = ret == AVERROR(EAGAIN);
  if (!packet_waits_)
    av_packet_unref(packet_.get());
  if (ret == AVERROR(ENOMEM))
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  if (ret < 0 && ret != AVERROR(EAGAIN) && ret != AVERROR_EOF) {
    damaged_packets_++;
    GST_WARNING("packet refused: %s", av_error_text(ret).c_str());
  }
  return true;
}

Result<FramePtr> FrameReader::decode() {
  FramePtr picture = new_frame();
  for (;;) {
    int ret = avcodec_receive_frame(codec_.get(), picture.get());
    if (ret == 0)
      return picture;
    if (ret == AVERROR_EOF)
      return FramePtr();
    if (ret == AVERROR(ENOMEM))
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
    if (ret != AVERROR(EAGAIN)) {
      /* The decoder gave up on a picture; a linear decode goes on with the next. */
      damaged_packets_++;
      GST_WARNING("picture not decoded: %s", av_error_text(ret).c_str());
    }
    auto fed = feed();
    if (!fed)
      return Failure(fed.error());
    if (!*fed && ret == AVERROR(EAGAIN))
      return FramePtr();
  }
}

int64_t FrameReader::nominal_duration(const AVFrame *picture) const {
  const AVRational time_base = input_->stream()->time_base;
  if (int64_t ticks = compat::duration(picture); ticks > 0)
    return ticks_to_ns(ticks, time_base);
  if (framerate_.num > 0)
    return av_rescale(ns_per_second, framerate_.den, framerate_.num);
  const AVRational average = input_->stream()->avg_frame_rate;
  if (average.num > 0 && average.den > 0)
    return av_rescale(ns_per_second, average.den, average.num);
  constexpr int64_t libav_default_rate = 25;
  return ns_per_second / libav_default_rate;
}

static void read_stream_hdr(const AVStream *stream, VideoParams &params) {
  FramePtr carrier = new_frame();
  size_t size = 0;
  if (const uint8_t *data =
          compat::stream_side_data(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, &size);
      data && size >= sizeof(AVMasteringDisplayMetadata))
    if (auto *display = av_mastering_display_metadata_create_side_data(carrier.get()))
      memcpy(display, data, sizeof *display);
  if (const uint8_t *data =
          compat::stream_side_data(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, &size);
      data && size >= sizeof(AVContentLightMetadata))
    if (auto *light = av_content_light_metadata_create_side_data(carrier.get()))
      memcpy(light, data, sizeof *light);
  carrier->format = params.format;
  VideoParams of_stream = from_frame(carrier.get());
  if (!params.mastering_display)
    params.mastering_display = of_stream.mastering_display;
  if (!params.content_light_level)
    params.content_light_level = of_stream.content_light_level;
}

VideoParams FrameReader::describe(const AVFrame *picture) {
  const AVStream *stream = input_->stream();
  VideoParams params = from_frame(picture);
  params.framerate = framerate_;
  params.max_framerate = max_framerate_;
  if (picture->sample_aspect_ratio.num <= 0) {
    AVRational sar = av_guess_sample_aspect_ratio(const_cast<AVFormatContext *>(input_->context()),
                                                  const_cast<AVStream *>(stream),
                                                  const_cast<AVFrame *>(picture));
    if (sar.num > 0 && sar.den > 0)
      params.sample_aspect_ratio = sar;
  }
  read_stream_hdr(stream, params);

  const bool interlaced = compat::is_interlaced(picture);
  const auto order = compat::is_top_field_first(picture) ? GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST
                                                         : GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
  if (!interlace_mode_) {
    interlace_mode_ =
        interlaced ? GST_VIDEO_INTERLACE_MODE_INTERLEAVED : GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
    field_order_ = interlaced ? order : GST_VIDEO_FIELD_ORDER_UNKNOWN;
  } else {
    const bool as_before = interlaced ? *interlace_mode_ == GST_VIDEO_INTERLACE_MODE_INTERLEAVED &&
                                            order == field_order_
                                      : *interlace_mode_ == GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
    if (!as_before) { /* and mixed it stays: flags on each frame then say what it is */
      interlace_mode_ = GST_VIDEO_INTERLACE_MODE_MIXED;
      field_order_ = GST_VIDEO_FIELD_ORDER_UNKNOWN;
    }
  }
  params.interlace_mode = *interlace_mode_;
  params.field_order = field_order_;
  return params;
}

/* In formats whose clock may start anew in mid-stream (parts joined byte by byte), time goes on
 * where it was. The step back is the one that the ffmpeg command takes for a new start. */
int64_t FrameReader::continued(int64_t time) {
  constexpr int64_t new_start = ns_per_second / 10;
  if (last_time_ && input_->context()->iformat->flags & AVFMT_TS_DISCONT &&
      time + clock_offset_ < *last_time_ - new_start)
    clock_offset_ = *last_time_ + last_duration_ - time;
  return time + clock_offset_;
}

/* A picture with its number and time, the duration still nominal. */
Result<std::optional<DecodedFrame>> FrameReader::decode_timed() {
  for (;;) {
    auto picture = decode();
    if (!picture)
      return Failure(picture.error());
    if (!*picture)
      return std::nullopt;
    DecodedFrame frame;
    frame.picture = std::move(*picture);
    frame.pts = frame.picture->best_effort_timestamp;
    if (first_good_pts_ != AV_NOPTS_VALUE && frame.pts != AV_NOPTS_VALUE &&
        frame.pts < first_good_pts_)
      continue;
    if (frame.pts != AV_NOPTS_VALUE)
      frame.time = continued(input_->to_stream_time(frame.pts));
    else if (last_time_)
      frame.time = *last_time_ + last_duration_;
    frame.duration = nominal_duration(frame.picture.get());
    frame.number = next_number_ < 0 ? -1 : next_number_++;
    frame.params = describe(frame.picture.get());
    last_time_ = frame.time;
    last_duration_ = frame.duration;
    return frame;
  }
}

Result<void> FrameReader::fill(size_t frames) {
  if (auto restarted = finish_restart(); !restarted)
    return restarted;
  while (!ended_ && ready_.size() < frames) {
    auto frame = decode_timed();
    if (!frame)
      return Failure(frame.error());
    if (*frame)
      ready_.push_back(std::move(**frame));
    else
      ended_ = true;
  }
  return {};
}

Result<std::optional<DecodedFrame>> FrameReader::next() {
  if (auto filled = fill(2); !filled)
    return Failure(filled.error());
  if (ready_.empty())
    return std::nullopt;
  DecodedFrame frame = std::move(ready_.front());
  ready_.pop_front();
  if (!ready_.empty() && ready_.front().time > frame.time)
    frame.duration = ready_.front().time - frame.time;
  return frame;
}

/* ---- Seeking ------------------------------------------------------------------------------------
 * Until there is an index of the stream, a frame's number is known only by counting from the start,
 * and its place only by looking where a seek has landed. */

Result<void> FrameReader::seek_to_frame(int64_t number) {
  const int64_t upcoming = ready_.empty() ? (ended_ ? -1 : next_number_) : ready_.front().number;
  if (upcoming < 0 || upcoming > number)
    if (auto restarted = restart(); !restarted)
      return restarted;
  for (;;) {
    if (auto filled = fill(1); !filled)
      return filled;
    if (ready_.empty() || ready_.front().number >= number)
      return {};
    ready_.pop_front();
  }
}

/* Drops frames until the one shown at `time` is the next. */
Result<void> FrameReader::advance_to(int64_t time) {
  for (;;) {
    if (auto filled = fill(2); !filled)
      return filled;
    if (ready_.size() < 2 || ready_[1].time > time)
      break;
    ready_.pop_front();
  }
  if (ready_.size() == 1 && time >= ready_.front().time + ready_.front().duration)
    ready_.clear(); /* past the end of the last frame */
  return {};
}

/* Leaves the first key packet at or after where a seek to `ticks` lands in packet_; false if there
 * is none with a pts. */
Result<bool> FrameReader::find_key(int64_t ticks) {
  if (auto sought = input_->seek_before(ticks); !sought) {
    if (sought.error().is_cancelled())
      return Failure(sought.error());
    return false;
  }
  forget_pictures();
  next_number_ = -1;
  for (;;) {
    auto read = input_->read_packet(packet_.get());
    if (!read || !*read)
      return read;
    if (packet_->flags & AV_PKT_FLAG_KEY)
      return packet_->pts != AV_NOPTS_VALUE && packet_->dts != AV_NOPTS_VALUE;
    av_packet_unref(packet_.get());
  }
}

/* Makes ready to decode what comes from the key picture that a seek to `ticks` finds; true if that
 * is not after `time`. Decoding begins one key picture earlier: pictures just after the first may
 * lack what they refer to, or be left out over it. */
Result<bool> FrameReader::land_before(int64_t time, int64_t ticks) {
  auto found = find_key(ticks);
  if (!found || !*found)
    return found;
  const int64_t key_pts = packet_->pts, key_dts = packet_->dts;
  if (input_->to_stream_time(key_pts) > time)
    return false;
  found = find_key(std::min(key_pts, key_dts) - 1);
  if (!found || !*found)
    return found;
  if (packet_->dts > key_dts)
    return false;
  first_good_pts_ = key_pts;
  packet_waits_ = true;
  if (auto filled = fill(1); !filled)
    return Failure(filled.error());
  return !ready_.empty() && ready_.front().time <= time;
}

Result<void> FrameReader::seek_to_time(int64_t time) {
  if (auto restarted = finish_restart(); !restarted)
    return restarted;
  /* What time a frame has after a new start is known only from the start on. */
  if (keep_numbers_ || clock_offset_ != 0 || !input_->is_seekable()) {
    const bool is_ahead = !ready_.empty() ? ready_.front().time <= time
                                          : !ended_ && (!last_time_ || *last_time_ < time);
    if (!is_ahead)
      if (auto restarted = restart(); !restarted)
        return restarted;
    return advance_to(time);
  }
  /* Demuxers may land late, and at pictures that need earlier ones: then from ever farther back. */
  constexpr int64_t farthest_step = 64 * ns_per_second;
  for (int64_t step = 0; step <= farthest_step; step = step ? step * 2 : ns_per_second) {
    const int64_t from = time - step;
    if (from < 0 && step > 0)
      break;
    auto landed = land_before(time, input_->from_stream_time(from));
    if (!landed)
      return Failure(landed.error());
    if (*landed)
      return advance_to(time);
  }
  if (auto restarted = restart(); !restarted)
    return restarted;
  return advance_to(time);
}

Result<int64_t> FrameReader::count_frames(const ReaderSettings &settings,
                                          Interruption &interruption) {
  auto reader = open(settings, interruption);
  if (!reader)
    return Failure(reader.error());
  int64_t frames = 0;
  for (;;) {
    auto picture = (*reader)->decode();
    if (!picture)
      return Failure(picture.error());
    if (!*picture)
      return frames;
    frames++;
  }
}

} // namespace framewise
