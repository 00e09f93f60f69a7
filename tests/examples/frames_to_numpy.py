#!/usr/bin/python3
# gst-framewise: the frames of a video as NumPy arrays.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: frames_to_numpy.py INPUT"""
import sys

import gi
import numpy as np

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstApp, GstVideo


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
            buffer = sample.get_buffer()
            info = GstVideo.VideoInfo.new_from_caps(sample.get_caps())
            meta = GstVideo.buffer_get_video_meta(buffer)  # rows may be padded
            stride = meta.stride[0] if meta else info.stride[0]
            offset = meta.offset[0] if meta else info.offset[0]
            mapped, data = buffer.map(Gst.MapFlags.READ)
            if not mapped:
                raise RuntimeError("a frame cannot be mapped")
            view = np.ndarray(
                (info.height, info.width, 3), np.uint8, data.data, offset, (stride, 3, 1)
            )
            array = view.copy()  # the view ends with the mapping
            buffer.unmap(data)
            yield array
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
