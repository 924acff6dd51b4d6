// After a kill or a power cut: the segments are made to say what the database says
// (storage/event_log.md, "Recovery"; R3 to R7 of the event rules).

#pragma once

#include <cstdint>
#include <filesystem>

#include "base/fs.h"
#include "base/result.h"
#include "base/rng.h"
#include "storage/database.h"
#include "storage/event_log.h"

namespace feedwire::storage {

/// Recovery reaches back to the first segment of the outbox and this many before it (R3, R7).
inline constexpr std::uint64_t kSegmentsBefore = 2;

struct Recovered {
  LogEnd end;
  std::uint64_t rewritten_lines = 0;
};

/// Repairs the segment files and returns where the log goes on. After a clean stop the files are
/// only looked at, unless one is not as it was left. Doing it twice changes nothing.
/// Errors: corrupt (committed bytes are gone and cannot be written again), io.
Result<Recovered> recover_log(const Database& database, Fs& fs, const std::filesystem::path& dir,
                              Rng& rng, const MetaRow& meta);

}  // namespace feedwire::storage
