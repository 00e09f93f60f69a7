/* gst-framewise: the folder of saved frame indexes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "indexfile.hpp"

namespace framewise {

/* Where the file is that `location` means, if it is a regular one; with all links followed. */
FRAMEWISE_INTERNAL std::optional<std::string> local_file_at(const std::string &location);
/* Of libavformat and libavcodec: what they find in a file may differ. */
FRAMEWISE_INTERNAL const std::string &libav_versions();
/* All that an index depends on but for what is in the file, which is at `path`. */
FRAMEWISE_INTERNAL std::string index_key(const FrameIndex::Request &request,
                                         const std::string &path);

/* Several processes may use one folder at once. Nothing here is an error: what cannot be had from
 * there is made, and what cannot be saved is not. Any thread. */
class FRAMEWISE_INTERNAL IndexCache {
 public:
  static constexpr uint64_t default_limit = 512 << 20;
  /* The user's. */
  static std::string default_folder();

  explicit IndexCache(std::string folder, uint64_t limit = default_limit)
      : folder_(std::move(folder)), limit_(limit) {}

  struct Found {
    std::shared_ptr<FrameIndex> index; /* null: none, or none that holds */
    FileChange change = FileChange::other;
  };
  Found look_up(const std::string &key, const std::string &path, const GiveUp &give_up) const;
  /* Needs an index with an origin. The oldest others go where all are more than the limit. */
  void store(const FrameIndex &index, const GiveUp &give_up) const;
  /* Where the index for `key` is, if there is one. */
  std::string path_of(const std::string &key) const;

 private:
  void tidy(const std::string &kept) const;

  std::string folder_;
  uint64_t limit_; /* bytes */
};

} // namespace framewise
