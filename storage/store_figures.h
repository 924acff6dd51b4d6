// What a store counts and weighs for whoever watches it (operations.md 8.4). It knows nothing of
// who that is.

#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/tally.h"

namespace feedwire::storage {

/// Since the store was opened, unless said otherwise.
struct StoreFigures {
  Durations commits;  // of commit(), decision and sync of the batch included
  Durations syncs;    // of the active segment

  std::chrono::microseconds recovery{};  // of the log, when the store was opened
  std::uint64_t rewritten_lines = 0;     // by it: what a power cut may have taken

  /// Of RocksDB, now.
  struct Family {
    std::string_view name;
    std::uint64_t sst_bytes = 0;
  };
  std::vector<Family> families;
  std::uint64_t wal_bytes = 0, block_cache_bytes = 0;
  std::chrono::microseconds stalled{};  // writes waited so long for flushes and compactions
};

}  // namespace feedwire::storage
