#!/usr/bin/python3
# gst-framewise: how fast a file is decoded from beginning to end, beside those who do the same.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Decodes one 1080p H.264 clip in full, native and to RGB, with each program in turn. All decode with
one thread per core (PyAV's own default is slice threads: here it is set to auto).
"""
import json
import os
import resource
import sys
import time

import race

BASELINE = "libav loop"


def decode_with_pyav(target, path):
    import av

    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = -(usage.ru_utime + usage.ru_stime)
    wall = -time.perf_counter()
    frames = 0
    with av.open(path) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            if target == "rgb24":
                frame.to_ndarray(format="rgb24")
            frames += 1
    wall += time.perf_counter()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu += usage.ru_utime + usage.ru_stime
    print(json.dumps({"wall": wall, "cpu": cpu, "frames": frames}))


def contestants(build, clip, target):
    uri = "file://" + clip
    rgb = target == "rgb24"
    source = f'containersrc location="{clip}"' + (" pixel-format=rgb24" if rgb else "")
    convert = " ! videoconvert ! video/x-raw,format=RGB" if rgb else ""
    return {
        BASELINE: [race.program(build, "decode-libav"), target, clip],
        "containersrc": race.pipeline(build, source),
        "ffmpeg": race.ffmpeg(clip, *(["-pix_fmt", "rgb24"] if rgb else [])),
        "uridecodebin": race.pipeline(build, f'uridecodebin uri="{uri}"{convert}'),
        "PyAV": [sys.executable, __file__, "--pyav", target, clip],
    }


def main():
    if sys.argv[1:2] == ["--pyav"]:
        return decode_with_pyav(*sys.argv[2:])
    arguments = race.parse(race.argument_parser(__doc__))
    build = arguments.build
    clip = race.make_clip(build)
    print(f"Sequential decode of {race.FRAMES} frames, 1920x1080 H.264, on {os.cpu_count()} cores; "
          f"medians of {arguments.rounds} rounds", flush=True)
    results = {}
    for target, title in {"native": "in the decoder's own format", "rgb24": "to rgb24"}.items():
        results[target] = race.run(contestants(build, clip, target), build, arguments.rounds)
        race.print_table(title, results[target], BASELINE)
    race.write_results(arguments.output, clip, results)
    return 0 if race.is_complete(results) else 1


if __name__ == "__main__":
    sys.exit(main())
