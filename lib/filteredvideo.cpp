/* gst-framewise: any frame of a filtered video, by its number.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filteredvideo.hpp"

#include <algorithm>
#include <utility>
#include <xxhash.h>

namespace framewise {

/* ---- Frames and what there is to say of them --------------------------------------------------
 */

/* In AVFrame.opaque_ref of frames in the cache. */
struct Details {
  int64_t pts, time, duration;
  VideoParams params;
};

static void free_details(void *, uint8_t *data) { delete reinterpret_cast<Details *>(data); }

static DecodedFrame copy_of(const DecodedFrame &frame) {
  return {clone_frame(frame.picture.get()),
          frame.number,
          frame.pts,
          frame.time,
          frame.duration,
          frame.params};
}

/* Of all that is to be seen of a frame, and of what filters say about it. */
static uint64_t fingerprint(const AVFrame *frame) {
  std::string said = format("%d/%d %d%d %d %d %d %d %d %c", frame->sample_aspect_ratio.num,
                            frame->sample_aspect_ratio.den, compat::is_interlaced(frame),
                            compat::is_top_field_first(frame), frame->color_range,
                            frame->colorspace, frame->color_trc, frame->color_primaries,
                            frame->chroma_location, av_get_picture_type_char(frame->pict_type));
  const AVDictionaryEntry *entry = nullptr;
  while ((entry = av_dict_get(frame->metadata, "", entry, AV_DICT_IGNORE_SUFFIX)))
    said += std::string("\n") + entry->key + "=" + entry->value;
  return XXH3_64bits_withSeed(said.data(), said.size(), FrameIndex::hash_of(frame));
}

/* A reference of its own, with the details; null when out of memory. */
static FramePtr with_details(const DecodedFrame &frame) {
  FramePtr picture = clone_frame(frame.picture.get());
  auto *details = new Details{frame.pts, frame.time, frame.duration, frame.params};
  AVBufferRef *ref = av_buffer_create(reinterpret_cast<uint8_t *>(details), sizeof *details,
                                      free_details, nullptr, AV_BUFFER_FLAG_READONLY);
  if (!picture || !ref) {
    if (ref)
      av_buffer_unref(&ref);
    else
      delete details;
    return nullptr;
  }
  av_buffer_unref(&picture->opaque_ref);
  picture->opaque_ref = ref;
  return picture;
}

void FilteredVideo::keep(const DecodedFrame &frame) {
  if (FramePtr picture = with_details(frame))
    cache_.put(frame.number, picture.get(), wanted_);
}

std::optional<DecodedFrame> FilteredVideo::kept(int64_t number) {
  FramePtr picture = cache_.get(number);
  if (!picture)
    return std::nullopt;
  const auto &details = *reinterpret_cast<const Details *>(picture->opaque_ref->data);
  DecodedFrame frame{nullptr, number, details.pts, details.time, details.duration, details.params};
  av_buffer_unref(&picture->opaque_ref);
  frame.picture = std::move(picture);
  return frame;
}

/* ---- FilteredVideo ----------------------------------------------------------------------------
 */

Result<std::unique_ptr<FilteredVideo>> FilteredVideo::create(FilterDescription description,
                                                             const FilterGraphOptions &options,
                                                             std::vector<AVPixelFormat> formats,
                                                             FrameSource &source,
                                                             uint64_t cache_size) {
  if (description.empty()) {
    auto nothing = FilterDescription::parse("null", nullptr);
    if (!nothing)
      return Failure(nothing.error());
    description = std::move(*nothing);
  }
  if (auto possible = FilterGraph::check(description, options); !possible)
    return Failure(possible.error());
  std::unique_ptr<FilteredVideo> self(new FilteredVideo());
  self->runs_once_ = writes_files(description);
  if (!self->runs_once_)
    self->reach_ = reach_of(description);
  FilterSetup &setup = self->setup_;
  setup.description = with_settled_seeds(std::move(description));
  setup.options = options;
  setup.formats = std::move(formats);
  setup.source = &source;
  setup.may_never_end = may_never_end(setup.description);
  setup.output_is_written = writes_into_its_output(setup.description);
  self->cache_.set_capacity(cache_size);
  return self;
}

AVRational FilteredVideo::time_base() const {
  return setup_.time_base.num > 0 ? setup_.time_base : setup_.source->time_base();
}

Failure FilteredVideo::no_such_frame(int64_t number, int64_t count) const {
  return FRAMEWISE_FAIL_STREAM(FAILED, format("There is no frame %" G_GINT64_FORMAT
                                              ": the filters %s give %" G_GINT64_FORMAT " frames.",
                                              number, setup_.description.to_text().c_str(), count));
}

Result<DecodedFrame> FilteredVideo::read(int64_t number) {
  wanted_ = number;
  if (number < 0)
    return FRAMEWISE_FAIL_STREAM(FAILED, format("There is no frame %" G_GINT64_FORMAT ".", number));
  return reach_.kind == FilterReach::Kind::unknown ? read_unknown(number) : read_in_reach(number);
}

Result<bool> FilteredVideo::holds(int64_t number) {
  if (number < 0)
    return false;
  if (reach_.kind != FilterReach::Kind::unknown)
    return setup_.source->holds(number / reach_.per_input);
  auto extended = extend(number);
  if (!extended)
    return Failure(extended.error());
  return number < int64_t(table_.size());
}

Result<int64_t> FilteredVideo::n_frames() {
  if (reach_.kind != FilterReach::Kind::unknown) {
    auto inputs = setup_.source->n_frames();
    if (!inputs)
      return inputs;
    return *inputs * reach_.per_input;
  }
  /* Whether others cut off what goes on by itself, the description does not tell. */
  constexpr int64_t patience = 1 << 20, patience_at_end = 10000;
  auto endless = [&] {
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, format("The filters %s never end, so their frames cannot be counted. `trim` "
                         "behind them, or `shortest=1`, sets an end.",
                         setup_.description.to_text().c_str()));
  };
  if (!linear_ended_ && never_ends(setup_.description))
    return endless();
  int64_t inputs = -1, since = 0;
  while (!linear_ended_) {
    if (auto extended = extend(int64_t(table_.size())); !extended)
      return Failure(extended.error());
    if (std::exchange(inputs, linear_->position()) != inputs)
      since = int64_t(table_.size());
    const int64_t alone = int64_t(table_.size()) - since; /* frames without an input */
    if (setup_.may_never_end && alone > (linear_->has_taken_all() ? patience_at_end : patience))
      return endless();
  }
  return int64_t(table_.size());
}

/* ---- Filters whose reach is known -------------------------------------------------------------
 */

static DecodedFrame finished(FilterRun::Output output, int64_t number) {
  return {std::move(output.picture), number, output.pts, output.time, output.nominal_duration,
          std::move(output.params)};
}

/* Makes sure that what visitor_ gives leads to frame `number`, on the shortest way. */
void FilteredVideo::begin_in_reach(int64_t number) {
  const int64_t center = number / reach_.per_input;
  if (reach_.kind == FilterReach::Kind::own_frame) {
    if (!visitor_ || visitor_next_ < 0)
      visitor_.emplace(setup_, center);
    visitor_->jump(center);
    visitor_next_ = number;
    trusted_from_ = 0;
    return;
  }
  const int64_t next = unfinished_ ? unfinished_->number : visitor_next_;
  const bool goes_on = visitor_ && visitor_next_ >= 0 && next <= number &&
                       std::max(next, trusted_from_) <= number &&
                       center - visitor_->position() <= reach_.back;
  if (goes_on)
    return;
  const int64_t first = std::max<int64_t>(center - reach_.back, 0);
  visitor_.emplace(setup_, first);
  visitor_next_ = first * reach_.per_input;
  trusted_from_ = first == 0 ? 0 : center * reach_.per_input;
  unfinished_.reset();
}

/* The filters do otherwise than was thought: from now on they are taken for unknown. */
Result<DecodedFrame> FilteredVideo::distrust(int64_t number) {
  GST_WARNING("%s: frames come otherwise than expected", setup_.description.to_text().c_str());
  reach_ = {};
  visitor_.reset();
  visitor_next_ = -1;
  unfinished_.reset();
  cache_.clear();
  return read_unknown(number);
}

Result<DecodedFrame> FilteredVideo::read_in_reach(int64_t number) {
  if (auto frame = kept(number))
    return std::move(*frame);
  auto there = setup_.source->holds(number / reach_.per_input);
  if (!there)
    return Failure(there.error());
  if (!*there) {
    auto count = n_frames();
    return count ? no_such_frame(number, *count) : Failure(count.error());
  }
  begin_in_reach(number);
  for (;;) {
    auto next = visitor_->next();
    if (!next) {
      /* Of the source: the same run goes on. Else it is broken. */
      if (visitor_->is_broken())
        visitor_next_ = -1;
      return Failure(next.error());
    }
    std::optional<DecodedFrame> complete;
    if (next->status == FilterRun::Status::output) {
      FilterRun::Output &output = *next->output;
      const int64_t came = visitor_next_++;
      const bool is_expected = came % reach_.per_input != 0 || came < trusted_from_ ||
                               output.like == came / reach_.per_input;
      if (!is_expected || is_dithered(output.params.format))
        return distrust(number);
      DecodedFrame frame = finished(std::move(output), came);
      if (reach_.per_input == 1) {
        complete = std::move(frame);
      } else {
        if (frame.duration == 0 && unfinished_)
          frame.duration = std::max<int64_t>(frame.time - unfinished_->time, 0);
        complete = std::exchange(unfinished_, std::move(frame));
        if (complete)
          complete->duration = std::max<int64_t>(unfinished_->time - complete->time, 0);
      }
    } else {
      complete = std::exchange(unfinished_, {});
      visitor_next_ = -1;
    }
    if (complete && complete->number >= trusted_from_) {
      keep(*complete);
      if (complete->number == number)
        return std::move(*complete);
    }
    const bool is_past = visitor_next_ < 0 || visitor_next_ > number + reach_.per_input;
    if (is_past)
      return distrust(number);
  }
}

/* ---- Unknown filters: the linear run ----------------------------------------------------------
 */

void FilteredVideo::record(FilterRun::Output output) {
  const int64_t number = int64_t(table_.size());
  if (sections_.empty() || sections_.back().first_input != output.section) {
    sections_.push_back({output.section, number});
    if (number > 0)
      floor_ = table_.back().time;
  }
  /* No frame of a section comes before one of the last. */
  if (floor_ && output.time <= *floor_)
    output.time = ++*floor_;
  else
    floor_.reset();
  last_duration_ = output.nominal_duration;
  if (last_duration_ == 0 && number > 0)
    last_duration_ = std::max<int64_t>(output.time - table_.back().time, 0);
  table_.push_back(
      {output.pts, output.time, fingerprint(output.picture.get()), int32_t(linear_->position())});
  newest_.push_back(finished(std::move(output), number));
  if (newest_.size() > 2)
    newest_.pop_front();
}

/* The linear run up to frame `number`, or to the end. */
Result<void> FilteredVideo::extend(int64_t number) {
  if (!linear_)
    linear_.emplace(setup_, 0);
  while (!linear_ended_ && int64_t(table_.size()) <= number) {
    auto next = linear_->next();
    if (!next)
      return Failure(next.error());
    if (next->status == FilterRun::Status::end) {
      linear_ended_ = true;
      break;
    }
    record(std::move(*next->output));
    keep(newest_.back());
  }
  return {};
}

const FilteredVideo::Section &FilteredVideo::section_of(int64_t number) const {
  auto after =
      std::upper_bound(sections_.begin(), sections_.end(), number,
                       [](int64_t n, const Section &section) { return n < section.first_output; });
  return *std::prev(after);
}

/* ---- Unknown filters: any frame ---------------------------------------------------------------
 */

/* Frame `number`, which the table holds, with the times that it has there. */
DecodedFrame FilteredVideo::by_table(FramePtr picture, VideoParams params, int64_t number) const {
  const Entry &entry = table_[number];
  picture->pts = entry.pts;
  const int64_t duration = number + 1 < int64_t(table_.size())
                               ? std::max<int64_t>(table_[number + 1].time - entry.time, 0)
                               : last_duration_;
  return {std::move(picture), number, entry.pts, entry.time, duration, std::move(params)};
}

Result<DecodedFrame> FilteredVideo::read_unknown(int64_t number) {
  /* It lasts until the next one. */
  auto extended = extend(number + 1);
  const bool is_there = number < int64_t(table_.size());
  if (!extended && (!is_there || !linear_->is_broken()))
    return Failure(extended.error());
  if (!is_there)
    return no_such_frame(number, int64_t(table_.size()));
  for (const DecodedFrame &frame : newest_)
    if (frame.number == number) {
      DecodedFrame copy = copy_of(frame);
      return by_table(std::move(copy.picture), std::move(copy.params), number);
    }
  if (auto frame = kept(number))
    return by_table(std::move(frame->picture), std::move(frame->params), number);
  if (runs_once_)
    return FRAMEWISE_FAIL_STREAM(
        FAILED, format("Frame %" G_GINT64_FORMAT " has gone by, and the filters %s run but once: "
                       "they write files. A larger cache keeps more frames.",
                       number, setup_.description.to_text().c_str()));
  return go_back(number);
}

void FilteredVideo::begin_for(int64_t number, int64_t inputs) {
  const Section &section = section_of(number);
  const int64_t begin = std::max(section.first_input, table_[number].inputs - inputs);
  visitor_.emplace(setup_, begin);
  /* What came out of the linear run when it was there; what is still earlier cannot come. */
  auto first = std::upper_bound(table_.begin() + section.first_output, table_.end(), begin,
                                [](int64_t n, const Entry &entry) { return n < entry.inputs; });
  visitor_next_ =
      begin == section.first_input ? section.first_output : int64_t(first - table_.begin());
  visitor_next_ = std::min(visitor_next_, number);
}

/* The entry from visitor_next_ to `number` that has this hash; -1 where none has. */
int64_t FilteredVideo::find_entry(uint64_t hash, int64_t number) const {
  constexpr int64_t far_enough = 256;
  const int64_t end = std::min(number, visitor_next_ + far_enough);
  for (int64_t n = visitor_next_; n < end; n++)
    if (table_[n].hash == hash)
      return n;
  return table_[number].hash == hash ? number : -1;
}

/* Frame `number`, where the visitor gives it while it may still come. */
Result<std::optional<DecodedFrame>> FilteredVideo::search(int64_t number) {
  constexpr int64_t more = 64;
  const int64_t most = number - visitor_next_ + more;
  for (int64_t n = 0; n < most; n++) {
    auto next = visitor_->next(table_[number].inputs + 1);
    if (!next)
      return Failure(next.error());
    if (next->status != FilterRun::Status::output)
      break;
    const int64_t came = find_entry(fingerprint(next->output->picture.get()), number);
    if (came < 0)
      continue;
    visitor_next_ = came + 1;
    DecodedFrame frame =
        by_table(std::move(next->output->picture), std::move(next->output->params), came);
    keep(frame);
    if (came == number)
      return std::optional(std::move(frame));
  }
  return std::nullopt;
}

Result<DecodedFrame> FilteredVideo::go_back(int64_t number) {
  const int64_t inputs = table_[number].inputs;
  const int64_t all = inputs - section_of(number).first_input;
  const bool goes_on = visitor_ && !visitor_->is_broken() && visitor_next_ >= 0 &&
                       visitor_next_ <= number && inputs - visitor_->position() <= learned_;
  /* What is inside already, then more and more. */
  for (int64_t back = goes_on ? 0 : learned_;;) {
    if (back > 0)
      begin_for(number, back);
    auto found = search(number);
    if (!found && (!visitor_->is_broken() || back >= all))
      return Failure(found.error());
    if (found && *found) {
      learned_ = std::max(learned_, back);
      return std::move(**found);
    }
    visitor_next_ = -1;
    if (back >= all)
      return FRAMEWISE_FAIL_STREAM(
          FAILED, format("The filters %s do not give frame %" G_GINT64_FORMAT " again as it was.",
                         setup_.description.to_text().c_str(), number));
    back = back == 0 ? learned_ : back * 2;
  }
}

} // namespace framewise
