// A feed's subscription at a WebSub hub, which pushes what is new (http.md W-1 to W-9). Kept in the
// feed's poll row; what it means is decided in daemon/websub_policy.h.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/hash.h"

namespace feedwire::storage {

/// Where a feed can be subscribed to, by its own words (W-1).
struct HubOffer {
  std::string hub, topic;  // absolute URLs; a hub that is empty: nowhere

  bool operator==(const HubOffer&) const = default;
};

struct HubSubscription {
  /// The numbers are stored.
  enum class State : std::uint8_t {
    asked = 0,       // or about to be; its hub has not confirmed it
    active = 1,      // until lease_until its hub pushes
    distrusted = 2,  // it does, but has kept entries from us: the feed is polled as any other (W-8)
    denied = 3,      // its hub does not want it
  };

  std::string hub, topic;  // URLs
  // Where the hub finds us: the URL that it was told, which ends in `token`, 128 random bits that
  // nobody else knows. With `secret` it signs (W-2). Neither is ever shown.
  std::string callback;
  Hash128 token;
  std::string secret;

  State state = State::asked;
  std::uint32_t asks = 0;    // requests to the hub since it last confirmed
  WallTime next_ask{};       // for the first time, again, or for longer (W-4)
  WallTime confirmed{};      // the first time since it was not active; epoch = never
  WallTime lease_until{};    // epoch = never granted
  bool awaits_poll = false;  // the one that follows a confirmation (W-5)

  WallTime last_push{};          // epoch = none
  std::uint64_t pushes = 0;      // whose signature was right …
  std::uint64_t bad_pushes = 0;  // … and was not
  std::uint32_t judged = 0;      // of the last new entries, at most kJudged: …
  std::uint32_t missed = 0;      // … bit i: the hub did not push the i-th newest (W-8)
  static constexpr std::uint32_t kJudged = 10;

  bool operator==(const HubSubscription&) const = default;
};
inline constexpr std::uint8_t kHubStates = 4;
std::string_view hub_state_name(HubSubscription::State state);  // "active"

/// How many of the last `judged` entries the hub has missed.
int hub_misses(const HubSubscription& subscription);

}  // namespace feedwire::storage
