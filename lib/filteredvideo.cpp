#include "filteredvideo.hpp"
namespace framewise {
Result<std::unique_ptr<FilteredVideo>> FilteredVideo::create(FilterDescription, const FilterGraphOptions &, std::vector<AVPixelFormat>, FrameSource &, uint64_t) { return FRAMEWISE_FAIL_LIBRARY(SETTINGS, "not yet"); }
Result<DecodedFrame> FilteredVideo::read(int64_t) { return FRAMEWISE_FAIL_LIBRARY(SETTINGS, "not yet"); }
Result<bool> FilteredVideo::holds(int64_t) { return false; }
Result<int64_t> FilteredVideo::n_frames() { return 0; }
AVRational FilteredVideo::time_base() const { return {1,1}; }
}
