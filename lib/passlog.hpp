/* gst-framewise: what one pass of an encoder leaves for the next.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "av.hpp"

#include <cstdio>

namespace framewise {

/* Several encoders hand their statistics of a first pass (flag `pass1`) to who uses them, and want
 * them back in the second (`pass2`). They are kept in `PREFIX-NUMBER.log`, as the ffmpeg command's
 * `-passlogfile PREFIX` names it. One thread at a time. */
class FRAMEWISE_INTERNAL PassLog {
 public:
  /* The name of the codec-option that gives the prefix. */
  static constexpr const char *option = "passlogfile";

  /* Before `encoder` is opened, all its options set. `number`: of the stream. Without a prefix, it
   * is an error where the encoder needs one. */
  static Result<PassLog> attach(AVCodecContext *encoder, const char *prefix, int number);

  /* After each packet and at the end. */
  Result<void> note(const AVCodecContext *encoder);
  /* The statistics are all there. */
  Result<void> finish();

 private:
  struct Close {
    void operator()(FILE *file) const { fclose(file); }
  };
  Failure write_failure() const;

  std::string path_;
  std::unique_ptr<FILE, Close> file_; /* of a first pass; else NULL */
  CString contents_;                  /* of a second pass, which the encoder reads */
};

} // namespace framewise
