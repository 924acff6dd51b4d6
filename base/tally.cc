#include "base/tally.h"

#include <algorithm>

namespace feedwire {

void DurationTally::add(std::chrono::microseconds took) {
  took = std::max(took, std::chrono::microseconds{0});
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), took);
  counts_[static_cast<std::size_t>(bound - bounds_.begin())].add(1);
  sum_us_.add(static_cast<std::uint64_t>(took.count()));
}

Durations DurationTally::get() const {
  Durations durations;
  durations.bounds = bounds_;
  for (std::size_t i = 0; i < counts_.size(); ++i) durations.counts[i] = counts_[i].get();
  durations.sum = std::chrono::microseconds(sum_us_.get());
  return durations;
}

}  // namespace feedwire
