#!/usr/bin/python3
# gst-framewise: how fast a file is decoded and filtered, beside ffmpeg with the same filters.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Decodes one 1080p H.264 clip in full through `containersrc ! graphfilter`, through `ffmpeg -vf` and, if
asked to, through a bare loop over libav, with each of some filters. Decoder and filters have one
thread per core everywhere.
"""
import os
import sys

import race

BASELINE = "ffmpeg"
SEQUENCES = ["scale=1280:720", "hflip", "yadif", "unsharp"]
# From one way in to one way out: named for graphfilter, found for ffmpeg and libavfilter.
GRAPHS = ["{}split[a][b];[b]scale=480:270[c];[a][c]overlay=40:40{}"]


def contestants(build, clip, text, element_property, element_text):
    return {
        BASELINE: race.ffmpeg(clip, "-vf", text),
        "containersrc, graphfilter": race.pipeline(
            build, f'containersrc location="{clip}" ! graphfilter {element_property}="{element_text}"'),
        "libav loop": [race.program(build, "decode-libav"), "filters=" + text, clip],
    }


def main():
    parser = race.argument_parser(__doc__)
    parser.add_argument("--libav-loop", action="store_true", help="time the bare loop as well")
    arguments = race.parse(parser)
    build = arguments.build
    clip = race.make_clip(build)
    races = {text: contestants(build, clip, text, "filter-sequence", text) for text in SEQUENCES}
    for graph in GRAPHS:
        text = graph.format("", "")
        races[text] = contestants(build, clip, text, "filter-graph",
                                  graph.format("[video_in]", "[video_out]"))
    print(f"Filtered decode of {race.FRAMES} frames, 1920x1080 H.264, on {os.cpu_count()} cores; "
          f"medians of {arguments.rounds} rounds", flush=True)
    results = {}
    for text, commands in races.items():
        if not arguments.libav_loop:
            del commands["libav loop"]
        results[text] = race.run(commands, build, arguments.rounds)
        race.print_table(text, results[text], BASELINE)
    race.write_results(arguments.output, clip, results)
    return 0 if race.is_complete(results) else 1


if __name__ == "__main__":
    sys.exit(main())
