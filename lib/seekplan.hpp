/* gst-framewise: how to get at a frame: which packet decoding must begin with, and whether to seek
 * at all.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure: tables in, a plan out. No file, no decoder.
 */
#pragma once

#include "visibility.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace framewise {

/* What a plan needs to know of a stream. Packets are numbered in decoding order, frames in
 * presentation order. */
struct SeekTable {
  static constexpr int32_t never = std::numeric_limits<int32_t>::max();

  /* For each packet: the first frame that comes out right when decoding begins with it; `never` for
   * one that decoding cannot begin with. The pictures before it in presentation order (leading
   * ones) may refer to what was not decoded. */
  std::span<const int32_t> first_good;
  /* For each frame: the packet that its picture is from. */
  std::span<const int32_t> packet_of;

  bool can_begin_with(int32_t packet) const { return first_good[packet] != never; }
};

struct DecoderPosition {
  int32_t begun_with = -1; /* the packet; -1: with none, it must be sent somewhere first */
  int32_t fed = 0;         /* the packet that it gets next */
  int32_t given = -1;      /* the last frame, in presentation order, that it has given so far */
  bool ended = false;      /* it was told of the end and has given all it had */
  int32_t delay = 0;       /* packets that it takes in before it gives the first picture */
};

/* What reading is about: `number` now, after `last`, and then `expected`; -1 where not known. */
struct Reading {
  int32_t number;
  int32_t last = -1;
  int32_t expected = -1;
};

/* The latest packet that decoding can begin with for `frame` to come out right. */
FRAMEWISE_INTERNAL int32_t best_begin(const SeekTable &table, int32_t frame);
/* The next one before `packet`; 0 where there is none. The first packet is always one. */
FRAMEWISE_INTERNAL int32_t earlier_begin(const SeekTable &table, int32_t packet);

/* The packet to begin with; nothing where the decoder shall just go on from where it is. It never
 * seeks for a frame that is ahead in what the decoder is working on. */
FRAMEWISE_INTERNAL std::optional<int32_t>
plan_access(const SeekTable &table, const DecoderPosition &decoder, int32_t frame);

/* The decoder may leave out the pictures that no other refers to of the packets before this one; 0
 * where those on the way are wanted, too, or soon may be: in steps and backwards. */
FRAMEWISE_INTERNAL int32_t sparse_until(const SeekTable &table, const Reading &reading);

/* The last packet that `decoder` needs before it can be told of the end, where what follows begins
 * anew in any case; `never` where it is gone on with, or nobody knows. */
FRAMEWISE_INTERNAL int32_t ends_after(const SeekTable &table, const DecoderPosition &decoder,
                                      const Reading &reading);

} // namespace framewise
