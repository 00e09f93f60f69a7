/* gst-framewise: containersrc
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-containersrc
 * @title: containersrc
 * @short_description: reads a container and decodes one of its video or audio streams
 *
 * Opens whatever libavformat opens (files, image patterns, URLs), decodes one stream with
 * libavcodec and hands every frame out, once and in order, with its exact time. It needs no
 * typefinder, parser, decoder or converter beside it. An element reads one stream: of a file with
 * pictures and sound, two of them do.
 *
 * Frames leave in the decoder's own memory where downstream understands #GstVideoMeta, without a
 * copy. With #GstContainerSrc:pixel-format at `auto` they leave in the decoder's own format if
 * downstream takes that, else in the closest one that it takes. Formats that GStreamer has no name
 * for travel as `video/x-framewise`.
 *
 * Stream time 0 is the start time of the container, whichever stream is read. Each buffer carries a
 * `GstFramewiseFrameMeta` with its frame number, the pts as stored, the picture type, and the side
 * data of the decoder as bytes; #GstContainerSrc::frame-metadata gives the same of any frame. What
 * GStreamer has a form for is there in that form, too: closed captions (A53), AFD, timecodes and
 * regions of interest as metas, stereo video as `multiview-mode` in the caps, and of streams from
 * RTP the sender's time as #GstReferenceTimestampMeta of `timestamp/x-unix`.
 *
 * ## What is told of a file
 *
 * As soon as the stream is open, and without decoding anything, #GstContainerSrc:metadata and
 * #GstContainerSrc:frame-layout say what headers have of it. Tags of container and stream are sent
 * as %GST_EVENT_TAG under GStreamer's names, the rest as %GST_TAG_EXTENDED_COMMENT `key=value`;
 * pictures of the cover are in those of global scope, as %GST_TAG_IMAGE. Chapters are sent as
 * %GST_EVENT_TOC before the first buffer, and posted; their times are stream time.
 *
 * ## Seeking
 *
 * Every frame has a number: frame N is the N-th that a linear decode gives, the first being 0.
 * Seeks, queries and conversions are possible in %GST_FORMAT_TIME and in %GST_FORMAT_DEFAULT, which
 * is frames. They go by an index of the stream, which is made in the background as soon as it is
 * open. Playing forward never waits for it; a seek does, unless it only wants a time, and not
 * %GST_SEEK_FLAG_ACCURATE, of a stream from the network. %GST_MESSAGE_PROGRESS tells how it comes
 * along, #GstContainerSrc:n-frames is notified when it is known.
 *
 * In %GST_FORMAT_DEFAULT a stop is the first frame not to be played. A negative frame counts from
 * the end, as with %GST_SEEK_TYPE_END, but for a stop of -1, which means the end itself. A start
 * that the stream does not have is refused with a warning, or is an error where that turns out
 * later. Backwards it is each frame, from the one before the stop on, or from the last; with
 * neither start nor stop given (%GST_SEEK_TYPE_NONE) playing turns round where it is.
 *
 * ## Audio
 *
 * With #GstContainerSrc:stream at `a:0` or the like it is audio that comes out: samples in the
 * decoder's own format if downstream takes that (planar ones as non-interleaved, with a
 * #GstAudioMeta), else the closest. What is said of frames then goes for samples: numbers, OFFSET,
 * %GST_FORMAT_DEFAULT, #GstContainerSrc:start-frame, #GstContainerSrc:n-frames; seeks are exact to
 * the sample. What the container has an encoder put before and after the sound is cut off. Gaps
 * between timestamps come as %GST_EVENT_GAP. Backwards, buffers come last first, each with its
 * samples in order. Some codecs (AC-3, AAC with noise substitution, Opus) make a decoder remember
 * all it has decoded: after a seek their samples may then differ from those of a linear decode in
 * their noise, unless #GstContainerSrc:index-mode is `verified`, which decodes from the start where
 * it has to.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 containersrc location=in.mp4 ! videoconvert ! autovideosink
 * ]| Shows a video.
 * |[
 * gst-launch-1.0 containersrc location=in.mp4 ! videoconvert ! autovideosink
 * containersrc location=in.mp4 stream=a:0 ! audioconvert ! audioresample ! autoaudiosink
 * ]| Plays it with its sound.
 * |[
 * gst-launch-1.0 containersrc location=in.mp4 ! graphfilter
 * filter-sequence="rotate=45*PI/180,scale=512:-2" ! containersink location=out.mkv codec=libx264
 * ]| Rotates it, scales it, and writes it to another container.
 * |[
 * gst-launch-1.0 containersrc location=in.mp4 start-frame=100 stop-frame=110 ! containersink
 * location=frame%03d.png
 * ]| Writes ten frames as pictures.
 * |[
 * gst-launch-1.0 containersrc location=in.mp4 start-frame=-25 loop=4 ! videoconvert ! autovideosink
 * ]| Shows the last 25 frames four times, without a gap.
 *
 * Since: 0.1
 */
#include "config.h"

#include "elements.h"

#include "containersrc.hpp"
#include "frameindex-c.hpp"
#include "indexcache.hpp"

#include <gst/framewise/framewise.h>

#include <chrono>

GST_DEBUG_CATEGORY(containersrc_debug);
#define GST_CAT_DEFAULT containersrc_debug

using namespace framewise;

G_DEFINE_TYPE_WITH_CODE(GstContainerSrc, gst_container_src, GST_TYPE_PUSH_SRC,
                        GST_DEBUG_CATEGORY_INIT(containersrc_debug, "containersrc", 0,
                                                "container reader"))
GST_ELEMENT_REGISTER_DEFINE(containersrc, "containersrc", GST_RANK_NONE,
                            gst_container_src_get_type())

/* ---- Properties -------------------------------------------------------------------------------
 */

enum {
  PROP_0,
  PROP_LOCATION,
  PROP_INPUT_STREAM,
  PROP_STREAM,
  PROP_PIXEL_FORMAT,
  PROP_START_FRAME,
  PROP_STOP_FRAME,
  PROP_INDEX_MODE,
  PROP_INDEX_CACHE,
  PROP_CACHE_SIZE,
  PROP_LOOP,
  PROP_N_FRAMES,
  PROP_INDEX,
  PROP_FRAME_LAYOUT,
  PROP_METADATA,
  PROP_THREAD_COUNT,
  PROP_THREAD_TYPE,
  PROP_CONTAINER_OPTIONS,
  PROP_CODEC_OPTIONS,
};

static void set_string(std::string &target, const GValue *value, const char *missing) {
  const char *text = g_value_get_string(value);
  target = text ? text : missing;
}

static void gst_container_src_set_property(GObject *object, guint id, const GValue *value,
                                           GParamSpec *pspec) {
  std::lock_guard lock(PRIV(object)->settings_lock);
  ContainerSrcSettings &settings = PRIV(object)->settings;
  switch (id) {
  case PROP_LOCATION:
    set_string(settings.location, value, "");
    break;
  case PROP_INPUT_STREAM:
    settings.input_stream.reset(static_cast<GInputStream *>(g_value_dup_object(value)));
    break;
  case PROP_STREAM:
    set_string(settings.stream, value, "V:0");
    break;
  case PROP_PIXEL_FORMAT:
    set_string(settings.pixel_format, value, "auto");
    break;
  case PROP_START_FRAME:
    settings.start_frame = g_value_get_int64(value);
    break;
  case PROP_STOP_FRAME:
    settings.stop_frame = g_value_get_int64(value);
    break;
  case PROP_INDEX_MODE:
    settings.index_mode = static_cast<IndexMode>(g_value_get_enum(value));
    break;
  case PROP_INDEX_CACHE:
    settings.index_cache.reset();
    if (const char *folder = g_value_get_string(value))
      settings.index_cache = folder;
    break;
  case PROP_CACHE_SIZE:
    settings.cache_size = g_value_get_uint64(value);
    break;
  case PROP_LOOP:
    settings.loop = g_value_get_int(value);
    break;
  case PROP_THREAD_COUNT:
    settings.thread_count = g_value_get_int(value);
    break;
  case PROP_THREAD_TYPE:
    settings.thread_type = static_cast<ThreadType>(g_value_get_enum(value));
    break;
  case PROP_CONTAINER_OPTIONS:
    settings.container_options.reset(static_cast<GstStructure *>(g_value_dup_boxed(value)));
    break;
  case PROP_CODEC_OPTIONS:
    settings.codec_options.reset(static_cast<GstStructure *>(g_value_dup_boxed(value)));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static void gst_container_src_get_property(GObject *object, guint id, GValue *value,
                                           GParamSpec *pspec) {
  switch (id) {
  case PROP_N_FRAMES: {
    auto index = PRIV(object)->index.current();
    g_value_set_int64(value, index ? index->n_units() : -1);
    return;
  }
  case PROP_INDEX:
    if (auto index = PRIV(object)->index.current())
      g_value_take_boxed(value, to_boxed(std::move(index)));
    return;
  case PROP_FRAME_LAYOUT: {
    std::lock_guard told_lock(PRIV(object)->told_lock);
    g_value_set_boxed(value, PRIV(object)->layout ? &*PRIV(object)->layout : nullptr);
    return;
  }
  case PROP_METADATA: {
    std::lock_guard told_lock(PRIV(object)->told_lock);
    g_value_set_boxed(value, PRIV(object)->metadata.get());
    return;
  }
  default:
    break;
  }
  std::lock_guard lock(PRIV(object)->settings_lock);
  const ContainerSrcSettings &settings = PRIV(object)->settings;
  switch (id) {
  case PROP_LOCATION:
    g_value_set_string(value, settings.location.empty() ? nullptr : settings.location.c_str());
    break;
  case PROP_INPUT_STREAM:
    g_value_set_object(value, settings.input_stream.get());
    break;
  case PROP_STREAM:
    g_value_set_string(value, settings.stream.c_str());
    break;
  case PROP_PIXEL_FORMAT:
    g_value_set_string(value, settings.pixel_format.c_str());
    break;
  case PROP_START_FRAME:
    g_value_set_int64(value, settings.start_frame);
    break;
  case PROP_STOP_FRAME:
    g_value_set_int64(value, settings.stop_frame);
    break;
  case PROP_INDEX_MODE:
    g_value_set_enum(value, int(settings.index_mode));
    break;
  case PROP_INDEX_CACHE:
    g_value_set_string(value, settings.index_cache ? settings.index_cache->c_str() : nullptr);
    break;
  case PROP_CACHE_SIZE:
    g_value_set_uint64(value, settings.cache_size);
    break;
  case PROP_LOOP:
    g_value_set_int(value, settings.loop);
    break;
  case PROP_THREAD_COUNT:
    g_value_set_int(value, settings.thread_count);
    break;
  case PROP_THREAD_TYPE:
    g_value_set_enum(value, int(settings.thread_type));
    break;
  case PROP_CONTAINER_OPTIONS:
    g_value_set_boxed(value, settings.container_options.get());
    break;
  case PROP_CODEC_OPTIONS:
    g_value_set_boxed(value, settings.codec_options.get());
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

GstFlowReturn container_src_report(GstContainerSrc *self, const Error &error) {
  if (error.is_cancelled())
    return GST_FLOW_FLUSHING;
  error.post(GST_ELEMENT(self));
  self->priv->said_why = true;
  return GST_FLOW_ERROR;
}

void container_src_warn(GstContainerSrc *self, GQuark domain, int code, std::string message) {
  Error{domain, code, std::move(message), {}}.post_warning(GST_ELEMENT(self));
}

/* ---- Opening and closing ----------------------------------------------------------------------
 */

static Result<std::unique_ptr<ContainerSrcState>> new_state(GstContainerSrc *self) {
  auto state = std::make_unique<ContainerSrcState>();
  std::lock_guard lock(self->priv->settings_lock);
  const ContainerSrcSettings &settings = self->priv->settings;
  if (settings.location.empty() && !settings.input_stream)
    return FRAMEWISE_FAIL_RESOURCE(NOT_FOUND,
                                   "No location is set. Set `location` to a path or URL.");
  if (!settings.location.empty() && settings.input_stream)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, "Both `location` and `input-stream` are set. Only one can be read.");
  if (settings.loop == 0)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, "`loop` is 0. Set it to the number of passes over the range, or to -1 to play on "
                  "for ever.");
  if (auto checked = FrameDelivery::check(settings.pixel_format); !checked)
    return Failure(checked.error());
  PlayerSettings &player = state->player_settings;
  player.reader.input.location = settings.location;
  if (settings.input_stream) {
    player.reader.input.source = ByteSource::of_stream(settings.input_stream.get());
    player.reader.input.location = player.reader.input.source->name();
  }
  player.reader.input.stream = settings.stream;
  player.reader.input.options = Dictionary::from_structure(settings.container_options.get());
  player.reader.decoder.options = Dictionary::from_structure(settings.codec_options.get());
  player.reader.decoder.thread_count = settings.thread_count;
  player.reader.decoder.thread_type = settings.thread_type;
  player.index_mode = settings.index_mode;
  player.index_cache = settings.index_cache.value_or(IndexCache::default_folder());
  player.cache_size = settings.cache_size;
  player.limits = {settings.start_frame, settings.stop_frame};
  state->pixel_format = settings.pixel_format;
  state->passes = settings.loop;
  return state;
}

static Result<void> open_player(GstContainerSrc *self, ContainerSrcState &state) {
  auto player = FramePlayer::open(state.player_settings, self->priv->interruption);
  if (!player)
    return Failure(player.error());
  state.player = std::move(*player);
  return {};
}

/* Beside what else goes on. */
static void start_index(GstContainerSrc *self) {
  IndexReport &report = self->priv->index;
  FramePlayer &player = *self->priv->state->player;
  if (!player.can_seek())
    return;
  /* Audio is decoded for it, which takes long where there is much. */
  if (player.input().is_audio())
    report.begin_quietly();
  else
    report.begin();
  player.start_index([&report](int percent) { report.progress(percent); },
                     [&report](const auto &made) { report.finish(made); });
}

/* Breaks off what goes on, and forgets the stream. Nothing else may be using it any more. */
static void drop_state(GstContainerSrc *self) {
  auto *priv = self->priv;
  container_src_end_inspecting(self);
  priv->state.reset();
  priv->index.forget();
  priv->last_frame = -1;
}

static void note_opened(GstContainerSrc *self) {
  auto *priv = self->priv;
  const FramePlayer &player = *priv->state->player;
  priv->seekable = player.can_seek();
  priv->duration = player.input().stream_end();
  GST_OBJECT_LOCK(self);
  GST_BASE_SRC(self)->segment.duration = priv->duration;
  GST_OBJECT_UNLOCK(self);
  GST_INFO_OBJECT(self, "opened %s, seekable %d, duration %" GST_TIME_FORMAT,
                  player.input().context()->iformat->name, bool(priv->seekable),
                  GST_TIME_ARGS(priv->duration));

  container_src_tell(self, *priv->state);
  start_index(self);
}

/* The opening thread: reading from afar must not hold up the thread that changes the state. */
static void open_in_background(GstContainerSrc *self) {
  auto *priv = self->priv;
  auto opened = open_player(self, *priv->state);
  if (opened)
    note_opened(self);
  {
    std::lock_guard lock(priv->open_lock);
    if (priv->start_waits) {
      priv->outcome = std::move(opened);
      priv->opened.notify_one();
      return;
    }
  }
  if (!opened)
    container_src_report(self, opened.error());
  gst_base_src_start_complete(GST_BASE_SRC(self), opened ? GST_FLOW_OK : GST_FLOW_ERROR);

  GstPtr<GstEvent> seek;
  {
    std::lock_guard lock(priv->open_lock);
    priv->opening = false;
    seek = std::move(priv->early_seek);
  }
  if (opened && seek)
    container_src_send_event(GST_ELEMENT(self), seek.release());
}

/* What opens or fails at once does so within the state change, as with a file of the disk. What
 * takes longer goes on in the background. */
static gboolean gst_container_src_start(GstBaseSrc *src) {
  constexpr auto patience = std::chrono::milliseconds(300);
  auto *self = SELF(src);
  auto *priv = self->priv;
  priv->said_why = false;
  auto state = new_state(self);
  if (!state) {
    container_src_report(self, state.error());
    return FALSE;
  }
  priv->state = std::move(*state);
  priv->seekable = false;
  container_src_begin_inspecting(self, priv->state->player_settings);
  priv->duration = -1;

  std::unique_lock lock(priv->open_lock);
  priv->outcome.reset();
  priv->early_seek.reset();
  priv->opening = priv->start_waits = true;
  priv->opener = std::thread(open_in_background, self);
  const bool at_once =
      priv->opened.wait_for(lock, patience, [&] { return priv->outcome.has_value(); });
  priv->start_waits = false;
  gst_base_src_set_async(src, !at_once);
  if (!at_once)
    return TRUE;
  priv->opening = false;
  const Result<void> outcome = std::move(*priv->outcome);
  lock.unlock();
  priv->opener.join();
  if (!outcome)
    container_src_report(self, outcome.error());
  return outcome.has_value();
}

static void join_opener(GstContainerSrc *self) {
  if (!self->priv->opener.joinable())
    return;
  self->priv->interruption.set(Interruption::closing);
  self->priv->opener.join();
  self->priv->interruption.clear(Interruption::closing);
  self->priv->early_seek.reset();
}

static gboolean gst_container_src_stop(GstBaseSrc *src) {
  join_opener(SELF(src));
  drop_state(SELF(src));
  return TRUE;
}

static gboolean gst_container_src_unlock(GstBaseSrc *src) {
  PRIV(src)->interruption.set(Interruption::flushing);
  return TRUE;
}

static gboolean gst_container_src_unlock_stop(GstBaseSrc *src) {
  PRIV(src)->interruption.clear(Interruption::flushing);
  return TRUE;
}

/* As far as the specifier says it: that is known before there is a container. A sink with pads of
 * several kinds can then choose. */
static GstCaps *gst_container_src_get_caps(GstBaseSrc *src, GstCaps *filter) {
  char kind;
  {
    std::lock_guard lock(PRIV(src)->settings_lock);
    const std::string &specifier = PRIV(src)->settings.stream;
    kind = specifier.size() == 1 || specifier.substr(0, 2).ends_with(':') ? specifier[0] : '\0';
  }
  CapsPtr caps(kind == 'a'                  ? audio_template_caps().release()
               : kind == 'v' || kind == 'V' ? template_caps().release()
                                            : gst_pad_get_pad_template_caps(GST_BASE_SRC_PAD(src)));
  return filter ? gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST)
                : caps.release();
}

/* The base class follows a failed start(), and a flow that ends in an error, with an error of its
 * own, in case nothing was said. */
static gboolean gst_container_src_post_message(GstElement *element, GstMessage *message) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR && PRIV(element)->said_why) {
    GST_DEBUG_OBJECT(element, "dropping %" GST_PTR_FORMAT, message);
    gst_message_unref(message);
    return TRUE;
  }
  return GST_ELEMENT_CLASS(gst_container_src_parent_class)->post_message(element, message);
}

static GstStateChangeReturn gst_container_src_change_state(GstElement *element,
                                                           GstStateChange transition) {
  /* The opener must be gone before the pad is deactivated: it starts the pad's task. */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    join_opener(SELF(element));
  auto ret = GST_ELEMENT_CLASS(gst_container_src_parent_class)->change_state(element, transition);
  /* The base class stops only what has started. */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && ret == GST_STATE_CHANGE_FAILURE)) {
    join_opener(SELF(element));
    drop_state(SELF(element));
    container_src_unpublish(SELF(element));
  }
  return ret;
}

/* ---- Class ------------------------------------------------------------------------------------
 */

static void gst_container_src_finalize(GObject *object) {
  delete PRIV(object);
  G_OBJECT_CLASS(gst_container_src_parent_class)->finalize(object);
}

static void gst_container_src_class_init(GstContainerSrcClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  auto *element_class = GST_ELEMENT_CLASS(klass);
  auto *src_class = GST_BASE_SRC_CLASS(klass);
  auto *push_class = GST_PUSH_SRC_CLASS(klass);
  const auto flags =
      GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);

  object_class->set_property = gst_container_src_set_property;
  object_class->get_property = gst_container_src_get_property;
  object_class->finalize = gst_container_src_finalize;

  /**
   * GstContainerSrc:location:
   *
   * A path, an image pattern such as `img%03d.png`, or any URL that libavformat opens.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_LOCATION,
      g_param_spec_string("location", "Location",
                          "Path, image pattern (img%03d.png) or URL of what to read", nullptr,
                          flags));
  /**
   * GstContainerSrc:input-stream:
   *
   * What to read instead of a location, from its beginning where it can seek. The element has it to
   * itself until READY, reads it in several threads, one at a time, and does not close it.
   *
   * Since: 0.1
   */
  g_object_class_install_property(object_class, PROP_INPUT_STREAM,
                                  g_param_spec_object("input-stream", "Input stream",
                                                      "What to read instead of a location",
                                                      G_TYPE_INPUT_STREAM, flags));
  /**
   * GstContainerSrc:stream:
   *
   * FFmpeg stream specifier of the video or audio stream to read; `V:0` is the first video that is
   * no cover art, `a:0` the first audio.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_STREAM,
      g_param_spec_string(
          "stream", "Stream",
          "FFmpeg stream specifier; V:0 is the first video that is no cover art, a:0 the "
          "first audio",
          "V:0", flags));
  /**
   * GstContainerSrc:pixel-format:
   *
   * `auto`: the decoder's own format if downstream takes it, else the closest that it takes;
   * `native`: the decoder's own; else the name of an FFmpeg pixel format.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_PIXEL_FORMAT,
      g_param_spec_string("pixel-format", "Pixel format",
                          "auto, native, or the name of an FFmpeg pixel format (rgb24, gray10le)",
                          "auto", flags));
  /**
   * GstContainerSrc:start-frame:
   *
   * Number of the first frame to deliver, the stream's first being 0. A negative one counts from
   * the end. Of audio it is a sample, as in #GstContainerSrc:stop-frame.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_START_FRAME,
      g_param_spec_int64("start-frame", "Start frame",
                         "First frame, or sample of audio, to deliver; negative: from the end",
                         G_MININT64, G_MAXINT64, 0, flags));
  /**
   * GstContainerSrc:stop-frame:
   *
   * Number of the frame before which to stop. A negative one counts from the end.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_STOP_FRAME,
      g_param_spec_int64("stop-frame", "Stop frame",
                         "Frame, or sample of audio, to stop before; negative: from the end",
                         G_MININT64, G_MAXINT64, G_MAXINT64, flags));
  /**
   * GstContainerSrc:index-mode:
   *
   * By what means frames are numbered.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_INDEX_MODE,
      g_param_spec_enum("index-mode", "Index mode", "By what means frames are numbered",
                        GST_TYPE_FRAMEWISE_INDEX_MODE, GST_FRAMEWISE_INDEX_MODE_AUTO, flags));
  /**
   * GstContainerSrc:index-cache:
   *
   * Folder in which indexes of local files are saved once they are made, to be there at once the
   * next time; those of files that have changed are made anew. %NULL: `gst-framewise` in the user's
   * cache folder; empty: none. It holds up to 512 MiB: then what was not used for longest goes.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_INDEX_CACHE,
      g_param_spec_string("index-cache", "Index cache",
                          "Folder of saved indexes (NULL = the user's cache folder, empty = none)",
                          nullptr, flags));
  /**
   * GstContainerSrc:cache-size:
   *
   * Up to so many bytes of decoded frames are kept for playing backwards and for seeking to and
   * fro. A group of pictures that fits is decoded once when it is played backwards.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_CACHE_SIZE,
      g_param_spec_uint64("cache-size", "Cache size",
                          "Bytes of decoded frames kept for playing backwards and scrubbing", 0,
                          G_MAXUINT64, default_cache_size, flags));
  /**
   * GstContainerSrc:loop:
   *
   * How often the range is played; -1: for ever. Numbers and times begin anew with each pass in a
   * segment of its own, running time goes on, and EOS comes after the last. A seek plays from its
   * place to the end of the range, and then what passes are left; one with a stop, or with
   * %GST_SEEK_FLAG_SEGMENT, ends there. Input that cannot seek is played once, with a warning.
   *
   * Since: 0.1
   */
  g_object_class_install_property(object_class, PROP_LOOP,
                                  g_param_spec_int("loop", "Loop",
                                                   "Passes over the range (-1 = for ever)", -1,
                                                   G_MAXINT, 1, flags));
  /**
   * GstContainerSrc:n-frames:
   *
   * How many frames the stream has, whatever its headers say; -1 while that is not known, and for
   * input that cannot seek. Of a local file that is small, or has a saved index, it is there with
   * the first buffer (unless finding it takes longer than 0.2 s); of others it is found out while
   * the stream is played. It is notified, from any thread.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_N_FRAMES,
      g_param_spec_int64("n-frames", "Number of frames",
                         "Frames, or samples of audio, counted (-1 = not known)", -1, G_MAXINT64,
                         -1, GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  /**
   * GstContainerSrc:index:
   *
   * The table of frames; %NULL while #GstContainerSrc:n-frames is -1. Notified as that is.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_INDEX,
      g_param_spec_boxed("index", "Index", "The table of frames, once it is made",
                         GST_TYPE_FRAMEWISE_INDEX,
                         GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  /**
   * GstContainerSrc:frame-layout:
   *
   * How the memory of the frames that are delivered looks as an array, or as one for each plane:
   * type and shape of the elements, and the strides of buffers without #GstVideoMeta. It is there
   * as soon as the stream is open, by preroll at the latest, as the headers promise it; should the
   * first frame be otherwise, it is notified again, from any thread. %NULL before, and for formats
   * that are no arrays.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_FRAME_LAYOUT,
      g_param_spec_boxed("frame-layout", "Frame layout",
                         "Type and shape of the arrays that frames are", GST_TYPE_FRAMEWISE_LAYOUT,
                         GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  /**
   * GstContainerSrc:metadata:
   *
   * What the headers say of the stream: `codec`, `long-codec`, `profile` (strings, FFmpeg's names),
   * `duration` (#guint64, nanoseconds), `disposition` (string, as pads of `containersink` take it:
   * `default+forced`), and two structures, `container` and `stream`, with the tags of each under
   * the names that the file has for them; a third one, `program`, where the stream is part of one
   * that has a name, as in MPEG-TS. Of video `video-format`, the pixel format of the frames that
   * are delivered, `coded-format`, the one that the stream is coded in (strings), and `fps`
   * (#GstFraction). Of audio `audio-format` and `coded-format`, the same of sample formats,
   * `sample-rate` in Hz and `channels` (#gint), and `channel-layout` (string). What the file does
   * not say is not there.
   *
   * It is there as soon as the stream is open, by preroll at the latest, and nothing is decoded for
   * it; %NULL before. Notified from any thread.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_METADATA,
      g_param_spec_boxed("metadata", "Metadata",
                         "What the headers say of container and stream: formats, codec, profile, "
                         "fps, duration and tags",
                         GST_TYPE_STRUCTURE,
                         GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  /**
   * GstContainerSrc:thread-count:
   *
   * Threads of the decoder, and of pixel format conversion.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_THREAD_COUNT,
      g_param_spec_int("thread-count", "Thread count",
                       "Threads of decoder and conversion (0 = as many as suit the machine)", 0,
                       G_MAXINT, 0, flags));
  /**
   * GstContainerSrc:thread-type:
   *
   * What the decoder's threads share out.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_THREAD_TYPE,
      g_param_spec_enum("thread-type", "Thread type", "What the decoder's threads share out",
                        GST_TYPE_FRAMEWISE_THREAD_TYPE, GST_FRAMEWISE_THREAD_TYPE_AUTO, flags));
  /**
   * GstContainerSrc:container-options:
   *
   * Options for libavformat: of the demuxer, or of the protocol. One that neither knows is an
   * error.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_CONTAINER_OPTIONS,
      g_param_spec_boxed("container-options", "Container options",
                         "Options for libavformat's demuxer and protocol", GST_TYPE_STRUCTURE,
                         flags));
  /**
   * GstContainerSrc:codec-options:
   *
   * Options for the decoder. One that it does not know is an error.
   *
   * Since: 0.1
   */
  g_object_class_install_property(object_class, PROP_CODEC_OPTIONS,
                                  g_param_spec_boxed("codec-options", "Codec options",
                                                     "Options for libavcodec's decoder",
                                                     GST_TYPE_STRUCTURE, flags));

  /**
   * GstContainerSrc::frame-metadata:
   * @object: the element
   * @index: number of a frame of the stream, whatever #GstContainerSrc:start-frame is; a negative
   *   one counts from the end
   *
   * Tells of one frame without playing it: the fields of its %GST_FRAMEWISE_FRAME_META_NAME, side
   * data included. Works from PAUSED on, from any thread. It reads the frame beside what is being
   * played, which goes on undisturbed; the first call waits for the index, or makes it.
   *
   * Returns: (transfer full) (nullable): the fields; %NULL where there is no such frame, for audio,
   *   and for input that cannot be read twice. The element's debug log says why.
   *
   * Since: 0.1
   */
  g_signal_new_class_handler("frame-metadata", G_TYPE_FROM_CLASS(klass),
                             GSignalFlags(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
                             G_CALLBACK(container_src_frame_metadata), nullptr, nullptr, nullptr,
                             GST_TYPE_STRUCTURE, 1, G_TYPE_INT64);

  gst_element_class_set_static_metadata(
      element_class, "Container source", "Source/File/Network/Demuxer/Decoder/Video/Audio",
      "Reads a container with libavformat and decodes one of its video or audio streams with "
      "libavcodec",
      "The gst-framewise authors");
  CapsPtr caps(gst_caps_merge(template_caps().release(), audio_template_caps().release()));
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps.get()));
  element_class->change_state = GST_DEBUG_FUNCPTR(gst_container_src_change_state);
  element_class->post_message = GST_DEBUG_FUNCPTR(gst_container_src_post_message);
  element_class->send_event = GST_DEBUG_FUNCPTR(container_src_send_event);

  src_class->start = GST_DEBUG_FUNCPTR(gst_container_src_start);
  src_class->stop = GST_DEBUG_FUNCPTR(gst_container_src_stop);
  src_class->unlock = GST_DEBUG_FUNCPTR(gst_container_src_unlock);
  src_class->unlock_stop = GST_DEBUG_FUNCPTR(gst_container_src_unlock_stop);
  src_class->get_caps = GST_DEBUG_FUNCPTR(gst_container_src_get_caps);
  src_class->negotiate = GST_DEBUG_FUNCPTR(container_src_negotiate);
  src_class->decide_allocation = GST_DEBUG_FUNCPTR(container_src_decide_allocation);
  src_class->is_seekable = GST_DEBUG_FUNCPTR(container_src_is_seekable);
  src_class->prepare_seek_segment = GST_DEBUG_FUNCPTR(container_src_prepare_seek_segment);
  src_class->do_seek = GST_DEBUG_FUNCPTR(container_src_do_seek);
  src_class->event = GST_DEBUG_FUNCPTR(container_src_event);
  src_class->query = GST_DEBUG_FUNCPTR(container_src_query);
  push_class->create = GST_DEBUG_FUNCPTR(container_src_create);
}

static void gst_container_src_init(GstContainerSrc *self) {
  self->priv = new ContainerSrcPrivate(GST_BASE_SRC(self));
  gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
  /* What is the last frame, create() knows. */
  gst_base_src_set_automatic_eos(GST_BASE_SRC(self), FALSE);
}
