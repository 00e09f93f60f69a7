/* gst-framewise: the decoded frames of one stream, each with its number and its time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frame N is the N-th frame that a linear decode of the stream outputs.
 */
#pragma once

#include "containerinput.hpp"
#include "videoparams.hpp"

#include <deque>
#include <optional>

namespace framewise {

enum class ThreadType { automatic, frame, slice };

struct ReaderSettings {
  InputSettings input;
  Dictionary codec_options; /* one that the decoder does not know is an error */
  int thread_count = 0;     /* 0: as many as suit the machine */
  ThreadType thread_type = ThreadType::automatic;
};

struct DecodedFrame {
  FramePtr picture;
  int64_t number = -1;          /* -1: not known */
  int64_t pts = AV_NOPTS_VALUE; /* as the container stores it, in the stream's time base */
  int64_t time = 0;             /* stream time in ns; below 0 before the container's start */
  int64_t duration = 0;         /* ns until the next frame's time */
  VideoParams params;
};

/* Owned and used by one thread at a time; only the Interruption may be touched from others. */
class FRAMEWISE_INTERNAL FrameReader {
 public:
  static Result<std::unique_ptr<FrameReader>> open(const ReaderSettings &settings,
                                                   Interruption &interruption);

  const ContainerInput &input() const { return *input_; }
  const AVCodecContext *codec() const { return codec_.get(); }

  /* The next frame in presentation order; nothing at the end. */
  Result<std::optional<DecodedFrame>> next();

  /* next() then gives the frame that is shown at `time`: the last one whose own time is not after
   * it; the first frame where `time` is before it; nothing where it is past the end of the last. */
  Result<void> seek_to_time(int64_t time);
  /* next() then gives frame `number`. */
  Result<void> seek_to_frame(int64_t number);
  /* Have every frame its number, at the price of decoding from the start on every seek. */
  void keep_numbers() { keep_numbers_ = true; }

  /* The exact number of frames, by decoding all of the stream in a second context. */
  static Result<int64_t> count_frames(const ReaderSettings &settings, Interruption &interruption);

  /* Packets so far that the decoder refused. */
  int64_t damaged_packets() const { return damaged_packets_; }

 private:
  explicit FrameReader(ReaderSettings settings) : settings_(std::move(settings)) {}

  Result<void> open_decoder();
  Result<void> restart();
  Result<void> finish_restart(); /* if one is due */
  void forget_pictures();

  Result<bool> feed();       /* false: nothing left to feed */
  Result<FramePtr> decode(); /* null at the end */
  Result<std::optional<DecodedFrame>> decode_timed();
  Result<void> fill(size_t frames); /* ready_ to that many, or to the end */

  Result<bool> find_key(int64_t ticks);
  Result<bool> land_before(int64_t time, int64_t ticks);
  Result<void> advance_to(int64_t time);

  int64_t continued(int64_t time);
  VideoParams describe(const AVFrame *picture);
  int64_t nominal_duration(const AVFrame *picture) const;

  ReaderSettings settings_;
  std::unique_ptr<ContainerInput> input_;
  CodecContextPtr codec_;
  AVRational framerate_{0, 1};
  AVRational max_framerate_{0, 1};

  bool keep_numbers_ = false;
  bool restart_due_ = false; /* a restart was interrupted halfway */
  bool draining_ = false;
  bool packet_waits_ = false; /* packet_ was read and not yet taken by the decoder */
  PacketPtr packet_ = new_packet();

  /* Decoded and not handed out: at most two, as a frame lasts until the next one's time. */
  std::deque<DecodedFrame> ready_;
  bool ended_ = false; /* the decoder has given its last picture */

  int64_t next_number_ = 0;  /* of the frame that the decoder gives next; -1: not known */
  int64_t clock_offset_ = 0; /* ns, added where the stream's clock started anew */
  std::optional<int64_t> last_time_;
  int64_t last_duration_ = 0;
  /* After a seek: pictures before this pts may lack what they refer to, and are dropped. */
  int64_t first_good_pts_ = AV_NOPTS_VALUE;
  int64_t damaged_packets_ = 0;
  std::optional<GstVideoInterlaceMode> interlace_mode_;
  GstVideoFieldOrder field_order_ = GST_VIDEO_FIELD_ORDER_UNKNOWN;
};

} // namespace framewise
