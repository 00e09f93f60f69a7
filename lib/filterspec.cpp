/* gst-framewise: FFmpeg's filter language as a tree.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterspec.hpp"

extern "C" {
#include <libavutil/avstring.h>
#include <libavutil/opt.h>
}

#include <cstring>

namespace framewise {
namespace {

constexpr const char *white_space = " \n\t\r";

std::string take_token(const char **text, const char *terminators) {
  AvPtr<char> token(av_get_token(text, terminators));
  return token ? token.get() : "";
}

/* What is quoted of the text in a message: enough to find the place. */
std::string excerpt(const char *text) {
  constexpr size_t longest = 40;
  std::string part(text, strnlen(text, longest + 1));
  if (part.size() <= longest)
    return part;
  size_t end = longest;
  while (end > 0 && (part[end] & 0xc0) == 0x80) /* not inside a UTF-8 character */
    end--;
  return part.substr(0, end) + "…";
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
    FilterNode node;
    if (auto labels = parse_labels(); labels)
      node.inputs = std::move(*labels);
    else
      return Failure(labels.error());

    const char *start = rest_;
    std::string name = take_token(&rest_, "=,;[");
    if (name.empty())
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS,
          *start ? format("The name of a filter is missing before `%s`.", excerpt(start).c_str())
                 : "The name of a filter is missing at the end.");
    if (size_t at = name.find('@'); at != std::string::npos && at + 1 < name.size()) {
      node.id = name.substr(at + 1);
      name.resize(at);
    }
    node.filter = avfilter_get_by_name(name.c_str());
    if (!node.filter)
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS, format("No filter `%s`. `ffmpeg -filters` lists what this libavfilter has.",
                           excerpt(name.c_str()).c_str()));

    if (*rest_ == '=') {
      rest_++;
      std::string arguments = take_token(&rest_, "[],;");
      if (auto options = resolve_options(node, arguments); options)
        node.options = std::move(*options);
      else
        return Failure(options.error());
    }

    if (auto labels = parse_labels(); labels)
      node.outputs = std::move(*labels);
    else
      return Failure(labels.error());
    return node;
  }

  /* `arguments` is the text behind `=`, its outer quotes gone. */
  static Result<std::vector<FilterOption>> resolve_options(const FilterNode &node,
                                                           const std::string &arguments) {
    std::vector<FilterOption> options;
    const AVClass *own = node.filter->priv_class;
    const AVClass *generic = avfilter_get_class();
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
            format("Filter `%s` has no option left for `%s`; write it as `option=value`. `ffmpeg "
                   "-h filter=%s` lists its options.",
                   node.name().c_str(), excerpt(start).c_str(), node.filter->name));
      if (*rest)
        rest++;

      FilterOption option{key ? key.get() : positional, value.get()};
      const AVOption *found =
          av_opt_find(&generic, option.key.c_str(), nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ);
      bool is_generic = found;
      if (!found && own)
        found = av_opt_find(&own, option.key.c_str(), nullptr, 0,
                            AV_OPT_SEARCH_CHILDREN | AV_OPT_SEARCH_FAKE_OBJ);
      if (!found)
        return FRAMEWISE_FAIL_LIBRARY(
            SETTINGS, format("Filter `%s` has no option `%s`. `ffmpeg -h filter=%s` lists its "
                             "options.",
                             node.name().c_str(), option.key.c_str(), node.filter->name));
      if (key)
        cursor = nullptr;
      if (compat::positional_options_follow_named && !is_generic)
        cursor = found;
      options.push_back(std::move(option));
    }
    return options;
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
  for (const auto &label : labels)
    text += "[" + escape(label, "[]") + "]";
  return text;
}

std::string node_to_text(const FilterNode &node) {
  std::string arguments;
  for (const auto &option : node.options) {
    if (!arguments.empty())
      arguments += ':';
    arguments += option.key + "=" + escape(option.value, ":");
  }
  std::string text = labels_to_text(node.inputs) + escape(node.name(), "=[],;");
  if (!arguments.empty())
    text += "=" + escape(arguments, "[],;");
  return text + labels_to_text(node.outputs);
}

} // namespace

std::string FilterNode::name() const {
  return id.empty() ? filter->name : std::string(filter->name) + "@" + id;
}

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

static Result<std::optional<FilterSpec>> parse_property(const char *text, const char *property) {
  if (!text || !*text)
    return std::nullopt;
  auto spec = parse_filter_text(text);
  if (!spec) {
    Error error = spec.error();
    error.debug = framewise::format("%s=\"%s\"", property, text);
    return Failure(error);
  }
  return std::optional<FilterSpec>(std::move(*spec));
}

Result<FilterDescription> FilterDescription::parse(const char *sequence, const char *graph) {
  FilterDescription description;
  auto sequence_spec = parse_property(sequence, "filter-sequence");
  if (!sequence_spec)
    return Failure(sequence_spec.error());
  auto graph_spec = parse_property(graph, "filter-graph");
  if (!graph_spec)
    return Failure(graph_spec.error());
  description.sequence = std::move(*sequence_spec);
  description.graph = std::move(*graph_spec);
  return description;
}

} // namespace framewise
