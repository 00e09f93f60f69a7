/* gst-framewise: a pad of containersink, with what its stream has of its own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "containersinkpad.hpp"

#include "../lib/framewriter.h"

using namespace framewise;

namespace {

enum {
  PROP_0,
  PROP_CODEC,
  PROP_CODEC_OPTIONS,
  PROP_STREAM_METADATA,
  PROP_DISPOSITION,
  PROP_THREAD_COUNT,
  /* of video */
  PROP_PIXEL_FORMAT,
  PROP_FRAMERATE,
  PROP_MAX_KEYFRAME_INTERVAL,
  PROP_CLOSED_GOP,
};

struct PadPrivate {
  std::shared_ptr<StreamSettings> settings = std::make_shared<StreamSettings>();
  std::mutex lock; /* guards what follows: as they were set */
  StructurePtr codec_options, stream_metadata;
};

} // namespace

struct GstContainerSinkPad {
  GstGhostPad parent;
  PadPrivate *priv;
};
struct GstContainerSinkPadClass {
  GstGhostPadClass parent_class;
  StreamKind kind;
};
struct GstContainerSinkVideoPad {
  GstContainerSinkPad parent;
};
struct GstContainerSinkVideoPadClass {
  GstContainerSinkPadClass parent_class;
};
struct GstContainerSinkAudioPad {
  GstContainerSinkPad parent;
};
struct GstContainerSinkAudioPadClass {
  GstContainerSinkPadClass parent_class;
};

G_DEFINE_ABSTRACT_TYPE(GstContainerSinkPad, gst_container_sink_pad, GST_TYPE_GHOST_PAD)
G_DEFINE_TYPE(GstContainerSinkVideoPad, gst_container_sink_video_pad, GST_TYPE_CONTAINER_SINK_PAD)
G_DEFINE_TYPE(GstContainerSinkAudioPad, gst_container_sink_audio_pad, GST_TYPE_CONTAINER_SINK_PAD)

static PadPrivate &priv_of(gpointer object) {
  return *static_cast<GstContainerSinkPad *>(object)->priv;
}

/* ---- Properties ----------------------------------------------------------------------------- */

static std::optional<std::string> text_of(const GValue *value) {
  const char *text = g_value_get_string(value);
  return text ? std::optional<std::string>(text) : std::nullopt;
}

static std::optional<Dictionary> keep_structure(PadPrivate &priv, StructurePtr &kept,
                                                const GValue *value) {
  std::lock_guard lock(priv.lock);
  kept.reset(static_cast<GstStructure *>(g_value_dup_boxed(value)));
  return kept ? std::optional<Dictionary>(Dictionary::from_structure(kept.get())) : std::nullopt;
}

static void gst_container_sink_pad_set_property(GObject *object, guint id, const GValue *value,
                                                GParamSpec *pspec) {
  PadPrivate &priv = priv_of(object);
  auto set = [&](auto StreamOverrides::*field, auto to) {
    priv.settings->change([&](StreamOverrides &overrides) { overrides.*field = std::move(to); });
  };
  switch (id) {
  case PROP_CODEC:
    set(&StreamOverrides::codec, text_of(value));
    break;
  case PROP_PIXEL_FORMAT:
    set(&StreamOverrides::pixel_format, text_of(value));
    break;
  case PROP_FRAMERATE:
    set(&StreamOverrides::framerate, AVRational{gst_value_get_fraction_numerator(value),
                                                gst_value_get_fraction_denominator(value)});
    break;
  case PROP_MAX_KEYFRAME_INTERVAL:
    set(&StreamOverrides::max_keyframe_interval, g_value_get_int(value));
    break;
  case PROP_CLOSED_GOP:
    set(&StreamOverrides::closed_gop, static_cast<ClosedGop>(g_value_get_enum(value)));
    break;
  case PROP_CODEC_OPTIONS:
    set(&StreamOverrides::codec_options, keep_structure(priv, priv.codec_options, value));
    break;
  case PROP_STREAM_METADATA:
    set(&StreamOverrides::metadata, keep_structure(priv, priv.stream_metadata, value));
    break;
  case PROP_DISPOSITION:
    set(&StreamOverrides::disposition, text_of(value));
    break;
  case PROP_THREAD_COUNT:
    set(&StreamOverrides::thread_count, g_value_get_int(value));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static void gst_container_sink_pad_get_property(GObject *object, guint id, GValue *value,
                                                GParamSpec *pspec) {
  PadPrivate &priv = priv_of(object);
  const StreamOverrides own = priv.settings->get();
  std::lock_guard lock(priv.lock);
  switch (id) {
  case PROP_CODEC:
    g_value_set_string(value, own.codec ? own.codec->c_str() : nullptr);
    break;
  case PROP_PIXEL_FORMAT:
    g_value_set_string(value, own.pixel_format ? own.pixel_format->c_str() : nullptr);
    break;
  case PROP_FRAMERATE: {
    const AVRational rate = own.framerate.value_or(AVRational{0, 1});
    gst_value_set_fraction(value, rate.num, rate.den);
    break;
  }
  case PROP_MAX_KEYFRAME_INTERVAL:
    g_value_set_int(value, own.max_keyframe_interval.value_or(-1));
    break;
  case PROP_CLOSED_GOP:
    g_value_set_enum(value, int(own.closed_gop.value_or(ClosedGop::automatic)));
    break;
  case PROP_CODEC_OPTIONS:
    g_value_set_boxed(value, priv.codec_options.get());
    break;
  case PROP_STREAM_METADATA:
    g_value_set_boxed(value, priv.stream_metadata.get());
    break;
  case PROP_DISPOSITION:
    g_value_set_string(value, own.disposition ? own.disposition->c_str() : nullptr);
    break;
  case PROP_THREAD_COUNT:
    g_value_set_int(value, own.thread_count.value_or(0));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

/* ---- Life ----------------------------------------------------------------------------------- */

static void gst_container_sink_pad_finalize(GObject *object) {
  delete &priv_of(object);
  G_OBJECT_CLASS(gst_container_sink_pad_parent_class)->finalize(object);
}

static void gst_container_sink_pad_constructed(GObject *object) {
  auto *klass =
      G_TYPE_INSTANCE_GET_CLASS(object, GST_TYPE_CONTAINER_SINK_PAD, GstContainerSinkPadClass);
  const StreamKind kind = klass->kind;
  priv_of(object).settings->change([kind](StreamOverrides &own) { own.kind = kind; });
  G_OBJECT_CLASS(gst_container_sink_pad_parent_class)->constructed(object);
}

static void gst_container_sink_pad_init(GstContainerSinkPad *pad) { pad->priv = new PadPrivate(); }
static void gst_container_sink_video_pad_init(GstContainerSinkVideoPad *) {}
static void gst_container_sink_audio_pad_init(GstContainerSinkAudioPad *) {}

constexpr auto pad_flags =
    GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);

static void gst_container_sink_pad_class_init(GstContainerSinkPadClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = gst_container_sink_pad_set_property;
  object_class->get_property = gst_container_sink_pad_get_property;
  object_class->constructed = gst_container_sink_pad_constructed;
  object_class->finalize = gst_container_sink_pad_finalize;
  auto install = [&](guint id, GParamSpec *spec) {
    g_object_class_install_property(object_class, id, spec);
  };
  /**
   * GstContainerSinkPad:codec:
   *
   * Of this stream alone, in place of #GstContainerSink:codec or #GstContainerSink:audio-codec. So
   * are all properties of a pad once they are set; they count until the stream's first frame.
   *
   * Since: 0.1
   */
  install(PROP_CODEC, g_param_spec_string("codec", "Codec", "Encoder (NULL = the element's)",
                                          nullptr, pad_flags));
  /**
   * GstContainerSinkPad:codec-options:
   *
   * Since: 0.1
   */
  install(PROP_CODEC_OPTIONS, g_param_spec_boxed("codec-options", "Codec options",
                                                 "Options for libavcodec (NULL = the element's)",
                                                 GST_TYPE_STRUCTURE, pad_flags));
  /**
   * GstContainerSinkPad:stream-metadata:
   *
   * Since: 0.1
   */
  install(PROP_STREAM_METADATA, g_param_spec_boxed("stream-metadata", "Stream metadata",
                                                   "Tags of the stream (NULL = the element's)",
                                                   GST_TYPE_STRUCTURE, pad_flags));
  /**
   * GstContainerSinkPad:disposition:
   *
   * What the stream is for, in FFmpeg's words, such as `default+forced` or `hearing_impaired`.
   * Where no stream of a kind has any, the first of several is the default.
   *
   * Since: 0.1
   */
  install(PROP_DISPOSITION,
          g_param_spec_string("disposition", "Disposition",
                              "What the stream is for, such as default+forced (NULL = nothing "
                              "that is said)",
                              nullptr, pad_flags));
  /**
   * GstContainerSinkPad:thread-count:
   *
   * Since: 0.1
   */
  install(PROP_THREAD_COUNT, g_param_spec_int("thread-count", "Thread count",
                                              "Threads of the encoder (0 = as many as it sees fit)",
                                              0, G_MAXINT, 0, pad_flags));
}

static void gst_container_sink_video_pad_class_init(GstContainerSinkVideoPadClass *klass) {
  reinterpret_cast<GstContainerSinkPadClass *>(klass)->kind = StreamKind::video;
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = gst_container_sink_pad_set_property;
  object_class->get_property = gst_container_sink_pad_get_property;
  auto install = [&](guint id, GParamSpec *spec) {
    g_object_class_install_property(object_class, id, spec);
  };
  /**
   * GstContainerSinkVideoPad:pixel-format:
   *
   * Since: 0.1
   */
  install(PROP_PIXEL_FORMAT,
          g_param_spec_string("pixel-format", "Pixel format",
                              "Pixel format to encode (NULL = the element's)", nullptr, pad_flags));
  /**
   * GstContainerSinkVideoPad:framerate:
   *
   * Since: 0.1
   */
  install(PROP_FRAMERATE,
          gst_param_spec_fraction("framerate", "Frame rate", "Frame rate (0/1 = from the caps)", 0,
                                  1, G_MAXINT, 1, 0, 1, pad_flags));
  /**
   * GstContainerSinkVideoPad:max-keyframe-interval:
   *
   * Since: 0.1
   */
  install(PROP_MAX_KEYFRAME_INTERVAL,
          g_param_spec_int("max-keyframe-interval", "Maximum key frame interval",
                           "Most frames from one key frame to the next (-1 = the encoder's "
                           "default, 0 = only key frames)",
                           -1, G_MAXINT, -1, pad_flags));
  /**
   * GstContainerSinkVideoPad:closed-gop:
   *
   * Since: 0.1
   */
  install(PROP_CLOSED_GOP,
          g_param_spec_enum("closed-gop", "Closed GOP",
                            "Whether frames may refer to others past their GOP",
                            GST_TYPE_FRAMEWISE_CLOSED_GOP, int(ClosedGop::automatic), pad_flags));
}

static void gst_container_sink_audio_pad_class_init(GstContainerSinkAudioPadClass *klass) {
  reinterpret_cast<GstContainerSinkPadClass *>(klass)->kind = StreamKind::audio;
}

GstPad *new_container_sink_pad(const char *name, GstPad *target, GstPadTemplate *templ) {
  auto *pad = GST_PAD(g_object_new(GST_PAD_TEMPLATE_GTYPE(templ), "name", name, "direction",
                                   GST_PAD_SINK, "template", templ, nullptr));
  gst_ghost_pad_set_target(GST_GHOST_PAD(pad), target);
  return pad;
}

std::shared_ptr<StreamSettings> container_sink_pad_settings(GstPad *pad) {
  return priv_of(pad).settings;
}
