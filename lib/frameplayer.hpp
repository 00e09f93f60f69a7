/* gst-framewise: frames in the order and within the bounds that were asked for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "frameindexer.hpp"
#include "framereader.hpp"
#include "playrange.hpp"

namespace framewise {

constexpr uint64_t default_cache_size = 256 << 20;

struct PlayerSettings {
  ReaderSettings reader;
  IndexMode index_mode = IndexMode::automatic;
  std::string index_cache;                  /* folder of saved indexes; empty: none */
  uint64_t cache_size = default_cache_size; /* bytes of decoded pictures kept */
  FrameLimits limits;
};

/* For the index of what they play. */
FRAMEWISE_INTERNAL FrameIndex::Request index_request(const PlayerSettings &settings,
                                                     std::function<void(int)> progress);

/* A reader, and the index that is made beside it. Playing forwards from the first frame never waits
 * for the index. Owned and used by one thread at a time, but for index(), which any may call. */
class FRAMEWISE_INTERNAL FramePlayer {
 public:
  using IndexPtr = FrameIndexer::IndexPtr;

  /* `interruption` breaks reading and waiting, and must outlive the player. */
  static Result<std::unique_ptr<FramePlayer>> open(PlayerSettings settings,
                                                   Interruption &interruption);

  const ContainerInput &input() const { return reader_->input(); }
  const FrameReader &reader() const { return *reader_; }

  /* Input that can be read twice can be indexed, and sought. */
  bool can_seek() const { return input().is_seekable(); }
  /* Begins to make the index; both are called from the thread that does so. */
  void start_index(std::function<void(int)> progress, FrameIndexer::Done done);
  /* Null while there is none. */
  IndexPtr index() const { return indexer_ ? indexer_->current() : nullptr; }

  /* Where to go, and how to go on from there. Blocks on nothing: next() goes there. */
  void request(const PlayRequest &wanted);
  const PlayRequest &requested() const { return request_; }
  /* next() has been where the request wants to be. */
  bool is_there() const { return there_; }
  /* What the request means, as far as is known now. */
  std::optional<PlayRange> foresee() const;

  /* The next frame of what was requested; nothing at its end. */
  Result<std::optional<DecodedFrame>> next();
  /* Once after each request where it was found out: its exact bounds. */
  std::optional<PlayBounds> take_bounds();
  /* What is played has exact bounds. */
  bool plays_by_index() const { return range_.has_value(); }
  /* Nothing is left of the stream where the limits begin. */
  bool begins_past_the_end() const { return range_ && range_->begins_past_the_end(); }

 private:
  FramePlayer(PlayerSettings settings, Interruption &interruption)
      : settings_(std::move(settings)), interruption_(interruption) {}

  bool begins_at_first_frame() const;
  bool is_time_enough() const;
  Result<void> go();
  Result<void> go_by_index(IndexPtr index);
  Result<void> go_by_time();
  Result<void> go_to_first();
  Result<std::optional<DecodedFrame>> next_in_run();
  Result<std::optional<DecodedFrame>> next_by_index();
  Result<void> replace_index();
  bool is_before_limits(DecodedFrame &frame) const;
  bool is_past_stop(DecodedFrame &frame) const;

  PlayerSettings settings_;
  Interruption &interruption_;
  std::unique_ptr<FrameReader> reader_;

  PlayRequest request_;
  bool there_ = false;
  bool any_frame_ = false; /* given since the request */
  bool untouched_ = true;  /* the reader is where opening left it */
  std::optional<PlayBounds> bounds_;

  /* Playing by index. */
  std::optional<PlayRange> range_;
  int64_t number_ = PlayRange::none; /* of the frame, or sample, to give next */
  bool index_replaced_ = false;      /* the scan had been wrong: not again */

  /* Last, as its thread ends first. */
  std::unique_ptr<FrameIndexer> indexer_;
};

} // namespace framewise
