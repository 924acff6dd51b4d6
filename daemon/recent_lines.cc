#include "daemon/recent_lines.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace feedwire::daemon {
namespace {

constexpr std::string_view kSuffix = ".ndjson";

// The lines that hold `text`, in their order.
std::vector<std::string_view> lines_with(std::string_view lines, std::string_view text) {
  std::vector<std::string_view> found;
  while (!lines.empty()) {
    // Several times as fast as find(), for which a stranger's bytes may be slow besides.
    const void* const hit = ::memmem(lines.data(), lines.size(), text.data(), text.size());
    if (hit == nullptr) break;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(hit) - lines.data());
    const std::size_t end = lines.find('\n', at);
    if (end == lines.npos) break;  // it is being written, or the rest of it was too long
    const std::size_t before = at == 0 ? lines.npos : lines.rfind('\n', at - 1);
    const std::size_t begin = before == lines.npos ? 0 : before + 1;
    found.push_back(lines.substr(begin, end - begin));
    lines.remove_prefix(end + 1);
  }
  return found;
}

class Search {
 public:
  Search(Fs& fs, const LineSearch& order, const std::atomic<bool>& stopping)
      : fs_(fs), order_(order), stopping_(stopping) {}

  Result<bool> run();

 private:
  enum class Next { older, enough, too_much };

  Result<Next> look_through(const File& file);
  Next look_at(std::string_view lines) const;

  Fs& fs_;
  const LineSearch& order_;
  const std::atomic<bool>& stopping_;
  std::uint64_t looked_through_ = 0;
};

Search::Next Search::look_at(std::string_view lines) const {
  if (lines.empty()) return Next::older;
  const std::vector<std::string_view> found = lines_with(lines, order_.text);
  for (auto line = found.rbegin(); line != found.rend(); ++line)
    if (!order_.found(*line)) return Next::enough;
  if (order_.reached && !order_.reached(lines.substr(0, lines.find('\n')))) return Next::enough;
  return Next::older;
}

Result<Search::Next> Search::look_through(const File& file) {
  const Result<std::uint64_t> size = file.size();
  if (!size) return size.error();
  std::string rest;  // of a line that begins before the last block
  for (std::uint64_t begin = *size; begin > 0;) {
    if (stopping_ || looked_through_ >= order_.max_bytes) return Next::too_much;
    const auto wanted = std::min<std::uint64_t>(begin, order_.block_bytes);
    Result<std::string> block = file.read_at(begin - wanted, wanted);
    if (!block) return std::move(block).error();
    begin -= wanted;
    looked_through_ += wanted;
    std::string text = *std::move(block) + rest;
    const std::size_t first = begin == 0 ? 0 : text.find('\n') + 1;
    rest = begin > 0 && first == 0 ? std::move(text) : text.substr(0, first);
    if (rest.size() > LineSearch::kLongestLine) rest.clear();
    if (begin > 0 && first == 0) continue;
    const Next next = look_at(std::string_view(text).substr(first));
    if (next != Next::older) return next;
  }
  return Next::older;
}

Result<bool> Search::run() {
  const Result<std::vector<std::string>> names = fs_.list(order_.dir);
  if (!names && names.error().code == ErrorCode::not_found) return true;
  if (!names) return names.error();
  for (auto name = names->rbegin(); name != names->rend(); ++name) {
    if (!name->starts_with(order_.prefix) || !name->ends_with(kSuffix)) continue;
    const Result<std::unique_ptr<File>> file = fs_.open(order_.dir / *name, false);
    if (!file && file.error().code == ErrorCode::not_found) continue;
    if (!file) return file.error();
    const Result<Next> next = look_through(**file);
    if (!next) return next.error();
    if (*next != Next::older) return *next == Next::enough;
  }
  return true;
}

}  // namespace

Result<bool> search_back(Fs& fs, const LineSearch& search, const std::atomic<bool>& stopping) {
  return Search(fs, search, stopping).run();
}

}  // namespace feedwire::daemon
