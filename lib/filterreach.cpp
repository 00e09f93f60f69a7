/* gst-framewise: how far filters look round a frame, as their description tells.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filterreach.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cstring>
#include <optional>

namespace framewise {

namespace {

template <typename Matches> bool any_node(const FilterDescription &description, Matches matches) {
  for (const auto *spec : {&description.sequence, &description.graph})
    if (*spec)
      for (const auto &chain : (*spec)->chains)
        if (std::any_of(chain.begin(), chain.end(), matches))
          return true;
  return false;
}

bool is(const FilterNode &node, const char *name) { return !strcmp(node.filter->name, name); }

bool is_one_of(const std::string &value, std::initializer_list<const char *> values) {
  return std::any_of(values.begin(), values.end(), [&](const char *one) { return value == one; });
}

/* ---- One frame at a time ----------------------------------------------------------------------
 */

/* What comes out of them depends on the one frame that goes in and on its time, as long as no
 * expression asks for more: all tried, beginning anywhere. */
const char *const own_frame_names[] = {
    "alphaextract",
    "avgblur",
    "bilateral",
    "boxblur",
    "cas",
    "chromahold",
    "chromakey",
    "chromanr",
    "chromashift",
    "colorbalance",
    "colorchannelmixer",
    "colorcontrast",
    "colorcorrect",
    "colorhold",
    "colorize",
    "colorkey",
    "colorlevels",
    "colormatrix",
    "colorspace",
    "colortemperature",
    "convolution",
    "copy",
    "crop",
    "curves",
    "datascope",
    "dblur",
    "deblock",
    "deflate",
    "delogo",
    "despill",
    "dilation",
    "drawbox",
    "drawgrid",
    "edgedetect",
    "epx",
    "eq",
    "erosion",
    "exposure",
    "extractplanes",
    "fillborders",
    "format",
    "gblur",
    "geq",
    "gradfun",
    "grayworld",
    "hflip",
    "histogram",
    "hqx",
    "hsvhold",
    "hsvkey",
    "hue",
    "huesaturation",
    "il",
    "inflate",
    "kirsch",
    "lenscorrection",
    "limiter",
    "lumakey",
    "lut",
    "lut1d",
    "lut3d",
    "lutrgb",
    "lutyuv",
    "maskfun",
    "median",
    "monochrome",
    "negate",
    "nlmeans",
    "noformat",
    "null",
    "pad",
    "perspective",
    "pixelize",
    "premultiply",
    "prewitt",
    "pseudocolor",
    "removegrain",
    "rgbashift",
    "roberts",
    "rotate",
    "sab",
    "scale",
    "scharr",
    "selectivecolor",
    "setdar",
    "setfield",
    "setparams",
    "setrange",
    "setsar",
    "shear",
    "shuffleplanes",
    "smartblur",
    "sobel",
    "super2xsai",
    "swaprect",
    "swapuv",
    "tonemap",
    "transpose",
    "unpremultiply",
    "unsharp",
    "v360",
    "vaguedenoiser",
    "vectorscope",
    "vflip",
    "vibrance",
    "vignette",
    "waveform",
    "xbr",
    "yaepblur",
    "zscale",
};

/* Names of expressions and functions that tell of more than one frame, or of none at all. */
bool asks_for_more(const std::string &value) {
  static const char *const names[] = {"n",  "N",     "pos", "POS",    "random",  "randomi", "ld",
                                      "st", "print", "PTS", "frames", "RTCTIME", "clock"};
  auto is_part = [](char c) { return g_ascii_isalnum(c) || c == '_'; };
  for (auto begin = value.begin(); begin != value.end();) {
    begin = std::find_if(begin, value.end(), is_part);
    const auto end = std::find_if_not(begin, value.end(), is_part);
    const std::string word(begin, end);
    if (std::any_of(std::begin(names), std::end(names),
                    [&](const char *name) { return word == name; }))
      return true;
    begin = end;
  }
  return false;
}

/* The names of formats and of ways to dither. */
bool spreads_errors(const std::string &value) {
  for (const char *separators = "|:,"; *separators; separators++) {
    char **names = g_strsplit(value.c_str(), (std::string() + *separators).c_str(), -1);
    const bool any = std::any_of(names, names + g_strv_length(names), [](const char *name) {
      const AVPixelFormat format = av_get_pix_fmt(name);
      return (format != AV_PIX_FMT_NONE && is_dithered(format)) || !strcmp(name, "ed") ||
             !strcmp(name, "error_diffusion");
    });
    g_strfreev(names);
    if (any)
      return true;
  }
  return false;
}

bool has(const FilterNode &node, const char *key, std::initializer_list<const char *> values) {
  const FilterOption *option = node.find_option(key);
  return option && is_one_of(option->value, values);
}

bool is_own_frame(const FilterNode &node) {
  if (std::none_of(std::begin(own_frame_names), std::end(own_frame_names),
                   [&](const char *name) { return is(node, name); }))
    return false;
  for (const char *evaluated : {"scale", "zscale", "pad", "perspective", "vignette"})
    if (is(node, evaluated) && node.find_option("eval") && !has(node, "eval", {"init", "0"}))
      return false;
  /* Its noise goes on from frame to frame. */
  if (is(node, "vignette") && !has(node, "dither", {"0"}))
    return false;
  if ((is(node, "premultiply") || is(node, "unpremultiply")) && !has(node, "inplace", {"1"}))
    return false;
  if (is(node, "curves") && node.find_option("plot"))
    return false;
  return true;
}

/* ---- A few frames -----------------------------------------------------------------------------
 */

std::optional<int> number_of(const FilterNode &node, const char *key, int otherwise) {
  const FilterOption *option = node.find_option(key);
  if (!option)
    return otherwise;
  char *end = nullptr;
  const long number = strtol(option->value.c_str(), &end, 10);
  if (option->value.empty() || *end || number < 0 || number > 1024)
    return std::nullopt;
  return int(number);
}

/* Where every frame is taken for interlaced, whatever it says. */
bool deinterlaces_all(const FilterNode &node) {
  return !node.find_option("deint") || has(node, "deint", {"all", "0"});
}

struct Rates {
  std::initializer_list<const char *> one_per_frame, one_per_field;
  int otherwise;
};

std::optional<FilterReach> deinterlacer(const FilterNode &node, const Rates &rates) {
  int per_input = rates.otherwise;
  if (node.find_option("mode")) {
    if (has(node, "mode", rates.one_per_frame))
      per_input = 1;
    else if (has(node, "mode", rates.one_per_field))
      per_input = 2;
    else
      return std::nullopt;
  }
  if (!deinterlaces_all(node))
    return std::nullopt;
  return FilterReach{FilterReach::Kind::window, 1, 1, per_input};
}

std::optional<FilterReach> yadif(const FilterNode &node) {
  return deinterlacer(node, {{"send_frame", "0", "send_frame_nospatial", "2"},
                             {"send_field", "1", "send_field_nospatial", "3"},
                             1});
}

std::optional<FilterReach> bwdif(const FilterNode &node) {
  return deinterlacer(node, {{"send_frame", "0"}, {"send_field", "1"}, 2});
}

std::optional<FilterReach> estdif_or_w3fdif(const FilterNode &node) {
  return deinterlacer(node, {{"frame", "0"}, {"field", "1"}, 2});
}

std::optional<FilterReach> around(std::optional<int> back, std::optional<int> forward) {
  if (!back || !forward)
    return std::nullopt;
  return FilterReach{FilterReach::Kind::window, *back, *forward, 1};
}

std::optional<FilterReach> tmix(const FilterNode &node) {
  auto frames = number_of(node, "frames", 3);
  if (frames)
    frames = std::max(*frames - 1, 0);
  return around(frames, 0);
}

std::optional<FilterReach> atadenoise(const FilterNode &node) {
  auto size = number_of(node, "s", 9);
  if (size)
    size = *size / 2 + 1;
  return around(size, size);
}

constexpr struct {
  const char *name;
  std::optional<FilterReach> (*reach)(const FilterNode &);
} windows[] = {
    {"atadenoise", atadenoise},   {"bwdif", bwdif}, {"estdif", estdif_or_w3fdif}, {"tmix", tmix},
    {"w3fdif", estdif_or_w3fdif}, {"yadif", yadif},
};

std::optional<FilterReach> reach_of(const FilterNode &node) {
  for (const auto &option : node.options)
    if (asks_for_more(option.value) || spreads_errors(option.value))
      return std::nullopt;
  if (is_own_frame(node))
    return FilterReach{FilterReach::Kind::own_frame};
  if (node.find_option("enable"))
    return std::nullopt;
  for (const auto &window : windows)
    if (is(node, window.name))
      return window.reach(node);
  return std::nullopt;
}

/* One way through, from the input to the output. */
bool is_line(const FilterSpec &spec) {
  if (spec.chains.size() != 1 || spec.sws_flags.find("dither") != std::string::npos)
    return false;
  const FilterChain &chain = spec.chains[0];
  for (size_t i = 0; i < chain.size(); i++) {
    const size_t in = i == 0 ? chain[i].inputs.size() : 0;
    const size_t out = i + 1 == chain.size() ? chain[i].outputs.size() : 0;
    if (in > 1 || out > 1 || (i > 0 && !chain[i].inputs.empty()) ||
        (i + 1 < chain.size() && !chain[i].outputs.empty()))
      return false;
  }
  return true;
}

/* ---- Beginnings and ends ----------------------------------------------------------------------
 */

bool is_source(const FilterNode &node) {
  return !(node.filter->flags & AVFILTER_FLAG_DYNAMIC_INPUTS) &&
         avfilter_filter_pad_count(node.filter, 0) == 0;
}

/* Gives frames without end once its input has ended. */
bool is_endless(const FilterNode &node) {
  const char *key = is(node, "loop") ? "loop" : is(node, "tpad") ? "stop" : nullptr;
  const FilterOption *set = key ? node.find_option(key) : nullptr;
  return set && set->value.find('-') == 0;
}

/* May end what comes out though a way in goes on. */
bool cuts(const FilterNode &node) {
  auto off = [&](const char *key) { return has(node, key, {"0", "false"}); };
  return is(node, "trim") || is(node, "streamselect") || is(node, "xfade") ||
         (node.find_option("shortest") && !off("shortest")) ||
         (node.find_option("eof_action") && !has(node, "eof_action", {"repeat", "0", "pass", "2"}));
}

bool writes_into_what_it_gave(const FilterNode &node) {
  /* All of libavfilter's video filters were tried for that. */
  static const char *const names[] = {"adrawgraph", "detelecine", "drawgraph", "thistogram"};
  return std::any_of(std::begin(names), std::end(names),
                     [&](const char *name) { return is(node, name); });
}

bool moves_picture(const FilterNode &node) {
  /* Of all that make one video of one or several. Stabilizers move it by a little each time. */
  static const char *const names[] = {"ciescope",
                                      "crop",
                                      "datascope",
                                      "deshake",
                                      "deshake_opencl",
                                      "displace",
                                      "flip_vulkan",
                                      "framepack",
                                      "graphmonitor",
                                      "hflip",
                                      "hflip_vulkan",
                                      "histogram",
                                      "hstack",
                                      "lenscorrection",
                                      "pad",
                                      "pad_opencl",
                                      "palettegen",
                                      "perspective",
                                      "remap",
                                      "remap_opencl",
                                      "rotate",
                                      "scale2ref",
                                      "scroll",
                                      "shear",
                                      "showpalette",
                                      "shufflepixels",
                                      "stereo3d",
                                      "swaprect",
                                      "thistogram",
                                      "tile",
                                      "transpose",
                                      "transpose_opencl",
                                      "transpose_vaapi",
                                      "transpose_vulkan",
                                      "untile",
                                      "v360",
                                      "vectorscope",
                                      "vflip",
                                      "vflip_vulkan",
                                      "vidstabtransform",
                                      "vstack",
                                      "waveform",
                                      "xstack",
                                      "zoompan"};
  return std::any_of(std::begin(names), std::end(names),
                     [&](const char *name) { return is(node, name); });
}

} // namespace

std::vector<std::string> filters_of_own_frame() {
  return {std::begin(own_frame_names), std::end(own_frame_names)};
}

std::vector<std::string> filters_of_window() {
  std::vector<std::string> names;
  for (const auto &window : windows)
    names.push_back(window.name);
  return names;
}

FilterReach reach_of(const FilterDescription &description) {
  FilterReach whole{FilterReach::Kind::own_frame};
  for (const auto *spec : {&description.sequence, &description.graph}) {
    if (!*spec)
      continue;
    if (!is_line(**spec))
      return {};
    for (const FilterNode &node : (*spec)->chains[0]) {
      const auto reach = reach_of(node);
      if (!reach)
        return {};
      if (reach->kind == FilterReach::Kind::window)
        whole.kind = FilterReach::Kind::window;
      /* Behind a filter that doubles frames that is more than needed. */
      whole.back += reach->back;
      whole.forward += reach->forward;
      whole.per_input *= reach->per_input;
    }
  }
  return whole;
}

bool is_dithered(AVPixelFormat format) {
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
  constexpr int whole_byte = 8;
  return !desc || desc->flags & AV_PIX_FMT_FLAG_PAL ||
         std::any_of(
             desc->comp, desc->comp + desc->nb_components,
             [](const AVComponentDescriptor &component) { return component.depth < whole_byte; });
}

bool begins_at_zero(const FilterDescription &description) {
  return any_node(description, [](const FilterNode &node) {
    return is_source(node) ||
           (is(node, "tpad") && (node.find_option("start") || node.find_option("start_duration")));
  });
}

bool may_never_end(const FilterDescription &description) {
  return any_node(description,
                  [](const FilterNode &node) { return is_source(node) || is_endless(node); });
}

bool never_ends(const FilterDescription &description) {
  return any_node(description, is_endless) && !any_node(description, cuts);
}

bool writes_into_its_output(const FilterDescription &description) {
  return any_node(description, writes_into_what_it_gave);
}

bool moves_pictures(const FilterDescription &description) {
  return any_node(description, moves_picture);
}

bool has_sources(const FilterDescription &description) { return any_node(description, is_source); }

FilterDescription with_settled_seeds(FilterDescription description) {
  for (auto *spec : {&description.sequence, &description.graph}) {
    if (!*spec)
      continue;
    for (FilterChain &chain : (*spec)->chains)
      for (FilterNode &node : chain) {
        const AVClass *options = node.filter->priv_class;
        const AVOption *seed =
            options ? av_opt_find(&options, "seed", nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ) : nullptr;
        if (!seed || seed->type == AV_OPT_TYPE_CONST)
          continue;
        const FilterOption *set = node.find_option("seed");
        const bool by_lot = set ? set->value == "-1" : seed->default_val.i64 == -1;
        if (by_lot)
          node.set_option("seed", "1");
      }
  }
  return description;
}

} // namespace framewise
