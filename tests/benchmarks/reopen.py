#!/usr/bin/python3
# gst-framewise: how long opening a file takes whose index is saved, beside libavformat's opening.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opens a file of 170,000 frames whose index is saved and asks how many frames it has, and opens it with
avformat_open_input alone, in turn.
"""
import importlib
import os
import subprocess
import sys

import race

N_FRAMES = 170000


def make_clip(build):
    """The pictures of the long clip of the scan, over and over."""
    path = os.path.join(race.folder(build), "longest.mp4")
    if not os.path.exists(path):
        scan = importlib.import_module("scan")
        clip = scan.make_long_clip(build)
        print(f"Making {path} (once) ...", flush=True)
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", str(N_FRAMES // scan.LONG),
             "-i", clip, "-c", "copy", "-frames:v", str(N_FRAMES), "-f", "mp4", path + ".part"],
            check=True)
        os.rename(path + ".part", path)
    return path


def main():
    arguments = race.parse(race.argument_parser(__doc__))
    build = arguments.build
    in_container = importlib.import_module("scan").in_container
    program = race.program(build, "reopen")
    cache = os.path.join(race.folder(build), "indexes")
    results = {}
    complete = True
    print(f"Opening {N_FRAMES} frames, H.264; medians of {arguments.rounds} rounds", flush=True)
    for container in ("mp4", "mkv", "ts"):
        clip = in_container(make_clip(build), container)
        runs = race.run({"open": [program, "open", clip, cache],
                         "open, find streams": [program, "streams", clip, cache],
                         "reader": [program, "reader", clip, cache]}, build, arguments.rounds)
        race.print_table(container, runs, "open", {"open": 0, "open, find streams": 0,
                                                   "reader": N_FRAMES})
        results[container] = runs
        complete = complete and all(rounds for rounds in runs.values()) and all(
            run["frames"] == N_FRAMES for run in runs["reader"])
    race.write_results(arguments.output, make_clip(build), results)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
