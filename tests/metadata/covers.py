# gst-framewise: covers are tags, and become covers again, byte by byte.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: covers.py [UNITTEST-OPTION …]"""
import subprocess
import unittest

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstTag", "1.0")
from gi.repository import Gst, GstTag  # noqa: E402
from probing import Case, Prerolled, ffmpeg, is_cover, probe, run  # noqa: E402

PICTURE = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=0.4"]
SOUND = ["-f", "lavfi", "-i", "sine=d=0.4:r=48000"]


def covers(path):
    """(codec, kind, bytes) of those that ffprobe calls so."""
    found = []
    for stream in probe(path)["streams"]:
        if is_cover(stream):
            data = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:%d" % stream["index"],
                                   "-c", "copy", "-f", "image2pipe", "-"], check=True, capture_output=True,
                                  timeout=60).stdout
            found.append((stream["codec_name"], stream.get("tags", {}).get("comment"), data))
    return found


def samples(bus, tag=Gst.TAG_IMAGE):
    return [tags.get_sample_index(tag, i)[1] for tags in bus.tags for i in range(tags.get_tag_size(tag))]


def data_of(sample):
    buffer = sample.get_buffer()
    return buffer.extract_dup(0, buffer.get_size())


class Covers(Case):
    def setUp(self):
        super().setUp()
        for name, color in (("front.jpg", "red"), ("back.png", "blue")):
            ffmpeg("-f", "lavfi", "-i", f"color={color}:s=120x90", "-frames:v", "1", self.at(name))
        with open(self.at("front.jpg"), "rb") as jpeg, open(self.at("back.png"), "rb") as png:
            self.jpeg, self.png = jpeg.read(), png.read()

    def make(self, kind):
        path = self.at("in." + kind)
        if kind in ("mkv", "mka"):
            source = PICTURE if kind == "mkv" else SOUND
            ffmpeg(*source, "-c:v", "ffv1", "-c:a", "flac", "-attach", self.at("front.jpg"), "-metadata:s:t:0",
                   "mimetype=image/jpeg", "-metadata:s:t:0", "filename=cover.jpg", "-attach", self.at("back.png"),
                   "-metadata:s:t:1", "mimetype=image/png", "-metadata:s:t:1", "filename=back.png", path)
            return path
        source = PICTURE if kind == "mp4" else SOUND
        codec = {"mp4": ["-c:v:0", "mpeg4"], "m4a": ["-c:a", "aac"], "mp3": ["-c:a", "libmp3lame"],
                 "flac": ["-c:a", "flac"]}[kind]
        first = 1 if kind == "mp4" else 0
        ffmpeg(*source, "-i", self.at("front.jpg"), "-i", self.at("back.png"), "-map", "0", "-map", "1", "-map", "2",
               *codec, f"-c:v:{first}", "copy", f"-c:v:{first + 1}", "copy",
               f"-disposition:v:{first}", "attached_pic", f"-disposition:v:{first + 1}", "attached_pic",
               f"-metadata:s:v:{first}", "comment=Cover (front)", f"-metadata:s:v:{first}", "title=vorne",
               f"-metadata:s:v:{first + 1}", "comment=Cover (back)", path)
        return path

    def play(self, given, written, sound):
        between = "stream=a:0 ! audio/x-raw ! sink.audio_0" if sound else "! sink.video_0"
        codec = {"mp4": "codec=mpeg4", "mkv": "codec=ffv1", "webm": "codec=libvpx", "avi": "codec=mpeg4",
                 "mov": "codec=mpeg4", "ts": "codec=mpeg2video", "mka": "audio-codec=flac", "m4a": "audio-codec=aac",
                 "mp3": "audio-codec=libmp3lame", "flac": "audio-codec=flac", "wav": "audio-codec=pcm_s16le",
                 "opus": "audio-codec=libopus", "oga": "audio-codec=libvorbis"}[written.rsplit(".", 1)[1]]
        return run(f"containersrc location={given} {between} "
                   f"containersink name=sink location={written} {codec}")

    def test_tags_have_the_bytes(self):
        for kind in ("mp4", "mkv", "m4a", "mp3", "flac", "mka"):
            given = self.make(kind)
            self.assertEqual([data for _, _, data in covers(given)], [self.jpeg, self.png])
            for stream in ("a:0" if kind not in ("mp4", "mkv") else "V:0",):
                with self.subTest(kind), Prerolled(given, "stream=" + stream) as played:
                    found = samples(played.bus)
                    self.assertEqual([data_of(sample) for sample in found], [self.jpeg, self.png])
                    self.assertEqual([s.get_caps().get_structure(0).get_name() for s in found],
                                     ["image/jpeg", "image/png"])
                    for tags in played.bus.tags:
                        if tags.get_tag_size(Gst.TAG_IMAGE):
                            self.assertEqual(tags.get_scope(), Gst.TagScope.GLOBAL)
                    info = found[0].get_info()
                    self.assertEqual(info.get_enum("image-type", GstTag.TagImageType)[1],
                                     int(GstTag.TagImageType.FRONT_COVER))
                    if kind in ("mp3", "flac"):
                        self.assertEqual(found[1].get_info().get_enum("image-type", GstTag.TagImageType)[1],
                                         int(GstTag.TagImageType.BACK_COVER))
                        self.assertEqual(info.get_string("image-description"), "vorne")

    def test_round_trip(self):
        for kind in ("mp4", "mkv", "m4a", "mp3", "flac", "mka"):
            with self.subTest(kind):
                given, written = self.make(kind), self.at("out." + kind)
                bus = self.play(given, written, kind not in ("mp4", "mkv"))
                self.assertEqual(bus.notes, [])
                self.assertEqual(covers(written), covers(given))
                kinds = [s["codec_type"] for s in probe(written)["streams"] if not is_cover(s)]
                self.assertEqual(kinds, ["video" if kind in ("mp4", "mkv") else "audio"])

    def test_from_one_container_to_another(self):
        for given, kind in (("mp3", "flac"), ("mp3", "mka"), ("flac", "m4a"), ("mka", "mp3"), ("m4a", "mp3"),
                            ("flac", "mp3")):
            with self.subTest(f"{given} to {kind}"):
                written = self.at("out." + kind)
                self.play(self.make(given), written, True)
                found = covers(written)
                self.assertEqual([data for _, _, data in found], [self.jpeg, self.png])
                if given in ("mp3", "flac") and kind not in ("mka", "m4a"):
                    self.assertEqual([name for _, name, _ in found], ["Cover (front)", "Cover (back)"])

    def test_kinds_in_matroska(self):
        """It names the files that are attached, and has no other place for what they show."""
        kinds = [GstTag.TagImageType.FRONT_COVER, GstTag.TagImageType.BACK_COVER, GstTag.TagImageType.LEAFLET_PAGE,
                 GstTag.TagImageType.BACK_COVER, GstTag.TagImageType.ARTIST, GstTag.TagImageType.UNDEFINED]
        pipeline = Gst.parse_launch("videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48 ! "
                                    f"containersink name=sink location={self.at('out.mkv')} codec=ffv1")
        for number, kind in enumerate(kinds):
            info = Gst.Structure.new_empty("GstTagImageInfo")
            info.set_value("image-type", kind)
            data = self.png if number else self.jpeg
            sample = Gst.Sample.new(Gst.Buffer.new_wrapped(data), Gst.Caps.from_string(
                "image/png" if number else "image/jpeg"), None, info)
            pipeline.get_by_name("sink").add_tag_value(Gst.TagMergeMode.APPEND, Gst.TAG_IMAGE, sample)
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        self.assertEqual(message.type, Gst.MessageType.EOS)
        streams = probe(self.at("out.mkv"))["streams"]
        self.assertEqual([s["tags"]["filename"] for s in streams if "filename" in s["tags"]],
                         ["cover.jpg", "cover_back.png", "leaflet_page.png", "cover_back_1.png", "artist_performer.png",
                          "other.png"])
        self.play(self.at("out.mkv"), self.at("again.mkv"), False)
        for written in "out.mkv", "again.mkv":
            with Prerolled(self.at(written)) as played:
                self.assertEqual([s.get_info().get_enum("image-type", GstTag.TagImageType)[1]
                                  for s in samples(played.bus)], [int(kind) for kind in kinds])

    def test_ogg_has_the_first(self):
        for given, kind in (("mp3", "opus"), ("flac", "oga")):
            with self.subTest(f"{given} to {kind}"):
                written = self.at("out." + kind)
                bus = self.play(self.make(given), written, True)
                self.assertEqual([(name, data) for _, name, data in covers(written)], [("Cover (front)", self.jpeg)])
                self.assertEqual(len([note for note in bus.notes if "pictures" in note]), 1)
                with Prerolled(written, "stream=a:0") as played:
                    self.assertEqual([data_of(sample) for sample in samples(played.bus)], [self.jpeg])

    def test_frames_are_all_there(self):
        for kind in ("mp4", "mkv", "flac", "mp3"):
            sound = kind not in ("mp4", "mkv")
            given = self.make(kind)
            ffmpeg(*(SOUND if sound else PICTURE), "-c:v", "ffv1", "-c:a", "flac", self.at("plain.mkv"))
            self.play(given, self.at("out." + kind), sound)
            self.play(self.at("plain.mkv"), self.at("plain." + kind), sound)

            def count(path):
                shown = subprocess.run(["ffprobe", "-v", "error", "-count_packets", "-select_streams",
                                        "a:0" if sound else "V:0", "-show_entries", "stream=nb_read_packets", "-of",
                                        "csv=p=0", path], check=True, capture_output=True, timeout=60).stdout
                return int(shown.split()[0].strip(b","))
            with self.subTest(kind):
                self.assertEqual(count(self.at("out." + kind)), count(self.at("plain." + kind)))

    def test_application_sets_a_cover(self):
        pipeline = Gst.parse_launch("videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48 ! "
                                    f"containersink name=sink location={self.at('out.mp4')} codec=mpeg4")
        sample = Gst.Sample.new(Gst.Buffer.new_wrapped(self.png), Gst.Caps.from_string("image/png"), None, None)
        pipeline.get_by_name("sink").add_tag_value(Gst.TagMergeMode.REPLACE, Gst.TAG_IMAGE, sample)
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND,
                                                        Gst.MessageType.EOS | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        self.assertEqual(message.type, Gst.MessageType.EOS)
        self.assertEqual([data for _, _, data in covers(self.at("out.mp4"))], [self.png])

    def test_a_container_without_says_so_and_has_no_other_stream(self):
        given = self.make("mp4")
        for kind in ("webm", "avi", "mov", "ts"):
            with self.subTest(kind):
                written = self.at("out." + kind)
                bus = self.play(given, written, False)
                self.assertEqual(len(bus.notes), 1)
                self.assertIn("cannot hold a picture", bus.notes[0])
                self.assertEqual([s["codec_type"] for s in probe(written)["streams"]], ["video"])
        with self.subTest("wav"):
            bus = self.play(self.make("mp3"), self.at("out.wav"), True)
            self.assertEqual(len(bus.notes), 1)


if __name__ == "__main__":
    unittest.main()
