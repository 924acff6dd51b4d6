#include "storage/segment.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "base/hash.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

const std::string kUrl = "http://a.example/feed";

// A store that closes a segment with nearly every poll.
struct SmallSegments {
  explicit SmallSegments(int polls) {
    store.options.segment_size_bytes = 1;
    store.options.segment_min_age = std::chrono::seconds{60};
    store.open();
    feed = store.subscribe({kUrl})[0];
    for (int i = 0; i < polls; ++i) {
      store.clock.advance(std::chrono::seconds{61});
      store.poll(feed, tests::make_items(3, 10 * i));
    }
  }

  TestStore store;
  FeedKey feed = 0;
};

}  // namespace

TEST_CASE("FL-2 a sealed segment is read-only, and its hash is what the log says", "[segment]") {
  SmallSegments log(4);
  std::map<std::filesystem::path, std::string> sealed;
  for (const auto& path : segments_in(log.store.events())) sealed[path] = read_whole(path);
  const auto closed = read_events(log.store.events(), "log.segment_closed");
  REQUIRE(closed.size() >= 3);
  REQUIRE(sealed.size() == closed.size() + 1);
  auto event = closed.begin();
  for (auto file = sealed.begin(); event != closed.end(); ++file, ++event) {
    const std::string& bytes = file->second;
    const std::size_t last_line = bytes.rfind('\n', bytes.size() - 2) + 1;
    Sha256 sha;
    sha.update(std::string_view(bytes).substr(0, last_line));
    CHECK(at(*event, "/data/sha256") == sha.hex());
    CHECK(at(*event, "/data/next") == std::next(file)->first.filename().native());
    CHECK((std::filesystem::status(file->first).permissions() & std::filesystem::perms::all) ==
          std::filesystem::perms{kSealedMode});
  }

  log.store.poll(log.feed, tests::make_items(5, 500));
  log.store.reopen();
  for (auto file = sealed.begin(); std::next(file) != sealed.end(); ++file)
    CHECK(read_whole(file->first) == file->second);
}

TEST_CASE("FL-4 FL-5 segments follow each other without a gap and differ from the start",
          "[segment]") {
  SmallSegments log(5);
  std::set<std::string> starts;
  const auto segments = segments_in(log.store.events());
  for (const auto& path : segments) {
    const std::string bytes = read_whole(path);
    CHECK(bytes.find('\n') + 1 >= 1100);
    starts.insert(bytes.substr(0, 512));
  }
  CHECK(starts.size() == segments.size());
  CHECK(read_lines(log.store.events()).size() == log.store->log_status().last);
}

TEST_CASE("a segment younger than its least age stays open unless it is very large", "[segment]") {
  TestStore store;
  store.options.segment_size_bytes = 1;
  store.open();
  const FeedKey feed = store.subscribe({kUrl})[0];
  const auto commit = [&](int first) {
    const PollOutcome outcomes[] = {store.outcome(feed, tests::make_items(1, first))};
    REQUIRE(store->commit(outcomes));
  };
  commit(1);
  commit(2);
  CHECK(segments_in(store.events()).size() == 1);

  store.options.segment_hard_bytes = 1;
  store.reopen();
  commit(3);
  CHECK(segments_in(store.events()).size() == 2);
}

TEST_CASE("an old segment is closed by a tick, an old one without events is not", "[segment]") {
  TestStore store;
  store.open();
  const auto tick_later = [&] {
    store.clock.advance(std::chrono::hours{2});
    REQUIRE(store->tick(store.clock.now()));
    return segments_in(store.events()).size();
  };
  CHECK(tick_later() == 2);  // the first one held epoch_started
  CHECK(tick_later() == 2);

  store.subscribe({kUrl});
  CHECK(tick_later() == 3);
  CHECK(tick_later() == 3);
}

TEST_CASE("S19 only names of segments are read as such", "[segment]") {
  CHECK(SegmentName{1, 48211}.text() == "events-0001-00000000000000048211.ndjson");
  CHECK(parse_segment_name("events-0001-00000000000000048211.ndjson") == SegmentName{1, 48211});
  for (const std::string_view name :
       {"", "current", ".new-0123456789abcdef", "events-0001-0000000000000004821.ndjson",
        "events-0001-0000000000000004821x.ndjson", "events-00010-0000000000000048211.ndjson"})
    CHECK_FALSE(parse_segment_name(name));
}

}  // namespace feedwire::storage
