// What became of a feed lately, out of the files that tell: its requests out of the poll ledger,
// its entries out of the event log. For people who look at one feed; read on a thread that may take
// its time (daemon/read_thread.h).

#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/result.h"
#include "storage/store.h"

namespace feedwire::daemon {

struct FeedRequests {
  std::vector<std::string> lines;  // of the ledger, without LF; the newest first
  bool all = false;                // there are no others in the ledger
};

/// The last `limit` requests for the feed. A ledger that was never written has none. Errors: io.
Result<FeedRequests> last_requests(Fs& fs, const std::filesystem::path& ledger_dir,
                                   storage::FeedKey feed, std::size_t limit,
                                   const std::atomic<bool>& stopping);

/// Events of entries in one hour.
struct HourOfChanges {
  // `initial` are those entry.created that came with a feed's first document; not in `created`.
  std::uint64_t initial = 0, created = 0, updated = 0, deleted = 0, restored = 0, sighted = 0;

  bool operator==(const HourOfChanges&) const = default;
};

/// An event of an entry, as little as tells people what it was.
struct EntryChange {
  std::string sequence, type, time;  // as the event has them, the type without "feedwire."
  std::string entry_key, title, url;
  std::vector<std::string> changed;  // names of members
  bool initial = false;
};

struct FeedChangesOverTime {
  std::map<std::string, HourOfChanges> hours;  // by "2026-11-21T21", UTC; only those with events
  std::vector<EntryChange> last;               // the newest first
  // Where the log, or what was looked through of it, begins later than was asked for: then.
  std::string from;
};

/// The feed's events of entries since `since`, counted by the hour, and the last `limit` of them.
/// Errors: io.
Result<FeedChangesOverTime> changes_over_time(Fs& fs, const std::filesystem::path& events_dir,
                                              storage::FeedKey feed, WallTime since,
                                              std::size_t limit, const std::atomic<bool>& stopping);

}  // namespace feedwire::daemon
