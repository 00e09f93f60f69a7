#!/usr/bin/python3
# gst-framewise: gst-launch-1.0 as people run it, with what goes wrong: it ends by itself and says why.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: check-launch.py CASE GST_LAUNCH CLIPS FOLDER

CLIPS is what tests/media makes; what a case writes goes into FOLDER.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

TIMEOUT = 60  # seconds, after which a process counts as hanging
RUNS = 5      # of what an opening thread may report before or after gst-launch listens

COMPLAINT = re.compile(r"CRITICAL|WARNING \*\*|ERROR \*\*|Caught SIG|[Aa]ssertion .*failed")


def show(command, status, output):
    print("+", *command, f"\n{output}\n= {status}", flush=True)


def check_quiet(output):
    complaint = COMPLAINT.search(output)
    assert not complaint, f"`{complaint and complaint.group()}` in the output"


class Launch:
    """gst-launch-1.0 started on a pipeline, its output going into a file that may be read meanwhile."""

    def __init__(self, case, *arguments):
        self.command = [case.gst_launch, *arguments]
        self.path = os.path.join(case.folder, "output.txt")
        with open(self.path, "wb") as output:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=subprocess.STDOUT)

    def output(self):
        with open(self.path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for(self, condition, what):
        end = time.monotonic() + TIMEOUT
        while not condition():
            assert self.process.poll() is None, f"it ended before {what}:\n{self.output()}"
            if time.monotonic() > end:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"no {what} within {TIMEOUT} s:\n{self.output()}")
            time.sleep(0.02)

    def end(self):
        """(exit status, output) once it has ended by itself."""
        try:
            status = self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            show(self.command, "hangs", self.output())
            raise AssertionError(f"still running after {TIMEOUT} s") from None
        output = self.output()
        show(self.command, status, output)
        assert status >= 0, f"ended by signal {-status}"
        check_quiet(output)
        return status, output

    def end_without_error(self):
        assert "ERROR" not in self.end()[1], "an error in the output"


class Case:
    def __init__(self, gst_launch, clips, folder):
        self.gst_launch, self.clips, self.folder = gst_launch, clips, folder

    def clip(self, name):
        path = os.path.join(self.clips, name)
        assert os.path.exists(path), path
        return path

    def file(self, name):
        return os.path.join(self.folder, name)

    def refused(self, pipeline, *names, runs=1):
        """gst-launch ends by itself, and the first error it prints holds all of `names`, every time."""
        for _ in range(runs):
            status, output = Launch(self, *pipeline).end()
            assert status != 0, "exit status 0"
            errors = re.findall(r"^ERROR: from element .*", output, re.MULTILINE)
            assert errors, "no ERROR of an element in the output"
            for name in names:
                assert name in errors[0], f"`{name}` is not named in the first error"

    def input_refused(self, location, *names):
        self.refused(["containersrc", f"location={location}", "!", "fakesink"],
                     *(names or [location]), runs=RUNS)

    def filter_refused(self, setting, *names):
        self.refused(["videotestsrc", "num-buffers=3", "!", "graphfilter", setting, "!", "fakesink"],
                     *names, runs=RUNS)

    def output_refused(self, *settings, names, caps="video/x-raw,width=64,height=48"):
        self.refused(["videotestsrc", "num-buffers=30", "!", caps, "!", "containersink", *settings],
                     *names, runs=RUNS)

    def frames(self, path):
        """How many frames ffprobe decodes."""
        result = subprocess.run(
            ["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_frames", "-of", "json",
             "-show_entries", "stream=nb_read_frames", path],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT)
        print(result.stdout, flush=True)
        assert result.returncode == 0, f"ffprobe does not read {path}"
        return int(json.loads(result.stdout)["streams"][0]["nb_read_frames"])

    def interrupted_recording(self, name, *flags):
        """Ctrl-C while it writes leaves a file that plays."""
        path = self.file(name)
        launch = Launch(self, *flags, "videotestsrc", "is-live=true", "pattern=snow", "!",
                        "video/x-raw,width=160,height=120,framerate=30/1", "!", "containersink",
                        f"location={path}")
        launch.wait_for(lambda: os.path.exists(path) and os.path.getsize(path) > 20000,
                        "20000 bytes written")
        launch.process.send_signal(signal.SIGINT)
        launch.end_without_error()
        assert self.frames(path) > 0


# ---- Input --------------------------------------------------------------------------------------

def input_that_is_missing(case):
    case.input_refused(case.file("missing.mp4"))


def input_that_is_a_directory(case):
    os.mkdir(case.file("a folder"))
    case.input_refused(case.file("a folder"))


def input_that_is_empty(case):
    case.input_refused(case.clip("empty.mp4"))


def input_that_is_text_named_mp4(case):
    case.input_refused(case.clip("text.mp4"))


def input_that_is_text(case):
    case.input_refused(case.clip("text.txt"))


def input_that_is_garbage(case):
    case.input_refused(case.clip("garbage.mp4"))


def input_without_its_index(case):
    case.input_refused(case.clip("truncated.mp4"))


def input_without_video(case):
    case.input_refused(case.clip("audio-only.m4a"))


def input_of_unknown_protocol(case):
    case.input_refused("nosuch://host/x.mp4")


def input_from_a_refused_connection(case):
    case.input_refused("http://127.0.0.1:1/x.mp4")


# ---- Filters ------------------------------------------------------------------------------------

def filter_that_is_missing(case):
    case.filter_refused("filter-sequence=nosuchfilter", "nosuchfilter")


def filter_with_an_unknown_option(case):
    case.filter_refused("filter-sequence=scale=nosuchoption=3", "scale", "nosuchoption")


def filter_graph_without_its_output(case):
    case.filter_refused("filter-graph=[video_in]hflip[out]", "video_out")


def filter_graph_with_a_label_nobody_writes(case):
    case.filter_refused("filter-graph=[video_in][nosuchlabel]overlay[video_out]", "nosuchlabel")


# ---- Output -------------------------------------------------------------------------------------

def encoder_that_is_missing(case):
    case.output_refused(f"location={case.file('out.mkv')}", "codec=nosuchcodec",
                        names=["nosuchcodec"])


def muxer_that_is_missing(case):
    case.output_refused(f"location={case.file('out.mkv')}", "container=nosuchmuxer",
                        names=["nosuchmuxer"])


def output_into_a_missing_folder(case):
    path = os.path.join(case.folder, "missing", "out.mkv")
    case.output_refused(f"location={path}", names=[path])


def output_to_a_full_disk(case):
    case.output_refused("location=/dev/full", "container=matroska", names=["/dev/full"])


def odd_size_that_the_encoder_refuses(case):
    case.output_refused(f"location={case.file('out.mkv')}", "codec=libx264", "pixel-format=yuv420p",
                        names=["libx264", "65x49"], caps="video/x-raw,width=65,height=49")


def encoder_option_that_nobody_consumes(case):
    case.output_refused(f"location={case.file('out.mkv')}", "codec-options=o,nosuchoption=1",
                        names=["nosuchoption"])


def muxer_option_that_nobody_consumes(case):
    case.output_refused(f"location={case.file('out.mkv')}", "container-options=o,nosuchoption=1",
                        names=["nosuchoption"])


# ---- Ctrl-C -------------------------------------------------------------------------------------

def interrupted_mkv_plays(case):
    case.interrupted_recording("out.mkv")


def interrupted_mkv_with_eos_plays(case):
    case.interrupted_recording("out.mkv", "-e")


def interrupted_mp4_plays(case):
    case.interrupted_recording("out.mp4")


def interrupted_mp4_with_eos_plays(case):
    case.interrupted_recording("out.mp4", "-e")


def wait_for_a_reader(fifo):
    """Opens `fifo` for writing once somebody opens it for reading; None as long as nobody does."""
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def interrupted_before_a_fifo_has_a_writer(case):
    fifo = case.file("fifo.nut")
    os.mkfifo(fifo)
    launch = Launch(case, "containersrc", f"location={fifo}", "!", "fakesink")
    launch.wait_for(lambda: "PREROLL" in launch.output(), "preroll")
    # To look whether it has opened the FIFO would be to open it, and to wake it. Without this it is
    # at times interrupted before it opens, which must go well too.
    time.sleep(0.5)
    launch.process.send_signal(signal.SIGINT)
    launch.end_without_error()


def interrupted_while_a_fifo_is_silent(case):
    fifo = case.file("fifo.nut")
    os.mkfifo(fifo)
    launch = Launch(case, "containersrc", f"location={fifo}", "!", "fakesink")
    writer = []

    def opened():
        descriptor = wait_for_a_reader(fifo)
        if descriptor is not None:
            writer.append(descriptor)
        return writer

    launch.wait_for(opened, "reader of the FIFO")
    launch.wait_for(lambda: "PREROLL" in launch.output(), "preroll")
    launch.process.send_signal(signal.SIGINT)
    launch.end_without_error()
    os.close(writer[0])


def main():
    name, gst_launch, clips, folder = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    globals()[name](Case(gst_launch, clips, folder))


if __name__ == "__main__":
    main()
