/* gst-framewise: wall and CPU time of a stretch of a benchmark program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstdio>

class Stopwatch {
 public:
  struct Time {
    double wall, cpu; /* seconds */
  };
  Time passed() const {
    return {std::chrono::duration<double>(Clock::now() - started_).count(),
            cpu_seconds() - cpu_started_};
  }
  /* As if it had been started later by that. */
  void take_off(Time time) {
    started_ +=
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(time.wall));
    cpu_started_ += time.cpu;
  }
  /* The line that the benchmark's driver reads. */
  void print(long frames) const {
    const Time time = passed();
    std::printf("{\"wall\": %.6f, \"cpu\": %.6f, \"frames\": %ld}\n", time.wall, time.cpu, frames);
  }
  /* What is between the two is not counted. */
  void pause() {
    paused_ = Clock::now();
    cpu_paused_ = cpu_seconds();
  }
  void resume() {
    started_ += Clock::now() - paused_;
    cpu_started_ += cpu_seconds() - cpu_paused_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  /* User and system time of all threads. */
  static double cpu_seconds() {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  }

  Clock::time_point started_ = Clock::now();
  double cpu_started_ = cpu_seconds();
  Clock::time_point paused_;
  double cpu_paused_ = 0;
};
