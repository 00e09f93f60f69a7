#!/usr/bin/python3
# gst-framewise: how long single frames take, by number, beside those who do the same.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads frames of H.264 clips by number, at random, with each program in turn. Frames stay in the decoder's format, or become BGR24 with everybody, as OpenCV gives no other.
Opening and indexing are not timed. Each frame is compared with what the same program gives when it
reads all frames one after the other; ours, libav's and FFMS2's with one and the same linear decode.
"""
import json
import os
import random
import resource
import subprocess
import sys
import time

import race

SIZES = ["1920x1080", "640x360"]
GOP = 250
N_FRAMES = 1400
READS = 10


def make_clip(build, gop, size):
    """B-frames (a pyramid of 3) and one slice per picture as x264's defaults have them."""
    path = os.path.join(race.folder(build), f"gop{gop}-{size}.mp4")
    if os.path.exists(path):
        return path
    print(f"Making {path} (once) ...", flush=True)
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-y",
         "-f", "lavfi", "-i", "mandelbrot=size=480x270:rate=30:maxiter=100:start_scale=1.6:"
         f"end_scale=0.001:end_pts={N_FRAMES}",
         "-vf", f"scale={size}:flags=bilinear,format=yuv420p",
         "-frames:v", str(N_FRAMES), "-c:v", "libx264", "-preset", "veryfast", "-crf", "23",
         "-g", str(gop), "-f", "mp4", path + ".part"],
        check=True,
    )
    os.rename(path + ".part", path)
    return path


def hashes_of(path, command):
    """Where the output of `command` is kept: hashes of all frames in order."""
    if not os.path.exists(path):
        with open(path + ".part", "w") as file:
            subprocess.run(command, check=True, stdout=file)
        os.rename(path + ".part", path)
    return path


def read_with_opencv(path, hashes, numbers):
    import zlib

    import cv2

    def hash_of(picture):
        return f"{zlib.crc32(picture):08x}"

    capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    if hashes == "-":
        while True:
            more, picture = capture.read()
            if not more:
                return
            print(hash_of(picture))
    with open(hashes) as file:
        expected = file.read().split()
    wall = cpu = 0
    right = 0
    for number in map(int, numbers):
        usage = resource.getrusage(resource.RUSAGE_SELF)
        cpu -= usage.ru_utime + usage.ru_stime
        wall -= time.perf_counter()
        capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        _, picture = capture.read()
        wall += time.perf_counter()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        cpu += usage.ru_utime + usage.ru_stime
        right += hash_of(picture) == expected[number]
    print(json.dumps({"wall": wall, "cpu": cpu, "frames": right}))


def contestants(build, clip, target, numbers):
    program = race.program(build, "random-read")
    every = [str(number) for number in range(N_FRAMES)]
    chosen = [str(number) for number in numbers]
    stem = f"{clip}.{target}"
    ours = hashes_of(stem + ".hashes", [program, "hashes", target, clip])
    commands = {
        "framewise": [program, "framewise", target, clip, ours, *chosen],
        "framewise, next known": [program, "hinted", target, clip, ours, *chosen],
    }
    if target == "native":
        commands["libav"] = [program, "libav", target, clip, ours, *chosen]
        theirs = ours
    else:
        theirs = hashes_of(stem + ".ffms2", [program, "ffms2", target, clip, "-", *every])
        opencv = [sys.executable, __file__, "--opencv", clip]
        commands["OpenCV"] = [*opencv, hashes_of(stem + ".opencv", [*opencv, "-"]), *chosen]
    commands["FFMS2"] = [program, "ffms2", target, clip, theirs, *chosen]
    return commands


def main():
    if sys.argv[1:2] == ["--opencv"]:
        return read_with_opencv(sys.argv[2], sys.argv[3], sys.argv[4:])
    arguments = race.parse(race.argument_parser(__doc__))
    build = arguments.build
    numbers = random.Random(1).sample(range(N_FRAMES), READS)
    race.FRAMES = READS
    results = {}
    complete = True
    for name in SIZES:
        clip = make_clip(build, GOP, name)
        print(f"{READS} random frames of {N_FRAMES}, {name} H.264, GOP {GOP}, on {os.cpu_count()} "
              f"cores; medians of {arguments.rounds} rounds", flush=True)
        for target, baseline in {"native": "FFMS2", "bgr24": "OpenCV"}.items():
            runs = race.run(contestants(build, clip, target, numbers), build, arguments.rounds)
            race.print_table(f"{name}, {target}", runs, baseline)
            results[f"{name}, {target}"] = runs
        # Others may miss frames; ours may not.
        complete = complete and all(
            run["frames"] == READS for runs in results.values()
            for who in runs if who.startswith("framewise") for run in runs[who])
    race.write_results(arguments.output, clip, results)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
