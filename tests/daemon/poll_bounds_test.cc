#include "daemon/poll_bounds.h"

#include <catch2/catch.hpp>

#include "daemon/poll_policy.h"
#include "tests/daemon/made_document.h"
#include "tests/support/replayed_web.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;
using std::chrono::seconds;
using storage::PollHints;
using storage::PollRow;
using storage::PollRule;

namespace {

// A Saturday.
const WallTime kNoon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h;

using Headers = std::vector<std::pair<std::string, std::string>>;

HttpRequest asked() {
  HttpRequest request;
  request.url = "https://example.org/feed";
  request.etag = "\"a\"";
  return request;
}

HttpResponse unchanged(Headers headers = {}) {
  return tests::answer(asked(), 304, "", std::move(headers));
}

std::optional<seconds> fresh(Headers headers) {
  return freshness(unchanged(std::move(headers)), kNoon);
}

PollRow before() {
  PollRow row;
  row.body_hash = xxh3_128("old");
  row.had_document = true;
  return row;
}

// Of a feed that is so busy that bounds alone decide.
struct Judge {
  Pace pace;
  SeededRng rng{1};

  Judge() {
    pace.scale = 1e-6;
    pace.fast_floor = pace.floor;
  }

  PollRow operator()(const PollRow& row, const HttpResponse& response, WallTime now = kNoon) {
    return judge_response(row, response, now, pace, rng).row;
  }
  // Likewise, and a new body is a feed.
  PollRow accept(const PollRow& row, const HttpResponse& response, const feeds::FeedInfo& info) {
    return accept_document((*this)(row, response), response, tests::document_of({}, info), kNoon,
                           pace, rng);
  }
};

feeds::FeedInfo info_of(std::optional<std::uint32_t> ttl,
                        std::optional<std::uint32_t> update = {}) {
  feeds::FeedInfo info;
  info.ttl_minutes = ttl;
  info.update_interval_minutes = update;
  return info;
}

// Whether a poll at kNoon of this row is followed by one after `wait`, and no more than a twentieth
// later (H-77).
bool waits(const PollRow& row, seconds wait) {
  return row.next_poll >= kNoon + wait && row.next_poll <= kNoon + wait + wait / 20;
}

}  // namespace

TEST_CASE("H-30 an answer is fresh for max-age less Age, else until Expires", "[bounds]") {
  CHECK_FALSE(fresh({}));
  CHECK(fresh({{"cache-control", "max-age=3600"}}) == 3600s);
  CHECK(fresh({{"cache-control", "public , MAX-AGE = \"60\""}}) == 60s);
  CHECK(fresh({{"cache-control", "max-age=3600"}, {"expires", "Sat, 21 Nov 2026 12:00:01 GMT"}}) ==
        3600s);
  CHECK(fresh({{"cache-control", "max-age=60"}, {"age", "100"}}) == 0s);
  CHECK(fresh({{"expires", "Sat, 21 Nov 2026 14:00:00 GMT"},
               {"date", "Sat, 21 Nov 2026 13:00:00 GMT"}}) == 1h);
  CHECK(fresh({{"expires", "Sat, 21 Nov 2026 14:00:00 GMT"}}) == 2h);
  CHECK(fresh({{"expires", "Sat, 21 Nov 2026 10:00:00 GMT"}}) == 0s);
}

TEST_CASE("H-30 s-maxage is for others, the first valid value wins, too large is the cap",
          "[bounds]") {
  CHECK_FALSE(fresh({{"cache-control", "s-maxage=3600"}}));
  CHECK_FALSE(fresh({{"cache-control", "x-max-age=3600, max-age"}}));
  CHECK(fresh({{"cache-control", "s-maxage=3600, max-age=120, max-age=60"}}) == 120s);
  CHECK(fresh({{"cache-control", "max-age=soon"}, {"cache-control", "max-age=90"}}) == 90s);
  CHECK(fresh({{"cache-control", "max-age=-5"}, {"expires", "Sat, 21 Nov 2026 13:00:00 GMT"}}) ==
        1h);
  CHECK(fresh({{"cache-control", "max-age=99999999999999999999999"}}) == 24h);
}

TEST_CASE("H-33 H-39 a month of freshness counts as a day, past max_interval", "[bounds]") {
  Judge judge;
  const PollRow row = judge(before(), unchanged({{"cache-control", "max-age=2592000"}}));
  CHECK(waits(row, 24h));
  CHECK(row.rule == PollRule::freshness);
}

TEST_CASE("H-31 freshness counts on a 200 and on a 304", "[bounds]") {
  Judge judge;
  const Headers headers = {{"cache-control", "max-age=7200"}};
  CHECK(waits(judge(before(), unchanged(headers)), 2h));
  CHECK(waits(judge.accept(before(), tests::answer(asked(), 200, "new", headers), {}), 2h));
}

TEST_CASE("H-23 H-32 what forbids storing, or has expired, does not hasten a poll", "[bounds]") {
  Judge judge;
  for (const char* value : {"no-store", "no-cache", "must-revalidate", "private", "max-age=0"}) {
    const PollRow row = judge(before(), unchanged({{"cache-control", value}, {"etag", "\"b\""}}));
    CHECK(waits(row, 1h));
    CHECK(row.rule == PollRule::floor);
  }
  const PollRow expired = judge(before(), unchanged({{"expires", "0"}, {"etag", "\"b\""}}));
  CHECK(waits(expired, 1h));
  CHECK(expired.etag == "\"b\"");
}

TEST_CASE("H-34 what is left of max-age bounds the next poll, and so does the floor", "[bounds]") {
  Judge judge;
  const auto answer = unchanged({{"cache-control", "max-age=3600"}, {"age", "3000"}});
  CHECK(waits(judge(before(), answer), 1h));
  judge.pace.interval = 1s;
  CHECK(waits(judge(before(), answer), 600s));
}

TEST_CASE("H-35 that a document is old is no reason to poll it later", "[bounds]") {
  const Headers headers = {{"last-modified", "Sat, 21 Nov 2015 12:00:00 GMT"},
                           {"date", "Sat, 21 Nov 2026 12:00:00 GMT"}};
  CHECK_FALSE(fresh(headers));
  Judge judge;
  const PollRow row = judge(before(), unchanged(headers));
  CHECK(waits(row, 1h));
  CHECK(row.rule == PollRule::floor);
}

TEST_CASE("H-36 a ttl of up to a day is a lower bound, also of the polls after it", "[bounds]") {
  Judge judge;
  const HttpResponse answer = tests::answer(asked(), 200, "new");
  const auto accepted = [&](std::uint32_t ttl) {
    return judge.accept(before(), answer, info_of(ttl));
  };
  CHECK(waits(accepted(180), 3h));
  CHECK(accepted(180).rule == PollRule::ttl);
  CHECK(waits(accepted(1440), 24h));
  for (const std::uint32_t ttl : {0u, 5u, 60u, 1441u, 4'000'000'000u})
    CHECK(waits(accepted(ttl), 1h));
  CHECK(waits(judge(accepted(180), unchanged()), 3h));
  CHECK(judge(accepted(180), tests::answer(asked(), 500, "")).next_poll >= kNoon + 3h);
}

TEST_CASE("H-37 an update period is a lower bound of a day at most, and never hastens",
          "[bounds]") {
  Judge judge;
  const HttpResponse answer = tests::answer(asked(), 200, "new");
  const auto accepted = [&](std::uint32_t minutes) {
    return judge.accept(before(), answer, info_of({}, minutes));
  };
  CHECK(waits(accepted(10), 1h));
  CHECK(waits(accepted(360), 6h));
  CHECK(accepted(360).rule == PollRule::update_period);
  CHECK(waits(accepted(60 * 24 * 365), 24h));
}

TEST_CASE("H-38 a poll that is due in skipped hours or days waits for their end", "[bounds]") {
  SeededRng rng(1);
  const auto opened = [&](WallTime due, std::uint32_t hours, std::uint32_t days) {
    return after_skipped(due, {0, 0, hours, days}, rng);
  };
  constexpr std::uint32_t kNoonAndOne = 1u << 12 | 1u << 13, kAll = (1u << 24) - 1;
  const WallTime moved = opened(kNoon + 30min, kNoonAndOne, 0);
  CHECK(moved >= kNoon + 2h);
  CHECK(moved <= kNoon + 2h + 10min);
  CHECK(opened(kNoon + 2h, kNoonAndOne, 0) == kNoon + 2h);
  CHECK(opened(kNoon - 1us, kNoonAndOne, 0) == kNoon - 1us);
  // Past midnight, and over a day with the hours of the next.
  CHECK(opened(kNoon + 11h, 1u << 23 | 1u, 0) >= kNoon + 13h);
  constexpr std::uint32_t kSaturday = 1u << 6, kSunday = 1;
  CHECK(opened(kNoon, 0, kSaturday) >= kNoon + 12h);
  CHECK(opened(kNoon, 0, kSaturday) <= kNoon + 12h + 10min);
  CHECK(opened(kNoon, 1u, kSaturday) >= kNoon + 13h);
  // No time is left, or none within a day.
  CHECK(opened(kNoon, kAll, 0) == kNoon);
  CHECK(opened(kNoon, 0, 127) == kNoon);
  CHECK(opened(kNoon, 0, kSaturday | kSunday) == kNoon);
}

TEST_CASE("H-38 a skipped hour is named as what decided", "[bounds]") {
  Judge judge;
  PollRow row = before();
  row.hints.skip_hours = 1u << 13;
  row = judge(row, unchanged());
  CHECK(row.next_poll >= kNoon + 2h);
  CHECK(row.rule == PollRule::skipped_time);
}

TEST_CASE("H-21 who never answers 304 is asked hourly, or every four hours", "[bounds]") {
  Judge judge;
  judge.pace.floor = 15min;
  const std::string body(GENERATE(3u, 300'000u), 'x');
  const seconds least = body.size() > 3 ? 4h : 1h;
  PollRow row = before();
  row.body_hash = xxh3_128(body);
  const HttpResponse same = tests::answer(asked(), 200, body);
  for (int i = 0; i < 4; ++i) row = judge(row, same);
  CHECK(waits(row, 15min));
  const PollRow fifth = judge(row, same);
  CHECK(waits(fifth, least));
  CHECK(fifth.rule == PollRule::no_conditional);
  CHECK(waits(judge(fifth, unchanged()), 15min));
  CHECK(waits(judge.accept(fifth, tests::answer(asked(), 200, "new"), {}), 15min));
  CHECK(waits(judge(row, tests::answer(asked(), 200, body, {{"cache-control", "max-age=1800"}})),
              30min));
  HttpRequest unconditional = asked();
  unconditional.etag.clear();
  CHECK(waits(judge(row, tests::answer(unconditional, 200, body)), 15min));
}

TEST_CASE("S-6 H-32 a server or document that names a short time asks for polls within it",
          "[bounds]") {
  const auto asks = [](Headers headers, std::uint32_t ttl = 0) {
    PollHints hints;
    hints.ttl_minutes = ttl;
    return asks_for_polls_within(15min, unchanged(std::move(headers)), hints);
  };
  CHECK(asks({{"cache-control", "public, max-age=900"}}));
  CHECK(asks({}, 15));
  CHECK_FALSE(asks({}));
  CHECK_FALSE(asks({}, 16));
  CHECK_FALSE(asks({{"cache-control", "max-age=901"}}));
  CHECK_FALSE(asks({{"cache-control", "max-age=0"}}));
  for (const char* other : {"no-store", "No-Cache", "must-revalidate", "private=\"set-cookie\""})
    CHECK_FALSE(asks({{"cache-control", "max-age=60"}, {"cache-control", other}}));
}

TEST_CASE("H-53 each 429 doubles the feed's floor, each clean day takes a tenth off", "[bounds]") {
  Judge judge;
  const HttpResponse refused = tests::answer(asked(), 429, "", {{"retry-after", "0"}});
  PollRow row = judge(before(), refused);
  CHECK(waits(judge(row, unchanged()), 2h));
  CHECK(judge(row, unchanged()).rule == PollRule::strain);
  row = judge(row, refused);
  CHECK(waits(judge(row, unchanged()), 4h));
  const PollRow next_day = judge(row, unchanged(), kNoon + 25h);
  CHECK(next_day.strain == 216min);
  CHECK(next_day.next_poll >= kNoon + 25h + 216min);
  CHECK(judge(next_day, unchanged(), kNoon + 26h).strain == 216min);
  CHECK(judge(next_day, unchanged(), kNoon + 20 * 24h).strain == 0s);
  const PollRow set_back = judge(row, unchanged(), kNoon - 365 * 24h);
  CHECK(set_back.strain == row.strain);
  CHECK(judge(set_back, unchanged(), kNoon - 364 * 24h).strain < row.strain);
  judge.pace.floor = 1s;
  const PollRow brief = judge(before(), refused);
  CHECK(brief.strain == 2s);
  CHECK(judge(brief, unchanged(), kNoon + 25h).strain == 0s);
  judge.pace.floor = 1h;
  for (int i = 0; i < 9; ++i) row = judge(row, refused);
  CHECK(row.strain == 24h);
}

}  // namespace feedwire::daemon
