/* gst-framewise: how decoded frames leave as buffers: in which pixel format, and copied or not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framedelivery.hpp"

#include "closestformat.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

namespace framewise {

Result<void> FrameDelivery::check(const std::string &pixel_format) {
  if (pixel_format == "auto" || pixel_format == "native")
    return {};
  AVPixelFormat format = av_get_pix_fmt(pixel_format.c_str());
  if (format == AV_PIX_FMT_NONE || !is_software(format))
    return FRAMEWISE_FAIL_LIBRARY(
        SETTINGS, framewise::format("There is no pixel format `%s`. `ffmpeg -pix_fmts` lists them; "
                                    "`auto` and `native` are possible too.",
                                    pixel_format.c_str()));
  return {};
}

static Result<AVPixelFormat> choose_format(const std::string &wanted_name,
                                           const VideoParams &native, const GstCaps *accepted) {
  auto admits = [&](AVPixelFormat format) {
    auto params = FrameConverter::output_for(native, format);
    if (!params)
      return false;
    CapsPtr caps = to_caps(*params);
    return bool(gst_caps_can_intersect(caps.get(), accepted));
  };
  auto refused = [&](const std::string &what, const char *way_out) {
    CString text(gst_caps_to_string(accepted));
    return fail(GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
                format("Downstream does not take %s. %s", what.c_str(), way_out),
                format("downstream takes %s", text.get()));
  };

  if (wanted_name == "native") {
    if (!admits(native.format))
      return refused(native.describe(), "Leave `pixel-format` at `auto` to have it converted.");
    return native.format;
  }
  if (wanted_name != "auto") {
    AVPixelFormat wanted = av_get_pix_fmt(wanted_name.c_str());
    if (auto possible = FrameConverter::output_for(native, wanted); !possible)
      return Failure(possible.error());
    const bool named = to_gst_format(wanted) != GST_VIDEO_FORMAT_UNKNOWN;
    if (!admits(wanted))
      return refused(
          format("`%s` %dx%d%s", wanted_name.c_str(), native.width, native.height,
                 named ? "" : " (as " FRAMEWISE_CAPS_NAME ": GStreamer has no name for it)"),
          "Leave `pixel-format` at `auto` to have it chosen.");
    return wanted;
  }
  if (admits(native.format))
    return native.format;
  std::vector<AVPixelFormat> candidates;
  for (AVPixelFormat format : formats_in_caps(accepted))
    if (admits(format))
      candidates.push_back(format);
  if (candidates.empty())
    return refused(native.describe() + " in any pixel format",
                   "Put `graphfilter filter-sequence=scale=WIDTH:HEIGHT` or `fps=RATE` between.");
  return closest_format(candidates, native.format);
}

Result<VideoParams> FrameDelivery::output_for(const std::string &pixel_format,
                                              const VideoParams &native, const GstCaps *accepted) {
  auto format = choose_format(pixel_format, native, accepted);
  if (!format)
    return Failure(format.error());
  return *format == native.format ? native : FrameConverter::output_for(native, *format);
}

Result<FrameDelivery> FrameDelivery::choose(const std::string &pixel_format,
                                            const VideoParams &native, const GstCaps *accepted,
                                            int threads) {
  auto format = choose_format(pixel_format, native, accepted);
  if (!format)
    return Failure(format.error());
  FrameDelivery delivery(native, native);
  if (*format != native.format) {
    auto converter = FrameConverter::create(native, *format, threads);
    if (!converter)
      return Failure(converter.error());
    delivery.converter_ = std::move(*converter);
    delivery.output_ = delivery.converter_->output();
  }
  return delivery;
}

static void log_copy() {
  static GstDebugCategory *performance = [] {
    GstDebugCategory *category = nullptr;
    GST_DEBUG_CATEGORY_GET(category, "GST_PERFORMANCE");
    return category;
  }();
  GST_CAT_TRACE(performance, "copying a frame");
}

Result<BufferPtr> FrameDelivery::deliver(const AVFrame *picture, const Acquire &acquire) {
  if (!converter_ && (receiver_takes_meta_ == WithVideoMeta::yes || has_default_layout(picture)))
    if (BufferPtr wrapped = wrap_frame(picture, Sharing::read_only))
      return wrapped;
  auto buffer = acquire();
  if (!buffer)
    return buffer;
  if (!converter_) {
    log_copy();
    if (auto copied = copy_frame(picture, buffer->get()); !copied)
      return Failure(copied.error());
    return buffer;
  }
  auto target = writable_view(buffer->get(), output_);
  if (!target)
    return Failure(target.error());
  if (auto converted = converter_->convert(picture, target->get()); !converted)
    return Failure(converted.error());
  target->reset(); /* unmapped before anyone else gets the buffer */
  return buffer;
}

Result<void> FrameDelivery::write(const AVFrame *picture, AVFrame *target) {
  if (converter_)
    return converter_->convert(picture, target);
  const uint8_t *planes[4] = {picture->data[0], picture->data[1], picture->data[2],
                              picture->data[3]};
  av_image_copy(target->data, target->linesize, planes, picture->linesize, output_.format,
                output_.width, output_.height);
  return {};
}

} // namespace framewise
