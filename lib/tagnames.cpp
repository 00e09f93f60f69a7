/* gst-framewise: GStreamer's tags and the names that libavformat has for them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tagnames.hpp"

#include <gst/tag/tag.h>

#include <string_view>

namespace framewise {

/* Tags that are strings on both sides, and points in time. Of two rows for one name the first is
 * meant where GStreamer's tag is the same; of two for one tag both names are written. */
struct TagName {
  const char *av;
  const char *gst;
};
static const TagName tag_names[] = {
    {"album", GST_TAG_ALBUM},
    {"album_artist", GST_TAG_ALBUM_ARTIST},
    {"artist", GST_TAG_ARTIST},
    {"comment", GST_TAG_COMMENT},
    {"composer", GST_TAG_COMPOSER},
    {"conductor", GST_TAG_CONDUCTOR},
    {"copyright", GST_TAG_COPYRIGHT},
    {"creation_time", GST_TAG_DATE_TIME},
    {"date", GST_TAG_DATE_TIME},
    {"description", GST_TAG_DESCRIPTION},
    {"encoder", GST_TAG_ENCODER},
    {"encoded_by", GST_TAG_ENCODED_BY},
    {"episode_id", GST_TAG_SHOW_EPISODE_NUMBER},
    {"genre", GST_TAG_GENRE},
    {"grouping", GST_TAG_GROUPING},
    {"isrc", GST_TAG_ISRC},
    {"keywords", GST_TAG_KEYWORDS},
    {"license", GST_TAG_LICENSE},
    {"lyrics", GST_TAG_LYRICS},
    {"make", GST_TAG_DEVICE_MANUFACTURER},
    {"model", GST_TAG_DEVICE_MODEL},
    {"organization", GST_TAG_ORGANIZATION},
    {"performer", GST_TAG_PERFORMER},
    {"publisher", GST_TAG_PUBLISHER},
    {"season_number", GST_TAG_SHOW_SEASON_NUMBER},
    {"show", GST_TAG_SHOW_NAME},
    {"sort_album", GST_TAG_ALBUM_SORTNAME},
    {"sort_artist", GST_TAG_ARTIST_SORTNAME},
    {"sort_composer", GST_TAG_COMPOSER_SORTNAME},
    {"sort_name", GST_TAG_TITLE_SORTNAME},
    {"title", GST_TAG_TITLE},
};

/* Names for a number and how many there are of it: `3/12`. */
struct CountedName {
  const char *av;
  const char *number;
  const char *count;
};
static const CountedName counted_names[] = {
    {"disc", GST_TAG_ALBUM_VOLUME_NUMBER, GST_TAG_ALBUM_VOLUME_COUNT},
    {"track", GST_TAG_TRACK_NUMBER, GST_TAG_TRACK_COUNT},
};

static bool is_printable(const char *text) { return g_utf8_validate(text, -1, nullptr); }

/* ---- libavformat -> GStreamer --------------------------------------------------------------- */

static bool add_number(GstTagList *tags, const char *tag, const char *text) {
  guint64 number = 0;
  if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT, &number, nullptr))
    return false;
  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, tag, guint(number), nullptr);
  return true;
}

static bool add_mapped(GstTagList *tags, const char *tag, const char *text) {
  const GType type = gst_tag_get_type(tag);
  if (type == G_TYPE_STRING) {
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, tag, text, nullptr);
    return true;
  }
  if (type == G_TYPE_UINT)
    return add_number(tags, tag, text);
  if (type == GST_TYPE_DATE_TIME) {
    GstDateTime *time = gst_date_time_new_from_iso8601_string(text);
    if (!time)
      return false;
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, tag, time, nullptr);
    gst_date_time_unref(time);
    return true;
  }
  return false;
}

static bool add_counted(GstTagList *tags, const CountedName &name, const std::string &text) {
  const size_t slash = text.find('/');
  if (!add_number(tags, name.number, text.substr(0, slash).c_str()))
    return false;
  return slash == text.npos || add_number(tags, name.count, text.substr(slash + 1).c_str());
}

static bool add_language(GstTagList *tags, const char *text) {
  if (std::string_view(text) == "und")
    return true; /* nothing said */
  const char *code = gst_tag_get_language_code(text);
  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_LANGUAGE_CODE, code ? code : text, nullptr);
  return true;
}

static bool add_named(GstTagList *tags, const char *key, const char *text) {
  if (g_ascii_strcasecmp(key, "language") == 0)
    return add_language(tags, text);
  for (const CountedName &name : counted_names)
    if (g_ascii_strcasecmp(name.av, key) == 0)
      return add_counted(tags, name, text);
  for (const TagName &name : tag_names)
    if (g_ascii_strcasecmp(name.av, key) == 0)
      return add_mapped(tags, name.gst, text);
  return false;
}

void metadata_to_tags(const AVDictionary *metadata, GstTagList *tags) {
  const AVDictionaryEntry *entry = nullptr;
  while ((entry = av_dict_get(metadata, "", entry, AV_DICT_IGNORE_SUFFIX))) {
    if (!*entry->value || !is_printable(entry->key) || !is_printable(entry->value))
      continue;
    if (add_named(tags, entry->key, entry->value))
      continue;
    CString comment(g_strdup_printf("%s=%s", entry->key, entry->value));
    gst_tag_list_add(tags, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT, comment.get(), nullptr);
  }
}

/* ---- GStreamer -> libavformat --------------------------------------------------------------- */

/* As libavformat reads a `creation_time`: all of it, and of UTC. Empty where the time of day is not
 * known. */
static std::string creation_time(GstDateTime *time) {
  if (!gst_date_time_has_time(time))
    return {};
  GDateTime *local = gst_date_time_to_g_date_time(time);
  GDateTime *utc = local ? g_date_time_to_utc(local) : nullptr;
  CString text(utc ? g_date_time_format(utc, "%Y-%m-%dT%H:%M:%S") : nullptr);
  std::string result;
  if (text)
    result = format("%s.%06dZ", text.get(), g_date_time_get_microsecond(utc));
  if (local)
    g_date_time_unref(local);
  if (utc)
    g_date_time_unref(utc);
  return result;
}

static std::string text_of(const char *key, const GValue *value) {
  if (G_VALUE_HOLDS_STRING(value)) {
    const char *text = g_value_get_string(value);
    return text ? text : "";
  }
  if (G_VALUE_HOLDS_UINT(value))
    return std::to_string(g_value_get_uint(value));
  if (G_VALUE_HOLDS(value, GST_TYPE_DATE_TIME)) {
    auto *time = static_cast<GstDateTime *>(g_value_get_boxed(value));
    if (std::string_view(key) == "creation_time")
      return creation_time(time);
    CString text(gst_date_time_to_iso8601_string(time));
    return text ? text.get() : "";
  }
  return {};
}

static void set_counted(const GstTagList *tags, const CountedName &name, Dictionary &metadata) {
  guint number = 0, count = 0;
  if (!gst_tag_list_get_uint(tags, name.number, &number))
    return;
  std::string text = std::to_string(number);
  if (gst_tag_list_get_uint(tags, name.count, &count))
    text += "/" + std::to_string(count);
  metadata.set(name.av, text);
}

/* Three letters, of the terminological set: the ones that MP4 takes; Matroska's are made of them.
 */
static void set_language(const GstTagList *tags, Dictionary &metadata) {
  gchar *text = nullptr;
  if (!gst_tag_list_get_string(tags, GST_TAG_LANGUAGE_CODE, &text))
    return;
  CString given(text);
  const char *code = gst_tag_get_language_code_iso_639_2T(given.get());
  metadata.set("language", code ? code : given.get());
}

static void set_extended_comments(const GstTagList *tags, Dictionary &metadata) {
  for (guint i = 0; i < gst_tag_list_get_tag_size(tags, GST_TAG_EXTENDED_COMMENT); i++) {
    const gchar *comment = nullptr;
    if (!gst_tag_list_peek_string_index(tags, GST_TAG_EXTENDED_COMMENT, i, &comment))
      continue;
    const std::string_view text(comment);
    const size_t equals = text.find('=');
    /* `key[language]=value` is GStreamer's way to name the language of a comment */
    if (equals != text.npos && equals > 0)
      metadata.set(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
  }
}

void tags_to_metadata(const GstTagList *tags, Dictionary &metadata) {
  set_extended_comments(tags, metadata);
  for (const TagName &name : tag_names) {
    GValue value = G_VALUE_INIT;
    if (!gst_tag_list_copy_value(&value, tags, name.gst))
      continue;
    if (std::string text = text_of(name.av, &value); !text.empty())
      metadata.set(name.av, text);
    g_value_unset(&value);
  }
  GDate *date = nullptr;
  if (!metadata.has("date") && gst_tag_list_get_date(tags, GST_TAG_DATE, &date)) {
    metadata.set("date", format("%04d-%02d-%02d", g_date_get_year(date), g_date_get_month(date),
                                g_date_get_day(date)));
    g_date_free(date);
  }
  for (const CountedName &name : counted_names)
    set_counted(tags, name, metadata);
  set_language(tags, metadata);
}

} // namespace framewise
