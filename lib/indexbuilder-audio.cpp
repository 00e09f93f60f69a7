/* gst-framewise: the frame table of one stream, as it is made: of audio.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One pass: the packets are read and decoded, and the samples counted that come of them. What
 * decoding must begin with for a packet to come out right is known of each codec, and tried on what
 * was read: some decoders remember more than their codec says (generators of noise, filters that
 * never quite forget). Where no pre-roll is enough, samples are still counted right, and only
 * is_exact() is false; with IndexMode::verified a hash of each frame is kept, and whoever reads
 * goes back as far as it takes, if need be to the start.
 */
#include "indexbuilder.hpp"
#include "streamclock.hpp"

#include <algorithm>

GST_DEBUG_CATEGORY_EXTERN(framewise_index_debug);
#define GST_CAT_DEFAULT framewise_index_debug

namespace framewise {

void IndexBuilder::add_audio(const AVFrame *audio, StreamClock &clock) {
  int64_t tag = compat::tag_of(audio);
  if (tag < 0 || tag >= n_packets()) {
    facts_.counts_only = true;
    tag = 0;
  }
  IndexedFrame frame;
  frame.pts = audio->best_effort_timestamp;
  const auto stamp = clock.stamp_audio(*input_, frame.pts, audio->nb_samples, audio->sample_rate);
  frame.time = stamp.time;
  facts_.end_time = stamp.time + stamp.duration;
  frame.packet = int32_t(tag);
  frame.key = table_.packet_flags[size_t(tag)] & packet_flag::key;
  add_frame(frame);
  table_.frame_sample.push_back(facts_.n_samples);
  table_.hashes.push_back(FrameIndex::hash_of(audio));
  facts_.n_samples += audio->nb_samples;
  damaged_ |= audio->decode_error_flags || audio->flags & AV_FRAME_FLAG_CORRUPT;
}

Result<void> IndexBuilder::read_audio() {
  constexpr int64_t most_bytes_proved = 8 << 20;
  const AVCodecParameters *codec = input_->stream()->codecpar;
  const bool verified = request_.mode == IndexMode::verified;
  facts_.means = verified ? IndexMeans::hashes : IndexMeans::order;
  facts_.sample_rate = std::max(codec->sample_rate, 1);
  preroll_ = preroll_of(codec->codec_id);
  auto opened = PictureDecoder::open(input_->stream(), request_.reader.decoder,
                                     PictureDecoder::Purpose::pictures);
  if (!opened)
    return Failure(opened.error());
  PictureDecoder &decoder = **opened;
  const PacketInspector inspector(*input_);
  StreamClock clock;
  next_part_ = 1;
  std::vector<PacketPtr> proof;
  int64_t proof_bytes = 0;

  PacketPtr packet = new_packet();
  for (bool more = true; more;) {
    av_packet_unref(packet.get());
    auto read = input_->read_packet(packet.get());
    if (!read)
      return Failure(read.error());
    more = *read;
    if (more) {
      packets_read_++;
      note_progress(packet->pos);
      add_packet(packet.get(), inspector);
      damaged_ |= bool(packet->flags & AV_PKT_FLAG_CORRUPT);
      if (proof_bytes <= most_bytes_proved) {
        proof_bytes += packet->size;
        proof.emplace_back(av_packet_clone(packet.get()));
      }
    }
    if (auto sent = decoder.send(more ? packet.get() : nullptr, n_packets() - 1); !sent)
      return sent;
    for (;;) {
      auto audio = decoder.receive();
      if (!audio)
        return Failure(audio.error());
      if (!*audio)
        break;
      if (table_.frame_pts.empty()) /* headers may not know of what doubles it */
        facts_.sample_rate = (*audio)->sample_rate;
      add_audio(audio->get(), clock);
      offer_decoded_part(false, Care::repeatable);
    }
  }
  damaged_ |= decoder.damage() > 0 || input_->truncation() != 0;
  passes_done_++;
  if (auto proved = prove_preroll(proof); !proved)
    return proved;
  facts_.exact = !damaged_ && (verified || facts_.exact);
  if (!verified)
    table_.hashes.clear();
  return {};
}

/* Whether frames come out the same with this pre-roll, at places throughout `packets`, the first of
 * the stream. */
Result<bool> IndexBuilder::is_enough(const Preroll &preroll,
                                     const std::vector<PacketPtr> &packets) {
  constexpr size_t places = 24;
  IndexArrays table = table_;
  IndexFacts facts = facts_;
  derive_columns(table, facts, 0, preroll);
  auto opened = PictureDecoder::open(input_->stream(), request_.reader.decoder,
                                     PictureDecoder::Purpose::pictures);
  if (!opened)
    return Failure(opened.error());
  PictureDecoder &decoder = **opened;
  const auto n = int32_t(packets.size());
  for (int32_t begin = 1; begin < n; begin += std::max<int32_t>(n / int32_t(places), 1)) {
    const int32_t wanted = table.first_good[size_t(begin)];
    if (wanted == SeekTable::never || table.frame_packet[size_t(wanted)] >= n)
      continue;
    if (interruption_.is_set())
      return fail_cancelled();
    decoder.flush();
    bool came = false;
    int32_t from_last = -1, nth = 0; /* how many came of one packet */
    for (int32_t i = begin; i <= table.frame_packet[size_t(wanted)]; i++) {
      /* Sending leaves its mark on a packet, and these are wanted again. */
      PacketPtr packet(av_packet_clone(packets[size_t(i)].get()));
      if (auto sent = decoder.send(packet.get(), i); !sent)
        return Failure(sent.error());
      for (;;) {
        auto audio = decoder.receive();
        if (!audio)
          return Failure(audio.error());
        if (!*audio)
          break;
        const auto tag = int32_t(compat::tag_of(audio->get()));
        nth = tag == from_last ? nth + 1 : 0;
        from_last = tag;
        if (tag != table.frame_packet[size_t(wanted)] || nth > 0)
          continue;
        came = true;
        if (FrameIndex::hash_of(audio->get()) != table_.hashes[size_t(wanted)])
          return false;
      }
    }
    if (!came)
      return false;
  }
  return true;
}

Result<void> IndexBuilder::prove_preroll(const std::vector<PacketPtr> &packets) {
  if (facts_.counts_only || packets.size() < 2) {
    facts_.exact = !facts_.counts_only;
    return {};
  }
  const Preroll known = preroll_;
  for (int more : {0, 2, 8, 32, 128}) {
    Preroll longer = known;
    longer.packets += more;
    auto enough = is_enough(longer, packets);
    if (!enough)
      return Failure(enough.error());
    if (*enough) {
      preroll_ = longer;
      facts_.exact = true;
      return {};
    }
  }
  GST_INFO("the decoder remembers more than can be decoded before each place");
  preroll_.packets += 32; /* what converges is close then, and it costs little */
  facts_.exact = false;
  return {};
}

} // namespace framewise
