#include "daemon/poll_bounds.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <vector>

#include "feeds/ascii.h"
#include "feeds/date.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using storage::PollHints;

constexpr std::string_view kBlank = " \t";
constexpr double kSkipJitterSeconds = 600;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// delta-seconds (RFC 9111 1.2.2); what does not fit is as long as can be.
std::optional<seconds> delta_seconds(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')  // should not be, may be (5.2)
    text = text.substr(1, text.size() - 2);
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  constexpr std::uint64_t kMost = 1u << 31;
  return seconds{error == std::errc{} ? std::min(count, kMost) : kMost};
}

struct Directive {
  std::string_view name, value;
};

// Those of all Cache-Control lines.
std::vector<Directive> cache_directives(const HttpResponse& response) {
  std::vector<Directive> list;
  for (const auto& [name, value] : response.headers) {
    if (name != "cache-control") continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view directive = trimmed(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      const std::size_t equals = std::min(directive.find('='), directive.size());
      list.push_back({trimmed(directive.substr(0, equals)),
                      trimmed(directive.substr(std::min(equals + 1, directive.size())))});
    }
  }
  return list;
}

// The first max-age that is a number.
std::optional<seconds> max_age(const HttpResponse& response) {
  for (const Directive& directive : cache_directives(response)) {
    if (!feeds::iequals_ascii(directive.name, "max-age")) continue;
    if (const auto age = delta_seconds(directive.value)) return age;
  }
  return std::nullopt;
}

// H-32: whether an answer says that it is not for keeping, so that a short max-age means nothing.
bool forbids_keeping(const HttpResponse& response) {
  static constexpr std::string_view kForbidding[] = {"no-store", "no-cache", "must-revalidate",
                                                     "private"};
  const std::vector<Directive> directives = cache_directives(response);
  return std::any_of(directives.begin(), directives.end(), [](const Directive& directive) {
    return std::any_of(std::begin(kForbidding), std::end(kForbidding), [&](std::string_view name) {
      return feeds::iequals_ascii(directive.name, name);
    });
  });
}

std::optional<std::chrono::sys_seconds> date_in(const HttpResponse& response,
                                                std::string_view name) {
  const std::optional<feeds::ParsedDate> date =
      feeds::parse_date(response.header(name).value_or(""));
  if (!date) return std::nullopt;
  return date->time;
}

bool is_skipped(WallTime time, const PollHints& hints) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const auto hour = std::chrono::floor<std::chrono::hours>(time - day).count();
  const unsigned weekday = std::chrono::weekday(day).c_encoding();
  return (hints.skip_hours >> hour & 1) != 0 || (hints.skip_days >> weekday & 1) != 0;
}

}  // namespace

std::optional<seconds> freshness(const HttpResponse& response, WallTime now) {
  std::optional<seconds> fresh = max_age(response);
  if (fresh) {
    *fresh -= delta_seconds(trimmed(response.header("age").value_or(""))).value_or(0s);
  } else if (response.header("expires")) {
    const std::optional<std::chrono::sys_seconds> expires = date_in(response, "expires");
    const auto date = date_in(response, "date").value_or(std::chrono::floor<seconds>(now));
    fresh = expires ? *expires - date : 0s;  // one that is no date has expired (RFC 9111 5.3)
  }
  if (!fresh) return std::nullopt;
  return std::clamp(*fresh, 0s, kMaxFreshness);
}

bool asks_for_polls_within(seconds span, const HttpResponse& response, const PollHints& hints) {
  if (hints.ttl_minutes > 0 && std::chrono::minutes{hints.ttl_minutes} <= span) return true;
  const std::optional<seconds> age = max_age(response);
  return age && *age > 0s && *age <= span && !forbids_keeping(response);
}

PollHints hints_of(const feeds::FeedInfoView& info) {
  PollHints hints;
  const std::uint32_t ttl = info.ttl_minutes.value_or(0);
  if (ttl <= kMaxTtl.count()) hints.ttl_minutes = ttl;
  hints.update_minutes = std::min(info.update_interval_minutes.value_or(0),
                                  static_cast<std::uint32_t>(kMaxTtl.count()));
  hints.skip_hours = info.skip_hours;
  hints.skip_days = info.skip_days;
  return hints;
}

WallTime after_skipped(WallTime due, const PollHints& hints, Rng& rng) {
  if (!is_skipped(due, hints)) return due;
  WallTime open = due;
  do {
    open = std::chrono::floor<std::chrono::hours>(open) + 1h;
    if (open - due > 24h) return due;
  } while (is_skipped(open, hints));
  return open + std::chrono::microseconds(
                    static_cast<std::int64_t>(rng.uniform(0, kSkipJitterSeconds) * 1e6));
}

}  // namespace feedwire::daemon
