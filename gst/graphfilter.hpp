/* gst-framewise: graphfilter, as its parts share it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Properties and life are in graphfilter.cpp, what runs in the streaming thread in
 * graphfilter-stream.cpp and graphfilter-caps.cpp, what applications change while it runs in
 * graphfilter-control.cpp.
 */
#pragma once

#include "bufferfilter.hpp"
#include "filtertimeline.hpp"
#include "turnstile.hpp"

#include <gst/base/gstbasetransform.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>

GST_DEBUG_CATEGORY_EXTERN(graphfilter_debug);

namespace framewise {

struct GraphFilterSettings {
  std::string sequence;
  std::string graph;
  FilterGraphOptions options;
  bool post_messages = true;
};

/* Filters that are to take over from those that run. */
struct FilterChange {
  FilterDescription description; /* never empty */
  std::string sequence, graph;   /* the properties that it comes from */
};

/* Of one run, from start() to stop(). The streaming thread's alone, but for what is said. */
struct GraphFilterState {
  FilterGraphOptions options;

  /* Under `filter_turns`: none while everything passes through. */
  std::optional<BufferFilter> filter;
  /* The properties that `filter` comes from. */
  std::string sequence, graph;

  FilterTimeline timeline;
  bool any_time = false;                /* a buffer came since the timeline began */
  bool negotiated = false;              /* `filter` has adopted caps */
  bool error_posted = false;            /* one is enough until something goes right again */
  bool latency_is_old = false;          /* of filters that are gone; the next output tells anew */
  bool past_the_end = false;            /* endless filters have got past the segment's end */
  bool announce = false;                /* filters have taken over, and nobody has heard of it */
  std::deque<GstPtr<GstEvent>> waiting; /* GAPs and segments, for the frames before them */
  unsigned proposed_buffers = 0;        /* to upstream; 0: it never asked */
};

struct GraphFilterPrivate {
  /* Taken in this order where several are, and none while something is pushed or posted. */
  std::mutex change_lock; /* one who changes filters at a time */
  Turnstile filter_turns; /* whoever is at the filters: the streaming thread, between two frames
                             those who send commands */
  std::mutex settings_lock;

  GraphFilterSettings settings;       /* under settings_lock */
  bool running = false;               /* between start() and stop(); under settings_lock */
  bool passes_all = true;             /* while running; under settings_lock */
  std::optional<FilterChange> change; /* for the streaming thread to make; under settings_lock */
  unsigned change_number = 0;         /* of the last that came; under settings_lock */
  FilterGraphOptions run_options;     /* while running; under settings_lock */
  std::optional<VideoParams> input;   /* caps of the sink pad; under settings_lock */
  std::string dump, dot;              /* of the graph negotiated last; under settings_lock */

  std::optional<GraphFilterState> state; /* made and dropped under filter_turns */
  std::atomic<GstClockTime> latency{0};
};

} // namespace framewise

struct GstGraphFilter {
  GstBaseTransform parent;
  framewise::GraphFilterPrivate *priv;
};
struct GstGraphFilterClass {
  GstBaseTransformClass parent_class;
};

inline framewise::GraphFilterPrivate &graph_filter_priv(gpointer self) {
  return *static_cast<GstGraphFilter *>(self)->priv;
}
inline GstBaseTransformClass *graph_filter_base_class() {
  return GST_BASE_TRANSFORM_CLASS(g_type_class_peek(GST_TYPE_BASE_TRANSFORM));
}

/* ---- graphfilter.cpp: errors */

/* Posts `error`, unless one was posted that nothing went right after. */
void graph_filter_post_once(GstBaseTransform *trans, const framewise::Error &error);

/* ---- graphfilter-caps.cpp: what comes in and goes out */

/* What `filter` makes of `caps` that downstream takes, out of `othercaps`. */
framewise::Result<framewise::CapsPtr> graph_filter_choose_output(GstBaseTransform *trans,
                                                                 framewise::BufferFilter &filter,
                                                                 const GstCaps *caps,
                                                                 GstCaps *othercaps);
/* The same, of all that downstream takes; it has been asked whether it does. */
framewise::Result<framewise::CapsPtr> graph_filter_try_output(GstBaseTransform *trans,
                                                              framewise::BufferFilter &filter,
                                                              const GstCaps *caps);
/* Where filters have taken over and the caps are as before, the base class has no reason to set
 * them. */
void graph_filter_adopt_caps_as_they_are(GstBaseTransform *trans);
/* For what went wrong in negotiation outside of these files. */
void graph_filter_post_not_negotiated(GstBaseTransform *trans, const GstCaps *caps);

GstCaps *graph_filter_transform_caps(GstBaseTransform *trans, GstPadDirection direction,
                                     GstCaps *caps, GstCaps *filter);
GstCaps *graph_filter_fixate_caps(GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps,
                                  GstCaps *othercaps);
gboolean graph_filter_set_caps(GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps);
gboolean graph_filter_decide_allocation(GstBaseTransform *trans, GstQuery *query);
gboolean graph_filter_propose_allocation(GstBaseTransform *trans, GstQuery *decide_query,
                                         GstQuery *query);

/* ---- graphfilter-stream.cpp: data flow */

/* Pushes out all that the graph still holds, as the caps and segment now are. */
void graph_filter_drain(GstBaseTransform *trans, framewise::BufferFilter::Drain how);
GstFlowReturn graph_filter_submit_input_buffer(GstBaseTransform *trans, gboolean discont,
                                               GstBuffer *input);
GstFlowReturn graph_filter_generate_output(GstBaseTransform *trans, GstBuffer **output);
gboolean graph_filter_sink_event(GstBaseTransform *trans, GstEvent *event);
gboolean graph_filter_query(GstBaseTransform *trans, GstPadDirection direction, GstQuery *query);

/* ---- graphfilter-control.cpp: changes while it runs */

/* The properties become these texts; NULL: none. While running they are tried first: what is bad is
 * refused with a warning, what is good takes over before the next frame. Any thread. */
gboolean graph_filter_set_filters(GstGraphFilter *self, const char *sequence, const char *graph);
/* One of them only. */
void graph_filter_set_sequence(GstGraphFilter *self, const char *sequence);
void graph_filter_set_graph(GstGraphFilter *self, const char *graph);
/* Whether a change waits to be made. */
bool graph_filter_change_waits(GstBaseTransform *trans);
/* Returns the answer, or NULL with a warning posted. Any thread. */
gchar *graph_filter_send_command(GstGraphFilter *self, const char *target, const char *command,
                                 const char *argument);
/* Makes a change that waits, before the next frame, for which the base class negotiates anew. The
 * streaming thread. */
void graph_filter_make_change(GstBaseTransform *trans);
/* The same where new caps are about to come: nothing is tried on the old ones. */
void graph_filter_make_change_before_caps(GstBaseTransform *trans);
