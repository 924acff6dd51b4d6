#include "daemon/poll_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/hash.h"
#include "feeds/date.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using storage::PollRow;

constexpr double kJitter = 0.05;  // only ever later: an interval is never cut short (H-77)
constexpr std::size_t kMaxErrorBytes = 200;  // of last_error, which is stored with the row

std::string_view header_or_empty(const HttpResponse& response, std::string_view name) {
  return response.header(name).value_or(std::string_view{});
}

// H-60's base: how soon a failure of this kind may be tried again the first time.
seconds backoff_base(const HttpResponse& response, bool read_error) {
  if (read_error || response.status == 404 || response.status == 410) return 1h;
  if (response.status == 401 || response.status == 403 || response.status == 451) return 6h;
  return 15min;
}

// H-60: doubles with each failure in a row, and an operator with a short floor waits less.
WallTime backoff(std::uint32_t failures, seconds base, WallTime now, const Pace& pace, Rng& rng) {
  const double floor_share = std::min(1.0, static_cast<double>(pace.floor.count()) / 3600);
  const double scaled = std::max(1.0, static_cast<double>(base.count()) * floor_share);
  const double first = std::max(scaled, static_cast<double>(pace.usual().count()));
  const double doublings = std::min<double>(failures - 1, 20);
  const double delay =
      std::min(static_cast<double>(kBackoffCap.count()), first * std::exp2(doublings));
  // Not below `usual`, or a failing feed would be polled more often than a healthy one.
  const double jittered =
      std::max(delay * rng.uniform(0.85, 1.15), static_cast<double>(pace.usual().count()));
  return now + std::chrono::microseconds(std::llround(jittered * 1e6));
}

std::string describe_failure(const HttpResponse& response) {
  if (response.error == TransportError::none) return fmt::format("HTTP status {}", response.status);
  return fmt::format("{}: {}", to_string(response.error), response.error_message);
}

// The part of a row that every poll changes.
PollRow polled(const PollRow& before, const HttpResponse& response, WallTime now) {
  PollRow row = before;
  ++row.polls;
  row.last_poll = now;
  row.last_status = static_cast<std::uint32_t>(response.status);
  return row;
}

void succeed(PollRow& row, WallTime now, const Pace& pace, Rng& rng) {
  row.failures = 0;
  row.last_error.clear();
  row.last_success = now;
  const double interval = static_cast<double>(pace.usual().count());
  row.next_poll =
      now + std::chrono::microseconds(std::llround(interval * rng.uniform(1, 1 + kJitter) * 1e6));
}

void fail(PollRow& row, const HttpResponse& response, std::string error, bool read_error,
          WallTime now, const Pace& pace, Rng& rng) {
  ++row.failures;
  error.resize(std::min(error.size(), kMaxErrorBytes));
  row.last_error = std::move(error);
  row.next_poll = backoff(row.failures, backoff_base(response, read_error), now, pace, rng);
  const std::optional<seconds> asked = retry_after(response, now);
  if (response.status == 429 && !asked)  // H-52
    row.next_poll =
        std::max<WallTime>(row.next_poll, now + std::max<seconds>(1h, 2 * pace.usual()));
  if (asked) row.next_poll = std::max<WallTime>(row.next_poll, now + *asked);
}

bool is_document_status(int status) { return status >= 200 && status < 300; }

}  // namespace

seconds Pace::usual() const { return interval ? *interval : std::min(floor, max_interval); }

std::optional<seconds> retry_after(const HttpResponse& response, WallTime now) {
  const std::string_view value = header_or_empty(response, "retry-after");
  if (value.empty() || (response.status < 300)) return std::nullopt;
  std::uint64_t count = 0;
  const auto [rest, problem] = std::from_chars(value.data(), value.data() + value.size(), count);
  const bool is_number = rest == value.data() + value.size();
  if (is_number && problem == std::errc::result_out_of_range) return kRetryAfterCap;
  if (is_number && problem == std::errc{})
    return seconds{std::min(count, static_cast<std::uint64_t>(kRetryAfterCap.count()))};
  const std::optional<feeds::ParsedDate> date = feeds::parse_date(value);
  if (!date) return std::nullopt;
  return std::clamp(std::chrono::ceil<seconds>(date->time - now), 0s, kRetryAfterCap);
}

Judgement judge_response(const PollRow& before, const HttpResponse& response, WallTime now,
                         const Pace& pace, Rng& rng) {
  PollRow row = polled(before, response, now);
  const auto failure = [&](std::string error) {
    fail(row, response, std::move(error), false, now, pace, rng);
    return Judgement{Verdict::failure, row};
  };
  if (response.error != TransportError::none) return failure(describe_failure(response));
  if (response.status == 304) {
    if (!response.sent_validators) return failure("304 to an unconditional request");  // H-19
    // H-16: what the 304 carries replaces, what it does not carry stays.
    if (const auto etag = response.header("etag")) row.etag = *etag;
    if (const auto date = response.header("last-modified")) row.last_modified = *date;
    succeed(row, now, pace, rng);
    return {Verdict::unchanged, row};
  }
  if (!is_document_status(response.status)) return failure(describe_failure(response));

  const Hash128 body_hash = xxh3_128(response.body);
  const bool same_body = before.had_document && body_hash == before.body_hash;
  // H-14, H-15: exactly what this 200 carried, also where the body is the same.
  row.etag = header_or_empty(response, "etag");
  row.last_modified = header_or_empty(response, "last-modified");
  row.validators_url = response.final_url;
  row.body_hash = body_hash;
  row.had_document = true;
  succeed(row, now, pace, rng);
  return {same_body ? Verdict::unchanged : Verdict::document, row};
}

PollRow reject_document(const PollRow& before, const HttpResponse& response, std::string error,
                        WallTime now, const Pace& pace, Rng& rng) {
  PollRow row = polled(before, response, now);
  fail(row, response, std::move(error), true, now, pace, rng);
  return row;
}

}  // namespace feedwire::daemon
