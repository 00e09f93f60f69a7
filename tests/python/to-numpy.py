# gst-framewise: samples as NumPy arrays.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import sys
import unittest

import frames
import numpy as np
from frames import GLib, Gst, GstFramewise


class ToNumpy(unittest.TestCase):
    def test_every_plane_of_every_format_has_the_bytes_of_the_buffer(self):
        for name in frames.all_formats():
            with self.subTest(name):
                sample = frames.noise_sample(name, 13, 7)
                size = sample.get_buffer().get_size()
                bytes_ = np.frombuffer(sample.get_buffer().extract_dup(0, size), np.uint8)
                layout = GstFramewise.Layout.new_from_sample(sample)
                for i, plane in enumerate(layout.planes):
                    array = GstFramewise.to_numpy(sample, plane=i)
                    expected = np.ndarray(plane.shape, plane.dtype, bytes_, plane.offset, plane.strides)
                    self.assertEqual(array.dtype.str, plane.typestr)
                    self.assertEqual(array.tobytes(), expected.tobytes())
                    self.assertFalse(array.base.is_copy())

    def test_a_strided_format_is_one_array(self):
        for name, shape in (("gray", (7, 13)), ("rgb24", (7, 13, 3)), ("gbrp", (3, 7, 13)),
                            ("yuva444p10be", (4, 7, 13)), ("rgb0", (7, 13, 3)), ("pal8", (7, 13))):
            with self.subTest(name):
                self.assertEqual(GstFramewise.to_numpy(frames.noise_sample(name, 13, 7)).shape, shape)

    def test_padding_is_a_channel_by_choice(self):
        sample = frames.noise_sample("0bgr", 13, 7)
        padded = GstFramewise.to_numpy(sample, padding=True)
        self.assertEqual(padded.shape, (7, 13, 4))
        np.testing.assert_array_equal(padded[..., 1:], GstFramewise.to_numpy(sample))

    def test_it_is_the_memory_of_the_sample(self):
        memory = bytearray(frames.random.bytes(24))
        original = np.frombuffer(memory, np.uint8).reshape(2, 4, 3)
        sample = GstFramewise.from_numpy(original, "rgb24")
        array = GstFramewise.to_numpy(sample)
        memory[5] ^= 0xFF
        np.testing.assert_array_equal(array, original)
        self.assertTrue(np.shares_memory(array, original))

    def test_of_large_frames_addresses_are_whole(self):
        array = GstFramewise.to_numpy(frames.noise_sample("rgb24", 4000, 3000))
        self.assertGreater(array.__array_interface__["data"][0], 2**32)
        self.assertGreater(len(np.unique(array[-1])), 100)

    def test_it_is_read_only_unless_asked_otherwise(self):
        source = np.zeros((2, 4, 3), np.uint8)
        sample = GstFramewise.from_numpy(source, "rgb24", writable=True)
        for array in (GstFramewise.to_numpy(sample), np.asarray(GstFramewise.map(sample))):
            self.assertTrue(np.shares_memory(array, source))
            self.assertFalse(array.flags.writeable)
            with self.assertRaises(ValueError):
                array[0, 0, 0] = 1
            with self.assertRaises(ValueError):
                array.flags.writeable = True

    def test_it_is_writable_on_request_where_the_memory_is(self):
        source = np.zeros((2, 4, 3), np.uint8)
        sample = GstFramewise.from_numpy(source, "rgb24", writable=True)
        array = GstFramewise.to_numpy(sample, writable=True)
        array[1, 2, 0] = 9
        self.assertEqual(source[1, 2, 0], 9)
        np.asarray(GstFramewise.map(sample, writable=True))[1, 2, 1] = 8
        self.assertEqual(source[1, 2, 1], 8)
        with self.assertRaisesRegex(ValueError, "read only, or shared, and cannot be written"):
            GstFramewise.to_numpy(GstFramewise.from_numpy(source, "rgb24"), writable=True)

    def test_it_keeps_the_buffer_and_then_lets_it_go(self):
        source = frames.noise((2, 4, 3), np.dtype("u1"))
        copy = source.copy()
        before = sys.getrefcount(source)
        sample = GstFramewise.from_numpy(source, "rgb24")
        array = GstFramewise.to_numpy(sample)
        view = array[1:]
        del sample, array
        self.assertGreater(sys.getrefcount(source), before)
        np.testing.assert_array_equal(view, copy[1:])
        del view
        self.assertEqual(sys.getrefcount(source), before)

    def test_what_is_no_single_array_is_a_value_error_that_says_what_to_do(self):
        for name in ("yuv420p", "nv24", "nv42"):
            with self.assertRaises(ValueError) as caught:
                GstFramewise.to_numpy(frames.noise_sample(name, 13, 7))
            self.assertEqual(
                str(caught.exception),
                f"`{name}` can't be expressed as a strided array. Use `pixel-format=` to select a "
                "format to convert into, or read its planes.",
            )

    def test_a_plane_that_is_not_there_is_a_value_error(self):
        for plane in (-1, 2):
            with self.assertRaisesRegex(ValueError, f"no plane {plane}: .* from 0 to 1"):
                GstFramewise.to_numpy(frames.noise_sample("nv12", 13, 7), plane=plane)

    def test_a_plane_that_is_no_number_is_a_type_error(self):
        sample = frames.noise_sample("nv12", 13, 7)
        for plane in ("x", 0.5):
            with self.assertRaises(TypeError):
                GstFramewise.to_numpy(sample, plane=plane)
        self.assertEqual(GstFramewise.to_numpy(sample, plane=np.int64(1)).shape, (4, 7, 2))

    def test_a_size_that_cannot_be_is_an_error(self):
        for size in ((-(2**31), 4), (4, -(2**31)), (0, 4), (4, -1), (2**31 - 1, 2**31 - 1)):
            for name in ("yuv420p", "yuyv422", "rgb24"):
                with self.assertRaisesRegex(GLib.Error, "cannot be"):
                    GstFramewise.Layout.new(name, *size)

    def test_a_sample_without_a_frame_is_a_value_error(self):
        caps = Gst.Caps.from_string("video/x-raw,format=RGB,width=4,height=4")
        with self.assertRaisesRegex(ValueError, "no buffer"):
            GstFramewise.to_numpy(Gst.Sample.new(None, caps, None, None))
        with self.assertRaisesRegex(ValueError, "3 bytes"):
            GstFramewise.to_numpy(Gst.Sample.new(Gst.Buffer.new_wrapped(b"abc"), caps, None, None))

    def test_it_reads_what_a_pipeline_delivers(self):
        pipeline = Gst.parse_launch(
            "videotestsrc num-buffers=1 pattern=red ! video/x-raw,format=RGBx,width=41,height=27 "
            "! videocrop left=5 top=3 ! appsink name=sink"
        )
        pipeline.set_state(Gst.State.PLAYING)
        sample = pipeline.get_by_name("sink").emit("pull-sample")
        array = GstFramewise.to_numpy(sample)
        self.assertEqual(array.shape, (24, 36, 3))
        self.assertTrue((array == (255, 0, 0)).all())
        pipeline.set_state(Gst.State.NULL)


class Layout(unittest.TestCase):
    def test_has_its_accessors_as_properties(self):
        layout = GstFramewise.Layout.new("gbrp10be", 13, 7)
        self.assertEqual((layout.pixel_format, layout.width, layout.height), ("gbrp10be", 13, 7))
        self.assertEqual((layout.typestr, layout.dtype), (">u2", np.dtype(">u2")))
        self.assertEqual((layout.axes, layout.shape), ("CHW", (3, 7, 13)))
        self.assertEqual((layout.strides, layout.offset), ((196, 28, 2), 0))
        self.assertEqual((layout.size, layout.channels), (588, ("G", "B", "R")))
        self.assertEqual([plane.channels for plane in layout.planes], [("G",), ("B",), ("R",)])
        self.assertIn("gbrp10be 13x7", repr(layout))

    def test_of_planes_only_has_no_shape(self):
        layout = GstFramewise.Layout.new("nv12", 13, 7)
        self.assertEqual((layout.axes, layout.shape, layout.strides), (None, None, None))
        self.assertIn("(4, 7, 2)", repr(layout))

    def test_that_cannot_be_is_an_error(self):
        with self.assertRaisesRegex(GLib.Error, "No pixel format `nosuch`"):
            GstFramewise.Layout.new("nosuch", 13, 7)


if __name__ == "__main__":
    unittest.main()
