// Politeness towards feeds that fail, go or move.

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "tests/storage/politeness_story.h"

namespace feedwire::storage {

TEST_CASE("H-60 a failing feed is asked less and less often", "[politeness]") {
  const auto broken = [](PollRecord& r) { failed(r, 404); };
  CHECK(Story().then(0s).then(1h, broken).then(1h, broken).then(103min, broken).found() == Found{});
  CHECK(Story().then(0s).then(1h, broken).then(1h, broken).then(100min, broken).found() ==
        Found{{"H-60", 1}});
  CHECK(Story().then(0s).then(1h, [](PollRecord& r) { failed(r, 403); }).then(5h).found() ==
        Found{{"H-60", 1}});
}

TEST_CASE("H-48 a feed that is gone is asked no more, unless the operator wants it",
          "[politeness]") {
  const auto gone = [](PollRecord& r) { failed(r, 410); };
  const auto confirmed_and = [&](auto... more) {
    return Story().then(0s).then(1h, gone).then(24h, gone).then(more...).found();
  };
  CHECK(confirmed_and(1000h, gone) == Found{{"H-48", 1}});
  CHECK(Story().then(0s).then(1h, gone).then(22h, gone).then(4h, gone).found() == Found{});
  const auto there = [](PollRecord& r) {
    r.verdict = PollVerdict::failure;  // a page
    r.etag = r.if_none_match;
  };
  CHECK(Story().then(0s).then(1h, gone).then(20h, there).then(9h, gone).then(9h, gone).found() ==
        Found{});
  const auto renewed = [](PollRecord& r) {
    failed(r, 410);
    r.renewed = kStart + 26h + 10min;
  };
  CHECK(confirmed_and(2h, renewed) == Found{});
  CHECK(confirmed_and(59min, renewed) == Found{{"H-48", 1}});
  Story again;
  again.then(0s).then(1h, gone).then(24h, gone).then(2h, renewed).then(1h, renewed);
  CHECK(again.found() == Found{});
}

TEST_CASE("H-63 a feed that has failed for a month is asked once a day", "[politeness]") {
  const auto month = [](auto pause, int failures) {
    Story story;
    story.then(0s);
    for (int i = 0; i < failures; ++i) story.then(28h, [](PollRecord& r) { failed(r, 500); });
    return story.then(pause).found();
  };
  CHECK(month(24h, 30) == Found{});
  CHECK(month(23h, 30) == Found{{"H-63", 1}});
  CHECK(month(23h, 25) == Found{});
}

TEST_CASE("H-64 redirects in a circle, too many, or to http are found", "[politeness]") {
  const auto redirected = [](std::vector<PollRecord::Hop> hops) {
    return [hops = std::move(hops)](PollRecord& r) {
      r.hops = hops;
      r.final_url = hops.back().to;
    };
  };
  CHECK(Story().then(0s, redirected({{301, "https://example.org/a"}})).found() == Found{});
  CHECK(Story().then(0s, redirected({{301, "http://example.org/a"}})).found() ==
        Found{{"H-64", 1}});
  CHECK(
      Story()
          .then(0s, redirected({{302, "https://example.org/a"}, {302, "https://example.org/feed"}}))
          .found() == Found{{"H-64", 1}});
  std::vector<PollRecord::Hop> many;
  for (int i = 0; i < 6; ++i) many.push_back({302, "https://example.org/" + std::to_string(i)});
  CHECK(Story().then(0s, redirected(many)).found() == Found{{"H-64", 1}});
}

TEST_CASE("H-65 H-66 another URL is asked only after permanent redirects, for a week",
          "[politeness]") {
  const std::string to = "https://new.example/feed";
  const auto led = [to](int status) {
    return [=](PollRecord& r) {
      r.hops = {{status, to}};
      r.final_url = to;
    };
  };
  const auto moved = [to](PollRecord& r) { r.url = r.final_url = to; };
  CHECK(
      Story().then(0s, led(301)).then(84h, led(308)).then(84h, led(301)).then(1h, moved).found() ==
      Found{});
  CHECK(
      Story().then(0s, led(301)).then(84h, led(301)).then(83h, led(301)).then(1h, moved).found() ==
      Found{{"H-66", 1}});
  CHECK(Story().then(0s, led(301)).then(168h, led(301)).then(1h, moved).found() ==
        Found{{"H-66", 1}});
  CHECK(
      Story().then(0s, led(301)).then(84h, led(302)).then(84h, led(301)).then(1h, moved).found() ==
      Found{{"H-66", 1}});
  CHECK(
      Story().then(0s, led(302)).then(84h, led(302)).then(84h, led(302)).then(1h, moved).found() ==
      Found{{"H-65", 1}});
  const auto lost = [](PollRecord& r) { failed(r, 404), r.if_none_match = "", r.etag = "\"1\""; };
  CHECK(Story().then(0s, led(301)).then(2h, lost).then(2h, moved).found() == Found{});
  CHECK(Story().then(0s, led(302)).then(2h, lost).then(2h, moved).found() == Found{{"H-66", 1}});
  // Where records are missing they may tell of it.
  CHECK(Story().then(0s, [](PollRecord& r) { r.poll = 9; }).then(1h, moved).found() ==
        Found{{"H-18", 1}});
}

TEST_CASE("P-12 a page leads to its feed at once, and only once", "[politeness]") {
  const std::string feed = "https://example.org/feed", other = "https://example.org/other";
  const auto page = [](const std::string& to) {
    return [to](PollRecord& r) {
      r.verdict = PollVerdict::page;
      r.url = r.final_url = "https://example.org/";
      r.if_none_match = r.etag = "";
      r.linked = to;
    };
  };
  const auto first = [](PollRecord& r) { r.if_none_match = ""; };
  CHECK(Story().then(0s, page(feed)).then(2s, first).then(1h).found() == Found{});
  CHECK(Story().then(0s, page(feed)).then(1s, first).found() == Found{{"H-70", 1}});
  CHECK(Story().then(0s, page(other)).then(2s, first).found() == Found{{"H-66", 1}});
  const auto again = [&](PollRecord& r) { page(feed)(r), r.url = r.final_url = feed; };
  CHECK(Story().then(0s, page(feed)).then(1h, again).found() == Found{{"P-12", 1}});
  CHECK(Story().then(0s).then(1h, again).found().count("P-12") == 1);  // without validators, too
  const auto renewed = [&](PollRecord& r) { page(other)(r), r.renewed = r.at; };
  CHECK(Story().then(0s, page(feed)).then(2s, first).then(1h, renewed).found() == Found{});
}

}  // namespace feedwire::storage
