# gst-framewise: timecodes and the time by others' clocks, out of containers and into them.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: clocks.py [UNITTEST-OPTION …]"""
import ctypes
import os
import socket
import struct
import time
import unittest

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstVideo  # noqa: E402
from probing import Case, ffmpeg, probe, run  # noqa: E402

NTP_ERA = 2208988800  # seconds from 1900, where NTP counts from, to 1970
LONG = 60 * Gst.SECOND


def timecode(buffer):
    """Of the first timecode meta; its type has no accessor in Python, so it is read where it lies."""
    meta = buffer.get_meta(GstVideo.video_time_code_meta_api_get_type())
    if not meta:
        return None
    flags_in_meta, hours_in_meta = 24, 40
    drops = ctypes.c_uint.from_address(hash(meta) + flags_in_meta).value & 1
    hours, minutes, seconds, frames = (ctypes.c_uint * 4).from_address(hash(meta) + hours_in_meta)
    return f"{hours:02}:{minutes:02}:{seconds:02}{';' if drops else ':'}{frames:02}"


def counted(first, frames, dropping=False):
    """That many timecodes from `first` on, by 25 a second, or 30 with two numbers left out each minute but the
    tenth: the plainest telling of SMPTE ST 12-1."""
    hours, minutes, seconds, frame = (int(part) for part in first.replace(";", ":").split(":"))
    codes = []
    for _ in range(frames):
        codes.append(f"{hours:02}:{minutes:02}:{seconds:02}{';' if dropping else ':'}{frame:02}")
        frame += 1
        if frame == (30 if dropping else 25):
            frame, seconds = 0, seconds + 1
        if seconds == 60:
            seconds, minutes = 0, minutes + 1
            if dropping and minutes % 10:
                frame = 2
        if minutes == 60:
            minutes, hours = 0, (hours + 1) % 24
    return codes


def frames_of(location, properties="", between=""):
    pipeline = Gst.parse_launch(f'containersrc name=src location="{location}" {properties} ! {between} '
                                "appsink name=out sync=false")
    pipeline.set_state(Gst.State.PLAYING)
    sink, buffers = pipeline.get_by_name("out"), []
    try:
        while sample := sink.emit("try-pull-sample", LONG):
            buffers.append(sample.get_buffer())
        if error := pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR):
            raise AssertionError("%s (%s)" % error.parse_error())
    finally:
        pipeline.set_state(Gst.State.NULL)
    return buffers


def codes_of(*arguments):
    return [timecode(buffer) for buffer in frames_of(*arguments)]


class Timecodes(Case):
    def make(self, name, code, rate, *options, size="320x240", length=2):
        ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={length}", "-timecode", code, *options,
               self.at(name))
        return self.at(name)

    def sources(self):
        yield self.make("pal.mov", "01:59:58:20", 25, "-c:v", "libx264"), counted("01:59:58:20", 50)
        yield self.make("late.mov", "23:59:59:00", 25, "-c:v", "libx264"), counted("23:59:59:00", 50)
        yield (self.make("ntsc.mp4", "00:08:59;20", "30000/1001", "-c:v", "libx264"),
               counted("00:08:59;20", 60, dropping=True))
        yield (self.make("ten.mov", "00:09:59;20", "30000/1001", "-c:v", "mpeg4", "-bf", "2"),
               counted("00:09:59;20", 60, dropping=True))
        yield (self.make("pal.mxf", "10:00:00:12", 25, "-c:v", "mpeg2video", size="720x576", length=1),
               counted("10:00:00:12", 25))
        ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=2", "-metadata", "timecode=05:06:07:08", "-c:v", "ffv1",
               self.at("tagged.mkv"))
        yield self.at("tagged.mkv"), counted("05:06:07:08", 50)

    def test_each_frame_has_its_own(self):
        for path, codes in self.sources():
            with self.subTest(os.path.basename(path)):
                self.assertEqual(codes_of(path), codes)
                self.assertEqual(codes_of(path, "", "graphfilter filter-sequence=hflip !"), codes)
                self.assertEqual(codes_of(path, "start-frame=7 stop-frame=20"), codes[7:20])

    def test_frames_after_a_seek_have_them(self):
        path, codes = next(self.sources())
        pipeline = Gst.parse_launch(f'containersrc location="{path}" ! appsink name=out sync=false')
        sink = pipeline.get_by_name("out")
        pipeline.set_state(Gst.State.PAUSED)
        pipeline.get_state(LONG)
        for target in 31, 3, 49:
            for form, position in (Gst.Format.DEFAULT, target), (Gst.Format.TIME, target * Gst.SECOND // 25):
                self.assertTrue(pipeline.seek_simple(form, Gst.SeekFlags.FLUSH | Gst.SeekFlags.ACCURATE, position))
                pipeline.get_state(LONG)
                buffer = sink.emit("try-pull-preroll", LONG).get_buffer()
                self.assertEqual((buffer.offset, timecode(buffer)), (target, codes[target]))
                buffer = None
        pipeline.set_state(Gst.State.NULL)

    def test_files_count_on_from_the_first_frame_written(self):
        for path, codes in self.sources():
            start = 7
            for target, codec in (("out.mov", "libx264"), ("out.mp4", "mpeg4"), ("out.mkv", "ffv1"),
                                  ("out.avi", "ffv1"), ("out.mxf", "mpeg2video")):
                with self.subTest(os.path.basename(path), target=target):
                    run(f'containersrc location="{path}" start-frame={start} ! graphfilter filter-sequence=negate ! '
                        f'containersink location="{self.at(target)}" codec={codec}')
                    self.assertEqual(codes_of(self.at(target)), codes[start:])
                    shown = probe(self.at(target))
                    told = {value for part in shown["streams"] + [shown["format"]]
                            for key, value in part.get("tags", {}).items() if key.lower() == "timecode"}
                    self.assertEqual(told, {codes[start]})
            with self.subTest(os.path.basename(path), target="out.m2v"):
                run(f'containersrc location="{path}" start-frame={start} ! '
                    f'containersink location="{self.at("out.m2v")}" codec=mpeg2video codec-options="o,g=10,bf=0"')
                written = codes_of(self.at("out.m2v"))  # one for each group of pictures
                self.assertEqual([code and code.replace(";", ":") for code in written[:1]],
                                 [codes[start].replace(";", ":")])
                for number, code in enumerate(written):
                    self.assertIn(code and code.replace(";", ":"), (None, codes[start + number].replace(";", ":")))
                self.assertGreater(len([code for code in written if code]), 1)

    def test_what_is_asked_for_comes_first(self):
        path, _ = next(self.sources())
        run(f'containersrc location="{path}" ! containersink location="{self.at("out.mov")}" codec=libx264 '
            'stream-metadata="m,timecode=(string)\\"20:00:00:00\\"" '
            'container-metadata="m,timecode=(string)\\"20:00:00:00\\""')
        self.assertEqual(codes_of(self.at("out.mov"))[:2], ["20:00:00:00", "20:00:00:01"])

    def test_none_where_they_cannot_be_counted(self):
        """Dropped numbers belong to 29.97 a second."""
        path = self.make("ntsc.mov", "00:00:59;20", "30000/1001", "-c:v", "libx264")
        for sequence in "fps=25", "fps=24000/1001":
            with self.subTest(sequence):
                bus = run(f'containersrc location="{path}" ! graphfilter filter-sequence="{sequence}" ! '
                          f'containersink location="{self.at("out.mov")}" codec=libx264')
                self.assertFalse([s for s in probe(self.at("out.mov"))["streams"] if "timecode" in s.get("tags", {})])
                self.assertIn("timecode", " ".join(bus.notes))


def boxes(data):
    """Of an MP4, the outermost: (type, what is inside)."""
    begin = 0
    while begin < len(data):
        size, kind = struct.unpack(">I4s", data[begin:begin + 8])
        yield kind.decode(), data[begin + 8:begin + size]
        begin += size


class ReferenceTimes(Case):
    SINCE = 1_700_000_000 * Gst.SECOND + 123 * Gst.MSECOND
    RATE = 25

    def push(self, src, number, clock="unix", since=SINCE):
        buffer = Gst.Buffer.new_wrapped(bytes([number * 3 % 251]) * (64 * 48 * 3 // 2))
        buffer.pts, buffer.duration = number * Gst.SECOND // self.RATE, Gst.SECOND // self.RATE
        reference = since + buffer.pts + (NTP_ERA * Gst.SECOND if clock == "ntp" else 0)
        buffer.add_reference_timestamp_meta(Gst.Caps.from_string("timestamp/x-" + clock), reference,
                                            Gst.CLOCK_TIME_NONE)
        src.emit("push-buffer", buffer)

    def launch(self, rest):
        pipeline = Gst.parse_launch("appsrc name=in format=time caps=video/x-raw,format=I420,width=64,height=48,"
                                    f"framerate={self.RATE}/1 ! {rest}")
        pipeline.set_state(Gst.State.PLAYING)
        return pipeline, pipeline.get_by_name("in")

    def fragments(self, clock, options):
        """(seconds since SINCE, seconds of the stream's media time) of each box `prft`."""
        path = self.at("out.mp4")
        pipeline, src = self.launch(f'containersink location="{path}" codec=libx264 codec-options="o,g=10,bf=2" '
                                    f'container-options="o,movflags=frag_keyframe+empty_moov{options}"')
        for number in range(50):
            self.push(src, number, clock)
        src.emit("end-of-stream")
        message = pipeline.get_bus().timed_pop_filtered(LONG, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        self.assertEqual(message.type, Gst.MessageType.EOS)
        scale = int(probe(path)["streams"][0]["time_base"].split("/")[1])
        with open(path, "rb") as file:
            found = [body for kind, body in boxes(file.read()) if kind == "prft"]
        told = []
        for body in found:
            self.assertEqual(body[0], 1)
            _, seconds, fraction, media_time = struct.unpack(">IIIQ", body[4:24])
            self.assertEqual(int.from_bytes(body[1:4], "big"), 24)  # when it was captured
            told.append((seconds - NTP_ERA + fraction / 2**32 - self.SINCE / Gst.SECOND, media_time / scale))
        return told

    def test_fragments_of_mp4(self):
        for clock in "unix", "ntp":
            told = self.fragments(clock, "")
            self.assertEqual(len(told), 5)
            first_media = told[0][1]
            for number, (reference, media_time) in enumerate(told):
                self.assertAlmostEqual(reference, number * 10 / self.RATE, delta=0.001)
                self.assertAlmostEqual(media_time - first_media, number * 10 / self.RATE, delta=1e-6)

    def test_by_rtp_and_back(self):
        """RTCP tells how the sender's time of day and the stream's time belong together; that a stream is an hour
        old is seen by that, and years would not be."""
        since = (int(time.time()) - 3600) * Gst.SECOND + 123 * Gst.MSECOND
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1] // 2 * 2
        path = self.at("stream.sdp")
        with open(path, "w") as file:  # MPEG video has a payload type of its own
            file.write("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                       f"m=video {port} RTP/AVP 32\r\n")
        receiver = Gst.parse_launch(f'containersrc name=src location="{path}" ! appsink name=out sync=false')
        receiver.get_by_name("src").set_property(
            "container-options", Gst.Structure.from_string('o,protocol_whitelist="file,udp,rtp"')[0])
        sender, src = self.launch(f'containersink container=rtp location="rtp://127.0.0.1:{port}" codec=mpeg2video '
                                  'codec-options="o,g=5,bf=0"')
        sink, caps, told = receiver.get_by_name("out"), Gst.Caps.from_string("timestamp/x-unix"), []
        receiver.set_state(Gst.State.PLAYING)
        try:
            until = time.monotonic() + 60
            number = 0
            while len(told) < 5:
                self.assertLess(time.monotonic(), until, "no reference time came")
                self.push(src, number, since=since)
                number += 1
                if sample := sink.emit("try-pull-sample", Gst.SECOND // self.RATE):
                    buffer = sample.get_buffer()
                    if meta := buffer.get_reference_timestamp_meta(caps):
                        told.append(meta.timestamp)
        finally:
            receiver.set_state(Gst.State.NULL)
            sender.set_state(Gst.State.NULL)
        for reference in told:
            # libavformat 59 takes the 32 bits of RTP's timestamps as they are, before and after they begin anew.
            position = (reference - since) / Gst.SECOND % (2**32 / 90000)
            frame = position * self.RATE
            self.assertAlmostEqual(frame, round(frame), delta=0.06)  # RTCP's sender has whole milliseconds
            self.assertIn(round(frame), range(number))


if __name__ == "__main__":
    unittest.main()
