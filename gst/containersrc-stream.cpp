/* gst-framewise: containersrc: what runs in the streaming thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "containersrc.hpp"

#include "framepool.hpp"
#include "framestamp.hpp"
#include "indexcache.hpp"

#include <glib/gstdio.h>

#include <utility>

#define GST_CAT_DEFAULT containersrc_debug

using namespace framewise;

/* ---- Negotiation ------------------------------------------------------------------------------
 */

/* Beside a decoder that keeps every core busy, slices of a conversion only wait for one another. */
static int conversion_threads(const ContainerSrcState &state) {
  const int asked_for = state.player_settings.reader.decoder.thread_count;
  const bool decoder_has_threads = state.player->reader().codec()->active_thread_type != 0;
  return asked_for == 0 && decoder_has_threads ? 1 : asked_for;
}

/* While a seek flushes, caps go nowhere: they are agreed on anew after that. */
static Result<void> set_caps(GstContainerSrc *self, ContainerSrcState &state, const CapsPtr &caps,
                             const std::string &what) {
  GST_INFO_OBJECT(self, "caps %" GST_PTR_FORMAT, caps.get());
  if (gst_base_src_set_caps(GST_BASE_SRC(self), caps.get()))
    return {};
  state.delivery.reset();
  state.audio.reset();
  if (GST_PAD_IS_FLUSHING(GST_BASE_SRC_PAD(self)))
    return fail_cancelled();
  CString text(gst_caps_to_string(caps.get()));
  return fail(GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
              framewise::format("Downstream refused %s.", what.c_str()), text.get());
}

static Result<void> negotiate_audio(GstContainerSrc *self, ContainerSrcState &state,
                                    const AudioParams &native) {
  CapsPtr accepted(gst_pad_peer_query_caps(GST_BASE_SRC_PAD(self), nullptr));
  auto delivery = AudioDelivery::choose(native, accepted.get());
  if (!delivery)
    return Failure(delivery.error());
  state.audio = std::move(*delivery);
  const AudioParams output = state.audio->output();
  if (auto taken = set_caps(self, state, to_caps(output), output.describe()); !taken)
    return taken;
  container_src_publish(self, state.player->input(), output);
  return {};
}

static Result<void> negotiate_video(GstContainerSrc *self, ContainerSrcState &state,
                                    const VideoParams &native) {
  CapsPtr accepted(gst_pad_peer_query_caps(GST_BASE_SRC_PAD(self), nullptr));
  auto delivery =
      FrameDelivery::choose(state.pixel_format, native, accepted.get(), conversion_threads(state));
  if (!delivery)
    return Failure(delivery.error());
  state.delivery = std::move(*delivery);
  const VideoParams output = state.delivery->output();
  if (auto taken = set_caps(self, state, to_caps(output), output.describe()); !taken)
    return taken;
  container_src_publish(self, state.player->input(), output);
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
static Result<void> read_ahead(GstContainerSrc *self, ContainerSrcState &state) {
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
gboolean container_src_negotiate(GstBaseSrc *src) {
  auto *self = SELF(src);
  ContainerSrcState *state = self->priv->state.get();
  if (!state || !state->player)
    return FALSE;
  auto ready = read_ahead(self, *state);
  if (!ready && !ready.error().is_cancelled()) {
    container_src_report(self, ready.error());
    return FALSE;
  }
  if (!state->frame)
    return TRUE; /* nothing to send, or not now: nothing to agree on */
  auto negotiated = state->frame->is_audio() ? negotiate_audio(self, *state, state->frame->audio)
                                             : negotiate_video(self, *state, state->frame->params);
  if (!negotiated) {
    container_src_report(self, negotiated.error());
    return FALSE;
  }
  return TRUE;
}

/* A pool for the frames that are converted or copied; downstream's own where it offers one. */
gboolean container_src_decide_allocation(GstBaseSrc *src, GstQuery *query) {
  ContainerSrcState *state = PRIV(src)->state.get();
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
      container_src_report(SELF(src), configured.error());
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

static bool is_from_the_start(const PlayRequest &request) {
  return request.start.kind == PlayBound::Kind::open && !request.position;
}

/* Wherever the last frame ended: SEGMENT_DONE, and what is played next, go by the segment's end. */
static void close_segment(GstContainerSrc *self, const FramePlayer &player) {
  if (!player.plays_by_index())
    return;
  GST_OBJECT_LOCK(self);
  GstSegment &segment = GST_BASE_SRC(self)->segment;
  const guint64 end = segment.rate > 0 ? segment.stop : segment.start;
  if (GST_CLOCK_TIME_IS_VALID(end))
    segment.position = end;
  GST_OBJECT_UNLOCK(self);
}

/* The base class sends the segment with a first buffer only, and EOS without it if there is none.
 */
static void send_empty_segment(GstContainerSrc *self, guint32 seqnum) {
  GST_OBJECT_LOCK(self);
  GstEvent *event = gst_event_new_segment(&GST_BASE_SRC(self)->segment);
  GST_OBJECT_UNLOCK(self);
  gst_event_set_seqnum(event, seqnum);
  gst_pad_push_event(GST_BASE_SRC_PAD(self), event);
}

static GstFlowReturn end_of_range(GstContainerSrc *self, ContainerSrcState &state) {
  const FramePlayer &player = *state.player;
  const InputSettings &input = state.player_settings.reader.input;
  const FrameLimits &limits = state.player_settings.limits;
  /* After a seek a decoder may refuse what is as good as any. */
  const int64_t damaged = player.reader().seeks() == 0 ? player.reader().damaged_packets() : 0;
  if (!state.any_frame && is_from_the_start(player.requested())) {
    if (limits.begin == 0 && limits.end > 0)
      return container_src_report(self,
                                  fail(GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
                                       format("Nothing of stream `%s` of `%s` could be decoded.",
                                              input.stream.c_str(), input.location.c_str()))
                                      .value());
    const bool nothing_there = player.begins_past_the_end() || !player.can_seek();
    if (limits.begin > 0 && nothing_there && !std::exchange(state.warned, true))
      container_src_warn(self, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                         format("`%s` has no %s %" G_GINT64_FORMAT
                                ": `start-frame` is at or past its end.",
                                input.location.c_str(),
                                player.input().is_audio() ? "sample" : "frame", limits.begin));
  }
  if ((damaged > 0 || player.input().truncation()) && !std::exchange(state.warned_of_damage, true))
    container_src_warn(self, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
                       format("`%s` is damaged or cut short: %" G_GINT64_FORMAT
                              " packets could not be decoded.",
                              input.location.c_str(), damaged));
  if (std::exchange(state.segment_waits, false))
    send_empty_segment(self, state.seqnum);
  close_segment(self, player);
  return GST_FLOW_EOS;
}

/* Stream time at which a pass over the range ends. Passes over all of a container are as long as
 * that is: so sound and picture, of which each has an element of its own, stay together. */
static int64_t end_of_pass(const ContainerSrcState &state, int64_t played_until) {
  constexpr int64_t inaccuracy = 100'000'000; /* of headers, ns */
  const FramePlayer &player = *state.player;
  const int64_t common = player.input().common_end();
  const bool is_whole = state.player_settings.limits.is_everything() &&
                        !player.requested().is_backwards() &&
                        player.requested().stop.kind == PlayBound::Kind::open;
  return is_whole && common >= 0 && played_until <= common + inaccuracy ? common : played_until;
}

/* At the end of the range: begins a new segment for the next pass over it, if one is due. A stop
 * that a seek asked for is the end of all. */
static bool begin_next_pass(GstContainerSrc *self, ContainerSrcState &state) {
  constexpr int for_ever = -1;
  auto *src = GST_BASE_SRC(self);
  FramePlayer &player = *state.player;
  const PlayRequest &played = player.requested();
  const bool was_asked_to_stop =
      src->segment.flags & GST_SEGMENT_FLAG_SEGMENT ||
      (played.is_backwards() ? played.start : played.stop).kind != PlayBound::Kind::open;
  if (state.passes == 1 || !state.any_frame_in_pass || was_asked_to_stop)
    return false;
  if (!player.can_seek()) {
    container_src_warn(self, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SEEK,
                       "This input cannot seek: it is played once, whatever `loop` says.");
    return false;
  }
  if (state.passes != for_ever)
    state.passes--;
  state.any_frame_in_pass = false;
  state.audio_end.reset();

  GST_OBJECT_LOCK(self);
  GstSegment segment = src->segment;
  GST_OBJECT_UNLOCK(self);
  const int64_t end = end_of_pass(state, int64_t(segment.position));
  state.passes_are_common = end == player.input().common_end();
  const guint64 reached = gst_segment_to_running_time(&segment, GST_FORMAT_TIME, segment.position);
  segment.base = guint64(int64_t(reached) +
                         int64_t(double(end - int64_t(segment.position)) / ABS(segment.rate)));
  segment.flags = GstSegmentFlags(segment.flags & ~GST_SEGMENT_FLAG_RESET);

  PlayRequest whole;
  whole.rate = played.rate;
  whole.key_frames_only = played.key_frames_only;
  player.request(whole);
  auto range = player.foresee();
  set_bounds(segment, range ? range->bounds() : PlayBounds{});
  gst_base_src_new_segment(src, &segment);
  return true;
}

/* A stream that begins late does so once, not with every pass. */
static void begin_segment_with(GstContainerSrc *self, const DecodedFrame &frame) {
  GST_OBJECT_LOCK(self);
  GstSegment &segment = GST_BASE_SRC(self)->segment;
  if (segment.rate > 0 && frame.time > gint64(segment.start))
    segment.start = segment.time = segment.position = guint64(frame.time);
  GST_OBJECT_UNLOCK(self);
}

static Result<BufferPtr> deliver_video(GstContainerSrc *self, ContainerSrcState &state) {
  auto buffer =
      state.delivery->deliver(state.frame->picture.get(), [self] { return acquire_buffer(self); });
  if (buffer)
    stamp_buffer(buffer->get(), *state.frame, state.delivery->output(),
                 state.player->input().stream()->time_base);
  return buffer;
}

/* Where time goes on without samples, those downstream are told of the gap. */
static Result<BufferPtr> deliver_audio(GstContainerSrc *self, ContainerSrcState &state) {
  auto buffer = state.audio->deliver(*state.frame);
  if (!buffer)
    return buffer;
  const int64_t begin = GST_BUFFER_PTS(buffer->get());
  const int64_t end = begin + int64_t(GST_BUFFER_DURATION(buffer->get()));
  const bool is_backwards = state.player->requested().is_backwards();
  const bool goes_on = state.audio_end && (is_backwards ? end : begin) == *state.audio_end;
  if (state.audio_end && !goes_on && !is_backwards && begin > *state.audio_end)
    gst_pad_push_event(
        GST_BASE_SRC_PAD(self),
        gst_event_new_gap(GstClockTime(*state.audio_end), GstClockTime(begin - *state.audio_end)));
  if (!goes_on || is_backwards)
    GST_BUFFER_FLAG_SET(buffer->get(), GST_BUFFER_FLAG_DISCONT);
  state.audio_end = is_backwards ? begin : end;
  return buffer;
}

/* Who asks for the number of frames once the pipeline is paused should find it where that is to be
 * had in a moment: a saved index, or a file of which much cannot be. Others are told later. */
static void await_index(GstContainerSrc *self, const ContainerSrcState &state) {
  constexpr goffset small = 64 << 20;
  constexpr std::chrono::milliseconds to_read_all(200), to_look_up(20);
  const InputSettings &input = state.player_settings.reader.input;
  if (!state.player->can_seek() || self->priv->index.current() || input.source)
    return;
  const auto path = local_file_at(input.location);
  GStatBuf status;
  if (!path || g_stat(path->c_str(), &status) != 0)
    return;
  self->priv->index.await(status.st_size <= small ? to_read_all : to_look_up,
                          self->priv->interruption);
}

GstFlowReturn container_src_create(GstPushSrc *push, GstBuffer **out) {
  auto *self = SELF(push);
  auto *src = GST_BASE_SRC(push);
  ContainerSrcState &state = *self->priv->state;
  self->priv->streaming_thread = std::this_thread::get_id();

  auto ready = read_ahead(self, state);
  if (ready && !state.frame && begin_next_pass(self, state)) {
    ready = read_ahead(self, state);
    if (state.frame && !state.passes_are_common)
      begin_segment_with(self, *state.frame);
  }
  if (!ready)
    return container_src_report(self, ready.error());
  if (!state.frame)
    return end_of_range(self, state);

  const bool is_agreed = state.frame->is_audio()
                             ? state.audio && state.audio->native() == state.frame->audio
                             : state.delivery && state.delivery->native() == state.frame->params;
  if (!is_agreed) {
    if (!gst_base_src_negotiate(src))
      return GST_PAD_IS_FLUSHING(GST_BASE_SRC_PAD(src)) ? GST_FLOW_FLUSHING
                                                        : GST_FLOW_NOT_NEGOTIATED;
  }
  if (!state.any_frame)
    await_index(self, state);
  auto buffer = state.frame->is_audio() ? deliver_audio(self, state) : deliver_video(self, state);
  if (!buffer)
    return container_src_report(self, buffer.error());
  self->priv->last_frame = state.frame->number;
  state.frame.reset();
  state.any_frame = state.any_frame_in_pass = true;
  state.segment_waits = false;
  *out = buffer->release();
  return GST_FLOW_OK;
}
