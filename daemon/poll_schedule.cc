#include "daemon/poll_schedule.h"

#include <algorithm>
#include <cmath>

#include "daemon/habit.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using storage::Habit;
using storage::PollRow;
using storage::PollRule;

constexpr double kJitter = 0.05;         // either way, but not below a lower bound (H-77)
constexpr double kFastEntriesADay = 24;  // S-6
// A stored next_poll further ahead than any rule allows comes from a clock that was wrong.
constexpr std::chrono::microseconds kFurthestPoll = 8 * 24h;
constexpr Days kLongestPlan{3650};  // beyond what any setting allows

seconds longest_interval(const Habit& habit, const Pace& pace, WallTime now) {
  return is_dormant(habit, now) ? std::max(pace.max_interval, pace.dormant_interval)
                                : pace.max_interval;
}

std::chrono::microseconds jittered(std::chrono::microseconds wait, double from, double to,
                                   Rng& rng) {
  return std::chrono::microseconds(
      std::llround(static_cast<double>(wait.count()) * rng.uniform(from, to)));
}

// W-7: a backup poll has so many times as long as an ordinary one, within these. It may be a
// twentieth later (H-77), and half a window of entries is not to come before it (S-5), lest they
// look as if they had been missed.
constexpr int kBackupShare = 4;
constexpr seconds kLeastBackup = 6h, kMostBackup = 24h * 20 / 21;

PollBound backup_interval(const Habit& habit, PollBound plan) {
  Days wait = std::clamp<Days>(plan.wait * kBackupShare, kLeastBackup, kMostBackup);
  if (habit.window > 0) wait = std::min(wait, Days{habit.window / 2.0 / entries_per_day(habit)});
  return {std::max(plan.wait, std::chrono::round<seconds>(wait)), PollRule::hub};
}

struct Wait {
  std::chrono::microseconds span;
  PollRule rule;
};

// The wait for this one poll, whose interval is `plan` on average over the week.
Wait next_wait(const Habit& habit, const Pace& pace, const PollBound& plan, const PollBound& least,
               WallTime now, Rng& rng) {
  if (pace.host_stretch > 1 && !pace.interval) {
    const auto share = std::chrono::round<std::chrono::microseconds>(plan.wait * pace.host_stretch);
    return {jittered(share, 1, 1 + kJitter, rng), PollRule::host_share};
  }
  if (plan.rule == least.rule || plan.rule == PollRule::hub)
    return {jittered(plan.wait, 1, 1 + kJitter, rng), plan.rule};
  const seconds longest = longest_interval(habit, pace, now);
  const Spell spell = wait_by_profile(habit, now, plan.wait, longest);
  Wait wait{jittered(spell.wait, 1 - kJitter, 1 + kJitter, rng), plan.rule};
  if (wait.span > longest) wait = {jittered(longest, 1 - kJitter, 1, rng), PollRule::max_interval};
  if (spell.window_full) wait.rule = PollRule::window;
  if (wait.span < least.wait) wait = {jittered(least.wait, 1, 1 + kJitter, rng), least.rule};
  return wait;
}

}  // namespace

seconds Pace::usual() const { return interval ? *interval : std::min(floor, max_interval); }

seconds floor_for(const PollRow& row, const HttpResponse& response, const Pace& pace) {
  const seconds usual = pace.usual();
  if (pace.interval || pace.fast_floor >= usual) return usual;
  const bool is_asked_for = asks_for_polls_within(pace.fast_floor, response, row.hints);
  // Who was told off lately has not earned it: strain lasts for a week.
  const bool is_earned =
      row.answers_304 && row.strain == 0s && entries_per_day(row.habit) >= kFastEntriesADay;
  return is_asked_for || is_earned ? pace.fast_floor : usual;
}

PollBound planned_interval(const Habit& habit, const Pace& pace, PollBound least, WallTime now) {
  if (pace.interval) return least;
  const Days interval{pace.scale / std::sqrt(pace.weight * entries_per_day(habit))};
  PollBound plan{std::chrono::round<seconds>(std::min(interval, kLongestPlan)), PollRule::learned};
  const seconds longest = longest_interval(habit, pace, now);
  if (plan.wait > longest) plan = {longest, PollRule::max_interval};
  if (pace.covered) plan = backup_interval(habit, plan);
  return plan.wait < least.wait ? least : plan;
}

RequestBudget::Demand demand(const Habit& habit, const Pace& pace, PollBound least, WallTime now) {
  return {1 / std::sqrt(pace.weight * entries_per_day(habit)), Days{least.wait}.count(),
          Days{longest_interval(habit, pace, now)}.count()};
}

void plan_next_poll(PollRow& row, const Pace& pace, PollBound least, WallTime now, Rng& rng) {
  const PollBound plan = planned_interval(row.habit, pace, least, now);
  row.interval = plan.wait;
  row.expected = static_cast<float>(entries_per_day(row.habit));
  const Wait wait = next_wait(row.habit, pace, plan, least, now, rng);
  row.next_poll = after_skipped(now + wait.span, row.hints, rng);
  row.rule = row.next_poll == now + wait.span ? wait.rule : PollRule::skipped_time;
}

void hasten_poll(PollRow& row, const Pace& pace, PollBound least, WallTime now, Rng& rng) {
  // What the last answer asked for; `least` knows better what the operator does.
  for (const PollBound& bound : storage::lower_bounds(row))
    if (bound.rule != PollRule::floor && bound.rule != PollRule::interval &&
        bound.wait > least.wait)
      least = bound;
  const PollBound plan = planned_interval(row.habit, pace, least, now);
  row.interval = plan.wait;
  const WallTime planned = std::max<WallTime>(now, row.last_poll + plan.wait);
  const WallTime due = after_skipped(planned, row.hints, rng);
  if (row.failures > 0 || !is_scheduled(row) || due >= row.next_poll) return;
  row.next_poll = due;
  row.rule = due == planned ? plan.rule : PollRule::skipped_time;
}

// A poll later than now was noted by a clock that has been set back since: what still counts is how
// long the feed was to wait.
MonoTime due_time(const storage::PollRow& row, Now now) {
  const std::chrono::microseconds wait =
      row.last_poll > now.wall ? row.next_poll - row.last_poll : row.next_poll - now.wall;
  const auto furthest = std::max<std::chrono::microseconds>(kFurthestPoll, 2 * row.interval);
  return now.mono + std::clamp<std::chrono::microseconds>(wait, 0us, furthest);
}

}  // namespace feedwire::daemon
