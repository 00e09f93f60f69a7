/* gst-framewise: GstSamples, through filters, into a container.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "samplewriter.hpp"

#include "framemeta.hpp"
#include "framesidedata.hpp"
#include "framestamp.hpp"
#include "streamkind.hpp"
#include "streamtimecode.hpp"

#include <gio/gio.h>

#include <utility>

namespace framewise {

Result<std::unique_ptr<SampleWriter>> SampleWriter::open(FrameWriterSettings settings) {
  const AVRational framerate = std::exchange(settings.video.framerate, AVRational{0, 1});
  auto writer = FrameWriter::open(std::move(settings));
  if (!writer)
    return Failure(writer.error());
  return std::unique_ptr<SampleWriter>(new SampleWriter(std::move(*writer), framerate));
}

Result<void> SampleWriter::check_open() const {
  switch (state_) {
  case State::finished:
    return fail(G_IO_ERROR, G_IO_ERROR_CLOSED,
                "The writer has been finished. Make a new one for another file.");
  case State::failed:
    return fail(G_IO_ERROR, G_IO_ERROR_CLOSED,
                "The writer was closed, by abort or by an error before. Make a new one.");
  case State::open:
    break;
  }
  return {};
}

Result<void> SampleWriter::fail_once(Result<void> outcome) {
  if (!outcome)
    abort();
  return outcome;
}

void SampleWriter::abort() {
  if (state_ != State::open)
    return;
  state_ = State::failed;
  filter_.reset();
  writer_->abort();
}

void SampleWriter::cancel() {
  cancelled_ = true;
  writer_->cancel();
}

/* ---- In ---------------------------------------------------------------------------------------
 */

Result<void> SampleWriter::set_filter(FilterDescription description) {
  if (auto ok = check_open(); !ok)
    return ok;
  if (input_)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, "Filters are set before the first frame is written; this writer has frames.");
  if (description.empty()) {
    filter_.reset();
    return {};
  }
  const FilterGraphOptions options;
  if (auto checked = FilterGraph::check(description, options); !checked)
    return checked;
  filter_ = std::make_unique<BufferFilter>(std::move(description), options);
  filter_->set_downstream(WithVideoMeta::yes);
  return {};
}

Result<SampleWriter::Input> SampleWriter::take(GstSample *sample) const {
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  GstCaps *caps = gst_sample_get_caps(sample);
  if (!buffer || !caps)
    return FRAMEWISE_FAIL_STREAM(FORMAT,
                                 format("A sample without %s cannot be written: it must have a "
                                        "buffer, and caps that say what is in it.",
                                        buffer ? "caps" : "a buffer"));
  auto params = from_caps(caps);
  if (!params)
    return Failure(params.error());
  if (framerate_.num > 0)
    params->framerate = framerate_;
  return Input{BufferPtr(gst_buffer_ref(buffer)), std::move(*params)};
}

/* Counted in frames from the last time given, so that no rounding adds up. */
Result<int64_t> SampleWriter::time_of(GstBuffer *buffer) {
  if (GST_BUFFER_PTS_IS_VALID(buffer)) {
    anchor_ = int64_t(GST_BUFFER_PTS(buffer));
    since_ = 0;
    return anchor_;
  }
  if (input_->framerate.num <= 0)
    return FRAMEWISE_FAIL_STREAM(
        MUX, "A frame has no timestamp, and there is no frame rate to make one from: set "
             "framerate, of the writer or in the caps, or the PTS of each buffer.");
  since_++;
  return anchor_ + ticks_to_ns(since_, av_inv_q(input_->framerate));
}

Result<void> SampleWriter::write(GstSample *sample) {
  if (auto ok = check_open(); !ok)
    return ok;
  auto input = take(sample);
  if (!input) /* nothing has happened yet */
    return Failure(input.error());
  return fail_once(feed(std::move(*input)));
}

Result<void> SampleWriter::feed(Input input) {
  if (cancelled_)
    return fail_cancelled();
  if (!input_ || *input_ != input.params)
    if (auto changed = change_input(input.params); !changed)
      return changed;
  auto time = time_of(input.buffer.get());
  if (!time)
    return Failure(time.error());
  if (filter_) {
    if (filter_->finished())
      return {}; /* a `trim` has had enough */
    if (auto pushed = filter_->push(std::move(input.buffer), *time); !pushed)
      return pushed;
    return pull_all();
  }
  FrameTime when{*time};
  if (GST_BUFFER_DURATION_IS_VALID(input.buffer.get()))
    when.duration = int64_t(GST_BUFFER_DURATION(input.buffer.get()));
  return encode(std::move(input.buffer), *output_, when);
}

Result<void> SampleWriter::change_input(const VideoParams &params) {
  if (input_ && since_ > 0 && input_->framerate.num > 0) {
    anchor_ += ticks_to_ns(since_, av_inv_q(input_->framerate));
    since_ = 0;
  }
  VideoParams output = params;
  if (filter_) {
    if (auto drained = drain_filter(); !drained)
      return drained;
    auto negotiated = filter_->negotiate(params, writer_->video_formats());
    if (!negotiated)
      return Failure(negotiated.error());
    output = *negotiated;
    filter_->adopt(output);
  }
  input_ = params;
  if (auto same = take_kind(output); !same)
    return same;
  output_ = output;
  return {};
}

Result<void> SampleWriter::take_kind(const VideoParams &params) {
  if (stream_ < 0)
    return {};
  std::string chain = filters_back_to(kind_, params, writer_->encoder(stream_));
  if (chain.empty())
    return {};
  auto changed = writer_->change_video_stream(stream_, params);
  if (!changed)
    return Failure(changed.error());
  if (*changed) {
    kind_ = params;
    return {};
  }
  return FRAMEWISE_FAIL_STREAM(
      FORMAT,
      format("The frames change from %s to %s in mid-stream, and the file holds one kind: "
             "set_filter(\"%s\"), before the first frame and behind any other filters, makes all "
             "alike.",
             kind_.describe().c_str(), params.describe().c_str(), chain.c_str()));
}

/* ---- Out --------------------------------------------------------------------------------------
 */

/* Endless filters end with the input. */
Result<void> SampleWriter::drain_filter() {
  if (auto drained = filter_->drain(BufferFilter::Drain::in_passing); !drained)
    return drained;
  return pull_all();
}

Result<void> SampleWriter::pull_all() {
  for (;;) {
    if (cancelled_)
      return fail_cancelled();
    auto pulled = filter_->pull();
    if (!pulled)
      return Failure(pulled.error());
    if (pulled->changed) {
      if (auto same = take_kind(*pulled->changed); !same)
        return same;
      filter_->accept(*pulled->changed);
      output_ = *pulled->changed;
      continue;
    }
    if (!pulled->buffer)
      return {};
    FrameTime time;
    if (GST_CLOCK_STIME_IS_VALID(pulled->start))
      time.pts = pulled->start;
    if (GST_BUFFER_DURATION_IS_VALID(pulled->buffer.get()))
      time.duration = int64_t(GST_BUFFER_DURATION(pulled->buffer.get()));
    if (auto written = encode(std::move(pulled->buffer), *output_, time); !written)
      return written;
  }
}

Result<void> SampleWriter::encode(BufferPtr buffer, const VideoParams &params,
                                  const FrameTime &time) {
  if (stream_ < 0) {
    kind_ = with_field_order(params, buffer.get());
    StreamTiming timing;
    timing.framerate = params.framerate;
    timing.first = time;
    timing.source_time_base = frame_meta_time_base(buffer.get());
    timing.timecode = timecode_of(buffer.get(), timing.framerate);
    auto stream = writer_->add_video_stream(kind_, timing);
    if (!stream)
      return Failure(stream.error());
    stream_ = *stream;
  }
  auto frame = importer_.import(BufferPtr(gst_buffer_ref(buffer.get())), params, Access::read);
  if (!frame)
    return Failure(frame.error());
  restore_side_data(frame->get(), buffer.get());
  (*frame)->pict_type = AV_PICTURE_TYPE_NONE;
  FrameTime told = time;
  told.reference_time = reference_time_of(buffer.get());
  return writer_->write(stream_, std::move(*frame), told);
}

Result<void> SampleWriter::finish() {
  if (auto ok = check_open(); !ok)
    return ok;
  if (filter_ && input_)
    if (auto drained = drain_filter(); !drained)
      return fail_once(drained);
  if (auto stats = writer_->finish(); !stats)
    return fail_once(Failure(stats.error()));
  filter_.reset();
  state_ = State::finished;
  return {};
}

} // namespace framewise
