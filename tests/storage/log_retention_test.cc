#include "storage/log_retention.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "storage/event_check.h"
#include "storage/fsck.h"
#include "storage/log_reader.h"
#include "tests/storage/damage.h"
#include "tests/storage/failing_fs.h"

namespace feedwire::storage {
namespace {

using namespace std::chrono_literals;

/// A store with three closed segments and an open one. From one closing to the next it is kStep,
/// and the last was just now.
constexpr std::chrono::seconds kStep{121};

struct Log : TestStore {
  Log() {
    options.segment_size_bytes = 1;
    options.keep_segments = 24h;
    open();
    feed = subscribe({"http://a.example/feed"})[0];
    for (int i = 0; i < 3; ++i) add_segment(i);
    REQUIRE(segments().size() == 4);
    options.segment_size_bytes = 64 << 20;
    options.segment_age = 10 * 365 * 24h;
    reopen();
  }

  void add_segment(int number) {
    clock.advance(kStep - 1min);
    poll(feed, tests::make_items(3, 10 * number + 1));
  }
  void wait(std::chrono::seconds span) {
    clock.advance(span);
    REQUIRE((*this)->tick(clock.now()));
  }
  std::vector<std::filesystem::path> segments() const { return segments_in(events()); }
  std::uint64_t bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& segment : segments()) bytes += std::filesystem::file_size(segment);
    return bytes;
  }

  FeedKey feed = 0;
};

// Of a store that nobody has open.
std::set<std::string> findings_of(const TestStore& store) {
  PosixFs fs;
  return codes_of(check_store(fs, store.path(), 1 << 20, {}).value().findings);
}

}  // namespace

TEST_CASE("closed segments are deleted whole, the oldest first, when they are old", "[retention]") {
  Log log;
  const auto all = log.segments();
  log.wait(24h - 2 * kStep - 1s);
  CHECK(log.segments() == all);
  log.wait(60s);
  CHECK(log.segments() == std::vector(all.begin() + 1, all.end()));
  CHECK(log->log_status().first == log_bounds(log.fs, log.events()).value().first);
  log.wait(365 * 24h);
  CHECK(log.segments() == std::vector{all.back()});  // the active one stays

  log.close();
  CHECK(findings_of(log).empty());
  log.open();
  CHECK(log->log_status().first == parse_segment_name(all.back().filename().native())->first);
}

TEST_CASE("the oldest segments go as long as all are larger than keep_size", "[retention]") {
  Log log;
  const auto all = log.segments();
  log.options.keep_segments_bytes =
      log.bytes() - std::filesystem::file_size(all[0]) - std::filesystem::file_size(all[1]) + 1;
  log.reopen();
  log.wait(16min);
  CHECK(log.segments() == std::vector(all.begin() + 2, all.end()));
}

TEST_CASE("no segment goes in the quarter of an hour after it was closed", "[retention]") {
  Log log;
  log.options.keep_segments_bytes = 1;
  log.options.keep_segments = 0s;
  log.reopen();
  log.wait(15min - 2 * kStep - 1s);
  CHECK(log.segments().size() == 4);
  log.wait(60s);
  CHECK(log.segments().size() == 3);
  log.wait(kStep);
  CHECK(log.segments().size() == 2);
}

TEST_CASE("a cursor with hold keeps what it has not acknowledged, up to hold_max_bytes",
          "[retention]") {
  Log log;
  const auto all = log.segments();
  const Sequence second = parse_segment_name(all[1].filename().native())->first;
  const WallTime now = log.clock.now().wall;
  REQUIRE(log->set_cursor("other", {.acked = 1, .hold = false, .updated = now}));

  SECTION("what it has acknowledged goes") {
    REQUIRE(log->set_cursor("c", {.acked = second - 1, .hold = true, .updated = now}));
    log.wait(48h);
    CHECK(log.segments() == std::vector(all.begin() + 1, all.end()));
  }
  SECTION("one event that it lacks keeps the segment") {
    REQUIRE(log->set_cursor("c", {.acked = second - 2, .hold = true, .updated = now}));
    log.wait(48h);
    CHECK(log.segments() == all);
  }
  SECTION("beyond hold_max_bytes they go all the same") {
    REQUIRE(log->set_cursor("c", {.acked = 1, .hold = true, .updated = now}));
    log.options.hold_max_bytes = log.bytes() - 1;
    log.reopen();
    log.wait(48h);
    CHECK(log.segments() == std::vector(all.begin() + 1, all.end()));
  }
}

TEST_CASE("CO-4 who is behind after a trim is told of the gap", "[retention]") {
  Log log;
  log.wait(48h);
  const Sequence first = log->log_status().first;
  LogReader behind = LogReader::open(log.fs, log.events(), 2).value();
  const std::string next(behind.next().value()->line);
  const Gap gap = behind.take_gap().value();
  CHECK(gap == Gap{3, first - 1, 1});

  const std::string event = gap_event(gap, next);
  EventFacts facts;
  const auto fault = check_event(event, facts);
  CHECK_FALSE(fault);
  CHECK(facts.type == "log.gap");
  CHECK(facts.id == "s-1-3-gap");
  CHECK(facts.sequence == first - 1);
  CHECK(facts.source == log->log_status().source);
  rapidjson::Document parsed;
  parsed.Parse(event.data(), event.size());
  CHECK(at(parsed, "/data/from") == "00000000000000000003");
  CHECK(at(parsed, "/data/count") == std::to_string(first - 3));
}

TEST_CASE("a segment that somebody else has deleted is no error", "[retention]") {
  Log log;
  std::filesystem::remove(log.segments()[0]);
  log.wait(48h);
  CHECK(log.segments().size() == 1);
  log.close();
  CHECK(findings_of(log).empty());
}

TEST_CASE("content of entries outlives the segment with their events", "[retention]") {
  Log log;
  log.wait(48h);
  CHECK(log->entries({}).value().size() == 9);
  log.reopen();
  CHECK(log->entries({}).value().size() == 9);
  log.abandon();
  CHECK(findings_of(log).empty());
}

TEST_CASE("a process killed at any file operation of a trim leaves nothing behind", "[retention]") {
  for (int deadly = 0;; ++deadly) {
    Log log;
    const auto all = log.segments();
    log.close();
    const pid_t child = ::fork();
    if (child == 0) {
      PosixFs real;
      FailingFs fs(real, deadly, FailingFs::Then::exit);
      SeededRng rng(3);
      auto opened = Store::open(log.options, fs, log.clock, rng);
      log.clock.advance(48h);
      ::_exit(opened && (*opened)->tick(log.clock.now()) ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    INFO("operation " << deadly << ", status " << status);
    CHECK(findings_of(log).empty());
    log.clock.advance(48h);
    log.open();
    REQUIRE(log->tick(log.clock.now()));
    CHECK(log.segments() == std::vector{all.back()});
    log.add_segment(7);
    log.close();
    CHECK(findings_of(log).empty());
    if (status == 0) return;
    REQUIRE(deadly < 60);
  }
}

TEST_CASE("a trim that was cut short is finished by the next start, and fsck says so",
          "[retention]") {
  Log log;
  const auto all = log.segments();
  log.abandon();
  change_row<SegmentRow>(log, Family::segments, number_key(1),
                         [](SegmentRow& row) { row.removed = true; });
  change_row<MetaRow>(log, Family::meta, std::string(kMetaKey), [&](MetaRow& meta) {
    meta.outbox = parse_segment_name(all[1].filename().native())->first;
  });
  PosixFs fs;
  const StoreCheck check = check_store(fs, log.path(), 1 << 20, {}).value();
  CHECK(check.to_be_mended == std::vector<std::string>{all[0].filename().native()});
  CHECK(check.segments == 3);
  log.open();
  CHECK(log.segments() == std::vector(all.begin() + 1, all.end()));
  CHECK(log->log_status().first > 1);
  log.close();
  const auto database = Database::open_read_only(log.path() / "db").value();
  CHECK_FALSE(database->get(Family::segments, number_key(1)).value());
}

}  // namespace feedwire::storage
