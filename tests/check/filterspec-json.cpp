/* gst-framewise: tests of filters described in JSON.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterjson.hpp"
#include "filterspec-links.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace framewise;

namespace {

/* What json.dumps() of Python makes of an expression. */
std::string dumps(const std::string &expression) {
  const std::string program =
      "import json, sys\nsys.stdout.buffer.write(json.dumps(" + expression + ").encode())";
  const char *system = "/usr/bin/python3";
  const char *argv[] = {g_file_test(system, G_FILE_TEST_IS_EXECUTABLE) ? system : "python3", "-c",
                        program.c_str(), nullptr};
  char *out = nullptr;
  int status = -1;
  if (!g_spawn_sync(nullptr, const_cast<char **>(argv), nullptr, G_SPAWN_SEARCH_PATH, nullptr,
                    nullptr, &out, nullptr, &status, nullptr) ||
      status != 0)
    ADD_FAILURE() << "python3 failed on " << expression;
  CString owned(out);
  return out ? out : "";
}

std::string message_of(const Result<FilterSpec> &spec) { return spec ? "" : spec.error().message; }

void expect_settings_error(const Result<FilterSpec> &spec, const std::string &said) {
  ASSERT_FALSE(spec.has_value()) << spec->to_text();
  EXPECT_EQ(spec.error().domain, GST_LIBRARY_ERROR);
  EXPECT_EQ(spec.error().code, GST_LIBRARY_ERROR_SETTINGS);
  EXPECT_NE(spec.error().message.find(said), std::string::npos) << spec.error().message;
  EXPECT_LT(spec.error().message.size(), 400u);
}

/* A graph with two nodes: `s`, which splits, and `o`, which overlays. */
std::string graph_of(const std::string &edges) {
  return "[{\"s\": [\"split\", \"\"], \"o\": [\"overlay\", null]}, [" + edges + "]]";
}

} // namespace

/* ---- Which is JSON ----------------------------------------------------------------------------
 */

TEST(FilterJson, is_told_by_how_it_begins) {
  for (const char *json : {"{", " {}", "[[", "[ [", "[{", "\n\t[\r\n{", "[\"hflip\"]", "[]", "[ ]"})
    EXPECT_TRUE(is_filter_json(json)) << json;
  for (const char *text : {"", " ", "[", "[ ", "hflip", "[a]hflip", "[ a]hflip", "['hflip']",
                           "[\\{a]hflip", "[1]hflip", "null[{", "\"a\""})
    EXPECT_FALSE(is_filter_json(text)) << text;
}

/* ---- What Python writes -----------------------------------------------------------------------
 */

struct Python {
  const char *expression; /* and further arguments of json.dumps() */
  const char *text;       /* the tree in FFmpeg's syntax */
};
class PythonSequence : public testing::TestWithParam<Python> {};

TEST_P(PythonSequence, becomes_the_tree) {
  const std::string json = dumps(GetParam().expression);
  auto spec = parse_filter_sequence(json);
  ASSERT_TRUE(spec.has_value()) << json << ": " << message_of(spec);
  EXPECT_EQ(spec->to_text(), GetParam().text) << json;
  auto of_text = parse_filter_text(GetParam().text);
  ASSERT_TRUE(of_text.has_value()) << message_of(of_text);
  EXPECT_EQ(*spec, *of_text);
}

INSTANTIATE_TEST_SUITE_P(
    FilterJson, PythonSequence,
    testing::Values(
        Python{R"([("hflip", "")])", "hflip"}, Python{R"([("hflip", None)])", "hflip"},
        Python{R"([("hflip",)])", "hflip"}, Python{R"([["hflip", {}], ["vflip"]])", "hflip,vflip"},
        Python{R"([("scale@big", "512:-2")])", "scale@big=w=512:h=-2"},
        Python{R"([("rotate", "45*PI/180:fillcolor=AliceBlue"), ("scale", {"w": 512, "h": -1})])",
               "rotate=angle=45*PI/180:fillcolor=AliceBlue,scale=w=512:h=-1"},
        /* values as they are: not FFmpeg's syntax */
        Python{R"([("drawtext", {"text": "a:b, 'c' [d]; \\ e"})])",
               R"(drawtext=text=a\\:b\, \\\'c\\\' \[d\]\; \\\\ e)"},
        /* arguments with FFmpeg's one level of escapes */
        Python{R"([("drawtext", "text=a\\:b, 'c:d'")])", R"(drawtext=text=a\\:b\, c\\:d)"},
        Python{R"([("drawtext", {"text": "äö😀"})])", "drawtext=text=äö😀"},
        Python{R"([("drawtext", {"text": "äö😀"})], ensure_ascii=False)", "drawtext=text=äö😀"},
        Python{R"([("drawtext", {"text": "\u2028\x7f/\"\\"})], indent=2)",
               "drawtext=text=\u2028\x7f/\"\\\\\\\\"},
        Python{R"([("hflip", None), ("crop", {"w": 2, "h": 3})], indent="\t")",
               "hflip,crop=w=2:h=3"},
        Python{R"([("hflip", None), ("vflip", None)], separators=(",", ":"))", "hflip,vflip"},
        /* numbers */
        Python{R"([("eq", {"contrast": 0.1, "gamma": 1e-07, "saturation": 2.0})])",
               "eq=contrast=0.1:gamma=1e-07:saturation=2"},
        Python{R"([("eq", {"contrast": 1e22, "gamma": 1/3, "saturation": -0.0})])",
               "eq=contrast=1e+22:gamma=0.3333333333333333:saturation=-0"},
        Python{R"([("trim", {"start_pts": 2**63 - 1, "end_pts": -2**63})])",
               "trim=start_pts=9223372036854775807:end_pts=-9223372036854775808"},
        Python{R"([("scale", {"w": 2, "h": 0, "interl": True})])", "scale=w=2:h=0:interl=1"},
        Python{R"([("overlay", {"shortest": False, "repeatlast": True})])",
               "overlay=shortest=0:repeatlast=1"},
        /* None: not said */
        Python{R"([("scale", {"w": None, "h": 3, "flags": None})])", "scale=h=3"},
        Python{R"py([("hue", {"h": 3, "enable": "between(t,1,2)"})])py",
               "hue=h=3:enable=between(t\\,1\\,2)"}));

class PythonGraph : public testing::TestWithParam<Python> {};

TEST_P(PythonGraph, becomes_the_tree) {
  const std::string json = dumps(GetParam().expression);
  auto spec = parse_filter_graph(json);
  ASSERT_TRUE(spec.has_value()) << json << ": " << message_of(spec);
  EXPECT_EQ(spec->to_text(), GetParam().text) << json;
  auto of_text = parse_filter_text(GetParam().text);
  ASSERT_TRUE(of_text.has_value()) << message_of(of_text);
  EXPECT_EQ(*spec, *of_text);
}

INSTANTIATE_TEST_SUITE_P(
    FilterJson, PythonGraph,
    testing::Values(
        Python{
            R"(({"s": ("split", ""), "small": ("scale", "512:-1"), "o": ("overlay", "x=25:y=25")},
                   [("video_in", "s", 0, 0), ("s", "o", 0, 0), ("s", "small", 1, 0),
                    ("small", "o", 0, 1), ("o", "video_out", 0, 0)]))",
            "[video_in]split@s[s:0][s:1];[s:1]scale@small=w=512:h=-1[small:0];"
            "[s:0][small:0]overlay@o=x=25:y=25[video_out]"},
        Python{
            R"(({"f": ("hflip@mine", None)}, [("video_in", "f", 0, 0), ("f", "video_out", 0, 0)]))",
            "[video_in]hflip@mine[video_out]"},
        Python{R"(({}, [("video_in", "video_out", 0, 0)]))", "[video_in]null[video_out]"},
        /* a source, and edges in any order */
        Python{R"(({"c": ("color", {"c": "red"}), "h": ("hstack", {})},
                   [("h", "video_out", 0, 0), ("c", "h", 0, 1), ("video_in", "h", 0, 0)]))",
               "color@c=c=red[c:0];[video_in][c:0]hstack@h[video_out]"},
        /* keys that end like another's label */
        Python{R"(({"a": ("split",), "a:1": ("hflip",), "ä [b]": ("hstack",)},
                   [("video_in", "a", 0, 0), ("a", "ä [b]", 0, 0), ("a", "a:1", 1, 0),
                    ("a:1", "ä [b]", 0, 1), ("ä [b]", "video_out", 0, 0)]), indent=4)",
               "[video_in]split@a[a:0][a:1];[a:1]hflip@a:1[a:1:0];"
               "[a:0][a:1:0]hstack@ä \\[b\\][video_out]"},
        /* how many pads only the filter itself can tell */
        Python{R"(({"e": ("extractplanes", "y+u"), "h": ("hstack",)},
                   [("video_in", "e", 0, 0), ("e", "h", 1, 1), ("e", "h", 0, 0),
                    ("h", "video_out", 0, 0)]))",
               "[video_in]extractplanes@e=planes=y+u[e:0][e:1];[e:0][e:1]hstack@h[video_out]"}));

/* ---- Faults -----------------------------------------------------------------------------------
 */

struct Bad {
  std::string json;
  const char *said; /* part of the message */
};
void PrintTo(const Bad &bad, std::ostream *os) { *os << excerpt(bad.json); }

class BadJson : public testing::TestWithParam<Bad> {};

/* No JSON at all, whichever property it is given to. */
TEST_P(BadJson, is_an_error_that_says_where) {
  expect_settings_error(parse_filter_sequence(GetParam().json), GetParam().said);
  expect_settings_error(parse_filter_graph(GetParam().json), GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    FilterJson, BadJson,
    testing::Values(
        Bad{dumps(R"([("eq", {"gamma": float("nan")})])"), "column 19: JSON has no `NaN`"},
        Bad{dumps(R"([("eq", {"gamma": float("-inf")})])"), "JSON has no `-Infinity`"},
        Bad{dumps(R"([("trim", {"start_pts": 2**70})])"), "`1180591620717411303424` is too large"},
        Bad{dumps(R"([("drawtext", {"text": "a\0b"})])"), "no option takes a null character"},
        Bad{dumps(R"([("drawtext", {"text": "\ud83d"})])"), "half a surrogate pair, in `\\ud83d"},
        Bad{dumps(R"([("scale", {1: 2, "1": 3})])"), "`1` stands twice"},
        Bad{R"([["a", "\ude00\ud83d"]])", "half a surrogate pair"},
        Bad{R"([["a", "\ud83dx"]])", "half a surrogate pair"},
        Bad{R"([["a", "\u00g0"]])", "four hexadecimal digits"},
        Bad{R"([["a", "\u00)", "four hexadecimal digits"},
        Bad{R"([["a", "\x41"]])", "`\\x41\"]]` is no escape"}, Bad{R"([["a", "\)", "is no escape"},
        Bad{R"([["a", "b]])", "`\"b]]` has no end"},
        Bad{"[\n  [\"a\",\n   b]]", "At line 3, column 4: `b` is nothing"},
        Bad{"[[\"ä\", x]]", "column 8: `x`"}, Bad{"[[0x10]]", "`0x10` is nothing"},
        Bad{"[[010]]", "`010` is nothing"}, Bad{"[[1.]]", "`1.` is nothing"},
        Bad{"[[.5]]", "`.5` is nothing"}, Bad{"[[-]]", "`-` is nothing"},
        Bad{"[[1e]]", "`1e` is nothing"}, Bad{"[[1e999]]", "`1e999` is too large"},
        Bad{"[['a']]", "`'a'` is nothing"}, Bad{"[[True]]", "`True` is nothing"},
        Bad{"[[/**/1]]", "`/**/1` is nothing"}, Bad{"[[\"hflip\"]", "a bracket is open"},
        Bad{"[[\"hflip\"]]]", "nothing may stand behind the last bracket, but there is `]`"},
        Bad{"[[\"hflip\"]] [[]]", "but there is `[[]]`"}, Bad{"[[\"hflip\"],]", "1:"},
        Bad{"[[\"hflip\" \"\"]]", "1:"}, Bad{"[[\"hflip\"}]", "1:"}, Bad{"{\"a\"}", "1:"},
        Bad{"[{1: 2}]", "1:"}, Bad{"[[\"a\xff\"]]", "column 5: this is no UTF-8"},
        Bad{"[[\"\xed\xa0\x80\"]]", "this is no UTF-8"},
        Bad{"[{\"a\": [\"hflip\"], \"a\": [\"vflip\"]}, []]", "`a` stands twice"},
        Bad{std::string(33, '[') + std::string(33, ']'), "column 33: more brackets in brackets"},
        Bad{std::string(1000000, '['), "more brackets in brackets"},
        Bad{"[" + std::string(1000000, '{'), "more brackets in brackets"}));

TEST(FilterJson, brackets_in_strings_are_not_counted) {
  auto spec = parse_filter_sequence("[[\"drawtext\", {\"text\": \"" + std::string(100, '[') +
                                    "\\\"" + std::string(100, '{') + "\"}]]");
  EXPECT_TRUE(spec.has_value()) << message_of(spec);
  expect_settings_error(parse_filter_sequence(std::string(32, '[') + std::string(32, ']')),
                        "A filter is written");
}

class BadSequence : public testing::TestWithParam<Bad> {};

TEST_P(BadSequence, is_an_error_that_quotes_the_part) {
  expect_settings_error(parse_filter_sequence(GetParam().json), GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    FilterJson, BadSequence,
    testing::Values(
        Bad{"[]", "list of filters is empty"},
        Bad{"[\"hflip\", \"vflip\"]", "each in a list of its own, not `[\"hflip\",\"vflip\"]`"},
        Bad{"{\"hflip\": \"\"}", "`filter-sequence` takes a list of filters, `[[\"name\", "},
        Bad{graph_of(""), "are for `filter-graph`"},
        Bad{"[[\"hflip\"], \"vflip\"]", "not `\"vflip\"`"}, Bad{"[[\"hflip\"], {}]", "not `{}`"},
        Bad{"[[\"hflip\"], null]", "not `null`"},
        Bad{"[[]]", "A filter is written `[\"name\", \"arguments\"]`, not `[]`"},
        Bad{"[[\"a\", \"b\", \"c\"]]", "not `[\"a\",\"b\",\"c\"]`"}, Bad{"[[7, \"\"]]", "not `[7,"},
        Bad{"[[null]]", "not `[null]`"}, Bad{"[[\"nosuch\", \"\"]]", "No filter `nosuch`"},
        Bad{"[[\" hflip\"]]", "No filter ` hflip`"}, Bad{"[[\"\"]]", "No filter ``"},
        Bad{"[[\"scale@\"]]", "No filter `scale@`"},
        Bad{"[[\"scale@x\", \"nosuch=3\"]]", "Filter `scale@x` has no option `nosuch`"},
        Bad{"[[\"scale@x\", {\"nosuch\": 3}]]", "Filter `scale@x` has no option `nosuch`"},
        Bad{"[[\"scale\", {\"nosuch\": null}]]", "Filter `scale` has no option `nosuch`"},
        Bad{"[[\"scale\", {\"\": 3}]]", "Filter `scale` has no option ``"},
        Bad{"[[\"hflip\", \"3\"]]", "`hflip` has no option left for `3`"},
        Bad{"[[\"scale\", 512]]", "The arguments of filter `scale` are `512`"},
        Bad{"[[\"scale\", true]]", "are `true`"}, Bad{"[[\"scale\", [512, 2]]]", "are `[512,2]`"},
        Bad{"[[\"scale\", {\"w\": [1]}]]", "Filter `scale`: the value of `w` is `[1]`"},
        Bad{"[[\"scale\", {\"w\": {\"a\": 1}}]]", "the value of `w` is `{\"a\":1}`"}));

class BadGraph : public testing::TestWithParam<Bad> {};

TEST_P(BadGraph, is_an_error_that_quotes_the_part) {
  expect_settings_error(parse_filter_graph(GetParam().json), GetParam().said);
}

#define IN R"(["video_in", "s", 0, 0], )"
#define OUT R"(["o", "video_out", 0, 0])"
#define ZERO R"(["s", "o", 0, 0], )"
#define ONE R"(["s", "o", 1, 1], )"

INSTANTIATE_TEST_SUITE_P(
    FilterJson, BadGraph,
    testing::Values(
        Bad{"[]", "`filter-graph` takes `[{"}, Bad{"{}", "nodes and then edges, not `{}`"},
        Bad{"[{}]", "nodes and then edges, not `[{}]`"}, Bad{"[{}, [], []]", "not `[{},[],[]]`"},
        Bad{"[{}, {}]", "not `[{},{}]`"}, Bad{"[\"hflip\"]", "not `[\"hflip\"]`"},
        Bad{"[[\"hflip\", \"\"]]", "is for `filter-sequence`"},
        Bad{"[{\"a\": \"hflip\"}, []]", "A filter is written `[\"name\", \"arguments\"]`, not "},
        Bad{"[{\"a\": [\"nosuch\"]}, []]", "No filter `nosuch`"},
        Bad{"[{\"a\": [\"scale\", \"nosuch=3\"]}, []]", "Filter `scale` has no option `nosuch`"},
        Bad{"[{\"video_in\": [\"null\"]}, []]", "node `video_in` needs another name"},
        Bad{"[{\"video_out\": [\"null\"]}, []]", "node `video_out` needs another name"},
        Bad{"[{\"\": [\"null\"]}, []]", "name of a node is empty, before `[\"null\"]`"},
        Bad{"[{\"a\": [\"hstack\", \"inputs=5000\"]}, []]", "`hstack@a` is to have 5000 inputs"},
        /* the form of an edge */
        Bad{graph_of("[]"), "An edge is written `[\"from\", \"to\", output, input]`"},
        Bad{graph_of("[\"s\", \"o\"]"), "not `[\"s\",\"o\"]`"},
        Bad{graph_of("[\"s\", \"o\", 0, 0, 0]"), "not `[\"s\",\"o\",0,0,0]`"},
        Bad{graph_of("{}"), "not `{}`"}, Bad{graph_of("\"s\""), "not `\"s\"`"},
        Bad{graph_of("[\"s\", 0, 0, 0]"), "not `[\"s\",0,0,0]`"},
        Bad{graph_of("[\"s\", \"o\", \"0\", 0]"), "not `[\"s\",\"o\",\"0\",0]`"},
        Bad{graph_of("[\"s\", \"o\", 0, 0.0]"), "An edge is written"},
        Bad{graph_of("[\"s\", \"o\", true, 0]"), "An edge is written"},
        Bad{graph_of("[\"s\", \"o\", null, 0]"), "An edge is written"},
        /* what it links */
        Bad{graph_of("[\"s\", \"o\", -1, 0]"),
            "-1 is no number of an output; they go from 0 to 1023"},
        Bad{graph_of("[\"s\", \"o\", 0, 1024]"), "1024 is no number of an input"},
        Bad{graph_of("[\"x\", \"o\", 0, 0]"), "Edge `[\"x\",\"o\",0,0]`: there is no node `x`"},
        Bad{graph_of("[\"s\", \"x\", 0, 0]"), "there is no node `x`"},
        Bad{graph_of("[\"video_out\", \"s\", 0, 0]"), "nothing comes out of `video_out`"},
        Bad{graph_of("[\"s\", \"video_in\", 0, 0]"), "nothing goes into `video_in`"},
        Bad{graph_of("[\"video_in\", \"s\", 1, 0]"),
            "`video_in` has 1 output; there is no output 1"},
        Bad{graph_of("[\"s\", \"video_out\", 0, 1]"),
            "`video_out` has 1 input; there is no input 1"},
        Bad{graph_of("[\"s\", \"o\", 2, 0]"), "`split@s` has 2 outputs; there is no output 2"},
        Bad{graph_of("[\"s\", \"o\", 0, 2]"), "`overlay@o` has 2 inputs; there is no input 2"},
        Bad{R"([{"x": ["hflip"]}, [["x", "video_out", 3, 0]]])",
            "Filter `hflip@x` has 1 output; there is no output 3"},
        Bad{R"([{"x": ["nullsink"]}, [["x", "video_out", 0, 0]]])", "has no outputs; there is no"},
        /* how often */
        Bad{graph_of(IN R"(["video_in", "o", 0, 0])"),
            "`video_in` is linked twice, first by `[\"video_in\",\"s\",0,0]`. Pictures go to "
            "several "
            "filters through `split`"},
        Bad{graph_of(IN OUT R"(, ["s", "video_out", 0, 0])"),
            "`video_out` is linked twice, first by"},
        Bad{graph_of(IN R"(["video_in", "video_out", 0, 0])"), "`video_in` is linked twice"},
        Bad{graph_of(ZERO R"(["s", "o", 0, 1])"),
            "output 0 of node `s` is linked twice. Pictures go to several filters through `split`"},
        Bad{graph_of(ZERO R"(["s", "o", 1, 0])"), "input 0 of node `o` is linked twice."},
        Bad{graph_of(IN ONE OUT), "Output 0 of node `s` is linked to nothing, but 1 is"},
        Bad{graph_of(IN R"(["s", "o", 0, 1], )" OUT),
            "Input 0 of node `o` is linked to nothing, but 1"},
        Bad{graph_of(ZERO ONE OUT), "No edge begins at `video_in`"},
        Bad{graph_of(IN ZERO R"(["s", "o", 1, 1])"), "No edge leads to `video_out`"},
        Bad{"[{}, []]", "No edge begins at `video_in`"},
        Bad{R"([{"a": ["null"], "b c": ["null"]},
               [["video_in", "a", 0, 0], ["a", "video_out", 0, 0]]])",
            "Node `b c` is linked to nothing"}));

/* ---- And back ---------------------------------------------------------------------------------
 */

struct Written {
  const char *text, *json;
};
class ToJson : public testing::TestWithParam<Written> {};

TEST_P(ToJson, writes_the_tree_and_reads_it_again) {
  auto spec = parse_filter_text(GetParam().text);
  ASSERT_TRUE(spec.has_value()) << message_of(spec);
  auto json = spec->to_json();
  ASSERT_TRUE(json.has_value()) << json.error().message;
  std::string expected = GetParam().json;
  EXPECT_EQ(*json, expected);
  auto again = json->compare(0, 2, "[{") ? parse_filter_sequence(*json) : parse_filter_graph(*json);
  ASSERT_TRUE(again.has_value()) << message_of(again);
  EXPECT_EQ(again->to_json().value_or(""), *json);
}

INSTANTIATE_TEST_SUITE_P(
    FilterJson, ToJson,
    testing::Values(
        Written{"hflip", R"([["hflip",{}]])"},
        Written{"scale@a=2:h=3,hflip", R"([["scale@a",{"w":"2","h":"3"}],["hflip",{}]])"},
        Written{"[video_in]hflip,vflip[video_out]", R"([["hflip",{}],["vflip",{}]])"},
        Written{"[a]hflip[b]", R"([["hflip",{}]])"},
        Written{"drawtext=text='a\"\\\\\tä'", R"([["drawtext",{"text":"a\"\\\tä"}]])"},
        /* the first of two flags holds as well */
        Written{"scale=2:flags=+bitexact:flags=+accurate_rnd",
                R"([["scale","w=2:flags=+bitexact:flags=+accurate_rnd"]])"},
        Written{"[video_in]split[a][b];[b]hflip[c];[a][c]hstack[video_out]",
                R"([{"split":["split",{}],"hflip":["hflip",{}],"hstack":["hstack",{}]},)"
                R"([["video_in","split",0,0],["split","hstack",0,0],["split","hflip",1,0],)"
                R"(["hflip","hstack",0,1],["hstack","video_out",0,0]]])"},
        /* numbers where a name or an id is taken; what has no label follows the chain */
        Written{"split=3[a][c],hflip@s,[c]hstack@s[b];[b][a]hstack@video_in,hflip",
                R"([{"split":["split",{"outputs":"3"}],"s":["hflip",{}],"hstack":["hstack@s",{}],)"
                R"("hstack_2":["hstack@video_in",{}],"hflip":["hflip",{}]},)"
                R"([["video_in","split",0,0],["split","hstack_2",0,1],["split","hstack",1,0],)"
                R"(["split","s",2,0],["s","hstack",0,1],["hstack","hstack_2",0,0],)"
                R"(["hstack_2","hflip",0,0],["hflip","video_out",0,0]]])"},
        Written{"[video_in]split[a][b];[a][b]concat",
                R"([{"split":["split",{}],)"
                R"("concat":["concat",{}]},[["video_in","split",0,0],["split","concat",0,0],)"
                R"(["split","concat",1,1],["concat","video_out",0,0]]])"},
        Written{"split[a],premultiply@p;[a]nullsink",
                R"([{"split":["split",{}],"p":["premultiply",{}],"nullsink":["nullsink",{}]},)"
                R"([["video_in","split",0,0],["split","nullsink",0,0],["split","p",1,0],)"
                R"(["p","video_out",0,0]]])"}));

class NoJson : public testing::TestWithParam<Written> {};

TEST_P(NoJson, is_an_error_that_says_why) {
  auto spec = parse_filter_text(GetParam().text);
  ASSERT_TRUE(spec.has_value()) << message_of(spec);
  auto json = spec->to_json();
  ASSERT_FALSE(json.has_value()) << *json;
  EXPECT_EQ(json.error().domain, GST_LIBRARY_ERROR);
  EXPECT_NE(json.error().message.find(GetParam().json), std::string::npos) << json.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    FilterJson, NoJson,
    testing::Values(Written{"sws_flags=bilinear;hflip", "no place for `sws_flags=bilinear;`"},
                    Written{"drawtext=text=\xff", "filter `drawtext` is not"},
                    Written{"scale@\xff=2:2", "is not"},
                    Written{"split[a][b];[a]hflip", "Linked to nothing: output 1 of filter `split` "
                                                    "(`[b]`)"},
                    Written{"hflip;[a]vflip", "Linked to nothing"},
                    Written{"hflip[a];[a][b]overlay[b]", "No output is left open"},
                    Written{"split[a],extractplanes,premultiply;[a]nullsink", "How many"},
                    Written{"split[a],hstack=inputs=5000;[a]nullsink", "5000 inputs"}));

TEST(FilterJson, a_graph_of_json_is_stable) {
  for (const char *expression :
       {R"(({"s": ("split", ""), "small": ("scale", "512:-1"), "o": ("overlay", "x=25:y=25")},
            [("video_in", "s", 0, 0), ("s", "o", 0, 0), ("s", "small", 1, 0), ("small", "o", 0, 1),
             ("o", "video_out", 0, 0)]))",
        R"(({"k": ("split@s", None), "s": ("hstack", None)},
            [("video_in", "k", 0, 0), ("k", "s", 0, 1), ("k", "s", 1, 0),
             ("s", "video_out", 0, 0)]))"}) {
    auto spec = parse_filter_graph(dumps(expression));
    ASSERT_TRUE(spec.has_value()) << message_of(spec);
    auto json = spec->to_json();
    ASSERT_TRUE(json.has_value()) << json.error().message;
    auto again = parse_filter_graph(*json);
    ASSERT_TRUE(again.has_value()) << message_of(again);
    EXPECT_EQ(again->to_json().value_or(""), *json);
    auto of_text = parse_filter_graph(spec->to_text());
    ASSERT_TRUE(of_text.has_value()) << message_of(of_text);
    EXPECT_EQ(*of_text, *spec);
  }
}
