// What an operator does with feeds while they are polled, in virtual time.

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/manual_poll.h"
#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {
namespace {

using tests::answer;

/// Orders a poll and keeps what is told of it.
struct Ordered {
  Ordered(StageRun& run, const std::string& url, PollOrder order = {}) {
    run.stage().poll_now(
        feeds::feed_key(url), order,
        [told = told](const Result<void>& outcome) { *told = outcome; }, run.clock_.now());
  }

  bool is_told() const { return told->has_value(); }
  bool went_well() const { return is_told() && static_cast<bool>(**told); }
  std::string refusal() const { return is_told() && !**told ? (*told)->error().message : ""; }

  std::shared_ptr<std::optional<Result<void>>> told =
      std::make_shared<std::optional<Result<void>>>();
};

Subscription subscription_of(const std::string& url, bool paused = false) {
  Subscription subscription;
  subscription.ref = {feeds::feed_key(url), url, "", "", {}};
  subscription.ref.paused = paused;
  return subscription;
}

}  // namespace

TEST_CASE("H-75 a feed is polled when an operator asks, conditionally and on record",
          "[operator]") {
  StageRun run;
  run.web.serve_document(kUrl, document(3));
  run.start({kUrl});
  run.run(2min);
  REQUIRE(run.web.seen.size() == 1);

  const Ordered waiting(run, kUrl, {.force = false, .wait = true});
  const Ordered at_once(run, kUrl);
  CHECK(at_once.went_well());
  CHECK_FALSE(waiting.is_told());
  run.run(3s);
  CHECK(waiting.went_well());
  REQUIRE(run.web.seen.size() == 2);
  CHECK_FALSE(run.web.seen.back().request.etag.empty());
  CHECK(run.records.back().cause == storage::PollCause::manual);

  run.run(62min);
  REQUIRE(run.records.size() == 3);
  CHECK(run.records.back().cause == storage::PollCause::schedule);
}

TEST_CASE("H-75 within a minute of the last poll, or of Retry-After, only force polls",
          "[operator]") {
  StageRun run;
  run.web.serve(kUrl, [](const HttpRequest& request) {
    return answer(request, 503, "", {{"retry-after", "7200"}});
  });
  run.start({kUrl});
  run.run(30s);
  CHECK(Ordered(run, kUrl).refusal() ==
        "not before 2026-11-21T02:00:00.000000Z: its server asked for patience (Retry-After)");
  run.run(90min);
  CHECK_FALSE(Ordered(run, kUrl).went_well());
  CHECK(run.web.seen.size() == 1);

  run.web.serve_document(kUrl, document(3));
  CHECK(Ordered(run, kUrl, {.force = true, .wait = false}).went_well());
  run.run(10s);
  REQUIRE(run.web.seen.size() == 2);
  CHECK(run.records.back().cause == storage::PollCause::forced);
  CHECK(Ordered(run, kUrl).refusal().find("less than a minute ago") != std::string::npos);
  run.run(1min);
  CHECK(Ordered(run, kUrl).went_well());
}

TEST_CASE("H-75 what holds a manual poll, and until when", "[operator]") {
  const WallTime now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  storage::PollRow row;
  CHECK_FALSE(manual_poll_hold(row, now));
  row.polls = 1;
  row.last_poll = now - 59s;
  row.next_poll = now + 1h;
  CHECK(manual_poll_hold(row, now)->until == now + 1s);
  row.last_poll = now - 60s;
  CHECK_FALSE(manual_poll_hold(row, now));
  row.retry_after = 120s;
  CHECK(manual_poll_hold(row, now)->until == now + 60s);
  row.failures = 1;
  CHECK(manual_poll_hold(row, now)->until == now + 60s);
  row.last_status = 429;
  CHECK(manual_poll_hold(row, now)->until == row.next_poll);
  row.last_poll = now + 1h;  // by a clock that has been set back since
  CHECK_FALSE(manual_poll_hold(row, now));
}

TEST_CASE("a paused feed is not polled until it is resumed, and then not before its time",
          "[operator]") {
  StageRun run;
  run.web.serve_document(kUrl, document(3));
  run.web.serve_document(kOther, document(2));
  run.start({kUrl, kOther});
  run.run(1min);
  const std::size_t before = run.web.seen.size();
  run.stage().pause(feeds::feed_key(kUrl));
  CHECK(Ordered(run, kUrl).refusal() == "it is paused; resume it first");
  run.stage().resume(feeds::feed_key(kUrl), run.feed(kUrl).poll, run.clock_.now());
  run.run(10min);
  CHECK(run.web.seen.size() == before);

  run.stage().pause(feeds::feed_key(kUrl));
  run.run(5h);
  for (std::size_t i = before; i < run.web.seen.size(); ++i)
    CHECK(run.web.seen[i].request.url == kOther);
  const std::size_t paused = run.web.seen.size();
  run.stage().resume(feeds::feed_key(kUrl), run.feed(kUrl).poll, run.clock_.now());
  run.run(5s);
  REQUIRE(run.web.seen.size() == paused + 1);
  CHECK(run.web.seen.back().request.url == kUrl);
}

TEST_CASE("a feed that is paused while it is polled keeps the outcome and is left alone after it",
          "[operator]") {
  StageRun run;
  run.web.serve_document(kUrl, document(3));
  run.web.latency = 30s;
  run.start({kUrl});
  run.run(10s);
  run.stage().pause(feeds::feed_key(kUrl));
  run.run(3h);
  CHECK(run.count("entry.created") == 3);
  CHECK(run.web.seen.size() == 1);
}

TEST_CASE("feeds are added and removed while others go on as planned", "[operator]") {
  StageRun run;
  run.web.serve_document(kUrl, document(3));
  run.web.serve_document(kOther, document(2));
  run.start({kUrl});
  run.run(30min);
  REQUIRE(run.web.seen.size() == 1);
  REQUIRE(run.store().change_feeds({.add = {subscription_of(kOther).ref}}));
  run.stage().add_feeds({subscription_of(kOther)}, {}, run.clock_.now());
  run.run(10s);
  REQUIRE(run.web.seen.size() == 2);
  CHECK(run.web.seen.back().request.url == kOther);
  CHECK(run.feed(kOther).poll.polls == 1);

  const Ordered waiting(run, kOther, {.force = true, .wait = true});
  run.stage().remove_feeds({feeds::feed_key(kOther)});
  CHECK(waiting.refusal() == "it is not subscribed any more");
  CHECK(Ordered(run, kOther).refusal() == "it is not subscribed any more");
  run.run(3h);
  for (std::size_t i = 2; i < run.web.seen.size(); ++i) CHECK(run.web.seen[i].request.url == kUrl);
  CHECK(run.web.seen.size() >= 4);
}

TEST_CASE("H-73 the first polls of a thousand feeds that are imported are spread", "[operator]") {
  StageRun run;
  run.start({});
  std::vector<Subscription> feeds;
  storage::FeedChanges changes;
  for (int i = 0; i < 1000; ++i) {
    const std::string url = "http://h" + std::to_string(i) + ".example/feed";
    run.web.serve(url, [](const HttpRequest& request) { return answer(request, 404, ""); });
    feeds.push_back(subscription_of(url));
    changes.add.push_back(feeds.back().ref);
  }
  REQUIRE(run.store().change_feeds(changes));
  run.stage().add_feeds(feeds, {}, run.clock_.now());
  run.run(20s);  // a tenth of 1,000 × 0.2 s
  CHECK(run.web.seen.size() > 50);
  CHECK(run.web.seen.size() < 150);
  run.run(185s);
  CHECK(run.web.seen.size() == 1000);
}

}  // namespace feedwire::daemon
