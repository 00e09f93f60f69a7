/* gst-framewise: what tests of seeks need: everything that leaves a containersrc, in order.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sourcebench.hpp"

#include <gst/framewise/framewise.h>

#include <mutex>

/* Clips that differ in what makes seeking hard: B pictures, open GOPs, a variable rate, a container
 * without an index, and one without timestamps of pictures. */
inline const char *const seek_clips[] = {"h264-b.mp4", "hevc.mkv", "vfr.mkv", "h264.ts",
                                         "mpeg4-b.avi"};
constexpr int n_seek_clips = 5;

struct Sent {
  GstEventType event = GST_EVENT_UNKNOWN; /* UNKNOWN: a buffer */
  guint32 seqnum = 0;
  GstSegment segment{}; /* of SEGMENT, and of a buffer that one which it is in */
  Frame frame{};
  gdouble multiplier = 0; /* of INSTANT_RATE_CHANGE */
};

/* Notes what leaves containersrc, from where it leaves. */
class Recorder {
 public:
  explicit Recorder(GstElement *src) : pad_(gst_element_get_static_pad(src, "src")) {
    probe_ = gst_pad_add_probe(pad_,
                               GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER |
                                               GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                                               GST_PAD_PROBE_TYPE_EVENT_FLUSH),
                               note, this, nullptr);
  }
  ~Recorder() {
    gst_pad_remove_probe(pad_, probe_);
    gst_object_unref(pad_);
  }

  void clear() {
    std::lock_guard lock(lock_);
    sent_.clear();
  }
  std::vector<Sent> sent() {
    std::lock_guard lock(lock_);
    return sent_;
  }
  std::vector<Sent> buffers() {
    std::vector<Sent> result;
    for (const Sent &item : sent())
      if (item.event == GST_EVENT_UNKNOWN)
        result.push_back(item);
    return result;
  }
  std::vector<Sent> events(GstEventType type) {
    std::vector<Sent> result;
    for (const Sent &item : sent())
      if (item.event == type)
        result.push_back(item);
    return result;
  }
  GstSegment last_segment() {
    auto segments = events(GST_EVENT_SEGMENT);
    fail_unless(!segments.empty(), "no SEGMENT has come");
    return segments.back().segment;
  }

 private:
  static GstPadProbeReturn note(GstPad *, GstPadProbeInfo *info, gpointer data) {
    auto *self = static_cast<Recorder *>(data);
    Sent item;
    if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
      GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
      item.frame = {GST_BUFFER_PTS(buffer), GST_BUFFER_DURATION(buffer), GST_BUFFER_OFFSET(buffer),
                    md5_of(buffer)};
    } else {
      GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
      item.event = GST_EVENT_TYPE(event);
      item.seqnum = gst_event_get_seqnum(event);
      if (item.event == GST_EVENT_SEGMENT)
        gst_event_copy_segment(event, &self->segment_);
      if (item.event == GST_EVENT_INSTANT_RATE_CHANGE)
        gst_event_parse_instant_rate_change(event, &item.multiplier, nullptr);
    }
    std::lock_guard lock(self->lock_);
    item.segment = self->segment_;
    self->sent_.push_back(item);
    return GST_PAD_PROBE_OK;
  }

  GstPad *pad_;
  gulong probe_;
  std::mutex lock_;
  std::vector<Sent> sent_;
  GstSegment segment_{};
};

/* A clip, all of its frames as plain playing gives them, and its index. */
struct Clip {
  explicit Clip(const char *name)
      : name(name), path(media(name)), frames(Pipeline(path).play()),
        index(gst_framewise_index_new(path.c_str(), nullptr, GST_FRAMEWISE_INDEX_MODE_AUTO, nullptr,
                                      nullptr, nullptr, nullptr)) {
    fail_unless(index != nullptr, "%s: no index", name);
    fail_unless_equals_int64(gst_framewise_index_get_n_frames(index), n());
  }
  ~Clip() { gst_framewise_index_unref(index); }
  Clip(const Clip &) = delete;
  Clip &operator=(const Clip &) = delete;

  gint64 n() const { return gint64(frames.size()); }
  bool is_key(gint64 number) const { return gst_framewise_index_is_key_frame(index, number); }
  /* Of frame `number`, or of the end. */
  gint64 time(gint64 number) const {
    return gint64(number < n() ? frames[number].pts : frames.back().pts + frames.back().duration);
  }

  const char *name;
  std::string path;
  std::vector<Frame> frames;
  GstFramewiseIndex *index;
};

inline void wait_for_index(GstElement *src) {
  for (gint64 n = -1; n < 0; g_usleep(1000))
    g_object_get(src, "n-frames", &n, nullptr);
}

/* Plays what is left, and expects frames `first` to `last` of the clip, downwards where `last` is
 * less; none where `first` is -1. */
inline void expect_frames(const Clip &clip, const std::vector<Frame> &got, gint64 first,
                          gint64 last, const char *what) {
  const gint64 step = last < first ? -1 : 1;
  const size_t count = first < 0 ? 0 : size_t(std::abs(last - first) + 1);
  std::string numbers;
  for (const Frame &frame : got)
    numbers += " " + std::to_string(gint64(frame.offset));
  fail_unless(got.size() == count,
              "%s: %s: expected %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ", got%s", clip.name,
              what, first, last, numbers.c_str());
  for (size_t i = 0; i < count; i++) {
    const gint64 number = first + step * gint64(i);
    const Frame &twin = clip.frames[size_t(number)];
    fail_unless(gint64(got[i].offset) == number && got[i].md5 == twin.md5 &&
                    got[i].pts == twin.pts && got[i].duration == twin.duration,
                "%s: %s: frame %" G_GINT64_FORMAT " is not: pts %" GST_TIME_FORMAT
                ", duration %" GST_TIME_FORMAT ", numbers%s",
                clip.name, what, number, GST_TIME_ARGS(got[i].pts), GST_TIME_ARGS(got[i].duration),
                numbers.c_str());
  }
}
