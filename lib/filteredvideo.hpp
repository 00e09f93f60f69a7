#pragma once
#include "filtergraph.hpp"
#include "framereader.hpp"
namespace framewise {
/* Frames before filtering, by number. */
class FrameSource { public: virtual ~FrameSource() = default;
  virtual Result<bool> holds(int64_t number) = 0;          /* may wait for an index */
  virtual Result<DecodedFrame> read(int64_t number) = 0;   /* one it holds */
  virtual Result<int64_t> n_frames() = 0;                  /* may wait for the whole index */
  virtual AVRational time_base() const = 0; };             /* of the stream */
class FRAMEWISE_INTERNAL FilteredVideo { public:
  static Result<std::unique_ptr<FilteredVideo>> create(FilterDescription, const FilterGraphOptions &, std::vector<AVPixelFormat> formats, FrameSource &source, uint64_t cache_size);
  Result<DecodedFrame> read(int64_t number);
  Result<bool> holds(int64_t number);
  Result<int64_t> n_frames();
  AVRational time_base() const;
};
}
