#include "feeds/date.h"

#include <algorithm>
#include <utility>

#include "feeds/ascii.h"
#include "feeds/date_common.h"
#include "feeds/date_lexer.h"
#include "feeds/date_recognizer.h"

namespace feedwire::feeds {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

/// Unix time: 9 or 10 digits of seconds, 13 of milliseconds, 16 of microseconds, a fraction.
std::optional<ParsedDate> parse_unix_time(std::string_view text) {
  const std::string_view whole = text.substr(0, text.find('.'));
  const std::string_view fraction = text.substr(std::min(whole.size() + 1, text.size()));
  const auto is_digits = [](std::string_view s) {
    return std::all_of(s.begin(), s.end(), is_ascii_digit);
  };
  if (!is_digits(whole) || !is_digits(fraction)) return std::nullopt;
  std::size_t keep = 0;
  switch (whole.size()) {
    case 9:
    case 10:
      keep = whole.size();
      break;
    case 13:
    case 16:
      keep = 10;
      break;
    default:
      return std::nullopt;
  }
  std::int64_t value = 0;
  for (const char c : whole.substr(0, keep)) value = value * 10 + (c - '0');
  const sys_seconds time{seconds(value)};
  const int y = static_cast<int>(
      std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year());
  if (y > kMaxYear) return std::nullopt;
  return ParsedDate{time, true};
}

}  // namespace

std::optional<ParsedDate> parse_date(std::string_view text) {
  while (!text.empty() && is_html_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_html_space(text.back())) text.remove_suffix(1);
  if (std::optional<ParsedDate> common = parse_common_date(text)) return common;
  if (std::optional<ParsedDate> unix_time = parse_unix_time(text)) return unix_time;
  std::optional<std::vector<DateToken>> tokens = lex_date(text);
  if (!tokens) return std::nullopt;
  return DateRecognizer(std::move(*tokens)).run();
}

}  // namespace feedwire::feeds
