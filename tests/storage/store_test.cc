#include "storage/store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <set>

#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

const std::string kUrlA = "http://a.example/feed";
const std::string kUrlB = "http://b.example/feed";

}  // namespace

TEST_CASE("a new store begins its log with the header and the epoch", "[store]") {
  TestStore store;
  store.open();

  const std::vector<std::string> lines = read_lines(store.events());

  REQUIRE(lines.size() == 2);
  CHECK(read_events(store.events(), "log.segment_opened").size() == 1);
  CHECK(read_events(store.events(), "log.epoch_started")[0]["id"] == "s-1-start");
  CHECK(lines[0].size() + 1 >= 1100);
  CHECK(lines[0].substr(0, 200).find(store->log_status().source) != std::string::npos);
  CHECK(store->log_status().first == 1);
  CHECK(store->log_status().last == 2);
  CHECK(std::filesystem::read_symlink(store.events() / "current") ==
        store->log_status().active_segment.filename());
}

TEST_CASE("what a document is decided by comes with its outcome, else from the store", "[store]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrlA})[0];
  store.poll(feed, {{.guid = "1"}, {.guid = "2"}});
  const std::string first_poll = format_time(store.clock.now().wall);
  store.poll(feed, {{.guid = "3"}, {.guid = "4"}});
  CHECK(at(read_events(store.events(), "feed.gap").back(), "/data/from") == first_poll);

  store.clock.advance(std::chrono::minutes{1});
  PollOutcome outcomes[] = {store.outcome(feed, {{.guid = "5"}, {.guid = "6"}})};
  outcomes[0].before = {test_start().wall, std::chrono::hours{1}};
  REQUIRE(store->commit(outcomes));
  CHECK(at(read_events(store.events(), "feed.gap").back(), "/data/from") ==
        format_time(test_start().wall));
}

TEST_CASE("I-8 each entry of a first document is created, marked initial", "[store]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrlA})[0];

  const CommitSummary summary = store.poll(feed, tests::make_items(3));

  CHECK(summary.created == 3);
  const auto created = read_events(store.events(), "entry.created");
  REQUIRE(created.size() == 3);
  CHECK(at(created[0], "/data/op") == "c");
  CHECK(at(created[0], "/data/rev") == "1");
  CHECK(at(created[0], "/data/initial") == "true");
  CHECK(at(created[0], "/data/after/title") == "Title of number1");
  CHECK(at(created[0], "/data/after/_feedwire/first_seen") == "2026-11-21T20:01:00.000000Z");
  CHECK(at(created[0], "/data/fetch_id") == "x-" + hex64(feed) + "-1");
  CHECK(store.poll(feed, tests::make_items(4)).created == 1);
  CHECK(at(read_events(store.events(), "entry.created")[3], "/data/initial") == "absent");
}

TEST_CASE("EV-5 the same document twice yields no second event", "[store]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrlA})[0];
  store.poll(feed, tests::make_items(3));
  const Sequence last = store->log_status().last;

  const CommitSummary again = store.poll(feed, tests::make_items(3));

  CHECK(again.unchanged == 3);
  CHECK(store->log_status().last == last);
  store.reopen();
  CHECK(store.poll(feed, tests::make_items(3)).created == 0);
  CHECK(store->log_status().last == last);
}

TEST_CASE("I-13 one changed title is one update that names it", "[store]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrlA})[0];
  std::vector<tests::Item> items = tests::make_items(3);
  store.poll(feed, items);
  items[1].title = "A better title";

  const CommitSummary summary = store.poll(feed, items);

  CHECK(summary.updated == 1);
  CHECK(summary.created == 0);
  const auto updated = read_events(store.events(), "entry.updated");
  REQUIRE(updated.size() == 1);
  CHECK(at(updated[0], "/data/changed") == R"(["title"])");
  CHECK(at(updated[0], "/data/before") == R"({"title":"Title of number2"})");
  CHECK(at(updated[0], "/data/after/title") == "A better title");
  CHECK(at(updated[0], "/data/rev") == "2");
  CHECK(at(updated[0], "/data/prev_rev") == "1");
  CHECK(store->entry(Hash128::from_hex(at(updated[0], "/partitionkey")).value()).value().rev == 2);
}

TEST_CASE("I-13 a date alone, or tags in another order, is no update", "[store]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrlA})[0];
  std::vector<tests::Item> items = tests::make_items(1);
  items[0].tags = {"b", "a"};
  items[0].date = "2026-11-20T10:00:00Z";
  store.poll(feed, items);
  items[0].tags = {"a", "b"};
  items[0].date = "2026-11-20T11:00:00Z";

  const CommitSummary summary = store.poll(feed, items);

  CHECK(summary.updated == 0);
  CHECK(summary.created == 0);
}

TEST_CASE("I-12 a second feed with the same links creates nothing and sights each once",
          "[store]") {
  TestStore store;
  store.open();
  const auto feeds = store.subscribe({kUrlA, kUrlB});
  store.poll(feeds[0], tests::make_items(50));

  const CommitSummary summary = store.poll(feeds[1], tests::make_items(50));

  CHECK(summary.created == 0);
  CHECK(summary.sighted == 50);
  const auto sighted = read_events(store.events(), "entry.sighted");
  REQUIRE(sighted.size() == 50);
  CHECK(at(sighted[0], "/data/op") == "s");
  CHECK(at(sighted[0], "/data/seen/title") == "Title of number1");
  CHECK(at(sighted[0], "/data/after") == "absent");
  EntryFilter filter;
  CHECK(store->entries(filter).value()[0].also_in == std::vector{feeds[1]});
  filter.feed = feeds[1];
  CHECK(store->entries(filter).value().size() == 50);

  auto items = tests::make_items(50);
  items[0].content = "other words";
  CHECK(store.poll(feeds[1], items).sighted == 0);
}

TEST_CASE("I-17 a deleted entry is on no list, and tells that it is deleted", "[store]") {
  TestStore store;
  store.options.before = Options::Before::full;
  store.open();
  const FeedKey feed = store.subscribe({kUrlA})[0];
  std::vector<tests::Item> items = tests::make_items(3);
  for (std::size_t i = 0; i < items.size(); ++i)
    items[i].date = "2026-11-1" + std::to_string(i) + "T00:00:00Z";
  store.poll(feed, items);
  items.erase(items.begin() + 1);
  store.poll(feed, items);
  store.clock.advance(std::chrono::hours{1});
  store.reopen();  // what is missing is remembered

  CHECK(store.poll(feed, items).deleted == 1);

  const auto deleted = read_events(store.events(), "entry.deleted");
  REQUIRE(deleted.size() == 1);
  CHECK(at(deleted[0], "/data/before/title") == "Title of number2");
  CHECK(at(deleted[0], "/data/prev_rev") == "1");
  CHECK(store->entries({}).value().size() == 2);
  const StoredEntry gone =
      store->entry(Hash128::from_hex(at(deleted[0], "/partitionkey")).value()).value();
  CHECK(gone.deleted);
  CHECK(gone.rev == 2);
  CHECK(gone.item_json.find("number2") != std::string::npos);
}

TEST_CASE("I-12 with dedupe by feed every feed has its own entries, one story key", "[store]") {
  TestStore store;
  store.options.dedupe_by_url = false;
  store.open();
  const auto feeds = store.subscribe({kUrlA, kUrlB});
  store.poll(feeds[0], tests::make_items(2));
  CHECK(store.poll(feeds[1], tests::make_items(2)).created == 2);

  const auto created = read_events(store.events(), "entry.created");
  CHECK(at(created[0], "/data/after/_feedwire/story_key") ==
        at(created[2], "/data/after/_feedwire/story_key"));
  CHECK(at(created[0], "/partitionkey") != at(created[2], "/partitionkey"));
}

TEST_CASE("S23 a hostile feed that replays guids and links changes nothing of another's entries",
          "[store]") {
  TestStore store;
  store.open();
  const auto feeds = store.subscribe({kUrlA, kUrlB});
  store.poll(feeds[0], tests::make_items(3));
  auto forged = tests::make_items(3);
  for (tests::Item& item : forged) item.title = item.content = "buy this";

  store.poll(feeds[1], forged);
  forged[0].title = "again";
  const CommitSummary summary = store.poll(feeds[1], forged);

  CHECK(summary.updated == 0);
  CHECK(read_events(store.events(), "entry.updated").empty());
  const std::vector<StoredEntry> entries = store->entries({}).value();
  for (const StoredEntry& entry : entries) {
    CHECK(entry.owner == feeds[0]);
    CHECK(entry.item_json.find("buy this") == std::string::npos);
  }
}

TEST_CASE("I-12 the feed of the link's own domain takes an entry over", "[store]") {
  TestStore store;
  store.open();
  const auto feeds = store.subscribe({kUrlA, kUrlB});
  auto items = tests::make_items(1);
  items[0].content = "what a planet made of it";
  store.poll(feeds[0], items);
  items[0].content = "the original";
  items[0].own_domain = true;

  const CommitSummary summary = store.poll(feeds[1], items);

  CHECK(summary.sighted == 1);
  CHECK(summary.updated == 1);
  CHECK(store->entries({}).value()[0].owner == feeds[1]);
  items[0].own_domain = false;
  items[0].content = "the planet again";
  CHECK(store.poll(feeds[0], items).updated == 0);
}

TEST_CASE("two feeds with the same entries in one group, and one feed twice", "[store]") {
  TestStore store;
  store.open();
  const auto feeds = store.subscribe({kUrlA, kUrlB});
  auto changed = tests::make_items(2);
  changed[0].title = "Title of number1, corrected";
  const PollOutcome outcomes[] = {
      store.outcome(feeds[0], tests::make_items(2)), store.outcome(feeds[1], tests::make_items(2)),
      store.outcome(feeds[0], changed), store.outcome(feeds[0], changed)};

  const CommitSummary summary = store->commit(outcomes).value();

  CHECK(summary.created == 2);
  CHECK(summary.sighted == 2);
  CHECK(summary.updated == 1);
  const auto updated = read_events(store.events(), "entry.updated");
  CHECK(at(updated[0], "/data/before") == R"({"title":"Title of number1"})");
  CHECK(at(updated[0], "/data/after/_feedwire/also_in") == "[\"f-" + hex64(feeds[1]) + "\"]");
}

TEST_CASE("a poll without a document writes the poll row and no event", "[store]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrlA})[0];
  PollOutcome outcome;
  outcome.feed = feed;
  outcome.row.polls = 1;
  outcome.row.etag = "\"x\"";
  outcome.row.next_poll = test_start().wall + std::chrono::hours{1};
  const Sequence last = store->log_status().last;

  REQUIRE(store->commit({&outcome, 1}));

  CHECK(store->log_status().last == last);
  store.reopen();
  REQUIRE(store->poll_rows().value().size() == 1);
  CHECK(store->poll_rows().value()[0].second == outcome.row);
}

TEST_CASE("feeds that are not subscribed leave nothing behind", "[store]") {
  TestStore store;
  store.open();
  const Sequence last = store->log_status().last;
  CHECK(store.poll(42, tests::make_items(2)).created == 0);
  CHECK(store->log_status().last == last);
  CHECK(store->entries({}).value().empty());
}

TEST_CASE("subscriptions are added, changed and removed once each", "[store]") {
  TestStore store;
  store.open();
  const auto feeds = store.subscribe({kUrlA, kUrlB});
  store.subscribe({kUrlA, kUrlB});
  const FeedRef renamed{feeds[0], kUrlA, "a", "The A", {"x"}};
  REQUIRE(store->subscribe({&renamed, 1}));
  store.reopen();
  store.subscribe({kUrlA, kUrlB});

  CHECK(read_events(store.events(), "feed.added").size() == 3);
  const auto removed = read_events(store.events(), "feed.removed");
  REQUIRE(removed.size() == 1);
  CHECK(at(removed[0], "/data/after") == "null");
  const auto changed = read_events(store.events(), "feed.changed");
  REQUIRE(changed.size() == 2);
  CHECK(at(changed[0], "/data/changed") == R"(["name","tags","title"])");
  std::set<std::string> ids;
  const std::vector<std::string> lines = read_lines(store.events());
  for (const std::string& line : lines) {
    rapidjson::Document event;
    event.Parse(line.data(), line.size());
    ids.insert(at(event, "/id"));
  }
  CHECK(ids.size() == lines.size());
  CHECK(store->feeds().value().size() == 2);
  CHECK(store->feed(feeds[1]).value().ref.url == kUrlB);
  CHECK(store->feed(1).error().code == ErrorCode::not_found);
}

TEST_CASE("cursors are kept, and their names cannot be anything", "[store]") {
  TestStore store;
  store.open();
  REQUIRE(store->set_cursor("archive", {7, true, test_start().wall}));
  store.reopen();
  CHECK(store->cursors().value().at("archive").acked == 7);
  REQUIRE(store->delete_cursor("archive"));
  CHECK(store->delete_cursor("archive").error().code == ErrorCode::not_found);
  for (const std::string name : {"", "../x", "A", "a\n"})
    CHECK(store->set_cursor(name, {}).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a second opener is told who holds the lock", "[store]") {
  TestStore store;
  store.open();
  SeededRng rng(1);

  const Result<std::unique_ptr<Store>> second =
      Store::open(store.options, store.fs, store.clock, rng);

  REQUIRE(!second);
  CHECK(second.error().code == ErrorCode::busy);
  CHECK(second.error().message.find(std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE("too little space keeps the database closed", "[store]") {
  TestStore store;
  store.options.min_free_bytes = ~std::uint64_t{0};
  SeededRng rng(1);
  CHECK(Store::open(store.options, store.fs, store.clock, rng).error().code == ErrorCode::no_space);
}

TEST_CASE("the tool reads the store that the daemon has left", "[store]") {
  TestStore store;
  CHECK(StoreReader::open(store.path()).error().code == ErrorCode::not_found);
  store.open();
  const FeedKey feed = store.subscribe({kUrlA})[0];
  store.poll(feed, tests::make_items(2));
  const LogStatus status = store->log_status();
  store.close();

  const std::unique_ptr<StoreReader> reader = StoreReader::open(store.path()).value();

  CHECK(reader->entries({}).value().size() == 2);
  CHECK(reader->feeds().value()[0].window_entries == 2);
  CHECK(reader->window_hashes(feed).value().size() == 2);
  CHECK(reader->log_status().last == status.last);
  CHECK(reader->log_status().source == status.source);
  CHECK(reader->log_status().active_segment == status.active_segment);
}

TEST_CASE("H-72 a store knows when a run crashed, and when it last committed", "[store]") {
  TestStore store;
  store.open();
  const auto now = [&] { return store.clock.now().wall; };
  const FeedKey feed = store.subscribe({kUrlA})[0];
  const auto commit = [&](int items) {
    store.poll(feed, tests::make_items(items));
    return now();
  };
  CHECK(store->last_crash() == Crash{});
  const WallTime committed = commit(1);
  store.clock.advance(std::chrono::hours{1});
  store.reopen();
  CHECK(store->unclean_start());
  const Crash first{committed, now()};
  CHECK(store->last_crash() == first);

  // A run that ends well changes nothing of that.
  store.clock.advance(std::chrono::minutes{10});
  commit(2);
  store.close();
  store.open();
  CHECK_FALSE(store->unclean_start());
  CHECK(store->last_crash() == first);

  // Another crash soon after: what the first left undone may wait still.
  commit(3);
  store.clock.advance(std::chrono::hours{1});
  store.reopen();
  CHECK(store->last_crash() == Crash{committed, now()});
  store.clock.advance(std::chrono::hours{3});
  const WallTime last = commit(4);
  store.reopen();
  CHECK(store->last_crash() == Crash{last, now()});
}

TEST_CASE("recordedtime never goes back, whatever the clock does", "[store]") {
  TestStore store;
  store.open();
  const FeedKey feed = store.subscribe({kUrlA})[0];
  store.poll(feed, tests::make_items(1));
  store.clock.step_wall(-std::chrono::hours{5});
  store.poll(feed, tests::make_items(2));

  std::string last;
  for (const std::string& line : read_lines(store.events())) {
    rapidjson::Document event;
    event.Parse(line.data(), line.size());
    const std::string recorded = at(event, "/recordedtime");
    CHECK(recorded >= last);
    CHECK(recorded >= at(event, "/time"));
    last = recorded;
  }
}

}  // namespace feedwire::storage
