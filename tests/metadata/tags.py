# gst-framewise: tags of container and stream are told, and written again.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: tags.py [UNITTEST-OPTION …]"""
import os
import unittest

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstFramewise", "1.0")
from gi.repository import Gst, GstFramewise  # noqa: E402
from probing import Case, Prerolled, ffmpeg, probe, run, tags_of  # noqa: E402

PICTURE = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=0.4"]
SOUND = ["-f", "lavfi", "-i", "sine=d=0.4:r=48000"]
VIDEO = {"mkv": "ffv1", "mp4": "mpeg4", "mov": "mpeg4", "webm": "libvpx", "ogg": "libtheora", "avi": "mpeg4",
         "nut": "ffv1", "flv": "flv"}
AUDIO = {"flac": "flac", "mp3": "libmp3lame", "mka": "flac", "m4a": "aac", "opus": "libopus", "oga": "libvorbis",
         "wav": "pcm_s16le"}
ENTRIES = {
    "title": "Häfen 東京 🚢", "artist": "Ines;Jo;Kim", "album": "Norden", "album_artist": "Alle", "composer": "Bach",
    "comment": "laut; und lang", "copyright": "frei", "description": "eine Beschreibung", "genre": "Dokument",
    "track": "3/12", "disc": "1/2", "date": "2001-02-03", "location": "+48.8577+002.2950/", "rating": "70",
    "lyrics": "la la", "publisher": "Haus", "performer": "Lu", "encoded_by": "wir", "kamera": "zwei",
    "REPLAYGAIN_TRACK_GAIN": "-6.20 dB", "isrc": "DEA123456789", "sort_name": "Haefen", "network": "eins=zwei",
}


def options(entries, specifier=""):
    return [part for key, value in entries.items() for part in ("-metadata" + specifier, f"{key}={value}")]


def all_tags(path):
    """Of the file and of its first stream: Ogg has those of the file there."""
    found = probe(path)
    return {**tags_of(found["streams"][0]), **tags_of(found["format"])}


class Tags(Case):
    def make_video(self, name, *arguments):
        codec = VIDEO[name.rsplit(".", 1)[1]]
        ffmpeg(*PICTURE, "-c:v", codec, "-pix_fmt", "yuv420p", *arguments, self.at(name))
        return self.at(name)

    def make_audio(self, name, *arguments):
        codec = AUDIO[name.rsplit(".", 1)[1]]
        ffmpeg(*SOUND, "-ac", "2", "-c:a", codec, *arguments, self.at(name))
        return self.at(name)

    def compare(self, given, written, kind):
        """Each entry that ffmpeg can bring from the one container to the other, we do as well."""
        reference = self.at("reference." + kind)
        ffmpeg("-i", given, "-codec", "copy", "-strict", "experimental", reference)
        wanted, found = all_tags(reference), all_tags(written)
        self.assertGreater(len(wanted), 4 if kind != "wav" else 2)
        for key, value in wanted.items():
            if key.startswith("location-"):
                continue
            self.assertEqual(found.get(key), value, f"{key} of {kind}: {found}")

    def test_video_into_the_same_container(self):
        for kind, codec in VIDEO.items():
            given = self.make_video("in." + kind, *options(ENTRIES))
            written = self.at("out." + kind)
            run(f"containersrc location={given} ! graphfilter filter-sequence=hflip ! "
                f"containersink location={written} codec={codec}")
            with self.subTest(kind):
                self.compare(given, written, kind)

    def test_video_into_others(self):
        given = self.make_video("in.mkv", *options(ENTRIES), *options({"title": "Bild", "language": "deu"}, ":s:v"))
        for kind, codec in VIDEO.items():
            written = self.at("out." + kind)
            run(f"containersrc location={given} ! containersink location={written} codec={codec}")
            with self.subTest(kind):
                found = all_tags(written)
                reference = self.make_video("reference." + kind, *options(ENTRIES))
                for key, value in all_tags(reference).items():
                    if not key.startswith("location-") and key not in ("title", "language"):
                        self.assertEqual(found.get(key), value, f"{key} of {kind}: {found}")

    def test_audio(self):
        for kind, codec in AUDIO.items():
            given = self.make_audio("in." + kind, *options(ENTRIES))
            written = self.at("out." + kind)
            run(f"containersrc location={given} stream=a:0 ! audio/x-raw ! sink.audio_0 "
                f"containersink name=sink location={written} audio-codec={codec}")
            with self.subTest(kind):
                self.compare(given, written, kind)

    def test_tags_of_the_stream_become_those_of_a_file_that_has_no_others(self):
        given = self.make_video("in.ogg", *options({"title": "Hafen", "artist": "Ines"}))
        self.assertNotIn("title", probe(given)["format"].get("tags", {}))
        written = self.at("out.mp4")
        run(f"containersrc location={given} ! containersink location={written} codec=mpeg4")
        self.assertEqual(probe(written)["format"]["tags"]["title"], "Hafen")
        self.assertEqual(probe(written)["format"]["tags"]["artist"], "Ines")

    def test_gstreamers_own_forms(self):
        given = self.make_video("in.mkv", *options(ENTRIES), *options({"language": "ger"}, ":s:v"))
        with Prerolled(given) as played:
            bus = played.bus
        self.assertEqual(sorted(bus.strings(Gst.TAG_ARTIST)), ["Ines", "Jo", "Kim"])
        self.assertEqual(bus.strings(Gst.TAG_COMMENT), ["laut; und lang"])
        self.assertEqual(bus.strings(Gst.TAG_TITLE), [ENTRIES["title"]])
        self.assertEqual(bus.strings(Gst.TAG_LANGUAGE_CODE), ["de"])
        self.assertIn("KAMERA=zwei", bus.strings(Gst.TAG_EXTENDED_COMMENT))
        self.assertIn("NETWORK=eins=zwei", bus.strings(Gst.TAG_EXTENDED_COMMENT))
        self.assertTrue(bus.strings(Gst.TAG_CONTAINER_FORMAT)[0].startswith("Matroska"))
        self.assertEqual(bus.strings(Gst.TAG_VIDEO_CODEC), [probe(given)["streams"][0]["codec_long_name"]])
        self.assertTrue(any(text.startswith("Lavf") for text in bus.strings(Gst.TAG_ENCODER)))
        numbers = {}
        for tags in bus.tags:
            for tag, get in ((Gst.TAG_TRACK_NUMBER, "get_uint"), (Gst.TAG_TRACK_COUNT, "get_uint"),
                             (Gst.TAG_ALBUM_VOLUME_NUMBER, "get_uint"), (Gst.TAG_USER_RATING, "get_uint"),
                             (Gst.TAG_GEO_LOCATION_LATITUDE, "get_double"),
                             (Gst.TAG_GEO_LOCATION_LONGITUDE, "get_double"), (Gst.TAG_TRACK_GAIN, "get_double")):
                has, value = getattr(tags, get)(tag)
                if has:
                    numbers[tag] = value
            has, date = tags.get_date_time(Gst.TAG_DATE_TIME)
            if has:
                self.assertEqual(date.to_iso8601_string(), "2001-02-03")
                numbers["date"] = 1
        self.assertEqual(numbers, {
            Gst.TAG_TRACK_NUMBER: 3, Gst.TAG_TRACK_COUNT: 12, Gst.TAG_ALBUM_VOLUME_NUMBER: 1, Gst.TAG_USER_RATING: 70,
            Gst.TAG_GEO_LOCATION_LATITUDE: 48.8577, Gst.TAG_GEO_LOCATION_LONGITUDE: 2.295, Gst.TAG_TRACK_GAIN: -6.2,
            "date": 1})

    def test_bit_rate_is_told(self):
        ffmpeg(*PICTURE, "-c:v", "libx264", "-b:v", "300k", "-maxrate", "400k", "-bufsize", "800k", self.at("in.mp4"))
        stream = probe(self.at("in.mp4"))["streams"][0]
        with Prerolled(self.at("in.mp4")) as played:
            rates = [tags.get_uint(Gst.TAG_BITRATE) for tags in played.bus.tags]
        self.assertIn((True, int(stream["bit_rate"])), rates)

    def test_both_points_in_time_are_kept(self):
        given = self.make_video("in.mkv", *options({"creation_time": "2020-05-06T07:08:09.000000Z",
                                                    "date": "2001-02-03"}))
        run(f"containersrc location={given} ! containersink location={self.at('out.mkv')} codec=ffv1")
        found = tags_of(probe(self.at("out.mkv"))["format"])
        self.assertEqual(found["creation_time"], "2020-05-06T07:08:09.000000Z")
        self.assertEqual(found["date"], "2001-02-03")

    def test_place_of_a_phone_is_kept(self):
        given = self.make_video("in.mov", "-movflags", "use_metadata_tags", *options(
            {"com.apple.quicktime.location.ISO6709": "-33.8568+151.2153+004.500/",
             "com.apple.quicktime.make": "Werk", "com.apple.quicktime.model": "M 1"}))
        with Prerolled(given) as played:
            told = [tags.get_double(Gst.TAG_GEO_LOCATION_LATITUDE) for tags in played.bus.tags]
            self.assertIn((True, -33.8568), told)
            self.assertIn("Werk", played.bus.strings(Gst.TAG_DEVICE_MANUFACTURER))
        run(f"containersrc location={given} ! containersink location={self.at('out.mkv')} codec=ffv1")
        self.assertEqual(tags_of(probe(self.at("out.mkv"))["format"])["location"], "-33.8568+151.2153+4.500/")

    def test_what_is_odd_harms_no_other(self):
        odd = {b"title": b"gut", b"a b  c": b"x", "ключ".encode(): "значение".encode(), b"broken": b"\xff\xfe\x80",
               b"br\xc3": b"y", b"=": b"z", b"k" * 200: b"v" * 900, b"date": b"irgendwann", b"track": b"drei",
               b"location": b"+91+nan/", b"rating": b"700", b"replaygain_track_gain": b"laut", b"artist": b";;",
               b"artist_sort": b";", b"zuletzt": b"da"}
        entries = [part for key, value in odd.items() for part in (b"-metadata", key + b"=" + value)]
        given = self.make_video("in.nut", *entries)
        bus = run(f"containersrc location={given} ! containersink location={self.at('out.nut')} codec=ffv1")
        found = tags_of(probe(self.at("out.nut"))["format"])
        for key in ("title", "a b  c", "ключ", "k" * 200, "date", "track", "location", "rating", "artist", "zuletzt",
                    "replaygain_track_gain"):
            self.assertEqual(found.get(key), odd[key.encode()].decode(), key)
        self.assertNotIn("broken", found)
        with GstFramewise.Reader(given) as reader:
            self.assertEqual(reader.metadata["container"]["zuletzt"], "da")
            self.assertNotIn("broken", reader.metadata["container"])

    def test_what_is_true_of_the_old_file_alone_goes(self):
        given = self.make_video("in.mp4", *options(ENTRIES))
        run(f"containersrc location={given} ! containersink location={self.at('out.mkv')} codec=ffv1")
        found = {key.lower() for key in probe(self.at("out.mkv"))["format"]["tags"]}
        self.assertFalse(found & {"major_brand", "minor_version", "compatible_brands"}, found)
        self.assertIn("title", found)


if __name__ == "__main__":
    unittest.main()
