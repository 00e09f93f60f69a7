/* gst-framewise: what FrameWriter puts into a file beside its streams: chapters and covers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framewriter.hpp"

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
