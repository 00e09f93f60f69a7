/* gst-framewise: libavfilter's filters, made and linked as a description has them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterbuilder.hpp"

#include "filterspec-links.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cstring>
#include <set>

namespace framewise {
namespace {

/* Of a file that is not there, say; that a value is invalid is no reason. */
std::string reason(int averror) {
  return averror == AVERROR(EINVAL) ? "" : av_error_text(averror) + ". ";
}

/* What the ffmpeg command gives to every scaler that says nothing else. */
const std::string default_sws_flags = "bicubic";

/* A filter on its way from the description into the graph. */
struct Filter {
  NodePlace place;
  const FilterNode *node;
  AVFilterContext *context;
  Dictionary rest; /* options that are the init's to read */
};

std::string quoted(const FilterNode &node) { return "`" + excerpt(node.name()) + "`"; }

/* ---- Options ----------------------------------------------------------------------------------
 */

/* As libavfilter's own parser has it, any mention of flags counts; before 6.0 it overlooked those
 * given without their key. */
bool mentions_flags(const FilterNode &node) {
  return std::any_of(node.options.begin(), node.options.end(), [](const FilterOption &option) {
    return option.key.find("flags") != std::string::npos ||
           option.value.find("flags") != std::string::npos;
  });
}

/* What the scaler itself says to flags. */
int try_flags(const std::string &flags) {
  SwsContextPtr context(sws_alloc_context());
  return context ? av_opt_set(context.get(), "sws_flags", flags.c_str(), 0) : AVERROR(ENOMEM);
}

bool is_scaler(const FilterNode &node) {
  return !strcmp(node.filter->name, "scale") || !strcmp(node.filter->name, "scale2ref");
}

Result<void> set_option(Filter &filter, const FilterOption &option) {
  const FilterNode &node = *filter.node;
  if (option.key == "enable" && !(node.filter->flags & AVFILTER_FLAG_SUPPORT_TIMELINE))
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS,
        framewise::format("Filter %s cannot be switched on and off: it takes no `enable`.",
                          quoted(node).c_str()));
  int ret = av_opt_set(filter.context, option.key.c_str(), option.value.c_str(), 0);
  if (ret == AVERROR_OPTION_NOT_FOUND && node.filter->priv_class)
    ret = av_opt_set(filter.context->priv, option.key.c_str(), option.value.c_str(),
                     AV_OPT_SEARCH_CHILDREN);
  if (ret == AVERROR_OPTION_NOT_FOUND) {
    filter.rest.set(option.key, option.value);
    ret = 0;
  }
  /* Only read when the filter is initialised; libavfilter 8 crashes on wrong ones, on its way to
   * the log. */
  if (ret >= 0 && is_scaler(node) && option.key == "flags" && !option.value.empty())
    ret = try_flags(option.value);
  if (ret < 0)
    return fail_av(
        ret, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        framewise::format("Filter %s: `%s=%s` is no value that the option takes. `ffmpeg "
                          "-h filter=%s` lists them.",
                          quoted(node).c_str(), option.key.c_str(), excerpt(option.value).c_str(),
                          node.filter->name));
  return {};
}

std::string options_of(const FilterNode &node) {
  std::string text;
  for (const auto &option : node.options) {
    if (!text.empty())
      text += ", ";
    text += "`" + option.key + "=" + excerpt(option.value) + "`";
  }
  return text.empty() ? "none" : text;
}

/* ---- Leading sws_flags ------------------------------------------------------------------------
 */

std::string scaler_arguments(const FilterSpec &spec) {
  return "flags=" + (spec.sws_flags.empty() ? default_sws_flags : spec.sws_flags);
}

/* As arguments of a scaler, which they become: further options may follow the flags. */
Result<FilterNode> default_scaler(const FilterSpec &spec) {
  auto scaler = FilterNode::of_name("scale");
  if (scaler)
    if (auto ok = scaler->add_arguments(scaler_arguments(spec)); !ok)
      return Failure(ok.error());
  return scaler;
}

/* Scalers that libavfilter puts in by itself would meet a wrong value only in the midst of
 * configuring. */
Result<void> check_scaler_arguments(const FilterSpec &spec) {
  auto scaler = default_scaler(spec);
  if (!scaler)
    return Failure(scaler.error());
  FilterGraphPtr throw_away(avfilter_graph_alloc());
  AVFilterContext *context =
      throw_away ? avfilter_graph_alloc_filter(throw_away.get(), scaler->filter, "scale") : nullptr;
  if (!context)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  Filter filter{{}, &*scaler, context, {}};
  for (const auto &option : scaler->options)
    if (auto ok = set_option(filter, option); !ok)
      return ok;
  return {};
}

/* ---- Filters ----------------------------------------------------------------------------------
 */

Result<void> require_video(const FilterNode &node, const AVFilterPad *pads, unsigned count,
                           const char *does) {
  for (unsigned i = 0; i < count; i++)
    if (AVMediaType type = avfilter_pad_get_type(pads, int(i)); type != AVMEDIA_TYPE_VIDEO)
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS, framewise::format("Filter %s %s %s; graphfilter carries video only.",
                                      quoted(node).c_str(), does, av_get_media_type_string(type)));
  return {};
}

/* Of the inputs and outputs that it has by now. */
Result<void> require_video(const Filter &filter) {
  const AVFilterContext *context = filter.context;
  if (auto ok = require_video(*filter.node, context->input_pads, context->nb_inputs, "takes"); !ok)
    return ok;
  return require_video(*filter.node, context->output_pads, context->nb_outputs, "puts out");
}

/* Makes the filters of a whole description. */
class Builder {
 public:
  Builder(AVFilterGraph *graph, const FilterDescription &description)
      : graph_(graph), description_(description) {}

  Result<BuiltFilters> build() {
    for (bool in_sequence : {true, false})
      if (auto ok = make_all(in_sequence); !ok)
        return Failure(ok.error());
    for (auto &filter : filters_)
      if (auto ok = init(filter); !ok)
        return Failure(ok.error());
    for (bool in_sequence : {true, false})
      if (auto ok = link_all(in_sequence); !ok)
        return Failure(ok.error());
    if (auto ok = require_ways_out(); !ok)
      return Failure(ok.error());

    BuiltFilters built{*passage_, {}};
    for (const auto &filter : filters_)
      built.nodes.push_back({filter.context, filter.place});
    return built;
  }

 private:
  const std::optional<FilterSpec> &spec_of(bool in_sequence) const {
    return in_sequence ? description_.sequence : description_.graph;
  }

  /* ---- First all options ---- */

  Result<void> make_all(bool in_sequence) {
    const auto &spec = spec_of(in_sequence);
    if (!spec)
      return {};
    auto scaler = default_scaler(*spec);
    if (!scaler)
      return Failure(scaler.error());
    for (size_t chain = 0; chain < spec->chains.size(); chain++)
      for (size_t node = 0; node < spec->chains[chain].size(); node++)
        if (auto ok = make({in_sequence, chain, node}, scaler->options); !ok)
          return ok;
    return {};
  }

  Result<void> make(const NodePlace &place, const std::vector<FilterOption> &of_scalers) {
    const FilterNode &node = description_.node(place);
    /* Before the filter itself tries to have that many. */
    if (auto counts = pad_counts(node); !counts)
      return Failure(counts.error());
    std::string name = node.id.empty()
                           ? framewise::format("Parsed_%s_%zu", node.filter->name, filters_.size())
                           : node.name();
    Filter filter{place, &node, avfilter_graph_alloc_filter(graph_, node.filter, name.c_str()), {}};
    if (!filter.context)
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
    if (auto ok = require_video(filter); !ok)
      return ok;
    for (const auto &option : node.options)
      if (auto ok = set_option(filter, option); !ok)
        return ok;
    if (!strcmp(node.filter->name, "scale") && !mentions_flags(node))
      for (const auto &option : of_scalers)
        if (auto ok = set_option(filter, option); !ok)
          return ok;
    filters_.push_back(std::move(filter));
    return {};
  }

  /* ---- Then the filters at work ---- */

  static Result<void> init(Filter &filter) {
    const FilterNode &node = *filter.node;
    int ret = avfilter_init_dict(filter.context, filter.rest.address());
    if (ret < 0)
      return fail_av(ret, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                     framewise::format("Filter %s does not work with these options: %s. %s`ffmpeg "
                                       "-h filter=%s` explains them.",
                                       quoted(node).c_str(), options_of(node).c_str(),
                                       reason(ret).c_str(), node.filter->name));
    if (!filter.rest.empty())
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS,
          framewise::format("Filter %s has no option %s. `ffmpeg -h filter=%s` lists its options.",
                            quoted(node).c_str(), filter.rest.quoted_keys().c_str(),
                            node.filter->name));
    return require_video(filter);
  }

  /* ---- Last the links ---- */

  AVFilterContext *context_of(bool in_sequence, const FilterPad &pad) const {
    const NodePlace place{in_sequence, pad.chain, pad.node};
    return std::find_if(filters_.begin(), filters_.end(),
                        [&](const Filter &filter) { return filter.place == place; })
        ->context;
  }

  PadCountTable count_pads(bool in_sequence) const {
    PadCountTable table(spec_of(in_sequence)->chains.size());
    for (const auto &filter : filters_)
      if (filter.place.in_sequence == in_sequence)
        table[filter.place.chain].push_back(
            {filter.context->nb_inputs, filter.context->nb_outputs});
    return table;
  }

  Result<void> link_all(bool in_sequence) {
    if (!spec_of(in_sequence))
      return {};
    const FilterSpec &spec = *spec_of(in_sequence);
    auto links = resolve_links(spec, count_pads(in_sequence));
    if (!links)
      return Failure(links.error());
    for (const auto &[from, to] : links->links)
      if (int ret = avfilter_link(context_of(in_sequence, from), from.pad,
                                  context_of(in_sequence, to), to.pad);
          ret < 0)
        return fail_av(ret, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                       framewise::format("libavfilter does not link %s with %s.",
                                         describe(spec, from, PadSide::output).c_str(),
                                         describe(spec, to, PadSide::input).c_str()));
    auto ends = find_ends(spec, *links, in_sequence ? EndLabels::any : EndLabels::reserved);
    if (!ends)
      return Failure(ends.error());
    const FilterEnd input{context_of(in_sequence, ends->input), ends->input.pad, ends->input.label};
    const FilterEnd output{context_of(in_sequence, ends->output), ends->output.pad,
                           ends->output.label};
    return append(input, output);
  }

  Result<void> append(const FilterEnd &input, const FilterEnd &output) {
    if (!passage_) {
      passage_ = FilterPassage{input, output};
      return {};
    }
    if (int ret =
            avfilter_link(passage_->output.filter, passage_->output.pad, input.filter, input.pad);
        ret < 0)
      return fail_av(ret, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                     "The filter sequence does not fit the filter graph.");
    passage_->output = output;
    return {};
  }

  /* Pictures that go where no output is would pile up or be lost unseen. */
  Result<void> require_ways_out() const {
    std::set<const AVFilterContext *> lead_out;
    std::vector<const AVFilterContext *> next{passage_->output.filter};
    while (!next.empty()) {
      const AVFilterContext *filter = next.back();
      next.pop_back();
      if (!lead_out.insert(filter).second)
        continue;
      for (unsigned i = 0; i < filter->nb_inputs; i++)
        if (filter->inputs[i])
          next.push_back(filter->inputs[i]->src);
    }
    if (!lead_out.count(passage_->input.filter))
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS,
          framewise::format("No way leads from `[%s]` to `[%s]`: it enters filter %s, and "
                            "what comes out is from elsewhere.",
                            input_label, output_label,
                            quoted(*node_of(passage_->input.filter)).c_str()));
    std::string dead;
    for (const auto &filter : filters_)
      if (!lead_out.count(filter.context))
        dead += (dead.empty() ? "" : ", ") + quoted(*filter.node);
    if (!dead.empty())
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS,
          framewise::format("No way leads to `[%s]` from filter %s. Leave that branch out, "
                            "or link it.",
                            output_label, dead.c_str()));
    return {};
  }

  const FilterNode *node_of(const AVFilterContext *context) const {
    return std::find_if(filters_.begin(), filters_.end(),
                        [&](const Filter &filter) { return filter.context == context; })
        ->node;
  }

  AVFilterGraph *graph_;
  const FilterDescription &description_;
  std::vector<Filter> filters_; /* in the order of the description */
  std::optional<FilterPassage> passage_;
};

} // namespace

Result<FilterGraphPtr> new_filter_graph(const FilterDescription &description,
                                        const FilterGraphOptions &options) {
  FilterGraphPtr graph(avfilter_graph_alloc());
  if (!graph)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  graph->nb_threads = options.threads;
  /* For the scalers that libavfilter puts in by itself. */
  std::string arguments = scaler_arguments({});
  for (const auto *spec : {&description.sequence, &description.graph})
    if (*spec && !(*spec)->sws_flags.empty()) {
      if (auto ok = check_scaler_arguments(**spec); !ok)
        return Failure(ok.error());
      arguments = scaler_arguments(**spec);
    }
  av_opt_set(graph.get(), "scale_sws_opts", arguments.c_str(), 0);
  if (options.auto_convert == AutoConvert::no)
    avfilter_graph_set_auto_convert(graph.get(), AVFILTER_AUTO_CONVERT_NONE);
  return graph;
}

Result<BuiltFilters> build_filters(AVFilterGraph *graph, const FilterDescription &description) {
  return Builder(graph, description).build();
}

} // namespace framewise
