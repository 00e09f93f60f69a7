# gst-framewise: frames as NumPy arrays and DLPack tensors, without copying.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Python adds to GstFramewise:

to_numpy(sample)                   a frame, or one plane of it, as a read-only ndarray over its own memory
from_numpy(array, pixel_format)    a sample over the memory of an ndarray
map(sample)                        what to_numpy() wraps: for numpy.from_dlpack(), torch.from_dlpack() ...
Layout                             its accessors as properties too
Reader(source)                     any frame of a video by its number: reader[5], reader[10:20:3], len(reader) ...
Writer(location)                   arrays into a video file: writer.write(array)

Errors of arrays are ValueErrors with the library's own words. NumPy is imported when first needed.
"""
import atexit
import ctypes
import json
import math
import operator
import os
from fractions import Fraction

from gi.overrides import override
from gi.repository import Gio, GLib, Gst

from ..module import get_introspection_module

GstFramewise = get_introspection_module("GstFramewise")

__all__ = ["Array", "Layout", "Reader", "Writer", "from_numpy", "map", "to_numpy"]


class Layout(GstFramewise.Layout):
    """How the memory of a frame, or of one of its planes, looks as an array."""

    @property
    def pixel_format(self):
        return self.get_pixel_format()

    @property
    def width(self):
        return self.get_width()

    @property
    def height(self):
        return self.get_height()

    @property
    def typestr(self):
        return self.get_typestr()

    @property
    def dtype(self):
        import numpy

        return numpy.dtype(self.get_typestr())

    @property
    def axes(self):
        """A letter for each axis, as `HWC`; None where the frame is no single array."""
        return self.get_axes()

    @property
    def shape(self):
        """None where the frame is no single array."""
        return tuple(self.get_shape()) or None

    @property
    def strides(self):
        """None where the frame does not lie in memory as a single array."""
        return tuple(self.get_strides()) or None

    @property
    def offset(self):
        return self.get_offset()

    @property
    def size(self):
        return self.get_size()

    @property
    def channels(self):
        """The channels' names, in the order of memory."""
        return tuple(self.get_channel_name(i) for i in range(self.get_n_channels()))

    @property
    def planes(self):
        return [self.get_plane(i) for i in range(self.get_n_planes())]

    def __repr__(self):
        if self.shape:
            what = f"{self.typestr} {self.axes} {self.shape}"
        else:
            what = ", ".join(f"{p.typestr} {p.axes} {p.shape}" for p in self.planes)
        return f"<GstFramewise.Layout {self.pixel_format} {self.width}x{self.height}: {what}>"


Layout = override(Layout)


# ---- DLPack: the structures of <dlpack/dlpack.h> -------------------------------------------------


class _Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int),
        ("device_id", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


_Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _ManagedTensor(ctypes.Structure):
    _fields_ = [("tensor", _Tensor), ("manager", ctypes.c_void_p), ("deleter", _Deleter)]


_CPU = 1
_TYPE_CODES = {"u": 1, "f": 2}
_CAPSULE_NAME = b"dltensor"  # a capsule keeps its address

# Of capsules that are being finalised there must be no new reference: addresses, not objects.
_capsule_new = ctypes.pythonapi.PyCapsule_New
_capsule_new.restype = ctypes.py_object
_capsule_new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_capsule_is_valid = ctypes.pythonapi.PyCapsule_IsValid
_capsule_is_valid.restype = ctypes.c_int
_capsule_is_valid.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
_capsule_get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_get_pointer.restype = ctypes.c_void_p
_capsule_get_pointer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]


@ctypes.PYFUNCTYPE(None, ctypes.c_void_p)
def _finalise_capsule(capsule):
    """Whoever takes the tensor renames the capsule. This one nobody took."""
    if _capsule_is_valid(capsule, _CAPSULE_NAME):
        address = _capsule_get_pointer(capsule, _CAPSULE_NAME)
        _ManagedTensor.from_address(address).deleter(address)


# ---- Samples -> arrays ---------------------------------------------------------------------------


class Array(GstFramewise.Array):
    """A frame's elements in memory, for NumPy (`numpy.asarray`) and users of DLPack."""

    _copy = None
    _writable = True  # where the memory is

    @property
    def __array_interface__(self):
        return {
            "version": 3,
            "typestr": self.get_layout().get_typestr(),
            "shape": tuple(self.get_shape()),
            "strides": tuple(self.get_strides()),
            "data": (self.get_data(), self.is_read_only() or not self._writable),
        }

    def __dlpack_device__(self):
        return (_CPU, 0)

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        """A capsule named `dltensor`. Of read-only memory a copy, unless `copy` is False."""
        if dl_device not in (None, (_CPU, 0)):
            raise BufferError("Frames are in the memory of the CPU.")
        if stream is not None:
            raise BufferError("There are no streams on the CPU.")
        policy = {
            None: GstFramewise.Copy.IF_NEEDED,
            False: GstFramewise.Copy.NEVER,
            True: GstFramewise.Copy.ALWAYS,
        }[self._copy if copy is None else copy]
        try:
            address = self.to_dlpack(policy)
        except GLib.Error as error:
            raise BufferError(error.message) from None
        return _capsule_new(address, _CAPSULE_NAME, ctypes.cast(_finalise_capsule, ctypes.c_void_p))


Array = override(Array)


def map(sample, plane=None, padding=False, copy=None, writable=False):
    """The elements of a frame where they lie, as an Array that keeps the sample's buffer.

    plane: the number of a plane; None is the whole frame
    padding: bytes that pad a pixel (rgb0) make a channel
    copy: what __dlpack__() does, which cannot hand out read-only memory: None copies such memory,
        False raises a BufferError, True always copies
    writable: NumPy may write into the frame, which everybody who has it sees: other branches of a
        tee, and decoders that still refer to it. A ValueError where the memory does not allow that.
        Without it arrays are read only; DLPack before 1.0 cannot say so of a tensor, so of one
        without a copy it is the caller who must not write.
    """
    try:
        layout = GstFramewise.Layout.new_from_sample(sample)
        if padding:
            layout = layout.with_padding()
        if plane is not None:
            plane = operator.index(plane)
            n_planes = layout.get_n_planes()
            if not 0 <= plane < n_planes:
                raise ValueError(
                    f"`{layout.get_pixel_format()}` has no plane {plane}: they are numbered from 0 "
                    f"to {n_planes - 1}."
                )
            layout = layout.get_plane(plane)
        access = GstFramewise.Access.WRITE if writable else GstFramewise.Access.AS_MEMORY
        array = layout.map(sample.get_buffer(), access)
    except GLib.Error as error:
        raise ValueError(error.message) from None
    array._copy, array._writable = copy, writable
    return array


def to_numpy(sample, plane=None, padding=False, writable=False):
    """A frame as an ndarray over its own memory, read only unless `writable`: see map().

    The array keeps the sample's buffer. Only planes that do not lie evenly spaced in one memory are
    copied to make one array of them; `result.base.is_copy()` tells. A format that is no single array,
    such as yuv420p, is a ValueError: its planes are arrays, by `plane`.
    """
    import numpy

    return numpy.asarray(map(sample, plane, padding, writable=writable))


# ---- Arrays -> samples ---------------------------------------------------------------------------

# What the arrays' memory needs to stay, by the address of the tensor that GStreamer has.
_in_use = {}


@_Deleter
def _forget(address):
    """Called by whichever thread lets the last buffer go. ctypes takes the GIL."""
    _in_use.pop(address, None)


def _leave_in_use():
    """Without an interpreter nobody can be called: what GStreamer still has then stays for good."""
    for kept in list(_in_use.values()):
        kept[0].deleter = _Deleter()
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))


atexit.register(_leave_in_use)


def _tensor_of(array):
    itemsize, ndim = array.dtype.itemsize, array.ndim
    shape = (ctypes.c_int64 * ndim)(*array.shape)
    strides = (ctypes.c_int64 * ndim)(*(stride // itemsize for stride in array.strides))
    managed = _ManagedTensor()
    tensor = managed.tensor
    tensor.data = array.__array_interface__["data"][0]
    tensor.device_type = _CPU
    tensor.ndim = ndim
    tensor.code = _TYPE_CODES[array.dtype.kind]
    tensor.bits = 8 * itemsize
    tensor.lanes = 1
    tensor.shape = shape
    tensor.strides = strides
    managed.deleter = _forget
    return managed, shape, strides, array


def _described(typestr, shape):
    return f"dtype {typestr} and shape ({', '.join(str(n) for n in shape)}{',' * (len(shape) == 1)})"


def _expect(layout, array, name, sizes):
    """Raises a ValueError, with what was expected, where the array is not as the layout has it."""
    named = [sizes.get(axis, n) for axis, n in zip(layout.axes, layout.shape)]
    expected = f"{name} takes an array of {_described(layout.typestr, named)}"
    found = f"this one has {_described(array.dtype.str, array.shape)}"
    if array.dtype != layout.dtype:
        hint = ""
        if array.dtype.kind == layout.dtype.kind and array.dtype.itemsize == layout.dtype.itemsize:
            hint = " Its bytes are in the other order."
        elif array.dtype.kind == "f":
            hint = " Values are not converted: scale, round and clip them first."
        raise ValueError(f"{expected}; {found}.{hint}")
    if array.ndim != len(layout.shape) or any(
        axis not in sizes and n != wanted
        for axis, n, wanted in zip(layout.axes, array.shape, layout.shape)
    ):
        raise ValueError(f"{expected}; {found}.")
    if any(stride % array.dtype.itemsize for stride in array.strides):
        raise ValueError(
            f"{name} takes an array whose strides are whole elements; this one has strides of "
            f"{array.strides} bytes. numpy.ascontiguousarray() makes one."
        )


def _layout_for(pixel_format, arrays, width, height):
    """The layout of the frame that these arrays make, its size taken from the first of them."""
    probe = GstFramewise.Layout.new(pixel_format, 64, 64).with_padding()
    n_planes = probe.get_n_planes()
    whole = len(arrays) == 1 and probe.is_strided() and (n_planes == 1 or probe.axes[0] == "C")
    if not whole and len(arrays) != n_planes:
        one = "one array, or " if probe.is_strided() and probe.axes[0] == "C" else ""
        planes = "1 array" if n_planes == 1 else f"{n_planes} arrays, one for each plane, in a list"
        raise ValueError(f"`{pixel_format}` takes {one}{planes}; these are {len(arrays)}.")
    first = probe if whole else probe.get_plane(0)
    name = f"`{pixel_format}`" if whole or n_planes == 1 else f"Plane 0 of `{pixel_format}`"
    _expect(first, arrays[0], name, {"H": "height", "W": "width"})
    rows, columns = first.axes.index("H"), first.axes.index("W")
    if width is None:
        width = arrays[0].shape[columns] * (64 // first.shape[columns])
    if height is None:
        height = arrays[0].shape[rows]
    layout = GstFramewise.Layout.new(pixel_format, width, height)
    padded = layout.with_padding()
    parts = [padded] if whole else padded.planes
    for i, (part, array) in enumerate(zip(parts, arrays)):
        which = "" if len(parts) == 1 else f"Plane {i} of "
        _expect(part, array, f"{which}`{pixel_format}` {width}x{height}", {})
    return layout


def from_numpy(
    array,
    pixel_format,
    pts=None,
    duration=None,
    framerate=None,
    width=None,
    height=None,
    writable=False,
):
    """A sample over the memory of an ndarray, or of a list of them, one for each plane.

    Nothing is copied or converted: dtype, byte order and shape must be those of the format (with the
    bytes that pad a pixel, rgb0, as a channel), rows may be apart. Else a ValueError says what was expected.

    pts, duration: nanoseconds
    framerate: for the caps: a number, a Fraction, or a pair
    width, height: in pixels, where the array does not tell: yuyv422 of an odd width
    writable: elements downstream may write into the array, if it may be written; else they copy first

    The array must not change while a pipeline has the sample.
    """
    import numpy

    rate = _fraction(framerate)
    pts, duration = _nanoseconds(pts, "pts"), _nanoseconds(duration, "duration")
    arrays = list(array) if isinstance(array, (list, tuple)) else [array]
    for each in arrays:
        if not isinstance(each, numpy.ndarray):
            raise TypeError(
                f"`{pixel_format}` takes a numpy.ndarray, or a list of them, one for each plane; "
                f"this is of type {type(each).__name__}."
            )
    try:
        layout = _layout_for(pixel_format, arrays, width, height)
        tensors = [_tensor_of(each) for each in arrays]
        addresses = [ctypes.addressof(tensor[0]) for tensor in tensors]
        table = (ctypes.c_void_p * len(tensors))(*addresses)
        _in_use.update(zip(addresses, tensors))
        may_write = writable and all(each.flags.writeable for each in arrays)
        try:
            buffer = layout.wrap_dlpack(ctypes.addressof(table), len(tensors), not may_write)
        except GLib.Error:
            for address in addresses:
                _in_use.pop(address)
            raise
    except GLib.Error as error:
        raise ValueError(error.message) from None
    buffer.pts, buffer.duration = pts, duration
    return Gst.Sample.new(buffer, layout.to_caps(*rate), None, None)


def _nanoseconds(time, name):
    if time is None:
        return Gst.CLOCK_TIME_NONE
    try:
        nanoseconds = operator.index(time)
    except TypeError:
        nanoseconds = -1
    if not 0 <= nanoseconds <= Gst.CLOCK_TIME_NONE:
        raise ValueError(f"`{name}` takes a whole number of nanoseconds from 0 on, not {time!r}.")
    return nanoseconds


def _fraction(framerate):
    """Numerator and denominator as caps hold them; 0/1 where there is no fixed rate."""
    if framerate is None:
        return 0, 1
    try:
        exact = _exact_rate(framerate)
    except (TypeError, ValueError, ArithmeticError):
        exact = None
    limit = 2**31
    if exact is None or not (0 <= exact.numerator < limit and exact.denominator < limit):
        raise ValueError(
            "`framerate` takes a number from 0 on, a Fraction, or a pair of whole numbers such as "
            f"(30000, 1001), each less than 2**31; not {framerate!r}."
        )
    return exact.numerator, exact.denominator


def _exact_rate(rate):
    if hasattr(rate, "denom"):  # Gst.Fraction, whose parts may be whole floats
        rate = int(rate.num), int(rate.denom)
    if isinstance(rate, tuple):
        numerator, denominator = (operator.index(part) for part in rate)
        return Fraction(numerator, denominator) if denominator > 0 else None
    exact = Fraction(rate)
    if isinstance(rate, float) and not rate.is_integer():
        # 29.97 is 30000/1001 to everybody
        ntsc = Fraction(round(rate * 1.001) * 1000, 1001)
        near = ntsc if math.isclose(rate, ntsc, rel_tol=1e-4) else exact.limit_denominator(1001)
        return near or None  # less than one frame in 1000 s takes a Fraction
    return exact


# ---- Readers -------------------------------------------------------------------------------------


def _raise(error):
    """What a Python programmer expects of this GLib.Error."""
    message = error.message
    if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT):
        raise IndexError(message) from None
    if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CLOSED):
        raise ValueError(message) from None
    if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
        raise InterruptedError(message) from None
    if error.matches(Gst.ResourceError.quark(), Gst.ResourceError.NOT_FOUND):
        raise FileNotFoundError(message) from None
    if error.matches(Gst.ResourceError.quark(), Gst.ResourceError.NO_SPACE_LEFT):
        raise MemoryError(message) from None
    if error.domain == GLib.quark_to_string(Gst.ResourceError.quark()):
        raise OSError(message) from None
    if error.domain in (
        GLib.quark_to_string(Gst.LibraryError.quark()),
        GLib.quark_to_string(Gst.StreamError.quark()),
    ):
        raise ValueError(message) from None
    raise error


def _called(function, *arguments):
    try:
        return function(*arguments)
    except GLib.Error as error:
        _raise(error)


def _to_dict(structure):
    """Fractions as Fraction, structures as dicts of their own."""
    fields = {}
    for i in range(structure.n_fields()):
        name = structure.nth_field_name(i)
        kind = structure.get_field_type(name).name
        if kind == "GstFraction":
            _, numerator, denominator = structure.get_fraction(name)
            fields[name] = Fraction(numerator, denominator)
        elif kind == "GstStructure":
            fields[name] = _to_dict(structure.get_value(name))
        else:
            fields[name] = structure.get_value(name)
    return fields


def _filter_text(filters):
    """Lists, as of json.loads(), are the JSON that the library reads."""
    return filters if filters is None or isinstance(filters, str) else json.dumps(filters)


class Reader(GstFramewise.Reader):
    """Any frame of a video by its number, as a writable ndarray in memory of its own.

    reader[5]               (height, width, 3), uint8, unless `pixel_format` is another
    reader[-1]              the last one
    reader[10:20:3]         (N, height, width, 3); so does reader[[3, 1, 3]], in that order
    len(reader)             waits until the frames are counted
    for frame in reader:    in order, of input that cannot seek as well

    Each frame is the one that a linear decode gives. With filters, those of the filtered video, just
    as a linear run gives them.

    source: a path or URL, bytes, an open binary file, or a Gio.InputStream
    pixel_format: FFmpeg's name; `native` is what the decoder gives
    filters, graph: see set_filter()
    properties: of GstFramewise.Reader: stream, start_frame, index_mode, thread_count ...

    Raises IndexError where there is no such frame, FileNotFoundError and OSError where the source
    cannot be read, ValueError for what is no video, no filter, or a closed reader, TypeError for the
    length of input that cannot be read twice.
    """

    def __init__(self, source=None, pixel_format="rgb24", filters=None, graph=None, **properties):
        if isinstance(source, (str, os.PathLike)):
            properties["location"] = os.fspath(source)
        elif isinstance(source, Gio.InputStream):
            properties["input_stream"] = source
        elif isinstance(source, GLib.Bytes):
            properties["bytes"] = source
        elif isinstance(source, (bytes, bytearray, memoryview)):
            properties["bytes"] = GLib.Bytes.new(bytes(source))
        elif hasattr(source, "read"):
            properties["bytes"] = GLib.Bytes.new(source.read())
        elif source is not None:
            raise TypeError(
                "A Reader takes a path, a URL, bytes, an open binary file or a Gio.InputStream; this "
                f"is of type {type(source).__name__}."
            )
        for name in ("container_options", "codec_options"):
            if isinstance(properties.get(name), dict):
                properties[name] = _to_structure(properties[name])
        super().__init__(pixel_format=pixel_format, **properties)
        _called(self.init, None)
        if filters is not None or graph is not None:
            self.set_filter(filters, graph)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def __len__(self):
        try:
            return self.get_n_frames(None)
        except GLib.Error as error:
            if error.matches(Gst.ResourceError.quark(), Gst.ResourceError.SEEK):
                raise TypeError(error.message) from None  # it has no length, so list() does without
            _raise(error)

    def __bool__(self):
        return True  # counting frames may take long

    def __getitem__(self, key):
        if isinstance(key, slice):
            return self._read_slice(key)
        try:
            return self.read_array([operator.index(key)])[0]
        except TypeError:
            return self.read_array(key)

    def _read_slice(self, key):
        # Counting frames may take long, and it need not matter how many there are.
        start, stop, step = key.indices(2**62)
        numbers = range(start, stop, step)
        counts_from_end = any(end is not None and end < 0 for end in (key.start, key.stop))
        if step > 0 and not counts_from_end and len(numbers) <= 1024:
            try:
                return self.read_array(numbers)
            except IndexError:
                pass
        return self.read_array(range(*key.indices(len(self))))

    def __iter__(self):
        number = 0
        while True:
            try:
                frame = self[number]
            except IndexError:
                return
            yield frame
            number += 1

    def read(self, index, pixel_format=None, cancellable=None):
        """One frame as a Gst.Sample, with its times and metas; `native` is the decoder's own memory."""
        return _called(super().read, operator.index(index), pixel_format, cancellable)

    def read_batch(self, indices, pixel_format=None, cancellable=None):
        """The same of several, in one sweep: a list of Gst.Samples in the order of `indices`."""
        indices = [operator.index(index) for index in indices]
        return _called(super().read_batch, indices, pixel_format, cancellable)

    def read_array(self, indices, pixel_format=None, cancellable=None):
        """Several frames as one ndarray, (N, height, width, channels), in one sweep."""
        import numpy

        indices = [operator.index(index) for index in indices]
        return numpy.asarray(_called(super().read_array, indices, pixel_format, cancellable))

    def set_filter(self, filters=None, graph=None):
        """Frames are those of the filtered video from now on; without filters, of the stream again.

        filters: filters one behind the other: `hflip,scale=320:-2`, or [["hflip", ""], ["scale",
            {"w": 320, "h": -2}]]
        graph: a graph between `[video_in]` and `[video_out]`, or [nodes, edges]
        """
        _called(super().set_filter, _filter_text(filters), _filter_text(graph))

    @property
    def metadata(self):
        """What the headers say: a dict, with dicts of the container's and the stream's tags."""
        return _to_dict(_called(self.get_metadata))

    def frame_metadata(self, index):
        """Of one frame, as a dict: its number, pts and time base, picture type ..."""
        return _to_dict(_called(self.get_frame_metadata, operator.index(index), None))

    @property
    def layout(self):
        """The Layout of the frames."""
        return _called(self.get_layout, None, None)


def _to_structure(options):
    structure = Gst.Structure.new_empty("options")
    for name, value in options.items():
        structure.set_value(name, value)
    return structure


Reader = override(Reader)


# ---- Writers -------------------------------------------------------------------------------------

# What an array is where nobody says: by its dtype and its number of channels.
_USUAL_FORMATS = {
    "|u1": {1: "gray", 3: "rgb24", 4: "rgba"},
    "<u2": {1: "gray16le", 3: "rgb48le", 4: "rgba64le"},
    ">u2": {1: "gray16be", 3: "rgb48be", 4: "rgba64be"},
}


def _usual_format(array):
    formats = _USUAL_FORMATS.get(array.dtype.str)
    if formats is None:
        raise ValueError(
            f"An array of dtype {array.dtype.str} has no usual pixel format: uint8 and uint16 have. "
            "Scale, round and convert it, or name one by pixel_format=."
        )
    channels = 1 if array.ndim == 2 else array.shape[-1] if array.ndim in (3, 4) else None
    if channels in formats:
        return formats[channels]
    raise ValueError(
        f"An array of {_described(array.dtype.str, array.shape)} has no usual pixel format: (height, "
        "width), (height, width, channels) and (number, height, width, channels) have, with 1, 3 or 4 "
        "channels. Name one by pixel_format=, such as `gray` for a stack of (number, height, width)."
    )


def _frames_of(array, pixel_format):
    """The single frames of an array that is one, or a stack of them."""
    try:
        probe = GstFramewise.Layout.new(pixel_format, 64, 64).with_padding()
    except GLib.Error as error:
        raise ValueError(error.message) from None
    if not probe.is_strided() or (probe.get_n_planes() > 1 and probe.axes[0] != "C"):
        raise ValueError(
            f"`{pixel_format}` is an array for each plane: write from_numpy([planes ...], "
            f"{pixel_format!r})."
        )
    n_axes = len(probe.shape)
    if n_axes == 2 and array.ndim > 2 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim == n_axes:
        return [array]
    if array.ndim == n_axes + 1:
        return array
    raise ValueError(
        f"`{pixel_format}` takes an array of {n_axes} dimensions, or of {n_axes + 1} for a stack; this "
        f"one has {_described(array.dtype.str, array.shape)}."
    )


class Writer(GstFramewise.Writer):
    """Arrays, or samples, into a video file.

    with GstFramewise.Writer("out.mkv", framerate=25) as writer:
        writer.write(array)

    The end of `with` finishes the file; an exception inside aborts it: an older file stays.

    location: a path, picture pattern or URL, or a Gio.OutputStream (with `container`); None with
        `container`: into memory, see data
    framerate: a number (3.5, 29.97), a Fraction or a pair; arrays need it
    filters, graph: see set_filter()
    properties: of GstFramewise.Writer: codec, container, pixel_format (what is encoded),
        max_keyframe_interval, closed_gop (True, False or "auto"), codec_options, container_options,
        container_metadata and stream_metadata (dicts), thread_count

    Raises ValueError for what does not fit: settings, arrays, frames, a writer that was closed; OSError and
    FileNotFoundError where nothing can be written, MemoryError where no space is left.
    """

    def __init__(self, location=None, framerate=None, filters=None, graph=None, **properties):
        if framerate is not None:
            properties["framerate"] = Gst.Fraction(*_fraction(framerate))
        for name in ("codec_options", "container_options", "container_metadata", "stream_metadata"):
            if isinstance(properties.get(name), dict):
                properties[name] = _to_structure(properties[name])
        if isinstance(properties.get("closed_gop"), (bool, str)):
            nick = str(properties["closed_gop"]).upper()
            if nick not in ("AUTO", "FALSE", "TRUE"):
                raise ValueError(f"`closed_gop` takes True, False or \"auto\", not {nick.lower()!r}.")
            properties["closed_gop"] = getattr(GstFramewise.ClosedGop, nick)
        if isinstance(location, Gio.OutputStream):
            properties["output_stream"] = location
        elif location is not None:
            properties["location"] = os.fspath(location)
        super().__init__(**properties)
        self._closed = False
        _called(self.init, None)
        if filters is not None or graph is not None:
            self.set_filter(filters, graph)

    def __enter__(self):
        return self

    def __exit__(self, kind, *exception):
        if kind is not None:
            self.abort()
        elif not self._closed:
            self.finish()

    def write(self, frames, pixel_format=None, pts=None, duration=None, cancellable=None):
        """A frame, a stack of frames, a Gst.Sample, or a list of these.

        pixel_format: FFmpeg's name of what the arrays are, such as `bgr24`, `bayer_rggb8` or `gbrp`. By
            itself (height, width) is gray, (height, width, 3) rgb24 and (height, width, 4) rgba, of
            uint16 gray16, rgb48 and rgba64; one axis more is a stack. (number, height, width) needs it.
        pts, duration: of one frame, in nanoseconds; else frames come one after the other by the framerate

        Arrays may be changed again afterwards. Nothing is written of an array that does not fit, of a list
        what comes before it.
        """
        if isinstance(frames, Gst.Sample):
            if pixel_format is not None or pts is not None or duration is not None:
                raise TypeError("A sample has a format and times of its own.")
            self._write_sample(frames, cancellable)
            return
        if isinstance(frames, (list, tuple)):
            if pts is not None or duration is not None:
                raise TypeError("`pts` and `duration` are those of one frame, not of a list.")
            for frame in frames:
                self.write(frame, pixel_format, cancellable=cancellable)
            return
        import numpy

        if not isinstance(frames, numpy.ndarray):
            raise TypeError(
                "A Writer takes a numpy.ndarray, a Gst.Sample, or a list of them; this is of type "
                f"{type(frames).__name__}."
            )
        name = pixel_format or _usual_format(frames)
        stack = _frames_of(frames, name)
        if len(stack) > 1 and (pts is not None or duration is not None):
            raise TypeError("`pts` and `duration` are those of one frame, not of a stack.")
        for frame in stack:
            # Encoder and filters may keep a frame after this has returned, but never an array's memory: it ends
            # with the last pixel, where libav wants padding, so what they get is a copy.
            sample = from_numpy(numpy.ascontiguousarray(frame), name, pts=pts, duration=duration)
            self._write_sample(sample, cancellable)

    def _write_sample(self, sample, cancellable):
        _called(super().write, sample, cancellable)

    def set_filter(self, filters=None, graph=None):
        """Filters between what is written and the encoder, as Reader.set_filter(). Before the first frame."""
        _called(super().set_filter, _filter_text(filters), _filter_text(graph))

    def finish(self, cancellable=None):
        """Writes what filters and encoder hold back, and completes the file. Once."""
        _called(super().finish, cancellable)
        self._closed = True

    def abort(self):
        """Closes what was written as far as it goes; an older file at the location stays."""
        super().abort()
        self._closed = True

    @property
    def data(self):
        """The finished file as bytes where it was written to memory; else None."""
        written = self.get_property("bytes")
        return written and written.get_data()

    @property
    def stats(self):
        """A dict: frames, key-frames, bytes, and duration in nanoseconds."""
        return _to_dict(self.get_property("stats"))

    @property
    def remark(self):
        """What was done otherwise than one would expect, in words; else None."""
        return self.get_property("remark")


Writer = override(Writer)
