// Randomness as a parameter, so that a simulation replays from its seed.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace feedwire {

/// A source of random numbers. Used by one thread at a time.
class Rng {
 public:
  virtual ~Rng() = default;
  virtual std::uint64_t next() = 0;

  /// Uniform in [low, high).
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(next() >> 11) * 0x1p-53;
  }
};

/// The kernel's getrandom(2), asked for some numbers at a time; for log uuids, secrets of hubs,
/// file names and jitter. A process that is forked off must not go on with its parent's.
class SystemRng : public Rng {
 public:
  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 32> numbers_{};
  std::size_t left_ = 0;  // at the end of `numbers_`
};

/// splitmix64 (Steele, Lea, Flood 2014): the same seed gives the same numbers on every machine.
class SeededRng : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

}  // namespace feedwire
