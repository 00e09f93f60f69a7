/* gst-framewise: the elements, for the plugin to register.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS
GST_ELEMENT_REGISTER_DECLARE(containersrc);
GST_ELEMENT_REGISTER_DECLARE(graphfilter);
GST_ELEMENT_REGISTER_DECLARE(containersink);
G_END_DECLS
