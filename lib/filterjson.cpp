/* gst-framewise: JSON as a description of filters.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterjson.hpp"

#include "filterspec-links.hpp"

#include <json-glib/json-glib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <tuple>

namespace framewise {
namespace {

constexpr const char *white_space = " \n\t\r";
/* json-glib calls itself for each level; a description has four. */
constexpr int deepest = 32;

constexpr const char *sequence_shape =
    "`filter-sequence` takes a list of filters, `[[\"name\", \"arguments\"], …]`";
constexpr const char *graph_shape =
    "`filter-graph` takes `[{\"node\": [\"name\", \"arguments\"], …}, "
    "[[\"video_in\", \"node\", 0, 0], …]]`";

struct JsonUnref {
  void operator()(JsonParser *p) const { g_object_unref(p); }
  void operator()(JsonBuilder *p) const { g_object_unref(p); }
  void operator()(JsonNode *p) const { json_node_unref(p); }
};
template <typename T> using JsonPtr = std::unique_ptr<T, JsonUnref>;

template <typename... Parts> Failure fail_settings(const Parts &...parts) {
  return FRAMEWISE_FAIL_LIBRARY(SETTINGS, (std::string() + ... + parts));
}

std::string quote(const std::string &text) { return "`" + excerpt(text) + "`"; }

std::string quote(JsonNode *node) {
  CString text(json_to_string(node, FALSE));
  return quote(text.get());
}

/* ---- Text -------------------------------------------------------------------------------------
 */

/* Looks at the text before json-glib does, for what that would take though it is no JSON, or would
 * change in silence: other numbers, other words, broken escapes, depth without end. */
class TextCheck {
 public:
  explicit TextCheck(const char *text) : text_(text), at_(text) {}

  Result<void> check() {
    const char *end;
    if (!g_utf8_validate(text_, -1, &end)) {
      at_ = end;
      return fail_here("this is no UTF-8");
    }
    bool begun = false;
    for (at_ += strspn(at_, white_space); *at_; at_ += strspn(at_, white_space)) {
      if (begun && depth_ == 0)
        return fail_here("nothing may stand behind the last bracket, but there is " + quote(at_));
      begun = true;
      if (auto ok = check_token(); !ok)
        return ok;
    }
    if (depth_ > 0)
      return fail_here("the text ends, but a bracket is open");
    return {};
  }

 private:
  Failure fail_here(const std::string &what) const {
    int line = 1, column = 1;
    for (const char *c = text_; c < at_; c++) {
      if (*c == '\n')
        line++, column = 1;
      else if ((*c & 0xc0) != 0x80)
        column++;
    }
    return fail_settings("The text begins as JSON. At line ", std::to_string(line), ", column ",
                         std::to_string(column), ": ", what, ".");
  }

  Result<void> check_token() {
    switch (*at_) {
    case '[':
    case '{':
      if (++depth_ > deepest)
        return fail_here("more brackets in brackets than any description has");
      at_++;
      return {};
    case ']':
    case '}':
      depth_--;
      at_++;
      return {};
    case ',':
    case ':':
      at_++;
      return {};
    case '"':
      return check_string();
    default:
      return check_word();
    }
  }

  Result<void> check_string() {
    const char *start = at_++;
    while (*at_ && *at_ != '"') {
      if (*at_ != '\\')
        at_++;
      else if (auto ok = check_escape(); !ok)
        return ok;
    }
    if (!*at_) {
      at_ = start;
      return fail_here("the string " + quote(start) + " has no end");
    }
    at_++;
    return {};
  }

  Result<void> check_escape() {
    if (at_[1] != 'u') {
      if (!at_[1] || !strchr("\"\\/bfnrt", at_[1]))
        return fail_here(quote(at_) + " is no escape that JSON has");
      at_ += 2;
      return {};
    }
    auto first = read_unit();
    if (!first)
      return fail_here("four hexadecimal digits should follow `\\u`, in " + quote(at_));
    if (*first == 0)
      return fail_here("no option takes a null character");
    const char *start = at_;
    at_ += 6;
    if (*first < 0xd800 || *first > 0xdfff)
      return {};
    auto second = *first < 0xdc00 ? read_unit() : std::nullopt;
    if (!second || *second < 0xdc00 || *second > 0xdfff) {
      at_ = start;
      return fail_here("half a surrogate pair, in " + quote(at_));
    }
    at_ += 6;
    return {};
  }

  /* The UTF-16 unit of the `\uXXXX` that stands here. */
  std::optional<unsigned> read_unit() const {
    if (at_[0] != '\\' || at_[1] != 'u')
      return std::nullopt;
    unsigned unit = 0;
    for (int i = 2; i < 6; i++) {
      if (!g_ascii_isxdigit(at_[i]))
        return std::nullopt;
      unit = unit * 16 + unsigned(g_ascii_xdigit_value(at_[i]));
    }
    return unit;
  }

  Result<void> check_word() {
    const std::string word(at_, strcspn(at_, " \n\t\r[]{},:\""));
    if (word == "NaN" || word == "Infinity" || word == "-Infinity")
      return fail_here("JSON has no " + quote(word) + "; write the value as a string");
    if (word != "true" && word != "false" && word != "null") {
      if (!is_number(word.c_str()))
        return fail_here(quote(word) + " is nothing that JSON has; strings stand in double quotes");
      if (!fits(word))
        return fail_here(quote(word) + " is too large; write the value as a string");
    }
    at_ += word.size();
    return {};
  }

  static bool is_number(const char *text) {
    auto skip_digits = [&] {
      const char *start = text;
      while (g_ascii_isdigit(*text))
        text++;
      return text > start;
    };
    if (*text == '-')
      text++;
    if (*text == '0')
      text++;
    else if (!skip_digits())
      return false;
    if (*text == '.' && (text++, !skip_digits()))
      return false;
    if (*text == 'e' || *text == 'E') {
      text++;
      if (*text == '+' || *text == '-')
        text++;
      if (!skip_digits())
        return false;
    }
    return !*text;
  }

  static bool fits(const std::string &number) {
    if (number.find_first_of(".eE") != std::string::npos)
      return std::isfinite(g_ascii_strtod(number.c_str(), nullptr));
    errno = 0;
    g_ascii_strtoll(number.c_str(), nullptr, 10);
    return errno != ERANGE;
  }

  const char *const text_;
  const char *at_;
  int depth_ = 0;
};

/* JSON that json-glib has read. */
class Document {
 public:
  static Result<Document> read(const std::string &text) {
    if (auto ok = TextCheck(text.c_str()).check(); !ok)
      return Failure(ok.error());
    Document document;
    Members members;
    gulong id = g_signal_connect(document.parser_.get(), "object-member",
                                 G_CALLBACK(on_object_member), &members);
    GError *raw_error = nullptr;
    gboolean ok = json_parser_load_from_data(document.parser_.get(), text.c_str(), -1, &raw_error);
    GstPtr<GError> error(raw_error);
    g_signal_handler_disconnect(document.parser_.get(), id);
    if (!ok) {
      std::string message = error->message;
      if (constexpr const char *prefix = "<data>:"; g_str_has_prefix(message.c_str(), prefix))
        message.erase(0, strlen(prefix));
      return fail_settings("The text begins as JSON. At ", message, ".");
    }
    if (members.repeated)
      return fail_settings("The key ", quote(*members.repeated), " stands twice in one object.");
    return document;
  }

  JsonNode *root() const { return json_parser_get_root(parser_.get()); }

 private:
  struct Members {
    std::set<std::pair<JsonObject *, std::string>> seen;
    std::optional<std::string> repeated;
  };

  static void on_object_member(JsonParser *, JsonObject *object, const char *name,
                               gpointer user_data) {
    auto *members = static_cast<Members *>(user_data);
    if (!members->seen.emplace(object, name).second && !members->repeated)
      members->repeated = name;
  }

  JsonPtr<JsonParser> parser_{json_parser_new_immutable()};
};

std::vector<JsonNode *> elements_of(JsonNode *array) {
  std::vector<JsonNode *> elements;
  JsonArray *raw = json_node_get_array(array);
  for (guint i = 0; i < json_array_get_length(raw); i++)
    elements.push_back(json_array_get_element(raw, i));
  return elements;
}

std::vector<std::pair<std::string, JsonNode *>> members_of(JsonNode *object) {
  std::vector<std::pair<std::string, JsonNode *>> members;
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  json_object_iter_init_ordered(&iter, json_node_get_object(object));
  while (json_object_iter_next_ordered(&iter, &name, &value))
    members.emplace_back(name, value);
  return members;
}

bool is_string(JsonNode *node) {
  return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
}

/* ---- Filters ----------------------------------------------------------------------------------
 */

/* The value of an option as av_opt_set() reads it; nothing of a list or an object. */
std::optional<std::string> value_text(JsonNode *value) {
  if (!JSON_NODE_HOLDS_VALUE(value))
    return std::nullopt;
  switch (json_node_get_value_type(value)) {
  case G_TYPE_STRING:
    return json_node_get_string(value);
  case G_TYPE_INT64:
    return std::to_string(json_node_get_int(value));
  case G_TYPE_BOOLEAN:
    return json_node_get_boolean(value) ? "1" : "0";
  case G_TYPE_DOUBLE: {
    char text[32];
    auto end = std::to_chars(text, std::end(text), json_node_get_double(value)).ptr;
    return std::string(text, end);
  }
  default:
    return std::nullopt;
  }
}

Result<void> add_options(FilterNode &node, JsonNode *object) {
  for (const auto &[key, value] : members_of(object)) {
    if (auto ok = node.require_option(key); !ok)
      return ok;
    if (JSON_NODE_HOLDS_NULL(value))
      continue;
    auto text = value_text(value);
    if (!text)
      return fail_settings("Filter ", quote(node.name()), ": the value of ", quote(key), " is ",
                           quote(value), ". It should be a string, a number or a truth value.");
    node.options.push_back({key, *text});
  }
  return {};
}

/* `item` is what stands for one filter in a list or under a key. */
Result<FilterNode> read_filter(JsonNode *item) {
  std::vector<JsonNode *> parts;
  if (JSON_NODE_HOLDS_ARRAY(item))
    parts = elements_of(item);
  if (parts.empty() || parts.size() > 2 || !is_string(parts[0]))
    return fail_settings("A filter is written `[\"name\", \"arguments\"]`, not ", quote(item), ".");
  auto node = FilterNode::of_name(json_node_get_string(parts[0]));
  if (!node || parts.size() == 1 || JSON_NODE_HOLDS_NULL(parts[1]))
    return node;

  Result<void> ok;
  if (is_string(parts[1]))
    ok = node->add_arguments(json_node_get_string(parts[1]));
  else if (JSON_NODE_HOLDS_OBJECT(parts[1]))
    ok = add_options(*node, parts[1]);
  else
    ok = fail_settings("The arguments of filter ", quote(node->name()), " are ", quote(parts[1]),
                       ". They should be a string or an object of options.");
  if (!ok)
    return Failure(ok.error());
  return node;
}

/* ---- Graphs -----------------------------------------------------------------------------------
 */

/* Nodes and edges on their way to chains of one filter each. */
class GraphReader {
 public:
  Result<FilterSpec> read(JsonNode *nodes, JsonNode *edges) {
    for (const auto &[key, item] : members_of(nodes))
      if (auto ok = add_node(key, item); !ok)
        return Failure(ok.error());
    for (JsonNode *edge : elements_of(edges))
      if (auto ok = add_edge(edge); !ok)
        return Failure(ok.error());
    if (input_of_graph_.empty())
      return fail_settings("No edge begins at `video_in`, and pictures have to come from there.");
    if (output_of_graph_.empty())
      return fail_settings("No edge leads to `video_out`, and pictures have to go there.");
    FilterSpec spec;
    for (auto &node : nodes_) {
      auto filter = finish(node);
      if (!filter)
        return Failure(filter.error());
      spec.chains.push_back({std::move(*filter)});
    }
    if (passes_through_)
      spec.chains.push_back({*passes_through_});
    return spec;
  }

 private:
  using Pads = std::map<unsigned, std::string>; /* their labels */
  struct Node {
    std::string key;
    FilterNode filter;
    PadCounts counts;
    Pads inputs, outputs;
  };
  struct Edge {
    std::string text, from, to;
    unsigned output, input;
  };

  Result<void> add_node(const std::string &key, JsonNode *item) {
    if (key == input_label || key == output_label)
      return fail_settings("The node ", quote(key), " needs another name: that one is the graph's ",
                           key == input_label ? "way in." : "way out.");
    if (key.empty())
      return fail_settings("The name of a node is empty, before ", quote(item), ".");
    auto filter = read_filter(item);
    if (!filter)
      return Failure(filter.error());
    if (filter->id.empty())
      filter->id = key;
    auto counts = pad_counts(*filter);
    if (!counts)
      return Failure(counts.error());
    index_[key] = nodes_.size();
    nodes_.push_back({key, std::move(*filter), *counts, {}, {}});
    return {};
  }

  static Result<Edge> read_edge(JsonNode *item) {
    auto is_int = [](JsonNode *node) {
      return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64;
    };
    std::vector<JsonNode *> parts;
    if (JSON_NODE_HOLDS_ARRAY(item))
      parts = elements_of(item);
    if (parts.size() != 4 || !is_string(parts[0]) || !is_string(parts[1]) || !is_int(parts[2]) ||
        !is_int(parts[3]))
      return fail_settings(
          "An edge is written `[\"from\", \"to\", output, input]`, with the numbers "
          "of an output and an input, not ",
          quote(item), ".");
    for (int i : {2, 3})
      if (gint64 pad = json_node_get_int(parts[size_t(i)]); pad < 0 || pad >= most_pads)
        return fail_settings("Edge ", quote(item), ": ", std::to_string(pad),
                             " is no number of an ", i == 2 ? "output" : "input",
                             "; they go from 0 to ", std::to_string(most_pads - 1), ".");
    return Edge{quote(item), json_node_get_string(parts[0]), json_node_get_string(parts[1]),
                unsigned(json_node_get_int(parts[2])), unsigned(json_node_get_int(parts[3]))};
  }

  Result<void> add_edge(JsonNode *item) {
    auto edge = read_edge(item);
    if (!edge)
      return Failure(edge.error());
    if (edge->from == output_label)
      return fail_settings("Edge ", edge->text, ": nothing comes out of `video_out`.");
    if (edge->to == input_label)
      return fail_settings("Edge ", edge->text, ": nothing goes into `video_in`.");
    if (edge->from == input_label) {
      if (auto ok = take_end(*edge, input_of_graph_, edge->output, "output"); !ok)
        return ok;
    }
    if (edge->to == output_label) {
      if (auto ok = take_end(*edge, output_of_graph_, edge->input, "input"); !ok)
        return ok;
    }
    if (edge->from == input_label && edge->to == output_label) {
      passes_through_ =
          FilterNode{avfilter_get_by_name("null"), {}, {}, {input_label}, {output_label}};
      return {};
    }

    std::string label = edge->from + ":" + std::to_string(edge->output);
    if (edge->from == input_label)
      label = input_label;
    else if (edge->to == output_label)
      label = output_label;
    if (edge->from != input_label)
      if (auto ok = take_pad(*edge, PadSide::output, label); !ok)
        return ok;
    if (edge->to != output_label)
      return take_pad(*edge, PadSide::input, label);
    return {};
  }

  /* `end`: the edge that has taken it. */
  static Result<void> take_end(const Edge &edge, std::string &end, unsigned pad, const char *side) {
    const bool is_input_of_graph = edge.from == input_label && !strcmp(side, "output");
    const std::string name = is_input_of_graph ? "`video_in`" : "`video_out`";
    if (pad != 0)
      return fail_settings("Edge ", edge.text, ": ", name, " has 1 ", side, "; there is no ", side,
                           " ", std::to_string(pad), ".");
    if (!end.empty() && is_input_of_graph)
      return fail_settings("Edge ", edge.text, ": ", name, " is linked twice, first by ", end,
                           ". Pictures go to several filters through `split`.");
    if (!end.empty())
      return fail_settings("Edge ", edge.text, ": ", name, " is linked twice, first by ", end, ".");
    end = edge.text;
    return {};
  }

  Result<void> take_pad(const Edge &edge, PadSide side, const std::string &label) {
    const bool output = side == PadSide::output;
    const std::string &key = output ? edge.from : edge.to;
    auto found = index_.find(key);
    if (found == index_.end())
      return fail_settings("Edge ", edge.text, ": there is no node ", quote(key), ".");
    Node &node = nodes_[found->second];
    const unsigned pad = output ? edge.output : edge.input;
    const auto &count = output ? node.counts.outputs : node.counts.inputs;
    if (count && pad >= *count)
      return fail_settings("Edge ", edge.text, ": ", no_such_pad(node.filter, side, *count, pad));
    if (!(output ? node.outputs : node.inputs).emplace(pad, label).second)
      return fail_settings("Edge ", edge.text, ": ", output ? "output " : "input ",
                           std::to_string(pad), " of node ", quote(key), " is linked twice.",
                           output ? " Pictures go to several filters through `split`." : "");
    return {};
  }

  static Result<FilterNode> finish(Node &node) {
    if (node.inputs.empty() && node.outputs.empty())
      return fail_settings("Node ", quote(node.key), " is linked to nothing.");
    for (auto [pads, side] : {std::pair(&node.inputs, "Input "), {&node.outputs, "Output "}}) {
      unsigned next = 0;
      for (const auto &[pad, label] : *pads)
        if (pad != next++)
          return fail_settings(side, std::to_string(next - 1), " of node ", quote(node.key),
                               " is linked to nothing, but ", std::to_string(pad), " is.");
    }
    for (auto &[pad, label] : node.inputs)
      node.filter.inputs.push_back(label);
    for (auto &[pad, label] : node.outputs)
      node.filter.outputs.push_back(label);
    return std::move(node.filter);
  }

  std::vector<Node> nodes_;
  std::map<std::string, size_t> index_;
  std::string input_of_graph_, output_of_graph_; /* their edges */
  std::optional<FilterNode> passes_through_;
};

} // namespace

bool is_filter_json(const std::string &text) {
  const char *at = text.c_str() + strspn(text.c_str(), white_space);
  if (*at == '{')
    return true;
  if (*at != '[')
    return false;
  at++;
  at += strspn(at, white_space);
  return *at && strchr("[{\"]", *at);
}

Result<FilterSpec> parse_sequence_json(const std::string &text) {
  auto document = Document::read(text);
  if (!document)
    return Failure(document.error());
  JsonNode *root = document->root();
  std::vector<JsonNode *> items;
  if (JSON_NODE_HOLDS_ARRAY(root))
    items = elements_of(root);
  if (JSON_NODE_HOLDS_OBJECT(root) || (!items.empty() && JSON_NODE_HOLDS_OBJECT(items[0])))
    return fail_settings(sequence_shape, ". Nodes and edges, as in ", quote(root),
                         ", are for `filter-graph`.");
  if (items.empty())
    return fail_settings("The list of filters is empty. Name at least one filter, such as "
                         "`[\"null\"]`.");
  if (is_string(items[0]))
    return fail_settings(sequence_shape, ", each in a list of its own, not ", quote(root), ".");
  FilterSpec spec;
  spec.chains.emplace_back();
  for (JsonNode *item : items) {
    auto node = read_filter(item);
    if (!node)
      return Failure(node.error());
    spec.chains[0].push_back(std::move(*node));
  }
  return spec;
}

Result<FilterSpec> parse_graph_json(const std::string &text) {
  auto document = Document::read(text);
  if (!document)
    return Failure(document.error());
  JsonNode *root = document->root();
  std::vector<JsonNode *> parts;
  if (JSON_NODE_HOLDS_ARRAY(root))
    parts = elements_of(root);
  if (!parts.empty() && JSON_NODE_HOLDS_ARRAY(parts[0]))
    return fail_settings(graph_shape, ". A list of filters, as in ", quote(root),
                         ", is for `filter-sequence`.");
  if (parts.size() != 2 || !JSON_NODE_HOLDS_OBJECT(parts[0]) || !JSON_NODE_HOLDS_ARRAY(parts[1]))
    return fail_settings(graph_shape, ", nodes and then edges, not ", quote(root), ".");
  return GraphReader().read(parts[0], parts[1]);
}

/* ---- The other way ----------------------------------------------------------------------------
 */

namespace {

class Writer {
 public:
  explicit Writer(const FilterSpec &spec) : spec_(spec) {}

  Result<std::string> write() {
    if (!spec_.sws_flags.empty())
      return fail_settings("JSON has no place for `sws_flags=", excerpt(spec_.sws_flags),
                           ";`. Give each `scale` its own `flags`.");
    if (auto ok = require_utf8(); !ok)
      return Failure(ok.error());
    if (is_sequence())
      write_sequence();
    else if (auto ok = write_graph(); !ok)
      return Failure(ok.error());
    JsonPtr<JsonNode> root(json_builder_get_root(builder_.get()));
    CString text(json_to_string(root.get(), FALSE));
    return std::string(text.get());
  }

 private:
  Result<void> require_utf8() const {
    for (const auto &chain : spec_.chains)
      for (const auto &node : chain) {
        bool valid = g_utf8_validate(node.id.c_str(), -1, nullptr);
        for (const auto &option : node.options)
          valid = valid && g_utf8_validate(option.value.c_str(), -1, nullptr);
        if (!valid)
          return fail_settings("JSON is UTF-8, and filter ", quote(node.name()), " is not.");
      }
    return {};
  }

  /* Labels of the ways in and out need not be written, as long as they do not link the two. */
  bool is_sequence() const {
    if (spec_.chains.size() != 1)
      return false;
    const FilterChain &chain = spec_.chains[0];
    for (size_t i = 0; i < chain.size(); i++)
      if (chain[i].inputs.size() > (i == 0) || chain[i].outputs.size() > (i + 1 == chain.size()))
        return false;
    const auto &in = chain.front().inputs, &out = chain.back().outputs;
    return in.empty() || in != out;
  }

  void add_string(const std::string &text) {
    json_builder_add_string_value(builder_.get(), text.c_str());
  }

  void add_filter(const std::string &name, const FilterNode &node) {
    json_builder_begin_array(builder_.get());
    add_string(name);
    std::set<std::string> keys;
    for (const auto &option : node.options)
      keys.insert(option.key);
    if (keys.size() < node.options.size()) {
      add_string(node.arguments()); /* an object would lose all but the last of a key */
    } else {
      json_builder_begin_object(builder_.get());
      for (const auto &option : node.options) {
        json_builder_set_member_name(builder_.get(), option.key.c_str());
        add_string(option.value);
      }
      json_builder_end_object(builder_.get());
    }
    json_builder_end_array(builder_.get());
  }

  void write_sequence() {
    json_builder_begin_array(builder_.get());
    for (const auto &node : spec_.chains[0])
      add_filter(node.name(), node);
    json_builder_end_array(builder_.get());
  }

  /* Of each filter: its id, or where that cannot be, its name and a number. */
  void choose_keys() {
    std::set<std::string> taken{input_label, output_label};
    for (const auto &chain : spec_.chains) {
      keys_.emplace_back();
      for (const auto &node : chain)
        keys_.back().push_back(!node.id.empty() && taken.insert(node.id).second ? node.id : "");
    }
    std::map<std::string, size_t> last_number;
    for (size_t chain = 0; chain < keys_.size(); chain++)
      for (size_t i = 0; i < keys_[chain].size(); i++) {
        std::string &key = keys_[chain][i];
        if (!key.empty())
          continue;
        const std::string name = spec_.chains[chain][i].filter->name;
        do {
          const size_t number = ++last_number[name];
          key = number == 1 ? name : name + "_" + std::to_string(number);
        } while (!taken.insert(key).second);
      }
  }

  void add_edge(const std::string &from, const std::string &to, unsigned output, unsigned input) {
    json_builder_begin_array(builder_.get());
    add_string(from);
    add_string(to);
    json_builder_add_int_value(builder_.get(), output);
    json_builder_add_int_value(builder_.get(), input);
    json_builder_end_array(builder_.get());
  }

  Result<void> write_graph() {
    auto counts = count_pads(spec_);
    if (!counts)
      return Failure(counts.error());
    auto links = resolve_links(spec_, *counts);
    if (!links)
      return Failure(links.error());
    auto ends = find_ends(spec_, *links, EndLabels::any);
    if (!ends)
      return Failure(ends.error());
    choose_keys();
    auto key = [&](const FilterPad &pad) { return keys_[pad.chain][pad.node]; };

    json_builder_begin_array(builder_.get());
    json_builder_begin_object(builder_.get());
    for (size_t chain = 0; chain < keys_.size(); chain++)
      for (size_t i = 0; i < keys_[chain].size(); i++) {
        const FilterNode &node = spec_.chains[chain][i];
        json_builder_set_member_name(builder_.get(), keys_[chain][i].c_str());
        add_filter(node.id == keys_[chain][i] ? node.filter->name : node.name(), node);
      }
    json_builder_end_object(builder_.get());

    std::sort(links->links.begin(), links->links.end(),
              [](const FilterLink &a, const FilterLink &b) {
                return std::tie(a.from.chain, a.from.node, a.from.pad) <
                       std::tie(b.from.chain, b.from.node, b.from.pad);
              });
    json_builder_begin_array(builder_.get());
    add_edge(input_label, key(ends->input), 0, ends->input.pad);
    for (const auto &[from, to] : links->links)
      add_edge(key(from), key(to), from.pad, to.pad);
    add_edge(key(ends->output), output_label, ends->output.pad, 0);
    json_builder_end_array(builder_.get());
    json_builder_end_array(builder_.get());
    return {};
  }

  const FilterSpec &spec_;
  JsonPtr<JsonBuilder> builder_{json_builder_new_immutable()};
  std::vector<std::vector<std::string>> keys_; /* by chain and node */
};

} // namespace

Result<std::string> FilterSpec::to_json() const { return Writer(*this).write(); }

} // namespace framewise
