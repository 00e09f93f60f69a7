# gst-framewise: what travels with a frame, held against what ffprobe says of it.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import ctypes
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import frames  # noqa: F401 (the namespaces)
import gi
import numpy as np

gi.require_version("GstApp", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import GLib, Gst, GstApp, GstFramewise, GstVideo  # noqa: F401 (GstApp)

CLIPS = sys.argv.pop(1)
# Those that differ from others in the format of the picture alone, or in which field comes first.
ALIKE = re.compile(r"(raw|ffv1)-(?!yuv420p\.)|(h264|hevc|vp[89]|av1|mpeg2|mjpeg|theora|png|jpeg|y4m)-"
                   r"(odd|4\d\d|gray|rgb|1\dbit|bt\d+|full-range|mono|palette)|exact-h264-mbaff-bff")
with open(os.path.join(CLIPS, "manifest.json")) as listed:
    # All others that hold video: path and stream of each.
    CLIP_NAMES = [(item["path"], item["stream"]) for item in json.load(listed)
                  if not {"bad", "no-video", "part"} & set(item["kinds"]) and not ALIKE.match(item["name"])]
# Where the element is asked for each frame.
THOROUGHLY = ("h264-b.mp4", "h264-interlaced.mp4", "mpeg2.mpg", "mpeg2-interlaced.ts", "hevc-hdr.mkv", "av1.mp4",
              "vp9.webm")
# An I picture of MPEG-1 or MPEG-2, and how many B pictures that are shown before it are not there: what they refer to
# lies before the cut, or the file ends.
MISSING_BEFORE = {f"exact-{name}": (0, 2) for name in (
    "cut-mpeg1.m1v", "cut-mpeg2.m2v", "cut-mpeg2.ts", "hacked-mpeg1.m1v", "hacked-mpeg1.mpg", "hacked-mpeg2.m2v",
    "hacked-mpeg2.mpg", "hacked-mpeg2.ts", "hacked-mpeg2.vob", "leading-mpeg2.mkv", "leading-mpeg2.mpg")}
MISSING_BEFORE["exact-truncated-mpeg2.mpg"] = 34, 2
NAMES = {
    "H.26[45] User Data Unregistered SEI message": "sei-unregistered",
    "AVPanScan": "panscan",
    "GOP timecode": "gop-timecode",
    "SMPTE 12-1 timecode": "s12m-timecode",
    "Content light level metadata": "content-light-level",
    "Mastering display metadata": "mastering-display-metadata",
    "ATSC A53 Part 4 Closed Captions": "a53-cc",
    "Stereo 3D": "stereo3d",
}
LONG = 60 * Gst.SECOND


def clip(name):
    return os.path.join(CLIPS, name)


def probe(path, *options, stream="V:0"):
    printed = subprocess.run(["ffprobe", "-v", "error", "-select_streams", stream, *options, "-of", "json", path],
                             check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return json.loads(printed)


def probed_frames(path):
    return probe(path, "-show_frames")["frames"]


def probed_clip(name, stream):
    """What there is of the stream itself, and its frames."""
    found = probe(clip(name), "-show_streams", "-show_frames", stream=stream)
    return found["streams"][0], found["frames"]


def side_data_names(frame):
    return sorted(NAMES[item["side_data_type"]] for item in frame.get("side_data_list", []))


def fields(structure):
    """A frame meta as a dict, its side data as one of bytes."""
    if structure is None:
        return None
    names = [structure.nth_field_name(i) for i in range(structure.n_fields())]
    result = {name: structure.get_value(name) for name in names}
    if "side-data" in result:
        items = result["side-data"]
        names = [items.nth_field_name(i) for i in range(items.n_fields())]
        result["side-data"] = {name: items.get_value(name).get_data() for name in names}
    _, num, den = structure.get_fraction("time-base")
    result["time-base"] = Fraction(num, den)
    return result


def meta_of(buffer):
    return fields(GstFramewise.buffer_get_frame_meta(buffer))


def run(description, prepare=lambda pipeline: None):
    """Plays to the end; the samples that came to the appsink `out`, if there is one."""
    pipeline = Gst.parse_launch(description)
    prepare(pipeline)
    pipeline.set_state(Gst.State.PLAYING)
    samples = []
    sink = pipeline.get_by_name("out")
    while sink:
        sample = sink.try_pull_sample(LONG)
        if not sample:
            break
        samples.append(sample)
    message = pipeline.get_bus().timed_pop_filtered(LONG, Gst.MessageType.ERROR | Gst.MessageType.EOS)
    pipeline.set_state(Gst.State.NULL)
    assert message, description
    if message.type == Gst.MessageType.ERROR:
        raise AssertionError(message.parse_error())
    return samples


def played(path, filters=""):
    return run(f'containersrc location="{path}" ! {filters} appsink name=out sync=false')


ORDER = 5, 0, -1, 12, 11, 13, 1, 10000, -10000


def told_of(name, stream):
    """What containersrc tells of each frame as it is played; and before that, asked for the numbers of ORDER."""
    answers = []

    def ask(pipeline):
        pipeline.set_state(Gst.State.PAUSED)
        pipeline.get_state(LONG)
        source = pipeline.get_by_name("src")
        answers.extend(fields(source.emit("frame-metadata", number)) for number in ORDER)
    samples = run(f'containersrc name=src location="{clip(name)}" stream={stream} pixel-format=native ! '
                  "appsink name=out sync=false", ask)
    return [meta_of(sample.get_buffer()) for sample in samples], answers


def filtered(sequence):
    return f'graphfilter filter-sequence="{sequence}" !'


def count(buffer, kind):
    return buffer.get_n_meta(getattr(GstVideo, f"video_{kind}_meta_api_get_type")())


def timecode(buffer):
    """Of the first timecode meta; its type has no accessor in Python, so it is read where it lies."""
    meta = buffer.get_meta(GstVideo.video_time_code_meta_api_get_type())
    if not meta:
        return None
    hours_in_meta = 40
    return "{:02}:{:02}:{:02}:{:02}".format(*(ctypes.c_uint * 4).from_address(hash(meta) + hours_in_meta))


def coded_rate(path):
    """Pictures a second by which MPEG-1 and MPEG-2 count in a code: that of the sequence header, without extension."""
    with open(path, "rb") as file:
        data = file.read()
    return (None, 24, 24, 25, 30, 30, 50, 60, 60)[data[data.index(b"\0\0\1\xb3") + 7] & 15]


def group_code(data):
    """Hours, minutes, seconds and pictures of a gop-timecode."""
    code, = struct.unpack("q", data)
    return code >> 19 & 31, code >> 13 & 63, code >> 6 & 63, code & 63


def mastering_display(data):
    """An AVMasteringDisplayMetadata as ffprobe has it."""
    names = ("red_x", "red_y", "green_x", "green_y", "blue_x", "blue_y", "white_point_x", "white_point_y",
             "min_luminance", "max_luminance")
    *numbers, has_primaries, has_luminance = struct.unpack("22i", data)
    assert has_primaries and has_luminance
    return {name: f"{numbers[2 * i]}/{numbers[2 * i + 1]}" for i, name in enumerate(names)}


READ_BYTES = {
    "mastering-display-metadata": mastering_display,
    "content-light-level": lambda data: dict(zip(("max_content", "max_average"), struct.unpack("2I", data))),
}


def picture_timing(*clock):
    """The SEI of H.264 (D.1.2, without HRD) with one full time stamp: hours, minutes, seconds, frame."""
    hours, minutes, seconds, frame = clock
    # pic_struct, clock_timestamp_flag, ct_type, nuit_field_based, counting_type, full, discontinuity, dropped
    fields = [(0, 4), (1, 1), (0, 2), (0, 1), (0, 5), (1, 1), (0, 1), (0, 1), (frame, 8), (seconds, 6), (minutes, 6),
              (hours, 5), (0, 24)]
    bits = "".join(f"{value:0{width}b}" for value, width in fields) + "1"
    bits += "0" * (-len(bits) % 8)
    payload = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
    unit, zeros = bytearray(), 0
    for byte in b"\6\1" + bytes([len(payload)]) + payload + b"\x80":
        if zeros >= 2 and byte <= 3:  # no start code within
            unit.append(3)
            zeros = 0
        unit.append(byte)
        zeros = 0 if byte else zeros + 1
    return bytes(unit)


def write_timed(path, codes):
    """An H.264 stream of a picture for each code, which no encoder here would write."""
    plain = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25",
                            "-frames:v", str(len(codes)), "-c:v", "libx264", "-bf", "0", "-x264-params",
                            "pic-struct=1:slices=1", "-f", "h264", "-"], check=True, stdout=subprocess.PIPE).stdout
    left = iter(codes)
    with open(path, "wb") as file:
        for unit in re.split(b"\0\0\0?\1", plain)[1:]:
            kind = unit[0] & 31
            if kind == 6 and unit[1] == 1:
                continue  # picture timing without a time
            if kind in (1, 5):
                file.write(b"\0\0\0\1" + picture_timing(*next(left)))
            file.write(b"\0\0\0\1" + unit)


def rectangle(region):
    return region.x, region.y, region.w, region.h


def pictures(n, width=320, height=240):
    """Buffers of GRAY8 noise, 25 a second."""
    random = np.random.default_rng(5)
    for i in range(n):
        buffer = Gst.Buffer.new_wrapped(random.integers(0, 256, (height, width), np.uint8).tobytes())
        buffer.pts = i * Gst.SECOND // 25
        buffer.duration = Gst.SECOND // 25
        yield i, buffer


CAPS = "video/x-raw,format=GRAY8,width=320,height=240,framerate=25/1"


def fed(buffers, onward, caps=CAPS):
    def feed(pipeline):
        source = pipeline.get_by_name("in")
        for buffer in buffers:
            source.emit("push-buffer", buffer)
        source.emit("end-of-stream")
    return run(f'appsrc name=in format=time max-bytes=0 caps="{caps}" ! {onward}', feed)


class AgainstFfprobe(unittest.TestCase):
    def test_buffers_and_by_number(self):
        self.assertGreater(len(CLIP_NAMES), 300)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = pool.map(lambda one: probed_clip(*one), CLIP_NAMES)
            for (name, stream), (of_stream, truth) in zip(CLIP_NAMES, found):
                metas = answers = []
                with self.subTest(name):
                    metas, answers = told_of(name, stream)
                    self.check_buffers(name, metas, of_stream, truth)
                with self.subTest(name, asked="by number"):
                    self.check_by_number(name, stream, metas, answers)

    def check_buffers(self, name, metas, of_stream, truth):
        self.assertTrue(truth)
        self.assertEqual(len(metas), len(truth))
        has_groups = of_stream["codec_name"] in ("mpeg1video", "mpeg2video")
        for number, (meta, frame) in enumerate(zip(metas, truth)):
            self.assertEqual(meta["time-base"], Fraction(of_stream["time_base"]))
            self.check(meta, number, frame, ["gop-timecode"] if has_groups else [])
        if has_groups:
            self.check_timecodes(name, metas, truth)

    def check(self, meta, number, frame, elsewhere):
        self.assertEqual(meta["frame"], number)
        self.assertEqual(meta.get("pts"), frame.get("best_effort_timestamp"), number)
        self.assertEqual(meta["key-frame"], bool(frame["key_frame"]), number)
        self.assertEqual(meta["picture-type"], frame["pict_type"].replace("?", "NONE"), number)
        self.assertEqual(meta["interlaced"], bool(frame["interlaced_frame"]), number)
        items = meta.get("side-data", {})
        names = [re.sub(r"-\d+$", "", name) for name in items]
        self.assertEqual(sorted(name for name in names if name not in elsewhere),
                         [name for name in side_data_names(frame) if name not in elsewhere], number)
        for item in frame.get("side_data_list", []):
            told = {key: value for key, value in item.items() if key != "side_data_type"}
            read = READ_BYTES.get(NAMES[item["side_data_type"]])
            if read:
                self.assertEqual(read(items[NAMES[item["side_data_type"]]]), told, number)

    def check_timecodes(self, name, metas, truth):
        """The code of a group is that of its first picture shown. libavcodec has it on what comes out as the header
        goes in, which is the picture before the group where pictures are reordered. Ours is on the I picture behind
        the header, counted on by the pictures of the group that are shown before that."""
        per_second = coded_rate(clip(name))
        types = "".join(frame["pict_type"] for frame in truth)
        theirs = [(number, item["timecode"]) for number, frame in enumerate(truth)
                  for item in frame.get("side_data_list", []) if "timecode" in item]
        ours = [(number, meta["side-data"]["gop-timecode"]) for number, meta in enumerate(metas)
                if "gop-timecode" in meta["side-data"]]
        self.assertTrue(ours)
        self.assertEqual(len(ours), len(theirs))
        for (out, text), (number, data) in zip(theirs, ours):
            before = number - out - 1 if number > out else 0
            self.assertEqual(types[number], "I")
            self.assertEqual(types[out + 1:number], "B" * before)
            self.assertTrue(number == out or types[out] != "B")
            missing_at, missing = MISSING_BEFORE.get(name, (None, 0))
            hours, minutes, seconds, pictures = map(int, text.split(":"))
            pictures += before + (missing if number == missing_at else 0)
            self.assertLess(pictures, 2 * per_second)
            seconds += pictures // per_second
            self.assertEqual(group_code(data), (hours, minutes, seconds, pictures % per_second), (number, text))

    def check_by_number(self, name, stream, metas, answers):
        count = len(metas)
        self.assertEqual(len(answers), len(ORDER))
        for number, answer in zip(ORDER, answers):
            self.assertEqual(answer, metas[number] if -count <= number < count else None, number)
        reader = GstFramewise.Reader(clip(name), stream=stream)
        for number in [*(number for number in ORDER if -count <= number < count), *range(count)]:
            self.assertEqual(fields(reader.get_frame_metadata(number, None)), metas[number], number)

    def test_all_by_number_from_element(self):
        for name in THOROUGHLY:
            with self.subTest(name):
                truth, _ = told_of(name, "V:0")
                pipeline = Gst.parse_launch(f'containersrc name=src location="{clip(name)}" ! fakesink')
                pipeline.set_state(Gst.State.PAUSED)
                pipeline.get_state(LONG)
                source = pipeline.get_by_name("src")
                for number in [*ORDER[:6], *range(len(truth))]:
                    self.assertEqual(fields(source.emit("frame-metadata", number)), truth[number], number)
                self.assertEqual(fields(source.emit("frame-metadata", -1)), truth[-1])
                self.assertIsNone(source.emit("frame-metadata", len(truth)))
                self.assertIsNone(source.emit("frame-metadata", -len(truth) - 1))
                pipeline.set_state(Gst.State.NULL)
                self.assertIsNone(source.emit("frame-metadata", 0))

    def test_playing_goes_on_beside_it(self):
        pipeline = Gst.parse_launch(f'containersrc name=src location="{clip("h264-b.mp4")}" ! '
                                    "appsink name=out sync=false max-buffers=1")
        pipeline.set_state(Gst.State.PLAYING)
        source, sink = pipeline.get_by_name("src"), pipeline.get_by_name("out")
        numbers = []
        while sample := sink.try_pull_sample(LONG):
            numbers.append(sample.get_buffer().offset)
            asked = (7 * len(numbers)) % 30
            self.assertEqual(fields(source.emit("frame-metadata", asked))["frame"], asked)
        pipeline.set_state(Gst.State.NULL)
        self.assertEqual(numbers, list(range(30)))

    def test_nothing_of_audio(self):
        pipeline = Gst.parse_launch(f'containersrc name=src location="{clip("audio-video.mp4")}" stream=a:0 ! fakesink')
        pipeline.set_state(Gst.State.PAUSED)
        pipeline.get_state(LONG)
        self.assertIsNone(pipeline.get_by_name("src").emit("frame-metadata", 0))
        pipeline.set_state(Gst.State.NULL)

    def test_what_is_read_once_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            fifo = os.path.join(folder, "fifo")
            os.mkfifo(fifo)
            with subprocess.Popen(["cp", clip("mpeg2.ts"), "/dev/stdout"], stdout=os.open(fifo, os.O_RDWR)) as writer:
                pipeline = Gst.parse_launch(f'containersrc name=src location="{fifo}" ! appsink name=out sync=false')
                pipeline.set_state(Gst.State.PLAYING)
                sink = pipeline.get_by_name("out")
                for number in range(10):
                    sample = sink.try_pull_sample(LONG)
                    self.assertEqual(meta_of(sample.get_buffer())["frame"], number)
                    self.assertIsNone(pipeline.get_by_name("src").emit("frame-metadata", number))
                pipeline.set_state(Gst.State.NULL)
                writer.kill()

    def test_timecode_of_h264(self):
        codes = [(10, 59, 58 + n // 25, n % 25) for n in range(20, 32)]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "timed.h264")
            write_timed(path, codes)
            truth = probed_frames(path)
            for number, sample in enumerate(played(path, filtered("negate"))):
                told = "{:02}:{:02}:{:02}:{:02}".format(*codes[number])
                self.assertEqual(timecode(sample.get_buffer()), told)
                self.assertIn("s12m-timecode", meta_of(sample.get_buffer())["side-data"])
                self.assertEqual([code["value"] for item in truth[number]["side_data_list"]
                                  for code in item.get("timecodes", [])], [told])
            self.assertEqual(number + 1, len(codes))

    def test_reference_time_of_rtp(self):
        """What the sender says of its clock, and how far apart the frames are by that."""
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1] // 2 * 2
            free.close()
            path = os.path.join(folder, "stream.sdp")
            with subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i",
                                   "testsrc2=s=64x48:r=25:d=60", "-c:v", "libx264", "-g", "10", "-tune", "zerolatency",
                                   "-f", "rtp", "-sdp_file", path, f"rtp://127.0.0.1:{port}"],
                                  stdout=subprocess.DEVNULL) as sender:
                pipeline = Gst.parse_launch(
                    f'containersrc name=src location="{path}" ! {filtered("negate")} appsink name=out sync=false')
                try:
                    while not (os.path.exists(path) and os.path.getsize(path)):
                        self.assertIsNone(sender.poll())
                        time.sleep(0.05)
                    pipeline.get_by_name("src").set_property(
                        "container-options", Gst.Structure.from_string('o,protocol_whitelist="file,udp,rtp"')[0])
                    pipeline.set_state(Gst.State.PLAYING)
                    sink, caps, told = pipeline.get_by_name("out"), Gst.Caps.from_string("timestamp/x-unix"), []
                    while len(told) < 5:
                        sample = sink.try_pull_sample(LONG)
                        self.assertIsNotNone(sample)
                        meta = sample.get_buffer().get_reference_timestamp_meta(caps)
                        if meta:
                            told.append((sample.get_buffer().pts, meta.timestamp))
                finally:
                    pipeline.set_state(Gst.State.NULL)
                    sender.kill()
        a_day = 86400
        self.assertLess(abs(told[0][1] / Gst.SECOND - time.time()), a_day)
        for pts, timestamp in told[1:]:
            self.assertAlmostEqual((timestamp - told[0][1]) / Gst.SECOND, (pts - told[0][0]) / Gst.SECOND, delta=0.001)

    def test_timecode_of_mpeg2(self):
        """Each on the I picture behind the group's header, counted on to it: it is that of the first one shown."""
        buffers = [sample.get_buffer() for sample in played(clip("mpeg2.mpg"))]
        codes = {number: timecode(buffer) for number, buffer in enumerate(buffers) if timecode(buffer)}
        truth = probed_frames(clip("mpeg2.mpg"))
        intra = [number for number, frame in enumerate(truth) if frame["pict_type"] == "I"]
        # The encoder counts from 0, so number and code are the same.
        self.assertEqual(codes, {number: f"00:00:{number // 25:02}:{number % 25:02}" for number in intra})
        # ffprobe has the code of the group, on whatever comes out then.
        headers = [item for frame in truth for item in frame.get("side_data_list", []) if "timecode" in item]
        self.assertEqual(len(headers), len(codes))


class ThroughFilters(unittest.TestCase):
    def survives(self, name, sequence, lost=()):
        before = [meta_of(sample.get_buffer()) for sample in played(clip(name))]
        after = {}
        for sample in played(clip(name), filtered(sequence)):
            meta = meta_of(sample.get_buffer())
            after.setdefault(meta["frame"], meta)
        self.assertTrue(after)
        for number, meta in after.items():
            expected = dict(before[number])
            left = {name: data for name, data in expected.pop("side-data", {}).items() if name not in lost}
            if left:
                expected["side-data"] = left
            self.assertEqual(meta, expected, (sequence, number))
        return after

    def test_frame_meta(self):
        for name in "mpeg2.mpg", "h264-b.mp4", "hevc-hdr.mkv":
            self.assertEqual(len(self.survives(name, "null")), 30)
            self.assertEqual(len(self.survives(name, "fps=50")), 30)
            self.assertEqual(len(self.survives(name, "scale=64:48", lost=["panscan"])), 30)
            self.assertEqual(len(self.survives(name, "hflip", lost=["panscan"])), 30)
            # yadif makes a frame of nothing for each second field
            self.survives(name, "yadif=1")

    def test_what_a_filter_removes(self):
        self.survives("mpeg2.mpg", "sidedata=mode=delete:type=GOP_TIMECODE", lost=["gop-timecode"])
        samples = played(clip("mpeg2.mpg"), filtered("sidedata=mode=delete:type=GOP_TIMECODE"))
        self.assertFalse(any(count(sample.get_buffer(), "time_code") for sample in samples))
        samples = played(clip("mpeg2.mpg"), filtered("null"))
        self.assertEqual(sum(count(sample.get_buffer(), "time_code") for sample in samples), 3)

    def all_metas(self):
        clock, day = Gst.Caps.from_string("timestamp/x-unix"), GLib.DateTime.new_utc(2020, 1, 1, 0, 0, 0)
        for i, buffer in pictures(5):
            GstVideo.buffer_add_video_caption_meta(buffer, GstVideo.VideoCaptionType.CEA708_RAW,
                                                   bytes([0xfc, 0x80 + i, 0x41]))
            GstVideo.buffer_add_video_afd_meta(buffer, 0, GstVideo.VideoAFDSpec.SMPTE_ST2016_1,
                                               GstVideo.VideoAFDValue(10))
            GstVideo.buffer_add_video_bar_meta(buffer, 0, True, 30, 200)
            GstVideo.buffer_add_video_time_code_meta_full(buffer, 25, 1, day, GstVideo.VideoTimeCodeFlags.NONE,
                                                          10, 11, 12, i, 0)
            region = GstVideo.buffer_add_video_region_of_interest_meta(buffer, "face", 40, 60, 80, 100)
            region.id = 7
            region.add_param(Gst.Structure.from_string("roi/x264enc, delta-qp=-10")[0])
            GstVideo.buffer_add_video_region_of_interest_meta(buffer, "car", 0, 0, 16, 16)
            buffer.add_reference_timestamp_meta(clock, 1000 + i, Gst.CLOCK_TIME_NONE)
            yield buffer

    def counts(self, sample):
        buffer = sample.get_buffer()
        return {kind: count(buffer, kind) for kind in ("caption", "afd", "bar", "time_code")}

    def test_metas(self):
        everything = {"caption": 1, "afd": 1, "bar": 1, "time_code": 1}
        for sequence, counts, regions in (
                ("null", everything, [(40, 60, 80, 100), (0, 0, 16, 16)]),
                ("fps=50", everything, [(40, 60, 80, 100), (0, 0, 16, 16)]),
                ("negate", everything, [(40, 60, 80, 100), (0, 0, 16, 16)]),
                ("scale=160:480", everything | {"bar": 0}, [(20, 120, 40, 200), (0, 0, 8, 32)]),
                ("crop=300:200", everything | {"bar": 0, "afd": 0}, []),
                ("hflip", everything | {"bar": 0, "afd": 0}, [])):
            with self.subTest(sequence):
                samples = fed(self.all_metas(), filtered(sequence) + " appsink name=out sync=false")
                self.assertEqual(len(samples), 10 if sequence == "fps=50" else 5)
                for number, sample in enumerate(samples):
                    buffer = sample.get_buffer()
                    # `fps` has each caption once, however often the picture comes
                    again = sequence == "fps=50" and number % 2 == 1
                    self.assertEqual(self.counts(sample), counts | {"caption": 0} if again else counts)
                    number = number // 2 if sequence == "fps=50" else number
                    self.assertEqual(timecode(buffer), f"10:11:12:{number:02}")
                    found = []
                    for kind, name in ((7, "face"), (0, "car")):
                        region = GstVideo.buffer_get_video_region_of_interest_meta_id(buffer, kind)
                        if region:
                            self.assertEqual(GLib.quark_to_string(region.roi_type), name)
                            self.assertEqual(region.get_param("roi/x264enc") is not None, name == "face")
                            found.append(rectangle(region))
                    self.assertEqual(found, regions)
                    stamp = buffer.get_reference_timestamp_meta(Gst.Caps.from_string("timestamp/x-unix"))
                    self.assertEqual(stamp.timestamp, 1000 + number)

    def test_regions_of_a_filter(self):
        sequence = "addroi=10:20:30:40:-1/3"
        for sample in fed((buffer for _, buffer in pictures(3)), filtered(sequence) + " appsink name=out sync=false"):
            region = GstVideo.buffer_get_video_region_of_interest_meta_id(sample.get_buffer(), 0)
            self.assertEqual(rectangle(region), (10, 20, 30, 40))
            params = region.get_param("roi/containersink")
            self.assertEqual(params.get_fraction("qoffset"), (True, -1, 3))
            self.assertEqual(params.get_int("delta-qp"), (True, -17))


class RoundTrip(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_captions(self):
        def buffers():
            for i, buffer in pictures(20, 160, 120):
                if i % 3 != 2:
                    data = bytes([0xfc, 0x94, 0x20 + i, 0xfd, 0x80, 0x80])
                    GstVideo.buffer_add_video_caption_meta(buffer, GstVideo.VideoCaptionType.CEA708_RAW, data)
                    captions.append(data)
                else:
                    captions.append(None)
                yield buffer
        for codec, name in ("libx264", "x264.mkv"), ("mpeg2video", "mpeg2.ts"):
            for sequence in "null", "scale=80:60":
                with self.subTest(codec, sequence=sequence):
                    captions = []
                    path = self.path(name)
                    fed(buffers(), f'{filtered(sequence)} containersink location="{path}" codec={codec}',
                        "video/x-raw,format=GRAY8,width=160,height=120,framerate=25/1")
                    samples = played(path)
                    found = [meta_of(sample.get_buffer()).get("side-data", {}).get("a53-cc") for sample in samples]
                    self.assertEqual(found, captions)
                    self.assertEqual(["a53-cc" in side_data_names(frame) for frame in probed_frames(path)],
                                     [data is not None for data in captions])
                    self.assertEqual([count(sample.get_buffer(), "caption") for sample in samples],
                                     [int(data is not None) for data in captions])
                    # and once more, from what was read
                    again = self.path("again.mkv")
                    run(f'containersrc location="{path}" ! containersink location="{again}" codec=libx264')
                    self.assertEqual([meta_of(sample.get_buffer()).get("side-data", {}).get("a53-cc")
                                      for sample in played(again)], captions)

    def test_user_data(self):
        path = self.path("sei.mkv")
        given = meta_of(played(clip("h264-b.mp4"))[0].get_buffer())["side-data"]["sei-unregistered"]
        for option, times in ("udu_sei=1", 1), ("udu_sei=0", 0):
            run(f'containersrc location="{clip("h264-b.mp4")}" ! {filtered("null")} '
                f'containersink location="{path}" codec=libx264 codec-options="o,{option},crf=30"')
            found = [data for sample in played(path) for name, data in
                     meta_of(sample.get_buffer()).get("side-data", {}).items() if name.startswith("sei")]
            self.assertEqual(found.count(given), times)

    def quality(self, at, sequence, codec, options, pixel_format):
        """Mean square errors of the left and the right half where the region `at` is to be better."""
        def buffers():
            for i, buffer in pictures(4):
                if at is not None:
                    region = GstVideo.buffer_add_video_region_of_interest_meta(buffer, "face", at, 0, 160, 240)
                    region.add_param(Gst.Structure.from_string("roi/containersink, qoffset=(fraction)-1/2")[0])
                yield buffer
        path = self.path("region.mkv")
        truth = fed((b for _, b in pictures(4)), filtered(sequence) + " appsink name=out sync=false")
        fed(buffers(), f'{filtered(sequence)} containersink location="{path}" codec={codec} '
                       f'codec-options="o,{options}" pixel-format={pixel_format}')
        decoded = run(f'containersrc location="{path}" pixel-format=gray ! appsink name=out sync=false')
        self.assertEqual(len(decoded), len(truth))
        errors = np.zeros(2)
        for a, b in zip(truth, decoded):
            a, b = (GstFramewise.to_numpy(sample).astype(float) for sample in (a, b))
            square = (a - b)**2
            half = square.shape[1] // 2
            errors += square[:, :half].mean(), square[:, half:].mean()
        return errors

    def test_regions_of_interest(self):
        for codec, options, pixel_format in (
                ("libx264", "crf=38", "gray"),
                ("libx265", "crf=38", "gray"),  # not with a preset or parameters without adaptive quantization
                # so many bits that the rate does not limit either half
                ("libvpx", "crf=40,b=100000000", "yuv420p"),
                # libavcodec hands regions to it in this mode alone, libvpx heeds them in all but key pictures
                ("libvpx-vp9", "crf=45,b=0,deadline=realtime,cpu-used=5", "yuv420p")):
            for sequence in "null", "scale=160:120":
                with self.subTest(codec, sequence=sequence):
                    left, right = self.quality(None, sequence, codec, options, pixel_format)
                    self.assertLess(max(left, right) / min(left, right), 1.1)
                    left, right = self.quality(0, sequence, codec, options, pixel_format)
                    self.assertLess(left, right / 2)
                    left, right = self.quality(160, sequence, codec, options, pixel_format)
                    self.assertLess(right, left / 2)

    def test_stereo(self):
        def stereo_of(path):
            stream = probe(path, "-show_streams")["streams"][0]
            return [item["type"] for item in stream.get("side_data_list", []) if item["side_data_type"] == "Stereo 3D"]

        def make(mode, path):
            subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25", "-frames:v",
                            "12", "-metadata:s:v:0", f"stereo_mode={mode}", path], check=True)
        source = self.path("stereo.mkv")
        make("left_right", source)
        self.assertEqual(stereo_of(source), ["side by side"])
        caps = played(source)[0].get_caps().get_structure(0)
        self.assertEqual(caps.get_string("multiview-mode"), "side-by-side")
        inverted = self.path("inverted.mkv")
        make("bottom_top", inverted)
        caps = played(inverted)[0].get_caps()
        self.assertEqual(caps.get_structure(0).get_string("multiview-mode"), "top-bottom")
        self.assertIn("right-view-first", caps.to_string())
        for name, sequence in ("null.mkv", "null"), ("null.mp4", "null"), ("hflip.mkv", "hflip"):
            path = self.path(name)
            strict = 'container-options="o,strict=unofficial"' if name.endswith("mp4") else ""
            run(f'containersrc location="{source}" ! {filtered(sequence)} '
                f'containersink location="{path}" codec=libx264 {strict}')
            structure = played(path)[0].get_caps().get_structure(0)
            expected = None if sequence == "hflip" else "side-by-side"
            self.assertEqual(structure.get_string("multiview-mode"), expected, name)
        self.assertEqual(stereo_of(self.path("null.mkv")), ["side by side"])
        self.assertEqual(stereo_of(self.path("hflip.mkv")), [])
        # in the bitstream
        path = self.path("bare.h264")
        run(f'containersrc location="{source}" ! containersink location="{path}" codec=libx264')
        self.assertIn("stereo3d", side_data_names(probed_frames(path)[0]))
        for sample in played(path):
            self.assertEqual(sample.get_caps().get_structure(0).get_string("multiview-mode"), "side-by-side")


if __name__ == "__main__":
    unittest.main()
