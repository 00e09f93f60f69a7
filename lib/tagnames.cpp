/* gst-framewise: GStreamer's tags and the names that libavformat has for them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tagnames.hpp"

#include <gst/tag/tag.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace framewise {

/* Tags that are strings or whole numbers on both sides. */
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
    {"rating", GST_TAG_USER_RATING},
    {"show", GST_TAG_SHOW_NAME},
    {"software", GST_TAG_APPLICATION_NAME},
    {"sort_album", GST_TAG_ALBUM_SORTNAME},
    {"sort_artist", GST_TAG_ARTIST_SORTNAME},
    {"sort_composer", GST_TAG_COMPOSER_SORTNAME},
    {"sort_name", GST_TAG_TITLE_SORTNAME},
    {"title", GST_TAG_TITLE},
};

/* Other names that some files have for them. They are read, and never written. */
static const TagName other_tag_names[] = {
    {"albumartist", GST_TAG_ALBUM_ARTIST},
    {"com.apple.quicktime.artist", GST_TAG_ARTIST},
    {"com.apple.quicktime.comment", GST_TAG_COMMENT},
    {"com.apple.quicktime.copyright", GST_TAG_COPYRIGHT},
    {"com.apple.quicktime.description", GST_TAG_DESCRIPTION},
    {"com.apple.quicktime.keywords", GST_TAG_KEYWORDS},
    {"com.apple.quicktime.make", GST_TAG_DEVICE_MANUFACTURER},
    {"com.apple.quicktime.model", GST_TAG_DEVICE_MODEL},
    {"com.apple.quicktime.software", GST_TAG_APPLICATION_NAME},
    {"com.apple.quicktime.title", GST_TAG_TITLE},
    {"disctotal", GST_TAG_ALBUM_VOLUME_COUNT},
    {"encoding_tool", GST_TAG_APPLICATION_NAME},
    {"totaldiscs", GST_TAG_ALBUM_VOLUME_COUNT},
    {"totaltracks", GST_TAG_TRACK_COUNT},
    {"tracktotal", GST_TAG_TRACK_COUNT},
};

/* Of these a file may have several values; libavformat joins those of one name with `;`. */
static const char *const tags_of_many[] = {
    GST_TAG_ALBUM_ARTIST, GST_TAG_ARTIST,   GST_TAG_COMPOSER,  GST_TAG_CONDUCTOR,
    GST_TAG_GENRE,        GST_TAG_KEYWORDS, GST_TAG_PERFORMER,
};

/* Names for a number with a fraction, and what comes behind it. */
struct MeasureName {
  const char *av;
  const char *gst;
  int decimals;
  const char *unit;
};
static const MeasureName measure_names[] = {
    {"bpm", GST_TAG_BEATS_PER_MINUTE, 0, ""},
    {"replaygain_album_gain", GST_TAG_ALBUM_GAIN, 2, " dB"},
    {"replaygain_album_peak", GST_TAG_ALBUM_PEAK, 6, ""},
    {"replaygain_reference_loudness", GST_TAG_REFERENCE_LEVEL, 2, " dB"},
    {"replaygain_track_gain", GST_TAG_TRACK_GAIN, 2, " dB"},
    {"replaygain_track_peak", GST_TAG_TRACK_PEAK, 6, ""},
};

/* Names for a place as ISO 6709 has it: `+48.8577+002.2950+0035.0/`. The first is written. */
static const char *const place_names[] = {"location", "com.apple.quicktime.location.iso6709"};

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

static bool is_of_many(const char *tag) {
  return std::any_of(std::begin(tags_of_many), std::end(tags_of_many),
                     [&](const char *known) { return std::string_view(known) == tag; });
}

/* ---- libavformat -> GStreamer --------------------------------------------------------------- */

static bool add_number(GstTagList *tags, const char *tag, const char *text) {
  guint64 number = 0;
  const guint64 most = std::string_view(tag) == GST_TAG_USER_RATING ? 100 : G_MAXUINT;
  if (!g_ascii_string_to_unsigned(text, 10, 0, most, &number, nullptr))
    return false;
  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, tag, guint(number), nullptr);
  return true;
}

static bool add_texts(GstTagList *tags, const char *tag, const char *text) {
  gchar **parts = g_strsplit(text, ";", -1);
  bool any = false;
  for (gchar **part = parts; *part; part++)
    if (*g_strstrip(*part)) {
      gst_tag_list_add(tags, GST_TAG_MERGE_APPEND, tag, *part, nullptr);
      any = true;
    }
  g_strfreev(parts);
  return any;
}

static bool add_mapped(GstTagList *tags, const char *tag, const char *text) {
  const GType type = gst_tag_get_type(tag);
  if (type == G_TYPE_STRING && is_of_many(tag))
    return add_texts(tags, tag, text);
  if (type == G_TYPE_STRING) {
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, tag, text, nullptr);
    return true;
  }
  return type == G_TYPE_UINT && add_number(tags, tag, text);
}

/* A file may tell of two points in time: when it was made, and when what is in it was. Where it
 * tells of one, that is GST_TAG_DATE_TIME. */
static bool add_creation_time(GstTagList *tags, const char *text) {
  GstDateTime *time = gst_date_time_new_from_iso8601_string(text);
  if (!time)
    return false;
  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_DATE_TIME, time, nullptr);
  gst_date_time_unref(time);
  return true;
}

static bool add_date(GstTagList *tags, const char *text, const AVDictionary *metadata) {
  const AVDictionaryEntry *created = av_dict_get(metadata, "creation_time", nullptr, 0);
  if (!created || g_str_has_prefix(created->value, text))
    return add_creation_time(tags, text);
  GstDateTime *time = gst_date_time_new_from_iso8601_string(text);
  if (!time)
    return false;
  const bool is_a_day = gst_date_time_has_day(time) && !gst_date_time_has_time(time);
  if (is_a_day) {
    GDate *date = g_date_new_dmy(GDateDay(gst_date_time_get_day(time)),
                                 GDateMonth(gst_date_time_get_month(time)),
                                 GDateYear(gst_date_time_get_year(time)));
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_DATE, date, nullptr);
    g_date_free(date);
  }
  gst_date_time_unref(time);
  return is_a_day;
}

static bool add_measure(GstTagList *tags, const MeasureName &name, const char *text) {
  gchar *end = nullptr;
  const double number = g_ascii_strtod(text, &end);
  if (end == text || !std::isfinite(number))
    return false;
  const std::string_view rest(end);
  if (!rest.empty() && rest != name.unit)
    return false;
  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, name.gst, number, nullptr);
  return true;
}

/* ISO 6709 with degrees as decimals, which is the form that cameras write. */
static bool add_place(GstTagList *tags, const char *text) {
  std::vector<double> numbers;
  const char *rest = text;
  while ((*rest == '+' || *rest == '-') && numbers.size() < 3) {
    gchar *end = nullptr;
    numbers.push_back(g_ascii_strtod(rest, &end));
    if (end == rest)
      return false;
    rest = end;
  }
  const bool is_complete = *rest == '\0' || *rest == '/' || g_str_has_prefix(rest, "CRS");
  if (numbers.size() < 2 || !is_complete || !(std::fabs(numbers[0]) <= 90) ||
      !(std::fabs(numbers[1]) <= 180))
    return false;
  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_GEO_LOCATION_LATITUDE, numbers[0],
                   GST_TAG_GEO_LOCATION_LONGITUDE, numbers[1], nullptr);
  if (numbers.size() > 2 && std::isfinite(numbers[2]))
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_GEO_LOCATION_ELEVATION, numbers[2],
                     nullptr);
  return true;
}

/* Some demuxers give an entry a second time with its language behind the name: `location-eng`. */
static bool is_place(const char *key) {
  for (const char *name : place_names)
    if (g_ascii_strcasecmp(name, key) == 0)
      return true;
  return g_ascii_strncasecmp(key, "location-", 9) == 0 && std::strlen(key) == 12;
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

static bool add_named(GstTagList *tags, const char *key, const char *text,
                      const AVDictionary *metadata) {
  if (g_ascii_strcasecmp(key, "creation_time") == 0)
    return add_creation_time(tags, text);
  if (g_ascii_strcasecmp(key, "date") == 0)
    return add_date(tags, text, metadata);
  if (is_place(key))
    return add_place(tags, text);
  for (const MeasureName &name : measure_names)
    if (g_ascii_strcasecmp(name.av, key) == 0)
      return add_measure(tags, name, text);
  if (g_ascii_strcasecmp(key, "language") == 0)
    return add_language(tags, text);
  for (const CountedName &name : counted_names)
    if (g_ascii_strcasecmp(name.av, key) == 0)
      return add_counted(tags, name, text);
  for (const TagName &name : tag_names)
    if (g_ascii_strcasecmp(name.av, key) == 0)
      return add_mapped(tags, name.gst, text);
  for (const TagName &name : other_tag_names)
    if (g_ascii_strcasecmp(name.av, key) == 0)
      return gst_tag_list_get_tag_size(tags, name.gst) == 0 && add_mapped(tags, name.gst, text);
  return false;
}

void metadata_to_tags(const AVDictionary *metadata, GstTagList *tags) {
  const AVDictionaryEntry *entry = nullptr;
  while ((entry = av_dict_get(metadata, "", entry, AV_DICT_IGNORE_SUFFIX))) {
    if (!*entry->key || !*entry->value || !is_printable(entry->key) || !is_printable(entry->value))
      continue;
    if (add_named(tags, entry->key, entry->value, metadata))
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

static std::string text_of(const GValue *value) {
  if (G_VALUE_HOLDS_STRING(value)) {
    const char *text = g_value_get_string(value);
    return text ? text : "";
  }
  if (G_VALUE_HOLDS_UINT(value))
    return std::to_string(g_value_get_uint(value));
  return {};
}

/* All of them, as libavformat joins them; of others as GStreamer does. */
static std::string text_of(const GstTagList *tags, const char *tag) {
  std::string text;
  if (is_of_many(tag)) {
    for (guint i = 0; i < gst_tag_list_get_tag_size(tags, tag); i++)
      if (const gchar *one = nullptr; gst_tag_list_peek_string_index(tags, tag, i, &one))
        text += (text.empty() ? "" : ";") + std::string(one);
    return text;
  }
  GValue value = G_VALUE_INIT;
  if (!gst_tag_list_copy_value(&value, tags, tag))
    return text;
  text = text_of(&value);
  g_value_unset(&value);
  return text;
}

/* Each of the two names has its own tag; with GST_TAG_DATE_TIME alone both have that. */
static void set_dates(const GstTagList *tags, Dictionary &metadata) {
  GDate *date = nullptr;
  if (gst_tag_list_get_date(tags, GST_TAG_DATE, &date)) {
    if (g_date_valid(date))
      metadata.set("date", format("%04d-%02d-%02d", g_date_get_year(date), g_date_get_month(date),
                                  g_date_get_day(date)));
    g_date_free(date);
  }
  GstDateTime *time = nullptr;
  if (!gst_tag_list_get_date_time(tags, GST_TAG_DATE_TIME, &time))
    return;
  if (std::string text = creation_time(time); !text.empty())
    metadata.set("creation_time", text);
  if (CString text(gst_date_time_to_iso8601_string(time)); text && !metadata.has("date"))
    metadata.set("date", text.get());
  gst_date_time_unref(time);
}

static std::string decimal(double number, int decimals) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(text, sizeof text, format("%%.%df", decimals).c_str(), number);
}

static void set_measure(const GstTagList *tags, const MeasureName &name, Dictionary &metadata) {
  double number = 0;
  if (gst_tag_list_get_double(tags, name.gst, &number) && std::isfinite(number))
    metadata.set(name.av, decimal(number, name.decimals) + name.unit);
}

/* With a sign, so many digits before the point, and after it as many as it takes. */
static std::string degrees(double angle, int digits) {
  std::string text = decimal(std::fabs(angle), 7);
  while (text.back() == '0' && text.size() - text.find('.') > 5)
    text.pop_back();
  const size_t whole = text.find('.');
  if (whole < size_t(digits))
    text.insert(0, size_t(digits) - whole, '0');
  return (angle < 0 ? "-" : "+") + text;
}

static void set_place(const GstTagList *tags, Dictionary &metadata) {
  double latitude = 0, longitude = 0, elevation = 0;
  if (!gst_tag_list_get_double(tags, GST_TAG_GEO_LOCATION_LATITUDE, &latitude) ||
      !gst_tag_list_get_double(tags, GST_TAG_GEO_LOCATION_LONGITUDE, &longitude) ||
      !std::isfinite(latitude) || !std::isfinite(longitude))
    return;
  std::string text = degrees(latitude, 2) + degrees(longitude, 3);
  if (gst_tag_list_get_double(tags, GST_TAG_GEO_LOCATION_ELEVATION, &elevation) &&
      std::isfinite(elevation))
    text += (elevation < 0 ? "-" : "+") + decimal(std::fabs(elevation), 3);
  metadata.set(place_names[0], text + "/");
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

/* `BPS`, `BPS-eng` */
static bool tells_of_the_file(const char *comment) {
  static const char *const names[] = {
      "bps",           "compatible_brands", "duration",         "major_brand",
      "minor_version", "number_of_bytes",   "number_of_frames", "vendor_id"};
  const std::string_view text(comment);
  const std::string key(text.substr(0, std::min(text.find_first_of("=-["), text.size())));
  return g_ascii_strncasecmp(comment, "_statistics_", 12) == 0 ||
         std::any_of(std::begin(names), std::end(names),
                     [&](const char *name) { return g_ascii_strcasecmp(name, key.c_str()) == 0; });
}

void remove_tags_of_the_file(GstTagList *tags) {
  for (const char *tag : {GST_TAG_ENCODER, GST_TAG_ENCODER_VERSION})
    gst_tag_list_remove_tag(tags, tag);
  if (const gchar *software = nullptr;
      gst_tag_list_peek_string_index(tags, GST_TAG_APPLICATION_NAME, 0, &software) &&
      g_str_has_prefix(software, "Lavf"))
    gst_tag_list_remove_tag(tags, GST_TAG_APPLICATION_NAME);
  std::vector<std::string> kept;
  for (guint i = 0; i < gst_tag_list_get_tag_size(tags, GST_TAG_EXTENDED_COMMENT); i++)
    if (const gchar *comment = nullptr;
        gst_tag_list_peek_string_index(tags, GST_TAG_EXTENDED_COMMENT, i, &comment) &&
        !tells_of_the_file(comment))
      kept.emplace_back(comment);
  gst_tag_list_remove_tag(tags, GST_TAG_EXTENDED_COMMENT);
  for (const std::string &comment : kept)
    gst_tag_list_add(tags, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT, comment.c_str(),
                     nullptr);
}

void tags_to_metadata(const GstTagList *tags, Dictionary &metadata) {
  set_extended_comments(tags, metadata);
  for (const TagName &name : tag_names)
    if (std::string text = text_of(tags, name.gst); !text.empty())
      metadata.set(name.av, text);
  set_dates(tags, metadata);
  set_place(tags, metadata);
  for (const MeasureName &name : measure_names)
    set_measure(tags, name, metadata);
  for (const CountedName &name : counted_names)
    set_counted(tags, name, metadata);
  set_language(tags, metadata);
}

} // namespace framewise
