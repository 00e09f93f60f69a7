#!/usr/bin/python3
# gst-framewise: seeks in a file that a slow HTTP server on this machine sends.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: http-seek.py FOLDER

The clip that is served is made in FOLDER.
"""
import faulthandler
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst

FRAMES = 150
RATE = 25
CHUNK = 16384          # bytes, a little more than half a frame
PAUSE = 0.004          # seconds after each, so that the reader nearly always waits for the next
TIMEOUT = 60           # seconds, after which what is waited for counts as lost
SEEKS = [100, 10, 140, 75, 5, 120, 60, 30, 90]


class SlowRanges(http.server.BaseHTTPRequestHandler):
    """Serves server.content, from wherever the client asks to have it."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        content = self.server.content
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        last = min(int(asked[2]) if asked and asked[2] else len(content), len(content) - 1)
        self.server.starts.append(first)
        if first > last:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        for start in range(first, last + 1, CHUNK):
            try:
                self.wfile.write(content[start:min(start + CHUNK, last + 1)])
            except OSError:  # the client wants it from elsewhere
                self.close_connection = True
                return
            time.sleep(PAUSE)

    def log_message(self, *arguments):
        pass


class Player:
    """containersrc and what arrives from it since the last flush, as frame numbers."""

    def __init__(self, location):
        self.changed = threading.Condition()
        self.frames = []
        self.pipeline = Gst.Pipeline()
        self.source = Gst.ElementFactory.make("containersrc")
        sink = Gst.ElementFactory.make("fakesink")
        self.source.set_property("location", location)
        self.pipeline.add(self.source)
        self.pipeline.add(sink)
        assert self.source.link(sink)
        sink.get_static_pad("sink").add_probe(
            Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_FLUSH, self.on_data)
        self.bus = self.pipeline.get_bus()

    def on_data(self, pad, info):
        with self.changed:
            if info.type & Gst.PadProbeType.BUFFER:
                self.frames.append(round(info.get_buffer().pts * RATE / Gst.SECOND))
                self.changed.notify_all()
            elif info.get_event().type == Gst.EventType.FLUSH_STOP:
                self.frames.clear()
        return Gst.PadProbeReturn.OK

    def check_bus(self, message):
        if message and message.type == Gst.MessageType.ERROR:
            error, debug = message.parse_error()
            raise AssertionError(f"{error.message} ({debug})")

    def state(self, state):
        assert self.pipeline.set_state(state) != Gst.StateChangeReturn.FAILURE
        status, now, _ = self.pipeline.get_state(TIMEOUT * Gst.SECOND)
        self.check_bus(self.bus.pop_filtered(Gst.MessageType.ERROR))
        assert status == Gst.StateChangeReturn.SUCCESS and now == state, (status, now)

    def seek(self, frame):
        assert self.pipeline.seek_simple(
            Gst.Format.TIME, Gst.SeekFlags.FLUSH | Gst.SeekFlags.ACCURATE,
            Gst.util_uint64_scale_ceil(frame, Gst.SECOND, RATE)), f"seek to frame {frame} refused"

    def wait_for_frames(self, count):
        with self.changed:
            arrived = self.changed.wait_for(lambda: len(self.frames) >= count, TIMEOUT)
            self.check_bus(self.bus.pop_filtered(Gst.MessageType.ERROR))
            assert arrived, f"only {self.frames} within {TIMEOUT} s"
            return list(self.frames)

    def expect_to_end(self, first):
        message = self.bus.timed_pop_filtered(
            TIMEOUT * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        assert message, f"no EOS within {TIMEOUT} s; frames so far: {self.frames}"
        self.check_bus(message)
        assert self.frames == list(range(first, FRAMES)), f"from {first}: {self.frames}"
        print(f"frames {first} to {FRAMES - 1}, then EOS", flush=True)


def main():
    faulthandler.dump_traceback_later(110, exit=True)
    folder = sys.argv[1]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    clip = os.path.join(folder, "clip.nut")
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
         f"testsrc2=size=160x120:rate={RATE},trim=end_frame={FRAMES}", "-c:v", "rawvideo",
         "-pix_fmt", "yuv420p", clip], check=True)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowRanges)
    server.daemon_threads = True
    server.starts = []
    with open(clip, "rb") as file:
        server.content = file.read()
    threading.Thread(target=server.serve_forever, daemon=True).start()

    Gst.init(None)
    player = Player(f"http://127.0.0.1:{server.server_address[1]}/clip.nut")
    try:
        player.state(Gst.State.PLAYING)
        for number, frame in enumerate(SEEKS):
            # In turn: while a seek may still be going on, and while frames come.
            arrived = player.wait_for_frames(3) if number % 2 == 0 else []
            print(f"had {arrived[:4]} …; seek to {frame}", flush=True)
            player.seek(frame)
        player.expect_to_end(SEEKS[-1])
        player.seek(0)
        player.expect_to_end(0)
    finally:
        player.pipeline.set_state(Gst.State.NULL)
        server.shutdown()
        server.server_close()
        print("the server was asked for bytes from", *server.starts, flush=True)
    assert any(start > 0 for start in server.starts), "no seek reached the server"


if __name__ == "__main__":
    main()
