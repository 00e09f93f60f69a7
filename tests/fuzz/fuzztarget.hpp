/* gst-framewise: what holds of every text that is given as filters.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <cstddef>
#include <cstdint>

/* Of the inputs so far, each of which is read as a sequence and as a graph. */
struct FuzzedInputs {
  unsigned trees_of_text = 0, trees_of_json = 0; /* that made sense */
  unsigned written_as_json = 0;                  /* trees for which there is JSON */
};
extern FuzzedInputs fuzzed;

/* Reads one input and aborts, with the input on standard error, where a property does not hold. No
 * filter is created. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Makes GLib's criticals and warnings abort, and libav silent. */
extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv);
