/* gst-framewise: the frame table of one stream.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frame N is the N-th frame that a linear decode of the stream outputs. The table says, for each,
 * when it is shown and which packet it is from, and for each packet what tells it from the others.
 *
 * It is made by the cheapest means that suffices:
 *  1. a scan of the packets, in presentation order of their timestamps, where those can be trusted;
 *  2. else an order pass: one decode in which each packet has a number and each picture that comes
 * out tells it, which needs no timestamps at all;
 *  3. for damaged streams, and where asked for, a full decode that keeps a hash of each picture.
 */
#pragma once

#include "containerinput.hpp"
#include "picturedecoder.hpp"
#include "seekplan.hpp"

#include <functional>
#include <map>

namespace framewise {

enum class IndexMode { automatic, constant_framerate, verified };

struct ReaderSettings {
  InputSettings input;
  DecoderSettings decoder;
};

struct IndexedPacket {
  int64_t pts, dts, pos; /* as the demuxer gives them in a linear read */
  int32_t size;
  bool key;
  bool shown; /* false: discarded, invisible, or the second field of a frame */
};

struct IndexedFrame {
  int64_t pts = AV_NOPTS_VALUE; /* as the container stores it, in the stream's time base */
  int64_t time = 0;             /* stream time in ns */
  int32_t packet = 0;
  char picture_type = '?'; /* as av_get_picture_type_char() has it */
  bool key = false;
  bool interlaced = false;
};

/* Never changes once it is made: any thread may read it. */
class FRAMEWISE_INTERNAL FrameIndex {
 public:
  enum class Means { rate, scan, order, hashes };

  struct Request {
    ReaderSettings reader;
    IndexMode mode = IndexMode::automatic;
    /* Up to so many samples of luma in the whole stream, it is decoded whatever the scan is worth:
     * that takes a moment only, and shows damage that nothing else does. */
    int64_t prove_up_to = 150'000'000;
    /* False where it was found out that the scan is wrong though nothing looks like it. */
    bool trust_scan = true;
    /* Called from build()'s thread, with what is done in percent. */
    std::function<void(int)> progress;
  };
  /* Blocks on I/O and decodes; `interruption` breaks it. */
  static Result<std::shared_ptr<const FrameIndex>> build(const Request &request,
                                                         Interruption &interruption);

  Means means() const { return means_; }
  /* Every frame can be had again as any linear decode gives it: no damage was seen. */
  bool is_exact() const { return exact_; }
  /* What a decoder makes of damage differs with its threads and from run to run. Of damaged streams
   * the table says what one thread makes of them. */
  bool wants_one_thread() const { return one_thread_; }
  /* Why the scan was not trusted; empty where it was. */
  const std::string &distrust() const { return distrust_; }

  int64_t n_frames() const { return n_frames_; }
  bool holds(int64_t number) const { return number >= 0 && number < n_frames_; }
  /* Of a frame that it holds, as all that follows. */
  int64_t time(int64_t number) const; /* stream time, ns */
  int64_t end(int64_t number) const;  /* the next frame's time */
  IndexedFrame frame(int64_t number) const;
  bool is_key_frame(int64_t number) const;
  /* The nearest one in that direction, `number` itself included; -1 where there is none. */
  int64_t key_frame_from(int64_t number) const;
  int64_t key_frame_until(int64_t number) const;
  /* The frame shown at `time`: the last whose time is not after it, and of several with that very
   * time the first. 0 before the first. */
  int64_t frame_at(int64_t time) const;
  /* The end of the last frame. */
  int64_t end_time() const { return end_time_; }
  /* All frames last equally long, to the precision of the container. */
  bool is_constant_framerate() const { return constant_framerate_; }

  /* ---- For the reader. There are no packets with Means::rate. */
  const SeekTable &seek_table() const { return seek_table_; }
  int32_t n_packets() const { return int32_t(packets_.size()); }
  const IndexedPacket &packet(int32_t i) const { return packets_[i]; }
  /* The number of `packet`; -1 where it is none of the table or could be several. */
  int32_t find(const AVPacket *packet) const;
  /* The number of the `nth` picture from packet `i`; -1 where a linear decode gives none. */
  int64_t frame_from(int32_t packet, int nth) const;
  bool has_several_from_one() const { return !more_from_.empty(); }
  /* The decoder does not tell which packet a picture is from: only counting from the first helps.
   */
  bool counts_only() const { return counts_only_; }
  /* Each frame is one packet, and none is damaged or interlaced. */
  bool is_plain() const;
  /* With Means::hashes. */
  uint64_t hash(int64_t number) const { return hashes_[number]; }
  /* Of what is to be seen of a picture. */
  static uint64_t hash_of(const AVFrame *picture);

 private:
  friend class IndexBuilder;
  FrameIndex() = default;

  Means means_ = Means::scan;
  bool exact_ = true;
  bool one_thread_ = false;
  bool constant_framerate_ = false;
  bool counts_only_ = false;
  std::string distrust_;
  int64_t n_frames_ = 0;
  int64_t end_time_ = 0;

  std::vector<IndexedPacket> packets_;
  std::vector<std::pair<int64_t, int32_t>> by_pos_; /* sorted */
  std::vector<IndexedFrame> frames_;
  std::vector<int32_t> first_frame_from_;                /* per packet; -1: none */
  std::map<std::pair<int32_t, int>, int64_t> more_from_; /* (packet, nth > 0) -> frame */
  std::vector<int32_t> keys_;                            /* numbers of key frames */
  std::vector<uint64_t> hashes_;
  SeekTable seek_table_;

  /* Means::rate */
  AVRational rate_{0, 1};
  int64_t first_time_ = 0;
};

} // namespace framewise
