/* gst-framewise: tests of the parser of FFmpeg's filter text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterspec.hpp"

#include "filterjson.hpp"

#include <gtest/gtest.h>

using namespace framewise;

static FilterSpec parse(const std::string &text) {
  auto spec = parse_filter_text(text);
  EXPECT_TRUE(spec.has_value()) << text << ": " << (spec ? "" : spec.error().message);
  return spec.value_or(FilterSpec{});
}

static const std::vector<FilterOption> &options_of(const FilterSpec &spec) {
  return spec.chains.at(0).at(0).options;
}

static std::vector<FilterOption> options_of(const std::string &text) {
  return options_of(parse(text));
}

using Options = std::vector<FilterOption>;

TEST(FilterSpec, chains_filters_and_labels_become_the_tree) {
  FilterSpec spec =
      parse("[video_in] split [a][b] ; [b] hflip , negate [c];[a][c]hstack[video_out]");
  ASSERT_EQ(spec.chains.size(), 3u);
  ASSERT_EQ(spec.chains[1].size(), 2u);
  EXPECT_STREQ(spec.chains[0][0].filter->name, "split");
  EXPECT_EQ(spec.chains[0][0].inputs, std::vector<std::string>{"video_in"});
  EXPECT_EQ(spec.chains[0][0].outputs, (std::vector<std::string>{"a", "b"}));
  EXPECT_STREQ(spec.chains[1][1].filter->name, "negate");
  EXPECT_TRUE(spec.chains[1][1].inputs.empty());
  EXPECT_EQ(spec.chains[1][1].outputs, std::vector<std::string>{"c"});
  EXPECT_EQ(spec.chains[2][0].inputs, (std::vector<std::string>{"a", "c"}));
}

TEST(FilterSpec, positional_options_take_the_filters_own_order) {
  EXPECT_EQ(options_of("scale=512:-2"), (Options{{"w", "512"}, {"h", "-2"}}));
  EXPECT_EQ(options_of("rotate=45*PI/180:fillcolor=AliceBlue"),
            (Options{{"angle", "45*PI/180"}, {"fillcolor", "AliceBlue"}}));
  EXPECT_EQ(options_of("crop=3:5:1"), (Options{{"out_w", "3"}, {"out_h", "5"}, {"x", "1"}}));
}

TEST(FilterSpec, a_second_name_of_the_same_field_is_no_place_for_a_value) {
  /* scale has `w` and `width`, `h` and `height`, `flags` comes next */
  EXPECT_EQ(options_of("scale=1:2:bilinear"),
            (Options{{"w", "1"}, {"h", "2"}, {"flags", "bilinear"}}));
}

TEST(FilterSpec, values_after_a_named_option_go_on_behind_it) {
  EXPECT_EQ(options_of("overlay=y=7:25"), (Options{{"y", "7"}, {"eof_action", "25"}}));
  EXPECT_EQ(options_of("scale=w=100:200"), (Options{{"w", "100"}, {"h", "200"}}));
}

TEST(FilterSpec, quotes_and_escapes_are_read_on_both_levels) {
  EXPECT_EQ(options_of("drawtext=text='a,b;c[d]'"), (Options{{"text", "a,b;c[d]"}}));
  EXPECT_EQ(options_of("drawtext=text=a\\\\:b"), (Options{{"text", "a:b"}}));
  EXPECT_EQ(options_of("select='gte(n\\,2)'"), (Options{{"expr", "gte(n,2)"}}));
  EXPECT_EQ(options_of("drawtext=text=one\\, two"), (Options{{"text", "one, two"}}));
}

TEST(FilterSpec, an_instance_has_its_id) {
  FilterSpec spec = parse("scale@big=w=2:h=2");
  EXPECT_EQ(spec.chains[0][0].id, "big");
  EXPECT_EQ(spec.chains[0][0].name(), "scale@big");
}

TEST(FilterSpec, generic_options_belong_to_every_filter) {
  EXPECT_EQ(options_of("hue=h=3:enable='between(t,1,2)'"),
            (Options{{"h", "3"}, {"enable", "between(t,1,2)"}}));
}

TEST(FilterSpec, leading_sws_flags_are_kept_apart) {
  FilterSpec spec = parse("sws_flags=neighbor+bitexact; scale=2:2");
  EXPECT_EQ(spec.sws_flags, "neighbor+bitexact");
  EXPECT_EQ(spec.chains.size(), 1u);
}

TEST(FilterSpec, an_option_is_set_under_any_of_its_names) {
  FilterNode node = parse("scale=width=1:h=2:w=3:flags=bilinear").chains[0][0];
  EXPECT_EQ(node.find_option("width")->value, "3");
  EXPECT_EQ(node.find_option("eval"), nullptr);
  node.set_option("w", "4");
  EXPECT_EQ(node.options, (Options{{"w", "4"}, {"h", "2"}, {"flags", "bilinear"}}));
  node.set_option("height", "5");
  EXPECT_EQ(node.options, (Options{{"w", "4"}, {"height", "5"}, {"flags", "bilinear"}}));
  node.set_option("param0", "6"); /* libswscale's */
  node.set_option("threads", "7");
  node.set_option("param0", "8");
  EXPECT_EQ(
      node.options,
      (Options{
          {"w", "4"}, {"height", "5"}, {"flags", "bilinear"}, {"param0", "8"}, {"threads", "7"}}));
}

TEST(FilterSpec, arguments_are_read_as_they_are_written) {
  FilterNode node = parse("drawtext").chains[0][0];
  node.options = {{"text", " it's a:b\\c, [d] "}, {"x", ""}, {"y", "w/2"}};
  FilterNode again = parse("drawtext").chains[0][0];
  ASSERT_TRUE(again.add_arguments(node.arguments()).has_value());
  EXPECT_EQ(again.options, node.options);
}

TEST(FilterSpec, a_description_knows_its_nodes) {
  auto description = FilterDescription::parse("hflip,vflip", "null[a];[a]scale@b=2:2,negate");
  ASSERT_TRUE(description.has_value());
  EXPECT_EQ(description->node({true, 0, 1}).name(), "vflip");
  EXPECT_EQ(description->node({false, 1, 0}).name(), "scale@b");
  auto other = *description;
  EXPECT_EQ(other, *description);
  other.node({false, 1, 0}).set_option("w", "3");
  EXPECT_NE(other, *description);
  EXPECT_EQ(other.to_text(), "`hflip,vflip` and `null[a];[a]scale@b=w=3:h=2,negate`");
  other.sequence = parse("drawtext=text=\xff");
  EXPECT_TRUE(g_utf8_validate(other.to_text().c_str(), -1, nullptr)) << other.to_text();
  other.sequence.reset();
  EXPECT_EQ(other.to_text(), "`null[a];[a]scale@b=w=3:h=2,negate`");
}

class RoundTrip : public testing::TestWithParam<const char *> {};

TEST_P(RoundTrip, text_and_tree_are_stable) {
  FilterSpec spec = parse(GetParam());
  std::string text = spec.to_text();
  EXPECT_FALSE(is_filter_json(text)) << text;
  FilterSpec again = parse(text);
  EXPECT_EQ(spec, again) << text;
  EXPECT_EQ(text, again.to_text());
}

INSTANTIATE_TEST_SUITE_P(
    FilterSpec, RoundTrip,
    testing::Values("null", "scale=512:-2", "rotate=45*PI/180:fillcolor=AliceBlue,scale=512:-1",
                    "[video_in]split[a][b];[b]hflip[c];[a][c]hstack[video_out]",
                    "sws_flags=bilinear;[in]scale@x=2:2[out]", "drawtext=text='a,b;c[d]'",
                    "drawtext=text=a\\\\:b\\\\\\\\c", "drawtext=text=\\\\\\'quoted\\\\\\'",
                    "drawtext=text='  spaces  '", "drawtext=text=\\ x\\ ",
                    "drawtext=text=", "geq=lum='if(gt(X,W/2),lum(X,Y),0)':cb=128:cr=128",
                    "select='eq(mod(n,3),0)+gte(t,1/3)'", "[a b]hflip[c\\]d]",
                    "curves=all='0/0 0.5/0.58 1/1'", "drawtext=text=äöü→", "[\\{a]hflip[\\\"b]",
                    "[ [a]hflip[\\ ]", "overlay=x=25:y=25:enable='lt(t,2)'",
                    "format=yuv420p|rgb24"));

struct Bad {
  const char *text;
  const char *said; /* part of the message */
};
class BadText : public testing::TestWithParam<Bad> {};

TEST_P(BadText, is_an_error_that_quotes_the_part) {
  auto spec = parse_filter_text(GetParam().text);
  ASSERT_FALSE(spec.has_value());
  EXPECT_EQ(spec.error().domain, GST_LIBRARY_ERROR);
  EXPECT_EQ(spec.error().code, GST_LIBRARY_ERROR_SETTINGS);
  EXPECT_NE(spec.error().message.find(GetParam().said), std::string::npos) << spec.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    FilterSpec, BadText,
    testing::Values(Bad{"", "empty"}, Bad{" \n\t", "empty"}, Bad{"nosuch", "No filter `nosuch`"},
                    Bad{"hflip,nosuch=3", "No filter `nosuch`"},
                    Bad{"hflip,,vflip", "missing before `,vflip`"},
                    Bad{"hflip,", "missing at the end"}, Bad{";hflip", "missing before `;hflip`"},
                    Bad{"scale=w=3:nosuch=4", "Filter `scale` has no option `nosuch`"},
                    Bad{"scale@x=nosuch=4", "Filter `scale@x` has no option `nosuch`"},
                    Bad{"hflip=3", "Filter `hflip` has no option left for `3`"},
                    Bad{"null=3", "Filter `null` has no option left for `3`"},
                    Bad{"[in hflip", "`[` at `[in hflip` has no `]`"},
                    Bad{"hflip[out", "`[` at `[out` has no `]`"},
                    Bad{"[]hflip", "A label is empty, at `[]hflip`"},
                    Bad{"hflip]", "No filter `hflip]`"},
                    Bad{"scale=2:2]x", "`]` without a `[` before it, at `]x`"},
                    Bad{"hflip[a]vflip", "`,` or `;` should stand before `vflip`"},
                    Bad{"sws_flags=bilinear", "`;` should follow"},
                    Bad{"sws_flags=bilinear;", "missing at the end"}, Bad{"scale@", "`scale@`"}));

TEST(FilterSpec, an_error_shows_the_property_as_utf8) {
  for (const char *text : {"hflip\xff", "[[\"hflip\xff\"]]"}) {
    auto description = FilterDescription::parse(nullptr, text);
    ASSERT_FALSE(description.has_value());
    const Error &error = description.error();
    EXPECT_TRUE(g_utf8_validate(error.message.c_str(), -1, nullptr)) << error.message;
    EXPECT_EQ(error.debug.find("filter-graph=\""), 0u) << error.debug;
    EXPECT_TRUE(g_utf8_validate(error.debug.c_str(), -1, nullptr)) << error.debug;
  }
}

TEST(FilterSpec, what_is_quoted_is_utf8) {
  EXPECT_EQ(excerpt("ä\xff."), "ä\xef\xbf\xbd.");
  EXPECT_EQ(excerpt(std::string(39, 'x') + "ä"), std::string(39, 'x') + "…");
  EXPECT_EQ(excerpt(std::string(40, 'x')), std::string(40, 'x'));
  EXPECT_EQ(excerpt(std::string(41, 'x')), std::string(40, 'x') + "…");
}

TEST(FilterSpec, a_long_text_is_quoted_in_part) {
  auto spec = parse_filter_text("hflip[a]" + std::string(5000, 'x'));
  ASSERT_FALSE(spec.has_value());
  EXPECT_LT(spec.error().message.size(), 200u);
}
