/* gst-framewise: what the tests of a running graphfilter share: numbered frames, what came of them,
 * and the element's words.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filterbench.hpp"

#include "framemeta.hpp"

#include <gst/framewise/framewise.h>

namespace filterbench {

/* ---- What comes out ---------------------------------------------------------------------------
 */

struct Frame {
  gint64 number; /* of the frame meta; -1: none */
  GstClockTime pts;
  std::string md5;
  int width;
};

inline void number(GstBuffer *buffer, gint64 number) {
  FramePtr frame = new_frame();
  add_frame_meta(buffer, {frame.get(), number, number * 512, {1, 12800}});
}

inline gint64 number_of(GstBuffer *buffer) {
  const GstStructure *fields = gst_framewise_buffer_get_frame_meta(buffer);
  gint64 number = -1;
  if (fields)
    gst_structure_get_int64(fields, "frame", &number);
  return number;
}

/* The buffers of `clip` from `first` on, numbered. */
inline std::vector<GstBuffer *> numbered_buffers(const Clip &clip, int first = 0,
                                                 int end = G_MAXINT) {
  std::vector<GstBuffer *> wanted;
  int i = 0;
  for (GstBuffer *buffer : buffers_of(clip)) {
    number(buffer, i);
    if (i >= first && i < end)
      wanted.push_back(buffer);
    else
      gst_buffer_unref(buffer);
    i++;
  }
  return wanted;
}

inline Frame frame_of(GstBuffer *buffer, const VideoParams &params) {
  return {number_of(buffer), GST_BUFFER_PTS(buffer), md5_of(buffer, params), params.width};
}

/* Whatever has come out, with the caps that were current then: caps events stand among buffers. */
inline std::vector<Frame> take_frames(Bench &bench) {
  std::vector<Frame> frames;
  VideoParams params = bench.output();
  while (BufferPtr buffer{gst_harness_try_pull(bench.harness)})
    frames.push_back(frame_of(buffer.get(), params));
  return frames;
}

inline std::vector<Frame> frames_through(const char *sequence, const Clip &clip, int first,
                                         int end) {
  if (first >= end)
    return {};
  Bench bench(sequence);
  bench.set_caps(params_of(clip));
  for (GstBuffer *buffer : numbered_buffers(clip, first, end))
    bench.push(buffer);
  bench.eos();
  return take_frames(bench);
}

inline gboolean set_filters(GstElement *element, const char *sequence,
                            const char *graph = nullptr) {
  gboolean taken = FALSE;
  g_signal_emit_by_name(element, "set-filters", sequence, graph, &taken);
  return taken;
}

/* NULL: the command was not done. */
inline CString send_command(GstElement *element, const char *target, const char *command,
                            const char *argument) {
  char *answer = nullptr;
  g_signal_emit_by_name(element, "send-command", target, command, argument, &answer);
  return CString(answer);
}

inline std::string sequence_of(GstElement *element) {
  char *text;
  g_object_get(element, "filter-sequence", &text, nullptr);
  CString owned(text);
  return text ? text : "";
}

/* The messages of an element in a harness. */
struct Bus {
  GstBus *bus = gst_bus_new();
  GstElement *element;
  explicit Bus(GstElement *of) : element(of) { gst_element_set_bus(element, bus); }
  ~Bus() {
    gst_element_set_bus(element, nullptr);
    gst_object_unref(bus);
  }
  std::string warning() {
    GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
    if (!message)
      return "";
    GError *error;
    gst_message_parse_warning(message, &error, nullptr);
    std::string text = error->message;
    g_error_free(error);
    gst_message_unref(message);
    return text;
  }
  void expect_no_error() {
    GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    if (!message)
      return;
    GError *error;
    gst_message_parse_error(message, &error, nullptr);
    fail_unless(false, "%s", error->message);
  }
  /* The next element message of that name; NULL: none. */
  StructurePtr element_message(const char *name) {
    while (GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT)) {
      const GstStructure *fields = gst_message_get_structure(message);
      StructurePtr copy(gst_structure_has_name(fields, name) ? gst_structure_copy(fields)
                                                             : nullptr);
      gst_message_unref(message);
      if (copy)
        return copy;
    }
    return nullptr;
  }
};

#define EXPECT_SAID(text, part)                                                                    \
  do {                                                                                             \
    std::string text_said = (text);                                                                \
    fail_unless(text_said.find(part) != std::string::npos, "said: `%s`", text_said.c_str());       \
  } while (0)

inline const Clip clip = {"yuv420p", 176, 144, 12};

} // namespace filterbench
