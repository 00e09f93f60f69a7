/* gst-framewise: which frames a seek asks for, and where its segment begins and ends.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is said of frames here goes for samples where the index is one of audio: see "units" there.
 *
 * Pure: a request and an index in, numbers and times out. No file, no decoder, no element.
 */
#pragma once

#include "frameindex.hpp"

#include <optional>

namespace framewise {

/* One end of what is to be played, as it was asked for. */
struct PlayBound {
  enum class Kind {
    open,          /* that of the stream */
    time,          /* `value` ns of stream time */
    time_from_end, /* `value` ns, not above 0, from the end of the stream */
    frame,         /* frame `value`, not below 0 */
    from_end,      /* `value` frames, not above 0, from the end of the stream */
  };
  Kind kind = Kind::open;
  int64_t value = 0;
};

enum class KeySnap { none, before, after, nearest };

struct PlayRequest {
  double rate = 1.0; /* below 0: backwards; otherwise its size is no matter here */
  PlayBound start;
  PlayBound stop; /* exclusive */
  /* Stream time at which to go on, where that is not the end at which such a rate begins. */
  std::optional<int64_t> position;
  KeySnap snap = KeySnap::none; /* begin with a key frame */
  bool key_frames_only = false;
  bool accurate = false; /* time must be told from the index, whatever that costs */

  bool is_backwards() const { return rate < 0; }
};

/* A half-open range of frames; a negative number counts from the end. */
struct FrameLimits {
  int64_t begin = 0;
  int64_t end = std::numeric_limits<int64_t>::max();

  bool is_everything() const { return begin == 0 && end == FrameLimits{}.end; }
};

/* The segment, in ns of stream time. */
struct PlayBounds {
  static constexpr int64_t open = -1;
  int64_t start = 0;
  int64_t stop = open;
  int64_t position = 0;
};

class FRAMEWISE_INTERNAL PlayRange {
 public:
  static constexpr int64_t none = -1;

  /* What `request` means within `limits`. A start that names a frame which the stream has not is an
   * error; all else is brought into the limits, and may leave nothing. */
  static Result<PlayRange> resolve(const PlayRequest &request, const FrameLimits &limits,
                                   const FrameIndex &index);

  /* In the order of playing; none where there is nothing to play. */
  int64_t first() const { return first_; }
  /* The frame after `number`; none at the end. Of video. */
  int64_t after(int64_t number, const FrameIndex &index) const;
  /* What is given at once: a frame of video; of audio what lies within the range of the decoded
   * frame that holds sample `number`, from there on in the order of playing. */
  struct Piece {
    int64_t frame;        /* of the index */
    int32_t first, count; /* within the frame, of what is counted */
    int64_t next;         /* where it goes on; none at the end */
  };
  Piece piece_at(int64_t number, const FrameIndex &index) const;
  const PlayBounds &bounds() const { return bounds_; }
  /* The limits begin where the stream has ended already. */
  bool begins_past_the_end() const { return begins_past_the_end_; }

 private:
  void resolve_forwards(const PlayRequest &request, const FrameIndex &index);
  void resolve_backwards(const PlayRequest &request, const FrameIndex &index);

  struct Edge {
    int64_t time;
    int64_t number; /* none: it was given as time */
  };
  Edge start_{}, stop_{};
  int64_t begin_ = 0, end_ = 0; /* the limits, from the start of the stream */

  bool backwards_ = false;
  bool key_frames_only_ = false;
  int64_t first_ = none, last_ = none;
  bool begins_past_the_end_ = false;
  PlayBounds bounds_;
};

} // namespace framewise
