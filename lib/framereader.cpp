/* gst-framewise: the decoded frames of one stream, each with its number and its time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framereader.hpp"
#include "framebridge.hpp"

extern "C" {
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/stereo3d.h>
}

#include <algorithm>
#include <cstring>

GST_DEBUG_CATEGORY_STATIC(reader_debug);
#define GST_CAT_DEFAULT reader_debug

namespace framewise {

constexpr int64_t ns_per_second = 1000000000;

Result<std::unique_ptr<FrameReader>> FrameReader::open(const ReaderSettings &settings,
                                                       Interruption &interruption) {
  static const bool registered = [] {
    GST_DEBUG_CATEGORY_INIT(reader_debug, "framewisereader", 0, "frame reader");
    return true;
  }();
  (void)registered;
  std::unique_ptr<FrameReader> reader(new FrameReader(settings));
  auto input = ContainerInput::open(settings.input, interruption);
  if (!input)
    return Failure(input.error());
  reader->input_ = std::move(*input);
  reader->framerate_ = reader->input_->constant_framerate();
  if (reader->framerate_.num == 0) {
    AVRational real = reader->input_->stream()->r_frame_rate;
    if (real.num > 0 && real.den > 0)
      reader->max_framerate_ = real;
  }
  if (!reader->input_->is_audio())
    reader->read_stream_timecode();
  if (auto opened = reader->open_decoder(); !opened)
    return Failure(opened.error());
  return reader;
}

void FrameReader::read_stream_timecode() {
  const AVStream *stream = input_->stream();
  timecode_ = StreamTimecode::of(input_->context(), stream, framerate_);
  if (stream->start_time != AV_NOPTS_VALUE)
    timecode_start_ = input_->to_stream_time(stream->start_time);
}

/* A new decoder, that has been given nothing. */
Result<void> FrameReader::open_decoder() {
  auto opened =
      PictureDecoder::open(input_->stream(), settings_.decoder, PictureDecoder::Purpose::pictures);
  if (!opened)
    return Failure(opened.error());
  if (decoder_)
    damage_before_ += decoder_->damage();
  decoder_ = std::move(*opened);
  position_ = {};
  position_.begun_with = 0;
  fresh_ = true;
  return {};
}

void FrameReader::forget_pictures() {
  decoder_->flush();
  reference_times_.clear();
  av_packet_unref(packet_.get());
  packet_waits_ = false;
  position_ = {};
  fresh_ = false;
  skipped_ = false;
  pictures_from_.clear();
  ready_.clear();
  ended_ = false;
  clock_.forget_last();
  first_good_pts_ = AV_NOPTS_VALUE;
}

Result<void> FrameReader::finish_restart() {
  if (!restart_due_)
    return {};
  return restart();
}

Result<void> FrameReader::restart() {
  restart_due_ = true;
  if (auto reopened = input_->reopen(); !reopened)
    return reopened;
  forget_pictures();
  /* Flushed decoders may differ from new ones in what they conceal; a new one never does. */
  if (auto opened = open_decoder(); !opened)
    return opened;
  next_number_ = 0;
  clock_.reset();
  restart_due_ = false;
  return {};
}

/* ---- Decoding ---------------------------------------------------------------------------------
 */

Result<bool> FrameReader::load_packet() {
  if (packet_waits_)
    return true;
  auto read = input_->read_packet(packet_.get());
  if (!read)
    return Failure(read.error());
  packet_waits_ = *read;
  return *read;
}

/* What RTP's senders tell of their clock (RTCP). */
void FrameReader::note_reference_time(const AVPacket *packet, int64_t tag) {
  constexpr size_t most = 1024; /* no decoder holds so many back */
  size_t size = 0;
  const uint8_t *data = av_packet_get_side_data(packet, AV_PKT_DATA_PRFT, &size);
  if (!data || size < sizeof(AVProducerReferenceTime))
    return;
  AVProducerReferenceTime told;
  memcpy(&told, data, sizeof told);
  constexpr int64_t ns_per_us = 1000;
  if (told.wallclock >= 0 && told.wallclock < std::numeric_limits<int64_t>::max() / ns_per_us)
    reference_times_[tag] = told.wallclock * ns_per_us;
  if (reference_times_.size() > most)
    reference_times_.erase(reference_times_.begin());
}

Result<void> FrameReader::send_packet() {
  const bool any = packet_waits_;
  if (any)
    note_reference_time(packet_.get(), position_.fed);
  if (any)
    gop_timecodes_.note(decoder_->context(), packet_.get(), position_.fed);
  auto sent = decoder_->send(any ? packet_.get() : nullptr, position_.fed);
  if (any)
    position_.fed++;
  packet_waits_ = false;
  av_packet_unref(packet_.get());
  return sent;
}

Result<FramePtr> FrameReader::decode() {
  for (;;) {
    auto picture = decoder_->receive();
    if (picture && *picture)
      gop_timecodes_.settle(decoder_->context(), picture->get());
    if (!picture || *picture || decoder_->ended())
      return picture;
    if (auto loaded = load_packet(); !loaded)
      return Failure(loaded.error());
    if (auto sent = send_packet(); !sent)
      return Failure(sent.error());
  }
}

static void read_stream_stereo(const AVStream *stream, VideoParams &params) {
  size_t size = 0;
  if (const uint8_t *data = compat::stream_side_data(stream, AV_PKT_DATA_STEREO3D, &size);
      data && size >= sizeof(AVStereo3D))
    read_stereo(params, *reinterpret_cast<const AVStereo3D *>(data));
}

static void read_stream_hdr(const AVStream *stream, VideoParams &params) {
  FramePtr carrier = new_frame();
  size_t size = 0;
  if (const uint8_t *data =
          compat::stream_side_data(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, &size);
      data && size >= sizeof(AVMasteringDisplayMetadata))
    if (auto *display = av_mastering_display_metadata_create_side_data(carrier.get()))
      memcpy(display, data, sizeof *display);
  if (const uint8_t *data =
          compat::stream_side_data(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, &size);
      data && size >= sizeof(AVContentLightMetadata))
    if (auto *light = av_content_light_metadata_create_side_data(carrier.get()))
      memcpy(light, data, sizeof *light);
  carrier->format = params.format;
  VideoParams of_stream = from_frame(carrier.get());
  if (!params.mastering_display)
    params.mastering_display = of_stream.mastering_display;
  if (!params.content_light_level)
    params.content_light_level = of_stream.content_light_level;
}

void DecodedFrame::cut_samples(int first, int count) {
  auto time_of = [&](int64_t n) {
    return run_start + av_rescale_rnd(n, ns_per_second, audio.sample_rate, AV_ROUND_DOWN);
  };
  if (number >= 0)
    number += first;
  first_sample += first;
  run_samples += first;
  n_samples = count;
  time = time_of(run_samples);
  duration = time_of(run_samples + count) - time;
}

void FrameReader::describe(DecodedFrame &frame) {
  if (const auto told = reference_times_.find(compat::tag_of(frame.picture.get()));
      told != reference_times_.end())
    frame.reference_time = told->second;
  if (input_->is_audio()) {
    frame.audio = audio_from_frame(frame.picture.get());
    frame.first_sample = 0;
    frame.n_samples = frame.picture->nb_samples;
  } else {
    frame.params = describe_picture(frame.picture.get());
  }
}

VideoParams FrameReader::describe_picture(const AVFrame *picture) {
  const AVStream *stream = input_->stream();
  VideoParams params = from_frame(picture);
  params.framerate = framerate_;
  params.max_framerate = max_framerate_;
  if (picture->sample_aspect_ratio.num <= 0) {
    AVRational sar = av_guess_sample_aspect_ratio(const_cast<AVFormatContext *>(input_->context()),
                                                  const_cast<AVStream *>(stream),
                                                  const_cast<AVFrame *>(picture));
    if (sar.num > 0 && sar.den > 0)
      params.sample_aspect_ratio = sar;
  }
  read_stream_hdr(stream, params);
  /* Said once for many pictures, and kept until something else is said. */
  if (params.multiview_mode == GST_VIDEO_MULTIVIEW_MODE_NONE) {
    params.multiview_mode = multiview_mode_;
    params.multiview_flags = multiview_flags_;
  }
  if (params.multiview_mode == GST_VIDEO_MULTIVIEW_MODE_NONE)
    read_stream_stereo(stream, params);
  multiview_mode_ = params.multiview_mode;
  multiview_flags_ = params.multiview_flags;

  const bool interlaced = compat::is_interlaced(picture);
  const auto order = compat::is_top_field_first(picture) ? GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST
                                                         : GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
  if (!interlace_mode_) {
    interlace_mode_ =
        interlaced ? GST_VIDEO_INTERLACE_MODE_INTERLEAVED : GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
    field_order_ = interlaced ? order : GST_VIDEO_FIELD_ORDER_UNKNOWN;
  } else {
    const bool as_before = interlaced ? *interlace_mode_ == GST_VIDEO_INTERLACE_MODE_INTERLEAVED &&
                                            order == field_order_
                                      : *interlace_mode_ == GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
    if (!as_before) { /* and mixed it stays: flags on each frame then say what it is */
      interlace_mode_ = GST_VIDEO_INTERLACE_MODE_MIXED;
      field_order_ = GST_VIDEO_FIELD_ORDER_UNKNOWN;
    }
  }
  params.interlace_mode = *interlace_mode_;
  params.field_order = field_order_;
  return params;
}

/* By time: numbers are not always known. */
void FrameReader::tell_timecode(DecodedFrame &frame) const {
  if (timecode_)
    frame.timecode = timecode_->at(frame.time - timecode_start_);
}

/* A picture with its number and time, the duration still nominal. */
Result<std::optional<DecodedFrame>> FrameReader::decode_timed() {
  for (;;) {
    auto picture = decode();
    if (!picture)
      return Failure(picture.error());
    if (!*picture)
      return std::nullopt;
    DecodedFrame frame;
    frame.picture = std::move(*picture);
    frame.pts = frame.picture->best_effort_timestamp;
    if (first_good_pts_ != AV_NOPTS_VALUE && frame.pts != AV_NOPTS_VALUE &&
        frame.pts < first_good_pts_)
      continue;
    describe(frame);
    const AVFrame *made = frame.picture.get();
    const auto stamp = frame.is_audio() ? clock_.stamp_audio(*input_, frame.pts, made->nb_samples,
                                                             made->sample_rate)
                                        : clock_.stamp(*input_, frame.pts, compat::duration(made));
    frame.time = stamp.time;
    frame.duration = stamp.duration;
    if (frame.is_audio()) {
      frame.run_start = clock_.run_start();
      frame.run_samples = clock_.run_samples() - frame.n_samples;
    }
    tell_timecode(frame);
    frame.number = next_number_;
    if (next_number_ >= 0)
      next_number_ += frame.is_audio() ? frame.n_samples : 1;
    return frame;
  }
}

Result<void> FrameReader::fill(size_t frames) {
  if (auto restarted = finish_restart(); !restarted)
    return restarted;
  while (!ended_ && ready_.size() < frames) {
    auto frame = decode_timed();
    if (!frame) {
      next_number_ = -1; /* a packet may be lost, and the demuxer goes on somewhere, if at all */
      return Failure(frame.error());
    }
    if (*frame)
      ready_.push_back(std::move(**frame));
    else
      ended_ = true;
  }
  return {};
}

Result<std::optional<DecodedFrame>> FrameReader::next() {
  if (auto filled = fill(2); !filled)
    return Failure(filled.error());
  if (ready_.empty())
    return std::nullopt;
  DecodedFrame frame = std::move(ready_.front());
  ready_.pop_front();
  if (!frame.is_audio() && !ready_.empty() && ready_.front().time > frame.time)
    frame.duration = ready_.front().time - frame.time;
  return frame;
}

/* ---- Seeking without an index -------------------------------------------------------------------
 * A place is known only by looking where a seek has landed. */

Result<void> FrameReader::seek_to_start() { return restart(); }

/* Drops frames until the one shown at `time` is the next. */
Result<void> FrameReader::advance_to(int64_t time) {
  for (;;) {
    if (auto filled = fill(2); !filled)
      return filled;
    if (ready_.size() < 2 || ready_[1].time > time)
      break;
    ready_.pop_front();
  }
  if (ready_.size() == 1 && time >= ready_.front().time + ready_.front().duration)
    ready_.clear(); /* past the end of the last frame */
  return {};
}

/* Leaves the first key packet at or after where a seek to `ticks` lands in packet_; false if there
 * is none with a pts. */
Result<bool> FrameReader::find_key(int64_t ticks) {
  if (auto sought = input_->seek_before(ticks); !sought) {
    if (sought.error().is_cancelled())
      return Failure(sought.error());
    return false;
  }
  forget_pictures();
  next_number_ = -1;
  for (;;) {
    auto read = input_->read_packet(packet_.get());
    if (!read || !*read)
      return read;
    if (packet_->flags & AV_PKT_FLAG_KEY)
      return packet_->pts != AV_NOPTS_VALUE && packet_->dts != AV_NOPTS_VALUE;
    av_packet_unref(packet_.get());
  }
}

/* Makes ready to decode what comes from the key picture that a seek to `ticks` finds; true if that
 * is not after `time`. Decoding begins one key picture earlier: pictures just after the first may
 * lack what they refer to, or be left out over it. */
Result<bool> FrameReader::land_before(int64_t time, int64_t ticks) {
  auto found = find_key(ticks);
  if (!found || !*found)
    return found;
  const int64_t key_pts = packet_->pts, key_dts = packet_->dts;
  if (input_->to_stream_time(key_pts) > time)
    return false;
  found = find_key(std::min(key_pts, key_dts) - 1);
  if (!found || !*found)
    return found;
  if (packet_->dts > key_dts)
    return false;
  first_good_pts_ = key_pts;
  packet_waits_ = true;
  if (auto filled = fill(1); !filled)
    return Failure(filled.error());
  return !ready_.empty() && ready_.front().time <= time;
}

Result<void> FrameReader::seek_to_time(int64_t time) {
  if (auto restarted = finish_restart(); !restarted)
    return restarted;
  /* What time a frame has after a new start is known only from the start on. */
  if (clock_.was_restarted() || !input_->is_seekable()) {
    const bool is_ahead = !ready_.empty()
                              ? ready_.front().time <= time
                              : !ended_ && (!clock_.last() || clock_.last()->time < time);
    if (!is_ahead)
      if (auto restarted = restart(); !restarted)
        return restarted;
    return advance_to(time);
  }
  /* Demuxers may land late, and at pictures that need earlier ones: then from ever farther back. */
  constexpr int64_t farthest_step = 64 * ns_per_second;
  for (int64_t step = 0; step <= farthest_step; step = step ? step * 2 : ns_per_second) {
    const int64_t from = time - step;
    if (from < 0 && step > 0)
      break;
    auto landed = land_before(time, input_->from_stream_time(from));
    if (!landed)
      return Failure(landed.error());
    if (*landed)
      return advance_to(time);
  }
  if (auto restarted = restart(); !restarted)
    return restarted;
  return advance_to(time);
}

/* ---- Reading by number --------------------------------------------------------------------------
 * The plan says which packet to begin with; the reader makes sure that decoding begins with that
 * very packet, and takes the picture that carries the number of the packet it wants. It neither
 * counts frames nor compares times. */

void FrameReader::use_index(std::shared_ptr<const FrameIndex> index) {
  if (index_ && !disproved_ && index->continues(*index_)) {
    index_ = std::move(index);
    return;
  }
  const bool counted = !index_ && next_number_ >= 0;
  index_ = std::move(index);
  disproved_ = false;
  detours_.clear();
  landed_by_.clear();
  cache_.clear();
  last_read_ = -1;
  for (const DecodedFrame &frame : ready_)
    if (frame.number >= 0 && index_->holds_unit(frame.number)) {
      const int64_t number = index_->frame_of(frame.number);
      cache_.put(number, frame.picture.get(), number);
    }
  ready_.clear();
  if (counted && index_->means() != FrameIndex::Means::rate && !index_->is_audio())
    position_.given = int32_t(next_number_ - 1);
  else if (counted && index_->is_audio() && index_->holds_unit(next_number_))
    position_.given = int32_t(index_->frame_of(next_number_) - 1);
  else
    position_.begun_with = -1; /* who knows where that is */
  position_.ended = ended_;
  next_number_ = -1;
  ended_ = false;
  skipped_ = false;
  may_skip_ = may_end_early_ = index_->is_plain();
  if (index_->wants_one_thread() && settings_.decoder.thread_count != 1) {
    settings_.decoder.thread_count = 1;
    restart_due_ = true;
  }
}

DecodedFrame FrameReader::present(FramePtr picture, int64_t number) {
  DecodedFrame frame;
  frame.number = index_->first_unit(number);
  frame.pts = index_->frame(number).pts;
  frame.time = index_->time(number);
  frame.duration = std::max<int64_t>(index_->end(number) - frame.time, 0);
  frame.picture = std::move(picture);
  describe(frame);
  tell_timecode(frame);
  if (frame.is_audio()) {
    const AudioRun &run = index_->run_of(frame.number);
    frame.run_start = run.time;
    frame.run_samples = frame.number - run.first;
  }
  return frame;
}

/* Trusts that frames are evenly spaced. */
Result<DecodedFrame> FrameReader::read_by_rate(int64_t number) {
  if (last_read_ < 0 || number != last_read_ + 1)
    if (auto sought = seek_to_time(index_->time(number)); !sought)
      return Failure(sought.error());
  auto frame = next();
  if (!frame)
    return Failure(frame.error());
  if (!*frame)
    return FRAMEWISE_FAIL_STREAM(
        DECODE, format("`%s` ends before frame %" G_GINT64_FORMAT
                       ", which its frame rate promises. Set `index-mode` to `auto`.",
                       settings_.input.location.c_str(), number));
  (*frame)->number = last_read_ = number;
  return std::move(**frame);
}

Result<DecodedFrame> FrameReader::read(int64_t number) {
  if (auto restarted = finish_restart(); !restarted)
    return Failure(restarted.error());
  if (index_->means() == FrameIndex::Means::rate)
    return read_by_rate(number);
  /* Played on for a while, nobody wants back any more; and what is given back is there, warm, for
   * the pictures to come. */
  constexpr int64_t long_run = 32;
  run_ = number == last_read_ + 1 ? run_ + 1 : 0;
  back_run_ = number == last_read_ - 1 ? back_run_ + 1 : 0;
  if (run_ > long_run)
    cache_.drop_before(number);
  if (back_run_ > long_run)
    cache_.drop_after(number);
  last_read_before_ = last_read_;
  last_read_ = number;

  if (FramePtr kept = cache_.get(number)) {
    expected_ = -1;
    return present(std::move(kept), number);
  }
  auto picture = picture_of(int32_t(number));
  if (!picture)
    return Failure(picture.error());
  return present(std::move(*picture), number);
}

/* What need not be decoded for frame `number`, and for what follows. */
void FrameReader::plan_shortcuts(int32_t number) {
  const SeekTable &table = index_->seek_table();
  const bool is_known = expected_ >= 0 && index_->holds(expected_) && expected_ != number;
  const Reading reading{number, int32_t(last_read_before_), is_known ? int32_t(expected_) : -1};
  sparse_until_ = may_skip_ && decoder_->can_keep_references() ? sparse_until(table, reading) : 0;
  last_packet_ = may_end_early_ ? ends_after(table, position_, reading) : SeekTable::never;
  expected_ = -1;
}

/* Where one did not come with them, it will be had without. */
void FrameReader::stop_shortcuts() {
  may_skip_ = may_skip_ && !skipped_;
  may_end_early_ = may_end_early_ && last_packet_ == SeekTable::never;
  sparse_until_ = 0;
  last_packet_ = SeekTable::never;
}

Result<FramePtr> FrameReader::picture_of(int32_t number) {
  const SeekTable &table = index_->seek_table();
  const AVCodecContext *codec = decoder_->context();
  position_.delay = codec->has_b_frames;
  if (codec->active_thread_type & FF_THREAD_FRAME)
    position_.delay += codec->thread_count - 1;

  constexpr int patience = 6;
  std::optional<int32_t> begin = plan_access(table, position_, number);
  const int32_t planned = begin.value_or(-1);
  if (begin)
    if (auto detour = detours_.find(*begin); detour != detours_.end())
      begin = detour->second;
  for (int misses = 0;; misses++) {
    if (begin) {
      const bool surely = misses > 0 && *begin == 0;
      auto begun = surely ? begin_afresh_with(0) : begin_with(*begin);
      if (!begun) {
        position_.begun_with = -1;
        return Failure(begun.error());
      }
    }
    if (misses == 0)
      plan_shortcuts(number);
    auto picture = advance_to_frame(number);
    if (!picture) {
      position_.begun_with = -1; /* reading was broken off somewhere */
      return picture;
    }
    if (*picture) {
      if (misses > 0 && planned > 0 && begin)
        detours_[planned] = *begin;
      return picture;
    }
    GST_INFO("frame %d did not come from packet %d on", number, position_.begun_with);
    if (uses_shortcuts()) {
      begin = begin.value_or(best_begin(table, number));
      if (auto detour = detours_.find(*begin); detour != detours_.end())
        begin = detour->second;
      stop_shortcuts();
      continue;
    }
    misses_++;
    if (position_.begun_with == 0 && fresh_) {
      disproved_ = true;
      position_.begun_with = -1;
      return FRAMEWISE_FAIL_STREAM(
          DECODE, format("Frame %d of `%s` could not be decoded again. Has the file changed?",
                         number, settings_.input.location.c_str()));
    }
    const int32_t before = begin.value_or(best_begin(table, number) + 1);
    begin = misses < patience ? earlier_begin(table, before) : 0;
  }
}

/* Seeks that may lead to `packet`, the likeliest first. */
std::vector<FrameReader::Place> FrameReader::places_of(int32_t packet) const {
  constexpr int earlier_packets = 3;
  std::vector<Place> places;
  if (auto known = landed_by_.find(packet); known != landed_by_.end())
    places.push_back(known->second);
  auto add = [&](bool is_byte, int64_t target, int64_t missing) {
    if (target != missing)
      places.push_back({is_byte, target});
  };
  auto add_bytes = [&] {
    for (int32_t i = packet, n = 0; n <= earlier_packets;
         n++, i = earlier_begin(index_->seek_table(), i)) {
      add(true, index_->packet(i).pos, -1);
      if (i == 0)
        break;
    }
  };
  auto add_times = [&] {
    add(false, index_->packet(packet).pts, AV_NOPTS_VALUE);
    add(false, index_->packet(packet).dts, AV_NOPTS_VALUE);
    for (int32_t i = packet, n = 0; n < earlier_packets && i > 0; n++) {
      i = earlier_begin(index_->seek_table(), i);
      const IndexedPacket &earlier = index_->packet(i);
      add(false, earlier.dts != AV_NOPTS_VALUE ? earlier.dts : earlier.pts, AV_NOPTS_VALUE);
    }
  };
  if (input_->prefers_bytes()) {
    add_bytes();
    add_times();
  } else {
    add_times();
    if (input_->has_byte_places())
      add_bytes();
  }
  return places;
}

/* Drops packets until `packet` is in packet_; false if the demuxer is past it, or somewhere that
 * cannot be told. */
Result<bool> FrameReader::skip_to(int32_t packet) {
  constexpr int stray_packets = 8; /* cut off by the seek, at most */
  int32_t at = -1;
  for (int strays = 0; strays <= stray_packets;) {
    av_packet_unref(packet_.get());
    auto read = input_->read_packet(packet_.get());
    if (!read || !*read)
      return read;
    if (at >= 0) {
      at++;
      if (packet_->size != index_->packet(at).size)
        return false;
    } else if ((at = index_->find(packet_.get())) < 0) {
      strays++;
      continue;
    }
    if (at >= packet)
      return at == packet;
  }
  return false;
}

Result<bool> FrameReader::go_to(const Place &place) {
  auto sought =
      place.is_byte ? input_->seek_to_byte(place.target) : input_->seek_before(place.target);
  if (!sought) {
    if (sought.error().is_cancelled())
      return Failure(sought.error());
    return false;
  }
  return true;
}

Result<void> FrameReader::begin_with(int32_t packet) {
  seeks_++;
  forget_pictures();
  for (const Place &place : places_of(packet)) {
    auto landed = go_to(place);
    if (landed && *landed)
      landed = skip_to(packet);
    if (!landed && landed.error().is_cancelled())
      return Failure(landed.error());
    if (landed && *landed) {
      /* The start may lack what it refers to, and there a flushed decoder does otherwise than a new
       * one; so does one that has seen the picture's format change. */
      if (packet == 0 || renew_decoder_)
        if (auto opened = open_decoder(); !opened)
          return opened;
      packet_waits_ = true;
      position_.begun_with = position_.fed = packet;
      fresh_ = packet == 0;
      landed_by_[packet] = place;
      return {};
    }
  }
  GST_DEBUG("no seek finds packet %d", packet);
  return begin_afresh_with(packet);
}

Result<void> FrameReader::begin_afresh_with(int32_t packet) {
  if (auto restarted = restart(); !restarted)
    return restarted;
  for (int32_t i = 0; i < packet; i++) {
    auto loaded = load_packet();
    if (!loaded)
      return Failure(loaded.error());
    packet_waits_ = false;
    av_packet_unref(packet_.get());
  }
  position_.begun_with = position_.fed = packet;
  fresh_ = packet == 0;
  next_number_ = -1;
  return {};
}

/* False where the packets are not those of the index. */
Result<bool> FrameReader::feed_indexed() {
  auto loaded = load_packet();
  if (!loaded)
    return loaded;
  const bool expected = *loaded ? position_.fed < index_->n_packets() &&
                                      packet_->size == index_->packet(position_.fed).size
                                : position_.fed == index_->n_packets();
  if (!expected) {
    GST_INFO("packet %d is another than in the index", position_.fed);
    return false;
  }
  const bool sparse = position_.fed < sparse_until_ && packet_waits_;
  decoder_->keep(sparse ? PictureDecoder::Keep::references : PictureDecoder::Keep::all);
  if (sparse) {
    skipped_ = true;
    fresh_ = false; /* and tells nothing of a linear decode */
  }
  if (auto sent = send_packet(); !sent)
    return Failure(sent.error());
  return true;
}

/* -1 for a picture that a linear decode does not give. */
int64_t FrameReader::number_of(const AVFrame *picture) {
  if (index_->counts_only())
    return position_.given + 1;
  const int64_t tag = compat::tag_of(picture);
  const int nth = index_->has_several_from_one() ? pictures_from_[int32_t(tag)]++ : 0;
  return index_->frame_from(int32_t(tag), nth);
}

static bool is_flawed(const AVFrame *picture) {
  return picture->decode_error_flags || picture->flags & AV_FRAME_FLAG_CORRUPT;
}

bool FrameReader::is_true(const AVFrame *picture, int32_t number) const {
  /* Where the container has samples cut off, it tells only some packets of it. */
  if (index_->is_audio() && picture->nb_samples != index_->units_in(number))
    return false;
  if (index_->means() == FrameIndex::Means::hashes)
    return FrameIndex::hash_of(picture) == index_->hash(number);
  /* What linear decoding gives is right as it is. After a seek, flaws may be missing references. */
  return fresh_ || !is_flawed(picture);
}

/* A linear decode is the truth. Where it shows damage, only hashes can tell what becomes of it. */
void FrameReader::compare_with_index(const AVFrame *picture, int64_t number) {
  const bool damage_unknown = index_->means() != FrameIndex::Means::hashes &&
                              (is_flawed(picture) || decoder_->damage() > 0);
  if (damage_unknown || number != position_.given + 1)
    disproved_ = true;
}

/* The picture of frame `number`; null where it does not come. */
Result<FramePtr> FrameReader::advance_to_frame(int32_t number) {
  constexpr int most_past = 16;
  const int32_t first_good =
      position_.begun_with == 0 ? 0 : index_->seek_table().first_good[position_.begun_with];
  for (int past = 0; past < most_past;) {
    auto picture = decoder_->receive();
    if (!picture)
      return picture;
    if (!*picture) {
      if (decoder_->ended()) {
        position_.ended = true;
        return FramePtr();
      }
      if (position_.fed > last_packet_) {
        av_packet_unref(packet_.get());
        packet_waits_ = false;
        if (auto sent = send_packet(); !sent)
          return Failure(sent.error());
        position_.ended = true; /* whatever still comes */
        fresh_ = false;
        continue;
      }
      auto fed = feed_indexed();
      if (!fed)
        return Failure(fed.error());
      if (!*fed)
        return FramePtr();
      continue;
    }
    gop_timecodes_.settle(decoder_->context(), picture->get());
    const AVFrame *made = picture->get();
    const PictureKind kind =
        index_->is_audio()
            ? PictureKind{made->format, made->sample_rate, made->ch_layout.nb_channels}
            : PictureKind{made->format, made->width, made->height};
    const bool changes = kind_ && *kind_ != kind;
    kind_ = kind;
    if (changes && !renew_decoder_) {
      renew_decoder_ = true;
      if (!fresh_)
        return FramePtr();
    }
    const int64_t came = number_of(picture->get());
    if (fresh_)
      compare_with_index(picture->get(), came);
    if (came < 0)
      continue;
    position_.given = std::max(position_.given, int32_t(came));
    const bool good = came >= first_good && is_true(picture->get(), int32_t(came));
    if (came == number) {
      if (good || (fresh_ && !index_->is_exact()))
        return picture;
      return FramePtr();
    }
    if (good)
      cache_.put(came, picture->get(), number);
    if (skipped_ && came > number)
      return FramePtr(); /* left out on the way to another */
    past += came > number;
  }
  return FramePtr();
}

} // namespace framewise
