/* gst-framewise: tests of the time that filters see.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filtertimeline.hpp"

#include <gtest/gtest.h>

#include <random>

using namespace framewise;

namespace {

GstSegment segment(double rate, guint64 start, guint64 stop, guint64 base = 0) {
  GstSegment s;
  gst_segment_init(&s, GST_FORMAT_TIME);
  s.rate = rate;
  s.start = s.time = start;
  s.stop = stop;
  s.base = base;
  return s;
}

constexpr GstClockTime second = GST_SECOND;

} // namespace

TEST(FilterTimeline, progress_is_running_time_at_normal_speed) {
  GstSegment s = segment(1.0, 5 * second, 50 * second, 7 * second);
  EXPECT_EQ(progress_at(s, 5 * second), GstClockTimeDiff(7 * second));
  EXPECT_EQ(progress_at(s, 8 * second), GstClockTimeDiff(10 * second));
  EXPECT_EQ(running_time_at(s, progress_at(s, 8 * second)), 10 * second);
  /* before the segment begins, too */
  EXPECT_EQ(progress_at(s, 0), GstClockTimeDiff(2 * second));
  EXPECT_EQ(progress_at(s, GST_CLOCK_TIME_NONE), GST_CLOCK_STIME_NONE);
}

TEST(FilterTimeline, progress_rises_backwards_and_runs_at_the_speed_of_the_stream) {
  GstSegment s = segment(-2.0, 0, 10 * second, 4 * second);
  EXPECT_EQ(progress_at(s, 10 * second), GstClockTimeDiff(8 * second));
  EXPECT_EQ(progress_at(s, 9 * second), GstClockTimeDiff(9 * second));
  EXPECT_EQ(running_time_at(s, progress_at(s, 9 * second)), guint64(4.5 * second));
}

TEST(FilterTimeline, every_position_comes_back_to_the_nanosecond) {
  std::mt19937_64 random(20);
  for (double rate : {1.0, -1.0, 2.0, -3.0, 0.3, 1.7, -0.01})
    for (int i = 0; i < 1000; i++) {
      GstSegment s = segment(rate, random() % second, (10 + random() % 1000) * second,
                             random() % (1000 * second));
      s.offset = random() % 1000;
      const GstClockTime pts = random() % (1000 * second);
      ASSERT_EQ(position_at(s, progress_at(s, pts)), pts) << rate;
      /* as GStreamer has it, but for the rounding of a rate */
      if (pts >= s.start + s.offset && pts + s.offset <= s.stop && rate * rate == 1.0) {
        ASSERT_EQ(running_time_at(s, progress_at(s, pts)),
                  gst_segment_to_running_time(&s, GST_FORMAT_TIME, pts));
      }
    }
}

TEST(FilterTimeline, what_would_be_before_zero_is_zero) {
  GstSegment s = segment(1.0, 0, 10 * second);
  EXPECT_EQ(position_at(s, -5), 0u);
  EXPECT_EQ(running_time_at(s, -5), 0u);
  EXPECT_EQ(position_at(s, GST_CLOCK_STIME_NONE), GST_CLOCK_TIME_NONE);
}

TEST(FilterTimeline, a_segment_continues_the_one_before_or_does_not) {
  for (double rate : {1.0, 1.7}) {
    GstSegment before = segment(rate, 0, 100 * second);
    GstSegment updated = segment(rate, 10 * second, 90 * second, guint64(10 * second / rate));
    EXPECT_TRUE(continues(before, before));
    EXPECT_TRUE(continues(before, updated)) << rate;
    updated.base += 1000;
    EXPECT_FALSE(continues(before, updated)) << rate;
  }
  GstSegment forwards = segment(1.0, 0, 100 * second);
  EXPECT_FALSE(continues(forwards, segment(-1.0, 0, 100 * second)));
  EXPECT_FALSE(continues(forwards, segment(2.0, 0, 100 * second)));
  EXPECT_FALSE(continues(forwards, segment(1.0, 5 * second, 100 * second)));
}

TEST(FilterTimeline, filters_see_stream_time) {
  FilterTimeline timeline;
  GstSegment s = segment(1.0, 20 * second, 100 * second, 3 * second);
  timeline.begin(s, 21 * second, FilterTimeline::Origin::stream);
  EXPECT_EQ(timeline.to_filters(s, 21 * second), GstClockTimeDiff(21 * second));
  EXPECT_EQ(timeline.to_filters(s, 30 * second), GstClockTimeDiff(30 * second));
  EXPECT_EQ(timeline.come_out(30 * second), progress_at(s, 30 * second));
}

TEST(FilterTimeline, beside_sources_it_begins_with_zero) {
  FilterTimeline timeline;
  GstSegment s = segment(1.0, 20 * second, 100 * second, 3 * second);
  timeline.begin(s, 21 * second, FilterTimeline::Origin::zero);
  EXPECT_EQ(timeline.to_filters(s, 21 * second), 0);
  EXPECT_EQ(timeline.to_filters(s, 30 * second), GstClockTimeDiff(9 * second));
  EXPECT_EQ(timeline.come_out(9 * second), progress_at(s, 30 * second));
}

TEST(FilterTimeline, backwards_it_begins_with_stream_time_and_rises) {
  FilterTimeline timeline;
  GstSegment s = segment(-1.0, 0, 20 * second);
  timeline.begin(s, 19 * second, FilterTimeline::Origin::stream);
  EXPECT_EQ(timeline.to_filters(s, 19 * second), GstClockTimeDiff(19 * second));
  EXPECT_EQ(timeline.to_filters(s, 18 * second), GstClockTimeDiff(20 * second));
}

TEST(FilterTimeline, times_go_on_after_the_last_of_the_graph_before) {
  FilterTimeline timeline;
  GstSegment s = segment(1.0, 0, 100 * second);
  timeline.begin(s, 0, FilterTimeline::Origin::stream);
  EXPECT_EQ(timeline.come_out(8000), 8000);
  EXPECT_EQ(timeline.come_out(7000), 7000); /* one graph's own business */
  timeline.hand_over();
  EXPECT_EQ(timeline.come_out(3000), 8001);
  EXPECT_EQ(timeline.come_out(8001), 8002);
  EXPECT_EQ(timeline.come_out(9000), 9000);
  EXPECT_EQ(timeline.come_out(8500), 8500);
  timeline.restart();
  EXPECT_EQ(timeline.come_out(1), 1);
}

TEST(FilterTimeline, other_formats_have_no_segments) {
  GstSegment bytes;
  gst_segment_init(&bytes, GST_FORMAT_BYTES);
  EXPECT_EQ(progress_at(bytes, 77), 77);
  EXPECT_EQ(position_at(bytes, 77), 77u);
  EXPECT_FALSE(continues(bytes, bytes));
}
