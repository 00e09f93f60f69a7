#!/usr/bin/python3
# gst-framewise: any frame of a video by its number.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: frame_by_number.py INPUT NUMBER...

A negative number counts from the end.
"""
import hashlib
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstFramewise", "1.0")
from gi.repository import Gst, GstApp, GstFramewise


def complaint(pipeline):
    """What the pipeline says that it could not do."""
    message = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR | Gst.MessageType.WARNING)
    is_error = message.type == Gst.MessageType.ERROR
    return RuntimeError((message.parse_error() if is_error else message.parse_warning())[0].message)


def wait(pipeline):
    """Until the pipeline holds a frame."""
    if pipeline.get_state(Gst.CLOCK_TIME_NONE)[0] == Gst.StateChangeReturn.FAILURE:
        raise complaint(pipeline)


def frame(pipeline, number):
    """Frame `number` as an array, and its time in nanoseconds."""
    counted_from = Gst.SeekType.END if number < 0 else Gst.SeekType.SET
    # Refused at once where it is known how many frames there are; else found out on the way.
    if not pipeline.seek(1.0, Gst.Format.DEFAULT, Gst.SeekFlags.FLUSH, counted_from, number,
                         Gst.SeekType.NONE, 0):
        raise complaint(pipeline)
    wait(pipeline)
    sample = pipeline.get_by_name("frames").pull_preroll()
    if not sample:
        raise complaint(pipeline)
    return GstFramewise.to_numpy(sample), sample.get_buffer().pts


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    Gst.init(None)
    pipeline = Gst.parse_launch("containersrc name=in pixel-format=rgb24 ! appsink name=frames sync=false")
    pipeline.get_by_name("in").set_property("location", sys.argv[1])
    pipeline.set_state(Gst.State.PAUSED)
    try:
        wait(pipeline)
        for number in map(int, sys.argv[2:]):
            array, time = frame(pipeline, number)
            print(number, time, array.shape, hashlib.md5(array.tobytes()).hexdigest())
    except RuntimeError as error:
        sys.exit(str(error))
    finally:
        pipeline.set_state(Gst.State.NULL)
