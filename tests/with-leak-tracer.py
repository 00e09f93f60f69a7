#!/usr/bin/python3
# gst-framewise: runs a test with GStreamer's leaks tracer and fails it for any object left alive.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: with-leak-tracer.py TEST [ARGUMENT …]

The tracer itself only logs what it finds at gst_deinit(), and leaves the exit status alone.
"""
import os
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    # %p keeps the log of a test that forks apart from its children's.
    environment = dict(
        os.environ,
        GST_TRACERS="leaks",
        GST_DEBUG="GST_TRACER:7,default:2",  # the latter says when there is no such tracer
        GST_DEBUG_FILE=os.path.join(folder, "%p.log"),
        GST_DEBUG_NO_COLOR="1",
    )
    status = subprocess.run(sys.argv[1:], env=environment).returncode
    leaks = []
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), errors="replace") as log:
            lines = log.readlines()
            if any("no tracer named" in line for line in lines):
                sys.exit("with-leak-tracer: no tracer `leaks`: is libgstcoretracers.so on the "
                         "test's plugin path?")
            leaks += [line.strip() for line in lines
                      if "object-alive, " in line and "(string)%s" not in line]
    for leak in leaks:
        print("LEAK", leak[leak.index("object-alive"):], file=sys.stderr)
    if leaks and status == 0:
        status = 1
    if status < 0:  # a signal
        status = 128 - status
    sys.exit(status)
