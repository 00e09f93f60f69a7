"""The clips of make-media.py: how one is declared, and those that show that decoding is right."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Clip:
    name: str            # file name; one with a % is an image pattern in a folder of its own, one with
                         # a / the file of a folder that is made as one
    kinds: tuple
    recipe: tuple        # (verb, argument...), the verbs being those of make-media.py's Folder.run
    needs: tuple = ()    # clips that the recipe reads, as {name} in its arguments
    stream: str = "V:0"  # the stream that is compared
    options: dict = dataclasses.field(default_factory=dict)  # that its demuxer needs

    @property
    def path(self):
        return f"{self.name.split('%')[0].rstrip('-')}/{self.name}" if "%" in self.name else self.name

    def arguments(self, kind):
        """What the program that tests this kind must be told of the clip."""
        if kind == "exact":
            told = [f"--{k}" for k in ("repeats", "half", "corrupt") if k in self.kinds]
        else:
            told = ["--timed"] if "timed" in self.kinds else []
        if self.stream != "V:0":
            told += ["--stream", self.stream]
        for key, value in self.options.items():
            told += ["--option", f"{key}={value}"]
        if "format-change" in self.kinds:
            for name in self.needs:
                told += ["--part", name]
        return told


CLIPS = []


def add(name, kinds, *recipe, needs=(), stream="V:0", options={}):
    CLIPS.append(Clip(name, tuple(kinds.split()), recipe, tuple(needs), stream, options))


def lavfi(size="160x120", rate="25", frames=30, filters="", source="testsrc2"):
    width, height = map(int, size.split("x"))
    graph = f"{source}=size={width + width % 2}x{height + height % 2}:rate={rate},trim=end_frame={frames}"
    if width % 2 or height % 2:  # which the source does not make
        graph += f",format=yuv444p,crop={width}:{height}:0:0"
    if filters:
        graph += "," + filters
    elif width < 100:  # there the source's own motion is too small to show in every frame
        graph += ",scroll=h=0.043:v=0.031"
    return ["-f", "lavfi", "-i", graph]


def tone(delay=None):
    return (["-itsoffset", delay] if delay else []) + ["-f", "lavfi", "-t", "1.5", "-i", "sine=440:sample_rate=48000"]


def video(name, *args, kinds="parity timed", size="160x120", rate="25", frames=30, filters="", source="testsrc2",
          verb="ffmpeg"):
    """One generated video stream, encoded as `args` say."""
    add(name, kinds, verb, *lavfi(size, rate, frames, filters, source), *args)


# Turned and cut out, so that alpha takes many values.
ALPHA = "format=rgba,rotate=n/9+0.3:c=none"

X264 = ["-c:v", "libx264", "-preset", "veryfast", "-g", "12"]
X265 = ["-c:v", "libx265", "-preset", "ultrafast"]


def x265(params=""):
    quiet = "log-level=error:pools=none:frame-threads=1:keyint=12:min-keyint=12"
    return X265 + ["-x265-params", quiet + (":" + params if params else "")]


# ---- H.264 --------------------------------------------------------------------------------------

video("h264-b.mp4", *X264, "-bf", "3", kinds="parity timed rgb pipeline")
video("h264-b.mkv", *X264, "-bf", "3", kinds="parity timed pipeline")
video("h264.mov", *X264)
video("h264.ts", *X264, kinds="parity timed rgb pipeline")
video("h264.flv", *X264)
video("h264.avi", *X264, "-bf", "0")
video("h264.h264", *X264, kinds="parity")
video("h264-fragmented.mp4", *X264, "-movflags", "frag_keyframe+empty_moov+default_base_moof")
video("h264-open-gop.mp4", *X264, "-bf", "3", "-x264-params", "open-gop=1:scenecut=0:b-adapt=0")
video("h264-intra-refresh.mkv", *X264, "-x264-params", "intra-refresh=1:keyint=10:bframes=0")
video("h264-rgb.mkv", "-c:v", "libx264rgb", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", "rgb24")
video("h264-10bit.mp4", *X264, "-profile:v", "high10", "-pix_fmt", "yuv420p10le", kinds="parity timed rgb pipeline")
video("h264-422-10bit.mkv", *X264, "-pix_fmt", "yuv422p10le")
video("h264-444.mkv", *X264, "-pix_fmt", "yuv444p", kinds="parity timed rgb")
video("h264-gray.mkv", *X264, "-pix_fmt", "gray", kinds="parity timed rgb")
video("h264-interlaced.mp4", *X264, "-flags:v", "+bitexact+ildct+ilme", "-x264-params", "tff=1", filters="tinterlace=4,setfield=tff")
video("h264-full-range.mp4", *X264, "-pix_fmt", "yuvj420p", kinds="parity timed rgb full-range")
video("h264-bt709.mp4", *X264, "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
      "-color_range", "tv", "-chroma_sample_location", "left", kinds="parity timed rgb")
video("h264-bt601.mp4", *X264, "-colorspace", "smpte170m", "-color_primaries", "smpte170m", "-color_trc",
      "smpte170m", kinds="parity timed rgb")
video("h264-anamorphic.mp4", *X264, filters="setsar=4/3")
video("h264-odd.mkv", *X264, "-pix_fmt", "yuv444p", size="319x237", frames=20, kinds="parity timed rgb")
video("h264-cropped.mp4", *X264, size="318x238", frames=20, kinds="parity timed rgb")
video("h264-ntsc.mp4", *X264, rate="30000/1001", kinds="parity timed pipeline")
video("h264-1000fps.mkv", *X264, rate="1000")
video("h264-slow.mp4", *X264, rate="1/7", frames=5)

# ---- HEVC ---------------------------------------------------------------------------------------

video("hevc.mp4", *x265(), "-tag:v", "hvc1", kinds="parity timed pipeline")
video("hevc.mkv", *x265("open-gop=1:bframes=3"))
video("hevc.ts", *x265())
video("hevc.hevc", *x265(), kinds="parity")
video("hevc-10bit.mkv", *x265(), "-pix_fmt", "yuv420p10le", kinds="parity timed rgb")
video("hevc-444-12bit.mkv", *x265(), "-pix_fmt", "yuv444p12le")
video("hevc-gray.mkv", *x265(), "-pix_fmt", "gray")
video("hevc-hdr.mkv", *x265("hdr10=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:max-cll=1000,400:"
                            "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"),
      "-pix_fmt", "yuv420p10le", "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc",
      kinds="parity timed rgb")
video("hevc-bt709.mp4", *x265("colorprim=bt709:transfer=bt709:colormatrix=bt709"), kinds="parity timed rgb")
video("hevc-odd.mp4", *x265(), "-pix_fmt", "yuv420p", size="322x238", frames=12, kinds="parity timed rgb")

# ---- VP8, VP9, AV1 ------------------------------------------------------------------------------

VP8 = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "300k", "-g", "12"]
VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "300k", "-g", "12"]
AOM = ["-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-b:v", "300k", "-g", "8"]
video("vp8.webm", *VP8, kinds="parity timed pipeline")
video("vp8-alpha.webm", *VP8, "-auto-alt-ref", "0", "-pix_fmt", "yuva420p", filters=ALPHA)
video("vp8.ivf", *VP8)
video("vp8-odd.webm", *VP8, size="319x237", frames=12, kinds="parity timed rgb")
video("vp9.webm", *VP9, kinds="parity timed rgb")
video("vp9-hidden-frames.webm", "-c:v", "libvpx-vp9", "-deadline", "good", "-cpu-used", "5", "-lag-in-frames", "16",
      "-auto-alt-ref", "1", "-b:v", "200k", verb="ffmpeg-twice")
video("vp9-alpha.webm", *VP9, "-pix_fmt", "yuva420p", filters=ALPHA)
video("vp9-10bit.mkv", *VP9, "-pix_fmt", "yuv420p10le")
video("vp9-444.mp4", *VP9, "-pix_fmt", "yuv444p")
video("vp9-rgb.webm", *VP9, "-pix_fmt", "gbrp", kinds="parity timed rgb")
video("vp9-odd.webm", *VP9, size="33x17", frames=12, kinds="parity timed rgb")
video("av1.mkv", *AOM, frames=16, kinds="parity timed pipeline")
video("av1.mp4", *AOM, frames=16)
video("av1.webm", *AOM, frames=16)
video("av1.ivf", *AOM, frames=16)
video("av1-10bit.mkv", *AOM, "-pix_fmt", "yuv420p10le", frames=10, kinds="parity timed rgb")
video("av1-hidden-frames.mkv", "-c:v", "libaom-av1", "-cpu-used", "8", "-lag-in-frames", "12", "-b:v", "200k", "-g", "12",
      frames=20)
video("av1-odd.mkv", *AOM, size="99x77", frames=10)

# ---- MPEG-1, 2, 4 and other old hands -------------------------------------------------------------

MPEG2 = ["-c:v", "mpeg2video", "-q:v", "4", "-g", "12", "-bf", "2"]
video("mpeg1.mpg", "-c:v", "mpeg1video", "-q:v", "4", "-bf", "2")
video("mpeg2.mpg", *MPEG2, "-f", "vob", kinds="parity timed pipeline")
video("mpeg2.ts", *MPEG2)
video("mpeg2.mkv", *MPEG2, kinds="parity timed rgb")
video("mpeg2.m2v", *MPEG2, kinds="parity")
video("mpeg2-422.ts", *MPEG2, "-pix_fmt", "yuv422p")
video("mpeg2-interlaced.ts", *MPEG2, "-flags:v", "+bitexact+ildct+ilme", "-top", "1", filters="tinterlace=4,setfield=tff")
video("mpeg4.avi", "-c:v", "mpeg4", "-q:v", "3", "-g", "12")
video("mpeg4-b.avi", "-c:v", "mpeg4", "-q:v", "3", "-g", "12", "-bf", "2")
video("mpeg4.mp4", "-c:v", "mpeg4", "-q:v", "3", "-g", "12", "-bf", "2", kinds="parity timed pipeline")
video("msmpeg4.avi", "-c:v", "msmpeg4", "-q:v", "3")
video("wmv2.wmv", "-c:v", "wmv2", "-q:v", "3")
video("h263.3gp", "-c:v", "h263", "-q:v", "3", size="176x144", frames=20)
video("flv1.flv", "-c:v", "flv", "-q:v", "3")
video("theora.ogg", "-c:v", "libtheora", "-q:v", "6", "-g", "12", kinds="parity timed rgb")
video("theora-444.ogg", "-c:v", "libtheora", "-q:v", "6", "-pix_fmt", "yuv444p", frames=12)

# ---- intra codecs -------------------------------------------------------------------------------

video("mjpeg.avi", "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p", kinds="parity timed rgb full-range")
video("mjpeg.mov", "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj422p", kinds="parity timed rgb")
video("mjpeg-444.mkv", "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj444p")
video("mjpeg-odd.avi", "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p", size="33x17", frames=12)
video("mjpeg.mjpeg", "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p", kinds="parity")
video("prores-422.mov", "-c:v", "prores_ks", "-profile:v", "2", "-pix_fmt", "yuv422p10le", frames=12,
      kinds="parity timed rgb pipeline")
video("prores-4444-alpha.mov", "-c:v", "prores_ks", "-profile:v", "4", "-alpha_bits", "16", "-pix_fmt",
      "yuva444p10le", filters=ALPHA, frames=12)
video("dnxhr-444.mov", "-c:v", "dnxhd", "-profile:v", "dnxhr_444", "-pix_fmt", "yuv444p10le", size="256x128", frames=6)
video("cineform.mov", "-c:v", "cfhd", "-pix_fmt", "gbrp12le", frames=6)
video("v210.mov", "-c:v", "v210", frames=6)
video("r210.mov", "-c:v", "r210", frames=6)
video("qtrle-alpha.mov", "-c:v", "qtrle", "-pix_fmt", "argb", filters=ALPHA, frames=10)
video("huffyuv.avi", "-c:v", "huffyuv", "-pix_fmt", "yuv422p", frames=12)
video("huffyuv-rgb.avi", "-c:v", "huffyuv", "-pix_fmt", "rgb24", frames=12)
video("ffvhuff-alpha.avi", "-c:v", "ffvhuff", "-pix_fmt", "yuva420p", filters=ALPHA, frames=12)
video("utvideo.avi", "-c:v", "utvideo", "-pix_fmt", "yuv420p", frames=12)
video("utvideo-rgba.avi", "-c:v", "utvideo", "-pix_fmt", "gbrap", filters=ALPHA, frames=12)
video("magicyuv.mkv", "-c:v", "magicyuv", "-pix_fmt", "yuv444p", frames=12)
video("jpeg2000-12bit.mkv", "-c:v", "jpeg2000", "-pix_fmt", "yuv444p12le", size="64x48", frames=5)
video("zmbv.avi", "-c:v", "zmbv", "-pix_fmt", "rgb565le", frames=12)
video("zlib.avi", "-c:v", "zlib", "-pix_fmt", "bgr24", frames=12)
video("gif.gif", "-pix_fmt", "bgr8", frames=20, kinds="parity timed rgb")
video("gif-palette.gif", "-pix_fmt", "pal8", frames=12, filters="split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1")
video("apng.apng", "-f", "apng", "-plays", "0", "-pix_fmt", "rgba", filters=ALPHA, frames=12, kinds="parity timed rgb")

# ---- FFV1: every pixel format that it stores ------------------------------------------------------

for pixel_format in """gray gray9le gray10le gray12le gray16le ya8
        yuv410p yuv411p yuv420p yuv422p yuv440p yuv444p
        yuv420p9le yuv422p9le yuv444p9le yuv420p10le yuv422p10le yuv440p10le yuv444p10le
        yuv420p12le yuv422p12le yuv440p12le yuv444p12le yuv420p14le yuv422p14le yuv444p14le
        yuv420p16le yuv422p16le yuv444p16le
        yuva420p yuva422p yuva444p yuva420p9le yuva422p9le yuva444p9le
        yuva420p10le yuva422p10le yuva444p10le yuva420p16le yuva422p16le yuva444p16le
        bgr0 bgra gbrp9le gbrp10le gbrp12le gbrp14le gbrp16le gbrap10le gbrap12le gbrap16le
        rgb48le rgba64le""".split():
    video(f"ffv1-{pixel_format}.mkv", "-c:v", "ffv1", "-level", "3", "-pix_fmt", pixel_format, size="66x50", frames=6,
          filters=ALPHA, kinds="parity timed rgb" if pixel_format in ("gray10le", "yuv420p10le", "yuva420p", "gbrp12le", "rgb48le", "ya8")
          else "parity timed")

# ---- raw video: packed, semi-planar and odd formats -----------------------------------------------

for pixel_format in """nv12 nv21 yuyv422 uyvy422 yvyu422 xyz12le
        yuv420p yuvj420p yuv420p10be yuv422p16be yuv440p yuva444p12le
        rgb24 bgr24 rgba bgra argb abgr rgb0 bgr0 0rgb 0bgr
        rgb565le rgb565be bgr565le rgb555le bgr555le rgb444le bgr444le rgb8 bgr8 rgb4 bgr4 rgb4_byte bgr4_byte
        rgb48le rgb48be bgr48le rgba64be bgra64le gbrp gbrap gbrp16be
        gray gray16be gray14le ya8 monow monob pal8""".split():
    video(f"raw-{pixel_format}.nut", "-c:v", "rawvideo", "-pix_fmt", pixel_format, size="66x50", frames=5,
          filters="" if pixel_format.startswith(("mono", "pal8", "xyz")) else ALPHA)


def headerless(name, pixel_format, size, *recipe, needs=()):
    """Nothing but pixels; the reader must be told what they are."""
    add(name, "parity", "ffmpeg", *recipe, "-f", "rawvideo", needs=needs,
        options={"pixel_format": pixel_format, "video_size": size})


# Formats that no container has a tag for.
for pixel_format in """nv24 nv42 p010le p010be p016le p210le p410le p216le p416le ayuv64le
        x2rgb10le x2bgr10le gbrpf32le gbrapf32le grayf32le ya16le ya16be""".split():
    headerless(f"raw-{pixel_format}.yuv", pixel_format, "66x50", *lavfi("66x50", "25", 5, ALPHA), "-pix_fmt", pixel_format)

# Formats that libswscale does not write; there any bytes are as good as others.
add("noise.bin", "bad", "noise", "100000")
for pixel_format in "nv16 nv20le uyyvyy411 y210le bayer_rggb8 bayer_bggr16le".split():
    headerless(f"raw-{pixel_format}.yuv", pixel_format, "64x48", "-f", "rawvideo", "-pixel_format", pixel_format,
               "-video_size", "64x48", "-t", "0.2", "-i", "{noise.bin}", "-c", "copy", needs=["noise.bin"])

video("raw-1x1-rgb24.nut", "-c:v", "rawvideo", "-pix_fmt", "rgb24", filters="format=rgb24,scroll=h=0.11:v=0.07,crop=1:1:7*n+20:100", frames=9)
video("raw-1x1-yuv420p.nut", "-c:v", "rawvideo", "-pix_fmt", "yuv420p", filters="format=yuv444p,scroll=h=0.11:v=0.07,crop=1:1:7*n+20:100", frames=9)
video("raw-3x5-nv12.nut", "-c:v", "rawvideo", "-pix_fmt", "nv12", filters="format=yuv444p,scroll=h=0.11:v=0.07,crop=3:5:8*n:24", frames=9)
video("raw-odd-yuv420p.nut", "-c:v", "rawvideo", "-pix_fmt", "yuv420p", size="319x237", frames=6, kinds="parity timed rgb")
video("raw-odd-rgb24.nut", "-c:v", "rawvideo", "-pix_fmt", "rgb24", size="33x17", frames=6)
video("raw-odd-yuyv422.nut", "-c:v", "rawvideo", "-pix_fmt", "yuyv422", size="33x17", frames=6)
headerless("raw-odd-p010le.yuv", "p010le", "33x17", *lavfi("33x17", "25", 6), "-pix_fmt", "p010le")
video("raw.avi", "-c:v", "rawvideo", "-pix_fmt", "bgr24", frames=8, size="66x50")
video("raw.mov", "-c:v", "rawvideo", "-pix_fmt", "yuyv422", frames=8, size="66x50")
video("raw.mkv", "-c:v", "rawvideo", "-pix_fmt", "yuv420p", frames=8, size="66x50")
video("y4m.y4m", "-pix_fmt", "yuv420p", frames=12, kinds="parity timed rgb pipeline")
video("y4m-444-10bit.y4m", "-strict", "-1", "-pix_fmt", "yuv444p10le", size="33x17", frames=8)

# ---- pictures -----------------------------------------------------------------------------------

video("png.png", "-pix_fmt", "rgb24", frames=1, kinds="parity rgb")
video("png-16bit-alpha.png", "-pix_fmt", "rgba64be", frames=1, filters=ALPHA, kinds="parity rgb")
video("png-palette.png", "-pix_fmt", "pal8", frames=1, filters="split[a][b];[a]palettegen[p];[b][p]paletteuse", kinds="parity rgb")
video("png-gray-alpha.png", "-pix_fmt", "ya8", frames=1, filters=ALPHA, kinds="parity")
video("png-mono.png", "-pix_fmt", "monob", frames=1, kinds="parity")
video("jpeg.jpg", "-q:v", "3", "-pix_fmt", "yuvj420p", frames=1, kinds="parity rgb")
video("jpeg-gray.jpg", "-q:v", "3", "-pix_fmt", "gray", "-c:v", "jpegls", frames=1, kinds="parity")
video("bmp.bmp", "-pix_fmt", "bgr24", frames=1, size="33x17", kinds="parity")
video("tiff-16bit.tiff", "-pix_fmt", "rgb48le", frames=1, kinds="parity")
video("webp.webp", "-c:v", "libwebp", "-pix_fmt", "yuv420p", frames=1, kinds="parity")
video("webp-lossless.webp", "-c:v", "libwebp", "-lossless", "1", "-pix_fmt", "bgra", frames=1, filters=ALPHA, kinds="parity")
video("exr.exr", "-pix_fmt", "gbrpf32le", frames=1, size="66x50", kinds="parity")
video("dpx-10bit.dpx", "-pix_fmt", "gbrp10be", frames=1, size="66x50", kinds="parity")
video("pgm-16bit.pgm", "-pix_fmt", "gray16be", frames=1, size="33x17", kinds="parity")
video("targa.tga", "-pix_fmt", "bgra", frames=1, size="33x17", filters=ALPHA, kinds="parity")
video("img-%03d.png", "-pix_fmt", "rgb24", frames=20, kinds="parity timed rgb")
video("jpg-%03d.jpg", "-q:v", "3", "-pix_fmt", "yuvj420p", frames=12, size="33x17")

# ---- time: variable rates, offsets, edits ---------------------------------------------------------

UNEVEN = "setpts='(N+mod(N,3)*0.4+gt(N,15)*7)/25/TB'"
FINE = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000"]
video("vfr.mp4", *X264, "-bf", "2", *FINE, filters=UNEVEN, kinds="parity timed pipeline")
video("vfr.mkv", *X264, "-bf", "2", *FINE, filters=UNEVEN, kinds="parity timed pipeline")
video("vfr.webm", *VP8, "-fps_mode", "passthrough", "-enc_time_base", "1:1000", filters=UNEVEN)
video("vfr.ts", *X264, *FINE, filters=UNEVEN)
video("one-frame.mp4", *X264, frames=1)
video("start-offset.mkv", *X264, "-output_ts_offset", "2.5")
video("start-offset.mp4", *X264, "-bf", "2", "-output_ts_offset", "2.5")
video("start-offset.ts", *X264, "-output_ts_offset", "95000.7")
video("negative-start.mov", *X264, "-bf", "2", "-avoid_negative_ts", "disabled", "-output_ts_offset", "-0.5",
      "-use_editlist", "0")
add("edit-list.mp4", "parity timed pipeline", "ffmpeg", "-ss", "0.68", "-i", "{h264-b.mp4}", "-c", "copy",
    needs=["h264-b.mp4"])
add("cut-open-gop.mkv", "parity timed", "ffmpeg", "-ss", "0.5", "-i", "{h264-open-gop.mp4}", "-c", "copy",
    needs=["h264-open-gop.mp4"])
add("rotated.mp4", "parity timed", "ffmpeg", "-i", "{h264.mov}", "-c", "copy", "-metadata:s:v:0", "rotate=90",
    needs=["h264.mov"])

# ---- several streams ------------------------------------------------------------------------------

add("audio-video.mp4", "parity timed pipeline", "ffmpeg", *lavfi(), *tone(), *X264, "-c:a", "aac")
add("audio-video.mkv", "parity timed", "ffmpeg", *lavfi(), *tone(), *X264, "-c:a", "libvorbis")
add("audio-first.mkv", "parity timed", "ffmpeg", *tone(), "-itsoffset", "0.7", *lavfi(), "-map", "0", "-map", "1",
    *X264, "-bf", "0", "-c:a", "libvorbis", "-output_ts_offset", "1.25")
add("audio-first.ts", "parity timed", "ffmpeg", *tone(), "-itsoffset", "0.7", *lavfi(), "-map", "0", "-map", "1",
    *X264, "-bf", "0", "-c:a", "mp2")
add("two-videos.mkv", "parity timed", "ffmpeg", *lavfi(frames=30), *lavfi("64x48", "10", 12), "-map", "0", "-map", "1",
    *X264, stream="v:1")
add("cover-first.nut", "parity timed", "ffmpeg", "-i", "{png.png}", *lavfi(), "-map", "0", "-map", "1", "-c:v:0",
    "png", "-c:v:1", "libx264", "-bf:v:1", "0", "-disposition:v:0", "attached_pic", needs=["png.png"])
add("cover.mp4", "parity timed", "ffmpeg", "-i", "{png.png}", "-i", "{h264.mov}", "-map", "0", "-map", "1", "-c", "copy",
    "-disposition:v:0", "attached_pic", needs=["png.png", "h264.mov"])
add("subtitles.txt.srt", "no-video bad", "bytes", "1\n00:00:00,000 --> 00:00:01,000\nA line.\n")
add("audio-only.m4a", "no-video bad", "ffmpeg", *tone(), "-c:a", "aac")
add("audio-only.wav", "no-video bad", "ffmpeg", *tone())
add("audio-with-cover.m4a", "no-video bad", "ffmpeg", *tone(), "-i", "{png.png}", "-map", "0", "-map", "1", "-c:a", "aac",
    "-c:v", "copy", "-disposition:v:0", "attached_pic", needs=["png.png"])

# ---- the picture changes on the way ---------------------------------------------------------------

video("part-large.ts", *X264, frames=14, kinds="part")
video("part-small.ts", *X264, size="96x64", frames=14, kinds="part")
video("part-large.m2v", *MPEG2, "-bf", "0", frames=14, kinds="part")
video("part-small.m2v", *MPEG2, "-bf", "0", size="96x64", frames=14, kinds="part")
video("part-gray.png", "-pix_fmt", "gray16be", size="40x30", frames=1, kinds="part")
video("part-odd.jpg", "-q:v", "3", "-pix_fmt", "yuvj420p", size="33x17", frames=1, kinds="part")
video("part-rgb.h264", "-c:v", "libx264rgb", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", "rgb24", frames=8, kinds="part")
add("size-change.ts", "parity repeats", "concat", "{part-large.ts}", "{part-small.ts}", "{part-large.ts}",
    needs=["part-large.ts", "part-small.ts"])
add("size-change.m2v", "parity", "concat", "{part-large.m2v}", "{part-small.m2v}",
    needs=["part-large.m2v", "part-small.m2v"])
add("format-change.h264", "format-change", "concat", "{h264.h264}", "{part-rgb.h264}",
    needs=["h264.h264", "part-rgb.h264"])
add("size-change.mjpeg", "parity repeats", "concat", "{mjpeg.mjpeg}", "{part-odd.jpg}", "{jpeg.jpg}",
    needs=["mjpeg.mjpeg", "part-odd.jpg", "jpeg.jpg"])
add("mixed-%03d.png", "format-change", "copies", "{png.png}", "{part-gray.png}", "{png-16bit-alpha.png}", "{png-palette.png}",
    needs=["png.png", "part-gray.png", "png-16bit-alpha.png", "png-palette.png"])

# ---- damaged and bad ------------------------------------------------------------------------------

add("truncated.mp4", "bad", "head", "{h264-b.mp4}", "0.6", needs=["h264-b.mp4"])
add("truncated.mkv", "damaged parity timed half", "head", "{h264-b.mkv}", "0.6", needs=["h264-b.mkv"])
add("truncated.ts", "damaged parity timed corrupt", "head", "{h264.ts}", "0.6", needs=["h264.ts"])
add("truncated.png", "bad", "head", "{png.png}", "0.5", needs=["png.png"])
add("empty.mp4", "bad", "bytes", "")
add("empty.mkv", "bad", "bytes", "")
add("text.txt", "bad", "bytes", "This is no video, and not much of a text either.\n")
add("text.mp4", "bad", "bytes", "This is no video, whatever its name says.\n")
add("garbage.mp4", "bad", "noise", "5000")
