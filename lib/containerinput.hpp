/* gst-framewise: one open container, and the packets of one of its streams.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "bytesource.hpp"
#include "polledinput.hpp"
#include "recalledinput.hpp"

#include <memory>
#include <string>
#include <vector>

namespace framewise {

struct InputSettings {
  std::string location;               /* a path, image pattern or URL; with a source: its name */
  std::string stream = "V:0";         /* FFmpeg stream specifier */
  Dictionary options;                 /* for demuxer and protocol; an unknown one is an error */
  std::shared_ptr<ByteSource> source; /* NULL: `location` is read */
};

/* Owned and used by one thread at a time; only the Interruption may be touched from others. */
class FRAMEWISE_INTERNAL ContainerInput {
 public:
  /* Opens, probes, and chooses the first stream of video or audio that the specifier matches.
   * Blocks on I/O; `interruption` breaks it, and must outlive the result. */
  static Result<std::unique_ptr<ContainerInput>> open(const InputSettings &settings,
                                                      Interruption &interruption);

  const AVFormatContext *context() const { return context_.get(); }
  const AVStream *stream() const { return stream_; }
  /* That the stream is a part of, first of all; NULL where the container has none. */
  const AVProgram *program() const {
    return av_find_program_from_stream(context_.get(), nullptr, stream_->index);
  }
  bool is_audio() const { return stream_->codecpar->codec_type == AVMEDIA_TYPE_AUDIO; }
  bool is_seekable() const;
  /* All of it is in the one file that was opened: it is no list of others. */
  bool is_one_file() const;

  /* The next packet of the stream; false at the end, and then `truncation()` may say why. */
  Result<bool> read_packet(AVPacket *packet);
  /* libav's word for an end of the data that was none of the container's own; 0 if there was none.
   */
  int truncation() const { return truncation_; }

  /* Goes on from a place at or before `timestamp` (in the stream's time base), by the demuxer's own
   * index or search. Where it truly is only the packets show. */
  Result<void> seek_before(int64_t timestamp);
  /* The same by place in the file, `pos` being where a packet begins; only with has_byte_places().
   */
  Result<void> seek_to_byte(int64_t pos);
  /* Whether the demuxer can begin anywhere in the file. */
  bool has_byte_places() const;
  /* Whether timestamps are a poor way to find a place: there are none, they may start anew, or
   * finding one means searching. */
  bool prefers_bytes() const;
  /* Back to the first packet, by opening anew: every demuxer can do that, and it never lands
   * elsewhere. `stream()` and `context()` are other objects afterwards. */
  Result<void> reopen();

  /* Stream time in nanoseconds, 0 being the container's start time, of `ticks` of the stream. */
  int64_t to_stream_time(int64_t ticks) const;
  /* The other way round, to the nearest tick. */
  int64_t from_stream_time(int64_t ns) const;
  /* Stream time at which the stream ends, as the headers have it; -1 where they do not say. */
  int64_t stream_end() const;
  /* Stream time at which the longest of the streams ends, to microseconds, where there are several
   * of video or audio that can be played together; -1 where there is one, or nobody knows. */
  int64_t common_end() const;
  /* The rate that the headers give if they agree that it is constant, else 0/1. */
  AVRational constant_framerate() const;

 private:
  ContainerInput(InputSettings settings, Interruption &interruption)
      : settings_(std::move(settings)), interruption_(interruption) {}
  Result<void> open_context();
  Result<AVIOContext *> open_own_io();
  Result<void> open_format(const std::string &url, AVIOContext *io, Dictionary &options);
  Result<void> choose_stream();
  void watch_parts(AVFormatContext *context);
  static int open_part(AVFormatContext *context, AVIOContext **part, const char *url, int flags,
                       AVDictionary **options);
  static int close_part(AVFormatContext *context, AVIOContext *part);
  void note_part_error(int averror);
  int part_error();
  void find_start();
  Result<void> seek(int stream, int64_t target, int flags);

  InputSettings settings_;
  Interruption &interruption_;
  std::unique_ptr<PolledInput> polled_;   /* what context_ reads, where libavformat must not */
  std::unique_ptr<ByteInput> byte_input_; /* the same, of a source */
  std::unique_ptr<RecalledInput>
      recalled_; /* the same, where it may have to go back; over one of those */
  /* Of inputs in several files (segments): what is open, and the first that could not be read
   * whole. The demuxers go on with the next one, and would leave frames out. */
  std::vector<AVIOContext *> parts_;
  int parts_opened_ = 0;
  int part_error_ = 0;
  bool opened_ = false;
  decltype(AVFormatContext::io_open) default_open_part_ = nullptr;
  decltype(AVFormatContext::io_close2) default_close_part_ = nullptr;
  FormatInputPtr context_;
  AVStream *stream_ = nullptr; /* of context_ */
  int truncation_ = 0;
  /* The container's start time, exactly. */
  int64_t start_ticks_ = 0;
  AVRational start_time_base_ = AV_TIME_BASE_Q;
};

} // namespace framewise
