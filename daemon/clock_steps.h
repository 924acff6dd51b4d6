// Steps of the wall clock while the daemon runs, by which no feed is to look due.

#pragma once

#include <chrono>
#include <vector>

#include "base/clock.h"

namespace feedwire::daemon {

/// What moves the wall clock less than this at once, beside the monotonic one, is no step.
inline constexpr std::chrono::seconds kLeastClockStep{1};
inline constexpr std::chrono::hours kShortClockStep{1};

/// Used by one thread. Only forward steps are known: after a step back the time of a poll does not
/// tell any more on which side of it the poll was.
class ClockSteps {
 public:
  /// To be told the time again and again: a step is between two calls.
  void note(Now now);

  /// `now` by the wall clock as it was set when a feed was polled at `last` and its next poll was
  /// planned for `next`: without the steps since. Where it cannot be told on which side of a step
  /// `next` was planned, a step of up to kShortClockStep is taken out, a longer one is not.
  Now as_planned(WallTime last, WallTime next, Now now) const;

 private:
  struct Step {
    WallTime before;  // the clock, right before it
    std::chrono::microseconds length;
  };
  Now last_{};
  std::vector<Step> steps_;
};

}  // namespace feedwire::daemon
