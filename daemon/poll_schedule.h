// When a feed is polled next if all goes well: often enough for what it publishes, within the
// bounds of its publisher and the operator. Pure functions; the rules are scheduling.md's S-3 to
// S-6.

#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "base/rng.h"
#include "daemon/poll_bounds.h"
#include "daemon/request_budget.h"
#include "daemon/transport.h"
#include "storage/lower_bounds.h"
#include "storage/store.h"

namespace feedwire::daemon {

using storage::PollBound;

/// How often, by the operator's wish and within the budget.
struct Pace {
  std::chrono::seconds floor{3600};
  std::chrono::seconds max_interval{12 * 3600};
  std::optional<std::chrono::seconds> interval = {};  // of this feed; replaces all that is learned
  std::chrono::seconds fast_floor{900};          // in place of `floor` for feeds that earn it (S-6)
  std::chrono::seconds dormant_interval{86400};  // in place of `max_interval` for dormant feeds
  double weight = 1;                             // of this feed's entries (S-3)
  /// Days between two polls of a feed of weight 1 that publishes once a day: S-3's kappa.
  double scale = 0.1;
  double host_stretch = 1;  // longer waits for all feeds of a crowded host (S-5)
  bool covered = false;     // its hub pushes what is new: only backup polls are made (W-7)

  /// The least time between two polls that go well, if the publisher asks for no more and the feed
  /// has earned no less.
  std::chrono::seconds usual() const;
};

/// The shortest interval for this feed by the operator's wish, after this answer (S-6).
std::chrono::seconds floor_for(const storage::PollRow& row, const HttpResponse& response,
                               const Pace& pace);

/// What is planned for a feed: the interval between two polls on average over the week, and what
/// decided it.
PollBound planned_interval(const storage::Habit& habit, const Pace& pace, PollBound least,
                           WallTime now);

/// The same for the budget, which finds the scale.
RequestBudget::Demand demand(const storage::Habit& habit, const Pace& pace, PollBound least,
                             WallTime now);

/// Sets the row's interval, next_poll and rule by its habit and hints. Nothing may go below
/// `least`. The interval is what the feed would have if its host were not crowded.
void plan_next_poll(storage::PollRow& row, const Pace& pace, PollBound least, WallTime now,
                    Rng& rng);

/// The plan is another one now than when the row's next poll was set, which is made sooner if it is
/// to be; failures and what servers and documents ask for hold as before.
void hasten_poll(storage::PollRow& row, const Pace& pace, PollBound least, WallTime now, Rng& rng);

/// When a feed with this row is due by the monotonic clock.
MonoTime due_time(const storage::PollRow& row, Now now);

}  // namespace feedwire::daemon
