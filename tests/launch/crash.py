# gst-framewise: what is left of a recording when the process is killed.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""With the options that the documentation of containersink gives for it, all but the last second. A
process that records says when it has written so many frames, waits, and is killed.
"""
import os
import signal
import subprocess
import sys
import tempfile
import unittest

RATE = 25
N = 10 * RATE

RECORDER = """
import sys, time
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst

location, options, codec, sound = sys.argv[1:5]
n, rate = int(sys.argv[5]), int(sys.argv[6])
Gst.init(None)
pipeline = Gst.parse_launch(
    "appsrc name=src format=time ! sink.video_0 containersink name=sink " + codec + " " + options + sound)
src, sink = pipeline.get_by_name("src"), pipeline.get_by_name("sink")
sink.set_property("location", location)
src.set_property("caps", Gst.Caps.from_string(
    f"video/x-raw,format=I420,width=320,height=240,framerate={rate}/1"))
pipeline.set_state(Gst.State.PLAYING)
for i in range(n):
    buffer = Gst.Buffer.new_wrapped(bytes([i % 200]) * (320 * 240 * 3 // 2))
    buffer.pts, buffer.duration = i * Gst.SECOND // rate, Gst.SECOND // rate
    src.emit("push-buffer", buffer)
for i in range(n + 10 if sound else 0):
    buffer = Gst.Buffer.new_wrapped(bytes(range(192)) * 20)  # 40 ms
    buffer.pts = i * Gst.SECOND // rate
    pipeline.get_by_name("sound").emit("push-buffer", buffer)
while sink.get_property("stats").get_uint64("frames")[1] < n:
    time.sleep(0.01)
print("written", flush=True)
time.sleep(300)
"""

ENCODERS = {
    "mpeg4": "codec=mpeg4 thread-count=1",
    "libx264": "codec=libx264 codec-options=o,tune=zerolatency thread-count=1",
}
SOUNDS = {
    "silent": "",
    "with sound": " appsrc name=sound format=time caps=audio/x-raw,format=S16LE,layout=interleaved,"
                  "rate=48000,channels=1 ! sink.audio_0",
}
CONTAINERS = {
    "a.mkv": "container-options=o,cluster_time_limit=500,flush_packets=1",
    "a.mp4": "container-options=o,movflags=+frag_keyframe+empty_moov+default_base_moof,"
             "frag_duration=500000,flush_packets=1",
    "a.ts": "container-options=o,flush_packets=1",
}


def frames_in(path, stream="v:0"):
    return int(subprocess.run(
        ["ffprobe", "-v", "quiet", "-count_frames", "-select_streams", stream, "-show_entries",
         "stream=nb_read_frames", "-of", "default=nw=1:nk=1", path],
        stdout=subprocess.PIPE, text=True).stdout.split()[0])


class Crash(unittest.TestCase):
    def record_and_kill(self, path, container, encoder, sound):
        recorder = subprocess.Popen(
            [sys.executable, "-c", RECORDER, path, container, encoder, sound, str(N), str(RATE)],
            stdout=subprocess.PIPE, text=True)
        try:
            self.assertEqual(recorder.stdout.readline(), "written\n")
        finally:
            recorder.send_signal(signal.SIGKILL)
            recorder.wait()
            recorder.stdout.close()

    def test_all_but_the_last_second_is_left(self):
        for name, container in CONTAINERS.items():
            for codec, encoder in ENCODERS.items():
                for what, sound in SOUNDS.items():
                    with self.subTest(name=name, codec=codec, sound=what), \
                            tempfile.TemporaryDirectory() as folder:
                        path = os.path.join(folder, name)
                        self.record_and_kill(path, container, encoder, sound)
                        self.assertGreaterEqual(frames_in(path), N - RATE)
                        if sound:
                            # the longest frames of the usual codecs here have 1152 samples
                            self.assertGreaterEqual(frames_in(path, "a:0"), (N - RATE) * 48000 // RATE // 1152)


if __name__ == "__main__":
    unittest.main()
