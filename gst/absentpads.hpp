/* gst-framewise: pads that were requested and that nothing comes from.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../lib/av.hpp"

#include <gst/base/gstaggregator.h>

#include <atomic>
#include <map>
#include <mutex>

namespace framewise {

/* A container needs all its streams before its header, and a GstAggregator waits for good for a pad
 * that neither gives data nor ends. So those that are not linked once each linked one has given
 * data or ended are sent EOS, and those that are linked and silent some time after all others have
 * given data or ended; a warning tells of it. That time is counted while the pipeline is meant to
 * play: sources that are live give nothing before. Lives as long as the aggregator. Any thread. */
class AbsentPads {
 public:
  explicit AbsentPads(GstAggregator *mux) : mux_(mux) {}
  AbsentPads(const AbsentPads &) = delete;
  AbsentPads &operator=(const AbsentPads &) = delete;
  ~AbsentPads() { stop(); }

  /* From its first buffer on it is not absent. Before a run, and for pads that join. */
  void watch(GstAggregatorPad *pad);
  void note_end(GstAggregatorPad *pad);
  void forget(GstAggregatorPad *pad);
  /* How long who is silent is waited for; GST_CLOCK_TIME_NONE: for good. */
  void set_timeout(GstClockTime timeout) { timeout_ = timeout; }
  /* The run is over. */
  void stop();

 private:
  enum class State { silent, gave_data, ended, left_out };
  struct Absent;

  static GstPadProbeReturn see_buffer(GstPad *pad, GstPadProbeInfo *info, gpointer self);
  static gboolean run_out_of_patience(GstClock *clock, GstClockTime time, GstClockID id,
                                      gpointer self);
  void note(GstAggregatorPad *pad, State state);
  Absent find();
  void look();
  void begin_patience();
  void end_patience();
  void leave_out(GstAggregatorPad *pad, const char *why);

  GstAggregator *mux_;
  std::mutex lock_;
  std::map<GstPad *, State> states_;
  GstClockID patience_ = nullptr; /* owned */
  std::atomic<GstClockTime> timeout_ = GST_CLOCK_TIME_NONE;
};

} // namespace framewise
