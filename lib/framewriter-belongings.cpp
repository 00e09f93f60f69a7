/* gst-framewise: what FrameWriter puts into a file beside its streams: chapters, timecodes,
 * reference times and covers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framewriter.hpp"

#include "framebridge.hpp"
#include "streamtimecode.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace framewise {

void FrameWriter::describe_chapters(std::vector<Chapter> chapters) {
  if (!header_written_)
    chapters_ = std::move(chapters);
}

void FrameWriter::describe_covers(std::vector<CoverPicture> covers) {
  if (!header_written_)
    covers_ = std::move(covers);
}

bool FrameWriter::keeps_tags_of_streams() const {
  static constexpr std::array names{"matroska", "webm", "nut", "ogg", "ogv",
                                    "oga",      "opus", "spx", "avi"};
  return std::find(names.begin(), names.end(), std::string_view(muxer_->oformat->name)) !=
         names.end();
}

bool FrameWriter::is_of_mp4_family() const {
  return muxer_->oformat->priv_class && av_opt_find(muxer_->priv_data, "movflags", nullptr, 0, 0);
}

bool FrameWriter::writes_fragments_by_flag() const {
  void *muxer = muxer_->priv_data;
  for (const char *flag :
       {"frag_keyframe", "frag_every_frame", "frag_custom", "empty_moov", "dash", "cmaf", "isml"})
    if (av_opt_flag_is_set(muxer, "movflags", flag))
      return true;
  return false;
}

bool FrameWriter::writes_fragments() const {
  void *muxer = muxer_->priv_data;
  int64_t duration = 0, size = 0;
  av_opt_get_int(muxer, "frag_duration", 0, &duration);
  av_opt_get_int(muxer, "frag_size", 0, &size);
  return duration > 0 || size > 0 || writes_fragments_by_flag();
}

/* ---- Chapters ------------------------------------------------------------------------------- */

static bool is_of_ogg_family(const AVFormatContext *muxer) {
  static constexpr std::array names{"ogg", "ogv", "oga", "opus", "spx"};
  return std::find(names.begin(), names.end(), std::string_view(muxer->oformat->name)) !=
         names.end();
}

/* What libavformat's muxers write of chapters was tried out. */
static bool may_hold_chapters(const AVFormatContext *muxer) {
  static constexpr std::array names{"matroska", "webm", "nut", "mp3", "asf", "asf_stream"};
  return std::find(names.begin(), names.end(), std::string_view(muxer->oformat->name)) !=
         names.end();
}

/* In Ogg and FLAC they are entries among the tags. libavformat reads all of them, and itself writes
 * only those of two codecs, with the seconds rounded up. */
static void set_as_entries(AVDictionary **metadata, const std::vector<Chapter> &chapters) {
  for (size_t i = 0; i < chapters.size() && i < 1000; i++) {
    const int64_t ms = chapters[i].start / 1000000;
    const std::string key = format("CHAPTER%03zu", i);
    const std::string time = format("%02d:%02d:%02d.%03d", int(ms / 3600000), int(ms / 60000 % 60),
                                    int(ms / 1000 % 60), int(ms % 1000));
    av_dict_set(metadata, key.c_str(), time.c_str(), 0);
    if (const AVDictionaryEntry *title =
            av_dict_get(chapters[i].metadata.get(), "title", nullptr, 0))
      av_dict_set(metadata, (key + "NAME").c_str(), title->value, 0);
  }
}

/* In MP4 they are a track, and one that goes on behind the others would make the file longer. The
 * muxer writes it at the end, too: by then the end is known. */
bool FrameWriter::chapters_wait_for_the_end() const {
  return is_of_mp4_family() && !writes_fragments();
}

Result<void> FrameWriter::place_chapters(std::vector<Chapter> chapters) {
  if (chapters.empty())
    return {};
  if (is_of_ogg_family(muxer_.get())) {
    set_as_entries(&streams_[0].av->metadata, chapters);
    return {};
  }
  if (std::string_view(muxer_->oformat->name) == "flac") {
    set_as_entries(&muxer_->metadata, chapters);
    return {};
  }
  if (!is_of_mp4_family() && !may_hold_chapters(muxer_.get())) {
    remark(format(
        "`%s` keeps no chapters, so the file has none. Matroska, MP4, Ogg, FLAC, MP3 and NUT do.",
        muxer_->oformat->name));
    return {};
  }
  if (!set_chapters(muxer_.get(), chapters))
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  return {};
}

Result<void> FrameWriter::place_early_chapters() {
  return chapters_wait_for_the_end() ? Result<void>() : place_chapters(chapters_);
}

Result<void> FrameWriter::place_late_chapters() {
  if (!header_written_ || !chapters_wait_for_the_end())
    return {};
  int64_t last = 0;
  for (size_t i = 0; i < streams_.size(); i++)
    last = std::max(last, end(int(i)));
  return place_chapters(cut_at(chapters_, last));
}

/* ---- Timecodes ------------------------------------------------------------------------------ */

/* Those that count by it, from what is said of the stream or, before that, of the file. One that
 * they cannot count by MXF refuses, and MP4 leaves out. */
bool FrameWriter::counts_timecodes() const {
  static constexpr std::array names{"mxf", "mxf_d10", "mxf_opatom", "gxf", "dv"};
  return is_of_mp4_family() || std::find(names.begin(), names.end(),
                                         std::string_view(muxer_->oformat->name)) != names.end();
}

/* That of the first frame, unless the settings say another. What tags say is older: of a stream
 * that may have begun elsewhere, or gone by another rate. AVI has a place for that of a file only.
 */
void FrameWriter::place_timecodes() {
  bool has_lost = false;
  auto check = [&](AVDictionary **metadata, AVRational rate) {
    const AVDictionaryEntry *entry = av_dict_get(*metadata, "timecode", nullptr, 0);
    if (entry && counts_timecodes() && !is_timecode(entry->value, rate)) {
      has_lost = true;
      av_dict_set(metadata, "timecode", nullptr, 0);
    }
  };
  AVRational rate{0, 1};
  bool any_video = false;
  std::string of_file;
  for (Stream &stream : streams_) {
    const std::string &timecode = stream.timing.timecode;
    if (!timecode.empty() && !av_dict_get(stream.choice.metadata.get(), "timecode", nullptr, 0)) {
      av_dict_set(&stream.av->metadata, "timecode", timecode.c_str(), 0);
      if (of_file.empty())
        of_file = timecode;
    }
    if (stream.av->codecpar->codec_type == AVMEDIA_TYPE_VIDEO) {
      any_video = true;
      rate = stream.av->avg_frame_rate;
      check(&stream.av->metadata, rate);
    }
  }
  const bool is_kept_of_file =
      counts_timecodes() || std::string_view(muxer_->oformat->name) == "avi";
  const bool is_said_of_file = av_dict_get(muxer_->metadata, "timecode", nullptr, 0);
  if (!of_file.empty() && (is_kept_of_file || is_said_of_file) &&
      !av_dict_get(settings_.container_metadata.get(), "timecode", nullptr, 0))
    av_dict_set(&muxer_->metadata, "timecode", of_file.c_str(), 0);
  if (any_video)
    check(&muxer_->metadata, rate);
  if (has_lost)
    remark(format("`%s` counts timecodes by a constant frame rate, and what is given here as "
                  "timecode is none at %d/%d frames a second, so it is left out.",
                  muxer_->oformat->name, rate.num, rate.den));
}

/* ---- Reference times ------------------------------------------------------------------------ */

/* RTP's senders tell of their clock from the beginning of the stream on. Fragments of MP4 have a
 * box for it (`prft`), which is written where that is asked for: here it is the frames that do. */
void FrameWriter::place_reference_times() {
  for (const Stream &stream : streams_) {
    if (stream.reference_times.empty())
      continue;
    const auto &[pts, reference] = *stream.reference_times.begin();
    constexpr int64_t ns_per_us = 1000;
    const int64_t realtime = (reference - ticks_to_ns(pts, time_base(stream))) / ns_per_us;
    const std::string_view name = muxer_->oformat->name;
    const bool is_rtp = name == "rtp" || name == "rtsp" || name == "sap";
    if (is_rtp && realtime > 0 && muxer_->start_time_realtime == AV_NOPTS_VALUE)
      muxer_->start_time_realtime = realtime;
    /* The box is about the first track; of another one without times it would say that of writing.
     */
    const bool is_first = stream.av->index == 0;
    int64_t asked = 0;
    if (is_first && is_of_mp4_family() && writes_fragments() &&
        av_opt_get_int(muxer_->priv_data, "write_prft", 0, &asked) >= 0 && asked == 0)
      av_opt_set(muxer_->priv_data, "write_prft", "wallclock", 0);
    return;
  }
}

void FrameWriter::keep_reference_time(Stream &stream, int64_t reference) {
  constexpr size_t most = 1024; /* no encoder holds so many back: those are of frames it dropped */
  stream.reference_times[stream.newest] = reference;
  if (stream.reference_times.size() > most)
    stream.reference_times.erase(stream.reference_times.begin());
}

Result<void> FrameWriter::add_reference_time(Stream &stream, AVPacket *packet) {
  const auto told = stream.reference_times.find(packet->pts);
  if (told == stream.reference_times.end())
    return {};
  constexpr int64_t ns_per_us = 1000;
  constexpr int time_of_capture = 24; /* ISO/IEC 14496-12, ProducerReferenceTimeBox */
  AVProducerReferenceTime reference{};
  reference.wallclock = told->second / ns_per_us;
  reference.flags = time_of_capture;
  stream.reference_times.erase(told);
  uint8_t *data = av_packet_new_side_data(packet, AV_PKT_DATA_PRFT, sizeof reference);
  if (!data)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  memcpy(data, &reference, sizeof reference);
  return {};
}

/* ---- Covers --------------------------------------------------------------------------------- */

Result<void> FrameWriter::add_covers() {
  std::vector<CoverPicture> placed;
  bool has_entry = false;
  for (CoverPicture &cover : covers_) {
    CoverPlace place = cover_place(muxer_.get(), cover.codec);
    /* The header of fragments is complete before a picture could get into it. */
    if (place == CoverPlace::stream && is_of_mp4_family() && writes_fragments())
      place = CoverPlace::none;
    if (place == CoverPlace::none || !find_size(cover)) {
      remark(format("`%s` cannot hold a picture of type %s beside its streams, so it is left out. "
                    "MP4, M4A, MP3, FLAC, Ogg and Matroska hold those that are JPEG or PNG.",
                    muxer_->oformat->name, avcodec_get_name(cover.codec)));
      continue;
    }
    if (place == CoverPlace::entry && std::exchange(has_entry, true)) {
      remark("Of the pictures the first one is kept: libavformat writes only one into Ogg.");
      break;
    }
    if (place == CoverPlace::entry) {
      add_cover_entry(&streams_[0].av->metadata, cover);
      continue;
    }
    auto stream = add_cover_stream(muxer_.get(), place, cover);
    if (!stream)
      return Failure(stream.error());
    if (place == CoverPlace::stream) {
      cover_streams_.push_back(*stream);
      placed.push_back(std::move(cover));
    }
  }
  covers_ = std::move(placed);
  return {};
}

/* Before all others: some muxers hold back what comes until they have them. */
Result<void> FrameWriter::write_covers() {
  for (size_t i = 0; i < covers_.size(); i++) {
    auto packet = cover_packet(cover_streams_[i], covers_[i]);
    if (!packet)
      return Failure(packet.error());
    if (int ret = av_interleaved_write_frame(muxer_.get(), packet->get()); ret < 0) {
      io_failed_ = true;
      return io_failure(ret, "a cover picture");
    }
  }
  covers_.clear();
  return {};
}

} // namespace framewise
