/* gst-framewise: whether a file is still the one that it was.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "visibility.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace framewise {

struct FRAMEWISE_INTERNAL FileState {
  uint64_t size = 0;
  int64_t mtime = 0, ctime = 0; /* ns since 1970 */
  uint64_t device = 0, inode = 0;
  bool operator==(const FileState &) const = default;

  /* Of regular files only; follows links. */
  static std::optional<FileState> of(const std::string &path);
};

/* What a file was when its state was taken. */
struct FRAMEWISE_INTERNAL FileFingerprint {
  static constexpr uint64_t sample_size = 4096, block_size = 1 << 20;
  static constexpr uint64_t most_samples = 64;
  static constexpr uint64_t fully_covered = 64 << 20; /* files up to that size, without asking */

  FileState state;
  int64_t taken = 0; /* when, in ns since 1970 */
  /* XXH3 of most_samples places spread evenly over the file, head and tail among them; of fewer
   * where the file is smaller. */
  std::vector<uint64_t> samples;
  std::vector<uint64_t> blocks; /* XXH3 of each block_size bytes; may be left out of big files */

  /* A change could have come within one tick of the file system's clock after the state was taken,
   * and would not show in it. */
  bool is_fresh() const;
  bool has_cover() const { return !samples.empty(); }
};

enum class Cover { samples_only, automatic, whole };
enum class FileChange { none, grown, other };

/* Asked between blocks; true: give up. */
using GiveUp = std::function<bool()>;

/* Without a cover but for fresh files: theirs must be older than what is read of them. */
FRAMEWISE_INTERNAL std::optional<FileFingerprint> take_fingerprint(const std::string &path,
                                                                   const GiveUp &give_up);
/* Adds what is missing to `print`; false where the file is not in its state any more. */
FRAMEWISE_INTERNAL bool add_cover(FileFingerprint &print, const std::string &path, Cover cover,
                                  const GiveUp &give_up);
/* What the file at `path` is to `print`, which has a cover. Few bytes are read where the state is
 * the same and can be trusted, else all that the cover has. Grown: the same file, longer, and what
 * the cover has of its beginning has not changed. */
FRAMEWISE_INTERNAL FileChange compare_file(const FileFingerprint &print, const std::string &path,
                                           const GiveUp &give_up);
/* Whether what is at `path` has the very bytes, whatever its state; never of files without blocks.
 */
FRAMEWISE_INTERNAL bool has_same_bytes(const FileFingerprint &print, const std::string &path,
                                       const GiveUp &give_up);

} // namespace framewise
