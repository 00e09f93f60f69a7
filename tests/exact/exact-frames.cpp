/* gst-framewise: frame N is the N-th frame of a linear decode, however one comes to it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   exact-frames FILE                        every frame of FILE in every way
 *   exact-frames --only=time,reverse FILE    only these: linear default time start-frame reverse
 *   exact-frames --reference FILE URL        what the URL gives, against the ffmpeg command on FILE
 *   exact-frames --unseekable …              the input cannot seek: it plays, and says so
 *   exact-frames --may-break …               the input may end with an error, but not without one
 *   exact-frames --option k=v                to the demuxer, here and in the ffmpeg command
 *   exact-frames --source-option k=v         only here
 *   exact-frames --repeats                   frames of the file may be equal
 *   exact-frames --half                      a packet of it is not whole: the index may say so
 *   exact-frames --corrupt                   packets of it are damaged: the index may say so, and
 *                                            then frames may be wrong
 */
#include "../framedigest.hpp"

#include "frameindex.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <random>
#include <set>

using namespace framewise;

namespace {

constexpr GstClockTime patience = 20 * GST_SECOND; /* then what is waited for counts as lost */
constexpr GstClockTime slice = GST_SECOND / 10;    /* of that time, to look for errors in between */
constexpr int run_length = 4;                      /* a frame and three further ones */

struct Task : Clip {
  std::string reference;
  std::map<std::string, std::string> source_options;
  std::set<std::string> only;
  bool unseekable = false;
  bool may_break = false;
  bool repeats = false;
  bool half = false;
  bool corrupt = false;

  bool wants(const char *mode) const { return only.empty() || only.contains(mode); }
};

/* What is wrong, the first few in words. */
class Findings {
 public:
  explicit Findings(std::string about) : about_(std::move(about)) {}
  void add(const std::string &finding) {
    if (++count_ <= enough)
      fprintf(stderr, "%s: %s\n", about_.c_str(), finding.c_str());
  }
  size_t count() const { return count_; }
  size_t in_words() const { return std::min(count_, enough); }

 private:
  static constexpr size_t enough = 8;
  std::string about_;
  size_t count_ = 0;
};

struct Delivered {
  FrameDigest frame;
  guint64 offset, offset_end;
  GstClockTime pts, duration;
};

/* The frames that should come, and a judge of those that do. */
class Linear {
 public:
  Linear(Digests frames, Findings &findings) : frames_(std::move(frames)), findings_(findings) {}

  int64_t count() const { return int64_t(frames_.size()); }

  /* Whether `got` is frame `number` in picture, OFFSET and OFFSET_END. */
  bool judge(const Delivered &got, int64_t number, const std::string &way) {
    const FrameDigest &wanted = frames_[number];
    bool right = got.frame.md5 == wanted.md5 && got.frame.size == wanted.size;
    bool numbered = got.offset == guint64(number) && got.offset_end == guint64(number) + 1;
    if (!right || !numbered)
      findings_.add(format("%s gives %s, numbered %s to %s, not frame %" PRId64, way.c_str(),
                           name_of(got.frame).c_str(), written(got.offset).c_str(),
                           written(got.offset_end).c_str(), number));
    return right && numbered;
  }

  std::string name_of(const FrameDigest &frame) const {
    std::string numbers;
    for (size_t i = 0; i < frames_.size(); i++) {
      if (frames_[i].md5 == frame.md5)
        numbers += (numbers.empty() ? "" : " or ") + std::to_string(i);
    }
    return numbers.empty() ? "a picture that no frame is (" + frame.md5 + ")"
                           : "the picture of " + numbers;
  }

  std::vector<std::string> repeated() const {
    std::map<std::string, size_t> seen;
    std::vector<std::string> found;
    for (size_t i = 0; i < frames_.size(); i++) {
      if (auto [first, is_new] = seen.emplace(frames_[i].md5, i); !is_new)
        found.push_back(format("frames %zu and %zu are equal", first->second, i));
    }
    return found;
  }

 private:
  static std::string written(guint64 offset) {
    return offset == GST_BUFFER_OFFSET_NONE ? "nothing" : std::to_string(offset);
  }

  Digests frames_;
  Findings &findings_;
};

/* containersrc ! appsink. */
class Player {
 public:
  Player(const Task &task, Linear &linear, Findings &findings)
      : linear_(linear), findings_(findings) {
    /* wait-on-eos: the last frames of a run are not fetched, which need not keep it from pausing.
     */
    auto launched = Pipeline::launch(
        "containersrc name=source pixel-format=native ! appsink name=sink sync=false max-buffers=4 "
        "enable-last-sample=false wait-on-eos=false");
    if (!launched) {
      report("pipeline", launched.error());
      exit(2);
    }
    pipeline_ = std::move(*launched);
    source_ = pipeline_->child("source");
    sink_ = pipeline_->child("sink");
    bus_.reset(gst_element_get_bus(pipeline_->get()));
    g_object_set(source_.get(), "location", task.file.c_str(), "stream", task.stream.c_str(),
                 nullptr);
    auto options = task.demuxer_options;
    options.insert(task.source_options.begin(), task.source_options.end());
    set_container_options(source_.get(), options);
    if (has("index-cache"))
      g_object_set(source_.get(), "index-cache", "", nullptr);
    if (has("n-frames"))
      g_signal_connect(source_.get(), "notify::n-frames", G_CALLBACK(on_count), this);
  }
  ~Player() {
    gst_element_set_state(pipeline_->get(), GST_STATE_NULL);
    g_signal_handlers_disconnect_by_data(source_.get(), this);
  }
  Player(const Player &) = delete;
  Player &operator=(const Player &) = delete;

  GstElement *source() const { return source_.get(); }
  bool has(const char *property) const {
    return g_object_class_find_property(G_OBJECT_GET_CLASS(source_.get()), property);
  }

  /* Asks for a state and waits until it is reached. */
  bool go(GstState state, const std::string &way) {
    auto change = gst_element_set_state(pipeline_->get(), state);
    if (change != GST_STATE_CHANGE_FAILURE)
      change = gst_element_get_state(pipeline_->get(), nullptr, nullptr, patience);
    if (change == GST_STATE_CHANGE_SUCCESS)
      return true;
    findings_.add(format("%s: %s not reached: %s", way.c_str(), gst_element_state_get_name(state),
                         error().c_str()));
    return false;
  }
  void play() { gst_element_set_state(pipeline_->get(), GST_STATE_PLAYING); }

  bool takes_seek(GstFormat target, gint64 start, double rate = 1.0, gint64 stop = -1) {
    auto flags = GstSeekFlags(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE);
    return gst_element_seek(pipeline_->get(), rate, target, flags, GST_SEEK_TYPE_SET, start,
                            GST_SEEK_TYPE_SET, stop);
  }
  bool seek(double rate, GstFormat target, gint64 start, gint64 stop, const std::string &way) {
    if (takes_seek(target, start, rate, stop))
      return true;
    findings_.add(way + " is refused" + error());
    return false;
  }

  /* The frame that a paused pipeline shows. */
  std::optional<Delivered> shown(const std::string &way) {
    auto got = delivered(wait_for(gst_app_sink_try_pull_preroll), way);
    if (!got)
      findings_.add(format("%s shows nothing: %s", way.c_str(), why().c_str()));
    return got;
  }

  /* The next frame of a playing one; nothing after the last, nor after an error. */
  std::optional<Delivered> next(const std::string &way) {
    return delivered(wait_for(gst_app_sink_try_pull_sample), way);
  }

  /* Plays on from a paused state at `number`, and pauses. */
  void run_on(int64_t number, const std::string &way) {
    play();
    for (int64_t n = number; n < std::min(number + run_length, linear_.count()); n++) {
      auto run = format("%s, then playing on to %" PRId64, way.c_str(), n);
      auto got = next(run);
      if (!got) {
        findings_.add(format("%s: nothing: %s", run.c_str(), why().c_str()));
        break;
      }
      linear_.judge(*got, n, run);
    }
    go(GST_STATE_PAUSED, way + ", after playing on");
  }

  /* Whether the stream has ended by itself, and not by an error. */
  bool at_end() { return gst_app_sink_is_eos(GST_APP_SINK(sink_.get())) && !failed(); }
  bool failed() {
    if (!error_) {
      auto *message = gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_ERROR);
      if (message) {
        GError *error;
        char *debug;
        gst_message_parse_error(message, &error, &debug);
        error_ = std::string(error->message) + " (" + (debug ? debug : "") + ")";
        g_error_free(error);
        g_free(debug);
        gst_message_unref(message);
      }
    }
    return error_.has_value();
  }
  std::string error() { return failed() ? ": " + *error_ : ""; }
  std::string why() {
    return failed()                                         ? *error_
           : gst_app_sink_is_eos(GST_APP_SINK(sink_.get())) ? "end of stream"
                                                            : "too late";
  }

  gint64 n_frames() const {
    gint64 count;
    g_object_get(source_.get(), "n-frames", &count, nullptr);
    return count;
  }
  bool wait_for_count() {
    std::unique_lock lock(mutex_);
    return notified_.wait_for(lock, std::chrono::nanoseconds(patience), [&] { return counted_; });
  }
  bool seekable(GstFormat in) const {
    GstPtr<GstQuery> query(gst_query_new_seeking(in));
    gboolean answer = FALSE;
    if (gst_element_query(pipeline_->get(), query.get()))
      gst_query_parse_seeking(query.get(), nullptr, &answer, nullptr, nullptr);
    return answer;
  }

 private:
  /* Where opening fails nothing comes to the sink, no EOS either. */
  GstSample *wait_for(GstSample *(*pull)(GstAppSink *, GstClockTime)) {
    auto *sink = GST_APP_SINK(sink_.get());
    for (GstClockTime waited = 0; waited < patience; waited += slice) {
      if (GstSample *sample = pull(sink, slice))
        return sample;
      if (gst_app_sink_is_eos(sink) || failed())
        break;
    }
    return nullptr;
  }

  static void on_count(GObject *, GParamSpec *, Player *self) {
    if (self->n_frames() < 0)
      return;
    std::lock_guard lock(self->mutex_);
    self->counted_ = true;
    self->notified_.notify_all();
  }

  std::optional<Delivered> delivered(GstSample *pulled, const std::string &way) {
    failed(); /* empties the bus */
    if (!pulled)
      return {};
    GstPtr<GstSample> sample(pulled);
    auto frame = digest(sample.get(), importer_);
    if (!frame) {
      findings_.add(way + ": " + frame.error().message);
      return {};
    }
    GstBuffer *buffer = gst_sample_get_buffer(sample.get());
    return Delivered{*frame, GST_BUFFER_OFFSET(buffer), GST_BUFFER_OFFSET_END(buffer),
                     GST_BUFFER_PTS(buffer), GST_BUFFER_DURATION(buffer)};
  }

  Linear &linear_;
  Findings &findings_;
  std::unique_ptr<Pipeline> pipeline_;
  GstPtr<GstElement> source_, sink_;
  GPtr<GstBus> bus_;
  FrameImporter importer_;
  std::optional<std::string> error_;
  std::mutex mutex_;
  std::condition_variable notified_;
  bool counted_ = false;
};

/* Plays from the start to the end, and gives what came. */
std::vector<Delivered> play_through(Player &player, Linear &linear, const Task &task,
                                    Findings &findings) {
  std::vector<Delivered> frames;
  player.play();
  while (auto got = player.next("playing")) {
    if (int64_t(frames.size()) < linear.count())
      linear.judge(*got, frames.size(), format("playing to %zu", frames.size()));
    frames.push_back(*got);
  }
  bool broken = player.failed();
  if (broken && !task.may_break)
    findings.add("playing breaks off" + player.error());
  else if (broken)
    printf("broke off after %zu frames%s\n", frames.size(), player.error().c_str());
  if (!broken && !player.at_end())
    findings.add("playing comes to a halt");
  if (!broken && int64_t(frames.size()) != linear.count())
    findings.add(format("playing gives %zu frames, not %" PRId64, frames.size(), linear.count()));
  return frames;
}

/* All numbers, in three orders. */
struct Order {
  const char *name;
  std::vector<int64_t> numbers;
};

std::vector<Order> orders(int64_t count) {
  std::vector<int64_t> forwards(count);
  for (int64_t i = 0; i < count; i++)
    forwards[i] = i;
  std::vector<int64_t> backwards(forwards.rbegin(), forwards.rend()), shuffled = forwards;
  std::mt19937 random(
      20240229); /* whose numbers the standard lays down; std::shuffle it does not */
  for (int64_t i = count - 1; i > 0; i--)
    std::swap(shuffled[i], shuffled[random() % (i + 1)]);
  return {{"sequential", forwards}, {"reverse", backwards}, {"random", shuffled}};
}

/* Seeks to each frame in a paused pipeline. `position` gives where to, or nothing where no such
 * seek leads to the frame; `expected` which frame that is. */
struct Aim {
  gint64 position;
  int64_t frame;
};
using Aiming = std::function<std::optional<Aim>(int64_t)>;
void seek_each(Player &player, Linear &linear, GstFormat target, const char *name,
               const std::vector<Order> &orders, const Aiming &aim) {
  if (!player.go(GST_STATE_PAUSED, name))
    return;
  for (const auto &order : orders) {
    int64_t last = -1;
    for (int64_t number : order.numbers) {
      auto at = aim(number);
      if (!at)
        continue;
      auto way = format("%s seek, %s, to %" PRId64 " (frame %" PRId64 ")", name, order.name,
                        at->position, at->frame);
      last = -1;
      if (!player.seek(1.0, target, at->position, -1, way))
        continue;
      if (auto got = player.shown(way); !got)
        return;
      else if (linear.judge(*got, at->frame, way))
        last = at->frame;
    }
    if (last >= 0)
      player.run_on(last, format("%s seek, %s, to the last", name, order.name));
  }
}

/* Where the times of the frames lead: to each one, or to the first of those that share it. */
class Times {
 public:
  explicit Times(const std::vector<Delivered> &frames) : frames_(frames) {
    for (size_t i = 0; i < frames.size(); i++)
      first_.emplace(frames[i].frame.time, i);
  }
  /* Seeks cannot go to what comes before time 0. */
  std::optional<Aim> start_of(int64_t number) const {
    int64_t time = frames_[number].frame.time;
    return time < 0 ? std::optional<Aim>() : Aim{time, int64_t(first_.at(time))};
  }
  /* Somewhere within its interval. */
  std::optional<Aim> middle_of(int64_t number) const {
    auto aim = start_of(number);
    if (!aim || aim->frame != number)
      return aim;
    auto after = first_.upper_bound(aim->position);
    if (after != first_.end())
      aim->position += (after->first - aim->position) / 2;
    return aim;
  }
  bool rising() const {
    for (size_t i = 1; i < frames_.size(); i++) {
      if (frames_[i].frame.time <= frames_[i - 1].frame.time)
        return false;
    }
    return true;
  }

 private:
  const std::vector<Delivered> &frames_;
  std::map<int64_t, size_t> first_;
};

void play_backwards(Player &player, Linear &linear, Findings &findings, GstFormat target,
                    gint64 stop, int64_t first) {
  auto way = format("reverse in %s from frame %" PRId64, gst_format_get_name(target), first);
  if (!player.go(GST_STATE_PAUSED, way) || !player.seek(-1.0, target, 0, stop, way))
    return;
  player.play();
  int64_t expected = first;
  while (auto got = player.next(way)) {
    if (expected >= 0)
      linear.judge(*got, expected, format("%s, at %" PRId64, way.c_str(), expected));
    expected--;
  }
  if (!player.at_end())
    findings.add(way + " breaks off" + player.error());
  else if (expected != -1)
    findings.add(format("%s gives %" PRId64 " frames, not %" PRId64, way.c_str(), first - expected,
                        first + 1));
}

void start_at(const Task &task, Linear &linear, Findings &findings, int64_t start, int64_t first) {
  auto way = format("start-frame=%" PRId64, start);
  Player player(task, linear, findings);
  g_object_set(player.source(), "start-frame", gint64(start), nullptr);
  if (!player.go(GST_STATE_PAUSED, way))
    return;
  if (auto got = player.shown(way))
    linear.judge(*got, first, way);
  player.run_on(first, way);
}

/* Whether the index answers for every frame. */
bool is_exact(const Player &player) {
#ifdef GST_TYPE_FRAMEWISE_INDEX
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_FRAMEWISE_INDEX);
  g_object_get_property(G_OBJECT(player.source()), "index", &value);
  auto *index = static_cast<GstFramewiseIndex *>(g_value_get_boxed(&value));
  bool exact = index && gst_framewise_index_is_exact(index);
  g_value_unset(&value);
  return exact;
#else
  return true;
#endif
}

void check_unseekable(Player &player, Findings &findings) {
  for (GstFormat in : {GST_FORMAT_TIME, GST_FORMAT_DEFAULT}) {
    if (player.seekable(in))
      findings.add(format("SEEKING in %s says seekable", gst_format_get_name(in)));
  }
  for (GstFormat in : {GST_FORMAT_TIME, GST_FORMAT_DEFAULT}) {
    if (player.takes_seek(in, 1))
      findings.add(format("a seek in %s is taken", gst_format_get_name(in)));
  }
  if (player.has("n-frames") && player.n_frames() != -1)
    findings.add(format("n-frames is %" G_GINT64_FORMAT ", not -1", player.n_frames()));
}

/* False: an index that does not vouch for the frames. */
bool check(const Task &task, Linear &linear, Findings &findings) {
  Player player(task, linear, findings);
  if (task.unseekable && player.go(GST_STATE_PAUSED, "opening"))
    check_unseekable(player, findings);
  auto frames = play_through(player, linear, task, findings);
  if (task.unseekable) {
    check_unseekable(player, findings);
    return true;
  }
  if (player.failed() || int64_t(frames.size()) != linear.count())
    return player.failed() || is_exact(player);

  Times times(frames);
  if (!times.rising())
    printf("times that do not rise\n");
  bool seeks = false;
  const auto all = orders(linear.count());
  if (task.wants("default")) {
    seeks = true;
    seek_each(player, linear, GST_FORMAT_DEFAULT, "DEFAULT", all, [](int64_t number) {
      return Aim{number, number};
    });
  }
  if (task.wants("time")) {
    seeks = true;
    seek_each(player, linear, GST_FORMAT_TIME, "TIME", all,
              [&](int64_t number) { return times.start_of(number); });
    if (times.rising())
      seek_each(player, linear, GST_FORMAT_TIME, "TIME between", {all.back()},
                [&](int64_t number) { return times.middle_of(number); });
  }
  if (task.wants("reverse")) {
    seeks = true;
    int64_t count = linear.count();
    play_backwards(player, linear, findings, GST_FORMAT_DEFAULT, count, count - 1);
    play_backwards(player, linear, findings, GST_FORMAT_TIME, -1, count - 1);
    if (count > 5)
      play_backwards(player, linear, findings, GST_FORMAT_DEFAULT, count - 4, count - 5);
  }
  if (task.wants("start-frame")) {
    for (int64_t number = 0; number < linear.count(); number += 7)
      start_at(task, linear, findings, number, number);
    start_at(task, linear, findings, -1, linear.count() - 1);
  }
  if (seeks && player.has("n-frames")) {
    if (!player.wait_for_count())
      findings.add("n-frames is never notified");
    else if (player.n_frames() != linear.count())
      findings.add(format("n-frames is %" G_GINT64_FORMAT ", not %" PRId64, player.n_frames(),
                          linear.count()));
  }
  return !seeks || is_exact(player);
}

Task parse(int argc, char **argv) {
  Task task;
  std::string folder;
  auto entry = [](std::map<std::string, std::string> &into, const std::string &option) {
    size_t equals = option.find('=');
    into[option.substr(0, equals)] = option.substr(equals + 1);
  };
  for (int i = 1; i < argc; i++) {
    std::string argument = argv[i];
    auto value = [&] { return std::string(++i < argc ? argv[i] : ""); };
    if (argument == "--folder")
      folder = value() + "/";
    else if (argument == "--stream")
      task.stream = value();
    else if (argument == "--reference")
      task.reference = value();
    else if (argument == "--option")
      entry(task.demuxer_options, value());
    else if (argument == "--source-option")
      entry(task.source_options, value());
    else if (argument == "--part")
      task.parts.push_back(folder + value());
    else if (argument.starts_with("--only=")) {
      std::unique_ptr<char *, decltype(&g_strfreev)> modes(g_strsplit(argv[i] + 7, ",", -1),
                                                           g_strfreev);
      for (char **mode = modes.get(); *mode; mode++)
        task.only.insert(*mode);
    } else if (argument == "--unseekable")
      task.unseekable = true;
    else if (argument == "--may-break")
      task.may_break = true;
    else if (argument == "--repeats")
      task.repeats = true;
    else if (argument == "--half")
      task.half = true;
    else if (argument == "--corrupt")
      task.corrupt = task.single_thread = true;
    else
      task.file = folder + argument;
  }
  return task;
}

} // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  av_log_set_level(AV_LOG_FATAL);
  Task task = parse(argc, argv);
  if (task.file.empty()) {
    fprintf(stderr, "no file given\n");
    return 2;
  }
  Clip reference = task;
  if (!task.reference.empty())
    reference.file = task.reference;
  auto digests = expected_digests(reference);
  if (!digests)
    return report("ffmpeg", digests.error()) ? 0 : 1;
  if (digests->empty()) {
    fprintf(stderr, "ffmpeg decodes no frame of %s\n", reference.file.c_str());
    return 1;
  }

  Findings findings(task.file);
  Linear linear(std::move(*digests), findings);
  if (!task.repeats && !task.corrupt) {
    for (const auto &pair : linear.repeated())
      findings.add(pair + ", so that one cannot be told from the other");
  }
  bool exact = check(task, linear, findings);
  if (!exact && !task.corrupt && !task.half)
    findings.add("the index says that it is not exact");
  if (findings.count() > findings.in_words())
    fprintf(stderr, "... and %zu more\n", findings.count() - findings.in_words());
  printf("%s: %" PRId64 " frames, %zu findings%s\n", task.file.c_str(), linear.count(),
         findings.count(), exact ? "" : ", not vouched for by the index");
  return findings.count() == 0 || (task.corrupt && !exact) ? 0 : 1;
}
