// Feeds that a schedule is tried on: made-up publishers, each with its own rate, hours and moods,
// and every post they will ever make. Synthetic: absolute delays will differ in life, the ranking
// of schedules is what counts (scheduling.md 5.3).

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace feedwire::bench {

inline constexpr std::chrono::days kWarmUp{30}, kMeasured{60};

/// When it began, at the same moment on both clocks.
inline constexpr Now kWorldStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2},
                                 MonoTime{std::chrono::hours{1}}};
inline constexpr Now kMeasureStart{kWorldStart.wall + kWarmUp, kWorldStart.mono + kWarmUp};
inline constexpr Now kWorldEnd{kMeasureStart.wall + kMeasured, kMeasureStart.mono + kMeasured};

struct PostingFeed {
  std::vector<WallTime> posts;  // in order, from 60 days before the start to the end
  std::size_t window = 0;       // posts in its document: the last ones
  bool dated = true;            // or its entries carry no dates
  // What its server and its document ask for; 0 = nothing.
  std::chrono::seconds max_age{}, ttl{};

  /// How many of its posts were made up to then.
  std::size_t posted(WallTime time) const;
};

struct WorldShape {
  double median = 0.3;   // posts a day, of a feed's log-normal rate …
  double sigma = 2;      // … whose logarithm varies so much
  bool bounded = false;  // servers and documents say how often they want to be asked
  std::size_t feeds = 300;
};

std::vector<PostingFeed> make_world(const WorldShape& shape, std::uint64_t seed);

}  // namespace feedwire::bench
