// What a daemon has really seen, from its state folder: when feeds published, as its event log
// tells, and what its requests were, as its poll ledger does (scheduling.md M-2). Schedules can be
// tried on it as on a made-up world.

#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "bench/posting_world.h"
#include "bench/schedule_run.h"

namespace feedwire::bench {

/// Of one daemon, from its first request on record to the last. The first quarter of that, at most
/// kWarmUp, is not measured.
struct Trace {
  World world;

  ScheduleResult recorded;  // how it really went, by the dates that entries declare
  /// Delays by the brackets, half of the time between the poll that saw a post and the one before:
  /// an unbiased estimate also where dates are missing or false (M-3). In minutes.
  std::vector<float> bracket_delays;
  std::uint64_t undated = 0;  // posts whose date is missing or cannot be true
};

/// Feeds without a post or a request are left out. A post whose date is missing or cannot be true
/// is taken to have been made in the middle of its bracket. Errors: not_found (no ledger),
/// malformed (nothing was polled for long enough), corrupt, io.
Result<Trace> read_trace(Fs& fs, const std::filesystem::path& state_dir);

}  // namespace feedwire::bench
