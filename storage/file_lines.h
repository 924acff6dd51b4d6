// The lines of one file, front to back, in bounded memory.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fs.h"
#include "base/result.h"

namespace feedwire::storage {

/// Used by one thread. The file must outlive it.
class FileLines {
 public:
  static constexpr std::size_t kLongestLine = 65 << 20;  // above what events.max_line may be

  explicit FileLines(const File& file) : file_(file) {}

  /// The next line with its LF, good until the next call; nothing at the end of the file, or where
  /// kLongestLine bytes have no LF. Errors: io.
  Result<std::optional<std::string_view>> next();

  std::uint64_t number() const { return number_; }  // of the last line, from 1
  std::uint64_t offset() const { return offset_; }  // of it in the file
  /// Bytes that follow the last line, once next() has returned nothing.
  std::uint64_t rest_bytes() const { return buffer_.size() - begin_; }

 private:
  const File& file_;
  std::string buffer_;
  std::size_t begin_ = 0;         // of the next line in buffer_
  std::uint64_t read_bytes_ = 0;  // of the file
  std::uint64_t number_ = 0, offset_ = 0;
};

}  // namespace feedwire::storage
