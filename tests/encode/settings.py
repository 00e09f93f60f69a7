#!/usr/bin/env python3
# gst-framewise: two passes, conversions and defaults, beside the ffmpeg command.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: settings.py PROGRAM FOLDER CASE

PROGRAM is encode-frames.
"""
import subprocess
import sys
import unittest
from pathlib import Path

import matrix

PROGRAM, FOLDER = sys.argv[1], Path(sys.argv[2])
ENCODERS, MUXERS = matrix.listed(PROGRAM)


def clip_of(folder, encoder, pixel_format):
    clip = matrix.Clip(encoder, ENCODERS[encoder])
    clip.format = pixel_format
    clip.make(folder)
    return clip


def frames_of(path, pixel_format, options=()):
    done = subprocess.run(['ffmpeg', '-nostdin', '-v', 'error', *options, '-i', str(path), '-fps_mode', 'passthrough',
                           '-f', 'rawvideo', '-pix_fmt', pixel_format, '-'], capture_output=True, check=True)
    return done.stdout


def stream_of(path, fields):
    done = subprocess.run(['ffprobe', '-v', 'error', '-select_streams', 'v:0', '-show_entries', f'stream={fields}',
                           '-of', 'default=nw=1:nk=1', str(path)], capture_output=True, check=True, text=True)
    return done.stdout.split()


class Encoding(unittest.TestCase):
    def setUp(self):
        self.folder = matrix.fresh(FOLDER / self.id().split('.')[-1])
        self.ours = matrix.Ours(PROGRAM)

    def tearDown(self):
        self.ours.process.stdin.close()
        self.ours.process.stdout.close()
        self.ours.process.wait()

    def write(self, clip, muxer, name, **more):
        outcome = self.ours.write(clip, muxer, self.folder / name, **more)
        self.assertEqual(outcome, 'ok')
        return self.folder / name


class Passes(Encoding):
    """What both passes write is what the ffmpeg command's write."""

    def both(self, encoder):
        clip = clip_of(self.folder, encoder, 'yuv420p')
        clip.options = {**clip.options, 'b': '1M'}
        if encoder == 'libvpx-vp9':
            clip.options['cpu-used'] = '8'
        for number in (1, 2):
            options = [word for key, value in clip.options.items() for word in (f'-{key}', value)]
            done = matrix.run_ffmpeg([
                '-f', 'rawvideo', '-pixel_format', 'yuv420p', '-video_size', clip.size, '-framerate', clip.rate, '-i',
                str(clip.path), '-vf', 'setsar=1', '-c:v', encoder, '-g', str(matrix.INTERVAL), '-threads:v', '1',
                '-flags:v', '+bitexact', *options, '-pass', str(number), '-passlogfile', str(self.folder / 'theirs'),
                '-fflags', '+bitexact', '-metadata:s:v:0', 'encoder=test', '-f', 'matroska',
                str(self.folder / f'theirs{number}.mkv')])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.write(clip, 'matroska', f'ours{number}.mkv', **{
                'codec.flags': f'+bitexact+pass{number}', 'codec.passlogfile': self.folder / 'ours'})
        self.assertEqual((self.folder / 'ours-0.log').read_bytes(), (self.folder / 'theirs-0.log').read_bytes())
        for number in (1, 2):
            self.assertEqual((self.folder / f'ours{number}.mkv').read_bytes(),
                             (self.folder / f'theirs{number}.mkv').read_bytes(), f'pass {number}')
        self.assertNotEqual((self.folder / 'ours1.mkv').read_bytes(), (self.folder / 'ours2.mkv').read_bytes())

    def test_libtheora(self):
        self.both('libtheora')

    def test_libvpx(self):
        self.both('libvpx')

    def test_libvpx_vp9(self):
        self.both('libvpx-vp9')

    def test_libx264(self):
        self.both('libx264')

    def test_libxvid(self):
        self.both('libxvid')

    def test_mpeg2video(self):
        self.both('mpeg2video')

    def test_mpeg4(self):
        self.both('mpeg4')

    def test_second_without_first_is_refused(self):
        clip = clip_of(self.folder, 'mpeg4', 'yuv420p')
        outcome = self.ours.write(clip, 'matroska', self.folder / 'a.mkv', **{
            'codec.flags': '+pass2', 'codec.passlogfile': self.folder / 'missing'})
        self.assertIn('missing-0.log', outcome)

    def test_pass_without_a_place_is_refused(self):
        clip = clip_of(self.folder, 'mpeg4', 'yuv420p')
        outcome = self.ours.write(clip, 'matroska', self.folder / 'a.mkv', **{'codec.flags': '+pass1'})
        self.assertIn('passlogfile', outcome)


class Settings(Encoding):
    def test_usual_codec_of_each_muxer(self):
        seen = 0
        for muxer, what in MUXERS.items():
            if muxer in matrix.NO_MUXERS or not what['usual'] or muxer in ('amv', 'psp', 'dv', 'ico', 'a64', 'yuv4mpegpipe', 'asf_stream', 'rawvideo'):
                continue
            clip = matrix.Clip('rawvideo', ENCODERS['rawvideo'])
            clip.make(self.folder)
            where = self.folder / f'a.{what["extension"]}'
            update = ['-update', '1'] if muxer == 'image2' else []
            theirs = matrix.run_ffmpeg([
                '-f', 'rawvideo', '-pixel_format', 'yuv420p', '-video_size', clip.size, '-framerate', clip.rate, '-i',
                str(clip.path), *update, '-f', muxer, str(where)])
            if theirs.returncode != 0:
                continue
            expected = stream_of(where, 'codec_name')
            where.unlink()
            clip.encoder = ''
            more = {'max-keyframe-interval': -1}
            if muxer == 'image2':
                more['container.update'] = '1'
            with self.subTest(muxer=muxer):
                outcome = self.ours.write(clip, muxer, where, **more)
                self.assertEqual(outcome, 'ok')
                self.assertEqual(stream_of(where, 'codec_name'), expected)
                seen += 1
        self.assertGreater(seen, 30)

    def test_closed_gop_is_the_flag(self):
        for encoder in ('mpeg2video', 'libx264', 'mpeg4'):
            clip = clip_of(self.folder, encoder, 'yuv420p')
            clip.options = {'bf': '2'}
            threshold = [] if encoder == 'libx264' else ['-sc_threshold', '1000000000']
            hashes = {}
            for said, flag in (('true', '+cgop'), ('false', '-cgop')):
                with self.subTest(encoder=encoder, closed=said):
                    options = ['-bf', '2', '-flags:v', f'+bitexact{flag}', *(threshold if said == 'true' else [])]
                    done = matrix.run_ffmpeg([
                        '-f', 'rawvideo', '-pixel_format', 'yuv420p', '-video_size', clip.size, '-framerate',
                        clip.rate, '-i', str(clip.path), '-vf', 'setsar=1', '-c:v', encoder, '-g', '5',
                        '-threads:v', '1', *options, '-fflags', '+bitexact', '-metadata:s:v:0', 'encoder=test',
                        '-f', 'matroska', str(self.folder / 'theirs.mkv')])
                    self.assertEqual(done.returncode, 0, done.stderr)
                    path = self.write(clip, 'matroska', 'ours.mkv', **{'closed-gop': said})
                    hashes[said] = path.read_bytes()
                    self.assertEqual(hashes[said], (self.folder / 'theirs.mkv').read_bytes())
            self.assertNotEqual(hashes['true'], hashes['false'], encoder)


class Conversions(Encoding):
    """Frames of one format to an encoder of others: the pixels are those of the ffmpeg command."""

    COLOURS = [('tv', 'bt709'), ('pc', 'bt709'), ('tv', 'smpte170m'), ('pc', 'smpte170m'), ('tv', 'bt2020nc')]

    def like_command(self, pixel_format, encoder, colours, out, muxer='nut', told=()):
        clip = clip_of(self.folder, encoder, pixel_format)
        for colour_range, space in colours:
            with self.subTest(source=pixel_format, encoder=encoder, range=colour_range, space=space):
                options = []
                for key, value in clip.options.items():
                    options += [f'-{key}', value]
                theirs = self.folder / 'theirs.nut'
                done = matrix.run_ffmpeg([
                    '-f', 'rawvideo', '-pixel_format', pixel_format, '-video_size', clip.size, '-framerate', clip.rate,
                    '-color_range', colour_range, '-colorspace', space, '-i', str(clip.path), '-c:v', encoder,
                    *told, '-g', str(matrix.INTERVAL), '-threads:v', '1', '-flags:v', '+bitexact', *options, '-f', muxer, str(theirs)])
                self.assertEqual(done.returncode, 0, done.stderr)
                path = self.write(clip, muxer, 'ours.nut', range=colour_range, matrix=space)
                self.assertEqual(stream_of(path, 'pix_fmt'), [out])
                self.assertEqual(stream_of(path, 'pix_fmt'), stream_of(theirs, 'pix_fmt'))
                self.assertEqual(frames_of(path, out), frames_of(theirs, out))

    def test_yuv_to_rgb_by_matrix_and_range(self):
        self.like_command('yuv444p', 'png', self.COLOURS, 'rgb24')
        self.like_command('yuv420p', 'png', self.COLOURS, 'rgb24')

    def test_deep_yuv_to_deep_rgb(self):
        self.like_command('yuv444p10le', 'png', self.COLOURS[:2], 'rgb48be')

    def test_chroma_is_resampled(self):
        self.like_command('yuv422p10le', 'mpeg2video', [('tv', 'bt709')], 'yuv422p')
        self.like_command('yuv444p', 'mpeg4', [('tv', 'bt709')], 'yuv420p')

    def test_chroma_is_kept_where_the_command_halves_it_once_more(self):
        finer = {'told': ['-pix_fmt', 'yuv422p']}
        self.like_command('yuv444p', 'mpeg2video', self.COLOURS[:1], 'yuv422p', **finer)
        self.like_command('yuv444p10le', 'mpeg2video', self.COLOURS[:1], 'yuv422p', **finer)
        self.like_command('rgb24', 'mpeg2video', [('pc', 'rgb')], 'yuv422p', **finer)

    def test_range_of_jpeg(self):
        self.like_command('yuv420p', 'mjpeg', [('tv', 'bt709'), ('pc', 'bt709')], 'yuvj420p')

    def test_alpha_is_kept_where_it_can(self):
        self.like_command('bgra', 'png', [('pc', 'rgb')], 'rgba')
        self.like_command('yuva420p', 'ffv1', [('tv', 'bt709')], 'yuva420p')
        self.like_command('bgra', 'qtrle', [('pc', 'rgb')], 'argb', 'mov')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
