/* gst-framewise: frames into a container, without a pipeline.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "audioencoder.hpp"
#include "chapters.hpp"
#include "coverart.hpp"
#include "orientation.hpp"
#include "outputtarget.hpp"
#include "videoencoder.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

namespace framewise {

struct FrameWriterSettings {
  std::string location;
  std::shared_ptr<GOutputStream>
      output_stream;     /* in place of a location; with neither: into memory */
  std::string container; /* muxer; empty: by the location's extension */
  std::string codec;     /* encoder of video; empty: the muxer's default */
  VideoEncoderSettings video;
  std::string audio_codec; /* encoder of audio; empty: the muxer's default */
  AudioEncoderSettings audio;
  Dictionary container_options;
  Dictionary container_metadata;
  Dictionary stream_metadata;
};

/* What is said of a stream in the file's header. */
struct StreamDescription {
  Dictionary metadata;                      /* what the settings say of the stream overrules it */
  std::optional<DisplayMatrix> orientation; /* how to turn the pictures */
};

enum class StreamKind { video, audio };

/* What one stream has of its own; of the rest the writer's settings hold. */
struct StreamOverrides {
  StreamKind kind = StreamKind::video;
  std::optional<std::string> codec, pixel_format;
  std::optional<std::string> disposition; /* FFmpeg's names, "default+forced" */
  std::optional<AVRational> framerate;
  std::optional<int> max_keyframe_interval, thread_count;
  std::optional<ClosedGop> closed_gop;
  std::optional<Dictionary> codec_options, metadata;
};

struct FrameWriterStats {
  int64_t frames = 0;     /* of video, encoded and handed to the muxer */
  int64_t key_frames = 0; /* of those */
  int64_t samples = 0;    /* of audio, of each channel, that were handed to encoders */
  int64_t bytes = 0;      /* of the file */
  int64_t duration = 0;   /* ns, from the first frame to the end of the last */
  int64_t latency = 0;    /* ns, the most that an encoder has held a frame back */
};

/* `container-stats`, as properties have it: `frames`, `key-frames`, `samples`, `bytes`, `duration`,
 * `latency`. */
FRAMEWISE_INTERNAL StructurePtr to_structure(const FrameWriterStats &stats);

/* open(), add the streams, write frames, finish() or abort(). One thread at a time, but for stats()
 * and hurry(). */
class FRAMEWISE_INTERNAL FrameWriter {
 public:
  /* Looks for muxer and encoders, and at options and target; creates nothing. `streams` are those
   * that are known already: their settings are looked at as well. Without any, those of the one
   * that such a container usually has. */
  static Result<std::unique_ptr<FrameWriter>> open(FrameWriterSettings settings,
                                                   const std::vector<StreamOverrides> &streams = {
                                                       StreamOverrides()});
  FrameWriter(const FrameWriter &) = delete;
  FrameWriter &operator=(const FrameWriter &) = delete;
  /* As abort(). */
  ~FrameWriter();

  /* See VideoEncoder::formats(). Any thread. */
  std::vector<AVPixelFormat> video_formats(const StreamOverrides &own = {}) const;

  /* Opens an encoder; the number of the stream. Only before the first frame. */
  Result<int> add_video_stream(const VideoParams &params, const StreamTiming &timing,
                               const StreamOverrides &own = {});
  /* Frames of this kind come from now on. False where the container has no place for another kind
   * in mid-stream: then nothing has changed. */
  Result<bool> change_video_stream(int stream, const VideoParams &params);
  const VideoEncoder &encoder(int stream) const {
    return std::get<VideoEncoder>(streams_[stream].encoder);
  }

  /* See AudioEncoder::formats(); nothing where the settings are wrong. Any thread. */
  std::optional<AudioFormats> audio_formats(const StreamOverrides &own) const;
  /* The same for audio; `start` is the time of the first sample in nanoseconds. */
  Result<int> add_audio_stream(const AudioParams &params, int64_t start,
                               const StreamOverrides &own);
  /* Samples of this kind come from now on; they are converted to what the stream began with. */
  Result<void> change_audio_stream(int stream, const AudioParams &params);
  const AudioEncoder &audio_encoder(int stream) const {
    return std::get<AudioEncoder>(streams_[stream].encoder);
  }

  StreamKind kind(int stream) const;
  /* Where the frames or samples that came so far end, in nanoseconds; 0 before the first. */
  int64_t end(int stream) const;

  /* What header and streams say; without effect once has_header(). container_metadata of the
   * settings overrules `metadata`. */
  void describe_container(const Dictionary &metadata);
  Result<void> describe_stream(int stream, const StreamDescription &description);
  /* Whether the container has a place for a title and the like of one stream. */
  bool keeps_tags_of_streams() const;
  /* In the clock that frames have. What is behind the end of the file is cut off where the
   * container lets that be known in time. */
  void describe_chapters(std::vector<Chapter> chapters);
  /* Pictures of the file as a whole; what the container cannot hold is left out, with a remark. */
  void describe_covers(std::vector<CoverPicture> covers);
  bool has_header() const { return header_written_; }

  /* Encodes and writes. The file comes into being with the first packet. After an error only
   * abort() may follow. */
  Result<void> write(int stream, FramePtr frame, const FrameTime &time);
  /* The same for samples. Where some are missing there is silence, where there are too many those
   * of `frame` are cut off; see AudioClock. */
  Result<void> write_samples(int stream, FramePtr frame, const FrameTime &time,
                             Continuity continuity);
  /* Silence until `time`, in nanoseconds, where samples are missing until then. */
  Result<void> write_silence_until(int stream, int64_t time);

  /* Flushes the encoders, completes and closes the file. Without a frame an error. */
  Result<FrameWriterStats> finish();
  /* The file in memory, once, after finish(); NULL where it is elsewhere. Owned by the caller. */
  GBytes *take_bytes() { return target_.sink() ? target_.sink()->take_bytes() : nullptr; }
  /* What was done otherwise than asked for, in words for people; once. */
  std::string take_remark() { return std::exchange(remark_, {}); }
  /* Closes what was written as far as it goes. An older file at the location stays untouched. */
  void abort();

  /* Any thread. */
  FrameWriterStats stats() const;
  /* Any thread: from now on a server has five seconds to take what is written to it, each time;
   * after that writing fails. Nobody waits for a FIFO's reader any more. Files are not touched by
   * this. */
  void hurry();
  /* Any thread: the same without the five seconds. */
  void cancel();

 private:
  /* What a stream is encoded with. */
  struct Choice {
    const AVCodec *codec;
    VideoEncoderSettings video;
    AudioEncoderSettings audio;
    Dictionary metadata;
    int disposition = 0;
  };
  struct Stream {
    std::variant<VideoEncoder, AudioEncoder> encoder;
    Choice choice;
    StreamTiming timing; /* of video */
    AVStream *av;        /* owned by muxer_ */
    std::optional<DisplayMatrix> orientation;
    int64_t newest = AV_NOPTS_VALUE; /* of the frames sent; ticks */
    int64_t start = AV_NOPTS_VALUE;  /* ticks of the encoder's time base */
    int64_t end = 0;
    int64_t counted = 0;                        /* samples that are in the statistics */
    std::map<int64_t, int64_t> reference_times; /* of frames whose packet has not come, by pts */
  };

  FrameWriter(FrameWriterSettings settings, OutputTarget target);
  static int is_interrupted(void *writer);
  static int is_hurried(void *writer);
  Result<void> apply_container_options();
  Result<Choice> choose(const StreamOverrides &own) const;
  Result<AVStream *> new_stream(const AVCodecContext *context, const Choice &choice);
  void choose_defaults();
  Result<void> write_silence(Stream &stream, int64_t samples);
  Result<void> send_end(Stream &stream);
  AVRational time_base(const Stream &stream) const;
  ContainerTraits traits() const;
  bool takes_changes(const Stream &stream) const;
  Result<void> write_header();
  bool is_of_mp4_family() const;
  bool writes_fragments_by_flag() const;
  bool writes_fragments() const;
  bool chapters_wait_for_the_end() const;
  Result<void> place_chapters(std::vector<Chapter> chapters);
  Result<void> place_early_chapters();
  Result<void> place_late_chapters();
  bool counts_timecodes() const;
  void place_timecodes();
  void place_reference_times();
  void keep_reference_time(Stream &stream, int64_t reference); /* of the newest frame */
  Result<void> add_reference_time(Stream &stream, AVPacket *packet);
  Result<void> add_covers();
  Result<void> write_covers();
  void live_without_seeking();
  void remark_on_lost_orientation();
  void remark(const std::string &sentence);
  Result<void> write_packets(Stream &stream);
  Result<void> write_packet(Stream &stream, PacketPtr packet);
  Result<void> flush_encoders();
  Failure io_failure(int averror, const char *what) const;
  bool muxer_opens_files() const;
  void count(const Stream &stream, bool key_frame, int packet_size);
  void note_latency(const Stream &stream, int64_t pts);

  FrameWriterSettings settings_;
  OutputTarget target_;
  OutputContextPtr muxer_;
  Dictionary protocol_options_;
  std::vector<Stream> streams_;
  std::vector<Chapter> chapters_;
  std::vector<CoverPicture> covers_;
  std::vector<AVStream *> cover_streams_; /* owned by muxer_; of covers_, one each */
  bool took_frame_ = false;
  bool wrote_packet_ = false;
  bool header_written_ = false;
  bool io_failed_ = false;
  std::string remark_;
  bool closed_ = false;

  /* by g_get_monotonic_time() */
  std::atomic<int64_t> hurried_at_ = 0; /* 0: not */
  std::atomic<int64_t> io_since_ = 0;   /* when libavformat was called last */
  std::atomic<bool> cancelled_ = false;

  mutable std::mutex stats_lock_;
  FrameWriterStats stats_;
};

} // namespace framewise
