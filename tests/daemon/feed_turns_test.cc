#include "daemon/feed_turns.h"

#include <catch2/catch.hpp>

#include "daemon/poll_policy.h"
#include "tests/support/replayed_web.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;
using storage::FeedTurn;
using storage::PollRow;
using storage::PollRule;
using tests::answer;

namespace {

const WallTime kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h;

/// A feed that answers what a test says, poll after poll.
class Life {
 public:
  PollRow row;
  std::vector<FeedTurn::Kind> told;

  Life() {
    row.polls = 3;
    row.etag = "\"a\"";
    row.body_hash = xxh3_128("feed");
    row.had_document = true;
  }

  /// The answer `at` so long after the start.
  const PollRow& then(std::chrono::seconds at, int status, const std::string& body = "") {
    HttpRequest request;
    request.url = "https://example.org/feed";
    request.etag = row.etag;
    const HttpResponse response = answer(request, status, body);
    const PollRow before = row;
    const Judgement judged = judge_response(row, response, kNow + at, pace_, rng_);
    row = judged.verdict == Verdict::document
              ? reject_document(row, response, "not a feed", kNow + at, pace_, rng_)
              : judged.row;
    for (const FeedTurn& turn : turns_between(request.url, before, row)) told.push_back(turn.kind);
    return row;
  }

 private:
  Pace pace_;
  SeededRng rng_{1};
};

using Told = std::vector<FeedTurn::Kind>;

}  // namespace

TEST_CASE("H-48 a 410 that a second one confirms a day later ends the polls, told once",
          "[feed_turns]") {
  Life life;
  CHECK_FALSE(life.then(0h, 410).life.gone);
  CHECK(life.row.next_poll > kNow);
  CHECK_FALSE(life.then(23h, 410).life.gone);
  CHECK(life.told == Told{});
  CHECK(life.then(24h, 410).life.gone);
  CHECK(life.row.next_poll == WallTime{});
  CHECK(life.row.rule == PollRule::gone);
  CHECK(life.row.life.gone_since == kNow);
  CHECK(life.told == Told{FeedTurn::Kind::gone});
}

TEST_CASE("H-48 a 200 between two 410s cancels, be it a page, and so does a 304", "[feed_turns]") {
  const int status = GENERATE(200, 304);
  Life life;
  life.then(0h, 410);
  life.then(20h, status, "<html>");
  CHECK_FALSE(life.then(25h, 410).life.gone);
  CHECK(life.then(49h, 410).life.gone);
}

TEST_CASE("H-48 other failures between two 410s do not", "[feed_turns]") {
  Life life;
  life.then(0h, 410);
  life.then(20h, 503);
  CHECK(life.then(24h, 410).life.gone);
}

TEST_CASE("H-48 a clock that is set back does not confirm a 410", "[feed_turns]") {
  Life life;
  life.then(0h, 410);
  CHECK_FALSE(life.then(-240h, 410).life.gone);
  CHECK_FALSE(life.then(-220h, 410).life.gone);
  CHECK(life.then(-216h, 410).life.gone);
}

TEST_CASE("H-63 a month of failures is told once, and then one poll a day", "[feed_turns]") {
  Life life;
  for (int day = 0; day < 30; ++day) CHECK_FALSE(life.then(day * 24h, 500).life.failing);
  CHECK(life.told == Told{});
  for (int day = 30; day < 40; ++day) {
    CHECK(life.then(day * 24h, 500).life.failing);
    CHECK(life.row.next_poll >= kNow + day * 24h + 24h);
    CHECK(life.row.next_poll <= kNow + day * 24h + 26h);
  }
  CHECK(life.told == Told{FeedTurn::Kind::failing});
  life.then(1000h, 304);
  CHECK_FALSE(life.row.life.failing);
  life.then(1001h, 500);
  CHECK(life.told == Told{FeedTurn::Kind::failing, FeedTurn::Kind::recovered});
}

TEST_CASE("H-63 few failures in a month are not enough, nor are many in a day", "[feed_turns]") {
  Life few;
  for (int week = 0; week < 29; ++week) few.then(week * 168h, 500);
  CHECK_FALSE(few.row.life.failing);
  Life many;
  for (int minute = 0; minute < 600; ++minute) many.then(minute * 60s, 500);
  CHECK_FALSE(many.row.life.failing);
}

TEST_CASE("H-63 who names a later time is left alone until then", "[feed_turns]") {
  PollRow row;
  row.failures = 40;
  row.failing_since = kNow - 2000h;
  HttpRequest request;
  request.url = "https://example.org/feed";
  SeededRng rng(1);
  const HttpResponse response = answer(request, 503, "", {{"retry-after", "300000"}});
  const Judgement judged = judge_response(row, response, kNow, Pace{}, rng);
  CHECK(judged.row.next_poll == kNow + 300000s);
  CHECK(judged.row.rule == PollRule::retry_after);
}

TEST_CASE("H-48 the operator brings back what is gone, an hour after its last poll",
          "[feed_turns]") {
  Life life;
  life.then(0h, 410);
  life.then(24h, 410);
  PollRow row = life.row;
  REQUIRE(renew(row, false, kNow + 24h + 10min));
  CHECK_FALSE(row.life.gone);
  CHECK(row.failures == 0);
  CHECK(row.next_poll == kNow + 25h);
  CHECK(row.life.renewed == kNow + 24h + 10min);
  CHECK_FALSE(renew(row, true, kNow + 30h));  // nothing is in the way
  row = life.row;
  REQUIRE(renew(row, false, kNow + 100h));
  CHECK(row.next_poll == kNow + 100h);
}

}  // namespace feedwire::daemon
