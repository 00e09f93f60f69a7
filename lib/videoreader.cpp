/* gst-framewise: any frame of a stream, filtered or not, in any pixel format.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "videoreader.hpp"

#include "filtermeta.hpp"
#include "framestamp.hpp"
#include "streammetadata.hpp"

#include "framemeta.h"

extern "C" {
#include <libavutil/imgutils.h>
}

#include <algorithm>
#include <cstring>

namespace framewise {

static bool is_native(const std::string &pixel_format) {
  return pixel_format == "auto" || pixel_format == "native";
}

Result<std::unique_ptr<VideoReader>> VideoReader::open(VideoReaderSettings settings,
                                                       Interruption &interruption) {
  if (auto checked = FrameDelivery::check(settings.pixel_format); !checked)
    return Failure(checked.error());
  std::unique_ptr<VideoReader> self(new VideoReader(std::move(settings)));
  auto frames = NumberedFrames::open(self->settings_.player, interruption);
  if (!frames)
    return Failure(frames.error());
  self->frames_ = std::move(*frames);
  return self;
}

/* ---- Filters ----------------------------------------------------------------------------------
 */

Result<void> VideoReader::set_filter(FilterDescription description) {
  if (description == filter_)
    return {};
  if (!description.empty()) {
    const FilterGraphOptions options;
    if (auto checked = FilterGraph::check(description, options); !checked)
      return checked;
    const VideoParams promised = frames_->promised();
    const bool known = promised.format != AV_PIX_FMT_NONE && promised.width > 0;
    if (known && !writes_files(description))
      if (auto tried =
              FilterGraph::create(description, {promised, frames_->time_base()}, {}, options);
          !tried)
        return Failure(tried.error());
  }
  filtered_.clear();
  filter_ = std::move(description);
  return {};
}

Result<VideoReader::Source> VideoReader::source(const std::string &pixel_format) {
  if (auto checked = FrameDelivery::check(pixel_format); !checked)
    return Failure(checked.error());
  if (filter_.empty())
    return Source{frames_.get(), nullptr};
  /* The conversion is part of the graph, as with the ffmpeg command. */
  const std::string kind = is_native(pixel_format) ? "" : pixel_format;
  for (auto &[made_for, video] : filtered_)
    if (made_for == kind)
      return Source{frames_.get(), video.get()};
  std::vector<AVPixelFormat> formats;
  if (!kind.empty())
    formats.push_back(av_get_pix_fmt(kind.c_str()));
  auto video = FilteredVideo::create(filter_, FilterGraphOptions{}, formats, *frames_,
                                     settings_.player.cache_size);
  if (!video)
    return Failure(video.error());
  constexpr size_t most = 2; /* each runs a graph and keeps frames */
  if (filtered_.size() >= most)
    filtered_.erase(filtered_.begin());
  filtered_.emplace_back(kind, std::move(*video));
  return Source{frames_.get(), filtered_.back().second.get()};
}

/* ---- Which frame ------------------------------------------------------------------------------
 */

static Failure no_such_frame(int64_t index, const std::string &name, int64_t n_frames) {
  std::string what = format("There is no frame %" G_GINT64_FORMAT ": ", index);
  if (n_frames == 0)
    what += format("`%s` has none.", name.c_str());
  else
    what += format("`%s` has %" G_GINT64_FORMAT ", numbered from 0 to %" G_GINT64_FORMAT ".",
                   name.c_str(), n_frames, n_frames - 1);
  return fail(G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, std::move(what));
}

Result<int64_t> VideoReader::number_of(int64_t index, Source &source) {
  if (index >= 0) {
    auto held = source.holds(index);
    if (!held)
      return Failure(held.error());
    if (*held)
      return index;
    if (!frames_->can_seek())
      return fail(G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                  format("There is no frame %" G_GINT64_FORMAT ": `%s` ends before it.", index,
                         frames_->name().c_str()));
  }
  auto n = source.n_frames();
  if (!n)
    return n;
  if (index >= 0 || index < -*n)
    return no_such_frame(index, frames_->name(), *n);
  return index + *n;
}

Result<int64_t> VideoReader::n_frames() {
  auto from = source(settings_.pixel_format);
  return from ? from->n_frames() : Failure(from.error());
}

/* ---- Samples ----------------------------------------------------------------------------------
 */

Result<FrameDelivery *> VideoReader::delivery_for(const std::string &pixel_format,
                                                  const VideoParams &native) {
  auto made = deliveries_.find(pixel_format);
  if (made != deliveries_.end() && made->second.native() == native)
    return &made->second;
  CapsPtr anything(gst_caps_new_any());
  /* A decoder that has threads of its own keeps every core busy. */
  const int asked_for = settings_.player.reader.decoder.thread_count;
  const int threads = asked_for == 0 && frames_->codec()->active_thread_type != 0 ? 1 : asked_for;
  auto delivery = FrameDelivery::choose(pixel_format, native, anything.get(), threads);
  if (!delivery)
    return Failure(delivery.error());
  delivery->set_receiver(WithVideoMeta::yes);
  return &deliveries_.insert_or_assign(pixel_format, std::move(*delivery)).first->second;
}

Result<BufferPtr> VideoReader::acquire(const VideoParams &output) {
  if (!pool_ || !(pool_params_ == output)) {
    auto pool = new_frame_pool();
    if (auto set = configure_frame_pool(pool.get(), output, WithVideoMeta::yes, 0, 0); !set)
      return Failure(set.error());
    if (!gst_buffer_pool_set_active(pool.get(), TRUE))
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
    if (pool_)
      gst_buffer_pool_set_active(pool_.get(), FALSE);
    pool_ = std::move(pool);
    pool_params_ = output;
  }
  GstBuffer *buffer = nullptr;
  if (gst_buffer_pool_acquire_buffer(pool_.get(), &buffer, nullptr) != GST_FLOW_OK)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  return BufferPtr(buffer);
}

Result<GstPtr<GstSample>> VideoReader::to_sample(const DecodedFrame &frame, AVRational time_base,
                                                 const std::string &pixel_format) {
  auto delivery = delivery_for(pixel_format, frame.params);
  if (!delivery)
    return Failure(delivery.error());
  const VideoParams &output = (*delivery)->output();
  auto buffer =
      (*delivery)->deliver(frame.picture.get(), [this, &output] { return acquire(output); });
  if (!buffer)
    return Failure(buffer.error());
  stamp_buffer(buffer->get(), frame, output, time_base);
  add_filter_meta(buffer->get(), frame.picture.get());
  CapsPtr caps = to_caps(output);
  return GstPtr<GstSample>(gst_sample_new(buffer->get(), caps.get(), nullptr, nullptr));
}

Result<DecodedFrame> VideoReader::frame_at(int64_t index, Source &source) {
  auto number = number_of(index, source);
  return number ? source.read(*number) : Failure(number.error());
}

Result<GstPtr<GstSample>> VideoReader::read(int64_t index, const std::string &pixel_format) {
  const std::string &wanted = chosen(pixel_format);
  auto from = source(wanted);
  if (!from)
    return Failure(from.error());
  auto frame = frame_at(index, *from);
  if (!frame)
    return Failure(frame.error());
  return to_sample(*frame, from->time_base(), wanted);
}

template <typename Take>
Result<void> VideoReader::sweep(Source from, std::span<const int64_t> indices, Take take) {
  std::vector<std::pair<int64_t, size_t>> order; /* number, place */
  order.reserve(indices.size());
  for (size_t place = 0; place < indices.size(); place++) {
    auto number = number_of(indices[place], from);
    if (!number)
      return Failure(number.error());
    order.emplace_back(*number, place);
  }
  std::sort(order.begin(), order.end());
  std::vector<size_t> places;
  for (size_t i = 0; i < order.size();) {
    const int64_t number = order[i].first;
    places.clear();
    for (; i < order.size() && order[i].first == number; i++)
      places.push_back(order[i].second);
    if (!from.filtered)
      from.plain->expect(i < order.size() ? order[i].first : -1);
    auto frame = from.read(number);
    if (!frame)
      return Failure(frame.error());
    if (auto taken = take(*frame, std::span<const size_t>(places)); !taken)
      return taken;
  }
  return {};
}

Result<std::vector<GstPtr<GstSample>>> VideoReader::read_batch(std::span<const int64_t> indices,
                                                               const std::string &pixel_format) {
  const std::string &wanted = chosen(pixel_format);
  auto from = source(wanted);
  if (!from)
    return Failure(from.error());
  std::vector<GstPtr<GstSample>> samples(indices.size());
  auto swept =
      sweep(*from, indices,
            [&](const DecodedFrame &frame, std::span<const size_t> places) -> Result<void> {
              auto sample = to_sample(frame, from->time_base(), wanted);
              if (!sample)
                return Failure(sample.error());
              for (size_t place : places)
                samples[place].reset(gst_sample_ref(sample->get()));
              return {};
            });
  if (!swept)
    return Failure(swept.error());
  return samples;
}

/* ---- Arrays -----------------------------------------------------------------------------------
 */

namespace {

/* One array for frames of one kind, one behind the other without gaps. */
class PackedFrames {
 public:
  static Result<PackedFrames> create(const VideoParams &params, size_t n_frames);

  const VideoParams &params() const { return params_; }
  /* A view of the memory of one of them. */
  Result<FramePtr> view(size_t place);
  void repeat(size_t from, size_t to) {
    memcpy(data_.get() + to * planes_.size, data_.get() + from * planes_.size, planes_.size);
  }
  GstFramewiseArray *release();

 private:
  VideoParams params_;
  StridedLayout layout_;
  PlaneLayout planes_;
  size_t n_frames_ = 0;
  CopiedBytes data_;
};

/* No row has padding behind it. */
PlaneLayout packed_planes(const VideoParams &params, PlaneLayout planes) {
  planes.size = 0;
  for (int i = 0; i < planes.n_planes; i++) {
    planes.stride[i] = av_image_get_linesize(params.format, params.width, i);
    planes.offset[i] = planes.size;
    planes.size += size_t(planes.stride[i]) * size_t(planes.rows[i]);
  }
  return planes;
}

Result<PackedFrames> PackedFrames::create(const VideoParams &params, size_t n_frames) {
  PackedFrames self;
  self.params_ = params;
  self.n_frames_ = n_frames;
  auto layout = StridedLayout::create(params.format, params.width, params.height);
  if (!layout)
    return Failure(layout.error());
  auto planes = default_layout(params.format, params.width, params.height);
  if (!planes)
    return Failure(planes.error());
  self.planes_ = packed_planes(params, *planes);
  if (auto placed = layout->place(self.planes_); !placed)
    return Failure(placed.error());
  if (!layout->is_strided())
    return Failure(layout->why_not());
  self.layout_ = *layout;
  size_t size;
  if (!__builtin_mul_overflow(self.planes_.size, n_frames, &size))
    self.data_.reset(static_cast<guint8 *>(g_try_malloc(std::max<size_t>(size, 1))));
  if (!self.data_)
    return FRAMEWISE_FAIL_RESOURCE(
        NO_SPACE_LEFT, format("There is no memory for %zu frames of %s at once. Read fewer at a "
                              "time.",
                              n_frames, params.describe().c_str()));
  return self;
}

Result<FramePtr> PackedFrames::view(size_t place) {
  FramePtr frame = new_frame();
  uint8_t *begin = data_.get() + place * planes_.size;
  describe_frame(frame.get(), params_);
  frame->buf[0] = av_buffer_create(
      begin, planes_.size, [](void *, uint8_t *) {}, nullptr, 0);
  if (!frame->buf[0])
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  for (int i = 0; i < planes_.n_planes; i++) {
    frame->data[i] = begin + planes_.offset[i];
    frame->linesize[i] = planes_.stride[i];
  }
  return frame;
}

GstFramewiseArray *PackedFrames::release() {
  auto *array = new GstFramewiseArray{};
  g_atomic_ref_count_init(&array->references);
  array->layout.frame = layout_;
  array->layout.defaults = planes_;
  array->layout.buffer_size = planes_.size;
  StridedArray &shown = array->array = layout_.whole();
  array->data = data_.get() + shown.offset;
  shown.offset = 0;
  std::copy_backward(shown.shape.begin(), shown.shape.begin() + shown.n_dims,
                     shown.shape.begin() + shown.n_dims + 1);
  std::copy_backward(shown.strides.begin(), shown.strides.begin() + shown.n_dims,
                     shown.strides.begin() + shown.n_dims + 1);
  shown.n_dims++;
  shown.shape[0] = int64_t(n_frames_);
  shown.strides[0] = int64_t(planes_.size);
  shown.axes = shown.axes[0] == 'C' ? "NCHW" : shown.n_dims == 4 ? "NHWC" : "NHW";
  array->read_only = false;
  array->owned = std::move(data_);
  return array;
}

} // namespace

Result<GstFramewiseArray *> VideoReader::read_array(std::span<const int64_t> indices,
                                                    const std::string &pixel_format) {
  const std::string &wanted = chosen(pixel_format);
  auto from = source(wanted);
  if (!from)
    return Failure(from.error());
  std::optional<PackedFrames> packed;
  int64_t first = 0; /* the frame that said what the others must be like */
  auto take = [&](const DecodedFrame &frame, std::span<const size_t> places) -> Result<void> {
    auto delivery = delivery_for(wanted, frame.params);
    if (!delivery)
      return Failure(delivery.error());
    const VideoParams &output = (*delivery)->output();
    if (!packed) {
      auto made = PackedFrames::create(output, indices.size());
      if (!made)
        return Failure(made.error());
      packed = std::move(*made);
      first = frame.number;
    }
    const VideoParams &kind = packed->params();
    if (output.format != kind.format || output.width != kind.width || output.height != kind.height)
      return FRAMEWISE_FAIL_STREAM(
          FORMAT, format("Frame %" G_GINT64_FORMAT " is %s and frame %" G_GINT64_FORMAT
                         " %s: they make no single array. Read them one by one, or put a `scale` "
                         "filter before.",
                         frame.number, output.describe().c_str(), first, kind.describe().c_str()));
    auto view = packed->view(places[0]);
    if (!view)
      return Failure(view.error());
    auto written = (*delivery)->write(frame.picture.get(), view->get());
    if (!written)
      return written;
    for (size_t place : places.subspan(1))
      packed->repeat(places[0], place);
    return {};
  };
  if (indices.empty()) { /* of which kind, a frame tells */
    auto layout = this->layout(wanted);
    if (!layout)
      return Failure(layout.error());
    VideoParams params;
    params.format = layout->frame.format();
    params.width = layout->frame.pixel_width();
    params.height = layout->frame.pixel_height();
    auto made = PackedFrames::create(params, 0);
    return made ? Result<GstFramewiseArray *>(made->release()) : Failure(made.error());
  }
  if (auto swept = sweep(*from, indices, take); !swept)
    return Failure(swept.error());
  return packed->release();
}

/* ---- What frames are like ---------------------------------------------------------------------
 */

Result<GstFramewiseLayout> VideoReader::layout(const std::string &pixel_format) {
  const std::string &wanted = chosen(pixel_format);
  auto from = source(wanted);
  if (!from)
    return Failure(from.error());
  VideoParams native = frames_->promised();
  if (from->filtered || native.format == AV_PIX_FMT_NONE || native.width <= 0) {
    auto frame = from->read(0);
    if (!frame)
      return Failure(frame.error());
    native = frame->params;
  }
  if (is_native(wanted))
    return layout_of(native);
  auto output = FrameConverter::output_for(native, av_get_pix_fmt(wanted.c_str()));
  return output ? layout_of(*output) : Failure(output.error());
}

StructurePtr VideoReader::metadata() const {
  VideoParams delivered = frames_->promised();
  if (!is_native(settings_.pixel_format))
    delivered.format = av_get_pix_fmt(settings_.pixel_format.c_str());
  return stream_metadata(frames_->input(), delivered);
}

Result<StructurePtr> VideoReader::frame_metadata(int64_t index) {
  auto from = source("native");
  if (!from)
    return Failure(from.error());
  auto frame = frame_at(index, *from);
  if (!frame)
    return Failure(frame.error());
  BufferPtr carrier(gst_buffer_new());
  stamp_buffer(carrier.get(), *frame, frame->params, from->time_base());
  return StructurePtr(gst_structure_copy(gst_framewise_buffer_get_frame_meta(carrier.get())));
}

} // namespace framewise
