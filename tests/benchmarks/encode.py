#!/usr/bin/python3
# gst-framewise: how fast a file is encoded anew, beside ffmpeg with the same encoder.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Encodes one 1080p clip through `containersrc ! containersink` and with the ffmpeg command, into Matroska,
with the same encoder, options and threads. The packets of both must be the same.
"""
import os
import subprocess
import sys

import race

BASELINE = "ffmpeg"
ENCODERS = {
    "libx264": {"preset": "veryfast"},
    "mpeg4": {"b": "8M"},
    "ffv1": {},
    "libx265": {"preset": "ultrafast"},
}


def make_raw_clip(build):
    """The pictures of the clip without compression, so that it is the encoder that is timed."""
    path = os.path.join(race.folder(build), "1080p.y4m")
    if not os.path.exists(path):
        print(f"Making {path} (once) ...", flush=True)
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", race.make_clip(build),
                        "-frames:v", "200", "-f", "yuv4mpegpipe", path + ".part"],
                       check=True)
        os.rename(path + ".part", path)
    return path


def contestants(build, clip, codec, options, outputs):
    words = [word for key, value in options.items() for word in (f"-{key}:v", value)]
    fields = ",".join(f"{key}={value}" for key, value in options.items())
    given = f'codec-options="o,{fields}"' if options else ""
    return {
        BASELINE: ["ffmpeg", "-nostdin", "-v", "error", "-nostats", "-progress", "pipe:1", "-y",
                   "-i", clip, "-map", "0:v:0", "-c:v", codec, *words, "-threads", "2",
                   "-f", "matroska", outputs[0]],
        "containersink": [race.program(build, "decode-pipeline"),
                          f'containersrc location="{clip}" ! containersink name=sink codec={codec} '
                          f'{given} thread-count=2 container=matroska location="{outputs[1]}"'],
    }


def packets(path):
    """A checksum of each, without the name of the muxer's library and other lines about the file."""
    lines = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-c", "copy",
                            "-f", "framehash", "-hash", "md5", "-"], check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    return [line.split(",")[-1].strip() for line in lines.splitlines() if not line.startswith("#")]


def main():
    arguments = race.parse(race.argument_parser(__doc__))
    build = arguments.build
    clip = make_raw_clip(build)
    race.FRAMES = 200
    outputs = [os.path.join(race.folder(build), f"encoded-{who}.mkv") for who in ("a", "b")]
    print(f"Encoding {race.FRAMES} frames, 1920x1080, 2 threads, on {os.cpu_count()} cores; medians "
          f"of {arguments.rounds} rounds", flush=True)
    results = {}
    same = True
    for codec, options in ENCODERS.items():
        results[codec] = race.run(contestants(build, clip, codec, options, outputs), build,
                                  arguments.rounds)
        race.print_table(" ".join([codec, *map("=".join, options.items())]), results[codec], BASELINE)
        if packets(outputs[0]) != packets(outputs[1]):
            print("  THE PACKETS DIFFER")
            same = False
    for path in outputs:
        os.remove(path)
    race.write_results(arguments.output, clip, results)
    return 0 if same and race.is_complete(results) else 1


if __name__ == "__main__":
    sys.exit(main())
