#!/usr/bin/python3
# gst-framewise: does what `meson install` puts in place stand on its own?
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: installed.py BUILD FOLDER PREFIX VERSION CHECK [COMPILER …]

Installs the build folder BUILD into FOLDER, which stands in for the root of a system, and CHECKs:

pkg-config  the .pc file tells version and folders
headers     every installed header compiles by itself, as C and as C++, without a warning
c, c++      a program built with nothing but pkg-config finds the elements and the library's version
typelib     Python imports GstFramewise with its override and calls it
"""
import glob
import os
import shlex
import shutil
import subprocess
import sys

PROGRAM = r"""
#include <gst/framewise/framewise.h>
#include <stdio.h>

int main(int argc, char **argv) {
  guint major, minor, micro;
  const char *elements[] = {"containersrc", "graphfilter", "containersink"};
  gst_init(&argc, &argv);
  gst_framewise_version(&major, &minor, &micro);
  printf("%u.%u.%u\n", major, minor, micro);
  for (int i = 0; i < 3; ++i) {
    GstElement *element = gst_element_factory_make(elements[i], NULL);
    if (!element) {
      fprintf(stderr, "no element %s\n", elements[i]);
      return 1;
    }
    gst_object_unref(element);
  }
  gst_deinit();
  return 0;
}
"""


def run(*command, **options):
    print("+", shlex.join(command), flush=True)
    return subprocess.run(command, check=True, **options)


class Installation:
    def __init__(self, build, folder, prefix, version):
        self.version = version
        self.root = os.path.join(folder, "root") + prefix
        self.scratch = os.path.join(folder, "programs")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(self.scratch)
        run("meson", "install", "-C", build, "--no-rebuild", "--quiet",
            "--destdir", os.path.join(folder, "root"))

    def only(self, pattern):
        found = glob.glob(os.path.join(self.root, pattern), recursive=True)
        if len(found) != 1:
            sys.exit(f"{len(found)} installed files match {pattern}, not 1: {found}")
        return found[0]

    def environment(self):
        environment = {k: v for k, v in os.environ.items()
                       if k not in ("GST_PLUGIN_PATH", "LD_LIBRARY_PATH", "GI_TYPELIB_PATH")}
        environment.update(
            PKG_CONFIG_PATH=os.path.dirname(self.only("**/gstreamer-framewise-1.0.pc")),
            LD_LIBRARY_PATH=os.path.dirname(self.only("**/libgstframewise-1.0.so")),
            GST_PLUGIN_PATH=os.path.dirname(self.only("**/gstreamer-1.0/libgstframewise.so")),
            GST_REGISTRY=os.path.join(self.scratch, "registry.bin"),
        )
        return environment

    def flags(self, kind):
        result = run("pkg-config", kind, "gstreamer-framewise-1.0", env=self.environment(),
                     stdout=subprocess.PIPE, text=True)
        return shlex.split(result.stdout)

    def check_pkg_config(self):
        version = run("pkg-config", "--modversion", "gstreamer-framewise-1.0",
                      env=self.environment(), stdout=subprocess.PIPE, text=True).stdout.strip()
        assert version == self.version, f"pkg-config says {version}"
        plugins = run("pkg-config", "--variable=pluginsdir", "gstreamer-framewise-1.0",
                      env=self.environment(), stdout=subprocess.PIPE, text=True).stdout.strip()
        assert os.path.samefile(plugins, self.environment()["GST_PLUGIN_PATH"]), plugins

    def check_headers(self, cc, cxx):
        includes = self.only("**/gst/framewise")
        headers = sorted(os.listdir(includes))
        assert "framewise.h" in headers and "framewise-version.h" in headers, headers
        flags = self.flags("--cflags")
        for header in headers:
            text = f"#include <gst/framewise/{header}>\n"
            for compiler, language in ((cc, ["c", "-std=c99"]), (cxx, ["c++", "-std=c++11"])):
                run(*shlex.split(compiler), "-x", *language, "-Wall", "-Wextra", "-Werror",
                    "-Wno-unused-parameter", "-fsyntax-only", *flags, "-",
                    input=text, text=True)

    def check_program(self, compiler, language):
        program = os.path.join(self.scratch, f"program-{language}")
        run(*shlex.split(compiler), "-x", language, "-Wall", "-Werror", "-o", program, "-",
            *self.flags("--cflags"), "-x", "none", *self.flags("--libs"), input=PROGRAM, text=True)
        result = run(program, env=self.environment(), stdout=subprocess.PIPE, text=True)
        assert result.stdout.strip() == self.version, result.stdout

    def check_typelib(self):
        self.only("**/GstFramewise-1.0.gir")
        environment = self.environment()
        environment["GI_TYPELIB_PATH"] = os.path.dirname(self.only("**/GstFramewise-1.0.typelib"))
        override = self.only("**/gi/overrides/GstFramewise.py")
        environment["PYTHONPATH"] = override.removesuffix("/gi/overrides/GstFramewise.py")
        program = (
            "import gi; gi.require_version('GstFramewise', '1.0')\n"
            "from gi.repository import Gst, GstFramewise\n"
            "Gst.init(None)\n"
            "assert GstFramewise.to_numpy\n"
            "print('.'.join(map(str, GstFramewise.version())))\n"
        )
        result = run(sys.executable, "-c", program, env=environment, stdout=subprocess.PIPE,
                     text=True)
        assert result.stdout.strip() == self.version, result.stdout


def main():
    build, folder, prefix, version, check, *compilers = sys.argv[1:]
    installation = Installation(build, folder, prefix, version)
    if check == "pkg-config":
        installation.check_pkg_config()
    elif check == "headers":
        installation.check_headers(*compilers)
    elif check == "typelib":
        installation.check_typelib()
    else:
        installation.check_program(*compilers, check)


if __name__ == "__main__":
    main()
