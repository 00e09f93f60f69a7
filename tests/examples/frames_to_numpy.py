#!/usr/bin/python3
# gst-framewise: the frames of a video as NumPy arrays.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: frames_to_numpy.py INPUT"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstFramewise", "1.0")
from gi.repository import Gst, GstApp, GstFramewise


def frames(location):
    """Yields every frame as an array of shape (height, width, 3), red first."""
    pipeline = Gst.parse_launch(
        "containersrc name=in pixel-format=rgb24 ! appsink name=frames sync=false max-buffers=4"
    )
    pipeline.get_by_name("in").set_property("location", location)
    sink = pipeline.get_by_name("frames")
    pipeline.set_state(Gst.State.PLAYING)
    try:
        while sample := sink.pull_sample():
            yield GstFramewise.to_numpy(sample)  # the frame's own memory, not a copy
        if message := pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR):
            raise RuntimeError(message.parse_error()[0].message)
    finally:
        pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    Gst.init(None)
    try:
        for number, frame in enumerate(frames(sys.argv[1])):
            print(number, frame.shape, frame.mean(axis=(0, 1)).round(1))
    except RuntimeError as error:
        sys.exit(str(error))
