/* gst-framewise: any frame of a filtered video, by its number.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frame M of a filtered video is the M-th that the filters give when they get all frames of the
 * source, from the first one on. In whatever order frames are read, each comes as in that run:
 * pixels, time, duration and params. How many frames are filtered for that, filterreach says.
 */
#pragma once

#include "filterreach.hpp"
#include "filterrun.hpp"

#include <memory>

namespace framewise {

/* One thread at a time. */
class FRAMEWISE_INTERNAL FilteredVideo {
 public:
  /* `formats`: the pixel formats that may come out; none: any. `cache_size`: bytes of filtered
   * frames that are kept. `source` must outlive it. An error where the filters cannot be made;
   * whether they take the frames shows only when one is read. Nothing of the source is read. */
  static Result<std::unique_ptr<FilteredVideo>>
  create(FilterDescription description, const FilterGraphOptions &options,
         std::vector<AVPixelFormat> formats, FrameSource &source, uint64_t cache_size);

  /* Errors of the source, such as cancelled ones, leave all as it was: the same can be read again.
   * A frame that there is none of is an error. Filters that write files, or listen to ports, run
   * but once: of them only frames to come can be read, and those that are still kept. */
  Result<DecodedFrame> read(int64_t number);
  /* May have to filter everything up to there. */
  Result<bool> holds(int64_t number);
  /* May have to filter everything. An error where the filters never end. */
  Result<int64_t> n_frames();
  /* Of the pts of frames, which are stream time. The source's before the first one is read. */
  AVRational time_base() const;

  struct Statistics {
    int64_t inputs = 0; /* frames pushed into filters */
    int64_t graphs = 0; /* begun for that */
  };
  Statistics statistics() const { return statistics_; }
  const FilterReach &reach() const { return reach_; }

 private:
  struct Entry;
  FilteredVideo() = default;

  FilterReach reach_;
  Statistics statistics_;
};

} // namespace framewise
