/* gst-framewise: what applications change while graphfilter runs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whoever sets filters tries them on a graph of its own and leaves them as a change to be made; the
 * streaming thread makes it before the next frame, once downstream agrees too. Commands go straight
 * to the filters.
 */
#include "graphfilter.hpp"

using namespace framewise;

#define GST_CAT_DEFAULT graphfilter_debug

namespace {

std::string text_or_empty(const char *text) { return text ? text : ""; }

void notify_filters(GObject *object) {
  g_object_notify(object, "filter-sequence");
  g_object_notify(object, "filter-graph");
}

/* The input stays what it is, so upstream need not know; buffers that it has padded for us would
 * not suit everyone downstream. */
FilterDescription pass_all_through_filters() {
  FilterDescription description;
  description.sequence = parse_filter_text("null").value();
  return description;
}

/* Whether the filters can be made, and configured for what comes in. */
Result<void> try_filters(const FilterDescription &description,
                         const std::optional<VideoParams> &input,
                         const FilterGraphOptions &options) {
  if (!input)
    return FilterGraph::check(description, options);
  const AVRational rate = input->framerate;
  FilterGraphOptions few_threads = options;
  few_threads.threads = 1;
  auto graph = FilterGraph::create(
      description, {*input, rate.num > 0 ? av_inv_q(rate) : gst_time_base}, {}, few_threads);
  if (!graph)
    return Failure(graph.error());
  return {};
}

void warn(gpointer element, Error error, const char *consequence) {
  error.message += consequence;
  error.post_warning(GST_ELEMENT(element));
}

constexpr const char *filters_stay = " The filters stay as they were.";

/* Downstream does not take what the new filters make: the properties are again those of the filters
 * that run. */
void refuse(GstBaseTransform *trans, const FilterChange &change, const Error &error) {
  auto &priv = graph_filter_priv(trans);
  {
    std::lock_guard lock(priv.settings_lock);
    if (priv.settings.sequence == change.sequence && priv.settings.graph == change.graph) {
      priv.settings.sequence = priv.state->sequence;
      priv.settings.graph = priv.state->graph;
    }
  }
  notify_filters(G_OBJECT(trans));
  warn(trans, error, filters_stay);
}

/* `next` takes over; what was before is drained. */
void install(GstBaseTransform *trans, BufferFilter next, const FilterChange &change) {
  auto &priv = graph_filter_priv(trans);
  auto &state = *priv.state;
  {
    std::lock_guard turn(priv.filter_turns);
    if (state.filter)
      next.follow(*state.filter);
    state.filter = std::move(next);
    state.sequence = change.sequence;
    state.graph = change.graph;
  }
  state.timeline.hand_over();
  state.latency_is_old = true;
  state.announce = true;
  state.negotiated = false;
  state.error_posted = false;
  state.past_the_end = false;
  bool passed_all;
  {
    std::lock_guard lock(priv.settings_lock);
    passed_all = std::exchange(priv.passes_all, false);
  }
  if (passed_all) {
    gst_base_transform_set_passthrough(trans, FALSE);
    gst_base_transform_reconfigure_sink(trans); /* for our own allocation query */
  }
}

struct NumberedChange {
  FilterChange change;
  unsigned number;
};

/* It goes on waiting while it is being made, so that whoever comes meanwhile knows of it. */
std::optional<NumberedChange> waiting_change(GraphFilterPrivate &priv) {
  std::lock_guard lock(priv.settings_lock);
  if (!priv.change)
    return std::nullopt;
  return NumberedChange{*priv.change, priv.change_number};
}

/* Made or refused; unless another has come meanwhile, which is made next. */
void finish_change(GraphFilterPrivate &priv, unsigned number) {
  std::lock_guard lock(priv.settings_lock);
  if (priv.change_number == number)
    priv.change.reset();
}

/* settings_lock is held. */
void leave_change(GraphFilterPrivate &priv, FilterChange change) {
  if (!priv.running)
    return;
  priv.change = std::move(change);
  priv.change_number++;
}

} // namespace

bool graph_filter_change_waits(GstBaseTransform *trans) {
  auto &priv = graph_filter_priv(trans);
  std::lock_guard lock(priv.settings_lock);
  return priv.change.has_value();
}

void graph_filter_make_change(GstBaseTransform *trans) {
  auto &priv = graph_filter_priv(trans);
  auto waiting = waiting_change(priv);
  if (!waiting)
    return;
  const FilterChange &change = waiting->change;
  BufferFilter next(change.description, priv.state->options);
  CapsPtr caps(gst_pad_get_current_caps(trans->sinkpad));
  if (caps)
    if (auto output = graph_filter_try_output(trans, next, caps.get()); !output) {
      if (GST_PAD_IS_FLUSHING(trans->srcpad)) /* Anything may fail now. */
        return;
      finish_change(priv, waiting->number);
      return refuse(trans, change, output.error());
    }
  graph_filter_drain(trans, BufferFilter::Drain::in_passing);
  if (GST_PAD_IS_FLUSHING(trans->srcpad)) /* Nothing can be negotiated. */
    return;
  install(trans, std::move(next), change);
  finish_change(priv, waiting->number);
  gst_base_transform_reconfigure_src(trans); /* with the graph that was just tried */
}

void graph_filter_make_change_before_caps(GstBaseTransform *trans) {
  auto &priv = graph_filter_priv(trans);
  auto waiting = waiting_change(priv);
  if (!waiting)
    return;
  graph_filter_drain(trans, BufferFilter::Drain::in_passing);
  install(trans, BufferFilter(waiting->change.description, priv.state->options), waiting->change);
  finish_change(priv, waiting->number);
}

/* NULL: as it is. */
static Result<void> change_filters(GstGraphFilter *self, const std::string *sequence,
                                   const std::string *graph) {
  auto &priv = graph_filter_priv(self);
  std::lock_guard one_at_a_time(priv.change_lock);
  FilterChange change;
  FilterGraphOptions options;
  std::optional<VideoParams> input;
  bool passes_all;
  {
    std::lock_guard lock(priv.settings_lock);
    change.sequence = sequence ? *sequence : priv.settings.sequence;
    change.graph = graph ? *graph : priv.settings.graph;
    if (!priv.running) {
      /* start() looks at them. */
      priv.settings.sequence = std::move(change.sequence);
      priv.settings.graph = std::move(change.graph);
      return {};
    }
    options = priv.run_options;
    input = priv.input;
    passes_all = priv.passes_all && !priv.change;
  }

  auto description = FilterDescription::parse(change.sequence.c_str(), change.graph.c_str());
  if (!description)
    return Failure(description.error());
  if (description->empty()) {
    if (passes_all)
      return {};
    description = pass_all_through_filters();
  }
  /* Files that filters write are opened when they are, and not before. */
  if (!writes_files(*description))
    if (auto ok = try_filters(*description, input, options); !ok)
      return ok;
  change.description = std::move(*description);

  std::lock_guard lock(priv.settings_lock);
  priv.settings.sequence = change.sequence;
  priv.settings.graph = change.graph;
  leave_change(priv, std::move(change));
  return {};
}

static gboolean change_or_warn(GstGraphFilter *self, const std::string *sequence,
                               const std::string *graph) {
  auto ok = change_filters(self, sequence, graph);
  if (!ok)
    warn(self, ok.error(), filters_stay);
  return bool(ok);
}

gboolean graph_filter_set_filters(GstGraphFilter *self, const char *sequence, const char *graph) {
  const std::string texts[] = {text_or_empty(sequence), text_or_empty(graph)};
  return change_or_warn(self, &texts[0], &texts[1]);
}

void graph_filter_set_sequence(GstGraphFilter *self, const char *sequence) {
  const std::string text = text_or_empty(sequence);
  change_or_warn(self, &text, nullptr);
}

void graph_filter_set_graph(GstGraphFilter *self, const char *graph) {
  const std::string text = text_or_empty(graph);
  change_or_warn(self, nullptr, &text);
}

/* ---- Commands ---------------------------------------------------------------------------------
 */

/* On filters that wait to take over: a command to them is one more thing that they begin with. */
static Result<std::string> command_to_change(FilterChange &change, const FilterCommand &command,
                                             const FilterGraphOptions &options) {
  BufferFilter waiting(change.description, options);
  auto outcome = waiting.command(command);
  if (!outcome)
    return Failure(outcome.error());
  change.description = outcome->rebuild ? *outcome->rebuild : waiting.description();
  return outcome->answer;
}

static Result<std::string> command_to_filters(GstGraphFilter *self, const FilterCommand &command) {
  auto &priv = graph_filter_priv(self);
  std::lock_guard one_at_a_time(priv.change_lock);
  std::optional<FilterChange> waiting;
  std::optional<VideoParams> input;
  FilterGraphOptions options;
  {
    std::lock_guard lock(priv.settings_lock);
    if (!priv.running)
      return FRAMEWISE_FAIL_LIBRARY(SETTINGS,
                                    "There are no filters before the element is in PAUSED.");
    waiting = priv.change;
    input = priv.input;
    options = priv.run_options;
  }
  if (!waiting) {
    FilterChange rebuild;
    {
      std::lock_guard turn(priv.filter_turns);
      if (!priv.state || !priv.state->filter)
        return FRAMEWISE_FAIL_LIBRARY(
            SETTINGS,
            format("There is no filter `%s`, as there are none.", command.target.c_str()));
      auto outcome = priv.state->filter->command(command);
      if (!outcome)
        return Failure(outcome.error());
      if (!outcome->rebuild)
        return outcome->answer;
      rebuild = {std::move(*outcome->rebuild), priv.state->sequence, priv.state->graph};
    }
    if (!writes_files(rebuild.description))
      if (auto ok = try_filters(rebuild.description, input, options); !ok)
        return Failure(ok.error());
    std::lock_guard lock(priv.settings_lock);
    leave_change(priv, std::move(rebuild));
    return std::string();
  }

  auto answer = command_to_change(*waiting, command, options);
  if (!answer)
    return answer;
  std::lock_guard lock(priv.settings_lock);
  leave_change(priv, std::move(*waiting)); /* also where it has been made meanwhile */
  return answer;
}

gchar *graph_filter_send_command(GstGraphFilter *self, const char *target, const char *command,
                                 const char *argument) {
  auto answer = command_to_filters(
      self, {target && *target ? target : "all", text_or_empty(command), text_or_empty(argument)});
  if (!answer) {
    warn(self, answer.error(), " The command was not done.");
    return nullptr;
  }
  return g_strdup(answer->c_str());
}
