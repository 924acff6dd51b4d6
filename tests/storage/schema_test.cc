#include "storage/schema.h"

#include <catch2/catch.hpp>
#include <limits>

#include "base/bytes.h"
#include "storage/outbox.h"
#include "tests/storage/row_round_trip.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

constexpr std::size_t kRunTimeBytes = 3;  // of a FeedRow, where nothing was decided at run time

}  // namespace

TEST_CASE("rows of the store come back as they were written", "[schema]") {
  EntryRow entry;
  entry.rev = 3;
  entry.content = 900;
  entry.revisions[0] = hash_of("new");
  entry.revisions[1] = hash_of("old");
  entry.first_seen = test_start().wall;
  entry.owner = 7;
  entry.owner_at_home = true;
  entry.replaced_by = hash_of("again");
  entry.sighted_by = {1, 2, 3};
  const EntryRow entry_back = round_trip(entry);
  CHECK(entry_back.revisions == entry.revisions);
  CHECK(entry_back.sighted_by == entry.sighted_by);
  CHECK(entry_back.first_seen == entry.first_seen);
  CHECK(entry_back.replaced_by == entry.replaced_by);
  CHECK_FALSE(entry_back.gone);

  PollRow poll;
  poll.polls = 9;
  poll.etag = "W/\"\xff\"";
  poll.last_error = "timed out";
  poll.hints = {60, 120, 1u << 23, 1u << 6};
  poll.rule = PollRule::retry_after;
  poll.repeats = 5;
  poll.repeated_bytes = 300'000;
  poll.strain = std::chrono::hours{2};
  poll.strain_since = test_start().wall;
  poll.answers_304 = true;
  poll.interval = std::chrono::hours{3};
  poll.failing_since = test_start().wall;
  poll.habit.as_of = poll.habit.newest = test_start().wall;
  poll.habit.days = 4.5F;
  poll.habit.lasting = poll.habit.recent = 2.25F;
  poll.habit.lasting_close = poll.habit.recent_close = 1;
  poll.habit.window = 50;
  poll.habit.bins_day = 1.5F;
  poll.habit.bins.front() = 1;
  poll.habit.bins.back() = 65535;
  poll.expected = 2.5F;
  poll.floor = std::chrono::hours{1};
  poll.own_interval = true;
  poll.retry_after = std::chrono::minutes{5};
  CHECK(round_trip(poll) == poll);
  poll.fresh_for = std::chrono::seconds{0};
  CHECK(round_trip(poll) == poll);
  poll.title_print = 77;
  CHECK(round_trip(poll) == poll);
  poll.life.failing = true;
  poll.life.moved_to = "https://x/";
  CHECK(round_trip(poll) == poll);
  poll.life = {false, test_start().wall, true, test_start().wall, "", true, {"http://y/", {}, 3}};
  CHECK(round_trip(poll) == poll);

  FeedRow feed;
  feed.ref = {1, "http://x/", "n", "t", {"a", "b"}};
  feed.repeated_guids = {4, 5};
  CHECK(round_trip(feed).ref == feed.ref);
  feed.refreshed = test_start().wall;
  CHECK(round_trip(feed).repeated_guids == feed.repeated_guids);
  CHECK(round_trip(feed).refreshed == feed.refreshed);
  feed.ref.identity = feeds::KeyKind::title_date;
  feed.earlier_kinds = kind_bit(feeds::KeyKind::link);
  feed.doubt_told = true;
  CHECK(round_trip(feed).ref == feed.ref);
  CHECK(round_trip(feed).earlier_kinds == feed.earlier_kinds);
  CHECK(round_trip(feed).doubt_told);
  feed.ref.paused = true;
  feed.told_interval = std::chrono::hours{2};
  feed.ref.interval = std::chrono::minutes{30};
  feed.ref.paged = true;
  CHECK(round_trip(feed).ref == feed.ref);
  CHECK_FALSE(round_trip(feed).added);
  CHECK_FALSE(round_trip(feed).configured);
  feed.configured = true;
  CHECK(round_trip(feed).configured);
  feed.added = true;
  CHECK(round_trip(feed).added);
  CHECK(round_trip(feed).told_interval == feed.told_interval);

  MetaRow meta;
  meta.log_uuid = hash_of("uuid");
  meta.next = 100;
  meta.last_commit = test_start().wall;
  meta.last_crash = {test_start().wall, test_start().wall + std::chrono::hours{1}};
  CHECK(round_trip(meta).last_commit == meta.last_commit);
  CHECK(round_trip(meta).last_crash == meta.last_crash);
  SegmentRow segment;
  segment.name = {1, 48211};
  segment.sha256 = "ab";
  segment.sealed = segment.removed = true;
  CHECK(round_trip(segment).name == segment.name);
  CHECK((round_trip(segment).sealed && round_trip(segment).removed));
  CHECK(round_trip(CursorRow{12, true, test_start().wall}).acked == 12);
  CHECK(round_trip(KeyRow{77}).entry == 77);
}

TEST_CASE("the log's row from before crashes were noted can be read", "[schema]") {
  MetaRow meta;
  meta.next = 100;
  meta.clean = true;
  std::string old = encode(meta);
  old[0] = 1;
  MetaRow back;
  CHECK_FALSE(decode(old, back));
  old.resize(old.size() - 2 * sizeof(std::uint64_t));
  REQUIRE(decode(old, back = {}));
  CHECK(back.next == meta.next);
  CHECK(back.clean);
  CHECK(back.last_crash == Crash{});
}

TEST_CASE("a feed's row from before feeds were added with an interval can be read", "[schema]") {
  FeedRow feed;
  feed.ref = {1, "http://x/", "n", "t", {}};
  feed.added = true;
  feed.told_interval = std::chrono::hours{2};
  std::string old = encode(feed);
  old[0] = 5;
  FeedRow back;
  REQUIRE(decode(old, back));
  CHECK(back.ref == feed.ref);
  old[0] = 4;
  old.pop_back();
  REQUIRE(decode(old, back = {}));
  CHECK(back.ref == feed.ref);
  CHECK(back.told_interval == feed.told_interval);
}

TEST_CASE("a feed's row from before feeds were added at run time can be read", "[schema]") {
  FeedRow feed;
  feed.ref = {1, "http://x/", "n", "t", {}, feeds::KeyKind::link};
  feed.doubt_told = true;
  std::string old = encode(feed);
  old[0] = 3;
  old.resize(old.size() - kRunTimeBytes);
  FeedRow back;
  REQUIRE(decode(old, back));
  CHECK(back.ref == feed.ref);
  CHECK(back.doubt_told);
  CHECK_FALSE(back.added);
  CHECK_FALSE(back.configured);
  feed.subscribed = true;
  old = encode(feed);
  old[0] = 3;
  old.resize(old.size() - kRunTimeBytes);
  REQUIRE(decode(old, back));
  CHECK(back.configured);
}

TEST_CASE("a feed's row from before windows were refreshed can be read", "[schema]") {
  FeedRow feed;
  feed.ref = {1, "http://x/", "n", "t", {"a", "b"}};
  feed.subscribed = true;
  feed.refreshed = test_start().wall;
  std::string old = encode(feed);
  old[0] = 1;
  old.resize(old.size() - 11 - kRunTimeBytes);
  FeedRow back;
  REQUIRE(decode(old, back));
  CHECK(back.ref == feed.ref);
  CHECK(back.subscribed);
  CHECK(back.refreshed == WallTime{});
}

TEST_CASE("a feed's row from before operators could choose its keys can be read", "[schema]") {
  FeedRow feed;
  feed.ref = {1, "http://x/", "n", "t", {}};
  feed.primary = feeds::KeyKind::link;
  feed.refreshed = test_start().wall;
  std::string old = encode(feed);
  old[0] = 2;
  old.resize(old.size() - 3 - kRunTimeBytes);
  FeedRow back;
  REQUIRE(decode(old, back));
  CHECK(back.refreshed == feed.refreshed);
  CHECK(back.earlier_kinds == kind_bit(feeds::KeyKind::guid));  // entries may still be known by it
  CHECK_FALSE(back.ref.identity);

  std::string unknown = encode(feed);
  unknown[unknown.size() - 3 - kRunTimeBytes] = 6;
  CHECK_FALSE(decode(unknown, back));
}

TEST_CASE("a poll's row from before extras, hubs, lives, bounds, habits or hints can be read",
          "[schema]") {
  constexpr std::size_t kHabit = 1 + 1 + 8 + 2 * 8 + 6 * 4 + 1 + Habit::kBins, kHints = 16,
                        kBounds = 4 + 4, kLife = 9, kHub = 1, kBackfill = 1, kExtras = 1;
  PollRow poll;
  poll.etag = "\"a\"";
  poll.had_document = true;
  std::string old = encode(poll);
  const int format = GENERATE(1, 2, 3, 4, 5, 6, 7);
  old[0] = static_cast<char>(format);
  old.resize(old.size() - kExtras - (format < 7 ? kBackfill : 0) - (format < 6 ? kHub : 0) -
             (format < 5 ? kLife : 0) - (format < 4 ? kBounds : 0) - (format < 3 ? kHabit : 0) -
             (format == 1 ? kHints : 0));
  PollRow back;
  REQUIRE(decode(old, back));
  CHECK(back == poll);
}

TEST_CASE("a subscription at a hub is kept, and costs feeds without one a byte", "[schema]") {
  PollRow poll;
  const std::size_t without = encode(poll).size();
  HubSubscription hub;
  hub.hub = "https://hub.example/";
  hub.topic = "https://news.example/feed";
  hub.token = hash_of("token");
  hub.callback = "https://feedwire.example/" + hub.token.hex();
  hub.secret = "secret";
  hub.state = HubSubscription::State::distrusted;
  hub.asks = 300;
  hub.next_ask = test_start().wall;
  hub.confirmed = hub.next_ask - std::chrono::hours{3};
  hub.lease_until = hub.next_ask + std::chrono::hours{3};
  hub.awaits_poll = true;
  hub.last_push = hub.next_ask - std::chrono::hours{1};
  hub.pushes = 1'000;
  hub.bad_pushes = 2;
  hub.judged = 10;
  hub.missed = 0b1000000101;
  poll.hub = hub;
  CHECK(round_trip(poll) == poll);
  std::string later = encode(poll);
  later[without - 3] = static_cast<char>(kHubStates + 1);
  PollRow back;
  CHECK_FALSE(decode(later, back));
}

TEST_CASE("I-18 a back-fill is kept, and costs feeds without one a byte", "[schema]") {
  PollRow poll;
  const std::size_t without = encode(poll).size();
  Backfill backfill;
  backfill.from = test_start().wall;
  backfill.to = backfill.from + std::chrono::hours{3};
  backfill.page = "https://news.example/archive/7";
  backfill.by = Backfill::By::number;
  backfill.end = Backfill::End::failed;
  backfill.pages = 3;
  backfill.entries = 300;
  backfill.failures = 2;
  backfill.last_ask = backfill.to + std::chrono::minutes{1};
  backfill.next_ask = backfill.to + std::chrono::minutes{20};
  backfill.asked = {1, 2, 3};
  backfill.before = {7, 8};
  poll.backfill = backfill;
  CHECK(round_trip(poll) == poll);
  std::string later = encode(poll);
  PollRow back;
  later[without - 2] = static_cast<char>(kBackfillBys + 1);
  CHECK_FALSE(decode(later, back));
  later = encode(poll);
  later[without - 1] = static_cast<char>(kBackfillEnds);
  CHECK_FALSE(decode(later, back));
}

TEST_CASE("what few feeds have is kept, and costs the others a byte", "[schema]") {
  PollRow poll;
  const std::size_t without = encode(poll).size();
  poll.id_print = 77;
  CHECK(round_trip(poll) == poll);
  poll.hub_offer = HubOffer{"https://hub.example/", "https://news.example/feed"};
  CHECK(round_trip(poll) == poll);
  const std::size_t before_notes = encode(poll).size();
  ServerNotes notes;
  notes.doubt = ServerNotes::Doubt::distant_date;
  notes.last_whole = test_start().wall;
  notes.http1_since = notes.last_whole - std::chrono::hours{3};
  notes.host_gap = std::chrono::seconds{8};
  notes.gap_since = notes.last_whole - std::chrono::hours{5};
  poll.server = notes;
  CHECK(round_trip(poll) == poll);
  PollRow back;
  std::string later = encode(poll);
  later[before_notes] = static_cast<char>(kDoubts);
  CHECK_FALSE(decode(later, back));
  later = encode(PollRow{});
  later[without - 1] = 8;
  CHECK_FALSE(decode(later, back));
}

TEST_CASE("a habit whose counts are no counts is refused", "[schema]") {
  PollRow poll;
  poll.habit.lasting = GENERATE(-1.0F, std::numeric_limits<float>::infinity(),
                                std::numeric_limits<float>::quiet_NaN());
  PollRow back;
  CHECK_FALSE(decode(encode(poll), back));
}

TEST_CASE("a row of the log gives back the item, whole where the line is trimmed", "[schema]") {
  LogRow row;
  row.line = "{\"data\":{\"after\":{}}}\n";
  row.after_at = 17;
  row.after_size = 2;
  const std::string plain = encode(row);
  LogRow back;
  REQUIRE(decode(plain, back));
  CHECK(back.item() == "{}");
  row.whole = "{\"id\":1}";
  const std::string trimmed = encode(row);
  REQUIRE(decode(trimmed, back));
  CHECK(back.item() == "{\"id\":1}");
  CHECK(back.line == row.line);
}

TEST_CASE("superseded content goes once it has left the outbox, current content stays",
          "[outbox]") {
  TestStore store;
  store.open();
  const std::vector<std::string> urls = {"http://a.example/feed"};
  const FeedKey feed = store.subscribe(urls)[0];
  std::vector<tests::Item> items = tests::make_items(300);
  for (tests::Item& item : items) item.content.assign(1000, 'x');
  for (int revision = 0; revision < 12; ++revision) {
    for (tests::Item& item : items) item.title += "+";
    store.poll(feed, items);
    REQUIRE(store->tick(store.clock.now()));
  }
  store.reopen();
  for (tests::Item& item : items) item.title += "+";
  store.poll(feed, items);

  EntryFilter filter;
  filter.limit = 1000;
  CHECK(store->entries(filter).value().size() == 300);
  store.close();
  const auto database = Database::open_read_only(store.path() / "db").value();
  std::size_t rows = 0;
  REQUIRE(database->scan(Family::log, {}, {}, Database::Order::ascending,
                         [&](std::string_view, std::string_view) { return ++rows, true; }));
  CHECK(rows >= Outbox::kMarginRows);
  CHECK(rows < 300 + Outbox::kMarginRows + 600);
}

}  // namespace feedwire::storage
