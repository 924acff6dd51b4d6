#include "daemon/portal_guard.h"

#include "base/hash.h"

namespace feedwire::daemon {

using feeds::FeedKey;

void PortalGuard::drop(const Poll& poll) {
  if (poll.host == 0) return;
  const auto led = led_.find(poll.host);
  if (poll.believed) --led->second.believed;
  if (--led->second.feeds == 0) led_.erase(led);
}

void PortalGuard::forget_until(MonoTime end) {
  while (!order_.empty() && order_.front().first <= end) {
    const auto poll = polls_.find(order_.front().second);
    // A feed that was polled again since has a later place in the order, too.
    if (poll != polls_.end() && poll->second.at == order_.front().first) {
      drop(poll->second);
      polls_.erase(poll);
    }
    order_.pop_front();
  }
}

std::vector<FeedKey> PortalGuard::note(FeedKey feed, std::string_view host, MonoTime now) {
  forget_until(now - kSpan);
  if (const auto before = polls_.find(feed); before != polls_.end()) drop(before->second);
  Poll& poll = polls_[feed] = {now, host.empty() ? 0 : xxh3_64(host), false};
  order_.emplace_back(now, feed);
  std::vector<FeedKey> deceived;
  if (poll.host == 0) return deceived;
  Led& led = led_[poll.host];
  ++led.feeds;
  if (!suspects(poll.host)) {
    poll.believed = true;
    ++led.believed;
  } else if (led.believed > 0) {
    led.believed = 0;
    for (auto& [other, known] : polls_) {
      if (known.host != poll.host || !known.believed) continue;
      known.believed = false;
      deceived.push_back(other);
    }
  }
  return deceived;
}

bool PortalGuard::suspects(std::string_view host) const { return suspects(xxh3_64(host)); }

bool PortalGuard::suspects(std::uint64_t host) const {
  const auto led = led_.find(host);
  return led != led_.end() && led->second.feeds >= kLeastFeeds &&
         static_cast<double>(led->second.feeds) >= kShare * static_cast<double>(polls_.size());
}

}  // namespace feedwire::daemon
