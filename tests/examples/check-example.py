#!/usr/bin/python3
# gst-framewise: runs an example as its reader would, and looks at what comes out.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: check-example.py CHECK CLIP FOLDER PROGRAM …

PROGRAM … is the example's command without its arguments; what it writes goes into FOLDER.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time


def run(*command, status=0):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    print("+", *command, "\n" + result.stdout + result.stderr, flush=True)
    assert result.returncode == status, f"exit status {result.returncode}, not {status}"
    return result


def probe(path):
    """(width, height, frames) as ffprobe counts them by decoding."""
    output = run(
        "ffprobe", "-v", "error", "-select_streams", "v:0", "-count_frames", "-of", "json",
        "-show_entries", "stream=width,height,nb_read_frames", path,
    ).stdout
    stream = json.loads(output)["streams"][0]
    return stream["width"], stream["height"], int(stream["nb_read_frames"])


def transcode_writes_every_frame(clip, folder, program):
    out = os.path.join(folder, "out file.mkv")
    run(*program, clip, out)
    width, height, frames = probe(clip)
    assert probe(out) == (512, round(512 * height / width / 2) * 2, frames)


def transcode_says_what_is_wrong(clip, folder, program):
    missing = os.path.join(folder, "missing.mp4")
    result = run(*program, missing, os.path.join(folder, "out.mkv"), status=1)
    assert missing in result.stderr and len(result.stderr.splitlines()) == 1
    assert os.listdir(folder) == [], "a failed run leaves nothing behind"


def frames_tells_of_every_frame(clip, folder, program):
    lines = run(*program, clip).stdout.splitlines()
    assert len(lines) == probe(clip)[2]
    assert [int(line.split()[0]) for line in lines] == list(range(len(lines)))
    assert "I key" in lines[0]


def numpy_gets_every_frame(clip, folder, program):
    width, height, frames = probe(clip)
    lines = run(*program, clip).stdout.splitlines()
    assert len(lines) == frames
    assert all(f"({height}, {width}, 3)" in line for line in lines)


def any_frame_by_its_number(clip, folder, program):
    listing = run("ffmpeg", "-nostdin", "-v", "error", "-autorotate", "0", "-i", clip, "-map", "0:v:0",
                  "-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "framemd5", "-").stdout
    truth = [line.split(",")[-1].strip() for line in listing.splitlines() if not line.startswith("#")]
    numbers = [17, 4, len(truth) - 1, 0, 18, -1, -len(truth)]
    lines = run(*program, clip, *map(str, numbers)).stdout.splitlines()
    assert [line.split()[-1] for line in lines] == [truth[number] for number in numbers], lines

    refused = subprocess.run([*program, clip, str(len(truth))], capture_output=True, text=True)
    assert refused.returncode == 1 and f"no frame {len(truth)}" in refused.stderr, refused


def filters_change_while_frames_flow(clip, folder, program):
    out = os.path.join(folder, "out.mkv")
    lines = run(*program, clip, out).stdout.splitlines()
    def sums(path, *filters):
        listing = run("ffmpeg", "-nostdin", "-v", "error", "-autorotate", "0", "-i", path, "-fps_mode",
                      "passthrough", "-vf", ",".join(filters), "-c:v", "rawvideo", "-f", "framemd5", "-").stdout
        return [line.split(",")[-1] for line in listing.splitlines() if not line.startswith("#")]

    half = "drawbox=color={}@0.5:t=fill:w=iw/2:enable='between(n,{},{})'"
    expected = sums(clip, half.format("red", 10, 14), half.format("blue", 15, 19))[:20]
    expected += sums(clip, "drawbox=color=red@0.5:t=fill", "hflip")[20:]
    assert sums(out, "null") == expected
    frames = probe(clip)[2]
    assert probe(out)[2] == frames
    assert len([line for line in lines if "brightness" in line]) == frames, lines
    assert len([line for line in lines if line.startswith("other filters from")]) == 2, lines
    assert [line for line in lines if line.startswith("warning:") and "`nosuch`" in line], lines


def demo_makes_video_and_picture(clip, folder, program):
    out, sheet = os.path.join(folder, "after.mkv"), os.path.join(folder, "sheet.png")
    result = run(*program, clip, out, sheet)
    frames = probe(clip)[2]
    assert probe(out)[0] == 512 and probe(out)[2] == frames
    width, height, pictures = probe(sheet)
    assert pictures == 1 and width > 6 * 320 and height > 2 * 180
    last = result.stdout.splitlines()[-1]
    assert out in last and sheet in last and f"{frames} frames" in last
    assert sorted(os.listdir(folder)) == ["after.mkv", "sheet.png"]


def demo_stopped_leaves_a_file_that_plays(clip, folder, program):
    long_clip = os.path.join(folder, "long.mkv")
    run("ffmpeg", "-nostdin", "-v", "error", "-stream_loop", "-1", "-i", clip, "-c", "copy",
        "-t", "600", long_clip)
    out, sheet = os.path.join(folder, "after.mkv"), os.path.join(folder, "sheet.png")
    demo = subprocess.Popen([*program, long_clip, out, sheet], stdout=subprocess.PIPE, text=True)
    while not (os.path.exists(out) and os.path.getsize(out) > 1000):
        assert demo.poll() is None, "it ended before it could be stopped"
        time.sleep(0.05)
    demo.send_signal(signal.SIGINT)
    output = demo.communicate()[0]
    print(output)
    assert demo.returncode == 0, demo.returncode
    assert "plays" in output
    assert 0 < probe(out)[2] < probe(long_clip)[2]


def sums_of_frames(clip, *options):
    listing = run("ffmpeg", "-v", "error", "-i", clip, "-fps_mode", "passthrough", *options, "-pix_fmt", "rgb24",
                  "-c:v", "rawvideo", "-f", "framemd5", "-").stdout
    return [line.split(",")[-1].strip() for line in listing.splitlines() if not line.startswith("#")]


def random_frames_are_the_right_ones(clip, folder, program):
    truth = sums_of_frames(clip)
    wanted = [17, 3, -1, 0, 17]
    lines = run(*program, clip, *map(str, wanted)).stdout.splitlines()
    assert [line.split()[-1] for line in lines] == [truth[number] for number in wanted], lines
    filtered = sums_of_frames(clip, "-vf", "tmix=frames=3")
    lines = run(*program, "--filter", "tmix=frames=3", clip, *map(str, wanted)).stdout.splitlines()
    assert [line.split()[-1] for line in lines] == [filtered[number] for number in wanted], lines
    result = run(*program, clip, "100000", status=1)
    assert "There is no frame 100000" in result.stderr and not result.stdout, result


def write_frames_writes_them_all(clip, folder, program):
    out = os.path.join(folder, "out.mkv")
    assert run(*program, out, "20").stdout == "20 frames\n"
    assert probe(out) == (160, 120, 20)
    assert len(set(sums_of_frames(out))) == 20, "the bar does not move"
    half = os.path.join(folder, "half.mkv")
    assert run(*program, "--filter", "fps=50/4,scale=80:-2", half, "20").stdout == "10 frames\n"
    assert probe(half) == (80, 60, 10)
    result = run(*program, os.path.join(folder, "none.mkv"), "0", status=1)
    assert "no frame" in result.stderr and len(result.stderr.splitlines()) == 1
    assert sorted(os.listdir(folder)) == ["half.mkv", "out.mkv"]


def run_section(readme, heading):
    """Runs all indented lines of a section, as they stand. Returns the names that they made."""
    section = open(readme).read().split(f"## {heading}\n")[1].split("\n## ")[0]
    code = "\n".join(line[4:] for line in section.splitlines() if line.startswith("    ") or not line)
    assert code.strip(), section
    names = {}
    exec(compile(code, readme, "exec"), names)
    return names


def python_of_the_readme_runs(clip, folder, program):
    os.symlink(clip, os.path.join(folder, "in.mp4"))
    os.chdir(folder)
    names = run_section(*program)
    assert names["some"].shape == (4, *names["last"].shape) and names["last"].shape[2] == 3
    assert names["frame"].shape[1] == 320 and names["number"] == probe(clip)[2]
    assert names["gray"].dtype.itemsize == 2 and names["luma"].ndim == 2


def writing_of_the_readme_runs(clip, folder, program):
    os.chdir(folder)
    run_section(*program)
    assert probe("out.mp4") == (320, 240, 112)
    assert probe("slow.mkv") == (320, 240, 100)
    assert probe("raw.mkv")[2] == 1
    assert sorted(os.listdir()) == ["out.mp4", "raw.mkv", "slow.mkv"]


def main():
    check, clip, folder, *program = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    globals()[check](clip, folder, program)


if __name__ == "__main__":
    main()
