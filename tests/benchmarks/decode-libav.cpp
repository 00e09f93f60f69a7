/* gst-framewise: the least that libav needs to decode a file, as the measure for everything else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: decode-libav native|rgb24|filters=FILTERS FILE
 *
 * Prints one line of JSON: wall and CPU seconds from before the file is opened until after the last
 * frame, and the number of frames.
 */
#include "stopwatch.hpp"

#include <av.hpp>

extern "C" {
#include <libavfilter/buffersink.h>
}

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

using namespace framewise;

static void check(int ret, const char *what) {
  if (ret >= 0)
    return;
  std::fprintf(stderr, "decode-libav: %s: %s\n", what, av_error_text(ret).c_str());
  std::exit(1);
}

/* Frames like `first` in, and frames out, through filters of one input and one output. */
struct Filters {
  FilterGraphPtr graph{avfilter_graph_alloc()};
  AVFilterContext *source = nullptr, *sink = nullptr; /* the graph's */

  Filters(const char *text, const AVFrame *first, AVRational time_base) {
    source = avfilter_graph_alloc_filter(graph.get(), avfilter_get_by_name("buffer"), "in");
    AvPtr<AVBufferSrcParameters> params(av_buffersrc_parameters_alloc());
    params->format = first->format;
    params->width = first->width;
    params->height = first->height;
    params->time_base = time_base;
    params->sample_aspect_ratio = first->sample_aspect_ratio;
    compat::set_source_colors(params.get(), first->colorspace, first->color_range);
    check(av_buffersrc_parameters_set(source, params.get()), "buffer");
    check(avfilter_init_dict(source, nullptr), "buffer");
    check(avfilter_graph_create_filter(&sink, avfilter_get_by_name("buffersink"), "out", nullptr,
                                       nullptr, graph.get()),
          "buffersink");
    AVFilterInOut *inputs = nullptr, *outputs = nullptr;
    check(avfilter_graph_parse2(graph.get(), text, &inputs, &outputs), text);
    FilterInOutPtr in(inputs), out(outputs);
    check(in && out && !in->next && !out->next ? 0 : AVERROR(EINVAL), text);
    check(avfilter_link(source, 0, in->filter_ctx, in->pad_idx), text);
    check(avfilter_link(out->filter_ctx, out->pad_idx, sink, 0), text);
    check(avfilter_graph_config(graph.get(), nullptr), text);
  }

  /* `frame` NULL: none will follow. Returns how many come out, each in `result` for a moment. */
  long put(AVFrame *frame, AVFrame *result) {
    check(av_buffersrc_add_frame_flags(source, frame, 0), "add_frame");
    long frames = 0;
    for (; av_buffersink_get_frame(sink, result) >= 0; frames++)
      av_frame_unref(result);
    return frames;
  }
};

int main(int argc, char **argv) {
  const std::string target = argc == 3 ? argv[1] : "", filters_option = "filters=";
  const bool filtered = target.starts_with(filters_option);
  if (target != "native" && target != "rgb24" && !filtered) {
    std::fprintf(stderr, "usage: decode-libav native|rgb24|filters=FILTERS FILE\n");
    return 2;
  }
  Stopwatch stopwatch;

  AVFormatContext *opened = nullptr;
  check(avformat_open_input(&opened, argv[2], nullptr, nullptr), argv[2]);
  FormatInputPtr input(opened);
  check(avformat_find_stream_info(input.get(), nullptr), "find_stream_info");
  const AVCodec *codec = nullptr;
  const int stream = av_find_best_stream(input.get(), AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
  check(stream, "find_best_stream");
  CodecContextPtr decoder(avcodec_alloc_context3(codec));
  check(avcodec_parameters_to_context(decoder.get(), input->streams[stream]->codecpar),
        "parameters_to_context");
  decoder->thread_count = 0; /* one per core, as everyone here */
  check(avcodec_open2(decoder.get(), codec, nullptr), "open2");

  SwsContextPtr scaler;
  std::optional<Filters> filters;
  PacketPtr packet = new_packet();
  FramePtr frame = new_frame(), rgb = new_frame(), result = new_frame();
  long frames = 0;
  auto take_frames = [&] {
    while (avcodec_receive_frame(decoder.get(), frame.get()) == 0) {
      if (filtered) {
        if (!filters)
          filters.emplace(argv[1] + filters_option.size(), frame.get(),
                          input->streams[stream]->time_base);
        frame->pts = frame->best_effort_timestamp;
        frames += filters->put(frame.get(), result.get());
        continue;
      }
      ++frames;
      if (target == "native")
        continue;
      if (!scaler) {
        scaler.reset(sws_getContext(
            frame->width, frame->height, static_cast<AVPixelFormat>(frame->format), frame->width,
            frame->height, AV_PIX_FMT_RGB24, SWS_BICUBIC, nullptr, nullptr, nullptr));
        rgb->format = AV_PIX_FMT_RGB24;
        rgb->width = frame->width;
        rgb->height = frame->height;
        check(av_frame_get_buffer(rgb.get(), 0), "get_buffer");
      }
      sws_scale(scaler.get(), frame->data, frame->linesize, 0, frame->height, rgb->data,
                rgb->linesize);
    }
  };
  while (av_read_frame(input.get(), packet.get()) >= 0) {
    if (packet->stream_index == stream) {
      check(avcodec_send_packet(decoder.get(), packet.get()), "send_packet");
      take_frames();
    }
    av_packet_unref(packet.get());
  }
  check(avcodec_send_packet(decoder.get(), nullptr), "send_packet");
  take_frames();
  if (filters)
    frames += filters->put(nullptr, result.get());
  stopwatch.print(frames);
  return 0;
}
