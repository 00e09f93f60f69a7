#!/usr/bin/python3
# gst-framewise: how fast a file is decoded from beginning to end, beside those who do the same.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Decodes one 1080p H.264 clip in full, native and to RGB, with each program in turn, round after
round, so that a machine that gets slower gets slower for all. Asserts nothing.

What is timed: from before the file is opened to after the last frame, inside the program, so that
starting a process, an interpreter or GStreamer's registry does not count. For the ffmpeg CLI, where
there is no inside: the whole process, less the time of `ffmpeg -version` in the same round.
All decode with one thread per core (PyAV's own default is slice threads: here it is set to auto).
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

FRAMES = 400
BASELINE = "libav loop"


def make_clip(path):
    """1080p, moving, with film grain; B-frames and crf 23 as x264's defaults have it."""
    if os.path.exists(path):
        return
    print(f"Making {path} (once) ...", flush=True)
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-y",
         "-f", "lavfi", "-i", "mandelbrot=size=960x540:rate=30:maxiter=250:start_scale=1.6:"
         f"end_scale=0.001:end_pts={FRAMES}",
         "-vf", "scale=1920:1080,noise=alls=2:allf=t,gblur=0.8,format=yuv420p", "-frames:v", str(FRAMES),
         "-c:v", "libx264", "-preset", "fast", "-crf", "23", "-f", "mp4", path + ".part"],
        check=True,
    )
    os.rename(path + ".part", path)


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
    """name -> command; each prints a line of JSON, but for ffmpeg."""
    programs = os.path.join(build, "tests", "benchmarks")
    # Takes GstVideoMeta, as video sinks do and fakesink does not.
    sink = "fakevideosink name=sink sync=false"
    uri = "file://" + clip
    rgb = target == "rgb24"
    source = f'containersrc location="{clip}"' + (" pixel-format=rgb24" if rgb else "")
    convert = " ! videoconvert ! video/x-raw,format=RGB" if rgb else ""
    pipeline = os.path.join(programs, "decode-pipeline")
    ffmpeg = ["ffmpeg", "-nostdin", "-v", "error", "-i", clip, "-map", "0:v:0",
              "-fps_mode", "passthrough"]
    return {
        BASELINE: [os.path.join(programs, "decode-libav"), target, clip],
        "containersrc": [pipeline, f"{source} ! {sink}"],
        "ffmpeg": ffmpeg + (["-pix_fmt", "rgb24"] if rgb else []) + ["-f", "null", "-"],
        "uridecodebin": [pipeline, f'uridecodebin uri="{uri}"{convert} ! {sink}'],
        "PyAV": [sys.executable, __file__, "--pyav", target, clip],
    }


def process_times(command):
    """(wall, CPU) seconds of a whole process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(name, command, environment):
    if name == "ffmpeg":
        idle_wall, idle_cpu = process_times(["ffmpeg", "-version"])
        wall, cpu = process_times(command)
        return {"wall": wall - idle_wall, "cpu": cpu - idle_cpu, "frames": FRAMES}
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(result.stdout)


def print_table(target, runs):
    title = {"native": "in the decoder's own format", "rgb24": "to rgb24"}[target]
    print(f"\n{title}")
    print(f"  {'':<14}{'wall s':>8}{'fps':>7}{'x ' + BASELINE:>14}{'min - max':>14}{'CPU s':>8}")
    for name, rounds in runs.items():
        if not rounds:
            print(f"  {name:<14}  failed")
            continue
        wall = statistics.median(r["wall"] for r in rounds)
        cpu = statistics.median(r["cpu"] for r in rounds)
        ratios = [r["wall"] / base["wall"] for r, base in zip(rounds, runs[BASELINE])]
        spread = f"{min(ratios):.2f} - {max(ratios):.2f}"
        note = "" if all(r["frames"] == FRAMES for r in rounds) else "  FRAMES MISSING"
        print(f"  {name:<14}{wall:>8.3f}{FRAMES / wall:>7.0f}{statistics.median(ratios):>14.2f}"
              f"{spread:>14}{cpu:>8.2f}{note}")


def main():
    if sys.argv[1:2] == ["--pyav"]:
        return decode_with_pyav(*sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", help="the Meson build folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", help="JSON of every run (default: BUILD/bench/…json)")
    arguments = parser.parse_args()

    build = os.path.abspath(arguments.build)
    folder = os.path.join(build, "bench")
    os.makedirs(folder, exist_ok=True)
    clip = os.path.join(folder, "1080p.mp4")
    make_clip(clip)
    environment = dict(
        os.environ,
        GST_PLUGIN_PATH=os.path.join(build, "gst"),
        GST_REGISTRY=os.path.join(folder, "registry.bin"),
    )

    results, failed = {}, False
    print(f"Sequential decode of {FRAMES} frames, 1920x1080 H.264, on {os.cpu_count()} cores; "
          f"medians of {arguments.rounds} rounds", flush=True)
    for target in ("native", "rgb24"):
        commands = contestants(build, clip, target)
        runs = {name: [] for name in commands}
        subprocess.run(commands[BASELINE], stdout=subprocess.DEVNULL, check=True)  # warms caches
        for _ in range(arguments.rounds):
            for name, command in list(commands.items()):
                try:
                    runs[name].append(measure(name, command, environment))
                except subprocess.CalledProcessError:
                    failed = True
                    runs[name].clear()
                    del commands[name]
        print_table(target, runs)
        sys.stdout.flush()
        results[target] = runs

    output = arguments.output or os.path.join(folder, "sequential-decode.json")
    with open(output, "w") as file:
        json.dump({"frames": FRAMES, "clip": os.path.getsize(clip), "cores": os.cpu_count(),
                   "load": os.getloadavg(), "time": time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                                                  time.gmtime()),
                   "runs": results}, file, indent=1)
    print(f"\nEvery run: {output}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
