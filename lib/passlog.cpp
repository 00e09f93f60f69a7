/* gst-framewise: what one pass of an encoder leaves for the next.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "passlog.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <cerrno>
#include <string_view>

namespace framewise {

/* These open files of their own. */
static bool keeps_its_own(const AVCodec *codec) {
  const std::string_view name(codec->name);
  return name == "libx264" || name == "libx264rgb" || name == "libx265";
}

Result<PassLog> PassLog::attach(AVCodecContext *encoder, const char *prefix, int number) {
  PassLog log;
  const bool first = encoder->flags & AV_CODEC_FLAG_PASS1;
  const bool second = encoder->flags & AV_CODEC_FLAG_PASS2;
  if (!first && !second)
    return log;
  if (!prefix) {
    if (keeps_its_own(encoder->codec))
      return log;
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, format("The encoder `%s` leaves it to others to keep the statistics of its first "
                         "pass: add %s=NAME to codec-options, the same for both passes.",
                         encoder->codec->name, option));
  }
  log.path_ = format("%s-%d.log", prefix, number);
  if (keeps_its_own(encoder->codec)) {
    av_opt_set(encoder, "stats", log.path_.c_str(), AV_OPT_SEARCH_CHILDREN);
    return log;
  }
  if (second) {
    gchar *contents = nullptr;
    GError *error = nullptr;
    if (!g_file_get_contents(log.path_.c_str(), &contents, nullptr, &error)) {
      GstPtr<GError> owned(error);
      return FRAMEWISE_FAIL_RESOURCE(
          OPEN_READ,
          format("The statistics of the first pass cannot be read from `%s`: run it with "
                 "codec-options=\"o,flags=+pass1,%s=...\" first.",
                 log.path_.c_str(), option));
    }
    log.contents_.reset(contents);
    encoder->stats_in = contents; /* the encoder reads them, and never frees them */
  }
  if (first) {
    log.file_.reset(fopen(log.path_.c_str(), "wbe"));
    if (!log.file_)
      return FRAMEWISE_FAIL_RESOURCE(
          OPEN_WRITE, format("Cannot write the statistics of the first pass to `%s`: %s.",
                             log.path_.c_str(), g_strerror(errno)));
  }
  return log;
}

Failure PassLog::write_failure() const {
  return FRAMEWISE_FAIL_RESOURCE(
      WRITE, format("Cannot write the statistics of the first pass to `%s`: %s.", path_.c_str(),
                    g_strerror(errno)));
}

Result<void> PassLog::note(const AVCodecContext *encoder) {
  if (file_ && encoder->stats_out && fputs(encoder->stats_out, file_.get()) < 0)
    return write_failure();
  return {};
}

Result<void> PassLog::finish() {
  if (file_ && fflush(file_.get()) != 0)
    return write_failure();
  return {};
}

} // namespace framewise
