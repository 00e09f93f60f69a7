/* gst-framewise: what of the library the plugin sees.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* Shared by library and plugin of one build; no part of the public ABI. */
#define FRAMEWISE_INTERNAL __attribute__((visibility("default")))
