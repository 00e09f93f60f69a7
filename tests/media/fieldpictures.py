"""Writes H.264 whose pictures are coded field by field, which no encoder of Debian's does.

Macroblocks are stored samples (I_PCM) or, in P and B pictures, skipped, so that those depend on their
references. One GOP in display order is I B B P B B P B B P B B; every I but the first is no IDR picture,
and the two B pictures before it refer across it: an open GOP.
"""
import hashlib

WIDTH, HEIGHT = 64, 64
GOP = 12
SLICE_P, SLICE_B, SLICE_I = 5, 6, 7
PCM = {SLICE_I: 25, SLICE_P: 30, SLICE_B: 48}  # mb_type of I_PCM


class Bits:
    def __init__(self):
        self.bits = []

    def u(self, count, value):
        self.bits += [value >> i & 1 for i in reversed(range(count))]

    def ue(self, value):
        length = (value + 1).bit_length()
        self.u(2 * length - 1, value + 1)

    def flags(self, *values):
        self.bits += values

    def align(self):
        self.bits += [0] * (-len(self.bits) % 8)

    def bytes(self, data):
        for byte in data:
            self.u(8, byte)

    def nal(self, reference, kind):
        self.flags(1)  # rbsp_stop_one_bit
        self.align()
        payload = bytes(int("".join(map(str, self.bits[i:i + 8])), 2) for i in range(0, len(self.bits), 8))
        escaped, zeros = bytearray(), 0
        for byte in payload:
            if zeros >= 2 and byte <= 3:
                escaped.append(3)
                zeros = 0
            escaped.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return b"\0\0\0\1" + bytes([reference << 5 | kind]) + bytes(escaped)


def sequence_parameters():
    b = Bits()
    b.u(8, 77)  # Main
    b.u(8, 0)
    b.u(8, 30)
    b.ue(0)   # id
    b.ue(0)   # frame_num has 4 bits,
    b.ue(0)
    b.ue(4)   # the picture order count 8
    b.ue(2)   # reference frames
    b.flags(0)
    b.ue(WIDTH // 16 - 1)
    b.ue(HEIGHT // 32 - 1)
    b.flags(0, 0, 1, 0)  # not frames only; no MBAFF; direct_8x8_inference; no cropping
    b.flags(1)           # VUI
    b.flags(0, 0, 0, 0)
    b.flags(1)           # timing: 50 fields a second
    b.u(32, 1)
    b.u(32, 50)
    b.flags(1)
    b.flags(0, 0, 0)
    b.flags(1)           # bitstream restrictions: one frame is reordered
    b.flags(1)
    for value in (0, 0, 10, 10, 1, 2):
        b.ue(value)
    return b.nal(3, 7)


def picture_parameters():
    b = Bits()
    b.ue(0)
    b.ue(0)
    b.flags(0, 0)  # CAVLC
    b.ue(0)
    b.ue(0)
    b.ue(0)
    b.flags(0)
    b.u(2, 0)
    for _ in range(3):
        b.ue(0)    # quantisers
    b.flags(1, 0, 0)
    return b.nal(3, 8)


def recovery_point():
    b = Bits()
    b.u(8, 6)
    b.u(8, 1)
    b.ue(0)
    b.flags(1, 0)
    b.u(2, 0)
    b.align()
    return b.nal(0, 6)


def samples(number, field, block):
    seed = f"{number}/{field}/{block}".encode()
    luma, blue, red, step = hashlib.sha256(seed).digest()[:4]
    return (bytes(16 + (luma + (i % 16) * (step % 7 + 1)) % 200 for i in range(256)) +
            bytes([16 + blue % 200]) * 64 + bytes([16 + red % 200]) * 64)


def slice_of(number, field, kind, idr, reference, frame_num):
    """One picture: a field (0 top, 1 bottom) or, where `field` is None, a frame."""
    b = Bits()
    b.ue(0)
    b.ue(kind)
    b.ue(0)
    b.u(4, frame_num % 16)
    if field is None:
        b.flags(0)
    else:
        b.flags(1, field)
    if idr:
        b.ue(0)
    b.u(8, (2 * number + (field or 0)) % 256)
    if kind == SLICE_B:
        b.flags(1)  # direct_spatial_mv_pred
    if kind != SLICE_I:
        b.flags(0)  # as many references as the parameters say
        if number % GOP == 0:  # the second field of an entry refers to the first one, one picture number back
            b.flags(1)
            for value in (0, 0, 3):
                b.ue(value)
        else:
            b.flags(*([0, 0] if kind == SLICE_B else [0]))
    if reference:
        b.flags(*([0, 0] if idr else [0]))
    b.ue(0)  # slice_qp_delta
    b.ue(1)  # no deblocking
    blocks = WIDTH // 16 * (HEIGHT // 16) // (1 if field is None else 2)
    skipped = 0
    for block in range(blocks):
        if kind != SLICE_I:
            if (block + number) % 4:
                skipped += 1
                continue
            b.ue(skipped)
            skipped = 0
        b.ue(PCM[kind])
        b.align()
        b.bytes(samples(number, field, block))
    if skipped:
        b.ue(skipped)
    return b.nal(2 if reference else 0, 5 if idr else 1)


def decoding_order(count):
    """Display numbers: each B picture comes after the two that it lies between."""
    order = [0]
    for anchor in range(3, count, 3):
        order += [anchor, anchor - 2, anchor - 1]
    return order


def stream(count, whole_frames=False):
    """`count` frames, 3 n + 1 of them. With `whole_frames` every other picture is coded as a frame."""
    out = sequence_parameters() + picture_parameters()
    frame_num = 0
    for place, number in enumerate(decoding_order(count)):
        idr, entry, reference = number == 0, number % GOP == 0, number % 3 == 0
        kind = SLICE_I if entry else SLICE_P if reference else SLICE_B
        if entry and not idr:
            out += sequence_parameters() + picture_parameters() + recovery_point()
        if whole_frames and place % 2:
            out += slice_of(number, None, kind, idr, reference, frame_num)
        else:
            out += slice_of(number, 0, kind, idr, reference, frame_num)
            second = SLICE_P if kind == SLICE_I else kind
            out += slice_of(number, 1, second, False, reference, frame_num)
        if reference:
            frame_num += 1
    return out
