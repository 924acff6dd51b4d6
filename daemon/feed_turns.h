// What answers come to in the life of a feed: that it fails for long (http.md H-63), is gone
// (H-48), has moved (H-66). Pure functions on its poll row.

#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "daemon/transport.h"
#include "storage/store.h"

namespace feedwire::daemon {

/// From then on a feed counts as failing, is told of, and tried once a day.
inline constexpr std::chrono::hours kFailingAfter{30 * 24};
inline constexpr std::uint32_t kFailingFailures = 30;
inline constexpr std::chrono::hours kFailingPause{24};

/// A 410 counts only if another one comes so much later, and nothing was there in between.
inline constexpr std::chrono::hours kGoneAfter{24};

/// A Retry-After beyond this is told of (H-51).
inline constexpr std::chrono::hours kLongPatience{48};

/// Notes in the row's life an answer that was a failure, already counted in the row.
void note_failure(storage::PollRow& row, const HttpResponse& response, WallTime now);

/// Where the feed is polled: `url`, as subscribed, unless it has moved.
const std::string& polled_url(const std::string& url, const storage::FeedLife& life);

/// What is to be told of a feed subscribed at `url`, now that its row is `after`.
std::vector<storage::FeedTurn> turns_between(const std::string& url, const storage::PollRow& before,
                                             const storage::PollRow& after);

}  // namespace feedwire::daemon
