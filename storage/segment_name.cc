#include "storage/segment_name.h"

#include <fmt/format.h>

#include <charconv>

namespace feedwire::storage {
namespace {

constexpr std::string_view kPrefix = "events-";
constexpr std::string_view kSuffix = ".ndjson";
constexpr std::size_t kEpochDigits = 4;
constexpr std::size_t kSequenceDigits = 20;

std::optional<std::uint64_t> parse_digits(std::string_view digits) {
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::string SegmentName::text() const {
  return fmt::format("{}{:04}-{:020}{}", kPrefix, epoch, first, kSuffix);
}

std::optional<SegmentName> parse_segment_name(std::string_view file_name) {
  constexpr std::size_t kSequenceAt = kPrefix.size() + kEpochDigits + 1;
  if (file_name.size() != kSequenceAt + kSequenceDigits + kSuffix.size() ||
      !file_name.starts_with(kPrefix) || !file_name.ends_with(kSuffix) ||
      file_name[kSequenceAt - 1] != '-')
    return std::nullopt;
  const auto epoch = parse_digits(file_name.substr(kPrefix.size(), kEpochDigits));
  const auto first = parse_digits(file_name.substr(kSequenceAt, kSequenceDigits));
  if (!epoch || !first) return std::nullopt;
  return SegmentName{static_cast<std::uint32_t>(*epoch), *first};
}

std::optional<Sequence> sequence_of_line(std::string_view line) {
  constexpr std::string_view kKey = "\"sequence\":\"";
  const std::size_t at = line.find(kKey);
  if (at == line.npos || line.size() < at + kKey.size() + kSequenceDigits) return std::nullopt;
  return parse_digits(line.substr(at + kKey.size(), kSequenceDigits));
}

}  // namespace feedwire::storage
