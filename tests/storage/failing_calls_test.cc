// Every operation on a file, in turn, fails once, or from then on: what is on disk is what was
// acknowledged, and the next start mends the rest. (tests/e2e/failing_calls_test.cc does the same
// beneath the whole program, RocksDB included.)

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "storage/fsck.h"
#include "tests/storage/damage.h"
#include "tests/storage/failing_fs.h"

namespace feedwire::storage {
namespace {

using namespace std::chrono_literals;

constexpr int kSampled = 5;  // the short form lets each fifth fail, `./dev soak` all
const std::string kUrl = "http://a.example/feed";

// A store that was killed, with segments before the active one, whose end is torn.
void make_torn_store(TestStore& store) {
  store.options.segment_size_bytes = 1;
  store.open();
  const FeedKey feed = store.subscribe({kUrl})[0];
  for (int i = 0; i < 3; ++i) {
    store.poll(feed, tests::make_items(3, 10 * i));
    store.clock.advance(61s);
  }
  const std::filesystem::path active = store->log_status().active_segment;
  store.abandon();
  std::filesystem::resize_file(active, std::filesystem::file_size(active) - 700);
}

// All that a store does with files: recovery, commits, syncs, rotation, a disturbed file, an early
// seal, a clean stop. Counts the entries that were acknowledged.
Result<void> live(TestStore& store, Fs& fs, Rng& rng, std::uint64_t& acknowledged) {
  Result<std::unique_ptr<Store>> opened = Store::open(store.options, fs, store.clock, rng);
  if (!opened) return std::move(opened).error();
  Store& open = **opened;
  const FeedKey feed = feeds::feed_key(kUrl);
  for (int i = 3; i < 6; ++i) {
    const PollOutcome outcomes[] = {store.outcome(feed, tests::make_items(3, 10 * i))};
    const Result<CommitSummary> committed = open.commit(outcomes);
    if (!committed) return committed.error();
    acknowledged += committed->created;
    if (i == 4) std::filesystem::remove(open.log_status().active_segment);
    store.clock.advance(2s);
    if (Result<void> ticked = open.tick(store.clock.now()); !ticked) return ticked;
  }
  store.clock.advance(61s);
  if (Result<void> sealed = open.seal(store.clock.now()); !sealed) return sealed;
  return open.close();
}

void check_all(const TestStore& store) {
  PosixFs fs;
  const StoreCheck check = check_store(fs, store.path(), 0, {}).value();
  for (const Finding& finding : check.findings.told()) UNSCOPED_INFO(finding.text);
  CHECK(codes_of(check.findings).empty());
}

}  // namespace

TEST_CASE("I2 I9 after a failure of any file operation the next start repairs the log",
          "[failing]") {
  const auto then = GENERATE(FailingFs::Then::fail, FailingFs::Then::fail_once);
  const int step = std::getenv("FEEDWIRE_FAILING_CALLS") == nullptr ? kSampled : 1;
  bool failed = true;
  for (int nth = then == FailingFs::Then::fail ? 0 : kSampled / 2; failed; nth += step) {
    INFO("operation " << nth << (then == FailingFs::Then::fail ? " and all later ones" : ""));
    TestStore store;
    make_torn_store(store);
    std::uint64_t acknowledged = 9;
    {
      PosixFs real;
      FailingFs fs(real, nth, then);
      SeededRng rng(3);
      const Result<void> lived = live(store, fs, rng, acknowledged);
      failed = fs.failed();
      // No failure is passed over; one that matters to nobody is not among these operations.
      CHECK(static_cast<bool>(lived) == !failed);
      if (!lived) CHECK(lived.error().message.find("made to fail") != std::string::npos);
    }
    store.open();
    CHECK(store->entries({}).value().size() >= acknowledged);
    CHECK(read_events(store.events(), "entry.created").size() == store->entries({}).value().size());
    store.close();
    check_all(store);
    REQUIRE(nth < 1000);
  }
}

}  // namespace feedwire::storage
