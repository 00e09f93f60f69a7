/* gst-framewise: frames into a container, without a pipeline.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framewriter.hpp"

#include "framebridge.hpp"
#include "signalshield.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace framewise {

/* ---- Opening -------------------------------------------------------------------------------- */

static Result<const AVOutputFormat *> find_muxer(const FrameWriterSettings &settings) {
  if (!settings.container.empty()) {
    if (const AVOutputFormat *muxer = av_guess_format(settings.container.c_str(), nullptr, nullptr))
      return muxer;
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, format("No container `%s`. `ffmpeg -muxers` lists what this libavformat has.",
                         settings.container.c_str()));
  }
  if (const AVOutputFormat *muxer = av_guess_format(nullptr, settings.location.c_str(), nullptr))
    return muxer;
  return FRAMEWISE_FAIL_LIBRARY(
      SETTINGS, format("No container goes by the name of `%s`: set container= (`ffmpeg -muxers` "
                       "lists what there is).",
                       settings.location.c_str()));
}

/* Else some muxers tell only when they are given the stream. Those of sound with a usual video
 * codec mean pictures of the cover by it; those with no usual codec at all, such as segment, hold
 * whatever the one behind them does. */
static Result<void> check_holds_video(const AVOutputFormat *muxer) {
  const bool sound = muxer->audio_codec != AV_CODEC_ID_NONE;
  const bool subtitles = muxer->subtitle_codec != AV_CODEC_ID_NONE;
  const bool covers = sound && muxer->video_codec == AV_CODEC_ID_PNG;
  if (!covers && (muxer->video_codec != AV_CODEC_ID_NONE || (!sound && !subtitles)))
    return {};
  return FRAMEWISE_FAIL_STREAM(MUX, format("The container `%s` holds no video%s. Choose another by "
                                           "the extension of the location or by container=: "
                                           "Matroska (.mkv) holds nearly everything.",
                                           muxer->name, covers ? " but cover pictures" : ""));
}

static Result<void> check_holds_audio(const AVOutputFormat *muxer) {
  const bool others =
      muxer->video_codec != AV_CODEC_ID_NONE || muxer->subtitle_codec != AV_CODEC_ID_NONE;
  if (muxer->audio_codec != AV_CODEC_ID_NONE || !others)
    return {};
  return FRAMEWISE_FAIL_STREAM(MUX, format("The container `%s` holds no audio. Choose another by "
                                           "the extension of the location or by container=: "
                                           "Matroska (.mkv) holds nearly everything.",
                                           muxer->name));
}

static Result<void> check_holds(const AVOutputFormat *muxer, StreamKind kind) {
  return kind == StreamKind::video ? check_holds_video(muxer) : check_holds_audio(muxer);
}

static Result<const AVCodec *> find_codec(const std::string &name, const std::string &location,
                                          const AVOutputFormat *muxer, StreamKind kind) {
  const bool video = kind == StreamKind::video;
  if (!name.empty())
    return video ? VideoEncoder::find(name) : AudioEncoder::find(name);
  const char *property = video ? "codec=" : "audio-codec=";
  AVCodecID id = av_guess_codec(muxer, nullptr, location.c_str(), nullptr,
                                video ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO);
  if (id == AV_CODEC_ID_NONE)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS,
        format("The container `%s` has no usual %s codec: set %s (`ffmpeg -encoders` lists what "
               "there is).",
               muxer->name, video ? "video" : "audio", property));
  if (const AVCodec *codec = avcodec_find_encoder(id))
    return codec;
  return FRAMEWISE_FAIL_STREAM(
      CODEC_NOT_FOUND, format("This libavcodec has no encoder for %s, the usual codec of container "
                              "`%s`: set %s.",
                              avcodec_get_name(id), muxer->name, property));
}

/* What a muxer writes only in an unofficial way (Matroska most codecs, as in AVI) it writes all the
 * same. */
static Result<void> check_fit(const AVOutputFormat *muxer, const AVCodec *codec, int strictness) {
  if (avformat_query_codec(muxer, codec->id, std::min(strictness, FF_COMPLIANCE_EXPERIMENTAL)) != 0)
    return {}; /* it can, or libavformat does not say */
  const AVCodecID id = codec->type == AVMEDIA_TYPE_VIDEO ? muxer->video_codec : muxer->audio_codec;
  std::string usual;
  if (id != AV_CODEC_ID_NONE)
    usual = format(" Its usual codec is %s.", avcodec_get_name(id));
  return FRAMEWISE_FAIL_STREAM(
      MUX, format("The container `%s` cannot hold %s, which encoder `%s` makes.%s Matroska (.mkv) "
                  "holds nearly everything.",
                  muxer->name, avcodec_get_name(codec->id), codec->name, usual.c_str()));
}

FrameWriter::FrameWriter(FrameWriterSettings settings, OutputTarget target)
    : settings_(std::move(settings)), target_(std::move(target)) {}

constexpr int64_t grace = 5 * G_USEC_PER_SEC;

/* libavformat asks before each piece that it writes, to a disk as well: an encoder that takes its
 * time to finish must not cost the file its end. So only others are hurried, and each time that
 * they are written to anew. */
int FrameWriter::is_interrupted(void *opaque) {
  const auto *writer = static_cast<FrameWriter *>(opaque);
  if (!writer->hurried_at_ || writer->target_.is_local())
    return 0;
  if (writer->cancelled_)
    return 1;
  return g_get_monotonic_time() > std::max<int64_t>(writer->hurried_at_, writer->io_since_) + grace;
}

int FrameWriter::is_hurried(void *writer) {
  return static_cast<FrameWriter *>(writer)->hurried_at_ != 0;
}

/* "default+forced" */
static Result<int> read_disposition(const std::string &names) {
  int flags = 0;
  for (size_t start = 0; start < names.size();) {
    const size_t end = std::min(names.find('+', start), names.size());
    const std::string name = names.substr(start, end - start);
    const int flag = av_disposition_from_string(name.c_str());
    if (flag < 0)
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS, format("There is no disposition `%s`. Those that FFmpeg has are among others "
                           "default, dub, original, comment, forced, hearing_impaired and "
                           "visual_impaired, joined by `+`.",
                           name.c_str()));
    flags |= flag;
    start = end + 1;
  }
  return flags;
}

Result<FrameWriter::Choice> FrameWriter::choose(const StreamOverrides &own) const {
  if (auto holds = check_holds(muxer_->oformat, own.kind); !holds)
    return Failure(holds.error());
  const bool video = own.kind == StreamKind::video;
  Choice choice{nullptr, settings_.video, settings_.audio,
                own.metadata.value_or(settings_.stream_metadata)};
  auto take = [](auto &target, const auto &value) {
    if (value)
      target = *value;
  };
  take(choice.video.pixel_format, own.pixel_format);
  take(choice.video.framerate, own.framerate);
  take(choice.video.max_keyframe_interval, own.max_keyframe_interval);
  take(choice.video.closed_gop, own.closed_gop);
  take(choice.video.options, own.codec_options);
  take(choice.video.thread_count, own.thread_count);
  take(choice.audio.options, own.codec_options);
  take(choice.audio.thread_count, own.thread_count);
  auto disposition = read_disposition(own.disposition.value_or(""));
  if (!disposition)
    return Failure(disposition.error());
  choice.disposition = *disposition;
  auto codec = find_codec(own.codec.value_or(video ? settings_.codec : settings_.audio_codec),
                          settings_.location, muxer_->oformat, own.kind);
  if (!codec)
    return Failure(codec.error());
  auto checked =
      video ? VideoEncoder::check(*codec, choice.video) : AudioEncoder::check(*codec, choice.audio);
  if (!checked)
    return Failure(checked.error());
  if (auto fits = check_fit(muxer_->oformat, *codec, muxer_->strict_std_compliance); !fits)
    return Failure(fits.error());
  choice.codec = *codec;
  return choice;
}

std::vector<AVPixelFormat> FrameWriter::video_formats(const StreamOverrides &own) const {
  auto choice = choose(own);
  return choice ? VideoEncoder::formats(choice->codec, choice->video)
                : std::vector<AVPixelFormat>();
}

std::optional<AudioFormats> FrameWriter::audio_formats(const StreamOverrides &own) const {
  auto choice = choose(own);
  return choice ? std::optional(AudioEncoder::formats(choice->codec)) : std::nullopt;
}

Result<std::unique_ptr<FrameWriter>> FrameWriter::open(FrameWriterSettings settings,
                                                       const std::vector<StreamOverrides> &known) {
  const bool elsewhere = settings.output_stream != nullptr;
  if (!settings.location.empty() && elsewhere)
    return FRAMEWISE_FAIL_LIBRARY(SETTINGS, "Only one of location= and output-stream may be set.");
  if (settings.location.empty() && settings.container.empty())
    return elsewhere
               ? FRAMEWISE_FAIL_LIBRARY(
                     SETTINGS, "With output-stream there is no name to choose a container "
                               "by: set container= (`ffmpeg -muxers` lists what there is).")
               : FRAMEWISE_FAIL_RESOURCE(NOT_FOUND,
                                         "No place to write to: set location= or output-stream, or "
                                         "container= alone for a file in memory.");
  auto muxer = find_muxer(settings);
  if (!muxer)
    return Failure(muxer.error());
  std::vector<StreamOverrides> streams = known;
  if (streams.empty())
    streams.emplace_back().kind = check_holds_video(*muxer) ? StreamKind::video : StreamKind::audio;
  for (const StreamOverrides &own : streams)
    if (auto checked = check_holds(*muxer, own.kind); !checked)
      return Failure(checked.error());
  auto target =
      settings.location.empty()
          ? OutputTarget::into(elsewhere ? ByteSink::of_stream(settings.output_stream.get())
                                         : ByteSink::of_memory(),
                               *muxer)
          : OutputTarget::resolve(settings.location, *muxer);
  if (!target)
    return Failure(target.error());

  std::unique_ptr<FrameWriter> writer(new FrameWriter(std::move(settings), std::move(*target)));
  AVFormatContext *context = nullptr;
  if (int ret =
          avformat_alloc_output_context2(&context, *muxer, nullptr, writer->target_.url().c_str());
      ret < 0)
    return fail_av(ret, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED,
                   format("The container `%s` cannot be set up.", (*muxer)->name));
  writer->muxer_.reset(context);
  context->interrupt_callback = {is_interrupted, writer.get()};
  /* Room for the reordering of MPEG programs, as much as the ffmpeg command line gives. */
  context->max_delay = AV_TIME_BASE * 7 / 10;
  if (auto applied = writer->apply_container_options(); !applied)
    return Failure(applied.error());
  for (const StreamOverrides &own : streams)
    if (auto choice = writer->choose(own); !choice)
      return Failure(choice.error());
  av_dict_copy(&context->metadata, writer->settings_.container_metadata.get(), 0);
  return writer;
}

Result<void> FrameWriter::apply_container_options() {
  Dictionary unknown;
  const AVDictionaryEntry *entry = nullptr;
  const char *name = muxer_->oformat->name;
  while (
      (entry = av_dict_get(settings_.container_options.get(), "", entry, AV_DICT_IGNORE_SUFFIX))) {
    int ret = av_opt_set(muxer_.get(), entry->key, entry->value, AV_OPT_SEARCH_CHILDREN);
    if (ret == AVERROR_OPTION_NOT_FOUND) {
      /* A URL's protocol may sit on others whose options show only when it is opened. Muxers that
       * open their files themselves have no way to hand such on. */
      if (!muxer_opens_files() && (!target_.is_local() || target_.has_option(entry->key)))
        protocol_options_.set(entry->key, entry->value);
      else
        unknown.set(entry->key, entry->value);
    } else if (ret < 0) {
      return fail_av(ret, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                     format("The container `%s` does not take `%s` as value of its option `%s`. "
                            "`ffmpeg -h muxer=%s` tells what it takes.",
                            name, entry->value, entry->key, name));
    }
  }
  if (target_.sink() && muxer_->oformat->priv_class &&
      av_opt_find(muxer_->priv_data, "movflags", nullptr, 0, 0) &&
      av_opt_flag_is_set(muxer_->priv_data, "movflags", "faststart"))
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, "movflags=faststart reads again what was written, so it needs a file: set "
                  "location=, or movflags=+frag_keyframe+empty_moov in its place.");
  if (!unknown.empty())
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, format("The container `%s` has no option %s. `ffmpeg -h muxer=%s` and `ffmpeg -h "
                         "full` list what there is.",
                         name, unknown.quoted_keys().c_str(), name));
  return {};
}

FrameWriter::~FrameWriter() { abort(); }

/* ---- Streams -------------------------------------------------------------------------------- */

/* These muxers store a frame count, not times: a stream's time base is its frame rate to them. */
static bool counts_frames(const AVOutputFormat *muxer) {
  static constexpr std::array names{"avi", "mxf", "mxf_d10", "mxf_opatom", "gxf", "amv"};
  return std::find(names.begin(), names.end(), std::string_view(muxer->name)) != names.end();
}

/* These round to milliseconds. */
static bool counts_milliseconds(const AVOutputFormat *muxer) {
  static constexpr std::array names{"matroska", "webm", "flv", "asf", "asf_stream", "tee"};
  return std::find(names.begin(), names.end(), std::string_view(muxer->name)) != names.end();
}

/* Matroska wants timestamps that are late by the encoder's delay, which readers take off again.
 * Where libavformat's muxer tells of Opus' delay and does not add it, the sound would come too
 * early by that. And where frames are counted, sound that begins before time 0 would shift the
 * pictures by whole ones. */
static bool must_add_delay(const AVOutputFormat *muxer, const AVCodecContext *encoder) {
  const std::string_view name = muxer->name;
  const bool is_matroska = name == "matroska" || name == "webm";
  return counts_frames(muxer) || (!compat::matroska_adds_delay_of_opus && is_matroska &&
                                  encoder->codec_id == AV_CODEC_ID_OPUS);
}

static bool add_stream_side_data(AVStream *stream, const VideoParams &params) {
  FramePtr carrier = new_frame();
  describe_frame(carrier.get(), params);
  auto pass_on = [&](AVFrameSideDataType from, AVPacketSideDataType to) {
    const AVFrameSideData *sd = av_frame_get_side_data(carrier.get(), from);
    return !sd || compat::add_stream_side_data(stream, to, sd->data, sd->size);
  };
  return pass_on(AV_FRAME_DATA_MASTERING_DISPLAY_METADATA,
                 AV_PKT_DATA_MASTERING_DISPLAY_METADATA) &&
         pass_on(AV_FRAME_DATA_CONTENT_LIGHT_LEVEL, AV_PKT_DATA_CONTENT_LIGHT_LEVEL) &&
         pass_on(AV_FRAME_DATA_STEREO3D, AV_PKT_DATA_STEREO3D);
}

ContainerTraits FrameWriter::traits() const {
  ContainerTraits traits;
  /* Those behind tee may want it; those that do not put it into the stream themselves. */
  traits.global_header = muxer_->oformat->flags & AVFMT_GLOBALHEADER ||
                         std::string_view(muxer_->oformat->name) == "tee";
  traits.fixed_rate = counts_frames(muxer_->oformat);
  if (counts_milliseconds(muxer_->oformat))
    traits.tick = {1, 1000};
  return traits;
}

Result<int> FrameWriter::add_video_stream(const VideoParams &params, const StreamTiming &timing,
                                          const StreamOverrides &own) {
  auto choice = choose(own);
  if (!choice)
    return Failure(choice.error());
  choice->video.stream_number = int(streams_.size());
  auto encoder = VideoEncoder::open(choice->codec, choice->video, params, timing, traits());
  if (!encoder)
    return Failure(encoder.error());

  const AVCodecContext *context = encoder->context();
  auto stream = new_stream(context, *choice);
  if (!stream)
    return Failure(stream.error());
  if (!add_stream_side_data(*stream, encoder->encoded()))
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  (*stream)->avg_frame_rate = encoder->encoded().framerate;
  (*stream)->sample_aspect_ratio = context->sample_aspect_ratio;
  streams_.push_back(Stream{std::move(*encoder), std::move(*choice), timing, *stream});
  return int(streams_.size()) - 1;
}

Result<AVStream *> FrameWriter::new_stream(const AVCodecContext *context, const Choice &choice) {
  AVStream *stream = avformat_new_stream(muxer_.get(), nullptr);
  if (!stream || avcodec_parameters_from_context(stream->codecpar, context) < 0 ||
      !compat::copy_encoder_side_data(stream, context))
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  stream->time_base = context->time_base;
  stream->disposition = choice.disposition;
  av_dict_copy(&stream->metadata, choice.metadata.get(), 0);
  return stream;
}

Result<int> FrameWriter::add_audio_stream(const AudioParams &params, int64_t start,
                                          const StreamOverrides &own) {
  auto choice = choose(own);
  if (!choice)
    return Failure(choice.error());
  auto encoder = AudioEncoder::open(choice->codec, choice->audio, params, start, traits());
  if (!encoder)
    return Failure(encoder.error());
  auto stream = new_stream(encoder->context(), *choice);
  if (!stream)
    return Failure(stream.error());
  streams_.push_back(Stream{std::move(*encoder), std::move(*choice), {}, *stream});
  return int(streams_.size()) - 1;
}

StreamKind FrameWriter::kind(int index) const {
  const bool video = std::holds_alternative<VideoEncoder>(streams_[index].encoder);
  return video ? StreamKind::video : StreamKind::audio;
}

int64_t FrameWriter::end(int index) const {
  if (const auto *audio = std::get_if<AudioEncoder>(&streams_[index].encoder))
    return audio->has_begun() ? audio->clock().end() : 0;
  return encoder(index).clock().end();
}

AVRational FrameWriter::time_base(const Stream &stream) const {
  return std::visit([](const auto &encoder) { return encoder.context()->time_base; },
                    stream.encoder);
}

/* Players that must choose take the first of several where nobody says which. */
void FrameWriter::choose_defaults() {
  for (AVMediaType type : {AVMEDIA_TYPE_VIDEO, AVMEDIA_TYPE_AUDIO}) {
    std::vector<AVStream *> same;
    int dispositions = 0;
    for (Stream &stream : streams_)
      if (stream.av->codecpar->codec_type == type) {
        same.push_back(stream.av);
        dispositions |= stream.av->disposition;
      }
    if (same.size() > 1 && dispositions == 0)
      same[0]->disposition = AV_DISPOSITION_DEFAULT;
  }
}

void FrameWriter::describe_container(const Dictionary &metadata) {
  if (header_written_)
    return;
  av_dict_free(&muxer_->metadata);
  av_dict_copy(&muxer_->metadata, metadata.get(), 0);
  av_dict_copy(&muxer_->metadata, settings_.container_metadata.get(), 0);
}

Result<void> FrameWriter::describe_stream(int index, const StreamDescription &description) {
  if (header_written_)
    return {};
  AVStream *stream = streams_[index].av;
  av_dict_free(&stream->metadata);
  av_dict_copy(&stream->metadata, description.metadata.get(), 0);
  av_dict_copy(&stream->metadata, streams_[index].choice.metadata.get(), 0);
  streams_[index].orientation = description.orientation;
  if (description.orientation &&
      !compat::add_stream_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX,
                                    description.orientation->data(), sizeof(DisplayMatrix)))
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  return {};
}

/* Where each picture is a file of its own, or each key picture comes with all that a decoder must
 * know and players expect that to change. */
bool FrameWriter::takes_changes(const Stream &stream) const {
  const std::string_view name = muxer_->oformat->name;
  if (name == "image2")
    return true;
  /* Not MPEG-2: libavcodec's decoder loses the last picture of the old size. */
  const bool in_band =
      stream.choice.codec->id == AV_CODEC_ID_H264 || stream.choice.codec->id == AV_CODEC_ID_HEVC;
  return in_band && (name == "mpegts" || name == "h264" || name == "hevc");
}

Result<bool> FrameWriter::change_video_stream(int index, const VideoParams &params) {
  Stream &stream = streams_[index];
  constexpr int passes = AV_CODEC_FLAG_PASS1 | AV_CODEC_FLAG_PASS2;
  auto &encoder = std::get<VideoEncoder>(stream.encoder);
  if (!takes_changes(stream) || encoder.context()->flags & passes)
    return false;
  const SignalShield shield;
  if (auto sent = encoder.send_end(); !sent)
    return Failure(sent.error());
  if (auto written = write_packets(stream); !written)
    return Failure(written.error());
  auto changed =
      VideoEncoder::open(stream.choice.codec, stream.choice.video, params, stream.timing, traits());
  if (!changed)
    return Failure(changed.error());
  if (av_cmp_q(changed->context()->time_base, encoder.context()->time_base) != 0)
    return FRAMEWISE_FAIL_STREAM(FORMAT, "The encoder would count time in other units.");
  changed->go_on_with(encoder.clock());
  encoder = std::move(*changed);
  return true;
}

Result<void> FrameWriter::change_audio_stream(int index, const AudioParams &params) {
  return std::get<AudioEncoder>(streams_[index].encoder).change_input(params);
}

/* ---- Writing -------------------------------------------------------------------------------- */

/* `pic%03d.png` of `folder/pic.png` */
static std::string pattern_like(const std::filesystem::path &location) {
  return location.stem().string() + "%03d" + location.extension().string();
}

Failure FrameWriter::io_failure(int averror, const char *what) const {
  const char *location = target_.location().c_str();
  if (averror == AVERROR(ENOSPC) || averror == AVERROR(EDQUOT) || averror == AVERROR(EFBIG))
    return fail_av(averror, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
                   format("No space left to write `%s`.", location));
  if (target_.sink() && target_.sink()->does_not_go_back() && averror != AVERROR_EXIT)
    return FRAMEWISE_FAIL_RESOURCE(
        WRITE,
        format("The %s says that it can seek, and does not go back when it is to. Without a "
               "GSeekable, or with one that says no, MP4 is written in fragments, and Matroska and "
               "MPEG-TS go without.",
               location),
        target_.sink()->error());
  /* Muxers give any code for what they do not like; the I/O knows better whether it failed. */
  const bool muxer_refused = averror == AVERROR(EINVAL) || (muxer_->pb && muxer_->pb->error == 0);
  if (muxer_refused) {
    std::string hint = " libav's log, on standard error, tells why.";
    if (averror == AVERROR_EXPERIMENTAL)
      hint = " That is experimental there: container-options=\"o,strict=experimental\" allows it.";
    if (!header_written_ && muxer_->pb && !(muxer_->pb->seekable & AVIO_SEEKABLE_NORMAL))
      hint += " It may be that it needs a place where it can go back, such as a file; Matroska, "
              "MPEG-TS and MP4 do not.";
    if (std::string_view(muxer_->oformat->name) == "image2" && stats_.frames > 0 &&
        !is_picture_pattern(settings_.location))
      hint = format(" For more than one picture it needs a pattern such as `%s`, or "
                    "container-options=\"o,update=1\".",
                    pattern_like(settings_.location).c_str());
    return fail_av(averror, GST_STREAM_ERROR, GST_STREAM_ERROR_MUX,
                   format("The container `%s` refuses %s of `%s`.%s", muxer_->oformat->name, what,
                          location, hint.c_str()));
  }
  if (target_.sink() && !target_.sink()->error().empty() && averror != AVERROR_EXIT)
    return FRAMEWISE_FAIL_RESOURCE(WRITE, format("Cannot write %s to the %s.", what, location),
                                   target_.sink()->error());
  return fail_av(averror, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
                 format("Cannot write %s of `%s`.", what, location));
}

void FrameWriter::remark(const std::string &sentence) {
  remark_ += (remark_.empty() ? "" : " ") + sentence;
}

/* Tried out with libavformat 59: its muxers of the MP4 family write a display matrix, no others.
 * Matroska's demuxer reads one, though. */
static bool may_hold_orientation(const AVFormatContext *muxer, bool is_of_mp4_family) {
  const std::string_view name = muxer->oformat->name;
  const bool is_matroska = name == "matroska" || name == "webm";
  const bool hands_on =
      name == "segment" || name == "stream_segment,ssegment" || name == "tee" || name == "fifo";
  return is_of_mp4_family || hands_on || (is_matroska && compat::matroska_is_turned);
}

void FrameWriter::remark_on_lost_orientation() {
  if (may_hold_orientation(muxer_.get(), is_of_mp4_family()))
    return;
  for (const Stream &stream : streams_)
    if (stream.orientation && std::string_view(orientation_of(*stream.orientation)) != "rotate-0") {
      remark(format("`%s` does not keep the orientation `%s`, so the pictures are shown as they "
                    "are coded. MP4 keeps it; or put a filter before that turns them, such as "
                    "`transpose` or `hflip`.",
                    muxer_->oformat->name, orientation_of(*stream.orientation)));
      return;
    }
}

/* The muxers of the MP4 family end with a table, or go back to the beginning with it, unless they
 * write a piece of it with each piece of the file. */
void FrameWriter::live_without_seeking() {
  if (!is_of_mp4_family() || writes_fragments_by_flag())
    return;
  void *muxer = muxer_->priv_data;
  int64_t duration = 0, size = 0;
  av_opt_get_int(muxer, "frag_duration", 0, &duration);
  av_opt_get_int(muxer, "frag_size", 0, &size);
  const char *flags = duration > 0 || size > 0 ? "+empty_moov+default_base_moof"
                                               : "+frag_keyframe+empty_moov+default_base_moof";
  if (av_opt_set(muxer, "movflags", flags, 0) >= 0)
    remark(format("`%s` cannot be sought in, so `%s` is written in fragments (movflags=%s).",
                  target_.location().c_str(), muxer_->oformat->name, flags));
}

Result<void> FrameWriter::write_header() {
  if (auto opened = target_.open(muxer_.get(), protocol_options_, {is_hurried, this}); !opened) {
    io_failed_ = true;
    return opened;
  }
  if (muxer_->pb && !(muxer_->pb->seekable & AVIO_SEEKABLE_NORMAL))
    live_without_seeking();
  remark_on_lost_orientation();
  choose_defaults();
  place_timecodes();
  place_reference_times();
  if (auto placed = place_early_chapters(); !placed)
    return placed;
  if (auto added = add_covers(); !added)
    return added;
  int ret = avformat_write_header(muxer_.get(), nullptr);
  if (ret < 0) {
    io_failed_ = true;
    return io_failure(ret, "the header");
  }
  header_written_ = true;
  return write_covers();
}

bool FrameWriter::muxer_opens_files() const { return muxer_->oformat->flags & AVFMT_NOFILE; }

void FrameWriter::count(const Stream &stream, bool key_frame, int packet_size) {
  std::lock_guard lock(stats_lock_);
  if (std::holds_alternative<VideoEncoder>(stream.encoder)) {
    stats_.frames++;
    stats_.key_frames += key_frame;
  }
  stats_.bytes = muxer_opens_files() ? stats_.bytes + packet_size : target_.size();
  if (stream.start != AV_NOPTS_VALUE)
    stats_.duration =
        std::max(stats_.duration, ticks_to_ns(stream.end - stream.start, time_base(stream)));
}

/* While frames come: at the end the last ones are held back for nothing. */
void FrameWriter::note_latency(const Stream &stream, int64_t pts) {
  const bool ending =
      std::visit([](const auto &encoder) { return encoder.is_ending(); }, stream.encoder);
  if (pts == AV_NOPTS_VALUE || stream.newest == AV_NOPTS_VALUE || ending)
    return;
  std::lock_guard lock(stats_lock_);
  stats_.latency = std::max(stats_.latency, ticks_to_ns(stream.newest - pts, time_base(stream)));
}

Result<void> FrameWriter::write_packet(Stream &stream, PacketPtr packet) {
  if (!header_written_)
    if (auto written = write_header(); !written)
      return written;
  wrote_packet_ = true;
  note_latency(stream, packet->pts);
  if (packet->pts != AV_NOPTS_VALUE) {
    stream.start =
        stream.start == AV_NOPTS_VALUE ? packet->pts : std::min(stream.start, packet->pts);
    stream.end = std::max(stream.end, packet->pts + packet->duration);
  }
  /* What an encoder of audio makes before the first sample and after the last is not heard. */
  if (const auto *audio = std::get_if<AudioEncoder>(&stream.encoder)) {
    const AVCodecContext *context = audio->context();
    if (must_add_delay(muxer_->oformat, context) && packet->pts != AV_NOPTS_VALUE) {
      packet->pts += context->initial_padding;
      packet->dts += context->initial_padding;
    }
    stream.start = audio->start();
    stream.end = std::min(stream.end, audio->end());
  }
  const bool key_frame = packet->flags & AV_PKT_FLAG_KEY;
  const int size = packet->size;
  packet->stream_index = stream.av->index;
  if (auto added = add_reference_time(stream, packet.get()); !added)
    return added;
  av_packet_rescale_ts(packet.get(), time_base(stream), stream.av->time_base);
  io_since_ = g_get_monotonic_time();
  int ret = av_interleaved_write_frame(muxer_.get(), packet.get());
  if (ret >= 0 && muxer_->pb)
    ret = muxer_->pb->error;
  if (ret < 0) {
    io_failed_ = true;
    return io_failure(ret, "a frame");
  }
  count(stream, key_frame, size);
  return {};
}

Result<void> FrameWriter::write_packets(Stream &stream) {
  if (const auto *audio = std::get_if<AudioEncoder>(&stream.encoder)) {
    stream.newest = audio->end();
    std::lock_guard lock(stats_lock_);
    stats_.samples += audio->end() - audio->start() - stream.counted;
    stream.counted = audio->end() - audio->start();
  }
  for (;;) {
    auto packet = std::visit([](auto &encoder) { return encoder.receive(); }, stream.encoder);
    if (!packet)
      return Failure(packet.error());
    if (!*packet)
      return {};
    if (auto written = write_packet(stream, std::move(*packet)); !written)
      return written;
  }
}

Result<void> FrameWriter::write(int index, FramePtr frame, const FrameTime &time) {
  const SignalShield shield;
  Stream &stream = streams_[index];
  auto &encoder = std::get<VideoEncoder>(stream.encoder);
  took_frame_ = true;
  if (auto sent = encoder.send(std::move(frame), time); !sent)
    return sent;
  stream.newest = encoder.clock().last();
  if (time.reference_time)
    keep_reference_time(stream, *time.reference_time);
  return write_packets(stream);
}

/* In pieces, so that hours of it need no more memory than a second. */
Result<void> FrameWriter::write_silence(Stream &stream, int64_t samples) {
  auto &encoder = std::get<AudioEncoder>(stream.encoder);
  while (samples > 0) {
    const int piece = int(std::min<int64_t>(samples, encoder.input().sample_rate));
    if (auto sent = encoder.send_silence(piece); !sent)
      return sent;
    if (auto written = write_packets(stream); !written)
      return written;
    samples -= piece;
  }
  return {};
}

Result<void> FrameWriter::write_silence_until(int index, int64_t time) {
  const SignalShield shield;
  Stream &stream = streams_[index];
  return write_silence(stream, std::get<AudioEncoder>(stream.encoder).clock().missing_until(time));
}

Result<void> FrameWriter::write_samples(int index, FramePtr frame, const FrameTime &time,
                                        Continuity continuity) {
  const SignalShield shield;
  Stream &stream = streams_[index];
  auto &encoder = std::get<AudioEncoder>(stream.encoder);
  took_frame_ = true;
  const AudioClock::Place place = encoder.clock().place(time, frame->nb_samples, continuity);
  if (place.silence > 0)
    GST_LOG("stream %d: %" G_GINT64_FORMAT " samples of silence", index, place.silence);
  if (auto written = write_silence(stream, place.silence); !written)
    return written;
  if (auto sent = encoder.send(frame.get(), place.cut); !sent)
    return sent;
  return write_packets(stream);
}

Result<void> FrameWriter::send_end(Stream &stream) {
  return std::visit([](auto &encoder) { return encoder.send_end(); }, stream.encoder);
}

Result<void> FrameWriter::flush_encoders() {
  for (Stream &stream : streams_) {
    if (auto sent = send_end(stream); !sent)
      return sent;
    if (auto written = write_packets(stream); !written)
      return written;
  }
  return {};
}

Result<FrameWriterStats> FrameWriter::finish() {
  const SignalShield shield;
  if (auto flushed = flush_encoders(); !flushed)
    return Failure(flushed.error());
  /* The first of two passes may give its statistics and no packet. */
  const auto *first = streams_.empty() ? nullptr : std::get_if<VideoEncoder>(&streams_[0].encoder);
  const bool has_statistics =
      !wrote_packet_ && took_frame_ && first && (first->context()->flags & AV_CODEC_FLAG_PASS1);
  if (!header_written_ && has_statistics)
    if (auto written = write_header(); !written)
      return Failure(written.error());
  if (!header_written_) {
    closed_ = true;
    return FRAMEWISE_FAIL_STREAM(MUX, format("There was no frame to write, so `%s` was not made.",
                                             target_.location().c_str()));
  }
  closed_ = true;
  if (auto placed = place_late_chapters(); !placed)
    return Failure(placed.error());
  io_since_ = g_get_monotonic_time();
  int ret = av_write_trailer(muxer_.get());
  if (ret >= 0 && muxer_->pb) {
    avio_flush(muxer_->pb);
    ret = muxer_->pb->error;
  }
  if (!muxer_opens_files())
    muxer_->pb = nullptr; /* the target closes it */
  if (ret < 0) {
    target_.give_up(OutputTarget::Remains::keep);
    return io_failure(ret, "the end");
  }
  if (auto completed = target_.complete(); !completed) {
    target_.give_up(OutputTarget::Remains::keep);
    return Failure(completed.error());
  }
  std::lock_guard lock(stats_lock_);
  if (!muxer_opens_files())
    stats_.bytes = target_.size();
  return stats_;
}

void FrameWriter::abort() {
  if (closed_ || !muxer_)
    return;
  const SignalShield shield;
  closed_ = true;
  if (!io_failed_)
    if (auto flushed = flush_encoders(); !flushed)
      GST_INFO("while closing after a failure: %s", flushed.error().message.c_str());
  if (auto placed = place_late_chapters(); !placed)
    GST_INFO("while closing after a failure: %s", placed.error().message.c_str());
  io_since_ = g_get_monotonic_time();
  if (header_written_)
    if (int ret = av_write_trailer(muxer_.get()); ret < 0)
      GST_INFO("while closing after a failure: %s", av_error_text(ret).c_str());
  if (!muxer_opens_files())
    muxer_->pb = nullptr;
  target_.give_up(wrote_packet_ ? OutputTarget::Remains::keep : OutputTarget::Remains::remove);
}

FrameWriterStats FrameWriter::stats() const {
  std::lock_guard lock(stats_lock_);
  return stats_;
}

void FrameWriter::hurry() {
  hurried_at_ = g_get_monotonic_time();
  if (target_.sink())
    target_.sink()->hurry(grace);
}

void FrameWriter::cancel() {
  cancelled_ = true;
  hurried_at_ = g_get_monotonic_time();
  if (target_.sink())
    target_.sink()->hurry(0);
}

StructurePtr to_structure(const FrameWriterStats &stats) {
  return StructurePtr(gst_structure_new(
      "container-stats", "frames", G_TYPE_UINT64, guint64(stats.frames), "samples", G_TYPE_UINT64,
      guint64(stats.samples), "bytes", G_TYPE_UINT64, guint64(stats.bytes), "duration",
      G_TYPE_UINT64, guint64(stats.duration), "key-frames", G_TYPE_UINT64,
      guint64(stats.key_frames), "latency", G_TYPE_UINT64, guint64(stats.latency), nullptr));
}

} // namespace framewise
