/* gst-framewise: frame-exact video for GStreamer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/framewise/array.h>
#include <gst/framewise/filtermeta.h>
#include <gst/framewise/frameindex.h>
#include <gst/framewise/framemeta.h>
#include <gst/framewise/framereader.h>
#include <gst/framewise/framewise-prelude.h>
#include <gst/framewise/framewise-version.h>
#include <gst/framewise/framewriter.h>
#include <gst/framewise/layout.h>
