#include "storage/explain.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

using Lasts = EntryExplanation::Key::Lasts;

Hash128 only_entry(TestStore& store) {
  const std::vector<StoredEntry> entries = store->entries({}).value();
  REQUIRE(entries.size() == 1);
  return entries[0].key;
}

const EntryExplanation::Key* key_of(const EntryExplanation::Carrier& carrier,
                                    std::string_view kind) {
  const auto found = std::find_if(carrier.keys.begin(), carrier.keys.end(),
                                  [&](const auto& key) { return key.kind == kind; });
  return found == carrier.keys.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("an explanation names the keys that lead to an entry, feed by feed", "[explain]") {
  TestStore store;
  store.open();
  const std::vector<FeedKey> feeds =
      store.subscribe({"https://a.example/feed", "https://b.example/feed"});
  const std::vector<tests::Item> items = {
      {.guid = "guid-1", .link = "https://a.example/1", .title = "One", .date = {}, .tags = {}}};
  store.poll(feeds[0], items);
  store.poll(feeds[1], items);

  const EntryExplanation told = store->explain(only_entry(store)).value();

  CHECK(told.key_kind == "U");
  CHECK(told.canonical_url == "https://a.example/1");
  REQUIRE(told.carriers.size() == 2);
  const EntryExplanation::Carrier& owner = told.carriers[0];
  CHECK(owner.owner);
  CHECK(owner.feed.url == "https://a.example/feed");
  CHECK(owner.policy == "guid");
  CHECK(owner.documents_ago == std::optional<std::uint8_t>{0});
  REQUIRE(key_of(owner, "G"));
  CHECK(key_of(owner, "G")->value == "guid-1");
  CHECK(key_of(owner, "G")->lasts == Lasts::key);
  REQUIRE(key_of(owner, "L"));
  CHECK(key_of(owner, "L")->lasts == Lasts::window);
  REQUIRE(key_of(owner, "U"));
  CHECK(key_of(owner, "U")->lasts == Lasts::entry_key);
  CHECK_FALSE(told.carriers[1].owner);
  CHECK(told.carriers[1].feed.url == "https://b.example/feed");
}

TEST_CASE("an explanation tells apart what the operator chose and what is in force", "[explain]") {
  TestStore store;
  store.open();
  const std::string url = "https://a.example/feed";
  FeedRef feed{feeds::feed_key(url), url, "", "", {}};
  REQUIRE(store->subscribe({&feed, 1}));
  store.poll(feed.key, tests::make_items(1));
  const auto carrier = [&] { return store->explain(only_entry(store)).value().carriers.at(0); };
  CHECK(carrier().configured_policy.empty());

  feed.identity = feeds::KeyKind::link;
  REQUIRE(store->subscribe({&feed, 1}));
  CHECK(carrier().policy == "guid");
  CHECK(carrier().configured_policy == "link");
  const std::vector<rapidjson::Document> changes = read_events(store.events(), "feed.changed");
  REQUIRE(changes.size() == 1);
  CHECK(at(changes[0], "/data/changed") == R"(["identity"])");
  CHECK(at(changes[0], "/data/after/identity") == "link");
  CHECK(at(changes[0], "/data/before/identity") == "absent");

  store.poll(feed.key, tests::make_items(1));
  CHECK(carrier().policy == "link");
}

TEST_CASE("an explanation names the guid of an entry that is not known by it first", "[explain]") {
  TestStore store;
  store.open();
  const std::string url = "https://a.example/feed";
  const FeedRef feed{feeds::feed_key(url), url, "", "", {}, feeds::KeyKind::link};
  REQUIRE(store->subscribe({&feed, 1}));
  store.poll(
      feed.key,
      {{.guid = "guid-1", .link = "https://a.example/1", .title = "One", .date = {}, .tags = {}}});

  const EntryExplanation told = store->explain(only_entry(store)).value();

  const auto* const guid = key_of(told.carriers.at(0), "G");
  REQUIRE(guid != nullptr);
  CHECK(guid->value == "guid-1");
  CHECK(guid->lasts == Lasts::window);
}

TEST_CASE("an explanation tells of guids that repeat, and of entries that left the feed",
          "[explain]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({"https://a.example/feed"})[0];
  const std::vector<tests::Item> items = {
      {.guid = "same", .link = "https://a.example/1", .title = "One", .date = {}, .tags = {}},
      {.guid = "same", .link = "https://a.example/2", .title = "Two", .date = {}, .tags = {}}};
  store.poll(feed, items);
  const Hash128 first = store->entries({}).value()[0].key;
  CHECK(store->explain(first).value().carriers[0].guid_repeats);

  for (int i = 0; i < 5; ++i) store.poll(feed, tests::make_items(3, 10 + 3 * i));
  const EntryExplanation gone = store->explain(first).value();
  CHECK_FALSE(gone.carriers[0].documents_ago);
  CHECK(key_of(gone.carriers[0], "U") != nullptr);
  CHECK(store->explain(Hash128::from_hex(std::string(32, 'f')).value()).error().code ==
        ErrorCode::not_found);
}

TEST_CASE("entries are found by time, tag and feed, of one moment", "[entries]") {
  TestStore store;
  store.open();
  const std::vector<std::string> urls = {"https://a.example/feed", "https://b.example/feed"};
  std::vector<FeedRef> feeds;
  for (const std::string& url : urls) feeds.push_back({feeds::feed_key(url), url, "", "", {}});
  feeds[1].tags = {"zh"};
  REQUIRE(store->subscribe(feeds));
  std::vector<tests::Item> items = tests::make_items(3);
  items[0].tags = {"Käse", "tea"};
  store.poll(feeds[0].key, items);                      // 20:01
  store.poll(feeds[1].key, tests::make_items(2, 100));  // 20:02
  const WallTime second = store.clock.now().wall;
  store.poll(feeds[0].key, tests::make_items(4));  // 20:03: one more, and one without its tags

  const auto count = [&](const EntryFilter& filter) {
    return store->entries(filter).value().size();
  };
  CHECK(count({}) == 6);
  CHECK(count({.feed = {}, .tag = "zh", .since = {}, .until = {}}) == 2);
  CHECK(count({.feed = {}, .tag = "tea", .since = {}, .until = {}}) == 0);
  CHECK(count({.feed = feeds[0].key, .tag = "zh", .since = {}, .until = {}}) == 0);
  CHECK(count({.feed = {}, .tag = "", .since = second, .until = {}}) == 4);
  CHECK(count({.feed = {}, .tag = "", .since = {}, .until = second}) == 2);
  CHECK(count({.feed = {},
               .tag = "",
               .since = second,
               .until = second + std::chrono::microseconds{1}}) == 2);
  CHECK(count({.feed = feeds[0].key, .tag = "", .since = second, .until = {}}) == 2);
}

}  // namespace feedwire::storage
