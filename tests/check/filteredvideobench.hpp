/* gst-framewise: a source of frames, filters to put them through, and what one run of these gives.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filteredvideo.hpp"
#include "filtertable.hpp"
#include "framebridge.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace filteredvideobench {

using namespace framewise;

/* The first frames of a clip, by a reader with an index. */
class ClipSource : public FrameSource {
 public:
  explicit ClipSource(const std::string &clip, int64_t limit = INT64_MAX) {
    static const bool initialized = [] {
      gst_init(nullptr, nullptr);
      return true;
    }();
    (void)initialized;
    static std::map<std::string, std::shared_ptr<const FrameIndex>> indexes;
    FrameIndex::Request request;
    request.reader.input.location = std::string(g_getenv("FRAMEWISE_TEST_MEDIA")) + "/" + clip;
    index_ = indexes[clip];
    if (!index_)
      if (auto made = FrameIndex::build(request, interruption_))
        index_ = indexes[clip] = *made;
    if (auto opened = FrameReader::open(request.reader, interruption_))
      reader_ = std::move(*opened);
    EXPECT_TRUE(index_ && reader_) << clip;
    reader_->use_index(index_);
    reader_->set_cache_size(64 << 20);
    count_ = std::min(limit, index_->n_frames());
  }

  Result<bool> holds(int64_t number) override { return number >= 0 && number < count_; }
  Result<DecodedFrame> read(int64_t number) override {
    reads_++;
    if (cancel_at_ >= 0 && reads_ >= cancel_at_) {
      cancel_at_ = -1;
      return fail_cancelled();
    }
    return reader_->read(number);
  }
  Result<int64_t> n_frames() override { return count_; }
  AVRational time_base() const override { return reader_->input().stream()->time_base; }

  /* The nth read from now on is broken off. */
  void cancel(int64_t nth) {
    reads_ = 0;
    cancel_at_ = nth;
  }
  /* How many graphs a run needs. */
  int64_t sections() {
    if (sections_ == 0) {
      VideoParams last;
      for (int64_t n = 0; n < count_; n++) {
        auto frame = reader_->read(n);
        if (!frame)
          break;
        sections_ += frame->params.width != last.width || frame->params.format != last.format;
        last = frame->params;
      }
    }
    return sections_;
  }

 private:
  Interruption interruption_;
  std::shared_ptr<const FrameIndex> index_;
  std::unique_ptr<FrameReader> reader_;
  int64_t count_ = 0, sections_ = 0, reads_ = 0, cancel_at_ = -1;
};

struct Filters {
  std::string text;
  bool is_graph = false;
  int threads = 0;
  bool thoroughly = false; /* with all clips */

  FilterDescription description() const {
    auto parsed = FilterDescription::parse(is_graph ? nullptr : text.c_str(),
                                           is_graph ? text.c_str() : nullptr);
    EXPECT_TRUE(parsed) << text;
    return parsed ? *parsed : FilterDescription();
  }
  FilterReach reach() const { return reach_of(description()); }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    const FilterDescription description = this->description();
    for (const auto *spec : {&description.sequence, &description.graph})
      if (*spec)
        for (const auto &chain : (*spec)->chains)
          for (const auto &node : chain)
            names.push_back(node.filter->name);
    return names;
  }
  bool is_any(const std::string &name) const {
    const auto all = names();
    return std::find(all.begin(), all.end(), name) != all.end();
  }
  FilterGraphOptions options() const {
    FilterGraphOptions options;
    options.threads = threads;
    return options;
  }
  Result<std::unique_ptr<FilteredVideo>> open(FrameSource &source, uint64_t cache_size) const {
    return FilteredVideo::create(description(), options(), {}, source, cache_size);
  }
};

/* What of a frame is compared. */
struct Shown {
  uint64_t hash;
  int64_t pts, time, duration;
  VideoParams params;
  std::string metadata;
};

inline std::string metadata_of(const AVFrame *frame) {
  std::string text;
  const AVDictionaryEntry *entry = nullptr;
  while ((entry = av_dict_get(frame->metadata, "", entry, AV_DICT_IGNORE_SUFFIX)))
    text += std::string(entry->key) + "=" + entry->value + "\n";
  return text;
}

inline Shown shown(const DecodedFrame &frame) {
  EXPECT_EQ(frame.picture->pts, frame.pts);
  EXPECT_FALSE(frame.picture->opaque_ref);
  return {
      FrameIndex::hash_of(frame.picture.get()), frame.pts, frame.time, frame.duration, frame.params,
      metadata_of(frame.picture.get())};
}

inline std::string compare(const Shown &expected, const Shown &frame) {
  std::string text;
  if (expected.hash != frame.hash)
    text += "other pixels ";
  if (expected.pts != frame.pts)
    text += format("pts %ld, not %ld ", long(frame.pts), long(expected.pts));
  if (expected.time != frame.time)
    text += format("time %ld, not %ld ", long(frame.time), long(expected.time));
  if (expected.duration != frame.duration)
    text += format("duration %ld, not %ld ", long(frame.duration), long(expected.duration));
  if (!(expected.params == frame.params))
    text += "other params: " + frame.params.describe() + ", not " + expected.params.describe();
  if (expected.metadata != frame.metadata)
    text += "metadata " + frame.metadata + ", not " + expected.metadata;
  return text;
}

/* Everything in, everything out. Nothing where the filters fail. */
inline std::optional<std::vector<Shown>> frames_of_one_run(const Filters &filters,
                                                           FrameSource &source) {
  std::vector<Shown> all;
  std::optional<FilterGraph> graph;
  std::map<int64_t, DecodedFrame *> inputs;
  std::vector<std::unique_ptr<DecodedFrame>> frames;
  const AVRational time_base = source.time_base();
  int64_t grid = 0, first = 0, end = 0;
  std::optional<int64_t> shift, nominal, before; /* before: time of the last section's end */
  AVRational first_base{0, 1};
  const FilterDescription description = with_settled_seeds(filters.description());

  auto take = [&]() -> bool {
    for (;;) {
      auto pulled = graph->pull();
      if (!pulled)
        return false;
      if (pulled->status != FilterGraph::Status::frame)
        return true;
      AVFrame *frame = pulled->frame.get();
      const AVRational base = graph->output_time_base();
      if (first_base.num == 0)
        first_base = base;
      /* What no clock can show, more than 36 years off, is none. */
      const double seconds = double(frame->pts) * av_q2d(base);
      const bool has_time =
          frame->pts != AV_NOPTS_VALUE && seconds > -1152921504.6 && seconds < 1152921504.6;
      if (!shift)
        shift = frame->pts == 0 && first > 0 ? av_rescale_q(first, time_base, base) : 0;
      Shown out{};
      out.pts = has_time ? frame->pts : AV_NOPTS_VALUE;
      const DecodedFrame *twin = nullptr;
      if (has_time) {
        const int64_t pts = frame->pts + *shift;
        out.pts = av_rescale_q(pts, base, first_base);
        out.time = av_rescale_q(pts, base, {1, 1000000000}) + grid;
        for (auto &[ticks, input] : inputs)
          if (av_compare_ts(ticks, time_base, pts, base) == 0)
            twin = input;
        if (twin)
          out.time = twin->time;
      } else {
        out.time = all.empty() ? 0 : all.back().time + *nominal;
      }
      const AVRational rate = graph->output().framerate;
      const bool same_rate = av_cmp_q(rate, graph->input().params.framerate) == 0;
      nominal = twin && same_rate ? twin->duration
                : rate.num > 0    ? av_rescale_q(1, av_inv_q(rate), {1, 1000000000})
                                  : 0;
      if (!has_time && all.empty())
        out.time = frames[0]->time;
      if (before && out.time <= *before)
        out.time = ++*before;
      else
        before.reset();
      out.hash = FrameIndex::hash_of(frame);
      out.metadata = metadata_of(frame);
      out.params = graph->output();
      const VideoParams own = from_frame(frame);
      if (own.width != out.params.width || own.height != out.params.height ||
          own.format != out.params.format) {
        out.params.width = own.width;
        out.params.height = own.height;
        out.params.format = own.format;
        out.params.sample_aspect_ratio = own.sample_aspect_ratio;
      }
      const bool interlaced = compat::is_interlaced(frame);
      out.params.interlace_mode =
          interlaced ? GST_VIDEO_INTERLACE_MODE_INTERLEAVED : GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
      out.params.field_order = !interlaced ? GST_VIDEO_FIELD_ORDER_UNKNOWN
                               : compat::is_top_field_first(frame)
                                   ? GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST
                                   : GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
      out.duration = *nominal;
      if (!all.empty()) {
        all.back().duration = std::max<int64_t>(out.time - all.back().time, 0);
        if (*nominal == 0)
          out.duration = all.back().duration;
      }
      all.push_back(std::move(out));
    }
  };
  auto drain = [&] {
    return graph->send_eof(av_rescale_q(end - grid, {1, 1000000000}, time_base)) && take();
  };

  for (int64_t n = 0; *source.holds(n); n++) {
    auto read = source.read(n);
    if (!read)
      return std::nullopt;
    frames.push_back(std::make_unique<DecodedFrame>(std::move(*read)));
    DecodedFrame &input = *frames.back();
    const int64_t time_in_ticks = av_rescale_q(input.time, {1, 1000000000}, time_base);
    if (n == 0)
      grid = input.time - av_rescale_q(time_in_ticks, time_base, {1, 1000000000});
    VideoParams params = input.params;
    params.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
    params.field_order = GST_VIDEO_FIELD_ORDER_UNKNOWN;
    const int64_t ticks = av_rescale_q(input.time - grid, {1, 1000000000}, time_base);
    if (!graph || !(graph->input().params == params)) {
      if (graph && !drain())
        return std::nullopt;
      if (!all.empty())
        before = all.back().time;
      auto made =
          FilterGraph::create_observed(description, {params, time_base}, {}, filters.options());
      if (!made)
        return std::nullopt;
      graph = std::move(*made);
      shift.reset();
      inputs.clear();
      first = ticks;
    }
    inputs[ticks] = &input;
    FramePtr picture = clone_frame(input.picture.get());
    av_dict_free(&picture->metadata);
    while (picture->nb_side_data > 0)
      av_frame_remove_side_data(picture.get(), picture->side_data[0]->type);
    describe_frame(picture.get(), params);
    picture->pts = ticks;
    compat::set_duration(picture.get(), 0);
    end = input.time + input.duration;
    if (!graph->push(std::move(picture)) || !take())
      return std::nullopt;
  }
  if (graph && !drain())
    return std::nullopt;
  return all;
}

inline uint64_t bytes_of(FilteredVideo &video) {
  auto frame = video.read(0);
  uint64_t bytes = 0;
  if (frame)
    for (const AVBufferRef *buffer : frame->picture->buf)
      bytes += buffer ? buffer->size : 0;
  return bytes;
}

/* The table of filters, and some more. */
const std::vector<Filters> &all_filters();

} // namespace filteredvideobench
