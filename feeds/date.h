// The dates that feeds hold, in whatever form (parsed-feed P-5).

#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace feedwire::feeds {

/// 2201-01-01, from when on dates are no dates (P-5); nor are those before 1970.
inline constexpr std::chrono::sys_seconds kDatesEnd{std::chrono::seconds{7'289'654'400}};
constexpr bool is_feed_date(std::chrono::sys_seconds time) {
  return time >= std::chrono::sys_seconds{} && time < kDatesEnd;
}

struct ParsedDate {
  std::chrono::sys_seconds time;
  bool zone_given = false;  // without one UTC was assumed
};

/// RFC 822/2822 and its misspellings, RFC 3339/ISO 8601 (week and ordinal dates too), asctime, unix
/// seconds and milliseconds, month and weekday names of a dozen languages, 12-hour clocks, zone
/// names. Nothing for text without a year, an impossible date, or a year before 1970 or after 2200.
std::optional<ParsedDate> parse_date(std::string_view text);

}  // namespace feedwire::feeds
