#include "config/byte_size.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace feedwire::config {
namespace {

struct Unit {
  std::string_view suffix;
  unsigned shift;
};
constexpr Unit kUnits[] = {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}};

// TOML's and JSON's integers are signed.
constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();

}  // namespace

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, count);
  const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kUnits) {
    if (problem == std::errc{} && suffix == unit.suffix && count <= kLargest >> unit.shift)
      return count << unit.shift;
  }
  return Error{ErrorCode::invalid_argument, "not a size"}.in(text);
}

std::string format_byte_size(std::uint64_t bytes) {
  for (const Unit& unit : kUnits) {
    const std::uint64_t count = bytes >> unit.shift;
    if (count != 0 && count << unit.shift == bytes) return fmt::format("{}{}", count, unit.suffix);
  }
  return "0B";
}

}  // namespace feedwire::config
