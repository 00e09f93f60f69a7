# gst-framewise: `meson devenv` must lead to this build's elements and typelib.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import os
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst

Gst.init(None)
build = os.path.realpath(os.getcwd())
plugin = Gst.Registry.get().find_plugin("framewise")
assert plugin, "no plugin `framewise`"
assert os.path.realpath(plugin.get_filename()).startswith(build + os.sep), plugin.get_filename()

typelib = os.path.join(build, "lib", "GstFramewise-1.0.typelib")
if os.path.exists(typelib):
    gi.require_version("GstFramewise", "1.0")
    from gi.repository import GstFramewise

    assert gi.Repository.get_default().get_typelib_path("GstFramewise") == typelib
    print(*GstFramewise.version())
    assert GstFramewise.to_numpy, "no override"
