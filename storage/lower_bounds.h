// What keeps a feed's next poll away, and whose wish that is (http.md H-39). The daemon decides by
// it, and people are shown it. Pure functions.

#pragma once

#include <chrono>
#include <vector>

#include "storage/store.h"

namespace feedwire::storage {

/// The least time from one poll to the next, and what asks for it.
struct PollBound {
  std::chrono::seconds wait;
  PollRule rule;

  bool operator==(const PollBound&) const = default;
};

/// Those that hold whatever the last answer was: `floor`, the strain of 429s (H-53), and the
/// document's ttl and update period (H-36, H-37). `floor` comes first.
std::vector<PollBound> standing_bounds(PollBound floor, const PollRow& row);

/// All of them, by the row as the last poll left it; none before the first one. Hours and days that
/// the document excludes are no span of time, and are not among them (H-38).
std::vector<PollBound> lower_bounds(const PollRow& row);

/// The longest; the first of several.
PollBound longest(const std::vector<PollBound>& bounds);

}  // namespace feedwire::storage
