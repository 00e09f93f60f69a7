# gst-framewise: audio out of containersrc, against what the ffmpeg command decodes.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: reading.py [UNITTEST-OPTION …]"""
import os
import subprocess
import tempfile
import unittest

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstFramewise", "1.0")
from gi.repository import Gst, GstFramewise  # noqa: E402, F401 (the index is of its types)
import numpy as np  # noqa: E402

Gst.init(None)

RATE = 48000
# Tones that glide, noise and clicks, other ones left and right: nothing in it is like what is elsewhere.
SOUND = ("aevalsrc='0.4*sin(2*PI*(200+80*t)*t)+0.1*random(0)"
         "|0.3*sin(2*PI*1000*t)*lt(mod(t,0.5),0.05)+0.1*random(1)*sin(9*t)':s={rate}:d={length}")
RAW = {"U8": ("u8", "u1"), "S16LE": ("s16le", "<i2"), "S32LE": ("s32le", "<i4"),
       "F32LE": ("f32le", "<f4"), "F64LE": ("f64le", "<f8")}

# Name of the file: what to encode with, and whether a decoder gives after a seek, by a pre-roll, what it
# gives in a linear decode. (AAC as the ffmpeg command encodes it has noise substituted, AC-3 is dithered.)
CLIPS = {
    "pcm-u8.wav": (["-c:a", "pcm_u8"], True),
    "pcm-s16.wav": (["-c:a", "pcm_s16le"], True),
    "pcm-s24.wav": (["-c:a", "pcm_s24le"], True),
    "pcm-s32.mkv": (["-c:a", "pcm_s32le"], True),
    "pcm-f32.mov": (["-c:a", "pcm_f32le"], True),
    "pcm-f64.mkv": (["-c:a", "pcm_f64le"], True),
    "pcm-s16be.mov": (["-c:a", "pcm_s16be"], True),
    "pcm-alaw.mkv": (["-c:a", "pcm_alaw"], True),
    "pcm-s16.avi": (["-c:a", "pcm_s16le"], True),
    "flac.flac": (["-c:a", "flac"], True),
    "flac.mkv": (["-c:a", "flac"], True),
    "flac.ogg": (["-c:a", "flac"], True),
    "alac.m4a": (["-c:a", "alac"], True),
    "wavpack.mka": (["-c:a", "wavpack"], True),
    "mp3.mp3": (["-c:a", "libmp3lame", "-b:a", "128k"], True),
    "mp3-reservoir.mp3": (["-c:a", "libmp3lame", "-b:a", "32k"], True),
    "mp3.mkv": (["-c:a", "libmp3lame", "-q:a", "4"], True),
    "mp3.mp4": (["-c:a", "libmp3lame"], True),
    "mp3.avi": (["-c:a", "libmp3lame"], True),
    "vorbis.ogg": (["-c:a", "libvorbis"], True),
    "vorbis.webm": (["-c:a", "libvorbis"], True),
    "aac.mp4": (["-c:a", "aac", "-aac_pns", "0"], True),
    "aac.mkv": (["-c:a", "aac", "-aac_pns", "0"], True),
    "aac.ts": (["-c:a", "aac", "-aac_pns", "0"], True),
    "aac.aac": (["-c:a", "aac", "-aac_pns", "0"], True),
    "aac-noise.m4a": (["-c:a", "aac", "-b:a", "96k"], False),
    "opus.ogg": (["-c:a", "libopus"], False),
    "opus.webm": (["-c:a", "libopus"], False),
    "opus-short.mkv": (["-c:a", "libopus", "-frame_duration", "2.5"], False),
    "ac3.ac3": (["-c:a", "ac3"], False),
    "ac3.mkv": (["-c:a", "ac3"], False),
    "eac3.mp4": (["-c:a", "eac3"], False),
    "mp2.ts": (["-c:a", "mp2"], False),
    "adpcm.wav": (["-c:a", "adpcm_ima_wav"], True),
}


def run(*command):
    return subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          timeout=120).stdout


def encode(path, *options, length=2, rate=RATE):
    run("ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi",
        "-i", SOUND.format(rate=rate, length=length), *options, path)


def decoded_by_ffmpeg(path, gst_format, channels, stream="0:a:0", options=()):
    raw, dtype = RAW[gst_format]
    data = run("ffmpeg", "-nostdin", "-v", "error", *options, "-i", path, "-map", stream, "-f", raw, "-")
    return np.frombuffer(data, dtype).reshape(-1, channels)


def to_array(sample):
    """(samples, channels) of a sample, whichever way it is laid out."""
    caps = sample.get_caps().get_structure(0)
    channels = caps.get_int("channels")[1]
    buffer = sample.get_buffer()
    flat = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), RAW[caps.get_string("format")][1])
    if caps.get_string("layout") == "non-interleaved":
        return flat.reshape(channels, -1).T
    return flat.reshape(-1, channels)


class Player:
    """containersrc into an appsink, paused: what comes is pulled."""

    def __init__(self, location, caps=None, **properties):
        self.pipeline = Gst.Pipeline()
        self.source = Gst.ElementFactory.make("containersrc")
        self.sink = Gst.ElementFactory.make("appsink")
        self.source.set_property("location", location)
        for name, value in {"stream": "a:0", **properties}.items():
            self.source.set_property(name.replace("_", "-"), value)
        self.sink.set_property("sync", False)
        # A seek that comes while the bin still takes note of the last one's preroll may leave it paused.
        self.sink.set_property("async", False)
        self.sink.set_property("max-buffers", 2)
        if caps:
            self.sink.set_property("caps", Gst.Caps.from_string(caps))
        self.gaps = []
        self.sink.get_static_pad("sink").add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, self.on_event)
        self.pipeline.add(self.source)
        self.pipeline.add(self.sink)
        self.source.link(self.sink)
        # An appsink that is full waits with the lock that it needs to go from PAUSED to PLAYING.
        pad = self.source.get_static_pad("src")
        block = pad.add_probe(Gst.PadProbeType.BLOCK_DOWNSTREAM, lambda *_: Gst.PadProbeReturn.OK)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.pipeline.get_state(30 * Gst.SECOND)  # a seek before it is open is another thing to test
        pad.remove_probe(block)

    def on_event(self, _, info):
        if info.get_event().type == Gst.EventType.GAP:
            self.gaps.append(info.get_event().parse_gap())
        return Gst.PadProbeReturn.OK

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.pipeline.set_state(Gst.State.NULL)

    def pull(self):
        """The next sample; None at the end."""
        sample = self.sink.emit("try-pull-sample", 30 * Gst.SECOND)
        if sample is None:
            error = self.pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
            assert not error, error.parse_error()
            assert self.sink.get_property("eos"), "nothing came in 30 s"
        return sample

    def pull_all(self):
        while (sample := self.pull()) is not None:
            yield sample

    def seek(self, form, start, stop=-1, rate=1.0):
        """No sample may be held meanwhile: appsink writes into its last one."""
        flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.ACCURATE
        done = self.source.seek(rate, form, flags, Gst.SeekType.SET, start, Gst.SeekType.SET, stop)
        assert done, f"seeking to {start} failed"

    def wait_for_index(self):
        message = self.pipeline.get_bus().timed_pop_filtered(30 * Gst.SECOND,
                                                             Gst.MessageType.DURATION_CHANGED)
        assert message, "no index in 30 s"


def is_close(some, others):
    """But for noise that a decoder makes up: alike in loudness and in shape."""
    a, b = some.astype(float), others.astype(float)
    error = np.sqrt(np.mean((a - b) ** 2))
    return error <= 0.25 * np.sqrt(np.mean(b ** 2)) + 1e-3


class Reading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="framewise-audio-")
        cls.addClassCleanup(cls.folder.cleanup)
        for name, (options, _) in CLIPS.items():
            encode(cls.at(name), *options)

    @classmethod
    def at(cls, name):
        return os.path.join(cls.folder.name, name)

    def linear(self, location, has_gaps=False, **properties):
        """(all samples, numbers of the first sample of each buffer), after the looks that every buffer
        must bear."""
        blocks, starts, at, until = [], [], 0, None
        with Player(location, **properties) as player:
            for sample in player.pull_all():
                buffer = sample.get_buffer()
                block = to_array(sample)
                self.assertEqual((buffer.offset, buffer.offset_end), (at, at + len(block)))
                if not has_gaps:
                    self.assertIn(until, (None, buffer.pts), f"time at sample {at}")
                blocks.append(block)
                starts.append(at)
                at += len(block)
                until = buffer.pts + buffer.duration
            self.caps = sample.get_caps().get_structure(0)
            self.assertEqual(bool(player.gaps), has_gaps)
        return np.concatenate(blocks), starts

    def on_each_clip(self, check):
        for name, (_, exact) in CLIPS.items():
            with self.subTest(name):
                check(self.at(name), exact)

    def test_linear_decode_is_that_of_ffmpeg(self):
        def check(location, _):
            samples, _ = self.linear(location)
            wanted = decoded_by_ffmpeg(location, self.caps.get_string("format"), 2)
            np.testing.assert_array_equal(samples, wanted)
            self.assertEqual(self.caps.get_int("rate")[1], RATE)
        self.on_each_clip(check)

    def check_seeks(self, location, compare, **properties):
        wanted, starts = self.linear(location)
        frames = starts[1:] if len(starts) > 1 else []
        step = max(len(frames) // 120, 1)  # only of frames of a few ms some are left out
        targets = {0, 1, len(wanted) - 1, len(wanted) // 2}
        for boundary in frames[::step]:
            targets |= {boundary - 1, boundary, boundary + 1, boundary + 137}
        with Player(location, **properties) as player:
            player.wait_for_index()
            self.assertEqual(player.source.get_property("n-frames"), len(wanted))
            for target in sorted(targets, key=lambda t: t * 7919 % len(wanted)):
                if target >= len(wanted):
                    continue
                player.seek(Gst.Format.DEFAULT, target)
                at = target
                for _ in range(2):
                    sample = player.pull()
                    if sample is None:
                        self.assertEqual(at, len(wanted))
                        break
                    block, offset = to_array(sample), sample.get_buffer().offset
                    sample = None
                    self.assertEqual(offset, at)
                    compare(block, wanted[at:at + len(block)], f"{len(block)} samples from {at}")
                    at += len(block)

    def test_seeks_to_each_frame_and_between(self):
        def have_equal_lengths(some, others, where):
            self.assertEqual(len(some), len(others), where)

        def check(location, exact):
            self.check_seeks(location,
                             np.testing.assert_array_equal if exact else have_equal_lengths)
        self.on_each_clip(check)

    def test_inexact_decoders_are_close(self):
        """Whole seconds after a seek: the noise is another, the sound is the same."""
        def check(location, exact):
            if exact:
                return
            wanted, _ = self.linear(location)
            with Player(location) as player:
                for target in (RATE // 3, RATE, RATE + 12345):
                    player.seek(Gst.Format.DEFAULT, target)
                    blocks = [to_array(s) for s in player.pull_all()]
                    got = np.concatenate(blocks)
                    self.assertEqual(len(got), len(wanted) - target)
                    self.assertTrue(is_close(got, wanted[target:]), f"from sample {target}")
                    self.assertFalse(is_close(got[:-50], wanted[target + 50:]), "it is too lenient")
        self.on_each_clip(check)

    def test_verified_is_exact_with_every_decoder(self):
        def check(location, exact):
            if not exact:
                self.check_seeks(location, np.testing.assert_array_equal, index_mode=2)
        self.on_each_clip(check)

    def test_times_are_those_of_samples(self):
        for name in ("aac.mp4", "mp3.mkv", "vorbis.ogg", "pcm-s16.wav", "opus.webm"):
            with self.subTest(name), Player(self.at(name)) as player:
                player.wait_for_index()
                index = player.source.get_property("index")
                for target in (0, 1, 1023, 1024, 47999, 48000, 77777):
                    time = index.frame_to_time(target)
                    self.assertEqual(index.time_to_frame(time), target)
                    player.seek(Gst.Format.TIME, time)
                    buffer = player.pull().get_buffer()
                    self.assertEqual((buffer.offset, buffer.pts), (target, time))

    def test_a_stop_ends_at_the_sample(self):
        for name in ("aac.mp4", "flac.flac", "mp3.mp3"):
            wanted, _ = self.linear(self.at(name))
            with self.subTest(name), Player(self.at(name)) as player:
                for start, stop in ((0, 1), (1000, 1001), (1024, 2048), (5000, 30007), (90000, 10**9)):
                    player.seek(Gst.Format.DEFAULT, start, stop)
                    got = np.concatenate([to_array(s) for s in player.pull_all()])
                    np.testing.assert_array_equal(got, wanted[start:stop])

    def test_backwards_by_blocks(self):
        for name in ("flac.flac", "mp3.mp3", "aac.mp4", "pcm-s24.wav"):
            wanted, _ = self.linear(self.at(name))
            with self.subTest(name), Player(self.at(name)) as player:
                for start, stop in ((0, -1), (5000, 60001)):
                    player.seek(Gst.Format.DEFAULT, start, stop, rate=-1.0)
                    blocks, until = [], None
                    for sample in player.pull_all():
                        buffer = sample.get_buffer()
                        self.assertIn(until, (None, buffer.offset_end))
                        until = buffer.offset
                        blocks.insert(0, to_array(sample))
                    sample = None
                    np.testing.assert_array_equal(np.concatenate(blocks),
                                                  wanted[start:stop if stop >= 0 else None])

    def test_limits_are_sample_numbers(self):
        for name in ("aac.mp4", "flac.mkv"):
            wanted, _ = self.linear(self.at(name))
            n = len(wanted)
            for start, stop in ((1000, 5000), (0, 1), (-4800, 2**63 - 1), (100, -95000), (-10, -5)):
                with self.subTest(name, start=start, stop=stop), \
                        Player(self.at(name), start_frame=start, stop_frame=stop) as player:
                    first = start if start >= 0 else n + start
                    last = min(stop if stop >= 0 else n + stop, n)
                    samples = list(player.pull_all())
                    self.assertEqual(samples[0].get_buffer().offset, first)
                    np.testing.assert_array_equal(np.concatenate([to_array(s) for s in samples]),
                                                  wanted[first:last])

    def test_queries_in_samples(self):
        with Player(self.at("aac.mp4")) as player:
            player.wait_for_index()
            n = player.source.get_property("n-frames")
            pad = player.source.get_static_pad("src")
            self.assertEqual(pad.query_duration(Gst.Format.DEFAULT), (True, n))
            self.assertEqual(pad.query_duration(Gst.Format.TIME), (True, n * Gst.SECOND // RATE))
            self.assertEqual(pad.query_convert(Gst.Format.DEFAULT, 24000, Gst.Format.TIME),
                             (True, Gst.SECOND // 2))
            self.assertEqual(pad.query_convert(Gst.Format.TIME, Gst.SECOND // 2, Gst.Format.DEFAULT),
                             (True, 24000))

    def test_loops_go_on_without_a_gap(self):
        wanted, _ = self.linear(self.at("flac.flac"))
        with Player(self.at("flac.flac"), loop=3) as player:
            blocks, until = [], 0
            for sample in player.pull_all():
                buffer = sample.get_buffer()
                running = sample.get_segment().to_running_time(Gst.Format.TIME, buffer.pts)
                self.assertEqual(running, until)
                until = running + buffer.duration
                blocks.append(to_array(sample))
        np.testing.assert_array_equal(np.concatenate(blocks), np.tile(wanted, (3, 1)))

    def test_sample_formats_on_demand(self):
        wanted, _ = self.linear(self.at("pcm-s16.wav"))
        for fmt, scale in (("F32LE", 2**15), ("S32LE", 2**-16), ("F64LE", 2**15)):
            for layout in ("interleaved", "non-interleaved"):
                caps = f"audio/x-raw,format={fmt},layout={layout}"
                with self.subTest(caps), Player(self.at("pcm-s16.wav"), caps=caps) as player:
                    samples = list(player.pull_all())
                    self.assertEqual(samples[0].get_caps().get_structure(0).get_string("layout"), layout)
                    got = np.concatenate([to_array(s) for s in samples])
                    np.testing.assert_array_equal(got * scale, wanted)

    def test_planar_audio_has_its_meta(self):
        with Player(self.at("aac.mp4")) as player:
            sample = player.pull()
            self.assertEqual(sample.get_caps().get_structure(0).get_string("layout"), "non-interleaved")
            self.assertEqual(sample.get_buffer().n_memory(), 2)
            buffer = sample.get_buffer()
            self.assertEqual(buffer.get_size(), 2 * 4 * (buffer.offset_end - buffer.offset))

    def test_gaps_are_told(self):
        path = self.at("gap.mkv")
        encode(path, "-af", "aselect='not(between(t,0.5,0.99))'", "-c:a", "pcm_s16le", length=2)
        with Player(path) as player:
            samples = list(player.pull_all())
            self.assertEqual(len(player.gaps), 1)
            begin, duration = player.gaps[0]
        untold = [s.get_buffer() for s in samples if s.get_buffer().has_flags(Gst.BufferFlags.DISCONT)]
        self.assertEqual([b.pts for b in untold], [0, begin + duration])
        self.assertAlmostEqual(duration / Gst.SECOND, 0.5, delta=0.05)
        wanted = decoded_by_ffmpeg(path, "S16LE", 2)
        np.testing.assert_array_equal(np.concatenate([to_array(s) for s in samples]), wanted)
        with Player(path) as player:
            player.wait_for_index()
            for time in (begin, begin + duration // 2, begin + duration):
                player.seek(Gst.Format.TIME, time)
                self.assertEqual(player.pull().get_buffer().pts, begin + duration)

    def test_channels_keep_their_places(self):
        for layout in ("mono", "2.1", "5.0(side)", "5.1", "5.1(side)", "7.1", "7.1(wide)", "hexagonal"):
            channels = int(run("ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                               f"anullsrc=cl={layout}:r=8000:d=0.1", "-f", "u8", "-").__len__() / 800)
            tones = "|".join(f"0.5*sin(2*PI*{300 + 100 * i}*t)" for i in range(channels))
            path = self.at("layout.wav")
            run("ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
                f"aevalsrc='{tones}':c={layout}:s=8000:d=0.5", path)
            with self.subTest(layout):
                samples, _ = self.linear(path)
                wanted = decoded_by_ffmpeg(path, "S16LE", channels)
                np.testing.assert_array_equal(samples, wanted)

    def test_many_seeks_before_any_is_done(self):
        wanted, _ = self.linear(self.at("mp3.mp3"))
        with Player(self.at("mp3.mp3")) as player:
            for target in range(0, 90000, 997):
                player.seek(Gst.Format.DEFAULT, target)
            block = to_array(player.pull())
            np.testing.assert_array_equal(block, wanted[target:target + len(block)])

    def test_saved_index_serves(self):
        with tempfile.TemporaryDirectory() as cache:
            for name in ("aac.mp4", "mp3.mp3", "opus.ogg"):
                wanted, _ = self.linear(self.at(name))
                for _ in range(2):
                    with Player(self.at(name), index_cache=cache) as player:
                        player.wait_for_index()
                        self.assertEqual(player.source.get_property("n-frames"), len(wanted))
                        player.seek(Gst.Format.DEFAULT, 50000)
                        block = to_array(player.pull())
                        if CLIPS[name][1]:
                            np.testing.assert_array_equal(block, wanted[50000:50000 + len(block)])
                    if not os.listdir(cache):
                        self.fail("no index was saved")

    def test_damaged_audio_goes_on(self):
        path = self.at("damaged.mp3")
        with open(self.at("mp3.mp3"), "rb") as file:
            data = bytearray(file.read())
        for at in range(len(data) // 3, len(data) // 3 + 900):
            data[at] = at * 89 % 251
        with open(path, "wb") as file:
            file.write(data)
        samples, _ = self.linear(path, has_gaps=True)
        wanted = decoded_by_ffmpeg(path, self.caps.get_string("format"), 2)
        np.testing.assert_array_equal(samples, wanted)
        with Player(path) as player:
            player.wait_for_index()
            for target in (0, 20000, 40000, 60000, 80000):
                player.seek(Gst.Format.DEFAULT, target)
                self.assertEqual(player.pull().get_buffer().offset, target)


if __name__ == "__main__":
    unittest.main()
