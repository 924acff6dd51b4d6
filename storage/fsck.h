// Checks a store that no daemon is using: every row against the others and against the segment
// files (invariants I1 to I9 of the event rules, as far as one look can tell; storage/event_log.md,
// "Checking"). Changes nothing.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "storage/findings.h"
#include "storage/log_verify.h"

namespace feedwire::storage {

struct StoreCheck {
  Findings findings;
  /// Files that the next start of the daemon mends, mostly as the last stop was not clean. They are
  /// judged as they will be then.
  std::vector<std::string> to_be_mended;
  std::uint64_t segments = 0, events = 0, bytes = 0;                          // of the files
  std::uint64_t log_rows = 0, entries = 0, keys = 0, feeds = 0, cursors = 0;  // rows
};

/// Holds off the daemon while it runs. Memory: what LogHistory takes for the files that are left.
/// `max_line_bytes` as in VerifyOptions. Errors: busy (a daemon uses the store), not_found (there
/// is none), permission, unsupported (a newer schema), io.
Result<StoreCheck> check_store(Fs& fs, const std::filesystem::path& state_dir,
                               std::uint64_t max_line_bytes, const Progress& progress);

}  // namespace feedwire::storage
