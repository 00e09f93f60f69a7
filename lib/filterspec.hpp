/* gst-framewise: descriptions of filters as a tree.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure: reads text and libavfilter's tables of filters and options. No filter is created, no file
 * is opened. Any thread.
 */
#pragma once

#include "av.hpp"

#include <optional>
#include <string>
#include <vector>

namespace framewise {

/* The labels of a graph's ways in and out. */
constexpr const char *input_label = "video_in";
constexpr const char *output_label = "video_out";

/* One option of a filter; positional ones have got their key. */
struct FilterOption {
  std::string key;
  std::string value; /* as av_opt_set() reads it: nothing quoted or escaped any more */

  bool operator==(const FilterOption &) const = default;
};

/* One filter with the labels before and behind it. */
struct FRAMEWISE_INTERNAL FilterNode {
  const AVFilter *filter = nullptr;  /* libavfilter's, for ever */
  std::string id;                    /* of `name@id`; empty where there is none */
  std::vector<FilterOption> options; /* as written; of two with one key the later one holds */
  std::vector<std::string> inputs;   /* labels of the first inputs, in turn */
  std::vector<std::string> outputs;  /* labels of the first outputs, in turn */

  /* The filter of `name` or `name@id`; an error where libavfilter has none. */
  static Result<FilterNode> of_name(const std::string &name);

  bool operator==(const FilterNode &) const = default;
  /* `name` or `name@id`. */
  std::string name() const;
  /* Puts `value` in the place of all options that set the same field of the filter as `key`
   * does (many have two names), else behind the options. Neither is checked. */
  void set_option(const std::string &key, const std::string &value);
  /* The last option that sets the same field as `key`; NULL where none does. */
  const FilterOption *find_option(const std::string &key) const;
  /* An error where the filter has no option `key`. */
  Result<void> require_option(const std::string &key) const;
  /* Reads what stands behind `name=`, with one level of quotes and escapes: positional options in
   * the order of the filter's AVOptions. Puts them behind the options. */
  Result<void> add_arguments(const std::string &arguments);
  /* The options as add_arguments() reads them, every key written out. */
  std::string arguments() const;
};

/* Filters one behind the other. What a filter's labels leave open of its outputs goes into the next
 * one's inputs, behind the labelled ones. */
using FilterChain = std::vector<FilterNode>;

struct FRAMEWISE_INTERNAL FilterSpec {
  std::string sws_flags;           /* of a leading `sws_flags=...;` */
  std::vector<FilterChain> chains; /* never empty, and none of them is */

  bool operator==(const FilterSpec &) const = default;
  /* FFmpeg's syntax with every key written out. parse_filter_text() makes the same tree of it, and
   * nobody takes it for JSON. */
  std::string to_text() const;
  /* JSON: a sequence where there is one chain without labels but for one of its way in and one of
   * its way out, else nodes and edges. Every value is a string. A filter without an id, or with one
   * that another has, gets a key of its own. An error where JSON has no words for the tree (leading
   * sws_flags), where it is no UTF-8, and where the links are not known: an end is left open, or
   * nothing tells how many inputs or outputs a filter has. */
  Result<std::string> to_json() const;
};

/* Reads `text` just as libavfilter does: quotes and escapes on two levels, positional options in
 * the order of the filter's AVOptions. All errors are LIBRARY/SETTINGS and quote the part they are
 * about: an unknown filter, an unknown option, one value too many, a bracket without its other
 * half, nothing where a filter should stand. Values are not looked at. */
FRAMEWISE_INTERNAL Result<FilterSpec> parse_filter_text(const std::string &text);

/* What the properties take: FFmpeg's syntax, or where is_filter_json() says so the JSON of a
 * sequence or of a graph. Errors as with parse_filter_text(). */
FRAMEWISE_INTERNAL Result<FilterSpec> parse_filter_sequence(const std::string &text);
FRAMEWISE_INTERNAL Result<FilterSpec> parse_filter_graph(const std::string &text);

/* Where a filter stands in a FilterDescription. */
struct NodePlace {
  bool in_sequence; /* else in the graph */
  size_t chain, node;

  bool operator==(const NodePlace &) const = default;
};

/* What to build: the sequence first, its output being the graph's `[video_in]`. */
struct FRAMEWISE_INTERNAL FilterDescription {
  std::optional<FilterSpec> sequence;
  std::optional<FilterSpec> graph;

  bool operator==(const FilterDescription &) const = default;
  bool empty() const { return !sequence && !graph; }
  /* `place` must be one of this description. */
  FilterNode &node(const NodePlace &place);
  const FilterNode &node(const NodePlace &place) const;
  /* For messages: what there is of the two, each in FFmpeg's syntax between backticks, and
   * always UTF-8. */
  std::string to_text() const;
  /* NULL or "": not there. */
  static Result<FilterDescription> parse(const char *sequence, const char *graph);
};

/* What messages quote of a text: enough to find the place, and always UTF-8. */
FRAMEWISE_INTERNAL std::string excerpt(const std::string &text);

} // namespace framewise
