/* gst-framewise: errors and life of the graphfilter element.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterbench.hpp"

#include <cstring>

using namespace filterbench;

/* ---- Errors -----------------------------------------------------------------------------------
 */

static std::vector<Error> errors_on(GstBus *bus) {
  std::vector<Error> errors;
  while (GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR)) {
    GError *error;
    char *debug;
    gst_message_parse_error(message, &error, &debug);
    errors.push_back({error->domain, error->code, error->message, debug ? debug : ""});
    g_error_free(error);
    g_free(debug);
    gst_message_unref(message);
  }
  return errors;
}

struct BadDescription {
  const char *sequence, *graph;
  const char *said;
};
/* Two nodes, of which `s` splits, and edges. */
#define GRAPH(edges) "[{\"s\": [\"split\"], \"h\": [\"hflip\"]}, [" edges "]]"
static const BadDescription bad_descriptions[] = {
    {"nosuch", nullptr, "No filter `nosuch`"},
    {"scale=nosuch=3", nullptr, "Filter `scale` has no option `nosuch`"},
    {"hflip=3", nullptr, "`hflip` has no option left for `3`"},
    {"yadif=mode=sometimes", nullptr, "`mode=sometimes`"},
    {"tmix=frames=-4", nullptr, "`frames=-4`"},
    {"format=nosuch", nullptr, "`format`"},
    {nullptr, "movie=/nonexistent[m];[video_in][m]overlay[video_out]", "No such file"},
    {"setpts=nosuch(", nullptr, "`expr=nosuch(`"},
    {"scale=2:2]", nullptr, "`]`"},
    {"[a", nullptr, "`[a`"},
    {"hflip,", nullptr, "missing at the end"},
    {"  ", nullptr, "empty"},
    {"hstack", nullptr, "Linked to nothing: input 0 of filter `hstack`, input 1"},
    {"split", nullptr, "Linked to nothing: output 0 of filter `split`, output 1"},
    {"color", nullptr, "No input is left open"},
    {"nullsink", nullptr, "No output is left open"},
    {"anull", nullptr, "Filter `anull` takes audio; graphfilter carries video only"},
    {"showwaves", nullptr, "Filter `showwaves` takes audio"},
    {"transpose=enable=0", nullptr, "takes no `enable`"},
    {nullptr, "[video_in]hflip[x]", "(`[x]`)"},
    {nullptr, "[video_in][video_in]hstack[video_out]", "`[video_in]` stands more than once"},
    {nullptr, "[video_in]split[a][b];[a]hflip[video_out]", "output 1 of filter `split` (`[b]`)"},
    {nullptr, "[video_in][y]overlay[video_out]", "input 1 of filter `overlay` (`[y]`)"},
    {nullptr, "[video_in]hflip[a][b][video_out]",
     "`hflip` has 1 output; there is no output 1 for `[b]`"},
    {nullptr, "[video_in][a][b]overlay[video_out]",
     "`overlay` has 2 inputs; there is no input 2 for `[b]`"},
    {"hflip", "nosuch", "No filter `nosuch`"},
    /* where pictures go, and what they are */
    {"sine,hflip", nullptr, "Filter `sine` puts out audio; graphfilter carries video only"},
    {nullptr, "[video_in]split[a][video_out];[a]hflip@x,nullsink",
     "from filter `hflip@x`, `nullsink`"},
    {"null", "color[video_out];[video_in]nullsink", "No way leads from `[video_in]`"},
    {nullptr, "color[video_out]", "No input is left open for `[video_in]`"},
    {"color,hflip", "null", "No input is left open"},
    {"hflip", "[video_in]null[a];color[video_out];[a]nullsink", "No way leads from `[video_in]`"},
    {nullptr, "[video_in]split[video_out][a];[a]null",
     "Linked to nothing: output 0 of filter `null`"},
    {"hstack=inputs=2000000000", nullptr, "`hstack` is to have 2000000000 inputs"},
    {"scale=2:2:param0=nosuch", nullptr, "`param0=nosuch`"},
    {"scale=2:2:flags=nosuch", nullptr, "`flags=nosuch`"},
    {"sws_flags=nosuch;hflip", nullptr, "`flags=nosuch`"},
    {"movie=/nosuch/file,hflip", "tmix=frames=-4", "`frames=-4`"},
    {"hflip\xff", nullptr, "No filter `hflip"},
    /* JSON: sequences */
    {"[[\"nosuch\", \"\"]]", nullptr, "No filter `nosuch`"},
    {"[[\"scale\", {\"nosuch\": 3}]]", nullptr, "Filter `scale` has no option `nosuch`"},
    {"[[\"hflip\", \"3\"]]", nullptr, "`hflip` has no option left for `3`"},
    {"[[\"yadif\", {\"mode\": \"sometimes\"}]]", nullptr, "`mode=sometimes`"},
    {"[[\"tmix\", {\"frames\": -4}]]", nullptr, "`frames=-4`"},
    {"[[\"tmix\", {\"frames\": 0.5e300}]]", nullptr, "`frames=5e+299`"},
    {"[[\"setpts\", \"nosuch(\"]]", nullptr, "`expr=nosuch(`"},
    {"[[\"scale\", 512]]", nullptr, "The arguments of filter `scale` are `512`"},
    {"[[\"scale\", {\"w\": [512]}]]", nullptr, "the value of `w` is `[512]`"},
    {"[[\"scale\", {\"w\": NaN}]]", nullptr, "JSON has no `NaN`"},
    {"[[\"transpose\", {\"enable\": false}]]", nullptr, "takes no `enable`"},
    {"[[\"sine\"], [\"hflip\"]]", nullptr, "`sine` puts out audio"},
    {"[[\"hstack\", null]]", nullptr, "Linked to nothing: input 0 of filter `hstack`, input 1"},
    {"[[\"split@x\", \"\"]]", nullptr, "Linked to nothing: output 0 of filter `split@x`, output 1"},
    {"[]", nullptr, "empty"},
    {"[[\"hflip\", \"\"]", nullptr, "a bracket is open"},
    {"[[\"hflip\",]]", nullptr, "The text begins as JSON"},
    {"[[\"hflip\xff\"]]", nullptr, "this is no UTF-8"},
    {"[{\"h\": [\"hflip\"]}, []]", nullptr, "`filter-sequence` takes a list of filters"},
    {"{\"hflip\": \"\"}", nullptr, "`filter-sequence` takes a list of filters"},
    /* JSON: graphs */
    {nullptr, "[[\"hflip\", \"\"]]", "`filter-graph` takes `[{"},
    {nullptr, "[{\"h\": [\"nosuch\"]}, []]", "No filter `nosuch`"},
    {nullptr, "[{\"video_in\": [\"hflip\"]}, []]", "node `video_in` needs another name"},
    {nullptr, GRAPH("[\"video_in\", \"h\", 0]"), "An edge is written"},
    {nullptr, GRAPH("[\"video_in\", \"h\", 0, \"0\"]"), "An edge is written"},
    {nullptr, GRAPH("[\"video_in\", \"x\", 0, 0]"), "there is no node `x`"},
    {nullptr, GRAPH("[\"s\", \"h\", -1, 0]"), "-1 is no number of an output"},
    {nullptr, GRAPH("[\"s\", \"h\", 0, 1024]"), "1024 is no number of an input"},
    {nullptr, GRAPH("[\"h\", \"s\", 3, 0]"), "Filter `hflip@h` has 1 output; there is no output 3"},
    {nullptr, GRAPH("[\"video_out\", \"s\", 0, 0]"), "nothing comes out of `video_out`"},
    {nullptr, GRAPH("[\"s\", \"video_in\", 0, 0]"), "nothing goes into `video_in`"},
    {nullptr, GRAPH("[\"s\", \"h\", 0, 0], [\"s\", \"video_out\", 0, 0]"),
     "output 0 of node `s` is linked twice. Pictures go to several filters through `split`"},
    {nullptr, GRAPH("[\"s\", \"h\", 0, 0], [\"s\", \"h\", 1, 0]"),
     "input 0 of node `h` is linked twice"},
    {nullptr, GRAPH("[\"video_in\", \"s\", 0, 0], [\"video_in\", \"h\", 0, 0]"),
     "`video_in` is linked twice"},
    {nullptr,
     GRAPH("[\"video_in\", \"s\", 0, 0], [\"s\", \"h\", 1, 0], [\"h\", \"video_out\", 0, 0]"),
     "Output 0 of node `s` is linked to nothing, but 1 is"},
    {nullptr,
     GRAPH("[\"video_in\", \"s\", 0, 0], [\"s\", \"h\", 0, 0], [\"h\", \"video_out\", 0, 0]"),
     "Linked to nothing: output 1 of filter `split@s`"},
    {nullptr, GRAPH("[\"video_in\", \"h\", 0, 0], [\"h\", \"video_out\", 0, 0]"),
     "Node `s` is linked to nothing"},
    {nullptr, GRAPH("[\"s\", \"h\", 0, 0], [\"h\", \"video_out\", 0, 0]"),
     "No edge begins at `video_in`"},
    {nullptr, GRAPH("[\"video_in\", \"s\", 0, 0], [\"s\", \"h\", 0, 0]"),
     "No edge leads to `video_out`"},
    {nullptr,
     "[{\"s\": [\"split\"], \"n\": [\"nullsink\"]}, [[\"video_in\", \"s\", 0, 0], [\"s\", \"n\", "
     "0, 0], "
     "[\"s\", \"video_out\", 1, 0]]]",
     "from filter `nullsink@n`"},
    {nullptr,
     "[{\"c\": [\"color\"], \"n\": [\"nullsink\"]}, [[\"video_in\", \"n\", 0, 0], [\"c\", "
     "\"video_out\", "
     "0, 0]]]",
     "No way leads from `[video_in]`"},
    {nullptr,
     "[{\"o\": [\"overlay\"]}, [[\"video_in\", \"o\", 0, 0], [\"o\", \"video_out\", 0, 0]]]",
     "Linked to nothing: input 1 of filter `overlay@o`"},
    {nullptr,
     "[{\"e\": [\"extractplanes\", \"y\"], \"h\": [\"hstack\"]}, [[\"video_in\", \"e\", 0, 0], "
     "[\"e\", "
     "\"h\", 0, 0], [\"e\", \"h\", 1, 1], [\"h\", \"video_out\", 0, 0]]]",
     "Filter `extractplanes@e` has 1 output; there is no output 1 for `[e:1]`"},
};
#undef GRAPH

GST_START_TEST(a_bad_description_is_one_error_before_any_data) {
  const BadDescription &bad = bad_descriptions[__i__];
  GstElement *element = gst_element_factory_make("graphfilter", nullptr);
  GstBus *bus = gst_bus_new();
  gst_element_set_bus(element, bus);
  g_object_set(element, "filter-sequence", bad.sequence, "filter-graph", bad.graph, nullptr);
  fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PAUSED),
                         GST_STATE_CHANGE_FAILURE);
  auto errors = errors_on(bus);
  fail_unless_equals_int(errors.size(), 1);
  fail_unless(errors[0].domain == GST_LIBRARY_ERROR &&
              errors[0].code == GST_LIBRARY_ERROR_SETTINGS);
  fail_unless(strstr(errors[0].message.c_str(), bad.said) != nullptr, "said: %s",
              errors[0].message.c_str());
  gst_element_set_state(element, GST_STATE_NULL);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(element);
  gst_object_unref(bus);
}
GST_END_TEST

static std::vector<Error> errors_of_pipeline(const std::string &description) {
  GstElement *pipeline = gst_parse_launch(description.c_str(), nullptr);
  fail_unless(pipeline != nullptr);
  GstBus *bus = gst_element_get_bus(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstMessage *first = gst_bus_timed_pop_filtered(
      bus, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_EOS));
  gst_bus_post(bus, first);
  gst_element_get_state(pipeline, nullptr, nullptr, 0);
  std::vector<Error> errors;
  /* The one just taken was put behind those that had come meanwhile. */
  errors = errors_on(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(bus);
  gst_object_unref(pipeline);
  return errors;
}

static void expect_error(const std::string &description, GQuark domain, int code,
                         const char *said) {
  auto errors = errors_of_pipeline(description);
  int ours = 0;
  for (const auto &error : errors)
    if (strstr(error.message.c_str(), said)) {
      fail_unless(error.domain == domain && error.code == code, "%s: %s",
                  g_quark_to_string(error.domain), error.message.c_str());
      ours++;
    }
  fail_unless(ours == 1, "%d errors of %zu say `%s`; the first: %s", ours, errors.size(), said,
              errors.empty() ? "none" : errors[0].message.c_str());
}

GST_START_TEST(a_size_that_downstream_does_not_take_is_named) {
  expect_error("videotestsrc num-buffers=3 ! graphfilter filter-sequence=scale=64:48 ! "
               "video/x-raw,width=640 ! fakesink",
               GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "with width=64,");
}
GST_END_TEST

GST_START_TEST(filters_that_do_not_fit_the_input_are_an_error) {
  expect_error("videotestsrc num-buffers=3 ! graphfilter filter-sequence=crop=10000:10000 ! "
               "fakesink",
               GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "crop=");
}
GST_END_TEST

GST_START_TEST(without_auto_convert_a_missing_conversion_is_an_error) {
  expect_error("videotestsrc num-buffers=3 ! video/x-raw,format=I420 ! graphfilter "
               "filter-sequence=hflip auto-convert=false ! video/x-raw,format=RGB ! fakesink",
               GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "auto-convert=false");
}
GST_END_TEST

/* ---- Life -------------------------------------------------------------------------------------
 */

GST_START_TEST(properties_are_as_set) {
  GstElement *element = gst_element_factory_make("graphfilter", nullptr);
  g_object_set(element, "filter-sequence", "hflip", "filter-graph", "vflip", "thread-count", 3,
               "auto-convert", FALSE, nullptr);
  char *sequence, *graph, *dump;
  int threads;
  gboolean convert;
  g_object_get(element, "filter-sequence", &sequence, "filter-graph", &graph, "thread-count",
               &threads, "auto-convert", &convert, "graph-dump", &dump, nullptr);
  fail_unless_equals_string(sequence, "hflip");
  fail_unless_equals_string(graph, "vflip");
  fail_unless_equals_int(threads, 3);
  fail_unless(!convert);
  fail_unless(dump == nullptr);
  g_free(sequence);
  g_free(graph);
  g_object_set(element, "filter-sequence", nullptr, nullptr);
  g_object_get(element, "filter-sequence", &sequence, nullptr);
  fail_unless(sequence == nullptr);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(the_dump_shows_the_configured_graph) {
  Bench bench("scale@big=352:288");
  bench.set_caps(params_of(small));
  bench.push_all(small);
  fail_unless(bench.dump().find("scale@big") != std::string::npos);
  fail_unless(bench.dump().find("352x288") != std::string::npos);
}
GST_END_TEST

static unsigned frames_through(GstElement *pipeline) {
  static unsigned frames;
  frames = 0;
  GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  g_object_set(sink, "signal-handoffs", TRUE, nullptr);
  gulong id = g_signal_connect(
      sink, "handoff", G_CALLBACK(+[](GstElement *, GstBuffer *, GstPad *, gpointer) { frames++; }),
      nullptr);
  GstBus *bus = gst_element_get_bus(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstMessage *message = gst_bus_timed_pop_filtered(
      bus, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_EOS));
  fail_unless_equals_int(GST_MESSAGE_TYPE(message), GST_MESSAGE_EOS);
  gst_message_unref(message);
  g_signal_handler_disconnect(sink, id);
  gst_object_unref(sink);
  gst_object_unref(bus);
  return frames;
}

GST_START_TEST(it_can_be_used_again_after_ready_with_other_filters) {
  GstElement *pipeline = gst_parse_launch(
      "videotestsrc num-buffers=10 ! video/x-raw,framerate=25/1 ! graphfilter name=f "
      "filter-sequence=fps=50 ! fakesink name=sink",
      nullptr);
  fail_unless_equals_int(frames_through(pipeline), 20);
  gst_element_set_state(pipeline, GST_STATE_READY);
  fail_unless_equals_int(frames_through(pipeline), 20);
  gst_element_set_state(pipeline, GST_STATE_READY);
  GstElement *filter = gst_bin_get_by_name(GST_BIN(pipeline), "f");
  g_object_set(filter, "filter-sequence", "fps=100", nullptr);
  fail_unless_equals_int(frames_through(pipeline), 40);
  gst_element_set_state(pipeline, GST_STATE_READY);
  g_object_set(filter, "filter-sequence", nullptr, nullptr);
  fail_unless_equals_int(frames_through(pipeline), 10);
  gst_object_unref(filter);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(a_filter_that_has_had_enough_ends_a_pipeline) {
  GstElement *pipeline = gst_parse_launch(
      "videotestsrc ! video/x-raw,framerate=25/1 ! graphfilter filter-sequence=trim=end_frame=7 ! "
      "fakesink name=sink",
      nullptr);
  fail_unless_equals_int(frames_through(pipeline), 7);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(filters_that_never_end_do_where_downstream_has_had_enough) {
  GstElement *pipeline = gst_parse_launch(
      "videotestsrc ! graphfilter filter-sequence=loop=-1:3 ! identity eos-after=20 ! fakesink "
      "name=sink",
      nullptr);
  const unsigned frames = frames_through(pipeline);
  fail_unless(frames > 3 && frames <= 20, "%u", frames);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(filters_that_never_end_do_where_the_segment_does) {
  GstElement *pipeline = gst_parse_launch(
      "videotestsrc ! video/x-raw,framerate=25/1 ! graphfilter filter-sequence=loop=-1:3 ! "
      "fakesink name=sink",
      nullptr);
  gst_element_set_state(pipeline, GST_STATE_PAUSED);
  gst_element_get_state(pipeline, nullptr, nullptr, GST_CLOCK_TIME_NONE);
  fail_unless(gst_element_seek(pipeline, 1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                               GST_SEEK_TYPE_SET, GST_SECOND, GST_SEEK_TYPE_SET, 2 * GST_SECOND));
  fail_unless(frames_through(pipeline) <= 25);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(unaligned_cropped_input_goes_through) {
  GstElement *pipeline = gst_parse_launch(
      "videotestsrc num-buffers=10 ! video/x-raw,width=101,height=67,format=RGB ! videocrop left=3 "
      "top=1 right=5 ! graphfilter filter-sequence=nlmeans=r=3,scale=33:21 ! videoconvert ! "
      "video/x-raw,format=GRAY8 ! fakesink name=sink",
      nullptr);
  fail_unless_equals_int(frames_through(pipeline), 10);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST

GST_START_TEST(state_changes_storm_through) {
  GstElement *pipeline = gst_parse_launch(
      "videotestsrc ! graphfilter filter-sequence=tmix,scale=64:48 ! queue ! fakesink", nullptr);
  static const GstState states[] = {GST_STATE_PLAYING, GST_STATE_NULL,    GST_STATE_PAUSED,
                                    GST_STATE_READY,   GST_STATE_PLAYING, GST_STATE_READY};
  GstBus *bus = gst_element_get_bus(pipeline);
  for (int i = 0; i < 60; i++) {
    fail_unless(gst_element_set_state(pipeline, states[i % G_N_ELEMENTS(states)]) !=
                GST_STATE_CHANGE_FAILURE);
    if (i % 7 == 0)
      gst_element_get_state(pipeline, nullptr, nullptr, GST_CLOCK_TIME_NONE);
  }
  fail_unless_equals_int(errors_on(bus).size(), 0);
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST

static Suite *life_suite(void) {
  Suite *suite = suite_create("graphfilter-life");
  auto add_case = [&](const char *name) {
    TCase *tc = tcase_create(name);
    suite_add_tcase(suite, tc);
    return tc;
  };

  TCase *errors = add_case("errors");
  tcase_add_loop_test(errors, a_bad_description_is_one_error_before_any_data, 0,
                      G_N_ELEMENTS(bad_descriptions));
  tcase_add_test(errors, a_size_that_downstream_does_not_take_is_named);
  tcase_add_test(errors, filters_that_do_not_fit_the_input_are_an_error);
  tcase_add_test(errors, without_auto_convert_a_missing_conversion_is_an_error);

  TCase *life = add_case("life");
  tcase_add_test(life, properties_are_as_set);
  tcase_add_test(life, the_dump_shows_the_configured_graph);
  tcase_add_test(life, it_can_be_used_again_after_ready_with_other_filters);
  tcase_add_test(life, a_filter_that_has_had_enough_ends_a_pipeline);
  tcase_add_test(life, filters_that_never_end_do_where_downstream_has_had_enough);
  tcase_add_test(life, filters_that_never_end_do_where_the_segment_does);
  tcase_add_test(life, unaligned_cropped_input_goes_through);
  tcase_add_test(life, state_changes_storm_through);
  return suite;
}

int main(int argc, char **argv) {
  gst_check_init(&argc, &argv);
  scratch_folder();
  int failed = gst_check_run_suite(life_suite(), "graphfilter-life", __FILE__);
  remove_scratch_folder();
  return failed;
}
