# gst-framewise: what people write with containersink that is not one plain file, from launch lines.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: formats.py GST_LAUNCH [UNITTEST-OPTION …]"""
import glob
import http.server
import os
import subprocess
import sys
import tempfile
import threading
import unittest

GST_LAUNCH = sys.argv.pop(1)
N = 60
SOURCE = [*f"videotestsrc num-buffers={N} pattern=ball ! video/x-raw,format=I420,framerate=25/1,"
           "width=64,height=48 !".split()]


def probe(path, *options):
    """(codec, number of frames that can be decoded) of the first video stream."""
    lines = subprocess.run(
        ["ffprobe", "-v", "error", *options, "-count_frames", "-select_streams", "v:0",
         "-show_entries", "stream=codec_name,nb_read_frames", "-of", "csv=p=0", path],
        check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    codec, frames = lines[0].split(",")[:2]  # where there are programs, it is listed again
    return codec, int(frames)


class Uploads(http.server.BaseHTTPRequestHandler):
    """Keeps what is PUT, in pieces."""
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        self.server.uploads[self.path] = body
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Formats(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="framewise-formats-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def at(self, name):
        return os.path.join(self.folder, name)

    def write(self, *elements, source=SOURCE, **keywords):
        command = [GST_LAUNCH, "-q", *source, *elements]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60,
                              **keywords)
        self.assertEqual(done.returncode, 0, (command, done.stderr))
        self.assertNotIn(b"CRITICAL", done.stderr)
        self.assertNotIn(b"ERROR", done.stderr)
        return done

    def test_hls(self):
        self.write("containersink", "codec=libx264", "max-keyframe-interval=25",
                   "container-options=o,hls_time=1,hls_list_size=0", "location=" + self.at("i.m3u8"))
        self.assertEqual(len(glob.glob(self.at("*.ts"))), 3)
        self.assertEqual(probe(self.at("i.m3u8")), ("h264", N))

    def test_dash(self):
        self.write("containersink", "codec=libx264", "max-keyframe-interval=25",
                   "container-options=o,seg_duration=1", "location=" + self.at("i.mpd"))
        self.assertEqual(len(glob.glob(self.at("chunk-*.m4s"))), 3)
        self.assertEqual(probe(self.at("i.mpd")), ("h264", N))

    def test_tee(self):
        self.write("containersink", "codec=libx264", "container=tee",
                   f"location={self.at('a.mkv')}|[f=mpegts]{self.at('b.ts')}|{self.at('c.mp4')}")
        for name in "a.mkv", "b.ts", "c.mp4":
            self.assertEqual(probe(self.at(name)), ("h264", N), name)

    def test_options_that_nobody_takes(self):
        for container, location in ("tee", self.at("a.mkv") + "|" + self.at("b.ts")), (
                "hls", "http://127.0.0.1:1/i.m3u8"):
            done = subprocess.run(
                [GST_LAUNCH, *SOURCE, "containersink", "container=" + container, "codec=libx264",
                 "container-options=o,nosuch=1", "location=" + location],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(b"has no option `nosuch`", done.stdout)

    def test_segments(self):
        self.write("containersink", "codec=libx264", "max-keyframe-interval=10", "container=segment",
                   "container-options=o,segment_time=1", "location=" + self.at("part%03d.mkv"))
        parts = sorted(glob.glob(self.at("part*.mkv")))
        self.assertEqual([probe(part)[1] for part in parts], [30, 20, 10])

    def test_pictures(self):
        self.write("containersink", "location=" + self.at("a%03d.png"))
        self.assertEqual(len(glob.glob(self.at("a*.png"))), N)
        self.assertEqual(probe(self.at("a060.png")), ("png", 1))
        self.write("containersink", "location=" + self.at("b%d.jpg"),
                   "container-options=o,start_number=0")
        self.assertEqual(probe(self.at("b0.jpg")), ("mjpeg", 1))
        self.assertFalse(os.path.exists(self.at(f"b{N}.jpg")))

    def test_one_picture(self):
        for name, codec in ("a.png", "png"), ("a.jpg", "mjpeg"), ("a.webp", "webp"), ("a.tiff", "tiff"):
            self.write("containersink", "location=" + self.at(name),
                       source=["videotestsrc", "num-buffers=1", "!"])
            self.assertEqual(probe(self.at(name)), (codec, 1))

    def test_gif_with_a_palette(self):
        graph = "[video_in]split[a][b];[a]palettegen[p];[b][p]paletteuse[video_out]"
        self.write("graphfilter", "filter-graph=" + graph, "!", "containersink",
                   "location=" + self.at("a.gif"))
        self.assertEqual(probe(self.at("a.gif")), ("gif", N))

    def test_apng(self):
        self.write("containersink", "location=" + self.at("a.apng"))
        self.assertEqual(probe(self.at("a.apng")), ("apng", N))

    def test_pipe(self):
        for container in "matroska", "mpegts", "yuv4mpegpipe", "mp4":
            done = self.write("containersink", "container=" + container, "location=pipe:1",
                              stdout=subprocess.PIPE)
            with open(self.at("piped"), "wb") as file:
                file.write(done.stdout)
            self.assertEqual(probe(self.at("piped"))[1], N, container)

    def test_http_put(self):
        server = http.server.HTTPServer(("127.0.0.1", 0), Uploads)
        self.addCleanup(server.server_close)
        server.uploads = {}
        server.timeout = 60
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        self.write("containersink", "container-options=o,method=PUT",
                   f"location=http://127.0.0.1:{server.server_port}/a.mkv")
        thread.join()
        with open(self.at("a.mkv"), "wb") as file:
            file.write(server.uploads["/a.mkv"])
        self.assertEqual(probe(self.at("a.mkv"))[1], N)


if __name__ == "__main__":
    unittest.main()
