/* gst-framewise: containersink, encodes and writes a container.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-containersink
 * @title: containersink
 * @short_description: Encodes and writes a container with FFmpeg's libraries
 *
 * Encodes raw video and audio with any encoder of libavcodec and writes them into any container of
 * libavformat. Pads are requested as `video_%u` and `audio_%u`; a link without a pad's name
 * requests one of the kind that upstream's caps are of, and one of video where they could be
 * either.
 *
 * Frames are converted to the pixel format of the encoder that is closest to theirs; sizes are
 * never changed. What is written is running time. With a frame rate in the caps, or in
 * #GstContainerSink:framerate, one tick is one frame; without (0/1) timestamps are kept as finely
 * as the container can. No frame is dropped or merged with another.
 *
 * What concerns one stream can be set on its pad as well (`video_1::codec=ffv1` in a launch line),
 * in place of what the element has. Pads may come until the first frame is written.
 *
 * ## Audio
 *
 * Samples are converted where the encoder does not take them as they are: to the sample format that
 * loses least, to the same rate or the next higher one, to a layout of as many channels. What an
 * encoder takes is asked for first where caps are negotiated. A stream whose format changes goes on
 * in the one that it began with.
 *
 * The first sample is where its running time is; those after it are counted. Timestamps that are
 * off by up to 40 ms change nothing. Beyond that, and after a discontinuity or a gap event from 1
 * ms on, missing time becomes silence, and samples for a time that was written already are cut off,
 * with a warning in the log. The delay of encoders is written where containers have a place for it;
 * where they have none (AVI) the sound is late by it.
 *
 * ## Several pads
 *
 * What has the lowest running time is written first, and a pad that is ahead of the others waits.
 * Since containers want all streams before their header, nothing is written until each linked pad
 * has its first buffer or has ended. A pad that is not linked by then is left out, with a warning.
 * One that is linked and silent is waited for, as long as #GstContainerSink:pad-timeout says once
 * all the others have data or have ended, and then left out, too. If the element stops while a pad
 * waits for another, what has come is still written. A branch that feeds two pads from one thread
 * needs queues, as with any muxer.
 *
 * Frames of another size or format in mid-stream are never scaled or converted to what the stream
 * began with. Picture sequences, and H.264 and HEVC in MPEG-TS or bare, go on with them; elsewhere
 * they are an error that names a filter to put before.
 *
 * The file is finished on EOS, and EOS is only posted when it is; it is finished as well when the
 * element goes to READY without EOS. Where a file stands at the location, the new one is written to
 * `LOCATION.part` and takes its place when it is complete. A single picture is always written so,
 * to `NAME.part.png`. Only one writer at a time gets a `.part`; what a crash left of one is taken
 * over. With a pattern (`frame%03d.png`), with `container-options="o,update=1"` and with containers
 * that are many files (hls, dash), files that stand there are replaced one by one as writing goes
 * on.
 *
 * Instead of a location it can be given a #GstContainerSink:output-stream, or with `container`
 * alone keep the file in memory (#GstContainerSink:bytes).
 *
 * Tags are written until the header is, which is with the first packet of the encoder: those of
 * global scope and those that the application gives to the #GstTagSetter as tags of the file, those
 * of stream scope as the stream's; language and orientation always are the stream's. The merge mode
 * of the #GstTagSetter says which win, by default the application's. Under FFmpeg's names
 * #GstContainerSink:container-metadata and #GstContainerSink:stream-metadata overrule them. What a
 * container has no place for is left out by its muxer; of orientation, chapters and pictures an
 * INFO message says so. Where a container with one stream has no place for tags of a stream, they
 * are those of the file.
 *
 * A TOC, of upstream or of the application (#GstTocSetter, which wins), is written as chapters. Its
 * times are stream time: the first segment says where in the file they are, and what it leaves out
 * of them is cut off; a loop has those of its first pass. %GST_TAG_IMAGE and %GST_TAG_PREVIEW_IMAGE
 * are written as pictures beside the streams into MP4, M4A, MP3, FLAC, Ogg and, as
 * attachments, Matroska.
 *
 * ## A recording that survives a crash
 *
 * What a killed process leaves is readable up to the last half second or so with these
 * container-options: `cluster_time_limit=500,flush_packets=1` for Matroska,
 * `movflags=+frag_keyframe+empty_moov+default_base_moof,frag_duration=500000,flush_packets=1` for
 * MP4, `flush_packets=1` for MPEG-TS. Frames that are still inside the encoder are lost as well:
 * libx264 keeps none with `codec-options="o,tune=zerolatency"`; `latency` in
 * #GstContainerSink:stats tells of the others. Where a file stood at the location, what was
 * recorded is in `LOCATION.part`.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=100 ! containersink location=out.mkv
 * ]| Writes Matroska with its usual codec.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=100 ! containersink location=out.mp4 codec=libx264
 * codec-options="o,preset=veryfast,crf=20" container-options="o,movflags=+faststart"
 * ]| Sets options of encoder and muxer; `ffmpeg -h encoder=libx264` and `ffmpeg -h muxer=mp4` list
 * them.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=100 ! containersink name=out location=out.mp4
 * codec=libx264 audio-codec=aac audio-codec-options="o,b=192000" audiotestsrc num-buffers=150 !
 * out.audio_0
 * ]| Writes picture and sound.
 * |[
 * gst-launch-1.0 filesrc location=in.mkv ! decodebin ! containersink location=frame%04d.png
 * ]| Writes a sequence of pictures.
 *
 * Since: 0.1
 */
#include "elements.h"

#include "containermux.hpp"
#include "containersinkpad.hpp"

#include "../lib/framewriter.h"

#include <gst/video/video.h>

#include <array>

GST_DEBUG_CATEGORY_STATIC(containersink_debug);
#define GST_CAT_DEFAULT containersink_debug

using framewise::ClosedGop;
using framewise::CString;
using framewise::Dictionary;
using framewise::FrameWriter;
using framewise::FrameWriterSettings;
using framewise::GObjectPtr;
using framewise::GstPtr;
using framewise::StructurePtr;

namespace {

enum {
  PROP_0,
  PROP_LOCATION,
  PROP_OUTPUT_STREAM,
  PROP_BYTES,
  PROP_CONTAINER,
  PROP_CODEC,
  PROP_AUDIO_CODEC,
  PROP_AUDIO_CODEC_OPTIONS,
  PROP_PIXEL_FORMAT,
  PROP_FRAMERATE,
  PROP_MAX_KEYFRAME_INTERVAL,
  PROP_CLOSED_GOP,
  PROP_CODEC_OPTIONS,
  PROP_CONTAINER_OPTIONS,
  PROP_CONTAINER_METADATA,
  PROP_STREAM_METADATA,
  PROP_THREAD_COUNT,
  PROP_PAD_TIMEOUT,
  PROP_STATS,
};

constexpr int default_max_keyframe_interval = -1;
constexpr ClosedGop default_closed_gop = ClosedGop::automatic;
constexpr int default_thread_count = 0;
/* Enough for a source that is still starting: a camera, a server far away. */
constexpr guint64 default_pad_timeout = 20 * GST_SECOND;

struct Settings {
  GObjectPtr<GOutputStream> output_stream;
  CString location, container, codec, audio_codec, pixel_format;
  int framerate_num = 0, framerate_den = 1;
  int max_keyframe_interval = default_max_keyframe_interval;
  ClosedGop closed_gop = default_closed_gop;
  StructurePtr codec_options, audio_codec_options, container_options, container_metadata,
      stream_metadata;
  int thread_count = default_thread_count;
  guint64 pad_timeout = default_pad_timeout;
};

struct ContainerSinkPrivate {
  std::mutex settings_lock;
  Settings settings;
  GstElement *mux = nullptr;            /* owned by the bin */
  guint next_video = 0, next_audio = 0; /* numbers of pads; under the object lock */
};

} // namespace

struct GstContainerSink {
  GstBin parent;
  ContainerSinkPrivate *priv;
};
struct GstContainerSinkClass {
  GstBinClass parent_class;
};

static GType gst_container_sink_get_type();
static void gst_container_sink_child_proxy_init(gpointer interface, gpointer);
static void gst_container_sink_preset_init(gpointer interface, gpointer);

G_DEFINE_TYPE_WITH_CODE(GstContainerSink, gst_container_sink, GST_TYPE_BIN,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_CHILD_PROXY,
                                              gst_container_sink_child_proxy_init)
                            G_IMPLEMENT_INTERFACE(GST_TYPE_PRESET, gst_container_sink_preset_init)
                                G_IMPLEMENT_INTERFACE(GST_TYPE_TAG_SETTER, nullptr)
                                    G_IMPLEMENT_INTERFACE(GST_TYPE_TOC_SETTER, nullptr))
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE(containersink, "containersink", GST_RANK_NONE,
                                      gst_container_sink_get_type(),
                                      GST_DEBUG_CATEGORY_INIT(containersink_debug, "containersink",
                                                              0, "container writer"))

static GstContainerSink *as_sink(gpointer object) {
  return reinterpret_cast<GstContainerSink *>(object);
}
static ContainerSinkPrivate &priv_of(gpointer object) { return *as_sink(object)->priv; }

/* ---- Properties ----------------------------------------------------------------------------- */

static std::string text_of(const CString &text) { return text ? text.get() : ""; }

static FrameWriterSettings writer_settings(ContainerSinkPrivate &priv) {
  std::lock_guard lock(priv.settings_lock);
  const Settings &settings = priv.settings;
  FrameWriterSettings result;
  result.location = text_of(settings.location);
  if (settings.output_stream)
    result.output_stream = {
        static_cast<GOutputStream *>(g_object_ref(settings.output_stream.get())), g_object_unref};
  result.container = text_of(settings.container);
  result.codec = text_of(settings.codec);
  result.video.pixel_format = text_of(settings.pixel_format);
  result.video.framerate = {settings.framerate_num, settings.framerate_den};
  result.video.max_keyframe_interval = settings.max_keyframe_interval;
  result.video.closed_gop = settings.closed_gop;
  result.video.options = Dictionary::from_structure(settings.codec_options.get());
  result.video.thread_count = settings.thread_count;
  result.audio_codec = text_of(settings.audio_codec);
  result.audio.options = Dictionary::from_structure(settings.audio_codec_options.get());
  result.audio.thread_count = settings.thread_count;
  result.container_options = Dictionary::from_structure(settings.container_options.get());
  result.container_metadata = Dictionary::from_structure(settings.container_metadata.get());
  result.stream_metadata = Dictionary::from_structure(settings.stream_metadata.get());
  return result;
}

static void gst_container_sink_set_property(GObject *object, guint id, const GValue *value,
                                            GParamSpec *pspec) {
  ContainerSinkPrivate &priv = priv_of(object);
  std::lock_guard lock(priv.settings_lock);
  Settings &settings = priv.settings;
  auto structure = [&] { return static_cast<GstStructure *>(g_value_dup_boxed(value)); };
  switch (id) {
  case PROP_LOCATION:
    settings.location.reset(g_value_dup_string(value));
    break;
  case PROP_OUTPUT_STREAM:
    settings.output_stream.reset(static_cast<GOutputStream *>(g_value_dup_object(value)));
    break;
  case PROP_CONTAINER:
    settings.container.reset(g_value_dup_string(value));
    break;
  case PROP_CODEC:
    settings.codec.reset(g_value_dup_string(value));
    break;
  case PROP_AUDIO_CODEC:
    settings.audio_codec.reset(g_value_dup_string(value));
    break;
  case PROP_AUDIO_CODEC_OPTIONS:
    settings.audio_codec_options.reset(structure());
    break;
  case PROP_PIXEL_FORMAT:
    settings.pixel_format.reset(g_value_dup_string(value));
    break;
  case PROP_FRAMERATE:
    settings.framerate_num = gst_value_get_fraction_numerator(value);
    settings.framerate_den = gst_value_get_fraction_denominator(value);
    break;
  case PROP_MAX_KEYFRAME_INTERVAL:
    settings.max_keyframe_interval = g_value_get_int(value);
    break;
  case PROP_CLOSED_GOP:
    settings.closed_gop = static_cast<ClosedGop>(g_value_get_enum(value));
    break;
  case PROP_CODEC_OPTIONS:
    settings.codec_options.reset(structure());
    break;
  case PROP_CONTAINER_OPTIONS:
    settings.container_options.reset(structure());
    break;
  case PROP_CONTAINER_METADATA:
    settings.container_metadata.reset(structure());
    break;
  case PROP_STREAM_METADATA:
    settings.stream_metadata.reset(structure());
    break;
  case PROP_PAD_TIMEOUT:
    settings.pad_timeout = g_value_get_uint64(value);
    break;
  case PROP_THREAD_COUNT:
    settings.thread_count = g_value_get_int(value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static void gst_container_sink_get_property(GObject *object, guint id, GValue *value,
                                            GParamSpec *pspec) {
  ContainerSinkPrivate &priv = priv_of(object);
  if (id == PROP_STATS) {
    g_value_take_boxed(value,
                       framewise::to_structure(framewise::container_mux_stats(priv.mux)).release());
    return;
  }
  if (id == PROP_BYTES) {
    g_value_take_boxed(value, framewise::container_mux_bytes(priv.mux));
    return;
  }
  std::lock_guard lock(priv.settings_lock);
  const Settings &settings = priv.settings;
  switch (id) {
  case PROP_OUTPUT_STREAM:
    g_value_set_object(value, settings.output_stream.get());
    break;
  case PROP_LOCATION:
    g_value_set_string(value, settings.location.get());
    break;
  case PROP_CONTAINER:
    g_value_set_string(value, settings.container.get());
    break;
  case PROP_CODEC:
    g_value_set_string(value, settings.codec.get());
    break;
  case PROP_AUDIO_CODEC:
    g_value_set_string(value, settings.audio_codec.get());
    break;
  case PROP_AUDIO_CODEC_OPTIONS:
    g_value_set_boxed(value, settings.audio_codec_options.get());
    break;
  case PROP_PIXEL_FORMAT:
    g_value_set_string(value, settings.pixel_format.get());
    break;
  case PROP_FRAMERATE:
    gst_value_set_fraction(value, settings.framerate_num, settings.framerate_den);
    break;
  case PROP_MAX_KEYFRAME_INTERVAL:
    g_value_set_int(value, settings.max_keyframe_interval);
    break;
  case PROP_CLOSED_GOP:
    g_value_set_enum(value, int(settings.closed_gop));
    break;
  case PROP_CODEC_OPTIONS:
    g_value_set_boxed(value, settings.codec_options.get());
    break;
  case PROP_CONTAINER_OPTIONS:
    g_value_set_boxed(value, settings.container_options.get());
    break;
  case PROP_CONTAINER_METADATA:
    g_value_set_boxed(value, settings.container_metadata.get());
    break;
  case PROP_STREAM_METADATA:
    g_value_set_boxed(value, settings.stream_metadata.get());
    break;
  case PROP_PAD_TIMEOUT:
    g_value_set_uint64(value, settings.pad_timeout);
    break;
  case PROP_THREAD_COUNT:
    g_value_set_int(value, settings.thread_count);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

/* ---- Pads ----------------------------------------------------------------------------------- */

static GstPad *gst_container_sink_request_new_pad(GstElement *element, GstPadTemplate *templ,
                                                  const gchar *name, const GstCaps *) {
  ContainerSinkPrivate &priv = priv_of(element);
  if (framewise::container_mux_has_streams(priv.mux)) {
    GST_WARNING_OBJECT(element, "the container has its streams already: no pad can join");
    return nullptr;
  }
  const bool audio = GST_PAD_TEMPLATE_GTYPE(templ) == GST_TYPE_CONTAINER_SINK_AUDIO_PAD;
  guint &next = audio ? priv.next_audio : priv.next_video;
  guint number;
  GST_OBJECT_LOCK(element);
  if (name && sscanf(name, audio ? "audio_%u" : "video_%u", &number) == 1)
    next = MAX(next, number + 1);
  else
    number = next++;
  GST_OBJECT_UNLOCK(element);
  std::string pad_name = framewise::format(audio ? "audio_%u" : "video_%u", number);
  GstPtr<GstPad> existing(gst_element_get_static_pad(element, pad_name.c_str()));
  if (existing) {
    GST_WARNING_OBJECT(element, "there is a pad %s already", pad_name.c_str());
    return nullptr;
  }
  GstPtr<GstPad> target(gst_element_request_pad_simple(priv.mux, pad_name.c_str()));
  if (!target)
    return nullptr;
  GstPad *pad = new_container_sink_pad(pad_name.c_str(), target.get(), templ);
  framewise::container_mux_pad_use(target.get(), container_sink_pad_settings(pad));
  if (GST_STATE(element) > GST_STATE_READY || GST_STATE_NEXT(element) > GST_STATE_READY)
    gst_pad_set_active(pad, TRUE);
  gst_element_add_pad(element, pad);
  gst_child_proxy_child_added(GST_CHILD_PROXY(element), G_OBJECT(pad), pad_name.c_str());
  return pad;
}

static void gst_container_sink_release_pad(GstElement *element, GstPad *pad) {
  GstPtr<GstPad> target(gst_ghost_pad_get_target(GST_GHOST_PAD(pad)));
  gst_child_proxy_child_removed(GST_CHILD_PROXY(element), G_OBJECT(pad), GST_OBJECT_NAME(pad));
  gst_pad_set_active(pad, FALSE);
  gst_element_remove_pad(element, pad);
  if (target)
    gst_element_release_request_pad(priv_of(element).mux, target.get());
}

/* Children are the pads: `video_0::codec=ffv1` in a launch line. What is inside the bin is nobody's
 * business. */
static GObject *gst_container_sink_get_child_by_index(GstChildProxy *proxy, guint index) {
  GST_OBJECT_LOCK(proxy);
  auto *pad = static_cast<GObject *>(g_list_nth_data(GST_ELEMENT(proxy)->sinkpads, index));
  if (pad)
    g_object_ref(pad);
  GST_OBJECT_UNLOCK(proxy);
  return pad;
}

static GObject *gst_container_sink_get_child_by_name(GstChildProxy *proxy, const gchar *name) {
  return reinterpret_cast<GObject *>(gst_element_get_static_pad(GST_ELEMENT(proxy), name));
}

static guint gst_container_sink_get_children_count(GstChildProxy *proxy) {
  GST_OBJECT_LOCK(proxy);
  const guint n = GST_ELEMENT(proxy)->numsinkpads;
  GST_OBJECT_UNLOCK(proxy);
  return n;
}

static void gst_container_sink_child_proxy_init(gpointer interface, gpointer) {
  auto *proxy = static_cast<GstChildProxyInterface *>(interface);
  proxy->get_child_by_index = gst_container_sink_get_child_by_index;
  proxy->get_child_by_name = gst_container_sink_get_child_by_name;
  proxy->get_children_count = gst_container_sink_get_children_count;
}

/* ---- Presets --------------------------------------------------------------------------------- */

/* How it is encoded is worth keeping under a name; where to, and what it is called, is not. */
static gchar **gst_container_sink_get_property_names(GstPreset *) {
  static const gchar *const names[] = {"container",    "codec",        "audio-codec",
                                       "pixel-format", "framerate",    "max-keyframe-interval",
                                       "closed-gop",   "thread-count", nullptr};
  return g_strdupv(const_cast<gchar **>(names));
}

/* GstPreset escapes the text of a structure when it saves it, but does not undo that when it loads
 * it. What it keeps beside the properties comes back as it was. */
static constexpr std::array structures_of_presets{"codec-options", "audio-codec-options",
                                                  "container-options"};

static GstPresetInterface default_presets;

static gboolean gst_container_sink_save_preset(GstPreset *preset, const gchar *name) {
  if (!default_presets.save_preset(preset, name))
    return FALSE;
  for (const char *property : structures_of_presets) {
    GstStructure *value = nullptr;
    g_object_get(preset, property, &value, nullptr);
    const StructurePtr owned(value);
    const CString text(value ? gst_structure_to_string(value) : nullptr);
    gst_preset_set_meta(preset, name, property, text.get());
  }
  return TRUE;
}

static gboolean gst_container_sink_load_preset(GstPreset *preset, const gchar *name) {
  if (!default_presets.load_preset(preset, name))
    return FALSE;
  for (const char *property : structures_of_presets) {
    gchar *text = nullptr;
    gst_preset_get_meta(preset, name, property, &text);
    const CString owned(text);
    const StructurePtr value(text ? gst_structure_from_string(text, nullptr) : nullptr);
    if (text && !value)
      GST_WARNING_OBJECT(preset, "preset %s: bad %s", name, property);
    g_object_set(preset, property, value.get(), nullptr);
  }
  return TRUE;
}

static void gst_container_sink_preset_init(gpointer interface, gpointer) {
  auto *preset = static_cast<GstPresetInterface *>(interface);
  default_presets = *preset;
  preset->get_property_names = gst_container_sink_get_property_names;
  preset->save_preset = gst_container_sink_save_preset;
  preset->load_preset = gst_container_sink_load_preset;
}

/* ---- Life ----------------------------------------------------------------------------------- */

/* Of the pads that there are. */
static std::vector<framewise::StreamOverrides> stream_overrides(GstElement *element) {
  std::vector<framewise::StreamOverrides> streams;
  GST_OBJECT_LOCK(element);
  for (GList *item = element->sinkpads; item; item = item->next)
    streams.push_back(container_sink_pad_settings(GST_PAD(item->data))->get());
  GST_OBJECT_UNLOCK(element);
  return streams;
}

static GstStateChangeReturn gst_container_sink_change_state(GstElement *element,
                                                            GstStateChange transition) {
  ContainerSinkPrivate &priv = priv_of(element);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    auto writer = FrameWriter::open(writer_settings(priv), stream_overrides(element));
    if (!writer) {
      GST_ERROR_OBJECT(element, "%s", writer.error().message.c_str());
      writer.error().post(element);
      return GST_STATE_CHANGE_FAILURE;
    }
    framewise::container_mux_take_writer(priv.mux, std::move(*writer));
    std::lock_guard lock(priv.settings_lock);
    framewise::container_mux_set_pad_timeout(priv.mux, priv.settings.pad_timeout);
  } else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    framewise::container_mux_hurry(priv.mux);
  }
  return GST_ELEMENT_CLASS(gst_container_sink_parent_class)->change_state(element, transition);
}

/* EOS says that the file is complete; after an error it is not, though the aggregator ends its
 * stream. */
static void gst_container_sink_handle_message(GstBin *bin, GstMessage *message) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS &&
      framewise::container_mux_has_failed(priv_of(bin).mux)) {
    gst_message_unref(message);
    return;
  }
  GST_BIN_CLASS(gst_container_sink_parent_class)->handle_message(bin, message);
}

static void gst_container_sink_finalize(GObject *object) {
  delete as_sink(object)->priv;
  G_OBJECT_CLASS(gst_container_sink_parent_class)->finalize(object);
}

static void gst_container_sink_init(GstContainerSink *sink) {
  sink->priv = new ContainerSinkPrivate();
  GstElement *mux = framewise::new_container_mux();
  /* Gives preroll, EOS and position. Nobody waits for a clock to write a file. */
  GstElement *end = gst_element_factory_make("fakesink", "end");
  g_object_set(end, "sync", FALSE, "enable-last-sample", FALSE, nullptr);
  gst_bin_add_many(GST_BIN(sink), mux, end, nullptr);
  gst_element_link(mux, end);
  sink->priv->mux = mux;
  GST_OBJECT_FLAG_SET(sink, GST_ELEMENT_FLAG_SINK);
}

static void install_properties(GObjectClass *object_class) {
  constexpr auto flags =
      GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  auto install = [&](guint id, GParamSpec *spec) {
    g_object_class_install_property(object_class, id, spec);
  };

  /**
   * GstContainerSink:location:
   *
   * A path or any URL that libavformat writes to. `%04d` in it stands for the number of the picture
   * where the container is a sequence of pictures.
   *
   * Since: 0.1
   */
  install(PROP_LOCATION,
          g_param_spec_string("location", "Location", "Path or URL to write to", nullptr, flags));
  /**
   * GstContainerSink:output-stream:
   *
   * What to write into instead of a location; `container` must be set. Where it can seek
   * (#GSeekable) any container of one file will do, written from where the stream stands; else
   * those that never go back, and MP4 and its sisters in fragments, of which a message tells. It is
   * flushed in the end and not closed. Nobody else may use it meanwhile; it is called from a
   * streaming thread.
   *
   * Since: 0.1
   */
  install(PROP_OUTPUT_STREAM, g_param_spec_object("output-stream", "Output stream",
                                                  "What to write into instead of a location",
                                                  G_TYPE_OUTPUT_STREAM, flags));
  /**
   * GstContainerSink:bytes:
   *
   * The finished file, where `container` is set and neither `location` nor `output-stream`: from
   * EOS, or from READY, until the next run begins. %NULL before, and where writing failed.
   *
   * Since: 0.1
   */
  install(PROP_BYTES,
          g_param_spec_boxed("bytes", "Bytes", "The finished file, written to memory", G_TYPE_BYTES,
                             GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  /**
   * GstContainerSink:container:
   *
   * The name of a libavformat muxer, as `ffmpeg -muxers` lists them.
   *
   * Since: 0.1
   */
  install(PROP_CONTAINER,
          g_param_spec_string("container", "Container",
                              "Muxer (NULL = by the extension of the location)", nullptr, flags));
  /**
   * GstContainerSink:codec:
   *
   * The name of a libavcodec encoder of video, as `ffmpeg -encoders` lists them.
   *
   * Since: 0.1
   */
  install(PROP_CODEC,
          g_param_spec_string("codec", "Codec",
                              "Encoder of video (NULL = the usual one of the container)", nullptr,
                              flags));
  /**
   * GstContainerSink:audio-codec:
   *
   * The name of a libavcodec encoder of audio, as `ffmpeg -encoders` lists them.
   *
   * Since: 0.1
   */
  install(PROP_AUDIO_CODEC,
          g_param_spec_string("audio-codec", "Audio codec",
                              "Encoder of audio (NULL = the usual one of the container)", nullptr,
                              flags));
  /**
   * GstContainerSink:audio-codec-options:
   *
   * Options of the audio encoder and of libavcodec, such as `o,b=192000`. One that neither knows is
   * an error.
   *
   * Since: 0.1
   */
  install(PROP_AUDIO_CODEC_OPTIONS, g_param_spec_boxed("audio-codec-options", "Audio codec options",
                                                       "Options for libavcodec's encoder of audio",
                                                       GST_TYPE_STRUCTURE, flags));
  /**
   * GstContainerSink:pad-timeout:
   *
   * How long a pad that is linked and has given nothing holds up the others, once each of them has
   * data or has ended; nanoseconds, %GST_CLOCK_TIME_NONE: for good. Counted while the pipeline is
   * meant to play. The file is then written without it, and a WARNING message says so.
   *
   * Since: 0.1
   */
  install(PROP_PAD_TIMEOUT,
          g_param_spec_uint64("pad-timeout", "Pad timeout",
                              "How long a pad without any data is waited for (ns; -1 = for good)",
                              0, G_MAXUINT64, default_pad_timeout, flags));
  /**
   * GstContainerSink:pixel-format:
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
   * GstContainerSink:framerate:
   *
   * Overrides the rate in the caps, without a change to any timestamp but its rounding to whole
   * frames. Must be set where the caps say 0/1 and codec or container need a rate.
   *
   * Since: 0.1
   */
  install(PROP_FRAMERATE,
          gst_param_spec_fraction("framerate", "Frame rate", "Frame rate (0/1 = from the caps)", 0,
                                  1, G_MAXINT, 1, 0, 1, flags));
  /**
   * GstContainerSink:max-keyframe-interval:
   *
   * Since: 0.1
   */
  install(
      PROP_MAX_KEYFRAME_INTERVAL,
      g_param_spec_int("max-keyframe-interval", "Maximum key frame interval",
                       "Most frames from one key frame to the next (-1 = the encoder's default, "
                       "0 = only key frames)",
                       -1, G_MAXINT, default_max_keyframe_interval, flags));
  /**
   * GstContainerSink:closed-gop:
   *
   * Since: 0.1
   */
  install(PROP_CLOSED_GOP,
          g_param_spec_enum("closed-gop", "Closed GOP",
                            "Whether frames may refer to others past their GOP",
                            GST_TYPE_FRAMEWISE_CLOSED_GOP, int(default_closed_gop), flags));
  /**
   * GstContainerSink:codec-options:
   *
   * Options of the encoder and of libavcodec, such as `o,preset=veryfast,crf=20`. One that neither
   * knows is an error. They overrule the properties. For encodings in two passes add
   * `passlogfile=PREFIX` to both, `flags=+pass1` to the first and `flags=+pass2` to the second:
   * statistics are kept in `PREFIX-0.log`, as by the ffmpeg command.
   *
   * Since: 0.1
   */
  install(PROP_CODEC_OPTIONS,
          g_param_spec_boxed("codec-options", "Codec options", "Options for libavcodec",
                             GST_TYPE_STRUCTURE, flags));
  /**
   * GstContainerSink:container-options:
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
   * GstContainerSink:container-metadata:
   *
   * Tags of the file, under FFmpeg's names, such as `m,title=Harbour`.
   *
   * Since: 0.1
   */
  install(PROP_CONTAINER_METADATA,
          g_param_spec_boxed("container-metadata", "Container metadata", "Tags of the file",
                             GST_TYPE_STRUCTURE, flags));
  /**
   * GstContainerSink:stream-metadata:
   *
   * Tags of each stream whose pad has none of its own, under FFmpeg's names, such as
   * `m,language=deu`.
   *
   * Since: 0.1
   */
  install(PROP_STREAM_METADATA,
          g_param_spec_boxed("stream-metadata", "Stream metadata", "Tags of the stream",
                             GST_TYPE_STRUCTURE, flags));
  /**
   * GstContainerSink:thread-count:
   *
   * Since: 0.1
   */
  install(PROP_THREAD_COUNT, g_param_spec_int("thread-count", "Thread count",
                                              "Threads of the encoder (0 = as many as it sees fit)",
                                              0, G_MAXINT, default_thread_count, flags));
  /**
   * GstContainerSink:stats:
   *
   * What was written so far, or in the last run: `frames` and `key-frames` of video, `samples` of
   * audio (of one channel, at the rate that is encoded, all streams together), `bytes`, and in
   * nanoseconds `duration`, that of the longest stream, and `latency`, the longest that an encoder
   * has held frames or samples back while more came; all #guint64.
   *
   * Since: 0.1
   */
  install(PROP_STATS, g_param_spec_boxed("stats", "Statistics",
                                         "Frames, key frames, samples, bytes and duration written",
                                         GST_TYPE_STRUCTURE,
                                         GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

static void gst_container_sink_class_init(GstContainerSinkClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  auto *element_class = GST_ELEMENT_CLASS(klass);
  object_class->set_property = gst_container_sink_set_property;
  object_class->get_property = gst_container_sink_get_property;
  object_class->finalize = gst_container_sink_finalize;
  install_properties(object_class);
  for (GType type : {GST_TYPE_CONTAINER_SINK_PAD, GST_TYPE_CONTAINER_SINK_VIDEO_PAD,
                     GST_TYPE_CONTAINER_SINK_AUDIO_PAD})
    gst_type_mark_as_plugin_api(type, GstPluginAPIFlags(0));

  framewise::CapsPtr caps = framewise::template_caps();
  gst_element_class_add_pad_template(
      element_class,
      gst_pad_template_new_with_gtype("video_%u", GST_PAD_SINK, GST_PAD_REQUEST, caps.get(),
                                      GST_TYPE_CONTAINER_SINK_VIDEO_PAD));
  framewise::CapsPtr audio_caps = framewise::audio_template_caps();
  gst_element_class_add_pad_template(
      element_class,
      gst_pad_template_new_with_gtype("audio_%u", GST_PAD_SINK, GST_PAD_REQUEST, audio_caps.get(),
                                      GST_TYPE_CONTAINER_SINK_AUDIO_PAD));
  gst_element_class_set_static_metadata(
      element_class, "Container writer", "Codec/Encoder/Muxer/Sink/Video/Audio",
      "Encodes video and audio and writes a container with FFmpeg's libraries",
      "The gst-framewise authors");
  element_class->request_new_pad = GST_DEBUG_FUNCPTR(gst_container_sink_request_new_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR(gst_container_sink_release_pad);
  element_class->change_state = GST_DEBUG_FUNCPTR(gst_container_sink_change_state);
  GST_BIN_CLASS(klass)->handle_message = GST_DEBUG_FUNCPTR(gst_container_sink_handle_message);
}
