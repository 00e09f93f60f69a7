/* gst-framewise: a libavfilter graph with one video input and one video output.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filtergraph.hpp"

#include "filterreach.hpp"
#include "graphdot.hpp"

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cstring>
#include <functional>

namespace framewise {

namespace {

bool uses(const FilterDescription &description,
          const std::function<bool(const FilterNode &)> &matches) {
  for (const auto *spec : {&description.sequence, &description.graph})
    if (*spec)
      for (const auto &chain : (*spec)->chains)
        if (std::any_of(chain.begin(), chain.end(), matches))
          return true;
  return false;
}

/* Filters that change colours or interlacing in a way that only their frames tell of. */
bool speaks_through_frames(const FilterNode &node) {
  static const char *const names[] = {"colorspace", "colormatrix", "setparams",  "setrange",
                                      "setfield",   "tonemap",     "zscale",     "libplacebo",
                                      "interlace",  "tinterlace",  "fieldorder", "telecine",
                                      "weave",      "doubleweave", "framepack"};
  if (!strcmp(node.filter->name, "scale"))
    return std::any_of(node.options.begin(), node.options.end(), [](const FilterOption &option) {
      return option.key.find("range") != std::string::npos ||
             option.key.find("color_matrix") != std::string::npos;
    });
  return std::any_of(std::begin(names), std::end(names),
                     [&](const char *name) { return !strcmp(name, node.filter->name); });
}

/* Says on each frame how it has packed them. */
bool packs_views(const FilterNode &node) { return !strcmp(node.filter->name, "framepack"); }

/* `noformat` leaves it to libavfilter to choose from all names that there are. */
bool asks_for_full_range_name(const FilterNode &node) {
  return !strcmp(node.filter->name, "noformat") ||
         std::any_of(node.options.begin(), node.options.end(), [](const FilterOption &option) {
           return option.value.find("yuvj") != std::string::npos;
         });
}

bool writes_a_file(const FilterNode &node) {
  static const char *const options[] = {"file", "log_path", "result", "stats_file"};
  return !strcmp(node.filter->name, "zmq") || /* or listens to a port */
         std::any_of(std::begin(options), std::end(options),
                     [&](const char *option) { return node.find_option(option) != nullptr; });
}

/* The name under which frames of `params` enter the graph: as the ffmpeg command would have it. */
AVPixelFormat entry_format(const VideoParams &params) {
  AVPixelFormat full = with_full_range(params.format);
  return params.range == AVCOL_RANGE_JPEG && full != AV_PIX_FMT_NONE ? full : params.format;
}

AVRational rate_or_unknown(AVRational rate) {
  return rate.num > 0 && rate.den > 0 ? rate : AVRational{0, 1};
}

} // namespace

bool writes_files(const FilterDescription &description) { return uses(description, writes_a_file); }

/* ---- FilterGraph ------------------------------------------------------------------------------
 */

Result<void> FilterGraph::check(const FilterDescription &description,
                                const FilterGraphOptions &options) {
  if (description.empty())
    return {};
  FilterGraphOptions few_threads = options;
  few_threads.threads = 1;
  auto graph = new_filter_graph(description, few_threads);
  if (!graph)
    return Failure(graph.error());
  auto built = build_filters(graph->get(), description);
  if (!built)
    return Failure(built.error());
  return {};
}

Result<FilterGraph> FilterGraph::create(const FilterDescription &description,
                                        const FilterInput &input,
                                        const std::vector<AVPixelFormat> &formats,
                                        const FilterGraphOptions &options) {
  auto graph = new_filter_graph(description, options);
  if (!graph)
    return Failure(graph.error());
  FilterGraph self;
  self.graph_ = std::move(*graph);
  self.input_ = input;
  auto built = build_filters(self.graph_.get(), description);
  if (!built)
    return Failure(built.error());
  self.nodes_ = std::move(built->nodes);
  const FilterPassage &passage = built->passage;

  const VideoParams &params = input.params;
  auto no_memory = [] { return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory."); };
  self.source_ =
      avfilter_graph_alloc_filter(self.graph_.get(), avfilter_get_by_name("buffer"), input_label);
  self.sink_ = avfilter_graph_alloc_filter(self.graph_.get(), avfilter_get_by_name("buffersink"),
                                           output_label);
  AvPtr<AVBufferSrcParameters> source(av_buffersrc_parameters_alloc());
  if (!self.source_ || !self.sink_ || !source)
    return no_memory();
  source->format = entry_format(params);
  source->width = params.width;
  source->height = params.height;
  source->time_base = input.time_base;
  source->sample_aspect_ratio = params.sample_aspect_ratio;
  source->frame_rate = rate_or_unknown(params.framerate);
  compat::set_source_colors(source.get(), params.matrix, params.range);
  int ret = av_buffersrc_parameters_set(self.source_, source.get());
  if (ret >= 0)
    ret = avfilter_init_dict(self.source_, nullptr);
  if (ret >= 0)
    ret = avfilter_init_dict(self.sink_, nullptr);
  if (ret >= 0)
    ret = avfilter_link(self.source_, 0, passage.input.filter, passage.input.pad);
  if (ret < 0)
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
                   framewise::format("libavfilter does not take %s.", params.describe().c_str()));

  AVFilterContext *last = passage.output.filter;
  unsigned last_pad = passage.output.pad;
  if (!formats.empty()) {
    const bool full_range_too =
        implies_full_range(entry_format(params)) || uses(description, asks_for_full_range_name);
    std::vector<AVPixelFormat> limits_in_turn;
    auto allow = [&](AVPixelFormat format) {
      if (format != AV_PIX_FMT_NONE &&
          std::find(limits_in_turn.begin(), limits_in_turn.end(), format) == limits_in_turn.end())
        limits_in_turn.push_back(format);
    };
    for (AVPixelFormat format : formats) {
      allow(without_range(format));
      if (full_range_too)
        allow(with_full_range(format));
    }
    std::string names;
    for (AVPixelFormat format : limits_in_turn)
      names += std::string(names.empty() ? "" : "|") + av_get_pix_fmt_name(format);
    AVFilterContext *limit = avfilter_graph_alloc_filter(
        self.graph_.get(), avfilter_get_by_name("format"), "downstream");
    if (!limit)
      return no_memory();
    Dictionary limits;
    limits.set("pix_fmts", names);
    ret = avfilter_init_dict(limit, limits.address());
    if (ret >= 0)
      ret = avfilter_link(last, last_pad, limit, 0);
    last = limit;
    last_pad = 0;
  }
  if (ret >= 0)
    ret = avfilter_link(last, last_pad, self.sink_, 0);
  if (ret >= 0)
    ret = avfilter_graph_config(self.graph_.get(), nullptr);
  if (ret < 0) {
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
                   framewise::format("The filters %s cannot be configured for %s%s.",
                                     description.to_text().c_str(), params.describe().c_str(),
                                     options.auto_convert == AutoConvert::no
                                         ? " without conversions (auto-convert=false)"
                                         : ""));
  }
  self.read_output();
  if (moves_pictures(description)) {
    /* Which half is whose eye's no longer holds, or nobody knows. */
    self.output_.multiview_mode = GST_VIDEO_MULTIVIEW_MODE_NONE;
    self.output_.multiview_flags = GST_VIDEO_MULTIVIEW_FLAGS_NONE;
  }
  return self;
}

/* Format, size, aspect ratio and rates as the graph's last link has them; colours and interlacing
 * as far as they follow from that. */
void FilterGraph::read_output() {
  const VideoParams &in = input_.params;
  const auto format = static_cast<AVPixelFormat>(av_buffersink_get_format(sink_));
  output_ = in;
  output_.format = without_range(format);
  output_.width = av_buffersink_get_w(sink_);
  output_.height = av_buffersink_get_h(sink_);
  output_.framerate = rate_or_unknown(av_buffersink_get_frame_rate(sink_));
  output_time_base_ = av_buffersink_get_time_base(sink_);
  AVRational ratio = av_buffersink_get_sample_aspect_ratio(sink_);
  output_.sample_aspect_ratio = ratio.num > 0 && ratio.den > 0 ? ratio : AVRational{1, 1};
  if (output_.framerate.num > 0 || av_cmp_q(output_.framerate, in.framerate) != 0)
    output_.max_framerate = {0, 1};

  if (is_rgb(format) && !is_rgb(in.format)) {
    output_.matrix = AVCOL_SPC_RGB;
    output_.range = AVCOL_RANGE_JPEG;
    output_.chroma_location = AVCHROMA_LOC_UNSPECIFIED;
  } else if (!is_rgb(format) && is_rgb(in.format)) {
    /* libswscale's default, and the one way to say so in caps */
    output_.matrix = AVCOL_SPC_SMPTE170M;
    output_.range = AVCOL_RANGE_MPEG;
  }
  if (implies_full_range(format))
    output_.range = AVCOL_RANGE_JPEG;
  else if (implies_full_range(entry_format(in)) && with_full_range(format) != AV_PIX_FMT_NONE)
    output_.range = AVCOL_RANGE_MPEG;
}

/* The first frame that comes out when black frames go in; none where eight of them are not enough.
 * Spoils the graph. */
Result<FilterGraph::Observation> FilterGraph::first_output_of_black() {
  constexpr int enough = 8;
  const VideoParams &params = input_.params;
  for (int i = 0; i <= enough; i++) {
    auto pulled = pull();
    if (!pulled)
      return Failure(pulled.error());
    if (pulled->status == Status::frame)
      return Observation{std::move(pulled->frame), unsigned(std::max(i - 1, 0))};
    if (pulled->status == Status::finished)
      break;
    int64_t tick = params.framerate.num > 0
                       ? av_rescale_q(i, av_inv_q(params.framerate), input_.time_base)
                       : av_rescale_q(i, AVRational{1, 25}, input_.time_base);
    if (i == enough) {
      if (auto ok = send_eof(tick); !ok)
        return Failure(ok.error());
      pulled = pull();
      if (!pulled)
        return Failure(pulled.error());
      return Observation{std::move(pulled->frame), enough};
    }
    FramePtr black = new_frame();
    describe_frame(black.get(), params);
    if (av_frame_get_buffer(black.get(), 0) < 0)
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
    ptrdiff_t strides[4];
    std::copy_n(black->linesize, 4, strides);
    av_image_fill_black(black->data, strides, params.format, params.range, params.width,
                        params.height);
    black->pts = tick;
    compat::set_interlacing(black.get(),
                            params.interlace_mode != GST_VIDEO_INTERLACE_MODE_PROGRESSIVE,
                            params.field_order != GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST);
    if (auto ok = push(std::move(black)); !ok)
      return Failure(ok.error());
  }
  return Observation{nullptr, 0};
}

static GstVideoInterlaceMode interlacing_of(const AVFrame *frame, const VideoParams &input) {
  if (!compat::is_interlaced(frame))
    return GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  return input.interlace_mode == GST_VIDEO_INTERLACE_MODE_PROGRESSIVE
             ? GST_VIDEO_INTERLACE_MODE_MIXED
             : input.interlace_mode;
}

static bool is_hdr(AVColorTransferCharacteristic transfer) {
  return transfer == AVCOL_TRC_SMPTE2084 || transfer == AVCOL_TRC_ARIB_STD_B67;
}

static void take_colors(VideoParams &output, const VideoParams &shown, const VideoParams &input) {
  output.mastering_display = shown.mastering_display;
  output.content_light_level = shown.content_light_level;
  if (is_hdr(input.transfer) && !is_hdr(shown.transfer)) {
    /* Filters that map tones leave the description of the display they mapped from on the frame. */
    output.mastering_display.reset();
    output.content_light_level.reset();
  }
  output.matrix = shown.matrix;
  output.transfer = shown.transfer;
  output.primaries = shown.primaries;
  output.chroma_location = shown.chroma_location;
  if (!is_rgb(output.format)) {
    output.range = shown.range;
    if (is_rgb(input.format) && output.matrix == AVCOL_SPC_RGB)
      output.matrix = AVCOL_SPC_UNSPECIFIED;
    if (is_rgb(input.format) && output.matrix == AVCOL_SPC_UNSPECIFIED)
      output.matrix = AVCOL_SPC_SMPTE170M;
    if (output.range == AVCOL_RANGE_UNSPECIFIED && is_rgb(input.format))
      output.range = AVCOL_RANGE_MPEG;
  }
  /* Of RGB, frames say the range that libswscale took for the other side. What it makes is full
   * range, and what was RGB before is as it was: read_output() has set it. */
}

Result<FilterGraph> FilterGraph::create_observed(const FilterDescription &description,
                                                 const FilterInput &input,
                                                 const std::vector<AVPixelFormat> &formats,
                                                 const FilterGraphOptions &options) {
  auto graph = create(description, input, formats, options);
  if (!graph)
    return graph;
  const bool interlaced = input.params.interlace_mode != GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  if (!interlaced && graph->output_.format == input.params.format &&
      !uses(description, speaks_through_frames))
    return graph;
  if (writes_files(description)) /* what was found about the black frames */
    return graph;

  FilterGraphOptions few_threads = options;
  few_threads.threads = 1;
  auto throw_away = create(description, input, formats, few_threads);
  if (!throw_away) /* The first one may have what there is but once. */
    return graph;
  auto shown = throw_away->first_output_of_black();
  if (!shown || !shown->frame) /* What is wrong shows with the real frames. */
    return graph;
  graph->observed_lag_ = shown->lag;
  const VideoParams of_frame = from_frame(shown->frame.get());
  take_colors(graph->output_, of_frame, input.params);
  if (uses(description, packs_views)) {
    graph->output_.multiview_mode = of_frame.multiview_mode;
    graph->output_.multiview_flags = of_frame.multiview_flags;
  }
  graph->output_.interlace_mode = interlacing_of(shown->frame.get(), input.params);
  if (graph->output_.interlace_mode != GST_VIDEO_INTERLACE_MODE_INTERLEAVED)
    graph->output_.field_order = GST_VIDEO_FIELD_ORDER_UNKNOWN;
  return graph;
}

std::string FilterGraph::dump() const {
  AvPtr<char> text(avfilter_graph_dump(graph_.get(), nullptr));
  return text ? text.get() : "";
}

std::string FilterGraph::dot() const { return graph_to_dot(graph_.get()); }

Result<std::string> FilterGraph::command(const NodePlace &place, const std::string &name,
                                         const std::string &argument) {
  auto node = std::find_if(nodes_.begin(), nodes_.end(),
                           [&](const BuiltNode &candidate) { return candidate.place == place; });
  if (node == nodes_.end())
    return FRAMEWISE_FAIL_LIBRARY(FAILED, "The graph has no such filter.");
  constexpr int longest_answer = 4096;
  std::string answer(longest_answer, '\0');
  int ret = avfilter_process_command(node->filter, name.c_str(), argument.c_str(), answer.data(),
                                     longest_answer, 0);
  const char *filter = node->filter->filter->name;
  if (ret == AVERROR(ENOSYS))
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS,
        framewise::format("Filter `%s` takes no command `%s` while it runs. `ffmpeg -h filter=%s` "
                          "marks the options that it does with a T; `set-filters` changes any.",
                          filter, name.c_str(), filter));
  if (ret < 0)
    return fail_av(ret, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                   framewise::format("Filter `%s` does not take the command `%s` with `%s`.",
                                     filter, name.c_str(), argument.c_str()));
  answer.resize(std::strlen(answer.c_str()));
  return answer;
}

Result<void> FilterGraph::push(FramePtr frame) {
  if (finished_)
    return {};
  frame->format = entry_format(input_.params);
  int ret = av_buffersrc_add_frame_flags(source_, frame.get(), 0);
  recycle(std::move(frame));
  if (ret == AVERROR_EOF) /* The graph wants no more; pull() says when it has given all. */
    return {};
  if (ret < 0)
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
                   framewise::format("The filter graph refused a frame of %s.",
                                     input_.params.describe().c_str()));
  return {};
}

Result<void> FilterGraph::send_eof(int64_t end) {
  if (finished_)
    return {};
  int ret = av_buffersrc_close(source_, end, AV_BUFFERSRC_FLAG_PUSH);
  if (ret < 0 && ret != AVERROR_EOF)
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
                   "The filter graph could not be drained.");
  return {};
}

FramePtr FilterGraph::blank_frame() { return blank_ ? std::move(blank_) : new_frame(); }

void FilterGraph::recycle(FramePtr frame) {
  av_frame_unref(frame.get());
  blank_ = std::move(frame);
}

Result<FilterGraph::Pulled> FilterGraph::pull() {
  if (finished_)
    return Pulled{Status::finished, nullptr};
  FramePtr frame = blank_frame();
  int ret = av_buffersink_get_frame(sink_, frame.get());
  if (ret < 0)
    recycle(std::move(frame));
  if (ret == AVERROR(EAGAIN))
    return Pulled{Status::wants, nullptr};
  if (ret == AVERROR_EOF) {
    finished_ = true;
    return Pulled{Status::finished, nullptr};
  }
  if (ret < 0)
    return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
                   framewise::format("The filter graph failed on a frame of %s.",
                                     input_.params.describe().c_str()));
  return Pulled{Status::frame, std::move(frame)};
}

} // namespace framewise
