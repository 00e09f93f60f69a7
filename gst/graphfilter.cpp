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
 * format and rate. Nothing is lost on the way: at the end of the stream, before new caps, before a
 * new segment and before other filters all that is still inside comes out first. Where the graph's
 * output has a format that downstream does not take, it is converted once, inside the graph.
 *
 * Filters can be changed and given commands while the element runs, see
 * #GstGraphFilter::set-filters and #GstGraphFilter::send-command.
 *
 * The time `t` in expressions is the stream time, so that `enable='between(t,10,20)'` means the
 * same after a seek; with sources (`color`, `movie`) in the graph it counts from the graph's first
 * frame, as the sources do. Filters that never end by themselves (a source without `shortest=1`
 * behind it, `loop=-1`) go on after EOS, as they do in `ffmpeg`.
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
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=100 ! graphfilter
 * filter-sequence='[["signalstats", null], ["hue", {"h": 90, "enable": "gte(t,1)"}]]' ! fakesink
 * ]| The same in JSON; posts statistics of each frame.
 *
 * Since: 0.1
 */
#include "graphfilter.hpp"

#include "elements.h"
#include "filtermeta.h"

using namespace framewise;

GST_DEBUG_CATEGORY(graphfilter_debug);
#define GST_CAT_DEFAULT graphfilter_debug

namespace {

enum {
  PROP_0,
  PROP_FILTER_SEQUENCE,
  PROP_FILTER_GRAPH,
  PROP_THREAD_COUNT,
  PROP_AUTO_CONVERT,
  PROP_POST_MESSAGES,
  PROP_GRAPH_DUMP,
  PROP_GRAPH_DOT
};

G_DEFINE_TYPE_WITH_CODE(GstGraphFilter, gst_graph_filter, GST_TYPE_BASE_TRANSFORM,
                        GST_DEBUG_CATEGORY_INIT(graphfilter_debug, "graphfilter", 0,
                                                "libavfilter graphs"))

/* GstBaseTransform takes an element without this one for a passthrough, and asks for no allocation.
 * Buffers go through submit_input_buffer() and generate_output(). */
GstFlowReturn transform(GstBaseTransform *, GstBuffer *, GstBuffer *) {
  g_return_val_if_reached(GST_FLOW_ERROR);
}

/* ---- Life -------------------------------------------------------------------------------------
 */

gboolean start(GstBaseTransform *trans) {
  auto &priv = graph_filter_priv(trans);
  GraphFilterState state;
  /* Whoever sets filters meanwhile finds the element running. */
  std::unique_lock one_at_a_time(priv.change_lock);
  {
    std::lock_guard lock(priv.settings_lock);
    state.options = priv.settings.options;
    state.sequence = priv.settings.sequence;
    state.graph = priv.settings.graph;
  }
  priv.latency.store(0);
  auto description = FilterDescription::parse(state.sequence.c_str(), state.graph.c_str());
  Result<void> ok;
  if (description)
    ok = FilterGraph::check(*description, state.options);
  else
    ok = Failure(description.error());
  if (!ok) {
    one_at_a_time.unlock();
    ok.error().post(GST_ELEMENT(trans));
    return FALSE;
  }
  const bool passes_all = description->empty();
  if (!passes_all)
    state.filter.emplace(std::move(*description), state.options);
  gst_base_transform_set_passthrough(trans, passes_all);
  const FilterGraphOptions options = state.options;
  {
    std::lock_guard turn(priv.filter_turns);
    priv.state.emplace(std::move(state));
  }
  std::lock_guard lock(priv.settings_lock);
  priv.run_options = options;
  priv.running = true;
  priv.passes_all = passes_all;
  return TRUE;
}

gboolean stop(GstBaseTransform *trans) {
  auto &priv = graph_filter_priv(trans);
  {
    std::lock_guard lock(priv.settings_lock);
    priv.running = false;
    priv.change.reset();
    priv.input.reset();
    priv.dump.clear();
    priv.dot.clear();
  }
  std::lock_guard turn(priv.filter_turns);
  priv.state.reset();
  return TRUE;
}

/* ---- Properties and signals -------------------------------------------------------------------
 */

gboolean set_filters(GstGraphFilter *self, const char *sequence, const char *graph) {
  gboolean taken = graph_filter_set_filters(self, sequence, graph);
  if (taken) {
    g_object_notify(G_OBJECT(self), "filter-sequence");
    g_object_notify(G_OBJECT(self), "filter-graph");
  }
  return taken;
}

gchar *send_command(GstGraphFilter *self, const char *target, const char *command,
                    const char *argument) {
  return graph_filter_send_command(self, target, command, argument);
}

void set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec) {
  auto *self = reinterpret_cast<GstGraphFilter *>(object);
  auto &priv = graph_filter_priv(object);
  /* These take the lock by themselves. */
  if (id == PROP_FILTER_SEQUENCE) {
    graph_filter_set_sequence(self, g_value_get_string(value));
    return;
  }
  if (id == PROP_FILTER_GRAPH) {
    graph_filter_set_graph(self, g_value_get_string(value));
    return;
  }
  std::lock_guard lock(priv.settings_lock);
  switch (id) {
  case PROP_THREAD_COUNT:
    priv.settings.options.threads = g_value_get_int(value);
    break;
  case PROP_AUTO_CONVERT:
    priv.settings.options.auto_convert =
        g_value_get_boolean(value) ? AutoConvert::yes : AutoConvert::no;
    break;
  case PROP_POST_MESSAGES:
    priv.settings.post_messages = g_value_get_boolean(value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

/* Of the running graph, with what commands have set; empty where none runs. */
std::string describe_running(GraphFilterPrivate &priv,
                             std::string (BufferFilter::*describe)() const) {
  std::lock_guard turn(priv.filter_turns);
  return priv.state && priv.state->filter ? ((*priv.state->filter).*describe)() : "";
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec) {
  auto &priv = graph_filter_priv(object);
  auto set_text = [&](const std::string &text) {
    g_value_set_string(value, text.empty() ? nullptr : text.c_str());
  };
  std::string running;
  if (id == PROP_GRAPH_DUMP)
    running = describe_running(priv, &BufferFilter::dump);
  if (id == PROP_GRAPH_DOT)
    running = describe_running(priv, &BufferFilter::dot);
  std::lock_guard lock(priv.settings_lock);
  switch (id) {
  case PROP_FILTER_SEQUENCE:
    return set_text(priv.settings.sequence);
  case PROP_FILTER_GRAPH:
    return set_text(priv.settings.graph);
  case PROP_THREAD_COUNT:
    return g_value_set_int(value, priv.settings.options.threads);
  case PROP_AUTO_CONVERT:
    return g_value_set_boolean(value, priv.settings.options.auto_convert == AutoConvert::yes);
  case PROP_POST_MESSAGES:
    return g_value_set_boolean(value, priv.settings.post_messages);
  case PROP_GRAPH_DUMP:
    return set_text(running.empty() ? priv.dump : running);
  case PROP_GRAPH_DOT:
    return set_text(running.empty() ? priv.dot : running);
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

  gst_framewise_filter_meta_get_info();
  const auto readwrite = GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  const auto writable = GParamFlags(readwrite | GST_PARAM_MUTABLE_READY);
  const auto changeable = GParamFlags(readwrite | GST_PARAM_MUTABLE_PLAYING);
  const auto readable = GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * GstGraphFilter:filter-sequence:
   *
   * Filters one behind the other: as `ffmpeg -vf` takes them, or as JSON, a list of
   * `["name", "arguments"]` and `["name", {"option": value}]`. Runs before
   * #GstGraphFilter:filter-graph.
   *
   * Set in NULL or READY, bad filters fail the change to PAUSED. Set later, they are refused with a
   * WARNING message, and the filters stay as they were; good ones take over before the next frame,
   * after the filters before them have given all that they hold. To change both properties at once
   * there is #GstGraphFilter::set-filters.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_FILTER_SEQUENCE,
      g_param_spec_string("filter-sequence", "Filter sequence",
                          "Filters one behind the other in FFmpeg's syntax, such as "
                          "\"hflip,scale=512:-2\", or as JSON, such as "
                          "[[\"hflip\", \"\"], [\"scale\", {\"w\": 512, \"h\": -2}]]; NULL: none",
                          nullptr, changeable));
  /**
   * GstGraphFilter:filter-graph:
   *
   * A graph of filters, as `ffmpeg -filter_complex` takes it, whose one open input is
   * `[video_in]` and whose one open output is `[video_out]`; or as JSON, `[nodes, edges]`, with
   * nodes `{"id": ["name", "arguments"]}` and edges `["from", "to", output, input]` that begin with
   * one from `video_in` and end with one to `video_out`. Runs behind
   * #GstGraphFilter:filter-sequence, and can be changed as that can.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_FILTER_GRAPH,
      g_param_spec_string("filter-graph", "Filter graph",
                          "A graph from [video_in] to [video_out] in FFmpeg's syntax, such as "
                          "\"[video_in]split[a][b];[b]hflip[c];[a][c]hstack[video_out]\", or as "
                          "JSON: [nodes, edges]; NULL: none",
                          nullptr, changeable));
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
   * GstGraphFilter:post-messages:
   *
   * Whether what filters find out about frames (`lavfi.*` metadata of `cropdetect`, `signalstats`,
   * `blackdetect` and others) is posted, besides being on the buffer as
   * #GST_FRAMEWISE_FILTER_META_NAME. The element message `graphfilter-metadata` has `timestamp`,
   * `stream-time`, `running-time` and `duration` of the frame (#guint64, ns) and the structure
   * `metadata`. It comes before the frame is pushed, where a frame has items that it did not come
   * with.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_POST_MESSAGES,
      g_param_spec_boolean("post-messages", "Post messages",
                           "Post an element message for each frame that filters found out "
                           "something about",
                           TRUE, changeable));
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
                          readable));
  /**
   * GstGraphFilter:graph-dot:
   *
   * The configured graph in Graphviz's language, with format, size and rate of each link; %NULL
   * before caps are negotiated. Where `GST_DEBUG_DUMP_DOT_DIR` names a folder, it is written there
   * as well, whenever the graph is configured, as `TIME-ELEMENT.filters.dot`.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_GRAPH_DOT,
      g_param_spec_string("graph-dot", "Graph for Graphviz",
                          "The configured graph in Graphviz's language; NULL before caps are "
                          "negotiated",
                          nullptr, readable));

  /**
   * GstGraphFilter::set-filters:
   * @object: the element
   * @sequence: (nullable): #GstGraphFilter:filter-sequence, %NULL: none
   * @graph: (nullable): #GstGraphFilter:filter-graph, %NULL: none
   *
   * Sets both properties at once. While the element runs, the filters are tried first; good ones
   * take over before the next frame, after those before them have given all that they hold, so that
   * no frame gets lost or comes twice. The element message `graphfilter-reconfigured` then says so:
   * `running-time` (#guint64, ns) of the first frame that goes into them, `graph` (as
   * #GstGraphFilter:graph-dump), `filter-sequence` and `filter-graph`. Any thread.
   *
   * Returns: %FALSE where they are bad: a WARNING message says why, and the filters stay as they
   *   were. Filters that downstream turns out not to go with are refused so later on.
   *
   * Since: 0.1
   */
  g_signal_new_class_handler("set-filters", G_TYPE_FROM_CLASS(klass),
                             GSignalFlags(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
                             G_CALLBACK(set_filters), nullptr, nullptr, nullptr, G_TYPE_BOOLEAN, 2,
                             G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GstGraphFilter::send-command:
   * @object: the element
   * @target: which filters: a filter's name, its id, `name@id`, or `all`
   * @command: mostly an option, one that `ffmpeg -h filter=NAME` marks with a T
   * @argument: its new value
   *
   * Gives a command to filters that run, as FFmpeg's `sendcmd` does. It is done before this
   * returns, between two frames: frames that have not gone in yet are filtered with it, whether any
   * are coming or not. The new value stays through seeks and new caps, until filters are set or the
   * element goes to READY. A command that changes the size of frames (`w` and `h` of `scale` and
   * `crop`) is done as #GstGraphFilter::set-filters is, before the next frame. Any thread.
   *
   * Returns: (transfer full) (nullable): what the filters answer, mostly an empty string; %NULL
   *   where the command could not be done, and a WARNING message says why
   *
   * Since: 0.1
   */
  g_signal_new_class_handler("send-command", G_TYPE_FROM_CLASS(klass),
                             GSignalFlags(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
                             G_CALLBACK(send_command), nullptr, nullptr, nullptr, G_TYPE_STRING, 3,
                             G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);

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
  trans_class->transform_caps = GST_DEBUG_FUNCPTR(graph_filter_transform_caps);
  trans_class->fixate_caps = GST_DEBUG_FUNCPTR(graph_filter_fixate_caps);
  trans_class->set_caps = GST_DEBUG_FUNCPTR(graph_filter_set_caps);
  trans_class->decide_allocation = GST_DEBUG_FUNCPTR(graph_filter_decide_allocation);
  trans_class->propose_allocation = GST_DEBUG_FUNCPTR(graph_filter_propose_allocation);
  trans_class->submit_input_buffer = GST_DEBUG_FUNCPTR(graph_filter_submit_input_buffer);
  trans_class->generate_output = GST_DEBUG_FUNCPTR(graph_filter_generate_output);
  trans_class->transform = GST_DEBUG_FUNCPTR(transform);
  trans_class->sink_event = GST_DEBUG_FUNCPTR(graph_filter_sink_event);
  trans_class->query = GST_DEBUG_FUNCPTR(graph_filter_query);
}

void gst_graph_filter_init(GstGraphFilter *self) { self->priv = new GraphFilterPrivate(); }

} // namespace

void graph_filter_post_once(GstBaseTransform *trans, const Error &error) {
  auto &state = graph_filter_priv(trans).state;
  if (state && std::exchange(state->error_posted, true))
    return;
  error.post(GST_ELEMENT(trans));
}

GST_ELEMENT_REGISTER_DEFINE(graphfilter, "graphfilter", GST_RANK_NONE, gst_graph_filter_get_type())
