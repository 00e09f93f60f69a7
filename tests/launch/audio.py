# gst-framewise: audio in containers, beside what the ffmpeg command makes of the same samples.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: audio.py GST_LAUNCH [UNITTEST-OPTION …]

Every encoder into every container: the packets have the bytes, times and side data that the ffmpeg
command gives them, and as many samples come out. Of a lossless encoder exactly those that went in.
"""
import array
import os
import random
import subprocess
import sys
import tempfile
import unittest

GST_LAUNCH = sys.argv.pop(1)
SAMPLES = 50_002  # no whole number of any encoder's frames

# encoder: containers
LOSSY = {
    "aac": "mp4 m4a mkv ts mov nut",
    "libmp3lame": "mp3 mkv mp4 avi",
    "libopus": "ogg opus webm mkv mp4",
    "libvorbis": "ogg webm mkv",
    "ac3": "mp4 mkv ts ac3",
    "eac3": "mp4 mkv ts",
    "mp2": "ts mpeg mkv",
    "adpcm_ima_wav": "wav",
    "pcm_mulaw": "wav au",
    "pcm_u8": "wav",
}
LOSSLESS = {
    "flac": "flac mkv ogg",
    "alac": "mov m4a",
    "wavpack": "wv mkv",
    "tta": "tta",
    "pcm_s16le": "wav mkv mov avi w64 nut",
    "pcm_s16be": "aiff mov",
    "pcm_s24le": "wav mov mkv",
    "pcm_s32le": "wav mkv",
    "pcm_f32le": "wav mkv mov",
    "pcm_f64le": "wav",
}
# channels, sample rate, encoder, container
CONVERTED = [
    (2, 96000, "libmp3lame", "mp3"),
    (1, 11025, "libopus", "ogg"),
    (1, 8000, "aac", "m4a"),
    (6, 48000, "aac", "m4a"),
    (6, 48000, "ac3", "mkv"),
    (6, 48000, "libopus", "ogg"),
    (6, 44100, "libvorbis", "ogg"),
    (8, 48000, "libopus", "mkv"),
    (8, 48000, "flac", "flac"),
    (8, 48000, "pcm_s16le", "wav"),
    (6, 192000, "wavpack", "wv"),
]


def encoders():
    lines = subprocess.run(["ffmpeg", "-v", "quiet", "-encoders"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.splitlines()
    return {line.split()[1] for line in lines if len(line.split()) > 1}


class Audio(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.encoders = encoders()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="framewise-audio-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def at(self, name):
        return os.path.join(self.folder, name)

    def samples(self, channels):
        """Each channel another tone in another noise."""
        path = self.at(f"{channels}.raw")
        if not os.path.exists(path):
            noise = random.Random(channels)
            values = array.array("h")
            for i in range(SAMPLES):
                for channel in range(channels):
                    values.append((i * (channel + 3) * 40) % 9000 + noise.randrange(-3000, 3000))
            with open(path, "wb") as file:
                values.tofile(file)
        return path

    def encode(self, channels, rate, encoder, container):
        """The paths of ours and of the command's."""
        raw = self.samples(channels)
        ours = self.at(f"ours-{channels}-{rate}-{encoder}.{container}")
        theirs = self.at(f"theirs-{channels}-{rate}-{encoder}.{container}")
        done = subprocess.run(
            [GST_LAUNCH, "-q", "filesrc", "location=" + raw, "blocksize=5000", "!", "rawaudioparse",
             "format=pcm", "pcm-format=s16le", f"sample-rate={rate}", f"num-channels={channels}", "!",
             "containersink", "location=" + ours, "audio-codec=" + encoder,
             "audio-codec-options=o,flags=+bitexact", "container-options=o,fflags=+bitexact"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[channels]
        subprocess.run(
            ["ffmpeg", "-v", "error", "-bitexact", "-f", "s16le", "-ar", str(rate), "-channel_layout",
             layout, "-i", raw, "-c:a", encoder, "-flags:a", "+bitexact", theirs], check=True,
            stdin=subprocess.DEVNULL)
        return ours, theirs

    def packets(self, path, fields):
        return subprocess.run(
            ["ffprobe", "-v", "error", "-show_packets", "-show_data_hash", "md5", "-show_entries",
             "packet=" + fields, "-of", "compact", path],
            stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()

    def decoded(self, path):
        return subprocess.run(
            ["ffmpeg", "-v", "error", "-i", path, "-f", "s16le", "-"], stdout=subprocess.PIPE,
            check=True).stdout

    def compare(self, channels, rate, encoder, container):
        if encoder not in self.encoders:
            self.skipTest(f"no encoder {encoder} here")
        ours, theirs = self.encode(channels, rate, encoder, container)
        fields = "pts_time,dts_time,duration_time,data_hash,side_data_list"
        # libavformat before 6 forgets the delay there, which containersink's own tests look at
        if encoder == "libopus" and container in ("mkv", "webm"):
            fields = "duration_time,data_hash,side_data_list"
        packets = self.packets(ours, fields)
        self.assertGreater(len(packets), 1)
        self.assertEqual(packets, self.packets(theirs, fields))
        sound = self.decoded(ours)
        self.assertGreater(len(sound), 0)
        self.assertEqual(sound, self.decoded(theirs))
        return sound

    def test_lossy(self):
        for encoder, containers in LOSSY.items():
            for container in containers.split():
                with self.subTest(encoder=encoder, container=container):
                    self.compare(2, 44100, encoder, container)

    def test_lossless(self):
        with open(self.samples(2), "rb") as file:
            samples = file.read()
        for encoder, containers in LOSSLESS.items():
            for container in containers.split():
                with self.subTest(encoder=encoder, container=container):
                    self.assertEqual(self.compare(2, 44100, encoder, container), samples)

    def test_other_rates_and_channels(self):
        for row in CONVERTED:
            with self.subTest(row):
                self.compare(*row)

    def test_usual_codec_of_the_container(self):
        for extension in "mp3 flac wav ogg m4a mka mp4 ts avi aiff".split():
            with self.subTest(extension):
                ours, theirs = self.at("ours." + extension), self.at("theirs." + extension)
                subprocess.run([GST_LAUNCH, "-q", "audiotestsrc", "num-buffers=20", "!",
                                "containersink", "location=" + ours], check=True, timeout=60)
                subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=1", theirs],
                               check=True, stdin=subprocess.DEVNULL)
                names = [subprocess.run(
                    ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of",
                     "default=nw=1:nk=1", path], stdout=subprocess.PIPE, text=True,
                    check=True).stdout for path in (ours, theirs)]
                self.assertEqual(*names)


if __name__ == "__main__":
    unittest.main()
