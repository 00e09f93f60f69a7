/* gst-framewise: the least that libav needs to decode a file, as the measure for everything else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: decode-libav native|rgb24 FILE
 *
 * Prints one line of JSON: wall and CPU seconds from before the file is opened until after the last
 * frame, and the number of frames.
 */
#include "stopwatch.hpp"

#include <av.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace framewise;

static void check(int ret, const char *what) {
  if (ret >= 0)
    return;
  std::fprintf(stderr, "decode-libav: %s: %s\n", what, av_error_text(ret).c_str());
  std::exit(1);
}

int main(int argc, char **argv) {
  const std::string target = argc == 3 ? argv[1] : "";
  if (target != "native" && target != "rgb24") {
    std::fprintf(stderr, "usage: decode-libav native|rgb24 FILE\n");
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
  PacketPtr packet = new_packet();
  FramePtr frame = new_frame(), rgb = new_frame();
  long frames = 0;
  auto take_frames = [&] {
    while (avcodec_receive_frame(decoder.get(), frame.get()) == 0) {
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
  stopwatch.print(frames);
  return 0;
}
