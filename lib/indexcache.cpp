/* gst-framewise: the folder of saved frame indexes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "indexcache.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

GST_DEBUG_CATEGORY_STATIC(cache_debug);
#define GST_CAT_DEFAULT cache_debug

namespace framewise {

namespace files = std::filesystem;

constexpr const char *suffix = ".fwindex";

static void register_category() {
  static const bool registered = [] {
    GST_DEBUG_CATEGORY_INIT(cache_debug, "framewiseindexcache", 0, "saved frame indexes");
    return true;
  }();
  (void)registered;
}

/* ---- What an index is of ----------------------------------------------------------------------
 */

std::optional<std::string> local_file_at(const std::string &location) {
  auto resolve = [](const char *path) -> std::optional<std::string> {
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
      return std::nullopt;
    std::unique_ptr<char, decltype(&free)> resolved(realpath(path, nullptr), free);
    return resolved ? std::optional<std::string>(resolved.get()) : std::nullopt;
  };
  if (auto path = resolve(location.c_str()))
    return path;
  constexpr std::string_view protocol = "file:";
  return location.starts_with(protocol) ? resolve(location.c_str() + protocol.size())
                                        : std::nullopt;
}

const std::string &libav_versions() {
  static const std::string versions =
      format("libavformat %u, libavcodec %u, %s", avformat_version(), avcodec_version(),
             av_version_info());
  return versions;
}

std::string index_key(const FrameIndex::Request &request, const std::string &path) {
  std::string key;
  auto add = [&](const char *what, const std::string &value) {
    key += std::string(what) + "=" + value + '\0';
  };
  auto add_options = [&](const char *what, const Dictionary &options) {
    const AVDictionaryEntry *entry = nullptr;
    while ((entry = av_dict_get(options.get(), "", entry, AV_DICT_IGNORE_SUFFIX)))
      add(what, std::string(entry->key) + "=" + entry->value);
  };
  add("file", path);
  add("stream", request.reader.input.stream);
  add("mode", std::to_string(int(request.mode)));
  add("proved up to", std::to_string(request.prove_up_to));
  add_options("container option", request.reader.input.options);
  add_options("codec option", request.reader.decoder.options);
  return key + libav_versions();
}

/* ---- The folder -------------------------------------------------------------------------------
 */

std::string IndexCache::default_folder() {
  CString folder(g_build_filename(g_get_user_cache_dir(), "gst-framewise", nullptr));
  return folder.get();
}

std::string IndexCache::path_of(const std::string &key) const {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return folder_ + "/" +
         format("%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", guint64(hash.high64),
                guint64(hash.low64)) +
         suffix;
}

/* Those that were not used for longest go first. */
static void touch(const std::string &path) { utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }

/* An index of a file that had been written just before was compared with all of it. Now that the
 * file is older, that need not be done again. */
static void refresh(FrameIndex &index, int64_t now) {
  auto origin = std::make_shared<IndexOrigin>(*index.origin());
  origin->fingerprint.taken = now;
  if (origin->fingerprint.is_fresh())
    return;
  index.set_origin(std::move(origin));
  index.set_wants_saving();
}

IndexCache::Found IndexCache::look_up(const std::string &key, const std::string &path,
                                      const GiveUp &give_up) const {
  register_category();
  const std::string file = path_of(key);
  auto loaded = map_index_file(file);
  if (!loaded) {
    GST_WARNING("the saved index %s is of no use: %s", file.c_str(), loaded.error().c_str());
    return {};
  }
  if (!*loaded)
    return {};
  std::shared_ptr<FrameIndex> index = std::move(*loaded);
  if (index->origin()->key != key) {
    GST_WARNING("the saved index %s is of something else", file.c_str());
    return {};
  }
  const int64_t now = g_get_real_time() * 1000;
  const bool was_fresh = index->origin()->fingerprint.is_fresh();
  const FileChange change = compare_file(index->origin()->fingerprint, path, give_up);
  if (change == FileChange::other) {
    GST_INFO("%s is not what it was when %s was saved", path.c_str(), file.c_str());
    return {};
  }
  touch(file);
  if (change == FileChange::none) {
    GST_DEBUG("%s is the index of %s", file.c_str(), path.c_str());
    index->set_saved();
    if (was_fresh)
      refresh(*index, now);
  }
  return {std::move(index), change};
}

void IndexCache::store(const FrameIndex &index, const GiveUp &give_up) const {
  register_category();
  IndexOrigin origin = *index.origin();
  if (!add_cover(origin.fingerprint, origin.location, Cover::automatic, give_up)) {
    GST_INFO("%s has changed since it was indexed, or it took too long to look",
             origin.location.c_str());
    return;
  }
  constexpr int only_mine = 0700, file_mode = 0600;
  const std::string path = path_of(origin.key);
  if (g_mkdir_with_parents(folder_.c_str(), only_mine) != 0) {
    GST_WARNING("no folder %s for indexes: %s", folder_.c_str(), g_strerror(errno));
    return;
  }
  tidy(path);
  if (auto written = write_index_file(path, to_index_file(index, origin), file_mode); !written) {
    GST_WARNING("no index can be saved in %s: %s", folder_.c_str(), g_strerror(written.error()));
    return;
  }
  GST_DEBUG("saved %s", path.c_str());
  tidy(path);
}

/* Deletes what a writer that ended halfway has left, and the oldest indexes but for `kept` until
 * the rest is no more than the limit. */
void IndexCache::tidy(const std::string &kept) const {
  constexpr auto stale = std::chrono::hours(1);
  struct Entry {
    files::file_time_type used;
    files::path path;
    uint64_t size;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;
  std::error_code failed;
  for (files::directory_iterator entry(folder_, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::error_code gone; /* another process may tidy, too */
    const std::string name = entry->path().filename();
    const auto used = entry->last_write_time(gone);
    const uint64_t size = gone ? 0 : entry->file_size(gone);
    if (gone)
      continue;
    if (name.ends_with(suffix)) {
      total += size;
      if (entry->path() != kept)
        entries.push_back({used, entry->path(), size});
    } else if (name.find(std::string(suffix) + ".tmp-") != std::string::npos &&
               files::file_time_type::clock::now() - used > stale) {
      files::remove(entry->path(), gone);
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry &a, const Entry &b) { return a.used < b.used; });
  for (const Entry &oldest : entries) {
    if (total <= limit_)
      break;
    std::error_code gone;
    files::remove(oldest.path, gone);
    total -= oldest.size;
  }
}

} // namespace framewise
