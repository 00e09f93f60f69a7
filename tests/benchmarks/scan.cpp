/* gst-framewise: how long the scan for an index takes, beside reading the packets alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: scan bare|index FILE
 *
 * `bare` is an av_read_frame loop on a context that is opened the same way, the other streams
 * discarded as well; `index` the whole way to a frame table. Opening is not timed: for `index`,
 * which opens by itself, opening once more is taken off.
 */
#include "stopwatch.hpp"

#include <frameindex.hpp>

#include <cstdlib>
#include <string>

using namespace framewise;

[[noreturn]] static void fail(const std::string &why) {
  std::fprintf(stderr, "scan: %s\n", why.c_str());
  std::exit(1);
}

static std::unique_ptr<ContainerInput> open(const InputSettings &settings, Interruption &none) {
  auto input = ContainerInput::open(settings, none);
  if (!input)
    fail(input.error().message);
  return std::move(*input);
}

/* The packets of the stream. */
static long read_all(ContainerInput &input) {
  auto *context = const_cast<AVFormatContext *>(input.context());
  PacketPtr packet = new_packet();
  long packets = 0;
  for (; av_read_frame(context, packet.get()) >= 0; av_packet_unref(packet.get()))
    packets += packet->stream_index == input.stream()->index;
  return packets;
}

int main(int argc, char **argv) {
  gst_init(nullptr, nullptr);
  av_log_set_level(AV_LOG_QUIET);
  const std::string what = argc == 3 ? argv[1] : "";
  if (what != "bare" && what != "index") {
    std::fprintf(stderr, "usage: scan bare|index FILE\n");
    return 2;
  }
  Interruption none;
  FrameIndex::Request request;
  request.reader.input.location = argv[2];
  request.prove_up_to = 0;
  read_all(*open(request.reader.input, none)); /* warms caches */
  if (what == "bare") {
    auto input = open(request.reader.input, none);
    Stopwatch stopwatch;
    const long packets = read_all(*input);
    stopwatch.print(packets);
    return 0;
  }
  Stopwatch opening;
  open(request.reader.input, none);
  const Stopwatch::Time opened = opening.passed();
  Stopwatch stopwatch;
  auto index = FrameIndex::build(request, none);
  if (!index)
    fail(index.error().message);
  stopwatch.take_off(opened);
  stopwatch.print((*index)->n_packets());
  return 0;
}
