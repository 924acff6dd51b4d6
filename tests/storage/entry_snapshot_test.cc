#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <utility>

#include "storage/event_check.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

/// What a consumer keeps: revision and item of each entry.
using Copy = std::map<std::string, std::pair<std::string, std::string>>;

rapidjson::Document parsed(const std::string& line) {
  rapidjson::Document event;
  event.Parse(line.data(), line.size());
  REQUIRE(!event.HasParseError());
  return event;
}

// What a consumer does with any event, whether of the log or of a snapshot.
void apply(Copy& copy, const std::string& line) {
  const rapidjson::Document event = parsed(line);
  const std::string op = at(event, "/data/op");
  const std::string key = at(event, "/partitionkey");
  if (!at(event, "/type").starts_with("feedwire.entry.") || op == "s") return;
  if (op == "d")
    copy.erase(key);
  else
    copy[key] = {at(event, "/data/rev"), at(event, "/data/after")};
}

std::vector<std::string> snapshot_lines(const StoreReader& store) {
  const std::unique_ptr<EntrySnapshot> snapshot = store.snapshot().value();
  std::string text;
  while (snapshot->next(text).value()) continue;
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    REQUIRE(end != text.npos);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

TEST_CASE("CO-5 a snapshot and the log behind it give what the whole log gives", "[snapshot]") {
  TestStore store;
  store.open();
  const std::vector<FeedKey> feeds =
      store.subscribe({"https://a.example/feed", "https://b.example/feed"});
  SeededRng rng(5);
  Copy from_snapshot;
  Sequence as_of = 0;
  for (int round = 0; round < 40; ++round) {
    // Entries come, change and, in the middle of the list, go; feeds share some of them.
    std::vector<tests::Item> items = tests::make_items(12, static_cast<int>(1 + rng.next() % 30));
    for (tests::Item& item : items)
      if (rng.next() % 4 == 0) item.content = "changed in round " + std::to_string(round);
    items.erase(items.begin() + static_cast<int>(3 + rng.next() % 6));
    store.clock.advance(std::chrono::hours{1});
    store.poll(feeds[rng.next() % 2], items);
    if (round != 25) continue;
    const std::vector<std::string> lines = snapshot_lines(*store);
    as_of = std::stoull(at(parsed(lines[0]), "/data/as_of_sequence"));
    for (const std::string& line : lines) apply(from_snapshot, line);
  }
  Copy from_log;
  const std::vector<std::string> log = read_lines(store.events());
  for (std::size_t i = 0; i < log.size(); ++i) {
    apply(from_log, log[i]);
    if (i >= as_of) apply(from_snapshot, log[i]);
  }
  CHECK(as_of > 20);
  CHECK(log.size() > as_of + 20);
  CHECK(from_snapshot == from_log);
}

TEST_CASE("a snapshot begins with where it stands and tells each entry once", "[snapshot]") {
  TestStore store;
  store.open();
  const std::vector<FeedKey> feeds =
      store.subscribe({"https://a.example/feed", "https://b.example/feed"});
  store.poll(feeds[0], tests::make_items(3));
  std::vector<tests::Item> items = tests::make_items(3);
  items[1].content = "other text, and much longer than before so that it is a change";
  store.poll(feeds[0], items);
  store.poll(feeds[1], tests::make_items(1));

  const std::vector<std::string> lines = snapshot_lines(*store);

  REQUIRE(lines.size() == 5);
  const rapidjson::Document head = parsed(lines[0]);
  const Sequence last = store->log_status().last;
  CHECK(at(head, "/type") == "feedwire.log.snapshot");
  CHECK(at(head, "/source") == store->log_status().source);
  CHECK(at(head, "/sequence") == "absent");
  CHECK(std::stoull(at(head, "/data/as_of_sequence")) == last);
  const rapidjson::Document end = parsed(lines[4]);
  CHECK(at(end, "/type") == "feedwire.log.snapshot_ended");
  CHECK(at(end, "/id") != at(head, "/id"));
  CHECK(at(end, "/data/as_of_sequence") == at(head, "/data/as_of_sequence"));
  CHECK(at(end, "/data/entries") == "3");
  for (std::size_t i = 1; i < 4; ++i) {
    EventFacts facts;
    const std::optional<EventFault> fault = check_event(lines[i], facts);
    INFO((fault ? fault->text : ""));
    CHECK(!fault);
    CHECK(facts.type == "entry.snapshot");
    CHECK(facts.op == 'r');
  }
  // The changed one changed last; the sighted one says where else it is.
  CHECK(at(parsed(lines[3]), "/data/rev") == "2");
  CHECK(at(parsed(lines[3]), "/data/after/content_html") == items[1].content);
  CHECK(at(parsed(lines[1]), "/data/also_in") == "[\"f-" + hex64(feeds[1]) + "\"]");
}

TEST_CASE("a snapshot is of one moment, whatever is committed while it is read", "[snapshot]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({"https://a.example/feed"})[0];
  store.poll(feed, tests::make_items(700));  // more than one piece
  const std::unique_ptr<EntrySnapshot> snapshot = store->snapshot().value();
  std::string text;
  REQUIRE(snapshot->next(text).value());
  REQUIRE(snapshot->next(text).value());
  std::vector<tests::Item> items = tests::make_items(701);
  for (tests::Item& item : items) item.content = "changed";

  store.poll(feed, items);
  while (snapshot->next(text).value()) continue;

  CHECK(text.find("changed") == text.npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 702);
  CHECK(text.find(R"("entries":700})") != text.npos);
}

TEST_CASE("a store whose daemon is down gives the same snapshot", "[snapshot]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({"https://a.example/feed"})[0];
  store.poll(feed, tests::make_items(3));
  const std::vector<std::string> live = snapshot_lines(*store);
  store.abandon();

  const std::unique_ptr<StoreReader> reader = StoreReader::open(store.path()).value();

  CHECK(snapshot_lines(*reader) == live);
}

}  // namespace feedwire::storage
