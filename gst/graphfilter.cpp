/* gst-framewise: the graphfilter element.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-graphfilter
 * @title: graphfilter
 * @short_description: libavfilter's filters in a GStreamer pipeline
 *
 * Runs raw video through the filters of FFmpeg's libavfilter: a chain of them
 * (#GstGraphFilter:filter-sequence), a graph with one way in and one way out
 * (#GstGraphFilter:filter-graph), or the chain and behind it the graph. Both are written as for the
 * `ffmpeg` command, and the frames that come out are those that `ffmpeg` makes. With neither set
 * the element passes everything through.
 *
 * Frames may become more or fewer, may come out later than they went in, and may change in size,
 * format and rate. Nothing is lost on the way: at the end of the stream, before new caps and before
 * a new segment all that is still inside comes out first. Where the graph's output has a format
 * that downstream does not take, it is converted once, inside the graph.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=100 ! graphfilter
 * filter-sequence="rotate=45*PI/180:fillcolor=AliceBlue,scale=512:-2" ! videoconvert !
 * autovideosink
 * ]| Turns the picture and scales it.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=100 ! graphfilter
 * filter-graph="[video_in]split[a][b];[b]hflip[c];[a][c]hstack[video_out]" ! videoconvert !
 * autovideosink
 * ]| Shows the picture beside its mirror image.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=100 ! video/x-raw,framerate=25/1 ! graphfilter
 * filter-sequence="fps=50" ! fakesink silent=false -v
 * ]| Doubles the frame rate: 200 frames come out.
 *
 * Since: 0.1
 */
#include "elements.h"

#include "bufferfilter.hpp"

#include <gst/base/gstbasetransform.h>

#include <atomic>
#include <mutex>

using namespace framewise;

GST_DEBUG_CATEGORY_STATIC(graphfilter_debug);
#define GST_CAT_DEFAULT graphfilter_debug

namespace {

struct Settings {
  std::string sequence;
  std::string graph;
  FilterGraphOptions options;
};

/* Of the streaming thread, from start() to stop(). */
struct State {
  explicit State(BufferFilter &&f) : filter(std::move(f)) {}

  BufferFilter filter;
  bool negotiated = false;
  bool error_posted = false; /* one is enough until something goes right again */
};

struct Private {
  std::mutex settings_mutex;
  Settings settings;
  std::optional<bool> filtering; /* what start() made of the settings; none until then */

  std::optional<State> state; /* none while the element passes everything through */

  std::mutex dump_mutex;
  std::string dump; /* of the graph negotiated last */
  std::atomic<GstClockTime> latency{0};
};

struct GstGraphFilter {
  GstBaseTransform parent;
  Private *priv;
};
struct GstGraphFilterClass {
  GstBaseTransformClass parent_class;
};

enum {
  PROP_0,
  PROP_FILTER_SEQUENCE,
  PROP_FILTER_GRAPH,
  PROP_THREAD_COUNT,
  PROP_AUTO_CONVERT,
  PROP_GRAPH_DUMP
};

G_DEFINE_TYPE_WITH_CODE(GstGraphFilter, gst_graph_filter, GST_TYPE_BASE_TRANSFORM,
                        GST_DEBUG_CATEGORY_INIT(graphfilter_debug, "graphfilter", 0,
                                                "libavfilter graphs"))

GstBaseTransformClass *parent_class() {
  return GST_BASE_TRANSFORM_CLASS(gst_graph_filter_parent_class);
}

Private &priv_of(gpointer self) { return *static_cast<GstGraphFilter *>(self)->priv; }

/* ---- Errors -----------------------------------------------------------------------------------
 */

void post_once(GstBaseTransform *trans, const Error &error) {
  auto &priv = priv_of(trans);
  if (priv.state && priv.state->error_posted)
    return;
  if (priv.state)
    priv.state->error_posted = true;
  error.post(GST_ELEMENT(trans));
}

/* For what went wrong in negotiation outside of this file; not while pads shut down, when anything
 * may fail. */
void post_not_negotiated(GstBaseTransform *trans, const GstCaps *caps) {
  if (GST_PAD_IS_FLUSHING(trans->srcpad) || GST_PAD_IS_FLUSHING(trans->sinkpad))
    return;
  CapsPtr wanted(gst_pad_peer_query_caps(trans->srcpad, nullptr));
  CString have(caps ? gst_caps_to_string(caps) : g_strdup("no caps"));
  CString want(gst_caps_to_string(wanted.get()));
  post_once(trans, Error{GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
                         "Downstream does not take what the filters could make of the input.",
                         format("input: %s; downstream: %s", have.get(), want.get())});
}

/* ---- Time -------------------------------------------------------------------------------------
 */

GstClockTimeDiff to_running_time(const GstSegment &segment, GstClockTime pts) {
  if (!GST_CLOCK_TIME_IS_VALID(pts))
    return GST_CLOCK_STIME_NONE;
  if (segment.format != GST_FORMAT_TIME)
    return GstClockTimeDiff(pts);
  guint64 magnitude;
  int sign = gst_segment_to_running_time_full(&segment, GST_FORMAT_TIME, pts, &magnitude);
  return sign == 0 ? GST_CLOCK_STIME_NONE : sign * GstClockTimeDiff(magnitude);
}

GstClockTime to_position(const GstSegment &segment, GstClockTimeDiff running_time) {
  if (!GST_CLOCK_STIME_IS_VALID(running_time))
    return GST_CLOCK_TIME_NONE;
  if (segment.format != GST_FORMAT_TIME)
    return running_time < 0 ? 0 : GstClockTime(running_time);
  if (running_time >= 0) {
    guint64 magnitude;
    int sign = gst_segment_position_from_running_time_full(&segment, GST_FORMAT_TIME,
                                                           guint64(running_time), &magnitude);
    return sign < 0 ? 0 : sign > 0 ? magnitude : GST_CLOCK_TIME_NONE;
  }
  /* Before the segment begins, where GStreamer has only the way in. */
  double elapsed = double(running_time - GstClockTimeDiff(segment.base)) * ABS(segment.rate);
  double position = segment.rate > 0 ? double(segment.start) + double(segment.offset) + elapsed
                                     : double(segment.stop) - double(segment.offset) - elapsed;
  return position < 0 ? 0 : GstClockTime(position);
}

/* Whether a frame of one segment would have the same running time in the other. */
bool continues(const GstSegment &before, const GstSegment &after) {
  if (before.format != GST_FORMAT_TIME || after.format != GST_FORMAT_TIME ||
      before.rate != after.rate || before.applied_rate != after.applied_rate)
    return false;
  const guint64 probe = after.rate > 0 ? after.start : after.stop;
  if (!GST_CLOCK_TIME_IS_VALID(probe))
    return before.base == after.base && before.offset == after.offset &&
           before.start == after.start && before.stop == after.stop;
  return to_running_time(before, probe) == to_running_time(after, probe);
}

/* ---- Output -----------------------------------------------------------------------------------
 */

void note_latency(GstBaseTransform *trans) {
  auto &priv = priv_of(trans);
  const GstClockTime now = priv.state->filter.latency();
  if (now <= priv.latency.load())
    return;
  priv.latency.store(now);
  GST_DEBUG_OBJECT(trans, "latency is now %" GST_TIME_FORMAT, GST_TIME_ARGS(now));
  gst_element_post_message(GST_ELEMENT(trans), gst_message_new_latency(GST_OBJECT(trans)));
}

/* The next buffer, with its PTS; NULL where none is ready. */
Result<BufferPtr> pull(GstBaseTransform *trans) {
  auto pulled = priv_of(trans).state->filter.pull();
  if (!pulled)
    return Failure(pulled.error());
  if (pulled->buffer) {
    GST_BUFFER_PTS(pulled->buffer.get()) = to_position(trans->segment, pulled->start);
    note_latency(trans);
  }
  return std::move(pulled->buffer);
}

/* Pushes out all that the graph still holds, as the caps and segment now are. */
void drain(GstBaseTransform *trans) {
  auto &state = priv_of(trans).state;
  if (!state)
    return;
  if (auto ok = state->filter.drain(); !ok)
    return post_once(trans, ok.error());
  for (;;) {
    auto buffer = pull(trans);
    if (!buffer)
      return post_once(trans, buffer.error());
    if (!*buffer)
      return;
    GstFlowReturn flow = gst_pad_push(trans->srcpad, buffer->release());
    if (flow != GST_FLOW_OK) {
      GST_DEBUG_OBJECT(trans, "draining ended: %s", gst_flow_get_name(flow));
      return state->filter.discard();
    }
  }
}

/* ---- Negotiation ------------------------------------------------------------------------------
 */

/* The formats of `caps`, and nothing else of them. */
CapsPtr formats_only(const GstCaps *caps) {
  CapsPtr result(gst_caps_new_empty());
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    const GstStructure *s = gst_caps_get_structure(caps, i);
    const GstCapsFeatures *features = gst_caps_get_features(caps, i);
    GstStructure *only = gst_structure_new_empty(gst_structure_get_name(s));
    if (const GValue *format = gst_structure_get_value(s, "format"))
      gst_structure_set_value(only, "format", format);
    gst_caps_append_structure_full(result.get(), only,
                                   features ? gst_caps_features_copy(features) : nullptr);
  }
  return result;
}

bool has_filters(GstBaseTransform *trans) {
  auto &priv = priv_of(trans);
  std::lock_guard lock(priv.settings_mutex);
  return priv.filtering.value_or(!priv.settings.sequence.empty() || !priv.settings.graph.empty());
}

/* Any input may become any output; formats that downstream takes are named first, in the order of
 * the template, for upstream to choose them where it can. */
GstCaps *transform_caps(GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps,
                        GstCaps *filter) {
  CapsPtr result;
  if (!has_filters(trans)) {
    result.reset(gst_caps_ref(caps));
  } else {
    result = template_caps();
    if (direction == GST_PAD_SRC && !gst_caps_is_any(caps)) {
      CapsPtr formats = formats_only(caps);
      GstCaps *first =
          gst_caps_intersect_full(result.get(), formats.get(), GST_CAPS_INTERSECT_FIRST);
      result.reset(gst_caps_merge(first, result.release()));
    }
  }
  if (filter)
    result.reset(gst_caps_intersect_full(filter, result.get(), GST_CAPS_INTERSECT_FIRST));
  return result.release();
}

/* The fields of `have` each of which alone keeps it from meeting `wanted`. */
std::string mismatches(const GstCaps *have, const GstCaps *wanted) {
  std::string text;
  const GstStructure *s = gst_caps_get_structure(have, 0);
  for (int i = 0; i < gst_structure_n_fields(s); i++) {
    const char *name = gst_structure_nth_field_name(s, i);
    CapsPtr without(gst_caps_copy(have));
    gst_structure_remove_field(gst_caps_get_structure(without.get(), 0), name);
    if (!gst_caps_can_intersect(without.get(), wanted))
      continue;
    CString value(gst_value_serialize(gst_structure_get_value(s, name)));
    text += (text.empty() ? "" : ", ") + std::string(name) + "=" + value.get();
  }
  return text;
}

Result<CapsPtr> choose_output(GstBaseTransform *trans, const GstCaps *caps, GstCaps *othercaps) {
  auto input = from_caps(caps);
  if (!input)
    return Failure(input.error());
  const bool constrained = gst_pad_is_linked(trans->srcpad);
  std::vector<AVPixelFormat> formats;
  if (constrained) {
    formats = formats_in_caps(othercaps);
    CString wanted(gst_caps_to_string(othercaps));
    if (formats.empty())
      return fail(GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
                  "Downstream takes no pixel format that the filters can make.", wanted.get());
  }
  auto output = priv_of(trans).state->filter.negotiate(*input, formats);
  if (!output)
    return Failure(output.error());
  CapsPtr made = to_caps(*output);
  if (!constrained)
    return made;

  CapsPtr common(gst_caps_intersect_full(made.get(), othercaps, GST_CAPS_INTERSECT_FIRST));
  if (gst_caps_is_empty(common.get())) {
    std::string fields = mismatches(made.get(), othercaps);
    CString have(gst_caps_to_string(made.get())), want(gst_caps_to_string(othercaps));
    return fail(GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
                format("The filters make %s%s%s, which downstream does not take. Change the "
                       "filters or the caps behind them.",
                       output->describe().c_str(), fields.empty() ? "" : " with ", fields.c_str()),
                format("output: %s; downstream: %s", have.get(), want.get()));
  }
  return CapsPtr(gst_caps_fixate(common.release()));
}

GstCaps *fixate_caps(GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps,
                     GstCaps *othercaps) {
  auto &state = priv_of(trans).state;
  if (direction != GST_PAD_SINK || !state)
    return gst_caps_fixate(othercaps);
  CapsPtr others(othercaps);
  auto output = choose_output(trans, caps, othercaps);
  if (!output) {
    post_once(trans, output.error());
    return gst_caps_new_empty();
  }
  return output->release();
}

gboolean set_caps(GstBaseTransform *trans, GstCaps *, GstCaps *outcaps) {
  auto &priv = priv_of(trans);
  if (!priv.state)
    return TRUE;
  auto output = from_caps(outcaps);
  if (!output) {
    post_once(trans, output.error());
    return FALSE;
  }
  drain(trans);
  priv.state->filter.adopt(*output);
  priv.state->negotiated = true;
  priv.state->error_posted = false;
  std::string dump = priv.state->filter.dump();
  GST_DEBUG_OBJECT(trans, "configured:\n%s", dump.c_str());
  std::lock_guard lock(priv.dump_mutex);
  priv.dump = std::move(dump);
  return TRUE;
}

gboolean decide_allocation(GstBaseTransform *trans, GstQuery *query) {
  auto &state = priv_of(trans).state;
  if (!state)
    return parent_class()->decide_allocation(trans, query);
  bool takes_meta = gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  state->filter.set_downstream(takes_meta ? WithVideoMeta::yes : WithVideoMeta::no);
  /* Frames live in the graph's own memory: a pool of downstream's would lie idle. */
  while (gst_query_get_n_allocation_pools(query) > 0)
    gst_query_remove_nth_allocation_pool(query, 0);
  return TRUE;
}

gboolean propose_allocation(GstBaseTransform *trans, GstQuery *decide_query, GstQuery *query) {
  auto &state = priv_of(trans).state;
  if (!state)
    return parent_class()->propose_allocation(trans, decide_query, query);
  propose_frame_allocation(query, state->filter.lag() + 1);
  return TRUE;
}

/* ---- Data flow --------------------------------------------------------------------------------
 */

GstFlowReturn submit_input_buffer(GstBaseTransform *trans, gboolean discont, GstBuffer *input) {
  auto &state = priv_of(trans).state;
  GstFlowReturn flow = parent_class()->submit_input_buffer(trans, discont, input);
  if (!state || flow != GST_FLOW_OK) {
    if (state && flow == GST_FLOW_NOT_NEGOTIATED) {
      CapsPtr caps(gst_pad_get_current_caps(trans->sinkpad));
      post_not_negotiated(trans, caps.get());
    }
    return flow;
  }
  BufferPtr buffer(std::exchange(trans->queued_buf, nullptr));
  if (!buffer)
    return GST_FLOW_OK;
  if (!state->negotiated)
    return GST_FLOW_NOT_NEGOTIATED;
  if (state->filter.finished())
    return GST_FLOW_EOS;
  GstClockTimeDiff start = to_running_time(trans->segment, GST_BUFFER_PTS(buffer.get()));
  if (auto ok = state->filter.push(std::move(buffer), start); !ok) {
    post_once(trans, ok.error());
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

GstFlowReturn generate_output(GstBaseTransform *trans, GstBuffer **output) {
  auto &state = priv_of(trans).state;
  if (!state)
    return parent_class()->generate_output(trans, output);
  auto buffer = pull(trans);
  if (!buffer) {
    post_once(trans, buffer.error());
    return GST_FLOW_ERROR;
  }
  *output = buffer->release();
  return !*output && state->filter.finished() ? GST_FLOW_EOS : GST_FLOW_OK;
}

/* GstBaseTransform takes an element without this one for a passthrough, and asks for no allocation.
 * Buffers go through submit_input_buffer() and generate_output(). */
GstFlowReturn transform(GstBaseTransform *, GstBuffer *, GstBuffer *) {
  g_return_val_if_reached(GST_FLOW_ERROR);
}

gboolean sink_event(GstBaseTransform *trans, GstEvent *event) {
  auto &state = priv_of(trans).state;
  auto forward = [&] { return parent_class()->sink_event(trans, event); };
  if (!state)
    return forward();

  switch (GST_EVENT_TYPE(event)) {
  case GST_EVENT_CAPS: {
    GstCaps *parsed;
    gst_event_parse_caps(event, &parsed);
    CapsPtr caps(gst_caps_ref(parsed));
    gboolean accepted = forward();
    if (!accepted)
      post_not_negotiated(trans, caps.get());
    return accepted;
  }
  case GST_EVENT_SEGMENT: {
    const GstSegment *segment;
    gst_event_parse_segment(event, &segment);
    if (!trans->have_segment || !continues(trans->segment, *segment))
      drain(trans);
    return forward();
  }
  case GST_EVENT_EOS:
    drain(trans);
    return forward();
  case GST_EVENT_FLUSH_STOP:
    state->filter.discard();
    state->error_posted = false;
    return forward();
  default:
    return forward();
  }
}

gboolean query(GstBaseTransform *trans, GstPadDirection direction, GstQuery *query) {
  gboolean answered = parent_class()->query(trans, direction, query);
  if (answered && direction == GST_PAD_SRC && GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) {
    gboolean live;
    GstClockTime min, max;
    gst_query_parse_latency(query, &live, &min, &max);
    const GstClockTime own = priv_of(trans).latency.load();
    min += own;
    if (GST_CLOCK_TIME_IS_VALID(max))
      max += own;
    gst_query_set_latency(query, live, min, max);
  }
  return answered;
}

/* ---- Life -------------------------------------------------------------------------------------
 */

gboolean start(GstBaseTransform *trans) {
  auto &priv = priv_of(trans);
  Settings settings;
  {
    std::lock_guard lock(priv.settings_mutex);
    settings = priv.settings;
  }
  priv.state.reset();
  priv.latency.store(0);
  auto description = FilterDescription::parse(settings.sequence.c_str(), settings.graph.c_str());
  Result<void> ok;
  if (description)
    ok = FilterGraph::check(*description, settings.options);
  else
    ok = Failure(description.error());
  if (!ok) {
    ok.error().post(GST_ELEMENT(trans));
    return FALSE;
  }
  gst_base_transform_set_passthrough(trans, description->empty());
  {
    std::lock_guard lock(priv.settings_mutex);
    priv.filtering = !description->empty();
  }
  if (!description->empty())
    priv.state.emplace(BufferFilter(std::move(*description), settings.options));
  return TRUE;
}

gboolean stop(GstBaseTransform *trans) {
  auto &priv = priv_of(trans);
  priv.state.reset();
  {
    std::lock_guard lock(priv.settings_mutex);
    priv.filtering.reset();
  }
  std::lock_guard lock(priv.dump_mutex);
  priv.dump.clear();
  return TRUE;
}

void set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec) {
  auto &priv = priv_of(object);
  auto text = [&] {
    const char *string = g_value_get_string(value);
    return std::string(string ? string : "");
  };
  std::lock_guard lock(priv.settings_mutex);
  switch (id) {
  case PROP_FILTER_SEQUENCE:
    priv.settings.sequence = text();
    break;
  case PROP_FILTER_GRAPH:
    priv.settings.graph = text();
    break;
  case PROP_THREAD_COUNT:
    priv.settings.options.threads = g_value_get_int(value);
    break;
  case PROP_AUTO_CONVERT:
    priv.settings.options.auto_convert =
        g_value_get_boolean(value) ? AutoConvert::yes : AutoConvert::no;
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec) {
  auto &priv = priv_of(object);
  auto set_text = [&](const std::string &text) {
    g_value_set_string(value, text.empty() ? nullptr : text.c_str());
  };
  if (id == PROP_GRAPH_DUMP) {
    std::lock_guard lock(priv.dump_mutex);
    return set_text(priv.dump);
  }
  std::lock_guard lock(priv.settings_mutex);
  switch (id) {
  case PROP_FILTER_SEQUENCE:
    return set_text(priv.settings.sequence);
  case PROP_FILTER_GRAPH:
    return set_text(priv.settings.graph);
  case PROP_THREAD_COUNT:
    return g_value_set_int(value, priv.settings.options.threads);
  case PROP_AUTO_CONVERT:
    return g_value_set_boolean(value, priv.settings.options.auto_convert == AutoConvert::yes);
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

void finalize(GObject *object) {
  delete static_cast<GstGraphFilter *>(static_cast<gpointer>(object))->priv;
  G_OBJECT_CLASS(gst_graph_filter_parent_class)->finalize(object);
}

void gst_graph_filter_class_init(GstGraphFilterClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  auto *element_class = GST_ELEMENT_CLASS(klass);
  auto *trans_class = GST_BASE_TRANSFORM_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;

  const auto writable =
      GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  /**
   * GstGraphFilter:filter-sequence:
   *
   * Filters one behind the other, as `ffmpeg -vf` takes them. Runs before
   * #GstGraphFilter:filter-graph. Read when the element goes to PAUSED.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_FILTER_SEQUENCE,
      g_param_spec_string("filter-sequence", "Filter sequence",
                          "Filters one behind the other in FFmpeg's syntax, such as "
                          "\"hflip,scale=512:-2\"; NULL: none",
                          nullptr, writable));
  /**
   * GstGraphFilter:filter-graph:
   *
   * A graph of filters, as `ffmpeg -filter_complex` takes it, whose one open input is
   * `[video_in]` and whose one open output is `[video_out]`. Runs behind
   * #GstGraphFilter:filter-sequence. Read when the element goes to PAUSED.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_FILTER_GRAPH,
      g_param_spec_string("filter-graph", "Filter graph",
                          "A graph from [video_in] to [video_out] in FFmpeg's syntax, such as "
                          "\"[video_in]split[a][b];[b]hflip[c];[a][c]hstack[video_out]\"; NULL: "
                          "none",
                          nullptr, writable));
  /**
   * GstGraphFilter:thread-count:
   *
   * Threads that libavfilter shares the work on one frame among.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_THREAD_COUNT,
      g_param_spec_int("thread-count", "Thread count",
                       "Threads for the filters that can use several; 0: one per core", 0, G_MAXINT,
                       0, writable));
  /**
   * GstGraphFilter:auto-convert:
   *
   * Whether libavfilter puts format conversions between filters that take different formats, and
   * before downstream. Without them such a graph is an error.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_AUTO_CONVERT,
      g_param_spec_boolean("auto-convert", "Auto convert",
                           "Insert pixel format conversions where filters or downstream need them",
                           TRUE, writable));
  /**
   * GstGraphFilter:graph-dump:
   *
   * The configured graph with the format and size of each link, as libavfilter draws it; %NULL
   * before caps are negotiated.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_GRAPH_DUMP,
      g_param_spec_string("graph-dump", "Graph dump",
                          "The configured graph as text; NULL before caps are negotiated", nullptr,
                          GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));

  gst_element_class_set_static_metadata(
      element_class, "FFmpeg filter graph", "Filter/Effect/Converter/Video",
      "Runs video through a sequence or graph of libavfilter's filters",
      "The gst-framewise authors");
  CapsPtr caps = template_caps();
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps.get()));
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps.get()));

  trans_class->passthrough_on_same_caps = FALSE;
  trans_class->transform_ip_on_passthrough = FALSE;
  trans_class->start = GST_DEBUG_FUNCPTR(start);
  trans_class->stop = GST_DEBUG_FUNCPTR(stop);
  trans_class->transform_caps = GST_DEBUG_FUNCPTR(transform_caps);
  trans_class->fixate_caps = GST_DEBUG_FUNCPTR(fixate_caps);
  trans_class->set_caps = GST_DEBUG_FUNCPTR(set_caps);
  trans_class->decide_allocation = GST_DEBUG_FUNCPTR(decide_allocation);
  trans_class->propose_allocation = GST_DEBUG_FUNCPTR(propose_allocation);
  trans_class->submit_input_buffer = GST_DEBUG_FUNCPTR(submit_input_buffer);
  trans_class->generate_output = GST_DEBUG_FUNCPTR(generate_output);
  trans_class->transform = GST_DEBUG_FUNCPTR(transform);
  trans_class->sink_event = GST_DEBUG_FUNCPTR(sink_event);
  trans_class->query = GST_DEBUG_FUNCPTR(query);
}

void gst_graph_filter_init(GstGraphFilter *self) { self->priv = new Private(); }

} // namespace

GST_ELEMENT_REGISTER_DEFINE(graphfilter, "graphfilter", GST_RANK_NONE, gst_graph_filter_get_type())
