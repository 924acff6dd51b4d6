#include "daemon/scheduler.h"

#include <catch2/catch.hpp>

namespace feedwire::daemon {

using namespace std::chrono_literals;

namespace {

constexpr MonoTime kStart{std::chrono::hours{1}};
constexpr HostPace kPace{2s, 1s};

}  // namespace

TEST_CASE("S-9 feeds are taken in the order they are due, none before its time", "[scheduler]") {
  Scheduler scheduler(kPace);
  scheduler.schedule(1, "a.example", kStart + 30s);
  scheduler.schedule(2, "b.test", kStart + 10s);

  CHECK_FALSE(scheduler.take_due(kStart + 9s));
  CHECK(scheduler.next_wakeup() == kStart + 10s);
  CHECK(scheduler.take_due(kStart + 10s) == 2u);
  CHECK_FALSE(scheduler.take_due(kStart + 29s));
  CHECK(scheduler.take_due(kStart + 31s) == 1u);
}

TEST_CASE("H-70 a host is asked one feed at a time, two seconds apart", "[scheduler]") {
  Scheduler scheduler(kPace);
  for (FeedKey feed = 1; feed <= 3; ++feed) scheduler.schedule(feed, "a.example", kStart);

  REQUIRE(scheduler.take_due(kStart) == 1u);
  CHECK_FALSE(scheduler.take_due(kStart + 60s));  // still under way
  CHECK(scheduler.is_asked_again_soon(1));
  scheduler.release(1, kStart + 60s);
  CHECK_FALSE(scheduler.take_due(kStart + 61s));
  CHECK(scheduler.next_wakeup() == kStart + 62s);
  CHECK(scheduler.take_due(kStart + 62s) == 2u);
  scheduler.release(2, kStart + 62s);
  CHECK(scheduler.take_due(kStart + 64s) == 3u);
  CHECK_FALSE(scheduler.is_asked_again_soon(3));
}

TEST_CASE("H-70 hosts of one registrable domain are asked one second apart", "[scheduler]") {
  Scheduler scheduler(kPace);
  scheduler.schedule(1, "a.example.co.uk", kStart);
  scheduler.schedule(2, "b.example.co.uk", kStart);
  scheduler.schedule(3, "other.co.uk", kStart);

  CHECK(scheduler.take_due(kStart) == 1u);
  CHECK(scheduler.take_due(kStart) == 3u);
  CHECK_FALSE(scheduler.take_due(kStart));
  CHECK(scheduler.take_due(kStart + 1s) == 2u);
}

TEST_CASE("H-71 a host's gap doubles each time it asks for patience, and halves each good day",
          "[scheduler]") {
  Scheduler scheduler(kPace);
  MonoTime now = kStart;
  const auto gap_after = [&](bool refused) {
    scheduler.schedule(1, "a.example", now);
    REQUIRE(scheduler.take_due(now) == 1u);
    if (refused) scheduler.widen_gap(1, now);
    scheduler.release(1, now);
    scheduler.schedule(1, "a.example", now);
    CHECK_FALSE(scheduler.take_due(now));
    const auto gap = *scheduler.next_wakeup() - now;
    scheduler.remove(1);
    now += 10min;
    return gap;
  };
  CHECK(gap_after(false) == 2s);
  CHECK(gap_after(true) == 4s);
  CHECK(gap_after(true) == 8s);
  CHECK(gap_after(false) == 8s);
  now += 24h;
  CHECK(gap_after(false) == 4s);
  for (int i = 0; i < 8; ++i) gap_after(true);
  CHECK(gap_after(true) == 60s);
  now += 30 * 24h;
  CHECK(gap_after(false) == 2s);
}

TEST_CASE("H-71 a host that was to have no gap gets one when it asks for patience", "[scheduler]") {
  Scheduler scheduler(HostPace{0s, 0s});
  scheduler.schedule(1, "a.example", kStart);
  REQUIRE(scheduler.take_due(kStart) == 1u);
  scheduler.widen_gap(1, kStart);
  scheduler.release(1, kStart);
  scheduler.schedule(1, "a.example", kStart);
  CHECK_FALSE(scheduler.take_due(kStart));
  CHECK(scheduler.take_due(kStart + 1s) == 1u);
}

TEST_CASE("S-5 feeds whose plans ask for more than their host's gap allows share what it does",
          "[scheduler]") {
  Scheduler scheduler(kPace);
  for (FeedKey feed = 1; feed <= 2; ++feed) scheduler.schedule(feed, "a.example", kStart);
  scheduler.schedule(3, "b.test", kStart);
  scheduler.add_load(1, 20'000);
  CHECK(scheduler.stretch(1) == 1);
  scheduler.add_load(2, 66'400);
  CHECK(scheduler.stretch(1) == Approx(2.5));  // twice what two seconds allow, and time to answer
  CHECK(scheduler.stretch(2) == scheduler.stretch(1));
  CHECK(scheduler.stretch(3) == 1);
  scheduler.add_load(2, -66'400);
  CHECK(scheduler.stretch(1) == 1);
  CHECK(scheduler.is_asked_again_soon(2));
  scheduler.add_load(1, -18'600);
  CHECK_FALSE(scheduler.is_asked_again_soon(2));
}

TEST_CASE("H-70 each IP address is a domain of its own", "[scheduler]") {
  Scheduler scheduler(kPace);
  scheduler.schedule(1, "127.0.0.1", kStart);
  scheduler.schedule(2, "127.0.0.2", kStart);
  CHECK(scheduler.take_due(kStart) == 1u);
  CHECK(scheduler.take_due(kStart) == 2u);
}

TEST_CASE("the gap that an earlier process owes a host is kept", "[scheduler]") {
  Scheduler scheduler(kPace);
  scheduler.note_request("a.example", kStart);
  scheduler.schedule(1, "a.example", kStart);
  CHECK_FALSE(scheduler.take_due(kStart + 1s));
  CHECK(scheduler.take_due(kStart + 2s) == 1u);
}

TEST_CASE("a feed that is removed, moved or added again is taken once at most", "[scheduler]") {
  Scheduler scheduler(kPace);
  scheduler.schedule(1, "a.example", kStart + 1s);
  scheduler.remove(1);
  scheduler.schedule(1, "a.example", kStart + 5s);
  CHECK_FALSE(scheduler.take_due(kStart + 2s));
  scheduler.schedule(1, "b.test", kStart + 7s);
  CHECK_FALSE(scheduler.take_due(kStart + 6s));
  CHECK(scheduler.take_due(kStart + 7s) == 1u);
  CHECK_FALSE(scheduler.take_due(kStart + 600s));
}

TEST_CASE("a feed removed while it waits for its host leaves the others their turn",
          "[scheduler]") {
  Scheduler scheduler(kPace);
  for (FeedKey feed = 1; feed <= 3; ++feed) scheduler.schedule(feed, "a.example", kStart);
  REQUIRE(scheduler.take_due(kStart) == 1u);
  CHECK_FALSE(scheduler.take_due(kStart));
  scheduler.remove(2);
  scheduler.release(1, kStart);
  CHECK(scheduler.take_due(kStart + 2s) == 3u);
}

}  // namespace feedwire::daemon
