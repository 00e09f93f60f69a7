#!/usr/bin/python3
# gst-framewise: filters that change while frames flow, and what they find.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: live_filters.py INPUT OUTPUT

Writes INPUT into OUTPUT with other filters from frame 10 and frame 20 on, and tells how bright each
frame is.
"""
import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst

# As FFmpeg writes them, and as Python's lists and dictionaries.
AT_FRAME_10 = "drawbox@box=color=red@0.5:t=fill:w=iw/2,signalstats"
AT_FRAME_20 = json.dumps([("drawbox@box", {"color": "red@0.5", "t": "fill"}), ("hflip", ""),
                          ("signalstats", None)])


def change_filters(pad, info, filter):
    """Called in the streaming thread, before a frame goes into the filters."""
    number = info.get_buffer().offset
    if number == 10:
        filter.set_property("filter-sequence", AT_FRAME_10)
    elif number == 15:
        filter.emit("send-command", "box", "color", "blue@0.5")
    elif number == 18:
        filter.emit("set-filters", "nosuch", None)  # refused: a warning, and the others go on
    elif number == 20:
        filter.emit("set-filters", AT_FRAME_20, None)
    return Gst.PadProbeReturn.OK


def main(location, target):
    pipeline = Gst.parse_launch("containersrc name=in ! graphfilter name=filter filter-sequence=signalstats ! "
                                "containersink name=out codec=ffv1")
    pipeline.get_by_name("in").set_property("location", location)
    pipeline.get_by_name("out").set_property("location", target)
    filter = pipeline.get_by_name("filter")
    filter.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, change_filters, filter)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        while True:
            message = pipeline.get_bus().timed_pop(Gst.CLOCK_TIME_NONE)
            if message.type == Gst.MessageType.EOS:
                return 0
            if message.type == Gst.MessageType.ERROR:
                print(message.parse_error()[0].message, file=sys.stderr)
                return 1
            if message.type == Gst.MessageType.WARNING:
                print("warning:", message.parse_warning()[0].message)
            elif message.has_name("graphfilter-metadata"):
                found = message.get_structure()
                print(found.get_uint64("timestamp").value / Gst.SECOND, "s: brightness",
                      found.get_value("metadata").get_string("lavfi.signalstats.YAVG"))
            elif message.has_name("graphfilter-reconfigured"):
                time = message.get_structure().get_uint64("running-time").value
                print("other filters from", time / Gst.SECOND, "s on")
    finally:
        pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    Gst.init(None)
    sys.exit(main(*sys.argv[1:]))
