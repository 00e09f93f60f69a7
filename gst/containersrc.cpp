/* gst-framewise: containersrc
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-containersrc
 * @title: containersrc
 * @short_description: reads a container and decodes one of its video streams
 *
 * Opens whatever libavformat opens (files, image patterns, URLs), decodes one video stream with
 * libavcodec and hands every frame out, once and in order, with its exact time. It needs no
 * typefinder, parser, decoder or converter beside it.
 *
 * Frames leave in the decoder's own memory where downstream understands #GstVideoMeta, without a
 * copy. With #GstContainerSrc:pixel-format at `auto` they leave in the decoder's own format if
 * downstream takes that, else in the closest one that it takes. Formats that GStreamer has no name
 * for travel as `video/x-framewise`.
 *
 * Stream time 0 is the start time of the container, whichever stream is read. Each buffer carries a
 * `GstFramewiseFrameMeta` with its frame number, the pts as stored, and the picture type.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 containersrc location=in.mp4 ! videoconvert ! autovideosink
 * ]| Shows a video.
 * |[
 * gst-launch-1.0 containersrc location=in.mp4 ! graphfilter
 * filter-sequence="rotate=45*PI/180,scale=512:-2" ! containersink location=out.mkv codec=libx264
 * ]| Rotates it, scales it, and writes it to another container.
 * |[
 * gst-launch-1.0 containersrc location=in.mp4 start-frame=100 stop-frame=110 ! containersink
 * location=frame%03d.png
 * ]| Writes ten frames as pictures.
 *
 * Since: 0.1
 */
#include "config.h"

#include "elements.h"

#include "framedelivery.hpp"
#include "framemeta.hpp"
#include "framepool.hpp"
#include "framereader.hpp"
#include "streamtags.hpp"

#include <gst/base/gstpushsrc.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

GST_DEBUG_CATEGORY_STATIC(containersrc_debug);
#define GST_CAT_DEFAULT containersrc_debug

using namespace framewise;

namespace {

struct Settings {
  std::string location;
  std::string stream = "V:0";
  std::string pixel_format = "auto";
  gint64 start_frame = 0;
  gint64 stop_frame = G_MAXINT64;
  int thread_count = 0;
  ThreadType thread_type = ThreadType::automatic;
  StructurePtr container_options;
  StructurePtr codec_options;
};

/* Of one run, from READY to READY. The opening thread has it first, then the streaming thread. */
struct State {
  ReaderSettings reader_settings;
  std::string pixel_format;
  gint64 start_frame = 0;
  gint64 stop_frame = G_MAXINT64;

  std::unique_ptr<FrameReader> reader;
  bool untouched = true;             /* the reader is where opening left it */
  std::optional<DecodedFrame> frame; /* read, not yet pushed */
  bool positioned = false;           /* where the last seek says */
  gint64 seek_time = 0;              /* stream time; where to go when not positioned */
  bool any_frame = false;            /* was pushed */
  bool warned_of_damage = false;

  std::optional<FrameDelivery> delivery; /* as last negotiated */
};

struct ContainerSrcPrivate {
  std::mutex settings_lock;
  Settings settings;

  Interruption interruption;
  std::unique_ptr<State> state;

  /* Opening. `open_lock` guards what follows it. */
  std::thread opener;
  std::mutex open_lock;
  std::condition_variable opened;
  bool opening = false;     /* `state` belongs to the opener */
  bool start_waits = false; /* start() will take the outcome */
  std::optional<Result<void>> outcome;
  GstPtr<GstEvent> early_seek; /* came while opening; done right after */

  std::atomic<bool> seekable{false};
  std::atomic<gint64> duration{-1};
  /* An error was posted, which says why; until the next start or seek. */
  std::atomic<bool> said_why{false};
};

} // namespace

struct GstContainerSrc {
  GstPushSrc parent;
  ContainerSrcPrivate *priv;
};
struct GstContainerSrcClass {
  GstPushSrcClass parent_class;
};

#define GST_TYPE_CONTAINER_SRC_THREAD_TYPE (gst_container_src_thread_type_get_type())
static GType gst_container_src_thread_type_get_type() {
  static const GEnumValue values[] = {
      {int(ThreadType::automatic), "Whatever the decoder does best", "auto"},
      {int(ThreadType::frame), "Several frames at once: highest throughput, more delay", "frame"},
      {int(ThreadType::slice), "Parts of one frame at once: least delay", "slice"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static("GstContainerSrcThreadType", values);
  return type;
}

G_DEFINE_TYPE_WITH_CODE(GstContainerSrc, gst_container_src, GST_TYPE_PUSH_SRC,
                        GST_DEBUG_CATEGORY_INIT(containersrc_debug, "containersrc", 0,
                                                "container reader"))
GST_ELEMENT_REGISTER_DEFINE(containersrc, "containersrc", GST_RANK_NONE,
                            gst_container_src_get_type())

#define SELF(object) (reinterpret_cast<GstContainerSrc *>(object))
#define PRIV(object) (SELF(object)->priv)

/* ---- Properties -------------------------------------------------------------------------------
 */

enum {
  PROP_0,
  PROP_LOCATION,
  PROP_STREAM,
  PROP_PIXEL_FORMAT,
  PROP_START_FRAME,
  PROP_STOP_FRAME,
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
  Settings &settings = PRIV(object)->settings;
  switch (id) {
  case PROP_LOCATION:
    set_string(settings.location, value, "");
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
  std::lock_guard lock(PRIV(object)->settings_lock);
  const Settings &settings = PRIV(object)->settings;
  switch (id) {
  case PROP_LOCATION:
    g_value_set_string(value, settings.location.empty() ? nullptr : settings.location.c_str());
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

static GstFlowReturn report(GstContainerSrc *self, const Error &error) {
  if (error.is_cancelled())
    return GST_FLOW_FLUSHING;
  error.post(GST_ELEMENT(self));
  self->priv->said_why = true;
  return GST_FLOW_ERROR;
}

/* ---- Opening and closing ----------------------------------------------------------------------
 */

static Result<std::unique_ptr<State>> new_state(GstContainerSrc *self) {
  auto state = std::make_unique<State>();
  std::lock_guard lock(self->priv->settings_lock);
  const Settings &settings = self->priv->settings;
  if (settings.location.empty())
    return FRAMEWISE_FAIL_RESOURCE(NOT_FOUND,
                                   "No location is set. Set `location` to a path or URL.");
  if (auto checked = FrameDelivery::check(settings.pixel_format); !checked)
    return Failure(checked.error());
  state->reader_settings.input.location = settings.location;
  state->reader_settings.input.stream = settings.stream;
  state->reader_settings.input.options =
      Dictionary::from_structure(settings.container_options.get());
  state->reader_settings.codec_options = Dictionary::from_structure(settings.codec_options.get());
  state->reader_settings.thread_count = settings.thread_count;
  state->reader_settings.thread_type = settings.thread_type;
  state->pixel_format = settings.pixel_format;
  state->start_frame = settings.start_frame;
  state->stop_frame = settings.stop_frame;
  return state;
}

/* Frame numbers counted from the end, as Python counts, become numbers from the start. */
static Result<void> resolve_range(State &state, Interruption &interruption) {
  if (state.start_frame >= 0 && state.stop_frame >= 0)
    return {};
  auto count = FrameReader::count_frames(state.reader_settings, interruption);
  if (!count)
    return Failure(count.error());
  auto from_start = [&](gint64 number) {
    return number < 0 ? std::max<gint64>(0, number + *count) : number;
  };
  state.start_frame = from_start(state.start_frame);
  state.stop_frame = from_start(state.stop_frame);
  return {};
}

static Result<void> open_reader(GstContainerSrc *self, State &state) {
  Interruption &interruption = self->priv->interruption;
  auto reader = FrameReader::open(state.reader_settings, interruption);
  if (!reader)
    return Failure(reader.error());
  state.reader = std::move(*reader);
  if (state.start_frame < 0 || state.stop_frame < 0) {
    if (!state.reader->input().is_seekable())
      return FRAMEWISE_FAIL_LIBRARY(
          SETTINGS, "A start-frame or stop-frame that counts from the end needs input that can be "
                    "read twice, and this cannot.");
    if (auto resolved = resolve_range(state, interruption); !resolved)
      return resolved;
  }
  if (state.start_frame > 0 || state.stop_frame != G_MAXINT64)
    state.reader->keep_numbers();
  return {};
}

static void note_opened(GstContainerSrc *self) {
  auto *priv = self->priv;
  const FrameReader &reader = *priv->state->reader;
  priv->seekable = reader.input().is_seekable();
  priv->duration = reader.input().stream_end();
  GST_OBJECT_LOCK(self);
  GST_BASE_SRC(self)->segment.duration = priv->duration;
  GST_OBJECT_UNLOCK(self);
  GST_INFO_OBJECT(self, "opened %s, seekable %d, duration %" GST_TIME_FORMAT,
                  reader.input().context()->iformat->name, bool(priv->seekable),
                  GST_TIME_ARGS(priv->duration));

  /* Queued by the base class for after the segment. Not through gst_element_send_event(), whose
   * lock is held by whoever changes the state and waits for this thread. */
  GstEvent *tags = gst_event_new_tag(stream_tags(reader.input(), reader.codec()).release());
  GST_ELEMENT_CLASS(gst_container_src_parent_class)->send_event(GST_ELEMENT(self), tags);
}

/* The opening thread: reading from afar must not hold up the thread that changes the state. */
static void open_in_background(GstContainerSrc *self) {
  auto *priv = self->priv;
  auto opened = open_reader(self, *priv->state);
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
    report(self, opened.error());
  gst_base_src_start_complete(GST_BASE_SRC(self), opened ? GST_FLOW_OK : GST_FLOW_ERROR);

  GstPtr<GstEvent> seek;
  {
    std::lock_guard lock(priv->open_lock);
    priv->opening = false;
    seek = std::move(priv->early_seek);
  }
  if (opened && seek)
    GST_ELEMENT_CLASS(gst_container_src_parent_class)
        ->send_event(GST_ELEMENT(self), seek.release());
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
    report(self, state.error());
    return FALSE;
  }
  priv->state = std::move(*state);
  priv->seekable = false;
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
    report(self, outcome.error());
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
  PRIV(src)->state.reset();
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
    PRIV(element)->state.reset();
  }
  return ret;
}

/* ---- Negotiation ------------------------------------------------------------------------------
 */

static Result<void> negotiate_for(GstContainerSrc *self, State &state, const VideoParams &native) {
  CapsPtr accepted(gst_pad_peer_query_caps(GST_BASE_SRC_PAD(self), nullptr));
  auto delivery = FrameDelivery::choose(state.pixel_format, native, accepted.get(),
                                        state.reader_settings.thread_count);
  if (!delivery)
    return Failure(delivery.error());
  state.delivery = std::move(*delivery);
  CapsPtr caps = to_caps(state.delivery->output());
  GST_INFO_OBJECT(self, "caps %" GST_PTR_FORMAT, caps.get());
  if (!gst_base_src_set_caps(GST_BASE_SRC(self), caps.get())) {
    CString text(gst_caps_to_string(caps.get()));
    return fail(
        GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        framewise::format("Downstream refused %s.", state.delivery->output().describe().c_str()),
        text.get());
  }
  return {};
}

/* ---- Streaming --------------------------------------------------------------------------------
 */

static Result<void> go_to_position(State &state) {
  if (state.positioned)
    return {};
  if (state.seek_time > 0 || !state.untouched) {
    state.untouched = false;
    if (auto sought = state.reader->seek_to_time(state.seek_time); !sought)
      return sought;
  }
  state.positioned = true;
  return {};
}

/* Reads until state.frame holds the next frame of the range, or there is none. */
static Result<void> read_ahead(State &state) {
  if (state.frame)
    return {};
  if (auto gone = go_to_position(state); !gone)
    return gone;
  state.untouched = false;
  for (;;) {
    auto frame = state.reader->next();
    if (!frame)
      return Failure(frame.error());
    if (!*frame)
      return {};
    const gint64 number = (*frame)->number;
    if (number < 0 || number >= state.start_frame) {
      state.frame = std::move(**frame);
      return {};
    }
    if (auto sought = state.reader->seek_to_frame(state.start_frame); !sought)
      return sought;
  }
}

/* The base class negotiates before the first buffer and whenever downstream asks for it. The first
 * frame is read here already: it is what knows the caps. */
static gboolean gst_container_src_negotiate(GstBaseSrc *src) {
  auto *self = SELF(src);
  State *state = self->priv->state.get();
  if (!state || !state->reader)
    return FALSE;
  auto ready = read_ahead(*state);
  if (!ready && !ready.error().is_cancelled()) {
    report(self, ready.error());
    return FALSE;
  }
  if (!state->frame)
    return TRUE; /* nothing to send, or not now: nothing to agree on */
  auto negotiated = negotiate_for(self, *state, state->frame->params);
  if (!negotiated) {
    report(self, negotiated.error());
    return FALSE;
  }
  return TRUE;
}

/* A pool for the frames that are converted or copied; downstream's own where it offers one. */
static gboolean gst_container_src_decide_allocation(GstBaseSrc *src, GstQuery *query) {
  State *state = PRIV(src)->state.get();
  if (!state->delivery)
    return TRUE;
  const bool video_meta = gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  state->delivery->set_receiver(video_meta ? WithVideoMeta::yes : WithVideoMeta::no);

  GstBufferPool *offered = nullptr;
  guint size = 0, min = 0, max = 0;
  const bool any_offer = gst_query_get_n_allocation_pools(query) > 0;
  if (any_offer)
    gst_query_parse_nth_allocation_pool(query, 0, &offered, &size, &min, &max);
  GstPtr<GstBufferPool> pool(offered);
  if (pool) {
    CapsPtr caps = to_caps(state->delivery->output());
    GstStructure *config = gst_buffer_pool_get_config(pool.get());
    gst_buffer_pool_config_set_params(config, caps.get(), size, min, max);
    if (video_meta && gst_buffer_pool_has_option(pool.get(), GST_BUFFER_POOL_OPTION_VIDEO_META))
      gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
    if (!gst_buffer_pool_set_config(pool.get(), config))
      pool.reset();
  }
  if (!pool) {
    pool = new_frame_pool();
    auto configured =
        configure_frame_pool(pool.get(), state->delivery->output(),
                             video_meta ? WithVideoMeta::yes : WithVideoMeta::no, 0, 0);
    if (!configured) {
      report(SELF(src), configured.error());
      return FALSE;
    }
    min = max = 0;
  }
  GstStructure *config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_get_params(config, nullptr, &size, nullptr, nullptr);
  gst_structure_free(config);
  if (any_offer)
    gst_query_set_nth_allocation_pool(query, 0, pool.get(), size, min, max);
  else
    gst_query_add_allocation_pool(query, pool.get(), size, min, max);
  return TRUE;
}

static Result<BufferPtr> acquire_buffer(GstContainerSrc *self) {
  GstPtr<GstBufferPool> pool(gst_base_src_get_buffer_pool(GST_BASE_SRC(self)));
  GstBuffer *buffer = nullptr;
  GstFlowReturn flow =
      pool ? gst_buffer_pool_acquire_buffer(pool.get(), &buffer, nullptr) : GST_FLOW_ERROR;
  if (flow == GST_FLOW_FLUSHING)
    return fail_cancelled();
  if (flow != GST_FLOW_OK)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "No buffer for a frame could be had.");
  return BufferPtr(buffer);
}

static void stamp(GstBuffer *buffer, const DecodedFrame &frame, const State &state) {
  /* A frame from before the container's start has no stream time that a buffer could carry. */
  GST_BUFFER_PTS(buffer) = std::max<int64_t>(frame.time, 0);
  GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION(buffer) = frame.duration;
  GST_BUFFER_OFFSET(buffer) = frame.number >= 0 ? frame.number : GST_BUFFER_OFFSET_NONE;
  GST_BUFFER_OFFSET_END(buffer) = frame.number >= 0 ? frame.number + 1 : GST_BUFFER_OFFSET_NONE;
  if (frame.picture->flags & AV_FRAME_FLAG_CORRUPT)
    GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_CORRUPTED);
  set_interlace_flags(buffer, frame.picture.get(), state.delivery->output());
  add_frame_meta(buffer, {frame.picture.get(), frame.number, frame.pts,
                          state.reader->input().stream()->time_base});
}

static GstFlowReturn end_of_stream(GstContainerSrc *self, State &state) {
  const int64_t damaged = state.reader->damaged_packets();
  const char *location = state.reader_settings.input.location.c_str();
  if (!state.any_frame && state.seek_time == 0 && state.start_frame == 0 && state.stop_frame > 0) {
    return report(self, fail(GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
                             format("No frame of stream `%s` of `%s` could be decoded.",
                                    state.reader_settings.input.stream.c_str(), location))
                            .value());
  }
  if (!state.any_frame && state.seek_time == 0 && state.start_frame > 0) {
    Error warning{GST_LIBRARY_ERROR,
                  GST_LIBRARY_ERROR_SETTINGS,
                  format("`%s` has no frame %" G_GINT64_FORMAT
                         ": `start-frame` is at or past its end.",
                         location, state.start_frame),
                  {}};
    warning.post_warning(GST_ELEMENT(self));
  }
  if ((damaged > 0 || state.reader->input().truncation()) && !state.warned_of_damage) {
    state.warned_of_damage = true;
    Error warning{GST_STREAM_ERROR,
                  GST_STREAM_ERROR_DECODE,
                  format("`%s` is damaged or cut short: %" G_GINT64_FORMAT
                         " packets could not be decoded.",
                         location, damaged),
                  {}};
    warning.post_warning(GST_ELEMENT(self));
  }
  return GST_FLOW_EOS;
}

/* The range begins at a frame that is not the stream's first: so does the segment. */
static void begin_segment_at(GstContainerSrc *self, gint64 time) {
  auto *src = GST_BASE_SRC(self);
  GstSegment segment;
  GST_OBJECT_LOCK(self);
  gst_segment_copy_into(&src->segment, &segment);
  GST_OBJECT_UNLOCK(self);
  if (gint64(segment.start) >= time)
    return;
  segment.start = segment.time = segment.position = time;
  gst_base_src_new_segment(src, &segment);
}

static GstFlowReturn gst_container_src_create(GstPushSrc *push, GstBuffer **out) {
  auto *self = SELF(push);
  auto *src = GST_BASE_SRC(push);
  State &state = *self->priv->state;

  auto ready = read_ahead(state);
  if (!ready)
    return report(self, ready.error());
  if (!state.frame)
    return end_of_stream(self, state);
  if (state.frame->number >= state.stop_frame)
    return GST_FLOW_EOS;
  if (GST_CLOCK_TIME_IS_VALID(src->segment.stop) && state.frame->time >= gint64(src->segment.stop))
    return GST_FLOW_EOS;

  if (!state.delivery || !(state.delivery->native() == state.frame->params)) {
    if (!gst_base_src_negotiate(src))
      return GST_PAD_IS_FLUSHING(GST_BASE_SRC_PAD(src)) ? GST_FLOW_FLUSHING
                                                        : GST_FLOW_NOT_NEGOTIATED;
  }
  if (state.start_frame > 0 && state.frame->number == state.start_frame)
    begin_segment_at(self, state.frame->time);

  auto buffer =
      state.delivery->deliver(state.frame->picture.get(), [self] { return acquire_buffer(self); });
  if (!buffer)
    return report(self, buffer.error());
  stamp(buffer->get(), *state.frame, state);
  state.frame.reset();
  state.any_frame = true;
  *out = buffer->release();
  return GST_FLOW_OK;
}

/* ---- Seeking and queries ----------------------------------------------------------------------
 */

static gboolean gst_container_src_is_seekable(GstBaseSrc *src) { return PRIV(src)->seekable; }

/* Only notes where to go; the streaming thread goes there, as it may take reading. */
static gboolean gst_container_src_do_seek(GstBaseSrc *src, GstSegment *segment) {
  State *state = PRIV(src)->state.get();
  if (!state)
    return FALSE;
  PRIV(src)->said_why = false;
  segment->time = segment->start;
  state->frame.reset();
  state->positioned = false;
  state->seek_time = segment->position;
  return TRUE;
}

enum class SeekVerdict { perform, refuse, later };

/* Before the base class flushes anything for a seek that cannot be done, or touches a stream that
 * is being opened. One that comes so early is kept, the last one of several. */
static SeekVerdict judge_seek(GstContainerSrc *self, GstEvent *event) {
  gdouble rate;
  gst_event_parse_seek(event, &rate, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  if (rate <= 0) {
    GST_WARNING_OBJECT(self, "refusing a seek to play backwards");
    return SeekVerdict::refuse;
  }
  std::lock_guard lock(self->priv->open_lock);
  if (!self->priv->opening)
    return SeekVerdict::perform;
  self->priv->early_seek.reset(gst_event_ref(event));
  return SeekVerdict::later;
}

/* Seeks that come up the pipeline. */
static gboolean gst_container_src_event(GstBaseSrc *src, GstEvent *event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEEK) {
    const SeekVerdict verdict = judge_seek(SELF(src), event);
    if (verdict != SeekVerdict::perform)
      return verdict == SeekVerdict::later;
  }
  return GST_BASE_SRC_CLASS(gst_container_src_parent_class)->event(src, event);
}

/* Seeks sent to the element itself. */
static gboolean gst_container_src_send_event(GstElement *element, GstEvent *event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEEK) {
    const SeekVerdict verdict = judge_seek(SELF(element), event);
    if (verdict != SeekVerdict::perform) {
      gst_event_unref(event);
      return verdict == SeekVerdict::later;
    }
  }
  return GST_ELEMENT_CLASS(gst_container_src_parent_class)->send_event(element, event);
}

static gboolean gst_container_src_query(GstBaseSrc *src, GstQuery *query) {
  switch (GST_QUERY_TYPE(query)) {
  case GST_QUERY_DURATION: {
    GstFormat format;
    gst_query_parse_duration(query, &format, nullptr);
    const gint64 duration = PRIV(src)->duration;
    if (format != GST_FORMAT_TIME || duration < 0)
      return FALSE;
    gst_query_set_duration(query, GST_FORMAT_TIME, duration);
    return TRUE;
  }
  case GST_QUERY_URI: {
    std::string location;
    {
      std::lock_guard lock(PRIV(src)->settings_lock);
      location = PRIV(src)->settings.location;
    }
    if (location.empty())
      return FALSE;
    CString uri(gst_uri_is_valid(location.c_str())
                    ? g_strdup(location.c_str())
                    : gst_filename_to_uri(location.c_str(), nullptr));
    gst_query_set_uri(query, uri.get());
    return uri != nullptr;
  }
  default:
    return GST_BASE_SRC_CLASS(gst_container_src_parent_class)->query(src, query);
  }
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
   * GstContainerSrc:stream:
   *
   * FFmpeg stream specifier of the video stream to read; `V:0` is the first that is no cover art.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_STREAM,
      g_param_spec_string("stream", "Stream",
                          "FFmpeg stream specifier; V:0 is the first video that is no cover art",
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
   * the end.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_START_FRAME,
      g_param_spec_int64("start-frame", "Start frame",
                         "Number of the first frame to deliver; negative: from the end", G_MININT64,
                         G_MAXINT64, 0, flags));
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
                         "Number of the frame before which to stop; negative: from the end",
                         G_MININT64, G_MAXINT64, G_MAXINT64, flags));
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
                        GST_TYPE_CONTAINER_SRC_THREAD_TYPE, int(ThreadType::automatic), flags));
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

  gst_element_class_set_static_metadata(
      element_class, "Container source", "Source/File/Network/Demuxer/Decoder/Video",
      "Reads a container with libavformat and decodes one of its video streams with libavcodec",
      "The gst-framewise authors");
  CapsPtr caps = template_caps();
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps.get()));
  element_class->change_state = GST_DEBUG_FUNCPTR(gst_container_src_change_state);
  element_class->post_message = GST_DEBUG_FUNCPTR(gst_container_src_post_message);
  element_class->send_event = GST_DEBUG_FUNCPTR(gst_container_src_send_event);

  src_class->start = GST_DEBUG_FUNCPTR(gst_container_src_start);
  src_class->stop = GST_DEBUG_FUNCPTR(gst_container_src_stop);
  src_class->unlock = GST_DEBUG_FUNCPTR(gst_container_src_unlock);
  src_class->unlock_stop = GST_DEBUG_FUNCPTR(gst_container_src_unlock_stop);
  src_class->negotiate = GST_DEBUG_FUNCPTR(gst_container_src_negotiate);
  src_class->decide_allocation = GST_DEBUG_FUNCPTR(gst_container_src_decide_allocation);
  src_class->is_seekable = GST_DEBUG_FUNCPTR(gst_container_src_is_seekable);
  src_class->do_seek = GST_DEBUG_FUNCPTR(gst_container_src_do_seek);
  src_class->event = GST_DEBUG_FUNCPTR(gst_container_src_event);
  src_class->query = GST_DEBUG_FUNCPTR(gst_container_src_query);
  push_class->create = GST_DEBUG_FUNCPTR(gst_container_src_create);

  gst_type_mark_as_plugin_api(GST_TYPE_CONTAINER_SRC_THREAD_TYPE, GstPluginAPIFlags(0));
}

static void gst_container_src_init(GstContainerSrc *self) {
  self->priv = new ContainerSrcPrivate();
  gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
}
