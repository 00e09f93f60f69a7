/* gst-framewise: chapters of a container <-> GstToc.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "chapters.hpp"

#include "tagnames.hpp"

#include <algorithm>
#include <set>

namespace framewise {

constexpr AVRational nanoseconds{1, 1000000000};

/* ---- libavformat -> GStreamer --------------------------------------------------------------- */

/* Ids need not differ in a file; uids must. */
static std::string unique_uid(int64_t id, std::set<std::string> &known) {
  std::string uid = std::to_string(id);
  for (int copy = 1; !known.insert(uid).second; copy++)
    uid = format("%" G_GINT64_FORMAT ".%d", id, copy);
  return uid;
}

TocPtr container_toc(const ContainerInput &input) {
  const AVFormatContext *context = input.context();
  TocPtr toc;
  std::set<std::string> uids;
  const int64_t shift = input.to_stream_time(0);
  for (unsigned i = 0; i < context->nb_chapters; i++) {
    const AVChapter *chapter = context->chapters[i];
    if (chapter->start == AV_NOPTS_VALUE)
      continue;
    const int64_t start = av_rescale_q(chapter->start, chapter->time_base, nanoseconds) + shift;
    const int64_t end = chapter->end == AV_NOPTS_VALUE
                            ? -1
                            : av_rescale_q(chapter->end, chapter->time_base, nanoseconds) + shift;
    if (end < 0 && start < 0)
      continue; /* before the beginning */
    if (!toc)
      toc.reset(gst_toc_new(GST_TOC_SCOPE_GLOBAL));
    GstTocEntry *entry =
        gst_toc_entry_new(GST_TOC_ENTRY_TYPE_CHAPTER, unique_uid(chapter->id, uids).c_str());
    gst_toc_entry_set_start_stop_times(entry, std::max<int64_t>(start, 0), end);
    GstPtr<GstTagList> tags(gst_tag_list_new_empty());
    metadata_to_tags(chapter->metadata, tags.get());
    if (!gst_tag_list_is_empty(tags.get()))
      gst_toc_entry_set_tags(entry, tags.release());
    gst_toc_append_entry(toc.get(), entry);
  }
  return toc;
}

/* ---- GStreamer -> libavformat --------------------------------------------------------------- */

static void add_innermost(const GList *entries, std::vector<const GstTocEntry *> &found) {
  for (const GList *item = entries; item; item = item->next) {
    const auto *entry = static_cast<const GstTocEntry *>(item->data);
    const GList *inner = gst_toc_entry_get_sub_entries(entry);
    const bool is_alternative = gst_toc_entry_is_alternative(const_cast<GstTocEntry *>(entry));
    if (inner)
      add_innermost(inner, found);
    else if (!is_alternative)
      found.push_back(entry);
    if (is_alternative)
      return; /* the others are the same once more, in another cut */
  }
}

/* As readers of the file will know them: by the uids where those are numbers, else counted. */
static void number(std::vector<Chapter> &chapters,
                   const std::vector<const GstTocEntry *> &entries) {
  std::set<int64_t> ids;
  bool are_numbers = true;
  for (size_t i = 0; i < entries.size(); i++) {
    gint64 id = 0;
    are_numbers = are_numbers &&
                  g_ascii_string_to_signed(gst_toc_entry_get_uid(entries[i]), 10, 0, G_MAXINT64,
                                           &id, nullptr) &&
                  ids.insert(id).second;
    chapters[i].id = id;
  }
  for (size_t i = 0; !are_numbers && i < chapters.size(); i++)
    chapters[i].id = int64_t(i) + 1;
}

std::vector<Chapter> chapters_of(const GstToc *toc) {
  std::vector<const GstTocEntry *> entries;
  add_innermost(gst_toc_get_entries(toc), entries);
  std::erase_if(entries, [](const GstTocEntry *entry) {
    gint64 start = 0;
    return !gst_toc_entry_get_start_stop_times(entry, &start, nullptr) || start < 0;
  });
  std::vector<Chapter> chapters(entries.size());
  for (size_t i = 0; i < entries.size(); i++) {
    gint64 start = 0, end = -1;
    gst_toc_entry_get_start_stop_times(entries[i], &start, &end);
    chapters[i].start = start;
    chapters[i].end = end;
    if (const GstTagList *tags = gst_toc_entry_get_tags(entries[i]))
      tags_to_metadata(tags, chapters[i].metadata);
  }
  number(chapters, entries);
  std::stable_sort(chapters.begin(), chapters.end(),
                   [](const Chapter &a, const Chapter &b) { return a.start < b.start; });
  for (size_t i = 0; i < chapters.size(); i++)
    if (chapters[i].end < chapters[i].start)
      chapters[i].end = i + 1 < chapters.size() ? chapters[i + 1].start : chapters[i].start;
  return chapters;
}

static int64_t stream_time(const GstSegment &segment, guint64 position, int64_t otherwise) {
  const guint64 time = GST_CLOCK_TIME_IS_VALID(position)
                           ? gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, position)
                           : GST_CLOCK_TIME_NONE;
  return GST_CLOCK_TIME_IS_VALID(time) ? int64_t(time) : otherwise;
}

static int64_t running_time(const GstSegment &segment, int64_t time) {
  const guint64 position =
      gst_segment_position_from_stream_time(&segment, GST_FORMAT_TIME, guint64(time));
  const guint64 running = GST_CLOCK_TIME_IS_VALID(position)
                              ? gst_segment_to_running_time(&segment, GST_FORMAT_TIME, position)
                              : GST_CLOCK_TIME_NONE;
  return GST_CLOCK_TIME_IS_VALID(running) ? int64_t(running) : -1;
}

std::vector<Chapter> to_running_time(std::vector<Chapter> chapters, const GstSegment &segment) {
  if (segment.format != GST_FORMAT_TIME)
    return chapters;
  const int64_t first = stream_time(segment, segment.start, 0);
  const int64_t last = stream_time(segment, segment.stop, INT64_MAX);
  std::vector<Chapter> kept;
  for (Chapter &chapter : chapters) {
    const bool is_point = chapter.start == chapter.end;
    if (chapter.start >= last || (is_point ? chapter.end < first : chapter.end <= first))
      continue;
    const int64_t a = running_time(segment, std::max(chapter.start, first));
    const int64_t b = running_time(segment, std::min(chapter.end, last));
    if (a < 0 || b < 0)
      continue;
    chapter.start = std::min(a, b);
    chapter.end = std::max(a, b);
    kept.push_back(std::move(chapter));
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [](const Chapter &a, const Chapter &b) { return a.start < b.start; });
  return kept;
}

std::vector<Chapter> cut_at(std::vector<Chapter> chapters, int64_t end) {
  std::erase_if(chapters, [&](const Chapter &chapter) { return chapter.start >= end; });
  for (Chapter &chapter : chapters)
    chapter.end = std::min(chapter.end, end);
  return chapters;
}

static void free_chapters(AVFormatContext *muxer) {
  for (unsigned i = 0; i < muxer->nb_chapters; i++) {
    av_dict_free(&muxer->chapters[i]->metadata);
    av_freep(&muxer->chapters[i]);
  }
  av_freep(&muxer->chapters);
  muxer->nb_chapters = 0;
}

/* libavformat leaves it to its caller to make these, and frees them with the muxer. */
bool set_chapters(AVFormatContext *muxer, const std::vector<Chapter> &chapters) {
  free_chapters(muxer);
  if (chapters.empty())
    return true;
  muxer->chapters = static_cast<AVChapter **>(av_calloc(chapters.size(), sizeof(*muxer->chapters)));
  if (!muxer->chapters)
    return false;
  for (const Chapter &chapter : chapters) {
    auto *made = static_cast<AVChapter *>(av_mallocz(sizeof(AVChapter)));
    if (!made)
      return false;
    made->id = chapter.id;
    made->time_base = nanoseconds;
    made->start = chapter.start;
    made->end = chapter.end;
    av_dict_copy(&made->metadata, chapter.metadata.get(), 0);
    muxer->chapters[muxer->nb_chapters++] = made;
  }
  return true;
}

} // namespace framewise
