#include "base/tally.h"

#include <catch2/catch.hpp>
#include <thread>

namespace feedwire {

using namespace std::chrono_literals;

namespace {

constexpr DurationBounds kBounds = {1ms, 2ms, 3ms, 4ms, 5ms, 6ms, 7ms, 8ms, 9ms, 10ms, 20ms, 30ms};

}  // namespace

TEST_CASE("a duration counts up to the first bound that is not shorter", "[tally]") {
  DurationTally tally(kBounds);
  for (const std::chrono::microseconds took : {0us, 1000us, 1001us, 30000us, 30001us, 99999999us})
    tally.add(took);
  tally.add(-5us);  // a clock that went back
  const Durations durations = tally.get();
  CHECK(durations.bounds == kBounds);
  CHECK(durations.counts ==
        std::array<std::uint64_t, kDurationBuckets + 1>{3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2});
  CHECK(durations.sum == 62002us + 99999999us);
  CHECK(durations.count() == 7);
}

TEST_CASE("what one thread counts another reads, and it never goes down", "[tally]") {
  Tally tally;
  std::uint64_t last = 0;
  bool fell = false;
  std::thread writer([&tally] {
    for (int i = 0; i < 100'000; ++i) tally.add(3);
  });
  while (last < 300'000) {
    const std::uint64_t seen = tally.get();
    fell |= seen < last || seen % 3 != 0;
    last = seen;
  }
  writer.join();
  CHECK_FALSE(fell);
  tally.subtract(1);
  CHECK(tally.get() == 299'999);
}

}  // namespace feedwire
