// When a feed publishes: learned from its documents, for the time of the next poll. Pure functions
// on storage::Habit, a few hundred bytes a feed; the rules are scheduling.md's S-1, S-2 and S-4.

#pragma once

#include <chrono>

#include "base/clock.h"
#include "feeds/feed.h"
#include "storage/store.h"

namespace feedwire::daemon {

/// A span of time in days, for rates that are numbers a day.
using Days = std::chrono::duration<double, std::ratio<86400>>;

/// A poll at `now` went well, the one before it at `last_success`: the time between was watched,
/// unless it was an outage (S-20), ours or the publisher's: then it is left out, with all that
/// was published in it. Returns from when on entries count.
WallTime note_success(storage::Habit& habit, WallTime last_success, WallTime now, bool had_failed,
                      std::chrono::seconds interval);

/// Counts the entries of a document that were published since the last one, from `since` on, as
/// note_success() gave it. Of a feed of which nothing is known, all entries that have
/// a date count, so that it is scheduled well at once (S-2).
void note_document(storage::Habit& habit, const feeds::Feed& document, WallTime since,
                   WallTime now);

/// How many entries a day are to be expected (S-2). More than zero.
double entries_per_day(const storage::Habit& habit);

/// Whether nothing was published for 90 days.
bool is_dormant(const storage::Habit& habit, WallTime now);

/// The time of a poll, and what is expected until then.
struct Spell {
  std::chrono::microseconds wait{};
  bool window_full = false;  // the wait ends early: half a window of entries comes in it (S-5)
};

/// How long to wait from `now` where `interval` is right on average: less at the hours of the week
/// at which the feed publishes much, more at others (S-4).
Spell wait_by_profile(const storage::Habit& habit, WallTime now, Days interval, Days longest);

}  // namespace feedwire::daemon
