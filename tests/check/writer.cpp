/* gst-framewise: tests of GstFramewiseWriter: what it writes, and what it refuses.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Encoder, muxer and file are those of containersink, whose tests say more of them.
 */
#include <functional>
#include <memory>
#include <thread>

#include "writercheck.hpp"

#include <gst/framewise/framewise.h>

namespace {

struct Unref {
  void operator()(GstFramewiseWriter *p) const { g_object_unref(p); }
  void operator()(GCancellable *p) const { g_object_unref(p); }
  void operator()(GstSample *p) const { gst_sample_unref(p); }
  void operator()(GstStructure *p) const { gst_structure_free(p); }
};
template <typename T> using Ptr = std::unique_ptr<T, Unref>;
using Writer = Ptr<GstFramewiseWriter>;

constexpr int width = 64, height = 48;

guint8 shade(int number) { return guint8(40 + number * 7); }

/* A grey picture of one shade. */
Ptr<GstSample> grey(int number, GstClockTime pts = GST_CLOCK_TIME_NONE, const char *rate = "25/1",
                    int w = width) {
  std::string text = "video/x-raw,format=GRAY8,width=" + std::to_string(w) +
                     ",height=" + std::to_string(height) + ",framerate=" + rate;
  GstCaps *caps = gst_caps_from_string(text.c_str());
  GstBuffer *buffer = gst_buffer_new_allocate(nullptr, gsize(w) * height, nullptr);
  gst_buffer_memset(buffer, 0, shade(number), gsize(w) * height);
  GST_BUFFER_PTS(buffer) = pts;
  Ptr<GstSample> sample(gst_sample_new(buffer, caps, nullptr, nullptr));
  gst_buffer_unref(buffer);
  gst_caps_unref(caps);
  return sample;
}

template <typename... Properties>
Writer open_with(GError **error, const std::string &location, Properties... properties) {
  return Writer(
      GST_FRAMEWISE_WRITER(g_initable_new(GST_TYPE_FRAMEWISE_WRITER, nullptr, error, "location",
                                          location.c_str(), properties..., nullptr)));
}

template <typename... Properties>
Writer open(const std::string &location, Properties... properties) {
  GError *error = nullptr;
  Writer writer = open_with(&error, location, properties...);
  fail_unless(writer != nullptr, "%s", error ? error->message : "no error");
  return writer;
}

void write(const Writer &writer, const Ptr<GstSample> &sample) {
  GError *error = nullptr;
  fail_unless(gst_framewise_writer_write(writer.get(), sample.get(), nullptr, &error), "%s",
              error ? error->message : "no error");
}

void finish(const Writer &writer) {
  GError *error = nullptr;
  fail_unless(gst_framewise_writer_finish(writer.get(), nullptr, &error), "%s",
              error ? error->message : "no error");
}

void write_greys(const Writer &writer, int n) {
  for (int i = 0; i < n; i++)
    write(writer, grey(i));
}

void expect(GError *error, GQuark domain, int code, const char *named) {
  fail_unless(error != nullptr, "no error");
  fail_unless(error->domain == domain && error->code == code, "%s/%d: %s",
              g_quark_to_string(error->domain), error->code, error->message);
  fail_unless(strstr(error->message, named) != nullptr, "`%s` is not in: %s", named,
              error->message);
  g_error_free(error);
}

void refuses_write(const Writer &writer, const Ptr<GstSample> &sample, GQuark domain, int code,
                   const char *named) {
  GError *error = nullptr;
  fail_if(gst_framewise_writer_write(writer.get(), sample.get(), nullptr, &error));
  expect(error, domain, code, named);
}

void refuses_finish(const Writer &writer, GQuark domain, int code, const char *named) {
  GError *error = nullptr;
  fail_if(gst_framewise_writer_finish(writer.get(), nullptr, &error));
  expect(error, domain, code, named);
}

std::string stats_of(const Writer &writer) {
  GstStructure *stats = nullptr;
  g_object_get(writer.get(), "stats", &stats, nullptr);
  Ptr<GstStructure> owned(stats);
  guint64 frames = 0, keys = 0, bytes = 0, duration = 0;
  fail_unless(gst_structure_get(stats, "frames", G_TYPE_UINT64, &frames, "key-frames",
                                G_TYPE_UINT64, &keys, "bytes", G_TYPE_UINT64, &bytes, "duration",
                                G_TYPE_UINT64, &duration, nullptr));
  return std::to_string(frames) + " " + std::to_string(keys) + " " + std::to_string(bytes) + " " +
         std::to_string(duration);
}

/* The shade of each frame, as the ffmpeg command decodes it. */
std::vector<int> shades(const std::string &file) {
  std::string raw = at("raw");
  output_of({"ffmpeg", "-v", "error", "-y", "-i", file, "-fps_mode", "passthrough", "-pix_fmt",
             "gray", "-vf", "crop=2:2", "-f", "rawvideo", raw});
  std::string data = read_text(raw);
  g_unlink(raw.c_str());
  std::vector<int> result;
  for (size_t i = 0; i < data.size(); i += 4) {
    fail_unless(data[i] == data[i + 3]);
    result.push_back(guint8(data[i]));
  }
  return result;
}

void expect_shades(const std::string &file, const std::vector<int> &numbers) {
  std::vector<int> found = shades(file), wanted;
  for (int number : numbers)
    wanted.push_back(shade(number));
  fail_unless(found.size() == wanted.size(), "%zu frames, not %zu", found.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); i++)
    fail_unless(found[i] == wanted[i], "frame %zu: %d, not %d", i, found[i], wanted[i]);
}

void set_filter(const Writer &writer, const char *sequence, const char *graph = nullptr) {
  GError *error = nullptr;
  fail_unless(gst_framewise_writer_set_filter(writer.get(), sequence, graph, &error), "%s",
              error ? error->message : "no error");
}

/* ---- What it writes --------------------------------------------------------------------------
 */

GST_START_TEST(every_frame_comes_back) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  write_greys(writer, 10);
  finish(writer);
  expect_shades(at("out.mkv"), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  assert_text(probe(at("out.mkv"), "codec_name,pix_fmt,r_frame_rate"), "ffv1\ngray\n25/1");
  fail_unless(stats_of(writer).starts_with("10 1 "), "%s", stats_of(writer).c_str());
  fail_unless(stats_of(writer).ends_with(" 400000000"), "%s", stats_of(writer).c_str());
}
GST_END_TEST;

GST_START_TEST(properties_do_what_containersinks_do) {
  GstStructure *options =
                   gst_structure_from_string("o,qmin=3,bf=2,sc_threshold=1000000000", nullptr),
               *container_options = gst_structure_from_string("o,movflags=+faststart", nullptr),
               *tags = gst_structure_from_string("m,title=Harbour", nullptr),
               *stream_tags = gst_structure_from_string("m,language=deu", nullptr);
  Writer writer = open(at("out.dat"), "container", "mp4", "codec", "mpeg4", "pixel-format",
                       "yuv420p", "framerate", 10, 1, "max-keyframe-interval", 4, "closed-gop",
                       GST_FRAMEWISE_CLOSED_GOP_TRUE, "codec-options", options, "container-options",
                       container_options, "container-metadata", tags, "stream-metadata",
                       stream_tags, "thread-count", 1);
  for (int i = 0; i < 12; i++)
    write(writer, grey(i, GST_CLOCK_TIME_NONE, "0/1"));
  finish(writer);
  assert_text(probe(at("out.dat"), "codec_name,has_b_frames,pix_fmt,r_frame_rate"),
              "mpeg4\n1\nyuv420p\n10/1");
  assert_text(output_of({"ffprobe", "-v", "error", "-show_entries",
                         "format_tags=title:stream_tags=language", "-of", "default=nw=1:nk=1",
                         at("out.dat")}),
              "deu\nHarbour");
  std::string data = read_text(at("out.dat"));
  fail_unless(data.find("moov") < data.find("mdat"), "movflags=+faststart had no effect");
  fail_unless(stats_of(writer).starts_with("12 3 " + std::to_string(data.size())), "%s",
              stats_of(writer).c_str());

  gchar *container, *codec, *format, *location;
  gint num, den, gop, threads;
  GstFramewiseClosedGop closed;
  GValue rate = G_VALUE_INIT;
  g_object_get(writer.get(), "location", &location, "container", &container, "codec", &codec,
               "pixel-format", &format, "max-keyframe-interval", &gop, "closed-gop", &closed,
               "thread-count", &threads, nullptr);
  g_value_init(&rate, GST_TYPE_FRACTION);
  g_object_get_property(G_OBJECT(writer.get()), "framerate", &rate);
  num = gst_value_get_fraction_numerator(&rate);
  den = gst_value_get_fraction_denominator(&rate);
  assert_text(location, at("out.dat"));
  assert_text(container, "mp4");
  assert_text(codec, "mpeg4");
  assert_text(format, "yuv420p");
  fail_unless(gop == 4 && closed == GST_FRAMEWISE_CLOSED_GOP_TRUE && threads == 1);
  fail_unless(num == 10 && den == 1);
  for (gchar *text : {location, container, codec, format})
    g_free(text);
  for (const char *name :
       {"codec-options", "container-options", "container-metadata", "stream-metadata"}) {
    GstStructure *kept = nullptr;
    g_object_get(writer.get(), name, &kept, nullptr);
    fail_unless(kept && gst_structure_n_fields(kept) > 0, "%s", name);
    gst_structure_free(kept);
  }
  for (GstStructure *structure : {options, container_options, tags, stream_tags})
    gst_structure_free(structure);
}
GST_END_TEST;

GST_START_TEST(times_are_those_of_the_buffers) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  for (GstClockTime ms : {0, 100, 250, 900})
    write(writer, grey(int(ms / 50), ms * GST_MSECOND, "0/1"));
  finish(writer);
  std::vector<double> found = times(at("out.mkv"), "pts_time");
  fail_unless(found == std::vector<double>({0, 0.1, 0.25, 0.9}));
}
GST_END_TEST;

GST_START_TEST(frames_without_a_time_follow_the_one_before) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1", "framerate", 10, 1);
  write(writer, grey(0, 2 * GST_SECOND));
  write(writer, grey(1));
  write(writer, grey(2));
  finish(writer);
  fail_unless(times(at("out.mkv"), "pts_time") == std::vector<double>({2, 2.1, 2.2}));
}
GST_END_TEST;

GST_START_TEST(a_frame_without_any_time_is_refused) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  refuses_write(writer, grey(0, GST_CLOCK_TIME_NONE, "0/1"), GST_STREAM_ERROR, GST_STREAM_ERROR_MUX,
                "set framerate");
  fail_if(exists(at("out.mkv")));
}
GST_END_TEST;

GST_START_TEST(two_writers_work_at_once) {
  auto work = [](int first) {
    Writer writer = open(at("out" + std::to_string(first) + ".mkv"), "codec", "ffv1");
    for (int i = 0; i < 12; i++)
      write(writer, grey(first + i));
    finish(writer);
  };
  std::thread other(work, 12);
  work(0);
  other.join();
  expect_shades(at("out0.mkv"), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  expect_shades(at("out12.mkv"), {12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23});
}
GST_END_TEST;

/* ---- Filters ---------------------------------------------------------------------------------
 */

GST_START_TEST(filters_change_the_size) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  set_filter(writer, "pad=80:60");
  write_greys(writer, 3);
  finish(writer);
  assert_text(probe(at("out.mkv"), "width,height,nb_read_frames"), "80\n60\n3");
}
GST_END_TEST;

GST_START_TEST(filters_change_the_rate) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1", "framerate", 25, 1);
  set_filter(writer, nullptr, "[video_in]fps=50[video_out]");
  write_greys(writer, 3);
  finish(writer);
  assert_text(probe(at("out.mkv"), "r_frame_rate"), "50/1");
  expect_shades(at("out.mkv"), {0, 0, 1, 1, 2, 2});
}
GST_END_TEST;

GST_START_TEST(filters_change_the_number) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  set_filter(writer, "select='not(mod(n,3))',trim=end_frame=3");
  write_greys(writer, 20);
  finish(writer);
  expect_shades(at("out.mkv"), {0, 3, 6});
}
GST_END_TEST;

GST_START_TEST(what_filters_hold_back_is_written_by_finish) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  set_filter(writer, "reverse");
  write_greys(writer, 6);
  fail_if(exists(at("out.mkv")));
  finish(writer);
  expect_shades(at("out.mkv"), {5, 4, 3, 2, 1, 0});
}
GST_END_TEST;

GST_START_TEST(endless_filters_end_with_the_last_frame) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  set_filter(writer, "tpad=stop=-1:stop_mode=clone");
  write_greys(writer, 4);
  finish(writer);
  expect_shades(at("out.mkv"), {0, 1, 2, 3});
}
GST_END_TEST;

GST_START_TEST(filters_make_frames_of_two_sizes_alike) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  set_filter(writer, "scale=32:24:flags=neighbor,setsar=1");
  for (int i = 0; i < 6; i++)
    write(writer, grey(i, GST_CLOCK_TIME_NONE, "25/1", i < 3 ? 64 : 96));
  finish(writer);
  assert_text(probe(at("out.mkv"), "width,height"), "32\n24");
  expect_shades(at("out.mkv"), {0, 1, 2, 3, 4, 5});
}
GST_END_TEST;

GST_START_TEST(filters_are_settled_with_the_first_frame) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  GError *error = nullptr;
  set_filter(writer, "negate");
  fail_if(gst_framewise_writer_set_filter(writer.get(), "nosuch", nullptr, &error));
  expect(g_steal_pointer(&error), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "`nosuch`");
  set_filter(writer, nullptr);
  write_greys(writer, 1);
  fail_if(gst_framewise_writer_set_filter(writer.get(), "negate", nullptr, &error));
  expect(error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "before the first frame");
  write(writer, grey(1));
  finish(writer);
  expect_shades(at("out.mkv"), {0, 1});
}
GST_END_TEST;

/* ---- Errors ----------------------------------------------------------------------------------
 */

GST_START_TEST(wrong_settings_are_refused_at_once) {
  GError *error = nullptr;
  auto refused = [&](Writer writer, GQuark domain, int code, const char *named) {
    fail_unless(writer == nullptr);
    expect(g_steal_pointer(&error), domain, code, named);
  };
  const GQuark library = GST_LIBRARY_ERROR, stream = GST_STREAM_ERROR;
  constexpr int settings = GST_LIBRARY_ERROR_SETTINGS;
  refused(open_with(&error, at("a.mkv"), "codec", "nosuch"), library, settings, "`nosuch`");
  refused(open_with(&error, at("a.mkv"), "container", "nosuch"), library, settings, "`nosuch`");
  refused(open_with(&error, at("a.nosuch")), library, settings, "container=");
  refused(open_with(&error, at("a.mkv"), "pixel-format", "nosuch"), library, settings, "`nosuch`");
  refused(open_with(&error, at("a.webm"), "codec", "mpeg4"), stream, GST_STREAM_ERROR_MUX, "webm");
  Ptr<GstStructure> options(gst_structure_from_string("o,nosuch=1", nullptr));
  refused(open_with(&error, at("a.mkv"), "codec-options", options.get()), library, settings,
          "`nosuch`");
  refused(open_with(&error, at("a.mkv"), "container-options", options.get()), library, settings,
          "`nosuch`");
  refused(Writer(gst_framewise_writer_new("", &error)), GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NOT_FOUND, "location");
  fail_unless(count_files() == 0);
}
GST_END_TEST;

GST_START_TEST(an_unwritable_place_is_an_error) {
  GError *error = nullptr;
  Writer writer(gst_framewise_writer_new(at("nowhere/a.mkv").c_str(), &error));
  fail_unless(writer == nullptr);
  fail_unless(error && error->domain == GST_RESOURCE_ERROR, "%s", error ? error->message : "");
  fail_unless(strstr(error->message, "nowhere/a.mkv") != nullptr, "%s", error->message);
  g_error_free(error);
}
GST_END_TEST;

GST_START_TEST(a_full_device_is_an_error) {
  Writer writer = open("/dev/full", "container", "matroska", "codec", "ffv1");
  GError *error = nullptr;
  bool ok = true;
  for (int i = 0; i < 2000 && ok; i++)
    ok = gst_framewise_writer_write(writer.get(), grey(i % 25).get(), nullptr, &error);
  if (ok)
    ok = gst_framewise_writer_finish(writer.get(), nullptr, &error);
  fail_if(ok);
  expect(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT, "/dev/full");
  refuses_finish(writer, G_IO_ERROR, G_IO_ERROR_CLOSED, "closed");
}
GST_END_TEST;

/* Each picture is a file of its own, or key pictures come with all that a decoder must know. */
GST_START_TEST(another_size_in_mid_stream_is_gone_on_with) {
  auto write_both_sizes = [](const Writer &writer) {
    for (int i = 0; i < 6; i++)
      write(writer, grey(i, GST_CLOCK_TIME_NONE, "25/1", i < 3 ? width : 96));
    finish(writer);
    fail_unless(stats_of(writer).starts_with("6 "), "%s", stats_of(writer).c_str());
  };
  write_both_sizes(open(at("a%d.png")));
  for (int i = 0; i < 6; i++) {
    const std::string file = at("a" + std::to_string(i + 1) + ".png");
    expect_shades(file, {i});
    assert_text(probe(file, "width"), i < 3 ? "64" : "96");
  }
  Ptr<GstStructure> of_x264(gst_structure_from_string("o,qp=0", nullptr));
  Ptr<GstStructure> of_x265(gst_structure_from_string("o,x265-params=(string)lossless=1", nullptr));
  struct {
    const char *codec;
    GstStructure *options;
  } encoders[] = {{"libx264", of_x264.get()}, {"libx265", of_x265.get()}};
  for (const auto &[codec, options] : encoders) {
    const std::string file = at(std::string(codec) + ".ts");
    write_both_sizes(open(file, "codec", codec, "pixel-format", "gray", "codec-options", options));
    const std::vector<int> found = shades(file); /* of another range */
    fail_unless(found.size() == 6 &&
                std::ranges::adjacent_find(found, std::greater_equal()) == found.end());
    fail_unless(times(file, "width") == std::vector<double>({64, 64, 64, 96, 96, 96}), "%s", codec);
  }
}
GST_END_TEST;

static const char *const holders_of_one_size[][2] = {
    {"out.mkv", "ffv1"}, {"out.mp4", "libx264"}, {"out.avi", "mpeg4"}, {"out.gif", "gif"}};

GST_START_TEST(what_goes_before_another_size_is_said) {
  const auto &[name, codec] = holders_of_one_size[__i__];
  Writer writer = open(at(name), "codec", codec);
  write_greys(writer, 3);
  refuses_write(writer, grey(3, GST_CLOCK_TIME_NONE, "25/1", 96), GST_STREAM_ERROR,
                GST_STREAM_ERROR_FORMAT, "set_filter(\"scale=64:48,setsar=1/1\")");
  assert_text(probe(at(name), "nb_read_frames"), "3");
  /* and so it is */
  writer = open(at(name), "codec", codec);
  set_filter(writer, "scale=64:48,setsar=1/1");
  for (int i = 0; i < 6; i++)
    write(writer, grey(i, GST_CLOCK_TIME_NONE, "25/1", i < 3 ? width : 96));
  finish(writer);
  assert_text(probe(at(name), "width,height,nb_read_frames"), "64\n48\n6");
}
GST_END_TEST;

GST_START_TEST(another_size_in_mid_stream_is_refused) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  write_greys(writer, 3);
  refuses_write(writer, grey(3, GST_CLOCK_TIME_NONE, "25/1", 96), GST_STREAM_ERROR,
                GST_STREAM_ERROR_FORMAT, "set_filter(\"scale=64:48,setsar=1/1\")");
  refuses_write(writer, grey(3), G_IO_ERROR, G_IO_ERROR_CLOSED, "closed");
  refuses_finish(writer, G_IO_ERROR, G_IO_ERROR_CLOSED, "closed");
  expect_shades(at("out.mkv"), {0, 1, 2});
}
GST_END_TEST;

std::string remark_of(const Writer &writer) {
  gchar *remark;
  g_object_get(writer.get(), "remark", &remark, nullptr);
  std::string text = remark ? remark : "";
  g_free(remark);
  return text;
}

/* Into a FIFO, which nothing can go back in. */
GST_START_TEST(what_was_done_otherwise_is_told) {
  output_of({"mkfifo", at("fifo")});
  std::thread reader([] { fail_unless(output_of({"cp", at("fifo"), at("copy.mp4")}).empty()); });
  Writer writer = open(at("fifo"), "container", "mp4", "codec", "mpeg4");
  assert_text(remark_of(writer), "");
  write_greys(writer, 5);
  finish(writer);
  reader.join();
  const std::string remark = remark_of(writer);
  fail_unless(remark.find("fragments") != remark.npos, "`%s`", remark.c_str());
  assert_text(remark_of(writer), remark);
  assert_text(probe(at("copy.mp4"), "nb_read_frames"), "5");

  writer = open(at("out.mp4"), "codec", "mpeg4");
  write_greys(writer, 5);
  finish(writer);
  assert_text(remark_of(writer), "");
}
GST_END_TEST;

GST_START_TEST(no_frame_is_an_error_and_leaves_no_file) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  refuses_finish(writer, GST_STREAM_ERROR, GST_STREAM_ERROR_MUX, "no frame");
  writer = open(at("out.mkv"), "codec", "ffv1");
  set_filter(writer, "trim=start_frame=10");
  write_greys(writer, 3);
  refuses_finish(writer, GST_STREAM_ERROR, GST_STREAM_ERROR_MUX, "no frame");
  fail_unless(count_files() == 0);
}
GST_END_TEST;

GST_START_TEST(it_finishes_once) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  write_greys(writer, 2);
  finish(writer);
  refuses_finish(writer, G_IO_ERROR, G_IO_ERROR_CLOSED, "finished");
  refuses_write(writer, grey(2), G_IO_ERROR, G_IO_ERROR_CLOSED, "finished");
  gst_framewise_writer_abort(writer.get());
  expect_shades(at("out.mkv"), {0, 1});
}
GST_END_TEST;

GST_START_TEST(a_writer_that_goes_away_leaves_the_older_file) {
  fail_unless(g_file_set_contents(at("out.mkv").c_str(), "older", -1, nullptr));
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  write_greys(writer, 2);
  writer.reset();
  assert_text(read_text(at("out.mkv")), "older");
}
GST_END_TEST;

GST_START_TEST(samples_that_say_nothing_are_refused_and_do_no_harm) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  write_greys(writer, 1);
  Ptr<GstSample> bare(gst_sample_new(nullptr, nullptr, nullptr, nullptr));
  refuses_write(writer, bare, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "buffer");
  write(writer, grey(1));
  finish(writer);
  expect_shades(at("out.mkv"), {0, 1});
}
GST_END_TEST;

GST_START_TEST(cancelled_before_a_call_nothing_happens) {
  Writer writer = open(at("out.mkv"), "codec", "ffv1");
  Ptr<GCancellable> cancellable(g_cancellable_new());
  write_greys(writer, 1);
  g_cancellable_cancel(cancellable.get());
  GError *error = nullptr;
  fail_if(gst_framewise_writer_write(writer.get(), grey(1).get(), cancellable.get(), &error));
  expect(g_steal_pointer(&error), G_IO_ERROR, G_IO_ERROR_CANCELLED, "");
  fail_if(gst_framewise_writer_finish(writer.get(), cancellable.get(), &error));
  expect(g_steal_pointer(&error), G_IO_ERROR, G_IO_ERROR_CANCELLED, "");
  write(writer, grey(1));
  finish(writer);
  expect_shades(at("out.mkv"), {0, 1});
}
GST_END_TEST;

/* Nobody ever reads the FIFO: without the cancellable this waits until the test's time is up. */
GST_START_TEST(a_wait_is_broken_off_by_the_cancellable) {
  output_of({"mkfifo", at("fifo")});
  Writer writer = open(at("fifo"), "container", "matroska", "codec", "ffv1");
  Ptr<GCancellable> cancellable(g_cancellable_new());
  std::thread other([&] {
    g_usleep(100000);
    g_cancellable_cancel(cancellable.get());
  });
  GError *error = nullptr;
  gboolean ok = TRUE;
  for (int i = 0; ok; i++) /* the encoder may hold some back first */
    ok = gst_framewise_writer_write(writer.get(), grey(i % 25).get(), cancellable.get(), &error);
  other.join();
  expect(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "");
  refuses_write(writer, grey(0), G_IO_ERROR, G_IO_ERROR_CLOSED, "closed");
}
GST_END_TEST;

} // namespace

static Suite *writer_suite() {
  Suite *suite = suite_create("writer");
  TCase *tc = add_case(suite, "written");
  tcase_add_test(tc, every_frame_comes_back);
  tcase_add_test(tc, properties_do_what_containersinks_do);
  tcase_add_test(tc, times_are_those_of_the_buffers);
  tcase_add_test(tc, frames_without_a_time_follow_the_one_before);
  tcase_add_test(tc, a_frame_without_any_time_is_refused);
  tcase_add_test(tc, two_writers_work_at_once);
  tc = add_case(suite, "filters");
  tcase_add_test(tc, filters_change_the_size);
  tcase_add_test(tc, filters_change_the_rate);
  tcase_add_test(tc, filters_change_the_number);
  tcase_add_test(tc, what_filters_hold_back_is_written_by_finish);
  tcase_add_test(tc, endless_filters_end_with_the_last_frame);
  tcase_add_test(tc, filters_make_frames_of_two_sizes_alike);
  tcase_add_test(tc, filters_are_settled_with_the_first_frame);
  tc = add_case(suite, "errors");
  tcase_add_test(tc, wrong_settings_are_refused_at_once);
  tcase_add_test(tc, an_unwritable_place_is_an_error);
  tcase_add_test(tc, a_full_device_is_an_error);
  tcase_add_test(tc, another_size_in_mid_stream_is_gone_on_with);
  tcase_add_loop_test(tc, what_goes_before_another_size_is_said, 0,
                      G_N_ELEMENTS(holders_of_one_size));
  tcase_add_test(tc, another_size_in_mid_stream_is_refused);
  tcase_add_test(tc, what_was_done_otherwise_is_told);
  tcase_add_test(tc, no_frame_is_an_error_and_leaves_no_file);
  tcase_add_test(tc, it_finishes_once);
  tcase_add_test(tc, a_writer_that_goes_away_leaves_the_older_file);
  tcase_add_test(tc, samples_that_say_nothing_are_refused_and_do_no_harm);
  tcase_add_test(tc, cancelled_before_a_call_nothing_happens);
  tcase_add_test(tc, a_wait_is_broken_off_by_the_cancellable);
  return suite;
}

GST_CHECK_MAIN(writer)
