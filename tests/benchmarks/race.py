# gst-framewise: programs that do the same work, timed in turn.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the commands of a race one after the other, round after round, so that a machine that gets
slower gets slower for all, and compares them within each round. Asserts nothing but that no frame is
missing.

What is timed: from before the file is opened to after the last frame, inside the program, so that
starting a process, an interpreter or GStreamer's registry does not count. For the ffmpeg CLI, where
there is no inside: the whole process, less the time of `ffmpeg -version` in the same round.
"""
import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time

FRAMES = 400


def argument_parser(doc):
    """For what every race takes."""
    parser = argparse.ArgumentParser(description=doc, epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", help="the Meson build folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", help="where every run is kept as JSON (default: BUILD/bench)")
    return parser


def parse(parser):
    arguments = parser.parse_args()
    arguments.build = os.path.abspath(arguments.build)
    arguments.output = arguments.output or folder(arguments.build)
    return arguments


def folder(build):
    """Where clips and results are."""
    path = os.path.join(build, "bench")
    os.makedirs(path, exist_ok=True)
    return path


def program(build, name):
    return os.path.join(build, "tests", "benchmarks", name)


def make_clip(build):
    """1080p, moving, with film grain; B-frames and crf 23 as x264's defaults have it."""
    path = os.path.join(folder(build), "1080p.mp4")
    if os.path.exists(path):
        return path
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
    return path


def ffmpeg(clip, *options):
    """A command that decodes the clip, its pictures as they come, and drops what comes out."""
    return ["ffmpeg", "-nostdin", "-v", "error", "-nostats", "-progress", "pipe:1", "-i", clip,
            "-map", "0:v:0", "-fps_mode", "passthrough", *options, "-f", "null", "-"]


def pipeline(build, line):
    """A command that runs `line` into a sink that takes GstVideoMeta, as video sinks do and fakesink
    does not."""
    return [program(build, "decode-pipeline"), line + " ! fakevideosink name=sink sync=false"]


def time_process(command):
    """(wall, CPU seconds, standard output) of a whole process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, output


def measure(command, environment):
    if command[0] == "ffmpeg":
        idle_wall, idle_cpu, _ = time_process(["ffmpeg", "-version"])
        wall, cpu, progress = time_process(command)
        frames = int(re.findall(r"^frame=(\d+)$", progress, re.MULTILINE)[-1])
        return {"wall": wall - idle_wall, "cpu": cpu - idle_cpu, "frames": frames}
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(result.stdout)


def run(commands, build, rounds):
    """name -> a result for each round, from name -> command; none where the command failed. A command
    prints one line of JSON, as Stopwatch does, unless it is ffmpeg."""
    environment = dict(
        os.environ,
        GST_PLUGIN_PATH=os.path.join(build, "gst"),
        GST_REGISTRY=os.path.join(folder(build), "registry.bin"),
    )
    commands = dict(commands)
    runs = {name: [] for name in commands}
    measure(next(iter(commands.values())), environment)  # warms caches
    for _ in range(rounds):
        for name, command in list(commands.items()):
            try:
                runs[name].append(measure(command, environment))
            except subprocess.CalledProcessError:
                runs[name].clear()
                del commands[name]
    return runs


def print_table(title, runs, baseline, frames_of=None):
    """Medians, and those of the ratios to `baseline` in the same round. `frames_of`: name -> how many
    frames there must be, of those where it is not FRAMES."""
    print(f"\n{title}")
    print(f"  {'':<26}{'wall s':>8}{'fps':>7}{'x ' + baseline:>14}{'min - max':>14}{'CPU s':>8}"
          f"{'x ' + baseline:>14}")
    for name, rounds in runs.items():
        if not rounds:
            print(f"  {name:<26}  failed")
            continue
        wall = statistics.median(r["wall"] for r in rounds)
        cpu = statistics.median(r["cpu"] for r in rounds)
        pairs = list(zip(rounds, runs[baseline] or rounds))
        walls = [r["wall"] / base["wall"] for r, base in pairs]
        cpus = [r["cpu"] / base["cpu"] for r, base in pairs]
        spread = f"{min(walls):.2f} - {max(walls):.2f}"
        frames = (frames_of or {}).get(name, FRAMES)
        note = "" if all(r["frames"] == frames for r in rounds) else "  FRAMES MISSING"
        print(f"  {name:<26}{f'{wall:.3f}' if wall >= 0.1 else f'{wall:.4f}':>8}{frames / wall:>7.0f}{statistics.median(walls):>14.3f}"
              f"{spread:>14}{cpu:>8.2f}{statistics.median(cpus):>14.3f}{note}")
    sys.stdout.flush()


def is_complete(results):
    """Whether every command of every race ran, and gave every frame."""
    return all(rounds and all(r["frames"] == FRAMES for r in rounds)
               for runs in results.values() for rounds in runs.values())


def write_results(directory, clip, results):
    """As JSON, by the name of the program."""
    path = os.path.join(directory, os.path.basename(sys.argv[0]).replace(".py", ".json"))
    with open(path, "w") as file:
        json.dump({"frames": FRAMES, "clip": os.path.getsize(clip), "cores": os.cpu_count(),
                   "load": os.getloadavg(), "time": time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                                                  time.gmtime()),
                   "runs": results}, file, indent=1)
    print(f"\nEvery run: {path}")
