// Hosts that have asked several of their feeds for patience, and are left alone as a whole for as
// long (http.md H-56 to H-58).

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "daemon/transport.h"
#include "feeds/keys.h"

namespace feedwire::daemon {

/// Whether the host is known to carry the feeds of many sites, each of which may be refused for
/// reasons of its own: public instances of RSSHub and RSS-Bridge (H-58). As url_host() names it.
bool is_shared_host(std::string_view host);

/// Whether the answer asks for patience in the name of its host (H-56).
bool is_refusal(const HttpResponse& response);

/// Used by one thread.
class HostHolds {
 public:
  static constexpr std::chrono::minutes kSpan{10};

  /// A feed of the host was refused, and is not to be asked before `until`: if another one was
  /// within kSpan, or the host is held already, that holds for all of them.
  void refuse(const std::string& host, feeds::FeedKey feed, MonoTime at, MonoTime until);
  /// The host has answered one of its feeds: the hold is over.
  void accept(const std::string& host);
  /// A hold that an earlier process has noted.
  void restore(const std::string& host, MonoTime until);

  /// Until when nobody is to ask the host. Nothing once that has passed: the feed that is polled
  /// first then is the probe, and by what it is told the others are held or not.
  std::optional<MonoTime> held_until(const std::string& host, MonoTime now) const;

 private:
  struct Host {
    feeds::FeedKey feed = 0;  // the last one refused …
    MonoTime at{}, until{};   // … when, and until when
    std::optional<MonoTime> held;
  };

  std::unordered_map<std::string, Host> hosts_;  // those that have refused a feed
};

}  // namespace feedwire::daemon
