#include "base/clock.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace feedwire {
namespace {

template <typename Clock>
auto microseconds_of() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(Clock::now());
}

// Writes `value` in decimal into the `digits` characters in front of `end`.
void put_decimal(char* end, int digits, std::int64_t value) {
  for (; digits > 0; --digits, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

// "2026-11-21T21:15:01", the part that both formats share, for years of four digits. Each event
// and entry has several.
std::string format_seconds(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  std::string text = "0000-00-00T00:00:00";
  put_decimal(&text[4], 4, static_cast<int>(date.year()));
  put_decimal(&text[7], 2, static_cast<unsigned>(date.month()));
  put_decimal(&text[10], 2, static_cast<unsigned>(date.day()));
  put_decimal(&text[13], 2, clock.hours().count());
  put_decimal(&text[16], 2, clock.minutes().count());
  put_decimal(&text[0] + 19, 2, clock.seconds().count());
  return text;
}

std::chrono::sys_seconds to_four_digit_years(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  static constexpr sys_seconds kFirst = sys_days{year{0} / 1 / 1};
  static constexpr sys_seconds kLast = sys_days{year{10000} / 1 / 1} - seconds{1};
  return std::clamp(time, kFirst, kLast);
}

}  // namespace

Now SystemClock::now() const {
  return {microseconds_of<std::chrono::system_clock>(),
          microseconds_of<std::chrono::steady_clock>()};
}

std::string format_time(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  std::string text = format_seconds(to_four_digit_years(seconds)) + ".000000Z";
  put_decimal(&text[26], 6, (time - seconds).count());
  return text;
}

std::string format_time(std::chrono::sys_seconds time) {
  return format_seconds(to_four_digit_years(time)) += 'Z';
}

}  // namespace feedwire
