#!/usr/bin/python3
# gst-framewise: how long the scan for an index takes, beside reading the packets alone.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the frame table of a file (no picture decoded) and reads its packets with a bare av_read_frame
loop, in turn: 1,400 frames of 1080p and 30,000 tiny ones, in MP4, Matroska and MPEG-TS.
"""
import importlib
import os
import subprocess
import sys

import race

CONTAINERS = ("mp4", "mkv", "ts")
LONG = 30000


def make_long_clip(build):
    path = os.path.join(race.folder(build), "long.mp4")
    if not os.path.exists(path):
        print(f"Making {path} (once) ...", flush=True)
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-y",
             "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-frames:v", str(LONG),
             "-c:v", "libx264", "-preset", "ultrafast", "-bf", "3", "-crf", "40", "-f", "mp4",
             path + ".part"], check=True)
        os.rename(path + ".part", path)
    return path


def in_container(clip, container):
    path = clip.replace(".mp4", "." + container)
    if not os.path.exists(path):
        muxer = {"mkv": "matroska", "ts": "mpegts"}[container]
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", clip, "-c", "copy",
                        "-f", muxer, path + ".part"], check=True)
        os.rename(path + ".part", path)
    return path


def main():
    arguments = race.parse(race.argument_parser(__doc__))
    build = arguments.build
    reads = importlib.import_module("random-read")
    clips = {
        f"{reads.N_FRAMES} frames, 1920x1080": (reads.make_clip(build, reads.GOP, "1920x1080"),
                                                reads.N_FRAMES),
        f"{LONG} frames, 320x180": (make_long_clip(build), LONG),
    }
    program = race.program(build, "scan")
    results = {}
    complete = True
    print(f"Scanning packets, H.264; medians of {arguments.rounds} rounds", flush=True)
    for name, (clip, frames) in clips.items():
        race.FRAMES = frames
        for container in CONTAINERS:
            path = in_container(clip, container)
            runs = race.run({"packets": [program, "bare", path],
                             "frame table": [program, "index", path]}, build, arguments.rounds)
            race.print_table(f"{name}, {container}", runs, "packets")
            results[f"{name}, {container}"] = runs
            complete = complete and race.is_complete({name: runs})
    race.write_results(arguments.output, clip, results)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
