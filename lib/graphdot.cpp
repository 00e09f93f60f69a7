/* gst-framewise: a configured filter graph as a picture.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "graphdot.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <cstring>

namespace framewise {
namespace {

/* For a string in double quotes, where `\n` and `\l` are Graphviz's. */
std::string quoted(const std::string &text) {
  std::string escaped;
  for (char c : text) {
    if (c == '"' || c == '\\')
      escaped += '\\';
    if (c == '\n')
      escaped += "\\n";
    else
      escaped += c;
  }
  return escaped;
}

/* Filters of the passage itself, which no description names. */
bool is_end(const AVFilterContext *filter) {
  return !strcmp(filter->filter->name, "buffer") || !strcmp(filter->filter->name, "buffersink");
}

bool is_inserted(const AVFilterContext *filter) { return g_str_has_prefix(filter->name, "auto_"); }

std::string line_of(const char *option, const char *text) {
  constexpr size_t longest = 60;
  std::string value(text);
  if (value.size() > longest)
    value = value.substr(0, g_utf8_find_prev_char(text, text + longest + 1) - text) + "…";
  return quoted(std::string(option) + "=" + value) + "\\l";
}

/* A line for each option that was given a value of its own. */
std::string options_of(AVFilterContext *filter) {
  std::string lines;
  if (is_end(filter))
    return lines;
  uint8_t *when = nullptr;
  if (av_opt_get(filter, "enable", 0, &when) >= 0) {
    AvPtr<uint8_t> owned(when);
    if (when && *when)
      lines += line_of("enable", reinterpret_cast<const char *>(when));
  }
  if (!filter->filter->priv_class)
    return lines;
  const AVOption *option = nullptr;
  int last_offset = -1;
  while ((option = av_opt_next(filter->priv, option))) {
    /* a constant, or a second name of the option before */
    if (option->type == AV_OPT_TYPE_CONST || option->offset == last_offset)
      continue;
    last_offset = option->offset;
    /* `format` takes its list to pieces; the links say what became of it */
    if (!strcmp(option->name, "pix_fmts") || av_opt_is_set_to_default(filter->priv, option) != 0)
      continue;
    uint8_t *text = nullptr;
    if (av_opt_get(filter->priv, option->name, 0, &text) < 0)
      continue;
    AvPtr<uint8_t> owned(text);
    lines += line_of(option->name, reinterpret_cast<const char *>(text));
  }
  return lines;
}

std::string label_of(const AVFilterLink *link) {
  if (link->type != AVMEDIA_TYPE_VIDEO)
    return av_get_media_type_string(link->type) ? av_get_media_type_string(link->type) : "";
  const char *name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(link->format));
  std::string label = format("%s\\n%dx%d", name ? name : "?", link->w, link->h);
  const AVRational ratio = link->sample_aspect_ratio;
  if (ratio.num > 0 && ratio.num != ratio.den)
    label += format(" [%d:%d]", ratio.num, ratio.den);
  const AVRational rate = compat::link_frame_rate(link);
  if (rate.num > 0 && rate.den > 0)
    label +=
        rate.den == 1 ? format("\\n%d fps", rate.num) : format("\\n%d/%d fps", rate.num, rate.den);
  return label + format("\\n1 tick = %d/%d s", link->time_base.num, link->time_base.den);
}

} // namespace

std::string graph_to_dot(const AVFilterGraph *graph) {
  std::string dot = "digraph filters {\n"
                    "  rankdir=LR;\n"
                    "  fontname=\"sans\";\n"
                    "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#eef4ff\", "
                    "fontname=\"sans\", fontsize=10];\n"
                    "  edge [fontname=\"sans\", fontsize=8];\n";
  auto number_of = [graph](const AVFilterContext *filter) {
    unsigned i = 0;
    while (i < graph->nb_filters && graph->filters[i] != filter)
      i++;
    return i;
  };
  for (unsigned i = 0; i < graph->nb_filters; i++) {
    AVFilterContext *filter = graph->filters[i];
    std::string label = "\"" + quoted(filter->name);
    if (!is_end(filter)) {
      if (!strstr(filter->name, filter->filter->name))
        label += "\\n(" + quoted(filter->filter->name) + ")";
      if (std::string options = options_of(filter); !options.empty())
        label += "\\n" + options;
    }
    dot += format("  f%u [label=%s\"%s];\n", i, label.c_str(),
                  is_end(filter)        ? ", shape=oval, fillcolor=\"#ffffff\""
                  : is_inserted(filter) ? ", style=\"rounded,dashed\""
                                        : "");
  }
  for (unsigned i = 0; i < graph->nb_filters; i++) {
    const AVFilterContext *filter = graph->filters[i];
    for (unsigned pad = 0; pad < filter->nb_outputs; pad++) {
      const AVFilterLink *link = filter->outputs[pad];
      if (!link)
        continue;
      dot += format("  f%u -> f%u [label=\"%s\"", i, number_of(link->dst), label_of(link).c_str());
      if (filter->nb_outputs > 1)
        dot += format(", taillabel=\"%u\"", pad);
      if (link->dst->nb_inputs > 1)
        for (unsigned to = 0; to < link->dst->nb_inputs; to++)
          if (link->dst->inputs[to] == link)
            dot += format(", headlabel=\"%u\"", to);
      dot += "];\n";
    }
  }
  return dot + "}\n";
}

} // namespace framewise
