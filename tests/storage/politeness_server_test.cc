// Politeness in who is asked, with what, and by whom else.

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "tests/storage/politeness_story.h"

namespace feedwire::storage {

TEST_CASE("H-05 a cookie that was sent is found, one that came is not to blame", "[politeness]") {
  const auto given = [](PollRecord& r) { r.set_cookie = true; };
  CHECK(Story().then(0s, given).then(1h).found() == Found{});
  CHECK(Story().then(0s, given).then(1h, [](PollRecord& r) { r.sent_cookie = true; }).found() ==
        Found{{"H-05", 1}});
}

TEST_CASE("H-68 private addresses that nobody allows are found, on each hop", "[politeness]") {
  const auto asked = [](const std::string& address, const std::string& allowed_by) {
    return Story().then(0s, [&](PollRecord& r) { r.peer = {address, allowed_by}; }).found();
  };
  for (const char* const address : {"10.1.2.3", "127.0.0.1", "100.64.0.1", "169.254.169.254",
                                    "172.31.0.1", "192.168.1.1", "224.0.0.1", "255.255.255.255",
                                    "::1", "::ffff:10.1.2.3", "fd00::1", "fe80::1", "ff02::1"}) {
    CAPTURE(address);
    CHECK(asked(address, "") == Found{{"H-68", 1}});
    CHECK(asked(address, "203.0.113.0/24") == Found{{"H-68", 1}});
  }
  for (const char* const address : {"93.184.216.34", "172.32.0.1", "2606:2800:220:1::1", ""})
    CHECK(asked(address, "") == Found{});
  CHECK(asked("10.1.2.3", "10.0.0.0/8") == Found{});
  CHECK(asked("fd00::1", "fd00::/8") == Found{});
  const auto led = [](PollRecord& r) {
    r.hops = {{302, "https://example.org/a", {"10.1.2.3", ""}}};
    r.final_url = "https://example.org/a";
    r.peer = {"93.184.216.34", ""};
  };
  CHECK(Story().then(0s, led).found() == Found{{"H-68", 1}});
}

TEST_CASE("H-69 feeds that are asked in turns at one place are found", "[politeness]") {
  // Feeds 1 and 2, of which the second has moved to the URL of the first.
  const auto turns = [](const std::string& order, PollCause cause = PollCause::schedule) {
    Findings findings;
    PolitenessCheck check(findings);
    std::uint64_t polls = 0;
    for (const char feed : order) {
      PollRecord record;
      record.feed = static_cast<FeedKey>(feed - '0');
      record.place = feed == '1' ? 0 : 1;
      record.poll = ++polls;
      record.cause = cause;
      record.url = record.final_url = "https://example.org/feed";
      record.host = "example.org";
      record.at = kStart + polls * 1h;
      record.uptime = polls * 1h;
      record.noted = record.at;
      record.previous = record.at - 1h;  // of records that are missing
      record.run = record.status = 1;
      check.add(record);
    }
    return findings.counts();
  };
  CHECK(turns("21212") == Found{{"H-69", 1}});
  CHECK(turns("1111212121") == Found{{"H-69", 1}});
  CHECK(turns("212121212") == Found{{"H-69", 2}});
  CHECK(turns("2232323").empty() == false);  // both have moved there
  CHECK(turns("21212", PollCause::manual) == Found{});
  CHECK(turns("2221112221112") == Found{});  // one is paused now and then
  CHECK(turns("1212") == Found{});
}

TEST_CASE("H-20 validators are left out where they are in doubt alone, and once a week",
          "[politeness]") {
  const auto left_out = [](PollRecord& r) {
    r.if_none_match.clear();
    r.doubts = true;
  };
  const auto same_etag = [](PollRecord& r) { r.etag = r.if_none_match; };
  const auto not_modified = [](PollRecord& r) {
    r.status = 304;
    r.verdict = PollVerdict::unchanged;
    r.etag = r.if_none_match;
  };
  CHECK(Story().then(0s).then(200h, left_out).found() == Found{{"H-20", 1}});
  const auto doubted_and = [&](auto... more) {
    auto story = std::make_unique<Story>();
    story->then(0s).then(1h, same_etag).then(100h, not_modified).then(more...);
    return story;
  };
  CHECK(doubted_and(68h, left_out)->found() == Found{});
  CHECK(doubted_and(67h, left_out)->found() == Found{{"H-20", 1}});
  const auto weekly = [&](PollRecord& r) {
    left_out(r);
    r.etag = "\"1\"";  // still the same
  };
  CHECK(doubted_and(68h, weekly)->then(168h, weekly).found() == Found{});
  CHECK(doubted_and(68h, weekly)->then(167h, weekly).found() == Found{{"H-20", 1}});
  // Another ETag with another body: it is sound again.
  CHECK(doubted_and(68h, [](PollRecord&) {})->then(168h, left_out).found() == Found{{"H-20", 1}});
  const auto ahead = [](const char* date) {
    return [date](PollRecord& r) {
      r.last_modified = date;
      r.etag.clear();
    };
  };
  const auto after = [&](const char* date) {
    return Story().then(0s, ahead(date)).then(168h, left_out).found();
  };
  CHECK(after("Fri, 20 Nov 2026 11:06:40 GMT") == Found{});
  CHECK(after("Thu, 19 Nov 2026 11:06:00 GMT") == Found{{"H-20", 1}});
  CHECK(after("Tue, 19 Jan 2038 03:14:07 GMT") == Found{});
  CHECK(after("Fri, 31 Dec 9999 23:59:59 GMT") == Found{});
  CHECK(after("about 2059, or 1987") == Found{});
  CHECK(after("Mon, 01 Jan 2001 20:38:00 +2039") == Found{{"H-20", 1}});
}

}  // namespace feedwire::storage
