// Feeds that a schedule is tried on, with every post they will ever make. Made-up publishers have
// their own rates, hours and moods; absolute delays will differ in life, the ranking of schedules
// is what counts (scheduling.md 5.3). trace.h has a world that was seen.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace feedwire::bench {

inline constexpr std::chrono::days kWarmUp{30}, kMeasured{60};  // of a made-up world

struct PostingFeed {
  std::vector<WallTime> posts;  // in order, from long before the start to the end
  std::size_t window = 0;       // posts in its document: the last ones
  bool dated = true;            // or its entries carry no dates
  // What its server and its document ask for; 0 = nothing.
  std::chrono::seconds max_age{}, ttl{};
  // Of an answer with something new and of one without, as they come.
  double document_bytes = 0, unchanged_bytes = 0;

  /// How many of its posts were made up to then.
  std::size_t posted(WallTime time) const;
};

struct WorldShape {
  double median = 0.3;   // posts a day, of a feed's log-normal rate …
  double sigma = 2;      // … whose logarithm varies so much
  bool bounded = false;  // servers and documents say how often they want to be asked
  std::size_t feeds = 300;
};

struct World {
  WallTime start{}, measured{}, end{};  // delays and requests count from `measured` on
  std::vector<PostingFeed> feeds;

  double measured_days() const;
};

World make_world(const WorldShape& shape, std::uint64_t seed);

}  // namespace feedwire::bench
