/* gst-framewise: pictures that belong to a file as a whole: covers and the like.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "containerinput.hpp"

#include <vector>

namespace framewise {

struct CoverPicture {
  BufferPtr data; /* the picture as a file of its own */
  AVCodecID codec = AV_CODEC_ID_NONE;
  int width = 0, height = 0; /* 0: not known */
  int kind = 0; /* what it shows: the number that ID3 has for it, 3 being the front cover */
  std::string description;
};

/* Adds those of the container to `tags`, byte by byte: GST_TAG_IMAGE, or GST_TAG_PREVIEW_IMAGE what
 * is an icon. */
FRAMEWISE_INTERNAL void add_cover_pictures(const ContainerInput &input, GstTagList *tags);
/* Those in `tags` that libavcodec knows the format of; they share the bytes. */
FRAMEWISE_INTERNAL std::vector<CoverPicture> cover_pictures_in(const GstTagList *tags);

/* By decoding the picture, where it is not known; false where that fails. */
FRAMEWISE_INTERNAL bool find_size(CoverPicture &picture);

/* How a muxer holds such pictures, if it can. */
enum class CoverPlace { none, stream, attachment, entry };
FRAMEWISE_INTERNAL CoverPlace cover_place(const AVFormatContext *muxer, AVCodecID codec);
/* Adds `picture` to `muxer`, which has no header yet. In a CoverPlace::stream a packet of it must
 * follow the header; see cover_packet(). */
FRAMEWISE_INTERNAL Result<AVStream *> add_cover_stream(AVFormatContext *muxer, CoverPlace place,
                                                       const CoverPicture &picture);
/* Puts `picture` among the tags of a stream; for a CoverPlace::entry, which is one. */
FRAMEWISE_INTERNAL void add_cover_entry(AVDictionary **metadata, const CoverPicture &picture);
FRAMEWISE_INTERNAL Result<PacketPtr> cover_packet(const AVStream *stream,
                                                  const CoverPicture &picture);

} // namespace framewise
