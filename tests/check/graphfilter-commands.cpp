/* gst-framewise: commands to a running graphfilter.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "livebench.hpp"

#include <cstring>
#include <functional>
#include <thread>

using namespace filterbench;

/* The luma of a white box of `drawbox`, and of the picture beside it. */
static std::vector<Frame> with_commands(Bench &bench, int at, const std::function<void()> &do_at) {
  int i = 0;
  for (GstBuffer *buffer : numbered_buffers(clip)) {
    if (i++ == at)
      do_at();
    bench.push(buffer);
  }
  bench.eos();
  return take_frames(bench);
}

GST_START_TEST(a_command_takes_effect_between_two_frames) {
  Bench bench("hue@tint=h=0");
  GstElement *element = bench.harness->element;
  Bus bus(element);
  bench.set_caps(params_of(clip));
  static const char *const targets[] = {"hue", "tint", "hue@tint", "all"};
  auto frames = with_commands(
      bench, 5, [&] { fail_unless(bool(send_command(element, targets[__i__], "h", "90"))); });
  auto before = frames_through("hue=h=0", clip, 0, clip.frames);
  auto after = frames_through("hue=h=90", clip, 0, clip.frames);
  for (int i = 0; i < clip.frames; i++)
    fail_unless(frames[i].md5 == (i < 5 ? before : after)[i].md5, "frame %d", i);
  expect_text(bus.warning(), "");
}
GST_END_TEST

GST_START_TEST(what_a_command_set_stays_after_a_flush_and_new_caps) {
  Bench bench("hue=h=0");
  GstElement *element = bench.harness->element;
  bench.set_caps(params_of(clip));
  bench.push(numbered_buffers(clip, 0, 1)[0]);
  fail_unless(bool(send_command(element, "hue", "h", "90")));
  take_frames(bench);
  fail_unless(gst_harness_push_event(bench.harness, gst_event_new_flush_start()));
  fail_unless(gst_harness_push_event(bench.harness, gst_event_new_flush_stop(TRUE)));
  fail_unless(gst_harness_push_event(bench.harness, segment_event(0, 0)));
  for (GstBuffer *buffer : numbered_buffers(clip))
    bench.push(buffer);
  auto expected = frames_through("hue=h=90", clip, 0, clip.frames);
  auto frames = take_frames(bench);
  fail_unless_equals_int(frames.size(), expected.size());
  fail_unless(frames[3].md5 == expected[3].md5);

  static const Clip other = {"yuv420p", 64, 48, 4};
  bench.set_caps(params_of(other));
  /* and one before the first buffer of a graph */
  fail_unless(bool(send_command(element, "hue", "s", "0")));
  for (GstBuffer *buffer : numbered_buffers(other))
    bench.push(buffer);
  fail_unless(take_frames(bench)[2].md5 ==
              frames_through("hue=h=90:s=0", other, 0, other.frames)[2].md5);
}
GST_END_TEST

GST_START_TEST(a_command_that_changes_the_size_makes_a_new_graph) {
  Bench bench("yadif,scale=88:72,hflip");
  GstElement *element = bench.harness->element;
  Bus bus(element);
  bench.set_caps(params_of(clip));
  int i = 0;
  std::vector<gint64> numbers;
  for (GstBuffer *buffer : numbered_buffers(clip)) {
    if (i++ == 5) {
      CString answer = send_command(element, "scale", "w", "200");
      fail_unless(bool(answer));
    }
    bench.push(buffer);
  }
  bench.eos();
  fail_unless_equals_int(bench.output().width, 200);
  fail_unless_equals_int(bench.output().height, 72);
  for (int k = 0; k < clip.frames; k++) {
    BufferPtr buffer = bench.pull();
    fail_unless_equals_int64(number_of(buffer.get()), k);
    fail_unless_equals_int(gst_buffer_get_video_meta(buffer.get())->width, k < 5 ? 88 : 200);
  }
  bus.expect_no_error();
}
GST_END_TEST

GST_START_TEST(a_command_for_filters_that_wait_is_theirs) {
  Bench bench("hflip");
  GstElement *element = bench.harness->element;
  bench.set_caps(params_of(clip));
  auto frames = with_commands(bench, 5, [&] {
    fail_unless(set_filters(element, "hue=h=0"));
    fail_unless(bool(send_command(element, "hue", "h", "90")));
  });
  fail_unless(frames[6].md5 == frames_through("hue=h=90", clip, 0, clip.frames)[6].md5);
}
GST_END_TEST

struct BadCommand {
  const char *target, *command, *argument, *said;
};
static const BadCommand bad_commands[] = {
    {"scale", "w", "3", "There is no filter `scale`. The filters are `hue`, `hflip@x`."},
    {"hflip", "w", "3", "Filter `hflip` takes no command `w`"},
    {"hue", "nosuch", "3", "Filter `hue` "},
    {"hue", "h", "nosuch(", "Filter `hue` does not take the command `h` with `nosuch(`"},
    {"all", "nosuch", "3", "The command was not done."},
};

GST_START_TEST(a_bad_command_is_a_warning_and_changes_nothing) {
  const BadCommand &bad = bad_commands[__i__];
  Bench bench("hue=h=9,hflip@x");
  GstElement *element = bench.harness->element;
  Bus bus(element);
  bench.set_caps(params_of(clip));
  auto frames = with_commands(bench, 5, [&] {
    fail_unless(!send_command(element, bad.target, bad.command, bad.argument));
    EXPECT_SAID(bus.warning(), bad.said);
  });
  auto expected = frames_through("hue=h=9,hflip", clip, 0, clip.frames);
  for (int i = 0; i < clip.frames; i++)
    fail_unless(frames[i].md5 == expected[i].md5, "frame %d", i);
}
GST_END_TEST

GST_START_TEST(there_is_nobody_to_command_before_paused) {
  GstElement *element = gst_element_factory_make("graphfilter", nullptr);
  {
    Bus bus(element);
    g_object_set(element, "filter-sequence", "hue", nullptr);
    fail_unless(!send_command(element, "hue", "h", "3"));
    EXPECT_SAID(bus.warning(), "before the element is in PAUSED");
    gst_element_set_state(element, GST_STATE_PAUSED);
    /* nothing has come in yet */
    fail_unless(bool(send_command(element, "hue", "h", "3")));
    fail_unless(!send_command(element, "hue", "nosuch", "3"));
    gst_element_set_state(element, GST_STATE_NULL);
  }
  gst_object_unref(element);
}
GST_END_TEST

/* Downstream holds a buffer back until it is told. */
struct Blocker {
  GMutex lock;
  GCond cond;
  bool blocked = false, released = false;
};

GST_START_TEST(a_command_waits_for_no_data) {
  Bench bench("hue");
  GstElement *element = bench.harness->element;
  bench.set_caps(params_of(clip));
  Blocker blocker;
  g_mutex_init(&blocker.lock);
  g_cond_init(&blocker.cond);
  gst_pad_add_probe(
      bench.harness->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *, GstPadProbeInfo *, gpointer data) {
        auto *b = static_cast<Blocker *>(data);
        g_mutex_lock(&b->lock);
        b->blocked = true;
        g_cond_broadcast(&b->cond);
        while (!b->released)
          g_cond_wait(&b->cond, &b->lock);
        g_mutex_unlock(&b->lock);
        return GST_PAD_PROBE_OK;
      },
      &blocker, nullptr);
  auto buffers = numbered_buffers(clip, 0, 2);
  std::thread streaming([&] { bench.push(buffers[0]); });
  g_mutex_lock(&blocker.lock);
  while (!blocker.blocked)
    g_cond_wait(&blocker.cond, &blocker.lock);
  g_mutex_unlock(&blocker.lock);
  /* Would wait for ever, were it to wait for the stream. */
  fail_unless(bool(send_command(element, "hue", "h", "90")));
  fail_unless(set_filters(element, "hue=h=90,null"));
  g_mutex_lock(&blocker.lock);
  blocker.released = true;
  g_cond_broadcast(&blocker.cond);
  g_mutex_unlock(&blocker.lock);
  streaming.join();
  bench.push(buffers[1]);
  auto frames = take_frames(bench);
  fail_unless(frames.at(1).md5 == frames_through("hue=h=90", clip, 0, 2)[1].md5);
  g_mutex_clear(&blocker.lock);
  g_cond_clear(&blocker.cond);
}
GST_END_TEST

static Suite *commands_suite(void) {
  Suite *suite = suite_create("graphfilter-commands");
  TCase *commands = tcase_create("commands");
  suite_add_tcase(suite, commands);
  tcase_add_loop_test(commands, a_command_takes_effect_between_two_frames, 0, 4);
  tcase_add_test(commands, what_a_command_set_stays_after_a_flush_and_new_caps);
  tcase_add_test(commands, a_command_that_changes_the_size_makes_a_new_graph);
  tcase_add_test(commands, a_command_for_filters_that_wait_is_theirs);
  tcase_add_loop_test(commands, a_bad_command_is_a_warning_and_changes_nothing, 0,
                      G_N_ELEMENTS(bad_commands));
  tcase_add_test(commands, there_is_nobody_to_command_before_paused);
  tcase_add_test(commands, a_command_waits_for_no_data);
  return suite;
}

int main(int argc, char **argv) {
  gst_check_init(&argc, &argv);
  scratch_folder();
  int failed = gst_check_run_suite(commands_suite(), "graphfilter-commands", __FILE__);
  remove_scratch_folder();
  return failed;
}
