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
#include "frameplayer.hpp"
#include "framepool.hpp"
#include "framequeries.hpp"
#include "seekrequest.hpp"
#include "streamtags.hpp"

#include <gst/framewise/framewise.h>

#include <gst/base/gstpushsrc.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

GST_DEBUG_CATEGORY_STATIC(containersrc_debug);
#define GST_CAT_DEFAULT containersrc_debug

using namespace framewise;

namespace {

constexpr guint64 default_cache_size = 256 << 20;

struct Settings {
  std::string location;
  std::string stream = "V:0";
  std::string pixel_format = "auto";
  gint64 start_frame = 0;
  gint64 stop_frame = G_MAXINT64;
  IndexMode index_mode = IndexMode::automatic;
  guint64 cache_size = default_cache_size;
  int thread_count = 0;
  ThreadType thread_type = ThreadType::automatic;
  StructurePtr container_options;
  StructurePtr codec_options;
};

/* Of one run, from READY to READY. The opening thread has it first, then the streaming thread. */
struct State {
  PlayerSettings player_settings;
  std::string pixel_format;

  std::optional<FrameDelivery> delivery; /* as last negotiated */
  std::optional<DecodedFrame> frame;     /* read, not yet pushed */
  bool any_frame = false;                /* was pushed */
  bool warned = false;                   /* that the limits leave nothing */
  bool warned_of_damage = false;

  /* Last, as its thread ends first. */
  std::unique_ptr<FramePlayer> player;
};

/* What the indexer has to say, from its own thread. */
struct IndexNews {
  std::mutex lock;
  std::shared_ptr<const FrameIndex> index; /* null while there is none */
  bool in_progress = false;                /* START was posted, and nothing yet that ends it */
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

  SeekHandover seeks;
  IndexNews news;
  std::atomic<bool> seekable{false};
  std::atomic<gint64> duration{-1};   /* as the headers have it */
  std::atomic<gint64> last_frame{-1}; /* number of the one last pushed */
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
  PROP_INDEX_MODE,
  PROP_CACHE_SIZE,
  PROP_N_FRAMES,
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
  case PROP_INDEX_MODE:
    settings.index_mode = static_cast<IndexMode>(g_value_get_enum(value));
    break;
  case PROP_CACHE_SIZE:
    settings.cache_size = g_value_get_uint64(value);
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

static std::shared_ptr<const FrameIndex> known_index(GstContainerSrc *self) {
  std::lock_guard lock(self->priv->news.lock);
  return self->priv->news.index;
}

static void gst_container_src_get_property(GObject *object, guint id, GValue *value,
                                           GParamSpec *pspec) {
  if (id == PROP_N_FRAMES) {
    auto index = known_index(SELF(object));
    g_value_set_int64(value, index ? index->n_frames() : -1);
    return;
  }
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
  case PROP_INDEX_MODE:
    g_value_set_enum(value, int(settings.index_mode));
    break;
  case PROP_CACHE_SIZE:
    g_value_set_uint64(value, settings.cache_size);
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
  PlayerSettings &player = state->player_settings;
  player.reader.input.location = settings.location;
  player.reader.input.stream = settings.stream;
  player.reader.input.options = Dictionary::from_structure(settings.container_options.get());
  player.reader.decoder.options = Dictionary::from_structure(settings.codec_options.get());
  player.reader.decoder.thread_count = settings.thread_count;
  player.reader.decoder.thread_type = settings.thread_type;
  player.index_mode = settings.index_mode;
  player.cache_size = settings.cache_size;
  player.limits = {settings.start_frame, settings.stop_frame};
  state->pixel_format = settings.pixel_format;
  return state;
}

static Result<void> open_player(GstContainerSrc *self, State &state) {
  auto player = FramePlayer::open(state.player_settings, self->priv->interruption);
  if (!player)
    return Failure(player.error());
  state.player = std::move(*player);
  return {};
}

/* ---- The index --------------------------------------------------------------------------------
 * It is made in a thread of its own, which calls these. They touch nothing of `state`. */

static void post_progress(GstContainerSrc *self, GstProgressType type, const std::string &text) {
  gst_element_post_message(GST_ELEMENT(self),
                           gst_message_new_progress(GST_OBJECT(self), type, "index", text.c_str()));
}

static void begin_progress(GstContainerSrc *self) {
  {
    std::lock_guard lock(self->priv->news.lock);
    if (std::exchange(self->priv->news.in_progress, true))
      return;
  }
  post_progress(self, GST_PROGRESS_TYPE_START, "Indexing");
}

static void end_progress(GstContainerSrc *self, GstProgressType type, const std::string &text) {
  {
    std::lock_guard lock(self->priv->news.lock);
    if (!std::exchange(self->priv->news.in_progress, false))
      return;
  }
  post_progress(self, type, text);
}

static void publish_index(GstContainerSrc *self, std::shared_ptr<const FrameIndex> index) {
  {
    std::lock_guard lock(self->priv->news.lock);
    if (self->priv->news.index == index)
      return;
    self->priv->news.index = std::move(index);
  }
  g_object_notify(G_OBJECT(self), "n-frames");
}

static void note_index(GstContainerSrc *self, const Result<FramePlayer::IndexPtr> &made) {
  if (!made) {
    GST_WARNING_OBJECT(self, "no index: %s", made.error().message.c_str());
    end_progress(self, GST_PROGRESS_TYPE_ERROR, made.error().message);
    return;
  }
  const FrameIndex &index = **made;
  GST_INFO_OBJECT(self, "%" G_GINT64_FORMAT " frames, ending at %" GST_TIME_FORMAT ", %s %s",
                  index.n_frames(), GST_TIME_ARGS(index.end_time()),
                  index.is_exact() ? "exact" : "not exact", index.distrust().c_str());
  GST_OBJECT_LOCK(self);
  GST_BASE_SRC(self)->segment.duration = std::max<int64_t>(index.end_time(), 0);
  GST_OBJECT_UNLOCK(self);
  publish_index(self, *made);
  gst_element_post_message(GST_ELEMENT(self), gst_message_new_duration_changed(GST_OBJECT(self)));
  end_progress(self, GST_PROGRESS_TYPE_COMPLETE,
               framewise::format("%" G_GINT64_FORMAT " frames", index.n_frames()));
}

static void start_index(GstContainerSrc *self) {
  FramePlayer &player = *self->priv->state->player;
  if (!player.can_seek())
    return;
  begin_progress(self);
  auto progress = [self](int percent) {
    begin_progress(self); /* where it begins anew on the way */
    post_progress(self, GST_PROGRESS_TYPE_CONTINUE, framewise::format("Indexing: %d %%", percent));
  };
  player.start_index(progress, [self](const auto &made) { note_index(self, made); });
}

/* Breaks off what goes on, and forgets the stream. Nothing else may be using it any more. */
static void drop_state(GstContainerSrc *self) {
  auto *priv = self->priv;
  priv->state.reset();
  end_progress(self, GST_PROGRESS_TYPE_CANCELED, "Indexing was broken off");
  publish_index(self, nullptr);
  priv->last_frame = -1;
}

static gboolean gst_container_src_send_event(GstElement *element, GstEvent *event);

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

  /* Queued by the base class for after the segment. Not through gst_element_send_event(), whose
   * lock is held by whoever changes the state and waits for this thread. */
  GstEvent *tags =
      gst_event_new_tag(stream_tags(player.input(), player.reader().codec()).release());
  GST_ELEMENT_CLASS(gst_container_src_parent_class)->send_event(GST_ELEMENT(self), tags);
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
    report(self, opened.error());
  gst_base_src_start_complete(GST_BASE_SRC(self), opened ? GST_FLOW_OK : GST_FLOW_ERROR);

  GstPtr<GstEvent> seek;
  {
    std::lock_guard lock(priv->open_lock);
    priv->opening = false;
    seek = std::move(priv->early_seek);
  }
  if (opened && seek)
    gst_container_src_send_event(GST_ELEMENT(self), seek.release());
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
  }
  return ret;
}

/* ---- Negotiation ------------------------------------------------------------------------------
 */

static Result<void> negotiate_for(GstContainerSrc *self, State &state, const VideoParams &native) {
  CapsPtr accepted(gst_pad_peer_query_caps(GST_BASE_SRC_PAD(self), nullptr));
  auto delivery = FrameDelivery::choose(state.pixel_format, native, accepted.get(),
                                        state.player_settings.reader.decoder.thread_count);
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

/* The segment is known exactly only once the index is. The seek has left the base class with a
 * segment that waits to be sent before the next buffer, under the seek's own seqnum: it is put
 * right in place. */
static void correct_segment(GstContainerSrc *self, const PlayBounds &bounds) {
  GST_OBJECT_LOCK(self);
  set_bounds(GST_BASE_SRC(self)->segment, bounds);
  GST_OBJECT_UNLOCK(self);
}

/* Reads until state.frame holds the next frame of the range, or there is none. */
static Result<void> read_ahead(GstContainerSrc *self, State &state) {
  if (state.frame)
    return {};
  auto frame = state.player->next();
  if (auto bounds = state.player->take_bounds())
    correct_segment(self, *bounds);
  if (!frame)
    return Failure(frame.error());
  state.frame = std::move(*frame);
  return {};
}

/* The base class negotiates before the first buffer and whenever downstream asks for it. The first
 * frame is read here already: it is what knows the caps. */
static gboolean gst_container_src_negotiate(GstBaseSrc *src) {
  auto *self = SELF(src);
  State *state = self->priv->state.get();
  if (!state || !state->player)
    return FALSE;
  auto ready = read_ahead(self, *state);
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
                          state.player->input().stream()->time_base});
}

static void warn(GstContainerSrc *self, GQuark domain, int code, std::string message) {
  Error{domain, code, std::move(message), {}}.post_warning(GST_ELEMENT(self));
}

static bool is_from_the_start(const PlayRequest &request) {
  return request.start.kind == PlayBound::Kind::open && !request.position;
}

static GstFlowReturn end_of_range(GstContainerSrc *self, State &state) {
  const FramePlayer &player = *state.player;
  const InputSettings &input = state.player_settings.reader.input;
  const FrameLimits &limits = state.player_settings.limits;
  const int64_t damaged = player.reader().damaged_packets();
  if (!state.any_frame && is_from_the_start(player.requested())) {
    if (limits.begin == 0 && limits.end > 0)
      return report(self, fail(GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
                               format("No frame of stream `%s` of `%s` could be decoded.",
                                      input.stream.c_str(), input.location.c_str()))
                              .value());
    const bool nothing_there = player.begins_past_the_end() || !player.can_seek();
    if (limits.begin > 0 && nothing_there && !std::exchange(state.warned, true))
      warn(self, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
           format("`%s` has no frame %" G_GINT64_FORMAT ": `start-frame` is at or past its end.",
                  input.location.c_str(), limits.begin));
  }
  if ((damaged > 0 || player.input().truncation()) && !std::exchange(state.warned_of_damage, true))
    warn(self, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
         format("`%s` is damaged or cut short: %" G_GINT64_FORMAT " packets could not be decoded.",
                input.location.c_str(), damaged));
  return GST_FLOW_EOS;
}

static GstFlowReturn gst_container_src_create(GstPushSrc *push, GstBuffer **out) {
  auto *self = SELF(push);
  auto *src = GST_BASE_SRC(push);
  State &state = *self->priv->state;

  auto ready = read_ahead(self, state);
  if (!ready)
    return report(self, ready.error());
  if (!state.frame)
    return end_of_range(self, state);

  if (!state.delivery || !(state.delivery->native() == state.frame->params)) {
    if (!gst_base_src_negotiate(src))
      return GST_PAD_IS_FLUSHING(GST_BASE_SRC_PAD(src)) ? GST_FLOW_FLUSHING
                                                        : GST_FLOW_NOT_NEGOTIATED;
  }
  auto buffer =
      state.delivery->deliver(state.frame->picture.get(), [self] { return acquire_buffer(self); });
  if (!buffer)
    return report(self, buffer.error());
  stamp(buffer->get(), *state.frame, state);
  self->priv->last_frame = state.frame->number;
  state.frame.reset();
  state.any_frame = true;
  *out = buffer->release();
  return GST_FLOW_OK;
}

/* ---- Seeking and queries ----------------------------------------------------------------------
 */

static gboolean gst_container_src_is_seekable(GstBaseSrc *src) { return PRIV(src)->seekable; }

/* do_seek() makes the segment; here is only nothing that it needs. */
static gboolean gst_container_src_prepare_seek_segment(GstBaseSrc *, GstEvent *, GstSegment *) {
  return TRUE;
}

/* Only notes where to go; the streaming thread goes there, as it may take reading, or waiting for
 * the index. */
static gboolean gst_container_src_do_seek(GstBaseSrc *src, GstSegment *segment) {
  auto *self = SELF(src);
  State *state = PRIV(src)->state.get();
  if (!state)
    return FALSE;
  PRIV(src)->said_why = false;
  GST_OBJECT_LOCK(src);
  const GstSegment old = src->segment;
  GST_OBJECT_UNLOCK(src);
  *segment = old;

  auto request = PRIV(src)->seeks.take();
  if (!request)
    return TRUE;
  FramePlayer &player = *state->player;
  if (!player.can_seek()) {
    warn(self, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SEEK,
         "This input cannot seek: it is played from its start.");
    return TRUE;
  }
  std::optional<int64_t> position;
  if (player.is_there())
    position = old.position;
  state->frame.reset();
  player.request(request->applied_to(player.requested(), position));
  auto range = player.foresee();
  *segment = request->segment_after(old, range ? range->bounds()
                                               : request->guess(player.requested(), old));
  return TRUE;
}

/* Another rate from now on, without a new segment: those downstream do that. */
static bool change_rate_instantly(GstContainerSrc *self, const SeekRequest &request) {
  auto *src = GST_BASE_SRC(self);
  GST_OBJECT_LOCK(self);
  const gdouble rate = src->segment.rate;
  GST_OBJECT_UNLOCK(self);
  const bool same_direction = (request.rate > 0) == (rate > 0);
  if (!same_direction || request.flags & GST_SEEK_FLAG_FLUSH) {
    GST_WARNING_OBJECT(self, "an instant change of rate can neither turn back nor flush");
    return false;
  }
  GstEvent *event = gst_event_new_instant_rate_change(
      request.rate / rate, GstSegmentFlags(request.flags & GST_SEGMENT_INSTANT_FLAGS));
  gst_event_set_seqnum(event, request.seqnum);
  return gst_pad_push_event(GST_BASE_SRC_PAD(src), event);
}

enum class SeekVerdict { perform, keep, done, refuse, later };

/* Before the base class flushes anything for a seek that cannot be done, or touches a stream that
 * is being opened. One that comes so early is kept, the last one of several. Blocks on nothing: who
 * sends an event holds up changes of the state. */
static SeekVerdict judge_seek(GstContainerSrc *self, GstEvent *event, const SeekRequest &request) {
  GstPad *pad = GST_BASE_SRC_PAD(self);
  GST_OBJECT_LOCK(pad);
  const bool is_active = GST_PAD_MODE(pad) == GST_PAD_MODE_PUSH;
  GST_OBJECT_UNLOCK(pad);
  if (is_active) {
    std::lock_guard lock(self->priv->open_lock);
    if (self->priv->opening) {
      self->priv->early_seek.reset(gst_event_ref(event));
      return SeekVerdict::later;
    }
  }
  if (is_active && !self->priv->seekable) {
    GST_DEBUG_OBJECT(self, "this input cannot seek");
    return SeekVerdict::refuse;
  }
  if (request.wants_rate_only())
    return is_active && change_rate_instantly(self, request) ? SeekVerdict::done
                                                             : SeekVerdict::refuse;
  if (auto possible = request.check(known_index(self).get()); !possible) {
    possible.error().post_warning(GST_ELEMENT(self));
    return SeekVerdict::refuse;
  }
  return is_active ? SeekVerdict::perform : SeekVerdict::keep;
}

/* `perform` shows the base class an event that stands for the seek. */
template <typename Perform>
static gboolean seek(GstContainerSrc *self, GstEvent *event, Perform perform) {
  const SeekRequest request = SeekRequest::from_event(event);
  const SeekVerdict verdict = judge_seek(self, event, request);
  if (verdict == SeekVerdict::keep)
    self->priv->seeks.keep(request);
  if (verdict != SeekVerdict::keep && verdict != SeekVerdict::perform)
    return verdict != SeekVerdict::refuse;
  SeekHandover::Passing passing(self->priv->seeks, request);
  GstPtr<GstEvent> envelope(SeekHandover::envelope(request));
  return perform(envelope.get());
}

/* Seeks that come up the pipeline. */
static gboolean gst_container_src_event(GstBaseSrc *src, GstEvent *event) {
  auto *base_class = GST_BASE_SRC_CLASS(gst_container_src_parent_class);
  if (GST_EVENT_TYPE(event) != GST_EVENT_SEEK)
    return base_class->event(src, event);
  return seek(SELF(src), event,
              [&](GstEvent *envelope) { return base_class->event(src, envelope); });
}

/* Seeks sent to the element itself. */
static gboolean gst_container_src_send_event(GstElement *element, GstEvent *event) {
  auto *base_class = GST_ELEMENT_CLASS(gst_container_src_parent_class);
  if (GST_EVENT_TYPE(event) != GST_EVENT_SEEK)
    return base_class->send_event(element, event);
  GstPtr<GstEvent> owned(event);
  return seek(SELF(element), event, [&](GstEvent *envelope) {
    return base_class->send_event(element, gst_event_ref(envelope));
  });
}

static StreamFacts facts(GstContainerSrc *self) {
  const auto *priv = self->priv;
  return {priv->seekable, priv->duration, known_index(self), priv->last_frame};
}

static gboolean gst_container_src_query(GstBaseSrc *src, GstQuery *query) {
  switch (GST_QUERY_TYPE(query)) {
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
    if (auto answered = answer_query(query, facts(SELF(src))))
      return *answered;
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
   * GstContainerSrc:n-frames:
   *
   * How many frames the stream has, whatever its headers say; -1 while that is not known, and for
   * input that cannot seek. It is found out while the stream is played, and notified, from any
   * thread.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, PROP_N_FRAMES,
      g_param_spec_int64("n-frames", "Number of frames",
                         "Frames of the stream, counted (-1 = not known)", -1, G_MAXINT64, -1,
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
  src_class->prepare_seek_segment = GST_DEBUG_FUNCPTR(gst_container_src_prepare_seek_segment);
  src_class->do_seek = GST_DEBUG_FUNCPTR(gst_container_src_do_seek);
  src_class->event = GST_DEBUG_FUNCPTR(gst_container_src_event);
  src_class->query = GST_DEBUG_FUNCPTR(gst_container_src_query);
  push_class->create = GST_DEBUG_FUNCPTR(gst_container_src_create);

  gst_type_mark_as_plugin_api(GST_TYPE_CONTAINER_SRC_THREAD_TYPE, GstPluginAPIFlags(0));
}

static void gst_container_src_init(GstContainerSrc *self) {
  self->priv = new ContainerSrcPrivate();
  gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
  /* What is the last frame, create() knows. */
  gst_base_src_set_automatic_eos(GST_BASE_SRC(self), FALSE);
}
