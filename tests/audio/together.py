# gst-framewise: sound and picture of one file, read by two elements, stay together.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: together.py [UNITTEST-OPTION …]"""
import os
import subprocess
import tempfile
import unittest

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402
import numpy as np  # noqa: E402

Gst.init(None)

RATE = 48000
# A flash of one frame with a click on its first sample, twice a second, the first after a quarter of one.
FLASH = "color=black:s=64x48:r=20:d={length},geq=lum='235*eq(mod(N,10),5)':cb=128:cr=128"
CLICK = "aevalsrc='0.9*lt(mod(t+0.25,0.5),0.01)*sin(2*PI*2000*t+1)':s=48000:d={length}"
# (In Matroska with a codec that has a delay, as Opus, ffmpeg 5.1 writes the picture that much late.)
CODECS = {
    "clap.mp4": ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-c:a", "aac"],
    "clap.mkv": ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "flac"],
    "clap.ts": ["-c:v", "mpeg2video", "-bf", "2", "-c:a", "mp2"],
    "clap.mov": ["-c:v", "mpeg4", "-c:a", "pcm_s16le"],
    "clap.webm": ["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libvorbis"],
}


def make_clap(path, length=1.5, *options):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", FLASH.format(length=length),
                    "-f", "lavfi", "-i", CLICK.format(length=length), *CODECS[os.path.basename(path)], *options, path],
                   check=True, timeout=60)


def play(location, stream, caps, **properties):
    """(running time of the buffer, its number, its samples) one by one."""
    pipeline = Gst.Pipeline()
    source = Gst.ElementFactory.make("containersrc")
    sink = Gst.ElementFactory.make("appsink")
    source.set_property("location", location)
    source.set_property("stream", stream)
    for name, value in properties.items():
        source.set_property(name.replace("_", "-"), value)
    sink.set_property("sync", False)
    sink.set_property("max-buffers", 4)
    sink.set_property("caps", Gst.Caps.from_string(caps))
    pipeline.add(source)
    pipeline.add(sink)
    source.link(sink)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        while True:
            sample = sink.emit("try-pull-sample", 30 * Gst.SECOND)
            if sample is None:
                error = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
                assert not error, error.parse_error()
                assert sink.get_property("eos")
                return
            buffer = sample.get_buffer()
            running = sample.get_segment().to_running_time(Gst.Format.TIME, buffer.pts)
            yield running, buffer.offset, buffer.extract_dup(0, buffer.get_size())
    finally:
        pipeline.set_state(Gst.State.NULL)


def flashes(location, **properties):
    """Running times of the frames that are white."""
    return [running for running, _, data in play(location, "V:0", "video/x-raw,format=GRAY8", **properties)
            if np.frombuffer(data, "u1").mean() > 120]


def clicks(location, **properties):
    """Running times of the samples with which it gets loud."""
    found, quiet_since, at = [], 0, None
    for running, _, data in play(location, "a:0", "audio/x-raw,format=F32LE,layout=interleaved", **properties):
        samples = np.frombuffer(data, "<f4")
        channel = samples  # of mono
        for n in np.flatnonzero(np.abs(channel) > 0.3):
            at = running + int(n) * Gst.SECOND // RATE
            if not found or at - quiet_since > Gst.SECOND // 5:
                found.append(at)
            quiet_since = at
    return found


class Together(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="framewise-clap-")
        cls.addClassCleanup(cls.folder.cleanup)

    def at(self, name):
        return os.path.join(self.folder.name, name)

    def offsets(self, path, **properties):
        """By how much each click comes after its flash; nanoseconds."""
        seen, heard = flashes(path, **properties), clicks(path, **properties)
        self.assertEqual(len(seen), len(heard))
        return [b - a for a, b in zip(seen, heard)]

    def test_a_click_is_heard_with_its_flash(self):
        for name in CODECS:
            with self.subTest(name):
                make_clap(self.at(name))
                offsets = self.offsets(self.at(name))
                self.assertEqual(len(offsets), 3)
                for offset in offsets:  # codecs blur the click, containers round
                    self.assertLess(abs(offset), 3_000_000, offsets)

    def test_a_hundred_loops_do_not_drift(self):
        for name in CODECS:
            with self.subTest(name):
                make_clap(self.at(name), 0.77)  # no whole number of frames of either
                once = self.offsets(self.at(name))
                many = self.offsets(self.at(name), loop=100)
                self.assertEqual(len(many), 100 * len(once))
                for k, offset in enumerate(many):
                    self.assertLess(abs(offset - once[k % len(once)]), 100_000, f"pass {k // len(once)}")

    def test_what_begins_late_does_so_in_every_pass(self):
        make_clap(self.at("clap.mkv"), 1.0, "-af", "adelay=0,asetpts=PTS+0.2/TB")
        starts = {}
        for stream, caps in (("V:0", "video/x-raw"), ("a:0", "audio/x-raw")):
            starts[stream] = [running for running, number, _ in play(self.at("clap.mkv"), stream, caps, loop=4)
                              if number == 0]
            self.assertEqual(len(starts[stream]), 4)
        late = [a - v for v, a in zip(starts["V:0"], starts["a:0"])]
        self.assertGreater(late[0], 100_000_000)
        for other in late:
            self.assertLess(abs(other - late[0]), 100_000)

    def test_limits_loop_each_by_its_own_length(self):
        make_clap(self.at("clap.mov"), 1.0)
        path = self.at("clap.mov")
        starts = [running for running, number, _ in play(path, "a:0", "audio/x-raw", start_frame=4800,
                                                         stop_frame=9600, loop=5) if number == 4800]
        self.assertEqual(starts, [k * Gst.SECOND // 10 for k in range(5)])


if __name__ == "__main__":
    unittest.main()
