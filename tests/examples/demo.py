#!/usr/bin/python3
# gst-framewise: read a video, filter it, write it, and put frames from before and after into one
# picture.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: demo.py INPUT OUTPUT.mkv SHEET.png [FILTER-SEQUENCE]"""
import os
import signal
import sys
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst

FILTERS = "rotate=45*PI/180,scale=512:-2"
SHEET_FRAMES = 6
SHEET_CELL = (320, 180)


def build(*links):
    """A pipeline of elements in a row, each given as (factory, {property: value}); the last is
    named `sink`.

    Properties are set one by one, not through a launch line, so that file names need no quoting.
    """
    pipeline = Gst.Pipeline()
    previous = None
    for number, (factory, properties) in enumerate(links, 1):
        element = Gst.ElementFactory.make(factory, "sink" if number == len(links) else None)
        if not element:
            sys.exit(f"No element `{factory}`. Is GST_PLUGIN_PATH set? `./dev shell` sets it.")
        for name, value in properties.items():
            element.set_property(name, value)
        pipeline.add(element)
        if previous and not previous.link(element):
            sys.exit(f"`{previous.get_factory().get_name()}` does not link to `{factory}`.")
        previous = element
    return pipeline


class Progress:
    """One line that is rewritten on a terminal; elsewhere a line for every tenth."""

    def __init__(self):
        self.started = time.monotonic()
        self.on_terminal = sys.stdout.isatty()
        self.shown_tenth = 0

    def show(self, position, duration, frames):
        seconds = max(time.monotonic() - self.started, 1e-3)
        share = min(position / duration, 1) if duration > 0 else None
        text = f"{share:4.0%}  " if share is not None else ""
        text += f"frame {frames}  {frames / seconds:.0f} fps"
        text += f"  {position / Gst.SECOND / seconds:.1f}x"
        if self.on_terminal:
            print(f"\r\033[K{text}", end="", flush=True)
        elif share is not None and int(share * 10) > self.shown_tenth:
            self.shown_tenth = int(share * 10)
            print(text, flush=True)

    def end(self):
        if self.on_terminal:
            print("\r\033[K", end="", flush=True)


def run(pipeline, progress=None):
    """Plays to the end. Returns (frames, stopped): how many buffers reached the sink, and whether
    Ctrl-C ended it early. Exits with the element's own words on an error."""
    loop = GLib.MainLoop()
    outcome = {"frames": 0, "error": None, "stopped": False}

    def count(pad, info):
        outcome["frames"] += 1
        return Gst.PadProbeReturn.OK

    def on_message(bus, message):
        if message.type == Gst.MessageType.EOS:
            loop.quit()
        elif message.type == Gst.MessageType.ERROR:
            outcome["error"] = message.parse_error()
            loop.quit()

    def on_interrupt():
        if outcome["stopped"]:  # a second Ctrl-C: at once
            loop.quit()
        outcome["stopped"] = True
        pipeline.send_event(Gst.Event.new_eos())
        return GLib.SOURCE_CONTINUE

    def on_tick():
        ok, position = pipeline.query_position(Gst.Format.TIME)
        known, duration = pipeline.query_duration(Gst.Format.TIME)
        if ok:
            progress.show(position, duration if known else 0, outcome["frames"])
        return GLib.SOURCE_CONTINUE

    pipeline.get_by_name("sink").sinkpads[0].add_probe(Gst.PadProbeType.BUFFER, count)
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    sources = [GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGINT, on_interrupt)]
    if progress:
        sources.append(GLib.timeout_add(200, on_tick))
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
    for source in sources:
        GLib.source_remove(source)
    bus.remove_signal_watch()
    if progress:
        progress.end()
    if outcome["error"]:
        error, _ = outcome["error"]
        sys.exit(error.message)
    return outcome["frames"], outcome["stopped"]


def contact_sheet(before, after, frames, sheet):
    """Frames of `before` in one row, the same moments of `after` in the row below."""
    wanted = [round((i + 0.5) * frames / SHEET_FRAMES) for i in range(SHEET_FRAMES)]
    wanted = sorted({min(n, frames - 1) for n in wanted})
    width, height = SHEET_CELL
    select = "+".join(f"eq(n,{n})" for n in wanted)
    row = (
        f"select='{select}',scale={width}:{height}:force_original_aspect_ratio=decrease,setsar=1,"
        f"format=rgb24,pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,tile={len(wanted)}x1:padding=4"
    )
    base = os.path.splitext(sheet)[0]
    one_picture = Gst.Structure.new_from_string("options,update=1")
    rows = [f"{base}-row{i}.png" for i in (1, 2)]
    for source, target in zip((before, after), rows):
        run(
            build(
                ("containersrc", {"location": source}),
                ("graphfilter", {"filter-sequence": row}),
                ("containersink", {"location": target, "container-options": one_picture}),
            )
        )
    run(
        build(
            ("containersrc", {"location": f"{base}-row%d.png"}),
            ("graphfilter", {"filter-sequence": "tile=1x2:padding=4"}),
            ("containersink", {"location": sheet, "container-options": one_picture}),
        )
    )
    for name in rows:
        os.unlink(name)


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    source, target, sheet = sys.argv[1:4]
    filters = sys.argv[4] if len(sys.argv) == 5 else FILTERS
    Gst.init(None)

    print(f"containersrc location={source}")
    print(f'  ! graphfilter filter-sequence="{filters}"')
    print(f"  ! containersink location={target} codec=libx264", flush=True)
    pipeline = build(
        ("containersrc", {"location": source}),
        ("graphfilter", {"filter-sequence": filters}),
        ("containersink", {"location": target, "codec": "libx264"}),
    )
    progress = Progress()
    frames, stopped = run(pipeline, progress)
    seconds = time.monotonic() - progress.started
    size = os.path.getsize(target) / 1e6
    if frames:
        contact_sheet(source, target, frames, sheet)
    if stopped:
        print("Stopped. What was written by then is a whole file that plays.")
    print(
        f"Wrote {target}: {frames} frames in {seconds:.1f} s, {size:.2f} MB. "
        f"Before and after: {sheet}"
    )


if __name__ == "__main__":
    main()
