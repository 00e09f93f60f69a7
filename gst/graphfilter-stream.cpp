/* gst-framewise: what graphfilter does in its streaming thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "graphfilter.hpp"

#include <algorithm>
#include <cmath>

using namespace framewise;

#define GST_CAT_DEFAULT graphfilter_debug

namespace {

GraphFilterState &state_of(GstBaseTransform *trans) { return *graph_filter_priv(trans).state; }

bool is_filtering(GstBaseTransform *trans) {
  auto &state = graph_filter_priv(trans).state;
  return state && state->filter;
}

void post_element_message(GstBaseTransform *trans, GstStructure *fields) {
  gst_element_post_message(GST_ELEMENT(trans), gst_message_new_element(GST_OBJECT(trans), fields));
}

bool posts_messages(GstBaseTransform *trans) {
  auto &priv = graph_filter_priv(trans);
  std::lock_guard lock(priv.settings_lock);
  return priv.settings.post_messages;
}

/* Where a frame is met when playing gets to it: at its end, backwards. NONE where that is unknown.
 */
GstClockTime near_edge(const GstSegment &segment, GstClockTime pts, GstClockTime duration) {
  const bool from_behind =
      segment.format == GST_FORMAT_TIME && segment.rate < 0 && GST_CLOCK_TIME_IS_VALID(duration);
  return GST_CLOCK_TIME_IS_VALID(pts) && from_behind ? pts + duration : pts;
}

/* The pts of a frame that is met there. */
GstClockTime pts_from_near_edge(const GstSegment &segment, GstClockTime edge,
                                GstClockTime duration) {
  const GstClockTime ahead = near_edge(segment, 0, duration);
  return GST_CLOCK_TIME_IS_VALID(edge) ? edge - std::min(edge, ahead) : edge;
}

/* ---- Output -----------------------------------------------------------------------------------
 */

/* Latency is what has been seen so far; that of filters which are gone holds until those in their
 * place have given something. */
void note_latency(GstBaseTransform *trans) {
  auto &priv = graph_filter_priv(trans);
  auto &state = *priv.state;
  const double speed = std::abs(trans->segment.rate);
  const auto now = GstClockTime(double(state.filter->latency()) / (speed > 0 ? speed : 1));
  const GstClockTime before = priv.latency.load();
  const bool is_new = state.latency_is_old ? now != before : now > before;
  state.latency_is_old = false;
  if (!is_new)
    return;
  priv.latency.store(now);
  GST_DEBUG_OBJECT(trans, "latency is now %" GST_TIME_FORMAT, GST_TIME_ARGS(now));
  gst_element_post_message(GST_ELEMENT(trans), gst_message_new_latency(GST_OBJECT(trans)));
}

/* More frames are on their way than upstream was asked to have buffers for. */
void note_lag(GstBaseTransform *trans) {
  constexpr unsigned most = 64; /* of `reverse` and its like nobody can have enough */
  auto &state = state_of(trans);
  const unsigned wanted = state.filter->lag() + 1;
  if (state.proposed_buffers == 0 || wanted <= state.proposed_buffers || wanted > most)
    return;
  GST_DEBUG_OBJECT(trans, "%u buffers are on their way, of %u proposed", wanted,
                   state.proposed_buffers);
  state.proposed_buffers = 0;
  gst_base_transform_reconfigure_sink(trans);
}

void post_found(GstBaseTransform *trans, GstClockTimeDiff progress, const GstBuffer *buffer,
                const GstStructure *found) {
  const GstSegment &segment = trans->segment;
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  GstStructure *fields = gst_structure_new(
      "graphfilter-metadata", "timestamp", G_TYPE_UINT64, pts, "stream-time", G_TYPE_UINT64,
      gst_segment_to_stream_time(&segment, segment.format, pts), "running-time", G_TYPE_UINT64,
      running_time_at(segment, progress), "duration", G_TYPE_UINT64, GST_BUFFER_DURATION(buffer),
      "metadata", GST_TYPE_STRUCTURE, found, nullptr);
  post_element_message(trans, fields);
}

/* From where to where an event that waits is about, in progress. */
struct Span {
  GstClockTimeDiff start, end;
};

Span span_of(const GstSegment &segment, GstEvent *event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
    const GstSegment *next;
    gst_event_parse_segment(event, &next);
    const GstClockTimeDiff start = progress_at(*next, next->rate > 0 ? next->start : next->stop);
    return {start, start};
  }
  GstClockTime pts, duration;
  gst_event_parse_gap(event, &pts, &duration);
  const GstClockTimeDiff start = progress_at(segment, near_edge(segment, pts, duration));
  return {start, start + (GST_CLOCK_TIME_IS_VALID(duration) ? GstClockTimeDiff(duration) : 0)};
}

/* The events whose time has come: those that the frames have got past, or all at the end (NONE). A
 * gap in which there are frames, as a filter has filled it, is none. */
void push_waiting(GstBaseTransform *trans, GstClockTimeDiff progress) {
  auto &waiting = state_of(trans).waiting;
  const bool all = !GST_CLOCK_STIME_IS_VALID(progress);
  while (!waiting.empty()) {
    const Span span = span_of(trans->segment, waiting.front().get());
    if (!all && span.start > progress)
      return;
    GstPtr<GstEvent> event = std::move(waiting.front());
    waiting.pop_front();
    if (GST_EVENT_TYPE(event.get()) == GST_EVENT_SEGMENT)
      graph_filter_base_class()->sink_event(trans, event.release());
    else if (all || progress >= span.end)
      gst_pad_push_event(trans->srcpad, event.release());
  }
}

/* The filters hold frames that are to come out before the event. */
bool has_to_wait(GstBaseTransform *trans) {
  auto &priv = graph_filter_priv(trans);
  auto &state = *priv.state;
  if (!state.filter)
    return false;
  if (!state.waiting.empty())
    return true;
  std::lock_guard turn(priv.filter_turns);
  return !state.filter->is_empty();
}

/* How far what comes out can be expected to have got. */
GstClockTimeDiff expected_progress(GstBaseTransform *trans) {
  auto &priv = graph_filter_priv(trans);
  auto &state = *priv.state;
  std::lock_guard turn(priv.filter_turns);
  const GstClockTimeDiff end = state.filter->end_of_input();
  return GST_CLOCK_STIME_IS_VALID(end)
             ? state.timeline.to_progress(end) + GstClockTimeDiff(state.filter->latency())
             : GST_CLOCK_STIME_NONE;
}

/* Frames come out in another size or format than before, as one filter has been given to do. */
Result<void> change_output(GstBaseTransform *trans, const VideoParams &changed) {
  CapsPtr caps = to_caps(changed);
  CapsPtr before(gst_pad_get_current_caps(trans->srcpad));
  if (!gst_pad_peer_query_accept_caps(trans->srcpad, caps.get()) ||
      !gst_pad_set_caps(trans->srcpad, caps.get())) {
    CString was(before ? gst_caps_to_string(before.get()) : g_strdup("no caps"));
    return FRAMEWISE_FAIL_STREAM(
        FORMAT,
        format("The filters changed the frames to %s in mid-stream, which downstream does "
               "not take.",
               changed.describe().c_str()),
        was.get());
  }
  auto &priv = graph_filter_priv(trans);
  std::lock_guard turn(priv.filter_turns);
  priv.state->filter->accept(changed);
  return {};
}

Result<BufferFilter::Pulled> pull_from_filters(GstBaseTransform *trans) {
  auto &priv = graph_filter_priv(trans);
  for (;;) {
    Result<BufferFilter::Pulled> pulled = [&] {
      std::lock_guard turn(priv.filter_turns);
      return priv.state->filter->pull();
    }();
    if (!pulled || !pulled->changed)
      return pulled;
    if (auto ok = change_output(trans, *pulled->changed); !ok)
      return Failure(ok.error());
  }
}

/* Nobody shows what comes from there on, and of endless filters nothing else does. */
bool is_past_the_end(const GstSegment &segment, GstClockTime pts) {
  return segment.format == GST_FORMAT_TIME && segment.rate > 0 &&
         GST_CLOCK_TIME_IS_VALID(segment.stop) && GST_CLOCK_TIME_IS_VALID(pts) &&
         pts >= segment.stop;
}

/* The next buffer, with its PTS; NULL where none is ready. */
Result<BufferPtr> pull(GstBaseTransform *trans) {
  auto pulled = pull_from_filters(trans);
  if (!pulled)
    return Failure(pulled.error());
  if (GstBuffer *buffer = pulled->buffer.get()) {
    auto &state = state_of(trans);
    const GstClockTimeDiff progress = state.timeline.come_out(pulled->start);
    GST_BUFFER_PTS(buffer) = pts_from_near_edge(
        trans->segment, position_at(trans->segment, progress), GST_BUFFER_DURATION(buffer));
    if (state.filter->may_never_end() && is_past_the_end(trans->segment, GST_BUFFER_PTS(buffer))) {
      std::lock_guard turn(graph_filter_priv(trans).filter_turns);
      state.filter->discard();
      state.past_the_end = true;
      return BufferPtr();
    }
    note_latency(trans);
    note_lag(trans);
    if (GST_CLOCK_STIME_IS_VALID(progress))
      push_waiting(trans, progress);
    if (pulled->found && posts_messages(trans))
      post_found(trans, progress, buffer, pulled->found);
  }
  return std::move(pulled->buffer);
}

/* ---- Input ------------------------------------------------------------------------------------
 */

void announce(GstBaseTransform *trans, GstClockTime edge) {
  auto &priv = graph_filter_priv(trans);
  auto &state = *priv.state;
  std::string dump;
  {
    std::lock_guard lock(priv.settings_lock);
    dump = priv.dump;
  }
  const GstClockTimeDiff progress = progress_at(trans->segment, edge);
  post_element_message(
      trans, gst_structure_new("graphfilter-reconfigured", "running-time", G_TYPE_UINT64,
                               running_time_at(trans->segment, progress), "graph", G_TYPE_STRING,
                               dump.c_str(), "filter-sequence", G_TYPE_STRING,
                               state.sequence.empty() ? nullptr : state.sequence.c_str(),
                               "filter-graph", G_TYPE_STRING,
                               state.graph.empty() ? nullptr : state.graph.c_str(), nullptr));
  state.announce = false;
}

/* Where the first buffer of a stream says no time, the segment does. */
GstClockTime time_of_first(const GstSegment &segment) {
  return segment.format != GST_FORMAT_TIME ? 0 : segment.rate > 0 ? segment.start : segment.stop;
}

Result<void> push_into_filters(GstBaseTransform *trans, BufferPtr buffer) {
  auto &priv = graph_filter_priv(trans);
  auto &state = *priv.state;
  GstClockTime edge =
      near_edge(trans->segment, GST_BUFFER_PTS(buffer.get()), GST_BUFFER_DURATION(buffer.get()));
  if (!GST_CLOCK_TIME_IS_VALID(edge) && !state.any_time)
    edge = time_of_first(trans->segment);
  state.any_time = true;
  if (state.announce)
    announce(trans, edge);

  std::lock_guard turn(priv.filter_turns);
  if (!state.filter->started())
    state.timeline.begin(trans->segment, edge,
                         state.filter->begins_at_zero() ? FilterTimeline::Origin::zero
                                                        : FilterTimeline::Origin::stream);
  return state.filter->push(std::move(buffer), state.timeline.to_filters(trans->segment, edge));
}

} // namespace

void graph_filter_drain(GstBaseTransform *trans, BufferFilter::Drain how) {
  if (!is_filtering(trans))
    return;
  auto &priv = graph_filter_priv(trans);
  auto &state = *priv.state;
  auto discard = [&] {
    std::lock_guard turn(priv.filter_turns);
    state.filter->discard();
  };
  /* Of filters that never end, downstream has had enough. Others may hold frames of a stream that
   * came after it had. */
  if (state.filter->may_never_end() && gst_pad_get_last_flow_return(trans->srcpad) == GST_FLOW_EOS)
    discard();
  Result<void> ok = [&] {
    std::lock_guard turn(priv.filter_turns);
    return state.filter->drain(how);
  }();
  while (ok) {
    if (how == BufferFilter::Drain::to_the_end && state.filter->may_never_end() &&
        graph_filter_change_waits(trans)) {
      discard(); /* There is no frame before which it could be made. */
      break;
    }
    auto buffer = pull(trans);
    if (!buffer) {
      ok = Failure(buffer.error());
      break;
    }
    if (!*buffer)
      break;
    GstFlowReturn flow = gst_pad_push(trans->srcpad, buffer->release());
    if (flow != GST_FLOW_OK) {
      GST_DEBUG_OBJECT(trans, "draining ended: %s", gst_flow_get_name(flow));
      discard();
      break;
    }
  }
  if (!ok) {
    graph_filter_post_once(trans, ok.error());
    discard();
  }
  push_waiting(trans, GST_CLOCK_STIME_NONE);
}

GstFlowReturn graph_filter_submit_input_buffer(GstBaseTransform *trans, gboolean discont,
                                               GstBuffer *input) {
  auto &state = graph_filter_priv(trans).state;
  if (state && !GST_PAD_IS_FLUSHING(trans->srcpad))
    graph_filter_make_change(trans);
  GstFlowReturn flow = graph_filter_base_class()->submit_input_buffer(trans, discont, input);
  if (!is_filtering(trans) || flow != GST_FLOW_OK) {
    if (is_filtering(trans) && flow == GST_FLOW_NOT_NEGOTIATED) {
      CapsPtr caps(gst_pad_get_current_caps(trans->sinkpad));
      graph_filter_post_not_negotiated(trans, caps.get());
    }
    return flow;
  }
  BufferPtr buffer(std::exchange(trans->queued_buf, nullptr));
  if (!buffer)
    return GST_FLOW_OK;
  if (!state->negotiated)
    graph_filter_adopt_caps_as_they_are(trans);
  if (!state->negotiated)
    return GST_FLOW_NOT_NEGOTIATED;
  if (state->filter->finished() || state->past_the_end)
    return GST_FLOW_EOS;
  if (auto ok = push_into_filters(trans, std::move(buffer)); !ok) {
    graph_filter_post_once(trans, ok.error());
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

GstFlowReturn graph_filter_generate_output(GstBaseTransform *trans, GstBuffer **output) {
  if (!is_filtering(trans))
    return graph_filter_base_class()->generate_output(trans, output);
  /* Of filters that never end, no next frame would ever go in. */
  if (state_of(trans).filter->may_never_end())
    graph_filter_make_change(trans);
  auto buffer = pull(trans);
  if (!buffer) {
    graph_filter_post_once(trans, buffer.error());
    return GST_FLOW_ERROR;
  }
  *output = buffer->release();
  const auto &state = state_of(trans);
  const bool ended = state.filter->finished() || state.past_the_end;
  return !*output && ended ? GST_FLOW_EOS : GST_FLOW_OK;
}

/* ---- Events and queries -----------------------------------------------------------------------
 */

gboolean graph_filter_sink_event(GstBaseTransform *trans, GstEvent *event) {
  auto &priv = graph_filter_priv(trans);
  auto forward = [&] { return graph_filter_base_class()->sink_event(trans, event); };
  if (!priv.state)
    return forward();
  auto &state = *priv.state;

  switch (GST_EVENT_TYPE(event)) {
  case GST_EVENT_CAPS: {
    GstCaps *parsed;
    gst_event_parse_caps(event, &parsed);
    CapsPtr caps(gst_caps_ref(parsed));
    graph_filter_make_change_before_caps(trans);
    if (auto params = from_caps(caps.get())) {
      std::lock_guard lock(priv.settings_lock);
      priv.input = *params;
    }
    gboolean accepted = forward();
    if (!accepted && state.filter)
      graph_filter_post_not_negotiated(trans, caps.get());
    return accepted;
  }
  case GST_EVENT_SEGMENT: {
    const GstSegment *segment;
    gst_event_parse_segment(event, &segment);
    if (trans->have_segment && continues(trans->segment, *segment)) {
      if (!has_to_wait(trans))
        return forward();
      /* Times are the same in both, so frames that come in meanwhile do not mind. */
      state.waiting.emplace_back(event);
      return TRUE;
    }
    graph_filter_drain(trans, BufferFilter::Drain::in_passing);
    if (state.filter) {
      std::lock_guard turn(priv.filter_turns);
      state.filter->discard();
    }
    state.timeline.restart();
    state.any_time = state.past_the_end = false;
    return forward();
  }
  case GST_EVENT_GAP: {
    if (!has_to_wait(trans))
      return forward();
    state.waiting.emplace_back(event);
    /* Filters that drop frames need not give any for long; nobody shall wait for them. */
    const GstClockTimeDiff expected = expected_progress(trans);
    if (GST_CLOCK_STIME_IS_VALID(expected) && span_of(trans->segment, event).start > expected)
      push_waiting(trans, GST_CLOCK_STIME_NONE);
    return TRUE;
  }
  case GST_EVENT_STREAM_START:
  case GST_EVENT_SEGMENT_DONE:
    graph_filter_drain(trans, BufferFilter::Drain::in_passing);
    return forward();
  case GST_EVENT_EOS:
    graph_filter_drain(trans, BufferFilter::Drain::to_the_end);
    return forward();
  case GST_EVENT_FLUSH_STOP: {
    state.waiting.clear();
    state.timeline.restart();
    state.any_time = state.past_the_end = false;
    state.error_posted = false;
    if (state.filter) {
      std::lock_guard turn(priv.filter_turns);
      state.filter->discard();
    }
    return forward();
  }
  default:
    return forward();
  }
}

gboolean graph_filter_query(GstBaseTransform *trans, GstPadDirection direction, GstQuery *query) {
  gboolean answered = graph_filter_base_class()->query(trans, direction, query);
  if (answered && direction == GST_PAD_SRC && GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) {
    gboolean live;
    GstClockTime min, max;
    gst_query_parse_latency(query, &live, &min, &max);
    const GstClockTime own = graph_filter_priv(trans).latency.load();
    min += own;
    if (GST_CLOCK_TIME_IS_VALID(max))
      max += own;
    gst_query_set_latency(query, live, min, max);
  }
  return answered;
}
