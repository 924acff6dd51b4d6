// Feeds that the operator adds, removes, pauses and resumes at run time.

#include <catch2/catch.hpp>

#include "feeds/keys.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

using namespace std::chrono_literals;

const std::string kUrlA = "http://a.example/feed";
const std::string kUrlB = "http://b.example/feed";

FeedRef ref_of(const std::string& url) { return {feeds::feed_key(url), url, "", "", {}}; }

template <typename Feed>
FeedChanges changing(std::vector<Feed> FeedChanges::*how, std::vector<Feed> feeds) {
  FeedChanges changes;
  changes.*how = std::move(feeds);
  return changes;
}

std::size_t count(const TestStore& store, std::string_view type) {
  return read_events(store.events(), type).size();
}

}  // namespace

TEST_CASE("a feed added at run time outlives restarts and reloads", "[subscriptions]") {
  TestStore store;
  store.open();
  store.subscribe({kUrlA});
  FeedRef added = ref_of(kUrlB);
  added.tags = {"news"};
  REQUIRE(store->change_feeds(changing(&FeedChanges::add, {added})));
  CHECK(count(store, "feed.added") == 2);

  store.reopen();
  store.subscribe({kUrlA});
  CHECK(count(store, "feed.removed") == 0);
  CHECK(count(store, "feed.added") == 2);
  const StoredFeed feed = store->feed(added.key).value();
  CHECK(feed.added);
  CHECK(feed.ref == added);
  CHECK_FALSE(store->feed(feeds::feed_key(kUrlA)).value().added);
  REQUIRE(store->operator_feeds().size() == 1);
  CHECK(store->operator_feeds()[0].ref == added);
  CHECK(store.poll(added.key, tests::make_items(2)).created == 2);

  REQUIRE(store->change_feeds(changing(&FeedChanges::remove, {added.key})));
  CHECK(count(store, "feed.removed") == 1);
  CHECK_FALSE(store->feed(added.key));
  store.reopen();
  store.subscribe({kUrlA});
  CHECK(count(store, "feed.removed") == 1);
  CHECK(store->operator_feeds().empty());
}

TEST_CASE("a feed that the configuration names too stays when it no longer does",
          "[subscriptions]") {
  TestStore store;
  store.open();
  store.subscribe({kUrlA});
  REQUIRE(store->change_feeds(changing(&FeedChanges::add, {ref_of(kUrlA)})));
  CHECK(store->feed(feeds::feed_key(kUrlA)).value().added);
  CHECK(store->feed(feeds::feed_key(kUrlA)).value().configured);
  CHECK(count(store, "feed.changed") == 0);
  store.reopen();
  store.subscribe({});
  CHECK(count(store, "feed.removed") == 0);
  CHECK_FALSE(store->feed(feeds::feed_key(kUrlA)).value().configured);
  store.subscribe({kUrlA});
  REQUIRE(store->change_feeds(changing(&FeedChanges::remove, {feeds::feed_key(kUrlA)})));
  CHECK(store->feed(feeds::feed_key(kUrlA)).value().configured);
  CHECK_FALSE(store->feed(feeds::feed_key(kUrlA)).value().added);
  store.subscribe({});
  CHECK(count(store, "feed.removed") == 1);
}

TEST_CASE("a paused feed stays paused over restarts and reloads until it is resumed",
          "[subscriptions]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrlA})[0];
  REQUIRE(store->change_feeds(changing(&FeedChanges::pause, {feed, feeds::feed_key(kUrlB)})));
  const auto changed = read_events(store.events(), "feed.changed");
  REQUIRE(changed.size() == 1);
  CHECK(at(changed[0], "/data/changed") == R"(["paused"])");
  CHECK(at(changed[0], "/data/after/paused") == "true");

  store.reopen();
  store.subscribe({kUrlA});
  CHECK(store->feed(feed).value().ref.paused);
  REQUIRE(store->operator_feeds().size() == 1);
  CHECK_FALSE(store->operator_feeds()[0].added);

  REQUIRE(store->change_feeds(changing(&FeedChanges::pause, {feed})));
  CHECK(count(store, "feed.changed") == 1);
  REQUIRE(store->change_feeds(changing(&FeedChanges::resume, {feed})));
  CHECK(count(store, "feed.changed") == 2);
  CHECK_FALSE(store->feed(feed).value().ref.paused);
}

TEST_CASE("S-10 an interval that more than doubles or halves is told of, smaller changes are not",
          "[subscriptions]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrlA})[0];
  const auto poll = [&](std::chrono::seconds interval, std::uint32_t failures = 0) {
    PollOutcome outcome;
    outcome.feed = feed;
    outcome.fetched_at = store.clock.now().wall;
    outcome.row.polls = 7;
    outcome.row.interval = interval;
    outcome.row.failures = failures;
    REQUIRE(store->commit(std::span(&outcome, 1)));
  };
  poll(1h);
  poll(2h);
  poll(30min);
  poll(4h, 1);
  CHECK(count(store, "feed.schedule") == 0);

  poll(2h + 1s);
  poll(2h + 1s);
  poll(1h + 1s);
  const auto told = read_events(store.events(), "feed.schedule");
  REQUIRE(told.size() == 1);
  CHECK(at(told[0], "/data/from") == "3600");
  CHECK(at(told[0], "/data/to") == "7201");
  CHECK(at(told[0], "/data/fetch_id") == "x-" + hex64(feed) + "-7");
  CHECK(at(told[0], "/data/rev") == "2");

  store.reopen();
  poll(1h);
  CHECK(count(store, "feed.schedule") == 2);
}

TEST_CASE("the rows of feeds are those of the subscribed ones that were polled", "[store]") {
  TestStore store;
  store.open();
  std::vector<std::string> urls;
  for (int i = 0; i < 9; ++i) urls.push_back("http://a.example/" + std::to_string(i));
  const std::vector<FeedKey> feeds = store.subscribe(urls);
  std::vector<FeedKey> polled;
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    if (i % 3 == 0) continue;
    PollOutcome outcome;
    outcome.feed = feeds[i];
    outcome.row.polls = i;
    REQUIRE(store->commit({&outcome, 1}));
    if (i % 3 == 1) polled.push_back(feeds[i]);
  }
  for (const std::size_t gone : {8, 5, 2})
    urls.erase(urls.begin() + static_cast<std::ptrdiff_t>(gone));
  store.subscribe(urls);

  std::vector<FeedKey> found;
  const auto rows = store->poll_rows().value();
  for (const auto& [feed, row] : rows) {
    CHECK(feed == feeds.at(row.polls));
    found.push_back(feed);
  }
  CHECK_THAT(found, Catch::UnorderedEquals(polled));
}

}  // namespace feedwire::storage
