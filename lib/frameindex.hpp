/* gst-framewise: the frame table of one stream.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frame N is the N-th frame that a linear decode of the stream outputs. The table says, for each,
 * when it is shown and which packet it is from, and for each packet what tells it from the others.
 * Of audio a frame is what one packet, mostly, decodes to; what is counted there is samples.
 *
 * It is made by the cheapest means that suffices:
 *  1. a scan of the packets, in presentation order of their timestamps, where those can be trusted;
 *  2. else an order pass: one decode in which each packet has a number and each picture that comes
 * out tells it, which needs no timestamps at all;
 *  3. for damaged streams, and where asked for, a full decode that keeps a hash of each picture.
 * Audio is decoded in any case: packets do not tell how many samples come of them.
 */
#pragma once

#include "containerinput.hpp"
#include "filefingerprint.hpp"
#include "indextable.hpp"
#include "picturedecoder.hpp"
#include "seekplan.hpp"

#include <functional>

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

/* What an index is of: enough to tell later whether it still holds. */
struct IndexOrigin {
  std::string key;             /* what was asked for, and of which libav; see index_key() */
  std::string location;        /* absolute */
  FileFingerprint fingerprint; /* of the file as it was indexed; perhaps not yet its cover */
  bool scan_was_disproved = false;
};

/* Samples without a gap between them. */
struct AudioRun {
  int64_t first = 0; /* number of the first sample */
  int64_t time = 0;  /* when that begins: stream time, ns */

  /* When sample `unit` begins, which is in the run or would be, had that gone on. */
  int64_t time_of(int64_t unit, int32_t sample_rate) const;
};

/* Never changes once it is made: any thread may read it. */
class FRAMEWISE_INTERNAL FrameIndex {
 public:
  using Means = IndexMeans;

  struct Request {
    ReaderSettings reader;
    IndexMode mode = IndexMode::automatic;
    /* Up to so many samples of luma in the whole stream, it is decoded whatever the scan is worth:
     * that takes a moment only, and shows damage that nothing else does. */
    int64_t prove_up_to = 150'000'000;
    /* False where it was found out that the scan is wrong though nothing looks like it. */
    bool trust_scan = true;
    /* Where saved indexes are looked for, and saved by FrameIndexer; empty: nowhere. */
    std::string cache_folder;
    /* Called from build()'s thread, with what is done in percent. */
    std::function<void(int)> progress;
    /* Called from that thread, too. Which frame somebody waits for meanwhile, -1: for none; and
     * what there is so far, once it holds that frame. */
    std::function<int64_t()> wanted;
    std::function<void(std::shared_ptr<const FrameIndex>)> publish_part;
  };
  /* Takes the saved one, or makes it. Blocks on I/O and decodes; `interruption` breaks it. */
  static Result<std::shared_ptr<const FrameIndex>> build(const Request &request,
                                                         Interruption &interruption);

  FrameIndex(IndexFacts facts, IndexView table, std::shared_ptr<const void> store);

  Means means() const { return facts_.means; }
  const IndexFacts &facts() const { return facts_; }
  const IndexView &table() const { return table_; }
  /* Null where the input is no file that could be told from a changed one. */
  const IndexOrigin *origin() const { return origin_.get(); }
  void set_origin(std::shared_ptr<const IndexOrigin> origin) { origin_ = std::move(origin); }
  /* It was not made now, but comes from a file. */
  bool is_saved() const { return saved_; }
  /* The file that it is from may be replaced by one that is cheaper to check. */
  bool wants_saving() const { return wants_saving_; }
  void set_saved() {
    saved_ = true;
    wants_saving_ = false;
  }
  void set_wants_saving() { wants_saving_ = true; }
  /* Else it holds the first frames only, though those for good. */
  bool is_complete() const { return facts_.complete; }
  /* It holds what `part`, which is not complete, does, and has the same packets: what a decoder is
   * at by the one goes on by the other. */
  bool continues(const FrameIndex &part) const;
  /* How many packets were read from the input to make it, in a scan. */
  int64_t packets_read() const { return packets_read_; }
  void set_packets_read(int64_t n) { packets_read_ = n; }

  /* Every frame can be had again as any linear decode gives it: no damage was seen. */
  bool is_exact() const { return facts_.exact; }
  /* What a decoder makes of damage differs with its threads and from run to run. Of damaged streams
   * the table says what one thread makes of them. */
  bool wants_one_thread() const { return facts_.one_thread; }
  /* Why the scan was not trusted; empty where it was. */
  const std::string &distrust() const { return facts_.distrust; }

  int64_t n_frames() const { return facts_.n_frames; }
  bool holds(int64_t number) const { return number >= 0 && number < facts_.n_frames; }
  /* Of a frame that it holds, as all that follows. */
  int64_t time(int64_t number) const; /* stream time, ns */
  int64_t end(int64_t number) const;  /* the next frame's time; of audio, where its samples end */
  IndexedFrame frame(int64_t number) const;
  bool is_key_frame(int64_t number) const;
  /* The nearest one in that direction, `number` itself included; -1 where there is none. */
  int64_t key_frame_from(int64_t number) const;
  int64_t key_frame_until(int64_t number) const;
  /* The frame shown at `time`: the last whose time is not after it, and of several with that very
   * time the first. 0 before the first. */
  int64_t frame_at(int64_t time) const;
  /* The end of the last frame. */
  int64_t end_time() const { return facts_.end_time; }
  /* All frames last equally long, to the precision of the container. */
  bool is_constant_framerate() const { return facts_.constant_framerate; }

  /* ---- In what is counted: frames of video, samples of audio ("units"). Of a frame or unit that
   * it holds. */
  bool is_audio() const { return facts_.sample_rate > 0; }
  int32_t sample_rate() const { return facts_.sample_rate; }
  int64_t n_units() const { return is_audio() ? facts_.n_samples : facts_.n_frames; }
  bool holds_unit(int64_t unit) const { return unit >= 0 && unit < n_units(); }
  int64_t frame_of(int64_t unit) const;
  int64_t first_unit(int64_t number) const;
  int32_t units_in(int64_t number) const;
  int64_t unit_time(int64_t unit) const;      /* stream time, ns */
  int64_t unit_end(int64_t unit) const;       /* that of the next, but for gaps */
  const AudioRun &run_of(int64_t unit) const; /* of audio */
  /* As frame_at(). In a gap of the audio it is the sample after it. */
  int64_t unit_at(int64_t time) const;
  /* There are such that others refer to, and such that can be gone to more cheaply. */
  bool has_key_units() const { return means() != Means::rate && !is_audio(); }

  /* ---- For the reader. There are no packets with Means::rate. */
  const SeekTable &seek_table() const { return seek_table_; }
  int32_t n_packets() const { return int32_t(table_.packet_pts.size()); }
  IndexedPacket packet(int32_t i) const;
  /* The number of `packet`; -1 where it is none of the table or could be several. */
  int32_t find(const AVPacket *packet) const;
  /* The number of the `nth` picture from packet `i`; -1 where a linear decode gives none. */
  int64_t frame_from(int32_t packet, int nth) const;
  bool has_several_from_one() const { return !table_.further.empty(); }
  /* The decoder does not tell which packet a picture is from: only counting from the first helps.
   */
  bool counts_only() const { return facts_.counts_only; }
  /* Each frame is a picture of one packet, and none is damaged or interlaced. */
  bool is_plain() const;
  /* With Means::hashes. */
  uint64_t hash(int64_t number) const { return table_.hashes[number]; }
  /* Of what is to be seen of a picture, or heard of audio. */
  static uint64_t hash_of(const AVFrame *picture);

 private:
  void find_runs();

  IndexFacts facts_;
  IndexView table_;
  std::shared_ptr<const void> store_; /* what table_ views */
  SeekTable seek_table_;
  std::vector<AudioRun> runs_; /* of audio, in order */
  std::shared_ptr<const IndexOrigin> origin_;
  bool saved_ = false, wants_saving_ = true;
  int64_t packets_read_ = 0;
};

} // namespace framewise
