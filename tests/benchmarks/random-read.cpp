/* gst-framewise: how long single frames take, by number.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: random-read framewise|hinted|linear|libav|ffms2 native|bgr24 FILE HASHES NUMBER ...
 *
 * Reads the frames in the order given. Opening and indexing are not timed. HASHES holds one line
 * for each frame of the stream, as `random-read hashes native|bgr24 FILE` prints them from a linear
 * decode; each frame read is compared with it. Others than we convert in their own way: where
 * HASHES is `-`, hashes are printed instead, and frames read one after the other are what theirs
 * should be.
 */
#include "stopwatch.hpp"

#include <frameconverter.hpp>
#include <framereader.hpp>

#include <ffms.h>

#include <cinttypes>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>
#include <xxhash.h>

using namespace framewise;

[[noreturn]] static void fail(const std::string &why) {
  std::fprintf(stderr, "random-read: %s\n", why.c_str());
  std::exit(1);
}

/* Planes as they are seen, so that all who decode alike hash alike. */
static uint64_t hash_rows(const uint8_t *const data[], const int stride[], int width, int height,
                          AVPixelFormat format) {
  FramePtr frame = new_frame();
  frame->width = width;
  frame->height = height;
  frame->format = format;
  for (int plane = 0; plane < 4; plane++) {
    frame->data[plane] = const_cast<uint8_t *>(data[plane]);
    frame->linesize[plane] = stride[plane];
  }
  return FrameIndex::hash_of(frame.get());
}

struct Settings {
  bool bgr = false;
  std::string path;
  std::vector<uint64_t> hashes;
  std::vector<int64_t> numbers;

  ReaderSettings reader() const {
    ReaderSettings settings;
    settings.input.location = path;
    return settings;
  }
};

/* Into the same memory each time, as everybody here does. */
class Target {
 public:
  const AVFrame *convert(const DecodedFrame &frame) {
    if (!converter_) {
      auto made = FrameConverter::create(frame.params, AV_PIX_FMT_BGR24, 0);
      if (!made)
        fail(made.error().message);
      converter_.emplace(std::move(*made));
      target_->format = AV_PIX_FMT_BGR24;
      target_->width = frame.params.width;
      target_->height = frame.params.height;
      if (av_frame_get_buffer(target_.get(), 0) < 0)
        fail("out of memory");
    }
    if (auto converted = converter_->convert(frame.picture.get(), target_.get()); !converted)
      fail(converted.error().message);
    return target_.get();
  }

 private:
  std::optional<FrameConverter> converter_;
  FramePtr target_ = new_frame();
};

/* Hashing is the checker's work and not timed. */
template <typename Read, typename Hash>
static void time_reads(const Settings &settings, Read read, Hash hash) {
  if (settings.hashes.empty()) {
    for (int64_t number : settings.numbers) {
      read(number);
      std::printf("%016" PRIx64 "\n", hash());
    }
    return;
  }
  Stopwatch stopwatch;
  long right = 0;
  for (int64_t number : settings.numbers) {
    read(number);
    stopwatch.pause();
    right += hash() == settings.hashes.at(size_t(number));
    stopwatch.resume();
  }
  stopwatch.print(right);
}

static std::unique_ptr<FrameReader> open_reader(const Settings &settings, Interruption &none) {
  auto reader = FrameReader::open(settings.reader(), none);
  if (!reader)
    fail(reader.error().message);
  return std::move(*reader);
}

static void print_hashes(const Settings &settings) {
  Interruption none;
  auto reader = open_reader(settings, none);
  Target target;
  for (;;) {
    auto frame = reader->next();
    if (!frame)
      fail(frame.error().message);
    if (!*frame)
      return;
    const AVFrame *seen = settings.bgr ? target.convert(**frame) : (*frame)->picture.get();
    std::printf("%016" PRIx64 "\n", FrameIndex::hash_of(seen));
  }
}

enum class Hints { none, next };

static void time_framewise(const Settings &settings, Hints hints) {
  Interruption none;
  FrameIndex::Request request;
  request.reader = settings.reader();
  auto index = FrameIndex::build(request, none);
  if (!index)
    fail(index.error().message);
  auto reader = open_reader(settings, none);
  reader->use_index(*index);
  reader->set_cache_size(256 << 20); /* a group of pictures is to fit */
  Target target;
  DecodedFrame frame;
  const AVFrame *seen = nullptr;
  size_t at = 0;
  const auto &numbers = settings.numbers;
  time_reads(
      settings,
      [&](int64_t number) {
        at++;
        if (hints == Hints::next)
          reader->expect(at < numbers.size() ? numbers[at] : -1);
        auto read = reader->read(number);
        if (!read)
          fail(read.error().message);
        frame = std::move(*read);
        seen = settings.bgr ? target.convert(frame) : frame.picture.get();
      },
      [&] { return FrameIndex::hash_of(seen); });
}

/* Without an index; all frames in order, whatever the numbers. */
static void time_linear(const Settings &settings) {
  Interruption none;
  auto reader = open_reader(settings, none);
  std::optional<DecodedFrame> frame;
  time_reads(
      settings,
      [&](int64_t) {
        auto next = reader->next();
        if (!next || !*next)
          fail("a frame is missing");
        frame = std::move(*next);
      },
      [&] { return FrameIndex::hash_of(frame->picture.get()); });
}

/* The least that libav needs: the key picture before it, and all from there to the frame. */
static void time_libav(const Settings &settings) {
  Interruption none;
  FrameIndex::Request request;
  request.reader = settings.reader();
  auto index = FrameIndex::build(request, none);
  auto input = ContainerInput::open(settings.reader().input, none);
  if (!index || !input)
    fail("cannot be opened");
  const AVStream *stream = (*input)->stream();
  auto *context = const_cast<AVFormatContext *>((*input)->context());
  const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
  CodecContextPtr decoder(avcodec_alloc_context3(codec));
  avcodec_parameters_to_context(decoder.get(), stream->codecpar);
  decoder->thread_count = 0;
  if (avcodec_open2(decoder.get(), codec, nullptr) < 0)
    fail("no decoder");
  PacketPtr packet = new_packet();
  FramePtr frame = new_frame();
  time_reads(
      settings,
      [&](int64_t number) {
        const int64_t pts = (*index)->frame(number).pts;
        avcodec_flush_buffers(decoder.get());
        av_seek_frame(context, stream->index, pts, AVSEEK_FLAG_BACKWARD);
        for (bool ended = false;;) {
          const int ret = avcodec_receive_frame(decoder.get(), frame.get());
          if (ret == 0 && frame->pts == pts)
            return;
          if (ret == 0)
            continue;
          if (ret != AVERROR(EAGAIN) || ended)
            fail("a frame did not come");
          ended = av_read_frame(context, packet.get()) < 0;
          avcodec_send_packet(decoder.get(), ended ? nullptr : packet.get());
          av_packet_unref(packet.get());
        }
      },
      [&] { return FrameIndex::hash_of(frame.get()); });
}

static void time_ffms2(const Settings &settings) {
  char why[256];
  FFMS_ErrorInfo error{0, 0, sizeof why, why};
  FFMS_Init(0, 0);
  FFMS_Indexer *indexer = FFMS_CreateIndexer(settings.path.c_str(), &error);
  FFMS_Index *index = indexer ? FFMS_DoIndexing2(indexer, FFMS_IEH_ABORT, &error) : nullptr;
  const int track = index ? FFMS_GetFirstTrackOfType(index, FFMS_TYPE_VIDEO, &error) : -1;
  FFMS_VideoSource *source = track < 0 ? nullptr
                                       : FFMS_CreateVideoSource(settings.path.c_str(), track, index,
                                                                0, FFMS_SEEK_NORMAL, &error);
  if (!source)
    fail(why);
  FFMS_DestroyIndex(index);
  const FFMS_Frame *frame = FFMS_GetFrame(source, 0, &error);
  const int formats[] = {FFMS_GetPixFmt("bgr24"), -1};
  if (!frame ||
      (settings.bgr && FFMS_SetOutputFormatV2(source, formats, frame->EncodedWidth,
                                              frame->EncodedHeight, FFMS_RESIZER_BICUBIC, &error)))
    fail(why);
  time_reads(
      settings,
      [&](int64_t number) {
        frame = FFMS_GetFrame(source, int(number), &error);
        if (!frame)
          fail(why);
      },
      [&] {
        return hash_rows(frame->Data, frame->Linesize, frame->EncodedWidth, frame->EncodedHeight,
                         AVPixelFormat(frame->ConvertedPixelFormat));
      });
  FFMS_DestroyVideoSource(source);
}

int main(int argc, char **argv) {
  gst_init(nullptr, nullptr);
  av_log_set_level(AV_LOG_QUIET);
  const std::string who = argc > 3 ? argv[1] : "";
  if (who.empty() || (who != "hashes" && argc < 6)) {
    std::fprintf(stderr,
                 "usage: random-read framewise|hinted|linear|libav|ffms2 native|bgr24 FILE HASHES "
                 "NUMBER ...\n       random-read hashes native|bgr24 FILE\n");
    return 2;
  }
  Settings settings;
  settings.bgr = !strcmp(argv[2], "bgr24");
  settings.path = argv[3];
  if (who == "hashes") {
    print_hashes(settings);
    return 0;
  }
  std::ifstream hashes(argv[4]);
  for (std::string line; std::getline(hashes, line);)
    settings.hashes.push_back(std::stoull(line, nullptr, 16));
  for (int i = 5; i < argc; i++)
    settings.numbers.push_back(atoll(argv[i]));
  if (who == "framewise" || who == "hinted")
    time_framewise(settings, who == "hinted" ? Hints::next : Hints::none);
  else if (who == "linear")
    time_linear(settings);
  else if (who == "libav")
    time_libav(settings);
  else if (who == "ffms2")
    time_ffms2(settings);
  else
    fail("who is " + who + "?");
  return 0;
}
