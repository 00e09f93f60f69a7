/* gst-framewise: containersrc, as its parts share it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Opening and properties are in containersrc.cpp, what is told of a stream before any frame in
 * containersrc-metadata.cpp, what runs in the streaming thread in containersrc-stream.cpp, what
 * comes from applications and from downstream in containersrc-seek.cpp and
 * containersrc-inspect.cpp.
 */
#pragma once

#include "audiodelivery.hpp"
#include "framedelivery.hpp"
#include "frameinspector.hpp"
#include "frameplayer.hpp"
#include "indexreport.hpp"
#include "layout.hpp"
#include "seekrequest.hpp"

#include <gst/base/gstpushsrc.h>

#include <condition_variable>
#include <mutex>
#include <thread>

GST_DEBUG_CATEGORY_EXTERN(containersrc_debug);

namespace framewise {

struct ContainerSrcSettings {
  std::string location;
  GObjectPtr<GInputStream> input_stream;
  std::string stream = "V:0";
  std::string pixel_format = "auto";
  gint64 start_frame = 0;
  gint64 stop_frame = G_MAXINT64;
  IndexMode index_mode = IndexMode::automatic;
  std::optional<std::string> index_cache; /* as the property */
  guint64 cache_size = default_cache_size;
  int loop = 1;
  int thread_count = 0;
  ThreadType thread_type = ThreadType::automatic;
  StructurePtr container_options;
  StructurePtr codec_options;
};

/* Of one run, from READY to READY. The opening thread has it first, then the streaming thread. */
struct ContainerSrcState {
  PlayerSettings player_settings;
  std::string pixel_format;

  std::optional<FrameDelivery> delivery;   /* as last negotiated; of video */
  std::optional<AudioDelivery> audio;      /* the same of audio */
  std::optional<DecodedFrame> frame;       /* read, not yet pushed */
  std::optional<int64_t> audio_end;        /* stream time to which it was pushed; none: a new run */
  bool any_frame = false;                  /* was pushed */
  bool any_frame_in_pass = false;          /* since the range was begun, or sought in */
  bool passes_are_common = false;          /* those of other streams are as long */
  int passes = 1;                          /* this one included; -1: for ever */
  bool segment_waits = true;               /* in the base class, for the first buffer */
  guint32 seqnum = gst_util_seqnum_next(); /* of the last seek */
  bool warned = false;                     /* that the limits leave nothing */
  bool warned_of_damage = false;

  /* Last, as its thread ends first. */
  std::unique_ptr<FramePlayer> player;
};

struct ContainerSrcPrivate {
  explicit ContainerSrcPrivate(GstBaseSrc *element) : index(element) {}

  std::mutex settings_lock;
  ContainerSrcSettings settings;

  Interruption interruption;
  std::unique_ptr<ContainerSrcState> state;

  /* Opening. `open_lock` guards what follows it. */
  std::thread opener;
  std::mutex open_lock;
  std::condition_variable opened;
  bool opening = false;     /* `state` belongs to the opener */
  bool start_waits = false; /* start() will take the outcome */
  std::optional<Result<void>> outcome;
  GstPtr<GstEvent> early_seek; /* came while opening; done right after */

  SeekHandover seeks;
  std::mutex flush_lock; /* see seek() */
  std::atomic<std::thread::id> streaming_thread;
  IndexReport index;
  std::atomic<bool> seekable{false};
  std::atomic<gint64> duration{-1};         /* as the headers have it */
  std::atomic<gint64> last_frame{-1};       /* number of the one last pushed */
  std::mutex told_lock;                     /* guards the two that follow */
  std::optional<GstFramewiseLayout> layout; /* of what is delivered */
  StructurePtr metadata;
  gulong toc_probe = 0; /* what waits to send the chapters; 0: nothing, or it is gone */

  Interruption inspector_interruption;
  std::mutex inspector_lock; /* guards what follows; held while a frame is read */
  std::optional<PlayerSettings> inspector_settings; /* of what is open */
  std::unique_ptr<FrameInspector> inspector;        /* once it was asked */

  /* An error was posted, which says why; until the next start or seek. */
  std::atomic<bool> said_why{false};
};

} // namespace framewise

struct GstContainerSrc {
  GstPushSrc parent;
  framewise::ContainerSrcPrivate *priv;
};
struct GstContainerSrcClass {
  GstPushSrcClass parent_class;
};

#define SELF(object) (reinterpret_cast<GstContainerSrc *>(object))
#define PRIV(object) (SELF(object)->priv)

inline GstBaseSrcClass *container_src_base_class() {
  return GST_BASE_SRC_CLASS(g_type_class_peek(GST_TYPE_PUSH_SRC));
}

/* Posts it, unless it only says that somebody wanted to break off. */
GstFlowReturn container_src_report(GstContainerSrc *self, const framewise::Error &error);
void container_src_warn(GstContainerSrc *self, GQuark domain, int code, std::string message);

/* `frame-layout` and `metadata` of what is delivered, each notified where it changes. */
void container_src_publish(GstContainerSrc *self, const framewise::ContainerInput &input,
                           const framewise::VideoParams &delivered);
void container_src_publish(GstContainerSrc *self, const framewise::ContainerInput &input,
                           const framewise::AudioParams &delivered);
/* Nothing is delivered any more. */
void container_src_unpublish(GstContainerSrc *self);
/* The opening thread: publishes what the headers promise, and queues what they say as events. */
void container_src_tell(GstContainerSrc *self, const framewise::ContainerSrcState &state);

/* The action signal; NULL where there is no such frame. */
GstStructure *container_src_frame_metadata(GstContainerSrc *self, gint64 number);
void container_src_begin_inspecting(GstContainerSrc *self,
                                    const framewise::PlayerSettings &settings);
/* Breaks off what goes on. */
void container_src_end_inspecting(GstContainerSrc *self);

/* Virtual functions of the base classes. */
gboolean container_src_negotiate(GstBaseSrc *src);
gboolean container_src_decide_allocation(GstBaseSrc *src, GstQuery *query);
GstFlowReturn container_src_create(GstPushSrc *push, GstBuffer **out);

gboolean container_src_is_seekable(GstBaseSrc *src);
gboolean container_src_prepare_seek_segment(GstBaseSrc *src, GstEvent *event, GstSegment *segment);
gboolean container_src_do_seek(GstBaseSrc *src, GstSegment *segment);
gboolean container_src_event(GstBaseSrc *src, GstEvent *event);
gboolean container_src_send_event(GstElement *element, GstEvent *event);
gboolean container_src_query(GstBaseSrc *src, GstQuery *query);
