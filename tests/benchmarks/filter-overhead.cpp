/* gst-framewise: what graphfilter costs for each frame, beyond libavfilter itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The filter is `null` and the frames are tiny, so that nothing but the way in and out is left.
 * Each contestant is driven from a plain loop in this thread, in turn, round after round. Prints
 * medians of CPU time, which neighbours on the machine disturb least, and allocations.
 */
#include "allocations.hpp"
#include "framepool.hpp"

#include <gst/video/video.h>

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

using namespace framewise;

namespace {

constexpr int width = 64, height = 64;
constexpr int rounds = 31, frames_in_round = 4000;
constexpr GstClockTime frame_length = GST_SECOND / 25;

void check(int ret, const char *what) {
  if (ret >= 0)
    return;
  std::fprintf(stderr, "filter-overhead: %s: %s\n", what, av_error_text(ret).c_str());
  std::exit(1);
}

void require(bool ok, const char *what) {
  if (ok)
    return;
  std::fprintf(stderr, "filter-overhead: %s\n", what);
  std::exit(1);
}

VideoParams stream_params() {
  VideoParams params;
  params.format = AV_PIX_FMT_YUV420P;
  params.width = width;
  params.height = height;
  params.framerate = {25, 1};
  return params;
}

/* ---- libavfilter ----------------------------------------------------------------------------- */

/* Frames of a pool through buffersrc, null and buffersink. */
class FilterLoop {
 public:
  FilterLoop() : graph_(avfilter_graph_alloc()) {
    const std::string size = std::to_string(width) + "x" + std::to_string(height);
    check(avfilter_graph_create_filter(
              &source_, avfilter_get_by_name("buffer"), "in",
              ("video_size=" + size + ":pix_fmt=yuv420p:time_base=1/25:frame_rate=25").c_str(),
              nullptr, graph_.get()),
          "buffer");
    AVFilterContext *null = nullptr;
    check(avfilter_graph_create_filter(&null, avfilter_get_by_name("null"), "null", nullptr,
                                       nullptr, graph_.get()),
          "null");
    check(avfilter_graph_create_filter(&sink_, avfilter_get_by_name("buffersink"), "out", nullptr,
                                       nullptr, graph_.get()),
          "buffersink");
    check(avfilter_link(source_, 0, null, 0), "link");
    check(avfilter_link(null, 0, sink_, 0), "link");
    check(avfilter_graph_config(graph_.get(), nullptr), "config");

    auto layout = aligned_layout(AV_PIX_FMT_YUV420P, width, height);
    require(layout.has_value(), "no layout");
    layout_ = *layout;
    pool_.reset(av_buffer_pool_init(layout_.size, nullptr));
  }

  void run() {
    for (int i = 0; i < frames_in_round; i++) {
      in_->format = AV_PIX_FMT_YUV420P;
      in_->width = width;
      in_->height = height;
      in_->pts = pts_;
      in_->buf[0] = av_buffer_pool_get(pool_.get());
      for (int plane = 0; plane < 3; plane++) {
        in_->data[plane] = in_->buf[0]->data + layout_.offset[plane];
        in_->linesize[plane] = layout_.stride[plane];
      }
      check(av_buffersrc_add_frame_flags(source_, in_.get(), 0), "add_frame");
      check(av_buffersink_get_frame(sink_, out_.get()), "get_frame");
      require(out_->pts == pts_, "wrong frame");
      av_frame_unref(out_.get());
      pts_++;
    }
  }

 private:
  FilterGraphPtr graph_;
  AVFilterContext *source_ = nullptr, *sink_ = nullptr; /* the graph's */
  PlaneLayout layout_;
  BufferPoolPtr pool_;
  FramePtr in_ = new_frame(), out_ = new_frame();
  int64_t pts_ = 0;
};

/* ---- GStreamer ------------------------------------------------------------------------------- */

/* Buffers of our pool through an element, or through none, from one bare pad to another. */
class ElementLoop {
 public:
  explicit ElementLoop(GstPtr<GstElement> element) : element_(std::move(element)) {
    source_.reset(gst_pad_new("source", GST_PAD_SRC));
    sink_.reset(gst_pad_new("sink", GST_PAD_SINK));
    gst_pad_set_element_private(sink_.get(), this);
    gst_pad_set_chain_function(sink_.get(), take);
    gst_pad_set_query_function(sink_.get(), answer);
    for (GstPad *pad : {source_.get(), sink_.get()})
      gst_pad_set_active(pad, TRUE);
    if (element_) {
      GstPtr<GstPad> in(gst_element_get_static_pad(element_.get(), "sink"));
      GstPtr<GstPad> out(gst_element_get_static_pad(element_.get(), "src"));
      require(GST_PAD_LINK_SUCCESSFUL(gst_pad_link(source_.get(), in.get())) &&
                  GST_PAD_LINK_SUCCESSFUL(gst_pad_link(out.get(), sink_.get())),
              "pads cannot be linked");
      require(gst_element_set_state(element_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE,
              "the element does not start");
    } else {
      require(GST_PAD_LINK_SUCCESSFUL(gst_pad_link(source_.get(), sink_.get())),
              "pads cannot be linked");
    }

    CapsPtr caps = to_caps(stream_params());
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(source_.get(), gst_event_new_stream_start("filter-overhead"));
    gst_pad_push_event(source_.get(), gst_event_new_caps(caps.get()));
    gst_pad_push_event(source_.get(), gst_event_new_segment(&segment));
    pool_ = new_frame_pool();
    require(configure_frame_pool(pool_.get(), stream_params(), WithVideoMeta::yes, 0, 0) &&
                gst_buffer_pool_set_active(pool_.get(), TRUE),
            "no pool");
  }
  ElementLoop(const ElementLoop &) = delete;
  ElementLoop &operator=(const ElementLoop &) = delete;
  ~ElementLoop() {
    if (element_)
      gst_element_set_state(element_.get(), GST_STATE_NULL);
    for (GstPad *pad : {source_.get(), sink_.get()})
      gst_pad_set_active(pad, FALSE);
    gst_buffer_pool_set_active(pool_.get(), FALSE);
  }

  void run() {
    for (int i = 0; i < frames_in_round; i++) {
      GstBuffer *buffer = nullptr;
      gst_buffer_pool_acquire_buffer(pool_.get(), &buffer, nullptr);
      GST_BUFFER_PTS(buffer) = next_in_;
      GST_BUFFER_DURATION(buffer) = frame_length;
      next_in_ += frame_length;
      require(gst_pad_push(source_.get(), buffer) == GST_FLOW_OK, "a buffer was refused");
      require(next_out_ == next_in_, "no frame came out");
    }
  }

 private:
  static GstFlowReturn take(GstPad *pad, GstObject *, GstBuffer *buffer) {
    auto *self = static_cast<ElementLoop *>(gst_pad_get_element_private(pad));
    require(GST_BUFFER_PTS(buffer) == self->next_out_, "wrong frame");
    self->next_out_ += frame_length;
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
  }

  /* As a video sink does. */
  static gboolean answer(GstPad *pad, GstObject *parent, GstQuery *query) {
    if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION)
      return gst_pad_query_default(pad, parent, query);
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
    return TRUE;
  }

  GstPtr<GstElement> element_; /* may be NULL */
  GstPtr<GstPad> source_, sink_;
  GstPtr<GstBufferPool> pool_;
  GstClockTime next_in_ = 0, next_out_ = 0;
};

GstPtr<GstElement> graphfilter(const char *sequence) {
  GstElement *element = gst_element_factory_make("graphfilter", nullptr);
  require(element, "no graphfilter: GST_PLUGIN_PATH is the folder that it is in");
  g_object_set(element, "filter-sequence", sequence, nullptr);
  gst_object_ref_sink(element);
  return GstPtr<GstElement>(element);
}

/* ---- Measuring ------------------------------------------------------------------------------- */

/* Of this thread: all that is measured happens in it. */
double cpu_nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) * 1e9 + double(now.tv_nsec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Contestant {
  const char *name;
  std::function<void()> run;
  std::vector<double> nanoseconds; /* for a frame, by round */
  long allocations = 0;
};

void measure(Contestant &contestant) {
  const long allocations_before = allocations;
  const double before = cpu_nanoseconds();
  contestant.run();
  contestant.nanoseconds.push_back((cpu_nanoseconds() - before) / frames_in_round);
  contestant.allocations += allocations - allocations_before;
}

void print(const char *name, const std::vector<double> &nanoseconds, const char *end) {
  auto [least, most] = std::minmax_element(nanoseconds.begin(), nanoseconds.end());
  std::printf("  %-44s %7.0f ns  (%.0f - %.0f)%s", name, median(nanoseconds), *least, *most, end);
}

std::vector<double> difference(const Contestant &a, const Contestant &b) {
  std::vector<double> result(rounds);
  for (int i = 0; i < rounds; i++)
    result[i] = a.nanoseconds[i] - b.nanoseconds[i];
  return result;
}

} // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  FilterLoop libavfilter;
  ElementLoop buffers(nullptr), passthrough(graphfilter(nullptr)), filter(graphfilter("null"));
  Contestant contestants[] = {
      {"libavfilter: buffer, null, buffersink", [&] { libavfilter.run(); }},
      {"GStreamer: a pool's buffers from pad to pad", [&] { buffers.run(); }},
      {"the same through graphfilter without a filter", [&] { passthrough.run(); }},
      {"graphfilter filter-sequence=null", [&] { filter.run(); }},
  };
  for (auto &contestant : contestants)
    contestant.run(); /* warm */
  for (int round = 0; round < rounds; round++)
    for (auto &contestant : contestants)
      measure(contestant);

  std::printf("Filtering: CPU time for a frame of %dx%d; medians of %d rounds of %d frames\n",
              width, height, rounds, frames_in_round);
  for (const auto &contestant : contestants) {
    print(contestant.name, contestant.nanoseconds, "");
    std::printf("  %5.2f allocations\n",
                double(contestant.allocations) / (double(rounds) * frames_in_round));
  }
  print("graphfilter less libavfilter", difference(contestants[3], contestants[0]), "\n");
  return 0;
}
