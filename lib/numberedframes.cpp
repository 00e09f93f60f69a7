/* gst-framewise: the frames of a stream by number, and the index that is made beside the reading.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "numberedframes.hpp"

#include <algorithm>
#include <utility>

GST_DEBUG_CATEGORY_STATIC(frames_debug);
#define GST_CAT_DEFAULT frames_debug

namespace framewise {

using IndexPtr = FrameIndexer::IndexPtr;

Result<std::unique_ptr<NumberedFrames>> NumberedFrames::open(PlayerSettings settings,
                                                             Interruption &interruption) {
  static const bool registered = [] {
    GST_DEBUG_CATEGORY_INIT(frames_debug, "framewiseframes", 0, "frames by number");
    return true;
  }();
  (void)registered;
  std::unique_ptr<NumberedFrames> self(new NumberedFrames(std::move(settings), interruption));
  self->name_ = self->settings_.reader.input.location;
  auto reader = FrameReader::open(self->settings_.reader, interruption);
  if (!reader)
    return Failure(reader.error());
  self->reader_ = std::move(*reader);
  if (self->input().is_audio())
    return FRAMEWISE_FAIL_STREAM(
        WRONG_TYPE, format("Stream `%s` of `%s` is audio, and frames are read by number of video "
                           "only. `containersrc` plays audio.",
                           self->settings_.reader.input.stream.c_str(), self->name_.c_str()));
  self->reader_->set_cache_size(self->settings_.cache_size);
  return self;
}

void NumberedFrames::start_index(std::function<void(int)> progress, FrameIndexer::Done done) {
  if (!can_seek())
    return;
  indexer_ = std::make_unique<FrameIndexer>(index_request(settings_, std::move(progress)),
                                            std::move(done));
}

/* ---- Which frames there are -------------------------------------------------------------------
 */

Result<IndexPtr> NumberedFrames::wait_for_index() {
  if (!indexer_)
    return FRAMEWISE_FAIL_RESOURCE(
        SEEK, format("`%s` cannot be read twice: how many frames it has is not known before all "
                     "of them are read.",
                     name_.c_str()));
  return indexer_->wait(interruption_);
}

/* In numbers of the stream. */
Result<NumberedFrames::Limits> NumberedFrames::limits() {
  const FrameLimits &wanted = settings_.limits;
  if (wanted.begin >= 0 && wanted.end >= 0)
    return Limits{wanted.begin, wanted.end};
  auto index = wait_for_index();
  if (!index)
    return Failure(index.error());
  const int64_t n = (*index)->n_frames();
  auto from_start = [n](int64_t number) {
    return number < 0 ? std::max<int64_t>(n + number, 0) : number;
  };
  return Limits{from_start(wanted.begin), from_start(wanted.end)};
}

/* One that is enough to tell whether there is such a frame. */
Result<IndexPtr> NumberedFrames::index_for(int64_t frame) {
  if (!indexer_)
    return wait_for_index();
  auto index = indexer_->wait_for(frame, interruption_);
  if (index && reader_->index() != index->get())
    reader_->use_index(*index);
  return index;
}

Result<bool> NumberedFrames::holds(int64_t number) {
  auto within = limits();
  if (!within)
    return Failure(within.error());
  if (number < 0 || number >= within->end - within->begin)
    return false;
  const int64_t frame = within->begin + number;
  if (!can_seek())
    return advance_to(frame);
  auto index = index_for(frame);
  if (!index)
    return Failure(index.error());
  return (*index)->holds(frame);
}

Result<int64_t> NumberedFrames::n_frames() {
  auto index = wait_for_index();
  if (!index)
    return Failure(index.error());
  auto within = limits();
  if (!within)
    return Failure(within.error());
  return std::max<int64_t>(std::min(within->end, (*index)->n_frames()) - within->begin, 0);
}

/* A reader says of a stream what its frames so far have in common; here each speaks for itself, in
 * whatever order they are read. */
static void describe_interlacing(DecodedFrame &frame) {
  const AVFrame *picture = frame.picture.get();
  const bool interlaced = compat::is_interlaced(picture);
  frame.params.interlace_mode =
      interlaced ? GST_VIDEO_INTERLACE_MODE_INTERLEAVED : GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  frame.params.field_order = !interlaced ? GST_VIDEO_FIELD_ORDER_UNKNOWN
                             : compat::is_top_field_first(picture)
                                 ? GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST
                                 : GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
}

/* ---- Reading ----------------------------------------------------------------------------------
 */

/* Of input that is read once: false where it ends before that frame. */
Result<bool> NumberedFrames::advance_to(int64_t frame) {
  if (frame < n_given_ - 1)
    return FRAMEWISE_FAIL_RESOURCE(
        SEEK, format("`%s` cannot be read twice, and its frame %" G_GINT64_FORMAT " is gone.",
                     name_.c_str(), frame));
  while (!ended_ && n_given_ <= frame) {
    auto next = reader_->next();
    if (!next)
      return Failure(next.error());
    if (!*next) {
      ended_ = true;
      break;
    }
    latest_ = std::move(**next);
    describe_interlacing(*latest_);
    n_given_++;
  }
  return n_given_ > frame;
}

Result<DecodedFrame> NumberedFrames::read_by_index(int64_t frame, int64_t then) {
  for (;;) {
    auto index = index_for(frame);
    if (!index)
      return Failure(index.error());
    if (!(*index)->holds(frame))
      return FRAMEWISE_FAIL_STREAM(DECODE, format("`%s` has no frame %" G_GINT64_FORMAT
                                                  ", as was found out on the way.",
                                                  name_.c_str(), frame));
    reader_->expect(then);
    auto read = reader_->read(frame);
    const bool cancelled = !read && read.error().is_cancelled();
    if (cancelled || !reader_->index_is_disproved() || index_replaced_) {
      if (read)
        describe_interlacing(*read);
      return read;
    }
    GST_INFO("the index is wrong at frame %" G_GINT64_FORMAT, frame);
    index_replaced_ = true;
    indexer_->rebuild();
  }
}

Result<DecodedFrame> NumberedFrames::read(int64_t number) {
  auto within = limits();
  if (!within)
    return Failure(within.error());
  const int64_t frame = within->begin + number;
  const int64_t expected = std::exchange(expected_, -1);
  if (can_seek())
    return read_by_index(frame, expected < 0 ? -1 : within->begin + expected);
  auto there = advance_to(frame);
  if (!there)
    return Failure(there.error());
  if (!*there)
    return FRAMEWISE_FAIL_STREAM(DECODE, format("`%s` has ended.", name_.c_str()));
  DecodedFrame copy = {nullptr,       latest_->number,   latest_->pts,
                       latest_->time, latest_->duration, latest_->params};
  copy.picture = clone_frame(latest_->picture.get());
  if (!copy.picture)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  return copy;
}

} // namespace framewise
