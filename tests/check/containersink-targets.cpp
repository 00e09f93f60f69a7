/* gst-framewise: tests of containersink: into memory, streams and pipes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "writercheck.hpp"

#include <gio/gio.h>

#include <sys/stat.h>

/* ---- A stream that cannot go back, and fails or blocks when told to ---------------------------
 */

struct Narrow {
  GFilterOutputStream parent;
  gint64 fails_after; /* bytes; below 0: never */
  GIOErrorEnum failure;
  gint64 blocks_after; /* bytes; below 0: never */
  gint64 written;
  gboolean flushed;
};
struct NarrowClass {
  GFilterOutputStreamClass parent_class;
};
G_DEFINE_TYPE(Narrow, narrow, G_TYPE_FILTER_OUTPUT_STREAM)

static gssize narrow_write(GOutputStream *stream, const void *data, gsize size,
                           GCancellable *cancellable, GError **error) {
  auto *self = reinterpret_cast<Narrow *>(stream);
  if (self->fails_after >= 0 && self->written >= self->fails_after) {
    g_set_error(error, G_IO_ERROR, self->failure, "told to fail");
    return -1;
  }
  while (self->blocks_after >= 0 && self->written >= self->blocks_after) {
    if (g_cancellable_set_error_if_cancelled(cancellable, error))
      return -1;
    g_usleep(1000);
  }
  const gssize n =
      g_output_stream_write(g_filter_output_stream_get_base_stream(G_FILTER_OUTPUT_STREAM(stream)),
                            data, MIN(size, 1000), cancellable, error);
  self->written += MAX(n, 0);
  return n;
}

static gboolean narrow_flush(GOutputStream *stream, GCancellable *, GError **) {
  reinterpret_cast<Narrow *>(stream)->flushed = TRUE;
  return TRUE;
}

static void narrow_init(Narrow *self) { self->fails_after = self->blocks_after = -1; }
static void narrow_class_init(NarrowClass *klass) {
  G_OUTPUT_STREAM_CLASS(klass)->write_fn = narrow_write;
  G_OUTPUT_STREAM_CLASS(klass)->flush = narrow_flush;
}

/* Over memory; `memory` is borrowed. */
static Narrow *new_narrow(GOutputStream *memory) {
  return reinterpret_cast<Narrow *>(
      g_object_new(narrow_get_type(), "base-stream", memory, "close-base-stream", FALSE, nullptr));
}

/* Says that it can seek. Then it refuses to go back, or writes at its end all the same. */
struct Stubborn {
  GFilterOutputStream parent;
  gboolean refuses;
  goffset end, told;
};
struct StubbornClass {
  GFilterOutputStreamClass parent;
};

static void stubborn_seekable_init(GSeekableIface *iface) {
  iface->can_seek = [](GSeekable *) -> gboolean { return TRUE; };
  iface->can_truncate = [](GSeekable *) -> gboolean { return FALSE; };
  iface->tell = [](GSeekable *seekable) { return reinterpret_cast<Stubborn *>(seekable)->told; };
  iface->seek = [](GSeekable *seekable, goffset offset, GSeekType, GCancellable *,
                   GError **error) -> gboolean {
    auto *self = reinterpret_cast<Stubborn *>(seekable);
    if (self->refuses && offset < self->end) {
      g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "only forwards");
      return FALSE;
    }
    self->told = offset;
    return TRUE;
  };
}

G_DEFINE_TYPE_WITH_CODE(Stubborn, stubborn, G_TYPE_FILTER_OUTPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_SEEKABLE, stubborn_seekable_init))

static gssize stubborn_write(GOutputStream *stream, const void *data, gsize size,
                             GCancellable *cancellable, GError **error) {
  auto *self = reinterpret_cast<Stubborn *>(stream);
  const gssize n = g_output_stream_write(self->parent.base_stream, data, size, cancellable, error);
  if (n > 0)
    self->told = self->end += n;
  return n;
}

static void stubborn_init(Stubborn *) {}
static void stubborn_class_init(StubbornClass *klass) {
  G_OUTPUT_STREAM_CLASS(klass)->write_fn = stubborn_write;
}

/* ---- Tools ------------------------------------------------------------------------------------
 */

static GstElement *element_of(GstElement *pipeline) {
  GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  gst_object_unref(element);
  return element;
}

static GstElement *launch_into(GOutputStream *stream, const std::string &properties, int n = 30) {
  GstElement *pipeline = launch(source(n) + sink(properties));
  g_object_set(element_of(pipeline), "output-stream", stream, nullptr);
  collect_infos(pipeline);
  return pipeline;
}

static void save(GBytes *bytes, const std::string &name) {
  gsize size;
  const auto *data = static_cast<const gchar *>(g_bytes_get_data(bytes, &size));
  fail_unless(g_file_set_contents(at(name).c_str(), data, gssize(size), nullptr));
  g_bytes_unref(bytes);
}

static GBytes *contents(GOutputStream *memory) {
  fail_unless(!g_output_stream_is_closed(memory));
  fail_unless(g_output_stream_close(memory, nullptr, nullptr));
  return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
}

static GBytes *bytes_of(GstElement *element) {
  GBytes *bytes = nullptr;
  g_object_get(element, "bytes", &bytes, nullptr);
  return bytes;
}

static bool is_fragmented(const std::string &name) {
  return read_text(at(name)).find("moof") != std::string::npos;
}

/* ---- Memory -----------------------------------------------------------------------------------
 */

static const char *const containers_in_memory[] = {"mp4", "matroska", "avi", "mpegts", "gif"};

GST_START_TEST(without_a_place_the_file_is_kept_in_memory) {
  const std::string container = containers_in_memory[__i__];
  GstElement *pipeline = launch(source(30) + sink("container=" + container));
  GstElement *element = element_of(pipeline);
  int notified = 0;
  g_signal_connect(element, "notify::bytes",
                   G_CALLBACK(+[](GObject *, GParamSpec *, int *n) { ++*n; }), &notified);
  fail_unless(bytes_of(element) == nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  fail_unless_equals_int(notified, 1);
  GBytes *at_eos = bytes_of(element);
  fail_unless(at_eos != nullptr);
  gst_element_set_state(pipeline, GST_STATE_READY);
  GBytes *in_ready = bytes_of(element);
  fail_unless(in_ready == at_eos);
  g_bytes_unref(in_ready);
  GstStructure *stats;
  guint64 size;
  g_object_get(element, "stats", &stats, nullptr);
  gst_structure_get_uint64(stats, "bytes", &size);
  fail_unless_equals_uint64(size, g_bytes_get_size(at_eos));
  gst_structure_free(stats);
  save(at_eos, "file");
  assert_text(frames_of(at("file")), "30");
  fail_if(container == "mp4" && is_fragmented("file"));

  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  GBytes *again = bytes_of(element);
  fail_unless(again != nullptr);
  save(again, "again");
  assert_text(frames_of(at("again")), "30");
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(a_stop_without_eos_leaves_a_whole_file_in_memory) {
  GstElement *pipeline = launch("videotestsrc ! video/x-raw,width=64,height=48 ! " +
                                sink("container=mp4 codec=mpeg4"));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless_equals_int(gst_element_get_state(pipeline, nullptr, nullptr, 60 * GST_SECOND),
                         GST_STATE_CHANGE_SUCCESS);
  g_usleep(100000);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  GBytes *bytes = bytes_of(element_of(pipeline));
  fail_unless(bytes != nullptr);
  save(bytes, "file");
  fail_unless(atoi(frames_of(at("file")).c_str()) > 0);
  gst_object_unref(pipeline);
}
GST_END_TEST

/* ---- Streams ----------------------------------------------------------------------------------
 */

GST_START_TEST(a_stream_that_can_seek_takes_any_container) {
  GFile *file = g_file_new_for_path(at("out.mp4").c_str());
  fail_unless(g_file_set_contents(at("out.mp4").c_str(), std::string(300000, 'x').c_str(), 300000,
                                  nullptr));
  GFileIOStream *both = g_file_open_readwrite(file, nullptr, nullptr);
  GstElement *pipeline =
      launch_into(g_io_stream_get_output_stream(G_IO_STREAM(both)), "container=mp4 codec=libx264");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  assert_text(infos, "");
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  fail_unless(g_io_stream_close(G_IO_STREAM(both), nullptr, nullptr));
  g_object_unref(both);
  g_object_unref(file);
  assert_text(frames_of(at("out.mp4")), "30");
  fail_if(is_fragmented("out.mp4"));
  /* nothing of what was there before is behind it */
  fail_unless(read_text(at("out.mp4")).find("xxxx") == std::string::npos);
}
GST_END_TEST

GST_START_TEST(a_stream_is_written_from_where_it_stands) {
  GOutputStream *memory = g_memory_output_stream_new_resizable();
  fail_unless(g_output_stream_write_all(memory, "before", 6, nullptr, nullptr, nullptr));
  fail_unless(run(launch_into(memory, "container=mp4 codec=mpeg4")).eos);
  fail_unless(g_output_stream_write_all(memory, "behind", 6, nullptr, nullptr, nullptr));
  GBytes *bytes = contents(memory);
  gsize size;
  const std::string text(static_cast<const char *>(g_bytes_get_data(bytes, &size)), 6);
  assert_text(text, "before");
  assert_text(std::string(static_cast<const char *>(g_bytes_get_data(bytes, &size)) + size - 6, 6),
              "behind");
  save(g_bytes_new_from_bytes(bytes, 6, size - 12), "file");
  g_bytes_unref(bytes);
  g_object_unref(memory);
  assert_text(frames_of(at("file")), "30");
}
GST_END_TEST

static const char *const containers_without_going_back[] = {"matroska", "mpegts", "avi", "mp4",
                                                            "mov",      "nut",    "flv", "webm"};

GST_START_TEST(a_stream_that_cannot_seek_takes_what_never_goes_back) {
  const std::string container = containers_without_going_back[__i__];
  const bool needs_fragments = container == "mp4" || container == "mov";
  GOutputStream *memory = g_memory_output_stream_new_resizable();
  Narrow *narrow = new_narrow(memory);
  GstElement *pipeline =
      launch_into(G_OUTPUT_STREAM(narrow), "max-keyframe-interval=10 container=" + container +
                                               (container == "webm"  ? " codec=libvpx"
                                                : container == "flv" ? ""
                                                                     : " codec=mpeg4"));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  fail_unless((infos.find("fragments") != infos.npos) == needs_fragments, "%s", infos.c_str());
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  fail_unless(narrow->flushed);
  fail_if(g_output_stream_is_closed(G_OUTPUT_STREAM(narrow)));
  save(contents(memory), "file");
  g_object_unref(narrow);
  g_object_unref(memory);
  assert_text(frames_of(at("file")), "30");
  fail_unless(is_fragmented("file") == needs_fragments);
}
GST_END_TEST

GST_START_TEST(fragments_that_are_asked_for_are_left_alone) {
  GOutputStream *memory = g_memory_output_stream_new_resizable();
  Narrow *narrow = new_narrow(memory);
  GstElement *pipeline = launch_into(
      G_OUTPUT_STREAM(narrow),
      "container=mp4 codec=mpeg4 container-options=o,movflags=+frag_every_frame+empty_moov");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  assert_text(infos, "");
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  save(contents(memory), "file");
  g_object_unref(narrow);
  g_object_unref(memory);
  assert_text(frames_of(at("file")), "30");
}
GST_END_TEST

GST_START_TEST(a_fifo_takes_mp4_in_fragments) {
  fail_unless(mkfifo(at("fifo").c_str(), 0600) == 0);
  GstElement *pipeline =
      launch(source(30) + sink("container=mp4 codec=mpeg4 location=" + at("fifo")));
  collect_infos(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  output_of({"cp", at("fifo"), at("file")});
  fail_unless(await_outcome(pipeline).eos);
  fail_unless(infos.find("fragments") != std::string::npos);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  assert_text(frames_of(at("file")), "30");
  fail_unless(is_fragmented("file"));
}
GST_END_TEST

GST_START_TEST(a_file_that_is_appended_to_is_taken_for_what_it_is) {
  const std::string container = containers_without_going_back[__i__];
  const bool needs_fragments = container == "mp4" || container == "mov";
  fail_unless(g_file_set_contents(at("file").c_str(), "before", -1, nullptr));
  GFile *file = g_file_new_for_path(at("file").c_str());
  GFileOutputStream *stream = g_file_append_to(file, G_FILE_CREATE_NONE, nullptr, nullptr);
  fail_unless(stream && g_seekable_can_seek(G_SEEKABLE(stream)));
  GstElement *pipeline =
      launch_into(G_OUTPUT_STREAM(stream), "container=" + container +
                                               (container == "webm"  ? " codec=libvpx"
                                                : container == "flv" ? ""
                                                                     : " codec=mpeg4"));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  fail_unless(await_outcome(pipeline).eos);
  fail_unless((infos.find("fragments") != infos.npos) == needs_fragments, "%s", infos.c_str());
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  fail_unless(g_output_stream_close(G_OUTPUT_STREAM(stream), nullptr, nullptr));
  g_object_unref(stream);
  g_object_unref(file);
  const std::string text = read_text(at("file"));
  assert_text(text.substr(0, 6), "before");
  fail_unless(
      g_file_set_contents(at("cut").c_str(), text.data() + 6, gssize(text.size() - 6), nullptr));
  assert_text(frames_of(at("cut")), "30");
}
GST_END_TEST

/* ---- Faults -----------------------------------------------------------------------------------
 */

struct Fault {
  GIOErrorEnum failure;
  int code; /* of GstResourceError */
};
static const Fault faults[] = {
    {G_IO_ERROR_NO_SPACE, GST_RESOURCE_ERROR_NO_SPACE_LEFT},
    {G_IO_ERROR_BROKEN_PIPE, GST_RESOURCE_ERROR_WRITE},
    {G_IO_ERROR_FAILED, GST_RESOURCE_ERROR_WRITE},
};

/* At once, in the middle, and with the last bytes. */
static const gint64 fault_places[] = {0, 50000, 400000};

GST_START_TEST(a_stream_that_fails_is_one_error) {
  const Fault &fault = faults[__i__ % G_N_ELEMENTS(faults)];
  const gint64 place = fault_places[__i__ / G_N_ELEMENTS(faults)];
  GOutputStream *memory = g_memory_output_stream_new_resizable();
  Narrow *narrow = new_narrow(memory);
  narrow->failure = fault.failure;
  narrow->fails_after = place;
  GstElement *pipeline = launch_into(G_OUTPUT_STREAM(narrow), "container=matroska codec=ffv1", 100);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  assert_error(await_outcome(pipeline), GST_RESOURCE_ERROR, fault.code, "output-stream");
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *second;
  int from_sink = 0;
  while ((second = gst_bus_timed_pop_filtered(bus, 100 * GST_MSECOND, GST_MESSAGE_ERROR))) {
    from_sink += GST_MESSAGE_SRC(second) == GST_OBJECT(element_of(pipeline));
    gst_message_unref(second);
  }
  fail_unless_equals_int(from_sink, 0);
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  save(contents(memory), "file");
  if (place > 100000)
    fail_unless(atoi(frames_of(at("file")).c_str()) > 0);
  g_object_unref(narrow);
  g_object_unref(memory);
}
GST_END_TEST

/* At once, and not when the recording is over and its table cannot be put in its place. */
GST_START_TEST(a_stream_that_does_not_go_back_is_an_error) {
  for (const char *container : {"mp4", "matroska", "avi"})
    for (const bool refuses : {true, false}) {
      GOutputStream *memory = g_memory_output_stream_new_resizable();
      auto *stubborn = static_cast<Stubborn *>(g_object_new(
          stubborn_get_type(), "base-stream", memory, "close-base-stream", FALSE, nullptr));
      stubborn->refuses = refuses;
      GstElement *pipeline = launch_into(G_OUTPUT_STREAM(stubborn),
                                         "codec=mpeg4 container=" + std::string(container), 1000);
      gst_element_set_state(pipeline, GST_STATE_PLAYING);
      assert_error(await_outcome(pipeline), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
                   "says that it can seek");
      gst_element_set_state(pipeline, GST_STATE_NULL);
      gst_object_unref(pipeline);
      g_object_unref(stubborn);
      g_object_unref(memory);
    }
}
GST_END_TEST

GST_START_TEST(a_stream_that_blocks_does_not_hold_up_a_stop) {
  GOutputStream *memory = g_memory_output_stream_new_resizable();
  Narrow *narrow = new_narrow(memory);
  narrow->blocks_after = 0;
  GstElement *pipeline = launch_into(G_OUTPUT_STREAM(narrow), "container=mpegts codec=mpeg4", 1000);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  g_usleep(300000);
  gst_element_set_state(pipeline, GST_STATE_NULL); /* the test's time limit is the bound */
  gst_object_unref(pipeline);
  g_object_unref(narrow);
  g_object_unref(memory);
}
GST_END_TEST

static const char *const refused[][2] = {
    {"codec=mpeg4", "container="},
    {"container=mp4 location=/x/y.mp4", "Only one"},
    {"container=hls", "location="},
    {"container=image2", "image2pipe"},
    {"container=mp4 codec=mpeg4 container-options=o,movflags=+faststart", "faststart"},
};

GST_START_TEST(what_cannot_go_into_a_stream_is_refused_before_any_frame) {
  GOutputStream *memory = g_memory_output_stream_new_resizable();
  GstElement *pipeline = launch_into(memory, refused[__i__][0]);
  fail_unless_equals_int(gst_element_set_state(pipeline, GST_STATE_PAUSED),
                         GST_STATE_CHANGE_FAILURE);
  assert_error(await_outcome(pipeline), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
               refused[__i__][1]);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  g_object_unref(memory);
}
GST_END_TEST

GST_START_TEST(a_container_that_must_go_back_says_so) {
  GOutputStream *memory = g_memory_output_stream_new_resizable();
  Narrow *narrow = new_narrow(memory);
  GstElement *pipeline = launch("videotestsrc num-buffers=5 ! video/x-raw,format=Y42B,width=720,"
                                "height=576,framerate=25/1 ! " +
                                sink("container=gxf codec=mpeg2video"));
  g_object_set(element_of(pipeline), "output-stream", narrow, nullptr);
  assert_error(run(pipeline), GST_STREAM_ERROR, GST_STREAM_ERROR_MUX, "go back");
  g_object_unref(narrow);
  g_object_unref(memory);
}
GST_END_TEST

static Suite *containersink_targets_suite() {
  Suite *suite = suite_create("containersink-targets");
  TCase *tc = add_case(suite, "memory");
  tcase_add_loop_test(tc, without_a_place_the_file_is_kept_in_memory, 0,
                      G_N_ELEMENTS(containers_in_memory));
  tcase_add_test(tc, a_stop_without_eos_leaves_a_whole_file_in_memory);

  tc = add_case(suite, "streams");
  tcase_add_test(tc, a_stream_that_can_seek_takes_any_container);
  tcase_add_test(tc, a_stream_is_written_from_where_it_stands);
  tcase_add_loop_test(tc, a_stream_that_cannot_seek_takes_what_never_goes_back, 0,
                      G_N_ELEMENTS(containers_without_going_back));
  tcase_add_loop_test(tc, a_file_that_is_appended_to_is_taken_for_what_it_is, 0,
                      G_N_ELEMENTS(containers_without_going_back));
  tcase_add_test(tc, fragments_that_are_asked_for_are_left_alone);
  tcase_add_test(tc, a_fifo_takes_mp4_in_fragments);

  tc = add_case(suite, "faults");
  tcase_add_loop_test(tc, a_stream_that_fails_is_one_error, 0,
                      G_N_ELEMENTS(faults) * G_N_ELEMENTS(fault_places));
  tcase_add_test(tc, a_stream_that_does_not_go_back_is_an_error);
  tcase_add_test(tc, a_stream_that_blocks_does_not_hold_up_a_stop);
  tcase_add_loop_test(tc, what_cannot_go_into_a_stream_is_refused_before_any_frame, 0,
                      G_N_ELEMENTS(refused));
  tcase_add_test(tc, a_container_that_must_go_back_says_so);
  return suite;
}

GST_CHECK_MAIN(containersink_targets);
