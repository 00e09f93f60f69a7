# gst-framewise: what the Python tests share: random frames in any pixel format.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import subprocess

import gi
import numpy as np

gi.require_version("Gst", "1.0")
gi.require_version("GstFramewise", "1.0")
from gi.repository import GLib, Gst, GstFramewise

Gst.init(None)
random = np.random.default_rng(3)


def all_formats():
    """Every pixel format that is an array, whole or by plane."""
    listed = subprocess.run(["ffmpeg", "-v", "error", "-pix_fmts"], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    names = [line.split()[1] for line in listed.split("-----\n")[1].splitlines()]
    layouts = []
    for name in names:
        try:
            GstFramewise.Layout.new(name, 2, 2)
        except GLib.Error:
            continue
        layouts.append(name)
    assert len(layouts) > 150, layouts
    return layouts


def noise(shape, dtype):
    """Random bits. Of floats no NaN, which is unequal to itself."""
    array = np.ndarray(shape, dtype, random.bytes(int(np.prod(shape)) * dtype.itemsize))
    return np.where(np.isnan(array), 0.5, array).astype(dtype) if dtype.kind == "f" else array.copy()


def noise_sample(pixel_format, width, height):
    """A sample whose buffer has no GstVideoMeta."""
    layout = GstFramewise.Layout.new(pixel_format, width, height)
    buffer = Gst.Buffer.new_wrapped(random.bytes(layout.size))
    return Gst.Sample.new(buffer, layout.to_caps(0, 1), None, None)
