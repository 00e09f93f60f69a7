/* gst-framewise: one encoder of audio, with the conversion before it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "audioencoder.hpp"

#include "encoders.hpp"
#include "framebridge.hpp"

#include <algorithm>
#include <array>

namespace framewise {

GST_DEBUG_CATEGORY_STATIC(audio_encoder_debug);
#define GST_CAT_DEFAULT audio_encoder_debug

static void init_debug() {
  static const bool done = [] {
    GST_DEBUG_CATEGORY_INIT(audio_encoder_debug, "framewiseaudioencoder", 0, "audio encoding");
    return true;
  }();
  (void)done;
}

/* ---- What an encoder can do ----------------------------------------------------------------- */

Result<const AVCodec *> AudioEncoder::find(const std::string &name) {
  return find_encoder(name, AVMEDIA_TYPE_AUDIO);
}

AudioFormats AudioEncoder::formats(const AVCodec *codec) {
  AudioFormats result;
  for (auto *f = compat::encoder_sample_formats(codec); f && *f != AV_SAMPLE_FMT_NONE; f++)
    result.formats.push_back(*f);
  for (auto *rate = compat::encoder_sample_rates(codec); rate && *rate; rate++)
    result.sample_rates.push_back(*rate);
  for (auto *layout = compat::encoder_channel_layouts(codec); layout && layout->nb_channels;
       layout++)
    result.layouts.emplace_back(*layout);
  return result;
}

static AVSampleFormat closest_format(const std::vector<AVSampleFormat> &list, AVSampleFormat to) {
  if (list.empty())
    return to;
  return *std::min_element(list.begin(), list.end(), [to](AVSampleFormat a, AVSampleFormat b) {
    return conversion_cost(to, a) < conversion_cost(to, b);
  });
}

static int closest_rate(const std::vector<int> &list, int wanted) {
  int above = 0, highest = 0;
  for (int rate : list) {
    highest = std::max(highest, rate);
    if (rate >= wanted && (!above || rate < above))
      above = rate;
  }
  return above ? above : highest ? highest : wanted;
}

static ChannelLayout closest_layout(const std::vector<ChannelLayout> &list,
                                    const ChannelLayout &wanted) {
  if (list.empty() || std::find(list.begin(), list.end(), wanted) != list.end())
    return wanted;
  const int channels = wanted.channels();
  const ChannelLayout usual = ChannelLayout::usual(channels);
  auto cost_of = [&](const ChannelLayout &layout) {
    const int n = layout.channels();
    if (n == channels) {
      int apart = layout == usual ? 0 : 1;
      for (int i = 0; i < channels; i++) {
        const AVChannel channel = av_channel_layout_channel_from_index(wanted.get(), unsigned(i));
        apart += av_channel_layout_index_from_channel(layout.get(), channel) < 0 ? 2 : 0;
      }
      return apart;
    }
    return n > channels ? 1000 + n - channels : 100000 + channels - n;
  };
  return *std::min_element(
      list.begin(), list.end(),
      [&](const ChannelLayout &a, const ChannelLayout &b) { return cost_of(a) < cost_of(b); });
}

AudioParams AudioEncoder::closest(const AVCodec *codec, const AudioParams &input) {
  const AudioFormats takes = formats(codec);
  AudioParams params;
  params.format = closest_format(takes.formats, input.format);
  params.sample_rate = closest_rate(takes.sample_rates, input.sample_rate);
  params.layout = closest_layout(takes.layouts, input.layout);
  return params;
}

Result<void> AudioEncoder::check(const AVCodec *codec, const AudioEncoderSettings &settings) {
  CodecContextPtr scratch = new_codec_context(codec);
  if (!scratch)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  return apply_encoder_options(scratch.get(), settings.options);
}

/* ---- Opening -------------------------------------------------------------------------------- */

static Failure open_failure(int averror, const AVCodec *codec, const AudioEncoderSettings &settings,
                            const AudioParams &params) {
  if (averror == AVERROR_EXPERIMENTAL)
    return fail_av(averror, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
                   format("The encoder `%s` is experimental: audio-codec-options="
                          "\"o,strict=experimental\" allows it.",
                          codec->name));
  std::string message =
      format("The encoder `%s` does not open for %s. libav's log, on standard error, tells why.",
             codec->name, params.describe().c_str());
  if (averror == AVERROR(EINVAL) && !settings.options.empty()) {
    message += format(" It may be the value of audio-codec-option %s.",
                      settings.options.quoted_keys().c_str());
    return fail_av(averror, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, std::move(message));
  }
  return fail_av(averror, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE, std::move(message));
}

Result<void> AudioEncoder::open_context(const AudioEncoderSettings &settings,
                                        const ContainerTraits &container) {
  context_ = new_codec_context(codec_);
  AVCodecContext *context = context_.get();
  if (!context || av_channel_layout_copy(&context->ch_layout, encoded_.layout.get()) < 0)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  context->sample_fmt = encoded_.format;
  context->sample_rate = encoded_.sample_rate;
  context->time_base = {1, encoded_.sample_rate};
  context->thread_count = settings.thread_count;
  if (container.global_header)
    context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (auto applied = apply_encoder_options(context, settings.options); !applied)
    return applied;
  if (int ret = avcodec_open2(context, codec_, nullptr); ret < 0)
    return open_failure(ret, codec_, settings, encoded_);
  return {};
}

/* What stands between input and encoder. */
Result<void> AudioEncoder::connect() {
  converter_.reset();
  if (input_ == encoded_)
    return {};
  auto converter = AudioConverter::create(input_, encoded_);
  if (!converter)
    return Failure(converter.error());
  converter_ = std::move(*converter);
  return {};
}

Result<AudioEncoder> AudioEncoder::open(const AVCodec *codec, const AudioEncoderSettings &settings,
                                        const AudioParams &input, int64_t start,
                                        const ContainerTraits &container) {
  init_debug();
  AudioEncoder encoder(codec, input, start);
  encoder.encoded_ = closest(codec, input);
  auto opened = encoder.open_context(settings, container);
  /* Some that list no layouts know only the usual ones all the same. */
  const ChannelLayout usual = ChannelLayout::usual(encoder.encoded_.channels());
  if (!opened && !(usual == encoder.encoded_.layout)) {
    encoder.encoded_.layout = usual;
    if (encoder.open_context(settings, container))
      opened = {};
  }
  if (!opened)
    return Failure(opened.error());
  if (auto connected = encoder.connect(); !connected)
    return Failure(connected.error());
  encoder.fifo_.reset(
      av_audio_fifo_alloc(encoder.encoded_.format, encoder.encoded_.channels(), 1024));
  if (!encoder.fifo_)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  encoder.start_ = ns_to_ticks(start, encoder.context_->time_base);
  GST_INFO("%s: %s as %s, frames of %d, %d before the first", codec->name, input.describe().c_str(),
           encoder.encoded_.describe().c_str(), encoder.context_->frame_size,
           encoder.context_->initial_padding);
  return encoder;
}

/* ---- Encoding ------------------------------------------------------------------------------- */

Result<void> AudioEncoder::queue(const FramePtr &frame) {
  if (!frame)
    return {};
  if (av_audio_fifo_write(fifo_.get(), reinterpret_cast<void **>(frame->extended_data),
                          frame->nb_samples) < frame->nb_samples)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  converted_ += frame->nb_samples;
  return {};
}

Result<void> AudioEncoder::send(const AVFrame *frame, int first) {
  const int samples = frame->nb_samples - first;
  if (samples <= 0)
    return {};
  clock_.count(samples);
  has_begun_ = true;
  if (converter_) {
    auto converted = converter_->convert(frame, first, samples);
    if (!converted)
      return Failure(converted.error());
    return queue(*converted);
  }
  std::vector<uint8_t *> planes;
  for (int i = 0; i < input_.planes(); i++)
    planes.push_back(frame->extended_data[i] + ptrdiff_t(first) * input_.stride());
  if (av_audio_fifo_write(fifo_.get(), reinterpret_cast<void **>(planes.data()), samples) < samples)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  converted_ += samples;
  return {};
}

static Result<FramePtr> blank_frame(const AudioParams &params, int samples) {
  FramePtr frame = new_frame();
  if (!frame || av_channel_layout_copy(&frame->ch_layout, params.layout.get()) < 0)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  frame->format = params.format;
  frame->sample_rate = params.sample_rate;
  frame->nb_samples = samples;
  if (av_frame_get_buffer(frame.get(), 0) < 0)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  return frame;
}

Result<void> AudioEncoder::send_silence(int samples) {
  auto frame = blank_frame(input_, samples);
  if (!frame)
    return Failure(frame.error());
  av_samples_set_silence((*frame)->extended_data, 0, samples, input_.channels(), input_.format);
  return send(frame->get());
}

Result<void> AudioEncoder::change_input(const AudioParams &params) {
  if (converter_) {
    auto rest = converter_->drain();
    if (!rest)
      return Failure(rest.error());
    if (auto queued = queue(*rest); !queued)
      return queued;
  }
  GST_INFO("%s: goes on with %s", codec_->name, params.describe().c_str());
  clock_ = AudioClock(params.sample_rate, clock_.end());
  input_ = params;
  return connect();
}

Result<void> AudioEncoder::send_end() {
  if (ending_)
    return {};
  ending_ = true;
  if (!converter_)
    return {};
  auto rest = converter_->drain();
  if (!rest)
    return Failure(rest.error());
  return queue(*rest);
}

/* Where the encoder leaves it to us, as many as the ffmpeg command's decoders of PCM give. */
int AudioEncoder::frame_size() const {
  const bool any = codec_->capabilities & AV_CODEC_CAP_VARIABLE_FRAME_SIZE;
  return any || context_->frame_size <= 0 ? 1024 : context_->frame_size;
}

/* NULL where too few samples are there. The last one may be short: libavcodec itself adds silence
 * for encoders that want it whole. */
Result<FramePtr> AudioEncoder::next_frame() {
  const int there = av_audio_fifo_size(fifo_.get());
  const int samples = std::min(there, frame_size());
  if (samples == 0 || (samples < frame_size() && !ending_))
    return FramePtr();
  auto frame = blank_frame(encoded_, samples);
  if (!frame)
    return frame;
  if (av_audio_fifo_read(fifo_.get(), reinterpret_cast<void **>((*frame)->extended_data), samples) <
      samples)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  (*frame)->pts = start_ + encoded_samples_;
  encoded_samples_ += samples;
  return frame;
}

Result<void> AudioEncoder::encode(const AVFrame *frame) {
  int ret = avcodec_send_frame(context_.get(), frame);
  if (ret < 0 && ret != AVERROR_EOF)
    return fail_av(
        ret, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
        format("The encoder `%s` fails on %s.", codec_->name, encoded_.describe().c_str()));
  return {};
}

Result<PacketPtr> AudioEncoder::receive() {
  PacketPtr packet = new_packet();
  if (!packet)
    return FRAMEWISE_FAIL_RESOURCE(FAILED, "Out of memory.");
  for (;;) {
    int ret = avcodec_receive_packet(context_.get(), packet.get());
    if (ret >= 0)
      return packet;
    if (ret == AVERROR_EOF)
      return PacketPtr();
    if (ret != AVERROR(EAGAIN))
      return fail_av(ret, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
                     format("The encoder `%s` fails.", codec_->name));
    auto frame = next_frame();
    if (!frame)
      return Failure(frame.error());
    if (!*frame && (!ending_ || flushed_))
      return PacketPtr();
    flushed_ = !*frame;
    if (auto sent = encode(frame->get()); !sent)
      return Failure(sent.error());
  }
}

} // namespace framewise
