/* gst-framewise: the frames of a source through filters, in a run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterrun.hpp"

#include "framebridge.hpp"

#include <algorithm>
#include <utility>

namespace framewise {

/* What a graph is made for. How a stream is interlaced a reader learns from frame to frame; filters
 * go by what each of them says. */
static VideoParams graph_params(VideoParams params) {
  params.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  params.field_order = GST_VIDEO_FIELD_ORDER_UNKNOWN;
  return params;
}

/* ---- In ---------------------------------------------------------------------------------------
 */

/* Input `next_` into waiting_; false at the end. */
Result<bool> FilterRun::fetch() {
  if (waiting_)
    return true;
  if (source_ended_)
    return false;
  auto there = setup_.source->holds(next_);
  if (!there)
    return there;
  if (!*there) {
    source_ended_ = true;
    return false;
  }
  if (!setup_.grid) {
    /* The grid of ticks is laid through the first frame, so that rounding to it swallows none. */
    auto first = setup_.source->read(0);
    if (!first)
      return Failure(first.error());
    const AVRational time_base = setup_.source->time_base();
    setup_.grid = first->time - ticks_to_ns(ns_to_ticks(first->time, time_base), time_base);
    if (next_ == 0) {
      waiting_ = std::move(*first);
      return true;
    }
  }
  auto frame = setup_.source->read(next_);
  if (!frame)
    return Failure(frame.error());
  waiting_ = std::move(*frame);
  return true;
}

Result<void> FilterRun::begin_graph() {
  const FilterInput input{graph_params(waiting_->params), setup_.source->time_base()};
  auto known = std::find_if(setup_.outputs.begin(), setup_.outputs.end(),
                            [&](const auto &entry) { return entry.first == input.params; });
  const bool is_known = known != setup_.outputs.end();
  auto graph =
      is_known
          ? FilterGraph::create(setup_.description, input, setup_.formats, setup_.options)
          : FilterGraph::create_observed(setup_.description, input, setup_.formats, setup_.options);
  if (!graph)
    return Failure(graph.error());
  if (!is_known)
    setup_.outputs.emplace_back(input.params, graph->output());
  graph_ = std::move(*graph);
  input_ = input.params;
  output_ = is_known ? known->second : graph_->output();
  if (setup_.time_base.num == 0)
    setup_.time_base = graph_->output_time_base();
  setup_.graphs++;
  draining_ = false;
  recent_.clear();
  section_ = next_;
  first_ticks_ = ns_to_ticks(waiting_->time - *setup_.grid, input.time_base);
  any_out_ = counts_from_zero_ = false;
  next_out_ = waiting_->time;
  return {};
}

/* Decoders attach them to some frame or other, depending on where they began. */
static void forget_extras(AVFrame *picture) {
  av_dict_free(&picture->metadata);
  while (picture->nb_side_data > 0)
    av_frame_remove_side_data(picture, picture->side_data[0]->type);
}

Result<void> FilterRun::push() {
  const AVRational time_base = graph_->input().time_base;
  DecodedFrame frame = std::move(*waiting_);
  waiting_.reset();
  const Input input{next_, ns_to_ticks(frame.time - *setup_.grid, time_base), frame.time,
                    frame.duration};
  AVFrame *picture = frame.picture.get();
  forget_extras(picture);
  describe_frame(picture, input_);
  picture->pts = input.ticks;
  compat::set_duration(picture,
                       compat::filters_keep_durations ? ns_to_ticks(frame.duration, time_base) : 0);
  constexpr size_t enough = 256; /* more than filters hold back that keep times as they are */
  recent_.push_back(input);
  if (recent_.size() > enough)
    recent_.pop_front();
  newest_end_ = frame.time + frame.duration;
  next_++;
  setup_.pushed++;
  return graph_->push(std::move(frame.picture));
}

Result<void> FilterRun::drain(bool in_passing) {
  draining_ = true;
  cut_at_end_ = in_passing && setup_.may_never_end;
  return graph_->send_eof(ns_to_ticks(newest_end_ - *setup_.grid, graph_->input().time_base));
}

void FilterRun::end_graph() {
  graph_.reset();
  draining_ = false;
}

void FilterRun::jump(int64_t number) {
  if (number == next_)
    return;
  next_ = number;
  waiting_.reset();
  source_ended_ = false;
}

Result<FilterRun::Next> FilterRun::next(int64_t limit) {
  auto broken = [this](const Error &error) {
    broken_ = error;
    return Failure(error);
  };
  for (;;) {
    if (broken_)
      return Failure(*broken_);
    if (ended_)
      return Next{Status::end};
    if (graph_) {
      auto pulled = graph_->pull();
      if (!pulled)
        return broken(pulled.error());
      if (pulled->status == FilterGraph::Status::frame) {
        auto output = present(std::move(pulled->frame));
        if (!output)
          return broken(output.error());
        if (*output)
          return Next{Status::output, std::move(*output)};
        continue;
      }
      /* Filters that got too little may want more for ever. */
      if (pulled->status == FilterGraph::Status::finished || draining_) {
        /* Filters that have had enough end everything. */
        ended_ = !draining_ || source_ended_;
        end_graph();
        continue;
      }
    }
    if (next_ >= limit)
      return Next{Status::limit};
    auto fetched = fetch();
    if (!fetched)
      return Failure(fetched.error());
    if (!*fetched && !graph_) {
      ended_ = true;
      continue;
    }
    Result<void> done;
    if (!*fetched)
      done = drain(false);
    else if (graph_ && graph_params(waiting_->params) != input_)
      done = drain(true);
    else if (!graph_ && !(done = begin_graph()))
      return broken(done.error());
    else
      done = push();
    if (!done)
      return broken(done.error());
  }
}

/* ---- Out --------------------------------------------------------------------------------------
 */

/* The input that has the same time as a frame with `pts`. */
const FilterRun::Input *FilterRun::input_at(int64_t pts) const {
  const AVRational in_base = graph_->input().time_base, out_base = graph_->output_time_base();
  auto found = std::find_if(recent_.rbegin(), recent_.rend(), [&](const Input &input) {
    return av_compare_ts(pts, out_base, input.ticks, in_base) == 0;
  });
  return found == recent_.rend() ? nullptr : &*found;
}

/* A copy where the filters would go on writing into it; null when out of memory. */
static FramePtr own_copy(const AVFrame *picture) {
  FramePtr copy = new_frame();
  copy->format = picture->format;
  copy->width = picture->width;
  copy->height = picture->height;
  if (av_frame_get_buffer(copy.get(), 0) < 0 || av_frame_copy(copy.get(), picture) < 0 ||
      av_frame_copy_props(copy.get(), picture) < 0)
    return nullptr;
  return copy;
}

/* Some filters count past all numbers at the end, where they should say that there is no time. */
static bool is_time(int64_t pts, AVRational time_base) {
  constexpr int64_t far = int64_t(1) << 60; /* ns: differences of such are no overflow */
  if (pts == AV_NOPTS_VALUE)
    return false;
  const int64_t ns = ticks_to_ns(pts, time_base);
  return ns > -far && ns < far;
}

/* Nothing where the frame is of filters that go on past the end of what they got. */
Result<std::optional<FilterRun::Output>> FilterRun::present(FramePtr picture) {
  const AVRational in_base = graph_->input().time_base, out_base = graph_->output_time_base();
  AVFrame *frame = picture.get();
  const bool has_time = is_time(frame->pts, out_base);
  /* `setpts=N/25/TB` and `setpts=PTS-STARTPTS` mean the beginning of what they get. */
  if (!std::exchange(any_out_, true))
    counts_from_zero_ = has_time && frame->pts == 0 && first_ticks_ > 0;
  if (counts_from_zero_ && has_time)
    frame->pts += av_rescale_q(first_ticks_, in_base, out_base);
  const Input *like = has_time ? input_at(frame->pts) : nullptr;

  Output output;
  output.time = like       ? like->time
                : has_time ? ticks_to_ns(frame->pts, out_base) + *setup_.grid
                           : next_out_;
  if (draining_ && cut_at_end_ && (!has_time || output.time >= newest_end_)) {
    end_graph();
    return std::optional<Output>();
  }

  const bool same_rate = av_cmp_q(output_.framerate, input_.framerate) == 0;
  if (like && same_rate)
    output.nominal_duration = like->duration;
  else if (compat::filters_keep_durations && compat::duration(frame) > 0)
    output.nominal_duration = ticks_to_ns(compat::duration(frame), out_base);
  else
    output.nominal_duration =
        output_.framerate.num > 0 ? ticks_to_ns(1, av_inv_q(output_.framerate)) : 0;
  next_out_ = output.time + output.nominal_duration;

  output.pts = has_time ? av_rescale_q(frame->pts, out_base, setup_.time_base) : AV_NOPTS_VALUE;
  output.section = section_;
  output.like = like ? like->number : -1;
  output.params = output_;
  const VideoParams shown = from_frame(frame);
  if (shown.width != output_.width || shown.height != output_.height ||
      shown.format != output_.format) {
    output.params.format = shown.format;
    output.params.width = shown.width;
    output.params.height = shown.height;
    output.params.sample_aspect_ratio = shown.sample_aspect_ratio;
  }
  if (compat::is_interlaced(frame)) {
    output.params.interlace_mode = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
    output.params.field_order = compat::is_top_field_first(frame)
                                    ? GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST
                                    : GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
  } else {
    output.params.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
    output.params.field_order = GST_VIDEO_FIELD_ORDER_UNKNOWN;
  }
  frame->pts = output.pts;
  if (setup_.output_is_written && av_frame_is_writable(frame) <= 0)
    picture = own_copy(frame);
  if (!picture)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  output.picture = std::move(picture);
  return std::optional(std::move(output));
}

} // namespace framewise
