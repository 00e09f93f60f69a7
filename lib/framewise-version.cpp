/* gst-framewise
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "framewise.h"

/**
 * gst_framewise_version:
 * @major: (out) (optional): major version
 * @minor: (out) (optional): minor version
 * @micro: (out) (optional): micro version
 *
 * The version of the library that the program runs with, which may be newer than the headers it was
 * built with. Safe from any thread.
 *
 * Since: 0.1
 */
void gst_framewise_version(guint *major, guint *minor, guint *micro) {
  if (major)
    *major = GST_FRAMEWISE_VERSION_MAJOR;
  if (minor)
    *minor = GST_FRAMEWISE_VERSION_MINOR;
  if (micro)
    *micro = GST_FRAMEWISE_VERSION_MICRO;
}
