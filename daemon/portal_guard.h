// Notices that the way out leads somewhere else: a captive portal, a proxy of the provider's, sends
// whatever is asked for to one host, and may well say that it is for good (http.md H-67).

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "feeds/keys.h"

namespace feedwire::daemon {

/// Knows which feeds were polled within kSpan, and where they were led. Used by one thread.
class PortalGuard {
 public:
  static constexpr std::chrono::minutes kSpan{10};
  static constexpr double kShare = 0.3;          // of these feeds …
  static constexpr std::size_t kLeastFeeds = 3;  // … and not fewer: one of two proves nothing

  /// The feed was polled, and led for good to `host`, which is not its own; "" = it was not.
  /// Returns those feeds that were led there before, within the span, unsuspected: they must not be
  /// believed to have moved either.
  std::vector<feeds::FeedKey> note(feeds::FeedKey feed, std::string_view host, MonoTime now);

  /// Whether so many feeds are led to `host` that it cannot be where they all have moved.
  bool suspects(std::string_view host) const;

 private:
  struct Poll {
    MonoTime at{};
    std::uint64_t host = 0;  // hash; 0 = none
    bool believed = false;
  };
  struct Led {
    std::size_t feeds = 0, believed = 0;
  };

  void forget_until(MonoTime end);
  void drop(const Poll& poll);
  bool suspects(std::uint64_t host) const;

  std::unordered_map<feeds::FeedKey, Poll> polls_;  // the last of each feed
  std::deque<std::pair<MonoTime, feeds::FeedKey>> order_;
  std::unordered_map<std::uint64_t, Led> led_;  // by host
};

}  // namespace feedwire::daemon
