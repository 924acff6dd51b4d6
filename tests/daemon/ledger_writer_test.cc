#include "daemon/ledger_writer.h"

#include <catch2/catch.hpp>

#include "storage/poll_ledger.h"
#include "tests/support/temp_dir.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMaxBytes = 16 << 20;

class Ledger {
 public:
  void add(std::size_t count) {
    storage::PollRecord record;
    record.feed = 1;
    record.at = WallTime{1s};
    record.url = "http://a.example/feed";
    for (std::size_t i = 0; i < count; ++i) writer.add(record);
  }
  std::size_t written() {
    std::size_t records = 0;
    const Result<std::uint64_t> skipped = storage::read_ledger(
        fs_, dir_.path() / "ledger", [&](const storage::PollRecord&) { ++records; });
    REQUIRE(skipped);
    CHECK(*skipped == 0);
    return records;
  }

 private:
  tests::TempDir dir_;
  PosixFs fs_;

 public:
  LedgerWriter writer{fs_, dir_.path() / "ledger", kMaxBytes};
};

}  // namespace

TEST_CASE("records are written once they are old", "[ledger]") {
  Ledger ledger;
  ledger.writer.step(MonoTime{1s});
  ledger.add(2);
  ledger.writer.step(MonoTime{2s});
  CHECK(ledger.writer.is_pending());
  ledger.writer.step(MonoTime{2s} + 100ms);
  CHECK(ledger.writer.is_pending());
  ledger.writer.step(MonoTime{2s} + 200ms);
  CHECK_FALSE(ledger.writer.is_pending());
  CHECK(ledger.written() == 2);

  ledger.add(1);  // counts from its own time
  ledger.writer.step(MonoTime{2s} + 250ms);
  CHECK(ledger.written() == 2);
  ledger.writer.flush();
  CHECK(ledger.written() == 3);
}

TEST_CASE("records are written once they are many", "[ledger]") {
  Ledger ledger;
  std::size_t added = 0;
  for (; added == 0 || ledger.writer.is_pending(); ++added) {
    REQUIRE(added < 10'000);
    ledger.add(1);
    ledger.writer.step(MonoTime{1s});
  }
  CHECK(added > 10);
  CHECK(ledger.written() == added);
}

}  // namespace feedwire::daemon
