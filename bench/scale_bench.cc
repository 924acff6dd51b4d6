// What do a million feeds cost? A store that knows them all, started as the daemon starts it, then
// the poll stage itself on servers that answer 304 at once.
//   scale_bench [--json] [--feeds=N]

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/exit_code.h"
#include "base/rng.h"
#include "bench/figure.h"
#include "bench/store_figures.h"
#include "daemon/poll_stage.h"
#include "daemon/settings.h"
#include "feeds/keys.h"
#include "storage/store.h"
#include "tests/support/temp_dir.h"

namespace feedwire::bench {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr std::uint64_t kFewFeeds = 10'000;  // beside which many are measured
constexpr std::size_t kGroup = 1000;         // of outcomes, while a store is made
constexpr std::size_t kPolls = 20'000;       // of a run, in virtual time
constexpr int kRuns = 5;
constexpr std::string_view kFeedsOption = "--feeds=";
constexpr microseconds kWatched = 20s;  // of real time, for how late polls are

double heap_bytes() {
  const struct mallinfo2 heap = mallinfo2();
  return static_cast<double>(heap.uordblks + heap.hblkhd);
}

/// What it takes to know when each feed is due, a host each, and when it publishes (S-1).
double schedule_bytes(std::uint64_t feeds) {
  const double before = heap_bytes();
  daemon::Scheduler scheduler({});
  scheduler.reserve(feeds);
  for (std::uint64_t i = 0; i < feeds; ++i)
    scheduler.schedule(i, fmt::format("www.site-{}.example", i), MonoTime{microseconds(i)});
  return (heap_bytes() - before) / static_cast<double>(feeds) + sizeof(storage::Habit);
}

std::string url_of(std::uint64_t feed) {
  return fmt::format("https://www.site-{0}.example/news/{0}/feed.xml", feed);
}

/// As a feed is that was polled for weeks: it knows its validators and when it is busy.
storage::PollRow row_of(const std::string& url, WallTime now, Rng& rng) {
  storage::PollRow row;
  row.polls = 100 + rng.next() % 1000;
  row.interval = std::chrono::seconds{3600 + rng.next() % 40'000};
  const auto ago = microseconds{std::llround(rng.uniform(0, 1) * 1e6) * row.interval.count()};
  row.last_poll = row.last_success = now - ago;
  row.next_poll = now - ago + row.interval;
  row.last_status = 304;
  row.etag = fmt::format("\"{:016x}\"", rng.next());
  row.last_modified = "Sat, 21 Nov 2026 21:15:01 GMT";
  row.validators_url = url;
  row.body_hash = xxh3_128(url);
  row.had_document = row.answers_304 = true;
  row.floor = 3600s;
  row.expected = 1;
  row.habit.as_of = row.habit.newest = now - ago;
  row.habit.days = 28;
  row.habit.lasting = row.habit.recent = static_cast<float>(rng.uniform(0, 40));
  row.habit.window = 20;
  row.habit.bins_day = 20'000;
  for (std::uint16_t& bin : row.habit.bins) bin = static_cast<std::uint16_t>(rng.next() % 20);
  return row;
}

class Servers : public daemon::Transport {
 public:
  explicit Servers(const Clock& clock) : clock_(clock) {}
  void start(daemon::HttpRequest request) override {
    if (const auto due = due_.find(request.id); due != due_.end())
      latest_ = std::max(latest_, clock_.now().wall - due->second);
    requests_.push_back(std::move(request));
  }
  std::size_t free_places() const override { return 64 - requests_.size(); }
  std::vector<daemon::HttpResponse> step(Now) override {
    std::vector<daemon::HttpResponse> answers;
    for (const daemon::HttpRequest& request : std::exchange(requests_, {})) {
      daemon::HttpResponse& answer = answers.emplace_back();
      answer.id = request.id;
      answer.final_url = request.url;
      answer.status = 304;
      answer.sent_validators = true;
    }
    return answers;
  }
  bool idle() const { return requests_.empty(); }

  /// From now on it is noted by how much a poll comes after its time at the most.
  void watch(std::unordered_map<feeds::FeedKey, WallTime> due) { due_ = std::move(due); }
  microseconds latest() const { return latest_; }

 private:
  const Clock& clock_;
  std::vector<daemon::HttpRequest> requests_;
  std::unordered_map<feeds::FeedKey, WallTime> due_;  // those that are watched, once each
  microseconds latest_{};
};

class NoParsers : public daemon::ParserPort {
 public:
  void submit(daemon::ParseJob) override {}
  std::size_t free_places(std::size_t) const override { return 1; }
  std::vector<daemon::ParseDone> step(Now) override { return {}; }
};

/// A store of so many feeds, and the stage that polls them.
class World {
 public:
  explicit World(std::uint64_t feeds) : feeds_(feeds) {
    options_.dir = dir_.path() / "state";
    make_store();
  }

  /// What the daemon does before it polls, in seconds of CPU.
  double start() {
    const double before = cpu_seconds();
    store_ = need(storage::Store::open(options_, fs_, clock_, rng_));
    need(store_->subscribe({}));
    heap_before_ = heap_bytes();
    {
      const auto rows = need(store_->poll_rows());
      std::vector<daemon::Subscription> subscriptions;
      daemon::join_operator_feeds(subscriptions, store_->operator_feeds());
      stage_ = std::make_unique<daemon::PollStage>(
          daemon::PollOptions{}, servers_, parsers_,
          daemon::PollStage::KnownEntries{
              [](auto) { return Result<std::vector<std::uint64_t>>(std::vector<std::uint64_t>()); },
              [](auto, const auto&) { return Result<bool>(false); }},
          [this](storage::PollOutcome& outcome) { return take(outcome); }, rng_);
      stage_->set_feeds(std::move(subscriptions), rows, {}, clock_.now());
    }
    const double cost = cpu_seconds() - before;
    ::malloc_trim(0);
    return cost;
  }

  double bytes_per_feed() const {
    return (heap_bytes() - heap_before_) / static_cast<double>(feeds_);
  }

  /// Microseconds of CPU that a poll takes, without the store, in virtual time.
  double poll_cost() {
    Now now = clock_.now();
    const std::uint64_t first = stage_->stats().polls;
    const double before = cpu_seconds();
    double elsewhere = 0;
    while (stage_->stats().polls - first < kPolls) {
      stage_->step(now);
      const double kept = cpu_seconds();
      commit(now);
      elsewhere += cpu_seconds() - kept;
      if (const auto next = stage_->next_wakeup(); servers_.idle() && next && *next > now.mono)
        now = now + (*next - now.mono);
    }
    settle(now);
    return (cpu_seconds() - before - elsewhere) * 1e6 /
           static_cast<double>(stage_->stats().polls - first);
  }

  /// Polls by the real clock for a while after start(), and commits on the same thread. Returns by
  /// how many seconds the latest poll was too late.
  double lateness() {
    watch();
    Now now = clock_.now();
    const MonoTime end = now.mono + kWatched;
    for (; now.mono < end; now = clock_.now()) {
      stage_->step(now);
      commit(now);
      const auto next = stage_->next_wakeup();
      if (servers_.idle() && next && *next > now.mono)
        std::this_thread::sleep_for(std::min<microseconds>(*next - now.mono, 250ms));
    }
    settle(now);
    return std::chrono::duration<double>(servers_.latest()).count();
  }

 private:
  void make_store() {
    auto store = need(storage::Store::open(options_, fs_, clock_, rng_));
    storage::FeedChanges changes;
    for (std::uint64_t i = 0; i < feeds_; ++i) {
      storage::FeedRef& feed = changes.add.emplace_back();
      feed.url = url_of(i);
      feed.key = feeds::feed_key(feed.url);
    }
    need(store->change_feeds(changes));
    std::vector<storage::PollOutcome> group;
    for (const storage::FeedRef& feed : changes.add) {
      storage::PollOutcome& outcome = group.emplace_back();
      outcome.feed = feed.key;
      outcome.row = row_of(feed.url, clock_.now().wall, rng_);
      outcome.fetched_at = outcome.row.last_poll;
      if (group.size() < kGroup && &feed != &changes.add.back()) continue;
      need(store->commit(group));
      group.clear();
    }
    need(store->close());
  }

  // Those overdue are spread on purpose.
  void watch() {
    const auto rows = need(store_->poll_rows());
    const WallTime now = clock_.now().wall;
    std::unordered_map<feeds::FeedKey, WallTime> due;
    for (const auto& [feed, row] : rows)
      if (row.next_poll > now && row.next_poll < now + 2 * kWatched)
        due.emplace(feed, row.next_poll);
    servers_.watch(std::move(due));
  }

  bool take(storage::PollOutcome& outcome) {
    outcomes_.push_back(std::move(outcome));
    return true;
  }

  void commit(Now now) {
    if (outcomes_.empty()) return;
    need(store_->commit(outcomes_));
    for (const storage::PollOutcome& outcome : std::exchange(outcomes_, {}))
      stage_->committed(outcome.feed, now);
  }

  void settle(Now now) {
    stage_->set_paused(true);
    while (!stage_->idle()) {
      stage_->step(now);
      commit(now);
    }
    stage_->set_paused(false);
  }

  const std::uint64_t feeds_;
  tests::TempDir dir_;
  storage::Options options_;
  PosixFs fs_;
  SystemClock clock_;
  SeededRng rng_{1};
  Servers servers_{clock_};
  NoParsers parsers_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<daemon::PollStage> stage_;
  std::vector<storage::PollOutcome> outcomes_;
  double heap_before_ = 0;
};

// Whether the argument says how many feeds, of which there is to be one at least.
bool read_feeds(std::string_view argument, std::uint64_t& feeds) {
  if (!argument.starts_with(kFeedsOption)) return false;
  argument.remove_prefix(kFeedsOption.size());
  const char* const end = argument.data() + argument.size();
  const auto [rest, error] = std::from_chars(argument.data(), end, feeds);
  return error == std::errc{} && rest == end && feeds > 0;
}

}  // namespace
}  // namespace feedwire::bench

int main(int argc, char** argv) {
  using namespace feedwire::bench;
  std::uint64_t feeds = 1'000'000;
  for (const std::string_view argument : std::span(argv + 1, argv + argc))
    if (argument != "--json" && !read_feeds(argument, feeds)) {
      fmt::print(stderr, "scale_bench: no option \"{}\"; options: {}N, --json\n", argument,
                 kFeedsOption);
      return feedwire::to_int(feedwire::ExitCode::usage);
    }
  const double state = schedule_bytes(feeds);
  World many(feeds), few(kFewFeeds);
  const double start = many.start();
  const double all = many.bytes_per_feed();
  const double late = many.lateness();
  few.start();
  std::vector<Run> runs;
  for (int i = 0; i < kRuns; ++i)
    runs.push_back({.ours = many.poll_cost(), .peer = few.poll_cost()});
  const Comparison cost = compare(runs);
  return report(
      argc, argv, fmt::format("{} feeds, a host each, whose servers answer 304 at once", feeds),
      {{"scale.start", start, "s CPU", "the time it may take, 30", start / 30, 1, 0.5},
       {"scale.state", state, "bytes a feed", "what it may be, 400", state / 400, 1, 0.75},
       {"scale.memory", all, "bytes a feed", "all that the poll stage knows of it; no goal, 400",
        all / 400, 0, 0},
       {"scale.poll", cost.ours, "us CPU a poll",
        fmt::format("with {} feeds, {:.1f}", kFewFeeds, cost.peer), cost.ratio, 2, 1.2},
       {"scale.late", late, "s late at the most", "what may be, 5", late / 5, 1, 0.1}});
}
