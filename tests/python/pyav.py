# gst-framewise: the same frames through PyAV, in the formats that it gets right.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import sys
import unittest

import av
import frames
import gi
import numpy as np
from frames import Gst, GstFramewise

gi.require_version("GstVideo", "1.0")
from gi.repository import GstVideo

CLIP = sys.argv.pop(1)


def sample_of(frame):
    """PyAV's frame with its padded rows, as a pipeline would deliver it."""
    layout = GstFramewise.Layout.new(frame.format.name, frame.width, frame.height)
    buffer = Gst.Buffer.new()
    offsets, strides = [0] * 4, [0] * 4
    for i, plane in enumerate(frame.planes):
        offsets[i], strides[i] = buffer.get_size(), plane.line_size
        buffer.append_memory(Gst.Buffer.new_wrapped(bytes(plane)).get_all_memory())
    caps = layout.to_caps(0, 1)
    name = caps.get_structure(0).get_string("format")
    format_ = GstVideo.VideoFormat.from_string(name)
    if format_ == GstVideo.VideoFormat.UNKNOWN:
        format_ = GstVideo.VideoFormat.ENCODED
    GstVideo.buffer_add_video_meta_full(buffer, 0, format_, frame.width, frame.height,
                                        len(frame.planes), offsets, strides)
    return Gst.Sample.new(buffer, caps, None, None)


class PyAV(unittest.TestCase):
    def frame(self, name, width=318, height=238):
        rgb = frames.noise((height, width, 3), np.dtype("u1"))
        return av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(format=name)

    def test_packed_formats_are_the_same(self):
        for name in ("gray", "rgb24", "bgr24", "argb", "rgba", "abgr", "bgra", "gray16le", "gray16be",
                     "rgb48le", "rgb48be"):
            with self.subTest(name):
                frame = self.frame(name)
                try:
                    expected = frame.to_ndarray()
                except ValueError as error:  # not in this version
                    self.assertIn("not yet supported", str(error))
                    self.assertIn(name, ("rgb48le", "rgb48be"))
                    continue
                # its arrays of the other byte order are swapped to the machine's
                np.testing.assert_array_equal(GstFramewise.to_numpy(sample_of(frame)), expected)

    def test_planar_yuv_is_the_same_plane_by_plane(self):
        frame = self.frame("yuv420p")
        sample, expected = sample_of(frame), frame.to_ndarray()
        y, u, v = (GstFramewise.to_numpy(sample, plane=i) for i in range(3))
        stacked = np.concatenate([y.ravel(), u.ravel(), v.ravel()]).reshape(-1, 318)
        np.testing.assert_array_equal(stacked, expected)

    def test_packed_yuv_is_the_same_pair_by_pair(self):
        frame = self.frame("yuyv422")
        pairs = GstFramewise.to_numpy(sample_of(frame), plane=0)
        np.testing.assert_array_equal(pairs.reshape(238, 318, 2), frame.to_ndarray())

    def test_nv12_is_the_same(self):
        frame = self.frame("nv12")
        sample = sample_of(frame)
        y, uv = (GstFramewise.to_numpy(sample, plane=i) for i in range(2))
        stacked = np.concatenate([y.ravel(), uv.ravel()]).reshape(-1, 318)
        np.testing.assert_array_equal(stacked, frame.to_ndarray())

    def test_arrays_of_ours_are_the_frames_of_pyav(self):
        for name in ("gray", "rgb24", "bgr24", "rgba"):
            layout = GstFramewise.Layout.new(name, 318, 238)
            array = frames.noise(layout.shape, layout.dtype)
            back = sample_of(av.VideoFrame.from_ndarray(array, name))
            np.testing.assert_array_equal(GstFramewise.to_numpy(back), array)

    def test_decoded_frames_are_the_same(self):
        pipeline = Gst.parse_launch("containersrc name=in pixel-format=native ! appsink name=out sync=false")
        pipeline.get_by_name("in").set_property("location", CLIP)
        pipeline.set_state(Gst.State.PLAYING)
        sink = pipeline.get_by_name("out")
        n_frames = 0
        with av.open(CLIP) as container:
            for frame in container.decode(video=0):
                sample = sink.emit("pull-sample")
                planes = [GstFramewise.to_numpy(sample, plane=i) for i in range(3)]
                self.assertEqual(frame.format.name, "yuv420p")
                stacked = np.concatenate([plane.ravel() for plane in planes])
                np.testing.assert_array_equal(stacked, frame.to_ndarray().ravel())
                self.assertFalse(planes[0].base.is_copy())
                n_frames += 1
        self.assertIsNone(sink.emit("pull-sample"))
        self.assertGreater(n_frames, 10)
        pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    unittest.main()
