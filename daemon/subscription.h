// A feed URL and its settings, as the daemon uses them.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/store.h"

namespace feedwire::daemon {

struct Subscription {
  storage::FeedRef ref;
  std::optional<std::chrono::seconds> interval;  // the operator's own; replaces what is learned
  double weight = 1;                             // of its entries, beside those of other feeds
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> allow;  // CIDRs
  std::string time_zone;           // of dates without one; "" = not configured
  bool paged = false;              // its older pages are at ?paged=2 and so on (I-18)
};

}  // namespace feedwire::daemon
