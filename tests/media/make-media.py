#!/usr/bin/python3
"""Makes the test media with the ffmpeg CLI.

    make-media.py FOLDER [--stamp FILE]     make what is missing or whose recipe changed
    make-media.py --list KIND               the clips of one kind, one in a line: the path, then what
                                            the program that tests them must be told of it

FOLDER then holds the clips and manifest.json: a list of {name, path, kinds, stream, options}. A clip
appears under its name only when it is complete. Pictures are small, clips short, and no two frames of
one the same but where parts are joined.

Kinds:
    parity         decodes to what `ffmpeg -f framemd5` says
    timed          its container stores timestamps, so that those are compared as well
    format-change  as parity, but made of its `needs` in turn, and compared with each of them
    rgb            also compared after conversion to rgb24
    pipeline       also sent through all elements
    full-range     the same, for 4:2:0 of full range
    bad            must be refused
    damaged        breaks off on the way
    no-video       holds other things
    part           for other clips to be made of
and those of exactclips.py.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True

import editlist
import fieldpictures
from exactclips import CLIPS

JOBS = 2
QUIET = ["-nostdin", "-hide_banner", "-v", "error", "-y"]
REPRODUCIBLE = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact",
                "-sws_flags", "+accurate_rnd+bitexact", "-threads", "1"]


def noise(size):
    """Bytes that look random and are the same on every machine."""
    blocks = (hashlib.sha256(str(i).encode()).digest() for i in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def part(data, start, end, unit=1):
    """From one fraction of the bytes to another, in whole units."""
    unit = int(unit)
    first, last = (int(len(data) * fraction) // unit * unit for fraction in (start, end))
    return data[first:last]


def whole_part(data, start, end, first_code=-1, codes=0):
    """The same from one start code to another: any, or of so many from `first_code` on. In a transport
    stream: from one packet that begins a video packet to another."""
    def begins(place):
        if first_code < 0 and data[0] == 0x47:
            return place % 188 == 0 and data[place + 1] & 0x41 == 0x41 and data[place + 2] == 0
        return data[place:place + 3] == b"\0\0\1" and (first_code < 0 or first_code <= data[place + 3] < first_code + codes)
    first, last = (next(i for i in range(int(len(data) * fraction), len(data)) if begins(i)) for fraction in (start, end))
    return data[first:last]


def scattered(count, size):
    """`count` places between a quarter and the end, the same each time."""
    seeds = (int.from_bytes(hashlib.sha256(f"place {i}".encode()).digest()[:8], "big") for i in range(int(count)))
    return [size // 4 + seed % (size - size // 4) for seed in seeds]


def flip(data, count):
    """Some bytes changed."""
    out = bytearray(data)
    for place in scattered(count, len(data)):
        out[place] ^= 0x5a
    return bytes(out)


def lose(data, count, packet=188):
    """Some transport packets left out."""
    lost = {place // packet for place in scattered(count, len(data))}
    return b"".join(data[i * packet:(i + 1) * packet] for i in range(len(data) // packet) if i not in lost)


DAMAGES = {"head": lambda data, share: part(data, 0, share), "slice": part, "slice-whole": whole_part, "flip": flip, "lose": lose}
# What makes a clip by code of ours is part of its recipe.
PROGRAMS = {verb: hashlib.sha256(pathlib.Path(module.__file__).read_bytes()).hexdigest()
            for verb, module in (("fields", fieldpictures), ("edits", editlist))}


class Folder:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.by_name = {clip.name: clip for clip in CLIPS}
        assert len(self.by_name) == len(CLIPS), "two clips of one name"
        self.recipes_file = self.folder / ".recipes.json"
        self.ffmpeg = shutil.which("ffmpeg")
        for command, package in (("ffmpeg", "ffmpeg"), ("mkvmerge", "mkvtoolnix")):
            if not shutil.which(command):
                sys.exit(f"The test media need the {command} command (Debian: apt install {package}).")
        self.version = subprocess.run([self.ffmpeg, "-version"], capture_output=True, text=True,
                                      check=True).stdout.splitlines()[0]
        try:
            self.made = json.loads(self.recipes_file.read_text())
        except (OSError, ValueError):
            self.made = {}

    def fingerprint(self, clip):
        parts = [self.version, QUIET, REPRODUCIBLE, clip.recipe, PROGRAMS.get(clip.recipe[0]), [self.fingerprint(self.by_name[n]) for n in clip.needs]]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def is_made(self, clip):
        return self.made.get(clip.name) == self.fingerprint(clip) and (self.folder / clip.path).parent.exists() and (
            "%" in clip.name or (self.folder / clip.path).exists())

    def resolve(self, argument, clip):
        for name in clip.needs:
            argument = argument.replace("{" + name + "}", str(self.folder / name))
        return argument

    def make(self, clip):
        final = self.folder / clip.path
        is_folder = final.parent != self.folder
        temporary = self.folder / f".tmp-{os.getpid()}-{clip.name.replace('%', '_').replace('/', '_')}"
        temporary.mkdir()
        try:
            verb, *arguments = [self.resolve(a, clip) for a in clip.recipe]
            self.run(verb, arguments, temporary / final.name)
            if is_folder:
                shutil.rmtree(final.parent, ignore_errors=True)
            os.replace(*((temporary, final.parent) if is_folder else (temporary / final.name, final)))
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def call(self, target, *command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{target.name}: {' '.join(command)}\n{done.stdout}{done.stderr}")

    def run(self, verb, arguments, target):
        if verb in ("ffmpeg", "ffmpeg-twice"):
            command = [self.ffmpeg, *QUIET, *arguments]
            # The defaults come first, so that a clip's own arguments win.
            first_output = max(i for i, a in enumerate(command) if a == "-i") + 2
            command[first_output:first_output] = REPRODUCIBLE
            if verb == "ffmpeg":
                self.call(target, *command, str(target))
            else:
                for number in "1", "2":
                    self.call(target, *command, "-pass", number, "-passlogfile", str(target) + ".pass", str(target))
        elif verb == "mkvmerge":
            self.call(target, "mkvmerge", "--quiet", "--deterministic", "1", "-o", str(target), *arguments)
        elif verb == "fields":
            count, manner = arguments
            target.write_bytes(fieldpictures.stream(int(count), whole_frames=manner == "mixed"))
        elif verb == "edits":
            source, *edits = arguments
            edits = [tuple(map(int, edit.split(":"))) for edit in edits]
            target.write_bytes(editlist.with_edits(pathlib.Path(source).read_bytes(), edits))
        elif verb in DAMAGES:
            source, *numbers = arguments
            target.write_bytes(DAMAGES[verb](pathlib.Path(source).read_bytes(), *map(float, numbers)))
        elif verb == "concat":
            target.write_bytes(b"".join(pathlib.Path(a).read_bytes() for a in arguments))
        elif verb == "copies":
            for number, source in enumerate(arguments, 1):
                shutil.copyfile(source, str(target) % number)
        elif verb == "bytes":
            target.write_bytes(arguments[0].encode())
        elif verb == "noise":
            target.write_bytes(noise(int(arguments[0])))
        else:
            raise ValueError(verb)

    def make_all(self):
        failures = []
        waiting = [clip for clip in CLIPS if not self.is_made(clip)]
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            while waiting:
                names = {clip.name for clip in waiting}
                ready = [clip for clip in waiting if not names & set(clip.needs)]
                if not ready:
                    sys.exit(f"Clips that wait for each other: {', '.join(sorted(names))}")
                jobs = {pool.submit(self.make, clip): clip for clip in ready}
                for job in concurrent.futures.as_completed(jobs):
                    clip = jobs[job]
                    if job.exception():
                        failures.append(str(job.exception()))
                        self.made.pop(clip.name, None)
                    else:
                        self.made[clip.name] = self.fingerprint(clip)
                self.save(self.recipes_file, {n: f for n, f in self.made.items() if n in self.by_name})
                failed = {clip.name for clip in ready if clip.name not in self.made}
                waiting = [c for c in waiting if c not in ready and not failed & set(c.needs)]
        if failures:
            sys.exit("\n".join(failures))
        self.save(self.folder / "manifest.json",
                  [{"name": c.name, "path": c.path, "kinds": c.kinds, "stream": c.stream, "options": c.options} for c in CLIPS])

    def save(self, file, content):
        temporary = file.with_name(f".tmp-{os.getpid()}-{file.name.lstrip('.')}")
        temporary.write_text(json.dumps(content, indent=1) + "\n")
        os.replace(temporary, file)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--stamp")
    parser.add_argument("--list", metavar="KIND")
    options = parser.parse_args()
    if options.list:
        for clip in CLIPS:
            if options.list in clip.kinds:
                print(clip.path, *clip.arguments(options.list))
        return
    if not options.folder:
        parser.error("no folder given")
    Folder(options.folder).make_all()
    if options.stamp:
        pathlib.Path(options.stamp).write_text("made\n")


if __name__ == "__main__":
    main()
