// Dates: whatever the text, an instant within the years that feeds have, which reads back the same.

#include "base/clock.h"
#include "feeds/date.h"
#include "feeds/date_common.h"
#include "feeds/date_lexer.h"
#include "feeds/date_recognizer.h"
#include "fuzz/harness.h"

using namespace feedwire;

namespace {

// The quick way knows only some dates, and gives nothing else for those.
void check_common(std::string_view text) {
  const auto common = feeds::parse_common_date(text);
  if (!common) return;
  auto tokens = feeds::lex_date(text);
  fuzz::require(tokens.has_value(), "a common date that has no tokens", text);
  const auto date = feeds::DateRecognizer(std::move(*tokens)).run();
  fuzz::require(date && date->time == common->time && date->zone_given == common->zone_given,
                "the quick way gives another date", text);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  check_common(text);
  const auto date = fuzz::within_limits(size, [&] { return feeds::parse_date(text); });
  if (!date) return 0;

  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(date->time));
  fuzz::require(day.year() >= std::chrono::year{1970} && day.year() <= std::chrono::year{2200},
                "a year out of range", text);
  const std::string printed = format_time(date->time);
  const auto again = feeds::parse_date(printed);
  fuzz::require(again && again->time == date->time && again->zone_given,
                "it does not read back as the same", printed);
  return 0;
}
