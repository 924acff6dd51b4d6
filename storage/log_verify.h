// Checks the event log from its files alone, as `feedwire log verify` does, also while the daemon
// appends: names, sequences, headers, closing lines with their SHA-256; deep, every line too
// (storage/event_log.md, "Checking"; FL-4, FL-8, EV-1 to EV-4, I1, I5).

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "storage/findings.h"
#include "storage/log_history.h"
#include "storage/segment_name.h"

namespace feedwire::storage {

/// Told now and then how many bytes of all are read.
using Progress = std::function<void(std::uint64_t done_bytes, std::uint64_t all_bytes)>;

struct VerifyOptions {
  bool deep = false;
  std::uint64_t max_line_bytes = 0;  // with the LF, looked at if deep; 0 = any
  Progress progress;                 // may be empty
};

/// A segment file as it was found.
struct SegmentFacts {
  SegmentName name;
  std::uint64_t size_bytes = 0;
  Sequence last = 0;  // of its last event; 0 = it has none
  // If its last line closes it: the bytes before that line, and SHA-256 of these in hex.
  bool closed = false;
  std::uint64_t hashed = 0;
  std::string sha256;
};

struct VerifiedLog {
  std::vector<SegmentFacts> segments;  // in the order of their names
  std::uint64_t events = 0, bytes = 0;
  std::string source;  // of the last event
  LogHistory history;  // if deep
};

/// Memory: a line, and if deep what LogHistory takes. A missing folder is an empty log. Segments
/// that retention takes away meanwhile are passed over. Errors: io.
Result<VerifiedLog> verify_log(Fs& fs, const std::filesystem::path& events_dir,
                               const VerifyOptions& options, Findings& findings);

}  // namespace feedwire::storage
