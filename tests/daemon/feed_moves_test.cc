#include "daemon/feed_moves.h"

#include <catch2/catch.hpp>
#include <string>

#include "daemon/feed_turns.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;
using storage::FeedLife;

namespace {

const WallTime kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h;
constexpr char kUrl[] = "http://example.org/feed?a";
constexpr char kTarget[] = "https://new.example/feed";

/// A poll that goes well and is led to `target`.
void see(FeedLife& life, std::chrono::seconds at, std::string_view target = kTarget,
         bool is_ours = true) {
  note_sighting(
      life, kUrl, target, [=] { return is_ours; }, kNow + at);
}

HttpResponse led_by(const std::vector<int>& statuses) {
  HttpResponse response;
  response.status = 200;
  response.final_url = kTarget;
  for (const int status : statuses) response.redirects.push_back({status, kTarget});
  return response;
}

}  // namespace

TEST_CASE("H-65 H-66 only redirects that are all permanent lead to another place", "[feed_moves]") {
  CHECK(permanent_target(led_by({301})) == kTarget);
  CHECK(permanent_target(led_by({308, 301})) == kTarget);
  for (const int status : {300, 302, 303, 307}) {
    CHECK(permanent_target(led_by({status})).empty());
    CHECK(permanent_target(led_by({301, status})).empty());
    CHECK(permanent_target(led_by({status, 301})).empty());
  }
  CHECK(permanent_target(led_by({})).empty());
}

TEST_CASE("H-66 a move is believed on the third poll, a week after the first", "[feed_moves]") {
  FeedLife life;
  see(life, 0h);
  see(life, 100h);
  CHECK(life.moved_to.empty());
  see(life, 168h);
  CHECK(life.moved_to == kTarget);
  CHECK(life.candidate == FeedLife::Candidate{});
}

TEST_CASE("H-66 neither many polls in a day nor two in a month are enough", "[feed_moves]") {
  FeedLife often, seldom;
  for (int hour = 0; hour < 167; ++hour) see(often, hour * 1h);
  CHECK(often.moved_to.empty());
  see(seldom, 0h);
  see(seldom, 700h);
  CHECK(seldom.moved_to.empty());
}

TEST_CASE("H-66 a poll that is led elsewhere, or nowhere, begins anew", "[feed_moves]") {
  const std::string between = GENERATE("", "https://third.example/");
  FeedLife life;
  see(life, 0h);
  see(life, 100h);
  see(life, 150h, between);
  see(life, 168h);
  see(life, 300h);
  CHECK(life.moved_to.empty());
  see(life, 336h);
  CHECK(life.moved_to == kTarget);
}

TEST_CASE("H-66 where another feed is, ours has not moved to, however often", "[feed_moves]") {
  FeedLife life;
  see(life, 0h, kTarget, false);
  for (int day = 1; day < 30; ++day) see(life, day * 24h);  // by then it is what we know
  CHECK(life.moved_to.empty());
  CHECK_FALSE(follow_candidate(life));
}

TEST_CASE("H-66 the same address by https is believed at once, another one is not",
          "[feed_moves]") {
  FeedLife life;
  see(life, 0h, "https://example.org/feed?a");
  CHECK(life.moved_to == "https://example.org/feed?a");
  for (const std::string_view other :
       {"https://example.org/feed", "https://example.org/feed?b", "https://www.example.org/feed?a",
        "https://example.org/feeds?a", "http://example.org/feed?a#x"}) {
    CHECK_FALSE(is_https_of(kUrl, other));
  }
  CHECK_FALSE(is_https_of("https://example.org/feed?a", kUrl));
}

TEST_CASE("H-66 a clock that was set back makes the week no shorter", "[feed_moves]") {
  FeedLife life;
  see(life, 0h);
  see(life, -1000h);
  see(life, -999h);
  CHECK(life.moved_to.empty());
  see(life, -832h);
  CHECK(life.moved_to == kTarget);
}

TEST_CASE("H-67 a sighting can be taken back", "[feed_moves]") {
  FeedLife life;
  see(life, 0h);
  see(life, 1h);
  take_back_sighting(life, "other.example");
  CHECK(life.candidate.polls == 2);
  take_back_sighting(life, "new.example");
  CHECK(life.candidate.polls == 1);
  take_back_sighting(life, "new.example");
  CHECK(life.candidate == FeedLife::Candidate{});
}

TEST_CASE("H-66 an old URL that is no more sends us where it has led, if it has", "[feed_moves]") {
  const int status = GENERATE(404, 410);
  HttpResponse response;
  response.status = status;
  storage::PollRow row;
  row.failures = 1;
  see(row.life, 0h);
  storage::PollRow elsewhere = row, stranger = row, lost_there = row;
  note_failure(row, response, kNow + 1h);
  CHECK(row.life.moved_to == kTarget);
  CHECK(row.life.gone_since == WallTime{});
  const auto turns = turns_between(kUrl, stranger, row);
  REQUIRE(turns.size() == 1);
  CHECK(turns[0].from == kUrl);
  CHECK(turns[0].to == kTarget);
  CHECK(turns[0].cause == "lost");

  stranger.life.candidate.polls = 0;
  note_failure(stranger, response, kNow + 1h);
  CHECK(stranger.life.moved_to.empty());
  response.status = 500;
  note_failure(elsewhere, response, kNow + 1h);
  CHECK(elsewhere.life.moved_to.empty());
  response.status = status;
  response.redirects = {{301, kTarget}};  // the new URL is what is not there
  note_failure(lost_there, response, kNow + 1h);
  CHECK(lost_there.life.moved_to.empty());
}

TEST_CASE("P-12 H-64 the first feed is taken to which a redirect could lead, too", "[feed_moves]") {
  const std::string page = "https://example.org/";
  const auto chosen = [&](const std::vector<std::string>& linked) {
    const Result<std::string> url = choose_linked_feed(page, linked);
    return url ? *url : url.error().message;
  };
  CHECK(chosen({"https://example.org/a", "https://example.org/b"}) == "https://example.org/a");
  CHECK(chosen({"ftp://example.org/a", "javascript:x", page, "https://example.net/b"}) ==
        "https://example.net/b");
  CHECK(chosen({"http://example.org/a", "https://example.org/b"}) == "https://example.org/b");
  CHECK(chosen({"https://me:secret@example.org/a"}) == "https://example.org/a");
  CHECK(chosen({"http://me:secret@example.org/a"}) ==
        "links to a feed by http alone: subscribe to http://example.org/a");
  CHECK(chosen({page}) == "links to no feed: subscribe to the feed's own URL");
  CHECK(choose_linked_feed("http://example.org/", {"http://example.org/a"}).value() ==
        "http://example.org/a");
}

}  // namespace feedwire::daemon
