/* gst-framewise: a decoder whose pictures say which packet they are from.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

namespace framewise {

enum class ThreadType { automatic, frame, slice };

struct DecoderSettings {
  Dictionary options;   /* one that the decoder does not know is an error */
  int thread_count = 0; /* 0: as many as suit the machine */
  ThreadType thread_type = ThreadType::automatic;
};

/* One thread at a time. */
class FRAMEWISE_INTERNAL PictureDecoder {
 public:
  enum class Purpose {
    pictures,          /* to be looked at */
    flawless_pictures, /* the same, but one with any error does not come */
    order, /* only which of these come, and in what order: what is in them may be wrong */
  };
  static Result<std::unique_ptr<PictureDecoder>>
  open(const AVStream *stream, const DecoderSettings &settings, Purpose purpose);
  /* Paints every byte of a picture's memory before it is decoded: what damage leaves out then
   * shows, as it differs with the ground. Before anything is sent. */
  void set_ground(uint8_t ground);

  const AVCodecContext *context() const { return codec_.get(); }

  /* Takes a packet in, or with NULL ends the stream. Only when receive() has just given nothing.
   * `tag` (not negative) is what its pictures will carry. */
  Result<void> send(AVPacket *packet, int64_t tag);
  /* The next picture in presentation order; NULL where more must be sent first, or at the end. */
  Result<FramePtr> receive();
  bool ended() const { return ended_; } /* all pictures have come */
  void flush();
  /* Whether pictures that no other refers to are left out of the packets sent from now on. */
  enum class Keep { all, references };
  void keep(Keep what);
  /* Keep::references leaves all the others as they are. */
  bool can_keep_references() const;

  /* Packets and pictures so far that the decoder gave up on. */
  int64_t damage() const { return damage_; }

 private:
  PictureDecoder() = default;

  CodecContextPtr codec_;
  AVDiscard skip_frame_ = AVDISCARD_DEFAULT; /* as opened */
  bool ended_ = false;
  int64_t damage_ = 0;
  uint8_t ground_ = 0;
};

} // namespace framewise
