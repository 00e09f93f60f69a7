/* gst-framewise: which output of a filter goes into which input.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterspec-links.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cstring>

namespace framewise {
namespace {

const char *name_of(PadSide side) { return side == PadSide::input ? "input" : "output"; }

/* ---- How many pads a filter has ---------------------------------------------------------------
 */

/* The value of the filter's int option `name`, from the node or libavfilter's default. Nothing
 * where there is none, or where the value is none that it takes. */
std::optional<int> read_int_option(const FilterNode &node, const char *name) {
  const AVClass *own = node.filter->priv_class;
  const AVOption *option =
      own ? av_opt_find(&own, name, nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ) : nullptr;
  if (!option || option->type != AV_OPT_TYPE_INT)
    return std::nullopt;
  const FilterOption *given = node.find_option(name);
  if (!given)
    return int(option->default_val.i64);
  int value;
  if (av_opt_eval_int(&own, option, given->value.c_str(), &value) < 0)
    return std::nullopt;
  return value;
}

std::optional<int64_t> read_dynamic_count(const FilterNode &node, PadSide side) {
  if (!strcmp(node.filter->name, "concat")) {
    auto segments = read_int_option(node, "n"), videos = read_int_option(node, "v"),
         audios = read_int_option(node, "a");
    if (!segments || !videos || !audios)
      return std::nullopt;
    const int64_t outputs = int64_t(*videos) + *audios;
    if (side == PadSide::output || outputs > most_pads)
      return outputs;
    return outputs * *segments;
  }
  const std::string plain = std::string(name_of(side)) + "s";
  for (const std::string &name : {plain, "nb_" + plain})
    if (auto count = read_int_option(node, name.c_str()))
      return *count;
  return std::nullopt;
}

Failure fail_too_many(const FilterNode &node, PadSide side, int64_t count) {
  return FRAMEWISE_FAIL_LIBRARY(
      SETTINGS,
      framewise::format("Filter `%s` is to have %" G_GINT64_FORMAT " %ss. graphfilter allows %u.",
                        excerpt(node.name()).c_str(), count, name_of(side), most_pads));
}

Result<std::optional<unsigned>> read_count(const FilterNode &node, PadSide side) {
  const bool output = side == PadSide::output;
  if (!(node.filter->flags &
        (output ? AVFILTER_FLAG_DYNAMIC_OUTPUTS : AVFILTER_FLAG_DYNAMIC_INPUTS)))
    return std::optional<unsigned>(avfilter_filter_pad_count(node.filter, output));
  auto count = read_dynamic_count(node, side);
  if (!count || *count < 0)
    return std::optional<unsigned>();
  if (*count > most_pads)
    return fail_too_many(node, side, *count);
  return std::optional<unsigned>(unsigned(*count));
}

} // namespace

Result<PadCounts> pad_counts(const FilterNode &node) {
  auto inputs = read_count(node, PadSide::input);
  if (!inputs)
    return Failure(inputs.error());
  auto outputs = read_count(node, PadSide::output);
  if (!outputs)
    return Failure(outputs.error());
  return PadCounts{*inputs, *outputs};
}

std::string no_such_pad(const FilterNode &node, PadSide side, unsigned count, unsigned pad,
                        const std::string &what_for) {
  const std::string name = excerpt(node.name());
  const char *what = name_of(side);
  return framewise::format("Filter `%s` has %s %s%s; there is no %s %u%s.", name.c_str(),
                           count == 0 ? "no" : std::to_string(count).c_str(), what,
                           count == 1 ? "" : "s", what, pad, what_for.c_str());
}

std::string describe(const FilterSpec &spec, const FilterPad &pad, PadSide side) {
  std::string text = framewise::format("%s %u of filter `%s`", name_of(side), pad.pad,
                                       excerpt(spec.chains[pad.chain][pad.node].name()).c_str());
  return pad.label.empty() ? text : text + " (`[" + excerpt(pad.label) + "]`)";
}

/* ---- Links ------------------------------------------------------------------------------------
 */

namespace {

std::optional<FilterPad> take(std::vector<FilterPad> &pads, const std::string &label) {
  auto found = std::find_if(pads.begin(), pads.end(),
                            [&](const FilterPad &pad) { return pad.label == label; });
  if (found == pads.end())
    return std::nullopt;
  FilterPad taken = std::move(*found);
  pads.erase(found);
  return taken;
}

class Linker {
 public:
  Linker(const FilterSpec &spec, const PadCountTable &counts) : spec_(spec), counts_(counts) {}

  Result<FilterLinks> link() {
    for (size_t chain = 0; chain < spec_.chains.size(); chain++) {
      loose_.clear();
      for (size_t node = 0; node < spec_.chains[chain].size(); node++)
        if (auto ok = add(chain, node); !ok)
          return Failure(ok.error());
      for (auto &pad : loose_)
        found_.open_outputs.push_back(std::move(pad));
    }
    return std::move(found_);
  }

 private:
  Result<void> add(size_t chain, size_t node) {
    if (auto ok = connect_inputs(chain, node); !ok)
      return ok;
    loose_.clear();
    for (unsigned pad = 0; pad < counts_[chain][node].outputs; pad++)
      loose_.push_back({chain, node, pad, {}});
    return connect_outputs(spec_.chains[chain][node]);
  }

  Result<void> connect_inputs(size_t chain, size_t index) {
    const FilterNode &node = spec_.chains[chain][index];
    const unsigned count = counts_[chain][index].inputs;
    const size_t labelled = node.inputs.size(), offered = labelled + loose_.size();
    if (labelled > count)
      return FRAMEWISE_FAIL_LIBRARY(SETTINGS,
                                    no_such_pad(node, PadSide::input, count, count,
                                                " for `[" + excerpt(node.inputs[count]) + "]`"));
    if (offered > count)
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS,
          framewise::format("Filter `%s` has %u input%s, but %zu are linked to it.",
                            excerpt(node.name()).c_str(), count, count == 1 ? "" : "s", offered));
    for (unsigned pad = 0; pad < count; pad++) {
      FilterPad input{chain, index, pad, {}};
      std::optional<FilterPad> from;
      if (pad < labelled) {
        input.label = node.inputs[pad];
        from = take(found_.open_outputs, input.label);
      } else if (size_t i = pad - labelled; i < loose_.size()) {
        from = loose_[i];
      }
      if (from)
        found_.links.push_back({std::move(*from), std::move(input)});
      else
        found_.open_inputs.push_back(std::move(input));
    }
    return {};
  }

  /* Takes the labelled ones out of the loose ones. */
  Result<void> connect_outputs(const FilterNode &node) {
    const size_t labelled = node.outputs.size();
    const unsigned count = unsigned(loose_.size());
    if (labelled > count)
      return FRAMEWISE_FAIL_LIBRARY(SETTINGS,
                                    no_such_pad(node, PadSide::output, count, count,
                                                " for `[" + excerpt(node.outputs[count]) + "]`"));
    for (size_t i = 0; i < labelled; i++) {
      loose_[i].label = node.outputs[i];
      if (auto to = take(found_.open_inputs, node.outputs[i]))
        found_.links.push_back({loose_[i], std::move(*to)});
      else
        found_.open_outputs.push_back(loose_[i]);
    }
    loose_.erase(loose_.begin(), loose_.begin() + ptrdiff_t(labelled));
    return {};
  }

  const FilterSpec &spec_;
  const PadCountTable &counts_;
  FilterLinks found_;
  std::vector<FilterPad> loose_; /* outputs of the filter before that have no label */
};

} // namespace

Result<FilterLinks> resolve_links(const FilterSpec &spec, const PadCountTable &counts) {
  return Linker(spec, counts).link();
}

/* ---- Counts of a whole tree -------------------------------------------------------------------
 */

namespace {

Failure fail_unknown_count(const FilterNode &node, PadSide side) {
  return FRAMEWISE_FAIL_LIBRARY(
      SETTINGS,
      framewise::format("How many %ss filter `%s` has shows only when it runs. Give each a "
                        "label.",
                        name_of(side), excerpt(node.name()).c_str()));
}

/* As many as the labels and the filters beside it in the chain use. */
Result<KnownPadCounts> count_pads(const FilterChain &chain, const std::vector<PadCounts> &own,
                                  size_t i) {
  KnownPadCounts known;
  const size_t labelled_inputs = chain[i].inputs.size(), labelled_outputs = chain[i].outputs.size();
  if (own[i].inputs)
    known.inputs = *own[i].inputs;
  else if (i == 0)
    known.inputs = unsigned(std::max<size_t>(labelled_inputs, 1));
  else if (own[i - 1].outputs)
    known.inputs = unsigned(labelled_inputs + *own[i - 1].outputs -
                            std::min<size_t>(chain[i - 1].outputs.size(), *own[i - 1].outputs));
  else
    return fail_unknown_count(chain[i - 1], PadSide::output);

  if (own[i].outputs)
    known.outputs = *own[i].outputs;
  else if (i + 1 == chain.size())
    known.outputs = unsigned(std::max<size_t>(labelled_outputs, 1));
  else if (own[i + 1].inputs)
    known.outputs = unsigned(labelled_outputs + *own[i + 1].inputs -
                             std::min<size_t>(chain[i + 1].inputs.size(), *own[i + 1].inputs));
  else
    return fail_unknown_count(chain[i], PadSide::output);
  if (known.inputs > most_pads)
    return fail_too_many(chain[i], PadSide::input, known.inputs);
  if (known.outputs > most_pads)
    return fail_too_many(chain[i], PadSide::output, known.outputs);
  return known;
}

} // namespace

Result<PadCountTable> count_pads(const FilterSpec &spec) {
  PadCountTable table;
  for (const auto &chain : spec.chains) {
    std::vector<PadCounts> own;
    for (const auto &node : chain) {
      auto counts = pad_counts(node);
      if (!counts)
        return Failure(counts.error());
      own.push_back(*counts);
    }
    table.emplace_back();
    for (size_t i = 0; i < chain.size(); i++) {
      auto known = count_pads(chain, own, i);
      if (!known)
        return Failure(known.error());
      table.back().push_back(*known);
    }
  }
  return table;
}

/* ---- The ways in and out ----------------------------------------------------------------------
 */

namespace {

std::string list(const FilterSpec &spec, const std::vector<FilterPad> &pads, PadSide side) {
  constexpr size_t most = 8;
  std::string text;
  for (size_t i = 0; i < pads.size() && i < most; i++)
    text += (i > 0 ? ", " : "") + describe(spec, pads[i], side);
  return pads.size() > most ? text + framewise::format(", and %zu more", pads.size() - most) : text;
}

Result<FilterPad> find_end(const FilterSpec &spec, const std::vector<FilterPad> &open, PadSide side,
                           EndLabels labels) {
  const char *what = name_of(side);
  const std::string label = side == PadSide::input ? input_label : output_label;
  std::vector<FilterPad> labelled, others;
  for (const auto &pad : open)
    (pad.label == label ? labelled : others).push_back(pad);
  if (labelled.size() > 1)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, framewise::format("`[%s]` stands more than once: %s. A stream goes to several "
                                    "filters through `split`.",
                                    label.c_str(), list(spec, labelled, side).c_str()));
  if (open.empty())
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, framewise::format("No %s is left open for `[%s]`: the video has no way through "
                                    "these filters.",
                                    what, label.c_str()));
  if (open.size() > 1)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, framewise::format("Linked to nothing: %s. Only `[%s]` may be left open.",
                                    list(spec, others, side).c_str(), label.c_str()));
  if (labelled.empty() && !open.front().label.empty() && labels == EndLabels::reserved)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, framewise::format("Linked to nothing: %s. The open end is called `[%s]`.",
                                    describe(spec, open.front(), side).c_str(), label.c_str()));
  return open.front();
}

} // namespace

Result<FilterEnds> find_ends(const FilterSpec &spec, const FilterLinks &links, EndLabels labels) {
  auto input = find_end(spec, links.open_inputs, PadSide::input, labels);
  if (!input)
    return Failure(input.error());
  auto output = find_end(spec, links.open_outputs, PadSide::output, labels);
  if (!output)
    return Failure(output.error());
  return FilterEnds{*input, *output};
}

} // namespace framewise
