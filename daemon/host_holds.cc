#include "daemon/host_holds.h"

#include <algorithm>
#include <array>

#include "feeds/url.h"

namespace feedwire::daemon {
namespace {

constexpr std::array<std::string_view, 8> kSharedHosts = {"rsshub.app",
                                                          "rsshub.rssforever.com",
                                                          "rsshub.feeded.xyz",
                                                          "hub.slarker.me",
                                                          "rss-bridge.org",
                                                          "bridge.suumitsu.eu",
                                                          "feed.eugenemolotov.ru",
                                                          "rssbridge.flossboxin.org.in"};

bool refuses(int status) { return status == 429 || status == 503; }

}  // namespace

bool is_shared_host(std::string_view host) {
  return std::any_of(kSharedHosts.begin(), kSharedHosts.end(), [host](std::string_view shared) {
    return feeds::is_host_below(host, shared);
  });
}

bool is_refusal(const HttpResponse& response) {
  return response.error == TransportError::none && refuses(response.status);
}

void HostHolds::refuse(const std::string& host, feeds::FeedKey feed, MonoTime at, MonoTime until) {
  Host& known = hosts_[host];
  const bool another = known.feed != 0 && known.feed != feed && at - known.at <= kSpan;
  if (known.held)
    known.held = std::max(*known.held, until);
  else if (another)
    known.held = std::max(known.until, until);
  known.feed = feed;
  known.at = at;
  known.until = until;
}

void HostHolds::accept(const std::string& host) {
  const auto known = hosts_.find(host);
  if (known != hosts_.end() && known->second.held) hosts_.erase(known);
}

void HostHolds::restore(const std::string& host, MonoTime until) {
  std::optional<MonoTime>& held = hosts_[host].held;
  held = std::max(held.value_or(until), until);
}

std::optional<MonoTime> HostHolds::held_until(const std::string& host, MonoTime now) const {
  const auto known = hosts_.find(host);
  if (known == hosts_.end() || !known->second.held || *known->second.held <= now)
    return std::nullopt;
  return known->second.held;
}

}  // namespace feedwire::daemon
