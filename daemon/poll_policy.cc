#include "daemon/poll_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/hash.h"
#include "daemon/feed_moves.h"
#include "daemon/feed_turns.h"
#include "daemon/habit.h"
#include "daemon/poll_bounds.h"
#include "daemon/server_care.h"
#include "feeds/date.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using storage::longest;
using storage::lower_bounds;
using storage::PollRow;
using storage::PollRule;
using storage::standing_bounds;

constexpr std::size_t kMaxErrorBytes = 200;  // of last_error, which is stored with the row
constexpr seconds kMaxStrain = 24h;          // H-53

std::string_view header_or_empty(const HttpResponse& response, std::string_view name) {
  return response.header(name).value_or(std::string_view{});
}

// H-60's base: how soon a failure of this kind may be tried again the first time.
seconds backoff_base(const HttpResponse& response, bool read_error) {
  if (read_error || response.status == 404 || response.status == 410) return 1h;
  if (response.status == 401 || response.status == 403 || response.status == 451) return 6h;
  return 15min;
}

PollRule floor_rule(const Pace& pace) {
  return pace.interval ? PollRule::interval : PollRule::floor;
}

// A floor, or what was asked for beyond it before the last answer.
PollBound bounded_floor(const PollRow& row, seconds floor, const Pace& pace) {
  return longest(standing_bounds({floor, floor_rule(pace)}, row));
}

// H-60: doubles with each failure in a row, and an operator with a short floor waits less.
WallTime backoff(std::uint32_t failures, seconds base, seconds interval, WallTime now,
                 const Pace& pace, Rng& rng) {
  const double floor_share = std::min(1.0, static_cast<double>(pace.floor.count()) / 3600);
  const double scaled = std::max(1.0, static_cast<double>(base.count()) * floor_share);
  const double least = static_cast<double>(interval.count());
  const double first = std::max(scaled, least);
  const double doublings = std::min<double>(failures - 1, 20);
  const double delay =
      std::min(static_cast<double>(kBackoffCap.count()), first * std::exp2(doublings));
  // Not below `interval`, or a failing feed would be polled more often than a healthy one.
  const double jittered = std::max(delay * rng.uniform(0.85, 1.15), least);
  return now + std::chrono::microseconds(std::llround(jittered * 1e6));
}

// A twentieth more at most, lest all come at once (H-77).
std::chrono::microseconds jittered_up(std::chrono::microseconds wait, Rng& rng) {
  return std::chrono::microseconds(
      std::llround(static_cast<double>(wait.count()) * rng.uniform(1, 1.05)));
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
  forget_server_notes(row, now);
  note_plain_request(row, response, now);
  if (response.broke_http2) note_http2_breach(row, now);
  return row;
}

// H-53: each clean day takes a tenth off, until what is left is no more than usual.
void ease_strain(PollRow& row, WallTime now, const Pace& pace) {
  row.strain_since = std::min(row.strain_since, now);  // the clock was set back
  while (row.strain > 0s && now - row.strain_since >= 24h) {
    row.strain -= std::max(row.strain / 10, 1s);  // a tenth of a short one is nothing
    row.strain_since += 24h;
    if (row.strain <= pace.usual()) row.strain = 0s;
  }
}

// What the answer says of the next poll, for lower_bounds().
void note_bounds(PollRow& row, seconds floor, std::optional<seconds> fresh, seconds retry_after,
                 const Pace& pace) {
  row.floor = floor;
  row.own_interval = pace.interval.has_value();
  row.fresh_for = fresh;
  row.retry_after = retry_after;
}

// `document`: what was read, null if it is what was there before.
void succeed(PollRow& row, const HttpResponse& response, const feeds::Feed* document, WallTime now,
             const Pace& pace, Rng& rng) {
  const WallTime since =
      note_success(row.habit, row.last_success, now, row.failures > 0, row.interval);
  if (document != nullptr) note_document(row.habit, *document, since, now);
  row.failures = 0;
  row.failing_since = {};
  row.life.failing = false;
  row.life.gone_since = {};
  row.last_error.clear();
  row.last_success = now;
  ease_strain(row, now, pace);
  note_bounds(row, floor_for(row, response, pace), freshness(response, now), 0s, pace);
  plan_next_poll(row, pace, longest(lower_bounds(row)), now, rng);
}

// H-52 and H-53, of an answer 429.
void strain(PollRow& row, WallTime now, const Pace& pace) {
  row.strain = std::min(kMaxStrain, 2 * std::max(pace.usual(), row.strain));
  row.strain_since = now;
}

void fail(PollRow& row, const HttpResponse& response, std::string error, bool read_error,
          WallTime now, const Pace& pace, Rng& rng) {
  if (row.failures++ == 0) row.failing_since = now;
  error.resize(std::min(error.size(), kMaxErrorBytes));
  row.last_error = std::move(error);
  note_failure(row, response, now);
  if (row.life.gone) {
    row.rule = PollRule::gone;
    row.next_poll = {};
    return;
  }
  seconds interval = bounded_floor(row, pace.usual(), pace).wait;
  if (!pace.interval) interval = std::max(interval, row.interval);
  row.rule = PollRule::failure;
  row.next_poll =
      backoff(row.failures, backoff_base(response, read_error), interval, now, pace, rng);
  if (row.life.failing)  // H-63
    row.next_poll = now + jittered_up(std::max<seconds>(kFailingPause, interval), rng);
  const std::optional<seconds> asked = retry_after(response, now);
  note_bounds(row, pace.usual(), std::nullopt, asked.value_or(0s), pace);
  if (response.status == 429) {
    if (!asked)  // H-52
      row.next_poll = std::max<WallTime>(row.next_poll, now + std::max<seconds>(1h, 2 * interval));
    strain(row, now, pace);
  }
  if (asked && now + *asked > row.next_poll) {
    row.next_poll = now + *asked;
    row.rule = PollRule::retry_after;
  }
}

// H-21: whether a conditional request was answered with what we have already.
void count_repeat(PollRow& row, const HttpResponse& response, bool same_body) {
  row.repeats = same_body && response.sent_validators ? row.repeats + 1 : 0;
  row.repeated_bytes = same_body ? response.body.size() : 0;
  if (row.repeats > 0) row.answers_304 = false;
}

bool is_document_status(int status) { return status >= 200 && status < 300; }

}  // namespace

bool is_delta(const HttpResponse& response) { return response.status == 226; }

PollBound least_interval(const PollRow& row, const Pace& pace) {
  return bounded_floor(row, floor_for(row, HttpResponse{}, pace), pace);
}

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
    return Judgement{Verdict::failure, std::move(row)};
  };
  if (response.error != TransportError::none) return failure(describe_failure(response));
  if (response.status == 304) {
    if (!response.sent_validators) return failure("304 to an unconditional request");  // H-19
    // H-16: what the 304 carries replaces, what it does not carry stays.
    if (const auto etag = response.header("etag")) row.etag = *etag;
    if (const auto date = response.header("last-modified")) row.last_modified = *date;
    note_validators(row, before, response, false, now);
    row.repeats = 0;
    row.answers_304 = true;
    succeed(row, response, nullptr, now, pace, rng);
    return {Verdict::unchanged, std::move(row)};
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
  note_validators(row, before, response, !same_body, now);
  count_repeat(row, response, same_body);
  if (!same_body) return {Verdict::document, std::move(row)};
  succeed(row, response, nullptr, now, pace, rng);
  return {Verdict::unchanged, std::move(row)};
}

PollRow accept_document(PollRow row, const HttpResponse& response, const feeds::Feed& document,
                        WallTime now, const Pace& pace, Rng& rng) {
  row.hints = hints_of(document.info());
  row.title_print = title_print(document.info());
  row.id_print = id_print(document.info());
  succeed(row, response, is_delta(response) ? nullptr : &document, now, pace, rng);
  return row;
}

PollRow reject_document(const PollRow& before, const HttpResponse& response, std::string error,
                        WallTime now, const Pace& pace, Rng& rng) {
  PollRow row = polled(before, response, now);
  fail(row, response, std::move(error), true, now, pace, rng);
  return row;
}

PollRow follow_link(const PollRow& before, const HttpResponse& response, std::string url,
                    WallTime now) {
  PollRow row = polled(before, response, now);
  row.failures = 0;
  row.failing_since = {};
  row.last_error.clear();
  row.life.failing = false;
  row.life.gone_since = {};
  row.life.candidate = {};
  row.life.moved_to = std::move(url);
  row.life.linked = true;
  row.retry_after = 0s;
  row.rule = PollRule::discovered;
  row.next_poll = now;
  return row;
}

}  // namespace feedwire::daemon
