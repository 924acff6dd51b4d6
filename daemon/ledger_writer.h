// The poll ledger as the poll thread writes it: what goes wrong is logged, once, and never in the
// way of a poll.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/fs.h"
#include "storage/poll_ledger.h"

namespace feedwire::daemon {

/// Used by one thread.
class LedgerWriter {
 public:
  /// Nothing is made in `dir` before the first record is written. `max_bytes` 0 = keep no ledger.
  LedgerWriter(Fs& fs, std::filesystem::path dir, std::uint64_t max_bytes)
      : fs_(fs), dir_(std::move(dir)), max_bytes_(max_bytes) {}

  /// Keeps the record until step() or flush().
  void add(const storage::PollRecord& record);

  /// Writes what was added once it is much, or was added long ago: a write a record would cost as
  /// much as the rest of it.
  void step(MonoTime now);

  bool is_pending() const { return !pending_.empty(); }

  /// Writes what was added; where that cannot be done it is dropped.
  void flush();

 private:
  Result<void> write();

  Fs& fs_;
  const std::filesystem::path dir_;
  const std::uint64_t max_bytes_;
  std::unique_ptr<storage::PollLedger> ledger_;  // null until it could be opened
  std::string pending_;                          // lines
  std::uint64_t dropped_ = 0;                    // records, since the ledger was last written
  std::uint64_t pending_records_ = 0;
  std::optional<MonoTime> pending_since_;  // as seen by step()
};

}  // namespace feedwire::daemon
