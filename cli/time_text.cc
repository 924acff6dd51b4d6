#include "cli/time_text.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "config/duration.h"
#include "feeds/date.h"

namespace feedwire::cli {

Result<WallTime> parse_instant(std::string_view text, WallTime now) {
  if (const Result<std::chrono::seconds> span = config::parse_duration(text)) return now - *span;
  // parse_date() reads much more, as feeds need; what people type by mistake is not to be guessed.
  const bool is_dated = text.size() >= 10 && text[4] == '-' && text[7] == '-';
  const std::optional<feeds::ParsedDate> date = is_dated ? feeds::parse_date(text) : std::nullopt;
  if (date) return WallTime(date->time);
  return Error{ErrorCode::invalid_argument,
               fmt::format("\"{}\" is no time: write 2026-11-21, 2026-11-21T21:15:01Z, or how long "
                           "ago, as 90s, 2h, 7d",
                           text)};
}

std::string check_instant(const std::string& text) {
  const Result<WallTime> instant = parse_instant(text, WallTime{});
  return instant ? "" : instant.error().message;
}

}  // namespace feedwire::cli
