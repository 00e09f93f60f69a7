/* gst-framewise: the writer, for C and for other languages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framewriter.h"

#include "samplewriter.hpp"

#include <mutex>

using namespace framewise;

namespace {

struct WriterPrivate {
  /* Set once, while the object is made. */
  CString location, container, codec, pixel_format;
  GObjectPtr<GOutputStream> output_stream;
  AVRational framerate{0, 1};
  int max_keyframe_interval = -1;
  ClosedGop closed_gop = ClosedGop::automatic;
  StructurePtr codec_options, container_options, container_metadata, stream_metadata;
  int thread_count = 0;

  std::mutex lock; /* guards each call, from its beginning to its end */
  /* Set once, by init; then used under `lock`, but for what any thread may call. */
  std::unique_ptr<SampleWriter> writer;
  std::atomic<SampleWriter *> opened = nullptr; /* the same */

  std::mutex result_lock; /* guards what follows */
  GBytes *bytes = nullptr;
  std::string remark;

  ~WriterPrivate() { g_clear_pointer(&bytes, g_bytes_unref); }
};

} // namespace

struct _GstFramewiseWriter {
  GObject parent;
  WriterPrivate *priv;
};

static void gst_framewise_writer_initable_init(GInitableIface *iface);

G_DEFINE_TYPE_WITH_CODE(GstFramewiseWriter, gst_framewise_writer, G_TYPE_OBJECT,
                        G_IMPLEMENT_INTERFACE(G_TYPE_INITABLE, gst_framewise_writer_initable_init))

enum {
  PROP_0,
  PROP_LOCATION,
  PROP_OUTPUT_STREAM,
  PROP_BYTES,
  PROP_CONTAINER,
  PROP_CODEC,
  PROP_PIXEL_FORMAT,
  PROP_FRAMERATE,
  PROP_MAX_KEYFRAME_INTERVAL,
  PROP_CLOSED_GOP,
  PROP_CODEC_OPTIONS,
  PROP_CONTAINER_OPTIONS,
  PROP_CONTAINER_METADATA,
  PROP_STREAM_METADATA,
  PROP_THREAD_COUNT,
  PROP_STATS,
  PROP_REMARK,
};

static_assert(int(ClosedGop::automatic) == GST_FRAMEWISE_CLOSED_GOP_AUTO);
static_assert(int(ClosedGop::off) == GST_FRAMEWISE_CLOSED_GOP_FALSE);
static_assert(int(ClosedGop::on) == GST_FRAMEWISE_CLOSED_GOP_TRUE);

GType gst_framewise_closed_gop_get_type(void) {
  static const GEnumValue values[] = {
      {GST_FRAMEWISE_CLOSED_GOP_AUTO, "As the encoder has it by default", "auto"},
      {GST_FRAMEWISE_CLOSED_GOP_FALSE, "Frames may refer to the next or previous GOP", "false"},
      {GST_FRAMEWISE_CLOSED_GOP_TRUE, "No frame refers past its GOP", "true"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static("GstFramewiseClosedGop", values);
  return type;
}

/* ---- Opening ----------------------------------------------------------------------------------
 */

static std::string text_of(const CString &text) { return text ? text.get() : ""; }

static FrameWriterSettings writer_settings(const WriterPrivate *priv) {
  FrameWriterSettings settings;
  settings.location = text_of(priv->location);
  if (priv->output_stream)
    settings.output_stream = {static_cast<GOutputStream *>(g_object_ref(priv->output_stream.get())),
                              g_object_unref};
  settings.container = text_of(priv->container);
  settings.codec = text_of(priv->codec);
  settings.video.pixel_format = text_of(priv->pixel_format);
  settings.video.framerate = priv->framerate;
  settings.video.max_keyframe_interval = priv->max_keyframe_interval;
  settings.video.closed_gop = priv->closed_gop;
  settings.video.options = Dictionary::from_structure(priv->codec_options.get());
  settings.video.thread_count = priv->thread_count;
  settings.container_options = Dictionary::from_structure(priv->container_options.get());
  settings.container_metadata = Dictionary::from_structure(priv->container_metadata.get());
  settings.stream_metadata = Dictionary::from_structure(priv->stream_metadata.get());
  return settings;
}

static gboolean gst_framewise_writer_initable_start(GInitable *initable, GCancellable *cancellable,
                                                    GError **error) {
  WriterPrivate *priv = GST_FRAMEWISE_WRITER(initable)->priv;
  std::lock_guard lock(priv->lock);
  if (priv->writer)
    return TRUE;
  if (g_cancellable_set_error_if_cancelled(cancellable, error))
    return FALSE;
  auto opened = SampleWriter::open(writer_settings(priv));
  if (!opened) {
    g_propagate_error(error, opened.error().to_gerror());
    return FALSE;
  }
  priv->writer = std::move(*opened);
  priv->opened = priv->writer.get();
  return TRUE;
}

static void gst_framewise_writer_initable_init(GInitableIface *iface) {
  iface->init = gst_framewise_writer_initable_start;
}

/**
 * gst_framewise_writer_new:
 * @location: a path, picture pattern or URL
 * @error: return location for a #GError, or %NULL
 *
 * Looks for container, encoder and place, and creates nothing yet. g_initable_new() takes the other
 * properties.
 *
 * Returns: (transfer full) (nullable): the writer; %NULL on errors, which are of
 * %GST_RESOURCE_ERROR, %GST_STREAM_ERROR and %GST_LIBRARY_ERROR.
 *
 * Since: 0.1
 */
GstFramewiseWriter *gst_framewise_writer_new(const gchar *location, GError **error) {
  g_return_val_if_fail(location, nullptr);
  return GST_FRAMEWISE_WRITER(
      g_initable_new(GST_TYPE_FRAMEWISE_WRITER, nullptr, error, "location", location, nullptr));
}

/* ---- Writing ----------------------------------------------------------------------------------
 */

namespace {

/* While it lives, cancelling a GCancellable (NULL: none) cancels the writer. */
class WriterCancellation {
 public:
  WriterCancellation(GCancellable *cancellable, SampleWriter *writer)
      : cancellable_(cancellable),
        id_(cancellable ? g_cancellable_connect(cancellable, G_CALLBACK(cancel), writer, nullptr)
                        : 0) {}
  ~WriterCancellation() {
    if (cancellable_)
      g_cancellable_disconnect(cancellable_, id_);
  }
  WriterCancellation(const WriterCancellation &) = delete;
  WriterCancellation &operator=(const WriterCancellation &) = delete;

 private:
  static void cancel(GCancellable *, SampleWriter *writer) { writer->cancel(); }
  GCancellable *cancellable_;
  gulong id_;
};

void note_remark(WriterPrivate *priv) {
  const std::string remark = priv->writer->take_remark();
  if (remark.empty())
    return;
  GST_INFO("%s", remark.c_str());
  std::lock_guard lock(priv->result_lock);
  priv->remark += (priv->remark.empty() ? "" : " ") + remark;
}

/* Whether `work` did what it should with the writer. */
template <typename Work>
gboolean use(GstFramewiseWriter *self, GCancellable *cancellable, GError **error, Work work) {
  WriterPrivate *priv = self->priv;
  std::lock_guard lock(priv->lock);
  if (g_cancellable_set_error_if_cancelled(cancellable, error))
    return FALSE;
  if (!priv->writer) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED,
                        "The writer was not opened: call g_initable_init(), or make it with "
                        "gst_framewise_writer_new().");
    return FALSE;
  }
  Result<void> done = [&] {
    WriterCancellation cancellation(cancellable, priv->writer.get());
    return work(*priv->writer);
  }();
  note_remark(priv);
  if (done)
    return TRUE;
  if (!done.error().is_cancelled() || !g_cancellable_set_error_if_cancelled(cancellable, error))
    g_propagate_error(error, done.error().to_gerror());
  return FALSE;
}

} // namespace

/**
 * gst_framewise_writer_set_filter:
 * @writer: a writer
 * @sequence: (nullable): filters one behind the other, as graphfilter's `filter-sequence`
 * @graph: (nullable): a graph with `[video_in]` and `[video_out]`, as its `filter-graph`; after
 *   @sequence where both are given
 * @error: return location for a #GError, or %NULL
 *
 * Filters between what is written and the encoder, which may change size, rate and number of the
 * frames. What they hold back is written by gst_framewise_writer_finish(); filters that never end
 * (`loop=-1`) end with the last frame. Once they have had enough (`trim`), frames are taken and
 * dropped. Only before the first frame. %NULL for both: none.
 *
 * Returns: %FALSE, with @error of %GST_LIBRARY_ERROR and the old filters in place, where
 * libavfilter cannot make them or a frame was written.
 *
 * Since: 0.1
 */
gboolean gst_framewise_writer_set_filter(GstFramewiseWriter *writer, const gchar *sequence,
                                         const gchar *graph, GError **error) {
  g_return_val_if_fail(GST_FRAMEWISE_IS_WRITER(writer), FALSE);
  auto description = FilterDescription::parse(sequence, graph);
  if (!description) {
    g_propagate_error(error, description.error().to_gerror());
    return FALSE;
  }
  return use(writer, nullptr, error,
             [&](SampleWriter &to) { return to.set_filter(std::move(*description)); });
}

/**
 * gst_framewise_writer_write:
 * @writer: a writer
 * @sample: (transfer none): a frame, with `video/x-raw` or `video/x-framewise` caps
 * @cancellable: (nullable): breaks it off
 * @error: return location for a #GError, or %NULL
 *
 * Encodes a frame and writes what the encoder gives. Its time is the buffer's PTS, in nanoseconds;
 * without one it comes one frame after the frame before, the first at 0, by
 * #GstFramewiseWriter:framerate or else the caps' rate. The sample's segment does not count. All
 * frames must be alike in format, size and colours, unless filters make them so.
 *
 * The writer keeps a reference to the buffer as long as filters or the encoder need it. Blocks
 * until the frame is encoded; where nobody takes what is written, until somebody does.
 *
 * Returns: %FALSE on errors: %G_IO_ERROR_CANCELLED, %G_IO_ERROR_CLOSED after the end,
 * %GST_RESOURCE_ERROR (%GST_RESOURCE_ERROR_NO_SPACE_LEFT among them), %GST_STREAM_ERROR and
 * %GST_LIBRARY_ERROR. Unless @cancellable was cancelled before the call or the caps are no video,
 * the file is then closed as by gst_framewise_writer_abort().
 *
 * Since: 0.1
 */
gboolean gst_framewise_writer_write(GstFramewiseWriter *writer, GstSample *sample,
                                    GCancellable *cancellable, GError **error) {
  g_return_val_if_fail(GST_FRAMEWISE_IS_WRITER(writer), FALSE);
  g_return_val_if_fail(GST_IS_SAMPLE(sample), FALSE);
  return use(writer, cancellable, error, [&](SampleWriter &to) { return to.write(sample); });
}

/**
 * gst_framewise_writer_finish:
 * @writer: a writer
 * @cancellable: (nullable): breaks it off between two filtered frames, and where somebody else is
 *   waited for; the end of an encoder and of a local file is not broken off
 * @error: return location for a #GError, or %NULL
 *
 * Writes what filters and encoder hold back and the end of the file, and closes it. Nothing can be
 * written any more.
 *
 * Returns: %TRUE if the file is whole. Without a frame it is an error, and there is no file.
 * Finishing again is an error, %G_IO_ERROR_CLOSED, that changes nothing.
 *
 * Since: 0.1
 */
gboolean gst_framewise_writer_finish(GstFramewiseWriter *writer, GCancellable *cancellable,
                                     GError **error) {
  g_return_val_if_fail(GST_FRAMEWISE_IS_WRITER(writer), FALSE);
  WriterPrivate *priv = writer->priv;
  return use(writer, cancellable, error, [priv](SampleWriter &to) {
    auto finished = to.finish();
    if (finished) {
      std::lock_guard lock(priv->result_lock);
      priv->bytes = to.take_bytes();
    }
    return finished;
  });
}

/**
 * gst_framewise_writer_abort:
 * @writer: a writer
 *
 * Closes what was written as far as it goes, without what filters hold back. An older file at the
 * location stays; a new one is left where frames are in it. Every later call fails with
 * %G_IO_ERROR_CLOSED. Safe to call again, and after gst_framewise_writer_finish() without effect.
 *
 * Since: 0.1
 */
void gst_framewise_writer_abort(GstFramewiseWriter *writer) {
  g_return_if_fail(GST_FRAMEWISE_IS_WRITER(writer));
  std::lock_guard lock(writer->priv->lock);
  if (writer->priv->writer)
    writer->priv->writer->abort();
}

/* ---- Properties -------------------------------------------------------------------------------
 */

static void gst_framewise_writer_set_property(GObject *object, guint id, const GValue *value,
                                              GParamSpec *pspec) {
  WriterPrivate *priv = GST_FRAMEWISE_WRITER(object)->priv;
  auto structure = [&] { return static_cast<GstStructure *>(g_value_dup_boxed(value)); };
  switch (id) {
  case PROP_LOCATION:
    priv->location.reset(g_value_dup_string(value));
    break;
  case PROP_OUTPUT_STREAM:
    priv->output_stream.reset(static_cast<GOutputStream *>(g_value_dup_object(value)));
    break;
  case PROP_CONTAINER:
    priv->container.reset(g_value_dup_string(value));
    break;
  case PROP_CODEC:
    priv->codec.reset(g_value_dup_string(value));
    break;
  case PROP_PIXEL_FORMAT:
    priv->pixel_format.reset(g_value_dup_string(value));
    break;
  case PROP_FRAMERATE:
    priv->framerate.num = gst_value_get_fraction_numerator(value);
    priv->framerate.den = gst_value_get_fraction_denominator(value);
    break;
  case PROP_MAX_KEYFRAME_INTERVAL:
    priv->max_keyframe_interval = g_value_get_int(value);
    break;
  case PROP_CLOSED_GOP:
    priv->closed_gop = static_cast<ClosedGop>(g_value_get_enum(value));
    break;
  case PROP_CODEC_OPTIONS:
    priv->codec_options.reset(structure());
    break;
  case PROP_CONTAINER_OPTIONS:
    priv->container_options.reset(structure());
    break;
  case PROP_CONTAINER_METADATA:
    priv->container_metadata.reset(structure());
    break;
  case PROP_STREAM_METADATA:
    priv->stream_metadata.reset(structure());
    break;
  case PROP_THREAD_COUNT:
    priv->thread_count = g_value_get_int(value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static void gst_framewise_writer_get_property(GObject *object, guint id, GValue *value,
                                              GParamSpec *pspec) {
  WriterPrivate *priv = GST_FRAMEWISE_WRITER(object)->priv;
  if (id == PROP_STATS) {
    SampleWriter *writer = priv->opened;
    g_value_take_boxed(value,
                       to_structure(writer ? writer->stats() : FrameWriterStats()).release());
    return;
  }
  switch (id) {
  case PROP_LOCATION:
    g_value_set_string(value, priv->location.get());
    break;
  case PROP_OUTPUT_STREAM:
    g_value_set_object(value, priv->output_stream.get());
    break;
  case PROP_BYTES: {
    std::lock_guard lock(priv->result_lock);
    g_value_set_boxed(value, priv->bytes);
    break;
  }
  case PROP_REMARK: {
    std::lock_guard lock(priv->result_lock);
    g_value_set_string(value, priv->remark.empty() ? nullptr : priv->remark.c_str());
    break;
  }
  case PROP_CONTAINER:
    g_value_set_string(value, priv->container.get());
    break;
  case PROP_CODEC:
    g_value_set_string(value, priv->codec.get());
    break;
  case PROP_PIXEL_FORMAT:
    g_value_set_string(value, priv->pixel_format.get());
    break;
  case PROP_FRAMERATE:
    gst_value_set_fraction(value, priv->framerate.num, priv->framerate.den);
    break;
  case PROP_MAX_KEYFRAME_INTERVAL:
    g_value_set_int(value, priv->max_keyframe_interval);
    break;
  case PROP_CLOSED_GOP:
    g_value_set_enum(value, int(priv->closed_gop));
    break;
  case PROP_CODEC_OPTIONS:
    g_value_set_boxed(value, priv->codec_options.get());
    break;
  case PROP_CONTAINER_OPTIONS:
    g_value_set_boxed(value, priv->container_options.get());
    break;
  case PROP_CONTAINER_METADATA:
    g_value_set_boxed(value, priv->container_metadata.get());
    break;
  case PROP_STREAM_METADATA:
    g_value_set_boxed(value, priv->stream_metadata.get());
    break;
  case PROP_THREAD_COUNT:
    g_value_set_int(value, priv->thread_count);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static void gst_framewise_writer_dispose(GObject *object) {
  gst_framewise_writer_abort(GST_FRAMEWISE_WRITER(object));
  G_OBJECT_CLASS(gst_framewise_writer_parent_class)->dispose(object);
}

static void gst_framewise_writer_finalize(GObject *object) {
  delete GST_FRAMEWISE_WRITER(object)->priv;
  G_OBJECT_CLASS(gst_framewise_writer_parent_class)->finalize(object);
}

static void gst_framewise_writer_class_init(GstFramewiseWriterClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  const auto flags =
      GParamFlags(G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  object_class->set_property = gst_framewise_writer_set_property;
  object_class->get_property = gst_framewise_writer_get_property;
  object_class->dispose = gst_framewise_writer_dispose;
  object_class->finalize = gst_framewise_writer_finalize;
  auto install = [object_class](guint id, GParamSpec *spec) {
    g_object_class_install_property(object_class, id, spec);
  };

  /**
   * GstFramewiseWriter:location:
   *
   * A path or any URL that libavformat writes to. `%04d` in it stands for the number of the picture
   * where the container is a sequence of pictures.
   *
   * Since: 0.1
   */
  install(PROP_LOCATION,
          g_param_spec_string("location", "Location", "Path or URL to write to", nullptr, flags));
  /**
   * GstFramewiseWriter:output-stream:
   *
   * What to write into instead of a location; `container` must be set. Where it can seek
   * (#GSeekable) any container of one file will do, written from where the stream stands; else
   * those that never go back, and MP4 and its sisters, which are then written in fragments. It is
   * flushed in the end and not closed. Nobody else may use it meanwhile.
   *
   * Since: 0.1
   */
  install(PROP_OUTPUT_STREAM, g_param_spec_object("output-stream", "Output stream",
                                                  "What to write into instead of a location",
                                                  G_TYPE_OUTPUT_STREAM, flags));
  /**
   * GstFramewiseWriter:bytes:
   *
   * The finished file, where `container` is set and neither `location` nor `output-stream`. %NULL
   * before gst_framewise_writer_finish(), and where that failed.
   *
   * Since: 0.1
   */
  install(PROP_BYTES,
          g_param_spec_boxed("bytes", "Bytes", "The finished file, written to memory", G_TYPE_BYTES,
                             GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  /**
   * GstFramewiseWriter:container:
   *
   * The name of a libavformat muxer, as `ffmpeg -muxers` lists them.
   *
   * Since: 0.1
   */
  install(PROP_CONTAINER,
          g_param_spec_string("container", "Container",
                              "Muxer (NULL = by the extension of the location)", nullptr, flags));
  /**
   * GstFramewiseWriter:codec:
   *
   * The name of a libavcodec encoder, as `ffmpeg -encoders` lists them.
   *
   * Since: 0.1
   */
  install(PROP_CODEC,
          g_param_spec_string("codec", "Codec", "Encoder (NULL = the usual one of the container)",
                              nullptr, flags));
  /**
   * GstFramewiseWriter:pixel-format:
   *
   * FFmpeg's name of the pixel format to encode, as `ffmpeg -pix_fmts` lists them. Frames are
   * converted to it. NULL: of those that the encoder takes, the one that keeps most of the input:
   * colour, alpha, depth and then chroma, where the ffmpeg command would rather have 4:2:0 than
   * 4:2:2 of 4:4:4 frames.
   *
   * Since: 0.1
   */
  install(PROP_PIXEL_FORMAT,
          g_param_spec_string("pixel-format", "Pixel format",
                              "Pixel format to encode (NULL = the encoder's closest to the input)",
                              nullptr, flags));
  /**
   * GstFramewiseWriter:framerate:
   *
   * Of the frames that are written; goes before the rate in their caps, without a change to any
   * timestamp but its rounding to whole frames. Must be set where neither caps nor timestamps tell
   * when a frame is shown, or where codec or container need a rate. Behind filters the file has the
   * rate that they make of it.
   *
   * Since: 0.1
   */
  install(PROP_FRAMERATE,
          gst_param_spec_fraction("framerate", "Frame rate", "Frame rate (0/1 = from the caps)", 0,
                                  1, G_MAXINT, 1, 0, 1, flags));
  /**
   * GstFramewiseWriter:max-keyframe-interval:
   *
   * The most frames from one key frame to the next; -1: the encoder's default, 0: only key frames.
   *
   * Since: 0.1
   */
  install(
      PROP_MAX_KEYFRAME_INTERVAL,
      g_param_spec_int("max-keyframe-interval", "Maximum key frame interval",
                       "Most frames from one key frame to the next (-1 = the encoder's default, "
                       "0 = only key frames)",
                       -1, G_MAXINT, -1, flags));
  /**
   * GstFramewiseWriter:closed-gop:
   *
   * Whether frames may refer to others past their group of pictures.
   *
   * Since: 0.1
   */
  install(PROP_CLOSED_GOP,
          g_param_spec_enum("closed-gop", "Closed GOP",
                            "Whether frames may refer to others past their GOP",
                            GST_TYPE_FRAMEWISE_CLOSED_GOP, GST_FRAMEWISE_CLOSED_GOP_AUTO, flags));
  /**
   * GstFramewiseWriter:codec-options:
   *
   * Options of the encoder and of libavcodec, such as `o,preset=veryfast,crf=20`. One that neither
   * knows is an error. They overrule the properties.
   *
   * Since: 0.1
   */
  install(PROP_CODEC_OPTIONS,
          g_param_spec_boxed("codec-options", "Codec options", "Options for libavcodec",
                             GST_TYPE_STRUCTURE, flags));
  /**
   * GstFramewiseWriter:container-options:
   *
   * Options of the muxer, of libavformat and of the protocol, such as `o,movflags=+faststart`. One
   * that none of them knows is an error.
   *
   * Since: 0.1
   */
  install(PROP_CONTAINER_OPTIONS,
          g_param_spec_boxed("container-options", "Container options", "Options for libavformat",
                             GST_TYPE_STRUCTURE, flags));
  /**
   * GstFramewiseWriter:container-metadata:
   *
   * Tags of the file, under FFmpeg's names, such as `m,title=Harbour`.
   *
   * Since: 0.1
   */
  install(PROP_CONTAINER_METADATA,
          g_param_spec_boxed("container-metadata", "Container metadata", "Tags of the file",
                             GST_TYPE_STRUCTURE, flags));
  /**
   * GstFramewiseWriter:stream-metadata:
   *
   * Tags of the stream, under FFmpeg's names, such as `m,language=deu`.
   *
   * Since: 0.1
   */
  install(PROP_STREAM_METADATA,
          g_param_spec_boxed("stream-metadata", "Stream metadata", "Tags of the stream",
                             GST_TYPE_STRUCTURE, flags));
  /**
   * GstFramewiseWriter:thread-count:
   *
   * Threads of the encoder; 0: as many as it sees fit.
   *
   * Since: 0.1
   */
  install(PROP_THREAD_COUNT, g_param_spec_int("thread-count", "Thread count",
                                              "Threads of the encoder (0 = as many as it sees fit)",
                                              0, G_MAXINT, 0, flags));
  /**
   * GstFramewiseWriter:stats:
   *
   * What was written so far: `frames`, `key-frames`, `bytes`, and `duration` in
   * nanoseconds, all #guint64. Any thread may ask.
   *
   * Since: 0.1
   */
  install(PROP_STATS,
          g_param_spec_boxed("stats", "Statistics",
                             "Frames, key frames, bytes and duration written", GST_TYPE_STRUCTURE,
                             GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  /**
   * GstFramewiseWriter:remark:
   *
   * What was done otherwise than one would expect, in words for people, such as that MP4 is written
   * in fragments as its place cannot be sought in. %NULL: nothing, as far as is known; it may come
   * with any frame and at the end. What the element posts as INFO messages. Any thread may ask.
   *
   * Since: 0.1
   */
  install(PROP_REMARK,
          g_param_spec_string("remark", "Remark", "What was done otherwise than one would expect",
                              nullptr, GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

static void gst_framewise_writer_init(GstFramewiseWriter *self) { self->priv = new WriterPrivate; }
