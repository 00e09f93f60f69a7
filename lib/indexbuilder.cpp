/* gst-framewise: the frame table of one stream, as it is made.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frameindex.hpp"
#include "packetinspector.hpp"
#include "streamclock.hpp"

#include <algorithm>
#include <cstring>

GST_DEBUG_CATEGORY_STATIC(index_debug);
#define GST_CAT_DEFAULT index_debug

namespace framewise {

static void register_category() {
  static const bool registered = [] {
    GST_DEBUG_CATEGORY_INIT(index_debug, "framewiseindex", 0, "frame index");
    return true;
  }();
  (void)registered;
}

class IndexBuilder {
 public:
  IndexBuilder(const FrameIndex::Request &request, Interruption &interruption)
      : request_(request), interruption_(interruption), index_(new FrameIndex) {}

  Result<std::shared_ptr<const FrameIndex>> build();

 private:
  Result<void> by_rate();
  Result<void> scan();
  void order_by_pts();
  std::string reason_to_distrust() const;
  int reorder_depth() const;
  enum class Keep { order, hashes };
  /* What threads make of damage differs from run to run, and so does whether they tell of it: one
   * pass in which any error ends the picture finds out whether there is some, and where there is,
   * another on one thread finds out what becomes of it. */
  enum class Care { suspicious, repeatable };
  Result<void> decode(Keep keep, Care care);
  Result<void> prove();
  Result<bool> prove_begins();
  Result<bool> gives_the_same(PictureDecoder &decoder, const std::vector<PacketPtr> &packets,
                              int32_t begin, int frames);
  Result<void> decode_all(Keep keep, Care care);
  bool is_small() const;
  void finish();
  void fill_seek_table();
  void note_progress(int64_t pos);

  const FrameIndex::Request &request_;
  Interruption &interruption_;
  std::unique_ptr<ContainerInput> input_;
  std::shared_ptr<FrameIndex> index_;
  bool corrupt_ = false;           /* by what the demuxer says */
  bool damaged_ = false;           /* by what the decoder says */
  std::vector<char> types_;        /* per packet, from the parser */
  std::vector<bool> interlaced_;   /* the same */
  std::vector<int64_t> durations_; /* per packet, in ticks */
  /* Each pass over the file is a part of the whole. */
  int passes_done_ = 0, passes_ = 1, percent_ = -1;
  int64_t size_ = 0; /* of the file; 0: not asked yet, below 0: not known */
};

void IndexBuilder::note_progress(int64_t pos) {
  if (!request_.progress || pos < 0)
    return;
  /* Asking for the size is a system call. */
  if (AVIOContext *io = input_->context()->pb; io && size_ == 0)
    size_ = avio_size(io);
  const int64_t size = size_;
  if (size <= 0)
    return;
  const int64_t done = std::min(pos, size);
  const int percent = int((passes_done_ * 100 + done * 100 / size) / passes_);
  if (percent > percent_ && percent < 100)
    request_.progress(percent_ = percent);
}

Result<void> IndexBuilder::by_rate() {
  const AVStream *stream = input_->stream();
  AVRational rate = input_->constant_framerate();
  if (rate.num <= 0)
    rate = stream->avg_frame_rate;
  const int64_t start =
      stream->start_time == AV_NOPTS_VALUE ? 0 : input_->to_stream_time(stream->start_time);
  const int64_t end = input_->stream_end();
  if (rate.num <= 0 || rate.den <= 0 || (stream->nb_frames <= 0 && end < 0))
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, format("`%s` does not say what its frame rate and length are. Leave `index-mode` "
                         "at `auto`.",
                         request_.reader.input.location.c_str()));
  index_->means_ = FrameIndex::Means::rate;
  index_->exact_ = false;
  index_->constant_framerate_ = true;
  index_->rate_ = rate;
  index_->first_time_ = start;
  constexpr int64_t ns_per_second = 1000000000;
  index_->n_frames_ =
      stream->nb_frames > 0
          ? stream->nb_frames
          : av_rescale_rnd(end - start, rate.num, ns_per_second * rate.den, AV_ROUND_NEAR_INF);
  index_->end_time_ = index_->time(index_->n_frames_);
  return {};
}

Result<void> IndexBuilder::scan() {
  PacketInspector inspector(input_->stream());
  PacketPtr packet = new_packet();
  if (const int64_t expected = input_->stream()->nb_frames; expected > 0 && expected < 1 << 20) {
    index_->packets_.reserve(size_t(expected));
    types_.reserve(size_t(expected));
    durations_.reserve(size_t(expected));
  }
  for (;;) {
    auto read = input_->read_packet(packet.get());
    if (!read)
      return Failure(read.error());
    if (!*read)
      break;
    inspector.inspect(packet.get());
    index_->packets_.push_back({packet->pts, packet->dts, packet->pos, packet->size,
                                bool(packet->flags & AV_PKT_FLAG_KEY), inspector.shown()});
    types_.push_back(inspector.picture_type());
    interlaced_.push_back(inspector.interlaced());
    durations_.push_back(packet->duration);
    corrupt_ |= bool(packet->flags & AV_PKT_FLAG_CORRUPT);
    note_progress(packet->pos);
    av_packet_unref(packet.get());
    constexpr size_t most_packets = std::numeric_limits<int32_t>::max() - 1;
    if (index_->packets_.size() >= most_packets)
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "The stream has more packets than can be counted.");
  }
  corrupt_ |= input_->truncation() != 0;
  passes_done_++;
  return {};
}

void IndexBuilder::order_by_pts() {
  const auto &packets = index_->packets_;
  auto &frames = index_->frames_;
  std::vector<int32_t> order;
  order.reserve(packets.size());
  for (int32_t i = 0; i < index_->n_packets(); i++)
    if (packets[i].shown)
      order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return packets[a].pts < packets[b].pts; });
  StreamClock clock;
  frames.clear();
  frames.reserve(order.size());
  for (int32_t i : order) {
    IndexedFrame frame;
    frame.pts = packets[i].pts;
    const auto stamp = clock.stamp(*input_, frame.pts, durations_[i]);
    frame.time = stamp.time;
    index_->end_time_ = stamp.time + stamp.duration;
    frame.packet = i;
    frame.picture_type = types_[i];
    frame.key = packets[i].key;
    frame.interlaced = interlaced_[i];
    frames.push_back(frame);
  }
}

/* How many pictures the decoder must hold back for the order of the timestamps to come out. */
int IndexBuilder::reorder_depth() const {
  int depth = 0;
  std::vector<int32_t> rank(index_->packets_.size(), -1);
  for (size_t number = 0; number < index_->frames_.size(); number++)
    rank[index_->frames_[number].packet] = int32_t(number);
  int32_t decoded = 0;
  for (int32_t number : rank)
    if (number >= 0)
      depth = std::max(depth, decoded++ - number);
  return depth;
}

std::string IndexBuilder::reason_to_distrust() const {
  const auto &packets = index_->packets_;
  const char *format_name = input_->context()->iformat->name;
  /* Their timestamps are made up by libavformat, or left out. */
  for (const char *name : {"avi", "mpeg", "mpegvideo", "mxf", "rm", "nuv"})
    if (strcmp(format_name, name) == 0)
      return "a container without true timestamps";
  if (corrupt_)
    return "packets marked as damaged";
  if (packets.empty())
    return {};
  if (!packets[0].key)
    return "no key picture at the start";
  std::vector<int64_t> seen;
  seen.reserve(packets.size());
  int64_t last_dts = AV_NOPTS_VALUE;
  for (const IndexedPacket &packet : packets) {
    if (packet.shown && packet.pts == AV_NOPTS_VALUE)
      return "missing timestamps";
    if (packet.shown)
      seen.push_back(packet.pts);
    if (packet.dts != AV_NOPTS_VALUE) {
      if (last_dts != AV_NOPTS_VALUE && packet.dts <= last_dts)
        return "decoding timestamps that do not rise";
      last_dts = packet.dts;
    }
  }
  std::sort(seen.begin(), seen.end());
  if (std::adjacent_find(seen.begin(), seen.end()) != seen.end())
    return "repeated timestamps";
  const AVCodecDescriptor *codec = avcodec_descriptor_get(input_->stream()->codecpar->codec_id);
  const bool all_keys = std::all_of(packets.begin(), packets.end(),
                                    [](const IndexedPacket &packet) { return packet.key; });
  if (packets.size() > 1 && all_keys && !(codec && codec->props & AV_CODEC_PROP_INTRA_ONLY))
    return "every packet is said to be a key picture";
  for (size_t i = 1; i < packets.size() && !packets[i].key; i++)
    if (packets[i].shown && packets[i].pts < packets[0].pts)
      return "leading pictures at the start";
  if (reorder_depth() > input_->stream()->codecpar->video_delay)
    return "more reordering than the decoder is told of";
  return {};
}

bool IndexBuilder::is_small() const {
  const AVCodecParameters *codec = input_->stream()->codecpar;
  const int64_t samples = int64_t(index_->packets_.size()) * codec->width * codec->height;
  return samples > 0 && samples <= request_.prove_up_to; /* 0: of unknown size */
}

Result<void> IndexBuilder::decode(Keep keep, Care care) {
  passes_ = std::max(passes_, passes_done_ + 1);
  index_->means_ = keep == Keep::order ? FrameIndex::Means::order : FrameIndex::Means::hashes;
  index_->one_thread_ = care == Care::repeatable;
  return decode_all(keep, care);
}

/* Some decoders say nothing of what they conceal, but many threads then give other pictures than
 * one does. Where they give the same, there is no need for hashes. */
Result<void> IndexBuilder::prove() {
  passes_ = passes_done_ + 2;
  if (auto decoded = decode(Keep::hashes, Care::suspicious); !decoded || damaged_)
    return decoded;
  const std::vector<uint64_t> by_many = index_->hashes_;
  if (auto decoded = decode(Keep::hashes, Care::repeatable); !decoded)
    return decoded;
  damaged_ |= index_->hashes_ != by_many;
  if (damaged_)
    return {};
  index_->one_thread_ = false;
  auto proved = prove_begins();
  if (proved && *proved) {
    index_->means_ = FrameIndex::Means::order;
    index_->hashes_.clear();
  }
  return proved ? Result<void>() : Failure(proved.error());
}

/* Whether decoding that begins with each of the packets that the table offers gives what linear
 * decoding does. Packets may be lost, and key pictures may promise what they do not keep. */
Result<bool> IndexBuilder::prove_begins() {
  if (auto reopened = input_->reopen(); !reopened)
    return Failure(reopened.error());
  constexpr int64_t most_bytes = 64 << 20;
  std::vector<PacketPtr> packets;
  for (int64_t bytes = 0; bytes <= most_bytes;) {
    PacketPtr packet = new_packet();
    auto read = input_->read_packet(packet.get());
    if (!read)
      return read;
    if (!*read)
      break;
    bytes += packet->size;
    packets.push_back(std::move(packet));
  }
  finish();
  if (int64_t(packets.size()) != index_->n_packets())
    return false;
  auto opened = PictureDecoder::open(input_->stream(), request_.reader.decoder,
                                     PictureDecoder::Purpose::pictures);
  if (!opened)
    return Failure(opened.error());
  const SeekTable &table = index_->seek_table_;
  std::map<int32_t, int> frames_of; /* per packet to begin with */
  for (int32_t number = 0; number < index_->n_frames_; number++)
    frames_of[best_begin(table, number)]++;
  for (const auto &[begin, frames] : frames_of) {
    if (begin == 0)
      continue; /* which is linear decoding */
    auto right = gives_the_same(**opened, packets, begin, frames);
    if (!right || !*right)
      return right;
  }
  return true;
}

/* Whether the `frames` that are to be had by beginning with packet `begin` are right. One that does
 * not come at all is looked for elsewhere by whoever misses it. */
Result<bool> IndexBuilder::gives_the_same(PictureDecoder &decoder,
                                          const std::vector<PacketPtr> &packets, int32_t begin,
                                          int frames) {
  decoder.flush();
  std::map<int32_t, int> pictures_from;
  for (size_t next = size_t(begin); frames > 0 && !decoder.ended();) {
    auto picture = decoder.receive();
    if (!picture)
      return Failure(picture.error());
    if (!*picture) {
      if (decoder.ended())
        break;
      /* Sending leaves its mark on a packet, and these are wanted again. */
      PacketPtr packet(next < packets.size() ? av_packet_clone(packets[next].get()) : nullptr);
      if (auto sent = decoder.send(packet.get(), int64_t(next)); !sent)
        return Failure(sent.error());
      next++;
      continue;
    }
    const auto tag = int32_t(compat::tag_of(picture->get()));
    const int64_t number = index_->frame_from(tag, pictures_from[tag]++);
    if (number < 0 || best_begin(index_->seek_table_, int32_t(number)) != begin)
      continue;
    frames--;
    if (FrameIndex::hash_of(picture->get()) != index_->hashes_[number])
      return false;
  }
  return true;
}

/* Reads all anew, and takes the pictures as the decoder gives them for the table. */
Result<void> IndexBuilder::decode_all(Keep keep, Care care) {
  if (auto reopened = input_->reopen(); !reopened)
    return reopened;
  DecoderSettings settings = request_.reader.decoder;
  if (care == Care::repeatable)
    settings.thread_count = 1;
  using Purpose = PictureDecoder::Purpose;
  auto opened = PictureDecoder::open(input_->stream(), settings,
                                     care == Care::repeatable ? Purpose::pictures
                                     : keep == Keep::order    ? Purpose::order
                                                              : Purpose::flawless_pictures);
  if (!opened)
    return Failure(opened.error());
  PictureDecoder &decoder = **opened;
  if (keep == Keep::hashes && is_small())
    decoder.set_ground(care == Care::suspicious ? 0x55 : 0xaa);
  auto &frames = index_->frames_;
  frames.clear();
  index_->hashes_.clear();
  damaged_ = false;
  StreamClock clock;

  auto take = [&](const AVFrame *picture) {
    int64_t tag = compat::tag_of(picture);
    if (tag < 0 || tag >= index_->n_packets()) {
      index_->counts_only_ = true;
      tag = 0;
    }
    IndexedFrame frame;
    frame.pts = picture->best_effort_timestamp;
    const auto stamp = clock.stamp(*input_, frame.pts, compat::duration(picture));
    frame.time = stamp.time;
    index_->end_time_ = stamp.time + stamp.duration;
    frame.packet = int32_t(tag);
    frame.picture_type = av_get_picture_type_char(picture->pict_type);
    frame.key = index_->packets_[tag].key &&
                (compat::is_key_frame(picture) || picture->pict_type == AV_PICTURE_TYPE_I);
    frame.interlaced = compat::is_interlaced(picture);
    frames.push_back(frame);
    damaged_ |= picture->decode_error_flags || picture->flags & AV_FRAME_FLAG_CORRUPT;
    if (keep == Keep::hashes)
      index_->hashes_.push_back(FrameIndex::hash_of(picture));
  };
  auto take_all = [&]() -> Result<void> {
    for (;;) {
      auto picture = decoder.receive();
      if (!picture)
        return Failure(picture.error());
      if (!*picture)
        return {};
      take(picture->get());
    }
  };

  PacketPtr packet = new_packet();
  for (int32_t number = 0;; number++) {
    auto read = input_->read_packet(packet.get());
    if (!read)
      return Failure(read.error());
    note_progress(*read ? packet->pos : -1);
    if (auto sent = decoder.send(*read ? packet.get() : nullptr, number); !sent)
      return sent;
    av_packet_unref(packet.get());
    if (auto taken = take_all(); !taken)
      return taken;
    if (!*read)
      break;
  }
  damaged_ |= decoder.damage() > 0;
  passes_done_++;
  return {};
}

void IndexBuilder::fill_seek_table() {
  const auto &packets = index_->packets_;
  const auto &frames = index_->frames_;
  SeekTable &table = index_->seek_table_;
  table.packet_of.clear();
  table.packet_of.reserve(frames.size());
  for (const IndexedFrame &frame : frames)
    table.packet_of.push_back(frame.packet);
  table.first_good.assign(packets.size(), SeekTable::never);
  const bool in_order =
      std::is_sorted(frames.begin(), frames.end(), [](const auto &a, const auto &b) {
        return a.pts == AV_NOPTS_VALUE || b.pts == AV_NOPTS_VALUE || a.pts < b.pts;
      });
  for (size_t i = 0; i < packets.size() && !index_->counts_only_; i++) {
    if (!packets[i].key)
      continue;
    if (int32_t number = index_->first_frame_from_[i]; number >= 0) {
      if (frames[number].key)
        table.first_good[i] = number;
    } else if (!packets[i].shown && in_order && packets[i].pts != AV_NOPTS_VALUE) {
      auto after =
          std::lower_bound(frames.begin(), frames.end(), packets[i].pts,
                           [](const IndexedFrame &frame, int64_t pts) { return frame.pts < pts; });
      if (after != frames.end())
        table.first_good[i] = int32_t(after - frames.begin());
    }
  }
  if (!packets.empty())
    table.first_good[0] = 0;
}

static bool is_even(const std::vector<IndexedFrame> &frames, int64_t precision) {
  const int64_t n = int64_t(frames.size());
  for (int64_t i = 1; i + 1 < n; i++) {
    const int64_t even = frames[0].time + av_rescale(i, frames[n - 1].time - frames[0].time, n - 1);
    if (std::llabs(frames[i].time - even) > precision)
      return false;
  }
  return true;
}

void IndexBuilder::finish() {
  auto &index = *index_;
  index.n_frames_ = int64_t(index.frames_.size());
  index.more_from_.clear();
  index.keys_.clear();
  index.by_pos_.clear();
  index.first_frame_from_.assign(index.packets_.size(), -1);
  std::map<int32_t, int> pictures_from;
  for (size_t number = 0; number < index.frames_.size(); number++) {
    const int32_t packet = index.frames_[number].packet;
    if (index.first_frame_from_[packet] < 0)
      index.first_frame_from_[packet] = int32_t(number);
    else
      index.more_from_[{packet, ++pictures_from[packet]}] = int64_t(number);
    if (index.frames_[number].key)
      index.keys_.push_back(int32_t(number));
  }
  index.by_pos_.reserve(index.packets_.size());
  for (int32_t i = 0; i < index.n_packets(); i++)
    if (index.packets_[i].pos >= 0)
      index.by_pos_.emplace_back(index.packets_[i].pos, i);
  std::sort(index.by_pos_.begin(), index.by_pos_.end());
  const AVRational tick = input_->stream()->time_base;
  index.constant_framerate_ =
      is_even(index.frames_, av_rescale(1000000000, tick.num, tick.den) + 1);
  fill_seek_table();
}

Result<std::shared_ptr<const FrameIndex>> IndexBuilder::build() {
  register_category();
  auto input = ContainerInput::open(request_.reader.input, interruption_);
  if (!input)
    return Failure(input.error());
  input_ = std::move(*input);
  if (request_.mode == IndexMode::constant_framerate) {
    if (auto made = by_rate(); !made)
      return Failure(made.error());
    return index_;
  }
  if (!input_->is_seekable())
    return FRAMEWISE_FAIL_RESOURCE(
        SEEK, format("`%s` cannot be read twice, so there is no index of its frames.",
                     request_.reader.input.location.c_str()));
  const bool verified = request_.mode == IndexMode::verified;
  passes_ = verified ? 2 : 1;
  if (auto scanned = scan(); !scanned)
    return Failure(scanned.error());
  index_->distrust_ = request_.trust_scan ? reason_to_distrust() : "it was disproved";
  if (index_->distrust_.empty())
    order_by_pts();
  Result<void> decoded;
  if (verified)
    decoded = decode(Keep::hashes, Care::suspicious);
  else if (is_small())
    decoded = prove();
  else if (!index_->distrust_.empty())
    decoded = decode(Keep::order, Care::suspicious);
  if (decoded && damaged_ && !index_->one_thread_)
    decoded = decode(Keep::hashes, Care::repeatable);
  index_->exact_ = !damaged_;
  if (!decoded)
    return Failure(decoded.error());
  finish();
  static const char *const names[] = {"rate", "scan", "order", "hashes"};
  GST_INFO("%s: %" G_GINT64_FORMAT " frames by %s%s%s%s", request_.reader.input.location.c_str(),
           index_->n_frames_, names[int(index_->means_)],
           index_->distrust_.empty() ? "" : ", distrusted: ", index_->distrust_.c_str(),
           damaged_ ? ", damaged" : "");
  return index_;
}

Result<std::shared_ptr<const FrameIndex>> FrameIndex::build(const Request &request,
                                                            Interruption &interruption) {
  return IndexBuilder(request, interruption).build();
}

} // namespace framewise
