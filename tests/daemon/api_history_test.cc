// What became of a feed lately: its last requests, out of the poll ledger, and its entries over
// time, out of the event log.

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "daemon/feed_history.h"
#include "storage/event.h"
#include "storage/poll_record.h"
#include "tests/daemon/api_test_daemon.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using tests::ApiTestDaemon;
using tests::TempDir;

constexpr WallTime kNow{1'763'764'501s};  // of ApiTestDaemon: 2025-11-21T22:35:01Z

std::string request_line(feeds::FeedKey feed, std::uint64_t poll, const std::string& etag = "") {
  storage::PollRecord record;
  record.feed = feed;
  record.poll = poll;
  record.url = "https://example.org/feed";
  record.at = kNow + std::chrono::seconds(poll);
  record.status = 200;
  record.etag = etag;
  record.verdict = storage::PollVerdict::document;
  record.rule = storage::PollRule::floor;
  std::string line;
  storage::append_poll_record(line, record);
  return line;
}

/// An event of an entry as the log has it.
struct Event {
  feeds::FeedKey feed = 0xa;
  std::string_view type = "entry.created";
  WallTime at = kNow;
  std::string item = R"({"id":"1","url":"https://example.org/1","title":"One"})";
  bool initial = false;
  std::vector<std::string> changed = {};

  std::string line(std::uint64_t sequence) const {
    const std::string time = format_time(at);
    storage::FeedRef ref;
    ref.key = feed;
    ref.url = R"(https://example.org/"initial":true)";
    const std::string object = storage::feed_object(ref);
    storage::EntryData data;
    data.feed = object;
    data.fetch = "x";
    data.entry = Hash128::from_hex("0123456789abcdef0123456789abcdef").value();
    data.canonical_url = "https://example.org/canonical";
    data.after = item;
    data.initial = initial;
    data.changed = changed;
    std::string line;
    storage::append_line_start(line, {.source = "urn:uuid:1",
                                      .id = "e",
                                      .type = type,
                                      .sequence = sequence,
                                      .subject = "e",
                                      .partition_key = "e",
                                      .time = time,
                                      .recorded = time});
    storage::fit_entry_data(line, data, storage::Options::Content::full, 1 << 20);
    return line + std::string(storage::kLineEnd);
  }
};

FeedChangesOverTime changes_of(const TempDir& dir, std::chrono::hours back, std::size_t limit) {
  PosixFs fs;
  return changes_over_time(fs, dir.path(), 0xa, kNow - back, limit, false).value();
}

/// A daemon with one feed, 0xa.
struct OneFeedDaemon : ApiTestDaemon {
  OneFeedDaemon() {
    storage::StoredFeed feed;
    feed.ref.key = 0xa;
    feed.ref.name = "alpha";
    feed.ref.url = "https://example.org/feed";
    backend.memory.stored_feeds = {feed};
    backend.ledger = dir.path();
    backend.memory.log.active_segment = dir.path() / "events-0001-2.ndjson";
  }
  TempDir dir;
};

}  // namespace

TEST_CASE("the last requests for a feed are lines of the ledger, the newest first", "[history]") {
  OneFeedDaemon daemon;
  // What a server says of itself makes it no other feed's answer.
  const std::string first = request_line(0xa, 1), third = request_line(0xa, 3),
                    liar = request_line(0xb, 2, R"("feed_id":"f-000000000000000a")");
  daemon.dir.write("polls-0000000001.ndjson", first + liar);
  daemon.dir.write("polls-0000000002.ndjson",
                   "{\"feed_id\":\"f-000000000000000a\"}\n" + third + third.substr(0, 99));
  const auto without_lf = [](const std::string& line) { return line.substr(0, line.size() - 1); };

  CHECK(daemon.get("/v1/feeds/alpha/requests").body ==
        fmt::format(R"({{"requests":[{},{}],"all":true}})", without_lf(third), without_lf(first)));
  CHECK(daemon.get("/v1/feeds/a/requests").status == 404);
  CHECK(daemon.get("/v1/feeds/alpha/requests?limit=1").body ==
        fmt::format(R"({{"requests":[{}],"all":false}})", without_lf(third)));
  for (const char* const limit : {"0", "101", "x", ""})
    CHECK(daemon.get(fmt::format("/v1/feeds/alpha/requests?limit={}", limit)).status == 400);
}

TEST_CASE("a ledger that is not kept has no requests", "[history]") {
  OneFeedDaemon daemon;
  daemon.backend.ledger = "/nowhere";
  CHECK(daemon.get("/v1/feeds/alpha/requests").body == R"({"requests":[],"all":true})");
}

TEST_CASE("a feed's events are counted by the hour, and the last of them told", "[history]") {
  const TempDir dir;
  Event first{.at = kNow - 25h, .initial = true};
  Event added{.at = kNow - 2h};
  Event edited{.type = "entry.updated", .at = kNow, .changed = {"title"}};
  edited.item = R"({"id":"1","title":"One!"})";
  added.item = R"({"id":"1","url":"https://example.org/1","_x":{"initial":true}})";
  Event others{.feed = 0xb};
  Event note{.type = "feed.warning", .at = kNow};
  dir.write("events-0001-1.ndjson", first.line(1) + first.line(2) + added.line(3));
  dir.write("events-0001-2.ndjson", others.line(4) + edited.line(5) + note.line(6));

  const FeedChangesOverTime all = changes_of(dir, 48h, 3);

  CHECK(all.hours == std::map<std::string, HourOfChanges>{
                         {"2025-11-20T21", {.initial = 2}},
                         {"2025-11-21T20", {.created = 1}},
                         {"2025-11-21T22", {.updated = 1}},
                     });
  // The log begins later than was asked for.
  CHECK(all.from == "2025-11-20T21:35:01.000000Z");
  REQUIRE(all.last.size() == 3);
  CHECK(all.last[0].type == "entry.updated");
  CHECK(all.last[0].sequence == "00000000000000000005");
  CHECK(all.last[0].title == "One!");
  CHECK(all.last[0].url == "https://example.org/canonical");
  CHECK(all.last[0].changed == std::vector<std::string>{"title"});
  CHECK(all.last[1].url == "https://example.org/1");
  CHECK_FALSE(all.last[1].initial);
  CHECK(all.last[2].initial);
}

TEST_CASE("older events than were asked for are not looked at", "[history]") {
  const TempDir dir;
  const feeds::FeedKey whose = GENERATE(0xa, 0xb);
  dir.write("events-0001-1.ndjson", Event{.feed = whose, .at = kNow - 48h}.line(1));
  dir.write("events-0001-2.ndjson", Event{.at = kNow - 1h}.line(2));
  const FeedChangesOverTime day = changes_of(dir, 24h, 9);
  CHECK(day.hours.size() == 1);
  CHECK(day.last.size() == 1);
  CHECK(day.from.empty());  // all of the day was there
}

TEST_CASE("a feed's changes are asked for by days", "[history]") {
  OneFeedDaemon daemon;
  daemon.dir.write("events-0001-2.ndjson", Event{.at = kNow - 1h}.line(2));
  CHECK(daemon.get("/v1/feeds/f-000000000000000a/changes?days=30&limit=1").body ==
        R"({"since":"2025-11-21T21:35:01.000000Z",)"
        R"("hours":[{"hour":"2025-11-21T21:00:00Z","created":1}],)"
        R"("last":[{"sequence":"00000000000000000002","type":"entry.created",)"
        R"("time":"2025-11-21T21:35:01.000000Z","entry_key":"0123456789abcdef0123456789abcdef",)"
        R"("title":"One","url":"https://example.org/1"}]})");
  CHECK(daemon.get("/v1/feeds/alpha/changes?limit=0").body.ends_with(R"("last":[]})"));
  daemon.dir.write("events-0001-1.ndjson", Event{.feed = 0xb, .at = kNow - 48h}.line(1));
  CHECK(daemon.get("/v1/feeds/alpha/changes?days=1")
            .body.starts_with(R"({"since":"2025-11-20T22:35:01.000000Z",)"));
  CHECK(daemon.get("/v1/feeds/none/changes").status == 404);
  for (const char* const query : {"days=0", "days=91", "days=x", "limit=101", "since=1"})
    CHECK(daemon.get(std::string("/v1/feeds/alpha/changes?") + query).status == 400);
}

}  // namespace feedwire::daemon
