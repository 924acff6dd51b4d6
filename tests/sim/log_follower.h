// A consumer of the log with a cursor: reads, acknowledges, is killed, goes on from what it
// acknowledged. What it has read once must never change (I4, FL-2).

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "storage/log_reader.h"
#include "storage/store.h"

namespace feedwire::sim {

class LogFollower {
 public:
  /// `cursor` is the name under which it acknowledges.
  LogFollower(Fs& fs, std::filesystem::path events_dir, std::string cursor)
      : fs_(fs), dir_(std::move(events_dir)), cursor_(std::move(cursor)) {}

  /// Reads up to `most` lines and returns them. Throws Violation.
  std::vector<std::string> read(std::size_t most = SIZE_MAX);

  /// Notes in the store what was read so far. Errors: io.
  Result<void> acknowledge(storage::Store& store, WallTime now);

  /// Dies, and starts again where its cursor stands in the store. Throws Violation.
  void restart(const storage::Store& store);

  /// Its file is another one: the daemon was restarted.
  void reopen() { reader_.reset(); }

  storage::Sequence position() const { return next_ - 1; }

 private:
  Fs& fs_;
  const std::filesystem::path dir_;
  const std::string cursor_;
  storage::Sequence next_ = 1, acknowledged_ = 0;
  std::optional<storage::LogReader> reader_;
  std::vector<std::uint64_t> hashes_;  // of all lines ever read; that of sequence 1 is the first
};

}  // namespace feedwire::sim
