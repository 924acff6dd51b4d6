// How long the store remembers entries (identity rules I-11, DB-5): their content for keep_entries,
// what they are known by for keep_keys, from when they were last heard of. An expired entry is
// absent, whether its rows are still there or not; once a day they are swept out.
//
// What stands in the window of a subscribed feed never expires, though the feed may not change for
// years, fail, or not be polled. Now and then `last_seen` of all entries in a window is brought up
// to date, and nothing expires that was heard of since the most neglected window was.

#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "storage/database.h"
#include "storage/entry_sweep.h"
#include "storage/group.h"
#include "storage/outbox.h"
#include "storage/store.h"

namespace feedwire::storage {

/// Used by the store thread alone. After an error of a member the process must end.
class EntryRetention {
 public:
  /// The references must outlive this.
  EntryRetention(const Options& options, Database& database, FeedRows& feeds);

  /// Entries last heard of before then are absent. Never goes back.
  WallTime keys_before() const { return keys_before_; }

  /// Does a little of what is to be done; call about once a second. The log holds nothing that was
  /// recorded before `log_begins`: rows of entries it tells of stay. Errors: corrupt, io.
  Result<void> step(Now now, WallTime log_begins, Outbox& outbox);

 private:
  Result<void> look_at_feeds(WallTime now);
  Result<void> drop_windows(const std::vector<FeedKey>& feeds);
  Result<void> refresh_some(WallTime now);
  Result<void> refresh(FeedKey feed, WallTime now, Batch& batch);

  const Options& options_;
  Database& database_;
  FeedRows& feeds_;
  const std::chrono::microseconds refresh_interval_, refresh_precision_;
  WallTime keys_before_{}, content_before_{};
  std::vector<FeedKey> stale_;  // whose windows are to be refreshed
  MonoTime next_look_{};
  EntrySweep sweep_;
  std::optional<MonoTime> next_sweep_;  // nothing before the first step
};

}  // namespace feedwire::storage
