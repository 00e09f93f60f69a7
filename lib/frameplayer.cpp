/* gst-framewise: frames in the order and within the bounds that were asked for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frameplayer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

GST_DEBUG_CATEGORY_STATIC(player_debug);
#define GST_CAT_DEFAULT player_debug

namespace framewise {

Result<std::unique_ptr<FramePlayer>> FramePlayer::open(PlayerSettings settings,
                                                       Interruption &interruption) {
  static const bool registered = [] {
    GST_DEBUG_CATEGORY_INIT(player_debug, "framewiseplayer", 0, "frame player");
    return true;
  }();
  (void)registered;
  std::unique_ptr<FramePlayer> player(new FramePlayer(std::move(settings), interruption));
  auto reader = FrameReader::open(player->settings_.reader, interruption);
  if (!reader)
    return Failure(reader.error());
  player->reader_ = std::move(*reader);
  player->reader_->set_cache_size(player->settings_.cache_size);
  const FrameLimits &limits = player->settings_.limits;
  if ((limits.begin < 0 || limits.end < 0) && !player->can_seek())
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, "A start-frame or stop-frame that counts from the end needs input that can be "
                  "read twice, and this cannot.");
  return player;
}

FrameIndex::Request index_request(const PlayerSettings &settings,
                                  std::function<void(int)> progress) {
  FrameIndex::Request request;
  request.reader = settings.reader;
  request.mode = settings.index_mode;
  request.cache_folder = settings.index_cache;
  request.progress = std::move(progress);
  return request;
}

void FramePlayer::start_index(std::function<void(int)> progress, FrameIndexer::Done done) {
  indexer_ = std::make_unique<FrameIndexer>(index_request(settings_, std::move(progress)),
                                            std::move(done));
}

void FramePlayer::request(const PlayRequest &wanted) {
  request_ = wanted;
  there_ = false;
  any_frame_ = false;
  bounds_.reset();
}

std::optional<PlayRange> FramePlayer::foresee() const {
  IndexPtr known = index();
  if (!known)
    return std::nullopt;
  auto range = PlayRange::resolve(request_, settings_.limits, *known);
  return range ? std::optional(*range) : std::nullopt;
}

std::optional<PlayBounds> FramePlayer::take_bounds() { return std::exchange(bounds_, {}); }

/* ---- Going there ------------------------------------------------------------------------------
 */

/* Forwards from there, counting is enough. */
bool FramePlayer::begins_at_first_frame() const {
  const PlayBound &start = request_.start;
  const bool at_start = start.kind == PlayBound::Kind::open ||
                        (start.kind == PlayBound::Kind::time && start.value <= 0) ||
                        (start.kind == PlayBound::Kind::frame && start.value == 0);
  const bool stops_by_counting = request_.stop.kind == PlayBound::Kind::open ||
                                 request_.stop.kind == PlayBound::Kind::time ||
                                 request_.stop.kind == PlayBound::Kind::frame;
  const bool may_snap_elsewhere = request_.snap == KeySnap::after;
  return !request_.is_backwards() && !request_.key_frames_only && !may_snap_elsewhere &&
         !request_.position && at_start && stops_by_counting && settings_.limits.begin == 0 &&
         settings_.limits.end >= 0;
}

/* Frames can be had by their time, without numbers. */
bool FramePlayer::is_time_enough() const {
  const bool stops_by_time =
      request_.stop.kind == PlayBound::Kind::open || request_.stop.kind == PlayBound::Kind::time;
  return !request_.is_backwards() && !request_.accurate && stops_by_time &&
         (request_.position || request_.start.kind == PlayBound::Kind::time) &&
         settings_.limits.is_everything() && !reader_->index();
}

static bool is_local(const std::string &location) {
  CString scheme(gst_uri_get_protocol(location.c_str()));
  return !scheme || !strcmp(scheme.get(), "file");
}

Result<void> FramePlayer::go() {
  range_.reset();
  if (!indexer_ || (begins_at_first_frame() && !reader_->index()))
    return go_to_first();
  if (!indexer_->current() && is_time_enough() && !is_local(settings_.reader.input.location))
    return go_by_time();
  auto index = indexer_->wait(interruption_);
  if (index)
    return go_by_index(*index);
  if (!index.error().is_cancelled() && is_time_enough())
    return go_by_time();
  return Failure(index.error());
}

Result<void> FramePlayer::go_to_first() {
  if (!untouched_)
    if (auto restarted = reader_->seek_to_start(); !restarted)
      return restarted;
  untouched_ = true;
  return {};
}

Result<void> FramePlayer::go_by_time() {
  untouched_ = false;
  return reader_->seek_to_time(request_.position.value_or(request_.start.value));
}

Result<void> FramePlayer::go_by_index(IndexPtr index) {
  auto range = PlayRange::resolve(request_, settings_.limits, *index);
  if (!range)
    return Failure(range.error());
  untouched_ = false;
  if (reader_->index() != index.get())
    reader_->use_index(index);
  range_ = *range;
  number_ = range_->first();
  bounds_ = range_->bounds();
  GST_DEBUG("from frame %" G_GINT64_FORMAT ", segment %" GST_TIME_FORMAT " - %" GST_TIME_FORMAT,
            number_, GST_TIME_ARGS(bounds_->start), GST_TIME_ARGS(bounds_->stop));
  return {};
}

/* ---- Going on ---------------------------------------------------------------------------------
 */

Result<std::optional<DecodedFrame>> FramePlayer::next() {
  if (!there_) {
    if (auto gone = go(); !gone)
      return Failure(gone.error());
    there_ = true;
  }
  auto frame = range_ ? next_by_index() : next_in_run();
  if (frame && *frame)
    any_frame_ = true;
  return frame;
}

/* Of audio, what is before the limits is cut off. */
bool FramePlayer::is_before_limits(DecodedFrame &frame) const {
  if (frame.number < 0 || frame.number >= settings_.limits.begin)
    return false;
  const int64_t before = settings_.limits.begin - frame.number;
  if (!frame.is_audio() || before >= frame.n_samples)
    return true;
  frame.cut_samples(int(before), frame.n_samples - int(before));
  return false;
}

/* Of audio, what is past the stop is cut off. */
bool FramePlayer::is_past_stop(DecodedFrame &frame) const {
  constexpr int64_t ns_per_second = 1000000000;
  const PlayBound &stop = request_.stop;
  int64_t left = std::numeric_limits<int64_t>::max(); /* of what is counted */
  if (frame.number >= 0) {
    left = settings_.limits.end - frame.number;
    if (stop.kind == PlayBound::Kind::frame)
      left = std::min(left, stop.value - frame.number);
  }
  if (stop.kind == PlayBound::Kind::time && !frame.is_audio() && frame.time >= stop.value)
    left = 0;
  else if (stop.kind == PlayBound::Kind::time && frame.is_audio())
    left = std::min(left, av_rescale_rnd(stop.value - frame.time, frame.audio.sample_rate,
                                         ns_per_second, AV_ROUND_UP));
  if (left <= 0)
    return true;
  if (frame.is_audio() && left < frame.n_samples)
    frame.cut_samples(0, int(left));
  return false;
}

Result<std::optional<DecodedFrame>> FramePlayer::next_in_run() {
  untouched_ = false;
  for (;;) {
    auto frame = reader_->next();
    if (!frame || !*frame)
      return frame;
    if (is_before_limits(**frame))
      continue;
    if (is_past_stop(**frame))
      return std::nullopt;
    const bool starts_with_frame =
        settings_.limits.begin > 0 || request_.start.kind == PlayBound::Kind::frame;
    if (starts_with_frame && !any_frame_) {
      const int64_t start = std::max<int64_t>((*frame)->time, 0);
      const PlayBound &stop = request_.stop;
      const bool stops_by_time = stop.kind == PlayBound::Kind::time;
      bounds_ = PlayBounds{start, stops_by_time ? stop.value : PlayBounds::open, start};
    }
    return frame;
  }
}

/* A new one, by other means; the numbers given so far are in doubt, those to come are not. */
Result<void> FramePlayer::replace_index() {
  if (!index_replaced_) {
    index_replaced_ = true;
    indexer_->rebuild();
  }
  auto index = indexer_->wait(interruption_);
  if (!index)
    return Failure(index.error());
  if (!any_frame_)
    return go_by_index(*index);
  auto range = PlayRange::resolve(request_, settings_.limits, **index);
  if (!range)
    return Failure(range.error());
  reader_->use_index(*index);
  range_ = *range;
  return {};
}

Result<std::optional<DecodedFrame>> FramePlayer::next_by_index() {
  for (;;) {
    const bool is_outdated =
        reader_->index_is_disproved() && (!index_replaced_ || reader_->index() != index().get());
    if (is_outdated)
      if (auto replaced = replace_index(); !replaced)
        return Failure(replaced.error());
    const FrameIndex &table = *reader_->index();
    if (number_ == PlayRange::none || !table.holds_unit(number_))
      return std::nullopt;
    const PlayRange::Piece piece = range_->piece_at(number_, table);
    reader_->expect(piece.next == PlayRange::none || !table.holds_unit(piece.next)
                        ? -1
                        : table.frame_of(piece.next));
    auto frame = reader_->read(piece.frame);
    if (!frame && frame.error().is_cancelled())
      return Failure(frame.error());
    if (reader_->index_is_disproved() && !index_replaced_) {
      GST_INFO("the index is wrong at frame %" G_GINT64_FORMAT, number_);
      continue;
    }
    if (!frame)
      return Failure(frame.error());
    if (frame->is_audio())
      frame->cut_samples(piece.first, piece.count);
    number_ = piece.next;
    return std::optional(std::move(*frame));
  }
}

} // namespace framewise
