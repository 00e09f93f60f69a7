/* gst-framewise: tests of what becomes of a description in libavfilter's graph.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterbuilder.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <glib/gstdio.h>
#include <gtest/gtest.h>

using namespace framewise;

namespace {

/* A description and what was built of it. */
struct Built {
  FilterDescription description;
  FilterGraphPtr graph;
  Result<BuiltFilters> filters;

  std::string error() const { return filters ? "" : filters.error().message; }
};

Built build(const char *sequence, const char *graph) {
  auto description = FilterDescription::parse(sequence, graph);
  if (!description) {
    ADD_FAILURE() << description.error().message;
    return {{}, nullptr, Failure(description.error())};
  }
  auto new_graph = new_filter_graph(*description, {});
  if (!new_graph)
    return {*description, nullptr, Failure(new_graph.error())};
  Built built{*description, std::move(*new_graph), Failure(Error{})};
  built.filters = build_filters(built.graph.get(), built.description);
  return built;
}

/* A path at which there is nothing yet, in a folder that goes with it. */
class Scratch {
 public:
  ~Scratch() {
    g_unlink(path().c_str());
    g_rmdir(folder_.get());
  }
  std::string path() const { return std::string(folder_.get()) + "/file"; }
  bool exists() const { return g_file_test(path().c_str(), G_FILE_TEST_EXISTS); }

 private:
  CString folder_{g_dir_make_tmp("filterspec-XXXXXX", nullptr)};
};

std::string link_of(const AVFilterLink *link) {
  auto pad_of = [](AVFilterLink *const *links, unsigned count, const AVFilterLink *wanted) {
    unsigned pad = 0;
    while (pad < count && links[pad] != wanted)
      pad++;
    return std::to_string(pad);
  };
  return std::string(link->src->name) + ":" +
         pad_of(link->src->outputs, link->src->nb_outputs, link) + "-" +
         pad_of(link->dst->inputs, link->dst->nb_inputs, link) + ":" + link->dst->name;
}

std::vector<std::string> links_of(const Built &built) {
  std::vector<std::string> links;
  for (unsigned i = 0; i < built.graph->nb_filters; i++) {
    const AVFilterContext *filter = built.graph->filters[i];
    for (unsigned pad = 0; pad < filter->nb_outputs; pad++)
      if (filter->outputs[pad])
        links.push_back(link_of(filter->outputs[pad]));
  }
  return links;
}

using Links = std::vector<std::string>;

} // namespace

TEST(FilterBuild, every_filter_is_returned_with_its_place) {
  Built built = build("hflip,scale@a=2:2", "[video_in]split[a][b];[b]vflip@c[d];[a][d]hstack");
  ASSERT_TRUE(built.filters.has_value()) << built.error();
  const auto &nodes = built.filters->nodes;
  ASSERT_EQ(nodes.size(), 5u);
  const NodePlace places[] = {
      {true, 0, 0}, {true, 0, 1}, {false, 0, 0}, {false, 1, 0}, {false, 2, 0}};
  const char *const names[] = {"Parsed_hflip_0", "scale@a", "Parsed_split_2", "vflip@c",
                               "Parsed_hstack_4"};
  for (size_t i = 0; i < nodes.size(); i++) {
    EXPECT_EQ(nodes[i].place, places[i]);
    EXPECT_STREQ(nodes[i].filter->name, names[i]);
    EXPECT_EQ(nodes[i].filter->filter, built.description.node(places[i]).filter);
  }
  EXPECT_EQ(built.filters->passage.input.filter, nodes[0].filter);
  EXPECT_EQ(built.filters->passage.output.filter, nodes[4].filter);
}

TEST(FilterBuild, labels_and_chains_become_links) {
  Built built = build(nullptr, "[video_in]split=3[a],hstack@h[b];[b][a]vstack@v");
  ASSERT_TRUE(built.filters.has_value()) << built.error();
  EXPECT_EQ(links_of(built), (Links{"Parsed_split_0:0-1:vstack@v", "Parsed_split_0:1-0:hstack@h",
                                    "Parsed_split_0:2-1:hstack@h", "hstack@h:0-0:vstack@v"}));
}

TEST(FilterBuild, edges_become_links) {
  Built built =
      build("[[\"hflip@first\"]]", "[{\"s\": [\"split\", \"3\"], \"h\": [\"hstack\", null], "
                                   "\"v\": [\"vstack\"]}, [[\"s\", \"v\", 0, 1], [\"v\", "
                                   "\"video_out\", 0, 0], [\"s\", \"h\", 2, 0], [\"s\", \"h\", 1, "
                                   "1], [\"h\", \"v\", 0, 0], [\"video_in\", \"s\", 0, 0]]]");
  ASSERT_TRUE(built.filters.has_value()) << built.error();
  EXPECT_EQ(links_of(built),
            (Links{"hflip@first:0-0:split@s", "split@s:0-1:vstack@v", "split@s:1-1:hstack@h",
                   "split@s:2-0:hstack@h", "hstack@h:0-0:vstack@v"}));
}

/* `metadata` opens the file that it prints to as soon as it is initialised. */
TEST(FilterBuild, a_filter_opens_its_file) {
  Scratch file;
  Built built = build(("metadata=print:file=" + file.path()).c_str(), nullptr);
  EXPECT_TRUE(built.filters.has_value()) << built.error();
  EXPECT_TRUE(file.exists());
}

struct BadValue {
  const char *sequence_end, *graph;
  const char *said;
};
class NothingIsOpened : public testing::TestWithParam<BadValue> {};

TEST_P(NothingIsOpened, where_a_later_part_is_wrong) {
  Scratch file;
  const std::string sequence = "metadata=print:file=" + file.path() + GetParam().sequence_end;
  Built built = build(sequence.c_str(), GetParam().graph);
  EXPECT_NE(built.error().find(GetParam().said), std::string::npos) << built.error();
  EXPECT_FALSE(file.exists());
}

INSTANTIATE_TEST_SUITE_P(
    FilterBuild, NothingIsOpened,
    testing::Values(BadValue{",tmix=frames=-4", nullptr, "`frames=-4`"},
                    BadValue{"", "yadif=mode=sometimes", "`mode=sometimes`"},
                    BadValue{"",
                             "[{\"t\": [\"tmix\", {\"frames\": -4}]}, [[\"video_in\", \"t\", 0, "
                             "0], [\"t\", \"video_out\", 0, 0]]]",
                             "Filter `tmix@t`: `frames=-4`"},
                    BadValue{",scale=2:2:param0=x", nullptr, "`param0=x`"},
                    BadValue{",scale=2:2:flags=nosuch", nullptr, "`flags=nosuch`"},
                    BadValue{"", "sws_flags=nosuch;hflip", "`flags=nosuch`"},
                    BadValue{"", "sws_flags=bilinear:nosuch=3;hflip", "no option `nosuch`"},
                    BadValue{",transpose=enable=0", nullptr, "takes no `enable`"},
                    BadValue{",hstack=inputs=2000000000", nullptr, "2000000000 inputs"},
                    BadValue{"", "anull", "`anull` takes audio"}));

TEST(FilterBuild, flags_before_the_filters_are_for_scalers_that_name_none) {
  Built built = build("sws_flags=neighbor:param0=3;scale@a=2:2,scale@b=2:2:flags=lanczos", nullptr);
  ASSERT_TRUE(built.filters.has_value()) << built.error();
  auto flags_of = [&](size_t node) {
    uint8_t *flags = nullptr;
    av_opt_get(built.filters->nodes[node].filter->priv, "flags", 0, &flags);
    AvPtr<uint8_t> owned(flags);
    return std::string(reinterpret_cast<char *>(flags));
  };
  EXPECT_EQ(flags_of(0), "neighbor");
  EXPECT_EQ(flags_of(1), "lanczos");
  EXPECT_STREQ(built.graph->scale_sws_opts, "flags=neighbor:param0=3");
}
