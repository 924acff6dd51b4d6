// The quotes and backslashes of a JSON text, found in the same pass that tells whether it is safe
// UTF-8: what the daemon asks of every byte that a parse worker hands it.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/json_blocks.h"

namespace feedwire {

/// Looks at a text chunk by chunk, each once, as it is asked for what stands there.
class JsonMarks {
 public:
  /// The text must outlive the marks.
  explicit JsonMarks(std::string_view text, BlockScan scan = block_scans().front())
      : text_(text), scan_(scan) {}

  /// The first quote or backslash at or after `at`, which never decreases. text.size() if there is
  /// none, or if what lies before it is not valid UTF-8 or holds an is_unsafe_char(). A text that
  /// ends within a character is safe by this: its last bytes are no mark.
  std::size_t next(std::size_t at) {
    for (;;) {
      while (at >= end_)
        if (!look_on()) return text_.size();
      const std::size_t in_chunk = at - begin_;
      const std::uint64_t bits =
          words_[in_chunk / BlockScan::kBytes] >> in_chunk % BlockScan::kBytes;
      if (bits != 0) return at + static_cast<std::size_t>(std::countr_zero(bits));
      at += BlockScan::kBytes - in_chunk % BlockScan::kBytes;
    }
  }

 private:
  static constexpr std::size_t kBlocks = 16;  // of a chunk

  bool look_on();
  bool scan_edge();
  std::string_view characters() const;

  std::string_view text_;
  BlockScan scan_;
  std::size_t begin_ = 0, end_ = 0;           // of the chunk; the last one may end behind the text
  std::array<std::uint64_t, kBlocks> words_;  // of the chunk; a bit a byte
};

}  // namespace feedwire
