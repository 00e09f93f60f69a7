"""Prints the folder below PREFIX where PyGObject finds overrides: overrides-dir.py PREFIX"""
import os
import site
import sys
import sysconfig

prefix = os.path.realpath(sys.argv[1])
folders = [p for p in sys.path if os.path.basename(p) in ("dist-packages", "site-packages")]
try:
    import gi

    folders.insert(0, os.path.dirname(os.path.dirname(gi.__file__)))
except ImportError:
    pass
folders.append(site.getusersitepackages())
below = [p for p in folders if os.path.realpath(p).startswith(os.path.join(prefix, "lib") + os.sep)]
usual = os.path.join(prefix, "lib", "python" + sysconfig.get_python_version(), "site-packages")
print(os.path.join(below[0] if below else usual, "gi", "overrides"))
