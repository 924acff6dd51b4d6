#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "bench/made_feed.h"
#include "bench/store_figures.h"
#include "bench/sync_counter.h"
#include "daemon/store_thread.h"
#include "tests/support/temp_dir.h"

namespace feedwire::bench {
namespace {

constexpr std::uint64_t kPolls = 64;  // at the same time
constexpr std::size_t kOutcomes = 4000;
constexpr std::size_t kItems = 30;  // of a document, all but one of them known
constexpr std::chrono::milliseconds kPollTime{200};
constexpr std::chrono::microseconds kBetween = kPollTime / kPolls;  // two answers, on average

/// The store, and one feed for each poll under way.
class Trickle {
 public:
  Trickle() {
    storage::Options options;
    options.dir = dir_.path() / "state";
    store_ = need(storage::Store::open(options, fs_, clock_, rng_));
    for (std::uint64_t i = 0; i < kPolls; ++i) {
      storage::FeedRef& feed = feeds_.emplace_back();
      feed.url = fmt::format("http://feed{}.example/rss", i);
      feed.key = feeds::feed_key(feed.url);
      std::vector<MadeEntry>& entries = items_.emplace_back();
      for (std::uint64_t k = 0; k < kItems; ++k) entries.push_back(make_new_entry(++last_seed_));
    }
    need(store_->subscribe(feeds_));
    for (std::uint64_t i = 0; i < kPolls; ++i) {
      const storage::PollOutcome first = outcome(i);
      need(store_->commit({&first, 1}));
    }
  }

  /// Syncs that a thousand entries take.
  double run() {
    daemon::StoreThread thread(*store_, clock_,
                               {.committed = [](const auto&) {},
                                .tick = [] {},
                                .failed = [](const Error& error) { need<void>(error); }});
    const std::uint64_t before = sync_count();
    for (std::size_t i = 0; i < kOutcomes; ++i) {
      std::this_thread::sleep_for(kBetween / 2 + kBetween * (random_.next() % 1000) / 1000);
      storage::PollOutcome next = next_outcome(i % kPolls);
      while (!thread.offer(next)) std::this_thread::sleep_for(kBetween);
    }
    thread.stop();
    if (thread.counters().created != kOutcomes) {
      fmt::print(stderr, "store_bench: {} of {} entries were new\n",
                 thread.counters().created.load(), kOutcomes);
      std::exit(1);
    }
    return static_cast<double>(sync_count() - before) * 1000 / kOutcomes;
  }

 private:
  storage::PollOutcome next_outcome(std::uint64_t feed) {
    std::vector<MadeEntry>& entries = items_[feed];
    for (MadeEntry& entry : entries) entry.known = true;
    entries.pop_back();
    entries.insert(entries.begin(), make_new_entry(++last_seed_));
    return outcome(feed);
  }

  storage::PollOutcome outcome(std::uint64_t feed) const {
    storage::PollOutcome outcome;
    outcome.feed = feeds_[feed].key;
    outcome.fetched_at = clock_.now().wall;
    outcome.document = make_document(items_[feed]);
    return outcome;
  }

  tests::TempDir dir_;
  PosixFs fs_;
  SystemClock clock_;
  SystemRng rng_;
  SeededRng random_{1};
  std::unique_ptr<storage::Store> store_;
  std::vector<storage::FeedRef> feeds_;
  std::vector<std::vector<MadeEntry>> items_;  // of each feed's document
  std::uint64_t last_seed_ = 0;
};

}  // namespace

Figure trickle_figure() {
  const double syncs = Trickle().run();
  return {.name = "store.trickle_syncs",
          .value = syncs,
          .unit = "/1000 entries",
          .against =
              fmt::format("{} polls at a time of {} ms, an entry each", kPolls, kPollTime.count()),
          .ratio = syncs,
          .must = 40,
          .aim = 5};
}

}  // namespace feedwire::bench
