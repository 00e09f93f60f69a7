/* gst-framewise: every graph of the table, read and written in both languages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterspec.hpp"
#include "filtertable.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace framewise;
using filtertable::filter_table;
using filtertable::FilterRow;

class Row : public testing::TestWithParam<FilterRow> {
 protected:
  /* NULL where this libavfilter has other filters or options. */
  std::optional<FilterSpec> read() const {
    auto spec = GetParam().graph ? parse_filter_graph(GetParam().graph)
                                 : parse_filter_sequence(GetParam().filters);
    if (!spec && avfilter_version() >> 16 != 8)
      return std::nullopt;
    EXPECT_TRUE(spec.has_value()) << GetParam().filters << ": " << spec.error().message;
    return spec ? std::optional(*spec) : std::nullopt;
  }
};

/* Each filter with its options, in any order: all that both languages say alike. */
static std::vector<std::string> filters_of(const FilterSpec &spec) {
  std::vector<std::string> filters;
  for (const auto &chain : spec.chains)
    for (const auto &node : chain) {
      std::string text = node.filter->name;
      for (const auto &option : node.options)
        text += ":" + option.key + "=" + option.value;
      filters.push_back(text);
    }
  std::sort(filters.begin(), filters.end());
  return filters;
}

TEST_P(Row, text_and_tree_are_stable) {
  auto spec = read();
  if (!spec)
    return;
  const std::string text = spec->to_text();
  auto again = parse_filter_text(text);
  ASSERT_TRUE(again.has_value()) << text << ": " << again.error().message;
  EXPECT_EQ(*spec, *again) << text;
  EXPECT_EQ(text, again->to_text());
}

TEST_P(Row, json_says_the_same) {
  auto spec = read();
  if (!spec)
    return;
  auto json = spec->to_json();
  if (!json) {
    /* JSON has no word for leading flags; what is left open at both ends has another form. */
    EXPECT_FALSE(spec->sws_flags.empty()) << GetParam().filters << ": " << json.error().message;
    return;
  }
  auto again = json->rfind("[[", 0) == 0 ? parse_filter_sequence(*json) : parse_filter_graph(*json);
  ASSERT_TRUE(again.has_value()) << *json << ": " << again.error().message;
  EXPECT_EQ(filters_of(*spec), filters_of(*again)) << *json;
  auto json_again = again->to_json();
  ASSERT_TRUE(json_again.has_value()) << json_again.error().message;
  EXPECT_EQ(*json, *json_again);
  auto from_text = parse_filter_text(again->to_text());
  ASSERT_TRUE(from_text.has_value()) << from_text.error().message;
  EXPECT_EQ(*from_text, *again);
}

INSTANTIATE_TEST_SUITE_P(FilterTable, Row,
                         testing::ValuesIn(filter_table().begin(), filter_table().end()));

TEST(FilterTable, is_as_long_as_it_claims) { EXPECT_GE(filter_table().size(), 150u); }
