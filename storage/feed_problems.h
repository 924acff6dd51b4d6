// What is odd about a feed or its server, so that something asked for is not done, or done
// otherwise: for people to see. Told from its poll row alone.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/store.h"

namespace feedwire::storage {

/// Codes:
///   skip-hints         skipHours and skipDays leave no time, or exclude more than a day at a
///                      stretch, where they are ignored (H-38)
///   validator-suspect  its validators are not relied on: it is asked without them once a week
///                      (H-20)
///   no-conditional     it answers conditional requests with what we have already (H-21)
///   http2              its server broke HTTP/2, and is asked in HTTP/1.1 for a week (H-09)
struct FeedProblem {
  std::string_view code;
  std::string message;  // for people

  bool operator==(const FeedProblem&) const = default;
};
std::vector<FeedProblem> feed_problems(const PollRow& row);

}  // namespace feedwire::storage
