#include "base/json_marks.h"

#include <algorithm>

#include "base/utf8.h"

namespace feedwire {
namespace {

constexpr std::size_t kBefore = 2;  // bytes that a scan reads before its first block

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

// The next chunk. False at the end of the text, and where the chunk is unsafe: then, asked again,
// the text is looked at again, to the same end.
bool JsonMarks::look_on() {
  if (end_ >= text_.size()) return false;
  begin_ = end_;
  const std::size_t whole = std::min((text_.size() - begin_) / BlockScan::kBytes, kBlocks);
  const bool is_edge = begin_ == 0 || whole == 0;
  end_ += (is_edge ? 1 : whole) * BlockScan::kBytes;
  const bool is_harmless =
      is_edge ? scan_edge() : scan_.run(text_.data() + begin_, whole, words_.data());
  if (is_harmless || is_safe_utf8(characters())) return true;
  begin_ = end_ = 0;
  return false;
}

// The first block, before which nothing can be read, or the last one, which is not whole: among
// spaces, which are harmless, and no characters end with one.
bool JsonMarks::scan_edge() {
  std::array<char, kBefore + BlockScan::kBytes> edge;
  edge.fill(' ');
  const std::size_t before = std::min(begin_, kBefore);
  text_.copy(edge.data() + kBefore - before, before + BlockScan::kBytes, begin_ - before);
  return scan_.run(edge.data() + kBefore, 1, words_.data());
}

// Those of the chunk, the one before it, which may lack its end, and the whole of the last one.
std::string_view JsonMarks::characters() const {
  std::size_t from = begin_, to = std::min(end_, text_.size());
  while (from > 0 && is_continuation(text_[--from])) continue;
  while (to < text_.size() && is_continuation(text_[to])) ++to;
  return text_.substr(from, to - from);
}

}  // namespace feedwire
