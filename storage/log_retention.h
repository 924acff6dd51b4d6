// Which closed segments go, and how (storage/event_log.md, "Retention"): by age and size, whole,
// the oldest first. A crash at any point leaves nothing that the next start does not finish.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>

#include "base/clock.h"
#include "base/fs.h"
#include "base/result.h"
#include "storage/database.h"
#include "storage/outbox.h"
#include "storage/store.h"

namespace feedwire::storage {

/// Readers that scan the folder once a minute get every segment (events rules, 2).
inline constexpr std::chrono::minutes kMinSealedTime{15};

/// Used by the store thread alone. After an io error of a member the process must end.
class LogRetention {
 public:
  /// The references must outlive this.
  LogRetention(const Options& options, Database& database, Fs& fs);

  /// Before anything else: finishes what a crash interrupted. Errors: corrupt, io.
  Result<void> start();

  /// Once a minute at most: whether segments are due. `active_bytes` are those of the active
  /// segment. Then put(), the batch written, apply(). Errors: corrupt, io.
  Result<bool> choose(Now now, std::uint64_t active_bytes);
  /// Notes that the chosen segments go; recovery needs their lines no more.
  void put(Batch& batch, Outbox& outbox) const;
  /// Deletes their files, then their rows. Errors: io.
  Result<void> apply();

  /// Of the earliest segment that stays.
  Sequence first_sequence() const { return first_; }
  /// When that was opened: what was recorded before is in the log no more.
  WallTime begins() const { return begins_; }

 private:
  using Segments = std::map<std::uint64_t, SegmentRow>;  // by number

  Result<Segments> read() const;
  Result<Sequence> held_from() const;
  void note_first(const Segments& segments);

  const Options& options_;
  Database& database_;
  Fs& fs_;
  const std::filesystem::path dir_;
  Segments going_;
  std::uint64_t first_number_ = 1;
  Sequence first_ = 0;
  WallTime begins_{};
  MonoTime next_look_{};
};

}  // namespace feedwire::storage
