#include "daemon/portal_guard.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace feedwire::daemon {

using namespace std::chrono_literals;

namespace {

constexpr MonoTime kStart{1h};
using Keys = std::vector<feeds::FeedKey>;

Keys sorted(Keys keys) {
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace

TEST_CASE("H-67 a host that a third of the polled feeds are led to is a portal", "[portal_guard]") {
  PortalGuard guard;
  for (feeds::FeedKey feed = 1; feed <= 7; ++feed) guard.note(feed, "", kStart);
  CHECK(guard.note(11, "portal", kStart + 1min) == Keys{});
  CHECK(guard.note(12, "portal", kStart + 2min) == Keys{});
  CHECK_FALSE(guard.suspects("portal"));
  CHECK(sorted(guard.note(13, "portal", kStart + 3min)) == Keys{11, 12});
  CHECK(guard.suspects("portal"));
  CHECK_FALSE(guard.suspects("other"));
  CHECK(guard.note(14, "portal", kStart + 3min) == Keys{});  // they are told once
}

TEST_CASE("H-67 fewer feeds, or a smaller share, are feeds that have moved", "[portal_guard]") {
  PortalGuard few;
  few.note(1, "new", kStart);
  few.note(2, "new", kStart);
  CHECK_FALSE(few.suspects("new"));
  PortalGuard many;
  for (feeds::FeedKey feed = 1; feed <= 10; ++feed) many.note(feed, "", kStart);
  for (feeds::FeedKey feed = 11; feed <= 14; ++feed) many.note(feed, "new", kStart);
  CHECK_FALSE(many.suspects("new"));  // 4 of 14
}

TEST_CASE("H-67 a feed counts once, and for ten minutes", "[portal_guard]") {
  PortalGuard guard;
  for (int i = 0; i < 9; ++i) guard.note(1, "new", kStart + i * 1s);
  guard.note(2, "new", kStart + 20s);
  CHECK_FALSE(guard.suspects("new"));
  guard.note(3, "new", kStart + 10min + 30s);
  CHECK_FALSE(guard.suspects("new"));
  guard.note(4, "new", kStart + 10min + 31s);
  guard.note(5, "new", kStart + 10min + 32s);
  CHECK(guard.suspects("new"));
  guard.note(6, "", kStart + 21min);
  CHECK_FALSE(guard.suspects("new"));
}

}  // namespace feedwire::daemon
