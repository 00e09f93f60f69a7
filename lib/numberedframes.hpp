/* gst-framewise: the frames of a stream by number, and the index that is made beside the reading.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filteredvideo.hpp"
#include "frameplayer.hpp"
#include "streampromise.hpp"

namespace framewise {

/* Numbers begin with 0 at the first frame within the limits; what comes out has the numbers of the
 * stream. Input that cannot be read twice gives its frames in order, and the last one given again.
 * Owned and used by one thread at a time, but for index(), which any may call. */
class FRAMEWISE_INTERNAL NumberedFrames : public FrameSource {
 public:
  /* `interruption` breaks reading and waiting, and must outlive this. */
  static Result<std::unique_ptr<NumberedFrames>> open(PlayerSettings settings,
                                                      Interruption &interruption);

  const ContainerInput &input() const { return reader_->input(); }
  const AVCodecContext *codec() const { return reader_->codec(); }
  const std::string &name() const { return name_; } /* for messages */
  bool can_seek() const { return input().is_seekable(); }

  /* Begins to make the index; both are called from the thread that does so. */
  void start_index(std::function<void(int)> progress, FrameIndexer::Done done);
  /* Null while there is none. */
  FrameIndexer::IndexPtr index() const { return indexer_ ? indexer_->current() : nullptr; }
  Result<FrameIndexer::IndexPtr> wait_for_index();
  /* See promised_video(). */
  VideoParams promised() const { return promised_video(input()); }

  /* Which number will be read after the next one; -1: nobody knows. See FrameReader. */
  void expect(int64_t number) { expected_ = number; }

  Result<bool> holds(int64_t number) override;
  Result<DecodedFrame> read(int64_t number) override;
  Result<int64_t> n_frames() override;
  AVRational time_base() const override { return input().stream()->time_base; }

 private:
  NumberedFrames(PlayerSettings settings, Interruption &interruption)
      : settings_(std::move(settings)), interruption_(interruption) {}

  struct Limits {
    int64_t begin, end;
  };
  Result<Limits> limits();
  Result<FrameIndexer::IndexPtr> index_for(int64_t frame);
  Result<DecodedFrame> read_by_index(int64_t frame, int64_t then);
  Result<bool> advance_to(int64_t frame);

  PlayerSettings settings_;
  Interruption &interruption_;
  std::string name_;
  std::unique_ptr<FrameReader> reader_;
  int64_t expected_ = -1;
  bool index_replaced_ = false; /* the scan had been wrong: not again */

  /* Input that cannot be read twice. */
  std::optional<DecodedFrame> latest_;
  bool ended_ = false;
  int64_t n_given_ = 0; /* by the reader */

  /* Last, as its thread ends first. */
  std::unique_ptr<FrameIndexer> indexer_;
};

} // namespace framewise
