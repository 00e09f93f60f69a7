# gst-framewise: chapters of a file are a TOC, and become chapters again.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: chapters.py [UNITTEST-OPTION …]"""
import unittest

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402
from probing import Case, Prerolled, ffmpeg, probe, run  # noqa: E402

PICTURE = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=3"]
SOUND = ["-f", "lavfi", "-i", "sine=d=3:r=48000"]
CHAPTERS = [(0, 1000, "Anfang"), (1000, 1800, "Häfen; 東京"), (1800, 3000, "Ende")]
VIDEO = {"mkv": "ffv1", "mp4": "mpeg4", "mov": "mpeg4", "webm": "libvpx", "ogg": "libtheora", "nut": "ffv1"}
AUDIO = {"mka": "flac", "m4a": "aac", "mp3": "libmp3lame", "opus": "libopus", "flac": "flac",
         "oga": "libvorbis"}


def chapters(path):
    """In milliseconds."""
    return [(round(float(c["start_time"]) * 1000), round(float(c["end_time"]) * 1000), c.get("tags", {}).get("title"))
            for c in probe(path)["chapters"]]


class Chapters(Case):
    def make(self, name, codec, source=PICTURE, times=CHAPTERS, *arguments):
        text = ";FFMETADATA1\n" + "".join(
            "[CHAPTER]\nTIMEBASE=1/1000\nSTART=%d\nEND=%d\ntitle=%s\n" % (start, end, title.replace(";", "\\;"))
            for start, end, title in times)
        with open(self.at("chapters.txt"), "w", encoding="utf-8") as listed:
            listed.write(text)
        kind = ":v" if source is PICTURE else ":a"
        if name.endswith((".ogg", ".oga", ".flac")):  # ffmpeg 5.1 writes them of few codecs, and reads them of all
            for i, (start, _, title) in enumerate(times):
                arguments += ("-metadata", f"CHAPTER{i:03}=00:00:{start / 1000:06.3f}",
                              "-metadata", f"CHAPTER{i:03}NAME={title}")
        ffmpeg(*source, "-i", self.at("chapters.txt"), "-map", "0", "-map_chapters", "1", "-c" + kind, codec,
               *(["-pix_fmt", "yuv420p"] if kind == ":v" else []), *arguments, self.at(name))
        return self.at(name)

    def assert_chapters(self, path, wanted, delta=1):
        found = chapters(path)
        self.assertEqual([title for _, _, title in found], [title for _, _, title in wanted], found)
        for one, other in zip(found, wanted):
            self.assertAlmostEqual(one[0], other[0], delta=delta, msg=str(found))
            self.assertAlmostEqual(one[1], other[1], delta=delta, msg=str(found))

    def test_toc_is_that_of_ffprobe(self):
        for kind, codec in VIDEO.items():
            given = self.make("in." + kind, codec)
            with self.subTest(kind), Prerolled(given) as played:
                told = probe(given)["chapters"]
                self.assertEqual(len(told), 3)
                self.assertGreaterEqual(len(played.bus.tocs), 1)
                # the sink hands on the event, as sinks do
                self.assertEqual([src.get_name() for src, _ in played.bus.tocs], ["src", "sink"])
                for _, toc in played.bus.tocs:
                    self.assertEqual(toc.get_scope(), Gst.TocScope.GLOBAL)
                    entries = toc.get_entries()
                    self.assertEqual(len(entries), 3)
                    for entry, chapter in zip(entries, told):
                        self.assertEqual(entry.get_entry_type(), Gst.TocEntryType.CHAPTER)
                        self.assertEqual(entry.get_uid(), str(chapter["id"]))
                        has, start, stop = entry.get_start_stop_times()
                        self.assertTrue(has)
                        self.assertAlmostEqual(start / 1e9, float(chapter["start_time"]), delta=1e-6)
                        self.assertAlmostEqual(stop / 1e9, float(chapter["end_time"]), delta=1e-6)
                        self.assertEqual(entry.get_tags().get_string(Gst.TAG_TITLE), (True, chapter["tags"]["title"]))

    def test_no_chapters_no_toc(self):
        ffmpeg(*PICTURE, "-c:v", "ffv1", self.at("in.mkv"))
        with Prerolled(self.at("in.mkv")) as played:
            self.assertEqual(played.bus.tocs, [])

    def test_times_begin_with_the_container(self):
        given = self.make("in.mkv", "ffv1", PICTURE, [(5000, 6000, "a"), (6000, 8000, "b")], "-output_ts_offset", "5")
        start = float(probe(given)["format"]["start_time"])
        self.assertEqual(start, 5)
        with Prerolled(given) as played:
            entries = played.bus.tocs[0][1].get_entries()
        shift = chapters(given)[0][0] - 5000  # what ffmpeg has made of them
        self.assertEqual([entry.get_start_stop_times()[1] // 1000000 for entry in entries], [shift, 1000 + shift])

    def test_round_trip(self):
        for kind, codec in VIDEO.items():
            given = self.make("in." + kind, codec)
            written = self.at("out." + kind)
            bus = run(f"containersrc location={given} ! graphfilter filter-sequence=hflip ! "
                      f"containersink location={written} codec={codec}")
            with self.subTest(kind):
                self.assertEqual(bus.notes, [])
                self.assert_chapters(written, chapters(given))
                self.assertEqual(len(chapters(written)), 3)
                self.assertEqual(len([s for s in probe(written)["streams"] if s["codec_type"] == "video"]), 1)

    def test_round_trip_of_sound(self):
        for kind, codec in AUDIO.items():
            given = self.make("in." + kind, codec, SOUND)
            written = self.at("out." + kind)
            run(f"containersrc location={given} stream=a:0 ! audio/x-raw ! sink.audio_0 "
                f"containersink name=sink location={written} audio-codec={codec}")
            with self.subTest(kind):
                self.assertEqual(len(chapters(given)), 3)
                self.assert_chapters(written, chapters(given), delta=30)

    def test_picture_and_sound_have_them_once(self):
        given = self.make("in.mkv", "ffv1")
        ffmpeg("-i", given, *SOUND, "-c:v", "copy", "-c:a", "flac", self.at("both.mkv"))
        run(f"containersink name=sink location={self.at('out.mkv')} codec=ffv1 audio-codec=flac "
            f"containersrc location={self.at('both.mkv')} ! sink.video_0 "
            f"containersrc location={self.at('both.mkv')} stream=a:0 ! sink.audio_0")
        self.assert_chapters(self.at("out.mkv"), CHAPTERS)

    def test_what_is_cut_off_has_no_chapters(self):
        given = self.make("in.mkv", "ffv1")
        for kind, codec in (("mkv", "ffv1"), ("mp4", "mpeg4"), ("mov", "mpeg4")):
            written = self.at("out." + kind)
            with self.subTest(kind):  # from 1.2 s to 2.2 s
                run(f"containersrc location={given} start-frame=30 stop-frame=55 ! "
                    f"containersink location={written} codec={codec}")
                self.assert_chapters(written, [(0, 600, CHAPTERS[1][2]), (600, 1000, "Ende")])
            with self.subTest(kind + " from the start"):
                run(f"containersrc location={given} stop-frame=30 ! containersink location={written} codec={codec}")
                if kind != "mkv":
                    self.assert_chapters(written, [(0, 1000, "Anfang"), (1000, 1200, CHAPTERS[1][2])])
                self.assertEqual(chapters(written)[:1], [(0, 1000, "Anfang")])

    def test_a_loop_has_those_of_its_first_pass(self):
        given = self.make("in.mkv", "ffv1")
        for codec in ("ffv1", "libx264"):  # the latter has the header written late
            run(f"containersrc location={given} start-frame=30 stop-frame=35 loop=20 ! "
                f"containersink location={self.at('out.mkv')} codec={codec}")
            with self.subTest(codec):
                self.assert_chapters(self.at("out.mkv"), [(0, 200, CHAPTERS[1][2])])

    def test_fragments_have_chapters(self):
        given = self.make("in.mkv", "ffv1")
        run(f"containersrc location={given} ! containersink location={self.at('out.mp4')} codec=mpeg4 "
            "container-options=o,movflags=+frag_keyframe+empty_moov")
        self.assertEqual(len(chapters(self.at("out.mp4"))), 3)

    def test_application_sets_its_own(self):
        other = self.make("other.mkv", "ffv1", PICTURE, [(0, 2000, "x"), (2000, 3000, "y")])
        with Prerolled(other) as played:
            toc = played.bus.tocs[0][1]
        given = self.make("in.mkv", "ffv1")
        pipeline = Gst.parse_launch(f"containersrc location={given} ! "
                                    f"containersink name=sink location={self.at('out.mkv')} codec=ffv1")
        pipeline.get_by_name("sink").set_toc(toc)
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND,
                                                        Gst.MessageType.EOS | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        self.assertEqual(message.type, Gst.MessageType.EOS)
        self.assert_chapters(self.at("out.mkv"), [(0, 2000, "x"), (2000, 3000, "y")])

    def test_a_container_without_says_so(self):
        given = self.make("in.mkv", "ffv1")
        bus = run(f"containersrc location={given} ! containersink location={self.at('out.avi')} codec=mpeg4")
        self.assertEqual(len([note for note in bus.notes if "chapters" in note]), 1)


if __name__ == "__main__":
    unittest.main()
