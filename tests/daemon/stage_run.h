// The stages together without threads, in virtual time on a replayed web, for tests of them.

#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/poll_stage.h"
#include "daemon/store_stage.h"
#include "storage/event_check.h"
#include "storage/log_reader.h"
#include "storage/politeness.h"
#include "storage/store.h"
#include "tests/support/replayed_web.h"
#include "tests/support/temp_dir.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;

inline constexpr char kUrl[] = "http://one.example/feed.xml";
inline constexpr char kOther[] = "http://two.example/feed.xml";

// A feed of entries 1..count; the title of entry `edited` ends in "!".
inline std::string document(int count, int edited = 0) {
  std::string xml =
      "<rss version=\"2.0\"><channel><title>T</title><link>http://one.example/</link>";
  for (int i = count; i >= 1; --i) {
    const std::string n = std::to_string(i);
    xml += "<item><title>Entry " + n + (i == edited ? "!" : "") +
           "</title><link>http://one.example/a/" + n + "</link><guid>http://one.example/a/" + n +
           "</guid><description>Text of entry " + n + "</description></item>";
  }
  return xml + "</channel></rss>";
}

// One daemon without threads: its stages are stepped by hand.
class StageRun {
 public:
  explicit StageRun(std::chrono::seconds floor = 60min) {
    options_.pace.floor = options_.pace.max_interval = floor;  // nothing is left to be learned
    options_.pace.dormant_interval = floor;
    options_.hosts = {2s, 1s};
  }

  ~StageRun() { check_politeness(); }

  /// For the next start.
  PollOptions& options() { return options_; }
  bool paged = false;  // all feeds are

  /// From the next start on hubs are asked for subscriptions.
  void use_hubs(const std::string& callbacks = "https://feedwire.example/hooks") {
    options_.callbacks = callbacks;
  }

  void start(const std::vector<std::string>& urls) {
    storage::Options options;
    options.dir = dir_.path();
    options.min_free_bytes = 0;
    store_ = storage::Store::open(options, fs_, clock_, rng_).value();
    stage_ = std::make_unique<PollStage>(
        options_, web, parser,
        PollStage::KnownEntries{[this](FeedKey feed) { return store_->window_hashes(feed); },
                                [this](FeedKey feed, const feeds::Feed& found) {
                                  return store_->shares_entry(feed, found);
                                },
                                [this](FeedKey feed) { return store_->backfill(feed); }},
        [this](storage::PollOutcome& outcome) {
          check_before(outcome);
          outcomes_.push_back(std::move(outcome));
          return true;
        },
        rng_);
    stage_->set_ledger([this](const storage::PollRecord& record) {
      politeness_.add(record);
      records.push_back(record);
    });
    set_feeds(urls, store_->last_crash());
  }

  void set_feeds(const std::vector<std::string>& urls, const storage::Crash& crash = {},
                 const std::string& title = "") {
    std::vector<Subscription> feeds;
    std::vector<storage::FeedRef> refs;
    for (const std::string& url : urls) {
      Subscription subscription;
      subscription.ref = {feeds::feed_key(url), url, "", title, {}};
      subscription.paged = paged;
      refs.push_back(subscription.ref);
      feeds.push_back(std::move(subscription));
    }
    REQUIRE(store_->subscribe(refs));
    stage_->set_feeds(std::move(feeds), store_->poll_rows().value(), crash, clock_.now());
  }

  void run(std::chrono::seconds span) {
    const MonoTime end = clock_.now().mono + span;
    for (; clock_.now().mono <= end; clock_.advance(100ms)) {
      for (int turn = 0; turn < 3; ++turn) step();
    }
  }

  /// The same for a long time, from one thing that is to be done to the next.
  void run_long(std::chrono::seconds span) {
    const MonoTime end = clock_.now().mono + span;
    while (clock_.now().mono < end) {
      const MonoTime next = std::min(stage_->next_wakeup().value_or(end), end);
      clock_.advance(std::max<std::chrono::microseconds>(next - clock_.now().mono, 1ms));
      for (int turn = 0; turn < 3; ++turn) step();
    }
  }

  void stop_cleanly() {
    stage_->abandon(clock_.now());
    CHECK(stage_->flush());
    StoreStage stage(*store_);
    REQUIRE(stage.commit(std::exchange(outcomes_, {})));
    REQUIRE(store_->close());
    end();
  }
  // As kill -9 does: nothing is closed, what is under way is gone.
  void crash() {
    outcomes_.clear();
    end();
  }

  const std::filesystem::path& dir() const { return dir_.path(); }
  PollStage& stage() { return *stage_; }
  storage::Store& store() { return *store_; }
  std::size_t failing() const { return stage_->failing_count(); }
  FetchFigures fetches() const { return stage_->fetches().get(); }
  std::size_t parsed() const { return parser.submitted; }

  // The types of all events of the log after `after`, without prefix and control events.
  std::vector<std::string> events() {
    std::vector<std::string> types;
    storage::LogReader reader = storage::LogReader::open(fs_, dir_.path() / "events", 0).value();
    storage::Sequence last = 0;
    while (const auto line = reader.next().value()) {
      CHECK(line->sequence == ++last);
      const std::string text(line->line);
      const std::size_t at = text.find("\"type\":\"feedwire.") + 17;
      const std::string type = text.substr(at, text.find('"', at) - at);
      if (type.rfind("entry.", 0) == 0) types.push_back(type);
    }
    return types;
  }
  // The lines that tell of a feed, but for its subscription: "gone {…data…}".
  std::vector<std::string> feed_events() {
    std::vector<std::string> told;
    storage::LogReader reader = storage::LogReader::open(fs_, dir_.path() / "events", 0).value();
    while (const auto line = reader.next().value()) {
      storage::EventFacts facts;
      const std::string_view text = line->line.substr(0, line->line.find('\n'));
      const auto fault = storage::check_event(text, facts);
      INFO(text << (fault ? fault->text : ""));
      CHECK_FALSE(fault);
      if (facts.type.starts_with("feed.") && facts.type != "feed.added" &&
          facts.type != "feed.removed" && facts.type != "feed.changed")
        told.push_back(std::string(facts.type.substr(5)) + " " + std::string(facts.data));
    }
    return told;
  }
  storage::StoredFeed feed(const std::string& url) const {
    return store_->feed(feeds::feed_key(url)).value();
  }
  std::size_t count(const std::string& type) {
    const std::vector<std::string> all = events();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), type));
  }

  tests::InlineParser parser;
  tests::ReplayedWeb web;
  std::vector<storage::PollRecord> records;  // of all runs
  ManualClock clock_{{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}, MonoTime{1h}}};

 private:
  void end() {
    check_politeness();
    web.hang_up();
    stage_.reset();
    store_.reset();
  }

  void step() {
    stage_->step(clock_.now());
    check_counts();
    StoreStage stage(*store_);
    REQUIRE(stage.commit(outcomes_));
    std::vector<storage::PollOutcome> done = std::exchange(outcomes_, {});
    for (const storage::PollOutcome& outcome : done) stage_->committed(outcome.feed, clock_.now());
  }

  // The store believes what it is told of the row that it has.
  void check_before(const storage::PollOutcome& outcome) {
    REQUIRE(outcome.before);
    const auto rows = store_->poll_rows().value();
    for (const auto& [feed, row] : rows)
      if (feed == outcome.feed) CHECK(outcome.before->last_success == row.last_success);
  }

  // No answer comes to two things.
  void check_counts() const {
    const FetchFigures counted = fetches();
    std::uint64_t ended = 0;
    for (const std::uint64_t one : counted.results) ended += one;
    if (ended > counted.took.count() || counted.in_flight > 64)
      FAIL_CHECK("a request counts twice");
  }

  void check_politeness() {  // H-91
    for (const storage::Finding& finding : rudeness_.told()) FAIL_CHECK(finding.text);
  }

  const tests::TempDir dir_;
  PosixFs fs_;
  storage::Findings rudeness_;
  storage::PolitenessCheck politeness_{rudeness_};
  SeededRng rng_{7};
  PollOptions options_;
  std::vector<storage::PollOutcome> outcomes_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<PollStage> stage_;
};

}  // namespace feedwire::daemon
