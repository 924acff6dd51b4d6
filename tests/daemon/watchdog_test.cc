#include "daemon/watchdog.h"

#include <catch2/catch.hpp>

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;

const MonoTime kStart(100s);

void tick_all(Watchdog& watchdog, MonoTime now) {
  for (const WatchedThread thread :
       {WatchedThread::main, WatchedThread::poll, WatchedThread::store})
    watchdog.tick(thread, now);
}

}  // namespace

TEST_CASE("OP-6 the watchdog is fed every half interval while all threads tick", "[watchdog]") {
  Watchdog watchdog(30s, kStart);
  int fed = 0;
  for (auto span = 0s; span <= 60s; span += 1s) {
    tick_all(watchdog, kStart + span);
    if (watchdog.due(kStart + span)) ++fed;
  }
  CHECK(fed == 5);  // at 0, 15, 30, 45 and 60 s
}

TEST_CASE("OP-6 a thread that stops ticking starves the watchdog", "[watchdog]") {
  const WatchedThread hung =
      GENERATE(WatchedThread::main, WatchedThread::poll, WatchedThread::store);
  Watchdog watchdog(30s, kStart);
  CHECK(watchdog.due(kStart));
  MonoTime last_fed = kStart;
  for (auto span = 0s; span <= 120s; span += 1s) {
    for (const WatchedThread thread :
         {WatchedThread::main, WatchedThread::poll, WatchedThread::store})
      if (thread != hung) watchdog.tick(thread, kStart + span);
    if (watchdog.due(kStart + span)) last_fed = kStart + span;
  }
  CHECK(last_fed == kStart + 30s);

  watchdog.tick(hung, kStart + 121s);
  tick_all(watchdog, kStart + 121s);
  CHECK(watchdog.due(kStart + 121s));
}

TEST_CASE("without an interval the watchdog is never fed, but /livez still works", "[watchdog]") {
  Watchdog watchdog(std::nullopt, kStart);
  CHECK_FALSE(watchdog.due(kStart + 1s));
  CHECK(watchdog.alive(kStart + 10s, 10s));
  CHECK_FALSE(watchdog.alive(kStart + 11s, 10s));

  tick_all(watchdog, kStart + 11s);
  CHECK(watchdog.alive(kStart + 21s, 10s));
}

}  // namespace feedwire::daemon
