/* gst-framewise: what comes into graphfilter and what goes out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "graphfilter.hpp"

#include <bit>

using namespace framewise;

#define GST_CAT_DEFAULT graphfilter_debug

namespace {

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

bool passes_all(GstBaseTransform *trans) {
  auto &priv = graph_filter_priv(trans);
  std::lock_guard lock(priv.settings_lock);
  return priv.running ? priv.passes_all
                      : priv.settings.sequence.empty() && priv.settings.graph.empty();
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

/* Beside the dumps of the pipeline, where those are asked for. */
void write_dot(GstBaseTransform *trans, const std::string &dot) {
  const char *folder = g_getenv("GST_DEBUG_DUMP_DOT_DIR");
  if (!folder || !*folder)
    return;
  /* Named as GStreamer's own are, by the time since the start; as near to it as can be known. */
  static const GstClockTime start = gst_util_get_timestamp();
  CString file(g_strdup_printf("%u.%02u.%02u.%09u-%s.filters.dot",
                               GST_TIME_ARGS(gst_util_get_timestamp() - start),
                               GST_OBJECT_NAME(trans)));
  CString path(g_build_filename(folder, file.get(), nullptr));
  GError *error = nullptr;
  if (!g_file_set_contents(path.get(), dot.c_str(), gssize(dot.size()), &error)) {
    GST_WARNING_OBJECT(trans, "%s", error->message);
    g_error_free(error);
  }
}

void publish_graph(GstBaseTransform *trans) {
  auto &priv = graph_filter_priv(trans);
  std::string dump, dot;
  {
    std::lock_guard turn(priv.filter_turns);
    dump = priv.state->filter->dump();
    dot = priv.state->filter->dot();
  }
  GST_DEBUG_OBJECT(trans, "configured:\n%s", dump.c_str());
  write_dot(trans, dot);
  std::lock_guard lock(priv.settings_lock);
  priv.dump = std::move(dump);
  priv.dot = std::move(dot);
}

/* From now on frames come out as negotiated, with caps of `output`. */
void adopt(GstBaseTransform *trans, const VideoParams &output) {
  auto &priv = graph_filter_priv(trans);
  auto &state = *priv.state;
  {
    std::lock_guard turn(priv.filter_turns);
    state.filter->adopt(output);
  }
  state.timeline.hand_over();
  state.negotiated = true;
  state.error_posted = false;
  publish_graph(trans);
}

} // namespace

Result<CapsPtr> graph_filter_choose_output(GstBaseTransform *trans, BufferFilter &filter,
                                           const GstCaps *caps, GstCaps *othercaps) {
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
  auto &priv = graph_filter_priv(trans);
  const bool runs = priv.state->filter && &filter == &*priv.state->filter;
  auto output = [&] {
    std::unique_lock turn(priv.filter_turns, std::defer_lock);
    if (runs) /* else nobody else has it */
      turn.lock();
    return filter.negotiate(*input, formats);
  }();
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

Result<CapsPtr> graph_filter_try_output(GstBaseTransform *trans, BufferFilter &filter,
                                        const GstCaps *caps) {
  CapsPtr any = template_caps();
  CapsPtr others(gst_pad_peer_query_caps(trans->srcpad, any.get()));
  if (gst_caps_is_any(others.get()))
    others = std::move(any);
  auto output = graph_filter_choose_output(trans, filter, caps, others.get());
  if (output && gst_pad_is_linked(trans->srcpad) &&
      !gst_pad_peer_query_accept_caps(trans->srcpad, output->get())) {
    CString made(gst_caps_to_string(output->get()));
    return fail(GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
                "Downstream does not take what the filters make.", made.get());
  }
  return output;
}

void graph_filter_post_not_negotiated(GstBaseTransform *trans, const GstCaps *caps) {
  /* not while pads shut down, when anything may fail */
  if (GST_PAD_IS_FLUSHING(trans->srcpad) || GST_PAD_IS_FLUSHING(trans->sinkpad))
    return;
  CapsPtr wanted(gst_pad_peer_query_caps(trans->srcpad, nullptr));
  CString have(caps ? gst_caps_to_string(caps) : g_strdup("no caps"));
  CString want(gst_caps_to_string(wanted.get()));
  graph_filter_post_once(trans,
                         Error{GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
                               "Downstream does not take what the filters could make of the input.",
                               format("input: %s; downstream: %s", have.get(), want.get())});
}

/* Any input may become any output; formats that downstream takes are named first, in the order of
 * the template, for upstream to choose them where it can. */
GstCaps *graph_filter_transform_caps(GstBaseTransform *trans, GstPadDirection direction,
                                     GstCaps *caps, GstCaps *filter) {
  CapsPtr result;
  if (passes_all(trans)) {
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

GstCaps *graph_filter_fixate_caps(GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps,
                                  GstCaps *othercaps) {
  auto &state = graph_filter_priv(trans).state;
  if (direction != GST_PAD_SINK || !state || !state->filter)
    return gst_caps_fixate(othercaps);
  CapsPtr others(othercaps);
  auto output = graph_filter_choose_output(trans, *state->filter, caps, othercaps);
  if (!output) {
    graph_filter_post_once(trans, output.error());
    return gst_caps_new_empty();
  }
  return output->release();
}

gboolean graph_filter_set_caps(GstBaseTransform *trans, GstCaps *, GstCaps *outcaps) {
  auto &state = graph_filter_priv(trans).state;
  if (!state || !state->filter)
    return TRUE;
  auto output = from_caps(outcaps);
  if (!output) {
    graph_filter_post_once(trans, output.error());
    return FALSE;
  }
  graph_filter_drain(trans, BufferFilter::Drain::in_passing);
  adopt(trans, *output);
  return TRUE;
}

void graph_filter_adopt_caps_as_they_are(GstBaseTransform *trans) {
  CapsPtr output(gst_pad_get_current_caps(trans->srcpad));
  if (!output)
    return;
  if (auto params = from_caps(output.get()))
    adopt(trans, *params);
}

gboolean graph_filter_decide_allocation(GstBaseTransform *trans, GstQuery *query) {
  auto &priv = graph_filter_priv(trans);
  if (!priv.state || !priv.state->filter)
    return graph_filter_base_class()->decide_allocation(trans, query);
  bool takes_meta = gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  {
    std::lock_guard turn(priv.filter_turns);
    priv.state->filter->set_downstream(takes_meta ? WithVideoMeta::yes : WithVideoMeta::no);
  }
  /* Frames live in the graph's own memory: a pool of downstream's would lie idle. */
  while (gst_query_get_n_allocation_pools(query) > 0)
    gst_query_remove_nth_allocation_pool(query, 0);
  return TRUE;
}

gboolean graph_filter_propose_allocation(GstBaseTransform *trans, GstQuery *decide_query,
                                         GstQuery *query) {
  auto &state = graph_filter_priv(trans).state;
  if (!state || !state->filter)
    return graph_filter_base_class()->propose_allocation(trans, decide_query, query);
  /* With some room, so that a lag that grows asks for a new proposal now and then only. */
  state->proposed_buffers = std::bit_ceil(state->filter->lag() + 1);
  propose_frame_allocation(query, state->proposed_buffers);
  return TRUE;
}
