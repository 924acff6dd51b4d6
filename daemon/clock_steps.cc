#include "daemon/clock_steps.h"

#include <utility>

namespace feedwire::daemon {
namespace {

constexpr std::size_t kMostSteps = 16;  // a clock that steps more often is no clock

}  // namespace

void ClockSteps::note(Now now) {
  const Now last = std::exchange(last_, now);
  if (last.wall == WallTime{}) return;
  const auto step = (now.wall - last.wall) - (now.mono - last.mono);
  if (step <= -kLeastClockStep) steps_.clear();
  if (step < kLeastClockStep) return;
  if (steps_.size() == kMostSteps) steps_.erase(steps_.begin());
  steps_.push_back({now.wall - step, step});
}

// Nothing is planned for the time that a step left out, but by a clock that stood before it.
Now ClockSteps::as_planned(WallTime last, WallTime next, Now now) const {
  for (const Step& step : steps_) {
    const bool is_older = next < step.before + step.length || step.length <= kShortClockStep;
    if (last <= step.before && is_older) now.wall -= step.length;
  }
  return now;
}

}  // namespace feedwire::daemon
