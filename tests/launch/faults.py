# gst-framewise: what containersink leaves when writing fails: one error that says why, and no wreck.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: faults.py GST_LAUNCH [UNITTEST-OPTION …]"""
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

GST_LAUNCH = sys.argv.pop(1)
LIMIT = 2_000_000
SOURCE = "videotestsrc pattern=snow num-buffers=500 ! video/x-raw,format=I420,width=320,height=240 !".split()
# Those that need no end to be read.
STREAMS = {"mkv": "matroska", "ts": "mpegts", "mp4": "mp4"}
FRAGMENTS = "container-options=o,movflags=+frag_keyframe+empty_moov+default_base_moof"


def limit_file_size():
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


def frames_in(path, stream="v:0"):
    words = subprocess.run(
        ["ffprobe", "-v", "quiet", "-count_frames", "-select_streams", stream, "-show_entries",
         "stream=nb_read_frames", "-of", "default=nw=1:nk=1", path],
        stdout=subprocess.PIPE, text=True).stdout.split()
    return int(words[0]) if words else 0


class Faults(unittest.TestCase):
    second_pad = []

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="framewise-faults-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def at(self, name):
        return os.path.join(self.folder, name)

    def command(self, location, *properties):
        return [GST_LAUNCH, *SOURCE, "containersink", "name=sink", "codec=mpeg4",
                "max-keyframe-interval=12", "location=" + location, *properties, *self.second_pad]

    def expect_one_error(self, status, output, *words):
        errors = [line for line in output.splitlines() if line.startswith("ERROR: from element")]
        sinks = [line for line in errors if "containersink" in line.lower() or "sink:" in line]
        self.assertEqual(len(sinks), 1, output)
        for word in words:
            self.assertIn(word, sinks[0])
        self.assertGreater(status, 0, output)  # below 0: killed by a signal
        self.assertNotIn("CRITICAL", output)

    def fails(self, command, *words, **keywords):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=60,
                              **keywords)
        self.expect_one_error(done.returncode, done.stdout, *words)

    def properties(self, extension):
        return [FRAGMENTS] if extension == "mp4" else []

    def test_limit_of_file_size(self):
        for extension in STREAMS:
            with self.subTest(extension):
                path = self.at("a." + extension)
                self.fails(self.command(path, *self.properties(extension)), "No space left", path,
                           preexec_fn=limit_file_size)
                self.assertGreater(os.path.getsize(path), LIMIT // 2)
                self.assertGreater(frames_in(path), 20)
                if self.second_pad:
                    self.assertGreater(frames_in(path, "a:0"), 20)

    def test_limit_leaves_an_older_file(self):
        path = self.at("a.mkv")
        with open(path, "w") as file:
            file.write("older")
        self.fails(self.command(path), "No space left", preexec_fn=limit_file_size)
        with open(path) as file:
            self.assertEqual(file.read(), "older")
        self.assertEqual(os.listdir(self.folder), ["a.mkv"])

    def test_full_disk(self):
        mount = self.at("small")
        os.mkdir(mount)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2000k", "tmpfs", mount],
                          stderr=subprocess.DEVNULL).returncode:
            self.skipTest("nothing can be mounted here")
        try:
            for extension in STREAMS:
                with self.subTest(extension):
                    path = os.path.join(mount, "a." + extension)
                    self.fails(self.command(path, *self.properties(extension)), "No space left", path)
                    self.assertGreater(frames_in(path), 20)
                    os.remove(path)
        finally:
            subprocess.run(["umount", mount], check=True)

    def test_reader_goes_away(self):
        for container in STREAMS.values():
            with self.subTest(container):
                read_end, write_end = os.pipe()
                writer = subprocess.Popen(
                    self.command(f"pipe:{write_end}", "container=" + container),
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    text=True, errors="replace", pass_fds=[write_end])
                os.close(write_end)
                os.read(read_end, 1000)
                os.close(read_end)
                output, _ = writer.communicate(timeout=60)
                self.expect_one_error(writer.returncode, output, f"`pipe:{write_end}`")

    def test_folder_vanishes(self):
        """Of a file nothing is noticed: it is open. A picture that has no place to go is an error."""
        folder = self.at("gone")
        os.mkdir(folder)
        writer = subprocess.Popen(
            [GST_LAUNCH, "videotestsrc", "is-live=true", "!",
             "video/x-raw,width=64,height=48,framerate=100/1", "!", "containersink",
             f"location={folder}/a%04d.png"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace")
        try:
            while not os.path.exists(folder + "/a0005.png"):
                self.assertIsNone(writer.poll())
                time.sleep(0.01)
            os.rename(folder, self.at("elsewhere"))
            output, _ = writer.communicate(timeout=60)
        finally:
            writer.kill()
            writer.wait()
        self.expect_one_error(writer.returncode, output, folder)
        self.assertGreaterEqual(len(os.listdir(self.at("elsewhere"))), 5)

    def test_older_file_in_a_folder_that_vanishes(self):
        folder = self.at("gone")
        os.mkdir(folder)
        with open(folder + "/a.mkv", "w") as file:
            file.write("older")
        writer = subprocess.Popen(
            [GST_LAUNCH, "-e", "videotestsrc", "is-live=true", "num-buffers=300", "!",
             "video/x-raw,width=64,height=48,framerate=100/1", "!", "containersink", "name=sink",
             f"location={folder}/a.mkv", *self.second_pad], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace")
        while not os.path.exists(folder + "/a.mkv.part"):
            self.assertIsNone(writer.poll())
            time.sleep(0.01)
        shutil.move(folder, self.at("elsewhere"))
        output, _ = writer.communicate(timeout=60)
        self.expect_one_error(writer.returncode, output, folder + "/a.mkv")
        with open(self.at("elsewhere/a.mkv")) as file:
            self.assertEqual(file.read(), "older")


    def test_folder_of_segments_vanishes(self):
        folder = self.at("gone")
        os.mkdir(folder)
        writer = subprocess.Popen(
            [GST_LAUNCH, "videotestsrc", "is-live=true", "!",
             "video/x-raw,width=64,height=48,framerate=100/1", "!", "containersink", "name=sink",
             "max-keyframe-interval=10", "codec-options=o,tune=zerolatency",
             "container-options=o,hls_time=0.1", f"location={folder}/a.m3u8", *self.second_pad],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace")
        try:
            while not os.path.exists(folder + "/a3.ts"):
                self.assertIsNone(writer.poll())
                time.sleep(0.01)
            os.rename(folder, self.at("elsewhere"))
            output, _ = writer.communicate(timeout=60)
        finally:
            writer.kill()
            writer.wait()
        self.expect_one_error(writer.returncode, output, folder)
        self.assertGreater(frames_in(self.at("elsewhere/a1.ts")), 5)
        if self.second_pad:
            self.assertGreater(frames_in(self.at("elsewhere/a1.ts"), "a:0"), 2)


class FaultsWithSound(Faults):
    second_pad = "audiotestsrc wave=white-noise num-buffers=1000 ! sink.audio_0".split()
    test_folder_vanishes = None  # there are pictures alone


if __name__ == "__main__":
    unittest.main()
