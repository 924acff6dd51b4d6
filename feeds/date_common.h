// The two forms in which nearly all feeds write their dates, read without taking them apart.

#pragma once

#include <optional>
#include <string_view>

#include "feeds/date.h"

namespace feedwire::feeds {

/// "Mon, 03 Feb 2025 22:05:00 +0800" or "… GMT" (RFC 2822 3.3), "2025-02-03T22:05:00Z" or
/// "…+08:00" (RFC 3339 5.6), to the letter. Nothing for all else, which may be a date yet.
std::optional<ParsedDate> parse_common_date(std::string_view text);

}  // namespace feedwire::feeds
