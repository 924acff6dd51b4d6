// Whether a feed may be polled now because an operator asks for it (http.md H-75). Pure.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "storage/store.h"

namespace feedwire::daemon {

/// How an operator wants a poll.
struct PollOrder {
  bool force = false;  // also while it ought to wait
  bool wait = false;   // to be told of the end, not of the beginning
};

/// Told once how that went; dropped without a call when the daemon stops.
using PollDone = std::function<void(const Result<void>&)>;

/// No manual poll is made so soon after the one before.
inline constexpr std::chrono::seconds kManualGap{60};

/// Until when a poll has to wait, and why, for people.
struct PollHold {
  WallTime until;
  std::string reason;  // "its server asked for patience (Retry-After)"
};

/// Nothing if the feed may be polled at once. Freshness, hints and back-off are for polls that
/// nobody asked for; Retry-After, a 429 and kManualGap hold for these too.
std::optional<PollHold> manual_poll_hold(const storage::PollRow& row, WallTime now);

}  // namespace feedwire::daemon
