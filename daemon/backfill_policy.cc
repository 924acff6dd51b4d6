#include "daemon/backfill_policy.h"

#include <algorithm>
#include <cmath>

#include "daemon/poll_policy.h"
#include "feeds/url.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using storage::Backfill;

constexpr std::chrono::seconds kFirstPause = 15min;
constexpr std::chrono::hours kPatience{1};  // that a 429 without Retry-After asks for (H-52)

// Whether the page is not to be had, now or later.
bool is_final(const HttpResponse& response) {
  switch (response.error) {
    case TransportError::none:
      break;
    case TransportError::too_large:
    case TransportError::blocked:
    case TransportError::bad_redirect:
    case TransportError::bad_encoding:
      return true;
    default:
      return false;
  }
  const int status = response.status;
  return status < 500 && status != 408 && status != 425 && status != 429;
}

}  // namespace

bool is_page(const HttpResponse& response) {
  return response.error == TransportError::none && response.status >= 200 && response.status < 300;
}

void note_page_failure(Backfill& backfill, const HttpResponse& response, bool unreadable,
                       std::chrono::seconds floor, WallTime now, Rng& rng) {
  ++backfill.failures;
  if (unreadable || is_final(response) || backfill.failures >= kMaxPageFailures)
    return end_backfill(backfill, Backfill::End::failed);
  const double share = std::min(1.0, std::chrono::duration<double>(floor) / 1h);
  const double first = std::max(1.0, std::chrono::duration<double>(kFirstPause).count() * share);
  const double pause = std::ldexp(first, static_cast<int>(backfill.failures) - 1);
  const auto jittered = std::chrono::duration<double>(pause * rng.uniform(1, 1.15));
  backfill.next_ask =
      std::max(now + std::chrono::duration_cast<std::chrono::microseconds>(jittered),
               page_patience(response, now));
}

WallTime page_patience(const HttpResponse& response, WallTime now) {
  if (response.error != TransportError::none) return {};
  if (const auto asked = retry_after(response, now)) return now + *asked;
  return response.status == 429 ? now + kPatience : WallTime{};
}

std::string numbered_page(std::string_view url, std::uint32_t number) {
  constexpr std::string_view kName = "paged=";
  const feeds::UrlParts parts = feeds::split_url(url);
  std::string query;
  for (std::string_view rest = parts.query; !rest.empty();) {
    const std::string_view field = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), field.size() + 1));
    if (!field.starts_with(kName)) query.append(query.empty() ? "" : "&").append(field);
  }
  query.append(query.empty() ? "" : "&").append(kName).append(std::to_string(number));
  const std::size_t end = std::min(url.find_first_of("?#"), url.size());
  return std::string(url.substr(0, end)).append("?").append(query);
}

}  // namespace feedwire::daemon
