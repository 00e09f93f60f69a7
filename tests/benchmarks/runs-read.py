#!/usr/bin/python3
# gst-framewise: backwards beside forwards, and a batch beside all.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads all frames of a clip by number, forwards and backwards, where a group of pictures fits the
cache; and 100 frames out of 1,400, sorted, beside a linear decode of all of them without an index.
The reader is told which number comes next, except where it says so. Each frame is compared with a
linear decode.
"""
import importlib
import os
import random
import sys

import race

N_FRAMES = 1400
BATCH = 100


def commands_for(build, clip, orders):
    reads = importlib.import_module("random-read")
    program = race.program(build, "random-read")
    hashes = reads.hashes_of(clip + ".native.hashes", [program, "hashes", "native", clip])
    return {name: [program, who, "native", clip, hashes, *map(str, numbers)]
            for name, (who, numbers) in orders.items()}


def main():
    arguments = race.parse(race.argument_parser(__doc__))
    build = arguments.build
    make_clip = importlib.import_module("random-read").make_clip
    every = list(range(N_FRAMES))
    batch = sorted(random.Random(1).sample(every, BATCH))
    results = {}
    clip = make_clip(build, 60, "640x360")
    race.FRAMES = N_FRAMES
    print(f"All {N_FRAMES} frames, 640x360 H.264, GOP 60, on {os.cpu_count()} cores; medians of "
          f"{arguments.rounds} rounds", flush=True)
    results["backwards"] = race.run(commands_for(build, clip, {
        "forwards": ("hinted", every),
        "backwards": ("hinted", every[::-1]),
        "backwards, not told": ("framewise", every[::-1]),
    }), build, arguments.rounds)
    race.print_table("backwards", results["backwards"], "forwards")
    complete = race.is_complete(results)
    for gop in (60, 250):
        clip = make_clip(build, gop, "640x360")
        name = f"a batch of {BATCH}, GOP {gop}"
        results[name] = race.run(commands_for(build, clip, {
            "all, linear": ("linear", every),
            "batch": ("hinted", batch),
            "batch, not told": ("framewise", batch),
        }), build, arguments.rounds)
        race.print_table(name, results[name], "all, linear",
                         {"batch": BATCH, "batch, not told": BATCH})
        complete = complete and all(
            run["frames"] == (N_FRAMES if who == "all, linear" else BATCH)
            for who, runs in results[name].items() for run in runs)
    race.write_results(arguments.output, clip, results)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
