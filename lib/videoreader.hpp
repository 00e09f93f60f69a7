/* gst-framewise: any frame of a stream, filtered or not, in any pixel format: what is behind
 * GstFramewiseReader.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "array.hpp"
#include "framedelivery.hpp"
#include "numberedframes.hpp"

#include <map>

namespace framewise {

struct VideoReaderSettings {
  PlayerSettings player;
  std::string pixel_format = "auto"; /* `auto` and `native` are the same here */
};

/* Owned and used by one thread at a time. A read that was interrupted leaves it as it was. */
class FRAMEWISE_INTERNAL VideoReader {
 public:
  /* `interruption` must outlive it. */
  static Result<std::unique_ptr<VideoReader>> open(VideoReaderSettings settings,
                                                   Interruption &interruption);

  NumberedFrames &frames() { return *frames_; }

  /* From the next read on; an empty one ends filtering. One that cannot be is refused, and the old
   * one stays. */
  Result<void> set_filter(FilterDescription description);

  /* In all that follows an empty pixel format is the one of the settings, and a negative index
   * counts from the end. An index that there is not is a G_IO_ERROR_INVALID_ARGUMENT. */

  Result<int64_t> n_frames();
  Result<GstPtr<GstSample>> read(int64_t index, const std::string &pixel_format);
  /* In the order of `indices`; each frame is decoded once, and all in one sweep. A frame that is
   * wanted several times is the same sample. */
  Result<std::vector<GstPtr<GstSample>>> read_batch(std::span<const int64_t> indices,
                                                    const std::string &pixel_format);
  /* The same, in one packed array with an axis more; transfer full. */
  Result<GstFramewiseArray *> read_array(std::span<const int64_t> indices,
                                         const std::string &pixel_format);
  /* Of the frames as read() gives them. */
  Result<GstFramewiseLayout> layout(const std::string &pixel_format);
  /* What the headers say of the stream; see stream_metadata(). Nothing is decoded. */
  StructurePtr metadata() const;
  /* As GST_FRAMEWISE_FRAME_META_NAME has it. */
  Result<StructurePtr> frame_metadata(int64_t index);

 private:
  explicit VideoReader(VideoReaderSettings settings) : settings_(std::move(settings)) {}

  /* Where frames come from: the stream, or a filter of it. */
  struct Source {
    NumberedFrames *plain;
    FilteredVideo *filtered; /* NULL: none */

    Result<bool> holds(int64_t n) { return filtered ? filtered->holds(n) : plain->holds(n); }
    Result<DecodedFrame> read(int64_t n) { return filtered ? filtered->read(n) : plain->read(n); }
    Result<int64_t> n_frames() { return filtered ? filtered->n_frames() : plain->n_frames(); }
    AVRational time_base() { return filtered ? filtered->time_base() : plain->time_base(); }
  };
  Result<Source> source(const std::string &pixel_format);
  Result<int64_t> number_of(int64_t index, Source &source);
  Result<DecodedFrame> frame_at(int64_t index, Source &source);
  Result<FrameDelivery *> delivery_for(const std::string &pixel_format, const VideoParams &native);
  Result<BufferPtr> acquire(const VideoParams &output);
  Result<GstPtr<GstSample>> to_sample(const DecodedFrame &frame, AVRational time_base,
                                      const std::string &pixel_format);
  const std::string &chosen(const std::string &pixel_format) const {
    return pixel_format.empty() ? settings_.pixel_format : pixel_format;
  }

  /* `take(frame, places)`: each frame, in rising order, and the places in `indices` that it goes
   * to. */
  template <typename Take>
  Result<void> sweep(Source source, std::span<const int64_t> indices, Take take);

  VideoReaderSettings settings_;
  std::unique_ptr<NumberedFrames> frames_;

  FilterDescription filter_;
  /* One for each pixel format that was asked for, the latest last. */
  std::vector<std::pair<std::string, std::unique_ptr<FilteredVideo>>> filtered_;

  std::map<std::string, FrameDelivery> deliveries_;
  GstPtr<GstBufferPool> pool_;
  VideoParams pool_params_;
};

} // namespace framewise
