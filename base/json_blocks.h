// What JsonMarks asks of each 64 bytes of a text, in one function a set of instructions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace feedwire {

struct BlockScan {
  static constexpr std::size_t kBytes = 64;  // a block

  const char* name;
  /// Writes for each of `count` blocks at `bytes` which of its bytes are quotes or backslashes, one
  /// bit each, the first byte lowest. Returns whether every byte of them is harmless behind the two
  /// bytes before it, which must be readable: that it ends no unsafe character (base/utf8.h) and
  /// breaks no rule of UTF-8. False is no verdict: some safe characters are rare enough to be
  /// looked at more closely.
  bool (*run)(const char* bytes, std::size_t count, std::uint64_t* marks);
};

/// Those that this processor can run, the quickest first; the last one runs everywhere.
std::span<const BlockScan> block_scans();

}  // namespace feedwire
