/* gst-framewise: a frame index as a file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "indexfile.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

namespace framewise {

using namespace index_file;
using Loaded = tl::expected<std::shared_ptr<FrameIndex>, std::string>;

uint64_t index_file::checksum_of(const uint8_t *data, size_t size) {
  return XXH3_64bits(data + checksummed, size - checksummed);
}

/* ---- Bytes ------------------------------------------------------------------------------------
 */

static uint32_t flags_of(const IndexFacts &facts, const IndexOrigin &origin) {
  uint32_t flags = 0;
  auto add = [&](bool holds, Flag flag) { flags |= holds ? flag : 0u; };
  add(facts.exact, exact);
  add(facts.one_thread, one_thread);
  add(facts.constant_framerate, constant_framerate);
  add(facts.counts_only, counts_only);
  add(origin.scan_was_disproved, scan_was_disproved);
  return flags;
}

std::vector<uint8_t> to_index_file(const FrameIndex &index, const IndexOrigin &origin) {
  const IndexFacts &facts = index.facts();
  Header header{};
  memcpy(header.magic, magic, sizeof magic);
  header.byte_order = byte_order;
  header.version = version;
  header.means = uint32_t(facts.means);
  header.flags = flags_of(facts, origin);
  header.n_frames = facts.n_frames;
  header.end_time = facts.end_time;
  header.first_time = facts.first_time;
  header.rate_num = facts.rate.num;
  header.rate_den = facts.rate.den;
  header.media = origin.fingerprint.state;
  header.taken = origin.fingerprint.taken;
  header.n_samples = facts.n_samples;
  header.sample_rate = facts.sample_rate;

  std::vector<uint8_t> bytes(data_begin);
  std::vector<Section> sections;
  auto add = [&](const auto &values) {
    const auto raw = std::as_bytes(std::span(values));
    sections.push_back({bytes.size(), raw.size()});
    const auto *begin = reinterpret_cast<const uint8_t *>(raw.data());
    bytes.insert(bytes.end(), begin, begin + raw.size());
    bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
  };
  add(origin.key);
  add(origin.location);
  add(facts.distrust);
  add(origin.fingerprint.samples);
  add(origin.fingerprint.blocks);
  std::apply([&](const auto &...column) { (add(column), ...); }, index.table().columns());

  header.file_size = bytes.size();
  memcpy(bytes.data(), &header, sizeof header);
  memcpy(bytes.data() + sizeof header, sections.data(), n_sections * sizeof(Section));
  header.checksum = checksum_of(bytes.data(), bytes.size());
  memcpy(bytes.data() + checksum_begin, &header.checksum, sizeof header.checksum);
  return bytes;
}

namespace {

class IndexFileReader {
 public:
  IndexFileReader(const uint8_t *data, size_t size, std::shared_ptr<const void> store)
      : data_(data), size_(size), store_(std::move(store)) {}

  Loaded read() {
    if (const char *reason = read_header())
      return tl::unexpected(std::string(reason));
    IndexFacts facts = read_facts();
    auto origin = std::make_shared<IndexOrigin>();
    origin->fingerprint.state = header_.media;
    origin->fingerprint.taken = header_.taken;
    origin->scan_was_disproved = header_.flags & scan_was_disproved;
    const bool texts_fit = assign(key, origin->key) && assign(location, origin->location) &&
                           assign(distrust, facts.distrust) &&
                           assign(samples, origin->fingerprint.samples) &&
                           assign(blocks, origin->fingerprint.blocks);
    if (!texts_fit)
      return tl::unexpected(std::string("a text of it lies outside"));
    IndexView table;
    size_t section = first_column;
    const bool columns_fit = std::apply(
        [&](auto &...column) { return (view(section++, column) && ...); }, table.columns());
    if (!columns_fit)
      return tl::unexpected(std::string("a column of it lies outside"));
    if (const char *reason = reason_to_refuse(facts, table))
      return tl::unexpected(std::string("it is wrong about ") + reason);
    auto index = std::make_shared<FrameIndex>(std::move(facts), table, store_);
    index->set_origin(std::move(origin));
    return index;
  }

 private:
  const char *read_header() {
    if (size_ < data_begin || memcmp(data_, magic, sizeof magic) != 0)
      return "it is no index";
    memcpy(&header_, data_, sizeof header_);
    if (header_.byte_order != byte_order)
      return "it is of a machine with another byte order";
    if (header_.version != version)
      return "it has another version of the format";
    if (header_.file_size != size_)
      return "it is cut short";
    if (header_.checksum != checksum_of(data_, size_))
      return "its checksum is wrong";
    if (header_.means > uint32_t(IndexMeans::hashes) || header_.flags & ~uint32_t(all_flags))
      return "it has means or flags that are unknown";
    return nullptr;
  }

  IndexFacts read_facts() const {
    IndexFacts facts;
    facts.means = IndexMeans(header_.means);
    facts.exact = header_.flags & exact;
    facts.one_thread = header_.flags & one_thread;
    facts.constant_framerate = header_.flags & constant_framerate;
    facts.counts_only = header_.flags & counts_only;
    facts.n_frames = header_.n_frames;
    facts.end_time = header_.end_time;
    facts.first_time = header_.first_time;
    facts.rate = {header_.rate_num, header_.rate_den};
    facts.n_samples = header_.n_samples;
    facts.sample_rate = header_.sample_rate;
    return facts;
  }

  template <typename T> bool view(size_t number, std::span<const T> &column) const {
    Section section;
    memcpy(&section, data_ + sizeof(Header) + number * sizeof section, sizeof section);
    if (section.offset < data_begin || section.offset > size_ ||
        section.size > size_ - section.offset || section.offset % alignment ||
        section.size % sizeof(T))
      return false;
    column = {reinterpret_cast<const T *>(data_ + section.offset), section.size / sizeof(T)};
    return true;
  }

  template <typename Target> bool assign(size_t number, Target &target) const {
    std::span<const typename Target::value_type> values;
    if (!view(number, values))
      return false;
    target.assign(values.begin(), values.end());
    return true;
  }

  const uint8_t *data_;
  size_t size_;
  std::shared_ptr<const void> store_;
  Header header_{};
};

class Mapping {
 public:
  Mapping(void *data, size_t size) : data_(data), size_(size) {}
  ~Mapping() { munmap(data_, size_); }
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;

 private:
  void *data_;
  size_t size_;
};

/* Closes itself. */
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  File(const File &) = delete;
  File &operator=(const File &) = delete;
  explicit operator bool() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

} // namespace

Loaded from_index_file(const uint8_t *data, size_t size, std::shared_ptr<const void> store) {
  return IndexFileReader(data, size, std::move(store)).read();
}

/* ---- Files ------------------------------------------------------------------------------------
 */

/* Nothing, but no failure, where there is no such file. */
static tl::expected<std::optional<size_t>, std::string> size_of(const File &file) {
  if (!file && errno == ENOENT)
    return std::nullopt;
  struct stat status;
  if (!file || fstat(file.fd(), &status) != 0)
    return tl::unexpected(std::string(g_strerror(errno)));
  if (!S_ISREG(status.st_mode) || status.st_size == 0)
    return tl::unexpected(std::string("it is no file with something in it"));
  return size_t(status.st_size);
}

static Loaded map_open(const File &file, size_t size) {
  void *data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.fd(), 0);
  if (data == MAP_FAILED)
    return tl::unexpected(std::string(g_strerror(errno)));
  auto mapping = std::make_shared<Mapping>(data, size);
  return from_index_file(static_cast<const uint8_t *>(data), size, std::move(mapping));
}

static Loaded read_open(const File &file, size_t size) {
  auto bytes = std::make_shared<std::vector<uint8_t>>(size);
  size_t done = 0;
  while (done < bytes->size()) {
    const ssize_t got = read(file.fd(), bytes->data() + done, bytes->size() - done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    done += size_t(got);
  }
  return from_index_file(bytes->data(), done, bytes);
}

/* Nothing where there is no file. */
static Loaded open_index_file(const std::string &path, Loaded (*load)(const File &, size_t)) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  auto size = size_of(file);
  if (!size)
    return tl::unexpected(size.error());
  return *size ? load(file, **size) : Loaded(nullptr);
}

Loaded map_index_file(const std::string &path) { return open_index_file(path, map_open); }

Loaded read_index_file(const std::string &path) { return open_index_file(path, read_open); }

static bool write_all(int fd, const std::vector<uint8_t> &bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t put = write(fd, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return false;
    done += size_t(put);
  }
  return true;
}

tl::expected<void, int> write_index_file(const std::string &path, const std::vector<uint8_t> &bytes,
                                         int mode) {
  std::string temporary = path + ".tmp-XXXXXX";
  File file(g_mkstemp_full(temporary.data(), O_WRONLY | O_CLOEXEC, mode));
  if (!file)
    return tl::unexpected(errno);
  const bool written =
      write_all(file.fd(), bytes) && file.close() && rename(temporary.c_str(), path.c_str()) == 0;
  if (written)
    return {};
  const int error = errno;
  unlink(temporary.c_str());
  return tl::unexpected(error);
}

} // namespace framewise
