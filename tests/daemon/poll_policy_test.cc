#include "daemon/poll_policy.h"

#include <catch2/catch.hpp>

#include "tests/support/replayed_web.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;
using storage::PollRow;
using tests::answer;

namespace {

const WallTime kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h;

HttpRequest asked(bool with_validators = true) {
  HttpRequest request;
  request.url = "https://example.org/feed";
  if (with_validators) request.etag = "\"a\"";
  return request;
}

PollRow polled_before() {
  PollRow row;
  row.polls = 3;
  row.etag = "\"a\"";
  row.last_modified = "Sat, 21 Nov 2026 10:00:00 GMT";
  row.validators_url = "https://example.org/feed";
  row.body_hash = xxh3_128("old");
  row.had_document = true;
  return row;
}

// Of a feed that is so busy that bounds alone decide.
struct Judge {
  Pace pace;
  SeededRng rng{1};
  Judge() { pace.scale = 1e-6; }
  Judgement operator()(const PollRow& before, const HttpResponse& response) {
    return judge_response(before, response, kNow, pace, rng);
  }
};

HttpResponse failed(TransportError error) {
  HttpResponse response = answer(asked(), 0, "");
  response.error = error;
  response.error_message = "for a reason";
  return response;
}

}  // namespace

TEST_CASE("H-11 H-12 validators are stored byte for byte, both of them", "[policy]") {
  const Judgement judged =
      Judge()({}, answer(asked(false), 200, "new",
                         {{"etag", "W/\"x-gzip\""}, {"last-modified", "yesterday, 5 o'clock"}}));
  CHECK(judged.verdict == Verdict::document);
  CHECK(judged.row.etag == "W/\"x-gzip\"");
  CHECK(judged.row.last_modified == "yesterday, 5 o'clock");
  CHECK(judged.row.validators_url == "https://example.org/feed");
}

TEST_CASE("H-14 a header that a 200 no longer carries is deleted", "[policy]") {
  const Judgement judged =
      Judge()(polled_before(), answer(asked(), 200, "new", {{"etag", "\"b\""}}));
  CHECK(judged.row.etag == "\"b\"");
  CHECK(judged.row.last_modified.empty());
}

TEST_CASE("H-15 H-22 the same body is not parsed, but its validators are stored", "[policy]") {
  const Judgement judged =
      Judge()(polled_before(), answer(asked(), 200, "old", {{"etag", "\"b\""}}));
  CHECK(judged.verdict == Verdict::unchanged);
  CHECK(judged.row.etag == "\"b\"");
}

TEST_CASE("H-16 a 304 replaces each validator it carries and keeps the others", "[policy]") {
  const Judgement judged = Judge()(polled_before(), answer(asked(), 304, "", {{"etag", "\"c\""}}));
  CHECK(judged.verdict == Verdict::unchanged);
  CHECK(judged.row.etag == "\"c\"");
  CHECK(judged.row.last_modified == polled_before().last_modified);
}

TEST_CASE("H-17 H-45 a body that is no feed leaves the old validators", "[policy]") {
  SeededRng rng(1);
  const HttpResponse response = answer(asked(), 200, "<html>", {{"etag", "\"page\""}});
  const PollRow row =
      reject_document(polled_before(), response, "not a feed: an HTML page", kNow, Pace{}, rng);
  CHECK(row.etag == "\"a\"");
  CHECK(row.body_hash == polled_before().body_hash);
  CHECK(row.failures == 1);
  CHECK(row.last_error == "not a feed: an HTML page");
}

TEST_CASE("H-17 H-49 a failed transfer leaves the old validators and is not retried at once",
          "[policy]") {
  const auto error = GENERATE(TransportError::truncated, TransportError::too_large,
                              TransportError::timeout, TransportError::blocked);
  const Judgement judged = Judge()(polled_before(), failed(error));
  CHECK(judged.verdict == Verdict::failure);
  CHECK(judged.row.etag == "\"a\"");
  CHECK(judged.row.last_modified == polled_before().last_modified);
  CHECK(judged.row.next_poll >= kNow + 1h);
}

TEST_CASE("H-19 a 304 to an unconditional request is an error", "[policy]") {
  const Judgement judged = Judge()({}, answer(asked(false), 304, ""));
  CHECK(judged.verdict == Verdict::failure);
  CHECK(judged.row.failures == 1);
}

TEST_CASE("H-44 H-61 a 304 is a success and ends a row of failures", "[policy]") {
  PollRow before = polled_before();
  before.failures = 5;
  before.last_error = "HTTP status 500";
  const Judgement judged = Judge()(before, answer(asked(), 304, ""));
  CHECK(judged.row.failures == 0);
  CHECK(judged.row.last_error.empty());
  CHECK(judged.row.polls == 4);
}

TEST_CASE("H-77 the jitter only ever lengthens an interval", "[policy]") {
  Judge judge;
  WallTime earliest = WallTime::max(), latest{};
  for (int i = 0; i < 500; ++i) {
    const WallTime next = judge(polled_before(), answer(asked(), 304, "")).row.next_poll;
    earliest = std::min(earliest, next);
    latest = std::max(latest, next);
  }
  CHECK(earliest >= kNow + 60min);
  CHECK(latest <= kNow + 63min);
  CHECK(latest > kNow + 62min);
}

TEST_CASE("a feed's own interval replaces the floor, which max_interval bounds", "[policy]") {
  CHECK(Pace{.floor = 1h, .max_interval = 12h}.usual() == 1h);
  CHECK(Pace{.floor = 1h, .max_interval = 12h, .interval = 10s}.usual() == 10s);
  CHECK(Pace{.floor = 24h, .max_interval = 12h}.usual() == 12h);
}

TEST_CASE("H-60 failures back off, doubling to a day, and never below the interval", "[policy]") {
  Judge judge;
  PollRow row = polled_before();
  const auto delay_after = [&](std::uint32_t failures) {
    row.failures = failures - 1;
    return judge(row, answer(asked(), 500, "")).row.next_poll - kNow;
  };
  for (int i = 0; i < 100; ++i) {
    CHECK(delay_after(1) >= 1h);
    CHECK(delay_after(1) <= 70min);
    CHECK(delay_after(3) >= 4h * 0.84);
    CHECK(delay_after(3) <= 4h * 1.16);
    CHECK(delay_after(40) <= 24h * 1.16);
  }
  judge.pace.floor = 1s;
  CHECK(delay_after(1) <= 2s);
}

TEST_CASE("H-60 H-61 a failing feed waits for its interval at least, which failures do not change",
          "[policy]") {
  Judge judge;
  PollRow row = polled_before();
  row.interval = 5h;
  const PollRow failed = judge(row, answer(asked(), 500, "")).row;
  CHECK(failed.next_poll >= kNow + 5h);
  CHECK(failed.interval == 5h);
  CHECK(failed.failing_since == kNow);
  judge.pace.interval = 10s;
  CHECK(judge(row, answer(asked(), 500, "")).row.next_poll <= kNow + 70min);
}

TEST_CASE("H-50 H-51 Retry-After is a lower bound in either form", "[policy]") {
  Judge judge;
  const auto next = [&](std::string value) {
    return judge(polled_before(), answer(asked(), 503, "", {{"retry-after", value}})).row.next_poll;
  };
  CHECK(next("36000") >= kNow + 10h);
  CHECK(next("Sun, 22 Nov 2026 12:00:00 GMT") >= kNow + 24h);
  CHECK(next("99999999999999999999999") >= kNow + 7 * 24h);
  CHECK(next("99999999999999999999999") <= kNow + 7 * 24h + 1h);
  CHECK(next("soon") <= kNow + 70min);
  CHECK(next("Sat, 21 Nov 2026 11:00:00 GMT") <= kNow + 70min);
  CHECK(next("-5") <= kNow + 70min);
}

TEST_CASE("H-52 a 429 without Retry-After waits an hour or two intervals at least", "[policy]") {
  Judge judge;
  judge.pace.floor = 1s;
  CHECK(judge(polled_before(), answer(asked(), 429, "")).row.next_poll >= kNow + 1h);
  judge.pace.floor = 3h;
  CHECK(judge(polled_before(), answer(asked(), 429, "")).row.next_poll >= kNow + 6h);
}

}  // namespace feedwire::daemon
