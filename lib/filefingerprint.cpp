/* gst-framewise: whether a file is still the one that it was.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filefingerprint.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

namespace framewise {

constexpr int64_t ns_per_second = 1000000000;

static int64_t to_ns(const timespec &time) { return time.tv_sec * ns_per_second + time.tv_nsec; }

std::optional<FileState> FileState::of(const std::string &path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    return std::nullopt;
  return FileState{uint64_t(status.st_size), to_ns(status.st_mtim), to_ns(status.st_ctim),
                   uint64_t(status.st_dev), uint64_t(status.st_ino)};
}

bool FileFingerprint::is_fresh() const {
  return taken - state.ctime < ns_per_second || taken - state.mtime < ns_per_second;
}

namespace {

/* Hashes of parts of a file; once a part cannot be read, or it shall give up, of nothing. */
class FileHasher {
 public:
  FileHasher(const std::string &path, const GiveUp &give_up)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)), give_up_(give_up) {}
  ~FileHasher() {
    if (fd_ >= 0)
      close(fd_);
  }
  FileHasher(const FileHasher &) = delete;
  FileHasher &operator=(const FileHasher &) = delete;

  std::optional<uint64_t> hash(uint64_t pos, uint64_t size) {
    if (fd_ < 0 || (give_up_ && give_up_()))
      return std::nullopt;
    buffer_.resize(size);
    for (uint64_t done = 0; done < size;) {
      const ssize_t got = pread(fd_, buffer_.data() + done, size - done, off_t(pos + done));
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return std::nullopt;
      done += uint64_t(got);
    }
    return XXH3_64bits(buffer_.data(), size);
  }

 private:
  int fd_;
  const GiveUp &give_up_;
  std::vector<char> buffer_;
};

struct Part {
  uint64_t pos, size;
};

std::vector<Part> sample_parts(uint64_t file_size) {
  constexpr uint64_t size = FileFingerprint::sample_size, n = FileFingerprint::most_samples;
  std::vector<Part> parts;
  if (file_size <= n * size) {
    for (uint64_t pos = 0; pos < file_size; pos += size)
      parts.push_back({pos, std::min(size, file_size - pos)});
    return parts;
  }
  const uint64_t last = file_size - size;
  for (uint64_t i = 0; i < n; i++)
    parts.push_back({last / (n - 1) * i + last % (n - 1) * i / (n - 1), size});
  return parts;
}

std::vector<Part> block_parts(uint64_t file_size) {
  std::vector<Part> parts;
  for (uint64_t pos = 0; pos < file_size; pos += FileFingerprint::block_size)
    parts.push_back({pos, std::min(FileFingerprint::block_size, file_size - pos)});
  return parts;
}

bool fill(std::vector<uint64_t> &hashes, const std::vector<Part> &parts, FileHasher &hasher) {
  if (!hashes.empty())
    return true;
  for (const Part &part : parts) {
    auto hash = hasher.hash(part.pos, part.size);
    if (!hash) {
      hashes.clear();
      return false;
    }
    hashes.push_back(*hash);
  }
  return true;
}

bool are_same(const std::vector<uint64_t> &hashes, const std::vector<Part> &parts,
              FileHasher &hasher) {
  if (hashes.size() != parts.size())
    return false;
  for (size_t i = 0; i < parts.size(); i++)
    if (hasher.hash(parts[i].pos, parts[i].size) != hashes[i])
      return false;
  return true;
}

bool few_samples_are_same(const FileFingerprint &print, FileHasher &hasher) {
  const auto parts = sample_parts(print.state.size);
  const size_t n = parts.size();
  if (print.samples.size() != n || n == 0)
    return false;
  for (size_t i : {size_t(0), n / 3, n * 2 / 3, n - 1})
    if (hasher.hash(parts[i].pos, parts[i].size) != print.samples[i])
      return false;
  return true;
}

/* All that the cover has. */
bool cover_is_same(const FileFingerprint &print, FileHasher &hasher) {
  return print.blocks.empty() ? are_same(print.samples, sample_parts(print.state.size), hasher)
                              : are_same(print.blocks, block_parts(print.state.size), hasher);
}

} // namespace

std::optional<FileFingerprint> take_fingerprint(const std::string &path, const GiveUp &give_up) {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  auto state = FileState::of(path);
  if (!state || state->size == 0)
    return std::nullopt;
  FileFingerprint print;
  print.state = *state;
  print.taken = to_ns(now);
  if (print.is_fresh() && state->size <= FileFingerprint::fully_covered &&
      !add_cover(print, path, Cover::whole, give_up))
    return std::nullopt;
  return print;
}

bool add_cover(FileFingerprint &print, const std::string &path, Cover cover,
               const GiveUp &give_up) {
  if (FileState::of(path) != print.state)
    return false;
  FileHasher hasher(path, give_up);
  if (!fill(print.samples, sample_parts(print.state.size), hasher))
    return false;
  const bool whole = cover == Cover::whole || (cover == Cover::automatic &&
                                               print.state.size <= FileFingerprint::fully_covered);
  if (whole && !fill(print.blocks, block_parts(print.state.size), hasher))
    return false;
  return FileState::of(path) == print.state;
}

FileChange compare_file(const FileFingerprint &print, const std::string &path,
                        const GiveUp &give_up) {
  const auto state = FileState::of(path);
  if (!state)
    return FileChange::other;
  FileHasher hasher(path, give_up);
  if (*state == print.state) {
    if (!print.is_fresh())
      return few_samples_are_same(print, hasher) ? FileChange::none : FileChange::other;
    const bool same = !print.blocks.empty() && cover_is_same(print, hasher);
    return same ? FileChange::none : FileChange::other;
  }
  const bool may_have_grown = state->device == print.state.device &&
                              state->inode == print.state.inode && state->size > print.state.size;
  return may_have_grown && cover_is_same(print, hasher) ? FileChange::grown : FileChange::other;
}

bool has_same_bytes(const FileFingerprint &print, const std::string &path, const GiveUp &give_up) {
  const auto state = FileState::of(path);
  if (!state || state->size != print.state.size || print.blocks.empty())
    return false;
  FileHasher hasher(path, give_up);
  return cover_is_same(print, hasher);
}

} // namespace framewise
