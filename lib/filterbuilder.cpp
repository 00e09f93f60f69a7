/* gst-framewise: libavfilter's filters, made and linked as a description has them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterbuilder.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cstring>

namespace framewise {
namespace {

/* What the ffmpeg command gives to every scaler that says nothing else. */
constexpr const char *default_sws_flags = "bicubic";

std::string describe(const FilterNode &node, const FilterOption &option) {
  return framewise::format("Filter `%s`: `%s=%s`", node.name().c_str(), option.key.c_str(),
                           option.value.c_str());
}

std::string describe(const FilterEnd &end, const char *what) {
  std::string text =
      framewise::format("%s %u of filter `%s`", what, end.pad, end.filter->filter->name);
  return end.label.empty() ? text : text + " (`[" + end.label + "]`)";
}

/* Makes the filters of one FilterSpec and the links inside it. */
class Builder {
 public:
  /* `first_index`: the filters' number in the whole graph, for their names. */
  Builder(AVFilterGraph *graph, const FilterSpec &spec, int first_index)
      : graph_(graph), spec_(spec), index_(first_index),
        sws_flags_(spec.sws_flags.empty() ? default_sws_flags : spec.sws_flags) {}

  Result<void> build() {
    for (const auto &chain : spec_.chains) {
      std::vector<FilterEnd> loose; /* outputs of the filter before that have no label */
      for (const auto &node : chain)
        if (auto ok = add(node, loose); !ok)
          return ok;
      for (auto &end : loose)
        outputs_.push_back(std::move(end));
    }
    return {};
  }

  int next_index() const { return index_; }
  std::vector<FilterEnd> &open_inputs() { return inputs_; }
  std::vector<FilterEnd> &open_outputs() { return outputs_; }

 private:
  static std::optional<FilterEnd> take(std::vector<FilterEnd> &ends, const std::string &label) {
    auto end = std::find_if(ends.begin(), ends.end(),
                            [&](const FilterEnd &candidate) { return candidate.label == label; });
    if (end == ends.end())
      return std::nullopt;
    FilterEnd taken = std::move(*end);
    ends.erase(end);
    return taken;
  }

  Result<void> link(const FilterEnd &from, const FilterEnd &to) {
    int ret = avfilter_link(from.filter, from.pad, to.filter, to.pad);
    if (ret < 0)
      return fail_av(ret, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                     framewise::format("%s does not fit %s: one is video and the other is not.",
                                       describe(from, "Output").c_str(),
                                       describe(to, "input").c_str()));
    return {};
  }

  Result<void> add(const FilterNode &node, std::vector<FilterEnd> &loose) {
    auto filter = create(node);
    if (!filter)
      return Failure(filter.error());
    if (auto ok = connect_inputs(node, *filter, loose); !ok)
      return ok;
    loose.clear();
    for (unsigned pad = 0; pad < (*filter)->nb_outputs; pad++)
      loose.push_back({*filter, pad, {}});
    return connect_outputs(node, loose);
  }

  Result<void> connect_inputs(const FilterNode &node, AVFilterContext *filter,
                              std::vector<FilterEnd> &loose) {
    const size_t offered = node.inputs.size() + loose.size();
    if (offered > filter->nb_inputs)
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS, framewise::format("Filter `%s` has %u inputs, but %zu are linked to it.",
                                      node.name().c_str(), filter->nb_inputs, offered));
    for (unsigned pad = 0; pad < filter->nb_inputs; pad++) {
      FilterEnd input{filter, pad, {}};
      std::optional<FilterEnd> from;
      if (pad < node.inputs.size()) {
        input.label = node.inputs[pad];
        from = take(outputs_, input.label);
      } else if (size_t i = pad - node.inputs.size(); i < loose.size()) {
        from = loose[i];
      }
      if (!from)
        inputs_.push_back(std::move(input));
      else if (auto ok = link(*from, input); !ok)
        return ok;
    }
    return {};
  }

  /* Takes the labelled ones out of `loose`. */
  Result<void> connect_outputs(const FilterNode &node, std::vector<FilterEnd> &loose) {
    if (node.outputs.size() > loose.size())
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS,
          framewise::format("Filter `%s` has %zu outputs; there is none for `[%s]`.",
                            node.name().c_str(), loose.size(), node.outputs[loose.size()].c_str()));
    for (size_t i = 0; i < node.outputs.size(); i++) {
      loose[i].label = node.outputs[i];
      if (auto to = take(inputs_, node.outputs[i])) {
        if (auto ok = link(loose[i], *to); !ok)
          return ok;
      } else {
        outputs_.push_back(loose[i]);
      }
    }
    loose.erase(loose.begin(), loose.begin() + ptrdiff_t(node.outputs.size()));
    return {};
  }

  /* As libavfilter's own parser has it, any mention of flags counts; before 6.0 it overlooked those
   * given without their key. */
  static bool mentions_flags(const FilterNode &node) {
    return std::any_of(node.options.begin(), node.options.end(), [](const FilterOption &option) {
      return option.key.find("flags") != std::string::npos ||
             option.value.find("flags") != std::string::npos;
    });
  }

  Result<AVFilterContext *> create(const FilterNode &node) {
    std::string name = node.id.empty()
                           ? framewise::format("Parsed_%s_%d", node.filter->name, index_)
                           : node.name();
    index_++;
    AVFilterContext *filter = avfilter_graph_alloc_filter(graph_, node.filter, name.c_str());
    if (!filter)
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");

    Dictionary rest;
    for (const auto &option : node.options)
      if (auto ok = set_option(filter, node, option, rest); !ok)
        return Failure(ok.error());
    if (!strcmp(node.filter->name, "scale") && !mentions_flags(node))
      if (auto ok = set_option(filter, node, {"flags", sws_flags_}, rest); !ok)
        return Failure(ok.error());

    int ret = avfilter_init_dict(filter, rest.address());
    if (ret < 0)
      return fail_av(ret, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                     framewise::format("Filter `%s` does not work with these options: %s. `ffmpeg "
                                       "-h filter=%s` explains them.",
                                       node.name().c_str(), options_of(node).c_str(),
                                       node.filter->name));
    if (!rest.empty())
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS,
          framewise::format("Filter `%s` has no option %s. `ffmpeg -h filter=%s` lists "
                            "its options.",
                            node.name().c_str(), rest.quoted_keys().c_str(), node.filter->name));
    return filter;
  }

  static std::string options_of(const FilterNode &node) {
    std::string text;
    for (const auto &option : node.options) {
      if (!text.empty())
        text += ", ";
      text += "`" + option.key + "=" + option.value + "`";
    }
    return text.empty() ? "none" : text;
  }

  /* What neither the filter context nor the filter knows by itself goes into `rest`, for its init.
   */
  Result<void> set_option(AVFilterContext *filter, const FilterNode &node,
                          const FilterOption &option, Dictionary &rest) {
    if (option.key == "enable" && !(node.filter->flags & AVFILTER_FLAG_SUPPORT_TIMELINE))
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS, framewise::format("Filter `%s` cannot be switched on and off: it takes no "
                                      "`enable`.",
                                      node.name().c_str()));
    int ret = av_opt_set(filter, option.key.c_str(), option.value.c_str(), 0);
    if (ret == AVERROR_OPTION_NOT_FOUND && node.filter->priv_class)
      ret = av_opt_set(filter->priv, option.key.c_str(), option.value.c_str(),
                       AV_OPT_SEARCH_CHILDREN);
    if (ret == AVERROR_OPTION_NOT_FOUND) {
      rest.set(option.key, option.value);
      return {};
    }
    if (ret < 0)
      return fail_av(ret, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                     framewise::format("%s is no value that the option takes. `ffmpeg -h "
                                       "filter=%s` lists them.",
                                       describe(node, option).c_str(), node.filter->name));
    return {};
  }

  AVFilterGraph *graph_;
  const FilterSpec &spec_;
  int index_;
  std::string sws_flags_;
  std::vector<FilterEnd> inputs_, outputs_; /* open, in the order in which they were met */
};

std::string list(const std::vector<FilterEnd> &ends, const char *what) {
  std::string text;
  for (const auto &end : ends) {
    if (!text.empty())
      text += ", ";
    text += describe(end, what);
  }
  return text;
}

Result<void> require_video(const FilterEnd &end, AVMediaType type, const char *what) {
  if (type == AVMEDIA_TYPE_VIDEO)
    return {};
  return FRAMEWISE_FAIL_LIBRARY(
      SETTINGS, framewise::format("%s is not video. Only video goes through graphfilter.",
                                  describe(end, what).c_str()));
}

/* The one end that leads to `label`: the one so labelled, else the only one where it has no label.
 * In a sequence the only one, whatever its label. */
Result<FilterEnd> pick(const std::vector<FilterEnd> &ends, const char *label, const char *what,
                       bool any_label) {
  std::vector<FilterEnd> labelled;
  for (const auto &end : ends)
    if (end.label == label)
      labelled.push_back(end);
  if (labelled.size() > 1)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, framewise::format("`[%s]` stands more than once: %s. A stream goes to several "
                                    "filters through `split`.",
                                    label, list(labelled, what).c_str()));
  if (ends.empty())
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, framewise::format("No %s is left open for `[%s]`: the video has no way through "
                                    "these filters.",
                                    what, label));
  if (ends.size() > 1) {
    std::vector<FilterEnd> others;
    for (const auto &end : ends)
      if (end.label != label)
        others.push_back(end);
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, framewise::format("Linked to nothing: %s. Only `[%s]` may be left open.",
                                    list(others, what).c_str(), label));
  }
  const FilterEnd &end = ends.front();
  if (end.label != label && !end.label.empty() && !any_label)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, framewise::format("Linked to nothing: %s. The open end is called `[%s]`.",
                                    describe(end, what).c_str(), label));
  return end;
}

Result<FilterPassage> find_passage(Builder &built, bool any_label) {
  auto input = pick(built.open_inputs(), input_label, "input", any_label);
  if (!input)
    return Failure(input.error());
  auto output = pick(built.open_outputs(), output_label, "output", any_label);
  if (!output)
    return Failure(output.error());
  auto ok =
      require_video(*input, avfilter_pad_get_type(input->filter->input_pads, input->pad), "Input");
  if (ok)
    ok = require_video(*output, avfilter_pad_get_type(output->filter->output_pads, output->pad),
                       "Output");
  if (!ok)
    return Failure(ok.error());
  return FilterPassage{*input, *output};
}

} // namespace

Result<FilterGraphPtr> new_filter_graph(const FilterDescription &description,
                                        const FilterGraphOptions &options) {
  FilterGraphPtr graph(avfilter_graph_alloc());
  if (!graph)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  graph->nb_threads = options.threads;
  /* For the scalers that libavfilter puts in by itself. */
  std::string flags = default_sws_flags;
  for (const auto *spec : {&description.sequence, &description.graph})
    if (*spec && !(*spec)->sws_flags.empty())
      flags = (*spec)->sws_flags;
  av_opt_set(graph.get(), "scale_sws_opts", ("flags=" + flags).c_str(), 0);
  if (options.auto_convert == AutoConvert::no)
    avfilter_graph_set_auto_convert(graph.get(), AVFILTER_AUTO_CONVERT_NONE);
  return graph;
}

Result<FilterPassage> build_filters(AVFilterGraph *graph, const FilterDescription &description) {
  std::optional<FilterPassage> whole;
  int index = 0;
  for (const auto *spec : {&description.sequence, &description.graph}) {
    if (!*spec)
      continue;
    Builder builder(graph, **spec, index);
    if (auto ok = builder.build(); !ok)
      return Failure(ok.error());
    index = builder.next_index();
    bool is_sequence = spec == &description.sequence;
    auto passage = find_passage(builder, is_sequence);
    if (!passage)
      return passage;
    if (!whole) {
      whole = *passage;
      continue;
    }
    if (int ret = avfilter_link(whole->output.filter, whole->output.pad, passage->input.filter,
                                passage->input.pad);
        ret < 0)
      return fail_av(ret, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                     "The filter sequence does not fit the filter graph.");
    whole->output = passage->output;
  }
  return *whole;
}

} // namespace framewise
