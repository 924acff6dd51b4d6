#include "storage/politeness.h"

#include <catch2/catch.hpp>
#include <functional>

#include "tests/storage/politeness_story.h"

namespace feedwire::storage {

TEST_CASE("H-91 polls by the rules are polite", "[politeness]") {
  Story story;
  story.then(0s).then(1h).then(1h).then(61min, [](PollRecord& record) {
    record.status = 304;
    record.verdict = PollVerdict::unchanged;
  });
  CHECK(story.found() == Found{});
  CHECK(story.summary().requests == 4);
  CHECK(story.summary().documents == 3);
  CHECK(story.summary().not_modified == 1);
}

TEST_CASE("H-39 H-77 a poll before the floor is found", "[politeness]") {
  CHECK(Story().then(0s).then(59min).found() == Found{{"H-39", 1}});
  // The operator has asked for a shorter one meanwhile.
  CHECK(Story().then(0s).then(15min, [](PollRecord& r) { r.interval = 15min; }).found() == Found{});
}

TEST_CASE("H-10 H-11 H-13 H-18 validators are those of the last answer", "[politeness]") {
  CHECK(Story().then(0s, [](PollRecord& r) { r.if_none_match = "\"x\""; }).found() ==
        Found{{"H-10", 1}});
  CHECK(Story().then(0s).then(1h, [](PollRecord& r) { r.if_none_match = "1"; }).found() ==
        Found{{"H-11", 1}});
  CHECK(Story().then(0s).then(1h, [](PollRecord& r) { r.if_none_match = ""; }).found() ==
        Found{{"H-11", 1}});
  CHECK(Story().then(0s).then(1h, [](PollRecord& r) { r.if_modified_since = "now"; }).found() ==
        Found{{"H-13", 1}});
  const auto elsewhere = [](PollRecord& r) { r.final_url = "https://example.org/other"; };
  CHECK(Story().then(0s).then(1h, elsewhere).found() == Found{{"H-18", 1}});
  // After a failure those from before it; a 304 replaces what it carries.
  CHECK(Story().then(0s).then(1h, [](PollRecord& r) { failed(r, 500); }).then(1h).found() ==
        Found{});
  CHECK(Story()
            .then(0s)
            .then(1h,
                  [](PollRecord& r) {
                    r.status = 304;
                    r.verdict = PollVerdict::unchanged;
                    r.etag = "\"new\"";
                  })
            .then(1h)
            .found() == Found{});
}

TEST_CASE("H-19 H-47 H-49 errors taken for success are found", "[politeness]") {
  const auto taken = [](int status) { return [status](PollRecord& r) { r.status = status; }; };
  CHECK(Story().then(0s, taken(404)).found() == Found{{"H-47", 1}});
  CHECK(Story().then(0s, taken(503)).found() == Found{{"H-49", 1}});
  CHECK(Story().then(0s, taken(304)).found() == Found{{"H-19", 1}});
}

TEST_CASE("H-21 a server that ignores validators is asked once an hour", "[politeness]") {
  Story story;
  const auto same = [](PollRecord& r) {
    r.verdict = PollVerdict::unchanged;
    r.conditional_repeat = true;
    r.interval = 10min;
  };
  story.then(0s, [](PollRecord& r) { r.interval = 10min; });
  for (int i = 0; i < 5; ++i) story.then(10min, same);
  CHECK(story.found() == Found{});
  CHECK(story.then(10min, same).found() == Found{{"H-21", 1}});
}

TEST_CASE("H-30 to H-37 what the answer announced has to pass", "[politeness]") {
  const auto after = [](const std::function<void(PollRecord&)>& answer, auto pause) {
    return Story().then(0s, answer).then(pause).found();
  };
  const auto fresh = [](PollRecord& r) {
    r.cache_control = "private, Max-Age = \"7200\"";
    r.age = "600";
  };
  CHECK(after(fresh, 6600s) == Found{});
  CHECK(after(fresh, 6599s) == Found{{"H-30", 1}});
  const auto expires = [](PollRecord& r) {
    r.date = "Wed, 18 Nov 2026 10:00:00 GMT";
    r.expires = "Wed, 18 Nov 2026 12:00:00 GMT";
  };
  CHECK(after(expires, 2h) == Found{});
  CHECK(after(expires, 119min) == Found{{"H-30", 1}});
  const auto month = [](PollRecord& r) { r.cache_control = "max-age=2592000"; };
  CHECK(after(month, 24h) == Found{});
  CHECK(after(month, 23h) == Found{{"H-30", 1}});
  const auto other = [](PollRecord& r) { r.cache_control = "s-maxage=99999, x-max-age=99999"; };
  CHECK(after(other, 1h) == Found{});
  CHECK(after([](PollRecord& r) { r.hints.ttl_minutes = 120; }, 119min) == Found{{"H-36", 1}});
  CHECK(after([](PollRecord& r) { r.hints.ttl_minutes = 1441; }, 1h) == Found{});
  CHECK(after([](PollRecord& r) { r.hints.update_minutes = 99999; }, 23h) == Found{{"H-36", 1}});
}

TEST_CASE("H-38 a poll due in an excluded hour is found", "[politeness]") {
  const auto due_at = [](WallTime time, std::uint32_t hours, std::uint32_t days) {
    return [=](PollRecord& r) {
      r.next_poll = time;
      r.hints.skip_hours = hours;
      r.hints.skip_days = days;
    };
  };
  const WallTime due = kStart + 2h;  // 13:06
  CHECK(Story().then(0s, due_at(due, 1u << 13, 0)).then(2h).found() == Found{{"H-38", 1}});
  CHECK(Story().then(0s, due_at(due, 1u << 12, 0)).then(2h).found() == Found{});
  CHECK(Story().then(0s, due_at(due, 0, 1u << 3)).then(2h).found() == Found{{"H-38", 1}});
  CHECK(Story().then(0s, due_at(due, 0xffffff, 0)).then(2h).found() == Found{});  // no time at all
}

TEST_CASE("H-51 H-52 H-53 who is told off stays away", "[politeness]") {
  const auto busy = [](PollRecord& r) {
    failed(r, 503);
    r.retry_after = "86400";
  };
  CHECK(Story().then(0s).then(1h, busy).then(24h).found() == Found{});
  CHECK(Story().then(0s).then(1h, busy).then(23h).found() == Found{{"H-51", 1}});
  const auto too_many = [](PollRecord& r) { failed(r, 429); };
  CHECK(Story().then(0s).then(1h, too_many).then(119min).found() == Found{{"H-52", 1}});
  CHECK(Story().then(0s).then(1h, too_many).then(4h).then(2h).found() == Found{});
  CHECK(Story().then(0s).then(1h, too_many).then(4h).then(119min).found() == Found{{"H-53", 1}});
  // Of how long ago it was, a clock that was set back or forth since does not tell, nor once it is
  // right.
  for (const auto year : {-365 * 24h, 365 * 24h}) {
    const auto set = [year](PollRecord& r) { r.at = r.noted += year; };
    Story told_off;
    told_off.then(0s).then(1h, too_many).then(4h, set).then(1h, set).then(1h).then(1h);
    CHECK(told_off.found() == Found{});
  }
}

TEST_CASE("H-75 an operator may ask early, but not at once, nor while the server wants patience",
          "[politeness]") {
  const auto manual = [](PollRecord& r) { r.cause = PollCause::manual; };
  const auto forced = [](PollRecord& r) { r.cause = PollCause::forced; };
  const auto fresh = [](PollRecord& r) { r.cache_control = "max-age=7200"; };
  CHECK(Story().then(0s, fresh).then(60s, manual).then(1h).found() == Found{});
  CHECK(Story().then(0s, fresh).then(50s, manual).found() == Found{{"H-75", 1}});
  CHECK(Story().then(0s).then(60s, manual).then(50min).found() == Found{{"H-39", 1}});
  const auto busy = [](PollRecord& r) {
    failed(r, 503);
    r.retry_after = "7200";
  };
  CHECK(Story().then(0s).then(1h, busy).then(2h, manual).found() == Found{});
  CHECK(Story().then(0s).then(1h, busy).then(1h, manual).found() == Found{{"H-51", 1}});
  CHECK(Story().then(0s).then(1h, busy).then(10s, forced).found() == Found{});
  const auto too_many = [](PollRecord& r) { failed(r, 429); };
  CHECK(Story().then(0s).then(1h, too_many).then(1h, manual).found() == Found{{"H-52", 1}});
  const auto broken = [](PollRecord& r) { failed(r, 404); };
  CHECK(Story().then(0s).then(1h, broken).then(60s, manual).found() == Found{});
}

TEST_CASE("W-5 a poll may follow a subscription early, but not at once", "[politeness]") {
  const auto confirmed = [](PollRecord& r) { r.cause = PollCause::confirmed; };
  CHECK(Story().then(0s).then(60s, confirmed).then(1h).found() == Found{});
  CHECK(Story().then(0s).then(50s, confirmed).found() == Found{{"W-5", 1}});
  const auto too_many = [](PollRecord& r) { failed(r, 429); };
  CHECK(Story().then(0s).then(1h, too_many).then(1h, confirmed).found() == Found{{"H-52", 1}});
}

TEST_CASE("H-70 a request to a hub is none to the feed, but its host's gap is kept",
          "[politeness]") {
  const auto hub = [](PollRecord& r) {
    r.cause = PollCause::hub;
    r.poll = 0;
    r.previous = r.noted = {};
    r.status = 202;
    r.verdict = PollVerdict::unchanged;
  };
  const auto of_feed = [](PollRecord& r) {  // as if the hub had not been asked between
    r.poll = 2;
    r.previous = kStart + 1s;
    r.if_none_match = "\"1\"";
  };
  CHECK(Story().then(0s).then(2s, hub).then(1h, of_feed).found() == Found{});
  CHECK(Story().then(0s).then(2s, hub).then(20min, of_feed).found() == Found{{"H-39", 1}});
  CHECK(Story().then(0s).then(1s, hub).found() == Found{{"H-70", 1}});
  CHECK(Story().then(0s).then(2s, hub).summary().requests == 2);
  CHECK(Story().then(0s).then(2s, hub).summary().same_body == 0);
}

TEST_CASE("H-56 H-58 a host that has refused two feeds is asked by none", "[politeness]") {
  const auto of = [](FeedKey feed, int status, bool own_scope = false) {
    return [=](PollRecord& r) {
      r.feed = feed;
      r.poll = 1;
      r.previous = {};
      r.if_none_match = "";
      r.own_scope = own_scope;
      if (status != 200) failed(r, status);
      r.next_poll = r.at + 10h;
    };
  };
  CHECK(Story().then(0s, of(1, 429)).then(9min, of(2, 503)).then(9h, of(3, 200)).found() ==
        Found{{"H-56", 1}});
  CHECK(Story().then(0s, of(1, 429)).then(9min, of(2, 503)).then(10h, of(3, 200)).found() ==
        Found{});
  CHECK(Story().then(0s, of(1, 429)).then(11min, of(2, 429)).then(1h, of(3, 200)).found() ==
        Found{});
  CHECK(Story().then(0s, of(1, 502)).then(9min, of(2, 504)).then(1h, of(3, 200)).found() ==
        Found{});
  CHECK(Story()
            .then(0s, of(1, 429, true))
            .then(9min, of(2, 429, true))
            .then(1h, of(3, 200, true))
            .found() == Found{});
  // The probe: one more refusal holds all again.
  CHECK(Story()
            .then(0s, of(1, 429))
            .then(9min, of(2, 429))
            .then(10h, of(3, 429))
            .then(9h, of(4, 200))
            .found() == Found{{"H-56", 1}});
}

TEST_CASE("H-70 a host is asked once at a time, with a pause", "[politeness]") {
  const auto another = [](const std::string& host) {
    return [host](PollRecord& r) {
      r.feed = 2;
      r.poll = 1;
      r.host = host;
      r.if_none_match = "";
    };
  };
  CHECK(Story().then(0s).then(2s, another("example.org")).found() == Found{});
  // The host's own pause, and its domain's.
  CHECK(Story().then(0s).then(1500ms, another("example.org")).found() == Found{{"H-70", 1}});
  CHECK(Story().then(0s).then(1500ms, another("www.example.org")).found() == Found{});
  CHECK(Story().then(0s).then(900ms, another("www.example.org")).found() == Found{{"H-70", 1}});
  CHECK(Story().then(0s).then(-500ms, another("www.example.org")).found() == Found{{"H-70", 1}});
  CHECK(Story().then(0s).then(0s, another("example.com")).found() == Found{});
}

TEST_CASE("H-72 a daemon that was killed asks again after one floor", "[politeness]") {
  const auto again = [](auto pause) {
    return Story()
        .then(0s)
        .then(1h, [](PollRecord& r) { failed(r, 429), r.retry_after = "86400"; })
        .then(pause,
              [](PollRecord& r) {
                r.poll = 2, r.previous = kStart + 1s;  // of the first request
                r.run = 2, r.uptime = 10s, r.if_none_match = "?";
              })
        .found();
  };
  CHECK(again(1h) == Found{});
  CHECK(again(59min) == Found{{"H-72", 1}});
}

TEST_CASE("H-62 a try while nothing can be reached changes nothing", "[politeness]") {
  const auto offline = [](PollRecord& r) {
    r.poll = 2;
    r.status = 0;
    r.error = "dns";
    r.verdict = PollVerdict::offline;
    r.etag = r.if_none_match;
  };
  const auto back = [](PollRecord& r) { r.poll = 2; };
  CHECK(Story().then(0s).then(1h, offline).then(1min, offline).then(1min, back).found() == Found{});
  CHECK(Story().then(0s).then(30min, offline).found() == Found{{"H-39", 1}});
}

TEST_CASE("what cannot be known is not held against anyone", "[politeness]") {
  // Records are missing before this one.
  CHECK(Story()
            .then(0s, [](PollRecord& r) { r.poll = 10; })
            .then(1min,
                  [](PollRecord& r) {
                    r.poll = 12, r.previous = kStart + 30s, r.if_none_match = "\"?\"";
                  })
            .found() == Found{});
  // The clock was set back between two runs.
  CHECK(Story()
            .then(0s)
            .then(1h, [](PollRecord& r) { r.run = 2, r.at -= 24h, r.uptime = 10s; })
            .found() == Found{});
  // Between two runs the wall clock tells.
  CHECK(Story().then(0s).then(30min, [](PollRecord& r) { r.run = 2, r.uptime = 10s; }).found() ==
        Found{{"H-39", 1}});
}

}  // namespace feedwire::storage
