// How records of the log name a feed and a request: as events and the API do, so that one finds the
// others (operations.md 8.3).

#pragma once

#include <cstdint>
#include <string>

#include "storage/store.h"

namespace feedwire::daemon {

/// The value of `url=`, with ` feed_id=…` behind it.
std::string log_feed(const storage::FeedRef& feed);

/// log_feed() with ` fetch_id=…` behind it: that of the events which the feed's poll number `polls`
/// brings. Requests to hubs and for older pages have none.
std::string log_fetch(const storage::FeedRef& feed, std::uint64_t polls);

}  // namespace feedwire::daemon
