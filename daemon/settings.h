// Config -> what each part of the daemon is told. The parts do not know the configuration.

#pragma once

#include <vector>

#include "config/config.h"
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
PollOptions poll_options(const config::Config& config, bool once);
/// As many workers as cores but one, at least one.
ParsePoolOptions parse_pool_options();
std::vector<Subscription> subscriptions(const config::Config& config);

}  // namespace feedwire::daemon
