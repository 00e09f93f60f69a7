/* gst-framewise: what holds for each element, whatever it does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "av.hpp"

#include <gio/gio.h>
#include <gst/app/gstappsink.h>
#include <gst/check/gstcheck.h>

#include <glib/gstdio.h>

#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <vector>

using namespace framewise;

namespace {

constexpr const char *element_names[] = {"containersrc", "graphfilter", "containersink"};
constexpr int n_elements = G_N_ELEMENTS(element_names);

constexpr int clip_frames = 30;
std::string clip() { return std::string(g_getenv("FRAMEWISE_TEST_MEDIA")) + "/h264-b.mp4"; }

class ScratchFolder {
 public:
  ScratchFolder() : path_(g_dir_make_tmp("generic-XXXXXX", nullptr)) {}
  ~ScratchFolder() {
    GDir *dir = g_dir_open(path_.get(), 0, nullptr);
    while (const char *name = g_dir_read_name(dir))
      g_unlink(file(name).c_str());
    g_dir_close(dir);
    g_rmdir(path_.get());
  }
  std::string file(const char *name) const { return std::string(path_.get()) + "/" + name; }

 private:
  CString path_;
};

GstPtr<GstElement> make(const char *name) {
  GstElement *element = gst_element_factory_make(name, nullptr);
  fail_unless(element != nullptr, "no element %s", name);
  return GstPtr<GstElement>(GST_ELEMENT(gst_object_ref_sink(element)));
}

GstPtr<GstElement> launch(const std::string &description) {
  GError *error = nullptr;
  GstElement *pipeline = gst_parse_launch(description.c_str(), &error);
  fail_unless(error == nullptr, "%s: %s", description.c_str(), error ? error->message : "");
  return GstPtr<GstElement>(GST_ELEMENT(gst_object_ref_sink(pipeline)));
}

GstPtr<GstElement> child(const GstPtr<GstElement> &bin, const char *name) {
  return GstPtr<GstElement>(gst_bin_get_by_name(GST_BIN(bin.get()), name));
}

void stop(const GstPtr<GstElement> &element) {
  fail_unless_equals_int(gst_element_set_state(element.get(), GST_STATE_NULL),
                         GST_STATE_CHANGE_SUCCESS);
}

struct Ending {
  bool eos = false;
  GQuark domain = 0;
  int code = 0;
  std::string message;
};

/* Until EOS or the first error. */
Ending wait_for_end(const GstPtr<GstElement> &pipeline) {
  GstBus *bus = gst_element_get_bus(pipeline.get());
  GstMessage *message = gst_bus_timed_pop_filtered(
      bus, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  gst_object_unref(bus);
  Ending ending;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
    ending.eos = true;
  } else {
    GError *error;
    gst_message_parse_error(message, &error, nullptr);
    ending.domain = error->domain;
    ending.code = error->code;
    ending.message = error->message;
    g_error_free(error);
  }
  gst_message_unref(message);
  return ending;
}

int count_frames(const std::string &file) {
  auto pipeline = launch("containersrc name=source ! appsink name=sink sync=false");
  g_object_set(child(pipeline, "source").get(), "location", file.c_str(), nullptr);
  auto sink = child(pipeline, "sink");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  int frames = 0;
  while (GstSample *sample = gst_app_sink_pull_sample(GST_APP_SINK(sink.get()))) {
    gst_sample_unref(sample);
    frames++;
  }
  stop(pipeline);
  return frames;
}

/* Properties that the element itself or its pads define, none of a base class. */
std::vector<GParamSpec *> own_properties(GObjectClass *object_class) {
  guint n;
  GParamSpec **specs = g_object_class_list_properties(object_class, &n);
  std::vector<GParamSpec *> own;
  for (guint i = 0; i < n; i++)
    if (specs[i]->owner_type == G_OBJECT_CLASS_TYPE(object_class))
      own.push_back(specs[i]);
  g_free(specs);
  return own;
}

/* ---- What elements say of themselves --------------------------------------------------------- */

GST_START_TEST(metadata_is_complete) {
  auto element = make(element_names[__i__]);
  for (const char *key : {GST_ELEMENT_METADATA_LONGNAME, GST_ELEMENT_METADATA_KLASS,
                          GST_ELEMENT_METADATA_DESCRIPTION, GST_ELEMENT_METADATA_AUTHOR}) {
    const char *text = gst_element_get_metadata(element.get(), key);
    fail_unless(text && *text, "%s has no %s", element_names[__i__], key);
  }
  const char *kinds[] = {"Source", "Filter", "Sink"};
  const char *klass = gst_element_get_metadata(element.get(), GST_ELEMENT_METADATA_KLASS);
  fail_unless(strstr(klass, kinds[__i__]) && strstr(klass, "Video"), "%s is a %s",
              element_names[__i__], klass);
}
GST_END_TEST

GST_START_TEST(pads_are_as_their_templates_say) {
  auto element = make(element_names[__i__]);
  for (GList *l = gst_element_get_pad_template_list(element.get()); l; l = l->next) {
    auto *templ = GST_PAD_TEMPLATE(l->data);
    CapsPtr caps(gst_pad_template_get_caps(templ));
    fail_if(gst_caps_is_empty(caps.get()) || gst_caps_is_any(caps.get()));
    if (GST_PAD_TEMPLATE_PRESENCE(templ) == GST_PAD_ALWAYS) {
      GstPtr<GstPad> pad(
          gst_element_get_static_pad(element.get(), GST_PAD_TEMPLATE_NAME_TEMPLATE(templ)));
      fail_unless(pad != nullptr, "no pad %s", GST_PAD_TEMPLATE_NAME_TEMPLATE(templ));
      CapsPtr pad_caps(gst_pad_query_caps(pad.get(), nullptr));
      fail_unless(gst_caps_is_subset(pad_caps.get(), caps.get()));
    } else {
      fail_unless_equals_int(GST_PAD_TEMPLATE_PRESENCE(templ), GST_PAD_REQUEST);
      GstPtr<GstPad> pad(gst_element_request_pad(element.get(), templ, nullptr, nullptr));
      fail_unless(pad != nullptr, "no pad by %s", GST_PAD_TEMPLATE_NAME_TEMPLATE(templ));
      fail_unless_equals_int(element->numpads, 1);
      gst_element_release_request_pad(element.get(), pad.get());
      fail_unless_equals_int(element->numpads, 0);
    }
  }
}
GST_END_TEST

void check_description(GParamSpec *spec) {
  const char *name = spec->name, *blurb = g_param_spec_get_blurb(spec),
             *nick = g_param_spec_get_nick(spec);
  fail_unless(blurb && *blurb, "%s has no blurb", name);
  fail_unless(nick && *nick && g_strcmp0(nick, name) != 0, "%s has no nick", name);
  fail_unless(spec->flags & G_PARAM_READABLE, "%s cannot be read", name);
  constexpr int any_mutability =
      GST_PARAM_MUTABLE_READY | GST_PARAM_MUTABLE_PAUSED | GST_PARAM_MUTABLE_PLAYING;
  if (spec->flags & G_PARAM_WRITABLE && !(spec->flags & G_PARAM_CONSTRUCT_ONLY))
    fail_unless(spec->flags & any_mutability, "%s does not say when it may be set", name);
}

GST_START_TEST(properties_are_described) {
  auto element = make(element_names[__i__]);
  auto properties = own_properties(G_OBJECT_GET_CLASS(element.get()));
  fail_if(properties.empty());
  for (GParamSpec *spec : properties)
    check_description(spec);
  for (GList *l = gst_element_get_pad_template_list(element.get()); l; l = l->next) {
    auto *templ = GST_PAD_TEMPLATE(l->data);
    if (GST_PAD_TEMPLATE_PRESENCE(templ) != GST_PAD_REQUEST)
      continue;
    GstPtr<GstPad> pad(gst_element_request_pad(element.get(), templ, nullptr, nullptr));
    for (GParamSpec *spec : own_properties(G_OBJECT_GET_CLASS(pad.get())))
      check_description(spec);
    gst_element_release_request_pad(element.get(), pad.get());
  }
}
GST_END_TEST

/* ---- Properties ---------------------------------------------------------------------------------
 */

class Value {
 public:
  explicit Value(GType type) { g_value_init(&value_, type); }
  Value(const Value &other) {
    g_value_init(&value_, G_VALUE_TYPE(&other.value_));
    g_value_copy(&other.value_, &value_);
  }
  Value &operator=(const Value &) = delete;
  ~Value() { g_value_unset(&value_); }
  GValue *get() { return &value_; }

 private:
  GValue value_ = G_VALUE_INIT;
};

Value text(const char *content) {
  Value value(G_TYPE_STRING);
  g_value_set_string(value.get(), content);
  return value;
}

/* The limits of a property's type, and for text whatever people paste. */
std::vector<Value> values_to_try(GParamSpec *spec) {
  std::vector<Value> values;
  values.emplace_back(spec->value_type);
  g_param_value_set_default(spec, values.back().get());
  auto add = [&](auto set, auto content) {
    Value value(spec->value_type);
    set(value.get(), content);
    values.push_back(value);
  };
  if (G_IS_PARAM_SPEC_INT(spec)) {
    add(g_value_set_int, G_PARAM_SPEC_INT(spec)->minimum);
    add(g_value_set_int, G_PARAM_SPEC_INT(spec)->maximum);
  } else if (G_IS_PARAM_SPEC_INT64(spec)) {
    add(g_value_set_int64, G_PARAM_SPEC_INT64(spec)->minimum);
    add(g_value_set_int64, G_PARAM_SPEC_INT64(spec)->maximum);
  } else if (G_IS_PARAM_SPEC_UINT64(spec)) {
    add(g_value_set_uint64, G_PARAM_SPEC_UINT64(spec)->minimum);
    add(g_value_set_uint64, G_PARAM_SPEC_UINT64(spec)->maximum);
  } else if (G_IS_PARAM_SPEC_BOOLEAN(spec)) {
    add(g_value_set_boolean, TRUE);
    add(g_value_set_boolean, FALSE);
  } else if (G_IS_PARAM_SPEC_ENUM(spec)) {
    const GEnumClass *enum_class = G_PARAM_SPEC_ENUM(spec)->enum_class;
    for (guint i = 0; i < enum_class->n_values; i++)
      add(g_value_set_enum, enum_class->values[i].value);
  } else if (GST_IS_PARAM_SPEC_FRACTION(spec)) {
    const auto *fraction = GST_PARAM_SPEC_FRACTION(spec);
    add([](GValue *v, auto n) { gst_value_set_fraction(v, n.first, n.second); },
        std::pair(fraction->min_num, fraction->min_den));
    add([](GValue *v, auto n) { gst_value_set_fraction(v, n.first, n.second); },
        std::pair(fraction->max_num, fraction->max_den));
  } else if (spec->value_type == GST_TYPE_STRUCTURE) {
    GstStructure *structure =
        gst_structure_new("options", "key", G_TYPE_STRING, "value", "n", G_TYPE_INT, -3, "yes",
                          G_TYPE_BOOLEAN, TRUE, nullptr);
    add(g_value_take_boxed, structure);
    add(g_value_take_boxed, gst_structure_new_empty("empty"));
    add(g_value_take_boxed, static_cast<GstStructure *>(nullptr));
  } else if (spec->value_type == G_TYPE_STRING) {
    values.push_back(text("a"));
    values.push_back(text("%s%n%d [a]b;c,d='e\\' \"f\" \n\t"));
    values.push_back(text("\xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\xac"));
    values.push_back(text(std::string(100000, 'x').c_str()));
  } else if (spec->value_type == G_TYPE_INPUT_STREAM) {
    add(g_value_take_object, g_memory_input_stream_new_from_data("x", 1, nullptr));
    add(g_value_take_object, static_cast<GInputStream *>(nullptr));
  } else if (spec->value_type == G_TYPE_OUTPUT_STREAM) {
    add(g_value_take_object, g_memory_output_stream_new_resizable());
    add(g_value_take_object, static_cast<GOutputStream *>(nullptr));
  } else {
    fail("%s: no values known for a %s", spec->name, g_type_name(spec->value_type));
  }
  return values;
}

bool are_equal(GValue *a, GValue *b) {
  if (G_VALUE_HOLDS_STRING(a))
    return g_strcmp0(g_value_get_string(a), g_value_get_string(b)) == 0;
  if (G_VALUE_HOLDS(a, GST_TYPE_STRUCTURE)) {
    auto *s = static_cast<GstStructure *>(g_value_get_boxed(a)),
         *t = static_cast<GstStructure *>(g_value_get_boxed(b));
    return s && t ? gst_structure_is_equal(s, t) : s == t;
  }
  return gst_value_compare(a, b) == GST_VALUE_EQUAL;
}

std::string contents(Value &value) {
  if (G_VALUE_HOLDS_BOXED(value.get()) && !g_value_get_boxed(value.get()))
    return "NULL";
  CString text(g_strdup_value_contents(value.get()));
  return std::string(text.get()).substr(0, 100);
}

void check_values(GObject *object) {
  for (GParamSpec *spec : own_properties(G_OBJECT_GET_CLASS(object))) {
    Value initial(spec->value_type);
    g_object_get_property(object, spec->name, initial.get());
    if (!(spec->flags & G_PARAM_WRITABLE) || spec->flags & G_PARAM_CONSTRUCT_ONLY)
      continue;
    Value default_value(spec->value_type);
    g_param_value_set_default(spec, default_value.get());
    fail_unless(are_equal(initial.get(), default_value.get()), "%s is not its default", spec->name);
    for (Value &value : values_to_try(spec)) {
      g_object_set_property(object, spec->name, value.get());
      Value back(spec->value_type);
      g_object_get_property(object, spec->name, back.get());
      fail_unless(are_equal(value.get(), back.get()), "%s: %s came back as %s", spec->name,
                  contents(value).c_str(), contents(back).c_str());
    }
    /* The default again, which for text may be spelled NULL. */
    if (spec->value_type == G_TYPE_STRING) {
      g_object_set(object, spec->name, nullptr, nullptr);
      Value back(spec->value_type);
      g_object_get_property(object, spec->name, back.get());
      fail_unless(are_equal(default_value.get(), back.get()), "%s set to NULL is not its default",
                  spec->name);
    }
  }
}

GST_START_TEST(properties_give_back_what_they_were_set_to) {
  auto element = make(element_names[__i__]);
  check_values(G_OBJECT(element.get()));
}
GST_END_TEST

GST_START_TEST(pad_properties_give_back_what_they_were_set_to) {
  auto element = make("containersink");
  for (const char *name : {"video_%u", "video_7"}) {
    GstPtr<GstPad> pad(gst_element_request_pad_simple(element.get(), name));
    fail_unless(pad != nullptr);
    check_values(G_OBJECT(pad.get()));
    gst_element_release_request_pad(element.get(), pad.get());
  }
}
GST_END_TEST

/* ---- States -------------------------------------------------------------------------------------
 */

GST_START_TEST(element_without_settings_survives_any_order_of_states) {
  auto element = make(element_names[__i__]);
  std::mt19937 dice(__i__);
  for (int i = 0; i < 200; i++)
    gst_element_set_state(element.get(), GstState(GST_STATE_NULL + dice() % 4));
  stop(element);
}
GST_END_TEST

/* Each is told apart by the domain of its one error. */
GST_START_TEST(source_without_location_says_so) {
  auto pipeline = launch("containersrc ! fakesink");
  fail_unless_equals_int(gst_element_set_state(pipeline.get(), GST_STATE_PLAYING),
                         GST_STATE_CHANGE_FAILURE);
  Ending ending = wait_for_end(pipeline);
  fail_unless(ending.domain == GST_RESOURCE_ERROR, "%s", ending.message.c_str());
  fail_unless(strstr(ending.message.c_str(), "location") != nullptr, "%s", ending.message.c_str());
  stop(pipeline);
}
GST_END_TEST

GST_START_TEST(sink_without_location_says_so) {
  auto pipeline = launch("videotestsrc num-buffers=3 ! containersink");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  Ending ending = wait_for_end(pipeline);
  fail_if(ending.eos);
  fail_unless(strstr(ending.message.c_str(), "location") != nullptr, "%s", ending.message.c_str());
  stop(pipeline);
}
GST_END_TEST

GstPtr<GstElement> main_job(const ScratchFolder &folder) {
  auto pipeline = launch("containersrc name=source ! graphfilter filter-sequence=hflip ! "
                         "containersink name=sink codec=ffv1");
  g_object_set(child(pipeline, "source").get(), "location", clip().c_str(), nullptr);
  g_object_set(child(pipeline, "sink").get(), "location", folder.file("out.mkv").c_str(), nullptr);
  return pipeline;
}

/* After any order of states, whether each was waited for or not, the whole job still comes right.
 */
GST_START_TEST(pipeline_works_after_a_storm_of_states) {
  ScratchFolder folder;
  auto pipeline = main_job(folder);
  std::mt19937 dice(__i__);
  for (int i = 0; i < 60; i++) {
    gst_element_set_state(pipeline.get(), GstState(GST_STATE_NULL + dice() % 4));
    if (dice() % 2)
      gst_element_get_state(pipeline.get(), nullptr, nullptr, GST_CLOCK_TIME_NONE);
  }
  stop(pipeline);

  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  Ending ending = wait_for_end(pipeline);
  fail_unless(ending.eos, "%s", ending.message.c_str());
  stop(pipeline);
  fail_unless_equals_int(count_frames(folder.file("out.mkv")), clip_frames);
}
GST_END_TEST

GST_START_TEST(pipeline_may_be_stopped_as_soon_as_it_was_started) {
  ScratchFolder folder;
  auto pipeline = main_job(folder);
  for (int i = 0; i < 40; i++) {
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    stop(pipeline);
  }
}
GST_END_TEST

GST_START_TEST(pipeline_may_run_again_and_again) {
  ScratchFolder folder;
  auto pipeline = main_job(folder);
  for (int i = 0; i < 4; i++) {
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    Ending ending = wait_for_end(pipeline);
    fail_unless(ending.eos, "%s", ending.message.c_str());
    gst_element_set_state(pipeline.get(), i % 2 ? GST_STATE_NULL : GST_STATE_READY);
    fail_unless_equals_int(count_frames(folder.file("out.mkv")), clip_frames);
  }
  stop(pipeline);
}
GST_END_TEST

/* ---- Plugging and unplugging
 * ---------------------------------------------------------------------- */

/* Lets a running fakesink or identity count what passes. */
class BufferCounter {
 public:
  explicit BufferCounter(GstPad *pad) {
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count, this, nullptr);
  }
  void wait_for(int more) {
    std::unique_lock lock(mutex_);
    int wanted = seen_ + more;
    changed_.wait(lock, [&] { return seen_ >= wanted; });
  }

 private:
  static GstPadProbeReturn count(GstPad *, GstPadProbeInfo *, gpointer self_pointer) {
    auto *self = static_cast<BufferCounter *>(self_pointer);
    std::lock_guard lock(self->mutex_);
    self->seen_++;
    self->changed_.notify_all();
    return GST_PAD_PROBE_OK;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  int seen_ = 0;
};

GstPtr<GstPad> pad_of(const GstPtr<GstElement> &element, const char *name) {
  return GstPtr<GstPad>(gst_element_get_static_pad(element.get(), name));
}

/* Stops a part of a running pipeline, which must not start it again before it is taken out. */
void retire(const GstPtr<GstElement> &element) {
  gst_element_set_locked_state(element.get(), TRUE);
  stop(element);
}

/* Runs `work` while nothing flows through `pad`. */
void while_blocked(GstPad *pad, std::function<void()> work) {
  struct Job {
    std::function<void()> work;
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
  } job;
  job.work = std::move(work);
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_IDLE,
      [](GstPad *, GstPadProbeInfo *, gpointer data) {
        auto *job = static_cast<Job *>(data);
        job->work();
        std::lock_guard lock(job->mutex);
        job->done = true;
        job->changed.notify_all();
        return GST_PAD_PROBE_REMOVE;
      },
      &job, nullptr);
  std::unique_lock lock(job.mutex);
  job.changed.wait(lock, [&] { return job.done; });
}

GST_START_TEST(filter_may_be_plugged_into_a_running_pipeline_and_taken_out) {
  auto pipeline = launch("videotestsrc ! video/x-raw,width=64,height=48 ! identity name=before ! "
                         "fakesink name=sink");
  auto before = child(pipeline, "before"), sink = child(pipeline, "sink");
  auto exit = pad_of(before, "src"), entry = pad_of(sink, "sink");
  BufferCounter counter(entry.get());
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  for (int i = 0; i < 5; i++) {
    counter.wait_for(5);
    auto filter = make("graphfilter");
    g_object_set(filter.get(), "filter-sequence", i % 2 ? "tmix=frames=3" : "scale=32:24", nullptr);
    while_blocked(exit.get(), [&] {
      gst_element_unlink(before.get(), sink.get());
      gst_bin_add(GST_BIN(pipeline.get()), filter.get());
      fail_unless(gst_element_link_many(before.get(), filter.get(), sink.get(), nullptr));
      fail_unless(gst_element_sync_state_with_parent(filter.get()));
    });
    counter.wait_for(5);
    while_blocked(exit.get(), [&] {
      gst_bin_remove(GST_BIN(pipeline.get()), filter.get());
      stop(filter);
      fail_unless(gst_element_link(before.get(), sink.get()));
    });
  }
  counter.wait_for(5);
  stop(pipeline);
}
GST_END_TEST

GST_START_TEST(source_may_be_plugged_into_a_running_pipeline_and_taken_out) {
  auto pipeline = launch("funnel name=funnel ! fakesink name=sink async=false "
                         "videotestsrc is-live=true ! video/x-raw,width=64,height=48 ! funnel.");
  auto funnel = child(pipeline, "funnel"), sink = child(pipeline, "sink");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  for (int i = 0; i < 10; i++) {
    auto source = make("containersrc");
    g_object_set(source.get(), "location", clip().c_str(), nullptr);
    gst_bin_add(GST_BIN(pipeline.get()), source.get());
    GstPtr<GstPad> entry(gst_element_request_pad_simple(funnel.get(), "sink_%u"));
    auto exit = pad_of(source, "src");
    BufferCounter counter(exit.get());
    fail_unless_equals_int(gst_pad_link(exit.get(), entry.get()), GST_PAD_LINK_OK);
    fail_unless(gst_element_sync_state_with_parent(source.get()));
    if (i % 2)
      counter.wait_for(i);
    retire(source);
    gst_bin_remove(GST_BIN(pipeline.get()), source.get());
    gst_element_release_request_pad(funnel.get(), entry.get());
  }
  GstBus *bus = gst_element_get_bus(pipeline.get());
  GstMessage *error = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  CString said(error ? gst_structure_to_string(gst_message_get_structure(error)) : nullptr);
  fail_unless(error == nullptr, "%s: %s", error ? GST_MESSAGE_SRC_NAME(error) : "", said.get());
  gst_object_unref(bus);
  stop(pipeline);
}
GST_END_TEST

/* Taken out without EOS, each sink still leaves a whole file. */
GST_START_TEST(sink_may_be_plugged_into_a_running_pipeline_and_taken_out) {
  ScratchFolder folder;
  auto pipeline = launch("videotestsrc ! video/x-raw,width=64,height=48 ! tee name=tee ! "
                         "queue max-size-buffers=2 ! fakesink name=sink");
  auto tee = child(pipeline, "tee"), end = child(pipeline, "sink");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  for (int i = 0; i < 4; i++) {
    /* The first sink must have its preroll, else it waits for the new one, whose data it holds up.
     */
    fail_unless_equals_int(
        gst_element_get_state(pipeline.get(), nullptr, nullptr, GST_CLOCK_TIME_NONE),
        GST_STATE_CHANGE_SUCCESS);
    std::string file = folder.file(("part" + std::to_string(i) + ".mkv").c_str());
    auto queue = make("queue"), sink = make("containersink");
    g_object_set(sink.get(), "location", file.c_str(), "codec", "ffv1", nullptr);
    gst_bin_add_many(GST_BIN(pipeline.get()), queue.get(), sink.get(), nullptr);
    fail_unless(gst_element_link(queue.get(), sink.get()));
    auto through = pad_of(queue, "src");
    BufferCounter counter(through.get());
    fail_unless(gst_element_sync_state_with_parent(sink.get()));
    fail_unless(gst_element_sync_state_with_parent(queue.get()));
    GstPtr<GstPad> branch(gst_element_request_pad_simple(tee.get(), "src_%u"));
    auto entry = pad_of(queue, "sink");
    fail_unless_equals_int(gst_pad_link(branch.get(), entry.get()), GST_PAD_LINK_OK);
    counter.wait_for(8);
    while_blocked(branch.get(), [&] { gst_pad_unlink(branch.get(), entry.get()); });
    gst_element_release_request_pad(tee.get(), branch.get());
    retire(queue);
    retire(sink);
    gst_bin_remove_many(GST_BIN(pipeline.get()), queue.get(), sink.get(), nullptr);
    int frames = count_frames(file);
    fail_unless(frames >= 7, "%d frames", frames); /* the eighth may still be on its way */
  }
  stop(pipeline);
}
GST_END_TEST

/* ---- Ends -------------------------------------------------------------------------------------
 */

GST_START_TEST(element_goes_with_its_last_reference) {
  for (GstState state : {GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED}) {
    auto element = make(element_names[__i__]);
    gpointer alive = element.get();
    g_object_add_weak_pointer(G_OBJECT(element.get()), &alive);
    gst_element_set_state(element.get(), state);
    stop(element);
    element.reset();
    fail_unless(alive == nullptr, "someone still holds the %s", element_names[__i__]);
  }
}
GST_END_TEST

GST_START_TEST(elements_go_with_their_pipeline) {
  ScratchFolder folder;
  auto pipeline = main_job(folder);
  auto source = child(pipeline, "source"), sink = child(pipeline, "sink");
  gpointer alive[] = {source.get(), sink.get()};
  for (gpointer &pointer : alive)
    g_object_add_weak_pointer(G_OBJECT(pointer), &pointer);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  fail_unless(wait_for_end(pipeline).eos);
  stop(pipeline);
  source.reset();
  sink.reset();
  pipeline.reset();
  for (gpointer pointer : alive)
    fail_unless(pointer == nullptr);
}
GST_END_TEST

Suite *generic_suite() {
  Suite *suite = suite_create("generic");
  TCase *each = tcase_create("each element");
  tcase_set_timeout(each, 120);
  tcase_add_loop_test(each, metadata_is_complete, 0, n_elements);
  tcase_add_loop_test(each, pads_are_as_their_templates_say, 0, n_elements);
  tcase_add_loop_test(each, properties_are_described, 0, n_elements);
  tcase_add_loop_test(each, properties_give_back_what_they_were_set_to, 0, n_elements);
  tcase_add_loop_test(each, element_without_settings_survives_any_order_of_states, 0, n_elements);
  tcase_add_loop_test(each, element_goes_with_its_last_reference, 0, n_elements);
  suite_add_tcase(suite, each);

  TCase *together = tcase_create("pipelines");
  tcase_set_timeout(together, 240);
  tcase_add_test(together, pad_properties_give_back_what_they_were_set_to);
  tcase_add_test(together, source_without_location_says_so);
  tcase_add_test(together, sink_without_location_says_so);
  tcase_add_loop_test(together, pipeline_works_after_a_storm_of_states, 0, 8);
  tcase_add_test(together, pipeline_may_be_stopped_as_soon_as_it_was_started);
  tcase_add_test(together, pipeline_may_run_again_and_again);
  tcase_add_test(together, filter_may_be_plugged_into_a_running_pipeline_and_taken_out);
  tcase_add_test(together, source_may_be_plugged_into_a_running_pipeline_and_taken_out);
  tcase_add_test(together, sink_may_be_plugged_into_a_running_pipeline_and_taken_out);
  tcase_add_test(together, elements_go_with_their_pipeline);
  suite_add_tcase(suite, together);
  return suite;
}

} // namespace

GST_CHECK_MAIN(generic)
