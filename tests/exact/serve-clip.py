#!/usr/bin/python3
# gst-framewise: exact-frames on what an HTTP server on this machine sends.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: serve-clip.py MANNER EXACT-FRAMES FOLDER CLIP [ARGUMENT …]

Serves FOLDER in that manner and hands EXACT-FRAMES the URL of the clip, the clip itself to compare
with, and the arguments. Manners:

    ranges       any range, at once
    no-ranges    only whole files, from the start
    stall        as ranges, but some answers pause in the middle
    drop         as ranges, but some answers break off in the middle; the client reconnects
    break-off    the same, and the client does not
    fifo         by no server, but through a FIFO
"""
import http.server
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

STALL = 0.5       # seconds
TROUBLES = (1, 3, 6, 11)  # which answers stall or break off, by their number
SMALL = 2000      # bytes; answers shorter than this are spared


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = os.path.normpath(urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)).lstrip("/")
        try:
            with open(os.path.join(self.server.folder, path), "rb") as file:
                content = file.read()
        except OSError:
            self.send_error(404)
            return
        with_ranges = self.server.manner != "no-ranges"
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if with_ranges else None
        first = int(asked[1]) if asked else 0
        last = min(int(asked[2]) if asked and asked[2] else len(content), len(content) - 1)
        self.server.asked.append(f"{path}@{first}")
        if first > last:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        if with_ranges:
            self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        try:
            self.send_body(content[first:last + 1])
        except OSError:  # the client wants it from elsewhere
            self.close_connection = True

    def send_body(self, body):
        manner, half = self.server.manner, len(body) // 2
        if manner not in ("stall", "drop", "break-off") or len(body) < SMALL or not self.server.in_trouble():
            self.wfile.write(body)
            return
        self.wfile.write(body[:half])
        self.wfile.flush()
        if manner == "stall":
            time.sleep(STALL)
            self.wfile.write(body[half:])
        else:
            self.close_connection = True

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder, manner):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.manner = folder, manner
        self.asked = []
        self.lock = threading.Lock()
        self.answers = 0
        self.troubles = 0

    def in_trouble(self):
        with self.lock:
            self.answers += 1
            self.troubles += self.answers in TROUBLES
            return self.answers in TROUBLES

    def handle_error(self, request, address):
        pass  # the client hung up


def through_fifo(program, clip, arguments):
    with tempfile.TemporaryDirectory() as folder:
        fifo = os.path.join(folder, os.path.basename(clip))
        os.mkfifo(fifo)
        writer = subprocess.Popen(["cp", clip, fifo])
        done = subprocess.run([program, "--reference", clip, "--unseekable", *arguments, fifo])
        writer.kill()
        writer.wait()
    sys.exit(done.returncode)


def main():
    manner, program, folder, clip, *arguments = sys.argv[1:]
    if manner == "fifo":
        through_fifo(program, os.path.join(folder, clip), arguments)
    server = Server(folder, manner)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/{clip}"
    told = {
        "no-ranges": ["--unseekable"],
        "drop": ["--source-option", "reconnect=1"],
        "break-off": ["--may-break"],
    }.get(manner, [])
    if manner == "drop" and "/" in clip:
        # libavformat does not hand the option on to the segments.
        told.append("--may-break")
    done = subprocess.run([program, "--reference", os.path.join(folder, clip), *told, *arguments, url])
    server.shutdown()
    server.server_close()
    print(len(server.asked), "requests,", server.troubles, "troubled:", *server.asked[:40])
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
