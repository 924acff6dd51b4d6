#include "daemon/outage_detector.h"

#include <algorithm>

#include "base/hash.h"

namespace feedwire::daemon {

bool OutageDetector::note(std::string_view host, TransportError error) {
  const bool was_offline = offline_;
  last_[count_++ % kAttempts] = {xxh3_64(host), is_network_error(error)};
  if (!is_network_error(error)) {
    // One that got through is proof enough, and what failed before says no more.
    if (offline_) count_ = 0;
    offline_ = false;
  } else if (!offline_) {
    offline_ = looks_offline();
  }
  return offline_ != was_offline;
}

bool OutageDetector::looks_offline() const {
  if (count_ < kAttempts) return false;
  std::array<std::uint64_t, kAttempts> hosts{};
  std::size_t failed = 0;
  for (const Attempt& attempt : last_)
    if (attempt.failed) hosts[failed++] = attempt.host;
  std::sort(hosts.begin(), hosts.begin() + static_cast<std::ptrdiff_t>(failed));
  const auto end = std::unique(hosts.begin(), hosts.begin() + static_cast<std::ptrdiff_t>(failed));
  return failed * 2 >= kAttempts && end - hosts.begin() >= static_cast<std::ptrdiff_t>(kHosts);
}

}  // namespace feedwire::daemon
