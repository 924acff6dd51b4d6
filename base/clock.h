// Time as the daemon sees it: wall time for what is stored or shown, monotonic time for intervals.
// Every stage takes `Now` as a parameter, so that tests and simulations run in virtual time.

#pragma once

#include <chrono>
#include <string>

namespace feedwire {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;  // UTC
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::microseconds>;

/// One reading of both clocks.
struct Now {
  WallTime wall{};
  MonoTime mono{};

  Now operator+(std::chrono::microseconds span) const { return {wall + span, mono + span}; }
};

/// Where `Now` comes from. Implementations may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() const = 0;
};

/// CLOCK_REALTIME and CLOCK_MONOTONIC.
class SystemClock : public Clock {
 public:
  Now now() const override;
};

/// A clock that a test sets. Not thread-safe.
class ManualClock : public Clock {
 public:
  explicit ManualClock(Now start) : now_(start) {}
  Now now() const override { return now_; }
  void advance(std::chrono::microseconds span) { now_ = now_ + span; }
  void step_wall(std::chrono::microseconds span) { now_.wall += span; }

 private:
  Now now_;
};

/// RFC 3339 in UTC with microseconds: "2026-11-21T21:15:01.250000Z".
std::string format_time(WallTime time);

/// RFC 3339 in UTC with seconds: "2026-11-21T21:15:01Z". Years outside 0000 to 9999 are clamped.
std::string format_time(std::chrono::sys_seconds time);

}  // namespace feedwire
