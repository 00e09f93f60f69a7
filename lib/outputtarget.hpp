/* gst-framewise: where a container is written to.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "bytesink.hpp"

#include <optional>
#include <string>

namespace framewise {

/* Whether the picture muxer puts a number in place of something in `path`, such as `%03d`. */
bool is_picture_pattern(const std::string &path);

/* A path or URL that a muxer writes to. Where a regular file stands at the path, the new one grows
 * beside it as PATH.part and takes its place only when it is whole; so does a single picture, as
 * NAME.part.EXTENSION, even where nothing stands yet. Anything else (nothing yet, a device, a FIFO,
 * a URL, a muxer that makes its files itself) is written in place. The .part is locked while it is
 * written; one that nobody holds is what a crash left, and is taken over. */
class FRAMEWISE_INTERNAL OutputTarget {
 public:
  /* Looks whether `location` can be written, and creates nothing. */
  static Result<OutputTarget> resolve(const std::string &location, const AVOutputFormat *muxer);

  /* Memory or a stream, in place of a location. */
  static Result<OutputTarget> into(std::unique_ptr<ByteSink> sink, const AVOutputFormat *muxer);

  OutputTarget(OutputTarget &&other) noexcept;
  OutputTarget &operator=(OutputTarget &&) = delete;
  /* Closes without completing; leaves what is there. */
  ~OutputTarget();

  /* What AVFormatContext.url has to be. */
  const std::string &url() const { return url_; }
  const std::string &location() const { return location_; }
  bool is_local() const { return !path_.empty() || sink_; }
  /* NULL where there is a location. */
  ByteSink *sink() const { return sink_.get(); }
  /* Whether the protocol of the URL has an option of that name. */
  bool has_option(const std::string &name) const;

  /* Opens for writing, with the muxer's interrupt callback; `options` keeps what the protocol did
   * not take; `no_reader` ends the wait for somebody to read a FIFO. For muxers that make their
   * files themselves it opens nothing. */
  Result<void> open(AVFormatContext *muxer, Dictionary options, const AVIOInterruptCB &no_reader);
  /* Where writing stands; once closed, the size of the file. */
  int64_t size() const;

  /* Flushes, closes and, where an older file stands at the path, replaces it. */
  Result<void> complete();
  /* Closes after a failure. An older file stays what it was; a new one stays only if
   * `worth_keeping`. */
  enum class Remains : bool { remove, keep };
  void give_up(Remains remains);

 private:
  OutputTarget() = default;
  int close();
  Result<void> open_picture(AVFormatContext *muxer);
  Result<void> lock_part();
  void unlock();
  Failure write_failure(int averror) const;

  std::unique_ptr<ByteSink> sink_;
  std::string location_; /* as the user gave it; the name of the sink */
  std::string url_;
  std::string path_;             /* the file in the end; empty for URLs */
  std::string part_;             /* the file while it grows, where that is another */
  std::optional<unsigned> mode_; /* permissions of the older file, if there is one */
  bool is_fifo_ = false;
  bool muxer_opens_ = false;
  bool created_ = false; /* nothing was at the path before */
  int64_t final_size_ = 0;
  bool remains_ = false;      /* something was opened, and is not complete */
  int lock_ = -1;             /* owned; a descriptor of part_, under an advisory lock */
  AVIOContext *io_ = nullptr; /* owned; avio_closep() reports errors, so no unique_ptr */
};

} // namespace framewise
