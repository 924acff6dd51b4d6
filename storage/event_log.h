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
#include "base/tally.h"
#include "storage/database.h"
#include "storage/schema.h"
#include "storage/segment.h"
#include "storage/segment_hash.h"
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
  /// to be begun. Syncs of its file are added to `syncs`. The references must outlive the log.
  /// Errors: corrupt, io.
  static Result<std::unique_ptr<EventLog>> open(Fs& fs, Rng& rng, const Options& options,
                                                const MetaRow& meta, const LogEnd& end,
                                                DurationTally& syncs);

  const LogEnd& end() const { return end_; }
  const std::string& source() const { return source_; }  // "urn:uuid:…"
  std::uint32_t epoch() const { return epoch_; }
  std::filesystem::path active_path() const { return dir_ / end_.row.name.text(); }
  Sequence synced() const { return synced_; }

  /// Whether the active segment holds an event and is old enough to be closed (events 2).
  bool may_rotate(WallTime now) const;
  bool rotation_due(WallTime now) const;
  /// SHA-256 of the active segment so far, in hex.
  std::string hash() const { return hash_.hex(); }

  /// Looks whether the active segment's file is as it was left: under its name, of the size that
  /// was committed (FL-6). Errors: io.
  Result<void> look();
  /// What somebody else did to that file; empty: nothing that look() or append() has seen.
  const std::string& disturbed() const { return disturbed_; }
  /// Gives a disturbed file the bytes that were committed. False: some are gone, and the rows of
  /// `log` do not reach back to them; from `outbox` on there are all. Errors: corrupt, io.
  Result<bool> restore(const Database& database, Sequence outbox);

  /// Writes `closing_line`, seals the active segment, under its name whatever became of it, and
  /// goes on in `next`, which begins with `header_line`. Before there is a segment, and where it is
  /// to be abandoned, `closing_line` is empty. Errors: io.
  Result<void> rotate(std::string_view closing_line, const SegmentRow& next,
                      std::string_view header_line);
  /// What append() is to be given once it is committed; its hash is worked out meanwhile. `lines`
  /// must stay as they are until hashed(), which waits for that, and which comes before all else.
  void hash_ahead(std::string_view lines) { hash_.begin(lines); }
  void hashed() { hash_.wait(); }
  /// Appends `count` whole lines, unless the file is not as large as it was left; then it is
  /// disturbed, and restore() writes them. Errors: io.
  Result<void> append(std::string_view lines, std::size_t count, MonoTime now);

  /// Brings everything appended to the device. Errors: io.
  Result<void> sync();
  /// sync() if events have waited for a second, or a thousand are waiting. Errors: io.
  Result<void> sync_if_due(MonoTime now);

 private:
  Result<void> look_at_size();
  Result<bool> in_place() const;
  Result<void> seal(std::string_view closing_line);

  EventLog(Fs& fs, Rng& rng, const Options& options, const MetaRow& meta, const LogEnd& end,
           DurationTally& syncs);

  Fs& fs_;
  Rng& rng_;
  const Options& options_;
  const std::filesystem::path dir_;
  const std::string source_;
  const std::uint32_t epoch_;
  LogEnd end_;
  DurationTally& syncs_;
  std::unique_ptr<File> file_;
  SegmentHash hash_;  // of the committed bytes of the active segment
  Sequence synced_;
  MonoTime unsynced_since_{};
  std::string disturbed_;
};

std::filesystem::path events_dir(const std::filesystem::path& state_dir);
Hash128 random_uuid(Rng& rng);  // RFC 4122, version 4
std::string source_urn(const Hash128& log_uuid);

}  // namespace feedwire::storage
