/* gst-framewise: errors and dictionaries.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "av.hpp"

#include <gio/gio.h>

#include <cerrno>
#include <cstdarg>

namespace framewise {

GError *Error::to_gerror() const { return g_error_new_literal(domain, code, message.c_str()); }

static void post_as(GstElement *element, GstMessageType type, const Error &error) {
  gst_element_message_full(element, type, error.domain, error.code, g_strdup(error.message.c_str()),
                           error.debug.empty() ? nullptr : g_strdup(error.debug.c_str()), __FILE__,
                           G_STRFUNC, __LINE__);
}

void Error::post(GstElement *element) const { post_as(element, GST_MESSAGE_ERROR, *this); }

void Error::post_warning(GstElement *element) const {
  post_as(element, GST_MESSAGE_WARNING, *this);
}

bool Error::is_cancelled() const { return domain == G_IO_ERROR && code == G_IO_ERROR_CANCELLED; }

std::string format(const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  CString text(g_strdup_vprintf(fmt, args));
  va_end(args);
  return text.get();
}

std::string av_error_text(int averror) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(averror, text, sizeof text);
  return text;
}

Failure fail(GQuark domain, int code, std::string message, std::string debug) {
  return Failure(Error{domain, code, std::move(message), std::move(debug)});
}

Failure fail_av(int averror, GQuark domain, int code, std::string message) {
  if (averror == AVERROR_EXIT)
    return fail_cancelled();
  if (averror == AVERROR(ENOSPC) || averror == AVERROR(EDQUOT) || averror == AVERROR(EFBIG)) {
    domain = GST_RESOURCE_ERROR;
    code = GST_RESOURCE_ERROR_NO_SPACE_LEFT;
  }
  return fail(domain, code, std::move(message), "libav: " + av_error_text(averror));
}

Failure fail_cancelled() { return fail(G_IO_ERROR, G_IO_ERROR_CANCELLED, "Interrupted."); }

CodecContextPtr new_codec_context(const AVCodec *codec) {
  CodecContextPtr context(avcodec_alloc_context3(codec));
  if (context)
    context->log_level_offset = AV_LOG_DEBUG - AV_LOG_ERROR;
  return context;
}

Dictionary::Dictionary(const Dictionary &other) { av_dict_copy(&dict_, other.dict_, 0); }

Dictionary Dictionary::from_structure(const GstStructure *structure) {
  Dictionary result;
  if (!structure)
    return result;
  for (int i = 0; i < gst_structure_n_fields(structure); i++) {
    const char *name = gst_structure_nth_field_name(structure, i);
    const GValue *value = gst_structure_get_value(structure, name);
    if (G_VALUE_HOLDS_STRING(value)) {
      const char *text = g_value_get_string(value);
      result.set(name, text ? text : "");
    } else if (G_VALUE_HOLDS_BOOLEAN(value)) {
      result.set(name, g_value_get_boolean(value) ? "1" : "0");
    } else if (G_VALUE_HOLDS_DOUBLE(value)) {
      char text[G_ASCII_DTOSTR_BUF_SIZE];
      result.set(name, g_ascii_dtostr(text, sizeof text, g_value_get_double(value)));
    } else {
      CString text(gst_value_serialize(value));
      result.set(name, text ? text.get() : "");
    }
  }
  return result;
}

std::string Dictionary::quoted_keys() const {
  std::string keys;
  const AVDictionaryEntry *entry = nullptr;
  while ((entry = av_dict_get(dict_, "", entry, AV_DICT_IGNORE_SUFFIX))) {
    if (!keys.empty())
      keys += ", ";
    keys += '`';
    keys += entry->key;
    keys += '`';
  }
  return keys;
}

} // namespace framewise
