/* gst-framewise: the plugin.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "elements.h"

#include <gst/framewise/framewise.h>

static gboolean plugin_init(GstPlugin *plugin) {
  /* The meta must be known before the first buffer that might carry it. */
  gst_framewise_frame_meta_get_info();
  gboolean any = FALSE;
  any |= GST_ELEMENT_REGISTER(containersrc, plugin);
  any |= GST_ELEMENT_REGISTER(graphfilter, plugin);
  any |= GST_ELEMENT_REGISTER(containersink, plugin);
  return any;
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, framewise,
                  "Frame-exact reading, filtering and writing of video through FFmpeg's libraries",
                  plugin_init, PACKAGE_VERSION, "LGPL", PACKAGE_NAME, PACKAGE_ORIGIN)
