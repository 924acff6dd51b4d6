// FL-6: somebody else renames, removes or cuts the active segment's file.

#include <catch2/catch.hpp>
#include <filesystem>

#include "storage/fsck.h"
#include "storage/log_reader.h"
#include "tests/storage/damage.h"

namespace feedwire::storage {
namespace {

using namespace std::chrono_literals;
namespace stdfs = std::filesystem;

struct Disturbed {
  explicit Disturbed(std::chrono::seconds segment_age = 1h) {
    store.options.segment_age = segment_age;
    store.open();
    feed = store.subscribe({"http://a.example/feed"})[0];
    store.poll(feed, tests::make_items(3));
    path = store->log_status().active_segment;
  }

  // What the daemon does all the time: a tick every quarter of a second.
  void two_seconds() {
    for (int i = 0; i < 8; ++i) {
      store.clock.advance(250ms);
      REQUIRE(store->tick(store.clock.now()));
    }
  }
  std::string told() { return store->log_status().last_disturbance; }

  // The log is whole: now, and after a kill and a clean stop.
  void check_whole(std::uint64_t entries) {
    for (const bool clean : {false, true}) {
      CHECK(read_events(store.events(), "entry.created").size() == entries);
      if (clean)
        store.close();
      else
        store.abandon();
      CHECK(codes_of(check_store(store.fs, store.path(), 0, {}).value().findings).empty());
      store.open();
    }
  }

  TestStore store;
  FeedKey feed = 0;
  stdfs::path path;
};

// More events than recovery reaches back to, all of them in the active segment.
void outgrow_outbox(Disturbed& log) {
  for (int i = 0; i < 60; ++i) log.store.poll(log.feed, tests::make_items(40, 100 + 40 * i));
}

}  // namespace

TEST_CASE("FL-6 a removed segment is there again within 2 s, and closed", "[disturbed]") {
  Disturbed log;
  const std::string bytes = read_whole(log.path);
  stdfs::remove(log.path);
  log.two_seconds();
  CHECK(log.store->log_status().disturbances == 1);
  CHECK(log.told().find("removed, renamed or replaced; it is whole again") != std::string::npos);
  CHECK(log.store->log_status().active_segment != log.path);
  CHECK(read_whole(log.path).starts_with(bytes));
  log.store.poll(log.feed, tests::make_items(5));
  log.check_whole(5);
}

TEST_CASE("FL-6 a renamed or replaced segment has its name again", "[disturbed]") {
  Disturbed log;
  const bool replace = GENERATE(false, true);
  stdfs::rename(log.path, log.store.path() / "events.1");
  if (replace) rewrite(log.path, std::string("something else\n"));
  log.store.poll(log.feed, tests::make_items(5));  // a commit goes to the file that is open
  log.two_seconds();
  CHECK(log.store->log_status().disturbances == 1);
  log.store.poll(log.feed, tests::make_items(6));
  log.check_whole(6);
}

TEST_CASE("FL-6 a segment cut by copytruncate is written again", "[disturbed]") {
  Disturbed log;
  const auto size = GENERATE(0, 1, 1500);
  const bool commit_first = GENERATE(false, true);
  stdfs::resize_file(log.path, static_cast<std::uintmax_t>(size));
  if (commit_first)  // which would leave a hole
    log.store.poll(log.feed, tests::make_items(5));
  log.two_seconds();
  CHECK(log.store->log_status().disturbances == 1);
  CHECK(log.told().find("it is whole again") != std::string::npos);
  log.store.poll(log.feed, tests::make_items(5));
  log.check_whole(5);
}

TEST_CASE("FL-6 what somebody else appended is cut off", "[disturbed]") {
  Disturbed log;
  rewrite(log.path, read_whole(log.path) + "garbage\n");
  log.two_seconds();
  CHECK(log.store->log_status().disturbances == 1);
  log.check_whole(3);
}

TEST_CASE("FL-6 a cut that meets the closing of the segment", "[disturbed]") {
  Disturbed log;
  stdfs::resize_file(log.path, 0);
  log.store.clock.advance(2h);
  log.store.poll(log.feed, tests::make_items(5));
  CHECK(log.store->log_status().disturbances == 1);
  log.check_whole(5);
}

TEST_CASE("FL-6 events that are gone are told of by fsck, and the log goes on behind them",
          "[disturbed]") {
  Disturbed log(24h);
  outgrow_outbox(log);
  const std::uint64_t entries = log.store->entries({{}, 10'000}).value().size();
  LogReader reader = LogReader::open(log.store.fs, log.store.events(), 0).value();
  for (int i = 0; i < 10; ++i) REQUIRE(reader.next().value());
  const Sequence last = log.store->log_status().last;

  stdfs::resize_file(log.path, 0);
  log.store.poll(log.feed, tests::make_items(1, 9000));
  log.two_seconds();

  CHECK(log.told().find("events are gone from the files") != std::string::npos);
  CHECK(log.store->entries({{}, 10'000}).value().size() == entries + 1);
  CHECK(read_whole(log.path).empty());
  log.store.abandon();
  const auto codes = codes_of(check_store(log.store.fs, log.store.path(), 0, {}).value().findings);
  CHECK(codes.contains("end"));
  CHECK_FALSE(codes.contains("log-bytes"));
  // It starts all the same, after a kill and after a clean stop, and goes on.
  log.store.open();
  log.store.poll(log.feed, tests::make_items(2, 9100));
  log.store.close();
  log.store.open();
  CHECK(log.store->entries({{}, 10'000}).value().size() == entries + 3);
  // A reader that was behind is told of the gap, none is misled.
  std::optional<Gap> gap;
  while (!gap && reader.next().value()) gap = reader.take_gap();
  REQUIRE(gap);
  CHECK(gap->last >= last);
}

TEST_CASE("FL-6 a reader that has the removed file open misses nothing", "[disturbed]") {
  Disturbed log;
  LogReader reader = LogReader::open(log.store.fs, log.store.events(), 0).value();
  REQUIRE(reader.next().value());
  stdfs::remove(log.path);
  log.store.poll(log.feed, tests::make_items(5));
  log.two_seconds();
  log.store.poll(log.feed, tests::make_items(7));
  Sequence last = 1;
  while (const auto line = reader.next().value()) CHECK(line->sequence == ++last);
  CHECK(last == log.store->log_status().last);
}

}  // namespace feedwire::storage
