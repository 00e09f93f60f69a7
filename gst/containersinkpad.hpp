/* gst-framewise: a pad of containersink, with what its stream has of its own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../lib/framewriter.hpp"

#include <gst/gst.h>

#include <mutex>

namespace framewise {

/* Shared by the pad that an application sees and the one that aggregates. Any thread. */
class StreamSettings {
 public:
  StreamOverrides get() const {
    std::lock_guard lock(lock_);
    return overrides_;
  }
  template <typename Change> void change(Change change) {
    std::lock_guard lock(lock_);
    change(overrides_);
  }

 private:
  mutable std::mutex lock_;
  StreamOverrides overrides_;
};

} // namespace framewise

/* What pads of every kind have. */
#define GST_TYPE_CONTAINER_SINK_PAD (gst_container_sink_pad_get_type())
GType gst_container_sink_pad_get_type();
#define GST_TYPE_CONTAINER_SINK_VIDEO_PAD (gst_container_sink_video_pad_get_type())
GType gst_container_sink_video_pad_get_type();
#define GST_TYPE_CONTAINER_SINK_AUDIO_PAD (gst_container_sink_audio_pad_get_type())
GType gst_container_sink_audio_pad_get_type();

/* Of the kind that `templ` says. Floating. */
GstPad *new_container_sink_pad(const char *name, GstPad *target, GstPadTemplate *templ);
std::shared_ptr<framewise::StreamSettings> container_sink_pad_settings(GstPad *pad);
