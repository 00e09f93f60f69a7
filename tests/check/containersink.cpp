/* gst-framewise: what containersink writes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "writercheck.hpp"

/* ---- Encoders and containers ---------------------------------------------------------------- */

struct Combination {
  const char *file, *properties, *format, *rate;
};
static const Combination combinations[] = {
    {"x264.mp4", "codec=libx264", "yuv420p", "30/1"},
    {"x264.mkv", "codec=libx264", "yuv420p", "30/1"},
    {"x264.ts", "codec=libx264", "yuv420p", "30/1"},
    {"x264.flv", "codec=libx264", "yuv420p", "30/1"},
    {"x265.mkv", "codec=libx265 codec-options=o,preset=ultrafast", "yuv420p", "30/1"},
    {"mpeg4.avi", "codec=mpeg4", "yuv420p", "30/1"},
    {"mpeg2.mpg", "codec=mpeg2video", "yuv420p", "30/1"},
    {"mpeg2.ts", "codec=mpeg2video", "yuv420p", "30/1"},
    {"ffv1.mkv", "codec=ffv1", "yuv420p", "30/1"},
    {"mjpeg.avi", "codec=mjpeg", "yuvj420p", "30/1"},
    {"default.gif", "", "bgra", nullptr},
    {"vp8.webm", "codec=libvpx", "yuv420p", "30/1"},
    {"vp9.webm", "codec=libvpx-vp9 codec-options=o,deadline=realtime", "yuv420p", "30/1"},
    {"raw.nut", "codec=rawvideo", "yuv420p", "30/1"},
    {"prores.mov", "codec=prores_ks", "yuv422p10le", "30/1"},
    {"theora.ogv", "", "yuv420p", "30/1"},
};

GST_START_TEST(every_frame_is_in_the_file) {
  const Combination &c = combinations[__i__];
  const std::string file = at(c.file);
  write_file(source(30) + sink("location=" + file + " " + c.properties));
  assert_text(frames_of(file), "30");
  assert_text(probe(file, "width,height"), "320\n240");
  assert_text(probe(file, "pix_fmt"), c.format);
  if (c.rate)
    assert_text(probe(file, "r_frame_rate"), c.rate);
}
GST_END_TEST

GST_START_TEST(picture_pattern_makes_a_file_of_each_frame) {
  write_file("videotestsrc num-buffers=7 ! " + sink("location=" + at("frame%04d.png")));
  fail_unless_equals_int(count_files(), 7);
  assert_text(frames_of(at("frame0007.png")), "1");
}
GST_END_TEST

struct LosslessFormat {
  const char *gst, *av;
};
static const LosslessFormat lossless_formats[] = {
    {"I420", "yuv420p"},       {"Y42B", "yuv422p"}, {"Y444_10LE", "yuv444p10le"},
    {"GRAY16_LE", "gray16le"}, {"BGRA", "bgra"},
};

GST_START_TEST(lossless_codec_keeps_every_bit) {
  const LosslessFormat &format = lossless_formats[__i__];
  const std::string raw = at("in.raw"), file = at("out.mkv");
  write_file("videotestsrc num-buffers=5 ! video/x-raw,width=320,height=62,framerate=30/1,format=" +
             std::string(format.gst) + " ! tee name=t ! queue ! filesink location=" + raw +
             " t. ! queue ! " + sink("codec=ffv1 location=" + file));
  assert_text(probe(file, "pix_fmt"), format.av);
  const std::string expected =
      hashes({"-f", "rawvideo", "-pixel_format", format.av, "-video_size", "320x62", "-i", raw});
  assert_text(hashes({"-i", file}), expected);
}
GST_END_TEST

/* Rows of 37 and 19 bytes, none of them where libav wants it: the one copy must get them all. */
GST_START_TEST(odd_sizes_are_written_whole) {
  constexpr int width = 37, height = 19, frames = 3;
  const std::string raw = at("in.raw"), packed = at("packed.raw"), file = at("out.mkv");
  write_file("videotestsrc num-buffers=" + std::to_string(frames) +
             " ! video/x-raw,format=I420,width=" + std::to_string(width) + ",height=" +
             std::to_string(height) + " ! tee name=t ! queue ! filesink location=" + raw +
             " t. ! queue ! " + sink("codec=ffv1 location=" + file));

  gchar *contents;
  gsize size;
  fail_unless(g_file_get_contents(raw.c_str(), &contents, &size, nullptr));
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, width, height);
  fail_unless_equals_uint64(size, frames * info.size);
  std::string without_padding;
  for (int frame = 0; frame < frames; frame++)
    for (int plane = 0; plane < 3; plane++)
      for (int row = 0; row < GST_VIDEO_INFO_COMP_HEIGHT(&info, plane); row++)
        without_padding.append(contents + frame * info.size +
                                   GST_VIDEO_INFO_PLANE_OFFSET(&info, plane) +
                                   row * GST_VIDEO_INFO_PLANE_STRIDE(&info, plane),
                               GST_VIDEO_INFO_COMP_WIDTH(&info, plane));
  g_free(contents);
  fail_unless(g_file_set_contents(packed.c_str(), without_padding.data(),
                                  gssize(without_padding.size()), nullptr));
  const std::string video_size = std::to_string(width) + "x" + std::to_string(height);
  assert_text(hashes({"-i", file}), hashes({"-f", "rawvideo", "-pixel_format", "yuv420p",
                                            "-video_size", video_size, "-i", packed}));
}
GST_END_TEST

GST_START_TEST(encoders_own_format_is_negotiated_where_upstream_is_free) {
  write_file("videotestsrc num-buffers=2 ! " + sink("codec=libx264 location=" + at("out.mp4")));
  assert_text(probe(at("out.mp4"), "pix_fmt"), "yuv420p");
}
GST_END_TEST

GST_START_TEST(pixel_format_is_converted_to_when_asked_for) {
  write_file(source(2) + sink("codec=libx264 pixel-format=yuv444p location=" + at("out.mkv")));
  assert_text(probe(at("out.mkv"), "pix_fmt"), "yuv444p");
}
GST_END_TEST

GST_START_TEST(closest_format_keeps_depth_and_alpha) {
  write_file("videotestsrc num-buffers=1 ! video/x-raw,format=Y444_12LE ! " +
             sink("codec=libx264 location=" + at("deep.mkv")));
  assert_text(probe(at("deep.mkv"), "pix_fmt"), "yuv444p10le");
  write_file("videotestsrc num-buffers=1 ! video/x-raw,format=ARGB ! " +
             sink("location=" + at("alpha.png")));
  assert_text(probe(at("alpha.png"), "pix_fmt"), "rgba");
}
GST_END_TEST

/* As much of it as the encoder takes: MPEG-2 knows 4:2:2 and 4:2:0. */
GST_START_TEST(closest_format_keeps_chroma) {
  for (const char *format : {"Y444", "RGB", "Y42B"}) {
    write_file("videotestsrc num-buffers=1 ! video/x-raw,framerate=25/1,format=" +
               std::string(format) + " ! " + sink("codec=mpeg2video location=" + at("out.mkv")));
    assert_text(probe(at("out.mkv"), "pix_fmt"), "yuv422p");
  }
  write_file("videotestsrc num-buffers=1 ! video/x-raw,framerate=25/1,format=GRAY8 ! " +
             sink("codec=mpeg2video location=" + at("gray.mkv")));
  assert_text(probe(at("gray.mkv"), "pix_fmt"), "yuv420p");
}
GST_END_TEST

GST_START_TEST(nameless_formats_are_taken) {
  /* rows of 384 bytes either way */
  write_file("videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8,width=384,height=48 ! "
             "capssetter caps=\"video/x-framewise,format=rgb48le,width=64,height=48,"
             "framerate=30/1\" replace=true join=false ! " +
             sink("location=" + at("deep.png")));
  assert_text(probe(at("deep.png"), "width,height,pix_fmt"), "64\n48\nrgb48be");
}
GST_END_TEST

/* ---- Time ----------------------------------------------------------------------------------- */

static const std::vector<Frame> irregular = {
    {0, 40 * GST_MSECOND},
    {40 * GST_MSECOND, 3 * GST_MSECOND},
    {43 * GST_MSECOND, 1957 * GST_MSECOND},
    {2000 * GST_MSECOND, 17 * GST_MSECOND},
    {2017 * GST_MSECOND, 500 * GST_MSECOND},
};
static const char *irregular_targets[] = {"out.mkv codec=ffv1",    "out.mp4 codec=libx264",
                                          "out.mkv codec=libx264", "out.mp4 codec=mpeg4",
                                          "out.nut codec=ffv1",    "out.webm codec=libvpx"};

GST_START_TEST(variable_timestamps_are_kept) {
  const std::string target = irregular_targets[__i__];
  const std::string file = at(target.substr(0, target.find(' ')));
  Outcome outcome = run_frames(app_source("0/1") + sink("location=" + at(target)), irregular);
  fail_unless(outcome.eos, "%s", outcome.message.c_str());
  auto pts = times(file, "pts_time");
  fail_unless_equals_int(pts.size(), irregular.size());
  for (size_t i = 0; i < pts.size(); i++)
    fail_unless(ABS(pts[i] - double(irregular[i].pts) / GST_SECOND) < 0.0006, "frame %zu at %f", i,
                pts[i]);
  const double duration =
      g_ascii_strtod(output_of({"ffprobe", "-v", "error", "-show_entries", "format=duration", "-of",
                                "default=nw=1:nk=1", file})
                         .c_str(),
                     nullptr);
  const bool stores_end = !g_str_has_suffix(file.c_str(), ".nut");
  if (stores_end)
    fail_unless(ABS(duration - 2.517) < 0.0015, "the file ends at %f", duration);
}
GST_END_TEST

GST_START_TEST(timestamps_off_the_grid_of_the_rate_are_kept) {
  std::vector<Frame> frames;
  for (guint64 i = 0; i < 4; i++)
    frames.push_back({15 * GST_MSECOND + i * 40 * GST_MSECOND, 40 * GST_MSECOND});
  fail_unless(
      run_frames(app_source("25/1") + sink("codec=ffv1 location=" + at("out.mkv")), frames).eos);
  auto pts = times(at("out.mkv"), "pts_time");
  fail_unless_equals_int(pts.size(), 4);
  fail_unless(ABS(pts[0] - 0.015) < 0.0006);
  fail_unless(ABS(pts[3] - 0.135) < 0.0006);
}
GST_END_TEST

GST_START_TEST(frames_at_one_time_are_all_written) {
  const std::vector<Frame> frames = {{0, 40 * GST_MSECOND},
                                     {40 * GST_MSECOND, 40 * GST_MSECOND},
                                     {40 * GST_MSECOND, 40 * GST_MSECOND},
                                     {0, 40 * GST_MSECOND},
                                     {160 * GST_MSECOND, 40 * GST_MSECOND}};
  fail_unless(
      run_frames(app_source("25/1") + sink("codec=libx264 location=" + at("out.mp4")), frames).eos);
  assert_text(frames_of(at("out.mp4")), "5");
  auto pts = times(at("out.mp4"), "pts_time");
  for (size_t i = 1; i < pts.size(); i++)
    fail_unless(pts[i] > pts[i - 1]);
}
GST_END_TEST

GST_START_TEST(missing_timestamps_are_made_from_the_rate) {
  const std::vector<Frame> frames(3, {GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE});
  fail_unless(
      run_frames(app_source("25/1") + sink("codec=ffv1 location=" + at("out.mkv")), frames).eos);
  auto pts = times(at("out.mkv"), "pts_time");
  fail_unless_equals_int(pts.size(), 3);
  fail_unless(ABS(pts[2] - 0.08) < 0.0006);
}
GST_END_TEST

GST_START_TEST(framerate_property_overrides_the_caps) {
  fail_unless(
      run_frames(app_source("0/1") + sink("codec=mpeg4 framerate=50/1 location=" + at("out.avi")),
                 {{0, 20 * GST_MSECOND}, {20 * GST_MSECOND, 20 * GST_MSECOND}})
          .eos);
  assert_text(probe(at("out.avi"), "r_frame_rate"), "50/1");
}
GST_END_TEST

GST_START_TEST(rate_is_demanded_where_codec_or_container_needs_it) {
  static const char *targets[] = {"out.avi codec=mpeg4", "out.ts codec=mpeg2video"};
  assert_error(run_frames(app_source("0/1") + sink("location=" + at(targets[__i__])), irregular),
               GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "framerate=");
  fail_unless_equals_int(count_files(), 0);
}
GST_END_TEST

/* ---- What the frames say -------------------------------------------------------------------- */

GST_START_TEST(aspect_ratio_and_colour_are_written) {
  write_file("videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=320,height=240,"
             "pixel-aspect-ratio=4/3,colorimetry=bt709,chroma-site=mpeg2 ! " +
             sink("codec=libx264 location=" + at("out.mkv")));
  assert_text(probe(at("out.mkv"), "sample_aspect_ratio"), "4:3");
  assert_text(probe(at("out.mkv"), "color_range,color_space,color_transfer,color_primaries"),
              "tv\nbt709\nbt709\nbt709");
}
GST_END_TEST

GST_START_TEST(full_range_stays_full_range) {
  write_file(
      "videotestsrc num-buffers=3 ! video/x-raw,format=I420,colorimetry=1:4:5:1 ! tee name=t "
      "! queue ! " +
      sink("codec=ffv1 location=" + at("out.mkv")) +
      " t. ! queue ! containersink codec=libx264 location=" + at("out.mp4"));
  assert_text(probe(at("out.mkv"), "color_range"), "pc");
  assert_text(probe(at("out.mp4"), "pix_fmt,color_range"), "yuvj420p\npc");
}
GST_END_TEST

GST_START_TEST(hdr_side_data_is_written) {
  write_file(
      "videotestsrc num-buffers=2 ! capssetter caps=\"video/x-raw,"
      "mastering-display-info=(string)34000:16000:13250:34500:7500:3000:15635:16450:10000000:"
      "1,content-light-level=(string)1000:400\" ! " +
      sink("codec=ffv1 location=" + at("out.mkv")));
  const std::string text = output_of({"ffprobe", "-v", "error", "-show_streams", at("out.mkv")});
  fail_unless(text.find("max_content=1000") != std::string::npos, "%s", text.c_str());
  fail_unless(text.find("Mastering display metadata") != std::string::npos, "%s", text.c_str());
}
GST_END_TEST

GST_START_TEST(field_order_is_written) {
  write_file("videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=320,height=240,"
             "framerate=25/1,interlace-mode=interleaved,field-order=top-field-first ! " +
             sink("codec=libx264 location=" + at("out.mkv")));
  const std::string order = probe(at("out.mkv"), "field_order");
  fail_unless(order == "tt" || order == "tb", "%s", order.c_str());
}
GST_END_TEST

GST_START_TEST(metadata_is_written) {
  GstElement *pipeline = launch(source(2) + sink("location=" + at("out.mkv")));
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstStructure *file_tags = gst_structure_new("m", "title", G_TYPE_STRING, "Häfen", nullptr);
  GstStructure *stream_tags = gst_structure_new("m", "language", G_TYPE_STRING, "deu", nullptr);
  g_object_set(element, "container-metadata", file_tags, "stream-metadata", stream_tags, nullptr);
  gst_structure_free(file_tags);
  gst_structure_free(stream_tags);
  gst_object_unref(element);
  fail_unless(run(pipeline).eos);
  assert_text(output_of({"ffprobe", "-v", "error", "-show_entries",
                         "format_tags=title:stream_tags=language", "-of", "default=nw=1:nk=1",
                         at("out.mkv")}),
              "deu\nHäfen");
}
GST_END_TEST

/* ---- Encoder settings ----------------------------------------------------------------------- */

static std::string picture_types(const std::string &file) {
  std::string text = output_of({"ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
                                "frame=pict_type", "-of", "default=nw=1:nk=1", file});
  std::erase(text, '\n');
  return text;
}

GST_START_TEST(keyframe_interval_and_options_reach_the_encoder) {
  write_file(
      source(10) +
      sink("codec=libx264 max-keyframe-interval=5 codec-options=o,bf=0 location=" + at("out.mkv")));
  assert_text(picture_types(at("out.mkv")), "IPPPPIPPPP");
}
GST_END_TEST

GST_START_TEST(key_unit_event_makes_that_frame_a_key_picture) {
  GstElement *pipeline = launch(
      app_source("25/1") + sink("codec=libx264 codec-options=o,bf=0 location=" + at("out.mkv")));
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), "src");
  GstPad *pad = gst_element_get_static_pad(src, "src");
  /* behind frame 2, for running time 160 ms: frame 4 */
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *probed, GstPadProbeInfo *info, gpointer) {
        if (GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)) == 80 * GST_MSECOND)
          gst_pad_push_event(
              probed, gst_video_event_new_downstream_force_key_unit(
                          GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 160 * GST_MSECOND, TRUE, 1));
        return GST_PAD_PROBE_OK;
      },
      nullptr, nullptr);
  std::vector<Frame> frames;
  for (guint64 i = 0; i < 7; i++)
    frames.push_back({i * 40 * GST_MSECOND, 40 * GST_MSECOND});
  push_frames(pipeline, frames);
  gst_object_unref(pad);
  gst_object_unref(src);
  fail_unless(run(pipeline).eos);
  assert_text(picture_types(at("out.mkv")), "IPPPIPP");
}
GST_END_TEST

GST_START_TEST(container_options_reach_the_muxer) {
  write_file(source(2) + sink("codec=libx264 container-options=o,movflags=+faststart location=" +
                              at("out.mp4")));
  const std::string data = read_text(at("out.mp4"));
  fail_unless(data.find("moov") < data.find("mdat"));
}
GST_END_TEST

static Suite *containersink_suite() {
  Suite *suite = suite_create("containersink");

  TCase *tc = add_case(suite, "encoders and containers");
  tcase_add_loop_test(tc, every_frame_is_in_the_file, 0, G_N_ELEMENTS(combinations));
  tcase_add_test(tc, picture_pattern_makes_a_file_of_each_frame);
  tcase_add_loop_test(tc, lossless_codec_keeps_every_bit, 0, G_N_ELEMENTS(lossless_formats));
  tcase_add_test(tc, odd_sizes_are_written_whole);
  tcase_add_test(tc, encoders_own_format_is_negotiated_where_upstream_is_free);
  tcase_add_test(tc, pixel_format_is_converted_to_when_asked_for);
  tcase_add_test(tc, closest_format_keeps_depth_and_alpha);
  tcase_add_test(tc, closest_format_keeps_chroma);
  tcase_add_test(tc, nameless_formats_are_taken);

  tc = add_case(suite, "time");
  tcase_add_loop_test(tc, variable_timestamps_are_kept, 0, G_N_ELEMENTS(irregular_targets));
  tcase_add_test(tc, timestamps_off_the_grid_of_the_rate_are_kept);
  tcase_add_test(tc, frames_at_one_time_are_all_written);
  tcase_add_test(tc, missing_timestamps_are_made_from_the_rate);
  tcase_add_test(tc, framerate_property_overrides_the_caps);
  tcase_add_loop_test(tc, rate_is_demanded_where_codec_or_container_needs_it, 0, 2);

  tc = add_case(suite, "what the frames say");
  tcase_add_test(tc, aspect_ratio_and_colour_are_written);
  tcase_add_test(tc, full_range_stays_full_range);
  tcase_add_test(tc, hdr_side_data_is_written);
  tcase_add_test(tc, field_order_is_written);
  tcase_add_test(tc, metadata_is_written);

  tc = add_case(suite, "encoder settings");
  tcase_add_test(tc, keyframe_interval_and_options_reach_the_encoder);
  tcase_add_test(tc, key_unit_event_makes_that_frame_a_key_picture);
  tcase_add_test(tc, container_options_reach_the_muxer);

  return suite;
}

GST_CHECK_MAIN(containersink);
