/* gst-framewise: a frame index as a file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The format is in docs/index-file.md.
 */
#pragma once

#include "frameindex.hpp"

#include <cstddef>

namespace framewise {

/* The whole file, from its first byte on. `origin` is that of the index, with a cover. */
FRAMEWISE_INTERNAL std::vector<uint8_t> to_index_file(const FrameIndex &index,
                                                      const IndexOrigin &origin);
/* Views `size` bytes at `data`, which are aligned as for int64_t and which `store` keeps. Fails
 * with the reason where they are not the file of an index: whatever is in them, an index that comes
 * back can be used. */
FRAMEWISE_INTERNAL tl::expected<std::shared_ptr<FrameIndex>, std::string>
from_index_file(const uint8_t *data, size_t size, std::shared_ptr<const void> store);

/* Maps the file, which only ever is replaced or deleted, never written to. Null where there is
 * none. */
FRAMEWISE_INTERNAL tl::expected<std::shared_ptr<FrameIndex>, std::string>
map_index_file(const std::string &path);
/* The same by reading it, for files that others may change. */
FRAMEWISE_INTERNAL tl::expected<std::shared_ptr<FrameIndex>, std::string>
read_index_file(const std::string &path);
/* By a temporary file beside it, named PATH.tmp-XXXXXX, that takes the place of `path` when it is
 * whole. Fails with an errno. */
FRAMEWISE_INTERNAL tl::expected<void, int>
write_index_file(const std::string &path, const std::vector<uint8_t> &bytes, int mode);

namespace index_file {

/* What the file begins with; all numbers in the byte order of the machine. */
struct Header {
  char magic[8];
  uint64_t checksum; /* XXH3, of all that follows it */
  uint32_t byte_order;
  uint32_t version;
  uint64_t file_size;
  uint32_t means, flags;
  int64_t n_frames, end_time, first_time;
  int32_t rate_num, rate_den;
  FileState media;
  int64_t taken;
  int64_t n_samples;
  int32_t sample_rate, unused;
};
static_assert(sizeof(Header) == 136);

struct Section {
  uint64_t offset, size; /* bytes */
};

constexpr char magic[8] = {'g', 's', 't', 'f', 'w', 'i', 'd', 'x'};
constexpr uint32_t byte_order = 0x01020304;
constexpr uint32_t version = 2;
constexpr size_t alignment = 8; /* of sections */
constexpr size_t checksum_begin = offsetof(Header, checksum), checksummed = checksum_begin + 8;
enum Flag : uint32_t {
  exact = 1,
  one_thread = 2,
  constant_framerate = 4,
  counts_only = 8,
  scan_was_disproved = 16,
  all_flags = 31
};
/* Those before the columns. */
enum Text { key, location, distrust, samples, blocks, first_column };
constexpr size_t n_sections = first_column + IndexView::n_columns;
constexpr size_t data_begin = sizeof(Header) + n_sections * sizeof(Section);

FRAMEWISE_INTERNAL uint64_t checksum_of(const uint8_t *data, size_t size);

} // namespace index_file

/* The reason why readers cannot rely on it; null where they can. */
const char *reason_to_refuse(const IndexFacts &facts, const IndexView &table);

} // namespace framewise
