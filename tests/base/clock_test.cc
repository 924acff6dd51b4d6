#include "base/clock.h"

#include <catch2/catch.hpp>

namespace feedwire {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

TEST_CASE("times are written in UTC, with seconds or microseconds", "[clock]") {
  const WallTime time = sys_days{year{2026} / 11 / 21} + 21h + 15min + 1s + 250ms;
  CHECK(format_time(time) == "2026-11-21T21:15:01.250000Z");
  CHECK(format_time(std::chrono::floor<std::chrono::seconds>(time)) == "2026-11-21T21:15:01Z");
  CHECK(format_time(WallTime{-1us}) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("a year that RFC 3339 cannot hold is clamped", "[clock]") {
  CHECK(format_time(std::chrono::sys_seconds{std::chrono::seconds{1LL << 40}}) ==
        "9999-12-31T23:59:59Z");
  CHECK(format_time(std::chrono::sys_seconds{-std::chrono::seconds{1LL << 40}}) ==
        "0000-01-01T00:00:00Z");
}

TEST_CASE("a manual clock moves both times, or the wall alone", "[clock]") {
  ManualClock clock({WallTime{10s}, MonoTime{1s}});
  clock.advance(5s);
  clock.step_wall(-3s);
  CHECK(clock.now().wall == WallTime{12s});
  CHECK(clock.now().mono == MonoTime{6s});
}

}  // namespace feedwire
