/* gst-framewise: tests of what containersrc reads: errors, frames, ranges, formats, memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sourcebench.hpp"

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

GST_START_TEST(error_of_a_stream_that_is_no_video_or_audio) {
  Pipeline pipeline(media("subtitles.txt.srt"), "stream=s:0");
  expect_error(pipeline, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "subtitle");
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

/* The decoder's own memory comes out read-only, a copy lies in a pool's. */
static int count_copies_of(const char *clip, bool with_video_meta) {
  int copies = 0;
  Pipeline pipeline(media(clip));
  GstPad *pad = gst_element_get_static_pad(pipeline.src(), "src");
  if (with_video_meta)
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, offer_video_meta, nullptr, nullptr);
  gst_object_unref(pad);
  pipeline.set_state(GST_STATE_PLAYING);
  while (GstSample *sample = pipeline.pull()) {
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    copies += !GST_MEMORY_IS_READONLY(gst_buffer_peek_memory(buffer, 0));
    if (with_video_meta)
      fail_unless(gst_buffer_get_video_meta(buffer) != nullptr);
    gst_sample_unref(sample);
  }
  return copies;
}

GST_START_TEST(frames_leave_uncopied_where_video_meta_is_taken) {
  fail_unless_equals_int(count_copies_of("h264-b.mp4", true), 0);
  fail_unless_equals_int(count_copies_of("hevc-10bit.mkv", true), 0);
  fail_unless_equals_int(count_copies_of("vp9-odd.webm", true), 0);
  fail_unless_equals_int(count_copies_of("gif.gif", true), 0);
}
GST_END_TEST;

GST_START_TEST(frames_are_copied_once_where_it_is_not) {
  fail_unless_equals_int(count_copies_of("h264-b.mp4", false), 30);
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
  tcase_add_test(errors, error_of_a_stream_that_is_no_video_or_audio);
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
  return suite;
}

GST_CHECK_MAIN(containersrc);
