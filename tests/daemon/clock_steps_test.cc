#include "daemon/clock_steps.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "tests/daemon/stage_run.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto kYear = 365 * 24h;

/// The wall clock after so much time, and steps of so much.
struct Clock {
  ClockSteps steps;
  Now now{WallTime(1000h), MonoTime(1h)};

  Clock() { steps.note(now); }
  void pass(std::chrono::microseconds time, std::chrono::microseconds step = 0us) {
    now.mono += time;
    now.wall += time + step;
    steps.note(now);
  }
  /// How long ago `last` was when this process' clock is believed, with the next poll a while
  /// after.
  std::chrono::microseconds age(WallTime last, std::chrono::microseconds wait = 30min) const {
    return steps.as_planned(last, last + wait, now).wall - last;
  }
};

std::size_t asked(StageRun& sim, const std::string& url) {
  return static_cast<std::size_t>(
      std::count_if(sim.web.seen.begin(), sim.web.seen.end(),
                    [&](const auto& seen) { return seen.request.url == url; }));
}

}  // namespace

TEST_CASE("RT-CLK steps forward are taken out of the time since a poll", "[clock]") {
  Clock clock;
  const WallTime first = clock.now.wall;
  clock.pass(10min, kYear);
  const WallTime second = clock.now.wall;
  CHECK(clock.age(first) == 10min);
  CHECK(clock.age(second) == 0min);
  clock.pass(5min);
  clock.pass(5min, 24h);
  CHECK(clock.age(first) == 20min);
  CHECK(clock.age(second) == 10min);
}

TEST_CASE("RT-CLK what was planned after a step is taken by the clock as it is", "[clock]") {
  Clock clock;
  const WallTime first = clock.now.wall;
  clock.pass(1min, kYear);
  const WallTime planned = clock.now.wall + 10min;  // for a feed that was polled before
  CHECK(clock.steps.as_planned(first, planned, clock.now).wall == clock.now.wall);
  CHECK(clock.age(first, 24h) == 1min);
}

TEST_CASE("RT-CLK of a short step it does not matter when was planned", "[clock]") {
  Clock clock;
  const WallTime first = clock.now.wall;
  clock.pass(1min, kShortClockStep);
  CHECK(clock.age(first, 24h) == 1min);
}

TEST_CASE("RT-CLK drift is no step, and after a step back nothing is known", "[clock]") {
  Clock clock;
  const WallTime first = clock.now.wall;
  for (int i = 0; i < 100; ++i) clock.pass(1min, kLeastClockStep - 1us);
  CHECK(clock.age(first) > 101min);
  clock.pass(1min, kLeastClockStep);
  CHECK(clock.age(first) < 103min);
  clock.pass(1min, -24h);
  CHECK(clock.steps.as_planned(first, first, clock.now).wall == clock.now.wall);
}

TEST_CASE("H-39 a clock set forward makes no feed due early that leaves and comes back",
          "[clock]") {
  StageRun sim;
  sim.web.serve_document(kUrl, document(2));
  sim.web.serve_document(kOther, document(1));
  sim.start({kUrl, kOther});
  sim.run(1min);
  const bool gone_first = GENERATE(true, false);
  const auto step = GENERATE(as<std::chrono::microseconds>(), kYear, 1h);
  if (gone_first) sim.set_feeds({kOther});
  sim.clock_.step_wall(step);
  sim.run(1min);
  if (!gone_first) sim.set_feeds({kOther});
  sim.run(8min);
  sim.set_feeds({kUrl, kOther});
  sim.run(45min);
  CHECK(asked(sim, kUrl) == 1);
  sim.run(15min);
  CHECK(asked(sim, kUrl) == 2);
  sim.run(61min);
  CHECK(asked(sim, kUrl) == 3);
}

}  // namespace feedwire::daemon
