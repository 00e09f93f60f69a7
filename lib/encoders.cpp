/* gst-framewise: what encoders of every kind have in common.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "encoders.hpp"

extern "C" {
#include <libavutil/opt.h>
}

namespace framewise {

Result<const AVCodec *> find_encoder(const std::string &name, AVMediaType type) {
  const AVCodec *codec = avcodec_find_encoder_by_name(name.c_str());
  if (!codec)
    if (const AVCodecDescriptor *desc = avcodec_descriptor_get_by_name(name.c_str()))
      codec = avcodec_find_encoder(desc->id);
  if (!codec)
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, format("No encoder `%s`. `ffmpeg -encoders` lists what this libavcodec has.",
                         name.c_str()));
  if (codec->type != type)
    return FRAMEWISE_FAIL_LIBRARY(SETTINGS, format("The encoder `%s` is not for %s.", name.c_str(),
                                                   av_get_media_type_string(type)));
  return codec;
}

Result<void> apply_encoder_options(AVCodecContext *context, const Dictionary &options,
                                   std::string_view but) {
  Dictionary unknown;
  const AVDictionaryEntry *entry = nullptr;
  while ((entry = av_dict_get(options.get(), "", entry, AV_DICT_IGNORE_SUFFIX))) {
    if (entry->key == but)
      continue;
    int ret = av_opt_set(context, entry->key, entry->value, AV_OPT_SEARCH_CHILDREN);
    if (ret == AVERROR_OPTION_NOT_FOUND)
      unknown.set(entry->key, entry->value);
    else if (ret < 0)
      return fail_av(ret, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                     format("The encoder `%s` does not take `%s` as value of its option `%s`. "
                            "`ffmpeg -h encoder=%s` tells what it takes.",
                            context->codec->name, entry->value, entry->key, context->codec->name));
  }
  if (!unknown.empty())
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS,
        format("The encoder `%s` has no option %s. `ffmpeg -h encoder=%s` and `ffmpeg -h "
               "full` list what there is.",
               context->codec->name, unknown.quoted_keys().c_str(), context->codec->name));
  return {};
}

} // namespace framewise
