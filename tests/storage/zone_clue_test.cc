#include "storage/zone_clue.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

using namespace std::chrono_literals;

const auto kNoon =
    std::chrono::sys_seconds{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}} + 12h;

// An entry that appeared at `published` (UTC) in a feed polled every `interval`, `late` before a
// poll, dated by a clock `ahead` of UTC.
void appear(ZoneClue& clue, std::chrono::sys_seconds published, std::chrono::seconds ahead,
            std::chrono::seconds interval, std::chrono::seconds late) {
  const WallTime found = published + late;
  add_clue(clue, published + ahead, found - interval, found);
}

}  // namespace

TEST_CASE("I-16 three entries in a row by a clock ahead of UTC suggest its zone") {
  for (const std::chrono::minutes zone : {480min, 345min, -210min, -720min, 840min}) {
    ZoneClue clue;
    CHECK_FALSE(suggested_offset(clue));
    appear(clue, kNoon, zone, 30min, 2min);
    appear(clue, kNoon + 2h, zone, 30min, 17min);
    CHECK_FALSE(suggested_offset(clue));
    appear(clue, kNoon + 5h, zone, 30min, 28min);
    CHECK(suggested_offset(clue) == zone);
  }
}

TEST_CASE("I-16 a clock that may show UTC suggests nothing") {
  ZoneClue clue;
  for (int i = 0; i < 5; ++i) appear(clue, kNoon + i * 1h, 0s, 30min, 5min);
  CHECK(clue.entries == 5);
  CHECK_FALSE(suggested_offset(clue));
}

TEST_CASE("I-16 entries that leave several zones open suggest nothing until one decides") {
  ZoneClue clue;
  for (int i = 0; i < 4; ++i) appear(clue, kNoon + i * 3h, 8h, 2h, 1h);
  CHECK(clue.entries == 4);
  CHECK_FALSE(suggested_offset(clue));
  appear(clue, kNoon + 20h, 8h, 2h, 2min);    // not much behind +08:00
  appear(clue, kNoon + 23h, 8h, 2h, 118min);  // not much ahead of it
  CHECK(suggested_offset(clue) == 480min);
}

TEST_CASE("I-16 an entry of another zone, or back-dated, begins the row anew") {
  ZoneClue clue;
  appear(clue, kNoon, 8h, 10min, 2min);
  appear(clue, kNoon + 1h, 8h, 10min, 2min);
  SECTION("another zone") { appear(clue, kNoon + 2h, 0s, 10min, 2min); }
  SECTION("back-dated") { appear(clue, kNoon + 2h, -72h, 10min, 2min); }
  SECTION("written for the day after") { appear(clue, kNoon + 2h, 36h, 10min, 2min); }
  CHECK(clue.entries <= 1);
  appear(clue, kNoon + 3h, 8h, 10min, 2min);
  appear(clue, kNoon + 4h, 8h, 10min, 2min);
  CHECK_FALSE(suggested_offset(clue));
  appear(clue, kNoon + 5h, 8h, 10min, 2min);
  CHECK(suggested_offset(clue) == 480min);
}

TEST_CASE("an offset is named by its sign, hours and minutes") {
  CHECK(offset_name(480min) == "+08:00");
  CHECK(offset_name(-210min) == "-03:30");
}

TEST_CASE("I-16 a feed whose clock runs ahead gets one warning that names its zone") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({"http://a.example/feed"})[0];
  std::vector<tests::Item> items = tests::make_items(2);
  store.poll(feed, items);
  const std::string zone = GENERATE("", "+08:00");
  for (int i = 3; i < 9; ++i) {  // one between each two polls, which are a minute apart
    tests::Item item = tests::make_items(1, i)[0];
    item.date = fmt::format("2026-11-22T04:{:02}:40{}", i - 2, zone);
    items.insert(items.begin(), item);
    store.poll(feed, items);
    store.reopen();  // what was learned lasts
  }
  store.close();
  const auto warnings = read_events(store.events(), "feed.warning");
  if (!zone.empty()) {
    CHECK(warnings.empty());
    return;
  }
  REQUIRE(warnings.size() == 1);
  CHECK(at(warnings[0], "/data/code") == "time-zone");
  CHECK(at(warnings[0], "/data/offset") == "+08:00");
}

}  // namespace feedwire::storage
