/* gst-framewise: the frame table of one stream, as it is made.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "indexbuilder.hpp"
#include "indexcache.hpp"
#include "indexcolumns.hpp"
#include "streamclock.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

GST_DEBUG_CATEGORY(framewise_index_debug);
#define GST_CAT_DEFAULT framewise_index_debug

namespace framewise {

static void register_category() {
  static const bool registered = [] {
    GST_DEBUG_CATEGORY_INIT(framewise_index_debug, "framewiseindex", 0, "frame index");
    return true;
  }();
  (void)registered;
}

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
  facts_.means = IndexMeans::rate;
  facts_.exact = false;
  facts_.constant_framerate = true;
  facts_.rate = rate;
  facts_.first_time = start;
  constexpr int64_t ns_per_second = 1000000000;
  facts_.n_frames =
      stream->nb_frames > 0
          ? stream->nb_frames
          : av_rescale_rnd(end - start, rate.num, ns_per_second * rate.den, AV_ROUND_NEAR_INF);
  facts_.end_time = start + av_rescale(facts_.n_frames, ns_per_second * rate.den, rate.num);
  return {};
}

void IndexBuilder::reserve_packets(size_t n) {
  for (auto *column :
       {&table_.packet_pts, &table_.packet_dts, &table_.packet_pos, &table_.packet_duration})
    column->reserve(n);
  table_.packet_size.reserve(n);
  table_.packet_flags.reserve(n);
  table_.packet_type.reserve(n);
}

void IndexBuilder::add_packet(const AVPacket *packet, const PacketInspector &inspector) {
  table_.packet_pts.push_back(packet->pts);
  table_.packet_dts.push_back(packet->dts);
  table_.packet_pos.push_back(packet->pos);
  table_.packet_duration.push_back(packet->duration);
  table_.packet_size.push_back(packet->size);
  table_.packet_flags.push_back(uint8_t((packet->flags & AV_PKT_FLAG_KEY ? packet_flag::key : 0) |
                                        (inspector.shown() ? packet_flag::shown : 0) |
                                        (inspector.interlaced() ? packet_flag::interlaced : 0)));
  table_.packet_type.push_back(inspector.picture_type());
}

/* False at the end. */
Result<bool> IndexBuilder::read_next(PacketInspector &inspector, AVPacket *packet) {
  av_packet_unref(packet);
  auto read = input_->read_packet(packet);
  if (!read || !*read)
    return read;
  inspector.inspect(packet);
  packets_read_++;
  note_progress(packet->pos);
  return true;
}

Result<void> IndexBuilder::scan() {
  std::optional<PacketInspector> inspector(*input_);
  if (earlier_) {
    auto resumed = resume_scan(*inspector);
    if (!resumed)
      return Failure(resumed.error());
    if (!*resumed) {
      GST_INFO("what was there earlier cannot be gone on with");
      table_ = {};
      corrupt_ = false;
      if (auto reopened = input_->reopen(); !reopened)
        return reopened;
      inspector.emplace(*input_);
    }
  }
  auto scanned = scan_rest(*inspector);
  corrupt_ |= input_->truncation() != 0;
  passes_done_++;
  return scanned;
}

Result<void> IndexBuilder::scan_rest(PacketInspector &inspector) {
  constexpr size_t most_packets = std::numeric_limits<int32_t>::max() - 1;
  PacketPtr packet = new_packet();
  if (const int64_t expected = input_->stream()->nb_frames; expected > 0 && expected < 1 << 20)
    reserve_packets(size_t(expected));
  for (;;) {
    auto read = read_next(inspector, packet.get());
    if (!read)
      return Failure(read.error());
    if (!*read)
      return {};
    add_packet(packet.get(), inspector);
    corrupt_ |= bool(packet->flags & AV_PKT_FLAG_CORRUPT);
    offer_scanned_part();
    if (table_.packet_pts.size() >= most_packets)
      return FRAMEWISE_FAIL_RESOURCE(FAILED, "The stream has more packets than can be counted.");
  }
}

void IndexBuilder::order_by_pts() {
  std::vector<int32_t> order;
  order.reserve(table_.packet_pts.size());
  for (int32_t i = 0; i < n_packets(); i++)
    if (table_.packet_flags[i] & packet_flag::shown)
      order.push_back(i);
  const auto &pts = table_.packet_pts;
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return pts[a] < pts[b]; });
  StreamClock clock;
  forget_frames();
  for (int32_t i : order) {
    const uint8_t flags = table_.packet_flags[i];
    IndexedFrame frame;
    frame.pts = pts[i];
    const auto stamp = clock.stamp(*input_, frame.pts, table_.packet_duration[i]);
    frame.time = stamp.time;
    facts_.end_time = stamp.time + stamp.duration;
    frame.packet = i;
    frame.picture_type = table_.packet_type[i];
    frame.key = flags & packet_flag::key;
    frame.interlaced = flags & packet_flag::interlaced;
    add_frame(frame);
  }
}

void IndexBuilder::forget_frames() {
  table_.frame_pts.clear();
  table_.frame_time.clear();
  table_.frame_packet.clear();
  table_.frame_flags.clear();
  table_.frame_type.clear();
  table_.frame_sample.clear();
  table_.hashes.clear();
}

void IndexBuilder::add_frame(const IndexedFrame &frame) {
  table_.frame_pts.push_back(frame.pts);
  table_.frame_time.push_back(frame.time);
  table_.frame_packet.push_back(frame.packet);
  table_.frame_flags.push_back(
      uint8_t((frame.key ? frame_flag::key : 0) | (frame.interlaced ? frame_flag::interlaced : 0)));
  table_.frame_type.push_back(frame.picture_type);
}

/* How many pictures the decoder must hold back for the order of the timestamps to come out. */
static int reorder_depth(const IndexArrays &table) {
  int depth = 0;
  std::vector<int32_t> rank(table.packet_pts.size(), -1);
  for (size_t number = 0; number < table.frame_packet.size(); number++)
    rank[table.frame_packet[number]] = int32_t(number);
  int32_t decoded = 0;
  for (int32_t number : rank)
    if (number >= 0)
      depth = std::max(depth, decoded++ - number);
  return depth;
}

/* Nothing where the timestamps of the packets so far can be trusted. Frames are in their order. */
static const char *reason_to_distrust_timestamps(const IndexArrays &table) {
  int64_t last_dts = AV_NOPTS_VALUE;
  for (size_t i = 0; i < table.packet_pts.size(); i++) {
    const int64_t pts = table.packet_pts[i], dts = table.packet_dts[i];
    if (table.packet_flags[i] & packet_flag::shown && pts == AV_NOPTS_VALUE)
      return "missing timestamps";
    if (dts == AV_NOPTS_VALUE)
      continue;
    if (last_dts != AV_NOPTS_VALUE && dts <= last_dts)
      return "decoding timestamps that do not rise";
    last_dts = dts;
  }
  const auto &pts = table.frame_pts;
  if (std::adjacent_find(pts.begin(), pts.end()) != pts.end())
    return "repeated timestamps";
  return nullptr;
}

/* Of frames that are in the order of their timestamps. */
std::string IndexBuilder::reason_to_distrust() const {
  const char *format_name = input_->context()->iformat->name;
  /* Their timestamps are made up by libavformat, or left out. */
  for (const char *name : {"avi", "mpeg", "mpegvideo", "mxf", "rm", "nuv"})
    if (strcmp(format_name, name) == 0)
      return "a container without true timestamps";
  if (corrupt_)
    return "packets marked as damaged";
  if (n_packets() == 0)
    return {};
  auto is = [&](size_t i, uint8_t flag) { return bool(table_.packet_flags[i] & flag); };
  if (!is(0, packet_flag::key))
    return "no key picture at the start";
  if (const char *reason = reason_to_distrust_timestamps(table_))
    return reason;
  const AVCodecDescriptor *codec = avcodec_descriptor_get(input_->stream()->codecpar->codec_id);
  const bool all_keys = std::all_of(table_.packet_flags.begin(), table_.packet_flags.end(),
                                    [](uint8_t flags) { return bool(flags & packet_flag::key); });
  if (n_packets() > 1 && all_keys && !(codec && codec->props & AV_CODEC_PROP_INTRA_ONLY))
    return "every packet is said to be a key picture";
  for (int32_t i = 1; i < n_packets() && !is(i, packet_flag::key); i++)
    if (is(i, packet_flag::shown) && table_.packet_pts[i] < table_.packet_pts[0])
      return "leading pictures at the start";
  if (reorder_depth(table_) > input_->stream()->codecpar->video_delay)
    return "more reordering than the decoder is told of";
  return {};
}

bool IndexBuilder::is_small() const {
  const AVCodecParameters *codec = input_->stream()->codecpar;
  const int64_t samples = int64_t(n_packets()) * codec->width * codec->height;
  return samples > 0 && samples <= request_.prove_up_to; /* 0: of unknown size */
}

std::shared_ptr<FrameIndex> IndexBuilder::finish(IndexArrays table, IndexFacts facts) const {
  const AVRational tick = input_->stream()->time_base;
  derive_columns(table, facts, av_rescale(1000000000, tick.num, tick.den) + 1, preroll_);
  auto store = std::make_shared<const IndexArrays>(std::move(table));
  auto index = std::make_shared<FrameIndex>(std::move(facts), view_of(*store), store);
  index->set_packets_read(packets_read_);
  return index;
}

/* ---- In part ----------------------------------------------------------------------------------
 * Whoever waits for a frame need not wait for all of them. A part costs as much as it is long, so
 * that tries lie farther apart the longer it gets. What is offered is for good: the complete index
 * has the same frames, unless what comes later shows that there was no trusting the scan. */

bool IndexBuilder::is_part_due() const {
  return request_.wanted && n_packets() >= next_part_ && request_.wanted() >= 0;
}

/* How many of the frames, in the order of their timestamps, have all been there before any packet
 * that is still to come. */
size_t IndexBuilder::final_frames() const {
  /* So many packets more a reader may need, as its decoder gives a picture only after some. */
  const int32_t margin = 64 + std::max(request_.reader.decoder.thread_count, 0);
  int64_t last_dts = AV_NOPTS_VALUE;
  for (int32_t i = 0; i < n_packets(); i++) {
    const int64_t pts = table_.packet_pts[i], dts = table_.packet_dts[i];
    if (dts == AV_NOPTS_VALUE && last_dts == AV_NOPTS_VALUE)
      continue; /* not found out yet, at the start */
    if (dts == AV_NOPTS_VALUE || (table_.packet_flags[i] & packet_flag::shown && pts < dts))
      return 0;
    last_dts = dts;
  }
  if (last_dts == AV_NOPTS_VALUE)
    return 0;
  size_t n = 0;
  while (n < table_.frame_pts.size() && table_.frame_pts[n] <= last_dts &&
         table_.frame_packet[n] < n_packets() - margin)
    n++;
  return n;
}

/* Of a stream that is not decoded anyhow. */
void IndexBuilder::offer_scanned_part() {
  if (!is_part_due() || is_small() || !request_.trust_scan || request_.mode == IndexMode::verified)
    return;
  next_part_ = n_packets() + n_packets() / 4 + 1;
  if (n_packets() <= request_.wanted())
    return;
  order_by_pts();
  if (reason_to_distrust().empty())
    publish_part(final_frames());
  forget_frames();
}

/* What is given is final, unless damage makes another pass necessary: and then what comes before
 * that. Short streams are soon done, and what is in doubt there is only known in the end. */
void IndexBuilder::offer_decoded_part(bool damaged, Care care) {
  const auto given = int32_t(table_.frame_pts.size());
  if (!request_.wanted || given < next_part_ || (damaged && care == Care::suspicious) || is_small())
    return;
  const int64_t wanted = request_.wanted();
  if (wanted < 0 || wanted + 1 >= given)
    return;
  next_part_ = given + given / 4 + 1;
  publish_part(table_.frame_pts.size());
}

/* The first `frames`, but for the last of them: its end is not known. */
void IndexBuilder::publish_part(size_t frames) {
  if (frames < 2 || int64_t(frames) - 1 <= request_.wanted())
    return;
  const size_t n = frames - 1;
  IndexArrays part = table_;
  IndexFacts facts = facts_;
  facts.complete = false;
  facts.end_time = part.frame_time[n];
  part.frame_pts.resize(n);
  part.frame_time.resize(n);
  part.frame_packet.resize(n);
  part.frame_flags.resize(n);
  part.frame_type.resize(n);
  if (facts.sample_rate > 0) {
    facts.n_samples = part.frame_sample[n];
    part.frame_sample.resize(n);
  }
  part.hashes.resize(std::min(part.hashes.size(), n));
  request_.publish_part(finish(std::move(part), std::move(facts)));
}

Result<std::shared_ptr<FrameIndex>> IndexBuilder::build() {
  register_category();
  auto input = ContainerInput::open(request_.reader.input, interruption_);
  if (!input)
    return Failure(input.error());
  input_ = std::move(*input);
  if (request_.mode == IndexMode::constant_framerate && !input_->is_audio()) {
    if (auto made = by_rate(); !made)
      return Failure(made.error());
    return std::make_shared<FrameIndex>(facts_, IndexView(), nullptr);
  }
  if (!input_->is_seekable())
    return FRAMEWISE_FAIL_RESOURCE(
        SEEK, format("`%s` cannot be read twice, so there is no index of its frames.",
                     request_.reader.input.location.c_str()));
  const bool verified = request_.mode == IndexMode::verified;
  if (input_->is_audio()) {
    if (auto read = read_audio(); !read)
      return Failure(read.error());
    auto index = finish(std::move(table_), std::move(facts_));
    GST_INFO("%s: %" G_GINT64_FORMAT " samples in %" G_GINT64_FORMAT " frames, %s",
             request_.reader.input.location.c_str(), index->n_units(), index->n_frames(),
             index->is_exact() ? "exact" : "not exact");
    return index;
  }
  passes_ = verified ? 2 : 1;
  if (auto scanned = scan(); !scanned)
    return Failure(scanned.error());
  order_by_pts();
  facts_.distrust = request_.trust_scan ? reason_to_distrust() : "it was disproved";
  Result<void> decoded;
  if (verified)
    decoded = decode(Keep::hashes, Care::suspicious);
  else if (is_small())
    decoded = prove();
  else if (!facts_.distrust.empty())
    decoded = decode(Keep::order, Care::suspicious);
  if (decoded && damaged_ && !facts_.one_thread)
    decoded = decode(Keep::hashes, Care::repeatable);
  facts_.exact = !damaged_;
  if (!decoded)
    return Failure(decoded.error());
  auto index = finish(std::move(table_), std::move(facts_));
  static const char *const names[] = {"rate", "scan", "order", "hashes"};
  GST_INFO("%s: %" G_GINT64_FORMAT " frames by %s%s%s%s", request_.reader.input.location.c_str(),
           index->n_frames(), names[int(index->means())],
           index->distrust().empty() ? "" : ", distrusted: ", index->distrust().c_str(),
           damaged_ ? ", damaged" : "");
  return index;
}

/* What the index of `path` will be of; its fingerprint is older than what is read for it. */
static std::shared_ptr<IndexOrigin> begin_origin(const FrameIndex::Request &request,
                                                 const std::string &path, const GiveUp &give_up) {
  auto print = take_fingerprint(path, give_up);
  if (!print)
    return nullptr;
  auto origin = std::make_shared<IndexOrigin>();
  origin->key = index_key(request, path);
  origin->location = path;
  origin->fingerprint = std::move(*print);
  origin->scan_was_disproved = !request.trust_scan;
  return origin;
}

Result<std::shared_ptr<const FrameIndex>> FrameIndex::build(const Request &request,
                                                            Interruption &interruption) {
  const GiveUp give_up = [&] { return interruption.is_set(); };
  const InputSettings &input = request.reader.input;
  /* The location of a source is only its name. */
  const auto path = input.source ? std::nullopt : local_file_at(input.location);
  std::shared_ptr<const FrameIndex> earlier;
  if (path && !request.cache_folder.empty()) {
    auto [index, change] =
        IndexCache(request.cache_folder).look_up(index_key(request, *path), *path, give_up);
    const bool suits = index && (request.trust_scan || index->origin()->scan_was_disproved);
    if (suits && change == FileChange::none)
      return index;
    const bool can_go_on =
        index && change == FileChange::grown && index->distrust().empty() && index->is_exact();
    if (can_go_on && index->means() == Means::scan && request.trust_scan)
      earlier = std::move(index);
  }
  auto origin = path ? begin_origin(request, *path, give_up) : nullptr;
  IndexBuilder builder(request, interruption);
  if (earlier)
    builder.extend(std::move(earlier));
  auto built = builder.build();
  if (!built)
    return Failure(built.error());
  if (origin && builder.input().is_one_file())
    (*built)->set_origin(std::move(origin));
  return *built;
}

} // namespace framewise
