/* gst-framewise: the decoded frames of one stream, each with its number and its time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frame N is the N-th frame that a linear decode of the stream outputs.
 */
#pragma once

#include "audioparams.hpp"
#include "framecache.hpp"
#include "frameindex.hpp"
#include "goptimecode.hpp"
#include "streamclock.hpp"
#include "streamtimecode.hpp"
#include "videoparams.hpp"

#include <array>
#include <deque>
#include <map>
#include <optional>

namespace framewise {

struct DecodedFrame {
  FramePtr picture;             /* or audio */
  int64_t number = -1;          /* of audio, that of the first sample; -1: not known */
  int64_t pts = AV_NOPTS_VALUE; /* as the container stores it, in the stream's time base */
  int64_t time = 0;             /* stream time in ns; below 0 before the container's start */
  int64_t duration = 0;         /* ns until the next frame's time */
  VideoParams params;
  /* Of audio; its duration is that of the samples. */
  AudioParams audio;
  int first_sample = 0, n_samples = 0; /* which of `picture` are meant */
  int64_t run_start = 0;               /* since when there is no gap: stream time, ns */
  int64_t run_samples = 0;             /* so many from there to `first_sample` */
  /* When it was taken by the sender's clock: ns since 1970. */
  std::optional<int64_t> reference_time;
  std::string timecode; /* that the stream's counting gives it; empty: none */

  bool is_audio() const { return n_samples > 0; }
  /* Leaves `count` samples from `first` on of those that are meant. */
  void cut_samples(int first, int count);
};

/* Of video or audio, which comes in frames as the decoder gives it.
 *
 * Frames in a run from the start with next(), which needs no index; or any frame by number with
 * read(), which does. Owned and used by one thread at a time; only the Interruption may be touched
 * from others. */
class FRAMEWISE_INTERNAL FrameReader {
 public:
  static Result<std::unique_ptr<FrameReader>> open(const ReaderSettings &settings,
                                                   Interruption &interruption);

  const ContainerInput &input() const { return *input_; }
  const AVCodecContext *codec() const { return decoder_->context(); }

  /* ---- Without an index */

  /* The next frame in presentation order; nothing at the end. */
  Result<std::optional<DecodedFrame>> next();
  /* next() then gives the frame that is shown at `time`: the last one whose own time is not after
   * it; the first frame where `time` is before it; nothing where it is past the end of the last.
   * From then on frames have no numbers. */
  Result<void> seek_to_time(int64_t time);
  /* Back to the first frame, which has number 0 again. */
  Result<void> seek_to_start();

  /* ---- With an index */

  /* From now on read() is to be used, and next() no more. Where frames had numbers so far, what is
   * decoded already is of use to it. */
  void use_index(std::shared_ptr<const FrameIndex> index);
  const FrameIndex *index() const { return index_.get(); }
  /* Frame `number`, which the index must hold, with the time that the index has for it. One after
   * the other they are decoded in a run; otherwise as few pictures as can be. */
  Result<DecodedFrame> read(int64_t number);
  /* The number that will be read after the next one; -1: not known. Only the next read() heeds it:
   * knowing what is of use afterwards, it leaves out or decodes pictures on the way, and ends the
   * decoder early where it will have to begin anew in any case. It costs time where it is wrong,
   * and nothing else. */
  void expect(int64_t number) { expected_ = number; }
  /* Decoded pictures that are kept, in bytes. */
  void set_cache_size(uint64_t bytes) { cache_.set_capacity(bytes); }
  /* A linear decode has given something else than the index says, or shown damage that it does not
   * know of: it must be made anew, without trust in the scan, and what was read after the last
   * use_index() may be wrong. */
  bool index_is_disproved() const { return disproved_; }

  /* Packets so far that the decoder refused. */
  int64_t damaged_packets() const { return damage_before_ + decoder_->damage(); }
  /* How often read() has begun anew somewhere. */
  int64_t seeks() const { return seeks_; }
  /* How often a frame did not come though all had been decoded from where the plan began. */
  int64_t misses() const { return misses_; }

 private:
  explicit FrameReader(ReaderSettings settings) : settings_(std::move(settings)) {}

  Result<void> open_decoder();
  Result<void> restart();
  Result<void> finish_restart(); /* if one is due */
  void forget_pictures();

  Result<bool> load_packet(); /* one in packet_; false at the end */
  Result<void> send_packet(); /* packet_, or the end where it is empty */
  Result<FramePtr> decode();  /* null at the end */
  Result<std::optional<DecodedFrame>> decode_timed();
  Result<void> fill(size_t frames); /* ready_ to that many, or to the end */

  Result<bool> find_key(int64_t ticks);
  Result<bool> land_before(int64_t time, int64_t ticks);
  Result<void> advance_to(int64_t time);

  Result<DecodedFrame> read_by_rate(int64_t number);
  Result<FramePtr> picture_of(int32_t number);
  Result<void> begin_with(int32_t packet);
  struct Place { /* to seek to */
    bool is_byte = false;
    int64_t target = 0;
  };
  std::vector<Place> places_of(int32_t packet) const;
  Result<bool> go_to(const Place &place);
  Result<bool> skip_to(int32_t packet);
  Result<void> begin_afresh_with(int32_t packet);
  Result<FramePtr> advance_to_frame(int32_t number);
  Result<bool> feed_indexed();
  void plan_shortcuts(int32_t number);
  bool uses_shortcuts() const { return skipped_ || last_packet_ != SeekTable::never; }
  void stop_shortcuts();
  int64_t number_of(const AVFrame *picture);
  void compare_with_index(const AVFrame *picture, int64_t number);
  bool is_true(const AVFrame *picture, int32_t number) const;
  DecodedFrame present(FramePtr picture, int64_t number);

  void describe(DecodedFrame &frame);
  void note_reference_time(const AVPacket *packet, int64_t tag);
  void read_stream_timecode();
  void tell_timecode(DecodedFrame &frame) const;
  VideoParams describe_picture(const AVFrame *picture);

  ReaderSettings settings_;
  std::unique_ptr<ContainerInput> input_;
  std::unique_ptr<PictureDecoder> decoder_;
  AVRational framerate_{0, 1};
  std::optional<StreamTimecode> timecode_;
  int64_t timecode_start_ = 0; /* time of the frame that it is of */
  AVRational max_framerate_{0, 1};
  int64_t damage_before_ = 0; /* of decoders that are gone */

  std::map<int64_t, int64_t> reference_times_; /* of packets that the decoder may still have */
  bool restart_due_ = false;                   /* a restart was interrupted halfway */
  bool packet_waits_ = false;                  /* packet_ was read and not yet sent */
  PacketPtr packet_ = new_packet();
  /* Where the decoder stands, in numbers of the index, or such as it will have. */
  DecoderPosition position_;
  bool fresh_ = false; /* all of it, from the first packet, went into a new decoder */

  /* Without an index: decoded and not handed out, at most two, as a frame lasts until the next
   * one's time. */
  std::deque<DecodedFrame> ready_;
  bool ended_ = false; /* the decoder has given its last picture */
  StreamClock clock_;
  /* Of the frame, or the first sample, that the decoder gives next; -1: not known. */
  int64_t next_number_ = 0;
  /* After a seek: pictures before this pts may lack what they refer to, and are dropped. */
  int64_t first_good_pts_ = AV_NOPTS_VALUE;

  /* With one. */
  std::shared_ptr<const FrameIndex> index_;
  FrameCache cache_;
  int64_t last_read_ = -1, last_read_before_ = -1;
  int64_t expected_ = -1;
  int64_t run_ = 0, back_run_ = 0; /* frames read one after the other, and backwards */
  int64_t misses_ = 0;
  bool disproved_ = false;
  using PictureKind = std::array<int, 3>; /* format, width, height; or format, rate, channels */
  std::optional<PictureKind> kind_;       /* of what the decoder gave last */
  bool renew_decoder_ = false;            /* rather than flush it: that has changed on the way */
  int64_t seeks_ = 0;
  /* Pictures are left out before this packet; after a miss, never again. */
  int32_t sparse_until_ = 0;
  bool may_skip_ = false;
  bool may_end_early_ = false;
  int32_t last_packet_ = SeekTable::never; /* the decoder is told of the end after it */
  bool skipped_ = false;                   /* since decoding began */
  std::map<int32_t, int> pictures_from_;   /* where one packet makes several */
  std::map<int32_t, Place> landed_by_;     /* packet -> the seek that found it */
  std::map<int32_t, int32_t> detours_;     /* packet -> the one to begin with instead */

  std::optional<GstVideoInterlaceMode> interlace_mode_;
  GstVideoFieldOrder field_order_ = GST_VIDEO_FIELD_ORDER_UNKNOWN;
  GopTimecodes gop_timecodes_;
  GstVideoMultiviewMode multiview_mode_ = GST_VIDEO_MULTIVIEW_MODE_NONE;
  GstVideoMultiviewFlags multiview_flags_ = GST_VIDEO_MULTIVIEW_FLAGS_NONE;
};

} // namespace framewise
