/* gst-framewise: GstBuffers through a filter graph.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bufferfilter.hpp"

#include "filtermeta.hpp"
#include "filterreach.hpp"
#include "framemeta.hpp"
#include "framesidedata.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace framewise {

/* What goes through the graph beside the picture. */
struct BufferFilter::Passenger {
  uint64_t number;        /* of the input since the graph began */
  int64_t ticks;          /* pts in the graph's input time base */
  GstClockTimeDiff start; /* exactly */
  GstClockTime duration;
  int width, height;
  guint flags;
  BufferPtr
      metas; /* an empty buffer with the metas of the input, never written again; NULL: none */
  FramePtr side_data = nullptr; /* that the input had in the graph; NULL: none */
};

/* ---- Passengers -------------------------------------------------------------------------------
 */

namespace {

void copy_meta(GstBuffer *source, GstMeta *meta, GstBuffer *target) {
  if (!meta->info->transform_func)
    return;
  GstMetaTransformCopy copy = {FALSE, 0, gsize(-1)};
  meta->info->transform_func(target, meta, source, _gst_meta_transform_copy, &copy);
}

void copy_fitting_metas(GstBuffer *metas, GstBuffer *target, Placement placement) {
  static const GQuark bound[] = {g_quark_from_static_string(GST_META_TAG_VIDEO_SIZE_STR),
                                 g_quark_from_static_string(GST_META_TAG_VIDEO_ORIENTATION_STR)};
  gpointer state = nullptr;
  while (GstMeta *meta = gst_buffer_iterate_meta(metas, &state)) {
    if (meta->info == gst_framewise_filter_meta_get_info())
      continue; /* went through the graph, as metadata of the frame */
    if (is_side_data_meta(meta))
      continue; /* the same, as side data */
    if (placement != Placement::same &&
        std::any_of(std::begin(bound), std::end(bound),
                    [meta](GQuark tag) { return gst_meta_api_type_has_tag(meta->info->api, tag); }))
      continue;
    copy_meta(metas, meta, target);
  }
}

constexpr guint carried_flags =
    GST_BUFFER_FLAG_CORRUPTED | GST_BUFFER_FLAG_DROPPABLE | GST_BUFFER_FLAG_MARKER;

/* Metas that describe memory hold for this one buffer only, and may keep it alive. */
bool is_portable(const GstMeta *meta) {
  static const GQuark bound[] = {g_quark_from_static_string(GST_META_TAG_MEMORY_STR),
                                 g_quark_from_static_string("memory-reference")};
  return std::none_of(std::begin(bound), std::end(bound), [meta](GQuark tag) {
    return gst_meta_api_type_has_tag(meta->info->api, tag);
  });
}

/* NULL where there is none that can go with the picture. */
BufferPtr metas_of(GstBuffer *buffer) {
  BufferPtr metas;
  gpointer state = nullptr;
  while (GstMeta *meta = gst_buffer_iterate_meta(buffer, &state)) {
    if (!is_portable(meta))
      continue;
    if (!metas)
      metas.reset(gst_buffer_new());
    copy_meta(buffer, meta, metas.get());
  }
  return metas;
}

} // namespace

/* AVFrame.opaque_ref holds a shared_ptr to the passenger. Frames of other origin in the graph (of
 * the `movie` filter, say) may have an opaque_ref too; this one is known by its free function's
 * argument. */
static const char passenger_tag = 0;

template <typename T> static void free_shared(void *, uint8_t *data) {
  delete reinterpret_cast<std::shared_ptr<T> *>(data);
}

template <typename T> static AVBufferRef *opaque_ref_for(const std::shared_ptr<T> &passenger) {
  auto *holder = new std::shared_ptr<T>(passenger);
  AVBufferRef *ref =
      av_buffer_create(reinterpret_cast<uint8_t *>(holder), sizeof *holder, free_shared<T>,
                       const_cast<char *>(&passenger_tag), AV_BUFFER_FLAG_READONLY);
  if (!ref)
    delete holder;
  return ref;
}

static bool carries_passenger(const AVFrame *frame) {
  return frame->opaque_ref && av_buffer_get_opaque(frame->opaque_ref) == &passenger_tag;
}

std::shared_ptr<const BufferFilter::Passenger> BufferFilter::passenger_of(const AVFrame *frame,
                                                                          int64_t ticks) const {
  if (carries_passenger(frame))
    return *reinterpret_cast<std::shared_ptr<const Passenger> *>(frame->opaque_ref->data);
  /* The newest input that is not later than the frame. */
  std::shared_ptr<const Passenger> latest;
  for (const auto &candidate : recent_)
    if (candidate->ticks <= ticks && (!latest || candidate->ticks >= latest->ticks))
      latest = candidate;
  return latest;
}

/* ---- Graphs -----------------------------------------------------------------------------------
 */

static AVRational default_time_base(const VideoParams &params) {
  return params.framerate.num > 0 ? av_inv_q(params.framerate) : gst_time_base;
}

/* What filters are tried on before caps are known. */
static VideoParams any_input() {
  VideoParams params;
  params.format = AV_PIX_FMT_YUV420P;
  params.width = 640;
  params.height = 480;
  params.framerate = {25, 1};
  return params;
}

AVRational BufferFilter::time_base_for(GstBuffer *buffer) const {
  return frame_meta_time_base(buffer).value_or(default_time_base(input_));
}

bool BufferFilter::begins_at_zero() const { return framewise::begins_at_zero(description_); }

bool BufferFilter::may_never_end() const { return framewise::may_never_end(description_); }

Result<VideoParams> BufferFilter::negotiate(const VideoParams &input,
                                            const std::vector<AVPixelFormat> &formats) {
  /* Also while the graph runs that came of it: a second one might take files away from it. */
  if (negotiated_output_ && negotiated_input_ == input && negotiated_formats_ == formats)
    return *negotiated_output_;
  negotiated_.reset();
  negotiated_output_.reset();
  auto graph = FilterGraph::create_observed(description_, {input, default_time_base(input)},
                                            formats, options_);
  if (!graph)
    return Failure(graph.error());
  negotiated_ = std::move(*graph);
  negotiated_input_ = input;
  negotiated_formats_ = formats;
  negotiated_output_ = negotiated_->output();
  negotiated_is_old_ = false;
  lag_ = std::max(lag_, negotiated_->observed_lag());
  return negotiated_->output();
}

BufferFilter::BufferFilter(FilterDescription description, const FilterGraphOptions &options)
    : description_(std::move(description)), options_(options),
      output_is_written_(writes_into_its_output(description_)),
      moves_pictures_(framewise::moves_pictures(description_)),
      has_sources_(framewise::has_sources(description_)) {}

void BufferFilter::adopt(const VideoParams &output) {
  end_graph();
  input_ = negotiated_input_;
  formats_ = negotiated_formats_;
  output_ = output;
  pool_.reset();
}

void BufferFilter::follow(const BufferFilter &before) {
  downstream_takes_meta_ = before.downstream_takes_meta_;
  newest_end_ = before.newest_end_;
}

void BufferFilter::set_downstream(WithVideoMeta takes) {
  downstream_takes_meta_ = takes;
  pool_.reset();
}

Result<void> BufferFilter::start_graph(GstBuffer *first, GstClockTimeDiff start) {
  const FilterInput wanted{input_, time_base_for(first)};
  if (negotiated_ && !negotiated_is_old_ && negotiated_->input().params == input_ &&
      negotiated_formats_ == formats_ &&
      av_cmp_q(negotiated_->input().time_base, wanted.time_base) == 0) {
    graph_ = std::move(*negotiated_);
  } else {
    negotiated_.reset(); /* before the next one wants what it has, a socket say */
    auto graph = FilterGraph::create(description_, wanted, formats_, options_);
    if (!graph)
      return Failure(graph.error());
    graph_ = std::move(*graph);
  }
  negotiated_.reset();
  finished_ = draining_ = false;
  recent_.clear();
  pushed_ = 0;
  newest_out_ = true;
  /* Frames at a constant rate need not begin at a multiple of it; the grid of ticks is laid through
   * the first one, so that rounding to it swallows no two frames into one tick. */
  first_ticks_ = ns_to_ticks(start, wanted.time_base);
  grid_ = start - ticks_to_ns(first_ticks_, wanted.time_base);
  any_out_ = counts_from_zero_ = false;
  return {};
}

/* Of one input frame, where only the framerate tells. */
GstClockTimeDiff BufferFilter::frame_length() const {
  return input_.framerate.num > 0 ? ticks_to_ns(1, av_inv_q(input_.framerate)) : 0;
}

const FilterGraph *BufferFilter::newest_graph() const {
  return graph_ ? &*graph_ : negotiated_ ? &*negotiated_ : nullptr;
}

std::string BufferFilter::dump() const {
  const FilterGraph *graph = newest_graph();
  return graph ? graph->dump() : "";
}

std::string BufferFilter::dot() const {
  const FilterGraph *graph = newest_graph();
  return graph ? graph->dot() : "";
}

Result<BufferFilter::CommandOutcome> BufferFilter::command(const FilterCommand &command) {
  auto targets = find_targets(description_, command.target);
  if (!targets)
    return Failure(targets.error());
  FilterDescription changed = description_;
  bool resizes = false;
  for (const NodePlace &place : *targets) {
    FilterNode &node = changed.node(place);
    resizes = resizes || changes_size(node, command.name);
    if (is_option(node, command.name))
      node.set_option(command.name, command.argument);
  }
  if (resizes)
    return CommandOutcome{"", std::move(changed)};

  CommandOutcome outcome;
  std::optional<Error> refused;
  bool taken = false;
  /* Where no graph runs, one is made to try it on. */
  std::optional<FilterGraph> trial;
  if (!graph_) {
    FilterInput input{input_, default_time_base(input_)};
    if (input.params.format == AV_PIX_FMT_NONE)
      input = {any_input(), {1, 25}};
    auto made = FilterGraph::create(description_, input, {}, options_);
    if (!made)
      return Failure(made.error());
    trial = std::move(*made);
  }
  FilterGraph &graph = graph_ ? *graph_ : *trial;
  for (const NodePlace &place : *targets) {
    auto answer = graph.command(place, command.name, command.argument);
    if (!answer) {
      refused = answer.error();
      /* `all` means all that know it. */
      if (command.target != "all")
        return Failure(*refused);
      continue;
    }
    taken = true;
    outcome.answer += *answer;
    if (FilterNode &node = description_.node(place); is_option(node, command.name))
      node.set_option(command.name, command.argument);
  }
  if (!taken)
    return Failure(*refused);
  negotiated_is_old_ = true;
  return outcome;
}

/* ---- In ---------------------------------------------------------------------------------------
 */

Result<void> BufferFilter::push(BufferPtr buffer, GstClockTimeDiff start) {
  if (!GST_CLOCK_STIME_IS_VALID(start))
    start = GST_CLOCK_STIME_IS_VALID(newest_end_) ? newest_end_ : 0;
  if (!graph_)
    if (auto ok = start_graph(buffer.get(), start); !ok)
      return ok;

  const GstClockTime duration = GST_BUFFER_DURATION(buffer.get());
  const AVRational time_base = graph_->input().time_base;
  auto passenger = std::make_shared<Passenger>(Passenger{
      pushed_++, ns_to_ticks(start - grid_, time_base), start, duration, input_.width,
      input_.height, GST_BUFFER_FLAGS(buffer.get()) & carried_flags, metas_of(buffer.get())});

  auto frame =
      importer_.import(std::move(buffer), input_, Access::write_if_owned, graph_->blank_frame());
  if (!frame)
    return Failure(frame.error());
  if (passenger->metas) {
    set_picture_type(frame->get(), passenger->metas.get());
    restore_side_data(frame->get(), passenger->metas.get());
    copy_filter_meta(frame->get(), passenger->metas.get());
  } else {
    (*frame)->pict_type = AV_PICTURE_TYPE_I;
    compat::set_key_frame(frame->get(), true);
  }
  (*frame)->pts = passenger->ticks;
  passenger->side_data = side_data_of(frame->get());
  if (compat::filters_keep_durations && GST_CLOCK_TIME_IS_VALID(duration))
    compat::set_duration(frame->get(), ns_to_ticks(int64_t(duration), time_base));
  (*frame)->opaque_ref = opaque_ref_for<const Passenger>(passenger);

  GstClockTimeDiff length = frame_length();
  if (GST_CLOCK_TIME_IS_VALID(duration))
    length = GstClockTimeDiff(duration);
  else if (length == 0 && GST_CLOCK_STIME_IS_VALID(newest_))
    length = std::max<GstClockTimeDiff>(start - newest_, 0);
  newest_ = start;
  newest_end_ = start + length;
  newest_out_ = false;

  constexpr size_t enough = 256; /* more than any filter that loses opaque_ref holds back */
  recent_.push_back(passenger);
  if (recent_.size() > enough)
    recent_.pop_front();
  return graph_->push(std::move(*frame));
}

Result<void> BufferFilter::drain(Drain how) {
  if (!graph_ || draining_)
    return {};
  if (pushed_ == 0 || !GST_CLOCK_STIME_IS_VALID(newest_end_)) {
    end_graph();
    return {};
  }
  draining_ = true;
  cut_at_end_ = how == Drain::in_passing && may_never_end();
  return graph_->send_eof(ns_to_ticks(newest_end_ - grid_, graph_->input().time_base));
}

void BufferFilter::end_graph() {
  graph_.reset();
  changed_frame_.reset();
  newest_out_ = true;
  finished_ = draining_ = false;
  recent_.clear();
  newest_ = next_out_ = GST_CLOCK_STIME_NONE;
}

void BufferFilter::discard() {
  end_graph();
  newest_end_ = GST_CLOCK_STIME_NONE;
}

/* ---- Out --------------------------------------------------------------------------------------
 */

/* By the time at which the frame comes out, `out`: a filter may show an old picture anew. */
void BufferFilter::note_lag(const Passenger &passenger, GstClockTimeDiff out) {
  newest_out_ = newest_out_ || passenger.number + 1 == pushed_;
  if (!GST_CLOCK_STIME_IS_VALID(out) || newest_ <= out)
    return;
  latency_ = std::max(latency_, GstClockTime(newest_ - out));
  const GstClockTimeDiff length = frame_length();
  lag_ = std::max(lag_, out == passenger.start ? unsigned(pushed_ - 1 - passenger.number)
                        : length > 0           ? unsigned((newest_ - out + length - 1) / length)
                                               : 0);
}

GstClockTime BufferFilter::duration_of(const AVFrame *frame, const Passenger *exact) const {
  const AVRational time_base = graph_->output_time_base();
  const bool as_before = av_cmp_q(time_base, graph_->input().time_base) == 0 &&
                         av_cmp_q(output_.framerate, input_.framerate) == 0;
  if (exact && as_before && GST_CLOCK_TIME_IS_VALID(exact->duration))
    return exact->duration;
  if (compat::filters_keep_durations && compat::duration(frame) > 0)
    return GstClockTime(ticks_to_ns(compat::duration(frame), time_base));
  if (output_.framerate.num > 0)
    return GstClockTime(ticks_to_ns(1, av_inv_q(output_.framerate)));
  return GST_CLOCK_TIME_NONE;
}

/* Filters hand side data on with all that a frame has of its own, opaque_ref too. Those that make
 * frames from nothing leave both out: then all is as it went in, as far as it holds for any picture
 * of that time. */
void BufferFilter::pass_on_metas(GstBuffer *buffer, const AVFrame *frame,
                                 const Passenger *passenger, KnowsPassenger knows) const {
  FilteredSideData filtered = {};
  filtered.came_out = frame;
  filtered.framerate_out = output_.framerate;
  filtered.width_out = output_.width;
  filtered.height_out = output_.height;
  filtered.placement = Placement::moved;
  if (passenger) {
    const bool same_size = passenger->width == output_.width && passenger->height == output_.height;
    const bool moved = moves_pictures_ || (has_sources_ && knows == KnowsPassenger::no);
    filtered.placement = moved ? Placement::moved : same_size ? Placement::same : Placement::scaled;
    filtered.metas = passenger->metas.get();
    filtered.went_in = passenger->side_data.get();
    filtered.width_in = passenger->width;
    filtered.height_in = passenger->height;
    filtered.has_other_colors =
        input_.transfer != output_.transfer || input_.primaries != output_.primaries;
    if (knows == KnowsPassenger::no && frame->nb_side_data == 0 && filtered.went_in)
      filtered.came_out = filtered.went_in;
    if (filtered.metas)
      copy_fitting_metas(filtered.metas, buffer, filtered.placement);
  }
  pass_on_side_data(buffer, filtered);
}

Result<BufferPtr> BufferFilter::to_buffer(const AVFrame *frame) {
  const bool may_change =
      output_is_written_ && av_frame_is_writable(const_cast<AVFrame *>(frame)) <= 0;
  if (!may_change && (downstream_takes_meta_ == WithVideoMeta::yes ||
                      has_default_layout(frame, output_.interlace_mode)))
    if (BufferPtr wrapped = wrap_frame(frame, Sharing::as_refcount))
      return wrapped;

  if (!pool_) {
    pool_ = new_frame_pool();
    if (auto ok = configure_frame_pool(pool_.get(), output_, downstream_takes_meta_, 0, 0); !ok)
      return Failure(ok.error());
    gst_buffer_pool_set_active(pool_.get(), TRUE);
  }
  GstBuffer *copy = nullptr;
  if (gst_buffer_pool_acquire_buffer(pool_.get(), &copy, nullptr) != GST_FLOW_OK)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  BufferPtr buffer(copy);
  if (auto ok = copy_frame(frame, buffer.get(), output_.interlace_mode); !ok)
    return Failure(ok.error());
  return buffer;
}

Result<BufferFilter::Pulled> BufferFilter::pull() {
  constexpr GstClockTimeDiff no_time = GST_CLOCK_STIME_NONE;
  if (!graph_)
    return Pulled{nullptr, no_time};
  if (changed_frame_)
    return deliver(std::move(changed_frame_));
  auto pulled = graph_->pull();
  if (!pulled)
    return Failure(pulled.error());
  if (pulled->status == FilterGraph::Status::finished) {
    if (draining_)
      end_graph();
    else
      finished_ = true;
  }
  if (pulled->status != FilterGraph::Status::frame)
    return Pulled{nullptr, no_time};
  return deliver(std::move(pulled->frame));
}

void BufferFilter::accept(const VideoParams &output) {
  output_ = output;
  pool_.reset();
}

/* What pull() gives for `picture`. */
Result<BufferFilter::Pulled> BufferFilter::deliver(FramePtr picture) {
  constexpr GstClockTimeDiff no_time = GST_CLOCK_STIME_NONE;
  AVFrame *frame = picture.get();
  if (const auto format = without_range(AVPixelFormat(frame->format));
      frame->width != output_.width || frame->height != output_.height ||
      format != output_.format) {
    VideoParams changed = output_;
    changed.format = format;
    changed.width = frame->width;
    changed.height = frame->height;
    changed.sample_aspect_ratio = from_frame(frame).sample_aspect_ratio;
    changed_frame_ = std::move(picture);
    return Pulled{nullptr, no_time, nullptr, std::move(changed)};
  }

  const AVRational in_base = graph_->input().time_base, out_base = graph_->output_time_base();
  const bool has_time = frame->pts != AV_NOPTS_VALUE;
  /* `setpts=N/25/TB` and `setpts=PTS-STARTPTS` mean the beginning of what they get. */
  if (!std::exchange(any_out_, true))
    counts_from_zero_ = has_time && frame->pts == 0 && first_ticks_ > 0;
  if (counts_from_zero_ && has_time)
    frame->pts += av_rescale_q(first_ticks_, in_base, out_base);
  const int64_t ticks = has_time ? av_rescale_q(frame->pts, out_base, in_base) : INT64_MIN;
  auto passenger = passenger_of(frame, ticks);
  const auto knows = carries_passenger(frame) ? KnowsPassenger::yes : KnowsPassenger::no;
  /* A frame that kept its time gets it back as it was, unrounded. */
  const bool exact =
      passenger && has_time && av_compare_ts(frame->pts, out_base, passenger->ticks, in_base) == 0;

  GstClockTimeDiff start = no_time;
  if (exact)
    start = passenger->start;
  else if (has_time)
    start = ticks_to_ns(frame->pts, out_base) + grid_;
  else if (GST_CLOCK_STIME_IS_VALID(next_out_))
    start = next_out_;
  else if (passenger)
    start = passenger->start;
  if (draining_ && cut_at_end_ && (!has_time || start >= newest_end_)) {
    end_graph();
    return Pulled{nullptr, no_time};
  }

  /* The AVFrame may be the only owner of its picture only after the passenger has got off. */
  av_buffer_unref(&frame->opaque_ref);
  auto buffer = to_buffer(frame);
  if (!buffer)
    return Failure(buffer.error());
  const GstClockTime duration = duration_of(frame, exact ? passenger.get() : nullptr);
  GST_BUFFER_DURATION(buffer->get()) = duration;
  if (const GstClockTime lasts =
          GST_CLOCK_TIME_IS_VALID(duration) || !passenger ? duration : passenger->duration;
      GST_CLOCK_STIME_IS_VALID(start) && GST_CLOCK_TIME_IS_VALID(lasts))
    next_out_ = start + GstClockTimeDiff(lasts);
  set_interlace_flags(buffer->get(), frame, output_);
  if (passenger) {
    note_lag(*passenger, start);
    GST_BUFFER_FLAG_SET(buffer->get(), passenger->flags);
  }
  pass_on_metas(buffer->get(), frame, passenger.get(), knows);
  const GstStructure *found = add_filter_meta(buffer->get(), frame);
  if (found && passenger && passenger->metas)
    if (const GstStructure *before = gst_framewise_buffer_get_filter_meta(passenger->metas.get());
        before && gst_structure_is_equal(before, found))
      found = nullptr;
  graph_->recycle(std::move(picture));
  return Pulled{std::move(*buffer), start, found};
}

} // namespace framewise
