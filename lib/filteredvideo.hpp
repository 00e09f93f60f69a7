/* gst-framewise: any frame of a filtered video, by its number.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frame M of a filtered video is the M-th that the filters give when they get all frames of the
 * source, from the first one on. In whatever order frames are read, each comes as in that run:
 * pixels, times and params.
 *
 * Where filterreach knows how far filters look, only so many frames are filtered. Of others nobody
 * knows, so they get everything up to the frame once, and a table keeps what each frame was like.
 * To go back, a graph is begun a few frames earlier; what it gives counts only when it is what the
 * table says. Else it is begun still earlier, in the end with the first frame.
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
  static Result<std::unique_ptr<FilteredVideo>> create(FilterDescription description,
                                                       const FilterGraphOptions &options,
                                                       std::vector<AVPixelFormat> formats,
                                                       FrameSource &source, uint64_t cache_size);

  /* A frame lasts until the next one's time. A frame that there is none of is an error. Errors of
   * the source, such as cancelled ones, leave all as it was: the same can be read again. Filters
   * that write files, or listen to ports, run but once: of them only frames to come can be read,
   * and those that are still kept. */
  Result<DecodedFrame> read(int64_t number);
  /* May have to filter everything up to there. */
  Result<bool> holds(int64_t number);
  /* May have to filter everything. An error where the filters never end. */
  Result<int64_t> n_frames();
  /* Of the pts of frames, which are stream time. The source's before the first one is read. */
  AVRational time_base() const;

  struct Statistics {
    int64_t inputs; /* frames pushed into filters so far */
    int64_t graphs; /* begun for that */
  };
  Statistics statistics() const { return {setup_.pushed, setup_.graphs}; }
  const FilterReach &reach() const { return reach_; }

 private:
  /* Of each frame that came out of the linear run. */
  struct Entry {
    int64_t pts;    /* in time_base() */
    int64_t time;   /* ns */
    uint64_t hash;  /* of all that is to be seen of it */
    int32_t inputs; /* that were in by then */
  };
  static_assert(sizeof(Entry) <= 40);
  /* From one change of the input's params to the next. */
  struct Section {
    int64_t first_input, first_output;
  };

  FilteredVideo() = default;

  Failure no_such_frame(int64_t number, int64_t count) const;
  std::optional<DecodedFrame> kept(int64_t number);
  void keep(const DecodedFrame &frame);

  Result<DecodedFrame> read_in_reach(int64_t number);
  void begin_in_reach(int64_t number);
  Result<DecodedFrame> distrust(int64_t number);

  Result<void> extend(int64_t number);
  void record(FilterRun::Output output);
  DecodedFrame by_table(FramePtr picture, VideoParams params, int64_t number) const;
  const Section &section_of(int64_t number) const;
  Result<DecodedFrame> read_unknown(int64_t number);
  Result<DecodedFrame> go_back(int64_t number);
  void begin_for(int64_t number, int64_t inputs);
  Result<std::optional<DecodedFrame>> search(int64_t number);
  int64_t find_entry(uint64_t hash, int64_t number) const;

  FilterSetup setup_;
  FilterReach reach_;
  bool runs_once_ = false; /* filters write files */
  FrameCache cache_;       /* details in opaque_ref */
  int64_t wanted_ = 0;     /* last */

  /* Filters in reach: a run whose outputs count from a place known beforehand. Unknown ones: a run
   * begun anywhere. */
  std::optional<FilterRun> visitor_;
  int64_t visitor_next_ = -1;              /* number of what it gives next; -1: nobody knows */
  int64_t trusted_from_ = 0;               /* before that, it has not seen enough */
  std::optional<DecodedFrame> unfinished_; /* lasts until the time of the one to come */

  /* Unknown filters. */
  std::optional<FilterRun> linear_;
  bool linear_ended_ = false;
  std::vector<Entry> table_;
  std::vector<Section> sections_;
  std::optional<int64_t> floor_;    /* no frame of this section is earlier */
  int64_t last_duration_ = 0;       /* nominally, of the last of the table */
  std::deque<DecodedFrame> newest_; /* the last two of the table */
  int64_t learned_ = 2;             /* inputs that sufficed to go back */
};

} // namespace framewise
