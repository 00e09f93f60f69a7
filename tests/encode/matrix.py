#!/usr/bin/env python3
# gst-framewise: every encoder into every container that holds it, beside the ffmpeg command.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: matrix.py PROGRAM FOLDER PART PARTS

PROGRAM is encode-frames. Where `ffmpeg -c:v ENCODER -f MUXER` succeeds with a little clip, what PROGRAM
writes of the same frames with the same settings must be the same file, byte for byte; and it must hold
each frame at its time. Part PART of PARTS takes its share of the encoders.
"""
import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av

N_FRAMES = 12
INTERVAL = 5  # frames from one key frame to the next, at most

# ---- What is demanded and what is left out ------------------------------------------------------

# Encoders that need something else than 176x144 at 25/1 in the first of their pixel formats.
DEMANDS = {
    'a64multi': {'size': '160x200'},
    'a64multi5': {'size': '160x200'},
    'amv': {'codec': {'strict': '-1'}},
    'avui': {'size': '720x576', 'codec': {'strict': '-2'}},
    'dnxhd': {'codec': {'profile': 'dnxhr_sq'}, 'size': '256x144'},
    'dvvideo': {'size': '720x576', 'format': 'yuv420p'},
    'libaom-av1': {'codec': {'cpu-used': '8'}},
    'librav1e': {'codec': {'speed': '10'}},
    'libsvtav1': {'codec': {'preset': '12'}},
    'libx265': {'codec': {'preset': 'ultrafast'}},
    'roqvideo': {'size': '256x128', 'rate': '30/1'},
    'rawvideo': {'format': 'yuv420p'},
    'smc': {'format': 'pal8'},
    'vc2': {'codec': {'strict': '-1'}},
    'wrapped_avframe': {'format': 'yuv420p'},
    'xface': {'size': '48x48'},
    'h263p': {'size': '176x144'},
    'libwebp_anim': {'format': 'yuv420p'},
}

# Encoders that the ffmpeg command cannot open either where their hardware is missing.
NEED_HARDWARE = ('_nvenc', '_qsv', '_vaapi', '_v4l2m2m', '_omx')

LEFT_OUT = {
    'checksums or nothing at all, and no video comes back': [
        'crc', 'framecrc', 'framehash', 'framemd5', 'hash', 'md5', 'streamhash', 'null', 'uncodedframecrc',
        'mkvtimestamp_v2', 'data', 'chromaprint', 'ffmetadata'],
    'need a peer in the network': ['rtp', 'rtp_mpegts', 'rtsp', 'sap'],
    'many files of another container, which is here': [
        'dash', 'hds', 'hls', 'segment', 'stream_segment,ssegment', 'smoothstreaming', 'webm_chunk',
        'webm_dash_manifest', 'tee', 'fifo', 'fifo_test'],
    'sound with cover pictures': ['aiff', 'flac', 'mp3'],
}
NO_MUXERS = {muxer for muxers in LEFT_OUT.values() for muxer in muxers}

# What the names of pictures end in, where that is not the encoder's own name.
PICTURES = {
    'alias_pix': 'pix', 'jpeg2000': 'jp2', 'jpegls': 'jls', 'libjxl': 'jxl', 'libopenjpeg': 'jp2', 'libwebp': 'webp',
    'ljpeg': 'ljpg', 'mjpeg': 'jpg', 'rawvideo': 'y', 'sunrast': 'sun', 'targa': 'tga', 'tiff': 'tif'}

# Where the ffmpeg command hangs when the muxer refuses the header, as this encoder then does not end.
NEVER_END = {'libsvtav1': ['ipod', 'ismv', 'mov', 'psp', 'f4v', '3gp', '3g2']}

# Muxers that do not say what they hold, with the codecs that they hold beside their usual one.
HOLD_MORE = {
    'a64': ['a64_multi5'],
    'gxf': ['dvvideo', 'mjpeg'],
    'mpeg': ['h264', 'hevc', 'mpeg2video', 'mpeg4'],
    'mpegts': ['dirac', 'h264', 'hevc', 'jpeg2000', 'mpeg1video', 'mpeg4'],
    'mxf': ['dnxhd', 'dvvideo', 'ffv1', 'h264', 'jpeg2000', 'prores', 'rawvideo'],
    'ogg': ['dirac', 'vp8'],
}

# Muxers that are tried with what they hold in an unofficial way, too. The others are image2 and image2pipe,
# which write the bytes of any codec, where no demuxer makes pictures of them.
HOLD_UNOFFICIALLY = ['matroska']

# Encoders without a container here.
IN_NO_CONTAINER = {'bitpacked': 'travels in RTP alone'}

# Encoders and muxers whose files do not read back whole, though they are what the ffmpeg command writes,
# and what was seen of them; None stands for all. A pair that does read back whole must not be here.
READ_OTHERWISE = [
    (None, ['asf_stream'], 'pieces as MMS over HTTP has them, which no demuxer takes'),
    (['a64multi', 'a64multi5'], ['a64', 'matroska'], 'nothing here decodes it'),
    (['qtrle'], ['matroska'], 'it keeps no depth, without which it cannot be decoded'),
    (['avui'], ['matroska'], 'its decoder takes each picture for too short'),
    (['h261', 'h263'], ['h261', 'h263'], 'its parser takes it for 30000/1001'),
    (['fits'], ['fits'], 'its demuxer takes it for one picture a second'),
    (['vc2'], ['dirac'], 'its parser lets each picture last a tick of 1/1200000 s'),
    (['libwebp', 'libwebp_anim'], ['webp'], 'nothing here decodes animations'),
    (['libwebp_anim'], ['image2', 'image2pipe'], 'nothing here decodes animations'),
    (['dvvideo'], ['gxf'], 'all pictures, and then an error in place of the end'),
    (['mjpeg'], ['mpjpeg', 'smjpeg'], 'all pictures, and then an error in place of the end'),
    (['roqvideo'], ['roq'], 'all pictures, and then an error in place of the end'),
    (['mjpeg'], ['wtv'], 'its demuxer comes to the end before it finds a stream'),
    (['jpeg2000', 'libopenjpeg'], ['mpegts'], 'private data that says no codec'),
    (['libtheora', 'zlib', 'ffvhuff', 'utvideo'], ['wtv'], 'it keeps no extradata, without which they cannot be decoded'),
    (['mpeg1video', 'mpeg2video'], ['asf'], 'it keeps the times of decoding alone'),
    (['mpeg1video'], ['mpeg1video', 'image2pipe'], 'its parser gives the times of decoding alone'),
    (['libx264', 'libx264rgb', 'libx265'], ['mpeg'], 'a time for the first of the pictures in a packet alone'),
    (['libxvid', 'mpeg1video', 'mpeg2video', 'mpeg4'], ['image2'], 'a name that tells its demuxer of no codec'),
    (['rawvideo'], ['image2', 'image2pipe', 'mov'], 'nothing in it says the pixel format'),
    (['alias_pix', 'vbn'], ['image2pipe'], 'its demuxer does not know where a picture ends'),
    (['exr', 'libjxl', 'pcx', 'sgi', 'sunrast', 'tiff', 'xwd'], ['image2pipe'], 'its demuxer takes all for one picture'),
    (['pgmyuv'], ['image2pipe'], 'its demuxer takes it for gray and half as high again'),
    (['pam', 'targa', 'xface'], ['image2pipe'], 'no demuxer here knows it'),
]


def reads_otherwise(encoder, muxer):
    for encoders, muxers, reason in READ_OTHERWISE:
        if (encoders is None or encoder in encoders) and (muxers is None or muxer in muxers):
            return reason
    return None


# Pairs that differ in what holds no picture.
OTHER_BYTES = {('vc2', 'avi'): 'the ffmpeg command knows the end beforehand and reserves less for the index'}

# Encoders of lossless codecs that lose something.
LOSE_SOMETHING = {'phm': 'half the bits of a float', 'v210': 'clips to what video levels allow'}
# Encoders that do not take max-keyframe-interval: with `-g` they write the same.
HAVE_OTHER_INTERVALS = ['gif', 'msvideo1', 'rpza', 'zmbv']

# ---- What there is ------------------------------------------------------------------------------


def listed(program):
    encoders, muxers = {}, {}
    for line in subprocess.run([program, '--list'], check=True, capture_output=True, text=True).stdout.splitlines():
        kind, name, *rest = line.split('\t')
        if kind == 'encoder':
            codec, formats, rates, flags = rest
            encoders[name] = {'codec': codec, 'formats': formats.split(), 'rates': rates.split(), 'flags': flags.split()}
        else:
            extensions, usual, held = rest
            if name not in muxers:
                muxers[name] = {'extension': extensions.split(',')[0] or 'bin', 'usual': usual, 'held': held.split()}
    return encoders, muxers


def holders(encoder, codec, muxers):
    for name, muxer in muxers.items():
        if name in NO_MUXERS:
            continue
        if '+' + encoder in muxer['held'] or '?' + encoder in muxer['held'] and (
                codec in HOLD_MORE.get(name, []) or muxer['usual'] == codec) or (
                '~' + encoder in muxer['held'] and name in HOLD_UNOFFICIALLY):
            yield name


# ---- One clip, both ways ------------------------------------------------------------------------


class Clip:
    def __init__(self, encoder, what):
        demand = DEMANDS.get(encoder, {})
        self.encoder = encoder
        self.size = demand.get('size', '176x144')
        self.rate = demand.get('rate', '25/1')
        self.format = demand.get('format') or what['formats'][0]
        if what['codec'] in ('mjpeg', 'ljpeg', 'amv') and self.format.startswith('yuv4'):
            self.format = self.format.replace('yuv', 'yuvj')
        self.options = demand.get('codec', {})
        self.path = None

    def make(self, folder):
        self.path = folder / f'{self.encoder}-{self.format}.raw'
        if self.path.exists():
            return
        run_ffmpeg(['-f', 'lavfi', '-i', f'testsrc2=s={self.size}:r={self.rate}', '-frames:v', str(N_FRAMES),
                    '-pix_fmt', self.format, '-f', 'rawvideo', str(self.path)]).check_returncode()


def run_ffmpeg(arguments):
    return subprocess.run(['ffmpeg', '-nostdin', '-v', 'error', '-y', *arguments], capture_output=True, text=True,
                          timeout=120, errors='replace')


def name_in(folder, encoder, muxer, extension):
    if muxer == 'image2':
        return folder / f'frame%03d.{PICTURES.get(encoder, encoder)}'
    return folder / f'out.{extension}'


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def by_command(clip, muxer, location):
    options = []
    for key, value in clip.options.items():
        options += [f'-{key}', value]
    return run_ffmpeg([
        '-f', 'rawvideo', '-pixel_format', clip.format, '-video_size', clip.size, '-framerate', clip.rate, '-i',
        str(clip.path), '-vf', 'setsar=1', '-c:v', clip.encoder, '-g', str(INTERVAL), '-threads:v', '1', '-flags:v', '+bitexact',
        *options, '-fflags', '+bitexact', '-metadata:s:v:0', 'encoder=test', '-f', muxer, str(location)])


class Ours:
    """encode-frames, one job after the other."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL)

    def write(self, clip, muxer, location, **more):
        width, height = clip.size.split('x')
        job = {'input': clip.path, 'format': clip.format, 'width': width, 'height': height, 'rate': clip.rate,
               'location': location, 'container': muxer, 'codec': clip.encoder, 'max-keyframe-interval': INTERVAL,
               'codec.flags': '+bitexact', 'container.fflags': '+bitexact', 'stream.encoder': 'test', **more}
        job |= {f'codec.{key}': value for key, value in clip.options.items()}
        self.process.stdin.write('\t'.join(f'{key}={value}' for key, value in job.items()) + '\n')
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


def files_in(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# ---- What a file holds --------------------------------------------------------------------------


def read(path, muxer, clip):
    demuxer = {'asf_stream': 'asf', 'image2': 'image2', 'rawvideo': 'rawvideo'}.get(muxer)
    options = {}
    if muxer == 'rawvideo':
        options = {'video_size': clip.size, 'pixel_format': clip.format, 'framerate': clip.rate}
    with av.open(str(path), format=demuxer, options=options) as container:
        stream = container.streams.video[0]
        keys, times, frames, error = [], [], 0, ''
        try:
            for packet in container.demux(stream):
                if packet.size and packet.pts is not None:
                    keys.append((packet.pts, packet.is_keyframe))
                for frame in packet.decode():
                    frames += 1
                    if frame.pts is not None:
                        times.append(frame.pts * frame.time_base)
        except av.error.FFmpegError as broken:
            error = type(broken).__name__
        return {'error': error, 'size': f'{stream.codec_context.width}x{stream.codec_context.height}',
                'frames': frames, 'step': stream.time_base, 'times': sorted(times), 'keys': [is_key for _, is_key in sorted(keys)]}


def why_not_whole(told, clip):
    """What is wrong with what was read, or nothing."""
    if told['size'] != clip.size:
        return f'it is {told["size"]}'
    if told['frames'] != N_FRAMES:
        return f'it has {told["frames"]} frames, {told["error"] or "then ends"}'
    rate = Fraction(clip.rate)
    for number, time in enumerate(told['times']):
        if abs(time - told['times'][0] - number / rate) > told['step']:
            return f'frame {number} is at {float(time - told["times"][0])} s'
    return told['error'] and f'it ends with {told["error"]}'


def longest_run_without_key(keys):
    longest = run = 0
    for is_key in keys:
        run = 0 if is_key else run + 1
        longest = max(longest, run)
    return longest


def decoded(path, clip):
    """The pictures of a file, as the bytes of the raw clip are."""
    return subprocess.run(['ffmpeg', '-nostdin', '-v', 'error', '-i', str(path), '-fps_mode', 'passthrough', '-f',
                           'rawvideo', '-pix_fmt', clip.format, '-'], capture_output=True, timeout=60).stdout


# ---- One encoder in all of them -----------------------------------------------------------------


class Encoder:
    def __init__(self, name, what, ours, folder):
        self.name, self.what, self.ours, self.folder = name, what, ours, folder
        self.clip = Clip(name, what)
        self.clip.make(folder)
        self.failures, self.pairs, self.whole = [], 0, 0
        self.seen = {'element': False, 'lossless': False, 'keys': False}

    def fail(self, muxer, reason):
        self.failures.append(f'{self.name} in {muxer}: {reason}')

    def into(self, muxer, extension):
        """Whether the ffmpeg command writes it."""
        theirs_in, ours_in = fresh(self.folder / 'theirs'), fresh(self.folder / 'ours')
        location = name_in(ours_in, self.name, muxer, extension)
        outcome = self.ours.write(self.clip, muxer, location)
        if muxer in NEVER_END.get(self.name, []):
            if not outcome.startswith('failed: The container'):
                self.fail(muxer, outcome)
            return False
        theirs = by_command(self.clip, muxer, name_in(theirs_in, self.name, muxer, extension))
        if theirs.returncode != 0:
            print(f'note: {self.name} in {muxer}: not by the ffmpeg command either: {theirs.stderr.strip()[:120]!r}')
            if outcome == 'ok':
                self.fail(muxer, 'the ffmpeg command fails, and we do not')
            return False
        self.pairs += 1
        if outcome != 'ok':
            self.fail(muxer, outcome)
        elif (self.name, muxer) in OTHER_BYTES:
            theirs_at = name_in(theirs_in, self.name, muxer, extension)
            if decoded(location, self.clip) != decoded(theirs_at, self.clip):
                self.fail(muxer, 'these are not the pictures that the ffmpeg command writes')
        elif files_in(theirs_in) != files_in(ours_in):
            self.fail(muxer, 'these are not the bytes that the ffmpeg command writes')
        else:
            self.look_at(muxer, location)
            if not self.seen['element']:
                self.through_element(muxer, extension, files_in(ours_in))
        return True

    def through_element(self, muxer, extension, expected):
        folder = fresh(self.folder / 'element')
        outcome = self.ours.write(self.clip, muxer, name_in(folder, self.name, muxer, extension), through='element')
        self.seen['element'] = True
        if outcome != 'ok':
            self.fail(muxer, f'through the element: {outcome}')
        elif files_in(folder) != expected:
            self.fail(muxer, 'the element writes other bytes')

    def look_at(self, muxer, location):
        try:
            told = read(location, muxer, self.clip)
            reason = why_not_whole(told, self.clip)
        except (av.error.FFmpegError, ValueError, IndexError, OSError, RuntimeError) as error:
            told, reason = None, f'it does not read: {type(error).__name__}'
        known = reads_otherwise(self.name, muxer)
        if reason and not known:
            self.fail(muxer, reason)
        elif reason:
            print(f'note: {self.name} in {muxer}: {reason} ({known})')
        elif known:
            self.fail(muxer, f'it reads back whole, for all that is said of it: {known}')
        else:
            self.whole += 1
            self.look_at_pictures(muxer, location, told)

    def look_at_pictures(self, muxer, location, told):
        if not self.seen['lossless'] and 'lossless' in self.what['flags'] and self.name not in LOSE_SOMETHING:
            self.seen['lossless'] = True
            if decoded(location, self.clip) != self.clip.path.read_bytes():
                self.fail(muxer, 'the pictures are not those that went in')
        if not self.seen['keys'] and 'intra' not in self.what['flags'] and muxer in ('matroska', 'nut', 'avi', 'mp4'):
            self.seen['keys'] = True
            if longest_run_without_key(told['keys']) >= INTERVAL and self.name not in HAVE_OTHER_INTERVALS:
                self.fail(muxer, f'key frames are farther apart than {INTERVAL}: {told["keys"]}')


def main():
    av.logging.set_level(av.logging.PANIC)
    program, folder, part, parts = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    only = os.environ.get('MATRIX_ENCODER')
    encoders, muxers = listed(program)
    folder = fresh(folder)
    ours = Ours(program)
    failures, pairs, whole = [], 0, 0
    chosen = [name for number, name in enumerate(sorted(encoders)) if number % parts == part]
    for name in chosen:
        if name.endswith(NEED_HARDWARE) or name in IN_NO_CONTAINER or only and name != only:
            continue
        encoder = Encoder(name, encoders[name], ours, folder)
        written = [encoder.into(muxer, muxers[muxer]['extension'])
                   for muxer in holders(name, encoders[name]['codec'], muxers)]
        if not any(written):
            encoder.failures.append(f'{name}: in no container at all')
        failures += encoder.failures
        pairs += encoder.pairs
        whole += encoder.whole
    shutil.rmtree(folder, ignore_errors=True)
    print(f'{pairs} pairs, {whole} read back whole, {len(failures)} failures')
    for failure in failures:
        print('FAILED', failure)
    return bool(failures or not pairs)


if __name__ == '__main__':
    sys.exit(main())
