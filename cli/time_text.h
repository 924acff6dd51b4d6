#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace feedwire::cli {

/// An instant as people type it: RFC 3339 ("2026-11-21T21:15:01Z", "2026-11-21 21:15+01:00"), a day
/// ("2026-11-21", its beginning in UTC), or how long before `now` ("90s", "2h", "7d").
/// Errors: invalid_argument.
Result<WallTime> parse_instant(std::string_view text, WallTime now);

/// For CLI11: what is wrong with `text`, or nothing.
std::string check_instant(const std::string& text);

}  // namespace feedwire::cli
