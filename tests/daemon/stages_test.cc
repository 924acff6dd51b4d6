// The stages together: poll, parse, decide, commit, read back, in virtual time on a replayed web.

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "daemon/poll_stage.h"
#include "daemon/store_stage.h"
#include "storage/log_reader.h"
#include "storage/politeness.h"
#include "storage/store.h"
#include "tests/support/replayed_web.h"
#include "tests/support/temp_dir.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;
using tests::answer;

namespace {

constexpr char kUrl[] = "http://one.example/feed.xml";
constexpr char kOther[] = "http://two.example/feed.xml";

// A feed of entries 1..count; the title of entry `edited` ends in "!".
std::string document(int count, int edited = 0) {
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
class Simulation {
 public:
  explicit Simulation(std::chrono::seconds floor = 60min) {
    options_.pace.floor = options_.pace.max_interval = floor;  // nothing is left to be learned
    options_.pace.dormant_interval = floor;
    options_.hosts = {2s, 1s};
  }

  ~Simulation() { check_politeness(); }

  void start(const std::vector<std::string>& urls) {
    storage::Options options;
    options.dir = dir_.path();
    options.min_free_bytes = 0;
    store_ = storage::Store::open(options, fs_, clock_, rng_).value();
    stage_ = std::make_unique<PollStage>(
        options_, web, parser_, [this](FeedKey feed) { return store_->window_hashes(feed); },
        [this](storage::PollOutcome& outcome) {
          outcomes_.push_back(std::move(outcome));
          return true;
        },
        rng_);
    stage_->set_ledger([this](const storage::PollRecord& record) {
      politeness_.add(record);
      records.push_back(record);
    });
    set_feeds(urls, {!store_->unclean_start(), store_->last_commit_before_start()});
  }

  void set_feeds(const std::vector<std::string>& urls, LastRun last_run = {}) {
    std::vector<Subscription> feeds;
    std::vector<storage::FeedRef> refs;
    for (const std::string& url : urls) {
      Subscription subscription;
      subscription.ref = {feeds::feed_key(url), url, "", "", {}};
      refs.push_back(subscription.ref);
      feeds.push_back(std::move(subscription));
    }
    REQUIRE(store_->subscribe(refs));
    stage_->set_feeds(std::move(feeds), store_->poll_rows().value(), last_run, clock_.now());
  }

  void run(std::chrono::seconds span) {
    const MonoTime end = clock_.now().mono + span;
    for (; clock_.now().mono <= end; clock_.advance(100ms)) {
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

  std::size_t failing() const { return stage_->failing_count(); }
  std::size_t parsed() const { return parser_.submitted; }

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
  std::size_t count(const std::string& type) {
    const std::vector<std::string> all = events();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), type));
  }

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
    StoreStage stage(*store_);
    REQUIRE(stage.commit(outcomes_));
    std::vector<storage::PollOutcome> done = std::exchange(outcomes_, {});
    for (const storage::PollOutcome& outcome : done) stage_->committed(outcome.feed, clock_.now());
  }

  void check_politeness() {  // H-91
    for (const storage::Finding& finding : rudeness_.told()) FAIL_CHECK(finding.text);
  }

  const tests::TempDir dir_;
  PosixFs fs_;
  storage::Findings rudeness_;
  storage::PolitenessCheck politeness_{rudeness_};
  SeededRng rng_{7};
  tests::InlineParser parser_;
  PollOptions options_;
  std::vector<storage::PollOutcome> outcomes_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<PollStage> stage_;
};

}  // namespace

TEST_CASE("entries are announced once, edits once, and a 304 announces and parses nothing",
          "[stages]") {
  Simulation sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run(5s);
  CHECK(sim.events() == std::vector<std::string>(3, "entry.created"));

  sim.run(3h);
  CHECK(sim.events().size() == 3);
  CHECK(sim.web.seen.size() >= 3);
  CHECK(sim.parsed() == 1);
  CHECK(sim.web.seen.back().request.etag == sim.web.seen[1].request.etag);
  CHECK_FALSE(sim.web.seen.back().request.etag.empty());  // H-11

  sim.web.serve_document(kUrl, document(4, 2));
  sim.run(2h);
  CHECK(sim.count("entry.created") == 4);
  CHECK(sim.count("entry.updated") == 1);
}

TEST_CASE("H-10 H-17 H-45 a page in place of the feed changes nothing, and the validators stay",
          "[stages]") {
  Simulation sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run(5s);
  sim.web.serve(kUrl, [](const HttpRequest& request) {
    return answer(request, 200, "<!DOCTYPE html><html><body>Please log in</body></html>",
                  {{"etag", "\"page\""}});
  });
  sim.run(2h);
  sim.web.serve_document(kUrl, document(3));
  sim.run(5h);
  CHECK(sim.events().size() == 3);
  CHECK(sim.web.seen.back().request.etag != "\"page\"");
}

TEST_CASE("H-90 each request is on record, with what was sent and what decides the next one",
          "[stages]") {
  Simulation sim;
  sim.web.serve(kUrl, [](const HttpRequest& request) {
    return answer(
        request, 200, document(3),
        {{"etag", "\"a\""}, {"cache-control", "private"}, {"cache-control", "max-age=7200"}});
  });
  sim.start({kUrl});
  sim.run(1min);
  sim.web.serve(kUrl, [](const HttpRequest& request) { return answer(request, 304, ""); });
  sim.run(3h);
  sim.web.serve(kUrl, [](const HttpRequest& request) { return answer(request, 404, "gone"); });
  sim.run(75min);
  sim.web.latency = 30s;
  sim.web.serve_document(kUrl, document(3));
  sim.run(65min);
  sim.stop_cleanly();

  using storage::PollRule;
  using storage::PollVerdict;
  REQUIRE(sim.records.size() >= 4);
  const storage::PollRecord& first = sim.records[0];
  CHECK(first.poll == 1);
  CHECK(first.if_none_match.empty());
  CHECK(first.etag == "\"a\"");
  CHECK(first.cache_control == "private, max-age=7200");
  CHECK(first.verdict == PollVerdict::document);
  CHECK(first.rule == PollRule::freshness);
  CHECK(first.next_poll >= first.at + 2h);
  const storage::PollRecord& second = sim.records[1];
  CHECK(second.poll == 2);
  CHECK(second.if_none_match == "\"a\"");
  CHECK(second.status == 304);
  CHECK(second.verdict == PollVerdict::unchanged);
  CHECK(second.rule == PollRule::floor);
  const storage::PollRecord& third = sim.records[2];
  CHECK(third.status == 404);
  CHECK(third.verdict == PollVerdict::failure);
  CHECK(third.rule == PollRule::failure);
  CHECK(sim.records.size() == sim.web.seen.size());
}

TEST_CASE("H-90 a request that a stop cuts short is on record", "[stages]") {
  Simulation sim;
  sim.web.serve_document(kUrl, document(3));
  sim.web.latency = 30s;
  sim.start({kUrl});
  sim.run(10s);
  sim.stop_cleanly();
  REQUIRE(sim.records.size() == 1);
  CHECK(sim.records[0].verdict == storage::PollVerdict::abandoned);
  CHECK(sim.records[0].status == 0);
  CHECK(sim.records[0].took >= 5s);
}

TEST_CASE("H-72 a restart polls nothing early, and keeps validators and window", "[stages]") {
  Simulation sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run(10min);
  REQUIRE(sim.web.seen.size() == 1);
  const bool clean = GENERATE(true, false);
  clean ? sim.stop_cleanly() : sim.crash();
  sim.start({kUrl});
  sim.run(45min);
  CHECK(sim.web.seen.size() == 1);
  sim.run(20min);
  REQUIRE(sim.web.seen.size() == 2);
  CHECK_FALSE(sim.web.seen.back().request.etag.empty());
  CHECK(sim.events().size() == 3);
}

TEST_CASE("H-72 a first poll that a crash left no trace of is not repeated at once", "[stages]") {
  Simulation sim;
  sim.web.serve_document(kUrl, document(3));
  sim.web.latency = 30s;
  sim.start({kUrl});
  sim.run(10s);
  REQUIRE(sim.web.seen.size() == 1);
  sim.crash();
  sim.start({kUrl});
  sim.run(55min);
  CHECK(sim.web.seen.size() == 1);
  sim.run(10min);
  CHECK(sim.web.seen.size() == 2);
}

TEST_CASE("H-72 a poll under way at a clean stop is not repeated before its time", "[stages]") {
  Simulation sim;
  sim.web.serve_document(kUrl, document(3));
  sim.web.latency = 30s;
  sim.start({kUrl});
  sim.run(10s);
  REQUIRE(sim.web.seen.size() == 1);
  sim.stop_cleanly();
  sim.web.latency = 0s;
  sim.start({kUrl});
  sim.run(55min);
  CHECK(sim.web.seen.size() == 1);
  sim.run(10min);
  CHECK(sim.web.seen.size() == 2);
  CHECK(sim.events().size() == 3);
}

TEST_CASE("H-72 after a crash a feed that was due meanwhile waits one floor", "[stages]") {
  Simulation sim;
  sim.web.serve_document(kUrl, document(3));
  sim.start({kUrl});
  sim.run(5s);
  sim.crash();
  sim.clock_.advance(3h);
  sim.start({kUrl});
  sim.run(55min);
  CHECK(sim.web.seen.size() == 1);
  sim.run(10min);
  CHECK(sim.web.seen.size() == 2);
}

TEST_CASE("a second feed with the same entries creates nothing and sights them", "[stages]") {
  Simulation sim;
  sim.web.serve_document(kUrl, document(5));
  sim.web.serve_document(kOther, document(5));
  sim.start({kUrl});
  sim.run(5s);
  sim.set_feeds({kUrl, kOther});
  sim.run(2h);
  CHECK(sim.count("entry.created") == 5);
  CHECK(sim.count("entry.sighted") == 5);
}

TEST_CASE("a feed that is removed is polled no more, one that comes back repeats nothing",
          "[stages]") {
  Simulation sim;
  sim.web.serve_document(kUrl, document(2));
  sim.start({kUrl});
  sim.run(5s);
  sim.set_feeds({});
  sim.run(3h);
  CHECK(sim.web.seen.size() == 1);
  sim.set_feeds({kUrl});
  sim.run(2h);
  CHECK(sim.web.seen.size() >= 2);
  CHECK(sim.events().size() == 2);
}

TEST_CASE("RT-LIVE a feed that fails is tried again and heals", "[stages]") {
  Simulation sim;
  sim.start({kUrl});  // no such host
  sim.run(2h);
  const std::size_t failures = sim.web.seen.size();
  CHECK(failures >= 1);
  CHECK(failures <= 2);
  sim.web.serve_document(kUrl, document(2));
  sim.run(4h);
  CHECK(sim.events().size() == 2);
}

TEST_CASE("H-73 feeds that are due when the daemon starts are not asked all at once", "[stages]") {
  std::vector<std::string> urls;
  Simulation sim;
  for (int i = 0; i < 50; ++i) {
    urls.push_back("http://h" + std::to_string(i) + ".example/feed");
    sim.web.serve_document(urls.back(), document(1));
  }
  sim.start(urls);
  sim.run(1min);
  REQUIRE(sim.web.seen.size() == 50);
  sim.stop_cleanly();
  sim.clock_.advance(10h);
  sim.start(urls);
  sim.run(1s);
  CHECK(sim.web.seen.size() < 50 + 20);
  sim.run(10s);
  CHECK(sim.web.seen.size() == 50 + 50);
}

TEST_CASE("H-62 while our network is down one feed is tried a minute, and none is blamed",
          "[stages]") {
  std::vector<std::string> urls;
  Simulation sim;
  for (int i = 0; i < 50; ++i) urls.push_back("http://h" + std::to_string(i) + ".example/feed");
  const auto serve_all = [&](bool up) {
    for (const std::string& url : urls) {
      if (up) {
        sim.web.serve_document(url, document(1));
      } else {
        sim.web.serve(url, [](const HttpRequest& request) {
          HttpResponse response = answer(request, 0, "");
          response.error = TransportError::dns;
          return response;
        });
      }
    }
  };
  serve_all(true);
  sim.start(urls);
  sim.run(30min);
  REQUIRE(sim.web.seen.size() == 50);

  serve_all(false);
  sim.run(3h);
  CHECK(sim.failing() < 20);
  const std::size_t tried = sim.web.seen.size();
  sim.run(30min);
  CHECK(sim.web.seen.size() - tried >= 28);
  CHECK(sim.web.seen.size() - tried <= 31);

  serve_all(true);
  const std::size_t before = sim.web.seen.size();
  sim.run(2min);
  CHECK(sim.web.seen.size() - before < 25);
  sim.run(20min);
  CHECK(sim.web.seen.size() - before >= 40);
  CHECK(sim.web.seen.size() - before <= 50);
}

TEST_CASE("H-76 a clock set back makes no feed due early", "[stages]") {
  Simulation sim;
  sim.web.serve_document(kUrl, document(2));
  sim.start({kUrl});
  sim.run(5s);
  sim.clock_.step_wall(-24h);
  sim.run(50min);
  CHECK(sim.web.seen.size() == 1);
  sim.run(15min);
  CHECK(sim.web.seen.size() == 2);
}

TEST_CASE("RT-CLK a clock set back by a year stalls no feed, also across a restart", "[stages]") {
  Simulation sim;
  sim.web.serve_document(kUrl, document(2));
  sim.start({kUrl});
  sim.run(5s);
  sim.clock_.step_wall(-365 * 24h);
  const bool clean = GENERATE(true, false);
  clean ? sim.stop_cleanly() : sim.crash();
  sim.start({kUrl});
  sim.run(50min);
  CHECK(sim.web.seen.size() == 1);
  sim.run(20min);
  CHECK(sim.web.seen.size() == 2);
}

TEST_CASE("the same seed and the same web give the same requests", "[stages]") {
  const auto trace = [] {
    Simulation sim(5s);
    sim.web.latency = 300ms;
    sim.web.serve_document(kUrl, document(3));
    sim.web.serve_document(kOther, document(2));
    sim.start({kUrl, kOther, "http://three.example/"});
    sim.run(2min);
    std::vector<std::pair<std::int64_t, std::string>> requests;
    for (const auto& seen : sim.web.seen)
      requests.emplace_back(seen.at.mono.time_since_epoch().count(), seen.request.url);
    return requests;
  };
  CHECK(trace() == trace());
  CHECK(trace().size() > 10);
}

}  // namespace feedwire::daemon
