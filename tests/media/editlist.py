"""Gives the one track of an MP4 file, whose moov box is its last, an edit list of one's own."""
import struct


def boxes(data, start, end):
    while start < end:
        size, name = struct.unpack_from(">I4s", data, start)
        yield name, start, start + size
        start += size


def path_to(data, *names):
    """The (start, end) of each box on the way."""
    found, start, end = [], 0, len(data)
    for name in names:
        _, start, end = next(b for b in boxes(data, start, end) if b[0] == name)
        found.append((start, end))
        start += 8
    return found


def with_edits(data, edits):
    """`edits`: (first frame, or -1 for nothing; number of frames) in turn. Frames are of equal length."""
    movie, track, edit, old_list = path_to(data, b"moov", b"trak", b"edts", b"elst")
    assert movie[1] == len(data), "moov is not the last box"
    media = path_to(data, b"moov", b"trak", b"mdia", b"mdhd")[-1][0]
    durations = path_to(data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts")[-1][0]
    header = path_to(data, b"moov", b"mvhd")[-1][0]
    movie_scale, = struct.unpack_from(">I", data, header + 20)
    media_scale, = struct.unpack_from(">I", data, media + 20)
    ticks, = struct.unpack_from(">I", data, durations + 20)  # of one frame
    # Where the first picture is: after those that decoding reorders.
    count, = struct.unpack_from(">I", data, old_list[0] + 12)
    origin = struct.unpack_from(">i", data, old_list[0] + 16 + 12 * (count - 1) + 4)[0]
    new = struct.pack(">4sII", b"elst", 0, len(edits))
    for first, frames in edits:
        new += struct.pack(">IiI", frames * ticks * movie_scale // media_scale,
                           -1 if first < 0 else origin + first * ticks, 0x10000)
    new = struct.pack(">I", len(new) + 4) + new
    grown = len(new) - (old_list[1] - old_list[0])
    out = bytearray(data)
    for start, end in (movie, track, edit):
        struct.pack_into(">I", out, start, end - start + grown)
    return bytes(out[:old_list[0]]) + new + bytes(out[old_list[1]:])
