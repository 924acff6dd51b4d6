#include "storage/announced_wait.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "feeds/date.h"

namespace feedwire::storage {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr seconds kMaxFreshness = 24h, kMaxRetry = 7 * 24h;
constexpr std::uint32_t kMaxTtlMinutes = 1440;

// The number that a text begins with behind blanks and quotes, if nothing but those follow it.
std::optional<seconds> leading_seconds(std::string_view text) {
  constexpr std::string_view kAround = " \t\"";
  const std::size_t first = text.find_first_not_of(kAround);
  if (first == text.npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(kAround) - first + 1);
  if (text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  // Ten digits are 300 years.
  return seconds{text.size() > 10 ? std::int64_t{1} << 33 : std::atoll(std::string(text).c_str())};
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

// Where "max-age" stands as a whole word before "=", the first that is a number.
std::optional<seconds> max_age(std::string_view cache_control) {
  const std::string text = lower_case(cache_control);
  constexpr std::string_view kName = "max-age";
  for (std::size_t at = 0; (at = text.find(kName, at)) != text.npos; at += kName.size()) {
    if (at > 0 && std::string_view(" \t,").find(text[at - 1]) == std::string_view::npos) continue;
    const std::size_t equals = text.find_first_not_of(" \t", at + kName.size());
    if (equals == text.npos || text[equals] != '=') continue;
    const std::string_view value = std::string_view(text).substr(equals + 1);
    if (const auto age = leading_seconds(value.substr(0, value.find(',')))) return age;
  }
  return std::nullopt;
}

std::optional<std::chrono::sys_seconds> time_of(std::string_view text) {
  const std::optional<feeds::ParsedDate> date = feeds::parse_date(text);
  return date ? std::optional(date->time) : std::nullopt;
}

bool is_listed(WallTime time, const PollHints& hints) {
  const auto hours =
      std::chrono::duration_cast<std::chrono::hours>(time.time_since_epoch()).count();
  const std::int64_t weekday = (hours / 24 + 4) % 7;  // 1970 began on a Thursday
  return (hints.skip_hours >> (hours % 24) & 1) != 0 || (hints.skip_days >> weekday & 1) != 0;
}

}  // namespace

std::optional<seconds> announced_freshness(const PollRecord& record) {
  std::optional<seconds> fresh = max_age(record.cache_control);
  if (fresh) {
    *fresh -= leading_seconds(record.age).value_or(0s);
  } else if (!record.expires.empty()) {
    const auto expires = time_of(record.expires);
    const auto date = time_of(record.date).value_or(std::chrono::floor<seconds>(record.at));
    fresh = expires ? *expires - date : 0s;
  }
  if (!fresh) return std::nullopt;
  return std::clamp<seconds>(*fresh, 0s, kMaxFreshness);
}

std::optional<seconds> announced_retry(const PollRecord& record) {
  if (record.retry_after.empty() || record.status < 300) return std::nullopt;
  std::optional<seconds> wait = leading_seconds(record.retry_after);
  if (!wait)
    if (const auto until = time_of(record.retry_after))
      wait = std::chrono::ceil<seconds>(*until - record.at);
  if (!wait) return std::nullopt;
  return std::clamp<seconds>(*wait, 0s, kMaxRetry);
}

seconds announced_period(const PollHints& hints) {
  const std::uint32_t ttl = hints.ttl_minutes <= kMaxTtlMinutes ? hints.ttl_minutes : 0;
  const std::uint32_t update = std::min(hints.update_minutes, kMaxTtlMinutes);
  return std::chrono::minutes{std::max(ttl, update)};
}

bool is_excluded(WallTime time, const PollHints& hints) {
  if (!is_listed(time, hints)) return false;
  for (int hour = 1; hour <= 24; ++hour)
    if (!is_listed(time + hour * 1h, hints)) return true;
  return false;
}

}  // namespace feedwire::storage
