// Config -> what each part of the daemon is told. The parts do not know the configuration.

#pragma once

#include <optional>
#include <vector>

#include "config/config.h"
#include "daemon/api_server.h"
#include "daemon/callback_listener.h"
#include "daemon/disk_guard.h"
#include "daemon/parse_pool.h"
#include "daemon/poll_stage.h"
#include "daemon/subscription.h"
#include "daemon/transport.h"
#include "storage/store.h"

namespace feedwire::daemon {

DiskLimits disk_limits(const config::Config& config);
storage::Options store_options(const config::Config& config);
TransportOptions transport_options(const config::Config& config);
ApiServer::Options api_options(const config::Config& config);
/// For hubs, if the configuration has an address for them.
std::optional<CallbackListener::Options> callback_options(const config::Config& config);
PollOptions poll_options(const config::Config& config, bool once);
/// As many workers as cores but one, at least one.
ParsePoolOptions parse_pool_options();
std::vector<Subscription> subscriptions(const config::Config& config);
/// A feed that was added at run time.
Subscription added_subscription(storage::FeedRef ref);
/// Adds what the operator did at run time: further feeds, and which are paused. Where both name a
/// feed, the settings of the configuration hold; these feeds' places in the list are returned.
std::vector<std::size_t> join_operator_feeds(std::vector<Subscription>& subscriptions,
                                             const std::vector<storage::OperatorFeed>& feeds);

}  // namespace feedwire::daemon
