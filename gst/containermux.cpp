/* gst-framewise: the part of containersink that encodes and muxes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "containermux.hpp"

#include "absentpads.hpp"
#include "containermux-audio.hpp"

#include "../lib/framebridge.hpp"
#include "../lib/framemeta.hpp"
#include "../lib/framepool.hpp"
#include "../lib/framesidedata.hpp"
#include "../lib/framestamp.hpp"
#include "../lib/streamkind.hpp"
#include "../lib/streamtimecode.hpp"
#include "../lib/tagnames.hpp"

#include <gst/base/gstaggregator.h>
#include <gst/video/video.h>

#include <algorithm>

GST_DEBUG_CATEGORY(container_mux_debug);
#define GST_CAT_DEFAULT container_mux_debug

namespace framewise {
namespace {

/* ---- Pads ----------------------------------------------------------------------------------- */

/* All but `rebase` belongs to the thread that aggregates. */
struct MuxPadPrivate {
  std::shared_ptr<StreamSettings> settings; /* set once */
  std::optional<VideoParams> params;        /* of the caps; of video */
  AudioTrack audio;                         /* of audio */
  GstPtr<GstTagList> tags;                  /* of stream scope; NULL: none */
  TocPtr toc;                               /* NULL: none */
  std::optional<GstSegment> first_segment;  /* of what is written; since the last flush */
  FrameImporter importer;
  int stream = -1;
  int64_t offset = 0;                     /* ns, added to running time */
  std::atomic<bool> rebase = false;       /* running time began anew */
  std::vector<GstClockTime> key_requests; /* running times; NONE: the next frame */
};

struct MuxPad {
  GstAggregatorPad parent;
  MuxPadPrivate *priv;
};
struct MuxPadClass {
  GstAggregatorPadClass parent_class;
};
G_DEFINE_TYPE(MuxPad, framewise_container_mux_pad, GST_TYPE_AGGREGATOR_PAD)

MuxPadPrivate &priv_of(GstAggregatorPad *pad) { return *reinterpret_cast<MuxPad *>(pad)->priv; }

bool is_audio(GstAggregatorPad *pad) {
  return g_str_has_prefix(GST_PAD_TEMPLATE_NAME_TEMPLATE(GST_PAD_PAD_TEMPLATE(pad)), "audio");
}

StreamOverrides overrides_of(GstAggregatorPad *pad) {
  const auto &settings = priv_of(pad).settings;
  StreamOverrides own = settings ? settings->get() : StreamOverrides();
  own.kind = is_audio(pad) ? StreamKind::audio : StreamKind::video;
  return own;
}

GstFlowReturn pad_flush(GstAggregatorPad *pad, GstAggregator *) {
  priv_of(pad).rebase = true;
  return GST_FLOW_OK;
}

void framewise_container_mux_pad_init(MuxPad *pad) { pad->priv = new MuxPadPrivate(); }

void framewise_container_mux_pad_class_init(MuxPadClass *klass) {
  G_OBJECT_CLASS(klass)->finalize = [](GObject *object) {
    delete reinterpret_cast<MuxPad *>(object)->priv;
    G_OBJECT_CLASS(framewise_container_mux_pad_parent_class)->finalize(object);
  };
  GST_AGGREGATOR_PAD_CLASS(klass)->flush = GST_DEBUG_FUNCPTR(pad_flush);
}

/* ---- The element ---------------------------------------------------------------------------- */

struct MuxPrivate {
  /* Set in READY, dropped when that is reached again; in between used by the aggregating thread,
   * and by others under `lock` for what FrameWriter allows any thread. */
  std::unique_ptr<FrameWriter> writer;
  bool finished = false;
  GstPtr<GstTagList> tags; /* of global scope, of all pads; NULL: none */
  int64_t latency = 0;     /* as it was reported last; ns */

  std::atomic<bool> has_streams = false;
  std::atomic<bool> failed = false;
  std::atomic<bool> key_requested = false; /* from downstream */

  std::mutex lock; /* writer's existence, last_stats, bytes */
  FrameWriterStats last_stats;
  GBytes *bytes = nullptr; /* owned */

  AbsentPads absent;

  explicit MuxPrivate(GstAggregator *mux) : absent(mux) {}
  ~MuxPrivate() { g_clear_pointer(&bytes, g_bytes_unref); }
};

struct Mux {
  GstAggregator parent;
  MuxPrivate *priv;
};
struct MuxClass {
  GstAggregatorClass parent_class;
};
G_DEFINE_TYPE_WITH_CODE(Mux, framewise_container_mux, GST_TYPE_AGGREGATOR,
                        GST_DEBUG_CATEGORY_INIT(container_mux_debug, "containermux", 0,
                                                "encoding and muxing in containersink"))

MuxPrivate &priv_of(gpointer mux) { return *static_cast<Mux *>(mux)->priv; }

std::vector<GstAggregatorPad *> sink_pads(GstAggregator *mux) {
  std::vector<GstAggregatorPad *> pads;
  GST_OBJECT_LOCK(mux);
  for (GList *item = GST_ELEMENT(mux)->sinkpads; item; item = item->next)
    pads.push_back(GST_AGGREGATOR_PAD(gst_object_ref(item->data)));
  GST_OBJECT_UNLOCK(mux);
  return pads;
}

/* Pads held for the time of one look at them. */
struct HeldPads {
  explicit HeldPads(GstAggregator *mux) : pads(sink_pads(mux)) {}
  HeldPads(const HeldPads &) = delete;
  HeldPads &operator=(const HeldPads &) = delete;
  ~HeldPads() {
    for (auto *pad : pads)
      gst_object_unref(pad);
  }
  std::vector<GstAggregatorPad *> pads;
};

void post_error(gpointer mux, Error error) {
  if (error.is_cancelled())
    error = Error{GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
                  "Nobody took what was written in time, so it is not complete.", error.message};
  GST_ERROR_OBJECT(mux, "%s (%s)", error.message.c_str(), error.debug.c_str());
  GstPtr<GstElement> parent(GST_ELEMENT(gst_object_get_parent(GST_OBJECT(mux))));
  error.post(parent ? parent.get() : GST_ELEMENT(mux));
}

void post_remark(gpointer mux) {
  const std::string remark = priv_of(mux).writer->take_remark();
  if (remark.empty())
    return;
  GST_INFO_OBJECT(mux, "%s", remark.c_str());
  GstPtr<GstElement> parent(GST_ELEMENT(gst_object_get_parent(GST_OBJECT(mux))));
  GST_ELEMENT_INFO(parent ? parent.get() : GST_ELEMENT(mux), STREAM, MUX, ("%s", remark.c_str()),
                   (nullptr));
}

/* Closes the file first, so that who hears of the error can look at it. */
GstFlowReturn fail_with(GstAggregator *mux, const Error &error) {
  MuxPrivate &priv = priv_of(mux);
  if (!priv.failed.exchange(true)) {
    if (priv.writer)
      priv.writer->abort();
    post_error(mux, error);
  }
  return GST_FLOW_ERROR;
}

/* ---- Time ----------------------------------------------------------------------------------- */

FrameTime running_time_of(GstAggregatorPad *pad, GstBuffer *buffer) {
  FrameTime time;
  const GstSegment &segment = pad->segment;
  const bool in_time = segment.format == GST_FORMAT_TIME;
  if (GST_BUFFER_PTS_IS_VALID(buffer)) {
    guint64 running = GST_BUFFER_PTS(buffer);
    int sign = 1;
    if (in_time)
      sign = gst_segment_to_running_time_full(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer),
                                              &running);
    if (sign != 0)
      time.pts = sign > 0 ? int64_t(running) : -int64_t(running);
  }
  if (GST_BUFFER_DURATION_IS_VALID(buffer)) {
    time.duration = int64_t(GST_BUFFER_DURATION(buffer));
    if (in_time && ABS(segment.rate) != 1.0)
      time.duration = int64_t(time.duration / ABS(segment.rate));
  }
  return time;
}

/* A frame from before the segment is not meant to be seen; one that reaches into it begins with it.
 * What lies behind the stop is kept: a filter may well make a stream longer. */
GstBuffer *clip(GstAggregator *mux, GstAggregatorPad *pad, GstBuffer *buffer) {
  const GstSegment &segment = pad->segment;
  if (is_audio(pad))
    return priv_of(pad).audio.clip(segment, buffer);
  if (segment.format != GST_FORMAT_TIME || segment.rate < 0 || !GST_BUFFER_PTS_IS_VALID(buffer) ||
      GST_BUFFER_PTS(buffer) >= segment.start)
    return buffer;
  const GstClockTime early = segment.start - GST_BUFFER_PTS(buffer);
  if (!GST_BUFFER_DURATION_IS_VALID(buffer) || GST_BUFFER_DURATION(buffer) <= early) {
    GST_DEBUG_OBJECT(pad, "dropping %" GST_PTR_FORMAT " from before the segment", buffer);
    gst_buffer_unref(buffer);
    return nullptr;
  }
  buffer = gst_buffer_make_writable(buffer);
  GST_BUFFER_PTS(buffer) = segment.start;
  GST_BUFFER_DURATION(buffer) -= early;
  return buffer;
}

bool is_gap(GstBuffer *buffer) {
  return gst_buffer_get_size(buffer) == 0 && GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP);
}

/* ---- Streams -------------------------------------------------------------------------------- */

Result<void> add_stream(GstAggregator *mux, GstAggregatorPad *pad, GstBuffer *first) {
  MuxPadPrivate &pad_priv = priv_of(pad);
  if (is_audio(pad)) {
    auto stream = pad_priv.audio.add_stream(*priv_of(mux).writer, running_time_of(pad, first),
                                            overrides_of(pad));
    if (!stream)
      return Failure(stream.error());
    pad_priv.stream = *stream;
    return {};
  }
  if (!pad_priv.params)
    return FRAMEWISE_FAIL_STREAM(FORMAT, "Frames came before any caps.");
  StreamTiming timing;
  timing.framerate = pad_priv.params->framerate;
  timing.first = running_time_of(pad, first);
  timing.source_time_base = frame_meta_time_base(first);
  timing.timecode = timecode_of(first, timing.framerate);
  auto stream = priv_of(mux).writer->add_video_stream(with_field_order(*pad_priv.params, first),
                                                      timing, overrides_of(pad));
  if (!stream)
    return Failure(stream.error());
  pad_priv.stream = *stream;
  return {};
}

/* The encoder is open for one kind of frame. */
Result<void> take_caps(GstAggregator *mux, GstAggregatorPad *pad, GstCaps *caps) {
  MuxPadPrivate &pad_priv = priv_of(pad);
  if (is_audio(pad))
    return pad_priv.audio.take_caps(caps, *priv_of(mux).writer, pad_priv.stream);
  auto params = from_caps(caps);
  if (!params)
    return Failure(params.error());
  if (pad_priv.stream >= 0) {
    const VideoParams &was = *pad_priv.params;
    FrameWriter &writer = *priv_of(mux).writer;
    if (std::string chain = filters_back_to(was, *params, writer.encoder(pad_priv.stream));
        !chain.empty()) {
      auto changed = writer.change_video_stream(pad_priv.stream, *params);
      if (!changed)
        return Failure(changed.error());
      if (*changed) {
        GST_INFO_OBJECT(pad, "goes on with %s", params->describe().c_str());
        pad_priv.params = *params;
        return {};
      }
      return FRAMEWISE_FAIL_STREAM(
          FORMAT,
          format("The frames change from %s to %s in mid-stream, and the file holds one kind: put "
                 "`graphfilter filter-sequence=\"%s\"` before containersink.",
                 was.describe().c_str(), params->describe().c_str(), chain.c_str()),
          CString(gst_caps_to_string(caps)).get());
    }
  }
  pad_priv.params = *params;
  return {};
}

/* ---- Tags ----------------------------------------------------------------------------------- */

/* Later tags replace earlier ones of the same name. */
void remember(GstPtr<GstTagList> &known, const GstTagList *tags) {
  known.reset(gst_tag_list_merge(known.get(), tags, GST_TAG_MERGE_REPLACE));
}

void take_tags(GstAggregator *mux, GstAggregatorPad *pad, GstEvent *event) {
  GstTagList *received;
  gst_event_parse_tag(event, &received);
  GstPtr<GstTagList> tags(gst_tag_list_copy(received));
  remove_tags_of_the_file(tags.get());
  const bool global = gst_tag_list_get_scope(tags.get()) == GST_TAG_SCOPE_GLOBAL;
  remember(global ? priv_of(mux).tags : priv_of(pad).tags, tags.get());
}

/* Of the whole list what is said of a stream and not of a file. */
GstPtr<GstTagList> of_streams(const GstTagList *tags) {
  GstPtr<GstTagList> result(gst_tag_list_new_empty());
  for (const char *tag : {GST_TAG_LANGUAGE_CODE, GST_TAG_IMAGE_ORIENTATION})
    if (const GValue *value = tags ? gst_tag_list_get_value_index(tags, tag, 0) : nullptr)
      gst_tag_list_add_value(result.get(), GST_TAG_MERGE_REPLACE, tag, value);
  return result;
}

/* Chapters and pictures of the whole, under the same terms. What a TOC says is in stream time, and
 * the first segment tells which part of that is in the file, and where. */
void describe_belongings(GstAggregator *mux, GstElement *parent, const GstTagList *global,
                         const HeldPads &held) {
  FrameWriter &writer = *priv_of(mux).writer;
  std::vector<CoverPicture> covers = cover_pictures_in(global);
  TocPtr toc(parent && GST_IS_TOC_SETTER(parent) ? gst_toc_setter_get_toc(GST_TOC_SETTER(parent))
                                                 : nullptr);
  const MuxPadPrivate *source = nullptr;
  for (auto *pad : held.pads) {
    const MuxPadPrivate &pad_priv = priv_of(pad);
    if (covers.empty() && pad_priv.tags)
      covers = cover_pictures_in(pad_priv.tags.get());
    if (!source && pad_priv.first_segment && (toc || pad_priv.toc))
      source = &pad_priv;
  }
  writer.describe_covers(std::move(covers));
  const GstToc *told = toc ? toc.get() : source ? source->toc.get() : nullptr;
  if (!told || !source)
    return;
  std::vector<Chapter> chapters = to_running_time(chapters_of(told), *source->first_segment);
  for (Chapter &chapter : chapters) {
    chapter.start += source->offset;
    chapter.end += source->offset;
  }
  writer.describe_chapters(std::move(chapters));
}

GstPtr<GstTagList> merged(const GstTagList *a, const GstTagList *b, GstTagMergeMode mode) {
  GstTagList *list = gst_tag_list_merge(a, b, mode);
  return GstPtr<GstTagList>(list ? list : gst_tag_list_new_empty());
}

/* Hands on what is known by now, for as long as the header is not written. What the application
 * says through GstTagSetter and what upstream says meet as its merge mode has it. */
Result<void> describe(GstAggregator *mux) {
  MuxPrivate &priv = priv_of(mux);
  if (priv.writer->has_header())
    return {};
  GstPtr<GstElement> parent(GST_ELEMENT(gst_object_get_parent(GST_OBJECT(mux))));
  GstPtr<GstTagList> set(
      gst_tag_list_new_empty()); /* never NULL: to keep all of nothing is nothing */
  GstTagMergeMode mode = GST_TAG_MERGE_KEEP;
  if (parent && GST_IS_TAG_SETTER(parent.get())) {
    if (const GstTagList *list = gst_tag_setter_get_tag_list(GST_TAG_SETTER(parent.get())))
      set.reset(gst_tag_list_copy(list));
    mode = gst_tag_setter_get_tag_merge_mode(GST_TAG_SETTER(parent.get()));
  }

  Dictionary metadata;
  GstPtr<GstTagList> tags = merged(set.get(), priv.tags.get(), mode);
  HeldPads held(mux);
  describe_belongings(mux, parent.get(), tags.get(), held);
  const bool is_alone = held.pads.size() == 1 && !priv.writer->keeps_tags_of_streams();
  if (is_alone) /* what would be lost is said of the file: it is about the same */
    tags = merged(tags.get(), priv_of(held.pads[0]).tags.get(), GST_TAG_MERGE_KEEP);
  gst_tag_list_remove_tag(tags.get(), GST_TAG_LANGUAGE_CODE); /* the streams' own */
  tags_to_metadata(tags.get(), metadata);
  priv.writer->describe_container(metadata);

  for (auto *pad : held.pads) {
    MuxPadPrivate &pad_priv = priv_of(pad);
    if (pad_priv.stream < 0)
      continue;
    GstPtr<GstTagList> received =
        merged(pad_priv.tags.get(), of_streams(priv.tags.get()).get(), GST_TAG_MERGE_KEEP);
    tags = merged(of_streams(set.get()).get(), received.get(), mode);
    StreamDescription description;
    tags_to_metadata(tags.get(), description.metadata);
    const gchar *orientation = nullptr;
    if (gst_tag_list_peek_string_index(tags.get(), GST_TAG_IMAGE_ORIENTATION, 0, &orientation))
      description.orientation = matrix_of(orientation);
    if (auto described = priv.writer->describe_stream(pad_priv.stream, description); !described)
      return described;
  }
  return {};
}

/* ---- Writing -------------------------------------------------------------------------------- */

/* Whether a request for a key picture falls due with the frame; it is done with then. */
bool take_key_request(MuxPrivate &priv, MuxPadPrivate &pad_priv, const FrameTime &time) {
  bool due = priv.key_requested.exchange(false);
  std::erase_if(pad_priv.key_requests, [&](GstClockTime request) {
    bool now = !GST_CLOCK_TIME_IS_VALID(request) || time.pts == AV_NOPTS_VALUE ||
               time.pts >= int64_t(request);
    due = due || now;
    return now;
  });
  return due;
}

/* Whoever asks down here learns how far the file is behind what comes in. */
void report_latency(GstAggregator *mux) {
  MuxPrivate &priv = priv_of(mux);
  const int64_t latency = priv.writer->stats().latency;
  if (latency == priv.latency)
    return;
  priv.latency = latency;
  gst_aggregator_set_latency(mux, latency, GST_CLOCK_TIME_NONE);
}

/* Running time began anew at pads that were flushed: they go on where the longest of them ended,
 * all by the same offset, so that picture and sound stay together. `time` is that of the first. */
void rebase(GstAggregator *mux, int64_t time) {
  const FrameWriter &writer = *priv_of(mux).writer;
  HeldPads held(mux);
  std::vector<MuxPadPrivate *> flushed;
  int64_t end = 0;
  for (auto *pad : held.pads) {
    MuxPadPrivate &pad_priv = priv_of(pad);
    if (pad_priv.stream < 0 || !pad_priv.rebase.exchange(false))
      continue;
    flushed.push_back(&pad_priv);
    end = std::max(end, writer.end(pad_priv.stream));
  }
  for (MuxPadPrivate *pad_priv : flushed) {
    pad_priv->first_segment.reset();
    pad_priv->offset = std::max<int64_t>(0, end - time);
  }
}

Result<void> write_frame(GstAggregator *mux, GstAggregatorPad *pad, BufferPtr buffer,
                         const FrameTime &time) {
  MuxPrivate &priv = priv_of(mux);
  MuxPadPrivate &pad_priv = priv_of(pad);
  auto frame = pad_priv.importer.import(BufferPtr(gst_buffer_ref(buffer.get())), *pad_priv.params,
                                        Access::read);
  if (!frame)
    return Failure(frame.error());
  restore_side_data(frame->get(), buffer.get());
  FrameTime undisturbed = time;
  if (time.pts != AV_NOPTS_VALUE)
    undisturbed.pts -= pad_priv.offset;
  const bool key = take_key_request(priv, pad_priv, undisturbed);
  (*frame)->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  FrameTime told = time;
  told.reference_time = reference_time_of(buffer.get());
  return priv.writer->write(pad_priv.stream, std::move(*frame), told);
}

/* Tells downstream, which is there for preroll, position and EOS alone. While it stops, what is
 * queued at the pads is still written. */
GstFlowReturn push_token(GstAggregator *mux, const FrameTime &time) {
  GstBuffer *token = gst_buffer_new();
  if (time.pts >= 0)
    GST_BUFFER_PTS(token) = time.pts;
  if (time.duration > 0)
    GST_BUFFER_DURATION(token) = time.duration;
  gst_aggregator_selected_samples(mux, GST_BUFFER_PTS(token), GST_CLOCK_TIME_NONE,
                                  GST_BUFFER_DURATION(token), nullptr);
  const GstFlowReturn ret = gst_aggregator_finish_buffer(mux, token);
  return ret == GST_FLOW_FLUSHING ? GST_FLOW_OK : ret;
}

GstFlowReturn write_next(GstAggregator *mux, GstAggregatorPad *pad) {
  MuxPrivate &priv = priv_of(mux);
  MuxPadPrivate &pad_priv = priv_of(pad);
  BufferPtr buffer(gst_aggregator_pad_pop_buffer(pad));
  const bool gap = buffer && is_gap(buffer.get());
  if (!buffer || (gap && (!is_audio(pad) || pad_priv.stream < 0)))
    return GST_FLOW_OK;
  if (pad_priv.stream < 0)
    return fail_with(mux, FRAMEWISE_FAIL_STREAM(MUX, "A pad's first frame came when its stream had "
                                                     "ended without one.")
                              .value());

  FrameTime time = running_time_of(pad, buffer.get());
  if (pad_priv.rebase && time.pts != AV_NOPTS_VALUE)
    rebase(mux, time.pts);
  if (time.pts != AV_NOPTS_VALUE)
    time.pts += pad_priv.offset;
  if (!pad_priv.first_segment)
    pad_priv.first_segment = pad->segment;

  if (auto described = describe(mux); !described)
    return fail_with(mux, described.error());
  auto written = gap ? pad_priv.audio.write_gap(*priv.writer, pad_priv.stream, time)
                 : is_audio(pad)
                     ? pad_priv.audio.write(*priv.writer, pad_priv.stream, std::move(buffer), time)
                     : write_frame(mux, pad, std::move(buffer), time);
  if (!written)
    return fail_with(mux, written.error());
  post_remark(mux);
  report_latency(mux);
  return push_token(mux, time);
}

GstFlowReturn finish(GstAggregator *mux) {
  MuxPrivate &priv = priv_of(mux);
  if (priv.finished)
    return GST_FLOW_EOS;
  /* an encoder that held all its frames back writes the header now */
  if (auto described = describe(mux); !described)
    return fail_with(mux, described.error());
  if (auto stats = priv.writer->finish(); !stats)
    return fail_with(mux, stats.error());
  priv.finished = true;
  post_remark(mux);
  if (GBytes *bytes = priv.writer->take_bytes()) {
    {
      std::lock_guard lock(priv.lock);
      priv.bytes = bytes;
    }
    if (GstPtr<GstElement> parent(GST_ELEMENT(gst_object_get_parent(GST_OBJECT(mux)))); parent)
      g_object_notify(G_OBJECT(parent.get()), "bytes");
  }
  return GST_FLOW_EOS;
}

/* ---- Choosing the next ---------------------------------------------------------------------- */

enum class Absence {
  waits,    /* for a pad without a buffer, unless it has ended */
  is_an_end /* nothing more will come */
};

struct Choice {
  GstAggregatorPad *pad = nullptr; /* NULL: no pad has anything */
  bool waiting = false;            /* for a pad that has nothing yet */
  bool dropped = false;            /* what no stream begins with: choose again */
};

/* The pad whose head is the earliest. The streams are those of the pads that have one the first
 * time. */
Result<Choice> choose_pad(GstAggregator *mux, const HeldPads &held, Absence absence) {
  MuxPrivate &priv = priv_of(mux);
  Choice choice;
  int64_t earliest = INT64_MAX;
  for (auto *pad : held.pads) {
    BufferPtr head(gst_aggregator_pad_peek_buffer(pad));
    if (!head && absence == Absence::waits && !gst_aggregator_pad_is_eos(pad))
      return Choice{.waiting = true};
    if (!head)
      continue;
    if (!priv.has_streams && is_gap(head.get())) {
      gst_aggregator_pad_drop_buffer(pad); /* every stream begins with a frame */
      return Choice{.dropped = true};
    }
    if (!priv.has_streams && priv_of(pad).stream < 0)
      if (auto added = add_stream(mux, pad, head.get()); !added)
        return Failure(added.error());
    const int64_t time = running_time_of(pad, head.get()).pts; /* none: the lowest of all */
    if (!choice.pad || time < earliest) {
      choice.pad = pad;
      earliest = time;
    }
  }
  return choice;
}

GstFlowReturn aggregate(GstAggregator *mux, gboolean) {
  MuxPrivate &priv = priv_of(mux);
  if (priv.failed)
    return GST_FLOW_ERROR;
  if (priv.finished)
    return GST_FLOW_EOS;

  HeldPads held(mux);
  auto choice = choose_pad(mux, held, Absence::waits);
  if (!choice)
    return fail_with(mux, choice.error());
  if (choice->waiting)
    return GST_AGGREGATOR_FLOW_NEED_DATA;
  if (choice->dropped)
    return GST_FLOW_OK;
  if (!choice->pad)
    return finish(mux);
  if (!priv.has_streams.exchange(true)) {
    CapsPtr caps(gst_caps_new_empty_simple("application/x-framewise-written"));
    gst_aggregator_set_src_caps(mux, caps.get());
  }
  return write_next(mux, choice->pad);
}

/* The element stops without EOS while a pad waits for another one. What waits is written; what
 * comes after that is not taken any more. No other thread aggregates by then. */
void write_what_waits(GstAggregator *mux) {
  MuxPrivate &priv = priv_of(mux);
  HeldPads held(mux);
  for (auto *pad : held.pads) {
    GST_OBJECT_LOCK(pad);
    GST_PAD_SET_FLUSHING(pad);
    GST_OBJECT_UNLOCK(pad);
  }
  while (priv.writer && !priv.failed && !priv.finished) {
    auto choice = choose_pad(mux, held, Absence::is_an_end);
    if (!choice) {
      fail_with(mux, choice.error());
      return;
    }
    if (choice->dropped)
      continue;
    if (!choice->pad)
      return;
    priv.has_streams = true;
    if (write_next(mux, choice->pad) != GST_FLOW_OK)
      return;
  }
}

/* ---- Events and queries --------------------------------------------------------------------- */

gboolean sink_event(GstAggregator *mux, GstAggregatorPad *pad, GstEvent *event) {
  switch (GST_EVENT_TYPE(event)) {
  case GST_EVENT_CAPS: {
    GstCaps *caps;
    gst_event_parse_caps(event, &caps);
    auto taken = take_caps(mux, pad, caps);
    gst_event_unref(event);
    if (!taken)
      fail_with(mux, taken.error());
    return taken.has_value();
  }
  case GST_EVENT_TAG:
    take_tags(mux, pad, event);
    break;
  case GST_EVENT_TOC: {
    GstToc *toc = nullptr;
    gst_event_parse_toc(event, &toc, nullptr);
    priv_of(pad).toc.reset(toc);
    gst_event_unref(event);
    return TRUE;
  }
  case GST_EVENT_CUSTOM_DOWNSTREAM:
    if (gst_video_event_is_force_key_unit(event)) {
      GstClockTime running_time = GST_CLOCK_TIME_NONE;
      gst_video_event_parse_downstream_force_key_unit(event, nullptr, nullptr, &running_time,
                                                      nullptr, nullptr);
      priv_of(pad).key_requests.push_back(running_time);
      gst_event_unref(event);
      return TRUE;
    }
    break;
  default:
    break;
  }
  return GST_AGGREGATOR_CLASS(framewise_container_mux_parent_class)->sink_event(mux, pad, event);
}

/* In the thread of upstream. */
GstFlowReturn sink_event_pre_queue(GstAggregator *mux, GstAggregatorPad *pad, GstEvent *event) {
  const bool eos = GST_EVENT_TYPE(event) == GST_EVENT_EOS;
  const GstFlowReturn ret = GST_AGGREGATOR_CLASS(framewise_container_mux_parent_class)
                                ->sink_event_pre_queue(mux, pad, event);
  if (eos)
    priv_of(mux).absent.note_end(pad);
  return ret;
}

gboolean src_event(GstAggregator *mux, GstEvent *event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_UPSTREAM &&
      gst_video_event_is_force_key_unit(event)) {
    priv_of(mux).key_requested = true;
    gst_event_unref(event);
    return TRUE;
  }
  return GST_AGGREGATOR_CLASS(framewise_container_mux_parent_class)->src_event(mux, event);
}

/* Any size, of these formats. One structure each: within a list of formats the order is lost to
 * upstream's when the two are intersected. */
CapsPtr caps_of_formats(const std::vector<AVPixelFormat> &formats) {
  CapsPtr caps(gst_caps_new_empty());
  for (AVPixelFormat format : formats) {
    GstVideoFormat twin = to_gst_format(format);
    bool named = twin != GST_VIDEO_FORMAT_UNKNOWN;
    gst_caps_append_structure(
        caps.get(),
        gst_structure_new(named ? "video/x-raw" : FRAMEWISE_CAPS_NAME, "format", G_TYPE_STRING,
                          named ? gst_video_format_to_string(twin) : av_get_pix_fmt_name(format),
                          nullptr));
  }
  return caps;
}

/* Everything can be converted, but what the encoder takes as it is comes first, and in its order:
 * a source that can give anything then gives what the codec is made for. */
CapsPtr preferred_caps(MuxPrivate &priv, GstPad *pad) {
  CapsPtr all(gst_pad_get_pad_template_caps(pad));
  if (is_audio(GST_AGGREGATOR_PAD(pad))) {
    std::lock_guard lock(priv.lock);
    auto takes = priv.writer ? priv.writer->audio_formats(overrides_of(GST_AGGREGATOR_PAD(pad)))
                             : std::nullopt;
    return takes ? audio_caps_with_first(*takes, all.get()) : std::move(all);
  }
  std::vector<AVPixelFormat> formats;
  {
    std::lock_guard lock(priv.lock);
    if (priv.writer)
      formats = priv.writer->video_formats(overrides_of(GST_AGGREGATOR_PAD(pad)));
  }
  if (formats.empty())
    return all;
  CapsPtr wanted = caps_of_formats(formats);
  GstCaps *first = gst_caps_intersect_full(wanted.get(), all.get(), GST_CAPS_INTERSECT_FIRST);
  return CapsPtr(gst_caps_merge(first, all.release()));
}

gboolean sink_query(GstAggregator *mux, GstAggregatorPad *pad, GstQuery *query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_CAPS) {
    GstCaps *filter;
    gst_query_parse_caps(query, &filter);
    CapsPtr caps = preferred_caps(priv_of(mux), GST_PAD(pad));
    if (filter)
      caps.reset(gst_caps_intersect_full(caps.get(), filter, GST_CAPS_INTERSECT_FIRST));
    gst_query_set_caps_result(query, caps.get());
    return TRUE;
  }
  return GST_AGGREGATOR_CLASS(framewise_container_mux_parent_class)->sink_query(mux, pad, query);
}

gboolean propose_allocation(GstAggregator *, GstAggregatorPad *pad, GstQuery *, GstQuery *query) {
  if (is_audio(pad)) {
    gst_query_add_allocation_meta(query, GST_AUDIO_META_API_TYPE, nullptr);
    return TRUE;
  }
  /* One in the pad's queue, one being encoded; encoders that look ahead make their own copies, or
   * the pool grows. */
  propose_frame_allocation(query, 2);
  return TRUE;
}

/* ---- Life ----------------------------------------------------------------------------------- */

GstAggregatorPad *create_new_pad(GstAggregator *mux, GstPadTemplate *templ, const gchar *name,
                                 const GstCaps *) {
  auto *pad =
      GST_AGGREGATOR_PAD(g_object_new(framewise_container_mux_pad_get_type(), "name", name,
                                      "direction", GST_PAD_SINK, "template", templ, nullptr));
  priv_of(mux).absent.watch(pad);
  return pad;
}

gboolean start(GstAggregator *mux) {
  MuxPrivate &priv = priv_of(mux);
  if (!priv.writer)
    return FALSE;
  {
    std::lock_guard lock(priv.lock);
    g_clear_pointer(&priv.bytes, g_bytes_unref);
  }
  priv.finished = false;
  priv.latency = 0;
  gst_aggregator_set_latency(mux, 0, GST_CLOCK_TIME_NONE);
  priv.failed = false;
  priv.tags.reset();
  priv.has_streams = false;
  priv.key_requested = false;
  HeldPads held(mux);
  for (auto *pad : held.pads) {
    MuxPad *mux_pad = reinterpret_cast<MuxPad *>(pad);
    priv.absent.watch(pad);
    auto settings = std::move(mux_pad->priv->settings);
    delete mux_pad->priv;
    mux_pad->priv = new MuxPadPrivate();
    mux_pad->priv->settings = std::move(settings);
  }
  return TRUE;
}

/* No thread streams any more. A stop without EOS leaves a whole file just the same; without a frame
 * there is none, and nobody asked for the end of one. */
gboolean stop(GstAggregator *mux) {
  MuxPrivate &priv = priv_of(mux);
  priv.absent.stop();
  if (priv.writer && priv.has_streams && !priv.finished && !priv.failed) {
    GST_INFO_OBJECT(mux, "stopped without EOS: finishing the file");
    finish(mux);
  }
  std::lock_guard lock(priv.lock);
  if (priv.writer)
    priv.last_stats = priv.writer->stats();
  priv.writer.reset();
  return TRUE;
}

GstStateChangeReturn change_state(GstElement *element, GstStateChange transition) {
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    /* Downstream has stopped already, so that the thread that aggregates waits for nobody. */
    gst_pad_set_active(GST_AGGREGATOR_SRC_PAD(element), FALSE);
    write_what_waits(GST_AGGREGATOR(element));
  }
  return GST_ELEMENT_CLASS(framewise_container_mux_parent_class)->change_state(element, transition);
}

void release_pad(GstElement *element, GstPad *pad) {
  priv_of(element).absent.forget(GST_AGGREGATOR_PAD(pad));
  GST_ELEMENT_CLASS(framewise_container_mux_parent_class)->release_pad(element, pad);
}

void framewise_container_mux_init(Mux *mux) { mux->priv = new MuxPrivate(GST_AGGREGATOR(mux)); }

void framewise_container_mux_class_init(MuxClass *klass) {
  auto *element_class = GST_ELEMENT_CLASS(klass);
  auto *aggregator_class = GST_AGGREGATOR_CLASS(klass);
  G_OBJECT_CLASS(klass)->finalize = [](GObject *object) {
    delete reinterpret_cast<Mux *>(object)->priv;
    G_OBJECT_CLASS(framewise_container_mux_parent_class)->finalize(object);
  };
  CapsPtr sink_caps = template_caps();
  gst_element_class_add_pad_template(
      element_class,
      gst_pad_template_new_with_gtype("video_%u", GST_PAD_SINK, GST_PAD_REQUEST, sink_caps.get(),
                                      framewise_container_mux_pad_get_type()));
  CapsPtr audio_caps = audio_template_caps();
  gst_element_class_add_pad_template(
      element_class,
      gst_pad_template_new_with_gtype("audio_%u", GST_PAD_SINK, GST_PAD_REQUEST, audio_caps.get(),
                                      framewise_container_mux_pad_get_type()));
  CapsPtr src_caps(gst_caps_new_any());
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new_with_gtype("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                                                     src_caps.get(), GST_TYPE_AGGREGATOR_PAD));
  gst_element_class_set_static_metadata(element_class, "Container muxer", "Codec/Encoder/Muxer",
                                        "Encodes and muxes inside containersink",
                                        "The gst-framewise authors");
  element_class->release_pad = GST_DEBUG_FUNCPTR(release_pad);
  element_class->change_state = GST_DEBUG_FUNCPTR(change_state);
  aggregator_class->create_new_pad = GST_DEBUG_FUNCPTR(create_new_pad);
  aggregator_class->start = GST_DEBUG_FUNCPTR(start);
  aggregator_class->stop = GST_DEBUG_FUNCPTR(stop);
  aggregator_class->clip = GST_DEBUG_FUNCPTR(clip);
  aggregator_class->aggregate = GST_DEBUG_FUNCPTR(aggregate);
  aggregator_class->sink_event = GST_DEBUG_FUNCPTR(sink_event);
  aggregator_class->sink_event_pre_queue = GST_DEBUG_FUNCPTR(sink_event_pre_queue);
  aggregator_class->sink_query = GST_DEBUG_FUNCPTR(sink_query);
  aggregator_class->src_event = GST_DEBUG_FUNCPTR(src_event);
  aggregator_class->propose_allocation = GST_DEBUG_FUNCPTR(propose_allocation);
  aggregator_class->negotiate = nullptr; /* the caps of what is pushed never change */
}

} // namespace

GstElement *new_container_mux() {
  return GST_ELEMENT(g_object_new(framewise_container_mux_get_type(), "name", "mux", nullptr));
}

void container_mux_take_writer(GstElement *mux, std::unique_ptr<FrameWriter> writer) {
  MuxPrivate &priv = priv_of(mux);
  std::lock_guard lock(priv.lock);
  priv.writer = std::move(writer);
}

void container_mux_set_pad_timeout(GstElement *mux, GstClockTime timeout) {
  priv_of(mux).absent.set_timeout(timeout);
}

void container_mux_pad_use(GstPad *pad, std::shared_ptr<StreamSettings> settings) {
  priv_of(GST_AGGREGATOR_PAD(pad)).settings = std::move(settings);
}

FrameWriterStats container_mux_stats(GstElement *mux) {
  MuxPrivate &priv = priv_of(mux);
  std::lock_guard lock(priv.lock);
  return priv.writer ? priv.writer->stats() : priv.last_stats;
}

GBytes *container_mux_bytes(GstElement *mux) {
  MuxPrivate &priv = priv_of(mux);
  std::lock_guard lock(priv.lock);
  return priv.bytes ? g_bytes_ref(priv.bytes) : nullptr;
}

void container_mux_hurry(GstElement *mux) {
  MuxPrivate &priv = priv_of(mux);
  std::lock_guard lock(priv.lock);
  if (priv.writer)
    priv.writer->hurry();
}

bool container_mux_has_failed(GstElement *mux) { return priv_of(mux).failed; }
bool container_mux_has_streams(GstElement *mux) { return priv_of(mux).has_streams; }

} // namespace framewise
