// What the poll stage has to do with a hub for one subscription, from the moment it is made until
// its hub has let us go.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "daemon/callback_listener.h"
#include "feeds/feed.h"
#include "feeds/keys.h"
#include "storage/hub_subscription.h"

namespace feedwire::daemon {

/// A body that a hub has sent and signed, decoded; empty once the parsers have it.
struct HubPush {
  WallTime at{};
  std::string content_type, body;
  CallbackAnswer answer;  // once it is committed, or never will be
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

  std::deque<HubPush> pushes;         // that wait for the parsers
  std::optional<HubPush> push;        // what the parsers have, or …
  std::optional<feeds::Feed> parsed;  // … have made of it: it waits until it may be committed
  std::deque<std::uint64_t> known;    // by what pushed entries are known since the last poll (W-8)
};

}  // namespace feedwire::daemon
