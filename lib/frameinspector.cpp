/* gst-framewise: what the container and decoder tell of any frame, beside whoever plays them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frameinspector.hpp"

#include "framemeta.h"
#include "framemeta.hpp"

#include <algorithm>
#include <utility>

namespace framewise {

/* Whoever plays has a cache of the full size. */
constexpr uint64_t cache_for_neighbours = 64 << 20;

Result<std::unique_ptr<FrameInspector>> FrameInspector::open(PlayerSettings settings,
                                                             Interruption &interruption) {
  std::unique_ptr<FrameInspector> self(new FrameInspector(std::move(settings), interruption));
  auto reader = FrameReader::open(self->settings_.reader, interruption);
  if (!reader)
    return Failure(reader.error());
  self->reader_ = std::move(*reader);
  const std::string &location = self->settings_.reader.input.location;
  if (self->reader_->input().is_audio())
    return FRAMEWISE_FAIL_STREAM(
        WRONG_TYPE, format("Stream `%s` of `%s` is audio, and it is frames of video that are told "
                           "of.",
                           self->settings_.reader.input.stream.c_str(), location.c_str()));
  if (!self->reader_->input().is_seekable())
    return FRAMEWISE_FAIL_RESOURCE(
        SEEK, format("`%s` cannot be read twice: what goes by has the metadata of a frame, as a "
                     "meta of its buffer.",
                     location.c_str()));
  self->reader_->set_cache_size(std::min(self->settings_.cache_size, cache_for_neighbours));
  return self;
}

Result<void> FrameInspector::use(IndexPtr index) {
  if (index_replaced_ || (index_ && !index))
    return {};
  if (!index) {
    auto made = FrameIndex::build(index_request(settings_, nullptr), interruption_);
    if (!made)
      return Failure(made.error());
    index = std::move(*made);
  }
  if (index != index_) {
    index_ = std::move(index);
    reader_->use_index(index_);
  }
  return {};
}

Result<DecodedFrame> FrameInspector::read(int64_t frame) {
  auto read = reader_->read(frame);
  const bool cancelled = !read && read.error().is_cancelled();
  if (cancelled || !reader_->index_is_disproved() || std::exchange(index_replaced_, true))
    return read;
  auto request = index_request(settings_, nullptr);
  request.trust_scan = false;
  auto made = FrameIndex::build(request, interruption_);
  if (!made)
    return Failure(made.error());
  index_ = std::move(*made);
  reader_->use_index(index_);
  return reader_->read(frame);
}

Result<StructurePtr> FrameInspector::frame_metadata(int64_t number, IndexPtr index) {
  if (auto used = use(std::move(index)); !used)
    return Failure(used.error());
  const int64_t n_frames = index_->n_frames();
  const int64_t wanted = number < 0 ? n_frames + number : number;
  if (wanted < 0 || !index_->holds(wanted))
    return FRAMEWISE_FAIL_STREAM(
        FAILED, format("`%s` has no frame %" G_GINT64_FORMAT ": it has %" G_GINT64_FORMAT ".",
                       settings_.reader.input.location.c_str(), number, n_frames));
  auto frame = read(wanted);
  if (!frame)
    return Failure(frame.error());
  BufferPtr carrier(gst_buffer_new());
  add_frame_meta(carrier.get(), {frame->picture.get(), frame->number, frame->pts,
                                 reader_->input().stream()->time_base});
  return StructurePtr(gst_structure_copy(gst_framewise_buffer_get_frame_meta(carrier.get())));
}

} // namespace framewise
