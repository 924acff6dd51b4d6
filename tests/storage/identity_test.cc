#include "storage/identity.h"

#include <catch2/catch.hpp>
#include <map>

#include "storage/similarity.h"
#include "tests/storage/damage.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

using tests::Item;

const std::string kUrl = "http://a.example/feed";

// Polls one feed with each document in turn; what the last one made of it.
CommitSummary after(const std::vector<std::vector<Item>>& documents) {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrl})[0];
  CommitSummary last;
  for (const std::vector<Item>& document : documents) last = store.poll(feed, document);
  return last;
}

std::vector<Item> with(std::vector<Item> items, const std::function<void(Item&)>& change) {
  for (Item& item : items) change(item);
  return items;
}

std::vector<Item> url_guids(int count, const std::string& scheme) {
  return with(tests::make_items(count), [&](Item& item) {
    item.guid = scheme + item.link.substr(item.link.find("://")) + "?id";
  });
}

}  // namespace

TEST_CASE("I-7 guids that move to https are the same entries, each updated once", "[identity]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrl})[0];
  store.poll(feed, url_guids(3, "http"));
  const CommitSummary moved = store.poll(feed, url_guids(3, "https"));
  CHECK(moved.created == 0);
  CHECK(moved.updated == 3);
  CHECK(at(read_events(store.events(), "entry.updated")[0], "/data/changed") == R"(["identity"])");
  // A feed that flips back and forth says nothing more.
  CHECK(store.poll(feed, url_guids(3, "http")).updated == 0);
  CHECK(store.poll(feed, url_guids(3, "https")).updated == 0);
}

TEST_CASE("I-7 the move together with a new post announces one post", "[identity]") {
  auto moved = url_guids(3, "https");
  moved.insert(moved.begin(), tests::make_items(1, 9)[0]);
  CHECK(after({url_guids(3, "http"), moved}).created == 1);
}

TEST_CASE("I-4 ten entries with one guid are ten, and one more is one more", "[identity]") {
  const auto same_guid = [](Item& item) { item.guid = "same"; };
  const auto ten = with(tests::make_items(10, 2), same_guid);
  const auto eleven = with(tests::make_items(11, 1), same_guid);
  CHECK(after({ten}).created == 10);
  const CommitSummary more = after({ten, eleven});
  CHECK(more.created == 1);
  CHECK(more.updated == 0);
}

TEST_CASE("I-4 a guid that begins to repeat costs nobody its entry", "[identity]") {
  auto items = tests::make_items(2);
  auto repeating = items;
  repeating[1].guid = repeating[0].guid;
  repeating[1].link = "http://example.org/other";
  repeating[1].title = "Something else";
  const CommitSummary more = after({items, repeating});
  CHECK(more.created == 1);
  CHECK(more.updated == 0);
  // For ever: alone again, with other words, each is still its own entry.
  auto edited = repeating;
  edited[0].content = "edited";
  edited.pop_back();
  const CommitSummary alone = after({items, repeating, edited});
  CHECK(alone.created == 0);
  CHECK(alone.updated == 1);
}

TEST_CASE("I-3 one link for all entries tells nothing, their guids do", "[identity]") {
  const auto items = with(tests::make_items(5), [](Item& i) { i.link = "http://example.org/all"; });
  CHECK(after({items}).created == 5);
  CHECK(after({items, items}).created == 0);
}

TEST_CASE("I-6 what two new entries have in common makes neither an old one", "[identity]") {
  auto items = tests::make_items(3);
  items[0].date = "2026-01-02T03:04:05Z";
  auto replaced = tests::make_items(2, 11);
  for (Item& item : replaced) {
    item.title = items[0].title;
    item.date = items[0].date;
  }
  replaced.insert(replaced.end(), items.begin() + 1, items.end());
  CHECK(after({items, replaced}).created == 2);
}

TEST_CASE("without guid and link the date or else the text tells entries apart", "[identity]") {
  const auto bare = with(tests::make_items(2), [](Item& item) {
    item.content = item.title;
    item.title = "Same title";
    item.guid = item.link = "";
  });
  CHECK(after({bare}).created == 2);
  CHECK(after({bare, bare}).created == 0);
}

TEST_CASE("an entry twice in one document is one entry", "[identity]") {
  const auto items = tests::make_items(1);
  CHECK(after({{items[0], items[0]}}).created == 1);
  CHECK(after({{items[0], items[0]}, {items[0], items[0]}}).created == 0);
}

TEST_CASE("I-6 random guids are seen through by the link, where the title agrees", "[identity]") {
  const auto fresh_guids = with(tests::make_items(3), [](Item& i) { i.guid += "-random"; });
  CHECK(after({tests::make_items(3), fresh_guids}).created == 0);
  const auto reused =
      with(fresh_guids, [](Item& i) { i.title = "Quite another matter " + i.guid; });
  CHECK(after({tests::make_items(3), reused}).created == 3);
}

TEST_CASE("I-6 both present under their own keys are two entries", "[identity]") {
  auto items = tests::make_items(1);
  auto both = items;
  both.push_back(items[0]);
  both[1].guid = "another";
  CHECK(after({items, both}).created == 1);
}

TEST_CASE("a window that flips between three and five entries announces none twice", "[identity]") {
  const auto five = tests::make_items(5);
  const std::vector<Item> three(five.begin(), five.begin() + 3);
  CHECK(after({three, five}).created == 2);
  CHECK(after({three, five, three, five}).created == 0);
}

TEST_CASE("an old entry that comes back is known by its guid, or by its URL", "[identity]") {
  std::vector<std::vector<Item>> documents{tests::make_items(2)};
  for (int i = 1; i <= 6; ++i) documents.push_back(tests::make_items(2, 100 * i));
  documents.push_back(tests::make_items(2));
  CHECK(after(documents).created == 0);
  documents.back() = with(tests::make_items(2), [](Item& item) { item.guid += "-regenerated"; });
  CHECK(after(documents).created == 0);
}

TEST_CASE("a key leads to its feed's entry, not to a stranger's that begins alike", "[identity]") {
  TestStore store;
  store.open();
  const std::vector<FeedKey> feeds = store.subscribe({kUrl, "http://b.example/feed"});
  std::vector<Item> items = tests::make_items(1);
  store.poll(feeds[0], items);
  store.poll(feeds[1], tests::make_items(1, 50));
  const auto key_of = [&](FeedKey feed) { return store->entries({feed, 1}).value().at(0).key; };
  const Hash128 own = key_of(feeds[0]), other = key_of(feeds[1]);
  store.close();
  change_rows(store, [&](Database& database, Batch& batch) {
    const std::string row = database.get(Family::entries, other.view()).value().value();
    for (const char rest : {'\0', '\xff'}) {
      const std::string alike = std::string(own.view().substr(0, 8)) + std::string(8, rest);
      batch.put(Family::entries, alike, row);
    }
    batch.remove(Family::window, number_key(feeds[0]));
  });

  store.open();
  items[0].title = "Another title";
  const CommitSummary changed = store.poll(feeds[0], items);
  CHECK(changed.created == 0);
  CHECK(changed.updated == 1);
  CHECK(at(read_events(store.events(), "entry.updated").at(0), "/data/key/entry_key") == own.hex());
}

TEST_CASE("titles are alike by their words, in CJK by pairs of characters", "[identity]") {
  CHECK(title_similarity("Hello, world", "hello WORLD!") == 1);
  CHECK(title_similarity("a b c d", "c d e f") == Approx(1.0 / 3));
  CHECK(title_similarity("", "") == 1);
  CHECK(title_similarity("x", "") == 0);
  CHECK(title_similarity("\xe4\xb8\xad\xe6\x96\x87\xe6\x96\xb0\xe9\x97\xbb",
                         "\xe4\xb8\xad\xe6\x96\x87\xe6\x96\xb0\xe4\xb9\xa6") >= 0.5);
}

}  // namespace feedwire::storage
