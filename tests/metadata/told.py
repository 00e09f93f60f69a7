# gst-framewise: `metadata` and `frame-layout` say what ffprobe says, before anything is decoded.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: told.py [UNITTEST-OPTION …]"""
import os
import unittest
from fractions import Fraction

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstFramewise", "1.0")
from gi.repository import Gst, GstFramewise  # noqa: E402
from probing import MEDIA, Case, Prerolled, ffmpeg, is_cover, media, probe, run  # noqa: E402

# Left out are those that say nothing by themselves, and all of a kind but one.
CLIPS = [name for name in sorted(os.listdir(MEDIA)) if os.path.isfile(media(name)) and not name.startswith(
    ("exact-", "raw-", "part-", "garbage", "empty", "noise", "text", "truncated", "audio-only", "audio-with", "subtitles"))
    and (not name.startswith("ffv1-") or name.endswith(("-gray.mkv", "-yuv420p.mkv", "-gbrp10le.mkv")))
    and not name.endswith((".json", ".txt", ".srt", ".bin", ".yuv"))] if MEDIA else []


def as_dict(structure):
    """With a structure inside as a dict as well."""
    fields = {}
    for name in (structure.nth_field_name(i) for i in range(structure.n_fields())):
        kind = structure.get_field_type(name).name
        if kind == "GstFraction":
            fields[name] = Fraction(*structure.get_fraction(name)[1:])
        else:
            value = structure.get_value(name)
            fields[name] = as_dict(value) if kind == "GstStructure" else value
    return fields


def shape_of(layout):
    """Of the frame, or of its first plane."""
    if layout is None:
        return None
    return list((layout if layout.is_strided() else layout.get_plane(0)).get_shape())


def rate(text):
    return Fraction(text) if not text.endswith("/0") else None


class Video(Case):
    def compare(self, told, shape, layout, name):
        """told: as a dict, with dicts for the tags."""
        found = probe(media(name))
        stream = next(s for s in found["streams"] if s["codec_type"] == "video" and not is_cover(s))
        self.assertEqual(told["codec"], stream["codec_name"])
        self.assertEqual(told["long-codec"], stream["codec_long_name"])
        profile = stream.get("profile", "unknown")  # a number where it has no name
        if "profile" in told:
            self.assertEqual(told["profile"], profile)
        else:
            self.assertTrue(profile == "unknown" or profile.lstrip("-").isdigit(), profile)
        self.assertEqual(told.get("coded-format"), stream.get("pix_fmt"))
        mean, least = rate(stream["avg_frame_rate"]), rate(stream["r_frame_rate"])
        self.assertEqual("fps" in told, bool(mean))
        if mean:
            self.assertIn(told["fps"], (mean, least))
        length = float(stream.get("duration", found["format"].get("duration", 0)))
        if "duration" in stream:
            start = float(found["format"].get("start_time", 0))
            length += float(stream.get("start_time", start)) - start
        self.assertAlmostEqual(told.get("duration", 0) / 1e9, length, delta=2e-6)
        self.assertEqual(told["container"], found["format"].get("tags", {}))
        self.assertEqual(told["stream"], stream.get("tags", {}))
        # full range is no format of its own here
        self.assertEqual(told["video-format"].replace("yuvj", "yuv"), stream["pix_fmt"].replace("yuvj", "yuv"))
        if layout:
            self.assertEqual(told["video-format"], layout.get_pixel_format())
            self.assertIn(stream["height"], shape)
            self.assertTrue({stream["width"], (stream["width"] + 1) // 2} & set(shape), shape)  # yuyv422 is of pairs
        else:
            self.assertIn("mono", told["video-format"])  # eight pixels in a byte

    def test_property_says_what_ffprobe_says(self):
        self.assertGreater(len(CLIPS), 60)
        for name in CLIPS:
            with self.subTest(name), Prerolled(media(name), "pixel-format=native") as played:
                layout = played.src.get_property("frame-layout")
                self.compare(as_dict(played.src.get_property("metadata")), shape_of(layout), layout, name)

    def test_reader_says_what_ffprobe_says(self):
        for name in CLIPS:
            with self.subTest(name), GstFramewise.Reader(media(name), pixel_format="native") as reader:
                layout = None if "mono" in name else reader.layout
                self.compare(reader.metadata, shape_of(layout), layout, name)

    def test_number_of_frames(self):
        """There at preroll where it takes no time; whoever has a busy machine is told a moment later."""
        early = 0
        for name in CLIPS:
            with self.subTest(name), Prerolled(media(name)) as played:
                told = played.src.get_property("n-frames")
                early += told >= 0
                if told < 0:
                    played.pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.DURATION_CHANGED)
                    told = played.src.get_property("n-frames")
                self.assertEqual(told, len(GstFramewise.Reader(media(name))))
        self.assertGreater(early, 0)

    def test_programs_and_dispositions(self):
        picture = "-f", "lavfi", "-i", "testsrc2=s=64x48:d=0.4"
        ffmpeg(*picture, *picture, "-map", "0", "-map", "1", "-c", "mpeg2video", "-metadata", "service_name=Hafen", "-metadata",
               "service_provider=Norden", self.at("service.ts"))
        ffmpeg("-i", self.at("service.ts"), "-map", "0", "-c", "copy", "-disposition:0", "default", "-disposition:1",
               "dub+forced", self.at("two.mkv"))
        service = {"service_name": "Hafen", "service_provider": "Norden"}
        with Prerolled(self.at("service.ts")) as played:
            self.assertEqual(as_dict(played.src.get_property("metadata"))["program"], service)
        with Prerolled(self.at("two.mkv"), "stream=v:0") as played:
            self.assertEqual(played.src.get_property("metadata").get_string("disposition"), "default")
            self.assertFalse(played.src.get_property("metadata").has_field("program"))
        with Prerolled(self.at("two.mkv"), "stream=v:1") as played:
            self.assertEqual(played.src.get_property("metadata").get_string("disposition"), "dub+forced")
        run(f"containersrc location={self.at('service.ts')} ! containersink location={self.at('out.ts')} "
            "codec=mpeg2video")
        with GstFramewise.Reader(self.at("out.ts")) as reader:
            self.assertEqual(reader.metadata["program"], service)

    def test_chosen_pixel_format_is_told(self):
        with Prerolled(media("h264-b.mp4"), "pixel-format=rgb24") as played:
            told = played.src.get_property("metadata")
            self.assertEqual(told.get_string("video-format"), "rgb24")
            self.assertEqual(told.get_string("coded-format"), "yuv420p")
            self.assertEqual(played.src.get_property("frame-layout").get_pixel_format(), "rgb24")
        with Prerolled(media("h264-b.mp4"), between="video/x-raw,format=GRAY8 !") as played:
            self.assertEqual(played.src.get_property("metadata").get_string("video-format"), "gray")
            self.assertEqual(played.src.get_property("frame-layout").get_pixel_format(), "gray")
        with GstFramewise.Reader(media("h264-b.mp4"), pixel_format="gray16le") as reader:
            self.assertEqual(reader.metadata["video-format"], "gray16le")
            self.assertEqual(reader.metadata["coded-format"], "yuv420p")

    def test_promise_holds_and_is_told_once(self):
        for name in ("h264-b.mp4", "vp9.webm", "mpeg2.ts", "hevc.mkv", "jpeg.jpg", "ffv1-gbrp10le.mkv"):
            with self.subTest(name), Prerolled(media(name)) as played:
                self.assertEqual(sorted(played.notified), ["frame-layout", "metadata"])

    def test_nothing_is_told_before_and_after(self):
        played = Prerolled(media("h264-b.mp4"))
        self.assertIsNone(played.src.get_property("metadata"))
        with played:
            self.assertIsNotNone(played.src.get_property("metadata"))
        self.assertIsNone(played.src.get_property("metadata"))
        self.assertEqual(played.notified.count("metadata"), 2)

    def test_no_picture_is_needed(self):
        """Headers alone: what is cut off is every picture."""
        headers = self.at("headers.y4m")
        with open(media("y4m.y4m"), "rb") as whole, open(headers, "wb") as cut:
            cut.write(whole.readline())
        stream = probe(media("y4m.y4m"))["streams"][0]
        pipeline = Gst.parse_launch(f"containersrc name=src location={headers} ! fakesink sync=false")
        src = pipeline.get_by_name("src")
        seen = []
        src.connect("notify::metadata", lambda *_: seen.append(
            (src.get_property("metadata"), src.get_property("frame-layout"))))
        pipeline.set_state(Gst.State.PAUSED)
        try:
            pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.ERROR | Gst.MessageType.ASYNC_DONE)
            told, layout = seen[0]
            self.assertEqual(told.get_string("codec"), "rawvideo")
            self.assertEqual(told.get_string("video-format"), stream["pix_fmt"])
            self.assertEqual(layout.get_pixel_format(), stream["pix_fmt"])
        finally:
            pipeline.set_state(Gst.State.NULL)
        with GstFramewise.Reader(headers, pixel_format="native") as reader:
            self.assertEqual(reader.metadata["video-format"], stream["pix_fmt"])
            self.assertEqual(reader.layout.get_pixel_format(), stream["pix_fmt"])


class Audio(Case):
    def test_property_says_what_ffprobe_says(self):
        ffmpeg("-f", "lavfi", "-i", "sine=d=0.3", "-af", "aformat=channel_layouts=5.1", "-metadata", "title=Sechs",
               self.at("six.flac"))
        ffmpeg("-f", "lavfi", "-i", "sine=d=0.3", "-metadata:s", "language=deu", self.at("one.mka"))
        for path in (media("audio-only.wav"), media("audio-only.m4a"), media("audio-video.mkv"),
                     media("audio-video.mp4"), self.at("six.flac"), self.at("one.mka")):
            with self.subTest(path), Prerolled(path, "stream=a:0") as played:
                found = probe(path)
                stream = next(s for s in found["streams"] if s["codec_type"] == "audio")
                told = as_dict(played.src.get_property("metadata"))
                self.assertEqual(told["codec"], stream["codec_name"])
                self.assertEqual(told["long-codec"], stream["codec_long_name"])
                self.assertEqual(told.get("profile"), stream.get("profile"))
                self.assertEqual(told["audio-format"], stream["sample_fmt"])
                self.assertEqual(told["coded-format"], stream["sample_fmt"])
                self.assertEqual(told["sample-rate"], int(stream["sample_rate"]))
                self.assertEqual(told["channels"], stream["channels"])
                usual = {1: "mono", 2: "stereo"}.get(stream["channels"])
                self.assertEqual(told["channel-layout"], stream.get("channel_layout", usual))
                self.assertGreater(told["duration"], 0)
                self.assertEqual(told["container"], found["format"].get("tags", {}))
                self.assertEqual(told["stream"], stream.get("tags", {}))
                self.assertNotIn("video-format", told)
                self.assertIsNone(played.src.get_property("frame-layout"))

    def test_chosen_format_is_told(self):
        with Prerolled(media("audio-only.wav"), "stream=a:0",
                       "audio/x-raw,format=F32LE,layout=interleaved !") as played:
            self.assertEqual(played.src.get_property("metadata").get_string("audio-format"), "flt")


if __name__ == "__main__":
    unittest.main()
