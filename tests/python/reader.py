# gst-framewise: GstFramewise.Reader as Python has it.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import io
import subprocess
import sys
import threading
import unittest
from fractions import Fraction

import frames  # noqa: F401 (the namespaces)
import numpy as np
from gi.repository import Gio, GLib, Gst, GstFramewise

CLIP = sys.argv.pop(1)


def linear(*options):
    """What the ffmpeg command makes of the clip, as one array."""
    size = (120, 160, 3)
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", CLIP, *options, "-fps_mode", "passthrough",
                          "-pix_fmt", "rgb24", "-f", "rawvideo", "-"], check=True,
                         stdout=subprocess.PIPE).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, *size)


class Frames(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.truth = linear()

    def setUp(self):
        self.reader = GstFramewise.Reader(CLIP)

    def expect(self, array, truth):
        self.assertEqual(array.dtype, np.uint8)
        np.testing.assert_array_equal(array, truth)

    def test_numbers(self):
        for number in 5, -1, 0, 29, -30, 7, 6, np.int64(3):
            self.expect(self.reader[number], self.truth[number])
        for number in 30, -31, 10**9:
            with self.assertRaisesRegex(IndexError, f"There is no frame {number}"):
                self.reader[number]

    def test_slices(self):
        for key in (slice(10, 20, 3), slice(None), slice(None, None, -4), slice(-3, None), slice(5, 5),
                    slice(25, 99), slice(20, 10, -1), slice(40, 50), slice(7, 8), slice(3, -3), slice(0, 10**12, 9)):
            self.expect(self.reader[key], self.truth[key])

    def test_lists_of_numbers(self):
        for key in ([3, 1, 3], np.array([29, -1, 0]), range(0, 30, 7)):
            self.expect(self.reader[key], self.truth[list(key)])
        with self.assertRaises(IndexError):
            self.reader[[0, 30]]
        with self.assertRaises(TypeError):
            self.reader["5"]
        with self.assertRaises(TypeError):
            self.reader[1.5]

    def test_length_and_iteration(self):
        self.assertEqual(len(self.reader), 30)
        self.assertTrue(self.reader)
        self.expect(np.stack(list(self.reader)), self.truth)
        first, second = iter(self.reader), iter(self.reader)
        self.expect(next(first), self.truth[0])
        self.expect(next(second), self.truth[0])
        self.expect(next(first), self.truth[1])

    def test_arrays_are_ones_own(self):
        frame = self.reader[4]
        self.assertTrue(frame.flags.writeable and frame.flags.c_contiguous)
        frame[:] = 0
        self.expect(self.reader[4], self.truth[4])
        batch = self.reader[2:6]
        self.reader.close()
        self.expect(batch, self.truth[2:6])

    def test_closed(self):
        with self.reader as reader:
            self.expect(reader[1], self.truth[1])
        for use in (lambda: reader[1], lambda: len(reader), lambda: reader.metadata):
            with self.assertRaisesRegex(ValueError, "closed"):
                use()

    def test_sources(self):
        with open(CLIP, "rb") as file:
            data = file.read()
        for source in (data, bytearray(data), memoryview(data), io.BytesIO(data), GLib.Bytes.new(data),
                       Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(data)),
                       Gio.File.new_for_path(CLIP).read(None), open(CLIP, "rb")):
            with GstFramewise.Reader(source) as reader:
                self.expect(reader[[17, 4, -1]], self.truth[[17, 4, -1]])
                self.assertEqual(len(reader), 30)
        with self.assertRaises(TypeError):
            GstFramewise.Reader(5)
        with self.assertRaisesRegex(FileNotFoundError, "/nowhere"):
            GstFramewise.Reader("/nowhere")
        with self.assertRaises(ValueError):
            GstFramewise.Reader(b"no video")
        with self.assertRaises(ValueError):
            GstFramewise.Reader()

    def test_a_pipe_is_read_in_order(self):
        with subprocess.Popen(["ffmpeg", "-v", "error", "-i", CLIP, "-c", "copy", "-f", "matroska", "-"],
                              stdout=subprocess.PIPE) as process:
            reader = GstFramewise.Reader(Gio.UnixInputStream.new(process.stdout.fileno(), False))
            self.expect(np.stack(list(reader)), self.truth)
            with self.assertRaisesRegex(OSError, "cannot be read twice"):
                reader[0]
            with self.assertRaisesRegex(TypeError, "cannot be read twice"):
                len(reader)

    def test_formats(self):
        gray = GstFramewise.Reader(CLIP, pixel_format="gray")
        self.assertEqual(gray[3].shape, (120, 160))
        self.assertEqual(gray[3:6].shape, (3, 120, 160))
        self.assertEqual(GstFramewise.Reader(CLIP, pixel_format="gbrp")[3].shape, (3, 120, 160))
        self.assertEqual(self.reader.read_array([1], "rgb48le").dtype, np.dtype("<u2"))
        sample = self.reader.read(3, "native")
        self.assertEqual(GstFramewise.to_numpy(sample, plane=0).shape, (120, 160))
        with self.assertRaisesRegex(ValueError, "yuv420p"):
            self.reader.read_array([3], "native")
        with self.assertRaisesRegex(ValueError, "rgb25"):
            self.reader.read(3, "rgb25")

    def test_samples_and_metadata(self):
        samples = self.reader.read_batch([4, 2, 4])
        self.assertEqual([sample.get_buffer().offset for sample in samples], [4, 2, 4])
        self.assertEqual(samples[1].get_buffer().pts, 2 * Gst.SECOND // 25)
        self.expect(GstFramewise.to_numpy(samples[1]), self.truth[2])
        self.assertEqual(self.reader.metadata["fps"], Fraction(25))
        self.assertEqual(self.reader.metadata["codec"], "h264")
        self.assertEqual(self.reader.metadata["container"]["major_brand"], "isom")
        told = self.reader.frame_metadata(-1)
        self.assertEqual((told["frame"], told["time-base"]), (29, Fraction(1, 12800)))
        self.assertEqual(self.reader.layout.shape, (120, 160, 3))

    def test_filters(self):
        for filters, options in (
            ("hflip", None),
            ("tmix=frames=4", None),
            ("select='not(mod(n,3))'", None),
            ([["reverse", ""], ["negate", ""]], "reverse,negate"),
        ):
            truth = linear("-vf", options or filters)
            reader = GstFramewise.Reader(CLIP, filters=filters)
            for number in np.random.default_rng(1).permutation(len(truth)):
                self.expect(reader[number], truth[number])
            self.assertEqual(len(reader), len(truth))
            self.expect(reader[::-2], truth[::-2])
            reader.set_filter()
            self.expect(reader[7], self.truth[7])
        with self.assertRaisesRegex(ValueError, "nosuchfilter"):
            self.reader.set_filter("nosuchfilter")
        self.expect(self.reader[7], self.truth[7])

    def test_threads_have_readers_of_their_own(self):
        wrong = []

        def read(seed):
            with GstFramewise.Reader(CLIP) as reader:
                for number in np.random.default_rng(seed).permutation(30):
                    if not np.array_equal(reader[number], self.truth[number]):
                        wrong.append(number)

        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
