#include "daemon/poll_schedule.h"

#include <catch2/catch.hpp>
#include <vector>

#include "daemon/habit.h"
#include "tests/daemon/made_document.h"
#include "tests/support/replayed_web.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;
using std::chrono::seconds;
using storage::Habit;
using storage::PollRow;
using storage::PollRule;

namespace {

const WallTime kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h;
const PollBound kFloor{1h, PollRule::floor};

// Of a feed that posted 100 entries, the last of them just now.
Habit posting_every(std::chrono::minutes step) {
  std::vector<tests::Shown> shown;
  for (int i = 0; i < 100; ++i) shown.push_back({.published = kNow - i * step});
  Habit habit;
  note_document(habit, tests::document_of(shown), {}, kNow);
  return habit;
}

seconds interval(const Habit& habit, const Pace& pace, PollBound least = kFloor) {
  return planned_interval(habit, pace, least, kNow).wait;
}

HttpResponse plain() { return tests::answer(HttpRequest{}, 304, ""); }

}  // namespace

TEST_CASE("S-3 the interval goes with the root of the rate and of the weight", "[schedule]") {
  const Habit often = posting_every(90min), rare = posting_every(6h);
  Pace pace;
  pace.scale = 0.5;
  const double ratio = Days{interval(rare, pace)} / Days{interval(often, pace)};
  CHECK(ratio == Approx(std::sqrt(entries_per_day(often) / entries_per_day(rare))).epsilon(0.001));
  Pace heavy = pace;
  heavy.weight = 4;
  CHECK(Days{interval(rare, heavy)} / Days{interval(rare, pace)} == Approx(0.5).epsilon(0.001));
  CHECK(planned_interval(rare, pace, kFloor, kNow).rule == PollRule::learned);
}

TEST_CASE("S-5 intervals stay within the lower bounds and max_interval, the bounds first",
          "[schedule]") {
  const Habit habit = posting_every(6h);
  Pace pace;
  pace.scale = 1e-6;
  CHECK(planned_interval(habit, pace, {5h, PollRule::ttl}, kNow).wait == 5h);
  CHECK(planned_interval(habit, pace, {5h, PollRule::ttl}, kNow).rule == PollRule::ttl);
  pace.scale = 1e6;
  CHECK(planned_interval(habit, pace, kFloor, kNow).wait == 12h);
  CHECK(planned_interval(habit, pace, kFloor, kNow).rule == PollRule::max_interval);
  CHECK(interval(habit, pace, {20h, PollRule::freshness}) == 20h);  // H-39
  Habit dormant = habit;
  dormant.newest = kNow - 91 * 24h;
  CHECK(interval(dormant, pace) == 24h);
}

TEST_CASE("S-5 the feeds of a crowded host wait longer, past max_interval if need be",
          "[schedule]") {
  SeededRng rng(1);
  PollRow row;
  Pace pace;
  pace.scale = 1e6;
  pace.host_stretch = 3;
  plan_next_poll(row, pace, kFloor, kNow, rng);
  CHECK(row.next_poll >= kNow + 36h);
  CHECK(row.next_poll <= kNow + 38h);
  CHECK(row.interval == 12h);
  CHECK(row.rule == PollRule::host_share);
}

TEST_CASE("S-6 the floor is an hour, and 15 minutes for feeds that ask for it or earn it",
          "[schedule]") {
  const Pace pace;
  PollRow row;
  row.habit = posting_every(20min);
  CHECK(floor_for(row, plain(), pace) == 1h);
  row.answers_304 = true;
  CHECK(floor_for(row, plain(), pace) == 15min);
  row.strain = 2h;  // a 429 in the last week
  CHECK(floor_for(row, plain(), pace) == 1h);
  row = PollRow{};
  row.answers_304 = true;
  CHECK(floor_for(row, plain(), pace) == 1h);
  row.hints.ttl_minutes = 10;
  CHECK(floor_for(row, plain(), pace) == 15min);
  row.hints.ttl_minutes = 0;
  const HttpResponse fresh =
      tests::answer(HttpRequest{}, 304, "", {{"cache-control", "max-age=600"}});
  CHECK(floor_for(row, fresh, pace) == 15min);
}

TEST_CASE("S-6 the operator's own floor or interval replaces all this", "[schedule]") {
  PollRow row;
  row.habit = posting_every(20min);
  row.answers_304 = true;
  Pace pace;
  pace.floor = pace.fast_floor = 2h;
  CHECK(floor_for(row, plain(), pace) == 2h);
  pace.interval = 10s;
  CHECK(floor_for(row, plain(), pace) == 10s);
  SeededRng rng(1);
  plan_next_poll(row, pace, {10s, PollRule::interval}, kNow, rng);
  CHECK(row.interval == 10s);
  CHECK(row.rule == PollRule::interval);
  CHECK(row.next_poll <= kNow + 10500ms);
}

TEST_CASE("H-77 jitter is a twentieth either way, but never below a bound", "[schedule]") {
  SeededRng rng(1);
  PollRow row;
  Pace pace;
  pace.scale = Days{4h}.count() * std::sqrt(0.3);
  const auto range = [&](PollBound least) {
    WallTime first = WallTime::max(), last{};
    for (int i = 0; i < 500; ++i) {
      plan_next_poll(row, pace, least, kNow, rng);
      first = std::min(first, row.next_poll);
      last = std::max(last, row.next_poll);
    }
    return std::pair(first - kNow, last - kNow);
  };
  const auto learned = range(kFloor);
  CHECK(learned.first < 4h * 0.96);
  CHECK(learned.first >= 4h * 0.95);
  CHECK(learned.second <= 4h * 1.051);
  const auto bounded = range({239min, PollRule::ttl});
  CHECK(bounded.first >= 239min);
  const auto bound = range({5h, PollRule::ttl});
  CHECK(bound.first >= 5h);
  CHECK(bound.second <= 5h * 1.05);
  pace.scale = 1e6;
  CHECK(range(kFloor).second <= 12h);
}

TEST_CASE("S-10 the row says which rule decided", "[schedule]") {
  SeededRng rng(1);
  const auto decided = [&](const Habit& habit, double scale, PollBound least) {
    PollRow row;
    row.habit = habit;
    Pace pace;
    pace.scale = scale;
    plan_next_poll(row, pace, least, kNow, rng);
    return row.rule;
  };
  const Habit busy = posting_every(20min);
  CHECK(decided(Habit{}, 0.1, kFloor) == PollRule::learned);
  CHECK(decided(Habit{}, 1e6, kFloor) == PollRule::max_interval);
  CHECK(decided(busy, 0.1, kFloor) == PollRule::floor);
  Habit narrow = busy;
  narrow.window = 10;
  CHECK(decided(narrow, 4, kFloor) == PollRule::window);
}

}  // namespace feedwire::daemon
