/* gst-framewise: raw frames into files, for matrix.py.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * encode-frames --list tells what encoders and muxers this libav has. Without it each line of
 * standard input is a job, `key=value` separated by tabs; each in a process of its own. The answer
 * to each is a line `ok` or `failed: REASON`.
 */
#include "framebridge.hpp"
#include "framewriter.hpp"

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace framewise;

namespace {

/* ---- What there is -------------------------------------------------------------------------- */

bool has_flag(const AVCodec *codec, int flag) { return codec->capabilities & flag; }

void list_encoders() {
  void *position = nullptr;
  while (const AVCodec *codec = av_codec_iterate(&position)) {
    if (!av_codec_is_encoder(codec) || codec->type != AVMEDIA_TYPE_VIDEO)
      continue;
    std::cout << "encoder\t" << codec->name << '\t' << avcodec_get_name(codec->id) << '\t';
    for (AVPixelFormat format : VideoEncoder::formats(codec, {}))
      std::cout << av_get_pix_fmt_name(format) << ' ';
    std::cout << '\t';
    const AVRational *rate = compat::encoder_frame_rates(codec);
    for (; rate && rate->den; rate++)
      std::cout << rate->num << '/' << rate->den << ' ';
    const AVCodecDescriptor *descriptor = avcodec_descriptor_get(codec->id);
    const int props = descriptor ? descriptor->props : 0;
    std::cout << '\t' << (props & AV_CODEC_PROP_INTRA_ONLY ? "intra " : "")
              << (props & AV_CODEC_PROP_LOSSLESS && !(props & AV_CODEC_PROP_LOSSY) ? "lossless "
                                                                                   : "")
              << (has_flag(codec, AV_CODEC_CAP_EXPERIMENTAL) ? "experimental " : "")
              << (has_flag(codec, AV_CODEC_CAP_HARDWARE) ? "hardware " : "") << '\n';
  }
}

/* How a muxer holds a codec: `+`, it says so; `~`, in an unofficial way alone; `?`, it does not
 * say. */
std::string manner_of_holding(const AVOutputFormat *muxer, AVCodecID codec) {
  if (int held = avformat_query_codec(muxer, codec, FF_COMPLIANCE_NORMAL); held != 0)
    return held > 0 ? "+" : "?";
  return avformat_query_codec(muxer, codec, FF_COMPLIANCE_EXPERIMENTAL) ? "~" : "";
}

void list_muxers() {
  void *position = nullptr;
  while (const AVOutputFormat *muxer = av_muxer_iterate(&position)) {
    std::cout << "muxer\t" << muxer->name << '\t' << (muxer->extensions ? muxer->extensions : "")
              << '\t' << (muxer->video_codec ? avcodec_get_name(muxer->video_codec) : "") << '\t';
    void *at = nullptr;
    while (const AVCodec *codec = av_codec_iterate(&at))
      if (av_codec_is_encoder(codec) && codec->type == AVMEDIA_TYPE_VIDEO)
        if (std::string manner = manner_of_holding(muxer, codec->id); !manner.empty())
          std::cout << manner << codec->name << ' ';
    std::cout << '\n';
  }
}

/* ---- Jobs ----------------------------------------------------------------------------------- */

using Job = std::map<std::string, std::string>;

Job parse(const std::string &line) {
  Job job;
  std::istringstream fields(line);
  for (std::string field; std::getline(fields, field, '\t');)
    if (auto equals = field.find('='); equals != field.npos)
      job[field.substr(0, equals)] = field.substr(equals + 1);
  return job;
}

AVRational rational_of(const std::string &text) {
  AVRational value{0, 1};
  sscanf(text.c_str(), "%d/%d", &value.num, &value.den);
  return value;
}

VideoParams params_of(Job &job) {
  VideoParams params;
  const AVPixelFormat named = av_get_pix_fmt(job["format"].c_str());
  params.format = without_range(named);
  if (implies_full_range(named))
    params.range = AVCOL_RANGE_JPEG;
  params.width = std::stoi(job["width"]);
  params.height = std::stoi(job["height"]);
  params.framerate = rational_of(job["rate"]);
  if (int range = av_color_range_from_name(job["range"].c_str()); !job["range"].empty())
    params.range = AVColorRange(range);
  if (int matrix = av_color_space_from_name(job["matrix"].c_str()); !job["matrix"].empty())
    params.matrix = AVColorSpace(matrix);
  return params;
}

FrameWriterSettings settings_of(Job &job) {
  FrameWriterSettings settings;
  settings.location = job["location"];
  settings.container = job["container"];
  settings.codec = job["codec"];
  settings.video.pixel_format = job["pixel-format"];
  settings.video.thread_count = 1;
  if (job.contains("max-keyframe-interval"))
    settings.video.max_keyframe_interval = std::stoi(job["max-keyframe-interval"]);
  if (job.contains("closed-gop"))
    settings.video.closed_gop = job["closed-gop"] == "true" ? ClosedGop::on : ClosedGop::off;
  for (const auto &[key, value] : job) {
    if (key.starts_with("codec."))
      settings.video.options.set(key.substr(6), value);
    else if (key.starts_with("container."))
      settings.container_options.set(key.substr(10), value);
    else if (key.starts_with("stream."))
      settings.stream_metadata.set(key.substr(7), value);
  }
  return settings;
}

/* Frames without padding, as `ffmpeg -f rawvideo` writes them. */
std::vector<std::string> read_frames(Job &job, const VideoParams &params) {
  std::ifstream file(job["input"], std::ios::binary);
  std::vector<std::string> frames;
  const int size = av_image_get_buffer_size(params.format, params.width, params.height, 1);
  std::string frame(size_t(std::max(size, 0)), '\0');
  while (size > 0 && file.read(frame.data(), size))
    frames.push_back(frame);
  return frames;
}

FramePtr frame_of(const std::string &data, const VideoParams &params) {
  FramePtr frame = new_frame();
  describe_frame(frame.get(), params);
  uint8_t *planes[4];
  int strides[4];
  if (av_frame_get_buffer(frame.get(), 0) < 0 ||
      av_image_fill_arrays(planes, strides, reinterpret_cast<const uint8_t *>(data.data()),
                           params.format, params.width, params.height, 1) < 0)
    return nullptr;
  const uint8_t *sources[4] = {planes[0], planes[1], planes[2], planes[3]};
  av_image_copy(frame->data, frame->linesize, sources, strides, params.format, params.width,
                params.height);
  return frame;
}

FrameTime time_of(size_t number, const VideoParams &params) {
  const AVRational tick = av_inv_q(params.framerate);
  const int64_t start = ticks_to_ns(int64_t(number), tick);
  return {start, ticks_to_ns(int64_t(number) + 1, tick) - start};
}

std::string write_by_library(Job &job) {
  const VideoParams params = params_of(job);
  auto writer = FrameWriter::open(settings_of(job));
  if (!writer)
    return writer.error().message;
  StreamTiming timing;
  timing.framerate = params.framerate;
  timing.first = time_of(0, params);
  auto stream = (*writer)->add_video_stream(params, timing);
  if (!stream)
    return stream.error().message + " (" + stream.error().debug + ")";
  size_t number = 0;
  for (const std::string &data : read_frames(job, params))
    if (auto written = (*writer)->write(*stream, frame_of(data, params), time_of(number++, params));
        !written)
      return written.error().message + " (" + written.error().debug + ")";
  if (auto finished = (*writer)->finish(); !finished)
    return finished.error().message;
  return {};
}

GstStructure *structure_of(const Dictionary &options) {
  GstStructure *structure = gst_structure_new_empty("o");
  const AVDictionaryEntry *entry = nullptr;
  while ((entry = av_dict_get(options.get(), "", entry, AV_DICT_IGNORE_SUFFIX)))
    gst_structure_set(structure, entry->key, G_TYPE_STRING, entry->value, nullptr);
  return structure;
}

void set_structure(GstElement *element, const char *property, const Dictionary &options) {
  StructurePtr structure(structure_of(options));
  g_object_set(element, property, structure.get(), nullptr);
}

std::string write_by_element(Job &job) {
  const VideoParams params = params_of(job);
  const FrameWriterSettings settings = settings_of(job);
  GError *error = nullptr;
  GstElement *pipeline = gst_parse_launch("appsrc name=src format=time ! containersink name=sink "
                                          "thread-count=1",
                                          &error);
  if (error)
    return error->message;
  GstPtr<GstElement> source(gst_bin_get_by_name(GST_BIN(pipeline), "src"));
  GstPtr<GstElement> sink(gst_bin_get_by_name(GST_BIN(pipeline), "sink"));
  g_object_set(source.get(), "caps", to_caps(params).get(), "max-bytes", guint64(0), nullptr);
  g_object_set(sink.get(), "location", settings.location.c_str(), "max-keyframe-interval",
               settings.video.max_keyframe_interval, nullptr);
  if (!settings.container.empty())
    g_object_set(sink.get(), "container", settings.container.c_str(), nullptr);
  if (!settings.codec.empty())
    g_object_set(sink.get(), "codec", settings.codec.c_str(), nullptr);
  if (!settings.video.pixel_format.empty())
    g_object_set(sink.get(), "pixel-format", settings.video.pixel_format.c_str(), nullptr);
  set_structure(sink.get(), "codec-options", settings.video.options);
  set_structure(sink.get(), "container-options", settings.container_options);
  set_structure(sink.get(), "stream-metadata", settings.stream_metadata);
  auto layout = default_layout(params.format, params.width, params.height);
  if (!layout)
    return layout.error().message;
  size_t number = 0;
  for (const std::string &data : read_frames(job, params)) {
    FramePtr frame = frame_of(data, params);
    GstBuffer *buffer = gst_buffer_new_allocate(nullptr, layout->size, nullptr);
    const FrameTime time = time_of(number++, params);
    GST_BUFFER_PTS(buffer) = GstClockTime(time.pts);
    GST_BUFFER_DURATION(buffer) = GstClockTime(time.duration);
    if (auto copied = copy_frame(frame.get(), buffer); !copied)
      return copied.error().message;
    gst_app_src_push_buffer(GST_APP_SRC(source.get()), buffer);
  }
  gst_app_src_end_of_stream(GST_APP_SRC(source.get()));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered(
      bus, 60 * GST_SECOND, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  std::string failure;
  if (!message) {
    failure = "neither EOS nor error";
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &error, nullptr);
    failure = error->message;
    g_error_free(error);
  }
  if (message)
    gst_message_unref(message);
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  return failure;
}

/* A process for each: a crash is then one job's. */
std::string in_a_process(const std::string &line) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0)
    return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    Job job = parse(line);
    const std::string failure =
        job["through"] == "element" ? write_by_element(job) : write_by_library(job);
    const bool told =
        write(pipe_ends[1], failure.data(), failure.size()) == ssize_t(failure.size());
    _exit(told ? (failure.empty() ? 0 : 1) : 2);
  }
  close(pipe_ends[1]);
  std::string failure;
  char part[4096];
  for (ssize_t n; (n = read(pipe_ends[0], part, sizeof part)) > 0;)
    failure.append(part, size_t(n));
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status))
    return format("killed by signal %d", WTERMSIG(status));
  return failure.empty() && status != 0 ? "failed without a word" : failure;
}

} // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc > 1 && std::string_view(argv[1]) == "--list") {
    list_encoders();
    list_muxers();
    return 0;
  }
  for (std::string line; std::getline(std::cin, line);) {
    std::string failure = in_a_process(line);
    std::replace(failure.begin(), failure.end(), '\n', ' ');
    std::cout << (failure.empty() ? "ok" : "failed: " + failure) << std::endl;
  }
}
