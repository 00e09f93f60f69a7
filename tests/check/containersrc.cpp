/* gst-framewise: tests of containersrc.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the clips that tests/media makes, from the folder in FRAMEWISE_TEST_MEDIA.
 */
/* Before gstcheck.h, which makes a macro of the word `fail`. */
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/app/gstappsink.h>
#include <gst/check/gstcheck.h>
#include <gst/video/video.h>

#include <sys/stat.h>
#include <unistd.h>

namespace {

std::string media(const char *name) {
  const char *folder = g_getenv("FRAMEWISE_TEST_MEDIA");
  fail_unless(folder != nullptr, "FRAMEWISE_TEST_MEDIA is not set");
  std::string path = std::string(folder) + "/" + name;
  return path;
}

struct Frame {
  GstClockTime pts, duration;
  guint64 offset;
  std::string md5;
};

std::string md5_of(GstBuffer *buffer) {
  GstMapInfo map;
  fail_unless(gst_buffer_map(buffer, &map, GST_MAP_READ));
  gchar *sum = g_compute_checksum_for_data(G_CHECKSUM_MD5, map.data, map.size);
  gst_buffer_unmap(buffer, &map);
  std::string result = sum;
  g_free(sum);
  return result;
}

/* containersrc with `properties` into an appsink, with `between` in the middle. */
class Pipeline {
 public:
  explicit Pipeline(const std::string &location, const std::string &properties = "",
                    const std::string &between = "") {
    std::string line = "containersrc name=src location=\"" + location + "\" " + properties + " ! " +
                       between + (between.empty() ? "" : " ! ") +
                       "appsink name=sink sync=false max-buffers=2";
    GError *error = nullptr;
    pipeline_ = gst_parse_launch(line.c_str(), &error);
    fail_unless(error == nullptr, "%s: %s", line.c_str(), error ? error->message : "");
    src_ = gst_bin_get_by_name(GST_BIN(pipeline_), "src");
    sink_ = gst_bin_get_by_name(GST_BIN(pipeline_), "sink");
    bus_ = gst_element_get_bus(pipeline_);
  }
  ~Pipeline() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(src_);
    gst_object_unref(sink_);
    gst_object_unref(bus_);
    gst_object_unref(pipeline_);
  }

  GstElement *src() { return src_; }
  GstElement *element() { return pipeline_; }
  GstBus *bus() { return bus_; }

  void set_state(GstState state) { gst_element_set_state(pipeline_, state); }
  bool preroll() {
    set_state(GST_STATE_PAUSED);
    return gst_element_get_state(pipeline_, nullptr, nullptr, GST_CLOCK_TIME_NONE) ==
           GST_STATE_CHANGE_SUCCESS;
  }
  GstSample *pull() { return gst_app_sink_pull_sample(GST_APP_SINK(sink_)); }
  GstSample *pull_preroll() { return gst_app_sink_pull_preroll(GST_APP_SINK(sink_)); }

  std::vector<Frame> play() {
    set_state(GST_STATE_PLAYING);
    std::vector<Frame> frames;
    while (GstSample *sample = pull()) {
      frames.push_back(frame_of(sample));
      caps_ = gst_sample_get_caps(sample) ? caps_string(sample) : "";
      gst_sample_unref(sample);
    }
    return frames;
  }
  /* Of the last frame that play() saw. */
  const std::string &caps() const { return caps_; }

  static Frame frame_of(GstSample *sample) {
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    return {GST_BUFFER_PTS(buffer), GST_BUFFER_DURATION(buffer), GST_BUFFER_OFFSET(buffer),
            md5_of(buffer)};
  }
  static std::string caps_string(GstSample *sample) {
    gchar *text = gst_caps_to_string(gst_sample_get_caps(sample));
    std::string result = text;
    g_free(text);
    return result;
  }

  /* The frame that a flushing seek to `time` brings. */
  Frame seek(GstClockTime time) {
    fail_unless(gst_element_seek_simple(pipeline_, GST_FORMAT_TIME,
                                        GstSeekFlags(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE),
                                        gint64(time)));
    GstSample *sample = pull_preroll();
    fail_unless(sample != nullptr, "no frame at %" GST_TIME_FORMAT, GST_TIME_ARGS(time));
    Frame frame = frame_of(sample);
    gst_sample_unref(sample);
    return frame;
  }

  /* Runs until the first error and returns it; the message is all that is left on the bus. */
  GstMessage *run_to_error() {
    set_state(GST_STATE_PLAYING);
    GstMessage *message = gst_bus_timed_pop_filtered(
        bus_, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_EOS));
    fail_unless(GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR, "EOS instead of an error");
    return message;
  }

 private:
  GstElement *pipeline_, *src_, *sink_;
  GstBus *bus_;
  std::string caps_;
};

void expect_error(Pipeline &pipeline, GQuark domain, int code, const char *part) {
  GstMessage *message = pipeline.run_to_error();
  GError *error;
  gchar *debug;
  gst_message_parse_error(message, &error, &debug);
  fail_unless(GST_MESSAGE_SRC(message) == GST_OBJECT(pipeline.src()), "the error is of %s",
              GST_MESSAGE_SRC_NAME(message));
  fail_unless(error->domain == domain && error->code == code, "%s %d: %s (%s)",
              g_quark_to_string(error->domain), error->code, error->message, debug);
  fail_unless(strstr(error->message, part) != nullptr, "`%s` does not name `%s`", error->message,
              part);
  g_error_free(error);
  g_free(debug);
  gst_message_unref(message);
}

std::string temp_folder() {
  gchar *folder = g_dir_make_tmp("framewise-XXXXXX", nullptr);
  std::string result = folder;
  g_free(folder);
  return result;
}

bool contains(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

} // namespace

/* ---- Errors -----------------------------------------------------------------------------------
 */

GST_START_TEST(error_of_no_location) {
  Pipeline pipeline("");
  expect_error(pipeline, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, "location");
}
GST_END_TEST;

GST_START_TEST(error_of_a_missing_file_names_it) {
  Pipeline pipeline("/nowhere/at/all.mp4");
  expect_error(pipeline, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, "/nowhere/at/all.mp4");
}
GST_END_TEST;

GST_START_TEST(error_of_a_directory_says_so) {
  std::string folder = temp_folder();
  {
    Pipeline pipeline(folder);
    expect_error(pipeline, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ, "is a directory");
  }
  g_rmdir(folder.c_str());
}
GST_END_TEST;

GST_START_TEST(error_of_an_empty_file_says_so) {
  std::string folder = temp_folder(), file = folder + "/empty.mp4";
  fail_unless(g_file_set_contents(file.c_str(), "", 0, nullptr));
  {
    Pipeline pipeline(file);
    expect_error(pipeline, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND, "is empty");
  }
  g_unlink(file.c_str());
  g_rmdir(folder.c_str());
}
GST_END_TEST;

GST_START_TEST(error_of_text_whatever_its_name) {
  std::string folder = temp_folder();
  for (const char *name : {"text.mp4", "text.txt", "text"}) {
    std::string file = folder + "/" + name;
    fail_unless(
        g_file_set_contents(file.c_str(), "Not a video at all.\nBut two lines.\n", -1, nullptr));
    {
      Pipeline pipeline(file);
      expect_error(pipeline, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND, name);
    }
    g_unlink(file.c_str());
  }
  g_rmdir(folder.c_str());
}
GST_END_TEST;

GST_START_TEST(error_of_a_file_without_permission) {
  std::string folder = temp_folder(), file = folder + "/closed.mp4";
  fail_unless(g_file_set_contents(file.c_str(), "x", 1, nullptr));
  fail_unless(g_chmod(file.c_str(), 0) == 0 && g_chmod(folder.c_str(), 0755) == 0);
  const uid_t nobody = 65534;
  const bool was_root = geteuid() == 0;
  if (was_root)
    fail_unless(seteuid(nobody) == 0);
  {
    Pipeline pipeline(file);
    expect_error(pipeline, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ, "No permission");
  }
  if (was_root)
    fail_unless(seteuid(0) == 0);
  g_unlink(file.c_str());
  g_rmdir(folder.c_str());
}
GST_END_TEST;

GST_START_TEST(error_of_a_file_without_video) {
  Pipeline pipeline(media("audio-only.m4a"));
  expect_error(pipeline, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "no video");
}
GST_END_TEST;

GST_START_TEST(error_of_cover_art_alone_names_the_stream) {
  Pipeline pipeline(media("audio-with-cover.m4a"));
  expect_error(pipeline, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "`V:0`");
}
GST_END_TEST;

GST_START_TEST(error_of_a_stream_that_is_not_there) {
  Pipeline pipeline(media("h264-b.mp4"), "stream=v:7");
  expect_error(pipeline, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "`v:7`");
}
GST_END_TEST;

GST_START_TEST(error_of_a_stream_that_is_no_video) {
  Pipeline pipeline(media("audio-video.mp4"), "stream=a:0");
  expect_error(pipeline, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "audio");
}
GST_END_TEST;

GST_START_TEST(error_of_a_bad_stream_specifier) {
  Pipeline pipeline(media("h264-b.mp4"), "stream=nonsense");
  expect_error(pipeline, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "`nonsense`");
}
GST_END_TEST;

GST_START_TEST(error_of_an_unknown_container_option_names_it) {
  Pipeline pipeline(media("h264-b.mp4"), "container-options=o,nosuch=1");
  expect_error(pipeline, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "`nosuch`");
}
GST_END_TEST;

GST_START_TEST(error_of_an_unknown_codec_option_names_it) {
  Pipeline pipeline(media("h264-b.mp4"), "codec-options=o,nosuch=1");
  expect_error(pipeline, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "`nosuch`");
}
GST_END_TEST;

GST_START_TEST(error_of_an_unknown_pixel_format_names_it) {
  Pipeline pipeline(media("h264-b.mp4"), "pixel-format=rgb23");
  expect_error(pipeline, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "`rgb23`");
}
GST_END_TEST;

GST_START_TEST(error_of_an_unknown_protocol_names_the_url) {
  Pipeline pipeline("nosuch://somewhere/x.mp4");
  expect_error(pipeline, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
               "nosuch://somewhere/x.mp4");
}
GST_END_TEST;

GST_START_TEST(options_reach_demuxer_and_decoder) {
  /* A decoder told to skip all but key frames gives fewer. */
  size_t all = Pipeline(media("h264-b.mp4")).play().size();
  size_t keys = Pipeline(media("h264-b.mp4"), "codec-options=o,skip_frame=nokey").play().size();
  fail_unless(keys > 0 && keys < all, "%zu of %zu", keys, all);
  /* A demuxer told another rate gives other times. */
  auto frames =
      Pipeline(media("img/img-%03d.png"), "container-options=o,framerate=(string)10").play();
  fail_unless_equals_uint64(frames.at(1).pts, 100 * GST_MSECOND);
}
GST_END_TEST;

/* ---- Frames -----------------------------------------------------------------------------------
 */

GST_START_TEST(frames_have_times_durations_and_numbers) {
  auto frames = Pipeline(media("h264-ntsc.mp4")).play();
  fail_unless(frames.size() > 10);
  for (size_t i = 0; i < frames.size(); i++) {
    fail_unless_equals_uint64(frames[i].offset, i);
    fail_unless_equals_uint64(frames[i].pts,
                              gst_util_uint64_scale_round(i, 1001 * GST_SECOND, 30000));
    if (i > 0) /* an interval ends where the next begins */
      fail_unless_equals_uint64(frames[i - 1].pts + frames[i - 1].duration, frames[i].pts);
  }
}
GST_END_TEST;

GST_START_TEST(time_zero_is_the_start_of_the_container) {
  auto frames = Pipeline(media("start-offset.mkv")).play();
  fail_unless_equals_uint64(frames.at(0).pts, 0);
  /* ... and not of the stream: sound that begins earlier keeps the picture late. */
  frames = Pipeline(media("audio-first.mkv")).play();
  fail_unless_equals_uint64(frames.at(0).pts, 723 * GST_MSECOND);
}
GST_END_TEST;

GST_START_TEST(variable_rate_is_said_and_times_kept) {
  Pipeline pipeline(media("vfr.mp4"));
  auto frames = pipeline.play();
  fail_unless(contains(pipeline.caps(), "framerate=(fraction)0/1"), "%s", pipeline.caps().c_str());
  bool uneven = false;
  for (size_t i = 2; i < frames.size(); i++)
    uneven |= frames[i].pts - frames[i - 1].pts != frames[i - 1].pts - frames[i - 2].pts;
  fail_unless(uneven);
}
GST_END_TEST;

GST_START_TEST(caps_say_all_that_the_stream_says) {
  struct {
    const char *clip;
    std::vector<const char *> parts;
  } expected[] = {
      {"h264-b.mp4",
       {"format=(string)I420", "framerate=(fraction)25/1", "chroma-site=(string)mpeg2"}},
      {"h264-ntsc.mp4", {"framerate=(fraction)30000/1001"}},
      {"h264-anamorphic.mp4", {"pixel-aspect-ratio=(fraction)4/3"}},
      {"h264-bt709.mp4", {"colorimetry=(string)bt709"}},
      {"h264-full-range.mp4", {"format=(string)I420", "colorimetry=(string)1:4:0:0"}},
      {"h264-interlaced.mp4",
       {"interlace-mode=(string)interleaved", "field-order=(string)bottom-field-first"}},
      {"hevc-hdr.mkv",
       {"mastering-display-info=(string)", "content-light-level=(string)1000:400",
        "colorimetry=(string)bt2100-pq"}},
      {"h264-10bit.mp4", {"format=(string)I420_10LE"}},
      {"hevc-444-12bit.mkv", {"format=(string)Y444_12LE"}},
  };
  for (const auto &clip : expected) {
    Pipeline pipeline(media(clip.clip));
    fail_unless(!pipeline.play().empty());
    for (const char *part : clip.parts)
      fail_unless(contains(pipeline.caps(), part), "%s has no %s: %s", clip.clip, part,
                  pipeline.caps().c_str());
  }
}
GST_END_TEST;

GST_START_TEST(unspecified_colour_stays_out_of_the_caps) {
  Pipeline pipeline(media("h264-b.mp4"));
  pipeline.play();
  fail_if(contains(pipeline.caps(), "colorimetry"), "%s", pipeline.caps().c_str());
}
GST_END_TEST;

GST_START_TEST(stream_property_chooses) {
  Pipeline first(media("two-videos.mkv")), second(media("two-videos.mkv"), "stream=v:1");
  first.play();
  second.play();
  fail_unless(contains(first.caps(), "width=(int)160"), "%s", first.caps().c_str());
  fail_unless(contains(second.caps(), "width=(int)64"), "%s", second.caps().c_str());
}
GST_END_TEST;

GST_START_TEST(cover_art_is_passed_over) {
  fail_unless(Pipeline(media("cover.mp4")).play().size() > 1);
}
GST_END_TEST;

GST_START_TEST(a_size_change_is_new_caps_and_loses_nothing) {
  Pipeline pipeline(media("size-change.ts"));
  pipeline.set_state(GST_STATE_PLAYING);
  size_t large = 0, small = 0;
  while (GstSample *sample = pipeline.pull()) {
    int width;
    gst_structure_get_int(gst_caps_get_structure(gst_sample_get_caps(sample), 0), "width", &width);
    GstVideoInfo info;
    fail_unless(gst_video_info_from_caps(&info, gst_sample_get_caps(sample)));
    fail_unless_equals_uint64(gst_buffer_get_size(gst_sample_get_buffer(sample)), info.size);
    (width == 160 ? large : small)++;
    gst_sample_unref(sample);
  }
  fail_unless_equals_int(large, 28); /* the small ones lie in the middle */
  fail_unless_equals_int(small, 14);
}
GST_END_TEST;

GST_START_TEST(thread_settings_change_no_frame) {
  auto reference = Pipeline(media("h264-b.mp4")).play();
  for (const char *properties :
       {"thread-count=1", "thread-count=3 thread-type=frame", "thread-count=3 thread-type=slice"}) {
    auto frames = Pipeline(media("h264-b.mp4"), properties).play();
    fail_unless_equals_uint64(frames.size(), reference.size());
    for (size_t i = 0; i < frames.size(); i++)
      fail_unless_equals_string(frames[i].md5.c_str(), reference[i].md5.c_str());
  }
}
GST_END_TEST;

/* ---- Ranges -----------------------------------------------------------------------------------
 */

static void expect_range(const char *clip, const char *properties, size_t begin, size_t end) {
  auto all = Pipeline(media(clip)).play();
  auto frames = Pipeline(media(clip), properties).play();
  fail_unless_equals_uint64(frames.size(), end - begin);
  for (size_t i = 0; i < frames.size(); i++) {
    fail_unless_equals_uint64(frames[i].offset, begin + i);
    fail_unless_equals_string(frames[i].md5.c_str(), all[begin + i].md5.c_str());
    fail_unless_equals_uint64(frames[i].pts, all[begin + i].pts);
  }
}

GST_START_TEST(start_and_stop_frame_are_half_open) {
  expect_range("h264-b.mp4", "start-frame=7 stop-frame=19", 7, 19);
}
GST_END_TEST;

GST_START_TEST(negative_frame_numbers_count_from_the_end) {
  expect_range("h264-b.mp4", "start-frame=-5", 25, 30);
  expect_range("h264-b.mp4", "start-frame=-8 stop-frame=-3", 22, 27);
  expect_range("h264-b.mp4", "start-frame=-99 stop-frame=2", 0, 2);
}
GST_END_TEST;

GST_START_TEST(a_range_past_the_end_is_empty) {
  fail_unless(Pipeline(media("h264-b.mp4"), "start-frame=30").play().empty());
  expect_range("h264-b.mp4", "start-frame=28 stop-frame=300", 28, 30);
}
GST_END_TEST;

GST_START_TEST(running_time_of_a_range_begins_at_zero) {
  Pipeline pipeline(media("h264-b.mp4"), "start-frame=10");
  fail_unless(pipeline.preroll());
  GstSample *sample = pipeline.pull_preroll();
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  const GstSegment *segment = gst_sample_get_segment(sample);
  fail_unless_equals_uint64(GST_BUFFER_PTS(buffer), 400 * GST_MSECOND);
  fail_unless_equals_uint64(
      gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer)), 0);
  fail_unless_equals_uint64(
      gst_segment_to_stream_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer)),
      400 * GST_MSECOND);
  gst_sample_unref(sample);
}
GST_END_TEST;

GST_START_TEST(a_seek_within_a_range_keeps_numbers) {
  auto all = Pipeline(media("h264-b.mp4")).play();
  Pipeline pipeline(media("h264-b.mp4"), "start-frame=5 stop-frame=25");
  fail_unless(pipeline.preroll());
  for (size_t i : {20, 7, 23, 6}) {
    Frame frame = pipeline.seek(all[i].pts);
    fail_unless_equals_uint64(frame.offset, i);
    fail_unless_equals_string(frame.md5.c_str(), all[i].md5.c_str());
  }
  fail_unless_equals_uint64(pipeline.seek(0).offset, 5);
}
GST_END_TEST;

/* ---- Negotiation ------------------------------------------------------------------------------
 */

static std::string negotiated(const char *clip, const char *properties, const char *between) {
  Pipeline pipeline(media(clip), properties, between);
  fail_unless(pipeline.play().size() > 1);
  return pipeline.caps();
}

GST_START_TEST(auto_keeps_the_native_format_where_it_can) {
  fail_unless(contains(negotiated("h264-b.mp4", "", "video/x-raw"), "format=(string)I420"));
  fail_unless(contains(negotiated("h264-b.mp4", "", "video/x-raw,format={RGB,I420}"),
                       "format=(string)I420"));
}
GST_END_TEST;

GST_START_TEST(auto_takes_the_closest_format_else) {
  std::string caps = negotiated("h264-b.mp4", "", "video/x-raw,format={GRAY8,NV12,RGB16}");
  fail_unless(contains(caps, "format=(string)NV12"), "%s", caps.c_str());
  caps = negotiated("h264-10bit.mp4", "", "video/x-raw,format={I420,P010_10LE}");
  fail_unless(contains(caps, "format=(string)P010_10LE"), "%s", caps.c_str());
  caps = negotiated("vp9-alpha.webm", "codec-options=o", "video/x-raw,format={RGB,RGBA}");
  fail_unless(contains(caps, "format=(string)RGB"), "%s", caps.c_str());
}
GST_END_TEST;

GST_START_TEST(a_named_format_is_converted_to) {
  std::string caps = negotiated("h264-b.mp4", "pixel-format=bgr24", "identity");
  fail_unless(contains(caps, "video/x-raw") && contains(caps, "format=(string)BGR"), "%s",
              caps.c_str());
}
GST_END_TEST;

GST_START_TEST(a_format_without_gstreamer_name_travels_as_framewise) {
  Pipeline pipeline(media("h264-b.mp4"), "pixel-format=rgb48le", "queue");
  pipeline.set_state(GST_STATE_PLAYING);
  GstSample *sample = pipeline.pull();
  fail_unless(sample != nullptr);
  std::string caps = Pipeline::caps_string(sample);
  fail_unless(contains(caps, "video/x-framewise, format=(string)rgb48le"), "%s", caps.c_str());
  fail_unless_equals_uint64(gst_buffer_get_size(gst_sample_get_buffer(sample)), 160 * 120 * 6);
  gst_sample_unref(sample);
}
GST_END_TEST;

GST_START_TEST(a_native_format_that_downstream_refuses_is_an_error) {
  Pipeline pipeline(media("h264-b.mp4"), "pixel-format=native", "video/x-raw,format=RGB");
  expect_error(pipeline, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "pixel-format");
}
GST_END_TEST;

GST_START_TEST(a_size_that_downstream_refuses_is_an_error) {
  Pipeline pipeline(media("h264-b.mp4"), "", "video/x-raw,width=64");
  expect_error(pipeline, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "160x120");
}
GST_END_TEST;

GST_START_TEST(a_new_format_downstream_is_followed_while_playing) {
  Pipeline pipeline(media("h264-b.mp4"), "", "capsfilter name=filter caps=video/x-raw,format=I420");
  GstElement *filter = gst_bin_get_by_name(GST_BIN(pipeline.element()), "filter");
  pipeline.set_state(GST_STATE_PLAYING);
  size_t frames = 0;
  bool changed = false;
  while (GstSample *sample = pipeline.pull()) {
    if (++frames == 3) {
      GstCaps *caps = gst_caps_from_string("video/x-raw,format=RGB");
      g_object_set(filter, "caps", caps, nullptr);
      gst_caps_unref(caps);
    }
    changed |= contains(Pipeline::caps_string(sample), "format=(string)RGB");
    gst_sample_unref(sample);
  }
  gst_object_unref(filter);
  fail_unless(changed);
  fail_unless_equals_uint64(frames, 30);
}
GST_END_TEST;

/* ---- Memory -----------------------------------------------------------------------------------
 */

static GstPadProbeReturn offer_video_meta(GstPad *, GstPadProbeInfo *info, gpointer) {
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
  if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION)
    return GST_PAD_PROBE_OK;
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  return GST_PAD_PROBE_HANDLED;
}

static std::atomic<int> copies;
static void count_copies(GstDebugCategory *, GstDebugLevel, const gchar *, const gchar *, gint,
                         GObject *, GstDebugMessage *message, gpointer) {
  if (strcmp(gst_debug_message_get(message), "copying a frame") == 0)
    copies++;
}

static int count_copies_of(const char *clip, bool with_video_meta, const char *properties) {
  copies = 0;
  gst_debug_set_threshold_for_name("GST_PERFORMANCE", GST_LEVEL_TRACE);
  gst_debug_remove_log_function(gst_debug_log_default);
  gst_debug_add_log_function(count_copies, nullptr, nullptr);
  {
    Pipeline pipeline(media(clip), properties);
    GstPad *pad = gst_element_get_static_pad(pipeline.src(), "src");
    if (with_video_meta)
      gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, offer_video_meta, nullptr,
                        nullptr);
    gst_object_unref(pad);
    pipeline.set_state(GST_STATE_PLAYING);
    while (GstSample *sample = pipeline.pull()) {
      GstBuffer *buffer = gst_sample_get_buffer(sample);
      GstMemory *memory = gst_buffer_peek_memory(buffer, 0);
      if (with_video_meta) {
        fail_unless(GST_MEMORY_IS_READONLY(memory));
        fail_unless(gst_buffer_get_video_meta(buffer) != nullptr);
      }
      gst_sample_unref(sample);
    }
  }
  gst_debug_remove_log_function(count_copies);
  gst_debug_set_threshold_for_name("GST_PERFORMANCE", GST_LEVEL_NONE);
  return copies;
}

GST_START_TEST(frames_leave_uncopied_where_video_meta_is_taken) {
  fail_unless_equals_int(count_copies_of("h264-b.mp4", true, ""), 0);
  fail_unless_equals_int(count_copies_of("hevc-10bit.mkv", true, ""), 0);
  fail_unless_equals_int(count_copies_of("vp9-odd.webm", true, ""), 0);
  fail_unless_equals_int(count_copies_of("gif.gif", true, ""), 0);
}
GST_END_TEST;

GST_START_TEST(frames_are_copied_once_where_it_is_not) {
  fail_unless_equals_int(count_copies_of("h264-b.mp4", false, ""), 30);
}
GST_END_TEST;

GST_START_TEST(both_kinds_of_memory_hold_the_same_picture) {
  auto reference = Pipeline(media("h264-b.mp4")).play();
  Pipeline pipeline(media("h264-b.mp4"));
  GstPad *pad = gst_element_get_static_pad(pipeline.src(), "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, offer_video_meta, nullptr, nullptr);
  gst_object_unref(pad);
  pipeline.set_state(GST_STATE_PLAYING);
  size_t i = 0;
  while (GstSample *sample = pipeline.pull()) {
    GstVideoInfo info;
    fail_unless(gst_video_info_from_caps(&info, gst_sample_get_caps(sample)));
    GstBuffer *tight = gst_buffer_new_allocate(nullptr, info.size, nullptr);
    GstVideoFrame from, to;
    fail_unless(gst_video_frame_map(&from, &info, gst_sample_get_buffer(sample), GST_MAP_READ));
    fail_unless(gst_video_frame_map(&to, &info, tight, GST_MAP_WRITE));
    fail_unless(gst_video_frame_copy(&to, &from));
    gst_video_frame_unmap(&from);
    gst_video_frame_unmap(&to);
    fail_unless(md5_of(tight) == reference.at(i).md5, "frame %zu", i);
    i++;
    gst_buffer_unref(tight);
    gst_sample_unref(sample);
  }
  fail_unless_equals_uint64(i, reference.size());
}
GST_END_TEST;

static GstPadProbeReturn note_address(GstPad *, GstPadProbeInfo *info, gpointer data) {
  GstMapInfo map;
  GstMemory *memory = gst_buffer_peek_memory(GST_PAD_PROBE_INFO_BUFFER(info), 0);
  fail_unless(gst_memory_map(memory, &map, GST_MAP_READ));
  static_cast<std::vector<const void *> *>(data)->push_back(map.data);
  gst_memory_unmap(memory, &map);
  return GST_PAD_PROBE_OK;
}

/* The decoder's own memory is what libavfilter works on, and what comes out of a filter that
 * changes nothing. */
GST_START_TEST(decoded_frames_go_through_a_filter_uncopied) {
  for (const char *clip : {"h264-b.mp4", "hevc-10bit.mkv", "vp9.webm", "av1.mkv", "mpeg2.mpg"}) {
    std::vector<const void *> decoded, filtered;
    Pipeline pipeline(media(clip), "", "graphfilter name=filter filter-sequence=null");
    GstElement *filter = gst_bin_get_by_name(GST_BIN(pipeline.element()), "filter");
    GstPad *before = gst_element_get_static_pad(pipeline.src(), "src");
    GstPad *behind = gst_element_get_static_pad(filter, "src");
    gst_pad_add_probe(before, GST_PAD_PROBE_TYPE_BUFFER, note_address, &decoded, nullptr);
    gst_pad_add_probe(behind, GST_PAD_PROBE_TYPE_BUFFER, note_address, &filtered, nullptr);
    gst_pad_add_probe(behind, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, offer_video_meta, nullptr,
                      nullptr);
    fail_unless(!pipeline.play().empty());
    fail_unless(!decoded.empty() && decoded == filtered, "%s: %zu frames in, %zu out", clip,
                decoded.size(), filtered.size());
    gst_object_unref(before);
    gst_object_unref(behind);
    gst_object_unref(filter);
  }
}
GST_END_TEST;

GST_START_TEST(frames_outlive_the_element) {
  std::vector<GstSample *> samples;
  {
    Pipeline pipeline(media("h264-b.mp4"));
    GstPad *pad = gst_element_get_static_pad(pipeline.src(), "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, offer_video_meta, nullptr, nullptr);
    gst_object_unref(pad);
    pipeline.set_state(GST_STATE_PLAYING);
    while (GstSample *sample = pipeline.pull())
      samples.push_back(sample);
  }
  fail_unless_equals_uint64(samples.size(), 30);
  for (GstSample *sample : samples) {
    md5_of(gst_sample_get_buffer(sample));
    gst_sample_unref(sample);
  }
}
GST_END_TEST;

GST_START_TEST(frame_meta_tells_the_origin) {
  Pipeline pipeline(media("h264-b.mp4"));
  pipeline.set_state(GST_STATE_PLAYING);
  gint64 number = 0;
  bool seen_b = false;
  while (GstSample *sample = pipeline.pull()) {
    GstCustomMeta *meta =
        gst_buffer_get_custom_meta(gst_sample_get_buffer(sample), "GstFramewiseFrameMeta");
    fail_unless(meta != nullptr);
    GstStructure *fields = gst_custom_meta_get_structure(meta);
    gint64 frame, pts;
    int num, den;
    gboolean key;
    fail_unless(gst_structure_get_int64(fields, "frame", &frame));
    fail_unless(gst_structure_get_int64(fields, "pts", &pts));
    fail_unless(gst_structure_get_fraction(fields, "time-base", &num, &den));
    fail_unless(gst_structure_get_boolean(fields, "key-frame", &key));
    fail_unless_equals_int64(frame, number);
    fail_unless_equals_int64(gst_util_uint64_scale_round(pts, num * GST_SECOND, den),
                             GST_BUFFER_PTS(gst_sample_get_buffer(sample)));
    fail_unless(key == (number % 12 == 0), "frame %" G_GINT64_FORMAT, number);
    seen_b |= g_strcmp0(gst_structure_get_string(fields, "picture-type"), "B") == 0;
    number++;
    gst_sample_unref(sample);
  }
  fail_unless(seen_b);
}
GST_END_TEST;

/* ---- Seeking ----------------------------------------------------------------------------------
 */

static void expect_seeks(const char *clip) {
  auto all = Pipeline(media(clip)).play();
  fail_unless(all.size() > 5);
  Pipeline pipeline(media(clip));
  fail_unless(pipeline.preroll());
  GRand *random = g_rand_new_with_seed(1);
  std::vector<size_t> order(all.size());
  for (size_t i = 0; i < order.size(); i++)
    order[i] = i;
  for (size_t i = order.size() - 1; i > 0; i--)
    std::swap(order[i], order[size_t(g_rand_int_range(random, 0, gint32(i) + 1))]);
  g_rand_free(random);
  for (size_t i : order) {
    for (GstClockTime time :
         {all[i].pts, all[i].pts + all[i].duration / 2, all[i].pts + all[i].duration - 1}) {
      Frame frame = pipeline.seek(time);
      fail_unless(frame.pts == all[i].pts && frame.md5 == all[i].md5,
                  "%s: frame %zu, time %" GST_TIME_FORMAT ": got pts %" GST_TIME_FORMAT, clip, i,
                  GST_TIME_ARGS(time), GST_TIME_ARGS(frame.pts));
    }
  }
}

static const char *const seek_clips[] = {
    "h264-b.mp4", "h264-b.mkv",      "h264.ts",     "vfr.mp4",   "vfr.mkv",   "h264-open-gop.mp4",
    "hevc.mkv",   "start-offset.ts", "mpeg4-b.avi", "mpeg2.mpg", "h264.h264", "gif.gif"};

GST_START_TEST(a_time_seek_lands_on_the_frame_shown_then) { expect_seeks(seek_clips[__i__]); }
GST_END_TEST;

GST_START_TEST(a_seek_past_the_end_is_eos) {
  Pipeline pipeline(media("h264-b.mp4"));
  fail_unless(pipeline.preroll());
  fail_unless(gst_element_seek_simple(pipeline.element(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                      60 * GST_SECOND));
  pipeline.set_state(GST_STATE_PLAYING);
  GstMessage *message = gst_bus_timed_pop_filtered(
      pipeline.bus(), GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  fail_unless(GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS);
  gst_message_unref(message);
}
GST_END_TEST;

GST_START_TEST(a_stop_position_ends_the_segment) {
  Pipeline pipeline(media("h264-b.mp4"));
  fail_unless(pipeline.preroll());
  fail_unless(gst_element_seek(pipeline.element(), 1.0, GST_FORMAT_TIME,
                               GstSeekFlags(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE),
                               GST_SEEK_TYPE_SET, 200 * GST_MSECOND, GST_SEEK_TYPE_SET,
                               400 * GST_MSECOND));
  auto frames = pipeline.play();
  fail_unless_equals_uint64(frames.size(), 5);
  fail_unless_equals_uint64(frames.front().pts, 200 * GST_MSECOND);
}
GST_END_TEST;

GST_START_TEST(backwards_is_refused_and_playing_goes_on) {
  auto all = Pipeline(media("h264-b.mp4")).play();
  Pipeline pipeline(media("h264-b.mp4"));
  fail_unless(pipeline.preroll());
  fail_if(gst_element_seek(pipeline.element(), -1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                           GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, GST_SECOND));
  fail_if(gst_element_seek(pipeline.src(), -1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                           GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, GST_SECOND));
  auto frames = pipeline.play();
  fail_unless_equals_uint64(frames.size(), all.size());
  for (size_t i = 0; i < frames.size(); i++)
    fail_unless(frames[i].pts == all[i].pts && frames[i].md5 == all[i].md5, "frame %zu", i);
}
GST_END_TEST;

static GstEvent *flushing_seek(GstClockTime time) {
  return gst_event_new_seek(1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                            gint64(time), GST_SEEK_TYPE_NONE, -1);
}

GST_START_TEST(a_seek_in_ready_is_where_playing_begins) {
  for (guint begin : {0u, 12u}) {
    Pipeline pipeline(media("h264-b.mp4"));
    pipeline.set_state(GST_STATE_READY);
    fail_unless(gst_element_send_event(pipeline.src(), flushing_seek(begin * 40 * GST_MSECOND)));
    auto frames = pipeline.play();
    fail_unless_equals_uint64(frames.size(), 30 - begin);
    fail_unless_equals_uint64(frames.at(0).pts, begin * 40 * GST_MSECOND);
  }
}
GST_END_TEST;

static GstPadProbeReturn seek_back_once(GstPad *pad, GstPadProbeInfo *info, gpointer) {
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  /* From another thread, as an application would: this one streams. */
  GThread *thread = g_thread_new(
      "seek",
      [](gpointer element) -> gpointer {
        gst_element_send_event(GST_ELEMENT(element), flushing_seek(0));
        return nullptr;
      },
      GST_PAD_PARENT(pad));
  g_usleep(100 * 1000); /* caps are out and no frame is, while the flush begins */
  g_thread_unref(thread);
  return GST_PAD_PROBE_REMOVE;
}

GST_START_TEST(a_seek_to_the_start_before_the_first_frame_loses_none) {
  Pipeline pipeline(media("h264-b.mp4"));
  GstPad *pad = gst_element_get_static_pad(pipeline.src(), "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, seek_back_once, nullptr, nullptr);
  gst_object_unref(pad);
  auto frames = pipeline.play();
  fail_unless_equals_uint64(frames.size(), 30);
  fail_unless_equals_uint64(frames.at(0).pts, 0);
}
GST_END_TEST;

GST_START_TEST(time_goes_on_where_the_clock_of_the_stream_starts_anew) {
  auto frames = Pipeline(media("size-change.ts")).play();
  fail_unless_equals_uint64(frames.size(), 42);
  for (size_t i = 1; i < frames.size(); i++)
    fail_unless_equals_uint64(frames[i].pts, frames[i - 1].pts + 40 * GST_MSECOND);
}
GST_END_TEST;

GST_START_TEST(duration_and_position_are_known) {
  Pipeline pipeline(media("h264-b.mp4"));
  fail_unless(pipeline.preroll());
  gint64 duration, position;
  fail_unless(gst_element_query_duration(pipeline.element(), GST_FORMAT_TIME, &duration));
  fail_unless_equals_int64(duration, 1200 * GST_MSECOND);
  pipeline.seek(600 * GST_MSECOND);
  fail_unless(gst_element_query_position(pipeline.element(), GST_FORMAT_TIME, &position));
  fail_unless_equals_int64(position, 600 * GST_MSECOND);
  GstQuery *seeking = gst_query_new_seeking(GST_FORMAT_TIME);
  fail_unless(gst_element_query(pipeline.element(), seeking));
  gboolean seekable;
  gst_query_parse_seeking(seeking, nullptr, &seekable, nullptr, nullptr);
  fail_unless(seekable);
  gst_query_unref(seeking);
}
GST_END_TEST;

/* ---- Events, states ---------------------------------------------------------------------------
 */

static GstPadProbeReturn note_event(GstPad *, GstPadProbeInfo *info, gpointer data) {
  auto *events = static_cast<std::vector<GstEventType> *>(data);
  events->push_back(GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)));
  return GST_PAD_PROBE_OK;
}

GST_START_TEST(events_come_in_order) {
  std::vector<GstEventType> events;
  Pipeline pipeline(media("h264-b.mp4"));
  GstPad *pad = gst_element_get_static_pad(pipeline.src(), "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note_event, &events, nullptr);
  gst_object_unref(pad);
  pipeline.play();
  const std::vector<GstEventType> expected = {GST_EVENT_STREAM_START, GST_EVENT_CAPS,
                                              GST_EVENT_SEGMENT, GST_EVENT_TAG, GST_EVENT_EOS};
  fail_unless(events == expected, "%zu events", events.size());
}
GST_END_TEST;

GST_START_TEST(tags_name_codec_and_title) {
  Pipeline pipeline(media("rotated.mp4"));
  fail_unless(pipeline.preroll());
  GstPad *pad = gst_element_get_static_pad(pipeline.src(), "src");
  GstEvent *event = gst_pad_get_sticky_event(pad, GST_EVENT_TAG, 0);
  fail_unless(event != nullptr);
  GstTagList *tags;
  gst_event_parse_tag(event, &tags);
  gchar *codec = nullptr, *orientation = nullptr;
  fail_unless(gst_tag_list_get_string(tags, GST_TAG_VIDEO_CODEC, &codec));
  fail_unless(strstr(codec, "H.264") != nullptr);
  fail_unless(gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &orientation));
  g_free(codec);
  g_free(orientation);
  gst_event_unref(event);
  gst_object_unref(pad);
}
GST_END_TEST;

static GstPadProbeReturn count_buffer(GstPad *, GstPadProbeInfo *, gpointer data) {
  (*static_cast<std::atomic<int> *>(data))++;
  return GST_PAD_PROBE_OK;
}

GST_START_TEST(it_can_be_used_again_after_ready_with_another_file) {
  GstElement *pipeline = gst_parse_launch("containersrc name=src ! fakesink sync=false", nullptr);
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), "src");
  GstBus *bus = gst_element_get_bus(pipeline);
  GstPad *pad = gst_element_get_static_pad(src, "src");
  std::atomic<int> count{0};
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_buffer, &count, nullptr);
  struct {
    std::string location;
    GstMessageType end;
    int frames;
  } runs[] = {
      {media("h264-b.mp4"), GST_MESSAGE_EOS, 30}, {media("h264-b.mp4"), GST_MESSAGE_EOS, 30},
      {media("gif.gif"), GST_MESSAGE_EOS, 20},    {"/nowhere", GST_MESSAGE_ERROR, 0},
      {media("h264-b.mp4"), GST_MESSAGE_EOS, 30}, {media("text.mp4"), GST_MESSAGE_ERROR, 0},
      {media("gif.gif"), GST_MESSAGE_EOS, 20}};
  for (const auto &run : runs) {
    count = 0;
    g_object_set(src, "location", run.location.c_str(), nullptr);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstMessage *message = gst_bus_timed_pop_filtered(
        bus, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    fail_unless(GST_MESSAGE_TYPE(message) == run.end, "%s", run.location.c_str());
    gst_message_unref(message);
    fail_unless_equals_int(count, run.frames);
    gst_element_set_state(pipeline, GST_STATE_READY);
    gst_bus_set_flushing(bus, TRUE);
    gst_bus_set_flushing(bus, FALSE);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pad);
  gst_object_unref(bus);
  gst_object_unref(src);
  gst_object_unref(pipeline);
}
GST_END_TEST;

/* Takes connections and never says a word. */
static gboolean keep_silent(GSocketService *, GSocketConnection *connection, GObject *,
                            gpointer data) {
  static_cast<std::vector<GObject *> *>(data)->push_back(G_OBJECT(g_object_ref(connection)));
  return TRUE;
}

GST_START_TEST(a_blocked_read_is_broken_by_the_state_change) {
  std::vector<GObject *> connections;
  GSocketService *service = g_socket_service_new();
  guint16 port = g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(service), nullptr, nullptr);
  fail_unless(port != 0);
  g_signal_connect(service, "incoming", G_CALLBACK(keep_silent), &connections);
  g_socket_service_start(service);
  {
    std::string url = "tcp://127.0.0.1:" + std::to_string(port);
    Pipeline pipeline(url);
    pipeline.set_state(GST_STATE_PLAYING);
    while (connections.empty())
      g_main_context_iteration(nullptr, TRUE);
    pipeline.set_state(GST_STATE_NULL); /* hangs, and runs into the test's limit, if it is not */
    GstMessage *message =
        gst_bus_pop_filtered(pipeline.bus(), GST_MESSAGE_ERROR); /* nor is it an error */
    fail_unless(message == nullptr);
  }
  for (GObject *connection : connections)
    g_object_unref(connection);
  g_socket_service_stop(service);
  g_object_unref(service);
}
GST_END_TEST;

GST_START_TEST(a_seek_while_opening_waits_for_the_stream) {
  std::vector<GObject *> connections;
  GSocketService *service = g_socket_service_new();
  guint16 port = g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(service), nullptr, nullptr);
  g_signal_connect(service, "incoming", G_CALLBACK(keep_silent), &connections);
  g_socket_service_start(service);
  {
    Pipeline pipeline("tcp://127.0.0.1:" + std::to_string(port));
    pipeline.set_state(GST_STATE_PAUSED);
    while (connections.empty())
      g_main_context_iteration(nullptr, TRUE);
    fail_unless(gst_element_send_event(pipeline.src(), flushing_seek(GST_SECOND)));
    fail_unless(gst_element_send_event(pipeline.element(), flushing_seek(GST_SECOND)));
    GstMessage *message =
        gst_bus_timed_pop_filtered(pipeline.bus(), 50 * GST_MSECOND, GST_MESSAGE_ERROR);
    fail_unless(message == nullptr);
    pipeline.set_state(GST_STATE_NULL);
  }
  for (GObject *connection : connections)
    g_object_unref(connection);
  g_socket_service_stop(service);
  g_object_unref(service);
}
GST_END_TEST;

GST_START_TEST(waiting_for_the_writer_of_a_fifo_ends_with_the_state) {
  std::string folder = temp_folder(), fifo = folder + "/fifo";
  fail_unless(mkfifo(fifo.c_str(), 0600) == 0);
  {
    Pipeline pipeline(fifo);
    pipeline.set_state(GST_STATE_PLAYING);
    pipeline.set_state(GST_STATE_NULL);
  }
  g_unlink(fifo.c_str());
  g_rmdir(folder.c_str());
}
GST_END_TEST;

GST_START_TEST(a_fifo_is_read_to_its_end) {
  std::string folder = temp_folder(), fifo = folder + "/fifo";
  fail_unless(mkfifo(fifo.c_str(), 0600) == 0);
  std::string clip = media("h264.ts");
  auto expected = Pipeline(clip).play();
  const gchar *command[] = {"cp", clip.c_str(), fifo.c_str(), nullptr};
  GSubprocess *writer = g_subprocess_newv(command, G_SUBPROCESS_FLAGS_NONE, nullptr);
  auto frames = Pipeline(fifo).play();
  fail_unless(g_subprocess_wait_check(writer, nullptr, nullptr));
  g_object_unref(writer);
  fail_unless_equals_uint64(frames.size(), expected.size());
  for (size_t i = 0; i < frames.size(); i++)
    fail_unless(frames[i].md5 == expected[i].md5, "frame %zu", i);
  g_unlink(fifo.c_str());
  g_rmdir(folder.c_str());
}
GST_END_TEST;

GST_START_TEST(a_name_like_a_url_is_still_a_file) {
  std::string folder = temp_folder();
  const char *name = "http:clip.mp4";
  gchar *contents;
  gsize size;
  fail_unless(g_file_get_contents(media("h264-b.mp4").c_str(), &contents, &size, nullptr));
  std::string file = folder + "/" + name;
  fail_unless(g_file_set_contents(file.c_str(), contents, gssize(size), nullptr));
  g_free(contents);
  gchar *before = g_get_current_dir();
  fail_unless(g_chdir(folder.c_str()) == 0);
  fail_unless_equals_uint64(Pipeline(name).play().size(), 30);
  fail_unless(g_chdir(before) == 0);
  g_free(before);
  g_unlink(file.c_str());
  g_rmdir(folder.c_str());
}
GST_END_TEST;

static Suite *containersrc_suite() {
  Suite *suite = suite_create("containersrc");
  TCase *errors = tcase_create("errors");
  suite_add_tcase(suite, errors);
  tcase_add_test(errors, error_of_no_location);
  tcase_add_test(errors, error_of_a_missing_file_names_it);
  tcase_add_test(errors, error_of_a_directory_says_so);
  tcase_add_test(errors, error_of_an_empty_file_says_so);
  tcase_add_test(errors, error_of_text_whatever_its_name);
  tcase_add_test(errors, error_of_a_file_without_permission);
  tcase_add_test(errors, error_of_a_file_without_video);
  tcase_add_test(errors, error_of_cover_art_alone_names_the_stream);
  tcase_add_test(errors, error_of_a_stream_that_is_not_there);
  tcase_add_test(errors, error_of_a_stream_that_is_no_video);
  tcase_add_test(errors, error_of_a_bad_stream_specifier);
  tcase_add_test(errors, error_of_an_unknown_container_option_names_it);
  tcase_add_test(errors, error_of_an_unknown_codec_option_names_it);
  tcase_add_test(errors, error_of_an_unknown_pixel_format_names_it);
  tcase_add_test(errors, error_of_an_unknown_protocol_names_the_url);
  tcase_add_test(errors, options_reach_demuxer_and_decoder);
  TCase *frames = tcase_create("frames");
  suite_add_tcase(suite, frames);
  tcase_add_test(frames, frames_have_times_durations_and_numbers);
  tcase_add_test(frames, time_zero_is_the_start_of_the_container);
  tcase_add_test(frames, variable_rate_is_said_and_times_kept);
  tcase_add_test(frames, caps_say_all_that_the_stream_says);
  tcase_add_test(frames, unspecified_colour_stays_out_of_the_caps);
  tcase_add_test(frames, stream_property_chooses);
  tcase_add_test(frames, cover_art_is_passed_over);
  tcase_add_test(frames, a_size_change_is_new_caps_and_loses_nothing);
  tcase_add_test(frames, thread_settings_change_no_frame);
  TCase *ranges = tcase_create("ranges");
  suite_add_tcase(suite, ranges);
  tcase_add_test(ranges, start_and_stop_frame_are_half_open);
  tcase_add_test(ranges, negative_frame_numbers_count_from_the_end);
  tcase_add_test(ranges, a_range_past_the_end_is_empty);
  tcase_add_test(ranges, running_time_of_a_range_begins_at_zero);
  tcase_add_test(ranges, a_seek_within_a_range_keeps_numbers);
  TCase *negotiation = tcase_create("negotiation");
  suite_add_tcase(suite, negotiation);
  tcase_add_test(negotiation, auto_keeps_the_native_format_where_it_can);
  tcase_add_test(negotiation, auto_takes_the_closest_format_else);
  tcase_add_test(negotiation, a_named_format_is_converted_to);
  tcase_add_test(negotiation, a_format_without_gstreamer_name_travels_as_framewise);
  tcase_add_test(negotiation, a_native_format_that_downstream_refuses_is_an_error);
  tcase_add_test(negotiation, a_size_that_downstream_refuses_is_an_error);
  tcase_add_test(negotiation, a_new_format_downstream_is_followed_while_playing);
  TCase *memory = tcase_create("memory");
  suite_add_tcase(suite, memory);
  tcase_add_test(memory, frames_leave_uncopied_where_video_meta_is_taken);
  tcase_add_test(memory, frames_are_copied_once_where_it_is_not);
  tcase_add_test(memory, both_kinds_of_memory_hold_the_same_picture);
  tcase_add_test(memory, decoded_frames_go_through_a_filter_uncopied);
  tcase_add_test(memory, frames_outlive_the_element);
  tcase_add_test(memory, frame_meta_tells_the_origin);
  TCase *seeking = tcase_create("seeking");
  suite_add_tcase(suite, seeking);
  tcase_add_loop_test(seeking, a_time_seek_lands_on_the_frame_shown_then, 0,
                      int(G_N_ELEMENTS(seek_clips)));
  tcase_add_test(seeking, a_seek_past_the_end_is_eos);
  tcase_add_test(seeking, a_stop_position_ends_the_segment);
  tcase_add_test(seeking, backwards_is_refused_and_playing_goes_on);
  tcase_add_test(seeking, a_seek_in_ready_is_where_playing_begins);
  tcase_add_test(seeking, a_seek_to_the_start_before_the_first_frame_loses_none);
  tcase_add_test(seeking, time_goes_on_where_the_clock_of_the_stream_starts_anew);
  tcase_add_test(seeking, duration_and_position_are_known);
  TCase *states = tcase_create("states");
  suite_add_tcase(suite, states);
  tcase_add_test(states, events_come_in_order);
  tcase_add_test(states, tags_name_codec_and_title);
  tcase_add_test(states, it_can_be_used_again_after_ready_with_another_file);
  tcase_add_test(states, a_blocked_read_is_broken_by_the_state_change);
  tcase_add_test(states, a_seek_while_opening_waits_for_the_stream);
  tcase_add_test(states, waiting_for_the_writer_of_a_fifo_ends_with_the_state);
  tcase_add_test(states, a_fifo_is_read_to_its_end);
  tcase_add_test(states, a_name_like_a_url_is_still_a_file);
  return suite;
}

GST_CHECK_MAIN(containersrc);
