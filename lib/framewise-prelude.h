/* gst-framewise
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#ifndef GST_FRAMEWISE_API
#ifdef BUILDING_GST_FRAMEWISE
#define GST_FRAMEWISE_API __attribute__((visibility("default"))) extern
#else
#define GST_FRAMEWISE_API extern
#endif
#endif
