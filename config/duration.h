#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace feedwire::config {

/// Ten years; what is longer is taken for a slip of the pen.
inline constexpr std::chrono::seconds kLongestDuration = std::chrono::days(3652);

/// Reads a whole number with a unit: "90s", "15m", "6h", "7d".
/// Errors: invalid_argument (no unit, a sign, a fraction, or more than kLongestDuration).
Result<std::chrono::seconds> parse_duration(std::string_view text);

/// The shortest text that parse_duration() reads back: "90s", "1h", "7d".
std::string format_duration(std::chrono::seconds duration);

}  // namespace feedwire::config
