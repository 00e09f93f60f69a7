/* gst-framewise: tests of containersink: rates and timestamps that are out of the ordinary.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "writercheck.hpp"

#include <cmath>

static constexpr double second = GST_SECOND;

static std::vector<Frame> frames_at(const std::vector<double> &seconds, double duration) {
  std::vector<Frame> frames;
  for (double time : seconds)
    frames.push_back(
        {GstClockTime(std::llround(time * second)), GstClockTime(std::llround(duration * second))});
  return frames;
}

/* Within `precision` seconds, from the first frame on. */
static void expect_times(const std::string &file, std::vector<double> expected, double precision) {
  const auto got = times(file, "pts_time");
  fail_unless(got.size() == expected.size(), "%zu frames of %zu", got.size(), expected.size());
  for (size_t i = 0; i < got.size(); i++)
    fail_unless(std::fabs(got[i] - got[0] - expected[i] + expected[0]) <= precision,
                "frame %zu: %f after the first, not %f", i, got[i] - got[0],
                expected[i] - expected[0]);
}

struct Container {
  const char *file, *codec;
  double precision; /* seconds */
};
static const Container containers[] = {
    {"out.mp4", "mpeg4", 0.00002},     {"out.mkv", "mpeg4", 0.0006}, {"out.avi", "mpeg4", 0.00002},
    {"out.ts", "mpeg2video", 0.00002}, {"out.nut", "ffv1", 0.00002}, {"out.mov", "png", 0.00002},
};

struct Rate {
  int num, den;
};
static const Rate rates[] = {{45000, 1499}, {30000, 1001}, {1000, 1}, {7, 2}, {1, 3}};

GST_START_TEST(any_rate_is_kept) {
  const Container &container = containers[__i__ % G_N_ELEMENTS(containers)];
  const Rate &rate = rates[__i__ / G_N_ELEMENTS(containers)];
  if (g_str_equal(container.codec, "mpeg2video") && rate.num != 30000)
    return; /* MPEG-2 has its own few rates */
  const double duration = double(rate.den) / rate.num;
  std::vector<double> seconds;
  for (int i = 0; i < 40; i++)
    seconds.push_back(i * duration);
  const Outcome outcome = run_frames(
      app_source(std::to_string(rate.num) + "/" + std::to_string(rate.den)) +
          sink(std::string("codec=") + container.codec + " location=" + at(container.file)),
      frames_at(seconds, duration));
  fail_unless(outcome.eos, "%s", outcome.message.c_str());
  expect_times(at(container.file), seconds, container.precision);
}
GST_END_TEST

static const Container free_containers[] = {
    {"out.mp4", "mpeg4", 0.00002}, {"out.mkv", "mpeg4", 0.0006}, {"out.ts", "libx264", 0.00002}};

GST_START_TEST(a_gap_stays_a_gap) {
  const Container &container = free_containers[__i__ % G_N_ELEMENTS(free_containers)];
  const bool has_rate = __i__ >= int(G_N_ELEMENTS(free_containers));
  const std::vector<double> seconds{0, 0.04, 0.08, 10, 10.04, 75.2};
  const Outcome outcome = run_frames(
      app_source(has_rate ? "25/1" : "0/1") +
          sink(std::string("codec=") + container.codec + " location=" + at(container.file)),
      frames_at(seconds, 0.04));
  fail_unless(outcome.eos, "%s", outcome.message.c_str());
  expect_times(at(container.file), seconds, container.precision);
}
GST_END_TEST

/* Each is written, behind the one before. */
GST_START_TEST(timestamps_that_go_back_lose_no_frame) {
  const Container &container = free_containers[__i__ % G_N_ELEMENTS(free_containers)];
  const bool has_rate = __i__ >= int(G_N_ELEMENTS(free_containers));
  const Outcome outcome = run_frames(
      app_source(has_rate ? "25/1" : "0/1") +
          sink(std::string("codec=") + container.codec + " location=" + at(container.file)),
      frames_at({0, 0.04, 0.08, 0.04, 0.08, 0.12, 0.02, 0.4}, 0.04));
  fail_unless(outcome.eos, "%s", outcome.message.c_str());
  const auto got = times(at(container.file), "pts_time");
  fail_unless_equals_int(got.size(), 8);
  for (size_t i = 1; i < got.size(); i++)
    fail_unless(got[i] > got[i - 1], "frame %zu: %f after %f", i, got[i], got[i - 1]);
  fail_unless(std::fabs(got[7] - got[0] - 0.4) < 0.001, "%f", got[7] - got[0]);
}
GST_END_TEST

GST_START_TEST(a_stream_that_does_not_begin_at_0_keeps_its_place) {
  const std::vector<double> seconds{3, 3.04, 3.08};
  fail_unless(run_frames(app_source("25/1") + sink("codec=mpeg4 location=" + at("out.mkv")),
                         frames_at(seconds, 0.04))
                  .eos);
  const auto got = times(at("out.mkv"), "pts_time");
  fail_unless_equals_int(got.size(), 3);
  fail_unless(std::fabs(got[0] - 3) < 0.001, "%f", got[0]);
}
GST_END_TEST

static Suite *containersink_time_suite() {
  Suite *suite = suite_create("containersink-time");
  TCase *tc = add_case(suite, "time");
  tcase_add_loop_test(tc, any_rate_is_kept, 0, G_N_ELEMENTS(containers) * G_N_ELEMENTS(rates));
  tcase_add_loop_test(tc, a_gap_stays_a_gap, 0, 2 * G_N_ELEMENTS(free_containers));
  tcase_add_loop_test(tc, timestamps_that_go_back_lose_no_frame, 0,
                      2 * G_N_ELEMENTS(free_containers));
  tcase_add_test(tc, a_stream_that_does_not_begin_at_0_keeps_its_place);
  return suite;
}

GST_CHECK_MAIN(containersink_time);
