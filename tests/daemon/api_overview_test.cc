// What an operator asks first, and which feeds are picked out of all.

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "daemon/read_thread.h"
#include "tests/daemon/api_test_daemon.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using tests::ApiTestDaemon;

constexpr WallTime kNow{1'763'764'501s};  // of ApiTestDaemon

storage::StoredFeed feed_due(feeds::FeedKey key, std::chrono::seconds from_now) {
  storage::StoredFeed feed;
  feed.ref.key = key;
  feed.ref.url = "https://example.org/" + std::to_string(key);
  feed.poll.polls = 1;
  feed.poll.last_poll = kNow - 1h;
  feed.poll.next_poll = kNow + from_now;
  feed.poll.rule = storage::PollRule::floor;
  return feed;
}

/// One of each kind.
void fill(tests::MemoryStore& store) {
  storage::StoredFeed failing = feed_due(2, -5min), gone = feed_due(3, -1h), fresh, odd;
  failing.poll.failures = 3;
  failing.ref.title = "Kettle News";
  gone.poll.life.gone = true;
  gone.poll.rule = storage::PollRule::gone;
  fresh.ref.key = 4;
  storage::StoredFeed paused = feed_due(5, -2h);
  paused.ref.paused = true;
  paused.ref.tags = {"Tea"};
  odd = feed_due(6, -30s);
  odd.poll.hints.skip_hours = 0xffffff;
  store.stored_feeds = {feed_due(1, 10min), failing, gone, fresh, paused, odd};
  store.stored_cursors["indexer"] = {.acked = 90, .hold = true, .updated = kNow};
  store.stored_cursors["early"] = {.acked = 120};
}

}  // namespace

TEST_CASE("the overview tells state, lag, disk and last commit in one reply", "[api]") {
  ApiTestDaemon daemon;
  fill(daemon.backend.memory);
  daemon.backend.memory.log.first = 7;
  const std::string body = daemon.get("/v1/overview").body;
  CHECK(body ==
        R"({"now":"2025-11-21T22:35:01.000000Z","alive":true,"version":"0.1.0",)"
        R"("started":"2025-11-21T22:35:01.000000Z","ready":true,"reasons":[],"offline":false,)"
        R"("last_commit":"2025-11-21T22:35:00.000000Z","polls":7,"failures":0,)"
        R"("feeds":{"total":6,"ok":2,"new":1,"failing":1,"gone":1,"paused":1,"ill":3,"overdue":1,)"
        R"("longest_overdue":300,"next_poll":"2025-11-21T22:30:01.000000Z",)"
        R"("last_poll":"2025-11-21T21:35:01.000000Z"},)"
        R"("log":{"first_sequence":"00000000000000000007","last_sequence":"00000000000000000100",)"
        R"("disturbances":0},)"
        R"("cursors":[{"name":"early","behind":0,"hold":false},)"
        R"({"name":"indexer","behind":10,"hold":true,"updated":"2025-11-21T22:35:01.000000Z"}]})");
}

TEST_CASE("the overview tells the room on the log's disk", "[api]") {
  ApiTestDaemon daemon;
  const tests::TempDir dir;
  daemon.backend.memory.log.active_segment = dir.path() / "events-1.ndjson";
  CHECK(daemon.get("/v1/overview").body.find(R"("disk":{"free_bytes":)") != std::string::npos);
}

TEST_CASE("the overview of a daemon that is not well says so", "[api]") {
  ApiTestDaemon daemon;
  daemon.backend.is_alive = false;
  daemon.backend.reasons = {"the disk is nearly full: nothing is polled"};
  const std::string body = daemon.get("/v1/overview").body;
  CHECK(body.find(R"("alive":false)") != std::string::npos);
  CHECK(body.find(R"("ready":false,"reasons":["the disk is nearly full: nothing is polled"])") !=
        std::string::npos);
  {
    const std::lock_guard lock(daemon.backend.mutex);
    daemon.backend.takes_work = false;
  }
  CHECK(daemon.get("/v1/overview").status == 503);
  CHECK(daemon.get("/v1/feeds").status == 503);
}

TEST_CASE("feeds are picked by state and by words", "[api]") {
  ApiTestDaemon daemon;
  fill(daemon.backend.memory);
  const auto keys = [&](const std::string& query) {
    const std::string body = daemon.get("/v1/feeds?" + query).body;
    std::string found;
    for (std::size_t at = 0; (at = body.find("\"f-000000000000000", at)) != body.npos; ++at)
      found += body[at + 18];
    return found;
  };
  CHECK(keys("state=ill") == "236");
  CHECK(keys("state=failing") == "2");
  CHECK(keys("state=paused") == "5");
  CHECK(keys("state=ok") == "16");
  CHECK(keys("q=kettle") == "2");
  CHECK(keys("q=EXAMPLE.org%2F6") == "6");
  CHECK(keys("q=tea") == "5");
  CHECK(keys("q=nothing") == "");
  CHECK(keys("limit=2") == "12");
  CHECK(keys("state=ill&limit=1&q=example") == "2");
  for (const char* const query : {"state=well", "state=", "limit=0", "limit=100001", "ill=true"})
    CHECK(daemon.get(std::string("/v1/feeds?") + query).status == 400);
}

TEST_CASE("what takes long to read is done one after the other, and ends with the daemon",
          "[api]") {
  ReadThread thread;
  std::atomic<int> done = 0, dropped = 0;
  REQUIRE(thread.start([&](const std::atomic<bool>&) { ++done; }));
  std::atomic<bool> began = false;
  REQUIRE(thread.start([&](const std::atomic<bool>& stopping) {
    began = true;
    while (!stopping) std::this_thread::yield();
    ++done;
  }));
  while (!began) std::this_thread::yield();
  for (std::size_t i = 0; i < kMaxReadsWaiting; ++i)
    REQUIRE(thread.start([&](const std::atomic<bool>&) { ++dropped; }));
  CHECK_FALSE(thread.start([](const std::atomic<bool>&) {}));
  thread.stop();
  CHECK(done == 2);
  CHECK(dropped == 0);
  CHECK_FALSE(thread.start([](const std::atomic<bool>&) {}));
}

}  // namespace feedwire::daemon
