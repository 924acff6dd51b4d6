// Randomness as a parameter, so that a simulation replays from its seed.

#pragma once

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

/// The kernel's getrandom(2); for log uuids, file names and jitter.
class SystemRng : public Rng {
 public:
  std::uint64_t next() override;
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
