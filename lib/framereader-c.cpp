/* gst-framewise: the reader, for C and for other languages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framereader.h"

#include "frameindex-c.hpp"
#include "indexcache.hpp"
#include "videoreader.hpp"

#include <mutex>

using namespace framewise;

namespace {

struct ReaderPrivate {
  /* Set once, while the object is made. */
  VideoReaderSettings settings;
  std::string location;
  GObjectPtr<GInputStream> stream;
  GBytes *bytes = nullptr;
  std::optional<std::string> index_cache;
  StructurePtr container_options, codec_options;

  Interruption interruption;
  std::atomic<bool> closed{false};
  std::mutex index_lock; /* guards what follows; never held while anything is read */
  FrameIndexer::IndexPtr index;
  std::mutex lock; /* guards what follows, and is held while it is read */
  std::unique_ptr<VideoReader> reader;

  ~ReaderPrivate() { g_clear_pointer(&bytes, g_bytes_unref); }
};

} // namespace

struct _GstFramewiseReader {
  GObject parent;
  ReaderPrivate *priv;
};

static void gst_framewise_reader_initable_init(GInitableIface *iface);

G_DEFINE_TYPE_WITH_CODE(GstFramewiseReader, gst_framewise_reader, G_TYPE_OBJECT,
                        G_IMPLEMENT_INTERFACE(G_TYPE_INITABLE, gst_framewise_reader_initable_init))

enum {
  PROP_0,
  PROP_LOCATION,
  PROP_INPUT_STREAM,
  PROP_BYTES,
  PROP_STREAM,
  PROP_PIXEL_FORMAT,
  PROP_START_FRAME,
  PROP_STOP_FRAME,
  PROP_INDEX_MODE,
  PROP_INDEX_CACHE,
  PROP_THREAD_COUNT,
  PROP_THREAD_TYPE,
  PROP_CACHE_SIZE,
  PROP_CONTAINER_OPTIONS,
  PROP_CODEC_OPTIONS,
  PROP_N_FRAMES,
  PROP_INDEX,
};

GType gst_framewise_thread_type_get_type(void) {
  static const GEnumValue values[] = {
      {GST_FRAMEWISE_THREAD_TYPE_AUTO, "GST_FRAMEWISE_THREAD_TYPE_AUTO", "auto"},
      {GST_FRAMEWISE_THREAD_TYPE_FRAME, "GST_FRAMEWISE_THREAD_TYPE_FRAME", "frame"},
      {GST_FRAMEWISE_THREAD_TYPE_SLICE, "GST_FRAMEWISE_THREAD_TYPE_SLICE", "slice"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static("GstFramewiseThreadType", values);
  return type;
}

static_assert(int(ThreadType::automatic) == GST_FRAMEWISE_THREAD_TYPE_AUTO &&
              int(ThreadType::frame) == GST_FRAMEWISE_THREAD_TYPE_FRAME &&
              int(ThreadType::slice) == GST_FRAMEWISE_THREAD_TYPE_SLICE);

/* ---- Opening and closing ----------------------------------------------------------------------
 */

static Failure closed_failure() {
  return fail(G_IO_ERROR, G_IO_ERROR_CLOSED, "The reader has been closed.");
}

/* In the caller's words: who interrupted it. */
static void give_error(ReaderPrivate *priv, const Error &error, GCancellable *cancellable,
                       GError **target) {
  if (error.is_cancelled() && priv->closed)
    g_propagate_error(target, closed_failure().value().to_gerror());
  else if (!error.is_cancelled() || !g_cancellable_set_error_if_cancelled(cancellable, target))
    g_propagate_error(target, error.to_gerror());
}

static Result<std::unique_ptr<VideoReader>> open_reader(ReaderPrivate *priv) {
  VideoReaderSettings settings = priv->settings;
  InputSettings &input = settings.player.reader.input;
  const int sources = !priv->location.empty() + bool(priv->stream) + bool(priv->bytes);
  if (sources != 1)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, sources == 0
                      ? "There is nothing to read. Set `location`, `bytes` or `input-stream`."
                      : "Of `location`, `bytes` and `input-stream` only one may be set.");
  input.location = priv->location;
  if (priv->bytes)
    input.source = ByteSource::of_bytes(priv->bytes);
  if (priv->stream)
    input.source = ByteSource::of_stream(priv->stream.get());
  if (input.source)
    input.location = input.source->name();
  settings.player.index_cache = priv->index_cache.value_or(IndexCache::default_folder());
  input.options = Dictionary::from_structure(priv->container_options.get());
  settings.player.reader.decoder.options = Dictionary::from_structure(priv->codec_options.get());
  auto opened = VideoReader::open(std::move(settings), priv->interruption);
  if (opened)
    (*opened)->frames().start_index(nullptr, [priv](const auto &made) {
      std::lock_guard lock(priv->index_lock);
      priv->index = made.value_or(nullptr);
    });
  return opened;
}

static gboolean gst_framewise_reader_initable_start(GInitable *initable, GCancellable *cancellable,
                                                    GError **error) {
  ReaderPrivate *priv = GST_FRAMEWISE_READER(initable)->priv;
  std::lock_guard lock(priv->lock);
  if (priv->reader)
    return TRUE;
  if (g_cancellable_set_error_if_cancelled(cancellable, error))
    return FALSE;
  Cancellation cancellation(cancellable, priv->interruption, Interruption::flushing);
  auto opened = open_reader(priv);
  if (!opened) {
    give_error(priv, opened.error(), cancellable, error);
    return FALSE;
  }
  priv->reader = std::move(*opened);
  return TRUE;
}

static void gst_framewise_reader_initable_init(GInitableIface *iface) {
  iface->init = gst_framewise_reader_initable_start;
}

/* What `work` makes of the reader; nothing where that fails. */
template <typename Work>
static auto use(GstFramewiseReader *self, GCancellable *cancellable, GError **error, Work work)
    -> std::optional<typename decltype(work(std::declval<VideoReader &>()))::value_type> {
  ReaderPrivate *priv = self->priv;
  std::lock_guard lock(priv->lock);
  if (g_cancellable_set_error_if_cancelled(cancellable, error))
    return std::nullopt;
  if (!priv->reader || priv->closed) {
    g_propagate_error(error, closed_failure().value().to_gerror());
    return std::nullopt;
  }
  Cancellation cancellation(cancellable, priv->interruption, Interruption::flushing);
  auto made = work(*priv->reader);
  if (made)
    return std::move(*made);
  give_error(priv, made.error(), cancellable, error);
  return std::nullopt;
}

/**
 * gst_framewise_reader_new:
 * @location: a path, image pattern or URL
 * @error: return location for a #GError, or %NULL
 *
 * Opens @location and its first video stream that is no cover art; g_initable_new() takes the other
 * properties. Its index is made beside the reading.
 *
 * Returns: (transfer full) (nullable): the reader; %NULL on errors, which are of
 * %GST_RESOURCE_ERROR, %GST_STREAM_ERROR and %GST_LIBRARY_ERROR.
 *
 * Since: 0.1
 */
GstFramewiseReader *gst_framewise_reader_new(const gchar *location, GError **error) {
  g_return_val_if_fail(location, nullptr);
  return GST_FRAMEWISE_READER(
      g_initable_new(GST_TYPE_FRAMEWISE_READER, nullptr, error, "location", location, nullptr));
}

/**
 * gst_framewise_reader_new_from_bytes:
 * @bytes: a file in memory
 * @error: return location for a #GError, or %NULL
 *
 * The same for a file in memory, which is not copied.
 *
 * Returns: (transfer full) (nullable): the reader; %NULL on errors.
 *
 * Since: 0.1
 */
GstFramewiseReader *gst_framewise_reader_new_from_bytes(GBytes *bytes, GError **error) {
  g_return_val_if_fail(bytes, nullptr);
  return GST_FRAMEWISE_READER(
      g_initable_new(GST_TYPE_FRAMEWISE_READER, nullptr, error, "bytes", bytes, nullptr));
}

/**
 * gst_framewise_reader_new_from_stream:
 * @stream: where to read from
 * @cancellable: (nullable): breaks opening off
 * @error: return location for a #GError, or %NULL
 *
 * The same for a stream, from its beginning. It belongs to the reader as long as that is open, and
 * is read in several threads, one at a time; it is not closed. One that cannot seek gives its
 * frames only in order.
 *
 * Returns: (transfer full) (nullable): the reader; %NULL on errors.
 *
 * Since: 0.1
 */
GstFramewiseReader *gst_framewise_reader_new_from_stream(GInputStream *stream,
                                                         GCancellable *cancellable,
                                                         GError **error) {
  g_return_val_if_fail(G_IS_INPUT_STREAM(stream), nullptr);
  return GST_FRAMEWISE_READER(g_initable_new(GST_TYPE_FRAMEWISE_READER, cancellable, error,
                                             "input-stream", stream, nullptr));
}

/**
 * gst_framewise_reader_close:
 * @reader: a reader
 *
 * Breaks off what another thread is reading, which then fails with %G_IO_ERROR_CLOSED, as all reads
 * do from now on, and lets file, decoder and frames kept go. Samples and arrays that were read stay
 * valid. Safe to call again, and from any thread.
 *
 * Since: 0.1
 */
void gst_framewise_reader_close(GstFramewiseReader *reader) {
  g_return_if_fail(GST_FRAMEWISE_IS_READER(reader));
  ReaderPrivate *priv = reader->priv;
  priv->closed = true;
  priv->interruption.set(Interruption::closing);
  std::lock_guard lock(priv->lock);
  priv->reader.reset(); /* and with it who might set the index */
  std::lock_guard index_lock(priv->index_lock);
  priv->index = nullptr;
}

/* ---- Reading ----------------------------------------------------------------------------------
 */

static std::string text_or_empty(const gchar *text) { return text ? text : ""; }

/**
 * gst_framewise_reader_read:
 * @reader: a reader
 * @index: number of the frame; negative: from the end
 * @pixel_format: (nullable): `native` or the name of an FFmpeg pixel format; %NULL:
 *   #GstFramewiseReader:pixel-format
 * @cancellable: (nullable): breaks it off
 * @error: return location for a #GError, or %NULL
 *
 * The sample's buffer has the frame's stream time and duration, its number in the stream as OFFSET,
 * and the metas of containersrc. With `native` it is the decoder's own memory, read only.
 *
 * Blocks until the frame is there, which may take until the index is.
 *
 * Returns: (transfer full) (nullable): the frame; %NULL on errors: %G_IO_ERROR_INVALID_ARGUMENT
 * where there is no such frame, %G_IO_ERROR_CANCELLED, %G_IO_ERROR_CLOSED, %GST_RESOURCE_ERROR,
 * %GST_STREAM_ERROR and %GST_LIBRARY_ERROR.
 *
 * Since: 0.1
 */
GstSample *gst_framewise_reader_read(GstFramewiseReader *reader, gint64 index,
                                     const gchar *pixel_format, GCancellable *cancellable,
                                     GError **error) {
  g_return_val_if_fail(GST_FRAMEWISE_IS_READER(reader), nullptr);
  auto sample = use(reader, cancellable, error, [&](VideoReader &video) {
    return video.read(index, text_or_empty(pixel_format));
  });
  return sample ? sample->release() : nullptr;
}

/**
 * gst_framewise_reader_read_batch:
 * @reader: a reader
 * @indices: (array length=n_indices): numbers of frames, in any order, also repeatedly
 * @n_indices: how many
 * @pixel_format: (nullable): as with gst_framewise_reader_read()
 * @cancellable: (nullable): breaks it off
 * @error: return location for a #GError, or %NULL
 *
 * Decodes each frame once, and all in one sweep through the stream.
 *
 * Returns: (transfer container) (element-type GstSample) (nullable): the frames, in the order of
 * @indices; %NULL on errors.
 *
 * Since: 0.1
 */
GPtrArray *gst_framewise_reader_read_batch(GstFramewiseReader *reader, const gint64 *indices,
                                           gsize n_indices, const gchar *pixel_format,
                                           GCancellable *cancellable, GError **error) {
  g_return_val_if_fail(GST_FRAMEWISE_IS_READER(reader), nullptr);
  g_return_val_if_fail(indices || n_indices == 0, nullptr);
  auto samples = use(reader, cancellable, error, [&](VideoReader &video) {
    return video.read_batch({indices, n_indices}, text_or_empty(pixel_format));
  });
  if (!samples)
    return nullptr;
  GPtrArray *array = g_ptr_array_new_full(guint(n_indices), [](gpointer sample) {
    gst_sample_unref(static_cast<GstSample *>(sample));
  });
  for (auto &sample : *samples)
    g_ptr_array_add(array, sample.release());
  return array;
}

/**
 * gst_framewise_reader_read_array:
 * @reader: a reader
 * @indices: (array length=n_indices): numbers of frames, in any order, also repeatedly
 * @n_indices: how many
 * @pixel_format: (nullable): as with gst_framewise_reader_read(); one whose frames are single
 * arrays
 * @cancellable: (nullable): breaks it off
 * @error: return location for a #GError, or %NULL
 *
 * The same as one array in memory of its own, without gaps: (N, height, width, channels), (N,
 * height, width) or (N, channels, height, width), as frames of that format are. It may be written.
 *
 * Returns: (transfer full) (nullable): the array; %NULL on errors: %GST_STREAM_ERROR_FORMAT where
 * the frames differ in size, or their planes make no single array.
 *
 * Since: 0.1
 */
GstFramewiseArray *gst_framewise_reader_read_array(GstFramewiseReader *reader,
                                                   const gint64 *indices, gsize n_indices,
                                                   const gchar *pixel_format,
                                                   GCancellable *cancellable, GError **error) {
  g_return_val_if_fail(GST_FRAMEWISE_IS_READER(reader), nullptr);
  g_return_val_if_fail(indices || n_indices == 0, nullptr);
  auto array = use(reader, cancellable, error, [&](VideoReader &video) {
    return video.read_array({indices, n_indices}, text_or_empty(pixel_format));
  });
  return array.value_or(nullptr);
}

/**
 * gst_framewise_reader_get_n_frames:
 * @reader: a reader
 * @cancellable: (nullable): breaks it off
 * @error: return location for a #GError, or %NULL
 *
 * Blocks until the index is there; with a filter that does not keep the number of frames, until the
 * whole video has gone through it once.
 *
 * Returns: how many frames can be read; -1 on errors.
 *
 * Since: 0.1
 */
gint64 gst_framewise_reader_get_n_frames(GstFramewiseReader *reader, GCancellable *cancellable,
                                         GError **error) {
  g_return_val_if_fail(GST_FRAMEWISE_IS_READER(reader), -1);
  return use(reader, cancellable, error, [](VideoReader &video) { return video.n_frames(); })
      .value_or(-1);
}

/**
 * gst_framewise_reader_get_index:
 * @reader: a reader
 * @cancellable: (nullable): breaks it off
 * @error: return location for a #GError, or %NULL
 *
 * Blocks until it is there.
 *
 * Returns: (transfer full) (nullable): the table of the stream's frames, whatever limits and filter
 * are set; %NULL on errors.
 *
 * Since: 0.1
 */
GstFramewiseIndex *gst_framewise_reader_get_index(GstFramewiseReader *reader,
                                                  GCancellable *cancellable, GError **error) {
  g_return_val_if_fail(GST_FRAMEWISE_IS_READER(reader), nullptr);
  auto index = use(reader, cancellable, error,
                   [](VideoReader &video) { return video.frames().wait_for_index(); });
  return index ? to_boxed(std::move(*index)) : nullptr;
}

/**
 * gst_framewise_reader_get_layout:
 * @reader: a reader
 * @pixel_format: (nullable): as with gst_framewise_reader_read()
 * @cancellable: (nullable): breaks it off
 * @error: return location for a #GError, or %NULL
 *
 * Returns: (transfer full) (nullable): what the frames look like as arrays, in buffers without
 * #GstVideoMeta; %NULL on errors.
 *
 * Since: 0.1
 */
GstFramewiseLayout *gst_framewise_reader_get_layout(GstFramewiseReader *reader,
                                                    const gchar *pixel_format,
                                                    GCancellable *cancellable, GError **error) {
  g_return_val_if_fail(GST_FRAMEWISE_IS_READER(reader), nullptr);
  auto layout = use(reader, cancellable, error,
                    [&](VideoReader &video) { return video.layout(text_or_empty(pixel_format)); });
  return layout ? gst_framewise_layout_copy(&*layout) : nullptr;
}

/**
 * gst_framewise_reader_get_metadata:
 * @reader: a reader
 * @error: return location for a #GError, or %NULL
 *
 * The fields are those of #GstContainerSrc:metadata; `video-format` is that of the reader's
 * `pixel-format`. They are of the stream, whatever filters are set, and nothing is decoded for
 * them. What the file does not say is not there.
 *
 * Returns: (transfer full) (nullable): what the headers say; %NULL on errors.
 *
 * Since: 0.1
 */
GstStructure *gst_framewise_reader_get_metadata(GstFramewiseReader *reader, GError **error) {
  g_return_val_if_fail(GST_FRAMEWISE_IS_READER(reader), nullptr);
  auto metadata = use(reader, nullptr, error,
                      [](VideoReader &video) -> Result<StructurePtr> { return video.metadata(); });
  return metadata ? metadata->release() : nullptr;
}

/**
 * gst_framewise_reader_get_frame_metadata:
 * @reader: a reader
 * @index: number of the frame; negative: from the end
 * @cancellable: (nullable): breaks it off
 * @error: return location for a #GError, or %NULL
 *
 * Returns: (transfer full) (nullable): the fields of the frame's %GST_FRAMEWISE_FRAME_META_NAME;
 * %NULL on errors, as with gst_framewise_reader_read().
 *
 * Since: 0.1
 */
GstStructure *gst_framewise_reader_get_frame_metadata(GstFramewiseReader *reader, gint64 index,
                                                      GCancellable *cancellable, GError **error) {
  g_return_val_if_fail(GST_FRAMEWISE_IS_READER(reader), nullptr);
  auto metadata = use(reader, cancellable, error,
                      [&](VideoReader &video) { return video.frame_metadata(index); });
  return metadata ? metadata->release() : nullptr;
}

/**
 * gst_framewise_reader_set_filter:
 * @reader: a reader
 * @sequence: (nullable): filters one behind the other, as graphfilter's `filter-sequence`
 * @graph: (nullable): a graph with `[video_in]` and `[video_out]`, as its `filter-graph`; after
 *   @sequence where both are given
 * @error: return location for a #GError, or %NULL
 *
 * From now on frames are those of the filtered video, numbered by themselves. Whatever the filters
 * remember or wait for, each frame is the one that a linear run gives: a filter of which it is not
 * known how far back it looks is run from the first frame once, and later reads are checked against
 * that. %NULL for both ends filtering.
 *
 * Returns: %FALSE, with @error set and the old filter still in place, where libavfilter cannot make
 * it.
 *
 * Since: 0.1
 */
gboolean gst_framewise_reader_set_filter(GstFramewiseReader *reader, const gchar *sequence,
                                         const gchar *graph, GError **error) {
  g_return_val_if_fail(GST_FRAMEWISE_IS_READER(reader), FALSE);
  auto description = FilterDescription::parse(sequence, graph);
  if (!description) {
    g_propagate_error(error, description.error().to_gerror());
    return FALSE;
  }
  return use(reader, nullptr, error,
             [&](VideoReader &video) -> Result<bool> {
               if (auto set = video.set_filter(*description); !set)
                 return Failure(set.error());
               return true;
             })
      .has_value();
}

/* ---- Properties -------------------------------------------------------------------------------
 */

static void gst_framewise_reader_set_property(GObject *object, guint id, const GValue *value,
                                              GParamSpec *pspec) {
  ReaderPrivate *priv = GST_FRAMEWISE_READER(object)->priv;
  PlayerSettings &player = priv->settings.player;
  auto text = [value](const char *missing) -> std::string {
    const char *given = g_value_get_string(value);
    return given ? given : missing;
  };
  switch (id) {
  case PROP_LOCATION:
    priv->location = text("");
    break;
  case PROP_INPUT_STREAM:
    priv->stream.reset(static_cast<GInputStream *>(g_value_dup_object(value)));
    break;
  case PROP_BYTES:
    priv->bytes = static_cast<GBytes *>(g_value_dup_boxed(value));
    break;
  case PROP_STREAM:
    player.reader.input.stream = text("V:0");
    break;
  case PROP_PIXEL_FORMAT:
    priv->settings.pixel_format = text("auto");
    break;
  case PROP_START_FRAME:
    player.limits.begin = g_value_get_int64(value);
    break;
  case PROP_STOP_FRAME:
    player.limits.end = g_value_get_int64(value);
    break;
  case PROP_INDEX_MODE:
    player.index_mode = static_cast<IndexMode>(g_value_get_enum(value));
    break;
  case PROP_INDEX_CACHE:
    if (const char *folder = g_value_get_string(value))
      priv->index_cache = folder;
    break;
  case PROP_THREAD_COUNT:
    player.reader.decoder.thread_count = g_value_get_int(value);
    break;
  case PROP_THREAD_TYPE:
    player.reader.decoder.thread_type = static_cast<ThreadType>(g_value_get_enum(value));
    break;
  case PROP_CACHE_SIZE:
    player.cache_size = g_value_get_uint64(value);
    break;
  case PROP_CONTAINER_OPTIONS:
    priv->container_options.reset(static_cast<GstStructure *>(g_value_dup_boxed(value)));
    break;
  case PROP_CODEC_OPTIONS:
    priv->codec_options.reset(static_cast<GstStructure *>(g_value_dup_boxed(value)));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static FrameIndexer::IndexPtr known_index(ReaderPrivate *priv) {
  std::lock_guard lock(priv->index_lock);
  return priv->index;
}

static void gst_framewise_reader_get_property(GObject *object, guint id, GValue *value,
                                              GParamSpec *pspec) {
  ReaderPrivate *priv = GST_FRAMEWISE_READER(object)->priv;
  const PlayerSettings &player = priv->settings.player;
  switch (id) {
  case PROP_LOCATION:
    g_value_set_string(value, priv->location.empty() ? nullptr : priv->location.c_str());
    break;
  case PROP_INPUT_STREAM:
    g_value_set_object(value, priv->stream.get());
    break;
  case PROP_BYTES:
    g_value_set_boxed(value, priv->bytes);
    break;
  case PROP_STREAM:
    g_value_set_string(value, player.reader.input.stream.c_str());
    break;
  case PROP_PIXEL_FORMAT:
    g_value_set_string(value, priv->settings.pixel_format.c_str());
    break;
  case PROP_START_FRAME:
    g_value_set_int64(value, player.limits.begin);
    break;
  case PROP_STOP_FRAME:
    g_value_set_int64(value, player.limits.end);
    break;
  case PROP_INDEX_MODE:
    g_value_set_enum(value, int(player.index_mode));
    break;
  case PROP_INDEX_CACHE:
    g_value_set_string(value, priv->index_cache ? priv->index_cache->c_str() : nullptr);
    break;
  case PROP_THREAD_COUNT:
    g_value_set_int(value, player.reader.decoder.thread_count);
    break;
  case PROP_THREAD_TYPE:
    g_value_set_enum(value, int(player.reader.decoder.thread_type));
    break;
  case PROP_CACHE_SIZE:
    g_value_set_uint64(value, player.cache_size);
    break;
  case PROP_CONTAINER_OPTIONS:
    g_value_set_boxed(value, priv->container_options.get());
    break;
  case PROP_CODEC_OPTIONS:
    g_value_set_boxed(value, priv->codec_options.get());
    break;
  case PROP_N_FRAMES: {
    auto index = known_index(priv);
    g_value_set_int64(value, index ? index->n_frames() : -1);
    break;
  }
  case PROP_INDEX:
    if (auto index = known_index(priv))
      g_value_take_boxed(value, to_boxed(std::move(index)));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static void gst_framewise_reader_finalize(GObject *object) {
  GstFramewiseReader *self = GST_FRAMEWISE_READER(object);
  gst_framewise_reader_close(self);
  delete self->priv;
  G_OBJECT_CLASS(gst_framewise_reader_parent_class)->finalize(object);
}

static void gst_framewise_reader_class_init(GstFramewiseReaderClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  const auto flags =
      GParamFlags(G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  const auto readable = GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  object_class->set_property = gst_framewise_reader_set_property;
  object_class->get_property = gst_framewise_reader_get_property;
  object_class->finalize = gst_framewise_reader_finalize;
  auto install = [object_class](guint id, GParamSpec *spec) {
    g_object_class_install_property(object_class, id, spec);
  };

  /**
   * GstFramewiseReader:location:
   *
   * A path, an image pattern such as `img%03d.png`, or any URL that libavformat opens.
   *
   * Since: 0.1
   */
  install(PROP_LOCATION,
          g_param_spec_string("location", "Location",
                              "Path, image pattern (img%03d.png) or URL of what to read", nullptr,
                              flags));
  /**
   * GstFramewiseReader:input-stream:
   *
   * What to read instead of a location.
   *
   * Since: 0.1
   */
  install(PROP_INPUT_STREAM,
          g_param_spec_object("input-stream", "Input stream", "What to read instead of a location",
                              G_TYPE_INPUT_STREAM, flags));
  /**
   * GstFramewiseReader:bytes:
   *
   * A file in memory to read instead of a location.
   *
   * Since: 0.1
   */
  install(PROP_BYTES,
          g_param_spec_boxed("bytes", "Bytes", "A file in memory to read instead of a location",
                             G_TYPE_BYTES, flags));
  /**
   * GstFramewiseReader:stream:
   *
   * FFmpeg stream specifier of the video stream to read; `V:0` is the first that is no cover art.
   *
   * Since: 0.1
   */
  install(PROP_STREAM, g_param_spec_string(
                           "stream", "Stream",
                           "FFmpeg stream specifier; V:0 is the first video that is no cover art",
                           "V:0", flags));
  /**
   * GstFramewiseReader:pixel-format:
   *
   * Of frames that are read without a format of their own: `auto` or `native` for the decoder's, or
   * for what filters give; else the name of an FFmpeg pixel format.
   *
   * Since: 0.1
   */
  install(PROP_PIXEL_FORMAT,
          g_param_spec_string("pixel-format", "Pixel format",
                              "auto, native, or the name of an FFmpeg pixel format (rgb24)", "auto",
                              flags));
  /**
   * GstFramewiseReader:start-frame:
   *
   * Number of the stream's frame that becomes frame 0. A negative one counts from the end.
   *
   * Since: 0.1
   */
  install(PROP_START_FRAME, g_param_spec_int64("start-frame", "Start frame",
                                               "Number of the first frame; negative: from the end",
                                               G_MININT64, G_MAXINT64, 0, flags));
  /**
   * GstFramewiseReader:stop-frame:
   *
   * Number of the stream's frame before which the video ends. A negative one counts from the end.
   *
   * Since: 0.1
   */
  install(PROP_STOP_FRAME,
          g_param_spec_int64("stop-frame", "Stop frame",
                             "Number of the frame before which to stop; negative: from the end",
                             G_MININT64, G_MAXINT64, G_MAXINT64, flags));
  /**
   * GstFramewiseReader:index-mode:
   *
   * By what means frames are numbered.
   *
   * Since: 0.1
   */
  install(PROP_INDEX_MODE,
          g_param_spec_enum("index-mode", "Index mode", "By what means frames are numbered",
                            GST_TYPE_FRAMEWISE_INDEX_MODE, GST_FRAMEWISE_INDEX_MODE_AUTO, flags));
  /**
   * GstFramewiseReader:index-cache:
   *
   * Folder in which indexes of local files are saved, to be there at once the next time; those of
   * files that have changed are made anew. %NULL: `gst-framewise` in the user's cache folder;
   * empty: none.
   *
   * Since: 0.1
   */
  install(
      PROP_INDEX_CACHE,
      g_param_spec_string("index-cache", "Index cache",
                          "Folder of saved indexes (NULL = the user's cache folder, empty = none)",
                          nullptr, flags));
  /**
   * GstFramewiseReader:thread-count:
   *
   * Threads of the decoder, and of pixel format conversion.
   *
   * Since: 0.1
   */
  install(PROP_THREAD_COUNT,
          g_param_spec_int("thread-count", "Thread count",
                           "Threads of decoder and conversion (0 = as many as suit the machine)", 0,
                           G_MAXINT, 0, flags));
  /**
   * GstFramewiseReader:thread-type:
   *
   * What the decoder's threads share out.
   *
   * Since: 0.1
   */
  install(PROP_THREAD_TYPE,
          g_param_spec_enum("thread-type", "Thread type", "What the decoder's threads share out",
                            GST_TYPE_FRAMEWISE_THREAD_TYPE, GST_FRAMEWISE_THREAD_TYPE_AUTO, flags));
  /**
   * GstFramewiseReader:cache-size:
   *
   * Up to so many bytes of decoded frames are kept, and as many of filtered ones.
   *
   * Since: 0.1
   */
  install(PROP_CACHE_SIZE,
          g_param_spec_uint64("cache-size", "Cache size", "Bytes of decoded frames kept", 0,
                              G_MAXUINT64, default_cache_size, flags));
  /**
   * GstFramewiseReader:container-options:
   *
   * Options for libavformat: of the demuxer, or of the protocol. One that neither knows is an
   * error.
   *
   * Since: 0.1
   */
  install(PROP_CONTAINER_OPTIONS,
          g_param_spec_boxed("container-options", "Container options",
                             "Options for libavformat's demuxer and protocol", GST_TYPE_STRUCTURE,
                             flags));
  /**
   * GstFramewiseReader:codec-options:
   *
   * Options for the decoder. One that it does not know is an error.
   *
   * Since: 0.1
   */
  install(PROP_CODEC_OPTIONS,
          g_param_spec_boxed("codec-options", "Codec options", "Options for libavcodec's decoder",
                             GST_TYPE_STRUCTURE, flags));
  /**
   * GstFramewiseReader:n-frames:
   *
   * How many frames the stream has, without waiting for it: -1 while that is not known. Not
   * notified; gst_framewise_reader_get_n_frames() waits.
   *
   * Since: 0.1
   */
  install(PROP_N_FRAMES, g_param_spec_int64("n-frames", "Number of frames",
                                            "Frames of the stream, counted (-1 = not known yet)",
                                            -1, G_MAXINT64, -1, readable));
  /**
   * GstFramewiseReader:index:
   *
   * The table of frames; %NULL while #GstFramewiseReader:n-frames is -1.
   *
   * Since: 0.1
   */
  install(PROP_INDEX, g_param_spec_boxed("index", "Index", "The table of frames, once it is made",
                                         GST_TYPE_FRAMEWISE_INDEX, readable));
}

static void gst_framewise_reader_init(GstFramewiseReader *self) { self->priv = new ReaderPrivate; }
