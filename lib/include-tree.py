#!/usr/bin/env python3
"""Lays the public headers out as they are when installed: INCLUDE/gst/framewise/x.h."""
import os
import sys

include, headers = sys.argv[1], sys.argv[2:]
folder = os.path.join(include, "gst", "framewise")
os.makedirs(folder, exist_ok=True)
wanted = {os.path.basename(header): os.path.abspath(header) for header in headers}
for name in os.listdir(folder):
    if name not in wanted:
        os.unlink(os.path.join(folder, name))
for name, target in wanted.items():
    link = os.path.join(folder, name)
    if os.path.islink(link) and os.readlink(link) == target:
        continue
    if os.path.lexists(link):
        os.unlink(link)
    os.symlink(target, link)
