#include "config/duration.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace feedwire::config {
namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t seconds;
};
constexpr Unit kUnits[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};

}  // namespace

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, count);
  const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kUnits) {
    const std::chrono::seconds duration(count * unit.seconds);
    if (problem == std::errc{} && suffix == unit.suffix && duration <= kLongestDuration)
      return duration;
  }
  return Error{ErrorCode::invalid_argument, "not a duration"}.in(text);
}

std::string format_duration(std::chrono::seconds duration) {
  for (const Unit& unit : kUnits) {
    if (duration.count() != 0 && duration.count() % unit.seconds == 0)
      return fmt::format("{}{}", duration.count() / unit.seconds, unit.suffix);
  }
  return "0s";
}

}  // namespace feedwire::config
