/* gst-framewise: the frame index, for C and for other languages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frameindex-c.hpp"
#include "indexcache.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>

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

namespace framewise {

static Result<void> save_index(const FrameIndex &index, const char *filename) {
  if (!index.origin())
    return FRAMEWISE_FAIL_RESOURCE(
        WRITE, "Only the index of a local file that is read alone can be saved: of other input "
               "nothing tells later whether it has changed.");
  IndexOrigin origin = *index.origin();
  if (!add_cover(origin.fingerprint, origin.location, Cover::whole, {}))
    return FRAMEWISE_FAIL_RESOURCE(
        READ, format("`%s` has changed since it was indexed. Make its index anew.",
                     origin.location.c_str()));
  constexpr int file_mode = 0666; /* less what the umask takes */
  auto written = write_index_file(filename, to_index_file(index, origin), file_mode);
  if (!written)
    return fail(
        GST_RESOURCE_ERROR,
        written.error() == ENOSPC ? GST_RESOURCE_ERROR_NO_SPACE_LEFT
                                  : GST_RESOURCE_ERROR_OPEN_WRITE,
        format("No index could be saved as `%s`: %s.", filename, g_strerror(written.error())));
  return {};
}

static Result<std::shared_ptr<FrameIndex>> load_index(const char *filename, const char *uri) {
  auto loaded = read_index_file(filename);
  if (!loaded)
    return FRAMEWISE_FAIL_RESOURCE(
        READ, format("`%s` is not the index of a video: %s.", filename, loaded.error().c_str()));
  if (!*loaded)
    return FRAMEWISE_FAIL_RESOURCE(NOT_FOUND,
                                   format("There is no file `%s`. Check the path.", filename));
  const IndexOrigin &origin = *(*loaded)->origin();
  if (!origin.key.ends_with(libav_versions()))
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, format("`%s` was made with another version of FFmpeg. Make it anew.", filename));
  const std::string location = uri ? uri : origin.location;
  const auto path = local_file_at(location);
  if (!path)
    return FRAMEWISE_FAIL_RESOURCE(
        NOT_FOUND, format("`%s`, of which `%s` is the index, is no local file that is there.",
                          location.c_str(), filename));
  if (compare_file(origin.fingerprint, *path, {}) != FileChange::none &&
      !has_same_bytes(origin.fingerprint, *path, {}))
    return FRAMEWISE_FAIL_STREAM(
        FORMAT, format("`%s` is not the index of what is in `%s`, or that has changed. Make it "
                       "anew.",
                       filename, location.c_str()));
  return *loaded;
}

} // namespace framewise

/**
 * gst_framewise_index_save:
 * @index: an index
 * @filename: (type filename): path to save it as; a file that is there is replaced as a whole
 * @error: return location for a #GError, or %NULL
 *
 * Saves an index of a local file, for gst_framewise_index_load(). All of the video file is read for
 * that, so as to know it again. Fails where it has changed since it was indexed, and where the
 * input is no local file or is a list of others.
 *
 * Returns: whether it is saved; errors are of %GST_RESOURCE_ERROR
 *
 * Since: 0.1
 */
gboolean gst_framewise_index_save(const GstFramewiseIndex *index, const gchar *filename,
                                  GError **error) {
  g_return_val_if_fail(index != nullptr, FALSE);
  g_return_val_if_fail(filename != nullptr, FALSE);
  g_return_val_if_fail(error == nullptr || *error == nullptr, FALSE);
  auto saved = framewise::save_index(*index->table, filename);
  if (!saved)
    g_propagate_error(error, saved.error().to_gerror());
  return saved.has_value();
}

/**
 * gst_framewise_index_load:
 * @filename: (type filename): path of a saved index
 * @uri: (nullable): path of the video file that it is of; %NULL: where that was when it was saved
 * @error: return location for a #GError, or %NULL
 *
 * Loads what gst_framewise_index_save() has saved, if it still holds. A file that has been moved or
 * copied is read whole and compared; one that is where it was, and untouched, is not.
 *
 * Returns: (transfer full) (nullable): the index; %NULL on errors: %GST_RESOURCE_ERROR where a file
 *   is not there or is no index, %GST_STREAM_ERROR_FORMAT where the video file is not the one that
 *   was indexed, or not any more, %GST_LIBRARY_ERROR where the index is of another FFmpeg
 *
 * Since: 0.1
 */
GstFramewiseIndex *gst_framewise_index_load(const gchar *filename, const gchar *uri,
                                            GError **error) {
  g_return_val_if_fail(filename != nullptr, nullptr);
  g_return_val_if_fail(error == nullptr || *error == nullptr, nullptr);
  auto loaded = framewise::load_index(filename, uri);
  if (loaded)
    return framewise::to_boxed(std::move(*loaded));
  g_propagate_error(error, loaded.error().to_gerror());
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
 * Returns: how many frames the stream has; of audio, how many samples, which are what is counted
 *   there in place of frames throughout
 *
 * Since: 0.1
 */
gint64 gst_framewise_index_get_n_frames(const GstFramewiseIndex *index) {
  g_return_val_if_fail(index != nullptr, -1);
  return index->table->n_units();
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
  return index->table->holds_unit(frame) ? shown_time(index->table->unit_time(frame))
                                         : GST_CLOCK_TIME_NONE;
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
  return time >= shown_time(table.end_time()) ? -1 : table.unit_at(gint64(time));
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
  const FrameIndex &table = *index->table;
  return table.holds_unit(frame) && table.is_key_frame(table.frame_of(frame));
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
  if (!table.holds_unit(frame))
    return nullptr;
  const gint64 number = table.frame_of(frame);
  const framewise::IndexedFrame entry = table.frame(number);
  const GstClockTime time = shown_time(table.unit_time(frame));
  const GstClockTime end = shown_time(table.unit_end(frame));
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
