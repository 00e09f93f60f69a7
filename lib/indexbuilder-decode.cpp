/* gst-framewise: the frame table of one stream, as it is made: what only decoding tells.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "indexbuilder.hpp"
#include "streamclock.hpp"

#include <map>

GST_DEBUG_CATEGORY_EXTERN(framewise_index_debug);
#define GST_CAT_DEFAULT framewise_index_debug

namespace framewise {

Result<void> IndexBuilder::decode(Keep keep, Care care) {
  passes_ = std::max(passes_, passes_done_ + 1);
  facts_.means = keep == Keep::order ? IndexMeans::order : IndexMeans::hashes;
  facts_.one_thread = care == Care::repeatable;
  return decode_all(keep, care);
}

/* Some decoders say nothing of what they conceal, but many threads then give other pictures than
 * one does. Where they give the same, there is no need for hashes. */
Result<void> IndexBuilder::prove() {
  passes_ = passes_done_ + 2;
  if (auto decoded = decode(Keep::hashes, Care::suspicious); !decoded || damaged_)
    return decoded;
  const std::vector<uint64_t> by_many = table_.hashes;
  if (auto decoded = decode(Keep::hashes, Care::repeatable); !decoded)
    return decoded;
  damaged_ |= table_.hashes != by_many;
  if (damaged_)
    return {};
  facts_.one_thread = false;
  auto proved = prove_begins();
  if (proved && *proved) {
    facts_.means = IndexMeans::order;
    table_.hashes.clear();
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
  const auto index = finish(table_, facts_);
  if (int64_t(packets.size()) != n_packets())
    return false;
  auto opened = PictureDecoder::open(input_->stream(), request_.reader.decoder,
                                     PictureDecoder::Purpose::pictures);
  if (!opened)
    return Failure(opened.error());
  const SeekTable &table = index->seek_table();
  std::map<int32_t, int> frames_of; /* per packet to begin with */
  for (int32_t number = 0; number < index->n_frames(); number++)
    frames_of[best_begin(table, number)]++;
  for (const auto &[begin, frames] : frames_of) {
    if (begin == 0)
      continue; /* which is linear decoding */
    auto right = gives_the_same(*index, **opened, packets, begin, frames);
    if (!right || !*right)
      return right;
  }
  return true;
}

/* Whether the `frames` that are to be had by beginning with packet `begin` are right. One that does
 * not come at all is looked for elsewhere by whoever misses it. */
Result<bool> IndexBuilder::gives_the_same(const FrameIndex &index, PictureDecoder &decoder,
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
    const int64_t number = index.frame_from(tag, pictures_from[tag]++);
    if (number < 0 || best_begin(index.seek_table(), int32_t(number)) != begin)
      continue;
    frames--;
    if (FrameIndex::hash_of(picture->get()) != table_.hashes[number])
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
  forget_frames();
  next_part_ = 1;
  damaged_ = false;
  StreamClock clock;

  auto take = [&](const AVFrame *picture) {
    int64_t tag = compat::tag_of(picture);
    if (tag < 0 || tag >= n_packets()) {
      facts_.counts_only = true;
      tag = 0;
    }
    IndexedFrame frame;
    frame.pts = picture->best_effort_timestamp;
    const auto stamp = clock.stamp(*input_, frame.pts, compat::duration(picture));
    frame.time = stamp.time;
    facts_.end_time = stamp.time + stamp.duration;
    frame.packet = int32_t(tag);
    frame.picture_type = av_get_picture_type_char(picture->pict_type);
    frame.key = table_.packet_flags[tag] & packet_flag::key &&
                (compat::is_key_frame(picture) || picture->pict_type == AV_PICTURE_TYPE_I);
    frame.interlaced = compat::is_interlaced(picture);
    add_frame(frame);
    damaged_ |= picture->decode_error_flags || picture->flags & AV_FRAME_FLAG_CORRUPT;
    if (keep == Keep::hashes)
      table_.hashes.push_back(FrameIndex::hash_of(picture));
    offer_decoded_part(damaged_ || decoder.damage() > 0, care);
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

} // namespace framewise
