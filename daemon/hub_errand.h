// What the poll stage has to do with a hub for one subscription, from the moment it is made until
// its hub has let us go.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "feeds/feed.h"
#include "feeds/keys.h"
#include "storage/hub_subscription.h"

namespace feedwire::daemon {

/// A body that a hub has sent and signed, decoded.
struct HubPush {
  WallTime at{};
  std::string content_type, body;
};

struct HubErrand {
  feeds::FeedKey feed = 0;
  std::string host;    // of the hub
  WallTime planned{};  // the next request, as the scheduler was told; epoch = it was not
  WallTime since{};    // from then on every push is remembered below

  bool asking = false;  // a request is under way, since …
  MonoTime asked_at{};

  /// Once it is not wanted any more: the feed's row does not have it then.
  std::optional<storage::HubSubscription> leaving;
  std::vector<std::string> allow;  // the feed's, for that request
  bool told = false;               // the hub was, or is being told …
  bool ended = false;              // … and has confirmed it

  std::deque<HubPush> pushes;  // that wait for the parsers; of the first one while `parsing`
  bool parsing = false;
  std::optional<feeds::Feed> parsed;  // waits until it may be committed …
  WallTime pushed_at{};               // … and when it came
  std::deque<std::uint64_t> known;    // by what pushed entries are known since the last poll (W-8)
};

}  // namespace feedwire::daemon
