// What is counted for whoever watches the daemon: numbers that one thread adds to and any thread
// may read, without a lock. They decide nothing.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace feedwire {

/// A count. Written by one thread at a time: to add costs a load and a store.
class Tally {
 public:
  void add(std::uint64_t more) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t less) {
    value_.store(value_.load(std::memory_order_relaxed) - less, std::memory_order_relaxed);
  }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

inline constexpr std::size_t kDurationBuckets = 12;
using DurationBounds = std::array<std::chrono::microseconds, kDurationBuckets>;

/// How long something took, each time: how often up to each bound, and altogether.
struct Durations {
  DurationBounds bounds{};
  /// counts[i]: longer than bounds[i - 1], up to bounds[i]; the last: longer than all of them.
  std::array<std::uint64_t, kDurationBuckets + 1> counts{};
  std::chrono::microseconds sum{};

  std::uint64_t count() const {
    std::uint64_t all = 0;
    for (const std::uint64_t one : counts) all += one;
    return all;
  }
};

/// Counts durations. Threads as Tally.
class DurationTally {
 public:
  /// `bounds` rise.
  explicit DurationTally(const DurationBounds& bounds) : bounds_(bounds) {}

  void add(std::chrono::microseconds took);
  Durations get() const;

 private:
  const DurationBounds bounds_;
  std::array<Tally, kDurationBuckets + 1> counts_;
  Tally sum_us_;
};

/// Tells how long ago it was made, by the clock of the machine: for a tally and nothing else, as
/// what the daemon does goes by Clock.
class Stopwatch {
 public:
  std::chrono::microseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 start_);
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace feedwire
