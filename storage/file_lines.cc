#include "storage/file_lines.h"

namespace feedwire::storage {

Result<std::optional<std::string_view>> FileLines::next() {
  constexpr std::size_t kBlock = 1 << 20;
  std::size_t searched = begin_;
  for (;;) {
    if (const std::size_t lf = buffer_.find('\n', searched); lf != buffer_.npos) {
      const std::string_view line = std::string_view(buffer_).substr(begin_, lf + 1 - begin_);
      offset_ = read_bytes_ - (buffer_.size() - begin_);
      begin_ = lf + 1;
      ++number_;
      return std::optional(line);
    }
    if (rest_bytes() >= kLongestLine) return std::optional<std::string_view>{};
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched = buffer_.size();
    Result<std::string> block = file_.read_at(read_bytes_, kBlock);
    if (!block) return std::move(block).error();
    if (block->empty()) return std::optional<std::string_view>{};
    read_bytes_ += block->size();
    buffer_ += *block;
  }
}

}  // namespace feedwire::storage
