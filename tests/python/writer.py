# gst-framewise: GstFramewise.Writer as Python has it.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import json
import os
import subprocess
import tempfile
import threading
import unittest
import weakref
from fractions import Fraction

import frames  # noqa: F401 (the namespaces)
import numpy as np
from gi.repository import Gio, Gst, GstFramewise

HEIGHT, WIDTH = 48, 64


def noise(*shape, dtype=np.uint8):
    return np.random.default_rng(len(shape)).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = os.path.join(folder.name, "out.mkv")

    def writer(self, codec="ffv1", framerate=25, **properties):
        return GstFramewise.Writer(self.path, codec=codec, framerate=framerate, **properties)

    def decoded(self, shape, pixel_format="rgb24", dtype=np.uint8, filters=None):
        """What the ffmpeg command makes of the file: (number, *shape)."""
        raw = subprocess.run(["ffmpeg", "-v", "error", "-i", self.path, "-fps_mode", "passthrough",
                              *(["-vf", filters] if filters else []), "-pix_fmt", pixel_format,
                              "-f", "rawvideo", "-"], check=True, stdout=subprocess.PIPE).stdout
        return np.frombuffer(raw, dtype).reshape(-1, *shape)

    def probe(self, *fields):
        text = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_frames",
                               "-show_entries", "stream=" + ",".join(fields), "-of", "json", self.path],
                              check=True, stdout=subprocess.PIPE).stdout
        stream = json.loads(text)["streams"][0]
        return [stream[field] for field in fields]

    def times(self):
        text = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "frame=pts_time", "-of",
                               "csv=p=0", self.path], check=True, stdout=subprocess.PIPE, text=True).stdout
        return [float(line.strip(",")) for line in text.split()]


class Places(Files):
    def check(self, data, truth):
        with open(self.path, "wb") as file:
            file.write(data)
        np.testing.assert_array_equal(self.decoded(truth.shape[1:]), truth)

    def test_memory(self):
        truth = noise(5, HEIGHT, WIDTH, 3)
        for container in "matroska", "mov", "nut":
            with GstFramewise.Writer(container=container, codec="png", framerate=25) as writer:
                writer.write(truth)
                self.assertIsNone(writer.data)
            self.check(writer.data, truth)

    def test_stream(self):
        truth = noise(5, HEIGHT, WIDTH, 3)
        stream = Gio.MemoryOutputStream.new_resizable()
        with GstFramewise.Writer(stream, container="mov", codec="png", framerate=25) as writer:
            writer.write(truth)
        self.assertIsNone(writer.data)
        stream.close()
        self.check(stream.steal_as_bytes().get_data(), truth)

    def test_remark(self):
        """What becomes of MP4 in a stream that cannot be sought in."""
        truth = noise(5, HEIGHT, WIDTH, 3)
        read, write = os.pipe()
        for stream, remark in (
            (Gio.UnixOutputStream.new(write, True), "fragments"),
            (Gio.MemoryOutputStream.new_resizable(), None),
        ):
            with GstFramewise.Writer(stream, container="mp4", codec="png", framerate=25) as writer:
                self.assertIsNone(writer.remark)
                writer.write(truth)
            if remark:
                self.assertIn(remark, writer.remark)
            else:
                self.assertIsNone(writer.remark)
            stream.close()
        with os.fdopen(read, "rb") as file:
            self.check(file.read(), truth)

    def test_no_place(self):
        with self.assertRaisesRegex(OSError, "location"):
            GstFramewise.Writer(codec="png")
        with self.assertRaisesRegex(ValueError, "container"):
            GstFramewise.Writer(Gio.MemoryOutputStream.new_resizable())


class Arrays(Files):
    """Lossless in RGB: as the encoder takes bgr0 for rgb24, which loses nothing."""

    def expect(self, truth, pixel_format="rgb24"):
        np.testing.assert_array_equal(self.decoded(truth.shape[1:], pixel_format, truth.dtype), truth)

    def test_frame_by_frame(self):
        truth = noise(7, HEIGHT, WIDTH, 3)
        with self.writer() as writer:
            for frame in truth:
                writer.write(frame)
        self.expect(truth)
        self.assertEqual(self.probe("r_frame_rate", "nb_read_frames"), ["25/1", "7"])
        self.assertEqual(writer.stats["frames"], 7)
        self.assertEqual(writer.stats["duration"], 7 * Gst.SECOND // 25)
        self.assertEqual(writer.stats["bytes"], os.path.getsize(self.path))

    def test_list_and_stack(self):
        truth = noise(9, HEIGHT, WIDTH, 3)
        with self.writer() as writer:
            writer.write(truth[:4])
            writer.write(list(truth[4:6]))
            writer.write([truth[6:8], GstFramewise.from_numpy(truth[8], "rgb24")])
            writer.write([])
        self.expect(truth)

    # What takes rgb24 as it is and keeps frames for a while: a filter, threads, a look-ahead.
    KEEPERS = (
        {"codec": "ffv1", "filters": "reverse"},
        {"codec": "png", "thread_count": 4},
        {"codec": "libx264rgb", "codec_options": {"qp": 0, "preset": "slow"}},
    )

    def test_an_array_may_be_changed_afterwards(self):
        truth = noise(20, HEIGHT, WIDTH, 3)
        frame = np.empty(truth.shape[1:], np.uint8)
        for keeper in self.KEEPERS:
            with self.subTest(**keeper), self.writer(**keeper) as writer:
                for each in truth:
                    frame[:] = each
                    writer.write(frame)
                    frame[:] = 0
                self.assertLess(writer.stats["frames"], len(truth))
                writer.finish()
                self.expect(truth[::-1] if "filters" in keeper else truth)

    def test_an_array_is_not_kept(self):
        for keeper in self.KEEPERS:
            with self.subTest(**keeper), self.writer(**keeper) as writer:
                for frame in noise(4, HEIGHT, WIDTH, 3):
                    frame = frame.copy()
                    kept = weakref.ref(frame)
                    writer.write(frame)
                    del frame
                    self.assertIsNone(kept())

    def test_any_strides(self):
        truth = noise(3, HEIGHT, WIDTH, 3)
        with self.writer() as writer:
            writer.write(truth[0][::-1])
            writer.write(truth[1][:, ::-1])
            writer.write(np.asfortranarray(truth[2]))
        self.expect(np.stack([truth[0][::-1], truth[1][:, ::-1], truth[2]]))

    def test_usual_formats(self):
        for shape, dtype, name, encoded in (
            ((2, HEIGHT, WIDTH, 4), np.uint8, "rgba", "bgra"),
            ((2, HEIGHT, WIDTH, 3), np.uint16, "rgb48le", "gbrp16le"),
            ((2, HEIGHT, WIDTH, 4), np.uint16, "rgba64le", "gbrap16le"),
        ):
            truth = noise(*shape, dtype=dtype)
            with self.writer() as writer:
                writer.write(truth[0])
                writer.write(truth[1:])
            self.assertEqual(self.probe("pix_fmt"), [encoded])
            self.expect(truth, name)
        for dtype, name in (np.uint8, "gray"), (np.uint16, "gray16le"):
            truth = noise(3, HEIGHT, WIDTH, dtype=dtype)
            with self.writer() as writer:
                writer.write(truth[0])
                writer.write(truth[1][..., np.newaxis])
                writer.write(truth[2:], name)
            self.assertEqual(self.probe("pix_fmt"), [name])
            self.expect(truth, name)

    def test_bytes_in_the_other_order(self):
        truth = noise(2, HEIGHT, WIDTH, dtype=np.uint16)
        with self.writer() as writer:
            writer.write(list(truth.astype(">u2")))
        self.expect(truth, "gray16le")

    def test_bayer(self):
        truth = noise(3, HEIGHT, WIDTH)
        with self.writer() as writer:
            writer.write(truth, "bayer_rggb8")
        found = self.decoded((HEIGHT, WIDTH, 3))
        # ffv1 takes bgr0, to which libswscale's way is another than to rgb24.
        subprocess.run(["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "bayer_rggb8", "-s",
                        f"{WIDTH}x{HEIGHT}", "-i", "-", "-c:v", "ffv1", "-y", self.path], check=True,
                       input=truth.tobytes())
        self.expect(found)
        self.assertEqual(len(found), 3)

    def test_planes(self):
        luma, chroma = noise(HEIGHT, WIDTH), noise(2, HEIGHT // 2, WIDTH // 2)
        sample = GstFramewise.from_numpy([luma, chroma[0], chroma[1]], "yuv420p")
        planar = noise(3, HEIGHT, WIDTH)
        with self.writer() as writer:
            writer.write(sample)
        found = self.decoded((HEIGHT * WIDTH * 3 // 2,), "yuv420p")[0]
        np.testing.assert_array_equal(found, np.concatenate([luma.ravel(), chroma.ravel()]))
        with self.writer() as writer:
            writer.write(planar, "gbrp")
        np.testing.assert_array_equal(self.decoded((3, HEIGHT, WIDTH), "gbrp")[0], planar)

    def test_lossy(self):
        ramp = np.broadcast_to(np.arange(WIDTH, dtype=np.uint8)[:, np.newaxis] * 3, (HEIGHT, WIDTH, 3))
        with self.writer("libx264", pixel_format="yuv444p", codec_options={"crf": 5, "preset": "veryfast"}) as writer:
            for _ in range(5):
                writer.write(ramp)
        found = self.decoded((HEIGHT, WIDTH, 3)).astype(int)
        self.assertEqual(len(found), 5)
        self.assertLess(np.abs(found - ramp).max(), 12)

    def test_what_does_not_fit(self):
        truth = noise(2, HEIGHT, WIDTH, 3)
        with self.writer() as writer:
            writer.write(truth[0])
            for array, name, said in (
                (truth.astype(float), None, "dtype <f8"),
                (noise(5, HEIGHT, WIDTH), None, "pixel_format="),
                (noise(WIDTH), None, "pixel_format="),
                (noise(HEIGHT, WIDTH), "rgb24", "3 dimensions"),
                (noise(HEIGHT, WIDTH, 3), "rgb48le", "<u2"),
                (noise(HEIGHT, WIDTH, 3), "rgb25", "rgb25"),
                (noise(HEIGHT, WIDTH), "yuv420p", "each plane"),
            ):
                with self.assertRaisesRegex(ValueError, said):
                    writer.write(array, name)
            for wrong in "text", 5, None, b"":
                with self.assertRaises(TypeError):
                    writer.write(wrong)
            with self.assertRaises(TypeError):
                writer.write(truth, pts=0)
            writer.write(truth[1])
        self.expect(truth)
        with self.assertRaisesRegex(ValueError, "mid-stream.*scale=64:48"):
            with self.writer() as writer:
                writer.write(truth)
                writer.write(noise(HEIGHT, WIDTH * 2, 3))
        self.expect(truth)


class Sizes(Files):
    def sizes(self, path):
        text = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=width,height",
                               "-of", "csv=p=0", path], check=True, stdout=subprocess.PIPE, text=True).stdout
        return [line.strip(",") for line in text.split()]

    def test_another_size(self):
        """Where the container can go on it does."""
        frames = [noise(HEIGHT, WIDTH, 3)] * 3 + [noise(HEIGHT * 2, WIDTH, 3)] * 3
        path = os.path.join(self.folder, "%d.png")
        with GstFramewise.Writer(path, framerate=25) as writer:
            writer.write(frames)
        for number, frame in enumerate(frames, 1):
            self.path = path % number
            np.testing.assert_array_equal(self.decoded(frame.shape), frame[np.newaxis])
        path = os.path.join(self.folder, "out.ts")
        with GstFramewise.Writer(path, codec="libx264", framerate=25) as writer:
            writer.write(frames)
        self.assertEqual(self.sizes(path), [f"{WIDTH},{HEIGHT}"] * 3 + [f"{WIDTH},{HEIGHT * 2}"] * 3)


class Times(Files):
    def test_rates(self):
        for rate, expected in (
            (3.5, "7/2"), (Fraction(30000, 1001), "30000/1001"), (29.97, "30000/1001"), (10, "10/1"),
            ((24000, 1001), "24000/1001"),
        ):
            with self.writer(framerate=rate) as writer:
                writer.write(noise(8, HEIGHT, WIDTH, 3))
            self.assertEqual(self.probe("r_frame_rate", "nb_read_frames"), [expected, "8"])
            step = float(1 / Fraction(expected))
            np.testing.assert_allclose(self.times(), np.arange(8) * step, atol=0.0006)  # Matroska's own ms
        for rate in -1, "fast", (1, 0):
            with self.assertRaisesRegex(ValueError, "framerate"):
                self.writer(framerate=rate)

    def test_no_rate(self):
        with self.assertRaisesRegex(ValueError, "set framerate"):
            with self.writer(framerate=None) as writer:
                writer.write(noise(HEIGHT, WIDTH, 3))

    def test_times_of_ones_own(self):
        times = [0, 0.1, 0.25, 0.9]
        with self.writer(framerate=None) as writer:
            for time in times:
                writer.write(noise(HEIGHT, WIDTH, 3), pts=round(time * Gst.SECOND), duration=Gst.SECOND // 10)
        np.testing.assert_allclose(self.times(), times, atol=0.0006)


class Filters(Files):
    def filtered(self, truth, filters, rate):
        """What the ffmpeg command makes of raw frames at `rate`."""
        height, width = truth.shape[1:3]
        command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
                   "-r", str(rate), "-i", "-", "-vf", filters, "-fps_mode", "passthrough", "-c:v", "ffv1",
                   "-y", self.path + ".truth.mkv"]
        subprocess.run(command, check=True, input=truth.tobytes())
        path, self.path = self.path, self.path + ".truth.mkv"
        try:
            return self.probe("width", "height", "r_frame_rate", "nb_read_frames"), self.sums()
        finally:
            self.path = path

    def sums(self):
        text = subprocess.run(["ffmpeg", "-v", "error", "-i", self.path, "-fps_mode", "passthrough", "-f",
                               "framemd5", "-"], check=True, stdout=subprocess.PIPE, text=True).stdout
        return [line.split(",")[-1] for line in text.splitlines() if not line.startswith("#")]

    def test_size_rate_and_count(self):
        truth = noise(20, HEIGHT, WIDTH, 3)
        for filters, found in (
            ("hflip", [64, 48, "10/1", "20"]),
            ("scale=32:-2", [32, 24, "10/1", "20"]),
            ("fps=25", [64, 48, "25/1", "50"]),
            ("fps=5", [64, 48, "5/1", "10"]),
            ("trim=start_frame=3:end_frame=9,setpts=PTS-STARTPTS", [64, 48, "10/1", "6"]),
            ("tpad=stop=4", [64, 48, "10/1", "24"]),
            ("tmix=frames=3,reverse", [64, 48, "10/1", "20"]),
            ("tile=2x2", [128, 96, None, "5"]),
            ("minterpolate=fps=20,crop=48:32", [48, 32, "20/1", None]),
        ):
            with self.subTest(filters):
                expected, sums = self.filtered(truth, filters, 10)
                with self.writer(framerate=10, filters=filters) as writer:
                    writer.write(truth)
                probed = self.probe("width", "height", "r_frame_rate", "nb_read_frames")
                self.assertEqual(probed, expected)
                self.assertEqual(self.sums(), sums)
                for value, wanted in zip(probed, found):
                    self.assertIn(wanted, (value, None))

    def test_as_lists(self):
        truth = noise(4, HEIGHT, WIDTH, 3)
        writer = self.writer()
        with self.assertRaisesRegex(ValueError, "nosuch"):
            writer.set_filter("nosuch")
        writer.set_filter([["vflip", ""]], [{"m": ["hflip", ""]}, [["video_in", "m", 0, 0], ["m", "video_out", 0, 0]]])
        with writer:
            writer.write(truth)
        np.testing.assert_array_equal(self.decoded(truth.shape[1:]), truth[:, ::-1, ::-1])
        with self.assertRaisesRegex(ValueError, "finished"):
            writer.set_filter("hflip")


class Ends(Files):
    def test_an_exception_keeps_the_older_file(self):
        with open(self.path, "w") as file:
            file.write("older")
        with self.assertRaises(KeyError):
            with self.writer() as writer:
                writer.write(noise(3, HEIGHT, WIDTH, 3))
                raise KeyError
        with open(self.path) as file:
            self.assertEqual(file.read(), "older")
        with self.assertRaisesRegex(ValueError, "closed"):
            writer.write(noise(HEIGHT, WIDTH, 3))

    def test_finish(self):
        with self.writer() as writer:
            writer.write(noise(3, HEIGHT, WIDTH, 3))
            writer.finish()
            with self.assertRaisesRegex(ValueError, "finished"):
                writer.finish()
            with self.assertRaisesRegex(ValueError, "finished"):
                writer.write(noise(HEIGHT, WIDTH, 3))
        self.assertEqual(self.probe("nb_read_frames"), ["3"])

    def test_no_frame(self):
        with self.assertRaisesRegex(ValueError, "no frame"):
            with self.writer():
                pass
        self.assertEqual(os.listdir(self.folder), [])

    def test_settings(self):
        with self.writer("mpeg4", closed_gop=True, max_keyframe_interval=0, thread_count=1,
                         codec_options={"sc_threshold": 1000000000}, container_metadata={"title": "Harbour"}, stream_metadata={"language": "deu"}) as writer:
            writer.write(noise(5, HEIGHT, WIDTH, 3))
        self.assertEqual(writer.stats["key-frames"], 5)
        self.assertEqual(writer.props.closed_gop, GstFramewise.ClosedGop.TRUE)
        self.assertEqual(GstFramewise.Reader(self.path).metadata["container"]["title"], "Harbour")
        self.assertEqual(GstFramewise.Reader(self.path).metadata["stream"]["language"], "deu")
        for wrong in {"codec": "nosuch"}, {"codec_options": {"nosuch": 1}}, {"closed_gop": "maybe"}:
            with self.assertRaises(ValueError):
                self.writer(**{"codec": "mpeg4", **wrong})
        with self.assertRaises(OSError):
            GstFramewise.Writer(os.path.join(self.folder, "nowhere", "out.mkv"))

    def test_cancelled(self):
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        with self.writer() as writer:
            writer.write(noise(HEIGHT, WIDTH, 3))
            with self.assertRaises(InterruptedError):
                writer.write(noise(HEIGHT, WIDTH, 3), cancellable=cancellable)
        self.assertEqual(self.probe("nb_read_frames"), ["1"])

    def test_frames_of_a_reader(self):
        truth = noise(6, HEIGHT, WIDTH, 3)
        with self.writer() as writer:
            writer.write(truth)
        copy = os.path.join(self.folder, "copy.mkv")
        with GstFramewise.Reader(self.path) as reader, GstFramewise.Writer(copy, codec="ffv1") as writer:
            writer.write(reader.read_batch(range(6), "native"))
        self.path = copy
        np.testing.assert_array_equal(self.decoded(truth.shape[1:]), truth)
        np.testing.assert_allclose(self.times(), np.arange(6) / 25, atol=0.0006)

    def test_many_at_once(self):
        truth = noise(6, HEIGHT, WIDTH, 3)
        paths = [os.path.join(self.folder, f"{i}.mkv") for i in range(4)]

        def write(i):
            with GstFramewise.Writer(paths[i], codec="ffv1", framerate=25) as writer:
                for frame in np.roll(truth, i, axis=0):
                    writer.write(frame)

        threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for i, self.path in enumerate(paths):
            np.testing.assert_array_equal(self.decoded(truth.shape[1:]), np.roll(truth, i, axis=0))


if __name__ == "__main__":
    unittest.main()
