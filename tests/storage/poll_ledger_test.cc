#include "storage/poll_ledger.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace feedwire::storage {
namespace {

using namespace std::chrono_literals;

PollRecord some_record() {
  PollRecord record;
  record.feed = 0x0123456789abcdef;
  record.poll = 7;
  record.cause = PollCause::forced;
  record.url = "https://example.org/feed?a=\"b\"";
  record.host = "example.org";
  record.at = WallTime{1'795'000'000'250'001us};
  record.previous = WallTime{1'794'999'000'000'000us};
  record.noted = WallTime{1'795'000'000'260'000us};
  record.renewed = WallTime{1'794'900'000'000'000us};
  record.took = 1234us;
  record.run = 1'794'000'000'000'000;
  record.uptime = 5'000'000us;
  record.if_none_match = "W/\"x-gzip\"";
  record.if_modified_since = "Sat, 21 Nov 2026 10:00:00 GMT";
  record.hops = {{301, "https://example.org/a", {"10.1.2.3", "10.0.0.0/8"}},
                 {302, "https://example.org/b"}};
  record.final_url = "https://example.org/b";
  record.peer = {"fd00::1", "fd00::/8"};
  record.place = 0xfedcba9876543210;
  record.doubts = record.sent_cookie = record.set_cookie = true;
  record.status = 200;
  record.error = "truncated";
  record.etag = "\"雷\"";
  record.last_modified = "yesterday";
  record.cache_control = "max-age=60, private";
  record.age = "3";
  record.expires = "0";
  record.date = "Sat, 21 Nov 2026 10:00:01 GMT";
  record.retry_after = "120";
  record.bytes = 4321;
  record.verdict = PollVerdict::page;
  record.linked = "https://example.org/feed";
  record.own_scope = record.conditional_repeat = true;
  record.floor = 1h;
  record.interval = 15min;
  record.host_gap = 2s;
  record.hints = {60, 30, 0x00ff'ffff, 0x7f};
  record.next_poll = WallTime{1'795'000'900'000'000us};
  record.rule = PollRule::skipped_time;
  return record;
}

std::string line_of(const PollRecord& record) {
  std::string line;
  append_poll_record(line, record);
  return line;
}

std::vector<std::uint64_t> polls_in(const std::filesystem::path& dir,
                                    std::uint64_t expected_skips = 0) {
  PosixFs fs;
  std::vector<std::uint64_t> polls;
  const Result<std::uint64_t> skipped =
      read_ledger(fs, dir, [&](const PollRecord& record) { polls.push_back(record.poll); });
  REQUIRE(skipped);
  CHECK(*skipped == expected_skips);
  return polls;
}

std::uint64_t bytes_in(const std::filesystem::path& dir) {
  std::uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(dir)) bytes += file.file_size();
  return bytes;
}

}  // namespace

TEST_CASE("H-90 a record comes back from its line", "[poll_ledger]") {
  const std::string line = line_of(some_record());
  CHECK(line.find('\n') == line.size() - 1);
  const Result<PollRecord> read = parse_poll_record(line);
  REQUIRE(read);
  CHECK(*read == some_record());

  PollRecord bare;
  bare.at = WallTime{1'795'000'000'000'000us};
  REQUIRE(parse_poll_record(line_of(bare)));
  CHECK(*parse_poll_record(line_of(bare)) == bare);
}

TEST_CASE("H-90 headers in no known encoding do not spoil the ledger", "[poll_ledger]") {
  PollRecord record = some_record();
  record.etag = "\"\xff\n\"";
  const Result<PollRecord> read = parse_poll_record(line_of(record));
  REQUIRE(read);
  CHECK(read->etag == "\"\ufffd\n\"");
}

TEST_CASE("what is no record is refused", "[poll_ledger]") {
  const std::string line = line_of(some_record());
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), line.substr(0, line.size() / 2),
        std::string(R"({"at":"2026-11-21T10:00:00.000000Z","feed_id":"f-1"})")})
    CHECK_FALSE(parse_poll_record(text));
}

TEST_CASE("the ledger goes on after a restart", "[poll_ledger]") {
  const tests::TempDir dir;
  PosixFs fs;
  PollRecord record = some_record();
  for (record.poll = 1; record.poll <= 3; ++record.poll) {
    auto ledger = PollLedger::open(fs, dir.path() / "ledger", 1 << 20);
    REQUIRE(ledger);
    REQUIRE((*ledger)->append(line_of(record)));
  }
  CHECK(polls_in(dir.path() / "ledger") == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(fs.list(dir.path() / "ledger")->size() == 1);  // though there were three runs
}

TEST_CASE("H-90 the ledger keeps to its size, and loses the oldest first", "[poll_ledger]") {
  const tests::TempDir dir;
  PosixFs fs;
  PollRecord record = some_record();
  constexpr std::uint64_t kMax = 64 << 10;
  for (record.poll = 1; record.poll <= 500;) {
    auto ledger = PollLedger::open(fs, dir.path(), kMax);
    REQUIRE(ledger);
    for (std::uint64_t i = 0; i < 25; ++i, ++record.poll) {
      REQUIRE((*ledger)->append(line_of(record)));
      REQUIRE(bytes_in(dir.path()) <= kMax + PollLedger::kFiles * line_of(record).size());
    }
  }
  const std::vector<std::uint64_t> polls = polls_in(dir.path());
  REQUIRE_FALSE(polls.empty());
  CHECK(polls.back() == 500);
  CHECK(polls.front() + polls.size() == 501);  // without a hole
  CHECK(bytes_in(dir.path()) > kMax / 2);
}

TEST_CASE("a torn line is counted, and those around it are read", "[poll_ledger]") {
  const tests::TempDir dir;
  PosixFs fs;
  PollRecord record = some_record();
  const std::string line = line_of(record);
  std::ofstream(dir.path() / "polls-0000000003.ndjson") << line << line.substr(0, 40) << '\n'
                                                        << line << line.substr(0, 20);
  std::ofstream(dir.path() / "polls-3.ndjson") << "not ours";
  CHECK(polls_in(dir.path(), 2) == std::vector<std::uint64_t>{7, 7});
  auto ledger = PollLedger::open(fs, dir.path(), 1 << 20);
  REQUIRE(ledger);
  REQUIRE((*ledger)->append(line));
  CHECK_FALSE(std::filesystem::exists(dir.path() / "polls-0000000004.ndjson"));
  CHECK(polls_in(dir.path(), 2) == std::vector<std::uint64_t>{7, 7, 7});
}

}  // namespace feedwire::storage
