/* gst-framewise: the frame index, for C and for other languages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frameindex-c.hpp"

#include <algorithm>
#include <atomic>

using framewise::FrameIndex;
using framewise::IndexMode;

struct _GstFramewiseIndex {
  explicit _GstFramewiseIndex(std::shared_ptr<const FrameIndex> index) : table(std::move(index)) {}

  std::atomic<int> references{1};
  const std::shared_ptr<const FrameIndex> table;
};

G_DEFINE_BOXED_TYPE(GstFramewiseIndex, gst_framewise_index, gst_framewise_index_ref,
                    gst_framewise_index_unref)

GType gst_framewise_index_mode_get_type(void) {
  static const GEnumValue values[] = {
      {GST_FRAMEWISE_INDEX_MODE_AUTO, "GST_FRAMEWISE_INDEX_MODE_AUTO", "auto"},
      {GST_FRAMEWISE_INDEX_MODE_CONSTANT_FRAMERATE, "GST_FRAMEWISE_INDEX_MODE_CONSTANT_FRAMERATE",
       "constant-framerate"},
      {GST_FRAMEWISE_INDEX_MODE_VERIFIED, "GST_FRAMEWISE_INDEX_MODE_VERIFIED", "verified"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static("GstFramewiseIndexMode", values);
  return type;
}

namespace framewise {

static_assert(int(IndexMode::automatic) == GST_FRAMEWISE_INDEX_MODE_AUTO &&
              int(IndexMode::constant_framerate) == GST_FRAMEWISE_INDEX_MODE_CONSTANT_FRAMERATE &&
              int(IndexMode::verified) == GST_FRAMEWISE_INDEX_MODE_VERIFIED);

GstFramewiseIndex *to_boxed(std::shared_ptr<const FrameIndex> index) {
  return new GstFramewiseIndex(std::move(index));
}

} // namespace framewise

/**
 * gst_framewise_index_new:
 * @uri: a path, image pattern or URL, as containersrc's #GstContainerSrc:location
 * @stream: (nullable): FFmpeg stream specifier; %NULL: `V:0`, the first video that is no cover art
 * @mode: by what means
 * @cancellable: (nullable): breaks it off, from another thread
 * @progress: (nullable) (scope call) (closure user_data): called in this thread, from time to time
 * @user_data: for @progress
 * @error: return location for a #GError, or %NULL
 *
 * Opens @uri and makes the index of a stream. Blocks until it is there: in
 * %GST_FRAMEWISE_INDEX_MODE_AUTO about as long as reading all of @uri takes, or decoding it where
 * the container does not tell enough.
 *
 * Returns: (transfer full) (nullable): the index; %NULL on errors, which are of
 * %GST_RESOURCE_ERROR, %GST_STREAM_ERROR and %GST_LIBRARY_ERROR, or %G_IO_ERROR_CANCELLED.
 *
 * Since: 0.1
 */
GstFramewiseIndex *gst_framewise_index_new(const gchar *uri, const gchar *stream,
                                           GstFramewiseIndexMode mode, GCancellable *cancellable,
                                           GstFramewiseIndexProgress progress, gpointer user_data,
                                           GError **error) {
  g_return_val_if_fail(uri != nullptr, nullptr);
  g_return_val_if_fail(error == nullptr || *error == nullptr, nullptr);
  FrameIndex::Request request;
  request.reader.input.location = uri;
  if (stream)
    request.reader.input.stream = stream;
  request.mode = static_cast<IndexMode>(mode);
  if (progress)
    request.progress = [=](int percent) { progress(percent, user_data); };

  framewise::Interruption interruption;
  framewise::Cancellation cancellation(cancellable, interruption, framewise::Interruption::closing);
  auto built = FrameIndex::build(request, interruption);
  if (built)
    return framewise::to_boxed(std::move(*built));
  if (!g_cancellable_set_error_if_cancelled(cancellable, error))
    g_propagate_error(error, built.error().to_gerror());
  return nullptr;
}

/**
 * gst_framewise_index_ref:
 * @index: an index
 *
 * Returns: (transfer full): @index, with a reference more
 *
 * Since: 0.1
 */
GstFramewiseIndex *gst_framewise_index_ref(GstFramewiseIndex *index) {
  g_return_val_if_fail(index != nullptr, nullptr);
  index->references++;
  return index;
}

/**
 * gst_framewise_index_unref:
 * @index: (transfer full): an index
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void gst_framewise_index_unref(GstFramewiseIndex *index) {
  g_return_if_fail(index != nullptr);
  if (--index->references == 0)
    delete index;
}

/**
 * gst_framewise_index_get_n_frames:
 * @index: an index
 *
 * Returns: how many frames the stream has
 *
 * Since: 0.1
 */
gint64 gst_framewise_index_get_n_frames(const GstFramewiseIndex *index) {
  g_return_val_if_fail(index != nullptr, -1);
  return index->table->n_frames();
}

/* As buffers carry it: frames from before the container's start are shown at its start. */
static GstClockTime shown_time(gint64 time) { return GstClockTime(std::max<gint64>(time, 0)); }

/**
 * gst_framewise_index_get_duration:
 * @index: an index
 *
 * Returns: stream time at which the last frame ends
 *
 * Since: 0.1
 */
GstClockTime gst_framewise_index_get_duration(const GstFramewiseIndex *index) {
  g_return_val_if_fail(index != nullptr, GST_CLOCK_TIME_NONE);
  return shown_time(index->table->end_time());
}

/**
 * gst_framewise_index_frame_to_time:
 * @index: an index
 * @frame: number of a frame
 *
 * Returns: stream time at which @frame begins, which is the PTS of its buffer;
 *   %GST_CLOCK_TIME_NONE where there is no such frame
 *
 * Since: 0.1
 */
GstClockTime gst_framewise_index_frame_to_time(const GstFramewiseIndex *index, gint64 frame) {
  g_return_val_if_fail(index != nullptr, GST_CLOCK_TIME_NONE);
  return index->table->holds(frame) ? shown_time(index->table->time(frame)) : GST_CLOCK_TIME_NONE;
}

/**
 * gst_framewise_index_time_to_frame:
 * @index: an index
 * @time: stream time
 *
 * Returns: number of the frame that is shown at @time: the last that begins no later, or the first
 *   where none does; -1 where @time is past the end of the last
 *
 * Since: 0.1
 */
gint64 gst_framewise_index_time_to_frame(const GstFramewiseIndex *index, GstClockTime time) {
  g_return_val_if_fail(index != nullptr, -1);
  g_return_val_if_fail(GST_CLOCK_TIME_IS_VALID(time), -1);
  const FrameIndex &table = *index->table;
  return time >= shown_time(table.end_time()) ? -1 : table.frame_at(gint64(time));
}

/**
 * gst_framewise_index_is_key_frame:
 * @index: an index
 * @frame: number of a frame
 *
 * Returns: whether the container marks @frame as a key frame; %FALSE where there is no such frame,
 *   and of all frames with %GST_FRAMEWISE_INDEX_MODE_CONSTANT_FRAMERATE
 *
 * Since: 0.1
 */
gboolean gst_framewise_index_is_key_frame(const GstFramewiseIndex *index, gint64 frame) {
  g_return_val_if_fail(index != nullptr, FALSE);
  return index->table->holds(frame) && index->table->is_key_frame(frame);
}

/**
 * gst_framewise_index_is_constant_framerate:
 * @index: an index
 *
 * Returns: whether all frames last equally long, as precisely as the container says it
 *
 * Since: 0.1
 */
gboolean gst_framewise_index_is_constant_framerate(const GstFramewiseIndex *index) {
  g_return_val_if_fail(index != nullptr, FALSE);
  return index->table->is_constant_framerate();
}

/**
 * gst_framewise_index_is_exact:
 * @index: an index
 *
 * Returns: %FALSE where something in the stream is damaged, so that a frame may come out otherwise
 *   after a seek than in a linear decode
 *
 * Since: 0.1
 */
gboolean gst_framewise_index_is_exact(const GstFramewiseIndex *index) {
  g_return_val_if_fail(index != nullptr, FALSE);
  return index->table->is_exact();
}

/**
 * gst_framewise_index_get_frame_info:
 * @index: an index
 * @frame: number of a frame
 *
 * The fields are `frame` (#gint64), `pts` (#gint64, in the stream's time base; absent where the
 * container has none), `time` and `duration` (#guint64, nanoseconds) and, other than with
 * %GST_FRAMEWISE_INDEX_MODE_CONSTANT_FRAMERATE, `key-frame` (#gboolean), `picture-type` (string,
 * one letter; absent where the stream had to be decoded to be told) and `interlaced` (#gboolean).
 *
 * Returns: (transfer full) (nullable): what the index has of @frame; %NULL where there is no such
 *   frame
 *
 * Since: 0.1
 */
GstStructure *gst_framewise_index_get_frame_info(const GstFramewiseIndex *index, gint64 frame) {
  g_return_val_if_fail(index != nullptr, nullptr);
  const FrameIndex &table = *index->table;
  if (!table.holds(frame))
    return nullptr;
  const framewise::IndexedFrame entry = table.frame(frame);
  const GstClockTime time = shown_time(table.time(frame));
  const GstClockTime end = shown_time(table.end(frame));
  GstStructure *info = gst_structure_new("GstFramewiseFrameInfo", "frame", G_TYPE_INT64, frame,
                                         "time", G_TYPE_UINT64, time, "duration", G_TYPE_UINT64,
                                         std::max(end, time) - time, nullptr);
  if (entry.pts != AV_NOPTS_VALUE)
    gst_structure_set(info, "pts", G_TYPE_INT64, entry.pts, nullptr);
  if (table.means() == FrameIndex::Means::rate)
    return info;
  gst_structure_set(info, "key-frame", G_TYPE_BOOLEAN, gboolean(entry.key), "interlaced",
                    G_TYPE_BOOLEAN, gboolean(entry.interlaced), nullptr);
  if (entry.picture_type != '?') {
    const char type[] = {entry.picture_type, '\0'};
    gst_structure_set(info, "picture-type", G_TYPE_STRING, type, nullptr);
  }
  return info;
}
