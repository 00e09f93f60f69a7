/* gst-framewise: what frames and tags say is in the file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "writercheck.hpp"

/* All that ffprobe tells of file and stream, a line for each field. */
static std::string told_of(const std::string &file) {
  return output_of(
      {"ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "flat", file});
}

static bool has_line(const std::string &text, const std::string &line) {
  return ("\n" + text + "\n").find("\n" + line + "\n") != std::string::npos;
}

static void assert_line(const std::string &file, const std::string &line) {
  const std::string told = told_of(file);
  fail_unless(has_line(told, line), "%s: no `%s` in:\n%s", file.c_str(), line.c_str(),
              told.c_str());
}

static void assert_stream(const std::string &file, const std::string &field,
                          const std::string &value) {
  assert_line(file, "streams.stream.0." + field + "=\"" + value + "\"");
}
static void assert_tag(const std::string &file, const std::string &key, const std::string &value) {
  assert_line(file, "format.tags." + key + "=\"" + value + "\"");
}

static std::string small(const std::string &caps) {
  return "videotestsrc name=src num-buffers=3 ! video/x-raw,width=64,height=48,framerate=25/1," +
         caps + " ! ";
}

/* ---- What frames say ------------------------------------------------------------------------ */

struct Target {
  const char *file, *properties;
};
static const Target shape_targets[] = {
    {"out.mp4", "codec=libx264"},   {"out.mkv", "codec=ffv1"},  {"out.mov", "codec=prores_ks"},
    {"out.ts", "codec=mpeg2video"}, {"out.nut", "codec=ffv1"},  {"out.webm", "codec=libvpx"},
    {"out.avi", "codec=mpeg4"},     {"out.mp4", "codec=mpeg4"}, {"out.ts", "codec=libx264"},
};

GST_START_TEST(aspect_ratio_is_kept) {
  const Target &target = shape_targets[__i__];
  const std::string file = at(target.file);
  /* As a shape of the whole picture: MPEG-2 knows 4:3, and Matroska whole pixels only. */
  write_file("videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=48,height=48,"
             "framerate=25/1,pixel-aspect-ratio=4/3 ! " +
             sink(target.properties) + " location=" + file);
  assert_stream(file, "sample_aspect_ratio", "4:3");
}
GST_END_TEST

static const Target colour_targets[] = {
    {"out.mp4", "codec=libx264"},   {"out.mkv", "codec=libx264"}, {"out.mkv", "codec=ffv1"},
    {"out.mov", "codec=prores_ks"}, {"out.mp4", "codec=libx265"}, {"out.ts", "codec=libx265"},
};

GST_START_TEST(colour_is_kept) {
  const Target &target = colour_targets[__i__];
  const std::string file = at(target.file);
  write_file(small("format=I422_10LE,colorimetry=2:6:14:7") + sink(target.properties) +
             " location=" + file);
  assert_stream(file, "color_range", "tv");
  assert_stream(file, "color_space", "bt2020nc");
  assert_stream(file, "color_transfer", "smpte2084");
  assert_stream(file, "color_primaries", "bt2020");
}
GST_END_TEST

struct ChromaSite {
  const char *gst, *av;
};
static const ChromaSite chroma_sites[] = {
    {"mpeg2", "left"}, {"jpeg", "center"}, {"cosited", "topleft"}};

GST_START_TEST(chroma_site_is_kept) {
  for (const char *file : {"out.mp4", "out.mkv", "out.ts"}) {
    write_file(small("format=I420,colorimetry=bt709") +
               "capssetter caps=" + "video/x-raw,chroma-site=" + chroma_sites[__i__].gst + " ! " +
               sink("codec=libx264 location=" + at(file)));
    assert_stream(at(file), "chroma_location", chroma_sites[__i__].av);
  }
}
GST_END_TEST

static const Target hdr_targets[] = {
    {"out.mp4", "codec=libx265"},
    {"out.mkv", "codec=libx265"},
    {"out.mkv", "codec=ffv1"},
    {"out.mov", "codec=libx265"},
    {"out.webm", "codec=libvpx-vp9 codec-options=o,deadline=realtime"},
};

GST_START_TEST(hdr10_is_kept) {
  const std::string file = at(hdr_targets[__i__].file);
  write_file(small("format=I420_10LE,colorimetry=bt2100-pq") +
             "capssetter caps=\"video/x-raw,mastering-display-info=(string)34000:16000:13250:34500:"
             "7500:3000:15635:16450:10000000:50,content-light-level=(string)1000:400\" ! " +
             sink(hdr_targets[__i__].properties) + " location=" + file);
  const std::string told = told_of(file);
  auto value_of = [&](const std::string &field) {
    const size_t start = told.find("." + field + "=");
    fail_unless(start != told.npos, "no %s in:\n%s", field.c_str(), told.c_str());
    const size_t from = told.find('=', start) + 1;
    std::string value = told.substr(from, told.find('\n', from) - from);
    std::erase(value, '"');
    return value;
  };
  auto number_of = [&](const std::string &field) {
    const std::string value = value_of(field);
    const size_t slash = value.find('/');
    return slash == value.npos ? std::stod(value)
                               : std::stod(value) / std::stod(value.substr(slash + 1));
  };
  assert_text(value_of("max_content"), "1000");
  assert_text(value_of("max_average"), "400");
  fail_unless(ABS(number_of("red_x") - 0.68) < 1e-4, "%f", number_of("red_x"));
  fail_unless(ABS(number_of("green_y") - 0.69) < 1e-4);
  fail_unless(ABS(number_of("blue_x") - 0.15) < 1e-4);
  fail_unless(ABS(number_of("white_point_y") - 0.329) < 1e-4);
  fail_unless(ABS(number_of("max_luminance") - 1000) < 0.01);
  fail_unless(ABS(number_of("min_luminance") - 0.005) < 1e-4);
}
GST_END_TEST

struct Interlacing {
  const char *file, *properties, *caps;
  std::vector<std::string> orders;
};
static const Interlacing interlacings[] = {
    {"out.mkv", "codec=libx264", "top-field-first", {"tt", "tb"}},
    {"out.mkv", "codec=libx264", "bottom-field-first", {"bb", "bt"}},
    {"out.ts", "codec=mpeg2video", "top-field-first", {"tt", "tb"}},
    {"out.ts", "codec=mpeg2video", "bottom-field-first", {"bb", "bt"}},
    {"out.mov", "codec=prores_ks", "top-field-first", {"tt", "tb"}},
    {"out.mov", "codec=prores_ks", "bottom-field-first", {"bb", "bt"}},
    {"out.mkv", "codec=ffv1", "top-field-first", {"tt", "tb"}},
    {"out.mkv", "codec=ffv1", "bottom-field-first", {"bb", "bt"}},
};

GST_START_TEST(field_order_is_kept) {
  const Interlacing &c = interlacings[__i__];
  const std::string file = at(c.file);
  write_file(small(std::string("format=I420,interlace-mode=interleaved,field-order=") + c.caps) +
             sink(c.properties) + " location=" + file);
  const std::string order = probe(file, "field_order");
  fail_unless(std::find(c.orders.begin(), c.orders.end(), order) != c.orders.end(), "%s",
              order.c_str());
}
GST_END_TEST

/* MP4 has no word for it; H.264 itself does. */
GST_START_TEST(field_order_is_in_the_pictures) {
  for (const std::string order : {"top-field-first", "bottom-field-first"}) {
    write_file(small("format=I420,interlace-mode=interleaved,field-order=" + order) +
               sink("codec=libx264 location=" + at("out.mp4")));
    const bool top = order == "top-field-first";
    const std::vector<double> all(3, 1.0), firsts(3, top ? 1.0 : 0.0);
    fail_unless(times(at("out.mp4"), "interlaced_frame") == all);
    fail_unless(times(at("out.mp4"), "top_field_first") == firsts, "%s", order.c_str());
  }
}
GST_END_TEST

/* ---- Tag events ----------------------------------------------------------------------------- */

struct Tags {
  std::string global, stream; /* such as `title=x,artist=y`; empty: none */
};

static void push_tags(GstPad *pad, GstTagScope scope, const std::string &text) {
  if (text.empty())
    return;
  GstTagList *tags = gst_tag_list_new_from_string(("taglist," + text).c_str());
  fail_unless(tags != nullptr, "no tags: %s", text.c_str());
  gst_tag_list_set_scope(tags, scope);
  gst_pad_push_event(pad, gst_event_new_tag(tags));
}

/* Before the first buffer of `src`. */
static void add_tags(GstElement *pipeline, const Tags &tags) {
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), "src");
  GstPad *pad = gst_element_get_static_pad(src, "src");
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *probed, GstPadProbeInfo *, gpointer data) {
        const auto *pushed = static_cast<const Tags *>(data);
        push_tags(probed, GST_TAG_SCOPE_GLOBAL, pushed->global);
        push_tags(probed, GST_TAG_SCOPE_STREAM, pushed->stream);
        return GST_PAD_PROBE_REMOVE;
      },
      new Tags(tags), [](gpointer data) { delete static_cast<Tags *>(data); });
  gst_object_unref(pad);
  gst_object_unref(src);
}

static GstElement *launch_tagged(const Tags &tags, const std::string &sink_properties) {
  GstElement *pipeline = launch(small("format=I420") + sink(sink_properties));
  add_tags(pipeline, tags);
  return pipeline;
}

static void write_tagged(const Tags &tags, const std::string &sink_properties) {
  Outcome outcome = run(launch_tagged(tags, sink_properties));
  fail_unless(outcome.eos, "%s", outcome.message.c_str());
}

/* ---- Orientation ---------------------------------------------------------------------------- */

static const char *orientations[] = {
    "rotate-0",      "rotate-90",      "rotate-180",      "rotate-270",
    "flip-rotate-0", "flip-rotate-90", "flip-rotate-180", "flip-rotate-270",
};

static std::string tag_of_file(const std::string &file, const char *tag) {
  GstElement *pipeline = launch("containersrc location=" + file + " ! fakesink");
  GstBus *bus = gst_element_get_bus(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PAUSED);
  std::string value;
  for (;;) {
    GstMessage *message = gst_bus_timed_pop_filtered(
        bus, 60 * GST_SECOND,
        GstMessageType(GST_MESSAGE_TAG | GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_ERROR));
    fail_unless(message && GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR);
    const bool done = GST_MESSAGE_TYPE(message) != GST_MESSAGE_TAG;
    if (!done) {
      GstTagList *tags;
      gst_message_parse_tag(message, &tags);
      const gchar *text = nullptr;
      if (gst_tag_list_peek_string_index(tags, tag, 0, &text))
        value = text;
      gst_tag_list_unref(tags);
    }
    gst_message_unref(message);
    if (done)
      break;
  }
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  return value;
}

/* Either the file tells it, or a message that it does not. */
static const char *keepers[] = {"out.mkv codec=mpeg4", "out.webm codec=libvpx",
                                "out.mp4 codec=mpeg4", "out.avi codec=mpeg4",
                                "out.nut codec=ffv1",  "out.ts codec=libx264"};

GST_START_TEST(orientation_is_kept_or_a_message_tells) {
  const std::string target = keepers[__i__], file = target.substr(0, target.find(' '));
  for (const std::string orientation : {"rotate-270", "rotate-0"}) {
    GstElement *pipeline =
        launch_tagged({"", "image-orientation=" + orientation}, "location=" + at(target));
    collect_infos(pipeline);
    Outcome outcome = run(pipeline);
    fail_unless(outcome.eos, "%s", outcome.message.c_str());
    const bool kept = tag_of_file(at(file), GST_TAG_IMAGE_ORIENTATION) == orientation;
    const bool told = infos.find(orientation) != std::string::npos;
    if (orientation == "rotate-0") {
      assert_text(infos, "");
      continue;
    }
    fail_unless(kept != told, "%s: `%s`", target.c_str(), infos.c_str());
    fail_unless(kept || file != "out.mp4");
  }
}
GST_END_TEST

/* Matroska's Projection, of which libavformat 5.1 writes nothing yet, takes the place of the Colour
 * element here; what is left of that becomes a Void. */
static void turn_matroska(const std::string &file, float counterclockwise) {
  std::string text = read_text(file);
  const size_t colour = text.find("\x55\xb0");
  fail_unless(colour != text.npos);
  const size_t end = colour + 3 + (guint8(text[colour + 2]) & 0x7f);
  guint32 bits;
  memcpy(&bits, &counterclockwise, 4);
  std::string projection("\x76\x70\x87\x76\x75\x84", 6); /* ProjectionPoseRoll in it */
  for (int shift : {24, 16, 8, 0})
    projection += char(bits >> shift & 0xff);
  const size_t left = end - colour - projection.size();
  fail_unless(left >= 2 && left < 0x80);
  projection += "\xec" + std::string(1, char(0x80 | (left - 2))) + std::string(left - 2, '\0');
  text.replace(colour, end - colour, projection);
  fail_unless(g_file_set_contents(file.c_str(), text.data(), gssize(text.size()), nullptr));
}

GST_START_TEST(orientation_is_read_from_matroska) {
  static const struct {
    float counterclockwise;
    const char *orientation;
  } turns[] = {{90, "rotate-270"}, {-90, "rotate-90"}, {180, "rotate-180"}};
  for (const auto &turn : turns) {
    write_file("videotestsrc num-buffers=2 ! video/x-raw,format=I420,width=64,height=48,"
               "framerate=25/1,colorimetry=bt2020 ! " +
               sink("codec=ffv1 location=" + at("out.mkv")));
    assert_text(tag_of_file(at("out.mkv"), GST_TAG_IMAGE_ORIENTATION), "");
    turn_matroska(at("out.mkv"), turn.counterclockwise);
    assert_text(tag_of_file(at("out.mkv"), GST_TAG_IMAGE_ORIENTATION), turn.orientation);
  }
}
GST_END_TEST

GST_START_TEST(orientation_is_kept) {
  const std::string orientation = orientations[__i__];
  static const char *files[] = {"out.mp4", "out.mov"};
  for (const char *file : files) {
    write_tagged({"", "image-orientation=" + orientation}, "codec=mpeg4 location=" + at(file));
    assert_text(tag_of_file(at(file), GST_TAG_IMAGE_ORIENTATION), orientation);
  }
  /* by ffprobe: degrees counterclockwise that a player turns by */
  static const char *degrees[] = {"0", "-90", "-180", "90"};
  if (__i__ < 4) {
    const std::string told = told_of(at("out.mp4"));
    const std::string line =
        std::string("streams.stream.0.side_data_list.side_data.0.rotation=") + degrees[__i__];
    fail_unless(has_line(told, line), "no `%s` in:\n%s", line.c_str(), told.c_str());
  }
}
GST_END_TEST

/* ---- Tags ----------------------------------------------------------------------------------- */

struct Tag {
  const char *gst, *av, *value;
};
static const Tag tags_of_files[] = {
    {"title=\"Häfen\"", "title", "Häfen"},
    {"title=(string)\"東京\\ 🚢\"", "title", "東京 🚢"},
    {"artist=Ines", "artist", "Ines"},
    {"album=Norden", "album", "Norden"},
    {"album-artist=Alle", "album_artist", "Alle"},
    {"comment=laut", "comment", "laut"},
    {"composer=Bach", "composer", "Bach"},
    {"copyright=frei", "copyright", "frei"},
    {"description=lang", "description", "lang"},
    {"genre=Dokument", "genre", "Dokument"},
    {"grouping=eins", "grouping", "eins"},
    {"keywords=meer", "keywords", "meer"},
    {"lyrics=la", "lyrics", "la"},
    {"show-name=Serie", "show", "Serie"},
    {"track-number=(uint)3,track-count=(uint)12", "track", "3/12"},
    {"album-disc-number=(uint)1,album-disc-count=(uint)2", "disc", "1/2"},
    {"datetime=(datetime)2024-05-06", "date", "2024-05-06"},
};

GST_START_TEST(tags_of_the_file_are_written) {
  const Tag &tag = tags_of_files[__i__];
  for (const char *file : {"out.mp4", "out.mkv"}) {
    write_tagged({tag.gst, ""}, "codec=mpeg4 location=" + at(file));
    std::string key = tag.av;
    const bool own_word = key == "title" || key == "track";
    if (g_str_has_suffix(file, ".mkv") && !own_word)
      std::transform(key.begin(), key.end(), key.begin(), g_ascii_toupper);
    assert_tag(at(file), key, tag.value);
  }
}
GST_END_TEST

GST_START_TEST(date_with_time_is_the_time_of_creation) {
  for (const char *file : {"out.mp4", "out.mkv"}) {
    write_tagged({"datetime=(datetime)2024-05-06T09:08:07+02:00", ""},
                 "codec=mpeg4 location=" + at(file));
    assert_tag(at(file), "creation_time", "2024-05-06T07:08:07.000000Z");
  }
}
GST_END_TEST

GST_START_TEST(tags_of_the_stream_are_written) {
  for (const char *file : {"out.mp4", "out.mkv"}) {
    write_tagged({"", "language-code=de"}, "codec=mpeg4 location=" + at(file));
    assert_stream(at(file), "tags.language", "deu");
  }
  write_tagged({"", "title=Bild"}, "codec=mpeg4 location=" + at("out.mkv"));
  assert_stream(at("out.mkv"), "tags.title", "Bild");
  fail_if(has_line(told_of(at("out.mkv")), "format.tags.title=\"Bild\""));
}
GST_END_TEST

GST_START_TEST(entries_without_a_tag_come_as_extended_comments) {
  write_tagged({"extended-comment=(string)\"kamera=zwei\"", ""},
               "codec=mpeg4 location=" + at("out.mkv"));
  assert_tag(at("out.mkv"), "KAMERA", "zwei");
}
GST_END_TEST

struct Merge {
  GstTagMergeMode mode;
  const char *title;    /* "ours" by the application, "theirs" by upstream */
  bool artist, comment; /* that only the application, only upstream has */
};
static const Merge merges[] = {
    {GST_TAG_MERGE_KEEP, "ours", true, true},
    {GST_TAG_MERGE_REPLACE, "theirs", true, true},
    {GST_TAG_MERGE_KEEP_ALL, "ours", true, false},
    {GST_TAG_MERGE_REPLACE_ALL, "theirs", false, true},
};

GST_START_TEST(tag_setter_and_upstream_meet_by_the_merge_mode) {
  const Merge &merge = merges[__i__];
  GstElement *pipeline =
      launch_tagged({"title=theirs,comment=upstream", ""}, "codec=mpeg4 location=" + at("out.mkv"));
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  fail_unless(GST_IS_TAG_SETTER(element));
  gst_tag_setter_add_tags(GST_TAG_SETTER(element), GST_TAG_MERGE_REPLACE, GST_TAG_TITLE, "ours",
                          GST_TAG_ARTIST, "application", nullptr);
  gst_tag_setter_set_tag_merge_mode(GST_TAG_SETTER(element), merge.mode);
  gst_object_unref(element);
  fail_unless(run(pipeline).eos);
  assert_tag(at("out.mkv"), "title", merge.title);
  const std::string told = told_of(at("out.mkv"));
  fail_unless(has_line(told, "format.tags.ARTIST=\"application\"") == merge.artist, "%s",
              told.c_str());
  fail_unless(has_line(told, "format.tags.COMMENT=\"upstream\"") == merge.comment, "%s",
              told.c_str());
}
GST_END_TEST

GST_START_TEST(keep_all_of_no_tags_is_none) {
  GstElement *pipeline =
      launch_tagged({"title=theirs", ""}, "codec=mpeg4 location=" + at("out.mkv"));
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  gst_tag_setter_set_tag_merge_mode(GST_TAG_SETTER(element), GST_TAG_MERGE_KEEP_ALL);
  gst_object_unref(element);
  fail_unless(run(pipeline).eos);
  const std::string told = told_of(at("out.mkv"));
  fail_if(told.find("theirs") != told.npos, "%s", told.c_str());
}
GST_END_TEST

GST_START_TEST(tag_setter_says_language_and_orientation_of_streams) {
  GstElement *pipeline =
      launch_tagged({"", "language-code=fr"}, "codec=mpeg4 location=" + at("out.mp4"));
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  gst_tag_setter_add_tags(GST_TAG_SETTER(element), GST_TAG_MERGE_REPLACE, GST_TAG_LANGUAGE_CODE,
                          "de", GST_TAG_IMAGE_ORIENTATION, "rotate-90", nullptr);
  gst_object_unref(element);
  fail_unless(run(pipeline).eos);
  assert_stream(at("out.mp4"), "tags.language", "deu");
  assert_text(tag_of_file(at("out.mp4"), GST_TAG_IMAGE_ORIENTATION), "rotate-90");
}
GST_END_TEST

GST_START_TEST(properties_overrule_tags) {
  write_tagged({"title=theirs,artist=Ines", "language-code=fr"},
               "codec=mpeg4 container-metadata=m,title=ours stream-metadata=m,language=deu "
               "location=" +
                   at("out.mp4"));
  assert_tag(at("out.mp4"), "title", "ours");
  assert_tag(at("out.mp4"), "artist", "Ines");
  assert_stream(at("out.mp4"), "tags.language", "deu");
}
GST_END_TEST

/* An encoder that looks ahead gives its first packet, and with it the header, when frames have
 * long passed; one that does not gives it with the first. */
struct Late {
  const char *properties;
  bool counts;
};
static const Late lates[] = {{"codec=libx264", true}, {"codec=mpeg4", false}};

GST_START_TEST(tags_count_until_the_header_is_written) {
  GstElement *pipeline =
      launch(app_source("25/1") + sink(lates[__i__].properties) + " location=" + at("out.mkv"));
  GstElement *src = gst_bin_get_by_name(GST_BIN(pipeline), "src");
  GstPad *pad = gst_element_get_static_pad(src, "src");
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *probed, GstPadProbeInfo *info, gpointer) {
        if (GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)) == 120 * GST_MSECOND) {
          push_tags(probed, GST_TAG_SCOPE_GLOBAL, "title=late");
        }
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
  assert_text(frames_of(at("out.mkv")), "7");
  const std::string told = told_of(at("out.mkv"));
  fail_unless(has_line(told, "format.tags.title=\"late\"") == lates[__i__].counts, "%s",
              told.c_str());
}
GST_END_TEST

GST_START_TEST(from_file_to_file_what_is_said_stays) {
  const std::string first = at("first.mp4"), second = at("second.mkv"), third = at("third.mp4");
  write_tagged({"title=\"Häfen\",artist=Ines,track-number=(uint)3",
                "language-code=de,image-orientation=rotate-90"},
               "codec=mpeg4 location=" + first);
  write_file("containersrc location=" + first + " ! " + sink("codec=libx264 location=" + second));
  assert_tag(second, "title", "Häfen");
  assert_tag(second, "ARTIST", "Ines");
  assert_tag(second, "track", "3");
  assert_stream(second, "tags.language", "deu");
  write_file("containersrc location=" + first + " ! " + sink("codec=libx264 location=" + third));
  assert_tag(third, "title", "Häfen");
  assert_stream(third, "tags.language", "deu");
  assert_text(tag_of_file(third, GST_TAG_IMAGE_ORIENTATION), "rotate-90");
  /* what encoded the first file did not encode this one */
  const std::string told = told_of(third);
  fail_if(told.find("mpeg4\"") != told.npos, "%s", told.c_str());
}
GST_END_TEST

static Suite *containersink_metadata_suite() {
  Suite *suite = suite_create("containersink-metadata");

  TCase *tc = add_case(suite, "frames");
  tcase_add_loop_test(tc, aspect_ratio_is_kept, 0, G_N_ELEMENTS(shape_targets));
  tcase_add_loop_test(tc, colour_is_kept, 0, G_N_ELEMENTS(colour_targets));
  tcase_add_loop_test(tc, chroma_site_is_kept, 0, G_N_ELEMENTS(chroma_sites));
  tcase_add_loop_test(tc, hdr10_is_kept, 0, G_N_ELEMENTS(hdr_targets));
  tcase_add_loop_test(tc, field_order_is_kept, 0, G_N_ELEMENTS(interlacings));
  tcase_add_test(tc, field_order_is_in_the_pictures);
  tcase_add_loop_test(tc, orientation_is_kept, 1, G_N_ELEMENTS(orientations));
  tcase_add_loop_test(tc, orientation_is_kept_or_a_message_tells, 0, G_N_ELEMENTS(keepers));
  tcase_add_test(tc, orientation_is_read_from_matroska);

  tc = add_case(suite, "tags");
  tcase_add_loop_test(tc, tags_of_the_file_are_written, 0, G_N_ELEMENTS(tags_of_files));
  tcase_add_test(tc, date_with_time_is_the_time_of_creation);
  tcase_add_test(tc, tags_of_the_stream_are_written);
  tcase_add_test(tc, entries_without_a_tag_come_as_extended_comments);
  tcase_add_loop_test(tc, tag_setter_and_upstream_meet_by_the_merge_mode, 0, G_N_ELEMENTS(merges));
  tcase_add_test(tc, keep_all_of_no_tags_is_none);
  tcase_add_test(tc, tag_setter_says_language_and_orientation_of_streams);
  tcase_add_test(tc, properties_overrule_tags);
  tcase_add_loop_test(tc, tags_count_until_the_header_is_written, 0, G_N_ELEMENTS(lates));
  tcase_add_test(tc, from_file_to_file_what_is_said_stays);

  return suite;
}

GST_CHECK_MAIN(containersink_metadata);
