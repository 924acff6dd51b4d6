#include "storage/entry_retention.h"

#include <catch2/catch.hpp>

#include "storage/fsck.h"
#include "storage/log_reader.h"
#include "tests/storage/damage.h"

namespace feedwire::storage {
namespace {

using namespace std::chrono_literals;

const std::string kUrl = "http://a.example/feed";
const std::string kOther = "http://b.example/feed";
constexpr std::chrono::hours kDay{24};

/// Content lives for ten days, keys for forty, the log for two.
struct Life : TestStore {
  Life() {
    options.keep_entries = 10 * kDay;
    options.keep_keys = 40 * kDay;
    options.keep_segments = 2 * kDay;
    open();
    feed = subscribe({kUrl})[0];
  }

  void pass(int days) {
    for (int hour = 0; hour < 24 * days; ++hour) {
      clock.advance(1h);
      REQUIRE((*this)->tick(clock.now()));
    }
  }
  // Four other documents: then the window has forgotten those before.
  void push_out_of_window() {
    for (int i = 0; i < 5; ++i) poll(feed, tests::make_items(2, 100 + 10 * i));
  }
  // What fsck counts, and finds, after a clean stop.
  StoreCheck check() {
    close();
    PosixFs real;
    StoreCheck check = check_store(real, path(), 1 << 20, {}).value();
    CHECK(codes_of(check.findings).empty());
    open();
    return check;
  }
  // The last event of this type; the log may have been trimmed.
  rapidjson::Document last_event(std::string_view type) {
    LogReader reader = LogReader::open(fs, events(), 0).value();
    rapidjson::Document found;
    for (;;) {
      const std::optional<LogLine> line = reader.next().value();
      if (!line) return found;
      rapidjson::Document event;
      event.Parse(line->line.data(), line->line.size());
      if (event["type"].GetString() == "feedwire." + std::string(type)) found = std::move(event);
    }
  }
  Hash128 key_of(const rapidjson::Document& event) {
    return Hash128::from_hex(at(event, "/partitionkey")).value();
  }

  FeedKey feed = 0;
};

}  // namespace

TEST_CASE("I-11 after its content is gone an entry that is sent again is not new", "[retention]") {
  Life life;
  auto items = tests::make_items(3);
  life.poll(life.feed, items);
  const Hash128 entry = life.key_of(life.last_event("entry.created"));
  life.push_out_of_window();
  CHECK(life->entry(entry));
  life.pass(15);

  const auto gone = life->entry(entry);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == ErrorCode::not_found);
  CHECK(life->entries({std::nullopt, 100}).value().size() == 8);  // those of the window
  life.check();
  life.subscribe({kUrl});

  items[2].title = "Something else";
  const CommitSummary again = life.poll(life.feed, items);
  CHECK(again.created == 0);
  CHECK(again.unchanged == 2);
  CHECK(again.updated == 1);
  const auto updated = life.last_event("entry.updated");
  CHECK(life.key_of(updated) == entry);
  CHECK(at(updated, "/data/rev") == "2");
  CHECK(at(updated, "/data/before") == "absent");
  CHECK(at(updated, "/data/significance") == "major");
  CHECK(life->entry(entry));
  life.check();
}

TEST_CASE("DB-5 what stands in a feed's window never expires, though nothing is heard of the feed",
          "[retention]") {
  Life life;
  auto items = tests::make_items(3);
  life.poll(life.feed, items);

  SECTION("because it does not change, or fails") { life.pass(90); }
  SECTION("because the daemon is down") {
    life.abandon();
    life.clock.advance(90 * kDay);
    life.open();
  }
  SECTION("and then for a while") {
    life.abandon();
    life.clock.advance(90 * kDay);
    life.open();
    life.pass(3);
  }
  for (auto& item : items) item.content = "another template";
  const CommitSummary summary = life.poll(life.feed, items);
  CHECK(summary.created == 0);
  CHECK(summary.updated == 3);
  CHECK(at(life.last_event("entry.updated"), "/data/before/content_html") == "text");
  life.check();
}

TEST_CASE("DB-5 nothing expires before every window has been refreshed", "[retention]") {
  Life life;
  std::vector<std::string> urls;
  for (int i = 0; i < 40; ++i) urls.push_back("http://f" + std::to_string(i) + ".example/feed");
  const auto feeds = life.subscribe(urls);
  std::vector<tests::Item> item(1);
  const auto poll_all = [&](const std::string& content) {
    std::uint64_t created = 0;
    for (std::size_t i = 0; i < feeds.size(); ++i) {
      item[0] = tests::make_items(1, static_cast<int>(i))[0];
      item[0].content = content;
      created += life.poll(feeds[i], item).created;
    }
    return created;
  };
  CHECK(poll_all("text") == 40);
  life.abandon();
  life.clock.advance(90 * kDay);
  life.open();
  REQUIRE(life->tick(life.clock.now()));  // refreshes some of them
  CHECK(poll_all("another template") == 0);
}

TEST_CASE("I-11 an entry created again after its key expired gets another entry key",
          "[retention]") {
  Life life;
  life.options.keep_segments = 3650 * kDay;
  life.reopen();
  const auto feeds = life.subscribe({kUrl, kOther});
  const auto items = tests::make_items(1);
  life.poll(feeds[0], items);
  const Hash128 first = life.key_of(life.last_event("entry.created"));
  life.push_out_of_window();
  life.pass(39);
  CHECK(life.poll(feeds[0], items).created == 0);
  life.push_out_of_window();
  life.pass(60);

  const Sequence next = life->log_status().last + 1;
  CHECK(life.poll(feeds[0], items).created == 1);
  const Hash128 second = life.key_of(life.last_event("entry.created"));
  CHECK(second == recreated_key(first, next));
  CHECK(at(life.last_event("entry.created"), "/id") == "e-" + second.hex() + "-1-c");

  // It is known from now on, to its feed, to others and after its row was forgotten once more.
  CHECK(life.poll(feeds[1], items).sighted == 1);
  CHECK(life.key_of(life.last_event("entry.sighted")) == second);
  life.push_out_of_window();
  CHECK(life.poll(feeds[0], items).created == 0);
  life.check();
  life.subscribe({kUrl, kOther});
  life.poll(feeds[1], {});
  for (int i = 0; i < 4; ++i) life.poll(feeds[1], tests::make_items(2, 300 + 10 * i));
  life.push_out_of_window();
  life.pass(60);
  CHECK(life.poll(feeds[0], items).created == 1);
  CHECK(life.key_of(life.last_event("entry.created")) != second);
  life.check();
}

TEST_CASE("rows of what has expired are removed once the log tells of it no more", "[retention]") {
  Life life;
  life.poll(life.feed, tests::make_items(50));
  life.push_out_of_window();
  StoreCheck check = life.check();
  CHECK(check.entries == 60);
  CHECK(check.keys == 60);
  life.subscribe({kUrl});
  // A new segment, so that the old ones can go.
  life.pass(1);
  life.poll(life.feed, tests::make_items(2, 150));
  life.pass(60);
  check = life.check();
  CHECK(check.entries == 8);  // those of the window
  CHECK(check.keys == 8);
  CHECK(life.poll(life.feed, tests::make_items(50)).created == 50);
  life.check();
}

TEST_CASE("the window of a feed that was removed goes before its entries expire", "[retention]") {
  Life life;
  life.poll(life.feed, tests::make_items(3));
  life.pass(1);
  const FeedKey other = life.subscribe({kOther})[0];
  life.poll(other, tests::make_items(1, 500));
  life.pass(20);
  CHECK(life->window_hashes(life.feed).value().size() == 3);
  life.pass(60);
  CHECK(life->window_hashes(life.feed).value().empty());
  CHECK(life.check().entries == 1);
  life.subscribe({kUrl});
  CHECK(life.poll(life.feed, tests::make_items(3)).created == 3);
  life.check();
}

TEST_CASE("DB-5 last_seen is not written more than once a day", "[retention]") {
  Life life;
  life.poll(life.feed, tests::make_items(3));
  const Hash128 entry = life.key_of(life.last_event("entry.created"));
  const auto seen = [&] { return life->entry(entry).value().last_seen; };
  const WallTime first = seen();
  for (int i = 0; i < 20; ++i) {
    life.clock.advance(1h);
    life.poll(life.feed, tests::make_items(3));
    REQUIRE(life->tick(life.clock.now()));
  }
  CHECK(seen() == first);
  life.clock.advance(6h);
  life.poll(life.feed, tests::make_items(3));
  CHECK(seen() > first);
}

}  // namespace feedwire::storage
