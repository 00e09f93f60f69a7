/* gst-framewise: tests of GstFramewiseReader: where it reads from, who breaks it off, what it
 * refuses.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * That each frame is the right one is tested clip by clip, in tests/exact/reader.cpp.
 */
#include "slowserver.hpp"

#include <gst/framewise/framewise.h>

namespace {

constexpr const char *clip_name = "h264-b.mp4";
constexpr gint64 clip_frames = 30;

struct Unref {
  void operator()(GstFramewiseReader *p) const { g_object_unref(p); }
  void operator()(GInputStream *p) const { g_object_unref(p); }
  void operator()(GCancellable *p) const { g_object_unref(p); }
  void operator()(GstSample *p) const { gst_sample_unref(p); }
  void operator()(GstStructure *p) const { gst_structure_free(p); }
  void operator()(GstFramewiseArray *p) const { gst_framewise_array_unref(p); }
  void operator()(GstFramewiseLayout *p) const { gst_framewise_layout_free(p); }
  void operator()(GBytes *p) const { g_bytes_unref(p); }
};
template <typename T> using Ptr = std::unique_ptr<T, Unref>;
using Reader = Ptr<GstFramewiseReader>;

Reader open_clip(const char *name = clip_name) {
  GError *error = nullptr;
  Reader reader(gst_framewise_reader_new(media(name).c_str(), &error));
  fail_unless(reader != nullptr, "%s", error ? error->message : "");
  return reader;
}

Ptr<GBytes> bytes_of(const char *name) {
  gchar *data;
  gsize size;
  fail_unless(g_file_get_contents(media(name).c_str(), &data, &size, nullptr));
  return Ptr<GBytes>(g_bytes_new_take(data, size));
}

std::string contents(GstSample *sample) {
  GstMapInfo map;
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  fail_unless(gst_buffer_map(buffer, &map, GST_MAP_READ));
  std::string text(reinterpret_cast<char *>(map.data), map.size);
  gst_buffer_unmap(buffer, &map);
  return text;
}

/* As rgb24, in which no padding is a matter of chance. */
std::string frame(const Reader &reader, gint64 index) {
  GError *error = nullptr;
  Ptr<GstFramewiseArray> array(
      gst_framewise_reader_read_array(reader.get(), &index, 1, "rgb24", nullptr, &error));
  fail_unless(array != nullptr, "%s", error ? error->message : "");
  gsize n_dims;
  const gint64 *shape = gst_framewise_array_get_shape(array.get(), &n_dims);
  fail_unless_equals_int(n_dims, 4);
  return std::string(static_cast<char *>(gst_framewise_array_get_data(array.get())),
                     shape[0] * shape[1] * shape[2] * shape[3]);
}

void expect_error(GError *&error, GQuark domain, int code, const char *words) {
  fail_unless(g_error_matches(error, domain, code), "%s",
              error ? error->message : "there was no error");
  fail_unless(strstr(error->message, words) != nullptr, "%s", error->message);
  g_clear_error(&error);
}

/* A stream that can only be read on. */
struct OnlyForwards {
  GFilterInputStream parent;
};
struct OnlyForwardsClass {
  GFilterInputStreamClass parent_class;
};
G_DEFINE_TYPE(OnlyForwards, only_forwards, G_TYPE_FILTER_INPUT_STREAM)
void only_forwards_class_init(OnlyForwardsClass *) {}
void only_forwards_init(OnlyForwards *) {}

} // namespace

/* ---- Where it reads from ----------------------------------------------------------------------
 */

/* What can be set on the element can be set on the reader, by the same name. */
GST_START_TEST(has_the_properties_of_containersrc) {
  GstElement *element = gst_element_factory_make("containersrc", nullptr);
  fail_unless(element != nullptr);
  auto *reader_class = static_cast<GObjectClass *>(g_type_class_ref(GST_TYPE_FRAMEWISE_READER));
  guint n, compared = 0;
  GParamSpec **specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &n);
  for (guint i = 0; i < n; i++) {
    const GParamSpec *spec = specs[i];
    const bool own = spec->owner_type == G_OBJECT_TYPE(element);
    if (!own || !(spec->flags & G_PARAM_WRITABLE) || g_str_equal(spec->name, "loop"))
      continue;
    GParamSpec *same = g_object_class_find_property(reader_class, spec->name);
    fail_unless(same != nullptr, "no property %s", spec->name);
    fail_unless(same->value_type == spec->value_type, "%s is of another type", spec->name);
    fail_unless(g_param_values_cmp(same, g_param_spec_get_default_value(same),
                                   g_param_spec_get_default_value(specs[i])) == 0,
                "%s has another default", spec->name);
    compared++;
  }
  fail_unless(compared > 10);
  g_free(specs);
  g_type_class_unref(reader_class);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(thread_types_give_the_same_frames) {
  const std::string expected = frame(open_clip(), 17);
  for (const char *type : {"auto", "frame", "slice"}) {
    GError *error = nullptr;
    GEnumClass *types = static_cast<GEnumClass *>(g_type_class_ref(GST_TYPE_FRAMEWISE_THREAD_TYPE));
    const int value = g_enum_get_value_by_nick(types, type)->value;
    g_type_class_unref(types);
    Reader reader(GST_FRAMEWISE_READER(g_initable_new(
        GST_TYPE_FRAMEWISE_READER, nullptr, &error, "location", media(clip_name).c_str(),
        "thread-count", 2, "thread-type", value, nullptr)));
    fail_unless(reader != nullptr, "%s", error ? error->message : "");
    int got;
    g_object_get(reader.get(), "thread-type", &got, nullptr);
    fail_unless_equals_int(got, value);
    fail_unless(frame(reader, 17) == expected, "%s", type);
  }
}
GST_END_TEST

GST_START_TEST(memory_and_streams_are_read_like_files) {
  Reader from_file = open_clip();
  Ptr<GBytes> bytes = bytes_of(clip_name);
  Reader from_bytes(gst_framewise_reader_new_from_bytes(bytes.get(), nullptr));
  Ptr<GInputStream> stream(g_memory_input_stream_new_from_bytes(bytes.get()));
  Reader from_stream(gst_framewise_reader_new_from_stream(stream.get(), nullptr, nullptr));
  fail_unless(from_bytes && from_stream);
  for (const Reader &reader : {std::cref(from_bytes), std::cref(from_stream)})
    fail_unless_equals_int64(gst_framewise_reader_get_n_frames(reader.get(), nullptr, nullptr),
                             clip_frames);
  for (gint64 i : {gint64(17), gint64(3), gint64(29), gint64(0), gint64(4), gint64(-1)}) {
    const std::string truth = frame(from_file, i);
    fail_unless(frame(from_bytes, i) == truth);
    fail_unless(frame(from_stream, i) == truth);
  }
}
GST_END_TEST;

GST_START_TEST(what_cannot_seek_is_read_in_order) {
  const char *name = "exact-h264-pyramid.mkv";
  Reader from_file = open_clip(name);
  Ptr<GBytes> bytes = bytes_of(name);
  Ptr<GInputStream> inner(g_memory_input_stream_new_from_bytes(bytes.get()));
  Ptr<GInputStream> stream(
      G_INPUT_STREAM(g_object_new(only_forwards_get_type(), "base-stream", inner.get(), nullptr)));
  GError *error = nullptr;
  Reader reader(gst_framewise_reader_new_from_stream(stream.get(), nullptr, &error));
  fail_unless(reader != nullptr, "%s", error ? error->message : "");
  for (gint64 i : {0, 1, 1, 2, 7, 8})
    fail_unless(frame(reader, i) == frame(from_file, i));
  fail_if(gst_framewise_reader_read(reader.get(), 3, nullptr, nullptr, &error));
  expect_error(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SEEK, "cannot be read twice");
  fail_unless_equals_int64(gst_framewise_reader_get_n_frames(reader.get(), nullptr, &error), -1);
  expect_error(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SEEK, "cannot be read twice");
  fail_if(gst_framewise_reader_read(reader.get(), 100000, nullptr, nullptr, &error));
  expect_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "There is no frame 100000");
}
GST_END_TEST;

GST_START_TEST(what_cannot_be_opened_is_an_error_that_names_it) {
  GError *error = nullptr;
  fail_if(gst_framewise_reader_new("/nowhere/at/all.mp4", &error));
  expect_error(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, "/nowhere/at/all.mp4");
  Ptr<GBytes> bytes(g_bytes_new_static("no video", 8));
  fail_if(gst_framewise_reader_new_from_bytes(bytes.get(), &error));
  expect_error(error, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND, "memory");
  fail_if(g_initable_new(GST_TYPE_FRAMEWISE_READER, nullptr, &error, nullptr));
  expect_error(error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "nothing to read");
  fail_if(g_initable_new(GST_TYPE_FRAMEWISE_READER, nullptr, &error, "location",
                         media(clip_name).c_str(), "pixel-format", "rgb25", nullptr));
  expect_error(error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "rgb25");
}
GST_END_TEST;

GST_START_TEST(limits_begin_and_end_the_video) {
  Reader whole = open_clip();
  struct {
    gint64 start, stop, n, first;
  } static const cases[] = {
      {0, G_MAXINT64, 30, 0}, {10, 20, 10, 10}, {-5, G_MAXINT64, 5, 25},
      {3, -20, 7, 3},         {-100, 4, 4, 0},
  };
  for (const auto &wanted : cases) {
    Reader reader(GST_FRAMEWISE_READER(g_initable_new(
        GST_TYPE_FRAMEWISE_READER, nullptr, nullptr, "location", media(clip_name).c_str(),
        "start-frame", wanted.start, "stop-frame", wanted.stop, nullptr)));
    fail_unless(reader != nullptr);
    fail_unless_equals_int64(gst_framewise_reader_get_n_frames(reader.get(), nullptr, nullptr),
                             wanted.n);
    fail_unless(frame(reader, 0) == frame(whole, wanted.first));
    fail_unless(frame(reader, -1) == frame(whole, wanted.first + wanted.n - 1));
    GError *error = nullptr;
    fail_if(gst_framewise_reader_read(reader.get(), wanted.n, nullptr, nullptr, &error));
    expect_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "There is no frame");
  }
}
GST_END_TEST;

/* ---- What it gives ----------------------------------------------------------------------------
 */

GST_START_TEST(a_batch_is_in_the_order_asked_for) {
  Reader reader = open_clip();
  const gint64 wanted[] = {9, -1, 2, 9, 0};
  GPtrArray *batch = gst_framewise_reader_read_batch(reader.get(), wanted, G_N_ELEMENTS(wanted),
                                                     nullptr, nullptr, nullptr);
  fail_unless(batch != nullptr && batch->len == G_N_ELEMENTS(wanted));
  Ptr<GstFramewiseArray> array(gst_framewise_reader_read_array(
      reader.get(), wanted, G_N_ELEMENTS(wanted), "gray", nullptr, nullptr));
  gsize n_dims;
  const gint64 *shape = gst_framewise_array_get_shape(array.get(), &n_dims);
  fail_unless(n_dims == 3 && shape[0] == G_N_ELEMENTS(wanted));
  fail_if(gst_framewise_array_is_read_only(array.get()) ||
          gst_framewise_array_is_copy(array.get()));
  for (guint i = 0; i < batch->len; i++) {
    auto *sample = static_cast<GstSample *>(g_ptr_array_index(batch, i));
    fail_unless_equals_uint64(GST_BUFFER_OFFSET(gst_sample_get_buffer(sample)),
                              wanted[i] < 0 ? clip_frames + wanted[i] : wanted[i]);
    Ptr<GstSample> single(
        gst_framewise_reader_read(reader.get(), wanted[i], nullptr, nullptr, nullptr));
    fail_unless(contents(sample) == contents(single.get()));
    Ptr<GstFramewiseArray> gray(
        gst_framewise_reader_read_array(reader.get(), &wanted[i], 1, "gray", nullptr, nullptr));
    fail_unless(!memcmp(static_cast<char *>(gst_framewise_array_get_data(array.get())) +
                            i * shape[1] * shape[2],
                        gst_framewise_array_get_data(gray.get()), shape[1] * shape[2]));
  }
  g_ptr_array_unref(batch);
  batch = gst_framewise_reader_read_batch(reader.get(), nullptr, 0, nullptr, nullptr, nullptr);
  fail_unless(batch != nullptr && batch->len == 0);
  g_ptr_array_unref(batch);
}
GST_END_TEST;

GST_START_TEST(frames_that_make_no_array_are_an_error) {
  GError *error = nullptr;
  const gint64 both[] = {0, -1};
  Reader changing = open_clip("exact-size-change.h264");
  fail_if(gst_framewise_reader_read_array(changing.get(), both, 2, "rgb24", nullptr, &error));
  expect_error(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "no single array");
  Reader planar = open_clip();
  fail_if(gst_framewise_reader_read_array(planar.get(), both, 2, "native", nullptr, &error));
  expect_error(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "yuv420p");
}
GST_END_TEST;

GST_START_TEST(metadata_is_that_of_the_frame) {
  Reader reader = open_clip();
  for (gint64 i : {4, 0, 29}) {
    Ptr<GstSample> sample(gst_framewise_reader_read(reader.get(), i, nullptr, nullptr, nullptr));
    Ptr<GstStructure> told(
        gst_framewise_reader_get_frame_metadata(reader.get(), i, nullptr, nullptr));
    const GstStructure *carried =
        gst_framewise_buffer_get_frame_meta(gst_sample_get_buffer(sample.get()));
    fail_unless(gst_structure_is_equal(told.get(), carried));
    gint64 number;
    fail_unless(gst_structure_get_int64(told.get(), "frame", &number) && number == i);
  }
  Ptr<GstStructure> metadata(gst_framewise_reader_get_metadata(reader.get(), nullptr));
  fail_unless_equals_string(gst_structure_get_string(metadata.get(), "codec"), "h264");
  Ptr<GstFramewiseLayout> layout(
      gst_framewise_reader_get_layout(reader.get(), "rgb24", nullptr, nullptr));
  fail_unless_equals_string(gst_framewise_layout_get_pixel_format(layout.get()), "rgb24");
}
GST_END_TEST;

/* ---- Who breaks it off ------------------------------------------------------------------------
 */

/* Runs `read` in a thread, against a server that has stopped talking, until `break_off` ends it. */
template <typename BreakOff>
static void break_off_a_read(GQuark domain, int code, BreakOff break_off) {
  SlowServer server(media("exact-h264-pyramid.mkv"));
  GError *error = nullptr;
  Reader reader(gst_framewise_reader_new(server.url().c_str(), &error));
  fail_unless(reader != nullptr, "%s", error ? error->message : "");
  Ptr<GstSample> first(gst_framewise_reader_read(reader.get(), 40, nullptr, nullptr, &error));
  fail_unless(first != nullptr, "%s", error ? error->message : "");
  server.stall();
  Ptr<GCancellable> cancellable(g_cancellable_new());
  std::thread other([&] {
    while (server.stalled() == 0)
      g_usleep(1000);
    break_off(reader.get(), cancellable.get());
  });
  /* Backwards each needs a seek, and so the server. */
  for (gint64 i = 39; i >= 0 && !error; i--)
    Ptr<GstSample>(gst_framewise_reader_read(reader.get(), i, nullptr, cancellable.get(), &error));
  if (!error) { /* it never had to seek */
    server.stall();
    fail("no read had to wait");
  }
  other.join();
  fail_unless(g_error_matches(error, domain, code), "%s", error->message);
  g_clear_error(&error);
}

GST_START_TEST(closing_breaks_a_read_off) {
  break_off_a_read(G_IO_ERROR, G_IO_ERROR_CLOSED, [](GstFramewiseReader *reader, GCancellable *) {
    gst_framewise_reader_close(reader);
  });
}
GST_END_TEST;

GST_START_TEST(cancelling_breaks_a_read_off) {
  break_off_a_read(
      G_IO_ERROR, G_IO_ERROR_CANCELLED,
      [](GstFramewiseReader *, GCancellable *cancellable) { g_cancellable_cancel(cancellable); });
}
GST_END_TEST;

GST_START_TEST(after_a_read_that_was_cancelled_all_goes_on) {
  Reader reader = open_clip();
  const std::string truth = frame(reader, 12);
  Ptr<GCancellable> cancellable(g_cancellable_new());
  for (int i = 0; i < 200; i++) {
    g_cancellable_reset(cancellable.get());
    std::thread other([&] {
      g_usleep(i * 20);
      g_cancellable_cancel(cancellable.get());
    });
    GError *error = nullptr;
    Ptr<GstSample> sample(gst_framewise_reader_read(reader.get(), (i * 7) % clip_frames, nullptr,
                                                    cancellable.get(), &error));
    fail_unless(sample || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED), "%s",
                error ? error->message : "");
    g_clear_error(&error);
    other.join();
    fail_unless(frame(reader, 12) == truth);
  }
}
GST_END_TEST;

GST_START_TEST(a_closed_reader_says_so) {
  Reader reader = open_clip();
  Ptr<GstSample> sample(gst_framewise_reader_read(reader.get(), 3, nullptr, nullptr, nullptr));
  const std::string before = contents(sample.get());
  gst_framewise_reader_close(reader.get());
  gst_framewise_reader_close(reader.get());
  GError *error = nullptr;
  fail_if(gst_framewise_reader_read(reader.get(), 3, nullptr, nullptr, &error));
  expect_error(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "closed");
  fail_unless_equals_int64(gst_framewise_reader_get_n_frames(reader.get(), nullptr, &error), -1);
  expect_error(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "closed");
  fail_unless(contents(sample.get()) == before);
}
GST_END_TEST;

GST_START_TEST(many_readers_read_one_file_at_once) {
  Reader alone = open_clip();
  std::vector<std::string> truth;
  for (gint64 i = 0; i < clip_frames; i++)
    truth.push_back(frame(alone, i));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; t++)
    threads.emplace_back([&, t] {
      GstFramewiseReader *reader = gst_framewise_reader_new(media(clip_name).c_str(), nullptr);
      for (gint64 i = 0; i < 60; i++) {
        const gint64 number = (i * 7 + t) % clip_frames;
        GstFramewiseArray *array =
            gst_framewise_reader_read_array(reader, &number, 1, "rgb24", nullptr, nullptr);
        wrong += memcmp(gst_framewise_array_get_data(array), truth[number].data(),
                        truth[number].size()) != 0;
        gst_framewise_array_unref(array);
      }
      g_object_unref(reader);
    });
  for (std::thread &thread : threads)
    thread.join();
  fail_unless_equals_int(wrong, 0);
}
GST_END_TEST;

GST_START_TEST(threads_that_share_a_reader_take_turns) {
  Reader reader = open_clip();
  std::vector<std::string> truth;
  for (gint64 i = 0; i < clip_frames; i++)
    truth.push_back(frame(reader, i));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([&, t] {
      for (gint64 i = 0; i < 40; i++) {
        const gint64 number = (i * 11 + t * 5) % clip_frames;
        GstFramewiseArray *array =
            gst_framewise_reader_read_array(reader.get(), &number, 1, "rgb24", nullptr, nullptr);
        wrong += memcmp(gst_framewise_array_get_data(array), truth[number].data(),
                        truth[number].size()) != 0;
        gst_framewise_array_unref(array);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  fail_unless_equals_int(wrong, 0);
}
GST_END_TEST;

/* ---- Filters ----------------------------------------------------------------------------------
 */

GST_START_TEST(frames_are_those_of_the_filtered_video) {
  Reader plain = open_clip(), reader = open_clip();
  GError *error = nullptr;
  fail_unless(gst_framewise_reader_set_filter(reader.get(), "framestep=3", nullptr, &error));
  fail_unless_equals_int64(gst_framewise_reader_get_n_frames(reader.get(), nullptr, nullptr), 10);
  for (gint64 i : {7, 2, 9, 0})
    fail_unless(frame(reader, i) == frame(plain, 3 * i));
  fail_if(gst_framewise_reader_read(reader.get(), 10, nullptr, nullptr, &error));
  expect_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "has 10");
  fail_unless(gst_framewise_reader_set_filter(reader.get(), "reverse", nullptr, &error));
  for (gint64 i : {4, 0, 29})
    fail_unless(frame(reader, i) == frame(plain, clip_frames - 1 - i));
  fail_unless(gst_framewise_reader_set_filter(reader.get(), nullptr, nullptr, &error));
  fail_unless(frame(reader, 4) == frame(plain, 4));
}
GST_END_TEST;

GST_START_TEST(a_filter_that_cannot_be_is_refused_and_the_old_one_stays) {
  Reader reader = open_clip();
  GError *error = nullptr;
  fail_unless(gst_framewise_reader_set_filter(reader.get(), "hflip", nullptr, &error));
  const std::string before = frame(reader, 3);
  for (const char *bad : {"nosuchfilter", "crop=9999:9999", "hflip=x=1", "scale=-5:junk"}) {
    fail_if(gst_framewise_reader_set_filter(reader.get(), bad, nullptr, &error), "%s", bad);
    fail_unless(error != nullptr && *error->message != '\0', "%s", bad);
    g_clear_error(&error);
    fail_unless(frame(reader, 3) == before);
  }
}
GST_END_TEST;

static Suite *reader_suite() {
  Suite *suite = suite_create("reader");
  TCase *sources = tcase_create("sources");
  suite_add_tcase(suite, sources);
  tcase_add_test(sources, has_the_properties_of_containersrc);
  tcase_add_test(sources, thread_types_give_the_same_frames);
  tcase_add_test(sources, memory_and_streams_are_read_like_files);
  tcase_add_test(sources, what_cannot_seek_is_read_in_order);
  tcase_add_test(sources, what_cannot_be_opened_is_an_error_that_names_it);
  tcase_add_test(sources, limits_begin_and_end_the_video);
  TCase *frames = tcase_create("frames");
  suite_add_tcase(suite, frames);
  tcase_add_test(frames, a_batch_is_in_the_order_asked_for);
  tcase_add_test(frames, frames_that_make_no_array_are_an_error);
  tcase_add_test(frames, metadata_is_that_of_the_frame);
  TCase *threads = tcase_create("threads");
  suite_add_tcase(suite, threads);
  tcase_add_test(threads, closing_breaks_a_read_off);
  tcase_add_test(threads, cancelling_breaks_a_read_off);
  tcase_add_test(threads, after_a_read_that_was_cancelled_all_goes_on);
  tcase_add_test(threads, a_closed_reader_says_so);
  tcase_add_test(threads, many_readers_read_one_file_at_once);
  tcase_add_test(threads, threads_that_share_a_reader_take_turns);
  TCase *filters = tcase_create("filters");
  suite_add_tcase(suite, filters);
  tcase_add_test(filters, frames_are_those_of_the_filtered_video);
  tcase_add_test(filters, a_filter_that_cannot_be_is_refused_and_the_old_one_stays);
  return suite;
}

GST_CHECK_MAIN(reader)
