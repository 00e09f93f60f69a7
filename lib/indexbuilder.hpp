/* gst-framewise: the frame table of one stream, as it is made.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Four files: indexbuilder.cpp reads the packets and decides what more there is to do,
 * indexbuilder-growth.cpp goes on with the index of a file that has grown,
 * indexbuilder-decode.cpp decodes where packets do not tell enough, and indexbuilder-audio.cpp does
 * all of it for audio.
 */
#pragma once

#include "frameindex.hpp"
#include "indexcolumns.hpp"
#include "packetinspector.hpp"

namespace framewise {

class PictureDecoder;
class StreamClock;

/* Lives on one thread, for one build(). */
class FRAMEWISE_INTERNAL IndexBuilder {
 public:
  IndexBuilder(const FrameIndex::Request &request, Interruption &interruption)
      : request_(request), interruption_(interruption) {}

  Result<std::shared_ptr<FrameIndex>> build();
  /* Of the same file, before it grew: what can be taken from there is not read again. */
  void extend(std::shared_ptr<const FrameIndex> earlier) { earlier_ = std::move(earlier); }
  const ContainerInput &input() const { return *input_; }

 private:
  Result<void> by_rate();
  Result<void> scan();
  Result<bool> read_next(PacketInspector &inspector, AVPacket *packet);
  Result<void> scan_rest(PacketInspector &inspector);
  Result<bool> resume_scan(PacketInspector &inspector);
  Result<bool> begins_as_earlier();
  Result<bool> seek_among_earlier(int32_t packet);
  void take_earlier(int32_t packets);
  void order_by_pts();
  std::string reason_to_distrust() const;
  int32_t n_packets() const { return int32_t(table_.packet_pts.size()); }
  void reserve_packets(size_t n);
  void add_packet(const AVPacket *packet, const PacketInspector &inspector);
  void forget_frames();
  void add_frame(const IndexedFrame &frame);
  enum class Keep { order, hashes };
  /* What threads make of damage differs from run to run, and so does whether they tell of it: one
   * pass in which any error ends the picture finds out whether there is some, and where there is,
   * another on one thread finds out what becomes of it. */
  enum class Care { suspicious, repeatable };
  Result<void> decode(Keep keep, Care care);
  Result<void> prove();
  Result<bool> prove_begins();
  Result<bool> gives_the_same(const FrameIndex &index, PictureDecoder &decoder,
                              const std::vector<PacketPtr> &packets, int32_t begin, int frames);
  Result<void> decode_all(Keep keep, Care care);
  Result<void> read_audio();
  void add_audio(const AVFrame *audio, StreamClock &clock);
  Result<void> prove_preroll(const std::vector<PacketPtr> &packets);
  Result<bool> is_enough(const Preroll &preroll, const std::vector<PacketPtr> &packets);
  bool is_small() const;
  std::shared_ptr<FrameIndex> finish(IndexArrays table, IndexFacts facts) const;
  bool is_part_due() const;
  void offer_scanned_part();
  void offer_decoded_part(bool damaged, Care care);
  size_t final_frames() const;
  void publish_part(size_t frames);
  void note_progress(int64_t pos);

  const FrameIndex::Request &request_;
  Interruption &interruption_;
  std::unique_ptr<ContainerInput> input_;
  std::shared_ptr<const FrameIndex> earlier_;
  IndexArrays table_;
  IndexFacts facts_;
  Preroll preroll_;      /* of audio */
  bool corrupt_ = false; /* by what the demuxer says */
  bool damaged_ = false; /* by what the decoder says */
  /* Each pass over the file is a part of the whole. */
  int32_t next_part_ = 256; /* at how many packets, or frames, the next try is due */
  int64_t packets_read_ = 0;
  int passes_done_ = 0, passes_ = 1, percent_ = -1;
  int64_t size_ = 0; /* of the file; 0: not asked yet, below 0: not known */
};

} // namespace framewise
