/* gst-framewise: one open container, and the packets of one of its streams.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "containerinput.hpp"
#include "framebridge.hpp"

#include <glib/gstdio.h>

#include <cerrno>
#include <cmath>
#include <cstring>

namespace framewise {

static bool is_local_file(const std::string &location) {
  const char *protocol = avio_find_protocol_name(location.c_str());
  return protocol && strcmp(protocol, "file") == 0;
}

/* The location of a source is only its name. */
enum class Named { by_location, by_source };

static Failure open_failure(int averror, const std::string &location,
                            Named named = Named::by_location) {
  const char *name = location.c_str();
  GStatBuf status;
  const bool stands_there = named == Named::by_location && g_stat(name, &status) == 0;
  auto fail_open = [&](GQuark domain, int code, const char *fmt) {
    return fail_av(averror, domain, code, format(fmt, name));
  };
  const GQuark resource = GST_RESOURCE_ERROR, stream = GST_STREAM_ERROR;

  if (stands_there && S_ISDIR(status.st_mode))
    return fail_open(resource, GST_RESOURCE_ERROR_OPEN_READ,
                     "`%s` is a directory. Give a file in it, or a pattern such as img%%03d.png.");
  if (stands_there && S_ISREG(status.st_mode) && status.st_size == 0)
    return fail_open(stream, GST_STREAM_ERROR_TYPE_NOT_FOUND, "The file `%s` is empty.");
  switch (averror) {
  case AVERROR(ENOENT):
    return fail_open(resource, GST_RESOURCE_ERROR_NOT_FOUND,
                     "There is no file `%s`. Check the path.");
  case AVERROR(EACCES):
  case AVERROR(EPERM):
    return fail_open(resource, GST_RESOURCE_ERROR_OPEN_READ,
                     "No permission to read `%s`. Check its owner and mode.");
  case AVERROR_PROTOCOL_NOT_FOUND:
    return fail_open(resource, GST_RESOURCE_ERROR_NOT_FOUND,
                     "No protocol for `%s`. `ffmpeg -protocols` lists what this libavformat has.");
  case AVERROR_INVALIDDATA:
  case AVERROR_EOF:
  case AVERROR_DEMUXER_NOT_FOUND:
    return fail_open(stream, GST_STREAM_ERROR_TYPE_NOT_FOUND,
                     "`%s` is in no container format that libavformat knows, or damaged at its "
                     "start. `ffmpeg -demuxers` lists what it has.");
  case AVERROR_HTTP_NOT_FOUND:
    return fail_open(resource, GST_RESOURCE_ERROR_NOT_FOUND, "The server has no `%s`.");
  default:
    return fail_open(resource, GST_RESOURCE_ERROR_OPEN_READ, "Could not open `%s` for reading.");
  }
}

Result<std::unique_ptr<ContainerInput>> ContainerInput::open(const InputSettings &settings,
                                                             Interruption &interruption) {
  std::unique_ptr<ContainerInput> input(new ContainerInput(settings, interruption));
  if (auto opened = input->open_context(); !opened)
    return Failure(opened.error());
  if (auto chosen = input->choose_stream(); !chosen)
    return Failure(chosen.error());
  input->find_start();
  return input;
}

/* Demuxers that go back without asking whether the input can. */
static bool goes_back(const AVInputFormat *format) { return strcmp(format->name, "gif") == 0; }

/* `io`: what to read instead of opening the URL; may be null. Takes from `options` what is known.
 */
Result<void> ContainerInput::open_format(const std::string &url, AVIOContext *io,
                                         Dictionary &options) {
  AVFormatContext *context = avformat_alloc_context();
  if (!context)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  context->interrupt_callback = interruption_.callback();
  watch_parts(context);
  context->pb = io;
  int ret = avformat_open_input(&context, url.c_str(), nullptr, options.address());
  if (ret < 0) {
    if (interruption_.is_set())
      return fail_cancelled();
    return open_failure(ret, settings_.location,
                        settings_.source ? Named::by_source : Named::by_location);
  }
  context_.reset(context);
  return {};
}

/* What libavformat shall read instead of opening the location by itself; NULL where it shall. */
Result<AVIOContext *> ContainerInput::open_own_io() {
  AVIOContext *io = nullptr;
  if (settings_.source) {
    auto input = ByteInput::open(settings_.source, interruption_);
    if (!input)
      return open_failure(input.error(), settings_.location);
    byte_input_ = std::move(*input);
    io = byte_input_->io();
    if (settings_.source->is_seekable())
      return io;
  } else if (PolledInput::suits(settings_.location)) {
    auto polled = PolledInput::open(settings_.location, interruption_);
    if (!polled)
      return open_failure(polled.error(), settings_.location);
    polled_ = std::move(*polled);
    io = polled_->io();
  } else {
    return nullptr;
  }
  auto recalled = RecalledInput::over(io);
  if (!recalled)
    return open_failure(recalled.error(), settings_.location);
  recalled_ = std::move(*recalled);
  return recalled_->io();
}

Result<void> ContainerInput::open_context() {
  std::string url = settings_.source ? std::string() : settings_.location;
  /* A file may be named like a URL. */
  if (!settings_.source && !is_local_file(url) && g_file_test(url.c_str(), G_FILE_TEST_EXISTS))
    url = "file:" + url;

  Dictionary options = settings_.options;
  auto own_io = open_own_io();
  if (!own_io)
    return Failure(own_io.error());
  AVIOContext *io = *own_io;
  if (auto opened = open_format(url, io, options); !opened)
    return opened;
  if (!io && context_->pb && !is_seekable() && goes_back(context_->iformat)) {
    context_.reset();
    options = settings_.options;
    auto recalled = RecalledInput::open(url, interruption_.callback(), options);
    if (!recalled)
      return open_failure(recalled.error(), settings_.location);
    recalled_ = std::move(*recalled);
    if (auto opened = open_format(url, recalled_->io(), options); !opened)
      return opened;
  }
  AVFormatContext *context = context_.get();

  /* The terminal's art format takes any text by the ending of its name. */
  if (strcmp(context->iformat->name, "tty") == 0 && !settings_.options.has("video_size"))
    return FRAMEWISE_FAIL_STREAM(
        TYPE_NOT_FOUND, format("`%s` is a text file, not a video.", settings_.location.c_str()));
  if (!options.empty())
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS,
        format("The container format %s has no option %s. `ffmpeg -h demuxer=%s` lists "
               "its options.",
               context->iformat->name, options.quoted_keys().c_str(), context->iformat->name));

  const int ret = avformat_find_stream_info(context, nullptr);
  if (interruption_.is_set())
    return fail_cancelled();
  if (ret < 0)
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND,
                   format("No stream could be made out in `%s`.", settings_.location.c_str()));
  opened_ = true;
  return {};
}

/* ---- Input in several files ------------------------------------------------------------------ */

void ContainerInput::watch_parts(AVFormatContext *context) {
  parts_.clear();
  parts_opened_ = 0;
  part_error_ = 0;
  opened_ = false;
  default_open_part_ = context->io_open;
  default_close_part_ = context->io_close2;
  context->opaque = this;
  context->io_open = open_part;
  context->io_close2 = close_part;
}

int ContainerInput::open_part(AVFormatContext *context, AVIOContext **part, const char *url,
                              int flags, AVDictionary **options) {
  auto *self = static_cast<ContainerInput *>(context->opaque);
  int ret = self->default_open_part_(context, part, url, flags, options);
  if (ret >= 0) {
    self->parts_.push_back(*part);
    self->parts_opened_++;
  } else if (self->opened_) /* until then other variants of the stream are tried, too */
    self->note_part_error(ret);
  return ret;
}

int ContainerInput::close_part(AVFormatContext *context, AVIOContext *part) {
  auto *self = static_cast<ContainerInput *>(context->opaque);
  self->note_part_error(part->error);
  std::erase(self->parts_, part);
  return self->default_close_part_(context, part);
}

void ContainerInput::note_part_error(int averror) {
  if (averror < 0 && averror != AVERROR_EOF && averror != AVERROR_EXIT && !part_error_)
    part_error_ = averror;
}

/* What could not be read of any part so far. Live streams are let off: what they have lost is gone,
 * and they must go on. */
int ContainerInput::part_error() {
  if (context_->ctx_flags & AVFMTCTX_UNSEEKABLE)
    return 0;
  for (const AVIOContext *part : parts_)
    note_part_error(part->error);
  return part_error_;
}

Result<void> ContainerInput::choose_stream() {
  AVFormatContext *context = context_.get();
  const char *specifier = settings_.stream.c_str();
  stream_ = nullptr;
  bool any = false;
  const AVStream *other_kind = nullptr;
  for (unsigned i = 0; i < context->nb_streams; i++) {
    AVStream *stream = context->streams[i];
    const AVMediaType type = stream->codecpar->codec_type;
    const bool is_decoded = type == AVMEDIA_TYPE_VIDEO || type == AVMEDIA_TYPE_AUDIO;
    any |= is_decoded;
    int match = avformat_match_stream_specifier(context, stream, specifier);
    if (match < 0)
      return fail_av(match, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                     format("`%s` is no stream specifier. `v:0` is the first video stream, `V:0` "
                            "the first that is no cover art, `a:0` the first of audio, `i:0x100` "
                            "one by its id.",
                            specifier));
    if (match && !stream_) {
      if (is_decoded)
        stream_ = stream;
      else
        other_kind = stream;
    }
  }
  const char *location = settings_.location.c_str();
  if (!stream_) {
    if (other_kind)
      return FRAMEWISE_FAIL_STREAM(
          WRONG_TYPE, format("Stream `%s` of `%s` is no video or audio but %s.", specifier,
                             location, av_get_media_type_string(other_kind->codecpar->codec_type)));
    if (!any)
      return FRAMEWISE_FAIL_STREAM(WRONG_TYPE,
                                   format("There is no video or audio in `%s`.", location));
    const char type = g_ascii_tolower(specifier[0]);
    auto is_missing = [&](char letter, AVMediaType kind) {
      return type == letter && av_find_best_stream(context, kind, -1, -1, nullptr, 0) < 0;
    };
    if (is_missing('v', AVMEDIA_TYPE_VIDEO))
      return FRAMEWISE_FAIL_STREAM(
          WRONG_TYPE,
          format("There is no video in `%s`. `a:0` is its first audio stream.", location));
    if (is_missing('a', AVMEDIA_TYPE_AUDIO))
      return FRAMEWISE_FAIL_STREAM(WRONG_TYPE, format("There is no audio in `%s`.", location));
    return FRAMEWISE_FAIL_STREAM(
        WRONG_TYPE,
        format("`%s` has no stream `%s`. `ffprobe` lists those that it has.", location, specifier));
  }
  for (unsigned i = 0; i < context->nb_streams; i++)
    context->streams[i]->discard =
        context->streams[i] == stream_ ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  return {};
}

/* AVFormatContext.start_time is rounded to microseconds; the stream that it comes from has it in
 * full. */
void ContainerInput::find_start() {
  const AVFormatContext *context = context_.get();
  start_ticks_ = context->start_time == AV_NOPTS_VALUE ? 0 : context->start_time;
  start_time_base_ = AV_TIME_BASE_Q;
  if (context->start_time == AV_NOPTS_VALUE)
    return;
  auto is_origin = [&](const AVStream *stream) {
    return stream->start_time != AV_NOPTS_VALUE &&
           std::llabs(av_rescale_q(stream->start_time, stream->time_base, AV_TIME_BASE_Q) -
                      context->start_time) <= 1;
  };
  const AVStream *origin = is_origin(stream_) ? stream_ : nullptr;
  for (unsigned i = 0; !origin && i < context->nb_streams; i++)
    if (is_origin(context->streams[i]))
      origin = context->streams[i];
  if (origin) {
    start_ticks_ = origin->start_time;
    start_time_base_ = origin->time_base;
  }
}

bool ContainerInput::is_seekable() const {
  const AVFormatContext *context = context_.get();
  if (!context)
    return true; /* it was being opened anew, which only such is, and that was broken off */
  if (context->iformat->flags & AVFMT_NOFILE || !context->pb)
    return !(context->ctx_flags & AVFMTCTX_UNSEEKABLE);
  return context->pb->seekable & AVIO_SEEKABLE_NORMAL;
}

bool ContainerInput::is_one_file() const {
  const AVInputFormat *format = context_->iformat;
  /* Those open contexts of their own for what they list. */
  for (const char *name : {"concat", "hls", "dash", "imf", "sdp", "rtsp", "webm_dash_manifest",
                           "vobsub", "avisynth", "vapoursynth"})
    if (strcmp(format->name, name) == 0)
      return false;
  return context_->pb && !(format->flags & AVFMT_NOFILE) && parts_opened_ <= 1;
}

Result<bool> ContainerInput::read_packet(AVPacket *packet) {
  constexpr gulong retry_us = 1000;
  for (;;) {
    if (interruption_.is_set())
      return fail_cancelled();
    int ret = av_read_frame(context_.get(), packet);
    if (int lost = interruption_.is_set() ? 0 : part_error()) {
      av_packet_unref(packet);
      return fail_av(lost, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ,
                     format("A part of `%s` could not be read.", settings_.location.c_str()));
    }
    if (ret == 0) {
      if (packet->stream_index == stream_->index)
        return true;
      av_packet_unref(packet);
    } else if (ret == AVERROR(EAGAIN)) {
      g_usleep(retry_us);
    } else if (interruption_.is_set()) {
      return fail_cancelled();
    } else if (ret == AVERROR_EOF) {
      /* A read error that the demuxer took for the end. */
      if (context_->pb && context_->pb->error < 0 && context_->pb->error != AVERROR_EOF &&
          context_->pb->error != AVERROR_EXIT)
        return fail_av(context_->pb->error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ,
                       format("Reading `%s` failed.", settings_.location.c_str()));
      return false;
    } else if (ret == AVERROR_INVALIDDATA) {
      truncation_ = ret;
      return false;
    } else {
      return fail_av(ret, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ,
                     format("Reading `%s` failed.", settings_.location.c_str()));
    }
  }
}

bool ContainerInput::has_byte_places() const {
  const AVInputFormat *format = context_->iformat;
  return context_->pb && !(format->flags & (AVFMT_NO_BYTE_SEEK | AVFMT_NOFILE));
}

bool ContainerInput::prefers_bytes() const {
  const AVInputFormat *format = context_->iformat;
  return has_byte_places() &&
         format->flags & (AVFMT_TS_DISCONT | AVFMT_NOTIMESTAMPS | AVFMT_GENERIC_INDEX);
}

Result<void> ContainerInput::seek_before(int64_t timestamp) {
  return seek(stream_->index, timestamp, 0);
}

Result<void> ContainerInput::seek_to_byte(int64_t pos) { return seek(-1, pos, AVSEEK_FLAG_BYTE); }

Result<void> ContainerInput::seek(int stream, int64_t target, int flags) {
  truncation_ = 0;
  part_error_ = 0;
  /* An interrupted read leaves its mark, and seeking does not wipe it off. */
  if (context_->pb) {
    context_->pb->error = 0;
    context_->pb->eof_reached = 0;
  }
  int ret = avformat_seek_file(context_.get(), stream, INT64_MIN, target, target, flags);
  if (interruption_.is_set())
    return fail_cancelled();
  if (ret < 0)
    return fail_av(ret, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SEEK,
                   format("Seeking in `%s` failed.", settings_.location.c_str()));
  return {};
}

Result<void> ContainerInput::reopen() {
  truncation_ = 0;
  context_.reset();
  recalled_.reset();
  byte_input_.reset();
  polled_.reset();
  stream_ = nullptr;
  if (auto opened = open_context(); !opened)
    return opened;
  return choose_stream();
}

/* a x a_base - b x b_base in nanoseconds, to the nearest; 128 bits hold every product. */
static int64_t difference_ns(int64_t a, AVRational a_base, int64_t b, AVRational b_base) {
  using Wide = __int128;
  const Wide denominator = Wide(a_base.den) * b_base.den;
  Wide numerator =
      (Wide(a) * a_base.num * b_base.den - Wide(b) * b_base.num * a_base.den) * 1000000000;
  const Wide half = denominator / 2;
  return int64_t((numerator >= 0 ? numerator + half : numerator - half) / denominator);
}

int64_t ContainerInput::to_stream_time(int64_t ticks) const {
  return difference_ns(ticks, stream_->time_base, start_ticks_, start_time_base_);
}

int64_t ContainerInput::from_stream_time(int64_t ns) const {
  int64_t start = av_rescale_q(start_ticks_, start_time_base_, stream_->time_base);
  return start + ns_to_ticks(ns, stream_->time_base);
}

int64_t ContainerInput::stream_end() const {
  if (stream_->duration != AV_NOPTS_VALUE && stream_->duration > 0) {
    int64_t start = stream_->start_time == AV_NOPTS_VALUE
                        ? av_rescale_q(start_ticks_, start_time_base_, stream_->time_base)
                        : stream_->start_time;
    return to_stream_time(start + stream_->duration);
  }
  if (context_->duration != AV_NOPTS_VALUE && context_->duration > 0)
    return av_rescale(context_->duration, 1000000000, AV_TIME_BASE);
  return -1;
}

int64_t ContainerInput::common_end() const {
  int streams = 0;
  for (unsigned i = 0; i < context_->nb_streams; i++) {
    const AVStream *stream = context_->streams[i];
    const AVMediaType type = stream->codecpar->codec_type;
    streams += type == AVMEDIA_TYPE_AUDIO ||
               (type == AVMEDIA_TYPE_VIDEO && !(stream->disposition & AV_DISPOSITION_ATTACHED_PIC));
  }
  if (streams < 2 || context_->duration == AV_NOPTS_VALUE || context_->duration <= 0)
    return -1;
  return av_rescale(context_->duration, 1000000000, AV_TIME_BASE);
}

AVRational ContainerInput::constant_framerate() const {
  const AVRational average = stream_->avg_frame_rate;
  AVRational real = stream_->r_frame_rate;
  if (average.num <= 0 || average.den <= 0 || real.num <= 0 || real.den <= 0)
    return {0, 1};
  const AVFieldOrder order = stream_->codecpar->field_order;
  if (order != AV_FIELD_PROGRESSIVE && order != AV_FIELD_UNKNOWN &&
      av_cmp_q(real, av_mul_q(average, {2, 1})) == 0)
    real = average; /* counted in fields */
  if (av_cmp_q(real, average) == 0)
    return real;
  /* Rounded timestamps make an average that differs a little. It is the same rate if that adds up
   * to less than half a frame over the stream. */
  int64_t end = stream_end();
  if (end <= 0)
    return {0, 1};
  double drift = std::fabs(av_q2d(real) - av_q2d(average)) * double(end) / 1e9;
  return drift < 0.5 ? real : AVRational{0, 1};
}

} // namespace framewise
