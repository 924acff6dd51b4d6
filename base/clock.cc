#include "base/clock.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedwire {
namespace {

template <typename Clock>
auto microseconds_of() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(Clock::now());
}

// "2026-11-21T21:15:01", the part that both formats share.
std::string format_seconds(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace

Now SystemClock::now() const {
  return {microseconds_of<std::chrono::system_clock>(),
          microseconds_of<std::chrono::steady_clock>()};
}

std::string format_time(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{}.{:06}Z", format_seconds(seconds), (time - seconds).count());
}

std::string format_time(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  static constexpr sys_seconds kFirst = sys_days{year{0} / 1 / 1};
  static constexpr sys_seconds kLast = sys_days{year{10000} / 1 / 1} - seconds{1};
  return format_seconds(std::clamp(time, kFirst, kLast)) + "Z";
}

}  // namespace feedwire
