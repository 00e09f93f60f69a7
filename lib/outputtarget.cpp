/* gst-framewise: where a container is written to.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "outputtarget.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

namespace framewise {

/* For effective ids, as opening a file goes by. */
static bool may(const std::string &path, int mode) {
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

static std::string folder_of(const std::string &path) {
  CString folder(g_path_get_dirname(path.c_str()));
  return folder.get();
}

/* The path in `location`, or nothing where it is a URL. What libavformat knows no protocol for is a
 * path as well: `12:30.mkv`. */
static Result<std::string> path_in(const std::string &location) {
  if (location.starts_with("file:"))
    return location.substr(5);
  const char *protocol = avio_find_protocol_name(location.c_str());
  if (protocol)
    return std::string(protocol) == "file" ? location : std::string();
  if (location.find("://") != std::string::npos)
    return FRAMEWISE_FAIL_RESOURCE(
        NOT_FOUND, format("No protocol for location `%s`. `ffmpeg -protocols` lists what this "
                          "libavformat has.",
                          location.c_str()));
  return location;
}

static Result<void> check_folder(const std::string &path, const std::string &location) {
  std::string folder = folder_of(path);
  struct stat st;
  if (stat(folder.c_str(), &st) < 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      return FRAMEWISE_FAIL_RESOURCE(NOT_FOUND, format("There is no folder `%s` to write `%s` in.",
                                                       folder.c_str(), location.c_str()));
    return FRAMEWISE_FAIL_RESOURCE(OPEN_WRITE, format("Cannot write `%s`.", location.c_str()),
                                   g_strerror(errno));
  }
  if (!S_ISDIR(st.st_mode))
    return FRAMEWISE_FAIL_RESOURCE(NOT_FOUND,
                                   format("`%s` is no folder, so `%s` cannot be written in it.",
                                          folder.c_str(), location.c_str()));
  if (!may(folder, W_OK | X_OK))
    return FRAMEWISE_FAIL_RESOURCE(
        OPEN_WRITE,
        format("No permission to write `%s`: the folder `%s` is read-only for this user.",
               location.c_str(), folder.c_str()),
        g_strerror(errno));
  return {};
}

bool is_picture_pattern(const std::string &path) {
  std::array<char, 1024> numbered; /* as much as the muxer has room for */
  return av_get_frame_filename2(numbered.data(), numbered.size(), path.c_str(), 1,
                                AV_FRAME_FILENAME_FLAGS_MULTIPLE) >= 0;
}

/* A location of image2 that names one file. `.y` stands for three, one for each plane. */
static bool is_single_picture(const AVOutputFormat *muxer, const std::string &path) {
  const std::string extension = std::filesystem::path(path).extension();
  return std::string_view(muxer->name) == "image2" && !is_picture_pattern(path) &&
         g_ascii_strcasecmp(extension.c_str(), ".y") != 0;
}

/* Whether pictures without a number in their name take each other's place, as asked for. */
static bool replaces_pictures(AVFormatContext *muxer, const std::string &path) {
  auto is_set = [&](const char *option) {
    int64_t value = 0;
    return av_opt_get_int(muxer, option, AV_OPT_SEARCH_CHILDREN, &value) >= 0 && value;
  };
  return is_set("update") || (is_set("strftime") && path.find('%') != std::string::npos);
}

/* The picture muxer looks at the extension. */
static std::string picture_part(const std::filesystem::path &path) {
  return path.parent_path() / (path.stem().string() + ".part" + path.extension().string());
}

/* Else `12:30.mkv` would be taken for a URL. */
static std::string as_url(const std::string &path) {
  return path.find(':') != std::string::npos ? "file:" + path : path;
}

Result<OutputTarget> OutputTarget::resolve(const std::string &location,
                                           const AVOutputFormat *muxer) {
  OutputTarget target;
  target.location_ = location;
  target.muxer_opens_ = muxer->flags & AVFMT_NOFILE;
  const bool is_list = strcmp(muxer->name, "tee") == 0; /* of places, each with its options */
  auto path = is_list ? Result<std::string>(std::string()) : path_in(location);
  if (!path)
    return Failure(path.error());
  if (path->empty()) {
    target.url_ = location;
    return target;
  }

  target.path_ = *path;
  const bool single_picture = is_single_picture(muxer, *path);
  struct stat st;
  bool exists = (!target.muxer_opens_ || single_picture) && stat(path->c_str(), &st) == 0;
  if (exists && S_ISDIR(st.st_mode))
    return FRAMEWISE_FAIL_RESOURCE(
        OPEN_WRITE, format("Cannot write `%s`: that is a folder.", location.c_str()));
  if (exists && !may(*path, W_OK))
    return FRAMEWISE_FAIL_RESOURCE(
        OPEN_WRITE, format("No permission to write `%s`.", location.c_str()), g_strerror(errno));
  if (exists && S_ISREG(st.st_mode)) {
    /* A link stays a link: its target is what gets replaced. */
    if (char *resolved = realpath(path->c_str(), nullptr)) {
      target.path_ = resolved;
      free(resolved);
    }
    target.part_ = single_picture ? picture_part(target.path_) : target.path_ + ".part";
    target.mode_ = st.st_mode & 07777;
  } else if (single_picture && lstat(path->c_str(), &st) < 0) {
    /* Not even a link without a target: half a picture is worth nothing, so it never gets the name.
     */
    target.part_ = picture_part(target.path_);
  }
  if (single_picture && is_picture_pattern(target.part_)) {
    /* A link led into a folder whose name the muxer would take for a pattern. */
    target.part_.clear();
    target.path_ = *path;
  }
  /* A folder with a pattern in its name is made by the muxer. */
  bool checkable = folder_of(target.path_).find('%') == std::string::npos;
  if (checkable && (!exists || S_ISREG(st.st_mode)))
    if (auto checked = check_folder(target.path_, location); !checked)
      return Failure(checked.error());
  target.is_fifo_ = exists && S_ISFIFO(st.st_mode);
  target.created_ = !exists && !target.muxer_opens_;
  target.url_ = as_url(target.part_.empty() ? target.path_ : target.part_);
  return target;
}

Result<OutputTarget> OutputTarget::into(std::unique_ptr<ByteSink> sink,
                                        const AVOutputFormat *muxer) {
  if (muxer->flags & AVFMT_NOFILE)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS,
        format("The container `%s` makes its files itself, so it needs a location=.%s", muxer->name,
               strcmp(muxer->name, "image2") == 0 ? " Pictures in a row are container=image2pipe."
                                                  : ""));
  OutputTarget target;
  target.location_ = sink->name();
  target.sink_ = std::move(sink);
  return target;
}

OutputTarget::OutputTarget(OutputTarget &&o) noexcept
    : sink_(std::move(o.sink_)), location_(std::move(o.location_)), url_(std::move(o.url_)),
      path_(std::move(o.path_)), part_(std::move(o.part_)), mode_(o.mode_), is_fifo_(o.is_fifo_),
      muxer_opens_(o.muxer_opens_), created_(o.created_), final_size_(o.final_size_),
      remains_(std::exchange(o.remains_, false)), lock_(std::exchange(o.lock_, -1)),
      io_(std::exchange(o.io_, nullptr)) {}

OutputTarget::~OutputTarget() {
  close();
  unlock();
}

bool OutputTarget::has_option(const std::string &name) const {
  const char *protocol = avio_find_protocol_name(url_.c_str());
  const AVClass *options = protocol ? avio_protocol_get_class(protocol) : nullptr;
  return options && av_opt_find(&options, name.c_str(), nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ);
}

Failure OutputTarget::write_failure(int averror) const {
  if (averror == AVERROR(ENOSPC) || averror == AVERROR(EDQUOT) || averror == AVERROR(EFBIG))
    return fail_av(averror, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
                   format("No space left to write `%s`.", location_.c_str()));
  if (sink_)
    return FRAMEWISE_FAIL_RESOURCE(WRITE, format("Cannot write to the %s.", sink_->name()),
                                   sink_->error());
  return fail_av(averror, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
                 format("Cannot write `%s`.", location_.c_str()));
}

/* Opening a FIFO for writing blocks until someone reads it, and nothing interrupts that. This waits
 * in a way that can be interrupted. Returns a descriptor that keeps the FIFO open. */
static int wait_for_reader(const std::string &path, const AVIOInterruptCB &interrupt) {
  constexpr gulong poll_interval = 10000; /* us */
  for (;;) {
    int fd = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0)
      return fd;
    if (errno != ENXIO && errno != EINTR)
      return AVERROR(errno);
    if (interrupt.callback && interrupt.callback(interrupt.opaque))
      return AVERROR_EXIT;
    g_usleep(poll_interval);
  }
}

Result<void> OutputTarget::lock_part() {
  constexpr int most_attempts = 100;
  for (int attempt = 0; attempt < most_attempts; attempt++) {
    lock_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (lock_ < 0)
      return FRAMEWISE_FAIL_RESOURCE(OPEN_WRITE,
                                     format("Cannot open `%s`, which `%s` is written to first.",
                                            part_.c_str(), location_.c_str()),
                                     g_strerror(errno));
    if (flock(lock_, LOCK_EX | LOCK_NB) < 0) {
      if (errno == EWOULDBLOCK)
        break;
      g_debug("%s: a file system without locks: %s", part_.c_str(), g_strerror(errno));
    }
    /* Whoever held it may have renamed or removed it between open() and flock(). */
    struct stat held, named;
    if (fstat(lock_, &held) == 0 && stat(part_.c_str(), &named) == 0 &&
        held.st_dev == named.st_dev && held.st_ino == named.st_ino) {
      remains_ = true;
      return {};
    }
    unlock();
  }
  unlock();
  return FRAMEWISE_FAIL_RESOURCE(
      OPEN_WRITE, format("`%s` is being written by another, so `%s` cannot be. Choose another "
                         "location, or wait.",
                         part_.c_str(), location_.c_str()));
}

void OutputTarget::unlock() {
  if (lock_ >= 0)
    ::close(lock_);
  lock_ = -1;
}

Result<void> OutputTarget::open_picture(AVFormatContext *muxer) {
  if (replaces_pictures(muxer, path_)) {
    part_.clear();
    url_ = as_url(path_);
    AvPtr<char> old(muxer->url);
    muxer->url = av_strdup(url_.c_str());
    return {};
  }
  /* What it is for is done here; it would replace the file that is locked. */
  av_opt_set_int(muxer, "atomic_writing", 0, AV_OPT_SEARCH_CHILDREN);
  return lock_part();
}

Result<void> OutputTarget::open(AVFormatContext *muxer, Dictionary options,
                                const AVIOInterruptCB &no_reader) {
  if (sink_) {
    io_ = muxer->pb = sink_->open();
    muxer->flags |= AVFMT_FLAG_CUSTOM_IO;
    return io_ ? Result<void>() : FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  }
  if (muxer_opens_)
    return part_.empty() ? Result<void>() : open_picture(muxer);
  if (!part_.empty())
    if (auto locked = lock_part(); !locked)
      return locked;
  auto failure = [&](int averror) {
    if (averror == AVERROR_PROTOCOL_NOT_FOUND || averror == AVERROR(ENOENT))
      return fail_av(averror, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
                     format("Cannot write to `%s`: there is no such place.", location_.c_str()));
    return fail_av(averror, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
                   format("Cannot open `%s` for writing.", location_.c_str()));
  };
  int fifo = -1;
  if (is_fifo_ && (fifo = wait_for_reader(path_, no_reader)) < 0)
    return failure(fifo);
  int ret = avio_open2(&io_, url_.c_str(), AVIO_FLAG_WRITE, &muxer->interrupt_callback,
                       options.address());
  if (fifo >= 0)
    ::close(fifo);
  if (ret < 0)
    return failure(ret);
  muxer->pb = io_;
  remains_ = true;
  if (!options.empty())
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, format("Neither the container nor the protocol of `%s` has the option %s.",
                         location_.c_str(), options.quoted_keys().c_str()));
  return {};
}

int64_t OutputTarget::size() const { return io_ ? avio_tell(io_) : final_size_; }

int OutputTarget::close() {
  if (!io_)
    return 0;
  avio_flush(io_);
  int written = io_->error;
  final_size_ = std::max(avio_size(io_), avio_tell(io_));
  if (sink_) {
    io_ = nullptr;
    const int closed = sink_->close();
    return written < 0 ? written : closed;
  }
  int closed = avio_closep(&io_);
  return written < 0 ? written : closed;
}

Result<void> OutputTarget::complete() {
  if (int ret = close(); ret < 0)
    return write_failure(ret);
  if (part_.empty()) {
    remains_ = false;
    return {};
  }
  /* On disk before it has the name: else a power cut could leave an empty file in its place. */
  if (fsync(lock_) < 0)
    return write_failure(AVERROR(errno));
  /* A file system without permissions is no reason to fail. */
  if (mode_ && fchmod(lock_, *mode_) < 0)
    g_debug("%s: %s", part_.c_str(), g_strerror(errno));
  if (rename(part_.c_str(), path_.c_str()) < 0)
    return write_failure(AVERROR(errno));
  unlock();
  remains_ = false;
  return {};
}

void OutputTarget::give_up(Remains remains) {
  if (sink_)
    close();
  if (!remains_)
    return;
  close();
  remains_ = false;
  if (!part_.empty())
    unlink(part_.c_str());
  else if (created_ && remains == Remains::remove)
    unlink(path_.c_str());
  unlock();
}

} // namespace framewise
