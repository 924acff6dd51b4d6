// The end of the event log: the active segment, what of it is synced, when it is full. Only
// committed lines are given to it (storage/event_log.md, "Commit").

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/rng.h"
#include "storage/schema.h"
#include "storage/segment.h"
#include "storage/store.h"

namespace feedwire::storage {

/// Where the next event goes.
struct LogEnd {
  Sequence next = 1;
  std::uint64_t segment = 0;  // its number; 0 before there is any
  std::uint64_t offset = 0;
  SegmentRow row;  // of that segment
};

/// Used by the store thread alone. After an io error of a member the process must end.
class EventLog {
 public:
  /// `end` is what meta and the segments family say after recovery; with segment 0 the log is yet
  /// to be begun. The references must outlive the log. Errors: corrupt, io.
  static Result<std::unique_ptr<EventLog>> open(Fs& fs, Rng& rng, const Options& options,
                                                const MetaRow& meta, const LogEnd& end);

  const LogEnd& end() const { return end_; }
  const std::string& source() const { return source_; }  // "urn:uuid:…"
  std::uint32_t epoch() const { return epoch_; }
  std::filesystem::path active_path() const { return dir_ / end_.row.name.text(); }
  Sequence synced() const { return synced_; }

  /// Whether the active segment holds an event and is old enough to be closed (events 2).
  bool may_rotate(WallTime now) const;
  bool rotation_due(WallTime now) const;
  /// SHA-256 of the active segment so far, in hex.
  std::string hash() const { return sha_->hex(); }

  /// Writes `closing_line`, seals the active segment and goes on in `next`, which begins with
  /// `header_line`. Before there is a segment `closing_line` is empty. Errors: io.
  Result<void> rotate(std::string_view closing_line, const SegmentRow& next,
                      std::string_view header_line);
  /// Appends `count` whole lines. Errors: io.
  Result<void> append(std::string_view lines, std::size_t count, MonoTime now);

  /// Brings everything appended to the device. Errors: io.
  Result<void> sync();
  /// sync() if events have waited for a second, or a thousand are waiting. Errors: io.
  Result<void> sync_if_due(MonoTime now);

 private:
  EventLog(Fs& fs, Rng& rng, const Options& options, const MetaRow& meta, const LogEnd& end);

  Fs& fs_;
  Rng& rng_;
  const Options& options_;
  const std::filesystem::path dir_;
  const std::string source_;
  const std::uint32_t epoch_;
  LogEnd end_;
  std::unique_ptr<File> file_;
  std::unique_ptr<Sha256> sha_;  // of the committed bytes of the active segment
  Sequence synced_;
  MonoTime unsynced_since_{};
};

std::filesystem::path events_dir(const std::filesystem::path& state_dir);
std::string source_urn(const Hash128& log_uuid);

}  // namespace feedwire::storage
