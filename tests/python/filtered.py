# gst-framewise: a filter gives the same frames in a reader, asked for at random, as in a pipeline.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import random
import sys
import unittest

import frames  # noqa: F401 (the namespaces)
import numpy as np
from gi.repository import Gst, GstFramewise

CLIPS = sys.argv[1:-1]
del sys.argv[1:-1]

FILTERS = (
    "yadif", "tmix=frames=5", "fps=13", "reverse", "trim=start_frame=5:end_frame=20",
    "hflip,scale=100:60", "minterpolate=fps=40", "select=not(mod(n\\,3))", "framerate=fps=40",
    "decimate", "tinterlace=mode=merge", "hqdn3d", "setpts=PTS*2,fps=25",
)


def through_a_pipeline(clip, filters):
    pipeline = Gst.parse_launch(
        "containersrc name=src ! graphfilter name=filter ! appsink name=sink sync=false")
    pipeline.get_by_name("src").set_property("location", clip)
    pipeline.get_by_name("filter").set_property("filter-sequence", filters + ",format=rgb24")
    sink = pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)
    got = []
    try:
        while sample := sink.emit("try-pull-sample", 30 * Gst.SECOND):
            got.append((sample.get_buffer().pts, GstFramewise.to_numpy(sample).copy()))
        if not sink.get_property("eos"):
            raise AssertionError(pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR))
    finally:
        pipeline.set_state(Gst.State.NULL)
    return got


class Filtered(unittest.TestCase):
    def test_every_filter(self):
        for clip in CLIPS:
            for filters in FILTERS:
                with self.subTest(clip=clip, filters=filters):
                    self.compare(clip, filters)

    def compare(self, clip, filters):
        expected = through_a_pipeline(clip, filters)
        self.assertGreater(len(expected), 5)
        with GstFramewise.Reader(clip) as reader:
            reader.set_filter(filters, None)
            order = list(range(len(expected)))
            random.Random(3).shuffle(order)
            for number in order:
                np.testing.assert_array_equal(reader[number], expected[number][1], f"frame {number}")
            self.assertEqual(len(reader), len(expected))


if __name__ == "__main__":
    unittest.main()
