/* gst-framewise: descriptions of filters as a tree, and FFmpeg's language for them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterspec.hpp"

#include "filterjson.hpp"

extern "C" {
#include <libavutil/avstring.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cstring>

namespace framewise {
namespace {

constexpr const char *white_space = " \n\t\r";

std::string take_token(const char **text, const char *terminators) {
  AvPtr<char> token(av_get_token(text, terminators));
  return token ? token.get() : "";
}

/* A field of a filter, under one of its names. */
struct OptionField {
  const AVClass *owner = nullptr;
  const AVOption *option = nullptr;

  bool operator==(const OptionField &other) const {
    return option && other.option && owner == other.owner && option->offset == other.option->offset;
  }
};

/* What lies inside an object comes first, as in libavutil's own search. */
OptionField find_field(const AVClass *owner, const std::string &key) {
  void *state = nullptr;
  while (const AVClass *child = av_opt_child_class_iterate(owner, &state))
    if (OptionField found = find_field(child, key); found.option)
      return found;
  return {owner, av_opt_find(&owner, key.c_str(), nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ)};
}

/* Of what every filter has, or else of this one. No option where neither has it. */
OptionField find_field(const AVFilter *filter, const std::string &key) {
  const AVClass *generic = avfilter_get_class();
  if (const AVOption *option =
          av_opt_find(&generic, key.c_str(), nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ))
    return {generic, option};
  return filter->priv_class ? find_field(filter->priv_class, key) : OptionField{};
}

/* Whether options called `a` and `b` of `filter` set the same. */
bool name_the_same(const AVFilter *filter, const std::string &a, const std::string &b) {
  return a == b || find_field(filter, a) == find_field(filter, b);
}

class Parser {
 public:
  explicit Parser(const std::string &text) : rest_(text.c_str()) {}

  Result<FilterSpec> parse() {
    FilterSpec spec;
    skip_white_space();
    if (!*rest_)
      return FRAMEWISE_FAIL_LIBRARY(SETTINGS,
                                    "The filter description is empty. Name at least one filter, "
                                    "such as `null`.");
    if (auto flags = parse_sws_flags(); flags)
      spec.sws_flags = *flags;
    else
      return Failure(flags.error());

    spec.chains.emplace_back();
    for (;;) {
      auto node = parse_node();
      if (!node)
        return Failure(node.error());
      spec.chains.back().push_back(std::move(*node));
      skip_white_space();
      if (!*rest_)
        return spec;
      if (*rest_ == ']')
        return FRAMEWISE_FAIL_LIBRARY(
            SETTINGS, format("A `]` without a `[` before it, at `%s`. Quote it if it belongs to a "
                             "value.",
                             excerpt(rest_).c_str()));
      if (*rest_ != ',' && *rest_ != ';')
        return FRAMEWISE_FAIL_LIBRARY(
            SETTINGS, format("`,` or `;` should stand before `%s`.", excerpt(rest_).c_str()));
      if (*rest_ == ';')
        spec.chains.emplace_back();
      rest_++;
    }
  }

 private:
  void skip_white_space() { rest_ += strspn(rest_, white_space); }

  Result<std::string> parse_sws_flags() {
    constexpr const char *prefix = "sws_flags=";
    if (!g_str_has_prefix(rest_, prefix))
      return std::string();
    const char *end = strchr(rest_, ';');
    if (!end)
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS, format("A `;` should follow `%s`, and then a filter.", excerpt(rest_).c_str()));
    const char *start = rest_ + strlen(prefix);
    rest_ = end + 1;
    return std::string(start, end);
  }

  Result<std::vector<std::string>> parse_labels() {
    std::vector<std::string> labels;
    for (skip_white_space(); *rest_ == '['; skip_white_space()) {
      const char *start = rest_++;
      std::string label = take_token(&rest_, "]");
      if (*rest_ != ']')
        return FRAMEWISE_FAIL_LIBRARY(
            SETTINGS, format("The `[` at `%s` has no `]`.", excerpt(start).c_str()));
      if (label.empty())
        return FRAMEWISE_FAIL_LIBRARY(SETTINGS,
                                      format("A label is empty, at `%s`.", excerpt(start).c_str()));
      rest_++;
      labels.push_back(std::move(label));
    }
    return labels;
  }

  Result<FilterNode> parse_node() {
    auto inputs = parse_labels();
    if (!inputs)
      return Failure(inputs.error());

    const char *start = rest_;
    std::string name = take_token(&rest_, "=,;[");
    if (name.empty())
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS,
          *start ? format("The name of a filter is missing before `%s`.", excerpt(start).c_str())
                 : "The name of a filter is missing at the end.");
    auto node = FilterNode::of_name(name);
    if (!node)
      return node;
    node->inputs = std::move(*inputs);

    if (*rest_ == '=') {
      rest_++;
      if (auto ok = node->add_arguments(take_token(&rest_, "[],;")); !ok)
        return Failure(ok.error());
    }

    auto outputs = parse_labels();
    if (!outputs)
      return Failure(outputs.error());
    node->outputs = std::move(*outputs);
    return node;
  }

  const char *rest_;
};

/* Backslashes before everything that av_get_token() up to one of `special` would take for syntax.
 */
std::string escape(const std::string &text, const char *special) {
  std::string escaped;
  for (size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    bool at_end = i == 0 || i + 1 == text.size();
    if (c == '\\' || c == '\'' || strchr(special, c) || (at_end && strchr(white_space, c)))
      escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string labels_to_text(const std::vector<std::string> &labels) {
  std::string text;
  for (const auto &label : labels) {
    text += '[';
    if (label.front() == '{' || label.front() == '"') /* would begin as JSON does */
      text += '\\';
    text += escape(label, "[]") + "]";
  }
  return text;
}

std::string node_to_text(const FilterNode &node) {
  const std::string arguments = node.arguments();
  std::string text = labels_to_text(node.inputs) + escape(node.name(), "=[],;");
  if (!arguments.empty())
    text += "=" + escape(arguments, "[],;");
  return text + labels_to_text(node.outputs);
}

} // namespace

/* ---- FilterNode ------------------------------------------------------------------------------ */

Result<FilterNode> FilterNode::of_name(const std::string &name) {
  FilterNode node;
  std::string filter = name;
  if (size_t at = name.find('@'); at != std::string::npos && at + 1 < name.size()) {
    node.id = name.substr(at + 1);
    filter.resize(at);
  }
  node.filter = avfilter_get_by_name(filter.c_str());
  if (!node.filter)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, format("No filter `%s`. `ffmpeg -filters` lists what this libavfilter has.",
                         excerpt(filter).c_str()));
  return node;
}

std::string FilterNode::name() const {
  return id.empty() ? filter->name : std::string(filter->name) + "@" + id;
}

void FilterNode::set_option(const std::string &key, const std::string &value) {
  auto sets_the_same = [&](const FilterOption &option) {
    return name_the_same(filter, option.key, key);
  };
  auto first = std::find_if(options.begin(), options.end(), sets_the_same);
  if (first == options.end()) {
    options.push_back({key, value});
    return;
  }
  *first = {key, value};
  options.erase(std::remove_if(first + 1, options.end(), sets_the_same), options.end());
}

const FilterOption *FilterNode::find_option(const std::string &key) const {
  auto last = std::find_if(options.rbegin(), options.rend(), [&](const FilterOption &option) {
    return name_the_same(filter, option.key, key);
  });
  return last == options.rend() ? nullptr : &*last;
}

Result<void> FilterNode::require_option(const std::string &key) const {
  if (find_field(filter, key).option)
    return {};
  return FRAMEWISE_FAIL_LIBRARY(
      SETTINGS, format("Filter `%s` has no option `%s`. `ffmpeg -h filter=%s` lists its options.",
                       excerpt(name()).c_str(), excerpt(key).c_str(), filter->name));
}

Result<void> FilterNode::add_arguments(const std::string &arguments) {
  const AVClass *own = filter->priv_class;
  /* Walks the filter's options as values without a key come; NULL before the first one and after
   * the last. */
  const AVOption *cursor = nullptr;
  int last_offset = -1;

  for (const char *rest = arguments.c_str(); *rest;) {
    const char *positional = nullptr;
    if (own && (cursor = av_opt_next(&own, cursor))) {
      /* Constants are values of other options; a second name of the same field is skipped. */
      if (cursor->type == AV_OPT_TYPE_CONST || cursor->offset == last_offset)
        continue;
      last_offset = cursor->offset;
      positional = cursor->name;
    }

    const char *start = rest;
    char *raw_key = nullptr, *raw_value = nullptr;
    int ret = av_opt_get_key_value(&rest, "=", ":", positional ? AV_OPT_FLAG_IMPLICIT_KEY : 0,
                                   &raw_key, &raw_value);
    AvPtr<char> key(raw_key), value(raw_value);
    if (ret < 0)
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS,
          format("Filter `%s` has no option left for `%s`; write it as `option=value`. `ffmpeg -h "
                 "filter=%s` lists its options.",
                 excerpt(name()).c_str(), excerpt(start).c_str(), filter->name));
    if (*rest)
      rest++;

    FilterOption option{key ? key.get() : positional, value.get()};
    if (auto ok = require_option(option.key); !ok)
      return ok;
    OptionField found = find_field(filter, option.key);
    if (key)
      cursor = nullptr;
    if (compat::positional_options_follow_named && found.owner != avfilter_get_class())
      cursor = found.option;
    options.push_back(std::move(option));
  }
  return {};
}

std::string FilterNode::arguments() const {
  std::string text;
  for (const auto &option : options) {
    if (!text.empty())
      text += ':';
    text += option.key + "=" + escape(option.value, ":");
  }
  return text;
}

/* ---- FilterSpec ------------------------------------------------------------------------------ */

std::string FilterSpec::to_text() const {
  std::string text;
  if (!sws_flags.empty())
    text = "sws_flags=" + sws_flags + ";";
  for (size_t chain = 0; chain < chains.size(); chain++) {
    if (chain > 0)
      text += ';';
    for (size_t node = 0; node < chains[chain].size(); node++) {
      if (node > 0)
        text += ',';
      text += node_to_text(chains[chain][node]);
    }
  }
  return text;
}

Result<FilterSpec> parse_filter_text(const std::string &text) { return Parser(text).parse(); }

Result<FilterSpec> parse_filter_sequence(const std::string &text) {
  return is_filter_json(text) ? parse_sequence_json(text) : parse_filter_text(text);
}

Result<FilterSpec> parse_filter_graph(const std::string &text) {
  return is_filter_json(text) ? parse_graph_json(text) : parse_filter_text(text);
}

static std::string to_utf8(const std::string &text) {
  CString valid(g_utf8_make_valid(text.c_str(), gssize(text.size())));
  return valid.get();
}

std::string excerpt(const std::string &text) {
  constexpr size_t longest = 40;
  size_t end = text.size();
  if (end > longest)
    for (end = longest; end > 0 && (text[end] & 0xc0) == 0x80;) /* not inside a UTF-8 character */
      end--;
  return to_utf8(text.substr(0, end)) + (end < text.size() ? "…" : "");
}

/* ---- FilterDescription ----------------------------------------------------------------------- */

FilterNode &FilterDescription::node(const NodePlace &place) {
  return (place.in_sequence ? sequence : graph)->chains[place.chain][place.node];
}

const FilterNode &FilterDescription::node(const NodePlace &place) const {
  return (place.in_sequence ? sequence : graph)->chains[place.chain][place.node];
}

std::string FilterDescription::to_text() const {
  std::string text;
  for (const auto *spec : {&sequence, &graph})
    if (*spec)
      text += (text.empty() ? "`" : " and `") + (*spec)->to_text() + "`";
  return to_utf8(text);
}

using SpecParser = Result<FilterSpec>(const std::string &text);

static Result<std::optional<FilterSpec>> parse_property(SpecParser *parse, const char *text,
                                                        const char *property) {
  if (!text || !*text)
    return std::nullopt;
  auto spec = parse(text);
  if (!spec) {
    Error error = spec.error();
    error.debug = framewise::format("%s=\"%s\"", property, to_utf8(text).c_str());
    return Failure(error);
  }
  return std::optional<FilterSpec>(std::move(*spec));
}

Result<FilterDescription> FilterDescription::parse(const char *sequence, const char *graph) {
  FilterDescription description;
  auto sequence_spec = parse_property(parse_filter_sequence, sequence, "filter-sequence");
  if (!sequence_spec)
    return Failure(sequence_spec.error());
  auto graph_spec = parse_property(parse_filter_graph, graph, "filter-graph");
  if (!graph_spec)
    return Failure(graph_spec.error());
  description.sequence = std::move(*sequence_spec);
  description.graph = std::move(*graph_spec);
  return description;
}

} // namespace framewise
