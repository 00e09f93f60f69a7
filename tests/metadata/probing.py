# gst-framewise: what the tests here ask of ffprobe and of the elements.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import json
import os
import subprocess
import tempfile
import unittest

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstFramewise", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)

MEDIA = os.environ.get("FRAMEWISE_TEST_MEDIA", "")
# What a muxer, an encoder or the container itself says, whatever it is given.
OWN_WORDS = {"encoder", "duration", "major_brand", "minor_version", "compatible_brands", "vendor_id", "handler_name",
             "software"}


def media(name):
    return os.path.join(MEDIA, name)


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments], check=True, timeout=120)


def probe(path, *options):
    shown = subprocess.run(["ffprobe", "-v", "error", *options, "-show_format", "-show_streams", "-show_chapters",
                            "-of", "json", path], check=True, capture_output=True, timeout=60).stdout
    return json.loads(shown.decode("utf-8", "replace"))


def is_cover(stream):
    return stream.get("disposition", {}).get("attached_pic") == 1


def tags_of(part):
    """The tags that are somebody's, under names in lower case."""
    return {key.lower(): value for key, value in part.get("tags", {}).items()
            if key.lower().split("-")[0] not in OWN_WORDS}


class Bus:
    """What was posted until the end."""

    def __init__(self, pipeline, until):
        self.tags, self.tocs, self.notes = [], [], []
        bus = pipeline.get_bus()
        while True:
            message = bus.timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.ANY)
            assert message, "nothing comes any more"
            if message.type == Gst.MessageType.ERROR:
                raise AssertionError("%s (%s)" % message.parse_error())
            if message.type == Gst.MessageType.TAG:
                self.tags.append(message.parse_tag())
            elif message.type == Gst.MessageType.TOC:
                self.tocs.append((message.src, message.parse_toc()[0]))
            elif message.type == Gst.MessageType.INFO:
                self.notes.append(message.parse_info()[0].message)
            if message.type == until:
                return

    def strings(self, tag):
        """Of all lists that have the tag."""
        found = []
        for tags in self.tags:
            found += [tags.get_string_index(tag, i)[1] for i in range(tags.get_tag_size(tag))]
        return found


def run(description):
    """Plays to the end."""
    pipeline = Gst.parse_launch(description)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        return Bus(pipeline, Gst.MessageType.EOS)
    finally:
        pipeline.set_state(Gst.State.NULL)


class Prerolled:
    """containersrc and a fakesink behind `between`, in PAUSED."""

    def __init__(self, location, properties="", between=""):
        self.pipeline = Gst.parse_launch(f'containersrc name=src location="{location}" {properties} ! {between} '
                                         "fakesink name=sink sync=false")
        self.src = self.pipeline.get_by_name("src")
        self.notified = []
        for name in ("metadata", "frame-layout"):
            self.src.connect("notify::" + name, lambda src, spec: self.notified.append(spec.name))

    def __enter__(self):
        self.pipeline.set_state(Gst.State.PAUSED)
        try:
            self.bus = Bus(self.pipeline, Gst.MessageType.ASYNC_DONE)
        except BaseException:
            self.pipeline.set_state(Gst.State.NULL)
            raise
        return self

    def __exit__(self, *_):
        self.pipeline.set_state(Gst.State.NULL)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def at(self, name):
        return os.path.join(self.folder.name, name)
