// The newest lines that hold a text, out of a folder of NDJSON files that are only ever appended
// to: the event log, the poll ledger. Neither has an index by feed, and to read them whole may take
// long; what is asked for stands near the end, as a rule.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/fs.h"
#include "base/result.h"

namespace feedwire::daemon {

struct LineSearch {
  /// Longer lines may be passed over.
  static constexpr std::size_t kLongestLine = 8 << 20;

  std::filesystem::path dir;
  std::string prefix;  // of the files, the order of whose names is the order of their lines
  std::string text;    // that a line must hold
  std::uint64_t max_bytes = 512 << 20;  // to look through, give or take a block
  std::size_t block_bytes = 1 << 20;    // read at once

  /// Given each line that holds `text`, without its LF, the newest first; false: that is enough.
  std::function<bool(std::string_view line)> found;
  /// Given the oldest whole line of each block once its others were given to found(), whatever it
  /// holds; false: no older ones are wanted. May be empty.
  std::function<bool(std::string_view line)> reached{};
};

/// Returns whether there was nothing more to look through: all lines were, or found() or reached()
/// said so. What is appended meanwhile may be missed, and files that are taken away are passed
/// over. Ends early, with false, once `stopping` is set. Memory: a block and the longest line.
/// Errors: io.
Result<bool> search_back(Fs& fs, const LineSearch& search, const std::atomic<bool>& stopping);

}  // namespace feedwire::daemon
