# gst-framewise: NumPy arrays as samples.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import gc
import subprocess
import sys
import threading
import unittest
from fractions import Fraction

import frames
import numpy as np
from frames import Gst, GstFramewise


def arrays_for(name, width, height):
    """Random arrays for a frame: one for each plane."""
    layout = GstFramewise.Layout.new(name, width, height).with_padding()
    return [frames.noise(plane.shape, plane.dtype) for plane in layout.planes]


class FromNumpy(unittest.TestCase):
    def test_every_format_by_plane_comes_back(self):
        for name in frames.all_formats():
            with self.subTest(name):
                arrays = arrays_for(name, 14, 7)
                sample = GstFramewise.from_numpy(arrays, name)
                for i, array in enumerate(arrays):
                    back = GstFramewise.to_numpy(sample, plane=i, padding=True)
                    np.testing.assert_array_equal(back, array)
                    self.assertEqual(back.dtype.str, array.dtype.str)
                    self.assertTrue(np.shares_memory(back, array))

    def test_every_strided_format_comes_back_as_one_array(self):
        n_formats = 0
        for name in frames.all_formats():
            layout = GstFramewise.Layout.new(name, 13, 7).with_padding()
            if not layout.is_strided() or name == "pal8":
                continue
            n_formats += 1
            with self.subTest(name):
                array = frames.noise(layout.shape, layout.dtype)
                sample = GstFramewise.from_numpy(array, name)
                back = GstFramewise.to_numpy(sample, padding=True)
                np.testing.assert_array_equal(back, array)
                self.assertTrue(np.shares_memory(back, array))
        self.assertGreater(n_formats, 100)

    def test_caps_name_format_and_size(self):
        for name, size, expected in (
            ("rgb24", (13, 7), "video/x-raw,format=RGB"),
            ("rgb48le", (13, 7), "video/x-framewise,format=rgb48le"),
        ):
            layout = GstFramewise.Layout.new(name, *size)
            caps = GstFramewise.from_numpy(frames.noise(layout.shape, layout.dtype), name).get_caps()
            wanted = Gst.Caps.from_string(f"{expected},width=13,height=7,framerate=0/1")
            self.assertTrue(caps.is_subset(wanted), caps.to_string())

    def test_times_and_rate_are_as_given(self):
        array = np.zeros((4, 4), np.uint8)
        sample = GstFramewise.from_numpy(array, "gray", pts=5, duration=7)
        self.assertEqual((sample.get_buffer().pts, sample.get_buffer().duration), (5, 7))
        sample = GstFramewise.from_numpy(array, "gray")
        self.assertEqual(sample.get_buffer().pts, Gst.CLOCK_TIME_NONE)
        self.assertEqual(sample.get_buffer().duration, Gst.CLOCK_TIME_NONE)
        for rate, wanted in ((25, (25, 1)), (Fraction(24000, 1001), (24000, 1001)), (12.5, (25, 2)),
                             (29.97, (30000, 1001)), ((30, 1), (30, 1)), (0, (0, 1)),
                             (Gst.Fraction(5, 2), (5, 2))):
            sample = GstFramewise.from_numpy(array, "gray", framerate=rate)
            found = sample.get_caps().get_structure(0).get_fraction("framerate")
            self.assertEqual((found.value_numerator, found.value_denominator), wanted)

    def test_a_rate_that_caps_cannot_hold_is_refused_by_its_name(self):
        array = np.zeros((4, 4), np.uint8)
        before = sys.getrefcount(array)
        for rate in (-5, -0.5, (1, 0), (-1, 1), (1, -1), (1,), (1, 2, 3), (1.5, 1), 2**40, (2**40, 1),
                     (1, 2**40), 1e-9, 1e300, float("inf"), float("nan"), "abc", "1/0", b"25", object()):
            with self.subTest(rate=rate), self.assertRaisesRegex(ValueError, "`framerate`"):
                GstFramewise.from_numpy(array, "gray", framerate=rate)
        gc.collect()
        self.assertEqual(sys.getrefcount(array), before)

    def test_times_that_are_no_nanoseconds_are_refused_by_their_name(self):
        array = np.zeros((4, 4), np.uint8)
        for time in (-1, 1.5, np.float64(3), 2**64, "5"):
            for name in ("pts", "duration"):
                with self.subTest(time=time), self.assertRaisesRegex(ValueError, f"`{name}`"):
                    GstFramewise.from_numpy(array, "gray", **{name: time})
        sample = GstFramewise.from_numpy(array, "gray", pts=np.int64(5), duration=2**63)
        self.assertEqual((sample.get_buffer().pts, sample.get_buffer().duration), (5, 2**63))

    def test_rows_and_planes_may_be_apart(self):
        large = frames.noise((3, 30, 40), np.dtype("u1"))
        part = large[:, 5:15, 3:20]
        back = GstFramewise.to_numpy(GstFramewise.from_numpy(part, "gbrp"))
        np.testing.assert_array_equal(back, part)
        self.assertTrue(np.shares_memory(back, large))

    def test_an_odd_width_can_be_told(self):
        pairs = frames.noise((4, 3, 4), np.dtype("u1"))
        self.assertEqual(GstFramewise.Layout.new_from_sample(
            GstFramewise.from_numpy(pairs, "yuyv422")).width, 6)
        self.assertEqual(GstFramewise.Layout.new_from_sample(
            GstFramewise.from_numpy(pairs, "yuyv422", width=5)).width, 5)

    def test_what_does_not_fit_is_refused_with_what_was_expected(self):
        rgb = np.zeros((8, 16, 3), np.uint8)
        y, u, v = np.zeros((8, 16), "u1"), np.zeros((4, 8), "u1"), np.zeros((4, 8), "u1")
        for array, name, said in (
            (rgb.astype("f4"), "rgb24", r"\|u1 and shape \(height, width, 3\); this one has dtype <f4"),
            (rgb.astype("i1"), "rgb24", r"dtype \|i1"),
            (rgb > 0, "rgb24", r"dtype \|b1"),
            (rgb.astype(">u2"), "rgb48le", "<u2 .*>u2.*other order"),
            (rgb.astype("<u2"), "rgb48be", ">u2 .*<u2.*other order"),
            (rgb.astype("<u2"), "gbrpf32le", "<f4"),
            (rgb.astype("f8"), "gbrpf32le", "<f4"),
            (rgb, "gray", r"shape \(height, width\); .* \(8, 16, 3\)"),
            (rgb[..., :2], "rgb24", r"\(8, 16, 2\)"),
            (rgb, "rgb0", r"\(height, width, 4\)"),
            (rgb, "gbrp", r"\(3, height, width\)"),
            (rgb[..., ::-1], "rgb24", "axis 2"),
            (rgb[:, ::2], "rgb24", "axis 1"),
            (rgb[::-1], "rgb24", "axis 0"),
            (np.broadcast_to(rgb[:1], (8, 16, 3)), "rgb24", "axis 0 .* at least 48"),
            ([y, y], "gray", r"`gray` takes 1 array; these are 2\."),
            (rgb, "yuv420p", "takes 3 arrays, one for each plane, in a list; these are 1"),
            (rgb, "gbrp10le", r"<u2 and shape \(3, height, width\)"),
            ([y, u], "yuv420p", "these are 2"),
            ([y, u, v[:2]], "yuv420p", r"Plane 2 of `yuv420p` 16x8 takes .*\(4, 8\); .*\(2, 8\)"),
            ([y, u, v.astype("u2")], "yuv420p", "Plane 2"),
            (rgb[:0], "rgb24", "16x0"),
            (rgb, "monow", "`monow` can't be expressed"),
            (rgb, "vaapi", "`vaapi` can't be expressed"),
            (rgb, "nosuch", "No pixel format `nosuch`"),
            (np.ndarray((4, 4), "<u2", bytes(200), 0, (11, 2)), "gray16le", "whole elements"),
        ):
            with self.subTest(f"{name} {said}"), self.assertRaisesRegex(ValueError, said):
                GstFramewise.from_numpy(array, name)
        for other in (b"abc", [[1, 2], [3, 4]], None):
            with self.assertRaisesRegex(TypeError, "numpy.ndarray"):
                GstFramewise.from_numpy(other, "gray")

    def test_a_refused_array_is_let_go(self):
        array = np.zeros((8, 16, 3), np.uint8)
        before = sys.getrefcount(array)
        with self.assertRaises(ValueError):
            GstFramewise.from_numpy(array[..., ::-1], "rgb24")
        gc.collect()
        self.assertEqual(sys.getrefcount(array), before)

    def test_elements_that_write_do_not_write_into_the_array(self):
        array = np.full((16, 16, 4), 7, np.uint8)
        for writable in (False, True):
            sample = GstFramewise.from_numpy(array, "rgba", writable=writable)
            memory = sample.get_buffer().peek_memory(0)
            read_only = bool(memory.mini_object.flags & Gst.MemoryFlags.READONLY)
            self.assertEqual(read_only, not writable)

    def test_a_streaming_thread_may_let_the_array_go(self):
        """Frames go through a pipeline, whose threads free them; none stays."""
        array = frames.noise((16, 16, 3), np.dtype("u1"))
        before = sys.getrefcount(array)
        pipeline = Gst.parse_launch(
            "appsrc name=in format=time ! queue ! videoconvert ! video/x-raw,format=BGR ! queue "
            "! fakesink name=out signal-handoffs=true enable-last-sample=false"
        )
        threads = set()
        pipeline.get_by_name("out").connect(
            "handoff", lambda *_: threads.add(threading.get_ident()))
        source = pipeline.get_by_name("in")
        pipeline.set_state(Gst.State.PLAYING)
        for i in range(200):
            sample = GstFramewise.from_numpy(array, "rgb24", pts=i * Gst.SECOND // 25, framerate=25)
            self.assertEqual(source.emit("push-sample", sample), Gst.FlowReturn.OK)
            del sample
        source.emit("end-of-stream")
        message = pipeline.get_bus().timed_pop_filtered(
            60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        self.assertEqual(message.type, Gst.MessageType.EOS)
        pipeline.set_state(Gst.State.NULL)
        self.assertNotIn(threading.get_ident(), threads)
        del message, source, pipeline
        gc.collect()
        self.assertEqual(sys.getrefcount(array), before)

    def test_a_program_may_end_while_a_pipeline_has_its_frames(self):
        program = (
            "import frames, numpy\n"
            "from frames import Gst, GstFramewise\n"
            "p = Gst.parse_launch('appsrc name=in format=time ! queue ! fakesink sync=true')\n"
            "p.set_state(Gst.State.PLAYING)\n"
            "for i in range(50):\n"
            "    a = numpy.zeros((16, 16, 3), 'u1')\n"
            "    s = GstFramewise.from_numpy(a, 'rgb24', pts=i * Gst.SECOND)\n"
            "    p.get_by_name('in').emit('push-sample', s)\n"
            "print('done')\n"
        )
        result = subprocess.run([sys.executable, "-c", program], cwd=sys.path[0], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual((result.returncode, result.stdout), (0, "done\n"))


if __name__ == "__main__":
    unittest.main()
