/* gst-framewise: GstBuffers through a filter graph.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bufferfilter.hpp"

#include "framemeta.hpp"

#include <algorithm>

namespace framewise {

/* What goes through the graph beside the picture. */
struct BufferFilter::Passenger {
  uint64_t number;        /* of the input since the graph began */
  int64_t ticks;          /* pts in the graph's input time base */
  GstClockTimeDiff start; /* exactly */
  GstClockTime duration;
  int width, height;
  BufferPtr metas; /* an empty buffer with the flags and metas of the input, never written again */
};

/* ---- Passengers -------------------------------------------------------------------------------
 */

namespace {

/* Metas that describe memory hold for this one buffer only, and may keep it alive. */
gboolean copy_portable_meta(GstBuffer *source, GstMeta **meta, gpointer target) {
  const GstMetaInfo *info = (*meta)->info;
  static const GQuark bound[] = {g_quark_from_static_string(GST_META_TAG_MEMORY_STR),
                                 g_quark_from_static_string("memory-reference")};
  for (GQuark tag : bound)
    if (gst_meta_api_type_has_tag(info->api, tag))
      return TRUE;
  if (info->transform_func) {
    GstMetaTransformCopy copy = {FALSE, 0, gsize(-1)};
    info->transform_func(static_cast<GstBuffer *>(target), *meta, source, _gst_meta_transform_copy,
                         &copy);
  }
  return TRUE;
}

struct SizeBound {
  GstBuffer *target;
  bool same_size;
};

gboolean copy_fitting_meta(GstBuffer *source, GstMeta **meta, gpointer data) {
  auto *to = static_cast<SizeBound *>(data);
  static const GQuark bound[] = {g_quark_from_static_string(GST_META_TAG_VIDEO_SIZE_STR),
                                 g_quark_from_static_string(GST_META_TAG_VIDEO_ORIENTATION_STR)};
  if (!to->same_size)
    for (GQuark tag : bound)
      if (gst_meta_api_type_has_tag((*meta)->info->api, tag))
        return TRUE;
  return copy_portable_meta(source, meta, to->target);
}

constexpr guint carried_flags =
    GST_BUFFER_FLAG_CORRUPTED | GST_BUFFER_FLAG_DROPPABLE | GST_BUFFER_FLAG_MARKER;

BufferPtr metas_of(GstBuffer *buffer) {
  BufferPtr metas(gst_buffer_new());
  GST_BUFFER_FLAG_SET(metas.get(), GST_BUFFER_FLAGS(buffer) & carried_flags);
  gst_buffer_foreach_meta(buffer, copy_portable_meta, metas.get());
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

std::shared_ptr<const BufferFilter::Passenger> BufferFilter::passenger_of(const AVFrame *frame,
                                                                          int64_t ticks) const {
  if (frame->opaque_ref && av_buffer_get_opaque(frame->opaque_ref) == &passenger_tag)
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

AVRational BufferFilter::time_base_for(GstBuffer *buffer) const {
  return frame_meta_time_base(buffer).value_or(default_time_base(input_));
}

Result<VideoParams> BufferFilter::negotiate(const VideoParams &input,
                                            const std::vector<AVPixelFormat> &formats) {
  negotiated_.reset();
  auto graph = FilterGraph::create_observed(description_, {input, default_time_base(input)},
                                            formats, options_);
  if (!graph)
    return Failure(graph.error());
  negotiated_ = std::move(*graph);
  negotiated_input_ = input;
  negotiated_formats_ = formats;
  return negotiated_->output();
}

void BufferFilter::adopt(const VideoParams &output) {
  discard();
  input_ = negotiated_input_;
  formats_ = negotiated_formats_;
  output_ = output;
  pool_.reset();
}

void BufferFilter::set_downstream(WithVideoMeta takes) {
  downstream_takes_meta_ = takes;
  pool_.reset();
}

Result<void> BufferFilter::start_graph(GstBuffer *first, GstClockTimeDiff start) {
  const FilterInput wanted{input_, time_base_for(first)};
  if (negotiated_ && negotiated_->input().params == input_ && negotiated_formats_ == formats_ &&
      av_cmp_q(negotiated_->input().time_base, wanted.time_base) == 0) {
    graph_ = std::move(*negotiated_);
  } else {
    auto graph = FilterGraph::create(description_, wanted, formats_, options_);
    if (!graph)
      return Failure(graph.error());
    graph_ = std::move(*graph);
  }
  negotiated_.reset();
  finished_ = draining_ = false;
  recent_.clear();
  pushed_ = 0;
  /* Frames at a constant rate need not begin at a multiple of it; the grid of ticks is laid through
   * the first one, so that rounding to it swallows no two frames into one tick. */
  grid_ = start - ticks_to_ns(ns_to_ticks(start, wanted.time_base), wanted.time_base);
  return {};
}

/* Of one input frame, where only the framerate tells. */
GstClockTimeDiff BufferFilter::frame_length() const {
  return input_.framerate.num > 0 ? ticks_to_ns(1, av_inv_q(input_.framerate)) : 0;
}

std::string BufferFilter::dump() const {
  if (graph_)
    return graph_->dump();
  return negotiated_ ? negotiated_->dump() : "";
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
  auto passenger = std::make_shared<Passenger>(
      Passenger{pushed_++, ns_to_ticks(start - grid_, time_base), start, duration, input_.width,
                input_.height, metas_of(buffer.get())});

  auto frame = importer_.import(std::move(buffer), input_, Access::write_if_owned);
  if (!frame)
    return Failure(frame.error());
  (*frame)->pts = passenger->ticks;
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

  constexpr size_t enough = 256; /* more than any filter that loses opaque_ref holds back */
  recent_.push_back(passenger);
  if (recent_.size() > enough)
    recent_.pop_front();
  return graph_->push(std::move(*frame));
}

Result<void> BufferFilter::drain() {
  if (!graph_ || draining_)
    return {};
  draining_ = true;
  return graph_->send_eof(ns_to_ticks(newest_end_ - grid_, graph_->input().time_base));
}

void BufferFilter::discard() {
  graph_.reset();
  finished_ = draining_ = false;
  recent_.clear();
  newest_ = newest_end_ = GST_CLOCK_STIME_NONE;
}

/* ---- Out --------------------------------------------------------------------------------------
 */

void BufferFilter::note_lag(const Passenger &passenger) {
  lag_ = std::max(lag_, unsigned(pushed_ - 1 - passenger.number));
  if (newest_ > passenger.start)
    latency_ = std::max(latency_, GstClockTime(newest_ - passenger.start));
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

Result<BufferPtr> BufferFilter::to_buffer(const AVFrame *frame) {
  if (downstream_takes_meta_ == WithVideoMeta::yes ||
      has_default_layout(frame, output_.interlace_mode))
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
  auto pulled = graph_->pull();
  if (!pulled)
    return Failure(pulled.error());
  if (pulled->status == FilterGraph::Status::finished) {
    if (draining_)
      discard();
    else
      finished_ = true;
  }
  if (pulled->status != FilterGraph::Status::frame)
    return Pulled{nullptr, no_time};

  AVFrame *frame = pulled->frame.get();
  if (frame->width != output_.width || frame->height != output_.height ||
      without_range(AVPixelFormat(frame->format)) != output_.format)
    return FRAMEWISE_FAIL_STREAM(
        FORMAT, format("The filters changed the frame from %s to %s in mid-stream.",
                       output_.describe().c_str(), from_frame(frame).describe().c_str()));

  const AVRational in_base = graph_->input().time_base, out_base = graph_->output_time_base();
  const bool has_time = frame->pts != AV_NOPTS_VALUE;
  const int64_t ticks = has_time ? av_rescale_q(frame->pts, out_base, in_base) : INT64_MIN;
  auto passenger = passenger_of(frame, ticks);
  /* A frame that kept its time gets it back as it was, unrounded. */
  const bool exact =
      passenger && has_time && av_compare_ts(frame->pts, out_base, passenger->ticks, in_base) == 0;

  GstClockTimeDiff start = no_time;
  if (exact)
    start = passenger->start;
  else if (has_time)
    start = ticks_to_ns(frame->pts, out_base) + grid_;

  /* The AVFrame may be the only owner of its picture only after the passenger has got off. */
  av_buffer_unref(&frame->opaque_ref);
  auto buffer = to_buffer(frame);
  if (!buffer)
    return Failure(buffer.error());
  GST_BUFFER_DURATION(buffer->get()) = duration_of(frame, exact ? passenger.get() : nullptr);
  set_interlace_flags(buffer->get(), frame, output_);
  if (passenger) {
    note_lag(*passenger);
    GST_BUFFER_FLAG_SET(buffer->get(), GST_BUFFER_FLAGS(passenger->metas.get()));
    SizeBound target{buffer->get(),
                     passenger->width == output_.width && passenger->height == output_.height};
    gst_buffer_foreach_meta(passenger->metas.get(), copy_fitting_meta, &target);
  }
  return Pulled{std::move(*buffer), start};
}

} // namespace framewise
